"""LaTeX formulas as plain text: for lists, and for those who have them read aloud."""

from __future__ import annotations

import re
import unicodedata

_SYMBOLS = {
    "cdot": "·",
    "times": "×",
    "circ": "∘",
    "partial": "∂",
    "sum": "∑",
    "prod": "∏",
    "sqrt": "√",
    "to": "→",
    "infty": "∞",
    "le": "≤",
    "ge": "≥",
    "ne": "≠",
    "approx": "≈",
    "pm": "±",
    "cdots": "…",
    "dots": "…",
    "ldots": "…",
    **dict.fromkeys(("quad", "qquad", "left", "right", "limits", "displaystyle"), " "),
}
_FONTS = re.compile(r"\\(?:text|mathrm|mathbf|mathit|operatorname|hat|widehat|bar)\{([^{}]*)\}")
_RAISED = str.maketrans("0123456789+-−()nTt", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁽⁾ⁿᵀᵗ")
_LOWERED = str.maketrans("0123456789ijkn", "₀₁₂₃₄₅₆₇₈₉ᵢⱼₖₙ")
_FRACTION = re.compile(r"\\frac\{([^{}]*)\}\{([^{}]*)\}")
_ABOVE, _BELOW = (re.compile(rf"\{mark}(?:\{{([^{{}}]*)\}}|(\\?\w))") for mark in "^_")
_MATRIX = re.compile(r"\\begin\{\w+\}(.*?)\\end\{\w+\}", re.DOTALL)


def latex_text(latex: str) -> str:
    r"""A formula in one line: ``\frac{dL}{dx} = 2x^2`` → ``dL/dx = 2x²``; what it does not know stays as a name."""
    text = _MATRIX.sub(lambda found: f"({_rows(found[1])})", latex)
    before = ""
    while text != before:
        before = text
        text = _FONTS.sub(lambda found: found[1], text)
        text = _ABOVE.sub(lambda found: _set(found[1] or found[2], _RAISED, "^({})"), text)
        text = _BELOW.sub(lambda found: _set(found[1] or found[2], _LOWERED, "[{}]"), text)
        text = _FRACTION.sub(lambda found: f"{_whole(found[1])}/{_whole(found[2])}", text)
    text = re.sub(r"\\([A-Za-z]+)", lambda found: _symbol(found[1]), text)
    text = re.sub(r"[{}]|\\[,;:! ]", " ", text).replace("\\", " ").replace("-", "−")
    return " ".join(text.split())


def _rows(matrix: str) -> str:
    return "; ".join(", ".join(map(str.strip, row.split("&"))) for row in matrix.strip().split(r"\\") if row.strip())


def _set(text: str, small: dict[int, int], else_: str) -> str:
    """Small letters where there are such for all of it."""
    return text.translate(small) if all(ord(letter) in small for letter in text) else else_.format(text)


def _whole(part: str) -> str:
    """A part of a fraction, in parentheses where it has more than one piece."""
    part = part.replace("\\partial ", "∂")
    return f"({part})" if re.search(r"[\s+−-]|\\cdot", part) else part


def _symbol(name: str) -> str:
    if name in _SYMBOLS:
        return _SYMBOLS[name]
    try:
        size = "CAPITAL" if name[0].isupper() else "SMALL"
        return unicodedata.lookup(f"GREEK {size} LETTER {name.upper()}")
    except KeyError:
        return name
