"""The trials as a table, the best first, each with its curve; or the means of those that differ in their seed alone."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
)

from compute.numbers_text import short
from compute.sweep import Mean, Outcome, Sweep, means, ranked, value_text
from compute.sweep.table import metrics_of
from editor import theme
from editor.plain import tip_text
from editor.scale import px

Index = QModelIndex | QPersistentModelIndex
CURVE = "curve"
MEAN, TRIALS, FAILED = "mean ± deviation", "trials", "failed"
_POINTS = 60
"""Of a curve in a cell."""


class TrialsModel(QAbstractTableModel):
    """Outcomes in their order, or means of them in theirs, each of which stands for the best of its trials."""

    def __init__(self) -> None:
        super().__init__()
        self.outcomes: list[Outcome] = []
        """Of each line."""
        self.means: list[Mean] = []
        """Of each line, where lines are means."""
        self._columns: list[str] = []
        self._axes: list[str] = []

    def show_trials(self, sweep: Sweep | None, outcomes: Sequence[Outcome], *, over_seeds: bool = False) -> None:
        """Other trials, or the same further on; ``over_seeds``: their means."""
        axes = [axis.name for axis in sweep.axes if not (over_seeds and axis.varied.is_seed)] if sweep else []
        judged = any(len(each.validation) for each in outcomes)
        # By what they are ranked comes first, so that it is in sight however narrow the table is.
        first, *after = ["validation loss", CURVE, "loss"] if judged else ["loss", CURVE]
        columns = [first, *axes, *after, *metrics_of(outcomes), "epochs"] if sweep else []
        best, self.means = ranked(outcomes), means(sweep, outcomes) if sweep and over_seeds else []
        if self.means:
            columns, best = [MEAN, *axes, TRIALS, FAILED], [mean.outcomes[0] for mean in self.means]
        same = columns == self._columns and len(best) == len(self.outcomes)
        if not same:
            self.beginResetModel()
        self.outcomes, self._columns, self._axes = best, columns, axes
        if not same:
            self.endResetModel()
        elif best:
            self.dataChanged.emit(self.index(0, 0), self.index(len(best) - 1, len(columns) - 1))

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.outcomes)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._columns)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        if orientation == Qt.Orientation.Vertical:
            return str(section + 1)
        return self._columns[section].replace("_", " ") if section < len(self._columns) else None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid() or index.row() >= len(self.outcomes):
            return None
        outcome, name = self.outcomes[index.row()], self._columns[index.column()]
        mean = self.means[index.row()] if self.means else None
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(outcome, name) if mean is None else _told(mean, name)
        if role == Qt.ItemDataRole.UserRole:
            return outcome
        if role == Qt.ItemDataRole.ToolTipRole:
            opens = "Double-click opens it in a window" if mean is None else "Double-click opens the best of its trials"
            return tip_text(f"Failed: {outcome.fault}" if outcome.fault else opens)
        if role == Qt.ItemDataRole.ForegroundRole and (outcome.fault or (mean is not None and mean.faults)):
            return theme.color(theme.current().error)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        return None

    def _text(self, outcome: Outcome, name: str) -> str:
        if name in self._axes:
            return value_text(outcome.trial.values[name])
        match name:
            case "validation loss":
                return _number(outcome.validation_loss)
            case "loss":
                return _number(outcome.loss)
            case "epochs":
                return f"{outcome.epochs} ✕" if outcome.fault else str(outcome.epochs)
            case "curve":
                return outcome.fault
            case _:
                return _number(outcome.metrics.get(name))

    @property
    def curve_column(self) -> int:
        """Where the curves stand; −1 where there are none."""
        return self._columns.index(CURVE) if CURVE in self._columns else -1


def _told(mean: Mean, name: str) -> str:
    match name:
        case "mean ± deviation":
            return f"{short(mean.score)} ± {short(mean.spread)}" if math.isfinite(mean.score) else "–"
        case "trials":
            return str(len(mean.outcomes))
        case "failed":
            return str(mean.faults) if mean.faults else ""
        case _:
            return value_text(mean.values[name])


def _number(value: float | None) -> str:
    return "–" if value is None else short(value)


class Curves(QStyledItemDelegate):
    """Draws the loss of every epoch, on an axis of powers of ten; of what failed its fault is told."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        outcome = index.data(Qt.ItemDataRole.UserRole)
        if not isinstance(outcome, Outcome) or outcome.fault:
            super().paint(painter, option, index)
            return
        found = outcome.validation if len(outcome.validation) > 1 else outcome.losses
        shown = found[:: max(1, len(found) // _POINTS)]
        shown = shown[np.isfinite(shown) & (shown > 0)]
        if len(shown) < 2:
            return
        heights = np.log10(shown)
        low, spread = float(heights.min()), max(float(np.ptp(heights)), 1e-9)
        rect: QRectF = QRectF(option.rect).adjusted(px(6), px(4), -px(6), -px(4))
        across = np.linspace(rect.left(), rect.right(), len(heights))
        down = rect.bottom() - (heights - low) / spread * rect.height()
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        t = theme.current()
        painter.setPen(
            QPen(theme.color(t.validation or t.text_dim if len(outcome.validation) > 1 else t.text_dim), 1.5)
        )
        painter.drawPolyline(QPolygonF([QPointF(x, y) for x, y in zip(across.tolist(), down.tolist(), strict=True)]))
        painter.restore()


class TrialsTable(QTableView):
    """``opened`` sends the outcome of a line that was double-clicked, or where Enter was pressed."""

    opened = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.trials = TrialsModel()
        self.setModel(self.trials)
        self.setAccessibleName("Trials, the best first")
        self.setFont(theme.mono_font(8.5))
        self.setShowGrid(False)
        self.setCornerButtonEnabled(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self._curves = Curves(self)
        for header in (self.horizontalHeader(), self.verticalHeader()):
            header.setFont(theme.mono_font(8.0))
            header.setHighlightSections(False)
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        self.horizontalHeader().setStretchLastSection(True)
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.trials.modelReset.connect(self._measure)
        self.doubleClicked.connect(lambda index: self._open(index))
        theme.notifier.changed.connect(self._measure)
        self._measure()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.currentIndex().isValid():
            self._open(self.currentIndex())
            return
        super().keyPressEvent(event)

    @property
    def chosen(self) -> Outcome | None:
        """The trial of the line that is selected."""
        at = self.currentIndex().row()
        return self.trials.outcomes[at] if 0 <= at < len(self.trials.outcomes) else None

    def _open(self, index: Index) -> None:
        outcome = index.data(Qt.ItemDataRole.UserRole)
        if isinstance(outcome, Outcome) and outcome.state is not None:
            self.opened.emit(outcome)

    def _measure(self) -> None:
        metrics = self.fontMetrics()
        self.verticalHeader().setDefaultSectionSize(metrics.height() + px(6))
        for at in range(self.trials.columnCount()):
            name = str(self.trials.headerData(at, Qt.Orientation.Horizontal))
            widest = "0.00123 ± 0.00012" if name == MEAN else "0.000123"
            width = math.ceil(max(metrics.horizontalAdvance(name), metrics.horizontalAdvance(widest)) + px(18))
            self.setColumnWidth(at, width)
            curve = at == self.trials.curve_column
            self.setItemDelegateForColumn(at, self._curves if curve else None)  # type: ignore[arg-type]
