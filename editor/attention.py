"""What a person attends to in the open document: what is selected, which number is asked about, sample and walk."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from PySide6.QtCore import QObject, Signal

from compute.document import Document
from compute.edits import Edit
from compute.errors import GradwireError
from compute.explain import Facts, Granularity, Quantity, Steps
from compute.focus import Focus, Side, Subject, Trail
from compute.graph import RecordId
from compute.snapshot import Snapshot
from compute.walk_state import WalkState, steps_of
from editor.asking import Asking
from editor.auditing import Auditing
from editor.costing import Costing
from editor.exercising import Exercising
from editor.pieces import Turns, at_once
from editor.selection import Selection
from editor.watching import Watching
from editor.what_if import WhatIf


def subject_of(selection: Selection) -> Subject | None:
    """What a person may ask about: the only thing that is selected, if it is a wire or a node."""
    if selection.wire is not None:
        return Subject("wire", *selection.wire)
    return None if selection.single is None else Subject("node", selection.single)


class Attention(QObject):
    """What is attended to of ``document`` and its last ``snapshot``, which are set by whoever computes.

    focus_changed: another number is asked about, or none; asked: a person wants it explained now.
    walk_changed: another step, or none; the numbers of the present step are new with every snapshot.
    shows_held_changed: what a walk holds in memory is looked at, or no longer.
    """

    selection_changed = Signal(object)
    focus_changed = Signal(object)
    asked = Signal(object)
    sample_changed = Signal(int)
    walk_changed = Signal(object)
    shows_held_changed = Signal()
    message = Signal(str)

    def __init__(self, document: Document, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.document = document
        self.revision = 0
        self.snapshot = Snapshot()
        self.selection = Selection()
        self.sample = 0
        self.walk: WalkState | None = None
        self.shows_held = False
        """Whether what the walk holds in memory is looked at."""
        self.asking = Asking(self, self)
        """Whether and how the walk asks for numbers before it shows them."""
        self.exercising = Exercising(self)
        """What the document asks, and what is hidden until it is answered."""
        self.what_if = WhatIf(self, self)
        """Whether numbers are held at others for a while, or two states compared."""
        self.auditing = Auditing(self, self)
        """Whether what the wires show is audited, and what was found."""
        self.costing = Costing(self, self)
        """What the network costs, and whether the canvas shows it."""
        self.watching = Watching(self)
        """What stops the training, and where it stopped."""
        self.trail = Trail()
        self._facts = Facts(document.graph, self.snapshot.analysis, "", self.snapshot.trace)
        self._facts_shown: tuple[Facts, Facts] | None = None
        """All that there is to explain, and the part of it that is shown."""
        self._walk_wanted: Granularity | None = None
        self._outlining = Turns(self)
        """The steps of a walk that begins."""
        self._side: Side = "gradient"
        """The side last asked about; the next subject is asked about the same one."""
        self._before_walk: tuple[Selection, Focus | None] = self.selection, None

    def _attend_to_nothing(self) -> None:
        """As it is with a document that was just opened; tells nobody."""
        self.selection, self.sample = Selection(), 0
        self.trail.clear()

    # -- what is selected, and asked about --------------------------------------------------

    def select(self, ids: Iterable[RecordId] = (), current: RecordId | None = None) -> None:
        """Select records of any kinds; the focus goes to a single node or wire unless it is there already.

        ``current``: the one from which arrow keys go on; None: the same as before, if it is among them.
        """
        selection = Selection.of(ids, self.document.graph, self.selection.current if current is None else current)
        if selection == self.selection:
            return
        self.selection = selection
        before, subject = self.focus, subject_of(selection)
        if subject is None:
            self.trail.pass_by(None)
        elif before is None or before.subject.holder != subject:
            has_side = self.facts.has(subject.asks(self.document.graph, self._side))
            self.trail.go(Focus(subject, self._side if has_side else "value"))
        self.selection_changed.emit(selection)
        if self.focus != before:
            self.focus_changed.emit(self.focus)

    def _prune(self, edit: Edit) -> None:
        """Let go of what the document no longer has, and of what was known of it before an edit."""
        graph, before = self.document.graph, self.focus
        self.what_if.prune()
        if not edit.only_teaches:
            self._facts = Facts(graph, self.snapshot.analysis, "", self.snapshot.trace)
        self.trail.prune(lambda focus: focus.subject.there(graph))
        self.select(self.selection.ids)
        self._focus_moved(before)

    @property
    def facts(self) -> Facts:
        """What there is to explain, for the chosen sample; the same for all views until any of it changes. In a walk
        that asks, what it has not come to is not there, nor what an exercise asks for. Of two passes that are compared
        it is the second."""
        document, snapshot = self.document, self.snapshot
        whole = self.what_if.seen(snapshot.trace)
        now = Facts(document.graph, snapshot.analysis, document.training.loss, whole, self.sample)
        kept = self._facts
        same = (now.graph is kept.graph, now.analysis is kept.analysis, now.trace is kept.trace)
        if not all(same) or (now.loss, now.sample) != (kept.loss, kept.sample):
            self._facts = now
        trace = self.exercising.seen(self.asking.seen(whole, self.walk))
        if trace is whole:
            return self._facts
        if (
            self._facts_shown is None
            or self._facts_shown[0] is not self._facts
            or self._facts_shown[1].trace is not trace
        ):
            self._facts_shown = self._facts, self._facts.only(trace)
        return self._facts_shown[1]

    @property
    def asked_for(self) -> frozenset[Quantity]:
        """What a learner is asked for now, by the walk or by an exercise."""
        return (self.walk.wanted if self.walk is not None else frozenset()) | self.exercising.wanted

    def hides(self, quantity: Quantity) -> bool:
        """Whether numbers that the pass has computed are not shown: a walk that asks has not come to them, or an
        exercise asks for them."""
        return not self.facts.has(quantity) and self._facts.has(quantity)

    @property
    def focus(self) -> Focus | None:
        """The number that is asked about; None while nothing or several things are selected."""
        return self.trail.now

    def focus_on(self, focus: Focus, *, explain: bool = True) -> None:
        """Ask about a number; its node or wire is selected, its sample is chosen. ``explain``: the answer is wanted."""
        if not focus.subject.there(self.document.graph):
            gone = focus.subject  # a view has not followed yet
            what = f"The wire into port {gone.name} of {gone.node}" if gone.wire else gone.node
            self.message.emit(f"{what} is no longer in the graph.")
            return
        before = self.focus
        if focus.quantity != "update":
            self._side = focus.quantity
        self.trail.go(focus)
        self._focus_moved(before)
        if explain:
            self.asked.emit(focus)

    def attend(self, ids: Iterable[RecordId], focus: Focus | None, sample: int) -> None:
        """Attend again to what was selected, to the number that was asked about, and to a sample, as far as they are
        there; of a document that was just opened, before it has numbers."""
        self.select(ids)
        if focus is not None and focus.subject.there(self.document.graph):
            self.focus_on(focus, explain=False)
        if not len(self.snapshot.trace.rows) and sample > 0:
            self.sample = sample
            self.sample_changed.emit(sample)

    def back(self) -> None:
        """To what was in focus before."""
        before = self.focus
        self.trail.back()
        self._focus_moved(before)

    def forward(self) -> None:
        """To what was in focus before going back."""
        before = self.focus
        self.trail.forward()
        self._focus_moved(before)

    def _focus_moved(self, before: Focus | None) -> None:
        """Selection and sample follow the focus."""
        focus = self.focus
        if focus is None or focus == before:
            if focus != before:
                self.focus_changed.emit(None)
            return
        holder = focus.subject.holder
        self.select({holder.wire or holder.node})
        sample = focus.sample(self.facts)
        if sample is not None:
            self.set_sample(sample)
        self.focus_changed.emit(focus)

    def set_sample(self, index: int) -> None:
        """Choose a row of the batch that the wires show; what is asked about is asked of that row."""
        index = max(0, min(index, len(self.snapshot.trace.rows) - 1))
        if index == self.sample:
            return
        before, walk = self.focus, self.walk
        self.sample = index
        if before is not None and (walk is None or before != walk.focus):
            self.trail.change(before.in_sample(self.facts, index))
        if walk:
            self._renew_walk()
        self.sample_changed.emit(index)
        if walk:
            self.walk_changed.emit(self.walk)
        if self.focus != before:
            self.focus_changed.emit(self.focus)

    # -- the walk through backpropagation -------------------------------------------------------------------

    def start_walk(self, granularity: Granularity = "node") -> None:
        """Begin at the first calculation; says why if there is nothing to walk through."""
        self._walk_wanted = None
        if self.snapshot.revision != self.revision:
            self._walk_wanted = granularity  # until the numbers are there
            return
        try:
            steps = steps_of(self.document, self.snapshot, self.sample, granularity)
            self._outlining.start(steps, partial(self._outlined, granularity), granularity)
        except GradwireError as error:
            self.message.emit(str(error))

    def _outlined(self, granularity: Granularity, outline: Steps) -> None:
        steps = self._steps(granularity, outline)  # the numbers may be others by now
        if steps:
            self._set_walk(WalkState(steps, 0, granularity))
        elif steps is not None:
            problem = self.snapshot.problem or next(iter(self.snapshot.analysis.problems.values()), None)
            nothing = "There is nothing to walk through yet: choose a loss in the training settings."
            self.message.emit(problem.sentence if problem else nothing)

    def _steps(self, granularity: Granularity, earlier: Steps | None = None) -> Steps | None:
        """All calculations with the numbers of now; None where an error of the settings was said."""
        try:
            earlier = earlier or (self.walk.steps if self.walk else None)
            return at_once(steps_of(self.document, self.snapshot, self.sample, granularity, earlier))
        except GradwireError as error:
            self.message.emit(str(error))
            return None

    def _renew_walk(self) -> None:
        """The same place with the numbers of now; a focus that the walk has set goes along."""
        assert self.walk is not None
        led = self.focus == self.walk.focus
        steps = self._steps(self.walk.granularity)
        self.walk = self.asking.prepared(self.walk.renewed(steps, self.walk.granularity)) if steps else None
        if led and self.walk:
            self.trail.pass_by(self.walk.focus)

    def _set_walk(self, walk: WalkState | None) -> None:
        """Another step, or none. What a step calculates is in focus; afterwards what was before, unless something else
        was asked meanwhile."""
        before, left, self.walk = self.focus, self.walk, self.asking.prepared(walk)
        walk = self.walk
        if walk is not None:
            if left is None:
                self._before_walk = self.selection, before
            self.trail.pass_by(walk.focus)
        elif left is not None and before == left.focus:
            selection, focus = self._before_walk
            if focus is not None and focus.subject.there(self.document.graph):
                self.trail.pass_by(focus)
            else:
                self.select(selection.ids)
        self.walk_changed.emit(walk)
        self._focus_moved(before)

    def ask_anew(self, *, shown: bool = True) -> None:
        """Something was answered at this step of the walk, or is asked in another manner. ``shown``: what is seen of
        the step is another."""
        if self.walk is not None:
            before, led = self.focus, self.focus == self.walk.focus
            self.walk = self.asking.prepared(self.walk)
            if led and self.walk is not None:
                self.trail.pass_by(self.walk.focus)
            if shown:
                self.walk_changed.emit(self.walk)
            self._focus_moved(before)

    def stop_walk(self) -> None:
        """Leave the walk: everything known is shown again."""
        self._walk_wanted = None
        self._outlining.drop()
        if self.walk is not None:
            self._set_walk(None)

    def set_shows_held(self, shown: bool) -> None:
        """Begin or end to look at what the walk holds in memory."""
        if shown != self.shows_held:
            self.shows_held = shown
            self.shows_held_changed.emit()

    def walk_to(self, index: int) -> None:
        """Go to a step."""
        if self.walk and (walk := self.walk.at(index)).index != self.walk.index:
            self._set_walk(walk)

    def walk_by(self, delta: int) -> None:
        """Go some steps on (or back); not on from a step whose number is asked for."""
        if self.walk and not (delta > 0 and self.asking.holds()):
            self.walk_to(self.walk.index + delta)

    def finish_phase(self) -> None:
        """Go to the last step of the present phase, or of the next one if this is the last already."""
        if self.walk and not self.asking.holds():
            self.walk_to(self.walk.at_end_of_phase().index)

    def finish_node(self) -> None:
        """Go to the last step at the present node, or at the next one if this is the last already."""
        if self.walk and not self.asking.holds():
            self.walk_to(self.walk.at_end_of_node().index)

    def set_granularity(self, granularity: Granularity) -> None:
        """Walk by node, wire or entry; stays at the same number as far as there is one."""
        if self.walk and granularity != self.walk.granularity and (steps := self._steps(granularity)):
            self._set_walk(self.walk.renewed(steps, granularity))
