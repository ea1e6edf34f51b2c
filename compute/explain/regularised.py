"""Dropout and the two norms, at one entry. A pass that is explained is one of training."""

from __future__ import annotations

import numpy as np

from compute.explain.facts import Entry, Facts, Part, Quantity, indexed, plain
from compute.explain.formula import added, elided, lines, product, signed
from compute.explain.sums import naming
from compute.explain.told import Told, tells_gradient, tells_value, tells_weight
from compute.numbers_text import precise, tex
from compute.ops.base import Array
from compute.ops.regularisation import Dropout, Norm


def _mask(facts: Facts, node: str, entry: Entry) -> tuple[float, str]:
    """What dropout multiplied this entry by, and that in words; an entry that was 0 may have been either."""
    rate = float(facts.settings(node)["rate"])
    x, y = (facts.at(Quantity("value", n), entry) for n in (facts.analysis.sources[node][0], node))
    if y == 0.0 and x != 0.0:
        return 0.0, f"dropped it (a chance of {precise(rate)})"
    return 1.0 / (1.0 - rate), f"kept it and scales what it keeps by 1/(1 − {precise(rate)})"


@tells_value(Dropout)
def dropout(facts: Facts, node: str, entry: Entry) -> Told:
    """x · m, where m is 0 or 1/(1 − rate)."""
    x, y = Quantity("value", facts.analysis.sources[node][0]), Quantity("value", node)
    factor, words = _mask(facts, node, entry)
    left = facts.symbol(y, entry)
    rule = lines(left, [rf"{facts.symbol(x, entry)} \cdot m"])
    numbers = lines(left, [product([tex(facts.at(x, entry)), tex(factor)]), tex(facts.at(y, entry))])
    return Told(rule, numbers, f"Dropout {words}; outside of training it passes everything on.")


@tells_gradient(Dropout)
def dropout_gradient(facts: Facts, node: str, port: str, entry: Entry) -> Told:
    """What arrives, times the same m."""
    wire, g = Quantity("wire", node, port), Quantity("gradient", node)
    result, arrives = facts.at(wire, entry), facts.at(g, entry)
    factor, words = _mask(facts, node, entry)
    left = facts.symbol(wire, entry)
    rule = lines(left, [rf"{facts.symbol(g, entry)} \cdot m"])
    if result == 0.0 and arrives != 0.0:
        factor = 0.0
    numbers = lines(left, [product([tex(arrives), tex(factor)]), tex(result)])
    return Told(rule, numbers, f"Dropout {words} on the way forward; the gradient is treated in the same way.")


def _normalised(facts: Facts, node: str, entry: Entry) -> tuple[tuple[int | slice, ...], str]:
    """Where the numbers lie that share mean and variance with an entry, and what they are called."""
    op = facts.op(node)
    assert isinstance(op, Norm)
    over = op.axes(len(entry))
    where = tuple(slice(None) if axis in over else i for axis, i in enumerate(entry))
    return where, "over the batch" if 0 in over and len(entry) > 1 else "over the features of the sample"


@tells_value(Norm)
def norm(facts: Facts, node: str, entry: Entry) -> Told:
    """γ (x − μ)/√(σ² + ε) + β."""
    x, y = Quantity("value", facts.analysis.sources[node][0]), Quantity("value", node)
    where, over = _normalised(facts, node, entry)
    values, left, column = facts.array(x)[where], facts.symbol(y, entry), entry[-1]
    weight, bias = (facts.at(Quantity("weight", node, name), (column,)) for name in ("weight", "bias"))
    epsilon = float(facts.settings(node)["epsilon"])
    with np.errstate(all="ignore"):
        mean, variance = float(values.mean()), float(values.var())
        normal = (facts.at(x, entry) - mean) / np.sqrt(variance + epsilon)
    scaled = rf"\frac{{{facts.symbol(x, entry)} - \mu}}{{\sqrt{{\sigma^2 + \epsilon}}}}"
    rule = lines(left, [rf"\gamma_{{{column}}} \, {scaled} + \beta_{{{column}}}"])
    above = f"{tex(facts.at(x, entry))} - {signed(tex(mean))}"
    fraction = rf"\frac{{{above}}}{{\sqrt{{{tex(variance)} + {tex(epsilon)}}}}}"
    numbers = lines(
        left,
        [
            rf"{tex(weight)} \cdot {fraction} + {signed(tex(bias))}",
            rf"{tex(weight)} \cdot {signed(tex(float(normal)))} + {signed(tex(bias))}",
            tex(facts.at(y, entry)),
        ],
    )
    here = plain(facts.label(x.node), entry)
    return Told(
        rule,
        numbers,
        (
            f"{here} is {precise(float(normal))} spreads away from the mean {precise(mean)} {over}; "
            f"γ = {precise(weight)} scales that and β = {precise(bias)} shifts it."
        ),
    )


@tells_gradient(Norm)
def norm_gradient(facts: Facts, node: str, port: str, entry: Entry) -> Told:
    """(h − mean(h) − x̂ · mean(h x̂))/√(σ² + ε) with h = γ · ∂L/∂y."""
    wire, x = Quantity("wire", node, port), Quantity("value", facts.analysis.sources[node][0])
    where, over = _normalised(facts, node, entry)
    left = facts.symbol(wire, entry)
    epsilon = float(facts.settings(node)["epsilon"])
    weight: Array = facts.array(Quantity("weight", node, "weight"))
    with np.errstate(all="ignore"):
        values, h = facts.array(x)[where], (facts.array(Quantity("gradient", node)) * weight)[where]
        root = float(np.sqrt(values.var() + epsilon))
        normal = (values - values.mean()) / root
        own_h = float(facts.at(Quantity("gradient", node), entry) * weight[entry[-1]])
        own = float((facts.at(x, entry) - values.mean()) / root)
        mean, along = float(h.mean()), float((h * normal).mean())
    rest = r"\left( h - \mathrm{mean}(h) - \hat{x} \, \mathrm{mean}(h \, \hat{x}) \right)"
    rule = lines(left, [rf"\frac{{1}}{{\sqrt{{\sigma^2 + \epsilon}}}} {rest}"])
    inside = rf"{tex(own_h)} - {signed(tex(mean))} - {signed(tex(own))} \cdot {signed(tex(along))}"
    numbers = lines(left, [rf"\frac{{1}}{{{tex(root)}}} \, ({inside})", tex(facts.at(wire, entry))])
    return Told(
        rule,
        numbers,
        (
            f"h = γ times what arrives is {precise(own_h)}. Its mean {over}, {precise(mean)}, and its part along the "
            f"normalised value, {precise(along)}, change nothing that the norm lets through, so both are taken away."
        ),
    )


@tells_weight(Norm)
def norm_weight(facts: Facts, node: str, suffix: str, entry: Entry) -> Told:
    """γ: what arrives times x̂, added up over all rows; β: what arrives, added up."""
    q, g = Quantity("weight gradient", node, suffix), Quantity("gradient", node)
    op, x = facts.op(node), facts.array(Quantity("value", facts.analysis.sources[node][0]))
    assert isinstance(op, Norm)
    axes = op.axes(x.ndim)
    with np.errstate(all="ignore"):
        spread = np.sqrt(x.var(axis=axes, keepdims=True) + float(facts.settings(node)["epsilon"]))
        normal = (x - x.mean(axis=axes, keepdims=True)) / spread
    places = [(*row, *entry) for row in np.ndindex(x.shape[:-1])]
    scaled, hat = suffix == "weight", (r"\hat{x}", "")
    symbols, numbers = [], []
    for k in elided(len(places)):
        if k is None:
            symbols.append(r"\cdots")
            numbers.append(r"\cdots")
            continue
        at = places[k]
        arriving, arrives = facts.symbol(g, at), tex(facts.at(g, at))
        symbols.append(rf"{arriving} \cdot {indexed(hat, at)}" if scaled else arriving)
        numbers.append(product([arrives, tex(float(normal[at]))]) if scaled else arrives)
    left, whole = facts.symbol(q, entry), (*(None,) * (x.ndim - 1), *entry)
    sentence = f"{facts.called(node)}: what arrives"
    sentence += " times how many spreads the entry is away from its mean" if scaled else ""
    sentence += f", added up over {len(places)} rows." if len(places) > 1 else "."
    parts = (Part(naming(facts, g, whole), None if x.ndim > 1 else facts.at(g, entry), g, whole),)
    return Told(lines(left, [added(symbols)]), lines(left, [added(numbers), tex(facts.at(q, entry))]), sentence, parts)
