"""The batch as the innermost axis: a choice of strides that shows the same numbers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from compute.batch_last import batch_last
from compute.calls import Gemm, Map, Reduce
from compute.plan import make_plan
from compute.strided import Tensor, contiguous
from tests.compute.opencl.test_fused import chain


def shown(tensor: Tensor, size: int) -> np.ndarray:
    """Which element of its buffer each entry is."""
    start = np.arange(size)[tensor.offset :]
    return np.lib.stride_tricks.as_strided(start, tensor.shape, [8 * stride for stride in tensor.strides])


def test_every_view_shows_the_same_entries() -> None:
    plan = make_plan(chain(3, 5, 2).analysis, 7, "L", "train")
    turned = batch_last(plan)
    seen = 0
    for before, after in zip(plan.calls, turned.calls, strict=True):
        for one, other in zip((before.out, *before.tensors), (after.out, *after.tensors), strict=True):
            if one == other:
                continue
            size = plan.sizes[one.buffer]
            # What lay at row · width + column lies at column · rows + row.
            place = np.arange(size).reshape(size // 7, 7).T.reshape(-1)
            np.testing.assert_array_equal(place[shown(one, size)], shown(other, size))
            seen += 1
    assert seen > 20
    assert turned.values["dense0"].strides == (1, 7)
    assert turned.grads["dense0"].strides == (1, 7)


def test_what_is_seen_across_its_rows_stays_as_it_is() -> None:
    plan = make_plan(chain(3, 5, 2).analysis, 7, "L", "train")
    value = plan.values["dense0"]
    flat = Map("dense0", contiguous("flat", (35,)), (("x", contiguous(value.buffer, (35,))),), "x")
    sizes = {**plan.sizes, "flat": 35}
    turned = batch_last(replace(plan, forward=(*plan.forward, flat), sizes=sizes))
    assert turned.values["dense0"] == value
    assert turned.values["tanh0"].strides == (1, 7)


def test_a_plan_with_further_axes_stays_as_it_is() -> None:
    plan = make_plan(chain(3, 5, 2).analysis, 7, "L", "train")
    cube = Map("dense0", contiguous("cube", (7, 2, 2)), (), "0")
    plan = replace(plan, forward=(*plan.forward, cube), sizes={**plan.sizes, "cube": 28})
    assert batch_last(plan) is plan


def test_neighbours_are_the_batch_in_every_loop() -> None:
    turned = batch_last(make_plan(chain(3, 5, 2).analysis, 7, "L", "train"))
    for call in turned.calls:
        match call:
            case Map():
                assert call.loop().shape[-1] in (7, 14, 35, 1)
            case Reduce() if call.out.shape == (5,):
                assert call.loop().together
            case Gemm():
                assert 1 in call.a.strides
