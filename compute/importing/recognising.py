"""What an exporter wrote out in pieces is known by what it computes: a few nodes from one value to another are run on
some numbers, and compared with our own operation. So GELU and layer norm are found however they are spelled."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from compute.importing.building import Const, Flow, Unsupported
from compute.importing.folding import CannotFold, folded
from compute.importing.model import ROWS, Operation
from compute.ops import REGISTRY
from compute.shapes import concrete

if TYPE_CHECKING:
    from compute.importing.network import Network

Array = npt.NDArray[Any]
_ANCHORS: Mapping[str, tuple[str, ...]] = {
    "Erf": ("gelu",),
    "Sigmoid": ("silu",),
    "Softplus": ("mish", "softplus"),
    "Exp": ("softplus", "mish", "silu", "softmax", "sigmoid"),
    "ReduceMax": ("softmax", "log_softmax"),
    "ReduceMean": ("layer_norm",),
}
"""Which operations may be written out with a node in the middle."""
ON_EACH = frozenset(
    (
        *("Add", "Sub", "Mul", "Div", "Pow", "Sqrt", "Reciprocal", "Neg", "Exp", "Log", "Erf", "Tanh", "Sigmoid"),
        *("Softplus", "Abs", "Max", "Min", "Relu", "Identity", "Cast", "CastLike", "Sum", "Greater", "Less", "Where"),
        *("ReduceMean", "ReduceSum", "ReduceMax", "ReduceSumSquare"),
        *("Shape", "Reshape", "Expand", "Concat", "Squeeze", "Unsqueeze"),
    )
)
_MOST_STEPS, _MOST_BACK = 40, 3
_MOST_ATTEMPTS = 150
"""Of those that found nothing."""
_ROWS, _MOST_ENTRIES = 6, 50_000
_NEAR = 3e-6


def recognise(network: Network, at: int) -> str:
    """Where a node is part of an operation of ours that is written out, give the value at its end, and say which."""
    node = network.model.nodes[at]
    wanted = _ANCHORS.get(node.op, ())
    if not wanted or node.domain != "ai.onnx":
        return ""
    for start in _before(network, node):
        flow = network.values.get(start)
        if not isinstance(flow, Flow) or network.attempts >= _MOST_ATTEMPTS:
            continue
        network.attempts += 1
        sample = _sample(flow)
        if sample is None:
            continue
        values = [each for each in _followed(network, start, node, sample) if each[0] not in network.values]
        for op in wanted:
            found = _normal(network, flow, values, sample) if op == "layer_norm" else _same(op, flow, values, sample)
            if found is not None:
                names, settings, weights = found
                try:
                    made = network.building.add(op, {"x": flow}, settings, weights)
                except Unsupported:
                    continue
                network.values |= dict.fromkeys(names, made)
                network.attempts -= 1
                return names[0]
    return ""


def _before(network: Network, node: Operation) -> Iterator[str]:
    """What feeds a node, and what feeds that, as far as it is one value that is not fixed."""
    name = next((each for each in node.inputs if isinstance(network.values.get(each), Flow)), "")
    for _ in range(_MOST_BACK):
        if not name:
            return
        yield name
        maker = network.makers.get(name)
        if maker is None or maker.op not in ON_EACH:
            return
        feeding = {each for each in maker.inputs if isinstance(network.values.get(each), Flow)}
        name = next(iter(feeding)) if len(feeding) == 1 else ""


def _sample(flow: Flow) -> Array | None:
    shape = (_ROWS,) if flow.shape is None else concrete(flow.shape, _ROWS)
    if np.prod(shape, dtype=float) > _MOST_ENTRIES:
        return None
    return np.asarray(np.random.default_rng(0).normal(0.3, 2.0, shape))


def _followed(
    network: Network, start: str, through: Operation, sample: Array
) -> Iterator[tuple[str, Array, Operation]]:
    """Values that follow from one value and constants alone by way of a node, with numbers."""
    known: dict[str, Array] = {start: sample}
    after = set(through.outputs)
    waiting = list(network.readers.get(start, ()))
    heapq.heapify(waiting)
    seen, steps = set(waiting), 0
    while waiting and steps < _MOST_STEPS:
        node = network.model.nodes[heapq.heappop(waiting)]
        if node.op not in ON_EACH or node.domain != "ai.onnx" or len(node.outputs) != 1:
            continue
        arrays: list[Array | None] = []
        for name in node.inputs:
            given = network.values.get(name)
            arrays.append(known[name] if name in known else _fixed(given))
        if any(array is None and name for array, name in zip(arrays, node.inputs, strict=True)):
            continue
        steps += 1
        try:
            (found,) = folded(node, arrays)
        except CannotFold:
            continue
        known[node.outputs[0]] = found
        if after.intersection((*node.inputs, *node.outputs)):
            after.add(node.outputs[0])
            yield node.outputs[0], found, node
        for reader in network.readers.get(node.outputs[0], ()):
            if reader not in seen:
                seen.add(reader)
                heapq.heappush(waiting, reader)


def _fixed(given: object) -> Array | None:
    """A constant; a shape with as many rows as the numbers here have."""
    if not isinstance(given, Const):
        return None
    array = given.array
    return np.where(array == ROWS, _ROWS, array) if array.dtype.kind == "i" else array


_Found = tuple[list[str], Mapping[str, Any], Mapping[str, Array] | None]
_Values = list[tuple[str, Array, Operation]]


def _same(op: str, flow: Flow, values: _Values, sample: Array) -> _Found | None:
    """The values that are what an operation without weights gives."""
    declared = REGISTRY[op]
    if op in ("softmax", "log_softmax") and flow.shape is None:
        return None
    expected = declared.forward((sample,), {}, declared.settings({}, ""))
    same = [name for name, array, _ in values if array.shape == expected.shape and _near(array, expected)]
    return (same, {}, None) if same else None


def _near(a: Array, b: Array) -> bool:
    return bool(np.max(np.abs(a - b), initial=0.0) <= _NEAR * (1 + np.max(np.abs(b), initial=0.0)))


def _normal(network: Network, flow: Flow, values: _Values, sample: Array) -> _Found | None:
    """The last value in which each feature is a line of what the rows are when they have mean 0 and spread 1, as far as
    nothing else reads one of them."""
    if flow.shape is None or sample.ndim < 2 or sample.shape[-1] < 2:
        return None
    found: _Found | None = None
    epsilons = _epsilons(network, values)
    centred = sample - sample.mean(axis=-1, keepdims=True)
    variance = sample.var(axis=-1, keepdims=True)
    for name, array, node in values:
        if found is not None and network.uses[found[0][0]] > 1:
            break
        if array.shape != sample.shape:
            continue
        for epsilon in epsilons:
            normal = (centred / np.sqrt(variance + epsilon)).reshape(-1, sample.shape[-1])
            y = array.reshape(normal.shape)
            spread = normal - normal.mean(axis=0)
            weight = (spread * y).sum(axis=0) / (spread * spread).sum(axis=0)
            bias = (y - normal * weight).mean(axis=0)
            if np.abs(weight).max() > 1e-9 and _near(normal * weight + bias, y):
                bias[np.abs(bias) < 1e-8] = 0.0
                # As the file has them; a line that fits all but by rounding is exactly 1 where nothing was scaled.
                single = [array.astype(np.float32).astype(np.float64) for array in (weight, bias)]
                # What was added last is its bias.
                still = any(network.building.is_still(network.values.get(each)) for each in node.inputs)
                settings = {"epsilon": epsilon} | ({"trainable": False} if still else {})
                found = [name], settings, dict(zip(("weight", "bias"), single, strict=True))
                break
    return found


def _epsilons(network: Network, values: _Values) -> list[float]:
    """Small numbers in what is written out: one of them may keep a division away from 0."""
    found: dict[float, None] = {}
    for _, _, node in values:
        for name in node.inputs:
            given = network.values.get(name)
            if isinstance(given, Const) and given.array.size == 1 and given.array.dtype.kind == "f":
                number = float(given.array.item())
                if 1e-12 <= number < 0.1:
                    # As people write it: 1e-05 and not 9.999999747378752e-06.
                    found[float(f"{number:.6g}")] = None
    return list(found)
