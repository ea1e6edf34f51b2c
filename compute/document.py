"""The document: graph, data, training settings and weights; as ``.json`` or as a ``.gradwire`` archive.

Reading is strict about what this version knows (types, ids, ports by name) and keeps what it does not know, so
that a file from elsewhere survives load and save. A graph that is wrong in meaning (a cycle, a shape that does not
fit) still loads: ``compute.analysis`` says what is wrong, and the editor lets people mend it.
"""

from __future__ import annotations

import io
import json
import os
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any

import msgspec
import numpy as np
import numpy.typing as npt

from compute import tensors
from compute.errors import GradwireError
from compute.files import stamp, write_atomic
from compute.graph import Graph, Node, Wire

FORMAT, VERSION = "gradwire", 1
Weights = dict[str, npt.NDArray[np.float64]]

_JSON_NAME, _WEIGHTS_NAME = "document.json", "weights.safetensors"
# A zip can claim any size; more than this is no document.
_MOST_BYTES = 2**31
MOST = 2**53
"""Epochs, steps or rows at most: beyond this a float no longer counts by ones."""
_FARTHEST = 1e7
"""Where a node or frame may lie at most, in either direction: a canvas of any use is far smaller."""
_ESCAPED_HALF = re.compile(r"\\u[dD][89a-fA-F]")
_HALF = re.compile("[\ud800-\udfff]")
"""Half of a character that UTF-16 writes in two: JSON can spell it alone, no other text can hold it."""
# What zipfile raises for a file that is damaged or cut short.
_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError, ValueError)


@dataclass(frozen=True, slots=True)
class Training:
    """How the document is trained. ``optimizer``: its name and hyperparameters; ``loss``: a node id."""

    loss: str = ""
    optimizer: Mapping[str, Any] = field(default_factory=lambda: {"name": "adam", "learning_rate": 0.01})
    batch_size: int = 32
    epochs: int = 100
    seed: int = 0
    shuffle: bool = True
    extra: Mapping[str, Any] = field(default_factory=dict)


_Count = Annotated[int, msgspec.Meta(ge=0, le=MOST)]


class Progress(msgspec.Struct, frozen=True):
    """How far a document's weights were trained: epochs and steps done, and (epoch, loss) points of the curves."""

    epochs: _Count = 0
    steps: _Count = 0
    train: list[tuple[float, float]] = []
    validation: list[tuple[float, float]] = []


@dataclass
class Document:
    """Everything a file holds. ``path``: where it was read from or last saved (None: never), and ``stamp`` of that.

    weights: the current ones; initial: given first weights, which Reset returns to (a weight that is not among
    them starts from the seed); progress: how far the weights were trained, with the loss curves so far. What this
    version does not know is kept: ``extra`` and ``trained_extra``, fields beside the known ones; ``members``, files
    beside them in an archive.
    """

    name: str = "Untitled"
    graph: Graph = field(default_factory=Graph)
    data: Mapping[str, Any] = field(default_factory=lambda: {"source": "inline", "columns": {}})
    training: Training = field(default_factory=Training)
    weights: Weights = field(default_factory=dict)
    initial: Weights = field(default_factory=dict)
    progress: Progress | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)
    path: Path | None = None
    trained_extra: Mapping[str, Any] = field(default_factory=dict)
    members: Mapping[str, bytes] = field(default_factory=dict)
    stamp: tuple[int, int] | None = None

    @property
    def changed_on_disk(self) -> bool:
        """Whether the file is another than was read or saved here; one that is gone can be written again unasked."""
        return self.path is not None and stamp(self.path) not in (None, self.stamp)

    @property
    def folder(self) -> Path | None:
        """The folder that relative data paths start from."""
        return self.path.parent if self.path else None

    def copy(self) -> Document:
        """An independent document; nodes, wires and arrays are shared, since they are never changed in place."""
        return replace(self, graph=self.graph.copy(), weights=dict(self.weights))


class _NodeFile(msgspec.Struct):
    id: str
    op: str
    params: dict[str, Any] = {}
    position: tuple[float, float] = (0.0, 0.0)
    title: str = ""


class _WireFile(msgspec.Struct):
    source: str = msgspec.field(name="from")
    target: str = msgspec.field(name="to")
    port: str


class _FrameFile(msgspec.Struct):
    rect: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)
    title: str = ""


class _GraphFile(msgspec.Struct):
    nodes: list[dict[str, Any]] = []
    wires: list[dict[str, Any]] = []
    frames: list[dict[str, Any]] = []


class _TrainingFile(msgspec.Struct):
    loss: str = ""
    optimizer: dict[str, Any] = msgspec.field(default_factory=lambda: dict(Training().optimizer))
    batch_size: int = 32
    epochs: int = 100
    seed: int = 0
    shuffle: bool = True


class _DocumentFile(msgspec.Struct):
    format: str
    version: int
    name: str = "Untitled"
    graph: dict[str, Any] = {}
    data: dict[str, Any] = {}
    training: dict[str, Any] = {}
    weights: dict[str, Any] = {}
    initial_weights: dict[str, Any] = {}
    trained: dict[str, Any] | None = None


def _checked(struct: type[Any], raw: Any, where: str) -> tuple[Any, dict[str, Any]]:
    """The typed part of a JSON object and its unknown fields. Errors: GradwireError with the path."""
    try:
        value = msgspec.convert(raw, struct)
    except msgspec.ValidationError as error:
        text = str(error)
        reason, _, inner = text.partition(" - at `$")
        path = (where + inner.rstrip("`")).lstrip(".")
        raise GradwireError(f"{path or 'The document'}: {reason[0].lower()}{reason[1:]}.") from None
    known = {f.encode_name for f in msgspec.structs.fields(struct)}
    return value, {key: item for key, item in raw.items() if key not in known}


def from_json(raw: Any, packed: Weights | None = None) -> Document:
    """A document from decoded JSON; ``packed``: weights that come beside it and stand in for those in it.

    Errors: GradwireError with the path of what is wrong.
    """
    if not isinstance(raw, dict) or raw.get("format") != FORMAT:
        raise GradwireError('This is no Gradwire document; its first field must be "format": "gradwire".')
    version = raw.get("version")
    # Before anything else: in a newer version any other field may have another type.
    if isinstance(version, int | float) and version > VERSION:
        raise GradwireError(
            f"The document has version {version} and this program reads up to {VERSION}; update Gradwire."
        )
    file, extra = _checked(_DocumentFile, raw, "")
    graph_file, graph_extra = _checked(_GraphFile, file.graph, "graph")
    nodes, wires = [], []
    for i, item in enumerate(graph_file.nodes):
        node, more = _checked(_NodeFile, item, f"graph.nodes[{i}]")
        if not node.id:
            raise GradwireError(f"graph.nodes[{i}]: the id is empty; give every node an id of its own.")
        _check_place(node.position, f"graph.nodes[{i}].position: node {node.title or node.id}", "two")
        nodes.append(Node(node.id, node.op, node.params, node.position, node.title, more))
    _unique((node.id for node in nodes), "graph.nodes: two nodes have the id {}; rename one.")
    ids = {node.id for node in nodes}
    for i, item in enumerate(graph_file.wires):
        wire, more = _checked(_WireFile, item, f"graph.wires[{i}]")
        for end, node_id in (("from", wire.source), ("to", wire.target)):
            if node_id not in ids:
                raise GradwireError(f"graph.wires[{i}].{end}: there is no node {node_id!r}; name one of the nodes.")
        wires.append(Wire(wire.source, wire.target, wire.port, more))
    _unique(
        (f"{wire.target}.{wire.port}" for wire in wires),
        "graph.wires: two wires feed the port {}; a port takes one, so remove the other.",
    )
    for i, item in enumerate(graph_file.frames):
        frame, _ = _checked(_FrameFile, item, f"graph.frames[{i}]")
        _check_place(frame.rect, f"graph.frames[{i}].rect: frame {frame.title}".rstrip(), "four")
    graph = Graph(nodes, wires, graph_file.frames)
    graph.extra = graph_extra
    weights = _arrays("weights", file.weights) if packed is None else packed
    initial = _arrays("initial_weights", file.initial_weights)
    progress, trained_extra = (
        (None, {}) if file.trained is None else _checked(Progress, _with_faults(file.trained), "trained")
    )
    return Document(
        file.name,
        graph,
        _checked_data(file.data),
        _checked_training(file.training),
        weights,
        # Weights that were never trained are where training starts.
        initial if progress else initial or dict(weights),
        progress,
        extra,
        trained_extra=trained_extra,
    )


def _check_place(place: Iterable[float], where: str, count: str) -> None:
    if not all(abs(at) <= _FARTHEST for at in place):
        raise GradwireError(
            f"{where} lies at {', '.join(f'{at:g}' for at in place)}; "
            f"write {count} numbers from -{_FARTHEST:.0f} to {_FARTHEST:.0f}."
        )


def _unique(names: Iterable[str], sentence: str) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise GradwireError(sentence.format(name))
        seen.add(name)


def _checked_data(data: dict[str, Any]) -> dict[str, Any]:
    fraction = data.get("validation_fraction", 0.0)
    if isinstance(fraction, bool) or not isinstance(fraction, int | float) or not 0 <= fraction < 1:
        raise GradwireError("data.validation_fraction: must be a number from 0 up to, but not including, 1.")
    if not isinstance(data.get("standardize", False), bool):
        raise GradwireError("data.standardize: must be true or false.")
    return data or {"source": "inline", "columns": {}}


def _checked_training(raw: dict[str, Any]) -> Training:
    file, extra = _checked(_TrainingFile, raw, "training")
    for name, value in (("batch_size", file.batch_size), ("epochs", file.epochs)):
        if value < 1:
            raise GradwireError(f"training.{name}: must be at least 1; it is {value}.")
        if value > MOST:
            raise GradwireError(f"training.{name}: must be at most {MOST}; make it smaller.")
    if file.seed < 0:
        raise GradwireError(f"training.seed: must not be negative; it is {file.seed}.")
    return Training(file.loss, file.optimizer, file.batch_size, file.epochs, file.seed, file.shuffle, extra)


def _with_faults(value: Any) -> Any:
    """JSON with the strings of ``plain`` as the numbers that they stand for."""
    if isinstance(value, dict):
        return {key: _with_faults(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_with_faults(item) for item in value]
    return float(value) if value in ("nan", "inf", "-inf") else value


def _arrays(where: str, given: Mapping[str, Any]) -> Weights:
    found: Weights = {}
    for name, value in given.items():
        try:
            # float() also reads the strings "nan", "inf" and "-inf" that stand for what JSON lacks.
            found[name] = np.array(value, dtype=object).astype(np.float64)
        except (TypeError, ValueError) as error:
            raise GradwireError(f"{where}: {name} must be a number or a rectangular list of numbers.") from error
        except OverflowError as error:
            raise GradwireError(f"{where}: {name} holds a number beyond float64; make it smaller.") from error
    return found


def to_json(document: Document, *, weights: bool = True) -> dict[str, Any]:
    """The document as plain JSON values, unknown fields included."""
    graph, training = document.graph, document.training
    nodes: list[dict[str, Any]] = []
    for node in graph.nodes.values():
        item: dict[str, Any] = {"id": node.id, "op": node.op, "params": node.params}
        item["position"] = [round(float(v), 2) for v in node.position]
        if node.title:
            item["title"] = node.title
        nodes.append(item | dict(node.extra))
    wires = [{"from": w.source, "to": w.target, "port": w.port} | dict(w.extra) for w in graph.wires.values()]
    out: dict[str, Any] = {
        "format": FORMAT,
        "version": VERSION,
        "name": document.name,
        "graph": {"nodes": nodes, "wires": wires, "frames": list(graph.frames)} | dict(graph.extra),
        "data": document.data,
        "training": {
            "loss": training.loss,
            "optimizer": dict(training.optimizer),
            "batch_size": training.batch_size,
            "epochs": training.epochs,
            "seed": training.seed,
            "shuffle": training.shuffle,
        }
        | dict(training.extra),
    }
    if weights and document.weights:
        out["weights"] = document.weights
    if document.progress is not None:
        out["trained"] = msgspec.to_builtins(document.progress) | dict(document.trained_extra)
    if document.initial and (document.progress is not None or not _same(document.initial, document.weights)):
        out["initial_weights"] = document.initial
    # Whatever stands where: what JSON lacks would become null.
    found: dict[str, Any] = plain(out | dict(document.extra))
    return found


def _same(a: Weights, b: Weights) -> bool:
    return a.keys() == b.keys() and all(np.array_equal(a[name], b[name], equal_nan=True) for name in a)


def plain(value: Any) -> Any:
    """Arrays and tuples as lists, numbers that JSON lacks as "nan", "inf", "-inf"."""
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, np.generic):
        return plain(value.item())
    if isinstance(value, float) and not np.isfinite(value):
        return "nan" if value != value else "inf" if value > 0 else "-inf"
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value


def loads(data: bytes, name: str = "document") -> Document:
    """A document from the bytes of a file of either kind. Errors: GradwireError naming ``name`` and the place."""
    return _from_archive(data, name) if data[:2] == b"PK" else _from_text(data, name)


def _from_text(data: bytes, name: str, packed: Weights | None = None) -> Document:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise GradwireError(f"{name}: this is neither a JSON text nor a .gradwire archive.") from None
    try:
        raw = json.loads(text)
        broken = next(_halves(raw), None) if _ESCAPED_HALF.search(text) else None
    except json.JSONDecodeError as error:
        raise GradwireError(
            f"{name}, line {error.lineno}, column {error.colno}: the JSON is broken ({error.msg.lower()}); mend it."
        ) from None
    except RecursionError:
        raise GradwireError(f"{name}: the JSON is nested too deeply to be a document.") from None
    except ValueError:
        # The one thing besides broken JSON that is refused: a whole number of thousands of digits.
        longest = max(re.finditer(r"\d+", text), key=lambda digits: len(digits[0]))
        line, column = text.count("\n", 0, longest.start()) + 1, longest.start() - text.rfind("\n", 0, longest.start())
        raise GradwireError(
            f"{name}, line {line}, column {column}: a number of {len(longest[0])} digits is too long; shorten it."
        ) from None
    if broken is not None:
        raise GradwireError(
            f"{name}: {broken} holds half of a character, which no text can; write the character whole."
        )
    try:
        return from_json(raw, packed)
    except GradwireError as error:
        raise GradwireError(f"{name}: {error}") from None


def _halves(value: Any, place: str = "") -> Iterator[str]:
    """Where in decoded JSON a text or a field's name holds half of a character."""
    if isinstance(value, str):
        if _HALF.search(value):
            yield place or "the text"
    elif isinstance(value, dict):
        for key, item in value.items():
            if _HALF.search(key):
                yield f"the name of a field in {place or 'the document'}"
            yield from _halves(item, f"{place}.{key}".lstrip("."))
    elif isinstance(value, list):
        for at, item in enumerate(value):
            yield from _halves(item, f"{place}[{at}]")


def _from_archive(data: bytes, name: str) -> Document:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = {info.filename: info.file_size for info in archive.infolist()}
            if _JSON_NAME not in entries:
                raise GradwireError(f"{name}: the archive holds no {_JSON_NAME}, so it is no Gradwire document.")
            if sum(entries.values()) > _MOST_BYTES:
                raise GradwireError(f"{name}: the archive unpacks to more than 2 GiB, so it is no Gradwire document.")
            members = {entry: archive.read(entry) for entry in entries}
    except _DAMAGE as error:
        raise GradwireError(
            f"{name}: the archive is damaged or cut short ({error}); open an earlier copy of the file."
        ) from error
    text, weights = members.pop(_JSON_NAME), members.pop(_WEIGHTS_NAME, None)
    packed = None if weights is None else tensors.unpack(weights, f"{name}/{_WEIGHTS_NAME}")
    document = _from_text(text, f"{name}/{_JSON_NAME}", packed)
    document.members = members
    return document


def load(path: str | Path) -> Document:
    """A document from a ``.json`` or ``.gradwire`` file. Errors: GradwireError."""
    path = Path(path)
    # Before it is read: what is written meanwhile shall count as a change.
    found = stamp(path)
    try:
        data = path.read_bytes()
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise GradwireError(f"{path}: the document cannot be read ({reason}); check its name and place.") from error
    document = loads(data, path.name)
    document.path, document.stamp = path.resolve(), found
    return document


def save(document: Document, path: str | Path) -> None:
    """Write the document, whole or not at all; the suffix chooses the kind. Errors: GradwireError.

    A relative data path is rewritten when the document moves to another folder, so that it still leads there.
    """
    path = Path(path)
    if path.suffix.lower() not in (".json", ".gradwire"):
        raise GradwireError(f"{path.name}: a document is a .json or .gradwire file; choose one of these endings.")
    moved = replace(document, data=_moved_data(document, path))
    write_atomic(path, dumps(moved, archive=path.suffix.lower() == ".gradwire"))
    document.data, document.path, document.stamp = moved.data, path.resolve(), stamp(path)


def _moved_data(document: Document, path: Path) -> Mapping[str, Any]:
    written = document.data.get("path")
    if not isinstance(written, str) or Path(written).is_absolute() or document.folder is None:
        return document.data
    target, folder = (document.folder / written).resolve(), path.resolve().parent
    if document.folder == folder:
        return document.data
    try:
        # With / between folders, which every system reads.
        moved = Path(os.path.relpath(target, folder)).as_posix()
    except ValueError:  # Another drive: no relative path leads there.
        moved = str(target)
    return {**document.data, "path": moved}


def dumps(document: Document, *, archive: bool) -> bytes:
    """The bytes of the file."""
    try:
        text = msgspec.json.format(msgspec.json.encode(to_json(document, weights=not archive)), indent=1)
    except RecursionError:
        raise GradwireError(f"{document.name}: the document is nested too deeply to be saved.") from None
    if not archive:
        return text + b"\n"
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr(_JSON_NAME, text)
        file.writestr(_WEIGHTS_NAME, tensors.pack(document.weights))
        for name, content in document.members.items():
            file.writestr(name, content)
    return buffer.getvalue()
