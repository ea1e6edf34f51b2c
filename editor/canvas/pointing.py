"""Which number stands at a point of the canvas: in a label, or in the body of a node."""

from __future__ import annotations

from PySide6.QtCore import QPointF

from compute.focus import Focus, Subject
from compute.tensor_view import Entry
from editor.canvas.cells import grids
from editor.canvas.labels import Label, strip_area
from editor.canvas.readings import Readings
from editor.canvas.scene import Scene
from editor.canvas.standing import NodeView

_STRIP_REACH = 3.0
"""How far above and below its thin cells a heat strip is meant."""


def in_label(label: Label, point: QPointF, scene: Scene, readings: Readings, scale: float) -> Focus | None:
    """What a label says: its only number, the entry whose cell of the heat strip is at the point, or the tensor (whose
    most telling entry is then asked about); None for a shape, and for what a walk has not come to."""
    key, what = label.slot
    if what == "shape" or (label.reading is None and readings.known is not None):
        return None
    source = scene.wires[key].source if key[1] else key[0]
    subject = Subject("wire", *key) if key[1] else Subject("node", key[0])
    return Focus(subject, what, _entry(label, point, source, readings, scale))


def _entry(label: Label, point: QPointF, source: str, readings: Readings, scale: float) -> Entry | None:
    trace, (key, what) = readings.trace, label.slot
    if what == "value":
        array = trace.values.get(source)
    else:
        array = trace.wire_grads.get(key) if key[1] else trace.grads.get(source)
    if array is None or not array.size:
        return None
    laid_out = readings.view(array, source)
    size = readings.entries(array, source).size
    if size == 1:
        return laid_out.entry_of_sample(readings.sample, 0)
    if label.reading is None or label.reading.strip is None or scale > 1:
        return None
    area, cells = strip_area(label.rect), label.reading.strip.size
    if not area.adjusted(0, -_STRIP_REACH, 0, _STRIP_REACH).contains(point):
        return None
    cell = min(int((point.x() - area.left()) / area.width() * cells), cells - 1)
    return laid_out.entry_of_sample(readings.sample, cell * readings.strip_step(size))


def in_body(view: NodeView, point: QPointF, readings: Readings) -> Focus | None:
    """The number in the body of a node."""
    for grid in grids(view, readings):
        entry = grid.entry(point)
        if entry is not None:
            return Focus(grid.subject, "value", entry)
    return None
