"""What is pinned is what is installed, and what must not be installed is not."""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import Distribution, distributions, version
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]


def plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def pins() -> dict[str, str]:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pairs = (line.partition("==") for line in lines if line and not line.startswith("#"))
    return {name: wanted for name, _, wanted in pairs}


def needed(installed: dict[str, Distribution]) -> set[str]:
    """The installed packages that running and checking Gradwire needs, and those that they need."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    waiting = [(text, "") for text in (*project["dependencies"], *extras["cpu"], *extras["dev"])]
    found: set[tuple[str, str]] = set()
    while waiting:
        text, extra = waiting.pop()
        wanted = Requirement(text)
        name = plain(wanted.name)
        if name not in installed or (wanted.marker and not wanted.marker.evaluate({"extra": extra})):
            continue
        for one in {"", *wanted.extras} - {extra for known, extra in found if known == name}:
            found.add((name, one))
            waiting += [(text, one) for text in installed[name].requires or ()]
    return {name for name, _ in found}


def test_every_package_in_use_is_pinned_by_version_alone() -> None:
    """Whatever else is in the environment, such as PyTorch for the benchmark, is the person's own."""
    pinned = {plain(name): wanted for name, wanted in pins().items()}
    installed = {plain(d.metadata["Name"]): d for d in distributions()}
    used = needed(installed)
    assert {"numpy", "pyqtgraph", "iniconfig"} <= used
    assert {name: installed[name].version for name in used} == {name: pinned.get(name) for name in used}


def test_nothing_is_pinned_that_is_not_needed() -> None:
    installed = {plain(d.metadata["Name"]): d for d in distributions()}
    used = needed(installed)
    assert [name for name in map(plain, pins()) if name in installed and name not in used] == []


def test_the_qt_that_aborts_python_3_11_is_kept_out() -> None:
    major, minor = (int(part) for part in version("PySide6-Essentials").split(".")[:2])
    assert (major, minor) < (6, 12)


def test_every_file_of_the_program_is_in_what_is_installed() -> None:
    """Without building it: setuptools takes packages with what is in them by these patterns, and nothing else."""
    tools = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]
    patterns = tools["package-data"]["*"]
    wanted = {each.removesuffix("*") for each in tools["packages"]["find"]["include"]}
    assert wanted == {"compute", "editor", "resources"}
    left_out = [
        path.relative_to(ROOT).as_posix()
        for package in sorted(wanted)
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and path.suffix != ".py"
        if not any(path.match(pattern) for pattern in patterns)
    ]
    assert left_out == []
