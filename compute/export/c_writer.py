"""Words and idioms of ``compute.spelling`` as C99 for one row: loops over buffers in one block of memory.

A buffer's place in the block is free again after its last use, so that the block is as large as the network needs at
once and no larger.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from compute.export.source_text import Names
from compute.export.writer import Array, Beyond, Writer
from compute.shapes import BATCH, Shape, concrete
from compute.spelling import REDUCING, WORDS, Operand, Term

INT8 = "int8"
_UNARY = {
    "negate": "-({0})",
    **{word: f"{word}f({{0}})" for word in ("sqrt", "exp", "log", "sin", "cos", "tanh", "erf")},
    "abs": "fabsf({0})",
    **{word: f"{word}({{0}})" for word in ("relu", "sigmoid", "gelu", "softplus", "silu", "mish")},
    "leaky_relu": "({0} > 0.0f ? {0} : {slope} * {0})",
    "elu": "({0} > 0.0f ? {0} : {alpha} * expm1f({0}))",
}
_BROADCAST = {
    "add": "{0} + {1}",
    "subtract": "{0} - {1}",
    "multiply": "{0} * {1}",
    "divide": "{0} / {1}",
    "power": "powf({0}, {1})",
    "maximum": "larger({0}, {1})",
    "minimum": "smaller({0}, {1})",
    "less": "(float)({0} < {1})",
    "greater": "(float)({0} > {1})",
    "where": "({0} != 0.0f ? {1} : {2})",
}
_ROWWISE = ("softmax", "log_softmax")
_ROWS_MEET = (
    "C answers one row at a time, and rows meet here; export to .onnx or .py, which take many, or leave the node out"
)
_HERE = re.compile(r"@(\d+)@")


@dataclass(slots=True)
class _Buffer:
    """name: in the file; size: numbers; given: whether the caller's, an input."""

    name: str
    size: int
    given: bool = False
    named: bool = False


class CWriter(Writer):
    """Collects statements for one row. A term's text is ``@7@`` for a buffer, and the name of fixed numbers.

    numbers: "float32", or "int8" for the weights of dense layers, a scale for each column.
    """

    idioms: ClassVar[Collection[str]] = (*(name for name in _UNARY if name not in WORDS), "linear", *_ROWWISE)

    def __init__(self, names: Names, numbers: str = "float32") -> None:
        self.names, self.numbers = names, numbers
        self.used: set[str] = set()
        self.arrays: dict[str, Array] = {}
        """What is written as float32, by its name there."""
        self.small: dict[str, Array] = {}
        """Weights that are written as int8, by their name there."""
        self.statements: list[str] = []
        self._buffers: list[_Buffer] = []

    # -- what it is fed with ---------------------------------------------------------------------------------

    def data(self, node_id: str, shape: Shape) -> Term:
        return self._buffer(self._one_row(shape), self.names.of(node_id), given=True)

    def array(self, name: str, value: Array) -> Term:
        self.arrays[self.names.of(name)] = np.asarray(value, np.float32)
        return Term(self.names.of(name), value.shape)

    def node(self, node_id: str, term: Term) -> Term:
        found = _HERE.fullmatch(term.text)
        if found is not None and not (buffer := self._buffers[int(found[1])]).named:
            buffer.name, buffer.named = self.names.of(node_id), True
        return term

    # -- words -----------------------------------------------------------------------------------------------

    def write(self, word: str, operands: Sequence[Operand], settings: Mapping[str, Any], shape: Shape) -> Term:
        self._alone(word, operands, settings, shape)
        x = operands[0]
        self.used.add(word)
        if word == "reshape":
            assert isinstance(x, Term)
            return Term(x.text, shape)
        out = self._buffer(self._one_row(shape))
        sizes = concrete(shape, 1)
        if word in _UNARY:
            said = {name: _number(value) for name, value in settings.items()}
            self._loop(out, sizes, _UNARY[word].format("{0}", **said), operands)
        elif word in _BROADCAST:
            self._loop(out, sizes, _BROADCAST[word], operands)
        else:
            assert isinstance(x, Term)
            getattr(self, f"_{'reduce' if word in REDUCING else 'rowwise' if word in _ROWWISE else word}")(
                word, out, operands, settings
            )
        return out

    def _loop(self, out: Term, sizes: tuple[int, ...], value: str, operands: Sequence[Operand]) -> None:
        """Entry by entry, each operand broadcast."""
        same = all(not isinstance(one, Term) or _size(one) in (1, math.prod(sizes)) for one in operands)
        if same:
            texts = [_entry(one, "0" if isinstance(one, Term) and _size(one) == 1 else "i") for one in operands]
            self.statements.append(_for("i", math.prod(sizes), f"{out.text}[i] = {value.format(*texts)};"))
            return
        axes = [f"i{axis}" for axis in range(len(sizes))]
        texts = [_entry(one, _index(concrete(one.shape, 1), axes) if isinstance(one, Term) else "") for one in operands]
        body = f"{out.text}[{_index(sizes, axes)}] = {value.format(*texts)};"
        for axis, size in reversed(list(zip(axes, sizes, strict=True))):
            body = _for(axis, size, body)
        self.statements.append(body)

    def _linear(self, word: str, out: Term, operands: Sequence[Operand], settings: Mapping[str, Any]) -> None:
        x, weight, *bias = operands
        assert isinstance(x, Term)
        assert isinstance(weight, Term)
        inside, outside = (int(size) for size in weight.shape if size != BATCH)
        added = bias[0].text if bias and isinstance(bias[0], Term) else "NULL"
        if self.numbers == INT8 and weight.text in self.arrays and inside and outside:
            value = self.arrays.pop(weight.text)
            top = np.abs(value).max(axis=0)
            scale = np.where(top > 0, top / 127.0, 1.0).astype(np.float32)
            self.small[weight.text] = np.rint(value / scale).astype(np.int8)
            self.arrays[f"{weight.text}_scale"] = scale
        kind = "linear"
        texts = [x.text, weight.text]
        if weight.text in self.small:
            kind = "linear_int8"
            texts.append(f"{weight.text}_scale")
        self.used.add(kind)
        rows = _size(x) // max(inside, 1)
        y = out.text
        if rows > 1:
            # A matrix that does not come from rows of data.
            texts[0], y = f"{x.text} + i * {inside}", f"{y} + i * {outside}"
        call = f"{kind}({', '.join(texts)}, {added}, {y}, {inside}, {outside});"
        self.statements.append(call if rows == 1 else _for("i", rows, call))

    def _rowwise(self, word: str, out: Term, operands: Sequence[Operand], settings: Mapping[str, Any]) -> None:
        x = operands[0]
        assert isinstance(x, Term)
        width = concrete(x.shape, 1)[-1]
        self.statements.append(f"{word}({x.text}, {out.text}, {_size(x) // max(width, 1)}, {width});")

    def _matmul(self, word: str, out: Term, operands: Sequence[Operand], settings: Mapping[str, Any]) -> None:
        a, b = operands
        assert isinstance(a, Term)
        assert isinstance(b, Term)
        left, right = concrete(a.shape, 1), concrete(b.shape, 1)
        rows, inner = (left if len(left) == 2 else (1, left[0])) if left else (1, 1)
        self.statements.append(f"{word}({a.text}, {b.text}, {out.text}, {rows}, {inner}, {math.prod(right[1:])});")

    def _transpose(self, word: str, out: Term, operands: Sequence[Operand], settings: Mapping[str, Any]) -> None:
        x = operands[0]
        assert isinstance(x, Term)
        rows, columns = concrete(x.shape, 1)
        body = _for("j", columns, f"{out.text}[j * {rows} + i] = {x.text}[i * {columns} + j];")
        self.statements.append(_for("i", rows, body))

    def _concat(self, word: str, out: Term, operands: Sequence[Operand], settings: Mapping[str, Any]) -> None:
        a, b = operands
        assert isinstance(a, Term)
        assert isinstance(b, Term)
        left, right = concrete(a.shape, 1)[-1], concrete(b.shape, 1)[-1]
        rows = _size(a) // left if left else 1
        row = f"{out.text}[i * {left + right}"
        lines = [_for("j", left, f"{row} + j] = {a.text}[i * {left} + j];"),
                 _for("j", right, f"{row} + {left} + j] = {b.text}[i * {right} + j];")]  # fmt: skip
        self.statements.append(_for("i", rows, "\n".join(lines)))

    def _conv1d(self, word: str, out: Term, operands: Sequence[Operand], settings: Mapping[str, Any]) -> None:
        x, weight = operands
        assert isinstance(x, Term)
        assert isinstance(weight, Term)
        steps, channels = concrete(x.shape, 1)[1:]
        last = concrete(out.shape, 1)[1]
        size, _, filters = weight.shape
        numbers = (steps, channels, size, filters, settings["stride"], settings["before"], last)
        self.statements.append(f"conv1d({x.text}, {weight.text}, {out.text}, {', '.join(map(str, numbers))});")

    def _reduce(self, word: str, out: Term, operands: Sequence[Operand], settings: Mapping[str, Any]) -> None:
        x = operands[0]
        assert isinstance(x, Term)
        sizes, gone = concrete(x.shape, 1), settings["axes"]
        axes = [f"i{axis}" for axis in range(len(sizes))]
        kept = [axis for axis in range(len(sizes)) if axis not in gone]
        place = _index(tuple(sizes[axis] for axis in kept), [axes[axis] for axis in kept])
        entry, count = f"{x.text}[{_index(sizes, axes)}]", math.prod(sizes[axis] for axis in gone)
        target = f"{out.text}[{place}]"
        body = f"total = larger(total, {entry});" if word == "max" else f"total += {entry};"
        for axis in sorted(gone, reverse=True):
            body = _for(axes[axis], sizes[axis], body)
        start, end = ("-INFINITY" if word == "max" else "0.0f"), (f"total / {count}.0f" if word == "mean" else "total")
        body = f"{{\n    float total = {start};\n{_inside(body)}\n    {target} = {end};\n}}"
        for axis in reversed(kept):
            body = _for(axes[axis], sizes[axis], body)
        self.statements.append(body)

    # -- rows and memory -------------------------------------------------------------------------------------

    def _alone(self, word: str, operands: Sequence[Operand], settings: Mapping[str, Any], shape: Shape) -> None:
        """Errors: Beyond where rows meet, since the program answers one row at a time."""
        x = operands[0]
        from_rows = [one for one in operands if isinstance(one, Term) and BATCH in one.shape]
        meet = BATCH in shape[1:] or (from_rows and BATCH not in shape)
        meet = meet or (word == "matmul" and isinstance(operands[1], Term) and BATCH in operands[1].shape)
        if word in REDUCING and isinstance(x, Term) and BATCH in x.shape:
            meet = meet or x.shape.index(BATCH) in settings["axes"]
        if meet:
            raise Beyond(_ROWS_MEET)

    def _one_row(self, shape: Shape) -> Shape:
        if BATCH in shape[1:]:
            raise Beyond(_ROWS_MEET)
        return shape

    def _buffer(self, shape: Shape, name: str = "", *, given: bool = False) -> Term:
        number = len(self._buffers)
        name = name or self.names.of(f"\0t{number}")
        self._buffers.append(_Buffer(name, math.prod(concrete(shape, 1)), given, given))
        return Term(f"@{number}@", shape)

    def placed(self, kept: Collection[str]) -> tuple[list[str], list[str], int]:
        """The declarations of buffers, the statements with names in them, and the numbers in the block of memory.

        kept: texts of terms that are read after the last statement.
        """
        last = {int(number): at for at, text in enumerate(self.statements) for number in _HERE.findall(text)}
        first: dict[int, int] = {}
        for at, text in enumerate(self.statements):
            for number in _HERE.findall(text):
                first.setdefault(int(number), at)
        last |= {int(found[1]): len(self.statements) for text in kept if (found := _HERE.fullmatch(text))}
        held: list[tuple[int, int, int]] = []  # (place, size, last use)
        places: dict[int, int] = {}
        for number in sorted(first, key=first.__getitem__):
            buffer = self._buffers[number]
            if buffer.given:
                continue
            held = sorted(one for one in held if one[2] >= first[number])
            place = 0
            for other, size, _ in held:
                if place + buffer.size <= other:
                    break
                place = max(place, other + size)
            places[number] = place
            held.append((place, buffer.size, last[number]))
        total = max((place + self._buffers[number].size for number, place in places.items()), default=0)
        declared = [f"float *const {self._buffers[n].name} = memory + {place};" for n, place in places.items()]
        return declared, [self.text(one) for one in self.statements], total

    def text(self, statement: str) -> str:
        """A statement with the names of its buffers."""
        return _HERE.sub(lambda found: self._buffers[int(found[1])].name, statement)


def _number(value: float) -> str:
    value = float(np.float32(value))
    if math.isnan(value):
        return "NAN"
    if math.isinf(value):
        return "INFINITY" if value > 0 else "(-INFINITY)"
    return f"({value!r}f)" if value < 0 else f"{value!r}f"


def _size(term: Term) -> int:
    return math.prod(concrete(term.shape, 1))


def _entry(operand: Operand, index: str) -> str:
    return f"{operand.text}[{index}]" if isinstance(operand, Term) else _number(operand)


def _index(sizes: tuple[int, ...], axes: Sequence[str]) -> str:
    """Where an entry lies, by the indices of axes of which there may be more in front; size 1 counts nothing."""
    parts, stride = [], 1
    for size, axis in zip(reversed(sizes), reversed(list(axes)), strict=False):
        if size != 1:
            parts.append(axis if stride == 1 else f"{axis} * {stride}")
        stride *= size
    return " + ".join(reversed(parts)) or "0"


def _for(index: str, count: int, body: str) -> str:
    return f"for (int {index} = 0; {index} < {count}; ++{index}) {{\n{_inside(body)}\n}}"


def _inside(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.splitlines())
