"""Which batch of the training is on show: the one of a step done alone, in a walk the next, at speed the same."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from compute.batches import Order, Rows
from compute.document import TrainingSettings
from compute.shown import RowsOf, Shown, ShownBatch
from compute.state import Progress


@dataclass(frozen=True)
class Course:
    """Where training is: epoch and index of the batch that it takes next, the number of that update, and the rows of
    each epoch. ``data``: whether there are rows of data at all; kept: how many are kept from training, by what for."""

    following: tuple[int, int]
    update: int
    order_of: Callable[[int], Order]
    data: bool = True
    kept: Mapping[RowsOf, int] = field(default_factory=dict)

    def order(self, shown: Shown) -> Order:
        """How the rows of which one batch is on show stand: those that are kept from training as in the data."""
        order = self.order_of(shown.epoch)
        return order if shown.of == "training" else replace(order, rows=self.kept[shown.of], shuffle=False)

    @classmethod
    def of(
        cls, training: TrainingSettings, progress: Progress, rows: int, data: bool, kept: Mapping[RowsOf, int]
    ) -> Course:
        """Where training will go on that has come so far."""
        place = progress.place if progress.place and progress.place.order.rows == rows else None
        updates = progress.optimizer.seen_by(str(training.optimizer.get("name", ""))).updates

        def order_of(epoch: int) -> Order:
            if place and epoch == progress.epochs:
                return place.order
            return Order(rows, training.batch_size, training.seed, training.shuffle)

        return cls((progress.epochs, place.done if place else 0), updates, order_of, data, kept)


class Showing:
    """A step that is done alone shows its own batch, in a walk the next; training at speed holds still what is on show,
    so that numbers change because weights change and for no other reason."""

    def __init__(self, shown: Shown) -> None:
        self.shown = shown
        self.walking = False
        """Whether a walk is on, which goes on with the batch that training takes next."""
        self._before: tuple[int, float] | None = None
        """The step that showed its batch, and the loss that it found on it."""
        self._rows: tuple[tuple[Order, int, int], Rows] | None = None

    def begin_anew(self) -> None:
        """The first batch."""
        self.shown, self._before = Shown(), None

    def go_to(self, shown: Shown) -> None:
        """What another run has shown."""
        self.shown, self._before = shown, None

    def stepped(self, before: Course, after: Course, step: int, loss: float) -> None:
        """One step was done alone, the ``step``-th, which found this loss."""
        self.shown, self._before = Shown(*before.following, before.update), (step, loss)
        if self.walking:
            self._show_next(after)

    def weights_changed(self) -> None:
        """The loss before the step has no longer to do with that of now."""
        self._before = None

    def choose(self, course: Course, epoch: int, index: int, of: RowsOf = "training") -> None:
        """A person chooses a batch of an epoch, or of rows that are kept from training; the first or the last where
        there is none such."""
        self._before = None
        at_hand, following = course.following
        if of != "training":
            if course.kept.get(of):
                shown = Shown(at_hand, 0, course.update, True, of)
                self.shown = replace(shown, index=max(0, min(index, course.order(shown).steps - 1)))
            return
        index = max(0, min(index, course.order_of(epoch).steps - 1))
        # In the epoch at hand, what its step draws or has drawn.
        update = course.update + index - following if epoch == at_hand else 0
        self.shown = Shown(epoch, index, max(0, update), chosen=True)

    def choose_row(self, course: Course, row: int, of: RowsOf = "training") -> None:
        """The batch that has a row of those that are for this; of training in the epoch on show."""
        shown = replace(self.shown, of=of)
        order = course.order(shown)
        place = int(np.flatnonzero(order.batches(shown.epoch).rows == row)[0])
        self.choose(course, shown.epoch, place // order.batch_size, of)

    def walk(self, course: Course, on: bool) -> None:
        """A walk begins, with the batch that a person chose or else with the next; or it ends."""
        self.walking = on
        if on and not self.shown.chosen and self.shown.of == "training":
            self._show_next(course)

    def _show_next(self, course: Course) -> None:
        self.shown, self._before = Shown(*course.following, course.update), None

    def recount(self, course: Course) -> None:
        """Another optimizer counts its updates anew."""
        if (self.shown.epoch, self.shown.index) == course.following or self.shown.of != "training":
            self.shown = replace(self.shown, update=course.update)

    def rows(self, course: Course) -> Rows:
        """The rows of the batch on show, as those are counted that are for the same."""
        if self.shown.of != "training" and not course.kept.get(self.shown.of):
            self._show_next(course)
        order = course.order(self.shown)
        if self.shown.index >= order.steps:
            self.shown = replace(self.shown, index=order.steps - 1)
        key = order, self.shown.epoch, self.shown.index
        if self._rows is None or self._rows[0] != key:
            self._rows = key, order.batches(self.shown.epoch, self.shown.index, 1)[0]
        return self._rows[1]

    def told(self, course: Course, shown: Shown, rows: int, traced: int, step: int) -> ShownBatch:
        """What a person needs to know of the batch of a snapshot. rows, traced: how many it has, and how many of them
        are on show; step: the steps done."""
        before = self._before[1] if self._before is not None and self._before[0] == step else None
        return ShownBatch(
            shown.epoch,
            shown.index,
            course.order(shown).steps,
            rows,
            traced,
            course.following,
            shown.chosen,
            before,
            course.data,
            shown.of,
            course.kept.get(shown.of, 0),
            shown.index * course.order(shown).batch_size,
            course.order_of(course.following[0]).steps,
        )
