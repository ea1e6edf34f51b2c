"""Live numbers, in the text of a lesson and in its conditions; ``compute.lessons`` lists them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from compute.document import SETTINGS, Document
from compute.focus import Focus, Side, Subject
from compute.graph import Graph
from compute.lessons.moment import Moment
from compute.numbers_text import count_text, precise, short, summary
from compute.ops import find
from compute.optimizers import OPTIMIZERS
from compute.schedules import SCHEDULES
from compute.shapes import show

Array = npt.NDArray[Any]

ABOUT = ("value", "gradient", "weight", "update", "shape", "setting")
"""The words behind which stands what it is about."""
MOST_SHOWN = 12
"""Numbers that are shown as they are."""
MOST_LOOKED_AT = 50_000
"""Numbers that are looked at: the window waits for it."""
_SAMPLE = "sample"
_FORM = re.compile(rf"({'|'.join(ABOUT)})\s+(\S.*?)\s*(?:\[([^\[\]]*)\])?", re.DOTALL)
_SIDES: Mapping[str, Side] = {"value": "value", "weight": "value", "gradient": "gradient", "update": "update"}


@dataclass(frozen=True)
class Readout:
    """word: what of it is read; name: what it is about, "" where the word says all; entry: None for all numbers, with
    ``sample`` where the chosen sample is meant."""

    word: str
    name: str = ""
    entry: tuple[int | str, ...] | None = None

    @property
    def sentence(self) -> str:
        """What it is called in a sentence."""
        if not self.name:
            return f"the {self.word}"
        if self.word == "setting":
            node, _, setting = self.name.rpartition(".")
            return f"{setting.replace('_', ' ')} of {node}"
        at = f"[{', '.join(map(str, self.entry))}]" if self.entry is not None else ""
        return f"the {self.word} {'at' if self.word == 'gradient' else 'of'} {self.name}{at}"

    @property
    def on_sample(self) -> bool:
        """Whether it is another number with another sample."""
        return self.entry is not None and _SAMPLE in self.entry

    def subject(self, graph: Graph) -> Subject | None:
        """The node, wire or weight that has the numbers; None where the graph has none of that name."""
        return subject(self.name, graph, weight=self.word in ("weight", "update"))

    def focus(self, graph: Graph, sample: int = 0) -> Focus | None:
        """The number as something to ask about; None where it is none, or the graph has no such thing."""
        found, side = self.subject(graph), _SIDES.get(self.word)
        if found is None or side is None:
            return None
        entry = None if self.entry is None else tuple(sample if i == _SAMPLE else int(i) for i in self.entry)
        return Focus(found, side, entry)


@lru_cache(maxsize=1000)
def readout(text: str) -> Readout:
    """What a text asks about. Errors: ValueError with what is wrong, as the end of a sentence."""
    text = text.strip()
    if text in WORDS:
        return Readout(text)
    form = _FORM.fullmatch(text)
    if form is None:
        words = ", ".join([*(f"{word} x" for word in ABOUT), *WORDS])
        raise ValueError(f"must be one of {words}; “{text}” is none")
    word, name, inside = form.groups()
    if inside is None:
        return Readout(word, name)
    parts = [part.strip() for part in inside.split(",") if part.strip()]
    wrong = [part for part in parts if part != _SAMPLE and not (part.isascii() and part.isdecimal() and len(part) < 10)]
    if wrong or word in ("shape", "setting"):
        raise ValueError(f"has no entry “{inside}”; an entry is whole numbers or sample, such as [0, 1]")
    return Readout(word, name, tuple(part if part == _SAMPLE else int(part) for part in parts))


def written(focus: Focus, *, entry: bool = True) -> str:
    """What asks for the number in focus, as it stands in braces; without its entry for all numbers of the tensor."""
    found = focus.subject
    name = found.node if found.kind == "node" else f"{found.node}.{found.name}"
    at = f"[{', '.join(map(str, focus.entry))}]" if entry and focus.entry else ""
    return f"{'weight' if found.kind == 'weight' and focus.quantity == 'value' else focus.quantity} {name}{at}"


def is_readout(text: str) -> bool:
    """Whether a text asks about anything."""
    try:
        readout(text)
    except ValueError:
        return False
    return True


def subject(name: str, graph: Graph, *, weight: bool = False) -> Subject | None:
    """Of a name such as ``x``, ``L.b``, ``h.weight``: the node, the wire or the weight; None where there is none."""
    if name in graph.nodes:
        return Subject("weight", name, "value") if weight else Subject("node", name)
    node_id, _, part = name.rpartition(".")
    if not weight and (node_id, part) in graph.wires:
        return Subject("wire", node_id, part)
    node = graph.nodes.get(node_id)
    op = find(node.op) if node is not None else None
    return Subject("weight", node_id, part) if op is not None and part not in op.ports else None


def array(asked: Readout, now: Moment) -> Array | None:
    """The numbers; None where they are not computed, are none, or are too many."""
    if not asked.name:
        number = WORDS[asked.word](now)
        return None if number is None or isinstance(number, str) else np.asarray(number)
    if asked.word == "setting":
        return _numbers(setting(asked.name, now.document))
    focus = asked.focus(now.document.graph, now.sample)
    if focus is None:
        return None
    quantity = focus.asks(now.document.graph)
    found = now.facts.find(quantity) if focus.quantity != "update" else None
    hidden = now.facts.trace is not now.snapshot.trace
    """Whether something of it is asked for, and shown nowhere before it is answered."""
    if found is None and quantity.kind == "weight" and not hidden:
        found = now.snapshot.weights.get(quantity.weight)
    if found is None or focus.entry is None:
        return found if found is not None and found.size <= MOST_LOOKED_AT else None
    inside = len(focus.entry) == found.ndim and all(i < n for i, n in zip(focus.entry, found.shape, strict=True))
    return np.asarray(found[focus.entry]) if inside else None


def _numbers(value: Any) -> Array | None:
    if value is None or isinstance(value, str | bool | Mapping):
        return None
    try:
        return np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        return None


def setting(name: str, document: Document) -> Any:
    """The value of a setting such as ``h.units``, ``training.optimizer.name``, ``data.source``; None where it has none,
    the declared one where it is not set."""
    of, _, part = name.rpartition(".")
    node = document.graph.nodes.get(of)
    if node is not None:
        op = find(node.op)
        declared = {param.name: param.default for param in op.params} if op else {}
        shown = {"off": node.off, "title": node.title, "op": node.op}
        return {**shown, **declared, **node.params}.get(part)
    if of == "training":
        return getattr(document.training, part) if part in SETTINGS else None
    if of in ("training.optimizer", "training.schedule"):
        given = document.training.optimizer if of == "training.optimizer" else document.training.schedule
        kind = (OPTIMIZERS if of == "training.optimizer" else SCHEDULES).get(str(given.get("name")))
        declared = {param.name: param.default for param in kind.params} if kind else {}
        return {**declared, **given}.get(part)
    return document.data.get(part) if of == "data" else None


def shape_of(name: str, now: Moment) -> str | None:
    """The shape of what a node gives, a wire carries, or a weight: ``(B, 2)``; None where it is not known."""
    graph, analysis = now.document.graph, now.snapshot.analysis
    found = subject(name, graph)
    if found is None:
        return None
    if found.kind == "weight":
        spec = analysis.parameters.get(f"{found.node}.{found.name}")
        return show(spec[1].shape) if spec else None
    shape = analysis.shapes.get(found.source(graph))
    return None if shape is None else show(shape)


def text(asked: Readout, now: Moment) -> str | None:
    """What a sentence shows of it; None where it is not computed."""
    if asked.word == "shape":
        return shape_of(asked.name, now)
    if not asked.name:
        return _word_text(asked.word, WORDS[asked.word](now))
    found = array(asked, now)
    if found is None:
        value = setting(asked.name, now.document) if asked.word == "setting" else None
        return None if value is None else str(value)
    return numbers_text(found)


def taken(asked: Readout, now: Moment) -> object:
    """Something that is equal as long as what is asked about is the same; None where it is not computed."""
    found = array(asked, now)
    return text(asked, now) if found is None else (found.shape, found.tobytes())


def _word_text(word: str, value: float | str | None) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if word == "accuracy":
        return f"{100 * value:.1f} %"
    return count_text(value) if isinstance(value, int) else precise(value)


def numbers_text(found: Array) -> str:
    """One number with four digits, a few with three each, many by mean and spread: ``(6 2 3; 1 5 7)``."""
    if found.size == 1:
        return precise(float(found.item()))
    if not 0 < found.size <= MOST_SHOWN or found.ndim > 2:
        return summary(found)
    between = ", " if found.ndim == 1 else " "
    rows = [between.join(short(float(x)) for x in line) for line in np.atleast_2d(found)]
    return f"({'; '.join(rows)})"


def _metric(name: str) -> Callable[[Moment], float | None]:
    return lambda now: now.snapshot.judged.metrics.get(name)


WORDS: Mapping[str, Callable[[Moment], float | str | None]] = {
    "loss": lambda now: now.facts.trace.loss,
    "mean loss": lambda now: now.snapshot.mean_loss,
    "validation loss": lambda now: now.snapshot.judged.validation_loss,
    "accuracy": _metric("accuracy"),
    "mean absolute error": _metric("mean absolute error"),
    "root mean squared error": _metric("root mean squared error"),
    "epoch": lambda now: now.snapshot.epoch,
    "step": lambda now: now.snapshot.step,
    "batch": lambda now: now.snapshot.batch.name,
    "sample": lambda now: now.sample,
    "rows": lambda now: now.snapshot.rows,
}
"""What the words alone mean."""


def problem(asked: Readout, document: Document) -> str:
    """Why it can never be shown with this document, as the end of a sentence; "" if it can."""
    if not asked.name:
        return ""
    if asked.word == "setting":
        of, _, _ = asked.name.rpartition(".")
        known = of in document.graph.nodes or of in ("training", "training.optimizer", "training.schedule", "data")
        return "" if known else f"is about “{of}”, which is no node"
    found = asked.subject(document.graph)
    return "" if found is not None else f"is about “{asked.name}”, which is no node, wire or weight"
