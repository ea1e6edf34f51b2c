"""The panels and plots of the window, declared once: another one is another entry here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from PySide6.QtWidgets import QWidget

from editor.background import Background
from editor.canvas import Canvas
from editor.panels.data import DataPlace
from editor.panels.exercise import ExercisePlace
from editor.panels.inspector import Inspector
from editor.panels.layer_race import LayerRace
from editor.panels.lesson.panel import LessonPanel
from editor.panels.memory import MemoryPanel
from editor.panels.more_epochs import MoreEpochs
from editor.panels.palette import Palette
from editor.panels.rewind import RewindStrip
from editor.panels.runs import RunsPanel
from editor.panels.stepper import Stepper
from editor.panels.sweep.place import SweepPlace
from editor.panels.training import TrainingPanel
from editor.panels.transport import Transport
from editor.panels.watches import WatchesPanel
from editor.panels.what_if import WhatIfStrip
from editor.plots.boundary import BoundaryPlot
from editor.plots.loss import LossPlot
from editor.plots.place import PlotsPlace
from editor.session import Session

Where = Literal["top", "middle", "left", "right", "bottom"]

Make = Callable[[Session, Background], QWidget]
"""Makes a panel of the session, with that on which it may work beside the window."""


@dataclass(frozen=True)
class PanelSpec:
    """id and title; how it is made; where it stands until a person moves it, in the order of the list.

    where: over the pages; in the canvas's column; at a border of the canvas, from where it can be moved, torn off and
    hidden. width: in pixels, of 1600, until a person moves the border. stretches: whether it takes what room is left.
    key: shows and hides it. tab_of: the panel whose place it shares, as a tab. wide: whether it can be given half of
    the window. hidden: at first, until it is asked for. of_walk: it is about a walk, and stays where others make room
    for one. late: the class of a panel that is made when it first comes in sight or is asked for. tip: what is in it,
    where its action is found.
    """

    id: str
    title: str
    make: Make
    where: Where
    width: int = 0
    stretches: bool = False
    key: str = ""
    tab_of: str = ""
    wide: bool = False
    hidden: bool = False
    of_walk: bool = False
    late: type[QWidget] | None = None
    tip: str = ""

    @property
    def docks(self) -> bool:
        """Whether a person can move, tear off and hide it."""
        return self.where in ("left", "right", "bottom")


def _of(kind: Callable[[Session], QWidget]) -> Make:
    """A panel that needs no more than the session."""
    return lambda session, _background: kind(session)


PANELS: tuple[PanelSpec, ...] = (
    PanelSpec("transport", "Transport", _of(Transport), "top"),
    PanelSpec("more_epochs", "More epochs", _of(MoreEpochs), "middle"),
    PanelSpec("rewind", "An earlier step", _of(RewindStrip), "middle"),
    PanelSpec("what_if", "What if", _of(WhatIfStrip), "middle"),
    PanelSpec("canvas", "Canvas", _of(Canvas), "middle", stretches=True),
    PanelSpec("stepper", "Stepper", _of(Stepper), "middle", late=Stepper),
    PanelSpec(
        "palette",
        "Palette",
        _of(Palette),
        "left",
        200,
        key="Ctrl+1",
        tip="The operations that can be dragged onto the canvas.",
    ),
    PanelSpec(
        "exercise",
        "Exercise",
        _of(ExercisePlace),
        "left",
        300,
        key="Ctrl+9",
        tab_of="palette",
        hidden=True,
        tip="What is asked for in this document, and the answers.",
    ),
    PanelSpec(
        "lesson",
        "Lesson",
        _of(LessonPanel),
        "left",
        290,
        key="Alt+Shift+J",
        tab_of="palette",
        tip="What the lesson of this document says, and what there is to do.",
        hidden=True,
    ),
    PanelSpec(
        "inspector",
        "Inspector",
        _of(Inspector),
        "right",
        340,
        key="Ctrl+2",
        wide=True,
        tip="Everything about what is in focus: why, values, gradient, weights, settings.",
    ),
    PanelSpec("loss", "Loss", _of(LossPlot), "bottom", 760, key="Ctrl+3", tip="Training and validation loss."),
    PanelSpec(
        "data",
        "Data",
        DataPlace,
        "bottom",
        760,
        key="Ctrl+6",
        tab_of="loss",
        wide=True,
        late=DataPlace,
        tip="Where the data comes from (a data set, a CSV or NPZ file, a typed table), its columns and its rows.",
    ),
    PanelSpec(
        "runs",
        "Runs",
        _of(RunsPanel),
        "bottom",
        760,
        key="Ctrl+Alt+1",
        tab_of="loss",
        hidden=True,
        late=RunsPanel,
        tip="Trainings that are kept: overlaid on the loss, compared in a table, restored, branched.",
    ),
    PanelSpec(
        "boundary",
        "Decision boundary",
        _of(BoundaryPlot),
        "bottom",
        380,
        key="Ctrl+4",
        tip="What the network answers over the plane of two inputs.",
    ),
    PanelSpec(
        "training",
        "Training",
        _of(TrainingPanel),
        "bottom",
        460,
        key="Ctrl+5",
        tip="Optimizer, batches, epochs, data and device.",
    ),
    PanelSpec(
        "plots",
        "Plots",
        PlotsPlace,
        "bottom",
        760,
        key="Alt+Shift+G",
        tab_of="loss",
        wide=True,
        hidden=True,
        tip="Plots in any number: gradients, weights, activations, metrics, predictions and more.",
    ),
    PanelSpec(
        "watches",
        "Watches",
        _of(WatchesPanel),
        "bottom",
        760,
        key="Ctrl+Alt+Q",
        tab_of="loss",
        hidden=True,
        late=WatchesPanel,
        tip="What stops the training: NaN, infinity, norms, dead units, changes of weights.",
    ),
    PanelSpec(
        "sweep",
        "Sweep",
        _of(SweepPlace),
        "bottom",
        760,
        key="Alt+Shift+Z",
        tab_of="loss",
        wide=True,
        hidden=True,
        late=SweepPlace,
        tip="The network trained again and again with other settings, many small ones at once, and ranked.",
    ),
    PanelSpec(
        "memory",
        "Memory",
        _of(MemoryPanel),
        "bottom",
        760,
        key="Ctrl+7",
        tab_of="loss",
        wide=True,
        hidden=True,
        of_walk=True,
        late=MemoryPanel,
        tip="What a walk holds in memory at each step, and what it would hold if it kept everything.",
    ),
    PanelSpec(
        "matrices",
        "Why matrices",
        _of(LayerRace),
        "bottom",
        760,
        key="Ctrl+8",
        tab_of="loss",
        wide=True,
        hidden=True,
        late=LayerRace,
        tip="One layer computed neuron by neuron, as one matrix product and by an OpenCL kernel, timed live.",
    ),
)
