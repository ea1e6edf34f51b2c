"""The context menu of the canvas."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, Qt
from PySide6.QtWidgets import QMenu

if TYPE_CHECKING:
    from editor.canvas.canvas import Canvas


def make_menu(canvas: Canvas, point: QPointF) -> QMenu:
    """The menu for what is selected, else for a point of the empty canvas; it puts itself away."""
    menu = QMenu(canvas)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    selection = canvas.session.selection
    if selection.nodes:
        if len(selection.nodes) == 1:
            node_id = next(iter(selection.nodes))
            menu.addAction("Open", lambda: canvas.node_activated.emit(node_id))
            menu.addAction("Rename", canvas.rename).setShortcut("F2")
            menu.addSeparator()
        if len(selection.nodes) == 2:
            menu.addAction("Connect", canvas.connect_selection).setShortcut("C")
            menu.addSeparator()
        menu.addAction("Cut", canvas.cut).setShortcut("Ctrl+X")
        menu.addAction("Copy", canvas.copy).setShortcut("Ctrl+C")
        menu.addAction("Duplicate", canvas.duplicate).setShortcut("Ctrl+D")
        menu.addAction("Delete", canvas.delete_selection).setShortcut("Del")
        menu.addSeparator()
        menu.addAction("Zoom to selection", canvas.fit).setShortcut("F")
    elif selection.wire is not None:
        menu.addAction("Delete wire", canvas.delete_selection).setShortcut("Del")
    else:
        menu.addAction("Add node…", lambda: canvas.open_search(point)).setShortcut("Tab")
        menu.addAction("Paste", canvas.paste).setShortcut("Ctrl+V")
        menu.addAction("Select all", canvas.select_all).setShortcut("Ctrl+A")
        menu.addSeparator()
        menu.addAction("Tidy", canvas.tidy)
        menu.addAction("Fit", canvas.fit).setShortcut("F")
    return menu
