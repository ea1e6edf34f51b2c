"""Panels are hidden, resized, moved, torn off and made wide by hand; a walk leaves the canvas most of the height."""

from __future__ import annotations

from collections import Counter

import pytest
from PySide6.QtCore import QEvent, QObject, QPoint, QSize, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from editor.dock import Dock
from editor.main_window import MainWindow
from editor.panel_list import PANELS
from tests.editor.canvas_driver import CTRL
from tests.editor.panel_session import WAIT, settle

LEFT = Qt.MouseButton.LeftButton
DOCKS = [spec for spec in PANELS if spec.docks and not spec.hidden]


def press(widget: QWidget, at: QPoint | None = None) -> None:
    """A click as people do it."""
    at = at if at is not None else widget.rect().center()
    QTest.mousePress(widget, LEFT, pos=at)
    QTest.qWait(100)
    QTest.mouseRelease(widget, LEFT, pos=at)
    QApplication.processEvents()


def key(window: MainWindow, code: Qt.Key, modifiers: Qt.KeyboardModifier = CTRL) -> None:
    window.activateWindow()
    QTest.keyPress(window.canvas, code, modifiers)
    QTest.keyRelease(window.canvas, code, modifiers)
    QApplication.processEvents()


def pull(page: QWidget, start: QPoint, end: QPoint) -> None:
    """Take hold of a point, move it to another, let go."""
    QTest.mouseMove(page, start)
    QTest.mousePress(page, LEFT, pos=start)
    QTest.qWait(100)
    for part in range(1, 9):
        QTest.mouseMove(page, start + (end - start) * (part / 8))
        QApplication.processEvents()
    QTest.mouseRelease(page, LEFT, pos=end)
    QApplication.processEvents()


def dock(window: MainWindow, name: str) -> Dock:
    return window.workbench.docks[name]


@pytest.mark.parametrize("spec", DOCKS, ids=lambda spec: spec.id)
def test_a_panel_is_hidden_by_its_title_and_shown_again_by_its_key(window: MainWindow, spec) -> None:  # type: ignore[no-untyped-def]
    action = window.actions_.by_id[f"panel_{spec.id}"]
    if spec.hidden:
        assert (action.isChecked(), window.panels[spec.id].isVisible()) == (False, False)
        key(window, Qt.Key(Qt.Key.Key_0.value + int(spec.key[-1])))
    assert (action.isChecked(), window.panels[spec.id].isVisible()) == (True, True)
    before = window.canvas.size()
    press(dock(window, spec.id).bar.close_)
    assert (action.isChecked(), window.panels[spec.id].isVisible()) == (False, False)
    key(window, Qt.Key(Qt.Key.Key_0.value + int(spec.key[-1])))
    assert (action.isChecked(), window.panels[spec.id].isVisible()) == (True, True)
    assert window.canvas.size() == before
    key(window, Qt.Key(Qt.Key.Key_0.value + int(spec.key[-1])))
    assert (action.isChecked(), window.panels[spec.id].isVisible()) == (False, False)
    window.actions_.by_id["reset_layout"].trigger()
    assert window.panels[spec.id].isVisible() == (not spec.hidden)


def test_the_canvas_gets_the_room_of_what_is_hidden(window: MainWindow) -> None:
    before = window.canvas.size()
    for name in ("palette", "inspector"):
        press(dock(window, name).bar.close_)
    for name in ("loss", "data", "boundary", "training"):
        press(dock(window, name).bar.close_)
        QApplication.processEvents()
    assert window.canvas.width() == window.width()
    assert window.canvas.height() >= before.height() + 270


def test_a_border_is_pulled_and_stays_there(window: MainWindow) -> None:
    page, inspector = window.workbench, dock(window, "inspector")
    border = QPoint(inspector.x() - 3, inspector.y() + 200)
    assert page.isSeparator(border)
    pull(page, border, border - QPoint(160, 0))
    assert inspector.width() == 500
    window.resize(1500, 1000)
    QApplication.processEvents()
    assert inspector.width() == 500
    press(inspector.bar.close_)
    key(window, Qt.Key.Key_2)
    assert inspector.width() == 500


def test_panels_below_give_way_in_a_low_window_unless_the_person_chose_their_height(window: MainWindow) -> None:
    page, beside = window.workbench, dock(window, "boundary")  # above the loss stand tabs

    def height(width: int, high: int) -> int:
        window.resize(width, high)
        QApplication.processEvents()
        return beside.height()

    assert height(1600, 1000) == 270
    assert height(1280, 720) < 260
    assert height(1600, 1000) == 270
    border = QPoint(beside.x() + 100, beside.y() - 3)
    pull(page, border, border - QPoint(0, 30))
    assert beside.height() == 300
    assert height(1600, 900) == 300
    assert height(1280, 800) == 300


def test_the_panels_below_keep_their_parts_of_the_width(window: MainWindow) -> None:
    row = [dock(window, name) for name in ("loss", "boundary", "training")]
    for width in (1600, 1280, 1500, 1600):
        window.resize(width, 1000)
        QApplication.processEvents()
        whole = sum(each.width() for each in row)
        assert [round(each.width() / whole, 2) for each in row] == pytest.approx([0.475, 0.2375, 0.2875], abs=0.02)


def test_a_panel_is_torn_off_by_a_button_and_put_back(window: MainWindow, qtbot: QtBot) -> None:
    inspector = dock(window, "inspector")
    canvas = window.canvas.width()
    press(inspector.bar.float)
    assert inspector.isFloating()
    assert inspector.window() is inspector
    assert inspector.bar.float.accessibleName() == "Put Inspector back"
    assert window.canvas.width() > canvas
    window.session.select(["f"])
    assert window.inspector.header.name.text() == "f = g + y"
    press(inspector.bar.float)
    QApplication.processEvents()
    assert not inspector.isFloating()
    assert window.canvas.width() == canvas


def test_a_torn_off_panel_is_closed_and_comes_back_torn_off(window: MainWindow) -> None:
    loss = dock(window, "loss")
    press(loss.bar.float)
    place = loss.geometry()
    loss.close()  # as by the frame of its window
    assert not loss.isVisible()
    assert not window.actions_.by_id["panel_loss"].isChecked()
    key(window, Qt.Key.Key_3)
    assert (loss.isVisible(), loss.isFloating(), loss.geometry()) == (True, True, place)


@pytest.mark.qt_log_ignore("grabbing the mouse")
def test_a_panel_is_dragged_out_by_its_title(window: MainWindow) -> None:
    palette = dock(window, "palette")
    start = palette.bar.title.geometry().center()
    QTest.mousePress(palette.bar.title, LEFT, pos=QPoint(5, 5))
    QTest.qWait(100)
    for step in range(1, 12):
        QTest.mouseMove(palette.bar.title, QPoint(5 + 40 * step, 5 + 20 * step))
        QApplication.processEvents()
    QTest.mouseRelease(palette.bar.title, LEFT, pos=start + QPoint(440, 220))
    QApplication.processEvents()
    assert palette.isFloating()
    assert palette.isVisible()


def test_the_inspector_takes_half_of_the_window_and_gives_it_back(window: MainWindow) -> None:
    inspector = dock(window, "inspector")
    press(inspector.bar.wide)
    assert inspector.width() == 800
    assert window.actions_.by_id["wide_inspector"].isChecked()
    window.resize(1300, 1000)
    QApplication.processEvents()
    assert inspector.width() == 650
    window.resize(1600, 1000)
    key(window, Qt.Key.Key_2)
    assert not inspector.isVisible()
    key(window, Qt.Key.Key_I, CTRL | Qt.KeyboardModifier.AltModifier)
    assert not window.workbench.is_wide("inspector")
    assert inspector.isVisible()
    assert inspector.width() == 340


@pytest.mark.parametrize("example", ["spiral", "mazur_2_2_2", "z_2x_y"])
def test_in_a_walk_at_720_lines_the_canvas_keeps_more_than_half_of_the_window(
    window: MainWindow, qtbot: QtBot, example: str
) -> None:
    window.resize(1280, 720)
    window.files.open_example(example)
    settle(qtbot, window.session)
    QApplication.processEvents()
    before = window.canvas.size()
    key(window, Qt.Key.Key_F9, Qt.KeyboardModifier.NoModifier)
    assert window.session.walk is not None
    assert window.size() == QSize(1280, 720)
    assert window.canvas.height() > 360
    assert window.stepper.isVisible()
    assert not window.panels["loss"].isVisible()
    key(window, Qt.Key.Key_F9, Qt.KeyboardModifier.NoModifier)
    assert not window.stepper.isVisible()
    assert window.panels["loss"].isVisible()
    assert window.canvas.size() == before


@pytest.mark.parametrize("front", ["loss", "data"])
def test_after_a_walk_the_panel_is_in_front_of_its_group_that_was(window: MainWindow, front: str) -> None:
    window.resize(1280, 720)
    window.workbench.show_panel(front, True)
    QApplication.processEvents()
    group = "loss", "data"
    assert [id_ for id_ in group if dock(window, id_).in_sight] == [front]
    key(window, Qt.Key.Key_F9, Qt.KeyboardModifier.NoModifier)
    assert not any(dock(window, id_).in_sight for id_ in group)
    key(window, Qt.Key.Key_F9, Qt.KeyboardModifier.NoModifier)
    assert [id_ for id_ in group if dock(window, id_).in_sight] == [front]


@pytest.mark.parametrize("panel", ["loss", "data"])
def test_a_panel_called_back_in_a_walk_stays_and_leaves_the_canvas_half_of_the_window(
    window: MainWindow, qtbot: QtBot, panel: str
) -> None:
    window.resize(1280, 720)
    key(window, Qt.Key.Key_F9, Qt.KeyboardModifier.NoModifier)
    key(window, Qt.Key.Key_3 if panel == "loss" else Qt.Key.Key_6)
    assert window.panels[panel].isVisible()
    qtbot.waitUntil(lambda: window.canvas.height() >= 360, timeout=WAIT)
    assert dock(window, panel).height() > 120
    assert window.stepper.height() >= window.stepper.heightForWidth(window.stepper.width())
    key(window, Qt.Key.Key_F9, Qt.KeyboardModifier.NoModifier)
    assert all(window.panels[spec.id].isVisible() for spec in DOCKS if not spec.hidden)


def test_in_a_high_window_a_walk_moves_nothing_away(window: MainWindow) -> None:
    key(window, Qt.Key.Key_F9, Qt.KeyboardModifier.NoModifier)
    assert window.panels["loss"].isVisible()
    assert window.canvas.height() > 450


class Laid(QObject):
    """Counts how often anything in the window is shown, hidden or laid out."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: Counter[tuple[str, str]] = Counter()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.LayoutRequest, QEvent.Type.Show, QEvent.Type.Hide):
            self.seen[type(watched).__name__, event.type().name] += 1
        return False


@pytest.mark.parametrize("lesson", [False, True])
def test_the_window_comes_to_rest(own_window: MainWindow, lesson: bool, qtbot: QtBot) -> None:
    own_window.files.open_example("z_2x_y")
    own_window.workbench.show_panel("lesson", lesson)
    laid, app = Laid(), QApplication.instance()
    assert app is not None
    app.installEventFilter(laid)

    def rests() -> bool:
        laid.seen.clear()
        qtbot.wait(150)
        return not laid.seen

    try:
        qtbot.waitUntil(rests, timeout=WAIT)
        own_window.resize(796, 700)  # where the panels below cannot have the widths that they are to have
        qtbot.waitUntil(rests, timeout=WAIT)
    finally:
        app.removeEventFilter(laid)
