"""Dropout and the two norms, at one entry. A pass that is explained is one of training."""

from __future__ import annotations

import math

import numpy as np

from compute.explain.answer import Part
from compute.explain.facts import Entry, Facts, Quantity, indexed, plain
from compute.explain.formula import added, elided, lines, product, signed
from compute.explain.sums import naming
from compute.explain.terms import Column, Lines, Terms, entries_along, line_names
from compute.explain.told import Told, tells_gradient, tells_value, tells_weight
from compute.numbers_text import precise, tex
from compute.ops.base import Array
from compute.ops.regularisation import Dropout, Norm


def _mask(facts: Facts, node: str, entry: Entry) -> tuple[float, str, tuple[Part, ...]]:
    """What dropout multiplied this entry by, that in words, and what it follows from."""
    rate, draw = float(facts.settings(node)["rate"]), facts.draw(node, entry)
    kept = draw >= rate
    scale = 1.0 / (1.0 - rate) if kept else 0.0
    words = f"kept it, as {precise(draw)} was drawn, which is no less than {precise(rate)}, and scales it by "
    words += f"1/(1 − {precise(rate)})"
    if not kept:
        words = f"dropped it, as {precise(draw)} was drawn, which is less than {precise(rate)}"
    where = plain("", entry)
    parts = (
        Part(f"drawn for {where}" if entry else "drawn", draw),
        Part("rate: what is drawn below it is dropped", rate),
        Part("kept (1) or dropped (0)", float(kept)),
        Part("m = kept/(1 − rate)", scale),
    )
    return scale, words, parts


@tells_value(Dropout)
def dropout(facts: Facts, node: str, entry: Entry) -> Told:
    """x · m, where m is 0 or 1/(1 − rate)."""
    x, y = Quantity("value", facts.analysis.sources[node][0]), Quantity("value", node)
    factor, words, parts = _mask(facts, node, entry)
    left = facts.symbol(y, entry)
    rule = lines(left, [rf"{facts.symbol(x, entry)} \cdot m"])
    numbers = lines(left, [product([tex(facts.at(x, entry)), tex(factor)]), tex(facts.at(y, entry))])
    own = Part(naming(facts, x, entry), facts.at(x, entry), x, entry)
    return Told(rule, numbers, f"Dropout {words}; outside of training it passes everything on.", (own, *parts))


@tells_gradient(Dropout)
def dropout_gradient(facts: Facts, node: str, port: str, entry: Entry) -> Told:
    """What arrives, times the same m."""
    wire, g = Quantity("wire", node, port), Quantity("gradient", node)
    result, arrives = facts.at(wire, entry), facts.at(g, entry)
    factor, words, parts = _mask(facts, node, entry)
    left = facts.symbol(wire, entry)
    rule = lines(left, [rf"{facts.symbol(g, entry)} \cdot m"])
    numbers = lines(left, [product([tex(arrives), tex(factor)]), tex(result)])
    sentence = f"Dropout {words} on the way forward; the gradient is treated in the same way."
    return Told(rule, numbers, sentence, (Part(naming(facts, g, entry), arrives, g, entry), *parts))


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
    sentence = (
        f"{naming(facts, x, entry)} is {precise(float(normal))} spreads away from the mean {precise(mean)} {over}; "
        f"γ = {precise(weight)} scales that and β = {precise(bias)} shifts it."
    )
    span = tuple(None if axis in _over(facts, node, len(entry)) else i for axis, i in enumerate(entry))
    parts = (
        Part(naming(facts, x, entry), facts.at(x, entry), x, entry),
        Part(f"μ, the mean of {naming(facts, x, span)}", mean, x, span),
        Part("σ², their mean squared distance from it", variance),
        Part("ε, so that the root stays away from 0", epsilon),
        Part("normalised x: (x − μ)/√(σ² + ε)", float(normal)),
        *(
            Part(f"{letter} = {plain(facts.weight_name(q), (column,))}", number, q, (column,))
            for letter, number, q in (
                ("γ", weight, Quantity("weight", node, "weight")),
                ("β", bias, Quantity("weight", node, "bias")),
            )
        ),
    )
    return Told(rule, numbers, sentence, parts, terms=_squares(facts, node, x, entry))


def _over(facts: Facts, node: str, ndim: int) -> tuple[int, ...]:
    """The axes that mean and variance are taken over, none counted from the end."""
    op = facts.op(node)
    assert isinstance(op, Norm)
    return tuple(axis % ndim for axis in op.axes(ndim))


def _squares(facts: Facts, node: str, x: Quantity, entry: Entry) -> tuple[Terms, ...]:
    """The numbers that share mean and variance with an entry, and how far each is away from the mean."""
    axes, shape = _over(facts, node, len(entry)), facts.shape(x)
    count = math.prod(shape[axis] for axis in axes)

    def make() -> Lines:
        at = entries_along(entry, axes, shape)
        numbers = facts.array(x)[tuple(at.T)]
        with np.errstate(all="ignore"):
            off = numbers - numbers.mean()
            squares = off * off
        view = facts.view(x)
        columns = Column("x", numbers, x, at), Column("x − μ", off)
        return Lines(columns, squares, line_names(view, at), view.samples_of(at))

    return (Terms(f"All {count} squares", count, "(x − μ)²", "σ²", 1.0 / count, make),) if count > 1 else ()


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
    sentence = (
        f"h = γ times what arrives is {precise(own_h)}. Its mean {over}, {precise(mean)}, and its part along the "
        f"normalised value, {precise(along)}, change nothing that the norm lets through, so both are taken away."
    )
    g, scale = Quantity("gradient", node), Quantity("weight", node, "weight")
    parts = (
        Part(naming(facts, g, entry), facts.at(g, entry), g, entry),
        Part(f"γ = {plain(facts.weight_name(scale), entry[-1:])}", float(weight[entry[-1]]), scale, entry[-1:]),
        Part("h, their product", own_h),
        Part(f"mean of h {over}", mean),
        Part("normalised x: (x − μ)/√(σ² + ε)", own, x, entry),
        Part("mean of h · normalised x", along),
        Part("√(σ² + ε)", root),
    )
    return Told(rule, numbers, sentence, parts, terms=_along(facts, node, x, entry))


def _along(facts: Facts, node: str, x: Quantity, entry: Entry) -> tuple[Terms, ...]:
    """h and x̂ of all entries that share mean and variance with one."""
    axes, shape, g = _over(facts, node, len(entry)), facts.shape(x), Quantity("gradient", node)
    count = math.prod(shape[axis] for axis in axes)

    def make() -> Lines:
        at = entries_along(entry, axes, shape)
        place = tuple(at.T)
        numbers, weight = facts.array(x)[place], facts.array(Quantity("weight", node, "weight"))[at[:, -1]]
        with np.errstate(all="ignore"):
            root = np.sqrt(numbers.var() + float(facts.settings(node)["epsilon"]))
            h, normal = facts.array(g)[place] * weight, (numbers - numbers.mean()) / root
            products = h * normal
        view = facts.view(x)
        columns = Column("h", h, g, at), Column("normalised x", normal, x, at)
        return Lines(columns, products, line_names(view, at), view.samples_of(at))

    return (
        (Terms(f"All {count} products", count, "product", "mean of h · normalised x", 1.0 / count, make),)
        if count > 1
        else ()
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

    def make() -> Lines:
        at = np.array(places, np.intp)
        arriving, hats = facts.array(g)[tuple(at.T)], normal[tuple(at.T)]
        columns = (Column(naming(facts, g, whole), arriving, g, at), Column("normalised x", hats))
        with np.errstate(all="ignore"):
            terms = arriving * hats if scaled else arriving
        view = facts.view(g)
        return Lines(columns if scaled else columns[:1], terms, line_names(view, at), view.samples_of(at))

    count, term = len(places), "product" if scaled else "term"
    all_of_it = (Terms(f"All {count} {term}s", count, term, naming(facts, q, entry), 1.0, make),) if count > 1 else ()
    rule, shown = lines(left, [added(symbols)]), lines(left, [added(numbers), tex(facts.at(q, entry))])
    return Told(rule, shown, sentence, parts, terms=all_of_it)
