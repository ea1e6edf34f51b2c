"""Plots: another one of each kind."""

from __future__ import annotations

from editor.action import ActionSpec
from editor.plots.kinds import by_group
from editor.plots.place import PlotsPlace, adding


def plot_actions() -> tuple[ActionSpec[PlotsPlace], ...]:
    """An action for each kind of plot, which adds one."""
    groups = by_group()
    return tuple(
        ActionSpec(
            f"plot_{kind.id}",
            "View",
            f"Add plot: {kind.title.lower()}",
            adding(kind.id),
            tip=kind.help,
            separator=kind is kinds[0] and group != next(iter(groups)),
            submenu="Plots",
        )
        for group, kinds in groups.items()
        for kind in kinds
    )


PLOTS = plot_actions()
