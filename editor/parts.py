"""What screen readers see inside a widget that paints everything itself: its parts, each as a child of its own.

Nothing is made before a screen reader asks. A part is known by a key; the tree of a widget says what there is of it.
"""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QObject, QRect
from PySide6.QtGui import QAccessible, QAccessibleInterface, QColor, QWindow
from PySide6.QtWidgets import QWidget

from editor.accessible import marked


class Part(QObject):
    """Stands for one thing in the picture, for as long as that is there."""

    def __init__(self, tree: PartTree, key: Any) -> None:
        super().__init__(tree)
        self.tree, self.key = tree, key
        self._interface: PartInterface | None = None

    def make_interface(self) -> PartInterface:
        """The interface, which Qt does not keep from being collected."""
        if self._interface is None:
            self._interface = PartInterface(self)
        return self._interface


class PartTree(QObject):
    """The parts of one widget that were asked for. Keys are whatever tells the widget's parts apart."""

    def __init__(self, widget: QWidget) -> None:
        super().__init__(widget)
        self.widget = widget
        self._parts: dict[Any, Part] = {}

    # -- what there is, which each widget says ----------------------------------------------------------------

    def there(self, key: Any) -> bool:
        """Whether the widget still has what a part stands for."""
        raise NotImplementedError

    def owner(self, key: Any) -> Any:
        """The part to which a part belongs; None: the widget."""
        raise NotImplementedError

    def count(self, key: Any) -> int:
        """How many parts a part has."""
        raise NotImplementedError

    def child(self, key: Any, index: int) -> Any:
        """One of them."""
        raise NotImplementedError

    def index(self, key: Any) -> int:
        """Which of its owner's parts a part is; −1 if it is gone."""
        raise NotImplementedError

    def name(self, key: Any) -> str:
        """What a part is, in words; "" if it is gone."""
        raise NotImplementedError

    def area(self, key: Any) -> QRect:
        """Where it is on the screen; nowhere if it is gone."""
        raise NotImplementedError

    def role(self, key: Any) -> QAccessible.Role:
        """What kind of thing it is."""
        raise NotImplementedError

    def at(self, key: Any, x: int, y: int) -> Any:
        """Which of its parts is at a place of the screen; None: that is not told."""
        return None

    def chosen(self, key: Any) -> tuple[bool, bool] | None:
        """Whether a part is selected, and whether it has the focus; None: it can have neither."""
        return None

    # -- what stands for it -----------------------------------------------------------------------------------

    def part(self, key: Any) -> Part:
        """What stands for a part."""
        if key not in self._parts:
            self._parts[key] = Part(self, key)
        return self._parts[key]

    def interface(self, key: Any) -> QAccessibleInterface | None:
        """The interface of a part, as Qt knows it; None for None."""
        return None if key is None else QAccessible.queryAccessibleInterface(self.part(key))

    def let_go(self) -> None:
        """Let go of the parts of what is gone."""
        for key in [key for key in self._parts if not self.there(key)]:
            self._parts.pop(key).deleteLater()


class PartInterface(QAccessibleInterface):
    """One part, as its tree tells it."""

    def __init__(self, part: Part) -> None:
        super().__init__()
        self._part, self._tree, self._key = part, part.tree, part.key

    def isValid(self) -> bool:
        return self._tree.there(self._key)

    def object(self) -> QObject:
        return self._part

    def window(self) -> QWindow | None:  # type: ignore[override]
        return self._tree.widget.window().windowHandle()

    def parent(self) -> QAccessibleInterface | None:  # type: ignore[override]
        owner = self._tree.owner(self._key)
        if owner is None:
            return QAccessible.queryAccessibleInterface(self._tree.widget)
        return self._tree.interface(owner)

    def childCount(self) -> int:
        return self._tree.count(self._key)

    def child(self, index: int) -> QAccessibleInterface | None:  # type: ignore[override]
        if not 0 <= index < self.childCount():
            return None
        return self._tree.interface(self._tree.child(self._key, index))

    def indexOfChild(self, child: QAccessibleInterface) -> int:
        part = child.object()
        inside = isinstance(part, Part) and self._tree.owner(part.key) == self._key
        return self._tree.index(part.key) if isinstance(part, Part) and inside else -1

    def childAt(self, x: int, y: int) -> QAccessibleInterface | None:  # type: ignore[override]
        return self._tree.interface(self._tree.at(self._key, x, y))

    def text(self, what: QAccessible.Text) -> str:
        return self._tree.name(self._key) if what == QAccessible.Text.Name else ""

    def setText(self, what: QAccessible.Text, text: str) -> None:
        """Names are made, not given."""

    def rect(self) -> QRect:
        return self._tree.area(self._key)

    def role(self) -> QAccessible.Role:
        return self._tree.role(self._key)

    def state(self) -> QAccessible.State:
        state, widget, there = QAccessible.State(), self._tree.widget, self.isValid()
        screen = QRect(widget.mapToGlobal(widget.rect().topLeft()), widget.size())
        marked(state, invalid=not there, offscreen=not screen.intersects(self.rect()))
        chosen = self._tree.chosen(self._key) if there else None
        if chosen is None:
            return state
        return marked(state, focusable=True, selectable=True, selected=chosen[0], focused=chosen[1])

    def focusChild(self) -> QAccessibleInterface | None:  # type: ignore[override]
        return None

    def foregroundColor(self) -> QColor:
        return QColor()

    def backgroundColor(self) -> QColor:
        return QColor()
