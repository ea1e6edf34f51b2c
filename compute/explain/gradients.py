"""Where a gradient comes from: the chain rule at one entry of a wire, a node or a weight."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import product as every

import numpy as np

from compute.explain import moves, sums
from compute.explain.answer import Answer, Part
from compute.explain.broadcasting import sums_over
from compute.explain.facts import Entry, Facts, Kind, Quantity, plain, via_tex
from compute.explain.formula import (
    GRADIENT,
    added,
    as_factor,
    elided,
    lines,
    product,
    right_side,
    signed,
    stacked,
    substitute,
)
from compute.explain.listed import of_sums
from compute.explain.sums import naming
from compute.explain.terms import Column, Lines, Terms, line_names
from compute.explain.told import (
    GradientTeller,
    Told,
    WeightTeller,
    is_product,
    own_gradient,
    own_weight,
    tells_gradient,
)
from compute.explain.values import Letters
from compute.numbers_text import precise, tex
from compute.ops.base import Array, Elementwise, Op
from compute.ops.losses import EntryLoss
from compute.shapes import broadcast_axes


def wire(facts: Facts, node: str, port: str, entry: Entry) -> Answer:
    """Why an entry of the gradient that comes back through a wire has its value."""
    q, source = Quantity("wire", node, port), facts.source(node, port)
    tell = teller(facts.op(node)) or _whole
    told, result = tell(facts, node, port, entry), facts.at(q, entry)
    title = f"Gradient of {plain(facts.label(source), entry)} through {facts.label(node)}"
    parts = (_upstream_part(facts, node, None),) if told.parts is None else told.parts
    words = told.rule, told.numbers, precise(result), told.sentence
    return Answer(title, *words, result, parts, told.general, told.terms)


def teller(op: Op) -> GradientTeller | None:
    """What tells the gradients that an op sends back."""
    if op.moves:
        return moves.wire
    return own_gradient(op) or (_sum if is_product(op) else None)


def _sum(facts: Facts, node: str, port: str, entry: Entry) -> Told:
    """What arrives, times the other factors, added up."""
    return _added_up(facts, Quantity("wire", node, port), entry, f"{facts.called(node)} sends back")


def _added_up(facts: Facts, q: Quantity, entry: Entry, begins: str) -> Told:
    """A gradient that is a sum of products; ``begins``: how the sentence about it does."""
    found = sums.backward(facts, q.node, q.name, entry)
    left, general = facts.symbol(q, entry), _general(facts, q.node, q.name)
    rule = stacked([*general, lines(left, [sums.written(facts, found, numeric=False)])])
    numbers = lines(left, [sums.written(facts, found, numeric=True), tex(facts.at(q, entry))])
    words, shared = f"{begins} {sums.sentence(facts, found)}.", q.kind == "weight gradient"
    if shared:
        words += sums_over(facts, q.node, Quantity("weight", q.node, q.name))
    terms = of_sums(facts, found, naming(facts, q, entry), shared=shared)
    return Told(rule, numbers, words, sums.parts(facts, found), "".join(general), terms)


@tells_gradient(EntryLoss)
def _entry_loss(facts: Facts, node: str, port: str, entry: Entry) -> Told:
    """The slope of this entry's term, as a share of the mean."""
    op, q, upstream = facts.op(node), Quantity("wire", node, port), Quantity("gradient", node)
    left, size = facts.symbol(q, entry), facts.trace.values[facts.source(node, port)].size
    letters, local = Letters(facts, node, entry), right_side(op.written(facts.settings(node))[1][port])
    named, counted = substitute(local, letters.name), substitute(local, letters.number, numeric=True)
    above = [] if node == facts.loss else [facts.symbol(upstream)]
    above_number = [] if node == facts.loss else [tex(facts.at(upstream, ()))]
    rule = lines(left, [product([*above, named])])
    shown = product([*above_number, counted.replace("{n}", f"{{{size}}}")])
    numbers = lines(left, [shown, tex(facts.at(q, entry))])
    inputs = [Quantity("value", s) for s in facts.analysis.sources[node]]
    parts = tuple(Part(naming(facts, i, entry), facts.at(i, entry), i, entry) for i in inputs)
    sentence = f"The slope of {op.title} at {' and '.join(f'{p.name} = {precise(p.value or 0.0)}' for p in parts)}"
    sentence += f"; 1/{size} because it is a mean over {size} entries." if size > 1 else "."
    return Told(rule, numbers, sentence, parts)


def _whole(facts: Facts, node: str, port: str, entry: Entry) -> Told:
    """What the op sends back as a whole, of which no one tells an entry."""
    q = Quantity("wire", node, port)
    left = facts.symbol(q, entry)
    rule = stacked(_general(facts, node, port) or [left])
    sentence = f"What {facts.called(node)} sends back to {facts.label(facts.source(node, port))}."
    return Told(rule, f"{left} = {tex(facts.at(q, entry))}", sentence)


def node(facts: Facts, node_id: str, entry: Entry) -> Answer:
    """Why an entry of a node's gradient has its value: 1 at the loss, else the sum over the wires that leave."""
    q = Quantity("gradient", node_id)
    left, result, label = facts.symbol(q, entry), facts.at(q, entry), facts.label(node_id)
    title = f"Gradient of {plain(label, entry)}"
    ways = [Quantity("wire", n, port) for n, port in facts.contributions(node_id)]
    if node_id == facts.loss and not ways:
        sentence = f"{label} is the loss itself: it changes by 1 when it changes by 1. Every gradient starts here."
        return Answer(title, f"{left} = 1", f"{left} = 1", precise(result), sentence, result)
    if len(ways) == 1:
        only = wire(facts, ways[0].node, ways[0].name, entry)
        return replace(only, title=title, general="")
    shown = elided(len(ways))
    amounts = [facts.at(way, entry) for way in ways]
    names = [facts.via(way.node, way.name) for way in ways]
    symbols = [r"\cdots" if k is None else facts.symbol(ways[k], entry) for k in shown]
    numbers = [
        r"\cdots" if k is None else rf"\underbrace{{{signed(tex(amounts[k]))}}}_{{{via_tex(names[k])}}}" for k in shown
    ]
    words = " + ".join("…" if k is None else f"{_bracketed(amounts[k])} (via {names[k]})" for k in shown)
    readers = list(dict.fromkeys(facts.label(way.node) for way in ways))
    sentence = f"{label} feeds {_listed(readers)}, so what comes back adds up: {words} = {precise(result)}."
    return Answer(
        title,
        lines(left, [added(symbols)]),
        lines(left, [added(numbers), tex(result)]),
        precise(result),
        sentence,
        result,
        tuple(Part(f"via {name}", a, way, entry) for name, a, way in zip(names, amounts, ways, strict=True)),
    )


def weight(facts: Facts, owner: str, suffix: str, entry: Entry) -> Answer:
    """Why an entry of ∂L/∂weight has its value."""
    q = Quantity("weight gradient", owner, suffix)
    title = f"Gradient of {plain(facts.weight_name(q), entry)}"
    if not facts.analysis.sources[owner]:
        whole = node(facts, owner, entry)
        return replace(whole, title=title, general="")
    told = (weight_teller(facts.op(owner)) or _whole_weight)(facts, owner, suffix, entry)
    result = facts.at(q, entry)
    words = told.rule, told.numbers, precise(result), told.sentence
    return Answer(title, *words, result, told.parts or (), told.general, told.terms)


def weight_teller(op: Op) -> WeightTeller | None:
    """What tells the gradients of the weights of an op that has ports."""
    return own_weight(op) or (_weight_sum if is_product(op) else None)


def _weight_sum(facts: Facts, owner: str, suffix: str, entry: Entry) -> Told:
    """What arrives, times the other factors, added up over the batch."""
    return _added_up(facts, Quantity("weight gradient", owner, suffix), entry, f"{facts.called(owner)}:")


def _whole_weight(facts: Facts, owner: str, suffix: str, entry: Entry) -> Told:
    """The rule for a whole weight, of which no one tells an entry."""
    q = Quantity("weight gradient", owner, suffix)
    left = facts.symbol(q, entry)
    rule = stacked(_general(facts, owner, suffix) or [left])
    sentence = f"How the loss changes with {plain(facts.weight_name(q), entry)}, summed over the batch."
    return Told(rule, f"{left} = {tex(facts.at(q, entry))}", sentence)


def _bracketed(x: float) -> str:
    return f"({precise(x)})" if x < 0 else precise(x)


def _listed(names: Sequence[str]) -> str:
    return names[0] + " twice" if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _upstream_part(facts: Facts, node_id: str, entry: Entry | None) -> Part:
    """The gradient that arrives at a node, named with the nodes that it comes from."""
    q = Quantity("gradient", node_id)
    names = dict.fromkeys(facts.called(n) for n, _ in facts.contributions(node_id))
    origin = f", from {' and '.join(names)}" if names else ""
    if entry is None:
        return Part(f"upstream {naming(facts, q)}{origin}", None, q, (None,) * facts.trace.grads[node_id].ndim)
    return Part(f"upstream {naming(facts, q, entry)}{origin}", facts.at(q, entry), q, entry)


def _general(facts: Facts, node_id: str, name: str) -> list[str]:
    """The op's own gradient rule over whole arrays, in the names of the nodes; none for scalars or at the loss."""
    local = facts.op(node_id).local.get(name, "")
    if not local or not facts.trace.values[facts.analysis.sources[node_id][0]].ndim or node_id == facts.loss:
        return []
    kind: Kind = "wire" if name in facts.op(node_id).ports else "weight gradient"
    whole = GRADIENT.match(local)
    index = (whole[2] or whole[3] or "") if whole else ""
    left = facts.symbol(Quantity(kind, node_id, name), (index,) if index else ())
    return [f"{left} = {substitute(right_side(local), Letters(facts, node_id).name)}"]


@tells_gradient(Elementwise)
def _elementwise(facts: Facts, node_id: str, port: str, entry: Entry) -> Told:
    """upstream · slope, summed over the entries to which this one was repeated by broadcasting."""
    op, q, upstream = facts.op(node_id), Quantity("wire", node_id, port), Quantity("gradient", node_id)
    assert isinstance(op, Elementwise)
    source = facts.source(node_id, port)
    left, result = facts.symbol(q, entry), facts.at(q, entry)
    outputs = reached(facts, node_id, source, entry)
    at = outputs[0]
    letters, local = Letters(facts, node_id, at), op.local[port]
    at_loss = node_id == facts.loss
    slope = slope_at(facts, node_id, port, at)
    named = substitute(local, letters.name)
    arriving = facts.symbol(upstream, at)
    below, above = facts.symbol(Quantity("value", source), entry), facts.symbol(Quantity("value", node_id), at)
    if len(outputs) > 1:
        return _broadcast(facts, node_id, port, entry, outputs)
    if at_loss:
        sides = [named]
    else:
        slope_symbol = rf"\frac{{\partial {above}}}{{\partial {below}}}"
        sides = [product([arriving, slope_symbol]), product([arriving, as_factor(named)])]
    for step in facts.closed.steps(node_id, port) if facts.closed else []:
        if step != sides[-1]:
            sides.append(step)
    arrives = tex(facts.at(upstream, at))
    counted = substitute(local, letters.number, numeric=True)
    steps = [counted] if at_loss else [product([arrives, as_factor(counted)])]
    if counted != tex(slope) and not at_loss:
        steps.append(product([arrives, tex(slope)]))
    if steps[-1] != tex(result):
        steps.append(tex(result))
    slope_name = f"∂{plain(facts.label(node_id), at)}/∂{plain(facts.label(source), entry)}"
    parts = (
        _upstream_part(facts, node_id, at),
        Part(f"{slope_name}, the slope of {facts.called(node_id)}", slope, Quantity("value", node_id), at),
    )
    slope_words = f"the slope of {facts.called(node_id)} with respect to {facts.label(source)} is {precise(slope)} here"
    if at_loss:
        sentence = f"{slope_words[:1].upper()}{slope_words[1:]}, and {facts.label(node_id)} is the loss."
    else:
        origin = _listed_origin(facts, node_id)
        sentence = f"{precise(facts.at(upstream, at))} arrives{origin} and {slope_words}: their product goes back."
    return Told(lines(left, sides), lines(left, steps), sentence, parts)


def _listed_origin(facts: Facts, node_id: str) -> str:
    names = list(dict.fromkeys(facts.label(n) for n, _ in facts.contributions(node_id)))
    return f" from {' and '.join(names[:3])}" if names else ""


def reached(facts: Facts, node_id: str, source: str, entry: Entry) -> list[Entry]:
    """The entries of an elementwise op's output that one entry of an input goes into."""
    small, full = facts.trace.values[source].shape, facts.trace.values[node_id].shape
    axes, lead = broadcast_axes(small, full), len(full) - len(small)
    choices = [range(n) if i in axes else (entry[i - lead],) for i, n in enumerate(full)]
    return [tuple(out) for out in every(*choices)]


def slope_at(facts: Facts, node_id: str, port: str, at: Entry) -> float:
    """∂y/∂port at one entry of the output, by the op's own rule."""
    op, letters = facts.op(node_id), Letters(facts, node_id, at)
    assert isinstance(op, Elementwise)
    inputs: list[Array] = []
    for source in facts.analysis.sources[node_id]:
        q = Quantity("value", source)
        inputs.append(np.asarray(facts.at(q, letters.entry(q))))
    y = np.asarray(facts.at(Quantity("value", node_id), at))
    with np.errstate(all="ignore"):
        return float(op.slopes(*inputs, y=y, **facts.settings(node_id))[op.ports.index(port)])


def _broadcast(facts: Facts, node_id: str, port: str, entry: Entry, outputs: list[Entry]) -> Told:
    op, q, upstream = facts.op(node_id), Quantity("wire", node_id, port), Quantity("gradient", node_id)
    source = facts.source(node_id, port)
    left, result = facts.symbol(q, entry), facts.at(q, entry)
    symbols, numbers = [], []
    for k in elided(len(outputs)):
        if k is None:
            symbols.append(r"\cdots")
            numbers.append(r"\cdots")
            continue
        at = outputs[k]
        named = substitute(op.local[port], Letters(facts, node_id, at).name)
        arriving = facts.symbol(upstream, at)
        symbols.append(arriving if named == "1" else rf"{arriving} \cdot {as_factor(named)}")
        slope, arrives = tex(slope_at(facts, node_id, port, at)), tex(facts.at(upstream, at))
        numbers.append(arrives if named == "1" else product([arrives, slope]))
    sentence = (
        f"{facts.called(node_id)} repeats this entry of {facts.label(source)} {len(outputs)} times (broadcast), "
        f"so {len(outputs)} contributions add up.{sums_over(facts, node_id, Quantity('value', source))}"
    )
    terms = _terms_of_broadcast(facts, node_id, port, outputs, naming(facts, q, entry))
    rule, shown = lines(left, [added(symbols)]), lines(left, [added(numbers), tex(result)])
    return Told(rule, shown, sentence, terms=terms)


def _terms_of_broadcast(facts: Facts, node_id: str, port: str, outputs: list[Entry], makes: str) -> tuple[Terms, ...]:
    """What comes back from every entry that one was repeated to."""
    q = Quantity("gradient", node_id)

    def make() -> Lines:
        at = np.array(outputs, np.intp)
        arriving = facts.array(q)[tuple(at.T)]
        slopes = np.array([slope_at(facts, node_id, port, each) for each in outputs])
        columns = Column(naming(facts, q), arriving, q, at), Column("slope", slopes)
        with np.errstate(all="ignore"):
            products = arriving * slopes
        view = facts.view(q)
        return Lines(columns, products, line_names(view, at), view.samples_of(at))

    return (Terms(f"All {len(outputs)} products", len(outputs), "product", makes, 1.0, make),)
