"""Folders for the tests in place of the person's: empty ones, except for the kernels that earlier runs built."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path

PREFIX = "gradwire-tests-"


def move() -> Path:
    """Give this process a home of its own, to be removed at its end. Before anything imports Qt or platformdirs.

    The processes among which pytest-xdist shares out the tests have one cache, so that the drivers are asked once.
    The kernels in it outlast the run: each is kept under its text and its driver's version, checked when it is read,
    and thrown away when others are used more, so that neither another driver nor another process does harm.
    """
    home = Path(tempfile.mkdtemp(prefix=PREFIX))
    kernels = _lasting() / "kernels"
    for variable in ("HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA", "WIN_PD_OVERRIDE_LOCAL_APPDATA"):
        os.environ[variable] = str(home)
    for variable in ("CONFIG", "DATA", "STATE"):
        os.environ[f"XDG_{variable}_HOME"] = str(home / variable.lower())
    if "PYTEST_XDIST_WORKER" not in os.environ:
        os.environ["XDG_CACHE_HOME"] = str(home / "cache")
        (home / "cache" / "gradwire").mkdir(parents=True)
        # Where there can be no such folder or link, each run builds its kernels.
        with suppress(OSError):
            kernels.mkdir(parents=True, exist_ok=True)
            (home / "cache" / "gradwire" / "kernels").symlink_to(kernels, target_is_directory=True)
    return home


def _lasting() -> Path:
    """Where tests keep what the next run wants; a checkout may be gone by then."""
    cache = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA") or Path.home() / ".cache"
    return Path(cache) / "gradwire-tests"
