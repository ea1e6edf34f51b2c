"""What an operation computes after training, in words that every export format can write.

An op says it once (``Op.spell``): in words for arrays, such as ``exp``, ``matmul`` or ``sum``, and in idioms, such as
``linear`` or ``gelu``. A format knows how to write the words, and those idioms that its readers expect; every other
idiom is made of words here. So a new op can be written in all formats, and a new format can write all ops.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from compute.errors import GradwireError
from compute.shapes import Shape, broadcast

ROOT_HALF = 0.7071067811865476


@dataclass(frozen=True, slots=True)
class Term:
    """An array in what is written: how it is called there, and its shape, where B is the batch."""

    text: str
    shape: Shape


Operand = Term | float


class Unspelled(GradwireError):
    """What cannot be written: the sentence names the node, and says what could stand for it."""


UNARY = ("negate", "abs", "sqrt", "exp", "log", "sin", "cos", "tanh", "erf")
BINARY = ("add", "subtract", "multiply", "divide", "power", "maximum", "minimum")
COMPARING = ("less", "greater")
REDUCING = ("sum", "mean", "max")
"""``axes``: which ones, counted from 0; ``keep``: whether they stay, with size 1."""
WORDS = (*UNARY, *BINARY, *COMPARING, *REDUCING, "where", "matmul", "transpose", "reshape", "concat", "conv1d")
"""What every format writes. Entries are broadcast as in NumPy; ``where`` takes a comparison and two operands;
``matmul`` vectors and matrices; ``transpose`` a matrix; ``reshape`` has ``shape``, which may have the batch;
``concat`` joins along the last axis; ``conv1d`` takes x (B, steps, channels) and W (size, channels, filters), and has
``stride``, ``before``, ``behind`` (zeros around the steps) and ``shape``."""


class Speller:
    """Writes terms. A format gives ``write`` and says which ``idioms`` it writes itself."""

    idioms: ClassVar[Collection[str]] = ()

    def say(self, word: str, *operands: Operand, **settings: Any) -> Term:
        """A word or an idiom of operands, of which at least one is a term."""
        first = operands[0]
        if word in REDUCING and not settings["axes"] and isinstance(first, Term):
            # Along no axis each entry is its own sum, mean and largest.
            return first
        if word in WORDS:
            return self.write(word, operands, settings, _shape(word, operands, settings))
        if word in self.idioms:
            assert isinstance(first, Term)
            shape = (*first.shape[:-1], *_size(operands[1])[-1:]) if word == "linear" else first.shape
            return self.write(word, operands, settings, shape)
        return IDIOMS[word](self, *operands, **settings)

    def write(self, word: str, operands: Sequence[Operand], settings: Mapping[str, Any], shape: Shape) -> Term:
        """The term of a word that has this shape."""
        raise NotImplementedError


def _size(operand: Operand) -> Shape:
    return operand.shape if isinstance(operand, Term) else ()


def _shape(word: str, operands: Sequence[Operand], settings: Mapping[str, Any]) -> Shape:
    """The shape of what a word gives."""
    shapes = [_size(each) for each in operands]
    first = shapes[0]
    if word in ("reshape", "conv1d"):
        return tuple(settings["shape"])
    if word == "matmul":
        return first[:-1] + shapes[1][1:]
    if word == "transpose":
        return first[::-1]
    if word == "concat":
        return (*first[:-1], sum(int(shape[-1]) for shape in shapes))
    if word in REDUCING:
        axes, keep = settings["axes"], settings["keep"]
        return tuple(1 if at in axes else size for at, size in enumerate(first) if keep or at not in axes)
    out: Shape = ()
    for shape in shapes:
        out = broadcast(out, shape)
    return out


def _linear(s: Speller, x: Operand, weight: Operand, bias: Operand | None = None) -> Term:
    y = s.say("matmul", x, weight)
    return y if bias is None else s.say("add", y, bias)


def _relu(s: Speller, x: Operand) -> Term:
    return s.say("maximum", x, 0.0)


def _leaky_relu(s: Speller, x: Operand, *, slope: float) -> Term:
    return s.say("where", s.say("greater", x, 0.0), x, s.say("multiply", x, slope))


def _sigmoid(s: Speller, x: Operand) -> Term:
    """By tanh, which does not overflow: σ(x) = (1 + tanh(x/2))/2."""
    return s.say("add", s.say("multiply", s.say("tanh", s.say("multiply", x, 0.5)), 0.5), 0.5)


def _elu(s: Speller, x: Operand, *, alpha: float) -> Term:
    below = s.say("subtract", s.say("exp", s.say("minimum", x, 0.0)), 1.0)
    return s.say("where", s.say("greater", x, 0.0), x, s.say("multiply", below, alpha))


def _gelu(s: Speller, x: Operand) -> Term:
    chance = s.say("add", s.say("erf", s.say("multiply", x, ROOT_HALF)), 1.0)
    return s.say("multiply", s.say("multiply", x, 0.5), chance)


def _softplus(s: Speller, x: Operand) -> Term:
    """ln(1 + e^x) = max(x, 0) + ln(1 + e^−|x|), without overflow."""
    small = s.say("exp", s.say("negate", s.say("abs", x)))
    return s.say("add", s.say("maximum", x, 0.0), s.say("log", s.say("add", small, 1.0)))


def _silu(s: Speller, x: Operand) -> Term:
    return s.say("multiply", x, s.say("sigmoid", x))


def _mish(s: Speller, x: Operand) -> Term:
    return s.say("multiply", x, s.say("tanh", s.say("softplus", x)))


def _shifted(s: Speller, x: Operand) -> tuple[Term, Term]:
    """x less the largest of its row, and the sums of the exponentials of that."""
    axes = (len(_size(x)) - 1,)
    shifted = s.say("subtract", x, s.say("max", x, axes=axes, keep=True))
    return shifted, s.say("sum", s.say("exp", shifted), axes=axes, keep=True)


def _softmax(s: Speller, x: Operand) -> Term:
    shifted, total = _shifted(s, x)
    return s.say("divide", s.say("exp", shifted), total)


def _log_softmax(s: Speller, x: Operand) -> Term:
    shifted, total = _shifted(s, x)
    return s.say("subtract", shifted, s.say("log", total))


def _dropout(s: Speller, x: Term, *, rate: float) -> Term:
    """After training it passes all on; a format whose networks are trained on may say it."""
    return x


def _scaled(s: Speller, centred: Term, variance: Operand, weight: Operand, bias: Operand, epsilon: float) -> Term:
    spread = s.say("sqrt", s.say("add", variance, epsilon))
    return s.say("add", s.say("multiply", s.say("divide", centred, spread), weight), bias)


def _batch_norm(
    s: Speller, x: Operand, weight: Operand, bias: Operand, mean: Operand, variance: Operand, *, epsilon: float
) -> Term:
    return _scaled(s, s.say("subtract", x, mean), variance, weight, bias, epsilon)


def _layer_norm(s: Speller, x: Operand, weight: Operand, bias: Operand, *, epsilon: float) -> Term:
    axes = (len(_size(x)) - 1,)
    centred = s.say("subtract", x, s.say("mean", x, axes=axes, keep=True))
    variance = s.say("mean", s.say("multiply", centred, centred), axes=axes, keep=True)
    return _scaled(s, centred, variance, weight, bias, epsilon)


IDIOMS: dict[str, Callable[..., Term]] = {
    "linear": _linear,
    "relu": _relu,
    "leaky_relu": _leaky_relu,
    "sigmoid": _sigmoid,
    "elu": _elu,
    "gelu": _gelu,
    "softplus": _softplus,
    "silu": _silu,
    "mish": _mish,
    "softmax": _softmax,
    "log_softmax": _log_softmax,
    "dropout": _dropout,
    "batch_norm": _batch_norm,
    "layer_norm": _layer_norm,
}
"""What is made of words where a format has no word of its own; softmax and the layer norm go along the last axis, the
batch norm by its running statistics."""
