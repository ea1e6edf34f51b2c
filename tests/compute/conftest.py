"""Engines for the tests: one OpenCL device, opened once in float, in double, and as if it were a graphics processor;
the first two with both schedules of training steps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from compute.opencl import devices, tiles
from compute.opencl.engine import OpenCLEngine


@pytest.fixture(scope="session")
def device() -> devices.DeviceInfo:
    choice = devices.choose()
    assert choice.device is not None, choice.reason
    return choice.device


@pytest.fixture(scope="session")
def opencl(device: devices.DeviceInfo) -> Iterator[OpenCLEngine]:
    """The engine that people train on, launch by launch."""
    yield from opened(OpenCLEngine(device, schedule="launches"))


@pytest.fixture(scope="session")
def opencl_fused(device: devices.DeviceInfo) -> Iterator[OpenCLEngine]:
    """The engine that people train on, many steps a launch."""
    yield from opened(OpenCLEngine(device, schedule="fused"))


@pytest.fixture(scope="session")
def opencl_double(device: devices.DeviceInfo) -> Iterator[OpenCLEngine]:
    """The same kernels built in double."""
    yield from opened(OpenCLEngine(device, dtype=np.float64, schedule="launches"))


@pytest.fixture(scope="session")
def opencl_fused_double(device: devices.DeviceInfo) -> Iterator[OpenCLEngine]:
    """Many steps a launch, in double."""
    yield from opened(OpenCLEngine(device, dtype=np.float64, schedule="fused"))


@pytest.fixture(scope="session")
def opencl_tiles(device: devices.DeviceInfo) -> Iterator[OpenCLEngine]:
    """Rows of the batch shared by cores."""
    yield from opened(OpenCLEngine(device, schedule="tiles"))


@pytest.fixture(scope="session")
def opencl_tiles_double(device: devices.DeviceInfo) -> Iterator[OpenCLEngine]:
    """The same in double."""
    yield from opened(OpenCLEngine(device, dtype=np.float64, schedule="tiles"))


@pytest.fixture
def small_tiles(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tiles of two rows, so that small batches have several, and a last one of fewer."""
    monkeypatch.setattr(tiles, "FEWEST_ROWS", 2)
    monkeypatch.setattr(tiles, "MOST_ROWS", 2)


@pytest.fixture(scope="session")
def opencl_as_gpu(device: devices.DeviceInfo) -> Iterator[OpenCLEngine]:
    """The kernels and schedules for graphics processors, which any device can run."""
    engine = OpenCLEngine(device)
    engine._device.traits = replace(engine._device.traits, gpu=True, units=4, largest_work_group=256)
    yield from opened(engine)


def opened(engine: OpenCLEngine) -> Iterator[OpenCLEngine]:
    yield engine
    engine.close()
