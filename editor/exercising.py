"""The exercise of the open document: what is asked for, what is hidden until it is answered, and how it is edited."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Protocol, cast

from PySide6.QtCore import QObject, QTimer, Signal

from compute.document import Document, Drawn, Exercise, Learner
from compute.edits import Edit, Editor
from compute.errors import GradwireError
from compute.exercises import canonical, refusal
from compute.exercises.hints import STAGES
from compute.exercises.origin import by_all_names, giving_away, without
from compute.exercises.working import Worked, worked
from compute.explain import Facts, Quantity
from compute.explain.sums import naming
from compute.focus import Focus
from compute.snapshot import Snapshot
from compute.trace import Trace
from compute.workspace import TableCache
from editor.background import Background, Task, nothing
from editor.saving import Present


class Holder(Protocol):
    """Who holds the document that asks: a session, as far as views know it."""

    document: Document
    snapshot: Snapshot
    revision: int
    message: Any
    snapshot_changed: Any

    @property
    def focus(self) -> Focus | None: ...

    @property
    def edits(self) -> Editor: ...

    def apply(self, edit: Edit) -> None: ...

    def stop_walk(self) -> None: ...


class Computing(Holder, Protocol):
    """The same with what tells that something is new; editor.session.Session is one."""

    document_replaced: Any
    document_edited: Any

    @property
    def mark(self) -> tuple[int, int]: ...

    def pause(self) -> None: ...

    def present(self) -> Present: ...


class Exercising(QObject):
    """changed: the exercise is another, or what is known of it; sought: a person wants to answer a number, or to see
    where it is asked for (its focus)."""

    changed = Signal()
    sought = Signal(object)

    def __init__(self, holder: QObject) -> None:
        """holder: a ``Holder``."""
        super().__init__(holder)
        self._session = cast(Holder, holder)
        self._whole: Computing | None = None
        self._background: Background | None = None
        self._task: Task | None = None
        self._key: object = None
        self._tables = TableCache()
        self.worked: Worked | None = None
        """What is worked out of it; None while nothing is, or where it cannot be."""
        self.problem = ""
        """Why it cannot be worked out, as a sentence."""
        self._hidden: tuple[tuple[object, ...], frozenset[Quantity], frozenset[Quantity]] | None = None
        """Of which state, what is asked for and what is hidden."""
        self._seen: tuple[Trace, frozenset[Quantity], Trace] | None = None
        self._whole_facts: Facts | None = None
        self._told: frozenset[Quantity] = frozenset()
        """What was hidden when the views were told last."""
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(0)
        self._timer.timeout.connect(self._work_out)

    def use(self, session: Computing, background: Background) -> None:
        """The session that it belongs to, and what works beside the window: from now on the exercise is worked out."""
        self._whole, self._background = session, background
        session.document_replaced.connect(self._replaced)
        session.document_edited.connect(self._follow)
        session.snapshot_changed.connect(self._follow)

    # -- what there is ---------------------------------------------------------------------------------------

    @property
    def exercise(self) -> Exercise | None:
        """What the document asks; None where it asks nothing."""
        return self._session.document.exercise

    @property
    def is_working(self) -> bool:
        """Whether a learner works on it; else a teacher sets it."""
        return self.exercise is not None and self.exercise.learner is not None

    def is_told(self, focus: Focus) -> bool:
        """Whether a learner is told what became of an answer."""
        exercise = self.exercise
        if exercise is None or exercise.tells == "never":
            return False
        return exercise.handed_in or (exercise.tells == "each" and bool(self._answer(focus)))

    def _answer(self, focus: Focus) -> str:
        asked = self.exercise.find(focus) if self.exercise else None
        return asked.answer.strip() if asked else ""

    def _is_open(self, focus: Focus) -> bool:
        """Whether a number is still to be found."""
        marks = self.worked.marks if self.worked else None
        step = marks.of(focus) if marks else None
        told = self.is_told(focus) and step is not None
        exercise = self.exercise
        done = exercise is not None and exercise.handed_in
        return not (told and (done or (step is not None and step.verdict == "right")))

    # -- what is hidden --------------------------------------------------------------------------------------

    def names_of(self, focus: Focus) -> frozenset[Quantity]:
        """The quantity that a number is one of, by all its names."""
        graph, facts = self._session.document.graph, self._facts()
        if not focus.subject.there(graph):
            return frozenset()
        return by_all_names(facts, focus.asks(graph))

    @property
    def wanted(self) -> frozenset[Quantity]:
        """What a learner is still asked for, by all its names; nothing while a teacher sets it."""
        return self._found_hidden()[0]

    @property
    def hidden(self) -> frozenset[Quantity]:
        """What is not shown: what is asked for, and whatever would give it away."""
        return self._found_hidden()[1]

    def _found_hidden(self) -> tuple[frozenset[Quantity], frozenset[Quantity]]:
        if not self.is_working or self.exercise is None:
            return frozenset(), frozenset()
        session, known = self._session, self._hidden
        now = session.document.graph, session.snapshot.analysis, session.snapshot.trace, self.exercise, self.worked
        if known is None or any(a is not b for a, b in zip(known[0], now, strict=True)):
            open_ = [asked.focus for asked in self.exercise.asked if self._is_open(asked.focus)]
            wanted = frozenset(q for focus in open_ for q in self.names_of(focus))
            hidden = wanted
            if known is not None and known[0][:2] == now[:2] and known[1] == wanted:
                hidden = known[2]
            elif wanted:
                hidden |= giving_away(self._facts(), wanted)
            self._hidden = known = now, wanted, hidden
        return known[1], known[2]

    def refuse(self, what: str) -> bool:
        """Whether something would show what is hidden, which is said then."""
        if self.hidden:
            self._session.message.emit(f"{what} would say what the exercise asks for; hand in first.")
        return bool(self.hidden)

    def _facts(self) -> Facts:
        """With all numbers, hidden ones too."""
        document, snapshot, kept = self._session.document, self._session.snapshot, self._whole_facts
        now = Facts(document.graph, snapshot.analysis, document.training.loss, snapshot.trace)
        same = kept is not None and kept.graph is now.graph and kept.analysis is now.analysis and kept.loss == now.loss
        if kept is None or not same or kept.trace is not now.trace:
            self._whole_facts = kept = now
        return kept

    def seen(self, trace: Trace) -> Trace:
        """A trace without what is hidden."""
        hidden = self.hidden
        if not hidden:
            return trace
        if self._seen is None or self._seen[0] is not trace or self._seen[1] != hidden:
            self._seen = trace, hidden, without(trace, hidden, self._session.document.training.loss)
        return self._seen[2]

    # -- setting ---------------------------------------------------------------------------------------------

    def _apply(self, text: str, exercise: Exercise | None, stroke: str = "") -> None:
        self._session.apply(self._session.edits.set_exercise(text, exercise, stroke))

    def in_focus(self) -> Focus | None:
        """The number in focus by the name by which it is asked for; None where there is none that can be."""
        focus = self._session.focus
        if focus is None or self.is_working or not focus.subject.there(self._session.document.graph):
            return None
        facts = self._facts()
        return canonical(focus, facts) if facts.has(focus.asks(facts.graph)) else None

    def asks_for_focus(self) -> bool:
        """Whether the number in focus is asked for."""
        focus = self.in_focus()
        return focus is not None and self.exercise is not None and self.exercise.find(focus) is not None

    def toggle(self) -> None:
        """Ask for the number in focus, or no longer; says why where it cannot be asked for."""
        focus = self.in_focus()
        if focus is None:
            self._session.message.emit("Click a number first: a label on a wire, or a cell of a table.")
            return
        exercise = self.exercise or Exercise()
        if exercise.find(focus):
            self.remove(focus)
        elif reason := refusal(focus, self._facts()):
            self._session.message.emit(reason)
        else:
            self._apply(f"Ask for {self.name(focus)}", exercise.asking(focus))
            self.sought.emit(focus)

    def remove(self, focus: Focus) -> None:
        """Ask for a number no longer."""
        if self.exercise is not None:
            self._apply(f"Ask no longer for {self.name(focus)}", self.exercise.without(focus))

    def name(self, focus: Focus) -> str:
        """What a number is called."""
        graph, facts = self._session.document.graph, self._facts()
        if not focus.subject.there(graph) or focus.subject.node not in facts.analysis.shapes:
            return focus.subject.node
        return naming(facts, focus.asks(graph), focus.entry or ())

    def change(self, text: str, stroke: str = "", **fields: Any) -> None:
        """Other settings of the exercise."""
        if self.exercise is not None:
            self._apply(text, replace(self.exercise, **fields), stroke)

    def draw(self, drawn: Drawn | None, node: str, name: str) -> None:
        """Draw numbers anew for each learner, or (None) no longer."""
        if self.exercise is not None:
            what = f"{node}.{name}" if node else name
            text = f"Draw {what} for each student" if drawn else f"Keep {what} for all students"
            self._apply(text, self.exercise.drawing(drawn, node, name), f"draw {what}")

    def drop(self) -> None:
        """Have no exercise."""
        self._apply("Remove the exercise", None)

    def set_learner(self, learner: Learner | None) -> None:
        """Work on it as somebody, or (None) set it."""
        if self.exercise is not None:
            self._session.stop_walk()
            text = "Work on the exercise" if learner else "Change the exercise"
            self._apply(text, replace(self.exercise.anew(), learner=learner))

    # -- working ---------------------------------------------------------------------------------------------

    def answer(self, focus: Focus, text: str) -> None:
        """Another answer to a number; what is typed at one number is one undo step."""
        exercise = self.exercise
        if exercise is None or not self.is_working:
            return  # a field that is left as the sides change
        if not exercise.handed_in and text != getattr(exercise.find(focus), "answer", text):
            self._apply(f"Answer {self.name(focus)}", exercise.answered(focus, answer=text), f"answer {focus}")

    def take_hint(self, focus: Focus) -> None:
        """One stage more of help with a number."""
        exercise = self.exercise
        asked = exercise.find(focus) if exercise else None
        if exercise is None or asked is None or not exercise.hints or exercise.handed_in:
            return
        if asked.hints < len(STAGES):
            text = f"Hint for {self.name(focus)}: {STAGES[asked.hints]}"
            self._apply(text, exercise.answered(focus, hints=asked.hints + 1))

    def hint_in_focus(self) -> None:
        """One stage more of help with the number in focus, where it is asked for and its turn has come."""
        focus, exercise = self._session.focus, self.exercise
        names = self.names_of(focus) if focus is not None else frozenset()
        asked = next((each for each in exercise.asked if names & self.names_of(each.focus)), None) if exercise else None
        if asked is None:
            self._session.message.emit("Click a number that is asked for first.")
        elif self.worked is not None and (first := self.worked.first.get(asked.focus)):
            self._session.message.emit(f"Answer {' and '.join(first[:3])} first: these numbers go in.")
        else:
            self.take_hint(asked.focus)

    def hand_in(self) -> None:
        """The answers are final; they are saved with the document."""
        self.change("Hand in the answers", handed_in=True)

    def take_back(self) -> None:
        """Go on with the answers."""
        self.change("Take the answers back", handed_in=False)

    # -- working it out --------------------------------------------------------------------------------------

    def _replaced(self) -> None:
        self.worked, self.problem, self._key = None, "", None
        self._tables = TableCache()
        self._told = self.hidden  # of another document nothing is computed yet, so that nothing has to be hidden anew
        self._follow()

    def _follow(self, _changed: object = None) -> None:
        session = self._whole
        if self.exercise is None or session is None:
            self.worked, self.problem, self._key = None, "", None
        elif session.snapshot.revision == session.revision and session.snapshot.state != "running":
            key = (*session.mark, session.snapshot.step, self.exercise)
            if key != self._key:
                self._key = key
                self._timer.start()
        if isinstance(_changed, Snapshot):
            self._told = self.hidden  # whoever shows the snapshot shows it without
        else:
            self._tell()

    def _tell(self) -> None:
        self.changed.emit()
        if self.hidden != self._told:
            self._told = self.hidden
            if self._told and self._whole is not None:
                self._whole.pause()
                self._whole.stop_walk()  # what goes on would show it, as after a hand-in that is taken back
            self._session.snapshot_changed.emit(self._session.snapshot)

    def _work_out(self) -> None:
        if self._background is None or self._whole is None or self.exercise is None:
            return
        if self._task is not None:
            self._task.cancel()
        present, key, tables = self._whole.present(), self._key, self._tables

        def work(_task: Task) -> Worked | str:
            try:
                return worked(present.document(), tables)
            except GradwireError as error:
                return str(error)

        self._task = self._background.run(work, lambda found: self._found(found, key), nothing, name="exercise")

    def _found(self, found: Worked | str, key: object) -> None:
        self._task = None
        if key == self._key:
            self.worked, self.problem = (None, found) if isinstance(found, str) else (found, "")
            self._tell()
