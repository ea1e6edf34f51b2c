"""Which panels are shown, how much room they have, and the window on its screen."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from editor.action import ActionSpec
from editor.panel_list import PanelSpec
from editor.places import Places
from editor.scale import SCALES, nearest
from editor.workbench import Workbench

Does = Callable[[Workbench], object]
_WIDE_KEYS = {
    "inspector": "Ctrl+Alt+I",
    "data": "Ctrl+Alt+B",
    "memory": "Ctrl+Alt+7",
    "matrices": "Ctrl+Alt+8",
    "plots": "Ctrl+Alt+9",
    "sweep": "Ctrl+Alt+Shift+V",
}


def panel_actions(specs: Sequence[PanelSpec]) -> tuple[ActionSpec[Workbench], ...]:
    """For each panel that can be hidden an action that shows and hides it; for some one that gives them more room."""
    docks = [spec for spec in specs if spec.docks]
    return (
        *(
            ActionSpec(
                f"panel_{spec.id}",
                "View",
                spec.title,
                _toggle(spec.id),
                (spec.key,) if spec.key else (),
                f"{spec.tip} Shows or hides it.".strip(),
                separator=spec is docks[0],
                submenu="Panels",
                checked=lambda bench, id_=spec.id: bench.is_shown(id_),  # type: ignore[misc]
            )
            for spec in docks
        ),
        *(
            ActionSpec(
                f"wide_{spec.id}",
                "View",
                f"Wide {spec.title.lower()}",
                lambda bench, id_=spec.id: bench.set_wide(id_, not bench.is_wide(id_)),  # type: ignore[misc]
                (_WIDE_KEYS[spec.id],) if spec.id in _WIDE_KEYS else (),
                "Half of the window for its tables, formulas and heat maps, and back.",
                separator=spec is next(each for each in docks if each.wide),
                submenu="Panels",
                checked=lambda bench, id_=spec.id: bench.is_shown(id_) and bench.is_wide(id_),  # type: ignore[misc]
            )
            for spec in docks
            if spec.wide
        ),
    )


def _toggle(id_: str) -> Does:
    return lambda bench: bench.toggle(id_)


PLACES: tuple[ActionSpec[Places], ...] = (
    ActionSpec(
        "reset_layout",
        "View",
        "Reset layout",
        lambda p: p.reset(),
        ("Ctrl+Alt+0",),
        "Every panel where it was at the first start.",
        separator=True,
        submenu="Panels",
    ),
    ActionSpec(
        "full_screen",
        "View",
        "Full screen",
        lambda p: p.toggle_full_screen(),
        ("F11",),
        "The window on the whole screen, without a frame, and back.",
        "screen",
        separator=True,
        checked=lambda p: p.full_screen,
    ),
    ActionSpec(
        "projector",
        "View",
        "Projector mode",
        lambda p: p.windows.set_projector(not p.windows.projector),
        ("Ctrl+Alt+P",),
        "Larger text, and panels out of the way; those that are called back stay.",
        "projector",
        checked=lambda p: p.windows.projector,
    ),
    ActionSpec(
        "text_larger",
        "View",
        "Larger text",
        lambda p: p.windows.set_text_scale(nearest(p.windows.text_scale, 1)),
        ("Ctrl+Alt+=",),
        "Up to twice as large as the system has it.",
        "text-size",
        lambda p: p.windows.text_scale < SCALES[-1],
    ),
    ActionSpec(
        "text_smaller",
        "View",
        "Smaller text",
        lambda p: p.windows.set_text_scale(nearest(p.windows.text_scale, -1)),
        ("Ctrl+Alt+-",),
        "Down to the size that the system has.",
        "text-size",
        lambda p: p.windows.text_scale > SCALES[0],
    ),
)
