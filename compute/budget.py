"""One budget for memory: how much a document may ask for, asked before anything is allocated.

It is a quarter of the memory there is, and GRADWIRE_MEMORY sets another: a number with MB or GB.
"""

from __future__ import annotations

import ctypes
import os
import re
import sys
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

from compute.errors import GradwireError
from compute.numbers_text import size_text

VARIABLE = "GRADWIRE_MEMORY"
SHARE = 4
"""One part in so many of the memory there is."""
_UNKNOWN = 4 * 2**30
"""Taken for the memory there is where the system does not say."""
_V1 = "/sys/fs/cgroup/memory"
_UNITS = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}


def limit() -> int:
    """How many bytes a document may ask for. Errors: GradwireError where the variable is no size."""
    written = os.environ.get(VARIABLE, "").strip()
    if not written:
        return memory_there_is() // SHARE
    found = re.fullmatch(r"(\d{1,15}(?:\.\d{1,9})?) ?([KMGT]?)i?B?", written, re.IGNORECASE)
    size = int(float(found[1]) * _UNITS[found[2].upper()]) if found else 0
    if size < 1:
        raise GradwireError(f'{VARIABLE} is "{written}"; write a size such as 500 MB or 4 GB, or leave it out')
    return size


def require(size: int, what: str, instead: str) -> None:
    """Errors: GradwireError, in which ``what`` needs ``size`` bytes, where that is beyond the limit; ``instead``: what
    to do about it."""
    if size > limit():
        raise GradwireError(refusal(size, what, instead))


def refusal(size: int, what: str, instead: str) -> str:
    """The sentence that says the size and the limit."""
    chosen = os.environ.get(VARIABLE, "").strip()
    why = f"set by {VARIABLE}" if chosen else f"a quarter of what there is; {VARIABLE} sets another"
    return f"{what} needs {size_text(size)} of memory and the limit is {size_text(limit())} ({why}); {instead}."


@lru_cache(maxsize=1)
def memory_there_is() -> int:
    """The bytes of the machine's memory, or of what this process may use of it."""
    found = _UNKNOWN
    with suppress(OSError, ValueError, AttributeError):
        if sys.platform == "win32":
            found = _on_windows()
        elif sys.platform == "darwin":
            found = _on_macos()
        else:
            found = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return min([found, *_cgroup_limits()])


def _cgroup_limits() -> list[int]:
    """What Linux lets the control groups have that this process is in."""
    limits: list[int] = []
    with suppress(OSError, ValueError):
        for line in Path("/proc/self/cgroup").read_text(encoding="utf-8").splitlines():
            _, kinds, inside = line.split(":", 2)
            if kinds not in ("", "memory"):
                continue
            root, file = ("/sys/fs/cgroup", "memory.max") if not kinds else (_V1, "memory.limit_in_bytes")
            cgroup = Path(root, inside.lstrip("/"))
            for folder in (cgroup, *cgroup.parents):
                # Where there is no limit stands "max"; inside a container the folder may be called otherwise.
                with suppress(OSError, ValueError):
                    limits.append(int((folder / file).read_text(encoding="ascii")))
    return limits


class _MemoryStatus(ctypes.Structure):
    """MEMORYSTATUSEX."""

    _fields_ = (
        ("length", ctypes.c_uint32),
        ("load", ctypes.c_uint32),
        ("total", ctypes.c_uint64),
        ("others", ctypes.c_uint64 * 6),
    )


def _on_windows() -> int:
    status = _MemoryStatus(ctypes.sizeof(_MemoryStatus))
    kernel: Any = getattr(ctypes, "windll").kernel32  # noqa: B009, not there on other systems
    return int(status.total) if kernel.GlobalMemoryStatusEx(ctypes.byref(status)) else _UNKNOWN


def _on_macos() -> int:
    size, length = ctypes.c_uint64(), ctypes.c_size_t(8)
    failed = ctypes.CDLL(None).sysctlbyname(b"hw.memsize", ctypes.byref(size), ctypes.byref(length), None, 0)
    return _UNKNOWN if failed else size.value
