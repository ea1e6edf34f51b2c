"""Keeps the unsaved work of a window in a file of its own, from which the next start brings it back after a crash."""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer

from compute.document.recovery import Recovery
from editor.background import Background, Task, nothing
from editor.canvas import Canvas
from editor.notices import Notices
from editor.session import Session

LOOK_MILLISECONDS = 250
"""An edit is in the file after this time and the time that writing takes."""
TRAINING_SECONDS, TRAINING_SHARE = 10.0, 0.02
"""While it trains: between two writings, and how much of the time they may take."""
CLOSING_SECONDS = 5.0


class Keeper(QObject):
    """Looks four times a second whether there is something new to keep, and has it written beside the window.

    Kept is what would be asked about when the document is left; and training of ten seconds and more, even where that
    would not be asked about, since the same comes again from the seed.
    """

    def __init__(
        self, session: Session, canvas: Canvas, notices: Notices, recovery: Recovery, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._session, self._canvas, self._notices, self._recovery = session, canvas, notices, recovery
        # Of its own: a long export keeps no edit waiting.
        self.background = Background(self)
        self._number = recovery.number()
        self._kept: tuple[object, ...] | None = None
        """The moment that the file holds; None where there is no file."""
        self._kept_at = self._looked = time.monotonic()
        self._cost = 0.0
        self._trained = 0.0
        """Seconds of training that nobody would be asked about."""
        self._complained = ""
        """What was said of a copy that could not be written, as long as none could."""
        self._leaves = False
        self._asked: list[Callable[[bool], None]] = []
        self._timer = QTimer(self)
        self._timer.setInterval(LOOK_MILLISECONDS)
        self._timer.timeout.connect(self._look)
        self._timer.start()
        session.document_replaced.connect(self._begin_anew)

    def _begin_anew(self) -> None:
        """Another document is open."""
        self._trained = 0.0

    @property
    def _moment(self) -> tuple[object, ...]:
        """The same as long as a copy would hold the same."""
        session = self._session
        return *session.mark, session.document.path, session.snapshot.step

    @property
    def is_worth_it(self) -> bool:
        """Whether losing what is open would cost something."""
        return self._session.is_modified or self._trained >= TRAINING_SECONDS

    def _look(self) -> None:
        """Write what is new where that is due; take the file away where there is nothing to lose any more."""
        now, session = time.monotonic(), self._session
        passed, self._looked = now - self._looked, now
        if not session.snapshot.step:
            self._trained = 0.0
        elif session.is_training:
            self._trained += passed
        if self.background.tasks or (self._complained and not self._asked and now - self._kept_at < TRAINING_SECONDS):
            return
        if self._asked:
            self._serve()  # something else was done for this window when it was asked for
        elif not self.is_worth_it:
            self._forget()
        elif self._is_due(now):
            self._write()

    def _is_due(self, now: float) -> bool:
        """An edit at once; steps of training after a while, or once they have come to an end."""
        moment, kept = self._moment, self._kept
        edited = kept is None or moment[:-1] != kept[:-1]
        pause = max(TRAINING_SECONDS, self._cost / TRAINING_SHARE) if self._session.is_training else 0.0
        return edited or (moment != kept and now - self._kept_at >= pause)

    def _write(self, then: Callable[[bool], None] = nothing) -> None:
        """Take an immutable copy of now, and write it beside the window; ``then`` hears whether that was done."""
        present, view, moment = self._session.present(), self._canvas.place(), self._moment

        def write(task: Task) -> float:
            start = time.perf_counter()
            self._recovery.write(self._number, present.document(), view, task.tell)
            return time.perf_counter() - start

        def done(cost: float) -> None:
            self._cost, self._kept = cost, moment
            if self._complained:
                self._notices.take_back(self._complained)
                self._complained = ""
            then(True)
            self._serve()

        def failed(sentence: str) -> None:
            if not self._complained:
                self._complained = f"What is not saved cannot be kept for a crash: {sentence}"
                self._notices.complain(self._complained)
            then(False)
            self._serve()

        self._kept_at = time.monotonic()
        self.background.run(write, done, failed)

    def _forget(self) -> None:
        if self._kept is not None:
            self._kept = None
            self.background.run(lambda _task: self._recovery.remove(self._number), nothing, nothing)

    def keep_now(self, then: Callable[[bool], None] = nothing) -> None:
        """Write what is not in the file yet; ``then`` hears that it was done, or could not be."""
        self._asked.append(then)
        if not self.background.tasks:
            self._serve()

    def _serve(self) -> None:
        """Do what waited for the file to hold what is there now."""
        asked, self._asked = self._asked, []

        def go_on(done: bool) -> None:
            for then in asked:
                then(done)

        if asked and self.is_worth_it and self._kept != self._moment:
            self._write(go_on)
        else:
            go_on(True)

    def leave(self) -> bool:
        """Closing shall leave the file for the next start, where there is something to lose; returns whether so."""
        self._leaves = self.is_worth_it
        return self._leaves

    def close(self) -> None:
        """Nothing is written any more. What was saved, or is not wanted, leaves no file."""
        self._timer.stop()
        self.background.close(CLOSING_SECONDS)
        if not self._leaves:
            self._recovery.remove(self._number)
