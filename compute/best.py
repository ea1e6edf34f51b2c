"""The best moment of a training so far, kept to be put back when it ends; and when it has waited long enough."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from compute.numbers_text import short
from compute.state import RunState, Shapes, misfit


@dataclass(frozen=True, eq=False)
class Best:
    """The end of the epoch with the least loss.

    loss: on the rows that are held back, without any of training; step: after which; since: the epoch from which
    waiting counts; stopped: whether training ended here and this moment was put back.
    """

    loss: float
    epoch: int
    step: int
    since: int
    state: RunState
    stopped: bool = False

    def goes_on(self, epoch: int) -> Best:
        """Training goes on from that epoch: it waits anew."""
        return replace(self, since=epoch, stopped=False) if self.stopped else self

    def fits(self, shapes: Shapes, trained: Shapes) -> bool:
        """Whether it is of weights of these shapes, some of which are trained."""
        weights = self.state.weights
        return {n: w.shape for n, w in weights.items()} == dict(shapes) and not misfit(self.state.optimizer, trained)


def improves(best: Best | None, loss: float, least: float) -> bool:
    """Whether a loss is better than the best, by more than ``least``."""
    return math.isfinite(loss) and (best is None or loss < best.loss - least)


def sentence(best: Best, epoch: int, goal: int, *, held_back: bool) -> str:
    """What was done at the end of a training that kept its best."""
    which = "validation" if held_back else "training"
    end = f"Training stopped after epoch {epoch}: the {which} loss was at its least after epoch {best.epoch}"
    if epoch >= goal:
        end = f"Training is done; the {which} loss was at its least after epoch {best.epoch}"
    return f"{end} ({short(best.loss)}), and the weights of then are put back."
