"""Two pages made from the list of actions: a search over everything, and the sheet of shortcuts."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from editor.actions import ACTIONS, MENUS, Actions
from editor.icons import icon

WIDTH = 560

# What the canvas does by mouse and keyboard beyond the actions.
GESTURES = (
    ("Add a node", "Tab, or double-click on the canvas"),
    ("Connect", "Drag from an output to an input"),
    ("Cut wires", "Ctrl+drag across them"),
    ("Zoom", "Wheel"),
    ("Pan", "Middle drag, or Space+drag"),
    ("Select several", "Drag over empty canvas; Shift adds"),
    ("From node to node", "Arrow keys"),
    ("Cancel a gesture", "Esc"),
)


def _keys(shortcuts: tuple[str, ...]) -> str:
    return " or ".join(QKeySequence(s).toString(QKeySequence.SequenceFormat.NativeText) for s in shortcuts)


class CommandSearch(QFrame):
    """Type, choose with the arrow keys, Enter; Esc leaves."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self._window = parent
        self.setObjectName("Popup")
        self._actions: Actions | None = None
        self.field = QLineEdit()
        self.field.setPlaceholderText("Find an action …")
        self.field.setAccessibleName("Find an action")
        self.list = QListWidget()
        self.list.setAccessibleName("Actions found")
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.itemClicked.connect(self._take)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.addWidget(self.field)
        layout.addWidget(self.list)
        self.resize(WIDTH, 380)
        self.field.textChanged.connect(self._fill)
        self.field.installEventFilter(self)

    def open_over(self, actions: Actions) -> None:
        """Show it over the top of the window, empty."""
        self._actions = actions
        self.field.clear()
        self._fill("")
        corner = self._window.mapToGlobal(self._window.rect().topLeft())
        self.move(corner.x() + (self._window.width() - self.width()) // 2, corner.y() + 80)
        self.show()
        self.field.setFocus()

    def _fill(self, text: str) -> None:
        assert self._actions is not None
        words = text.lower().split()
        self.list.clear()
        for spec in ACTIONS:
            haystack = f"{spec.menu} {spec.text} {spec.tip}".lower()
            action = self._actions.by_id[spec.id]
            if action.isEnabled() and all(word in haystack for word in words):
                item = QListWidgetItem(f"{spec.text.rstrip('…')}    {_keys(spec.shortcuts[:1])}")
                item.setToolTip(spec.tip)
                item.setData(Qt.ItemDataRole.UserRole, spec.id)
                if spec.icon:
                    item.setIcon(icon(spec.icon))
                self.list.addItem(item)
        self.list.setCurrentRow(0)

    def _take(self, item: QListWidgetItem | None) -> None:
        if item is not None and self._actions is not None:
            self.close()
            self._actions.by_id[item.data(Qt.ItemDataRole.UserRole)].trigger()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
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

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self._window = parent
        self.setObjectName("Popup")
        page = QWidget()
        grid = QGridLayout(page)
        grid.setContentsMargins(24, 16, 24, 16)
        grid.setHorizontalSpacing(24)
        grid.setVerticalSpacing(4)
        groups = [(m, [(s.text.rstrip("…"), _keys(s.shortcuts)) for s in ACTIONS if s.menu == m]) for m in MENUS]
        groups.append(("Canvas", list(GESTURES)))
        heights = [0, 0]
        for title, rows in groups:
            side = heights.index(min(heights))
            row = heights[side]
            heading = QLabel(title)
            heading.setObjectName("Heading")
            grid.addWidget(heading, row, side * 2, 1, 2)
            for i, (text, keys) in enumerate(rows, 1):
                grid.addWidget(QLabel(text), row + i, side * 2)
                shortcut = QLabel(keys)
                shortcut.setObjectName("Dim")
                grid.addWidget(shortcut, row + i, side * 2 + 1)
            heights[side] += len(rows) + 2
            grid.setRowMinimumHeight(heights[side] - 1, 10)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setWidget(page)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(1, 1, 1, 1)
        layout.addWidget(scroll)
        hint = page.sizeHint()
        self.resize(min(hint.width() + 30, parent.width() - 80), min(hint.height() + 10, parent.height() - 120))

    def toggle(self) -> None:
        """Show it in the middle of the window, or put it away."""
        if self.isVisible():
            self.close()
            return
        parent = self._window
        corner = parent.mapToGlobal(parent.rect().topLeft())
        self.move(
            corner.x() + (parent.width() - self.width()) // 2, corner.y() + (parent.height() - self.height()) // 2
        )
        self.show()
