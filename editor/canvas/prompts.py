"""The op to add: what the canvas asks for in words."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QPointF

from compute.graph import Port, Wire
from compute.ops import by_group
from compute.ops.base import Op
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
