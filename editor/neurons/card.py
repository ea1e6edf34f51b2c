"""What is said of a neuron, a weight or a bias: on the card under the pointer, below the picture, to screen readers."""

from __future__ import annotations

from typing import Literal, NamedTuple

from compute.neurons import Element, Numbers
from compute.numbers_text import precise
from editor.canvas.paint_audit import WORDS

Token = Literal["text", "text_dim", "forward", "backward", "error"]


class Said(NamedTuple):
    """One line: what is said, in which hue; the first is a title."""

    text: str
    token: Token = "text"


def card(numbers: Numbers, element: Element, step: str, before: Numbers | None = None) -> list[Said]:
    """All that there is to say of an element. step: what the change by the optimizer is called; before: the numbers of
    the first of two passes that are compared."""
    title = Said(numbers.title(element))
    said = _unit(numbers, element) if element.kind == "unit" else _weight(numbers, element, step)
    if before is not None:
        was = _unit(before, element) if element.kind == "unit" else _weight(before, element, step)
        said = [_beside(now, old) for now, old in zip(said, was, strict=False)] if len(was) == len(said) else said
    return [title, *said]


def _beside(now: Said, was: Said) -> Said:
    """A line with what it was, where that is another number."""
    old = was.text.rpartition("= ")[2]
    return now if now.text == was.text else now._replace(text=f"{now.text}, was {old}")


def sentence(numbers: Numbers, element: Element, step: str, before: Numbers | None = None) -> str:
    """The same in one line."""
    title, *rest = (said.text for said in card(numbers, element, step, before))
    return f"{title}: {', '.join(rest)}" if rest else title


def _weight(numbers: Numbers, element: Element, step: str) -> list[Said]:
    reading, letter = numbers.weight(element), "b" if element.kind == "bias" else "w"
    if reading is None:
        return [_nothing(numbers, element)]
    out = [Said(f"{letter} = {precise(reading.value)}", "forward")]
    if reading.shared:
        out.append(Said("one number for all neurons of the layer", "text_dim"))
    none = "not shown yet" if numbers.is_hidden(element, "gradient") else "none: the loss does not depend on it"
    slope = none if reading.gradient is None else precise(reading.gradient)
    out.append(Said(f"∂L/∂{letter} = {slope}", "backward"))
    if reading.change is not None:
        out.append(Said(f"{step} Δ{letter} = {precise(reading.change)}"))
        out.append(Said(f"then {letter} = {precise(reading.value + reading.change)}", "text_dim"))
    elif not reading.trained:
        out.append(Said("training does not change it", "text_dim"))
    if (found := numbers.audited(element)) is not None:
        out.append(Said(f"audit: {WORDS[found]}", "error" if found == "failed" else "text"))
    return out


def _unit(numbers: Numbers, element: Element) -> list[Said]:
    reading, facts = numbers.unit(element), numbers.facts
    if reading is None:
        return [_nothing(numbers, element)]
    column = numbers.chain.columns[element.column]
    out = [Said(f"{_what(numbers, column.sum, node)} = {precise(x)}", "forward") for node, x in reading.steps]
    bias = numbers.weight(Element("bias", element.column, element.unit)) if column.bias is not None else None
    if bias is not None:
        out.append(Said(f"bias {precise(bias.value)}", "text_dim"))
    if reading.gradient is not None:
        out.append(Said(f"∂L/∂{facts.label(column.last)} = {precise(reading.gradient)}", "backward"))
    if reading.sum_gradient is not None and column.sum != column.last:
        out.append(Said(f"∂L/∂{facts.label(column.sum)} = {precise(reading.sum_gradient)}", "backward"))
    answers = numbers.answers
    if answers is not None and element.column == len(numbers.chain.columns) - 1 and element.unit < len(answers):
        out.append(Said(f"probability {float(answers[element.unit]):.1%}", "text_dim"))
    return out


def _nothing(numbers: Numbers, element: Element) -> Said:
    """In place of numbers that are not there."""
    return Said("not shown yet" if numbers.is_hidden(element, "value") else "not computed", "text_dim")


def _what(numbers: Numbers, sum_node: str, node: str) -> str:
    """What a number of a neuron is: the weighted sum, or what comes out of an op."""
    facts = numbers.facts
    if facts.op(node).is_data:
        return "value"
    return f"sum {facts.label(node)}" if node == sum_node else f"{facts.op(node).title.lower()} {facts.label(node)}"
