"""The place of the exercise: a teacher sets it here, a learner works on it."""

from __future__ import annotations

from editor.panels.exercise.place import ExercisePlace

__all__ = ["ExercisePlace"]
