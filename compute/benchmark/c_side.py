"""C as another side: the network's training written and compiled for its very sizes, on one core (``c_text``).

No library is compared by it: it says how far a core can go. It is there where a C compiler is, for
chains of dense layers.
"""

from __future__ import annotations

import ctypes
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from compute.benchmark import networks
from compute.benchmark.c_text import fits, text
from compute.benchmark.networks import Network
from compute.engine import Program
from compute.errors import GradwireError
from compute.export.c_compiler import compiler

OPTIONS = ("-O3", "-march=native", "-std=gnu11", "-fno-math-errno", "-fno-trapping-math", "-shared", "-fPIC", "-w")
MOST_WEIGHTS = 32_768
"""Up to which it says anything: products of larger matrices want more than it does."""
TIME_LIMIT = 120.0
"""Seconds for the compiler."""


def missing() -> str:
    """Why there is none; "" where there is."""
    return "" if compiler() else "No C compiler was found, so there is no C to compare with."


def wanted(network: Network) -> bool:
    """Whether there is C for the network that says anything."""
    return fits(network) and network.weights <= MOST_WEIGHTS


class CSide:
    """One network. Errors: GradwireError where the compiler refuses it."""

    def __init__(self, network: Network, program: Program) -> None:
        layers = range(len(network.sizes) - 1)
        flat = [np.asarray(program.weights[f"h{i}.{name}"]).reshape(-1) for i in layers for name in ("weight", "bias")]
        self._p = _own(np.concatenate(flat), np.float32)
        self._state = _own(np.zeros(2 * self._p.size), np.float32)
        self._x = _own(program.train["x"], np.float32)
        single = network.regression or network.sizes[-1] == 1
        self._y = _own(program.train["y"], np.float32 if single else np.int32)
        self._batches = _own(np.stack(networks.batches(network)), np.int32)
        self._done = 0
        self._train = _compiled(text(network))

    def losses(self, count: int) -> list[float]:
        """The loss of each of the first ``count`` batches, before its update."""
        return [float(loss) for loss in self._steps(count)]

    def train(self, steps: int) -> None:
        """So many steps."""
        self._steps(steps)

    def _steps(self, steps: int) -> Any:
        losses = np.zeros(max(1, steps), np.float32)
        places = [_at(array) for array in (self._x, self._y, self._p, self._state)]
        done = ctypes.c_double(self._done)
        self._train(steps, _at(self._batches), len(self._batches), *places, done, _at(losses))
        self._done += steps
        return losses[:steps]


def _own(array: Any, dtype: Any) -> Any:
    return np.array(array, dtype, order="C")


def _at(array: Any) -> ctypes.c_void_p:
    return ctypes.c_void_p(array.ctypes.data)


def _compiled(source: str) -> Any:
    """The function of a text."""
    command = compiler()
    assert command is not None
    with tempfile.TemporaryDirectory(prefix="gradwire-", ignore_cleanup_errors=True) as folder:
        written, made = Path(folder) / "train.c", Path(folder) / "train.so"
        written.write_text(source, encoding="utf-8")
        try:
            done = subprocess.run(
                [*command, *OPTIONS, str(written), "-o", str(made), "-lm"],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=TIME_LIMIT,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise GradwireError(
                f"The C compiler does not answer ({error}), so there is no C to compare with."
            ) from error
        if done.returncode:
            said = done.stderr.decode(errors="replace").strip().splitlines() or ["without a word"]
            raise GradwireError(
                f"The C compiler refuses the network ({said[0][:120]}), so there is no C to compare with."
            )
        return ctypes.CDLL(str(made)).train
