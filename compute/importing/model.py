"""An ONNX file as plain data: nodes, constants, inputs and outputs, with nothing in it believed unasked."""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PureWindowsPath
from typing import Any

import numpy as np
import numpy.typing as npt

from compute import budget
from compute.errors import GradwireError
from compute.files import read_regular
from compute.importing.wire_format import check
from compute.numbers_text import size_text

Array = npt.NDArray[Any]
Dim = int | str | None
"""A size, the name of one that is free, or nothing known."""
SUBGRAPH = "(a graph)"
"""What stands for an attribute that holds a graph: control flow, which no feed-forward network has."""
ROWS = 1_000_003
"""What stands for the size of the batch where a file computes with shapes: a prime number that no size will be."""
MOST_NODES = 20_000
_MOST_AXES = 32
_LONGEST = 200
"""Letters of a name that are kept."""
_MEMORY = 3
"""Bytes of memory for a byte of a file, at the least: the bytes, what a library reads from them, and the numbers."""
_EXTERNAL = 1
# Of onnx.TensorProto.DataType: how NumPy calls it, and the field that holds it where raw_data does not.
_TYPES: Mapping[int, tuple[str, str]] = {
    1: ("<f4", "float_data"),
    2: ("u1", "int32_data"),
    3: ("i1", "int32_data"),
    4: ("<u2", "int32_data"),
    5: ("<i2", "int32_data"),
    6: ("<i4", "int32_data"),
    7: ("<i8", "int64_data"),
    9: ("?", "int32_data"),
    10: ("<f2", "int32_data"),
    11: ("<f8", "double_data"),
    12: ("<u4", "uint64_data"),
    13: ("<u8", "uint64_data"),
    16: ("bfloat16", "int32_data"),
}
_TEXT = 8


@dataclass(frozen=True, slots=True)
class Operation:
    """A node of the file."""

    op: str
    domain: str
    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: Mapping[str, Any]
    version: int
    """Of the set of operations that it is of."""


@dataclass(frozen=True, slots=True)
class Value:
    """An input, an output, or something between whose shape the file tells; dims: None where it does not."""

    name: str
    dims: tuple[Dim, ...] | None = None
    number: bool = True
    """Whether it is a tensor of broken numbers; else it holds whole ones, text or something more."""


@dataclass(frozen=True)
class Model:
    """nodes: in an order in which each comes after what feeds it; constants: by name, those that training would change
    among them; between: what the file tells of values on the way."""

    name: str
    nodes: tuple[Operation, ...]
    constants: dict[str, Array]
    inputs: tuple[Value, ...]
    outputs: tuple[Value, ...]
    between: Mapping[str, Value] = field(default_factory=dict)
    metadata: Mapping[str, str] = field(default_factory=dict)
    producer: str = ""
    still: frozenset[str] = frozenset()
    """Constants that are weights, but that the file says training leaves as they are."""


def read(data: bytes, name: str, folder: Path | None = None) -> Model:
    """The model in some bytes. ``folder``: where data that the file leaves in others may lie.

    Errors: GradwireError naming the file, and what in it is wrong.
    """
    budget.require(_MEMORY * len(data), f"{name}: reading it", "make it smaller")
    check(data, name)
    from google.protobuf.message import DecodeError
    from onnx import ModelProto

    proto = ModelProto()
    try:
        proto.ParseFromString(data)
    except (DecodeError, ValueError) as error:
        raise GradwireError(
            f"{name}: this is no ONNX model, or it is damaged or cut short; export it again."
        ) from error
    try:
        return _Reader(name, folder, _Spent(len(data))).model(proto)
    except GradwireError as error:
        text = str(error)
        raise error if text.startswith(name) else GradwireError(f"{name}: {text}") from None


class _Spent:
    """The bytes that a model takes so far."""

    def __init__(self, start: int) -> None:
        self._bytes = start

    def add(self, size: int, what: str) -> None:
        """Errors: GradwireError where that is beyond the budget."""
        self._bytes += size
        budget.require(self._bytes, what, "make the model smaller")


class _Reader:
    def __init__(self, name: str, folder: Path | None, spent: _Spent) -> None:
        self._name, self._folder, self._spent = name, folder, spent

    def model(self, proto: Any) -> Model:
        graph = proto.graph
        if not graph.node and not graph.output:
            raise GradwireError("this is no ONNX model: it has no graph; export it again")
        if len(graph.node) > MOST_NODES:
            raise GradwireError(f"it has {len(graph.node):,} nodes and {MOST_NODES:,} can be read; simplify it")
        if proto.functions:
            graph = _inlined(proto)
        opsets = {each.domain or "ai.onnx": int(each.version) for each in proto.opset_import}
        if graph.sparse_initializer:
            raise GradwireError("it holds sparse weights, which cannot be read; write them as full ones")
        constants = {_text(each.name): self.tensor(each, "weight") for each in graph.initializer}
        nodes = ordered([self._node(each, opsets) for each in graph.node], {*constants})
        inputs = tuple(value for each in graph.input if (value := _value(each)).name not in constants)
        return Model(
            _text(graph.name),
            nodes,
            constants,
            inputs,
            tuple(map(_value, graph.output)),
            {each.name: each for each in map(_value, graph.value_info)},
            {_text(each.key): str(each.value) for each in proto.metadata_props},
            _text(f"{proto.producer_name} {proto.producer_version}".strip()),
        )

    def _node(self, proto: Any, opsets: Mapping[str, int]) -> Operation:
        domain = _text(proto.domain) or "ai.onnx"
        attributes = {_text(each.name): self._attribute(each) for each in proto.attribute}
        ends = tuple(map(_text, proto.input)), tuple(map(_text, proto.output))
        return Operation(_text(proto.op_type), domain, _text(proto.name), *ends, attributes, opsets.get(domain, 1))

    def _attribute(self, proto: Any) -> Any:
        kind = proto.type
        if kind == 1:
            # As people write it: 0.01 and not 0.009999999776482582, which is the same number in the file.
            return float(str(np.float32(proto.f)))
        if kind == 2:
            return int(proto.i)
        if kind == 3:
            return proto.s.decode("utf-8", "replace")
        if kind == 4:
            return self.tensor(proto.t, "constant")
        if kind == 6:
            return np.array(proto.floats, dtype=np.float64)
        if kind == 7:
            return tuple(int(each) for each in proto.ints)
        if kind == 8:
            return tuple(each.decode("utf-8", "replace") for each in proto.strings)
        return SUBGRAPH

    def tensor(self, proto: Any, what: str) -> Array:
        """A tensor, broken numbers in float64. Errors: GradwireError naming it."""
        name = f"the {what} {_text(proto.name)}".rstrip()
        dims = [int(each) for each in proto.dims]
        count = math.prod(dims)
        if len(dims) > _MOST_AXES or any(size < 0 for size in dims) or count > 2**40:
            raise GradwireError(f"{name} has an impossible shape; export the model again")
        if proto.data_type == _TEXT:
            if len(proto.string_data) != count:
                raise _size(name, len(proto.string_data), count, "texts")
            texts = [each.decode("utf-8", "replace")[:_LONGEST] for each in proto.string_data]
            return np.array(texts, dtype=object).reshape(dims)
        kind, where = _TYPES.get(proto.data_type, ("", ""))
        if not kind:
            raise GradwireError(f"{name} is of a type that cannot be read ({proto.data_type}); export it as float32")
        width = 2 if kind == "bfloat16" else np.dtype(kind).itemsize
        self._spent.add(8 * count if kind[-2:] in ("f4", "f2", "f8", "16") else width * count, name)
        if proto.data_location == _EXTERNAL:
            raw = self._external(proto.external_data, width * count, name)
        elif proto.HasField("raw_data"):
            raw = proto.raw_data
        else:
            listed = getattr(proto, where)
            if len(listed) != count:
                raise _size(name, len(listed), count, "numbers")
            return _listed(listed, kind).reshape(dims)
        if len(raw) != width * count:
            raise _size(name, len(raw), width * count, "bytes")
        if kind == "bfloat16":
            return _brain(np.frombuffer(raw, "<u2")).reshape(dims)
        found = np.frombuffer(raw, kind).reshape(dims)
        return found.astype(np.float64) if found.dtype.kind == "f" else found.astype(found.dtype.newbyteorder("="))

    def _external(self, entries: Iterable[Any], size: int, name: str) -> bytes:
        """What lies in another file beside this one."""
        about = {str(each.key): str(each.value) for each in entries}
        written = about.get("location", "")
        parts = PureWindowsPath(written).parts  # which takes both / and \ for what is between folders
        leaves = not parts or ".." in parts or PureWindowsPath(written).anchor or "\0" in written
        if leaves:
            raise GradwireError(f"{name} lies outside of the model's folder, which is refused; put it beside the model")
        if self._folder is None:
            raise GradwireError(f"{name} lies in another file; open the model from the folder that it is in")
        folder = self._folder.resolve()
        path = folder.joinpath(*parts)
        try:
            offset, length = int(about.get("offset") or 0), int(about.get("length") or size)
        except ValueError:
            raise GradwireError(f"{name}: where it lies in its file is no number; export the model again") from None
        if length != size:
            raise _size(name, length, size, "bytes")
        try:
            if not path.resolve().is_relative_to(folder):
                raise GradwireError(
                    f"{name} lies outside of the model's folder, which is refused; put it beside the model"
                )
            read_regular(path, 0)  # which refuses devices and pipes
            there = path.stat().st_size
            if offset < 0 or offset + size > there:
                raise GradwireError(
                    f'{name} ends after {size_text(offset + size)} of "{path.name}", which has {size_text(there)}; '
                    "export the model again"
                )
            with path.open("rb") as file:
                file.seek(offset)
                return file.read(size)
        except (OSError, ValueError) as error:
            raise GradwireError(f'{name} lies in "{written}", which cannot be read; put it beside the model') from error


def _size(name: str, found: int, wanted: int, what: str) -> GradwireError:
    return GradwireError(f"{name} has {found:,} {what} and its shape wants {wanted:,}; export the model again")


def _listed(numbers: Sequence[Any], kind: str) -> Array:
    if kind in ("bfloat16", "<f2"):
        bits = np.array(numbers, dtype=np.int64).astype(np.uint16)
        return _brain(bits) if kind == "bfloat16" else bits.view(np.float16).astype(np.float64)
    broken = np.dtype(kind).kind == "f"
    found = np.array(numbers, dtype=np.float64 if broken else np.uint64 if kind == "<u8" else np.int64)
    return found if broken else found.astype(kind)


def _brain(bits: Array) -> Array:
    """bfloat16: the upper half of a float32."""
    return (bits.astype(np.uint32) << 16).view(np.float32).astype(np.float64)


def _text(text: str | bytes) -> str:
    """A name of at most so many letters; where it is no UTF-8, the library gives it as it is."""
    text = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 9]}…{zlib.crc32(text.encode(errors='replace')):08x}"


def _value(proto: Any) -> Value:
    kind = proto.type
    if not kind.HasField("tensor_type"):
        return Value(_text(proto.name), None, kind.WhichOneof("value") is None)
    tensor = kind.tensor_type
    if not tensor.HasField("shape"):
        return Value(_text(proto.name), None, tensor.elem_type in (0, 1, 10, 11, 16))
    dims: list[Dim] = []
    for each in tensor.shape.dim[:_MOST_AXES]:
        fixed = each.dim_value if each.WhichOneof("value") == "dim_value" and each.dim_value > 0 else None
        dims.append(int(fixed) if fixed is not None else _text(each.dim_param) or None)
    return Value(_text(proto.name), tuple(dims), tensor.elem_type in (0, 1, 10, 11, 16))


def ordered(nodes: Sequence[Operation], known: set[str]) -> tuple[Operation, ...]:
    """The nodes, each after what feeds it; what nothing gives counts as given. Errors: GradwireError for a cycle."""
    makes: dict[str, int] = {}
    for at, node in enumerate(nodes):
        for output in node.outputs:
            if output and makes.setdefault(output, at) != at:
                raise GradwireError(f'two nodes give the value "{output}"; export the model again')
    waiting = [len({makes[name] for name in node.inputs if name in makes and name not in known}) for node in nodes]
    readers: dict[int, set[int]] = {}
    for at, node in enumerate(nodes):
        for name in node.inputs:
            if name in makes and name not in known:
                readers.setdefault(makes[name], set()).add(at)
    ready = [at for at, count in enumerate(waiting) if not count]
    for at in ready:  # which grows
        for reader in sorted(readers.get(at, ())):
            waiting[reader] -= 1
            if not waiting[reader]:
                ready.append(reader)
    if len(ready) < len(nodes):
        stuck = next(node for at, node in enumerate(nodes) if waiting[at])
        raise GradwireError(f'the node "{stuck.name or stuck.op}" waits for its own output; a network has no loops')
    # Where the file has an order that works, which it should, that is kept.
    given = {name: at for at, node in enumerate(nodes) for name in node.outputs}
    sound = all(given.get(name, -1) < at for at, node in enumerate(nodes) for name in node.inputs)
    return tuple(nodes) if sound else tuple(nodes[at] for at in ready)


def _inlined(proto: Any) -> Any:
    """The graph with the file's own functions written out. Errors: GradwireError where they would grow too large."""
    from compute.importing.functions import inlined

    return inlined(proto, MOST_NODES)
