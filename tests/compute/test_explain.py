"""The walk and the answers say exactly what a person would write on the board."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
import pytest

from compute.explain import Quantity, Step
from tests.compute.explained import Case, case, fork, log_of_square, mazur, neuron, z_times_f

D = r"\frac{{\partial L}}{{\partial {}}}".format


def backward(steps: Sequence[Step]) -> dict[str, Step]:
    """The backward steps that send a gradient along a wire or to a weight, by title."""
    return {s.title: s for s in steps if s.phase == "backward"}


def test_log_of_square_shows_both_factors_and_their_product() -> None:
    steps = backward(log_of_square().walk(granularity="wire"))
    outer = steps["Log L: backward to g"]
    assert outer.rule == rf"{D('g')} = \frac{{1}}{{g}} = \frac{{1}}{{x^2}}"
    assert outer.numbers == rf"{D('g')} = \frac{{1}}{{2.25}} = 0.4444"
    inner = steps["Square g: backward to x"]
    chain = rf"{D('g')} \cdot \frac{{\partial g}}{{\partial x}} = {D('g')} \cdot 2\,x"
    assert inner.rule == rf"{D('x')} = {chain} = \frac{{1}}{{x^2}} \cdot 2\,x = \frac{{2}}{{x}}"
    assert inner.numbers == rf"{D('x')} = 0.4444 \cdot 2(1.5) = 0.4444 \cdot 3 = 1.333"
    assert inner.result == "1.333"
    assert inner.sentence == (
        "0.4444 arrives from L and the slope of Square g with respect to x is 3 here: their product goes back."
    )
    upstream, local = inner.answers[0].parts
    assert upstream.name == "upstream ∂L/∂g, from Log L"
    assert upstream.value == pytest.approx(1 / 2.25)
    assert (local.name, local.value) == ("∂g/∂x, the slope of Square g", 3.0)


def test_z_times_f_gives_every_gradient_of_the_lecture_in_backward_order() -> None:
    steps = [s for s in z_times_f().walk(granularity="wire") if s.phase == "backward"]
    ends = [(s.rule.split(" = ")[0], s.rule.split(" = ")[-1], s.result) for s in steps]
    assert ends == [
        (D("L"), "1", "1"),
        (D("f"), "z", "5"),
        (D("z"), "f", "2"),
        (D("g"), "z", "5"),
        (D("y"), "z", "5"),
        (D("x"), r"2\,z", "10"),
    ]
    slopes = {part.name: part.value for s in steps for part in (s.answers[0].parts[1:])}
    assert slopes["∂f/∂g, the slope of Add f"] == 1.0
    assert slopes["∂f/∂y, the slope of Add f"] == 1.0
    assert slopes["∂g/∂x, the slope of Scale g"] == 2.0


def test_a_fork_adds_named_contributions() -> None:
    steps = backward(fork().walk())
    total = steps["Parameter x: sum of 2 contributions"]
    assert total.wires == (("g", "x"), ("f", "x"))
    assert total.result == "0.5"
    assert total.sentence == "x feeds g and f, so what comes back adds up: 0.2 (via g) + 0.3 (via f) = 0.5."
    assert total.numbers == (
        rf"{D('x')} = \underbrace{{0.2}}_{{\text{{via g}}}} + \underbrace{{0.3}}_{{\text{{via f}}}} = 0.5"
    )
    through = steps["Scale f: backward to x"]
    assert through.rule.startswith(rf"\left.{D('x')}\right|_{{\text{{via f}}}} = ")
    assert list(steps).index(total.title) > list(steps).index(through.title)


def test_one_node_wired_twice_is_told_apart_by_port() -> None:
    both = case([("x", "parameter", {"value": 3.0}), ("L", "multiply")], ["x > L.a", "x > L.b"], "L")
    answer = both.why(Quantity("gradient", "x"))
    assert answer.sentence == (
        "x feeds L twice, so what comes back adds up: 3 (via L, port b) + 3 (via L, port a) = 6."
    )


def test_one_neuron_and_its_update() -> None:
    steps = {s.title: s for s in neuron().walk(granularity="wire")}
    assert steps["Dense n: forward"].numbers == r"n_{0,0} = 2 \cdot 3 + 1 = 7"
    assert steps["Mean squared error loss: forward"].result == "4"
    assert steps["Mean squared error loss: backward to n"].numbers == rf"{D('n_{0,0}')} = \frac{{2}}{{1}}(7-9) = -4"
    weight = steps["Dense n: backward to n.weight"]
    assert (weight.numbers, weight.result) == (rf"{D('W_{0,0}')} = -4 \cdot 2 = -8", "−8")
    assert steps["Dense n: backward to n.bias"].result == "−4"
    assert steps["n.weight: update"].result == "3.4"


def test_mazur_by_hand() -> None:
    known = mazur()
    steps = {s.title: s for s in known.walk({"name": "sgd", "learning_rate": 0.5}, granularity="wire", entry=(0, 0))}
    assert steps["Dense h: forward"].numbers == (r"h_{0,0} = 0.05 \cdot 0.15 + 0.1 \cdot 0.2 + 0.35 = 0.3775")
    assert steps["Sigmoid a: forward"].result.startswith("0.5933")
    loss = steps["Mean squared error loss: forward"]
    assert loss.result == "0.2984"
    assert r"(0.7514-0.01)^2 = 0.5496" in loss.numbers
    assert r"L &= \frac{1}{2} (0.5496 + 0.04712) = 0.2984" in loss.numbers
    assert steps["Mean squared error loss: backward to o"].result.startswith("0.7414")
    slope = steps["Sigmoid o: backward to z"]
    assert r"&= 0.7414 \cdot (0.7514)(1-0.7514) \\ &= 0.7414 \cdot 0.1868 \\ &= 0.1385" in slope.numbers
    assert slope.result.startswith("0.1385")
    assert steps["Dense z: backward to z.weight"].result.startswith("0.08217")  # his ∂E/∂w5
    assert steps["z.weight: update"].result == "0.3589"  # his w5⁺
    assert steps["h.weight: update"].result == "0.1498"  # his w1⁺


def test_a_batch_mean_says_so_and_long_sums_are_cut_short() -> None:
    nodes = [
        ("x", "input", {"columns": [f"c{i}" for i in range(9)]}),
        ("t", "target", {"columns": ["t"]}),
        ("n", "dense", {"units": 1}),
        ("loss", "mean_squared_error"),
    ]
    wires = ["x > n.x", "n > loss.prediction", "t > loss.target"]
    known = case(nodes, wires, "loss", {"x": np.ones((7, 9)), "t": np.zeros((7, 1))}, {"n.weight": np.ones((9, 1))})
    steps = {s.title: s for s in known.walk(granularity="wire", sample=3)}
    assert r"x_{3,2}\,W_{2,0} + \cdots + x_{3,8}\,W_{8,0} + b_{0}" in steps["Dense n: forward"].rule
    loss = steps["Mean squared error loss: backward to n"]
    assert loss.numbers == rf"{D('n_{3,0}')} = \frac{{2}}{{7}}(9-0) = 2.571"
    assert loss.sentence.endswith("1/7 because it is a mean over 7 entries.")
    assert steps["Mean squared error loss: forward"].sentence.endswith("the mean over 7 entries of the batch.")


def test_softmax_and_its_loss_are_told_by_the_row() -> None:
    nodes = [
        ("x", "input", {"columns": ["a", "b"]}),
        ("t", "target", {"columns": ["t"], "encoding": "index", "classes": 2}),
        ("p", "softmax"),
        ("loss", "softmax_cross_entropy"),
    ]
    wires = ["x > p.x", "x > loss.prediction", "t > loss.target"]
    known = case(nodes, wires, "loss", {"x": [[0.0, np.log(3.0)], [0.0, 0.0]], "t": [1.0, 0.0]})
    p = known.why(Quantity("value", "p"), (0, 1))
    assert p.numbers == (r"p_{0,1} = \frac{e^{1.099}}{e^{0} + e^{1.099}} = \frac{3}{4} = 0.75")
    loss = known.why(Quantity("value", "loss"))
    assert r"-\frac{1}{2} (\ln 0.75 + \ln 0.5)" in loss.numbers
    gradient = known.why(Quantity("wire", "loss", "prediction"), (0, 1))
    assert gradient.rule == rf"{D('x_{0,1}')} = \frac{{1}}{{B}} \, (\mathrm{{softmax}}(x_{{0}})_{{1}} - [1 = t_{{0}}])"
    assert gradient.numbers == rf"{D('x_{0,1}')} = \frac{{1}}{{2}} \, (0.75 - 1) = -0.125"


def test_matrix_product_lights_a_row_and_a_column() -> None:
    a, b = [[6.0, 1.0], [2.0, 5.0], [3.0, 7.0]], [[0.0, 2.0], [1.0, 3.0]]
    nodes = [("A", "parameter", {"value": a}), ("B", "constant", {"value": b}), ("y", "matmul"), ("L", "sum")]
    known = case(nodes, ["A > y.a", "B > y.b", "y > L.x"], "L")
    cell = known.why(Quantity("value", "y"), (2, 1))
    assert cell.numbers == r"y_{2,1} = 3 \cdot 2 + 7 \cdot 3 = 27"
    assert [(part.of, part.entry) for part in cell.parts] == [
        (Quantity("value", "A"), (2, None)),
        (Quantity("value", "B"), (None, 1)),
    ]
    back = known.why(Quantity("gradient", "A"), (0, 1))
    assert back.numbers == rf"{D('A_{0,1}')} = 1 \cdot 1 + 1 \cdot 3 = 4"


def test_broadcast_gradients_are_summed() -> None:
    nodes = [("x", "input", {"columns": ["a"]}), ("c", "parameter", {"value": 2.0}), ("y", "multiply"), ("L", "mean")]
    known = case(nodes, ["x > y.a", "c > y.b", "y > L.x"], "L", {"x": [[1.0], [3.0]]})
    answer = known.why(Quantity("gradient", "c"))
    assert answer.numbers == rf"{D('c')} = 0.5 \cdot 1 + 0.5 \cdot 3 = 2"
    assert "repeats this entry of c 2 times (broadcast)" in answer.sentence


def test_memory_by_hand() -> None:
    """x (3, 2) → h dense 4 → a tanh → z dense 1 → loss: what is held when, in float32."""
    nodes = [
        ("x", "input", {"columns": ["p", "q"]}),
        ("t", "target", {"columns": ["t"]}),
        ("h", "dense", {"units": 4}),
        ("a", "tanh"),
        ("z", "dense", {"units": 1}),
        ("loss", "mean_squared_error"),
    ]
    wires = ["x > h.x", "h > a.x", "a > z.x", "z > loss.prediction", "t > loss.target"]
    known = case(nodes, wires, "loss", {"x": np.ones((3, 2)), "t": np.ones((3, 1))})
    steps = {s.title: s for s in known.walk()}
    held = {title: ({stored.name: stored.bytes for stored in s.stored}) for title, s in steps.items()}
    x, h, a, z, t, loss = 24, 48, 48, 12, 12, 4
    first, second = {"h.weight": 32, "h.bias": 16}, {"z.weight": 16, "z.bias": 4}  # weights stay once they are there
    base = {"value of x": x, "value of t": t, **first}
    assert held["Dense h: forward"] == {**base, "value of h": h}
    # tanh needs its output for backward, so its input h goes as soon as a is there
    assert held["Tanh a: forward"] == {**base, "value of h": h, "value of a": a}
    assert held["Dense z: forward"] == {**base, "value of a": a, **second, "value of z": z}
    full = {**base, "value of a": a, **second, "value of z": z}
    assert held["Mean squared error loss: backward to z"] == {**full, "gradient of loss": loss, "gradient of z": z}
    sent = {"gradient of z.weight": 16, "gradient of z.bias": 4}
    last_layer = {"value of x": x, "value of a": a, "gradient of z": z, "gradient of a": a}
    assert held["Dense z: backward"] == {**last_layer, **first, **second, **sent}
    assert held["Tanh a: backward to h"] == {
        "value of x": x, "value of a": a, "gradient of a": a, "gradient of h": h, **first, **second, **sent,
    }  # fmt: skip
    last = steps["z.bias: update"]
    assert last.stored_bytes == 32 + 16 + 16 + 4 + 4
    assert steps["Tanh a: backward to h"].stored_bytes == 24 + 48 + 48 + 48 + 68 + 20


def test_what_is_not_reached_yet_is_not_shown() -> None:
    steps = fork().walk(granularity="wire")
    seen: frozenset[Quantity] = frozenset()
    for step in steps:
        assert seen < step.shown
        assert set(step.made) == step.shown - seen
        seen = step.shown
    before = next(s for s in steps if s.title == "Scale f: backward to x").shown
    assert Quantity("wire", "f", "x") in before
    assert Quantity("gradient", "x") not in before
    assert Quantity("gradient", "x") in seen


def test_phases_come_in_order_and_wires_lead_to_the_node_at_work() -> None:
    for known in (mazur(), fork(), neuron()):
        phases = [s.phase for s in known.walk(granularity="wire")]
        order = ["forward", "loss", "backward", "update"]
        assert phases == sorted(phases, key=order.index)
        for step in known.walk():
            assert all(wire in known.graph.wires for wire in step.wires)
            if step.phase in ("forward", "loss"):
                assert {target for target, _ in step.wires} <= {step.node}
                assert (step.wire is None) == (not known.analysis.sources[step.node])


def test_node_steps_gather_what_wire_steps_take_apart() -> None:
    known = mazur()
    nodes, wires = known.walk(), known.walk(granularity="wire")
    assert [q for s in nodes for q in s.told] == [q for s in wires for q in s.told]
    assert [s.title for s in nodes if s.node == "z" and s.phase == "backward"] == ["Dense z: backward"]


def test_without_loss_or_optimizer_the_walk_is_shorter() -> None:
    known = neuron()
    only_values = dataclasses.replace(known, trace=dataclasses.replace(known.trace, grads={}, wire_grads={}))
    assert {s.phase for s in only_values.walk()} == {"forward", "loss"}
    assert {s.phase for s in case([("c", "constant", {"value": 2.0})], [], "").walk()} == {"forward"}


def test_what_was_not_computed_says_so_and_is_not_0() -> None:
    answer = neuron().why(Quantity("gradient", "t"))
    assert (answer.result, np.isnan(answer.value)) == ("not computed", True)
    assert answer.sentence == ("The loss does not depend on t through here, so there is no gradient (which is not 0).")


def test_sources_and_weights_say_where_they_come_from() -> None:
    known: Case = neuron()
    assert known.why(Quantity("value", "x"), (0, 0)).sentence == "It comes from the data: training row 0, column x."
    weight = known.why(Quantity("weight", "n", "weight"), (0, 0))
    assert weight.sentence.startswith("A weight: it starts from the initialiser glorot_uniform")
    assert weight.parts[0].value == -8.0


def test_a_nan_is_loud() -> None:
    known = case([("x", "parameter", {"value": -1.0}), ("L", "log")], ["x > L.x"], "L")
    steps = known.walk()
    assert steps[1].result == "NaN"
    assert steps[1].numbers.endswith(r"= \mathrm{NaN}")


def test_titles_name_the_symbols() -> None:
    nodes = [("n1", "parameter", {"value": 2.0}, "x1"), ("n2", "square", {}, "g = x²"), ("n3", "log", {}, "my loss")]
    known = case(nodes, ["n1 > n2.x", "n2 > n3.x"], "n3")
    square = known.why(Quantity("value", "n2"))
    assert square.rule == "g = x_{1}^2"
    assert square.title == "Value of g"
    assert known.why(Quantity("value", "n3")).rule == r"L = \ln g"


def test_a_mean_divides_and_a_sum_does_not() -> None:
    for op, value, slope in (("mean", r"\frac{1}{3} (1 + 2 + 6) = 3", "0.3333"), ("sum", "1 + 2 + 6 = 9", "1")):
        known = case([("x", "parameter", {"value": [1.0, 2.0, 6.0]}), ("L", op)], ["x > L.x"], "L")
        assert known.why(Quantity("value", "L")).numbers == f"L = {value}"
        gradient = known.why(Quantity("gradient", "x"), (2,))
        assert gradient.result == slope
        scale = r"\frac{1}{3} \cdot 1 = " if op == "mean" else "1 = "
        assert gradient.numbers == rf"{D('x_{2}')} = {scale}{slope}"


def test_names_of_any_length_stay_short_in_formulas_and_sentences() -> None:
    long = "very" * 75
    nodes = [("x" * 300, "parameter", {"value": 1.5}), ("g", "square", {}, long), ("h", "square"), ("L", "add")]
    wires = [f"{'x' * 300} > g.x", f"{'x' * 300} > h.x", "g > L.a", "h > L.b"]
    for step in case(nodes, wires, "L").walk(granularity="wire"):
        for text in (step.rule, step.numbers, step.title, step.sentence):
            assert long[:45] not in text
            assert "x" * 45 not in text
        assert "x" * 15 not in step.rule + step.numbers


def test_the_outline_of_a_walk_serves_again_for_the_same_graph_and_steps_alone() -> None:
    known = fork()
    first = known.walk()
    again, finer = known.walk(earlier=first), known.walk(earlier=first, granularity="wire")
    assert again.outline is first.outline
    assert finer.outline is not first.outline
    assert [step.title for step in again] == [step.title for step in first]
    assert [step.stored_bytes for step in again] == [step.stored_bytes for step in first]
    assert [phase for phase, steps in again.phases.items() for _ in steps] == [step.phase for step in again]
    assert again[2] is again[2]
    assert again[-1].number == len(again) - 1
