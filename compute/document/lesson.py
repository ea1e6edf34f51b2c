"""A lesson as it stands in a file; ``compute.lessons`` says how it is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import count
from typing import Any

import msgspec

from compute.document.checking import checked, unique
from compute.errors import GradwireError
from compute.lessons.model import Condition, Lesson, Point, Step

MOST_STEPS, MOST_LETTERS, MOST_CONDITIONS = 200, 20_000, 100
"""Of a lesson; of any text in it; in one step."""


class StepFile(msgspec.Struct):
    id: str = ""
    text: str | list[str] = ""
    point: dict[str, Any] | list[dict[str, Any]] | None = None
    do: dict[str, Any] | None = None
    hint: str | list[str] = ""
    done: str | list[str] = ""


class LessonFile(msgspec.Struct):
    id: str = ""
    title: str = ""
    about: str = ""
    steps: list[dict[str, Any]] = []


def lesson_from_json(raw: Any) -> Lesson | None:
    """The lesson of a document, unknown fields included; None where it has none. Errors: GradwireError with the path of
    what is wrong."""
    if raw is None:
        return None
    file, extra = checked(LessonFile, raw, "lesson")
    if len(file.steps) > MOST_STEPS:
        raise GradwireError(f"lesson.steps: {len(file.steps)} are more than {MOST_STEPS}; make two documents of it.")
    steps = [_step(item, f"lesson.steps[{i}]") for i, item in enumerate(file.steps)]
    unique([step.id for step in steps if step.id], "lesson.steps: two steps have the id {}; rename one.")
    taken = {step.id for step in steps}
    for i, step in enumerate(steps):
        if not step.id:
            free = next(name for n in count(i + 1) if (name := f"step{n}") not in taken)
            taken.add(free)
            steps[i] = replace(step, id=free)
    texts = {"id": file.id, "title": file.title, "about": file.about}
    for name, text in texts.items():
        _text(text, f"lesson.{name}")
    return Lesson(**texts, steps=tuple(steps), extra=extra)


def _step(raw: Any, where: str) -> Step:
    file, extra = checked(StepFile, raw, where)
    text, hint, done = (_text(getattr(file, name), f"{where}.{name}") for name in ("text", "hint", "done"))
    given = [] if file.point is None else file.point if isinstance(file.point, list) else [file.point]
    points = tuple(_point(each, f"{where}.point") for each in given)
    do = None if file.do is None else _condition(file.do, f"{where}.do")
    if do is not None and sum(1 for _ in do.each()) > MOST_CONDITIONS:
        raise GradwireError(f"{where}.do: more than {MOST_CONDITIONS} conditions; make several steps of it.")
    return Step(_text(file.id, f"{where}.id"), text, points, do, hint, done, extra)


def _text(given: str | Sequence[str], where: str) -> str:
    """Paragraphs, each on a line of its own."""
    text = given if isinstance(given, str) else "\n".join(given)
    if len(text) > MOST_LETTERS:
        raise GradwireError(f"{where}: a text of {len(text):,} letters; {MOST_LETTERS:,} are the most.")
    return text


def _point(raw: Mapping[str, Any], where: str) -> Point:
    if len(raw) == 1:
        (kind, what), *_ = raw.items()
        if isinstance(what, list) and len(what) == 2 and all(isinstance(part, str) for part in what):
            return Point(kind, (what[0], what[1]))
        if isinstance(what, str):
            return Point(kind, what)
    raise GradwireError(f'{where}: must be one thing such as {{"record": "x"}}, or a list of such.')


def _condition(raw: Any, where: str) -> Condition:
    if not isinstance(raw, dict) or not isinstance(raw.get("kind"), str):
        raise GradwireError(f'{where}: must be an object with a kind, such as {{"kind": "trained", "steps": 1}}.')
    params = {name: value for name, value in raw.items() if name != "kind"}
    given = params.get("of")
    # Anything else there belongs to a kind of a later version.
    nested = isinstance(given, list) and all(isinstance(each, dict) and "kind" in each for each in given)
    of = tuple(_condition(each, f"{where}.of[{i}]") for i, each in enumerate(params.pop("of"))) if nested else ()
    return Condition(raw["kind"], params, of)


def lesson_to_json(lesson: Lesson) -> dict[str, Any]:
    """What ``lesson_from_json`` reads back."""
    about = {"id": lesson.id, "title": lesson.title, "about": lesson.about}
    return _filled(about) | {"steps": [_step_to_json(step) for step in lesson.steps]} | dict(lesson.extra)


def _filled(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value}


def _step_to_json(step: Step) -> dict[str, Any]:
    points = [{point.kind: point.what} for point in step.points]
    written = {
        "id": step.id,
        "text": _paragraphs(step.text),
        "point": points[0] if len(points) == 1 else points,
        "do": step.do and condition_to_json(step.do),
        "hint": _paragraphs(step.hint),
        "done": _paragraphs(step.done),
    }
    return _filled(written) | dict(step.extra)


def _paragraphs(text: str) -> str | list[str]:
    return text.split("\n") if "\n" in text else text


def condition_to_json(condition: Condition) -> dict[str, Any]:
    """A condition as it is written in a file."""
    of = {"of": [condition_to_json(part) for part in condition.of]} if condition.of else {}
    return {"kind": condition.kind, **condition.params, **of}
