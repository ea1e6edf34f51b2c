"""The walk entry by entry: every number of a tensor is a step, which costs nothing until it is asked for."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from compute.explain import Answer, Quantity, Step, Steps
from compute.explain.facts import indexed, plain
from compute.explain.sums import naming
from compute.explain.walk import _Story
from compute.walk_state import WalkState
from tests.compute.explained import Case, case, mazur


def entries(known: Case | None = None) -> Steps:
    return (known or mazur()).walk(granularity="entry")


def told(steps: Steps, kind: str, node: str) -> list[Step]:
    return [step for step in steps if step.told[0][:2] == (kind, node)]


def test_every_entry_of_what_is_calculated_is_a_step_in_its_order() -> None:
    known = mazur()
    steps = entries(known)
    assert [step.entry for step in told(steps, "value", "h")] == [(0, 0), (0, 1)]
    assert [step.entry for step in told(steps, "update", "h")][:4] == [(0, 0), (0, 1), (1, 0), (1, 1)]
    assert [step.entry for step in told(steps, "value", "loss")] == [()]
    # Data is not calculated.
    assert [step.entry for step in told(steps, "value", "x")] == [None]
    for step in steps:
        (answer,) = step.answers
        assert step.entry is None or step.entries == (step.entry,)
        if step.phase != "update":
            assert answer.value == known.facts.at(step.told[0], step.entries[0])
    first = told(steps, "value", "h")[1]
    assert first.title == "Dense h: forward, entry [0, 1]"
    assert first.result == first.answers[0].result == "0.3925"


def test_the_walk_by_entries_is_the_walk_by_wires_with_each_of_its_numbers() -> None:
    known = mazur()
    wires, steps = known.walk(granularity="wire"), entries(known)
    assert len(steps) == sum(1 if step.node in ("x", "y") else known.facts.array(step.told[0]).size for step in wires)
    assert [q for step in steps for q in step.made] == [q for step in wires for q in step.made]
    assert steps[-1].shown == wires[-1].shown
    held = {(step.told, step.phase): step.stored_bytes for step in wires}
    assert all(step.stored_bytes == held[step.told, step.phase] for step in steps)
    assert [(phase, len(each)) for phase, each in steps.phases.items()] == [
        (phase, sum(step.phase == phase for step in steps)) for phase in ("forward", "loss", "backward", "update")
    ]


def test_in_between_it_is_known_how_many_entries_are_there() -> None:
    steps = told(entries(), "value", "h")
    h = Quantity("value", "h")
    assert [step.reached for step in steps] == [(h, 1), None]
    assert all(h in step.shown for step in steps)
    assert [step.made for step in steps] == [(), (h,)]
    assert all(step.reached is None for step in mazur().walk(granularity="wire"))


def state(steps: Steps, kind: str, node: str, place: int = 0) -> WalkState:
    return WalkState(steps, told(steps, kind, node)[place].number, "entry")


def test_a_node_and_a_phase_are_finished_at_once() -> None:
    steps = entries()
    walk = state(steps, "value", "h")
    assert walk.at_end_of_node().step.entry == (0, 1)
    assert walk.at_end_of_node().at_end_of_node().step.node == "a"
    backward = state(steps, "wire", "z")
    end = backward.at_end_of_node().step
    assert (end.node, end.told[0], end.entry) == ("z", Quantity("weight gradient", "z", "bias"), (1,))
    assert walk.at_end_of_phase().at(walk.at_end_of_phase().index + 1).step.phase == "loss"
    assert backward.at_end_of_phase().step.number == steps.phases["backward"][-1]
    assert walk.at(10**9).at_end_of_node().index == len(steps) - 1


def test_another_granularity_stays_at_the_same_number() -> None:
    known = mazur()
    steps, nodes = entries(known), known.walk(entry=(0, 1))
    h = next(step for step in nodes if step.told == (Quantity("value", "h"),))
    finer = WalkState(nodes, h.number).renewed(steps, "entry")
    assert (finer.step.told, finer.step.entry) == (h.told, (0, 1))
    assert finer.renewed(nodes, "node").step is h
    # A step that tells several numbers leads to the first of them.
    back = next(step for step in nodes if step.phase == "backward" and step.node == "z")
    assert WalkState(nodes, back.number).renewed(steps, "entry").step.told == back.told[:1]
    assert WalkState(nodes, back.number).renewed(entries(), "entry").step.node == "z"


def test_ten_million_steps_cost_nothing_until_they_are_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    nodes = [("x", "input", {"columns": ["a"]}), ("h", "dense", {"units": 1000}), ("t", "tanh"), ("L", "mean")]
    known = case(nodes, ["x > h.x", "h > t.x", "t > L.x"], "L", {"x": np.ones((2500, 1))})
    asked: list[Quantity] = []
    work_out = _Story.answer

    def counted(story: _Story, q: Quantity, entry: tuple[int, ...]) -> Answer:
        asked.append(q)
        return work_out(story, q, entry)

    monkeypatch.setattr(_Story, "answer", counted)
    steps = entries(known)
    assert len(steps) == 3 + 4 * 2_500_000 + 2500 + 2 * 2000
    assert steps.phases["backward"][-1] == len(steps) - 2001
    assert asked == []
    step = steps[1_234_567]
    assert (step.node, step.entry) == ("h", (1234, 566))
    assert step.reached == (Quantity("value", "h"), 1_234_567)
    assert steps[3_000_000].answers[0].title == "Value of t[499, 999]"
    assert asked == [Quantity("value", "t")]


def test_a_name_that_reads_as_arithmetic_is_bracketed_beside_an_index_and_a_derivative() -> None:
    facts = mazur().facts
    facts.graph.nodes["h"] = replace(facts.graph.nodes["h"], title="x · W₁")
    assert naming(facts, Quantity("value", "h"), (0, 1)) == "(x · W₁)[0, 1]"
    assert naming(facts, Quantity("gradient", "h"), (0, 1)) == "∂L/∂(x · W₁)[0, 1]"
    assert naming(facts, Quantity("wire", "a", "x")) == "∂L/∂(x · W₁)"
    assert naming(facts, Quantity("value", "h")) == "x · W₁"
    assert plain("log-softmax", (2,)) == "log-softmax[2]"
    assert indexed((r"\text{a - b}", ""), (1, 0)) == r"(\text{a - b})_{1,0}"
