"""C sources of the gallery and of random graphs, compiled by ziglang for this machine and for ARM, and run there.

    python -m tests.campaigns.c_targets --zig PYTHON [--qemu FOLDER] [--graphs 60]

``--zig``: a Python with ziglang from PyPI. ``--qemu``: where Debian's qemu-arm-static and qemu-aarch64-static lie;
without it only this machine is tried. The largest differences stand in a table; one over the format's tolerance, a
source that is not compiled, or a program that stops, makes the campaign fail. What C has no way to say is counted.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from compute.errors import GradwireError
from compute.export import FORMATS, c_compiler, c_file, export
from compute.gallery import GALLERY, load_entry
from tests.campaigns import formats

TARGETS = {
    "this machine": ((), ""),
    "arm": (("-target", "arm-linux-musleabihf", "-mcpu=cortex_a7", "-static"), "qemu-arm-static"),
    "aarch64": (("-target", "aarch64-linux-musl", "-static"), "qemu-aarch64-static"),
}
Done = Callable[..., subprocess.CompletedProcess[bytes]]


def on(target: str, zig: str, qemu: Path | None, plain: Done) -> None:
    """Let the export compile for a target, and run what comes of it there."""
    flags, emulator = TARGETS[target]
    command = (zig, "-m", "ziglang", "cc", *flags)

    def done(given: list[str], rows: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        runs = given[0].endswith("run_it.exe") and emulator and qemu is not None
        return plain([str(qemu / emulator), *given] if runs and qemu is not None else given, rows)

    replaced: dict[str, Any] = {"compiler": lambda: command, "_done": done}
    vars(c_compiler).update(replaced)
    vars(c_file).update({"compiler": replaced["compiler"]})


def gallery(tally: formats.Tally, numbers: str) -> None:
    """Each document as C, with rows of its table."""
    known = next(each for each in FORMATS if each.suffixes[0] == ".c")
    for entry in GALLERY:
        with TemporaryDirectory() as folder:
            try:
                report = export(load_entry(entry.id), Path(folder) / "net.c", options={"numbers": numbers})
                tally.largest[f"gallery, {numbers}"].append(report.largest_difference)
            except GradwireError as error:
                wrong = "compiler" in str(error) or "program" in str(error) or "differ" in str(error)
                said = f"{known.title}: {str(error)[-120:]}"
                if wrong:
                    tally.wrong.append(said)
                else:
                    tally.refused[said] += 1


def main() -> int:
    """The table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    parser.add_argument("--zig", required=True)
    parser.add_argument("--qemu", type=Path)
    parser.add_argument("--graphs", type=int, default=60)
    asked = parser.parse_args()
    FORMATS[:] = [each for each in FORMATS if each.suffixes[0] == ".c"]
    plain, wrong = c_compiler._done, 0
    print("| target | format | networks | largest difference |\n|---|---|---|---|")
    for target in TARGETS if asked.qemu else ("this machine",):
        on(target, asked.zig, asked.qemu, plain)
        tally = formats.Tally()
        for numbers in ("float32", "int8"):
            gallery(tally, numbers)
        formats.random_graphs(asked.graphs, tally)
        for title, found in tally.largest.items():
            print(f"| {target} | {title} | {len(found)} | {max(found):.0e} |", flush=True)
        refused = "; ".join(f"{often} × {why}" for why, often in tally.refused.most_common(8))
        print(f"{target}: refused {refused}", file=sys.stderr)
        for one in tally.wrong[:10]:
            print("WRONG", target, one, file=sys.stderr)
        wrong += len(tally.wrong)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
