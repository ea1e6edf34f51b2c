"""Exercises: the section of a document, numbers of each learner's own, marks that follow errors through, hints."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from compute.document import Asked, Document, Drawn, Learner, dumps, from_json, loads, to_json
from compute.edits import Editor, Effect
from compute.errors import GradwireError
from compute.exercises import Sheet, canonical, hints, marked, refusal, variant, variants
from compute.exercises.hints import before
from compute.exercises.origin import giving_away, without
from compute.exercises.variants import fault, numbers
from compute.explain import Quantity
from compute.focus import Focus, Subject
from tests.compute.exercises_made import answer_all, chain, layers, of_node, of_weight, right_answers


def verdicts(document: Document) -> list[str]:
    return [each.verdict for each in marked(Sheet.of(document)).steps]


# -- the section ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("archive", [False, True])
def test_the_section_survives_with_what_is_unknown_in_it(archive: bool) -> None:
    document = layers()
    assert document.exercise is not None
    answered = document.exercise.answered(of_node("h", "value", 0, 0), answer="−1,5", hints=2)
    asked = replace(answered.asked[1], extra={"colour": "red"})
    document.exercise = replace(
        answered,
        asked=(answered.asked[0], asked, *answered.asked[2:]),
        learner=Learner("x7", "Änne"),
        handed_in=True,
        tells="never",
        extra={"room": 3},
    )
    again = loads(dumps(document, archive=archive)).exercise
    assert again == document.exercise
    assert again is not None
    assert again.extra == {"room": 3}
    assert again.asked[1].extra == {"colour": "red"}


def test_a_document_without_an_exercise_has_no_section() -> None:
    document = chain()
    document.exercise = None
    assert "exercise" not in to_json(document)


@pytest.mark.parametrize(
    ("section", "words"),
    [
        ([], "exercise"),
        ({"asked": [3]}, "exercise.asked[0]"),
        ({"asked": [{"node": "x", "quantity": "weight"}]}, "quantity"),
        ({"asked": [{"node": "x", "entry": [-1]}]}, "entry[0]"),
        ({"asked": [{"node": "x"}, {"node": "x"}]}, "twice"),
        ({"asked": [{"node": "x", "quantity": "update"}]}, "no weight"),
        ({"asked": [{"node": "x"}] * 501}, "exercise.asked"),
        ({"asked": [{"node": "x", "answer": "1" * 999}]}, "answer"),
        ({"drawn": [{"name": "x", "low": 2, "high": 1}]}, "low must be at most high"),
        ({"drawn": [{"name": "x", "step": 0}]}, "step more than 0"),
        ({"drawn": [{"name": "x", "low": -1e9, "high": 1e9, "step": 1e-3}]}, "million"),
        ({"tolerance": -1}, "tolerance"),
        ({"tolerance": float("nan")}, "tolerance"),
        ({"learner": {"id": ""}}, "learner"),
        ({"tells": "always"}, "tells"),
        ({"decimals": 99}, "decimals"),
    ],
)
def test_a_wrong_section_is_one_sentence(section: Any, words: str) -> None:
    with pytest.raises(GradwireError) as error:
        from_json({"format": "gradwire", "version": 1, "exercise": section})
    assert words in str(error.value)


def test_another_exercise_is_an_edit_of_looks() -> None:
    document = chain()
    before_it, editor = document.exercise, Editor(document)
    assert before_it is not None
    edit = editor.set_exercise("Answer", before_it.answered(of_node("g"), answer="1"), "g")
    assert edit.effect is Effect.LOOKS
    edit.apply(document)
    assert document.exercise != before_it
    later = editor.set_exercise("Answer", before_it.answered(of_node("g"), answer="12"), "g")
    later.apply(document)
    edit.merged_with(later).inverse().apply(document)
    assert document.exercise == before_it
    assert not editor.set_exercise("Nothing", before_it).changes


# -- numbers of each learner's own ------------------------------------------------------------------------------


def test_a_learner_gets_the_same_numbers_on_every_machine() -> None:
    assert numbers(7, Learner("änne@x.org"), 3, Drawn("x", "value"), 3) == [1.0, -4.0, 5.0]
    one, again, other = (variant(chain(), Learner(name)) for name in ("ann", "ann", "bob"))
    assert one.document.graph.nodes == again.document.graph.nodes
    assert one.document.graph.nodes != other.document.graph.nodes


@pytest.mark.parametrize("make", [chain, layers])
def test_answers_are_tidy_and_nothing_is_degenerate(make: Any) -> None:
    document = make()
    for i in range(12):
        own = variant(document, Learner(f"s{i}"))
        assert not own.untidy
        assert not fault(own.sheet)
        again = loads(dumps(own.document, archive=False))
        assert Sheet.of(again).steps == own.sheet.steps
        assert again.exercise is not None
        assert not any(each.answer for each in again.exercise.asked)
    assert document.exercise.learner is None


def test_an_answer_that_cannot_be_tidy_is_named() -> None:
    document = chain()
    raw = to_json(document)
    raw["graph"]["nodes"].append({"id": "s", "op": "sigmoid"})
    raw["graph"]["wires"].append({"from": "L", "to": "s", "port": "x"})
    raw["exercise"]["asked"].append({"node": "s"})
    own = variant(from_json(raw), Learner("ann"))
    assert own.untidy == ("s",)
    assert 1e-3 < next(step.value for step in own.sheet.steps if step.label == "s") < 1 - 1e-6


def test_draws_that_are_never_sound_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(variants, "MOST_TRIES", 20)
    document = chain()
    assert document.exercise is not None
    flat = (Drawn("z", "value", 0, 0), Drawn("x", "value"))
    document.exercise = replace(document.exercise, drawn=flat)
    with pytest.raises(GradwireError, match=r"of 20 draws for ann none was sound \(.*is 0\)"):
        variant(document, Learner("ann"))


@pytest.mark.parametrize(
    ("drawn", "words"),
    [(Drawn("q", "value"), "q.value"), (Drawn("", "rain"), '"rain"'), (Drawn("x", "weight"), "x.weight")],
)
def test_what_the_document_has_not_cannot_be_drawn(drawn: Drawn, words: str) -> None:
    document = layers()
    assert document.exercise is not None
    document.exercise = replace(document.exercise, drawn=(drawn,))
    with pytest.raises(GradwireError, match=words):
        variant(document, Learner("ann"))


def test_zero_comes_only_where_it_is_an_end() -> None:
    assert Drawn("x", "value", -1, 1).choices == [-1, 1]
    assert Drawn("x", "value", 0, 1, 0.5).choices == [0, 0.5, 1]
    assert Drawn("x", "value", -0.3, 0.3, 0.1).choices == [-0.3, -0.2, -0.1, 0.1, 0.2, 0.3]


# -- marks ------------------------------------------------------------------------------------------------------


def test_steps_come_in_the_order_of_the_calculation() -> None:
    labels = [step.label for step in Sheet.of(layers()).steps]
    assert labels == [
        "h[0, 0]",
        "h[0, 1]",
        "r[0, 0]",
        "z[0, 0]",
        "loss",
        "∂L/∂z[0, 0]",
        "∂L/∂z.weight[0, 0]",
        "∂L/∂h.bias[0]",
        "new h.bias[0]",
    ]


@pytest.mark.parametrize("make", [chain, layers])
def test_the_right_answers_are_right(make: Any) -> None:
    document = variant(make(), Learner("ann")).document
    answer_all(document, *right_answers(document))
    found = marked(Sheet.of(document))
    assert found.total == found.most == len(found.steps)
    assert found.first_wrong is None


def test_an_error_is_carried_forward_and_the_first_wrong_step_is_named() -> None:
    document = chain()  # x = 3, y = −4, z = 5, a step of 0.05
    # g = 2x was taken for x²; everything after it is right for whoever has 9.
    answer_all(document, "9", "5", "25", "5", "5", "5", "10", "2.5")
    found = marked(Sheet.of(document))
    by_label = {each.step.label: each.verdict for each in found.steps}
    assert by_label == {
        "g": "wrong",
        "f": "carried",
        "L": "carried",
        "∂L/∂f": "right",
        "∂L/∂z": "carried",
        "∂L/∂g": "right",
        "∂L/∂x": "right",
        "new x": "right",
    }
    assert found.first_wrong is not None
    assert found.first_wrong.step.label == "g"
    assert found.total == 7
    assert {each.step.label: each.mistake for each in found.steps if each.mistake}.keys() == {"g"}


def test_a_mistake_is_told_by_the_learners_own_numbers() -> None:
    document = chain()
    # g is wrong, and then z · f takes the wrong sign of what follows from it.
    answer_all(document, "9", "5", "-25")
    g, f, product, *_ = marked(Sheet.of(document)).steps
    assert (g.verdict, f.verdict, product.verdict) == ("wrong", "carried", "wrong")
    assert "sign" in product.mistake
    answer_all(document, "9", "5", "25.2")
    assert marked(Sheet.of(document)).steps[2].mistake == "Near, but not to within 0.5 %."
    answer_all(document, "9", "five")
    assert "five" in marked(Sheet.of(document)).steps[1].mistake


def test_a_new_weight_is_right_only_if_its_step_is_seen() -> None:
    document = chain()
    document.training = replace(document.training, optimizer={"name": "sgd", "learning_rate": 0.0005})
    answer_all(document, *right_answers(document))  # x = 3 becomes 2.995
    assert marked(Sheet.of(document)).total == 8
    answer_all(document, *right_answers(document)[:-1], "3")
    assert marked(Sheet.of(document)).steps[-1].verdict == "wrong"


def test_an_error_in_the_backward_pass_is_carried_through_wires_weights_and_update() -> None:
    document = chain()
    answers = {"g": 6, "f": 2, "L": 10, "∂L/∂z": 2, "∂L/∂f": 50, "∂L/∂g": 50, "∂L/∂x": 100, "new x": -2}
    answer_all(document, *(str(answers[step.label]) for step in Sheet.of(document).steps))
    steps = marked(Sheet.of(document)).steps
    assert {each.step.label: each.verdict for each in steps[3:]} == {
        "∂L/∂f": "wrong",
        "∂L/∂g": "carried",
        "∂L/∂z": "right",
        "∂L/∂x": "carried",
        "new x": "carried",
    }
    assert [each.expected for each in steps[3:]] == pytest.approx([5, 50, 2, 100, -2])


def test_errors_carry_through_entries_of_layers() -> None:
    document = layers()
    sheet = Sheet.of(document)
    # The first hidden number is one too large; what follows from it is worked out by hand here.
    x, w, b = np.array([[1.0, 2.0], [2.0, -1.0]]), np.array([[1.0, -1.0], [2.0, 1.0]]), np.array([0.0, 1.0])
    v, t = np.array([[1.0], [2.0]]), np.array([[1.0], [0.0]])
    h = x @ w + b
    h[0, 0] += 1
    r = np.maximum(h, 0)
    z = r @ v
    loss = ((z - t) ** 2).mean()
    dz = (z - t) * 2 / 2
    dv, dh = r.T @ dz, (dz @ v.T) * (h > 0)
    follows = [h[0, 0], h[0, 1], r[0, 0], z[0, 0], loss, dz[0, 0], dv[0, 0], dh.sum(0)[0], b[0] - 0.5 * dh.sum(0)[0]]
    answer_all(document, *map(str, follows))
    found = marked(Sheet.of(document))
    assert [each.verdict for each in found.steps] == ["wrong", "right", *["carried"] * 7]
    assert [each.expected for each in found.steps[1:]] == pytest.approx(follows[1:])
    assert sheet.steps[0].value == h[0, 0] - 1


def test_a_slope_may_be_told_from_what_goes_in_or_from_what_comes_out() -> None:
    document = layers()  # h[0, 0] = 5, so that the ReLU is on; a learner writes r[0, 0] = −4
    assert document.exercise is not None
    document.exercise = replace(document.exercise, asked=())
    for focus in (of_node("r", "value", 0, 0), of_node("h", "gradient", 0, 0)):
        document.exercise = document.exercise.asking(focus)
    arrives = Sheet.of(document).follow({of_node("r", "value", 0, 0): -4.0})[1].trace.grads["r"][0, 0]
    assert arrives != 0
    for answer in (0.0, arrives):
        answer_all(document, "-4", repr(float(answer)))
        assert verdicts(document) == ["wrong", "carried"]


def test_rounding_is_no_error_and_nonsense_is() -> None:
    document = variant(layers(), Learner("ann")).document
    answers = right_answers(document)
    answers[0] += "1e"
    answers[3] = ""
    answer_all(document, *answers)
    found = verdicts(document)
    assert (found[0], found[3]) == ("wrong", "missing")
    assert {*found[1:3], *found[4:]} == {"right"}


def test_rounded_answers_may_be_gone_on_from() -> None:
    raw = to_json(chain())
    raw["graph"]["nodes"] = [
        {"id": "x", "op": "parameter", "params": {"value": 1.0}},
        {"id": "e", "op": "exp"},
        {"id": "L", "op": "subtract"},
        {"id": "c", "op": "constant", "params": {"value": 2.7}},
    ]
    raw["graph"]["wires"] = [
        {"from": "x", "to": "e", "port": "x"},
        {"from": "e", "to": "L", "port": "a"},
        {"from": "c", "to": "L", "port": "b"},
    ]
    raw["exercise"] = {"asked": [{"node": "e"}, {"node": "L"}]}
    document = from_json(raw)
    answer_all(document, "2.72", "0.02")  # it is 0.01828
    assert verdicts(document) == ["right", "right"]
    answer_all(document, "2.72", "0.03")
    assert verdicts(document) == ["right", "wrong"]


def test_each_hint_costs_its_share() -> None:
    document = chain()
    answer_all(document, *right_answers(document))
    assert document.exercise is not None
    document.exercise = document.exercise.answered(of_node("g"), hints=2)
    first = marked(Sheet.of(document)).steps[0]
    assert first.mark == pytest.approx(0.6)
    assert first.hints == 2
    document.exercise = replace(document.exercise, hint_cost=1)
    assert marked(Sheet.of(document)).steps[0].mark == 0
    document.exercise = replace(document.exercise, hints=False)
    assert marked(Sheet.of(document)).steps[0].mark == 1


# -- what can be asked, hints, what gives away -------------------------------------------------------------------


def test_one_number_has_one_name() -> None:
    facts = Sheet.of(chain()).facts
    assert canonical(Focus(Subject("wire", "L", "b"), "value"), facts) == of_node("f")
    assert canonical(Focus(Subject("wire", "L", "b"), "gradient"), facts) == of_node("f", "gradient")
    assert canonical(of_weight("x", "value", "gradient"), facts) == of_node("x", "gradient")
    assert canonical(of_weight("x", "value", "update"), facts) == of_weight("x", "value", "update")


@pytest.mark.parametrize(
    ("focus", "words"),
    [
        (of_node("x"), "is given"),
        (of_weight("h", "weight", "value", 0, 0), "is given"),
        (of_node("h", "value", 0, 9), "no entry"),
        (of_node("y", "gradient"), "not computed"),
    ],
)
def test_what_cannot_be_asked_is_refused(focus: Focus, words: str) -> None:
    document = layers()
    assert words in refusal(focus, Sheet.of(document).facts)
    document.exercise = replace(document.exercise, asked=(Asked(focus),)) if document.exercise else None
    with pytest.raises(GradwireError, match=words):
        Sheet.of(document)


def test_hints_come_in_four_stages_and_go_on_from_the_learners_numbers() -> None:
    sheet = Sheet.of(chain())
    step = next(each for each in sheet.steps if each.label == "f")
    assert not hints(sheet, step, {}, 0)
    rule, formula, with_numbers, answer = hints(sheet, step, {of_node("g"): 9.0, of_node("f"): 77.0}, 4)
    assert rule.text.startswith("Add f:")
    assert formula.tex == "f = g+y"
    assert with_numbers.tex == r"f = 9+(-4) = \text{?}"
    assert answer.text == "f = 5"
    assert [each.label for each in before(sheet, step, {})] == ["g"]
    assert not before(sheet, step, {of_node("g"): 9.0})


@pytest.mark.parametrize("make", [chain, layers])
def test_no_hint_before_the_last_says_the_answer(make: Any) -> None:
    sheet = Sheet.of(variant(make(), Learner("ann")).document)
    for step in sheet.steps:
        found = hints(sheet, step, {}, 4)
        shown = found[2].tex.removesuffix(r"\end{aligned}")
        assert shown.endswith(r"= \text{?}") or found[2].text.startswith("There is nothing to work out")
        assert all(each.text for each in found)


def test_what_follows_from_a_number_gives_it_away() -> None:
    facts = Sheet.of(chain()).facts
    found = giving_away(facts, [Quantity("value", "g")])
    assert {q.node for q in found if q.kind == "value"} == {"f", "L"}
    assert Quantity("gradient", "z") in found
    assert Quantity("gradient", "f") not in found  # it is z
    found = giving_away(facts, [Quantity("gradient", "f")])
    assert {Quantity("wire", "L", "b"), Quantity("gradient", "x"), Quantity("update", "y", "value")} <= found
    assert not any(q.kind == "value" for q in found)


def test_a_trace_with_blanks_has_what_is_given_and_nothing_that_is_asked_for() -> None:
    sheet = Sheet.of(layers())
    seen = without(sheet.facts.trace, sheet.blanks, sheet.facts.loss)
    assert seen.values.keys() == {"x", "y"}
    assert seen.loss is None
    assert not seen.parameter_grads
    assert seen.parameters.keys() == sheet.facts.trace.parameters.keys()
    assert seen.grads.keys() == {"loss"}
