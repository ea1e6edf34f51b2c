"""The op to add: what the canvas asks for in words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPoint, QPointF

from compute.graph import Port, Wire
from compute.ops import by_group, find
from compute.ops.base import Op
from compute.shapes import show
from editor.canvas.editing import Editing
from editor.canvas.search import Offered, SearchPopup, no_more
from editor.canvas.view import CanvasView

Place = Callable[[str, QPointF, tuple[Wire, ...]], object]
"""Puts a node of an op, by name, with its corner at a point of the scene, with its first wires."""


def open_search(
    canvas: CanvasView, at: QPointF, chosen: Callable[[str], object], more: Callable[[str], Sequence[Offered]]
) -> SearchPopup:
    """The quick menu with every op, at a point of the scene; ``chosen`` gets the name of the op, or of what ``more``
    offers for a text."""
    return _open(canvas, at, _ops(), chosen, more)


def open_search_for(
    canvas: CanvasView, editing: Editing, at: QPointF, source: str | None, target: Port | None, place: Place
) -> SearchPopup:
    """The quick menu with only those ops that a wire dropped at a point can go on with."""
    ports = {op.name: editing.takes(op, source, target) for op in _ops()}

    def chosen(name: str) -> None:
        node, port = editing.new_node(name, QPointF()), ports[name]
        if source is not None:
            wire = Wire(source, node.id, port or "")
        else:
            assert target is not None
            wire = Wire(node.id, *target)
        place(name, editing.place_for(node, at, port), (wire,))

    return _open(canvas, at, [op for op in _ops() if ports[op.name] is not None], chosen)


@dataclass(frozen=True, slots=True)
class Known:
    """A node of the graph that can be gone to; ``name``: its id."""

    name: str
    title: str
    group: str
    help: str


def open_nodes(canvas: CanvasView, chosen: Callable[[str], object]) -> SearchPopup:
    """The nodes of the graph, found by name or operation, in the middle of the canvas's top; ``chosen`` gets an id."""
    shapes = canvas.session.snapshot.analysis.shapes
    found = []
    for view in canvas.scene.nodes.values():
        op = find(view.node.op)
        title = op.title if op is not None else view.node.op
        shape = show(shapes[view.id]) if view.id in shapes else "no shape yet"
        words = view.id if view.id == view.node.label else f"{view.node.label} ({view.id})"
        found.append(
            Known(view.id, f"{title} {words}", op.group if op is not None else "", f"{words}: {title}, {shape}")
        )
    popup = SearchPopup(canvas, found, chosen, "No node answers this; try other words.", purpose="Go to a node")
    popup.open_at(QPoint(canvas.width() // 2 - 160, 40))
    return popup


def _ops() -> list[Op]:
    """Every op, group by group as in the palette."""
    return [op for ops in by_group().values() for op in ops]


def _open(
    canvas: CanvasView,
    at: QPointF,
    ops: Sequence[Op],
    chosen: Callable[[str], object],
    more: Callable[[str], Sequence[Offered]] = no_more,
) -> SearchPopup:
    popup = SearchPopup(canvas, ops, chosen, "Nothing fits; try other words.", more)
    popup.open_at(canvas.camera.to_screen(at).toPoint())
    return popup
