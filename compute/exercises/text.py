"""An exercise in plain words, for programs and people who do not see the graph."""

from __future__ import annotations

from compute.exercises.sheet import Array, Sheet
from compute.numbers_text import MINUS


def array_text(array: Array) -> str:
    """Numbers as they are typed: ``−2.5``, ``[1, 2]``, ``[[1, 2], [3, 4]]``."""
    return _nested(array.tolist())


def _nested(value: object) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_nested, value))}]"
    return f"{value:.10g}".replace("-", MINUS)


def given_lines(sheet: Sheet) -> list[str]:
    """What is given, a line for each name."""
    return [f"{name} = {array_text(array)}" for name, array in sheet.given]


def graph_lines(sheet: Sheet) -> list[str]:
    """How each number is worked out, a line for each node: ``L: Multiply of z and f``."""
    facts, found = sheet.facts, list[str]()
    for node in facts.analysis.order:
        sources = [facts.label(source) for source in facts.analysis.sources[node]]
        if sources:
            settings = {name: x for name, x in facts.settings(node).items() if isinstance(x, int | float)}
            with_ = "".join(f", {name} {x:g}" for name, x in settings.items() if not isinstance(x, bool))
            found.append(f"{facts.label(node)}: {facts.op(node).title} of {' and '.join(sources)}{with_}")
    return found


def task_sentence(sheet: Sheet) -> str:
    """What is to be done, and how precisely."""
    share = sheet.exercise.tolerance * 100
    facts = sheet.facts
    name = facts.label(facts.loss) if facts.loss in facts.analysis.shapes else "L"
    return f"Work out these numbers, each to within {share:g} %.{'' if name == 'L' else f' L is {name}.'}"
