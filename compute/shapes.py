"""Shapes of what flows along the wires. ``B`` stands for the batch, whose size a graph does not fix."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

Dim = int | Literal["B"]
Shape = tuple[Dim, ...]
BATCH: Literal["B"] = "B"


class ShapeError(ValueError):
    """The shapes at an op's ports do not fit; says which port and why, without naming the node. ``{a}`` in the reason
    stands for what feeds the port a, which is known elsewhere."""

    def __init__(self, port: str, reason: str) -> None:
        super().__init__(reason)
        self.port = port
        self.reason = reason

    def told(self, feeds: Mapping[str, str]) -> str:
        """The reason, with what feeds each port."""
        reason = self.reason
        for port, source in feeds.items():
            reason = reason.replace(f"{{{port}}}", source)
        return reason


def show(shape: Sequence[Dim]) -> str:
    """``(B, 8)`` as people write it; a scalar is called a scalar."""
    if not shape:
        return "a scalar"
    return f"({', '.join(map(str, shape))}{',' if len(shape) == 1 else ''})"


def shape_text(shape: Sequence[Dim]) -> str:
    """``B×8``, for labels where room is scarce."""
    return "×".join(map(str, shape)) if shape else "scalar"


def concrete(shape: Sequence[Dim], rows: int) -> tuple[int, ...]:
    """The shape with the batch dimension replaced by a number of rows."""
    return tuple(rows if dim == BATCH else dim for dim in shape)


def broadcast(a: Shape, b: Shape, ports: tuple[str, str] = ("a", "b")) -> Shape:
    """The NumPy broadcast of two shapes. Errors: ShapeError naming the second port."""
    size = max(len(a), len(b))
    left, right = (1,) * (size - len(a)) + a, (1,) * (size - len(b)) + b
    out: list[Dim] = []
    for m, n in zip(left, right, strict=True):
        if m != n and m != 1 and n != 1:
            raise ShapeError(
                ports[1],
                f"{show(a)} at {ports[0]} and {show(b)} at {ports[1]} cannot be broadcast together "
                f"({m} against {n}); make the sizes equal or 1",
            )
        out.append(n if m == 1 else m)
    return tuple(out)


def broadcast_axes(small: Sequence[int], full: Sequence[int]) -> tuple[int, ...]:
    """The axes of ``full`` along which ``small`` was repeated by broadcasting."""
    lead = len(full) - len(small)
    return tuple(i for i, n in enumerate(full) if i < lead or (small[i - lead] == 1 and n != 1))
