"""What screen readers see of widgets that Qt does not describe well enough; where none listens this costs nothing."""

from __future__ import annotations

from typing import cast

from PySide6.QtCore import QObject
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QAccessibleInterface
from PySide6.QtWidgets import QAccessibleWidget, QComboBox, QWidget


def install() -> None:
    """Let Qt ask objects that have a ``make_interface`` for their interface; once for the program.

    Qt does not keep an interface of Python from being collected: whoever makes one holds it.
    """
    QAccessible.installFactory(_interface)


def _interface(_kind: str, of: QObject) -> QAccessibleInterface | None:
    make = getattr(of, "make_interface", None)
    return cast("QAccessibleInterface", make()) if make is not None else None


def announce(at: QWidget, sentence: str) -> None:
    """Have a sentence said that stands, or would stand, at a widget."""
    if sentence and QAccessible.isActive():
        QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(at, sentence))


def marked(state: QAccessible.State, **flags: bool) -> QAccessible.State:
    """A state with some flags set or cleared."""
    for name, on in flags.items():
        setattr(state, name, int(on))
    return state


class ComboInterface(QAccessibleWidget):
    """A combo box that is named by its label: on Linux Qt gives the chosen text for a name, and nothing else does."""

    def __init__(self, combo: QComboBox) -> None:
        super().__init__(combo, QAccessible.Role.ComboBox)
        self._combo = combo

    def text(self, what: QAccessible.Text) -> str:
        return self._combo.currentText() if what == QAccessible.Text.Value else super().text(what)

    def childCount(self) -> int:
        return len(self._parts())

    def child(self, index: int) -> QAccessibleInterface | None:  # type: ignore[override]
        parts = self._parts()
        return QAccessible.queryAccessibleInterface(parts[index]) if 0 <= index < len(parts) else None

    def indexOfChild(self, child: QAccessibleInterface) -> int:
        parts, of = self._parts(), child.object()
        return next((i for i, part in enumerate(parts) if part is of), -1)

    def _parts(self) -> list[QWidget]:
        line = self._combo.lineEdit()
        return [self._combo.view(), *([line] if line is not None else [])]

    def state(self) -> QAccessible.State:
        opened, editable = self._combo.view().isVisible(), self._combo.isEditable()
        return marked(super().state(), expandable=True, expanded=opened, collapsed=not opened, editable=editable)

    def actionNames(self) -> list[str]:
        return [self.showMenuAction(), self.pressAction(), *super().actionNames()]

    def doAction(self, name: str) -> None:
        if name not in (self.showMenuAction(), self.pressAction()):
            super().doAction(name)
        elif self._combo.view().isVisible():
            self._combo.hidePopup()
        else:
            self._combo.showPopup()
