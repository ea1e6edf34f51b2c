"""The layers: what may know what."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Container, Iterable, Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
COMPUTE = sorted(
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    for path in (ROOT / "compute").rglob("*.py")
)


def loaded_by(*modules: str) -> set[str]:
    """The top-level names in ``sys.modules`` of a new process that imports these modules."""
    code = (
        "import importlib, json, sys\n"
        f"for name in {modules!r}: importlib.import_module(name)\n"
        "print(json.dumps(sorted({name.partition('.')[0] for name in sys.modules})))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout))


def test_compute_loads_no_window() -> None:
    assert not loaded_by(*COMPUTE) & {"editor", "PySide6", "shiboken6", "pyqtgraph"}


def test_heavy_libraries_wait_until_they_are_needed() -> None:
    heavy = {"pyopencl", "sklearn", "scipy", "onnx", "ziamath", "fast_sugiyama", "PySide6", "pyqtgraph"}
    assert not loaded_by("compute") & heavy
    assert not loaded_by("compute.opencl.devices") & heavy
    assert not loaded_by("main") & heavy


def test_a_command_opens_no_window() -> None:
    code = (
        "import runpy, sys\n"
        "sys.argv = ['main.py', 'devices', '--json']\n"
        "try:\n"
        "    runpy.run_path('main.py', run_name='__main__')\n"
        "except SystemExit as end:\n"
        "    assert not end.code, end.code\n"
        "assert not {'PySide6', 'pyqtgraph', 'editor'} & set(sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    json.loads(done.stdout)


@pytest.mark.parametrize("package", ["compute", "editor", "tests"])
def test_modules_are_short(package: str) -> None:
    lengths = {
        str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines())
        for path in (ROOT / package).rglob("*.py")
    }
    assert lengths
    assert not {path: lines for path, lines in lengths.items() if lines >= 500}


def imports_of(path: Path, modules: Container[str]) -> set[str]:
    """Those of the modules that a file imports anywhere: at its top, in its functions, and for the types alone."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are written in full"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            found |= {name if name in modules else str(node.module) for name in names}
    return {name for name in found if name in modules}


def circles(arrows: Mapping[str, Iterable[str]]) -> list[str]:
    """A sentence for each way from a module back to it that leads along arrows, found by walking them in depth."""
    found, done, way = [], set[str](), list[str]()

    def visit(module: str) -> None:
        if module in way:
            found.append(" → ".join([*way[way.index(module) :], module]))
        elif module not in done:
            way.append(module)
            for each in sorted(arrows[module]):
                visit(each)
            done.add(way.pop())

    for module in sorted(arrows):
        visit(module)
    return found


def test_a_circle_is_found() -> None:
    assert circles({"a": ["b"], "b": ["c", "d"], "c": [], "d": ["a", "c"]}) == ["a → b → d → a"]
    assert circles({"a": ["b", "c"], "b": ["c"], "c": []}) == []


def test_no_files_import_each_other_in_a_circle() -> None:
    modules = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
        for package in ("compute", "editor")
        for path in (ROOT / package).rglob("*.py")
    }
    arrows = {name: imports_of(path, modules) - {name} for name, path in modules.items()}
    assert sum(map(len, arrows.values())) > 500
    assert circles(arrows) == []
