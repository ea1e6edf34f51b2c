"""The box in the inspector that says what is wrong with the chosen node, and offers what mends it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QWidget

from compute.problems import Kind, Problem, sentence_of
from editor.panels.widgets import button, column, frame, paragraph, set_kind
from editor.plain import caption, set_tip
from editor.remedies import offer
from editor.session import Session


class ProblemBox(QWidget):
    """A problem's sentence with a button for its remedy; hidden while there is none.

    What an edit mends is mended here. ``remedy_asked``: the person wants what else was offered, a ``Remedy``.
    """

    remedy_asked = Signal(object)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self._problem: Problem | None = None
        self.text = paragraph("", "", 9.5)
        self.offer = button("")
        self.offer.setAccessibleName("Remedy")
        set_tip(self.offer, "What would mend it")
        self.offer.clicked.connect(self._mend)
        self._box = frame("problem")
        inside = column(self._box, 10, 8)
        inside.addWidget(self.text)
        inside.addWidget(self.offer, 0, Qt.AlignmentFlag.AlignLeft)
        layout = column(self, 0, 0)
        layout.setContentsMargins(12, 0, 12, 8)
        layout.addWidget(self._box)
        self.hide()

    @property
    def sentence(self) -> str:
        """What it says."""
        return self.text.text()

    def show_problem(self, problem: Problem | None) -> None:
        """Another problem, or none."""
        self._problem = problem
        self.text.setText(sentence_of(problem))
        remedy = problem.remedy if problem is not None else None
        self.offer.setVisible(remedy is not None)
        if remedy is not None:
            text, tip = offer(remedy)
            self.offer.setText(caption(text))
            self.offer.setAccessibleName(text)
            set_tip(self.offer, tip)
        # What a person has switched off is no mistake.
        set_kind(self._box, "card" if problem is not None and problem.kind is Kind.OFF else "problem")
        self.setVisible(problem is not None)

    def _mend(self) -> None:
        remedy = self._problem.remedy if self._problem is not None else None
        edit = self.session.edits.mend(remedy)
        if edit is not None:
            self.session.apply(edit)
        elif remedy is not None:
            self.remedy_asked.emit(remedy)
