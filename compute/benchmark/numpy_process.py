"""NumPy's matrix product, in a process of its own.

Here NumPy has one thread, since its threads and those of an OpenCL runtime for the processor take each other's cores;
there it has all cores. Run by its path, this file is that process: it reads a line of JSON, does what it says, and
answers with one.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import suppress
from typing import Any


class NumpyProcess:
    """The process, as seen from here. Errors: GradwireError when it ends early."""

    def __init__(self, threads: int) -> None:
        names = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
        self._process = subprocess.Popen(
            [sys.executable, "-P", __file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, **dict.fromkeys(names, str(threads))},
            text=True,
            # Ctrl+C is for who asks; the end of its questions ends this one.
            start_new_session=True,
        )

    def prepare(self, kind: str, m: int, k: int, n: int) -> None:
        """The product to compute from now on; ``kind``: which operand is transposed in memory."""
        self._ask({"kind": kind, "m": m, "k": k, "n": n})

    def multiply(self, count: int) -> None:
        """The product so many times."""
        self._ask({"count": count})

    def close(self) -> None:
        """End it."""
        self._process.kill()
        with suppress(OSError):
            self._process.communicate()

    def __enter__(self) -> NumpyProcess:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _ask(self, what: dict[str, Any]) -> None:
        from compute.errors import GradwireError

        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        with suppress(OSError):
            stdin.write(json.dumps(what) + "\n")
            stdin.flush()
        if not stdout.readline():
            raise GradwireError("the process that computes with NumPy ended early; try again")


def serve() -> None:
    """Answer until the other end is closed."""
    import numpy as np

    random = np.random.default_rng(0)
    a = b = out = np.zeros((1, 1), np.float32)
    for line in sys.stdin:
        asked = json.loads(line)
        if "kind" in asked:
            m, k, n = asked["m"], asked["k"], asked["n"]
            a, b = (random.standard_normal(size).astype(np.float32) for size in ((m, k), (k, n)))
            if asked["kind"][0] == "T":
                a = np.ascontiguousarray(a.T).T
            if asked["kind"][1] == "T":
                b = np.ascontiguousarray(b.T).T
            out = np.empty((m, n), np.float32)
        for _ in range(asked.get("count", 1)):
            np.matmul(a, b, out=out)
        sys.stdout.write("{}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    # Who asked may be gone or interrupted; there is nothing to say then.
    with suppress(KeyboardInterrupt, BrokenPipeError):
        serve()
