"""What is wrong with a lesson in its document, for whoever writes it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from compute.document import Document
from compute.lessons.conditions import problems as problems_of
from compute.lessons.conditions import understand
from compute.lessons.model import POINTS, Condition, Point, Step
from compute.lessons.readout import is_readout, problem, readout, subject
from compute.lessons.text import asked_in, braces_left


@dataclass(frozen=True)
class Flaw:
    """step: its id; sentence: what is wrong, and where."""

    step: str
    sentence: str


def flaws(document: Document) -> list[Flaw]:
    """Everything that is wrong with a document's lesson, as the document is now."""
    steps = document.lesson.steps if document.lesson else ()
    return [Flaw(step.id, sentence) for step in steps for sentence in flaws_of(step, document)]


def flaws_of(step: Step, document: Document) -> list[str]:
    """What is wrong with one step, a sentence each."""
    return [*_of_texts(step, document), *_of_points(step, document), *of_condition(step.do, document)]


def _of_texts(step: Step, document: Document) -> Iterator[str]:
    if not step.text.strip():
        yield "The step has no text."
    for text in (step.text, step.hint, step.done):
        for left in braces_left(text):
            yield f"“{{{left}}}” is no live number; it is shown as it is written."
        for asked in asked_in(text):
            wrong = problem(asked, document)
            if wrong:
                yield f"A live number {wrong}."


def _of_points(step: Step, document: Document) -> Iterator[str]:
    for point in step.points:
        if point.kind not in POINTS:
            yield f"This version cannot point at a “{point.kind}”."
        elif not is_there(point, document):
            yield f"It points at “{point.what}”, which is not there."


def is_there(point: Point, document: Document) -> bool:
    """Whether a document has what is pointed at; of actions and panels only the window knows."""
    graph, what = document.graph, point.what
    if point.kind == "record":
        return graph.find(what) is not None
    if point.kind != "focus":
        return True
    if not isinstance(what, str):
        return False
    if not is_readout(what):
        return subject(what, graph) is not None
    return readout(what).focus(graph) is not None


def of_condition(condition: Condition | None, document: Document) -> list[str]:
    """What is wrong with a condition, a sentence each; nothing where there is none."""
    if condition is None:
        return []
    try:
        return problems_of(understand(condition), document)
    except ValueError as error:
        return [str(error)]
