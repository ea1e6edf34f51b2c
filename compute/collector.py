"""Python's cycle collector, held back while much is made of which nothing is dropped."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def held_back(*, for_good: bool = False) -> Iterator[None]:
    """Without looking for cycles. ``for_good``: nor later among what there is by then, since all of it stays."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            if for_good:
                gc.freeze()
            gc.enable()
