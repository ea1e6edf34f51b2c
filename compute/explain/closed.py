r"""Gradients of small scalar graphs in closed form, where they are single products: ``2z``, ``\frac{2}{x}``.

A value or slope that is a coefficient times powers of nodes' symbols (a monomial) is carried along; whatever is
not keeps the symbol of its own node. So L = log x² gives ∂L/∂x = 1/x² · 2x = 2/x, and L = z·f gives ∂L/∂z = f.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

from compute.analysis import Analysis
from compute.explain.formula import right_side
from compute.graph import Port
from compute.numbers_text import tex
from compute.ops.base import Elementwise, Op, Settings


class Known(Protocol):
    """What closed forms need of the facts about a pass."""

    @property
    def analysis(self) -> Analysis: ...
    @property
    def loss(self) -> str: ...
    def op(self, node: str) -> Op: ...
    def settings(self, node: str) -> Settings: ...
    def letter(self, node: str) -> str: ...
    def contributions(self, node: str) -> list[Port]: ...


@dataclass(frozen=True)
class Monomial:
    """coefficient · Π symbol^power; powers are not 0."""

    coefficient: float
    powers: tuple[tuple[str, int], ...] = ()

    def times(self, other: Monomial, power: int = 1) -> Monomial:
        """self · other^power."""
        powers = dict(self.powers)
        for name, n in other.powers:
            powers[name] = powers.get(name, 0) + n * power
        kept = tuple((name, n) for name, n in powers.items() if n)
        return Monomial(self.coefficient * other.coefficient**power, kept)

    def latex(self) -> str:
        """As it is written by hand."""
        above = [_power(name, n) for name, n in self.powers if n > 0]
        below = [_power(name, -n) for name, n in self.powers if n < 0]
        size = abs(self.coefficient)
        if size != 1.0 or not above:
            above.insert(0, tex(size))
        top = r"\,".join(above)
        bottom = r"\,".join(below)
        text = rf"\frac{{{top}}}{{{bottom}}}" if below else top
        return "-" + text if self.coefficient < 0 else text


def _power(name: str, n: int) -> str:
    if n == 1:
        return name
    return f"{{{name}}}^{{{n}}}" if "_" in name else f"{name}^{n}"


_PIECE = re.compile(
    r"\\frac\{1\}\{(?P<under>\w)\}|\\mathit\{(?P<param>\w+)\}"
    r"|(?P<name>[a-z])(?:\^(?P<power>\d))?|(?P<number>\d+)"
)


@lru_cache(maxsize=256)
def _pieces(template: str) -> tuple[tuple[str, int], ...] | None:
    r"""A template such as ``2\,x``, ``a \cdot b``, ``-1``, ``\frac{1}{x}`` as (name or number, power); else None."""
    text = re.sub(r"\\,|\\cdot|\s", "", template)
    out: list[tuple[str, int]] = []
    if text.startswith("-"):
        out.append(("-1", 1))
        text = text[1:]
    while text:
        match = _PIECE.match(text)
        if match is None:
            return None
        under, param, name, power, number = match.group("under", "param", "name", "power", "number")
        out.append((under, -1) if under else (param or name or number, int(power or 1)))
        text = text[match.end() :]
    return tuple(out)


class Closed:
    """Closed forms of the values and gradients of one graph of scalars."""

    def __init__(self, facts: Known) -> None:
        self.facts = facts
        self.values: dict[str, Monomial] = {}
        self.slopes: dict[tuple[str, str], Monomial] = {}
        self.upstream: dict[str, Monomial] = {}
        analysis = facts.analysis
        for node in analysis.order:
            op, own = facts.op(node), Monomial(1.0, ((facts.letter(node), 1),))
            self.values[node] = own
            if analysis.shapes[node] != () or not isinstance(op, Elementwise):
                continue
            letters = {port: self.values[s] for port, s in zip(op.ports, analysis.sources[node], strict=True)}
            for port in op.ports:
                slope = self._read(op.local.get(port, ""), letters, node)
                if slope is not None:
                    self.slopes[node, port] = slope
            whole = self._read(right_side(op.formula), letters, node)
            if whole is not None and len(op.ports) == 1:
                self.values[node] = whole
        for node in reversed(analysis.order):
            if node == facts.loss:
                self.upstream[node] = Monomial(1.0)
            ways = facts.contributions(node)
            if len(ways) == 1:
                reader, port = ways[0]
                if reader in self.upstream and (reader, port) in self.slopes:
                    self.upstream[node] = self.upstream[reader].times(self.slopes[reader, port])

    def _read(self, template: str, letters: Mapping[str, Monomial], node: str) -> Monomial | None:
        pieces = _pieces(template)
        if not pieces:
            return None
        out = Monomial(1.0)
        for name, power in pieces:
            if name in letters:
                out = out.times(letters[name], power)
            elif name in self.facts.settings(node):
                out = out.times(Monomial(float(self.facts.settings(node)[name])), power)
            elif re.fullmatch(r"-?\d+", name):
                out = out.times(Monomial(float(name)), power)
            else:
                return None
        return out

    def steps(self, node: str, port: str) -> list[str]:
        r"""``[\frac{1}{x^2} \cdot 2\,x, \frac{2}{x}]`` for the gradient through a wire, or nothing."""
        if node not in self.upstream or (node, port) not in self.slopes:
            return []
        above, slope = self.upstream[node], self.slopes[node, port]
        product = above.times(slope).latex()
        both = rf"{above.latex()} \cdot {slope.latex()}" if not slope.latex().startswith("-") else ""
        return [both, product] if both and node != self.facts.loss else [product]
