"""By which call the program that is running now is started again."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from compute.child import built

WINDOW = "gradwire-window"
"""The installed call that has no terminal on Windows."""


def starting(platform: str = sys.platform) -> Sequence[str]:
    """The program and the arguments before the file's name."""
    if built():
        return [str(Path(sys.executable).resolve())]
    # Beside this Python, of an environment that need not be active.
    folder = str(Path(sys.executable).parent)
    for name in (WINDOW, "gradwire") if platform == "win32" else ("gradwire",):
        found = shutil.which(name, path=folder)
        if found is not None:
            return [str(Path(found).absolute())]
    return [sys.executable, str(Path(__file__).resolve().parents[2] / "main.py")]
