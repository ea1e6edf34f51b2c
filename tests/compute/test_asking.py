"""Questions about numbers: the right one is taken, a mistake is named from the number, and reasons and hints hold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from hypothesis import given as drawing

from compute.asking import (
    KINDS,
    Manner,
    Question,
    Record,
    Score,
    judge,
    judge_size,
    mistakes,
    question_about,
    question_at,
    read_number,
    reasons,
    shown,
    sign_of,
    sizes_of,
)
from compute.engine import Program
from compute.explain import Facts, Quantity, Steps
from tests.campaigns import planted
from tests.compute.explained import Case, case, log_of_square, z_times_f
from tests.compute.test_explain_everything import facts_of as facts_of_program
from tests.compute.test_explain_everything import quantities
from tests.compute.test_random_graphs import COMPUTED, graphs
from tests.searching import tries


@pytest.fixture(scope="module")
def network() -> Case:
    """h = tanh(x W + b) read twice, y = h·h, over four rows."""
    x, t = [[1.0, 2.0], [0.5, -1.0], [-0.3, 0.8], [2.0, 0.1]], [[1.0], [0.0], [0.5], [0.2]]
    return case(
        [
            ("x", "input", {"columns": ["a", "b"]}),
            ("t", "target", {"columns": ["c"]}),
            ("d", "dense", {"units": 1}),
            ("h", "tanh"),
            ("s", "sigmoid"),
            ("y", "multiply"),
            ("L", "mean_squared_error"),
        ],
        ["x > d.x", "d > h.x", "h > s.x", "h > y.a", "s > y.b", "y > L.prediction", "t > L.target"],
        "L",
        data={"x": x, "t": t},
        weights={"d.weight": [[0.3], [-0.7]], "d.bias": [0.2]},
    )


def facts_of(given: Case) -> Facts:
    return Facts(given.graph, given.analysis, given.loss, given.trace)


def ask(given: Case, kind: Any, node: str, name: str = "", entry: tuple[int, ...] = ()) -> Question:
    found = question_about(facts_of(given), Quantity(kind, node, name), entry)
    assert found is not None
    return found


def kinds_of(question: Question, typed: str | float) -> tuple[str, ...]:
    return judge(question, typed).kinds


@pytest.mark.parametrize(
    ("text", "value", "digits"),
    [
        ("0.25", 0.25, 2),
        ("−0,25", -0.25, 2),
        ("2*0.5*-0.1", -0.1, None),
        ("1/3", 1 / 3, None),
        ("1.20e-3", 1.2e-3, 3),
        ("1.2·10^-3", 1.2e-3, None),
        ("-2^2", -4.0, None),
        ("2^-1", 0.5, None),
        ("(1 − tanh(0.5)^2) × 0.3", (1 - np.tanh(0.5) ** 2) * 0.3, None),
        ("sigmoid(0)", 0.5, None),
        ("7", 7.0, 1),
        (".5", 0.5, 1),
        ("= −6,50", -6.5, 3),
    ],
)
def test_numbers_are_read_as_people_type_them(text: str, value: float, digits: int | None) -> None:
    typed = read_number(text)
    assert typed.value == pytest.approx(value)
    assert typed.digits == digits


@pytest.mark.parametrize(
    "text",
    [
        *("", "  ", "abc", "1/0", "9**9**9**9", "(" * 300, "-" * 150 + "1", "1,2,3", "1.5,2", "__import__('os')"),
        *("sqrt(-1)", "2 3", "(1", "1)", "sin 1", "(-8)^(1/3)", "nan", "inf", "1e999", "ln(0)", "\0", "x=1", "1+"),
        *("0.5;1", "exp(9999)", "=", "==1"),
    ],
)
def test_what_is_no_number_is_refused_in_a_sentence(text: str) -> None:
    with pytest.raises(ValueError, match=r"\w.*\.$"):
        read_number(text)


def test_a_right_number_is_taken_to_three_digits_or_one_percent() -> None:
    asked = ask(log_of_square(), "wire", "g", "x")  # 2/x = 1.3333
    for typed in ("1.33", "1.333333", "4/3", "2/1.5", "1.34", "1/1.5^2 * 2*1.5"):
        assert judge(asked, typed).right, typed
    assert judge(asked, "1.3").outcome == "rough"
    assert judge(asked, "1.37").outcome == "unclear"
    assert judge(asked, "what").outcome == "unread"
    assert not judge(asked, "1.3").wrong


def test_mistakes_with_one_product_are_told_apart() -> None:
    asked = ask(log_of_square(), "wire", "g", "x")  # 1/2.25 times 3, at x = 1.5
    assert kinds_of(asked, "3") == ("upstream",)
    assert kinds_of(asked, "0.444") == ("slope",)
    assert kinds_of(asked, "-1.333") == ("sign",)
    assert kinds_of(asked, "1/2.25*1.5") == ("value",)
    assert kinds_of(asked, "1") == ("value",)  # 1/2.25 · 2.25, which is also 1.333 to one digit
    assert kinds_of(asked, "-3") == ("upstream", "sign")
    assert kinds_of(asked, "3 + 1/2.25") == ("added factors",)
    assert kinds_of(asked, "13.33") == ("point",)
    words = judge(asked, "3").sentence
    assert "0.4444" in words
    assert "∂L/∂g" in words


def test_mistakes_at_a_fork_a_batch_and_a_mean_are_told_apart(network: Case) -> None:
    trace = network.trace
    at = (1, 0)
    fork = ask(network, "gradient", "h", entry=at)
    for way in (("y", "a"), ("s", "x")):
        assert kinds_of(fork, trace.wire_grads[way][at]) == ("fork",)
    through = ask(network, "wire", "h", "x", at)  # what arrives at h is the sum of a fork
    slope = 1 - trace.values["h"][at] ** 2
    assert kinds_of(through, slope * trace.wire_grads["y", "a"][at]) == ("fork",)
    weight = ask(network, "weight gradient", "d", "weight", (0, 0))
    assert kinds_of(weight, weight.right / 4) == ("mean",)
    terms = trace.grads["d"][:, 0] * trace.values["x"][:, 0]
    assert kinds_of(weight, weight.right - terms[2]) == ("left out",)
    loss = ask(network, "wire", "L", "prediction", at)
    assert kinds_of(loss, loss.right * 4) == ("share",)
    assert kinds_of(loss, loss.right / 4) == ("mean",)
    value = ask(network, "value", "d", entry=at)
    assert kinds_of(value, value.right - 0.2) == ("left out",)
    assert "d.bias" in judge(value, value.right - 0.2).sentence


@pytest.mark.parametrize("optimizer", [{"name": "sgd", "learning_rate": 0.05}, {"name": "adam", "learning_rate": 0.05}])
def test_mistakes_in_an_update_are_told_apart(network: Case, optimizer: Mapping[str, Any]) -> None:
    steps = network.walk(optimizer)
    asked = next(q for q in map(question_at, steps) if q is not None and q.quantity == Quantity("update", "d", "bias"))
    step = asked.right - 0.2
    assert judge(asked, asked.right).right
    assert kinds_of(asked, 0.2 + step / 0.05) == ("rate",)
    assert kinds_of(asked, 0.2 - step) == ("added update",)
    assert kinds_of(asked, step) == kinds_of(asked, -step) == ("change",)
    assert kinds_of(asked, "0.2") == ("input",)
    if optimizer["name"] == "adam":
        gradient = float(network.trace.parameter_grads["d.bias"][0])
        assert kinds_of(asked, 0.2 - 0.05 * gradient) == ("plain step",)


def test_no_mistake_gives_the_right_number_and_parts_make_it(network: Case) -> None:
    count = 0
    for given in (network, log_of_square(), z_times_f()):
        for step in given.walk(granularity="wire"):
            asked = question_at(step)
            if asked is None:
                assert not given.analysis.ops[step.node].ports
                continue
            count += 1
            assert judge(asked, asked.right).right
            assert asked.quantity.kind == "update" or judge(asked, f"{asked.right:.3g}").right
            if asked.making.terms:
                assert asked.making.value == pytest.approx(asked.right, rel=1e-9)
            assert not any(asked.is_right(mistake.value) for mistake in mistakes(asked))
            assert {mistake.kind for mistake in mistakes(asked)} <= KINDS.keys()
            assert question_at(step) == asked  # the same for the same seed
    assert count > 25


def test_sign_and_size_are_judged() -> None:
    asked = ask(log_of_square(), "wire", "g", "x")
    assert (sign_of(asked), sizes_of(asked)) == ("+", (3,))
    assert judge_size(asked, "+", 3).right
    assert judge_size(asked, "-", 3).kinds == ("sign",)
    assert "larger" in judge_size(asked, "+", 2).sentence
    assert judge_size(asked, "0", None).wrong
    one = ask(log_of_square(), "gradient", "L")
    assert sizes_of(one) == (2, 3)  # at a bound both are right


def test_of_three_reasons_one_is_right_and_the_others_give_other_numbers(network: Case) -> None:
    offered = 0
    for step in network.walk(granularity="wire"):
        asked = question_at(step)
        if asked is None or not (given := reasons(asked, seed=3)):
            continue
        offered += 1
        assert len({reason.text for reason in given}) == 3
        assert sum(reason.right for reason in given) == 1
        assert given == reasons(asked, seed=3)
    assert offered >= 12
    texts = [r.text for r in reasons(ask(log_of_square(), "wire", "g", "x")) if r.right]
    assert texts == ["The upstream gradient ∂L/∂g (0.4444) times the slope of Square g (3)"]


def test_what_is_shown_fades(network: Case) -> None:
    asked = ask(log_of_square(), "wire", "g", "x")
    full, last, rule, nothing = (shown(asked, level) for level in (0, 1, 2, 3))
    assert "1.333" not in full.numbers
    assert full.numbers.endswith(r"= \text{?}")
    assert r"0.4444 \cdot \text{?} = \text{?}" in last.numbers
    assert full.rule == rule.rule == asked.answer.rule
    assert (rule.numbers, nothing.rule, nothing.numbers) == ("", "", "")
    for step in network.walk({"name": "adam"}, granularity="wire"):
        question = question_at(step)
        if question is not None:
            for level in (0, 1, 2, 3):
                left = shown(question, level)
                last_side = left.numbers.rpartition("=")[2].replace(r"\end{aligned}", "").strip()
                assert last_side in ("", r"\text{?}"), left.numbers
    one = ask(log_of_square(), "gradient", "L")
    assert shown(one, 2).rule == ""  # a rule that says the number


def test_a_record_tells_how_a_step_went_and_the_score_all_of_them() -> None:
    asked = ask(log_of_square(), "wire", "g", "x")
    record = Record(4, asked.name, "Square g: backward")
    once = record.answered(judge(asked, "4/3"), "4/3")
    assert (once.result, once.sentence) == ("first", "right at once")
    later = record.answered(judge(asked, "3"), "3").answered(judge(asked, "1.3"), "1.3").answered(judge(asked, "1.33"))
    assert (later.result, later.wrong) == ("later", 1)
    assert later.sentence == "right after a mistake: forgot the upstream factor"
    given_away = record.answered(judge(asked, "77"), "77").ended("shown")
    assert given_away.sentence == "shown after 1 wrong answer"
    score = Score()
    for key, each in enumerate((once, later, given_away)):
        score = score.with_record(Record(**{**each.__dict__, "key": key}))
    assert score.sentence == "1 of 3 right at once, 1 right after a mistake, 1 shown."
    assert score.mistakes == {"upstream": 1}
    assert score.first_wrong is not None
    assert score.first_wrong.key == 1
    assert Score.read(score.written()) == score
    for odd in ("", "{}", "[1]", '[{"key": "a"}]', "[" * 5000):
        assert Score.read(odd) == Score()
    assert score.with_record(Record(9, "x")).done == score


def test_planted_mistakes_are_named_and_the_first_wrong_step_is_found() -> None:
    tally = planted.run(graphs=12, entries=3)
    assert not tally.wrong, str(tally)
    assert tally.planted.total() >= 200
    assert tally.named.total() >= 0.9 * tally.planted.total()
    assert tally.first_wrong == tally.walks


def test_only_what_is_computed_and_finite_is_asked(network: Case) -> None:
    facts = facts_of(network)
    assert question_about(facts, Quantity("value", "x")) is None
    assert question_about(facts, Quantity("wire", "L", "target")) is None
    assert question_about(facts, Quantity("weight", "d", "bias")) is None
    assert not list(map(question_at, Steps()))
    faulty = case([("x", "parameter", {"value": 0.0}), ("L", "log")], ["x > L.x"], "L")
    assert question_about(facts_of(faulty), Quantity("value", "L")) is None


def test_how_a_walk_asks_is_kept_as_plain_data() -> None:
    manner = Manner(level=2, way="size", which="backward", reasons=False)
    assert Manner.from_data(manner.to_data()) == manner
    assert (manner.asks("backward"), manner.asks("update"), manner.asks_reason) == (True, False, False)
    odd: Any
    for odd in (None, [], {"level": 9, "way": "loud", "which": [], "reasons": "no"}, {"level": True}, {"level": 2.0}):
        assert Manner.from_data(odd) == Manner()


@drawing(graphs(COMPUTED))
@tries(8)
def test_whatever_the_graph_the_parts_make_the_number(drawn: Program) -> None:
    facts = facts_of_program(drawn)
    for q in quantities(facts):
        asked = question_about(facts, q)
        if asked is None:
            continue
        if asked.making.terms:
            assert asked.making.value == pytest.approx(asked.right, rel=1e-7, abs=1e-9 * max(1.0, asked.making.size))
        assert judge(asked, asked.right).right
        assert not any(asked.is_right(mistake.value) for mistake in mistakes(asked))
        assert len(reasons(asked)) in (0, 3)
        assert shown(asked, 1).parts == "but last"
