"""Data and parameter nodes: what enters the graph from outside."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from compute.ops.base import Array, Backward, Forward, Op, Settings, Speller, Term, WeightSpec, register
from compute.params import Param
from compute.shapes import BATCH, Shape, ShapeError, show
from compute.strided import Tensor
from compute.tensor_view import MOST_AXES


class Source(Op):
    """A node without ports."""

    group = "data"
    local = {}

    def backward(
        self, x: Sequence[Array], w: Mapping[str, Array], p: Settings, y: Array, g: Array
    ) -> tuple[tuple[Array | None, ...], dict[str, Array]]:
        return (), dict.fromkeys(w, g)

    def lower_backward(self, node: Backward) -> list[Tensor | None]:
        for out in node.gw.values():
            node.k.map("g", {"g": node.g}, node.g.shape, out=out)
        return []


class _Columns(Source):
    """A node whose rows come from the document's data."""

    def columns(self, p: Settings, categories: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
        return tuple(map(str, p["columns"]))

    def lower(self, node: Forward) -> Tensor:
        raise AssertionError("the plan gathers data nodes itself")


COLUMNS = Param("columns", "columns", (), "Which columns of the data this node gives, in order.")


@register
class Input(_Columns):
    name, title, role, stem = "input", "Input", "input", "x"
    help = "Columns of the data: one row per sample, its columns side by side or in a shape of your own."
    formula = r"X \in \mathbb{R}^{B \times N}"
    params = (
        COLUMNS,
        Param(
            "shape",
            "shape",
            None,
            "How a row's columns are laid out, such as 28, 28; one size may be −1: what is left. Empty: one after the "
            "other.",
            optional=True,
        ),
        Param(
            "standardize",
            "bool",
            None,
            "Whether each column gets mean 0 and spread 1; no for class numbers. Empty: as the data's settings say.",
            optional=True,
        ),
    )

    def shape(self, x: Sequence[Shape], p: Settings) -> Shape:
        count, wanted = len(p["columns"]), p["shape"]
        if not count:
            raise ShapeError("", "no columns are chosen; choose some in its settings")
        if wanted is None:
            return (BATCH, count)
        if BATCH in wanted or len(wanted) > MOST_AXES - 1:
            raise ShapeError(
                "", f"its shape is that of one row, of at most {MOST_AXES - 1} sizes without B; {show(wanted)} is none"
            )
        fixed = math.prod(size for size in wanted if size != -1)
        if count % fixed or (count != fixed and -1 not in wanted):
            raise ShapeError(
                "",
                f"{count} columns are chosen and its shape {show(wanted)} takes {'a multiple of ' * (-1 in wanted)}"
                f"{fixed}; choose other columns or another shape",
            )
        return (BATCH, *(count // fixed if size == -1 else size for size in wanted))


@register
class Target(_Columns):
    name, title, role, stem = "target", "Target", "target", "y"
    help = "The true answers that the loss compares with: numbers, class numbers, or one-hot rows."
    formula = r"t \in \mathbb{R}^{B \times K}"
    differentiable = False
    params = (
        COLUMNS,
        Param(
            "encoding",
            "choice",
            "value",
            "value: the numbers themselves; index: the class number; one_hot: a row with a 1 at the class.",
            choices=("value", "index", "one_hot"),
        ),
        Param(
            "classes",
            "int",
            None,
            "How many classes there are; empty: as many as the data has.",
            2,
            100_000,
            optional=True,
        ),
    )

    def informed(self, p: Settings, classes: int | None) -> Settings:
        return {**p, "classes": classes} if p["encoding"] == "one_hot" and p["classes"] is None else p

    def columns(self, p: Settings, categories: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
        names = super().columns(p, categories)
        return tuple(categories.get(names[0], ())) if p["encoding"] == "one_hot" and names else names

    def shape(self, x: Sequence[Shape], p: Settings) -> Shape:
        columns, encoding = p["columns"], p["encoding"]
        if not columns:
            raise ShapeError("", "no columns are chosen; choose one in its settings")
        if encoding == "value":
            return (BATCH, len(columns))
        if len(columns) != 1:
            raise ShapeError("", f"the encoding {encoding} takes one column; {len(columns)} are chosen")
        if encoding == "index":
            return (BATCH,)
        if p["classes"] is None:
            raise ShapeError("", "the number of classes is unknown until data is loaded; set classes")
        return (BATCH, p["classes"])


def _nested(value: Any) -> Any:
    """Nested lists as nested tuples, so that a value can be compared and hashed."""
    return tuple(map(_nested, value)) if isinstance(value, list) else value


@register
class Parameter(Source):
    name, title, stem = "parameter", "Parameter", "w"
    help = "Numbers of your own that training may change: a scalar, a vector or a matrix."
    formula = r"y = \theta"
    params = (
        Param("value", "tensor", 1.0, "The first value: a number, or rows of numbers."),
        Param("trainable", "bool", True, "Whether training changes it."),
    )

    def shape(self, x: Sequence[Shape], p: Settings) -> Shape:
        return tuple(map(int, p["value"].shape))

    def weights(self, x: Sequence[Shape], p: Settings) -> tuple[WeightSpec, ...]:
        start = _nested(p["value"].tolist())
        return (WeightSpec("value", p["value"].shape, start=start, trainable=p["trainable"]),)

    def spell(self, s: Speller, x: Sequence[Term], w: Mapping[str, Term], p: Settings) -> Term:
        return w["value"]

    def forward(self, x: Sequence[Array], w: Mapping[str, Array], p: Settings) -> Array:
        return w["value"]

    def lower(self, node: Forward) -> Tensor:
        return node.w["value"]


@register
class Constant(Source):
    name, title, stem = "constant", "Constant", "c"
    help = "Fixed numbers: a scalar, a vector or a matrix that training never changes."
    formula = r"y = c"
    params = (Param("value", "tensor", 1.0, "A number, or rows of numbers."),)

    def shape(self, x: Sequence[Shape], p: Settings) -> Shape:
        return tuple(map(int, p["value"].shape))

    def weights(self, x: Sequence[Shape], p: Settings) -> tuple[WeightSpec, ...]:
        return ()

    def forward(self, x: Sequence[Array], w: Mapping[str, Array], p: Settings) -> Array:
        return np.asarray(p["value"])

    def lower(self, node: Forward) -> Tensor:
        return node.k.constant(node.p["value"])
