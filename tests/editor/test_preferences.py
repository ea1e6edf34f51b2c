"""The sheet of settings: by mouse and keys, taken at once, and made from a list."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from compute.numbers_text import Format, chosen
from editor import number_format, preferences, scale, theme
from editor.main_window import MainWindow
from editor.preferences import SECTIONS, Looks, Numbers, Preferences, Screen, Section
from editor.settings import Settings
from editor.shortcut_page import ShortcutPage
from tests.editor.canvas_driver import CTRL
from tests.editor.test_workbench import key, press


@pytest.fixture
def sheet(window: MainWindow) -> Iterator[Preferences]:
    """The sheet, opened by its key; everything is as it was afterwards."""
    key(window, Qt.Key.Key_Comma)
    found = window.tools.preferences
    assert found is not None
    yield found
    found.close()
    store = Settings()._store
    for each in ("text_scale", "projector", "layout", "theme", "reduced_motion", number_format.WORDS):
        store.remove(each)
    theme.set_scale(1.0)
    theme.set_mode("dark")
    theme.finish_change()


def choice(of: QWidget, text: str) -> QPushButton:
    (found,) = [each for each in of.findChildren(QPushButton) if each.text() == text]
    return found


def test_it_opens_and_closes_by_its_key_and_by_esc(sheet: Preferences, window: MainWindow) -> None:
    assert sheet.isVisible()
    assert window.geometry().contains(sheet.geometry())
    QTest.keyClick(sheet, Qt.Key.Key_Escape)
    assert not sheet.isVisible()
    key(window, Qt.Key.Key_Comma, CTRL)
    assert sheet.isVisible()


def test_theme_text_size_and_motion_are_taken_at_once(sheet: Preferences, window: MainWindow) -> None:
    looks = sheet.sections["Looks"]
    assert isinstance(looks, Looks)
    press(choice(looks, "Light"))
    theme.finish_change()
    assert (theme.current().name, Settings().theme) == ("light", "light")
    looks.text_size.setFocus()
    for _ in range(3):
        QTest.keyPress(looks.text_size, Qt.Key.Key_Down)
        QTest.keyRelease(looks.text_size, Qt.Key.Key_Down)
    theme.finish_change()
    QApplication.processEvents()
    assert (scale.factor(), looks.text_size.currentText()) == (1.5, "150 %")
    assert window.geometry().contains(sheet.geometry())
    before = window.windows.reduced_motion
    press(looks.motion, QPoint(12, looks.motion.height() // 2))
    assert window.windows.reduced_motion is not before
    assert window.actions_.by_id["reduced_motion"].isChecked() is not before


def test_the_format_of_numbers_is_taken_at_once_on_wires_too(sheet: Preferences, window: MainWindow) -> None:
    numbers = sheet.sections["Numbers"]
    assert isinstance(numbers, Numbers)
    assert not numbers.digits.isEnabled()
    value = window.canvas.shown.readings.value("f")
    assert value is not None
    assert value.text == "2"
    numbers.kind.setFocus()
    for _ in range(2):
        QTest.keyPress(numbers.kind, Qt.Key.Key_Down)
        QTest.keyRelease(numbers.kind, Qt.Key.Key_Down)
    assert (chosen().kind, numbers.digits.isEnabled(), numbers.sample.text()) == (
        "fixed",
        True,
        "−0.012   3.142   1234.500",
    )
    value = window.canvas.shown.readings.value("f")
    assert value is not None
    assert value.text == "2.000"
    number_format.put(Format())


def test_what_is_changed_by_keys_is_seen_when_it_opens(sheet: Preferences, window: MainWindow) -> None:
    looks, screen = sheet.sections["Looks"], sheet.sections["Screen"]
    assert isinstance(looks, Looks)
    assert isinstance(screen, Screen)
    sheet.close()
    key(window, Qt.Key.Key_P, CTRL | Qt.KeyboardModifier.AltModifier)
    theme.finish_change()
    key(window, Qt.Key.Key_Comma)
    assert (screen.projector.isChecked(), looks.text_size.currentText()) == (True, "150 %")
    press(screen.projector, QPoint(12, screen.projector.height() // 2))
    theme.finish_change()
    assert not window.windows.projector
    press(window.workbench.docks["loss"].bar.close_)
    press(screen.reset)
    assert window.workbench.is_shown("loss")


def test_it_leads_to_the_page_of_shortcuts(sheet: Preferences, window: MainWindow) -> None:
    press(choice(sheet, "Change shortcuts…"))
    assert not sheet.isVisible()
    (page,) = [each for each in window.findChildren(ShortcutPage) if each.isVisible()]
    page.close()


def test_another_section_is_one_entry(own_window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    window = own_window
    more = Section("Birds", lambda _windows, actions: QLabel(f"{len(actions.specs)} actions"))
    monkeypatch.setattr(preferences, "SECTIONS", (*SECTIONS, more))
    key(window, Qt.Key.Key_Comma)
    assert window.tools.preferences is not None
    assert list(window.tools.preferences.sections) == ["Looks", "Numbers", "Screen", "System", "Keys", "Birds"]
    assert window.tools.preferences.sections["Birds"].isVisible()
    window.tools.preferences.close()
