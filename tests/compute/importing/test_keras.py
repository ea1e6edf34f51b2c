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
from compute.importing import import_file
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
