"""The walk by arrow keys: left and right along wires, up and down between neighbours."""

from __future__ import annotations

from editor.canvas.scene import Scene

_BESIDE = 40.0
"""Nodes less than this above or below count as beside."""


def neighbour(scene: Scene, here: str | None, dx: int, dy: int) -> str | None:
    """The node that an arrow key leads to, or None. From nowhere the way begins at the leftmost node."""
    if here is None or here not in scene.nodes:
        return min(scene.nodes, key=lambda i: (scene.nodes[i].rect.left(), scene.nodes[i].rect.top()), default=None)
    at = scene.nodes[here].rect.center()
    if dx:
        if dx > 0:
            near = {key[0] for key in scene.touching([here]) if scene.wires[key].source == here}
        else:
            near = {scene.wires[key].source for key in scene.touching([here]) if key[0] == here}
        return min(near, key=lambda i: abs(scene.nodes[i].rect.center().y() - at.y()), default=None)
    ways = {i: v.rect.center() - at for i, v in scene.nodes.items() if i != here}
    ahead = {i: way for i, way in ways.items() if way.y() * dy > _BESIDE}
    return min(ahead, key=lambda i: abs(ahead[i].y()) + 2 * abs(ahead[i].x()), default=None)
