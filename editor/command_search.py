"""Two pages made from the list of actions: a search over everything, and the sheet of shortcuts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPersistentModelIndex, QRectF, QSize, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence, QPainter
from PySide6.QtWidgets import (
    QBoxLayout,
    QFrame,
    QGridLayout,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QScrollArea,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from editor import icons, theme
from editor.action import Actions, ActionSpec
from editor.keycaps import Keys, paint_keys, width_of
from editor.panels.widgets import column, frame, label, row
from editor.plain import Label, set_tip
from editor.scale import px

WIDTH, MOST_LINES = 560, 11
_CUT = Qt.TextElideMode.ElideRight
_SPEC = Qt.ItemDataRole.UserRole
_ICON, _TEXT, _MARGIN = 12, 40, 12
"""Where icon and text of a line begin, and what is free at its right."""


class _Lines(QStyledItemDelegate):
    """Icon, text and menu of an action at the left, its keys at the right, each in its own column."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(80, option.fontMetrics.height() + 14)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        t = theme.current()
        spec: ActionSpec[Any] = index.data(_SPEC)
        area = QRectF(option.rect)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if option.state & QStyle.StateFlag.State_Selected:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.color(t.hover))
            painter.drawRoundedRect(area.adjusted(0, 1, 0, -1), 6, 6)
        if spec.icon:
            picture = icons.pixmap(spec.icon, t.text_dim, px(16), option.widget.devicePixelRatioF())
            painter.drawPixmap(int(area.left()) + px(_ICON), int(area.center().y()) - px(8), picture)
        room = area.adjusted(px(_TEXT), 0, -_MARGIN, 0)
        if spec.keys:
            paint_keys(painter, room, spec.keys[:1])
            room.setRight(room.right() - width_of(spec.keys[:1]) - 8)
        flags = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        text = str(index.data())
        painter.setFont(option.font)
        painter.setPen(theme.color(t.text))
        painter.drawText(room, flags, text)
        room.setLeft(room.left() + option.fontMetrics.horizontalAdvance(text) + 10)
        painter.setFont(theme.ui_font(9))
        painter.setPen(theme.color(t.text_dim))
        painter.drawText(room, flags, painter.fontMetrics().elidedText(spec.menu, _CUT, int(room.width())))
        painter.restore()


class CommandSearch(QFrame):
    """Type, choose with the arrow keys, Enter; Esc leaves."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self._window = parent
        self.setProperty("kind", "popup")
        theme.dress(self)
        self._actions: Actions | None = None
        self._more: Callable[[str], Sequence[ActionSpec[Any]]] = lambda _text: ()
        self.field = QLineEdit()
        self.field.setFont(theme.ui_font(11))
        self.field.setPlaceholderText("Find an action …")
        self.field.setAccessibleName("Find an action")
        self.list = QListWidget()
        self.list.setFont(theme.ui_font())
        self.list.setItemDelegate(_Lines(self.list))
        self.list.setUniformItemSizes(True)
        self.list.setMouseTracking(True)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setAccessibleName("Actions found")
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.itemClicked.connect(self._take)
        self.list.itemEntered.connect(self.list.setCurrentItem)
        self.nothing = label("No action answers this; try other words.", "dim")
        self.nothing.setContentsMargins(_ICON, 4, 0, 4)
        self.nothing.setAlignment(Qt.AlignmentFlag.AlignTop)
        layout = column(self, 8, 8)
        layout.addWidget(self.field)
        layout.addWidget(self.list, 1)
        layout.addWidget(self.nothing, 1)
        self.field.textChanged.connect(self._fill)
        self.field.installEventFilter(self)

    def open_over(self, actions: Actions, more: Callable[[str], Sequence[ActionSpec[Any]]] = lambda _text: ()) -> None:
        """Show it over the top of the window, empty. ``more``: what else answers a text; those act on nothing."""
        self._actions, self._more = actions, more
        self.field.clear()
        self._fill("")
        lines = min(MOST_LINES, self.list.count()) * self.list.sizeHintForRow(0)
        self.resize(
            min(px(WIDTH), self._window.width() - 16),
            min(self.field.sizeHint().height() + lines + 28, self._window.height() - 96),
        )
        corner = self._window.mapToGlobal(self._window.rect().topLeft())
        self.move(corner.x() + (self._window.width() - self.width()) // 2, corner.y() + 80)
        self.show()
        self.field.setFocus()

    def _fill(self, text: str) -> None:
        assert self._actions is not None
        words = text.lower().split()
        self.list.clear()
        answers = list(self._more(text))
        found: list[tuple[int, ActionSpec[Any]]] = []
        for spec in self._actions.specs:
            # What is called so comes before what only speaks of it.
            told = (spec.text, f"{spec.menu} {spec.text}", f"{spec.menu} {spec.text} {spec.tip}")
            how = next((at for at, each in enumerate(told) if all(word in each.lower() for word in words)), -1)
            if how >= 0 and self._actions.by_id[spec.id].isEnabled():
                found.append((how, spec))
        answers += [spec for _, spec in sorted(found, key=lambda one: one[0])]
        for spec in answers:
            item = QListWidgetItem(spec.text.rstrip("…"))
            set_tip(item, spec.tip)
            item.setData(_SPEC, spec)
            spoken = ", ".join(filter(None, (item.text(), spec.menu, *spec.keys[:1], spec.tip)))
            item.setData(Qt.ItemDataRole.AccessibleTextRole, spoken)
            self.list.addItem(item)
        self.list.setCurrentRow(0)
        self.list.setVisible(self.list.count() > 0)
        self.nothing.setVisible(self.list.count() == 0)

    def _take(self, item: QListWidgetItem | None) -> None:
        if item is not None and self._actions is not None:
            self.close()
            spec: ActionSpec[Any] = item.data(_SPEC)
            action = self._actions.by_id.get(spec.id)
            if action is not None:
                action.trigger()
            else:
                spec.run(None)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride:
            event.accept()  # keys belong to the search while it is open
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            if event.key() in (Qt.Key.Key_Down, Qt.Key.Key_Up):
                step = 1 if event.key() == Qt.Key.Key_Down else -1
                self.list.setCurrentRow(max(0, min(self.list.count() - 1, self.list.currentRow() + step)))
                return True
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self._take(self.list.currentItem())
                return True
        return super().eventFilter(watched, event)


class Sheet(QFrame):
    """Every shortcut, grouped as in the menus; any click or Esc puts it away."""

    def __init__(self, parent: QWidget, actions: Actions, gestures: Sequence[tuple[str, str]]) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self._window = parent
        self._keys = actions.by_id["sheet"].shortcuts()
        self.setProperty("kind", "popup")
        theme.dress(self)
        page = QWidget()
        whole = column(page, 0, 20)
        whole.setContentsMargins(28, 22, 28, 24)
        whole.addLayout(self._head())
        self._sides = sides = row(spacing=48)
        whole.addLayout(sides)
        columns = [column(None, 0, 22) for _ in range(2)]
        for each in columns:
            sides.addLayout(each, 1)
        heights = [0, 0]
        for title, lines in _sections(actions, gestures):
            side = heights.index(min(heights))
            columns[side].addWidget(_section(title, lines))
            heights[side] += len(lines) + 2
        for each in columns:
            each.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setWidget(page)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(1, 1, 1, 1)
        layout.addWidget(scroll)
        self._page = page

    def _head(self) -> QVBoxLayout:
        head = column(None, 0, 2)
        head.addWidget(label("Shortcuts", bold=True, points=14))
        hint = "Single letters, Del and the clipboard act while the canvas has the focus. Esc puts this away."
        head.addWidget(label(hint, "dim", 9.5))
        return head

    def keyPressEvent(self, event: QKeyEvent) -> None:
        # It takes the keyboard, so that the action's own key does not reach the action.
        pressed = QKeySequence(event.keyCombination())
        if pressed in self._keys and not event.isAutoRepeat():
            self.close()
        else:
            super().keyPressEvent(event)

    def _lay_out(self, *, narrow: bool) -> None:
        """In two columns, or in one whose lines are wrapped."""
        ways = QBoxLayout.Direction
        self._sides.setDirection(ways.TopToBottom if narrow else ways.LeftToRight)
        for each in self._page.findChildren(Label):
            each.setWordWrap(narrow)

    def toggle(self) -> None:
        """Show it in the middle of the window, or put it away."""
        if self.isVisible():
            self.close()
            return
        parent = self._window
        self._lay_out(narrow=False)
        if self._page.sizeHint().width() + 30 > parent.width() - 16:
            self._lay_out(narrow=True)
        hint = self._page.sizeHint()
        self.resize(min(hint.width() + 30, parent.width() - 16), min(hint.height() + 10, parent.height() - 80))
        corner = parent.mapToGlobal(parent.rect().topLeft())
        self.move(
            corner.x() + (parent.width() - self.width()) // 2, corner.y() + (parent.height() - self.height()) // 2
        )
        self.show()


_Line = tuple[str, tuple[str, ...] | str]
"""A name with its shortcuts, or with the words for a gesture."""


def _sections(actions: Actions, gestures: Sequence[tuple[str, str]]) -> list[tuple[str, list[_Line]]]:
    """Titles, and what stands under each."""
    sections: list[tuple[str, list[_Line]]] = [
        (menu, [(spec.text.rstrip("…"), spec.keys) for spec in actions.specs if spec.menu == menu])
        for menu in actions.menus
    ]
    return [*sections, ("On the canvas", list(gestures))]


def _section(title: str, lines: Sequence[_Line]) -> QWidget:
    """A heading over a hairline, and the lines under it."""
    box = QWidget()
    grid = QGridLayout(box)
    grid.setContentsMargins(0, 0, 0, 0)
    grid.setHorizontalSpacing(24)
    grid.setVerticalSpacing(5)
    grid.setColumnStretch(0, 1)
    heading = label(title, "accent", 10, bold=True)
    grid.addWidget(heading, 0, 0, 1, 2)
    grid.addWidget(frame("line"), 1, 0, 1, 2)
    for i, (name, keys) in enumerate(lines, 2):
        grid.addWidget(label(name, points=9.5), i, 0)
        words = label(keys, "dim", 9.5) if isinstance(keys, str) else Keys(keys)
        grid.addWidget(words, i, 1, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
    return box
