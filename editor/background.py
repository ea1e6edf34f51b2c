"""Work beside the window: one piece after the other on a thread of its own; what comes of it arrives on this thread."""

from __future__ import annotations

import queue
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any, TypeVar

from PySide6.QtCore import QObject, QTimer, Signal

from compute.errors import GradwireError

T = TypeVar("T")
POLL_MILLISECONDS = 10
_THREAD = "gradwire-background"


class Cancelled(Exception):
    """The work was called off."""


def nothing(*_: object) -> None:
    """What follows when nothing is to follow."""


class Task:
    """One piece of work, asked for and perhaps under way; the work itself gets it, to tell how far it is."""

    def __init__(self, name: str, results: queue.SimpleQueue[tuple[Callable[[Any], None], Any]]) -> None:
        self.name = name
        self.on_progress: Callable[[float], None] = nothing
        self.on_part: Callable[[Any], None] = nothing
        self._results = results
        self._percent = -1
        self._off = threading.Event()

    def tell(self, share: float) -> None:
        """From the work: how much is done, 0 … 1; passed on where that is another percent than before, so that work may
        tell as often as it likes. Errors: Cancelled, which the work lets pass, if it was called off."""
        if self._off.is_set():
            raise Cancelled
        if int(100 * share) != self._percent:
            self._percent = int(100 * share)
            self._results.put((self.on_progress, share))

    def hand(self, part: Any) -> None:
        """From the work: a part of what comes of it, which is there already."""
        self._results.put((self.on_part, part))

    def cancel(self) -> None:
        """Call it off: at once where it has not begun, else when it next tells how far it is."""
        self._off.set()

    @property
    def is_cancelled(self) -> bool:
        """Whether it was called off."""
        return self._off.is_set()


class Background(QObject):
    """A queue of work with one worker, which is there as long as there is work. The work itself must not touch Qt."""

    changed = Signal()
    """Another piece of work is under way, or none any more."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._results: queue.SimpleQueue[tuple[Callable[[Any], None], Any]] = queue.SimpleQueue()
        self._calls: deque[Callable[[], None]] = deque()
        self._lock = threading.Lock()
        self._tasks: list[Task] = []
        self._thread: threading.Thread | None = None
        self._closed = False
        self._timer = QTimer(self)
        self._timer.setInterval(POLL_MILLISECONDS)
        self._timer.timeout.connect(self._deliver)

    @property
    def tasks(self) -> tuple[Task, ...]:
        """What is under way, and what waits for it, in order."""
        return tuple(self._tasks)

    def run(
        self,
        work: Callable[[Task], T],
        done: Callable[[T], None],
        failed: Callable[[str], None],
        *,
        name: str = "",
        progress: Callable[[float], None] = nothing,
        cancelled: Callable[[], None] = nothing,
        part: Callable[[Any], None] = nothing,
    ) -> Task:
        """Call ``work`` when its turn comes; then, on this thread, one of the others.

        done: with its result; failed: with a sentence; cancelled: when it was called off; progress: in between, with
        the share that is done; part: with each part of the result that the work hands over before its end.
        """
        task = Task(name, self._results)
        task.on_progress, task.on_part = progress, part

        def end(receive: Callable[[Any], None], result: Any) -> None:
            self._results.put((lambda _: self._end(task, lambda: receive(result)), None))

        def call() -> None:
            try:
                if task.is_cancelled:
                    raise Cancelled
                result = work(task)
            except Cancelled:
                end(lambda _: cancelled(), None)
            except GradwireError as error:
                end(failed, str(error))
            except Exception as error:  # whatever failed, the person must hear of it
                end(failed, f"This failed ({type(error).__name__}: {error}).")
            else:
                end(done, result)

        self._tasks.append(task)
        with self._lock:
            self._calls.append(call)
            if self._thread is None:
                self._thread = threading.Thread(target=self._main, name=_THREAD, daemon=True)
                self._thread.start()
        self._timer.start()
        self.changed.emit()
        return task

    def _main(self) -> None:
        while True:
            with self._lock:
                if not self._calls:
                    self._thread = None
                    return
                call = self._calls.popleft()
            call()
            del call  # or it would hold what it worked on until the next comes

    def _end(self, task: Task, receive: Callable[[], None]) -> None:
        self._tasks.remove(task)
        if not self._tasks:
            self._timer.stop()
        self.changed.emit()
        receive()

    def _deliver(self) -> None:
        while not self._closed and not self._results.empty():
            receive, result = self._results.get()
            receive(result)

    def close(self, timeout: float = 10.0) -> None:
        """Call off what waits and what runs, and wait for that; nothing arrives any more."""
        self._closed = True
        self._timer.stop()
        for task in self._tasks:
            task.cancel()
        thread = self._thread
        if thread is not None:
            thread.join(timeout)


def wait_for_all(most: float) -> None:
    """Until no work is under way in this process, or so many seconds have passed.

    Python would end it by force when the process ends, which aborts the process where that is inside of C++.
    """
    end = time.monotonic() + most
    for thread in threading.enumerate():
        if thread.name == _THREAD:
            thread.join(max(0.0, end - time.monotonic()))
