"""A file that another program changes or removes while it is open, and the versions that were saved over."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QInputDialog, QMessageBox
from pytestqt.qtbot import QtBot

from compute.document import load, save
from editor import disk
from editor.main_window import MainWindow
from tests.editor.panel_session import WAIT, idle, settle
from tests.editor.test_main_window import answer, choose
from tests.editor.test_recovery import click

Button = QMessageBox.StandardButton


@pytest.fixture
def path(window: MainWindow, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of the window's document, which is XOR."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(disk, "GONE_MILLISECONDS", 200)
    path = tmp_path / "a.gradwire"
    window.files.open_example("xor")
    settle(qtbot, window.session)
    window.session.save(path)
    window.files.open_path(path)
    idle(qtbot, window)
    settle(qtbot, window.session)
    return path


def changed(path: Path, name: str) -> None:
    """Another program writes a document of another name there."""
    document = load(path)
    document.name = name
    save(document, path)
    seconds = os.stat(path).st_mtime + 5  # two saves within one tick of the clock look alike
    os.utime(path, (seconds, seconds))


def asked(window: MainWindow, qtbot: QtBot, text: str) -> None:
    qtbot.waitUntil(lambda: window.notices.banner.sentence == text, timeout=WAIT)


def nothing_asked(window: MainWindow, qtbot: QtBot) -> None:
    """Nothing is asked, nor will be of what has happened so far."""
    qtbot.wait(2 * disk.SETTLE_MILLISECONDS)
    qtbot.waitUntil(lambda: not window.disk._timer.isActive(), timeout=WAIT)
    assert window.notices.banner.choice is None


def test_a_change_is_noticed_when_it_happens_and_the_file_read_again_where_it_was_looked_at(
    window: MainWindow, path: Path, qtbot: QtBot
) -> None:
    nothing_asked(window, qtbot)
    session = window.session
    session.select(["z"])
    window.canvas.zoom_to(1.25)
    place = window.canvas.place()
    for name in ("theirs", "theirs again"):  # the watcher loses a file that another takes the place of
        changed(path, name)
        asked(window, qtbot, "“a.gradwire” was changed elsewhere.")
        click(qtbot, window.notices.banner.offer)
        qtbot.waitUntil(lambda: session.title == name, timeout=WAIT)  # noqa: B023
        idle(qtbot, window)
        settle(qtbot, session)
        assert not session.is_modified
        nothing_asked(window, qtbot)
        now = window.canvas.place()
        assert (now.zoom, now.selected) == (place.zoom, ("z",))
        assert abs(now.x - place.x) + abs(now.y - place.y) < 3


def test_what_is_here_can_be_kept_and_replaces_the_file_when_it_is_saved(
    window: MainWindow, path: Path, qtbot: QtBot
) -> None:
    changed(path, "theirs")
    asked(window, qtbot, "“a.gradwire” was changed elsewhere.")
    click(qtbot, window.notices.banner.answers[1])
    nothing_asked(window, qtbot)
    assert window.isWindowModified()
    window.files.save()
    idle(qtbot, window)
    assert load(path).name == window.session.title == "XOR"
    assert not window.isWindowModified()
    # Theirs is not lost for that.
    assert [version.document().name for version in window.files.versions.of(path)] == ["theirs"]


def test_reading_again_asks_what_becomes_of_changes_made_here(window: MainWindow, path: Path, qtbot: QtBot) -> None:
    window.session.apply(window.session.edits.rename("mine"))
    changed(path, "theirs")
    asked(window, qtbot, "“a.gradwire” was changed elsewhere, and here too.")
    click(qtbot, window.notices.banner.offer)
    assert "has changes that are not saved" in answer(window, Button.Cancel)
    assert window.session.title == "mine"
    window.files.save()
    assert "replacing it loses that change" in answer(window, Button.Yes)
    idle(qtbot, window)
    assert load(path).name == "mine"
    nothing_asked(window, qtbot)


def test_own_saves_are_no_change(window: MainWindow, path: Path, qtbot: QtBot) -> None:
    for name in ("one", "two", "three"):
        window.session.apply(window.session.edits.rename(name))
        window.files.save()
        idle(qtbot, window)
        nothing_asked(window, qtbot)
    window.files.ask_save()
    choose(window, path.with_name("b.gradwire"))
    idle(qtbot, window)
    nothing_asked(window, qtbot)
    # Only the file that is open now counts.
    changed(path, "theirs")
    nothing_asked(window, qtbot)
    changed(path.with_name("b.gradwire"), "theirs")
    asked(window, qtbot, "“b.gradwire” was changed elsewhere.")
    window.files.open_example("iris")
    nothing_asked(window, qtbot)


def test_a_file_that_is_half_way_saved_is_no_change(window: MainWindow, path: Path, qtbot: QtBot) -> None:
    window.files._work._writes += 1  # the new file is in its place already, and the window has not heard of it
    changed(path, "mine, as it was saved")
    nothing_asked(window, qtbot)
    window.files._work._writes -= 1
    window.disk.look()
    assert window.notices.banner.choice is not None


def test_a_file_that_is_removed_is_noticed_and_can_be_written_again(
    window: MainWindow, path: Path, qtbot: QtBot
) -> None:
    path.rename(path.with_name("elsewhere.gradwire"))
    asked(window, qtbot, "“a.gradwire” was removed or renamed elsewhere; what is open here is in no file now.")
    assert window.isWindowModified()
    click(qtbot, window.notices.banner.offer)
    idle(qtbot, window)
    assert load(path).name == "XOR"
    assert not window.isWindowModified()
    nothing_asked(window, qtbot)


def test_a_file_that_comes_back_is_no_question_any_more(window: MainWindow, path: Path, qtbot: QtBot) -> None:
    path.rename(path.with_name("elsewhere.gradwire"))
    qtbot.waitUntil(lambda: window.notices.banner.choice is not None, timeout=WAIT)
    path.with_name("elsewhere.gradwire").rename(path)
    qtbot.waitUntil(lambda: window.notices.banner.choice is None, timeout=WAIT)


def test_a_file_that_is_replaced_by_removing_it_first_was_changed(
    window: MainWindow, path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disk, "GONE_MILLISECONDS", 2000)
    whole = path.read_bytes()
    path.unlink()
    qtbot.waitUntil(lambda: window.disk._away, timeout=WAIT)
    path.write_bytes(whole + b" ")
    asked(window, qtbot, "“a.gradwire” was changed elsewhere.")


def test_it_is_looked_when_the_window_comes_to_the_front(window: MainWindow, path: Path, qtbot: QtBot) -> None:
    window.disk._watcher.removePaths([*window.disk._watcher.files(), *window.disk._watcher.directories()])
    other = window.windows.new_window()  # type: ignore[attr-defined]
    other.show()
    other.activateWindow()
    qtbot.waitUntil(lambda: QApplication.activeWindow() is other, timeout=WAIT)
    qtbot.waitUntil(lambda: not window.disk._timer.isActive(), timeout=WAIT)
    changed(path, "theirs")
    nothing_asked(window, qtbot)
    window.activateWindow()
    asked(window, qtbot, "“a.gradwire” was changed elsewhere.")
    other.close()


# -- versions that were saved over -----------------------------------------------------------------------------------


def test_an_earlier_version_is_opened_by_keys_and_is_not_saved_before_it_is_asked_for(
    window: MainWindow, path: Path, qtbot: QtBot
) -> None:
    session = window.session
    for number in range(5):
        session.apply(session.edits.rename(str(number)))
        window.files.save()
        idle(qtbot, window)
    window.files.save()  # unchanged: it takes no other version's place
    idle(qtbot, window)
    QTest.keyClick(window, Qt.Key.Key_O, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier)
    (dialog,) = window.findChildren(QInputDialog)
    texts = dialog.comboBoxItems()
    assert [text.split(":")[0] for text in texts] == ["1 save ago", "2 saves ago", "3 saves ago"]
    assert all(text.endswith(" kB") for text in texts)
    for key in (Qt.Key.Key_Down, Qt.Key.Key_Return):
        qtbot.wait(50)
        QTest.keyClick(dialog.focusWidget(), key)
    qtbot.waitUntil(lambda: session.title == "2", timeout=WAIT)
    assert window.isWindowModified()
    assert session.document.path == path
    assert load(path).name == "4"
    assert "it is not saved yet" in window.notices.text
    nothing_asked(window, qtbot)
    window.files.save()
    idle(qtbot, window)
    assert load(path).name == "2"
    assert [version.document().name for version in window.files.versions.of(path)] == ["4", "3", "2"]


def test_where_there_is_no_earlier_version_it_says_so(window: MainWindow, path: Path) -> None:
    window.files.ask_version()
    assert window.notices.text == "a.gradwire has no earlier version yet; the last three are kept when it is saved"
    window.files.open_example("xor")
    window.files.ask_version()
    assert window.notices.text.startswith("A document without a file has no earlier version yet")
    assert not window.findChildren(QInputDialog)


def test_what_is_open_counts_as_unsaved_where_the_changed_file_cannot_be_read(
    window: MainWindow, path: Path, qtbot: QtBot
) -> None:
    path.write_bytes(b"{")
    asked(window, qtbot, "“a.gradwire” was changed elsewhere.")
    click(qtbot, window.notices.banner.offer)
    idle(qtbot, window)
    assert window.notices.banner.sentence.startswith("a.gradwire")
    assert window.session.is_modified
    assert set(window.session.document.graph.nodes) >= {"x", "y", "loss"}
