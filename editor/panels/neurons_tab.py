"""The tab Neurons: the layers that a node belongs to as circles and lines, as in a textbook."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import replace

import numpy as np
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QWidget

from compute.analysis import Analysis
from compute.errors import GradwireError
from compute.explain import Facts
from compute.focus import Focus, Subject
from compute.neurons import Chain, Chains, Element, Numbers, element_of, focus_of, subject_of
from compute.numbers_text import chosen, count_text, short
from compute.schedules import next_optimizer
from compute.snapshot import NeuronMaps
from editor.neurons.accessible import Neurons
from editor.neurons.card import card
from editor.panels.form import QWIDGETSIZE_MAX
from editor.panels.widgets import Elided, button, column, paragraph, scrolling
from editor.plain import set_tip
from editor.plots.plane import Plane
from editor.scale import px
from editor.session import Session

_ACROSS = QBoxLayout.Direction.LeftToRight
_BESIDE, _READING = 640, 190
"""From this width on what is said stands beside the picture; how wide it is there."""
_PAUSE = 5.0
"""While it trains, so many times as long as painting takes nothing is painted again."""
TIP = (
    "Click a neuron, a line or the square of a bias to ask about it; double-click or type to change a weight. The "
    "wheel zooms, dragging moves, F fits; arrow keys go from neuron to line to neuron."
)


def _chain(session: Session, node: str) -> Chain | None:
    """The chain that a node of the session's document is in."""
    global _chains
    analysis, loss = session.snapshot.analysis, session.document.training.loss
    if _chains is None or _chains[0] is not analysis or _chains[1] != loss:
        _chains = analysis, loss, Chains(analysis, loss)
    return _chains[2].of(node)


_chains: tuple[Analysis, str, Chains] | None = None
"""Those that were asked for last, of what analysis and loss."""


def has_neurons(session: Session, subject: Subject) -> bool:
    """Whether a node is in a chain of layers."""
    return subject.kind == "node" and _chain(session, subject.node) is not None


def layer_at(session: Session, asked: Iterable[str]) -> str | None:
    """The first of some nodes that is in a chain of layers, else the first of all that is; None where none is."""
    every = session.snapshot.analysis.order
    return next((node for node in (*asked, *every) if _chain(session, node) is not None), None)


class NeuronsTab(QWidget):
    """A click puts a number in focus and leaves the picture in sight; ``why`` below it, or Enter on a neuron, then
    turns to the answer. Of a network with two inputs a chosen neuron's own map stands below, larger."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.view = Neurons()
        set_tip(self.view, "")
        self.about = Elided("dim", 9.0)
        self.reading = paragraph("", "", 9.5)
        self.why = button("", kind="link", tip="Ask why the number in focus is what it is")
        self.problem = paragraph("", "error", 9.0)
        self.plane = Plane()
        self.plane.setAccessibleName("What the chosen neuron gives")
        self.plane.setFixedSize(px(150), px(150))
        self._asked_for: tuple[str, ...] = ()
        self._shown: Focus | None = None
        self._after = QTimer(self)
        self._after.setSingleShot(True)
        self._after.setInterval(0)
        self._after.timeout.connect(self._count)
        self._of: tuple[object, ...] = ()
        """What is on show."""
        self._next = 0.0
        """While it trains, nothing is painted before."""
        for each in (self.why, self.problem, self.plane, self.reading):
            each.hide()
        inside = QWidget()
        layout = column(inside, 0, 6)
        layout.setContentsMargins(8, 8, 8, 10)
        self._parts, self._said = QBoxLayout(QBoxLayout.Direction.TopToBottom), QBoxLayout(_ACROSS)
        told = column(None, 0, 6)
        told.addWidget(self.reading)
        told.addWidget(self.why, 0, Qt.AlignmentFlag.AlignLeft)
        told.addWidget(self.problem)
        told.addStretch(1)
        self._said.setSpacing(10)
        self._said.addLayout(told, 1)
        self._said.addWidget(self.plane)
        self._parts.addWidget(self.view, 1)
        self._parts.addLayout(self._said)
        layout.addLayout(self._parts, 1)
        layout.addWidget(self.about)
        column(self).addWidget(scrolling(inside))
        self.view.chosen.connect(self._choose)
        self.view.confirmed.connect(self._confirm)
        self.view.edited.connect(self._edit)
        self.view.refused.connect(self._refuse)
        self.why.clicked.connect(self._explain)
        self.plane.picked.connect(session.batches.show_row)
        session.wanted.while_visible(self.view, "neurons")

    def resizeEvent(self, event: QResizeEvent) -> None:
        """With room enough what is said stands beside the picture, else below it."""
        super().resizeEvent(event)
        wide = self.width() >= px(_BESIDE)
        self._parts.setDirection(_ACROSS if wide else QBoxLayout.Direction.TopToBottom)
        self._said.setDirection(QBoxLayout.Direction.TopToBottom if wide else _ACROSS)
        self.reading.setMinimumWidth(px(_READING) if wide else 0)
        self.reading.setMaximumWidth(px(_READING) if wide else QWIDGETSIZE_MAX)

    def show_focus(self, focus: Focus) -> None:
        """The numbers of now, with what is in focus lit."""
        session = self.session
        chain = _chain(session, focus.subject.node)
        if chain is None or self._is_early(focus):
            return
        self._shown = focus
        snapshot, facts = session.snapshot, session.facts
        self._want_maps(chain)
        try:
            optimizer = next_optimizer(session.document.training, snapshot.progress, snapshot.rows, snapshot.goal)
        except GradwireError:
            optimizer = None
        asks = (session.walk is not None and session.asking.on) or bool(session.exercising.hidden)
        if asks:
            optimizer = None  # what a weight becomes is asked for
        audit = session.auditing.shown
        verdict = audit.entry if audit is not None else None
        pair = session.what_if.shown(snapshot.trace)
        now = (facts, snapshot, pair, audit, session.document.training, chosen(), asks, focus, session.walk is None)
        if all(a is b for a, b in zip(now[:5], self._of[:5], strict=False)) and now[5:] == self._of[5:]:
            return  # it is told of the same by several signals
        self._of = now
        remembered = snapshot.optimizer(optimizer.name if optimizer is not None else "")
        numbers = Numbers(chain, facts, optimizer, remembered, snapshot.categories, session.hides, verdict)
        lit = element_of(facts, chain, focus)
        maps = snapshot.neurons if self._fits(snapshot.neurons, chain) and not (asks or session.what_if.on) else None
        if lit != self.view.lit:
            self.problem.hide()
        self.view.across = self._across(chain)
        step = "next" if snapshot.batch.is_next else "this batch's"
        self.view.show_numbers(numbers, lit, maps, self._spot(maps), step, self._before(numbers))
        self._tell(numbers, lit, focus)
        self._show_map(maps, chain, lit)

    def _before(self, numbers: Numbers) -> Numbers | None:
        """The same of the first pass, where two are compared."""
        pair = self.session.what_if.shown(self.session.snapshot.trace)
        of = numbers.facts
        before = Facts(of.graph, of.analysis, of.loss, pair.before, of.sample) if pair is not None else None
        return None if before is None else replace(numbers, facts=before)

    def _is_early(self, focus: Focus) -> bool:
        """Whether it trains, and painting again already would take too much of the window's time."""
        now = time.perf_counter()
        if self.session.snapshot.state == "running" and focus == self._shown and now < self._next:
            return True
        self._next = now + _PAUSE * self.view.cost
        return False

    def _want_maps(self, chain: Chain) -> None:
        nodes = tuple(column.last for column in chain.columns) if chain.columns[0].units == 2 else ()
        if nodes != self._asked_for:
            self._asked_for = nodes
            self.session.set_neurons(nodes)

    def _fits(self, maps: NeuronMaps | None, chain: Chain) -> bool:
        """Whether maps are of these layers as they are."""
        if maps is None or chain.columns[0].units != 2:
            return False
        known = {node: values.shape[2] for node, values in maps.values.items()}
        return all(known.get(each.last, each.units) == each.units for each in chain.columns)

    def _spot(self, maps: NeuronMaps | None) -> tuple[float, float] | None:
        """Where the chosen sample lies in each map."""
        row = self._row
        found = np.flatnonzero(maps.plane.rows == row) if maps is not None else np.zeros(0)
        if maps is None or not found.size:
            return None
        x, y = maps.plane.points[found[0]].tolist()
        (left, right), (low, high) = maps.plane.x, maps.plane.y
        return (x - left) / (right - left), (y - low) / (high - low)

    @property
    def _row(self) -> int:
        """The row of the table that the chosen sample is."""
        labels, sample = self.session.snapshot.row_labels, self.session.sample
        return int(labels[sample]) if sample < len(labels) else -1

    def _across(self, chain: Chain) -> int:
        """How many cells a row of the inputs has, where they come from an image."""
        analysis, first = self.session.snapshot.analysis, chain.columns[0].nodes[0]
        shapes = [analysis.shapes[first], *(analysis.shapes[source] for source in analysis.sources[first][:1])]
        image = next((shape for shape in shapes if len(shape) >= 3), ())
        return int(image[2]) if image and image[2] != "B" else 0

    def _tell(self, numbers: Numbers, lit: Element | None, focus: Focus) -> None:
        self._after.start()  # the picture is needed for that, which others may still change in this turn
        self.reading.setVisible(lit is not None)
        self.why.setVisible(lit is not None)
        if lit is not None:
            self.reading.setText("\n".join(said.text for said in card(numbers, lit, self.view.step, self.view.before)))
            value = numbers.facts.find(focus.asks(numbers.facts.graph))
            entry = focus.entry_in(numbers.facts)
            shown = short(float(value[entry])) if value is not None and entry is not None else "this"
            self.why.setText(f"Why {shown}?")
            self.why.setAccessibleName(self.why.text())

    def _count(self) -> None:
        """Say how many lines are drawn."""
        picture = self.view.picture
        lines = sum(each.total for each in picture.lines) if picture is not None else 0
        more = sum(each.more for each in picture.lines) if picture is not None else 0
        drawn = f"; the {count_text(lines - more)} strongest of {count_text(lines)} lines" if more else ""
        largest = short(picture.numbers.largest) if picture is not None else ""
        legend = f"Lines: green +, purple −, the thickest |w| = {largest}{drawn}"
        self.about.set_text(legend, f"{legend}. {TIP}")

    def _show_map(self, maps: NeuronMaps | None, chain: Chain, lit: Element | None) -> None:
        """The map of the neuron in focus, larger."""
        node = chain.columns[lit.column].last if lit is not None else ""
        shown = maps is not None and lit is not None and lit.kind == "unit" and node in maps.values
        self.plane.setVisible(shown)
        if shown and maps is not None and lit is not None:
            self.plane.show_boundary(maps.of(node, lit.unit), self._row)

    # -- what a person does ------------------------------------------------------------------------------------

    def _focus(self, element: Element) -> Focus | None:
        numbers = self.view.numbers
        return focus_of(self.session.facts, numbers.chain, element) if numbers is not None else None

    def _choose(self, element: Element) -> None:
        focus = self._focus(element)
        if focus is not None:
            self.session.focus_on(focus, explain=False)

    def _confirm(self, element: Element) -> None:
        focus = self._focus(element)
        if focus is not None:
            self.session.focus_on(focus)

    def _explain(self) -> None:
        if self.session.focus is not None:
            self.session.focus_on(self.session.focus)

    def _edit(self, element: Element, value: float) -> None:
        numbers, focus = self.view.numbers, self._focus(element)
        if numbers is None or focus is None or focus.entry is None:
            return
        self.problem.hide()
        name = subject_of(numbers.chain, element).asks(self.session.document.graph, "value").weight
        self.session.focus_on(focus, explain=False)
        if not self.session.what_if.take(focus, value):
            self.session.set_weight(name, focus.entry, value)

    def _refuse(self, sentence: str) -> None:
        self.problem.setText(sentence)
        self.problem.show()
