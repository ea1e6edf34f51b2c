"""All that is shown to whoever works on an exercise, or sets one: its numbers, marks and hints, found in one go."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from compute.document import Document
from compute.exercises.hints import Hint, before, hints
from compute.exercises.marking import Marked, marked, numbers_of
from compute.exercises.sheet import Sheet
from compute.focus import Focus
from compute.workspace import TableCache


@dataclass(frozen=True)
class Worked:
    """An exercise as far as it is worked out.

    hints: those that were taken, by number; first: what has to be answered before more is said about a number.
    """

    sheet: Sheet
    marks: Marked
    hints: Mapping[Focus, list[Hint]] = field(default_factory=dict)
    first: Mapping[Focus, list[str]] = field(default_factory=dict)


NUMBERS = 3
"""The stage of a hint that says numbers which go in, so that these are to be answered before it."""


def worked(document: Document, cache: TableCache | None = None) -> Worked:
    """The numbers of a document's exercise, its marks and hints. Errors: as ``Sheet.of``."""
    sheet = Sheet.of(document, cache)
    given = numbers_of(sheet.exercise)
    found: dict[Focus, list[Hint]] = {}
    first: dict[Focus, list[str]] = {}
    for step in sheet.steps:
        asked = sheet.exercise.find(step.focus)
        if asked is None:
            continue
        if asked.hints:
            found[step.focus] = hints(sheet, step, given, asked.hints)
        if asked.hints == NUMBERS - 1:
            first[step.focus] = [each.label for each in before(sheet, step, given)]
    return Worked(sheet, marked(sheet), found, first)
