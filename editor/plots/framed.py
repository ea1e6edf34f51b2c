"""Plots that have widgets of their own, which are panels of the window too: the loss curves and the boundary."""

from __future__ import annotations

import json
from collections.abc import Mapping

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QPainter
from PySide6.QtWidgets import QWidget

from compute.snapshot import Snapshot
from editor import theme
from editor.plots.boundary import BoundaryPlot
from editor.plots.held import held_text
from editor.plots.loss import LossPlot, columns_of
from editor.plots.plot import Given, Missing, Plot, Table
from editor.scale import px


class LossTile(Plot):
    """The curves as in the panel, with smoothing and an axis of its own."""

    id, title, key = "loss", "Loss", "L"
    help = "Training and validation loss over the epochs."
    group = "Training"

    def __init__(self, given: Given, chosen: Mapping[str, str] | None = None) -> None:
        self.inside = LossPlot(given.session)
        self.inside.head.setContentsMargins(px(10), 0, px(10), 0)
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
    """The plane as in the panel, over columns of its own."""

    id, title, key = "boundary", "Decision boundary", "B"
    help = "What the network answers over the plane of two inputs, with the points of the data."
    group = "Predictions"
    icon = "gallery"

    def __init__(self, given: Given, chosen: Mapping[str, str] | None = None) -> None:
        self.inside = BoundaryPlot(given.session, own=True)
        super().__init__(given, chosen)
        try:
            said = json.loads((chosen or {}).get("plane", "[[], {}]"))
            self.inside.columns = tuple(map(str, said[0]))[:2]
            self.inside.held = {str(name): float(number) for name, number in said[1].items()}
        except (ValueError, TypeError, AttributeError, IndexError, KeyError, RecursionError):
            self.inside.columns, self.inside.held = (), {}
        self.inside.chosen.connect(self.options_changed)

    def make_body(self) -> QWidget:
        return self.inside

    @property
    def chosen_options(self) -> dict[str, str]:
        said = [list(self.inside.columns), self.inside.held]
        return {"plane": json.dumps(said)} if any(said) else {}

    @property
    def caption(self) -> str:
        boundary = self.inside.plane.boundary
        columns = self.inside.columns or (boundary.columns if boundary else self.inside.input_columns()[:2])
        return " · ".join([self.title, *([", ".join(columns)] if columns else [])])

    def prepare(self, snapshot: Snapshot) -> Missing | None:
        return None  # its widget says what is missing

    def paint(self, painter: QPainter, area: QRectF) -> None:
        boundary = self.inside.plane.boundary
        said = held_text(boundary.held, self.inside.held) if boundary is not None else ""
        if said:
            painter.setFont(theme.ui_font(9.0))
            painter.setPen(theme.color(theme.current().text_dim))
            metrics = QFontMetricsF(painter.font())
            line = QRectF(area.left() + px(8), area.bottom() - metrics.height(), area.width(), metrics.height())
            text = metrics.elidedText(said, Qt.TextElideMode.ElideRight, area.width() - px(16))
            painter.drawText(line, Qt.AlignmentFlag.AlignLeft, text)
            area = area.adjusted(0, 0, 0, -1.3 * metrics.height())
        self.inside.plane.paint_into(painter, area)

    def table(self) -> Table:
        return Table(*self.inside.plane.numbers())
