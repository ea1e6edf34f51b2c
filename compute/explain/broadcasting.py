"""Numbers that are used many times: a bias for each row of a batch, a scalar for each entry of a matrix."""

from __future__ import annotations

import math
from collections.abc import Iterator

from compute.explain.facts import Facts, Quantity
from compute.ops import Op
from compute.ops.base import Elementwise, Settings
from compute.products import subscripts
from compute.shapes import BATCH, Shape, shape_text

ROWS, COLUMNS, ENTRIES = "rows", "columns", "entries"


def _axes(small: Shape, full: Shape) -> tuple[int, ...]:
    """The axes of ``full`` along which ``small`` is repeated."""
    lead = len(full) - len(small)
    return tuple(i for i, n in enumerate(full) if i < lead or (small[i - lead] == 1 and n != 1))


def repeated(small: Shape, full: Shape) -> tuple[str, str]:
    """What each of the numbers of a shape is used for in another one, and what those are called: ``("each of the 4
    rows", "rows")``; twice "" where each is used once."""
    axes = _axes(small, full)
    if not axes:
        return "", ""
    sizes = [full[axis] for axis in axes]
    what = ROWS if axes == (0,) else COLUMNS if axes == (1,) and len(full) == 2 else ENTRIES
    if BATCH in sizes:
        return f"each {singular(what)} of the batch", what
    return f"each of the {math.prod(n for n in sizes if n != BATCH)} {what}", what


def singular(what: str) -> str:
    """``row`` of ``rows``."""
    return {ROWS: "row", COLUMNS: "column", ENTRIES: "entry"}[what]


def used_for(facts: Facts, node: str) -> list[tuple[Quantity, str]]:
    """Of a node the operands and weights that broadcasting repeats, each with the beginning of a sentence: ``b (2) is
    used for each of the 4 rows``."""
    out = []
    for q, full in _operands(facts, node):
        words, _ = repeated(facts.shape(q), full)
        if words:
            name = facts.weight_name(q) if q.kind == "weight" else facts.label(q.node)
            shape = facts.shape(q)
            size = f" ({shape_text(shape)})" if shape else ""
            out.append((q, f"{name}{size} is used for {words}"))
    return out


def sums_over(facts: Facts, node: str, q: Quantity) -> str:
    """A sentence about the gradient of something that is repeated, "" where it is not."""
    for of, words in used_for(facts, node):
        if of == q:
            _, what = repeated(facts.shape(q), facts.trace.values[node].shape)
            return f" {words}, so its gradient is the sum over the {what}."
    return ""


def _operands(facts: Facts, node: str) -> Iterator[tuple[Quantity, tuple[int, ...]]]:
    """What may be repeated in a node, with the shape of its value."""
    op, full = facts.op(node), facts.trace.values[node].shape
    if isinstance(op, Elementwise):
        for source in dict.fromkeys(facts.analysis.sources[node]):
            yield Quantity("value", source), full
    for suffix in lone_weights(
        op, [facts.trace.values[s].shape for s in facts.analysis.sources[node]], facts.settings(node)
    ):
        yield Quantity("weight", node, suffix), full


def lone_weights(op: Op, shapes: list[tuple[int, ...]], settings: Settings) -> Iterator[str]:
    """The weights that are added by themselves to a sum of products, as a bias is."""
    for product in op.products(shapes, settings):
        if len(product.operands) == 1 and product.operands[0][0] not in op.ports:
            name, axes = product.operands[0]
            if len(subscripts(axes)) < len(product.out):
                yield name


def on_wire(op: Op | None, small: Shape | None, full: Shape | None) -> str:
    """What the numbers that arrive at an op are used for, where its value has another shape; "" where each is used
    once, or no shape is known."""
    known = isinstance(op, Elementwise) and small is not None and full is not None
    return repeated(small, full)[1] if known and small is not None and full is not None else ""
