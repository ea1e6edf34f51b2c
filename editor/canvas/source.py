"""What the canvas needs of whoever holds the document: a session, a test, or the picture writer."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol

from compute.document import Document
from compute.edits import Edit, Editor
from compute.graph import Port
from compute.snapshot import Snapshot


class Picked(Protocol):
    """What is selected: nodes by id, or one wire by the port it feeds."""

    @property
    def nodes(self) -> frozenset[str]: ...

    @property
    def wire(self) -> Port | None: ...


class Source(Protocol):
    """The document on show and everything that tells about it; editor.session.Session is one.

    The signals are typed Any because a Signal of a class is a SignalInstance of its objects.
    """

    document_replaced: Any
    document_edited: Any
    snapshot_changed: Any
    selection_changed: Any
    sample_changed: Any
    walk_changed: Any
    message: Any

    document: Document
    snapshot: Snapshot
    sample: int
    revision: int

    @property
    def selection(self) -> Picked: ...

    @property
    def walk(self) -> Any: ...

    @property
    def edits(self) -> Editor: ...

    def apply(self, edit: Edit) -> None: ...

    def select(self, nodes: Iterable[str] = (), wire: Port | None = None) -> None: ...
