"""Python as a format: names that are safe there, numbers as they are written, and networks as expressions."""

from __future__ import annotations

import base64
import builtins
import keyword
import math
import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from compute.errors import one_line
from compute.export.writer import Array, Writer
from compute.shapes import BATCH, Shape
from compute.spelling import Operand, Term

_READABLE = 64
"""Arrays of up to so many numbers stand there as numbers; others as the bytes of float32, little-endian, in base64."""
_WIDTH = 100


class Names:
    """Names of nodes and weights as identifiers, each once."""

    def __init__(self, taken: Collection[str]) -> None:
        self._taken = {*taken, *keyword.kwlist, *keyword.softkwlist, *dir(builtins)}
        self._of: dict[str, str] = {}

    def of(self, name: str) -> str:
        """The identifier for a name, the same each time."""
        if name not in self._of:
            stem = re.sub(r"[^A-Za-z0-9]+", "_", name).strip("_")[:40] or "node"
            stem = f"n{stem}" if stem[0].isdigit() else stem
            found, number = stem, 2
            while found in self._taken:
                found, number = f"{stem}_{number}", number + 1
            self._taken.add(found)
            self._of[name] = found
        return self._of[name]


def number_text(value: float, module: str = "np") -> str:
    """A number as Python writes it."""
    value = float(value)
    if math.isfinite(value):
        return repr(value)
    return f"{module}.nan" if math.isnan(value) else f"{'-' if value < 0 else ''}{module}.inf"


def array_text(value: Array) -> str:
    """The float32 numbers of an array, as an expression for a function ``numbers(text, *shape)`` or as lists."""
    single = np.asarray(value).astype("<f4")
    if single.size <= _READABLE and np.isfinite(single).all():
        if single.ndim == 2:
            rows = "".join(f"    {_lists(row)},\n" for row in single)
            return f"np.array([\n{rows}], np.float32)"
        return f"np.array({_lists(single)}, np.float32)"
    text = base64.b64encode(np.ascontiguousarray(single).tobytes()).decode()
    lines = "\n".join(f'    "{text[at : at + _WIDTH]}"' for at in range(0, len(text), _WIDTH)) or '    ""'
    return f"numbers(\n{lines},\n    {single.shape},\n)"


def _lists(single: Array) -> str:
    """The shortest decimals that give the same float32."""
    if single.ndim:
        return f"[{', '.join(map(_lists, single))}]"
    return str(single)


def comment(text: str) -> str:
    """Text from a file as one line of a comment."""
    return re.sub(r"[^\x20-\x7e\u00a0-\uffff]", "?", one_line(text))[:200]


class Expressions(Writer):
    """A network as statements, one for each node, of expressions by a table of templates.

    ``templates``: word or idiom → text with {0}, {1}, … for operands and {name} for settings.
    """

    templates: ClassVar[Mapping[str, str]]
    module: ClassVar[str]
    """Where inf and nan are found."""

    def __init__(self, names: Names) -> None:
        self.names = names
        self.statements: list[str] = []
        self.used: set[str] = set()
        self.arrays: dict[str, Array] = {}

    def write(self, word: str, operands: Sequence[Operand], settings: Mapping[str, Any], shape: Shape) -> Term:
        self.used.add(word)
        texts = [each.text if isinstance(each, Term) else number_text(each, self.module) for each in operands]
        text = self.templates[word].format(*texts, **{name: self.setting(name, one) for name, one in settings.items()})
        return Term(text, shape)

    def setting(self, name: str, value: Any) -> str:
        """A setting as it is written."""
        if name == "shape":
            return str(tuple(-1 if size == BATCH else size for size in value))
        return str(value)

    def data(self, node_id: str, shape: Shape) -> Term:
        return Term(self.names.of(node_id), shape)

    def array(self, name: str, value: Array) -> Term:
        self.arrays[name] = value
        return Term(self.names.of(name), value.shape)

    def node(self, node_id: str, term: Term) -> Term:
        name = self.names.of(node_id)
        if term.text != name:
            text = term.text
            # The whole of a statement needs no brackets around it.
            bare = text[1:-1] if text.startswith("(") and _closes(text) == len(text) - 1 else text
            self.statements.append(f"{name} = {bare}")
        return Term(name, term.shape)


def _closes(text: str) -> int:
    """Where the bracket that a text begins with is closed."""
    depth = 0
    for at, character in enumerate(text):
        depth += (character == "(") - (character == ")")
        if not depth:
            return at
    return -1
