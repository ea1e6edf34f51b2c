"""The columns of the data as a list: type, values, what speaks against them, a tick for each node that reads them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QEvent, QModelIndex, QObject, QPersistentModelIndex, QRect, Qt, Signal
from PySide6.QtGui import QFontMetrics, QKeyEvent, QMouseEvent, QPainter, QPen
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
)

from compute.data import ColumnFacts
from editor import icons, theme
from editor.plain import tip_text

Index = QModelIndex | QPersistentModelIndex
_NAME, _TYPE, _VALUES = "Column", "Type", "Values"
_LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
_MIDDLE = int(Qt.AlignmentFlag.AlignCenter)


@dataclass(frozen=True, slots=True)
class Reader:
    """A node that may read columns, or one that a tick would add (``node`` is then ""). op: ``input`` or ``target``."""

    node: str
    op: str
    label: str
    columns: frozenset[str] = frozenset()

    @property
    def heading(self) -> str:
        """What stands above its ticks."""
        return self.label if self.node else f"+ {self.op}"


class ColumnsModel(QAbstractTableModel):
    """Name, type, a tick for each reader, values."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.names: tuple[str, ...] = ()
        self.readers: tuple[Reader, ...] = ()
        self.facts: Mapping[str, ColumnFacts] = {}

    def show_columns(self, names: Sequence[str], readers: Sequence[Reader], facts: Mapping[str, ColumnFacts]) -> None:
        """Other columns, readers or facts."""
        now = (tuple(names), tuple(readers))
        same = (len(now[0]), len(now[1])) == (len(self.names), len(self.readers))
        if not same:
            self.beginResetModel()
        self.names, self.readers = now
        self.facts = facts
        if not same:
            self.endResetModel()
        elif self.names:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self.names) - 1, self.columnCount() - 1))
            self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, self.columnCount() - 1)

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.names)

    def columnCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.readers) + 3

    def reader(self, column: int) -> Reader | None:
        """Whose ticks stand in a column of the list."""
        return self.readers[column - 2] if 2 <= column < len(self.readers) + 2 else None

    def is_read(self, row: int, column: int) -> bool:
        """Whether there is a tick."""
        reader = self.reader(column)
        return reader is not None and self.names[row] in reader.columns

    def warning(self, row: int) -> str:
        """What speaks against the column as an input: that it is a target of now, or what its numbers show."""
        name = self.names[row]
        roles = {reader.op for reader in self.readers if name in reader.columns}
        if roles == {"input", "target"}:
            return "input and target at once: the network is given what it is to predict"
        facts = self.facts.get(name)
        return facts.warning if facts and "target" not in roles else ""

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row, column = index.row(), index.column()
        name, reader = self.names[row], self.reader(column)
        facts = self.facts.get(name)
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            said = self._said(row, column)
            return tip_text(said) if role == Qt.ItemDataRole.ToolTipRole else said
        if role != Qt.ItemDataRole.DisplayRole or reader is not None:
            return None
        if column == 0:
            return name
        if facts is None:
            return "…"
        return facts.type if column == 1 else facts.values

    def _said(self, row: int, column: int) -> str:
        name, reader, warning = self.names[row], self.reader(column), self.warning(row)
        if reader is not None:
            if not reader.node:
                return f"A click adds a node ({reader.op}) that reads {name}."
            return f"{reader.label} {'reads' if self.is_read(row, column) else 'does not read'} {name}."
        facts = self.facts.get(name)
        what = f"{name}: {facts.type}, {facts.values}" if facts else name
        if facts and facts.counts and len(facts.counts) <= 12:
            what += " (" + ", ".join(f"{each} {count}" for each, count in facts.counts) + ")"
        return f"{what}. {warning[0].upper()}{warning[1:]}." if warning else f"{what}."

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation == Qt.Orientation.Vertical:
            return None
        reader = self.reader(section)
        if role == Qt.ItemDataRole.DisplayRole:
            return reader.heading if reader else {0: _NAME, 1: _TYPE}.get(section, _VALUES)
        if role == Qt.ItemDataRole.ToolTipRole and reader:
            said = (
                f"The {reader.op} {reader.label}: a click selects it." if reader.node else f"Add a node: {reader.op}."
            )
            return tip_text(said)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _MIDDLE if reader else _LEFT
        return None


class _Cells(QStyledItemDelegate):
    """Ticks as boxes; a mark of warning before the values of what should not become an input unthought."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        model, t = index.model(), theme.current()
        assert isinstance(model, ColumnsModel)
        area, row = QRect(option.rect), index.row()
        over = option.state & (QStyle.StateFlag.State_Selected | QStyle.StateFlag.State_MouseOver)
        painter.fillRect(area, theme.color(t.hover if over else t.card))
        reader = model.reader(index.column())
        if reader is not None:
            self._tick(painter, area, model.is_read(row, index.column()), bool(reader.node))
        else:
            text, room = str(index.data() or ""), area.adjusted(6, 0, -6, 0)
            warning = model.warning(row) if index.column() == model.columnCount() - 1 else ""
            if warning:
                picture = icons.pixmap("warning", t.warning, 14, option.widget.devicePixelRatioF())
                painter.drawPixmap(room.left(), room.center().y() - 6, picture)
                room.setLeft(room.left() + 20)
                text = f"{warning}  ·  {text}"
            painter.setFont(option.font if index.column() else theme.ui_font(9.5))
            is_used = any(model.names[row] in each.columns for each in model.readers)
            painter.setPen(theme.color(t.text if is_used and not index.column() else t.text_dim))
            metrics = painter.fontMetrics()
            painter.drawText(room, _LEFT, metrics.elidedText(text, Qt.TextElideMode.ElideRight, room.width()))
        if option.state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(theme.color(t.focus))
            painter.drawRect(area.adjusted(0, 0, -1, -1))

    def _tick(self, painter: QPainter, area: QRect, on: bool, there: bool) -> None:
        t = theme.current()
        box = QRect(0, 0, 14, 14)
        box.moveCenter(area.center())
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(
            QPen(
                theme.color(t.accent if on else t.text_faint),
                1,
                Qt.PenStyle.SolidLine if there else Qt.PenStyle.DotLine,
            )
        )
        painter.setBrush(theme.color(t.accent if on else t.field))
        painter.drawRoundedRect(box, 4, 4)
        if on:
            painter.drawPixmap(box.left() + 1, box.top() + 1, icons.pixmap("check", t.on_accent, 12))
        painter.restore()


class ColumnsTable(QTableView):
    """``toggled``: a tick was set or taken, with the reader and the column; ``reader_chosen``: the heading of a reader;
    ``column_chosen``: the row of a column, to be found in the table of rows."""

    toggled = Signal(object, str)
    reader_chosen = Signal(object)
    column_chosen = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.model_ = ColumnsModel(self)
        self.setModel(self.model_)
        self.setItemDelegate(_Cells(self))
        self.setAccessibleName("Columns of the data")
        self.setFont(theme.ui_font(9.0))
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setMouseTracking(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.verticalHeader().hide()
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.verticalHeader().setDefaultSectionSize(QFontMetrics(self.font()).height() + 10)
        head = self.horizontalHeader()
        head.setFont(theme.ui_font(9.0))
        head.setHighlightSections(False)
        head.setSectionsClickable(True)
        head.setStretchLastSection(True)
        head.sectionClicked.connect(self._head_clicked)
        self.model_.modelReset.connect(self._lay_out)
        theme.notifier.changed.connect(self.viewport().update)

    def show_columns(self, names: Sequence[str], readers: Sequence[Reader], facts: Mapping[str, ColumnFacts]) -> None:
        """Other columns, readers or facts."""
        self.model_.show_columns(names, readers, facts)
        self.viewport().update()

    def _lay_out(self) -> None:
        metrics = QFontMetrics(theme.ui_font(9.5))
        longest = max((metrics.horizontalAdvance(name) for name in self.model_.names[:500]), default=0)
        self.setColumnWidth(0, max(80, min(200, longest + 20)))
        self.setColumnWidth(1, metrics.horizontalAdvance("number") + 20)
        for at, reader in enumerate(self.model_.readers, start=2):
            self.setColumnWidth(at, max(44, min(110, metrics.horizontalAdvance(reader.heading) + 20)))

    def _head_clicked(self, section: int) -> None:
        reader = self.model_.reader(section)
        if reader is not None and reader.node:
            self.reader_chosen.emit(reader)

    def _toggle(self, index: QModelIndex) -> bool:
        reader = self.model_.reader(index.column()) if index.isValid() else None
        if reader is None:
            return False
        self.toggled.emit(reader, self.model_.names[index.row()])
        return True

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        index = self.indexAt(event.position().toPoint())
        if event.button() == Qt.MouseButton.LeftButton and index.isValid() and index == self.currentIndex():
            self._toggle(index)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        index = self.indexAt(event.position().toPoint())
        if index.isValid() and self.model_.reader(index.column()) is None:
            self.column_chosen.emit(self.model_.names[index.row()])
        else:
            super().mouseDoubleClickEvent(event)

    def event(self, event: QEvent) -> bool:
        # Space sets a tick, whatever else it means in the window.
        if (
            isinstance(event, QKeyEvent)
            and event.type() == QEvent.Type.ShortcutOverride
            and event.key() == Qt.Key.Key_Space
            and event.modifiers() == Qt.KeyboardModifier.NoModifier
        ):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        keys = (Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if not (event.key() in keys and self._toggle(self.currentIndex())):
            super().keyPressEvent(event)
