"""What all tables of numbers have in common: their looks, and that cells are asked about and copied."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QGuiApplication, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView

from editor import theme
from editor.panels.fields import number_text
from editor.scale import px

NUMBER = Qt.ItemDataRole.UserRole
"""The exact number of a cell, as a float; None where it has none."""


class NumberTable(QTableView):
    """``asked`` sends (row, column) of a cell that was clicked, ``confirmed`` of one where Enter was pressed."""

    asked = Signal(int, int)
    confirmed = Signal(int, int)

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.setFont(theme.mono_font(8.5))
        self.setShowGrid(False)
        self.setCornerButtonEnabled(False)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ContiguousSelection)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        across, down = self.horizontalHeader(), self.verticalHeader()
        for header in (across, down):
            header.setFont(theme.mono_font(8.0))
            header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
            header.setHighlightSections(False)
        across.setDefaultAlignment(Qt.AlignmentFlag.AlignCenter)
        across.setTextElideMode(Qt.TextElideMode.ElideRight)
        down.setDefaultAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.measure()
        self.clicked.connect(self._ask)
        theme.notifier.changed.connect(self.measure)

    def measure(self) -> None:
        """Cells as large as their numbers."""
        metrics, across, down = QFontMetrics(self.font()), self.horizontalHeader(), self.verticalHeader()
        across.setDefaultSectionSize(metrics.horizontalAdvance("−0.00e-0") + px(10))
        down.setDefaultSectionSize(metrics.height() + px(8))
        down.setMinimumWidth(metrics.horizontalAdvance("▸ 000") + px(10))
        self.viewport().update()

    def minimumSizeHint(self) -> QSize:
        """The header and one line."""
        return QSize(px(60), px(40))

    def _ask(self, index: QModelIndex) -> None:
        self.asked.emit(index.row(), index.column())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            here, editing = self.currentIndex(), self.state() == QAbstractItemView.State.EditingState
            if here.isValid() and not editing:  # the Enter that ends typing comes here too
                self.confirmed.emit(here.row(), here.column())
        elif event.matches(QKeySequence.StandardKey.Copy):
            self.copy()
        else:
            super().keyPressEvent(event)

    def copy(self) -> None:
        """The selected cells as lines of exact numbers, for a spreadsheet."""
        cells = sorted(self.selectedIndexes(), key=lambda i: (i.row(), i.column()))
        lines: dict[int, list[str]] = {}
        for index in cells:
            number = index.data(NUMBER)
            text = str(index.data() or "") if number is None else number_text(number)
            lines.setdefault(index.row(), []).append(text)
        QGuiApplication.clipboard().setText("\n".join("\t".join(line) for line in lines.values()))
