"""The kinds of networks that can be made from a few words; a new one is one entry."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from compute.templates.making import Making


@dataclass(frozen=True, slots=True)
class Template:
    """title: what people call it and type for it; help: one sentence; text: what is typed for an example of it; sizes:
    those where none are typed; make: adds its layers, and returns the node of the prediction."""

    name: str
    title: str
    help: str
    text: str
    sizes: tuple[int | str, ...]
    make: Callable[[Making], str]
    mirrors: bool = False
    """Whether it is to give its input again, so that its target is its input."""
    fitting: str = ""
    """What is typed where sizes are to be as the data has them; "": the same as ``text``."""
    data: Any = None
    """The data section of a new document with it, where no other is chosen."""


def _layers(making: Making) -> str:
    here = making.input()
    for units in making.sizes[1:-1]:
        here = making.hidden(here, units)
    return making.dense(here, making.sizes[-1])


def _branches(making: Making) -> str:
    x = making.input()
    first, second = making.sizes[1], making.sizes[2] if len(making.sizes) > 3 else making.sizes[1]
    left = making.hidden(x, first)
    other = "tanh" if making.activation == "relu" else "relu"
    right = making.hidden(x, second, activation=other)
    both = making.add("concat", {"a": left, "b": right})
    making.told.append("side by side")
    for units in making.sizes[3:-1]:
        both = making.hidden(both, units)
    return making.dense(both, making.sizes[-1])


def _builtin(name: str) -> dict[str, Any]:
    return {"source": "builtin", "name": name, "validation_fraction": 0.2, "standardize": True}


_ALL = (
    Template(
        "layers",
        "layers",
        "Layers one behind the other, with the sizes that are typed: inputs first, outputs last.",
        "2-8-8-1 tanh",
        ("x", 8, 8, "y"),
        _layers,
        fitting="x-8-8-y tanh",
        data=_builtin("spiral"),
    ),
    Template(
        "logistic_regression",
        "logistic regression",
        "One layer and no hidden one: a weight for each input and class.",
        "logistic regression",
        ("x", "y"),
        _layers,
        data=_builtin("breast_cancer"),
    ),
    Template(
        "autoencoder",
        "autoencoder",
        "Squeezes its inputs through a few numbers and gives them again; the loss compares with the input itself.",
        "autoencoder 8-2-8 tanh",
        (8, 2, 8),
        _layers,
        mirrors=True,
        data=_builtin("iris"),
    ),
    Template(
        "two_branches",
        "two branches",
        "Two layers beside each other read the same inputs and are joined before the last one.",
        "two branches 8-8",
        (8, 8),
        _branches,
        data=_builtin("breast_cancer"),
    ),
)

TEMPLATES: dict[str, Template] = {template.name: template for template in _ALL}
