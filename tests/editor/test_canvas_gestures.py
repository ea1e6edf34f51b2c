"""The mouse on the canvas: each gesture does its one undo step, and Esc leaves everything as it was."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from editor.canvas import MIME
from editor.canvas.fields import NoteField, TitleField
from editor.canvas.search import SearchPopup
from editor.canvas.wiring import NewWire
from tests.editor.canvas_driver import CTRL, NO_KEY, SHIFT, Driver, small


def test_a_drag_from_an_output_to_an_input_connects_them(qtbot: QtBot) -> None:
    d = Driver(qtbot)
    d.drag(d.out("h"), d.port("s", "x"))
    assert ("h", "s", "x") in d.wires()
    assert d.session.undo_stack.count() == 1
    d.undo()
    assert d.state() == Driver(qtbot).state()


def test_a_drag_from_an_input_back_to_an_output_connects_them(qtbot: QtBot) -> None:
    d = Driver(qtbot)
    d.drag(d.port("s", "x"), d.out("a"))
    assert ("a", "s", "x") in d.wires()


def test_the_whole_row_of_a_port_takes_the_wire(qtbot: QtBot) -> None:
    d = Driver(qtbot)
    d.drag(d.out("a"), d.port("s", "x") + QPointF(60, 9))
    assert ("a", "s", "x") in d.wires()


def test_a_refused_wire_gives_its_sentence_at_the_pointer_and_in_the_status_line(qtbot: QtBot) -> None:
    d = Driver(qtbot)
    before = d.state()
    d.carry(d.out("m"), d.port("h", "a"))
    assert "".join(d.canvas.bubble) == "h already leads to m: the wire would close a cycle."
    d.release(d.port("h", "a"))
    assert d.session.said == ["h already leads to m: the wire would close a cycle."]
    assert d.canvas.bubble == ""
    assert d.state() == before
    assert d.session.undo_stack.count() == 0


def test_a_wire_on_an_occupied_port_replaces_the_old_one_in_one_step(qtbot: QtBot) -> None:
    d = Driver(qtbot)
    before = d.state()
    d.drag(d.out("x"), d.port("a", "x"))
    assert ("x", "a", "x") in d.wires()
    assert ("h", "a", "x") not in d.wires()
    assert d.session.undo_stack.count() == 1
    d.undo()
    assert d.state() == before


def test_a_wire_dragged_off_its_port_onto_empty_canvas_is_removed(qtbot: QtBot) -> None:
    d = Driver(qtbot)
    d.drag(d.port("a", "x"), d.empty())
    assert d.wires() == {("x", "h", "a"), ("w", "h", "b"), ("a", "m", "x")}
    assert d.canvas.findChild(SearchPopup) is None


def test_a_click_on_a_port_only_selects_its_wire(qtbot: QtBot) -> None:
    d = Driver(qtbot)
    before = d.state()
    for end in (d.port("a", "x"), d.out("a"), d.port("s", "x")):
        d.click(end - QPointF(3, 0))
    assert d.state() == before
    d.click(d.port("a", "x"))
    assert d.session.selection.wire == ("a", "x")
    assert d.canvas.findChild(SearchPopup) is None


def test_from_afar_a_small_node_is_moved_and_not_wired(qtbot: QtBot) -> None:
    d = Driver(qtbot)
    d.canvas.zoom_to(0.2)
    d.drag(d.out("a") - QPointF(4, 0), d.out("a") + QPointF(200, 300))
    assert d.session.document.graph.nodes["a"].position[0] > 600
    assert len(d.wires()) == 4


def test_a_wire_dragged_off_its_port_can_go_to_another(qtbot: QtBot) -> None:
    d = Driver(qtbot)
    d.drag(d.port("a", "x"), d.port("s", "x"))
    assert d.wires() == {("x", "h", "a"), ("w", "h", "b"), ("h", "s", "x"), ("a", "m", "x")}
    assert d.session.undo_stack.count() == 1


def test_ports_that_would_take_a_wire_are_known_while_it_is_dragged(qtbot: QtBot) -> None:
    d = Driver(qtbot)
    d.carry(d.out("a"), d.empty())
    gesture = d.canvas.gesture
    assert isinstance(gesture, NewWire)
    qtbot.waitUntil(lambda: len(gesture.verdicts) == 5)
    verdicts = gesture.verdicts
    assert verdicts["s", "x"] == ""
    assert "cycle" in verdicts["h", "a"]
    d.key(Qt.Key.Key_Escape)


def test_a_wire_dropped_on_empty_canvas_offers_what_it_can_go_on_with(qtbot: QtBot) -> None:
    d = Driver(qtbot)
    d.drag(d.out("a"), d.empty())
    popup = d.canvas.search
    assert popup is not None
    names = {op.name for op in popup.found()}
    assert {"tanh", "dense", "sum"} <= names
    assert not names & {"input", "target", "parameter", "constant"}
    QTest.keyClicks(popup.field, "sig")
    QTest.keyClick(popup.field, Qt.Key.Key_Return)
    node = d.session.document.graph.nodes["a2"]
    assert node.op == "sigmoid"
    assert ("a", "a2", "x") in d.wires()
    at = d.port("a2", "x") - d.empty()
    assert abs(at.x()) <= 40


def test_a_scalar_dropped_on_empty_canvas_is_offered_no_layer(qtbot: QtBot) -> None:
    d = Driver(qtbot)
    d.drag(d.out("m"), d.empty())
    assert d.canvas.search is not None
    names = {op.name for op in d.canvas.search.found()}
    assert "square" in names
    assert not names & {"dense", "softmax"}
    d.canvas.search.close()


def test_a_wire_dropped_from_an_input_offers_what_can_feed_it(qtbot: QtBot) -> None:
    d = Driver(qtbot)
    d.drag(d.port("s", "x"), d.empty())
    popup = d.canvas.search
    assert popup is not None
    QTest.keyClicks(popup.field, "const")
    QTest.keyClick(popup.field, Qt.Key.Key_Return)
    assert ("c", "s", "x") in d.wires()


def test_nodes_move_together_snap_and_come_back_in_one_step(qtbot: QtBot) -> None:
    d = Driver(qtbot)
    before = d.state()
    d.session.select({"a", "m"})
    d.drag(d.body("a"), d.body("a") + QPointF(43, 88))
    places = {node.id: node.position for node in d.session.document.graph.nodes.values()}
    x, y = places["a"]
    assert (x % 10, y % 10) == (0, 0)
    assert abs(x - 563) <= 6
    assert places["m"] == (x + 260, y)
    assert [*places["h"]] == [260, 0]
    assert d.session.undo_stack.count() == 1
    gap = d.on_wire(("m", "x"), 0.0) - d.out("a")
    assert (gap.x(), gap.y()) == (0, 0)
    d.undo()
    assert d.state() == before
    assert d.canvas.scene.nodes["a"].rect.left() == 520


def test_a_click_without_a_drag_moves_nothing(qtbot: QtBot) -> None:
    d = Driver(qtbot)
    d.click(d.body("a"))
    assert d.session.selection.nodes == {"a"}
    assert d.session.undo_stack.count() == 0


def test_a_click_on_one_of_several_selected_nodes_selects_it_alone(qtbot: QtBot) -> None:
    d = Driver(qtbot)
    d.session.select({"a", "m"})
    d.click(d.body("a"))
    assert d.session.selection.nodes == {"a"}


def test_shift_click_adds_to_the_selection_and_takes_away(qtbot: QtBot) -> None:
    d = Driver(qtbot)
    d.click(d.body("a"))
    d.click(d.body("m"), SHIFT)
    assert d.session.selection.nodes == {"a", "m"}
    d.click(d.body("a"), SHIFT)
    assert d.session.selection.nodes == {"m"}


def test_the_rubber_band_selects_what_it_touches(qtbot: QtBot) -> None:
    d = Driver(qtbot)
    rect = d.canvas.scene.nodes["a"].rect.united(d.canvas.scene.nodes["m"].rect)
    d.drag(rect.topLeft() - QPointF(15, 15), rect.bottomRight() - QPointF(30, 30))
    assert d.session.selection.nodes == {"a", "m"}


def test_ctrl_drag_cuts_the_wires_that_it_crosses(qtbot: QtBot) -> None:
    d = Driver(qtbot)
    before = d.state()
    middle = d.on_wire(("a", "x"))
    d.drag(middle - QPointF(0, 40), middle + QPointF(0, 40), CTRL)
    assert ("h", "a", "x") not in d.wires()
    assert len(d.wires()) == 3
    d.undo()
    assert d.state() == before


def test_delete_and_undo_give_the_same_document(qtbot: QtBot) -> None:
    d = Driver(qtbot)
    before = d.state()
    d.click(d.body("h"))
    d.key(Qt.Key.Key_Delete)
    assert "h" not in d.session.document.graph.nodes
    assert d.wires() == {("a", "m", "x")}
    assert "h" not in d.canvas.scene.nodes
    d.undo()
    assert d.state() == before
    assert set(d.canvas.scene.wires) == set(d.session.document.graph.wires)


def test_backspace_removes_the_selected_wire(qtbot: QtBot) -> None:
    d = Driver(qtbot)
    d.click(d.on_wire(("a", "x")))
    assert d.session.selection.wire == ("a", "x")
    d.key(Qt.Key.Key_Backspace)
    assert ("h", "a", "x") not in d.wires()


@pytest.mark.parametrize("gesture", ["wire", "lifted wire", "move", "band", "cut", "pan"])
def test_esc_cancels_each_gesture_and_nothing_has_happened(qtbot: QtBot, gesture: str) -> None:
    d = Driver(qtbot)
    d.session.select({"w"})
    before, camera = d.state(), (d.canvas.camera.x, d.canvas.camera.y)
    places = {i: QPointF(v.rect.topLeft()) for i, v in d.canvas.scene.nodes.items()}
    far = d.empty()
    if gesture == "wire":
        d.carry(d.out("a"), d.port("s", "x"))
    elif gesture == "lifted wire":
        d.carry(d.port("a", "x"), far)
    elif gesture == "move":
        d.carry(d.body("w"), d.body("w") + QPointF(100, 50))
        assert d.canvas.scene.nodes["w"].rect.topLeft() != places["w"]
    elif gesture == "band":
        d.carry(far, d.body("s"))
    elif gesture == "cut":
        d.carry(far, d.header("x"), CTRL)
    else:
        d.press(far, button=Qt.MouseButton.MiddleButton)
        d.hover(far + QPointF(80, 0))
        assert d.canvas.camera.x != camera[0]
    assert d.busy()
    d.key(Qt.Key.Key_Escape)
    assert not d.busy()
    d.release(d.port("s", "x"))
    assert d.state() == before
    assert d.session.undo_stack.count() == 0
    assert {i: v.rect.topLeft() for i, v in d.canvas.scene.nodes.items()} == places
    assert (d.canvas.camera.x, d.canvas.camera.y) == camera
    assert d.session.selection.nodes == {"w"}


def test_space_and_drag_pan_and_a_tap_is_told(qtbot: QtBot) -> None:
    d = Driver(qtbot)
    x = d.canvas.camera.x
    with qtbot.waitSignal(d.canvas.space_tapped, timeout=500):
        d.key(Qt.Key.Key_Space)
    QTest.keyPress(d.canvas, Qt.Key.Key_Space)
    at = d.pixel(d.body("a"))
    QTest.mousePress(d.canvas, Qt.MouseButton.LeftButton, NO_KEY, at)
    at.setX(at.x() + 50)
    QTest.mouseMove(d.canvas, at)
    QTest.mouseRelease(d.canvas, Qt.MouseButton.LeftButton, NO_KEY, at)
    QTest.keyRelease(d.canvas, Qt.Key.Key_Space)
    assert d.canvas.camera.x == x + 50
    assert d.session.undo_stack.count() == 0


def test_a_space_let_go_in_a_title_that_is_being_written_is_no_tap(qtbot: QtBot) -> None:
    d = Driver(qtbot)
    taps: list[None] = []
    d.canvas.space_tapped.connect(lambda: taps.append(None))
    d.session.select(["a"])
    d.canvas.rename()
    field = d.canvas.findChild(TitleField)
    assert field is not None
    QTest.keyClicks(field, "two words")
    QTest.keyClick(field, Qt.Key.Key_Return)
    d.session.select()
    d.canvas.add_note()
    note = d.canvas.findChild(NoteField)
    assert note is not None
    QTest.keyClicks(note, "more words here")
    assert d.session.document.graph.nodes["a"].title == "two words"
    assert not taps


def test_a_space_held_while_the_keys_go_elsewhere_is_no_longer_held(qtbot: QtBot) -> None:
    d = Driver(qtbot)
    QTest.keyPress(d.canvas, Qt.Key.Key_Space)
    d.session.select(["a"])
    d.canvas.rename()
    field = d.canvas.findChild(TitleField)
    assert field is not None
    QTest.keyRelease(field, Qt.Key.Key_Space)
    QTest.keyClick(field, Qt.Key.Key_Escape)
    x, place = d.canvas.camera.x, d.canvas.scene.place("s")
    d.drag(d.body("s"), d.body("s") + QPointF(50, 0))
    assert d.canvas.camera.x == x
    assert d.canvas.scene.place("s") == place + QPointF(50, 0)


def test_a_drag_near_the_border_pans_the_view(qtbot: QtBot) -> None:
    d = Driver(qtbot)
    d.canvas.zoom_to(2.0)
    x = d.canvas.camera.x
    start = d.canvas.visible_area().center()
    edge = d.canvas.camera.to_scene(QPointF(d.canvas.width() - 4, d.canvas.height() / 2))
    d.carry(start, edge, SHIFT)
    qtbot.waitUntil(lambda: d.canvas.camera.x < x - 30, timeout=2000)
    d.key(Qt.Key.Key_Escape)


def _mime(name: str) -> QMimeData:
    data = QMimeData()
    data.setData(MIME, name.encode())
    return data


def _drop(d: Driver, name: str, at: QPointF) -> None:
    data = _mime(name)
    where = QPointF(d.pixel(at))
    left, copy = Qt.MouseButton.LeftButton, Qt.DropAction.CopyAction
    QApplication.sendEvent(d.canvas, QDragEnterEvent(where.toPoint(), copy, data, left, NO_KEY))
    QApplication.sendEvent(d.canvas, QDropEvent(where, copy, data, left, NO_KEY))


def test_a_node_from_the_palette_lands_where_it_is_dropped(qtbot: QtBot) -> None:
    d = Driver(qtbot)
    at = d.empty()
    _drop(d, "dense", at)
    node = d.session.document.graph.nodes["h2"]
    assert node.op == "dense"
    rect = d.canvas.scene.nodes["h2"].rect
    assert rect.contains(at)
    assert d.session.selection.nodes == {"h2"}


def test_a_node_dropped_on_a_wire_goes_into_it_in_one_step(qtbot: QtBot) -> None:
    d = Driver(qtbot)
    before = d.state()
    _drop(d, "sigmoid", d.on_wire(("a", "x")))
    assert {("h", "a2", "x"), ("a2", "a", "x")} <= d.wires()
    assert ("h", "a", "x") not in d.wires()
    scene = d.canvas.scene
    assert scene.nodes["a2"].rect.right() < scene.nodes["a"].rect.left()
    assert scene.nodes["a"].rect.right() < scene.nodes["m"].rect.left()
    assert d.session.undo_stack.count() == 1
    d.undo()
    assert d.state() == before


def test_a_node_without_wires_that_is_carried_onto_a_wire_goes_into_it(qtbot: QtBot) -> None:
    d = Driver(qtbot)
    before = d.state()
    d.drag(d.header("s"), d.on_wire(("a", "x")))
    assert {("h", "s", "x"), ("s", "a", "x")} <= d.wires()
    nodes = d.canvas.scene.nodes
    for left, right in (("h", "s"), ("s", "a"), ("a", "m")):
        assert nodes[right].rect.left() - nodes[left].rect.right() >= 60
    assert d.session.undo_stack.count() == 1
    assert d.session.undo_stack.undoText() == "Put s into a wire"
    d.undo()
    assert d.state() == before
    d.drag(d.header("m"), d.on_wire(("a", "x")))  # it has a wire, so it is moved and no more
    assert d.wires() == {("x", "h", "a"), ("w", "h", "b"), ("h", "a", "x"), ("a", "m", "x")}


def test_a_node_dropped_on_a_wire_makes_room_in_its_line_and_lies_on_nothing(qtbot: QtBot) -> None:
    d = Driver(qtbot)
    edits = d.session.edits
    # A second line below, which the first leads on to, and a stranger beside the end of the first.
    d.session.apply(edits.move({"m": (0.0, 420.0), "s": (740.0, 40.0)}))
    _drop(d, "sigmoid", d.on_wire(("a", "x"), 0.3))
    nodes = d.canvas.scene.nodes
    views = list(nodes.values())
    assert not any(a.rect.intersects(b.rect) for i, a in enumerate(views) for b in views[:i])
    assert nodes["m"].rect.topLeft() == QPointF(0, 420)
    assert nodes["a2"].rect.left() >= nodes["h"].rect.right() + 60
    assert nodes["a"].rect.left() >= nodes["a2"].rect.right() + 60
    assert nodes["s"].rect.left() > nodes["a"].rect.right()


def test_a_drag_from_the_palette_pans_near_the_border_once_it_was_inside(qtbot: QtBot) -> None:
    d = Driver(qtbot)
    d.canvas.zoom_to(2.0)
    data, x = _mime("dense"), d.canvas.camera.x
    left, copy = Qt.MouseButton.LeftButton, Qt.DropAction.CopyAction
    edge, middle = QPointF(5, 300).toPoint(), QPointF(600, 300).toPoint()
    QApplication.sendEvent(d.canvas, QDragEnterEvent(edge, copy, data, left, NO_KEY))
    for at in (QPointF(8, 300).toPoint(), QPointF(14, 300).toPoint()):
        QApplication.sendEvent(d.canvas, QDragMoveEvent(at, copy, data, left, NO_KEY))
    qtbot.wait(60)
    assert d.canvas.camera.x == x
    for at in (middle, edge):
        QApplication.sendEvent(d.canvas, QDragMoveEvent(at, copy, data, left, NO_KEY))
    qtbot.waitUntil(lambda: d.canvas.camera.x > x + 30, timeout=2000)
    QApplication.sendEvent(d.canvas, QDragMoveEvent(middle, copy, data, left, NO_KEY))
    qtbot.wait(40)
    x = d.canvas.camera.x
    qtbot.wait(60)
    assert d.canvas.camera.x == x
    QApplication.sendEvent(d.canvas, QDropEvent(QPointF(middle), copy, data, left, NO_KEY))


def test_a_press_near_the_border_that_moves_nothing_does_not_pan(qtbot: QtBot) -> None:
    d = Driver(qtbot)
    d.canvas.zoom_to(2.0)
    x = d.canvas.camera.x
    at = d.canvas.camera.to_scene(QPointF(d.canvas.width() - 6, d.canvas.height() / 2))
    d.press(at)
    d.hover(at + QPointF(1, 0))
    qtbot.wait(60)
    d.release(at + QPointF(1, 0))
    assert d.canvas.camera.x == x


def test_an_unknown_name_from_elsewhere_is_not_taken(qtbot: QtBot) -> None:
    d = Driver(qtbot)
    _drop(d, "no such op", d.empty())
    assert d.state() == Driver(qtbot, small()).state()
