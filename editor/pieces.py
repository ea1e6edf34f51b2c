"""Work that belongs on the window's thread, cut into pieces between which the window goes on.

Such work is a generator. It yields None where it can pause, and a function where that is to be done beside the window,
whose result it gets back. What it returns is its result.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager
from typing import Any, TypeVar

from PySide6.QtCore import QObject, QTimer

from compute.errors import GradwireError
from editor.background import Background, Task, nothing

T = TypeVar("T")
Beside = Callable[[], Any]
"""Work without Qt's widgets, for another thread."""
Pieces = Generator[Beside | None, Any, T]
SECONDS = 0.006
"""How long pieces follow each other before the window has its turn."""


def at_once(work: Pieces[T]) -> T:
    """Do it all here, without a pause. Errors: those of the work."""
    given: Any = None
    while True:
        try:
            beside = work.send(given)
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]
        given = beside() if beside is not None else None


def within(made: Callable[[], AbstractContextManager[None]], work: Pieces[T]) -> Pieces[T]:
    """The same with each of its pieces done within a context of its own, which the window between them is not."""
    given: Any = None
    try:
        while True:
            try:
                with made():
                    beside = work.send(given)
            except StopIteration as end:
                return end.value  # type: ignore[no-any-return]
            given = yield beside
    finally:
        work.close()


class Turns(QObject):
    """Work in pieces that wait for nothing, between the events of the window; its first turn comes at once.

    subject: what the work under way is about; None while there is none.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.subject: object = None
        self._work: Generator[None, None, Any] | None = None
        self._done: Callable[[Any], None] = nothing
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._turn)

    def start(self, work: Generator[None, None, T], done: Callable[[T], None], subject: object) -> None:
        """Begin work, instead of what is under way; ``done`` is called with its result. Errors: those of its first
        turn."""
        self._work, self._done, self.subject = work, done, subject
        self._timer.start(0)
        self._turn()

    def drop(self) -> None:
        """Forget the work."""
        self._timer.stop()
        self._work = self.subject = None

    def finish(self, enough: Callable[[], bool] = lambda: False) -> None:
        """Do at once what is left of it, or until it is enough; the rest then goes on in turns."""
        while self._work is not None and not enough():
            self._go_on()

    def _turn(self) -> None:
        until = time.perf_counter() + SECONDS
        self._go_on()
        while self._work is not None and time.perf_counter() < until:
            self._go_on()

    def _go_on(self) -> None:
        assert self._work is not None
        try:
            next(self._work)
        except StopIteration as end:
            done = self._done
            self.drop()
            done(end.value)
        except BaseException:
            self.drop()
            raise


class Piecewise(QObject):
    """Does such work between the events of the window, and what is to be done beside it on a background."""

    def __init__(
        self,
        work: Pieces[T],
        background: Background,
        done: Callable[[T], None],
        failed: Callable[[str], None],
        cancelled: Callable[[], None],
        name: str,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self.name = name
        self._work: Pieces[Any] = work
        self._background, self._done, self._failed, self._cancelled = background, done, failed, cancelled
        self._task: Task | None = None
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._turn)
        self._timer.start(0)

    def cancel(self) -> None:
        """Call it off, at the next pause."""
        self._timer.stop()
        if self._task is not None:
            self._task.cancel()
        else:
            self._end(self._cancelled)

    def _turn(self) -> None:
        until = time.perf_counter() + SECONDS
        while time.perf_counter() < until and self._timer.isActive():
            self._go_on(None)

    def _go_on(self, given: Any) -> None:
        """The next piece."""
        try:
            beside = self._work.send(given)
        except StopIteration as end:
            result = end.value
            self._end(lambda: self._done(result))
        except GradwireError as error:
            sentence = str(error)
            self._end(lambda: self._failed(sentence))
        except Exception as error:  # whatever failed, the person must hear of it
            sentence = f"This failed ({type(error).__name__}: {error})."
            self._end(lambda: self._failed(sentence))
        else:
            if beside is not None:
                self._timer.stop()
                self._task = self._background.run(
                    lambda _task: beside(),
                    self._came,
                    lambda sentence: self._end(lambda: self._failed(sentence)),
                    name=self.name,
                    cancelled=lambda: self._end(self._cancelled),
                )

    def _came(self, result: Any) -> None:
        """What was done beside the window is there."""
        off, self._task = self._task is not None and self._task.is_cancelled, None
        if off:
            self._end(self._cancelled)
        else:
            self._timer.start(0)
            self._go_on(result)

    def _end(self, tell: Callable[[], None]) -> None:
        self._timer.stop()
        self._work.close()
        self.deleteLater()
        tell()
