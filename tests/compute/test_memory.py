"""Buffers whose lifetimes overlap never share memory; others do, so that training holds only what it needs."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from compute.calls import Call, Map, contiguous
from compute.memory import ALIGNMENT, place
from compute.plan import make_plan
from tests.compute.programs import program


def call(out: str, *inputs: str) -> Call:
    return Map("n", contiguous(out, (4,)), tuple((name, contiguous(name, (4,))) for name in inputs), "0")


def chain(n: int) -> list[Call]:
    """b0 → b1 → … → bn."""
    return [call("b0"), *(call(f"b{i + 1}", f"b{i}") for i in range(n))]


def test_a_chain_needs_two_buffers() -> None:
    sizes = {f"b{i}": 64 for i in range(10)}
    offsets, total = place(chain(9), sizes, ())
    assert total == 128
    assert set(offsets.values()) == {0, 64}


def test_kept_buffers_stay_apart() -> None:
    sizes = {f"b{i}": 64 for i in range(10)}
    offsets, total = place(chain(9), sizes, sizes)
    assert total == 640
    assert len(set(offsets.values())) == 10


def test_a_smaller_buffer_takes_a_part_of_a_hole() -> None:
    calls = [call("big"), call("a", "big"), call("b", "a"), call("c", "a", "b")]
    offsets, total = place(calls, {"big": 100, "a": 10, "b": 20, "c": 30}, ())
    assert offsets == {"big": 0, "a": 112, "b": 0, "c": 32}
    assert total == 128


def test_buffers_outside_of_the_plan_are_not_placed() -> None:
    offsets, _ = place([call("a", "parameters")], {"a": 1}, ())
    assert offsets == {"a": 0}


def test_no_calls() -> None:
    assert place([], {"a": 1}, ()) == ({}, 0)


def test_training_holds_what_backward_needs_and_little_more() -> None:
    """Ten layers of 64: what forward must keep, and a few gradients at a time."""
    nodes: list[tuple[str, str, dict[str, Any]]] = [("x", "input", {"columns": [f"c{i}" for i in range(64)]})]
    for i in range(10):
        nodes += [(f"dense{i}", "dense", {"units": 64}), (f"relu{i}", "relu", {})]
    nodes.append(("L", "mean", {}))
    chain = [node_id for node_id, _, _ in nodes]
    built = program(nodes, [(a, b, "x") for a, b in pairwise(chain)], "L", {"x": np.zeros((100, 64))})
    plan = make_plan(built.analysis, 100, "L", "train")
    kept = sum(plan.sizes[name] for name in plan.kept() if name in plan.sizes)
    assert kept == 11 * 6400
    _, total = place([*plan.forward, *plan.backward], plan.sizes, {plan.values["L"].buffer})
    assert total <= kept + 3 * 6400


@given(st.data())
def test_overlapping_lifetimes_never_share(data: st.DataObject) -> None:
    count = data.draw(st.integers(1, 25))
    sizes = {f"b{i}": data.draw(st.integers(1, 90), label=f"size {i}") for i in range(count)}
    calls = [
        call(
            f"b{i}", *(f"b{j}" for j in data.draw(st.sets(st.integers(0, i - 1), max_size=3) if i else st.just(set())))
        )
        for i in range(count)
    ]
    keep = data.draw(st.sets(st.sampled_from(sorted(sizes))))
    offsets, total = place(calls, sizes, keep)
    last = {name: i for i, c in enumerate(calls) for name in touched(c)} | dict.fromkeys(keep, count)
    assert offsets.keys() == sizes.keys()
    for name, offset in offsets.items():
        assert offset % ALIGNMENT == 0
        assert offset + sizes[name] <= total
    for i in range(count):
        for j in range(i):
            a, b = f"b{i}", f"b{j}"
            if last[b] >= i:  # b lives when a is born
                assert offsets[a] + sizes[a] <= offsets[b] or offsets[b] + sizes[b] <= offsets[a], (a, b)


def touched(c: Call) -> set[str]:
    assert isinstance(c, Map)
    return {c.out.buffer, *(tensor.buffer for _, tensor in c.inputs)}
