"""One number that a learner is asked for: a field for the answer, what became of it, and hints in stages."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFocusEvent, QFontMetrics
from PySide6.QtWidgets import QLineEdit, QSizePolicy, QWidget

from compute.asking import read_number
from compute.document import Asked, Exercise
from compute.exercises import STAGES, Hint, MarkedStep
from compute.focus import Focus
from editor import theme
from editor.panels.formula import FormulaView
from editor.panels.widgets import Elided, button, clear, column, label, paragraph, row, set_kind
from editor.plain import Label, caption, set_tip
from editor.scale import px

VERDICTS = {"right": ("✓ right", "good"), "carried": ("✓ right, for your numbers", "good"), "wrong": ("✗", "error")}
"""What is said of an answer, and in which kind of label."""
AT_ONCE = 8
"""So many rows are made before anything else happens; where there are more, all are made in turns."""
MISSING = ("not answered", "dim")


def numbered(number: int) -> Label:
    """The place of a number in the order of the calculation."""
    count = label(str(number), "dim", 9.0)
    count.setFixedWidth(px(20))
    count.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
    return count


class AnswerLine(QLineEdit):
    """The field of one answer. ``entered``: it has the keys now."""

    entered = Signal()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.entered.emit()


class AnswerRow(QWidget):
    """``answered``: another answer; ``hint_asked``: one stage more; ``entered``: the learner is at this number;
    ``done``: Enter was pressed."""

    answered = Signal(object, str)
    hint_asked = Signal(object)
    entered = Signal(object)
    done = Signal(object)

    def __init__(self, number: int, focus: Focus, name: str) -> None:
        super().__init__()
        self.focus_ = focus
        self.name = ""
        self.line = AnswerLine()
        self.line.setFont(theme.mono_font(10))
        self.line.setPlaceholderText("?")
        self.line.setMinimumWidth(70)
        self.title = Elided(mono=True)
        self.title.setBuddy(self.line)
        self.number = numbered(number)
        self.verdict = label("", "dim", 9.0)
        self.hint = button("Hint", "", "")
        self.hint.setProperty("kind", "quiet")
        self.mistake = paragraph("", "dim", 9.0)
        self._hints = QWidget()
        self._inside = column(self._hints, 0, 4)
        self._inside.setContentsMargins(28, 2, 0, 4)
        self._shown: tuple[Hint, ...] = ()
        self.top, self.below = row(spacing=8), row(spacing=8)
        self.top.addWidget(self.number)
        self.top.addWidget(self.title)
        self.top.addWidget(self.line, 1)
        self.top.addWidget(self.hint)
        self.below.setContentsMargins(28, 0, 0, 0)
        layout = column(self, 0, 2)
        layout.addLayout(self.top)
        layout.addLayout(self.below)
        for each in (self.verdict, self.mistake):
            each.setContentsMargins(28, 0, 0, 0)
            layout.addWidget(each)
        layout.addWidget(self._hints)
        self.line.editingFinished.connect(lambda: self.answered.emit(self.focus_, self.line.text()))
        self.line.returnPressed.connect(lambda: self.done.emit(self.focus_))
        self.line.entered.connect(lambda: self.entered.emit(self.focus_))
        self.hint.clicked.connect(lambda: self.hint_asked.emit(self.focus_))
        self.rename(number, name)

    def rename(self, number: int, name: str) -> None:
        """Its place in the order of the calculation, and what its number is called."""
        self.number.setText(str(number))
        if name != self.name:
            self.name = name
            self.title.set_text(name)
            self.line.setAccessibleName(f"Answer for {name}")

    def arrange(self, width: int, *, under: bool) -> None:
        """The field beside the name, which gets a width, or under it."""
        if under:
            self.below.addWidget(self.line, 1)
            self.title.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
            self.title.setMinimumWidth(0)
        else:
            if self.below.indexOf(self.line) >= 0:
                self.top.insertWidget(2, self.line, 1)
            # A layout gives nothing to what is ignored, whatever its least width is.
            self.title.setSizePolicy(QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Preferred)
            self.title.setMinimumWidth(width)

    def show_state(
        self,
        exercise: Exercise,
        asked: Asked,
        marks: MarkedStep | None,
        hints: Sequence[Hint],
        first: Sequence[str],
    ) -> None:
        """The answer as the document has it, and what is known of it. marks: None while nothing is told."""
        if not self.line.hasFocus() or not self.line.isModified():
            if self.line.text() != asked.answer:
                self.line.setText(asked.answer)
            self.line.setModified(False)
        self.line.setReadOnly(exercise.handed_in)
        text, kind = "", "dim"
        if marks is not None:
            text, kind = VERDICTS.get(marks.verdict, MISSING)
            if marks.verdict == "wrong" and exercise.handed_in:
                text = f"✗ it is {marks.expected:.6g}".replace("-", "−")
                if abs(marks.expected - marks.step.value) > 1e-9 * max(1.0, abs(marks.step.value)):
                    text += ", for your numbers"
        self.verdict.setText(text)
        set_kind(self.verdict, kind)
        self.verdict.setVisible(bool(text))
        # What is no number is said before anything is told: it says nothing of the right one.
        unread = unread_because(asked.answer) if marks is None else ""
        self.mistake.setText(marks.mistake if marks is not None else unread)
        set_kind(self.mistake, "warning" if unread else "dim")
        self.mistake.setVisible(bool(self.mistake.text()))
        done = marks is not None and marks.verdict in ("right", "carried")
        self._show_hint_button(exercise, asked, first, done=done)
        self._show_hints(tuple(hints))

    def _show_hint_button(self, exercise: Exercise, asked: Asked, first: Sequence[str], *, done: bool) -> None:
        more = exercise.hints and not exercise.handed_in and not done and asked.hints < len(STAGES)
        self.hint.setVisible(more)
        if not more:
            return
        stage = STAGES[asked.hints]
        self.hint.setText(caption("Hint" if not asked.hints else "More"))
        self.hint.setEnabled(not first)
        cost = f"; takes {100 * exercise.hint_cost:g} % of the mark" if exercise.hint_cost else ""
        tip = f"Answer {' and '.join(first[:3])} first: these numbers go in" if first else f"Shows {stage}{cost}"
        set_tip(self.hint, tip)
        self.hint.setAccessibleName(f"Hint for {self.name}: {stage}")

    def _show_hints(self, hints: tuple[Hint, ...]) -> None:
        if hints == self._shown:
            return
        self._shown = hints
        clear(self._inside)
        for hint in hints:
            if hint.text:
                self._inside.addWidget(paragraph(hint.text, "", 9.0))
            if hint.tex:
                view = FormulaView(10.5)
                view.set_lines([(hint.tex, "text")])
                self._inside.addWidget(view)
        self._hints.setVisible(bool(hints))

    def set_current(self, current: bool) -> None:
        """Whether its number is in focus."""
        self.title.setFont(theme.mono_font(10, bold=current))


def unread_because(answer: str) -> str:
    """Why an answer is no number, as a sentence; empty where it is one, or where there is none."""
    try:
        read_number(answer.strip() or "0")
    except ValueError as error:
        return str(error)
    return ""


def name_width(names: Iterable[str]) -> int:
    """What the longest of some names takes, in pixels."""
    metrics = QFontMetrics(theme.mono_font(10))
    return max(map(metrics.horizontalAdvance, names), default=0)
