"""The lessons of the gallery: nothing is wrong with them, and every live number in them has something to show."""

from __future__ import annotations

import re

import pytest

from compute.document import Document
from compute.gallery import GALLERY, load_entry
from compute.latex import svg
from compute.lessons.problems import flaws
from compute.lessons.readout import text
from compute.lessons.text import asked_in, formulas_in, spoken
from tests.compute.lessons_at import moment

LATER = {"accuracy", "mean absolute error", "root mean squared error", "validation loss", "mean loss"}
"""What there is only once it was trained or judged."""
WITH_LESSON = {entry.id: document for entry in GALLERY if (document := load_entry(entry.id)).lesson is not None}


def test_there_are_some() -> None:
    assert {"log_square", "z_2x_y", "xor"} <= WITH_LESSON.keys()


@pytest.mark.parametrize("document", WITH_LESSON.values(), ids=WITH_LESSON.keys())
def test_a_lesson_of_the_gallery(document: Document) -> None:
    lesson = document.lesson
    assert lesson is not None
    assert lesson.id
    assert lesson.title
    assert lesson.about.endswith(".")
    assert flaws(document) == []
    assert 5 <= len(lesson.steps) <= 20
    now = moment(document)
    for step in lesson.steps:
        for each in (step.text, step.hint, step.done):
            assert [a.sentence for a in asked_in(each) if a.word not in LATER and text(a, now) is None] == []
            for latex in formulas_in(each):
                svg(latex)
            said = spoken(each, lambda asked: text(asked, now))
            assert each == "" or said[-1] in ".?!:" or each.rstrip().endswith("$$")
            assert not re.search(r"\s[,.;:]", said.replace("— ", ""))
        asks = step.do is not None
        assert (bool(step.hint), bool(step.done)) == (asks, asks), step.id
    assert sum(step.do is not None for step in lesson.steps) >= len(lesson.steps) / 3
