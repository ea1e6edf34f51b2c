"""The walk by arrow keys: left and right along wires, otherwise between neighbours."""

from __future__ import annotations

from PySide6.QtCore import QPointF

from editor.canvas.areas import header
from editor.canvas.scene import Scene

_BESIDE = 40.0
"""Things less than this above or below count as beside."""


def _spots(scene: Scene) -> dict[str, QPointF]:
    """Where everything but wires is: of a frame, where its title stands."""
    found = {i: view.rect.center() for i, view in scene.nodes.items()}
    found |= {i: view.rect.center() for i, view in scene.notes.items()}
    found |= {i: view.rect.center() for i, view in scene.points.items()}
    return found | {i: header(view.rect).center() for i, view in scene.frames.items()}


def neighbour(scene: Scene, here: str | None, dx: int, dy: int) -> str | None:
    """What an arrow key leads to, or None. From nowhere the way begins at the leftmost node."""
    spots = _spots(scene)
    if here is None or here not in spots:
        first = min(scene.nodes, key=lambda i: (scene.nodes[i].rect.left(), scene.nodes[i].rect.top()), default=None)
        return first or next(iter(spots), None)
    at = spots[here]
    if dx and here in scene.nodes:
        if dx > 0:
            near = {key[0] for key in scene.touching([here]) if scene.wires[key].source == here}
        else:
            near = {scene.wires[key].source for key in scene.touching([here]) if key[0] == here}
        return min(near, key=lambda i: abs(spots[i].y() - at.y()), default=None)
    # Along the way that the key points, and across it.
    ways = {i: spot - at for i, spot in spots.items() if i != here}
    along = {i: (way.x() * dx + way.y() * dy, abs(way.y() if dx else way.x())) for i, way in ways.items()}
    least = _BESIDE if dy else 1.0
    ahead = {i: way for i, way in along.items() if way[0] > least}
    return min(ahead, key=lambda i: ahead[i][0] + 2 * ahead[i][1], default=None)
