"""What became of a file that was imported."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from compute.document import Document
from compute.errors import one_line
from compute.numbers_text import plural

_MOST_NAMED = 20


@dataclass(frozen=True, slots=True)
class Missing:
    """Something of the file that has no counterpart: a placeholder stands for it. ``op``: how the file calls it; node:
    the id of the placeholder; reason: why, as a sentence's end."""

    op: str
    node: str
    reason: str


@dataclass(frozen=True)
class Imported:
    """The document that a file became. notes: sentences on what was read another way than it was written; difference:
    the largest one between the document's outputs and the file's own on ``rows`` rows, None where it was not run."""

    document: Document
    missing: tuple[Missing, ...] = ()
    notes: tuple[str, ...] = ()
    difference: float | None = None
    rows: int = 0
    ambiguous: bool = False
    """Whether its weights could lie in either of two ways, of which one was taken."""

    @property
    def sentence(self) -> str:
        """The result in one sentence."""
        count = len(self.document.graph.nodes)
        said = f"{self.document.name}: {count} {plural('node', count)}"
        if self.missing:
            return f"{said}, of which {len(self.missing)} {'is' if len(self.missing) == 1 else 'are'} not supported"
        if self.difference is None:
            return said
        return f"{said}; largest difference on {self.rows} {plural('row', self.rows)}: {_short(self.difference)}"

    def told(self) -> list[str]:
        """All there is to say: first what is not supported, each kind once with its nodes, then the notes."""
        kinds: dict[tuple[str, str], list[str]] = {}
        for each in self.missing:
            # As the canvas calls it: what gives an output of the file has that one's name for a title.
            kinds.setdefault((each.op, each.reason), []).append(self.document.graph.nodes[each.node].label)
        out = [
            f"The {plural('node', len(nodes))} {_named(nodes)} {'stands' if len(nodes) == 1 else 'stand'} for {op}: "
            f"{reason}."
            for (op, reason), nodes in kinds.items()
        ]
        return [one_line(text) for text in (*out, *self.notes)]


def not_finite(weights: Mapping[str, Any]) -> tuple[str, ...]:
    """What is to be said of weights that hold NaN or infinity; nothing where all are numbers."""
    # Only what reads a file needs it, and not what lists the endings.
    import numpy as np

    found = [name for name, array in weights.items() if not np.isfinite(array).all()]
    return (f"{_named(found)}: NaN or infinity stands in the file, and so it is here.",) if found else ()


def _named(nodes: Sequence[str]) -> str:
    more = len(nodes) - _MOST_NAMED
    shown = ", ".join(nodes[:_MOST_NAMED])
    return f"{shown} and {more} more" if more > 0 else shown


def _short(number: float) -> str:
    if not math.isfinite(number):
        return str(number)
    digits, _, exponent = f"{number:.1e}".partition("e")
    return f"{digits}e{int(exponent)}" if number else "0"
