"""Whatever the graph: the explanation's numbers are the trace's, its sums add up, and its formulas can be drawn."""

from __future__ import annotations

import math
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given

from compute import latex
from compute.engine import Program
from compute.errors import GradwireError
from compute.explain import Answer, Facts, Granularity, Quantity, gradients, sums, tell, told, values, walk, why
from compute.explain.told import Told, tells_value
from compute.explain.walk import _Story
from compute.gallery import GALLERY, Entry, load_entry
from compute.graph import Graph, Node, Wire
from compute.numbers_text import precise, tex
from compute.ops import REGISTRY
from compute.ops.base import Array, Elementwise, Op, Settings
from compute.optimizers import make_optimizer
from compute.reference import ReferenceRun
from compute.shapes import Shape, ShapeError
from compute.workspace import open_document
from tests.campaigns import walks
from tests.compute import board
from tests.compute.programs import menu, program
from tests.compute.test_random_graphs import COMPUTED, graphs
from tests.searching import tries

ADAM = make_optimizer({"name": "adam"})
GRANULARITIES: tuple[Granularity, ...] = ("node", "wire", "entry")


def graph_of(drawn: Program) -> Graph:
    """The graph that a program was made from."""
    analysis = drawn.analysis
    wires = [
        Wire(source, node, port)
        for node in analysis.order
        for port, source in zip(analysis.ops[node].ports, analysis.sources[node], strict=True)
    ]
    return Graph([Node(node, analysis.ops[node].name) for node in analysis.order], wires)


def facts_of(drawn: Program) -> Facts:
    trace = ReferenceRun(drawn).trace(np.arange(drawn.rows))
    return Facts(graph_of(drawn), drawn.analysis, drawn.loss, trace)


def quantities(facts: Facts) -> Iterator[Quantity]:
    """Everything that the pass computed."""
    trace = facts.trace
    yield from (Quantity("value", node) for node in trace.values)
    yield from (Quantity("gradient", node) for node in trace.grads)
    yield from (Quantity("wire", node, port) for node, port in trace.wire_grads)
    for name, (owner, spec) in facts.analysis.parameters.items():
        if name in trace.parameter_grads:
            yield Quantity("weight gradient", owner, spec.suffix)


def same(a: float, b: float) -> bool:
    return math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-9) or not (math.isfinite(a) and math.isfinite(b))


def total(terms: list[float]) -> float:
    """Their sum; of terms that are not all finite, nan."""
    return math.fsum(terms) if all(map(math.isfinite, terms)) else math.nan


@given(graphs(COMPUTED))
@tries(25)
def test_every_answer_has_the_number_of_the_trace(drawn: Program) -> None:
    facts = facts_of(drawn)
    for q in quantities(facts):
        array = facts.array(q)
        for entry in {facts.pick(q), tuple(n - 1 for n in array.shape)}:
            answer = why(facts.graph, facts.analysis, facts.loss, facts.trace, q, entry)
            assert answer.result == precise(float(array[entry]))
            assert answer.rule
            assert answer.numbers
            assert answer.sentence.endswith(".")


def check_terms(facts: Facts, q: Quantity, entry: tuple[int, ...]) -> None:
    """All that is listed is the trace's, and makes the number, or one that the answer names."""
    answer = tell(facts, q, entry)
    for terms in answer.terms:
        columns, results, *_ = terms.lines
        assert terms.count == len(results) > 1
        named = [answer.value, *(part.value for part in answer.parts if part.value is not None)]
        assert any(same(terms.total, number) for number in named), (q, terms.heading, terms.total, named)
        assert terms.makes != sums.naming(facts, q, entry) or same(terms.total, answer.value), (q, terms.heading)
        for line in (0, terms.count - 1):
            assert terms.lines.names(line)
            for i, column in enumerate(columns):
                asked = terms.asks(line, i)
                if (
                    line < len(column.numbers)
                    and column.of is not None
                    and column.name not in ("h", "normalised x", "class")
                ):
                    assert asked is not None
                    assert same(facts.at(*asked), float(column.numbers[line])), (q, column.name)
                    assert terms.sample(line) in (None, facts.view(asked[0]).sample(asked[1]))
            if terms.result == "product" and all(line < len(column.numbers) for column in columns):
                assert same(math.prod(float(column.numbers[line]) for column in columns), float(results[line]))


def check_parts(facts: Facts) -> None:
    """The terms of sums, the contributions at forks and the factors of the chain rule make the number."""
    for q in quantities(facts):
        entry = facts.pick(q)
        check_terms(facts, q, entry)
        inner = bool(facts.analysis.sources[q.node])
        found: list[sums.Sum] = []
        if q.kind == "value" and inner:
            found = sums.forward(facts, q.node, entry)
        elif q.kind in ("wire", "weight gradient") and inner:
            found = sums.backward(facts, q.node, q.name, entry)
        if found:
            terms = [
                each.scale * math.prod(facts.at(*factor) for factor in each.entries(k))
                for each in found
                for k in range(each.count)
            ]
            assert same(total(terms), facts.at(q, entry)), q
        if q.kind == "gradient" and len(facts.contributions(q.node)) > 1:
            answer = gradients.node(facts, q.node, entry)
            values = [part.value for part in answer.parts if part.value is not None]
            assert len(values) == len(facts.contributions(q.node))
            assert same(total(values), facts.at(q, entry)), q
        if q.kind == "wire" and isinstance(facts.op(q.node), Elementwise):
            parts = gradients.wire(facts, q.node, q.name, entry).parts
            if len(parts) == 2 and parts[0].value is not None and parts[1].value is not None:
                assert same(parts[0].value * parts[1].value, facts.at(q, entry)), q


@given(graphs(COMPUTED))
@tries(25)
def test_the_parts_of_every_number_make_it(drawn: Program) -> None:
    check_parts(facts_of(drawn))


@given(graphs(COMPUTED))
@tries(12)
def test_the_walk_computes_everything_once_and_holds_what_it_uses(drawn: Program) -> None:
    facts = facts_of(drawn)
    for granularity in GRANULARITIES:
        steps = walk(facts.graph, facts.analysis, facts.loss, facts.trace, ADAM, granularity=granularity)
        made = [q for step in steps for q in step.made if q.kind != "update"]
        assert len(made) == len(set(made))
        assert set(made) == set(quantities(facts))
        for step in steps:
            held = {stored.quantity for stored in step.stored}
            if step.phase == "backward":
                op = facts.op(step.node)
                sent = any(q.kind == "wire" for q in step.told)
                for port, source in zip(op.ports, facts.analysis.sources[step.node], strict=True):
                    assert not sent or port not in op.keeps or Quantity("value", source) in held
                assert not sent or Quantity("gradient", step.node) in held
            assert step.stored_bytes == sum(4 * facts.array(stored.quantity).size for stored in step.stored)


Nodes = list[tuple[str, str, dict[str, Any]]]


def example(op: Op) -> Program:
    """A small graph in which the op is computed and, where it can be, has a gradient at every port."""
    rng = np.random.default_rng(3)
    values = {param.name: menu(param)[-1] for param in op.params}
    starts: list[tuple[int, ...]] = [(3, 2), (2, 3), (3,), (), (2, 5, 3)]
    data = {"x": rng.uniform(0.2, 0.8, (4, 2))}
    if not op.ports:
        settings = {"columns": ["a", "b"]} if op.is_data else {}
        return program([("n", op.name, settings)], [], "", {"n": data["x"]} if op.is_data else {})
    shapes: dict[str, Shape] = {"x": ("B", 2), "c": ("B", 2)}
    shapes |= {f"p{i}": shape for i, shape in enumerate(starts)}
    nodes: Nodes = [("x", "input", {"columns": ["a", "b"]}), ("c", "scale", {"factor": 0.5})]
    nodes += [(f"p{i}", "parameter", {"value": rng.uniform(0.2, 0.8, shape)}) for i, shape in enumerate(starts)]
    for first in shapes:
        for second in sorted(shapes, key=lambda name: name == first) if len(op.ports) > 1 else [""]:
            try:
                used = [first, second][: len(op.ports)]
                op.shape([shapes[s] for s in used], op.settings(values, "n"))
            except ShapeError:
                continue
            nodes += [("n", op.name, values), ("L", "sum", {"axis": None})]
            wires = [
                ("x", "c", "x"),
                *((s, "n", port) for s, port in zip(used, op.ports, strict=True)),
                ("n", "L", "x"),
            ]
            return program(nodes, wires, "L", data)
    raise AssertionError(f"no inputs were found for {op.name}")


def height(formula: str) -> float:
    """How high a formula is drawn, in letters."""
    return float(ET.fromstring(latex.svg(formula, "#102030", 10.0)).attrib["height"]) / 10.0


@pytest.mark.parametrize("op", REGISTRY.values(), ids=REGISTRY)
def test_the_declared_formulas_can_be_drawn(op: Op) -> None:
    for formula in (op.formula, *op.local.values()):
        assert 0.5 < height(formula) < 6


def test_a_formula_has_one_colour_and_is_drawn_once() -> None:
    first = latex.svg(r"x := -\frac{1}{2}", "#102030", 12.0)
    assert b"#102030" in first
    assert b"black" not in first
    assert latex.svg(r"x := -\frac{1}{2}", "#102030", 12.0) is first


@pytest.mark.parametrize(
    "formula",
    [
        r"\left(\frac{1}{1+\frac{a^{2}}{b}}\right)^{2}",
        r"f(x)=|\frac{a}{b}|+\sqrt{\left[x_{i}\right]}",
        r"y=\begin{cases}\frac{(a)}{2}&x>0\\ \begin{bmatrix}1&\frac{1}{2}\end{bmatrix}&x\le 0\end{cases}",
        r"\sum_{i=1}^{(n)}\frac{\partial L}{\partial \hat{y}_{i}}\cdot\underbrace{(1-a)}_{\frac{b}{c}}",
    ],
)
def test_what_is_left_out_of_the_drawing_changes_nothing_in_it(formula: str, monkeypatch: pytest.MonkeyPatch) -> None:
    quick = latex.svg.__wrapped__(formula)
    asked: list[str] = []

    def grows(element: ET.Element, _growing: object) -> bool:
        asked.append(element.tag)
        return True

    monkeypatch.setattr(latex, "_grows", grows)
    assert latex.svg.__wrapped__(formula) == quick
    assert asked


def test_a_formula_that_cannot_be_read_is_named() -> None:
    with pytest.raises(GradwireError, match=r"The formula \\text\{\} cannot be drawn"):
        latex.svg(r"\text{}")


@pytest.mark.parametrize("op", REGISTRY.values(), ids=REGISTRY)
def test_every_op_is_explained_in_formulas_that_can_be_drawn(op: Op) -> None:
    facts = facts_of(example(op))
    asked = [q for q in quantities(facts) if q.node == "n" and q.kind != "gradient"]
    assert asked
    for q in asked:
        answer = why(facts.graph, facts.analysis, facts.loss, facts.trace, q)
        for formula in (answer.rule, answer.numbers):
            assert 0.5 < height(formula) < 20
        if q.kind == "wire":
            assert q.name in op.local, f"{op.name} does not say how ∂L/∂{q.name} is found"
            assert answer.rule != facts.symbol(q, facts.pick(q)), f"{op.name}: ∂L/∂{q.name} has no rule"


@pytest.mark.parametrize("op", REGISTRY.values(), ids=REGISTRY)
def test_every_op_has_its_numbers_told(op: Op) -> None:
    """Nothing falls back on the formula of the whole."""
    facts = facts_of(example(op))
    assert values.teller(op), f"{op.name}: its value is told by no one"
    assert not op.ports or gradients.teller(op), f"{op.name}: what it sends back is told by no one"
    learned = [name for name in facts.analysis.weights_of("n").values() if name in facts.trace.parameter_grads]
    assert not op.ports or not learned or gradients.weight_teller(op), f"{op.name}: its weights are told by no one"


class Third(Op):
    """A third of x, told by a module that it names: this one."""

    name, title, group, help, formula, ports = "third", "Third", "arithmetic", "A third.", r"y = \frac{x}{3}", ("x",)
    told_by = __name__

    def shape(self, x: Sequence[Shape], p: Settings) -> Shape:
        return x[0]

    def forward(self, x: Sequence[Array], w: Mapping[str, Array], p: Settings) -> Array:
        return np.asarray(x[0] / 3)

    def backward(
        self, x: Sequence[Array], w: Mapping[str, Array], p: Settings, y: Array, g: Array
    ) -> tuple[tuple[Array | None, ...], dict[str, Array]]:
        return (g / 3,), {}


class Sixth(Third):
    """Derived from it, and so told alike."""

    name, title = "sixth", "Sixth"


@tells_value(Third)
def third(facts: Facts, node: str, entry: tuple[int, ...]) -> Told:
    return Told("y = x/3", "1 = 3/3", f"The {facts.op(node).title.lower()} of x.")


@pytest.mark.parametrize("kind", [Third, Sixth])
def test_a_new_op_is_told_by_the_module_that_it_names(kind: type[Op], monkeypatch: pytest.MonkeyPatch) -> None:
    imported: list[str] = []
    monkeypatch.setattr(told, "import_module", imported.append)
    monkeypatch.setitem(REGISTRY, kind.name, kind())
    nodes: Nodes = [("x", "parameter", {"value": 3.0}), ("n", kind.name, {})]
    facts = facts_of(program(nodes, [("x", "n", "x")], "n"))
    answer = why(facts.graph, facts.analysis, "n", facts.trace, Quantity("value", "n"))
    assert (answer.result, answer.sentence) == ("1", f"The {kind.name} of x.")
    assert imported == [__name__]
    # What it sends back is told by no one: the formula of the whole is shown, with the number.
    back = why(facts.graph, facts.analysis, "n", facts.trace, Quantity("wire", "n", "x"))
    assert gradients.teller(kind()) is None
    assert back.sentence == f"What {kind.title} n sends back to x."


@pytest.mark.parametrize("op", REGISTRY.values(), ids=REGISTRY)
def test_every_op_is_right_at_the_board(op: Op) -> None:
    """What is written with numbers, worked out, is what the NumPy rules compute: formula and local of the op."""
    facts = facts_of(example(op))
    check_parts(facts)
    worked = 0
    for q in quantities(facts):
        if q.node != "n" or q.kind == "gradient":
            continue
        entry = facts.pick(q)
        answer = why(facts.graph, facts.analysis, facts.loss, facts.trace, q, entry)
        assert q.kind != "weight gradient" or not op.ports or "=" in answer.numbers.partition("=")[2]
        equations = board.sides(answer.numbers)
        assert equations[-1][-1] == tex(facts.at(q, entry))
        for equation in equations:
            for side in equation:
                try:
                    found = board.work_out(side)
                except board.Unreadable:
                    continue
                worked += len(equation) > 1
                assert found == pytest.approx(board.work_out(equation[-1]), rel=4e-3, abs=1e-3), (side, answer.numbers)
    assert worked or op.moves or not op.ports


@pytest.mark.parametrize("op", REGISTRY.values(), ids=REGISTRY)
def test_every_op_is_right_at_every_granularity(op: Op) -> None:
    """The numbers in what is shown make the number on the screen, at every step of a walk, updates included."""
    drawn = example(op)
    facts, rows = facts_of(drawn), np.arange(drawn.rows)
    if not drawn.loss:
        return
    run = ReferenceRun(drawn)
    run.train([rows], ADAM)
    told, tally = (facts.graph, facts.analysis, facts.loss, facts.trace, ADAM), walks.Tally()
    for granularity in GRANULARITIES:
        steps = walk(*told, granularity=granularity)
        for number in walks.chosen(len(steps), 10):
            walks.check(steps[number], facts, run.weights(), tally)
    assert not tally.wrong
    assert tally.sides > 10


@pytest.mark.parametrize("entry", GALLERY, ids=lambda entry: entry.id)
def test_every_formula_of_the_gallery_can_be_read(entry: Entry) -> None:
    from ziamath.tex import tex2mml

    document = load_entry(entry.id)
    workspace = open_document(document, strict=False)
    rows = np.arange(min(4, workspace.program.rows))
    trace = ReferenceRun(workspace.program).trace(rows)
    optimizer = make_optimizer(document.training.optimizer)
    formulas = set()
    for granularity in GRANULARITIES[:2]:
        told = (document.graph, workspace.analysis, document.training.loss, trace, optimizer)
        for step in walk(*told, granularity=granularity):
            assert step.title
            assert step.result
            formulas |= {step.rule, step.numbers}
    for formula in formulas:
        ET.fromstring(tex2mml(formula))


@pytest.mark.parametrize(
    "title", [r"a_b", r"50 % & \more {x} $y$ #1 ~^", "größe", "漢字", "<b>", "\\", "x1", "x₂", "theta"]
)
def test_any_title_can_stand_in_a_formula(title: str) -> None:
    drawn = program([("p", "parameter", {"value": 2.0}), ("L", "square", {})], [("p", "L", "x")], "L")
    trace = ReferenceRun(drawn).trace(np.arange(1))
    graph = Graph([Node("p", "parameter", title=title), Node("L", "square")], [Wire("p", "L", "x")])
    answer = why(graph, drawn.analysis, "L", trace, Quantity("gradient", "p"))
    assert latex.svg(answer.rule).startswith(b"<svg")


def test_of_a_long_walk_only_what_is_looked_at_is_worked_out(monkeypatch: pytest.MonkeyPatch) -> None:
    nodes: Nodes = [("x", "input", {"columns": ["a", "b"]})]
    wires = []
    for i in range(99):
        nodes += [(f"h{i}", "dense", {"units": 8}), (f"a{i}", "tanh", {})]
        wires += [(f"a{i - 1}" if i else "x", f"h{i}", "x"), (f"h{i}", f"a{i}", "x")]
    nodes.append(("L", "mean", {"axis": None}))
    wires.append(("a98", "L", "x"))
    facts = facts_of(program(nodes, wires, "L", {"x": np.ones((64, 2))}))
    asked: list[Quantity] = []
    work_out = _Story.answer

    def counted(story: _Story, q: Quantity, entry: tuple[int, ...]) -> Answer:
        asked.append(q)
        return work_out(story, q, entry)

    monkeypatch.setattr(_Story, "answer", counted)
    steps = walk(facts.graph, facts.analysis, "L", facts.trace, ADAM, granularity="wire")
    assert len(steps) == 200 + 99 * 4 + 2 + 198
    assert asked == []
    assert all((steps[300].title, steps[300].numbers, steps[300].sentence, steps[300].stored, steps[300].shown))
    assert tuple(asked) == steps[300].told
