"""Earlier versions of files that were saved over: the last three of each, in a folder of the person's own."""

from __future__ import annotations

import hashlib
import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from platformdirs import user_state_path

from compute.document.model import Document
from compute.document.storage import load
from compute.errors import GradwireError
from compute.files import atomic_path, stamp

KEPT = 3
MOST_BYTES = 10**9
"""Of all versions of all files: beyond it those of the files that were saved longest ago go."""


@dataclass(frozen=True)
class Version:
    """A file as it was. at: when it was written, as ``time.time``; size: its bytes."""

    copy: Path
    of: Path
    at: float
    size: int

    def document(self) -> Document:
        """The document as it was, as a change of its file that is not saved. Errors: GradwireError."""
        document = load(self.copy)
        document.path, document.stamp = self.of, stamp(self.of)
        return document


class Versions:
    """``root``: the folder, which holds one for each file."""

    def __init__(self, root: Path | None = None) -> None:
        self._root = root or user_state_path("gradwire", appauthor=False) / "versions"

    def keep(self, path: Path) -> None:
        """Copy a file that will be replaced; what cannot be copied is done without."""
        path = path.resolve()
        found = stamp(path)
        if found is None:
            return
        with suppress(OSError, GradwireError):
            self._root.mkdir(mode=0o700, parents=True, exist_ok=True)
            folder = self._folder(path)
            folder.mkdir(exist_ok=True)
            # By its time: a version that is kept again, as after a save that failed, is the same.
            with atomic_path(folder / f"{found[0]}{path.suffix}") as copy:
                shutil.copyfile(path, copy)
            for old in self._copies(folder)[KEPT:]:
                old.unlink()
            self._make_room(folder)

    def of(self, path: Path) -> list[Version]:
        """The versions of a file, the newest first."""
        path, found = path.resolve(), []
        for copy in self._copies(self._folder(path)):
            with suppress(OSError):
                found.append(Version(copy, path, int(copy.stem) / 1e9, copy.stat().st_size))
        return found

    def _folder(self, path: Path) -> Path:
        return self._root / hashlib.sha256(str(path).encode()).hexdigest()[:20]

    def _copies(self, folder: Path) -> list[Path]:
        with suppress(OSError):
            copies = [path for path in folder.iterdir() if path.stem.isdecimal()]
            return sorted(copies, key=lambda path: int(path.stem), reverse=True)
        return []

    def _make_room(self, kept: Path) -> None:
        """Errors: OSError."""
        folders = {folder: self._copies(folder) for folder in self._root.iterdir() if folder.is_dir()}
        sizes = {copy: copy.stat().st_size for copies in folders.values() for copy in copies}
        total = sum(sizes.values())
        for folder in sorted(folders, key=lambda folder: folder.stat().st_mtime):
            if total <= MOST_BYTES or folder == kept:
                continue
            for copy in folders[folder]:
                copy.unlink()
                total -= sizes[copy]
            folder.rmdir()
