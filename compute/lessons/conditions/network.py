"""Conditions on the graph and its settings."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np

from compute.document import Document, plain
from compute.graph import Graph
from compute.lessons.conditions.base import Begun, Given, Kind, register
from compute.lessons.moment import Moment
from compute.lessons.readout import Readout, problem, setting, shape_of, subject
from compute.numbers_text import plural
from compute.ops import find
from compute.params import Param

WITHIN = Param("within", "float", None, "How far from it still counts.", 0.0, optional=True)


def called(op: str) -> str:
    """An op by the name that the palette has for it."""
    found = find(op)
    return found.title if found else op


@register
class NodeThere(Kind):
    name, title = "node", "A node is there"
    params = (
        Param("op", "text", None, "Of this operation.", optional=True, names="op"),
        Param("count", "int", 1, "So many of them at least.", 1),
        Param("id", "text", None, "With this id.", optional=True, names="node"),
    )

    def holds(self, given: Given, now: Moment, begun: Begun) -> bool:
        nodes = now.document.graph.nodes.values()
        fit = [node for node in nodes if given["op"] in (None, node.op) and given["id"] in (None, node.id)]
        return len(fit) >= int(given["count"])

    def sentence(self, given: Given) -> str:
        kind = f"{called(given['op'])} node" if given["op"] else "node"
        name = f" {given['id']}" if given["id"] else ""
        if given["count"] == 1:
            return f"there is a {kind}{name}"
        return f"there are {given['count']} {plural(kind, given['count'])}{name}"

    def problem(self, given: Given, document: Document) -> str:
        if given["op"] is not None and find(given["op"]) is None:
            return f"No operation is called “{given['op']}”."
        return ""


def fits(node_id: str, wanted: str, graph: Graph) -> bool:
    """Whether a node is meant by an id, or, where no node has that id, by the name of its op."""
    if wanted in graph.nodes:
        return node_id == wanted
    return node_id in graph.nodes and graph.nodes[node_id].op == wanted


@register
class WireThere(Kind):
    name, title = "wire", "A wire is there"
    params = (
        Param("from", "text", None, "The node that it leaves, or any of an operation.", optional=True, names="end"),
        Param("to", "text", None, "The node that it enters, or any of an operation.", optional=True, names="end"),
        Param("port", "text", None, "At this port.", optional=True, names="port"),
    )

    def holds(self, given: Given, now: Moment, begun: Begun) -> bool:
        graph = now.document.graph
        return any(
            (given["from"] is None or fits(wire.source, given["from"], graph))
            and (given["to"] is None or fits(wire.target, given["to"], graph))
            and given["port"] in (None, wire.port)
            for wire in graph.wires.values()
        )

    def sentence(self, given: Given) -> str:
        source = f" from {given['from']}" if given["from"] else ""
        target = f" to {given['to']}" if given["to"] else ""
        port = f", port {given['port']}" if given["port"] else ""
        return f"there is a wire{source}{target}{port}"


def same(value: Any, wanted: str, within: float | None) -> bool:
    """Whether a setting has the value that a text means: a number, numbers in lists, or the text itself."""
    if value is None:
        return wanted in ("none", "null", "")
    if isinstance(value, str):
        return value == wanted
    try:
        meant = json.loads(wanted)
    except ValueError:
        return str(value) == wanted
    if isinstance(value, bool) or isinstance(meant, bool) or not isinstance(meant, int | float | list):
        return bool(value == meant)
    try:
        a, b = np.asarray(plain(value), np.float64), np.asarray(meant, np.float64)
    except (TypeError, ValueError, OverflowError):
        return bool(plain(value) == meant)
    return a.shape == b.shape and bool(np.all(np.abs(a - b) <= (within if within is not None else tolerance(b))))


def tolerance(wanted: Any) -> float:
    """How far a number may be from one that is wanted exactly: what float32 leaves of it."""
    top = float(np.max(np.abs(wanted), initial=0.0))
    return 1e-5 * top if math.isfinite(top) else 0.0


@register
class SettingIs(Kind):
    name, title = "setting", "A setting has a value"
    params = (
        Param("what", "text", None, "Such as h.units, training.epochs, training.optimizer.name or data.name."),
        Param("is", "text", None, "A number, a list of numbers such as [1, 2], or a word."),
        WITHIN,
    )

    def holds(self, given: Given, now: Moment, begun: Begun) -> bool:
        return same(setting(given["what"], now.document), given["is"], given["within"])

    def sentence(self, given: Given) -> str:
        return f"{Readout('setting', given['what']).sentence} is {given['is']}"

    def problem(self, given: Given, document: Document) -> str:
        wrong = problem(Readout("setting", given["what"]), document)
        return f"The condition “setting” {wrong}." if wrong else ""


@register
class ShapeIs(Kind):
    name, title = "shape", "Something has a shape"
    params = (
        Param("what", "text", None, "A node, wire or weight: X, L.b, h.weight."),
        Param("is", "text", None, "As it is written on wires: (B, 8)."),
    )

    def holds(self, given: Given, now: Moment, begun: Begun) -> bool:
        found = shape_of(given["what"], now)
        return found is not None and _bare(found) == _bare(given["is"])

    def sentence(self, given: Given) -> str:
        return f"the shape of {given['what']} is {given['is']}"

    def problem(self, given: Given, document: Document) -> str:
        missing = subject(given["what"], document.graph) is None
        return f"The condition “shape” is about “{given['what']}”, which is no node, wire or weight." if missing else ""


def _bare(shape: str) -> str:
    return shape.replace(" ", "").replace(",)", ")").replace("×", ",").strip("()")


@register
class NoProblems(Kind):
    name, title = "no problems", "Nothing is wrong with the graph"

    def holds(self, given: Given, now: Moment, begun: Begun) -> bool:
        return not now.snapshot.analysis.problems and now.snapshot.problem is None

    def sentence(self, given: Given) -> str:
        return "nothing is wrong with the graph"
