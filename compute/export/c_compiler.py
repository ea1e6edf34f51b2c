"""A C compiler, where there is one, to run what was exported once more."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from shutil import which
from tempfile import TemporaryDirectory

import numpy as np
import numpy.typing as npt

from compute.child import systems_environment
from compute.errors import GradwireError
from compute.export.c_parts import TEST

_LONGEST = 120.0
"""Seconds for each of the compiler and the program."""


@cache
def compiler() -> tuple[str, ...] | None:
    """The command that compiles C here; None where none does."""
    known: list[tuple[str, ...]] = [(found,) for name in ("gcc", "clang", "cc") if (found := which(name))]
    if find_spec("ziglang") is not None and not getattr(sys, "frozen", False):
        known.append((sys.executable, "-m", "ziglang", "cc"))
    for command in known:
        with TemporaryDirectory() as folder:
            source = Path(folder) / "empty.c"
            source.write_text("int main(void) { return 0; }\n", encoding="utf-8")
            try:
                # A command of that name may only offer to install one.
                if _done([*command, str(source), "-o", str(Path(folder) / "empty.exe")]).returncode == 0:
                    return command
            except (OSError, subprocess.TimeoutExpired):
                continue
    return None


def run_rows(
    source: Path, function: str, rows: npt.NDArray[np.float32], given: Sequence[int], found: Sequence[int]
) -> npt.NDArray[np.float32]:
    """What a function of an exported source gives for each row.

    rows (rows, numbers); given: how many of them each of its pointers to inputs gets; found: how many each pointer to
    outputs is for. Errors: GradwireError where it cannot be compiled or run.
    """
    command = compiler()
    assert command is not None
    places = [f"given + {sum(given[:at])}" for at in range(len(given))]
    places += [f"found + {sum(found[:at])}" for at in range(len(found))]
    names = {"header": source.with_suffix(".h").name, "given": sum(given), "found": sum(found), "rows": len(rows),
             "call": f"{function}({', '.join(places)})"}  # fmt: skip
    with TemporaryDirectory() as folder:
        test, program = Path(folder) / "run_it.c", Path(folder) / "run_it.exe"
        test.write_text(TEST % names, encoding="utf-8")
        made = [
            *command,
            "-std=c99",
            "-O1",
            f"-I{source.parent}",
            "-x",
            "c",
            str(test),
            str(source),
            "-o",
            str(program),
            "-lm",
        ]
        try:
            compiled = _done(made)
            if compiled.returncode:
                said = compiled.stderr.decode(errors="replace").strip().splitlines()
                raise GradwireError(f"the C compiler refuses it: {said[0] if said else 'without a word'}")
            ran = _done([str(program)], rows.astype("<f4").tobytes())
        except (OSError, subprocess.TimeoutExpired) as error:
            raise GradwireError(f"its program could not be run: {error}") from error
    if ran.returncode or len(ran.stdout) != 4 * len(rows) * sum(found):
        raise GradwireError("its program stopped before it had answered all rows")
    return np.frombuffer(ran.stdout, "<f4").reshape(len(rows), -1)


def _done(command: list[str], given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        command,
        input=given,
        capture_output=True,
        timeout=_LONGEST,
        check=False,
        env=systems_environment(),
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
    )
