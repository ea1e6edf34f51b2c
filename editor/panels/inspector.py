"""The inspector: everything about the selected node or wire; about the document while nothing is selected."""

from __future__ import annotations

from typing import Protocol

from PySide6.QtCore import QSize, QTimer
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QFrame, QLineEdit, QStackedWidget, QTabWidget, QWidget

from compute.explain import Entry, Quantity
from compute.problems import Kind, Place, Problem
from compute.shapes import short
from compute.walk_state import WalkState
from editor import theme
from editor.panels.formula import BUSY_MILLISECONDS
from editor.panels.function_tab import FunctionTab, acts_on_rows, has_curve
from editor.panels.overview import Overview
from editor.panels.problem_box import ProblemBox
from editor.panels.sample_picker import SamplePicker
from editor.panels.settings_tab import SettingsTab
from editor.panels.subject import Subject, numbers
from editor.panels.tensor_tab import TensorTab
from editor.panels.weights_tab import WeightsTab
from editor.panels.why import Question, WhyTab
from editor.panels.widgets import Dot, Elided, column, label, row
from editor.session import Session

WARM_MILLISECONDS = 300
"""After the window stands, what draws formulas is loaded."""


class _Tab(Protocol):
    def show_subject(self, subject: Subject) -> None: ...


class Inspector(QFrame):
    """Header, the sentence of a problem, and tabs; only the tab in sight is kept up to date."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.setProperty("kind", "panel")
        self.setAccessibleName("Inspector")
        self.subject: Subject | None = None
        self.overview = Overview(session)
        self.dot = Dot()
        self.kind = label("", "dim", 10.0)
        self.name = QLineEdit()
        self.name.setProperty("kind", "title")
        self.name.setFont(theme.ui_font(11, bold=True))
        self.name.setAccessibleName("Title of the node")
        self.name.setToolTip("The node's title; edit it here. Its id, which weights are named by, stays.")
        self.where = Elided("dim", 9.5)
        self.sample = SamplePicker(session)
        self.problem_box = ProblemBox(session)
        self.why = WhyTab(session)
        self.values = TensorTab(session, "value")
        self.gradient = TensorTab(session, "gradient")
        self.weights = WeightsTab(session)
        self.function = FunctionTab(session)
        self.settings = SettingsTab(session)
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        self.tabs.tabBar().setExpanding(False)
        self.tabs.tabBar().setFont(theme.ui_font(9.5))
        self.tabs.setUsesScrollButtons(True)
        self._wanted: QWidget = self.why
        self._step: tuple[int, str] | None = None
        self._lay_out()
        self._busy = QTimer(self)
        self._busy.setSingleShot(True)
        self._busy.setInterval(BUSY_MILLISECONDS)
        self._busy.timeout.connect(self._refresh_now)
        self._warm = QTimer(self)
        self._warm.setSingleShot(True)
        self._warm.setInterval(WARM_MILLISECONDS)
        self._warm.timeout.connect(self.why.warm_up)
        self._listen()
        self._choose()

    def _lay_out(self) -> None:
        first = row(spacing=6)
        first.addWidget(self.dot)
        first.addWidget(self.name, 1)
        first.addWidget(self.kind)
        second = row(spacing=8)
        second.addWidget(self.where, 1)
        second.addWidget(self.sample)
        head = column(None, 0, 4)
        head.setContentsMargins(16, 12, 12, 8)
        head.addLayout(first)
        head.addLayout(second)
        for tab, title in (
            (self.why, "Why"),
            (self.values, "Values"),
            (self.gradient, "Gradient"),
            (self.weights, "Weights"),
            (self.function, "Function"),
            (self.settings, "Settings"),
        ):
            self.tabs.addTab(tab, title)
        self._about = QWidget()
        layout = column(self._about, 0, 0)
        layout.addLayout(head)
        layout.addWidget(self.problem_box)
        layout.addWidget(self.tabs, 1)
        self._pages = QStackedWidget()
        self._pages.addWidget(self.overview)
        self._pages.addWidget(self._about)
        column(self).addWidget(self._pages)

    def _listen(self) -> None:
        session = self.session
        session.document_replaced.connect(self._choose)
        session.document_edited.connect(self._choose)
        session.selection_changed.connect(self._choose)
        session.walk_changed.connect(self._walked)
        session.sample_changed.connect(self._refresh_now)
        session.snapshot_changed.connect(self._follow)
        self.tabs.currentChanged.connect(self._turned)
        self.name.editingFinished.connect(self._rename)
        self.why.asked.connect(self._ask_question)
        for tab in (self.values, self.gradient, self.weights):
            tab.asked.connect(self.ask)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._warm.start()

    def sizeHint(self) -> QSize:
        return QSize(340, 600)

    # -- the subject ----------------------------------------------------------------------------------------

    def _selected(self) -> Subject | None:
        selection = self.session.selection
        if selection.wire is not None:
            return Subject(*selection.wire)
        return Subject(selection.single) if selection.single is not None else None

    def _choose(self) -> None:
        subject = self._selected()
        self._set_subject(subject if subject is not None and subject.there(self.session) else None)

    def _walked(self, walk: WalkState | None) -> None:
        """At each step of a walk, the inspector turns to the node at work; what is selected then is looked at until
        the next step."""
        step = None if walk is None else (walk.index, walk.granularity)
        moved, self._step = step != self._step, step
        if walk is None:
            self._choose()
            return
        if not moved:
            self._refresh_now()
            return
        self._set_subject(Subject(walk.step.node))
        self.tabs.setCurrentWidget(self.why)

    def _set_subject(self, subject: Subject | None) -> None:
        changed, self.subject = subject != self.subject, subject
        self._pages.setCurrentIndex(0 if subject is None else 1)
        if subject is not None and changed:
            self.name.setModified(False)
        self._offer_tabs()
        self._refresh_now()

    def _offer_tabs(self) -> None:
        subject = self.subject
        if subject is None:
            return
        node, op = not subject.port, subject.op(self.session)
        weights = node and bool(self.session.snapshot.analysis.weights_of(subject.node))
        visible = {
            self.weights: weights,
            self.function: node and (has_curve(op) or acts_on_rows(op)),
            self.settings: node,
        }
        # Hiding a tab may turn to another, which is not what the person wants to see from now on.
        self.tabs.blockSignals(True)
        for tab, shown in visible.items():
            self.tabs.setTabVisible(self.tabs.indexOf(tab), shown)
        if self.tabs.isTabVisible(self.tabs.indexOf(self._wanted)) and self.session.walk is None:
            self.tabs.setCurrentWidget(self._wanted)
        self.tabs.blockSignals(False)

    def _turned(self) -> None:
        if self.session.walk is None:
            self._wanted = self.tabs.currentWidget()
        self._refresh_now()

    def show_tab(self, title: str) -> None:
        """Bring a tab to the front."""
        index = next(i for i in range(self.tabs.count()) if self.tabs.tabText(i) == title)
        self.tabs.setCurrentIndex(index)

    # -- questions ------------------------------------------------------------------------------------------

    def ask(self, quantity: Quantity, entry: Entry | None = None) -> None:
        """Answer why a number is what it is."""
        self._ask_question(Question(quantity, entry))

    def _ask_question(self, question: Question) -> None:
        self._wanted = self.why
        self.tabs.setCurrentWidget(self.why)
        self.why.ask(question)

    # -- keeping up -----------------------------------------------------------------------------------------

    def _follow(self) -> None:
        if self.session.snapshot.state != "running":
            self._offer_tabs()
            self._refresh_now()
        elif not self._busy.isActive():
            self._busy.start()

    def _refresh_now(self) -> None:
        self._busy.stop()
        if self.subject is None:
            self.overview.refresh()
            return
        if not self.subject.there(self.session):
            return
        self._show_header(self.subject)
        tab: _Tab = self.tabs.currentWidget()  # type: ignore[assignment]
        tab.show_subject(self.subject)

    def _show_header(self, subject: Subject) -> None:
        session = self.session
        graph, analysis = session.document.graph, session.snapshot.analysis
        node = subject.document_node(session)
        op = subject.op(session)
        wire = subject.wire(session)
        title = op.title if op else node.op
        if wire is None:
            self.dot.set_group(op.group if op else "")
            self.kind.setText(title)
            if not self.name.isModified():
                self.name.setText(node.label)
        else:
            self.dot.set_group("")
            self.kind.setText("Wire")
            self.name.setText(f"{graph.nodes[wire.source].label} → {node.label}")
        self.name.setReadOnly(wire is not None)
        self.where.set_text(*self._place(subject))
        problem = analysis.problems.get(subject.node) or analysis.off.get(subject.node)
        if subject.node in analysis.waiting:
            sentence = f"Waits for {analysis.waiting[subject.node]}; mend that node first."
            problem = Problem(Kind.WAITING, Place(node=subject.node), sentence)
        self.problem_box.show_problem(problem)

    def _place(self, subject: Subject) -> tuple[str, str]:
        """Shapes in a few letters, and a tip that says more."""
        analysis = self.session.snapshot.analysis
        shape = subject.shape(self.session)
        out = short(shape) if shape is not None else "not computed"
        if subject.port:
            return f"{out} into port {subject.port}", f"Values of shape {out} go into the port {subject.port}"
        inputs = [analysis.shapes.get(source) for source in analysis.sources.get(subject.node, ())]
        known = [short(each) for each in inputs if each is not None]
        flow = f"{', '.join(known)} → {out}" if known else out
        arrays = (
            numbers(self.session.snapshot.trace, Quantity("weight", subject.node, suffix))
            for suffix in analysis.weights_of(subject.node)
        )
        count = sum(int(array.size) for array in arrays if array is not None)
        tip = f"{flow}; {count} weights" if count else flow
        return flow, f"{tip}; id {subject.node}"

    def _rename(self) -> None:
        subject = self.subject
        if not self.name.isModified() or subject is None or subject.port:
            return
        node = subject.document_node(self.session)
        title = self.name.text().strip()
        self.name.setModified(False)
        if title != node.label:
            title = "" if title == node.id else title
            self.session.apply(self.session.edits.change(node.id, f"Rename {node.label}", title=title))
        self.name.setText(subject.document_node(self.session).label)
