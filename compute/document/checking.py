"""What reading asks of JSON values: types, names that differ, places that a canvas has."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from compute.errors import GradwireError

_FARTHEST = 1e7
"""Where anything on the canvas may lie at most, in either direction: a canvas of any use is far smaller."""


def checked(struct: type[Any], raw: Any, where: str) -> tuple[Any, dict[str, Any]]:
    """The typed part of a JSON object and its unknown fields. Errors: GradwireError with the path."""
    try:
        value = msgspec.convert(raw, struct)
    except msgspec.ValidationError as error:
        text = str(error)
        reason, _, inner = text.partition(" - at `$")
        path = (where + inner.rstrip("`")).lstrip(".")
        raise GradwireError(f"{path or 'The document'}: {reason[0].lower()}{reason[1:]}.") from None
    unknown = raw.keys() - struct.__struct_encode_fields__
    return value, {key: item for key, item in raw.items() if key in unknown} if unknown else {}


def check_place(place: Iterable[float], where: str, count: str) -> None:
    """Errors: GradwireError for numbers that no place on the canvas has; ``count``: how many there must be."""
    if not all(abs(at) <= _FARTHEST for at in place):
        raise GradwireError(
            f"{where} lies at {', '.join(f'{at:g}' for at in place)}; "
            f"write {count} numbers from -{_FARTHEST:.0f} to {_FARTHEST:.0f}."
        )


def unique(names: Iterable[str], sentence: str) -> None:
    """Errors: GradwireError with the sentence about the first name that comes twice."""
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise GradwireError(sentence.format(name))
        seen.add(name)
