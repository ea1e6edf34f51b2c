"""What a person types for a network: sizes, and words in any order.

    text      = [template] [sizes] {word}
    sizes     = size {"-" size}           x: as many as the data's inputs, y: as the target wants
    word      = activation                the first of the hidden layers, a second one of the output
              | regularisation [number]   behind each hidden layer: dropout 0.2, batch norm
              | loss                      else the loss that fits the target

Activations, regularisations and losses are those of the registry of ops, by name, by title, or without blanks and
hyphens; softmax alone is of the output.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from compute.data.words import did_you_mean
from compute.errors import GradwireError
from compute.ops import REGISTRY
from compute.ops.base import Elementwise, Op

MOST_UNITS, MOST_LAYERS = 100_000, 60
_SIZES = re.compile(r"(?:\d+|[xy])(?:-(?:\d+|[xy]))*")
_DASHES = re.compile(r"\s*(?:-|–|—|−|→|×|>|\*)+>?\s*")
_SHORT = {"mse": "mean_squared_error", "mae": "mean_absolute_error", "bn": "batch_norm", "bce": "sigmoid_cross_entropy"}
_EXAMPLE = "such as 2-8-8-1 tanh"

Size = int | str
"""A number of units, or "x" or "y"."""


@dataclass(frozen=True, slots=True)
class Wish:
    """sizes: of the layers, the input's first; hidden, output: names of activations, "" for none said; between: names
    and settings of the regularisations behind each hidden layer; loss: "" where the target decides."""

    template: str = ""
    sizes: tuple[Size, ...] = ()
    hidden: str = ""
    output: str = ""
    between: tuple[tuple[str, Mapping[str, float]], ...] = ()
    loss: str = ""


def looks_like_sizes(text: str) -> bool:
    """Whether somebody has begun to type the sizes of layers."""
    return bool(re.match(r"\s*\d+\s*(?:-|–|—|→|×)", text))


def parse(text: str, templates: Mapping[str, str]) -> Wish:
    """What a text asks for. ``templates``: their names by their titles in small letters.

    Errors: GradwireError with a sentence on the word that is not understood.
    """
    text = " ".join(text.lower().split())
    name = ""
    for title in sorted(templates, key=len, reverse=True):
        if text == title or text.startswith(f"{title} "):
            name, text = templates[title], text[len(title) :].strip()
            break
    words = _joined(text).split()
    sizes: tuple[Size, ...] = ()
    if words and _SIZES.fullmatch(words[0]):
        sizes = _sizes(words.pop(0))
    if not sizes and not name:
        raise GradwireError(f"Write the sizes of the layers with dashes between them, {_EXAMPLE}.")
    return _worded(words, Wish(name, sizes))


def _joined(text: str) -> str:
    """The text with plain dashes between sizes, whatever stands there."""
    found = re.match(r"(?:\d+|[xy](?![a-z]))(?:\s*[-–—−→×>*]+\s*(?:\d+|[xy](?![a-z])))*", text)
    if found is None:
        return text
    return _DASHES.sub("-", found[0]) + " " + text[found.end() :]


def _sizes(word: str) -> tuple[Size, ...]:
    parts = word.split("-")
    if len(parts) > MOST_LAYERS:
        raise GradwireError(f"{len(parts)} layers are too many; write at most {MOST_LAYERS}.")
    out: list[Size] = []
    for part in parts:
        if not part.isdigit():
            out.append(part)
        elif not 1 <= int(part[:9]) <= MOST_UNITS or len(part) > 9:
            raise GradwireError(f"{part[:12]} is no size of a layer; write a number from 1 to {MOST_UNITS:,}.")
        else:
            out.append(int(part))
    return tuple(out)


def _worded(words: list[str], wish: Wish) -> Wish:
    names = _names()
    at = 0
    while at < len(words):
        op, used = _op_at(words, at, names)
        if op is None:
            known = [o.name.replace("_", " ") for o in names.values()]
            close = did_you_mean(words[at], known)
            what = close or f"write an activation, dropout, a norm or a loss behind the sizes, {_EXAMPLE} — "
            raise GradwireError(f"“{words[at][:40]}” is not understood; {what}".rstrip(" —") + ("" if close else "."))
        at += used
        if op.group == "activation":
            wish = _with_activation(wish, op)
        elif op.group == "loss":
            wish = replace(wish, loss=op.name)
        else:
            number = _number(words[at]) if at < len(words) else None
            settings: dict[str, float] = {}
            if number is not None:
                at += 1
                settings = _setting(op, number)
            wish = replace(wish, between=(*wish.between, (op.name, settings)))
    return wish


def _names() -> dict[str, Op]:
    """Every op that may be named, by its name without blanks and hyphens."""
    some = [op for op in REGISTRY.values() if op.group in ("activation", "regularisation", "loss")]
    found = {_bare(op.title): op for op in some} | {_bare(op.name): op for op in some}
    return found | {short: REGISTRY[name] for short, name in _SHORT.items() if name in REGISTRY}


def _bare(text: str) -> str:
    return re.sub(r"[\s_\-]", "", text.lower())


def _op_at(words: list[str], at: int, names: Mapping[str, Op]) -> tuple[Op | None, int]:
    """The op that the words from a place on name, the longest one, and how many words it takes."""
    for used in (3, 2, 1):
        op = names.get(_bare("".join(words[at : at + used]))) if at + used <= len(words) else None
        if op is not None:
            return op, used
    return None, 0


def _number(word: str) -> float | None:
    try:
        value = float(word.rstrip("%"))
    except ValueError:
        return None
    return value / 100 if word.endswith("%") else value


def _setting(op: Op, number: float) -> dict[str, float]:
    first = op.params[0] if op.params else None
    if first is None:
        raise GradwireError(f"{op.title} takes no number; leave {number:g} out.")
    try:
        return {first.name: first.check(number)}
    except ValueError as error:
        raise GradwireError(f"{op.title} {number:g}: its {first.name} {error}.") from None


def _with_activation(wish: Wish, op: Op) -> Wish:
    if not isinstance(op, Elementwise):  # softmax needs a whole row, which hidden units are not
        return replace(wish, output=op.name)
    if not wish.hidden:
        return replace(wish, hidden=op.name)
    if not wish.output:
        return replace(wish, output=op.name)
    raise GradwireError(
        f"{op.title} is a third activation; write one for the hidden layers and one for the output at most."
    )
