"""The tab Weights: a table that is edited in place, and how the numbers are spread."""

from __future__ import annotations

import numpy as np
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QAbstractItemView, QWidget

from compute.check.result import Item
from compute.explain import Quantity
from compute.focus import Focus, Subject
from compute.numbers_text import shown
from compute.tensor_view import TensorView
from editor.panels.subject import column_names, made_from, not_shown
from editor.panels.tensor_pane import TensorPane
from editor.panels.tensor_tab import WATCH, watch_cell
from editor.panels.verdicts import VerdictLine, badge_icon, cells_of
from editor.panels.widgets import Combo, Elided, Segments, button, column, paragraph, row, scrolling
from editor.plots.histogram import Histogram
from editor.session import Session

NAMES = {"weight": "W, the weights", "bias": "b, the biases", "value": "the value"}
UNDO = "Undo takes a change back, as long as the run has not trained on from it."
EDIT, ASK = "Double-click or type to change a weight.", "Click a cell to ask why."


class WeightsTab(QWidget):
    """A click asks why a gradient is what it is. One on a weight, which may be the first of two that edit it, puts it
    in focus and leaves the table in sight; ``why`` below the table or Enter then turns to the answer."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self._focus: Focus | None = None
        self._laid_out: TensorView | None = None
        self.which = Combo(name="Which weights")
        self.side = Segments((("value", "Values"), ("gradient", "Gradient")), "Show")
        self.verdict = VerdictLine(session)
        self.pane = TensorPane("weights")
        self.about, self.view = self.pane.about, self.pane.view
        self.view.setEditTriggers(
            QAbstractItemView.EditTrigger.DoubleClicked
            | QAbstractItemView.EditTrigger.EditKeyPressed
            | QAbstractItemView.EditTrigger.AnyKeyPressed
        )
        self.problem = paragraph("", "error", 9.0)
        self.problem.hide()
        self.histogram = Histogram()
        self.hint = Elided("dim", 9.0)
        self.why = button("", kind="link", tip="Ask why the chosen weight is what it is (Enter)")
        self.why.hide()
        head = row(spacing=6)
        head.addWidget(self.which, 1)
        head.addWidget(self.side)
        foot = row(spacing=6)
        foot.addWidget(self.hint, 1)
        foot.addWidget(self.why)
        inside = QWidget()
        layout = column(inside, 0, 6)
        layout.setContentsMargins(12, 10, 12, 12)
        layout.addLayout(head)
        layout.addWidget(self.verdict)
        layout.addWidget(self.pane, 1)
        layout.addWidget(self.problem)
        layout.addLayout(foot)
        layout.addWidget(self.histogram)
        column(self).addWidget(scrolling(inside))
        self.which.activated.connect(self._refresh)
        self.side.chosen.connect(self._refresh)
        self.why.clicked.connect(self._explain)
        self.pane.asked.connect(self._ask)
        self.pane.confirmed.connect(self._confirm)
        self.view.said.connect(session.message)
        self.view.extras = ((WATCH, self._watch),)
        self.view.model_.edited.connect(self._edit)
        self.view.model_.refused.connect(self._refuse)

    def show_focus(self, focus: Focus) -> None:
        """The numbers of now, of the weight in focus or of one of the node's; a wire has no weights."""
        before, self._focus = self._focus, focus
        if before is None or focus.subject.node != before.subject.node:
            self.problem.hide()
        suffixes = self.session.snapshot.analysis.weights_of(focus.subject.node)
        self.which.set_pairs((suffix, NAMES.get(suffix, suffix)) for suffix in suffixes)
        if self.which.currentIndex() < 0:
            self.which.setCurrentIndex(0)
        if focus != before and focus.subject.kind == "weight" and focus.subject.name in suffixes:
            self.which.choose(focus.subject.name)
            if focus.quantity != "update":
                self.side.choose(focus.quantity)
        self._refresh()

    @property
    def _shown(self) -> Subject:
        assert self._focus is not None
        return Subject("weight", self._focus.subject.node, self.which.key)

    def _refresh(self) -> None:
        focus, session = self._focus, self.session
        if focus is None:
            return
        values = self.side.key == "value"
        quantity = self._shown.asks(session.document.graph, self.side.key)  # type: ignore[arg-type]
        array = session.facts.find(quantity)
        self.view.model_.editable = values
        self.hint.set_text(EDIT if values else ASK, UNDO if values else "")
        self._laid_out = TensorView.of(array) if array is not None else None
        lit = None
        item = self._mark(quantity)
        if array is None or self._laid_out is None:
            array = np.zeros((0, 0))
            none = "not computed" if values else "no gradient: the loss does not depend on it"
            self.pane.show_nothing(not_shown(session, quantity) if session.hides(quantity) else none)
        else:
            if (focus.subject, focus.quantity) == (self._shown, self.side.key):
                lit = focus.entry_in(session.facts)
            inputs = self._input_names() if array.ndim == 2 else ()
            badges = cells_of(item, self._laid_out)
            spans = made_from(session, focus, quantity)
            self.pane.show_tensor(array, self._laid_out, rows=inputs, lit=lit, of=quantity, badges=badges, spans=spans)
        self.why.setVisible(values and lit is not None)
        if lit is not None:
            self.why.setText(f"Why {shown(float(array[lit]))}?")
            self.why.setAccessibleName(self.why.text())
        self.histogram.show_numbers(array, "weights" if values else "gradients")

    def _mark(self, quantity: Quantity) -> Item | None:
        """The badge of each of the node's weights; what the audit found of the one on show."""
        found, which = self.session.auditing.shown, self.which
        for i in range(which.count()):
            other = found.at(Quantity("weight", quantity.node, which.itemData(i))) if found is not None else None
            which.setItemIcon(i, badge_icon(other.verdict) if other is not None else QIcon())
        return self.verdict.show_item(quantity)

    def _input_names(self) -> tuple[str, ...]:
        sources = self.session.snapshot.analysis.sources.get(self._shown.node, ())
        return column_names(self.session, sources[0]) if sources else ()

    def _watch(self) -> None:
        watch_cell(self.session, self.view, Focus(self._shown, self.side.key), self._laid_out)  # type: ignore[arg-type]

    def _at(self, row: int, column: int) -> Focus | None:
        if self._laid_out is None:
            return None
        return Focus(self._shown, self.side.key, self._laid_out.entry(row, column))  # type: ignore[arg-type]

    def _ask(self, row: int, column: int) -> None:
        focus = self._at(row, column)
        if focus is not None:
            self.session.focus_on(focus, explain=focus.quantity != "value")

    def _confirm(self, row: int, column: int) -> None:
        focus = self._at(row, column)
        if focus is not None:
            self.session.focus_on(focus)

    def _explain(self) -> None:
        if self.session.focus is not None:
            self.session.focus_on(self.session.focus)

    def _edit(self, row: int, column: int, value: float) -> None:
        if self._laid_out is not None:
            self.problem.hide()
            name = self._shown.asks(self.session.document.graph, "value").weight
            entry = self._laid_out.entry(row, column)
            if not self.session.what_if.take(Focus(self._shown, "value", entry), value):
                self.session.set_weight(name, entry, value)

    def _refuse(self, sentence: str) -> None:
        self.problem.setText(sentence)
        self.problem.show()
