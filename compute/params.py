"""Settings: declared once, with the checks that every reader of them makes and the help that forms show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from compute.checks import is_finite, is_whole
from compute.initializers import check_initializer
from compute.shapes import BATCH, Dim
from compute.tensor_view import MOST_AXES

Array = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class Param:
    """One setting: what it is called, its type, default and limits, and the help that a form shows.

    names: of a text, what it is the name of, such as an op or a node: a form offers those that there are. under_way: of
    an op, another value lets training go on: what it counts changes, but nothing that it learns.
    """

    name: str
    kind: Literal[
        "int",
        "float",
        "bool",
        "choice",
        "text",
        "column",
        "columns",
        "tensor",
        "axis",
        "shape",
        "initializer",
        "node",
        "object",
        "weights",
    ]
    default: Any
    help: str
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()
    optional: bool = False
    names: str = ""
    under_way: bool = False

    def check(self, value: Any) -> Any:
        """The value in its Python type. Errors: ValueError with what is wrong, as the end of a sentence."""
        if value is None and self.optional:
            return None
        if self.kind == "bool":
            if not isinstance(value, bool):
                raise ValueError("must be true or false")
        elif self.kind in ("int", "axis"):
            if not is_whole(value):
                raise ValueError("must be a whole number")
            value = int(value)
        elif self.kind == "float":
            if not is_finite(value):
                raise ValueError("must be a finite number")
            value = float(value)
        elif self.kind == "choice":
            if value not in self.choices:
                raise ValueError(f"must be one of {', '.join(self.choices)}")
        elif self.kind in ("text", "column"):
            if not isinstance(value, str) or not value or "\0" in value:
                raise ValueError("must be text")
        elif self.kind == "node":
            if not isinstance(value, str):
                raise ValueError("must be the id of a node")
        elif self.kind == "object":
            if not isinstance(value, Mapping):
                raise ValueError("must be an object of names and values")
        elif self.kind == "columns":
            if not isinstance(value, Sequence) or isinstance(value, str):
                raise ValueError("must be a list of column names")
            value = tuple(map(str, value))
        elif self.kind == "tensor":
            value = tensor_value(value)
        elif self.kind == "shape":
            value = shape_value(value)
        elif self.kind == "weights":
            value = weights_value(value)
        elif self.kind == "initializer":
            check_initializer(value)
        if isinstance(value, int | float) and not isinstance(value, bool):
            if self.minimum is not None and value < self.minimum:
                raise ValueError(f"must be at least {_limit(self.minimum)}")
            if self.maximum is not None and value > self.maximum:
                raise ValueError(f"must be at most {_limit(self.maximum)}")
        return value


def _limit(number: float) -> str:
    return str(number) if isinstance(number, int) else f"{number:g}"


def tensor_value(value: Any) -> Array:
    """A number or a nested list of numbers as a float64 array of at most four axes."""
    try:
        array = np.array(value, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError("must be a number or a rectangular list of numbers") from error
    except OverflowError as error:
        raise ValueError("holds a number beyond float64; make it smaller") from error
    if array.ndim > MOST_AXES or array.size == 0:
        raise ValueError("must have between one entry and four axes")
    return array


BALANCED = "balanced"


def weights_value(value: Any) -> str | tuple[float, ...]:
    """ "balanced", or a number from 0 on for each of several classes."""
    if value == BALANCED:
        return BALANCED
    if not isinstance(value, Sequence) or isinstance(value, str) or not value:
        raise ValueError('must be "balanced" or a list of numbers, one for each class')
    if not all(is_finite(number) and number >= 0 for number in value):
        raise ValueError("must be made of finite numbers from 0 on")
    return tuple(float(number) for number in value)


def shape_value(value: Any) -> tuple[Dim, ...]:
    """A list of one to four sizes, of which one may be −1 or B."""
    sizes = [value] if isinstance(value, int | str) else value
    if not isinstance(sizes, Sequence) or not 1 <= len(sizes) <= 4:
        raise ValueError("must be a list of one to four sizes, such as 4, 2")
    out: list[Dim] = []
    for size in sizes:
        if size == BATCH:
            out.append(BATCH)
        elif is_whole(size) and (size > 0 or size == -1):
            out.append(int(size))
        else:
            raise ValueError(f"must be made of whole numbers above 0, −1 or B; {size} is none")
    if sum(size in (BATCH, -1) for size in out) > 1:
        raise ValueError("can leave only one size open; write numbers for the others")
    return tuple(out)
