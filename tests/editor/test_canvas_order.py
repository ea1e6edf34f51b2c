"""Aligning, spreading evenly, locking, going to a node and zooming to the selection: by keys and by the mouse."""

from __future__ import annotations

from itertools import pairwise

import pytest
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from compute.document import from_json, to_json
from compute.graph import Frame
from tests.editor.canvas_driver import CTRL, SHIFT, Driver

ALT_SHIFT = Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.ShiftModifier
Key = Qt.Key


@pytest.fixture
def d(qtbot: QtBot) -> Driver:
    return Driver(qtbot)


def rect(d: Driver, node_id: str) -> QRectF:
    return QRectF(d.canvas.scene.nodes[node_id].rect)


def select(d: Driver, *ids: str) -> None:
    d.click(d.header(ids[0]))
    for node_id in ids[1:]:
        d.click(d.header(node_id), SHIFT)
    assert d.session.selection.nodes == set(ids)


@pytest.mark.parametrize(
    ("key", "edge"),
    [
        (Key.Key_Left, QRectF.left),
        (Key.Key_Right, QRectF.right),
        (Key.Key_Up, QRectF.top),
        (Key.Key_Down, QRectF.bottom),
        (Key.Key_C, lambda r: r.center().x()),
        (Key.Key_M, lambda r: r.center().y()),
    ],
)
def test_what_is_selected_gets_a_side_in_common_in_one_step(d: Driver, key: Key, edge: object) -> None:
    before = d.state()
    select(d, "x", "h", "s")
    d.key(key, ALT_SHIFT)
    sides = [edge(rect(d, i)) for i in ("x", "h", "s")]  # type: ignore[operator]
    assert max(sides) - min(sides) <= 1
    assert d.session.undo_stack.count() == 1
    assert d.session.undo_stack.undoText() == "Align"
    d.undo()
    assert d.state() == before


def test_the_outermost_counts_unless_something_is_locked(d: Driver) -> None:
    tops = {i: rect(d, i).top() for i in ("x", "h", "s")}
    assert tops["s"] == max(tops.values())
    select(d, "x", "h", "s")
    d.key(Key.Key_Up, ALT_SHIFT)
    assert {rect(d, i).top() for i in tops} == {min(tops.values())}
    d.undo()
    select(d, "s")
    d.key(Key.Key_L)
    select(d, "x", "h", "s")
    d.key(Key.Key_Up, ALT_SHIFT)
    assert {rect(d, i).top() for i in tops} == {tops["s"]}


@pytest.mark.parametrize(("key", "across"), [(Key.Key_H, True), (Key.Key_V, False)])
def test_gaps_become_equal_and_the_ends_stay(d: Driver, key: Key, across: bool) -> None:
    d.session.apply(d.session.edits.move({"x": (0, 0), "h": (230, 150), "a": (480, 420), "m": (900, 600)}))
    before, steps = d.state(), d.session.undo_stack.count()
    ends = rect(d, "x"), rect(d, "m")
    d.session.select({"x", "h", "a", "m"})
    d.key(key, ALT_SHIFT)
    order = [rect(d, i) for i in ("x", "h", "a", "m")]
    gaps = [(b.left() - a.right()) if across else (b.top() - a.bottom()) for a, b in pairwise(order)]
    assert max(gaps) - min(gaps) <= 1
    assert (order[0], order[-1]) == ends
    assert d.session.undo_stack.count() == steps + 1
    d.undo()
    assert d.state() == before


def test_too_few_are_not_aligned(d: Driver) -> None:
    select(d, "x")
    actions = d.canvas.action_set.by_id
    assert not actions["align_left"].isEnabled()
    select(d, "x", "h")
    assert actions["align_left"].isEnabled()
    assert not actions["distribute_across"].isEnabled()


def test_a_frame_is_aligned_with_what_lies_in_it(d: Driver) -> None:
    d.session.apply(d.session.edits.add((Frame("f", (240.0, -60.0), (200.0, 200.0)),), "Add"))
    d.session.apply(d.session.edits.move({}, "Into", {"h": "f"}))
    d.session.select({"f", "h", "s"})
    d.key(Key.Key_Down, ALT_SHIFT)
    frame = d.canvas.scene.frames["f"].rect
    assert frame.bottom() == rect(d, "s").bottom()
    assert frame.contains(rect(d, "h"))


class TestLock:
    def test_a_locked_node_is_neither_moved_nor_deleted(self, d: Driver) -> None:
        before = d.state()
        select(d, "h")
        d.key(Key.Key_L)
        assert d.session.document.graph.nodes["h"].locked
        assert d.session.undo_stack.undoText() == "Lock h"
        locked = d.state()
        d.drag(d.header("h"), d.header("h") + QPointF(90, 60))
        assert d.session.said[-1] == "h is locked and stays; select it and press L to unlock it."
        d.key(Key.Key_Space)
        assert not d.busy()
        d.key(Key.Key_Delete)
        assert d.state() == locked
        assert d.session.undo_stack.count() == 1
        d.key(Key.Key_L)
        assert d.state() == before
        d.drag(d.header("h"), d.header("h") + QPointF(90, 60))
        assert d.session.document.graph.nodes["h"].position == (350.0, 60.0)

    def test_others_go_without_it(self, d: Driver) -> None:
        select(d, "h")
        d.key(Key.Key_L)
        d.key(Key.Key_A, CTRL)
        d.drag(d.header("a"), d.header("a") + QPointF(0, 200))
        nodes = d.session.document.graph.nodes
        assert nodes["h"].position == (260.0, 0.0)
        assert nodes["a"].position == (520.0, 200.0)
        d.key(Key.Key_A, CTRL)
        d.key(Key.Key_Delete)
        assert set(nodes) == {"h"}
        assert d.session.document.graph.wires == {}
        assert d.session.said[-1].startswith("h is locked")

    def test_tidy_lays_the_rest_out_beside_it(self, d: Driver) -> None:
        d.session.apply(d.session.edits.move({"h": (630.0, 370.0), "w": (40.0, 30.0)}))
        d.session.select({"h", "w"})
        d.key(Key.Key_L)
        places = {i: rect(d, i) for i in ("h", "w")}
        d.tidy()
        nodes = d.canvas.scene.nodes
        assert {i: rect(d, i) for i in places} == places
        views = list(nodes.values())
        assert not any(a.rect.intersects(b.rect) for i, a in enumerate(views) for b in views[:i])

    def test_a_locked_frame_keeps_its_area_and_what_lies_in_it_can_be_moved(self, d: Driver) -> None:
        d.session.apply(d.session.edits.add((Frame("f", (220.0, -60.0), (300.0, 240.0)),), "Add"))
        d.session.apply(d.session.edits.move({}, "Into", {"h": "f"}))
        d.session.select({"f"})
        d.key(Key.Key_L)
        area = QRectF(d.canvas.scene.frames["f"].rect)
        d.drag(QPointF(300, -45), QPointF(400, 45))
        d.drag(area.bottomRight(), area.bottomRight() + QPointF(60, 60))
        assert d.canvas.scene.frames["f"].rect == area
        d.drag(d.header("h"), d.header("h") + QPointF(20, 20))
        assert d.session.document.graph.nodes["h"].position == (280.0, 20.0)
        d.tidy()
        assert d.canvas.scene.frames["f"].rect == area
        assert rect(d, "h").topLeft() == QPointF(280, 20)

    def test_it_is_saved_and_copies_are_free(self, d: Driver) -> None:
        select(d, "h")
        d.key(Key.Key_L)
        again = from_json(to_json(d.session.document))
        assert again.graph.nodes["h"].locked
        assert "locked" not in to_json(again)["graph"]["nodes"][0]
        d.key(Key.Key_D, CTRL)
        copy = next(iter(d.session.selection.nodes))
        assert not d.session.document.graph.nodes[copy].locked


def test_go_to_a_node(d: Driver) -> None:
    d.canvas.zoom_to(0.3)
    d.canvas.go_to()
    popup = d.canvas.search
    assert popup is not None
    assert len(popup.found()) == 6
    QTest.keyClicks(popup.field, "square")
    assert [each.name for each in popup.found()] == ["s"]
    QTest.keyClick(popup.field, Key.Key_Return)
    assert d.session.selection.nodes == {"s"}
    assert d.canvas.camera.zoom == pytest.approx(0.8)
    middle = d.canvas.visible_area().center()
    assert (middle - rect(d, "s").center()).manhattanLength() < 3
    assert d.session.undo_stack.count() == 0


def test_zoom_to_the_selection_goes_beyond_100_percent(d: Driver) -> None:
    select(d, "h")
    d.key(Key.Key_F)
    assert d.canvas.camera.zoom == 1.0
    d.key(Key.Key_F, SHIFT)
    assert 2.0 < d.canvas.camera.zoom <= 4.0
    assert d.canvas.visible_area().contains(rect(d, "h"))
