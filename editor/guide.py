"""The lesson of the open document as a person goes through it: what they do is looked at, and what is done is kept."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer, Signal

from compute.document import Document
from compute.lessons.learner import Done, Learner
from compute.lessons.model import Lesson, Step
from compute.lessons.moment import Moment, Seen, Walk
from compute.lessons.readout import Readout, text
from editor.session import Session
from editor.settings import Settings

_NONE = Lesson()
"""Of a document without one."""


class Guide(QObject):
    """``changed``: another lesson, another step, or something is done; ``step_done``: the step on show has just become
    so; ``numbers``: what live numbers show may be another; ``asked_where``: what the step points at is to be found.

    What the person does is looked at while ``on``.
    """

    changed = Signal()
    step_done = Signal()
    numbers = Signal()
    asked_where = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.session = session
        self.settings: Settings | None = None
        """Where progress is kept; nowhere without."""
        self.seen: Callable[[], Seen] = Seen
        """What the window shows; it knows panels and tabs."""
        self.exports = 0
        self.on = self.writing = False
        """Whether the person is in the lesson; whether to write it, so that nothing counts as done."""
        self.learner = Learner(_NONE)
        self._of: Document | None = None
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(0)
        self._soon.timeout.connect(self._look)
        session.document_replaced.connect(self._opened)
        session.document_edited.connect(self._edited)
        for signal in (
            session.snapshot_changed,
            session.selection_changed,
            session.focus_changed,
            session.walk_changed,
            session.sample_changed,
            session.title_changed,
            session.asking.answered,
        ):
            signal.connect(self.look_soon)

    # -- the lesson -----------------------------------------------------------------------------------------

    @property
    def lesson(self) -> Lesson | None:
        """The lesson of the open document."""
        return self.session.document.lesson

    @property
    def step(self) -> Step | None:
        """The step on show, while the lesson is on."""
        return self.learner.step if self.on else None

    @property
    def begun(self) -> bool:
        """Whether the person has been in it before."""
        return bool(self.learner.done_steps) or self.learner.index > 0

    def _key(self) -> str:
        lesson = self.learner.lesson
        return lesson.id or f"{self.session.document.name}: {lesson.title}"

    def _opened(self) -> None:
        """Another document: its lesson stands where the person left it."""
        self.exports = 0
        self.learner = Learner(self.lesson or _NONE)
        if self.settings is not None and self.lesson is not None:
            self.learner = Learner(self.lesson, Done.read(self.settings.lesson(self._key())))
        self.changed.emit()
        self.look_soon()

    def _edited(self, _edit: object) -> None:
        lesson = self.lesson or _NONE
        if lesson is not self.learner.lesson:
            self.learner.follow(lesson)
            self.changed.emit()
        self.look_soon()

    def set_on(self, on: bool) -> None:
        """The person is in the lesson, or no longer."""
        if on != self.on:
            self.on = on
            self.changed.emit()
            self.look_soon()

    def _keep(self) -> None:
        if self.settings is not None and self.lesson is not None:
            self.settings.set_lesson(self._key(), self.learner.done.written())

    # -- from step to step ----------------------------------------------------------------------------------

    def go(self, index: int) -> None:
        """To a step, by its place."""
        self.learner.go(index)
        self._keep()
        self.changed.emit()
        self.look_soon()

    def look_at(self, index: int) -> None:
        """Show a step to whoever writes it."""
        self.learner.go(index, read=False)
        self.changed.emit()
        self.look_soon()

    def forward(self) -> None:
        """To the next step; at the last one it is done, as far as it only had to be read."""
        self.go(self.learner.index + 1)

    def back(self) -> None:
        """To the step before."""
        self.go(self.learner.index - 1)

    def restart(self) -> None:
        """From the first step, with nothing done."""
        self.learner.restart()
        self._keep()
        self.changed.emit()
        self.look_soon()

    def test(self) -> None:
        """Whoever writes the step tries it: it begins now."""
        self.learner.test()
        self.changed.emit()
        self.look_soon()

    def count_export(self) -> None:
        """Weights were exported."""
        self.exports += 1
        self.look_soon()

    # -- what the person does -------------------------------------------------------------------------------

    def look_soon(self, _news: object = None) -> None:
        """Something may be another; looked at once, whatever else comes in this turn."""
        if self.on and not self._soon.isActive():
            self._soon.start()

    def moment(self) -> Moment:
        """How everything stands now."""
        session = self.session
        return Moment(session.document, session.snapshot, session.facts, self.seen())

    def _look(self) -> None:
        session = self.session
        if not self.on or session.snapshot.revision != session.revision:
            return  # the numbers of what was edited are still to come
        if not self.writing and self.learner.look(self.moment()):
            self._keep()
            self.changed.emit()
            self.step_done.emit()
        self.numbers.emit()

    def shown(self, asked: Readout) -> str | None:
        """What a live number shows now."""
        return text(asked, self.moment())


def seen_of(session: Session, tab: str, panels: frozenset[str], exports: int) -> Seen:
    """What a window shows of a session, and what was done with it."""
    walk, document = session.walk, session.document
    at = None
    if walk is not None:
        last = walk.index == len(walk.steps) - 1
        at = Walk(walk.step.phase, walk.step.node, walk.granularity, last, session.asking.on)
    saved = document.path is not None and not session.is_modified
    right = sum(record.result in ("first", "later") for record in session.asking.score.records.values())
    return Seen(session.selection.ids, session.focus, at, tab, panels, saved, exports, right)
