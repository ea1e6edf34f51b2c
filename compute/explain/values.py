"""Where a value comes from: the forward rule of its node, at one entry."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

import numpy as np

from compute.explain import moves, sums
from compute.explain.answer import Answer, Part
from compute.explain.broadcasting import used_for
from compute.explain.facts import Entry, Facts, Quantity, indexed, plain
from compute.explain.formula import Replace, added, broken, elided, lines, right_side, stacked, substitute
from compute.explain.listed import of_sums
from compute.explain.sums import naming
from compute.explain.terms import Column, Lines, Terms, line_names
from compute.explain.told import Told, ValueTeller, is_product, own_value, tells_value
from compute.initializers import in_words
from compute.numbers_text import precise, tex
from compute.ops.base import Elementwise, Op
from compute.ops.data import Source
from compute.ops.losses import EntryLoss


@dataclass(frozen=True)
class Letters:
    """What the letters of an op's formulas stand for at one node: its ports, its output, its parameters.

    at: the entry of the output, or the letters of the template's own subscripts where None.
    """

    facts: Facts
    node: str
    at: Entry | None = None

    def quantity(self, letter: str) -> Quantity | None:
        """The value that a letter means."""
        op = self.facts.op(self.node)
        if letter == "y":
            return Quantity("value", self.node)
        letter = op.letters.get(letter, letter if not op.letters else "")
        return Quantity("value", self.facts.source(self.node, letter)) if letter in op.ports else None

    def entry(self, q: Quantity) -> Entry:
        """The entry of an operand that belongs to the output's entry (broadcasting)."""
        shape = self.facts.trace.values[q.node].shape
        at = self.at or ()
        lead = len(at) - len(shape)
        return tuple(0 if n == 1 else at[lead + i] for i, n in enumerate(shape))

    def name(self, letter: str, sub: str) -> str | None:
        """Replacement by symbols."""
        q = self.quantity(letter[-1:] if letter.startswith("∂") else letter)
        if letter.startswith("∂"):
            if letter == "∂y" and self.node == self.facts.loss:
                return "1"
            at = (sub,) if sub else ()
            return self.facts.partial(self.facts.symbol(q, at) if q else indexed((letter[1:], ""), at))
        if q is None:
            return self._parameter(letter)
        return self.facts.symbol(q, self.entry(q) if self.at is not None else ((sub,) if sub else ()))

    def number(self, letter: str, sub: str) -> str | None:
        """Replacement by numbers."""
        q = self.quantity(letter)
        return self._parameter(letter) if q is None else tex(self.facts.at(q, self.entry(q)))

    def _parameter(self, letter: str) -> str | None:
        value = self.facts.settings(self.node).get(letter)
        return tex(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def value(facts: Facts, node: str, entry: Entry) -> Answer:
    """Why an entry of a node's output has its value."""
    tell = teller(facts.op(node)) or _whole
    told, result = tell(facts, node, entry), facts.at(Quantity("value", node), entry)
    title = f"Value of {plain(facts.label(node), entry)}"
    parts = told.parts or ()
    return Answer(title, told.rule, told.numbers, precise(result), told.sentence, result, parts, terms=told.terms)


def teller(op: Op) -> ValueTeller | None:
    """What tells the values of an op."""
    if op.moves:
        return moves.value
    return own_value(op) or (_sum if is_product(op) else None)


@tells_value(Source)
def _source(facts: Facts, node: str, entry: Entry) -> Told:
    q = Quantity("value", node)
    left = facts.symbol(q, entry)
    return Told(left, f"{left} = {tex(facts.at(q, entry))}", _source_sentence(facts, node, entry))


@tells_value(Elementwise)
def _elementwise(facts: Facts, node: str, entry: Entry) -> Told:
    """The rule at this entry of each operand."""
    op, q, letters = facts.op(node), Quantity("value", node), Letters(facts, node, entry)
    left, result = facts.symbol(q, entry), facts.at(q, entry)
    rule = lines(left, _sides(op.formula, letters.name, numeric=False))
    numbers = lines(left, [*_sides(op.formula, letters.number, numeric=True), tex(result)])
    parts = _operands(facts, node, letters)
    sentence = f"{op.title} takes {' and '.join(f'{p.name} = {precise(p.value or 0.0)}' for p in parts)} "
    sentence += f"and gives {precise(result)}."
    if any(p.value is not None and np.isnan(p.value) for p in parts):
        sentence = f"{op.title} takes {' and '.join(p.name for p in parts)}, and NaN stays NaN."
    return Told(rule, numbers, sentence + _repeated(facts, node), parts)


def _repeated(facts: Facts, node: str) -> str:
    """What broadcasting uses many times, in a sentence each."""
    return "".join(f" {words}." for _, words in used_for(facts, node))


def _sum(facts: Facts, node: str, entry: Entry) -> Told:
    """The products, added up."""
    q, found = Quantity("value", node), sums.forward(facts, node, entry)
    left = facts.symbol(q, entry)
    rule = stacked([*_general(facts, node, entry), lines(left, [sums.written(facts, found, numeric=False)])])
    numbers = lines(left, [sums.written(facts, found, numeric=True), tex(facts.at(q, entry))])
    sentence = f"{facts.called(node)}: {sums.sentence(facts, found)}.{_repeated(facts, node)}"
    terms = of_sums(facts, found, naming(facts, q, entry))
    return Told(rule, numbers, sentence, sums.parts(facts, found), terms=terms)


def _whole(facts: Facts, node: str, entry: Entry) -> Told:
    """What the op does as a whole, of which no one tells an entry."""
    op, q = facts.op(node), Quantity("value", node)
    left = facts.symbol(q, entry)
    rule = stacked(_general(facts, node, entry) or [left])
    parts = tuple(
        Part(facts.label(s), None, Quantity("value", s), (None,) * facts.trace.values[s].ndim)
        for s in facts.analysis.sources[node]
    )
    return Told(rule, f"{left} = {tex(facts.at(q, entry))}", f"{op.title}: {op.help}", parts)


def _sides(formula: str, replace: Replace, *, numeric: bool) -> list[str]:
    """The right-hand sides of a formula, replaced: σ(x) and 1/(1+e^−x) are two."""
    return [substitute(side, replace, numeric=numeric) for side in right_side(formula).split(" = ")]


def _general(facts: Facts, node: str, entry: Entry) -> list[str]:
    """The op's own formula over whole arrays, in the names of the nodes; none for scalars."""
    if not entry and not any(facts.trace.values[s].ndim for s in facts.analysis.sources[node]):
        return []
    left, formula = facts.symbol(Quantity("value", node)), facts.op(node).formula
    if formula.startswith("y_"):
        left = substitute(formula.partition(" = ")[0], Letters(facts, node).name)
    side = _sides(formula, Letters(facts, node).name, numeric=False)[0]
    if facts.settings(node).get("bias") is False:
        side = re.sub(r"\+b(_\w)?$", "", side)
    return [f"{left} = {side}"]


def _operands(facts: Facts, node: str, letters: Letters) -> tuple[Part, ...]:
    out = []
    for source in facts.analysis.sources[node]:
        q = Quantity("value", source)
        at = letters.entry(q)
        out.append(Part(plain(facts.label(source), at), facts.at(q, at), q, at))
    return tuple(out)


def _source_sentence(facts: Facts, node: str, entry: Entry) -> str:
    op, settings = facts.op(node), facts.settings(node)
    if op.is_data:
        columns, shape = op.columns(settings, {}), facts.trace.values[node].shape[1:]
        at = int(np.ravel_multi_index(entry[1:], shape)) if shape else 0
        column = columns[at] if at < len(columns) else ", ".join(settings["columns"])
        row = int(facts.trace.rows[entry[0]]) if entry and entry[0] < len(facts.trace.rows) else entry[:1]
        return f"It comes from the data: {facts.trace.of} row {row}, column {column}."
    if facts.analysis.weights_of(node):
        return "A parameter: its number is its own, and training may change it."
    return "A constant: its number is its own, and training never changes it."


@tells_value(EntryLoss)
def _entry_loss(facts: Facts, node: str, entry: Entry) -> Told:
    """A mean over entries: the terms and their mean, and the chosen sample's term written out."""
    op, q = facts.op(node), Quantity("value", node)
    assert isinstance(op, EntryLoss)
    left, result = facts.symbol(q), facts.at(q, entry)
    source = facts.analysis.sources[node][0]
    prediction, target = (facts.array(Quantity("value", s)) for s in facts.analysis.sources[node])
    n = prediction.size
    formula = op.written(facts.settings(node))[0]
    front, _, body = right_side(formula).partition(r"\sum_i")
    rule = f"{left} = {_sides(formula, Letters(facts, node).name, numeric=False)[0]}"

    def term(k: int | None) -> str:
        if k is None:
            return r"\cdots"
        with np.errstate(all="ignore"):
            one = [a.reshape(-1)[k : k + 1] for a in (prediction, target)]
            return tex(float(op.forward(one, {}, facts.settings(node))))

    # The front is −1/n or 1/n; the terms already have the sign in them.
    pieces = added([term(k) for k in elided(n)])
    mean = front.strip().lstrip("-").replace("{n}", f"{{{n}}}")
    pieces = [f"{mean} ({pieces[0]}", *pieces[1:]] if n > 1 else pieces
    pieces[-1] += ")" if n > 1 else ""
    chosen = facts.pick(Quantity("value", source))
    written = broken(substitute(body, Letters(facts, node, chosen).number, numeric=True))
    if front.strip().startswith("-"):
        written[0], written[-1] = f"-({written[0]}", f"{written[-1]})"
    flat = int(np.ravel_multi_index(chosen, prediction.shape)) if prediction.ndim else 0
    shown = lines(r"\text{term}" + (f"_{{{','.join(map(str, chosen))}}}" if n > 1 else ""), [written, term(flat)])
    numbers = stacked([shown, lines(left, [pieces, tex(result)] if n > 1 else [tex(result)])])
    sentence = f"{op.title}: the mean over {n} entries of the batch." if n > 1 else f"{op.title} of one entry."
    parts = tuple(
        Part(plain(facts.label(s), chosen), facts.at(Quantity("value", s), chosen), Quantity("value", s), chosen)
        for s in facts.analysis.sources[node]
    )
    return Told(rule, numbers, sentence, parts, terms=_terms_of_loss(facts, node, op))


def _terms_of_loss(facts: Facts, node: str, op: EntryLoss) -> tuple[Terms, ...]:
    """The term of every entry, of which the loss is the mean."""
    inputs = [Quantity("value", s) for s in facts.analysis.sources[node]]
    shape = facts.shape(inputs[0])
    count = math.prod(shape)

    def make() -> Lines:
        at = np.indices(shape).reshape(len(shape), -1).T
        numbers = [facts.array(q).reshape(-1) for q in inputs]
        with np.errstate(all="ignore"):
            terms = np.asarray(op.term(*numbers, **facts.settings(node)))
        columns = tuple(Column(naming(facts, q), each, q, at) for q, each in zip(inputs, numbers, strict=True))
        view = facts.view(inputs[0])
        return Lines(columns, terms, line_names(view, at), view.samples_of(at))

    if count < 2:
        return ()
    return (Terms(f"All {count} terms", count, "term", naming(facts, Quantity("value", node)), 1.0 / count, make),)


def weight(facts: Facts, q: Quantity, entry: Entry) -> Answer:
    """Why an entry of a weight has its value: it is learned, not computed."""
    spec = next(spec for name, (_, spec) in facts.analysis.parameters.items() if name == q.weight)
    left, result = facts.symbol(q, entry), facts.at(q, entry)
    slope = Quantity("weight gradient", q.node, q.name)
    parts = (Part(naming(facts, slope, entry), facts.at(slope, entry), slope, entry),) if facts.has(slope) else ()
    start = "its given value" if spec.start is not None else f"the initialiser {in_words(spec.initializer)}"
    sentence = f"A weight: it starts from {start}, and each update moves it against its gradient."
    if not spec.trainable:
        sentence = f"A weight that is not trained: it stays at {start}."
    title = f"Weight {plain(facts.weight_name(q), entry)}"
    return Answer(title, left, f"{left} = {tex(result)}", precise(result), sentence, result, parts)
