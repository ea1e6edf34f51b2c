"""The numbers of one learner: drawn by a stable hash, again and again until the exercise is sound and tidy."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from compute.analysis import Analysis
from compute.document import Document, Drawn, Exercise, Learner
from compute.errors import GradwireError
from compute.exercises.sheet import Sheet
from compute.explain import Entry
from compute.ops.base import Elementwise
from compute.workspace import TableCache

MOST_TRIES = 300
_PATIENCE = 40
"""Sound draws after the best one after which no better is expected."""
_FLAT = 1e-9
_KINK = 1e-6
_LARGEST, _SMALLEST = 1e4, 1e-3
"""Outside of these an answer is no pleasure to type."""


@dataclass(frozen=True)
class Variant:
    """The document with a learner's own numbers, and its sheet; untidy: the numbers asked for that have more decimals
    than the exercise calls tidy; tries: how many draws it took."""

    document: Document
    sheet: Sheet
    untidy: tuple[str, ...]
    tries: int


def variant(document: Document, learner: Learner | None) -> Variant:
    """A learner's own exercise, without any answers: the same for the same document and id on every machine.

    None: the document's own numbers. Errors: GradwireError where nothing sound can be drawn.
    """
    exercise = _asking(document)
    start = replace(document, exercise=replace(exercise.anew(), learner=learner))
    if learner is None or not exercise.drawn:
        sheet = Sheet.of(start)
        return Variant(start, sheet, _untidy(sheet), 1)
    draws = _Draws(start, exercise, learner)
    best: tuple[int, Variant] | None = None
    since, reason = 0, ""
    for attempt in range(MOST_TRIES):
        other = draws.document(attempt)
        # Where the data stay as they are, they are read once.
        sheet = Sheet.of(other, draws.cache)
        if wrong := fault(sheet):
            reason = wrong
            continue
        since += 1
        cost = _awkward(sheet) * 1000 + sum(not tidy for tidy in sheet.tidy)
        if best is None or cost < best[0]:
            best, since = (cost, Variant(other, sheet, _untidy(sheet), attempt + 1)), 0
        if best[0] == 0 or since >= _PATIENCE:
            break
    if best is None:
        raise GradwireError(
            f"{document.name}: of {MOST_TRIES} draws for {learner.label} none was sound ({reason}); "
            "draw from more numbers"
        )
    return best[1]


def as_it_stands(document: Document) -> Variant:
    """The document's own numbers, for the learner whose they are, without any answers. Errors: as ``variant``."""
    start = replace(document, exercise=_asking(document).anew())
    sheet = Sheet.of(start)
    return Variant(start, sheet, _untidy(sheet), 1)


def _asking(document: Document) -> Exercise:
    if document.exercise is None:
        raise GradwireError(f"{document.name}: this document holds no exercise; ask for a number in it first")
    if not document.exercise.asked:
        raise GradwireError(f"{document.name}: the exercise asks for nothing; ask for a number in it first")
    return document.exercise


def drawable(document: Document, analysis: Analysis) -> list[tuple[str, str]]:
    """What can be drawn anew: constants, parameters and weights as node and name, and columns of numbers of a table in
    the document, without a node."""
    found = [
        (node.id, "value")
        for node in document.graph.nodes.values()
        if "value" in node.params and f"{node.id}.value" not in analysis.parameters
    ]
    found += [(owner, spec.suffix) for owner, spec in analysis.parameters.values() if spec.learned]
    if document.data.get("source") == "inline":
        columns = document.data.get("columns", {})
        found += [("", name) for name, cells in columns.items() if len(cells) and not isinstance(cells[0], str)]
    return found


def _untidy(sheet: Sheet) -> tuple[str, ...]:
    return tuple(step.label for step, tidy in zip(sheet.steps, sheet.tidy, strict=True) if not tidy)


def _awkward(sheet: Sheet) -> int:
    """How many answers are 0, very large or very small."""
    return sum(not _SMALLEST <= abs(step.value) <= _LARGEST for step in sheet.steps)


def fault(sheet: Sheet) -> str:
    """What makes the numbers useless for an exercise: what is not finite, a gradient of 0, a tie at a kink; "" where
    nothing does."""
    facts, trace = sheet.facts, sheet.facts.trace
    for node, value in trace.values.items():
        if not np.isfinite(value).all():
            return f"{facts.label(node)} is not finite"
    for node, gradient in trace.grads.items():
        if not np.isfinite(gradient).all():
            return f"the gradient of {facts.label(node)} is not finite"
    for step in sheet.steps:
        q = step.quantity
        if not math.isfinite(step.value):
            return f"{step.label} is not finite"
        if q.kind in ("gradient", "wire", "weight gradient") and abs(step.value) < _FLAT:
            return f"{step.label} is 0"
        if q.kind == "value" and _is_flat(sheet, q.node, step.entry):
            return f"{step.label} is where {facts.called(q.node)} is flat"
        if q.kind == "update" and abs(step.value - facts.at(q._replace(kind="weight"), step.entry)) < _FLAT:
            return f"{step.label} is what it was"
    analysis = facts.analysis
    for node in analysis.order:
        op, inputs = analysis.ops[node], [trace.values[source] for source in analysis.sources[node]]
        if any((np.abs(margin) < _KINK).any() for margin in op.kinks(inputs, analysis.settings[node])):
            return f"{facts.label(node)} is at a kink"
    return ""


def _is_flat(sheet: Sheet, node: str, entry: Entry) -> bool:
    """Whether an activation gives nearly the same for other inputs: a dead unit, or a saturated one."""
    facts = sheet.facts
    op, values = facts.op(node), facts.trace.values
    if not isinstance(op, Elementwise) or len(op.ports) != 1:
        return False
    x = values[facts.analysis.sources[node][0]]
    slope = np.broadcast_to(op.slopes(x, y=values[node], **facts.settings(node))[0], x.shape)
    return bool(abs(slope[entry]) < _KINK)


def numbers(seed: int, learner: Learner, attempt: int, drawn: Drawn, count: int) -> list[float]:
    """So many of a draw's numbers, by a hash that is the same on every machine."""
    text = f"gradwire exercise\n{seed}\n{learner.id}\n{attempt}\n{drawn.node}\n{drawn.name}"
    bits, choices = hashlib.shake_256(text.encode("utf-8", "surrogatepass")).digest(8 * count), drawn.choices
    return [choices[int.from_bytes(bits[8 * i : 8 * i + 8], "big") % len(choices)] for i in range(count)]


class _Draws:
    """Documents with other numbers, one for each attempt."""

    def __init__(self, document: Document, exercise: Exercise, learner: Learner) -> None:
        self._document, self._exercise, self._learner = document, exercise, learner
        self._shapes = _shapes(document, exercise)
        own_data = any(not drawn.node for drawn in exercise.drawn)
        self.cache = None if own_data else TableCache()

    def document(self, attempt: int) -> Document:
        """The document as this attempt draws it: never trained, from the weights that it has."""
        document = self._document.copy()
        document.progress, document.trained_extra = None, {}
        # What the run had trained is where this one begins.
        document.initial = dict(document.weights)
        for drawn, shape in zip(self._exercise.drawn, self._shapes, strict=True):
            count = math.prod(shape)
            found = np.array(numbers(self._exercise.seed, self._learner, attempt, drawn, count)).reshape(shape)
            _put(document, drawn, found)
        return document


def _put(document: Document, drawn: Drawn, found: Any) -> None:
    if not drawn.node:
        columns = {**document.data["columns"], drawn.name: [_short(x) for x in found]}
        document.data = {**document.data, "columns": columns}
        return
    node = document.graph.nodes[drawn.node]
    if drawn.name in node.params:
        value = _listed(found.tolist())
        document.graph.nodes[drawn.node] = replace(node, params={**node.params, drawn.name: value})
        for weights in (document.weights, document.initial):
            weights.pop(f"{drawn.node}.{drawn.name}", None)
    else:
        document.weights[f"{drawn.node}.{drawn.name}"] = found
        document.initial[f"{drawn.node}.{drawn.name}"] = found


def _shapes(document: Document, exercise: Exercise) -> list[tuple[int, ...]]:
    """The shape of each draw. Errors: GradwireError for what the document does not have, naming it."""
    sheet = Sheet.of(document)
    weights: Mapping[str, Any] = sheet.workspace.program.weights
    shapes: list[tuple[int, ...]] = []
    for drawn in exercise.drawn:
        if not drawn.node:
            columns = document.data.get("columns", {})
            if document.data.get("source") != "inline" or drawn.name not in columns:
                raise GradwireError(
                    f'The exercise draws the column "{drawn.name}" anew, which is none of a table in the document; '
                    "take the data into the document, or draw something else"
                )
            if any(isinstance(cell, str) for cell in columns[drawn.name]):
                raise GradwireError(f'The exercise draws the column "{drawn.name}" anew, which is text; use numbers')
            shapes.append((len(columns[drawn.name]),))
        elif f"{drawn.node}.{drawn.name}" in weights:
            shapes.append(weights[f"{drawn.node}.{drawn.name}"].shape)
        elif drawn.node in document.graph.nodes and drawn.name in document.graph.nodes[drawn.node].params:
            shapes.append(np.shape(document.graph.nodes[drawn.node].params[drawn.name]))
        else:
            raise GradwireError(
                f"The exercise draws {drawn.node}.{drawn.name} anew, which the graph has not; remove it"
            )
    return shapes


def _short(x: float) -> float:
    """A whole number as one, so that files and tables show 3 and not 3.0."""
    return int(x) if float(x).is_integer() else float(x)


def _listed(value: Any) -> Any:
    return [_listed(item) for item in value] if isinstance(value, list) else _short(value)
