"""The matrix product, from both families of kernels, at every size and layout that a plan can ask for."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from compute.calls import Gemm, Tensor, contiguous
from compute.opencl.engine import OpenCLEngine
from compute.opencl.gemm import BLOCK, DEPTH, FEWEST_COLUMNS, MOST_ROWS, gemm_kernel
from compute.opencl.kernel import Traits
from compute.opencl.schedule import Site

Array = npt.NDArray[Any]

SIZES = [
    (1, 1, 1),
    (1, 17, 5),
    (7, 1, 300),
    (8, 16, 16),
    (13, 15, 17),
    (17, 33, 31),
    (64, 32, DEPTH),
    (65, 31, DEPTH + 1),
    (MOST_ROWS + 9, 47, 2 * DEPTH - 1),
    # These pack A too, the last with a row and a column left over.
    (BLOCK, 2 * FEWEST_COLUMNS, 3),
    (BLOCK + 1, FEWEST_COLUMNS + 1, DEPTH + 7),
    (1009, 3, 2),
    (3, 1009, 2),
    (2, 3, 1009),
    (128, 128, 128),
]
LAYOUTS = ["NN", "NT", "TN", "TT"]


def operand(name: str, rows: int, columns: int, layout: str) -> Tensor:
    """A matrix that lies row after row behind five other numbers, or column after column."""
    if layout == "N":
        return contiguous(name, (rows, columns), 5)
    return contiguous(name, (columns, rows), 5).transposed()


def seen(tensor: Tensor, flat: Array) -> Array:
    """The entries of a tensor."""
    strides = [s * flat.itemsize for s in tensor.strides]
    return np.lib.stride_tricks.as_strided(flat[tensor.offset :], tensor.shape, strides)


def multiply(engine: OpenCLEngine, traits: Traits, call: Gemm) -> None:
    """Compute a product on the device and compare it; nothing but its own entries may change."""
    device, random = engine._device, np.random.default_rng(0)
    flat = {name: random.normal(size=9 + size) for name, size in extents(call).items()}
    buffers = {name: device.upload(values.astype(device.dtype)) for name, values in flat.items()}
    kernel = gemm_kernel(call, traits)
    device.library.build([kernel])
    site = Site(device, kernel, {})
    site.bind(buffers)
    device.enqueue(device.queue, site.kernel, site.global_size, site.local_size)
    actual = device.read(buffers["c"], flat["c"].size)
    expected = flat["c"].astype(device.dtype)
    product = seen(call.a, flat["a"]) @ seen(call.b, flat["b"])
    if call.bias is not None:
        product = product + seen(call.bias, flat["bias"])
    seen(call.out, expected)[...] = product
    depth = call.a.shape[1]
    np.testing.assert_allclose(actual, expected, rtol=1e-5, atol=3e-6 * depth, err_msg=str(call))


def extents(call: Gemm) -> dict[str, int]:
    """How many elements each buffer must hold."""
    tensors = [t for t in (call.out, call.a, call.b, call.bias) if t is not None]
    return {t.buffer: t.offset + 1 + sum((n - 1) * s for n, s in zip(t.shape, t.strides, strict=True)) for t in tensors}


@pytest.fixture(params=["processor", "graphics processor"])
def traits(request: pytest.FixtureRequest, opencl: OpenCLEngine) -> list[Traits]:
    """Each family of kernels in all its tile sizes; a processor can run those for graphics processors too."""
    own = opencl._device.traits
    if request.param == "processor":
        return [replace(own, gpu=False, units=units, vector=vector) for units in (1, 64) for vector in (1, 4, 8, 16)]
    return [replace(own, gpu=True, units=units) for units in (1, 8, 1000)]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_size_and_layout(layout: str, traits: list[Traits], opencl: OpenCLEngine) -> None:
    for (m, n, k), one in itertools.product(SIZES, traits):
        a, b = operand("a", m, k, layout[0]), operand("b", k, n, layout[1])
        for bias in (None, contiguous("bias", (n,), 2)):
            multiply(opencl, one, Gemm("node", contiguous("c", (m, n), 3), a, b, bias))


def test_a_processor_packs_both_operands_of_a_large_product(opencl: OpenCLEngine) -> None:
    traits = replace(opencl._device.traits, gpu=False, units=2)

    def packed(m: int, n: int) -> bool:
        call = Gemm("node", contiguous("c", (m, n)), contiguous("a", (m, 512)), contiguous("b", (512, n)))
        return gemm_kernel(call, traits).title.endswith("packed")

    assert packed(512, 2048)
    assert packed(784, 512)
    # Too few panels use a block of A, or too few work-items would be left.
    assert not packed(2048, 10)
    assert not packed(64, 512)


def test_a_result_that_lies_in_columns_or_apart(traits: list[Traits], opencl: OpenCLEngine) -> None:
    a, b = contiguous("a", (19, 21)), contiguous("b", (21, 35))
    for one in traits:
        multiply(opencl, one, Gemm("node", operand("c", 19, 35, "T"), a, b))
        multiply(opencl, one, Gemm("node", Tensor("c", (19, 35), (50, 1), 7), a, b, contiguous("bias", (35,))))


def test_operands_that_repeat_one_number(traits: list[Traits], opencl: OpenCLEngine) -> None:
    """As the gradient of a sum does: strides of 0."""
    for one in traits:
        multiply(
            opencl, one, Gemm("n", contiguous("c", (9, 40)), Tensor("a", (9, 12), (0, 0)), contiguous("b", (12, 40)))
        )
        multiply(
            opencl, one, Gemm("n", contiguous("c", (9, 40)), contiguous("a", (9, 12)), Tensor("b", (12, 40), (1, 0)))
        )
        multiply(
            opencl, one, Gemm("n", contiguous("c", (9, 40)), contiguous("a", (9, 12)), Tensor("b", (12, 40), (0, 1)))
        )
