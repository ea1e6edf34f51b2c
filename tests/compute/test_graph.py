"""The graph and what it means: order, cycles, shapes, problems, and whether a wire may exist."""

from __future__ import annotations

import pytest

from compute.analysis import Connections, analyse, can_connect
from compute.errors import GradwireError
from compute.graph import Graph, Node, Wire


def graph(nodes: str, wires: str = "", **params: dict[str, object]) -> Graph:
    """``nodes``: "id:op id:op"; ``wires``: "a>b.port c>d" (port x where none is named)."""
    made = [Node(i, op, params.get(i, {})) for i, op in (item.split(":") for item in nodes.split())]
    parts = [(w.split(">")[0], *w.split(">")[1].partition(".")[::2]) for w in wires.split()]
    return Graph(made, [Wire(source, target, port or "x") for source, target, port in parts])


MLP = "x:input h:dense a:tanh z:dense y:target loss:sigmoid_cross_entropy"
MLP_WIRES = "x>h h>a a>z z>loss.prediction y>loss.target"
MLP_PARAMS: dict[str, dict[str, object]] = {
    "x": {"columns": ["r", "s"]},
    "h": {"units": 8},
    "z": {"units": 1},
    "y": {"columns": ["m"]},
}


def mlp() -> Graph:
    return graph(MLP, MLP_WIRES, **MLP_PARAMS)


class TestGraph:
    def test_order_puts_sources_first_and_keeps_the_files_order(self) -> None:
        found, cyclic = graph("c:add b:constant a:constant", "a>c.a b>c.b").order()
        assert found == ["b", "a", "c"]
        assert cyclic == set()

    def test_cycle_is_found_and_named_along_its_wires(self) -> None:
        looped = graph("a:tanh b:tanh c:tanh d:tanh", "a>b b>c c>a c>d")
        assert looped.order() == ([], {"a", "b", "c", "d"})
        cycle = looped.cycle()
        assert sorted(cycle) == ["a", "b", "c"]
        ends = set(zip(cycle, [*cycle[1:], cycle[0]], strict=True))
        assert ends == {("a", "b"), ("b", "c"), ("c", "a")}

    def test_no_cycle(self) -> None:
        assert mlp().cycle() == []

    def test_reaches(self) -> None:
        assert mlp().reaches("x", "loss")
        assert mlp().reaches("x", "x")
        assert not mlp().reaches("loss", "x")
        assert not mlp().reaches("y", "z")

    def test_sources_are_in_port_order(self) -> None:
        assert list(graph("a:constant b:constant c:add", "b>c.b a>c.a").sources("c").items()) == [
            ("a", "a"),
            ("b", "b"),
        ]

    def test_free_id(self) -> None:
        found = graph("h:tanh h2:tanh")
        assert [found.free_id("h"), found.free_id("a")] == ["h3", "a"]

    def test_a_port_takes_one_wire(self) -> None:
        assert graph("a:constant b:constant c:tanh", "a>c b>c").wires["c", "x"].source == "b"

    def test_a_copy_is_its_own(self) -> None:
        first = mlp()
        twin = first.copy()
        twin.nodes.clear()
        twin.wires.clear()
        assert len(first.nodes) == 6
        assert len(first.wires) == 5


class TestAnalysis:
    def test_shapes_parameters_and_what_the_loss_reaches(self) -> None:
        found = analyse(mlp())
        assert found.shapes == {
            "x": ("B", 2),
            "h": ("B", 8),
            "a": ("B", 8),
            "z": ("B", 1),
            "y": ("B", 1),
            "loss": (),
        }
        assert {name: spec.shape for name, (_, spec) in found.parameters.items()} == {
            "h.weight": (2, 8),
            "h.bias": (8,),
            "z.weight": (8, 1),
            "z.bias": (1,),
        }
        assert found.reached("loss") == {"x", "h", "a", "z", "loss"}
        assert (found.problems, found.waiting) == ({}, {})
        found.require("loss")

    def test_cycle_leaves_the_rest_computable(self) -> None:
        found = analyse(graph("p:parameter q:tanh a:add b:tanh c:tanh", "p>q q>a.a c>a.b a>b b>c"))
        assert found.order == ("p", "q")
        sentences = {problem.sentence for problem in found.problems.values()}
        assert found.problems.keys() == {"a", "b", "c"}
        assert len(sentences) == 1
        assert sentences.pop().startswith("The wires form a cycle ")

    def test_a_large_cycle_is_named_in_one_short_sentence(self) -> None:
        count = 20_000
        wires = [Wire(f"n{i}", f"n{(i + 1) % count}", "x") for i in range(count)]
        problems = analyse(Graph([Node(f"n{i}", "tanh") for i in range(count)], wires)).problems
        assert len(problems) == count
        assert "(19992 more)" in problems["n0"].sentence
        assert {len(problem.sentence) for problem in problems.values()} == {len(problems["n0"].sentence)}
        assert len(problems["n0"].sentence) < 300

    def test_what_hangs_on_a_cycle_waits(self) -> None:
        found = analyse(graph("a:tanh b:tanh d:tanh", "a>b b>a b>d"))
        assert found.problems.keys() == {"a", "b"}
        assert found.waiting.keys() == {"d"}

    def test_problem_stays_at_its_node_and_the_next_wait_for_it(self) -> None:
        broken = graph("A:constant B:constant C:matmul D:tanh E:tanh", "A>C.a B>C.b C>D D>E",
                       A={"value": [[1, 2, 3]]}, B={"value": [[1, 2, 3]]})  # fmt: skip
        found = analyse(broken)
        assert found.order == ("A", "B")
        assert list(found.problems) == ["C"]
        sentence = "MatMul C, port b: A is (1, 3) and B is (1, 3): the 3 columns of A need 3 rows of B, which has 1"
        assert found.problems["C"].sentence.startswith(sentence)
        assert found.waiting == {"D": "C", "E": "C"}

    @pytest.mark.parametrize(
        ("broken", "node", "says"),
        [
            (graph("a:tanh"), "a", "Tanh a: port x is not wired; drag an output to it."),
            (graph("a:add"), "a", "Add a: ports a and b are not wired; drag an output to each."),
            (graph("p:parameter a:tanh", "p>a.y"), "a", "Tanh a has no port y; it has x."),
            (graph("p:parameter h:dense", "p>h"), "h", "Dense h, port x: it wants (B, N); a scalar arrives."),
            (graph("x:input"), "x", "Input x: no columns are chosen; choose some in its settings."),
            (graph("h:dense", h={"units": 0}), "h", "Dense h: units must be at least 1."),
            (graph("h:dense", h={"units": 2.5}), "h", "Dense h: units must be a whole number."),
            (graph("h:dense", h={"weight_init": "magic"}), "h", "Dense h: weight_init must be one of glorot_uniform"),
            (graph("c:constant", c={"value": [[1], [2, 3]]}), "c", "Constant c: value must be a number or a rect"),
            (graph("q:hologram"), "q", "Node q: this version does not know the op 'hologram'; replace it."),
        ],
    )
    def test_sentence_names_node_port_and_setting(self, broken: Graph, node: str, says: str) -> None:
        found = analyse(broken)
        assert found.problems[node].sentence.startswith(says)
        with pytest.raises(GradwireError):
            found.require()

    def test_loss_must_be_a_scalar_that_is_there(self) -> None:
        found = analyse(mlp())
        with pytest.raises(GradwireError, match=r"The loss z gives \(B, 1\); a loss must be a scalar"):
            found.require("z")
        with pytest.raises(GradwireError, match="is not a node of the graph; choose the loss in the training settings"):
            found.require("nowhere")
        with pytest.raises(GradwireError, match="No loss is chosen"):
            found.require("")

    def test_what_the_loss_does_not_depend_on_has_no_gradient(self) -> None:
        found = analyse(graph("a:parameter b:parameter L:square M:square", "a>L b>M"))
        assert found.reached("L") == {"a", "L"}
        assert found.reached("b") == {"b"}

    def test_the_part_that_leads_to_a_node(self) -> None:
        more = mlp()
        for node in (Node("r", "relu"), Node("d", "dense", {"units": 3}), Node("alone", "square")):
            more.nodes[node.id] = node
        more.wires["r", "x"], more.wires["d", "x"] = Wire("h", "r", "x"), Wire("r", "d", "x")
        assert analyse(more).leading_to("loss") == analyse(mlp())
        assert analyse(more).leading_to("a").order == ("x", "h", "a")
        assert list(analyse(more).leading_to("a").parameters) == ["h.weight", "h.bias"]

    def test_what_is_in_the_way_of_a_node_that_cannot_be_computed(self) -> None:
        broken = mlp()
        broken.nodes["alone"] = Node("alone", "square")
        del broken.wires["z", "x"]
        part = analyse(broken).leading_to("loss")
        assert (part.order, list(part.problems), part.waiting) == ((), ["z"], {"loss": "z"})
        assert list(analyse(broken).leading_to("z").problems) == ["z"]
        assert analyse(broken).leading_to("nowhere").problems == {}


class TestCanConnect:
    def test_a_wire_that_fits(self) -> None:
        assert can_connect(mlp(), "a", "z", "x") == ""

    def test_a_wire_into_an_unfinished_node(self) -> None:
        assert can_connect(graph("p:parameter a:add"), "p", "a", "a") == ""

    def test_a_cycle(self) -> None:
        assert can_connect(mlp(), "z", "h", "x") == "h already leads to z: the wire would close a cycle."
        assert "cycle" in can_connect(mlp(), "a", "a", "x")

    def test_a_shape_that_does_not_fit(self) -> None:
        assert can_connect(mlp(), "loss", "z", "x") != ""
        loose = graph("p:parameter h:dense", "")
        assert can_connect(loose, "p", "h", "x") == "Dense h, port x: it wants (B, N); a scalar arrives."

    def test_a_port_or_node_that_is_not_there(self) -> None:
        assert can_connect(mlp(), "x", "h", "y") == "Dense h has no port y."
        assert can_connect(mlp(), "nobody", "h", "x") == "There is no node 'nobody'."
        assert can_connect(mlp(), "x", "nobody", "x") == "There is no node 'nobody'."

    def test_looking_changes_nothing(self) -> None:
        looked = mlp()
        before = (dict(looked.nodes), dict(looked.wires))
        can_connect(looked, "x", "z", "x")
        assert (looked.nodes, looked.wires) == before


def test_one_analysis_answers_for_every_wire(monkeypatch: pytest.MonkeyPatch) -> None:
    made, asked = mlp(), [0]
    order = Graph.order

    def counted(self: Graph) -> tuple[list[str], set[str]]:
        asked[0] += 1
        return order(self)

    pairs = [(s, t, port) for s in made.nodes for t in made.nodes for port in ("x", "prediction", "target", "a")]
    single = [can_connect(made, *pair) for pair in pairs]
    monkeypatch.setattr(Graph, "order", counted)
    connections = Connections(made)
    assert [connections.refusal(*pair) for pair in pairs] == single
    assert asked == [1]
    known = Connections(made, analysis=analyse(made))
    asked[0] = 0
    assert [known.refusal(*pair) for pair in pairs] == single
    assert asked == [0]
    assert single.count("") > 5
    assert any("cycle" in refusal for refusal in single)
