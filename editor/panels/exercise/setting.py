"""A teacher's side of the exercise: what is asked for, what is drawn for each student, how it is marked."""

from __future__ import annotations

import re
from collections.abc import Generator, Mapping
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLineEdit, QWidget

from compute.document import Asked, Drawn, Exercise, Learner
from compute.document.exercise import SETTINGS, checked_draw
from compute.errors import GradwireError, as_sentence
from compute.exercises import Step, Variant, variant
from compute.exercises.variants import drawable
from compute.focus import Focus
from editor import theme
from editor.background import Background, Task, nothing
from editor.exercising import Exercising
from editor.panels.exercise.answers import AT_ONCE, numbered
from editor.panels.form import Form
from editor.panels.training import section
from editor.panels.widgets import (
    Combo,
    button,
    clear,
    column,
    label,
    of_action,
    paragraph,
    row,
    scrolling,
    set_kind,
    tool,
)
from editor.pieces import Turns
from editor.plain import set_tip
from editor.session import Session

_ELSEWHERE = "Panels out of sight and what is locked: View → For whoever opens it."
_NUMBER = re.compile(r"[-+]?\d+(?:[.,]\d+)?(?:e[-+]?\d+)?", re.IGNORECASE)


def range_text(drawn: Drawn) -> str:
    """As it is typed: ``−5 to 5 by 1``."""
    return f"{drawn.low:g} to {drawn.high:g} by {drawn.step:g}".replace("-", "−")


def read_range(text: str, drawn: Drawn) -> Drawn:
    """What was typed for a draw: two or three numbers. Errors: ValueError with a sentence."""
    found = [float(each.replace(",", ".")) for each in _NUMBER.findall(text.replace("−", "-"))]
    if len(found) not in (2, 3):
        raise ValueError("Type the smallest and the largest number and the step, as in −5 to 5 by 1.")
    low, high, *step = found
    try:
        return checked_draw(Drawn(drawn.node, drawn.name, low, high, step[0] if step else drawn.step), "This")
    except GradwireError as error:
        raise ValueError(as_sentence(str(error))) from None


class DrawRow(QWidget):
    """What is drawn, from which numbers. ``changed``: another draw, None to remove it."""

    changed = Signal(object, str, str)

    def __init__(self, drawn: Drawn, name: str) -> None:
        super().__init__()
        self.drawn = drawn
        self.line = QLineEdit()
        self.line.setFont(theme.mono_font(9.5))
        self.line.setAccessibleName(f"Numbers for {name}")
        self.gone = tool("close", f"Keep {name} for all students", token="text_dim")
        layout = row(self, spacing=8)
        self.title = label(name, "", 9.5, mono=True)
        layout.addWidget(self.title)
        layout.addWidget(self.line, 1)
        layout.addWidget(self.gone)
        self.show_draw(drawn)
        self.line.editingFinished.connect(self._take)
        self.gone.clicked.connect(lambda: self.changed.emit(None, drawn.node, drawn.name))

    def show_draw(self, drawn: Drawn) -> None:
        """The numbers as the document has them."""
        if drawn != self.drawn or not self.line.text():
            self.drawn = drawn
            self.line.setText(range_text(drawn))

    def _take(self) -> None:
        try:
            drawn = read_range(self.line.text(), self.drawn)
        except ValueError as error:
            set_kind(self.line, "true", "invalid")
            set_tip(self.line, str(error))
            return
        set_kind(self.line, "false", "invalid")
        set_tip(self.line, "")
        if drawn != self.drawn:
            self.changed.emit(drawn, drawn.node, drawn.name)


class SettingPage(QWidget):
    """``preview_asked``: a document with the numbers of a student is to be shown."""

    preview_asked = Signal(object)

    def __init__(self, session: Session, background: Background) -> None:
        super().__init__()
        self.session, self._background = session, background
        self.exercising: Exercising = session.exercising
        self.ask = of_action(button("Ask for the number in focus"), "exercise_ask", "Ask for the number in focus")
        self.problem = paragraph("", "error", 9.5)
        self._asked, self._drawn = QWidget(), QWidget()
        self._of_asked, self._of_drawn = column(self._asked, 0, 4), column(self._drawn, 0, 4)
        self.more = Combo(name="Draw more")
        self.form = Form()
        self.form.set_params([param for param in SETTINGS if param.name != "seed"])
        self.student = QLineEdit()
        self.student.setPlaceholderText("a student's id")
        self.student.setAccessibleName("Student to preview")
        self.preview = button("Preview", "", "Opens a window with the numbers of this student")
        self.note = paragraph("", "dim", 9.0)
        self.seed = Form()
        self.seed.set_params([param for param in SETTINGS if param.name == "seed"])
        self.gone = button("Remove the exercise", "", "The document asks for nothing then")
        inside = QWidget()
        layout = column(inside, 0, 14)
        layout.setContentsMargins(12, 10, 12, 12)
        try_it = QWidget()
        side = row(try_it, spacing=8)
        side.addWidget(self.student, 1)
        side.addWidget(self.preview)
        for part in (
            section("Asked for", self._asked, self.ask, self.problem),
            section("Drawn for each student", self._drawn, self.more, self.seed),
            section("Marking", self.form),
            section("As a student sees it", try_it, self.note, paragraph(_ELSEWHERE, "dim", 9.0)),
        ):
            layout.addWidget(part)
        layout.addWidget(self.gone)
        layout.addStretch(1)
        column(self).addWidget(scrolling(inside))
        self.ask.clicked.connect(self.exercising.toggle)
        self.more.activated.connect(self._draw_more)
        for form in (self.form, self.seed):
            form.changed.connect(self._set)
        self.preview.clicked.connect(self._preview)
        self.student.returnPressed.connect(self._preview)
        self.gone.clicked.connect(self.exercising.drop)
        self._made: tuple[Any, ...] = ()
        self._making = Turns(self)
        self.draws: list[DrawRow] = []

    def refresh(self) -> None:
        """As the document and what is worked out of it are now."""
        exercise = self.exercising.exercise
        if exercise is None or exercise.learner is not None:
            return
        worked = self.exercising.worked
        steps = {step.focus: step for step in worked.sheet.steps} if worked else {}
        lines = [
            (each, steps[each.focus].label if each.focus in steps else self.exercising.name(each.focus))
            for each in exercise.asked
        ]
        if worked is not None:
            places = list(steps)
            lines.sort(key=lambda pair: places.index(pair[0].focus) if pair[0].focus in steps else len(places))
        made = tuple((each.focus, name) for each, name in lines)
        if made != self._made:
            self._made = made
            self._making.start(self._show_asked(lines), nothing, made)
        self._show_drawn(exercise)
        values = {param.name: getattr(exercise, param.name) for param in SETTINGS}
        self.form.show_values(values)
        self.seed.show_values(values)
        self.problem.setText(self.exercising.problem)
        self.problem.setVisible(bool(self.exercising.problem))
        offered = [
            each for each in drawable(self.session.document, self.session.snapshot.analysis) if not _has(exercise, each)
        ]
        self.more.set_pairs([("", "Draw …"), *((f"{node}\n{name}", self._name(node, name)) for node, name in offered)])
        self.more.choose("")
        self.more.setVisible(bool(offered))

    def _label(self, asked: Asked, steps: Mapping[Focus, Step]) -> str:
        step = steps.get(asked.focus)
        return step.label if step is not None else self.exercising.name(asked.focus)

    def _name(self, node: str, name: str) -> str:
        graph = self.session.document.graph
        if not node:
            return f"column {name}"
        label_ = graph.nodes[node].label if node in graph.nodes else node
        return label_ if name == "value" else f"{label_}.{name}"

    def _show_asked(self, lines: list[tuple[Asked, str]]) -> Generator[None, None, None]:
        """A line for each, in turns where there are many."""
        clear(self._of_asked)
        for i, (each, name) in enumerate(lines, start=1):
            line = QWidget()
            layout = row(line, spacing=8)
            show = button(name, "", "Shows where this number is", "quiet")
            show.setFont(theme.mono_font(9.5))
            gone = tool("close", f"Ask no longer for {name}", token="text_dim")
            focus = each.focus
            show.clicked.connect(lambda _=False, focus=focus: self.session.focus_on(focus))
            gone.clicked.connect(lambda _=False, focus=focus: self.exercising.remove(focus))
            layout.addWidget(numbered(i))
            layout.addWidget(show)
            layout.addStretch(1)
            layout.addWidget(gone)
            self._of_asked.addWidget(line)
            if len(lines) > AT_ONCE:
                yield

    def _show_drawn(self, exercise: Exercise) -> None:
        names = [(each.node, each.name) for each in exercise.drawn]
        if names != [(each.drawn.node, each.drawn.name) for each in self.draws]:
            clear(self._of_drawn)
            self.draws = [DrawRow(each, self._name(each.node, each.name)) for each in exercise.drawn]
            for line in self.draws:
                line.changed.connect(self.exercising.draw)
                self._of_drawn.addWidget(line)
            for line in self.draws:
                line.title.setMinimumWidth(max(each.title.sizeHint().width() for each in self.draws))
        for line, drawn in zip(self.draws, exercise.drawn, strict=True):
            line.show_draw(drawn)

    def _draw_more(self) -> None:
        node, mark, name = self.more.key.partition("\n")
        if mark:
            self.exercising.draw(Drawn(node, name), node, name)

    def _set(self, name: str, value: Any) -> None:
        self.exercising.change(f"Change {name.replace('_', ' ')} of the exercise", **{name: value})

    def _preview(self) -> None:
        document, learner = self.session.current_document(), Learner(self.student.text().strip() or "preview")
        self.note.setText("Drawing numbers …")

        def work(_task: Task) -> Variant:
            return variant(document, learner)

        self._background.run(
            work, self._show_preview, lambda text: self.note.setText(as_sentence(text)), name="preview"
        )

    def _show_preview(self, found: Variant) -> None:
        decimals = found.sheet.exercise.decimals
        text = f"Tidy after {found.tries} {'draw' if found.tries == 1 else 'draws'}."
        if found.untidy:
            text = f"More than {decimals} decimals: {', '.join(found.untidy[:6])}."
        self.note.setText(text)
        found.document.path = None
        self.preview_asked.emit(found.document)


def _has(exercise: Exercise, pair: tuple[str, str]) -> bool:
    return any((each.node, each.name) == pair for each in exercise.drawn)
