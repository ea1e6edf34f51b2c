"""Schedules of the learning rate with PyTorch's exact formulas, each declared once.

A schedule gives the learning rate of every single step, not only of every epoch. It follows from the step and the
settings alone: nothing is remembered, so going back to a step, or cutting steps into other chunks, gives the same. From
the declaration follow the numbers that engines get, the form, and what the walk shows of the step at hand.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import numpy.typing as npt

from compute.batches import Order
from compute.errors import GradwireError
from compute.expression import Expression, names_of
from compute.optimizers import LEARNING_RATE, Clipping, Line, Optimizer, make_optimizer
from compute.params import Param
from compute.state import Progress

if TYPE_CHECKING:
    from compute.document.settings import TrainingSettings

Rates = npt.NDArray[np.float64]

BLOCK = 1024
"""Steps whose rates are worked out together, always the same ones: NumPy may round many powers or cosines at once
otherwise than one alone, and a rate shall not depend on how steps are cut into chunks."""

WARMUP = (
    Param("warmup", "float", 0.0, "Epochs in which the rate rises to its full height first; 0: none.", 0.0),
    Param("warmup_start", "float", 0.1, "With which part of it the warm-up begins.", 0.0, 1.0),
)


@dataclass(frozen=True)
class Stage:
    """A part of a schedule. rate: the learning rate; last: the last step of the part, or not given for the last part.

    The letters are the settings, ``base_rate`` (the learning rate of the optimizer), ``s`` (the step, from 0, counted
    from the end of the warm-up), ``S`` (how many the schedule takes) and ``n`` (steps of an epoch).
    """

    rate: Expression
    last: Expression | None = None


@dataclass(frozen=True)
class Schedule:
    """One schedule with its settings. Subclasses declare name, title, help, parameters and stages."""

    values: Mapping[str, Any]

    name: ClassVar[str] = ""
    title: ClassVar[str] = ""
    help: ClassVar[str] = ""
    source: ClassVar[str] = ""
    """The class of ``torch.optim.lr_scheduler`` whose formula it is, stepped after every update."""
    params: ClassVar[tuple[Param, ...]] = WARMUP
    stages: ClassVar[tuple[Stage, ...]] = ()
    ends: ClassVar[bool] = False
    """Whether it is stretched over all epochs up to the last that is asked for; past that the last rate stays."""


class Constant(Schedule):
    name, title = "constant", "Constant"
    help = "The same learning rate all the time."
    source = "ConstantLR"
    stages = (Stage(Expression("base_rate")),)


class Step(Schedule):
    name, title = "step", "Step"
    help = "Times gamma each time so many epochs are done."
    source = "StepLR"
    params = (
        Param("step_size", "float", 30.0, "Epochs between two changes.", 1e-6),
        Param("gamma", "float", 0.1, "What the rate is multiplied by each time.", 0.0),
        *WARMUP,
    )
    stages = (Stage(Expression("base_rate*gamma**floor(s/(step_size*n))")),)


class Cosine(Schedule):
    name, title = "cosine", "Cosine"
    help = "Down along half a cosine, from the learning rate to the least one at the last epoch."
    source = "CosineAnnealingLR"
    params = (Param("min_rate", "float", 0.0, "The rate at the end.", 0.0), *WARMUP)
    stages = (Stage(Expression("min_rate + (base_rate - min_rate)*(1 + cos(pi*s/S))/2")),)
    ends = True


class OneCycle(Schedule):
    name, title = "one_cycle", "One cycle"
    help = "Up to the learning rate and down to almost nothing, both along half a cosine."
    source = "OneCycleLR"
    params = (
        Param("rise", "float", 0.3, "The share of all steps in which the rate rises.", 0.0, 1.0),
        Param("div_factor", "float", 25.0, "It begins at the learning rate divided by this.", 1.0),
        Param("final_div_factor", "float", 1e4, "It ends at the rate of the beginning divided by this.", 1.0),
    )
    stages = (
        Stage(
            Expression("base_rate + (base_rate/div_factor - base_rate)/2*(1 + cos(pi*s/(rise*S - 1)))"),
            Expression("rise*S - 1"),
        ),
        Stage(
            Expression(
                "base_rate/div_factor/final_div_factor + (base_rate - base_rate/div_factor/final_div_factor)/2"
                "*(1 + cos(pi*(s - (rise*S - 1))/(S - rise*S)))"
            ),
        ),
    )
    ends = True


SCHEDULES: dict[str, type[Schedule]] = {cls.name: cls for cls in (Constant, Step, Cosine, OneCycle)}
_WARM_UP = Stage(Expression("base_rate*(warmup_start + (1 - warmup_start)*s/W)"))
"""As LinearLR before SequentialLR goes over to the schedule; ``s`` counts from the beginning here, and ``W`` says when
it is over."""


def make_schedule(settings: Mapping[str, Any]) -> Schedule:
    """From the document's ``training.schedule``. Errors: GradwireError naming what is wrong."""
    name = settings.get("name", "constant")
    cls = SCHEDULES.get(name) if isinstance(name, str) else None
    if cls is None:
        raise GradwireError(f"training.schedule: there is no schedule {name!r}; choose one of {', '.join(SCHEDULES)}.")
    values = {}
    for param in cls.params:
        try:
            values[param.name] = param.check(settings.get(param.name, param.default))
        except ValueError as error:
            raise GradwireError(f"training.schedule: {param.name} {error}.") from None
    return cls(values)


@dataclass(frozen=True)
class Course:
    """The learning rate of every step of a training. n: steps of an epoch; epochs: at which training ends."""

    schedule: Schedule
    base_rate: float
    n: int
    epochs: int

    @property
    def varies(self) -> bool:
        """Whether the rate is ever another than the optimizer's own."""
        return self.schedule.name != "constant" or self.warm_up > 0

    @property
    def warm_up(self) -> float:
        """Steps of the warm-up."""
        return float(self.schedule.values.get("warmup", 0.0) * self.n)

    @cached_property
    def letters(self) -> dict[str, float]:
        """What every letter but ``s`` stands for."""
        own = {name: float(value) for name, value in self.schedule.values.items()}
        whole = max(1.0, self.epochs * self.n - self.warm_up)
        return {**own, "base_rate": self.base_rate, "n": float(self.n), "S": whole, "W": self.warm_up}

    def rates(self, first: int, count: int) -> Rates | None:
        """Of so many steps from ``first`` on, counted from 0; None where all are the optimizer's own."""
        if not self.varies:
            return None
        blocks = [self._block(block) for block in range(first // BLOCK, -(-(first + count) // BLOCK))]
        start = first % BLOCK
        return np.concatenate(blocks)[start : start + count]

    def rate(self, step: int) -> float:
        """Of one step."""
        found = self.rates(step, 1)
        return self.base_rate if found is None else float(found[0])

    def drawn(self, points: int) -> tuple[Rates, Rates]:
        """Places in epochs, and the rates of the steps there, for a picture of so many points."""
        steps = np.unique(np.linspace(0, max(0, self.epochs * self.n - 1), points).round())
        return steps / self.n, np.broadcast_to(_rates_at(type(self.schedule), self.letters, steps), steps.shape)

    def _block(self, block: int) -> Rates:
        return _worked_out(self.schedule.name, tuple(self.letters.items()), block)

    def at(self, step: int) -> tuple[Stage, dict[str, float]]:
        """The part that a step is in, and what its letters stand for."""
        steps = np.array([float(step)])
        if step < self.warm_up:
            return _WARM_UP, {**self.letters, "s": float(step)}
        s = float(_counted(type(self.schedule), self.letters, steps)[0])
        for stage in self.schedule.stages:
            if _reaches(stage, self.letters, s):
                return stage, {**self.letters, "s": s}
        raise AssertionError(step)


def _counted(cls: type[Schedule], letters: Mapping[str, float], steps: Rates) -> Rates:
    """``s`` of steps after the warm-up."""
    s = steps - letters["W"]
    # The last step that PyTorch's one-cycle has is the one before S.
    most = letters["S"] - 1 if cls is OneCycle else letters["S"]
    return np.minimum(s, most) if cls.ends else s


def _reaches(stage: Stage, letters: Mapping[str, float], s: Any) -> Any:
    """Whether steps up to ``s`` are in this part, if they are in none before."""
    if stage.last is None:
        return np.ones(np.shape(s), np.bool_)
    last = stage.last.value(letters)
    # A part that ends where it begins would divide by 0.
    return (s <= last) & (last > 0)


@lru_cache(maxsize=64)
def _worked_out(name: str, given: tuple[tuple[str, float], ...], block: int) -> Rates:
    steps = np.arange(block * BLOCK, (block + 1) * BLOCK, dtype=np.float64)
    return _rates_at(SCHEDULES[name], dict(given), steps)


def _rates_at(cls: type[Schedule], letters: Mapping[str, float], steps: Rates) -> Rates:
    s = _counted(cls, letters, steps)
    out, open_ = np.full(len(steps), np.nan), steps >= letters["W"]
    with np.errstate(all="ignore"):
        if not open_.all():
            out = np.where(open_, out, _WARM_UP.rate.value({**letters, "s": steps}))
        for stage in cls.stages:
            inside = open_ & _reaches(stage, letters, s)
            out = np.where(inside, stage.rate.value({**letters, "s": s}), out)
            open_ = open_ & ~inside
    out.setflags(write=False)
    return out


def course_of(training: TrainingSettings, optimizer: Optimizer, n: int, goal: int) -> Course:
    """The learning rates of a training with ``n`` steps an epoch, which ends at epoch ``goal``. Errors: as
    ``make_schedule``."""
    return Course(make_schedule(training.schedule), float(optimizer.values[LEARNING_RATE.name]), n, goal)


def optimizer_of(training: TrainingSettings) -> Optimizer:
    """By what gradients become steps, with the learning rate before any schedule. Errors: GradwireError."""
    return make_optimizer(training.optimizer, Clipping(training.clip_norm, training.clip_value))


def next_optimizer(
    training: TrainingSettings, progress: Progress | None, rows: int, goal: int | None = None
) -> Optimizer:
    """The same as it is at the next update of a training over so many rows, with the learning rate of that very step
    and the line that says where it comes from. goal: the epoch at which training ends, None: that of the settings.
    Errors: GradwireError."""
    optimizer = optimizer_of(training)
    progress = progress or Progress()
    place = progress.place if progress.place and progress.place.order.rows == rows else None
    order = place.order if place else Order(max(1, rows), training.batch_size, training.seed, training.shuffle)
    course = course_of(training, optimizer, order.steps, goal or max(training.epochs, progress.epochs))
    if not course.varies:
        return optimizer
    step = progress.epochs * order.steps + (place.done if place else 0)
    stage, letters = course.at(step)
    line = Line(LEARNING_RATE.name, stage.rate.text, only_shown=True)
    used = {name: letters[name] for name in names_of(stage.rate.tree)}
    title = "the warm-up" if stage is _WARM_UP else f"the schedule ({course.schedule.title.lower()})"
    words = f"That is the rate of step {step}, from 0, by {title}."
    return replace(optimizer.at_rate(course.rate(step)), shown=(line,), known=used, words=words)
