"""Many networks side by side in one launch: each gives the very bits that it gives alone."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from compute.batches import Order
from compute.beside import likeness
from compute.document import Document
from compute.engine import Lane
from compute.evaluation import Judged, asked, judged_at, start_evaluation
from compute.graph import Graph, Node, Wire
from compute.opencl.engine import OpenCLEngine
from compute.optimizers import Clipping, make_optimizer
from compute.schedules import Course, make_schedule
from compute.state import RunState
from compute.workspace import open_document

EPOCHS, KEPT = 4, 2


@dataclass(frozen=True)
class Given:
    """What a lane is made of."""

    seed: int
    rate: float
    dropped: float = 0.3
    slope: float = 0.1


GIVEN = [Given(0, 0.02), Given(1, 0.02), Given(0, 0.1), Given(2, 0.02, 0.1, 0.25), Given(0, 1e30)]


def document(given: Given) -> Document:
    """With draws, numbers of ops in both passes, running statistics, a last batch that is smaller, and rows held
    back."""
    nodes: list[tuple[str, str, dict[str, Any]]] = [
        ("x", "input", {"columns": ["x1", "x2"]}),
        ("h", "dense", {"units": 5}),
        ("n", "batch_norm", {}),
        ("a", "leaky_relu", {"slope": given.slope}),
        ("d", "dropout", {"rate": given.dropped}),
        ("z", "dense", {"units": 1}),
        ("y", "target", {"columns": ["label"]}),
        ("L", "mean_squared_error", {}),
    ]
    wires = [("x", "h", "x"), ("h", "n", "x"), ("n", "a", "x"), ("a", "d", "x"), ("d", "z", "x")]
    wires += [("z", "L", "prediction"), ("y", "L", "target")]
    made = Document(graph=Graph([Node(*node) for node in nodes], [Wire(*wire) for wire in wires]))
    made.data = {"source": "builtin", "name": "spiral", "options": {"points": 60}, "validation_fraction": 0.2}
    settings = {"name": "adam", "learning_rate": given.rate}
    made.training = replace(made.training, loss="L", optimizer=settings, batch_size=20, seed=given.seed)
    return made


def lane(document: Document) -> Lane:
    program, t = open_document(document).trained, document.training
    return Lane(program, make_optimizer(t.optimizer), Order(program.rows, t.batch_size, t.seed, t.shuffle))


def ends_of(lane: Lane, epochs: int) -> Any:
    """Where an epoch's weights are kept, the first of two."""
    ends = np.full(epochs * lane.order.steps, -1, np.int32)
    ends[lane.order.steps - 1 :: lane.order.steps] = np.arange(epochs)
    return ends


def test_each_gives_the_bits_that_it_gives_alone(opencl_fused: OpenCLEngine) -> None:
    lanes = [lane(document(given)) for given in GIVEN]
    assert len({likeness(each) for each in lanes}) == 1
    beside = opencl_fused.beside(lanes)
    assert beside is not None
    waiting = []
    for _ in range(EPOCHS // KEPT):
        started = beside.start_epochs(KEPT, len(lanes), ends_of(lanes[0], KEPT))
        waiting.append((started, beside.start_judging(KEPT, len(lanes))))
    losses = np.concatenate([started.get() for started, _ in waiting], axis=1)
    judged = [values.get() for _, values in waiting]
    expected = [alone(opencl_fused, each) for each in lanes]
    states = beside.states([len(each.losses) for each in expected])
    beside.close()
    assert losses.shape == (len(lanes), EPOCHS * lanes[0].order.steps)
    for at, (each, mine) in enumerate(zip(expected, states, strict=True)):
        assert np.array_equal(losses[at, : len(each.losses)], each.losses)
        assert each.stopped == (not np.isfinite(losses[at, len(each.losses) :][:1]).all())
        assert_same(mine, each.state)
        if not each.stopped:
            data = asked(lanes[at].program)[0]
            found = [judged_at(lanes[at].program, data, {k: v[at] for k, v in part.items()}) for part in judged]
            assert [one for part in found for one in part] == each.judged
    # What overflows stops alone, and the others go on.
    assert [each.stopped for each in expected] == [False] * 4 + [True]


def assert_same(mine: RunState, other: RunState) -> None:
    """To the last bit."""
    assert mine.weights.keys() == other.weights.keys()
    for name, weight in other.weights.items():
        np.testing.assert_array_equal(mine.weights[name], weight)
    for name, arrays in other.optimizer.arrays.items():
        for kept, array in arrays.items():
            np.testing.assert_array_equal(mine.optimizer.arrays[name][kept], array)
    assert (mine.optimizer.name, mine.optimizer.updates) == ("adam", other.optimizer.updates)


@dataclass(frozen=True)
class Alone:
    """What a network does alone: losses of the steps that were done, and how good it was after each epoch."""

    losses: list[float]
    stopped: bool
    state: RunState
    judged: list[Judged]


def alone(engine: OpenCLEngine, lane: Lane) -> Alone:
    """Trained epoch by epoch."""
    run = engine.open(lane.program)
    losses: list[float] = []
    judged = []
    for epoch in range(EPOCHS):
        rates = lane.course.rates(epoch * lane.order.steps, lane.order.steps) if lane.course else None
        losses += run.train(lane.order.batches(epoch), lane.optimizer, rates).tolist()
        if not np.isfinite(losses[-1]):
            break
        judged.append(start_evaluation(lane.program, run)())
    state = run.state()
    run.close()
    stopped = not np.isfinite(losses[-1])
    return Alone(losses[:-1] if stopped else losses, stopped, state, judged)


def test_schedules_and_clipping_are_those_of_each_alone(opencl_fused: OpenCLEngine) -> None:
    lanes = []
    for norm, schedule in ((0.2, "cosine"), (0.05, "cosine"), (0.2, "one_cycle")):
        one = lane(document(GIVEN[0]))
        course = Course(make_schedule({"name": schedule}), 0.02, one.order.steps, EPOCHS)
        lanes.append(replace(one, optimizer=replace(one.optimizer, clipping=Clipping(norm)), course=course))
    assert likeness(lanes[0]) == likeness(lanes[1]) != likeness(lane(document(GIVEN[0])))
    beside = opencl_fused.beside(lanes)
    assert beside is not None
    losses = [beside.start_epochs(KEPT, len(lanes), None).get() for _ in range(EPOCHS // KEPT)]
    for at, (each, state) in enumerate(zip(lanes, beside.states([EPOCHS * lanes[0].order.steps] * 3), strict=True)):
        expected = alone(opencl_fused, each)
        assert np.concatenate([part[at] for part in losses]).tolist() == expected.losses
        assert_same(state, expected.state)
    assert not np.array_equal(losses[1][0], losses[1][1])
    assert not np.array_equal(losses[1][0], losses[1][2])
    beside.close()


def test_what_is_the_same_is_held_once(opencl_fused: OpenCLEngine) -> None:
    lanes = [lane(document(given)) for given in GIVEN]
    beside = opencl_fused.beside(lanes)
    assert beside is not None
    table = beside._buffers["table/x"].size
    assert table == 3 * lanes[0].program.train["x"].size * 4, "the rows of three seeds"
    assert len(beside._orders) == 3
    assert len(beside._paces) == 3
    assert beside._settings.shape[0] == 5
    assert beside._settings.shape[1] == 13, "two sizes of batch, and judging"
    beside.close()


def test_finished_lanes_drop_out(opencl_fused: OpenCLEngine) -> None:
    lanes = [lane(document(given)) for given in GIVEN[:3]]
    beside = opencl_fused.beside(lanes)
    assert beside is not None
    assert beside.start_epochs(1, 3, None).get().shape == (3, lanes[0].order.steps)
    before = beside.states([3] * 3)
    assert beside.start_epochs(1, 1, None).get().shape == (1, lanes[0].order.steps)
    after = beside.states([6, 3, 3])
    beside.close()
    same = [np.array_equal(a.weights["h.weight"], b.weights["h.weight"]) for a, b in zip(before, after, strict=True)]
    assert same == [False, True, True]


def test_other_shapes_are_others_and_large_ones_train_alone(opencl: OpenCLEngine) -> None:
    built = document(GIVEN[0])
    small = lane(built)
    built.graph.nodes["h"] = replace(built.graph.nodes["h"], params={"units": 6})
    wider = lane(built)
    assert likeness(small) != likeness(wider)
    assert likeness(replace(small, order=Order(48, 24, 0, True))) != likeness(small)
    assert not opencl.takes(small), "launch by launch was asked for"
