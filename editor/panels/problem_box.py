"""The box in the inspector that says what is wrong with the chosen node, and offers what mends it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from compute.edits import Edit
from compute.problems import Kind, Problem, sentence_of
from editor.panels.widgets import button, column, frame, paragraph, set_kind
from editor.plain import caption
from editor.session import Session


class ProblemBox(QWidget):
    """A problem's sentence; hidden while there is none.

    A wire that must not be where it is can be cut here, and a node that is off switched on. Other problems are mended
    in the settings or on the canvas.
    """

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self._problem: Problem | None = None
        self.text = paragraph("", "", 9.5)
        self.cut = button("", tip="Remove the wire that causes the problem; it can be undone")
        self.cut.clicked.connect(self._mend)
        self.switch_on = button("Switch it on", tip="Neither muted nor bypassed any more; it can be undone")
        self.switch_on.clicked.connect(self._mend)
        self._box = frame("problem")
        inside = column(self._box, 10, 8)
        inside.addWidget(self.text)
        for each in (self.cut, self.switch_on):
            inside.addWidget(each, 0, Qt.AlignmentFlag.AlignLeft)
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
        edit = self._edit()
        act = problem.remedy.act if edit is not None and problem is not None and problem.remedy else ""
        self.cut.setVisible(act == "cut wire")
        if act == "cut wire" and problem is not None and problem.remedy:
            self.cut.setText(caption(f"Cut the wire at port {problem.remedy.place.port}"))
            self.cut.setAccessibleName(f"Cut the wire at port {problem.remedy.place.port}")
        self.switch_on.setVisible(act == "switch on")
        # What a person has switched off is no mistake.
        set_kind(self._box, "card" if problem is not None and problem.kind is Kind.OFF else "problem")
        self.setVisible(problem is not None)

    def _edit(self) -> Edit | None:
        """What mends the problem, where that can be done here."""
        return self.session.edits.mend(self._problem.remedy if self._problem else None)

    def _mend(self) -> None:
        edit = self._edit()
        if edit is not None:
            self.session.apply(edit)
