"""Which batch of the training the wires and the walk show, and how it stands to the steps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from compute.numbers_text import precise

RowsOf = Literal["training", "validation", "test"]
"""What rows of the data are for."""


@dataclass(frozen=True, slots=True)
class Shown:
    """Batch ``index`` of an epoch, both from 0; update: the one by whose number is drawn what ops draw at random;
    chosen: by a person, so that a walk begins with it; of: what its rows are for. Rows that are kept from training
    stand in batches in their order, and are computed as a step would compute them."""

    epoch: int = 0
    index: int = 0
    update: int = 0
    chosen: bool = False
    of: RowsOf = "training"


@dataclass(frozen=True, slots=True)
class ShownBatch:
    """The same beside what a person needs to know of it.

    epoch, index: as in ``Shown``; count: batches of that epoch; rows, traced: how many rows it has, and how many of
    them, from the first, the pass computes; following: batch and epoch that training takes next; before: its loss
    before the step that was just done with it; of: as in ``Shown``; kept: how many rows are kept for that; first: the
    number among them of its first; steps: batches of the epoch that training is in.
    """

    epoch: int = 0
    index: int = 0
    count: int = 1
    rows: int = 1
    traced: int = 1
    following: tuple[int, int] = (0, 0)
    """Epoch and index of the batch that training takes next."""
    chosen: bool = False
    before: float | None = None
    data: bool = False
    """Whether there are rows of data at all."""
    of: RowsOf = "training"
    kept: int = 0
    first: int = 0
    steps: int = 1

    @property
    def is_next(self) -> bool:
        """Whether training takes it next."""
        return self.of == "training" and (self.epoch, self.index) == self.following

    @property
    def of_training(self) -> bool:
        """Whether training takes it at some time."""
        return self.of == "training"

    @property
    def whole(self) -> bool:
        """Whether the pass computes all of its rows."""
        return self.traced == self.rows

    @property
    def short(self) -> str:
        """In two or three words: ``batch 3 of 13``, ``all 150 rows``; "" without data."""
        if not self.data:
            return ""
        if not self.whole:
            return f"{self.traced:,} of {self.rows:,} rows"
        if self.count == 1:
            kind = "" if self.of_training else f"{self.of} "
            return f"all {self.rows:,} {kind}rows" if self.rows > 1 else f"the only {kind}row"
        return self.numbered(self.index + 1)

    def numbered(self, number: int) -> str:
        """What the batch of that number is called, from 1."""
        return f"{'batch' if self.of_training else self.of} {number} of {self.count}"

    @property
    def name(self) -> str:
        """In words: ``batch 3 of 13, epoch 1``; without data ``the values of now``."""
        if not self.data:
            return "the values of now"
        if self.count == 1 and self.whole:
            return self.short
        if not self.of_training:
            last = self.first + self.traced - 1
            rows = f"rows {self.first:,} – {last:,}" if last > self.first else f"row {self.first:,}"
            return f"{self.of} {rows} of {self.kept:,}"
        batch = f"batch {self.index + 1} of {self.count}, epoch {self.epoch + 1}"
        return batch if self.whole else f"the first {self.traced:,} of {self.rows:,} rows of {batch}"

    def told(self, step: int, loss: float | None, *, walking: bool) -> str:
        """What a step that was done alone has changed, or with what a walk goes on; "" where there is no loss."""
        if walking:
            return f"Step {step:,} is done; the walk goes on with {self.name}."
        if self.before is None or loss is None:
            return ""
        of = f" of {self.name}" if self.data else ""
        return f"Step {step:,}: the loss{of} was {precise(self.before)} and is {precise(loss)} now."

    @property
    def following_name(self) -> str:
        """The batch that training takes next: ``batch 4``, with its epoch where that is another."""
        epoch, index = self.following
        return f"batch {index + 1}" + (f" of epoch {epoch + 1}" if epoch != self.epoch else "")
