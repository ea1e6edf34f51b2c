"""Values as people type them: numbers, tensors, shapes, weights of classes."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from compute.numbers_text import MINUS
from compute.numbers_text import number_text as number_text
from compute.params import BALANCED
from compute.shapes import BATCH
from compute.tensor_view import MOST_AXES


def number(text: str, *, whole: bool = False) -> float | int:
    """A number as people type it, also with a real minus sign. Errors: ValueError, the end of a sentence."""
    cleaned = text.strip().replace(MINUS, "-").replace("×10^", "e")
    try:
        value = float(cleaned)
    except ValueError:
        kind = "a whole number, such as 8" if whole else "a number, such as 0.01 or 1e-3"
        raise ValueError(f"must be {kind}; “{text.strip()}” is none" if text.strip() else f"must be {kind}") from None
    if "_" in cleaned or not math.isfinite(value):
        raise ValueError("must be a finite number")
    if whole and value == int(value):
        return int(value)
    return value


def tensor(text: str) -> Any:
    """``3``: a number; ``1, 7, 5``: a vector; ``6 2 3; 1 5 7``: a matrix, of one row ``6 2 3;``; lists in lists, such
    as ``[[[1, 2], [3, 4]]]``: a tensor. Errors: ValueError, the end of a sentence."""
    bare = text.strip()
    if "".join(bare.split()).startswith("[["):
        return _lists(bare)
    lines = bare.strip("()[]").split(";")
    rows = [line.replace(",", " ").split() for line in lines]
    if len(rows) > 1 and not rows[-1]:
        rows.pop()
    if not any(rows):
        raise ValueError("must be a number, or numbers such as 1, 7, 5 or 6 2 3; 1 5 7")
    values = [[float(number(cell)) for cell in line] for line in rows]
    if len(lines) == 1:
        scalar = len(values[0]) == 1 and "," not in text and "[" not in text
        return values[0][0] if scalar else values[0]
    widths = [len(line) for line in values]
    if len(set(widths)) > 1:
        odd = next(i for i, width in enumerate(widths) if width != widths[0])
        raise ValueError(f"has {widths[odd]} numbers in row {odd} and {widths[0]} in row 0; make all rows as long")
    return values


def _lists(text: str) -> Any:
    """Numbers in lists in lists, as Python and JSON write them."""
    whole: list[Any] = []
    inside = [whole]
    for token in re.findall(r"[\[\]]|[^\[\],;\s]+", text):
        if token == "[":
            inside[-1].append([])
            inside.append(inside[-1][-1])
        elif token == "]":
            inside.pop()
        else:
            inside[-1].append(float(number(token)))
        if not inside or len(inside) > MOST_AXES + 1:
            raise ValueError(f"must have at most {MOST_AXES} axes, and a bracket for each that is opened")
    if len(inside) != 1 or len(whole) != 1:
        raise ValueError("must close each bracket that it opens, and be one list")
    return whole[0]


def tensor_text(value: Any) -> str:
    """The text that ``tensor`` reads back: lists in lists from three axes on."""
    array = np.asarray(value, dtype=np.float64)
    if array.ndim == 0:
        return number_text(float(array))
    if array.ndim == 1:
        return ", ".join(map(number_text, array.tolist())) + ("," if array.size == 1 else "")
    if array.ndim == 2:
        return "; ".join(" ".join(map(number_text, line)) for line in array.tolist()) + (";" if len(array) == 1 else "")
    return _lists_text(array.tolist())


def _lists_text(value: Any) -> str:
    return f"[{', '.join(map(_lists_text, value))}]" if isinstance(value, list) else number_text(value)


def shape(text: str) -> list[int | str]:
    """``4, 2``, ``B×4×2`` or ``−1 8``: sizes. Errors: ValueError, the end of a sentence."""
    cells = text.upper().replace("×", " ").replace(",", " ").strip(" ()[]").split()
    return [cell if cell == BATCH else int(number(cell, whole=True)) for cell in cells]


def shape_text(value: Sequence[Any]) -> str:
    """The text that ``shape`` reads back."""
    return ", ".join(map(str, value))


def weights(text: str) -> str | list[float]:
    """``balanced``, or a number for each class, as in ``1, 2.5``. Errors: ValueError, the end of a sentence."""
    bare = text.strip().strip("()[]")
    if bare.lower() == BALANCED:
        return BALANCED
    return [float(number(cell)) for cell in bare.replace(",", " ").split()]


def weights_text(value: Any) -> str:
    """The text that ``weights`` reads back."""
    return value if isinstance(value, str) else ", ".join(map(number_text, value))
