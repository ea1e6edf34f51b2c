"""The lists of actions: what stands in them is what keys, menus, search and sheet do."""

from __future__ import annotations

from collections import Counter

import pytest
from PySide6.QtCore import QKeyCombination, QPointF, Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QMenu
from pytestqt.qtbot import QtBot

from compute.graph import Note, RecordId
from editor.actions import ACTIONS, MENUS
from editor.canvas.actions import CANVAS
from editor.canvas.menu import make_menu
from editor.main_window import MainWindow
from tests.editor.canvas_driver import Driver

RIGHT = Qt.MouseButton.RightButton


def test_ids_and_keys_are_given_once_and_every_menu_has_something() -> None:
    ids = Counter(spec.id for spec in ACTIONS)
    keys = Counter(QKeySequence(key).toString() for spec in ACTIONS for key in spec.keys)
    assert [each for each, times in (ids + keys).items() if times > 1] == []
    assert "" not in keys
    assert [spec.id for spec in ACTIONS if not spec.keys] == []
    assert {spec.menu for spec in ACTIONS} == set(MENUS)


def menu_of(action: QAction) -> QMenu | None:
    menu = action.menu()
    return menu if isinstance(menu, QMenu) else None


def test_the_window_has_every_action_in_its_menus_with_its_keys(window: MainWindow) -> None:
    assert {spec.id for spec in window.actions_.specs} == {spec.id for spec in ACTIONS}
    for spec in ACTIONS:
        action = window.actions_.by_id[spec.id]
        menu = window._menus[spec.menu]
        if spec.submenu:
            (menu,) = (part for each in menu.actions() if each.text() == spec.submenu and (part := menu_of(each)))
        assert action in menu.actions()
        assert {key.toString() for key in action.shortcuts()} <= {QKeySequence(key).toString() for key in spec.keys}


@pytest.mark.parametrize("spec", [spec for spec in CANVAS if spec.canvas_shortcuts], ids=lambda spec: spec.id)
def test_a_key_on_the_canvas_does_what_its_entry_says(qtbot: QtBot, spec) -> None:  # type: ignore[no-untyped-def]
    done: list[str] = []
    for key in spec.canvas_shortcuts:
        d = Driver(qtbot)
        several = spec.id.startswith(("align", "distribute"))
        if spec.id.startswith("color_"):
            d.session.apply(d.session.edits.add((Note("n", (0.0, 330.0), (180.0, 60.0), "words"),), "Add"))
            d.session.select({"n"})
        else:
            d.session.select({("a", "x")} if spec.id == "reroute" else {"h", "s", "a"} if several else {"h"})
        d.canvas.action_set.by_id[spec.id].triggered.connect(lambda _checked, name=key: done.append(name))
        chord: QKeyCombination = QKeySequence(key)[0]  # type: ignore[index]
        QTest.keyClick(d.canvas, chord.key(), chord.keyboardModifiers())
        d.canvas.close()
    assert done == list(spec.canvas_shortcuts)


def test_every_entry_of_a_context_menu_is_an_action_of_the_list(qtbot: QtBot) -> None:
    d = Driver(qtbot)
    known = set(d.canvas.action_set.by_id.values())
    choices: list[set[RecordId]] = [set(), {"a"}, {"h", "s"}, {("a", "x")}, {"h", "s", "a"}, {"h", ("a", "x")}]
    for ids in choices:
        d.session.select(ids)
        entries = make_menu(d.canvas, d.canvas.action_set, d.session.selection, d.session.document.graph).actions()
        assert entries
        assert {each for each in entries if not each.isSeparator() and menu_of(each) is None} <= known
        assert not entries[0].isSeparator()
        assert not entries[-1].isSeparator()


def test_what_is_chosen_in_the_context_menu_is_done_where_it_was_asked_for(qtbot: QtBot) -> None:
    d = Driver(qtbot)
    at = d.empty()
    QTest.mouseClick(d.canvas, RIGHT, pos=d.pixel(at))
    menu = d.canvas.findChild(QMenu)
    assert menu is not None
    d.canvas.pointer.leave()
    menu.hide()
    d.canvas.action_set.by_id["add_node"].trigger()
    search = d.canvas.search
    assert search is not None
    QTest.keyClicks(search.field, "relu")
    QTest.keyClick(search.field, Qt.Key.Key_Return)
    assert d.canvas.scene.nodes["a2"].rect.contains(at)


def test_the_place_of_a_context_menu_is_forgotten_with_it(qtbot: QtBot) -> None:
    d = Driver(qtbot, size=(700, 600))
    QTest.mouseClick(d.canvas, RIGHT, pos=d.pixel(d.empty()))
    d.canvas.pointer.leave()
    menu = d.canvas.findChild(QMenu)
    assert menu is not None
    menu.close()
    qtbot.waitUntil(lambda: d.canvas.findChild(QMenu) is None)
    d.canvas.open_search()
    assert d.canvas.search is not None
    middle = QPointF(d.canvas.rect().center())
    assert abs(d.canvas.search.geometry().left() + 24 - middle.x()) < 40


def test_return_opens_the_settings_of_the_selected_node(own_window: MainWindow) -> None:
    window = own_window
    window.inspector.show_tab("Function")
    window.session.select(["x"])
    window.canvas.setFocus()
    QTest.keyClick(window.canvas, Qt.Key.Key_Return)
    assert window.inspector.tabs.tabText(window.inspector.tabs.currentIndex()) == "Settings"


def test_behind_the_start_page_the_canvas_takes_no_commands(window: MainWindow) -> None:
    canvas = {spec.id for spec in CANVAS}

    def usable() -> set[str]:
        return {name for name in canvas if window.actions_.by_id[name].isEnabled()}

    window.session.select(["x"])
    assert {"delete", "zoom_in", "tidy"} <= usable()
    window.pages.show_start(True)
    assert usable() == set()
    window.pages.show_start(False)
    assert {"delete", "zoom_in", "tidy"} <= usable()


def test_the_minimap_entry_carries_its_check_mark(window: MainWindow) -> None:
    action = window.actions_.by_id["minimap"]
    assert action.isChecked()
    action.trigger()
    assert not action.isChecked()
    assert not window.canvas.minimap.isVisible()
    action.trigger()
    assert action.isChecked()


def test_keys_of_the_canvas_type_in_the_field_of_a_title(qtbot: QtBot) -> None:
    d = Driver(qtbot)
    d.canvas.rename_record("a")
    field = d.canvas.findChild(QLineEdit)
    assert field is not None
    QTest.keyClicks(field, "cmf")
    QApplication.processEvents()
    assert field.text() == "cmf"
    assert d.session.undo_stack.count() == 0


def test_what_is_selected_may_go_with_an_edit_or_with_the_document(window: MainWindow) -> None:
    window.session.start_walk()
    window.session.select(["x"])
    window.canvas.delete_selection()
    assert not window.actions_.by_id["delete"].isEnabled()
    window.session.undoing.undo()
    window.session.select(["x"])
    window.session.new()
    assert not window.actions_.by_id["delete"].isEnabled()
