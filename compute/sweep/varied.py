"""What a sweep can vary: the settings of a document, by the names that people write."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from compute.data.source import find_source, option_values
from compute.data.split import SPLIT
from compute.data.words import did_you_mean, listed
from compute.document import SETTINGS, Document
from compute.errors import GradwireError
from compute.given import node_called, param_of, put
from compute.off import effective
from compute.ops import find
from compute.optimizers import OPTIMIZERS
from compute.params import Param
from compute.schedules import SCHEDULES

SHORT = {"lr": "learning_rate", "batch": "batch_size", "wd": "weight_decay"}
"""What people write for short."""
SWEPT = frozenset({"int", "float", "bool", "choice", "initializer"})
"""The kinds of settings that can be varied."""
SCHEDULE = Param(
    "schedule", "choice", "constant", "How the learning rate changes from step to step.", choices=tuple(SCHEDULES)
)
OPTIMIZER = Param("optimizer", "choice", "adam", "How a gradient becomes a step.", choices=tuple(OPTIMIZERS))
Place = Literal["training", "optimizer", "schedule", "data", "option", "node"]


@dataclass(frozen=True)
class Varied:
    """A setting. name: as it is told; place: the part of the document that holds it; nodes: those whose setting it is,
    each of which gets the value."""

    name: str
    place: Place
    param: Param
    nodes: tuple[str, ...] = ()

    @property
    def is_seed(self) -> bool:
        """Whether it is the seed of the training: trials that differ in it alone are repetitions."""
        return self.place == "training" and self.param.name == "seed"

    @property
    def makes_another(self) -> bool:
        """Whether another value makes another network, other rows or another kind of optimizer."""
        if self.place in ("optimizer", "schedule"):
            return self.param is OPTIMIZER
        return not self.is_seed and (self.place, self.param.name) != ("training", "epochs")

    def now(self, document: Document) -> Any:
        """Its value in a document; of several nodes that of the first."""
        name = self.param.name
        match self.place:
            case "training":
                return getattr(document.training, name)
            case "optimizer":
                key = "name" if self.param is OPTIMIZER else name
                return document.training.optimizer.get(key, self.param.default)
            case "schedule":
                key = "name" if self.param is SCHEDULE else name
                return document.training.schedule.get(key, self.param.default)
            case "data":
                return document.data.get(name, self.param.default)
            case "option":
                return option_values(document.data).get(name, self.param.default)
            case "node":
                return document.graph.nodes[self.nodes[0]].params.get(name, self.param.default)

    def put(self, document: Document, value: Any) -> None:
        """Give a document of one's own (see ``Document.copy``) this value."""
        name = self.param.name
        match self.place:
            case "training":
                document.training = replace(document.training, **{name: value})
            case "optimizer":
                key = "name" if self.param is OPTIMIZER else name
                optimizer = {**document.training.optimizer, key: value}
                document.training = replace(document.training, optimizer=optimizer)
            case "schedule":
                key = "name" if self.param is SCHEDULE else name
                schedule = {**document.training.schedule, key: value}
                document.training = replace(document.training, schedule=schedule)
            case "data":
                document.data = {**document.data, name: value}
            case "option":
                document.data = {**document.data, "options": {**option_values(document.data), name: value}}
            case "node":
                for node_id in self.nodes:
                    put(document, node_id, name, value)


def varied_in(document: Document) -> dict[str, Varied]:
    """All that can be varied in a document, by name, what people vary most first."""
    found: dict[str, Varied] = {}

    def add(each: Varied, name: str = "") -> None:
        found.setdefault(name or each.name, each)

    optimizer = OPTIMIZERS.get(str(document.training.optimizer.get("name", OPTIMIZER.default)))
    for param in optimizer.params if optimizer else ():
        if param.kind in SWEPT:
            add(Varied(param.name, "optimizer", param))
    for param in SETTINGS.values():
        if param.kind in SWEPT:
            add(Varied(param.name, "training", param))
    for each in _of_several_nodes(document):
        add(each)
    add(Varied(OPTIMIZER.name, "optimizer", OPTIMIZER))
    add(Varied(SCHEDULE.name, "schedule", SCHEDULE))
    following = SCHEDULES.get(str(document.training.schedule.get("name", SCHEDULE.default)))
    for param in following.params if following else ():
        add(Varied(f"schedule.{param.name}", "schedule", param))
    for node in document.graph.nodes.values():
        op = find(node.op)
        for param in op.params if op else ():
            if param.kind in SWEPT:
                add(Varied(f"{node.id}.{param.name}", "node", param, (node.id,)))
    for param in SPLIT:
        add(Varied(param.name, "data", param))
    source = find_source(document.data)
    for param in source.options(document.data) if source else ():
        if param.kind in SWEPT:
            add(Varied(f"data.{param.name}", "option", param))
    return found


def find_varied(document: Document, name: str, optimizers: Iterable[str] = ()) -> Varied:
    """What a name stands for: ``lr``, ``training.seed``, ``units``, ``h.units``. ``optimizers``: names of those that
    are varied too, whose settings count then. Errors: GradwireError naming what there is."""
    known = varied_in(document)
    short = name
    for start in ("training.schedule.", "training.optimizer.", "optimizer.", "training.", "data.options.", "data."):
        if name.startswith(start) and start.split(".")[0] not in document.graph.nodes:
            short = name.removeprefix(start)
            if start.endswith("schedule."):
                short = f"schedule.{short}"
            if start.startswith("data") and f"data.{short}" in known:
                return known[f"data.{short}"]
            break
    short = SHORT.get(short, short)
    if short in known:
        return known[short]
    for optimizer in optimizers:
        for param in OPTIMIZERS[optimizer].params if optimizer in OPTIMIZERS else ():
            if param.name == short:
                return Varied(short, "optimizer", param)
    node, dot, setting = name.rpartition(".")
    if dot:
        found = node_called(document, node)
        param = param_of(found, setting)
        if param.kind not in SWEPT | {"tensor"}:
            raise GradwireError(f"--set: {setting} of {found.label} is no number or choice, so it cannot be varied")
        return Varied(f"{node}.{setting}", "node", param, (found.id,))
    hint = did_you_mean(short, [*known, *SHORT])
    raise GradwireError(
        f'--set: there is no setting "{name}" to vary; {hint}there are {listed(_told(known), 20)}, and NODE.SETTING'
    )


def _told(known: Mapping[str, Varied]) -> list[str]:
    """The names that are no node's own."""
    return [name for name in known if "." not in name]


def _of_several_nodes(document: Document) -> list[Varied]:
    """Settings that all nodes of some kinds have, each under its own name; of ``units`` those of hidden layers, since
    the last layer's are given by what is predicted."""
    ends = _last_layers(document)
    nodes: dict[str, tuple[Param, list[str]]] = {}
    for node in document.graph.nodes.values():
        op = find(node.op)
        if op is None or op.is_data:
            continue
        for param in op.params:
            if param.kind in SWEPT and (param.name != "units" or node.id not in ends):
                nodes.setdefault(param.name, (param, []))[1].append(node.id)
    return [Varied(name, "node", param, tuple(ids)) for name, (param, ids) in nodes.items()]


def _last_layers(document: Document) -> set[str]:
    """The layers whose units come to the loss without a layer between."""
    graph = effective(document.graph)
    sources: dict[str, list[str]] = {}
    for wire in graph.wires.values():
        sources.setdefault(wire.target, []).append(wire.source)
    found: set[str] = set()
    seen, stack = set[str](), [document.training.loss]
    while stack:
        node_id = stack.pop()
        if node_id in seen or node_id not in graph.nodes:
            continue
        seen.add(node_id)
        op = find(graph.nodes[node_id].op)
        if op is not None and any(param.name == "units" for param in op.params):
            found.add(node_id)
        else:
            stack += sources.get(node_id, [])
    return found
