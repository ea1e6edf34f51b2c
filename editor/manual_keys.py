"""The shortcuts of the window for the manual, from the list of actions; no window is needed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from compute.manual import Keys
from editor.action import ActionSpec
from editor.canvas.actions import GESTURES


def keys(specs: Sequence[ActionSpec[Any]], menus: Sequence[str]) -> Keys:
    """Each menu with its actions and their keys, then what the mouse does on the canvas."""
    told = [
        (menu, [(spec.text.rstrip("…"), ", ".join(spec.keys)) for spec in specs if spec.menu == menu]) for menu in menus
    ]
    return [*told, ("On the canvas", list(GESTURES))]
