"""The field in which the numbers of a constant are typed where they stand: a small table over the node's body."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from PySide6.QtCore import (
    QAbstractTableModel,
    QEvent,
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPointF,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence, QPainter, QPen
from PySide6.QtWidgets import (
    QAbstractItemDelegate,
    QAbstractItemView,
    QFrame,
    QLineEdit,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from compute.edits import Edit
from compute.matrix_text import MOST, Cells, cells_of, matrix_of, typed_setting, used, written
from compute.numbers_text import short
from compute.shapes import shape_text
from editor import theme
from editor.accessible import announce
from editor.canvas.popups import PoppedUp, put
from editor.canvas.view import CanvasView
from editor.plain import Label
from editor.scale import px

Index = QModelIndex | QPersistentModelIndex
CELL_WIDTH, CELL_HEIGHT, IN_SIGHT = 58, 26, 8
"""Of a cell, in pixels; how many rows and columns are in sight at most."""
MOST_LETTERS = 7
"""Of a number in a cell, as it is typed."""
HINT = "Enter: down, twice: done · Tab: right · Esc: as before · the last row and column are new ones · paste a matrix"


class MatrixGrid(QAbstractTableModel):
    """The cells as they are typed, with an empty row below and an empty column beside them. ``typed``: a cell changed;
    ``refused`` sends a sentence."""

    typed = Signal()
    refused = Signal(str)

    def __init__(self, cells: Cells, parent: QWidget) -> None:
        super().__init__(parent)
        self.cells = cells

    @property
    def rows(self) -> int:
        return len(self.cells)

    @property
    def columns(self) -> int:
        return max(map(len, self.cells), default=0)

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else min(self.rows + 1, MOST)

    def columnCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else min(self.columns + 1, MOST)

    def text(self, row: int, column: int) -> str:
        """What stands in a cell."""
        return self.cells[row][column] if row < self.rows and column < len(self.cells[row]) else ""

    def is_new(self, row: int, column: int) -> bool:
        """Whether a cell would make a new row or column."""
        return row >= self.rows or column >= self.columns

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role == Qt.ItemDataRole.DisplayRole:
            new = (index.row(), index.column()) in ((self.rows, 0), (0, self.columns))
            return "+" if new else _fitting(self.text(index.row(), index.column()))
        if role == Qt.ItemDataRole.EditRole:
            return self.text(index.row(), index.column())
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return int(Qt.AlignmentFlag.AlignCenter)
        if role == Qt.ItemDataRole.BackgroundRole and not self.is_new(index.row(), index.column()):
            return theme.color(theme.current().field)
        if role == Qt.ItemDataRole.ForegroundRole and self.is_new(index.row(), index.column()):
            return theme.color(theme.current().text_dim)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            what = self.text(index.row(), index.column()) or "empty"
            return f"row {index.row()}, column {index.column()}: {what}"
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsEditable

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        text = str(value).strip()
        if text == self.text(index.row(), index.column()):
            return True
        several = text and any(mark in text for mark in ";,\t\n[") and not _is_decimal(text)
        return (
            self.put(text, index.row(), index.column()) if several else self._set({(index.row(), index.column()): text})
        )

    def put(self, text: str, row: int, column: int, *, instead: bool = False) -> bool:
        """A whole matrix from a cell on; ``instead``: and nothing else. Whether there was one."""
        try:
            cells = cells_of(text)
        except ValueError as error:
            self.refused.emit(str(error))
            return False
        places = {(row + i, column + j): cell for i, line in enumerate(cells) for j, cell in enumerate(line)}
        if max(i for i, _ in places) >= MOST or max(j for _, j in places) >= MOST:
            self.refused.emit(f"A matrix that is typed has at most {MOST} rows and columns.")
            return False
        if instead:
            self._begin_anew([])
        return self._set(places)

    def empty(self, places: Sequence[tuple[int, int]]) -> None:
        """Nothing in these cells; rows and columns that are empty then go."""
        for i, j in places:
            if self.text(i, j):
                self.cells[i][j] = ""
        self._begin_anew(used(self.cells))
        self.typed.emit()

    def _begin_anew(self, cells: Cells) -> None:
        self.beginResetModel()
        self.cells = cells
        self.endResetModel()

    def _set(self, texts: dict[tuple[int, int], str]) -> bool:
        """Other texts; the table grows as far as they reach, and what is being typed in it goes on."""
        rows, columns = self.rowCount(), self.columnCount()
        more_rows = min(max(i for i, _ in texts) + 2, MOST) - rows
        more_columns = min(max(j for _, j in texts) + 2, MOST) - columns
        if more_rows > 0:
            self.beginInsertRows(QModelIndex(), rows, rows + more_rows - 1)
            self.cells += [[] for _ in range(max(i for i, _ in texts) + 1 - self.rows)]
            self.endInsertRows()
        if more_columns > 0:
            self.beginInsertColumns(QModelIndex(), columns, columns + more_columns - 1)
            self.cells[0] += [""] * (max(j for _, j in texts) + 1 - len(self.cells[0]))
            self.endInsertColumns()
        for (row, column), text in texts.items():
            line = self.cells[row]
            line += [""] * (column + 1 - len(line))
            line[column] = text
        self.dataChanged.emit(self.index(0, 0), self.index(self.rowCount() - 1, self.columnCount() - 1))
        self.typed.emit()
        return True


def _fitting(text: str) -> str:
    """What a cell shows while nobody types in it: a long number in short."""
    if len(text) <= MOST_LETTERS:
        return text
    try:
        return short(float(text))
    except ValueError:  # arithmetic, which is shown as it was typed
        return text


def _is_decimal(text: str) -> bool:
    """Whether a comma in a cell is that of a number, as in ``0,5``."""
    whole, comma, part = text.partition(",")
    return bool(comma) and whole.strip("+-−").isdigit() and part.isdigit() and " " not in text


class _Cells(QStyledItemDelegate):
    """A line for a cell, without a frame of its own; the current cell has one."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        super().paint(painter, option, index)
        table = self.parent()
        if isinstance(table, QTableView) and table.currentIndex() == index:
            painter.setPen(QPen(theme.color(theme.current().focus), 2))
            painter.drawRect(QRect(option.rect).adjusted(1, 1, -2, -2))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        enter = isinstance(event, QKeyEvent) and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if enter and event.type() == QEvent.Type.KeyPress and isinstance(watched, QWidget):
            # At once: Qt's own way is later, when the next key may be there already.
            self.commitData.emit(watched)
            self.closeEditor.emit(watched, QAbstractItemDelegate.EndEditHint.SubmitModelCache)
            table = self.parent()
            if isinstance(event, QKeyEvent) and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
                assert isinstance(table, MatrixTable)
                table.left.emit(True)
            return True
        return super().eventFilter(watched, event)

    def createEditor(self, parent: QWidget, option: Any, index: Index) -> QWidget:
        line = QLineEdit(parent)
        line.setAlignment(Qt.AlignmentFlag.AlignCenter)
        line.setProperty("kind", "cell")
        line.setAccessibleName(f"row {index.row()}, column {index.column()}")
        return line


class MatrixTable(QTableView):
    """Enter goes down, Tab to the right; both at the end of what is there begin a new row. ``left``: the field is done,
    with what was typed or without it."""

    left = Signal(bool)

    def __init__(self, model: MatrixGrid) -> None:
        super().__init__()
        self.model_ = model
        self.setModel(model)
        self.setItemDelegate(_Cells(self))
        self.setFont(theme.mono_font(10))
        self.setAccessibleName("Numbers of the matrix")
        self.setSelectionMode(QAbstractItemView.SelectionMode.ContiguousSelection)
        self.setEditTriggers(
            QAbstractItemView.EditTrigger.AnyKeyPressed
            | QAbstractItemView.EditTrigger.DoubleClicked
            | QAbstractItemView.EditTrigger.EditKeyPressed
        )
        for header, size in ((self.horizontalHeader(), CELL_WIDTH), (self.verticalHeader(), CELL_HEIGHT)):
            header.hide()
            header.setMinimumSectionSize(1)
            header.setDefaultSectionSize(px(size))
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)

    def go(self, row: int, column: int) -> None:
        """To a cell, as far as there is one."""
        row, column = min(row, self.model_.rowCount() - 1), min(column, self.model_.columnCount() - 1)
        self.setCurrentIndex(self.model_.index(max(row, 0), max(column, 0)))

    def select_matrix(self) -> None:
        """Select all that is there, so that what is pasted takes its place."""
        model = self.model_
        whole = QItemSelection(model.index(0, 0), model.index(model.rows - 1, model.columns - 1))
        self.selectionModel().select(whole, QItemSelectionModel.SelectionFlag.ClearAndSelect)

    @property
    def _here(self) -> tuple[int, int]:
        index = self.currentIndex()
        return max(index.row(), 0), max(index.column(), 0)

    def _down(self) -> None:
        """To the next row; from an empty one at the end all is taken."""
        row, column = self._here
        if row >= self.model_.rows:
            self.left.emit(True)
        else:
            self.go(row + 1, column if row + 1 < self.model_.rows else 0)

    def _right(self, by: int) -> None:
        """To the next cell of the row, from its end to the next row; the new column comes last."""
        row, column = self._here
        if by > 0 and column >= self.model_.columns:
            self.go(row + 1, 0)
        elif by < 0 and column == 0:
            self.go(row - 1, self.model_.columns - 1)
        else:
            self.go(row, column + by)

    def closeEditor(self, editor: QWidget, hint: QAbstractItemDelegate.EndEditHint) -> None:
        super().closeEditor(editor, QAbstractItemDelegate.EndEditHint.NoHint)
        ends = QAbstractItemDelegate.EndEditHint
        if hint == ends.SubmitModelCache:
            self._down()
        elif hint in (ends.EditNextItem, ends.EditPreviousItem):
            self._right(1 if hint == ends.EditNextItem else -1)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, control = event.key(), event.modifiers() & Qt.KeyboardModifier.ControlModifier
        if key == Qt.Key.Key_Escape:
            self.left.emit(False)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if control:
                self.left.emit(True)
            else:
                self._down()
        elif key in (Qt.Key.Key_Tab, Qt.Key.Key_Backtab):
            self._right(1 if key == Qt.Key.Key_Tab else -1)
        elif event.matches(QKeySequence.StandardKey.Paste):
            self.paste()
        elif event.matches(QKeySequence.StandardKey.Copy):
            self.copy()
        elif key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self._keeping_place(lambda: self.model_.empty([(i.row(), i.column()) for i in self.selectedIndexes()]))
        else:
            super().keyPressEvent(event)

    def focusNextPrevChild(self, next_: bool) -> bool:
        return False  # Tab goes from cell to cell

    def _keeping_place(self, change: Callable[[], object]) -> None:
        place = self._here
        change()
        self.go(*place)

    def paste(self) -> None:
        """What is on the clipboard, from the current cell on; in place of everything where everything is selected."""
        model, clipboard = self.model_, QGuiApplication.clipboard()
        selected = {(i.row(), i.column()) for i in self.selectedIndexes()}
        everything = {(i, j) for i in range(model.rows) for j in range(model.columns)} <= selected
        row, column = (0, 0) if everything else self._here
        self._keeping_place(lambda: model.put(clipboard.text(), row, column, instead=everything))

    def copy(self) -> None:
        """What is selected, as a spreadsheet reads it."""
        places = [(i.row(), i.column()) for i in self.selectedIndexes()]
        rows, columns = sorted({i for i, _ in places}), sorted({j for _, j in places})
        lines = ["\t".join(self.model_.text(i, j) for j in columns if j < self.model_.columns) for i in rows]
        QGuiApplication.clipboard().setText(
            "\n".join(line for i, line in zip(rows, lines, strict=True) if i < self.model_.rows)
        )


class MatrixField(QFrame):
    """Types the numbers of a node. Each that is whole and sound is in the graph at once, and all of them are one undo
    step; Ctrl+Enter, Enter in the empty last row or a click elsewhere leaves the field, Esc takes everything back."""

    def __init__(self, canvas: CanvasView, node_id: str, close: Callable[[], None], stroke: str) -> None:
        super().__init__(canvas)
        node = canvas.session.document.graph.nodes[node_id]
        self._canvas, self._id, self._put_away, self._stroke = canvas, node_id, close, stroke
        self._param = typed_setting(node.op)
        self._before: Any = node.params.get(self._param, 1.0)
        self._axes = np.ndim(self._before)
        self.busy = False
        """Whether the document changes by what is typed here."""
        self.setProperty("kind", "floating")
        numbers = np.atleast_2d(np.asarray(self._before, dtype=np.float64)).tolist()
        self.grid = MatrixGrid([[written(each) for each in line] for line in numbers], self)
        self.table = MatrixTable(self.grid)
        self.said = Label("")
        self.said.setFont(theme.ui_font(8.5))
        self.said.setWordWrap(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6, 6, 6, 6)
        layout.setSpacing(4)
        layout.addWidget(self.table)
        layout.addWidget(self.said)
        self.setAccessibleName(f"Matrix {node.label}")
        self.setFocusProxy(self.table)
        PoppedUp(self, canvas, self._leave)
        self.grid.typed.connect(self._follow_text)
        self.grid.refused.connect(self._complain)
        self.table.left.connect(self._end)
        self._tell("")
        self.follow()
        self.table.go(0, 0)
        self.table.select_matrix()
        self.show()
        self.table.setFocus(Qt.FocusReason.OtherFocusReason)

    def follow(self) -> None:
        """Stand on the node's body, wherever that is now."""
        view, camera = self._canvas.scene.nodes.get(self._id), self._canvas.camera
        if view is not None:
            x, y, *_ = view.face.body
            corner = camera.to_screen(view.rect.topLeft() + QPointF(x - 12, y - 6))
            put(self, self._canvas, QRectF(corner.x(), corner.y(), *self._size().toTuple()).toRect())

    def _size(self) -> QSize:
        rows, columns = (min(n, IN_SIGHT) for n in (self.grid.rowCount(), self.grid.columnCount()))
        wide = max(columns * px(CELL_WIDTH) + 2, px(210))
        self.table.setFixedHeight(rows * px(CELL_HEIGHT) + 2)
        self.said.setFixedWidth(wide)
        return QSize(wide + 14, rows * px(CELL_HEIGHT) + 2 + self.said.heightForWidth(wide) + 18)

    # -- what is typed --------------------------------------------------------------------------------------

    def value(self) -> Any:
        """The number, vector or matrix that is typed; it has as many axes as before, where that is possible. Errors:
        ValueError with a sentence."""
        rows = matrix_of(self.grid.cells)
        if self._axes == 2 or len(rows) > 1:
            return rows
        return rows[0][0] if self._axes == 0 and len(rows[0]) == 1 else rows[0]

    def _follow_text(self) -> None:
        try:
            value = self.value()
        except ValueError as error:
            self._complain(str(error))
            return
        self._apply(value)
        self._tell("")

    def _apply(self, value: Any) -> None:
        session = self._canvas.session
        node = session.document.graph.nodes.get(self._id)
        if node is None or node.params.get(self._param) == value:
            return
        edit = session.edits.set_param(self._id, self._param, value)
        self.busy = True
        try:
            session.apply(Edit(edit.text, edit.changes, self._stroke))
        finally:
            self.busy = False

    def _complain(self, sentence: str) -> None:
        announce(self, sentence)
        self._tell(sentence)

    def _tell(self, problem: str) -> None:
        """What is wrong, or what the matrix is and how it is typed."""
        cells = used(self.grid.cells)
        shape = shape_text((len(cells), len(cells[0]))) if cells else "empty"
        self.said.setText(problem or f"{shape} · {HINT}")
        self.said.setProperty("kind", "error" if problem else "dim")
        self.said.style().unpolish(self.said)
        self.said.style().polish(self.said)
        self.follow()

    def _leave(self) -> None:
        """A click elsewhere: the cell at hand is taken."""
        self.table.setFocus(Qt.FocusReason.OtherFocusReason)
        self._put_away()

    def _end(self, taken: bool) -> None:
        if not taken:
            self._apply(self._before)
        self._put_away()
