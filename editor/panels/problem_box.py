"""The box in the inspector that says what is wrong with the chosen node, and offers what mends it."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from compute.problems import Problem, sentence_of
from editor.panels.widgets import button, column, frame, paragraph
from editor.session import Session


class ProblemBox(QWidget):
    """A problem's sentence; hidden while there is none.

    A wire that must not be where it is can be cut here. Other problems are mended in the settings or on the canvas.
    """

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self._problem: Problem | None = None
        self.text = paragraph("", "", 9.5)
        self.mend = button("Cut this wire", tip="Remove the wire that causes the problem; it can be undone")
        self.mend.clicked.connect(self._cut)
        box = frame("problem")
        inside = column(box, 10, 8)
        inside.addWidget(self.text)
        inside.addWidget(self.mend)
        layout = column(self, 0, 0)
        layout.setContentsMargins(12, 0, 12, 8)
        layout.addWidget(box)
        self.hide()

    @property
    def sentence(self) -> str:
        """What it says."""
        return self.text.text()

    def show_problem(self, problem: Problem | None) -> None:
        """Another problem, or none."""
        self._problem = problem
        self.text.setText(sentence_of(problem))
        self.mend.setVisible(self._wire() in self.session.document.graph.wires)
        self.setVisible(problem is not None)

    def _wire(self) -> tuple[str, str] | None:
        """The wire to cut, by the port it feeds."""
        remedy = self._problem.remedy if self._problem else None
        return (remedy.place.node, remedy.place.port) if remedy and remedy.act == "cut wire" else None

    def _cut(self) -> None:
        wire = self._wire()
        if wire in self.session.document.graph.wires:
            assert wire is not None
            self.session.apply(self.session.edits.remove(set(), {wire}))
