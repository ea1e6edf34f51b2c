"""How the document opens for others."""

from __future__ import annotations

from collections.abc import Callable

from compute.document import LOCKS
from editor.action import ActionSpec
from editor.opening import OpeningView

_TIPS = {
    "train": "The controls of training are out of sight, and nothing trains.",
    "edit": "The graph, the data and the weights stay as they are.",
    "export": "Nothing is exported, predicted or saved as a picture.",
}
_KEYS = {"train": "Alt+Shift+T", "edit": "Alt+Shift+I", "export": "Alt+Shift+Y"}


def _lock(what: str) -> Callable[[OpeningView], object]:
    return lambda view: view.lock(what)


def _is_locked(what: str) -> Callable[[OpeningView], bool]:
    return lambda view: what in view.opening.locked


OPENING: tuple[ActionSpec[OpeningView], ...] = (
    ActionSpec(
        "opening_view",
        "View",
        "As it opens",
        lambda view: view.toggle(),
        ("Alt+Shift+O",),
        tip="Panels out of sight and controls locked as the document says, or everything there is.",
        enabled=lambda view: view.there,
        checked=lambda view: view.in_force,
        separator=True,
        submenu="For whoever opens it",
    ),
    ActionSpec(
        "opening_panels",
        "View",
        "Panels as they are now",
        lambda view: view.take_panels(),
        ("Alt+Shift+P",),
        tip="The document opens with those panels hidden that are hidden now.",
        enabled=lambda view: not view.in_force,
        separator=True,
        submenu="For whoever opens it",
    ),
    *(
        ActionSpec(
            f"opening_lock_{what}",
            "View",
            f"Lock {called}",
            _lock(what),
            (_KEYS[what],),
            tip=_TIPS[what],
            enabled=lambda view: not view.in_force,
            checked=_is_locked(what),
            submenu="For whoever opens it",
        )
        for what, called in LOCKS.items()
    ),
    ActionSpec(
        "opening_none",
        "View",
        "Nothing hidden or locked",
        lambda view: view.show_all(),
        ("Alt+Shift+N",),
        tip="The document opens as any other.",
        enabled=lambda view: view.there and not view.in_force,
        submenu="For whoever opens it",
    ),
)
