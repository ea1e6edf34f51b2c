"""What a node looks like before any number is known: title, ports, kind of content, and its size.

Everything follows from the op's declaration and the shapes, so a new op has its face without a line here.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any, Literal, NamedTuple

import numpy as np
from PySide6.QtCore import QPointF

from compute.analysis import Analysis
from compute.explain.broadcasting import on_wire, singular
from compute.graph import Node, columns_of
from compute.numbers_text import short
from compute.ops import find
from compute.ops.base import Elementwise, Op
from compute.shapes import Shape, shape_text
from compute.tensor_view import TensorView
from editor.canvas.ink import fonts

HEADER = 30.0
FIRST_ROW = 50.0
"""Middle of the first port row: the same in every node, so that nodes set level have level wires."""
ROW = 24.0
PADDING = 12.0
LINE = 17.0
MOST_ROWS, MOST_COLUMNS = 4, 4
MOST_WEIGHT_ROWS = 6
CELL_HEIGHT = 17.0
CELL_GAP = 10.0
LONGEST_NUMBER = 7
"""The characters that a number in a table may have: ``−0.0369``."""
MOST_TITLE, LEAST_NAME = 220.0, 70.0
"""How wide title and name may be together, and what the name has at least; the tip has them whole."""

Kind = Literal["columns", "weights", "function", "bars", "number", "table", "entries", "map", "text"]


class Face(NamedTuple):
    """A node's title bar, lines of text, ports and size (scene units, from its top left corner).

    title, name: "Dense" and "h"; corner: short shape; kind: what the body shows below (or beside) the lines;
    ports: input names from the top; body: (x, y, width, height) of the live content; collapsed: the header is all.
    """

    title: str
    name: str
    corner: str
    group: str
    kind: Kind
    lines: tuple[str, ...]
    ports: tuple[str, ...]
    labelled: bool
    known: bool
    width: float
    height: float
    body: tuple[float, float, float, float]
    collapsed: bool = False
    said: tuple[str, ...] = ()
    """What stands at the ports: their names, with what a number that arrives there is used for."""

    def input(self, index: int, x: float = 0.0, y: float = 0.0) -> QPointF:
        """Where the port with this index is, of a node with this corner."""
        if self.collapsed:
            return QPointF(x, y + HEADER * (index + 1) / (max(len(self.ports), index + 1) + 1))
        return QPointF(x, y + FIRST_ROW + index * ROW)

    def output(self, x: float = 0.0, y: float = 0.0) -> QPointF:
        """Where the output is."""
        return QPointF(x + self.width, y + (HEADER / 2 if self.collapsed else FIRST_ROW))

    @property
    def reach(self) -> float:
        """How far above and below a port the pointer still means it."""
        return HEADER / (len(self.ports) + 1) / 2 if self.collapsed else ROW / 2


def face(node: Node, analysis: Analysis, wired: tuple[str, ...] = ()) -> Face:
    """The face of a node. ``wired``: the ports that wires feed, which is all that is known of an unknown op."""
    shown = _whole(node, analysis, wired)
    if not node.collapsed and node.off != "bypass":
        return shown
    empty = shown._replace(lines=(), kind="text", body=(0.0, 0.0, 0.0, 0.0))
    return empty._replace(height=HEADER, collapsed=True) if node.collapsed else empty


def _whole(node: Node, analysis: Analysis, wired: tuple[str, ...]) -> Face:
    """The face of a node that is not collapsed."""
    op = find(node.op)
    if op is None:
        return _sized(node.op, _name(node, None), "", "", "text", ("unknown op",), wired, False, node.op)
    shape = analysis.shapes.get(node.id)
    inputs = [analysis.shapes[s] for s in analysis.sources.get(node.id, ()) if s in analysis.shapes]
    kind, lines = _content(node, op, analysis, shape)
    corner = _state(node, analysis) or _corner(op, inputs, shape)
    if kind == "entries":
        shape = _table_of(_weights(node, analysis))
    digits, said = _digits(node, kind), tuple(_said(op, analysis, node.id, port) for port in op.ports)
    look = op.group, kind, lines, op.ports, True, node.op
    return _sized(op.title, _name(node, op), corner, *look, shape, digits, said)


def _said(op: Op, analysis: Analysis, node_id: str, port: str) -> str:
    """A port with what each number that arrives is used for, where that is more than one entry: ``b, each row``."""
    sources = dict(zip(op.ports, analysis.sources.get(node_id, ()), strict=False))
    what = on_wire(op, analysis.shapes.get(sources.get(port, "")), analysis.shapes.get(node_id))
    return f"{port}, each {singular(what)}" if what else port


def _name(node: Node, op: Op | None) -> str:
    plain = node.label.lower()
    if op is not None and plain in (op.name, op.title.lower(), op.group):
        return ""
    return node.label


def _state(node: Node, analysis: Analysis) -> str:
    """What stands in the corner of a node that is not computed as its op says."""
    if node.off == "mute":
        return "muted"
    if node.id in analysis.off:
        return "off"
    return "bypassed" if node.off == "bypass" else ""


def _corner(op: Op, inputs: list[Shape], shape: Shape | None) -> str:
    if shape is None:
        return ""
    if op.group == "layer" and len(inputs) == 1 and inputs[0] and shape:
        return f"{inputs[0][-1]}→{shape[-1]}"
    return shape_text(shape) if shape else ""


def _content(node: Node, op: Op, analysis: Analysis, shape: Shape | None) -> tuple[Kind, tuple[str, ...]]:
    weights = _weights(node, analysis) if op.group == "layer" else []
    if op.is_data:
        return "columns", _columns(node)
    if op.group == "layer" and _table_of(weights):
        return "entries", ("  ".join(f"{_letter(suffix)} {shape_text(size)}" for suffix, size in weights),)
    if op.group == "layer":
        count = sum(math.prod(size) for _, size in weights)
        shapes = "  ".join(f"{_letter(suffix)} {shape_text(size) or '1'}" for suffix, size in weights)
        return "weights", (shapes, "1 weight" if count == 1 else f"{count:,} weights") if weights else (
            _settings(node, op),
        )
    if shape is not None and op.group == "activation" and _is_small_matrix(shape):
        return "table", ()  # where its numbers can be read, they say more than its curve
    if isinstance(op, Elementwise) and len(op.ports) == 1:
        return "function", ()
    if op.group == "activation":
        return "bars", ()
    if shape is not None and (not shape or all(n == 1 for n in shape)):
        return "number", ()
    if shape is None:
        return ("number" if op.role == "loss" or not op.ports else "table"), ()
    return ("table" if _is_small(shape) else "map"), ()


def _is_small(shape: Shape) -> bool:
    """Whether all numbers of a shape can be read one by one."""
    rows, columns = _grid(shape)
    return "B" not in shape and rows <= MOST_ROWS and columns <= MOST_COLUMNS


def _is_small_matrix(shape: Shape) -> bool:
    return len(shape) == 2 and math.prod(n for n in shape if n != "B") > 1 and _is_small(shape)


def _weights(node: Node, analysis: Analysis) -> list[tuple[str, tuple[int, ...]]]:
    """Suffix and shape of each weight of a node."""
    parameters = analysis.parameters
    return [(suffix, parameters[name][1].shape) for suffix, name in analysis.weights_of(node.id).items()]


def _table_of(weights: list[tuple[str, tuple[int, ...]]]) -> tuple[int, ...]:
    """(rows, columns) of all weights of a layer one below the other, if they are few enough to be read; else ()."""
    columns = {size[-1] for _, size in weights if size}
    rows = sum(math.prod(size[:-1]) for _, size in weights)
    readable = len(columns) == 1 and rows <= MOST_WEIGHT_ROWS and max(columns) <= MOST_COLUMNS
    return (rows, *columns) if readable else ()


def _letter(suffix: str) -> str:
    return {"weight": "W", "bias": "b"}.get(suffix, suffix)


def _settings(node: Node, op: Op) -> str:
    """How large a layer is, which its first setting says: ``8 units``."""
    size = op.params[0] if op.params else None
    if size is None or size.kind != "int":
        return ""
    count = node.params.get(size.name, size.default)
    return f"{count} {size.name.removesuffix('s') if count == 1 else size.name}"


@lru_cache(maxsize=256)
def _grid(shape: Shape) -> tuple[int, int]:
    """Rows and columns of a shape laid out flat; the batch counts as many."""
    laid_out = TensorView.of_shape(shape, 99)
    return laid_out.rows, laid_out.columns


def _columns(node: Node) -> tuple[str, ...]:
    names = columns_of(node)
    if not names:
        return ("choose columns",)
    if sum(len(name) + 2 for name in names) <= 16:
        return (", ".join(names),)
    lines = [name if len(name) <= 18 else name[:17] + "…" for name in names[:3]]
    if len(names) == 4:
        lines.append(names[3] if len(names[3]) <= 18 else names[3][:17] + "…")
    elif len(names) > 4:
        lines.append(f"+ {len(names) - 3} more")
    return tuple(lines)


def _sized(title: str, name: str, corner: str, *rest: Any) -> Face:
    """The face, as wide as its name needs."""
    shown, title_width, header = _nameless(title, corner, *rest)
    if not name:
        return shown
    type_ = fonts()
    name = type_.cut("name", name, max(MOST_TITLE - title_width, LEAST_NAME))
    more = max(math.ceil((header + 6 + type_.width("name", name)) / 10) * 10 - shown.width, 0.0)
    left, top, wide, high = shown.body
    return shown._replace(name=name, width=shown.width + more, body=(left, top, wide + more, high))


@lru_cache(maxsize=1024)
def _nameless(
    title: str,
    corner: str,
    group: str,
    kind: Kind,
    lines: tuple[str, ...],
    ports: tuple[str, ...],
    known: bool,
    op_name: str,
    shape: Shape | None = None,
    digits: int = LONGEST_NUMBER,
    said: tuple[str, ...] = (),
) -> tuple[Face, float, float]:
    """The face of a node whose name is not shown, and how wide its title is, alone and with what else stands in the
    header; remembered, as a large graph has many that are alike."""
    type_ = fonts()
    title = type_.cut("title", title, MOST_TITLE)
    labelled = len(ports) > 1
    title_width = type_.width("title", title)
    header = title_width + 2 * PADDING
    if corner:
        header += 14 + type_.width("mono", corner)
    text = max((type_.width("mono", line) for line in lines), default=0.0) + 2 * PADDING
    labels = max((type_.width("small", p) for p in said or ports), default=0.0) if labelled else 0.0
    top = HEADER + 9
    left = PADDING
    beside = labelled and kind in ("table", "map", "number") and group != "loss"
    if labelled and not beside:
        top = FIRST_ROW + (len(ports) - 0.5) * ROW + 2
    if beside:
        left = PADDING + labels + 10
    top += len(lines) * LINE
    wide, high = _body_size(kind, shape, len(ports), digits)
    if group == "loss":
        high += LINE  # what it is the loss of
    width = max(header, text, left + wide + PADDING, 120.0)
    width = np.ceil(width / 10) * 10
    height = max(top + high + (10 if high else 8), FIRST_ROW + (len(ports) - 0.5) * ROW + 8, 80.0)
    if kind == "number":
        high = height - top - 10
    shown = Face(
        title, "", corner, group, kind, lines, ports, labelled, known,
        float(width), float(height), (left, top, float(width) - left - PADDING, high), False, said or ports,
    )  # fmt: skip
    return shown, title_width, header


def _digits(node: Node, kind: Kind) -> int:
    """How many characters the numbers in a node's table have: those of a constant are known, all others change."""
    if kind != "table" or node.op != "constant":
        return LONGEST_NUMBER
    try:
        numbers = np.asarray(node.params.get("value"), dtype=np.float64)
    except (TypeError, ValueError):  # a value that is none, and that the node says so about
        return LONGEST_NUMBER
    longest = max((len(short(x)) for x in numbers.ravel()[: MOST_ROWS * MOST_COLUMNS].tolist()), default=0)
    return min(max(longest, 4), LONGEST_NUMBER)


def _body_size(kind: Kind, shape: Shape | None, ports: int, digits: int) -> tuple[float, float]:
    if kind == "weights":
        return 96.0, 30.0
    if kind in ("function", "bars"):
        return 96.0, 52.0
    if kind == "number":
        return 84.0, 28.0
    if kind in ("table", "entries"):
        rows, columns = _grid(shape) if shape else (1, 1)
        return columns * (digits * fonts().digit + CELL_GAP), max(rows * CELL_HEIGHT, (ports - 0.5) * ROW)
    if kind == "map":
        return 84.0, 48.0
    return 0.0, 0.0
