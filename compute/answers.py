"""What the output of a network means: classes with probabilities, or numbers, and what they are called."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from compute.analysis import Analysis
from compute.data.answering import answering
from compute.data.fitted import Fitted, FittedColumn
from compute.document import Document
from compute.ops.activations import sigmoid
from compute.ops.rowwise import log_softmax
from compute.workspace import data_nodes

Kind = Literal["classes", "yes or no", "numbers"]
Activation = Literal["", "softmax", "sigmoid"]


@dataclass(frozen=True, slots=True)
class Answers:
    """kind: what is answered; activation: what turns the output into probabilities ("" where it is them already, or no
    such thing); names: of the classes, or of the numbers."""

    kind: Kind
    activation: Activation
    names: tuple[str, ...]

    def worded(self, found: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
        """(rows, names): the probability of each class, or the numbers, from outputs of any shape."""
        flat = found.reshape(len(found), -1) if found.ndim else found.reshape(1, 1)
        flat = np.exp(log_softmax(flat)) if self.activation == "softmax" else sigmoid(flat) if self.activation else flat
        return np.hstack([1.0 - flat, flat]) if self.kind == "yes or no" else flat


def answers(document: Document, analysis: Analysis, loss: str, fitted: Fitted | None, node: str) -> Answers:
    """What a node of the graph answers."""
    _, targets = data_nodes(document.graph)
    op, judged = analysis.ops.get(loss), analysis.judged_by(loss)
    kind: Kind = op.judges if op is not None and op.role == "loss" and judged and judged[0] == node else "numbers"
    activation: Activation = op.activation if op is not None and kind != "numbers" else ""
    width = math.prod(size for size in analysis.shapes[node] if isinstance(size, int))
    told, names = answering(document.data)
    if kind == "numbers" and told == node and len(names) == max(width, 2):
        # A network that came from elsewhere: what it ends in tells whether it gives probabilities.
        kind, activation = ("classes", "softmax") if width > 1 else ("yes or no", "sigmoid")
        return Answers(kind, "" if analysis.ops[node].name in ("softmax", "sigmoid") else activation, names)
    columns = tuple(targets[judged[1]].columns) if judged and judged[1] in targets else ()
    if kind == "numbers" or (kind == "yes or no" and width != 1):
        named = columns if len(columns) == width else tuple(f"y{index}" for index in range(width))
        return Answers("numbers", activation, named)
    count = 2 if kind == "yes or no" else width
    known = fitted.columns.get(columns[0]) if fitted is not None and columns else None
    return Answers(kind, activation, (known or FittedColumn()).names_of(count))
