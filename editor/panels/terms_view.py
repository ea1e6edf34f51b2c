"""Every term of a number: a list that opens under the answer, with the factors, the term and what they add up to."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, Qt, Signal
from PySide6.QtGui import QFontMetrics, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from compute.explain.terms import Lines, Terms
from compute.numbers_text import count_text, precise, shown
from editor import icons, number_format, theme
from editor.background import Background
from editor.panels.number_table import NUMBER, NumberModel, NumberTable
from editor.panels.tensor_table import cell_colors
from editor.panels.widgets import bring_into_view, button, column, paragraph
from editor.plain import tip_text
from editor.scale import px

Index = QModelIndex | QPersistentModelIndex
MOST_ROWS = 12
"""So many lines are in sight at once."""
AT_ONCE = 20_000
"""The terms of a longer list are worked out beside the window."""
SUM = "so far"
RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)


class TermsModel(NumberModel):
    """Columns: what a line is called, its factors, the term, where it is a share of a mean so many times that, and the
    sum up to here."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.terms: Terms | None = None
        self._lines = Lines((), np.zeros(0), str)
        self._order: npt.NDArray[np.intp] = np.zeros(0, np.intp)
        self._running = np.zeros(0)
        self._scale = 0.0
        self._heads: list[str] = []
        self._sorted = 0, Qt.SortOrder.AscendingOrder

    def show_terms(self, terms: Terms) -> None:
        """Show a list, in the order in which it was sorted before, where it has the same columns."""
        lines = terms.lines
        shares = [f"× {terms.shares}"] if terms.shares else []
        heads = ["", *(each.name for each in lines.columns), terms.result, *shares, SUM]
        self.beginResetModel()
        same = len(heads) == len(self._heads)
        self.terms, self._lines, self._heads = terms, lines, heads
        finite = np.abs(lines.results[np.isfinite(lines.results)])
        self._scale = float(finite.max()) if finite.size else 0.0
        if not same:
            self._sorted = 0, Qt.SortOrder.AscendingOrder
        self._put_in_order()
        self.endResetModel()

    @property
    def term(self) -> int:
        """The column of the terms."""
        return 1 + len(self._lines.columns)

    def line(self, row: int) -> int:
        """Which line of the list stands in a row."""
        return int(self._order[row])

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """By the size of the numbers in a column, the largest first; by the first column in the list's own order."""
        self.layoutAboutToBeChanged.emit()
        self._sorted = column, order
        self._put_in_order()
        self.layoutChanged.emit()

    def _put_in_order(self) -> None:
        column, order = self._sorted
        count = len(self._lines.results)
        falling = order == Qt.SortOrder.DescendingOrder
        if 0 < column < len(self._heads) - 1:
            sizes = np.full(count, -1.0)
            numbers = np.abs(self._numbers(column))
            sizes[: len(numbers)] = np.where(np.isnan(numbers), np.inf, numbers)
            found = np.argsort(-sizes if falling else sizes, kind="stable")
        else:
            found = np.arange(count)[::-1] if falling else np.arange(count)
        self._order = found
        scale = self.terms.scale if self.terms is not None else 1.0
        with np.errstate(all="ignore"):
            self._running = np.cumsum(self._lines.results[found]) * scale

    def _numbers(self, column: int) -> npt.NDArray[np.float64]:
        """The numbers of a column, line by line."""
        if column < self.term:
            return self._lines.columns[column - 1].numbers
        shares = self.terms.shares if self.terms is not None and column > self.term else 1
        return np.asarray(self._lines.results * shares)

    def number(self, row: int, column: int) -> float | None:
        """The number of a cell, None where it has none."""
        if column == 0:
            return None
        if column == len(self._heads) - 1:
            return float(self._running[row])
        numbers, line = self._numbers(column), self.line(row)
        return float(numbers[line]) if line < len(numbers) else None

    def lines(self, area: QRect) -> list[list[Any]]:
        rows, columns = range(area.top(), area.bottom() + 1), range(area.left(), area.right() + 1)
        return [[self.number(row, at) if at else self._lines.names(self.line(row)) for at in columns] for row in rows]

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._order)

    def columnCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._heads)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row, at = index.row(), index.column()
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return RIGHT if at else LEFT
        if role in (Qt.ItemDataRole.BackgroundRole, Qt.ItemDataRole.ForegroundRole):
            if at != self.term:
                return None
            return cell_colors(float(self._lines.results[self.line(row)]), self._scale)[
                role == Qt.ItemDataRole.ForegroundRole
            ]
        number = self.number(row, at)
        if role == NUMBER:
            return number
        if role == Qt.ItemDataRole.DisplayRole:
            return self._lines.names(self.line(row)) if at == 0 else "" if number is None else shown(number)
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole) and number is not None:
            said = f"{self._lines.names(self.line(row))}, {self._heads[at]}: {number!r}"
            return tip_text(said) if role == Qt.ItemDataRole.ToolTipRole else said
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation == Qt.Orientation.Vertical:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self._heads[section]
        if role == Qt.ItemDataRole.ToolTipRole:
            said = self._heads[section] or "The terms, in their own order"
            return tip_text(said if section == len(self._heads) - 1 else f"{said}; click to sort by size")
        return None


class TermsView(QWidget):
    """Closed until a person opens it; then it stays open for the next answer too.

    ``asked`` sends the quantity and the entry whose number was clicked, ``sample`` the sample of a term that was.
    """

    asked = Signal(object, object)
    sample = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self._terms: Terms | None = None
        self.toggle = button("All terms", "next", kind="link", token="accent")
        self.toggle.setCheckable(True)
        self.table = NumberTable("Terms of the number")
        self.model_ = TermsModel(self.table)
        self.table.setModel(self.model_)
        self.table.verticalHeader().hide()
        self.table.setSortingEnabled(True)
        self.table.horizontalHeader().setSortIndicator(0, Qt.SortOrder.AscendingOrder)
        self.foot = paragraph("", "dim", 9.0)
        layout = column(self, 0, 4)
        layout.addWidget(self.toggle, 0, Qt.AlignmentFlag.AlignLeft)
        layout.addWidget(self.table)
        layout.addWidget(self.foot)
        self._background = Background(self)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.table.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag(RIGHT))
        self.toggle.toggled.connect(self._open)
        self.toggle.clicked.connect(lambda: bring_into_view(self))
        self.table.asked.connect(self._ask)
        self.table.confirmed.connect(self._ask)
        for notifier in (number_format.notifier, theme.notifier):
            notifier.changed.connect(self._measure_filled)
        self.hide()

    def show_terms(self, terms: Terms | None) -> None:
        """The list of another number; None where it has none."""
        self._terms = terms
        self.setVisible(terms is not None)
        if terms is not None:
            self.toggle.setText(terms.heading)
            self.toggle.setAccessibleName(terms.heading)
            self._open(self.toggle.isChecked())

    def _open(self, on: bool) -> None:
        self.toggle.setAccessibleDescription("open" if on else "closed")
        icons.set_icon(self.toggle, "down" if on else "next", "accent")
        terms = self._terms
        self.table.setVisible(on)
        self.foot.setVisible(on)
        if not on or terms is None:
            return
        if terms.count <= AT_ONCE:
            self._fill(terms)
        elif terms is not self.model_.terms:
            self.foot.setText(f"{count_text(terms.count)} terms are worked out …")
            self._background.run(lambda _task: terms.lines, lambda _lines: self._fill(terms), self.foot.setText)

    def _fill(self, terms: Terms) -> None:
        if terms is not self._terms:
            return  # another number is asked about meanwhile
        if terms is not self.model_.terms:
            self.model_.show_terms(terms)
        self.foot.setText(foot(terms))
        self._measure()

    def _measure(self) -> None:
        metrics = QFontMetrics(self.table.font())
        # Of the last lines one may be a bias, whose name is longer than those of all others.
        name = str(self.model_.data(self.model_.index((self.model_.rowCount() - 1) // 2, 0)))
        self.table.fit(metrics.horizontalAdvance(name) + px(14), MOST_ROWS, self.width())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._measure_filled()

    def _measure_filled(self) -> None:
        if self.model_.terms is not None:
            self._measure()

    def _ask(self, row: int, at: int) -> None:
        """A factor is asked about; the term itself leads to its sample, or to what it is."""
        terms = self.model_.terms
        if terms is None:
            return
        line = self.model_.line(row)
        found, sample = terms.asks(line, at - 1 if at else len(terms.lines.columns)), terms.sample(line)
        if 0 < at < self.model_.term and found is not None:
            self.asked.emit(*found)
        elif sample is not None:
            self.sample.emit(sample)
        elif found is not None:
            self.asked.emit(*found)


def foot(terms: Terms) -> str:
    """What the terms make together, and where each is a share of a mean, what that says."""
    results = terms.lines.results
    with np.errstate(all="ignore"):
        total, mean = float(results.sum()), float(results.mean())
    said = f"Their sum is {precise(total)}"
    if terms.scale != 1.0:
        said += f"; times 1/{round(1 / terms.scale)} that is {terms.makes} = {precise(terms.total)}."
    else:
        said += f" = {terms.makes}; their mean is {precise(mean)}."
    if terms.shares:
        said += (
            f" The loss is a mean over {terms.shares} samples: times {terms.shares}, a term is its sample's part of the"
            f" gradient, and the mean of these is {precise(mean * terms.shares)}."
        )
    return said
