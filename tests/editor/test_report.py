"""Reports from the window, and on paper."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog
from pytestqt.qtbot import QtBot

from compute.document import save
from compute.errors import GradwireError
from compute.gallery import load_entry
from compute.reference import ReferenceEngine
from compute.report import find_out, report_of
from editor.main_window import MainWindow
from editor.report_pictures import Made
from editor.reporting import write
from tests.compute.test_report import checked
from tests.editor.panel_session import PAUSE, WAIT, idle, settle

CTRL_SHIFT = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier


def press(window: MainWindow, key: Qt.Key) -> QFileDialog:
    """A key, and the dialog that it opens."""
    QTest.keyPress(window.canvas, key, CTRL_SHIFT)
    QTest.qWait(PAUSE)
    QTest.keyRelease(window.canvas, key, CTRL_SHIFT)
    dialog = QApplication.activeModalWidget()
    assert isinstance(dialog, QFileDialog)
    return dialog


def choose(dialog: QFileDialog, path: Path) -> None:
    dialog.fileSelected.emit(str(path))
    dialog.close()


def saved(window: MainWindow, qtbot: QtBot, path: Path) -> None:
    qtbot.waitUntil(lambda: path.exists(), timeout=WAIT)
    idle(qtbot, window)


def test_a_key_writes_the_report_on_the_document_as_it_is(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    settle(qtbot, window.session)
    path = tmp_path / "a.html"
    dialog = press(window, Qt.Key.Key_T)
    assert Path(dialog.selectedFiles()[0]).name.endswith("-report.html")
    choose(dialog, path)
    saved(window, qtbot, path)
    html = checked(path.read_text(encoding="utf-8"))
    assert html.count("data:image/svg+xml;base64,") == 2  # light and dark
    assert "6 nodes, 5 wires" in html


def test_another_document_is_compared_with_that_of_the_window(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    settle(qtbot, window.session)
    other, path = tmp_path / "xor.json", tmp_path / "two.html"
    save(load_entry("xor"), other)
    choose(press(window, Qt.Key.Key_Y), other)
    dialog = QApplication.activeModalWidget()
    assert isinstance(dialog, QFileDialog)
    choose(dialog, path)
    saved(window, qtbot, path)
    html = checked(path.read_text(encoding="utf-8"))
    assert "They differ in network" in html
    assert html.count("data:image/svg+xml;base64,") == 4


def test_on_paper_text_is_text(qtbot: QtBot, tmp_path: Path) -> None:
    found = find_out(load_entry("iris"), ReferenceEngine())
    path = tmp_path / "iris.pdf"
    write(Made(report_of(found, datetime(2026, 3, 4)), [found]), path)
    pdf = path.read_bytes()
    assert pdf.startswith(b"%PDF-")
    assert len(re.findall(rb"/Type /Page\b", pdf)) in (2, 3, 4)
    assert b"/Font" in pdf


def test_another_ending_is_refused(qtbot: QtBot, tmp_path: Path) -> None:
    found = find_out(load_entry("xor"), ReferenceEngine())
    with pytest.raises(GradwireError, match="a report is a"):
        write(Made(report_of(found, datetime(2026, 3, 4)), [found]), tmp_path / "a.txt")
