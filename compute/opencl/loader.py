"""Which drivers the OpenCL loader sees, settled before it loads the first of them.

Intel's wheel registers itself with a path that exists nowhere, and the loader in PyOpenCL's Linux wheel
reads one folder of ``.icd`` files only (``OCL_ICD_VENDORS`` replaces the system's folder). So it is given a
private folder: the system's files, Intel's library by its absolute path, and NVIDIA's by its name where the
driver came without a file (containers do that; a name that is not there does no harm). The loader in the
Windows wheel reads the registry and takes more libraries by ``OCL_ICD_FILENAMES``. Where a person has set
the variable, their setting stands.
"""

from __future__ import annotations

import atexit
import functools
import hashlib
import os
import platform
import site
import sys
import sysconfig
import tempfile
from collections.abc import Mapping
from pathlib import Path

from compute.errors import DeviceError, GradwireError
from compute.files import write_atomic
from compute.opencl import findings, probing

SYSTEM_FOLDER = Path("/etc/OpenCL/vendors")
FOLDER_VARIABLE = "OCL_ICD_VENDORS"
LIBRARY_VARIABLE = "OCL_ICD_FILENAMES"
NO_CACHE_VARIABLE = "PYOPENCL_NO_CACHE"
NVIDIA = "libnvidia-opencl.so.1"
CARDS = ("nvidia", "card", "render", "kfd")
"""How the names of graphics devices begin in ``/dev`` and ``/dev/dri``."""

_shown: str | None = None


def composes() -> bool:
    """Whether the drivers that the loader sees are ours to choose: on Linux, unless a person did."""
    return sys.platform.startswith("linux") and os.environ.get(FOLDER_VARIABLE) in (None, _shown)


def drivers() -> dict[str, str]:
    """What the loader shall see, as {name of the ``.icd`` file: its library}; empty outside Linux."""
    if not sys.platform.startswith("linux"):
        return {}
    if not composes():
        return _read(Path(os.environ[FOLDER_VARIABLE]))
    found = _read(SYSTEM_FOLDER)
    library = intel_library()
    if library is not None:
        found["gradwire-intel.icd"] = str(library)
    if not any("nvidia" in text for text in found.values()):
        found["gradwire-nvidia.icd"] = NVIDIA
    return found


def show(chosen: Mapping[str, str]) -> None:
    """Let the loader of this process, and of those it starts, see these drivers and no other. Errors: DeviceError."""
    global _shown
    name = "drivers-" + hashlib.sha256(repr(sorted(chosen.items())).encode()).hexdigest()[:16]
    folder = findings.folder() / name
    try:
        _write(folder, chosen)
    except (OSError, GradwireError):
        try:
            folder = _spare_folder() / name
            _write(folder, chosen)
        except (OSError, GradwireError) as error:
            raise DeviceError(f"the drivers cannot be listed: {error}; set TMPDIR to a folder for files") from error
    _shown = os.environ[FOLDER_VARIABLE] = f"{folder}{os.sep}"


@functools.cache
def _spare_folder() -> Path:
    """For where the cache cannot be written: a folder that goes with this process."""
    folder = tempfile.TemporaryDirectory(prefix="gradwire-", ignore_cleanup_errors=True)
    atexit.register(folder.cleanup)
    return Path(folder.name)


def avoid_database() -> None:
    """Keep PyOpenCL, before it is imported, from the database in which it remembers how kernels are called: it gives up
    where that cannot be written, and nothing here needs it (see ``program.without_invokers``)."""
    os.environ[NO_CACHE_VARIABLE] = "1"


def add_intel_on_windows() -> None:
    library = intel_library()
    if library is not None and LIBRARY_VARIABLE not in os.environ:
        os.environ[LIBRARY_VARIABLE] = str(library)
        os.environ["PATH"] = f"{library.parent}{os.pathsep}{os.environ.get('PATH', '')}"


def intel_library() -> Path | None:
    """Where pip put Intel's processor runtime, if it did."""
    inside = Path("Library/bin/intelocl64.dll") if sys.platform == "win32" else Path("lib/libintelocl.so")
    for root in (sysconfig.get_path("data"), site.getuserbase()):
        if (Path(root) / inside).is_file():
            return Path(root) / inside
    return None


def fingerprint() -> str:
    """Changes when a driver, a graphics card, this machine or PyOpenCL does, as far as files tell."""
    found = drivers()
    facts: list[object] = [platform.node(), platform.machine(), sys.version, sorted(found.items())]
    paths = [text for text in found.values() if os.path.isabs(text)]
    paths += ["/etc/ld.so.cache", "/proc/driver/nvidia/version"]
    if not composes():
        # Some loaders take a library or one .icd file as well as a folder.
        facts.append(os.environ.get(FOLDER_VARIABLE))
        paths.append(os.environ.get(FOLDER_VARIABLE, ""))
    for path in paths:
        try:
            status = os.stat(path)
        except OSError:
            continue
        facts.append((path, status.st_size, 0 if path.startswith("/proc") else status.st_mtime_ns))
    facts.append(sorted(str(entry) for folder in ("/dev", "/dev/dri") for entry in _cards(Path(folder))))
    facts += [os.environ.get(LIBRARY_VARIABLE), probing.probe_version()]
    from importlib.metadata import PackageNotFoundError, version  # not for every start: it takes its time

    try:
        facts.append(version("pyopencl"))
    except PackageNotFoundError:
        facts.append(None)
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:16]


def _cards(folder: Path) -> list[Path]:
    try:
        return [entry for entry in folder.iterdir() if entry.name.startswith(CARDS)]
    except OSError:
        return []


def _read(place: Path) -> dict[str, str]:
    """The ``.icd`` files in a folder, or the one that is named instead."""
    found = {}
    try:
        files = [place] if place.suffix == ".icd" and place.is_file() else sorted(place.glob("*.icd"))
        for file in files:
            found[file.name] = file.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        pass
    return found


def _write(folder: Path, chosen: Mapping[str, str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    there = _read(folder)
    for name, text in chosen.items():
        if there.get(name) != text:
            write_atomic(folder / name, f"{text}\n".encode())
