"""A page for each operation, made from what it declares: formula, derivatives, settings, curve and an example."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from compute.manual.blocks import Block, Formula, Page
from compute.numbers_text import short
from compute.ops import Op, by_group
from compute.ops.base import Elementwise
from compute.params import Param
from compute.problems import SettingError
from compute.report.blocks import Chart, Curve, Facts, Table, Text
from compute.shapes import ShapeError

Array = npt.NDArray[Any]
CHAPTERS = {
    "data": "Data and parameters",
    "layer": "Layers",
    "activation": "Activations",
    "arithmetic": "Arithmetic",
    "matrix": "Matrices",
    "regularisation": "Regularisation",
    "loss": "Losses",
}
"""The titles of the groups of operations."""
REACH, POINTS = 4.0, 241
"""The curve goes so far to both sides, over so many points."""
_SETTINGS: dict[str, dict[str, Any]] = {
    "input": {"columns": ["radius", "age"]},
    "target": {"columns": ["malignant"]},
    "parameter": {"value": [0.5, -1.0]},
    "constant": {"value": 2.0},
    "dense": {"units": 2},
    "conv1d": {"filters": 1, "size": 2},
    "reshape": {"shape": [3, 2]},
}
"""What the example has in place of a default that would make it long, or impossible."""


def operation_pages() -> list[Page]:
    """All of them, in the order of the palette."""
    return [
        Page(f"op-{op.name}", op.title, CHAPTERS[group], list(_blocks(op)))
        for group, ops in by_group().items()
        for op in ops
    ]


def _blocks(op: Op) -> Iterator[Block]:
    yield Text(op.help)
    found = example(op)
    settings = found.settings if found is not None else {param.name: param.default for param in op.params}
    formula, local = op.written(settings)
    yield Formula(formula, "Value")
    for port, latex in local.items():
        plain = isinstance(op, Elementwise)
        yield Formula(rf"\frac{{\partial y}}{{\partial {port}}} = {latex}" if plain else latex, f"Derivative, {port}")
    if not op.differentiable:
        yield Text("No gradient flows to it.", "dim")
    if isinstance(op, Elementwise) and len(op.ports) == 1:
        yield from _curve(op)
    if found is not None:
        yield from _example(op, found)
    names = ", ".join(op.ports) or "none; it is where something enters the graph"
    params = _SETTINGS.get(op.name, {})
    node = {"id": op.name[:1], "op": op.name} | ({"params": params} if params else {})
    yield Facts([("In a document", json.dumps(node)), ("Ports", names)])
    if op.params:
        yield Table(("setting", "default", "meaning"), [_param(each) for each in op.params], 3)
    if op.unspelled:
        yield Text(f"Not in exports that compute: {op.unspelled}.", "dim")


def _param(param: Param) -> tuple[str, str, str]:
    default = list(param.default) if isinstance(param.default, tuple) else param.default
    text = "none" if default in (None, "", []) else str(default)
    return param.name, text.lower() if isinstance(default, bool) else text, param.help


def _curve(op: Elementwise) -> Iterator[Block]:
    """Value and slope over the input, by the op's own rules."""
    settings = {param.name: param.default for param in op.params}
    x = np.linspace(-REACH, REACH, POINTS)
    with np.errstate(all="ignore"):
        y = np.asarray(op.value(x, **settings), dtype=np.float64)
        slope = np.broadcast_to(np.asarray(op.slopes(x, y=y, **settings)[0], dtype=np.float64), x.shape)
    curves = []
    for name, values, dashed in (("y", y, False), ("∂y/∂x", slope, True)):
        there = np.isfinite(values) & (np.abs(values) <= 2 * REACH)
        if there.any():
            curves.append(Curve(name, x[there].tolist(), values[there].tolist(), int(dashed), dashed))
    yield Chart(f"{op.title} and its slope", "x", curves)


@dataclass(frozen=True)
class Example:
    """Small numbers at the ports, weights, what comes out, and the gradients where each entry of the output has the
    gradient 1."""

    settings: dict[str, Any]
    inputs: Sequence[Array]
    weights: dict[str, Array]
    value: Array
    gradients: Sequence[Array | None]
    weight_gradients: dict[str, Array]


def example(op: Op) -> Example | None:
    """The first of some inputs that the op takes; None for what has no ports."""
    if not op.ports:
        return None
    settings = op.settings(_SETTINGS.get(op.name, {}), op.name)
    for inputs in _inputs(op):
        with np.errstate(all="ignore"):
            try:
                shapes = [each.shape for each in inputs]
                op.shape(shapes, settings)
                weights = {spec.suffix: _weight(spec.suffix, spec.shape) for spec in op.weights(shapes, settings)}
                drawn = {"draw": np.linspace(0.1, 0.9, inputs[0].size).reshape(inputs[0].shape)} if op.draws else {}
                value = np.asarray(op.forward(inputs, {**weights, **drawn}, settings))
                back, of_weights = op.backward(inputs, {**weights, **drawn}, settings, value, np.ones_like(value))
            except (ShapeError, SettingError, ValueError):
                continue
        numbers = [value, *(each for each in back if each is not None)]
        if all(np.isfinite(each).all() for each in numbers):
            known = {name: each for name, each in of_weights.items() if name in weights}
            return Example(settings, inputs, weights, value, back, known)
    return None


def _inputs(op: Op) -> Iterator[list[Array]]:
    if op.role == "loss":
        truth = np.array([[1.0, 0.0], [0.0, 1.0]])
        plain = op.judges == "numbers"
        chances = np.array([[0.8, 0.4], [0.3, 0.6]])
        yield [np.array([[1.5, -0.5], [0.2, 2.0]]) if op.activation or plain else chances, truth]
        yield [chances, truth]
    if len(op.ports) == 2:
        yield [np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]), np.array([[2.0, -1.0, 0.5]])]
        yield [np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[0.0, 1.0], [2.0, 3.0]])]
    if isinstance(op, Elementwise):
        yield [np.array([[-2.0, -0.5, 0.5, 2.0]])]
        yield [np.array([[0.25, 0.5, 1.0, 4.0]])]
    yield [np.array([[1.0, 2.0, 3.0], [4.0, 0.0, -1.0]])]
    yield [np.array([[[1.0, 2.0], [3.0, 4.0], [0.0, -1.0]]])]


def _weight(name: str, shape: Sequence[int]) -> Array:
    count = int(np.prod(shape))
    if name == "weight" and len(shape) > 1:
        return (np.arange(count, dtype=np.float64).reshape(shape) - count // 2) / 2
    return np.full(shape, 0.0 if name in ("bias", "shift", "beta", "mean") else 1.0)


def _example(op: Op, found: Example) -> Iterator[Block]:
    lines: list[tuple[str, str, str]] = []
    for port, value, gradient in zip(op.ports, found.inputs, found.gradients, strict=True):
        lines.append((port, numbers(value), "none" if gradient is None else numbers(gradient)))
    for name, value in found.weights.items():
        slope = found.weight_gradients.get(name)
        lines.append((name, numbers(value), "none" if slope is None else numbers(slope)))
    lines.append(("y", numbers(found.value), numbers(np.ones_like(found.value))))
    given = ", ".join(f"{name} {found.settings[name]}" for name in _SETTINGS.get(op.name, {}))
    yield Text(
        f"An example{f' with {given}' if given else ''}, where ∂L/∂y is 1 everywhere:"
        if op.role != "loss"
        else "An example:"
    )
    yield Table(("", "value", "gradient"), lines, 3)


def numbers(values: Array) -> str:
    """An array as a document has it, with few digits."""
    if values.ndim == 0:
        return short(float(values))
    return f"[{', '.join(numbers(each) for each in values)}]"
