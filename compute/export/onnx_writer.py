"""Words and idioms of ``compute.spelling`` as nodes of an ONNX graph."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from compute.export.writer import Array, Writer
from compute.shapes import BATCH, Shape
from compute.spelling import IDIOMS, REDUCING, Operand, Term

_NAMES = {
    "negate": "Neg",
    "abs": "Abs",
    "sqrt": "Sqrt",
    "exp": "Exp",
    "log": "Log",
    "sin": "Sin",
    "cos": "Cos",
    "tanh": "Tanh",
    "erf": "Erf",
    "add": "Add",
    "subtract": "Sub",
    "multiply": "Mul",
    "divide": "Div",
    "power": "Pow",
    "maximum": "Max",
    "minimum": "Min",
    "less": "Less",
    "greater": "Greater",
    "where": "Where",
    "matmul": "MatMul",
    "transpose": "Transpose",
    "sum": "ReduceSum",
    "mean": "ReduceMean",
    "max": "ReduceMax",
    "linear": "Gemm",
    "relu": "Relu",
    "leaky_relu": "LeakyRelu",
    "elu": "Elu",
    "sigmoid": "Sigmoid",
    "softplus": "Softplus",
    "softmax": "Softmax",
    "log_softmax": "LogSoftmax",
    "batch_norm": "BatchNormalization",
    "layer_norm": "LayerNormalization",
    "mish": "Mish",
    "gelu": "Gelu",
    "silu": "Swish",
}
_SINCE = {"layer_norm": 17, "mish": 18, "gelu": 20, "silu": 24}
"""Idioms that older sets of operations do not have."""
_AXES_AS_INPUT = {"sum": 13, "mean": 18, "max": 18}
_BATCH = "batch"
# Versions of the file format itself, by the set of operations: a runtime may refuse a newer one than it knows.
_IR = ((21, 10), (19, 9), (15, 8), (0, 7))


class OnnxWriter(Writer):
    """Collects nodes; a term's text is the name of a value."""

    def __init__(self, opset: int) -> None:
        self.opset = opset
        self.idioms = tuple(name for name in IDIOMS if _SINCE.get(name, 0) <= opset)  # type: ignore[misc]
        self._nodes: list[Any] = []
        self._weights: dict[str, Any] = {}
        self._inputs: list[Any] = []
        self._outputs: list[Any] = []
        self._taken: set[str] = set()
        self._named: set[str] = set()
        """What nodes give, by its last name."""
        self._prepared: dict[str, tuple[Array, Array, Array]] = {}
        self._at = ""

    # -- what it is fed with ---------------------------------------------------------------------------------

    def prepare(self, node_id: str, fill: Array, mean: Array, std: Array) -> None:
        """What a data node is fed with is prepared inside: missing numbers are filled in, where ``fill`` is not nan
        itself, and then less ``mean``, divided by ``std``, one number for each column."""
        self._prepared[node_id] = fill, mean, std

    def data(self, node_id: str, shape: Shape) -> Term:
        from onnx import TensorProto, helper

        self._taken.add(node_id)
        self._inputs.append(helper.make_tensor_value_info(node_id, TensorProto.FLOAT, _dims(shape)))
        self._at = node_id
        term = Term(node_id, shape)
        if node_id not in self._prepared:
            return term
        fill, mean, std = self._prepared[node_id]
        row = tuple(int(size) for size in shape[1:] if size != BATCH)
        if not np.isnan(fill).all():
            missing = Term(self._add("IsNaN", [node_id]), shape)
            term = self.say("where", missing, self.array(f"{node_id}/fill", fill.reshape(row)), term)
        if mean.any() or (std != 1).any():
            term = self.say("subtract", term, self.array(f"{node_id}/mean", mean.reshape(row)))
            term = self.say("divide", term, self.array(f"{node_id}/std", std.reshape(row)))
        return term

    def array(self, name: str, value: Array) -> Term:
        from onnx import numpy_helper

        if name not in self._weights:
            single = np.ascontiguousarray(value, dtype=np.float32).reshape(np.shape(value))
            self._weights[name] = numpy_helper.from_array(single, name)
            self._taken.add(name)
        return Term(name, np.shape(value))

    # -- what it computes ------------------------------------------------------------------------------------

    def say(self, word: str, *operands: Operand, **settings: Any) -> Term:
        first = operands[0]
        if word == "batch_norm" and isinstance(first, Term) and (len(first.shape) != 2 or self.opset < 14):
            # ONNX's own takes the second axis for the features, and before version 14 it may train.
            return IDIOMS[word](self, *operands, **settings)
        return super().say(word, *operands, **settings)

    def write(self, word: str, operands: Sequence[Operand], settings: Mapping[str, Any], shape: Shape) -> Term:
        names = [each.text if isinstance(each, Term) else self._number(each) for each in operands]
        if word in REDUCING:
            axes, keep = list(settings["axes"]), int(settings["keep"])
            if not axes:  # of a scalar; where none is named, ONNX takes all
                return Term(self._add("Identity", names), shape)
            if self.opset >= _AXES_AS_INPUT[word]:
                return Term(self._add(_NAMES[word], [*names, self._whole(axes)], keepdims=keep), shape)
            return Term(self._add(_NAMES[word], names, axes=axes, keepdims=keep), shape)
        if word == "reshape":
            sizes = self._whole([-1 if size == BATCH else int(size) for size in shape])
            return Term(self._add("Reshape", [*names, sizes]), shape)
        if word == "concat":
            return Term(self._add("Concat", names, axis=-1), shape)
        if word == "conv1d":
            return self._conv1d(names, settings, shape)
        if word == "dropout":
            # Runtimes pass all on; whoever trains the network on finds it here.
            return Term(self._add("Dropout", [*names, self._number(settings["rate"])]), shape)
        given: dict[str, Any] = dict(settings)
        if word == "transpose":
            given = {"perm": [1, 0]}
        elif word in ("softmax", "log_softmax"):
            given = {"axis": -1}
        elif word == "layer_norm":
            given["axis"] = -1
        elif word == "leaky_relu":
            given = {"alpha": settings["slope"]}
        return Term(self._add(_NAMES[word], names, **given), shape)

    def _conv1d(self, names: Sequence[str], settings: Mapping[str, Any], shape: Shape) -> Term:
        """ONNX has channels before steps, and filters before both."""
        x, weight = self._add("Transpose", names[:1], perm=[0, 2, 1]), self._add("Transpose", names[1:], perm=[2, 1, 0])
        pads = [int(settings["before"]), int(settings["behind"])]
        y = self._add("Conv", [x, weight], strides=[int(settings["stride"])], pads=pads)
        return Term(self._add("Transpose", [y], perm=[0, 2, 1]), shape)

    def node(self, node_id: str, term: Term) -> Term:
        """Give the value of a node the node's name, where it was made for it."""
        self._at = node_id
        # A node that passes on what another gives is called as that one.
        own = self._nodes and self._nodes[-1].output[0] == term.text and term.text not in self._named
        if own and node_id not in self._taken:
            self._taken.discard(term.text)
            self._nodes[-1].output[0] = self._nodes[-1].name = node_id
            self._taken.add(node_id)
            self._named.add(node_id)
            return Term(node_id, term.shape)
        self._named.add(term.text)
        return term

    def output(self, term: Term, name: str) -> None:
        """A value that comes out, under a name."""
        from onnx import TensorProto, helper

        if term.text != name:
            free = name if name not in self._taken else self._free(name)
            self._nodes.append(helper.make_node("Identity", [term.text], [free], name=free))
            self._taken.add(free)
            name = free
        self._outputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, _dims(term.shape)))

    def model(self, name: str) -> Any:
        """All of it."""
        from onnx import helper

        graph = helper.make_graph(
            self._nodes, name[:200] or "network", self._inputs, self._outputs, list(self._weights.values())
        )
        ir_version = next(ir for since, ir in _IR if self.opset >= since)
        opsets = [helper.make_opsetid("", self.opset)]
        return helper.make_model(graph, producer_name="gradwire", ir_version=ir_version, opset_imports=opsets)

    # -- pieces ----------------------------------------------------------------------------------------------

    def _add(self, op: str, inputs: Sequence[str], **attributes: Any) -> str:
        from onnx import helper

        output = self._free(f"{self._at or 'network'}/{op.lower()}")
        self._nodes.append(helper.make_node(op, list(inputs), [output], name=output, **attributes))
        return output

    def _free(self, stem: str) -> str:
        name, number = stem, 2
        while name in self._taken:
            name, number = f"{stem}{number}", number + 1
        self._taken.add(name)
        return name

    def _number(self, value: float) -> str:
        return self.array(f"const/{float(value)!r}", np.array(value)).text

    def _whole(self, values: Sequence[int]) -> str:
        from onnx import numpy_helper

        name = f"const/{','.join(map(str, values))}"
        if name not in self._weights:
            self._weights[name] = numpy_helper.from_array(np.array(values, dtype=np.int64), name)
            self._taken.add(name)
        return name


def _dims(shape: Shape) -> list[int | str]:
    return [_BATCH if size == BATCH else int(size) for size in shape]
