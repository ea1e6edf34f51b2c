"""Asking ``probe.py``: what a bad driver does to that process is an answer here."""

from __future__ import annotations

import functools
import json
import os
import subprocess
import tempfile
import zlib
from contextlib import suppress
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


class Asked:
    """The probe at work, in a process of its own."""

    def __init__(self, *arguments: str) -> None:
        """Errors: OSError."""
        settings = {"PYOPENCL_NO_CACHE": "1", "OPENBLAS_NUM_THREADS": "1", "PYTHONWARNINGS": "ignore"}
        # A file rather than a pipe: a compiler that a killed driver left behind would hold a pipe open.
        self._output = tempfile.TemporaryFile()  # noqa: SIM115 - until ``end``
        try:
            self._process = subprocess.Popen(
                command(PROBE, arguments),
                stdin=subprocess.PIPE,  # which ends with this process, however that ends
                stdout=self._output,
                stderr=subprocess.DEVNULL,
                env={**os.environ, **settings},
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )
        except BaseException:
            self._output.close()
            raise

    def tell(self, line: str) -> None:
        """What it was started to wait for. Errors: OSError where it has ended."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n".encode())
        self._process.stdin.flush()

    def answer(self) -> dict[str, Any]:
        """See ``ask``. It ends then."""
        try:
            self._process.wait(TIME_LIMIT)
            self._output.seek(0)
            lines = self._output.read().decode("utf-8", errors="replace").splitlines()
        except subprocess.TimeoutExpired:
            return {"error": f"its driver gave no answer within {TIME_LIMIT:g} s"}
        finally:
            self.end()
        for line in reversed(lines):
            if line.startswith("gradwire-probe:"):
                reply: dict[str, Any] = json.loads(line.partition(":")[2])
                return reply
        status = self._process.returncode
        if status < 0:
            crashed = -status not in STOPPED_BY_OTHERS
            return {"error": f"its driver crashed the test process (signal {-status})", "crashed": crashed}
        return {"error": f"its driver ended the test process (exit status {status})", "crashed": True}

    def end(self) -> None:
        """Nobody waits for it any more."""
        self._process.kill()
        with suppress(OSError), self._process:
            self._output.close()


def ask(*arguments: str) -> dict[str, Any]:
    """Run the probe with a time limit: ``{"answer": …}``, or ``{"error": words}`` whatever happens.

    With ``{"error": …, "crashed": True}`` its process came to an end by itself, not by the time limit or by someone.
    """
    try:
        with waiting_for(_in_words(arguments)):
            return Asked(*arguments).answer()
    except OSError as error:
        return {"error": f"its test could not be started ({error})"}


class Builder:
    """Builds texts for a device, each in a process of its own. Once it is told that somebody waits for what is built,
    it has the next process ready beforehand, which takes as long to begin as a small text to build."""

    def __init__(self, identity: str) -> None:
        self._identity = identity
        self._ahead = False
        self._ready: Asked | None = None

    def begin(self) -> None:
        """Somebody will wait for what is built from now on."""
        self._ahead = True
        if self._ready is None:
            with suppress(OSError):
                self._ready = Asked("later", self._identity)

    def build(self, options: str, source: str, binary: str) -> dict[str, Any]:
        """As ``ask``."""
        reply: dict[str, Any] = {}
        ready, self._ready = self._ready, None
        if ready is not None:
            with suppress(OSError), waiting_for(_in_words(("build", self._identity))):
                try:
                    ready.tell(json.dumps([json.loads(options), source, binary]))
                    reply = ready.answer()
                finally:
                    ready.end()
        if "built" not in reply.get("answer", {}):
            # What was ready may have been so for too long.
            reply = ask("build", self._identity, options, source, binary)
        if self._ahead:
            self.begin()
        return reply

    def end(self) -> None:
        """Nobody waits any more."""
        self._ahead, ready, self._ready = False, self._ready, None
        if ready is not None:
            ready.end()


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
