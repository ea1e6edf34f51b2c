"""The exported PyTorch module: names and orientation of its state_dict, and what it computes."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given
from safetensors.numpy import load_file

from compute.document import Document
from compute.engine import Program
from compute.errors import GradwireError
from compute.export import Network, export, torch_file
from compute.export.torch_stand_in import Module
from compute.gallery import load_entry
from compute.ops import REGISTRY
from compute.reference import forward
from tests.compute.test_numpy_script import penguins
from tests.compute.test_ops import SMALL, build, cases
from tests.compute.test_random_graphs import graphs
from tests.compute.test_spelling import SPELLED, kept_of
from tests.searching import tries

FORMAT = torch_file.TorchModule()


def same(program: Program, folder: Path) -> None:
    """Every node that can be written, as an output of a module."""
    kept = kept_of(program)
    if not kept or not program.weights:
        return
    analysis = program.analysis.leading_to(*kept)
    weights = {name: value.astype(np.float32) for name, value in program.weights.items()}
    network = Network(Document(""), replace(program, analysis=analysis, loss=""), weights, None)
    path = folder / "net.pt.py"
    FORMAT.write(path, network)
    found = FORMAT.run(path, network, program.train)
    expected = forward(analysis, {name: value.astype(float) for name, value in weights.items()}, program.train)
    for node in network.outputs:
        scale = max(1.0, float(np.abs(expected[node][np.isfinite(expected[node])]).max(initial=0.0)))
        np.testing.assert_allclose(found[node], expected[node], rtol=1e-5, atol=1e-5 * scale, err_msg=node)


@pytest.mark.parametrize("name", SPELLED)
def test_every_op_is_written_as_it_computes(name: str, tmp_path: Path) -> None:
    op = REGISTRY[name]
    by_settings = itertools.groupby(cases(op, SMALL), key=lambda case: case[1])
    for number, case in enumerate(case for _, group in by_settings for case in list(group)[-1:]):
        same(build(op, case, number, 0.2, 0.9), tmp_path)


@given(graphs(SPELLED))
@tries(12, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
def test_random_graphs_are_written_as_they_compute(tmp_path: Path, drawn: Program) -> None:
    same(drawn, tmp_path)


def test_the_state_dict_has_the_names_and_the_orientation_of_pytorch(tmp_path: Path) -> None:
    document = load_entry("digits")
    report = export(document, tmp_path / "net.pt.py")
    assert report.beside == tmp_path / "net.pt.safetensors"
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["net.pt.py", "net.pt.safetensors"]
    state = load_file(tmp_path / "net.pt.safetensors")
    shapes = {name: value.shape for name, value in state.items()}
    norm = ("weight", "bias", "running_mean", "running_var")
    assert shapes == {
        "h.weight": (64, 64),
        "h.bias": (64,),
        **{f"n.{name}": (64,) for name in norm},
        "n.num_batches_tracked": (),
        "z.weight": (10, 64),
        "z.bias": (10,),
    }
    text = (tmp_path / "net.pt.py").read_text(encoding="utf-8")
    for line in ("self.h = nn.Linear(64, 64, bias=True)", "d = F.dropout(a, 0.3, self.training)", "z = self.z(d)"):
        assert line in text


def test_names_of_nodes_that_mean_something_there_are_other_names(tmp_path: Path) -> None:
    document = penguins()
    report = export(document, tmp_path / "np.pt.py")
    assert report.largest_difference < 1e-6
    assert set(load_file(tmp_path / "np.pt.safetensors")) == {"class_2.weight", "class_2.bias", "z.weight", "z.bias"}


def test_a_state_dict_that_does_not_fit_is_refused() -> None:
    class Net(Module):
        def __init__(self) -> None:
            self.w = np.zeros((2, 3))

    Net().load_state_dict({"w": np.zeros((2, 3))})
    for wrong in ({"w": np.zeros((3, 2))}, {"v": np.zeros((2, 3))}, {}):
        with pytest.raises(ValueError, match="the module wants"):
            Net().load_state_dict(wrong)


def test_with_the_weights_of_another_orientation_nothing_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = torch_file.module_text

    def turned(network: Network, weights: str) -> tuple[str, dict[str, Any]]:
        text, state = whole(network, weights)
        square = {name: value.T.copy() for name, value in state.items() if value.shape == (2, 2)}
        assert square
        return text, state | square

    monkeypatch.setattr(torch_file, "module_text", turned)
    with pytest.raises(GradwireError, match="nothing was saved"):
        export(load_entry("mazur_2_2_2"), tmp_path / "net.pt.py")
    assert list(tmp_path.iterdir()) == []


def test_what_does_not_learn_keeps_still_there(tmp_path: Path) -> None:
    document = load_entry("spiral")
    still = next(node for node in document.graph.nodes.values() if node.op == "dense")
    document.graph.nodes[still.id] = replace(still, params={**still.params, "trainable": False})
    export(document, tmp_path / "net.pt.py")
    layers = [line for line in (tmp_path / "net.pt.py").read_text("utf-8").splitlines() if " = nn.Linear(" in line]
    assert [line.endswith(".requires_grad_(False)") for line in layers] == [
        f".{still.id} = " in line for line in layers]  # fmt: skip
    assert len(layers) > 1
