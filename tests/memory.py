"""What a process holds: bytes, and how many there are of the things that documents are made of."""

from __future__ import annotations

import ctypes
import gc
import sys
import threading
from collections import Counter
from pathlib import Path

STATM = Path("/proc/self/statm")
MEGABYTE = 2**20


def resident() -> float:
    """Megabytes of memory that the process occupies; 0 where the system does not tell in this way."""
    if not STATM.exists():
        return 0.0
    import resource

    return int(STATM.read_text(encoding="ascii").split()[1]) * resource.getpagesize() / MEGABYTE


class _Mallinfo(ctypes.Structure):
    _fields_ = [
        (name, ctypes.c_size_t)
        for name in ("arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks", "fsmblks", "uordblks", "fordblks")
    ] + [("keepcost", ctypes.c_size_t)]


def allocated() -> int | None:
    """Bytes that the process holds of malloc; None where the C library does not tell."""
    if sys.platform != "linux":
        return None
    library = ctypes.CDLL(None)
    if not hasattr(library, "mallinfo2"):
        return None
    library.mallinfo2.restype = _Mallinfo
    found = library.mallinfo2()
    return int(found.uordblks + found.hblkhd)


def held(*kinds: type) -> dict[str, int]:
    """How many objects there are of these kinds, and how many threads, when everything was collected."""
    gc.collect()
    found = Counter(type(each) for each in gc.get_objects())
    return {kind.__name__: found[kind] for kind in kinds} | {"threads": threading.active_count()}
