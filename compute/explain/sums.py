"""Entries that are sums of products (dense, matrix product, transpose, sum, mean), and the gradients of these.

From the declaration alone: an entry of the output is the sum over the letters that the output lacks, and the
gradient of an operand is the sum over the letters that this operand lacks, of ∂L/∂output times the others.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from compute.explain.facts import Entry, Facts, Part, Quantity, plain
from compute.explain.formula import added, elided, product
from compute.numbers_text import tex
from compute.ops.base import Product

Operand = tuple[Quantity, str]
"""A quantity and the letters of its axes."""


@dataclass(frozen=True)
class Group:
    """``scale · Σ`` of products of operands over the free letters; ``bound`` gives the other letters their index."""

    operands: tuple[Operand, ...]
    bound: dict[str, int]
    sizes: dict[str, int]
    scale: float = 1.0

    @property
    def count(self) -> int:
        """How many terms."""
        return math.prod(self.sizes.values())

    def entries(self, k: int) -> list[tuple[Quantity, Entry]]:
        """The operands' entries in term k."""
        index = dict(zip(self.sizes, map(int, np.unravel_index(k, tuple(self.sizes.values()))), strict=True))
        index |= self.bound
        return [(q, tuple(index[letter] for letter in letters)) for q, letters in self.operands]

    def cells(self) -> list[tuple[Quantity, tuple[int | None, ...]]]:
        """The row, column or cell of each operand that is used; None is a whole axis."""
        return [(q, tuple(self.bound.get(letter) for letter in letters)) for q, letters in self.operands]


def _group(facts: Facts, operands: Sequence[Operand], bound: dict[str, int], scale: float) -> Group:
    sizes = {}
    for q, letters in operands:
        for letter, n in zip(letters, facts.array(q).shape, strict=True):
            if letter not in bound:
                sizes[letter] = n
    return Group(tuple(operands), bound, sizes, scale)


def _declared(facts: Facts, node: str) -> tuple[Product, ...]:
    shapes = [facts.trace.values[source].shape for source in facts.analysis.sources[node]]
    return facts.op(node).products(shapes, facts.settings(node))


def _operand(facts: Facts, node: str, name: str) -> Quantity:
    if name in facts.op(node).ports:
        return Quantity("value", facts.source(node, name))
    return Quantity("weight", node, name)


def forward(facts: Facts, node: str, entry: Entry) -> list[Group]:
    """The sums that make one entry of a node's value; empty if its op declares none."""
    out = []
    for declared in _declared(facts, node):
        operands = [(_operand(facts, node, name), letters) for name, letters in declared.operands]
        out.append(_group(facts, operands, dict(zip(declared.out, entry, strict=True)), declared.scale))
    return out


def backward(facts: Facts, node: str, name: str, entry: Entry) -> list[Group]:
    """The sums that make one entry of ∂L/∂(port or weight ``name``); empty if its op declares none."""
    out = []
    for declared in _declared(facts, node):
        for i, (wanted, letters) in enumerate(declared.operands):
            if wanted == name:
                others = [(_operand(facts, node, n), a) for j, (n, a) in enumerate(declared.operands) if j != i]
                upstream = (Quantity("gradient", node), declared.out)
                bound = dict(zip(letters, entry, strict=True))
                out.append(_group(facts, [upstream, *others], bound, declared.scale))
    return out


def written(facts: Facts, groups: Sequence[Group], *, numeric: bool) -> list[str]:
    """The sums in symbols or in numbers, in pieces at which a line may break."""
    pieces: list[str] = []
    for group in groups:
        terms = [
            r"\cdots" if k is None else _term(facts, group.entries(k), numeric=numeric) for k in elided(group.count)
        ]
        inner = added(terms)
        if group.scale != 1.0:
            front = scale_tex(group.scale)
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


def parts(facts: Facts, groups: Sequence[Group]) -> tuple[Part, ...]:
    """The row and column (or cells) that go in."""
    out = []
    for group in groups:
        for q, cell in group.cells():
            whole = None in cell
            exact = tuple(i for i in cell if i is not None)
            out.append(Part(naming(facts, q, cell), None if whole else facts.at(q, exact), q, cell))
    return tuple(out)


def naming(facts: Facts, q: Quantity, entry: tuple[int | None, ...] = ()) -> str:
    """A quantity in plain words, as in ``∂L/∂h[3, ·]`` or ``h.weight[·, 0]``."""
    if q.kind in ("weight", "update"):
        return plain(facts.weight_name(q), entry)
    if q.kind == "weight gradient":
        return "∂L/∂" + plain(facts.weight_name(q), entry)
    if q.kind == "gradient":
        return "∂L/∂" + plain(facts.label(q.node), entry)
    if q.kind == "wire":
        return "∂L/∂" + plain(facts.label(facts.source(q.node, q.name)), entry)
    return plain(facts.label(q.node), entry)


def sentence(facts: Facts, groups: Sequence[Group]) -> str:
    """The sums in words."""
    phrases = []
    for group in groups:
        names = [naming(facts, q, cell) for q, cell in group.cells() if q != Quantity("gradient", facts.loss)]
        words = " times ".join(names) or "1"
        if group.count > 1:
            words += f", added up over {group.count} {'products' if len(names) > 1 else 'entries'}"
        if group.scale != 1.0:
            words += f", divided by {1 / group.scale:g}"
        phrases.append(words)
    return " plus ".join(phrases)
