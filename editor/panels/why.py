"""The tab Why: a question about one number, the rule, the numbers in it, the result, and what went into it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QScrollArea, QWidget

from compute.explain import Answer, Entry, Part, Quantity, Step, why
from compute.numbers_text import short
from editor.panels.formula import AHEAD, FormulaView
from editor.panels.subject import Subject, facts, fresh, numbers, view_of
from editor.panels.widgets import Segments, button, clear, column, frame, label, paragraph, row, set_kind, tool
from editor.session import Session

WORDS = {
    "value": "value",
    "gradient": "gradient",
    "wire": "gradient",
    "weight": "weight",
    "weight gradient": "gradient",
    "update": "new weight",
}


class Question(NamedTuple):
    """About a number of a quantity; the entry is None as long as the most telling one of the sample is meant."""

    quantity: Quantity
    entry: Entry | None = None


def _formulas(answers: Sequence[Answer]) -> list[tuple[str, str]]:
    """The rule and the numbers of each answer, with the theme tokens of their colours."""
    return [line for answer in answers for line in ((answer.rule, "text_dim"), (answer.numbers, "text"))]


class WhyTab(QScrollArea):
    """Parts of an answer can be asked about in turn; the arrow goes back."""

    asked = Signal(object)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.subject: Subject | None = None
        self.question: Question | None = None
        self._asked_before: list[Question] = []
        self._shown: tuple[Answer, ...] = ()
        self._left_at: int | None = None
        """The step of a walk at which something else was asked."""
        self._waiting: tuple[object, Callable[[], None]] | None = None
        """While it trains: what is asked about, and what shows the answer whose formulas are being drawn."""
        self.side = Segments((("value", "Value"), ("gradient", "Gradient")), "Ask about")
        self.side.choose("gradient")
        self.back = tool("previous", "Back to the last question", token="text_dim")
        self.title = label("", bold=True)
        self.title.setWordWrap(True)
        self.what = paragraph("", "dim", 9.5)
        self.formula = FormulaView()
        self.sentence = paragraph("", "", 9.5)
        self.card = frame("card")
        inside = column(self.card, 12, 10)
        inside.addWidget(self.formula)
        self.parts = QWidget()
        self._part_lines = column(self.parts, 0, 2)
        head = row(spacing=4)
        head.addWidget(self.back)
        head.addWidget(self.side)
        head.addStretch(1)
        whole = QWidget()
        layout = column(whole, 12, 10)
        layout.addLayout(head)
        for each in (self.title, self.card, self.sentence, self.what, self.parts):
            layout.addWidget(each)
        layout.addStretch(1)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setWidget(whole)
        self.side.chosen.connect(self._choose_side)
        self.back.clicked.connect(self.go_back)
        self.formula.idle.connect(self._drawn)

    # -- what is asked ---------------------------------------------------------------------------------------

    def show_subject(self, subject: Subject) -> None:
        """Ask about a node or a wire; the answer is that of now."""
        if subject != self.subject:
            self.subject = subject
            self._asked_before.clear()
            side = self.side.key
            if side == "gradient" and numbers(self.session.snapshot.trace, subject.gradient()) is None:
                side = "value"
            self.question = Question(self._of_side(subject, side))
        self.refresh()

    def _of_side(self, subject: Subject, side: str) -> Quantity:
        return subject.value(self.session) if side == "value" else subject.gradient()

    def _choose_side(self, side: str) -> None:
        if self.subject is not None:
            self.ask(Question(self._of_side(self.subject, side)))

    def ask(self, question: Question) -> None:
        """Another question; the last one can be gone back to."""
        if self.question is not None and question != self.question:
            self._asked_before.append(self.question)
        self.question = question
        self._left_at = self.session.walk.index if self.session.walk else None
        self.refresh()

    def go_back(self) -> None:
        """The question before."""
        if self._asked_before:
            self.question = self._asked_before.pop()
            self.refresh()

    def _entry(self, question: Question) -> Entry | None:
        """The entry meant: of the chosen sample, wherever the first axis counts samples."""
        array = numbers(self.session.snapshot.trace, question.quantity)
        if array is None:
            return None
        laid_out = view_of(self.session, question.quantity, array)
        if question.entry is None or not laid_out.has(question.entry):
            return facts(self.session).pick(question.quantity)
        return laid_out.with_sample(question.entry, self.session.sample)

    # -- what is answered ------------------------------------------------------------------------------------

    def refresh(self) -> None:
        """The answer with the numbers of now; in a walk, what its step calculates until something else is asked."""
        step = self._step()
        if step is not None:
            self._show_with_formulas(step.answers, lambda: self._show_step(step))
        elif self.question is not None and fresh(self.session):
            self._answer(self.question)

    def _step(self) -> Step | None:
        """The step of a walk that is answered, as nothing else was asked at it."""
        walk = self.session.walk
        at_work = walk is not None and self.subject is not None and walk.step.node == self.subject.node
        return walk.step if walk is not None and at_work and walk.index != self._left_at else None

    def _about(self) -> object:
        """What is answered, whatever its numbers."""
        step = self._step()
        return self.question if step is None else (step.number, step.told)

    def _show_with_formulas(self, answers: Sequence[Answer], show: Callable[[], None]) -> None:
        """At once; while it trains when the formulas are drawn, so that one never belongs to other numbers than its
        result."""
        if self.session.snapshot.state != "running":
            show()
        elif self._waiting is None:
            self._waiting = self._about(), show
            self.formula.draw_ahead([_formulas(answers)])

    def _answer(self, question: Question) -> None:
        session = self.session
        answer = why(
            session.document.graph,
            session.snapshot.analysis,
            session.document.training.loss,
            session.snapshot.trace,
            question.quantity,
            self._entry(question),
        )
        self._show_with_formulas((answer,), lambda: self._show_answer(question, answer))

    def _drawn(self) -> None:
        waiting, self._waiting = self._waiting, None
        if waiting is None:
            return
        about, show = waiting
        if about != self._about():
            self.refresh()
        elif self.session.snapshot.state == "running":
            show()

    def _show_answer(self, question: Question, answer: Answer) -> None:
        hue = "forward" if question.quantity.kind in ("value", "weight") else "backward"
        self.side.setVisible(True)
        self.side.choose("value" if hue == "forward" else "gradient")
        self.back.setVisible(bool(self._asked_before))
        if answer.rule or answer.numbers:
            self._put(f"Why is this {WORDS[question.quantity.kind]} {answer.result}?", hue, (answer,), answer.title)
        else:
            self._put(answer.title, "dim", (answer,), "")

    def _show_step(self, step: Step) -> None:
        hue = "forward" if step.phase in ("forward", "loss") else "backward"
        self.side.setVisible(False)
        self.back.setVisible(False)
        self._put(step.title, hue, step.answers, "")
        walk = self.session.walk
        if walk is not None and self.session.snapshot.state != "running":
            ahead = walk.steps[walk.index + 1 : walk.index + 1 + AHEAD]
            self.formula.draw_ahead(_formulas(each.answers) for each in ahead)

    def warm_up(self) -> None:
        """Load what draws formulas, so that the first question is answered at once."""
        self.formula.draw_ahead([[("y = x", "text")]])

    def _put(self, title: str, hue: str, answers: tuple[Answer, ...], what: str) -> None:
        self.title.setText(title)
        set_kind(self.title, hue)
        if answers == self._shown:
            return
        self._shown = answers
        self.formula.set_lines(_formulas(answers))
        self.card.setVisible(bool(self.formula.lines))
        self.sentence.setText("\n".join(dict.fromkeys(answer.sentence for answer in answers)))
        self.what.setText(what)
        self.what.setVisible(bool(what))
        self._put_parts([part for answer in answers for part in answer.parts])

    def _put_parts(self, parts: list[Part]) -> None:
        clear(self._part_lines)
        self.parts.setVisible(bool(parts))
        if not parts:
            return
        self._part_lines.addWidget(label("What went into it", "dim", 9.0, bold=True))
        for part in parts:
            self._part_lines.addWidget(self._part_line(part))

    def _part_line(self, part: Part) -> QWidget:
        value = "" if part.value is None else short(part.value)
        line = button("", kind="flat", tip=f"Ask why {part.name} is {value}" if part.of else part.name)
        name, number = label(part.name, points=9.5), label(value, mono=True, points=9.5)
        inside = row(line)
        inside.setContentsMargins(8, 3, 8, 3)
        inside.addWidget(name, 1)
        inside.addWidget(number)
        for each in (name, number):
            each.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        line.setMinimumHeight(inside.sizeHint().height())
        line.setAccessibleName(f"{part.name} {value}")
        line.setEnabled(part.of is not None)
        if part.of is not None:
            line.clicked.connect(self._follower(part))
        return line

    def _follower(self, part: Part) -> Callable[[], None]:
        return lambda: self._follow(part)

    def _follow(self, part: Part) -> None:
        assert part.of is not None
        whole = None not in part.entry
        self.asked.emit(Question(part.of, tuple(i for i in part.entry if i is not None) if whole else None))
