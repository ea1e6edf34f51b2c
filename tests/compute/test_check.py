"""The gradient check: what is right passes, what is wrong is found and named, and kinks are told apart."""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given

from compute.check import Check, Item, check
from compute.document import from_json
from compute.engine import Program
from compute.errors import GradwireError
from compute.opencl.engine import OpenCLEngine
from compute.ops import REGISTRY, find
from compute.ops.base import Op
from compute.reference import ReferenceEngine
from compute.workspace import open_document
from tests.compute.programs import program
from tests.compute.test_random_graphs import COMPUTED, graphs
from tests.searching import tries

Array = npt.NDArray[Any]

CASES = sorted((Path(__file__).parents[1] / "reference").glob("*.json"))
ONE = np.zeros(1, np.int64)


def golden() -> list[str]:
    """The reference cases whose ops exist."""
    documents = {path.stem: json.loads(path.read_text(encoding="utf-8"))["document"] for path in CASES}
    return [name for name, doc in documents.items() if all(find(node["op"]) for node in doc["graph"]["nodes"])]


def case(name: str) -> Program:
    path = next(path for path in CASES if path.stem == name)
    return open_document(from_json(json.loads(path.read_text(encoding="utf-8"))["document"])).program


def item(found: Check, name: str) -> Item:
    return next(item for item in found.items if item.name == name)


def verdicts(found: Check) -> dict[str, str]:
    return {item.name: item.verdict for item in found.items}


def chain(*ops: str, value: Any, columns: int = 3) -> Program:
    """A parameter p through these ops, and the sum of what comes out; nodes are called after the ops."""
    names = ["p", *ops, "L"]
    nodes: list[tuple[str, str, dict[str, Any]]] = [("p", "parameter", {"value": np.asarray(value, float)})]
    nodes += [(op, op, {}) for op in ops]
    return program([*nodes, ("L", "sum", {})], [(a, b, "x") for a, b in itertools.pairwise(names)], "L")


def network(ops: Sequence[str] = ("tanh",), seed: int = 0) -> Program:
    """Rows of four numbers through dense layers with an activation each, to a mean squared error."""
    random = np.random.default_rng(seed)
    columns = [f"c{i}" for i in range(4)]
    nodes: list[tuple[str, str, dict[str, Any]]] = [("x", "input", {"columns": columns})]
    wires, last = [], "x"
    for i, op in enumerate(ops):
        nodes += [(f"h{i}", "dense", {"units": 5, "bias_init": "normal"}), (f"a{i}", op, {})]
        wires += [(last, f"h{i}", "x"), (f"h{i}", f"a{i}", "x")]
        last = f"a{i}"
    nodes += [("y", "dense", {"units": 2}), ("t", "target", {"columns": ["u", "v"]}), ("L", "mean_squared_error", {})]
    wires += [(last, "y", "x"), ("y", "L", "prediction"), ("t", "L", "target")]
    data = {"x": random.normal(size=(6, 4)), "t": random.normal(size=(6, 2))}
    return program(nodes, wires, "L", data, seed=seed)


def broken(monkeypatch: pytest.MonkeyPatch, name: str, change: Callable[[Any, Any], Any]) -> None:
    """Let an op's NumPy backward rule give something else: ``change`` of the ports' and the weights' gradients."""
    op = type(REGISTRY[name])
    right = op.backward

    def wrong(self: Op, *arguments: Any) -> Any:
        return change(*right(self, *arguments))

    monkeypatch.setattr(op, "backward", wrong)


class TestWhatIsRight:
    @pytest.mark.parametrize("name", golden())
    def test_golden_cases_pass(self, name: str) -> None:
        drawn = case(name)
        found = check(drawn, np.arange(drawn.rows))
        assert found.ok, found.sentence
        assert {item.verdict for item in found.items} <= {"ok", "kink"}
        assert max(item.absolute or 0.0 for item in found.items) < 1e-6

    @pytest.mark.parametrize("name", golden())
    def test_golden_cases_pass_on_the_kernels_in_double(self, name: str, opencl_double: OpenCLEngine) -> None:
        drawn = case(name)
        found = check(drawn, np.arange(drawn.rows), opencl_double, entries=20)
        assert found.ok, found.sentence
        assert not found.rules.single
        assert found.device == opencl_double.label

    def test_kernels_in_float_are_compared_as_far_as_float_goes(self, opencl: OpenCLEngine) -> None:
        drawn = network(("tanh", "sigmoid"))
        found = check(drawn, np.arange(6), opencl)
        assert found.ok, found.sentence
        assert found.rules.single
        # Farther off than double is, so that it was the float kernels that were checked.
        assert max(item.absolute or 0.0 for item in found.items) > 1e-9

    @given(graphs(COMPUTED))
    @tries(25)
    def test_any_graph(self, drawn: Program) -> None:
        try:
            found = check(drawn, np.arange(drawn.rows), entries=4)
        except GradwireError:
            trace = ReferenceEngine().open(drawn).trace(np.arange(drawn.rows))
            assert not trace.wire_grads
            assert not trace.parameter_grads
            return
        assert "failed" not in verdicts(found).values(), found.sentence

    def test_everything_with_a_gradient_is_checked_and_nothing_else(self) -> None:
        nodes: list[tuple[str, str, dict[str, Any]]] = [
            ("p", "parameter", {"value": [1.0, 2.0]}),
            ("fixed", "parameter", {"value": 3.0, "trainable": False}),
            ("unused", "parameter", {"value": 4.0}),
            ("c", "constant", {"value": 5.0}),
            ("m", "multiply", {}),
            ("s", "multiply", {}),
            ("aside", "square", {}),
            ("L", "mean", {}),
        ]
        wires = [("p", "m", "a"), ("fixed", "m", "b"), ("m", "s", "a"), ("c", "s", "b"), ("s", "L", "x")]
        found = check(program(nodes, [*wires, ("unused", "aside", "x")], "L"), ONE)
        assert [item.name for item in found.parameters] == ["p.value", "fixed.value"]
        assert [item.wire for item in found.wires] == [(a, b, port) for a, b, port in wires]
        assert found.no_gradient == ("unused.value", ("unused", "aside", "x"))
        assert found.sentence.startswith("The gradients of 2 parameters and 5 wires are right: 11 of 11 entries")

    def test_what_training_draws_and_remembers(self, opencl_double: OpenCLEngine) -> None:
        # The mask of the dropout stays while numbers move; running statistics are remembered, not learned.
        drawn = network(("batch_norm", "dropout", "layer_norm"))
        for engine in (None, opencl_double):
            found = check(drawn, np.arange(6), engine)
            assert found.ok, found.sentence
            assert {"a0.weight", "a0.bias", "a2.weight"} <= {item.name for item in found.parameters}
            assert found.no_gradient == ("a0.running_mean", "a0.running_var", ("t", "L", "target"))

    def test_numbers_too_large_to_move_by_eps(self) -> None:
        found = check(chain("log", value=[1e14, -3e200, 1e-3][::2]), ONE)
        assert found.ok, found.sentence

    def test_a_loss_that_bends_fast_is_no_mistake(self) -> None:
        # At 1e-5 a step of 1e-6 gives the slope of a logarithm 0.3 % off.
        found = check(chain("log", value=1e-5), ONE)
        assert found.ok, found.sentence
        assert (item(found, "p.value").relative or 0) > 1e-3

    def test_rounding_of_a_large_loss_is_no_mistake(self) -> None:
        # Beside 1e12 a step of 1e-6 moves the loss by less than its last place.
        nodes: list[tuple[str, str, dict[str, Any]]] = [
            ("p", "parameter", {"value": 1e-3}),
            ("c", "constant", {"value": 1e12}),
            ("L", "add", {}),
        ]
        found = check(program(nodes, [("p", "L", "a"), ("c", "L", "b")], "L"), ONE)
        assert found.ok, found.sentence


class TestAWireOfAFork:
    @staticmethod
    def fork() -> Program:
        """L = p · p² with p = 3: the wires of p bring 9 (a of the product) and 3 · 6 (the square)."""
        nodes: list[tuple[str, str, dict[str, Any]]] = [
            ("p", "parameter", {"value": 3.0}),
            ("q", "square", {}),
            ("L", "multiply", {}),
        ]
        return program(nodes, [("p", "q", "x"), ("p", "L", "a"), ("q", "L", "b")], "L")

    def test_is_checked_on_its_own_contribution(self) -> None:
        found = check(self.fork(), ONE)
        assert found.ok, found.sentence
        slopes = {item.name: item.worst.numeric for item in found.items if item.worst}
        assert slopes == pytest.approx({"p.value": 27.0, "p → q.x": 18.0, "p → L.a": 9.0, "q → L.b": 3.0})

    def test_both_ports_on_one_source(self) -> None:
        nodes: list[tuple[str, str, dict[str, Any]]] = [("p", "parameter", {"value": 3.0}), ("L", "multiply", {})]
        found = check(program(nodes, [("p", "L", "a"), ("p", "L", "b")], "L"), ONE)
        slopes = {item.name: item.worst.numeric for item in found.items if item.worst}
        assert slopes == pytest.approx({"p.value": 6.0, "p → L.a": 3.0, "p → L.b": 3.0})

    def test_a_whole_gradient_in_place_of_its_own_is_found(self, monkeypatch: pytest.MonkeyPatch) -> None:
        broken(monkeypatch, "square", lambda ports, weights: ((np.asarray(27.0),), weights))
        found = check(self.fork(), ONE)
        assert item(found, "p → q.x").verdict == "failed"
        assert item(found, "p → L.a").verdict == "ok"
        assert found.suspect == "q"


class TestWhatIsWrong:
    def test_a_weight(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def change(ports: Any, weights: Mapping[str, Array]) -> Any:
            bias = weights["bias"].copy()
            bias[1] += 0.01
            return ports, {**weights, "bias": bias}

        broken(monkeypatch, "dense", change)
        found = check(network(("tanh",)), np.arange(6))
        assert not found.ok
        assert {name for name, verdict in verdicts(found).items() if verdict == "failed"} == {"h0.bias", "y.bias"}
        bias = item(found, "y.bias")
        assert bias.worst is not None
        assert bias.worst.index == (1,)
        assert bias.worst.analytic - bias.worst.numeric == pytest.approx(0.01)
        assert bias.absolute == pytest.approx(0.01)
        assert found.suspect == "y"
        assert "What y sends back is wrong: the gradient at entry [1] of y.bias is " in found.sentence
        assert found.sentence.endswith("; 1 more before it is wrong too.")

    def test_a_wire_and_all_that_follows_from_it(self, monkeypatch: pytest.MonkeyPatch) -> None:
        broken(monkeypatch, "tanh", lambda ports, weights: ((ports[0] * 1.01,), weights))
        found = check(network(("tanh", "sigmoid")), np.arange(6))
        right = {"a0 → h1.x", "h1.weight", "h1.bias", "h1 → a1.x", "a1 → y.x", "y.weight", "y.bias", "y → L.prediction"}
        assert {name for name, verdict in verdicts(found).items() if verdict == "ok"} == right
        assert item(found, "h0 → a0.x").verdict == "failed"
        assert found.suspect == "a0"

    def test_one_sign_of_one_entry(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def change(ports: Any, weights: Any) -> Any:
            g = ports[0].copy()
            g[2, 3] *= -1
            return (g,), weights

        broken(monkeypatch, "sigmoid", change)
        found = check(network(("sigmoid",)), np.arange(6))
        wire = item(found, "h0 → a0.x")
        assert wire.worst is not None
        assert (wire.verdict, wire.worst.index) == ("failed", (2, 3))

    @pytest.mark.parametrize("gradient", [None, np.zeros((2, 2)), np.full(3, np.nan), np.full(3, np.inf)])
    def test_a_gradient_that_is_missing_or_no_numbers(self, monkeypatch: pytest.MonkeyPatch, gradient: Any) -> None:
        broken(monkeypatch, "square", lambda ports, weights: ((gradient,), weights))
        found = check(chain("square", value=[0.1, 0.2, 0.3]), ONE)
        assert item(found, "p → square.x").verdict == "failed"
        assert item(found, "p → square.x").absolute == math.inf
        assert found.suspect == "square"
        assert not found.ok

    def test_kernels(self, monkeypatch: pytest.MonkeyPatch, opencl_double: OpenCLEngine) -> None:
        monkeypatch.setattr(type(REGISTRY["tanh"]), "c_slopes", ("1 - y",))
        found = check(network(("tanh",)), np.arange(6), opencl_double)
        assert found.suspect == "a0"
        assert item(found, "a0 → y.x").verdict == "ok"
        # The NumPy rule is another matter.
        assert check(network(("tanh",)), np.arange(6)).ok

    def test_kernels_in_float(self, monkeypatch: pytest.MonkeyPatch, opencl: OpenCLEngine) -> None:
        monkeypatch.setattr(type(REGISTRY["tanh"]), "c_slopes", ("(1 - y*y)*1.01",))
        assert check(network(("tanh",)), np.arange(6), opencl).suspect == "a0"


class TestKinks:
    def test_relu_at_0_is_a_kink_and_no_failure(self) -> None:
        found = check(chain("relu", value=[-1.0, 0.0, 2.0]), ONE)
        assert found.ok
        value = item(found, "p.value")
        assert value.verdict == "kink"
        assert value.absolute == pytest.approx(0.0, abs=1e-8)
        (kink,) = value.kinks
        assert (kink.index, kink.analytic, kink.side) == ((1,), 0.0, "left")
        assert (kink.left, kink.right) == pytest.approx((0.0, 1.0))
        assert item(found, "p → relu.x").verdict == "kink"
        assert item(found, "relu → L.x").verdict == "ok"
        assert "(2 of them at a kink, where the slope jumps)" in found.sentence

    @pytest.mark.parametrize(("convention", "side"), [(1.0, "right"), (0.5, "between"), (0.0, "left")])
    def test_the_convention_that_is_taken_is_told(
        self, monkeypatch: pytest.MonkeyPatch, convention: float, side: str
    ) -> None:
        broken(monkeypatch, "relu", lambda ports, weights: ((np.full(1, convention),), weights))
        found = check(chain("relu", value=[0.0]), ONE)
        assert found.ok
        assert item(found, "p.value").kinks[0].side == side

    @pytest.mark.parametrize(
        ("op", "params", "slopes", "gradient", "side"),
        [
            ("relu", {}, (0.0, 1.0), 0.0, "left"),
            ("leaky_relu", {"slope": 0.2}, (0.2, 1.0), 0.2, "left"),
            ("elu", {"alpha": 2.0}, (2.0, 1.0), 1.0, "right"),
            ("elu", {"alpha": 1.0}, (1.0, 1.0), 1.0, "both"),
            ("abs", {}, (-1.0, 1.0), 0.0, "between"),
            ("maximum", {}, (0.0, 1.0), 0.5, "between"),
            ("minimum", {}, (1.0, 0.0), 0.5, "between"),
            ("mean_absolute_error", {}, (-1.0, 1.0), 0.0, "between"),
        ],
    )
    def test_the_conventions_of_this_house(
        self,
        opencl_double: OpenCLEngine,
        op: str,
        params: dict[str, float],
        slopes: tuple[float, float],
        gradient: float,
        side: str,
    ) -> None:
        ports = REGISTRY[op].ports
        nodes: list[tuple[str, str, dict[str, Any]]] = [("p", "parameter", {"value": 0.0}), ("op", op, params)]
        nodes += [(port, "constant", {"value": 0.0}) for port in ports[1:]]
        wires = [("p", "op", ports[0]), *((port, "op", port) for port in ports[1:])]
        for engine in (None, opencl_double):
            found = check(program(nodes, wires, "op"), ONE, engine)
            assert found.ok, found.sentence
            (kink,) = item(found, "p.value").kinks
            assert (kink.left, kink.right) == pytest.approx(slopes, abs=1e-5)
            assert (kink.analytic, kink.side) == (gradient, side)

    @pytest.mark.parametrize("gradient", [1.5, -0.1, math.nan])
    def test_outside_of_both_slopes_is_a_mistake(self, monkeypatch: pytest.MonkeyPatch, gradient: float) -> None:
        broken(monkeypatch, "relu", lambda ports, weights: ((np.full(1, gradient),), weights))
        found = check(chain("relu", value=[0.0]), ONE)
        assert item(found, "p → relu.x").verdict == "failed"
        assert found.suspect == "relu"
        assert "and the slopes of the loss are 0 and 1" in found.sentence.replace("1e-6", "0")

    @pytest.mark.parametrize(("distance", "verdict"), [(5e-7, "kink"), (8e-6, "kink"), (2e-5, "ok")])
    def test_near_means_ten_steps(self, distance: float, verdict: str) -> None:
        for value in (distance, -distance):
            assert item(check(chain("relu", value=value), ONE), "p.value").verdict == verdict

    def test_a_steep_way_to_the_kink_counts(self) -> None:
        nodes: list[tuple[str, str, dict[str, Any]]] = [
            ("p", "parameter", {"value": 0.5e-6}),
            ("s", "scale", {"factor": 1000.0}),
            ("r", "relu", {}),
        ]
        found = check(program(nodes, [("p", "s", "x"), ("s", "r", "x")], "r"), ONE)
        assert item(found, "p.value").verdict == "kink"
        assert item(found, "s → r.x").verdict == "ok"

    def test_what_does_not_move_the_kink_is_not_at_it(self) -> None:
        # The second row is all zeros, so no weight moves the zeros that it makes; a bias does.
        columns = ["a", "b"]
        nodes: list[tuple[str, str, dict[str, Any]]] = [
            ("x", "input", {"columns": columns}),
            ("h", "dense", {"units": 3}),
            ("r", "relu", {}),
            ("L", "mean", {}),
        ]
        wires = [("x", "h", "x"), ("h", "r", "x"), ("r", "L", "x")]
        found = check(program(nodes, wires, "L", {"x": np.array([[1.0, 0.5], [0.0, 0.0]])}), np.arange(2))
        assert item(found, "h.weight").verdict == "ok"
        assert item(found, "h.bias").verdict == "kink"
        assert found.ok

    def test_where_several_kinks_meet_their_sum_may_be_no_slope(self) -> None:
        # relu(p) − relu(−p) is p, and at 0 each relu sends back 0.
        nodes: list[tuple[str, str, dict[str, Any]]] = [
            ("p", "parameter", {"value": 0.0}),
            ("n", "scale", {"factor": -1.0}),
            ("r", "relu", {}),
            ("q", "relu", {}),
            ("L", "subtract", {}),
        ]
        wires = [("p", "r", "x"), ("p", "n", "x"), ("n", "q", "x"), ("r", "L", "a"), ("q", "L", "b")]
        found = check(program(nodes, wires, "L"), ONE)
        assert found.ok
        assert item(found, "p.value").kinks[0].side == "neither"


class TestNotFinite:
    def test_a_loss_that_is_not_finite(self) -> None:
        found = check(chain("log", value=[0.0, 1.0]), ONE)
        assert set(verdicts(found).values()) == {"not finite"}
        assert not found.ok
        assert {(item.checked, item.total) for item in found.items} == {(0, 2)}
        assert found.sentence.startswith("The loss is −∞, so it has no slope to compare the gradients with; look for")

    def test_a_loss_that_is_not_finite_on_one_side(self) -> None:
        # 5e-7 is less than a step away from where the logarithm ends.
        found = check(chain("log", value=[1.0, 5e-7]), ONE)
        value = item(found, "p.value")
        assert value.verdict == "not finite"
        assert value.worst is not None
        assert value.worst.index == (1,)
        assert value.absolute is not None
        assert value.absolute < 1e-6
        assert not found.ok
        assert found.suspect == ""
        assert "not finite beside entry [1] of p → log.x" in found.sentence
        assert "; 1 gradient before it cannot be checked either; move away" in found.sentence

    def test_a_nan_that_follows_from_an_infinity_is_not_the_fault_of_its_node(self) -> None:
        # The root's slope at 0 is infinite, and relu's 0 makes it nan.
        found = check(chain("relu", "sqrt", value=-1.0), ONE)
        assert verdicts(found) == {
            "p.value": "not finite",
            "p → relu.x": "not finite",
            "relu → sqrt.x": "not finite",
            "sqrt → L.x": "ok",
        }
        assert found.sentence.startswith("The loss is not finite beside relu → sqrt.x, so the gradient there")

    def test_wrong_weighs_more(self, monkeypatch: pytest.MonkeyPatch) -> None:
        broken(monkeypatch, "log", lambda ports, weights: ((ports[0] + 1.0,), weights))
        assert item(check(chain("log", value=[1.0, 5e-7]), ONE), "p.value").verdict == "failed"
