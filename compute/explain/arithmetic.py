r"""Arithmetic as LaTeX: an ``Expression`` with symbols, or with numbers, in the place of its names."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeGuard

from compute.explain.formula import signed
from compute.expression import Expression, names_of
from compute.numbers_text import tex

_SIMPLE = re.compile(r"[A-Za-z]|\d+(\.\d+)?|\\(hat\{\w\}|mathrm\{\w+\}|[a-z]+)(_\d)?")
"""What can take an exponent without parentheses."""


def symbolic(expression: Expression, symbols: Mapping[str, str]) -> list[str]:
    """LaTeX of an expression, in pieces at which a line may break. symbols: name → what stands for it."""
    return _Writer(symbols, {}, r"\,").sum(expression.tree)


def numeric(expression: Expression, numbers: Mapping[str, float], settings: Mapping[str, float]) -> list[str]:
    """The same with the number of each name; a sum of settings alone, as in ``1 - beta1``, is worked out at once."""
    return _Writer({name: tex(x) for name, x in numbers.items()}, settings, r" \cdot ").sum(expression.tree)


@dataclass(frozen=True)
class _Writer:
    words: Mapping[str, str]
    settings: Mapping[str, float]
    times: str

    def sum(self, tree: ast.expr) -> list[str]:
        if _is_sum(tree) and not self.folded(tree):
            sign = "+" if isinstance(tree.op, ast.Add) else "-"
            return [*self.sum(tree.left), f"{sign} {signed(self.factor(tree.right))}"]
        return [self.factor(tree)]

    def folded(self, tree: ast.expr) -> str:
        names = names_of(tree)
        if not _is_sum(tree) or not names or not names <= self.settings.keys():
            return ""
        return tex(Expression(ast.unparse(tree)).value(self.settings))

    def whole(self, tree: ast.expr) -> str:
        return " ".join(self.sum(tree))

    def factor(self, tree: ast.expr) -> str:
        """A part of a product or a sum: sums in parentheses."""
        match tree:
            case ast.Constant(value=int() | float() as number):
                return tex(number)
            case ast.Name(id="pi"):
                return r"\pi"
            case ast.Name(id=name):
                return self.words[name]
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return f"-{signed(self.factor(operand))}"
            case ast.BinOp(left=left, op=ast.Mult(), right=right):
                return f"{self.factor(left)}{self.times}{signed(self.factor(right))}"
            case ast.BinOp(left=above, op=ast.Div(), right=below):
                return rf"\frac{{{self.whole(above)}}}{{{self.whole(below)}}}"
            case ast.BinOp(left=base, op=ast.Pow(), right=exponent):
                return f"{self.base(base)}^{{{self.whole(exponent)}}}"
            case ast.BinOp():
                return self.folded(tree) or _enclosed(self.whole(tree))
            case ast.Call(func=ast.Name(id="square"), args=[inside]):
                return f"{self.base(inside)}^2"
            case ast.Call(func=ast.Name(id="sqrt"), args=[inside]):
                return rf"\sqrt{{{self.whole(inside)}}}"
            case ast.Call(func=ast.Name(id="floor"), args=[inside]):
                return rf"\left\lfloor {self.whole(inside)} \right\rfloor"
            case ast.Call(func=ast.Name(id="cos"), args=[inside]):
                return rf"\cos {_enclosed(self.whole(inside))}"
            case ast.Call(func=ast.Name(id="minimum" | "maximum" as name), args=args):
                return rf"\{name[:3]}{_enclosed(', '.join(map(self.whole, args)))}"
            case _:
                return ast.unparse(tree)

    def base(self, tree: ast.expr) -> str:
        """What gets an exponent."""
        text = self.folded(tree) or self.whole(tree)
        return text if _SIMPLE.fullmatch(text) else _enclosed(text)


def _enclosed(text: str) -> str:
    return rf"\left({text}\right)" if r"\frac" in text else f"({text})"


def _is_sum(tree: ast.expr) -> TypeGuard[ast.BinOp]:
    return isinstance(tree, ast.BinOp) and isinstance(tree.op, ast.Add | ast.Sub)
