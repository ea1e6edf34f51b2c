"""Records of every kind on the canvas: selected, moved, copied together; nodes that are off or collapsed."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from compute.document import load, save, to_json
from compute.graph import Node, Wire
from editor.canvas.face import HEADER
from editor.canvas.hints import describe, tip
from tests.editor.canvas_driver import CTRL, SHIFT, Driver

"""Milliseconds between a press and what follows it, as with a hand."""


class TestOff:
    def test_muted_by_a_key_with_all_that_needs_it(self, d: Driver) -> None:
        before = d.state()
        d.session.select({"a"})
        d.key(Qt.Key.Key_X)
        assert d.graph.nodes["a"].off == "mute"
        scene, look = d.canvas.scene, d.canvas.shown
        assert (scene.nodes["a"].face.corner, scene.nodes["m"].face.corner) == ("muted", "off")
        assert look.readings.value("a") is None
        assert look.readings.value("h") is not None
        assert "m needs a, which is muted; switch a on." in tip(scene, look, "m", None)
        assert describe(scene, look, d.session.selection).endswith("a is muted; switch it on.")
        d.key(Qt.Key.Key_X)
        assert d.state() == before
        assert look.readings.value("m") is not None

    def test_bypassed_by_a_key_it_passes_its_input_through(self, d: Driver) -> None:
        d.session.select({"a"})
        d.key(Qt.Key.Key_B)
        trace = d.session.snapshot.trace
        assert trace.values["a"].tolist() == trace.values["h"].tolist()
        assert trace.wire_grads["a", "x"].tolist() == trace.wire_grads["m", "x"].tolist()
        assert d.canvas.scene.nodes["a"].face.corner == "bypassed"

    def test_the_wire_that_a_bypass_leaves_out_has_no_gradient(self, d: Driver) -> None:
        node, wires = Node("k", "add"), (Wire("a", "k", "a"), Wire("h", "k", "b"), Wire("k", "m", "x"))
        d.session.apply(d.session.edits.add_node(node, wires))
        assert d.canvas.shown.readings.expects_gradient(("k", "b"), "h")
        d.session.select({"k"})
        d.key(Qt.Key.Key_B)
        readings = d.canvas.shown.readings
        assert not readings.expects_gradient(("k", "b"), "h")
        assert readings.expects_gradient(("k", "a"), "a")
        assert readings.expects_gradient(("a", "x"), "h")

    def test_what_has_no_input_cannot_be_bypassed(self, d: Driver) -> None:
        d.session.select({"x", "a"})
        d.key(Qt.Key.Key_B)
        assert (d.graph.nodes["x"].off, d.graph.nodes["a"].off) == ("", "bypass")
        assert d.session.said == ["x cannot be bypassed: it has no input to pass through."]

    def test_collapsed_by_a_key_its_ports_stand_at_its_header(self, d: Driver) -> None:
        revision, before = d.session.revision, d.state()
        d.session.select({"h"})
        d.key(Qt.Key.Key_H)
        view = d.canvas.scene.nodes["h"]
        assert view.rect.height() == HEADER
        assert view.input(0).y() < view.input(1).y() < view.rect.bottom()
        assert d.canvas.scene.wires["h", "b"].points[-1] == (view.input(1).x(), view.input(1).y())
        assert d.session.revision == revision
        assert d.canvas.scene.input_at(view.input(1)) == ("h", "b")
        d.key(Qt.Key.Key_H)
        assert d.state() == before


class TestSelection:
    def test_a_click_with_ctrl_or_shift_takes_any_kind(self, d: Driver) -> None:
        d.click(d.header("s"))
        d.click(d.title(), SHIFT)
        d.click(d.canvas.scene.notes["n"].rect.center(), CTRL)
        d.click(d.canvas.scene.place("p"), SHIFT)
        d.click(d.on_wire(("m", "x")), SHIFT)
        d.click(d.on_wire(("h", "b")), CTRL)
        assert d.session.selection.ids == {"s", "f", "n", "p", ("m", "x"), ("h", "b")}
        assert d.session.selection.wires == {("m", "x"), ("h", "b")}
        d.click(d.on_wire(("h", "b")), CTRL)
        d.click(d.header("s"), CTRL)
        assert d.session.selection.ids == {"f", "n", "p", ("m", "x")}

    def test_ctrl_and_a_drag_from_a_wire_still_cuts(self, d: Driver) -> None:
        start = d.on_wire(("m", "x"))
        d.hand(start - QPointF(0, 40), start + QPointF(0, 40), CTRL)
        assert ("m", "x") not in d.graph.wires

    def test_a_rubber_band_takes_what_it_touches_and_what_lies_in_it(self, d: Driver) -> None:
        area = d.canvas.scene.bounds().adjusted(-30, -30, 30, 30)
        d.drag(area.bottomLeft(), area.topRight())
        assert d.session.selection.ids == {record.id for record in d.graph.records()}
        note = d.canvas.scene.notes["n"].rect
        d.drag(note.bottomLeft() + QPointF(-15, 30), note.center())
        assert d.session.selection.ids == {"n"}

    def test_select_all_and_delete_empties_the_canvas_and_undo_brings_it_back(self, d: Driver) -> None:
        before = d.state()
        d.key(Qt.Key.Key_A, CTRL)
        d.key(Qt.Key.Key_Delete)
        assert list(d.graph.records()) == []
        d.undo()
        assert d.state() == before

    def test_what_is_carried_by_keys_takes_along_what_lies_in_it_in_one_step(self, d: Driver) -> None:
        before, steps = d.state(), d.session.undo_stack.count()
        d.session.select({"f", "n"})
        d.key(Qt.Key.Key_Space)
        for _ in range(3):
            d.key(Qt.Key.Key_Down)
        d.key(Qt.Key.Key_Right)
        d.key(Qt.Key.Key_Space)
        assert d.graph.frames["f"].position == (240.0, -30.0)
        assert d.graph.nodes["h"].position == (270.0, 30.0)
        assert d.graph.notes["n"].position == (10.0, 360.0)
        assert d.session.undo_stack.count() == steps + 1
        d.undo()
        assert d.state() == before

    def test_frames_and_notes_are_resized_by_keys(self, d: Driver) -> None:
        before, steps = d.state(), d.session.undo_stack.count()
        d.session.select({"f", "h"})
        d.key(Qt.Key.Key_Right, CTRL | SHIFT)
        d.key(Qt.Key.Key_Down, CTRL | SHIFT)
        frame = d.graph.frames["f"]
        assert (frame.position, frame.size) == ((230.0, -60.0), (470.0, 220.0))
        assert d.graph.nodes["h"].position == (260.0, 0.0)
        assert d.session.undo_stack.count() == steps + 1
        d.undo()
        assert d.state() == before

    def test_arrows_lead_to_every_thing(self, d: Driver) -> None:
        seen: set[object] = set()
        for start in list(d.canvas.scene.nodes):
            d.session.select({start})
            for key in (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Down, Qt.Key.Key_Left, Qt.Key.Key_Up):
                d.key(key)
                seen |= d.session.selection.ids
        assert {"f", "n", "p"} <= seen

    def test_copies_keep_frames_parents_points_and_switches(self, d: Driver) -> None:
        d.session.apply(d.session.edits.change("a", "Bypass", off="bypass"))
        d.session.select({"f", "x", "n"})
        d.key(Qt.Key.Key_C, CTRL)
        assert '"frames"' in QGuiApplication.clipboard().text()
        d.key(Qt.Key.Key_V, CTRL)
        graph = d.graph
        assert list(graph.frames) == ["f", "f2"]
        assert {graph.nodes[i].parent for i in ("h2", "a2")} == {"f2"}
        assert graph.nodes["a2"].off == "bypass"
        assert [(p.id, p.wire) for p in graph.reroutes.values()] == [("p", ("h", "a")), ("p2", ("h2", "a"))]
        assert graph.notes["n2"].text == graph.notes["n"].text
        assert d.session.selection.ids == {"f2", "x2", "n2"}
        dx = graph.frames["f2"].position[0] - graph.frames["f"].position[0]
        assert graph.nodes["h2"].position[0] - graph.nodes["h"].position[0] == dx

    def test_cut_takes_what_lies_in_a_frame_and_paste_brings_it_back(self, d: Driver) -> None:
        d.session.select({"f"})
        d.key(Qt.Key.Key_X, CTRL)
        assert set(d.graph.nodes) == {"x", "w", "m", "s"}
        d.key(Qt.Key.Key_V, CTRL)
        assert set(d.graph.nodes) == {"x", "w", "m", "s", "h", "a"}

    def test_duplicates_have_the_same_inputs_by_the_same_way(self, d: Driver) -> None:
        d.session.select({"h"})
        d.key(Qt.Key.Key_D, CTRL)
        assert ("x", "h2", "a") in d.wires()
        assert [p.wire for p in d.graph.reroutes.values()] == [("h", "a"), ("h2", "a")]


def test_all_of_it_is_saved_and_opened_again(d: Driver, tmp_path: Path) -> None:
    d.session.select({"a"})
    d.key(Qt.Key.Key_B)
    d.key(Qt.Key.Key_H)
    save(d.session.document, tmp_path / "all.json")
    again = load(tmp_path / "all.json")
    assert to_json(again) == to_json(d.session.document)
    assert [record.id for record in again.graph.records()] == [record.id for record in d.graph.records()]


def test_a_column_setting_that_is_no_list_leaves_the_canvas_as_it_is(qtbot: QtBot) -> None:
    d = Driver(qtbot)
    d.session.apply(d.session.edits.add_node(d.canvas.editing.new_node("input", QPointF(0, 400))))
    for wrong in (1, True, {"a": 1}, "a", None):
        d.session.apply(d.session.edits.set_param("x2", "columns", wrong))
        assert len(d.canvas.scene.nodes) == 7
        assert d.canvas.scene.nodes["x2"].face.lines == ("choose columns",)
        d.canvas.add_op("input")
        d.undo()
