"""What an ONNX file says in words beside its graph, as our own export writes it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from compute.importing.model import Model

KEY = "gradwire"
"""Under which an export leaves a JSON object: columns (input → names), classes."""
_LONGEST = 200


def about(model: Model) -> dict[str, Any]:
    """What an export left; nothing where there is none, or it is something else."""
    try:
        found = json.loads(model.metadata.get(KEY, "{}"))
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def columns_of(model: Model, name: str, count: int) -> list[str]:
    """The names of the columns of an input, if the file gives as many as there are, and each once."""
    columns = about(model).get("columns")
    found = columns.get(name) if isinstance(columns, dict) else None
    return _names(found) if isinstance(found, list) and len(set(map(str, found))) == len(found) == count else []


def classes_of(model: Model) -> tuple[str, ...]:
    """The names of the classes."""
    found = about(model).get("classes")
    return tuple(_names(found)) if isinstance(found, list) and len(found) < 100_000 else ()


def still_of(model: Model) -> frozenset[str]:
    """The names of the weights that training leaves as they are."""
    found = about(model).get("still")
    return frozenset(each for each in found if isinstance(each, str)) if isinstance(found, list) else frozenset()


def scales_of(model: Model) -> dict[str, Any]:
    """By column its mean and std, where the network takes numbers of a table that are standardised before it."""
    said = about(model)
    prepared = said.get("preparation")
    inputs = prepared.get("inputs") if isinstance(prepared, dict) and said.get("prepared") is False else None
    listed = (
        [rule for rules in inputs.values() if isinstance(rules, list) for rule in rules]
        if isinstance(inputs, dict)
        else []
    )
    if not all(isinstance(rule, dict) and isinstance(rule.get("column"), str) for rule in listed):
        return {}
    plain = all((rule.get("mean"), rule.get("std")) == (0.0, 1.0) for rule in listed)
    # What is made of text, or of rows before it, is no number of the table.
    made = any("made" in rule or "classes" in rule for rule in listed)
    return {} if plain or made else {rule["column"]: rule for rule in listed}


def _names(found: Sequence[Any]) -> list[str]:
    return [str(each)[:_LONGEST] for each in found]
