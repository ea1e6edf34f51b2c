"""The page on which shortcuts are changed: made from the list of actions."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QHeaderView,
    QKeySequenceEdit,
    QLineEdit,
    QTreeWidget,
    QTreeWidgetItem,
    QWidget,
)

from editor.action import Actions, ActionSpec, native
from editor.keymap import Keymap, refusal, text_of
from editor.panels.widgets import button, column, label, paragraph, row
from editor.theme import dress

_SPEC = Qt.ItemDataRole.UserRole


class ShortcutPage(QDialog):
    """Every action with its keys. What is changed holds at once, in every window, and is remembered."""

    def __init__(self, parent: QWidget, actions: Actions, keymap: Keymap) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dress(self)
        self.setWindowTitle("Shortcuts")
        self._actions, self._keymap = actions, keymap
        self.search = QLineEdit()
        self.search.setPlaceholderText("Search an action or a key")
        self.search.setAccessibleName("Search an action or a key")
        self.search.setClearButtonEnabled(True)
        self.tree = QTreeWidget()
        self.tree.setAccessibleName("Actions and their keys")
        self.tree.setHeaderLabels(["Action", "Keys"])
        self.tree.setRootIsDecorated(False)
        self.tree.setUniformRowHeights(True)
        self.tree.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.tree.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.tree.header().setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        self.keys = QKeySequenceEdit()
        self.keys.setAccessibleName("New key")
        self.keys.setMaximumSequenceLength(1)
        self.set_button = button("Set", tip="Give the action this key instead of its own", kind="primary")
        self.add_button = button("Add", tip="Give the action this key besides its own")
        self.none_button = button("None", tip="Take the action's keys away; it stays in the menus")
        self.reset_button = button("Reset", tip="The keys that it came with")
        self.reset_all = button("Reset all", tip="All keys as they came")
        self.said = paragraph("", "", 9.5)
        self.said.setAccessibleName("What comes of it")
        self._lay_out()
        self.search.textChanged.connect(self._fill)
        self.tree.currentItemChanged.connect(self._chosen)
        self.keys.keySequenceChanged.connect(self._say)
        self.set_button.clicked.connect(lambda: self._give(only=True))
        self.add_button.clicked.connect(lambda: self._give(only=False))
        self.none_button.clicked.connect(self._take_away)
        self.reset_button.clicked.connect(self._reset)
        self.reset_all.clicked.connect(lambda: keymap.reset())
        keymap.changed.connect(self._fill)
        self._fill()

    def _lay_out(self) -> None:
        whole = column(self, 20, 10)
        whole.addWidget(label("Shortcuts", bold=True, points=12))
        whole.addWidget(self.search)
        whole.addWidget(self.tree, 1)
        line = row(spacing=8)
        line.addWidget(label("New key"))
        line.addWidget(self.keys, 1)
        for each in (self.set_button, self.add_button, self.none_button, self.reset_button):
            line.addWidget(each)
        whole.addLayout(line)
        whole.addWidget(self.said)
        last = row(spacing=8)
        last.addWidget(self.reset_all)
        last.addStretch(1)
        close = button("Close")
        close.clicked.connect(self.accept)
        last.addWidget(close)
        whole.addLayout(last)
        self.resize(620, 560)

    # -- the list -------------------------------------------------------------------------------------------

    def _fill(self, _changed: object = None) -> None:
        chosen, words = self.chosen, self.search.text().lower().split()
        self.tree.blockSignals(True)
        self.tree.clear()
        for spec in self._actions.originals:
            now = self._keymap.of(spec)
            keys = ", ".join(native(key) for key in now.keys)
            haystack = f"{spec.menu} {spec.text} {spec.submenu} {keys}".lower()
            if not all(word in haystack for word in words):
                continue
            item = QTreeWidgetItem([f"{spec.menu}: {spec.text.rstrip('…')}", keys])
            item.setData(0, _SPEC, spec)
            item.setSizeHint(0, QSize(0, self.tree.fontMetrics().height() + 10))
            if self._keymap.is_own(spec):
                font = item.font(1)
                font.setBold(True)
                item.setFont(1, font)
            self.tree.addTopLevelItem(item)
            if chosen is not None and spec.id == chosen.id:
                self.tree.setCurrentItem(item)
        self.tree.blockSignals(False)
        self._say()

    @property
    def chosen(self) -> ActionSpec[Any] | None:
        """The action that is chosen, as the list has it."""
        item = self.tree.currentItem()
        return item.data(0, _SPEC) if item is not None else None

    def choose(self, action: str) -> None:
        """Choose an action by its id."""
        for i in range(self.tree.topLevelItemCount()):
            item = self.tree.topLevelItem(i)
            if item is not None and item.data(0, _SPEC).id == action:
                self.tree.setCurrentItem(item)

    def _chosen(self, _now: object = None, _before: object = None) -> None:
        self.keys.clear()
        self._say()

    # -- changing -------------------------------------------------------------------------------------------

    @property
    def key(self) -> str:
        """The key that was pressed, as it is remembered."""
        return text_of(self.keys.keySequence())

    def _say(self, _changed: QKeySequence | None = None) -> None:
        """What would come of the key, before it is given."""
        spec, key = self.chosen, self.key
        sentence = "Choose an action; what is bold was changed." if spec is None else ""
        taking = None
        if spec is not None and key:
            sentence = refusal(spec, key)
            taking = self._keymap.holder(self._actions.originals, spec, key) if not sentence else None
            if taking is not None:
                name = taking.text.rstrip("…")
                sentence = f"{native(key)} is {name}'s; if {spec.text.rstrip('…')} gets it, {name} loses it."
        able = spec is not None and bool(key) and not refusal(spec, key)
        self.said.setText(sentence)
        self.set_button.setEnabled(able)
        self.add_button.setEnabled(able)
        self.none_button.setEnabled(spec is not None and bool(self._keymap.of(spec).keys))
        self.reset_button.setEnabled(spec is not None and self._keymap.is_own(spec))

    def _give(self, *, only: bool) -> None:
        spec, key = self.chosen, self.key
        if spec is None or not key or refusal(spec, key):
            return
        others = () if only else self._keymap.of(spec).keys
        self.keys.clear()
        self._keymap.set_keys(self._actions.originals, spec, (*others, key))

    def _take_away(self) -> None:
        if self.chosen is not None:
            self._keymap.set_keys(self._actions.originals, self.chosen, ())

    def _reset(self) -> None:
        spec = self.chosen
        if spec is None:
            return
        # Another action may have got one of its keys: with its own again, it takes that back.
        self._keymap.set_keys(self._actions.originals, spec, spec.keys)
