"""What would be if one number were another: every number against the engine itself, nothing else moved."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from compute.document import Document
from compute.errors import GradwireError
from compute.explain import Quantity
from compute.focus import Subject
from compute.gallery import load_entry
from compute.optimizers import make_optimizer
from compute.reference import ReferenceEngine, ReferenceRun
from compute.ripple import Case, Hold, across_states, across_step, first_weights, require_holdable, ripple
from compute.worker.job import Job
from compute.workspace import open_document
from tests.compute.programs import assert_same_trace
from tests.compute.test_job import look, small


def case_of(document: Document) -> Case:
    return Case.of(document, look(Job(document, 1)))


def test_without_a_hold_nothing_moves_and_all_is_as_the_engine_has_it() -> None:
    for entry in ("spiral", "digits", "mazur_2_2_2", "z_2x_y", "iris_written_out"):
        document = load_entry(entry)
        snapshot = look(Job(document, 1))
        pair = ripple(Case.of(document, snapshot), [])
        assert_same_trace(pair.before, snapshot.trace, 0, 0)
        assert pair.count[0] == 0, entry


def test_another_weight_gives_what_the_engine_gives_with_it_and_the_weight_stays() -> None:
    document = load_entry("digits")  # with batch norm and dropout, whose draws are the same
    case = case_of(document)
    before = case.weights["h.weight"].copy()
    pair = ripple(case, [Hold(Subject("weight", "h", "weight"), (20, 3), 0.5)])
    program = open_document(document, strict=False).program
    run = ReferenceRun(program)
    weights = {name: array.copy() for name, array in case.weights.items()}
    weights["h.weight"][20, 3] = 0.5
    run.set_weights(weights)
    assert_same_trace(pair.after, run.trace(case.rows), 0, 0)
    assert np.array_equal(case.weights["h.weight"], before)
    assert not pair.moved(Quantity("value", "x")).any()  # type: ignore[union-attr]
    moved = pair.moved(Quantity("value", "h"))
    assert moved is not None
    assert sorted(set(np.nonzero(moved)[1].tolist())) == [3]  # its own neuron alone


def test_one_input_moves_its_own_sample_alone_on_the_way_forward() -> None:
    case = case_of(load_entry("spiral"))
    pair = ripple(case, [Hold(Subject("node", "x"), (4, 1), 2.0)])
    assert pair.after.values["x"][4, 1] == 2.0
    for node in ("h1", "a1", "h2", "a2", "z"):
        moved = pair.moved(Quantity("value", node))
        assert moved is not None
        assert set(np.nonzero(moved)[0].tolist()) == {4}
    data = {node: array.copy() for node, array in case.data.items()}
    data["x"][4, 1] = 2.0
    assert_same_trace(pair.after, replace(case, data=data).trace(), 0, 0)


@pytest.mark.parametrize("value", [0.25, None])
def test_what_is_held_is_a_constant_for_what_comes_before_it(value: float | None) -> None:
    case = case_of(small())
    held = Hold(Subject("node", "t"), (None, 2), value)
    pair = ripple(case, [Hold(Subject("weight", "h", "weight"), (0, 2), 3.0), held])
    after, before = pair.after, pair.before
    kept = before.values["t"][:, 2] if value is None else np.full(4, value)
    assert after.values["t"][:, 2].tolist() == kept.tolist()
    assert not np.array_equal(after.values["h"][:, 2], before.values["h"][:, 2])
    expected = np.tanh(after.values["h"])
    expected[:, 2] = kept
    np.testing.assert_array_equal(after.values["t"], expected)
    np.testing.assert_allclose(after.values["z"], expected @ case.weights["z.weight"] + case.weights["z.bias"])
    assert np.abs(after.grads["t"][:, 2]).min() > 0  # the loss still depends on it
    assert not after.grads["h"][:, 2].any()  # and no longer on what it came from
    assert not after.parameter_grads["h.weight"][:, 2].any()
    np.testing.assert_allclose(after.grads["h"][:, :2], after.grads["t"][:, :2] * (1 - expected[:, :2] ** 2))


def test_the_gradient_at_what_is_held_is_the_slope_of_the_loss() -> None:
    case, step = case_of(small()), 1e-6
    subject = Subject("node", "h")

    def loss(value: float) -> float:
        found = ripple(case, [Hold(subject, (1, 3), value)]).after.loss
        assert found is not None
        return found

    slope = (loss(0.4 + step) - loss(0.4 - step)) / (2 * step)
    assert ripple(case, [Hold(subject, (1, 3), 0.4)]).after.grads["h"][1, 3] == pytest.approx(slope, rel=1e-6)


def test_a_wire_that_is_cut_carries_nothing_and_lets_nothing_back_while_its_siblings_do() -> None:
    case = case_of(load_entry("z_2x_y"))  # L = z · f, f = g + y, g = 2x
    cut = Hold(Subject("wire", "f", "a"), (), 0.0)
    assert cut.is_cut
    pair = ripple(case, [cut])
    after = pair.after
    y, z = float(after.values["y"]), float(after.values["z"])
    assert pair.carried.keys() == {("f", "a")}
    assert float(pair.carried["f", "a"]) == 0.0
    assert not pair.moved(Quantity("value", "g"))  # its source gives what it gave
    assert (float(after.values["f"]), after.loss) == (y, z * y)
    assert float(after.wire_grads["f", "a"]) == 0.0
    assert float(after.grads["x"]) == 0.0
    assert float(after.wire_grads["f", "b"]) == z
    assert float(after.grads["z"]) == y


def test_holds_on_a_node_and_on_its_wire_work_together() -> None:
    case = case_of(load_entry("z_2x_y"))
    holds = [Hold(Subject("node", "g"), (), 7.0), Hold(Subject("wire", "f", "a"), (), 1.0)]
    for order in (holds, holds[::-1]):
        pair = ripple(case, order)
        assert float(pair.after.values["g"]) == 7.0
        assert float(pair.carried["f", "a"]) == 1.0
        assert float(pair.after.values["f"]) == 1.0 + float(pair.after.values["y"])
        assert float(pair.after.grads["g"]) == 0.0


def test_the_loss_itself_and_what_is_not_computed_cannot_be_held() -> None:
    case = case_of(small())
    for subject, said in ((Subject("node", "loss"), "The loss"), (Subject("node", "gone"), "gone is not computed")):
        with pytest.raises(GradwireError, match=said):
            require_holdable(case.analysis, case.loss, subject)
    require_holdable(case.analysis, case.loss, Subject("wire", "loss", "prediction"))


# -- two states -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("optimizer", ["sgd", "adam", "rmsprop"])
def test_before_and_after_a_step_is_what_the_training_makes_of_it(optimizer: str) -> None:
    document = load_entry("digits")
    document.training = replace(document.training, optimizer={"name": optimizer, "learning_rate": 0.05})
    job = Job(document, 1)
    for _ in range(3):
        job.step_batch(ReferenceEngine())
    job.set_walking(True)  # the batch that is taken next
    snapshot = look(job)
    pair = across_step(
        Case.of(document, snapshot), make_optimizer(document.training.optimizer), snapshot.progress.optimizer
    )
    job.set_walking(False)
    shown = snapshot.batch
    job.step_batch(ReferenceEngine())
    job.show_batch(shown.epoch, shown.index)
    after = look(job)
    for name, weight in after.weights.items():
        np.testing.assert_allclose(pair.after.parameters[name], weight, rtol=1e-12, atol=1e-15, err_msg=name)
    assert_same_trace(pair.before, snapshot.trace, 0, 0)


def test_two_moments_and_two_seeds_are_compared_on_the_same_rows() -> None:
    document = small()
    job = Job(document, 1)
    was = {name: array.copy() for name, array in look(job).weights.items()}
    job.step_batch(ReferenceEngine())
    job.show_batch(0, 0)
    case = Case.of(document, look(job))
    pair = across_states(case, was)
    assert_same_trace(pair.after, case.trace(), 0, 0)
    assert_same_trace(pair.before, case_of(document).trace(), 0, 0)
    seeds = across_states(case, first_weights(case, 4))
    other = replace(document, training=replace(document.training, seed=4))
    assert np.array_equal(seeds.before.parameters["h.weight"], case_of(other).weights["h.weight"])
    with pytest.raises(GradwireError, match=r"h\.weight is another now"):
        across_states(case, {**was, "h.weight": np.zeros((2, 9))})
