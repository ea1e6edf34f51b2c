"""The process in which one way to compute a layer is timed: a line of JSON asks, and a line answers.

All ways have the same float32 numbers X, W and b, drawn from a fixed seed, and give X · W + b.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from compute.benchmark.timing import Side, fitting

Array = npt.NDArray[Any]
ROUNDS, SECONDS, MOST_SECONDS = 5, 0.02, 1.0
"""Times that a way is timed, for how long each, and after how long no further one begins."""
LOOP_SECONDS = 0.3
"""After so long the loop over rows ends; the time for all rows follows from those that were done."""
COMPARED = 32
"""Rows of which the results are compared with float64."""


@dataclass(frozen=True)
class Layer:
    """The numbers of a layer: x (batch, inputs), w (inputs, outputs), b (outputs,)."""

    x: Array
    w: Array
    b: Array

    @classmethod
    def drawn(cls, batch: int, inputs: int, outputs: int) -> Layer:
        """Normal numbers, the weights such that every output is about as large as an input."""
        random = np.random.default_rng(0)
        x, w, b = (random.standard_normal(shape) for shape in ((batch, inputs), (inputs, outputs), outputs))
        return cls(*(each.astype(np.float32) for each in (x, w / np.sqrt(inputs), b)))

    def difference(self, found: Array) -> float:
        """How far the first rows of a result are from the sums in float64, at most."""
        rows = min(len(found), COMPARED)
        exact = self.x[:rows].astype(np.float64) @ self.w.astype(np.float64) + self.b
        return float(np.abs(found[:rows] - exact).max())


def neurons(layer: Layer) -> tuple[float, int, Array]:
    """Row by row and neuron by neuron: the weighted sum of each as a call of its own. Returns the seconds for the whole
    batch, the rows that were timed, and their results (rows, outputs).

    Weights of one neuron lie side by side, so that nothing but the number of calls makes it slow.
    """
    batch, outputs = len(layer.x), layer.w.shape[1]
    weights, biases = list(np.ascontiguousarray(layer.w.T)), layer.b.tolist()
    out = np.empty((batch, outputs), np.float32)

    def one(row: int) -> None:
        x, y = layer.x[row], out[row]
        for j in range(outputs):
            y[j] = x.dot(weights[j]) + biases[j]

    one(0)  # so that everything is warm
    times: list[float] = []
    rows = 0
    while not times or (sum(times) < LOOP_SECONDS and len(times) < ROUNDS):
        # One pass over the rows, or what of it fits.
        began, rows = time.perf_counter(), 0
        for row in range(batch):
            one(row)
            rows = row + 1
            if time.perf_counter() - began > LOOP_SECONDS:
                break
        times.append((time.perf_counter() - began) * batch / rows)
        if rows < batch:
            break
    return statistics.median(times), rows, out[:rows]


def matrix(layer: Layer) -> tuple[float, int, Array]:
    """As one product of matrices in NumPy; returns as ``neurons``."""
    out = np.empty((len(layer.x), layer.w.shape[1]), np.float32)

    def side(count: int) -> None:
        for _ in range(count):
            np.matmul(layer.x, layer.w, out=out)
            np.add(out, layer.b, out=out)

    return _timed(side), len(out), out


class OnDevice:
    """The layer by the kernel that the engine takes for a dense layer. ``name``: as ``devices.choose`` takes it.
    Errors: DeviceError."""

    def __init__(self, name: str) -> None:
        from compute.errors import DeviceError
        from compute.opencl.device import OpenCLDevice
        from compute.opencl.devices import choose

        chosen = choose(name)
        if chosen.device is None:
            raise DeviceError(chosen.reason)
        self._device = OpenCLDevice(chosen.device, np.float32)

    def __call__(self, layer: Layer) -> tuple[float, int, Array]:
        """Returns as ``neurons``. X, W and b are on the device before, as they are in training, and the result stays
        there."""
        from compute.calls import Gemm, contiguous
        from compute.opencl.codegen import kernel_for
        from compute.opencl.schedule import Schedule
        from compute.plan import ParameterLayout, Plan

        device, (batch, outputs) = self._device, (len(layer.x), layer.w.shape[1])
        given = {"x": layer.x, "w": layer.w, "b": layer.b}
        x, w, b = (contiguous(name, array.shape) for name, array in given.items())
        call = Gemm("layer", contiguous("y", (batch, outputs)), x, w, b)
        buffers = {name: device.upload(array) for name, array in given.items()}
        buffers["y"] = device.allocate(batch * outputs)
        plan = Plan(batch, "forward", None, ParameterLayout({}, {}, 0, 0), (call,), (), {}, {}, {})
        schedule = Schedule(device, plan, [call], (), buffers, [kernel_for(call, device.traits)])

        def side(count: int) -> None:
            schedule.launch(count)
            device.finish()

        try:
            seconds = _timed(side)
            return seconds, batch, device.read(buffers["y"], batch * outputs).reshape(batch, outputs)
        finally:
            schedule.free()
            for buffer in buffers.values():
                buffer.release()


def _timed(side: Side) -> float:
    """Seconds of one time: the median of several rounds, after as many as it takes to be warm."""
    began, times = time.perf_counter(), list[float]()
    side(1)
    count = fitting(side, SECONDS)
    while len(times) < ROUNDS and (not times or time.perf_counter() - began < MOST_SECONDS):
        start = time.perf_counter()
        side(count)
        times.append((time.perf_counter() - start) / count)
    return statistics.median(times)


def serve() -> None:
    """Answer until the other end is closed."""
    ways: dict[str, Callable[[Layer], tuple[float, int, Array]]] = {"neurons": neurons, "matrix": matrix}
    for line in sys.stdin:
        asked = json.loads(line)
        try:
            way = asked["way"]
            if way not in ways:
                ways[way] = OnDevice(asked["device"])
            layer = Layer.drawn(asked["batch"], asked["inputs"], asked["outputs"])
            seconds, rows, found = ways[way](layer)
            answer: dict[str, Any] = {"seconds": seconds, "rows": rows, "difference": layer.difference(found)}
        except Exception as error:  # a driver may fail in any way, and the one who asks is to hear of it
            answer = {"error": str(error) or type(error).__name__}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    # Who asked may be gone or interrupted; there is nothing to say then.
    with suppress(KeyboardInterrupt, BrokenPipeError):
        serve()
