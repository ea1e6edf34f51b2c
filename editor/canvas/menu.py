"""The context menu of the canvas, made of its list of actions."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMenu, QWidget

from compute.graph import Frame, Graph, Node, Note, Reroute, Wire
from editor.action import ActionSet
from editor.selection import Selection


def places(selection: Selection, graph: Graph) -> frozenset[str]:
    """Which entries belong to what is selected in a graph."""
    if not selection.ids:
        return frozenset({"ground"})
    kinds = {type(graph.find(record_id)) for record_id in selection.ids}
    found: set[str] = set()
    if kinds & {Node, Frame, Note}:
        found.add("things")
    if sum(i not in graph.reroutes for i in selection.placed) > 1:
        found.add("several")
    if kinds & {Frame, Note}:
        found.add("areas")
    if selection.nodes:
        found.add("nodes")
    if kinds == {Node}:
        found.add({1: "node", 2: "two"}.get(len(selection.ids), "nodes"))
    if len(selection.ids) == 1:
        found.add({Wire: "wire", Reroute: "point"}.get(kinds.pop(), "one"))
    elif "things" not in found:
        found.add("things")
    return frozenset(found)


def make_menu(parent: QWidget, actions: ActionSet, selection: Selection, graph: Graph) -> QMenu:
    """The menu for what is selected, else for the ground; it puts itself away."""
    menu = QMenu(parent)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    here, line = places(selection, graph), False
    below: dict[str, QMenu] = {}
    for spec in actions.specs:
        line = line or spec.separator
        if spec.places & here:
            if line and menu.actions():
                menu.addSeparator()
            line = False
            part = menu
            if spec.submenu:
                part = below.get(spec.submenu) or below.setdefault(spec.submenu, menu.addMenu(spec.submenu))
            part.addAction(actions.by_id[spec.id])
    return menu
