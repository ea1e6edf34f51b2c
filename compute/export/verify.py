"""An export counts when the file, read back and run, gives the document's own outputs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from compute.errors import GradwireError
from compute.export.format import TOLERANCE, Network
from compute.reference import forward

Array = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class Report:
    """What was written where, and the largest absolute difference of any output over so many rows."""

    path: Path
    largest_difference: float
    rows: int
    notes: tuple[str, ...] = ()
    """What of the document was not used, and what should be known of the file, in sentences."""
    beside: Path | None = None
    """A second file that belongs to it."""

    @property
    def sentence(self) -> str:
        """What a person reads: ``largest difference on 100 rows: 2.1e-7``."""
        rows = "1 row" if self.rows == 1 else f"{self.rows} rows"
        digits, _, exponent = f"{self.largest_difference:.1e}".partition("e")
        number = f"{digits}e{int(exponent)}" if self.largest_difference else "0"
        return f"largest difference on {rows}: {number}"


def verify(
    network: Network,
    run: Callable[[Mapping[str, Array]], Mapping[str, Array]],
    path: Path,
    tolerance: float = TOLERANCE,
) -> Report:
    """Compare the outputs of what was written with the document's own, on the rows that are compared.

    run: from what the data nodes give to the values that the file, read back, has for it. The document's own are
    those of the reference engine, in float64. Errors: GradwireError where outputs are missing or differ.
    """
    program, prepared = network.program, network.prepared
    values = prepared.values if prepared else {}
    data = {node_id: rows[network.compared] for node_id, rows in values.items()}
    rows = max((len(array) for array in data.values()), default=1)
    own = forward(program.analysis, program.weights, data)
    try:
        other = run(data)
    except GradwireError as error:
        raise GradwireError(f'"{path.name}" cannot be used as it was written ({error}); nothing was saved') from error
    nodes = network.outputs
    for node_id in nodes:
        if node_id not in other or other[node_id].shape != own[node_id].shape:
            raise GradwireError(f'"{path.name}" read back does not give the output {node_id}; nothing was saved')
    pairs = [(own[node_id], other[node_id]) for node_id in nodes]
    largest = max((_difference(a, b) for a, b in pairs), default=0.0)
    scale = max((float(np.max(np.abs(a[np.isfinite(a)]), initial=1.0)) for a, _ in pairs), default=1.0)
    if not largest <= tolerance * scale:
        raise GradwireError(
            f'"{path.name}" read back gives outputs that differ by {largest:.1e}; nothing was saved, export again'
        )
    return Report(path, largest, rows)


def _difference(a: Array, b: Array) -> float:
    """The largest |a − b|; equal infinities and two NaN at one place do not differ."""
    with np.errstate(invalid="ignore"):
        apart = np.where((a == b) | (np.isnan(a) & np.isnan(b)), 0.0, np.abs(a - b))
    return float(np.max(apart, initial=0.0))
