""".keras archives give what Keras gave, without Keras; what is none, or hostile, is refused."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from compute.errors import GradwireError
from compute.export import export
from compute.importing import import_file
from compute.workspace import open_document
from tests.compute.importing.test_foreign import answers

FOREIGN = Path(__file__).parent / "foreign"


@pytest.mark.parametrize(
    ("name", "ops"),
    [
        ("mlp", ["input", "dense", "gelu", "dense", "elu", "dense"]),
        (
            "branched",
            ["input", "dense", "relu", "dense", "tanh", "add", "concat", "batch_norm", "dropout", "dense", "softmax"],
        ),
    ],
)
def test_a_keras_archive_gives_its_own_numbers(name: str, ops: list[str]) -> None:
    found = import_file(FOREIGN / f"keras_{name}.keras")
    assert found.missing == ()
    assert [node.op for node in found.document.graph.nodes.values()] == ops
    with np.load(FOREIGN / f"keras_{name}.npz") as kept:
        (rows,) = (kept[key] for key in kept if not key.startswith("out:"))
        (expected,) = (kept[key] for key in kept if key.startswith("out:"))
    values = answers(found, [rows])
    np.testing.assert_allclose(list(values.values())[-1], expected, rtol=1e-5, atol=1e-5)


def made(config: Any, fill: Callable[[Any], object] = lambda file: None) -> bytes:
    """An archive of layers and weights."""
    weights, archive = io.BytesIO(), io.BytesIO()
    with h5py.File(weights, "w") as file:
        fill(file)
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as out:
        out.writestr("config.json", config if isinstance(config, str) else json.dumps(config))
        out.writestr("model.weights.h5", weights.getvalue())
    return archive.getvalue()


def chain(*layers: tuple[str, dict[str, Any]]) -> dict[str, Any]:
    given = [("InputLayer", {"name": "x", "batch_shape": [None, 4, 2]}), *layers]
    listed = [{"class_name": kind, "config": {"name": kind.lower(), **settings}} for kind, settings in given]
    return {"class_name": "Sequential", "config": {"name": "made", "layers": listed}}


def conv(file: Any) -> None:
    file["layers/conv1_d/vars/0"] = np.arange(12.0).reshape(3, 2, 2)
    file["layers/conv1d/vars/0"] = np.arange(12.0).reshape(3, 2, 2)


def test_sequences_and_what_is_not_known(tmp_path: Path) -> None:
    settings = {"strides": [1], "padding": "same", "use_bias": False, "activation": "relu"}
    path = tmp_path / "m.keras"
    path.write_bytes(
        made(chain(("Conv1D", settings), ("Flatten", {}), ("Fancy", {}), ("Activation", {"activation": "silu"})), conv)
    )
    found = import_file(path)
    ops = [node.op for node in found.document.graph.nodes.values()]
    assert ops == ["input", "conv1d", "relu", "reshape", "onnx.Fancy", "silu"]
    assert [each.op for each in found.missing] == ["Fancy"]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"PK", "this is no .keras archive"),
        (made("[" * 5000), "this is no .keras archive"),
        (made({"class_name": "Sequential"}), "not described as in Keras 3"),
        (made({"class_name": "Custom", "config": {"layers": []}}), "only Sequential and Functional models"),
        (made({"class_name": "Sequential", "config": {"layers": [
            {"class_name": "InputLayer", "config": {"name": "x", "batch_shape": [None, 10**400]}}]}}),
         "has 1,000,000,000,000,000 numbers for each sample"),
        (made(chain(("Dense", {"units": 3}))), "not described as in Keras 3"),
        (made(chain(("Conv1D", {})), lambda file: file.create_dataset("layers/conv1d/vars/0", (10**6, 10**6), "f4")),
         "it needs|is too large to be in order|are too large to be in order|needs .* of memory"),
        (made(chain(("Conv1D", {})),
              lambda file: file.create_group("layers/conv1d/vars").__setitem__("0", h5py.ExternalLink("/etc/x", "/"))),
         "are no plain arrays"),
    ],
)  # fmt: skip
def test_hostile_archives_are_refused(content: bytes, sentence: str, tmp_path: Path) -> None:
    path = tmp_path / "m.keras"
    path.write_bytes(content)
    with pytest.raises(GradwireError, match=sentence):
        import_file(path)


def test_what_does_not_learn_in_the_file_keeps_still(tmp_path: Path) -> None:
    def fill(file: Any) -> None:
        shapes: dict[str, list[tuple[int, ...]]] = {
            "conv1d": [(2, 2, 3), (3,)], "dense": [(9, 5), (5,)], "dense_1": [(5, 2), (2,)],
            "batch_normalization": [(5,)] * 4, "layer_normalization": [(5,)] * 2, "p_re_lu": [(5,)],
        }  # fmt: skip
        for name, listed in shapes.items():
            for at, shape in enumerate(listed):
                file[f"layers/{name}/vars/{at}"] = np.linspace(0.5, 1.5, int(np.prod(shape))).reshape(shape)

    still = {"trainable": False}
    sizes = {"strides": [1], "padding": "valid", "use_bias": True, **still}
    layers = chain(
        ("Conv1D", sizes), ("Flatten", {}), ("Dense", {"name": "a", **still}),
        ("BatchNormalization", {"name": "norm", "epsilon": 1e-3, **still}),
        ("LayerNormalization", {"name": "rows", "epsilon": 1e-3, **still}), ("PReLU", {"name": "slope", **still}),
        ("Dense", {"name": "end", "trainable": True}),
    )  # fmt: skip
    path = tmp_path / "m.keras"
    path.write_bytes(made(layers, fill))
    found = import_file(path)
    graph = found.document.graph
    assert [node.id for node in graph.nodes.values() if node.params.get("trainable") is False] == [
        "conv1d", "a", "rows", "alpha"]  # fmt: skip
    assert not [node for node in graph.nodes.values() if node.op == "batch_norm"]
    assert "The batch norm norm does not learn in the file, and is a fixed scale and shift here." in found.notes
    workspace = open_document(found.document)
    parameters = workspace.program.analysis.parameters
    assert {name for name, (_, spec) in parameters.items() if spec.trainable} == {"end.weight", "end.bias"}
    rows = np.random.default_rng(3).normal(size=(5, 4, 2))
    *_, expected = answers(found, [rows]).values()
    for ending, options in ((".keras", {}), (".onnx", {}), (".onnx", {"opset": 13})):
        export(found.document, tmp_path / f"again{ending}", options=options)
        again = import_file(tmp_path / f"again{ending}")
        kept = [node.op for node in again.document.graph.nodes.values() if node.params.get("trainable") is False]
        assert kept == ["conv1d", "dense", "layer_norm", "parameter"]
        *_, numbers = answers(again, [rows]).values()
        np.testing.assert_allclose(numbers, expected, rtol=1e-5, atol=1e-5)
