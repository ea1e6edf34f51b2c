"""What the canvas needs of whoever holds the document: a session, a test, or the picture writer."""

from __future__ import annotations

from collections.abc import Iterable, Set
from typing import Any, Protocol

import numpy.typing as npt

from compute.document import Document
from compute.edits import Edit, Editor
from compute.explain import Facts, Quantity
from compute.focus import Focus
from compute.graph import RecordId
from compute.snapshot import Snapshot
from editor.exercising import Exercising
from editor.seen import Weights
from editor.selection import Selection


class Source(Protocol):
    """The document on show and everything that tells about it; editor.session.Session is one.

    The signals are typed Any because a Signal of a class is a SignalInstance of its objects.
    """

    document_replaced: Any
    document_edited: Any
    snapshot_changed: Any
    selection_changed: Any
    focus_changed: Any
    sample_changed: Any
    walk_changed: Any
    shows_held_changed: Any
    message: Any

    document: Document
    snapshot: Snapshot
    sample: int
    revision: int
    shows_held: bool
    what_if: Any
    watching: Any
    auditing: Any
    costing: Any

    @property
    def selection(self) -> Selection: ...

    @property
    def focus(self) -> Focus | None: ...

    @property
    def facts(self) -> Facts: ...

    @property
    def walk(self) -> Any: ...

    @property
    def exercising(self) -> Exercising: ...

    @property
    def asked_for(self) -> frozenset[Quantity]: ...

    @property
    def edits(self) -> Editor: ...

    def apply(self, edit: Edit, weights: Weights = ...) -> None: ...

    def weights_of(self, nodes: Set[str]) -> dict[str, npt.NDArray[Any]]: ...

    def focus_on(self, focus: Focus, *, explain: bool = True) -> None: ...

    def select(self, ids: Iterable[RecordId] = (), current: RecordId | None = None) -> None: ...
