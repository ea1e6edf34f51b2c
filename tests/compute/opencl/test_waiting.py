"""One thread waits for a device, however often, and ends with it."""

from __future__ import annotations

import gc
import threading

import numpy as np
import pytest

from compute.opencl.device import OpenCLDevice
from compute.opencl.devices import DeviceInfo
from compute.opencl.engine import OpenCLEngine
from tests.campaigns.soak import soak
from tests.memory import MEGABYTE, allocated


def waiting() -> set[threading.Thread]:
    return {thread for thread in threading.enumerate() if thread.name == "gradwire-device"}


def wait_once(device: OpenCLDevice) -> None:
    device._helper.wait(device._cl.enqueue_marker(device.queue), 20)


def test_it_is_the_same_for_all_waits(device: DeviceInfo) -> None:
    before, opened = waiting(), OpenCLDevice(device, np.float32)
    found = set()
    for _ in range(5):
        wait_once(opened)
        found |= waiting() - before
    assert len(found) == 1
    opened.close()
    (thread,) = found
    thread.join(20)
    assert not thread.is_alive()
    wait_once(opened)  # as a run may do that is closed after its engine
    assert len(waiting() - before) == 1
    opened.close()


def test_it_ends_with_a_device_that_nobody_closed(device: DeviceInfo) -> None:
    before, opened = waiting(), OpenCLDevice(device, np.float32)
    wait_once(opened)
    (thread,) = waiting() - before
    del opened
    gc.collect()
    thread.join(20)
    assert not thread.is_alive()


@pytest.mark.skipif(allocated() is None, reason="only glibc says what it has given out")
def test_what_waiting_holds_does_not_grow(device: DeviceInfo) -> None:
    """With a thread for each wait it was 60 bytes a wait, which is 42 MB in an hour of training."""
    opened = OpenCLDevice(device, np.float32)

    def held(waits: int) -> int:
        for _ in range(waits):
            wait_once(opened)
        return allocated() or 0

    held(500)
    grown = -held(500) + held(5000)
    opened.close()
    assert grown / 5000 < 15


@pytest.mark.slow
@pytest.mark.skipif(allocated() is None, reason="only glibc says what it has given out")
def test_a_short_soak(device: DeviceInfo) -> None:
    engine = OpenCLEngine(device)
    found = soak(engine, minutes=4 / 60, every=0.1)
    engine.close()
    assert found.steps > 100
    assert found.snapshots > 10
    # Seconds tell little of an hour; something that is lost with each step or snapshot is seen all the same.
    assert found.held[-1] - found.held[len(found.held) // 2] < MEGABYTE


def test_copies_go_through_few_places_in_memory(device: DeviceInfo, monkeypatch: pytest.MonkeyPatch) -> None:
    """Intel's runtime keeps something of each address that a copy of a kilobyte or more came from or went to."""
    opened = OpenCLDevice(device, np.float32)
    copy, places, given = opened._cl.enqueue_copy, set(), []

    def watched(queue: object, to: object, source: object, **more: object) -> object:
        for end in (to, source):
            if isinstance(end, np.ndarray):
                places.add(end.ctypes.data)
        return copy(queue, to, source, **more)

    monkeypatch.setattr(opened._cl, "enqueue_copy", watched)
    buffer = opened.allocate(1000)
    for at in range(50):
        opened.write(buffer, np.full(1000, at, np.float32))
        asked = [opened.request(buffer, 1000), opened.request(buffer, 900)]
        given += [request.get() for request in asked]
        assert asked[0].get() is given[-2]
    opened.close()
    assert len(places) <= 6
    assert len({answer.ctypes.data for answer in given}) == 100
    assert [answer[-1] for answer in given] == [at for at in range(50) for _ in range(2)]
