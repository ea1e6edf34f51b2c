"""The search over all actions, and the sheet of shortcuts."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from editor.action import ActionSpec
from editor.actions import ACTIONS, MENUS
from editor.command_search import CommandSearch, Sheet
from editor.keycaps import Keys, keys_of
from editor.main_window import MainWindow


@pytest.fixture
def search(window: MainWindow) -> CommandSearch:
    window.session.select(["x"])
    window.tools.open_command_search()
    found = window.tools.search
    assert found is not None
    return found


def inked(search: CommandSearch, line: QRect, left: int, right: int) -> list[int]:
    """The columns of a line, from ``left`` to ``right``, in which something is painted."""
    image = search.list.viewport().grab(line.adjusted(0, 4, 0, -4)).toImage()
    ground = image.pixel(left, 0)
    return [x for x in range(left, right) if any(image.pixel(x, y) != ground for y in range(image.height()))]


def test_icons_texts_and_keys_stand_in_columns_of_their_own(search: CommandSearch) -> None:
    search.list.setCurrentRow(-1)
    search.resize(search.width(), 4800)
    lines = [(spec, search.list.visualItemRect(search.list.item(i))) for i, spec in enumerate(shown(search))]
    assert any(spec.icon for spec, _ in lines)
    assert any(not spec.icon for spec, _ in lines)
    texts, ends = set(), set()
    for spec, line in lines:
        assert bool(inked(search, line, 4, 34)) == bool(spec.icon), spec.id
        texts.add(inked(search, line, 34, line.width())[0])
        if spec.keys:
            ends.add(inked(search, line, 34, line.width())[-1])
    assert max(texts) - min(texts) <= 3
    assert max(ends) - min(ends) <= 1


def shown(search: CommandSearch) -> list[ActionSpec[Any]]:
    return [search.list.item(i).data(Qt.ItemDataRole.UserRole) for i in range(search.list.count())]


def test_what_is_typed_finds_and_enter_does_it(search: CommandSearch, window: MainWindow, qtbot: QtBot) -> None:
    QTest.keyClicks(search.field, "remove sel")
    assert [spec.id for spec in shown(search)] == ["delete"]
    QTest.keyClick(search.field, Qt.Key.Key_Return)
    assert "x" not in window.session.document.graph.nodes
    assert not search.isVisible()


def test_nothing_found_is_said(search: CommandSearch) -> None:
    QTest.keyClicks(search.field, "zzz")
    assert search.nothing.isVisible()
    assert not search.list.isVisible()


@pytest.mark.parametrize(
    ("shortcut", "keys"),
    [
        ("Ctrl+Shift+P", ["Ctrl", "Shift", "P"]),
        ("Ctrl++", ["Ctrl", "+"]),
        ("Ctrl+-", ["Ctrl", "-"]),
        ("F5", ["F5"]),
        ("Del", ["Del"]),
    ],
)
def test_a_shortcut_is_made_of_keys(shortcut: str, keys: list[str]) -> None:
    assert keys_of(shortcut) == keys


def test_the_sheet_has_a_heading_for_each_menu_and_every_shortcut(window: MainWindow) -> None:
    window.tools.toggle_sheet()
    sheet = window.tools.sheet
    assert isinstance(sheet, Sheet)
    headings = [each for each in sheet.findChildren(QLabel) if each.property("kind") == "accent"]
    assert sorted(each.text() for each in headings) == sorted((*MENUS, "On the canvas"))
    plain = next(each for each in sheet.findChildren(QLabel) if each.text() == "Undo")
    for each in headings:
        assert each.font().bold()
    assert not plain.font().bold()
    names = {each.accessibleName() for each in sheet.findChildren(Keys)}
    assert names == {" or ".join("+".join(keys_of(s)) for s in spec.keys) for spec in ACTIONS}
    window.tools.toggle_sheet()
    assert not sheet.isVisible()
