"""The actions that put things in order on the canvas, and lead to a thing: a part of the one list."""

from __future__ import annotations

from typing import Protocol

from editor.action import ActionSpec
from editor.canvas.aligning import Axis, Side
from editor.canvas.source import Source


class Ordered(Protocol):
    """What these actions ask of a canvas."""

    @property
    def session(self) -> Source: ...

    def isVisible(self) -> bool: ...

    def tidy(self) -> None: ...

    def align(self, side: Side) -> None: ...

    def distribute(self, axis: Axis) -> None: ...

    def lock(self) -> None: ...

    def go_to(self) -> None: ...

    def zoom_to_selection(self) -> None: ...


def _shown(board: Ordered) -> bool:
    return board.isVisible()


def _several(count: int, board: Ordered) -> bool:
    graph = board.session.document.graph
    return _shown(board) and sum(i not in graph.reroutes for i in board.session.selection.placed) >= count


def _some(board: Ordered) -> bool:
    return _shown(board) and bool(board.session.selection.placed)


def _all_locked(board: Ordered) -> bool:
    chosen = board.session.selection.placed
    return bool(chosen) and board.session.document.graph.locked(chosen) == chosen


_SIDES: tuple[tuple[Side, str, str, str], ...] = (
    ("left", "Left edges", "Left", "Their left edges below each other."),
    ("right", "Right edges", "Right", "Their right edges below each other."),
    ("top", "Top edges", "Up", "Their upper edges on a level, and the wires between nodes with them."),
    ("bottom", "Bottom edges", "Down", "Their lower edges on a level."),
    ("column", "Middles in a column", "C", "Their middles below each other."),
    ("row", "Middles in a row", "M", "Their middles on a level."),
)
_AXES: tuple[tuple[Axis, str, str], ...] = (
    ("across", "Spread evenly across", "H"),
    ("down", "Spread evenly down", "V"),
)

ORDER: tuple[ActionSpec[Ordered], ...] = (
    ActionSpec(
        "tidy",
        "Edit",
        "Tidy",
        lambda c: c.tidy(),
        ("Ctrl+L",),
        "Lay the graph out in lines from left to right that fit the view; what is locked stays.",
        "tidy",
        enabled=_shown,
        separator=True,
        places=frozenset({"ground"}),
    ),
    *(
        ActionSpec[Ordered](
            f"align_{side}",
            "Edit",
            f"Align: {text.lower()}",
            lambda c, side=side: c.align(side),  # type: ignore[misc]
            tip=tip,
            enabled=lambda c: _several(2, c),
            canvas_shortcuts=(f"Alt+Shift+{key}",),
            places=frozenset({"several"}),
            submenu="Align",
        )
        for side, text, key, tip in _SIDES
    ),
    *(
        ActionSpec[Ordered](
            f"distribute_{axis}",
            "Edit",
            text,
            lambda c, axis=axis: c.distribute(axis),  # type: ignore[misc]
            tip="Equal gaps between three or more selected things; the first and the last stay.",
            enabled=lambda c: _several(3, c),
            canvas_shortcuts=(f"Alt+Shift+{key}",),
            places=frozenset({"several"}),
            submenu="Align",
        )
        for axis, text, key in _AXES
    ),
    ActionSpec(
        "lock",
        "Edit",
        "Lock",
        lambda c: c.lock(),
        tip="Keep what is selected where it is: it is neither moved, tidied nor deleted. Again: let it go.",
        enabled=_some,
        canvas_shortcuts=("L",),
        places=frozenset({"things", "point"}),
        checked=_all_locked,
    ),
    ActionSpec(
        "go_to",
        "View",
        "Go to node…",
        lambda c: c.go_to(),
        ("Ctrl+F",),
        "Find a node by its name or operation, and bring it into the middle.",
        "search",
        enabled=_shown,
        separator=True,
    ),
    ActionSpec(
        "zoom_selection",
        "View",
        "Zoom to selection",
        lambda c: c.zoom_to_selection(),
        tip="Show what is selected as large as the view holds it, up to 400 %.",
        icon="zoom-in",
        enabled=_some,
        canvas_shortcuts=("Shift+F",),
        places=frozenset({"things"}),
    ),
)
