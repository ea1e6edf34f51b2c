"""What reading asks of JSON values: types, names that differ, places that a canvas has."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from compute.errors import GradwireError

FARTHEST = 1e7
"""Where anything on the canvas may lie at most, in either direction: a canvas of any use is far smaller."""
_AT_ONCE = 500
"""Objects that are converted in one call, in which no other thread has its turn."""


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


def checked_all(struct: type[Any], items: Sequence[Any], where: str) -> Iterator[tuple[int, Any, dict[str, Any]]]:
    """``checked`` for each object of a list, with its place in the list; some at once, which is quicker."""
    known = frozenset(struct.__struct_encode_fields__)
    for start in range(0, len(items), _AT_ONCE):
        some = items[start : start + _AT_ONCE]
        try:
            values = msgspec.convert(some, list[struct])  # type: ignore[valid-type]
        except msgspec.ValidationError:
            values = [checked(struct, item, f"{where}[{i}]")[0] for i, item in enumerate(some, start)]
        for i, (value, raw) in enumerate(zip(values, some, strict=True), start):
            unknown = raw.keys() - known
            yield i, value, {key: item for key, item in raw.items() if key in unknown} if unknown else {}


def check_place(place: Sequence[float], where: str, count: str) -> None:
    """Errors: GradwireError for numbers that no place on the canvas has; ``count``: how many there must be."""
    if not all(abs(at) <= FARTHEST for at in place):
        raise GradwireError(
            f"{where} lies at {', '.join(f'{at:g}' for at in place)}; "
            f"write {count} numbers from -{FARTHEST:.0f} to {FARTHEST:.0f}."
        )


def unique(names: Sequence[str], sentence: str) -> None:
    """Errors: GradwireError with the sentence about the first name that comes twice."""
    if len(set(names)) == len(names):
        return
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise GradwireError(sentence.format(name))
        seen.add(name)
