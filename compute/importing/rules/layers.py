"""Layers and norms: what has weights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from compute.importing.building import Const, Flow, Given, Turned, Unsupported, stem
from compute.importing.model import Operation
from compute.importing.network import Network, Rule
from compute.importing.rules.arithmetic import Inputs, both, each, reduced, scaled
from compute.importing.rules.shaping import turned

Array = npt.NDArray[Any]


def dense(network: Network, x: Flow, weight: Array, bias: Array | None, name: str = "", **params: Any) -> Flow:
    """x·W + b. W: (in, out). Of rows of rows, a filter that sees one step at a time is the same."""
    units = int(weight.shape[1])
    weights = {"weight": weight.astype(np.float64)} | ({} if bias is None else {"bias": bias.astype(np.float64)})
    if x.shape is not None and len(x.shape) == 3:
        settings = {"filters": units, "size": 1, "bias": bias is not None, **params}
        weights["weight"] = weights["weight"][None]
        return network.building.add("conv1d", {"x": x}, settings, weights, name)
    settings = {"units": units, "bias": bias is not None, **params}
    return network.building.add("dense", {"x": x}, settings, weights, name)


def _gemm(network: Network, node: Operation, given: Inputs) -> Given:
    a, b, c = given[0], given[1], given[2] if len(given) > 2 else None
    alpha, beta = (float(node.attributes.get(name, 1.0)) for name in ("alpha", "beta"))
    across, turned = bool(node.attributes.get("transA", 0)), bool(node.attributes.get("transB", 0))
    if not across and isinstance(a, Flow) and isinstance(b, Const) and b.array.ndim == 2 and not network.is_shared(b):
        weight = alpha * (b.array.T if turned else b.array)
        bias, kept = None, network.building.kept(b)
        alike = network.building.is_still(c) or not kept
        if isinstance(c, Const) and alike and not network.is_shared(c) and c.array.size in (1, weight.shape[1]):
            bias = beta * np.broadcast_to(c.array.reshape(-1), (weight.shape[1],))
            c = None
        out = dense(network, a, weight, bias, stem(b.name, node.name), **kept)
    else:
        flow = network.building.flow
        left = each(network, "transpose", flow(a)) if across else flow(a)
        right = each(network, "transpose", flow(b)) if turned else flow(b)
        out = scaled(network, network.building.add("matmul", {"a": left, "b": right}), alpha)
    if c is None or beta == 0.0:
        return out
    if isinstance(c, Const):
        return both(network, "add", out, Const(beta * c.array, c.name) if beta != 1.0 else c)
    return both(network, "add", out, scaled(network, network.building.flow(c), beta))


def _matmul(network: Network, node: Operation, given: Inputs) -> Given:
    a, b = given
    fixed = isinstance(b, Const) and network.building.is_fixed(b.name)
    if isinstance(a, Flow) and isinstance(b, Const) and b.array.ndim == 2 and not (fixed or network.is_shared(b)):
        return dense(network, a, b.array, None, stem(b.name, node.name), **network.building.kept(b))
    flow = network.building.flow
    return network.building.add("matmul", {"a": flow(a), "b": flow(b)})


def _array(given: Given | None, size: int | None = None) -> Array:
    if not isinstance(given, Const):
        raise Unsupported("weights that are computed have no counterpart")
    array = np.asarray(given.array, dtype=np.float64).reshape(-1)
    if size is not None and array.size != size:
        raise Unsupported("its weights are not one number for each feature")
    return array


def _batch_norm(network: Network, node: Operation, given: Inputs) -> Sequence[Given | None]:
    x = network.building.flow(given[0])
    epsilon = float(node.attributes.get("epsilon", 1e-5))
    names = ("weight", "bias", "running_mean", "running_var")
    weights = {name: _array(each_) for name, each_ in zip(names, given[1:5], strict=True)}
    momentum = min(max(1.0 - float(node.attributes.get("momentum", 0.9)), 0.0), 1.0)
    name = stem(given[1].name if isinstance(given[1], Const) else "", node.name)
    still, last = network.building.is_still(given[1]), x.shape is None or len(x.shape) == 2
    last = last or bool(node.attributes.get("last"))
    if last and not still:
        settings = {"epsilon": epsilon, "momentum": round(momentum, 6)}
        return [network.building.add("batch_norm", {"x": x}, settings, weights, name)]
    if still:
        said = f"The batch norm {name}" if name else "A batch norm"
        network.note(f"{said} does not learn in the file, and is a fixed scale and shift here.")
    else:
        network.note("Batch norm over the channels of a sequence is a fixed scale and shift here: it does not learn.")
    factor = weights["weight"] / np.sqrt(weights["running_var"] + epsilon)
    shift = weights["bias"] - weights["running_mean"] * factor
    column = (-1,) if last or x.shape is None else (-1, *[1] * (len(x.shape) - 2))
    return [
        both(
            network,
            "add",
            both(network, "multiply", x, Const(factor.reshape(column))),
            Const(shift.reshape(column)),
        )
    ]


def _layer_norm(network: Network, node: Operation, given: Inputs) -> Sequence[Given | None]:
    x, axis = network.building.flow(given[0]), int(node.attributes.get("axis", -1))
    if x.shape is not None and axis % len(x.shape) != len(x.shape) - 1:
        raise Unsupported("over more than the last axis it has no counterpart")
    weight = _array(given[1])
    bias = _array(given[2]) if len(given) > 2 and given[2] is not None else np.zeros_like(weight)
    settings = {"epsilon": max(float(node.attributes.get("epsilon", 1e-5)), 1e-12), **network.building.kept(given[1])}
    name = stem(given[1].name if isinstance(given[1], Const) else "", node.name)
    return [network.building.add("layer_norm", {"x": x}, settings, {"weight": weight, "bias": bias}, name)]


def _rms_norm(network: Network, node: Operation, given: Inputs) -> Sequence[Given | None]:
    x, axis = network.building.flow(given[0]), int(node.attributes.get("axis", -1))
    if x.shape is None or axis % len(x.shape) != len(x.shape) - 1:
        raise Unsupported("over more than the last axis it has no counterpart")
    network.note("RMS norm is written out, since there is no such operation here.")
    epsilon = Const(np.array(float(node.attributes.get("epsilon", 1e-5))))
    squares = reduced(network, each(network, "square", x), "mean", (-1,), keep=True)
    root = each(network, "sqrt", both(network, "add", squares, epsilon))
    return [both(network, "multiply", both(network, "divide", x, root), given[1])]


def _conv(network: Network, node: Operation, given: Inputs) -> Given:
    """A convolution along steps. ONNX: x (B, channels, steps), W (filters, channels, size)."""
    weight = given[1].array if isinstance(given[1], Const) else None
    pad = node.attributes.get("auto_pad", "NOTSET")
    if weight is None or weight.ndim != 3 or pad not in ("NOTSET", "VALID", "SAME_UPPER"):
        raise Unsupported("only convolutions along one axis have a counterpart")
    one = all(set(node.attributes.get(name, (1,))) == {1} for name in ("dilations",))
    if not one or node.attributes.get("group", 1) != 1:
        raise Unsupported("dilated and grouped convolutions have no counterpart")
    filters, _, size = weight.shape
    before, behind = node.attributes.get("pads", (0, 0))
    stride = int(node.attributes.get("strides", (1,))[0])
    first = given[0]
    x = first.of if isinstance(first, Turned) else turned(network, network.building.flow(first))
    steps = int((x.shape or (0, 0))[1])
    both = max((-(-steps // stride) - 1) * stride + size - steps, 0)
    if pad == "SAME_UPPER":
        before, behind = both // 2, both - both // 2
    same = (before, behind) == (both // 2, both - both // 2)
    if not same and (before, behind) != (0, 0):
        raise Unsupported("zeros around it that do not keep its length have no counterpart")
    bias = _array(given[2], filters) if len(given) > 2 and given[2] is not None else None
    padding = "same" if same and (before, behind) != (0, 0) else "valid"
    settings = {"filters": int(filters), "size": int(size), "stride": stride, "padding": padding}
    settings |= {"bias": bias is not None, **network.building.kept(given[1])}
    weights = {"weight": weight.transpose(2, 1, 0)} | ({} if bias is None else {"bias": bias})
    name = stem(given[1].name if isinstance(given[1], Const) else "", node.name)
    return Turned(network.building.add("conv1d", {"x": x}, settings, weights, name))


RULES: Mapping[str, Rule] = {
    "Gemm": _gemm,
    "MatMul": _matmul,
    "BatchNormalization": _batch_norm,
    "LayerNormalization": _layer_norm,
    "RMSNormalization": _rms_norm,
    "SimplifiedLayerNormalization": _rms_norm,
    "Conv": _conv,
}
