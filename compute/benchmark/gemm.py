"""Matrix products on the device against NumPy with all cores, in the shapes that the networks multiply."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from compute.benchmark import goals, networks
from compute.benchmark.machine import cores
from compute.benchmark.networks import NETWORKS, Network
from compute.benchmark.numpy_process import NumpyProcess
from compute.benchmark.timing import Effort, Ratio, Report, alternating, ratio
from compute.calls import Gemm, Tensor, contiguous
from compute.errors import DeviceError
from compute.opencl.codegen import kernel_for
from compute.opencl.device import OpenCLDevice
from compute.opencl.schedule import Schedule
from compute.plan import ParameterLayout, Plan, make_plan

SQUARES = (512, 1024)
FEWEST = 1 << 18
"""Multiply-adds; networks with smaller products only are computed in one launch, and have no kernel for each."""


@dataclass(frozen=True, order=True)
class Shape:
    """``(m, k) · (k, n)``. kind: which operand is transposed in memory, ``NN``, ``NT`` or ``TN``."""

    kind: str
    m: int
    k: int
    n: int

    def __str__(self) -> str:
        return f"{self.kind} {self.m}×{self.k}×{self.n}"

    @property
    def flops(self) -> int:
        """A multiply-add is two operations."""
        return 2 * self.m * self.k * self.n

    def call(self) -> Gemm:
        """The product as a call, of buffers a, b and c."""
        a, b = contiguous("a", (self.m, self.k)), contiguous("b", (self.k, self.n))
        if self.kind[0] == "T":
            a = contiguous("a", (self.k, self.m)).transposed()
        if self.kind[1] == "T":
            b = contiguous("b", (self.n, self.k)).transposed()
        return Gemm("product", contiguous("c", (self.m, self.n)), a, b)


@dataclass(frozen=True)
class Product:
    """One shape, measured. used_by: the networks that multiply so; ratio: how many times as fast as NumPy."""

    kind: str
    m: int
    k: int
    n: int
    used_by: tuple[str, ...]
    us: float
    numpy_us: float
    gflops: float
    numpy_gflops: float
    ratio: Ratio
    goal: float | None
    reached: bool | None


def shapes(measured: tuple[Network, ...] = NETWORKS) -> dict[Shape, list[str]]:
    """The products of the networks' steps with the names of those networks, and the squares."""
    found: dict[Shape, list[str]] = {}
    for network in measured:
        program = networks.program(network)
        plan = make_plan(program.analysis, network.batch, program.loss, "train")
        calls = [call for call in (*plan.forward, *plan.backward) if isinstance(call, Gemm)]
        if max(call.out.size * call.a.shape[1] for call in calls) < FEWEST:
            continue
        for call in calls:
            users = found.setdefault(shape_of(call), [])
            if network.name not in users:
                users.append(network.name)
    for size in SQUARES:
        for kind in ("NN", "NT", "TN"):
            found.setdefault(Shape(kind, size, size, size), [])
    return found


def shape_of(call: Gemm) -> Shape:
    """A call's product; a matrix of one row or column is not transposed."""
    kind = "".join("T" if t.strides[0] < t.strides[1] else "N" for t in (call.a, call.b))
    m, k = call.a.shape
    return Shape(kind, m, k, call.b.shape[1])


def measure(device: OpenCLDevice, effort: Effort, report: Report, wanted: dict[Shape, list[str]]) -> list[Product]:
    """Every shape, on the device and by NumPy in a process of its own. Errors: DeviceError."""
    found = []
    with NumpyProcess(cores()) as numpy:
        for shape, users in wanted.items():
            report(f"product {shape}")
            found.append(_product(device, numpy, shape, users, effort))
    return found


def _product(device: OpenCLDevice, numpy: NumpyProcess, shape: Shape, users: list[str], effort: Effort) -> Product:
    numpy.prepare(shape.kind, shape.m, shape.k, shape.n)
    with OnDevice(device, shape) as ours:
        times = alternating({"device": ours.multiply, "numpy": numpy.multiply}, effort)
    us, numpy_us = (1e6 * statistics.median(times[name]) for name in ("device", "numpy"))
    compared = ratio(times["numpy"], times["device"])
    goal = None if device.traits.gpu else goals.PRODUCT
    return Product(
        shape.kind,
        shape.m,
        shape.k,
        shape.n,
        tuple(users),
        us,
        numpy_us,
        1e-3 * shape.flops / us,
        1e-3 * shape.flops / numpy_us,
        compared,
        goal,
        goals.at_least(compared.value, goal),
    )


class OnDevice:
    """A product on the device as the engine schedules it, on random numbers. Errors: DeviceError."""

    def __init__(self, device: OpenCLDevice, shape: Shape) -> None:
        random = np.random.default_rng(0)
        call = shape.call()
        a, b = (random.standard_normal(t.size).astype(device.dtype) for t in (call.a, call.b))
        self._device = device
        self._buffers = {"a": device.upload(a), "b": device.upload(b), "c": device.allocate(call.out.size)}
        plan = Plan(shape.m, "forward", None, ParameterLayout({}, {}, 0, 0), (call,), (), {}, {}, {})
        kernels = [kernel_for(call, device.traits)]
        self._schedule = Schedule(device, plan, [call], (), self._buffers, kernels)
        self.multiply(1)
        found = device.read(self._buffers["c"], call.out.size).reshape(shape.m, shape.n)
        # A product that is wrong may be as fast as it likes.
        if not np.allclose(found, _laid(a, call.a) @ _laid(b, call.b), rtol=1e-3, atol=1e-3 * shape.k**0.5):
            raise DeviceError(f"Device {device.name} multiplies {shape} wrongly; choose another device.")

    def multiply(self, count: int) -> None:
        """The product so many times, one after the other."""
        self._schedule.launch(count)
        self._device.queue.finish()

    def __enter__(self) -> OnDevice:
        return self

    def __exit__(self, *_: object) -> None:
        self._schedule.free()
        for buffer in self._buffers.values():
            buffer.release()


def _laid(flat: npt.NDArray[Any], tensor: Tensor) -> npt.NDArray[Any]:
    """A flat array as a matrix that lies like the tensor."""
    rows, columns = tensor.shape
    return flat.reshape(columns, rows).T if tensor.strides[0] < tensor.strides[1] else flat.reshape(rows, columns)
