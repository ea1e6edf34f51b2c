"""The watches of the open document, and where one stopped the training: what is shown of them, and how they change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal, Protocol, cast

from PySide6.QtCore import QObject, Signal

from compute.document import Document, Watch
from compute.edits import Edit, Editor
from compute.explain import Facts
from compute.focus import Focus
from compute.graph import RecordId
from compute.problems import Remedy
from compute.snapshot import Snapshot
from compute.watches.applied import check_of
from compute.watches.fault import Fault, named
from compute.watches.kinds import KINDS, Kind

Standing = Literal["quiet", "set off", "rests"]


class Holder(Protocol):
    """Who holds the document: a session, as far as this knows it."""

    document: Document
    snapshot: Snapshot
    message: Any

    @property
    def facts(self) -> Facts: ...

    @property
    def focus(self) -> Focus | None: ...

    @property
    def edits(self) -> Editor: ...

    def apply(self, edit: Edit) -> None: ...

    def focus_on(self, focus: Focus) -> None: ...


class Watching(QObject):
    """sought: a person wants to watch what is in focus."""

    sought = Signal()

    def __init__(self, holder: QObject) -> None:
        """holder: a ``Holder``."""
        super().__init__(holder)
        self._session = cast(Holder, holder)

    @property
    def watches(self) -> tuple[Watch, ...]:
        """Those of the document."""
        return self._session.document.watches

    @property
    def fault(self) -> Fault | None:
        """Where training stopped by itself, as long as that is what keeps it from going on."""
        return self._session.snapshot.fault

    @property
    def step_before(self) -> int | None:
        """The step before that fault at which the loss was least, where it can be gone to: the weights of now may be
        past mending."""
        problem = self._session.snapshot.problem
        if self.fault is None or problem is None or problem.remedy is None:
            return None
        offered = (problem.remedy, *problem.others)
        return next((int(each.value) for each in offered if each.act == "go to step"), None)

    # -- what there is ---------------------------------------------------------------------------------------

    def name(self, watch: Watch) -> str:
        """What a watch is on, in words."""
        return named(watch.asks(self._session.document.graph), self._session.facts.label)

    def set_off(self) -> Watch | None:
        """The watch that stopped the training."""
        fault, graph = self.fault, self._session.document.graph
        if fault is None or fault.check is None:
            return None
        return next((each for each in self.watches if check_of(each, graph) == fault.check), None)

    @property
    def marks(self) -> Mapping[RecordId, bool]:
        """The wires and nodes that are watched, each with whether that has stopped the training; and where it stopped
        without a watch."""
        found: dict[RecordId, bool] = {}
        for watch in self.watches:
            found.setdefault(watch.subject.wire or watch.subject.node, False)
        if self.fault is not None:
            set_off = self.set_off()
            holder = (set_off.subject if set_off is not None else self.fault.focus.subject).holder
            found[holder.wire or holder.node] = True
        return found

    def standing(self, watch: Watch) -> tuple[Standing, str]:
        """How it stands with a watch, and what is to be said of it: by the pass on show."""
        session = self._session
        if watch == self.set_off():
            return "set off", f"set off at step {self.fault.step}" if self.fault else ""
        reason = session.snapshot.watched.why(watch)
        if reason:
            return "rests", f"rests: {reason}"
        check = check_of(watch, session.document.graph)
        if check is None or check.kind.before or session.facts.trace is not session.snapshot.trace:
            return "quiet", ""
        measure = check.measure(session.snapshot.trace, {})
        return "quiet", "" if measure is None else check.kind.told(measure)

    def kinds(self, focus: Focus) -> list[Kind]:
        """What can be watched for at a number."""
        if focus.quantity == "update":
            return []
        what = focus.asks(self._session.document.graph).kind
        shape = self._session.snapshot.analysis.shapes.get(focus.subject.source(self._session.document.graph), ())
        return [kind for kind in KINDS.values() if what in kind.on and not (kind.units and len(shape) < 2)]

    # -- changing it -----------------------------------------------------------------------------------------

    def _apply(self, text: str, watches: tuple[Watch, ...]) -> None:
        self._session.apply(self._session.edits.set_watches(text, watches))

    def add(self, focus: Focus, kind: str, limit: float | None) -> None:
        """Watch all numbers of what is in focus; where that is watched for the same already, the limit is another."""
        if focus.quantity == "update":
            return
        watch = Watch(focus.subject, focus.quantity, kind, limit)
        if any(each.place == watch.place for each in self.watches):
            self.set_limit(watch, limit)
        else:
            self._apply(f"Watch {self.name(watch)}: {KINDS[kind].title}", (*self.watches, watch))

    def set_limit(self, watch: Watch, limit: float | None) -> None:
        """Another limit."""
        changed = tuple(replace(e, limit=limit) if e.place == watch.place else e for e in self.watches)
        self._apply(f"Change the limit of {self.name(watch)}", changed)

    def remove(self, watch: Watch) -> None:
        """Watch it no longer."""
        rest = tuple(each for each in self.watches if each.place != watch.place)
        self._apply(f"Stop watching {self.name(watch)}", rest)

    def follow(self, remedy: Remedy) -> None:
        """What was offered where training stopped: the number, or an end of the watch."""
        fault, watch = self.fault, self.set_off()
        if remedy.act == "stop watching" and watch is not None:
            self.remove(watch)
        elif remedy.act == "show number" and fault is not None:
            self.show(fault)

    def show(self, fault: Fault) -> None:
        """Ask about the very number."""
        self._session.focus_on(fault.focus)

    def seek(self) -> None:
        """Choose for what to watch what is in focus."""
        focus = self._session.focus
        if focus is None or not self.kinds(focus):
            self._session.message.emit("Click a number, a wire or a node first; then watch it.")
        else:
            self.sought.emit()
