"""Kills processes while they save: ``python -m tests.campaigns.kills [--minutes M] [--seed N]``.

A process saves two documents in turn over one file, and is killed at a random moment, again and again. Afterwards the
file is one of the two, whole; what was left beside it goes at the next save.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from compute.document import load, save
from compute.errors import GradwireError
from compute.gallery import load_entry

ROOT = Path(__file__).resolve().parents[2]
_SAVES = """
import os, signal, sys, time
from pathlib import Path
from compute.document import load, save
path, documents = Path(sys.argv[1]), [load(each) for each in sys.argv[2:]]
def saving():
    while True:
        for document in documents:
            save(document, path)
for seconds in sys.stdin:
    if not hasattr(os, "fork"):
        print("saving", flush=True)
        saving()
    # A process that has everything loaded already is there at once.
    child = os.fork()
    if not child:
        saving()
    time.sleep(float(seconds))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    print("killed", flush=True)
"""


@dataclass
class Tally:
    """What came of the kills: how many there were, temporary files left in all, and what was wrong, in words."""

    kills: int
    left: int
    wrong: list[str]


def run(kills: int, seed: int, suffix: str, until: float = float("inf")) -> Tally:
    """Kill so many processes, or as many as there are until then, in a folder of their own."""
    r, tally = random.Random(seed), Tally(0, 0, [])
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        versions = [folder / "versions" / f"{entry}{suffix}" for entry in ("spiral", "tumours")]
        versions[0].parent.mkdir()
        whole: dict[str, bytes] = {}
        for version in versions:
            document = load_entry(version.stem)
            save(document, version)
            whole[document.name] = version.read_bytes()
        path = folder / f"document{suffix}"
        save(load(versions[0]), path)
        savers = _Savers(path, versions)
        for _ in range(kills):
            if time.monotonic() > until:
                break
            before = _temporary(folder)
            savers.kill_one(r.uniform(0.0, 0.05))
            tally.kills += 1
            # One at most: what earlier ones left went at the first save of this one.
            left = _temporary(folder)
            tally.left += len(left - before)
            if len(left) > 1:
                tally.wrong.append(f"{len(left)} temporary files after one kill")
            tally.wrong += _wrong_with(path, whole)
        savers.close()
        save(load(versions[0]), path)
        if _temporary(folder):
            tally.wrong.append("temporary files are left after a save")
    return tally


class _Savers:
    """Processes that save, one after the other."""

    def __init__(self, path: Path, versions: list[Path]) -> None:
        self._command = [sys.executable, "-c", _SAVES, str(path), *map(str, versions)]
        self._process: subprocess.Popen[str] | None = None

    def kill_one(self, seconds: float) -> None:
        """Kill one after so many seconds of saving."""
        if self._process is None:
            environment = os.environ | {"PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1"}
            pipe = subprocess.PIPE
            self._process = subprocess.Popen(self._command, stdin=pipe, stdout=pipe, env=environment, text=True)
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(seconds, file=self._process.stdin, flush=True)
        if self._process.stdout.readline() == "saving\n":
            time.sleep(seconds)
            self.close()

    def close(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None


def _temporary(folder: Path) -> set[str]:
    return {entry.name for entry in folder.iterdir() if entry.name.startswith(".gradwire-")}


def _wrong_with(path: Path, whole: dict[str, bytes]) -> Iterator[str]:
    try:
        document = load(path)
    except GradwireError as error:
        yield f"not whole: {error}"
        return
    # An archive holds the time at which it was written, so the content is compared.
    if path.suffix == ".json" and path.read_bytes() != whole[document.name]:
        yield f"{document.name} is another document"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    args = parser.parse_args()
    end, total, seed = time.monotonic() + 60 * args.minutes, Tally(0, 0, []), args.seed
    while time.monotonic() < end:
        for suffix in (".json", ".gradwire"):
            found = run(500, seed, suffix, end)
            total = Tally(total.kills + found.kills, total.left + found.left, total.wrong + found.wrong)
            seed += 1
        print(
            f"{total.kills} kills, {total.left} temporary files left by them, {len(total.wrong)} findings", flush=True
        )
    for wrong in total.wrong:
        print(wrong)
    return 1 if total.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
