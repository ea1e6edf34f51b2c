"""What NumPy rules cost, found by running them on arrays that have a shape and no numbers.

A ``Shadow`` is an array of any size in the memory of one entry. What is done with it is counted and not computed, so
that the rules themselves say what they cost, and a new op brings nothing of its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from itertools import chain
from operator import attrgetter
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class Counts:
    """Operations of real numbers. multiply_adds: of matrix products, one for each product that is added up;
    multiplications, additions: all others, subtractions and the terms of sums among them; exps: exponentials,
    logarithms, tanh, erf, roots and all other functions; divisions. Comparisons, signs and moved entries are free."""

    multiply_adds: int = 0
    multiplications: int = 0
    additions: int = 0
    exps: int = 0
    divisions: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(*(getattr(self, name) + getattr(other, name) for name in KINDS))

    @property
    def arithmetic(self) -> int:
        """Multiplications and additions outside of matrix products."""
        return self.multiplications + self.additions


KINDS = tuple(each.name for each in fields(Counts))
_all_kinds = attrgetter(*KINDS)


def added(counts: Iterable[Counts]) -> Counts:
    """The sum of any number of counts."""
    return Counts(*map(sum, zip(*map(_all_kinds, counts), strict=True)))


_MULTIPLIES = ("multiply", "square")
_ADDS = ("add", "subtract")
_DIVIDES = ("divide", "true_divide", "reciprocal", "floor_divide", "remainder")
_FREE = (
    *("negative", "positive", "absolute", "fabs", "sign", "copysign", "conjugate", "rint", "floor", "ceil", "trunc"),
    *("maximum", "minimum", "fmax", "fmin", "clip", "isnan", "isinf", "isfinite", "signbit"),
    *("greater", "greater_equal", "less", "less_equal", "equal", "not_equal"),
    *("logical_and", "logical_or", "logical_not", "logical_xor", "bitwise_and", "bitwise_or", "invert"),
)
_OF = {
    **dict.fromkeys(_MULTIPLIES, "multiplications"),
    **dict.fromkeys(_ADDS, "additions"),
    **dict.fromkeys(_DIVIDES, "divisions"),
    **dict.fromkeys(_FREE, ""),
}


def kind_of(ufunc: str) -> str:
    """As what a NumPy function of that name counts; "" where it is free."""
    return _OF.get(ufunc, "exps")


class Tally:
    """Counts what is done with its shadows until it is asked."""

    def __init__(self) -> None:
        self._counted: Counter[str] = Counter()

    def add(self, kind: str, count: int) -> None:
        """So many more of a kind; "" is free."""
        if kind:
            self._counted[kind] += count

    def take(self) -> Counts:
        """All since it was asked last."""
        found = Counts(**self._counted)
        self._counted.clear()
        return found

    def shadow(self, shape: Sequence[int], value: Any = 0.0) -> Shadow:
        """An array of that shape whose entries are all the same."""
        out = np.broadcast_to(np.asarray(value), tuple(shape)).view(Shadow)
        out.tally = self
        return out


class Shadow(np.ndarray[Any, np.dtype[Any]]):
    """See the module. What NumPy does otherwise than by a ufunc it does with the entries as they are."""

    tally: Tally | None

    def __array_finalize__(self, obj: Any) -> None:
        self.tally = getattr(obj, "tally", None)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        tally = _tally((inputs, kwargs.get("out", ())))
        if tally is None or method not in ("__call__", "reduce") or (ufunc.signature and ufunc is not np.matmul):
            raise TypeError(f"no rule counts {ufunc.__name__}.{method}")
        arrays = [np.asarray(each) for each in inputs]
        if ufunc is np.matmul:
            shape, depth = _product(*(each.shape for each in arrays))
            tally.add("multiply_adds", int(np.prod(shape, dtype=np.int64)) * depth)
            value: Any = 0.0
        elif method == "reduce":
            (whole,) = arrays
            shape = _reduced(whole.shape, kwargs.get("axis", 0), keep=bool(kwargs.get("keepdims", False)))
            tally.add(kind_of(ufunc.__name__), whole.size - int(np.prod(shape, dtype=np.int64)))
            value = _first(whole)
        else:
            shape = np.broadcast_shapes(*(each.shape for each in arrays))
            tally.add(kind_of(ufunc.__name__), int(np.prod(shape, dtype=np.int64)))
            value = ufunc(*map(_first, arrays))
        (out,) = kwargs.get("out") or (None,)
        return tally.shadow(shape, value) if out is None else out

    def copy(self, order: Any = "C") -> Shadow:
        return self

    def whole(self, function: Any) -> Shadow:
        """A function of each entry that is written in steps of its own, and counts as one."""
        assert self.tally is not None
        self.tally.add(kind_of(function.__name__), self.size)
        return self.tally.shadow(self.shape, function(_first(np.asarray(self))))

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        tally = _tally(chain((args, kwargs.values()), (each for each in args if isinstance(each, (list, tuple)))))
        if tally is not None and func is np.where and len(args) == 3:
            arrays = [np.asarray(each) for each in args]
            return tally.shadow(np.broadcast_shapes(*(each.shape for each in arrays)), np.where(*map(_first, arrays)))
        found = super().__array_function__(func, types, args, kwargs)
        if tally is None or not isinstance(found, np.ndarray):
            return found
        return tally.shadow(found.shape, _first(found)) if found.flags.owndata else _counted(found, tally)


def _tally(groups: Any) -> Tally | None:
    """The tally of the first shadow in some groups of arguments that has one."""
    for group in groups:
        for each in group:
            if isinstance(each, Shadow) and each.tally is not None:
                return each.tally
    return None


def _counted(array: Array, tally: Tally) -> Array:
    out = array.view(Shadow)
    out.tally = tally
    return out


def _first(array: Array) -> Any:
    """An entry that stands for all."""
    return array[(0,) * array.ndim] if array.size else array.dtype.type(0)


def _product(a: tuple[int, ...], b: tuple[int, ...]) -> tuple[tuple[int, ...], int]:
    """The shape of a matrix product, and how many products each entry adds up."""
    rows, columns = a[-2:-1], b[-1:] if len(b) > 1 else ()
    return (*np.broadcast_shapes(a[:-2], b[:-2]), *rows, *columns), a[-1]


def _reduced(shape: tuple[int, ...], axis: Any, *, keep: bool) -> tuple[int, ...]:
    """The shape after a reduction."""
    axes = range(len(shape)) if axis is None else (axis,) if isinstance(axis, (int, np.integer)) else axis
    gone = {int(each) % max(1, len(shape)) for each in axes} if shape else set()
    return tuple(1 if i in gone else n for i, n in enumerate(shape) if keep or i not in gone)
