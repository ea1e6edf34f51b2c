"""What if: numbers are held at others for a while, or two states are compared, and every view shows both.

Neither the document nor the run is changed until what is held is kept. The passes are worked out beside the window,
one at a time; of what changes meanwhile the newest is next.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, Signal

from compute.document import Document
from compute.edits import Edit, Editor, Effect
from compute.errors import GradwireError
from compute.explain import Facts
from compute.explain.facts import spanned
from compute.focus import Focus, Subject
from compute.large import look_at
from compute.numbers_text import count_text, short
from compute.ripple import Case, Hold, Pair, across_states, across_step, require_holdable, ripple
from compute.schedules import next_optimizer
from compute.snapshot import Snapshot
from compute.tensor_view import Placed, Span, fits, index_of
from compute.trace import Trace
from editor.background import Background, Task

Array = npt.NDArray[Any]


class Looks(Protocol):
    """What it needs of whoever attends to the document."""

    document: Document
    snapshot: Snapshot
    message: Any
    exercising: Any

    @property
    def facts(self) -> Facts: ...


class Watched(Looks, Protocol):
    """A session that tells what happens to it, and takes edits."""

    snapshot_changed: Any
    document_edited: Any
    document_replaced: Any
    walk_changed: Any
    training_changed: Any

    @property
    def is_training(self) -> bool: ...

    @property
    def walk(self) -> Any: ...

    @property
    def edits(self) -> Editor: ...

    def apply(self, edit: Edit) -> None: ...

    def set_weight(self, name: str, span: Span, value: Placed) -> None: ...

    def stop_walk(self) -> None: ...

    def pause(self) -> None: ...


class WhatIf(QObject):
    """changed: it begins or ends, or other numbers are there; held_changed: other numbers are held.

    on: whether it goes on; about: what is compared, in words; holds: what is held, the last one last.
    """

    changed = Signal()
    held_changed = Signal()

    def __init__(self, looks: Looks, parent: QObject) -> None:
        super().__init__(parent)
        self._looks = looks
        self._background = Background(self)
        self.on = False
        self.about = ""
        self.holds: tuple[Hold, ...] = ()
        self._taken_back: tuple[Hold, ...] = ()
        """Holds that Undo took away, the last one last."""
        self.pair: Pair | None = None
        """Both passes; None until they are worked out."""
        self._of: Snapshot | None = None
        """What they are of."""
        self._base: tuple[Snapshot, Case, Trace | None] | None = None
        self._compare: Callable[[Case], Pair] | None = None
        self._again = False
        self.remembered: Mapping[str, Array] = {}
        """The weights of a moment to compare others with."""
        self.moment = ""
        """Which that was."""

    # -- beginning and ending -------------------------------------------------------------------------------

    def begin(self) -> None:
        """Numbers can be held from now on."""
        self._start(None, "what if")

    def compare_step(self) -> None:
        """The numbers before the next update and after it, on the batch that the wires show."""
        looks = self._looks
        try:
            now = looks.snapshot
            optimizer = next_optimizer(looks.document.training, now.progress, now.rows, now.goal)
        except GradwireError as error:
            looks.message.emit(str(error))
            return
        self._start(
            lambda case: across_step(case, optimizer, self._looks.snapshot.progress.optimizer),
            "before and after one step",
        )

    def remember(self) -> None:
        """The weights of now are what others are compared with later."""
        snapshot, seed = self._looks.snapshot, self._looks.document.training.seed
        self.remembered = dict(snapshot.weights)
        self.moment = f"{snapshot.name}, seed {seed}"
        self._looks.message.emit(
            f"The weights of {self.moment} are remembered; train, or take another seed, and compare."
        )
        self.held_changed.emit()

    def compare_remembered(self) -> None:
        """The numbers with the weights that are remembered, and with those of now."""
        was, seed = self.remembered, self._looks.document.training.seed
        now = f"{self._looks.snapshot.name}, seed {seed}"
        self._start(lambda case: across_states(case, was), f"{self.moment} and {now}")

    def compare_weights(self, was: Mapping[str, Array], now: Mapping[str, Array] | None, about: str) -> None:
        """The numbers with some weights, and with others; None: with those of now."""

        def compare(case: Case) -> Pair:
            if now is None:
                return across_states(case, was)
            return Pair(across_states(case, was).before, across_states(case, now).before)

        self._start(compare, about)

    def _start(self, compare: Callable[[Case], Pair] | None, about: str) -> None:
        if self._looks.exercising.refuse("That"):
            return
        try:
            Case.of(self._looks.document, self._looks.snapshot)
        except GradwireError as error:
            self._looks.message.emit(str(error))
            return
        self.on, self.about, self._compare, self.holds, self.pair = True, about, compare, (), None
        self._taken_back = ()
        self.held_changed.emit()
        self.changed.emit()
        self._work()

    def leave(self) -> None:
        """The numbers are again what they are."""
        if self.on:
            self.on, self.holds, self.pair, self._base, self._compare = False, (), None, None, None
            self._taken_back = ()
            self.held_changed.emit()
            self.changed.emit()

    @property
    def holds_numbers(self) -> bool:
        """Whether numbers can be held, rather than two states compared."""
        return self.on and self._compare is None

    # -- holding --------------------------------------------------------------------------------------------

    def take(self, focus: Focus, value: float) -> bool:
        """Whether a number that was typed for a weight is held here, and not put into it."""
        if self.holds_numbers:
            self.hold(focus, value)
        return self.holds_numbers

    def place_of(self, focus: Focus, *, whole: bool = False) -> tuple[Subject, Span] | None:
        """What is held where one asks about a number: that entry, or ``whole``, all of them; None where there is none.
        A parameter holds a weight, whose number it is."""
        facts = self._looks.facts
        value = Focus(focus.subject, "value", focus.entry)
        entry, subject = value.entry_in(facts), focus.subject
        if entry is None or not subject.there(facts.graph):
            return None
        own = facts.analysis.weights_of(subject.node) if subject.kind == "node" else {}
        if own and not facts.analysis.sources.get(subject.node, ()):
            subject = Subject("weight", subject.node, next(iter(own)))
        return subject, (None,) * len(entry) if whole else entry

    def held_at(self, focus: Focus) -> Hold | None:
        """What is held there, by itself or with everything around it."""
        places = (self.place_of(focus), self.place_of(focus, whole=True))
        return next((h for h in reversed(self.holds) if (h.subject, h.span) in places), None)

    def hold(self, focus: Focus, value: float | None, *, whole: bool = False) -> None:
        """Hold a number at another one; None: at what it is without any hold."""
        place = self.place_of(focus, whole=whole)
        if place is None:
            return
        looks = self._looks
        try:
            require_holdable(looks.snapshot.analysis, looks.document.training.loss, place[0])
        except GradwireError as error:
            looks.message.emit(str(error))
            return
        if not self.holds_numbers:
            self.begin()
        if not self.holds_numbers:
            return  # it was said why it cannot begin
        others = tuple(h for h in self.holds if (h.subject, h.span) != place and not (whole and h.subject == place[0]))
        self._hold((*others, Hold(*place, value)))

    def release(self, focus: Focus) -> None:
        """A number is again what it is."""
        held = self.held_at(focus)
        if held is not None:
            self._hold(tuple(h for h in self.holds if h is not held))

    @property
    def undo_text(self) -> str:
        """The hold that would be taken back, "" if none."""
        return self.named(self.holds[-1]) if self.holds else ""

    @property
    def redo_text(self) -> str:
        """The hold that would be there again, "" if none."""
        return self.named(self._taken_back[-1]) if self._taken_back else ""

    def take_back(self) -> str:
        """The last hold is none any more; returns what it was, "" if there is none."""
        text = self.undo_text
        if text:
            self._hold(self.holds[:-1], (*self._taken_back, self.holds[-1]))
        return text

    def hold_again(self) -> str:
        """What was taken back last is held again; returns what that is, "" if nothing was."""
        text = self.redo_text
        if text:
            self._hold((*self.holds, self._taken_back[-1]), self._taken_back[:-1])
        return text

    def _hold(self, holds: tuple[Hold, ...], taken_back: tuple[Hold, ...] = ()) -> None:
        self.holds, self._taken_back = holds, taken_back
        self.held_changed.emit()
        self._work()

    def named(self, hold: Hold) -> str:
        """A hold in words: ``h.weight[0, 1] at 0.9``, ``a frozen``, ``the wire from x to h cut``."""
        place = self.place_name(hold.subject, hold.span)
        if hold.is_cut:
            return f"{place} cut"
        return f"{place} frozen" if hold.value is None else f"{place} at {short(hold.value)}"

    def told(self, focus: Focus) -> str:
        """Of a number that is held a sentence that says so; "" of any other."""
        held = self.held_at(focus) if self.on and focus.quantity == "value" else None
        if held is None:
            return ""
        depends = "Everything that depends on it shows what it was and what it is."
        return f"For this what-if: {self.named(held)}, whatever goes into it. {depends}"

    def place_name(self, subject: Subject, span: Span) -> str:
        """Some numbers as people call them."""
        facts = self._looks.facts
        if subject.kind == "wire":
            name = f"the wire from {facts.label(subject.source(facts.graph))} to {facts.label(subject.node)}"
        elif subject.kind == "weight":
            name = facts.weight_name(subject.asks(facts.graph, "value"))
        else:
            name = facts.label(subject.node)
        return spanned(name, span)

    @property
    def summary(self) -> str:
        """What is held or compared, and how many numbers that changes."""
        said = self.about
        if self.holds_numbers:
            said = "; ".join(map(self.named, self.holds)) or "choose a number, then type another or drag it"
        if self.pair is None or not (self.holds or self._compare):
            return said
        moved, total = self.pair.count
        return f"{said} — {count_text(moved)} of {count_text(total)} numbers differ"

    @property
    def can_keep(self) -> bool:
        """Whether any number that is held is one of a weight or a constant."""
        return any(map(self._keepable, self.holds))

    def _keepable(self, hold: Hold) -> bool:
        op = self._looks.facts.analysis.ops.get(hold.subject.node)
        constant = hold.subject.kind == "node" and op is not None and op.name == "constant"
        return hold.value is not None and (hold.subject.kind == "weight" or constant)

    def keep(self, session: Watched) -> None:
        """What is held of weights and constants is so from now on: edits that can be taken back."""
        holds, facts, left = self.holds, session.facts, []
        self.leave()
        for hold in holds:
            array = facts.find(hold.subject.asks(facts.graph, "value"))
            if array is None or hold.value is None or not self._keepable(hold):
                left.append(hold)
            elif hold.subject.kind == "weight":
                session.set_weight(hold.subject.asks(facts.graph, "value").weight, hold.span, hold.value)
            else:
                numbers = np.array(facts.settings(hold.subject.node)["value"], np.float64)
                numbers[index_of(hold.span)] = hold.value
                session.apply(session.edits.set_param(hold.subject.node, "value", numbers.tolist()))
        if left:
            named = "; ".join(map(self.named, left))
            session.message.emit(f"Only numbers of weights and constants can be kept, and not: {named}.")

    # -- working it out -------------------------------------------------------------------------------------

    def watch(self, session: Watched) -> None:
        """Follow what happens to the document and its run; a walk or a training ends it."""

        def walked(walk: object) -> None:
            if walk is not None:
                self.leave()

        def trained() -> None:
            if session.is_training:
                self.leave()

        def edited(edit: Edit) -> None:
            if edit.effect >= Effect.DATA:
                self._forget()
            elif edit.effect == Effect.SETTINGS and self._compare is not None:
                self._work()

        def asked() -> None:
            if self._looks.exercising.hidden:
                self.leave()

        session.exercising.changed.connect(asked)
        session.snapshot_changed.connect(self._follow)
        session.document_edited.connect(edited)
        session.document_replaced.connect(self._end)
        session.walk_changed.connect(walked)
        session.training_changed.connect(trained)

    def _end(self) -> None:
        """Another document is open."""
        self.remembered, self.moment = {}, ""
        self.leave()

    def _follow(self) -> None:
        """The run shows other numbers: what is held is worked out of those."""
        if self.on and self._looks.snapshot is not self._of and self._looks.snapshot.state != "running":
            self._work()

    def prune(self) -> None:
        """Hold nothing that the document no longer has; tells nobody, as an edit is told to all afterwards."""
        graph = self._looks.document.graph
        self.holds = tuple(hold for hold in self.holds if hold.subject.there(graph))

    def _forget(self) -> None:
        """The document was edited: nothing is known until its numbers are there."""
        if self.on:
            self.pair = self._base = None
            self.held_changed.emit()
            self.changed.emit()

    def seen(self, trace: Trace) -> Trace:
        """What is shown in place of a pass: the second of the two, as long as both are of it."""
        return self.pair.after if self.pair is not None and self._of_now(trace) else trace

    def shown(self, trace: Trace) -> Pair | None:
        """The two passes that are to be seen beside each other in place of one."""
        return self.pair if self._of_now(trace) else None

    def _of_now(self, trace: Trace) -> bool:
        return self.on and self._of is not None and self._of.trace is trace

    def _work(self) -> None:
        if self._background.tasks:
            self._again = True  # the newest is next
            return
        self._again = False
        self._let_go_of_missing()
        snapshot, compare, holds = self._looks.snapshot, self._compare, self.holds
        known = self._base if self._base is not None and self._base[0] is snapshot else None
        try:
            case = known[1] if known else Case.of(self._looks.document, snapshot)
        except GradwireError as error:
            self._looks.message.emit(str(error))
            self.leave()
            return
        before = known[2] if known else None

        def work(_task: Task) -> Pair:
            pair = compare(case) if compare is not None else ripple(case, holds, before)
            _ = pair.count  # which takes its time, as do these
            for trace in (pair.before, pair.after):
                look_at(trace)
            return pair

        def done(pair: Pair) -> None:
            if self.on and snapshot is self._looks.snapshot and compare is self._compare:
                self.pair, self._of = pair, snapshot
                self._base = snapshot, case, pair.before if compare is None else None
                self.changed.emit()
            if self._again and self.on:
                self._work()

        def failed(sentence: str) -> None:
            self._looks.message.emit(sentence)
            self.leave()

        self._background.run(work, done, failed)

    def _let_go_of_missing(self) -> None:
        """Hold nothing that the pass does not have any more: of smaller layers and batches, or of what is muted."""
        gone = [hold for hold in self.holds if not self._is_computed(hold)]
        if gone:
            self.holds = tuple(hold for hold in self.holds if hold not in gone)
            self._taken_back = ()
            self._looks.message.emit(f"No longer there, and so not held: {'; '.join(map(self.named, gone))}.")
            self.held_changed.emit()

    def _is_computed(self, hold: Hold) -> bool:
        facts = self._looks.facts
        array = facts.find(hold.subject.asks(facts.graph, "value"))
        return array is not None and fits(hold.span, array.shape)

    def close(self) -> None:
        """Nothing arrives any more."""
        self._background.close()
