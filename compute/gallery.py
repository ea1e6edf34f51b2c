"""The documents that come with the program, in the order in which they teach.

An entry is a plain document in ``resources/gallery``; its extra field ``gallery`` says where it stands.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from compute.data.words import did_you_mean, listed
from compute.document import Document, load
from compute.errors import GradwireError

FOLDER = Path(__file__).resolve().parent.parent / "resources" / "gallery"


@dataclass(frozen=True, slots=True)
class Entry:
    """One document of the gallery: ``title`` and ``sentence`` for a menu, grouped by ``category``."""

    id: str
    title: str
    sentence: str
    category: str
    path: Path
    steps: int = 0
    """Of its lesson; 0 where it has none."""


def _read() -> list[Entry]:
    found = []
    for path in FOLDER.glob("*.json"):
        raw = json.loads(path.read_text(encoding="utf-8"))
        about = raw["gallery"]
        steps = len(raw.get("lesson", {}).get("steps", ()))
        found.append((about["order"], Entry(path.stem, raw["name"], about["about"], about["category"], path, steps)))
    return [entry for _, entry in sorted(found, key=lambda pair: pair[0])]


GALLERY: list[Entry] = _read()


def panel_of(document: Document) -> str:
    """The panel of the window that a document is about, "" for none; what a file names may be no panel."""
    about = document.extra.get("gallery")
    shows = about.get("shows") if isinstance(about, dict) else None
    return shows if isinstance(shows, str) else ""


def load_entry(entry_id: str) -> Document:
    """The document of this entry, as one that was never saved, so that no save goes into the program's files.

    Errors: GradwireError with the ids there are.
    """
    for entry in GALLERY:
        if entry.id == entry_id:
            document = load(entry.path)
            document.path = None
            return document
    ids = [entry.id for entry in GALLERY]
    raise GradwireError(
        f'the gallery has no "{entry_id}"; {did_you_mean(entry_id, ids)}its documents are {listed(ids, len(ids))}'
    )
