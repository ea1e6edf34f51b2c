"""From an ONNX model to a graph of our operations: node by node, with what is known of each value on the way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import numpy as np
import numpy.typing as npt

from compute.errors import GradwireError, printable
from compute.importing.building import Building, Const, Flow, Given, Label, Unsupported
from compute.importing.folding import CannotFold, can_fold, folded
from compute.importing.model import ROWS, Dim, Model, Operation, Value
from compute.importing.report import Missing
from compute.shapes import BATCH, Shape

Array = npt.NDArray[Any]
MOST_COLUMNS = 20_000
_AS_THEY_ARE = ("Cast", "CastLike", "Identity", "Reshape", "Transpose", "Squeeze", "Unsqueeze", "Flatten")
"""What leaves a weight the weight that it is."""
_ON_LABELS = (*_AS_THEY_ARE, "ArrayFeatureExtractor", "Gather", "Where", "Equal", "Not", "LabelEncoder", "Mul", "Add")
Rule = Callable[["Network", Operation, Sequence[Given | None]], Sequence[Given | None] | Given]


class Network:
    """A model on its way to a graph. values: what is known of each, by its name in the file."""

    def __init__(self, model: Model) -> None:
        self.model, self.building = model, Building()
        self.values: dict[str, Given] = {name: Const(array, name) for name, array in model.constants.items()}
        self.uses = Counter(name for node in model.nodes for name in node.inputs)
        self.uses.update(value.name for value in model.outputs)
        self.readers: dict[str, list[int]] = {}
        for at, node in enumerate(model.nodes):
            for name in dict.fromkeys(node.inputs):
                self.readers.setdefault(name, []).append(at)
        self.makers = {name: node for node in model.nodes for name in node.outputs if name}
        self.fixed_rows = 0
        """The size of the batch, where the file fixes it."""
        self.notes: dict[str, None] = {}
        self.classes: tuple[str, ...] = ()
        self.attempts = 0
        """How often something was looked for that is written out."""
        self._missing: list[tuple[Flow, str, str]] = []
        self.outputs: dict[str, str] = {}
        """The id of the node that gives each output of the file, once there is a graph."""
        self._columns_taken: set[str] = set()
        self.inputs: list[tuple[Value, Flow]] = []
        for value in model.inputs:
            self._input(value)

    # -- in and out -----------------------------------------------------------------------------------------

    def _input(self, value: Value) -> None:
        """A node for an input, with its columns. Errors: GradwireError where their number is not known."""
        shown = f'the input "{printable(value.name)}"'
        if not value.number and value.dims is None:
            raise GradwireError(f"{shown} is no tensor; export the model with tensors of numbers")
        dims: tuple[Dim, ...] = value.dims if value.dims is not None else (None, None)
        if len(dims) == 1 and isinstance(dims[0], int):
            dims = (None, *dims)
        if isinstance(dims[0] if dims else None, int):
            self.fixed_rows = int(dims[0])  # type: ignore[arg-type]
        row = [self._width(value) if len(dims) == 2 and not isinstance(each, int) else each for each in dims[1:]]
        if not dims or not all(isinstance(each, int) for each in row):
            raise GradwireError(
                f"{shown} has no fixed size for each sample; export the model with all sizes fixed but the first"
            )
        sizes = [int(each) for each in row if isinstance(each, int)]
        count = int(np.prod(sizes, dtype=float)) if sizes else 1
        if count + len(self._columns_taken) > MOST_COLUMNS:
            raise GradwireError(f"{shown} has {count:,} numbers for each sample and {MOST_COLUMNS:,} can be columns")
        if len(sizes) > 3:
            raise GradwireError(f"{shown} has {len(dims)} axes and four can be read; export a model with fewer")
        columns = self._columns(value, count)
        self._columns_taken |= set(columns)
        flow = self.building.add("input", {}, {"columns": columns} | ({"shape": sizes} if len(sizes) > 1 else {}))
        if not sizes:
            self.values[value.name] = self.building.add("reshape", {"x": flow}, {"shape": [BATCH]})
        else:
            self.values[value.name] = flow
        self.inputs.append((value, flow))

    def _columns(self, value: Value, count: int) -> list[str]:
        from compute.importing.metadata import columns_of

        named = columns_of(self.model, value.name, count)
        if named:
            return named
        if count == 1 and len(self.model.inputs) > 1 and value.name and value.name not in self._columns_taken:
            return [value.name]
        at = len(self._columns_taken)
        while any(f"x{at + i}" in self._columns_taken for i in range(count)):
            at += count
        return [f"x{at + i}" for i in range(count)]

    def _width(self, value: Value) -> int | None:
        """The number of columns of an input that does not say it, from what first reads it."""
        names, seen = [value.name], 0
        for name in names:  # which grows
            for at in self.readers.get(name, ()):
                node, seen = self.model.nodes[at], seen + 1
                if node.op in ("Cast", "Identity"):
                    names += node.outputs
                found = self.values.get(node.inputs[1]) if len(node.inputs) > 1 else None
                if isinstance(found, Const) and found.array.ndim == 2 and node.inputs[0] == name:
                    if node.op == "MatMul":
                        return int(found.array.shape[0])
                    if node.op == "Gemm":
                        return int(found.array.shape[1 if node.attributes.get("transB", 0) else 0])
                if node.op in ("Scaler", "LinearRegressor", "LinearClassifier"):
                    numbers = node.attributes.get("offset", node.attributes.get("coefficients", ()))
                    many = len(node.attributes.get("intercepts", ())) or 1
                    return len(numbers) // many or None
            if seen > 100:
                break
        return None

    @property
    def missing(self) -> tuple[Missing, ...]:
        """What got a placeholder, of what leads to an output."""
        ids = self.building.ids
        return tuple(Missing(op, ids[flow.node], why) for flow, op, why in self._missing if flow.node in ids)

    def is_shared(self, given: Const) -> bool:
        """Whether several nodes of the file read a weight, which must stay one. What is 0 or 1 everywhere, exporters
        write once for many."""
        return self.uses[given.name] > 1 and not (given.array == given.array.flat[0]).all()

    def note(self, sentence: str) -> None:
        """Something that the person should know, said once."""
        self.notes[sentence] = None

    # -- node by node ---------------------------------------------------------------------------------------

    def convert(self) -> None:
        """All nodes, each after what feeds it."""
        from compute.importing.recognising import recognise

        # What is fixed comes first: some exporters write a constant after what it is used with.
        for node in self.model.nodes:
            sizes = self._sizes(node)
            if sizes is not None:
                self.values[node.outputs[0]] = sizes
            elif can_fold(node) and all(not name or isinstance(self.values.get(name), Const) for name in node.inputs):
                with suppress(CannotFold):
                    given = [self.values.get(name) if name else None for name in node.inputs]
                    self.values |= zip(node.outputs, self._folded(node, given), strict=False)
        for at, node in enumerate(self.model.nodes):
            if all(name in self.values for name in node.outputs if name):
                continue
            recognise(self, at)
            if all(name in self.values for name in node.outputs if name):
                continue
            for name, value in zip(node.outputs, self._outputs(node), strict=False):
                if name and name not in self.values and value is not None:
                    self.values[name] = value

    def _outputs(self, node: Operation) -> Sequence[Given | None]:
        from compute.importing.rules import RULES

        given = [self.values.get(name) if name else None for name in node.inputs]
        try:
            if any(name and value is None for name, value in zip(node.inputs, given, strict=True)):
                raise Unsupported("what feeds it is not in the file")
            sizes = self._sizes(node)
            if sizes is not None:
                return [sizes]
            constants = [each for each in given if isinstance(each, Const)]
            if len(constants) == sum(each is not None for each in given) and can_fold(node):
                return self._folded(node, given)
            if any(isinstance(each, Label) for each in given) and node.op in (*_ON_LABELS, "ZipMap"):
                self._name_classes(node, constants)
                return [next(each for each in given if isinstance(each, Label))]
            rule = RULES.get(node.op) if node.domain in ("ai.onnx", "ai.onnx.ml", "com.microsoft") else None
            if rule is None:
                raise Unsupported("there is no such operation here")
            found = rule(self, node, given)
            return [found] if isinstance(found, Const | Flow | Label) else found
        except Unsupported as error:
            return self._stand_in(node, given, str(error))
        except CannotFold as error:
            return self._stand_in(node, given, str(error))
        except (ValueError, TypeError, IndexError, KeyError, ArithmeticError, AttributeError):
            # A rule reads attributes and constants as an operation of that name has them.
            return self._stand_in(node, given, "it is not written as such an operation is")

    def _sizes(self, node: Operation) -> Const | None:
        """What Shape gives of something whose shape is known."""
        flow = self.values.get(node.inputs[0]) if node.op == "Shape" and len(node.inputs) == 1 else None
        if not isinstance(flow, Flow) or flow.shape is None or not node.outputs:
            return None
        sizes = np.array([ROWS if size == BATCH else size for size in flow.shape], dtype=np.int64)
        return Const(sizes[node.attributes.get("start", 0) : node.attributes.get("end")])

    def _folded(self, node: Operation, given: Sequence[Given | None]) -> Sequence[Const]:
        arrays = [each.array if isinstance(each, Const) else None for each in given]
        first = given[0] if given else None
        name = first.name if isinstance(first, Const) and node.op in _AS_THEY_ARE else ""
        return [Const(array, name) for array in folded(node, arrays)]

    def _name_classes(self, node: Operation, constants: Sequence[Const]) -> None:
        """What a file calls its classes, which stands where a class number becomes a name."""
        for each in constants:
            if node.op in ("ArrayFeatureExtractor", "Gather") and 1 < each.array.size < 1000:
                self.classes = tuple(str(label) for label in each.array.ravel().tolist())

    def _stand_in(self, node: Operation, given: Sequence[Given | None], why: str) -> Sequence[Given | None]:
        """A placeholder for a node, with all of its outputs: one node has one output, so each has one of its own."""
        called = printable(node.op[:60]) or "a node"
        feeding = []
        for each in given:
            flow = each.of if isinstance(each, Label) else each
            if isinstance(flow, Flow):
                feeding.append(flow)
        out: list[Given | None] = []
        for name in node.outputs[:16]:
            flow = self.building.placeholder(f"onnx.{called}", feeding, self._told_shape(name))
            self._missing.append((flow, called, why))
            out.append(flow)
        return out

    def _told_shape(self, name: str) -> Shape | None:
        """What the file itself says of a value that nobody here knows."""
        told = self.model.between.get(name)
        if told is None or not told.dims:
            return None
        sizes = [size if isinstance(size, int) else None for size in told.dims]
        if None in sizes[1:]:
            return None
        return (BATCH, *(size for size in sizes[1:] if size is not None))
