"""The window's part of the selftest: what it says, what it leaves alone, and that it fails where the window does."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

import pytest
from PySide6.QtCore import QSettings, QTimer
from PySide6.QtWidgets import QApplication

from compute.document import save
from compute.errors import GradwireError
from compute.gallery import load_entry
from editor import trial

HOMES = ("XDG_STATE_HOME", "XDG_CONFIG_HOME", "WIN_PD_OVERRIDE_LOCAL_APPDATA")


@pytest.fixture
def saved(tmp_path: Path, qapp: QApplication, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in HOMES:
        monkeypatch.setenv(name, str(tmp_path / "home"))
    monkeypatch.setattr(trial, "REST", 0.0)
    path = tmp_path / "net.gradwire"
    save(load_entry("log_square"), path)
    return path


def test_a_window_is_opened_and_nothing_of_a_person_touched(saved: Path) -> None:
    before, hook = {name: os.environ[name] for name in HOMES}, sys.excepthook
    place = QSettings(QSettings.Format.IniFormat, QSettings.Scope.UserScope, "gradwire", "gradwire").fileName()
    told = trial.open_for_a_moment(saved)
    assert re.match(r"a window of \d+ × \d+ pixels on offscreen, with values on 2 wires after \d+\.\d s$", told)
    assert [each for each in QApplication.topLevelWidgets() if each.isVisible()] == []
    assert sys.excepthook is hook
    assert {name: os.environ[name] for name in HOMES} == before
    assert QSettings(QSettings.Format.IniFormat, QSettings.Scope.UserScope, "gradwire", "gradwire").fileName() == place
    assert not (saved.parent / "home").exists()


def test_a_fault_in_answer_to_an_event_fails_it(saved: Path, qapp: QApplication) -> None:
    def breaks() -> None:
        raise ValueError("no canvas")

    QTimer.singleShot(0, qapp, breaks)
    with pytest.raises(GradwireError, match="the window opened with a fault: ValueError: no canvas"):
        trial.open_for_a_moment(saved)
