"""Backpropagation as a list of steps, each one calculation with its formula, its numbers and what is stored."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import ParamSpec, TypeVar, overload

from compute.analysis import Analysis
from compute.explain import gradients, updates, values
from compute.explain.answer import Answer
from compute.explain.facts import Entry, Facts, Quantity, plain
from compute.explain.formula import stacked
from compute.explain.outline import Granularity, Outline, outlined, shape_of
from compute.explain.storage import Draft, Memory, Phase, Stored, memory, stored
from compute.explain.updates import State
from compute.graph import Graph, Port
from compute.numbers_text import summary
from compute.optimizers import Optimizer
from compute.trace import Trace

P = ParamSpec("P")
T = TypeVar("T")
_AT_ONCE = 100
"""Steps that are outlined without a pause."""
_MOST_KEPT = 1000
"""Of a walk's steps so many are kept once they are made."""
_MOST_TOLD = 16
"""So many answers."""


@dataclass(frozen=True)
class _Story:
    """What all steps of one walk share."""

    facts: Facts
    outline: Outline
    optimizer: Optimizer | None
    state: State
    update: int
    entry: Entry | None
    named: dict[Quantity, Stored] = field(default_factory=dict)

    def stored(self, q: Quantity) -> Stored:
        """An array that is held, put in words once it is asked for."""
        if q not in self.named:
            self.named[q] = stored(self.facts, q)
        return self.named[q]

    def pick(self, q: Quantity) -> Entry:
        """The entry asked for, where the quantity has it; else the one that the facts pick."""
        shape = self.facts.shape(q)
        if self.entry is None or len(self.entry) != len(shape):
            return self.facts.pick(q)
        inside = all(0 <= i < n for i, n in zip(self.entry, shape, strict=True))
        return self.entry if inside else self.facts.pick(q)

    def answer(self, q: Quantity, entry: Entry) -> Answer:
        """The explanation of one number that the walk computes."""
        if q.kind == "update":
            assert self.optimizer is not None
            return updates.update(self.facts, q, entry, self.optimizer, self.state, self.update)
        told = self.facts.told
        if (q, entry) not in told:
            if len(told) >= _MOST_TOLD:
                told.clear()
            told[q, entry] = self._answer(q, entry)
        answer: Answer = told[q, entry]
        return answer

    def _answer(self, q: Quantity, entry: Entry) -> Answer:
        if q.kind == "value":
            return values.value(self.facts, q.node, entry)
        if q.kind == "wire":
            return gradients.wire(self.facts, q.node, q.name, entry)
        if q.kind == "gradient":
            return gradients.node(self.facts, q.node, entry)
        return gradients.weight(self.facts, q.node, q.name, entry)


@dataclass(frozen=True)
class Step:
    """One calculation of the walk. Its texts are made when they are first asked for.

    node: the node at work; wires: the (target, port) pairs along which the mark runs, forward towards the node and
    backward away from it; told: the quantities that this step explains; made: all that are known after it and were
    not before (the only contribution to a node is that node's gradient too); entry: of what is told, the one entry that
    this step calculates, None where it is all of it.
    """

    phase: Phase
    node: str
    wires: tuple[Port, ...]
    told: tuple[Quantity, ...]
    made: tuple[Quantity, ...]
    number: int
    entry: Entry | None
    _draft: int
    _story: _Story = field(repr=False, compare=False)
    _about: Entry | None = None
    """Of the first number that is told, the entry that its answer is about, where somebody chose one."""

    @property
    def wire(self) -> Port | None:
        """The first of the wires; None for sources and updates."""
        return self.wires[0] if self.wires else None

    @property
    def reached(self) -> tuple[Quantity, int] | None:
        """What is calculated entry by entry and not done yet, with how many entries are there, in the order of its
        axes; None where nothing is half done."""
        starts = self._story.outline.starts
        if self.entry is None or self.number + 1 == starts[self._draft + 1]:
            return None
        return self.told[0], self.number + 1 - starts[self._draft]

    @property
    def facts(self) -> Facts:
        """The pass that the walk is through."""
        return self._story.facts

    @property
    def optimizer(self) -> Optimizer | None:
        """What updates the weights; None in a walk without updates."""
        return self._story.optimizer

    def explain(self, q: Quantity, entry: Entry) -> Answer:
        """Where a number of the pass comes from; of an update the new weight."""
        return self._story.answer(q, entry)

    @cached_property
    def title(self) -> str:
        """As in ``Tanh a: forward``; of one entry ``Tanh a: forward, entry [3, 0]``."""
        return self._title + (plain(", entry ", self.entry) if self.entry else "")

    @property
    def _title(self) -> str:
        facts, told = self._story.facts, self.told
        called = facts.called(self.node)
        if self.phase in ("forward", "loss"):
            return f"{called}: forward"
        if self.phase == "update":
            return f"{facts.weight_name(told[0])}: update"
        if told[0].kind == "gradient":
            ways = len(facts.contributions(self.node))
            return f"{called}: sum of {ways} contributions" if ways > 1 else f"{called}: where backward starts"
        if len(told) > 1 or told[0].kind == "weight gradient":
            only = f" to {facts.weight_name(told[0])}" if len(told) == 1 else ""
            return f"{called}: backward{only}"
        return f"{called}: backward to {facts.label(facts.source(self.node, told[0].name))}"

    @cached_property
    def entries(self) -> tuple[Entry, ...]:
        """The entry that each answer is about."""
        picked = tuple(self._story.pick(q) if self.entry is None else self.entry for q in self.told)
        return picked if self._about is None else (self._about, *picked[1:])

    def about(self, q: Quantity, entry: Entry) -> Step:
        """The same step with one of its numbers told first, and of that the entry given."""
        return replace(self, told=(q, *(other for other in self.told if other != q)), _about=entry)

    @cached_property
    def answers(self) -> tuple[Answer, ...]:
        """The explanation of each number of this step: one, or one for each port and weight of the node."""
        return tuple(self._story.answer(q, e) for q, e in zip(self.told, self.entries, strict=True))

    @property
    def rule(self) -> str:
        """LaTeX in the names of the nodes; of several rules at once the short, general form."""
        several = len(self.answers) > 1
        return stacked([(several and answer.general) or answer.rule for answer in self.answers])

    @property
    def numbers(self) -> str:
        """LaTeX with the numbers of the chosen sample, and the result."""
        return stacked([answer.numbers for answer in self.answers])

    @property
    def sentence(self) -> str:
        """Where the new number came from, in plain words."""
        return " ".join(answer.sentence for answer in self.answers)

    @cached_property
    def result(self) -> str:
        """The new number; for a tensor its chosen entry, how many there are, and their mean and spread."""
        out = []
        for q, answer in zip(self.told, self.answers, strict=True):
            array = self._story.facts.array(q)
            text = answer.result
            if array.size > 1 and q.kind != "update" and self.entry is None:
                text += f" · {array.size} numbers, mean {summary(array)}"
            out.append(f"{answer.title.removeprefix('Gradient of ')}: {text}" if len(self.told) > 1 else text)
        return "\n".join(out)

    @property
    def shown(self) -> frozenset[Quantity]:
        """All that is known at this moment, or ``reached`` in part: what this and the earlier steps made."""
        return frozenset(q for draft in self._story.outline.drafts[: self._draft + 1] for q in draft.made)

    @cached_property
    def stored(self) -> tuple[Stored, ...]:
        """What is held in memory at this moment."""
        story = self._story
        return tuple(story.stored(life.quantity) for life in story.outline.held(story.facts) if life.spans(self._draft))

    @property
    def stored_bytes(self) -> int:
        """Their bytes in float32."""
        return sum(stored.bytes for stored in self.stored)


class Steps(Sequence[Step]):
    """The steps of a walk; each is made when it is first asked for, as a large graph has thousands. Without a story
    there are none."""

    def __init__(self, story: _Story | None = None) -> None:
        self._story = story
        self._made: dict[int, Step] = {}

    @property
    def outline(self) -> Outline | None:
        return self._story.outline if self._story is not None else None

    @property
    def phases(self) -> Mapping[Phase, range]:
        """The steps of each phase that there is, in order."""
        return self.outline.phases if self.outline else {}

    def like(self, step: Step) -> int:
        """Which step calculates what one of another walk through the same graph does, or is at the same node; the first
        where none does."""
        return self.outline.find(step.phase, step.node, step.told[0], step.entries[0]) if self.outline else 0

    def end_of_node(self, index: int) -> int:
        """The last step at the node of a step, or of the next node if this is the last already."""
        return self.outline.end_of_node(index) if self.outline else 0

    @cached_property
    def memory(self) -> Memory:
        """How many bytes are held at each calculation, and how many if nothing were let go."""
        if self._story is None:
            return Memory()
        facts, outline = self._story.facts, self._story.outline
        return memory(facts, outline.held(facts), outline.drafts, outline.starts)

    def __len__(self) -> int:
        return self.outline.starts[-1] if self.outline else 0

    @overload
    def __getitem__(self, index: int) -> Step: ...
    @overload
    def __getitem__(self, index: slice) -> list[Step]: ...
    def __getitem__(self, index: int | slice) -> Step | list[Step]:
        places = range(len(self))[index]
        return self._step(places) if isinstance(places, int) else [self._step(place) for place in places]

    def _step(self, number: int) -> Step:
        if number not in self._made:
            if len(self._made) >= _MOST_KEPT:
                self._made.clear()
            self._made[number] = self._make(number)
        return self._made[number]

    def _make(self, number: int) -> Step:
        assert self._story is not None
        at, entry = self._story.outline.place(number)
        draft, last = self._story.outline.drafts[at], number + 1 == self._story.outline.starts[at + 1]
        made = draft.made if last else ()
        return Step(draft.phase, draft.node, draft.wires, draft.told, made, number, entry, at, self._story)


def walking(
    graph: Graph,
    analysis: Analysis,
    loss: str,
    trace: Trace,
    optimizer: Optimizer | None = None,
    *,
    sample: int = 0,
    granularity: Granularity = "node",
    entry: Entry | None = None,
    optimizer_state: State | None = None,
    updates_done: int = 0,
    earlier: Steps | None = None,
) -> Generator[None, None, Steps]:
    """The steps forward → loss → backward → update of one traced pass.

    sample: which row of the batch the numbers come from; entry: which entry of a tensor, where it has it (else the
    one with the largest gradient); optimizer_state, updates_done: the run's, so that the new weights are the engine's.
    Without an optimizer there are no updates, without a computed loss no backward steps. earlier: the steps of a pass
    before, whose outline serves again if it is that of the same graph. In pieces, of which only a large graph has
    several.
    """
    facts = Facts(graph, analysis, loss, trace, sample)
    computed = (frozenset(each) for each in (trace.grads, trace.wire_grads, trace.parameter_grads))
    rows = len(trace.rows) if granularity == "entry" else None
    basis = (loss, granularity, rows, optimizer is not None, *computed)
    outline = earlier.outline if earlier else None
    if outline is None or outline.analysis is not analysis or outline.basis != basis:
        drafts: list[Draft] = []
        shapes: list[tuple[int, ...] | None] = []
        for draft in outlined(facts, granularity, updates=optimizer is not None):
            drafts.append(draft)
            shapes.append(shape_of(facts, draft, granularity))
            if not len(drafts) % _AT_ONCE:
                yield
        outline = Outline(analysis, basis, drafts, shapes)
    return Steps(_Story(facts, outline, optimizer, optimizer_state or {}, updates_done + 1, entry))


def _at_once(make: Callable[P, Generator[None, None, T]]) -> Callable[P, T]:
    def whole(*args: P.args, **settings: P.kwargs) -> T:
        work = make(*args, **settings)
        while True:
            try:
                next(work)
            except StopIteration as end:
                return end.value  # type: ignore[no-any-return]

    return whole


walk = _at_once(walking)
"""The same without a pause."""


def why(
    graph: Graph,
    analysis: Analysis,
    loss: str,
    trace: Trace,
    target: Quantity,
    entry: Entry | None = None,
    *,
    sample: int = 0,
) -> Answer:
    """Where one number comes from: of a value, a gradient, a wire's or a weight's gradient, or a weight.

    entry: which number; None takes the one with the largest gradient in the row ``sample`` of the batch. What the
    pass did not compute gets the result "not computed" and a sentence that says why.
    """
    return tell(Facts(graph, analysis, loss, trace, sample), target, entry)


def tell(facts: Facts, target: Quantity, entry: Entry | None = None) -> Answer:
    """As ``why``, for whoever asks more than one thing about the same pass."""
    if not facts.has(target):
        return _absent(facts, target)
    entry = facts.pick(target) if entry is None else entry
    if target.kind in ("weight", "update"):
        return values.weight(facts, Quantity("weight", target.node, target.name), entry)
    return _Story(facts, Outline(facts.analysis, None, (), ()), None, {}, 1, None).answer(target, entry)


def _absent(facts: Facts, q: Quantity) -> Answer:
    """The answer about what the pass did not compute, which is not 0."""
    label = facts.label(q.node) if q.node in facts.graph.nodes else q.node
    if q.node in facts.analysis.off:
        sentence = facts.analysis.off[q.node].sentence
    elif q.node in facts.analysis.problems:
        sentence = facts.analysis.problems[q.node].sentence
    elif q.node in facts.analysis.waiting:
        sentence = f"{label} waits for {facts.analysis.waiting[q.node]}; mend that node first."
    elif q.kind in ("value", "weight"):
        sentence = f"{label} has not been computed yet."
    elif facts.loss not in facts.trace.grads:
        sentence = "There is no gradient without a loss: choose a node whose output is a scalar."
    else:
        sentence = f"The loss does not depend on {label} through here, so there is no gradient (which is not 0)."
    return Answer(f"{label}: not computed", "", "", "not computed", sentence)
