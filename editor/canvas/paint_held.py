"""What a walk holds in memory, marked at the nodes: a chip each for value, gradient and gradients of weights."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter

from compute.explain import Stored
from compute.graph import Graph
from compute.numbers_text import size_text
from editor.canvas.ink import Ink, fonts, pen
from editor.canvas.standing import NodeView

HIGH, PADDING, GAP = 16.0, 6.0, 4.0


class Held(NamedTuple):
    """Bytes that are held of a node's value, its gradient (or parts of it) and its weights' gradients; 0: none."""

    value: int = 0
    gradient: int = 0
    weights: int = 0


def held_at(stored: Iterable[Stored], graph: Graph) -> Mapping[str, Held]:
    """What is held at each node. A gradient on a wire is one of the node that the wire comes from; weights are there
    in any case."""
    found: dict[str, Held] = {}
    for each in stored:
        kind, node = each.quantity.kind, each.node
        if kind == "wire":
            node = graph.wires[each.quantity.node, each.quantity.name].source
        place = {"value": 0, "gradient": 1, "wire": 1, "weight gradient": 2}.get(kind)
        if place is not None:
            sizes = list(found.get(node, Held()))
            sizes[place] += each.bytes
            found[node] = Held(*sizes)
    return found


def paint_held(painter: QPainter, view: NodeView, held: Held, ink: Ink) -> None:
    """Chips on the lower border of a node."""
    type_ = fonts()
    x, y = view.rect.left() + 8, view.rect.bottom() - HIGH / 2
    painter.setFont(type_.mono)
    for glyph, size, color, ground in (
        ("→", held.value, ink.forward, ink.forward_ground),
        ("∂", held.gradient, ink.backward, ink.backward_ground),
        ("∂W", held.weights, ink.backward, ink.backward_ground),
    ):
        if size:
            text = f"{glyph} {size_text(size)}"
            chip = QRectF(x, y, type_.width("mono", text) + 2 * PADDING, HIGH)
            painter.setPen(pen(color, 1.0))
            painter.setBrush(ground)
            painter.drawRoundedRect(chip, HIGH / 2, HIGH / 2)
            painter.drawText(chip, int(Qt.AlignmentFlag.AlignCenter), text)
            x = chip.right() + GAP


def paint_held_afar(painter: QPainter, view: NodeView, held: Held, ink: Ink, pixel: float) -> None:
    """Bars along the lower border of a node that is too small for words."""
    for place, size, color in ((0, held.value, ink.forward), (1, held.gradient + held.weights, ink.backward)):
        if size:
            half = view.rect.width() / 2
            bar = QRectF(view.rect.left() + place * half, view.rect.bottom() - 4 * pixel, half, 4 * pixel)
            painter.fillRect(bar, color)
