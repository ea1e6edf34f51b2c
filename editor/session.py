"""The open document, its undo stack, its computation, and what is selected: the one model of the window."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QUndoStack

from compute.analysis import analyse
from compute.document import Document, Progress, load, save
from compute.edits import Edit, Editor, Effect, FieldChange
from compute.errors import GradwireError
from compute.explain import Entry, Step, walk
from compute.graph import Port
from compute.optimizers import make_optimizer
from compute.snapshot import Snapshot
from compute.worker.commands import Control, Open, SetBoundary, SetEngine, SetTraining, SetWeight
from compute.worker.engine_choice import EngineChoice, engine_choice
from compute.worker.thread import TrainerThread
from editor.commands import EditCommand

Array = npt.NDArray[Any]
Granularity = Literal["node", "wire"]

# Looked for more often than it comes, so that a snapshot never waits for long.
LOOK_MILLISECONDS = 10


@dataclass(frozen=True)
class Selection:
    """The selected nodes, or one selected wire."""

    nodes: frozenset[str] = frozenset()
    wire: Port | None = None

    @property
    def single(self) -> str | None:
        """The selected node, if it is the only one."""
        return next(iter(self.nodes)) if len(self.nodes) == 1 else None


@dataclass(frozen=True)
class WalkState:
    """Where the walk through backpropagation stands."""

    steps: Sequence[Step]
    index: int
    granularity: Granularity = "node"

    @property
    def step(self) -> Step:
        return self.steps[self.index]


class Session(QObject):
    """Signals tell what changed; views read the rest from the properties.

    walk_changed: another step, or none; the numbers of the present step are new with every snapshot.
    """

    document_replaced = Signal()
    document_edited = Signal(object)
    snapshot_changed = Signal(object)
    selection_changed = Signal(object)
    sample_changed = Signal(int)
    walk_changed = Signal(object)
    title_changed = Signal()
    training_changed = Signal()
    message = Signal(str)

    def __init__(self, engine: EngineChoice | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        choice = engine or engine_choice()
        self.engine_wanted = choice.wanted
        """``AUTO``, ``REFERENCE`` or a device, as it was chosen; what computes is in the snapshot."""
        self.document = Document()
        self.revision = 0
        self.snapshot = Snapshot()
        self.selection = Selection()
        self.sample = 0
        self.walk: WalkState | None = None
        self._walk_wanted: Granularity | None = None
        self.undo_stack = QUndoStack(self)
        self.undo_stack.cleanChanged.connect(self.title_changed)
        self._trained = False
        self._asked, self._wanted = 0, False
        self._thread = TrainerThread(choice)
        self._timer = QTimer(self)
        self._timer.setInterval(LOOK_MILLISECONDS)
        self._timer.timeout.connect(self._look)
        self._timer.start()

    # -- the document ---------------------------------------------------------------------------------------

    @property
    def edits(self) -> Editor:
        """Builds edits of the open document."""
        return Editor(self.document)

    @property
    def is_modified(self) -> bool:
        """Whether saving would change the file."""
        return not self.undo_stack.isClean() or self._trained

    @property
    def title(self) -> str:
        """The document's name, for the window's title."""
        return self.document.name

    def apply(self, edit: Edit) -> None:
        """Do an edit as one undo step; an edit without changes is none."""
        if edit.changes:
            self.undo_stack.push(EditCommand(edit, self._apply))

    def _apply(self, edit: Edit) -> None:
        edit.apply(self.document)
        if edit.effect >= Effect.DATA:
            self.revision += 1
            self._thread.send(Open(self.document.copy(), self.revision, fresh=False))
            self.stop_walk()
        elif edit.effect == Effect.SETTINGS:
            self._thread.send(SetTraining(self.document.training))
            if self.walk:
                self._renew_walk()
        self._prune_selection()
        self.document_edited.emit(edit)
        if any(isinstance(c, FieldChange) and c.field == "name" for c in edit.changes):
            self.title_changed.emit()

    def new(self) -> None:
        """An empty document."""
        self.open_document(Document())

    def open(self, path: str | Path) -> None:
        """Open a file. Errors: GradwireError; the open document then stays."""
        self.open_document(load(path))

    def open_document(self, document: Document) -> None:
        """Show and compute another document."""
        self.stop_walk()
        self.document = document
        self.revision += 1
        self._trained = False
        self.undo_stack.clear()
        self.snapshot = Snapshot()
        self._asked, self._wanted = self._thread.send(Open(document.copy(), self.revision, fresh=True)), False
        self.selection, self.sample = Selection(), 0
        self.document_replaced.emit()
        self.selection_changed.emit(self.selection)
        self.title_changed.emit()

    def save(self, path: str | Path | None = None) -> None:
        """Write the document with the weights as they are now. Errors: GradwireError; nothing is lost."""
        target = Path(path) if path is not None else self.document.path
        if target is None:
            raise GradwireError("The document has no file yet; choose one with Save as.")
        saved = self.current_document()
        save(saved, target)
        self.document.path, self.document.data, self.document.stamp = saved.path, saved.data, saved.stamp
        self._trained = False
        self.undo_stack.setClean()
        self.title_changed.emit()

    def current_document(self) -> Document:
        """A copy of the document with the current weights and curves, as it would be saved."""
        document = self.document.copy()
        document.weights = self.weights()
        snapshot = self.snapshot
        if snapshot.revision < 0:
            return document  # as it was opened: nothing has come of its computation yet
        if snapshot.step:
            curve = snapshot.curve
            document.progress = Progress(
                snapshot.epoch,
                snapshot.step,
                list(zip(curve.x.tolist(), curve.train.tolist(), strict=True)),
                list(zip(curve.validation_x.tolist(), curve.validation.tolist(), strict=True)),
            )
        else:
            document.progress = None
        return document

    def weights(self) -> dict[str, Array]:
        """The current weights: those of the last snapshot, as far as they fit the graph as it is now."""
        now = analyse(self.document.graph).parameters
        known = {**self.document.weights, **self.snapshot.trace.parameters}
        return {
            name: np.asarray(value, dtype=np.float64)
            for name, value in known.items()
            if (
                value.shape == now[name][1].shape
                if name in now
                else name.rpartition(".")[0] in self.document.graph.nodes
            )
        }

    # -- what is selected -----------------------------------------------------------------------------------

    def select(self, nodes: Iterable[str] = (), wire: Port | None = None) -> None:
        """Select nodes, or a wire."""
        selection = Selection(frozenset(nodes), wire)
        if selection != self.selection:
            self.selection = selection
            self.selection_changed.emit(selection)

    def _prune_selection(self) -> None:
        graph = self.document.graph
        wire = self.selection.wire if self.selection.wire in graph.wires else None
        self.select(self.selection.nodes & graph.nodes.keys(), wire)

    def set_sample(self, index: int) -> None:
        """Choose a row of the batch that the wires show."""
        index = max(0, min(index, len(self.snapshot.trace.rows) - 1))
        if index != self.sample:
            self.sample = index
            self.sample_changed.emit(index)
            if self.walk:
                self._renew_walk()
                self.walk_changed.emit(self.walk)

    # -- training -------------------------------------------------------------------------------------------

    @property
    def is_training(self) -> bool:
        """Whether it trains, as far as was asked: the compute thread may come to the last request in a while only."""
        return self._wanted if self.snapshot.handled < self._asked else self.snapshot.state == "running"

    def _control(self, action: Literal["train", "pause", "step_batch", "step_epoch", "reset"]) -> None:
        self._asked, self._wanted = self._thread.send(Control(action)), action in ("train", "step_epoch")
        self.training_changed.emit()

    def train(self) -> None:
        """Train until the document's epochs are done."""
        self._control("train")

    def pause(self) -> None:
        """Stop after the present chunk."""
        self._control("pause")

    def toggle_training(self) -> None:
        """Train or pause."""
        self._control("pause" if self.is_training else "train")

    def step_batch(self) -> None:
        """One update."""
        self._control("step_batch")

    def step_epoch(self) -> None:
        """To the end of the present epoch."""
        self._control("step_epoch")

    def reset(self) -> None:
        """The first weights again."""
        self._control("reset")

    def set_weight(self, name: str, entry: Entry, value: float) -> None:
        """Change one entry of a weight by hand; weights belong to the run, so this is no undo step."""
        self._trained = True
        self._thread.send(SetWeight(name, entry, value))
        self.title_changed.emit()

    def set_engine(self, choice: EngineChoice) -> None:
        """Compute elsewhere: training pauses, and goes on there from the weights of now."""
        self.engine_wanted = choice.wanted
        self._asked, self._wanted = self._thread.send(SetEngine(choice)), False
        self.training_changed.emit()

    def set_boundary_columns(self, a: str, b: str) -> None:
        """The two input columns that the decision boundary spans."""
        self._thread.send(SetBoundary((a, b)))

    def _look(self) -> None:
        snapshot = self._thread.take()
        if snapshot is None or snapshot.revision != self.revision:
            return
        old, self.snapshot = self.snapshot, snapshot
        if snapshot.step != old.step and old.revision >= 0 and not self._trained:
            self._trained = True
            self.title_changed.emit()
        if self.sample >= max(1, len(snapshot.trace.rows)):
            self.set_sample(0)
        place = self.walk and (self.walk.index, self.walk.granularity)
        if self.walk:
            self._renew_walk()
        self.snapshot_changed.emit(snapshot)
        if snapshot.notice and snapshot.notice != old.notice:
            self.message.emit(snapshot.notice)
        if place != (self.walk and (self.walk.index, self.walk.granularity)):
            self.walk_changed.emit(self.walk)
        if self._walk_wanted:
            self.start_walk(self._walk_wanted)

    # -- the walk through backpropagation -------------------------------------------------------------------

    def start_walk(self, granularity: Granularity = "node") -> None:
        """Begin at the first calculation; says why if there is nothing to walk through."""
        self._walk_wanted = None
        self.pause()
        if self.snapshot.revision != self.revision:
            self._walk_wanted = granularity  # until the numbers are there
            return
        try:
            steps = self._steps(granularity)
        except GradwireError as error:
            self.message.emit(str(error))
            return
        if not steps:
            problem = self.snapshot.problem or next(iter(self.snapshot.analysis.problems.values()), None)
            nothing = "There is nothing to walk through yet: choose a loss in the training settings."
            self.message.emit(problem.sentence if problem else nothing)
            return
        self._set_walk(WalkState(steps, 0, granularity))

    def _steps(self, granularity: Granularity) -> Sequence[Step]:
        """All calculations with the numbers of now. Errors: GradwireError for settings that no optimizer has."""
        trace = self.snapshot.trace
        if trace.loss is None:
            return ()
        return walk(
            self.document.graph,
            self.snapshot.analysis,
            self.document.training.loss,
            trace,
            make_optimizer(self.document.training.optimizer),
            sample=self.sample,
            granularity=granularity,
            optimizer_state=self.snapshot.optimizer_state,
            updates_done=self.snapshot.updates_done,
        )

    def _renew_walk(self) -> None:
        """The same place with the numbers of now."""
        assert self.walk is not None
        try:
            steps = self._steps(self.walk.granularity)
        except GradwireError as error:
            self.message.emit(str(error))
            steps = ()
        index = min(self.walk.index, len(steps) - 1)
        self.walk = WalkState(steps, index, self.walk.granularity) if steps else None

    def _set_walk(self, state: WalkState | None) -> None:
        self.walk = state
        self.walk_changed.emit(state)

    def stop_walk(self) -> None:
        """Leave the walk: everything known is shown again."""
        self._walk_wanted = None
        if self.walk is not None:
            self._set_walk(None)

    def walk_to(self, index: int) -> None:
        """Go to a step."""
        if self.walk:
            index = max(0, min(index, len(self.walk.steps) - 1))
            if index != self.walk.index:
                self._set_walk(WalkState(self.walk.steps, index, self.walk.granularity))

    def walk_by(self, delta: int) -> None:
        """Go some steps on (or back)."""
        if self.walk:
            self.walk_to(self.walk.index + delta)

    def finish_phase(self) -> None:
        """Go to the last step of the present phase, or of the next one if this is the last already."""
        if not self.walk:
            return
        steps, start = self.walk.steps, self.walk.index
        phase = steps[min(start + 1, len(steps) - 1)].phase
        end = start
        while end + 1 < len(steps) and steps[end + 1].phase == phase:
            end += 1
        self.walk_to(end)

    def set_granularity(self, granularity: Granularity) -> None:
        """Walk by node or by wire; stays at the same node as far as there is one."""
        if self.walk and granularity != self.walk.granularity:
            here = self.walk.step
            steps = self._steps(granularity)
            index = next((i for i, s in enumerate(steps) if (s.phase, s.node) == (here.phase, here.node)), 0)
            self._set_walk(WalkState(steps, index, granularity))

    def close(self) -> None:
        """Stop the thread and free the device."""
        self._timer.stop()
        self._thread.close()
