"""Plots of a training over its steps: how large gradients are, and the learning rate."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from compute.explain.facts import Quantity
from compute.measure import Measure
from compute.snapshot import Snapshot
from compute.statistics import LearningRate, Norms
from editor import theme
from editor.panels.subject import not_shown
from editor.plots.curves import AXIS, LOG_AXIS, NOTHING, Curve, CurvesPlot, hue
from editor.plots.plot import Missing, Option

_OF = {
    "gradient": "gradients",
    "weight": "weights",
    "ratio": "gradients to weights",
}


class NormPlot(CurvesPlot):
    """A curve for each layer."""

    id, title, key = "norms", "Norms", "N"
    help = "How large the gradients of each layer are, or its weights, or the one to the other, as Euclidean norms."
    group = "Weights and gradients"
    options = (Option("of", "Norm of", lambda _session: tuple(_OF.items())), LOG_AXIS)

    def wants(self) -> Sequence[Measure]:
        of = self.chosen("of")
        return (Norms("weight" if of == "weight" else "ratio" if of == "ratio" else "gradient"),)

    def kept_back(self) -> str:
        if self.chosen("of") == "weight":
            return ""
        parts = (name.rpartition(".") for name in self.session.snapshot.analysis.parameters)
        asked = (Quantity("weight gradient", node, suffix) for node, _, suffix in parts)
        return next((not_shown(self.session, each) for each in asked if self.session.hides(each)), "")

    def curves(self, snapshot: Snapshot) -> Sequence[Curve] | Missing:
        course = self.given.recorded.of(self.measure)
        nodes = list(dict.fromkeys(node for found in course.found for node in found))
        if not nodes:
            return NOTHING
        # In the order in which they compute.
        order = {node: i for i, node in enumerate(snapshot.analysis.order)}
        nodes.sort(key=lambda node: order.get(node, len(order)))
        graph, x = self.session.document.graph, np.array(course.steps)
        curves = []
        for i, node in enumerate(nodes):
            color, dash = hue(i)
            name = graph.nodes[node].label if node in graph.nodes else node
            curves.append(Curve(name, x, np.array([found.get(node, np.nan) for found in course.found]), color, dash))
        return curves


class RatePlot(CurvesPlot):
    """One curve."""

    id, title, key = "rate", "Learning rate", "R"
    help = "The learning rate of the next update, as it is set or as a schedule has it."
    group = "Training"
    options = (AXIS,)

    def wants(self) -> Sequence[Measure]:
        return (LearningRate(),)

    def curves(self, snapshot: Snapshot) -> Sequence[Curve] | Missing:
        course = self.given.recorded.of(self.measure)
        return (Curve("learning rate", np.array(course.steps), np.array(course.found), theme.current().text),)
