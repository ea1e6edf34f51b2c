"""The tabs Values and Gradient: the whole batch of one quantity."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from PySide6.QtWidgets import QStackedWidget, QWidget

from compute.focus import Focus, Side, Subject
from compute.tensor_view import TensorView
from editor.panels.number_table import NumberTable
from editor.panels.subject import column_names, made_from, not_shown
from editor.panels.tensor_pane import TensorPane
from editor.panels.verdicts import VerdictLine, cells_of
from editor.panels.widgets import Empty, column
from editor.session import Session

WATCH = "Watch these numbers …"


def watch_cell(session: Session, table: NumberTable, focus: Focus, laid_out: TensorView | None) -> None:
    """Choose for what to watch numbers; the current cell of their table, if any, is in focus."""
    here = table.currentIndex()
    if laid_out is not None and here.isValid():
        focus = replace(focus, entry=laid_out.entry(here.row(), here.column()))
    session.focus_on(focus, explain=False)
    session.watching.seek()


class TensorTab(QWidget):
    """A click on a cell asks why its number is what it is."""

    side: ClassVar[Side]

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self._subject: Subject | None = None
        self._laid_out: TensorView | None = None
        self.pane = TensorPane(f"{self.side}s")
        self.view = self.pane.view
        self.verdict = VerdictLine(session)
        self.empty = Empty("matrix", "Not computed", "")
        self._pages = QStackedWidget()
        self._pages.addWidget(self.pane)
        self._pages.addWidget(self.empty)
        layout = column(self, 0)
        layout.setContentsMargins(12, 10, 12, 12)
        layout.addWidget(self.verdict)
        layout.addWidget(self._pages)
        self.pane.asked.connect(self._ask)
        self.pane.confirmed.connect(self._ask)
        self.view.said.connect(session.message)
        self.view.extras = ((WATCH, self._watch),)

    def show_focus(self, focus: Focus) -> None:
        """The numbers of now, of the node or wire in focus."""
        session, subject = self.session, focus.subject.holder
        graph, facts = session.document.graph, session.facts
        quantity = subject.asks(graph, self.side)
        array = facts.find(quantity)
        self._subject = subject
        item = self.verdict.show_item(quantity)
        if array is None or not array.size:
            self._laid_out = None
            hidden = session.hides(quantity)
            title, why_not = (
                ("Not shown yet", not_shown(session, quantity))
                if hidden
                else ("Not computed", self._why_not(subject.source(graph)))
            )
            self.empty.say(title, why_not)
            self._pages.setCurrentWidget(self.empty)
            return
        self._pages.setCurrentIndex(0)
        self._laid_out = facts.view(quantity)
        self.pane.show_tensor(
            array,
            self._laid_out,
            columns=column_names(session, subject.source(graph)),
            sample=session.sample,
            lit=focus.entry_in(facts) if focus.asks(graph) == quantity else None,
            of=quantity,
            badges=cells_of(item, self._laid_out),
            spans=made_from(session, focus, quantity),
        )

    def _why_not(self, source: str) -> str:
        analysis = self.session.snapshot.analysis
        if source in analysis.off:
            return analysis.off[source].sentence
        if source in analysis.problems:
            return analysis.problems[source].sentence
        if source in analysis.waiting:
            return f"It waits for {analysis.waiting[source]}; mend that node first."
        if self.side == "gradient" and source in self.session.snapshot.trace.values:
            return "The loss does not depend on it, so there is no gradient (which is not 0)."
        problem = self.session.snapshot.problem
        return problem.sentence if problem else "The numbers appear as soon as the graph is computed."

    def _watch(self) -> None:
        if self._subject is not None:
            watch_cell(self.session, self.view, Focus(self._subject, self.side), self._laid_out)

    def _ask(self, row: int, column: int) -> None:
        if self._subject is not None and self._laid_out is not None:
            self.session.focus_on(Focus(self._subject, self.side, self._laid_out.entry(row, column)))


class ValuesTab(TensorTab):
    """What a node gives, or a wire carries."""

    side = "value"


class GradientTab(TensorTab):
    """What comes back to a node, or through a wire."""

    side = "gradient"
