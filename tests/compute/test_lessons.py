"""Lessons: read, written, checked, and followed by what a learner does, however they do it."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import pytest

import compute.lessons as told
from compute.document import Document, from_json, to_json
from compute.edits import Editor, Effect
from compute.errors import GradwireError
from compute.focus import Focus, Subject
from compute.gallery import load_entry
from compute.graph import Node, Wire
from compute.lessons.conditions import KINDS, Group, begin, go_on, holds, sentence, understand
from compute.lessons.learner import Done, Learner
from compute.lessons.model import Condition, Lesson, Point, Step
from compute.lessons.moment import Moment, Seen, Walk
from compute.lessons.problems import flaws, is_there
from compute.lessons.readout import numbers_text, readout, text
from compute.lessons.text import Formula, Live, Words, paragraphs, spoken
from compute.state import Progress
from tests.compute.lessons_at import moment, with_lesson


def example() -> dict[str, Any]:
    """The one of the documentation."""
    found = re.search(r"\n    (\"lesson\": \{\n.*?\n    \})\n", told.__doc__ or "", re.DOTALL)
    assert found is not None
    return dict(json.loads(f"{{{found[1]}}}")["lesson"])


def raw(lesson: Any) -> dict[str, Any]:
    return {"format": "gradwire", "version": 1, "lesson": lesson}


class TestFile:
    def test_the_example_is_read_and_written_again(self) -> None:
        document = load_entry("log_square")
        lesson = with_lesson(example(), document)
        assert [step.id for step in lesson.steps] == ["see", "change"]
        assert lesson.steps[1].points == (Point("record", "x"), Point("action", "step_batch"))
        assert to_json(document)["lesson"] == example()
        assert flaws(document) == []

    def test_what_is_not_known_is_kept(self) -> None:
        given = {
            "title": "A",
            "voice": 1,
            "steps": [
                {
                    "id": "a",
                    "text": "b",
                    "sound": [1],
                    "point": {"menu": "File"},
                    "do": {"kind": "sings", "of": "loud"},
                },
                {"id": "c", "text": "d", "point": {"record": ["L", "b"]}, "do": {"kind": "all", "of": [{"kind": "x"}]}},
            ],
        }
        document = from_json(raw(given))
        assert to_json(document)["lesson"] == given
        assert [flaw.sentence for flaw in flaws(document)] == [
            "This version cannot point at a “menu”.",
            "This version knows no condition “sings”.",
            "It points at “('L', 'b')”, which is not there.",
            "This version knows no condition “x”.",
        ]

    def test_steps_without_an_id_get_one(self) -> None:
        lesson = from_json(raw({"steps": [{"text": "a"}, {"id": "step1"}, {}]})).lesson
        assert lesson is not None
        assert [step.id for step in lesson.steps] == ["step2", "step1", "step3"]

    @pytest.mark.parametrize(
        ("lesson", "sentence"),
        [
            ([], "lesson: expected `object | null`, got `array`."),
            ({"steps": 3}, "lesson.steps: expected `array`, got `int`."),
            ({"steps": [{"text": 3}]}, "lesson.steps[0].text: expected `str | array`, got `int`."),
            ({"steps": [{"id": "a"}, {"id": "a"}]}, "lesson.steps: two steps have the id a; rename one."),
            ({"steps": [{}] * 201}, "lesson.steps: 201 are more than 200; make two documents of it."),
            (
                {"steps": [{"text": "a" * 20_001}]},
                "lesson.steps[0].text: a text of 20,001 letters; 20,000 are the most.",
            ),
            (
                {"steps": [{"do": {"of": []}}]},
                'lesson.steps[0].do: must be an object with a kind, such as {"kind": "trained", "steps": 1}.',
            ),
            (
                {"steps": [{"point": {"record": 3}}]},
                'lesson.steps[0].point: must be one thing such as {"record": "x"}, or a list of such.',
            ),
            (
                {"steps": [{"do": {"kind": "all", "of": [{"kind": "a"}] * 100}}]},
                "lesson.steps[0].do: more than 100 conditions; make several steps of it.",
            ),
        ],
    )
    def test_what_is_no_lesson_is_one_sentence(self, lesson: Any, sentence: str) -> None:
        with pytest.raises(GradwireError) as error:
            from_json(raw(lesson))
        assert str(error.value) == sentence

    def test_an_edit_of_it_is_looks_alone_and_is_taken_back(self) -> None:
        document = load_entry("log_square")
        before = document.lesson
        edit = Editor(document).set_lesson("Edit lesson", Lesson(title="New"), stroke="a")
        assert edit.effect == Effect.LOOKS
        edit.apply(document)
        assert document.lesson == Lesson(title="New")
        later = Editor(document).set_lesson("Edit lesson", Lesson(title="Newer"), stroke="a")
        both = edit.merged_with(later)
        assert len(both.changes) == 1
        both.inverse().apply(document)
        assert document.lesson == before


class TestText:
    def test_paragraphs_of_words_formulas_and_live_numbers(self) -> None:
        lines = paragraphs("The value **of $x_{loss}$ is {value x}**, not {x}.\n\n$$a\n+ b$$")
        assert lines == (
            (
                Words("The value "),
                Words("of ", bold=True),
                Formula("x_{loss}"),
                Words(" is ", bold=True),
                Live(readout("value x"), bold=True),
                Words(", not {x}."),
            ),
            (Formula("a + b", alone=True),),
        )

    def test_it_is_read_aloud_on_one_line(self) -> None:
        now = moment(load_entry("z_2x_y"))
        said = spoken("**z** is {value z},\nand $g = 2x$ is {value g}; {weight y} {value z[3]}", lambda a: text(a, now))
        assert said == "z is 5, and g = 2x is 6; −4 —"

    @pytest.mark.parametrize(
        ("asked", "shown"),
        [
            ("value L", "10"),
            ("value L.b", "2"),
            ("gradient x", "10"),
            ("gradient L.b", "5"),
            ("weight x", "3"),
            ("gradient x.value", "10"),
            ("setting g.factor", "2"),
            ("setting g.off", ""),
            ("setting training.epochs", "3"),
            ("setting training.optimizer.name", "sgd"),
            ("setting training.optimizer.momentum", "0"),
            ("setting data.source", "inline"),
            ("shape L", "a scalar"),
            ("loss", "10"),
            ("epoch", "0"),
            ("step", "0"),
            ("sample", "0"),
            ("accuracy", None),
            ("value q", None),
            ("value L[0]", None),
        ],
    )
    def test_a_live_number_is_what_the_window_shows(self, asked: str, shown: str | None) -> None:
        assert text(readout(asked), moment(load_entry("z_2x_y"))) == shown

    def test_a_batch_has_entries_and_shapes(self) -> None:
        now = moment(load_entry("xor"), sample=2)
        values = now.snapshot.trace.values["a"]
        assert text(readout("value a[sample, 1]"), now) == numbers_text(values[2, 1])
        assert text(readout("shape a"), now) == "(B, 2)"
        assert text(readout("shape h.weight"), now) == "(2, 2)"
        assert text(readout("setting h.units"), now) == "2"
        assert re.fullmatch(r"\(\S+ \S+; \S+ \S+\)", text(readout("weight h.weight"), now) or "")
        assert "±" in (text(readout("value a1"), moment(load_entry("spiral"))) or "")

    @pytest.mark.parametrize("asked", ["value", "values x", "value x[a]", "value x[-1]", "shape x[0]", "", "lossy"])
    def test_what_asks_for_nothing_says_so(self, asked: str) -> None:
        with pytest.raises(ValueError):
            readout(asked)


def understood(kind: str, **params: Any) -> Any:
    of = params.pop("of", ())
    return understand(Condition(kind, {name.rstrip("_"): value for name, value in params.items()}, of))


def is_so(now: Moment, kind: str, before: Moment | None = None, **params: Any) -> bool:
    asked = understood(kind, **params)
    return holds(asked, now, begin(asked, before or now))


class TestConditions:
    def test_each_kind_says_what_it_asks_and_has_help_for_its_parameters(self) -> None:
        assert len(KINDS) == 21
        for kind in KINDS.values():
            assert kind.title[0].isupper()
            assert all(param.help.endswith(".") for param in kind.params)
            assert isinstance(kind, Group) or kind.sentence(dict.fromkeys((p.name for p in kind.params), "x") | FILLED)

    def test_of_the_graph(self) -> None:
        document = load_entry("xor")
        now = moment(document)
        assert is_so(now, "node", op="dense", count=2)
        assert not is_so(now, "node", op="dense", count=3)
        assert is_so(now, "node", id="h")
        assert not is_so(now, "node", id="h", op="relu")
        assert is_so(now, "wire", from_="h", to="a")
        assert is_so(now, "wire", from_="tanh", to="dense")
        assert not is_so(now, "wire", from_="a", to="h")
        assert not is_so(now, "wire", from_="h", to="a", port="y")
        assert is_so(now, "setting", what="h.units", is_=2)
        assert is_so(now, "setting", what="h.bias", is_="true")
        assert not is_so(now, "setting", what="h.units", is_="3")
        assert is_so(now, "setting", what="training.optimizer.learning_rate", within=0.02, is_=0.06)
        assert is_so(now, "setting", what="training.optimizer.name", is_="adam")
        assert is_so(now, "shape", what="a", is_="(B,2)")
        assert is_so(now, "no problems")
        document.graph.nodes["r"] = Node("r", "relu")
        assert not is_so(moment(document), "no problems")

    def test_of_tensors_typed_by_hand(self) -> None:
        document = load_entry("log_square")
        document.graph.nodes["x"] = replace(document.graph.nodes["x"], params={"value": [[6, 2], [1, 5]]})
        now = moment(document)
        assert is_so(now, "setting", what="x.value", is_=[[6, 2], [1, 5]])
        assert not is_so(now, "setting", what="x.value", is_=[[6, 2], [1, 4]])
        assert not is_so(now, "setting", what="x.value", is_=[6, 2])

    def test_of_numbers(self) -> None:
        document = load_entry("z_2x_y")
        now = moment(document, steps=2)
        assert is_so(now, "number", what="value L", above=9.9, below=10.1)
        assert not is_so(now, "number", what="value L", above=10)
        assert is_so(now, "number", what="gradient x", is_=10)
        assert not is_so(now, "number", what="gradient x", is_=10.1)
        assert is_so(now, "number", what="gradient x", within=0.2, is_=10.1)
        assert not is_so(now, "number", what="value nobody", below=1)
        assert is_so(now, "number", what="step", above=1)
        assert not is_so(now, "changed", what="value L")
        other = load_entry("z_2x_y")
        other.graph.nodes["z"] = replace(other.graph.nodes["z"], params={"value": 6.0})
        assert is_so(moment(other), "changed", now, what="value L")
        assert is_so(moment(other), "changed", now, what="setting z.value")
        assert not is_so(moment(other), "changed", now, what="value g")

    def test_training_counts_from_the_step_and_anew_after_a_reset(self) -> None:
        document = load_entry("z_2x_y")
        asked = understood("trained", steps=3)
        begun = begin(asked, moment(document, steps=5))
        assert not holds(asked, moment(document, steps=7), begun)
        assert holds(asked, moment(document, steps=8), begun)
        begun = go_on(asked, moment(document, steps=0), begun)
        assert not holds(asked, moment(document, steps=2), begun)
        assert holds(asked, moment(document, steps=3), begun)

    @pytest.mark.parametrize(
        ("focus", "what", "held"),
        [
            (Focus(Subject("node", "x"), "gradient"), "gradient x", True),
            (Focus(Subject("node", "x"), "gradient"), "x", True),
            (Focus(Subject("node", "x"), "value"), "gradient x", False),
            (Focus(Subject("wire", "g", "x"), "gradient"), "gradient x", True),
            (Focus(Subject("wire", "g", "x"), "value"), "value x", True),
            (Focus(Subject("weight", "x", "value"), "gradient"), "gradient x", True),
            (Focus(Subject("node", "f"), "gradient"), "gradient L.b", True),
            (Focus(Subject("wire", "L", "b"), "value"), "f", True),
            (Focus(Subject("wire", "L", "b"), "gradient"), "gradient L.a", False),
            (None, "x", False),
        ],
    )
    def test_of_the_focus(self, focus: Focus | None, what: str, held: bool) -> None:
        assert is_so(moment(load_entry("z_2x_y"), Seen(focus=focus)), "focus", what=what) == held

    def test_a_wire_that_brings_no_gradient_does_not_count_as_a_second_one(self) -> None:
        document = load_entry("z_2x_y")
        document.graph.nodes["s"] = Node("s", "square")
        document.graph.wires["s", "x"] = Wire("f", "s", "x")
        seen = Seen(focus=Focus(Subject("wire", "L", "b"), "gradient"))
        assert is_so(moment(document, seen), "focus", what="gradient f")

    def test_of_one_entry_in_focus(self) -> None:
        seen = Seen(focus=Focus(Subject("node", "a"), "value", (2, 1)))
        now = moment(load_entry("xor"), seen, sample=2)
        assert is_so(now, "focus", what="value a[2,1]")
        assert is_so(now, "focus", what="value a[sample,1]")
        assert is_so(now, "focus", what="value a")
        assert not is_so(now, "focus", what="value a[2,0]")

    def test_of_the_window(self) -> None:
        document = load_entry("xor")
        walk = Walk("backward", "a", "wire", last=False)
        seen = Seen(frozenset({"h"}), None, walk, "Why", frozenset({"inspector", "loss"}), saved=True, exports=2)
        now = moment(document, seen, sample=2)
        assert is_so(now, "selected", record="h")
        assert not is_so(now, "selected", record="a")
        assert is_so(now, "walk")
        assert is_so(now, "walk", phase="backward", node="a", by="wire")
        assert not is_so(now, "walk", phase="update")
        assert not is_so(now, "walk", end=True)
        assert is_so(now, "shown", panel="inspector", tab="Why")
        assert not is_so(now, "shown", panel="data")
        assert is_so(now, "sample", row=2)
        assert not is_so(now, "sample", row=1)
        assert not is_so(now, "batch", number=1)
        assert not is_so(now, "walk", asks=True)
        assert is_so(replace(now, seen=replace(seen, walk=replace(walk, asks=True))), "walk", asks=True)
        assert is_so(replace(now, seen=replace(seen, right=2)), "answered", now, count=2)
        assert not is_so(replace(now, seen=replace(seen, right=2)), "answered", now, count=3)
        assert is_so(now, "saved")
        assert not is_so(now, "exported")
        assert is_so(now, "exported", replace(now, seen=replace(seen, exports=1)))

    def test_made_of_others(self) -> None:
        now = moment(load_entry("z_2x_y"))
        yes, no = Condition("node", {"id": "x"}), Condition("node", {"id": "q"})
        for kind, of, held in (
            ("all", (yes, yes), True),
            ("all", (yes, no), False),
            ("any", (no, yes), True),
            ("any", (no,), False),
            ("not", (no,), True),
            ("not", (yes,), False),
            ("since", (yes,), False),
        ):
            assert is_so(now, kind, of=of) == held
        assert sentence(understood("any", of=(yes, Condition("not", of=(no,))))) == (
            "there is a node x, or it is not so that there is a node q"
        )

    def test_what_held_before_has_to_come_about_anew(self) -> None:
        document = load_entry("z_2x_y")
        on = moment(document, Seen(selected=frozenset({"x"})))
        off = moment(document)
        asked = understood("all", of=(Condition("since", of=(Condition("selected", {"record": "x"}),)),))
        begun = begin(asked, on)
        assert not holds(asked, on, begun)
        begun = go_on(asked, off, begun)
        assert not holds(asked, off, begun)
        assert holds(asked, on, go_on(asked, on, begun))

    @pytest.mark.parametrize(
        ("condition", "said"),
        [
            (Condition("number", {"what": "value", "above": 1}), "The condition “number”: what must be one of"),
            (Condition("number", {"what": "loss", "bellow": 1}), "The condition “number” has no “bellow”; it has what"),
            (Condition("trained", {"steps": 0}), "The condition “trained”: steps must be at least 1."),
            (Condition("selected"), "The condition “selected”: record must be text."),
            (Condition("all"), "The condition “all” needs others in “of”."),
            (Condition("not", of=(Condition("saved"),) * 2), "The condition “not” needs one other in “of”."),
            (Condition("saved", of=(Condition("saved"),)), "The condition “saved” is not made of others."),
        ],
    )
    def test_what_is_not_understood_is_said_and_never_held(self, condition: Condition, said: str) -> None:
        with pytest.raises(ValueError) as error:
            understand(condition)
        assert str(error.value).startswith(said)
        learner = Learner(Lesson(steps=(Step("a", "b", do=Condition("not", of=(condition,))),)))
        assert learner.not_understood.startswith(said)
        assert not learner.look(moment(load_entry("log_square")))

    def test_what_a_document_cannot_have_is_said(self) -> None:
        document = load_entry("log_square")
        do = [
            Condition("number", {"what": "value q", "above": 1}),
            Condition("setting", {"what": "q.units", "is": 1}),
            Condition("focus", {"what": "q"}),
            Condition("node", {"op": "hologram"}),
            Condition("selected", {"record": "q"}),
            Condition("walk", {"node": "q"}),
            Condition("shape", {"what": "q", "is": "(B, 2)"}),
        ]
        document.lesson = Lesson(steps=(Step("a", "{value q} {hello}", do=Condition("all", of=tuple(do))), Step("b")))
        found = [flaw.sentence for flaw in flaws(document)]
        assert len(found) == 10
        assert found[0] == "“{hello}” is no live number; it is shown as it is written."
        assert found[1] == "A live number is about “q”, which is no node, wire or weight."
        assert found[-1] == "The step has no text."
        assert all("“q”" in each or "“hologram”" in each for each in found[2:-1])


FILLED = {"what": "value x", "count": 2, "steps": 2, "row": 0, "number": 1, "above": 1.0, "below": 2.0, "is": 1.0} | {
    "within": 0.1,
    "op": "dense",
}


class TestLearner:
    def lesson(self) -> Lesson:
        return Lesson(
            steps=(
                Step("read", "a"),
                Step("z", "b", do=Condition("changed", {"what": "value z"})),
                Step("train", "c", do=Condition("trained", {"steps": 2})),
            )
        )

    def test_goes_on_and_what_is_done_stays_done(self) -> None:
        document = load_entry("z_2x_y")
        learner = Learner(self.lesson())
        assert not learner.look(moment(document))
        learner.go(1)
        assert learner.done == Done("z", frozenset({"read"}))
        assert learner.waits
        assert not learner.look(moment(document))
        changed = moment(other_z(document))
        assert learner.look(changed)
        assert not learner.look(changed)  # once
        assert learner.step_done
        learner.go(2)
        assert not learner.look(moment(document, steps=7))
        assert learner.look(moment(document, steps=9))
        assert learner.finished
        assert learner.at_end
        learner.go(0)
        assert learner.done == Done("read", frozenset({"read", "z", "train"}))

    def test_what_is_skipped_is_not_done(self) -> None:
        learner = Learner(self.lesson())
        learner.go(1)
        learner.go(2)
        assert learner.done == Done("train", frozenset({"read"}))
        learner.go(0)
        assert not learner.finished

    def test_progress_is_kept_as_a_text(self) -> None:
        done = Done("z", frozenset({"read"}))
        learner = Learner(self.lesson(), Done.read(done.written()))
        assert (learner.index, learner.done) == (1, done)
        for broken in ("", "[]", "null", '{"at": 1}', "[" * 100_000):
            assert Done.read(broken) == Done()

    def test_follows_what_a_teacher_changes(self) -> None:
        document = load_entry("z_2x_y")
        learner = Learner(self.lesson(), Done("z"))
        learner.look(moment(document))
        learner.follow(self.lesson().moved(1, 0))
        assert learner.index == 0
        assert learner.look(moment(other_z(document)))  # the step that it is at has begun before
        learner.follow(self.lesson().without(1))
        assert learner.step is not None
        assert learner.step.id == "read"
        learner.follow(Lesson())
        assert learner.index == 0
        assert not learner.look(moment(document))


def other_z(document: Document) -> Document:
    other = document.copy()
    other.graph.nodes["z"] = replace(other.graph.nodes["z"], params={"value": 6.0})
    return other


def test_a_point_is_there_or_not() -> None:
    document = load_entry("z_2x_y")
    there = [Point("focus", "gradient L.b"), Point("focus", "x"), Point("record", ("L", "b")), Point("record", "x")]
    assert all(is_there(point, document) for point in [*there, Point("action", "train"), Point("panel", "loss")])
    gone = [Point("focus", "gradient q"), Point("record", ("L", "c")), Point("record", "q"), Point("focus", ("L", "b"))]
    assert not any(is_there(point, document) for point in gone)


def test_steps_are_added_moved_and_removed() -> None:
    lesson = Lesson(steps=(Step("a"), Step("b"), Step("c")))
    assert [step.id for step in lesson.moved(0, 2).steps] == ["b", "c", "a"]
    assert [step.id for step in lesson.without(1).inserted(0, Step("d")).steps] == ["d", "a", "c"]
    assert lesson.with_step(1, Step("b", "text")).steps[1].text == "text"
    assert Lesson(steps=(Step("step1"), Step("step2"))).free_id() == "step3"
    assert lesson.index("c") == 2
    assert lesson.index("q") == 0


def test_a_wire_of_a_copy_is_another() -> None:
    document = load_entry("z_2x_y")
    document.graph.wires["f", "a"] = Wire("x", "f", "a")
    assert is_so(moment(document), "wire", from_="x", to="f")
    assert Progress().steps == 0
