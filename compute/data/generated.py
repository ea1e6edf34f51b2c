"""Data sets that are drawn, not read: classes in the plane or numbers over it, the same for the same seed.

Rows alternate between the classes, so that every stretch of the table holds all of them.
"""

from __future__ import annotations

from collections.abc import Callable

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


def circle(points: int, noise: float, seed: int) -> Table:
    """Class 1 over a disc of radius 1.2, class 0 over the ring from 1.8 to 3 around it; `points` each."""
    generator = _generator(seed)
    angle = generator.uniform(0.0, 2.0 * np.pi, (2, points))
    square = generator.uniform(0.0, 1.0, (2, points))  # evenly over the area
    reach = np.sqrt([1.8**2 + square[0] * (_RADIUS**2 - 1.8**2), square[1] * 1.2**2])
    ring, disc = np.stack([reach * np.cos(angle), reach * np.sin(angle)], axis=2)
    return _two_classes(ring, disc, noise, generator)


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


def gauss(points: int, noise: float, seed: int) -> Table:
    """Class 0 around (-1.5, -1.5), class 1 around (1.5, 1.5), `points` each."""
    place = np.full((points, 2), 1.5)
    return _two_classes(-place, place, noise, seed)


def blobs(points: int, classes: int, noise: float, seed: int) -> Table:
    """So many clouds evenly on a circle of radius 2, `points` each, named "cloud 1", "cloud 2" …"""
    angle = 2.0 * np.pi * np.arange(classes) / classes
    centres = 2.0 * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    places = np.tile(centres, (points, 1))
    places = places + noise * _generator(seed).standard_normal(places.shape)
    names = tuple(f"cloud {number}" for number in range(1, classes + 1))
    columns = {"x1": places[:, 0], "x2": places[:, 1], "cloud": np.tile(np.arange(float(classes)), points)}
    return Table(columns, {"cloud": names})


def linear(points: int, noise: float, seed: int) -> Table:
    """y = 2 x + 1 for x drawn from -2 to 2."""
    generator = _generator(seed)
    x = generator.uniform(-2.0, 2.0, points)
    return Table({"x": x, "y": 2.0 * x + 1.0 + noise * generator.standard_normal(points)})


def plane(points: int, noise: float, seed: int) -> Table:
    """y = (x1 + x2) / 6, from -1 to 1 over the square that reaches to 3."""
    return _over_square(points, noise, seed, lambda places: places.sum(axis=1) / (2.0 * _RADIUS))


def season(points: int, period: float, trend: float, noise: float, seed: int) -> Table:
    """A series in time: waves of height 1 over a line that rises by ``trend`` in all, blurred; "time" counts rows."""
    time = np.arange(float(points))
    value = (
        np.sin(2.0 * np.pi * time / period) + trend * time / points + noise * _generator(seed).standard_normal(points)
    )
    return Table({"time": time, "value": value})


def gauss_hills(points: int, noise: float, seed: int) -> Table:
    """Three round hills of height 1 and three hollows of depth 1, in turns, over the square that reaches to 3."""
    centres = np.array([(x, y) for y in (-1.5, 1.5) for x in (-2.0, 0.0, 2.0)])
    signs = np.array([1.0, -1.0, 1.0, -1.0, 1.0, -1.0])

    def height(places: Column) -> Column:
        square = ((places[:, None] - centres) ** 2).sum(axis=2)
        return np.asarray(np.exp(-square) @ signs)

    return _over_square(points, noise, seed, height)


def _over_square(points: int, noise: float, seed: int, height: Callable[[Column], Column]) -> Table:
    generator = _generator(seed)
    places = generator.uniform(-_RADIUS, _RADIUS, (points, 2))
    y = height(places) + noise * generator.standard_normal(points)
    return Table({"x1": places[:, 0], "x2": places[:, 1], "y": y})


def _generator(seed: int) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(seed))


def _two_classes(
    zero: Column, one: Column, noise: float, seed: int | np.random.Generator, label: str = "label"
) -> Table:
    """Interleave the positions (points, 2) of both classes and blur them."""
    places = np.stack([zero, one], axis=1).reshape(-1, 2)
    generator = seed if isinstance(seed, np.random.Generator) else _generator(seed)
    places = places + noise * generator.standard_normal(places.shape)
    return Table({"x1": places[:, 0], "x2": places[:, 1], label: np.tile([0.0, 1.0], len(zero))})
