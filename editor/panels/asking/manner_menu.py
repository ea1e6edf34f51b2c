"""How the walk asks: for what, at which steps, with a reason or without."""

from __future__ import annotations

from functools import partial

from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu, QWidget

from compute.asking import WAYS, WHICH
from editor.asking import Asking


class MannerMenu(QMenu):
    """Each choice holds at once."""

    def __init__(self, asking: Asking, parent: QWidget) -> None:
        super().__init__(parent)
        self._asking = asking
        self._choices: list[tuple[str, object, QAction]] = []
        self._add("way", WAYS.items())
        self.addSeparator()
        self._add("which", WHICH.items())
        self.addSeparator()
        self.reasons = QAction("Ask for the reason too", self)
        self.reasons.setCheckable(True)
        self.reasons.setStatusTip("Not while all factors are shown.")
        self.reasons.triggered.connect(lambda on: asking.set_manner(reasons=on))
        self.addAction(self.reasons)
        self.aboutToShow.connect(self._check)
        self._check()

    def _add(self, name: str, choices: object) -> None:
        group = QActionGroup(self)
        for key, text in choices:  # type: ignore[attr-defined]
            action = QAction(text, self)
            action.setCheckable(True)
            action.triggered.connect(partial(self._choose, name, key))
            group.addAction(action)
            self.addAction(action)
            self._choices.append((name, key, action))

    def _choose(self, name: str, key: str, _checked: bool = True) -> None:
        self._asking.set_manner(**{name: key})

    def _check(self) -> None:
        manner = self._asking.manner
        for name, key, action in self._choices:
            action.setChecked(getattr(manner, name) == key)
        self.reasons.setChecked(manner.reasons)
