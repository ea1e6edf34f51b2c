"""Arithmetic that is written once, as in ``m/(1 - beta1**t)``: worked out in NumPy, and put into OpenCL C.

The texts are declarations of this program's own, never something that came from outside.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

FUNCTIONS: Mapping[str, Any] = {
    "sqrt": np.sqrt,
    "square": np.square,
    "cos": np.cos,
    "floor": np.floor,
    "minimum": np.minimum,
    "maximum": np.maximum,
    "pi": np.pi,
}
"""What an expression may use beside its own names."""
_SCOPE = {"__builtins__": {}, **FUNCTIONS}


def names_of(tree: ast.AST) -> frozenset[str]:
    """The names in an expression, without those of functions."""
    return frozenset(n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and n.id not in FUNCTIONS)


@dataclass(frozen=True)
class Expression:
    """Names, numbers, ``+ - * / **`` and ``FUNCTIONS``, in Python's notation."""

    text: str

    @cached_property
    def tree(self) -> ast.expr:
        """Its syntax tree."""
        return ast.parse(self.text, mode="eval").body

    @cached_property
    def _code(self) -> Any:
        return compile(self.text, "<expression>", "eval")

    def value(self, letters: Mapping[str, Any]) -> Any:
        """What it gives, with numbers or arrays for its names."""
        return eval(self._code, _SCOPE, letters)


@dataclass
class Host:
    """The parts of expressions that need no array. They are worked out once a step, in double, and not per entry.

    known: the names that such parts consist of; parts: the name that each has in the kernel → what it stands for.
    """

    known: frozenset[str]
    parts: dict[str, Expression] = field(default_factory=dict)

    def kernel(self, expression: Expression) -> str:
        """The rest as OpenCL C over variables of type REAL. Errors: ValueError if that needs a power."""
        rest = _Rest(self).visit(ast.parse(expression.text, mode="eval").body)
        return ast.unparse(ast.fix_missing_locations(rest))

    def knows(self, tree: ast.AST) -> bool:
        """Whether it can be worked out without arrays, and is more than a number."""
        names = names_of(tree)
        return bool(names) and names <= self.known

    def name(self, text: str) -> str:
        """The name in the kernel of what such a text gives; a name stands for itself."""
        for name, part in self.parts.items():
            if part.text == text:
                return name
        name = text if text.isidentifier() else f"k{sum(not p.text.isidentifier() for p in self.parts.values()) + 1}"
        self.parts[name] = Expression(text)
        return name

    def comments(self) -> list[str]:
        """What the made-up names stand for, as comments of C."""
        return [f"// {name} = {part.text}" for name, part in self.parts.items() if name != part.text]


class _Rest(ast.NodeTransformer):
    """Puts names in the place of what the host works out; what is left reads the same in Python and in C."""

    def __init__(self, host: Host) -> None:
        self._host = host

    def visit(self, node: ast.AST) -> Any:
        if isinstance(node, ast.expr) and self._host.knows(node):
            return ast.Name(self._host.name(ast.unparse(node)))
        return super().visit(node)

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        if isinstance(node.op, ast.Pow):
            raise ValueError(f"{ast.unparse(node)}: only the host works out powers; write square(x)")
        if isinstance(node.op, ast.Div) and self._host.knows(node.right):
            # A product for each entry is cheaper than a quotient.
            inverse = ast.BinOp(ast.Constant(1), ast.Div(), node.right)
            return ast.BinOp(self.visit(node.left), ast.Mult(), ast.Name(self._host.name(ast.unparse(inverse))))
        return self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        match node.func, node.args:
            case ast.Name(id="square"), [inside]:
                return ast.BinOp(inside, ast.Mult(), inside)
            case ast.Name(id="minimum" | "maximum" as name), [one, other]:
                # NaN as the second of the two comes through, as in NumPy; fmin and fmax would lose it.
                a, b = f"({_text(one)})", f"({_text(other)})"
                return ast.Name(f"({a} {'<' if name == 'minimum' else '>'} {b} ? {a} : {b})")
        return node


def _text(node: ast.AST) -> str:
    return ast.unparse(ast.fix_missing_locations(node))
