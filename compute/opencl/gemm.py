"""The matrix product: which of the kernels in ``kernels/gemm_*.cl`` computes it, and with which tile sizes.

One text serves every size and every way the operands lie, so that each is built once for a device, not once for a
network.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from compute.calls import Gemm
from compute.loops import SERIAL, Value, indented
from compute.opencl.kernel import Kernel, Traits
from compute.strided import Strides, Tensor

SOURCES = Path(__file__).with_name("kernels")
DEPTH = 192
"""For processors: the most rows of B that a work-item packs at a time; with two vectors a row they are 12 or 24 KiB, so
that the first cache holds them beside some rows of A."""
FEWEST_ROWS, MOST_ROWS = 64, 256
"""Rows of a processor's work-item: enough to pay for packing its panel, few enough to leave A in the cache."""
BLOCK = 288
"""The most rows of A that it packs, a multiple of every tile's: 234 KiB, to stay in the second cache."""
FEWEST_PACKED = 144
"""Rows for which it packs a panel, at least, so that this takes little of its time."""
FEWEST_COLUMNS, MOST_COLUMNS = 256, 1024
"""Columns of a work-item that packs A: enough to pay for that, few enough that the cores end together."""
PACKING = 16
"""Multiply-adds by a vector that take as long as a number takes to be packed."""
SIDE = 16
"""For graphics processors: work-items along each side of a tile."""


def gemm_kernel(call: Gemm, device: Traits) -> Kernel:
    """The kernel for a product."""
    return _gpu(call, device) if device.gpu else _cpu(call, device)


@dataclass(frozen=True)
class Tile:
    """What a processor's work-item computes at a time: ``rows`` times ``vectors`` sums of ``width`` floats each.

    They fill the registers, with room for the vectors of B and one number of A: of 16 vector registers 12, of the 32
    that come with vectors of 16 floats 16 (more gained nothing). Twice the width would keep sums in memory: it was
    two and a half times as slow.
    """

    width: int
    rows: int
    vectors: int

    @classmethod
    def of(cls, columns: int, device: Traits) -> Tile:
        """The tile for a product with so many columns."""
        width = min(max(device.vector, 4), 16)
        vectors = 2 if columns > width else 1
        return cls(width, 8 if width == 16 or vectors == 1 else 6, vectors)

    @property
    def columns(self) -> int:
        """Columns of the panel that it is a part of."""
        return self.width * self.vectors

    @property
    def name(self) -> str:
        return f"{self.rows}x{self.columns}"

    def text(self, *sources: str, packed: bool = False, stacked: bool = False) -> str:
        """Templates with these sizes. packed: whether a work-item packs its rows of A; stacked: whether there is a
        stack of products."""
        constants: dict[str, int | str] = {
            "PACKED": int(packed),
            "STACKED": int(stacked),
            # A panel of one vector is not worth the time that it takes to build this.
            "ZIPPED": int(packed or self.vectors > 1),
            "BLOCK": BLOCK,
            "ROWS": self.rows,
            "DEPTH": DEPTH,
            "VECTORS": self.vectors,
            "WIDTH": self.width,
            "REALV": f"REAL{self.width}",
            "VLOAD": f"vload{self.width}",
            "VSTORE": f"vstore{self.width}",
        }
        return _text(constants, *sources)

    @property
    def function(self) -> str:
        """The text of ``gemm_<name>_block``, which computes some rows of some columns of the product. Never inlined: a
        text that calls it in many places takes a third less time to build, and is as fast."""
        text = self.text("gemm_cpu").replace("NAME", f"gemm_{self.name}")
        return text.replace("static void", "static __attribute__((noinline)) void")


def _cpu(call: Gemm, device: Traits) -> Kernel:
    m, n, _ = call.sizes
    stack = call.stack()[0]
    tile = Tile.of(n, device)
    panels = -(-n // tile.columns)
    # Some four work-items for each core, so that none waits long for another.
    wanted = -(-4 * device.units // math.prod(stack))
    packed = 2 * -(-m // FEWEST_PACKED) * (n // FEWEST_COLUMNS) >= wanted
    if packed:
        rows, columns = _packed(m, n, -(-wanted // 2))
    else:
        columns = tile.columns
        rows = min(max(-(-m // -(-wanted // panels)), FEWEST_ROWS), MOST_ROWS)
    rows, columns = _whole(rows, tile.rows), _whole(columns, tile.columns)
    name = f"gemm_{tile.name}{'_packed' if packed else ''}{_stacked(stack)}"
    text = tile.text("gemm_cpu", "gemm_cpu_launch", packed=packed, stacked=bool(stack))
    index_space = (-(-m // rows), -(-n // columns), math.prod(stack)) if stack else (-(-m // rows), -(-n // columns))
    return Kernel(name, text, _values(call, rows, columns), index_space, (1,) * len(index_space), shared=True)


def _packed(m: int, n: int, wanted: int) -> tuple[int, int]:
    """Rows and columns of work-items that pack both operands, at least so many: as few are packed again as can be."""

    def packing(parts: tuple[int, int]) -> float:
        down, across = parts
        # Cores that end later than others count too.
        return -(-down * across // wanted) / (down * across) * (1 + PACKING * (across / n + down / m))

    down = range(-(-m // BLOCK), -(-m // FEWEST_ROWS) + 1)
    across = range(-(-n // MOST_COLUMNS), max(1, n // FEWEST_COLUMNS) + 1)
    best = min(((i, j) for i in down for j in across), key=packing)
    return -(-m // best[0]), -(-n // best[1])


def _stacked(stack: tuple[int, ...]) -> str:
    return "_stacked" if stack else ""


def _whole(count: int, each: int) -> int:
    """The least multiple of ``each`` that is at least ``count``."""
    return -(-count // each) * each


def block_call(call: Gemm, device: Traits, located: Callable[[Tensor], tuple[str, int]]) -> tuple[Tile, str]:
    """The tile of a product, and the statement that computes all of it, a call of the tile's function for each of a
    stack.

    ``located``: the variable that a tensor's buffer is called by, and its first element in it.
    """

    stack, strides = call.stack()

    def operand(tensor: Tensor, along: Strides) -> str:
        name, at = located(tensor)
        steps = "".join(f" + s_{axis}*{stride}" for axis, stride in enumerate(along) if stride)
        return f"{name}, {at}{steps}, {tensor.strides[-2]}, {tensor.strides[-1]}"

    m, n, k = call.sizes
    tile = Tile.of(n, device)
    name, at = located(call.bias or call.a)
    bias = f"1, {name}, {at}, {call.bias.strides[0]}" if call.bias else f"0, {name}, {at}, 0"
    operands = ", ".join(map(operand, (call.out, call.a, call.b), strides))
    text = f"gemm_{tile.name}_block(0, {m}, 0, {n}, {k}, {operands}, {bias});"
    for axis in reversed(range(len(stack))):
        text = f"{SERIAL}\nfor (int s_{axis} = 0; s_{axis} < {stack[axis]}; s_{axis}++)\n{indented(text)}"
    return tile, text


def _gpu(call: Gemm, device: Traits) -> Kernel:
    m, n, _ = call.sizes
    stack = call.stack()[0]

    def tiles(each: int) -> tuple[int, int]:
        return -(-n // (SIDE * each)), -(-m // (SIDE * each))

    # The largest tile that still gives every compute unit work.
    each = next((e for e in (4, 2) if tiles(e)[0] * tiles(e)[1] * math.prod(stack) >= device.units), 1)
    x, y = tiles(each)
    text = _text({"SIDE": SIDE, "EACH": each, "STACKED": int(bool(stack))}, "gemm_gpu")
    values = _values(call, int(call.a.strides[-1] == 1), int(call.b.strides[-1] != 1))
    index_space = (x * SIDE, y * SIDE, math.prod(stack)) if stack else (x * SIDE, y * SIDE)
    work_group = (SIDE, SIDE, 1)[: len(index_space)]
    return Kernel(f"gemm_gpu_{each}{_stacked(stack)}", text, values, index_space, work_group, shared=True)


def _text(constants: Mapping[str, int | str], *sources: str) -> str:
    """Templates with their constants defined around them."""
    defined = [f"#define {name} {value}" for name, value in constants.items()]
    return "\n".join([*defined, *map(_source, sources), *(f"#undef {name}" for name in constants), ""])


@cache
def _source(name: str) -> str:
    return (SOURCES / f"{name}.cl").read_text(encoding="utf-8")


def _values(call: Gemm, *tuning: int) -> tuple[Value, ...]:
    """The arguments that all templates take, with those of one of them after the sizes, and for a stack those of its
    axes at the end: the size of the inner one, and along both the strides of the result and the operands."""
    m, n, k = call.sizes
    stack, strides = call.stack()
    inner = stack[-1] if stack else 1
    along = [(0,) * (2 - len(of)) + of for of in strides if stack]
    bias = call.bias or Tensor(call.a.buffer, (1,), (0,), call.a.offset)
    return (
        m,
        n,
        k,
        *tuning,
        *_operand(call.out),
        *_operand(call.a),
        *_operand(call.b),
        int(call.bias is not None),
        bias,
        bias.strides[0],
        *((inner, *(stride for of in along for stride in of)) if stack else ()),
    )


def _operand(tensor: Tensor) -> tuple[Tensor, int, int]:
    rows, columns = tensor.strides[-2:]
    return tensor, rows, columns
