"""Loops over an index space in OpenCL C: the same statements at every index of a shape.

A loop says nothing of how it is scheduled: ``codegen`` launches it over the whole device, a work-item for each
index; any other schedule has but to give ``i_0``, ``i_1``, … their values. Its text depends on the expression,
on how many axes are left after neighbours were joined, and on which strides are 0 or 1; sizes and other strides
are arguments, so that batches of any size share it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from compute.strided import Tensor

ROWS, SIZES, SCALARS, HISTORY, CURSOR = "rows", "sizes", "scalars", "history", "cursor"
ENDS, KEPT, NORMS, LIMITS = "ends", "kept", "norms", "limits"
"""Buffers of a training run: row numbers of all batches, rows of each batch, the optimizer's numbers of all steps, the
losses, and five integers: the step, where its rows begin, the step counted from the run's beginning, by what a step was
stopped, after which no more is done (0: by nothing, 1: its loss is not finite, above: a watch), and the seed's part of
the keys of draws. ENDS, KEPT: for each step the moment as which the weights are kept after it, −1 for none; the weights
of all moments, one after the other. NORMS: the sum of the squares of all trained parameters' gradients, and after it
those of parts of them. LIMITS: of all watches."""
STOPPED = "cursor[3]"
PLACES, SETTINGS = "places", "settings"
"""Where many networks are trained side by side: for each, which of the orders of rows, of the optimizer's numbers and
of the sets of judged rows is its own; and the numbers of ops in which they differ, though they share one text."""

# Intel's compiler (2026.22) vectorizes `acc += -x` in a loop to wrong sums. Work-items become vectors all the same.
SERIAL = "#pragma clang loop vectorize(disable)"


@dataclass(frozen=True)
class External:
    """A buffer argument that is not a tensor of the plan, by the name the engine knows it under."""

    name: str


@dataclass(frozen=True)
class Setting:
    """A number that each of several networks has at a place of its own in SETTINGS."""

    at: int


Value = Tensor | External | Setting | int | float


class Arguments:
    """The arguments of a kernel: how its text declares them, and their values."""

    def __init__(self) -> None:
        self.declared: list[str] = []
        self.values: list[Value] = []

    def _add(self, declaration: str, value: Value) -> None:
        self.declared.append(declaration)
        self.values.append(value)

    def integer(self, name: str, value: int) -> str:
        """A size or a stride; returns its name in the text."""
        self._add(f"const int {name}", value)
        return name

    def real(self, name: str, value: float | Setting) -> None:
        """A number of the op's own."""
        self._add(f"const REAL {name}", value)

    def tensor(self, name: str, tensor: Tensor, *, written: bool = False) -> None:
        """A tensor: ``<name>_buf`` and ``<name>_at``, where it begins."""
        const = "" if written else "const "
        self._add(f"__global {const}REAL *{name}_buf, const int {name}_at", tensor)

    def external(self, declaration: str, name: str) -> None:
        """A buffer of the engine."""
        self._add(f"__global {declaration}", External(name))

    def entry(self, name: str, strides: Sequence[int]) -> str:
        """``buf[at + index]`` for a declared tensor; axis k of the loop is ``i_k``."""
        return f"{name}_buf[{self.index(name, strides, f'{name}_at')}]"

    def index(self, name: str, strides: Sequence[int], start: str = "0") -> str:
        """The sum of ``i_k`` times the stride of axis k."""
        terms = [] if start == "0" else [start]
        for axis, stride in enumerate(strides):
            if stride == 1:
                terms.append(f"i_{axis}")
            elif stride:
                terms.append(f"i_{axis}*{self.integer(f'{name}_stride_{axis}', stride)}")
        return " + ".join(terms) or start


@dataclass(frozen=True)
class Loop:
    """``body`` for every index (``i_0``, ``i_1``, …) of ``shape``, whose sizes are called ``sizes`` in the text.

    A body changes nothing but its tensors, so that one work-item may run it for many indices. ``first``: statements
    that every work-item needs to run once, before all its indices.
    """

    comment: str
    arguments: Arguments
    shape: tuple[int, ...]
    sizes: tuple[str, ...]
    body: str
    first: str = ""


def indented(body: str) -> str:
    """A block's statements, one step to the right."""
    return "\n".join(line if line.startswith("#") else f"    {line}" for line in body.splitlines())


_WORD = re.compile(r"[A-Za-z_]\w*")


def names_in(expr: str) -> set[str]:
    """The identifiers in an expression of OpenCL C."""
    return set(_WORD.findall(expr))


def unfolded(flat: str, sizes: Sequence[str], first: int = 0) -> list[str]:
    """Statements that split one flat index into ``i_first``, …; the first is not wrapped at its size."""
    if len(sizes) == 1:
        return [f"const size_t i_{first} = {flat};"]
    lines = [f"size_t rest = {flat};"]
    for axis in range(len(sizes) - 1, 0, -1):
        lines += [f"const size_t i_{first + axis} = rest % {sizes[axis]};", f"rest /= {sizes[axis]};"]
    return [*lines, f"const size_t i_{first} = rest;"]


@dataclass(frozen=True)
class Reduction:
    """A reduction in parts: ``start`` of ``acc``; ``step`` for every index of the reduced axes (those after the
    kept ones); ``combine`` of another partial result, to be formatted in; ``finish``."""

    comment: str
    arguments: Arguments
    kept: tuple[int, ...]
    kept_sizes: tuple[str, ...]
    reduced: tuple[int, ...]
    reduced_sizes: tuple[str, ...]
    start: str
    step: str
    combine: str
    finish: str
    together: bool = False
    """Whether what goes into a result lies side by side in memory, rather than neighbouring results do."""

    @property
    def results(self) -> int:
        """How many entries the result has."""
        return math.prod(self.kept)

    @property
    def length(self) -> int:
        """How many entries go into each."""
        return math.prod(self.reduced)

    def loop(self) -> Loop:
        """One result at every index, reduced in order."""
        lines = [f"REAL acc = {self.start};"]
        for axis, size in enumerate(self.reduced_sizes, start=len(self.kept)):
            lines += [SERIAL, f"for (size_t i_{axis} = 0; i_{axis} < {size}; i_{axis}++)"]
        lines += [f"{{\n{indented(self.step)}\n}}", self.finish]
        return Loop(self.comment, self.arguments, self.kept, self.kept_sizes, "\n".join(lines))
