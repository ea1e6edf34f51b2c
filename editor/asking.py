"""The walk that asks first: what it asks for at a step, what was answered, and what is hidden until then."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Protocol

from PySide6.QtCore import QObject, Signal

from compute.asking import (
    Asked,
    Manner,
    Record,
    Score,
    Sign,
    Verdict,
    judge,
    judge_size,
    question_at,
    reasons,
)
from compute.document import Document
from compute.explain import Quantity
from compute.snapshot import Snapshot
from compute.trace import Trace
from compute.walk_state import WalkState


class Walks(Protocol):
    """What it needs of whoever holds the walk."""

    document: Document
    snapshot: Snapshot
    walk: WalkState | None

    def ask_anew(self, *, shown: bool = True) -> None: ...

    def walk_to(self, index: int) -> None: ...

    def walk_by(self, delta: int) -> None: ...


class Keeps(Protocol):
    """What keeps scores on the machine, each by what it is of."""

    def walk(self, key: str) -> str: ...

    def set_walk(self, key: str, score: str) -> None: ...


class Asking(QObject):
    """changed: it asks or no longer does, or in another manner; answered: something was (what stands at the step now);
    wanted: somebody would go on, and an answer is due."""

    changed = Signal()
    answered = Signal(object)
    wanted = Signal()

    def __init__(self, attention: Walks, parent: QObject) -> None:
        super().__init__(parent)
        self._attention = attention
        self.on = False
        self.manner = Manner()
        self.score = Score()
        self.last = Score()
        """How a walk through the document at the same granularity went before."""
        self.settings: Keeps | None = None
        """Where scores are kept; nowhere without."""
        self._pass: object = None
        """What the score is of: a walk through one pass, at one granularity."""
        self._asked: dict[int, Asked] = {}
        """What stands at the steps that were asked, by their numbers."""
        self._seen: tuple[Trace, WalkState, Trace] | None = None

    # -- whether and how ------------------------------------------------------------------------------------

    def set_on(self, on: bool) -> None:
        """Ask from the present step on, or only show."""
        if on != self.on:
            self.on = on
            self._again()

    def set_manner(self, **changes: Any) -> None:
        """Ask in another manner; what is done with stays so."""
        manner = replace(self.manner, **changes)
        if manner != self.manner:
            self.manner = manner
            self._again()

    def start_over(self) -> None:
        """Ask everything again, from the first step."""
        self._pass = None
        self._attention.walk_to(0)
        self._again()

    def _again(self) -> None:
        self._attention.ask_anew()
        self.changed.emit()

    # -- what stands at a step ------------------------------------------------------------------------------

    def prepared(self, walk: WalkState | None) -> WalkState | None:
        """The walk with what is asked at its step; without where nothing is, and while it trains."""
        if walk is None:
            self._pass, self._seen = None, None
            return None
        if not self.on or self._attention.snapshot.state == "running":
            return replace(walk, asked=None) if walk.asked is not None else walk
        self._begin(walk)
        return replace(walk, asked=self._at(walk))

    def _begin(self, walk: WalkState) -> None:
        """Another pass, or other steps: a score of its own."""
        snapshot = self._attention.snapshot
        steps = (walk.granularity, len(walk.steps))
        now = (steps, snapshot.revision, snapshot.step, snapshot.trace.rows.tobytes())
        if now != self._pass:
            self._pass, self.score, self._asked = now, Score(), {}
            self.last = Score.read(self.settings.walk(self._key(walk))) if self.settings is not None else Score()

    def _key(self, walk: WalkState) -> str:
        """What a score is kept by."""
        return f"{self._attention.document.name}: {walk.granularity}"

    def _at(self, walk: WalkState) -> Asked | None:
        step, known = walk.steps[walk.index], self._asked.get(walk.index)
        if known is None and not self.manner.asks(step.phase):
            return None
        if known is not None and known.question.facts is step.facts and known.stage == "done":
            return known
        question = question_at(step, self._attention.document.training.seed)
        if question is None:
            return None
        if known is None:
            known = Asked(question, "number", self.manner)
            self.score = self.score.with_record(Record(walk.index, question.name, step.title))
        stage = known.stage
        if stage == "number" and not self.manner.asks(step.phase):
            return None
        same = known.question.quantity == question.quantity and known.question.entry == question.entry
        verdict = known.verdict if same and known.question.right == question.right else None
        self._asked[walk.index] = replace(known, question=question, manner=self.manner, verdict=verdict)
        return self._asked[walk.index]

    @property
    def now(self) -> Asked | None:
        """What stands at the present step."""
        walk = self._attention.walk
        return walk.asked if walk is not None else None

    @property
    def is_open(self) -> bool:
        """Whether something is still to be answered at the present step."""
        return self.now is not None and self.now.stage != "done"

    def holds(self) -> bool:
        """Whether the walk does not go on before an answer; says that one is wanted."""
        if self.is_open:
            self.wanted.emit()
        return self.is_open

    # -- answering ------------------------------------------------------------------------------------------

    def answer(self, typed: str) -> None:
        """A number, as it was typed."""
        asked = self.now
        if asked is not None and asked.stage == "number":
            self._judged(asked, judge(asked.question, typed), typed)

    def answer_size(self, sign: Sign, size: int | None) -> None:
        """A sign and a size."""
        asked = self.now
        if asked is not None and asked.stage == "number":
            self._judged(asked, judge_size(asked.question, sign, size), "")

    def _judged(self, asked: Asked, verdict: Verdict, typed: str) -> None:
        self._record(lambda record: record.answered(verdict, typed))
        asked = replace(asked, verdict=verdict, typed=typed)
        self._put(self._found(asked) if verdict.right else asked)

    def _found(self, asked: Asked) -> Asked:
        """The number is known; the reason comes next, where one is asked for and there are some."""
        offered = reasons(asked.question, len(self.score.records)) if self.manner.asks_reason else ()
        return replace(asked, stage="reason" if offered else "done", reasons=offered)

    def choose_reason(self, place: int) -> None:
        """One of the reasons on offer."""
        asked = self.now
        if asked is not None and asked.stage == "reason" and 0 <= place < len(asked.reasons):
            right = asked.reasons[place].right
            self._record(lambda record: replace(record, reason=right))
            self._put(replace(asked, stage="done", chosen=place))

    def show_me(self) -> None:
        """Give the number away, with its explanation."""
        asked = self.now
        if asked is not None and asked.stage != "done":
            self._record(lambda record: record.ended("shown"))
            self._put(replace(asked, stage="done"))

    def skip(self) -> None:
        """Go on without an answer."""
        if self.is_open:
            self._record(lambda record: record.ended("skipped"))
            asked, walk = self.now, self._attention.walk
            assert asked is not None
            assert walk is not None
            self._put(replace(asked, stage="done"))
            self._attention.walk_by(1)

    def _record(self, change: Any) -> None:
        walk = self._attention.walk
        if walk is not None:
            self.score = self.score.with_record(change(self.score.records[walk.index]))
            if self.settings is not None and self.score.done.records:
                self.settings.set_walk(self._key(walk), self.score.done.written())

    def _put(self, asked: Asked) -> None:
        walk = self._attention.walk
        if walk is not None:
            before = self._asked.get(walk.index)
            self._asked[walk.index] = asked
            self._attention.ask_anew(shown=before is None or before.stage != asked.stage)
            self.answered.emit(asked)

    # -- what is seen ---------------------------------------------------------------------------------------

    def seen(self, trace: Trace, walk: WalkState | None) -> Trace:
        """Of a pass what the walk has come to, while it asks; all of it else."""
        if not self.on or walk is None or self._pass is None or self._attention.snapshot.state == "running":
            return trace
        if self._seen is None or self._seen[0] is not trace or self._seen[1] is not walk:
            self._seen = trace, walk, _known_part(trace, walk)
        return self._seen[2]


def _known_part(trace: Trace, walk: WalkState) -> Trace:
    """The arrays that are known as a whole; weights are always known."""
    partly = walk.reached[0] if walk.reached is not None else None
    known = walk.shown - {partly}
    values = {node: array for node, array in trace.values.items() if Quantity("value", node) in known}
    weights = {}
    for name, array in trace.parameter_grads.items():
        node, _, suffix = name.rpartition(".")
        if Quantity("weight gradient", node, suffix) in known:
            weights[name] = array
    loss = trace.loss if _loss_of(walk) in values else None
    return replace(
        trace,
        loss=loss,
        values=values,
        grads={node: array for node, array in trace.grads.items() if Quantity("gradient", node) in known},
        wire_grads={at: array for at, array in trace.wire_grads.items() if Quantity("wire", *at) in known},
        parameter_grads=weights,
    )


def _loss_of(walk: WalkState) -> str:
    return walk.step.facts.loss
