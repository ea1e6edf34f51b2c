"""The whole window, for the tests that need it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from shiboken6 import isValid

from editor import theme
from editor.application import Application
from editor.main_window import MainWindow
from tests.editor.panel_session import WAIT, settle


@pytest.fixture
def window(qtbot: QtBot) -> Iterator[MainWindow]:
    """A window of 1600 × 1000 on z(2x + y), its numbers computed by the reference engine."""
    theme.set_mode("dark")
    window = Application("reference").new_window()
    session = window.session
    window.resize(1600, 1000)
    window.files.open_example("z_2x_y")
    window.show()
    window.activateWindow()
    qtbot.waitUntil(lambda: QApplication.activeWindow() is window, timeout=WAIT)
    settle(qtbot, session)
    yield window
    if not isValid(window):
        return  # closed by the test, and freed
    session.undo_stack.setClean()
    window.layout_.tiers._chosen = None  # or it would be remembered
    window.close()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
