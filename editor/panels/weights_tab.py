"""The tab Weights: a table that is edited in place, and how the numbers are spread."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QAbstractItemView, QWidget

from compute.explain import Quantity
from compute.tensor_view import TensorView
from editor.panels.subject import Subject, column_names, numbers
from editor.panels.tensor_tab import digest
from editor.panels.tensor_table import TensorTable
from editor.panels.widgets import Combo, Elided, Segments, column, label, paragraph, row
from editor.plots.histogram import Histogram
from editor.session import Session

NAMES = {"weight": "W, the weights", "bias": "b, the biases", "value": "the value"}


class WeightsTab(QWidget):
    """``asked`` sends (quantity, entry) of a gradient's cell whose Why a person wants."""

    asked = Signal(object, object)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.subject: Subject | None = None
        self._laid_out: TensorView | None = None
        self.which = Combo(name="Which weights")
        self.side = Segments((("weight", "Values"), ("weight gradient", "Gradient")), "Show")
        self.about = Elided("dim", 9.0, mono=True)
        self.view = TensorTable("Table of weights")
        self.view.setEditTriggers(
            QAbstractItemView.EditTrigger.DoubleClicked
            | QAbstractItemView.EditTrigger.EditKeyPressed
            | QAbstractItemView.EditTrigger.AnyKeyPressed
        )
        self.problem = paragraph("", "error", 9.0)
        self.problem.hide()
        self.histogram = Histogram()
        self.hint = label("Double-click or type to change a weight.", "dim", 9.0)
        head = row(spacing=6)
        head.addWidget(self.which, 1)
        head.addWidget(self.side)
        layout = column(self, 0, 6)
        layout.setContentsMargins(12, 10, 12, 12)
        layout.addLayout(head)
        for each in (self.about, self.view, self.problem, self.hint, self.histogram):
            layout.addWidget(each, 1 if each is self.view else 0)
        self.which.activated.connect(self._refresh)
        self.side.chosen.connect(self._refresh)
        self.view.asked.connect(self._ask)
        self.view.model_.edited.connect(self._edit)
        self.view.model_.refused.connect(self._refuse)

    def show_subject(self, subject: Subject) -> None:
        """The numbers of now; a wire has no weights."""
        if subject != self.subject:
            self.problem.hide()
        self.subject = subject
        self._refresh()

    def _refresh(self) -> None:
        subject = self.subject
        if subject is None:
            return
        suffixes = self.session.snapshot.analysis.weights_of(subject.node)
        self.which.set_pairs((suffix, NAMES.get(suffix, suffix)) for suffix in suffixes)
        if self.which.currentIndex() < 0:
            self.which.setCurrentIndex(0)
        quantity = self._quantity()
        array = numbers(self.session.snapshot.trace, quantity)
        values = quantity.kind == "weight"
        self.view.model_.editable = values
        self.hint.setText("Double-click or type to change a weight." if values else "Click a cell to ask why.")
        if array is None:
            self.about.set_text("not computed" if values else "no gradient: the loss does not depend on it")
            array = np.zeros((0, 0))
            self._laid_out = None
        else:
            self._laid_out = TensorView.of(array)
            self.about.set_text(digest(array))
        inputs = self._input_names() if array.ndim == 2 else ()
        self.view.model_.show_tensor(array, self._laid_out or TensorView.of(array), rows=inputs)
        self.histogram.show_numbers(array, "weights" if values else "gradients")

    def _quantity(self) -> Quantity:
        assert self.subject is not None
        return Quantity(self.side.key, self.subject.node, self.which.key)  # type: ignore[arg-type]

    def _input_names(self) -> tuple[str, ...]:
        assert self.subject is not None
        sources = self.session.snapshot.analysis.sources.get(self.subject.node, ())
        return column_names(self.session, sources[0]) if sources else ()

    def _ask(self, row: int, column: int) -> None:
        if self._laid_out is not None and self.side.key == "weight gradient":
            self.asked.emit(self._quantity(), self._laid_out.entry(row, column))

    def _edit(self, row: int, column: int, value: float) -> None:
        if self._laid_out is not None:
            self.problem.hide()
            self.session.set_weight(self._quantity().weight, self._laid_out.entry(row, column), value)

    def _refuse(self, sentence: str) -> None:
        self.problem.setText(sentence)
        self.problem.show()
