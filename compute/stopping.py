"""Being told to stop by a signal, where what was reached shall not be lost."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from compute.errors import GradwireError

NAMES: dict[int, str] = {
    int(getattr(signal, name)): said
    for name, said in (("SIGINT", "Ctrl+C"), ("SIGTERM", "SIGTERM"), ("SIGHUP", "SIGHUP"))
    if hasattr(signal, name)
}
"""The signals that ask a process to end, as people call them; Windows has no SIGHUP."""
_BASE = 128


def exit_code(number: int) -> int:
    """What a process ends with that a signal has ended, as shells count: 130 for Ctrl+C, 143 for SIGTERM."""
    return _BASE + number


class Stopped(GradwireError):
    """A signal has ended the work; the sentence says what became of it."""

    def __init__(self, number: int, what: str) -> None:
        super().__init__(f"stopped by {NAMES[number]}; {what}")
        self.exit_code = exit_code(number)


class Stop:
    """``number``: of the signal that asked to stop; 0 as long as none has."""

    number = 0


@contextmanager
def stoppable() -> Iterator[Stop]:
    """The first signal only sets what is lent; from the second on they do what they did before."""
    asked, before = Stop(), dict[int, Any]()

    def put_back() -> None:
        while before:
            signal.signal(*before.popitem())

    def ask(number: int, _frame: FrameType | None) -> None:
        asked.number = number
        put_back()

    # Python takes signals on its first thread only.
    if threading.current_thread() is threading.main_thread():
        before = {
            number: signal.signal(number, ask)
            for number in NAMES
            # What whoever started this has switched off, as nohup does, stays off.
            if signal.getsignal(number) is not signal.SIG_IGN
        }
    try:
        yield asked
    finally:
        put_back()
