"""Data sets that are drawn, not read: two classes in the plane, the same for the same seed.

Rows alternate between the classes, so that every stretch of the table holds both.
"""

from __future__ import annotations

import numpy as np

from compute.data.table import Column, Table

_RADIUS = 3.0


def spiral(points: int, noise: float, turns: float, seed: int) -> Table:
    """Two arms around the origin out to radius 3; `points` per arm, `noise` the spread of a position."""
    reach = np.linspace(0.05, 1.0, points)
    angle = 2.0 * np.pi * turns * reach
    arm = _RADIUS * np.stack([reach * np.sin(angle), reach * np.cos(angle)], axis=1)
    return _two_classes(arm, -arm, noise, seed)


def circles(points: int, noise: float, seed: int) -> Table:
    """Class 1 on a circle of radius 1, class 0 on one of radius 2.5 around it; `points` each."""
    angle = np.linspace(0.0, 2.0 * np.pi, points, endpoint=False)
    ring = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return _two_classes(2.5 * ring, ring, noise, seed)


def moons(points: int, noise: float, seed: int) -> Table:
    """Two half circles of radius 1 that reach into one another; `points` each."""
    angle = np.linspace(0.0, np.pi, points)
    upper = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return _two_classes(upper, np.array([1.0, 0.5]) - upper, noise, seed)


def xor() -> Table:
    """The four rows of exclusive or."""
    return Table({"x1": np.array([0, 0, 1, 1]), "x2": np.array([0, 1, 0, 1]), "y": np.array([0, 1, 1, 0])})


def xor_noisy(points: int, noise: float, seed: int) -> Table:
    """Clouds around (±1, ±1), `points` per class; y is 1 where the signs differ."""
    sign = np.where(np.arange(points) % 2 == 0, 1.0, -1.0)
    same, different = np.stack([sign, sign], axis=1), np.stack([sign, -sign], axis=1)
    return _two_classes(same, different, noise, seed, label="y")


def _two_classes(zero: Column, one: Column, noise: float, seed: int, label: str = "label") -> Table:
    """Interleave the positions (points, 2) of both classes and blur them."""
    places = np.stack([zero, one], axis=1).reshape(-1, 2)
    generator = np.random.Generator(np.random.PCG64(seed))
    places = places + noise * generator.standard_normal(places.shape)
    return Table({"x1": places[:, 0], "x2": places[:, 1], label: np.tile([0.0, 1.0], len(zero))})
