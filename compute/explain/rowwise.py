"""Softmax and log-softmax: the ops whose numbers come from a whole row at once."""

from __future__ import annotations

import numpy as np

from compute.explain.answer import Part
from compute.explain.facts import Array, Entry, Facts, Quantity, plain
from compute.explain.formula import added, elided, lines, signed
from compute.explain.sums import naming
from compute.explain.terms import Column, Lines, Terms, entries_along, line_names
from compute.explain.told import Told, tells_gradient, tells_value
from compute.numbers_text import precise, tex
from compute.ops.rowwise import LogSoftmax, Softmax


def _powers(row: Array) -> str:
    return " ".join(added([r"\cdots" if k is None else f"e^{{{tex(row[k])}}}" for k in elided(row.size)]))


@tells_value(Softmax)
def _softmax(facts: Facts, node: str, entry: Entry) -> Told:
    x, y = Quantity("value", facts.analysis.sources[node][0]), Quantity("value", node)
    row, left = facts.array(x)[entry[:-1]], facts.symbol(y, entry)
    rule = rf"{left} = \frac{{e^{{{facts.symbol(x, entry)}}}}}{{\sum_j e^{{{facts.symbol(x, (*entry[:-1], 'j'))}}}}}"
    sides = [rf"\frac{{e^{{{tex(row[entry[-1]])}}}}}{{{_powers(row)}}}"]
    with np.errstate(all="ignore"):
        powers = np.exp(row)
    if np.isfinite(powers.sum()) and powers.sum() < 1e6:
        sides.append(rf"\frac{{{tex(powers[entry[-1]])}}}{{{tex(powers.sum())}}}")
    numbers = lines(left, [*sides, tex(facts.at(y, entry))])
    whole = plain(facts.label(x.node), (*entry[:-1], None))
    words = f"Softmax acts on the whole row {whole}: e to this score, over the sum for all {row.size}."
    return Told(rule, numbers, words, of_row(facts, x, entry), terms=exponentials(facts, x, entry))


def of_row(facts: Facts, x: Quantity, entry: Entry) -> tuple[Part, ...]:
    """The score at an entry, the exponential of it, the sum of its row's, and that row."""
    row, whole = facts.array(x)[entry[:-1]], (*entry[:-1], None)
    score = facts.at(x, entry)
    with np.errstate(all="ignore"):
        own, total = float(np.exp(score)), float(np.exp(row).sum())
    name = naming(facts, x, entry)
    return (
        Part(name, score, x, entry),
        Part(f"the row {naming(facts, x, whole)}", None, x, whole),
        Part(f"e^{name}", own),
        Part(f"Σ e^{naming(facts, x, whole)}", total),
    )


def exponentials(facts: Facts, x: Quantity, entry: Entry) -> tuple[Terms, ...]:
    """e to each score of a row, and their sum."""
    whole, count = naming(facts, x, (*entry[:-1], None)), facts.shape(x)[-1]

    def make() -> Lines:
        at = entries_along(entry, (len(entry) - 1,), facts.shape(x))
        row = facts.array(x)[entry[:-1]]
        with np.errstate(all="ignore"):
            return Lines((Column("score", row, x, at),), np.exp(row), line_names(facts.view(x), at))

    return (Terms(f"All {count} exponentials", count, "e^score", f"Σ e^{whole}", 1.0, make),) if count > 1 else ()


@tells_gradient(Softmax)
def _softmax_gradient(facts: Facts, node: str, port: str, entry: Entry) -> Told:
    wire, y, g = Quantity("wire", node, port), Quantity("value", node), Quantity("gradient", node)
    left, other = facts.symbol(wire, entry), (*entry[:-1], "j")
    rule = lines(
        left,
        [
            rf"{facts.symbol(y, entry)} \left( {facts.symbol(g, entry)} - "
            rf"\sum_j {facts.symbol(g, other)}\,{facts.symbol(y, other)} \right)"
        ],
    )
    ys, gs, whole = facts.array(y)[entry[:-1]], facts.array(g)[entry[:-1]], (*entry[:-1], None)
    with np.errstate(all="ignore"):
        mean = float((ys * gs).sum())
    terms = [r"\cdots" if k is None else rf"{tex(gs[k])} \cdot {signed(tex(ys[k]))}" for k in elided(ys.size)]
    own, upstream = tex(facts.at(y, entry)), tex(facts.at(g, entry))
    opened = [rf"{own} \, ({upstream} - ({terms[0]}", *added(["", *terms[1:]])[1:]]
    opened[-1] += "))"
    condensed = rf"{own} \, ({upstream} - {signed(tex(mean))})"
    numbers = lines(left, [opened, condensed, tex(facts.at(wire, entry))])
    return Told(
        rule,
        numbers,
        (
            f"A score moves its own probability up and the others of its row down: {precise(facts.at(g, entry))} "
            f"arrives here, less {precise(mean)}, the row's mean of what arrives weighted by the probabilities, times "
            f"{precise(facts.at(y, entry))}."
        ),
        (
            Part(naming(facts, g, entry), facts.at(g, entry), g, entry),
            Part(naming(facts, y, entry), facts.at(y, entry), y, entry),
            Part("weighted mean of what arrives at the row", mean),
            *(Part(f"the row {naming(facts, q, whole)}", None, q, whole) for q in (g, y)),
        ),
        terms=_along_row(facts, (g, y), entry, "the weighted mean"),
    )


def _along_row(facts: Facts, factors: tuple[Quantity, ...], entry: Entry, makes: str) -> tuple[Terms, ...]:
    """The products of some quantities along the row of an entry, and their sum."""
    count, term = facts.shape(factors[0])[-1], "product" if len(factors) > 1 else "term"

    def make() -> Lines:
        at = entries_along(entry, (len(entry) - 1,), facts.shape(factors[0]))
        rows = [facts.array(q)[entry[:-1]] for q in factors]
        columns = tuple(
            Column(naming(facts, q, (*entry[:-1], None)), row, q, at) for q, row in zip(factors, rows, strict=True)
        )
        with np.errstate(all="ignore"):
            return Lines(columns, np.prod(rows, axis=0), line_names(facts.view(factors[0]), at))

    return (Terms(f"All {count} {term}s", count, term, makes, 1.0, make),) if count > 1 else ()


@tells_value(LogSoftmax)
def _log_softmax(facts: Facts, node: str, entry: Entry) -> Told:
    x, y = Quantity("value", facts.analysis.sources[node][0]), Quantity("value", node)
    row, left = facts.array(x)[entry[:-1]], facts.symbol(y, entry)
    rule = rf"{left} = {facts.symbol(x, entry)} - \ln \sum_j e^{{{facts.symbol(x, (*entry[:-1], 'j'))}}}"
    own = tex(row[entry[-1]])
    with np.errstate(all="ignore"):
        total = np.exp(row).sum()
    sides = [rf"{own} - \ln ({_powers(row)})"]
    if np.isfinite(total) and total < 1e6:
        sides.append(rf"{own} - \ln {tex(total)}")
    numbers = lines(left, [*sides, tex(facts.at(y, entry))])
    whole = plain(facts.label(x.node), (*entry[:-1], None))
    words = f"Log-softmax acts on the whole row {whole}: this score, less ln of the sum of all e^score."
    return Told(rule, numbers, words, of_row(facts, x, entry), terms=exponentials(facts, x, entry))


@tells_gradient(LogSoftmax)
def _log_softmax_gradient(facts: Facts, node: str, port: str, entry: Entry) -> Told:
    wire, y, g = Quantity("wire", node, port), Quantity("value", node), Quantity("gradient", node)
    left, arriving, whole = facts.symbol(wire, entry), facts.array(g)[entry[:-1]], (*entry[:-1], None)
    rule = lines(
        left,
        [
            rf"{facts.symbol(g, entry)} - e^{{{facts.symbol(y, entry)}}} "
            rf"\sum_j {facts.symbol(g, (*entry[:-1], 'j'))}"
        ],
    )
    with np.errstate(all="ignore"):
        total, chance = float(arriving.sum()), float(np.exp(facts.at(y, entry)))
    terms = added([r"\cdots" if k is None else tex(arriving[k]) for k in elided(arriving.size)])
    upstream = tex(facts.at(g, entry))
    opened = [rf"{upstream} - {tex(chance)} \, ({terms[0]}", *terms[1:]]
    opened[-1] += ")"
    condensed = rf"{upstream} - {tex(chance)} \cdot {signed(tex(total))}"
    numbers = lines(left, [opened, condensed, tex(facts.at(wire, entry))])
    return Told(
        rule,
        numbers,
        (
            f"{precise(facts.at(g, entry))} arrives here, less the probability {precise(chance)} of this score times "
            f"all that arrives at its row, {precise(total)}."
        ),
        (
            Part(naming(facts, g, entry), facts.at(g, entry), g, entry),
            Part(f"e^{naming(facts, y, entry)}, the probability", chance, y, entry),
            Part(f"Σ {naming(facts, g, whole)}", total),
            Part(f"the row {naming(facts, g, whole)}", None, g, whole),
        ),
        terms=_along_row(facts, (g,), entry, f"Σ {naming(facts, g, whole)}"),
    )
