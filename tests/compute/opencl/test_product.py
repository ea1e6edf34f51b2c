"""Products that are written for their sizes, and the pieces that they are made of."""

from __future__ import annotations

import re
from itertools import product as pairs

import numpy as np
import pytest

from compute.calls import Gemm
from compute.loops import indented
from compute.opencl.engine import OpenCLEngine
from compute.opencl.kernel import Kernel, Traits
from compute.opencl.product import product
from compute.opencl.vectors import fold, turn
from compute.strided import Tensor, contiguous

PROCESSOR = Traits(gpu=False, units=2, largest_work_group=4096, largest_y=4096, vector=16)


@pytest.mark.parametrize("width", [2, 4, 8, 16])
def test_sums_come_to_lie_in_order(width: int) -> None:
    _, functions = fold([f"sum[{i}]" for i in range(width)], width)
    entries = {i: [{(i, k)} for k in range(width)] for i in range(width)}
    (text,) = functions.values()

    def met(part: str) -> list[set[tuple[int, int]]]:
        runs = re.findall(r"x(\d+)\.s(\w+)", part)
        return [entries[int(of)][int(entry, 16)] for of, run in runs for entry in run]

    for target, first, second in re.findall(r"x(\d+) = \(REAL\d+\)\((.*?)\)\s+\+ \(REAL\d+\)\((.*?)\);", text):
        entries[int(target)] = [one | other for one, other in zip(met(first), met(second), strict=True)]
    assert entries[0] == [{(i, k) for k in range(width)} for i in range(width)]


def computed(engine: OpenCLEngine, call: Gemm, arrays: dict[str, np.ndarray]) -> tuple[np.ndarray, str] | None:
    """What the product's own text gives, and that text, if it has one."""
    made = product(call, PROCESSOR, lambda tensor: (tensor.buffer, tensor.offset))
    if made is None:
        return None
    called, functions = made
    names = ["out", "a", "b", "bias"]
    declared = ", ".join(f"__global REAL *{name}" for name in names)
    text = "\n".join([*functions.values(), f"__kernel void NAME({declared})\n{{\n{indented(called)}\n}}\n"])
    device = engine.device
    kernel = Kernel("product", text, (), (1,), (1,))
    device.library.build([kernel])
    built = device.library.kernel(kernel)
    buffers = [device.upload(arrays[name].astype(device.dtype)) for name in names]
    for at, buffer in enumerate(buffers):
        built.set_arg(at, buffer)
    device.enqueue(device.queue, built, (1,), (1,))
    return device.read(buffers[0], arrays["out"].size), text


def test_however_the_operands_lie(opencl_double: OpenCLEngine) -> None:
    random, ways = np.random.default_rng(4), set[str]()
    for (m, n, k), turned in pairs([(33, 17, 20), (3, 5, 40)], pairs((False, True), repeat=3)):
        a, b, bias = random.normal(size=(m, k)), random.normal(size=(k, n)), random.normal(size=n)

        def lying(name: str, of: np.ndarray, swapped: bool) -> tuple[Tensor, np.ndarray]:
            if swapped:
                return contiguous(name, of.shape[::-1]).transposed(), of.T.reshape(-1)
            return contiguous(name, of.shape), of.reshape(-1)

        out, _ = lying("out", np.zeros((m, n)), turned[0])
        left, a_flat = lying("a", a, turned[1])
        right, b_flat = lying("b", b, turned[2])
        for given in (contiguous("bias", (n,)), None):
            # What must not be touched is seen behind the result.
            arrays = {"out": np.full(m * n + 16, 7.0), "a": a_flat, "b": b_flat, "bias": bias}
            found = computed(opencl_double, Gemm("node", out, left, right, given), arrays)
            if found is None:
                continue
            flat, text = found
            entries = np.lib.stride_tricks.as_strided(flat, (m, n), [8 * stride for stride in out.strides])
            np.testing.assert_allclose(entries, a @ b + (bias if given else 0), 1e-12, 1e-12)
            np.testing.assert_array_equal(flat[m * n :], 7.0)
            ways.add("along" if "total" in text else "turned" if "panel" in text else "across")
            if given:
                break  # without a bias it is the same text but for where sums begin
    assert ways == {"across", "along", "turned"}


def test_a_square_is_turned_by_vectors() -> None:
    lines, functions = turn(16, "from + i*16", "to + i*16")
    assert sum("turn16(x);" in line for line in lines) == 1
    assert "zipped" in functions["turn16"]
