"""A tensor as a virtual table with a heat map: only the cells in sight are ever drawn."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import (
    QModelIndex,
    QPersistentModelIndex,
    QPointF,
    QRect,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import QColor, QPainter, QPen, QResizeEvent
from PySide6.QtWidgets import QStyle, QStyleOptionViewItem

from compute.check.result import Verdict
from compute.heat import Region, regions_of, scale_of
from compute.numbers_text import shown
from compute.tensor_view import Entry, Span, TensorView
from editor import theme
from editor.canvas.ink import ink as canvas_ink
from editor.canvas.paint_audit import WORDS, paint_badge
from editor.panels.fields import number, number_text
from editor.panels.number_table import NUMBER, NumberModel, NumberTable
from editor.panels.typed_cells import TypedCells
from editor.plain import tip_text
from editor.scale import px

Array = npt.NDArray[Any]
Index = QModelIndex | QPersistentModelIndex
_LEVELS = 32
_BADGE = 4
_MOST_RUNS = 200
"""Of a span that is no rectangle of the table so many of its runs of rows are framed."""


class TensorModel(NumberModel):
    """Rows and columns of a matrix. ``edited`` sends (row, column, number) that was typed; ``refused`` a sentence."""

    edited = Signal(int, int, float)
    refused = Signal(str)
    lit_moved = Signal()
    """Another cell is in focus."""

    def __init__(self, parent: Any = None) -> None:
        super().__init__(parent)
        self.matrix: Array = np.zeros((0, 0))
        self.laid_out = TensorView((0, 0))
        self.scale = 1.0
        """The largest finite magnitude, which has the full hue."""
        self.editable = False
        self.sample = -1
        """The chosen sample, whose rows (or column) are marked."""
        self.lit: tuple[int, int] | None = None
        """The cell whose number is in focus."""
        self.badges: Mapping[tuple[int, int], Verdict] = {}
        """What the audit found of the cells that it compared."""
        self.regions: list[Region] = []
        """The cells that the number in focus was made from."""
        self._rows: Sequence[str] = ()
        self._columns: Sequence[str] = ()

    def show_tensor(
        self,
        array: Array,
        laid_out: TensorView,
        *,
        columns: Sequence[str] = (),
        rows: Sequence[str] = (),
        sample: int = -1,
        lit: Entry | None = None,
        scale: float | None = None,
        badges: Mapping[tuple[int, int], Verdict] | None = None,
        spans: Sequence[Span] = (),
    ) -> None:
        """Show a tensor's numbers; names default to indices from 0, as in formulas. ``lit``: the entry in focus;
        ``scale``: the largest finite magnitude, where it is known; ``badges``: what the audit found of cells;
        ``spans``: what the number in focus was made from."""
        matrix, shown = laid_out.table(array), (laid_out, tuple(rows), tuple(columns))
        same = shown == (self.laid_out, self._rows, self._columns)
        if not same:
            self.beginResetModel()
        self.matrix = matrix
        self.laid_out, self._rows, self._columns = shown
        self.badges = badges or {}
        self.regions = [region for span in spans for region in regions_of(span, laid_out)[:_MOST_RUNS]]
        self.scale = scale_of(matrix) if scale is None else scale
        before, self.lit = self.lit, laid_out.cell(lit) if lit is not None else None
        moved, self.sample = self.sample != sample, sample
        if not same:
            self.endResetModel()
        elif matrix.size:
            last = self.index(matrix.shape[0] - 1, matrix.shape[1] - 1)
            self.dataChanged.emit(self.index(0, 0), last)
            if moved:
                self.headerDataChanged.emit(Qt.Orientation.Vertical, 0, matrix.shape[0] - 1)
                self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, matrix.shape[1] - 1)
        if self.lit is not None and (self.lit != before or not same):
            self.lit_moved.emit()

    def lines(self, area: QRect) -> list[list[Any]]:
        part = self.matrix[area.top() : area.bottom() + 1, area.left() : area.right() + 1]
        return np.asarray(part, np.float64).tolist()  # type: ignore[no-any-return]

    def set_scale(self, scale: float) -> None:
        """Another magnitude has the full hue."""
        if scale != self.scale and self.matrix.size:
            self.scale = scale
            last = self.index(self.matrix.shape[0] - 1, self.matrix.shape[1] - 1)
            self.dataChanged.emit(self.index(0, 0), last)

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else int(self.matrix.shape[0])

    def columnCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else int(self.matrix.shape[1])

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        value = float(self.matrix[index.row(), index.column()])
        if role == Qt.ItemDataRole.DisplayRole:
            return shown(value)
        if role == NUMBER:
            return value
        if role == Qt.ItemDataRole.EditRole:
            return number_text(value)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return int(Qt.AlignmentFlag.AlignCenter)
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            said = f"{self._place(index)} = {value!r}"
            if (found := self.badges.get((index.row(), index.column()))) is not None:
                said += f"; audit: {WORDS[found]}"
            return tip_text(said) if role == Qt.ItemDataRole.ToolTipRole else said
        return None

    def _row_name(self, row: int) -> str:
        return self._rows[row] if row < len(self._rows) else self.laid_out.row_name(row)

    def _column_name(self, column: int) -> str:
        return self._columns[column] if column < len(self._columns) else self.laid_out.column_name(column)

    def _place(self, index: Index) -> str:
        """A cell as in ``[3, 0]``."""
        names = (self._row_name(index.row()), self._column_name(index.column()))
        return f"[{', '.join(name for name in names if name)}]"

    def of_sample(self, row: int, column: int) -> bool:
        """Whether a cell belongs to the chosen sample."""
        return self.sample >= 0 and self.sample in (
            self.laid_out.sample_of(row),
            self.laid_out.sample_of_column(column),
        )

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role == Qt.ItemDataRole.DisplayRole:
            if orientation == Qt.Orientation.Horizontal:
                name, sample = self._column_name(section), self.laid_out.sample_of_column(section)
            else:
                name, sample = self._row_name(section), self.laid_out.sample_of(section)
            return f"▸ {name}" if sample == self.sample else name
        if role == Qt.ItemDataRole.ToolTipRole and orientation == Qt.Orientation.Horizontal:
            return tip_text(self._column_name(section))
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        return flags | Qt.ItemFlag.ItemIsEditable if self.editable else flags

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        try:
            new = float(number(str(value)))
        except ValueError as error:
            self.refused.emit(f"{self._place(index)} {error}.")
            return False
        if new != self.data(index, NUMBER):
            self.edited.emit(index.row(), index.column(), new)
        return True


def _light(color: QColor) -> float:
    """Relative luminance, 0 … 1 (WCAG)."""
    channels = (color.redF(), color.greenF(), color.blueF())
    parts: list[float] = [c / 12.92 if c <= 0.04045 else float(((c + 0.055) / 1.055) ** 2.4) for c in channels]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def contrast(a: QColor, b: QColor) -> float:
    """The contrast of two colours, 1 … 21 (WCAG)."""
    one, two = sorted((_light(a), _light(b)), reverse=True)
    return (one + 0.05) / (two + 0.05)


@lru_cache(maxsize=8)
def color_ramp(ground: str, hue: str, text: str, others: tuple[str, str]) -> tuple[tuple[QColor, QColor], ...]:
    """(cell, ink) colours from 0 to the full hue; the ink is the text's, or what stands out where that does not."""
    out = []
    for level in range(_LEVELS + 1):
        cell = theme.mix(ground, hue, 0.9 * (level / _LEVELS) ** 0.8)
        ink, *rest = (QColor(value) for value in (text, *others))
        if contrast(ink, cell) < 4.5:
            ink = max(rest, key=lambda other, cell=cell: contrast(other, cell))  # type: ignore[misc]
        out.append((cell, ink))
    return tuple(out)


def cell_colors(value: float, scale: float) -> tuple[QColor, QColor]:
    """Ground and ink of one number; NaN and infinities are loud."""
    t = theme.current()
    others = (t.on_bright, t.on_header)
    if not math.isfinite(value):
        return color_ramp(t.error, t.error, t.on_header, others)[-1]
    ramp = color_ramp(t.card, t.positive if value >= 0 else t.negative, t.text, others)
    share = min(1.0, abs(value) / scale) if scale > 0 else 0.0
    return ramp[round(share * _LEVELS)]


class _Cells(TypedCells):
    """Paints a number on the colour of its size; a frame around the current cell, lines along the chosen sample."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        model = index.model()
        assert isinstance(model, TensorModel)
        t = theme.current()
        value = float(model.matrix[index.row(), index.column()])
        cell, ink = cell_colors(value, model.scale)
        area = QRect(option.rect)
        painter.fillRect(area.adjusted(0, 0, -1, -1), cell)
        painter.setFont(option.font)
        painter.setPen(ink)
        painter.drawText(area, Qt.AlignmentFlag.AlignCenter, shown(value))
        if model.of_sample(index.row(), index.column()):
            self._mark_sample(painter, model, index, area)
        for region in model.regions:
            if region.has(index.row(), index.column()):
                self._frame(painter, region, index, area)
        if (index.row(), index.column()) == model.lit:
            for inset, token in ((0, t.text), (1, t.text), (2, t.card)):
                painter.setPen(QPen(theme.color(token), 1))
                painter.drawRect(area.adjusted(inset, inset, -2 - inset, -2 - inset))
        elif option.state & QStyle.StateFlag.State_Selected:
            painter.setPen(theme.color(t.text))
            painter.drawRect(area.adjusted(0, 0, -2, -2))
            painter.drawRect(area.adjusted(1, 1, -3, -3))
        if (found := model.badges.get((index.row(), index.column()))) is not None:
            radius = px(_BADGE)
            painter.save()
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            at = QPointF(area.right() - 1 - radius, area.top() + radius)
            paint_badge(painter, at, radius, found, canvas_ink())
            painter.restore()

    def _frame(self, painter: QPainter, region: Region, index: Index, area: QRect) -> None:
        """The part of the frame around a row, a column or a block that runs along this cell."""
        painter.setPen(QPen(theme.color(theme.current().text), 2))
        left, top, right, bottom = area.left() + 1, area.top() + 1, area.right() - 1, area.bottom() - 1
        for there, line in (
            (index.row() == region.top, (area.left(), top, area.right(), top)),
            (index.row() == region.bottom - 1, (area.left(), bottom, area.right(), bottom)),
            (index.column() == region.left, (left, area.top(), left, area.bottom())),
            (index.column() == region.right - 1, (right, area.top(), right, area.bottom())),
        ):
            if there:
                painter.drawLine(*line)

    def _mark_sample(self, painter: QPainter, model: TensorModel, index: Index, area: QRect) -> None:
        """Lines around all that belongs to the chosen sample."""
        row, column, right, bottom = index.row(), index.column(), area.right() - 1, area.bottom() - 1
        painter.setPen(theme.color(theme.current().text))
        if model.laid_out.sample_of(row) is None:
            painter.drawLine(area.left(), area.top(), area.left(), area.bottom())
            painter.drawLine(right, area.top(), right, area.bottom())
            return
        if not (row and model.of_sample(row - 1, column)):
            painter.drawLine(area.left(), area.top(), area.right(), area.top())
        if row == model.rowCount() - 1 or not model.of_sample(row + 1, column):
            painter.drawLine(area.left(), bottom, area.right(), bottom)


class TensorTable(NumberTable):
    """The numbers of a tensor; the one in focus stays in sight."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.model_ = TensorModel(self)
        self.setModel(self.model_)
        self.setItemDelegate(_Cells(self))
        self._sighting = QTimer(self)  # of several sizes one after the other the last counts
        self._sighting.setSingleShot(True)
        self._sighting.timeout.connect(self._keep_in_sight)
        self.model_.lit_moved.connect(self._keep_in_sight)

    def _keep_in_sight(self) -> None:
        if self.model_.lit is not None:
            self.scrollTo(self.model_.index(*self.model_.lit))

    def resizeEvent(self, event: QResizeEvent) -> None:
        # A table that is shown for the first time gets its size and its scroll bars after its numbers.
        super().resizeEvent(event)
        self._sighting.start()
