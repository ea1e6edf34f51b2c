"""Who tells the numbers of an op: found for its class, or by what its declaration says.

What follows from a declaration is told without a word more: an elementwise rule, a sum of products, a move of entries,
a mean over entries. Any other op has a module of its own tell its numbers, which it names (``Op.told_by``); functions
there register for its class, so that no list here knows of them.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import NamedTuple, TypeVar

from compute.explain.answer import Part
from compute.explain.facts import Entry, Facts
from compute.explain.terms import Terms
from compute.ops.base import Op


class Told(NamedTuple):
    """Where one number comes from: the rule and the same with numbers (LaTeX), in words, and what went in (None: what
    is usual); general: the rule over whole arrays; terms: all that is added up in it."""

    rule: str
    numbers: str
    sentence: str
    parts: tuple[Part, ...] | None = None
    general: str = ""
    terms: tuple[Terms, ...] = ()


ValueTeller = Callable[[Facts, str, Entry], Told]
"""Tells an entry of the value of a node."""
GradientTeller = Callable[[Facts, str, str, Entry], Told]
"""Tells an entry of what a node sends back through a port."""

WeightTeller = GradientTeller
"""Tells an entry of the gradient of a weight of a node, by its suffix."""

_VALUES: dict[type[Op], ValueTeller] = {}
_GRADIENTS: dict[type[Op], GradientTeller] = {}
_WEIGHTS: dict[type[Op], WeightTeller] = {}
T = TypeVar("T")


def tells_value(*kinds: type[Op]) -> Callable[[ValueTeller], ValueTeller]:
    """Make a function tell the values of these ops and of what is derived from them."""
    return _registered(_VALUES, kinds)


def tells_gradient(*kinds: type[Op]) -> Callable[[GradientTeller], GradientTeller]:
    """Make a function tell what these ops send back, and what is derived from them."""
    return _registered(_GRADIENTS, kinds)


def tells_weight(*kinds: type[Op]) -> Callable[[WeightTeller], WeightTeller]:
    """Make a function tell the gradients of the weights of these ops, and of what is derived from them."""
    return _registered(_WEIGHTS, kinds)


def _registered(table: dict[type[Op], T], kinds: tuple[type[Op], ...]) -> Callable[[T], T]:
    def register(teller: T) -> T:
        table.update(dict.fromkeys(kinds, teller))
        return teller

    return register


def own_value(op: Op) -> ValueTeller | None:
    """What is registered for the value of an op."""
    return _found(_VALUES, op)


def own_gradient(op: Op) -> GradientTeller | None:
    """What is registered for what an op sends back."""
    return _found(_GRADIENTS, op)


def own_weight(op: Op) -> WeightTeller | None:
    """What is registered for the gradients of an op's weights."""
    return _found(_WEIGHTS, op)


def _found(table: dict[type[Op], T], op: Op) -> T | None:
    if op.told_by:
        import_module(op.told_by)
    return next((table[kind] for kind in type(op).__mro__ if kind in table), None)


def is_product(op: Op) -> bool:
    """Whether an op says that its entries are sums of products."""
    return type(op).products is not Op.products
