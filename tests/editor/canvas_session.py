"""A session without a thread: document, undo stack, and a trace by the reference engine after every edit."""

from __future__ import annotations

from collections.abc import Mapping, Set
from typing import Any

import numpy as np
from PySide6.QtCore import Signal
from PySide6.QtGui import QUndoStack

from compute.document import Document, from_json
from compute.edits import Edit, Editor, Effect
from compute.reference import ReferenceRun
from compute.snapshot import Snapshot
from compute.trace import Trace
from compute.walk_state import WalkState, steps_of
from compute.workspace import open_document
from editor.attention import Attention
from editor.commands import EditCommand
from editor.pieces import at_once
from editor.seen import of_nodes


class CanvasSession(Attention):
    """What editor.canvas.source.Source asks for, computed at once."""

    document_replaced = Signal()
    document_edited = Signal(object)
    snapshot_changed = Signal(object)

    def __init__(self, document: Document | None = None) -> None:
        super().__init__(document or Document())
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
        analysis, table = workspace.analysis, workspace.table
        self.snapshot = Snapshot(revision=self.revision, analysis=analysis, trace=trace, table=table)
        self.snapshot_changed.emit(self.snapshot)

    def weights_of(self, nodes: Set[str]) -> dict[str, Any]:
        return of_nodes(self.document.weights, nodes)

    def apply(self, edit: Edit, weights: Mapping[str, Any] | None = None) -> None:
        if edit.changes:
            self.document.weights.update(weights or {})
            self.undo_stack.push(EditCommand(edit, self._apply))

    def _apply(self, edit: Edit) -> None:
        edit.apply(self.document)
        anew = edit.effect >= Effect.DATA
        self.revision += anew
        self._prune(edit)
        self.document_edited.emit(edit)
        if anew:
            self.compute()

    def walk_to(self, index: int) -> None:
        steps = at_once(steps_of(self.document, self.snapshot, self.sample, "node"))
        self._set_walk(WalkState(steps, index % len(steps)))


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
