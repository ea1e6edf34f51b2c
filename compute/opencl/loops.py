"""What the calls of a plan do, as loops in OpenCL C: the same statements at every index of a shape.

A loop says nothing of how it is scheduled: ``codegen`` launches it over the whole device, a work-item for each
index; any other schedule has but to give ``i_0``, ``i_1``, … their values. Its text depends on the expression,
on how many axes are left after neighbours were joined, and on which strides are 0 or 1; sizes and other strides
are arguments, so that batches of any size share it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from compute.calls import Draw, Gather, Map, Reduce, Tensor
from compute.draws import C_MIX, SCALE
from compute.ops.base import names_in
from compute.optimizers import Optimizer
from compute.plan import GRADIENTS, PARAMETERS

ROWS, SIZES, SCALARS, HISTORY, CURSOR = "rows", "sizes", "scalars", "history", "cursor"
"""Buffers of a training run: row numbers of all batches, rows of each batch, the optimizer's numbers of all steps, the
losses, and four integers: the step, where its rows begin, the step counted from the run's beginning, and whether a step
had no finite loss, after which no more is done."""
STOPPED = "cursor[3]"

# Intel's compiler (2026.22) vectorizes `acc += -x` in a loop to wrong sums. Work-items become vectors all the same.
SERIAL = "#pragma clang loop vectorize(disable)"

Strides = tuple[int, ...]


@dataclass(frozen=True)
class External:
    """A buffer argument that is not a tensor of the plan, by the name the engine knows it under."""

    name: str


Value = Tensor | External | int | float


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

    def real(self, name: str, value: float) -> None:
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

    A body changes nothing but its tensors, so that one work-item may run it for many indices.
    """

    comment: str
    arguments: Arguments
    shape: tuple[int, ...]
    sizes: tuple[str, ...]
    body: str


def indented(body: str) -> str:
    """A block's statements, one step to the right."""
    return "\n".join(line if line.startswith("#") else f"    {line}" for line in body.splitlines())


def joined(shape: Sequence[int], strides: Sequence[Strides]) -> tuple[tuple[int, ...], list[Strides]]:
    """The same loop with as few axes as possible (at least one): neighbours that every tensor walks through
    without a jump become one, axes of size 1 go. ``strides``: for each tensor, its stride along each axis."""
    axes: list[tuple[int, Strides]] = []
    for i, n in enumerate(shape):
        step = tuple(s[i] for s in strides)
        if n == 1:
            continue
        if axes and all(outer == inner * n for outer, inner in zip(axes[-1][1], step, strict=True)):
            axes[-1] = (axes[-1][0] * n, step)
        else:
            axes.append((n, step))
    axes = axes or [(1, (0,) * len(strides))]
    return tuple(n for n, _ in axes), [tuple(step[t] for _, step in axes) for t in range(len(strides))]


def unfolded(flat: str, sizes: Sequence[str], first: int = 0) -> list[str]:
    """Statements that split one flat index into ``i_first``, …; the first is not wrapped at its size."""
    if len(sizes) == 1:
        return [f"const size_t i_{first} = {flat};"]
    lines = [f"size_t rest = {flat};"]
    for axis in range(len(sizes) - 1, 0, -1):
        lines += [f"const size_t i_{first + axis} = rest % {sizes[axis]};", f"rest /= {sizes[axis]};"]
    return [*lines, f"const size_t i_{first} = rest;"]


def map_loop(call: Map) -> Loop:
    """The expression at every entry."""
    shape = call.out.shape
    tensors = [t.strides for _, t in call.inputs]
    loop, (out, *strides) = joined(shape, [call.out.strides, *tensors, _column(call, shape)])
    k = _operands(call)
    sizes = tuple(k.integer(f"size_{axis}", n) for axis, n in enumerate(loop))
    body = [*_loads(k, call, strides), f"{k.entry('out', out)} = {call.expr};"]
    return Loop(f"out = {call.expr}", k, loop, sizes, "\n".join(body))


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


def reduction(call: Reduce) -> Reduction:
    """The sum or the maximum of the expression over some axes."""
    kept_axes = [i for i in range(len(call.shape)) if i not in call.axes]
    tensors = [*(t.strides for _, t in call.inputs), _column(call, call.shape)]

    def along(axes: Sequence[int], strides: Strides) -> Strides:
        return tuple(strides[i] for i in axes)

    outer_strides = [call.out.strides, *(along(kept_axes, s) for s in tensors)]
    kept, (out, *outer) = joined(along(kept_axes, call.shape), outer_strides)
    reduced, inner = joined(along(call.axes, call.shape), [along(call.axes, s) for s in tensors])
    k = _operands(call)
    kept_sizes = tuple(k.integer(f"size_{axis}", n) for axis, n in enumerate(kept))
    reduced_sizes = tuple(k.integer(f"size_{axis}", n) for axis, n in enumerate(reduced, start=len(kept)))
    # A maximum takes a nan over from any entry, as NumPy's does.
    start, combine = {
        "sum": ("0", "acc += {0};"),
        "max": ("-INFINITY", "acc = {0} > acc || isnan({0}) ? {0} : acc;"),
    }[call.kind]
    loads = _loads(k, call, [a + b for a, b in zip(outer, inner, strict=True)])
    step = [*loads, f"const REAL value = {call.expr};", combine.format("value")]
    scale = ""
    if call.scale != 1.0:
        k.real("result_scale", call.scale)
        scale = "result_scale*"
    return Reduction(
        f"out = {scale}{call.kind} of {call.expr}",
        k,
        kept,
        kept_sizes,
        reduced,
        reduced_sizes,
        start,
        "\n".join(step),
        combine,
        f"{k.entry('out', out)} = {scale}acc;",
    )


def gather_loop(call: Gather) -> Loop:
    """The batch's rows of the node's table."""
    rows, width = call.out.shape[0], math.prod(call.out.shape[1:])
    k = Arguments()
    k.tensor("out", call.out, written=True)
    k.external("const REAL *table", f"table/{call.node}")
    k.external("const int *rows", ROWS)
    k.external("const int *cursor", CURSOR)
    sizes = k.integer("size_0", rows), k.integer("size_1", width)
    body = "out_buf[out_at + i_0*size_1 + i_1] = table[(size_t)rows[cursor[1] + i_0]*size_1 + i_1];"
    return Loop("out = the batch's rows of table", k, (rows, width), sizes, body)


def draw_loop(call: Draw) -> Loop:
    """Random numbers, as ``compute.draws.uniform`` draws them."""
    k = Arguments()
    k.tensor("out", call.out, written=True)
    k.external("const int *cursor", CURSOR)
    size = k.integer("size_0", call.out.size)
    body = [
        f"uint h = (uint)cursor[2]; {C_MIX}",
        f"h ^= {call.key:#x}u; {C_MIX}",
        f"h ^= (uint)i_0; {C_MIX}",
        f"out_buf[out_at + i_0] = (REAL)(h >> 8)*{SCALE!r};",
    ]
    return Loop("out = random numbers in [0, 1)", k, (call.out.size,), (size,), "\n".join(body))


def update_loop(optimizer: Optimizer, count: int) -> Loop:
    """The optimizer at every trained parameter, after the cursor has moved on."""
    k = Arguments()
    names = {"p": PARAMETERS, "g": GRADIENTS, **{s: f"state/{s}" for s in optimizer.state}}
    for short, name in names.items():
        k.external(f"REAL *{short}_buf", name)
    k.external("const REAL *scalars", SCALARS)
    k.external("const int *cursor", CURSOR)
    scalars = list(optimizer.scalars(1))
    lines = [
        f"__global const REAL *now = scalars + (cursor[0] - 1)*{len(scalars)};",
        *(f"const REAL {name} = now[{at}];" for at, name in enumerate(scalars)),
        *(f"REAL {short} = {short}_buf[i_0];" for short in names),
        *(line.strip() for line in optimizer.c_update.strip().splitlines()),
        *(f"{short}_buf[i_0] = {short};" for short in names if short != "g"),
    ]
    return Loop(optimizer.name, k, (count,), (k.integer("size_0", count),), "\n".join(lines))


def advance_loop(loss: Tensor, rows: int) -> Loop:
    """Before the update, as the loss may itself be a parameter: the loss goes into the history, and the cursor to
    the next step and batch; or to a stop, if the loss is not finite. At one index."""
    k = Arguments()
    k.tensor("loss", loss)
    k.external("REAL *history", HISTORY)
    k.external("int *cursor", CURSOR)
    lines = [
        f"if (!{STOPPED}) {{",
        "    history[cursor[0]] = loss_buf[loss_at];",
        "    if (isfinite(loss_buf[loss_at])) {",
        "        cursor[0]++;",
        f"        cursor[1] += {k.integer('rows', rows)};",
        "        cursor[2]++;",
        f"    }} else {STOPPED} = 1;",
        "}",
    ]
    return Loop("cursor: the step, and the first of its rows", k, (1,), (k.integer("size_0", 1),), "\n".join(lines))


_OWN_WORDS = {"out", "col", "acc", "value", "lane", "length", "rest", "part", "at", "other", "result_scale"} | {
    *("base", "step", "count"),
}


def _operands(call: Map | Reduce) -> Arguments:
    """The arguments for the names in an expression. Errors: ValueError when two of them are the same."""
    names = [name for name, _ in (*call.inputs, *call.scalars)]
    if len({*names} - _OWN_WORDS) != len(names):
        raise ValueError(f"the names {names} of a call at {call.node} are not distinct")
    k = Arguments()
    k.tensor("out", call.out, written=True)
    for name, tensor in call.inputs:
        k.tensor(name, tensor)
    for name, value in call.scalars:
        k.real(name, value)
    return k


def _loads(k: Arguments, call: Map | Reduce, strides: Sequence[Strides]) -> list[str]:
    """The statements that give each name in the expression its value; the last strides are those of ``col``."""
    names = [name for name, _ in call.inputs]
    lines = [f"const REAL {name} = {k.entry(name, step)};" for name, step in zip(names, strides, strict=False)]
    if "col" in names_in(call.expr):
        lines.append(f"const int col = {k.index('col', strides[-1])};")
    return lines


def _column(call: Map | Reduce, shape: Sequence[int]) -> Strides:
    """The strides of the index along the last axis, when the expression asks for it: it keeps that axis apart."""
    asked = "col" in names_in(call.expr) and len(shape) > 0
    return (0,) * (len(shape) - 1) + (int(asked),) if shape else ()
