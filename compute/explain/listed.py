"""The terms of sums of products, all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from compute.explain.facts import Entry, Facts, Quantity
from compute.explain.sums import Sum, naming
from compute.explain.terms import Column, IndexArray, Lines, Terms
from compute.numbers_text import plural


def of_sums(facts: Facts, found: Sequence[Sum], makes: str, *, shared: bool = False) -> tuple[Terms, ...]:
    """The terms of the sums that make a number; none where it is a single product. shared: where there is one for each
    sample, it is that sample's share of a mean."""
    count = sum(each.count for each in found)
    if count < 2:
        return ()
    scales = {each.scale for each in found}
    scale = scales.pop() if len(scales) == 1 else 1.0
    factors = len(_factors(facts, found[0]))
    term = "product" if factors > 1 else "term"
    rows = len(facts.trace.rows) if shared and len(found) == 1 and _sample_letter(facts, found[0]) else 0
    shares = rows if rows == count and facts.loss and facts.op(facts.loss).role == "loss" else 0
    make = _Listed(facts, found, scale)
    return (Terms(_title(facts, found, term), count, term, makes, scale, make, shares),)


def _title(facts: Facts, found: Sequence[Sum], term: str) -> str:
    """What is listed: of products with a weight that is added by itself, such as a bias, the two apart."""
    count = sum(each.count for each in found)
    alone = [each for each in found if each.count == 1 and len(_factors(facts, each)) == 1]
    if term != "product" or not alone:
        return f"All {count} {plural(term, count)}"
    products = count - len(alone)
    names = [naming(facts, q, at) for each in alone for q, at in each.entries(0)]
    return " and ".join([f"All {products} products" if products > 1 else "The product", *names])


@dataclass(frozen=True)
class _Listed:
    """The lines of some sums: a column for each factor of the first; of the others, such as a bias, the term alone."""

    facts: Facts
    found: Sequence[Sum]
    scale: float

    def __call__(self) -> Lines:
        columns = _columns(self.facts, self.found[0])
        results = []
        others = [_columns(self.facts, each) for each in self.found[1:]]
        for each, made in zip(self.found, [columns, *others], strict=True):
            term = np.full(each.count, each.scale / self.scale)
            with np.errstate(all="ignore"):
                for column in made:
                    term = term * column.numbers
            results.append(term)
        samples = _samples(self.facts, self.found[0])
        return Lines(columns, np.concatenate(results), self._name, samples, self._more)

    def _place(self, line: int) -> tuple[Sum, int]:
        for each in self.found:
            if line < each.count:
                return each, line
            line -= each.count
        raise IndexError(line)

    def _name(self, line: int) -> str:
        each, k = self._place(line)
        free = [*each.sizes, *each.tied]
        if not free:
            return " · ".join(naming(self.facts, q, at) for q, at in each.entries(k))
        index, sample = each.index(k), _sample_letter(self.facts, each)
        return ", ".join(f"sample {index[letter]}" if letter == sample else str(index[letter]) for letter in free)

    def _more(self, line: int) -> tuple[Quantity, Entry] | None:
        each, k = self._place(line)
        return each.entries(k)[-1] if each is not self.found[0] else None


def _factors(facts: Facts, each: Sum) -> list[int]:
    """Which operands are worth a column: all but the gradient of the loss itself, which is 1."""
    own = Quantity("gradient", facts.loss)
    return [i for i, (q, _) in enumerate(each.operands) if q != own]


def _columns(facts: Facts, each: Sum) -> tuple[Column, ...]:
    """A column for each factor."""
    places, cells, out = each.all_entries(), each.cells(), []
    for i in _factors(facts, each):
        (q, cell), at = cells[i], places[i]
        numbers = facts.array(q)[tuple(at.T)] if at.shape[1] else np.full(each.count, facts.at(q, ()))
        out.append(Column(naming(facts, q, cell), numbers, q, at))
    return tuple(out)


def _sample_letter(facts: Facts, each: Sum) -> str:
    """The letter that counts samples, if one does and is free."""
    for q, axes in each.operands:
        batch = facts.view(q).batch
        if batch is not None and axes[batch].letter in each.sizes:
            return axes[batch].letter
    return ""


def _samples(facts: Facts, each: Sum) -> IndexArray | None:
    letter = _sample_letter(facts, each)
    return each.indices()[letter] if letter else None
