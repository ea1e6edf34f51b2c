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


def _names(found: Sequence[Any]) -> list[str]:
    return [str(each)[:_LONGEST] for each in found]
