"""What an op learns, as it declares it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class WeightSpec:
    """One array that an op learns: shape, how it starts, whether it is trained.

    ``fans`` are (in, out) for the initialisers that need them; ``start`` is a fixed first value, as nested
    tuples so that specs can be compared and hashed. Two specs are the same weight where shape and start are.
    """

    suffix: str
    shape: tuple[int, ...]
    initializer: str = "zeros"
    fans: tuple[int, int] = field(default=(1, 1), compare=False)
    start: Any = None
    trainable: bool = True
    learned: bool = True
    """False for running statistics: they follow the data and have no gradient."""
