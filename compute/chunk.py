"""Steps of a training that were started together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from compute.batches import Batches, Order
from compute.engine import Waiting
from compute.evaluation import NOT_JUDGED, Judgements
from compute.state import RunState


@dataclass(frozen=True)
class Chunk:
    """Steps that were started: of ``order``, from step ``first`` of ``epoch`` on; ``judged``: after which of its epochs
    the network is judged, the first being 1; ``judging``: waits for how good it was then, given how many of these were
    reached, None where that is after none."""

    order: Order
    epoch: int
    first: int
    batches: Batches
    losses: Waiting[npt.NDArray[np.float64]]
    judged: npt.NDArray[np.intp]
    judging: Callable[[int], Judgements] | None
    states: Callable[[int], RunState] | None
    """Waits for the state of the run after one of the epochs that ended, the first being 0; None where the best is not
    kept."""
    started: float

    def ended(self, losses: npt.NDArray[np.float64]) -> int:
        """How many epochs end with so many of its steps."""
        return (self.first + len(losses)) // self.order.steps

    def judgements(self, ended: int) -> tuple[npt.NDArray[np.intp], Judgements]:
        """After which of so many epochs the network was judged, and how good it was then."""
        reached = self.judged[: np.searchsorted(self.judged, ended, side="right")]
        return reached, self.judging(len(reached)) if self.judging and len(reached) else NOT_JUDGED

    def sums(
        self, losses: npt.NDArray[np.float64]
    ) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.float64], npt.NDArray[np.int64]]:
        """Where the part of each epoch begins; the sum of its losses, each times its rows, and its rows."""
        steps, sizes = self.order.steps, self.batches.sizes[: len(losses)]
        starts = np.concatenate([[0], np.arange(steps - self.first, len(losses), steps)]).astype(np.intp)
        return starts, np.add.reduceat(losses * sizes, starts), np.add.reduceat(sizes, starts)
