"""Documents as files: ``.json``, or a ``.gradwire`` archive of ``document.json`` and ``weights.safetensors``."""

from __future__ import annotations

import io
import json
import os
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from compute import budget, tensors
from compute.data import find_source
from compute.document.model import Document, Weights
from compute.document.reading import check_depth, from_json
from compute.document.runs import Runs
from compute.document.runs_file import is_state, pack_state, packed, unpack_state, unpacked
from compute.document.text import count, pieces
from compute.document.trained import BestArrays
from compute.document.writing import DataText, to_json
from compute.errors import GradwireError
from compute.files import read_regular, stamp, write_atomic
from compute.numbers_text import size_text

ENDINGS = (".gradwire", ".json")
"""Of the files that are documents."""
_JSON_NAME, _WEIGHTS_NAME = "document.json", "weights.safetensors"
_STATE_NAME = "optimizer_state.safetensors"
"""What the optimizer remembers, by ``weight/name``."""
_BEST_NAME = "best.safetensors"
"""The weights of the best moment, and what the optimizer remembered then."""
_TENSORS = (_WEIGHTS_NAME, _STATE_NAME, _BEST_NAME)
_MEMORY = {_JSON_NAME: 12, _WEIGHTS_NAME: 4, _STATE_NAME: 4, _BEST_NAME: 4}
"""Bytes of memory for a byte of a file: lists of numbers are larger in memory than in JSON, and weights are in float64
beside what they are read from."""
_UNSUSPECTED, _DENSEST = 64 * 10**6, 100
"""A file of so many bytes is unpacked in any case; of a larger one, this many times the bytes that it is packed in."""
Told = Callable[[float], None]
_LONGEST_NAME = 1000
_PIECE = 2**20
_ESCAPED_HALF = re.compile(r"\\u[dD][89a-fA-F]")
_HALF = re.compile("[\ud800-\udfff]")
"""Half of a character that UTF-16 writes in two: JSON can spell it alone, no other text can hold it."""
# What zipfile raises for a file that is damaged or cut short.
_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
    OSError,
    ValueError,
    LookupError,
)


def loads(data: bytes, name: str = "document") -> Document:
    """A document from the bytes of a file of either kind. Errors: GradwireError naming ``name`` and the place."""
    return _from_archive(data, name) if data[:2] == b"PK" else _from_text(data, name)


def _from_text(data: bytes, name: str, packed: Weights | None = None, best: BestArrays | None = None) -> Document:
    budget.require(_MEMORY[_JSON_NAME] * len(data), f"{name}: reading the JSON", "open it on a larger machine")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise GradwireError(f"{name}: this is neither a JSON text nor a .gradwire archive.") from None
    try:
        raw = json.loads(text, parse_float=_number)
    except json.JSONDecodeError as error:
        raise GradwireError(
            f"{name}, line {error.lineno}, column {error.colno}: the JSON is broken ({error.msg.lower()}); mend it."
        ) from None
    except RecursionError:
        raise GradwireError(f"{name}: the JSON is nested too deeply to be a document; flatten it.") from None
    except ValueError:
        # The one thing besides broken JSON that is refused: a whole number of thousands of digits.
        longest = max(re.finditer(r"\d+", text), key=lambda digits: len(digits[0]))
        line, column = text.count("\n", 0, longest.start()) + 1, longest.start() - text.rfind("\n", 0, longest.start())
        raise GradwireError(
            f"{name}, line {line}, column {column}: a number of {len(longest[0])} digits is too long; shorten it."
        ) from None
    try:
        if _ESCAPED_HALF.search(text):
            check_depth(raw)
            for broken in _halves(raw):
                raise GradwireError(
                    f"{broken} holds half of a character, which no text can; write the character whole."
                )
        return from_json(raw, packed, best)
    except GradwireError as error:
        raise GradwireError(f"{name}: {error}") from None


def _number(digits: str) -> float:
    """A number of a JSON text. As it is in Python, other threads have their turn while a long text is read."""
    return float(digits)


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
            entries = {info.filename: info for info in archive.infolist()}
            if _JSON_NAME not in entries:
                raise GradwireError(f"{name}: the archive holds no {_JSON_NAME}, so it is no Gradwire document.")
            for info in entries.values():
                _check_member(info, name)
            budget.require(
                sum(_memory_of(entry) * info.file_size for entry, info in entries.items()),
                f"{name}: what the archive unpacks to",
                "open it on a larger machine",
            )
            members = {entry: _unpacked(archive, info, name) for entry, info in entries.items()}
    except _DAMAGE as error:
        raise GradwireError(
            f"{name}: the archive is damaged or cut short ({error}); open an earlier copy of the file."
        ) from error
    text, weights = members.pop(_JSON_NAME), members.pop(_WEIGHTS_NAME, None)
    given = None if weights is None else tensors.unpack(weights, f"{name}/{_WEIGHTS_NAME}")
    state, best = members.pop(_STATE_NAME, None), members.pop(_BEST_NAME, None)
    kept = None if best is None else unpack_state(tensors.unpack(best, f"{name}/{_BEST_NAME}"))
    document = _from_text(text, f"{name}/{_JSON_NAME}", given, kept)
    document.runs = unpacked(document.runs, members, name)
    document.members = members
    if state is not None and document.progress and document.progress.optimizer.name:
        arrays: dict[str, Weights] = {}
        for key, array in tensors.unpack(state, f"{name}/{_STATE_NAME}").items():
            weight, _, of = key.rpartition("/")
            arrays.setdefault(weight, {})[of] = array
        optimizer = replace(document.progress.optimizer, arrays=arrays)
        document.progress = replace(document.progress, optimizer=optimizer)
    return document


def _memory_of(entry: str) -> int:
    """Bytes of memory for a byte of a file of an archive."""
    return _MEMORY[_WEIGHTS_NAME] if is_state(entry) else _MEMORY.get(entry, 1)


def _holds_tensors(entry: str) -> bool:
    return entry in _TENSORS or is_state(entry)


def _check_member(info: zipfile.ZipInfo, name: str) -> None:
    """Errors: GradwireError where a file of an archive could not be written again, or was made to fill the memory."""
    if not 0 < len(info.filename.encode()) <= _LONGEST_NAME:
        raise GradwireError(
            f"{name}: the archive holds a file without a name or with a very long one; take it out with a zip program."
        )
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise GradwireError(f"{name}: {info.filename} is packed in a rare way; pack the archive again as a plain zip.")
    if not _holds_tensors(info.filename) and info.file_size > max(_UNSUSPECTED, _DENSEST * info.compress_size):
        raise GradwireError(
            f"{name}: {info.filename} unpacks from {size_text(info.compress_size)} to {size_text(info.file_size)}, "
            f"and more than {_DENSEST} times is refused beyond {size_text(_UNSUSPECTED)}; open an earlier copy."
        )


def _unpacked(archive: zipfile.ZipFile, info: zipfile.ZipInfo, name: str) -> bytes:
    """A file of an archive, piece by piece and so never more than the size that it claims. Errors: ``_DAMAGE``."""
    content = io.BytesIO()
    with archive.open(info) as file:
        if _holds_tensors(info.filename):
            start = file.read(8)
            header = file.read(min(int.from_bytes(start, "little"), tensors.LONGEST_HEADER))
            tensors.check_size(start, header, info.file_size, f"{name}/{info.filename}")
            content.write(start + header)
        while piece := file.read(_PIECE):
            content.write(piece)
    return content.getvalue()


def load(path: str | Path) -> Document:
    """A document from a ``.json`` or ``.gradwire`` file. Errors: GradwireError."""
    path = Path(path)
    # Before it is read: what is written meanwhile shall count as a change.
    found = stamp(path)
    try:
        needed = path.stat().st_size * (1 if read_regular(path, 2) == b"PK" else _MEMORY[_JSON_NAME])
        budget.require(needed, path.name, "open it on a larger machine")
        data = read_regular(path, budget.limit() + 1)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise GradwireError(f"{path}: the document cannot be read ({reason}); check its name and place.") from error
    document = loads(data, path.name)
    document.path, document.stamp = path.resolve(), found
    return document


def save(document: Document, path: str | Path, told: Told = lambda _share: None) -> None:
    """Write the document, whole or not at all; the suffix chooses the kind. Errors: GradwireError.

    ``told`` is called with the share that is done, 0 … 1, again and again; what it raises ends the saving.

    A relative data path is rewritten when the document moves to another folder, so that it still leads there; a whole
    path to a file in the document's folder, or below it, becomes a relative one, so that both can move together.
    """
    path = Path(path)
    if path.suffix.lower() not in ENDINGS:
        raise GradwireError(f"{path.name}: a document is a .json or .gradwire file; choose one of these endings.")
    moved = replace(document, data=_moved_data(document, path), runs=_moved_runs(document, path))
    write_atomic(path, dumps(moved, archive=path.suffix.lower() == ".gradwire", told=told))
    document.data, document.path, document.stamp = moved.data, path.resolve(), stamp(path)
    document.runs = moved.runs


def _moved_data(document: Document, path: Path) -> Mapping[str, Any]:
    source = find_source(document.data)
    written = document.data.get("path")
    if source is None or not source.has_path or not isinstance(written, str):
        return document.data
    if Path(written).is_absolute():
        with suppress(ValueError):  # elsewhere, where only the whole path leads
            return {**document.data, "path": Path(written).relative_to(path.resolve().parent).as_posix()}
        return document.data
    if document.folder is None:
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


def _moved_runs(document: Document, path: Path) -> Runs:
    """The runs with their data found from the new place too."""
    kept = (replace(run, data=_moved_data(replace(document, data=run.data), path)) for run in document.runs.kept)
    return replace(document.runs, kept=tuple(kept)) if document.runs.kept else document.runs


def dumps(
    document: Document, *, archive: bool, told: Told = lambda _share: None, quick: DataText | None = None
) -> bytes:
    """The bytes of the file; ``told`` as for ``save``.

    quick: what an earlier call had has too, for an archive that is written again and again: it is larger, and what
    became of the data is not found anew.
    """
    plain = to_json(document, weights=not archive, data=quick.written(document.data) if quick else None)
    total, parts = count(plain), []
    for i, piece in enumerate(pieces(plain)):
        parts.append(piece)
        told(i / total)
    text = b"".join(parts)
    if not archive:
        # What is saved can be opened again.
        needed = _MEMORY[_JSON_NAME] * len(text)
        budget.require(needed, f"{document.name}: opening it again as JSON", "save it as a .gradwire archive")
        return text + b"\n"
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr(_JSON_NAME, text, zipfile.ZIP_STORED if quick else _packing(text))
        told(0.0)
        # As they are: packing trained numbers makes them a tenth smaller and takes a hundred times as long.
        file.writestr(_WEIGHTS_NAME, tensors.pack(document.weights), zipfile.ZIP_STORED)
        told(0.5)
        if document.progress and document.progress.optimizer.arrays:
            arrays = document.progress.optimizer.arrays.items()
            state = {f"{weight}/{name}": array for weight, of in arrays for name, array in of.items()}
            file.writestr(_STATE_NAME, tensors.pack(state), zipfile.ZIP_STORED)
        if document.progress and document.progress.best:
            file.writestr(_BEST_NAME, pack_state(document.progress.best.state), zipfile.ZIP_STORED)
        states = packed(document.runs)
        for name, content in states.items():
            file.writestr(name, content, zipfile.ZIP_STORED)
        for name, content in document.members.items():
            if name not in states:
                file.writestr(name, content, _packing(content))
    return buffer.getvalue()


def _packing(content: bytes) -> int:
    """A large file is stored as it is: packed, it could look as if it were made to fill the memory."""
    return zipfile.ZIP_DEFLATED if len(content) <= _UNSUSPECTED else zipfile.ZIP_STORED
