"""Every kind of condition, each declared once; importing this package fills the registry."""

from __future__ import annotations

from compute.lessons.conditions import groups, network, numbers, window
from compute.lessons.conditions.base import (
    KINDS,
    Begun,
    Group,
    Kind,
    Understood,
    begin,
    go_on,
    holds,
    problems,
    sentence,
    understand,
)

FAMILIES = (network, numbers, window, groups)

__all__ = [
    "FAMILIES",
    "KINDS",
    "Begun",
    "Group",
    "Kind",
    "Understood",
    "begin",
    "go_on",
    "holds",
    "problems",
    "sentence",
    "understand",
]
