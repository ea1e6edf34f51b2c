"""Kernels are built once, remembered on the disk, and built again when what was remembered is broken."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from compute.calls import Map, Reduce, contiguous
from compute.errors import DeviceError
from compute.gallery import load_entry
from compute.opencl import devices, findings, probing, program
from compute.opencl.codegen import identifier, kernel_for
from compute.opencl.device import OpenCLDevice
from compute.opencl.engine import OpenCLEngine
from compute.opencl.kernel import Kernel, Traits
from compute.opencl.probe import in_a_line
from compute.opencl.schedule import Site
from compute.optimizers import make_optimizer
from compute.strided import joined
from compute.workspace import open_document

TRAITS = Traits(gpu=False, units=2, largest_work_group=4096, largest_y=1)


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache of programs."""
    monkeypatch.setattr(findings, "folder", lambda: tmp_path)
    return tmp_path / "kernels"


def double(node: str = "n", factor: str = "2") -> Kernel:
    x, y = contiguous("x", (5,)), contiguous("y", (5,))
    return kernel_for(Map(node, y, (("x", x),), f"{factor}*x"), TRAITS)


def run(device: OpenCLDevice, kernel: Kernel) -> list[float]:
    device.library.build([kernel])
    site = Site(device, kernel, {})
    y = device.upload(np.zeros(5, np.float32))
    site.bind({"x": device.upload(np.arange(5, dtype=np.float32)), "y": y})
    device.enqueue(device.queue, site.kernel, site.global_size, site.local_size)
    return [float(v) for v in device.read(y, 5)]


DOUBLED = [0.0, 2.0, 4.0, 6.0, 8.0]


def test_a_kernel_object_is_made_without_the_functions_that_call_it(
    opencl: OpenCLEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("PyOpenCL writes a function for a kernel")

    monkeypatch.setattr("pyopencl.invoker._generate_enqueue_and_set_args_module", refuse)
    monkeypatch.setattr("pyopencl.invoker._check_arg_size", refuse)
    assert run(opencl._device, double()) == DOUBLED


def test_who_watches_hears_before_something_is_built_but_not_where_it_is_found(
    cache: Path, device: devices.DeviceInfo
) -> None:
    heard: list[int] = []
    for _ in range(2):
        engine = OpenCLEngine(device)
        engine.watch(lambda: heard.append(len(list(cache.glob("*")))))
        run = engine.open(open_document(load_entry("xor")).program)
        run.trace(np.arange(2))
        run.trace(np.arange(2))
        assert heard[:1] == [0]
        times = len(heard)
        run.close()
    assert len(heard) == times == len(list(cache.iterdir()))


def test_built_once_and_found_again(cache: Path, device: devices.DeviceInfo, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(OpenCLDevice(device, np.float32), double()) == DOUBLED
    assert len(list(cache.iterdir())) == 1

    def built(key: str, binary: bytes) -> None:
        raise AssertionError("built again")

    monkeypatch.setattr(program, "_remember", built)
    assert run(OpenCLDevice(device, np.float32), double()) == DOUBLED


@pytest.mark.parametrize("damage", ["cut", "flipped", "empty"])
def test_a_broken_file_is_built_again(damage: str, cache: Path, device: devices.DeviceInfo) -> None:
    run(OpenCLDevice(device, np.float32), double())
    (path,) = cache.iterdir()
    whole = path.read_bytes()
    broken = {"cut": whole[: len(whole) // 2], "flipped": whole[:-1] + bytes([whole[-1] ^ 1]), "empty": b""}[damage]
    path.write_bytes(broken)
    assert run(OpenCLDevice(device, np.float32), double()) == DOUBLED
    assert program._remembered(path.name) is not None


def test_a_binary_that_the_driver_refuses_is_built_again(cache: Path, device: devices.DeviceInfo) -> None:
    run(OpenCLDevice(device, np.float32), double())
    (path,) = cache.iterdir()
    program._remember(path.name, b"not a program")
    assert run(OpenCLDevice(device, np.float32), double()) == DOUBLED


def test_without_a_cache(tmp_path: Path, device: devices.DeviceInfo, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(findings, "folder", lambda: tmp_path / "file")
    assert run(OpenCLDevice(device, np.float32), double()) == DOUBLED


def test_the_cache_stays_small(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The longest unused go, by their bytes and not by their number."""
    monkeypatch.setattr(program, "KEPT", 1000)
    cache.mkdir()
    for i, size in enumerate([200, 100, 500, 50, 50, 50]):
        program._remember(f"{i}", bytes(size - 32))
        os.utime(cache / f"{i}", (i, i))
    assert {path.name for path in cache.iterdir()} == {"0", "1", "2", "3", "4", "5"}
    program._remembered("1")
    program._remember("new", bytes(200 - 32))
    assert {path.name for path in cache.iterdir()} == {"1", "2", "3", "4", "5", "new"}
    program._remember("large", bytes(800 - 32))
    assert {path.name for path in cache.iterdir()} == {"new", "large"}
    assert sum(path.stat().st_size for path in cache.iterdir()) == 1000


def test_what_a_run_of_the_tests_builds_is_kept() -> None:
    """Some 700 programs of 25,000 bytes each; with fewer kept, each run would build them anew."""
    assert program.KEPT >= 3 * 700 * 25_000


def test_programs_of_documents_long_closed_are_forgotten(
    cache: Path, device: devices.DeviceInfo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(program, "MOST_BUILT", 3)
    opened = OpenCLDevice(device, np.float32)
    used = opened.library.kernel
    first = double(factor="2.0f")
    opened.library.build([first])
    site = used(first)
    for factor in range(3, 8):
        opened.library.build([double(factor=f"{factor}.0f")])
    assert len(opened.library._built) == 3
    assert first.text not in opened.library._built
    assert site.num_args == used(double(factor="7.0f")).num_args  # what is in use stays whole
    opened.library.build([double(factor=f"{factor}.0f") for factor in range(2, 8)])
    assert len(opened.library._built) == 6
    assert run(opened, double()) == DOUBLED


def test_one_text_for_nodes_that_do_the_same(opencl: OpenCLEngine) -> None:
    assert double("a").text == double("b").text
    assert double("a").title != double("b").title
    assert double("a").text != double("a", "3").text


def test_kernels_carry_the_names_of_nodes() -> None:
    assert double("hidden layer/1").title == "map_hidden_layer_1"
    assert identifier("*/ #error") == "error"
    assert identifier("größe") == "gr_e"
    assert identifier('"') == "node"


def test_a_failed_build_is_a_sentence_with_the_log_as_its_cause(device: devices.DeviceInfo) -> None:
    opened = OpenCLDevice(device, np.float32)
    with pytest.raises(DeviceError, match="could not build") as caught:
        opened.library.build([double(factor="nonsense")])
    assert str(caught.value).replace(device.label, "").count(".") == 1  # a processor's name may be "… @ 2.50GHz"
    assert "nonsense" in str(caught.value.__cause__)
    assert run(opened, double()) == DOUBLED


def test_too_much_memory_is_a_sentence(device: devices.DeviceInfo) -> None:
    opened = OpenCLDevice(device, np.float32)
    with pytest.raises(DeviceError, match="not enough memory"), program.explained(opened.name):
        opened.allocate(2**50)


def test_names_that_collide_are_refused() -> None:
    x = contiguous("x", (3,))
    with pytest.raises(ValueError, match="distinct"):
        kernel_for(Map("n", x, (("acc", x),), "acc"), TRAITS)
    with pytest.raises(ValueError, match="distinct"):
        kernel_for(Map("n", x, (("x", x),), "x", (("x", 1.0),)), TRAITS)


def test_constants_in_expressions_are_floats(opencl: OpenCLEngine, opencl_double: OpenCLEngine) -> None:
    """0.1 added to a float is what float arithmetic gives, and in the double build what double gives."""
    x, y = contiguous("x", (1,)), contiguous("y", (1,))
    kernel = kernel_for(Map("n", y, (("x", x),), "(x + 0.1) - x"), TRAITS)
    for engine in (opencl, opencl_double):
        device = engine._device
        device.library.build([kernel])
        site, out = Site(device, kernel, {}), device.upload(np.zeros(1, device.dtype))
        site.bind({"x": device.upload(np.array([1.0], device.dtype)), "y": out})
        device.enqueue(device.queue, site.kernel, site.global_size, site.local_size)
        one = device.dtype(1.0)
        assert device.read(out, 1)[0] == (one + device.dtype(0.1)) - one


@pytest.mark.parametrize("axes", [(0,), (0, 2), (1, 2), (0, 1, 2)])
def test_a_sum_of_negated_entries(axes: tuple[int, ...], opencl: OpenCLEngine) -> None:
    """Intel's compiler turned such loops into wrong vectors."""
    device = opencl._device
    for n in range(1, 64):
        values = np.random.default_rng(n).normal(size=(n, 2, n)).astype(np.float32)
        expected = -values.sum(axis=axes)
        x, y = contiguous("x", values.shape), contiguous("y", expected.shape)
        kernel = kernel_for(Reduce("n", y, values.shape, axes, (("x", x),), "-x"), device.traits)
        device.library.build([kernel])
        site, out = Site(device, kernel, {}), device.allocate(expected.size)
        site.bind({"x": device.upload(values), "y": out})
        device.enqueue(device.queue, site.kernel, site.global_size, site.local_size)
        actual = device.read(out, expected.size).reshape(expected.shape)
        np.testing.assert_allclose(actual, expected, rtol=1e-4, atol=1e-4)


def test_axes_are_joined_where_no_tensor_jumps() -> None:
    assert joined((4, 5, 6), [(30, 6, 1)]) == ((120,), [(1,)])
    assert joined((4, 5, 6), [(30, 6, 1), (0, 0, 0)]) == ((120,), [(1,), (0,)])
    assert joined((4, 5, 6), [(30, 6, 1), (0, 6, 1)]) == ((4, 30), [(30, 1), (0, 1)])
    assert joined((4, 1, 6), [(6, 99, 1)]) == ((24,), [(1,)])
    assert joined((4, 6), [(1, 4)]) == ((24,), [(1,)])
    assert joined((4, 6), [(1, 4), (6, 1)]) == ((6, 4), [(4, 1), (1, 6)])
    assert joined((4, 6), [(0, 0), (1, 4)]) == ((24,), [(0,), (1,)])
    assert joined((), [()]) == ((1,), [(0,)])


def apart(kernel: Kernel) -> Kernel:
    return replace(kernel, apart=True)


def test_a_text_is_built_in_a_process_of_its_own_and_found_again(
    cache: Path, device: devices.DeviceInfo, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run(OpenCLDevice(device, np.float32), apart(double())) == DOUBLED

    def asked(*_arguments: str) -> dict[str, str]:
        raise AssertionError("built again")

    monkeypatch.setattr(probing, "ask", asked)
    assert run(OpenCLDevice(device, np.float32), apart(double())) == DOUBLED


def test_who_waits_has_a_process_ready_that_builds(
    cache: Path, device: devices.DeviceInfo, monkeypatch: pytest.MonkeyPatch
) -> None:
    ahead = OpenCLDevice(device, np.float32)
    ahead.library.builder.begin()
    with monkeypatch.context() as without:
        without.setattr(probing, "ask", lambda *_: pytest.fail("not the one that was ready"))
        assert run(ahead, apart(double())) == DOUBLED
    ready = ahead.library.builder._ready
    assert ready is not None, "the next one is ready"
    ready._process.kill()
    ready._process.wait()
    ahead.library._built.clear()
    shutil.rmtree(cache)
    assert run(ahead, apart(double())) == DOUBLED, "one that has ended does not matter"
    last = ahead.library.builder._ready
    assert last is not None
    ahead.close()
    assert (last._process.returncode is not None, ahead.library.builder._ready) == (True, None)


def test_a_process_that_is_ready_ends_with_who_began_it(device: devices.DeviceInfo) -> None:
    ready = probing.Asked("later", json.dumps(device.identity))
    assert ready._process.stdin is not None
    ready._process.stdin.close()
    assert ready._process.wait(30) == 1
    ready.end()


def test_a_text_that_its_compiler_refuses_is_not_built_here_and_not_tried_again(
    cache: Path, device: devices.DeviceInfo, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = apart(double(factor="no such thing"))
    with pytest.raises(DeviceError, match="could not build the steps"):
        run(OpenCLDevice(device, np.float32), bad)
    monkeypatch.setattr(probing, "ask", lambda *_: pytest.fail("tried again"))
    with pytest.raises(DeviceError, match="could not build the steps"):
        run(OpenCLDevice(device, np.float32), bad)


def answering(monkeypatch: pytest.MonkeyPatch, *replies: dict[str, object] | None) -> list[str]:
    """Put answers in the place of the probe's, in order; None stands for its own. Returns what was asked."""
    asked: list[str] = []
    left, ask = list(replies), probing.ask

    def answer(*arguments: str) -> dict[str, object]:
        asked.append(arguments[0])
        reply = left.pop(0)
        return ask(*arguments) if reply is None else reply

    monkeypatch.setattr(probing, "ask", answer)
    return asked


@pytest.mark.parametrize(
    "reply",
    [
        {"error": "its driver gave no answer within 45 s"},
        {"error": "its driver crashed the test process (signal 9)", "crashed": False},
        {"error": "its test could not be started (no room)"},
        {"answer": {"works": False, "detail": "it is not there any more", "gflops": 0.0}},
        {"answer": {"built": True}},  # and yet there is no binary
    ],
)
def test_what_may_go_well_the_next_time_is_tried_once_in_an_engine_and_again_in_the_next(
    reply: dict[str, object], cache: Path, device: devices.DeviceInfo, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = answering(monkeypatch, reply, None)
    first = OpenCLDevice(device, np.float32)
    for _ in range(2):
        with pytest.raises(DeviceError, match="could not build the steps"):
            run(first, apart(double()))
    assert asked == ["build"]
    assert run(OpenCLDevice(device, np.float32), apart(double())) == DOUBLED
    assert asked == ["build", "build"]


@pytest.mark.parametrize(
    "reply", [{"answer": {"built": False}}, {"error": "its driver ended the test process", "crashed": True}]
)
def test_a_failure_of_the_compiler_is_believed_for_a_while(
    reply: dict[str, object], cache: Path, device: devices.DeviceInfo, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = answering(monkeypatch, reply, None)
    for _ in range(2):
        with pytest.raises(DeviceError, match="could not build the steps"):
            run(OpenCLDevice(device, np.float32), apart(double()))
    assert asked == ["build"]
    monkeypatch.setattr(findings, "FAILURE_LASTS", 0.0)
    assert run(OpenCLDevice(device, np.float32), apart(double())) == DOUBLED
    assert asked == ["build", "build"]


def test_a_kept_binary_that_the_driver_refuses_is_built_apart_again_and_never_here(
    cache: Path, device: devices.DeviceInfo, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(OpenCLDevice(device, np.float32), apart(double()))
    (path,) = cache.iterdir()
    asked = answering(monkeypatch, None, {"error": "its driver gave no answer"})
    program._remember(path.name, b"not a program")
    assert run(OpenCLDevice(device, np.float32), apart(double())) == DOUBLED
    program._remember(path.name, b"not a program")
    with pytest.raises(DeviceError, match="could not build the steps"):
        run(OpenCLDevice(device, np.float32), apart(double()))
    assert asked == ["build", "build"]


def test_where_the_compiler_crashes_training_goes_on_launch_by_launch(
    cache: Path, device: devices.DeviceInfo, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def crash(verb: str, *_arguments: str) -> dict[str, object]:
        asked.append(verb)
        return {"error": "its driver crashed the test process (signal 11)", "crashed": True}

    program = open_document(load_entry("xor")).program
    optimizer = make_optimizer({"name": "adam"})
    batches = [np.arange(4)] * 20
    losses = OpenCLEngine(device, schedule="launches").open(program).train(batches, optimizer)
    monkeypatch.setattr(probing, "ask", crash)
    assert np.array_equal(OpenCLEngine(device).open(program).train(batches, optimizer), losses)
    assert asked == ["build"]


def test_a_failure_is_said_in_one_line_with_the_compilers_first_error() -> None:
    said = "clBuildProgram failed: BUILD_PROGRAM_FAILURE"
    log = "Build on <pyopencl.Device>:\n\nwarning: deprecated\nerror: types.h: file not found\nerror: another"
    assert in_a_line(Exception(f"{said} - {said} - {said}\n\n{log}"), 200) == f"{said} - error: types.h: file not found"
    assert in_a_line(Exception("clFinish failed: OUT_OF_RESOURCES"), 16) == "clFinish failed:"
    assert in_a_line(RuntimeError(), 80) == "RuntimeError"
