"""LaTeX formulas as SVG, drawn by ziamath: no browser and no TeX."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from functools import cache, lru_cache
from typing import Any

from compute.errors import GradwireError

IN_TEXT = re.compile(r"\$\$(?=\S)(.+?)\$\$|\$(?=\S)(.+?)(?<=\S)\$", re.DOTALL)
"""A formula in a text of notes and lessons: what stands between two dollar signs is alone on its line."""

# ziamath sets a minus after these as if it stood between two numbers.
_UNARY_MINUS = re.compile(r"((?:^|[=(\[&,]|\\cdot|\\to)\s*)-")


@lru_cache(maxsize=1024)
def svg(latex: str, color: str = "#000000", size: float = 16.0) -> bytes:
    """One formula as an SVG document with letters ``size`` pixels high, in one colour; cached.

    Errors: GradwireError with the formula if it cannot be read.
    """
    import ziamath
    from ziamath.tex import tex2mml

    _prepare()
    text = _UNARY_MINUS.sub(r"\1{-}", latex).replace(":=", r"\coloneqq ")
    # A sum with its index beside it makes the parentheses around it a hundred lines high.
    text = text.replace(r"\sum_", r"\sum\limits_")
    try:
        math = ET.fromstring(re.sub(r' xmlns="[^"]*"', "", tex2mml(text)))
        _flatten(math)
        math.set("mathcolor", color)
        for table in math.iter("mtable"):
            table.set("rowspacing", "0.55em")  # fractions in neighbouring lines touch at the usual distance
        drawing = ziamath.Math(math, size=size).svg()
    except Exception as error:  # the parser raises whatever it trips over
        raise GradwireError(f"The formula {latex} cannot be drawn ({error!r}); check its LaTeX.") from error
    return str(drawing).encode()


@cache
def _prepare() -> None:
    """Have ziamath draw what Qt can read, and leave out work whose result it does not use: two thirds of its time."""
    import ziamath
    import ziamath.styles
    from ziamath.nodes.mrow import Mrow
    from ziamath.operators import operators

    ziamath.config.svg2 = False  # Qt knows SVG 1.1 only and draws nothing otherwise
    # Of the style around each letter it makes a deep copy, only to read it.
    setattr(ziamath.styles, "asdict", vars)  # noqa: B010 (what is imported there is replaced)
    # Each row is laid out once more beforehand, with all the rows in it, to tell its parentheses how high they are.
    growing = frozenset(text for (text, _form), told in operators.items() if "stretchy" in told)
    heights = Mrow._get_height_nostretch

    def heights_where_asked(row: Any, line: list[ET.Element], **given: Any) -> tuple[float, float]:
        return heights(row, line, **given) if any(_grows(each, growing) for each in line) else (0.0, 0.0)

    Mrow._get_height_nostretch = heights_where_asked


def _grows(element: ET.Element, growing: frozenset[str]) -> bool:
    """Whether anything in an element is as high as the row it stands in; rows inside have a height of their own."""
    if element.tag in ("math", "mrow", "mtd"):
        return False
    if element.tag in ("mi", "mo"):
        return "stretchy" in element.attrib or (element.text or "").strip() in growing
    return any(_grows(each, growing) for each in element)


def _flatten(element: ET.Element) -> None:
    """Remove rows that only wrap: ziamath lays out the inside of every row twice, so each level doubles the time."""
    for i, child in enumerate(list(element)):
        _flatten(child)
        # A lone operator is spaced by its row, so that one stays.
        if child.tag == "mrow" and len(child) == 1 and not child.attrib and child[0].tag != "mo":
            element[i] = child[0]
    if element.tag in ("math", "mtd", "mrow") and len(element) == 1 and element[0].tag == "mrow":
        element[:] = list(element[0])
