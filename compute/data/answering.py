"""What a document's data says of a network that came with the names of its classes, and whose target is not here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from compute.errors import GradwireError

SECTION = "answers"
_MOST_CLASSES = 100_000


def section(node: str, names: Sequence[str]) -> dict[str, Any]:
    """What a document's data says of a network that came with the names of its classes."""
    return {SECTION: {"node": node, "classes": list(names)}}


def answering(data: Mapping[str, Any]) -> tuple[str, tuple[str, ...]]:
    """The node that answers, and its classes, where the data says it; else two empty things. Errors: GradwireError."""
    found = data.get(SECTION)
    if found is None:
        return "", ()
    names = found.get("classes") if isinstance(found, Mapping) else None
    sound = isinstance(names, list) and 1 < len(names) < _MOST_CLASSES and all(isinstance(each, str) for each in names)
    if not sound or not isinstance(found.get("node"), str) or len(set(names or ())) < len(names or ()):
        raise GradwireError(f"data.{SECTION}: must have the node that answers and the names of at least two classes.")
    return found["node"], tuple(names or ())
