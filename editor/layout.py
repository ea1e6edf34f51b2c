"""The layout of a window, made from the list of its panels: columns with the canvas above, plots and panels below."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QTabWidget, QVBoxLayout, QWidget

from editor.panel_list import PanelSpec
from editor.settings import Settings
from editor.splitter import Splitter
from editor.tiers import Tiers


class Layout:
    """``tiers`` is the page with everything but the panels of the top, which are ``top``, in order."""

    def __init__(self, specs: Sequence[PanelSpec], panels: Mapping[str, QWidget], banner: QWidget) -> None:
        def at(*places: str) -> list[tuple[PanelSpec, QWidget]]:
            return [(spec, panels[spec.id]) for spec in specs if spec.where in places]

        self.top = [panel for _, panel in at("top")]
        middle, column = _stack()
        column.addWidget(banner)
        for spec, panel in at("middle"):
            column.addWidget(panel, int(spec.stretches))
        plots = QTabWidget()
        plots.setDocumentMode(True)
        for spec, panel in at("plots"):
            plots.addTab(panel, spec.title)
        left, right = at("left"), at("right")
        self.columns = _splitter([*left, (at("middle")[0][0], middle), *right])
        self.bottom = _splitter([(at("plots")[0][0], plots), *at("bottom")])
        self.parts = [plots, *(panel for _, panel in at("top", "left", "middle", "right", "bottom"))]
        """What gets its style by itself."""
        self.tiers = Tiers(self.columns, self.bottom, panels["stepper"])

    def restore(self, settings: Settings) -> None:
        """As the person left it."""
        for name, restore in (
            ("columns", self.columns.restoreState),
            ("rows", self.tiers.choose),
            ("bottom", self.bottom.restoreState),
        ):
            state = settings.layout(name)
            if state is not None:
                restore(state)

    def keep(self, settings: Settings) -> None:
        """Remember it for the next start."""
        settings.set_layout("columns", self.columns.saveState())
        lower = self.tiers.chosen()
        if lower is not None:
            settings.set_layout("rows", lower)
        settings.set_layout("bottom", self.bottom.saveState())


def _stack() -> tuple[QWidget, QVBoxLayout]:
    """A widget whose parts stand above each other without a gap."""
    widget = QWidget()
    column = QVBoxLayout(widget)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(0)
    return widget, column


def stacked(*widgets: QWidget) -> QWidget:
    """Widgets above each other, of which the last takes what room is left."""
    whole, column = _stack()
    for widget in widgets:
        column.addWidget(widget, int(widget is widgets[-1]))
    return whole


def _splitter(parts: Sequence[tuple[PanelSpec, QWidget]]) -> Splitter:
    splitter = Splitter(Qt.Orientation.Horizontal)
    for i, (spec, widget) in enumerate(parts):
        splitter.addWidget(widget)
        if spec.stretches:
            splitter.setStretchFactor(i, 1)
    splitter.setSizes([spec.width for spec, _ in parts])
    return splitter
