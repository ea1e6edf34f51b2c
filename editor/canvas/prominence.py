"""Where the labels of a wire stand that must be shown whole: hovered, selected, or at work in the walk.

They are painted over everything, so each takes the place where it hides least: no header of a node and no other such
label if there is room, and its own everyday label rather than another.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from PySide6.QtCore import QPointF, QRectF

from editor.canvas.face import HEADER
from editor.canvas.placement import Places, Size, What, places_beside, places_on
from editor.canvas.scene import Scene
from editor.canvas.standing import WireView

# What a label costs that lies wholly on something, and each step that it stands away from its wire.
_LABEL, _HEADER, _BODY, _EVERYDAY, _TWICE, _STEP = 6.0, 4.0, 0.8, 0.6, 0.6, 0.1
_STEPS = 5
_NEAR = 260.0
_GAP = 4.0


def prominent(scene: Scene, places: Places, sizes: Sequence[tuple[WireView, What, Size]], scale: float) -> list[QRectF]:
    """A place for each label of some wires."""
    if not sizes:
        return []
    near = QRectF()
    for wire, _, _ in sizes:
        near = near.united(wire.bounds.adjusted(-1, -1, 1, 1))
    near.adjust(-_NEAR, -_NEAR, _NEAR, _NEAR)
    nodes = [view.rect for view in scene.nodes.values() if view.rect.intersects(near)]
    others = {slot: spot.rect for slot, spot in places.spots.items() if spot.rect.intersects(near)}
    placed: list[QRectF] = []
    for wire, what, size in sizes:
        own = others.get((wire.key, what))
        choices = list(_choices(scene, wire, what, size, scale, own))
        around = QRectF()
        for rect, _ in choices:
            around = around.united(rect)
        # A long wire has many things near it, and each of its labels few.
        labels = [rect for rect in others.values() if rect is not own and rect.intersects(around)]
        boxes = [rect for rect in nodes if rect.intersects(around)]

        def cost(
            rect: QRectF, own: QRectF | None = own, labels: list[QRectF] = labels, boxes: list[QRectF] = boxes
        ) -> float:
            away = sum(_share(rect, rect & other) for other in labels)
            total = _LABEL * sum(_share(rect, rect & other) for other in placed) + _EVERYDAY * away
            for node in boxes:
                header = QRectF(node.left(), node.top(), node.width(), HEADER)
                total += _BODY * _share(rect, rect & node) + (_HEADER - _BODY) * _share(rect, rect & header)
            return total + (_TWICE if own is not None and not rect.contains(own) else 0.0)

        placed.append(min(choices, key=lambda choice: choice[1] + cost(choice[0]))[0])
    return placed


def _share(whole: QRectF, part: QRectF) -> float:
    """How much of a rectangle a part of it is."""
    return part.width() * part.height() / (whole.width() * whole.height()) if part.isValid() else 0.0


def _choices(
    scene: Scene, wire: WireView, what: What, size: Size, scale: float, own: QRectF | None
) -> Iterable[tuple[QRectF, float]]:
    """Places for a label, each with what it costs to be so far away."""
    if own is not None:
        left = own.center().y() - size.height / 2
        for x in (own.left(), own.right() - size.width, own.center().x() - size.width / 2):
            yield QRectF(x, left, size.width, size.height), 0.0
    if what == "shape":
        for share, rect in enumerate(places_on(wire, what, size)):
            yield rect, share * _STEP
        return
    first, second = places_beside(scene, wire, what, size, scale)
    middle = QPointF(wire.at(0.5).x() - size.width / 2, 0.0)
    for step in range(_STEPS):
        for turn, rect in enumerate((first, second)):
            up = rect is min(first, second, key=QRectF.top)
            shift = step * (size.height + _GAP) * (-1 if up else 1)
            for x in (rect.left(), middle.x()):
                place = QRectF(x, rect.top() + shift, size.width, size.height)
                yield place, _STEP * (step + turn / 2 + (x != rect.left()) / 4)
    for rect in places_on(wire, what, size):
        yield rect, 2 * _STEP
