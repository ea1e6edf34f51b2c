"""The functions that kernels call, on the device against float64, over all exponents of float32 and both signs:
``python -m tests.campaigns.ulps [--mantissas 4096]``.

One line for each op: the largest error in units of the last place, where, and what OpenCL allows; for a launch of its
own, and for many steps in one launch, where whole vectors are computed at a time.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

import numpy as np
import numpy.typing as npt

from compute.engine import Program
from compute.opencl.engine import OpenCLEngine
from compute.ops import REGISTRY
from compute.ops.base import Forward, Op, Settings
from compute.reference import ReferenceEngine
from compute.shapes import Shape
from compute.strided import Tensor
from tests.compute.programs import program

Array = npt.NDArray[Any]
ALLOWED = {
    "exp": 3.0,
    "log": 3.0,
    "sqrt": 3.0,
    "sin": 4.0,
    "cos": 4.0,
    "tanh": 5.0,
    "log1p": 2.0,
    "erfc": 16.0,
    # Made of the above and a few operations of half a unit each, none of which loses digits.
    "sigmoid": 5.0,
    "softplus": 5.0,
}
"""Units of the last place: those of OpenCL's specification for what kernels call."""
CALLED: dict[str, Callable[[Array], Any]] = {"log1p": np.log1p, "erfc": np.vectorize(math.erfc)}
"""What only parts of ops are, in float64."""
TINY = float(np.finfo(np.float32).tiny)
LARGEST = float(np.finfo(np.float32).max)
FORMS = ("launch", "steps")
PART = 16384
"""Numbers of one pass."""


@dataclass(frozen=True)
class Worst:
    """The largest error of an op: ulps, and the number at which it is."""

    ulps: float
    at: float


def numbers(mantissas: int, seed: int = 0) -> Array:
    """So many numbers of each exponent and sign, exactly as float32 has them, the ends of each among them."""
    random = np.random.default_rng(seed)
    low = np.concatenate([[0, 2**23 - 1], random.integers(0, 2**23, max(0, mantissas - 2))]).astype(np.uint32)
    exponents = np.arange(1, 255, dtype=np.uint32) << np.uint32(23)
    positive = (exponents[:, None] | low[None, :]).reshape(-1)
    return np.concatenate([positive, positive | np.uint32(1 << 31)]).view(np.float32).astype(np.float64)


class Called(Op):
    """One function of them."""

    title, group, help, formula = "Called", "arithmetic", "A function that ops call.", "y"
    ports = ("x",)

    def __init__(self, name: str) -> None:
        self.name = name  # type: ignore[misc]

    def shape(self, x: Sequence[Shape], p: Settings) -> Shape:
        return x[0]

    def forward(self, x: Sequence[Array], w: Mapping[str, Array], p: Settings) -> Array:
        return np.asarray(CALLED[self.name](x[0]))

    def lower(self, node: Forward) -> Tensor:
        return node.k.map(f"{self.name}(x)", {"x": node.x[0]}, node.x[0].shape)


def made(rows: int) -> Program:
    """x → every op, with a loss that nobody asks for."""
    nodes: list[tuple[str, str, dict[str, Any]]] = [("x", "input", {"columns": ["a"]}), ("L", "mean", {})]
    wires = [("x", "L", "x")]
    for op in ALLOWED:
        nodes.append((op, op, {}))
        wires.append(("x", op, "x"))
    with patch.dict(REGISTRY, {name: Called(name) for name in CALLED}):
        return program(nodes, wires, "L", {"x": np.zeros((rows, 1))})


def errors(found: Array, wanted: Array) -> Array:
    """In units of the last place of float32 at the wanted value. What is too small for a normal number may be 0; what
    is too large is infinite on both sides."""
    with np.errstate(all="ignore"):
        beyond = np.abs(wanted) > LARGEST
        unit = np.spacing(np.maximum(np.abs(wanted), TINY).astype(np.float32)).astype(np.float64)
        off = np.abs(found - wanted) / unit
        tiny = (np.abs(wanted) < TINY) & (np.abs(found) <= TINY)
        same = (np.isnan(found) & np.isnan(wanted)) | tiny | (found == wanted)
        # The last number and infinity are one unit apart.
        close = beyond & (np.sign(found) == np.sign(wanted)) & (np.abs(found) >= LARGEST)
    return np.where(same | close, 0.0, np.where(np.isnan(off), np.inf, off))


def worst(engine: OpenCLEngine, x: Array) -> dict[str, dict[str, Worst]]:
    """The largest error of each op at these numbers, in both forms."""
    rows, ops = min(PART, len(x)), list(ALLOWED)
    built = made(rows)
    run, reference = engine.open(built), ReferenceEngine().open(built)
    found = {op: dict.fromkeys(FORMS, Worst(0.0, 0.0)) for op in ops}
    for start in range(0, len(x), rows):
        part = np.resize(x[start : start + rows], rows).reshape(-1, 1)
        data = {"x": part}
        with np.errstate(all="ignore"):
            wanted = reference.outputs(data, ops)
        moments = {op: values[0] for op, values in run.start_moments(data, ops, 1).get().items()}
        for form, values in zip(FORMS, (run.outputs(data, ops), moments), strict=True):
            for op in ops:
                off = errors(values[op].astype(np.float64), wanted[op])
                at = int(off.argmax())
                if off.flat[at] > found[op][form].ulps:
                    found[op][form] = Worst(float(off.flat[at]), float(part.flat[at]))
    run.close()
    return found


def main() -> int:
    """Run what the command line says."""
    from compute.opencl import devices

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mantissas", type=int, default=4096, help="numbers of each exponent and sign")
    given = parser.parse_args()
    choice = devices.choose()
    sys.stdout.write(f"{choice.reason}\n")
    engine, wrong = OpenCLEngine(choice), False
    for op, found in worst(engine, numbers(given.mantissas)).items():
        wrong |= any(each.ulps > ALLOWED[op] for each in found.values())
        told = ", ".join(f"{form} {each.ulps:.2f} at {each.at:.9g}" for form, each in found.items())
        sys.stdout.write(f"{op}: {told}; allowed {ALLOWED[op]:g}\n")
    engine.close()
    return int(wrong)


if __name__ == "__main__":
    sys.exit(main())
