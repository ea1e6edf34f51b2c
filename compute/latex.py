"""LaTeX formulas as SVG, drawn by ziamath: no browser and no TeX."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from functools import lru_cache

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
    import ziamath.styles
    from ziamath.tex import tex2mml

    ziamath.config.svg2 = False  # Qt knows SVG 1.1 only and draws nothing otherwise
    # Of the style around each letter ziamath makes a deep copy, only to read it, which is a fifth of the time.
    setattr(ziamath.styles, "asdict", vars)  # noqa: B010 (what is imported there is replaced)
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


def _flatten(element: ET.Element) -> None:
    """Remove rows that only wrap: ziamath lays out the inside of every row twice, so each level doubles the time."""
    for i, child in enumerate(list(element)):
        _flatten(child)
        # A lone operator is spaced by its row, so that one stays.
        if child.tag == "mrow" and len(child) == 1 and not child.attrib and child[0].tag != "mo":
            element[i] = child[0]
    if element.tag in ("math", "mtd", "mrow") and len(element) == 1 and element[0].tag == "mrow":
        element[:] = list(element[0])
