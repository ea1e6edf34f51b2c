"""Where a number goes: the entries of the next nodes that depend on one entry of a value."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from compute.explain.answer import Part
from compute.explain.facts import Entry, Facts, Quantity, plain
from compute.ops import Op
from compute.ops.base import Elementwise
from compute.products import Product, subscripts
from compute.tensor_view import Span

MOST = 100_000
"""Entries of a node that only moves them, among which the one asked about is looked for."""


def goes_into(facts: Facts, node: str, entry: Entry) -> tuple[Part, ...]:
    """What depends on an entry of a node's value, of each node that it feeds: an entry, or a row or column of them. A
    node that nothing is known of, or that depends on it in parts that are no row or column, is left out."""
    found: list[Part] = []
    for target, port in facts.feeds(node):
        if target not in facts.trace.values:
            continue
        for span in _spans(facts, target, port, entry):
            shape = facts.trace.values[target].shape
            exact = tuple(i for i in span if isinstance(i, int))
            q = Quantity("value", target)
            value = facts.at(q, exact) if len(exact) == len(shape) else None
            part = Part(plain(facts.label(target), span), value, q, span)
            if part not in found:
                found.append(part)
    return tuple(found)


def _spans(facts: Facts, target: str, port: str, entry: Entry) -> Iterator[Span]:
    """Where an entry at a port goes in the node's value."""
    op, values = facts.op(target), facts.trace.values
    shape, fed = values[target].shape, values[facts.source(target, port)].shape
    sources = [values[source].shape for source in facts.analysis.sources[target]]
    products = op.products(sources, facts.settings(target))
    if op.moves:
        yield from _moved(facts, target, port, entry)
    elif products:
        yield from (span for product in products for span in _through(product, port, entry))
    elif not shape:
        yield ()
    elif isinstance(op, Elementwise):
        yield _broadcast(entry, fed, shape)
    elif fed == shape:
        yield _mixed(op, entry)


def _mixed(op: Op, entry: Entry) -> Span:
    """Of an op that keeps the shape: the entry itself, and all along the axes on which it looks at the others."""
    axes = op.axes(len(entry))
    return tuple(None if axis in axes else i for axis, i in enumerate(entry))


def _broadcast(entry: Entry, fed: tuple[int, ...], shape: tuple[int, ...]) -> Span:
    """All entries for which one is used; axes are counted from the last."""
    more: Span = (None,) * (len(shape) - len(fed))
    pairs = zip(entry, fed, shape[len(shape) - len(fed) :], strict=True)
    return (*more, *(None if have == 1 and want > 1 else i for i, have, want in pairs))


def _through(product: Product, port: str, entry: Entry) -> Iterator[Span]:
    """The rows or columns of a product in which an operand's entry is a factor."""
    for name, text in product.operands:
        axes = subscripts(text)
        if name == port and all(axis.letter for axis in axes):
            at = {axis.letter: i for axis, i in zip(axes, entry, strict=True)}
            yield tuple(at.get(letter) for letter in product.out)


def _moved(facts: Facts, target: str, port: str, entry: Entry) -> Iterator[Span]:
    op, values = facts.op(target), facts.trace.values
    sources = facts.analysis.sources[target]
    if values[target].size > MOST:
        return
    marks = [np.zeros(values[source].shape) for source in sources]
    marks[op.ports.index(port)][entry] = 1.0
    for at in np.argwhere(op.forward(marks, {}, facts.settings(target))):
        yield tuple(int(i) for i in at)
