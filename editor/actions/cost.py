"""Whether the canvas is coloured by what each node costs."""

from __future__ import annotations

from editor.action import ActionSpec
from editor.costing import Costing

COST: tuple[ActionSpec[Costing], ...] = (
    ActionSpec(
        "cost",
        "View",
        "Colour by cost",
        lambda costing: costing.set_on(not costing.on),
        ("Ctrl+Shift+K",),
        "How much of a training step is each node's: by parameters, operations, bytes or time, as chosen in the "
        "inspector's tab Cost.",
        "",
        separator=True,
        checked=lambda costing: costing.on,
    ),
)
