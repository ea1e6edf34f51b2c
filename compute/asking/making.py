"""What a number is made of, as the explanation has it, in a form that can be worked out with a part left out.

Almost every number of a pass is ``start + share · Σ terms`` where each term is a product of factors: an upstream
gradient times a slope, the contributions of a fork, the products of a matrix product, an old weight and a step.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from compute.explain import class_loss, gradients, sums
from compute.explain.facts import Entry, Facts, Quantity, plain
from compute.explain.sums import Sum, naming
from compute.explain.told import is_product
from compute.explain.values import Letters
from compute.numbers_text import precise
from compute.ops.arithmetic import Add, Multiply, Scale, Subtract
from compute.ops.base import Elementwise
from compute.ops.class_loss import SoftmaxCrossEntropy
from compute.ops.losses import EntryLoss
from compute.ops.rowwise import Softmax
from compute.optimizers import Optimizer
from compute.shapes import BATCH

Role = Literal["upstream", "slope", "operand", "rate"]
MOST_TERMS = 1000
"""The most terms that are taken apart."""


@dataclass(frozen=True)
class Instead:
    """A number that is easily taken for another: what it is called, and its value."""

    name: str
    value: float


@dataclass(frozen=True)
class Factor:
    """One factor of a term.

    instead: what is taken for it by mistake, the same place of each term's for one mistake; ways: of an upstream
    gradient that is a sum at a fork, the contributions.
    """

    name: str
    value: float
    role: Role = "operand"
    instead: tuple[Instead, ...] = ()
    ways: tuple[Instead, ...] = ()


@dataclass(frozen=True)
class Term:
    """One summand: a product. name: what tells it from the others, as in ``via h``; "" where nothing does."""

    factors: tuple[Factor, ...]
    name: str = ""

    @property
    def value(self) -> float:
        """The product."""
        return math.prod(factor.value for factor in self.factors)


@dataclass(frozen=True)
class Making:
    """``start + share · Σ terms``; without terms the number is one that nobody takes apart.

    over: what the terms are added up over (a fork's wires, the samples of a batch, any other sum); operands: what went
    in, which is taken for the result where the op is forgotten; instead: wrong numbers of this kind of op, with the
    mistake in words; slope: of a value, the slope there; unit: what the share is one part of.
    """

    terms: tuple[Term, ...] = ()
    share: float = 1.0
    start: float = 0.0
    over: Literal["", "fork", "batch", "terms"] = ""
    operands: tuple[Factor, ...] = ()
    instead: tuple[Instead, ...] = ()
    slope: float | None = None
    unit: str = "terms"

    @property
    def value(self) -> float:
        """The number, as far as it is taken apart."""
        return self.start + self.share * sum(term.value for term in self.terms)

    @property
    def size(self) -> float:
        """How large the parts are: what is far below it is only what rounding left."""
        parts = [abs(self.start), *(abs(self.share * term.value) for term in self.terms)]
        return max([*parts, *(abs(operand.value) for operand in self.operands)], default=0.0)

    @property
    def upstream(self) -> tuple[Factor, ...]:
        """The gradients that arrive, of all terms."""
        return tuple(f for term in self.terms for f in term.factors if f.role == "upstream")

    def with_terms(self, change: Callable[[Term], Sequence[float]]) -> float:
        """The number with other factors in each term."""
        return self.start + self.share * sum(math.prod(change(term)) for term in self.terms)


def making_of(facts: Facts, q: Quantity, entry: Entry, right: float, optimizer: Optimizer | None = None) -> Making:
    """What went into one number. right: the number; optimizer: of an update."""
    if q.kind == "update":
        assert optimizer is not None
        return _update(facts, q, entry, right, optimizer)
    if q.kind == "value":
        return _value(facts, q.node, entry)
    if q.kind == "wire":
        return _wire(facts, q.node, q.name, entry)
    if q.kind == "weight gradient" and facts.analysis.sources[q.node]:
        op = facts.op(q.node)
        found = sums.backward(facts, q.node, q.name, entry) if is_product(op) else []
        return _summed(facts, found, q, entry)
    if q.kind in ("gradient", "weight gradient"):
        return _node(facts, q.node, entry)
    return Making()


# -- values ---------------------------------------------------------------------------------------------------


def _value(facts: Facts, node: str, entry: Entry) -> Making:
    op = facts.op(node)
    if is_product(op) and not op.moves:
        return _summed(facts, sums.forward(facts, node, entry), Quantity("value", node), entry)
    if isinstance(op, EntryLoss):
        return _loss(facts, node)
    operands = _operands(facts, node, entry) if isinstance(op, Elementwise) else ()
    slope = None
    if isinstance(op, Elementwise) and len(op.ports) == 1:
        slope = gradients.slope_at(facts, node, op.ports[0], entry)
    if isinstance(op, Multiply | Scale):
        factors = operands if isinstance(op, Multiply) else (*operands, _setting(facts, node, "factor"))
        return Making((Term(factors),), slope=slope)
    if isinstance(op, Add | Subtract):
        a, b = operands
        last = (b,) if isinstance(op, Add) else (Factor("−1", -1.0), b)
        return Making((Term((a,), a.name), Term(last, b.name)), over="terms")
    if isinstance(op, Softmax):
        row = facts.array(Quantity("value", facts.analysis.sources[node][0]))[entry[:-1]]
        with np.errstate(all="ignore"):
            power = float(np.exp(row[entry[-1]]))
        return Making(instead=(Instead(f"{precise(power)} still has to be divided by the sum over the row", power),))
    return Making(operands=operands, slope=slope)


def _setting(facts: Facts, node: str, name: str) -> Factor:
    value = float(facts.settings(node)[name])
    return Factor(f"the {name} {precise(value)}", value)


def _operands(facts: Facts, node: str, entry: Entry) -> tuple[Factor, ...]:
    letters, out = Letters(facts, node, entry), []
    for source in facts.analysis.sources[node]:
        q = Quantity("value", source)
        out.append(_of(facts, q, letters.entry(q)))
    return tuple(out)


def _of(facts: Facts, q: Quantity, entry: Entry) -> Factor:
    return Factor(naming(facts, q, entry), facts.at(q, entry))


def _loss(facts: Facts, node: str) -> Making:
    """The terms whose mean a loss is."""
    op = facts.op(node)
    prediction, target = (facts.array(Quantity("value", s)).reshape(-1) for s in facts.analysis.sources[node])
    n = prediction.size
    if not 0 < n <= MOST_TERMS:
        return Making(share=1.0 / max(n, 1), unit="entries")
    terms = []
    for k in range(n):
        with np.errstate(all="ignore"):
            one = float(op.forward([prediction[k : k + 1], target[k : k + 1]], {}, facts.settings(node)))
        terms.append(Term((Factor(f"the loss of entry {k}", one),), f"entry {k}"))
    return Making(tuple(terms), 1.0 / n, over="terms" if n > 1 else "", unit="entries")


# -- gradients ------------------------------------------------------------------------------------------------


def _node(facts: Facts, node: str, entry: Entry) -> Making:
    ways = facts.contributions(node)
    if len(ways) == 1:
        return _wire(facts, *ways[0], entry)
    terms = []
    for way in ways:
        q = Quantity("wire", *way)
        name = f"via {facts.via(*way)}"
        terms.append(Term((Factor(f"what comes back {name}", facts.at(q, entry)),), name))
    return Making(tuple(terms), over="fork" if terms else "")


def _upstream(facts: Facts, node: str, at: Entry) -> tuple[Factor, ...]:
    """What arrives at a node; nothing at the loss, where it is the 1 that everything starts with."""
    ways = facts.contributions(node)
    if not ways and node == facts.loss:
        return ()
    q = Quantity("gradient", node)
    forks = tuple(Instead(f"via {facts.via(*way)}", facts.at(Quantity("wire", *way), at)) for way in ways)
    name = f"the upstream gradient {naming(facts, q, at)}"
    return (Factor(name, facts.at(q, at), "upstream", ways=forks if len(forks) > 1 else ()),)


def _taken_for(facts: Facts, *places: tuple[str, Entry]) -> tuple[Instead, ...]:
    """Values of nodes, which are easily taken for a slope."""
    out = []
    for node, at in places:
        q = Quantity("value", node)
        out.append(Instead(f"the value {naming(facts, q, at)}", facts.at(q, at)))
    return tuple(out)


def _wire(facts: Facts, node: str, port: str, entry: Entry) -> Making:
    op, source = facts.op(node), facts.source(node, port)
    q = Quantity("wire", node, port)
    if op.moves:
        answer = gradients.wire(facts, node, port, entry)
        at = tuple(i for i in answer.parts[0].entry if isinstance(i, int))
        return Making((Term(_upstream(facts, node, at) or (Factor("1", 1.0),)),))
    if isinstance(op, EntryLoss | SoftmaxCrossEntropy):
        return _loss_slope(facts, node, port, entry)
    if isinstance(op, Softmax):
        return _softmax_gradient(facts, node, entry)
    if isinstance(op, Elementwise):
        outputs = gradients.reached(facts, node, source, entry)
        if len(outputs) > MOST_TERMS:
            return Making()
        terms = []
        for at in outputs:
            instead = _taken_for(facts, (node, at), (source, entry))
            name = f"the slope of {facts.called(node)}"
            if len(op.ports) > 1:
                name += f" with respect to {facts.label(source)}"
            slope = Factor(name, gradients.slope_at(facts, node, port, at), "slope", instead)
            terms.append(Term((*_upstream(facts, node, at), slope), plain("", at) if len(outputs) > 1 else ""))
        rows = len(facts.trace.rows)
        over: Literal["", "batch", "terms"] = "" if len(terms) == 1 else "batch" if len(terms) == rows else "terms"
        return Making(tuple(terms), over=over)
    if is_product(op):
        return _summed(facts, sums.backward(facts, node, port, entry), q, entry)
    if len(facts.trace.grads[node].shape) == len(entry):
        return Making(operands=_upstream(facts, node, entry))
    return Making()


def _loss_slope(facts: Facts, node: str, port: str, entry: Entry) -> Making:
    """The slope of one entry's term, as a share of the mean."""
    op, source = facts.op(node), facts.source(node, port)
    prediction, target = (facts.array(Quantity("value", s)) for s in facts.analysis.sources[node])
    if isinstance(op, EntryLoss):
        share, unit = 1.0 / prediction.size, "entries"
        with np.errstate(all="ignore"):
            slopes = op.slopes(prediction[entry], target[entry], **facts.settings(node))
        slope = float(slopes[op.ports.index(port)])
        instead = _taken_for(facts, (source, entry), (node, ()))
    else:
        logs, counted = class_loss.logs_and_counts(facts, node)
        share, unit = (
            1.0 / counted.divisor,
            "rows" if counted.divisor == len(prediction) else "rows, by the weights of their classes",
        )
        chance, truth = float(np.exp(logs[entry])), float(counted.c[entry])
        slope = chance * float(counted.c[entry[0]].sum()) - truth
        if port == op.truth:
            slope = -float(counted.of_target[entry[1]] * logs[entry])
        instead = (
            Instead("the probability that softmax gives this class", chance),
            *_taken_for(facts, (source, entry)),
        )
    factor = Factor(f"the slope of {facts.called(node)}", slope, "slope", instead)
    return Making((Term((*_upstream(facts, node, ()), factor)),), share, unit=unit)


def _softmax_gradient(facts: Facts, node: str, entry: Entry) -> Making:
    y = facts.at(Quantity("value", node), entry)
    arriving = _upstream(facts, node, entry)
    g = arriving[0].value if arriving else 1.0
    words = "that takes this entry for itself alone, but softmax ties all entries of its row together"
    return Making(operands=arriving, instead=(Instead(words, g * y * (1.0 - y)), Instead(words, g * y)))


def _summed(facts: Facts, found: Sequence[Sum], q: Quantity, entry: Entry) -> Making:
    """A sum of products, forward or back."""
    count = sum(each.count for each in found)
    scales = {each.scale for each in found}
    share = scales.pop() if len(scales) == 1 else 1.0
    if not found or not count or count > MOST_TERMS or scales:
        return Making(share=share, unit=f"{count} terms")
    own = (
        None
        if q.kind == "value"
        else (Quantity("value", facts.source(q.node, q.name)))
        if q.kind == "wire"
        else (Quantity("weight", q.node, q.name))
    )
    terms = [_product(facts, each, k, q, own, entry) for each in found for k in range(each.count)]
    rows = len(facts.trace.rows)
    over: Literal["", "batch", "terms"] = "" if len(terms) == 1 else "terms"
    if q.kind != "value" and len(terms) == rows and BATCH in facts.analysis.shapes[q.node]:
        over = "batch" if own is None or BATCH not in _shape(facts, own) else "terms"
    return Making(tuple(terms), share, over=over, unit="terms")


def _shape(facts: Facts, q: Quantity) -> Sequence[object]:
    return facts.analysis.shapes[q.node] if q.kind == "value" else ()


def _product(facts: Facts, found: Sum, k: int, q: Quantity, own: Quantity | None, entry: Entry) -> Term:
    """Term k of a sum of products."""
    factors: list[Factor] = []
    for operand, at in found.entries(k):
        if operand == Quantity("gradient", q.node) and q.kind != "value":
            factors += _upstream(facts, q.node, at)
            output = at
        else:
            factors.append(_of(facts, operand, at))
    if q.kind == "value" or own is None:
        return Term(tuple(factors), factors[0].name)
    # Of a product the slope for one factor is the other one; for a sum it is 1.
    instead: tuple[Instead, ...] = (Instead(f"the value {naming(facts, own, entry)} itself", facts.at(own, entry)),)
    instead += _taken_for(facts, (q.node, output))
    slopes = [Factor(f.name, f.value, "slope", instead) for f in factors if f.role != "upstream"]
    arriving = [f for f in factors if f.role == "upstream"]
    if not slopes:
        slopes = [Factor(f"the slope of {facts.called(q.node)}", 1.0, "slope", instead)]
    return Term((*arriving, *slopes), (arriving or slopes)[0].name.removeprefix("the upstream gradient "))


# -- updates --------------------------------------------------------------------------------------------------


def _update(facts: Facts, q: Quantity, entry: Entry, right: float, optimizer: Optimizer) -> Making:
    """The old weight, and minus the learning rate times a direction; the direction of plain descent is the gradient."""
    before, slope = Quantity("weight", q.node, q.name), Quantity("weight gradient", q.node, q.name)
    weight, gradient = _of(facts, before, entry), _of(facts, slope, entry)
    rate = float(optimizer.values["learning_rate"])
    if not rate:
        return Making(operands=(weight, gradient))
    direction = (weight.value - right) / rate
    words = gradient.name
    if not math.isclose(direction, gradient.value, rel_tol=1e-6):
        words = f"the direction that {optimizer.title} takes"
    else:
        direction = gradient.value
    factors = (
        Factor("the learning rate", rate, "rate"),
        Factor(words, -direction, "slope", (Instead(f"the plain gradient {gradient.name}", -gradient.value),)),
    )
    return Making((Term(factors),), start=weight.value, operands=(weight, gradient))
