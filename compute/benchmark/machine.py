"""What the figures were taken on."""

from __future__ import annotations

import os
import platform
import sys
from pathlib import Path
from typing import Any

import numpy as np

from compute.opencl.devices import DeviceInfo


def cores() -> int:
    """Processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def machine(device: DeviceInfo) -> dict[str, Any]:
    """Processor, system, versions and device; ``torch`` and ``jax`` are None where they are not installed."""
    return {
        "cpu": processor(),
        "cores": cores(),
        "os": system(),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "blas": blas(),
        "pyopencl": installed("pyopencl"),
        "torch": installed("torch"),
        "jax": installed("jax"),
        "device": device.name,
        "kind": device.kind,
        "platform": f"{device.platform} {device.platform_version}".strip(),
        "driver": device.driver,
        "compute_units": device.compute_units,
    }


def processor() -> str:
    """The processor's name, as its maker writes it where the system tells."""
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return " ".join(line.partition(":")[2].split())
    except OSError:
        pass
    return platform.processor() or platform.machine()


def system() -> str:
    """The operating system with its version."""
    if sys.platform.startswith("linux"):
        try:
            return platform.freedesktop_os_release()["PRETTY_NAME"]
        except (OSError, KeyError):
            pass
    return f"{platform.system()} {platform.release()}"


def blas() -> str:
    """The library that NumPy multiplies matrices with."""
    try:
        found = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
        return f"{found['name']} {found['version']}"
    except (TypeError, KeyError):
        return "unknown"


def installed(package: str) -> str | None:
    """The version of an installed package."""
    from importlib.metadata import PackageNotFoundError, version  # not for every start: it takes its time

    try:
        return version(package)
    except PackageNotFoundError:
        return None
