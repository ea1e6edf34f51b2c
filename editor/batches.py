"""Which batch the wires and the walk show: a person's choice of another one, or of the one that a row is in; rows that
are kept from training stand in batches of their own."""

from __future__ import annotations

from typing import Any, Protocol

from compute.data.split import LEFT_OUT
from compute.shown import RowsOf
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

    def show(self, epoch: int, index: int, of: RowsOf = "training") -> None:
        """Have wires and walk show a batch of an epoch, both counted from 0, or of rows that are kept from training."""
        self._awaited.put("batch", Awaited(self._thread.send(ShowBatch(epoch, index, of)), about=(epoch, index, of)))

    def show_by(self, delta: int) -> None:
        """Show the batch that stands so many further on in its epoch, or among the rows that are kept."""
        batch = self._session.snapshot.batch
        epoch, index, of = self._awaited.about("batch") or (batch.epoch, batch.index, batch.of)
        last = batch.count - 1 if of == batch.of else 0
        self.show(epoch, max(0, min(index + delta, last)), of)

    @property
    def kept(self) -> tuple[RowsOf, ...]:
        """What rows there are kept for."""
        counts: dict[RowsOf, int] = {
            "validation": self._session.snapshot.validation_rows,
            "test": self._session.snapshot.test_rows,
        }
        return tuple(of for of, count in counts.items() if count)

    def show_kept(self) -> None:
        """Show rows that are kept from training; after the last kind of them again those that training takes next."""
        kinds, batch = self.kept, self._session.snapshot.batch
        at = kinds.index(batch.of) + 1 if batch.of in kinds else 0
        if at < len(kinds):
            self.show(batch.epoch, 0, kinds[at])
        else:
            self.show_next()

    def show_next(self) -> None:
        """Show the batch that training takes next."""
        self.show(*self._session.snapshot.batch.following)

    def show_row(self, row: int) -> None:
        """Choose a row of the table as the sample; the wires show the batch that it is in. One in which something is
        missing is in none, which is said."""
        snapshot = self._session.snapshot
        place = snapshot.place_of(row)
        if place >= 0:
            self._session.set_sample(place)
        elif row < len(snapshot.held) and snapshot.held[row] == LEFT_OUT:
            self._session.message.emit(
                f"Row {row} is left out, as something is missing in it, so that no batch has it."
            )
        else:
            number = self._thread.send(ShowRow(row))
            self._awaited.put("row", Awaited(number, then=lambda snapshot: self._show_asked_row(snapshot, row)))

    def _show_asked_row(self, snapshot: Snapshot, row: int) -> None:
        place = snapshot.place_of(row)
        if place >= 0:
            self._session.set_sample(place)
        else:
            self._session.message.emit(f"Row {row} is not in the part of its batch that the wires show.")
