"""The columns of data that is looked at before it is used, as a list: a line for each, and what can be chosen in it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QItemSelectionModel, QModelIndex, QPersistentModelIndex, QRect, Qt, Signal
from PySide6.QtGui import QFontMetrics, QKeyEvent, QMouseEvent, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QMenu,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
)

from compute.data.entering import ENTERING
from compute.data.missing import TYPES, VALUE, WAYS
from editor import icons, theme
from editor.panels.data.preview_model import (
    ENTERS,
    FILLED,
    LEFT,
    MISSING,
    NAME,
    NOT_USED,
    RIGHT,
    TYPE,
    USED,
    VALUES,
    PreviewModel,
    way_text,
)
from editor.plain import caption, set_tip
from editor.scale import px

Index = QModelIndex | QPersistentModelIndex
_ROOM = 6


class _Cells(QStyledItemDelegate):
    """What can be chosen has an arrow; what was found and not said is dim; what warns has its mark."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        model, t = index.model(), theme.current()
        assert isinstance(model, PreviewModel)
        row, column, area = index.row(), index.column(), QRect(option.rect)
        selected = option.state & QStyle.StateFlag.State_Selected
        over = option.state & QStyle.StateFlag.State_MouseOver
        ground = theme.mix(t.card, t.accent, 0.18) if selected else theme.color(t.hover if over else t.card)
        painter.fillRect(area, ground)
        room, metrics = area.adjusted(_ROOM, 0, -_ROOM, 0), painter.fontMetrics()
        text, color = str(index.data() or ""), t.text
        options = model.options(row, column)
        if options:
            side = px(9)
            picture = icons.pixmap(
                "down", t.text_dim if over or selected else t.text_faint, side, option.widget.devicePixelRatioF()
            )
            painter.drawPixmap(room.right() - side, room.center().y() - side // 2 + 1, picture)
            room.setRight(room.right() - side - 4)
            color = t.text if model.is_said(row, column) and text != NOT_USED else t.text_dim
        elif column == MISSING:
            color = t.text_dim if text == "0" else t.warning
        elif column == VALUES:
            color = t.text_dim
        if column == NAME and not model.one(row).readers:
            color = t.text_dim
        if column == VALUES and (warning := model.warning(row)):
            side = px(13)
            token = t.warning if model.one(row).readers else t.text_dim
            painter.drawPixmap(
                room.left(),
                room.center().y() - side // 2,
                icons.pixmap("warning", token, side, option.widget.devicePixelRatioF()),
            )
            room.setLeft(room.left() + side + 6)
            text = f"{warning}  ·  {text}"
        painter.setFont(option.font)
        metrics = painter.fontMetrics()
        painter.setPen(theme.color(color))
        side_ = RIGHT if column == MISSING else LEFT
        painter.drawText(room, side_, metrics.elidedText(text, Qt.TextElideMode.ElideRight, room.width()))
        if option.state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(theme.color(t.focus))
            painter.drawRect(area.adjusted(0, 0, -1, -1))


class PreviewColumns(QTableView):
    """A click, Enter or Space on a cell with an arrow opens what can be chosen; of several lines that are selected, for
    all of them. ``column_reached``: the name of the column of the line that the keyboard is in."""

    column_reached = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.model_ = PreviewModel(self)
        self.setModel(self.model_)
        self.setItemDelegate(_Cells(self))
        self.setAccessibleName("Columns")
        self.setFont(theme.ui_font(9.5))
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setMouseTracking(True)
        self.setTabKeyNavigation(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.verticalHeader().hide()
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        head = self.horizontalHeader()
        head.setHighlightSections(False)
        head.setStretchLastSection(True)
        self._wide = False, False
        """Whether anything is missing, and whether there is text: where not, their columns are as narrow as can be."""
        self.model_.modelReset.connect(self.lay_out)
        self.model_.dataChanged.connect(self._on_data)
        self.selectionModel().currentRowChanged.connect(self._reached)
        theme.notifier.changed.connect(self.lay_out)
        self.lay_out()

    def lay_out(self) -> None:
        """The widths of the columns, by what stands in them."""
        metrics = QFontMetrics(self.font())
        self.horizontalHeader().setFont(theme.ui_font(9.0))
        self.verticalHeader().setDefaultSectionSize(metrics.height() + px(10))

        def width(texts: Sequence[str], arrow: bool = True) -> int:
            return max(map(metrics.horizontalAdvance, texts)) + 2 * _ROOM + (px(20) if arrow else px(4))

        names = self.model_.names[:500]
        self.setColumnWidth(NAME, min(max(width(["Column", *names], False), px(80)), px(190)))
        self.setColumnWidth(TYPE, width(TYPES))
        self.setColumnWidth(MISSING, width(["Missing", "100 000"], False))
        self._wide = missing, text = self._wanted()
        self.setColumnWidth(FILLED, width(["Filled with", *(map(way_text, WAYS) if missing else ())], missing))
        self.setColumnWidth(USED, width(["Used as", NOT_USED, *(each.label[:20] for each in self.model_.places)]))
        self.setColumnWidth(ENTERS, width(["Enters as", *(ENTERING if text else ())], text))
        self.viewport().update()

    def _wanted(self) -> tuple[bool, bool]:
        preview = self.model_.preview
        if preview is None:
            return False, False
        return any(each.missing for each in preview.facts), bool(preview.table.categories)

    def _on_data(self) -> None:
        if self._wanted() != self._wide:
            self.lay_out()

    def _reached(self, current: QModelIndex) -> None:
        if current.isValid():
            self.column_reached.emit(self.model_.names[current.row()])

    def menu_at(self, index: QModelIndex) -> QMenu | None:
        """What can be chosen in a cell; None where nothing can."""
        model, row, column = self.model_, index.row(), index.column()
        options = model.options(row, column) if index.isValid() else []
        if not options:
            return None
        menu, now = QMenu(self), model.now(row, column)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.setToolTipsVisible(True)
        chosen = sorted(each.row() for each in self.selectionModel().selectedRows())
        rows = chosen if row in chosen else [row]
        for each in options:
            action = menu.addAction(caption(each.text))
            action.setCheckable(True)
            action.setChecked(each.key == now and not (column == USED and len(model.one(row).readers) > 1))
            set_tip(action, each.help)
            action.triggered.connect(lambda _on=False, key=each.key: self._choose(rows, index, key))
            if action.isChecked():
                menu.setActiveAction(action)
        theme.dress(menu)
        return menu

    def _choose(self, rows: Sequence[int], index: QModelIndex, key: str) -> None:
        if index.column() == FILLED and key == VALUE:
            self.edit(index)
        else:
            self.model_.choose(rows, index.column(), key)

    def open_menu(self, index: QModelIndex) -> bool:
        """Offer what can be chosen in a cell; says whether there is anything."""
        menu = self.menu_at(index)
        if menu is None:
            return False
        area = self.visualRect(index)
        menu.setMinimumWidth(area.width())
        menu.popup(self.viewport().mapToGlobal(area.bottomLeft()))
        return True

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        index = self.indexAt(event.position().toPoint())
        plain = event.modifiers() == Qt.KeyboardModifier.NoModifier
        if event.button() == Qt.MouseButton.LeftButton and plain and index == self.currentIndex():
            self.open_menu(index)

    def selectionCommand(self, index: Index, event: QEvent | None = None) -> QItemSelectionModel.SelectionFlag:
        # A press on one of several selected lines is for all of them.
        plain = isinstance(event, QMouseEvent) and event.modifiers() == Qt.KeyboardModifier.NoModifier
        chosen = self.selectionModel().selectedRows()
        among = index.isValid() and len(chosen) > 1 and self.selectionModel().isSelected(index)
        if plain and among and self.model_.options(index.row(), index.column()):
            return QItemSelectionModel.SelectionFlag.NoUpdate
        return super().selectionCommand(index, event)

    def event(self, event: QEvent) -> bool:
        # Space opens what can be chosen, whatever else it means.
        if (
            isinstance(event, QKeyEvent)
            and event.type() == QEvent.Type.ShortcutOverride
            and event.key() == Qt.Key.Key_Space
        ):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        opens = event.key() in (Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_F4)
        opens |= event.key() == Qt.Key.Key_Down and event.modifiers() == Qt.KeyboardModifier.AltModifier
        editing = self.state() == QAbstractItemView.State.EditingState
        plain = not event.modifiers() & Qt.KeyboardModifier.ControlModifier
        if opens and plain and not editing:
            self.open_menu(self.currentIndex())
        elif editing and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            event.accept()  # it ends the typing, and nothing else
        else:
            super().keyPressEvent(event)
