"""Node by node, each after what feeds it, a model becomes a graph."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

import numpy as np

from compute.importing.building import Const, Flow, Given, Label, Turned, Unsupported
from compute.importing.folding import CannotFold, can_fold, folded
from compute.importing.model import ROWS, Operation
from compute.importing.network import Network
from compute.importing.recognising import recognise
from compute.importing.rules import RULES
from compute.importing.rules.shaping import turned
from compute.shapes import BATCH

_AS_THEY_ARE = ("Cast", "CastLike", "Identity", "Reshape", "Transpose", "Squeeze", "Unsqueeze", "Flatten")
"""What leaves a weight the weight that it is."""
_ON_LABELS = (*_AS_THEY_ARE, "ArrayFeatureExtractor", "Gather", "Where", "Equal", "Not", "LabelEncoder", "Mul", "Add")
_ON_EACH = ("Relu", "Sigmoid", "Tanh", "Elu", "LeakyRelu", "Selu", "Gelu", "Softplus", "Mish", "Dropout", "Identity")
"""What works on each entry alone, wherever it lies."""
_DOMAINS = ("ai.onnx", "ai.onnx.ml", "com.microsoft")


def convert(network: Network) -> None:
    """All nodes, each after what feeds it."""
    # What is fixed comes first: some exporters write a constant after what it is used with.
    for node in network.model.nodes:
        sizes = _sizes(network, node)
        if sizes is not None:
            network.values[node.outputs[0]] = sizes
        elif _all_fixed(network, node) and not _works_on_weights(network, node):
            with suppress(CannotFold):
                given = [network.values.get(name) if name else None for name in node.inputs]
                network.values |= zip(node.outputs, _folded(network, node, given), strict=False)
    for at, node in enumerate(network.model.nodes):
        if all(name in network.values for name in node.outputs if name):
            continue
        found = recognise(network, at)
        if found:
            network.building.call(network.values[found], found if network.ours else "")
        if all(name in network.values for name in node.outputs if name):
            continue
        for name, value in zip(node.outputs, _outputs(network, node), strict=False):
            if name and name not in network.values and value is not None:
                network.values[name] = value
                network.building.call(value, name if network.ours else "")


def _all_fixed(network: Network, node: Operation) -> bool:
    """Whether what a node computes follows from constants alone, and is known."""
    return can_fold(node) and all(not name or isinstance(network.values.get(name), Const) for name in node.inputs)


def _works_on_weights(network: Network, node: Operation) -> bool:
    """Whether a node computes with nothing but weights and constants in a file of ours, where that is a node of the
    graph: another tool writes out in this way what is one weight to a person."""
    if not network.ours or node.op in _AS_THEY_ARE or not _all_fixed(network, node):
        return False
    return any((given := network.values.get(name)) is not None and _is_weight(given) for name in node.inputs if name)


def _is_weight(given: Given) -> bool:
    return isinstance(given, Const) and given.name.endswith(".value")


def _outputs(network: Network, node: Operation) -> Sequence[Given | None]:
    given = [network.values.get(name) if name else None for name in node.inputs]
    try:
        if any(name and value is None for name, value in zip(node.inputs, given, strict=True)):
            raise Unsupported("what feeds it is not in the file")
        sizes = _sizes(network, node)
        if sizes is not None:
            return [sizes]
        if _works_on_weights(network, node):
            given = [network.building.constant(each) if isinstance(each, Const) else each for each in given]
        constants = [each for each in given if isinstance(each, Const)]
        if len(constants) == sum(each is not None for each in given) and can_fold(node):
            return _folded(network, node, given)
        if any(isinstance(each, Label) for each in given) and node.op in (*_ON_LABELS, "ZipMap"):
            _name_classes(network, node, constants)
            return [next(each for each in given if isinstance(each, Label))]
        if any(isinstance(each, Turned) for each in given):
            return _turned(network, node, given)
        rule = RULES.get(node.op) if node.domain in _DOMAINS else None
        if rule is None:
            raise Unsupported("there is no such operation here")
        found = rule(network, node, given)
        return _all(found)
    except Unsupported as error:
        return network.stand_in(node, given, str(error))
    except CannotFold as error:
        return network.stand_in(node, given, str(error))
    except (ValueError, TypeError, IndexError, KeyError, ArithmeticError, AttributeError):
        # A rule reads attributes and constants as an operation of that name has them.
        return network.stand_in(node, given, "it is not written as such an operation is")


def _turned(network: Network, node: Operation, given: Sequence[Given | None]) -> Sequence[Given | None]:
    """The outputs of a node that works on something with channels before steps."""
    first, rule = given[0], RULES.get(node.op)
    if rule is None:
        raise Unsupported("there is no such operation here")
    if node.op == "Transpose" and isinstance(first, Turned) and tuple(node.attributes.get("perm", ())) == (0, 2, 1):
        return [first.of]
    if node.op in _ON_EACH and isinstance(first, Turned) and len(given) == 1:
        found = _all(rule(network, node, [first.of]))[0]
        return [Turned(found) if isinstance(found, Flow) else None]
    if node.op == "Conv":
        return _all(rule(network, node, given))
    return _all(rule(network, node, [turned(network, each.of) if isinstance(each, Turned) else each for each in given]))


def _sizes(network: Network, node: Operation) -> Const | None:
    """What Shape gives of something whose shape is known."""
    flow = network.values.get(node.inputs[0]) if node.op == "Shape" and len(node.inputs) == 1 else None
    if not isinstance(flow, Flow) or flow.shape is None or not node.outputs:
        return None
    sizes = np.array([ROWS if size == BATCH else size for size in flow.shape], dtype=np.int64)
    start, end = node.attributes.get("start", 0), node.attributes.get("end")
    return Const(sizes[start:end]) if isinstance(start, int) and isinstance(end, int | None) else None


def _folded(network: Network, node: Operation, given: Sequence[Given | None]) -> Sequence[Const]:
    arrays = [each.array if isinstance(each, Const) else None for each in given]
    first = given[0] if given else None
    name = first.name if isinstance(first, Const) and node.op in _AS_THEY_ARE else ""
    return [Const(array, name) for array in folded(node, arrays)]


def _name_classes(network: Network, node: Operation, constants: Sequence[Const]) -> None:
    """What a file calls its classes, which stands where a class number becomes a name."""
    for each in constants:
        if node.op in ("ArrayFeatureExtractor", "Gather") and 1 < each.array.size < 1000:
            network.classes = tuple(str(label) for label in each.array.ravel().tolist())


def _all(found: Sequence[Given | None] | Given) -> Sequence[Given | None]:
    """The outputs that a rule gave, one or several."""
    return found if isinstance(found, Sequence) else [found]
