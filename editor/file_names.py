"""Names of files: asked for in the document's folder, and proposed after its title."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtWidgets import QWidget

from editor.questions import ask_file
from editor.session import Session


class FileNames:
    """``window`` is what dialogs stand before."""

    def __init__(self, window: QWidget, session: Session) -> None:
        self._window, self._session = window, session

    def ask(
        self,
        title: str,
        filters: str,
        start: Path | None,
        chosen: Callable[[Path], None],
        endings: tuple[str, ...] = (),
    ) -> None:
        """See ``ask_file``."""
        ask_file(self._window, title, filters, self._folder(), start, chosen, endings)

    def proposed(self, ending: str) -> Path:
        """A name for a new file, in the document's folder."""
        return Path(self._folder()) / f"{_file_stem(self._session.title)}{ending}"

    def _folder(self) -> str:
        return str(self._session.document.folder or Path.home())


def _file_stem(title: str) -> str:
    """A title as a file name that every system takes."""
    kept = "".join(c if c.isalnum() or c in "-_" else "-" for c in title).strip("-")
    while "--" in kept:
        kept = kept.replace("--", "-")
    return kept.lower() or "untitled"
