"""The palette: every operation by group, searched as one types, dragged or added with Enter."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from PySide6.QtCore import (
    QByteArray,
    QEvent,
    QMimeData,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QFocusEvent, QKeyEvent, QPainter, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import (
    QAbstractItemView,
    QLineEdit,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from compute.ops import Op, by_group
from editor import icons, theme
from editor.panels.widgets import column, label
from editor.plain import clearable, set_tip
from editor.session import Session

MIME = "application/x-gradwire-op"
"""The type of a dragged op; its data is the op's name in UTF-8."""

GROUP_TITLES = {
    "data": "Data",
    "layer": "Layers",
    "activation": "Activations",
    "arithmetic": "Arithmetic",
    "matrix": "Matrix",
    "regularisation": "Regularisation",
    "loss": "Losses",
}
_OP, _GROUP = Qt.ItemDataRole.UserRole, Qt.ItemDataRole.UserRole + 1


PLACE = ("Data…", "The data: a data set of the program, a CSV or NPZ file, or a table to type in.")
"""The entry that leads to the place of the data: its title and its tip. It stands among the ops with the name ""."""


def rank(op: Op, query: str) -> int | None:
    """How well an op answers a search, 0 best; None if it does not."""
    name = op.name.replace("_", " ")
    return _rank((op.title.lower(), name, op.name), f"{op.help} {GROUP_TITLES[op.group]}".lower(), query)


def _rank(names: Sequence[str], rest: str, query: str) -> int | None:
    scores = []
    for word in query.lower().split():
        if any(name.startswith(word) for name in names):
            scores.append(0)
        elif any(word in name for name in names):
            scores.append(1)
        elif word in rest:
            scores.append(2)
        else:
            return None
    return max(scores, default=0)


class _Ops(QStandardItemModel):
    """A flat list: a heading for each group, which cannot be chosen, and its ops."""

    def fill(self, query: str) -> QModelIndex:
        """The ops that answer the query; returns the best of them."""
        self.clear()
        best: tuple[int, QStandardItem] | None = None
        for group, ops in by_group().items():
            ranked = [(r, op) for op in ops if (r := rank(op, query)) is not None]
            place = _rank((PLACE[0].lower(),), PLACE[1].lower(), query) if group == "data" else None
            if ranked or place is not None:
                heading = QStandardItem(GROUP_TITLES[group])
                heading.setFlags(Qt.ItemFlag.NoItemFlags)
                self.appendRow(heading)
            for score, op in ranked:
                item = QStandardItem(op.title)
                item.setEditable(False)
                item.setData(op.name, _OP)
                item.setData(group, _GROUP)
                set_tip(item, op.help)
                item.setData(f"{op.title}, {GROUP_TITLES[group]}: {op.help}", Qt.ItemDataRole.AccessibleTextRole)
                self.appendRow(item)
                if best is None or score < best[0]:
                    best = (score, item)
            if place is not None:
                item = QStandardItem(PLACE[0])
                item.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable)
                item.setData("", _OP)
                item.setData(group, _GROUP)
                set_tip(item, PLACE[1])
                item.setData(f"{PLACE[0]}: {PLACE[1]}", Qt.ItemDataRole.AccessibleTextRole)
                self.appendRow(item)
                if best is None or place < best[0]:
                    best = (place, item)
        return best[1].index() if best else QModelIndex()

    def mimeTypes(self) -> list[str]:
        return [MIME]

    def mimeData(self, indexes: Sequence[QModelIndex]) -> QMimeData:
        data = QMimeData()
        for index in list(indexes)[:1]:
            data.setData(MIME, QByteArray(str(index.data(_OP)).encode()))
        return data


class _Painter(QStyledItemDelegate):
    """Headings in small dim letters; ops with a chip in the colour of their group."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        height = option.fontMetrics.height()
        return QSize(80, height + (18 if index.data(_OP) is None and index.row() else 8))

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        t = theme.current()
        area = QRectF(option.rect)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        text = str(index.data())
        if index.data(_OP) is None:
            painter.setFont(theme.ui_font(9, bold=True))
            painter.setPen(theme.color(t.text_dim))
            area.adjust(8, 0, 0, -4)
            painter.drawText(area, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom, text)
        else:
            chosen = bool(option.state & QStyle.StateFlag.State_Selected)
            over = bool(option.state & QStyle.StateFlag.State_MouseOver)
            focused = chosen and bool(option.state & QStyle.StateFlag.State_Active)
            if chosen or over:
                painter.setPen(theme.color(t.focus) if focused else Qt.PenStyle.NoPen)
                painter.setBrush(theme.color(t.hover))
                painter.drawRoundedRect(area.adjusted(0.5, 0.5, -0.5, -0.5), 5, 5)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.chip(str(index.data(_GROUP))))
            painter.drawRoundedRect(QRectF(area.left() + 10, area.center().y() - 3.5, 8, 8), 2.5, 2.5)
            painter.setFont(option.font)
            painter.setPen(theme.color(t.text))
            area.adjust(28, 0, -4, 0)
            cut = option.fontMetrics.elidedText(text, Qt.TextElideMode.ElideRight, int(area.width()))
            painter.drawText(area, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, cut)
        painter.restore()


_BY_KEY = (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason)


class Palette(QWidget):
    """``add_requested`` sends the name of an op that was clicked, or chosen with Enter; ``data_requested``: the place
    of the data was."""

    add_requested = Signal(str)
    data_requested = Signal()

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAccessibleName("Palette of operations")
        self.search = QLineEdit()
        self.search.setFont(theme.ui_font())
        self.search.setPlaceholderText("Search operations")
        self.search.setAccessibleName("Search operations")
        set_tip(self.search, "Type to filter; Enter adds the marked operation, ↓ goes to the list.")
        clearable(self.search)
        self._glass = self.search.addAction(icons.icon("search"), QLineEdit.ActionPosition.LeadingPosition)
        icons.set_icon(self._glass, "search", "text_dim")
        self._glass.setText("Search")
        self.model = _Ops(self)
        self.view = QListView()
        self.view.setFont(theme.ui_font())
        self.view.setAccessibleName("Operations")
        self.view.setModel(self.model)
        self.view.setItemDelegate(_Painter(self.view))
        self.view.setMouseTracking(True)
        self.view.setDragEnabled(True)
        self.view.setDragDropMode(QAbstractItemView.DragDropMode.DragOnly)
        self.view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.view.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.nothing = label("", "dim", 9.5)
        self.nothing.setWordWrap(True)
        self.nothing.hide()
        layout = column(self, 0, 8)
        layout.setContentsMargins(10, 4, 6, 8)
        layout.addWidget(self.search)
        layout.addWidget(self.nothing)
        layout.addWidget(self.view, 1)
        self.search.textChanged.connect(self._filter)
        self.search.installEventFilter(self)
        self.view.installEventFilter(self)
        self.view.clicked.connect(self._add)
        self._filter("")

    def sizeHint(self) -> QSize:
        return QSize(180, 480)

    def _filter(self, query: str) -> None:
        best = self.model.fill(query)
        found = best.isValid()
        self.nothing.setVisible(not found)
        self.view.setVisible(found)
        if not found:
            self.nothing.setText(f"No operation answers “{query}”. Clear the search to see them all.")
        self.view.setCurrentIndex(best if query else QModelIndex())

    def _add(self, index: QModelIndex) -> None:
        name = index.data(_OP)
        if name:
            self.add_requested.emit(str(name))
        elif name is not None:
            self.data_requested.emit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        by_key = isinstance(event, QFocusEvent) and event.gotFocus() and event.reason() in _BY_KEY
        if by_key and watched is self.view and not self.view.selectedIndexes():
            self.view.setCurrentIndex(self.model.index(1, 0))  # so that one sees where the keyboard is
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self._add(self.view.currentIndex())
                return True
            if watched is self.search and event.key() in (Qt.Key.Key_Down, Qt.Key.Key_Up):
                self.view.setFocus(Qt.FocusReason.TabFocusReason)
                if not self.view.currentIndex().isValid():
                    self.view.setCurrentIndex(self.model.index(1, 0))
                return True
            if watched is self.search and event.key() == Qt.Key.Key_Escape and self.search.text():
                self.search.clear()
                return True
            if watched is self.view and event.text().isprintable() and event.text().strip():
                self.search.setFocus(Qt.FocusReason.OtherFocusReason)
                self.search.setText(self.search.text() + event.text())
                return True
        return super().eventFilter(watched, event)

    def shown(self) -> Iterable[str]:
        """The names of the ops in the list, in order."""
        names = (self.model.item(i).data(_OP) for i in range(self.model.rowCount()))
        return [str(name) for name in names if name]
