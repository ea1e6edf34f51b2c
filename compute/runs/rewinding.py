"""Going to any step of a run that was done, and back to its end, or on from there.

The run itself is put back to the last mark before the step, and trained again up to it by the settings that were in
force: so that all that is computed of a run is computed of that step too.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from compute.history import Mark
from compute.runs.trail import Reach, Trail, cut, position
from compute.series import LOSS, VALIDATION_LOSS, Points
from compute.training import Trainer
from compute.turns import until

_FAR = 2**40
"""More epochs than any training has."""


@dataclass(frozen=True, eq=False)
class Earlier:
    """An earlier moment of the run is shown than that which it reached. end: the moment that it reached; wanted: the
    step that was asked for, which is being computed as long as another is shown."""

    end: Mark
    wanted: int


class Rewinding:
    """The trail of one run, and whether an earlier step of it is shown. Where nothing is said of errors there are those
    of ``Trainer.train`` and ``Trainer.rewind``."""

    def __init__(self, trail: Trail | None = None) -> None:
        self._trail = Trail() if trail is None else trail
        self._end: Mark | None = None
        self._wanted = 0
        self._reach: Reach | None = None
        self._spent = 0.0, 0
        """The trainer's seconds and rows at the end of the run: to train again is no progress."""

    @property
    def trail(self) -> Trail:
        """The marks."""
        return self._trail

    @property
    def reach(self) -> Reach | None:
        """Which steps can be gone to; None: none."""
        reach = self._trail.reach
        if reach != self._reach:
            self._reach = reach  # the same as long as it says the same
        return self._reach

    @property
    def earlier(self) -> Earlier | None:
        """What is shown in place of the end of the run."""
        return Earlier(self._end, self._wanted) if self._end is not None else None

    # -- what the run does ----------------------------------------------------------------------------------

    def begin(self, trainer: Trainer) -> None:
        """A run begins, or goes on at the very moment that the trail leads to."""
        self._end = None
        if len(self._trail) and self._trail.last == (trainer.step, trainer.position):
            self.changed(trainer)
        else:
            self._trail.begin(trainer.mark(), trainer.training, trainer.goal)

    def end(self) -> None:
        """There is no run any more, or another."""
        self._end = None
        self._trail.clear()

    def changed(self, trainer: Trainer) -> None:
        """The trainer has other settings, or another goal."""
        if self._end is None:
            before = self._trail.change(trainer.step, trainer.position, trainer.training, trainer.goal)
            if before is not None:
                trainer.note_settings(before.training, before.goal)

    def turned(self, trainer: Trainer) -> None:
        """The state of the run was changed by hand."""
        self._trail.turn(trainer.mark())

    def seen(self, mark: Mark) -> Mark:
        """A moment of the run that is shown: kept where it is new; of an earlier one the curves end there."""
        if self._end is None:
            self._trail.note(mark)
            return mark
        turns = until(self._end.progress.turns, mark.progress.steps)
        return replace(mark, progress=replace(mark.progress, series=self._curves(mark), turns=turns))

    def _curves(self, mark: Mark) -> Mapping[str, Points]:
        assert self._end is not None
        return cut(self._end.progress.series, position(mark))

    def best(self, trainer: Trainer | None) -> int | None:
        """The step before the last at which the loss was at its least, that of validation where it is known; None where
        it is at its least now, or where that step cannot be gone to."""
        if trainer is None or self._end is not None:
            return None
        self._trail.note(trainer.mark())
        reach = self.reach
        if reach is None:
            return None
        found = trainer.history.series
        name = next((name for name in (VALIDATION_LOSS, LOSS) if name in found), "")
        points = found[name].points() if name else Points()
        if not np.isfinite(points.y).any():
            return None
        step = reach.step_at(float(points.x[np.nanargmin(np.where(np.isfinite(points.y), points.y, np.nan))]))
        # The loss of a step is that of the weights before it, which are those to go to.
        step = max(reach.first, step - 1) if name == LOSS else step
        return step if reach.first <= step < trainer.step else None

    # -- looking back ---------------------------------------------------------------------------------------

    def go_to(self, trainer: Trainer, step: int) -> None:
        """Show a step, or the nearest one that can be gone to: the last mark before it at once, and what follows by
        ``advance``. The newest step is the end of looking back."""
        trainer.settle()
        if self._end is None:
            self._trail.note(trainer.mark())
        reach = self.reach
        if reach is None:
            return
        step = max(reach.first, min(step, reach.last))
        mark = self._trail.before(step)
        assert mark is not None
        if step == reach.last:
            self.leave(trainer)
            return
        if self._end is None:
            self._end, self._spent = trainer.mark(), (trainer.seconds, trainer.rows_done)
        self._wanted = step
        if not mark.progress.steps <= trainer.step <= step:
            trainer.rewind(mark)

    def advance(self, trainer: Trainer, seconds: float) -> bool:
        """Train again for about so long; whether the step that is wanted is reached. The trainer has the same settings
        afterwards as before."""
        training, goal, until = trainer.training, trainer.goal, time.perf_counter() + seconds
        checks = trainer.run.checks
        trainer.watch([check.quiet for check in checks])  # what was done before they were there was done
        try:
            while trainer.step < self._wanted and time.perf_counter() < until:
                stage, end = self._trail.stage_at(trainer.step)
                if trainer.training is not stage.training:
                    trainer.training = stage.training
                trainer.goal = stage.goal
                most = min(self._wanted, self._wanted if end is None else end) - trainer.step
                trainer.train(seconds, trainer.epoch + _FAR, _FAR, most, again=True)
                trainer.settle()
        finally:
            trainer.run.watch(checks)
            if trainer.training is not training:
                trainer.training = training
            trainer.goal = goal
            trainer.seconds, trainer.rows_done = self._spent
        return trainer.step >= self._wanted

    def leave(self, trainer: Trainer) -> None:
        """Show the end of the run again."""
        if self._end is not None:
            end, self._end = self._end, None
            trainer.rewind(end)
            trainer.seconds, trainer.rows_done = self._spent
            self.changed(trainer)

    def branch(self, trainer: Trainer | None) -> Mark | None:
        """Another training begins at the moment that is shown; returns the end of the one before, None where that is
        shown."""
        end = self._end
        if end is None or trainer is None:
            return None
        now = self.seen(trainer.mark())
        self._end = None
        trainer.rewind(now)
        self._trail.cut(now)
        self.changed(trainer)
        return end
