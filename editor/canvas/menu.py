"""The context menu of the canvas, made of its list of actions."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMenu, QWidget

from editor.action import ActionSet
from editor.selection import Selection


def places(selection: Selection) -> frozenset[str]:
    """Which entries belong to what is selected."""
    if selection.nodes:
        return frozenset({"nodes", {1: "one", 2: "two"}.get(len(selection.nodes), "many")})
    return frozenset({"ground" if selection.wire is None else "wire"})


def make_menu(parent: QWidget, actions: ActionSet, selection: Selection) -> QMenu:
    """The menu for what is selected, else for the ground; it puts itself away."""
    menu = QMenu(parent)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    here, line = places(selection), False
    for spec in actions.specs:
        line = line or spec.separator
        if spec.places & here:
            if line and menu.actions():
                menu.addSeparator()
            line = False
            menu.addAction(actions.by_id[spec.id])
    return menu
