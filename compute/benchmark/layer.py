"""One dense layer computed in three ways, timed while one watches: neuron by neuron, as one matrix product, and by an
OpenCL kernel, at sizes that a person chooses.

Each way has a process of its own, so that nothing else of the program is measured along, and none takes the others'
cores while it is its turn.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from compute.benchmark.machine import cores
from compute.errors import GradwireError

Way = Literal["neurons", "matrix", "device"]
WAYS: tuple[Way, ...] = ("neurons", "matrix", "device")
MOST = 2048
"""Rows, inputs or outputs at most."""
_MODULE = "compute.benchmark.layer_process"
_ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Size:
    """A layer X (batch, inputs) · W (inputs, outputs) + b (outputs,)."""

    batch: int
    inputs: int
    outputs: int

    @property
    def multiply_adds(self) -> int:
        """What all ways have to do: one for each row, input and output."""
        return self.batch * self.inputs * self.outputs

    def __str__(self) -> str:
        return f"({self.batch}, {self.inputs}) · ({self.inputs}, {self.outputs})"


@dataclass(frozen=True)
class Taken:
    """How long one way takes for the whole layer.

    rows: of how many the time is; where that is less than the batch, the time for all of them follows from it.
    difference: the largest, to the sums in float64, on the first rows.
    """

    way: Way
    size: Size
    seconds: float
    rows: int
    difference: float

    @property
    def is_partial(self) -> bool:
        """Whether only a part of the batch was timed, as all of it would have taken too long."""
        return self.rows < self.size.batch


def sizes_up_to(largest: Size) -> list[Size]:
    """What is timed: from a single neuron with a single input on, each twice as many of both, up to the layer itself.
    The batch is the same in all of them."""
    found = [largest]
    while found[-1].inputs > 1 or found[-1].outputs > 1:
        last = found[-1]
        found.append(Size(last.batch, max(1, last.inputs // 2), max(1, last.outputs // 2)))
    return found[::-1]


class Race:
    """The ways side by side; ``device``: as ``devices.choose`` takes it, None where there is no OpenCL device.
    ``stop`` may be called from any thread."""

    def __init__(self, device: str | None) -> None:
        self.ways: tuple[Way, ...] = WAYS if device is not None else WAYS[:2]
        self._device = device
        self._open: dict[tuple[Way, int], _Process] = {}
        self._stopped = False

    def run(self, sizes: Sequence[Size], told: Callable[[Taken], None]) -> None:
        """Time every size in every way; ``told`` hears of each as it is done. Errors: GradwireError, also when it was
        stopped; DeviceError's sentence where the device fails."""
        try:
            for size in sizes:
                for way in self.ways:
                    told(self._one(way, size))
        finally:
            self.stop()
            for process in self._open.values():
                process.close()

    def _one(self, way: Way, size: Size) -> Taken:
        # NumPy has one core or all of them for its product, whichever is faster; a loop in Python has one anyway.
        threads = {1, cores()} if way == "matrix" else {1}
        found = [Taken(way, size, **self._ask(way, count, size)) for count in sorted(threads)]
        return min(found, key=lambda taken: taken.seconds)

    def _ask(self, way: Way, threads: int, size: Size) -> dict[str, Any]:
        if (way, threads) not in self._open:
            self._open[way, threads] = _Process(threads)
            if self._stopped:
                self.stop()
        return self._open[way, threads].ask({"way": way, "device": self._device, **asdict(size)})

    def stop(self) -> None:
        """End all processes, at once."""
        self._stopped = True
        for process in list(self._open.values()):
            process.kill()


class _Process:
    """One of the processes, as seen from here."""

    def __init__(self, threads: int) -> None:
        names = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
        paths = os.pathsep.join(filter(None, (str(_ROOT), os.environ.get("PYTHONPATH", ""))))
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", _MODULE],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, **dict.fromkeys(names, str(threads)), "PYTHONPATH": paths},
            encoding="utf-8",
            start_new_session=True,  # Ctrl+C is for who asks; the end of its questions ends this one
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )

    def ask(self, what: dict[str, Any]) -> dict[str, Any]:
        """The answer to a question. Errors: GradwireError, with the other's sentence or when it ended."""
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        line = ""
        with suppress(OSError, ValueError):
            stdin.write(json.dumps(what) + "\n")
            stdin.flush()
            line = stdout.readline()
        answer: dict[str, Any] = json.loads(line) if line else {"error": "the process that measures ended; start again"}
        if "error" in answer:
            raise GradwireError(answer["error"])
        return answer

    def kill(self) -> None:
        """End it, whoever waits for its answer."""
        with suppress(OSError):
            self._process.kill()

    def close(self) -> None:
        """End it, by the one who asks."""
        self.kill()
        with suppress(OSError, ValueError):
            self._process.communicate()
