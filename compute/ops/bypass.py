"""What stands in for the op of a node that is bypassed: its first input, passed through."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from compute.ops.base import Array, Elementwise, Op, Settings, Speller, Term


class Bypass(Elementwise):
    """A subclass has the title of the op that it stands in for and the name of its first port. Not in the registry:
    nobody places one."""

    name, group = "bypass", "activation"
    help = "Bypassed: passes its first input through unchanged."
    c_slopes = ("1",)
    moves = bypassed = True

    def value(self, *x: Array, **p: Any) -> Array:
        return x[0]

    def spell(self, s: Speller, x: Sequence[Term], w: Mapping[str, Term], p: Settings) -> Term:
        return x[0]

    def slopes(self, *x: Array, y: Array, **p: Any) -> tuple[Array | float, ...]:
        return (1.0,)


@cache
def bypass(op: Op) -> Op:
    """An op that passes on what arrives at the first port of another op, which has one."""
    port = op.ports[0]
    declared = {"title": op.title, "ports": (port,), "c_value": port, "formula": f"y = {port}", "local": {port: "1"}}
    made: Op = type(Bypass.__name__, (Bypass,), declared)()
    return made
