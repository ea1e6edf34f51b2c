"""Two windows on one document, and on one file of settings."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from PySide6.QtWidgets import QFileDialog, QMessageBox
from pytestqt.qtbot import QtBot

from compute.document import load, save
from editor.main_window import MainWindow
from editor.settings import Settings
from tests.editor.panel_session import idle, settle
from tests.editor.test_main_window import answer, choose

Button = QMessageBox.StandardButton


@pytest.fixture
def shared(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> Path:
    """The window's document, saved; another program then writes another one to the same file."""
    path = tmp_path / "shared.gradwire"
    window.session.save(path)
    window.files.open_path(path)
    idle(qtbot, window)
    settle(qtbot, window.session)
    other = load(path)
    other.name = "the other's"
    save(other, path)
    os.utime(path, ns=(1, 1))  # two saves within one tick of the clock look alike
    window.session.apply(window.session.edits.rename("mine"))
    return path


def test_saving_over_what_another_window_saved_is_asked_first(window: MainWindow, shared: Path) -> None:
    window.files.save()
    assert (
        answer(window, Button.Cancel)
        == "“shared.gradwire” was changed elsewhere since it was opened here; replacing it loses that change."
    )
    assert load(shared).name == "the other's"
    assert window.session.is_modified


def test_both_are_kept_under_another_name(window: MainWindow, shared: Path, qtbot: QtBot) -> None:
    window.files.save()
    answer(window, Button.Save)
    choose(window, shared.with_name("mine.gradwire"))
    idle(qtbot, window)
    assert load(shared).name == "the other's"
    assert load(shared.with_name("mine.gradwire")).name == "mine"
    assert window.session.document.path == shared.with_name("mine.gradwire")
    assert not window.session.is_modified


def test_once_replaced_there_is_nothing_to_ask_again(window: MainWindow, shared: Path, qtbot: QtBot) -> None:
    window.files.save()
    answer(window, Button.Yes)
    idle(qtbot, window)
    assert load(shared).name == "mine"
    window.session.apply(window.session.edits.rename("mine again"))
    window.files.save()
    idle(qtbot, window)
    assert load(shared).name == "mine again"
    assert not window.findChildren(QFileDialog)


def test_a_window_that_closes_asks_too_and_stays_open_until_the_answer(window: MainWindow, shared: Path) -> None:
    window.close()
    answer(window, Button.Save)
    assert "was changed elsewhere" in answer(window, Button.Cancel)
    assert window.isVisible()
    assert load(shared).name == "the other's"


def test_a_file_that_is_gone_is_written_again_unasked(window: MainWindow, shared: Path, qtbot: QtBot) -> None:
    shared.unlink()
    window.files.save()
    idle(qtbot, window)
    assert load(shared).name == "mine"


def test_recent_files_of_both_windows_are_kept(tmp_path: Path, qapp: object) -> None:
    paths = [tmp_path / f"{name}.json" for name in "abc"]
    for path in paths:
        path.write_text("{}")
    first, second = Settings(), Settings()
    first.add_recent(paths[0])
    second.add_recent(paths[1])
    first.add_recent(paths[2])
    assert second.recent[:3] == first.recent[:3] == [paths[2], paths[1], paths[0]]
