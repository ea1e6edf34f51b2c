"""Entries that are sums of products (dense, matrix product, convolution, sum, mean), and the gradients of these.

From the declaration alone: an entry of the output is the sum over the letters that the output lacks, and the
gradient of an operand is the sum over the letters that this operand lacks, of ∂L/∂output times the others. Where an
axis is counted by a sum of letters, as a convolution's is, only those of their indices count that lead to the entry.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from compute.explain.answer import Part
from compute.explain.facts import Entry, Facts, Quantity, Span, bracketed, plain
from compute.explain.formula import added, elided, product
from compute.explain.terms import IndexArray
from compute.numbers_text import tex
from compute.products import Product, Subscript, subscripts

Operand = tuple[Quantity, tuple[Subscript, ...]]
"""A quantity and what counts its axes."""


@dataclass(frozen=True)
class Sum:
    """``scale · Σ`` of products of operands over the free letters.

    bound: letter → its index; tied: the letters whose sums count an axis, so that not every index goes with every
    other, with how many there are; choices: those that lead to an entry, (choices, letters); sizes: all other letters,
    which are free.
    """

    operands: tuple[Operand, ...]
    bound: dict[str, int]
    tied: dict[str, int]
    choices: IndexArray
    sizes: dict[str, int]
    scale: float = 1.0

    @property
    def count(self) -> int:
        """How many terms."""
        return len(self.choices) * math.prod(self.sizes.values())

    def entries(self, k: int) -> list[tuple[Quantity, Entry]]:
        """The operands' entries in term k."""
        index = self.index(k)
        return [(q, tuple(axis.at(index) for axis in axes)) for q, axes in self.operands]

    def _chosen(self, choice: int) -> dict[str, int]:
        return dict(zip(self.tied, map(int, self.choices[choice]), strict=True))

    def indices(self) -> dict[str, IndexArray]:
        """The index of each letter in every term."""
        shape = (len(self.choices), *self.sizes.values())
        choice, *rest = np.unravel_index(np.arange(self.count), shape)
        tied = {letter: self.choices[choice, i] for i, letter in enumerate(self.tied)}
        bound = {letter: np.full(self.count, place) for letter, place in self.bound.items()}
        return {**dict(zip(self.sizes, rest, strict=True)), **tied, **bound}

    def index(self, k: int) -> dict[str, int]:
        """The index of each letter in term k."""
        choice, *rest = map(int, np.unravel_index(k, (len(self.choices), *self.sizes.values())))
        return {**dict(zip(self.sizes, rest, strict=True)), **self._chosen(choice), **self.bound}

    def all_entries(self) -> list[IndexArray]:
        """Each operand's entry in every term: (terms, axes)."""
        index: dict[str, Any] = self.indices()
        out = []
        for _, axes in self.operands:
            at = np.zeros((self.count, len(axes)), np.intp)
            for i, axis in enumerate(axes):
                at[:, i] = axis.at(index)
            out.append(at)
        return out

    def cells(self) -> list[tuple[Quantity, Span]]:
        """The row, column or cell of each operand that is used."""
        return [(q, tuple(map(self._cell, axes))) for q, axes in self.operands]

    def _cell(self, axis: Subscript) -> int | range | None:
        letters = {letter for letter, _ in axis.factors}
        if letters <= self.bound.keys():
            return axis.at(self.bound)
        if not letters <= {*self.bound, *self.tied} or not len(self.choices):
            return None
        places = [axis.at({**self.bound, **self._chosen(choice)}) for choice in range(len(self.choices))]
        low, high = min(places), max(places)
        if axis.letter and len({*places}) == self.tied[axis.letter]:
            return None
        return low if low == high else range(low, high + 1)


def _sum(facts: Facts, operands: Sequence[Operand], where: Sequence[tuple[Subscript, int]], scale: float) -> Sum:
    """The sum over all indices with which each subscript of ``where`` leads to its place."""
    bound = {axis.letter: place for axis, place in where if axis.letter}
    axes = [(axis, n) for q, of in operands for axis, n in zip(of, facts.array(q).shape, strict=True)]
    free = {axis.letter: n for axis, n in axes if axis.letter and axis.letter not in bound}
    sums = [axis for axis, _ in (*where, *axes) if not axis.letter]
    tied = {letter: n for letter, n in free.items() if any(letter in dict(axis.factors) for axis in sums)}
    indices = np.array(np.unravel_index(np.arange(math.prod(tied.values())), [*tied.values()] or [1]))[: len(tied)]
    index: dict[str, Any] = {**bound, **dict(zip(tied, indices, strict=True))}
    fits = np.ones(indices.shape[1], bool)
    for axis, place in where:
        fits &= np.asarray(bool(axis.letter) or axis.at(index) == place)
    for axis, n in axes:
        if not axis.letter:
            fits &= np.asarray((axis.at(index) >= 0) & (axis.at(index) < n))
    sizes = {letter: n for letter, n in free.items() if letter not in tied}
    return Sum(tuple(operands), bound, tied, indices.T[fits], sizes, scale)


def _declared(facts: Facts, node: str) -> tuple[Product, ...]:
    shapes = [facts.trace.values[source].shape for source in facts.analysis.sources[node]]
    return facts.op(node).products(shapes, facts.settings(node))


def _operand(facts: Facts, node: str, name: str) -> Quantity:
    if name in facts.op(node).ports:
        return Quantity("value", facts.source(node, name))
    return Quantity("weight", node, name)


def forward(facts: Facts, node: str, entry: Entry) -> list[Sum]:
    """The sums that make one entry of a node's value; empty if its op declares none."""
    out = []
    for declared in _declared(facts, node):
        operands = [(_operand(facts, node, name), subscripts(axes)) for name, axes in declared.operands]
        where = list(zip(subscripts(declared.out), entry, strict=True))
        out.append(_sum(facts, operands, where, declared.scale))
    return out


def backward(facts: Facts, node: str, name: str, entry: Entry) -> list[Sum]:
    """The sums that make one entry of ∂L/∂(port or weight ``name``); empty if its op declares none."""
    out = []
    for declared in _declared(facts, node):
        for i, (wanted, axes) in enumerate(declared.operands):
            if wanted == name:
                others = [
                    (_operand(facts, node, n), subscripts(a)) for j, (n, a) in enumerate(declared.operands) if j != i
                ]
                upstream = (Quantity("gradient", node), subscripts(declared.out))
                where = list(zip(subscripts(axes), entry, strict=True))
                out.append(_sum(facts, [upstream, *others], where, declared.scale))
    return out


def written(facts: Facts, found: Sequence[Sum], *, numeric: bool) -> list[str]:
    """The sums in symbols or in numbers, in pieces at which a line may break."""
    pieces: list[str] = []
    for each in found:
        terms = [
            r"\cdots" if k is None else _term(facts, each.entries(k), numeric=numeric) for k in elided(each.count)
        ] or ["0"]
        inner = added(terms)
        if each.scale != 1.0:
            front = scale_tex(each.scale)
            if len(inner) > 1:
                inner[0], inner[-1] = f"{front} ({inner[0]}", f"{inner[-1]})"
            else:
                inner[0] = product([front, inner[0]])
        pieces += [*added(["", inner[0]])[1:], *inner[1:]] if pieces else inner
    return pieces


def _term(facts: Facts, factors: list[tuple[Quantity, Entry]], *, numeric: bool) -> str:
    kept = [(q, e) for q, e in factors if q != Quantity("gradient", facts.loss)]
    if not kept:
        return "1"
    if numeric:
        return product([tex(facts.at(q, e)) for q, e in kept])
    return r"\,".join(facts.symbol(q, e) for q, e in kept)


def scale_tex(scale: float) -> str:
    r"""``\frac{1}{4}`` for 0.25."""
    n = 1.0 / scale if scale else 0.0
    return rf"\frac{{1}}{{{round(n)}}}" if n and abs(n - round(n)) < 1e-9 * abs(n) else tex(scale)


def parts(facts: Facts, found: Sequence[Sum]) -> tuple[Part, ...]:
    """The row and column (or cells) that go in."""
    out = []
    for each in found:
        for q, cell in each.cells():
            exact = tuple(i for i in cell if isinstance(i, int))
            whole = len(exact) < len(cell)
            out.append(Part(naming(facts, q, cell), None if whole else facts.at(q, exact), q, cell))
    return tuple(out)


def naming(facts: Facts, q: Quantity, entry: Span = ()) -> str:
    """A quantity in plain words, as in ``∂L/∂h[3, ·]`` or ``h.weight[·, 0]``."""
    if q.kind in ("weight", "update"):
        return plain(facts.weight_name(q), entry)
    if q.kind == "weight gradient":
        return "∂L/∂" + plain(facts.weight_name(q), entry)
    if q.kind == "gradient":
        return _slope(facts.label(q.node), entry)
    if q.kind == "wire":
        return _slope(facts.label(facts.source(q.node, q.name)), entry)
    return plain(facts.label(q.node), entry)


def _slope(label: str, entry: Span) -> str:
    return "∂L/∂" + (plain(label, entry) if entry else bracketed(label))


def sentence(facts: Facts, found: Sequence[Sum]) -> str:
    """The sums in words."""
    phrases = []
    for each in found:
        names = [naming(facts, q, cell) for q, cell in each.cells() if q != Quantity("gradient", facts.loss)]
        words = " times ".join(names) or "1"
        if not each.count:
            words = "0, as nothing leads there"
        if each.count > 1:
            words += f", added up over {each.count} {'products' if len(names) > 1 else 'entries'}"
        if each.scale != 1.0:
            words += f", divided by {1 / each.scale:g}"
        phrases.append(words)
    return " plus ".join(phrases)
