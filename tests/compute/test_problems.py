"""Problems as data: their kind, their place and what would mend them, whatever their sentence says."""

from __future__ import annotations

import pytest

from compute.analysis import analyse, can_connect, loss_problem
from compute.document import Document, from_json
from compute.edits import Editor
from compute.errors import GradwireError, one_line
from compute.graph import Graph, Node, Wire
from compute.problems import Kind, Place, Problem, ProblemError, Remedy, problem_of
from compute.workspace import open_document


def node(id: str, op: str, **params: object) -> Node:
    return Node(id, op, params)


LEARNED = node("w", "parameter", value=[[1.0, 2.0]])


@pytest.mark.parametrize(
    ("graph", "kind", "subject", "remedy"),
    [
        (Graph([node("n", "quantum")]), Kind.UNKNOWN_OP, Place("n"), Remedy("remove node", Place("n"))),
        (
            Graph([LEARNED, node("n", "matmul")], [Wire("w", "n", "a")]),
            Kind.MISSING_WIRE,
            Place("n", "b"),
            Remedy("wire port", Place("n", "b")),
        ),
        (
            Graph([LEARNED, node("n", "tanh")], [Wire("w", "n", "x"), Wire("w", "n", "z")]),
            Kind.UNKNOWN_PORT,
            Place("n", "z"),
            Remedy("cut wire", Place("n", "z")),
        ),
        (
            Graph([node("n", "tanh")], [Wire("gone", "n", "x")]),
            Kind.UNKNOWN_SOURCE,
            Place("n", "x"),
            Remedy("cut wire", Place("n", "x")),
        ),
        (
            Graph([LEARNED, node("n", "dense", units=-1)], [Wire("w", "n", "x")]),
            Kind.SETTING,
            Place("n", setting="units"),
            Remedy("change setting", Place("n", setting="units")),
        ),
        (
            Graph([LEARNED, node("n", "matmul")], [Wire("w", "n", "a"), Wire("w", "n", "b")]),
            Kind.SHAPE,
            Place("n", "b"),
            None,
        ),
        (
            Graph([node("m", "add"), node("n", "tanh")], [Wire("n", "m", "b"), Wire("m", "n", "x")]),
            Kind.CYCLE,
            Place("n"),
            Remedy("cut wire", Place("n", "x")),
        ),
    ],
    ids=lambda value: value.name if isinstance(value, Kind) else "",
)
def test_a_node_at_fault_says_what_kind_where_and_what_mends_it(
    graph: Graph, kind: Kind, subject: Place, remedy: Remedy | None
) -> None:
    problem = analyse(graph).problems["n"]
    assert (problem.kind, problem.subject, problem.remedy) == (kind, subject, remedy)
    assert problem.sentence


def test_cutting_what_a_cycle_offers_opens_it() -> None:
    graph = Graph([node("m", "add"), node("n", "tanh"), LEARNED])
    for added in (Wire("w", "m", "a"), Wire("n", "m", "b"), Wire("m", "n", "x")):
        graph.wires[added.key] = added
    for at, wire in (("m", ("m", "b")), ("n", ("n", "x"))):
        document = Document(graph=graph.copy())
        remedy = analyse(document.graph).problems[at].remedy
        assert remedy == Remedy("cut wire", Place(*wire))
        Editor(document).remove({wire}).apply(document)
        assert {problem.kind for problem in analyse(document.graph).problems.values()} == {Kind.MISSING_WIRE}


@pytest.mark.parametrize(
    ("loss", "kind", "remedy"),
    [
        ("", Kind.LOSS, Remedy("choose loss")),
        ("nowhere", Kind.LOSS, Remedy("choose loss")),
        ("w", Kind.LOSS, Remedy("choose loss")),
        ("bad", Kind.MISSING_WIRE, Remedy("wire port", Place("bad", "x"))),
        ("after", Kind.WAITING, None),
    ],
)
def test_a_loss_that_cannot_be_minimised(loss: str, kind: Kind, remedy: Remedy | None) -> None:
    nodes = [LEARNED, node("bad", "tanh"), node("after", "sum")]
    problem = loss_problem(analyse(Graph(nodes, [Wire("bad", "after", "x")])), loss)
    assert problem is not None
    assert (problem.kind, problem.remedy) == (kind, remedy)


def test_a_wire_may_exist_although_another_port_is_still_empty_whatever_the_sentence_says() -> None:
    # The title of a node is part of its sentences, and no reason to overlook what is wrong.
    titled = Node("n", "matmul", {}, title="not wired")
    graph = Graph([LEARNED, titled])
    assert can_connect(graph, "w", "n", "a") == ""
    graph.wires["n", "a"] = Wire("w", "n", "a")
    assert "transpose one of them" in can_connect(graph, "w", "n", "b")


def test_a_document_says_its_problems_in_order_and_as_one() -> None:
    document = from_json(
        {
            "format": "gradwire",
            "version": 1,
            "graph": {"nodes": [{"id": "w", "op": "parameter", "params": {"value": [1, 2]}}]},
            "data": {"source": "builtin", "name": "nothing"},
            "weights": {"w.value": [1, 2, 3]},
        }
    )
    workspace = open_document(document, strict=False)
    assert [problem.kind for problem in workspace.problems] == [Kind.DATA, Kind.WEIGHT]
    assert workspace.problems[0].remedy == Remedy("choose data")
    assert workspace.problems[1].subject == Place("w", weight="w.value")
    assert workspace.problem is not None
    assert workspace.problem.kind is Kind.DATA
    assert workspace.problem.sentence == one_line(" ".join(problem.sentence for problem in workspace.problems))


def test_an_error_carries_its_problem() -> None:
    problem = Problem(Kind.LOSS, Place("z"), "The loss z is none; choose another.", Remedy("choose loss"))
    error = ProblemError(problem)
    assert str(error) == problem.sentence
    assert problem_of(error, Kind.DATA) is problem
    plain = problem_of(GradwireError("The file is gone; look for it."), Kind.DATA, Place(column="a"))
    assert plain == Problem(Kind.DATA, Place(column="a"), "The file is gone; look for it.")


@pytest.mark.parametrize(
    ("data", "target", "subject", "remedy"),
    [
        ({}, {"columns": ["k"]}, Place("t", column="k"), Remedy("choose data")),
        ({"k": []}, {"columns": ["k"]}, Place("t"), Remedy("choose data")),
        ({"j": [1]}, {"columns": ["k"]}, Place("t", setting="columns", column="k"), "columns"),
        (
            {"k": [0.5]},
            {"columns": ["k"], "encoding": "index"},
            Place("t", setting="encoding", column="k"),
            "encoding",
        ),
        (
            {"k": [3]},
            {"columns": ["k"], "encoding": "index", "classes": 2},
            Place("t", setting="classes", column="k"),
            "classes",
        ),
    ],
)
def test_a_fault_of_the_data_names_node_and_column_and_what_mends_it(
    data: dict[str, list[float]], target: dict[str, object], subject: Place, remedy: Remedy | str
) -> None:
    document = Document(graph=Graph([node("t", "target", **target)]), data={"columns": data})
    problem = open_document(document, strict=False).problem
    assert problem is not None
    assert (problem.kind, problem.subject) == (Kind.DATA, subject)
    expected = remedy if isinstance(remedy, Remedy) else Remedy("change setting", Place("t", setting=remedy))
    assert problem.remedy == expected
