"""A learner's side of the exercise: the numbers that are asked for, one below the other, and handing in."""

from __future__ import annotations

from collections.abc import Generator, Mapping

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from compute.document import Exercise
from compute.focus import Focus
from editor.background import nothing
from editor.exercising import Exercising
from editor.panels.exercise.answers import AT_ONCE, AnswerRow, name_width
from editor.panels.widgets import bring_into_view, button, column, label, paragraph, row, scrolling
from editor.pieces import Turns
from editor.scale import px
from editor.session import Session

BESIDE = 96
"""How wide names of numbers are at most where fields stand beside them, in pixels at the system's text size."""


class WorkingPage(QWidget):
    """Rows that follow the document; each keeps its field while the same number is asked for."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.exercising: Exercising = session.exercising
        self.heading = label("", "", 11.0, bold=True)
        self.heading.setWordWrap(True)
        self.task = paragraph("", "dim", 9.5)
        self.problem = paragraph("", "error", 9.5)
        self.result = paragraph("", "", 10.0)
        self.hand_in = button("Hand in", "", "The answers are final then; they are saved with the document", "primary")
        self.back = button("Take back", "", "Go on with the answers")
        self.anew = button("New numbers", "reset", "The same exercise with other numbers")
        self.rows: list[AnswerRow] = []
        self._names: Mapping[Focus, str] = {}
        """The numbers that have rows, or will have: what each is called, in order."""
        self._making = Turns(self)
        inside = QWidget()
        layout = column(inside, 0, 8)
        layout.setContentsMargins(12, 10, 12, 8)
        self._rows = column(spacing=8)
        for each in (self.heading, self.task, self.problem):
            layout.addWidget(each)
        layout.addLayout(self._rows)
        layout.addStretch(1)
        below = row(margin=0, spacing=8)
        below.setContentsMargins(12, 6, 12, 10)
        for act in (self.hand_in, self.back, self.anew):
            below.addWidget(act)
        below.addStretch(1)
        whole = column(self, 0, 0)
        whole.addWidget(scrolling(inside), 1)
        # In sight wherever one is in the list: how many are answered, and what became of it.
        said = row(margin=0)
        said.setContentsMargins(12, 6, 12, 0)
        said.addWidget(self.result)
        whole.addLayout(said)
        whole.addLayout(below)
        self.hand_in.setAutoDefault(True)  # Enter leads here from the last field, and on
        self.hand_in.clicked.connect(self._hand_in)
        self.back.clicked.connect(self.exercising.take_back)
        session.focus_changed.connect(self._mark_current)

    def refresh(self) -> None:
        """As the document and what is worked out of it are now."""
        exercise = self.exercising.exercise
        if exercise is None or exercise.learner is None:
            return
        worked = self.exercising.worked
        order = [step.focus for step in worked.sheet.steps] if worked else [each.focus for each in exercise.asked]
        order = [focus for focus in order if exercise.find(focus)]
        self._make_rows(order)
        for each in self.rows:
            self._show_row(each)
        self._show_texts(exercise)
        self._mark_current()

    def _show_row(self, line: AnswerRow) -> None:
        """An answer as the document has it, and what is known of it."""
        exercise, worked = self.exercising.exercise, self.exercising.worked
        asked = exercise.find(line.focus_) if exercise is not None else None
        if exercise is None or asked is None:
            return
        marks = worked.marks if worked is not None else None
        told = marks.of(line.focus_) if marks is not None and self.exercising.is_told(line.focus_) else None
        hints = worked.hints.get(line.focus_, []) if worked is not None else []
        first = worked.first.get(line.focus_, []) if worked is not None else []
        line.show_state(exercise, asked, told, hints, first)

    def _show_texts(self, exercise: Exercise) -> None:
        assert exercise.learner is not None
        name = exercise.learner.name
        self.heading.setText(f"Exercise for {name}" if name else "Exercise")
        share = f"{100 * exercise.tolerance:g}\u00a0%"
        self.task.setText(
            f"Work out each number marked ?, to within {share}. What follows from an earlier slip counts as right."
        )
        self.problem.setText(self.exercising.problem)
        self.problem.setVisible(bool(self.exercising.problem))
        missing = sum(not each.answer.strip() for each in exercise.asked)
        self.hand_in.setVisible(not exercise.handed_in)
        self.back.setVisible(exercise.handed_in and exercise.tells == "never")
        self.anew.setVisible(bool(exercise.drawn))
        self.anew.setEnabled(exercise.handed_in or missing == len(exercise.asked))
        self.result.setText(self._result(exercise, missing))
        self.result.setVisible(bool(self.result.text()))

    def _result(self, exercise: Exercise, missing: int) -> str:
        count = len(exercise.asked)
        if not exercise.handed_in:
            return f"{count - missing} of {count} answered." if missing < count else ""
        worked = self.exercising.worked
        if exercise.tells == "never" or worked is None:
            return "Handed in. Save the document, and give it to your teacher."
        marks, first = worked.marks, worked.marks.first_wrong
        text = f"{marks.total:.3g} of {marks.most}."
        if first is not None:
            text += f" The first wrong step is {first.step.label}."
        elif marks.total == marks.most:
            text += " All of it is right."
        return text

    def _make_rows(self, order: list[Focus]) -> None:
        names = {focus: self._name(focus) for focus in order}
        if list(names.items()) != list(self._names.items()):
            self._names = names
            self._making.start(self._rows_of(names), nothing, names)

    def _rows_of(self, names: Mapping[Focus, str]) -> Generator[None, None, None]:
        """A row for each name, in turns where there are many; those that there are stay."""
        had = {each.focus_: each for each in self.rows}
        for gone in [each for focus, each in had.items() if focus not in names]:
            self._rows.removeWidget(gone)
            gone.hide()
            gone.deleteLater()
        self.rows = [each for each in self.rows if each.focus_ in names]
        width = name_width(names.values())
        for i, (focus, name) in enumerate(names.items(), start=1):
            each = had.get(focus)
            if each is None:
                each = self._new_row(i, focus, name)
                self.rows.append(each)
                self._show_row(each)
            if self._rows.indexOf(each) != i - 1:
                self._rows.insertWidget(i - 1, each)
            each.rename(i, name)
            each.arrange(width, under=width > px(BESIDE))
            if len(names) > AT_ONCE:
                yield
        places = list(names)
        self.rows.sort(key=lambda each: places.index(each.focus_))

    def _new_row(self, number: int, focus: Focus, name: str) -> AnswerRow:
        made = AnswerRow(number, focus, name)
        made.answered.connect(self.exercising.answer)
        made.hint_asked.connect(self.exercising.take_hint)
        made.entered.connect(self._enter)
        made.done.connect(self._next)
        return made

    def _name(self, focus: Focus) -> str:
        worked = self.exercising.worked
        step = next((step for step in worked.sheet.steps if step.focus == focus), None) if worked else None
        return step.label if step is not None else self.exercising.name(focus)

    def _enter(self, focus: Focus) -> None:
        self.session.focus_on(focus, explain=False)

    def _next(self, focus: Focus) -> None:
        """From one field to the next, from the last one to handing in."""
        self._making.finish()
        places = [each.focus_ for each in self.rows]
        at = places.index(focus) + 1 if focus in places else 0
        if at < len(self.rows):
            self.take(self.rows[at].focus_)
        else:
            self.hand_in.setFocus(Qt.FocusReason.OtherFocusReason)

    def _hand_in(self) -> None:
        self._making.finish()
        for each in self.rows:
            self.exercising.answer(each.focus_, each.line.text())  # the one that is being typed too
        self.exercising.hand_in()

    def take(self, focus: Focus) -> bool:
        """Bring the field of a number into sight and give it the keys; whether there is one."""
        if focus not in self._names:
            names = self.exercising.names_of(focus)
            focus = next((each for each in self._names if names & self.exercising.names_of(each)), focus)
        if focus not in self._names:
            return False
        # Of many rows those below it are not waited for.
        self._making.finish(lambda: any(each.focus_ == focus for each in self.rows))
        found = next((each for each in self.rows if each.focus_ == focus), None)
        if found is not None:
            found.line.setFocus(Qt.FocusReason.OtherFocusReason)
            found.line.selectAll()
            bring_into_view(found)
        return found is not None

    def _mark_current(self, _focus: object = None) -> None:
        for each in self.rows:
            each.set_current(each.focus_ == self.session.focus)
