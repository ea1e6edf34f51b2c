"""What of the canvas shows the number in focus."""

from __future__ import annotations

from dataclasses import dataclass

from compute.explain import Facts
from compute.focus import Focus, Subject
from compute.tensor_view import Entry
from editor.canvas.placement import Slot
from editor.canvas.scene import Scene


@dataclass(frozen=True, slots=True)
class Lit:
    """subject, entry: whose cell, in the body of a node (entry: None while nothing is computed); labels: those that
    show the number or the tensor that it is one of."""

    subject: Subject
    entry: Entry | None
    labels: frozenset[Slot]


def lit_by(focus: Focus, facts: Facts, scene: Scene) -> Lit:
    """What a focus lights. The gradient at a node lights the same entry of its value, and every wire that brings a part
    of it; a weight lights no label."""
    subject, entry = focus.subject, focus.entry_in(facts)
    if subject.kind == "weight" or focus.quantity == "update":
        return Lit(subject, entry, frozenset())
    if subject.wire is not None:
        return Lit(Subject("node", subject.source(facts.graph)), entry, frozenset({(subject.wire, focus.quantity)}))
    ways = [key for key in scene.at_node.get(subject.node, ()) if scene.wires[key].source == subject.node]
    labels = frozenset((key, focus.quantity) for key in (*ways, (subject.node, "")))
    return Lit(subject, entry, labels)
