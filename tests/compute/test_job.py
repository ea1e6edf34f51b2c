"""The open document on the compute thread: weights that survive edits, resets, boundaries and curves."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from compute.batches import Order
from compute.document import Document, TrainingSettings, Watch, dumps, loads
from compute.edits import Edit, Editor
from compute.errors import GradwireError
from compute.explain import walk
from compute.focus import Subject
from compute.gallery import load_entry
from compute.graph import Graph, Node, Wire
from compute.optimizers import make_optimizer
from compute.problems import Problem, sentence_of
from compute.reference import ReferenceEngine
from compute.snapshot import Snapshot
from compute.watches.fault import TrainingStopped
from compute.worker.job import Job
from tests.compute.moments import assert_same_progress


def small() -> Document:
    """Two inputs, a hidden layer of four, one logit; eight rows."""
    graph = Graph(
        [
            Node("x", "input", {"columns": ["a", "b"]}),
            Node("h", "dense", {"units": 4}),
            Node("t", "tanh"),
            Node("z", "dense", {"units": 1}),
            Node("y", "target", {"columns": ["c"]}),
            Node("loss", "sigmoid_cross_entropy"),
        ],
        [
            Wire("x", "h", "x"),
            Wire("h", "t", "x"),
            Wire("t", "z", "x"),
            Wire("z", "loss", "prediction"),
            Wire("y", "loss", "target"),
        ],
    )
    columns = {"a": [0, 0, 1, 1, 2, 2, 3, 3], "b": [0, 1, 0, 1, 0, 1, 0, 1], "c": [0, 1, 1, 0, 0, 1, 1, 0]}
    data = {"source": "inline", "columns": columns}
    training = TrainingSettings("loss", {"name": "adam", "learning_rate": 0.05}, batch_size=4, epochs=5, seed=3)
    return Document("small", graph, data, training)


def sentences(snapshot: Snapshot) -> dict[str, str]:
    return {node_id: problem.sentence for node_id, problem in snapshot.analysis.problems.items()}


def look(job: Job, problem: Problem | None = None, running: bool = False) -> Snapshot:
    return job.snapshot(running=running, problem=problem, device="", device_reason="", on_opencl=False)


def train(job: Job, epochs: int = 5) -> None:
    trainer = job.trainer(ReferenceEngine())
    for _ in range(epochs):
        trainer.step_epoch()


def edited(document: Document, **fields: object) -> Document:
    out = document.copy()
    Editor(out).set_param("h", "units", fields["units"]).apply(out)
    return out


def test_a_document_is_traced_at_once_without_opening_an_engine() -> None:
    snapshot = look(Job(small(), 7))
    assert snapshot.revision == 7
    assert snapshot.state == "idle"
    assert snapshot.trace.engine == "reference"
    assert snapshot.trace.values["h"].shape == (4, 4)
    assert snapshot.trace.loss is not None
    first = Order(8, 4, seed=3, shuffle=True).batches(0)[0]
    assert list(snapshot.row_labels) == list(snapshot.trace.rows) == list(first)
    assert (snapshot.batch.name, snapshot.batch.is_next) == ("batch 1 of 2, epoch 1", True)


def test_training_moves_the_loss_and_the_curve() -> None:
    job = Job(small(), 0)
    before = look(job).judged.loss
    train(job)
    after = look(job)
    assert after.state == "finished"
    assert after.epoch == 5
    assert after.step == 10
    assert len(after.series("loss").x) == len(after.series("loss").y)
    assert after.series("loss").x[-1] == 5.0
    assert before is not None
    assert after.judged.loss is not None
    assert after.judged.loss < before


def test_reset_gives_back_the_same_first_weights_bit_by_bit() -> None:
    job = Job(small(), 0)
    first = {name: w.copy() for name, w in job.weights.items()}
    train(job)
    assert not np.array_equal(job.weights["h.weight"], first["h.weight"])
    job.reset()
    assert all(np.array_equal(job.weights[name], first[name]) for name in first)
    snapshot = look(job)
    assert (snapshot.state, snapshot.epoch, snapshot.step, len(snapshot.series("loss").x)) == ("idle", 0, 0, 0)


def test_a_change_of_shape_keeps_what_fits_and_undoing_it_brings_trained_weights_back() -> None:
    document = small()
    job = Job(document, 0)
    train(job)
    trained = {name: w.copy() for name, w in job.weights.items()}
    wider = edited(document, units=6)
    job.edit(wider, 1)
    assert job.weights["h.weight"].shape == (2, 6)
    assert np.array_equal(job.weights["z.bias"], trained["z.bias"])
    job.edit(edited(wider, units=4), 2)
    assert all(np.array_equal(job.weights[name], trained[name]) for name in trained)


def test_deleting_a_node_and_undoing_it_brings_its_trained_weights_back() -> None:
    document = small()
    job = Job(document, 0)
    train(job)
    trained = job.weights["z.weight"].copy()
    without = document.copy()
    Editor(without).remove({"z"}).apply(without)
    job.edit(without, 1)
    assert "z.weight" not in job.weights
    job.edit(document, 2)
    assert np.array_equal(job.weights["z.weight"], trained)


@pytest.mark.parametrize("trained", [True, False])
def test_entries_of_a_weight_are_set_one_by_one_in_what_it_is_now(trained: bool) -> None:
    job = Job(small(), 0)
    if trained:
        train(job, 1)
    expected = job.weights["h.weight"].copy()
    for entry, value in (((0, 1), 5.0), ((1, 3), -2.0), ((0, 0), 0.0)):
        job.set_weight("h.weight", entry, value)
        expected[entry] = value
    for name, beyond in (("h.weight", (2, 0)), ("h.weight", (1,)), ("gone.weight", (0, 0))):
        job.set_weight(name, beyond, 9.0)
    np.testing.assert_array_equal(job.weights["h.weight"], expected)
    np.testing.assert_array_equal(look(job).trace.parameters["h.weight"], expected)


def test_another_seed_means_other_first_weights() -> None:
    document = small()
    job = Job(document, 0)
    first = job.weights["h.weight"].copy()
    other = document.copy()
    other.training = replace(document.training, seed=4)
    job.edit(other, 1)
    assert not np.array_equal(job.weights["h.weight"], first)
    job.edit(document, 2)
    assert np.array_equal(job.weights["h.weight"], first)


def test_many_seeds_leave_no_weights_behind() -> None:
    document = small()
    job = Job(document, 0)
    for revision in range(1, 9):
        document = document.copy()
        document.training = replace(document.training, seed=revision)
        job.edit(document, revision)
    assert job._store.seeds <= {7, 8}


def test_given_weights_are_what_reset_returns_to_even_after_training_saving_and_reopening() -> None:
    document = load_entry("mazur_2_2_2")
    given = document.weights["dense1.weight" if "dense1.weight" in document.weights else next(iter(document.weights))]
    name = next(n for n, w in document.weights.items() if w is given)
    job = Job(document, 0)
    train(job, 1)
    snapshot = look(job)
    trained = document.copy()
    trained.weights = dict(snapshot.trace.parameters)
    from compute.document import Progress

    trained.progress = Progress(snapshot.epoch, snapshot.step)
    reopened = loads(dumps(trained, archive=True))
    again = Job(reopened, 1)
    assert np.array_equal(again.weights[name], snapshot.trace.parameters[name])
    assert look(again).step == snapshot.step
    again.reset()
    assert np.array_equal(again.weights[name], given)


def test_a_broken_graph_still_shows_what_can_be_computed() -> None:
    document = small()
    Editor(document).remove({("z", "x")}).apply(document)
    snapshot = look(Job(document, 0))
    assert "t" in snapshot.trace.values
    assert "z" not in snapshot.trace.values
    assert snapshot.trace.loss is None
    assert sentences(snapshot) == {"z": "Dense z: port x is not wired; drag an output to it."}
    with pytest.raises(GradwireError, match="Dense z: port x is not wired"):
        Job(document, 0).trainer(ReferenceEngine())


def test_unreadable_data_is_said_and_parameters_still_show() -> None:
    document = small()
    document.data = {"source": "csv", "path": "/no/such/file.csv"}
    document.graph.nodes["c"] = Node("c", "constant", {"value": [1.0, 2.0]})
    snapshot = look(Job(document, 0))
    assert "file.csv" in sentence_of(snapshot.problem)
    assert snapshot.trace.values["c"].tolist() == [1.0, 2.0]
    assert "x" not in snapshot.trace.values


def test_the_learning_rate_changes_while_the_run_goes_on() -> None:
    job = Job(small(), 0)
    train(job, 2)
    job.set_training(replace(job.document.training, optimizer={"name": "adam", "learning_rate": 0.0}))
    before = {name: w.copy() for name, w in job.weights.items()}
    train(job, 1)
    assert all(np.array_equal(job.weights[name], before[name]) for name in before)
    assert look(job).epoch == 3


def test_a_very_wide_network_gets_a_coarser_boundary(monkeypatch: pytest.MonkeyPatch) -> None:
    fine = look(Job(small(), 0)).boundary
    # Two inputs, four and four and one in the layers, a target: twelve numbers a point.
    monkeypatch.setattr("compute.boundary._MOST_NUMBERS", 12 * 9 * 9 + 1)
    coarse = look(Job(small(), 0)).boundary
    assert fine is not None
    assert coarse is not None
    assert coarse.answer.shape == (9, 9)
    assert coarse.answer[0, 0] == fine.answer[0, 0]
    assert coarse.answer[-1, -1] == fine.answer[-1, -1]


def test_the_boundary_is_what_the_network_answers_there() -> None:
    job = Job(small(), 0)
    train(job, 1)
    boundary = look(job).boundary
    assert boundary is not None
    assert boundary.columns == ("a", "b")
    assert boundary.classes == 2
    assert boundary.answer.shape == (64, 64)
    assert (boundary.x[0], boundary.x[1]) == pytest.approx((-0.3, 3.3))
    run = job.trainer(ReferenceEngine()).run
    corner = np.array([[boundary.x[0], boundary.y[1]]])
    logit = run.outputs({"x": corner, "y": np.zeros((1, 1))}, ["z"])["z"][0, 0]
    assert boundary.answer[-1, 0] == pytest.approx(1 / (1 + math.exp(-logit)), rel=1e-9)
    assert boundary.labels.tolist() == [0, 1, 1, 0, 0, 1, 1, 0]


def test_a_loss_that_explodes_stops_training_and_says_so() -> None:
    document = load_entry("one_neuron")
    document.training = replace(document.training, optimizer={"name": "sgd", "learning_rate": 1e200}, epochs=50)
    job = Job(document, 0)
    with pytest.raises(GradwireError, match=r"Training stopped: the loss became (inf|nan) at step \d+"):
        train(job, 20)


def test_a_watch_stops_before_its_step_whose_batch_is_shown_and_training_goes_on_without_it() -> None:
    document = small()
    document.training = replace(document.training, batch_size=2)
    document.watches = (Watch(Subject("weight", "h", "weight"), "value", "change_above", 0.0),)
    job = Job(document, 0)
    with pytest.raises(TrainingStopped) as stop:
        train(job, 5)
    problem = job.why(stop.value)
    assert [each.act for each in problem.others] == ["stop watching", "go to step"]
    seen = look(job, problem=problem)
    assert (seen.step, seen.state) == (1, "stopped")
    assert seen.fault is not None
    assert (seen.fault.step, seen.fault.place.of.weight) == (2, "h.weight")
    assert seen.batch.is_next
    job.set_watches(())
    assert look(job).fault is None
    train(job, 5)
    assert job.trainer(ReferenceEngine()).step > 2


def test_a_watch_that_comes_later_does_not_hinder_going_back() -> None:
    document = small()
    document.training = replace(document.training, batch_size=2)
    job = Job(document, 0)
    train(job, 8)
    look(job)
    last = job.trainer(ReferenceEngine()).step
    job.set_watches((Watch(Subject("weight", "h", "weight"), "value", "norm_above", 0.0),))
    job.go_to(3)
    while job.is_on_the_way:
        job.go_on_the_way(1.0)
    assert look(job).step == 3
    job.go_to(None)
    assert look(job).step == last
    with pytest.raises(TrainingStopped):
        train(job, 1)


ADAM: dict[str, object] = {"name": "adam"}
SGD: dict[str, object] = {"name": "sgd", "momentum": 0.9}


@pytest.mark.parametrize("running", [True, False])
@pytest.mark.parametrize(("first", "optimizer"), [(ADAM, ADAM), (SGD, ADAM), (ADAM, SGD)])
def test_the_update_that_a_snapshot_tells_is_the_one_that_the_next_step_makes(
    running: bool, first: dict[str, object], optimizer: dict[str, object]
) -> None:
    document = small()
    # One batch of all rows, so that the batch on the wires is the one that is trained.
    document.training = replace(document.training, optimizer=first, batch_size=8, shuffle=False)
    job = Job(document, 0)
    train(job, 3)
    job.set_training(replace(document.training, optimizer=optimizer))
    for _ in range(2):
        seen = look(job, running=running)
        steps = walk(
            document.graph,
            seen.analysis,
            "loss",
            seen.trace,
            make_optimizer(optimizer),
            optimizer_state=seen.optimizer(str(optimizer["name"])).arrays,
            updates_done=seen.optimizer(str(optimizer["name"])).updates,
        )
        told = [(s.told[0].weight, s.entries[0], s.answers[0].value) for s in steps if s.phase == "update"]
        assert len(told) == 4
        job.trainer(ReferenceEngine()).step_batch()
        for weight, entry, value in told:
            assert job.weights[weight][entry] == pytest.approx(value, rel=1e-12), weight


def changed(document: Document, *edits: Callable[[Editor], Edit]) -> Document:
    """A copy after some edits."""
    out = document.copy()
    for edit in edits:
        edit(Editor(out)).apply(out)
    return out


def aside(e: Editor) -> Edit:
    """Nodes that do not lead to the loss: one that reads h, one with weights, and one that nothing feeds."""
    nodes = (Node("q", "square"), Node("d", "dense", {"units": 2}), Node("alone", "relu"))
    return e.add((*nodes, Wire("h", "q", "x"), Wire("q", "d", "x")), "Add some")


def test_an_edit_aside_of_the_loss_leaves_the_training_as_it_is() -> None:
    document = small()
    plain, job = Job(document, 0), Job(document, 0)
    for each in (plain, job):
        trainer = each.trainer(ReferenceEngine())
        trainer.step_epoch()
        trainer.step_batch()
    wider = changed(document, aside)
    assert job.edit(wider, 1)
    seen = look(job, running=True)
    assert (seen.revision, seen.state, seen.epoch, seen.step) == (1, "running", 1, 3)
    assert (seen.notice, seen.problem) == ("", None)
    np.testing.assert_array_equal(seen.series("loss").x, [0.5, 1.0, 1.5])
    np.testing.assert_array_equal(seen.trace.values["q"], seen.trace.values["h"] ** 2)
    d = seen.trace.values["q"] @ seen.trace.parameters["d.weight"] + seen.trace.parameters["d.bias"]
    np.testing.assert_allclose(seen.trace.values["d"], d, rtol=1e-14)
    assert list(seen.trace.values) == list(seen.analysis.order)
    assert set(seen.trace.wire_grads) == set(look(plain).trace.wire_grads)
    assert "port x is not wired" in seen.analysis.problems["alone"].sentence
    for each in (plain, job):
        each.trainer(ReferenceEngine()).step_epoch()
    job.set_weight("d.bias", (1,), 3.0)
    assert job.edit(changed(wider, lambda e: e.remove({"alone"})), 2)
    assert look(job).trace.parameters["d.bias"].tolist() == [0.0, 3.0]
    assert job.edit(document, 3)
    ours, theirs = look(job), look(plain)
    assert (ours.epoch, ours.step) == (2, 4)
    assert_same_progress(ours.progress, theirs.progress)
    for name, weight in theirs.trace.parameters.items():
        np.testing.assert_array_equal(ours.trace.parameters[name], weight)
    assert ours.trace.parameters.keys() == theirs.trace.parameters.keys()


def test_a_node_at_fault_aside_of_the_loss_does_not_keep_it_from_training() -> None:
    job = Job(changed(small(), aside), 0)
    train(job, 1)
    assert look(job).epoch == 1
    assert "d.weight" not in job.trainer(ReferenceEngine()).program.weights


def test_reset_gives_every_node_its_first_weights() -> None:
    job = Job(changed(small(), aside), 0)
    first = {name: weight.copy() for name, weight in job.weights.items()}
    train(job, 1)
    job.set_weight("d.bias", (0,), 1.0)
    job.reset()
    assert job.weights.keys() == first.keys()
    assert all(np.array_equal(job.weights[name], first[name]) for name in first)


NOTICE = "network, its data or the seed changed, so the curve begins anew."


@pytest.mark.parametrize(
    ("edit", "says"),
    [
        (lambda e: e.set_param("h", "units", 5), NOTICE),
        (lambda e: e.remove({"t"}), NOTICE),
        (lambda e: e.connect(Wire("h", "z", "x")), NOTICE),
        (lambda e: e.set_data("Split", {**e.document.data, "validation_fraction": 0.25}), NOTICE),
        (lambda e: e.set_data("Scale", {**e.document.data, "standardize": True}), NOTICE),
        (lambda e: e.set_training("Seed", seed=9), NOTICE),
        (lambda e: e.set_training("Loss", loss="h"), "loss changed, so the curve begins anew."),
    ],
)
def test_an_edit_of_what_leads_to_the_loss_begins_a_curve_and_taking_it_back_brings_the_old_one_back(
    edit: Callable[[Editor], Edit], says: str
) -> None:
    document = small()
    job = Job(document, 0)
    train(job, 2)
    before = look(job)
    other = changed(document, edit)
    # Another loss is trained on at once; any other network waits to be started.
    other_loss = other.training.loss != document.training.loss
    assert job.edit(other, 1, stops=True) == other_loss
    seen = look(job)
    assert (seen.state, seen.epoch, seen.step, len(seen.series("loss").x)) == ("idle", 0, 0, 0)
    assert seen.notice == f"{'The' if other_loss else 'Training stopped: the'} {says}"
    job.edit(changed(other, lambda e: e.add_node(Node("aside", "relu"))), 2)
    assert look(job).notice == seen.notice
    assert job.edit(document, 3) == other_loss
    back = look(job)
    assert (back.epoch, back.step, back.state) == (2, 4, "paused")
    assert (back.notice, back.name) == ("Training is back at step 4, after epoch 2.", "step 4, after epoch 2")
    np.testing.assert_array_equal(back.series("loss").y, before.series("loss").y)
    for name, weight in before.trace.parameters.items():
        np.testing.assert_array_equal(back.trace.parameters[name], weight)
    assert_same_progress(back.progress, before.progress)
    assert back.progress.optimizer.updates == 4
    straight = Job(document, 0)
    train(straight, 3)
    train(job, 1)
    assert_same_progress(look(job).progress, look(straight).progress, curves=False)
    assert all(np.array_equal(job.weights[name], weight) for name, weight in straight.weights.items())


def test_a_curve_does_not_come_back_when_its_weights_were_trained_elsewhere_meanwhile() -> None:
    document = small()
    job = Job(document, 0)
    train(job, 2)
    job.edit(changed(document, lambda e: e.set_param("h", "units", 5)), 1)
    train(job, 1)
    assert look(job).notice == ""
    job.edit(document, 2)
    assert (look(job).epoch, look(job).step) == (0, 0)


def test_a_loss_that_changes_says_so_though_training_goes_on() -> None:
    document = small()
    Editor(document).add_node(Node("m", "mean"), (Wire("t", "m", "x"),)).apply(document)
    job = Job(document, 0)
    train(job, 1)
    other = changed(document, lambda e: e.set_training("Loss", loss="m"))
    assert job.edit(other, 1, stops=True)
    assert look(job).notice == "The loss changed, so the curve begins anew."


def test_a_lost_run_leaves_what_was_shown_last() -> None:
    """Weights, steps and curve of one moment, though more was trained since."""
    job = Job(small(), 0)
    assert look(job).step == 0
    job.abandon_run()
    trainer = job.trainer(ReferenceEngine())
    trainer.step_epoch()
    trainer.step_batch()
    seen = look(job)
    trainer.step_epoch()
    assert trainer.step > seen.step
    job.abandon_run()
    after = look(job)
    assert (after.epoch, after.step) == (seen.epoch, seen.step) == (1, 3)
    np.testing.assert_array_equal(after.series("loss").x, seen.series("loss").x)
    np.testing.assert_array_equal(after.series("loss").y, seen.series("loss").y)
    for name, weight in seen.trace.parameters.items():
        np.testing.assert_array_equal(job.weights[name], weight)
    job.trainer(ReferenceEngine()).step_batch()
    assert look(job).step == seen.step + 1
    job.reset()
    job.abandon_run()
    assert look(job).step == 0
