"""Files that appear whole or not at all.

Everything is written to a temporary file in the same folder, forced to the disk, and then put in the place of
the old file by one rename. A process that dies on the way leaves the old file as it was.
"""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from compute.errors import GradwireError


def write_atomic(path: str | os.PathLike[str], data: bytes) -> None:
    """Put `data` at `path`, replacing what is there, in one step.

    Raises GradwireError when the folder is missing or cannot be written; the old file is then still whole.
    """
    with atomic_path(path) as temporary, _in_words(Path(path)):
        temporary.write_bytes(data)


@contextmanager
def atomic_path(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Lend a temporary path beside `path`, with its suffix; what is written there takes the place of `path`.

    The replacement happens when the block ends without an exception. Otherwise the temporary file is removed
    and `path` is left as it was. The permissions of an old file are kept, and a link stays a link.
    """
    shown = Path(path)
    target = Path(os.path.realpath(shown))
    with _in_words(shown):
        temporary = _temporary_beside(target)
    try:
        yield temporary
        with _in_words(shown):
            with temporary.open("r+b") as file:
                os.fsync(file.fileno())
            temporary.replace(target)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise


def _temporary_beside(target: Path) -> Path:
    """Create an empty file in the folder of `target`, with the permissions of `target` where it exists."""
    folder = target.parent
    if not folder.is_dir():
        raise GradwireError(f'cannot write "{target.name}": there is no folder "{folder}"; choose another folder')
    if target.is_dir():
        raise GradwireError(f'cannot write "{target}": it is a folder; choose a file name')
    if target.exists() and not os.access(target, os.W_OK):
        raise GradwireError(f'cannot write "{target}": it is write-protected; choose another name')
    temporary = folder / f".{target.stem}.{secrets.token_hex(4)}{target.suffix}"
    # os.open and not tempfile: a new file gets the permissions that the person's umask gives to new files.
    os.close(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
    if target.exists():
        temporary.chmod(stat.S_IMODE(target.stat().st_mode))
    return temporary


@contextmanager
def _in_words(shown: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        raise GradwireError(f'cannot write "{shown}": {reason}; free some space or choose another folder') from error
