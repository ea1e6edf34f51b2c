"""Plots that have widgets of their own, which are panels of the window too: the loss curves and the boundary."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QWidget

from compute.snapshot import Snapshot
from editor.plots.boundary import BoundaryPlot
from editor.plots.loss import LossPlot, columns_of
from editor.plots.plot import Given, Missing, Plot, Table


class LossTile(Plot):
    """The curves as in the panel, with smoothing and an axis of its own."""

    id, title, key = "loss", "Loss", "L"
    help = "Training and validation loss over the epochs."
    group = "Training"

    def __init__(self, given: Given, chosen: Mapping[str, str] | None = None) -> None:
        self.inside = LossPlot(given.session)
        super().__init__(given, chosen)

    def make_body(self) -> QWidget:
        return self.inside

    def prepare(self, snapshot: Snapshot) -> Missing | None:
        if self.inside.series:
            return None
        return Missing("No curve yet", self.inside.empty.sentence)

    def paint(self, painter: QPainter, area: QRectF) -> None:
        chart = self.inside.chart
        if chart is not None:
            chart.paint_into(painter, area)

    def table(self) -> Table:
        return Table(*columns_of(self.inside.series, self.inside.turns))


class BoundaryTile(Plot):
    """The plane as in the panel."""

    id, title, key = "boundary", "Decision boundary", "B"
    help = "What the network answers over the plane of two inputs, with the points of the data."
    group = "Predictions"
    icon = "gallery"

    def __init__(self, given: Given, chosen: Mapping[str, str] | None = None) -> None:
        self.inside = BoundaryPlot(given.session)
        super().__init__(given, chosen)

    def make_body(self) -> QWidget:
        return self.inside

    def prepare(self, snapshot: Snapshot) -> Missing | None:
        return None  # its widget says what is missing

    def paint(self, painter: QPainter, area: QRectF) -> None:
        self.inside.plane.paint_into(painter, area)

    def table(self) -> Table:
        return Table(*self.inside.plane.numbers())
