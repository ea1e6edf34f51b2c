"""What one training step costs, node by node: counted from shapes alone, by the reference engine's own rules."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from compute.analysis import Analysis, loss_problem
from compute.cost.counting import Array, Counts, Tally, added
from compute.explain.storage import BYTES
from compute.graph import Graph
from compute.ledger import Ledger
from compute.optimizers import Optimizer, norm_of
from compute.plan import make_plan
from compute.reference import TrainingPass, backward, forward
from compute.shapes import Shape, concrete

NOTHING = Counts()


def ops_of(graph: Graph) -> dict[str, str]:
    """The name of the op of each node."""
    return {node.id: node.op for node in graph.nodes.values()}


@dataclass(frozen=True)
class NodeCost:
    """One node. shape: of its value, (B, …); parameters: entries of its weights; forward, backward, update: operations
    in one training step; value_bytes, kept_bytes: of its value, and of what its forward rule leaves for the backward
    pass, in float32."""

    node: str
    op: str
    shape: Shape
    parameters: int = 0
    forward: Counts = NOTHING
    backward: Counts = NOTHING
    update: Counts = NOTHING
    value_bytes: int = 0
    kept_bytes: int = 0

    @cached_property
    def step(self) -> Counts:
        """All operations of a training step."""
        return self.forward + self.backward + self.update


@dataclass(frozen=True)
class Cost:
    """What a graph costs over a batch of ``rows`` rows.

    trains: whether that is a training step, or values alone since there is no loss; nodes: those that take part, in
    the order in which they are computed; used: operations for one row of a trained network; device_multiply_adds: those
    of a step on a device, which leaves out the gradients that no weight needs.
    """

    rows: int
    trains: bool
    nodes: tuple[NodeCost, ...] = ()
    used: Counts = NOTHING
    device_multiply_adds: int = 0
    left_out: tuple[str, ...] = field(default=())
    """Nodes that no training step computes, or that cannot be computed."""

    @cached_property
    def by_node(self) -> Mapping[str, NodeCost]:
        """The same, to be looked up."""
        return {each.node: each for each in self.nodes}

    @cached_property
    def total(self) -> NodeCost:
        """All nodes together."""
        return NodeCost(
            "",
            "",
            (),
            sum(each.parameters for each in self.nodes),
            added(each.forward for each in self.nodes),
            added(each.backward for each in self.nodes),
            added(each.update for each in self.nodes),
            sum(each.value_bytes for each in self.nodes),
            sum(each.kept_bytes for each in self.nodes),
        )


def cost_of(nodes: Mapping[str, str], analysis: Analysis, loss: str, rows: int, optimizer: Optimizer) -> Cost:
    """The cost of a training step over so many rows, as far as the graph can be computed; without a loss, of values.
    ``nodes``: the name of the op of each node of the graph."""
    trains = loss_problem(analysis, loss) is None
    part = analysis.leading_to(loss) if trains else analysis
    tally = Tally()
    ledger: Ledger[Counts] = Ledger(
        part.sources, lambda node: part.ops[node].ports, tally.take, lambda array: tally.shadow(array.shape)
    )
    weights: dict[str, Array] = {name: tally.shadow(spec.shape) for name, (_, spec) in part.parameters.items()}
    known = {node: tally.shadow(concrete(part.shapes[node], rows)) for node in part.order if part.ops[node].is_data}
    training = TrainingPass() if trains else None
    values = forward(part, weights, {}, training, known, ledger.put)
    kept: dict[str, int] = {}
    products = 0
    if trains:
        backward(part, weights, values, loss, TrainingPass(), ledger.put)
        ledger.end()
        _update(part, loss, optimizer, weights, values, tally, ledger)
        plan = make_plan(part, rows, loss, "train")
        owners = {call.out.buffer: call.node for call in plan.forward}
        for buffer in plan.kept():
            node = owners[buffer]
            kept[node] = kept.get(node, 0) + BYTES * plan.sizes[buffer]
        products = sum(call.products for call in plan.calls)
    sizes: dict[str, int] = {}
    for owner, spec in part.parameters.values():
        sizes[owner] = sizes.get(owner, 0) + (math.prod(spec.shape) if spec.learned else 0)
    found = tuple(
        NodeCost(
            node,
            nodes.get(node, part.ops[node].name),
            part.shapes[node],
            sizes.get(node, 0),
            ledger.booked["forward"].get(node, NOTHING),
            ledger.booked["backward"].get(node, NOTHING),
            ledger.booked["update"].get(node, NOTHING),
            BYTES * math.prod(concrete(part.shapes[node], rows)),
            kept.get(node, 0),
        )
        for node in part.order
    )
    left_out = tuple(node for node in nodes if node not in part.shapes)
    return Cost(rows, trains, found, _used(part, tally), products, left_out)


def _update(
    part: Analysis,
    loss: str,
    optimizer: Optimizer,
    weights: Mapping[str, Array],
    values: Mapping[str, Array],
    tally: Tally,
    ledger: Ledger[Counts],
) -> None:
    """Book what the optimizer computes for each weight, and the running statistics."""
    reached = part.reached(loss)
    for name, (owner, spec) in part.parameters.items():
        if spec.trainable and owner in reached:
            gradient = tally.shadow(spec.shape)
            norm = norm_of([gradient]) if optimizer.clipping.norm else 0.0
            state: dict[str, Array] = {each: tally.shadow(spec.shape) for each in optimizer.state}
            optimizer.update(weights[name], gradient, state, 1, norm)
            ledger.book("update", owner)
    for owner in {owner: None for owner, spec in part.parameters.values() if not spec.learned}:
        own = {suffix: weights[name] for suffix, name in part.weights_of(owner).items()}
        part.ops[owner].remember([values[s] for s in part.sources[owner]], own, part.settings[owner])
        ledger.book("update", owner)


def _used(part: Analysis, tally: Tally) -> Counts:
    """What one row costs outside of training."""
    weights: dict[str, Array] = {name: tally.shadow(spec.shape) for name, (_, spec) in part.parameters.items()}
    known = {node: tally.shadow(concrete(part.shapes[node], 1)) for node in part.order if part.ops[node].is_data}
    forward(part, weights, {}, None, known, lambda _kind, _node, _name, array: tally.shadow(array.shape))
    return tally.take()
