"""Softmax cross-entropy, whose numbers come from whole rows: plain, and with weights of classes or smoothing."""

from __future__ import annotations

from typing import Any

import numpy as np

from compute.explain.answer import Part
from compute.explain.facts import Array, Entry, Facts, Quantity
from compute.explain.formula import added, elided, lines, stacked
from compute.explain.rowwise import exponentials, of_row
from compute.explain.sums import naming, scale_tex
from compute.explain.terms import Column, Lines, Terms, line_names
from compute.explain.told import Told, tells_gradient, tells_value
from compute.numbers_text import precise, tex
from compute.ops.class_loss import Counted, SoftmaxCrossEntropy, class_weights
from compute.ops.rowwise import log_softmax


def _op(facts: Facts, node: str) -> SoftmaxCrossEntropy:
    op = facts.op(node)
    assert isinstance(op, SoftmaxCrossEntropy)
    return op


def logs_and_counts(facts: Facts, node: str) -> tuple[Array, Counted]:
    """log softmax of the logits (B, K), and how much each class counts in each row; float64."""
    x = [facts.array(Quantity("value", s)) for s in facts.analysis.sources[node]]
    with np.errstate(all="ignore"):
        return log_softmax(x[0]), _op(facts, node).counted(x, facts.settings(node))


def logs_and_targets(facts: Facts, node: str) -> tuple[Array, Array]:
    """log softmax of the logits, and the target as rows of probabilities; float64 (B, K)."""
    z, t = (facts.array(Quantity("value", s)) for s in facts.analysis.sources[node])
    with np.errstate(all="ignore"):
        logs = log_softmax(z)
    return logs, t if t.ndim == 2 else (np.arange(z.shape[1]) == t[:, None]).astype(np.float64)


def _counting(facts: Facts, node: str, row: Any = "i", column: Any = "j") -> tuple[str, str]:
    """LaTeX of how much a class counts in a row, and of what the sum of all is divided by."""
    settings, sources = facts.settings(node), facts.analysis.sources[node]
    t, smoothing = Quantity("value", sources[1]), float(settings["label_smoothing"])
    indexed, weighted = len(facts.shape(t)) == 1, class_weights(settings) is not None
    hit = rf"[{column} = {facts.symbol(t, (row,))}]" if indexed else facts.symbol(t, (row, column))
    weight = rf"w_{{{column}}}" if weighted else ""
    if smoothing:
        hit = rf"(1 - \epsilon)\,{hit} + \frac{{\epsilon}}{{K}}"
        hit = rf"{weight} \left( {hit} \right)" if weighted else hit
    elif weighted:
        hit = rf"{weight}\,{hit}"
    by_weight = weighted and indexed
    return hit, rf"\sum_i w_{{{facts.symbol(t, ('i',))}}}" if by_weight else "B"


def _settings_parts(facts: Facts, node: str, column: int | None = None) -> tuple[Part, ...]:
    """The settings by which rows count."""
    settings, parts = facts.settings(node), list[Part]()
    weights = class_weights(settings)
    if weights is not None:
        shown = range(len(weights)) if column is None and len(weights) <= 6 else (column or 0,)
        parts += [Part(f"w[{k}], the weight of class {k}", weights[k]) for k in shown]
    if settings["label_smoothing"]:
        parts.append(Part("ε, the label smoothing", float(settings["label_smoothing"])))
    return tuple(parts)


def _counted_loss(facts: Facts, node: str) -> Told:
    """With weights of classes or smoothing: the terms of the rows, and by what their sum is divided."""
    q = Quantity("value", node)
    left, (logs, found) = facts.symbol(q), logs_and_counts(facts, node)
    z = facts.symbol(Quantity("value", facts.analysis.sources[node][0]), ("i",))
    counted, divisor = _counting(facts, node)
    rule = stacked(
        [
            rf"{left} = -\frac{{1}}{{D}} \sum_i \sum_j c_{{ij}} \ln \mathrm{{softmax}}({z})_j",
            rf"c_{{ij}} = {counted}",
            rf"D = {divisor}",
        ]
    )
    terms = _row_terms(logs, found)
    pieces = added([r"\cdots" if k is None else tex(terms[k]) for k in elided(len(terms))])
    pieces[0], pieces[-1] = rf"\frac{{1}}{{{tex(found.divisor)}}} ({pieces[0]}", f"{pieces[-1]})"
    numbers = lines(left, [pieces, tex(facts.at(q, ()))])
    inputs = [Quantity("value", s) for s in facts.analysis.sources[node]]
    shown = [(each, facts.pick(each)) for each in inputs]
    parts = tuple(Part(naming(facts, each, at), facts.at(each, at), each, at) for each, at in shown)
    by = f"the weights of the {len(terms)} rows" if divisor != "B" else f"{len(terms)} rows"
    words = (
        f"In each row −ln of each class's probability, as much as it counts; the sum over D = {precise(found.divisor)}"
    )
    words += f", the sum of {by}." if divisor != "B" else f", for {by}."
    parts += (Part("D, by which the sum is divided", found.divisor), *_settings_parts(facts, node))
    return Told(rule, numbers, words, parts, terms=_rows_of_loss(facts, node, inputs[1]))


def _row_terms(logs: Array, found: Counted) -> Array:
    with np.errstate(all="ignore"):
        return np.asarray(-np.where(found.c == 0.0, 0.0, found.c * logs).sum(axis=-1))


def _counted_gradient(facts: Facts, node: str, port: str, entry: Entry) -> Told:
    wire, upstream = Quantity("wire", node, port), Quantity("gradient", node)
    z, t = (Quantity("value", s) for s in facts.analysis.sources[node])
    row, column = entry
    left, (logs, found) = facts.symbol(wire, entry), logs_and_counts(facts, node)
    chance, mass, own = float(np.exp(logs[entry])), float(found.c[row].sum()), float(found.c[entry])
    above = "" if node == facts.loss else facts.symbol(upstream) + r" \cdot "
    above_number = "" if node == facts.loss else tex(facts.at(upstream, ())) + r" \cdot "
    share = rf"\mathrm{{softmax}}({facts.symbol(z, (row,))})_{{{column}}}"
    counted, divisor = _counting(facts, node, row, column)
    result, over = tex(facts.at(wire, entry)), scale_tex(1 / found.divisor)
    at = (row,) if facts.trace.values[t.node].ndim == 1 else entry
    parts = (
        *((Part(naming(facts, upstream), facts.at(upstream, ()), upstream, ()),) if node != facts.loss else ()),
        *of_row(facts, z, entry),
        Part(f"probability of class {column}, their ratio", chance),
        Part(naming(facts, t, at), facts.at(t, at), t, at),
        Part(f"c, how much class {column} counts in this row", own),
        Part("Σ c, how much all classes count in it", mass),
        Part("D, by which all is divided", found.divisor),
        *_settings_parts(facts, node, column),
    )
    terms = exponentials(facts, z, entry)
    if port == facts.op(node).truth:
        factor = float(found.of_target[column])
        symbols = [rf"w_{{{column}}}"] if class_weights(facts.settings(node)) is not None else []
        symbols += [r"(1 - \epsilon)"] if facts.settings(node)["label_smoothing"] else []
        rule = stacked(
            [lines(left, [rf"-{above}\frac{{1}}{{D}} \, {' '.join(symbols)} \ln {share}"]), f"D = {divisor}"]
        )
        numbers = lines(left, [rf"-{above_number}{over} \cdot {tex(factor)} \, \ln {tex(chance)}", result])
        words = f"Softmax gives this class the probability {precise(chance)}, and it counts {precise(factor)} times"
        return Told(rule, numbers, f"{words}; the sum is divided by {precise(found.divisor)}.", parts, terms=terms)
    count = rf"c_{{{row}{column}}}" if max(row, column) < 10 else rf"c_{{{row},{column}}}"
    rule = stacked(
        [
            lines(left, [rf"{above}\frac{{1}}{{D}} \left( {share} \sum_k c_{{{row}k}} - {count} \right)"]),
            rf"{count} = {counted}",
            rf"D = {divisor}",
        ]
    )
    numbers = lines(left, [rf"{above_number}{over} \, ({tex(chance)} \cdot {tex(mass)} - {tex(own)})", result])
    words = (
        f"The probability {precise(chance)} that softmax gives this class, times {precise(mass)} for all that counts "
        f"in this row, less the {precise(own)} that the class itself counts; divided by {precise(found.divisor)}."
    )
    return Told(rule, numbers, words, parts, terms=terms)


@tells_value(SoftmaxCrossEntropy)
def _softmax_cross_entropy(facts: Facts, node: str, entry: Entry) -> Told:
    if _op(facts, node).counts(facts.settings(node)):
        return _counted_loss(facts, node)
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

    (_, found), counts = logs_and_counts(facts, node), _op(facts, node).counts(facts.settings(node))

    def make() -> Lines:
        logs, targets = logs_and_targets(facts, node)
        rows = np.arange(len(logs))
        best = targets.argmax(axis=-1)
        terms = _row_terms(logs, found) if counts else _row_terms(logs, found._replace(c=targets))
        with np.errstate(all="ignore"):
            chances = np.exp(logs[rows, best])
        at = rows[:, None] if len(facts.shape(target)) == 1 else np.stack([rows, best], axis=1)
        hard = (targets.max(axis=-1) == 1.0).all() and (targets.sum(axis=-1) == 1.0).all()
        classes = Column("class", best.astype(np.float64), target, at)
        columns = (classes, Column("its probability", chances)) if hard else ()
        return Lines(columns, terms, line_names(facts.view(target), rows[:, None]), rows)

    return (Terms(f"All {count} terms", count, "term", makes, 1.0 / found.divisor, make),) if count > 1 else ()


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
    if _op(facts, node).counts(facts.settings(node)):
        return _counted_gradient(facts, node, port, entry)
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
        *of_row(facts, z, entry),
        Part(f"probability of class {column}, their ratio", chance),
        Part(naming(facts, t, at), facts.at(t, at), t, at),
        *((Part(f"1/{count}, for the mean", 1 / count),) if count > 1 else ()),
    )
    terms = exponentials(facts, z, entry)
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
