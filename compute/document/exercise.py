"""An exercise as a document holds it: which numbers are asked for, what is drawn anew, and what a learner answered.

Plain data: what follows from it (numbers of a learner's own, marks, hints) is worked out by ``compute.exercises``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated, Any, Literal

import msgspec

from compute.document.checking import checked
from compute.errors import GradwireError
from compute.focus import Focus, Side, Subject
from compute.params import Param

MOST = 500
"""Numbers that are asked for, and kinds of numbers that are drawn, at most."""
MOST_DRAWN = 10**6
"""Numbers that one draw chooses from, at most."""
LONGEST = 200
"""Characters of an answer, a name or an id at most."""
Tells = Literal["each", "end", "never"]
"""When a learner is told which answers are right: after each, once all are handed in, or not by the document."""


SETTINGS = (
    Param("tolerance", "float", 0.005, "How far an answer may be off, as a share of the right one.", 0, 1),
    Param("decimals", "int", 2, "Of an answer that counts as tidy: others are drawn until all are.", 0, 9),
    Param("hints", "bool", True, "Whether there are hints, in four stages."),
    Param("hint_cost", "float", 0.2, "The share of its mark that each stage of a hint takes.", 0, 1),
    Param(
        "tells",
        "choice",
        "end",
        "When a student is told which answers are right: after each, at the end, or never by the document.",
        choices=("each", "end", "never"),
    ),
    Param("seed", "int", 0, "The same seed gives each student the same numbers again.", 0, 2**53),
)
"""How an exercise is drawn and marked, as a form shows it."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One number that is asked for, with the answer as it was typed ("": none) and how many hints were taken."""

    focus: Focus
    answer: str = ""
    hints: int = 0
    extra: Mapping[str, Any] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True)
class Drawn:
    """Numbers that each learner gets anew: low, low + step, … high, without 0 where it lies between the two.

    node, name: a node and its weight (``value`` of a parameter or a constant); without a node a column of the data.
    """

    node: str
    name: str
    low: float = -5.0
    high: float = 5.0
    step: float = 1.0
    extra: Mapping[str, Any] = field(default_factory=dict, compare=False)

    @property
    def choices(self) -> list[float]:
        """All the numbers that can come."""
        count = int((self.high - self.low) / self.step * (1 + 1e-12) + 1e-9) + 1
        found = [round(self.low + i * self.step, 10) for i in range(count)]
        return [x for x in found if x or not self.low < 0 < self.high]


@dataclass(frozen=True, slots=True)
class Learner:
    """For whom the numbers were drawn: by the id they are the same on every machine."""

    id: str
    name: str = ""

    @property
    def label(self) -> str:
        """As people call them."""
        return self.name or self.id


@dataclass(frozen=True, slots=True)
class Exercise:
    """asked: in the order in which they were chosen; drawn: what is drawn anew for each learner, by the seed.

    tolerance: how far an answer may be off, as a share of the right one; decimals: of an answer that counts as tidy;
    hints: whether there are any, each of which takes hint_cost, a share of the mark for its number; tells: see there;
    learner: for whom it was made, None where it is the teacher's; handed_in: whether answers are final.
    """

    asked: tuple[Asked, ...] = ()
    drawn: tuple[Drawn, ...] = ()
    seed: int = 0
    tolerance: float = 0.005
    decimals: int = 2
    hints: bool = True
    hint_cost: float = 0.2
    tells: Tells = "end"
    learner: Learner | None = None
    handed_in: bool = False
    extra: Mapping[str, Any] = field(default_factory=dict, compare=False)

    def find(self, focus: Focus) -> Asked | None:
        """What is asked about this number, if it is."""
        return next((each for each in self.asked if each.focus == focus), None)

    @property
    def is_begun(self) -> bool:
        """Whether a learner has done anything: answered, taken a hint or handed in."""
        return self.handed_in or any(each.answer or each.hints for each in self.asked)

    def asking(self, focus: Focus) -> Exercise:
        """With one number more."""
        return self if self.find(focus) else replace(self, asked=(*self.asked, Asked(focus)))

    def without(self, focus: Focus) -> Exercise:
        """With one number less."""
        return replace(self, asked=tuple(each for each in self.asked if each.focus != focus))

    def answered(self, focus: Focus, **given: Any) -> Exercise:
        """With another answer to one number, or more hints."""
        return replace(self, asked=tuple(replace(a, **given) if a.focus == focus else a for a in self.asked))

    def anew(self) -> Exercise:
        """Without any answers."""
        return replace(self, asked=tuple(replace(a, answer="", hints=0) for a in self.asked), handed_in=False)

    def drawing(self, drawn: Drawn | None, node: str, name: str) -> Exercise:
        """With other numbers to draw for a weight or a column; None: with none."""
        at = next((i for i, each in enumerate(self.drawn) if (each.node, each.name) == (node, name)), len(self.drawn))
        new = () if drawn is None else (drawn,)
        return replace(self, drawn=(*self.drawn[:at], *new, *self.drawn[at + 1 :]))

    # -- as a file has it -------------------------------------------------------------------------------------

    @classmethod
    def read(cls, raw: Mapping[str, Any]) -> Exercise:
        """The section of a document. Errors: GradwireError naming the field that is wrong."""
        file, extra = checked(ExerciseFile, dict(raw), "exercise")
        learner = file.learner and Learner(file.learner.id, file.learner.name)
        asked = tuple(_asked(*checked(AskedFile, each, f"exercise.asked[{i}]")) for i, each in enumerate(file.asked))
        if len({each.focus for each in asked}) < len(asked):
            raise GradwireError("exercise.asked: a number is asked for twice; remove one of the two.")
        drawn = []
        for i, each in enumerate(file.drawn):
            where = f"exercise.drawn[{i}]"
            one, more = checked(DrawnFile, each, where)
            drawn.append(checked_draw(Drawn(one.node, one.name, one.low, one.high, one.step, more), where))
        limits = (("tolerance", file.tolerance), ("hint_cost", file.hint_cost))
        for name, share in limits:
            if not 0 <= share <= 1:
                raise GradwireError(f"exercise.{name}: must be a number from 0 to 1; it is {share:g}.")
        return cls(
            asked,
            tuple(drawn),
            file.seed,
            file.tolerance,
            file.decimals,
            file.hints,
            file.hint_cost,
            file.tells,
            learner,
            file.handed_in,
            extra,
        )

    def written(self) -> dict[str, Any]:
        """The section that ``read`` reads back."""
        out: dict[str, Any] = {"asked": [_written(each) for each in self.asked]}
        out["drawn"] = [
            {"node": d.node, "name": d.name, "low": d.low, "high": d.high, "step": d.step, **d.extra}
            for d in self.drawn
        ]
        out |= {name: getattr(self, name) for name in ("seed", "tolerance", "decimals", "hints", "hint_cost", "tells")}
        if self.learner:
            out["learner"] = {"id": self.learner.id, "name": self.learner.name}
        if self.handed_in:
            out["handed_in"] = True
        return out | dict(self.extra)


def checked_draw(drawn: Drawn, where: str) -> Drawn:
    """The same. Errors: GradwireError for limits between which there is nothing to draw, or too much."""
    if not all(map(math.isfinite, (drawn.low, drawn.high, drawn.step))) or max(abs(drawn.low), abs(drawn.high)) > 1e9:
        raise GradwireError(f"{where}: low, high and step must be numbers of at most a thousand million.")
    if drawn.low > drawn.high or drawn.step <= 0:
        raise GradwireError(f"{where}: low must be at most high, and step more than 0.")
    if (drawn.high - drawn.low) / drawn.step > MOST_DRAWN:
        raise GradwireError(f"{where}: more than a million numbers to draw from; make the step larger.")
    return drawn


_Text = Annotated[str, msgspec.Meta(max_length=LONGEST)]
_List = Annotated[list[Any], msgspec.Meta(max_length=MOST)]


class AskedFile(msgspec.Struct):
    """As a ``Focus`` has it: of a node, of the wire at its port, or of its weight."""

    node: str
    quantity: Side = "value"
    port: str = ""
    weight: str = ""
    entry: Annotated[list[Annotated[int, msgspec.Meta(ge=0)]], msgspec.Meta(max_length=8)] = []
    answer: _Text = ""
    hints: Annotated[int, msgspec.Meta(ge=0, le=9)] = 0


class DrawnFile(msgspec.Struct):
    name: str
    node: str = ""
    low: float = -5.0
    high: float = 5.0
    step: float = 1.0


class LearnerFile(msgspec.Struct):
    id: Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST)]
    name: _Text = ""


class ExerciseFile(msgspec.Struct):
    asked: _List = []
    drawn: _List = []
    seed: Annotated[int, msgspec.Meta(ge=0, le=2**53)] = 0
    tolerance: float = 0.005
    decimals: Annotated[int, msgspec.Meta(ge=0, le=9)] = 2
    hints: bool = True
    hint_cost: float = 0.2
    tells: Tells = "end"
    learner: LearnerFile | None = None
    handed_in: bool = False


def _asked(file: AskedFile, extra: dict[str, Any]) -> Asked:
    if file.port:
        subject = Subject("wire", file.node, file.port)
    elif file.weight:
        subject = Subject("weight", file.node, file.weight)
    else:
        subject = Subject("node", file.node)
    if file.quantity == "update" and subject.kind != "weight":
        raise GradwireError(f"exercise.asked: {file.node} is no weight, so it has no update; name its weight.")
    return Asked(Focus(subject, file.quantity, tuple(file.entry)), file.answer, file.hints, extra)


def _written(asked: Asked) -> dict[str, Any]:
    focus = asked.focus
    out: dict[str, Any] = {"node": focus.subject.node, "quantity": focus.quantity}
    if focus.subject.kind != "node":
        out["port" if focus.subject.kind == "wire" else "weight"] = focus.subject.name
    if focus.entry:
        out["entry"] = list(focus.entry)
    if asked.answer:
        out["answer"] = asked.answer
    if asked.hints:
        out["hints"] = asked.hints
    return out | dict(asked.extra)
