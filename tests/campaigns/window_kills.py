"""Kills windows with unsaved work: ``python -m tests.campaigns.window_kills [--kills N] [--seed N]``.

A window of its own process edits and trains without a pause and is killed at a random moment, again and again. Each
time it is counted how old the oldest edit is that is not in the recovery file, and the next window has to bring back
the rest.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from compute.document import Document, load

ROOT = Path(__file__).resolve().parents[2]
ALLOWED = 2.0
"""Seconds of edits that may be lost."""
LONGEST_LIFE = 5.0
PATIENCE = 120.0


@dataclass
class Tally:
    """What came of the kills. lost: for each, the seconds of edits that were lost; edits: how many were done in all."""

    kills: int = 0
    edits: int = 0
    lost: list[float] = field(default_factory=list)
    steps: list[int] = field(default_factory=list)
    """The training steps that each recovery file held."""
    wrong: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        worst, mean = max(self.lost, default=0.0), sum(self.lost) / max(1, len(self.lost))
        return (
            f"{self.kills} kills after {self.edits} edits: at most {worst:.2f} s of edits lost, "
            f"{mean:.2f} s on average; {len(self.wrong)} findings"
        )


class Window:
    """A process with a window; what it tells is read as it comes."""

    def __init__(self, home: Path, *options: str) -> None:
        homes = {f"XDG_{name}_HOME": str(home / name.lower()) for name in ("CONFIG", "DATA", "STATE", "CACHE")}
        self.lines: list[str] = []
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.campaigns.killed_window", *options],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | homes | {"HOME": str(home), "PYTHONPATH": str(ROOT), "LOCALAPPDATA": str(home)},
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if line.endswith("\n"):  # else the kill came in the middle of it
                self.lines.append(line.rstrip("\n"))

    def told(self, word: str) -> list[list[str]]:
        """What came after a word, of every line that begins with it."""
        return [line.split()[1:] for line in list(self.lines) if line.split()[0] == word]

    def wait_for(self, word: str) -> str:
        """Until it has told that, or what went wrong."""
        end = time.monotonic() + PATIENCE
        while not self.told(word):
            if self.process.poll() is not None or time.monotonic() > end:
                return f"no “{word}”: {self.end()}"
            time.sleep(0.01)
        return ""

    def kill(self) -> float:
        """Kill it, and return when that was."""
        at = time.monotonic()
        self.process.kill()
        self.end()
        return at

    def end(self) -> str:
        """Wait until it is gone; returns the end of what it complained about."""
        self.process.kill()
        assert self.process.stderr is not None
        complaints = self.process.stderr.read()
        self.process.wait()
        self._reader.join()
        self.process.stderr.close()
        assert self.process.stdout is not None
        self.process.stdout.close()
        return complaints[-500:]


def kept(home: Path) -> list[Document]:
    """The documents in recovery files."""
    return [load(path) for path in sorted(home.rglob("recovery/*/*.gradwire")) if path.stem.isdecimal()]


def run(kills: int, seed: int, tally: Tally | None = None) -> Tally:
    """Kill so many windows, each with the home of the one before."""
    r, tally = random.Random(seed), tally or Tally()
    with tempfile.TemporaryDirectory() as folder:
        home, before = Path(folder), None
        for _ in range(kills):
            window = Window(home, *(["--restore"] if before else []))
            wrong = window.wait_for("ready")
            if wrong:
                tally.wrong.append(wrong)
                return tally
            restored = [" ".join(words) for words in window.told("restored")]
            if before is not None and restored != [before]:
                tally.wrong.append(f"restored {restored} in place of {before}")
            time.sleep(r.uniform(0.0, LONGEST_LIFE))
            at = window.kill()
            tally.kills += 1
            before = _compare(window, at, kept(home), tally) or before
    return tally


def _compare(window: Window, at: float, found: list[Document], tally: Tally) -> str | None:
    """What the recovery file holds, as the next window shall tell it."""
    edits = [(int(number), float(when)) for number, when in window.told("edit")]
    tally.edits += len(edits)
    if len(found) > 1:
        tally.wrong.append(f"{len(found)} recovery files")
    held = int(found[0].name) if found and found[0].name.isdecimal() else 0
    missing = [when for number, when in edits if number > held]
    tally.lost.append(at - min(missing, default=at))
    if tally.lost[-1] > ALLOWED:
        tally.wrong.append(f"{tally.lost[-1]:.2f} s of edits are lost, of a life of {at - edits[0][1]:.2f} s")
    if not found:
        return None
    steps = found[0].progress.steps if found[0].progress else 0
    tally.steps.append(steps)
    return f"{steps} {found[0].name}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=300)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    args = parser.parse_args()
    total = Tally()
    for number in range(-(-args.kills // 20)):
        run(min(20, args.kills - 20 * number), args.seed + number, total)
        print(total, flush=True)
    for wrong in total.wrong:
        print(wrong)
    return 1 if total.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
