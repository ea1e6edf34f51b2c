"""The small vocabulary of device work that every operation is lowered to.

A call is one loop over an index space: ``Map`` (elementwise with broadcasting), ``Reduce`` (sum or maximum over axes
of an elementwise expression), ``Gemm`` (matrix products, optional bias), ``Gather`` (rows of a table) and ``Draw``
(random numbers). Each says itself what it reads, what it costs, what it does in words, and brings its loop, so that
planner, schedulers, cost model and plan text ask the call and know of no kind of it: a new one is one class here. The
same calls can be launched one by one or be generated into one kernel of whole steps.

Expressions are OpenCL C over ``REAL`` in the names of a call's inputs and scalars, plus ``col``, the index
along the last axis of the loop's shape. They come from op declarations only, never from a document.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from compute.draws import C_MIX, SCALE, key_of_node
from compute.loops import CURSOR, ROWS, Arguments, Loop, Reduction, Setting, names_in
from compute.shapes import show
from compute.strided import Strides, Tensor, contiguous, joined

Named = tuple[tuple[str, Tensor], ...]
Scalars = tuple[tuple[str, float | Setting], ...]

_NUMBER = re.compile(r"\b\d+\.?\d*(e[+-]?\d+)?f?\b")
_CAST = re.compile(r"\((REAL|int)\)")
_OPERATION = re.compile(r"\w+\s*\(|<=|>=|==|!=|[-+*/<>?]")


def operations(expression: str) -> int:
    """The arithmetic, comparisons and function calls in an expression of OpenCL C: each counts as one, as it stands."""
    return len(_OPERATION.findall(_CAST.sub("", _NUMBER.sub("1", expression))))


@dataclass(frozen=True, slots=True)
class Call:
    """What one node has computed into ``out``."""

    node: str
    out: Tensor

    @property
    def title(self) -> str:
        """What its kernel is called, before the node's name."""
        return type(self).__name__.lower()

    @property
    def does(self) -> str:
        """What it does, as a formula over the names in its kernel."""
        raise NotImplementedError

    @property
    def tensors(self) -> tuple[Tensor, ...]:
        """What it reads of the plan's own."""
        return ()

    @property
    def reads(self) -> set[str]:
        """The buffers that it reads."""
        return {tensor.buffer for tensor in self.tensors}

    @property
    def numbers(self) -> Scalars:
        """Numbers of the op's own, by the names in its expression, in which networks may differ that share a text."""
        return ()

    def with_numbers(self, numbers: Scalars) -> Call:
        """The same call with these in place of its own."""
        return self

    @property
    def feeds(self) -> bool:
        """Whether it brings the data node's rows of the batch in, which may come from the host in its place."""
        return False

    @property
    def entries(self) -> int:
        """How many entries it computes one by one."""
        return self.out.size

    @property
    def products(self) -> int:
        """How many multiply-adds of matrix products it computes."""
        return 0

    @property
    def flops(self) -> int:
        """Its operations; a multiply-add is two."""
        return 0

    def moved(self, itemsize: int) -> int:
        """Bytes that it must read and write at least: every entry of its tensors once."""
        return itemsize * sum(tensor.held for tensor in (*self.tensors, self.out))

    def loop(self) -> Form:
        """What it does at which indices."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Map(Call):
    """``out[i] = expr`` for every index of ``out``; inputs have already been broadcast to its shape."""

    inputs: Named
    expr: str
    scalars: Scalars = ()

    @property
    def does(self) -> str:
        return self.expr

    @property
    def tensors(self) -> tuple[Tensor, ...]:
        return tuple(dict(self.inputs).values())

    @property
    def numbers(self) -> Scalars:
        return self.scalars

    def with_numbers(self, numbers: Scalars) -> Call:
        return replace(self, scalars=numbers)

    @property
    def flops(self) -> int:
        return self.out.size * operations(self.expr)

    def loop(self) -> Loop:
        """The expression at every entry."""
        shape = self.out.shape
        tensors = [t.strides for _, t in self.inputs]
        loop, (out, *strides) = joined(shape, [self.out.strides, *tensors, _column(self, shape)])
        k = _operands(self)
        sizes = tuple(k.integer(f"size_{axis}", n) for axis, n in enumerate(loop))
        called, value = unconditional(self.expr)
        body = [*_loads(k, self, strides), *called, f"{k.entry('out', out)} = {value};"]
        return Loop(f"out = {self.expr}", k, loop, sizes, "\n".join(body))


@dataclass(frozen=True, slots=True)
class Reduce(Call):
    """``out = scale · Σ expr`` (or the maximum) over ``axes`` of ``shape``; inputs are broadcast to ``shape``."""

    shape: tuple[int, ...]
    axes: tuple[int, ...]
    inputs: Named
    expr: str
    scalars: Scalars = ()
    kind: Literal["sum", "max"] = "sum"
    scale: float = 1.0

    @property
    def title(self) -> str:
        return self.kind

    @property
    def does(self) -> str:
        scale = "" if self.scale == 1.0 else f"{self.scale:g} · "
        return f"{scale}{self.kind} of {self.expr} over {show(self.shape)}"

    @property
    def tensors(self) -> tuple[Tensor, ...]:
        return tuple(dict(self.inputs).values())

    @property
    def numbers(self) -> Scalars:
        return self.scalars

    def with_numbers(self, numbers: Scalars) -> Call:
        return replace(self, scalars=numbers)

    @property
    def entries(self) -> int:
        return math.prod(self.shape)

    @property
    def flops(self) -> int:
        return self.entries * (operations(self.expr) + 1)

    def loop(self) -> Reduction:
        """The sum or the maximum of the expression over some axes."""
        kept_axes = [i for i in range(len(self.shape)) if i not in self.axes]
        tensors = [*(t.strides for _, t in self.inputs), _column(self, self.shape)]

        def along(axes: Sequence[int], strides: Strides) -> Strides:
            return tuple(strides[i] for i in axes)

        outer_strides = [self.out.strides, *(along(kept_axes, s) for s in tensors)]
        kept, (out, *outer) = joined(along(kept_axes, self.shape), outer_strides)
        reduced, inner = joined(along(self.axes, self.shape), [along(self.axes, s) for s in tensors])
        k = _operands(self)
        kept_sizes = tuple(k.integer(f"size_{axis}", n) for axis, n in enumerate(kept))
        reduced_sizes = tuple(k.integer(f"size_{axis}", n) for axis, n in enumerate(reduced, start=len(kept)))
        # A maximum takes a nan over from any entry, as NumPy's does.
        start, combine = {
            "sum": ("0", "acc += {0};"),
            "max": ("-INFINITY", "acc = {0} > acc || isnan({0}) ? {0} : acc;"),
        }[self.kind]
        loads = _loads(k, self, [a + b for a, b in zip(outer, inner, strict=True)])
        called, value = unconditional(self.expr)
        step = [*loads, *called, f"const REAL value = {value};", combine.format("value")]
        scale = ""
        if self.scale != 1.0:
            k.real("result_scale", self.scale)
            scale = "result_scale*"
        return Reduction(
            f"out = {scale}{self.kind} of {self.expr}",
            k,
            kept,
            kept_sizes,
            reduced,
            reduced_sizes,
            start,
            "\n".join(step),
            combine,
            f"{k.entry('out', out)} = {scale}acc;",
            # What is the same along a sum is read once, wherever it lies.
            any(along[-1] == 1 for along in inner)
            and not any(beside[-1] == 1 and any(along) for beside, along in zip(outer, inner, strict=True)),
        )


@dataclass(frozen=True, slots=True)
class Gemm(Call):
    """``out (…, M, N) = a (…, M, K) · b (…, K, N) [+ bias (N,)]``: a matrix product, or a stack of them.

    The axes before the last two are the stack's, the same for all three; an operand that the whole stack shares has
    stride 0 along them, as a transposed one has its last two strides swapped.
    """

    a: Tensor
    b: Tensor
    bias: Tensor | None = None

    @property
    def sizes(self) -> tuple[int, int, int]:
        """M, N and K."""
        return self.a.shape[-2], self.b.shape[-1], self.a.shape[-1]

    def stack(self) -> tuple[tuple[int, ...], tuple[Strides, Strides, Strides]]:
        """The sizes of the stack's axes, neighbours joined, and the strides of ``out``, ``a`` and ``b`` along them.
        Errors: ValueError for more than two axes."""
        if len(self.out.shape) == 2:
            return (), ((), (), ())
        sizes, (out, a, b) = joined(self.out.shape[:-2], [t.strides[:-2] for t in (self.out, self.a, self.b)])
        if len(sizes) > 2:
            raise ValueError(f"a product at {self.node} has {len(sizes)} axes in its stack; two are the most")
        return sizes, (out, a, b)

    @property
    def does(self) -> str:
        return f"{show(self.a.shape)} times {show(self.b.shape)}" + (" + bias" if self.bias else "")

    @property
    def tensors(self) -> tuple[Tensor, ...]:
        return (self.a, self.b, self.bias) if self.bias else (self.a, self.b)

    @property
    def entries(self) -> int:
        return 0

    @property
    def products(self) -> int:
        return self.out.size * self.a.shape[-1]

    @property
    def flops(self) -> int:
        return 2 * self.products + (self.out.size if self.bias else 0)

    def loop(self) -> Gemm:
        """A matrix product has kernels of its own, which need to know no more than this."""
        return self


@dataclass(frozen=True, slots=True)
class Gather(Call):
    """``out[i…, j…] = table[index[i…], j…]``: rows of a table of any rank, for an index of any rank.

    Without an index: the rows of this batch from the table of a data node, which the engine holds. An index is made
    of whole numbers; one outside of the table gives its first or last row.
    """

    table: Tensor | None = None
    index: Tensor | None = None
    first: str = ""
    """In a text that is of some rows of a batch: the variable that says which is the first."""

    @property
    def does(self) -> str:
        return f"rows of {show(self.table.shape)}" if self.table else "the batch's rows of the data"

    @property
    def tensors(self) -> tuple[Tensor, ...]:
        return tuple(t for t in (self.table, self.index) if t is not None)

    @property
    def feeds(self) -> bool:
        return self.table is None

    def moved(self, itemsize: int) -> int:
        # The table's rows, the batch's, and the row numbers.
        rows = self.out.shape[0] * 4 if self.index is None else self.index.held * itemsize
        return 2 * self.out.size * itemsize + rows

    def loop(self) -> Loop:
        """Every entry of every row."""
        k = Arguments()
        k.tensor("out", self.out, written=True)
        if self.table is None or self.index is None:
            k.external("const REAL *table", f"table/{self.node}")
            k.external("const int *rows", ROWS)
            k.external("const int *cursor", CURSOR)
            rows = (1, *(0 for _ in self.out.shape[1:]))
            entries = (0, *contiguous("", self.out.shape).strides[1:])
            shape, (out, rows, entries) = joined(self.out.shape, [self.out.strides, rows, entries])
            sizes = tuple(k.integer(f"size_{axis}", n) for axis, n in enumerate(shape))
            width = k.integer("width", math.prod(self.out.shape[1:]))
            place = f"(size_t)rows[{k.index('row', rows, ' + '.join(filter(None, ('cursor[1]', self.first))))}]*{width}"
            body = f"{k.entry('out', out)} = table[{k.index('entry', entries, place)}];"
            return Loop("out = the batch's rows of table", k, shape, sizes, body)
        k.tensor("table", self.table)
        k.tensor("index", self.index)
        split = len(self.index.shape)
        outer, (out, index) = joined(self.index.shape, [self.out.strides[:split], self.index.strides])
        inner, (out_row, row) = joined(self.table.shape[1:], [self.out.strides[split:], self.table.strides[1:]])
        shape = outer + inner
        last, apart = k.integer("last_row", self.table.shape[0] - 1), k.integer("row_stride", self.table.strides[0])
        entry = k.index("table", (0,) * len(outer) + row, "table_at")
        body = (
            f"const int row = clamp(convert_int_sat({k.entry('index', index)}), 0, {last});\n"
            f"{k.entry('out', out + out_row)} = table_buf[{entry} + (size_t)row*{apart}];"
        )
        sizes = tuple(k.integer(f"size_{i}", n) for i, n in enumerate(shape))
        return Loop("out = rows of table", k, shape, sizes, body)


@dataclass(frozen=True, slots=True)
class Draw(Call):
    """``out[i]`` = a random number in [0, 1) that follows from (seed, node, step, i); see ``compute.draws``."""

    first: str = ""
    """In a text that is of some rows of a batch: the variable that says which is the first."""

    @property
    def does(self) -> str:
        return "random numbers in [0, 1)"

    @property
    def flops(self) -> int:
        # For each, three rounds of the hash and what is made of it.
        return self.out.size * 27

    def loop(self) -> Loop:
        """Random numbers, as ``compute.draws.uniform`` draws them."""
        k = Arguments()
        k.tensor("out", self.out, written=True)
        k.external("const int *cursor", CURSOR)
        shape, (out, count) = joined(self.out.shape, [self.out.strides, contiguous("", self.out.shape).strides])
        sizes = tuple(k.integer(f"size_{axis}", n) for axis, n in enumerate(shape))
        start = f"{self.first}*{self.out.size // self.out.shape[0]}" if self.first else "0"
        body = [
            f"uint h = (uint)cursor[2]; {C_MIX}",
            f"h ^= {key_of_node(self.node):#x}u ^ (uint)cursor[4]; {C_MIX}",
            f"h ^= (uint)({k.index('count', count, start)}); {C_MIX}",
            f"{k.entry('out', out)} = (REAL)(h >> 8)*{SCALE!r};",
        ]
        return Loop("out = random numbers in [0, 1)", k, shape, sizes, "\n".join(body))


Form: TypeAlias = Loop | Reduction | Gemm
"""The ways in which indices can be gone through; each schedule knows all of them."""

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


_FUNCTION = re.compile(r"\b(?!isnan|isinf|fabs|fmax|fmin|floor|min|max|clamp)[a-z]\w*\(")


def unconditional(expr: str) -> tuple[list[str], str]:
    """Statements that call an expression's functions, innermost first, and the expression over what they give. A
    function that stands in one branch of a condition alone would be called entry by entry, not for a vector."""
    lines: dict[str, str] = {}
    while starts := [*_FUNCTION.finditer(expr)]:
        start = starts[-1]
        end, depth = start.end(), 1
        while depth:
            depth += {"(": 1, ")": -1}.get(expr[end], 0)
            end += 1
        name = lines.setdefault(expr[start.start() : end], f"inner_{len(lines)}")
        expr = expr[: start.start()] + name + expr[end:]
    return [f"const REAL {name} = {called};" for called, name in lines.items()], expr


def _column(call: Map | Reduce, shape: Sequence[int]) -> Strides:
    """The strides of the index along the last axis, when the expression asks for it: it keeps that axis apart."""
    asked = "col" in names_in(call.expr) and len(shape) > 0
    return (0,) * (len(shape) - 1) + (int(asked),) if shape else ()


__all__ = [
    "Call",
    "Draw",
    "Form",
    "Gather",
    "Gemm",
    "Map",
    "Named",
    "Reduce",
    "Scalars",
    "Tensor",
    "contiguous",
    "operations",
]
