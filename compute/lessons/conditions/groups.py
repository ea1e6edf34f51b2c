"""Conditions that are made of others."""

from __future__ import annotations

from collections.abc import Sequence

from compute.lessons.conditions.base import Group, register


@register
class All(Group):
    name, title = "all", "All of these"

    def joins(self, held: Sequence[bool]) -> bool:
        return all(held)

    def said(self, parts: Sequence[str]) -> str:
        return ", and ".join(parts)


@register
class Some(Group):
    name, title = "any", "One of these"

    def joins(self, held: Sequence[bool]) -> bool:
        return any(held)

    def said(self, parts: Sequence[str]) -> str:
        return ", or ".join(parts)


@register
class Not(Group):
    name, title, single = "not", "This is not so", True

    def joins(self, held: Sequence[bool]) -> bool:
        return not held[0]

    def said(self, parts: Sequence[str]) -> str:
        return f"it is not so that {parts[0]}"


@register
class Since(Group):
    """What held already when the step began has to be given up and brought about again."""

    name, title, anew = "since", "All of these, come about in this step", True

    def joins(self, held: Sequence[bool]) -> bool:
        return all(held)

    def said(self, parts: Sequence[str]) -> str:
        return f"{', and '.join(parts)}, which came about in this step"
