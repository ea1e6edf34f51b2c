"""What the inspector shows while nothing is selected: the document, and what is wrong in it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QScrollArea, QVBoxLayout, QWidget

from compute.numbers_text import plural, precise
from editor.panels.cost_table import CostTable
from editor.panels.title_line import TitleLine
from editor.panels.widgets import Elided, Sentence, clear, column, label, paragraph, set_kind
from editor.session import Session

HINT = (
    "Select a node or a wire to see where its numbers come from. Click a number on a wire, or a cell of a table, "
    "to ask why it is what it is."
)


class Overview(QScrollArea):
    """Name, size and loss of the document, its problems, and what to do."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.setAccessibleName("About the document")
        self.name = TitleLine(12, "Name of the document", "The document's name; edit it here")
        self._facts: dict[str, Elided] = {}
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(6)
        grid.setColumnStretch(1, 1)
        for line, name in enumerate(("graph", "parameters", "data", "loss")):
            fact = Elided(points=9.5)
            self._facts[name] = fact
            grid.addWidget(label(name, "dim", 9.5), line, 0)
            grid.addWidget(fact, line, 1)
        self.hint = paragraph(HINT, "dim", 9.5)
        self.audit = paragraph("", "", 9.5)
        self.audit.hide()
        self.problems = QWidget()
        self.problems.hide()
        self._problem_lines = column(self.problems, 0, 4)
        self._listed: tuple[tuple[str, str], ...] = ()
        inside = QWidget()
        outer = column(inside, 12, 12)
        outer.setContentsMargins(12 - TitleLine.INSET, 12, 12, 12)
        outer.addWidget(self.name)
        layout = QVBoxLayout()
        layout.setContentsMargins(TitleLine.INSET, 0, 0, 0)
        layout.setSpacing(12)
        outer.addLayout(layout, 1)
        layout.addLayout(grid)
        layout.addWidget(self.problems)
        layout.addWidget(self.audit)
        layout.addWidget(self.hint)
        self.cost = CostTable(session)
        layout.addWidget(self.cost)
        layout.addStretch(1)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setWidget(inside)
        self.name.editingFinished.connect(self._rename)

    def refresh(self) -> None:
        """What is true now."""
        document, snapshot = self.session.document, self.session.snapshot
        graph, analysis = document.graph, snapshot.analysis
        if not self.name.hasFocus() or not self.name.isModified():
            self.name.show_text(document.name)
        parameters = snapshot.trace.parameters
        running = {name for name, (_, spec) in analysis.parameters.items() if not spec.learned}
        sizes = [int(array.size) for name, array in parameters.items() if name not in running]
        loss = self.session.facts.trace.loss
        nodes, wires = len(graph.nodes), len(graph.wires)
        self._facts["graph"].set_text(f"{nodes} {plural('node', nodes)}, {wires} {plural('wire', wires)}")
        beside = sum(int(array.size) for name, array in parameters.items() if name in running)
        told = f"{sum(sizes)} in {len(sizes)} {plural('array', len(sizes))}" if sizes else "none"
        self._facts["parameters"].set_text(f"{told}, {beside} running statistics" if beside else told)
        rows = f"{snapshot.rows} training and {snapshot.validation_rows} validation rows"
        rows += f", {snapshot.test_rows} for a test" if snapshot.test_rows else ""
        self._facts["data"].set_text(rows if snapshot.columns else "no data")
        title = graph.nodes[document.training.loss].label if document.training.loss in graph.nodes else ""
        of = f", {snapshot.batch.name}" if snapshot.batch.data else ""
        self._facts["loss"].set_text(
            f"{title} = {precise(loss)}{of}" if title and loss is not None else title or "not chosen"
        )
        auditing = self.session.auditing
        found = auditing.shown
        self.audit.setVisible(auditing.on)
        self.audit.setText(f"Audit: {auditing.status}")
        set_kind(self.audit, "dim" if found is None else "" if found.agrees else "error")
        self._list(tuple((n, p.sentence) for n, p in analysis.problems.items() if n in graph.nodes))

    def _list(self, problems: tuple[tuple[str, str], ...]) -> None:
        if problems == self._listed:
            return
        self._listed = problems
        clear(self._problem_lines)
        self.problems.setVisible(bool(problems))
        for node, sentence in problems:
            line = Sentence(sentence, "error", "Show this node")
            line.clicked.connect(self._shower(node))
            self._problem_lines.addWidget(line)

    def _shower(self, node: str) -> Callable[[], None]:
        return lambda: self.session.select([node])

    def _rename(self) -> None:
        name = self.name.text().strip()
        if self.name.isModified() and name and name != self.session.document.name:
            self.session.apply(self.session.edits.rename(name))
        self.name.setModified(False)
        self.refresh()
