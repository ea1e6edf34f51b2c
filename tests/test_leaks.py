"""The conditions of ``conftest.py`` hold: what a test leaves behind fails it, and says where it was started."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import platformdirs

ROOT = Path(__file__).parents[1]
HEAD = """\
import gc, threading, time, warnings
import pytest
from PySide6.QtCore import QObject, QThread, QTimer, qWarning
from PySide6.QtWidgets import QLabel, QMenu, QWidget
kept = []
"""
CLEAN = """
def test_everything_is_put_away(qtbot):
    window = QWidget()
    qtbot.addWidget(window)
    window.show()
    timer = QTimer(window)
    timer.start(10)
    QTimer.singleShot(1, lambda: None)
    QTimer.singleShot(60_000, QObject(), lambda: None)
    thread = threading.Thread(target=lambda: time.sleep(0.05))
    thread.start()
    menu = QMenu()
    menu.cycle = menu
    qtbot.wait(20)
def test_cycles_wait_for_this_thread(qapp):
    assert not gc.isenabled()
def test_without_qt_the_collector_runs():
    assert gc.isenabled()
"""
LEAKS = """
def test_thread():
    threading.Thread(target=lambda: time.sleep(9), daemon=True).start()
def test_timer(qapp):
    kept.append(QTimer())
    kept[0].start(1000)
def test_single_shot(qapp):
    QTimer.singleShot(60_000, lambda: None)
def test_window(qapp):
    kept.append(QLabel("x"))
def test_warning():
    qWarning("a complaint")
@pytest.fixture
def late():
    yield
    qWarning("a late complaint")
def test_late_warning(late):
    pass
def test_python_warning():
    warnings.warn("old")
"""


def outcome(code: str, folder: Path) -> tuple[int, str]:
    """The exit status and output of pytest on a file with that code, under this project's conditions."""
    test = folder / "test_it.py"
    test.write_text(HEAD + code, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-p", "tests.conftest", "-p", "no:cacheprovider", str(test)]
    settings = [f"--config-file={ROOT / 'pyproject.toml'}", f"--rootdir={folder}"]
    done = subprocess.run([*command, *settings], cwd=ROOT, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def test_a_test_that_puts_everything_away_passes(tmp_path: Path) -> None:
    status, output = outcome(CLEAN, tmp_path)
    assert status == 0, output
    assert "3 passed" in output


def test_what_is_left_behind_fails_the_test(tmp_path: Path) -> None:
    status, output = outcome(LEAKS, tmp_path)
    assert status == 1, output
    for kind in ("thread", "timer", "single_shot", "window", "late_warning"):
        assert re.search(rf"ERROR \S*test_it.py::test_{kind}\b", output), output
    for kind in ("warning", "python_warning"):
        assert re.search(rf"FAILED \S*test_it.py::test_{kind}\b", output), output
    for kind, line in (("thread 'Thread", 8), ("timer of 1000 ms", 11), ("single shot due", 13)):
        assert re.search(rf"{kind}.* at \S*test_it.py:{line} test_", output), output
    assert "window QLabel" in output
    assert "a late complaint" in output


def test_no_test_sees_the_persons_folders() -> None:
    for folder in (platformdirs.user_cache_dir("gradwire"), platformdirs.user_config_dir("gradwire")):
        assert "gradwire-tests-" in folder
    assert "gradwire-tests-" in str(Path.home())
    assert os.environ["QT_QPA_PLATFORM"] in ("offscreen", os.environ.get("GRADWIRE_TEST_PLATFORM"))
    assert os.environ["OPENBLAS_NUM_THREADS"] == "1"
