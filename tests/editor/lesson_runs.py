"""A learner goes through a lesson: doing right, something else first, or nothing at all."""

from __future__ import annotations

from PySide6.QtCore import Qt

from tests.editor.pupil import CTRL, Pupil


def begin(pupil: Pupil, entry_id: str) -> None:
    """Open a document of the gallery, and its lesson from the first step with nothing done."""
    window = pupil.window
    window.files.open_example(entry_id)
    pupil.settle()
    window.canvas.setFocus()
    if not window.teaching.on:
        pupil.key(Qt.Key.Key_J, CTRL)
    window.actions_.by_id["lesson_restart"].trigger()
    pupil.settle()
    assert pupil.guide.learner.index == 0


def goes_right_and_wrong(pupil: Pupil, entry_id: str) -> list[str]:
    """Through a lesson: at each step first something else, upon which it must not count as done, then what it asks for.
    The steps that were done as they were come to, which asked for nothing new."""
    begin(pupil, entry_id)
    learner, already = pupil.guide.learner, []
    for index, step in enumerate(learner.lesson.steps):
        assert learner.index == index
        pupil.settle()
        if step.do is not None and learner.step_done:
            already.append(step.id)
        elif step.do is not None:
            pupil.go_wrong()
            assert not learner.step_done, f"{entry_id}, {step.id}: done by something else"
            pupil.do(step.do)
        pupil.window.canvas.setFocus()
        pupil.key(Qt.Key.Key_F3)
    assert learner.finished, (
        f"{entry_id}: {[step.id for step in learner.lesson.steps if step.id not in learner.done_steps]}"
    )
    assert not pupil.window.teaching.on
    assert pupil.window.notices.text == f"{learner.lesson.title}: the lesson is done."
    return already


def skips(pupil: Pupil, entry_id: str) -> None:
    """From step to step without doing anything: what was to be done is not, and that is said."""
    begin(pupil, entry_id)
    learner = pupil.guide.learner
    for _ in learner.lesson.steps:
        pupil.window.canvas.setFocus()
        pupil.key(Qt.Key.Key_F3)
    left = [step.id for step in learner.lesson.steps if step.id not in learner.done_steps]
    asking = [step.id for step in learner.lesson.steps if step.do is not None]
    assert set(left) <= set(asking)
    assert left, f"{entry_id}: every step was done without doing anything"
    assert "not done yet" in pupil.window.notices.text
