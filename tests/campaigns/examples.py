"""Every example under ``--help`` and in the manual, called as it is printed, in a folder that has what it names.

python -m tests.campaigns.examples [COMMAND …]
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from compute.cli.examples import EXAMPLES
from compute.document import save
from compute.engines import open_engine
from compute.export import export
from compute.fitting import fit
from compute.gallery import load_entry

ROOT = Path(__file__).parents[2]
SELVES = {"exercise": "exercise_z_2x_y", "mark": "exercise_z_2x_y"}
"""What ``net.json`` is for a command; else a network that trains."""


def furnish(folder: Path, command: str) -> None:
    """Put there what the examples of a command name."""
    document = load_entry(SELVES.get(command, "two_layers"))
    if document.exercise is not None:
        document.exercise = replace(document.exercise, learner=None)  # as a teacher has it
    save(document, folder / "net.json")
    (folder / "class.csv").write_text("id,name,e-mail\n1,Ada,ada@x.org\n2,Bob,bob@x.org\n", encoding="utf-8")
    if command == "mark":
        make = ["exercise", "make", "net.json", "--students", "class.csv", "--out", "handed-in", "--quiet"]
        subprocess.run([sys.executable, str(ROOT / "main.py"), *make], cwd=folder, check=True)
    engine, _ = open_engine("reference")
    trained = load_entry("two_layers")
    fit(trained, engine, epochs=3)
    for name in ("trained", "one", "other", "tumours"):
        save(trained, folder / f"{name}.gradwire")
    (folder / "new.csv").write_text("x1,x2\n0.5,0.25\n-1,2\n", encoding="utf-8")
    export(trained, folder / "network.onnx")


def calls(line: str) -> list[list[str]]:
    """The calls of gradwire that a line of a shell has."""
    inside = line.split("$(")[-1].split(")")[0].split(" | ")[0] if "completion" in line else line
    words = shlex.split(inside)
    assert words[0] == "gradwire", line
    return [[sys.executable, str(ROOT / "main.py"), *words[1:]]]


def main(commands: list[str]) -> int:
    """Run them, and say of each how it ended; returns how many failed."""
    failed = 0
    for command in commands or EXAMPLES:
        for line, says in EXAMPLES[command]:
            with tempfile.TemporaryDirectory() as name:
                folder = Path(name)
                furnish(folder, command)
                before = {path.name for path in folder.iterdir()}
                environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "GRADWIRE_CLOSE_AFTER_MS": "1500"}
                environment |= {"HOME": name, "XDG_CONFIG_HOME": name, "XDG_DATA_HOME": name, "PYTHONPATH": str(ROOT)}
                start = time.perf_counter()
                for call in calls(line):
                    done = subprocess.run(call, cwd=folder, env=environment, capture_output=True, text=True)
                    made = sorted({path.name for path in folder.iterdir()} - before)
                    ok = done.returncode == 0
                    failed += not ok
                    seconds = time.perf_counter() - start
                    print(f"{'ok' if ok else 'FAILED':6} {seconds:5.1f} s  {line}  ({says})  {' '.join(made)}")
                    if not ok:
                        print(done.stderr.strip()[-500:])
                shutil.rmtree(folder, ignore_errors=True)
                folder.mkdir()
    print(f"{failed} failed")
    return failed


if __name__ == "__main__":
    sys.exit(bool(main(sys.argv[1:])))
