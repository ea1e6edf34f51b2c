"""The exercise of the document: working on it, and setting it."""

from __future__ import annotations

from compute.document import Learner
from editor.action import ActionSpec
from editor.exercising import Exercising

PRACTICE = Learner("practice")


def _set(exercising: Exercising) -> bool:
    return exercising.exercise is not None and not exercising.is_working


def _answering(exercising: Exercising) -> bool:
    exercise = exercising.exercise
    return exercise is not None and exercising.is_working and not exercise.handed_in


EXERCISE: tuple[ActionSpec[Exercising], ...] = (
    ActionSpec(
        "exercise_work",
        "Edit",
        "Work on it",
        lambda e: e.set_learner(PRACTICE),
        ("Alt+Shift+W",),
        tip="What is asked for is hidden, and answers are typed, as a student does.",
        enabled=_set,
        submenu="Exercise",
    ),
    ActionSpec(
        "exercise_set",
        "Edit",
        "Change it",
        lambda e: e.set_learner(None),
        ("Alt+Shift+E",),
        tip="What is asked for, drawn and marked, as a teacher does; answers are removed.",
        enabled=lambda e: e.is_working,
        submenu="Exercise",
    ),
    ActionSpec(
        "exercise_hint",
        "Edit",
        "Hint for this number",
        lambda e: e.hint_in_focus(),
        ("Ctrl+Alt+H",),
        "One stage more of help with the number in focus.",
        enabled=_answering,
        submenu="Exercise",
    ),
    ActionSpec(
        "exercise_hand_in",
        "Edit",
        "Hand in",
        lambda e: e.hand_in(),
        ("Alt+Shift+Return",),
        tip="The answers are final then; they are saved with the document.",
        enabled=_answering,
        submenu="Exercise",
    ),
    ActionSpec(
        "exercise_remove",
        "Edit",
        "Remove it",
        lambda e: e.drop(),
        ("Alt+Shift+Del",),
        tip="The document asks for nothing then.",
        enabled=_set,
        submenu="Exercise",
    ),
)
