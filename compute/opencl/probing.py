"""Asking ``probe.py``: what a bad driver does to that process is an answer here."""

from __future__ import annotations

import functools
import json
import os
import subprocess
import tempfile
import zlib
from pathlib import Path
from typing import Any

from compute.child import command
from compute.errors import one_line
from compute.waiting import waiting_for

PROBE = Path(__file__).with_name("probe.py")
TIME_LIMIT = 45.0
"""Seconds; a cold build takes one on a free machine."""
STOPPED_BY_OTHERS = {1, 2, 9, 15}
"""Signals by which a terminal, a person, or a system short of memory ends a process."""


def ask(*arguments: str) -> dict[str, Any]:
    """Run the probe with a time limit: ``{"answer": …}``, or ``{"error": words}`` whatever happens.

    With ``{"error": …, "crashed": True}`` its process came to an end by itself, not by the time limit or by someone.
    """
    settings = {"PYOPENCL_NO_CACHE": "1", "OPENBLAS_NUM_THREADS": "1", "PYTHONWARNINGS": "ignore"}
    # A file rather than a pipe: a compiler that a killed driver left behind would hold a pipe open.
    try:
        with waiting_for(_in_words(arguments)), tempfile.TemporaryFile() as output:
            with subprocess.Popen(
                command(PROBE, arguments),
                stdin=subprocess.PIPE,  # which ends with this process, however that ends
                stdout=output,
                stderr=subprocess.DEVNULL,
                env={**os.environ, **settings},
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            ) as done:
                try:
                    done.wait(TIME_LIMIT)
                except BaseException:
                    done.kill()
                    raise
            output.seek(0)
            lines = output.read().decode("utf-8", errors="replace").splitlines()
    except subprocess.TimeoutExpired:
        return {"error": f"its driver gave no answer within {TIME_LIMIT:g} s"}
    except OSError as error:
        return {"error": f"its test could not be started ({error})"}
    for line in reversed(lines):
        if line.startswith("gradwire-probe:"):
            reply: dict[str, Any] = json.loads(line.partition(":")[2])
            return reply
    if done.returncode < 0:
        crashed = -done.returncode not in STOPPED_BY_OTHERS
        return {"error": f"its driver crashed the test process (signal {-done.returncode})", "crashed": crashed}
    return {"error": f"its driver ended the test process (exit status {done.returncode})", "crashed": True}


def _in_words(arguments: tuple[str, ...]) -> str:
    """What is waited for."""
    if arguments[0] == "list":
        return "Waiting for the OpenCL drivers to say which devices there are …"
    name = json.loads(arguments[1])["name"] if len(arguments) > 1 else "the device"
    doing = "build kernels" if arguments[0] == "build" else "pass its test"
    return one_line(f"Waiting for {name} to {doing}; it has {TIME_LIMIT:g} s for that …")


@functools.cache
def probe_version() -> str:
    """Changes with the probe, so that what an older one found out is not believed."""
    return f"{zlib.crc32(PROBE.read_bytes()):08x}"
