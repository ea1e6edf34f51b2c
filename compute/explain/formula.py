r"""LaTeX as tokens: putting names or numbers in the place of an op's letters, long sums, and lines.

The templates are the ``formula`` and ``local`` strings of op declarations. Letters that name a port (or, in
losses, ``p``, ``z`` and ``t``), ``y``, weights and parameters are replaced, with the subscripts that follow them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

GRADIENT = re.compile(r"\\frac\{\\partial L\}\{\\partial ([A-Za-z])(?:_(?:\{(\w+)\}|(\w)))?\}")
_TOKEN = re.compile(
    r"\\frac\{\\partial L\}\{\\partial [A-Za-z](?:_(?:\{\w+\}|\w))?\}"
    r"|\\(?:mathrm|text|operatorname)\s*\{[^{}]*\}|\\mathit\{\w+\}|\\[A-Za-z]+|\\.|\d+(?:\.\d+)?|\S"
)
_SPACES = {r"\,", r"\;", r"\!", r"\qquad", r"\quad"}
_OPENERS = {"", "{", "(", "[", ",", "=", "<", ">", "|", "+", "-", r"\cdot", ":", r"\left"}
_CLOSERS = {"", "}", ")", "]", ",", "=", "<", ">", "|", "+", "-", r"\cdot", r"\right", r"\cdots"}

Replace = Callable[[str, str], str | None]
"""(letter or parameter, subscript) → its LaTeX, or None to leave it. Gradients come as ``∂`` + letter."""


def substitute(template: str, replace: Replace, *, numeric: bool = False) -> str:
    """A template with its letters replaced; numbers get parentheses where they would run into their neighbours."""
    tokens = _TOKEN.findall(template)
    out: list[str] = []
    i = 0
    while i < len(tokens):
        token = tokens[i]
        letter, sub, after = _letter(tokens, i)
        new = replace(letter, sub) if letter else None
        if new is None:
            if not (numeric and token in _SPACES):
                out.append(token)
            i += 1
            continue
        i = after
        if numeric:
            following = next((t for t in tokens[i:] if t not in _SPACES), "")
            new = _fenced(new, out[-1] if out else "", following)
        elif sub == "" and "_" in new and tokens[i : i + 1] == ["_"]:
            new = f"{{{new}}}"
        out.append(new)
    return _join(out)


def _letter(tokens: list[str], i: int) -> tuple[str, str, int]:
    """The replaceable name at token i, its subscript, and the index after both."""
    token = tokens[i]
    gradient = GRADIENT.fullmatch(token)
    if gradient:
        return "∂" + gradient[1], gradient[2] or gradient[3] or "", i + 1
    if token.startswith(r"\mathit{"):
        return token[8:-1], "", i + 1
    name = token[1:] if re.fullmatch(r"\\[A-Za-z]+", token) else token
    if not re.fullmatch(r"[A-Za-z]+", name):
        return "", "", i
    if tokens[i + 1 : i + 2] != ["_"]:
        return name, "", i + 1
    if tokens[i + 2] != "{":
        return name, tokens[i + 2], i + 3
    end = tokens.index("}", i)
    return name, "".join(tokens[i + 3 : end]), end + 1


def _fenced(number: str, before: str, after: str) -> str:
    signed = number.startswith("-") and before in ("+", "-", r"\cdot")
    if before in _OPENERS and after in _CLOSERS and not signed:
        return number
    return f"({number})"


def _join(tokens: Sequence[str]) -> str:
    """Tokens as text, with a space where a command would swallow the next letter."""
    text = ""
    for token in tokens:
        if token[:1].isalpha() and re.search(r"\\[A-Za-z]+$", text):
            text += " "
        text += token
    return text


def right_side(template: str) -> str:
    """What stands after the first ``=`` (before a ``\\qquad`` that adds a second form)."""
    return template.partition("=")[2].partition(r"\qquad")[0].strip(" ,")


def signed(number: str) -> str:
    """A number that follows an operator: in parentheses if it is negative."""
    return f"({number})" if number.startswith("-") else number


def as_factor(expr: str) -> str:
    """An expression fit to be a factor: in parentheses if it is a sum or starts with a minus."""
    depth = 0
    for token in _TOKEN.findall(expr):
        if token in ("{", "(", "["):
            depth += 1
        elif token in ("}", ")", "]"):
            depth -= 1
        elif token in ("+", "-") and depth == 0:
            return rf"\left({expr}\right)" if r"\frac" in expr else f"({expr})"
    return expr


def product(factors: Sequence[str]) -> str:
    """Factors with dots between them."""
    return r" \cdot ".join([factors[0], *map(signed, factors[1:])])


def elided(count: int, head: int = 3, most: int = 5) -> list[int | None]:
    """Which of ``count`` terms to write out: all of a few, else the first, None for the dots, and the last."""
    if count <= most:
        return list(range(count))
    return [*range(head), None, count - 1]


def added(terms: Sequence[str]) -> list[str]:
    """Terms of a sum, each from the second on with its sign, ready to be joined or broken into lines."""
    out = list(terms[:1])
    for term in terms[1:]:
        out.append(f"- {term[1:]}" if term.startswith("-") else f"+ {term}")
    return out


def broken(expr: str) -> list[str]:
    """A sum in pieces at which a line may break, without parentheses around the whole."""
    inner = re.fullmatch(r"\s*\\left\((.*)\\right\)\s*", expr)
    pieces, depth = [""], 0
    for token in _TOKEN.findall(inner[1] if inner else expr):
        depth += (token in ("{", "(", "[")) - (token in ("}", ")", "]"))
        if token in ("+", "-") and depth == 0 and pieces[-1]:
            pieces.append("")
        pieces[-1] = _join([pieces[-1], token])
    return pieces


WIDTH = 34


def width(latex: str) -> int:
    """About how many letters wide a formula is drawn."""
    text = GRADIENT.sub("dL.", latex)
    text = re.sub(r"\\frac\{([^{}]*)\}\{([^{}]*)\}", lambda m: max(m[1], m[2], key=len), text)
    text = re.sub(r"\\(?:left|right|text|mathrm|displaystyle)", "", text)
    text = re.sub(r"\\[A-Za-z]+", "w", text)
    return len(re.sub(r"[{}_^&\\ ]", "", text))


def lines(left: str, sides: Sequence[str | Sequence[str]], equals: str = "=") -> str:
    """``left = side = side …`` on one line if it fits, else a line each; a side may be a sum in breakable pieces."""
    parts = [[side] if isinstance(side, str) else list(side) for side in sides]
    flat = f"{left} {equals} " + " = ".join(" ".join(side) for side in parts)
    if width(flat) <= WIDTH:
        return flat
    rows: list[str] = []
    for side in parts:
        row = f"{equals if not rows else '='} {side[0]}"
        for piece in side[1:]:
            if width(row) + width(piece) > WIDTH - 6:
                rows.append(row)
                row = r"\quad " + piece
            else:
                row += " " + piece
        rows.append(row)
    return r"\begin{aligned}" + left + " &" + r" \\ &".join(rows) + r"\end{aligned}"


def stacked(formulas: Sequence[str]) -> str:
    """Several formulas below each other."""
    if len(formulas) == 1:
        return formulas[0]
    inner = [re.sub(r"\\(begin|end)\{aligned\}", "", f) if r"\begin{aligned}" in f else _anchored(f) for f in formulas]
    return r"\begin{aligned}" + r" \\ ".join(inner) + r"\end{aligned}"


def _anchored(formula: str) -> str:
    mark = " := " if " := " in formula else " = "
    left, equals, rest = formula.partition(mark)
    return f"{left} &{mark.strip()} {rest}" if equals else f"{formula} &"
