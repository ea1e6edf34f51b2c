"""One layer in three ways: the same numbers, honest times, and processes that end at once."""

from __future__ import annotations

import time

import numpy as np
import pytest

from compute.benchmark import layer_process
from compute.benchmark.layer import Race, Size, Taken, sizes_up_to
from compute.benchmark.layer_process import Layer, OnDevice, matrix, neurons
from compute.errors import GradwireError
from compute.numbers_text import seconds_text
from compute.opencl.devices import DeviceInfo


def test_sizes_double_from_one_neuron_to_the_layer_itself() -> None:
    sizes = sizes_up_to(Size(3, 6, 1))
    assert [(size.batch, size.inputs, size.outputs) for size in sizes] == [(3, 1, 1), (3, 3, 1), (3, 6, 1)]
    assert [size.multiply_adds for size in sizes] == [3, 9, 18]
    assert sizes_up_to(Size(2, 1, 1)) == [Size(2, 1, 1)]


def test_both_ways_of_numpy_give_the_layer() -> None:
    layer = Layer.drawn(5, 7, 3)
    exact = layer.x.astype(float) @ layer.w.astype(float) + layer.b
    for way in (neurons, matrix):
        seconds, rows, found = way(layer)
        assert seconds > 0
        assert rows == 5
        assert found.shape == (5, 3)
        assert layer.difference(found) == pytest.approx(np.abs(found - exact).max())
        assert layer.difference(found) < 1e-6
    assert layer.difference(found + 0.25) == pytest.approx(0.25, abs=1e-5)


def test_a_loop_that_takes_long_is_timed_in_part_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layer_process, "LOOP_SECONDS", 0.0)
    layer = Layer.drawn(50, 4, 4)
    seconds, rows, found = neurons(layer)
    assert rows == len(found) == 1
    assert layer.difference(found) < 1e-6
    assert Taken("neurons", Size(50, 4, 4), seconds, rows, 0.0).is_partial


def test_the_ways_are_timed_in_processes_of_their_own_until_they_are_stopped() -> None:
    race, found = Race(None), list[Taken]()
    race.run([Size(4, 2, 3)], found.append)
    assert [taken.way for taken in found] == ["neurons", "matrix"]
    assert all(taken.seconds > 0 and taken.difference < 1e-6 and not taken.is_partial for taken in found)

    def stop(taken: Taken) -> None:
        began.append(time.perf_counter())
        race.stop()

    race, began = Race(None), list[float]()
    with pytest.raises(GradwireError, match="ended"):
        race.run(sizes_up_to(Size(2048, 2048, 2048)), stop)
    assert len(began) == 1


def test_the_kernel_gives_the_layer_too(device: DeviceInfo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layer_process, "SECONDS", 0.001)
    on_device = OnDevice(device.label)
    for size in ((5, 7, 3), (1, 1, 1)):
        layer = Layer.drawn(*size)
        seconds, rows, found = on_device(layer)
        assert seconds > 0
        assert (rows, found.shape) == (size[0], (size[0], size[2]))
        assert layer.difference(found) < 1e-6


def test_short_times_are_read_in_their_unit() -> None:
    assert [seconds_text(s) for s in (91e-6, 3.52e-3, 1.2, 2.5e-7, 1e-4, 0.99999)] == [
        "91 µs", "3.52 ms", "1.2 s", "250 ns", "100 µs", "1 s",
    ]  # fmt: skip
