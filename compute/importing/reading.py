"""The bytes of a foreign file, within the budget."""

from __future__ import annotations

from pathlib import Path

from compute import budget
from compute.errors import GradwireError
from compute.files import read_regular

_MEMORY = 3
"""Times its size that a file takes on the way."""


def bytes_of(path: Path) -> bytes:
    """All of a file. Errors: GradwireError naming it, where it cannot be read or is larger than the budget allows."""
    try:
        budget.require(_MEMORY * path.stat().st_size, path.name, "make it smaller")
        return read_regular(path, budget.limit())
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise GradwireError(f"{path}: it cannot be read ({reason}); check its name and place") from error
