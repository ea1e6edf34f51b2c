"""Every generated family of kernels in Oclgrind, which sees each access to memory: none may lie outside of a buffer,
and no two work-items may touch one place unordered: ``python -m tests.campaigns.oclgrind [--only NAME,NAME]``.

One line for each family: kernels launched, and what was found. Within a buffer that many tensors share, each lies apart
in a bed of NaN: what reads beyond a tensor shows in the losses, which are compared with the reference engine's, and
what writes there in the bed. Two faults are planted, an index one beyond and a race; both must be found.

On Debian, without root: ``apt-get download oclgrind liboclgrind-21.10``, ``dpkg -x`` both into one folder, and name in
GRADWIRE_OCLGRIND the file ``liboclgrind-rt-icd.so`` there; LLVM 14 must be there, as it is with PoCL.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VARIABLE = "GRADWIRE_OCLGRIND"
PLACES = ("/usr/lib/oclgrind/liboclgrind-rt-icd.so", "/usr/lib/x86_64-linux-gnu/oclgrind/liboclgrind-rt-icd.so")
MARK = "gradwire-oclgrind:"
TIME_LIMIT = 1800.0
_KINDS = re.compile(r"^((?:Invalid|Unaligned|Uninit|Work-|Diverg|Write-|Read-)[^\n]*?)(?: of| at|$)")
_KERNEL = re.compile(r"^\s*Kernel: (\w+)")


@dataclass(frozen=True)
class Found:
    """A family: launches: of kernels; wrong: what the simulator saw, and numbers that differ from the reference's."""

    family: str
    launches: int
    wrong: list[str]


@cache
def library() -> Path | None:
    """Oclgrind's driver, if it is there."""
    named = os.environ.get(VARIABLE)
    places = [named] if named else PLACES
    return next((Path(place) for place in places if Path(place).is_file()), None)


def missing() -> str:
    """Why nothing can be run; "" where it can."""
    if find_spec("pyopencl") is None:
        return "PyOpenCL is not installed"
    named = os.environ.get(VARIABLE)
    if library() is None:
        return f"{named} is no file" if named else f"Oclgrind is not installed, nor named by {VARIABLE}"
    return ""


def run(families: Sequence[str], plant: str = "") -> list[Found]:
    """These families in a process that knows no other device. ``plant``: a fault, see ``oclgrind_families``."""
    driver = library()
    assert driver is not None
    with tempfile.TemporaryDirectory(prefix="gradwire-", ignore_cleanup_errors=True) as folder:
        (Path(folder) / "oclgrind.icd").write_text(f"{driver}\n", encoding="utf-8")
        beside = [driver.parent, driver.parent.parent / "x86_64-linux-gnu", os.environ.get("LD_LIBRARY_PATH", "")]
        settings = {
            "OCL_ICD_VENDORS": f"{folder}/",
            "LD_LIBRARY_PATH": os.pathsep.join(filter(None, map(str, beside))),
            "OCLGRIND_DATA_RACES": "1",
            "OCLGRIND_LOG": f"{folder}/log",
            "OCLGRIND_MAX_ERRORS": "100000",
            "PYTHONPATH": os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH")))),
        }
        done = subprocess.run(
            [sys.executable, "-m", "tests.campaigns.oclgrind_families", folder, plant, *families],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env={**os.environ, **settings},
            timeout=TIME_LIMIT,
            check=False,
            text=True,
        )
    if done.returncode:
        raise RuntimeError(done.stderr)
    answers = [json.loads(line.removeprefix(MARK)) for line in done.stdout.splitlines() if line.startswith(MARK)]
    return [Found(**answer) for answer in answers]


def told(log: str) -> list[str]:
    """What a log says, each kind of fault in each kernel once, with how often."""
    counted: Counter[str] = Counter()
    kind = ""
    for line in log.splitlines():
        if found := _KINDS.match(line):
            kind = found[1]
        elif kind and (named := _KERNEL.match(line)):
            counted[f"{kind} in {named[1]}"] += 1
            kind = ""
    return [f"{text} ({count} times)" for text, count in counted.items()]


def answer(found: Found) -> None:
    """Tell the process that asked."""
    sys.stdout.write(f"{MARK}{json.dumps(asdict(found))}\n")
    sys.stdout.flush()


def lines(families: Sequence[str]) -> Iterator[str]:
    """One for each family and each planted fault."""
    from tests.campaigns.oclgrind_families import FAMILIES, PLANTS

    for found in run(families or list(FAMILIES)):
        yield f"{found.family}: {found.launches} launches; {'; '.join(found.wrong) or 'clean'}"
    for plant, (family, words) in PLANTS.items():
        (found,) = run([family], plant)
        seen = [text for text in found.wrong if words in text]
        yield f"planted, {plant}: {'; '.join(seen) or 'NOT FOUND'}"


def main() -> int:
    """Run what the command line says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="families, separated by commas")
    given = parser.parse_args()
    if why := missing():
        sys.stderr.write(f"{why}.\n")
        return 2
    wrong = False
    for line in lines([name for name in given.only.split(",") if name]):
        wrong |= ("planted" not in line and not line.endswith("clean")) or "NOT FOUND" in line
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()
    return int(wrong)


if __name__ == "__main__":
    sys.exit(main())
