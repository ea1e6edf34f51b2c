"""Words about what is under the pointer or selected: full numbers in a tip, and the description for screen readers."""

from __future__ import annotations

from html import escape
from typing import Any

import numpy as np
import numpy.typing as npt

from compute.explain import Facts
from compute.explain.facts import plain
from compute.focus import Focus
from compute.graph import Port
from compute.numbers_text import precise
from compute.ops import find
from compute.problems import sentence_of
from compute.shapes import show
from editor.canvas.picture import Shown
from editor.canvas.scene import Scene
from editor.selection import Selection

_MOST = 8
_NOT_COMPUTED = "not computed"


def tip(scene: Scene, shown: Shown, node_id: str | None, key: Port | None) -> str:
    """Rich text about a node or else a wire; empty where there is none."""
    if node_id is not None:
        return _node_tip(scene, shown, node_id)
    return _wire_tip(scene, shown, key) if key is not None else ""


def _node_tip(scene: Scene, shown: Shown, node_id: str) -> str:
    view = scene.nodes[node_id]
    op = find(view.node.op)
    lines = [f"<b>{escape(op.title if op else view.node.op)} {escape(view.node.label)}</b>"]
    if view.problem or view.off:
        lines.append(escape(sentence_of(view.problem or view.off)))
    elif op is not None:
        lines.append(escape(op.help))
    grads = shown.readings.trace.grads
    lines += _numbers(shown, node_id, shown.readings.array(node_id), grads.get(node_id), node_id in grads)
    return "<br>".join(lines)


def _wire_tip(scene: Scene, shown: Shown, key: Port) -> str:
    source = scene.wires[key].source
    gradient = shown.readings.trace.wire_grads.get(key)
    known = shown.readings.known
    if known is not None and key not in known.wires:
        gradient = None
    expected = shown.readings.expects_gradient(key, source)
    names = [escape(scene.nodes[i].node.label) for i in (source, key[0])]
    lines = [f"<b>{names[0]} → {names[1]}</b>, port {escape(key[1])}"]
    return "<br>".join(lines + _numbers(shown, source, shown.readings.array(source), gradient, expected))


def _numbers(
    shown: Shown, node_id: str, value: npt.NDArray[Any] | None, gradient: npt.NDArray[Any] | None, expected: bool
) -> list[str]:
    shape = shown.readings.analysis.shapes.get(node_id)
    lines = [f"shape {escape(show(shape))}"] if shape is not None else []
    lines.append(f"→ value {_written(shown, node_id, value)}")
    if expected:
        lines.append(f"∂ gradient {_written(shown, node_id, gradient)}")
    return lines


def _written(shown: Shown, node_id: str, array: npt.NDArray[Any] | None) -> str:
    """The entries of the selected sample, as far as they fit, with the whole array's range."""
    if array is None:
        return _NOT_COMPUTED
    if array.size == 1:
        return precise(float(array.reshape(-1)[0]))
    rows = shown.readings.entries(array, node_id)
    numbers = ", ".join(precise(float(x)) for x in rows[:_MOST])
    more = f", … ({rows.size} numbers)" if rows.size > _MOST else ""
    with np.errstate(all="ignore"):
        low, high = float(np.min(array)), float(np.max(array))
    batch = f"; over the batch {precise(low)} … {precise(high)}" if rows.size < array.size else ""
    return f"[{numbers}{more}]{batch}"


def asked(focus: Focus | None, facts: Facts) -> str:
    """The number that is asked about, in a sentence for screen readers; empty where no entry is in focus."""
    if focus is None or focus.entry is None:
        return ""
    subject = focus.subject
    name = facts.weight_name(focus.asks(facts.graph)) if subject.kind == "weight" else subject.source(facts.graph)
    quantity = facts.find(focus.asks(facts.graph))
    if quantity is None or focus.entry_in(facts) != focus.entry:
        return ""
    return f"In focus: the {focus.quantity} of {plain(name, focus.entry)}, {precise(float(quantity[focus.entry]))}."


def describe(scene: Scene, shown: Shown, selection: Selection) -> str:
    """What is selected, in a sentence for screen readers."""
    nodes = [scene.nodes[i] for i in selection.nodes if i in scene.nodes]
    if selection.wire in scene.wires and selection.wire is not None:
        source = scene.wires[selection.wire].source
        return f"Wire from {source} to port {selection.wire[1]} of {selection.wire[0]}."
    if len(nodes) == 1:
        view = nodes[0]
        reading = shown.readings.value(view.id)
        value = reading.text if reading else _NOT_COMPUTED
        shape = shown.readings.analysis.shapes.get(view.id)
        size = show(shape) if shape is not None else "no shape yet"
        problem = f" {sentence_of(view.problem or view.off)}".rstrip()
        bypassed = ", bypassed" if view.node.off == "bypass" else ""
        return f"{view.face.title} {view.node.label}{bypassed}, {size}, value {value}.{problem}"
    if not selection.ids:
        return f"{len(scene.nodes)} nodes, {len(scene.wires)} wires"
    if isinstance(selection.only, str):
        frame, note = scene.frames.get(selection.only), scene.notes.get(selection.only)
        if frame is not None:
            return f"Frame {frame.record.label}"
        return f"Note: {note.record.text}" if note is not None else "Reroute point"
    if len(nodes) == len(selection.ids):
        return f"{len(nodes)} nodes selected"
    return f"{len(selection.ids)} things selected"
