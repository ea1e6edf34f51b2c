"""Training: on, off, step by step, and from the start."""

from __future__ import annotations

from editor.action import ActionSpec
from editor.session import Session

TRAIN: tuple[ActionSpec[Session], ...] = (
    ActionSpec(
        "train",
        "Train",
        "Train / Pause",
        lambda s: s.toggle_training(),
        ("F5",),
        "Train until the epochs are done; again: pause.",
        "play",
    ),
    ActionSpec("step_batch", "Train", "Step a batch", lambda s: s.step_batch(), ("Shift+F7",), "One update.", "step"),
    ActionSpec(
        "step_epoch",
        "Train",
        "Step an epoch",
        lambda s: s.step_epoch(),
        ("F7",),
        "To the end of the epoch.",
        "step-epoch",
    ),
    ActionSpec(
        "reset",
        "Train",
        "Reset",
        lambda s: s.reset(),
        ("F8",),
        "Back to the same first weights (they change only with the seed).",
        "reset",
        separator=True,
    ),
)
