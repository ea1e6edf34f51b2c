"""What each measurement is held against. Those of the networks stand with them, in ``networks``."""

from __future__ import annotations

PRODUCT = 1.3
"""A matrix product on a processor: times as fast as NumPy with all cores."""
CACHED, NOT_CACHED = 0.1, 0.5
"""Seconds to the first training step of a network whose kernels were built before, and of a new one."""
TOGETHER = 1.8
"""Small networks side by side, on two cores: times as many steps a second as one of them alone."""
MEMORY = 1.0
"""Memory for values and gradients in training, against the count of what backward needs."""


def at_least(value: float | None, goal: float | None) -> bool | None:
    """Whether a goal is reached; None where there is nothing to compare."""
    return None if value is None or goal is None else value >= goal


def at_most(value: float, goal: float) -> bool:
    """Whether a goal is reached that less than is better."""
    return value <= goal
