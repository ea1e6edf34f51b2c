"""What a graph means: order, shapes, parameters and problems, found without touching any number.

A broken graph is analysed as far as it goes: the node at fault gets its sentence, nodes that depend on it
wait, and everything else can still be computed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from compute import budget
from compute.errors import GradwireError, one_line
from compute.graph import Graph, Node
from compute.off import effective, switched, why_off
from compute.ops import bypass, find
from compute.ops.base import Op, WeightSpec
from compute.problems import Kind, Place, Problem, ProblemError, Remedy, SettingError, problem_of
from compute.shapes import Shape, ShapeError, concrete, show

_MOST_NAMED = 8
"""Nodes that a sentence names at most."""


@dataclass(frozen=True)
class Analysis:
    """The computable part of a graph.

    order: ids of the nodes that can be computed, sources first; shapes: their output shapes; settings: their
    checked parameters; sources: their inputs in port order; parameters: full weight name → (node id, spec);
    problems: node id → what is wrong with it; waiting: node id → the node it waits for; live: the nodes that carry a
    gradient source (everything but what hangs on targets alone); off: node id → why it is switched off.
    """

    order: tuple[str, ...] = ()
    ops: Mapping[str, Op] = field(default_factory=dict)
    shapes: Mapping[str, Shape] = field(default_factory=dict)
    settings: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    sources: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    parameters: Mapping[str, tuple[str, WeightSpec]] = field(default_factory=dict)
    problems: Mapping[str, Problem] = field(default_factory=dict)
    waiting: Mapping[str, str] = field(default_factory=dict)
    live: frozenset[str] = frozenset()
    off: Mapping[str, Problem] = field(default_factory=dict)

    def weights_of(self, node_id: str) -> dict[str, str]:
        """Weight suffix → full parameter name, for one node."""
        return self._weights_by_node.get(node_id, {})

    @cached_property
    def _weights_by_node(self) -> dict[str, dict[str, str]]:
        found: dict[str, dict[str, str]] = {}
        for name, (owner, spec) in self.parameters.items():
            found.setdefault(owner, {})[spec.suffix] = name
        return found

    @cached_property
    def fixed(self) -> frozenset[str]:
        """The nodes whose values follow from constants alone."""
        found: set[str] = set()
        for node_id in self.order:  # sources first, so that a chain of any length is gone through in one pass
            op = self.ops[node_id]
            own = not op.is_data and not op.draws and not self.weights_of(node_id)
            if own and found.issuperset(self.sources[node_id]):
                found.add(node_id)
        return frozenset(found)

    @cached_property
    def numbers_per_row(self) -> int:
        """How many numbers all values together have for one row of the batch."""
        per_row = [shape[1:] for shape in self.shapes.values() if shape[:1] == ("B",)]
        return sum(math.prod(n for n in shape if isinstance(n, int)) for shape in per_row)

    def memory(self, batch: int, judged: int = 0) -> int:
        """The bytes that training on ``batch`` rows at a time needs at most, judged on ``judged`` rows in between."""
        weights: dict[str, list[WeightSpec]] = {}
        for owner, spec in self.parameters.values():
            weights.setdefault(owner, []).append(spec)
        return sum(
            _memory(
                self.ops[n],
                self.settings[n],
                [self.shapes[s] for s in self.sources[n]],
                self.shapes[n],
                weights.get(n, ()),
                batch,
                judged,
            )
            for n in self.order
        )

    def reached(self, loss: str) -> frozenset[str]:
        """The nodes that a scalar loss depends on and that carry gradient: those that have a ∂L/∂node."""
        if loss not in self._reached:
            self._reached[loss] = frozenset(self._found_from(loss))
        return self._reached[loss]

    @cached_property
    def _reached(self) -> dict[str, frozenset[str]]:
        """What was found for a loss before: the canvas asks anew for each step of a walk."""
        return {}

    def _found_from(self, loss: str) -> set[str]:
        if self.shapes.get(loss) != () or loss not in self.live:
            return set()
        seen, stack = {loss}, [loss]
        while stack:
            node_id = stack.pop()
            sources = self.sources[node_id]
            sends = self.ops[node_id].sends_back([self.shapes[s] for s in sources])
            for source, sent in zip(sources, sends, strict=True):
                if sent and source in self.live and source not in seen:
                    seen.add(source)
                    stack.append(source)
        return seen

    def judged_by(self, loss: str) -> tuple[str, str] | None:
        """The nodes of the prediction and of the truth that a node compares; None if it is no loss that can do so."""
        op = self.ops.get(loss)
        if op is None or op.role != "loss" or loss not in self.sources:
            return None
        sources = dict(zip(op.ports, self.sources[loss], strict=True))
        return sources[op.prediction], sources[op.truth]

    def leading_to(self, *node_ids: str) -> Analysis:
        """The part that nodes depend on, themselves among it; of one that cannot be computed, what is in its way."""
        for node_id in node_ids:
            if node_id in self.shapes:
                continue
            blocked = self.waiting.get(node_id, node_id)
            if node_id in self.off:
                return Analysis(off={node_id: self.off[node_id]})
            problems = {blocked: self.problems[blocked]} if blocked in self.problems else {}
            return Analysis(problems=problems, waiting={node_id: blocked} if blocked != node_id else {})
        needed, stack = {*node_ids}, [*node_ids]
        while stack:
            new = set(self.sources[stack.pop()]) - needed
            needed |= new
            stack += new
        return Analysis(
            tuple(n for n in self.order if n in needed),
            {n: op for n, op in self.ops.items() if n in needed},
            {n: shape for n, shape in self.shapes.items() if n in needed},
            {n: settings for n, settings in self.settings.items() if n in needed},
            {n: sources for n, sources in self.sources.items() if n in needed},
            {name: (owner, spec) for name, (owner, spec) in self.parameters.items() if owner in needed},
            live=self.live & needed,
        )

    def require(self, loss: str | None = None) -> None:
        """Errors: ProblemError with the first problem, or if the loss cannot be computed or is not a scalar."""
        for problem in self.problems.values():
            raise ProblemError(problem)
        if loss is not None:
            check_loss(self, loss)


def loss_problem(analysis: Analysis, loss: str) -> Problem | None:
    """Why ``loss`` cannot be minimised: it names no computable node whose output is a scalar; None where it can."""
    at, remedy = Place(node=loss), Remedy("choose loss")
    if not loss:
        sentence = "No loss is chosen; choose one in the training settings: a node whose output is a scalar."
    elif loss in analysis.off:
        return analysis.off[loss]
    elif loss in analysis.problems:
        return analysis.problems[loss]
    elif loss in analysis.waiting:
        sentence = f"The loss {loss} waits for {analysis.waiting[loss]}; mend that node first."
        return Problem(Kind.WAITING, at, sentence)
    elif loss not in analysis.shapes:
        sentence = f"The loss {loss!r} is not a node of the graph; choose the loss in the training settings."
    elif analysis.shapes[loss] != ():
        shape = show(analysis.shapes[loss])
        sentence = f"The loss {loss} gives {shape}; a loss must be a scalar: add a mean or a sum."
    else:
        return None
    return Problem(Kind.LOSS, at, sentence, remedy)


def check_loss(analysis: Analysis, loss: str) -> None:
    """Errors: ProblemError unless ``loss`` names a computable node whose output is a scalar."""
    problem = loss_problem(analysis, loss)
    if problem is not None:
        raise ProblemError(problem)


# The first value of a weight, the run's, its gradient, two of an optimizer, and a copy that is shown.
_COPIES_OF_WEIGHTS = 6
# A value, its gradient, and what a rule makes on the way; beside them stands the gradient of each wire.
_COPIES_OF_VALUES = 3


def _memory(
    op: Op,
    settings: Mapping[str, Any],
    inputs: Sequence[Shape],
    shape: Shape,
    weights: Iterable[WeightSpec],
    batch: int,
    judged: int,
) -> int:
    """The bytes that a node needs in float64; see ``Analysis.memory``."""

    def entries(of: Iterable[Shape], rows: int) -> int:
        return sum(math.prod(concrete(each, rows)) for each in of)

    trained = entries([*[shape] * _COPIES_OF_VALUES, *inputs, *op.made(inputs, settings, back=True)], batch)
    used = entries([shape, *op.made(inputs, settings, back=False)], judged)
    kept = _COPIES_OF_WEIGHTS * sum(math.prod(spec.shape) for spec in weights)
    return 8 * (kept + max(trained, used))


def analyse(
    graph: Graph, classes: Mapping[str, int] | None = None, batch: int = 1, judged: int = 0, *, strict: bool = False
) -> Analysis:
    """Order, shapes, parameters and problems of what is switched on in a graph.

    ``classes`` gives the number of classes of target nodes whose settings leave it to the data; ``batch`` and
    ``judged`` the rows that are computed at a time in training and in judging it. A node with which all would need
    more memory than the budget has a problem, so that nothing of it is ever allocated. strict: the first problem is an
    error (ProblemError).
    """
    what = switched(graph)
    whole, graph = graph, effective(graph, what)
    order, cyclic = graph.order()
    known = _Known(graph, dict(classes or {}), batch, judged)
    for node_id in order:
        known.add(node_id)
        if strict and known.problems:
            raise ProblemError(known.problems[node_id])
    path = graph.cycle() if cyclic else []
    sentence = f"The wires form a cycle {_round_trip(path)}; cut one of them."
    before = dict(zip(path, [*path[-1:], *path[:-1]], strict=True))
    for node_id in graph.nodes:
        if node_id in before:
            remedy = Remedy("cut wire", known.port_fed_by(before[node_id], node_id))
            known.problems[node_id] = Problem(Kind.CYCLE, Place(node=node_id), sentence, remedy)
        elif node_id in cyclic:
            known.waiting[node_id] = path[0]
    done = [node_id for node_id in order if node_id in known.shapes]
    return Analysis(
        tuple(done),
        known.ops,
        known.shapes,
        known.settings,
        known.sources,
        known.parameters,
        known.problems,
        known.waiting,
        frozenset(known.live),
        {node_id: why_off(whole, node_id, muted) for node_id, muted in what.off.items()},
    )


def _round_trip(path: list[str]) -> str:
    """The nodes of a cycle with arrows between them; of a long one its first and last."""
    if len(path) > _MOST_NAMED:
        some = [*path[: _MOST_NAMED - 1], f"… ({len(path) - _MOST_NAMED} more) …", path[-1]]
    else:
        some = path
    return " → ".join([*some, *path[:1]])


@dataclass(frozen=True, slots=True)
class _Found:
    """What a node that can be computed is; memory in bytes."""

    op: Op
    settings: Mapping[str, Any]
    sources: tuple[str, ...]
    shape: Shape
    weights: Sequence[WeightSpec]
    memory: int


class _Known:
    """What has been found so far, node by node."""

    def __init__(self, graph: Graph, classes: Mapping[str, int], batch: int = 1, judged: int = 0) -> None:
        self.graph, self.classes, self.batch, self.judged = graph, classes, batch, judged
        self.memory, self.most = 0, budget.limit()
        self.ops: dict[str, Op] = {}
        self.shapes: dict[str, Shape] = {}
        self.settings: dict[str, Mapping[str, Any]] = {}
        self.sources: dict[str, tuple[str, ...]] = {}
        self.parameters: dict[str, tuple[str, WeightSpec]] = {}
        self.problems: dict[str, Problem] = {}
        self.waiting: dict[str, str] = {}
        self.live: set[str] = set()
        self.wired: dict[str, dict[str, str]] = {node_id: {} for node_id in graph.nodes}
        for (target, port), wire in graph.wires.items():
            if target in self.wired:
                self.wired[target][port] = wire.source

    def add(self, node_id: str) -> None:
        """Analyse one node, whose sources have been analysed before."""
        op = find(self.graph.nodes[node_id].op)
        if op is not None:
            self.ops[node_id] = op
        found = self.examine(node_id, self.wired[node_id])
        if isinstance(found, Problem):
            self.problems[node_id] = found
            return
        if isinstance(found, str):
            self.waiting[node_id] = self.waiting.get(found, found)
            return
        op, settings, sources = found.op, found.settings, found.sources
        self.ops[node_id] = op
        self.settings[node_id], self.sources[node_id], self.shapes[node_id] = settings, sources, found.shape
        self.memory += found.memory
        for spec in found.weights:
            self.parameters[f"{node_id}.{spec.suffix}"] = (node_id, spec)
        if op.differentiable and (not sources or any(s in self.live for s in sources)):
            self.live.add(node_id)

    def examine(self, node_id: str, wired: Mapping[str, str]) -> _Found | Problem | str:
        """What a node is with these sources at its ports, or what is wrong with it, or the source that it waits for."""
        node = self.graph.nodes[node_id]
        op = find(node.op)
        here = Place(node=node_id)
        if op is None:
            sentence = f"Node {node.label}: this version does not know the op {node.op!r}; replace it."
            return Problem(Kind.UNKNOWN_OP, here, sentence, Remedy("remove node", here))
        if node.off == "bypass":
            if not op.ports:
                sentence = f"{op.title} {node.label} has no input to pass through; end the bypass."
                return Problem(Kind.OFF, here, sentence, Remedy("switch on", here))
            op = bypass(op)
            wired = {port: source for port, source in wired.items() if port in op.ports}
        problem = self._wrong_wire(node, op, wired)
        if problem is not None:
            return problem
        try:
            settings = op.informed(op.settings(node.params, node.label), self.classes.get(node_id))
        except SettingError as error:
            at = Place(node=node_id, setting=error.setting)
            return Problem(Kind.SETTING, at, str(error), Remedy("change setting", at))
        missing = [port for port in op.ports if port not in wired]
        if missing:
            one = len(missing) == 1
            which, where = (f"port {missing[0]} is", "it") if one else (f"ports {' and '.join(missing)} are", "each")
            sentence = f"{op.title} {node.label}: {which} not wired; drag an output to {where}."
            at = Place(node=node_id, port=missing[0])
            return Problem(Kind.MISSING_WIRE, at, sentence, Remedy("wire port", at))
        sources = tuple(wired[port] for port in op.ports)
        blocked = next((s for s in sources if s not in self.shapes), None)
        if blocked is not None:
            return blocked
        inputs = [self.shapes[s] for s in sources]
        try:
            shape = op.shape(inputs, settings)
            weights = op.weights(inputs, settings)
        except GradwireError as error:
            return problem_of(error, Kind.SHAPE, here)
        except ShapeError as error:
            port = f", port {error.port}" if error.port else ""
            labels = {name: self.graph.nodes[source].label for name, source in wired.items()}
            sentence = f"{op.title} {node.label}{port}: {error.told(labels)}."
            return Problem(Kind.SHAPE, Place(node=node_id, port=error.port), sentence)
        memory = _memory(op, settings, inputs, shape, weights, self.batch, self.judged)
        if self.memory + memory > self.most:
            what = f"{op.title} {node.label}" + (", with the nodes before it," if memory < self.most else "")
            sentence = budget.refusal(self.memory + memory, what, "make it smaller")
            return Problem(Kind.MEMORY, here, sentence)
        return _Found(op, settings, sources, shape, weights, memory)

    def port_fed_by(self, source: str, node_id: str) -> Place:
        """The port of a node at which a wire from ``source`` arrives."""
        return Place(node_id, next(port for port, feeds in self.wired[node_id].items() if feeds == source))

    def _wrong_wire(self, node: Node, op: Op, wired: Mapping[str, str]) -> Problem | None:
        """A wire to a port that is not there, or from a node that is not there."""
        for port, source in wired.items():
            at = Place(node=node.id, port=port)
            if port not in op.ports:
                sentence = f"{op.title} {node.label} has no port {port}; it has {_listed(op.ports)}."
                return Problem(Kind.UNKNOWN_PORT, at, sentence, Remedy("cut wire", at))
            if source not in self.graph.nodes:
                sentence = (
                    f"{op.title} {node.label}: the wire at port {port} comes from {source!r}, which does not exist."
                )
                return Problem(Kind.UNKNOWN_SOURCE, at, sentence, Remedy("cut wire", at))
        return None


def _listed(ports: tuple[str, ...]) -> str:
    return " and ".join(ports) if ports else "none"


def can_connect(graph: Graph, source: str, target: str, port: str, classes: Mapping[str, int] | None = None) -> str:
    """Why a wire from ``source`` to ``port`` of ``target`` may not exist, as a sentence; empty if it may.

    A wire that already feeds the port does not count: the new one would replace it. Shapes count only as
    far as they are known.
    """
    return Connections(graph, classes).refusal(source, target, port)


class Connections:
    """Which new wires a graph would take; it is analysed once for all of them and must not change meanwhile.

    ``analysis``: of that very graph, where there is one already; then memory is judged by the fed node alone.
    """

    def __init__(
        self, graph: Graph, classes: Mapping[str, int] | None = None, analysis: Analysis | None = None
    ) -> None:
        self._graph, self._known = graph, _Known(graph, dict(classes or {}))
        if analysis is not None and not analysis.off:  # of what is off it knows no shapes
            self._known.shapes.update(analysis.shapes)
        else:
            for node_id in graph.order()[0]:
                self._known.add(node_id)
        self._before: dict[str, set[str]] = {}
        self._after: dict[str, set[str]] = {}
        self._fed: dict[str, set[str]] | None = None

    def refusal(self, source: str, target: str, port: str) -> str:
        """As ``can_connect``."""
        nodes, known = self._graph.nodes, self._known
        if source not in nodes or target not in nodes:
            return one_line(f"There is no node {source if source not in nodes else target!r}.")
        node = nodes[target]
        op = find(node.op)
        if op is None or port not in op.ports:
            return one_line(f"{op.title if op else node.op} {node.label} has no port {port}.")
        if self._leads(target, source):
            return one_line(f"{node.label} already leads to {nodes[source].label}: the wire would close a cycle.")
        wired = known.wired[target]
        problem = known.examine(target, {**wired, port: source})
        if not isinstance(problem, Problem) or problem.kind is Kind.MISSING_WIRE:
            return ""
        # What was wrong with the node before is no reason against this wire.
        return "" if problem == known.examine(target, wired) else problem.sentence

    def _leads(self, first: str, last: str) -> bool:
        """Whether one node is another, or leads to it. One of the two is mostly the same in all questions."""
        if last in self._before:
            return first in self._before[last]
        if first not in self._after:
            wired = self._known.wired
            if self._fed is None:
                self._fed = {node_id: set() for node_id in wired}
                for target, sources in wired.items():
                    for source in wired.keys() & set(sources.values()):
                        self._fed[source].add(target)
            self._after[first] = _reach(first, self._fed.__getitem__)
            self._before[last] = _reach(last, lambda node_id: wired.keys() & set(wired[node_id].values()))
        return last in self._after[first]


def _reach(start: str, go_on: Callable[[str], AbstractSet[str]]) -> set[str]:
    """A node and all to which one comes from it, a step after the other."""
    seen, stack = {start}, [start]
    while stack:
        new = go_on(stack.pop()) - seen
        seen |= new
        stack += new
    return seen
