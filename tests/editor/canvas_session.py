"""A session without a thread: document, undo stack, and a trace by the reference engine after every edit."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoStack

from compute.document import Document, from_json
from compute.edits import Edit, Editor, Effect
from compute.explain import walk
from compute.graph import RecordId
from compute.reference import ReferenceRun
from compute.snapshot import Snapshot
from compute.trace import Trace
from compute.workspace import open_document
from editor.commands import EditCommand
from editor.selection import Selection


@dataclass(frozen=True)
class WalkState:
    steps: Sequence[Any]
    index: int

    @property
    def step(self) -> Any:
        return self.steps[self.index]


class CanvasSession(QObject):
    """What editor.canvas.source.Source asks for, computed at once."""

    document_replaced = Signal()
    document_edited = Signal(object)
    snapshot_changed = Signal(object)
    selection_changed = Signal(object)
    sample_changed = Signal(int)
    walk_changed = Signal(object)
    message = Signal(str)

    def __init__(self, document: Document | None = None) -> None:
        super().__init__()
        self.document = document or Document()
        self.snapshot = Snapshot()
        self.selection = Selection()
        self.sample = 0
        self.revision = 0
        self.walk: WalkState | None = None
        self.undo_stack = QUndoStack(self)
        self.said: list[str] = []
        self.message.connect(self.said.append)
        self.compute()

    @property
    def edits(self) -> Editor:
        return Editor(self.document)

    def compute(self) -> None:
        """A new snapshot of the document as it is."""
        workspace = open_document(self.document, strict=False)
        trace = Trace()
        if not workspace.problem:
            rows = np.arange(min(workspace.program.rows, self.document.training.batch_size))
            trace = ReferenceRun(workspace.program).trace(rows)
        columns = tuple(workspace.table.columns) if workspace.table else ()
        self.snapshot = Snapshot(revision=self.revision, analysis=workspace.analysis, trace=trace, columns=columns)
        self.snapshot_changed.emit(self.snapshot)

    def apply(self, edit: Edit) -> None:
        if edit.changes:
            self.undo_stack.push(EditCommand(edit, self._apply))

    def _apply(self, edit: Edit) -> None:
        edit.apply(self.document)
        if Selection.of(self.selection.ids, self.document.graph) != self.selection:
            self.select(self.selection.ids)
        anew = edit.effect >= Effect.DATA
        self.revision += anew
        self.document_edited.emit(edit)
        if anew:
            self.compute()

    def select(self, ids: Iterable[RecordId] = ()) -> None:
        self.selection = Selection.of(ids, self.document.graph)
        self.selection_changed.emit(self.selection)

    def set_sample(self, index: int) -> None:
        self.sample = index
        self.sample_changed.emit(index)

    def walk_to(self, index: int) -> None:
        graph, loss = self.document.graph, self.document.training.loss
        steps = walk(graph, self.snapshot.analysis, loss, self.snapshot.trace)
        self.walk = WalkState(steps, index % len(steps))
        self.walk_changed.emit(self.walk)


def document(nodes: list[dict[str, Any]], wires: list[tuple[str, str, str]], loss: str = "", **more: Any) -> Document:
    """A document from short notes: wires as (from, to, port)."""
    return from_json(
        {
            "format": "gradwire",
            "version": 1,
            "graph": {"nodes": nodes, "wires": [{"from": a, "to": b, "port": p} for a, b, p in wires]},
            "training": {"loss": loss},
            **more,
        }
    )
