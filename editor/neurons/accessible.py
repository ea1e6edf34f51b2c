"""The neurons for screen readers: layers, their neurons, and the weights that come into each with their numbers.

Nothing of this is made before a screen reader asks, and then only what it asks for.
"""

from __future__ import annotations

from PySide6.QtCore import QRect
from PySide6.QtGui import QAccessible, QAccessibleEvent, QAccessibleInterface
from PySide6.QtWidgets import QAccessibleWidget

from compute.neurons import Element, is_there
from compute.numbers_text import plural
from editor.neurons.view import NeuronsView
from editor.parts import Part, PartTree

Key = Element | int
"""An element, or the number of a layer."""


class Tree(PartTree):
    """The parts that were asked for, and what is told of them."""

    def __init__(self, view: NeuronsView) -> None:
        super().__init__(view)
        self.view = view
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

    def role(self, key: Key) -> QAccessible.Role:
        if isinstance(key, int):
            return QAccessible.Role.List
        return QAccessible.Role.ListItem if key.kind == "unit" else QAccessible.Role.StaticText

    def chosen(self, key: Key) -> tuple[bool, bool] | None:
        if isinstance(key, int):
            return None
        lit = key == self.view.lit
        return lit, lit and self.view.hasFocus()

    def follow(self, moved: bool) -> None:
        """Other numbers, or something else is in focus."""
        self.let_go()
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
