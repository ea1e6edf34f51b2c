"""A model on its way to a graph of our operations, with what is known of each value."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import numpy.typing as npt

from compute.errors import GradwireError, printable
from compute.importing.building import Building, Const, Flow, Given, Label, Unsupported, is_made_up
from compute.importing.metadata import columns_of, still_of
from compute.importing.model import Dim, Model, Operation, Value
from compute.importing.report import Missing
from compute.shapes import BATCH, Shape

Array = npt.NDArray[Any]
MOST_COLUMNS = 20_000
_LARGEST = 10**15
"""What any larger number of entries is told as."""
Rule = Callable[["Network", Operation, Sequence[Given | None]], Sequence[Given | None] | Given]


class Network:
    """A model on its way to a graph. values: what is known of each, by its name in the file."""

    def __init__(self, model: Model) -> None:
        self.model, self.ours = model, model.producer.startswith("gradwire")
        """Whether our own export wrote the file, and so what it calls things are names for people."""
        self.building = Building(self.ours, model.still | (still_of(model) if self.ours else frozenset()))
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
        self._placeholders: set[str] = set()
        self.outputs: dict[str, str] = {}
        """The id of the node that gives each output of the file, once there is a graph."""
        self._columns_taken: set[str] = set()
        self.inputs: list[tuple[Value, Flow]] = []
        for value in model.inputs:
            self._input(value)
        if not model.inputs:
            # Nothing comes in from outside: the graph is one of its own numbers, as a formula is.
            layers = ("Gemm", "LayerNormalization", "BatchNormalization")
            learned = {name for node in model.nodes if node.op in layers for name in node.inputs[1:]}
            for name, array in model.constants.items():
                if name not in learned and array.dtype.kind == "f" and name and not is_made_up(name):
                    with suppress(Unsupported):
                        self.values[name] = self.building.constant(Const(array, name))

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
        count = min(math.prod(sizes), _LARGEST)
        if count + len(self._columns_taken) > MOST_COLUMNS:
            raise GradwireError(f"{shown} has {count:,} numbers for each sample and {MOST_COLUMNS:,} can be columns")
        if len(sizes) > 3:
            raise GradwireError(f"{shown} has {len(dims)} axes and four can be read; export a model with fewer")
        columns = self._columns(value, count)
        self._columns_taken |= set(columns)
        called = value.name if self.ours and "/" not in value.name else ""
        settings = {"columns": columns} | ({"shape": sizes} if len(sizes) > 1 else {})
        flow = self.building.add("input", {}, settings, name=called)
        if not sizes:
            self.values[value.name] = self.building.add("reshape", {"x": flow}, {"shape": [BATCH]})
        else:
            self.values[value.name] = flow
        self.inputs.append((value, flow))

    def _columns(self, value: Value, count: int) -> list[str]:
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

    def stands_in(self, name: str) -> bool:
        """Whether a placeholder gives that value."""
        value = self.values.get(name)
        return isinstance(value, Flow) and value.node in self._placeholders

    def is_shared(self, given: Const) -> bool:
        """Whether several nodes of the file read a weight, which must stay one. What is 0 or 1 everywhere, exporters
        write once for many."""
        return self.uses[given.name] > 1 and not (given.array == given.array.flat[0]).all()

    def note(self, sentence: str) -> None:
        """Something that the person should know, said once."""
        self.notes[sentence] = None

    def stand_in(self, node: Operation, given: Sequence[Given | None], why: str) -> Sequence[Given | None]:
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
            self._placeholders.add(flow.node)
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
