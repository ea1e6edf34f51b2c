"""What differs between two settings of a training, as turns of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from compute.document.settings import SETTINGS, TrainingSettings
from compute.numbers_text import count_text, precise
from compute.optimizers import OPTIMIZERS
from compute.params import Param
from compute.schedules import SCHEDULES
from compute.turns import Turn

_NOT_TOLD = {"loss", "seed", "shuffle"}
"""Settings with which a training begins anew, so that its curve has no before."""


def of_settings(step: int, epoch: float, before: TrainingSettings, after: TrainingSettings) -> list[Turn]:
    """What differs between the settings of a training before and after a step."""
    if before is after:
        return []
    pairs = _kinds("optimizer", OPTIMIZERS, before.optimizer, after.optimizer)
    for name, param in SETTINGS.items():
        if name in _NOT_TOLD:
            continue
        if name == "schedule":
            pairs += _kinds("schedule", SCHEDULES, before.schedule, after.schedule)
        elif param.kind != "object":
            pairs.append((_words(name), getattr(before, name), getattr(after, name)))
    return [Turn(step, epoch, what, _text(a), _text(b)) for what, a, b in pairs if a != b]


def of_goal(step: int, epoch: float, before: int, after: int) -> list[Turn]:
    """That training ends with another epoch than it was to."""
    return [] if before == after else [Turn(step, epoch, "last epoch", count_text(before), count_text(after))]


def of_ops(
    step: int, epoch: float, changed: Iterable[tuple[str, str, Any, Any]], labels: Mapping[str, str]
) -> list[Turn]:
    """What ops count by; changed: node, setting, the value before and after; labels: what people call each node."""
    return [Turn(step, epoch, f"{_words(name)} of {labels[node]}", _text(a), _text(b)) for node, name, a, b in changed]


def _kinds(
    what: str, kinds: Mapping[str, Any], before: Mapping[str, Any], after: Mapping[str, Any]
) -> list[tuple[str, Any, Any]]:
    """Which of some kinds it is, and the settings that both have or the new one has otherwise than by default."""
    first = next(iter(kinds))
    old, new = (str(each.get("name", first)) for each in (before, after))
    titles = {name: kinds[name].title if name in kinds else name for name in (old, new)}
    params: tuple[Param, ...] = kinds[new].params if new in kinds else ()
    values = [(_words(p.name), before.get(p.name, p.default), after.get(p.name, p.default)) for p in params]
    return [(what, titles[old], titles[new]), *values]


def _words(name: str) -> str:
    return name.replace("_", " ")


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    if value is None:
        return "none"
    if isinstance(value, tuple | list):
        return ", ".join(map(_text, value))
    if isinstance(value, int):
        return count_text(value)
    return precise(value) if isinstance(value, float) else str(value)
