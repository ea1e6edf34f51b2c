"""The panels and plots of the window, declared once: another one is another entry here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from PySide6.QtWidgets import QWidget

from editor.background import Background
from editor.canvas import Canvas
from editor.panels.inspector import Inspector
from editor.panels.palette import Palette
from editor.panels.stepper import Stepper
from editor.panels.training import TrainingPanel
from editor.panels.transport import Transport
from editor.plots.boundary import BoundaryPlot
from editor.plots.loss import LossPlot
from editor.session import Session

Where = Literal["top", "left", "middle", "right", "plots", "bottom"]

Make = Callable[[Session, Background], QWidget]
"""Makes a panel of the session, with that on which it may work beside the window."""


@dataclass(frozen=True)
class PanelSpec:
    """id, and the title where a tab shows it; how it is made; where it stands, in the order of the list.

    where: over the pages; left of the canvas, in its column, right of it; below as a tab of the plots or beside them.
    width: in pixels, of 1600, until a person moves the border; stretches: whether it takes what room is left.
    """

    id: str
    title: str
    make: Make
    where: Where
    width: int = 0
    stretches: bool = False


def _of(kind: Callable[[Session], QWidget]) -> Make:
    """A panel that needs no more than the session."""
    return lambda session, _background: kind(session)


PANELS: tuple[PanelSpec, ...] = (
    PanelSpec("transport", "Transport", _of(Transport), "top"),
    PanelSpec("palette", "Palette", _of(Palette), "left", 200),
    PanelSpec("canvas", "Canvas", _of(Canvas), "middle", 1060, stretches=True),
    PanelSpec("stepper", "Stepper", _of(Stepper), "middle"),
    PanelSpec("inspector", "Inspector", _of(Inspector), "right", 340),
    PanelSpec("loss", "Loss", _of(LossPlot), "plots", 760, stretches=True),
    PanelSpec("boundary", "Decision boundary", _of(BoundaryPlot), "bottom", 380),
    PanelSpec("training", "Training", TrainingPanel, "bottom", 460),
)
