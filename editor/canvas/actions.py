"""Everything that can be done on the canvas by a command: its keys, its menus and its place in the search, once each.

The canvas makes its actions and its context menu of this list, the window its menus, the search and the sheet.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from compute.graph import Frame, Node, Note, Off
from editor.action import ActionSpec
from editor.canvas.ink import HUES
from editor.canvas.order_actions import ORDER
from editor.canvas.source import Source


class Board(Protocol):
    """What the actions ask of a canvas."""

    @property
    def session(self) -> Source: ...

    @property
    def minimap_wanted(self) -> bool: ...

    def isVisible(self) -> bool: ...

    def open_selected(self) -> None: ...

    def ask_why(self) -> None: ...

    def cut(self) -> None: ...

    def copy(self) -> None: ...

    def paste(self) -> None: ...

    def duplicate(self) -> None: ...

    def delete_selection(self) -> None: ...

    def select_all(self) -> None: ...

    def open_search(self) -> None: ...

    def rename(self) -> None: ...

    def frame_selection(self) -> str: ...

    def add_note(self) -> str: ...

    def add_point(self) -> None: ...

    def switch(self, off: Off) -> None: ...

    def collapse(self) -> None: ...

    def set_color(self, color: str) -> None: ...

    def connect_selection(self) -> None: ...

    def fit(self) -> None: ...

    def zoom_in(self) -> None: ...

    def zoom_out(self) -> None: ...

    def zoom_reset(self) -> None: ...

    def show_minimap(self, shown: bool) -> None: ...


def _shown(board: Board) -> bool:
    return board.isVisible()


def _nodes(board: Board) -> bool:
    return _shown(board) and bool(board.session.selection.nodes)


def _wirable(board: Board) -> bool:
    """Whether nodes are selected, or a wire."""
    return _shown(board) and bool(board.session.selection.nodes or board.session.selection.wire)


def _one(board: Board) -> bool:
    """Whether one thing is selected that can be renamed."""
    graph, only = board.session.document.graph, board.session.selection.only
    return _shown(board) and only is not None and isinstance(graph.find(only), Node | Frame | Note)


def _opens(board: Board) -> bool:
    """Whether one thing is selected that can be opened."""
    return _one(board) or (_shown(board) and board.session.selection.wire is not None)


def _things(board: Board) -> bool:
    """Whether something is selected that can be copied."""
    graph = board.session.document.graph
    return _shown(board) and any(i not in graph.reroutes for i in board.session.selection.placed)


def _anything(board: Board) -> bool:
    return _shown(board) and bool(board.session.selection.ids)


def _areas(board: Board) -> bool:
    """Whether frames or notes are selected."""
    graph = board.session.document.graph
    return _shown(board) and bool(board.session.selection.ids & (graph.frames.keys() | graph.notes.keys()))


def _wire(board: Board) -> bool:
    """Whether one wire is selected, or a point of one."""
    only = board.session.selection.only
    return _shown(board) and (isinstance(only, tuple) or only in board.session.document.graph.reroutes)


def _all_off(off: Off) -> Callable[[Board], bool]:
    """Whether all selected nodes are muted, or bypassed."""

    def are(board: Board) -> bool:
        # In the midst of an edit what is selected may be gone already.
        there = board.session.selection.nodes & board.session.document.graph.nodes.keys()
        return bool(there) and all(board.session.document.graph.nodes[i].off == off for i in there)

    return are


def _all_collapsed(board: Board) -> bool:
    nodes, graph = board.session.selection.nodes, board.session.document.graph
    return bool(nodes) and all(graph.nodes[i].collapsed for i in nodes)


def _all_colored(color: str) -> Callable[[Board], bool]:
    """Whether the selected frames and notes have a colour."""

    def are(board: Board) -> bool:
        graph, chosen = board.session.document.graph, board.session.selection.ids
        # There are few areas, and there may be thousands of other things.
        areas = (area for table in (graph.frames, graph.notes) for area in table.values())
        return {area.color for area in areas if area.id in chosen} == {color}

    return are


def _at(places: str) -> frozenset[str]:
    return frozenset(places.split())


CANVAS: tuple[ActionSpec[Any], ...] = (
    ActionSpec(
        "open_node",
        "Edit",
        "Open",
        lambda c: c.open_selected(),
        tip="The settings of the selected node (also: double-click on it), or why the selected wire has its number.",
        enabled=_opens,
        separator=True,
        canvas_shortcuts=("Return",),
        places=_at("node wire"),
    ),
    ActionSpec(
        "why",
        "Edit",
        "Why this number?",
        lambda c: c.ask_why(),
        tip="Ask why the number of the selected node or wire is what it is (also: click on a number).",
        enabled=lambda c: _shown(c) and c.session.focus is not None,
        canvas_shortcuts=("W",),
        places=_at("node wire"),
    ),
    ActionSpec(
        "exercise_ask",
        "Edit",
        "Ask for this number",
        lambda c: c.session.exercising.toggle(),
        tip="The number in focus is asked for in the exercise of this document, or no longer.",
        enabled=lambda c: _shown(c) and c.session.exercising.in_focus() is not None,
        canvas_shortcuts=("Q",),
        places=_at("node wire"),
        checked=lambda c: c.session.exercising.asks_for_focus(),
    ),
    ActionSpec(
        "watch",
        "Edit",
        "Watch this…",
        lambda c: c.session.watching.seek(),
        tip="Stop the training where what is in focus is no number, infinite, too large, too small, dead or jumps.",
        enabled=lambda c: _shown(c) and c.session.focus is not None,
        canvas_shortcuts=("E",),
        places=_at("node wire"),
    ),
    ActionSpec(
        "rename",
        "Edit",
        "Rename",
        lambda c: c.rename(),
        tip="Give the selected node or frame a title (also: double-click on its header).",
        enabled=_one,
        canvas_shortcuts=("F2",),
        places=_at("one"),
    ),
    ActionSpec(
        "connect",
        "Edit",
        "Connect",
        lambda c: c.connect_selection(),
        tip="Wire the selected node to the nearest port that takes it (arrow keys choose another, Enter connects), "
        "lead the selected wire elsewhere, or wire the left one of two selected nodes to the right one.",
        enabled=_wirable,
        canvas_shortcuts=("C",),
        places=_at("node two wire"),
    ),
    ActionSpec(
        "add_node",
        "Edit",
        "Add a node…",
        lambda c: c.open_search(),
        ("Ctrl+Space",),
        "Search an operation; it is wired to what is selected, or lands at the pointer (also: double-click).",
        "add",
        enabled=_shown,
        canvas_shortcuts=("Tab",),
        places=_at("ground"),
    ),
    ActionSpec(
        "frame",
        "Edit",
        "Frame",
        lambda c: c.frame_selection(),
        tip="A titled frame around what is selected, which carries it along.",
        enabled=_shown,
        separator=True,
        canvas_shortcuts=("Ctrl+Shift+F",),
        places=_at("things ground"),
    ),
    ActionSpec(
        "note",
        "Edit",
        "Add a note",
        lambda c: c.add_note(),
        tip="A text on the canvas; formulas stand between dollar signs.",
        enabled=_shown,
        canvas_shortcuts=("N",),
        places=_at("ground"),
    ),
    ActionSpec(
        "reroute",
        "Edit",
        "Add a reroute point",
        lambda c: c.add_point(),
        tip="Lead the selected wire through a point (also: double-click on the wire).",
        enabled=_wire,
        canvas_shortcuts=("R",),
        places=_at("wire point"),
    ),
    ActionSpec(
        "mute",
        "Edit",
        "Mute",
        lambda c: c.switch("mute"),
        tip="Switch the selected nodes off with all that needs them, or on again; their weights are kept.",
        enabled=_nodes,
        separator=True,
        canvas_shortcuts=("X",),
        places=_at("nodes"),
        checked=_all_off("mute"),
    ),
    ActionSpec(
        "bypass",
        "Edit",
        "Bypass",
        lambda c: c.switch("bypass"),
        tip="Let the selected nodes pass their first input through, or end it; their weights are kept.",
        enabled=_nodes,
        canvas_shortcuts=("B",),
        places=_at("nodes"),
        checked=_all_off("bypass"),
    ),
    ActionSpec(
        "collapse",
        "Edit",
        "Collapse",
        lambda c: c.collapse(),
        tip="Show the selected nodes as their headers alone, or whole again.",
        enabled=_nodes,
        canvas_shortcuts=("H",),
        places=_at("nodes"),
        checked=_all_collapsed,
    ),
    *(
        ActionSpec(
            f"color_{color or 'none'}",
            "Edit",
            f"Colour: {color or 'none'}",
            lambda c, color=color: c.set_color(color),  # type: ignore[misc]
            tip="The colour of the selected frames and notes.",
            enabled=_areas,
            separator=not color,
            canvas_shortcuts=(str(digit),),
            places=_at("areas"),
            checked=_all_colored(color),
            submenu="Colour",
        )
        for digit, color in enumerate(("", *HUES))
    ),
    ActionSpec(
        "cut",
        "Edit",
        "Cut",
        lambda c: c.cut(),
        tip="Move what is selected to the clipboard.",
        enabled=_things,
        separator=True,
        canvas_shortcuts=("Ctrl+X", "Shift+Del"),
        places=_at("things"),
    ),
    ActionSpec(
        "copy",
        "Edit",
        "Copy",
        lambda c: c.copy(),
        tip="Copy what is selected, and what lies in selected frames.",
        enabled=_things,
        canvas_shortcuts=("Ctrl+C", "Ctrl+Ins"),
        places=_at("things"),
    ),
    ActionSpec(
        "paste",
        "Edit",
        "Paste",
        lambda c: c.paste(),
        tip="Paste at the pointer.",
        enabled=_shown,
        canvas_shortcuts=("Ctrl+V", "Shift+Ins"),
        places=_at("ground"),
    ),
    ActionSpec(
        "duplicate",
        "Edit",
        "Duplicate",
        lambda c: c.duplicate(),
        tip="Copies of what is selected beside it.",
        enabled=_things,
        canvas_shortcuts=("Ctrl+D",),
        places=_at("things"),
    ),
    ActionSpec(
        "delete",
        "Edit",
        "Delete",
        lambda c: c.delete_selection(),
        tip="Remove what is selected; what lies in a frame stays.",
        enabled=_anything,
        canvas_shortcuts=("Del", "Backspace"),
        places=_at("things wire point"),
    ),
    ActionSpec(
        "select_all",
        "Edit",
        "Select all",
        lambda c: c.select_all(),
        tip="Select everything.",
        enabled=_shown,
        canvas_shortcuts=("Ctrl+A",),
        places=_at("ground"),
    ),
    *ORDER,
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
        places=_at("things ground"),
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
    ("Select several", "Drag over empty canvas (Shift or Ctrl adds), or Shift+arrow keys"),
    ("Carry along in a frame", "Drag something into it, or it by its title"),
    ("Resize a frame or note", "Drag its edge or corner, or Ctrl+Shift+arrow keys"),
    ("Lead a wire through a point", "Double-click on it"),
    ("From thing to thing", "Arrow keys, which stop at wires; Page Up and Page Down reach everything"),
    ("Along a wire at once", "Ctrl+arrow keys"),
    ("Move the selection", "Drag, or Space and then arrow keys (Shift: far, Ctrl: a little)"),
    ("Cancel a gesture, or take back what was typed", "Esc"),
    ("Back to the canvas", "Esc"),
)
"""What the pointer and the keys that move do beyond the actions, in words for the sheet."""
