"""The rows of the data as a virtual table: only the cells in sight are drawn. A table in the document can be edited."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QEvent,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    Qt,
    Signal,
)
from PySide6.QtGui import QFocusEvent, QFontMetrics, QGuiApplication, QKeyEvent, QKeySequence, QPainter
from PySide6.QtWidgets import (
    QAbstractItemDelegate,
    QAbstractItemView,
    QHeaderView,
    QStyle,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from compute.data import PARTS
from editor import theme
from editor.panels.data.headers import ColumnHeader, RowHeader, readers_text
from editor.panels.data.sheet import Sheet
from editor.panels.typed_cells import TypedCells
from editor.plain import tip_text

Index = QModelIndex | QPersistentModelIndex
_MOST_COPIED = 20_000
"""Cells that are copied at once, without holding the window."""
_FITTED_COLUMNS, _FITTED_ROWS = 200, 20
"""Of so many columns the width goes by so many cells."""


class RowsModel(QAbstractTableModel):
    """``typed`` sends (row, column, text) of a cell that was changed."""

    typed = Signal(int, str, str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.sheet = Sheet()

    def show_sheet(self, sheet: Sheet) -> bool:
        """Show other rows. Returns whether columns came or went, after which no cell is the current one."""
        old, parent = self.sheet, QModelIndex()
        same = (old.names, old.editable) == (sheet.names, sheet.editable)
        before, after = old.rows + old.editable, sheet.rows + sheet.editable
        # A cell that is being typed in begins a row, so that rows come and go without taking it away.
        if not same:
            self.beginResetModel()
        elif after > before:
            self.beginInsertRows(parent, before, after - 1)
        elif after < before:
            self.beginRemoveRows(parent, after, before - 1)
        self.sheet = sheet
        if not same:
            self.endResetModel()
        elif after > before:
            self.endInsertRows()
        elif after < before:
            self.endRemoveRows()
        if same and after and sheet.names:
            self.dataChanged.emit(self.index(0, 0), self.index(after - 1, len(sheet.names) - 1))
        return not same

    def rowCount(self, parent: Index | None = None) -> int:
        # Below the last row of a table that is edited, one more begins.
        return 0 if parent is not None and parent.isValid() else self.sheet.rows + self.sheet.editable

    def columnCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.sheet.names)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row, name = index.row(), self.sheet.names[index.column()]
        if row >= self.sheet.rows:
            return "" if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.EditRole) else None
        if role == Qt.ItemDataRole.DisplayRole:
            return self.sheet.text(row, name)
        if role == Qt.ItemDataRole.EditRole:
            return exact(self.sheet, row, name)
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            what = f" ({PARTS[self.sheet.part(row)]})" if row < len(self.sheet.held) else ""
            said = f"{name} of row {row}{what}: {exact(self.sheet, row, name) or self.sheet.gone}"
            return tip_text(said) if role == Qt.ItemDataRole.ToolTipRole else said
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation == Qt.Orientation.Vertical:
            return str(section) if role == Qt.ItemDataRole.DisplayRole else None
        name = self.sheet.names[section] if section < len(self.sheet.names) else ""
        if role == Qt.ItemDataRole.DisplayRole:
            return name
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            said = f"{name}: {readers_text(self.sheet, name) or 'no node reads it'}"
            return tip_text(said) if role == Qt.ItemDataRole.ToolTipRole else said
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        return flags | Qt.ItemFlag.ItemIsEditable if self.sheet.editable else flags

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        row, name, text = index.row(), self.sheet.names[index.column()], str(value)
        before = exact(self.sheet, row, name) if row < self.sheet.rows else ""
        if text != before:
            self.typed.emit(row, name, text)
        return True


def exact(sheet: Sheet, row: int, name: str) -> str:
    """A cell as the shortest text that reads back as the same."""
    value = sheet.value(row, name)
    if value is None or isinstance(value, str):
        return value or ""
    return repr(value).removesuffix(".0")


class _Cells(TypedCells):
    """Numbers at the right, text at the left; rows kept from training on another ground, lines around the sample."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        table, t = self.parent(), theme.current()
        assert isinstance(table, RowsTable)
        sheet, row = table.model_.sheet, index.row()
        area = QRect(option.rect)
        part = sheet.part(row)
        ground = (
            theme.mix(t.card, (t.card, t.validation, t.test, t.text_dim)[part], 0.12) if part else theme.color(t.card)
        )
        if option.state & QStyle.StateFlag.State_Selected:
            ground = theme.mix(ground.name(), t.accent, 0.35)
        painter.fillRect(area.adjusted(0, 0, -1, -1), ground)
        painter.setFont(option.font)
        if row < sheet.rows:
            name = sheet.names[index.column()]
            left = sheet.is_text(name)
            painter.setPen(theme.color(t.text if sheet.readers.get(name) else t.text_dim))
            side = Qt.AlignmentFlag.AlignLeft if left else Qt.AlignmentFlag.AlignRight
            text = sheet.text(row, name)
            if not text and sheet.gone:
                text = sheet.gone
                painter.setPen(theme.color(t.text_dim))
            text = option.fontMetrics.elidedText(text, Qt.TextElideMode.ElideRight, area.width() - 12)
            painter.drawText(area.adjusted(6, 0, -6, 0), int(side | Qt.AlignmentFlag.AlignVCenter), text)
        if row == table.sample_row:
            painter.setPen(theme.color(t.text))
            painter.drawLine(area.left(), area.top(), area.right(), area.top())
            painter.drawLine(area.left(), area.bottom() - 1, area.right(), area.bottom() - 1)
        if option.state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(theme.color(t.focus))
            painter.drawRect(area.adjusted(0, 0, -2, -2))


class RowsTable(QTableView):
    """``row_chosen``: a row that was clicked or reached by keys. ``pasted``: Ctrl+V, with the row and the column of the
    current cell; ``removal_asked``: Delete, with the rows. ``said``: a sentence for the person."""

    row_chosen = Signal(int)
    pasted = Signal(int, str)
    removal_asked = Signal(object)
    said = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.model_ = RowsModel(self)
        self.sample_row = -1
        self._following = False
        """Whether the current cell moves because the sample does, and not by a person."""
        self._enters = False
        """Whether typing ends by Enter."""
        self.columns_, self.rows_ = ColumnHeader(self), RowHeader(self)
        self.setHorizontalHeader(self.columns_)
        self.setVerticalHeader(self.rows_)
        self.setModel(self.model_)
        self.setItemDelegate(_Cells(self))
        self.setAccessibleName("Table of the data")
        self.setFont(theme.mono_font(9.0))
        self.setShowGrid(False)
        self.setCornerButtonEnabled(False)
        self.setWordWrap(False)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ContiguousSelection)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        edits = QAbstractItemView.EditTrigger
        self.setEditTriggers(edits.DoubleClicked | edits.EditKeyPressed | edits.AnyKeyPressed)
        metrics = QFontMetrics(self.font())
        self.rows_.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.rows_.setDefaultSectionSize(metrics.height() + 6)
        self.columns_.setDefaultSectionSize(metrics.horizontalAdvance("−0.000000") + 24)
        self.columns_.setMinimumSectionSize(metrics.horizontalAdvance("−0.00") + 12)
        self.selectionModel().currentChanged.connect(self._current_changed)
        theme.notifier.changed.connect(self._repaint)

    def _repaint(self) -> None:
        for part in (self, self.columns_, self.rows_):
            part.viewport().update()

    def show_sheet(self, sheet: Sheet) -> None:
        """Show other rows; the current cell stays, and where there is none the keyboard gets the first."""
        here = self.currentIndex()
        row, column = (here.row(), here.column()) if here.isValid() or not self.hasFocus() else (0, 0)
        self.columns_.sheet = self.rows_.sheet = sheet
        renewed = self.model_.show_sheet(sheet)
        if renewed:
            self._fit_columns()
        self.rows_.setFixedWidth(self.rows_.sizeHint().width())
        if renewed and row >= 0 and self.model_.rowCount() and self.model_.columnCount():
            self._go(min(row, self.model_.rowCount() - 1), min(column, self.model_.columnCount() - 1))
        self._repaint()

    def _fit_columns(self) -> None:
        """Make each column as wide as its name and its first cells want, within bounds."""
        sheet, letter = self.model_.sheet, QFontMetrics(self.font()).horizontalAdvance("0")
        names = QFontMetrics(self.columns_.font())
        for at, name in enumerate(sheet.names[:_FITTED_COLUMNS]):
            longest = max((len(sheet.text(row, name)) for row in range(min(sheet.rows, _FITTED_ROWS))), default=0)
            wanted = max(longest * letter, names.horizontalAdvance(name)) + 20
            self.setColumnWidth(at, min(max(wanted, 7 * letter + 20), 24 * letter))

    def _go(self, row: int, column: int) -> None:
        """Make a cell the current one, which is nobody's choice of a sample."""
        self._following = True
        flag = QItemSelectionModel.SelectionFlag.ClearAndSelect
        self.selectionModel().setCurrentIndex(self.model_.index(row, column), flag)
        self._following = False

    def show_sample(self, row: int) -> None:
        """Mark the row of the sample, and bring it into sight; −1 for none."""
        if row == self.sample_row:
            return
        self.sample_row = self.rows_.sample = row
        self._repaint()
        if 0 <= row < self.model_.sheet.rows and self.model_.columnCount() and self.currentIndex().row() != row:
            column = max(0, self.columns_.logicalIndexAt(1))
            self.scrollTo(self.model_.index(row, column))

    def _current_changed(self, current: QModelIndex, before: QModelIndex) -> None:
        row = current.row()
        if not self._following and 0 <= row < self.model_.sheet.rows and row != before.row():
            self.row_chosen.emit(row)

    def focusInEvent(self, event: QFocusEvent) -> None:
        # The first cell becomes the current one where none is, which is nobody's choice of a sample.
        self._following = not self.currentIndex().isValid()
        super().focusInEvent(event)
        self._following = False

    def event(self, event: QEvent) -> bool:
        # Keys of a table that has the focus, whatever else they mean in the window.
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.ShortcutOverride:
            plain = event.modifiers() in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier)
            typing = plain and event.text().isprintable() and event.text() and self.model_.sheet.editable
            deletes = event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace) and self.model_.sheet.editable
            clipboard = event.matches(QKeySequence.StandardKey.Copy) or event.matches(QKeySequence.StandardKey.Paste)
            if typing or deletes or clipboard:
                event.accept()
                return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        here, editing = self.currentIndex(), self.state() == QAbstractItemView.State.EditingState
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy()
        elif event.matches(QKeySequence.StandardKey.Paste):
            name = self.model_.sheet.names[here.column()] if here.isValid() else ""
            self.pasted.emit(max(0, here.row()), name)
        elif event.key() == Qt.Key.Key_Delete and not editing and self.model_.sheet.editable:
            rows = {index.row() for index in self.selectedIndexes()} & {*range(self.model_.sheet.rows)}
            if rows:
                self.removal_asked.emit(sorted(rows))
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and here.isValid():
            # As in a spreadsheet: down to the next row. The Enter that ends typing comes here too, before it has ended.
            self._enters = editing
            if not editing:
                self._down()
        else:
            super().keyPressEvent(event)

    def closeEditor(self, editor: QWidget, hint: QAbstractItemDelegate.EndEditHint) -> None:
        super().closeEditor(editor, hint)
        if self._enters:
            self._enters = False
            self._down()

    def _down(self) -> None:
        here = self.currentIndex()
        self.setCurrentIndex(self.model_.index(min(here.row() + 1, self.model_.rowCount() - 1), here.column()))

    def copy(self) -> None:
        """The selected cells as lines of exact numbers, for a spreadsheet."""
        found = self.selectionModel().selection()
        if found.isEmpty() or not self.model_.sheet.names:
            return
        sheet, part = self.model_.sheet, found.first()
        names = sheet.names[part.left() : part.right() + 1]
        end = min(part.bottom() + 1, sheet.rows)
        if (end - part.top()) * len(names) > _MOST_COPIED:
            end = part.top() + _MOST_COPIED // len(names)
            self.said.emit(f"Only rows {part.top()} to {end - 1} were copied; take the others from the file.")
        lines = ["\t".join(exact(sheet, row, name) for name in names) for row in range(part.top(), end)]
        QGuiApplication.clipboard().setText("\n".join(lines))
