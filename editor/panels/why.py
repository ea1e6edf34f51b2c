"""The tab Why: a question about one number, the rule, the numbers in it, the result, and what went into it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QScrollArea, QWidget

from compute.asking import Asked, shown
from compute.errors import GradwireError
from compute.explain import Answer, Entry, Part, Quantity, Step, tell
from compute.explain.reach import goes_into
from compute.focus import Focus, Side
from compute.numbers_text import shown as shown_number
from compute.walk_state import update_of
from compute.weight_history import WeightHistory
from editor.panels.factor_maps import FactorMaps
from editor.panels.formula import AHEAD, FormulaView
from editor.panels.subject import fresh, not_shown
from editor.panels.terms_view import TermsView
from editor.panels.weight_history import HistoryView
from editor.panels.widgets import (
    Elided,
    Segments,
    button,
    clear,
    column,
    frame,
    label,
    of_action,
    paragraph,
    row,
    set_kind,
    tool,
)
from editor.session import Session

WORDS = {
    "value": "value",
    "gradient": "gradient",
    "wire": "gradient",
    "weight": "weight",
    "weight gradient": "gradient",
    "update": "new weight",
}


def _formulas(answers: Sequence[Answer]) -> list[tuple[str, str]]:
    """The rule and the numbers of each answer, with the theme tokens of their colours."""
    return [line for answer in answers for line in ((answer.rule, "text_dim"), (answer.numbers, "text"))]


class WhyTab(QScrollArea):
    """Parts of an answer can be asked about in turn; the arrows go back and forward."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self._focus: Focus | None = None
        self._shown: tuple[Answer, ...] = ()
        self._waiting: tuple[object, Callable[[], None]] | None = None
        """While it trains: what is asked about, and what shows the answer whose formulas are being drawn."""
        self.side = Segments((("value", "Value"), ("gradient", "Gradient"), ("update", "Update")), "Ask about")
        self.side.choose("gradient")
        self.back = tool("back", "Back to what was asked before")
        of_action(self.back, "focus_back", "Back to what was asked before")
        self.forth = of_action(tool("forward", "Forward again"), "focus_forward", "Forward again")
        self.title = label("", bold=True)
        self.title.setWordWrap(True)
        self.what = paragraph("", "dim", 9.5)
        self.formula = FormulaView()
        self.sentence = paragraph("", "", 9.5)
        self.card = frame("card")
        inside = column(self.card, 12, 10)
        inside.addWidget(self.formula)
        self.maps = FactorMaps()
        self.terms = TermsView()
        self.history = HistoryView()
        self._past = WeightHistory()
        self.parts = QWidget()
        self._part_lines = column(self.parts, 0, 2)
        self.goes = QWidget()
        self._goes_lines = column(self.goes, 0, 2)
        head = row(spacing=4)
        head.addWidget(self.side)
        head.addStretch(1)
        head.addWidget(self.back)
        head.addWidget(self.forth)
        whole = QWidget()
        layout = column(whole, 12, 10)
        layout.addLayout(head)
        for each in (
            self.title,
            self.card,
            self.sentence,
            self.what,
            self.maps,
            self.parts,
            self.terms,
            self.goes,
            self.history,
        ):
            layout.addWidget(each)
        layout.addStretch(1)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setWidget(whole)
        self.side.chosen.connect(self._choose_side)
        self.back.clicked.connect(session.back)
        self.forth.clicked.connect(session.forward)
        self.formula.idle.connect(self._drawn)
        # After the step itself is on the screen: in a large graph that takes long enough.
        self._ahead_wanted = QTimer(self)
        self._ahead_wanted.setSingleShot(True)
        self._ahead_wanted.timeout.connect(self._draw_ahead)
        for each in (self.terms, self.maps):
            each.asked.connect(lambda quantity, entry: session.focus_on(Focus.on(quantity, entry)))
        self.terms.sample.connect(session.set_sample)
        for table in (self.terms.table, self.history.table):
            table.said.connect(session.message)
        self._past.add(session.snapshot)
        session.snapshot_changed.connect(self._past.add)
        session.document_replaced.connect(self._past.clear)

    # -- what is asked ---------------------------------------------------------------------------------------

    def show_focus(self, focus: Focus) -> None:
        """Answer for the number in focus, with the numbers of now; in a walk for all that its step calculates."""
        self._focus = focus
        step, walk = self._step(), self.session.walk
        if step is not None and walk is not None and walk.asked is not None and walk.hides_reason:
            self._show_asked(walk.asked)
        elif step is not None:
            self._show_with_formulas(step.answers, lambda: self._show_step(step))
        elif fresh(self.session):
            self._answer(focus)

    def _choose_side(self, side: str) -> None:
        if self._focus is not None:
            sides: tuple[Side, ...] = ("value", "gradient", "update")
            self.session.focus_on(replace(self._focus, quantity=next(each for each in sides if each == side)))

    def _follow(self, part: Part) -> None:
        focus = Focus.of_part(part, self.session.facts)
        if focus is not None:
            self.session.focus_on(focus)

    # -- what is answered ------------------------------------------------------------------------------------

    def _step(self) -> Step | None:
        """The step of a walk, unless something else was asked at it."""
        walk, focus = self.session.walk, self._focus
        if walk is None or focus is None:
            return None
        wanted = focus.asks(self.session.document.graph) in walk.wanted
        return walk.step if walk.focus == focus or wanted else None

    def _about(self) -> object:
        """What is answered, whatever its numbers."""
        step = self._step()
        return self._focus if step is None else (step.number, step.told)

    def _show_with_formulas(self, answers: Sequence[Answer], show: Callable[[], None]) -> None:
        """At once; while it trains when the formulas are drawn, so that one never belongs to other numbers than its
        result."""
        if self.session.snapshot.state != "running":
            show()
        elif self._waiting is None:
            self._waiting = self._about(), show
            self.formula.draw_ahead([_formulas(answers)])

    def _answer(self, focus: Focus) -> None:
        facts = self.session.facts
        asked = focus.asks(facts.graph)
        entry = focus.entry_in(facts)
        answer = (asked.kind == "update" and self._update(asked, entry)) or tell(facts, asked, entry)
        held = self.session.what_if.told(focus)
        if held:
            answer = Answer("It is held at another number for now", "", "", answer.result, held, answer.value)
        elif self.session.hides(asked):
            title = answer.title.replace("not computed", "not shown yet")
            answer = replace(answer, title=title, sentence=not_shown(self.session, asked))
        self._show_with_formulas((answer,), lambda: self._show_answer(asked, entry, answer))

    def _update(self, asked: Quantity, entry: Entry | None) -> Answer | None:
        """How the optimizer would change a weight now; None where it would not."""
        session, snapshot = self.session, self.session.snapshot
        try:
            answer = entry is not None and update_of(session.document, snapshot, session.facts, asked, entry)
        except GradwireError as error:
            return Answer("Update", "", "", "", str(error))
        if not answer or snapshot.batch.is_next:
            return answer or None
        other = f" This is what {snapshot.batch.name} would do; training takes {snapshot.batch.following_name} next."
        return replace(answer, sentence=answer.sentence + other)

    def _show_history(self, focus: Focus | None) -> None:
        """Of a weight in focus how it went, unless any of that is not to be seen."""
        samples = None
        if focus is not None and focus.subject.kind == "weight":
            sides = [focus.subject.asks(self.session.document.graph, side) for side in ("value", "gradient")]
            entry = focus.entry_in(self.session.facts)
            if entry is not None and not any(map(self.session.hides, sides)):
                self._past.watch(sides[0].weight, entry)
                samples = self._past.samples
        self.history.show_samples(samples)

    def _drawn(self) -> None:
        waiting, self._waiting = self._waiting, None
        if waiting is None:
            return
        about, show = waiting
        if about != self._about():
            if self._focus is not None:
                self.show_focus(self._focus)
        elif self.session.snapshot.state == "running":
            show()

    def _show_answer(self, asked: Quantity, entry: Entry | None, answer: Answer) -> None:
        hue = "forward" if asked.kind in ("value", "weight", "update") else "backward"
        self.side.setVisible(True)
        weight = asked.kind in ("weight", "weight gradient", "update")
        self.side.offer(("value", "gradient", "update") if weight else ("value", "gradient"))
        self.side.choose("update" if asked.kind == "update" else "value" if hue == "forward" else "gradient")
        self._show_way()
        self._show_history(self._focus)
        if answer.rule or answer.numbers:
            # What was asked while it trains may be of a document that another has replaced.
            about = None if entry is None or not self.session.facts.has(asked) else (asked, entry)
            self._put(f"Why is this {WORDS[asked.kind]} {answer.result}?", hue, (answer,), answer.title, about)
        else:
            self._put(answer.title, "dim", (answer,), "", None)
        if asked.kind == "value" and entry is not None:
            goes = goes_into(self.session.facts, asked.node, entry)
            self._put_goes([part for part in goes if part.of and not self.session.hides(part.of)])
        else:
            self._put_goes(())

    def _show_asked(self, asked: Asked) -> None:
        """What a level leaves of the explanation while a walk asks for the number, or for the reason."""
        question, left = asked.question, shown(asked.question, asked.manner.level)
        hue = "forward" if asked.question.quantity.kind in ("value", "update") else "backward"
        self.side.setVisible(False)
        self._show_way()
        self._shown = ()
        self._put_goes(())
        self._show_history(None)
        self.title.setText(question.text)
        set_kind(self.title, hue)
        self.formula.set_lines([(left.rule, "text_dim"), (left.numbers, "text")])
        self.card.setVisible(bool(self.formula.lines))
        self.sentence.setText("The answer is given below the graph; the explanation comes after it.")
        self.what.setVisible(False)
        parts = () if left.parts == "none" else question.answer.parts
        known = {"all": len(parts), "but last": len(parts) - 1}.get(left.parts, 0)
        self._put_parts(list(parts), known)
        self.terms.show_terms(None)
        self.maps.show_answer(self.session.facts, None, None)

    def _show_way(self) -> None:
        trail = self.session.trail
        for each, place in ((self.back, trail.behind), (self.forth, trail.ahead)):
            each.setEnabled(place is not None)

    def _show_step(self, step: Step) -> None:
        hue = "forward" if step.phase in ("forward", "loss") else "backward"
        self.side.setVisible(False)
        self._show_way()
        self._put_goes(())
        self._show_history(self._focus)
        self._put(step.title, hue, step.answers, "", (step.told[0], step.entries[0]))
        self._ahead_wanted.start()

    def _draw_ahead(self) -> None:
        """The formulas of the steps that come next, to be there at once."""
        walk = self.session.walk
        if walk is not None and self.session.snapshot.state != "running":
            ahead = walk.steps[walk.index + 1 : walk.index + 1 + AHEAD]
            self.formula.draw_ahead(_formulas(each.answers) for each in ahead)

    def forget(self) -> None:
        """Whatever is shown is written anew when it is shown next."""
        self._shown = ()

    def warm_up(self) -> None:
        """Load what draws formulas, so that the first question is answered at once."""
        self.formula.draw_ahead([[("y = x", "text")]])

    def _put(
        self, title: str, hue: str, answers: tuple[Answer, ...], what: str, about: tuple[Quantity, Entry] | None
    ) -> None:
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
        # Of a step that calculates several numbers, each can be asked about by itself.
        only = answers[0] if len(answers) == 1 else None
        self.terms.show_terms(only.terms[0] if only is not None and only.terms else None)
        walk = self.session.walk
        self.maps.show_answer(self.session.facts, about, only, walk.reached if walk is not None else None)

    def _put_goes(self, parts: Sequence[Part]) -> None:
        """What depends on the number, of the next nodes."""
        clear(self._goes_lines)
        self.goes.setVisible(bool(parts))
        if parts:
            self._goes_lines.addWidget(label("Where it goes", "dim", 9.0, bold=True))
        for part in parts:
            self._goes_lines.addWidget(self._part_line(part))

    def _put_parts(self, parts: list[Part], known: int | None = None) -> None:
        """``known``: of so many the numbers are shown; None: of all."""
        clear(self._part_lines)
        self.parts.setVisible(bool(parts))
        if not parts:
            return
        self._part_lines.addWidget(label("What went into it", "dim", 9.0, bold=True))
        for i, part in enumerate(parts):
            self._part_lines.addWidget(self._part_line(part, hidden=known is not None and i >= known))

    def _part_line(self, part: Part, *, hidden: bool = False) -> QWidget:
        value = "" if part.value is None else "?" if hidden else shown_number(part.value)
        # What is no number of the graph cannot be asked about, and is as good to read.
        asked = button("", kind="flat", tip=f"Ask why {part.name} is {value}") if part.of is not None else None
        line = asked or QWidget()
        kind = "" if asked else "dim"
        name, number = Elided(kind, 9.5), label(value, kind, 9.5, mono=True)
        name.set_text(part.name)
        inside = row(line)
        inside.setContentsMargins(8, 3, 8, 3)
        inside.addWidget(name, 1)
        inside.addWidget(number)
        for each in (name, number):
            each.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        line.setMinimumHeight(inside.sizeHint().height())
        line.setAccessibleName(f"{part.name} {value}")
        if asked:
            asked.clicked.connect(partial(self._follow, part))
        return line
