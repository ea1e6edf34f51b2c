"""The canvas for screen readers: its nodes, ports, wires and their numbers are children in Qt's accessibility tree.

Nothing of this is made before a screen reader asks for the canvas. Each thing that it asks for is stood for by an
object of Qt, a ``Part``, since Qt lets go of an interface when its object goes, and only then.
"""

from __future__ import annotations

from typing import cast

from PySide6.QtCore import QObject, QRect, QRectF, QTimer
from PySide6.QtGui import QAccessible, QAccessibleEvent, QAccessibleInterface
from PySide6.QtWidgets import QAccessibleWidget

from compute.graph import Port, RecordId
from editor.accessible import announce, marked
from editor.canvas import hints
from editor.canvas.placement import What
from editor.canvas.view import CanvasView
from editor.parts import Part, PartTree

End = tuple[str, str]
"""A node and its port, which is empty for the output."""
Key = tuple[str, RecordId | End, str]
"""What a part is (``thing``, ``port`` or ``number``), of what, and which number."""
_MOST_TOLD = 20
"""Changes that are told one by one; of more only that there were some."""


class Tree(PartTree):
    """The parts of one canvas that were asked for, and what is told of them."""

    def __init__(self, canvas: CanvasView) -> None:
        super().__init__(canvas)
        self.canvas = canvas
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

    def count(self, key: Key) -> int:
        return len(self.parts_of(key))

    def child(self, key: Key, index: int) -> Key:
        return self.parts_of(key)[index]

    def index(self, key: Key) -> int:
        owner = self.owner(key)
        if owner is None:
            return self.place(key)
        beside = self.parts_of(owner)
        return beside.index(key) if key in beside else -1

    def at(self, key: Key, x: int, y: int) -> Key | None:
        ports = (part for part in self.parts_of(key) if part[0] == "port")
        return next((port for port in ports if self.area(port).contains(x, y)), None)

    def role(self, key: Key) -> QAccessible.Role:
        return QAccessible.Role.ListItem if key[0] == "thing" else QAccessible.Role.StaticText

    def chosen(self, key: Key) -> tuple[bool, bool] | None:
        if key[0] != "thing":
            return None
        return key[1] in self.canvas.session.selection.ids, key == self.current and self.canvas.hasFocus()

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
        self.let_go()
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
