"""What a process holds: bytes, and how many there are of the things that documents are made of."""

from __future__ import annotations

import gc
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


def held(*kinds: type) -> dict[str, int]:
    """How many objects there are of these kinds, and how many threads, when everything was collected."""
    gc.collect()
    found = Counter(type(each) for each in gc.get_objects())
    return {kind.__name__: found[kind] for kind in kinds} | {"threads": threading.active_count()}
