"""The lesson of the document."""

from __future__ import annotations

from editor.action import ActionSpec
from editor.teaching import Teaching


def _in_lesson(teaching: Teaching) -> bool:
    return teaching.panel.in_lesson


LESSON: tuple[ActionSpec[Teaching], ...] = (
    ActionSpec(
        "lesson",
        "Lesson",
        "Begin or leave the lesson",
        lambda t: t.toggle(),
        ("Ctrl+J",),
        "Text and things to do beside the canvas; one comes back to the step at which one was.",
        "lesson",
    ),
    ActionSpec(
        "lesson_next",
        "Lesson",
        "Next step",
        lambda t: t.panel.forward(),
        ("F3",),
        "Also where it is not done yet; at the end out of the lesson.",
        "next",
        _in_lesson,
        separator=True,
    ),
    ActionSpec(
        "lesson_back",
        "Lesson",
        "Previous step",
        lambda t: t.guide.back(),
        ("Shift+F3",),
        "What is done stays done.",
        "previous",
        lambda t: _in_lesson(t) and t.guide.learner.index > 0,
    ),
    ActionSpec(
        "lesson_where",
        "Lesson",
        "Show me where",
        lambda t: t.guide.asked_where.emit(),
        ("Ctrl+F3",),
        "Brings into view what the step is about.",
        "where",
        lambda t: t.guide.step is not None and bool(t.guide.step.points),
    ),
    ActionSpec(
        "lesson_hint",
        "Lesson",
        "Hint",
        lambda t: t.panel.show_hint(),
        ("Ctrl+Shift+F3",),
        "What helps with what the step asks for.",
        "help",
        lambda t: t.guide.step is not None and bool(t.guide.step.hint),
    ),
    ActionSpec(
        "lesson_edit",
        "Lesson",
        "Edit the lesson",
        lambda t: t.toggle_writing(),
        ("Ctrl+Shift+J",),
        "Write and reorder its steps, choose what they point at and what is to be done; or begin one.",
        "edit",
        separator=True,
        checked=lambda t: t.on and t.panel.is_writing,
    ),
    ActionSpec(
        "lesson_restart",
        "Lesson",
        "Begin the lesson again",
        lambda t: t.guide.restart(),
        ("Ctrl+Shift+F4",),
        "From the first step, with nothing done.",
        "reset",
        _in_lesson,
    ),
)
