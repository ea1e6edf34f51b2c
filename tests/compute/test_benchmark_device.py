"""The instrument on the device, as shortly as can be: what comes of it, never how fast it was."""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from compute.benchmark import (
    c_side,
    first_step,
    gemm,
    jax_side,
    kernels,
    memory,
    networks,
    pace,
    sweeps,
    training_steps,
    watched,
)
from compute.benchmark.ceilings import Ceilings, Copy, ceilings
from compute.benchmark.engine_side import EngineSide
from compute.benchmark.gemm import Shape
from compute.benchmark.jax_side import JaxSide
from compute.benchmark.networks import KINDS, NETWORKS, SMALLEST, Network
from compute.benchmark.timing import Effort
from compute.benchmark.torch_side import TorchSide, Way
from compute.cli import main
from compute.errors import GradwireError
from compute.opencl import devices
from compute.opencl.engine import OpenCLEngine
from compute.reference import ReferenceEngine

INSTANT = Effort(rounds=2, seconds=0.001, pause=0.0)
MOST = Ceilings(100.0, (Copy(10**6, 10.0),), 2.0, 5.0)


@pytest.fixture
def measured(device: devices.DeviceInfo, monkeypatch: pytest.MonkeyPatch) -> Iterator[training_steps.StepRace]:
    """Without PyTorch and JAX, whether they are installed or not: compiling there takes a minute."""
    monkeypatch.setattr(training_steps, "ways", lambda gpu: ([], "PyTorch was left out."))
    monkeypatch.setattr(jax_side, "missing", lambda gpu: "JAX was left out.")
    found = training_steps.StepRace(device)
    yield found
    found.close()


def test_a_training_step(measured: training_steps.StepRace) -> None:
    row = measured.row(SMALLEST, INSTANT)
    assert (row.network, row.batch, row.optimizer) == ("2-8-8-1", 32, "adam")
    assert {"opencl", "opencl_launches", "reference"} <= set(row.us)
    assert set(row.us) == set(row.rounds_us)
    assert all(len(rounds) == INSTANT.rounds and min(rounds) > 0 for rounds in row.rounds_us.values())
    assert row.schedule in ("fused", "launches", "tiles")
    assert set(row.predicted_us) == {"fused", "launches"}
    assert min(row.predicted_us.values()) > 0
    assert max(row.differ.values()) < training_steps.AGREED
    assert row.reached is None
    assert measured.notes[:2] == ["PyTorch was left out.", "JAX was left out."]


def test_a_side_that_computes_something_else_is_left_out(
    measured: training_steps.StepRace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training_steps, "AGREED", -1.0)
    row = measured.row(SMALLEST, INSTANT)
    assert set(row.us) == {"reference"}
    assert any("opencl has other losses than the reference" in sentence for sentence in measured.notes)


def test_a_way_of_pytorch_that_does_not_work_is_said_once(
    measured: training_steps.StepRace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(network: Network, program: object, way: Way) -> TorchSide:
        raise RuntimeError("No C++ compiler was found.\nMore of it.")

    monkeypatch.setattr(training_steps, "TorchSide", broken)
    monkeypatch.setattr(training_steps, "forget_compiled", lambda: None)
    measured._ways = [Way("compiled", 1), Way("compiled", 2)]
    row = measured.row(SMALLEST, INSTANT)
    assert not any(side.startswith("torch") for side in row.us)
    said = [sentence for sentence in measured.notes if "compiled" in sentence]
    assert said == ["PyTorch compiled does not work here (No C++ compiler was found.), so it is left out."]


def test_every_kind_of_network_trains_as_in_the_reference(device: devices.DeviceInfo) -> None:
    engine = OpenCLEngine(device, schedule="launches")
    for network in (KINDS[0], *KINDS[5:]):
        small = replace(network, batch=min(network.batch, 64), rows=min(network.rows, 64))
        wanted, found = (EngineSide(each, small).losses(3) for each in (ReferenceEngine(), engine))
        assert training_steps.apart(found, wanted) < training_steps.AGREED, network.title
        assert max(map(abs, np.diff(wanted))) > 1e-4, "the steps do nothing"
    engine.close()


def first(side: EngineSide | JaxSide | TorchSide, network: Network) -> list[float]:
    """What sides are compared by, as in a race."""
    losses = side.losses(training_steps.DRAWN if network.draws else training_steps.COMPARED)
    return [statistics.mean(losses)] if network.draws else losses


def agrees(side: JaxSide | TorchSide, network: Network) -> bool:
    wanted = first(EngineSide(ReferenceEngine(), network), network)
    apart = training_steps.apart(first(side, network), wanted)
    return apart < (training_steps.DRAWN_AGREED if network.draws else training_steps.AGREED)


def test_jax_trains_the_same() -> None:
    pytest.importorskip("jax", reason="JAX is an optional extra, and is not installed here")
    for network in (SMALLEST, NETWORKS[4], *KINDS):
        assert agrees(JaxSide(network, networks.program(network), 1), network), network.title


def test_pytorch_trains_the_same() -> None:
    pytest.importorskip("torch", reason="PyTorch is an optional extra, and is not installed here")
    for network in (SMALLEST, NETWORKS[4], *KINDS):
        assert agrees(TorchSide(network, networks.program(network), Way("eager", 1)), network), network.title


@pytest.mark.skipif(bool(c_side.missing()), reason=c_side.missing())
def test_c_trains_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(c_side, "OPTIONS", ("-O1", *c_side.OPTIONS[1:]))
    # Every activation and loss, both optimizers, widths that fill vectors and that do not, and several tiles.
    networks_in_c = (
        Network((5, 16, 3), 16 * 9, "adam"),
        Network((3, 6, 1), 32, "sgd", middle=("tanh",)),
        Network((3, 5, 2), 64, "adam", middle=("sigmoid",), regression=True, rows=64),
    )
    for network in networks_in_c:
        assert c_side.wanted(network)
        wanted = EngineSide(ReferenceEngine(), network).losses(6)
        found = c_side.CSide(network, networks.program(network)).losses(6)
        assert training_steps.apart(found, wanted) < training_steps.AGREED / 4, network.title


def test_there_is_c_for_dense_layers_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    assert [c_side.wanted(network) for network in (*KINDS[3:], NETWORKS[7])] == [True] + [False] * 6
    monkeypatch.setattr(c_side, "text", lambda network: "int main(")
    with pytest.raises(GradwireError, match="refuses"):
        c_side.CSide(SMALLEST, networks.program(SMALLEST))


@pytest.mark.parametrize("kind", ["NN", "NT", "TN"])
def test_a_product(opencl: OpenCLEngine, kind: str) -> None:
    lines: list[str] = []
    (found,) = gemm.measure(opencl.device, INSTANT, lines.append, {Shape(kind, 5, 19, 3): ["2-8-8-1"]})
    assert lines == [f"product {kind} 5×19×3"]
    assert (found.kind, found.m, found.k, found.n, found.used_by) == (kind, 5, 19, 3, ("2-8-8-1",))
    assert min(found.us, found.numpy_us, found.gflops, found.numpy_gflops) > 0
    assert 0 < found.ratio.low <= found.ratio.high


def test_the_kernels_of_a_step(opencl: OpenCLEngine) -> None:
    queue, enqueue = opencl.device.queue, opencl.device.enqueue
    found = kernels.step(opencl, SMALLEST, MOST, INSTANT)
    assert (opencl.device.queue, opencl.device.enqueue) == (queue, enqueue)
    assert min(kernel.us for kernel in found.kernels) > 0
    assert found.kernels_us == pytest.approx(sum(kernel.us for kernel in found.kernels))
    assert found.step_us > 0
    # The calls in their order, and at the end what belongs to the step.
    assert [kernel.node for kernel in found.kernels][:2] == ["x", "y"]
    assert [kernel.kernel for kernel in found.kernels][-2:] == ["advance", "update_adam"]
    assert "(32, 2) times (2, 8) + bias" in [kernel.call for kernel in found.kernels]


def test_what_the_device_can_do_at_most(opencl: OpenCLEngine, opencl_as_gpu: OpenCLEngine) -> None:
    for engine in (opencl, opencl_as_gpu):
        found = ceilings(engine.device, 2**22, INSTANT)
        assert min(found.gflops, found.launch_us, found.launch_and_wait_us, *(c.gbs for c in found.copies)) > 0
        assert [copy.bytes for copy in found.copies] == [2**18, 2**20]


@pytest.mark.parametrize("network", NETWORKS[:5], ids=lambda network: network.title)
def test_memory(opencl: OpenCLEngine, network: Network) -> None:
    found = memory.held(opencl, network)
    weights = sum(a * b + b for a, b in zip(network.sizes, network.sizes[1:], strict=False))
    copies = 3 if network.optimizer == "sgd" else 4
    assert found.parameters == 4 * copies * weights
    assert found.data == 4 * networks.ROWS * (network.sizes[0] + 1)
    assert 0 < found.kept <= found.needed <= found.values
    assert found.ratio == found.values / found.needed
    assert found.reached == (found.ratio <= 1.0)


def test_ten_watches(opencl_fused: OpenCLEngine) -> None:
    found = watched.measure(opencl_fused, SMALLEST, INSTANT)
    assert min(found.without_us, found.ten_us) > 0
    assert found.ratio == found.ten_us / found.without_us - 1
    assert (found.schedule, found.reached) == ("fused", found.ratio <= 0.05)


def test_the_pace_of_train(opencl_fused: OpenCLEngine) -> None:
    for held_back in (False, True):
        found = pace.measure(opencl_fused, SMALLEST, INSTANT, held_back=held_back)
        assert found.held_back == 64 * held_back
        assert found.ratio == found.engine_us / found.train_us
        assert min(found.engine_us, found.train_us, found.processor) > 0
        assert found.reached == (found.ratio >= 0.8)


def test_networks_side_by_side(opencl_fused: OpenCLEngine, opencl: OpenCLEngine, monkeypatch: Any) -> None:
    monkeypatch.setattr(sweeps, "TOGETHER", 3)
    found = sweeps.measure(opencl_fused, SMALLEST, INSTANT)
    assert (found.network, found.kind, found.together) == ("2-8-8-1", "tanh", 3)
    assert found.together_us is not None
    assert found.ratio is not None
    assert found.ratio.value == pytest.approx(found.alone_us / found.together_us)
    # What trains launch by launch trains alone.
    found = sweeps.measure(opencl, SMALLEST, INSTANT)
    assert (found.together_us, found.ratio, found.reached) == (None, None, None)


def test_a_first_step(device: devices.DeviceInfo) -> None:
    found = first_step.measure(device, SMALLEST, 1)
    assert min(found.cached, found.not_cached, found.open_device) > 0


def test_the_command(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("compute.benchmark.suite.NETWORKS", NETWORKS[:1])
    assert main(["benchmark", "--only", "memory", "--quick", "--json"]) == 0
    out, err = capsys.readouterr()
    found = json.loads(out)
    assert list(found) == ["date", "machine", "rounds", "seconds_a_round", "notes", "memory", "seconds"]
    assert found["machine"]["cores"] >= 1
    assert [row["network"] for row in found["memory"]] == ["2-8-8-1"]
    assert "memory of 2-8-8-1 tanh, batch 32, SGD …" in err
