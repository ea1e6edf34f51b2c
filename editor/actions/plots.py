"""Plots: another one of each kind."""

from __future__ import annotations

from editor.action import ActionSpec
from editor.plots.kinds import by_group
from editor.plots.place import PlotsPlace, adding


def plot_actions() -> tuple[ActionSpec[PlotsPlace], ...]:
    """An action for each kind of plot, which adds one."""
    groups = by_group()
    add = ActionSpec[PlotsPlace](
        "add_plot",
        "View",
        "Add plot…",
        lambda place: place.open_menu(),
        ("Ctrl+Alt+Shift+Ins",),
        "Choose a kind of plot and have another one of it.",
        "add",
        submenu="Plots",
    )
    return (
        add,
        *(
            ActionSpec(
                f"plot_{kind.id}",
                "View",
                f"Add plot: {kind.title if kind.title.isupper() else kind.title.lower()}",
                adding(kind.id),
                (f"Ctrl+Alt+Shift+{kind.key}",),
                tip=kind.help,
                separator=kind is kinds[0],
                submenu="Plots",
            )
            for group, kinds in groups.items()
            for kind in kinds
        ),
    )


PLOTS = plot_actions()
