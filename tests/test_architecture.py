"""The layers: what may know what."""

from __future__ import annotations

import json
import re
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


IMPORT = re.compile(r"^[ \t]*(?:from ([\w.]+) import (?:\(([^)]*)\)|([^\n#]*))|import ([^\n#]*))", re.MULTILINE)


def imports_of(path: Path, modules: Container[str]) -> set[str]:
    """Those of the modules that a file imports anywhere: at its top, in its functions, and for the types alone."""
    found: set[str] = set()
    code = re.sub(r'""".*?"""', "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    for source, several, one, whole in IMPORT.findall(code):
        assert not source.startswith("."), f"{path}: imports are written in full"
        names = [name.split()[0] for name in re.sub(r"#.*", "", several or one or whole).split(",") if name.strip()]
        found |= {f"{source}.{name}" if f"{source}.{name}" in modules else source or name for name in names}
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


def test_every_way_to_import_is_found(tmp_path: Path) -> None:
    path = tmp_path / "module.py"
    path.write_text(
        '"""How\nimport unused\nis not meant."""\n'
        "import a.b\nfrom a import b  # noqa\nfrom c import (\n    d as e,  # it\n    f,\n)\n"
        "if TYPE_CHECKING:\n    from g.h import I\ndef f():\n    import j, k as l\n",
        encoding="utf-8",
    )
    modules = {"a", "a.b", "c", "c.d", "c.f", "g", "g.h", "j", "k", "unused"}
    assert imports_of(path, modules) == modules - {"a", "c", "g", "unused"}


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
