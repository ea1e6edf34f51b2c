"""Which batch the wires and the walk show: a person's choice of another one, or of the one that a row is in."""

from __future__ import annotations

from typing import Any, Protocol

from compute.data.split import LEFT_OUT
from compute.snapshot import Snapshot
from compute.worker.commands import ShowBatch, ShowRow
from compute.worker.thread import TrainerThread
from editor.continuations import Awaited, Continuations


class Shows(Protocol):
    """Whose batches are chosen: a session, as far as this knows it."""

    snapshot: Snapshot
    message: Any

    def set_sample(self, index: int) -> None: ...


class Batches:
    """A choice is sent to the compute thread, and what is to follow it waits for its snapshot."""

    def __init__(self, session: Shows, thread: TrainerThread, awaited: Continuations) -> None:
        self._session, self._thread, self._awaited = session, thread, awaited

    def show(self, epoch: int, index: int) -> None:
        """Have wires and walk show a batch of an epoch, both counted from 0."""
        self._awaited.put("batch", Awaited(self._thread.send(ShowBatch(epoch, index)), about=(epoch, index)))

    def show_by(self, delta: int) -> None:
        """Show the batch that stands so many further on in its epoch."""
        batch = self._session.snapshot.batch
        epoch, index = self._awaited.about("batch") or (batch.epoch, batch.index)
        self.show(epoch, max(0, min(index + delta, batch.count - 1)))

    def show_next(self) -> None:
        """Show the batch that training takes next."""
        self.show(*self._session.snapshot.batch.following)

    def show_row(self, row: int) -> None:
        """Choose a row of the table as the sample; the wires show the batch that it is in. One that is kept from
        training is in none, which is said."""
        snapshot = self._session.snapshot
        place = snapshot.place_of(row)
        if place >= 0:
            self._session.set_sample(place)
        elif row < len(snapshot.held) and snapshot.held[row]:
            gone = snapshot.held[row] == LEFT_OUT
            why = "left out, as something is missing in it" if gone else "kept from training"
            self._session.message.emit(f"Row {row} is {why}, so that no batch has it.")
        else:
            number = self._thread.send(ShowRow(row))
            self._awaited.put("row", Awaited(number, then=lambda snapshot: self._show_asked_row(snapshot, row)))

    def _show_asked_row(self, snapshot: Snapshot, row: int) -> None:
        place = snapshot.place_of(row)
        if place >= 0:
            self._session.set_sample(place)
        else:
            self._session.message.emit(f"Row {row} is not in the part of its batch that the wires show.")
