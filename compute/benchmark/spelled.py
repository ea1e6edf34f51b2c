"""A network as a Python function in the words of another library: what PyTorch and JAX sides compute forward.

It is written by the same rules as every export format (``compute.spelling``), so a side gives a table of words and
idioms, and whatever can be exported can be compared.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import numpy as np

from compute.benchmark.networks import Network
from compute.engine import Program
from compute.export.writer import Array, Writer, spell
from compute.shapes import Shape
from compute.spelling import Operand, Term

Words = Mapping[str, Callable[..., Any]]
"""Word or idiom → the library's function of its operands and settings. ``dropout`` gets what the caller draws from, and
which one of the network it is, after its operand; ``batch_norm`` takes the batch's own statistics."""
DRAW = "draw"


def forward(network: Network, program: Program, words: Words) -> Callable[[Mapping[str, Any], Any, Any], Any]:
    """The function of weights by name, rows x (batch, inputs) and what ``dropout`` draws from, to what the loss
    compares (batch, outputs)."""
    lines = _Lines(words)
    analysis = program.analysis.leading_to(network.prediction)
    last = spell(analysis, program.weights, lines)[network.prediction]
    text = "\n    ".join([f"def forward(p, x, {DRAW}):", *lines.lines, f"return {last.text}"])
    space: dict[str, Any] = dict(words)
    exec(text, space)
    found: Callable[[Mapping[str, Any], Any, Any], Any] = space["forward"]
    return found


def trained(network: Network, program: Program) -> dict[str, Array]:
    """The weights that training changes, by name."""
    names = [name for name, (_, spec) in program.analysis.parameters.items() if spec.trainable]
    return {name: np.asarray(program.weights[name]) for name in names}


class _Lines(Writer):
    """A line for each word."""

    def __init__(self, words: Words) -> None:
        self.lines: list[str] = []
        self.idioms: Collection[str] = words  # type: ignore[misc]
        self._drawn = 0

    def data(self, node_id: str, shape: Shape) -> Term:
        return Term("x", shape)

    def array(self, name: str, value: Array) -> Term:
        return Term(f"p[{name!r}]", value.shape)

    def write(self, word: str, operands: Sequence[Operand], settings: Mapping[str, Any], shape: Shape) -> Term:
        given = [each.text if isinstance(each, Term) else repr(each) for each in operands]
        if word == "batch_norm":
            given = given[:3]
        if word == "dropout":
            given += [DRAW, str(self._drawn)]
            self._drawn += 1
        given += [f"{name}={value!r}" for name, value in settings.items()]
        name = f"v{len(self.lines)}"
        self.lines.append(f"{name} = {word}({', '.join(given)})")
        return Term(name, shape)
