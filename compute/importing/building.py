"""Collects the graph that a file becomes: nodes with what feeds them, their weights, and names for people."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from compute.document.model import Weights
from compute.graph import Graph, Node, Wire
from compute.ops import REGISTRY
from compute.problems import SettingError
from compute.shapes import Shape, ShapeError, show

Array = npt.NDArray[Any]
_STEMS = {"activation": "a", "dropout": "d", "batch_norm": "n", "layer_norm": "n", "concat": "c", "dense": "h"}
_LONGEST = 24
_MADE_UP = re.compile(
    r"(^|_)(val|default|const|constant|scalar|unity|eps|epsilon|onnx|tensor)(_|:|/|\d|$)", re.IGNORECASE
)
"""How exporters call a number of the formula; such a one is nothing to train."""
_PREPARING = ("/fill", "/mean", "/std")
"""How our own export calls what goes before the network; that is nothing to train either."""
_OF_WEIGHTS = ("weight", "bias", "value", "running_mean", "running_var")
"""How the weights of a node are called."""
_MOST_IN_A_SETTING = 200_000
"""Entries of a tensor that stands in a node's settings."""


class Unsupported(Exception):
    """It has no counterpart; the message is a sentence's end that says why."""


@dataclass(frozen=True, slots=True)
class Const:
    """Numbers that are fixed in the file. name: what it calls them, where training would change them."""

    array: Array
    name: str = ""


@dataclass(frozen=True, slots=True)
class Flow:
    """What a node gives. shape: with ``B`` for the batch; None where it is not known."""

    node: str
    shape: Shape | None


@dataclass(frozen=True, slots=True)
class Turned:
    """(B, N, M) where ``of`` gives (B, M, N): ONNX has channels before steps, and we have them behind."""

    of: Flow


@dataclass(frozen=True, slots=True)
class Unknown:
    """Which numbers of ``of`` are missing."""

    of: Flow


@dataclass(frozen=True, slots=True)
class Label:
    """Which class it is, of the scores that ``of`` holds: there is no number to train."""

    of: Flow


Given = Const | Flow | Label | Turned | Unknown


@dataclass
class _Made:
    op: str
    sources: dict[str, str]
    params: dict[str, Any]
    weights: dict[str, Array] = field(default_factory=dict)
    name: str = ""
    title: str = ""


class Building:
    """The nodes so far, by a number that is not their id yet."""

    def __init__(self, ours: bool = False, still: frozenset[str] = frozenset()) -> None:
        self._ours, self._still = ours, still
        """Whether our own export wrote the file: there a weight is called by its node and what it is of it, and what is
        fixed by its node alone; and what it calls the weights that training leaves as they are."""
        self.made: dict[str, _Made] = {}
        self._constants: dict[tuple[Any, ...], Flow] = {}
        self.flows: dict[str, Flow] = {}
        self.ids: dict[str, str] = {}
        """The id that each node got, once there is a graph."""

    def add(
        self,
        op: str,
        sources: Mapping[str, Flow],
        params: Mapping[str, Any] | None = None,
        weights: Mapping[str, Array] | None = None,
        name: str = "",
    ) -> Flow:
        """A node of one of our operations. Errors: Unsupported where it cannot be with what comes in."""
        declared, settings = REGISTRY[op], dict(params or {})
        shapes = [sources[port].shape for port in declared.ports]
        shape: Shape | None = None
        if all(each is not None for each in shapes):
            known = [each for each in shapes if each is not None]
            try:
                checked = declared.settings(settings, name)
                shape = declared.shape(known, checked)
                wanted = {spec.suffix: spec.shape for spec in declared.weights(known, checked)}
            except ShapeError as error:
                raise Unsupported(error.told({port: port for port in declared.ports})) from None
            except SettingError as error:
                raise Unsupported(f"its setting {error.setting} cannot be taken over") from None
            given = {suffix: array.shape for suffix, array in (weights or {}).items()}
            if weights and wanted != given:
                raise Unsupported(f"its weights have other shapes than {show(known[0])} wants")
        elif declared.group == "activation" or op in ("dropout", "batch_norm", "layer_norm"):
            shape = None
        return self._put(op, {port: flow.node for port, flow in sources.items()}, settings, weights, name, shape)

    def _put(
        self,
        op: str,
        sources: Mapping[str, str],
        params: Mapping[str, Any],
        weights: Mapping[str, Array] | None = None,
        name: str = "",
        shape: Shape | None = None,
    ) -> Flow:
        key = str(len(self.made))
        self.made[key] = _Made(op, dict(sources), dict(params), dict(weights or {}), name)
        self.flows[key] = Flow(key, shape)
        return self.flows[key]

    def placeholder(self, op: str, sources: Iterable[Flow], shape: Shape | None) -> Flow:
        """A node that stands for something without a counterpart, with what feeds it."""
        feeding = list(sources)[:24]
        ports = ["x"] if len(feeding) == 1 else [chr(ord("a") + i) for i in range(len(feeding))]
        wired = {port: flow.node for port, flow in zip(ports, feeding, strict=True)}
        return self._put(op, wired, {}, name=re.sub(r"\W+", "_", op.rpartition(".")[2].lower()), shape=shape)

    def constant(self, given: Const) -> Flow:
        """A node that gives fixed numbers: a parameter where training would change them."""
        array = np.asarray(given.array, dtype=np.float64)
        if array.ndim > 4 or not 0 < array.size <= _MOST_IN_A_SETTING or not np.isfinite(array).all():
            raise Unsupported("it works on a constant that is too large, empty, or not finite")
        made_up = array.size == 1 and is_made_up(given.name)
        name = "" if made_up or given.name.endswith(_PREPARING) else given.name
        key = (name,) if name else ("", array.shape, array.tobytes())
        if (*key, array.shape) not in self._constants:
            learned = name and not self.is_fixed(name)
            op = "parameter" if learned else "constant"
            weights = {"value": array} if learned else None
            shape = tuple(map(int, array.shape))
            kept = self.kept(given) if learned else {}
            made = self._put(op, {}, {"value": array.tolist(), **kept}, weights, stem(name), shape)
            self._constants[*key, array.shape] = made
        return self._constants[*key, array.shape]

    def is_fixed(self, name: str) -> bool:
        """Whether numbers of that name are fixed in a graph of ours."""
        if not self._ours or not name:
            return False
        return name.startswith("const/") or ("/" not in name and name.rpartition(".")[2] not in _OF_WEIGHTS)

    def is_still(self, given: Given | None) -> bool:
        """Whether training leaves a weight as it is."""
        return isinstance(given, Const) and given.name in self._still

    def kept(self, given: Given | None) -> dict[str, bool]:
        """The setting of a node whose weight that is."""
        return {"trainable": False} if self.is_still(given) else {}

    def call(self, given: Given | None, name: str) -> None:
        """Give a node that has no name yet that one; what has a slash in it is a part of a node in our own exports."""
        if isinstance(given, Flow) and name and "/" not in name and not self.made[given.node].name:
            self.made[given.node].name = name

    def flow(self, given: Given | None) -> Flow:
        """What gives a value, with a node of its own for constants. Errors: Unsupported where nothing does."""
        if isinstance(given, Const):
            return self.constant(given)
        if not isinstance(given, Flow):
            raise Unsupported("it works on whole numbers or class labels" if given else "an input is missing")
        return given

    def with_bias(self, flow: Flow, given: Const) -> bool:
        """Give a layer that has none yet a bias, if it is such a layer and that fits: they learn both or neither."""
        made, bias = self.made[flow.node], given.array
        units = made.params.get("units", made.params.get("filters"))
        if made.params.get("bias") is not False or not made.weights:
            return False
        if made.params.get("trainable") is False and not self.is_still(given):
            return False
        if bias.size != units or bias.shape[-1:] != (units,):
            return False
        made.params["bias"] = True
        made.weights["bias"] = np.asarray(bias, dtype=np.float64).reshape(-1)
        return True

    def graph(self, outputs: Iterable[Flow], always: Iterable[str] = ()) -> tuple[Graph, Weights]:
        """The nodes that lead to some outputs, named, and their weights."""
        needed: set[str] = set()
        waiting = [*(flow.node for flow in outputs), *always]
        while waiting:
            key = waiting.pop()
            if key not in needed:
                needed.add(key)
                waiting += self.made[key].sources.values()
        graph, free = Graph(), Graph().free_ids()
        weights: Weights = {}
        for key, made in self.made.items():
            if key not in needed:
                continue
            op = REGISTRY.get(made.op)
            usual = made.op if op is None else op.stem or _STEMS.get(made.op) or _STEMS.get(op.group) or made.op
            self.ids[key] = node_id = free(made.name or usual)
            graph.nodes[node_id] = Node(node_id, made.op, made.params, title=made.title)
            weights |= {f"{node_id}.{suffix}": array for suffix, array in made.weights.items()}
        for key in self.ids:
            for port, source in self.made[key].sources.items():
                wire = Wire(self.ids[source], self.ids[key], port)
                graph.wires[wire.key] = wire
        graph.unplaced = frozenset(graph.nodes)
        return graph, weights


_NO_NAMES = re.compile(
    r"weights?|kernel|gamma|w|coefs?|coefficients?|matmul|gemm|read_?variable_?op|cast|add|bias|b|node|linear|dense|onnx|val|"
    r"initializer|constant|transpose|parameters?|t|to|copy|primals|arg|scope|tensor|data|new|value",
    re.IGNORECASE,
)


def is_made_up(name: str) -> bool:
    """Whether a number of that name is one of a formula, and nothing that was learned."""
    return bool(_MADE_UP.search(name))


def stem(*names: str) -> str:
    """A short name for a node, from what a file calls its weights or its operation; "" where that says nothing."""
    for name in names:
        words = [word for word in re.split(r"[^A-Za-z0-9]+", name) if word]
        while words and (_NO_NAMES.fullmatch(words[-1]) or (words[-1].isdigit() and len(words) > 2)):
            words.pop()
        while words and _NO_NAMES.fullmatch(words[0]):
            words.pop(0)
        if not words or (all(word.isdigit() for word in words[1:]) and _NO_NAMES.fullmatch(words[0])):
            continue
        text = words[-1] if not words[-1].isdigit() else "".join(words[-2:])
        text = f"layer{text}" if text[0].isdigit() else text
        if len(text) <= _LONGEST:
            return text
    return ""


def entries(shape: Shape) -> int:
    """How many numbers of each sample there are in a shape."""
    return math.prod(size for size in shape if isinstance(size, int))


def titled(graph: Graph, node_id: str, title: str) -> None:
    """Give a node a title."""
    graph.nodes[node_id] = replace(graph.nodes[node_id], title=title)
