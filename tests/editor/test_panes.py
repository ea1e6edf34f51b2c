"""The keyboard goes from pane to pane and to everything in them, and each key belongs to whoever has it."""

from __future__ import annotations

import pytest
import shiboken6
from PySide6.QtCore import QEvent, QKeyCombination, QObject, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QTableView,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)
from pytestqt.qtbot import QtBot

from editor.action import native
from editor.actions import ACTIONS
from editor.main_window import MainWindow
from editor.panels.palette import Palette
from editor.panels.training import TrainingPanel
from editor.panes import in_reach, in_sight
from editor.plots.loss import LossPlot

SHIFT = Qt.KeyboardModifier.ShiftModifier
TEXT_KEYS = {"Ctrl+Z", "Ctrl+Shift+Z", "Ctrl+Y", "Left", "Right", "Shift+Right", "Ctrl+Right", "Home", "End"}
"""Keys of the window that mean something else in a text."""


def focused() -> QWidget:
    widget = QApplication.focusWidget()
    assert widget is not None
    return widget


def press(key: Qt.Key, keys: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    """A key goes down and up in whatever has the keyboard."""
    QTest.keyClick(focused(), key, keys)


def pane_of(window: MainWindow, widget: QWidget) -> str:
    panes = dict(zip(window.panels, window.workbench.panes, strict=True))
    return next(name for name, pane in panes.items() if pane is widget or pane.isAncestorOf(widget))


def step(window: MainWindow) -> int | None:
    """Where the walk is."""
    walk = window.session.walk
    return None if walk is None else walk.index


def test_f6_goes_round_the_panes_and_shift_f6_back(window: MainWindow) -> None:
    window.session.start_walk()
    window.canvas.setFocus()
    shown = [pane_of(window, pane) for pane in window.workbench.panes if in_sight(pane) and in_reach(pane)]
    assert "stepper" in shown
    went = []
    for _ in shown:
        press(Qt.Key.Key_F6)
        went.append(pane_of(window, focused()))
    start = shown.index("canvas") + 1
    assert went == shown[start:] + shown[:start]
    back = []
    for _ in shown:
        press(Qt.Key.Key_F6, SHIFT)
        back.append(pane_of(window, focused()))
    assert back == [*reversed(went[:-1]), "canvas"]
    assert window.session.snapshot.step == 0


def test_a_pane_gets_the_keyboard_back_where_it_was_left(window: MainWindow) -> None:
    left = in_reach(window.panel(TrainingPanel))[3]
    left.setFocus()
    press(Qt.Key.Key_F6)
    assert focused() is not left
    press(Qt.Key.Key_F6, SHIFT)
    assert focused() is left


def test_the_key_after_f6_types_over_no_name(window: MainWindow) -> None:
    window.session.select(["f"])
    window.canvas.setFocus()
    while pane_of(window, focused()) != "inspector":
        press(Qt.Key.Key_F6)
    press(Qt.Key.Key_Q)
    assert not isinstance(focused(), QLineEdit)
    assert window.session.undo_stack.count() == 0
    assert window.session.document.graph.nodes["f"].title != "q"


def test_a_problem_above_the_canvas_is_a_stop(window: MainWindow) -> None:
    window.notices.complain("Something is wrong.")
    seen = set()
    for _ in range(12):
        press(Qt.Key.Key_F6)
        seen.add(focused().accessibleName())
    assert "Dismiss the problem" in seen


def test_every_control_in_sight_can_be_reached_by_f6_and_tab(window: MainWindow, qtbot: QtBot) -> None:
    window.session.select(["g"])
    window.session.start_walk()
    qtbot.waitUntil(lambda: window.stepper.isVisible())
    window.canvas.setFocus()
    seen: set[QWidget] = set()
    for _ in window.panels:
        press(Qt.Key.Key_F6)
        for _ in range(80):
            seen.add(focused())
            if focused() is window.canvas:
                break
            press(Qt.Key.Key_Tab)
    wanted = {each for pane in window.workbench.panes if in_sight(pane) for each in in_reach(pane)}
    missing = [f"{type(each).__name__} {each.accessibleName()!r}" for each in wanted - seen]
    assert missing == []


@pytest.mark.parametrize("node", ["g", "L"])
def test_tab_goes_through_a_pane_before_it_goes_on(window: MainWindow, qtbot: QtBot, node: str) -> None:
    panes = [pane for pane in window.workbench.panes if in_sight(pane)]
    session = window.session
    for tab in ("Settings", "Why"):
        session.select([node])
        window.inspector.show_tab(tab)
        qtbot.wait(50)
        in_reach(panes[0])[0].setFocus()
        order = []
        while focused() is not window.canvas:
            order += [i for i, pane in enumerate(panes) if pane.isAncestorOf(focused())]
            press(Qt.Key.Key_Tab)
        assert order == sorted(order)
        in_reach(panes[panes.index(window.canvas) + 1])[0].setFocus()
        order = []
        while focused() is not in_reach(panes[0])[0]:
            order += [i for i, pane in enumerate(panes) if pane.isAncestorOf(focused())]
            press(Qt.Key.Key_Tab)
        assert order == sorted(order)
        assert len(order) > 25
    named = [each.accessibleName() for each in in_reach(window.training_panel)]
    assert named[named.index("Optimizer") + 1] == "learning rate"


def test_esc_leaves_the_walk_and_everything_is_reachable_again(window: MainWindow, qtbot: QtBot) -> None:
    session = window.session
    session.select(["y"])
    press(Qt.Key.Key_F9)
    qtbot.waitUntil(lambda: session.walk is not None)
    assert focused() is window.canvas
    press(Qt.Key.Key_Right)
    assert step(window) == 1
    press(Qt.Key.Key_Escape)
    assert step(window) is None
    assert session.selection.ids == {"y"}
    assert not window.stepper.isVisible()
    press(Qt.Key.Key_Right)
    assert session.selection.ids != {"y"}
    press(Qt.Key.Key_Escape)
    assert session.selection.ids == frozenset()


def test_what_is_hidden_gives_the_keyboard_to_its_neighbour(window: MainWindow, qtbot: QtBot) -> None:
    window.session.select(["g"])
    window.inspector.show_tab("Why")
    window.canvas.setFocus()
    press(Qt.Key.Key_W)
    qtbot.waitUntil(lambda: focused() is not window.canvas)
    assert focused().accessibleName() == "Ask about: Value"
    press(Qt.Key.Key_F9)
    qtbot.waitUntil(lambda: step(window) == 0)
    why = window.inspector.tabs.currentWidget()
    assert why.isAncestorOf(focused()) or focused() is window.inspector.tabs.tabBar() or focused() is why
    press(Qt.Key.Key_Escape)
    assert step(window) is None


def test_esc_in_a_line_takes_back_what_was_typed_then_gives_the_keyboard_to_the_canvas(
    window: MainWindow, qtbot: QtBot
) -> None:
    session = window.session
    session.select(["g"])
    title = window.inspector.header.name
    title.setFocus()
    before, steps = title.text(), session.undo_stack.count()
    QTest.keyClicks(title, "other")
    press(Qt.Key.Key_Escape)
    assert (title.text(), focused()) == (before, title)
    press(Qt.Key.Key_Escape)
    assert focused() is window.canvas
    assert session.undo_stack.count() == steps


def test_a_key_of_the_system_for_texts_is_the_windows_where_the_window_means_something(window: MainWindow) -> None:
    title = window.inspector.header.name
    window.session.select(["g"])
    title.setFocus()
    claimed = []

    class Claims(QObject):
        """Stands before the line, which claims such a key on X11."""

        def eventFilter(self, watched: QObject, event: QEvent) -> bool:
            claimed.append(event.type())
            return False

    before = Claims()
    title.installEventFilter(before)
    title.clearFocus()
    title.setFocus()  # the window's own filter comes first again
    claimed.clear()
    override = QKeyEvent(QEvent.Type.ShortcutOverride, Qt.Key.Key_E, Qt.KeyboardModifier.ControlModifier)
    override.ignore()
    QApplication.sendEvent(title, override)
    assert not override.isAccepted()
    assert QEvent.Type.ShortcutOverride not in claimed
    letter = QKeyEvent(QEvent.Type.ShortcutOverride, Qt.Key.Key_E, Qt.KeyboardModifier.NoModifier, "e")
    letter.ignore()
    QApplication.sendEvent(title, letter)
    assert letter.isAccepted()


def test_esc_cancels_what_goes_on_before_it_leaves_the_walk(window: MainWindow) -> None:
    session = window.session
    session.start_walk()
    session.select(["y"])
    window.canvas.connect_selection()
    press(Qt.Key.Key_Escape)
    assert window.canvas.gesture is None
    assert step(window) == 0
    press(Qt.Key.Key_Tab)
    search = window.canvas.search
    assert search is not None
    QTest.keyClick(search.field, Qt.Key.Key_Escape)
    assert step(window) == 0
    press(Qt.Key.Key_Escape)
    assert step(window) is None


def test_in_a_walk_arrows_belong_to_a_table_or_a_list_that_has_the_keyboard(window: MainWindow) -> None:
    session = window.session
    session.start_walk()
    window.inspector.show_tab("Values")
    table = window.inspector.tabs.currentWidget().findChild(QTableView)
    assert table is not None
    moves = (Qt.Key.Key_Right, Qt.Key.Key_End, Qt.Key.Key_Home)
    for widget, keys in ((table, moves), (window.stepper.speed, moves[1:])):
        widget.setFocus()
        for key in keys:
            press(key)
        assert step(window) == 0
    window.transport.train.setFocus()
    press(Qt.Key.Key_Right)
    assert step(window) == 1


def test_panes_of_layouts_that_come_and_go_are_gone_through_in_order(qtbot: QtBot) -> None:
    for _ in range(100):
        pane = QWidget()
        inside = QHBoxLayout(pane)
        within = QVBoxLayout()
        first, second, third = (QPushButton(name) for name in "abc")
        inside.addWidget(third)
        inside.insertLayout(0, within)
        within.addStretch(1)
        within.addWidget(second)
        within.insertWidget(0, first)
        inside.addStretch(1)
        assert in_reach(pane, hidden=True) == [first, second, third]
        shiboken6.delete(pane)


@pytest.mark.parametrize("shortcut", sorted({key for spec in ACTIONS for key in spec.shortcuts} - TEXT_KEYS))
def test_a_text_leaves_the_keys_of_the_window_to_the_window(shortcut: str, qtbot: QtBot) -> None:
    field = QLineEdit("some text")
    qtbot.addWidget(field)
    combination: QKeyCombination = QKeySequence(shortcut)[0]  # type: ignore[index]
    event = QKeyEvent(QKeyEvent.Type.ShortcutOverride, combination.key(), combination.keyboardModifiers())
    event.ignore()
    QApplication.sendEvent(field, event)
    assert not event.isAccepted()


def test_a_key_that_a_text_needs_is_the_texts(window: MainWindow) -> None:
    steps = window.session.undo_stack.count()
    field = window.panel(Palette).search
    field.setFocus()
    QTest.keyClicks(field, "c b x h n f m")
    press(Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert window.session.undo_stack.count() == steps
    assert not window.session.is_training


def test_the_tips_of_buttons_name_the_keys_of_their_actions(window: MainWindow) -> None:
    keys = {spec.id: spec.keys[0] for spec in ACTIONS if spec.keys}
    buttons = [each for each in window.findChildren(QAbstractButton) if each.property("action")]
    assert len(buttons) >= 11
    for each in buttons:
        assert each.toolTip().endswith(f" ({native(keys[each.property('action')])})")
    assert window.transport.step.toolTip() == "One update with one batch (Shift+F7)"


def test_no_two_actions_have_the_same_key() -> None:
    for used in ([k for spec in ACTIONS for k in spec.shortcuts], [k for spec in ACTIONS for k in spec.keys]):
        assert sorted(used) == sorted(set(used))


def test_the_palette_shows_where_the_keyboard_is(window: MainWindow) -> None:
    palette = window.palette_panel
    palette.search.setFocus()
    press(Qt.Key.Key_Tab)
    assert focused() is palette.view
    assert [index.data() for index in palette.view.selectedIndexes()] == ["Input"]
    press(Qt.Key.Key_Down)
    assert [index.data() for index in palette.view.selectedIndexes()] == ["Target"]


def test_each_menu_opens_by_a_letter_of_its_own(window: MainWindow) -> None:
    letters = [action.text().partition("&")[2][:1] for action in window.menuBar().actions()]
    assert len(set(letters)) == len(letters) == 8
    assert all(letters)


def test_tabs_are_turned_by_arrows(window: MainWindow) -> None:
    window.session.select(["g"])
    bar = window.inspector.tabs.tabBar()
    bar.setFocus()
    before = window.inspector.tabs.currentIndex()
    press(Qt.Key.Key_Right)
    assert window.inspector.tabs.currentIndex() > before
    assert isinstance(window.panel(LossPlot).window().findChild(QTabWidget), QTabWidget)


def test_a_plot_in_a_window_of_its_own_is_a_stop_and_hears_the_keys_of_the_window(
    own_window: MainWindow, qtbot: QtBot
) -> None:
    window = own_window
    tile = window.plots.add("norms")
    assert tile is not None
    torn = window.plots.tear_off(tile.spot)
    qtbot.waitUntil(lambda: QApplication.activeWindow() is torn and tile.hasFocus(), timeout=5000)
    QTest.keyClick(tile, Qt.Key.Key_F6)
    qtbot.waitUntil(lambda: QApplication.activeWindow() is window, timeout=5000)
    assert not torn.isAncestorOf(focused())
    QTest.keyClick(focused(), Qt.Key.Key_F6, SHIFT)
    qtbot.waitUntil(lambda: QApplication.activeWindow() is torn, timeout=5000)
    assert torn.isAncestorOf(focused())
    window.plots.close_plot(tile.spot)
