"""What files that are dropped onto the window are: documents to open, or data for the document."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QMimeData

from compute.data import file_endings
from compute.document import ENDINGS
from compute.importing import FOREIGN


def _files(mime: QMimeData) -> list[Path]:
    return [Path(url.toLocalFile()) for url in mime.urls() if url.isLocalFile()]


def documents_in(mime: QMimeData) -> list[Path]:
    """The files among them that are documents by their ending, or other tools' networks."""
    return [path for path in _files(mime) if path.name.lower().endswith((*ENDINGS, *FOREIGN))]


def data_in(mime: QMimeData) -> Path | None:
    """The file, if it is one alone and can be data by its ending."""
    files = _files(mime)
    return files[0] if len(files) == 1 and files[0].name.lower().endswith(file_endings()) else None
