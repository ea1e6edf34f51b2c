"""Every kind of plot, declared once each by its class: another one is another entry here."""

from __future__ import annotations

from collections.abc import Mapping

from editor.plots.answers import FitPlot, SamplesPlot
from editor.plots.framed import BoundaryTile, LossTile
from editor.plots.judging import ConfusionPlot, RocPlot, ScoresPlot
from editor.plots.landscape import LandscapePlot
from editor.plots.over_time import NormPlot, RatePlot
from editor.plots.plot import Group, Plot
from editor.plots.spreads import ActivationSpread, GradientSpread, WeightSpread

GROUPS: tuple[Group, ...] = ("Training", "Weights and gradients", "Predictions", "Data")
_ALL: tuple[type[Plot], ...] = (
    LossTile,
    RatePlot,
    LandscapePlot,
    NormPlot,
    WeightSpread,
    GradientSpread,
    ActivationSpread,
    ScoresPlot,
    ConfusionPlot,
    RocPlot,
    FitPlot,
    SamplesPlot,
    BoundaryTile,
)
KINDS: Mapping[str, type[Plot]] = {kind.id: kind for kind in _ALL}
"""By id."""
FIRST = ("norms", "weights", "activations")
"""What stands there before a person has chosen anything."""


def by_group() -> dict[Group, list[type[Plot]]]:
    """The kinds of each group that has some, in order."""
    found = {group: [kind for kind in _ALL if kind.group == group] for group in GROUPS}
    return {group: kinds for group, kinds in found.items() if kinds}
