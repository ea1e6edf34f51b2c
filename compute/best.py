"""The best moment of a training so far, kept to be put back when it ends; and when it has waited long enough."""

from __future__ import annotations

import math

from compute.numbers_text import short
from compute.state import Best


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
