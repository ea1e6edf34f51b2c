"""From where to where columns are shown at least, whatever rows there are: the ground on which points are painted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from compute.checks import is_finite
from compute.errors import GradwireError

PLANE = "plane"
"""The field of a data section that says it: ``{"x1": [-3, 3], "x2": [-3, 3]}``."""
Extents = Mapping[str, tuple[float, float]]


def plane_of(data: Mapping[str, Any]) -> Extents:
    """What a data section says, by column. Errors: GradwireError naming the field."""
    section = data.get(PLANE, {})
    if not isinstance(section, Mapping):
        raise GradwireError("data.plane: must be an object with two numbers for each column, such as [-3, 3].")
    found = {}
    for name, extent in section.items():
        pair = isinstance(extent, list | tuple) and len(extent) == 2 and all(map(is_finite, extent))
        if not pair or not extent[0] < extent[1]:
            raise GradwireError(f"data.plane.{name}: must be two numbers, the lower one first, such as [-3, 3].")
        found[str(name)] = (float(extent[0]), float(extent[1]))
    return found
