"""What is pinned is what is installed, and what must not be installed is not."""

from __future__ import annotations

import re
from importlib.metadata import distributions, version
from pathlib import Path

ROOT = Path(__file__).parents[1]
TOOLS = {"pip", "setuptools", "wheel", "gradwire"}


def plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def pins() -> dict[str, str]:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pairs = (line.partition("==") for line in lines if line and not line.startswith("#"))
    return {name: wanted for name, _, wanted in pairs}


def test_every_package_in_use_is_pinned_by_version_alone() -> None:
    pinned = {plain(name): wanted for name, wanted in pins().items()}
    installed = {plain(d.metadata["Name"]): d.version for d in distributions()}
    unpinned = set(installed) - set(pinned) - TOOLS
    assert not unpinned
    assert {name: pinned[name] for name in installed if name in pinned} == {
        name: number for name, number in installed.items() if name in pinned
    }


def test_the_qt_that_aborts_python_3_11_is_kept_out() -> None:
    major, minor = (int(part) for part in version("PySide6-Essentials").split(".")[:2])
    assert (major, minor) < (6, 12)
