"""Shortcuts that a person changes: by keys and mouse, with conflicts said, remembered, and put back."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton
from pytestqt.qtbot import QtBot

from editor.actions import ACTIONS
from editor.keycaps import Keys
from editor.keymap import Keymap, refusal
from editor.main_window import MainWindow
from editor.settings import Settings
from editor.shortcut_page import ShortcutPage

Key, CTRL = Qt.Key, Qt.KeyboardModifier.ControlModifier
ALT = Qt.KeyboardModifier.AltModifier


@pytest.fixture
def page(window: MainWindow, qtbot: QtBot) -> Iterator[ShortcutPage]:
    QTest.keyClick(window.canvas, Key.Key_K, CTRL | ALT)
    (found,) = window.findChildren(ShortcutPage)
    qtbot.waitUntil(found.isVisible)
    yield found
    window.windows.keymap.reset()
    for each in window.findChildren(ShortcutPage):
        each.reject()


def click(button: QAbstractButton) -> None:
    middle = button.rect().center()
    QTest.mousePress(button, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, middle)
    QTest.qWait(100)
    QTest.mouseRelease(button, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, middle)


def give(
    page: ShortcutPage, action: str, key: Qt.Key, held: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier
) -> None:
    page.choose(action)
    QTest.keyClick(page.keys, key, held)


def back_to_canvas(window: MainWindow, page: ShortcutPage, qtbot: QtBot) -> None:
    page.accept()
    window.activateWindow()
    window.canvas.setFocus()
    qtbot.waitUntil(window.canvas.hasFocus)


def keys(window: MainWindow, action: str) -> set[str]:
    return {key.toString() for key in window.actions_.by_id[action].shortcuts()}


def test_another_key_holds_at_once_and_the_old_one_no_longer(
    window: MainWindow, page: ShortcutPage, qtbot: QtBot
) -> None:
    give(page, "tidy", Key.Key_Z, CTRL | ALT)
    assert page.said.text() == ""
    click(page.set_button)
    assert keys(window, "tidy") == {"Ctrl+Alt+Z"}
    assert "(Ctrl+Alt+Z)" in window.actions_.by_id["tidy"].toolTip()
    back_to_canvas(window, page, qtbot)
    done: list[str] = []
    window.actions_.by_id["tidy"].triggered.connect(lambda: done.append("tidy"))
    QTest.keyClick(window.canvas, Key.Key_L, CTRL)
    assert done == []
    QTest.keyClick(window.canvas, Key.Key_Z, CTRL | ALT)
    assert done == ["tidy"]
    window.tools.toggle_sheet()
    assert window.tools.sheet is not None
    assert any("Ctrl+Alt+Z" in each.accessibleName() for each in window.tools.sheet.findChildren(Keys))
    window.tools.toggle_sheet()


def test_a_canvas_key_stays_one_of_the_canvas(window: MainWindow, page: ShortcutPage, qtbot: QtBot) -> None:
    give(page, "mute", Key.Key_Q)
    click(page.set_button)
    back_to_canvas(window, page, qtbot)
    node = next(iter(window.session.document.graph.nodes))
    window.session.select({node})
    QTest.keyClick(window.canvas, Key.Key_X)
    assert window.session.document.graph.nodes[node].off == ""
    QTest.keyClick(window.canvas, Key.Key_Q)
    assert window.session.document.graph.nodes[node].off == "mute"


def test_a_conflict_is_said_before_and_the_other_loses_the_key(window: MainWindow, page: ShortcutPage) -> None:
    give(page, "tidy", Key.Key_S, CTRL)
    assert page.said.text() == "Ctrl+S is Save's; if Tidy gets it, Save loses it."
    click(page.add_button)
    assert keys(window, "tidy") == {"Ctrl+L", "Ctrl+S"}
    assert keys(window, "save") == set()
    page.choose("save")
    click(page.reset_button)
    assert keys(window, "save") == {"Ctrl+S"}
    assert keys(window, "tidy") == {"Ctrl+L"}


def test_what_cannot_be_a_key_is_said(window: MainWindow, page: ShortcutPage) -> None:
    give(page, "tidy", Key.Key_Q)
    assert page.said.text() == "Q would be written into texts; hold Ctrl or Alt with it, or take a function key."
    assert not page.set_button.isEnabled()
    assert keys(window, "tidy") == {"Ctrl+L"}


def test_none_reset_and_reset_all(window: MainWindow, page: ShortcutPage) -> None:
    page.choose("save")
    click(page.none_button)
    assert keys(window, "save") == set()
    give(page, "open", Key.Key_F12)
    click(page.set_button)
    click(page.reset_all)
    assert keys(window, "save") == {"Ctrl+S"}
    assert keys(window, "open") == {"Ctrl+O"}


def test_the_search_finds_actions_and_keys(page: ShortcutPage) -> None:
    QTest.keyClicks(page.search, "tidy")
    rows = [page.tree.topLevelItem(i) for i in range(page.tree.topLevelItemCount())]
    assert [row.text(0) for row in rows if row is not None] == ["Edit: Tidy"]
    page.search.clear()
    QTest.keyClicks(page.search, "F11")
    assert page.tree.topLevelItemCount() == 1


def test_it_is_remembered_for_the_next_start_and_holds_in_every_window(window: MainWindow, page: ShortcutPage) -> None:
    give(page, "tidy", Key.Key_Z, CTRL | ALT)
    click(page.set_button)
    tidy = next(spec for spec in ACTIONS if spec.id == "tidy")
    assert Keymap(Settings()).of(tidy).keys == ("Ctrl+Alt+Z",)
    window.windows.keymap.reset()
    assert Keymap(Settings()).of(tidy) is tidy


@pytest.mark.parametrize("words", ["nonsense", "[1]", '{"tidy": 3}', '{"tidy": [5, ""]}', '{"gone": ["Ctrl+Q"]}'])
def test_what_cannot_be_read_of_it_does_no_harm(window: MainWindow, words: str) -> None:
    settings = Settings()
    settings.set_words("keys", words)
    keymap = Keymap(settings)
    for spec in ACTIONS:
        assert set(keymap.of(spec).keys) <= set(spec.keys)
    settings.set_words("keys", "")


def test_every_key_of_the_list_could_be_given_to_its_action() -> None:
    for spec in ACTIONS:
        for key in spec.keys:
            assert refusal(spec, key) == ""


def test_f1_closes_the_sheet_that_it_opened(window: MainWindow, qtbot: QtBot) -> None:
    QTest.keyPress(window.canvas, Key.Key_F1)
    QTest.keyRelease(window.canvas, Key.Key_F1)
    sheet = window.tools.sheet
    assert sheet is not None
    qtbot.waitUntil(sheet.isVisible)
    QTest.keyPress(sheet, Key.Key_F1)
    QTest.keyRelease(sheet, Key.Key_F1)
    assert not sheet.isVisible()
