"""The tabs Values and Gradient: the whole batch of one quantity."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QStackedWidget, QWidget

from compute.explain import Quantity
from compute.numbers_text import short, summary
from compute.shapes import short as short_shape
from compute.tensor_view import TensorView
from editor.panels.subject import Array, Subject, column_names, numbers, view_of
from editor.panels.tensor_table import TensorTable
from editor.panels.widgets import Elided, Empty, column
from editor.session import Session


def digest(array: Array) -> str:
    """Shape, mean ± spread and range of a tensor, in one line."""
    if array.size == 1:
        return f"{short_shape(array.shape)} · {short(array.item())}"
    return f"{short_shape(array.shape)} · {summary(array)} · {short(float(array.min()))} … {short(float(array.max()))}"


class TensorTab(QWidget):
    """``asked`` sends (quantity, entry) of the cell whose Why a person wants; a row also chooses its sample."""

    asked = Signal(object, object)

    def __init__(self, session: Session, kind: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session, self.kind = session, kind
        self.subject: Subject | None = None
        self._laid_out: TensorView | None = None
        self.about = Elided("dim", 9.0, mono=True)
        self.view = TensorTable(f"Table of {kind}s")
        self.view.setToolTip("Click a cell to ask why; Ctrl+C copies exact numbers.")
        self.empty = Empty("matrix", "Not computed", "")
        self._pages = QStackedWidget()
        table = QWidget()
        inside = column(table, 0, 6)
        inside.addWidget(self.about)
        inside.addWidget(self.view, 1)
        self._pages.addWidget(table)
        self._pages.addWidget(self.empty)
        layout = column(self, 0)
        layout.setContentsMargins(12, 10, 12, 12)
        layout.addWidget(self._pages)
        self.view.asked.connect(self._ask)

    def _quantity(self, subject: Subject) -> Quantity:
        return subject.value(self.session) if self.kind == "value" else subject.gradient()

    def show_subject(self, subject: Subject) -> None:
        """The numbers of now."""
        self.subject = subject
        quantity = self._quantity(subject)
        array = numbers(self.session.snapshot.trace, quantity)
        if array is None or not array.size:
            self._laid_out = None
            self.empty.say("Not computed", self._why_not(subject))
            self._pages.setCurrentWidget(self.empty)
            return
        self._pages.setCurrentIndex(0)
        self.about.set_text(digest(array))
        self._laid_out = view_of(self.session, quantity, array)
        self.view.model_.show_tensor(
            array,
            self._laid_out,
            columns=column_names(self.session, subject.source(self.session)),
            sample=self.session.sample,
        )

    def _why_not(self, subject: Subject) -> str:
        analysis, source = self.session.snapshot.analysis, subject.source(self.session)
        if source in analysis.off:
            return analysis.off[source].sentence
        if source in analysis.problems:
            return analysis.problems[source].sentence
        if source in analysis.waiting:
            return f"It waits for {analysis.waiting[source]}; mend that node first."
        if self.kind == "gradient" and source in self.session.snapshot.trace.values:
            return "The loss does not depend on it, so there is no gradient (which is not 0)."
        problem = self.session.snapshot.problem
        return problem.sentence if problem else "The numbers appear as soon as the graph is computed."

    def _ask(self, row: int, column: int) -> None:
        if self.subject is None or self._laid_out is None:
            return
        entry = self._laid_out.entry(row, column)
        sample = self._laid_out.sample(entry)
        if sample is not None:
            self.session.set_sample(sample)
        self.asked.emit(self._quantity(self.subject), entry)
