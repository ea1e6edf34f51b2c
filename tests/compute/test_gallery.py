"""The documents that come with the program: each opens, and shows the numbers of the lecture."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from compute.document import Document, from_json, to_json
from compute.engine import Engine, Program
from compute.errors import GradwireError
from compute.gallery import FOLDER, GALLERY, Entry, load_entry
from compute.opencl.engine import OpenCLEngine
from compute.optimizers import make_optimizer
from compute.reference import ReferenceEngine, ReferenceRun
from compute.trace import Trace
from compute.training import Trainer
from compute.workspace import open_document

NODE_SIZE = (150, 90)
MISMATCH, PLAYGROUND = "shape_mismatch", "matrix_playground"
IDS = [entry.id for entry in GALLERY]


def program_of(entry_id: str) -> Program:
    return open_document(load_entry(entry_id)).program


def trace_of(entry_id: str) -> Trace:
    program = program_of(entry_id)
    return ReferenceRun(program).trace(np.arange(program.rows))


def value(entry_id: str, node: str) -> object:
    return trace_of(entry_id).values[node].tolist()


def grads(entry_id: str) -> dict[str, object]:
    return {node: grad.tolist() for node, grad in trace_of(entry_id).grads.items()}


def trained(entry_id: str) -> Trainer:
    return trained_by(ReferenceEngine(), load_entry(entry_id))


def trained_by(engine: Engine, document: Document) -> Trainer:
    program = open_document(document).program
    trainer = Trainer(program, document.training, engine.open(program))
    while not trainer.finished:
        trainer.step_epoch()
    return trainer


def accuracy(entry_id: str) -> float:
    return trained(entry_id).history.epochs[-1].metrics["accuracy"]


def test_order_is_that_of_the_lecture() -> None:
    assert list(dict.fromkeys(entry.category for entry in GALLERY)) == [
        "The chain rule",
        "One neuron",
        "Vectors and matrices",
        "Networks",
        "Real data",
        "Training",
        "Exercises",
    ]
    assert IDS[0] == "log_square"
    assert IDS[-1] == "exercise_softmax"
    assert len(IDS) == len(list(FOLDER.glob("*.json"))) == len(set(IDS))


@pytest.mark.parametrize("entry", GALLERY, ids=IDS)
class TestEveryEntry:
    def test_says_what_it_is(self, entry: Entry) -> None:
        assert entry.title == load_entry(entry.id).name
        assert entry.sentence.endswith(".")
        assert 30 < len(entry.sentence) < 120

    def test_opens_without_a_problem_and_has_a_value_on_every_wire(self, entry: Entry) -> None:
        document = load_entry(entry.id)
        if entry.id in (MISMATCH, PLAYGROUND):
            return
        workspace = open_document(document, strict=True)
        found = ReferenceRun(workspace.program).trace(np.arange(workspace.program.rows))
        assert found.values.keys() == document.graph.nodes.keys()
        assert all(np.isfinite(array).all() for array in found.values.values())
        assert (found.loss is not None) == bool(document.training.loss)

    def test_nodes_do_not_overlap_and_wires_run_to_the_right_or_begin_a_row(self, entry: Entry) -> None:
        graph = load_entry(entry.id).graph
        places = [node.position for node in graph.nodes.values()]
        for i, (x, y) in enumerate(places):
            for other_x, other_y in places[:i]:
                assert abs(x - other_x) >= NODE_SIZE[0] or abs(y - other_y) >= NODE_SIZE[1]
        for wire in graph.wires.values():
            start, end = graph.nodes[wire.source].position, graph.nodes[wire.target].position
            begins_a_row = end[0] == 0 and end[1] - start[1] >= 2 * NODE_SIZE[1]
            assert begins_a_row or end[0] - start[0] >= NODE_SIZE[0] + 50

    def test_fits_into_the_window_at_a_zoom_that_shows_labels(self, entry: Entry) -> None:
        # A canvas of 860 by 520 shows this much at a zoom of 0.5, below which labels give way.
        places = np.array([node.position for node in load_entry(entry.id).graph.nodes.values()])
        width, height = np.ptp(places, axis=0) + NODE_SIZE
        assert width < 1600
        assert height < 900

    def test_keeps_its_place_in_the_gallery_when_saved(self, entry: Entry) -> None:
        raw = to_json(load_entry(entry.id))
        assert raw["gallery"]["category"] == entry.category
        assert to_json(from_json(raw)) == raw

    def test_is_opened_as_a_document_that_was_never_saved(self, entry: Entry) -> None:
        assert load_entry(entry.id).path is None


def test_unknown_entry_is_named_with_a_close_one() -> None:
    with pytest.raises(GradwireError, match='the gallery has no "spirl"; did you mean "spiral"'):
        load_entry("spirl")


class TestChainRule:
    def test_log_of_a_square(self) -> None:
        assert grads("log_square")["x"] == pytest.approx(2 / 1.5)
        assert grads("log_square")["g"] == pytest.approx(1 / 1.5**2)

    def test_sum_times_z_at_minus_2_5_minus_4(self) -> None:
        found = trace_of("sum_times_z")
        assert [found.values[n].item() for n in ("x", "y", "z")] == [-2.0, 5.0, -4.0]
        assert found.loss == -12.0
        assert [found.grads[n].item() for n in ("x", "y", "z")] == [-4.0, -4.0, 3.0]

    def test_z_times_2x_plus_y(self) -> None:
        found = trace_of("z_2x_y")
        values = {name: array.item() for name, array in found.values.items()}
        assert values["g"] == 2 * values["x"]
        z, f = values["z"], values["f"]
        assert grads("z_2x_y") == {"L": 1.0, "z": f, "f": z, "g": z, "y": z, "x": 2 * z}


class TestOneNeuron:
    def test_loss_4_and_its_gradients(self) -> None:
        found = trace_of("one_neuron")
        assert found.loss == 4.0
        assert {name: g.item() for name, g in found.parameter_grads.items()} == {"w.value": -8.0, "b.value": -4.0}

    def test_one_step_with_rate_0_05_takes_the_loss_to_1(self) -> None:
        document = load_entry("one_neuron")
        run = ReferenceRun(open_document(document).program)
        losses = run.train([np.arange(1)] * 2, make_optimizer(document.training.optimizer))
        assert document.training.optimizer["learning_rate"] == 0.05
        assert losses.tolist() == pytest.approx([4.0, 1.0])

    def test_gradient_descent_finds_the_weights_that_made_the_data(self) -> None:
        weights = trained("gradient_descent").run.weights()
        assert {name: w.item() for name, w in weights.items()} == pytest.approx(
            {"w1.value": 2.0, "w2.value": -1.0, "b.value": 0.5}, abs=1e-4
        )


class TestMatrices:
    def test_transpose(self) -> None:
        assert value("transpose", "bT") == [[1, 7, 5]]
        assert value("transpose", "A") == [[6, 2, 3], [1, 5, 7]]
        assert value("transpose", "AT") == [[6, 1], [2, 5], [3, 7]]

    def test_dot_product(self) -> None:
        found = trace_of("dot_product")
        assert found.loss == 32.0
        assert found.grads["a"].tolist() == found.values["b"].tolist() == [4, 5, 6]
        assert found.grads["b"].tolist() == [1, 2, 3]

    def test_matrix_times_vector(self) -> None:
        assert value("matrix_vector", "Ab") == [35, 71]

    def test_matrix_times_matrix(self) -> None:
        assert value("matrix_matrix", "AB") == [[1, 15], [5, 19], [7, 27]]

    def test_shapes_of_a_product(self) -> None:
        shapes = program_of("matrix_shapes").analysis.shapes
        assert [shapes[n] for n in ("A", "B", "AB")] == [(6, 7), (7, 10), (6, 10)]

    def test_a_mismatch_is_explained_and_the_rest_computed(self) -> None:
        workspace = open_document(load_entry(MISMATCH), strict=False)
        problems = workspace.analysis.problems
        assert {node: problem.sentence for node, problem in problems.items()} == {
            "AB": "MatMul A · B, port b: A is (2, 3) and B is (2, 3): the 3 columns of A need 3 rows of B, "
            "which has 2; transpose one of them."
        }
        assert ReferenceRun(workspace.program).trace(np.arange(1)).values["ABT"].tolist() == [[12, 5], [15, 12]]
        with pytest.raises(GradwireError, match="MatMul A · B, port b"):
            open_document(load_entry(MISMATCH))

    def test_the_playground_begins_with_the_numbers_of_the_lecture(self) -> None:
        workspace = open_document(load_entry(PLAYGROUND), strict=False)
        found = ReferenceRun(workspace.program).trace(np.arange(1)).values
        assert found["b"].tolist() == [1, 7, 5]
        assert found["A"].tolist() == [[6, 2, 3], [1, 5, 7]]
        assert found["AT"].tolist() == [[6, 1], [2, 5], [3, 7]]
        assert found["Ab"].tolist() == [35, 71]
        assert found["CD"].tolist() == [[1, 15], [5, 19], [7, 27]]
        assert found["sA"].tolist() == [[12, 4, 6], [2, 10, 14]]
        assert found["sum"].tolist() == [[12, 2], [4, 10], [6, 14]]
        assert found["ew"].tolist() == [[36, 1], [4, 25], [9, 49]]
        assert {node: problem.sentence for node, problem in workspace.analysis.problems.items()} == {
            "AD": "MatMul T = A · D, port b: A is (2, 3) and D is (2, 2): the 3 columns of A need 3 rows of D, "
            "which has 2; transpose A or exchange them."
        }

    def test_neuron_by_neuron_is_the_same_as_one_product(self) -> None:
        found = trace_of("why_matrices").values
        assert found["n1"].tolist() == [[1], [5], [7]]
        assert found["n2"].tolist() == [[15], [19], [27]]
        assert found["both"].tolist() == found["XW"].tolist() == [[1, 15], [5, 19], [7, 27]]
        assert not found["D"].any()

    def test_activations_by_entry_and_softmax_by_row(self) -> None:
        found = trace_of("activations").values
        z = found["Z"]
        assert z.tolist() == [[2, -1, 0], [-3, 1, 3], [0.5, 0.5, 0.5]]
        assert found["R"].tolist() == [[2, 0, 0], [0, 1, 3], [0.5, 0.5, 0.5]]
        assert found["S"] == pytest.approx(1 / (1 + np.exp(-z)))
        assert found["T"] == pytest.approx((np.exp(2 * z) - 1) / (np.exp(2 * z) + 1))
        assert found["P"] == pytest.approx(np.exp(z) / np.exp(z).sum(axis=1, keepdims=True))
        assert found["sums"].tolist() == pytest.approx([1, 1, 1])

    def test_a_batch_as_a_matrix(self) -> None:
        program = program_of("batch_matrix")
        shapes = program.analysis.shapes
        assert [shapes[n] for n in ("X", "W", "XW", "b", "Z")] == [("B", 3), (3, 2), ("B", 2), (2,), ("B", 2)]
        found = trace_of("batch_matrix")
        assert found.values["Z"].shape == (4, 2)
        # b was added to every row, so its gradient is the sum over the rows.
        assert found.grads["b"].tolist() == found.grads["Z"].sum(axis=0).tolist()
        assert np.abs(found.grads["b"]).min() > 0.1


class TestNetworks:
    def test_mazur_before_and_after_one_step(self) -> None:
        document = load_entry("mazur_2_2_2")
        run = ReferenceRun(open_document(document).program)
        assert run.trace(np.arange(1)).loss == pytest.approx(0.298371109, abs=5e-10)
        run.train([np.arange(1)], make_optimizer(document.training.optimizer))
        assert run.trace(np.arange(1)).loss == pytest.approx(0.291027774, abs=5e-10)

    def test_layers_and_outputs(self) -> None:
        def layers(entry_id: str) -> list[int]:
            nodes = load_entry(entry_id).graph.nodes.values()
            return [node.params["units"] for node in nodes if node.op == "dense"]

        assert layers("two_layers") == [4, 1]
        assert layers("three_layers") == [8, 6, 2]
        assert layers("spiral") == [8, 8, 1]

    def test_two_layers_part_a_ring_from_its_middle(self) -> None:
        assert accuracy("two_layers") >= 0.95

    def test_three_layers_place_the_hand(self) -> None:
        assert trained("three_layers").history.epochs[-1].metrics["mean absolute error"] < 0.05

    def test_xor_is_learned(self) -> None:
        trainer = trained("xor")
        data = trainer.program.train
        logits = trainer.run.outputs(data, ["z"])["z"]
        assert ((logits > 0) == (data["y"] > 0.5)).all()


class TestRealData:
    def test_two_columns_draw_a_line(self) -> None:
        assert program_of("tumours_two_columns").train["x"].shape == (455, 2)
        assert accuracy("tumours_two_columns") >= 0.88

    def test_tumours(self) -> None:
        assert program_of("tumours").train["x"].shape == (455, 30)
        assert accuracy("tumours") >= 0.95

    def test_iris(self) -> None:
        assert accuracy("iris") >= 0.95

    def test_digits_are_read_and_not_learned_by_heart(self) -> None:
        assert program_of("digits").train["x"].shape == (1438, 64)
        last = trained("digits").history.epochs[-1]
        assert last.metrics["accuracy"] >= 0.96
        assert last.validation_loss is not None
        assert last.validation_loss < 4 * last.loss

    def test_cross_entropy_written_out_is_that_of_the_loss_node(self) -> None:
        assert trace_of("iris_written_out").loss == pytest.approx(trace_of("iris").loss, rel=1e-12)


class TestTraining:
    def test_thirteen_batches_are_one_epoch(self) -> None:
        document = load_entry("mini_batches")
        program = open_document(document).program
        trainer = Trainer(program, document.training, ReferenceEngine().open(program))
        trainer.step_epoch()
        assert program.rows == 200
        assert trainer.step == 13

    def test_spiral_reaches_97_percent_on_rows_it_never_saw(self) -> None:
        training = load_entry("spiral").training
        assert training.epochs <= 1000
        assert training.optimizer["name"] == "adam"
        assert accuracy("spiral") >= 0.97

    def test_spiral_does_so_from_another_seed_on_the_device_too(self, opencl_fused: OpenCLEngine) -> None:
        document = load_entry("spiral")
        document.training = replace(document.training, seed=1)
        trainer = trained_by(opencl_fused, document)
        assert trainer.history.epochs[-1].metrics["accuracy"] >= 0.97
        trainer.run.close()
