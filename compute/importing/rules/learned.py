"""What scikit-learn's networks and linear models are written with: the operations of ONNX-ML."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from compute.importing.building import Const, Flow, Given, Label, Unsupported
from compute.importing.model import Operation
from compute.importing.network import Network, Rule
from compute.importing.rules.arithmetic import Inputs, both, each, reduced
from compute.importing.rules.layers import dense
from compute.importing.rules.shaping import concatenated

_AFTER = {"NONE": "", "LOGISTIC": "sigmoid", "SOFTMAX": "softmax"}


def _after(network: Network, node: Operation, x: Flow) -> Flow:
    name = str(node.attributes.get("post_transform", "NONE"))
    if name not in _AFTER:
        raise Unsupported(f"what follows it ({name[:20]}) has no counterpart")
    return each(network, _AFTER[name], x) if _AFTER[name] else x


def _regressor(network: Network, node: Operation, given: Inputs) -> Given:
    targets = int(node.attributes.get("targets", 1))
    weight = np.asarray(node.attributes["coefficients"]).reshape(targets, -1).T
    bias = node.attributes.get("intercepts")
    return _after(network, node, dense(network, network.building.flow(given[0]), weight, bias))


def _classifier(network: Network, node: Operation, given: Inputs) -> Sequence[Given]:
    labels = node.attributes.get("classlabels_ints", node.attributes.get("classlabels_strings", ()))
    bias = np.asarray(node.attributes.get("intercepts", np.zeros(len(labels))))
    weight = np.asarray(node.attributes["coefficients"]).reshape(len(bias), -1).T
    if len(bias) == 1 and len(labels) == 2:
        # One score for yes or no; the other class has its opposite.
        weight, bias = np.hstack([-weight, weight]), np.hstack([-bias, bias])
    network.classes = tuple(map(str, labels))
    scores = _after(network, node, dense(network, network.building.flow(given[0]), weight, bias))
    return [Label(scores), scores]


def _scaler(network: Network, node: Operation, given: Inputs) -> Given:
    x = network.building.flow(given[0])
    offset, factor = (np.asarray(node.attributes.get(name, usual)) for name, usual in (("offset", [0]), ("scale", [1])))
    if offset.any():
        x = both(network, "subtract", x, Const(offset))
    return x if (factor == 1).all() else both(network, "multiply", x, Const(factor))


def _normalizer(network: Network, node: Operation, given: Inputs) -> Given:
    x, norm = network.building.flow(given[0]), node.attributes.get("norm", "MAX")
    if norm not in ("L1", "L2"):
        raise Unsupported("by the largest entry of a row it has no counterpart")
    total = reduced(network, each(network, "abs" if norm == "L1" else "square", x), "sum", (-1,), keep=True)
    return both(network, "divide", x, total if norm == "L1" else each(network, "sqrt", total))


def _zip_map(network: Network, node: Operation, given: Inputs) -> Given:
    labels = node.attributes.get("classlabels_strings", node.attributes.get("classlabels_int64s", ()))
    network.classes = tuple(map(str, labels)) or network.classes
    return network.building.flow(given[0])


def _features(network: Network, node: Operation, given: Inputs) -> Given:
    return concatenated(network, given)


def _largest(network: Network, node: Operation, given: Inputs) -> Given:
    return Label(network.building.flow(given[0]))


RULES: Mapping[str, Rule] = {
    "LinearRegressor": _regressor,
    "LinearClassifier": _classifier,
    "Scaler": _scaler,
    "Normalizer": _normalizer,
    "ZipMap": _zip_map,
    "FeatureVectorizer": _features,
    "ArgMax": _largest,
}
