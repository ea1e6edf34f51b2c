"""The door: versions that cannot work are refused with a sentence before anything else is tried."""

from __future__ import annotations

import importlib
import importlib.metadata
import linecache
import subprocess
import sys
import types
from pathlib import Path

import pytest

import main as door

ROOT = Path(__file__).resolve().parents[1]


def test_old_python_is_refused(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "OLDEST_PYTHON", (99, 0))
    assert door.main(["--help"]) == 2
    assert capsys.readouterr().err.startswith("error: Gradwire needs Python 3.11 or newer and this is 3.")


def test_qt_that_crashes_this_python_is_refused(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.metadata, "version", lambda name: "6.12.0")
    monkeypatch.setattr(sys, "version_info", (3, 11, 9))
    assert door.main([]) == 2
    assert "PySide6 6.12.0 crashes on Python older than 3.12; install another one" in capsys.readouterr().err


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux has desktops without a display")
def test_without_a_display_a_command_is_suggested(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    assert door.main([]) == 2
    assert "there is no display for the window; use a command" in capsys.readouterr().err


def test_a_command_needs_no_qt_and_blas_has_one_thread() -> None:
    program = (
        "import sys, os; sys.modules['PySide6'] = None; os.environ.pop('OPENBLAS_NUM_THREADS', None)\n"
        "from main import main\n"
        "assert 'numpy' not in sys.modules\n"
        "assert os.environ['OPENBLAS_NUM_THREADS'] == '1'\n"
        "sys.exit(main(['trace', 'resources/gallery/xor.json', '--engine', 'reference', '--quiet']))"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_ctrl_c_while_modules_are_loaded_is_a_sentence(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Loading(types.ModuleType):
        def __getattr__(self, name: str) -> object:
            raise KeyboardInterrupt

    monkeypatch.setitem(sys.modules, "compute.cli", Loading("compute.cli"))
    assert door.main(["devices"]) == 130
    assert capsys.readouterr().err == "error: stopped by Ctrl+C; nothing was written\n"


def test_qt_does_not_read_the_source_of_what_is_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    importlib.import_module("editor")
    (tmp_path / "imported_beside_qt.py").write_text("NUMBER = 1\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    module = __import__("imported_beside_qt")  # as the statement does, which Qt listens to
    monkeypatch.delitem(sys.modules, "imported_beside_qt")
    assert module.NUMBER == 1
    assert module.__file__ not in linecache.cache
