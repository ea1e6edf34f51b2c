"""From a graph and a batch size to the ordered calls of forward and backward, and the buffers they need.

Each wire has a gradient of its own: what its target sends back through it. A node's gradient is the sum
over its outgoing wires. The backward pass therefore needs, at any moment, only the gradients of the next
nodes and the values that their rules keep; buffer lifetimes follow from the calls alone.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from compute.analysis import Analysis, check_loss
from compute.builder import Builder
from compute.calls import Call
from compute.graph import Port
from compute.ops.base import Backward, Forward
from compute.shapes import concrete
from compute.strided import Tensor, contiguous
from compute.trace import Quantity

PARAMETERS = "parameters"
GRADIENTS = "gradients"
PREVIOUS = "previous"
"""Flat buffers: the weights, their gradients, and where watches ask for them the weights before the last update."""

Mode = Literal["forward", "train", "trace"]


@dataclass(frozen=True)
class ParameterLayout:
    """Where each weight lies in the one flat buffer of all parameters (and of all gradients).

    The weights that training changes (trainable, and the loss depends on them) come first, so that the
    optimizer updates one contiguous range of ``trained`` entries; all others are left alone, as in PyTorch.
    """

    shapes: Mapping[str, tuple[int, ...]]
    offsets: Mapping[str, int]
    trained: int
    size: int

    @classmethod
    def of(cls, analysis: Analysis, loss: str | None) -> ParameterLayout:
        """The layout of all parameters of a graph."""
        reached = analysis.reached(loss) if loss else set()
        specs = {name: spec for name, (_, spec) in analysis.parameters.items()}
        changes = {name: spec.trainable and analysis.parameters[name][0] in reached for name, spec in specs.items()}
        offsets, size, trained = {}, 0, 0
        for name in sorted(specs, key=lambda name: not changes[name]):
            offsets[name] = size
            size += math.prod(specs[name].shape)
            if changes[name]:
                trained = size
        return cls({name: specs[name].shape for name in offsets}, offsets, trained, size)

    @property
    def trained_names(self) -> list[str]:
        """The weights that training changes."""
        return [name for name, offset in self.offsets.items() if offset < self.trained]

    def tensor(self, name: str, buffer: str) -> Tensor:
        """The window of one weight in a flat buffer."""
        return contiguous(buffer, self.shapes[name], self.offsets[name])

    def pack(self, weights: Mapping[str, npt.NDArray[Any]], dtype: type[np.floating[Any]]) -> npt.NDArray[Any]:
        """All weights in one flat array."""
        flat = np.zeros(max(1, self.size), dtype)
        for name, shape in self.shapes.items():
            start = self.offsets[name]
            flat[start : start + math.prod(shape)] = np.asarray(weights[name]).reshape(-1)
        return flat

    def unpack(self, flat: npt.NDArray[Any]) -> dict[str, npt.NDArray[Any]]:
        """Copies of all weights from one flat array."""
        return {name: self.view(name, flat).copy() for name in self.shapes}

    def view(self, name: str, flat: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """One weight's entries of a flat array."""
        shape, start = self.shapes[name], self.offsets[name]
        return flat[start : start + math.prod(shape)].reshape(shape)


@dataclass(frozen=True)
class Plan:
    """The calls of one pass over a batch of ``rows`` rows, and where everything lies.

    sizes: buffer → elements (parameters and gradients are the layout's flat buffers and not listed);
    constants: buffer → its fixed contents; forward, backward: the calls, in order; statistics: those that write new
    running statistics, once it is known that the step counts; values, grads: node id → tensor; wire_grads: (node,
    port) → tensor.
    """

    rows: int
    mode: Mode
    loss: str | None
    layout: ParameterLayout
    forward: tuple[Call, ...]
    backward: tuple[Call, ...]
    sizes: Mapping[str, int]
    constants: Mapping[str, npt.NDArray[np.float64]]
    values: Mapping[str, Tensor]
    grads: Mapping[str, Tensor] = field(default_factory=dict)
    wire_grads: Mapping[Port, Tensor] = field(default_factory=dict)
    statistics: tuple[Call, ...] = ()

    @property
    def calls(self) -> tuple[Call, ...]:
        """All calls of the pass, in order."""
        return self.forward + self.backward + self.statistics

    def tensor_of(self, quantity: Quantity) -> Tensor | None:
        """Where all numbers of a quantity lie; None where the pass does not compute it."""
        match quantity.kind:
            case "value":
                return self.values.get(quantity.node)
            case "gradient":
                return self.grads.get(quantity.node)
            case "wire":
                return self.wire_grads.get((quantity.node, quantity.name))
            case _:
                buffer = PARAMETERS if quantity.kind == "weight" else GRADIENTS
                return self.layout.tensor(quantity.weight, buffer) if quantity.weight in self.layout.shapes else None

    def kept(self) -> set[str]:
        """The buffers written by forward that backward reads: what training must hold on to."""
        written = {call.out.buffer for call in self.forward}
        return written & self.sizes.keys() & {buffer for call in self.backward for buffer in call.reads}


def make_plan(
    analysis: Analysis, rows: int, loss: str | None = None, mode: Mode = "trace", also: Collection[str] = ()
) -> Plan:
    """Lower a graph for batches of ``rows`` rows.

    mode ``forward`` computes values only, as they are outside of training; ``train`` computes as training does, with
    the gradients that trainable parameters need and new running statistics; ``trace`` the same with every gradient
    there is, on every wire, and no new statistics. ``also``: nodes whose gradient is wanted in mode ``train`` in any
    case. Without a (computable, scalar) loss only values are planned in mode ``trace``; in mode ``train`` that is an
    error (GradwireError).
    """
    layout = ParameterLayout.of(analysis, loss)
    k = Builder()
    values: dict[str, Tensor] = {}
    weights: dict[str, dict[str, Tensor]] = {}
    statistics: list[Call] = []
    for node_id in analysis.order:
        k.node, op = node_id, analysis.ops[node_id]
        weights[node_id] = {
            suffix: layout.tensor(name, PARAMETERS) for suffix, name in analysis.weights_of(node_id).items()
        }
        if op.is_data:
            values[node_id] = k.gather(concrete(analysis.shapes[node_id], rows))
        else:
            x = [values[s] for s in analysis.sources[node_id]]
            node = Forward(k, x, weights[node_id], analysis.settings[node_id])
            values[node_id] = op.lower_evaluate(node) if mode == "forward" else op.lower(node)
            if mode == "train":
                before = len(k.calls)
                op.lower_remember(node)
                statistics += k.calls[before:]
                del k.calls[before:]
    forward, k.calls = tuple(k.calls), []
    if mode == "train":
        check_loss(analysis, loss or "")
    if mode == "forward" or loss is None or analysis.shapes.get(loss) != ():
        return Plan(rows, mode, loss, layout, forward, (), k.sizes, k.constants, values)

    wanted = analysis.reached(loss)
    if mode == "train":
        wanted &= _depending(analysis, also)
    grads: dict[str, Tensor] = {}
    wire_grads: dict[Port, Tensor] = {}
    arriving: dict[str, list[Tensor]] = {node_id: [] for node_id in wanted}
    for node_id in reversed(analysis.order):
        if node_id not in wanted:
            continue
        k.node, op = node_id, analysis.ops[node_id]
        if node_id == loss:
            arriving[node_id].append(k.constant(np.array(1.0)))
        g = grads[node_id] = k.total(arriving[node_id])
        sources = analysis.sources[node_id]
        need = [source in wanted for source in sources]
        gw = {
            suffix: layout.tensor(name, GRADIENTS)
            for suffix, name in analysis.weights_of(node_id).items()
            if analysis.parameters[name][1].trainable or (mode == "trace" and analysis.parameters[name][1].learned)
        }
        if not any(need) and not gw:
            continue
        x = [values[s] for s in sources]
        settings, y = analysis.settings[node_id], values[node_id]
        back = op.lower_backward(Backward(k, x, weights[node_id], settings, y, g, need, gw))
        for port, source, tensor, needed in zip(op.ports, sources, back, need, strict=True):
            if needed and tensor is not None:
                arriving[source].append(tensor)
                wire_grads[node_id, port] = tensor
    backward, ends = tuple(k.calls), tuple(statistics)
    return Plan(rows, mode, loss, layout, forward, backward, k.sizes, k.constants, values, grads, wire_grads, ends)


def _depending(analysis: Analysis, also: Collection[str]) -> set[str]:
    """The nodes whose output depends on a trainable parameter or on one of some other nodes."""
    owners = {owner for owner, spec in analysis.parameters.values() if spec.trainable}.union(also)
    found: set[str] = set()
    for node_id in analysis.order:
        if node_id in owners or any(s in found for s in analysis.sources[node_id]):
            found.add(node_id)
    return found
