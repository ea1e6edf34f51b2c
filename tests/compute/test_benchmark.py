"""The instrument: what it counts, how it times and compares, and what it prints."""

from __future__ import annotations

import json
from dataclasses import asdict
from io import StringIO
from types import SimpleNamespace
from typing import Any

import pytest
from rich.console import Console

from compute.benchmark import (
    counts,
    gemm,
    kernels,
    memory,
    networks,
    pace,
    suite,
    sweeps,
    timing,
    training_steps,
    watched,
    window,
)
from compute.benchmark.ceilings import Ceilings, Copy
from compute.benchmark.first_step import FirstStep
from compute.benchmark.gemm import Shape
from compute.benchmark.machine import machine
from compute.benchmark.networks import KINDS, NETWORKS, SMALLEST, Network
from compute.benchmark.timing import Effort, Ratio
from compute.builder import Builder
from compute.calls import Gather, Gemm, Map, Reduce, contiguous, operations
from compute.cli import main
from compute.cli.benchmark_tables import tables
from compute.opencl import devices
from compute.opencl.kernel import Kernel
from compute.optimizers import make_optimizer
from compute.plan import make_plan

Out = pytest.CaptureFixture[str]

DEVICE = devices.DeviceInfo(0, "a processor", "a platform", "OpenCL 3.0", "CPU", "1.2", 2, 2**30, works=True)
MOST = Ceilings(100.0, (Copy(1000, 50.0), Copy(10**6, 10.0)), 2.0, 5.0)


class Clock:
    """A clock that only work moves on."""

    def __init__(self) -> None:
        self.now = 0.0
        self.done: list[str] = []

    def side(self, name: str, seconds: float) -> timing.Side:
        def work(count: int) -> None:
            self.now += seconds * count
            self.done.append(name)

        return work


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    found = Clock()
    fake = SimpleNamespace(perf_counter=lambda: found.now, sleep=lambda seconds: None)
    monkeypatch.setattr(timing, "time", fake)
    return found


class TestTiming:
    def test_sides_take_turns_and_every_other_round_goes_backwards(self, clock: Clock) -> None:
        sides = {"a": clock.side("a", 0.25), "b": clock.side("b", 0.5)}
        found = timing.alternating(sides, Effort(rounds=3, seconds=4.0))
        assert found == {"a": [0.25] * 3, "b": [0.5] * 3}
        assert clock.done[-12:] == ["a", "a", "b", "b", "b", "b", "a", "a", "a", "a", "b", "b"]

    def test_as_much_work_as_fits(self, clock: Clock) -> None:
        assert timing.fitting(clock.side("a", 0.001), 0.3) == 300
        assert timing.fitting(clock.side("a", 10.0), 0.3) == 1

    def test_a_ratio_is_that_of_the_medians_with_the_range_of_the_rounds(self) -> None:
        assert timing.ratio([6.0, 8.0, 20.0], [2.0, 4.0, 2.0]) == Ratio(4.0, 2.0, 10.0)
        assert timing.fastest({"a": [1.0, 9.0, 9.0], "b": [5.0, 5.0, 5.0]}) == "b"


class TestCounts:
    @pytest.mark.parametrize(
        ("expression", "count"),
        [
            ("x", 0),
            ("a + b", 1),
            ("tanh(x)", 1),
            ("1 - y*y", 2),
            ("x + 1e-8", 1),
            ("(x < 0 ? 0 : x)", 2),
            ("(REAL)1", 0),
        ],
    )
    def test_operations(self, expression: str, count: int) -> None:
        assert operations(expression) == count

    def test_product(self) -> None:
        a, b, c = contiguous("a", (3, 5)), contiguous("b", (5, 7)), contiguous("c", (3, 7))
        assert counts.flops(Gemm("n", c, a, b)) == 2 * 3 * 5 * 7
        assert counts.moved(Gemm("n", c, a, b), 4) == 4 * (15 + 35 + 21)
        biased = Gemm("n", c, a, b, contiguous("bias", (7,)))
        assert counts.flops(biased) == 2 * 3 * 5 * 7 + 21
        assert counts.moved(biased, 4) == 4 * (15 + 35 + 21 + 7)

    def test_what_is_broadcast_is_read_once(self) -> None:
        row = contiguous("b", (7,)).broadcast_to((3, 7))
        call = Map("n", contiguous("c", (3, 7)), (("a", contiguous("a", (3, 7))), ("b", row)), "a*b + 1")
        assert (counts.flops(call), counts.moved(call, 8)) == (2 * 21, 8 * (21 + 7 + 21))

    def test_reduction_and_gather(self) -> None:
        x = contiguous("x", (3, 7))
        call = Reduce("n", contiguous("s", (7,)), (3, 7), (0,), (("x", x),), "x*x")
        assert (counts.flops(call), counts.moved(call, 4)) == (2 * 21, 4 * (21 + 7))
        gather = Gather("n", x)
        assert (counts.flops(gather), counts.moved(gather, 4)) == (0, 4 * 2 * 21 + 4 * 3)

    def test_update(self) -> None:
        adam = make_optimizer({"name": "adam"})
        assert counts.update_moved(adam, 10, 4) == 10 * 4 * 7
        assert counts.update_flops(adam, 10) == 10 * counts.update_flops(adam, 1) > 0

    def test_what_is_needed_at_once(self) -> None:
        k = Builder()
        a = k.gather((16,))
        b = k.map("a", {"a": a}, (16,))
        c = k.map("b", {"b": b}, (16,))
        k.map("a + c", {"a": a, "c": c}, (16,))
        # a waits for the last call; b is done when c is there.
        assert counts.most_at_once(k.calls, k.sizes, ()) == 3 * 16
        assert counts.most_at_once(k.calls, k.sizes, {b.buffer}) == 4 * 16
        assert counts.most_at_once([], {}, ()) == 0

    @pytest.mark.parametrize("network", [*NETWORKS[:6], *KINDS[:4]], ids=lambda network: network.title)
    def test_the_products_of_a_plan_are_those_of_the_network(self, network: Network) -> None:
        program = networks.program(network)
        plan = make_plan(program.analysis, network.batch, program.loss, "train")
        forward = sum(counts.flops(replaced(call)) for call in plan.forward if isinstance(call, Gemm))
        assert forward == 2 * network.products


def replaced(call: Gemm) -> Gemm:
    return Gemm(call.node, call.out, call.a, call.b)


class TestRows:
    def row(self, *, gpu: bool = False, **times: list[float]) -> training_steps.NetworkSteps:
        return training_steps.row(NETWORKS[0], "fused", {"fused": 1.0, "launches": 2.0}, times, {}, gpu=gpu)

    def test_the_best_of_the_others_counts(self) -> None:
        found = self.row(opencl=[1e-6], torch_eager_1=[9e-5], torch_eager_2=[5e-5], torch_compiled_step_1=[2e-5])
        assert found.best_other == "torch_compiled_step_1"
        assert found.ratio is not None
        assert found.usual is not None
        assert (round(found.ratio.value), round(found.usual.value)) == (20, 50)
        assert (found.goal, found.reached) == (4.0, True)
        assert found.us == pytest.approx(
            {"opencl": 1, "torch_eager_1": 90, "torch_eager_2": 50, "torch_compiled_step_1": 20}
        )

    def test_jax_counts_among_them_and_is_no_usual_loop(self) -> None:
        found = self.row(opencl=[1e-6], torch_eager_1=[9e-5], jax_1=[5e-6], jax_4=[2e-6])
        assert found.best_other == "jax_4"
        assert found.ratio is not None
        assert found.usual is not None
        assert (round(found.ratio.value), round(found.usual.value)) == (2, 90)

    def test_without_others_nothing_is_reached_or_missed(self) -> None:
        found = self.row(opencl=[1e-6], reference=[1e-3])
        assert (found.best_other, found.ratio, found.reached) == (None, None, None)

    def test_a_graphics_processor_has_goals_of_its_own(self) -> None:
        found = self.row(opencl=[1e-6], torch_eager_gpu=[2e-6], gpu=True)
        assert (found.goal, found.reached) == (1.0, True)

    def test_goals_are_those_of_the_project(self) -> None:
        assert {(n.name, n.batch): n.goal for n in NETWORKS} == {
            ("2-8-8-1", 32): 4.0,
            ("30-16-1", 32): 2.5,
            ("64-64-10", 64): 1.5,
            ("784-128-10", 64): 1.4,
            ("784-512-512-10", 128): 1.2,
            ("1024-2048-2048-1024", 512): 1.1,
        }
        # Ahead of the others with whatever people build.
        assert {network.goal for network in KINDS} == {1.0}
        assert {"tanh", "sigmoid", "gelu", "batch_norm", "dropout"} <= {op for n in KINDS for op in n.middle}
        assert {network.form for network in KINDS} == {"chain", "branches", "skips"}

    def test_a_step_may_have_to_be_short_besides(self) -> None:
        (full,) = [network for network in KINDS if network.most_us]
        for seconds, reached in ((2e-4, True), (4e-4, False)):
            times = {"opencl": [seconds], "jax_1": [1e-3]}
            found = training_steps.row(full, "fused", {}, times, {}, gpu=False)
            assert (found.most_us, found.reached) == (300.0, reached)

    def test_losses_are_compared_relatively(self) -> None:
        assert training_steps.apart([1.0, 2.02], [1.0, 2.0]) == pytest.approx(0.01)


class TestProducts:
    def test_shapes_of_a_network(self) -> None:
        found = gemm.shapes((NETWORKS[4], NETWORKS[5]))
        layers = [Shape("NN", 64, 64, 64), Shape("NN", 64, 64, 10)]
        backward = [Shape("TN", 64, 64, 10), Shape("NT", 64, 10, 64), Shape("TN", 64, 64, 64)]
        assert [shape for shape, users in found.items() if users == ["64-64-10"]] == [*layers, *backward]
        assert [str(shape) for shape, users in found.items() if not users][:2] == ["NN 512×512×512", "NT 512×512×512"]

    @pytest.mark.parametrize("kind", ["NN", "NT", "TN", "TT"])
    def test_a_shape_is_found_in_its_call(self, kind: str) -> None:
        shape = Shape(kind, 3, 5, 7)
        assert gemm.shape_of(shape.call()) == shape
        assert counts.flops(shape.call()) == shape.flops


class TestLimits:
    def timed(self, m: int, k: int, n: int, seconds: float) -> kernels.Timed:
        call = Gemm("h", contiguous("c", (m, n)), contiguous("a", (m, k)), contiguous("b", (k, n)))
        kernel = Kernel("gemm", "", (), (1,), (1,))
        return kernels.one(call, kernel, seconds, MOST, make_optimizer({}), 0)

    def test_a_kernel_is_held_against_the_ceilings(self) -> None:
        found = self.timed(8, 8, 8, 1e-8)
        assert (found.node, found.call, found.kernel) == ("h", "(8, 8) times (8, 8)", "gemm")
        assert [found.gflops, found.of_gflops] == pytest.approx([102.4, 1.024])
        assert [found.gbs, found.of_gbs] == pytest.approx([76.8, 76.8 / 50])
        assert found.us == pytest.approx(0.01)

    def test_what_limits_is_the_larger_share_if_it_is_noticed(self) -> None:
        assert self.timed(8, 8, 8, 1e-8).limit == "bytes"
        assert self.timed(64, 64, 64, 5.3e-6).limit == "arithmetic"
        assert self.timed(8, 8, 8, 1e-6).limit == "neither"

    def test_the_update_is_counted_by_its_parameters(self) -> None:
        adam = make_optimizer({"name": "adam"})
        found = kernels.one(None, Kernel("update_adam", "", (), (1,), (1,)), 1e-6, MOST, adam, 100)
        assert found.node == ""
        assert found.gbs == pytest.approx(4 * 7 * 100 / 1000)

    def test_rates_of_copies(self) -> None:
        assert [MOST.gbs(moved) for moved in (1, 2000, 2001, 10**9)] == [50.0, 50.0, 10.0, 10.0]
        # A cache is never slower than what lies behind it, whatever was measured.
        assert Ceilings(1.0, (Copy(10, 3.0), Copy(100, 4.0)), 1.0, 1.0).gbs(5) == 4.0


def trained_with(kind: str) -> dict[str, float]:
    """Training with the window, which takes a tenth of the speed."""
    steps = 100.0 if kind == "alone" else 90.0
    return {"steps_per_second": steps, "snapshots_per_second": 28.0, "longest_gap_ms": 40.0}


def made_up(*, torch: bool) -> dict[str, Any]:
    """What a run of all parts gives."""
    side = training_steps.row(
        SMALLEST,
        "fused",
        {"fused": 3.2, "launches": 49.4},
        {"opencl": [5e-6], "opencl_launches": [2e-4]} | ({"torch_eager_1": [2e-4]} if torch else {}),
        {},
        gpu=False,
    )
    product = gemm.Product("NT", 8, 9, 7, ("2-8-8-1",), 1.0, 2.0, 9.5, 3.0, Ratio(2.0, 1.5, 2.5), 1.3, True)
    timed = kernels.Timed("h[0]", "8×9 · 9×7", "gemm_cpu_1", 5.0, 9.5, 0.095, 1.0, 0.1, "neither")
    step = kernels.Step("2-8-8-1", 32, "adam", (timed,), 5.0, 7.5)
    first = FirstStep("2-8-8-1", 32, "adam", 0.05, 2.5, 0.3, 0.1, 0.5, False)
    held = memory.Held("2-8-8-1", 32, "adam", "fused", 1680, 12288, 5504, 4416, 2560, 8836, 4, 1.25, 1.0, False)
    return {
        "date": "2026-11-24T12:00:00+00:00",
        "machine": machine(DEVICE) | {"torch": "2.13.0" if torch else None},
        "rounds": 7,
        "seconds_a_round": 0.3,
        "notes": [] if torch else ["PyTorch is not installed."],
        "training": [asdict(side)],
        "gemm": [asdict(product)],
        "kernels": {"ceilings": asdict(MOST), "steps": [asdict(step)]},
        "first_step": [asdict(first)],
        "memory": [asdict(held)],
        "sweeps": [asdict(sweeps.Sweep("2-8-8-1", "tanh", 32, "adam", 64, 4.0, 2.0, Ratio(2.0, 1.9, 2.1), 1.8, True))],
        "watches": [asdict(watched.Watched("2-8-8-1", 32, "adam", "fused", 4.0, 4.1, 0.025, 0.05, True))],
        "window": [asdict(each) for each in window.measure(trained_with, timing.QUICK, lambda _text: None)],
        "train": [asdict(pace.Pace("2-8-8-1", 32, "adam", 64, 5.0, 5.5, 5.0 / 5.5, 0.86, 0.8, True))],
    }


def printed(found: dict[str, Any]) -> str:
    console = Console(width=220, markup=False, highlight=False, file=StringIO())
    for part in tables(found):
        console.print(part)
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()


class TestTables:
    def test_all_parts(self) -> None:
        text = printed(made_up(torch=True))
        for words in (
            "PyTorch 2.13.0",
            "2-8-8-1 tanh, batch 32, Adam",
            "2-8-8-1, batch 32, Adam",
            "many a launch",
            "200 (49.4)",
            "≥ 4 ✓",
            "NT 8×9 · 9×7",
            "≥ 1.3 ✓",
            "h[0]",
            "neither",
            "5 µs together, and 2.5 µs between",
            "≤ 0.1 / 0.5 ✗",
            "5.38 KiB",
            "≤ 1 ✗",
            "+2.5%",
            "≤ 0.05 ✓",
            "91%",
            "≥ 0.8 ✓",
            "and ten plots",
            "≥ 0.95 ✗",
            "≥ 1.8 ✓",
        ):
            assert words in text

    def test_without_pytorch_its_columns_are_dashes(self) -> None:
        text = printed(made_up(torch=False))
        assert "≥ 4 –" in text
        assert "no PyTorch" in text
        assert text.rstrip().endswith("PyTorch is not installed.")

    def test_json(self, capsys: Out, monkeypatch: pytest.MonkeyPatch) -> None:
        found = made_up(torch=True)
        monkeypatch.setattr(devices, "choose", lambda spec: devices.Choice(DEVICE, "It is the only one."))
        monkeypatch.setattr(suite, "run", lambda *arguments, **options: found)
        assert main(["benchmark", "--json"]) == 0
        out, err = capsys.readouterr()
        assert json.loads(out) == json.loads(json.dumps(found))
        assert err == "It is the only one.\n"


class TestCall:
    def refused(self, capsys: Out, *argv: str, code: int) -> str:
        assert main(["benchmark", *argv]) == code
        out, err = capsys.readouterr()
        assert out == ""
        return err.splitlines()[-1]

    def test_a_part_that_is_not_there(self, capsys: Out) -> None:
        assert '"speed" is none of training, gemm' in self.refused(capsys, "--only", "gemm,speed", code=2)

    def test_the_reference_engine_is_not_what_is_measured(self, capsys: Out) -> None:
        assert "leave --engine out" in self.refused(capsys, "--engine", "reference", code=2)

    def test_without_a_device(self, capsys: Out, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("GRADWIRE_NO_OPENCL", "1")
        assert self.refused(capsys, code=3).endswith("there is none to measure")

    def test_stopped(self, capsys: Out, monkeypatch: pytest.MonkeyPatch) -> None:
        def stop(*arguments: object, **options: object) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr(devices, "choose", lambda spec: devices.Choice(DEVICE, "It is the only one."))
        monkeypatch.setattr(suite, "run", stop)
        assert self.refused(capsys, code=130) == "error: stopped by Ctrl+C; nothing was written"
