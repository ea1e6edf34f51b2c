"""The changes for the system that the program runs on, and for the person who runs it."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from compute.errors import GradwireError
from compute.integration.changes import Changes, Registry, is_put, put, take_back
from compute.integration.linux import linux
from compute.integration.macos import macos
from compute.integration.starting import starting
from compute.integration.windows import tell_explorer, windows

WRITTEN = "Gradwire is in the menu, and opens .gradwire files."
REMOVED = "Gradwire is out of the menu."


def integrate() -> Sequence[str]:
    """Make the program known; returns what was written, in words. Errors: GradwireError."""
    told = put(_changes(removing=False), _registry())
    tell_explorer()
    return told


def take_out() -> Sequence[str]:
    """Take all of that back; returns what was there, in words. Errors: GradwireError."""
    told = take_back(_changes(removing=True), _registry())
    tell_explorer()
    return told


def is_integrated() -> bool:
    """Whether the system knows this program, at the place where it is now. Errors: GradwireError."""
    return is_put(_changes(removing=False), _registry())


def _changes(removing: bool) -> Changes:
    start = starting()
    if sys.platform == "win32":
        folders = [os.environ.get(name) for name in ("APPDATA", "LOCALAPPDATA")]
        if not all(folders):
            raise GradwireError("APPDATA and LOCALAPPDATA are not set; start this from a person's own session")
        roaming, local = (Path(folder or "") for folder in folders)
        return windows(start, roaming, local, removing=removing)
    if sys.platform == "darwin":
        return macos(start, Path.home(), removing=removing)
    return linux(start, Path.home())


def _registry() -> Registry | None:
    if sys.platform == "win32":
        import winreg

        return winreg
    return None
