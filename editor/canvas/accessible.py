"""The canvas for screen readers: its nodes, ports, wires and their numbers are children in Qt's accessibility tree.

Nothing of this is made before a screen reader asks for the canvas. Each thing that it asks for is stood for by an
object of Qt, a ``Part``, since Qt lets go of an interface when its object goes, and only then.
"""

from __future__ import annotations

from typing import cast

from PySide6.QtCore import QObject, QRect, QRectF, QTimer
from PySide6.QtGui import QAccessible, QAccessibleEvent, QAccessibleInterface, QColor, QWindow
from PySide6.QtWidgets import QAccessibleWidget

from compute.graph import Port, RecordId
from editor.accessible import announce, marked
from editor.canvas import hints
from editor.canvas.placement import What
from editor.canvas.view import CanvasView

End = tuple[str, str]
"""A node and its port, which is empty for the output."""
Key = tuple[str, RecordId | End, str]
"""What a part is (``thing``, ``port`` or ``number``), of what, and which number."""
_MOST_TOLD = 20
"""Changes that are told one by one; of more only that there were some."""


class Part(QObject):
    """Stands for one thing on the canvas, a port, or a number, for as long as that is there."""

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
    """The parts of one canvas that were asked for, and what is told of them."""

    def __init__(self, canvas: CanvasView) -> None:
        super().__init__(canvas)
        self.canvas = canvas
        self._parts: dict[Key, Part] = {}
        self._order: tuple[int, list[Key], dict[Key, int]] = (-1, [], {})
        """The things on the canvas for a version of its scene, and the place of each."""
        self._chosen = canvas.session.selection.ids
        self._said = ""
        self._came = QTimer(self)
        self._came.setSingleShot(True)
        self._came.setInterval(0)
        self._came.timeout.connect(self._tell_focus)
        session = canvas.session
        session.selection_changed.connect(self._selected)
        session.document_edited.connect(self._follow)
        session.document_replaced.connect(self._follow)
        session.snapshot_changed.connect(self._renumber)
        session.walk_changed.connect(self._walked)

    # -- what there is --------------------------------------------------------------------------------------

    def things(self) -> list[Key]:
        """Everything on the canvas: nodes from left to right, then wires, frames, notes and reroute points."""
        scene = self.canvas.scene
        if self._order[0] != scene.version:
            nodes = sorted(scene.nodes, key=lambda i: (scene.nodes[i].rect.left(), scene.nodes[i].rect.top()))
            ids: list[RecordId] = [*nodes, *scene.wires, *scene.frames, *scene.notes, *scene.points]
            keys: list[Key] = [("thing", i, "") for i in ids]
            self._order = scene.version, keys, {key: n for n, key in enumerate(keys)}
        return self._order[1]

    def place(self, key: Key) -> int:
        """The place of a thing among all; −1 if it is gone."""
        self.things()
        return self._order[2].get(key, -1)

    def parts_of(self, key: Key) -> list[Key]:
        """The ports and numbers of a node, and the numbers of a wire."""
        kind, of, _ = key
        scene = self.canvas.scene
        if kind != "thing" or not self.there(key):
            return []
        if isinstance(of, tuple):
            return [("number", of, what) for what in hints.numbers(scene, self.canvas.shown, of)]
        if of not in scene.nodes:
            return []
        ports: list[Key] = [("port", (of, port), "") for port in (*scene.nodes[of].face.ports, "")]
        return ports + [("number", of, what) for what in hints.numbers(scene, self.canvas.shown, of)]

    def owner(self, key: Key) -> Key | None:
        """The thing to which a port or a number belongs."""
        kind, of, _ = key
        return None if kind == "thing" else ("thing", of[0] if kind == "port" else of, "")

    def there(self, key: Key) -> bool:
        """Whether the canvas still has what a part stands for."""
        kind, of, _ = key
        scene = self.canvas.scene
        if kind == "port":
            view = scene.nodes.get(of[0])
            return view is not None and (not of[1] or of[1] in view.face.ports)
        return of in scene.wires if isinstance(of, tuple) else scene.find(of) is not None

    def part(self, key: Key) -> Part:
        """What stands for a thing, a port or a number."""
        if key not in self._parts:
            self._parts[key] = Part(self, key)
        return self._parts[key]

    def interface(self, key: Key | None) -> QAccessibleInterface | None:
        """The interface of a part, as Qt knows it."""
        return None if key is None else QAccessible.queryAccessibleInterface(self.part(key))

    @property
    def current(self) -> Key | None:
        """What is selected, or came to be selected last."""
        current = self.canvas.session.selection.current
        return None if current is None else ("thing", current, "")

    def name(self, key: Key) -> str:
        """What a part is, in words."""
        kind, of, what = key
        scene, shown = self.canvas.scene, self.canvas.shown
        if not self.there(key):
            return ""
        if kind == "port":
            return hints.port_words(scene, cast(End, of))
        if kind == "number":
            return f"{what} {hints.numbers(scene, shown, of).get(what, '')}"
        return hints.words(scene, shown, of)

    def area(self, key: Key) -> QRect:
        """Where it is on the screen."""
        kind, of, what = key
        scene, canvas = self.canvas.scene, self.canvas
        if not self.there(key):
            return QRect()
        if kind == "port":
            view = scene.nodes[of[0]]
            at = view.output() if not of[1] else view.input(view.face.ports.index(of[1]))
            area = QRectF(at.x() - 8, at.y() - 8, 16, 16)
        else:
            end: Port = of if isinstance(of, tuple) else (of, "")
            spots = canvas.picture.labels.places.spots
            spot = spots.get((end, cast(What, what))) if kind == "number" else None
            area = spot.rect if spot is not None else scene.bounds([of])
        shown = canvas.camera.transform().mapRect(area).toAlignedRect()
        return QRect(canvas.mapToGlobal(shown.topLeft()), shown.size())

    # -- what is told ---------------------------------------------------------------------------------------

    def _selected(self) -> None:
        before, self._chosen = self._chosen, self.canvas.session.selection.ids
        if not QAccessible.isActive():
            return
        changed = [i for i in before ^ self._chosen if self.there(("thing", i, ""))]
        if len(changed) > _MOST_TOLD:
            _tell(self.canvas, QAccessible.Event.SelectionWithin)
        else:
            added, removed = QAccessible.Event.SelectionAdd, QAccessible.Event.SelectionRemove
            for record_id in changed:
                _tell(self.part(("thing", record_id, "")), added if record_id in self._chosen else removed)
        self._tell_focus()

    def keyboard_came(self) -> None:
        """The canvas has the focus, as Qt is about to tell; after that, what has it on the canvas."""
        if QAccessible.isActive():
            self._came.start()

    def _tell_focus(self) -> None:
        """What has the focus on the canvas: the thing that is selected."""
        key = self.current
        if self._came.isActive():
            return  # it is told in a moment
        if key is not None and self.canvas.hasFocus() and QAccessible.isActive():
            self._said = self.name(key)
            _tell(self.part(key), QAccessible.Event.Focus)

    def _renumber(self) -> None:
        """New numbers of what has the focus, unless they change faster than anybody could listen."""
        key = self.current
        if key is None or not QAccessible.isActive() or self.canvas.session.snapshot.state == "running":
            return
        name = self.name(key)
        if name != self._said and self.canvas.hasFocus():
            self._said = name
            _tell(self.part(key), QAccessible.Event.NameChanged)

    def _walked(self) -> None:
        walk = self.canvas.session.walk
        if walk is not None:
            announce(self.canvas, f"{walk.step.title}. {walk.sentence}".strip())

    def _follow(self) -> None:
        """Let go of the parts of what is gone, and tell of what is new."""
        before = self._order[2]
        gone = [key for key in self._parts if not self.there(key)]
        for key in gone:
            self._parts.pop(key).deleteLater()
        if not QAccessible.isActive():
            return
        new = [key for key in self.things() if key not in before]
        if len(new) > _MOST_TOLD:
            _tell(self.canvas, QAccessible.Event.ObjectReorder)
        else:
            for key in new:
                _tell(self.part(key), QAccessible.Event.ObjectCreated)


def _tell(of: QObject, what: QAccessible.Event) -> None:
    QAccessible.updateAccessibility(QAccessibleEvent(of, what))


class CanvasInterface(QAccessibleWidget):
    """The canvas as a list of what is on it; widgets in it come last."""

    def __init__(self, canvas: CanvasView, tree: Tree) -> None:
        super().__init__(canvas, QAccessible.Role.List)
        self._tree = tree

    def childCount(self) -> int:
        return len(self._tree.things()) + super().childCount()

    def child(self, index: int) -> QAccessibleInterface | None:  # type: ignore[override]
        things = self._tree.things()
        return self._tree.interface(things[index]) if 0 <= index < len(things) else super().child(index - len(things))

    def indexOfChild(self, child: QAccessibleInterface) -> int:
        part = child.object()
        if isinstance(part, Part):
            return self._tree.place(part.key)
        index = super().indexOfChild(child)
        return index if index < 0 else index + len(self._tree.things())

    def childAt(self, x: int, y: int) -> QAccessibleInterface | None:  # type: ignore[override]
        key = _at(self._tree.canvas, x, y)
        return self._tree.interface(key)

    def focusChild(self) -> QAccessibleInterface | None:  # type: ignore[override]
        return self._tree.interface(self._tree.current) if self._tree.canvas.hasFocus() else None

    def state(self) -> QAccessible.State:
        return marked(super().state(), multiSelectable=True)


def _at(canvas: CanvasView, x: int, y: int) -> Key | None:
    point = canvas.camera.to_scene(canvas.mapFromGlobal(QRectF(x, y, 0, 0).topLeft()))
    found: RecordId | None = canvas.scene.node_at(point) or canvas.wire_under(point)
    found = found or canvas.scene.area_at(point, 4.0)
    return None if found is None else ("thing", found, "")


class PartInterface(QAccessibleInterface):
    """A thing on the canvas, a port, or a number."""

    def __init__(self, part: Part) -> None:
        super().__init__()
        self._part, self._tree, self._key = part, part.tree, part.key

    def isValid(self) -> bool:
        return self._tree.there(self._key)

    def object(self) -> QObject:
        return self._part

    def window(self) -> QWindow | None:  # type: ignore[override]
        return self._tree.canvas.window().windowHandle()

    def parent(self) -> QAccessibleInterface | None:  # type: ignore[override]
        owner = self._tree.owner(self._key)
        return self._tree.interface(owner) if owner else QAccessible.queryAccessibleInterface(self._tree.canvas)

    def childCount(self) -> int:
        return len(self._tree.parts_of(self._key))

    def child(self, index: int) -> QAccessibleInterface | None:  # type: ignore[override]
        keys = self._tree.parts_of(self._key)
        return self._tree.interface(keys[index]) if 0 <= index < len(keys) else None

    def indexOfChild(self, child: QAccessibleInterface) -> int:
        part = child.object()
        keys = self._tree.parts_of(self._key)
        return keys.index(part.key) if isinstance(part, Part) and part.key in keys else -1

    def childAt(self, x: int, y: int) -> QAccessibleInterface | None:  # type: ignore[override]
        ports = (key for key in self._tree.parts_of(self._key) if key[0] == "port")
        return self._tree.interface(next((key for key in ports if self._tree.area(key).contains(x, y)), None))

    def text(self, what: QAccessible.Text) -> str:
        return self._tree.name(self._key) if what == QAccessible.Text.Name else ""

    def setText(self, what: QAccessible.Text, text: str) -> None:
        """Names are made, not given."""

    def rect(self) -> QRect:
        return self._tree.area(self._key)

    def role(self) -> QAccessible.Role:
        kind = self._key[0]
        return QAccessible.Role.ListItem if kind == "thing" else QAccessible.Role.StaticText

    def state(self) -> QAccessible.State:
        state, canvas, there = QAccessible.State(), self._tree.canvas, self.isValid()
        screen = QRect(canvas.mapToGlobal(canvas.rect().topLeft()), canvas.size())
        marked(state, invalid=not there, offscreen=not screen.intersects(self.rect()))
        if self._key[0] != "thing" or not there:
            return state
        chosen = self._key[1] in canvas.session.selection.ids
        focused = self._key == self._tree.current and canvas.hasFocus()
        return marked(state, focusable=True, selectable=True, selected=chosen, focused=focused)

    def focusChild(self) -> QAccessibleInterface | None:  # type: ignore[override]
        return None

    def foregroundColor(self) -> QColor:
        return QColor()

    def backgroundColor(self) -> QColor:
        return QColor()
