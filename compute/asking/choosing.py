"""Which number is asked for: of a step of a walk, or of a whole tensor, one whose mistakes can be told apart."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from compute.asking.mistakes import mistakes
from compute.asking.question import TOLERANCE, Explains, Question, question_of
from compute.explain import Quantity, Step, tell
from compute.explain.facts import Entry, Facts
from compute.optimizers import Optimizer

_MOST_TRIED, _MOST_TERMS = 5, 60
"""How many entries of a tensor are looked at, and the terms of all of them together."""
_EVERYWHERE = frozenset(("left out", "input", "entry", "point"))
"""Kinds of mistakes that tell no entry from another."""


def question_about(
    facts: Facts,
    q: Quantity,
    entry: Entry | None = None,
    *,
    explain: Explains | None = None,
    optimizer: Optimizer | None = None,
    seed: int = 0,
) -> Question | None:
    """The question for a number: of a value, a gradient, or (with ``explain`` and ``optimizer``) an update.

    entry: which number; None takes one of the chosen sample whose mistakes give numbers that differ, the same one for
    the same seed. None where there is nothing to ask: what the pass did not compute, what comes from the data or is a
    weight itself, and what is not finite.
    """
    if not facts.has(q) or q.kind == "weight" or (q.kind == "value" and not facts.op(q.node).ports):
        return None
    if q.kind == "update" and (explain is None or optimizer is None):
        return None
    tell_it = explain or (lambda quantity, at: tell(facts, quantity, at))
    if entry is not None:
        return question_of(facts, q, entry, tell_it, optimizer)
    best: tuple[int, Question] | None = None
    terms = 0
    for each in _entries(facts, q, seed):
        made = question_of(facts, q, each, tell_it, optimizer)
        if made is None:
            continue
        terms += len(made.making.terms)
        told_apart = _told_apart(made)
        if best is None or told_apart > best[0]:
            best = told_apart, made
        if terms > _MOST_TERMS or q.kind == "update":
            break
    return best[1] if best else None


def question_at(step: Step, seed: int = 0) -> Question | None:
    """The question for a step of a walk: for one of the numbers that it calculates; None where it has none to ask."""
    told = list(step.told)
    Random(seed + step.number).shuffle(told)
    for q in told:
        made = question_about(
            step.facts, q, step.entry, explain=step.explain, optimizer=step.optimizer, seed=seed + step.number
        )
        # What is 0 anyway is asked only where there is nothing else.
        if made is not None and (abs(made.right) > 1e-9 * made.making.size or q == told[-1]):
            return made.at(step.number, step.phase)
    return None


def _entries(facts: Facts, q: Quantity, seed: int) -> Iterator[Entry]:
    """Some entries of the chosen sample, in an order that the seed decides."""
    view = facts.view(q)
    array = facts.array(q)
    part = view.of_sample(array, facts.sample)
    if not part.size:
        return
    places = Random(seed).sample(range(part.size), min(part.size, _MOST_TRIED))
    for place in places:
        yield view.entry_of_sample(facts.sample, place)


def _told_apart(question: Question) -> int:
    """How many kinds of mistake give numbers of their own; a number that is not 0 is worth more than that."""
    numbers: list[float] = [question.right]
    count = 0
    for mistake in mistakes(question, _EVERYWHERE):
        if all(abs(mistake.value - other) > 3 * TOLERANCE * abs(other) for other in numbers):
            count += 1
            numbers.append(mistake.value)
    return count + 100 * (abs(question.right) > 1e-6 * question.making.size)
