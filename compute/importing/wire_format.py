"""A look through the bytes of an ONNX file before a library reads them: two bytes can say a whole object, so that few
megabytes of them would fill gigabytes."""

from __future__ import annotations

from collections.abc import Mapping

from compute.errors import GradwireError

MOST_PARTS = 400_000
"""Fields of messages in a file; the largest networks that a canvas can show have some ten thousand."""
_DEEPEST = 24
_VARINTS_IN_A_PART = 16
"""So many bytes of a packed list of whole numbers count as one part: each may be a number of eight bytes."""

# Field numbers of onnx.proto3 that hold messages, and lists of whole numbers, which are packed.
_MESSAGES: Mapping[str, Mapping[int, str]] = {
    "model": {7: "graph", 8: "opset", 14: "entry", 20: "training", 25: "function"},
    "training": {1: "graph", 2: "graph", 3: "entry", 4: "entry"},
    "graph": {
        1: "node",
        5: "tensor",
        11: "value",
        12: "value",
        13: "value",
        14: "annotation",
        15: "sparse",
        16: "entry",
    },
    "annotation": {2: "entry"},
    "node": {5: "attribute", 9: "entry"},
    "attribute": {
        5: "tensor",
        6: "graph",
        10: "tensor",
        11: "graph",
        14: "type",
        15: "type",
        22: "sparse",
        23: "sparse",
    },
    "tensor": {3: "segment", 13: "entry", 16: "entry"},
    "sparse": {1: "tensor", 2: "tensor"},
    "value": {2: "type", 4: "entry"},
    "type": {1: "of", 4: "of", 5: "of", 8: "of", 9: "of"},
    "of": {1: "type", 2: "shape"},
    "shape": {1: "dimension"},
    "function": {7: "node", 9: "opset", 11: "attribute", 12: "value", 14: "entry"},
}
_NUMBERS: Mapping[str, frozenset[int]] = {
    "tensor": frozenset({1, 5, 7, 11}),
    "attribute": frozenset({8}),
    "sparse": frozenset({3}),
}


def check(data: bytes, name: str) -> None:
    """Errors: GradwireError where the bytes are no messages, or hold more of them than a network would."""
    parts = 0
    waiting: list[tuple[str, int, int, int]] = [("model", 0, len(data), 0)]
    while waiting:
        kind, at, end, depth = waiting.pop()
        inside, numbers = _MESSAGES.get(kind, {}), _NUMBERS.get(kind, frozenset())
        if depth > _DEEPEST:
            raise GradwireError(f"{name}: graphs lie in graphs more than {_DEEPEST} levels deep; flatten the model.")
        while at < end:
            parts += 1
            if parts > MOST_PARTS:
                raise GradwireError(
                    f"{name}: the file has more than {MOST_PARTS:,} parts, which no network needs; make it smaller."
                )
            tag, at = _varint(data, at, end, name)
            number, how = tag >> 3, tag & 7
            if how == 0:
                _, at = _varint(data, at, end, name)
            elif how == 1:
                at += 8
            elif how == 5:
                at += 4
            elif how == 2:
                size, at = _varint(data, at, end, name)
                if at + size > end:
                    raise _damaged(name)
                if number in inside:
                    waiting.append((inside[number], at, at + size, depth + 1))
                elif number in numbers:
                    parts += size // _VARINTS_IN_A_PART
                at += size
            else:
                raise _damaged(name)
        if at != end:
            raise _damaged(name)


def _varint(data: bytes, at: int, end: int, name: str) -> tuple[int, int]:
    """A number in seven bits a byte, and where it ends."""
    value = shift = 0
    while at < end and shift < 70:
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, at
        shift += 7
    raise _damaged(name)


def _damaged(name: str) -> GradwireError:
    return GradwireError(f"{name}: this is no ONNX model, or it is damaged or cut short; export it again.")
