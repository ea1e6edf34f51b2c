"""What all tables of numbers have in common: their looks, and that cells are asked about and copied."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QItemSelectionModel, QModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QFontMetrics, QGuiApplication, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QMenu, QTableView

from compute.numbers_text import Format, chosen, count_text, plural
from compute.tsv import MOST_CELLS, tsv
from editor import number_format, theme
from editor.background import Background
from editor.scale import px

AT_ONCE = 20_000
"""The text of more cells is made beside the window."""
NUMBER = Qt.ItemDataRole.UserRole
"""The exact number of a cell, as a float; None where it has none."""


class NumberModel(QAbstractTableModel):
    """A model of numbers, whose cells are copied as they are, whatever their text."""

    def lines(self, area: QRect) -> list[list[Any]]:
        """The numbers, texts and blanks (None) of some cells, line by line; without Qt, for another thread."""
        raise NotImplementedError


class _Header(QHeaderView):
    """Looks the same whatever is selected: to find out whether a column is, Qt would ask each cell of it."""

    def __init__(self, orientation: Qt.Orientation, parent: QTableView) -> None:
        super().__init__(orientation, parent)
        self.setSectionsClickable(True)
        self.setHighlightSections(False)

    def setSelectionModel(self, model: QItemSelectionModel) -> None:
        super().setSelectionModel(QItemSelectionModel(model.model(), self))


class _Columns(_Header):
    """One line high: Qt would ask for the names of two hundred columns to find that out, at each layout."""

    def __init__(self, parent: QTableView) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self._known: tuple[str, QSize] | None = None

    def sizeHint(self) -> QSize:
        of = f"{self.font().toString()} {px(100)}"
        if self._known is None or self._known[0] != of:
            if not self.count():
                return super().sizeHint()
            self._known = of, self.sectionSizeFromContents(0)
        return self._known[1]


class NumberTable(QTableView):
    """``asked`` sends (row, column) of a cell that was clicked, ``confirmed`` of one where Enter was pressed; ``said``
    a sentence about what was copied."""

    asked = Signal(int, int)
    confirmed = Signal(int, int)
    said = Signal(str)

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.setFont(theme.mono_font(8.5))
        self.setShowGrid(False)
        self.setCornerButtonEnabled(False)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ContiguousSelection)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalHeader(_Columns(self))
        self.setVerticalHeader(_Header(Qt.Orientation.Vertical, self))
        across, down = self.horizontalHeader(), self.verticalHeader()
        for header in (across, down):
            header.setFont(theme.mono_font(8.0))
            header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        across.setDefaultAlignment(Qt.AlignmentFlag.AlignCenter)
        across.setTextElideMode(Qt.TextElideMode.ElideRight)
        down.setDefaultAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._background = Background(self)
        self.extras: tuple[tuple[str, Callable[[], object]], ...] = ()
        """What can be done with the numbers beside copying them: the words of the menu, and what they do."""
        self.measure()
        self.clicked.connect(self._ask)
        theme.notifier.changed.connect(self.measure)
        number_format.notifier.changed.connect(self.measure)

    def measure(self) -> None:
        """Cells as large as their numbers."""
        metrics, across, down = QFontMetrics(self.font()), self.horizontalHeader(), self.verticalHeader()
        across.setDefaultSectionSize(metrics.horizontalAdvance(chosen().widest) + px(10))
        down.setDefaultSectionSize(metrics.height() + px(8))
        down.setMinimumWidth(metrics.horizontalAdvance("▸ 000") + px(10))
        self.viewport().update()

    def fit(self, first: int, most: int, room: int) -> None:
        """As high as its lines, at most so many, with a first column of a width and the others sharing the room."""
        count = self.model().columnCount()
        if count < 2:
            return
        inside = room - first - self.verticalScrollBar().sizeHint().width() - 4
        least = QFontMetrics(self.font()).horizontalAdvance(chosen().widest) + px(9)
        self.setColumnWidth(0, first)
        for at in range(1, count):
            self.setColumnWidth(at, max(least, inside // (count - 1)))
        bar = self.horizontalScrollBar().sizeHint().height() if least * (count - 1) > inside else 0
        lines = min(self.model().rowCount(), most) * self.verticalHeader().defaultSectionSize()
        self.setFixedHeight(self.horizontalHeader().sizeHint().height() + lines + bar + 2)

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
        elif event.key() == Qt.Key.Key_C and event.modifiers() == _WITH_NAMES:
            self.copy(named=True)
        else:
            super().keyPressEvent(event)

    # -- copying --------------------------------------------------------------------------------------------

    @property
    def _selected(self) -> QRect:
        """The cells that are selected: x and width in columns, y and height in rows."""
        # Of ten million selected cells no list is made.
        area = QRect()
        selection = self.selectionModel().selection()
        for each in (selection.at(i) for i in range(selection.count())):
            area = area.united(QRect(each.left(), each.top(), each.width(), each.height()))
        return area

    @property
    def _all(self) -> QRect:
        model = self.model()
        return QRect(0, 0, model.columnCount(), model.rowCount())

    def copy(self, *, named: bool = False, whole: bool = False) -> None:
        """The selected cells, or all, as lines of exact numbers for a spreadsheet; with the names of rows and columns,
        where they are wanted."""
        area, model = self._all if whole else self._selected, self.model()
        count = area.width() * area.height()
        if area.isEmpty() or not isinstance(model, NumberModel):
            return
        if count > MOST_CELLS:
            self.said.emit(
                f"{count_text(count)} cells are too many to copy: select no more than {count_text(MOST_CELLS)}, "
                "or export the weights to a file."
            )
            return
        rows, columns = (self._names(area, way) if named else None for way in (_DOWN, _ACROSS))

        def make() -> str:
            return tsv(model.lines(area), rows, columns)

        if count <= AT_ONCE:
            self._take(count, make())
        else:
            self._background.run(lambda _task: make(), lambda text: self._take(count, text), self.said.emit)

    def _take(self, count: int, text: str) -> None:
        QGuiApplication.clipboard().setText(text)
        self.said.emit(f"Copied {count_text(count)} {plural('cell', count)}, as lines with tabs.")

    def _names(self, area: QRect, way: Qt.Orientation) -> list[str] | None:
        """The names along one way; None where it has none."""
        header = self.horizontalHeader() if way == _ACROSS else self.verticalHeader()
        if header.isHidden():
            return None
        first, last = (area.left(), area.right()) if way == _ACROSS else (area.top(), area.bottom())
        names = [str(self.model().headerData(at, way) or "") for at in range(first, last + 1)]
        return [name.removeprefix("▸ ") for name in names]

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        menu = self.menu()
        menu.exec(event.globalPos())
        menu.deleteLater()

    def menu(self) -> QMenu:
        """What can be done with the numbers."""
        menu = QMenu(self)
        some = not self._selected.isEmpty()
        for text, do in self.extras:
            menu.addAction(text).triggered.connect(do)
        if self.extras:
            menu.addSeparator()
        for text, keys, do, on in (
            ("Copy", "Ctrl+C", lambda: self.copy(), some),
            ("Copy with names", "Ctrl+Shift+C", lambda: self.copy(named=True), some),
            ("Copy all with names", "", lambda: self.copy(named=True, whole=True), not self._all.isEmpty()),
        ):
            action = menu.addAction(f"{text}\t{keys}" if keys else text)
            action.setEnabled(on)
            action.triggered.connect(do)
        formats = menu.addMenu("Number format")
        now = chosen()
        for kind, name in number_format.NAMES:
            action = formats.addAction(name)
            action.setCheckable(True)
            action.setChecked(kind == now.kind)
            action.triggered.connect(partial(number_format.put, Format(kind, now.digits)))
        return menu


_WITH_NAMES = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
_ACROSS, _DOWN = Qt.Orientation.Horizontal, Qt.Orientation.Vertical
