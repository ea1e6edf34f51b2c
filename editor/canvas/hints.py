"""Words about what is under the pointer or selected: full numbers in a tip, and the description for screen readers."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import Any

import numpy as np
import numpy.typing as npt

from compute.explain import Facts
from compute.explain.broadcasting import lone_weights, on_wire, repeated
from compute.explain.facts import name_in, plain
from compute.focus import Focus
from compute.graph import Port, RecordId
from compute.matrix_text import typed_setting
from compute.numbers_text import precise
from compute.ops import find
from compute.problems import sentence_of
from compute.shapes import show
from editor.canvas.paint_audit import WORDS, said, verdict_of
from editor.canvas.picture import Shown
from editor.canvas.readings import Reading
from editor.canvas.scene import Scene
from editor.selection import Selection

_MOST = 8
_NOT_COMPUTED = "not computed"


def tip(scene: Scene, shown: Shown, node_id: str | None, key: Port | None, badge: RecordId | None = None) -> str:
    """Rich text about a mark of the audit, a node or else a wire; empty where there is none."""
    if badge is not None:
        return audited(scene, shown, badge)
    if node_id is not None:
        return _node_tip(scene, shown, node_id)
    return _wire_tip(scene, shown, key) if key is not None else ""


def audited(scene: Scene, shown: Shown, record: RecordId) -> str:
    """Rich text of what the audit found of a node or wire; empty where it found nothing."""
    return "<br>".join(map(escape, said(shown.audit, record, _label(scene))))


def _label(scene: Scene) -> Callable[[str], str]:
    return lambda node: name_in(scene.nodes[node].node.label) if node in scene.nodes else node


def _node_tip(scene: Scene, shown: Shown, node_id: str) -> str:
    view = scene.nodes[node_id]
    op = find(view.node.op)
    lines = [f"<b>{escape(op.title if op else view.node.op)} {escape(view.node.label)}</b>"]
    if view.problem or view.off:
        lines.append(escape(sentence_of(view.problem or view.off)))
    elif op is not None:
        lines.append(escape(op.help))
        lines += [escape(sentence) for sentence in _repeated_weights(shown, node_id)]
        if typed_setting(op.name):
            lines.append("Double-click to type its numbers.")
    grads, known = shown.readings.trace.grads, shown.readings.known
    gradient = grads.get(node_id) if known is None or node_id in known.gradients else None
    lines += _numbers(shown, node_id, shown.readings.array(node_id), gradient, node_id in grads)
    return "<br>".join(lines)


def _repeated_weights(shown: Shown, node_id: str) -> list[str]:
    """Of a layer the weights that are used for each row, as a bias is."""
    analysis = shown.readings.analysis
    op, shape = analysis.ops.get(node_id), analysis.shapes.get(node_id)
    if op is None or not shape:
        return []
    inputs = [tuple(n if n != "B" else 1 for n in analysis.shapes[s]) for s in analysis.sources[node_id]]
    names = analysis.weights_of(node_id)
    out = []
    for suffix in lone_weights(op, inputs, analysis.settings[node_id]):
        size = analysis.parameters[names[suffix]][1].shape
        out.append(f"{suffix} {show(size)} is used for {repeated(size, shape)[0]}.")
    return out


def _wire_tip(scene: Scene, shown: Shown, key: Port) -> str:
    source = scene.wires[key].source
    gradient = shown.readings.trace.wire_grads.get(key)
    known = shown.readings.known
    if known is not None and key not in known.wires:
        gradient = None
    expected = shown.readings.expects_gradient(key, source)
    names = [escape(scene.nodes[i].node.label) for i in (source, key[0])]
    lines = [f"<b>{names[0]} → {names[1]}</b>, port {escape(key[1])}"]
    analysis = shown.readings.analysis
    words, _ = repeated(analysis.shapes.get(source, ()), analysis.shapes.get(key[0], ()))
    if on_wire(analysis.ops.get(key[0]), analysis.shapes.get(source), analysis.shapes.get(key[0])):
        lines.append(
            escape(f"{scene.nodes[source].node.label} is used for {words}; its gradient is the sum over them.")
        )
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
    if not selection.ids:
        return f"{len(scene.nodes)} nodes, {len(scene.wires)} wires"
    if selection.only is not None:
        return words(scene, shown, selection.only)
    what = "nodes" if len(selection.nodes) == len(selection.ids) else "things"
    return f"{len(selection.ids)} {what} selected"


def words(scene: Scene, shown: Shown, record_id: RecordId) -> str:
    """What a node, a wire or anything else on the canvas is, with its shape and numbers; empty if it is gone."""
    verdict = verdict_of(shown.audit, record_id)
    audit = f" Audit: {WORDS[verdict]}." if verdict is not None else ""
    if isinstance(record_id, tuple):
        return _wire_words(scene, shown, record_id) + audit if record_id in scene.wires else ""
    if record_id in scene.nodes:
        cost = f" Cost: {shown.cost[record_id].text}." if record_id in shown.cost else ""
        return _node_words(scene, shown, record_id) + audit + cost
    frame, note = scene.frames.get(record_id), scene.notes.get(record_id)
    if frame is not None:
        return f"Frame {frame.record.label}"
    if note is not None:
        return f"Note: {note.record.text}"
    return "Reroute point" if record_id in scene.points else ""


def _node_words(scene: Scene, shown: Shown, node_id: str) -> str:
    view = scene.nodes[node_id]
    parts = [f"{view.face.title} {view.node.label}"]
    if view.node.off == "bypass":
        parts.append("bypassed")
    parts += [f"{what} {text}" if what != "shape" else text for what, text in numbers(scene, shown, node_id).items()]
    problem = f" {sentence_of(view.problem or view.off)}".rstrip()
    return f"{', '.join(parts)}.{problem}"


def _wire_words(scene: Scene, shown: Shown, key: Port) -> str:
    source, target = (scene.nodes[i].node.label for i in (scene.wires[key].source, key[0]))
    told = [f"{what} {text}" if what != "shape" else text for what, text in numbers(scene, shown, key).items()]
    return f"{', '.join([f'Wire from {source} to port {key[1]} of {target}', *told])}."


def port_words(scene: Scene, end: tuple[str, str]) -> str:
    """What a port is, and what it is wired to; the port of the output is empty."""
    node_id, port = end
    label = scene.nodes[node_id].node.label
    if not port:
        keys = sorted(key for key in scene.at_node.get(node_id, ()) if scene.wires[key].source == node_id)
        fed = ", ".join(scene.nodes[key[0]].node.label for key in keys)
        return f"Output of {label}, feeds {fed or 'nothing'}"
    wire = scene.wires.get((node_id, port))
    return f"Port {port} of {label}, {f'fed by {scene.nodes[wire.source].node.label}' if wire else 'free'}"


def numbers(scene: Scene, shown: Shown, of: str | Port) -> dict[str, str]:
    """Shape, value and gradient of what leaves a node, or goes through a wire, as far as it has them."""
    readings, wired = shown.readings, isinstance(of, tuple)
    source = scene.wires[of].source if isinstance(of, tuple) else of
    shape = readings.analysis.shapes.get(source)
    value = readings.carried(of, source) if isinstance(of, tuple) else readings.value(source)
    found = {"shape": show(shape) if shape is not None else "no shape yet"}
    found["value"] = _told(value)
    if isinstance(of, tuple):
        gradient, expected = readings.gradient(of, source), readings.expects_gradient(of, source)
    else:
        gradient, expected = readings.output_gradient(of), of in readings.trace.grads
    if wired or expected:
        found["gradient"] = _told(gradient) if gradient or expected else "none"
    return found


def _told(reading: Reading | None) -> str:
    if reading is None:
        return _NOT_COMPUTED
    return "asked for" if reading.wanted else reading.said
