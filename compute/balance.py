"""How much each class counts where a loss leaves that to the rows of training: those that are rare count more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from compute.analysis import Analysis
from compute.data import Prepared
from compute.data.fitted import Fitted
from compute.graph import Graph
from compute.params import BALANCED
from compute.problems import Kind, Place, Problem, ProblemError

Array = npt.NDArray[Any]
NAME = "class_weights"


def asking(analysis: Analysis) -> list[str]:
    """The nodes that leave it to the data."""
    return [node for node in analysis.order if analysis.settings[node].get(NAME) == BALANCED]


def weights_of(counts: Array) -> tuple[float, ...]:
    """n/(K·n_c) for each class c, as scikit-learn has it; of a class without rows as if it had one."""
    return tuple((counts.sum() / (len(counts) * np.maximum(counts, 1.0))).tolist())


def found(graph: Graph, analysis: Analysis, prepared: Prepared, given: Fitted | None) -> dict[str, tuple[float, ...]]:
    """How much each class counts, by loss: as in an earlier training, else by the rows of training.

    Errors: ProblemError for a loss whose target is no node of data.
    """
    out: dict[str, tuple[float, ...]] = {}
    for node in asking(analysis):
        judged = analysis.judged_by(node)
        classes = analysis.shapes[judged[0]][-1] if judged else 0
        known = given.balanced.get(node, ()) if given else ()
        if known and len(known) == classes:
            out[node] = known
            continue
        values = prepared.values.get(judged[1]) if judged else None
        if values is None or not isinstance(classes, int):
            sentence = (
                f"{analysis.ops[node].title} {graph.nodes[node].label}: class weights can be balanced only for a "
                "target of the data that is wired straight to it; give a number for each class."
            )
            raise ProblemError(Problem(Kind.LOSS, Place(node=node), sentence))
        rows = values[prepared.train_rows]
        inside = rows[rows < classes].astype(np.intp) if rows.ndim == 1 else rows
        counts = np.bincount(inside, minlength=classes).astype(float) if rows.ndim == 1 else inside.sum(axis=0)
        out[node] = weights_of(counts)
    return out


def with_weights(analysis: Analysis, balanced: Mapping[str, tuple[float, ...]]) -> Analysis:
    """The analysis with how much each class counts."""
    if not balanced:
        return analysis
    settings = {**analysis.settings, **{n: {**analysis.settings[n], NAME: w} for n, w in balanced.items()}}
    return replace(analysis, settings=settings)
