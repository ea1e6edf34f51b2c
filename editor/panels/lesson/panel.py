"""The panel of the lesson: what it says, what is to be done and whether it is, and the way from step to step."""

from __future__ import annotations

import secrets
from functools import cached_property

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QStackedWidget, QWidget

from compute.lessons.model import Lesson, Step
from compute.lessons.readout import Readout
from compute.numbers_text import plural
from editor import icons, theme
from editor.accessible import announce
from editor.guide import Guide
from editor.panels.lesson.dots import Dots
from editor.panels.lesson.prose import Prose
from editor.panels.lesson.writing import Writing
from editor.panels.widgets import (
    Empty,
    beside,
    bring_into_view,
    button,
    column,
    label,
    of_action,
    paragraph,
    row,
    scrolling,
    set_kind,
    tool,
)
from editor.plain import Label
from editor.scale import px
from editor.session import Session

BUSY_MILLISECONDS = 100
"""While it trains, live numbers are read so often."""


class LessonPanel(QFrame):
    """``closed``: the person is through, or goes; with a sentence about how far they came."""

    closed = Signal(str)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session, self.guide = session, Guide(session)
        self.setProperty("kind", "panel")
        self.setAccessibleName("Lesson")
        self.count = label("", "dim", 9.0)
        self.again = of_action(
            tool("reset", "Begin the lesson again", token="text_dim"), "lesson_restart", "Begin the lesson again"
        )
        self.write = of_action(
            tool("edit", "Edit the lesson", token="text_dim"), "lesson_edit", "Write the lesson of this document"
        )
        self.write.setCheckable(True)
        self.head = beside(self.count, self.again, self.write, spacing=2)
        self.title = paragraph("", "", 12.0)
        self.title.setFont(theme.ui_font(12.0, bold=True))
        self.about = paragraph("", "dim", 9.5)
        self.prose = Prose(10.5)
        self.mark = Label()
        self.state = label("", "dim", 9.5)
        self.hint_button = of_action(button("Hint", "", "", "link"), "lesson_hint", "What helps with this step")
        self.done = Prose(10.5)
        self.hint = Prose(10.0, "text_dim")
        self.fault = paragraph("", "warning", 9.0)
        self.dots = Dots()
        self.back = of_action(tool("previous", "Previous step", token="text"), "lesson_back", "The step before")
        self.where = of_action(button("Show me", "where"), "lesson_where", "Show where it is")
        self.next = of_action(button("Next", "next", kind="primary", token="on_accent"), "lesson_next", "The next step")
        self.nothing = Empty("lesson", "No lesson", "This document has none. The pencil above begins one.")
        self._offered: list[tuple[str, str]] = []
        """What a lesson can point at, besides what is on the canvas."""
        self._scroll = self._body()
        self._pages = QStackedWidget()
        self._pages.addWidget(self.nothing)
        self._pages.addWidget(self._page())
        column(self).addWidget(self._pages)
        self._step = ""
        self._behind = False
        """Whether it still shows what it showed when it was last seen."""
        self._busy = QTimer(self)
        self._busy.setSingleShot(True)
        self._busy.setInterval(BUSY_MILLISECONDS)
        self._busy.timeout.connect(self._follow)
        self._listen()
        theme.notifier.changed.connect(self._show)
        self._show()

    def _body(self) -> QScrollArea:
        inside = QWidget()
        inside.setProperty("kind", "panel")
        layout = column(inside, 0, 10)
        layout.setContentsMargins(14, 8, 14, 12)
        layout.addWidget(self.title)
        layout.addWidget(self.about)
        layout.addWidget(self.prose)
        task = row(spacing=8)
        task.addWidget(self.mark)
        task.addWidget(self.state, 1)
        task.addWidget(self.hint_button)
        layout.addSpacing(2)
        layout.addLayout(task)
        for each in (self.done, self.hint, self.fault):
            layout.addWidget(each)
        layout.addStretch(1)
        out = scrolling(inside)
        out.setProperty("kind", "read")
        out.setMinimumHeight(1)  # of large text on a small screen the way on stays in sight
        out.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # so that keys can scroll a long text
        out.setAccessibleName("Text of the step")
        return out

    def _page(self) -> QWidget:
        page = QWidget()
        layout = column(page, 0, 0)
        layout.addWidget(self._scroll, 1)
        foot = QFrame()
        foot.setProperty("kind", "dock")
        lines = column(foot, 0, 6)
        lines.setContentsMargins(14, 8, 14, 10)
        lines.addWidget(self.dots)
        buttons = row(spacing=6)
        buttons.addWidget(self.back)
        buttons.addWidget(self.where)
        buttons.addStretch(1)
        buttons.addWidget(self.next)
        lines.addLayout(buttons)
        layout.addWidget(foot)
        return page

    def _listen(self) -> None:
        guide = self.guide
        guide.changed.connect(self._show)
        guide.numbers.connect(self._renumber)
        guide.step_done.connect(self._say_done)
        self.dots.chosen.connect(guide.go)
        self.back.clicked.connect(guide.back)
        self.next.clicked.connect(self.forward)
        self.where.clicked.connect(guide.asked_where)
        self.again.clicked.connect(guide.restart)
        self.write.clicked.connect(self.set_writing)
        self.session.document_replaced.connect(self._opened)
        self.hint_button.clicked.connect(self.show_hint)
        for each in (self.prose, self.done, self.hint):
            each.asked.connect(self._ask)

    @cached_property
    def writing(self) -> Writing:
        """Where the lesson is written, which few do."""
        writing = Writing(self.guide)
        writing.offer(self._offered)
        writing.tried.connect(lambda: self.set_writing(False))
        writing.dropped.connect(self._dropped)
        self._pages.addWidget(writing)
        return writing

    def offer(self, pairs: list[tuple[str, str]]) -> None:
        """The panels and actions that a lesson can point at."""
        self._offered = pairs

    def sizeHint(self) -> QSize:
        return QSize(290, 500)

    # -- what is done with it -------------------------------------------------------------------------------

    @property
    def in_lesson(self) -> bool:
        """Whether a step is on show to a learner."""
        return self.guide.step is not None and not self.is_writing

    @property
    def is_writing(self) -> bool:
        """Whether the lesson is written."""
        return self.guide.writing

    def set_writing(self, on: bool) -> None:
        """Write the lesson of the document, which has one from then on; or see it as a learner does."""
        self.guide.writing = on
        if on and self.session.document.lesson is None:
            lesson = Lesson(secrets.token_hex(6), self.session.document.name, "", (Step("step1"),))
            self.session.apply(self.session.edits.set_lesson("New lesson", lesson))
        self.guide.changed.emit()

    def _dropped(self) -> None:
        self.set_writing(False)
        self.closed.emit("The lesson is removed; Undo brings it back.")

    def _opened(self) -> None:
        self.guide.writing = False
        self._show()

    def forward(self) -> None:
        """To the next step; from the last one out of the lesson."""
        learner = self.guide.learner
        at_end = learner.at_end
        self.guide.forward()
        if at_end:
            left = [str(i) for i, step in enumerate(learner.lesson.steps, 1) if step.id not in learner.done_steps]
            what = f"{plural('step', len(left))} {', '.join(left)} {'is' if len(left) == 1 else 'are'} not done yet"
            self.closed.emit(f"{learner.lesson.title}: {what if left else 'the lesson is done'}.")

    def show_hint(self) -> None:
        """Show what helps, or put it away."""
        step = self.guide.step
        if step is not None and step.hint:
            self.hint.setVisible(self.hint.isHidden())
            if not self.hint.isHidden():
                bring_into_view(self.hint)
                announce(self, self.hint.text())

    def _ask(self, asked: Readout) -> None:
        focus = asked.focus(self.session.document.graph, self.session.sample)
        if focus is not None:
            self.session.focus_on(focus)

    # -- showing --------------------------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._behind:
            self._show()

    def _show(self) -> None:
        self._behind = not (self.isVisible() or self.guide.on)
        if self._behind:  # most documents that are opened have a lesson, whose text takes long to measure
            self._step = ""
            return
        guide, learner = self.guide, self.guide.learner
        step, steps = learner.step, learner.lesson.steps
        if self.is_writing:
            self._pages.setCurrentWidget(self.writing)
        else:
            self._pages.setCurrentIndex(0 if step is None else 1)
        self.write.setChecked(self.is_writing)
        self.again.setVisible(step is not None and not self.is_writing)
        self.count.setVisible(step is not None)
        if self.is_writing:
            self.writing.follow()
        if step is None:
            self._step = ""
            return
        shown = guide.shown
        self.count.setText(f"{learner.index + 1} of {len(steps)}")
        self.count.setAccessibleName(f"Step {learner.index + 1} of {len(steps)}")
        self.title.setText(learner.lesson.title)
        self.about.setText(learner.lesson.about)
        self.title.setVisible(learner.index == 0 and bool(learner.lesson.title))
        self.about.setVisible(learner.index == 0 and bool(learner.lesson.about))
        self.prose.set_text(step.text, shown)
        asks = step.do is not None and not learner.not_understood
        done = asks and learner.step_done
        self.state.setText("Done" if done else "Your turn")
        set_kind(self.state, "good" if done else "dim")
        self._set_mark(done=done)
        for each in (self.mark, self.state):
            each.setVisible(asks)
        self.hint_button.setVisible(bool(step.hint) and asks and not done)
        self.done.set_text(step.done, shown)
        self.done.setVisible(done and bool(step.done))
        self.hint.set_text(step.hint, shown)
        moved = step.id != self._step
        self._step = step.id
        if moved or done:
            self.hint.setVisible(False)
        self.fault.setText(learner.not_understood and f"{learner.not_understood} So this step is only read.")
        self.fault.setVisible(bool(learner.not_understood))
        self.dots.show_steps(
            [each.id in learner.done_steps for each in steps], [each.do is not None for each in steps], learner.index
        )
        self.back.setEnabled(learner.index > 0)
        self.where.setEnabled(bool(step.points))
        self._offer_next(waits=learner.waits, last=learner.at_end)
        if moved:
            self._scroll.verticalScrollBar().setValue(0)
            if guide.on:
                announce(self, f"Step {learner.index + 1} of {len(steps)}. {self.prose.text()}")

    def _set_mark(self, *, done: bool) -> None:
        t = theme.current()
        name, color = ("check", t.good) if done else ("circle", t.text_dim)
        self.mark.setPixmap(icons.pixmap(name, color, px(16), self.devicePixelRatioF()))

    def _offer_next(self, *, waits: bool, last: bool) -> None:
        """The way on: loud once there is nothing left to do here, quiet while there is."""
        text = "Finish" if last else "Skip" if waits else "Next"
        self.next.setText(text)
        self.next.setAccessibleName({"Skip": "Skip this step", "Next": "Next step"}.get(text, "Finish the lesson"))
        kind, token = ("", "text") if waits else ("primary", "on_accent")
        set_kind(self.next, kind)
        icons.set_icon(self.next, "check" if last else "next", token)

    def _say_done(self) -> None:
        """A screen reader is told at once, with the numbers of now."""
        step = self.guide.step
        if step is not None:
            bring_into_view(self.done)
            announce(self, f"Done. {self.done.text()}")

    def _renumber(self) -> None:
        """New numbers: at once, or while it trains now and then."""
        if self.session.snapshot.state != "running":
            self._follow()
        elif not self._busy.isActive():
            self._busy.start()

    def _follow(self) -> None:
        self._busy.stop()
        if self.guide.learner.step is not None and not self._behind:
            for each in (self.prose, self.done, self.hint):
                if not each.isHidden():
                    each.follow(self.guide.shown)
