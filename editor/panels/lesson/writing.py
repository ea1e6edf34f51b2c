"""Writing a lesson: its steps in their order, and of one step text, what it points at, and what is to be done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from PySide6.QtCore import QModelIndex, Qt, QTimer, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QAbstractItemView, QFrame, QLineEdit, QListWidget, QPlainTextEdit, QWidget

from compute.lessons.model import Lesson, Point, Step
from compute.lessons.problems import flaws_of
from compute.lessons.readout import written
from compute.lessons.text import spoken
from editor import theme
from editor.guide import Guide
from editor.panels.lesson.condition import ConditionForm
from editor.panels.lesson.named import offered, pointed_at
from editor.panels.lesson.prose import Prose
from editor.panels.widgets import Combo, button, column, label, paragraph, row, scrolling, tool
from editor.plain import set_tip
from editor.scale import px

TYPING_MILLISECONDS = 300
"""After so long without a key what was typed is in the document."""
TEXTS = (
    ("text", "What the step says", "Words, **bold**, $formulas$ and {value x}; a new line is a new paragraph.", 132),
    ("hint", "Hint", "What helps, shown when it is asked for.", 52),
    ("done", "Once it is done", "What is said then.", 52),
)


class _Text(QPlainTextEdit):
    """``typed``: a person has changed it and paused, or goes. Tab goes on to the next field."""

    typed = Signal(str)

    def __init__(self, name: str, tip: str, high: int) -> None:
        super().__init__()
        self.setFont(theme.ui_font(10.0))
        self.setProperty("kind", "text")
        self.setTabChangesFocus(True)
        self.setAccessibleName(name)
        self.setAccessibleDescription(tip)
        self.setPlaceholderText(tip)
        self.setFixedHeight(px(high))
        self.strokes = 0
        """How often a person has begun to write here: what follows without a break is one step to take back."""
        self._shown = ""
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(TYPING_MILLISECONDS)
        self._pause.timeout.connect(self.send)
        self.textChanged.connect(self._pause.start)

    def send(self) -> None:
        """What was typed counts from now."""
        self._pause.stop()
        if self.toPlainText() != self._shown:
            self._shown = self.toPlainText()
            self.typed.emit(self._shown)

    def show_text(self, text: str) -> None:
        """The text as the document has it; what is being typed stays where that did not change."""
        if text != self._shown:
            self._shown = text
            if text != self.toPlainText():
                self.setPlainText(text)
            self._pause.stop()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.strokes += 1

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.send()


class _Steps(QListWidget):
    """The steps; ``moved`` by the mouse from one place to another, or by Ctrl+Up and Ctrl+Down; ``removed`` by Del."""

    moved = Signal(int, int)
    removed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("Steps of the lesson")
        set_tip(self, "Drag a step to another place, or press Ctrl with an arrow key; Del removes it")
        self.setDragDropMode(QAbstractItemView.DragDropMode.InternalMove)
        self.setFont(theme.ui_font(9.5))
        self.setFixedHeight(px(148))
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.setUniformItemSizes(True)
        self.model().rowsMoved.connect(self._dropped)

    def _dropped(self, _parent: QModelIndex, start: int, _end: int, _into: QModelIndex, to: int) -> None:
        to = to - 1 if to > start else to
        # Once the drop is over: the list is made anew.
        QTimer.singleShot(0, self, lambda: self.moved.emit(start, to))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        by = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}.get(Qt.Key(event.key()), 0)
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier and by:
            if 0 <= self.currentRow() + by < self.count():
                self.moved.emit(self.currentRow(), self.currentRow() + by)
        elif event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.removed.emit()
        else:
            super().keyPressEvent(event)


class Writing(QFrame):
    """Edits the document's lesson; ``tried``: the step on show is to be seen as a learner does;
    ``dropped``: there is no lesson any more."""

    tried = Signal()
    dropped = Signal()

    def __init__(self, guide: Guide) -> None:
        super().__init__()
        self._guide, self.session = guide, guide.session
        self.setProperty("kind", "panel")
        self._panels: list[tuple[str, str]] = []
        self._of = ""
        """The step whose texts stand in the fields."""
        self._others: dict[str, str] = {}
        """What panels and actions that can be pointed at are called, by kind and id."""
        self.title = QLineEdit()
        self.about = QLineEdit()
        for line, name in ((self.title, "Title of the lesson"), (self.about, "What it is about")):
            line.setAccessibleName(name)
            line.setPlaceholderText(name)
            line.editingFinished.connect(self._name)
        self.steps = _Steps()
        self.add = tool("add", "Add a step", "A new step behind this one")
        self.remove = tool("close", "Remove the step", "Remove this step (Del)")
        self.up = tool("up", "Move the step up", "Ctrl+Up")
        self.down = tool("down", "Move the step down", "Ctrl+Down")
        self.texts = {name: _Text(title, tip, high) for name, title, tip, high in TEXTS}
        self.preview = Prose(10.5)
        self.points = paragraph("", "dim", 9.5)
        self.at_focus = button("What is asked about", "where", "Point at the number in focus")
        self.at_selected = button(
            "What is selected", "where", "Point at the node, wire, frame or note that is selected"
        )
        self.at_other = Combo([("", "A panel or an action…")], "Point at a panel or an action")
        self.at_nothing = button("Nothing", "", "Point at nothing", "link")
        self.do = ConditionForm(self.taken, self._named)
        self.flaws = paragraph("", "warning", 9.0)
        self.test = button(
            "Try this step", "play", "See it as a learner does, from its beginning", "primary", "on_accent"
        )
        self.drop = button("Remove the lesson", "close", "The document has none any more; Undo brings it back", "link")
        self._lay_out()
        self._listen()

    def _lay_out(self) -> None:
        inside = QWidget()
        inside.setProperty("kind", "panel")
        layout = column(inside, 0, 6)
        layout.setContentsMargins(14, 8, 14, 12)
        layout.addWidget(self.title)
        layout.addWidget(self.about)
        layout.addWidget(self.steps)
        tools = row(spacing=2)
        for each in (self.add, self.remove, self.up, self.down):
            tools.addWidget(each)
        tools.addStretch(1)
        tools.addWidget(self.test)
        layout.addLayout(tools)
        for name, title, _, _ in TEXTS:
            layout.addWidget(label(title, "dim", 9.0, bold=True))
            layout.addWidget(self.texts[name])
            if name == "text":
                layout.addWidget(self.preview)
        layout.addWidget(label("Points at", "dim", 9.0, bold=True))
        layout.addWidget(self.points)
        layout.addWidget(self.at_focus)
        layout.addWidget(self.at_selected)
        layout.addWidget(self.at_other)
        layout.addWidget(self.at_nothing)
        layout.addWidget(label("What the learner does", "dim", 9.0, bold=True))
        layout.addWidget(self.do)
        layout.addWidget(self.flaws)
        layout.addSpacing(8)
        layout.addWidget(self.drop)
        layout.addStretch(1)
        column(self).addWidget(scrolling(inside))

    def _listen(self) -> None:
        self.steps.currentRowChanged.connect(self._chosen)
        self.steps.moved.connect(self._move)
        self.steps.removed.connect(self._remove)
        self.add.clicked.connect(self._add)
        self.remove.clicked.connect(self._remove)
        self.up.clicked.connect(lambda: self._move(self._at, self._at - 1))
        self.down.clicked.connect(lambda: self._move(self._at, self._at + 1))
        for name, field in self.texts.items():
            field.typed.connect(lambda text, name=name: self._type(name, text))
        self.at_focus.clicked.connect(lambda: self._point("focus"))
        self.at_selected.clicked.connect(lambda: self._point("record"))
        self.at_other.activated.connect(self._point_at_other)
        self.at_nothing.clicked.connect(lambda: self._change("Point at nothing", points=()))
        self.do.changed.connect(lambda condition: self._change("Change what is to be done", do=condition))
        self.test.clicked.connect(self._try)
        self.drop.clicked.connect(self._drop)
        self._guide.changed.connect(self.follow)
        self._guide.numbers.connect(self._renumber)
        session = self.session
        session.focus_changed.connect(self._offer_points)
        session.selection_changed.connect(self._offer_points)

    def _named(self, what: str) -> Sequence[tuple[str, str]]:
        return offered(self.session.document.graph, self._panels, what)

    def offer(self, others: list[tuple[str, str]]) -> None:
        """Panels and actions that can be pointed at: (kind and id with a blank between, what they are called)."""
        self._others = dict(others)
        self._panels = [(key.removeprefix("panel "), text) for key, text in others if key.startswith("panel ")]
        self.at_other.set_pairs([("", "A panel or an action…"), *others])
        self.at_other.choose("")

    # -- the lesson -----------------------------------------------------------------------------------------

    @property
    def lesson(self) -> Lesson:
        """The lesson of the document; an empty one where it has none."""
        return self.session.document.lesson or Lesson()

    @property
    def _at(self) -> int:
        return self._guide.learner.index

    @property
    def step(self) -> Step | None:
        """The step that is written."""
        return self._guide.learner.step

    def _apply(self, text: str, lesson: Lesson, at: int | None = None, stroke: str = "") -> None:
        self.session.apply(self.session.edits.set_lesson(text, lesson, stroke))
        if at is not None:
            self._guide.look_at(at)

    def _change(self, what: str, stroke: str = "", at: int | None = None, /, **fields: Any) -> None:
        """Of the step at ``at``; None: of the one on show."""
        at = self._at if at is None else at
        step = self.lesson.steps[at] if at < len(self.lesson.steps) else None
        if step is not None and replace(step, **fields) != step:
            self._apply(what, self.lesson.with_step(at, replace(step, **fields)), stroke=stroke)

    def _type(self, name: str, text: str) -> None:
        # What is typed last may count only when another step is on show.
        at = next((at for at, step in enumerate(self.lesson.steps) if step.id == self._of), None)
        if at is not None:
            self._change(
                "Write in the lesson", f"lesson {self._of} {name} {self.texts[name].strokes}", at, **{name: text}
            )

    def _send(self) -> None:
        """What was typed counts from now: buttons take no keys, so that no field notices that one is done with it."""
        for field in self.texts.values():
            field.send()

    def _name(self) -> None:
        lesson = replace(self.lesson, title=self.title.text(), about=self.about.text())
        if lesson != self.lesson:
            self._apply("Name the lesson", lesson)

    def _add(self) -> None:
        self._send()
        at = self._at + 1 if self.lesson.steps else 0
        self._apply("Add a step", self.lesson.inserted(at, Step(self.lesson.free_id())), at)
        self.texts["text"].setFocus()

    def _remove(self) -> None:
        self._send()
        if self.step is not None:
            self._apply("Remove a step", self.lesson.without(self._at))

    def _move(self, index: int, to: int) -> None:
        if 0 <= to < len(self.lesson.steps) and index != to:
            self._apply("Move a step", self.lesson.moved(index, to), to)
        self.follow()

    def _drop(self) -> None:
        self._send()
        self.session.apply(self.session.edits.set_lesson("Remove the lesson", None))
        self.dropped.emit()

    def _try(self) -> None:
        self._send()
        self._guide.test()
        self.tried.emit()

    def _chosen(self, index: int) -> None:
        if index >= 0 and index != self._at:
            self._send()
            self._guide.look_at(index)

    # -- what it points at ----------------------------------------------------------------------------------

    def taken(self, param: str) -> str:
        """What is asked about or selected, as a text for a parameter of a condition."""
        session = self.session
        single = next((i for i in session.selection.ids if isinstance(i, str)), "")
        if param == "record":
            return single
        focus = session.focus
        if param == "node":
            return focus.subject.node if focus is not None else single
        return written(focus) if focus is not None else single

    def _point(self, kind: str) -> None:
        ids, focus = self.session.selection.ids, self.session.focus
        what = (written(focus) if focus is not None else "") if kind == "focus" else next(iter(ids), "")
        if what:
            self._add_point(Point(kind, what))

    def _point_at_other(self) -> None:
        kind, _, what = self.at_other.key.partition(" ")
        self.at_other.choose("")
        if what:
            self._add_point(Point(kind, what))

    def _add_point(self, point: Point) -> None:
        step = self.step
        if step is not None and point not in step.points:
            self._change("Point at something", points=(*step.points, point))

    def _offer_points(self) -> None:
        self.at_focus.setEnabled(self.step is not None and self.session.focus is not None)
        self.at_selected.setEnabled(self.step is not None and bool(self.session.selection.ids))

    # -- showing --------------------------------------------------------------------------------------------

    def follow(self) -> None:
        """The lesson as the document has it, at the step on show."""
        if self._of != (self.step.id if self.step is not None else ""):
            self._send()
        lesson, step = self.lesson, self.step
        self._of = step.id if step is not None else ""
        for line, text in ((self.title, lesson.title), (self.about, lesson.about)):
            if line.text() != text and not line.isModified():
                line.setText(text)
                line.setCursorPosition(0)
        self._list(lesson)
        for name, field in self.texts.items():
            field.show_text(getattr(step, name) if step is not None else "")
            field.setEnabled(step is not None)
        self.preview.set_text(step.text if step is not None else "", self._guide.shown)
        points = step.points if step is not None else ()
        graph, others = self.session.document.graph, self._others
        self.points.setText("; ".join(pointed_at(graph, others, point) for point in points) or "Nothing yet.")
        self.at_nothing.setVisible(bool(points))
        if step is not None and self.do.condition != step.do:
            self.do.show_condition(step.do)
        for each in (self.do, self.test, self.remove, self.at_other):
            each.setEnabled(step is not None)
        self.up.setEnabled(step is not None and self._at > 0)
        self.down.setEnabled(step is not None and self._at < len(lesson.steps) - 1)
        self.flaws.setText("\n".join(flaws_of(step, self.session.document)) if step is not None else "")
        self.flaws.setVisible(bool(self.flaws.text()))
        self._offer_points()

    def _list(self, lesson: Lesson) -> None:
        lines = [f"{i}  {spoken(step.text, _as_written) or 'A new step'}" for i, step in enumerate(lesson.steps, 1)]
        self.steps.blockSignals(True)
        if [self.steps.item(i).text() for i in range(self.steps.count())] != lines:
            self.steps.clear()
            self.steps.addItems(lines)
        self.steps.setCurrentRow(self._at if lines else -1)
        self.steps.blockSignals(False)

    def _renumber(self) -> None:
        if self.isVisible():
            self.preview.follow(self._guide.shown)


def _as_written(asked: Any) -> str:
    return f"{asked.word} {asked.name}".strip()
