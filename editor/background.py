"""Work beside the window: a function runs on a thread, its result arrives on the window's thread."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, QTimer

from compute.errors import GradwireError


class Background(QObject):
    """Runs one piece of work at a time. The work itself must not touch Qt."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._results: queue.SimpleQueue[tuple[Callable[[Any], None], Any]] = queue.SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._timer = QTimer(self)
        self._timer.setInterval(30)
        self._timer.timeout.connect(self._deliver)

    def run(self, work: Callable[[], Any], done: Callable[[Any], None], failed: Callable[[str], None]) -> None:
        """Call ``work`` on a thread, then ``done`` with its result or ``failed`` with a sentence, here."""

        def call() -> None:
            try:
                result = work()
            except GradwireError as error:
                self._results.put((failed, str(error)))
            except Exception as error:  # whatever failed, the person must hear of it
                self._results.put((failed, f"This failed ({type(error).__name__}: {error})."))
            else:
                self._results.put((done, result))

        thread = threading.Thread(target=call, name="gradwire-background", daemon=True)
        self._threads.append(thread)
        thread.start()
        self._timer.start()

    def _deliver(self) -> None:
        while not self._results.empty():
            receive, result = self._results.get()
            receive(result)
        self._threads = [thread for thread in self._threads if thread.is_alive()]
        if not self._threads and self._results.empty():
            self._timer.stop()

    def close(self, timeout: float = 10.0) -> None:
        """Wait for what runs."""
        for thread in self._threads:
            thread.join(timeout)
        self._timer.stop()
