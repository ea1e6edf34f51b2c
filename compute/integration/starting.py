"""By which call the program that is running now is started again."""

from __future__ import annotations

import shutil
import sys
import sysconfig
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from compute.child import built

WINDOW = "gradwire-window"
"""The installed call that has no terminal on Windows."""


def installed() -> bool:
    """Whether the program was started as one that is installed, and not from a folder with its sources."""
    return built() or Path(sys.argv[0]).stem in (WINDOW, "gradwire")


def starting(platform: str = sys.platform) -> Sequence[str]:
    """The program and the arguments before the file's name."""
    if built():
        return [str(Path(sys.executable).resolve())]
    # Where this Python's own calls are, of an environment that need not be active.
    folders = [str(Path(sys.executable).parent), sysconfig.get_path("scripts")]
    with suppress(KeyError):
        folders.append(sysconfig.get_path("scripts", sysconfig.get_preferred_scheme("user")))
    for name in (WINDOW, "gradwire") if platform == "win32" else ("gradwire",):
        for folder in folders:
            found = shutil.which(name, path=folder)
            if found is not None:
                return [str(Path(found).absolute())]
    python = Path(sys.executable)
    without_terminal = python.with_name("pythonw.exe")
    if platform == "win32" and without_terminal.exists():
        python = without_terminal
    return [str(python), str(Path(__file__).resolve().parents[2] / "main.py")]
