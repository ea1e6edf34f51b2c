"""The matrix product: which of the kernels in ``kernels/gemm_*.cl`` computes it, and with which tile sizes.

One text serves every size and every way the operands lie, so that each is built once for a device, not once for a
network.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

from compute.calls import Gemm, Tensor
from compute.opencl.codegen import Kernel, Traits
from compute.opencl.loops import Value

SOURCES = Path(__file__).with_name("kernels")
WIDTH, ROWS, DEPTH = 16, 8, 256
"""For processors: ROWS x 2 vectors of WIDTH floats fill half of AVX-512's registers; DEPTH x 2 vectors are 32 KiB."""
FEWEST_ROWS, MOST_ROWS = 64, 256
"""Rows of a processor's work-item: enough to pay for packing its panel, few enough to leave A in the cache."""
SIDE = 16
"""For graphics processors: work-items along each side of a tile."""


def gemm_kernel(call: Gemm, device: Traits) -> Kernel:
    """The kernel for a product."""
    return _gpu(call, device) if device.gpu else _cpu(call, device)


def _cpu(call: Gemm, device: Traits) -> Kernel:
    m, n = call.a.shape[0], call.b.shape[1]
    vectors = 2 if n > WIDTH else 1
    panels = -(-n // (WIDTH * vectors))
    # Some four work-items for each core, so that none waits long for another.
    blocks = -(-4 * device.units // panels)
    each = min(max(-(-m // blocks), FEWEST_ROWS), MOST_ROWS)
    each = -(-each // ROWS) * ROWS
    text = _cpu_text(vectors, "gemm_cpu", "gemm_cpu_launch")
    return Kernel(f"gemm_cpu_{vectors}", text, _values(call, each), (-(-m // each), panels), (1, 1), shared=True)


def panel_function(vectors: int) -> str:
    """The text of ``gemm_<vectors>_panel``, which computes the product for ``vectors`` times WIDTH columns."""
    return _cpu_text(vectors, "gemm_cpu").replace("NAME", f"gemm_{vectors}")


def panel_calls(call: Gemm, located: Callable[[Tensor], tuple[str, int]]) -> tuple[int, str]:
    """Which panel function a product takes, and statements that compute all of it by calls of that function.

    ``located``: the variable that a tensor's buffer is called by, and its first element in it.
    """

    def operand(tensor: Tensor) -> str:
        name, at = located(tensor)
        return f"{name}, {at}, {tensor.strides[0]}, {tensor.strides[1]}"

    (m, k), n = call.a.shape, call.b.shape[1]
    vectors = 2 if n > WIDTH else 1
    name, at = located(call.bias or call.a)
    bias = f"1, {name}, {at}, {call.bias.strides[0]}" if call.bias else f"0, {name}, {at}, 0"
    operands = ", ".join(map(operand, (call.out, call.a, call.b)))
    panel = f"gemm_{vectors}_panel(0, {m}, n0, {m}, {n}, {k}, {operands}, {bias});"
    return vectors, f"for (int n0 = 0; n0 < {n}; n0 += {vectors * WIDTH}) {panel}"


def _gpu(call: Gemm, device: Traits) -> Kernel:
    m, n = call.a.shape[0], call.b.shape[1]

    def tiles(each: int) -> tuple[int, int]:
        return -(-n // (SIDE * each)), -(-m // (SIDE * each))

    # The largest tile that still gives every compute unit work.
    each = next((e for e in (4, 2) if tiles(e)[0] * tiles(e)[1] >= device.units), 1)
    x, y = tiles(each)
    text = _text({"SIDE": SIDE, "EACH": each}, "gemm_gpu")
    values = _values(call, int(call.a.strides[1] == 1), int(call.b.strides[1] != 1))
    return Kernel(f"gemm_gpu_{each}", text, values, (x * SIDE, y * SIDE), (SIDE, SIDE), shared=True)


def _cpu_text(vectors: int, *sources: str) -> str:
    constants: dict[str, int | str] = {
        "ROWS": ROWS,
        "DEPTH": DEPTH,
        "VECTORS": vectors,
        "WIDTH": WIDTH,
        "REALV": f"REAL{WIDTH}",
        "VLOAD": f"vload{WIDTH}",
        "VSTORE": f"vstore{WIDTH}",
    }
    return _text(constants, *sources)


def _text(constants: Mapping[str, int | str], *sources: str) -> str:
    """Templates with their constants defined around them."""
    defined = [f"#define {name} {value}" for name, value in constants.items()]
    return "\n".join([*defined, *map(_source, sources), *(f"#undef {name}" for name in constants), ""])


@cache
def _source(name: str) -> str:
    return (SOURCES / f"{name}.cl").read_text(encoding="utf-8")


def _values(call: Gemm, *tuning: int) -> tuple[Value, ...]:
    """The arguments that all templates take, with those of one of them after the sizes."""
    (m, k), n = call.a.shape, call.b.shape[1]
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
    )


def _operand(tensor: Tensor) -> tuple[Tensor, int, int]:
    rows, columns = tensor.strides
    return tensor, rows, columns
