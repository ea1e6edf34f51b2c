"""Small programs for the tests, and how two traces are compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from compute.analysis import analyse
from compute.engine import Program
from compute.graph import Graph, Node, Wire
from compute.initializers import initialize
from compute.params import Param
from compute.trace import Trace

Array = npt.NDArray[Any]


def program(
    nodes: Sequence[tuple[str, str, dict[str, Any]]],
    wires: Sequence[tuple[str, str, str]],
    loss: str,
    data: Mapping[str, Array] | None = None,
    *,
    seed: int = 0,
) -> Program:
    """nodes: (id, op, params); wires: (source, target, port); data: data node → rows."""
    graph = Graph([Node(*node) for node in nodes], [Wire(*wire) for wire in wires])
    analysis = analyse(graph)
    analysis.require()
    weights = {name: initialize(name, spec, seed) for name, (_, spec) in analysis.parameters.items()}
    data = data or {}
    rows = len(next(iter(data.values()))) if data else 1
    return Program(analysis, loss, weights, data, rows=rows)


def assert_close(actual: Any, expected: Any, rtol: float, atol: float, what: str) -> None:
    """Shape and numbers; nan equals nan and inf equals inf."""
    actual, expected = np.asarray(actual), np.asarray(expected)
    assert actual.shape == expected.shape, f"{what}: shape {actual.shape}, expected {expected.shape}"
    # NumPy's own judge, which calls on whatever this does not find close, takes twenty times as long to agree.
    with np.errstate(all="ignore"):
        near = np.isfinite(expected) & (np.abs(actual - expected) <= atol + rtol * np.abs(expected))
        if np.all(near | (actual == expected)):
            return
    np.testing.assert_allclose(actual, expected, rtol=rtol, atol=atol, err_msg=what)


def assert_same_trace(actual: Trace, expected: Trace, rtol: float = 1e-4, atol: float = 1e-5) -> None:
    """Loss, values and every gradient, and that the same things have none."""
    assert (actual.loss is None) == (expected.loss is None)
    if expected.loss is not None:
        assert_close(actual.loss, expected.loss, rtol, atol, "loss")
    for name in ("values", "grads", "wire_grads", "parameters", "parameter_grads"):
        mine, theirs = getattr(actual, name), getattr(expected, name)
        assert mine.keys() == theirs.keys(), name
        for key, value in theirs.items():
            assert_close(mine[key], value, rtol, atol, f"{name} {key}")
    np.testing.assert_array_equal(actual.rows, expected.rows)


def largest(trace: Trace) -> float:
    """The largest finite magnitude among the values: what enters the sums."""
    finite = [np.abs(v[np.isfinite(v)]) for v in map(np.atleast_1d, trace.values.values())]
    return max((float(v.max()) for v in finite if v.size), default=1.0)


def menu(param: Param) -> list[Any]:
    """Settings worth trying."""
    match param.kind:
        case "axis":
            return [None, 0, 1, -1]
        case "bool":
            return [True, False]
        case "choice":
            return list(param.choices)
        case "shape":
            return [[-1], [-1, 2], [2, 3], [6]]
        case "int":
            return [5] if param.default is None else [*{5, param.default}]
        case "float":
            low = param.minimum if param.minimum is not None else -2.0
            high = param.maximum if param.maximum is not None else low + 3.0
            return [param.default, low + 0.3 * (high - low)]
        case _:
            return [param.default]
