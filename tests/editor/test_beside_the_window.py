"""Files are read and written beside the window, which goes on meanwhile and loses nothing by it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QMessageBox
from pytestqt.qtbot import QtBot
from shiboken6 import isValid

from compute.document import Document, load, save
from compute.gallery import load_entry
from editor.main_window import MainWindow
from tests.editor.panel_session import WAIT, idle
from tests.editor.test_main_window import answer

Button = QMessageBox.StandardButton


class Gate:
    """Stands before a function: it begins, on whichever thread, and goes on when it is let through."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, place: str) -> None:
        module, _, name = place.rpartition(".")
        import importlib

        self._real: Callable[..., Any] = getattr(importlib.import_module(module), name)
        self._begun, self._open = threading.Event(), threading.Event()
        self.calls = 0
        self.here = threading.get_ident()
        monkeypatch.setattr(place, self)

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        self.calls += 1
        assert threading.get_ident() != self.here, "this would hold the window"
        self._begun.set()
        assert self._open.wait(WAIT / 1000)
        return self._real(*arguments, **named)

    def wait(self, qtbot: QtBot) -> None:
        qtbot.waitUntil(self._begun.is_set, timeout=WAIT)

    def let_through(self) -> None:
        self._open.set()


def beats(qtbot: QtBot) -> int:
    """How many turns of the event loop a while has room for."""
    count = 0

    def beat() -> None:
        nonlocal count
        count += 1

    timer = QTimer()
    timer.timeout.connect(beat)
    timer.start(1)
    qtbot.waitUntil(lambda: count >= 20, timeout=WAIT)
    timer.stop()
    return count


@pytest.fixture
def saving(monkeypatch: pytest.MonkeyPatch) -> Gate:
    return Gate(monkeypatch, "editor.saving.save")


@pytest.fixture
def opening(monkeypatch: pytest.MonkeyPatch) -> Gate:
    return Gate(monkeypatch, "editor.file_commands.load")


def test_the_window_goes_on_while_a_file_is_written_and_says_so(
    window: MainWindow, qtbot: QtBot, tmp_path: Path, saving: Gate
) -> None:
    window.session.document.path = tmp_path / "a.gradwire"
    window.files.save()
    saving.wait(qtbot)
    assert beats(qtbot) >= 20
    assert window.notices.text == "Saving a.gradwire …"
    assert window.notices.stop.isVisible()
    saving.let_through()
    idle(qtbot, window)
    assert window.notices.text == "Saved a.gradwire"
    assert not window.notices.stop.isVisible()
    assert not window.session.is_modified


def test_what_is_edited_during_a_save_is_not_in_the_file_and_still_unsaved(
    window: MainWindow, qtbot: QtBot, tmp_path: Path, saving: Gate
) -> None:
    session = window.session
    session.document.path = tmp_path / "a.gradwire"
    session.apply(session.edits.rename("before"))
    window.files.save()
    saving.wait(qtbot)
    session.apply(session.edits.rename("after"))
    added = window.canvas.add_op("relu")
    saving.let_through()
    idle(qtbot, window)
    written = load(tmp_path / "a.gradwire")
    assert (written.name, added in written.graph.nodes) == ("before", False)
    states = [session.is_modified]
    window.files.save()
    idle(qtbot, window)
    states.append(session.is_modified)
    assert states == [True, False]
    assert load(tmp_path / "a.gradwire").name == "after"


def test_a_save_of_the_document_before_marks_nothing_of_the_next(
    window: MainWindow, qtbot: QtBot, tmp_path: Path, saving: Gate
) -> None:
    session = window.session
    session.document.path = tmp_path / "a.gradwire"
    window.files.save()
    saving.wait(qtbot)
    session.open_document(load_entry("xor"))
    session.apply(session.edits.rename("other"))
    saving.let_through()
    idle(qtbot, window)
    assert (session.title, vars(session.document)["path"], session.is_modified) == ("other", None, True)


def test_closing_waits_for_a_save(window: MainWindow, qtbot: QtBot, tmp_path: Path, saving: Gate) -> None:
    session = window.session
    session.document.path = tmp_path / "a.gradwire"
    session.apply(session.edits.rename("mine"))
    window.files.save()
    saving.wait(qtbot)
    window.close()
    assert window.isVisible()
    assert not window.findChildren(QMessageBox)
    saving.let_through()
    qtbot.waitUntil(lambda: not isValid(window), timeout=WAIT)
    assert load(tmp_path / "a.gradwire").name == "mine"


def test_closing_waits_for_an_export_and_for_a_picture(
    window: MainWindow, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = Gate(monkeypatch, "compute.export.export")
    window.files.export(tmp_path / "w.npz")
    gate.wait(qtbot)
    window.files.publishing.save_picture(tmp_path / "p.png")
    window.close()
    assert window.isVisible()
    gate.let_through()
    qtbot.waitUntil(lambda: not isValid(window), timeout=WAIT)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["p.png", "w.npz"]


def test_closing_does_not_wait_for_what_is_read(
    window: MainWindow, qtbot: QtBot, tmp_path: Path, opening: Gate
) -> None:
    save(load_entry("xor"), tmp_path / "a.gradwire")
    window.files.open_path(tmp_path / "a.gradwire")
    opening.wait(qtbot)
    window.close()
    assert not window.windows.windows
    opening.let_through()


def test_a_save_that_fails_before_closing_asks_then(
    window: MainWindow, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, saving: Gate
) -> None:
    session = window.session
    session.document.path = tmp_path / "gone" / "a.gradwire"
    session.apply(session.edits.rename("mine"))
    window.files.save()
    saving.wait(qtbot)
    window.close()
    saving.let_through()
    idle(qtbot, window)
    assert window.notices.text == "a.gradwire was not saved"
    assert "has changes that are not saved" in answer(window, Button.Cancel)
    assert window.isVisible()


def test_a_save_that_is_called_off_leaves_the_old_file_and_the_changes(
    window: MainWindow, qtbot: QtBot, tmp_path: Path, saving: Gate
) -> None:
    session, path = window.session, tmp_path / "a.json"
    save(Document("old"), path)
    session.document.path, session.document.stamp = path, load(path).stamp
    session.apply(session.edits.rename("new"))
    window.files.save()
    saving.wait(qtbot)
    window.notices.stop.click()
    saving.let_through()
    idle(qtbot, window)
    assert load(path).name == "old"
    assert session.is_modified
    assert window.notices.text == "Saving a.json was called off"


def test_the_window_goes_on_while_a_file_is_read(
    window: MainWindow, qtbot: QtBot, tmp_path: Path, opening: Gate
) -> None:
    save(load_entry("xor"), tmp_path / "a.gradwire")
    before = window.session.document
    window.files.open_path(tmp_path / "a.gradwire")
    opening.wait(qtbot)
    assert beats(qtbot) >= 20
    assert window.session.document is before
    opening.let_through()
    idle(qtbot, window)
    assert window.session.document.path == (tmp_path / "a.gradwire").resolve()
    assert window.session.document.path is not None
    assert window.notices.text == f"Opened {window.session.document.path.name}"


def test_what_is_edited_while_a_file_is_read_is_asked_about(
    window: MainWindow, qtbot: QtBot, tmp_path: Path, opening: Gate
) -> None:
    save(load_entry("xor"), tmp_path / "a.gradwire")
    window.files.open_path(tmp_path / "a.gradwire")
    opening.wait(qtbot)
    window.canvas.add_op("relu")
    opening.let_through()
    idle(qtbot, window)
    assert "has changes that are not saved" in answer(window, Button.Cancel)
    assert window.session.document.path is None
    assert window.session.undo_stack.count() == 1


def test_reading_can_be_called_off(window: MainWindow, qtbot: QtBot, tmp_path: Path, opening: Gate) -> None:
    save(load_entry("xor"), tmp_path / "a.gradwire")
    window.files.open_path(tmp_path / "a.gradwire")
    opening.wait(qtbot)
    window.notices.stop.click()
    opening.let_through()
    idle(qtbot, window)
    assert window.session.document.path is None
    assert window.notices.text == "Opening a.gradwire was called off"


def test_the_weights_that_are_exported_are_those_of_the_click(
    window: MainWindow, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = Gate(monkeypatch, "compute.export.export")
    window.files.export(tmp_path / "w.npz")
    gate.wait(qtbot)
    assert beats(qtbot) >= 20
    gate.let_through()
    idle(qtbot, window)
    assert "largest difference" in window.notices.text
