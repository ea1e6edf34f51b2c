"""The popups of the canvas: a click on a row of the search, keys that are the field's, where a popup stands."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, Qt
from PySide6.QtGui import QKeyEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QPlainTextEdit, QWidget
from pytestqt.qtbot import QtBot

from editor.canvas.matrix_field import MatrixField
from editor.canvas.search import SearchPopup
from editor.main_window import MainWindow
from tests.editor.canvas_driver import LEFT, NO_KEY, Driver
from tests.editor.panel_session import WAIT

SIZE = 700, 620
"""Of a canvas that has room on the screen without a screen."""


def click(widget: QWidget, at: QPoint, pause: int = 110) -> None:
    """Press, wait and release as the window system tells it, which knows windows and no widgets."""
    window, spot = widget.window(), widget.mapTo(widget.window(), at)
    handle = window.windowHandle()
    QTest.mouseMove(handle, spot)
    QTest.mousePress(handle, LEFT, NO_KEY, spot)
    QTest.qWait(pause)
    QTest.mouseRelease(handle, LEFT, NO_KEY, spot)
    QApplication.processEvents()


def turn(widget: QWidget, at: QPoint, delta: int) -> None:
    """One turn of the wheel over a widget, in the window below the pointer."""
    place = QPointF(widget.mapToGlobal(at))
    buttons, phase = Qt.MouseButton.NoButton, Qt.ScrollPhase.NoScrollPhase
    event = QWheelEvent(QPointF(at), place, QPoint(), QPoint(0, delta), buttons, NO_KEY, phase, False)
    QApplication.sendEvent(widget, event)


def focus() -> QWidget:
    """Whatever has the focus now."""
    widget = QApplication.focusWidget()
    assert widget is not None
    return widget


def type_(text: str) -> None:
    """Keys to whatever has the focus, each pressed and released there."""
    for letter in text:
        key = {" ": Qt.Key.Key_Space, "\n": Qt.Key.Key_Return}.get(letter, Qt.Key(ord(letter.upper())))
        QTest.keyEvent(QTest.KeyAction.Press, focus(), key, NO_KEY)
        QTest.keyEvent(QTest.KeyAction.Release, focus(), key, NO_KEY)


def repeat(key: Qt.Key) -> None:
    """A key that is held makes itself heard again, at whatever has the focus now."""
    for kind in (QEvent.Type.ShortcutOverride, QEvent.Type.KeyPress):
        QApplication.sendEvent(focus(), QKeyEvent(kind, key, NO_KEY, "", True))


def search(d: Driver) -> SearchPopup:
    assert d.canvas.search is not None
    return d.canvas.search


@pytest.mark.parametrize("row", range(12))
def test_a_click_on_any_row_adds_that_op(qtbot: QtBot, row: int) -> None:
    d = Driver(qtbot, size=SIZE)
    before = set(d.session.document.graph.nodes)
    d.key(Qt.Key.Key_Tab)
    rows, op = search(d).rows, search(d).found()[row]
    rows.scrollToItem(rows.item(row))
    click(rows.viewport(), rows.visualItemRect(rows.item(row)).center())
    (node_id,) = set(d.session.document.graph.nodes) - before
    assert d.session.document.graph.nodes[node_id].op == op.name
    assert d.session.selection.nodes == {node_id}
    assert d.canvas.hasFocus()


@pytest.mark.parametrize("row", range(12))
def test_a_click_on_any_row_wires_what_was_dropped_there(qtbot: QtBot, row: int) -> None:
    d = Driver(qtbot, size=SIZE)
    before = set(d.session.document.graph.nodes)
    d.drag(d.out("a"), d.empty())
    rows, op = search(d).rows, search(d).found()[row]
    rows.scrollToItem(rows.item(row))
    click(rows.viewport(), rows.visualItemRect(rows.item(row)).center())
    (node_id,) = set(d.session.document.graph.nodes) - before
    assert d.session.document.graph.nodes[node_id].op == op.name
    assert [(source, target) for source, target, _ in d.wires() if target == node_id] == [("a", node_id)]


def test_the_wheel_scrolls_the_rows_and_the_pointer_lights_one(qtbot: QtBot) -> None:
    d = Driver(qtbot, size=SIZE)
    zoom = d.canvas.camera.zoom
    d.canvas.open_search()
    rows = search(d).rows
    viewport = rows.viewport()
    spot = rows.visualItemRect(rows.item(4)).center()
    QTest.mouseMove(search(d).window().windowHandle(), viewport.mapTo(search(d), spot))
    QApplication.processEvents()
    assert rows.currentRow() == 4
    for _ in range(3):
        turn(viewport, spot, -120)
    assert rows.verticalScrollBar().value() > 0
    for _ in range(200):
        turn(viewport, spot, -120)  # at its end too the wheel is the list's
    assert d.canvas.camera.zoom == zoom
    search(d).close()


def test_a_click_beside_the_search_closes_it_and_adds_nothing(qtbot: QtBot) -> None:
    d = Driver(qtbot, size=SIZE)
    before = d.state()
    d.canvas.open_search(d.canvas.camera.to_scene(QPointF(40, 40)))
    popup = search(d)
    closed: list[bool] = []
    popup.destroyed.connect(lambda: closed.append(True))
    click(d.canvas, QPoint(SIZE[0] - 20, SIZE[1] - 20))
    qtbot.waitUntil(lambda: bool(closed))
    assert d.canvas.hasFocus()
    assert d.state() == before


def test_spaces_and_escape_in_the_search_are_its_own(qtbot: QtBot) -> None:
    d = Driver(qtbot, size=SIZE)
    taps: list[bool] = []
    d.canvas.space_tapped.connect(lambda: taps.append(True))
    d.session.select({"a"})
    d.key(Qt.Key.Key_Tab)
    type_("mean s")
    assert search(d).field.text() == "mean s"
    assert search(d).found()[0].name == "mean_squared_error"
    type_(" ")
    QTest.keyPress(search(d).field, Qt.Key.Key_Escape)
    assert d.canvas.hasFocus()
    repeat(Qt.Key.Key_Escape)
    QTest.keyRelease(d.canvas, Qt.Key.Key_Escape)
    assert taps == []
    assert d.session.selection.nodes == {"a"}


def test_a_key_held_since_it_opened_the_search_chooses_nothing(qtbot: QtBot) -> None:
    d = Driver(qtbot, size=SIZE)
    before = d.state()
    QTest.keyPress(d.canvas, Qt.Key.Key_Tab)
    assert search(d).field.hasFocus()
    repeat(Qt.Key.Key_Tab)
    QTest.keyRelease(search(d).field, Qt.Key.Key_Tab)
    assert search(d).isVisible()
    assert d.state() == before
    type_("\n")
    assert "input" in {node.op for node in d.session.document.graph.nodes.values()}


def test_enter_held_after_a_choice_does_not_open_the_new_node(qtbot: QtBot) -> None:
    d = Driver(qtbot, size=SIZE)
    opened: list[str] = []
    d.canvas.node_activated.connect(opened.append)
    d.key(Qt.Key.Key_Tab)
    QTest.keyPress(search(d).field, Qt.Key.Key_Return)
    assert d.canvas.hasFocus()
    for _ in range(3):
        repeat(Qt.Key.Key_Return)
    QTest.keyRelease(d.canvas, Qt.Key.Key_Return)
    assert opened == []
    d.key(Qt.Key.Key_Return)
    assert len(opened) == 1


def test_a_space_let_go_on_the_canvas_counts_only_if_it_went_down_there(qtbot: QtBot) -> None:
    d = Driver(qtbot, size=SIZE)
    taps: list[bool] = []
    d.canvas.space_tapped.connect(lambda: taps.append(True))
    QTest.keyRelease(d.canvas, Qt.Key.Key_Space)
    assert taps == []
    QTest.keyPress(d.canvas, Qt.Key.Key_Space)
    d.canvas.clearFocus()
    d.canvas.setFocus()
    QTest.keyRelease(d.canvas, Qt.Key.Key_Space)
    assert taps == []
    repeat(Qt.Key.Key_Right)
    assert d.session.selection.nodes == frozenset()
    d.key(Qt.Key.Key_Space)
    assert taps == [True]


def test_spaces_in_titles_and_texts_are_theirs(window: MainWindow, qtbot: QtBot) -> None:
    session, canvas = window.session, window.canvas
    states: list[str] = []
    session.snapshot_changed.connect(lambda: states.append(session.snapshot.state))
    area = canvas.camera.area(canvas.width(), canvas.height())
    frame_id = _frame(window)
    node_id = next(iter(session.document.graph.nodes))
    for record_id in (node_id, frame_id):
        canvas.setFocus()
        session.select({record_id})
        QTest.keyClick(canvas, Qt.Key.Key_F2)
        type_("my layer\n")
        assert canvas.hasFocus()
        graph = session.document.graph
        assert (graph.nodes.get(record_id) or graph.frames[record_id]).title == "my layer"
    note_id = canvas.add_note()
    type_("a b")
    QTest.keyClick(focus(), Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert session.document.graph.notes[note_id].text == "a b"
    QTest.qWait(60)
    assert "running" not in states
    assert session.snapshot.epoch == 0
    assert canvas.camera.area(canvas.width(), canvas.height()) == area


def _frame(window: MainWindow) -> str:
    frame_id = window.canvas.frame_selection()
    QTest.keyClick(focus(), Qt.Key.Key_Escape)
    return frame_id


@pytest.mark.parametrize("pause", [0, 110])
@pytest.mark.parametrize("kind", [QLineEdit, QPlainTextEdit])
def test_a_click_beside_a_field_takes_its_text(qtbot: QtBot, kind: type[QWidget], pause: int) -> None:
    d = Driver(qtbot, size=SIZE)
    if kind is QLineEdit:
        d.canvas.rename_record("a")
    else:
        d.canvas.add_note()
    field = d.canvas.findChild(kind)
    assert field is not None
    type_("one two")
    click(d.canvas, d.pixel(d.body("x")), pause)
    assert d.session.selection.ids == {"x"}, "the click also does what it does without a field"
    assert not d.busy()
    graph = d.session.document.graph
    assert [graph.nodes["a"].title, *(note.text for note in graph.notes.values())][-1] == "one two"
    assert d.canvas.findChild(kind) is None
    assert d.canvas.hasFocus()


def test_the_wheel_beside_a_title_turns_the_canvas_and_the_title_goes_along(qtbot: QtBot) -> None:
    d = Driver(qtbot, size=SIZE)
    d.canvas.zoom_to(0.7)
    d.canvas.rename_record("a")
    field = d.canvas.findChild(QLineEdit)
    assert field is not None
    turn(field, field.mapFromGlobal(d.canvas.mapToGlobal(QPoint(300, 500))), -120)
    assert d.canvas.camera.zoom < 0.7
    corner = d.canvas.camera.to_screen(d.canvas.scene.nodes["a"].rect.topLeft())
    assert (QPointF(d.canvas.mapFromGlobal(field.pos())) - corner).manhattanLength() <= 2
    QTest.keyClick(field, Qt.Key.Key_Escape)


@pytest.mark.parametrize("corner", [(0, 0), (1, 0), (0, 1), (1, 1)])
def test_a_popup_lies_on_the_canvas_and_on_the_screen(qtbot: QtBot, corner: tuple[int, int]) -> None:
    d = Driver(qtbot, size=SIZE)
    screen = d.canvas.screen().availableGeometry()
    for place in (screen.topLeft(), screen.bottomRight() - QPoint(300, 300)):
        d.canvas.move(place)
        QApplication.processEvents()
        room = QRect(d.canvas.mapToGlobal(QPoint()), d.canvas.size())
        at = QPointF(corner[0] * (SIZE[0] - 1), corner[1] * (SIZE[1] - 1))
        d.canvas.open_search(d.canvas.camera.to_scene(at))
        assert screen.contains(search(d).geometry())
        if screen.contains(room):
            assert room.contains(search(d).geometry())
        search(d).close()


def test_a_title_out_of_view_is_edited_in_view(qtbot: QtBot) -> None:
    d = Driver(qtbot, size=SIZE)
    d.canvas.pan_by(-3000, 0)
    d.canvas.rename_record("a")
    field = d.canvas.findChild(QLineEdit)
    assert field is not None
    assert d.canvas.rect().contains(QRect(d.canvas.mapFromGlobal(field.pos()), field.size()))
    QTest.keyClick(field, Qt.Key.Key_Escape)


def test_a_function_key_takes_what_was_typed_and_does_what_it_stands_for(window: MainWindow, qtbot: QtBot) -> None:
    session, canvas = window.session, window.canvas
    session.select(["x"])
    assert canvas.type_matrix("x")
    field = canvas._field
    assert isinstance(field, MatrixField)
    QTest.keyClicks(field.table, "7")
    QTest.keyClick(QApplication.focusWidget() or field.table, Qt.Key.Key_F9)
    assert canvas._field is None
    qtbot.waitUntil(lambda: session.walk is not None, timeout=WAIT)
    assert float(session.snapshot.trace.values["x"]) == 7.0
    session.stop_walk()
