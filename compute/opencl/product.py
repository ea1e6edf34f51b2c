"""Matrix products whose sizes and strides are known when their text is made, for one work-item of a processor.

Where one operand lies in memory as the result does, a vector holds neighbouring entries of the result, and takes a
vector of that operand times one number of the other at a time (``_Across``); where it lies the other way round, some of
its columns at a time are turned around first. Where both operands lie along what is added up, a vector may hold partial
sums of one entry (``_Along``). The batch innermost, values and their gradients are of the first kind, gradients of
weights of either, whichever takes fewer cycles. Always a block of the result has all its sums in registers. A last
block that is not whole begins earlier, and computes some entries again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from compute.calls import Gemm
from compute.loops import indented
from compute.opencl.gemm import DEPTH
from compute.opencl.kernel import Traits
from compute.opencl.vectors import (
    AT_VECTORS,
    FEWEST,
    IN_TURN,
    MOST,
    Functions,
    blocks,
    fold,
    steps,
    turn,
    unrolled,
    vector,
    widths,
)
from compute.strided import Tensor

Located = Callable[[Tensor], tuple[str, int]]
"""The variable that a tensor's buffer is called by, and its first element in it."""

WRITTEN_OUT = 64
"""Multiply-adds of vectors up to which a loop over what is added up is unrolled."""


def product(call: Gemm, device: Traits, located: Located, *, as_launched: bool = False) -> tuple[str, Functions] | None:
    """The statement that computes a product, and the functions that it calls; None where nothing lies as vectors are
    read. Products alike but for where they lie are one function. as_launched: whether sums go in the order in which the
    product's own kernel adds them up."""
    if len(call.out.shape) > 2 or (as_launched and call.sizes[2] > DEPTH):
        return None
    found, widest = _Product.of(call, as_launched), min(max(device.vector, FEWEST), MOST)
    ways: list[_Across | _Along] = [*_Across.ways(found, widest), *_Along.ways(found, widest)]
    if not ways:
        return None
    lines, functions = min(ways, key=lambda way: way.cycles).text()
    operands = {"out": found.out, "a": found.a, "b": found.b, **({"bias": found.bias} if found.bias else {})}
    declared = [f"__global {'' if name == 'out' else 'const '}REAL *{name}" for name in operands]
    text = indented("\n".join(lines))
    name = f"product_{'_'.join(map(str, found.sizes))}_{hashlib.sha256(text.encode()).hexdigest()[:8]}"
    head = f"static inline void {name}({', '.join(declared)})"
    functions |= {name: f"{head}\n{{\n{text}\n}}\n"}
    starts = [f"{buffer} + {start}" for buffer, start in map(located, operands.values())]
    return f"{name}({', '.join(starts)});", functions


@dataclass(frozen=True)
class _Product:
    """``out`` (rows, columns) = ``a`` (rows, K) · ``b`` (K, columns) + ``bias``, one number for each row or column."""

    out: Tensor
    a: Tensor
    b: Tensor
    bias: Tensor | None
    by_row: bool
    as_launched: bool

    @classmethod
    def of(cls, call: Gemm, as_launched: bool) -> _Product:
        """The product such that the columns of the result are those that lie side by side."""
        (rows, columns), (row, column) = call.out.shape, call.out.strides
        if columns == 1 or (rows > 1 and row == 1 != column):
            out, a, b = call.out.transposed(), call.b.transposed(), call.a.transposed()
            return cls(out, a, b, call.bias, True, as_launched)
        return cls(call.out, call.a, call.b, call.bias, False, as_launched)

    @property
    def sizes(self) -> tuple[int, int, int]:
        """Rows, columns, K."""
        return self.out.shape[0], self.out.shape[1], self.a.shape[1]

    def place(self, name: str, *indices: str) -> str:
        """Where an entry of ``out``, ``a``, ``b`` or ``bias`` lies."""
        steps = zip(indices, getattr(self, name).strides, strict=True)
        return " + ".join(
            [name, *(index if stride == 1 else f"({index})*{stride}" for index, stride in steps if stride)]
        )


@dataclass(frozen=True)
class _Across:
    """By vectors of neighbouring entries. width: of a vector; high, beside: rows of a block, and its vectors in each.
    turned: whether the columns of ``b`` do not lie side by side."""

    of: _Product
    width: int
    high: int
    beside: int
    turned: bool

    @classmethod
    def ways(cls, of: _Product, widest: int) -> Iterator[_Across]:
        """All that fit the registers, of which some hold a row of vectors and a number."""
        rows, columns, k = of.sizes
        by_vectors = of.bias is None or of.by_row or of.bias.strides == (1,)
        if of.out.strides[1] != 1 or 1 not in of.b.strides or not by_vectors:
            return
        turned, registers = of.b.strides[1] != 1, 30 if widest == MOST else 14
        for width in widths(min(widest, columns, k if turned else columns)):
            for beside in range(1, -(-columns // width) + 1):
                for high in range(1, min(rows, (registers - 1 - beside) // beside) + 1):
                    yield cls(of, width, high, beside, turned)

    @property
    def cycles(self) -> float:
        """Roughly what it takes."""
        rows, columns, k = self.of.sizes
        turning = -(-k // self.width) * self.beside * (4 * self.width + 50) if self.turned else 0
        block = k * _cycles(self.high, self.beside) + 2 * self.high * self.beside + 6
        return -(-columns // (self.beside * self.width)) * (turning + -(-rows // self.high) * block)

    def text(self) -> tuple[list[str], Functions]:
        """Its statements and functions."""
        of, width, high, beside = self.of, self.width, self.high, self.beside
        (rows, columns, k), panel = of.sizes, beside * width
        at = f"v + j*{width}" if columns % panel == 0 else f"min(v + j*{width}, (size_t){columns - width})"
        start, total = f"(REAL{width})(0)", "sum[i][j]"
        if of.bias:
            bias = f"vload{width}(0, {of.place('bias', at)})"
            bias = f"(REAL{width})(*({of.place('bias', 'u + i')}))" if of.by_row else bias
            start, total = (start, f"{total} + {bias}") if of.as_launched else (bias, total)
        right = f"panel + k*{panel} + j*{width}" if self.turned else of.place("b", "k", at)
        multiplied = unrolled("j", beside, "sum[i][j] += left*right[j];")
        lines = [
            f"REAL{width} sum[{high}][{beside}];",
            *_both(high, beside, f"sum[i][j] = {start};"),
            "#pragma unroll" if k * high * beside <= WRITTEN_OUT else IN_TURN,
            f"for (size_t k = 0; k < {k}; k++) {{",
            f"    REAL{width} right[{beside}];",
            *map(indented, unrolled("j", beside, f"right[j] = vload{width}(0, {right});")),
            *map(indented, unrolled("i", high, f"const REAL left = *({of.place('a', 'u + i', 'k')});", *multiplied)),
            "}",
            *_both(high, beside, f"vstore{width}({total}, 0, {of.place('out', 'u + i', at)});"),
        ]
        lines = blocks("u", rows, high, lines)
        functions = Functions()
        if self.turned:
            square, functions = turn(width, of.place("b", "k", f"{at} + i"), f"panel + (k + i)*{panel} + j*{width}")
            packed = blocks("k", k, width, unrolled("j", beside, *square))
            lines = [f"REAL panel[{k * panel}]{AT_VECTORS};", *_scope(packed), *_scope(lines)]
        return steps("v", columns, panel, lines), functions


@dataclass(frozen=True)
class _Along:
    """By vectors of partial sums, which are folded at the end, all of a block at once. high, beside: rows and columns
    of a block."""

    of: _Product
    width: int
    high: int
    beside: int

    @classmethod
    def ways(cls, of: _Product, widest: int) -> Iterator[_Along]:
        """All whose sums fit one vector in the end."""
        rows, columns, k = of.sizes
        if of.a.strides[1] != 1 or of.b.strides[0] != 1 or k < FEWEST or of.bias or of.as_launched:
            return
        width = widths(min(widest, k))[0]
        powers = [1 << e for e in range(width.bit_length())]
        for high in [each for each in powers if each <= rows]:
            for beside in [each for each in powers if each <= columns and high * each <= width]:
                yield cls(of, width, high, beside)

    @property
    def cycles(self) -> float:
        """Roughly what it takes."""
        rows, columns, k = self.of.sizes
        block = -(-k // self.width) * _cycles(self.high, self.beside) + 3 * self.high * self.beside + 2 * self.high + 20
        return -(-rows // self.high) * -(-columns // self.beside) * block

    def text(self) -> tuple[list[str], Functions]:
        """Its statements and functions."""
        of, width, high, beside = self.of, self.width, self.high, self.beside
        (rows, columns, k), count = of.sizes, high * beside
        at, left = "k", f"vload{width}(0, {of.place('a', 'u + i', 'at')})"
        if k % width:
            # The last vector begins earlier, and its entries that were added up already count as 0.
            at = f"min(k, (size_t){k - width})"
            lanes = f"(REAL{width})({', '.join(map(str, range(width)))})"
            left = f"{lanes} + (REAL)at >= (REAL)k ? {left} : (REAL{width})(0)"
        right = f"right[j] = vload{width}(0, {of.place('b', 'at', 'v + j')});"
        multiplied = unrolled("j", beside, f"sum[i*{beside} + j] += left*right[j];")
        folded, functions = fold([f"sum[{i}]" for i in range(count)], width)
        lines = [
            f"REAL{width} sum[{count}];",
            *unrolled("i", count, f"sum[i] = (REAL{width})(0);"),
            "#pragma unroll" if -(-k // width) * count <= WRITTEN_OUT else IN_TURN,
            f"for (size_t k = 0; k < {k}; k += {width}) {{",
            f"    const size_t at = {at};",
            f"    REAL{width} right[{beside}];",
            *map(indented, unrolled("j", beside, right)),
            *map(indented, unrolled("i", high, f"const REAL{width} left = {left};", *multiplied)),
            "}",
            f"const {vector(count)} total = {folded};",
            *self._stored(),
        ]
        return blocks("u", rows, high, blocks("v", columns, beside, lines)), functions

    def _stored(self) -> Iterable[str]:
        """The entries of a block from ``total`` to where they belong."""
        of, count = self.of, self.high * self.beside
        together = of.out.strides[1] == 1 and self.beside > 1
        for i in range(self.high):
            if together:
                taken = "".join(f"{i * self.beside + j:x}" for j in range(self.beside))
                yield f"vstore{self.beside}(total.s{taken}, 0, {of.place('out', f'u + {i}', 'v')});"
            for j in range(0 if together else self.beside):
                one = f"total.s{i * self.beside + j:x}" if count > 1 else "total"
                yield f"*({of.place('out', f'u + {i}', f'v + {j}')}) = {one};"


def _cycles(high: int, beside: int) -> float:
    """Of one turn of a block: two multiply-adds and two loads at a time, and a sum waits four for the one before."""
    return max(high * beside / 2, (high + beside) / 2, 4.0)


def _both(high: int, beside: int, body: str) -> list[str]:
    return unrolled("i", high, *unrolled("j", beside, body))


def _scope(lines: Iterable[str]) -> list[str]:
    return ["{", *map(indented, lines), "}"]
