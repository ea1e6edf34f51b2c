"""A disk on which no file has room beyond a few bytes."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest


@contextmanager
def largest_file(size: int) -> Iterator[None]:
    """No file that this process writes may have more bytes; writing more fails, as on a full disk."""
    if sys.platform == "win32":
        pytest.skip("Windows sets no limit to the size of files")
    import resource
    import signal

    # As Python has it. A compiler of OpenCL takes the signal for a crash of its own and ends the process for it later.
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
