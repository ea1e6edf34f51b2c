"""Exercises: numbers of each learner's own, marks that follow errors through, hints, and files for other programs.

``Document.exercise`` says what is asked; ``Sheet`` has the numbers of one document, ``variant`` draws those of a
learner, ``marked`` judges what was answered.
"""

from __future__ import annotations

from compute.exercises.hints import STAGES, Hint, hints
from compute.exercises.marking import Marked, MarkedStep, marked
from compute.exercises.sheet import Sheet, Step, canonical, refusal
from compute.exercises.variants import Variant, variant

__all__ = [
    "STAGES",
    "Hint",
    "Marked",
    "MarkedStep",
    "Sheet",
    "Step",
    "Variant",
    "canonical",
    "hints",
    "marked",
    "refusal",
    "variant",
]
