"""What a network's last layer and its loss must be for what is to be predicted."""

from __future__ import annotations

from dataclasses import dataclass

from compute.numbers_text import count_text
from compute.ops import REGISTRY
from compute.templates.given import Given

SIGMOID, SOFTMAX, SQUARES = "sigmoid_cross_entropy", "softmax_cross_entropy", "mean_squared_error"
_FROM_LOGITS = {SIGMOID: "sigmoid", SOFTMAX: "softmax"}
"""Losses that take scores, and what makes probabilities of these."""


@dataclass(frozen=True, slots=True)
class Answer:
    """loss: its op; columns, encoding: of the target node; needs: what is wanted of the data, "" where it fits."""

    loss: str
    columns: tuple[str, ...] = ()
    encoding: str = "value"
    needs: str = ""


def outputs_for(given: Given) -> int:
    """How many numbers a network gives for the target: a score for each class, one for yes or no, else one each."""
    if given.classes > 2 and given.named:
        return given.classes
    return max(1, len(given.targets))


def answer(given: Given, outputs: int, loss: str = "", output: str = "") -> Answer:
    """The loss and the target that fit so many outputs. ``loss``, ``output``: an op that was asked for, "" for none."""
    if not given.known:
        found = loss or _by_shape(outputs, output)
        return Answer(found, encoding="index" if found == SOFTMAX else "value")
    target = given.targets[0] if len(given.targets) == 1 else ""
    if loss:
        indexed = loss == SOFTMAX
        needs = "" if indexed and given.classes <= outputs else _count(given, outputs)
        return Answer(loss, given.targets, "index" if indexed else "value", needs)
    if given.named or (given.classes and outputs > 1):
        if outputs == 1 and given.classes == 2:
            return Answer(SIGMOID, given.targets)
        if outputs > 1 and (outputs == given.classes or (not given.named and given.classes <= outputs)):
            return Answer(SOFTMAX, given.targets, "index")
        needs = f'the column "{target}" has {count_text(given.classes)} classes: end in {given.classes}'
        needs += " or in 1" if given.classes == 2 else ""
        if given.classes == 1:
            needs = f'the column "{target}" is the same in every row; a network has nothing to tell apart'
        return Answer(SOFTMAX, (), "index", needs) if outputs > 1 else Answer(SIGMOID, (), "value", needs)
    if outputs == 1 and given.classes == 2:
        return Answer(SIGMOID, given.targets)
    return Answer(SQUARES, given.targets, needs=_count(given, outputs))


def probability(loss: str, output: str) -> bool:
    """Whether an activation of the output belongs beside a loss that takes scores, rather than before the loss."""
    return _FROM_LOGITS.get(loss) == output


def _count(given: Given, outputs: int) -> str:
    if len(given.targets) == outputs:
        return ""
    have = "1 column" if len(given.targets) == 1 else f"{len(given.targets)} columns"
    return f"the target has {have}: end in {len(given.targets)}, or choose {outputs} in y"


def _by_shape(outputs: int, output: str) -> str:
    """Without data: one number is a score for yes or no, several are one for each class, unless the output says it."""
    if output and output not in _FROM_LOGITS.values():
        return SQUARES
    return SIGMOID if outputs == 1 else SOFTMAX


def loss_title(loss: str) -> str:
    """The loss in a sentence."""
    return REGISTRY[loss].title[0].lower() + REGISTRY[loss].title[1:]
