"""What a view wants measured at every snapshot, as a value: the compute thread works it out while somebody sees it.

A ``Measure`` is a frozen dataclass whose fields are its options; equal ones are worked out once for all views. One that
needs only the numbers that are on show overrides ``of``; one that asks the run for more overrides ``ask``. What cannot
be measured is a GradwireError with the sentence that a view then shows.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy.typing as npt

from compute.analysis import Analysis
from compute.document.settings import TrainingSettings
from compute.engine import Run
from compute.errors import DeviceError, GradwireError, as_sentence
from compute.state import Progress
from compute.trace import Trace
from compute.workspace import Workspace

T = TypeVar("T")


@dataclass(frozen=True)
class Ground:
    """On what is measured. kept: what measures prepared once, gone as soon as the workspace is another."""

    workspace: Workspace
    run: Run
    kept: dict[Hashable, Any] = field(default_factory=dict)

    def prepared(self, key: Hashable, make: Callable[[], T]) -> T:
        """What is made once for this workspace."""
        if key not in self.kept:
            self.kept[key] = make()
        found: T = self.kept[key]
        return found


@dataclass(frozen=True)
class Moment:
    """The numbers of the moment that is measured: the pass on show, all weights, and how far training is."""

    analysis: Analysis
    trace: Trace
    weights: Mapping[str, npt.NDArray[Any]]
    progress: Progress
    training: TrainingSettings
    rows: int = 1
    """Those of training."""
    goal: int | None = None
    """The epoch at which training ends, None: that of the settings."""


class Measure:
    """Something to be measured; subclasses are frozen dataclasses."""

    def ask(self, ground: Ground) -> Callable[[Moment], Any]:
        """Ask a run for what is needed, as it is after all training that was started; what is returned waits for it
        and measures. Errors, here or there: GradwireError, DeviceError."""
        return self.of

    def of(self, moment: Moment) -> Any:
        """The measure of a moment. Errors: GradwireError where there is none, with what to do."""
        raise NotImplementedError


@dataclass(frozen=True)
class Unmeasured:
    """Why there is no such number at this moment."""

    sentence: str


def ask_all(wanted: Iterable[object], ground: Ground) -> Callable[[Moment], dict[Measure, Any]]:
    """Ask for all measures among what is wanted; what is returned waits for them. Errors: DeviceError."""
    asked: dict[Measure, Callable[[Moment], Any]] = {}
    for measure in wanted:
        if isinstance(measure, Measure):
            try:
                asked[measure] = measure.ask(ground)
            except DeviceError:
                raise
            except GradwireError as error:
                asked[measure] = _without(error)

    def wait(moment: Moment) -> dict[Measure, Any]:
        found: dict[Measure, Any] = {}
        for measure, get in asked.items():
            try:
                found[measure] = get(moment)
            except DeviceError:
                raise
            except GradwireError as error:
                found[measure] = _without(error)(moment)
        return found

    return wait


def _without(error: GradwireError) -> Callable[[Moment], Unmeasured]:
    sentence = as_sentence(str(error))
    return lambda _moment: Unmeasured(sentence)
