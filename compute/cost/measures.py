"""The columns of a cost, each declared once: what it counts, how it is written, and what a node's share of it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from compute.cost.cost import Cost, NodeCost
from compute.ledger import StepTimes
from compute.numbers_text import count_text, seconds_text, size_text


@dataclass(frozen=True)
class Shown:
    """A column. name: for JSON and settings; title: its header; of: the number of one node, or of all in total; text:
    how that is written; help: what it is, in a sentence."""

    name: str
    title: str
    of: Callable[[NodeCost, StepTimes | None], float | None]
    text: Callable[[float], str]
    help: str


def _seconds(cost: NodeCost, measured: StepTimes | None) -> float | None:
    if measured is None:
        return None
    return measured.seconds.get(cost.node, 0.0) if cost.node else measured.total


def _count(number: float) -> str:
    return count_text(int(number))


def _size(number: float) -> str:
    return size_text(int(number))


MEASURES = (
    Shown("parameters", "parameters", lambda c, _: c.parameters, _count, "Entries of its weights."),
    Shown(
        "multiply_adds",
        "multiply-adds",
        lambda c, _: c.step.multiply_adds,
        _count,
        "Multiply-adds of matrix products in one training step.",
    ),
    Shown(
        "arithmetic",
        "other × and +",
        lambda c, _: c.step.arithmetic,
        _count,
        "Multiplications and additions outside of matrix products.",
    ),
    Shown("exps", "exps", lambda c, _: c.step.exps, _count, "Exponentials, logarithms, tanh, erf, roots and the like."),
    Shown("divisions", "divisions", lambda c, _: c.step.divisions, _count, "Divisions in one training step."),
    Shown("value_bytes", "values", lambda c, _: c.value_bytes, _size, "Bytes of its value over the batch."),
    Shown(
        "kept_bytes",
        "kept for backward",
        lambda c, _: c.kept_bytes,
        _size,
        "Bytes that forward leaves for the backward pass.",
    ),
    Shown("seconds", "time", _seconds, seconds_text, "Its share of the measured time of a step."),
)


def shares(cost: Cost, measured: StepTimes | None, of: Shown) -> dict[str, float]:
    """What part of the total each node has, 0 … 1; nothing where the total is 0 or not known."""
    whole = of.of(cost.total, measured)
    if not whole:
        return {}
    return {each.node: (of.of(each, measured) or 0.0) / whole for each in cost.nodes}
