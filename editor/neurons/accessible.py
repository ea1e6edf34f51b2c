"""The neurons for screen readers: layers, their neurons, and the weights that come into each with their numbers.

Nothing of this is made before a screen reader asks, and then only what it asks for.
"""

from __future__ import annotations

from PySide6.QtCore import QObject, QRect
from PySide6.QtGui import QAccessible, QAccessibleEvent, QAccessibleInterface, QColor, QWindow
from PySide6.QtWidgets import QAccessibleWidget

from compute.neurons import Element, is_there
from compute.numbers_text import plural
from editor.accessible import marked
from editor.neurons.view import NeuronsView

Key = Element | int
"""An element, or the number of a layer."""


class Part(QObject):
    """Stands for a layer, a neuron, a weight or a bias."""

    def __init__(self, tree: Tree, key: Key) -> None:
        super().__init__(tree)
        self.tree, self.key = tree, key
        self._interface: PartInterface | None = None

    def make_interface(self) -> PartInterface:
        """The interface, which Qt does not keep from being collected."""
        if self._interface is None:
            self._interface = PartInterface(self)
        return self._interface


class Tree(QObject):
    """The parts that were asked for, and what is told of them."""

    def __init__(self, view: NeuronsView) -> None:
        super().__init__(view)
        self.view = view
        self._parts: dict[Key, Part] = {}
        view.followed.connect(self.follow)

    @property
    def layers(self) -> int:
        """How many columns there are."""
        return len(self.view.numbers.chain.columns) if self.view.numbers is not None else 0

    def count(self, key: Key) -> int:
        """How many parts a part has: a layer its neurons, a neuron its weights and its bias."""
        numbers = self.view.numbers
        if numbers is None or not self.there(key):
            return 0
        columns = numbers.chain.columns
        if isinstance(key, int):
            return columns[key].units
        if key.kind != "unit" or not key.column:
            return 0
        return columns[key.column - 1].units + (columns[key.column].bias is not None)

    def child(self, key: Key, index: int) -> Key:
        """One of them."""
        if isinstance(key, int):
            return Element("unit", key, index)
        numbers = self.view.numbers
        assert numbers is not None
        if index < numbers.chain.columns[key.column - 1].units:
            return Element("weight", key.column, key.unit, index)
        return Element("bias", key.column, key.unit)

    def index(self, key: Key) -> int:
        """Which of its owner's parts a part is."""
        if isinstance(key, int):
            return key
        if key.kind == "unit":
            return key.unit
        return key.source if key.kind == "weight" else self.count(Element("unit", key.column, key.unit)) - 1

    def owner(self, key: Key) -> Key | None:
        """What a part belongs to; None: the view."""
        if isinstance(key, int):
            return None
        return key.column if key.kind == "unit" else Element("unit", key.column, key.unit)

    def there(self, key: Key) -> bool:
        """Whether the chain still has it."""
        numbers = self.view.numbers
        if numbers is None:
            return False
        return 0 <= key < self.layers if isinstance(key, int) else is_there(numbers.chain, key)

    def part(self, key: Key) -> Part:
        """What stands for it."""
        if key not in self._parts:
            self._parts[key] = Part(self, key)
        return self._parts[key]

    def interface(self, key: Key | None) -> QAccessibleInterface | None:
        """Its interface, as Qt knows it."""
        return None if key is None else QAccessible.queryAccessibleInterface(self.part(key))

    def name(self, key: Key) -> str:
        """What it is, with its numbers."""
        numbers = self.view.numbers
        if numbers is None or not self.there(key):
            return ""
        if not isinstance(key, int):
            return self.view.said(key)
        column = numbers.chain.columns[key]
        through = ", ".join(numbers.facts.op(node).title for node in column.nodes[column.sums :])
        what = plural("neuron" if key else "input", column.units)
        return f"{numbers.facts.label(column.sum)}, {column.units} {what}" + (f", {through}" if through else "")

    def area(self, key: Key) -> QRect:
        """Where it is on the screen."""
        picture, view = self.view.picture, self.view
        if picture is None or not self.there(key):
            return QRect()
        if isinstance(key, int):
            top, bottom = picture.places[key].span
            left, right = picture.places[key].left, picture.places[key].right
            corner = QRect(round(left), round(top), round(right - left), round(bottom - top))
            shown = view.camera.transform().mapRect(corner)
        else:
            shown = picture.area(key).toAlignedRect()
        return QRect(view.mapToGlobal(shown.topLeft()), shown.size())

    def follow(self, moved: bool) -> None:
        """Other numbers, or something else is in focus."""
        for key in [key for key in self._parts if not self.there(key)]:
            self._parts.pop(key).deleteLater()
        if moved and self.view.lit is not None and self.view.hasFocus() and QAccessible.isActive():
            QAccessible.updateAccessibility(QAccessibleEvent(self.part(self.view.lit), QAccessible.Event.Focus))


class NeuronsInterface(QAccessibleWidget):
    """The view as a list of layers."""

    def __init__(self, view: NeuronsView, tree: Tree) -> None:
        super().__init__(view, QAccessible.Role.List)
        self._tree = tree

    def childCount(self) -> int:
        return self._tree.layers

    def child(self, index: int) -> QAccessibleInterface | None:  # type: ignore[override]
        return self._tree.interface(index) if 0 <= index < self._tree.layers else None

    def indexOfChild(self, child: QAccessibleInterface) -> int:
        part = child.object()
        return self._tree.index(part.key) if isinstance(part, Part) else -1

    def focusChild(self) -> QAccessibleInterface | None:  # type: ignore[override]
        return self._tree.interface(self._tree.view.lit) if self._tree.view.hasFocus() else None


class PartInterface(QAccessibleInterface):
    """A layer, a neuron, a weight or a bias."""

    def __init__(self, part: Part) -> None:
        super().__init__()
        self._part, self._tree, self._key = part, part.tree, part.key

    def isValid(self) -> bool:
        return self._tree.there(self._key)

    def object(self) -> QObject:
        return self._part

    def window(self) -> QWindow | None:  # type: ignore[override]
        return self._tree.view.window().windowHandle()

    def parent(self) -> QAccessibleInterface | None:  # type: ignore[override]
        owner = self._tree.owner(self._key)
        if owner is None:
            return QAccessible.queryAccessibleInterface(self._tree.view)
        return self._tree.interface(owner)

    def childCount(self) -> int:
        return self._tree.count(self._key)

    def child(self, index: int) -> QAccessibleInterface | None:  # type: ignore[override]
        if not 0 <= index < self.childCount():
            return None
        return self._tree.interface(self._tree.child(self._key, index))

    def indexOfChild(self, child: QAccessibleInterface) -> int:
        part = child.object()
        return self._tree.index(part.key) if isinstance(part, Part) else -1

    def childAt(self, x: int, y: int) -> QAccessibleInterface | None:  # type: ignore[override]
        return None

    def text(self, what: QAccessible.Text) -> str:
        return self._tree.name(self._key) if what == QAccessible.Text.Name else ""

    def setText(self, what: QAccessible.Text, text: str) -> None:
        """Names are made, not given."""

    def rect(self) -> QRect:
        return self._tree.area(self._key)

    def role(self) -> QAccessible.Role:
        if isinstance(self._key, int):
            return QAccessible.Role.List
        return QAccessible.Role.ListItem if self._key.kind == "unit" else QAccessible.Role.StaticText

    def state(self) -> QAccessible.State:
        state, view, there = QAccessible.State(), self._tree.view, self.isValid()
        marked(state, invalid=not there)
        if isinstance(self._key, int) or not there:
            return state
        lit = self._key == view.lit
        return marked(state, focusable=True, selectable=True, selected=lit, focused=lit and view.hasFocus())

    def focusChild(self) -> QAccessibleInterface | None:  # type: ignore[override]
        return None

    def foregroundColor(self) -> QColor:
        return QColor()

    def backgroundColor(self) -> QColor:
        return QColor()


class Neurons(NeuronsView):
    """The picture with what screen readers are told of it."""

    def __init__(self) -> None:
        super().__init__()
        self._interface: NeuronsInterface | None = None

    def make_interface(self) -> NeuronsInterface:
        """What Qt asks for when a screen reader comes; the parts are made then."""
        if self._interface is None:
            self._interface = NeuronsInterface(self, Tree(self))
        return self._interface
