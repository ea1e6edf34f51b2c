"""Documents with very many records, which are read many at a time: each is found wrong, and kept, at its own place."""

from __future__ import annotations

import math
from typing import Any

import pytest

from compute.analysis import analyse
from compute.document import from_json, to_json
from compute.document.checking import FARTHEST
from compute.errors import GradwireError
from compute.graph import Graph, Node, Wire
from compute.problems import ProblemError
from compute.workspace import open_document

COUNT = 1200


def many() -> dict[str, Any]:
    nodes = [{"id": f"n{i}", "op": "tanh", "position": [i, -i]} for i in range(COUNT)]
    wires = [{"from": f"n{i}", "to": f"n{i + 1}", "port": "x"} for i in range(COUNT - 1)]
    return {"format": "gradwire", "version": 1, "graph": {"nodes": nodes, "wires": wires}}


@pytest.mark.parametrize(
    ("part", "at", "change", "sentence"),
    [
        ("nodes", 700, {"op": 7}, "graph.nodes[700].op: expected `str`, got `int`."),
        ("nodes", 0, {"position": [1]}, "graph.nodes[0].position: expected `array` of length 2, got 1."),
        ("nodes", 1199, {"id": ""}, "graph.nodes[1199]: the id is empty; give every node an id of its own."),
        ("nodes", 801, {"id": "n3"}, "graph.nodes: two nodes have the id n3; rename one."),
        ("wires", 901, {"port": None}, "graph.wires[901].port: expected `str`, got `null`."),
        ("wires", 902, {"from": "m"}, "graph.wires[902].from: there is no node 'm'; name one of the nodes."),
        ("wires", 903, {"to": "m"}, "graph.wires[903].to: there is no node 'm'; name one of the nodes."),
        ("wires", 904, {"to": "n7"}, "graph.wires: two wires feed the port n7.x; a port takes one, so remove the"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(part: str, at: int, change: dict[str, Any], sentence: str) -> None:
    raw = many()
    raw["graph"][part][at] |= change
    with pytest.raises(GradwireError) as error:
        from_json(raw)
    assert str(error.value).startswith(sentence)


@pytest.mark.parametrize("part", ["nodes", "wires"])
@pytest.mark.parametrize("value", [3, None, [], "n"])
def test_what_is_no_object_is_named_with_its_place(part: str, value: object) -> None:
    raw = many()
    raw["graph"][part][777] = value
    with pytest.raises(GradwireError, match=rf"graph.{part}\[777\]: expected `object`, got "):
        from_json(raw)


@pytest.mark.parametrize("place", [(math.nan, 0), (0, math.nan), (math.inf, 0), (0, 2 * FARTHEST), (-2 * FARTHEST, 0)])
def test_no_node_lies_where_no_place_is(place: tuple[float, float]) -> None:
    raw = many()
    raw["graph"]["nodes"][650]["position"] = list(place)
    with pytest.raises(GradwireError, match=r"graph.nodes\[650\].position: node n650 lies at .*; write two numbers"):
        from_json(raw)


def test_unknown_fields_are_kept_where_they_were() -> None:
    raw = many()
    raw["graph"]["nodes"][650]["glow"] = 1
    raw["graph"]["wires"][1100]["glow"] = 2
    back = to_json(from_json(raw))["graph"]
    assert [i for i, node in enumerate(back["nodes"]) if "glow" in node] == [650]
    assert [i for i, wire in enumerate(back["wires"]) if "glow" in wire] == [1100]


def test_one_that_is_nested_too_deeply_is_refused() -> None:
    raw, deep = many(), list[Any]()
    for _ in range(120):
        deep = [deep, {"a": 1}]
    raw["graph"]["nodes"][1000]["params"] = {"value": deep}
    with pytest.raises(GradwireError, match="graph: nested more than 100 levels deep; flatten it"):
        from_json(raw)


def test_whoever_is_strict_hears_of_the_first_problem_alone_in_the_order_of_computation() -> None:
    raw = many()
    raw["graph"]["nodes"][900]["op"] = raw["graph"]["nodes"][30]["op"] = "quantum"
    raw["graph"]["nodes"][0]["op"] = "constant"
    document = from_json(raw)
    with pytest.raises(ProblemError, match="Node n30: this version does not know the op 'quantum'"):
        open_document(document)
    lenient = open_document(document, strict=False).analysis
    assert set(lenient.problems) == {"n30", "n900"}
    with pytest.raises(ProblemError) as strict:
        analyse(document.graph, strict=True)
    assert strict.value.problem == lenient.problems["n30"]


def test_the_order_is_the_same_whatever_the_wires_lead_to() -> None:
    graph = Graph(
        [Node(i, "add") for i in "dcba"],
        [Wire("a", "c", "a"), Wire("gone", "c", "b"), Wire("b", "gone", "a"), Wire("a", "b", "a"), Wire("c", "d", "a")],
    )
    assert graph.order() == (["a", "c", "b", "d"], set())
    graph.wires["a", "a"] = Wire("d", "a", "a")
    assert graph.order() == ([], {"a", "b", "c", "d"})
