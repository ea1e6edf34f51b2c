"""Every action of the window, area by area; what an action is stands in ``editor.action``."""

from __future__ import annotations

from typing import Any

from editor.action import ActionSpec
from editor.actions.audit import AUDIT
from editor.actions.backprop import BACKPROP
from editor.actions.cost import COST
from editor.actions.data import DATA, PAINT
from editor.actions.edit import EDIT
from editor.actions.exercise import EXERCISE
from editor.actions.file import FILE, HANDOUT, RECORD
from editor.actions.focus import FOCUS
from editor.actions.inspect import INSPECT
from editor.actions.lesson import LESSON
from editor.actions.opening import OPENING
from editor.actions.panels import PLACES, panel_actions
from editor.actions.plots import PLOTS
from editor.actions.tools import TOOLS
from editor.actions.train import TRAIN
from editor.actions.what_if import WHAT_IF
from editor.canvas.actions import CANVAS
from editor.panel_list import PANELS

MENUS = ("File", "Edit", "View", "Data", "Train", "Backprop", "Lesson", "Help")

ACTIONS: tuple[ActionSpec[Any], ...] = (
    *FILE,
    *EDIT,
    *CANVAS,
    *FOCUS,
    *EXERCISE,
    *HANDOUT,
    *DATA,
    *PAINT,
    *TRAIN,
    *BACKPROP,
    *RECORD,
    *LESSON,
    *WHAT_IF,
    *AUDIT,
    *COST,
    *panel_actions(PANELS),
    *PLOTS,
    *INSPECT,
    *PLACES,
    *OPENING,
    *TOOLS,
)
"""All of them, for whoever describes the window without one."""
