"""The head of the inspector: what is in focus, its shape, the chosen sample, and what is wrong with it."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from compute.explain import Quantity
from compute.focus import Subject
from compute.problems import Kind, Place, Problem, Remedy
from compute.shapes import shape_text
from editor.panels.problem_box import ProblemBox
from editor.panels.sample_picker import SamplePicker
from editor.panels.subject import op_of
from editor.panels.title_line import TitleLine
from editor.panels.widgets import Dot, Elided, column, label, row
from editor.session import Session


class Header(QWidget):
    """The title of a node can be edited here, as one undo step."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self._subject: Subject | None = None
        self.dot = Dot()
        self.kind = label("", "dim", 10.0)
        tip = "The node's title; edit it here. Its id, which weights are named by, stays."
        self.name = TitleLine(11, "Title of the node", tip)
        self.where = Elided("dim", 9.5)
        self.sample = SamplePicker(session)
        self.problem_box = ProblemBox(session)
        first = row(spacing=6)
        first.addWidget(self.dot)
        first.addWidget(self.name, 1)
        first.addWidget(self.kind)
        second = row(spacing=8)
        second.addWidget(self.where, 1)
        second.addWidget(self.sample)
        head = column(None, 0, 4)
        head.setContentsMargins(16, 4, 12, 8)
        head.addLayout(first)
        head.addLayout(second)
        layout = column(self, 0, 0)
        layout.addLayout(head)
        layout.addWidget(self.problem_box)
        self.name.editingFinished.connect(self._rename)

    def show_subject(self, subject: Subject) -> None:
        """What is known of a node, a wire or a weight now; the document has it."""
        if self._subject is None or self._subject.holder != subject.holder:
            self.name.setModified(False)
        self._subject = subject
        session = self.session
        graph, analysis = session.document.graph, session.snapshot.analysis
        node, op = graph.nodes[subject.node], op_of(session, subject.node)
        wired = subject.kind == "wire"
        self.dot.set_group(op.group if op and not wired else "")
        self.kind.setText("Wire" if wired else op.title if op else node.op)
        if wired:
            self.name.show_text(f"{graph.nodes[subject.source(graph)].label} → {node.label}")
        elif not self.name.isModified():
            self.name.show_text(node.label)
        self.name.setReadOnly(wired)
        self.where.set_text(*self._place(subject))
        problem = analysis.problems.get(subject.node) or analysis.off.get(subject.node)
        if subject.node in analysis.waiting:
            first = analysis.waiting[subject.node]
            sentence = f"Waits for {first}; mend that node first."
            problem = Problem(Kind.WAITING, Place(node=subject.node), sentence, Remedy("show node", Place(node=first)))
        self.problem_box.show_problem(problem)

    def _place(self, subject: Subject) -> tuple[str, str]:
        """Shapes in a few letters, and a tip that says more."""
        facts = self.session.facts
        graph, analysis = facts.graph, facts.analysis
        if subject.kind == "weight":
            weight = subject.asks(graph, "value")
            array = facts.find(weight)
            size = "not computed" if array is None else shape_text(array.shape)
            return f"{weight.weight} {size}", f"The weight {weight.weight} of shape {size}"
        shape = analysis.shapes.get(subject.source(graph))
        out = shape_text(shape) if shape is not None else "not computed"
        if subject.kind == "wire":
            return f"{out} into port {subject.name}", f"Values of shape {out} go into the port {subject.name}"
        inputs = [analysis.shapes.get(source) for source in analysis.sources.get(subject.node, ())]
        known = [shape_text(each) for each in inputs if each is not None]
        flow = f"{', '.join(known)} → {out}" if known else out
        suffixes = analysis.weights_of(subject.node)
        arrays = (facts.find(Quantity("weight", subject.node, suffix)) for suffix in suffixes)
        count = sum(int(array.size) for array in arrays if array is not None)
        tip = f"{flow}; {count} weights" if count else flow
        return flow, f"{tip}; id {subject.node}"

    def _rename(self) -> None:
        subject = self._subject
        graph = self.session.document.graph
        if not self.name.isModified() or subject is None or subject.kind == "wire" or subject.node not in graph.nodes:
            return
        node = graph.nodes[subject.node]
        title = self.name.text().strip()
        self.name.setModified(False)
        if title != node.label:
            title = "" if title == node.id else title
            self.session.apply(self.session.edits.change(node.id, f"Rename {node.label}", title=title))
        self.name.show_text(graph.nodes[subject.node].label)
