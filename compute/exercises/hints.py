"""Hints in four stages: which rule, the rule in symbols, the rule with numbers but for the result, the answer.

They go on from the learner's own numbers, as marks do.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from compute.asking.fading import hidden_in
from compute.exercises.origin import behind
from compute.exercises.sheet import Sheet, Step, explained
from compute.explain import Quantity
from compute.focus import Focus
from compute.numbers_text import precise

STAGES = ("the rule", "the formula", "its numbers", "the answer")


@dataclass(frozen=True)
class Hint:
    """One stage: in words, and (LaTeX, may be empty) as a formula."""

    text: str
    tex: str = ""


def hints(sheet: Sheet, step: Step, given: Mapping[Focus, float], count: int) -> list[Hint]:
    """The first stages of help with one number, at most all four; given: the learner's numbers so far."""
    if not count:
        return []
    follows, facts = sheet.follow({focus: x for focus, x in given.items() if focus != step.focus})
    found = [Hint(_rule(sheet, step))]
    if count > 1:
        answer = explained(sheet, facts, step.quantity, step.entry)
        found.append(Hint(f"In symbols, {step.label} is", answer.rule))
    if count > 2:
        answer = explained(sheet, facts, step.quantity, step.entry)
        tex = hidden_in(answer.numbers, answer.value)
        # Where the result alone stands in it, there is nothing to work out.
        plain = Hint("There is nothing to work out: the formula says which number it is.")
        found.append(Hint("With numbers:", tex) if tex.count("=") > 1 else plain)
    if count > 3:
        found.append(Hint(f"{step.label} = {precise(follows[step.focus])}"))
    return found[:count]


def before(sheet: Sheet, step: Step, given: Mapping[Focus, float]) -> list[Step]:
    """The numbers that are asked for, not answered yet, and go into this one: its numbers would give them away."""
    goes_in = behind(sheet.facts, step.quantity)
    return [each for each in sheet.steps if each.focus not in given and each.quantity in goes_in]


def _rule(sheet: Sheet, step: Step) -> str:
    """Which rule gives a number."""
    q, facts = step.quantity, sheet.facts
    if q.kind == "update":
        assert sheet.optimizer is not None
        name = facts.weight_name(q)
        return f"{sheet.optimizer.title} moves {name} against its gradient, as far as the learning rate says."
    op = facts.op(q.node)
    if q.kind == "value":
        return f"{facts.called(q.node)}: {op.help}"
    if q.kind == "gradient":
        ways = facts.contributions(q.node)
        if q.node == facts.loss and not ways:
            return f"{facts.label(q.node)} is the loss itself: how much does it change when it changes by 1?"
        if len(ways) > 1:
            names = " and ".join(dict.fromkeys(facts.label(node) for node, _ in ways))
            return f"{facts.label(q.node)} feeds {names}, so what comes back through each of them adds up."
        q = Quantity("wire", *ways[0])
    reader = facts.called(q.node)
    arrives = "the gradient that arrives there" if q.node != facts.loss else "1, as it is the loss"
    if q.kind == "wire":
        return (
            f"The chain rule at {reader}: {arrives}, times the slope of its output with respect to "
            f"{facts.label(facts.source(q.node, q.name))}."
        )
    return (
        f"The chain rule at {reader}: {arrives}, times what {facts.weight_name(q)} is multiplied by there, added up "
        "over all rows."
    )
