"""Every operation, each declared once; importing this package fills the registry."""

from __future__ import annotations

from compute.ops import (
    activations,
    arithmetic,
    class_loss,
    convolution,
    data,
    layers,
    layout,
    losses,
    matrix,
    regularisation,
    rowwise,
)
from compute.ops.base import GROUPS, REGISTRY, Op, Role
from compute.ops.bypass import bypass

_FAMILIES = (
    data,
    layers,
    convolution,
    activations,
    rowwise,
    arithmetic,
    matrix,
    layout,
    regularisation,
    losses,
    class_loss,
)


def find(name: str) -> Op | None:
    """The op of that name, or None if this version does not know it."""
    return REGISTRY.get(name)


def role_of(name: str) -> Role:
    """What a network has the op of that name for."""
    op = REGISTRY.get(name)
    return op.role if op else ""


def by_group() -> dict[str, list[Op]]:
    """Group → its ops, both in the order in which people should see them."""
    # Not in the order of the registry, which is that of the imports: by the alphabet.
    place = {family.__name__: i for i, family in enumerate(_FAMILIES)}
    ops = sorted(REGISTRY.values(), key=lambda op: place.get(type(op).__module__, len(place)))
    return {group: [op for op in ops if op.group == group] for group in GROUPS}


__all__ = ["GROUPS", "REGISTRY", "Op", "by_group", "bypass", "find", "role_of"]
