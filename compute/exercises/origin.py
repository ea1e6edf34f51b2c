"""What each number is made of, and so which numbers would give away one that is asked for."""

from __future__ import annotations

from collections.abc import Iterable, Set
from dataclasses import replace
from functools import lru_cache

from compute.document import Exercise
from compute.explain import Facts, Quantity
from compute.loops import names_in
from compute.ops.base import Elementwise
from compute.trace import Trace


def made_of(facts: Facts, q: Quantity) -> list[Quantity]:
    """The quantities that go into one at once, by what the ops declare to keep; given ones among them."""
    if q.kind == "update":
        return [q._replace(kind="weight gradient")]
    sources = facts.analysis.sources.get(q.node, ())
    if q.kind == "value":
        return [Quantity("value", source) for source in sources]
    if q.kind == "gradient":
        return [Quantity("wire", *port) for port in facts.contributions(q.node)]
    upstream = [] if q.node == facts.loss else [Quantity("gradient", q.node)]
    if q.kind == "weight" or not sources:
        return upstream if q.kind == "weight gradient" else []
    op = facts.op(q.node)
    # What an elementwise op keeps need not be what the slope at this port takes.
    keeps = frozenset(op.keeps)
    if q.kind == "wire" and isinstance(op, Elementwise):
        keeps = _names(op.c_slopes[op.ports.index(q.name)])
    kept = [Quantity("value", source) for port, source in zip(op.ports, sources, strict=True) if port in keeps]
    return [*upstream, *kept, *([Quantity("value", q.node)] if "y" in keeps else [])]


@lru_cache(maxsize=256)
def _names(expression: str) -> frozenset[str]:
    return frozenset(names_in(expression))


def behind(facts: Facts, q: Quantity) -> set[Quantity]:
    """All quantities that go into one, however many steps before."""
    found: set[Quantity] = set()
    left = made_of(facts, q)
    while left:
        each = left.pop()
        if each not in found:
            found.add(each)
            left += made_of(facts, each)
    return found


def all_quantities(facts: Facts) -> list[Quantity]:
    """Whatever the pass has computed, and the updates."""
    trace, found = facts.trace, list[Quantity]()
    for node in facts.analysis.order:
        found.append(Quantity("value", node))
        if node in trace.grads:
            found.append(Quantity("gradient", node))
        found += [Quantity("wire", node, port) for port in facts.op(node).ports if (node, port) in trace.wire_grads]
        for suffix, name in facts.analysis.weights_of(node).items():
            if name in trace.parameter_grads:
                found += [Quantity("weight gradient", node, suffix), Quantity("update", node, suffix)]
    return found


def giving_away(facts: Facts, asked: Iterable[Quantity]) -> set[Quantity]:
    """What is worked out from any of these, or is the same number by another name; without them."""
    start = set(asked)
    readers: dict[Quantity, list[Quantity]] = {}
    for q in all_quantities(facts):
        for part in made_of(facts, q):
            readers.setdefault(part, []).append(q)
    # The only way back to a node is its gradient by another name.
    same = [made_of(facts, q)[0] for q in start if q.kind == "gradient" and len(facts.contributions(q.node)) == 1]
    found: set[Quantity] = set()
    left = [*start, *same]
    while left:
        each = left.pop()
        if each not in found:
            found.add(each)
            left += readers.get(each, ())
    return found - start


def by_all_names(facts: Facts, q: Quantity) -> frozenset[Quantity]:
    """A quantity, and what is the same number by another name: the only way back to a node is that node's gradient."""
    if q.kind == "wire" and q.node in facts.analysis.shapes:
        source = facts.source(q.node, q.name)
        if len(facts.contributions(source)) == 1:
            return frozenset({q, Quantity("gradient", source)})
    elif q.kind == "gradient" and len(ways := facts.contributions(q.node)) == 1:
        return frozenset({q, Quantity("wire", *ways[0])})
    return frozenset({q})


def still_hidden(exercise: Exercise | None, facts: Facts) -> frozenset[Quantity]:
    """What a learner's document shows to nobody; nothing where a teacher sets the exercise, or once it is told."""
    if exercise is None or exercise.learner is None or (exercise.handed_in and exercise.tells != "never"):
        return frozenset()
    there = [each.focus for each in exercise.asked if each.focus.subject.there(facts.graph)]
    asked = {focus.asks(facts.graph) for focus in there}
    return frozenset(asked | giving_away(facts, asked))


def without(trace: Trace, hidden: Set[Quantity], loss: str) -> Trace:
    """A trace without some quantities, as a learner sees it; weights stay. loss: the node that is minimised."""
    weights = {}
    for name, array in trace.parameter_grads.items():
        node, _, suffix = name.rpartition(".")
        if Quantity("weight gradient", node, suffix) not in hidden:
            weights[name] = array
    return replace(
        trace,
        loss=None if Quantity("value", loss) in hidden else trace.loss,
        values={node: array for node, array in trace.values.items() if Quantity("value", node) not in hidden},
        grads={node: array for node, array in trace.grads.items() if Quantity("gradient", node) not in hidden},
        wire_grads={at: array for at, array in trace.wire_grads.items() if Quantity("wire", *at) not in hidden},
        parameter_grads=weights,
    )
