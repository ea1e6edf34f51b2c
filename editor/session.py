"""The open document, its undo stack, its computation, and what is selected: the one model of the window."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import numpy.typing as npt
from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QUndoStack

from compute.document import Document, load
from compute.edits import Edit, Editor, Effect, FieldChange
from compute.errors import GradwireError
from compute.explain import Granularity, Steps
from compute.numbers_text import of_some, short
from compute.snapshot import Snapshot
from compute.tensor_view import Placed, Span
from compute.worker.commands import (
    BringWeights,
    Command,
    Control,
    Open,
    SetBoundary,
    SetEngine,
    SetNeurons,
    SetParts,
    SetSpeed,
    SetTraining,
    SetWalking,
    SetWatches,
    SetWeight,
)
from compute.worker.engine_choice import EngineChoice, engine_choice
from compute.worker.thread import TrainerThread
from editor.attention import Attention
from editor.batches import Batches
from editor.canvas.unplaced import placing
from editor.commands import EditCommand
from editor.continuations import Awaited, Continuations
from editor.locks import Locks
from editor.pieces import at_once
from editor.runs import Journey, Kept, kept
from editor.saving import Present
from editor.seen import NO_WEIGHTS, Entries, SeenWeights, Weights, of_nodes, with_entries
from editor.undoing import Undoing, WeightChange, weight_change
from editor.wanted import Wanted

Array = npt.NDArray[Any]

# Snapshots are asked for more often than they come, so that none waits for long.
TAKE_MILLISECONDS = 10


class Session(Attention):
    """Signals tell what changed; views read the rest from the properties. epochs_done: training is asked for, and all
    epochs are done."""

    document_replaced = Signal()
    document_edited = Signal(object)
    snapshot_changed = Signal(object)
    title_changed = Signal()
    training_changed = Signal()
    reading_changed = Signal(object)
    """How much of the document's data is read, or None."""
    epochs_done = Signal()

    def __init__(self, engine: EngineChoice | None = None, parent: QObject | None = None) -> None:
        super().__init__(Document(), parent)
        choice = engine or engine_choice()
        self.engine_wanted = choice.wanted
        """``AUTO``, ``REFERENCE`` or a device, as it was chosen; what computes is in the snapshot."""
        self.undo_stack = QUndoStack(self)
        self.undo_stack.cleanChanged.connect(self.title_changed)
        self.undoing = Undoing(self.undo_stack, self._put_weight, self)
        self.undoing.changed.connect(self.title_changed)
        self._saved_runs: Kept = ()
        self._saved_step, self._restarted = 0, False
        """The updates done in what the file holds, and whether it was reset since."""
        self._put: dict[tuple[str, Span], tuple[int, Placed]] = {}
        """Numbers put into weights that no snapshot shows yet, in order, each with the number of its command."""
        self._sent = self._computed = self.document.copy()
        """The document as the compute thread has it last, and as the snapshot has it."""
        self._opened = self._changes = 0
        """Documents opened; edits, weights changed by hand and resets of this one."""
        self._seen = SeenWeights()
        self._seed = self.document.training.seed
        """The seed that the weights of the document came from."""
        self._awaited = Continuations()
        self._asked, self._wanted = 0, False
        self._is_walking = False
        """Whether the compute thread thinks that a walk is on."""
        self.locks = Locks(self.message.emit)
        self.speed: float | None = None
        """How many steps a second training does at most."""
        self._read: float | None = None
        """How much of the data was read when that was told last."""
        self._thread = TrainerThread(choice)
        self.batches = Batches(self, self._thread, self._awaited)
        self.journey = Journey(self, self._thread.send, self)
        self.walk_changed.connect(self._tell_of_walk)
        # The walk, Why and the tables are made of the trace.
        self.wanted = Wanted({"trace"}, lambda parts: self._thread.send(SetParts(parts)), self)
        self._timer = QTimer(self, interval=TAKE_MILLISECONDS)
        self._timer.timeout.connect(self._take_snapshot)
        self._timer.start()
        for each in (self.what_if, self.auditing, self.costing):
            each.watch(self)

    # -- the document ---------------------------------------------------------------------------------------

    @property
    def edits(self) -> Editor:
        """Builds edits of the open document."""
        return Editor(self.document)

    @property
    def is_modified(self) -> bool:
        """Whether saving would change the file."""
        edited = not self.undo_stack.isClean() or self.undoing.weights_changed
        # Without a file, training alone leaves nothing to save: the same comes again from the seed.
        if self.document.path is None:
            return edited or any(run.origin.name for run in self.snapshot.runs.kept)
        return edited or self.was_trained or (self.snapshot.revision >= 0 and kept(self.snapshot) != self._saved_runs)

    @property
    def was_trained(self) -> bool:
        """Whether the run is at another place than what was opened or saved last."""
        return self._restarted or (self.snapshot.revision >= 0 and self._updates != self._saved_step)

    def mark_saved(self) -> None:
        """What there is now counts as saved."""
        self._saved_step, self._saved_runs = self._updates, kept(self.document)
        self._restarted = False
        self.undoing.set_saved()
        self.title_changed.emit()

    def mark_unsaved(self) -> None:
        """What there is now is in no file, and stays so until it is saved, whatever is undone."""
        self.undoing.set_unsaved()
        self.title_changed.emit()

    @property
    def mark(self) -> tuple[int, int]:
        """The same as long as neither another document is opened nor this one edited."""
        return self._opened, self._changes

    @property
    def title(self) -> str:
        """The document's name, for the window's title."""
        return self.document.name

    def apply(self, edit: Edit, weights: Weights = NO_WEIGHTS) -> None:
        """Do an edit as one undo step; an edit without changes is none. ``weights``: of nodes that it adds."""
        if edit.changes and not self.locks.refuse_edit(edit):
            if weights:
                self._seen.take(self.document.training.seed, weights)
                self._thread.send(BringWeights(weights))
            self.undoing.push(EditCommand(edit, self._apply))

    def _apply(self, edit: Edit) -> None:
        if edit.effect >= Effect.DATA:
            self.stop_walk()  # while what it tells of is still there
        edit.apply(self.document)
        self._changes += 1
        if edit.effect >= Effect.DATA:
            self.revision += 1
            self._sent = self.document.copy()
            self._thread.send(Open(self._sent, self.revision, fresh=False))
        elif edit.effect == Effect.SETTINGS:
            changed = {change.field for change in edit.changes if isinstance(change, FieldChange)}
            if "watches" in changed:
                self._thread.send(SetWatches(self.document.watches))
            if "training" in changed:
                self._thread.send(SetTraining(self.document.training))
            if self.walk:
                self._renew_walk()
        self._prune(edit)
        self.document_edited.emit(edit)
        if any(isinstance(c, FieldChange) and c.field == "name" for c in edit.changes):
            self.title_changed.emit()

    def new(self) -> None:
        """An empty document."""
        self.open_document(Document())

    def open(self, path: str | Path) -> None:
        """Open a file. Errors: GradwireError; the open document then stays."""
        self.open_document(load(path))

    def open_document(self, document: Document, *, saved: bool = True) -> None:
        """Show and compute another document; what has no place in it is laid out. ``saved``: whether it is in its file,
        or counts as if it were."""
        at_once(placing(document))
        self.stop_walk()
        self.document = document
        self._attend_to_nothing()  # before anyone hears of it: what was selected is in the other document
        self.revision, self._opened = self.revision + 1, self._opened + 1
        self._seen.clear()
        self._seed = document.training.seed
        self._put.clear()
        self._awaited.clear()
        self.snapshot = Snapshot()
        self.undoing.clear()
        self.mark_saved()
        if not saved:
            self.mark_unsaved()
        self._sent = self._computed = document.copy()
        self._asked, self._wanted = self._thread.send(Open(self._sent, self.revision, fresh=True)), False
        self.document_replaced.emit()
        self.selection_changed.emit(self.selection)
        self.focus_changed.emit(None)
        self.title_changed.emit()

    def save(self, path: str | Path | None = None) -> None:
        """Write the document with the weights as they are now. Errors: GradwireError; nothing is lost."""
        present = self.present()
        self.was_saved(present, present.save(self.target(path)))

    def target(self, path: str | Path | None) -> Path:
        """Where saving to a path, or to the document's own file, writes. Errors: GradwireError if it has none."""
        found = Path(path) if path is not None else self.document.path
        if found is None:
            raise GradwireError("The document has no file yet; choose one with Save as.")
        return found

    def was_saved(self, present: Present, saved: Document) -> None:
        """What was taken by ``present`` is on the disk; what was edited or trained since is not."""
        if present.of is not self.document:
            return  # another document is open by now
        self.document.path, self.document.stamp = saved.path, saved.stamp
        if self.document.data is present.shown.data:
            self.document.data = saved.data
        self._saved_step = saved.progress.steps if saved.progress else 0
        self._saved_runs = kept(saved)
        self._restarted &= present.changes != self._changes
        # Else the file is neither as it is now nor as it was saved before.
        (self.undoing.set_saved if present.changes == self._changes else self.undoing.set_unsaved)()
        self.title_changed.emit()

    def present(self, *, shown: bool = False) -> Present:
        """The document with the weights and curves of now, to be saved or exported. Where an earlier step is shown, its
        end is what is saved; ``shown``: what is shown counts."""
        document, snapshot, known = self.document.copy(), self.snapshot, self._known()
        if snapshot.revision >= 0:  # else it is as it was opened: nothing has come of its computation yet
            progress = snapshot.progress
            if snapshot.earlier and not shown:
                end = snapshot.earlier.end
                progress, known = replace(end.progress, shown=progress.shown), {**known, **end.weights}
            document.progress = progress if progress.steps else None
            document.runs = snapshot.runs.after(snapshot.run_seconds)
        put = {place: value for place, (number, value) in self._put.items() if number > self._awaited.number("reset")}
        if "reset" in self._awaited:
            document.progress = None
            return Present(self.document, document, None, self._changes, put=put)
        trained = None if self._computed is self._sent else self._computed
        return Present(self.document, document, known, self._changes, trained, put)

    def weights_of(self, nodes: Set[str]) -> dict[str, Array]:
        """The weights of some nodes as they are now."""
        found = {} if "reset" in self._awaited else of_nodes(self._known(), nodes)
        return with_entries(found, {place: value for place, (_, value) in self._put.items()})

    def _known(self) -> dict[str, Array]:
        """All weights that are known, those of what is switched off among them: with another seed there are others."""
        seed = self.document.training.seed
        return {**(self.document.weights if seed == self._seed else {}), **self._seen.of(seed)}

    @property
    def _updates(self) -> int:
        """The updates that are in the weights of now."""
        if "reset" in self._awaited:
            return 0
        if self.snapshot.revision >= 0:
            earlier = self.snapshot.earlier
            return earlier.end.progress.steps if earlier else self.snapshot.step
        return self.document.progress.steps if self.document.progress else 0

    def current_document(self) -> Document:
        """A copy of the document with the current weights and curves, as it would be saved."""
        return self.present().document()

    def weights(self) -> dict[str, Array]:
        """The current weights: those that were shown last, as far as they fit the graph as it is now."""
        return self.current_document().weights

    # -- training -------------------------------------------------------------------------------------------

    @property
    def is_training(self) -> bool:
        """Whether it trains; the last request counts even before the compute thread has carried it out."""
        return self._wanted if self.snapshot.handled < self._asked else self.snapshot.state == "running"

    def _control(self, action: Literal["train", "pause", "step_batch", "step_epoch", "reset"], more: int = 0) -> None:
        if action != "pause" and self.locks.refuse("train"):
            return
        if action not in ("pause", "reset") and self.exercising.refuse("Training"):
            return
        said = action != "pause" and self._let_go_of_weights(reset=action == "reset")
        self._asked, self._wanted = self._thread.send(Control(action, more)), action in ("train", "step_epoch")
        if action == "reset":
            self._awaited.put("reset", Awaited(self._asked, then=self._was_reset))
        if action == "step_batch":
            self._awaited.put("step", Awaited(self._asked, then=lambda snapshot: self._after_step(snapshot, said)))
        self.training_changed.emit()

    def send_at_rest(self, command: Command) -> int:
        """Send what nothing trains after; returns its number. Typed weights can no longer be taken back."""
        if self.undoing.done:
            self._let_go_of_weights()
        self._asked, self._wanted = self._thread.send(command), False
        self.training_changed.emit()
        return self._asked

    def train(self, more: int = 0) -> None:
        """Train until the document's epochs are done, or for so many ``more`` than are done."""
        self._control("train", more)

    def pause(self) -> None:
        """Stop after the present chunk."""
        self._control("pause")

    def toggle_training(self) -> None:
        """Train or pause; where all epochs are done, it is asked for how many more."""
        if not self.is_training and self.snapshot.state == "finished" and self.snapshot.handled >= self._asked:
            self.epochs_done.emit()
        else:
            self._control("pause" if self.is_training else "train")

    def step_batch(self) -> None:
        """One update. A walk begins again with the batch after it."""
        self._control("step_batch")

    def set_speed(self, per_second: float | None) -> None:
        """Do at most so many steps a second; None: as many as can be done."""
        self.speed = per_second
        self._thread.send(SetSpeed(per_second))
        self.training_changed.emit()

    def step_epoch(self) -> None:
        """To the end of the present epoch."""
        self._control("step_epoch")

    def reset(self) -> None:
        """The first weights again."""
        self._control("reset")

    def test(self) -> None:
        """Find out how good the network of now is on the rows that are kept for that."""
        if not self.snapshot.test_rows:
            self.message.emit("No rows are kept for a test; the data has a test fraction for that.")
        elif not self.exercising.refuse("Testing"):
            self._awaited.put("test", Awaited(self._thread.send(Control("test")), then=self._was_tested))

    def _was_tested(self, snapshot: Snapshot) -> None:
        if snapshot.tested is not None:
            self.message.emit(snapshot.tested.sentence)

    def set_weight(self, name: str, span: Span, value: Placed) -> None:
        """Change entries of a weight by hand, which can be taken back, all at once, until the run trains on from it."""
        self.set_weights({(name, span): value})

    def set_weights(self, values: Entries, text: str = "") -> None:
        """The same of several weights as one step. ``text``: what people call it."""
        change = weight_change(self._known(), {place: put for place, (_, put) in self._put.items()}, values, text)
        if change is not None and not self.locks.refuse("edit"):
            self.undoing.change_weight(change)
            if self.is_training:
                self._let_go_of_weights()

    def _put_weight(self, change: WeightChange, value: Placed) -> None:
        self._changes += 1
        self._put.pop((change.name, change.span), None)  # or it would come before what was put meanwhile
        self._put[change.name, change.span] = self._thread.send(SetWeight(change.name, change.span, value)), value
        self.message.emit(change.text or f"{change.place} is {of_some(value, short)}")

    def _let_go_of_weights(self, *, reset: bool = False) -> bool:
        """Training goes on from the weights changed by hand, or resets them: they can no longer be taken back. Returns
        whether that was said."""
        done = self.undoing.done
        if done and not reset:
            self.message.emit(f"Training goes on from {self.undoing.done_text}, so that can no longer be taken back.")
        self._changes += reset
        self._restarted |= reset and self._saved_step > 0
        self.undoing.let_go(kept=not reset or self.document.path is not None)
        return bool(done) and not reset

    def set_engine(self, choice: EngineChoice) -> None:
        """Compute elsewhere: training pauses, and goes on there from the weights of now."""
        self.engine_wanted = choice.wanted
        self._asked, self._wanted = self._thread.send(SetEngine(choice)), False
        self.training_changed.emit()

    def set_boundary_columns(self, a: str, b: str) -> None:
        """The two input columns that the decision boundary spans."""
        self._thread.send(SetBoundary((a, b)))

    def set_neurons(self, nodes: tuple[str, ...]) -> None:
        """The nodes whose neurons are to have a map each."""
        self._thread.send(SetNeurons(nodes))

    @property
    def reading(self) -> float | None:
        """How much of the document's data is read, 0 … 1; None while nothing is."""
        return self._thread.reading.share

    def stop_reading(self) -> None:
        """Call off that the data is read."""
        self._thread.reading.call_off()

    def _take_snapshot(self) -> None:
        if self.reading != self._read:
            self._read = self.reading
            self.reading_changed.emit(self._read)
        snapshot = self._thread.take()
        if snapshot is None or snapshot.revision != self.revision:
            return
        old, was_modified, self.snapshot = self.snapshot, self.is_modified, snapshot
        self._computed = self._sent
        self._awaited.follow(snapshot, "reset")  # before what it has is known
        self._seen.take(self.document.training.seed, snapshot.weights)
        self._put = {place: put for place, put in self._put.items() if put[0] > snapshot.handled}
        if self.is_modified != was_modified:
            self.title_changed.emit()
        if self.sample >= max(1, len(snapshot.trace.rows)):
            self.set_sample(0)
        place, focus = self.walk and (self.walk.index, self.walk.granularity), self.focus
        if self.walk:
            self._renew_walk()
        self.snapshot_changed.emit(snapshot)
        if self.focus != focus:
            self.focus_changed.emit(self.focus)
        if snapshot.notice and snapshot.notice != old.notice:
            self.message.emit(snapshot.notice)
        if place != (self.walk and (self.walk.index, self.walk.granularity)):
            self.walk_changed.emit(self.walk)
        self._awaited.follow(snapshot)

    def _was_reset(self, _snapshot: Snapshot) -> None:
        # What is switched off has its first weights again too, as the run has it.
        self._seen.clear()
        self.document.weights = {}

    def _after_step(self, snapshot: Snapshot, said: bool) -> None:
        """Say what a step that was done alone has changed, unless something else was said of it; a walk begins anew."""
        if snapshot.state == "stopped" or not snapshot.step:
            return
        told = snapshot.batch.told(snapshot.step, snapshot.trace.loss, walking=self.walk is not None)
        self.walk_to(0)
        if told and not said:
            self.message.emit(told)

    def start_walk(self, granularity: Granularity = "node") -> None:
        """Begin at the first calculation; training pauses for it. The walk is through the batch that training takes
        next, unless a person chose another."""
        if self.exercising.refuse("A walk"):
            return
        batch, training = self.snapshot.batch, self.is_training
        self.pause()
        self._awaited.put("walk", Awaited(self._thread.send(SetWalking(True)), then=self._begin_wanted_walk))
        self._is_walking = True
        if training or not (batch.is_next or batch.chosen):
            self._walk_wanted = granularity  # until that batch is there
        else:
            self._begin_walk(granularity)

    def _begin_wanted_walk(self, _snapshot: Snapshot) -> None:
        if self._walk_wanted:
            self._begin_walk(self._walk_wanted)

    def _begin_walk(self, granularity: Granularity) -> None:
        super().start_walk(granularity)
        self._tell_of_walk()

    def _outlined(self, granularity: Granularity, outline: Steps) -> None:
        super()._outlined(granularity, outline)
        self._tell_of_walk()

    def stop_walk(self) -> None:
        super().stop_walk()
        self._tell_of_walk()

    def _tell_of_walk(self, _walk: object = None) -> None:
        """Tell the compute thread when a walk is over, or has not come about."""
        begins = self._walk_wanted is not None or self._outlining.subject is not None
        if self.walk is None and not begins and self._is_walking:
            self._is_walking = False
            self._thread.send(SetWalking(False))

    def close(self) -> None:
        """Stop the thread and free the device."""
        # An undo stack that is being deleted signals that it is empty; who hears it would ask an object that is gone.
        self.undo_stack.blockSignals(True)
        self._timer.stop()
        for each in (self.what_if, self.auditing, self.costing, self._thread):
            each.close()
