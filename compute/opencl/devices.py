"""Which OpenCL devices there are, which of them work, and which one to train on.

A device that a driver lists may still build no kernel, compute nonsense, hang, or take the process down. So
a device counts only after ``probe.py`` built, ran and compared kernels on it in a process of its own; the
drivers are listed that way too before this process loads any. Both answers are kept on disk.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from dataclasses import dataclass, replace
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import msgspec

from compute.errors import DeviceError
from compute.opencl import findings, loader, probing
from compute.opencl import probe as prober
from compute.opencl.findings import Facts, Listing, Verdict

if TYPE_CHECKING:
    import pyopencl

SWITCHED_OFF = "GRADWIRE_NO_OPENCL"

_lock = threading.RLock()


@dataclass(frozen=True)
class DeviceInfo:
    """One OpenCL device, and what became of the kernels that were tried on it."""

    index: int
    name: str
    platform: str
    platform_version: str
    kind: str
    """``"GPU"``, ``"CPU"`` or ``"accelerator"``."""
    driver: str
    compute_units: int
    memory_bytes: int
    twin: int = 0
    """0, 1, … among devices that are the same in every other respect."""
    namesake: int = 0
    """0, 1, … among devices of the same name and platform."""
    works: bool = False
    detail: str = "it was not tested"
    """Why it does not work; empty when it does."""
    gflops: float = 0.0
    """10⁹ operations a second in the probe's matrix product."""
    launch: float = 0.0
    """Seconds that a launch costs among others."""

    @property
    def label(self) -> str:
        return f"{self.name} ({self.platform})" + (f" #{self.namesake + 1}" if self.namesake else "")

    @property
    def identity(self) -> dict[str, Any]:
        """What a device is found again by, in this process or another."""
        return {**{key: getattr(self, key) for key in prober.IDENTITY}, "twin": self.twin}


class Unavailable(DeviceError):
    """What was asked for is not there or does not work: ``what``, and then which devices there are."""

    def __init__(self, what: str, there: str) -> None:
        super().__init__(f"{what}; {there}")
        self.what = what


@dataclass(frozen=True)
class Choice:
    """The device to train on, or None for the reference engine, and a sentence that says why.

    fault: where there is no device, what is in the way of one, as the beginning of a sentence.
    """

    device: DeviceInfo | None
    reason: str
    fault: str = ""


def prepare_loader() -> None:
    """Let PyOpenCL find the runtime that pip installed beside the system's drivers, less those that crash.

    To be called before anything imports pyopencl; the other functions here do it themselves.
    """
    with _lock:
        loader.avoid_database()
        if sys.platform == "win32":
            loader.add_intel_on_windows()
        elif loader.composes():
            known = findings.listing(loader.fingerprint())
            crashed = known.crashed if known else []
            loader.show({name: text for name, text in loader.drivers().items() if name not in crashed})


def list_devices(refresh: bool = False) -> list[DeviceInfo]:
    """Every OpenCL device, each tested; those that fail say why in ``detail``. Empty where OpenCL cannot be
    used.

    What was found before is taken from the disk, at once. With ``refresh`` the drivers are asked again, and
    devices that failed are tried again.
    """
    return _survey(refresh)[0]


def probe(device: DeviceInfo, refresh: bool = False) -> DeviceInfo:
    """The device with ``works``, ``detail``, ``gflops`` and ``launch`` filled in: remembered, or tested now."""
    prepare_loader()
    key = json.dumps([probing.probe_version(), *device.identity.values()])
    since = time.time() if refresh else 0.0

    def known() -> Verdict | None:
        kept = findings.verdict(key)
        return kept if kept and (kept.works or kept.when > since) else None

    found = findings.known_or_asked(known, lambda: _test(device, key))
    return replace(device, works=found.works, detail=found.detail, gflops=found.gflops, launch=found.launch)


def choose(spec: str = "auto") -> Choice:
    """The device that ``spec`` names: ``auto``, an index of ``list_devices()``, a label, or a part of a name or
    platform.

    ``auto`` takes the fastest GPU that works, else the fastest processor runtime, else any other device
    that works, else none. Raises Unavailable when a device was asked for by name or index and there is none
    such that works.
    """
    devices, note = _survey(refresh=False)
    wanted = spec.strip()
    if wanted.lower() not in ("", "auto"):
        return _choose_named(wanted, devices, note)
    working = sorted((d for d in devices if d.works), key=_rank)
    if not working:
        why = "; ".join(f"{d.label}: {d.detail}" for d in devices) or note
        fault = f"No OpenCL device works here ({why})"
        return Choice(None, f"{fault}, so the reference engine computes.", fault)
    best = working[0]
    rate = f"{best.gflops:.0f} GFLOP/s"
    if best.kind == "GPU":
        return Choice(best, f"{best.label} is the fastest GPU that passed the test, with {rate}.")
    gpus = "no GPU passed it" if any(d.kind == "GPU" for d in devices) else "there is no GPU"
    return Choice(best, f"{best.label} is the fastest device that passed the test, with {rate}; {gpus}.")


def open_device(info: DeviceInfo) -> pyopencl.Context:
    """A context on that device, to be made on the thread that will own it.

    Raises DeviceError when the device or its driver is not what was tested, or gives no context.
    """
    prepare_loader()
    import pyopencl as cl

    device = prober.find(cl, info.identity)
    if device is None:
        findings.forget_listings()
        raise DeviceError(f"device {info.label} is not there as it was tested; start again to look anew")
    try:
        return cl.Context([device])
    except cl.Error as error:
        raise DeviceError(f"device {info.label} gives no context ({error}); choose another device") from error


def _choose_named(wanted: str, devices: list[DeviceInfo], note: str) -> Choice:
    if wanted.isdecimal():
        named = [d for d in devices if d.index == int(wanted)]
    else:
        texts = [(d, f"{d.name} {d.platform} {d.platform_version}".lower()) for d in devices]
        named = [d for d in devices if d.label == wanted] or [d for d, text in texts if wanted.lower() in text]
    names = ", ".join(f"{d.index}: {d.label}" for d in devices)
    there = f"the devices are {names}" if devices else f"there is none: {note}"
    if not named:
        raise Unavailable(f'no OpenCL device is called "{wanted}"', there)
    working = sorted((d for d in named if d.works), key=_rank)
    if not working:
        raise Unavailable(f"device {named[0].label} does not work: {named[0].detail}", there)
    return Choice(working[0], f'{working[0].label} was asked for by "{wanted}".')


def _rank(device: DeviceInfo) -> tuple[int, float]:
    return ("GPU", "CPU", "accelerator").index(device.kind), -device.gflops


def _survey(refresh: bool) -> tuple[list[DeviceInfo], str]:
    """The tested devices, and why there are none."""
    if os.environ.get(SWITCHED_OFF, "0") not in ("", "0"):
        return [], f"OpenCL is switched off by {SWITCHED_OFF}"
    if find_spec("pyopencl") is None:
        return [], "the Python package pyopencl is not installed"
    with _lock:
        prepare_loader()
        listing = _listing(refresh)
        devices: list[DeviceInfo] = []
        for facts in sorted(listing.devices, key=lambda f: (f.platform, f.name)):
            found = DeviceInfo(index=len(devices), **msgspec.structs.asdict(facts))
            twins = sum({**d.identity, "twin": 0} == found.identity for d in devices)
            namesakes = sum((d.name, d.platform) == (found.name, found.platform) for d in devices)
            devices.append(replace(found, twin=twins, namesake=namesakes))
        return [probe(device, refresh) for device in devices], listing.note


def _test(device: DeviceInfo, key: str) -> Verdict:
    """What becomes of kernels on a device, kept under the key."""
    reply = probing.ask("run", json.dumps(device.identity))
    verdict = reply.get("answer") or {"works": False, "detail": reply["error"], "gflops": 0.0}
    found = Verdict(**verdict, when=time.time())
    findings.keep_verdict(key, found)
    return found


def _listing(refresh: bool) -> Listing:
    """What the drivers list, from the disk or from another process."""
    fingerprint = loader.fingerprint()
    since = time.time() if refresh else 0.0

    def known() -> Listing | None:
        kept = findings.listing(fingerprint)
        return kept if kept and kept.when > since else None

    return findings.known_or_asked(known, lambda: _ask_drivers(fingerprint))


def _ask_drivers(fingerprint: str) -> Listing:
    """What the drivers list now, kept under the fingerprint."""
    crashed: list[str] = []
    if loader.composes():
        loader.show(loader.drivers())
    reply = probing.ask("list")
    if "error" in reply and loader.composes():
        # One driver may take the process down: ask each of them alone, and go on without the ones that do.
        drivers = loader.drivers()
        for name, text in drivers.items():
            loader.show({name: text})
            if "error" in probing.ask("list"):
                crashed.append(name)
        loader.show({name: text for name, text in drivers.items() if name not in crashed})
        reply = probing.ask("list")
    devices = msgspec.convert(reply.get("answer", []), list[Facts])
    none = f"asking {' and '.join(crashed)} for devices crashes" if crashed else "there is no OpenCL driver"
    note = "" if devices else reply.get("error", none)
    listing = Listing(devices, note, crashed, time.time())
    findings.keep_listing(fingerprint, listing)
    return listing
