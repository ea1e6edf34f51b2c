"""A document as it is at one moment, from which what is saved or exported is made on any thread."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from compute.analysis import analyse
from compute.document import Document, Weights, save
from compute.history import Mark
from compute.initializers import initialize
from compute.tensor_view import Placed, Span
from compute.worker.keeping import LEAST_EPOCHS, Keeping, trained_shapes
from compute.workspace import TableCache, Workspace, open_document
from editor.seen import with_entries


@dataclass(frozen=True)
class Present:
    """A copy that no later edit reaches.

    of: the open document that it was taken of, to be compared and no more; known: weights by name, those of nodes that
    are gone among them; None after a reset that no numbers have come of yet: the first ones; changes: how many had been
    done by then; trained: the document that was trained, where an edit made it another one whose numbers are not there
    yet; put: numbers that were typed into weights since.
    """

    of: Document
    shown: Document
    known: Mapping[str, npt.NDArray[Any]] | None
    changes: int
    trained: Document | None = None
    put: Mapping[tuple[str, Span], Placed] = field(default_factory=dict)

    def document(self) -> Document:
        """The document with the weights that fit its graph; takes a while for a large one."""
        document = self.shown.copy()
        document.weights = self._fitting()
        if document.progress and self.trained:
            old, new = _workspaces(self.trained, document)
            if not new.trains_as(old):
                self._keep_run(document, self.trained, old)
                document.progress = None
        return document

    def _keep_run(self, document: Document, trained: Document, workspace: Workspace) -> None:
        """The run that an edit ended is kept, as the compute thread does."""
        progress = document.progress
        if progress is not None and progress.epochs >= LEAST_EPOCHS:
            keeping = Keeping(document.runs)
            mark = Mark(dict(self.known or {}), progress, progress.epochs, progress.epochs)
            keeping.keep(trained, mark, trained_shapes(workspace), None)
            keeping.begin(None)
            document.runs = keeping.runs

    def _fitting(self) -> Weights:
        now = analyse(self.shown.graph).parameters
        fitting = {
            name: np.asarray(value, dtype=np.float64)
            for name, value in (self.shown.initial if self.known is None else self.known).items()
            if (value.shape == now[name][1].shape if name in now else name.rpartition(".")[0] in self.shown.graph.nodes)
        }
        if self.known is None:
            seed = self.shown.training.seed
            first = {name: initialize(name, spec, seed) for name, (_, spec) in now.items() if name not in fitting}
            fitting.update(first)
        return with_entries(fitting, self.put)

    def save(self, path: Path, told: Callable[[float], None] = lambda _share: None) -> Document:
        """Write it to a file and return what was written. Errors: GradwireError."""
        document = self.document()
        save(document, path, told)
        return document


def _workspaces(*documents: Document) -> list[Workspace]:
    """What the compute thread will compute for each."""
    cache = TableCache()
    return [open_document(document, strict=False, cache=cache) for document in documents]
