"""Copies of unsaved work, kept in case its process dies, and those that were left by processes that did.

There is one folder a process, which holds the file ``lock`` in it as long as it lives, and in that folder one archive a
document: the document as it would be saved, with one file more that says where it came from and how it was looked at.
"""

from __future__ import annotations

import os
import secrets
import sys
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec
from platformdirs import user_state_path

from compute.document.model import Document
from compute.document.storage import dumps, load
from compute.document.writing import DataText
from compute.errors import GradwireError
from compute.files import Hold, write_atomic
from compute.focus import Focus
from compute.graph import RecordId

_LOCK, _ABOUT, _ENDING = "lock", "recovery.json", ".gradwire"
_MOST_ABOUT = 10**6


def default_folder() -> Path:
    """Where the processes of this person have their folders."""
    return user_state_path("gradwire", appauthor=False) / "recovery"


class View(msgspec.Struct, frozen=True):
    """How a document was looked at. zoom: 1 is 100 %; x, y: the point of the scene in the middle; fitted: whether that
    was chosen so that everything is seen; selected: records; focus: the number that was asked about; sample: the row of
    the batch that was chosen."""

    zoom: float
    x: float
    y: float
    fitted: bool = False
    selected: tuple[str | tuple[str, str], ...] = ()
    focus: Focus | None = None
    sample: int = 0

    @property
    def ids(self) -> frozenset[RecordId]:
        """The selected records."""
        return frozenset(self.selected)


class About(msgspec.Struct, frozen=True):
    """What a copy tells beside the document. at: when it was made, as ``time.time``; path, stamp: of the document's own
    file, as in ``Document``."""

    title: str
    at: float
    path: str | None = None
    stamp: tuple[int, int] | None = None
    view: View | None = None

    @property
    def file(self) -> Path | None:
        """The document's own file."""
        return Path(self.path) if self.path else None


@dataclass(frozen=True)
class Lost:
    """Work of a process that is gone, which nobody else is offered as long as this process lives."""

    path: Path
    about: About
    _folder: _Folder

    def document(self) -> Document:
        """The document with its weights and curves, and its own file as it was then. Errors: GradwireError."""
        document = load(self.path)
        document.members = {name: content for name, content in document.members.items() if name != _ABOUT}
        document.path, document.stamp = self.about.file, self.about.stamp
        return document

    def remove(self) -> None:
        """It is no longer wanted, or is kept elsewhere."""
        self._folder.remove(self.path)
        if not self._folder.files():
            self._folder.close()


class Recovery:
    """The copies of this process; nothing is on the disk before the first is written. May be used on any thread."""

    def __init__(self, root: Path | None = None) -> None:
        self._root = root or default_folder()
        self._own: _Folder | None = None
        self._count = 0
        self._texts: dict[int, DataText] = {}
        self._lock = threading.Lock()

    def number(self) -> int:
        """A number for one more open document; the documents of a process stay in the order of their numbers."""
        with self._lock:
            self._count += 1
            return self._count

    def write(
        self,
        number: int,
        document: Document,
        view: View | None = None,
        told: Callable[[float], None] = lambda _share: None,
    ) -> None:
        """Put a copy in place of the one before; ``told`` as for ``save``. Errors: GradwireError; it then stays."""
        path = str(document.path) if document.path else None
        about = About(document.name, time.time(), path, document.stamp, view)
        members = {**document.members, _ABOUT: msgspec.json.encode(about)}
        with self._lock:
            text = self._texts.setdefault(number, DataText())
        data = dumps(replace(document, members=members), archive=True, told=told, quick=text)
        try:
            folder = self._folder()
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise GradwireError(f'cannot write into "{self._root}": {reason}; make that folder writable') from error
        write_atomic(folder.file(number), data)

    def remove(self, number: int) -> None:
        """The copy is no longer wanted, if there is one."""
        with self._lock:
            self._texts.pop(number, None)
            if self._own is not None:
                self._own.remove(self._own.file(number))

    def lost(self) -> list[Lost]:
        """The work of processes that are gone, the oldest first; it is offered here alone from now on."""
        found = []
        for folder in _left(self._root):
            works = [Lost(path, about, folder) for path in folder.files() if (about := _about(path)) is not None]
            found += works
            if not works:
                folder.close()
        return sorted(found, key=lambda lost: lost.about.at)

    def _folder(self) -> _Folder:
        """The folder of this process. Errors: OSError."""
        with self._lock:
            while self._own is None or not self._own.path.is_dir():
                self._root.mkdir(mode=0o700, parents=True, exist_ok=True)
                path = self._root / secrets.token_hex(8)
                path.mkdir()
                held = Hold.take(path / _LOCK)
                # Another process may have found it before it was held, and cleared it away.
                self._own = None if held is None else _Folder(path, held)
            return self._own

    def close(self) -> None:
        """This process ends in order; what is still there is what it did not save."""
        with self._lock:
            if self._own is not None:
                self._own.close()
                self._own = None


class _Folder:
    """A folder of copies that this process holds; it goes with the last of them."""

    def __init__(self, path: Path, held: Hold) -> None:
        self.path, self._held = path, held

    def file(self, number: int) -> Path:
        return self.path / f"{number}{_ENDING}"

    def files(self) -> list[Path]:
        """The copies in it, in order."""
        with suppress(OSError):
            found = [path for path in self.path.iterdir() if path.suffix == _ENDING and path.stem.isdecimal()]
            return sorted(found, key=lambda path: int(path.stem))
        return []

    def remove(self, file: Path) -> None:
        with suppress(OSError):
            file.unlink()

    def close(self) -> None:
        """Hold it no longer, and clear it away if no copy is in it."""
        if sys.platform == "win32":
            self._held.let_go()
        if not self.files():
            with suppress(OSError):
                for path in self.path.iterdir():
                    path.unlink()
                self.path.rmdir()
        self._held.let_go()


def _left(root: Path) -> Iterator[_Folder]:
    """The folders of processes that are gone, held by this one now."""
    with suppress(OSError), os.scandir(root) as entries:
        for entry in entries:
            # Where files cannot be locked nobody can tell who lives, and nothing is touched.
            with suppress(OSError):
                held = Hold.take(Path(entry.path) / _LOCK) if entry.is_dir() else None
                if held is not None:
                    yield _Folder(Path(entry.path), held)


def _about(path: Path) -> About | None:
    """What a copy tells of itself; None where it is damaged or of another version, and so left where it is."""
    try:
        with zipfile.ZipFile(path) as archive, archive.open(_ABOUT) as file:
            return msgspec.json.decode(file.read(_MOST_ABOUT), type=About)
    except (OSError, zipfile.BadZipFile, LookupError, msgspec.MsgspecError, ValueError):
        return None
