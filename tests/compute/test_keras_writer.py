"""Any graph as a .keras archive, which our own import reads back; what Keras makes of them is seen by
``tests.campaigns.formats``."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import h5py
import numpy as np
import pytest
from hypothesis import given

from compute.document import Document, from_json
from compute.engine import Program
from compute.errors import GradwireError
from compute.export import Report, export
from compute.export.keras_writer import ACTIVATIONS, OPERATIONS
from compute.gallery import load_entry
from compute.importing import import_file
from compute.ops import REGISTRY
from compute.spelling import IDIOMS, WORDS
from compute.workspace import open_document
from tests.campaigns import formats
from tests.compute.test_numpy_script import penguins
from tests.compute.test_random_graphs import graphs
from tests.compute.test_spelling import SPELLED
from tests.searching import tries

LAYERS = {"linear", "leaky_relu", "elu", "dropout", "batch_norm", "layer_norm", "conv1d"}
COLUMNS = {name: [0.3, 1.2, -0.7, 0.9] for name in "abcd"}


def document(*nodes: dict[str, Any], **wires: str) -> Document:
    """wires: by ``node_port``, what feeds it; ``x`` is (B, 4)."""
    listed = [{"id": "x", "op": "input", "params": {"columns": list(COLUMNS)}}, *nodes]
    pairs = [(key.rpartition("_"), source) for key, source in wires.items()]
    joined = [{"from": source, "to": node, "port": port} for (node, _, port), source in pairs]
    raw = {"format": "gradwire", "version": 1, "name": "made", "graph": {"nodes": listed, "wires": joined},
           "data": {"source": "inline", "columns": COLUMNS}}  # fmt: skip
    return from_json(raw)


def written(made: Document, folder: Path, **options: Any) -> tuple[Report, dict[str, Any], dict[str, list[Any]]]:
    """A document as a file: what was said, the description of the model, and its weights by group."""
    path = folder / "net.keras"
    report = export(made, path, options=options)
    with zipfile.ZipFile(path) as archive:
        config = json.loads(archive.read("config.json"))
        with h5py.File(io.BytesIO(archive.read("model.weights.h5"))) as file:
            groups = {name: [own["vars"][key][()] for key in own["vars"]] for name, own in file["layers"].items()}
    return report, config["config"], groups


def test_there_is_a_layer_or_an_operation_for_every_word() -> None:
    assert {*WORDS, *IDIOMS} == (OPERATIONS.keys() - {"isnan"}) | set(ACTIVATIONS) | LAYERS


@pytest.mark.parametrize("name", [name for name in SPELLED if REGISTRY[name].ports])
def test_every_op_is_written_and_read_back(name: str, tmp_path: Path) -> None:
    op = REGISTRY[name]
    first = {"id": "first", "op": "reshape", "params": {"shape": ["B", 2, 2] if name == "conv1d" else ["B", 4]}}
    more = {"id": "more", "op": "parameter", "params": {"value": np.eye(4).tolist()}}
    wires = {f"op_{port}": "more" if (name, port) == ("matmul", "b") else "first" for port in op.ports}
    own: dict[str, dict[str, Any]] = {
        "reshape": {"shape": ["B", 2, 2]},
        "power": {"exponent": 2.0},
        "conv1d": {"padding": "same", "stride": 2},
    }
    made = document(first, more, {"id": "op", "op": name, "params": own.get(name, {})}, {"id": "z", "op": "tanh"},
                    first_x="x", z_x="op", **wires)  # fmt: skip
    assert export(made, tmp_path / "net.keras").largest_difference < 1e-6


@given(graphs(SPELLED))
@tries(10)
def test_random_graphs_are_read_back(drawn: Program) -> None:
    tally = formats.Tally()
    with TemporaryDirectory() as folder:
        formats.one_graph(drawn, tally, {}, Path(folder), ".keras")
    assert tally.wrong == []


def test_keras_finds_its_weights_by_class_in_an_order_of_its_own(tmp_path: Path) -> None:
    # The layer that is farther from the output comes first, whichever is written first here.
    near, far = [{"id": name, "op": "dense", "params": {"units": 4}} for name in ("near", "far")]
    made = document(
        near,
        far,
        {"id": "a", "op": "relu"},
        {"id": "s", "op": "add"},
        near_x="x",
        far_x="x",
        a_x="far",
        s_a="near",
        s_b="a",
    )
    _, config, groups = written(made, tmp_path)
    assert [layer["name"] for layer in config["layers"]] == ["x", "far", "near", "a", "s"]
    weights = open_document(made).program.weights
    np.testing.assert_array_equal(groups["dense"][0], weights["far.weight"].astype(np.float32))
    np.testing.assert_array_equal(groups["dense_1"][0], weights["near.weight"].astype(np.float32))


def test_a_matrix_that_two_nodes_take_is_one_layer_and_what_is_in_none_is_said(tmp_path: Path) -> None:
    w = {"id": "W", "op": "parameter", "params": {"value": np.eye(4).tolist()}}
    b = {"id": "b", "op": "parameter", "params": {"value": [1.0, 2.0, 3.0, 4.0]}}
    twice = [{"id": "one", "op": "matmul"}, {"id": "two", "op": "matmul"}, {"id": "s", "op": "add"}]
    made = document(w, b, *twice, one_a="x", one_b="W", two_a="one", two_b="W", s_a="two", s_b="b")
    report, config, groups = written(made, tmp_path)
    (layer,) = [layer for layer in config["layers"] if layer["class_name"] == "Dense"]
    assert len(layer["inbound_nodes"]) == 2
    assert len(groups["dense"]) == 1
    assert report.notes[-1] == (
        "b.value is in no layer of Keras and stands there as fixed numbers, which training there does not change."
    )
    found = import_file(tmp_path / "net.keras").document.graph.nodes
    assert sorted(node.op for node in found.values()) == ["add", "input", "matmul", "matmul", "parameter", "parameter"]


def test_the_preparation_goes_inside_with_names_beside_it(tmp_path: Path) -> None:
    report, config, _ = written(penguins(), tmp_path, preparation=True)
    assert report.largest_difference < 1e-5
    kinds = [layer["class_name"] for layer in config["layers"]]
    assert kinds[:4] == ["InputLayer", "Isnan", "Where", "Normalization"]
    assert config["output_layers"][-1][0] == "probabilities"
    notes = import_file(tmp_path / "net.keras").notes
    assert any('Its classes are "Adelie", "Gentoo"' in note for note in notes)


@pytest.mark.parametrize(
    ("made", "sentence"),
    [
        (load_entry("z_2x_y"), "nothing goes into it, and Keras computes only from inputs; export to .onnx or .py"),
        (document({"id": "p", "op": "constant", "params": {"value": -1.0}}, {"id": "l", "op": "log"},
                  {"id": "d", "op": "dense"}, {"id": "s", "op": "add"}, l_x="p", d_x="x", s_a="d", s_b="l"),
         "Log l cannot be exported: its numbers are not finite; look where they come from"),
    ],
)  # fmt: skip
def test_what_keras_cannot_say_is_named(made: Document, sentence: str, tmp_path: Path) -> None:
    with pytest.raises(GradwireError, match=sentence):
        export(made, tmp_path / "net.keras")
    assert list(tmp_path.iterdir()) == []


def test_what_depends_on_no_input_is_left_out_and_said(tmp_path: Path) -> None:
    made = document({"id": "p", "op": "parameter"}, {"id": "e", "op": "exp"}, {"id": "t", "op": "tanh"},
                    e_x="p", t_x="x")  # fmt: skip
    report, config, _ = written(made, tmp_path)
    assert [layer["name"] for layer in config["layers"]] == ["x", "t"]
    assert report.notes[-1] == "e: left out, since Keras computes only what depends on an input."


def test_the_same_network_is_the_same_file_each_time(tmp_path: Path) -> None:
    for name in ("one.keras", "two.keras"):
        export(load_entry("iris"), tmp_path / name)
    assert (tmp_path / "one.keras").read_bytes() == (tmp_path / "two.keras").read_bytes()
