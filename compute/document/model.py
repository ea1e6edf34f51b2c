"""The open document as the program holds it: graph, data section, training settings, weights and progress."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from compute.document.exercise import Exercise
from compute.document.opening import Opening
from compute.document.runs import Runs
from compute.document.settings import TrainingSettings
from compute.document.watch import Watch
from compute.files import stamp
from compute.graph import Graph
from compute.lessons.model import Lesson
from compute.state import Progress

FORMAT, VERSION = "gradwire", 1
Weights = dict[str, npt.NDArray[np.float64]]


@dataclass
class Document:
    """Everything a file holds. ``path``: where it was read from or last saved (None: never), and ``stamp`` of that.

    weights: the current ones; initial: given first weights, which Reset returns to (a weight that is not among
    them starts from the seed); progress: how far the weights were trained, and all that is needed to train on
    as if nothing had come between. What this
    version does not know is kept: ``extra`` and ``trained_extra``, fields beside the known ones; ``members``, files
    beside them in an archive.
    """

    name: str = "Untitled"
    graph: Graph = field(default_factory=Graph)
    data: Mapping[str, Any] = field(default_factory=lambda: {"source": "inline", "columns": {}})
    training: TrainingSettings = field(default_factory=TrainingSettings)
    weights: Weights = field(default_factory=dict)
    initial: Weights = field(default_factory=dict)
    progress: Progress | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)
    path: Path | None = None
    trained_extra: Mapping[str, Any] = field(default_factory=dict)
    members: Mapping[str, bytes] = field(default_factory=dict)
    stamp: tuple[int, int] | None = None
    lesson: Lesson | None = None
    exercise: Exercise | None = None
    """What is asked of a learner; None where nothing is."""
    opening: Opening | None = None
    """How it opens for others; None: as any other."""
    watches: tuple[Watch, ...] = ()
    """What stops its training, beside a loss that is not finite."""
    runs: Runs = field(default_factory=Runs)
    """Trainings that are kept beside the one that the weights are of."""

    @property
    def changed_on_disk(self) -> bool:
        """Whether the file is another than was read or saved here; one that is gone can be written again unasked."""
        return self.path is not None and stamp(self.path) not in (None, self.stamp)

    @property
    def folder(self) -> Path | None:
        """The folder that relative data paths start from."""
        return self.path.parent if self.path else None

    def copy(self) -> Document:
        """An independent document; nodes, wires and arrays are shared, since they are never changed in place."""
        return replace(self, graph=self.graph.copy(), weights=dict(self.weights))
