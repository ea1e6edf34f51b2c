"""All measurements in order, as plain data."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable
from contextlib import closing
from dataclasses import asdict
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from compute.benchmark import PARTS
from compute.benchmark.machine import machine
from compute.benchmark.networks import KINDS, LARGER, NETWORKS, SMALLEST, Network
from compute.benchmark.timing import FULL, QUICK, Effort, Report
from compute.benchmark.window import Measuring
from compute.opencl.devices import DeviceInfo

if TYPE_CHECKING:
    from compute.opencl.engine import OpenCLEngine

Case = TypeVar("Case")

FIRST_STEPS = (SMALLEST, LARGER[1])
"""One that goes many steps a launch, and one call by call."""
STEPS_WATCHED = LARGER
PACED = 6
"""Networks, from the smallest on, whose steps are so short that what is done around them counts."""
SWEPT = (SMALLEST, NETWORKS[3], NETWORKS[5], *KINDS[4:6])


Taker = Callable[[dict[str, Any], DeviceInfo, Effort, Report], None]


def run(
    device: DeviceInfo,
    parts: Collection[str],
    report: Report,
    *,
    quick: bool = False,
    window: Measuring | None = None,
) -> dict[str, Any]:
    """These parts, measured on a device; ``window``: whoever measures it. Errors: DeviceError.

    Returns date, machine, ``seconds`` it took, ``notes`` on what could not be measured, and under its name (with ``_``)
    each part, as the dataclasses ``training_steps.NetworkSteps``, ``gemm.Product``, ``kernels.Step`` with
    ``ceilings.Ceilings``, ``first_step.FirstStep``, ``memory.Held``, ``watched.Watched``, ``pace.Pace``,
    ``sweeps.Sweep`` and ``window.Seen`` have it.
    """
    start, effort = time.perf_counter(), QUICK if quick else FULL
    found: dict[str, Any] = {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": machine(device),
        "rounds": effort.rounds,
        "seconds_a_round": effort.seconds,
        "notes": [],
    }
    takers: dict[str, Taker] = {
        "training": _training,
        "gemm": _gemm,
        "kernels": _kernels,
        "first-step": _first_step,
        "memory": _memory,
        "watches": _watches,
        "train": _train,
        "sweeps": _sweeps,
        "window": partial(_window, window),
    }
    for part in PARTS:
        if part in parts:
            takers[part](found, device, effort, report)
    found["seconds"] = time.perf_counter() - start
    return found


def _training(found: dict[str, Any], device: DeviceInfo, effort: Effort, report: Report) -> None:
    from compute.benchmark.training_steps import StepRace

    with closing(StepRace(device)) as training:
        rows = []
        for network in (*NETWORKS, *KINDS):
            report(f"training {network.title}")
            rows.append(asdict(training.row(network, effort)))
        found["training"] = rows
        found["notes"] += training.notes


def _gemm(found: dict[str, Any], device: DeviceInfo, effort: Effort, report: Report) -> None:
    from compute.benchmark import gemm
    from compute.opencl.engine import OpenCLEngine

    with closing(OpenCLEngine(device)) as engine:
        found["gemm"] = [asdict(one) for one in gemm.measure(engine.device, effort, report, gemm.shapes())]


def _kernels(found: dict[str, Any], device: DeviceInfo, effort: Effort, report: Report) -> None:
    from compute.benchmark import kernels
    from compute.benchmark.ceilings import ceilings
    from compute.opencl.engine import OpenCLEngine

    with closing(OpenCLEngine(device, schedule="launches")) as engine:
        report("what the device can do at most")
        most = ceilings(engine.device, device.memory_bytes, effort)
        steps = []
        for network in STEPS_WATCHED:
            report(f"kernels of {network.title}")
            steps.append(asdict(kernels.step(engine, network, most, effort)))
    found["kernels"] = {"ceilings": asdict(most), "steps": steps}


def _first_step(found: dict[str, Any], device: DeviceInfo, effort: Effort, report: Report) -> None:
    from compute.benchmark import first_step

    rows = []
    for network in FIRST_STEPS:
        report(f"first step of {network.title}")
        rows.append(asdict(first_step.measure(device, network, effort.rounds)))
    found["first_step"] = rows


def _memory(found: dict[str, Any], device: DeviceInfo, effort: Effort, report: Report) -> None:
    from compute.benchmark import memory

    named = [(f"memory of {each.title}", each) for each in NETWORKS]
    found["memory"] = _measured(device, report, named, memory.held)


def _watches(found: dict[str, Any], device: DeviceInfo, effort: Effort, report: Report) -> None:
    from compute.benchmark import watched

    named = [(f"ten watches on {each.title}", each) for each in NETWORKS]
    found["watches"] = _measured(device, report, named, lambda engine, each: watched.measure(engine, each, effort))


def _train(found: dict[str, Any], device: DeviceInfo, effort: Effort, report: Report) -> None:
    from compute.benchmark import pace

    def measure(engine: OpenCLEngine, of: tuple[Network, bool]) -> pace.Pace:
        return pace.measure(engine, of[0], effort, held_back=of[1])

    named = [(f"train with {each.title}", (each, held)) for each in NETWORKS[:PACED] for held in (False, True)]
    found["train"] = _measured(device, report, named, measure)


def _sweeps(found: dict[str, Any], device: DeviceInfo, effort: Effort, report: Report) -> None:
    from compute.benchmark import sweeps

    named = [(f"{sweeps.TOGETHER} times {each.title}", each) for each in SWEPT]
    found["sweeps"] = _measured(device, report, named, lambda engine, each: sweeps.measure(engine, each, effort))


def _measured(
    device: DeviceInfo, report: Report, named: Iterable[tuple[str, Case]], measure: Callable[[OpenCLEngine, Case], Any]
) -> list[dict[str, Any]]:
    """What each case gives on one engine, whose name is reported before it."""
    from compute.opencl.engine import OpenCLEngine

    rows = []
    with closing(OpenCLEngine(device)) as engine:
        for name, case in named:
            report(name)
            rows.append(asdict(measure(engine, case)))
    return rows


def _window(
    measuring: Measuring | None, found: dict[str, Any], _device: DeviceInfo, effort: Effort, report: Report
) -> None:
    from compute.benchmark import window

    if measuring is None:
        found["notes"].append("There is no window here to be measured.")
    else:
        found["window"] = [asdict(each) for each in window.measure(measuring, effort, report)]
