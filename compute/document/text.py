"""JSON text in pieces: what it takes to write a large document never keeps other threads waiting for long."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

LONGEST = 5000
"""So many numbers of a list at a time: encoding them holds up all other threads."""


@dataclass(frozen=True)
class Written:
    """A value whose text is there already, in pieces."""

    parts: tuple[bytes, ...]


def pieces(value: Any, depth: int = 0) -> Iterator[bytes]:
    """The text of plain JSON values, one blank for each level, as ``msgspec.json.format`` with ``indent=1`` has it."""
    inner = b"\n" + b" " * (depth + 1)
    if isinstance(value, Written):
        yield from value.parts
    elif isinstance(value, dict) and value:
        for i, (key, item) in enumerate(value.items()):
            yield (b"," if i else b"{") + inner + msgspec.json.encode(key) + b": "
            yield from pieces(item, depth + 1)
        yield b"\n" + b" " * depth + b"}"
    elif isinstance(value, list) and any(isinstance(item, dict | list) for item in value):
        for i, item in enumerate(value):
            yield (b"," if i else b"[") + inner
            yield from pieces(item, depth + 1)
        yield b"\n" + b" " * depth + b"]"
    elif isinstance(value, list) and value:
        for start in range(0, len(value), LONGEST):
            text = msgspec.json.format(msgspec.json.encode(value[start : start + LONGEST]), indent=1)
            yield (b"," if start else b"[") + text[1:-2].replace(b"\n ", inner)
        yield b"\n" + b" " * depth + b"]"
    else:
        yield msgspec.json.encode(value)


def count(value: Any) -> int:
    """How many pieces there are."""
    if isinstance(value, dict) and value:
        return 1 + sum(1 + count(item) for item in value.values())
    if isinstance(value, list) and any(isinstance(item, dict | list) for item in value):
        return 1 + sum(1 + count(item) for item in value)
    return 1 + -(-len(value) // LONGEST) if isinstance(value, list) and value else 1
