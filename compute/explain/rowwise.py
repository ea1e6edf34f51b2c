"""Softmax, log-softmax and softmax cross-entropy: the ops whose numbers come from a whole row at once."""

from __future__ import annotations

import numpy as np

from compute.explain.answer import Part
from compute.explain.facts import Array, Entry, Facts, Quantity, plain
from compute.explain.formula import added, elided, lines, signed
from compute.explain.sums import naming, scale_tex
from compute.explain.terms import Column, Lines, Terms, entries_along, line_names
from compute.explain.told import Told, tells_gradient, tells_value
from compute.numbers_text import precise, tex
from compute.ops.losses import SoftmaxCrossEntropy
from compute.ops.rowwise import LogSoftmax, Softmax, log_softmax


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
    return Told(rule, numbers, words, _of_row(facts, x, entry), terms=_exponentials(facts, x, entry))


def _of_row(facts: Facts, x: Quantity, entry: Entry) -> tuple[Part, ...]:
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


def _exponentials(facts: Facts, x: Quantity, entry: Entry) -> tuple[Terms, ...]:
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
    return Told(rule, numbers, words, _of_row(facts, x, entry), terms=_exponentials(facts, x, entry))


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


def logs_and_targets(facts: Facts, node: str) -> tuple[Array, Array]:
    """log softmax of the logits, and the target as rows of probabilities; float64 (B, K)."""
    z, t = (facts.array(Quantity("value", s)) for s in facts.analysis.sources[node])
    with np.errstate(all="ignore"):
        logs = log_softmax(z)
    return logs, t if t.ndim == 2 else (np.arange(z.shape[1]) == t[:, None]).astype(np.float64)


@tells_value(SoftmaxCrossEntropy)
def _softmax_cross_entropy(facts: Facts, node: str, entry: Entry) -> Told:
    left = facts.symbol(Quantity("value", node))
    z, t = (facts.symbol(Quantity("value", s), ("i",)) for s in facts.analysis.sources[node])
    rule = rf"{left} = -\frac{{1}}{{B}} \sum_i \ln \mathrm{{softmax}}({z})_{{{t}}}"
    logs, targets = logs_and_targets(facts, node)
    count = len(logs)
    with np.errstate(all="ignore"):
        terms = -np.where(targets == 0.0, 0.0, targets * logs).sum(axis=-1)
    sides = []
    if ((targets == 0.0) | (targets == 1.0)).all() and (targets.sum(axis=-1) == 1.0).all():
        hit = np.exp(logs[np.arange(count), targets.argmax(axis=-1)])
        sides.append(_mean([r"\cdots" if k is None else rf"\ln {tex(hit[k])}" for k in elided(count)], count, "-"))
    sides.append(_mean([r"\cdots" if k is None else tex(terms[k]) for k in elided(count)], count))
    numbers = lines(left, [*sides, tex(facts.at(Quantity("value", node), entry))])
    mean = f"the mean over the {count} rows of the batch" if count > 1 else "for this one row"
    words = f"−ln of the probability that softmax gives to the true class, {mean}."
    inputs = [Quantity("value", s) for s in facts.analysis.sources[node]]
    shown = [(q, facts.pick(q)) for q in inputs]
    parts = tuple(Part(naming(facts, q, at), facts.at(q, at), q, at) for q, at in shown)
    return Told(rule, numbers, words, parts, terms=_rows_of_loss(facts, node, inputs[1]))


def _rows_of_loss(facts: Facts, node: str, target: Quantity) -> tuple[Terms, ...]:
    """The loss of every row: −ln of the probability of its class, or −Σ of targets times ln of the probabilities."""
    count, makes = facts.shape(target)[0], naming(facts, Quantity("value", node))

    def make() -> Lines:
        logs, targets = logs_and_targets(facts, node)
        rows = np.arange(len(logs))
        best = targets.argmax(axis=-1)
        with np.errstate(all="ignore"):
            terms = -np.where(targets == 0.0, 0.0, targets * logs).sum(axis=-1)
            chances = np.exp(logs[rows, best])
        at = rows[:, None] if len(facts.shape(target)) == 1 else np.stack([rows, best], axis=1)
        hard = (targets.max(axis=-1) == 1.0).all() and (targets.sum(axis=-1) == 1.0).all()
        classes = Column("class", best.astype(np.float64), target, at)
        columns = (classes, Column("its probability", chances)) if hard else ()
        return Lines(columns, terms, line_names(facts.view(target), rows[:, None]), rows)

    return (Terms(f"All {count} terms", count, "term", makes, 1.0 / count, make),) if count > 1 else ()


def _mean(terms: list[str], count: int, sign: str = "") -> list[str]:
    pieces = added(terms)
    if count > 1:
        pieces[0] = rf"{sign}\frac{{1}}{{{count}}} ({pieces[0]}"
        pieces[-1] += ")"
    else:
        pieces[0] = sign + pieces[0]
    return pieces


@tells_gradient(SoftmaxCrossEntropy)
def _softmax_cross_entropy_gradient(facts: Facts, node: str, port: str, entry: Entry) -> Told:
    wire = Quantity("wire", node, port)
    z, t = (Quantity("value", s) for s in facts.analysis.sources[node])
    logs, targets = logs_and_targets(facts, node)
    row, column = entry
    left, count = facts.symbol(wire, entry), len(logs)
    chance, truth = float(np.exp(logs[row, column])), float(targets[row, column])
    upstream = Quantity("gradient", node)
    above = "" if node == facts.loss else facts.symbol(upstream) + r" \cdot "
    above_number = "" if node == facts.loss else tex(facts.at(upstream, ())) + r" \cdot "
    share = rf"\mathrm{{softmax}}({facts.symbol(z, (row,))})_{{{column}}}"
    result = tex(facts.at(wire, entry))
    at = (row,) if facts.trace.values[t.node].ndim == 1 else entry
    parts = (
        *((Part(naming(facts, upstream), facts.at(upstream, ()), upstream, ()),) if node != facts.loss else ()),
        *_of_row(facts, z, entry),
        Part(f"probability of class {column}, their ratio", chance),
        Part(naming(facts, t, at), facts.at(t, at), t, at),
        *((Part(f"1/{count}, for the mean", 1 / count),) if count > 1 else ()),
    )
    terms = _exponentials(facts, z, entry)
    if port == facts.op(node).truth:
        rule = lines(left, [rf"-{above}\frac{{1}}{{B}} \, \ln {share}"])
        numbers = lines(left, [rf"-{above_number}{scale_tex(1 / count)} \, \ln {tex(chance)}", result])
        words = f"Softmax gives this class the probability {precise(chance)}; 1/{count} is the mean."
        return Told(rule, numbers, words, parts, terms=terms)
    indexed = facts.trace.values[t.node].ndim == 1
    true = rf"[{column} = {facts.symbol(t, (row,))}]" if indexed else facts.symbol(t, entry)
    rule = lines(left, [rf"{above}\frac{{1}}{{B}} \, ({share} - {true})"])
    mass = float(targets[row].sum())
    weighted = tex(chance) if abs(mass - 1.0) < 1e-12 else rf"{tex(chance)} \cdot {tex(mass)}"
    numbers = lines(left, [rf"{above_number}{scale_tex(1 / count)} \, ({weighted} - {tex(truth)})", result])
    words = f"The probability {precise(chance)} that softmax gives this class, less the {precise(truth)} of the target"
    words += f"; 1/{count} because the loss is a mean over {count} rows." if count > 1 else "."
    return Told(rule, numbers, words, parts, terms=terms)
