"""Signals of the system, such as SIGTERM, as events of the window's thread."""

from __future__ import annotations

import signal
import socket
from contextlib import suppress
from types import FrameType
from typing import Any

from PySide6.QtCore import QObject, QSocketNotifier, Signal

from compute.stopping import NAMES


class StopSignals(QObject):
    """``asked``: the system or a person wants the program to end, with the number of the signal.

    Python runs its handlers only between its own instructions, of which there are none while Qt waits for events; so
    the signal writes its number, for which Qt waits too. From the second signal on they do what they did before.
    """

    asked = Signal(int)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._reading, self._writing = socket.socketpair()
        for end in (self._reading, self._writing):
            end.setblocking(False)
        self._notifier = QSocketNotifier(self._reading.fileno(), QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(self._read)
        self._wakes = signal.set_wakeup_fd(self._writing.fileno(), warn_on_full_buffer=False)
        self._before: dict[int, Any] = {
            number: signal.signal(number, self._note)
            for number in NAMES
            if signal.getsignal(number) is not signal.SIG_IGN
        }

    def _note(self, _number: int, _frame: FrameType | None) -> None:
        """Only that it is not done what is done without a handler; the number comes by the socket."""

    def _read(self) -> None:
        with suppress(OSError):
            for number in self._reading.recv(64):
                if number in self._before:
                    self._put_back()
                    self.asked.emit(number)

    def _put_back(self) -> None:
        while self._before:
            signal.signal(*self._before.popitem())

    def close(self) -> None:
        """Signals do again what they did before."""
        self._put_back()
        signal.set_wakeup_fd(self._wakes)
        self._notifier.setEnabled(False)
        self._reading.close()
        self._writing.close()
