"""Which batch of the training is on show: the one of a step done alone, in a walk the next, at speed the same."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from compute.batches import Order, Rows
from compute.document import TrainingSettings
from compute.shown import Shown, ShownBatch
from compute.state import Progress


@dataclass(frozen=True)
class Course:
    """Where training is: epoch and index of the batch that it takes next, the number of that update, and the rows of
    each epoch. ``data``: whether there are rows of data at all."""

    following: tuple[int, int]
    update: int
    order_of: Callable[[int], Order]
    data: bool = True

    @classmethod
    def of(cls, training: TrainingSettings, progress: Progress, rows: int, data: bool) -> Course:
        """Where training will go on that has come so far."""
        place = progress.place if progress.place and progress.place.order.rows == rows else None
        updates = progress.optimizer.seen_by(str(training.optimizer.get("name", ""))).updates

        def order_of(epoch: int) -> Order:
            if place and epoch == progress.epochs:
                return place.order
            return Order(rows, training.batch_size, training.seed, training.shuffle)

        return cls((progress.epochs, place.done if place else 0), updates, order_of, data)


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

    def choose(self, course: Course, epoch: int, index: int) -> None:
        """A person chooses a batch of an epoch; the first or the last where there is none such."""
        index = max(0, min(index, course.order_of(epoch).steps - 1))
        at_hand, following = course.following
        # In the epoch at hand, what its step draws or has drawn.
        update = course.update + index - following if epoch == at_hand else 0
        self.shown, self._before = Shown(epoch, index, max(0, update), chosen=True), None

    def choose_row(self, course: Course, row: int) -> None:
        """The batch that has a row of training, of the epoch on show."""
        order, epoch = course.order_of(self.shown.epoch), self.shown.epoch
        place = int(np.flatnonzero(order.batches(epoch).rows == row)[0])
        self.choose(course, epoch, place // order.batch_size)

    def walk(self, course: Course, on: bool) -> None:
        """A walk begins, with the batch that a person chose or else with the next; or it ends."""
        self.walking = on
        if on and not self.shown.chosen:
            self._show_next(course)

    def _show_next(self, course: Course) -> None:
        self.shown, self._before = Shown(*course.following, course.update), None

    def recount(self, course: Course) -> None:
        """Another optimizer counts its updates anew."""
        if (self.shown.epoch, self.shown.index) == course.following:
            self.shown = replace(self.shown, update=course.update)

    def rows(self, course: Course) -> Rows:
        """The rows of the batch on show."""
        order = course.order_of(self.shown.epoch)
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
            course.order_of(shown.epoch).steps,
            rows,
            traced,
            course.following,
            shown.chosen,
            before,
            course.data,
        )
