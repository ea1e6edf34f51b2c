"""The two streams: results, which must arrive, on stdout; words for people, which may be lost, on stderr."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TextIO

from compute.errors import GradwireError, printable


class Unread(Exception):
    """Whoever reads the result has enough of it; that is no fault."""


def write(text: str = "", *, as_it_is: bool = False) -> None:
    """Lines of the result; ``as_it_is``: JSON, or with colours. Errors: Unread; GradwireError where they cannot be
    written."""
    with _result():
        print(text if as_it_is else _shown(text))


def flush() -> None:
    """Hand over what was written. Errors: as ``write``."""
    with _result():
        sys.stdout.flush()


def tell(text: str) -> None:
    """Lines for people; where nobody can read it, work goes on without."""
    try:
        print(_shown(text), file=sys.stderr, flush=True)
    except OSError:
        _give_up(sys.stderr)


def _shown(text: str) -> str:
    """Names come from files: nothing in them may reach the terminal as a command."""
    return "\n".join(map(printable, text.split("\n")))


@contextmanager
def _result() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        _give_up(sys.stdout)
        # On Windows a pipe that its reader closed is an invalid argument.
        if isinstance(error, BrokenPipeError) or (sys.platform == "win32" and error.errno == errno.EINVAL):
            raise Unread from None
        reason = (error.strerror or str(error)).lower()
        raise GradwireError(f"the result cannot be written ({reason}); send it to another place") from error


def _give_up(stream: TextIO) -> None:
    """Lead a stream to nowhere: what it still holds must not fail once more at exit."""
    with suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
