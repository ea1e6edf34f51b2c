"""Everything that can be done on the canvas by a command: its keys, its menus and its place in the search, once each.

The canvas makes its actions and its context menu of this list, the window its menus, the search and the sheet.
"""

from __future__ import annotations

from typing import Protocol

from editor.action import ActionSpec
from editor.canvas.source import Source


class Board(Protocol):
    """What the actions ask of a canvas."""

    @property
    def session(self) -> Source: ...

    @property
    def minimap_wanted(self) -> bool: ...

    def isVisible(self) -> bool: ...

    def open_selected(self) -> None: ...

    def cut(self) -> None: ...

    def copy(self) -> None: ...

    def paste(self) -> None: ...

    def duplicate(self) -> None: ...

    def delete_selection(self) -> None: ...

    def select_all(self) -> None: ...

    def open_search(self) -> None: ...

    def rename(self) -> None: ...

    def connect_selection(self) -> None: ...

    def tidy(self) -> None: ...

    def fit(self) -> None: ...

    def zoom_in(self) -> None: ...

    def zoom_out(self) -> None: ...

    def zoom_reset(self) -> None: ...

    def show_minimap(self, shown: bool) -> None: ...


def _shown(board: Board) -> bool:
    return board.isVisible()


def _nodes(board: Board) -> bool:
    return _shown(board) and bool(board.session.selection.nodes)


def _one(board: Board) -> bool:
    return _shown(board) and len(board.session.selection.nodes) == 1


def _anything(board: Board) -> bool:
    return _nodes(board) or (_shown(board) and board.session.selection.wire is not None)


def _at(places: str) -> frozenset[str]:
    return frozenset(places.split())


CANVAS: tuple[ActionSpec[Board], ...] = (
    ActionSpec(
        "open_node",
        "Edit",
        "Open node",
        lambda c: c.open_selected(),
        tip="The settings of the selected node (also: double-click on it).",
        enabled=_one,
        separator=True,
        canvas_shortcuts=("Return",),
        places=_at("one"),
    ),
    ActionSpec(
        "rename",
        "Edit",
        "Rename",
        lambda c: c.rename(),
        tip="Give the selected node a title (also: double-click on its header).",
        enabled=_one,
        canvas_shortcuts=("F2",),
        places=_at("one"),
    ),
    ActionSpec(
        "connect",
        "Edit",
        "Connect",
        lambda c: c.connect_selection(),
        tip="Wire the left one of two selected nodes to the right one.",
        enabled=_nodes,
        canvas_shortcuts=("C",),
        places=_at("two"),
    ),
    ActionSpec(
        "add_node",
        "Edit",
        "Add a node…",
        lambda c: c.open_search(),
        ("Ctrl+Space",),
        "Search an operation and place it at the pointer (also: double-click on the canvas).",
        "add",
        enabled=_shown,
        canvas_shortcuts=("Tab",),
        places=_at("ground"),
    ),
    ActionSpec(
        "cut",
        "Edit",
        "Cut",
        lambda c: c.cut(),
        tip="Move the selected nodes to the clipboard.",
        enabled=_nodes,
        separator=True,
        canvas_shortcuts=("Ctrl+X", "Shift+Del"),
        places=_at("nodes"),
    ),
    ActionSpec(
        "copy",
        "Edit",
        "Copy",
        lambda c: c.copy(),
        tip="Copy the selected nodes.",
        enabled=_nodes,
        canvas_shortcuts=("Ctrl+C", "Ctrl+Ins"),
        places=_at("nodes"),
    ),
    ActionSpec(
        "paste",
        "Edit",
        "Paste",
        lambda c: c.paste(),
        tip="Paste nodes at the pointer.",
        enabled=_shown,
        canvas_shortcuts=("Ctrl+V", "Shift+Ins"),
        places=_at("ground"),
    ),
    ActionSpec(
        "duplicate",
        "Edit",
        "Duplicate",
        lambda c: c.duplicate(),
        tip="Copies of the selected nodes beside them.",
        enabled=_nodes,
        canvas_shortcuts=("Ctrl+D",),
        places=_at("nodes"),
    ),
    ActionSpec(
        "delete",
        "Edit",
        "Delete",
        lambda c: c.delete_selection(),
        tip="Remove the selected nodes or wire.",
        enabled=_anything,
        canvas_shortcuts=("Del", "Backspace"),
        places=_at("nodes wire"),
    ),
    ActionSpec(
        "select_all",
        "Edit",
        "Select all",
        lambda c: c.select_all(),
        tip="Select every node.",
        enabled=_shown,
        canvas_shortcuts=("Ctrl+A",),
        places=_at("ground"),
    ),
    ActionSpec(
        "tidy",
        "Edit",
        "Tidy",
        lambda c: c.tidy(),
        ("Ctrl+L",),
        "Lay the graph out from left to right.",
        "tidy",
        enabled=_shown,
        separator=True,
        places=_at("ground"),
    ),
    ActionSpec(
        "fit",
        "View",
        "Fit",
        lambda c: c.fit(),
        tip="Show the selection, or everything.",
        icon="fit",
        enabled=_shown,
        separator=True,
        canvas_shortcuts=("F",),
        places=_at("nodes ground"),
    ),
    ActionSpec(
        "zoom_in", "View", "Zoom in", lambda c: c.zoom_in(), ("Ctrl++", "Ctrl+="), "Larger.", "zoom-in", enabled=_shown
    ),
    ActionSpec(
        "zoom_out", "View", "Zoom out", lambda c: c.zoom_out(), ("Ctrl+-",), "Smaller.", "zoom-out", enabled=_shown
    ),
    ActionSpec("zoom_reset", "View", "Actual size", lambda c: c.zoom_reset(), ("Ctrl+0",), "100 %.", enabled=_shown),
    ActionSpec(
        "minimap",
        "View",
        "Minimap",
        lambda c: c.show_minimap(not c.minimap_wanted),
        tip="Show or hide the map of the whole graph.",
        icon="minimap",
        enabled=_shown,
        canvas_shortcuts=("M",),
        checked=lambda c: c.minimap_wanted,
    ),
)

GESTURES: tuple[tuple[str, str], ...] = (
    ("Connect", "Drag from an output to an input"),
    ("Cut wires", "Ctrl+drag across them"),
    ("Add a node", "Double-click on the canvas"),
    ("Zoom", "Wheel"),
    ("Pan", "Middle drag, or Space+drag"),
    ("Select several", "Drag over empty canvas; Shift adds"),
    ("From node to node", "Arrow keys"),
    ("Move the selection", "Drag, or Shift+arrow keys"),
    ("Cancel a gesture", "Esc"),
)
"""What the pointer and the keys that move do beyond the actions, in words for the sheet."""
