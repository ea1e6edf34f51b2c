"""Saying what is waited for, once that has taken a second: a driver that does not answer, another process's lock."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

PATIENCE = 1.0
"""Seconds that nothing is said."""

Say = Callable[[str], None]
_say: ContextVar[Say | None] = ContextVar("say", default=None)


@contextmanager
def telling(say: Say | None) -> Iterator[None]:
    """In this block, on this thread, what is waited for is told to ``say``, which is called on another thread."""
    before = _say.set(say)
    try:
        yield
    finally:
        _say.reset(before)


@contextmanager
def waiting_for(what: str) -> Iterator[None]:
    """A block that may take long; ``what``: the sentence that says it, for those who are told."""
    say = _say.get()
    if say is None:
        yield
        return
    timer = threading.Timer(PATIENCE, say, [what])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
