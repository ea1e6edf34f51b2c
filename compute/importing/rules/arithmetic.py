"""Arithmetic and activations."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from compute.importing.building import Const, Flow, Given, Unknown, Unsupported
from compute.importing.folding import FLOATS, axes_of, limits
from compute.importing.model import Operation
from compute.importing.network import Network, Rule
from compute.shapes import BATCH, Shape

Inputs = Sequence[Given | None]


def each(network: Network, op: str, x: Flow, **params: Any) -> Flow:
    """An operation of ours with one port."""
    return network.building.add(op, {"x": x}, params)


def both(network: Network, op: str, a: Given | None, b: Given | None) -> Flow:
    """An operation of ours with two ports, constants as nodes of their own."""
    flow = network.building.flow
    return network.building.add(op, {"a": flow(a), "b": flow(b)})


def number(given: Given | None, other: Given | None) -> float | None:
    """A constant that is one number, and makes nothing that it works on larger."""
    if not isinstance(given, Const) or given.array.size != 1 or given.name.endswith(("weight", "bias")):
        return None
    shape = other.shape if isinstance(other, Flow) else ()
    if given.array.ndim > len(shape if shape is not None else (1,)):
        return None
    value = float(given.array.item())
    return value if math.isfinite(value) else None


def _unary(op: str, **names: tuple[str, float]) -> Rule:
    def rule(network: Network, node: Operation, given: Inputs) -> Flow:
        params = {mine: float(node.attributes.get(theirs, usual)) for mine, (theirs, usual) in names.items()}
        return each(network, op, network.building.flow(given[0]), **params)

    return rule


def _add(network: Network, node: Operation, given: Inputs) -> Given:
    a, b = given
    for flow, bias, name in ((a, b, node.inputs[0]), (b, a, node.inputs[1])):
        alone = network.uses[name] == 1 and isinstance(bias, Const) and not network.is_shared(bias)
        if isinstance(flow, Flow) and isinstance(bias, Const) and alone and network.building.with_bias(flow, bias):
            return flow
        if isinstance(flow, Flow) and number(bias, flow) == 0.0:
            return flow
    return both(network, "add", a, b)


def _subtract(network: Network, node: Operation, given: Inputs) -> Given:
    a, b = given
    if isinstance(a, Flow) and number(b, a) == 0.0:
        return a
    return both(network, "subtract", a, b)


def _multiply(network: Network, node: Operation, given: Inputs) -> Given:
    a, b = given
    if isinstance(a, Const):
        a, b = b, a
    factor = number(b, a)
    if isinstance(a, Flow) and factor is not None:
        return scaled(network, a, factor)
    if isinstance(a, Flow) and a == b:
        return each(network, "square", a)
    return both(network, "multiply", a, b)


def scaled(network: Network, x: Flow, factor: float) -> Flow:
    """x times a number."""
    if factor == 1.0:
        return x
    return each(network, "negate", x) if factor == -1.0 else each(network, "scale", x, factor=factor)


def _divide(network: Network, node: Operation, given: Inputs) -> Given:
    a, b = given
    divisor, dividend = number(b, a), number(a, b)
    if isinstance(a, Flow) and divisor:
        return scaled(network, a, 1.0 / divisor)
    if isinstance(b, Flow) and dividend == 1.0:
        return each(network, "power", b, exponent=-1.0)
    return both(network, "divide", a, b)


def _power(network: Network, node: Operation, given: Inputs) -> Given:
    exponent = number(given[1], given[0])
    if exponent is None or not isinstance(given[0], Flow):
        raise Unsupported("an exponent that is not one fixed number has no counterpart")
    simple = {2.0: "square", 0.5: "sqrt"}.get(exponent)
    if exponent == 1.0:
        return given[0]
    return each(network, simple, given[0]) if simple else each(network, "power", given[0], exponent=exponent)


def _of_all(op: str, *, mean: bool = False) -> Rule:
    """Of any number of inputs, one after the other."""

    def rule(network: Network, node: Operation, given: Inputs) -> Given:
        found = given[0]
        for other in given[1:]:
            if op == "maximum" and (number(other, found) == 0.0 or number(found, other) == 0.0):
                found = each(network, "relu", network.building.flow(found if isinstance(found, Flow) else other))
            else:
                found = both(network, op, found, other)
        if found is None:
            raise Unsupported("it has no input")
        return scaled(network, network.building.flow(found), 1.0 / len(given)) if mean else found

    return rule


def clipped(network: Network, x: Flow, low: float | None, high: float | None) -> Flow:
    """x within limits."""
    if low == 0.0:
        x = each(network, "relu", x)
    elif low is not None and math.isfinite(low):
        x = both(network, "maximum", x, Const(np.array(low)))
    if high is not None and math.isfinite(high):
        x = both(network, "minimum", x, Const(np.array(high)))
    return x


def _clip(network: Network, node: Operation, given: Inputs) -> Given:
    if any(other is not None and not isinstance(other, Const) for other in given[1:]):
        raise Unsupported("limits that are computed have no counterpart")
    arrays = [other.array if isinstance(other, Const) else None for other in given]
    return clipped(network, network.building.flow(given[0]), *limits(node, arrays))


def _parametric_relu(network: Network, node: Operation, given: Inputs) -> Given:
    x, slope = network.building.flow(given[0]), given[1]
    if isinstance(slope, Const) and slope.array.size == 1:
        return each(network, "leaky_relu", x, slope=float(slope.array.item()))
    below = each(network, "negate", each(network, "relu", each(network, "negate", x)))
    return both(network, "add", each(network, "relu", x), both(network, "multiply", below, slope))


def _selu(network: Network, node: Operation, given: Inputs) -> Given:
    alpha = float(node.attributes.get("alpha", 1.67326319217681884765625))
    gamma = float(node.attributes.get("gamma", 1.05070102214813232421875))
    return scaled(network, each(network, "elu", network.building.flow(given[0]), alpha=alpha), gamma)


def _celu(network: Network, node: Operation, given: Inputs) -> Given:
    alpha = float(node.attributes.get("alpha", 1.0))
    inside = scaled(network, network.building.flow(given[0]), 1.0 / alpha)
    return scaled(network, each(network, "elu", inside, alpha=1.0), alpha)


def _softsign(network: Network, node: Operation, given: Inputs) -> Given:
    x = network.building.flow(given[0])
    below = both(network, "add", each(network, "abs", x), Const(np.array(1.0)))
    return both(network, "divide", x, below)


def _hard_sigmoid(network: Network, node: Operation, given: Inputs) -> Given:
    x = network.building.flow(given[0])
    return hard(network, x, float(node.attributes.get("alpha", 0.2)), float(node.attributes.get("beta", 0.5)))


def hard(network: Network, x: Flow, alpha: float, beta: float) -> Flow:
    """alpha · x + beta within 0 … 1."""
    line = both(network, "add", scaled(network, x, alpha), Const(np.array(beta)))
    return clipped(network, line, 0.0, 1.0)


def _hard_swish(network: Network, node: Operation, given: Inputs) -> Given:
    x = network.building.flow(given[0])
    return both(network, "multiply", x, hard(network, x, 1 / 6, 0.5))


def _swish(network: Network, node: Operation, given: Inputs) -> Given:
    x, alpha = network.building.flow(given[0]), float(node.attributes.get("alpha", 1.0))
    if alpha == 1.0:
        return each(network, "silu", x)
    return both(network, "multiply", x, each(network, "sigmoid", scaled(network, x, alpha)))


def _gelu(network: Network, node: Operation, given: Inputs) -> Given:
    x = network.building.flow(given[0])
    if node.op == "FastGelu" or node.attributes.get("approximate", "none") == "tanh":
        network.note("GELU in its form with tanh is written out, since GELU here is the exact one.")
        cube = scaled(network, each(network, "power", x, exponent=3.0), 0.044715)
        inside = scaled(network, both(network, "add", x, cube), math.sqrt(2 / math.pi))
        share = both(network, "add", each(network, "tanh", inside), Const(np.array(1.0)))
        return both(network, "multiply", scaled(network, x, 0.5), share)
    return each(network, "gelu", x)


def _softmax(op: str) -> Rule:
    def rule(network: Network, node: Operation, given: Inputs) -> Given:
        x = network.building.flow(given[0])
        axis = int(node.attributes.get("axis", -1 if node.version >= 13 else 1))
        if x.shape is not None and axis % len(x.shape) != len(x.shape) - 1:
            raise Unsupported("along another axis than the last it has no counterpart")
        return each(network, op, x)

    return rule


def reduced(network: Network, x: Flow, op: str, axes: Sequence[int] | None, *, keep: bool) -> Flow:
    """Sum or mean over some axes, or over all."""
    if x.shape is None:
        raise Unsupported("how many axes arrive is not known")
    ndim = len(x.shape)
    gone = sorted({axis % ndim for axis in axes} if axes else range(ndim), reverse=True)
    kept: Shape = tuple(1 if i in gone else size for i, size in enumerate(x.shape))
    if len(gone) == ndim:
        x = each(network, op, x)
    else:
        for axis in gone:
            x = each(network, op, x, axis=axis)
    return shaped(network, x, kept) if keep else x


def shaped(network: Network, x: Flow, shape: Shape) -> Flow:
    """x in another shape, where it has not that one already."""
    if x.shape == shape:
        return x
    made = network.building.made[x.node]
    if made.op == "reshape":
        # Of two reshapes in a row the second one is enough.
        before = network.building.flows[made.sources["x"]]
        if before.shape is not None:
            return shaped(network, before, shape)
    if not 1 <= len(shape) <= 4:
        raise Unsupported("it makes something of more than four axes, or a scalar of a tensor")
    return each(network, "reshape", x, shape=[BATCH if size == BATCH else int(size) for size in shape])


def _reduction(op: str, before: str = "", after: str = "") -> Rule:
    def rule(network: Network, node: Operation, given: Inputs) -> Given:
        x = network.building.flow(given[0])
        arrays = [other.array if isinstance(other, Const) else None for other in given]
        axes = axes_of(node, arrays)
        if not axes and node.attributes.get("noop_with_empty_axes", 0):
            return x
        x = each(network, before, x) if before else x
        x = reduced(network, x, op, axes, keep=bool(node.attributes.get("keepdims", 1)))
        return each(network, after, x) if after else x

    return rule


def _same(network: Network, node: Operation, given: Inputs) -> Given:
    return network.building.flow(given[0])


def _cast(network: Network, node: Operation, given: Inputs) -> Given:
    if node.op == "Cast" and int(node.attributes["to"]) not in FLOATS:
        raise Unsupported("whole numbers, true and false have no counterpart")
    return network.building.flow(given[0])


def _dropout(network: Network, node: Operation, given: Inputs) -> Sequence[Given | None]:
    rate = node.attributes.get("ratio", 0.5)
    if len(given) > 1 and isinstance(given[1], Const):
        rate = given[1].array.item()
    return [each(network, "dropout", network.building.flow(given[0]), rate=min(max(float(rate), 0.0), 0.999)), None]


def _missing(network: Network, node: Operation, given: Inputs) -> Given:
    return Unknown(network.building.flow(given[0]))


def _where(network: Network, node: Operation, given: Inputs) -> Given:
    if isinstance(given[0], Unknown) and isinstance(given[1], Const) and given[2] == given[0].of:
        network.note("Numbers that are missing are not filled in here, as the file does: the data's settings do that.")
        return given[0].of
    raise Unsupported("choosing by a condition has no counterpart")


_SIMPLE = {
    "Relu": "relu",
    "Sigmoid": "sigmoid",
    "Tanh": "tanh",
    "Softplus": "softplus",
    "Mish": "mish",
    "Neg": "negate",
    "Sqrt": "sqrt",
    "Exp": "exp",
    "Log": "log",
    "Abs": "abs",
    "Sin": "sin",
    "Cos": "cos",
}

RULES: Mapping[str, Rule] = {name: _unary(op) for name, op in _SIMPLE.items()} | {
    "LeakyRelu": _unary("leaky_relu", slope=("alpha", 0.01)),
    "Elu": _unary("elu", alpha=("alpha", 1.0)),
    "Reciprocal": lambda network, node, given: each(network, "power", network.building.flow(given[0]), exponent=-1.0),
    "PRelu": _parametric_relu,
    "Selu": _selu,
    "Celu": _celu,
    "Softsign": _softsign,
    "HardSigmoid": _hard_sigmoid,
    "HardSwish": _hard_swish,
    "Swish": _swish,
    "QuickGelu": _swish,
    "Gelu": _gelu,
    "FastGelu": _gelu,
    "Softmax": _softmax("softmax"),
    "LogSoftmax": _softmax("log_softmax"),
    "Add": _add,
    "Sub": _subtract,
    "Mul": _multiply,
    "Div": _divide,
    "Pow": _power,
    "Max": _of_all("maximum"),
    "Min": _of_all("minimum"),
    "Sum": _of_all("add"),
    "Mean": _of_all("add", mean=True),
    "Clip": _clip,
    "ReduceSum": _reduction("sum"),
    "ReduceMean": _reduction("mean"),
    "ReduceSumSquare": _reduction("sum", "square"),
    "ReduceL1": _reduction("sum", "abs"),
    "ReduceL2": _reduction("sum", "square", "sqrt"),
    "ReduceLogSum": _reduction("sum", "", "log"),
    "Identity": _same,
    "Cast": _cast,
    "CastLike": _same,
    "Dropout": _dropout,
    "IsNaN": _missing,
    "Where": _where,
}
