"""What a person does with the steps of the run that goes on, and with the runs that are kept beside it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from PySide6.QtCore import QObject, Signal

from compute.document import Document, KeptRun
from compute.runs.trail import Reach
from compute.snapshot import Snapshot
from compute.worker.commands import Command, DropRun, GoTo, KeepRun, PutRun, RenameRun, RestoreRun, SetAside
from editor.locks import Locks

MOST_SEEN = 12
"""Curves of kept runs that are drawn at once."""
Kept = tuple[tuple[int, str], ...]


class Rests(Protocol):
    """Whose runs they are: a session, as far as this knows it."""

    snapshot: Snapshot
    document: Document
    locks: Locks
    message: Any
    exercising: Any

    def send_at_rest(self, command: Command) -> int: ...


class Journey(QObject):
    """Everything is sent to the compute thread; what came of it is in the snapshot. ``send``: sends what may go on
    beside training.

    asked: a step is to be typed; seen_changed: of other runs the curves are to be seen."""

    asked = Signal()
    seen_changed = Signal()

    def __init__(self, session: Rests, send: Callable[[Command], int], parent: QObject) -> None:
        super().__init__(parent)
        self._session, self._send = session, send
        self.unseen: frozenset[int] = frozenset()
        """The numbers of kept runs whose curves are not to be seen beside that of now."""
        self._asked: tuple[int, int] | None = None
        """The command that asked for a step, and that step."""

    # -- steps ----------------------------------------------------------------------------------------------

    @property
    def reach(self) -> Reach | None:
        """Which steps can be gone to; None where there are no two."""
        reach = self._session.snapshot.reach
        return reach if reach is not None and reach.last > reach.first else None

    @property
    def is_back(self) -> bool:
        """Whether an earlier step is shown."""
        return self._session.snapshot.earlier is not None

    @property
    def step(self) -> int:
        """The step that was asked for last, or else the one that is shown."""
        snapshot = self._session.snapshot
        if self._asked is not None and self._asked[0] > snapshot.handled:
            return self._asked[1]
        return snapshot.earlier.wanted if snapshot.earlier else snapshot.step

    def go_to(self, step: int) -> None:
        """Show a step that was done, or the nearest that can be shown; training pauses for it."""
        reach = self.reach
        if reach is None:
            self._session.message.emit("There is no earlier step to show yet: press Train, or step a batch.")
        elif not self._refused():
            step = max(reach.first, min(step, reach.last))
            self._asked = self._session.send_at_rest(GoTo(step)), step

    def go_by(self, steps: int) -> None:
        """Show a step so many further on."""
        self.go_to(self.step + steps)

    def go_by_epochs(self, epochs: int) -> None:
        """Show the end of an epoch before or after the step that is shown."""
        reach = self.reach
        if reach is not None:
            # From amid an epoch to its border first.
            here = round(reach.epoch_at(self.step), 9)
            border = here // 1 if epochs > 0 else -(-here // 1)
            self.go_to(reach.step_at(border + epochs))

    def go_to_epoch(self, epoch: float) -> None:
        """Show the step nearest to a place on the axis of epochs."""
        reach = self.reach
        self.go_to(reach.step_at(epoch) if reach else 0)

    def to_end(self) -> None:
        """Show the newest step again."""
        if self.is_back or self._asked is not None:
            self._asked = None
            self._session.send_at_rest(GoTo(None))

    def _refused(self) -> bool:
        return self._session.locks.refuse("train") or bool(self._session.exercising.refuse("An earlier step"))

    def ask(self) -> None:
        """Let a step be typed."""
        self.asked.emit()

    # -- runs -----------------------------------------------------------------------------------------------

    @property
    def seen(self) -> tuple[KeptRun, ...]:
        """The kept runs whose curves are to be seen, the newest of them."""
        kept = self._session.snapshot.runs.kept
        return tuple(run for run in kept if run.number not in self.unseen)[-MOST_SEEN:]

    def set_seen(self, number: int, seen: bool) -> None:
        """Whether the curve of a kept run is to be seen."""
        self.unseen = self.unseen - {number} if seen else self.unseen | {number}
        self.seen_changed.emit()

    def keep(self, name: str = "") -> None:
        """Keep the run as it is now, and go on with another from here."""
        if not self._session.snapshot.step:
            self._session.message.emit("There is nothing to keep yet: press Train, or step a batch.")
        elif not self._refused():
            self._session.send_at_rest(KeepRun(name))

    def put(self, run: KeptRun) -> None:
        """Keep a run again that was deleted."""
        self._send(PutRun(run))

    def drop(self, number: int) -> None:
        """Keep a run no longer."""
        self._send(DropRun(number))

    def rename(self, number: int, name: str) -> None:
        """Give a run a name; "": the automatic one again."""
        self._send(RenameRun(number, name))

    def set_aside(self) -> None:
        """Keep the run that goes on, before the settings become those of one that is restored."""
        if not self._refused():
            self._session.send_at_rest(SetAside())

    def restore(self, number: int, *, anew: bool = False) -> None:
        """Go on with a run that is kept, or with another one from its end. The network is as that run has it."""
        if not self._refused():
            self._session.send_at_rest(RestoreRun(number, anew))


def kept(document_or_snapshot: Any) -> Kept:
    """Which runs are kept, and their names: by which it is known whether saving would change anything."""
    return tuple((run.number, run.origin.name) for run in document_or_snapshot.runs.kept)
