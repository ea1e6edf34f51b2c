"""The manual in the window: opened by its key, searched by typing, in the colours of the theme."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from editor.main_window import MainWindow
from editor.manual_page import ManualPage


def test_it_opens_is_searched_and_shows_a_page(window: MainWindow, qtbot: QtBot) -> None:
    window.canvas.setFocus()
    QTest.keyClick(window.canvas, Qt.Key.Key_F1, Qt.KeyboardModifier.ShiftModifier)
    page = window.findChild(ManualPage)
    assert page is not None
    qtbot.waitUntil(lambda: page.page == "start")
    QTest.keyClicks(page.search, "squeezes sigmoid")
    qtbot.waitUntil(lambda: page.page == "op-sigmoid")
    text = page.text.toPlainText()
    assert "Squeezes each number into 0 … 1" in text
    assert text.count("\ufffc") == 3  # formula, derivative, curve
    assert "[[0.119, 0.378, 0.622, 0.881]]" in text
    page.search.clear()
    QTest.keyClicks(page.search, "no such words")
    assert page.text.toPlainText() == "Nothing in the manual has these words."
    QTest.keyClick(page.search, Qt.Key.Key_Escape)
    QApplication.processEvents()
    qtbot.waitUntil(lambda: window.findChild(ManualPage) is None)
