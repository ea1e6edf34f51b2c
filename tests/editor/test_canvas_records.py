"""Frames, notes, reroute points, and nodes that are muted, bypassed or collapsed: by mouse and by keyboard."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any, TypeVar

import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from compute.document import load, save, to_json
from compute.graph import Frame, Node, Note, Reroute, Wire
from editor.canvas.areas import FRAME_HEADER
from editor.canvas.face import HEADER
from editor.canvas.fields import NoteField, TitleField
from editor.canvas.hints import describe, tip
from editor.canvas.ink import ink
from editor.canvas.note_text import needed, pieces
from editor.canvas.placing import insert
from editor.drawing import draw_now
from tests.editor.canvas_driver import CTRL, SHIFT, Driver

F = TypeVar("F", NoteField, TitleField)

PAUSE = 100
"""Milliseconds between a press and what follows it, as with a hand."""


@pytest.fixture
def d(qtbot: QtBot) -> Driver:
    """x, w → h → a → m and s, with a frame around h and a, a note and a point in the wire from x to h."""
    d = Driver(qtbot)
    edits = d.session.edits
    d.session.apply(
        edits.add(
            (
                Frame("f", (230.0, -60.0), (460.0, 210.0), "hidden", "blue"),
                Note("n", (0.0, 330.0), (180.0, 60.0), "a $x^2$ b"),
                Reroute("p", ("h", "a"), (200.0, -40.0)),
            ),
            "Add",
        )
    )
    d.session.apply(edits.move({}, "Into", {"h": "f", "a": "f"}))
    d.canvas.fit()
    return d


def graph_of(d: Driver) -> Any:
    return d.session.document.graph


def only(d: Driver) -> str:
    """The id of the one thing that is selected."""
    found = d.session.selection.only
    assert isinstance(found, str)
    return found


def field_of(d: Driver, kind: type[F]) -> F:
    """The field in which something is edited."""
    field = d.canvas.findChild(kind)
    assert field is not None
    return field


def hand(d: Driver, start: QPointF, end: QPointF, keys: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    """Press, wait, move, wait, let go."""
    d.press(start, keys)
    QTest.qWait(PAUSE)
    for i in range(1, 6):
        d.hover(start + (end - start) * (i / 5))
    QTest.qWait(PAUSE)
    d.release(end, keys)
    QApplication.processEvents()


def title(d: Driver, frame_id: str = "f") -> QPointF:
    rect = d.canvas.scene.frames[frame_id].rect
    return QPointF(rect.center().x(), rect.top() + FRAME_HEADER / 2)


class TestFrames:
    def test_dragged_by_its_title_it_carries_what_lies_in_it_in_one_step(self, d: Driver) -> None:
        before, steps = d.state(), d.session.undo_stack.count()
        other = graph_of(d).nodes["s"].position
        hand(d, title(d), title(d) + QPointF(50, 100))
        graph = graph_of(d)
        assert d.session.selection.ids == {"f"}
        assert graph.frames["f"].position == (280.0, 40.0)
        assert (graph.nodes["h"].position, graph.nodes["a"].position) == ((310.0, 100.0), (570.0, 100.0))
        assert graph.nodes["s"].position == other
        assert d.session.undo_stack.count() == steps + 1
        after = d.state()
        d.undo()
        assert d.state() == before
        d.session.undo_stack.redo()
        assert d.state() == after

    def test_escape_puts_everything_back(self, d: Driver) -> None:
        before, steps = d.state(), d.session.undo_stack.count()
        places = {i: d.canvas.scene.place(i) for i in ("f", "h", "a", "p")}
        d.carry(title(d), title(d) + QPointF(70, 70))
        assert d.canvas.scene.place("h") != places["h"]
        assert d.canvas.held() == {"f", "h", "a"}
        d.key(Qt.Key.Key_Escape)
        assert {i: d.canvas.scene.place(i) for i in places} == places
        assert (d.state(), d.session.undo_stack.count()) == (before, steps)

    def test_a_frame_in_a_frame_goes_along(self, d: Driver) -> None:
        d.session.apply(d.session.edits.add((Frame("g", (200.0, -120.0), (520.0, 300.0)),), "Add"))
        d.session.apply(d.session.edits.move({}, "Into", {"f": "g"}))
        hand(d, title(d, "g"), title(d, "g") + QPointF(0, 60))
        assert graph_of(d).frames["f"].position == (230.0, 0.0)
        assert graph_of(d).nodes["h"].position == (260.0, 60.0)

    @pytest.mark.parametrize(
        ("corner", "way", "rect"),
        [
            ("bottomRight", QPointF(40, 20), (230.0, -60.0, 500.0, 230.0)),
            ("topLeft", QPointF(-20, -30), (210.0, -90.0, 480.0, 240.0)),
            ("bottomRight", QPointF(-900, -900), (230.0, -60.0, 80.0, 60.0)),
        ],
    )
    def test_dragged_by_a_corner_it_is_resized_in_one_step(
        self, d: Driver, corner: str, way: QPointF, rect: tuple[float, ...]
    ) -> None:
        before, steps = d.state(), d.session.undo_stack.count()
        start = getattr(d.canvas.scene.frames["f"].rect, corner)()
        hand(d, start, start + way)
        frame = graph_of(d).frames["f"]
        assert (*frame.position, *frame.size) == rect
        assert graph_of(d).nodes["h"].position == (260.0, 0.0)
        assert d.session.undo_stack.count() == steps + 1
        d.undo()
        assert d.state() == before

    def test_a_right_edge_moves_alone_and_the_pointer_says_so(self, d: Driver) -> None:
        rect = d.canvas.scene.frames["f"].rect
        edge = QPointF(rect.right(), rect.center().y() + 70)
        d.hover(edge)
        assert d.canvas.cursor().shape() == Qt.CursorShape.SizeHorCursor
        hand(d, edge, edge + QPointF(30, 80))
        frame = graph_of(d).frames["f"]
        assert (*frame.position, *frame.size) == (230.0, -60.0, 490.0, 210.0)

    def test_escape_during_a_resize_leaves_it_as_it_was(self, d: Driver) -> None:
        before = d.state()
        corner = d.canvas.scene.frames["f"].rect.bottomRight()
        d.carry(corner, corner + QPointF(50, 50))
        assert d.canvas.scene.frames["f"].rect.width() == 510
        d.key(Qt.Key.Key_Escape)
        assert d.canvas.scene.frames["f"].rect.width() == 460
        assert d.state() == before

    def test_a_node_dropped_in_or_out_changes_its_parent_in_the_step_of_the_move(self, d: Driver) -> None:
        before, steps = d.state(), d.session.undo_stack.count()
        hand(d, d.header("s"), QPointF(600, 70))
        assert graph_of(d).nodes["s"].parent == "f"
        hand(d, d.header("s"), QPointF(600, 400))
        assert graph_of(d).nodes["s"].parent == ""
        assert d.session.undo_stack.count() == steps + 2
        d.undo()
        assert graph_of(d).nodes["s"].parent == "f"
        d.undo()
        assert d.state() == before

    def test_the_inside_of_a_frame_is_canvas(self, d: Driver) -> None:
        inside = QPointF(460, 130)
        assert d.canvas.scene.frames["f"].rect.contains(inside)
        d.click(inside)
        assert d.session.selection.ids == frozenset()

    def test_made_around_the_selection_and_titled(self, d: Driver) -> None:
        before, steps = d.state(), d.session.undo_stack.count()
        d.session.select({"s", "a"})
        d.key(Qt.Key.Key_F, CTRL | SHIFT)
        frame_id = only(d)
        frame = graph_of(d).frames[frame_id]
        area = d.canvas.scene.frames[frame_id].rect
        assert all(area.contains(d.canvas.scene.nodes[i].rect) for i in ("s", "a"))
        assert area.top() <= min(d.canvas.scene.nodes[i].rect.top() for i in ("s", "a")) - FRAME_HEADER
        # a lay in the frame f and s in none, so the new one lies in none.
        assert (frame.parent, graph_of(d).nodes["a"].parent, graph_of(d).nodes["s"].parent) == ("", frame_id, frame_id)
        assert d.session.undo_stack.count() == steps + 1
        field = field_of(d, TitleField)
        assert field.hasFocus()
        QTest.keyClicks(field, "Two of them")
        QTest.keyClick(field, Qt.Key.Key_Return)
        assert graph_of(d).frames[frame_id].title == "Two of them"
        d.undo()
        d.undo()
        assert d.state() == before

    def test_of_what_lies_in_one_frame_the_new_frame_lies_in_it_too(self, d: Driver) -> None:
        d.session.select({"h"})
        frame_id = d.canvas.frame_selection()
        assert graph_of(d).frames[frame_id].parent == "f"

    def test_renamed_by_a_double_click_on_its_title(self, d: Driver) -> None:
        QTest.mouseDClick(d.canvas, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, d.pixel(title(d)))
        field = field_of(d, TitleField)
        assert field.text() == "hidden"
        QTest.keyClicks(field, "Layer")
        QTest.keyClick(field, Qt.Key.Key_Return)
        assert graph_of(d).frames["f"].title == "Layer"

    def test_coloured_and_uncoloured(self, d: Driver) -> None:
        d.session.select({"f", "n", "h"})
        d.canvas.action_set.by_id["color_green"].trigger()
        assert (graph_of(d).frames["f"].color, graph_of(d).notes["n"].color) == ("green", "green")
        assert d.canvas.action_set.by_id["color_green"].isChecked()
        d.canvas.action_set.by_id["color_none"].trigger()
        assert graph_of(d).frames["f"].color == ""

    def test_deleted_it_leaves_its_nodes(self, d: Driver) -> None:
        before = d.state()
        d.click(title(d))
        d.key(Qt.Key.Key_Delete)
        assert graph_of(d).frames == {}
        assert graph_of(d).nodes["h"].parent == ""
        d.undo()
        assert d.state() == before

    def test_a_new_node_in_it_is_its_own(self, d: Driver) -> None:
        node_id = d.canvas.add_op("relu", QPointF(450, 110))
        assert graph_of(d).nodes[node_id].parent == "f"

    def test_it_belongs_to_the_bounds_the_fit_and_the_picture(self, d: Driver) -> None:
        d.session.apply(d.session.edits.move({"f": (-700.0, -300.0)}))
        assert d.canvas.scene.bounds().contains(QPointF(-690, -290))
        d.session.select()
        d.canvas.fit()
        assert d.canvas.visible_area().contains(d.canvas.scene.frames["f"].rect)
        d.session.select({"f"})
        d.canvas.fit()
        assert d.canvas.visible_area().contains(d.canvas.scene.frames["f"].rect)
        assert not d.canvas.visible_area().contains(d.canvas.scene.nodes["m"].rect)

    def test_a_node_put_into_a_wire_in_it_makes_it_wider_and_pushes_the_frames_behind(self, d: Driver) -> None:
        edits = d.session.edits
        d.session.apply(
            edits.add((Frame("g", (760.0, -60.0), (200.0, 200.0)), Reroute("q", ("m", "x"), (730, 0))), "Add")
        )
        d.session.apply(edits.move({}, "Into", {"m": "g"}))
        before, steps = d.state(), d.session.undo_stack.count()
        node_id = insert(d.canvas, "sigmoid", QPointF(420, 0), ("a", "x"), "x")
        graph = graph_of(d)
        push = graph.nodes["a"].position[0] - 520
        assert push > 0
        assert graph.nodes[node_id].parent == "f"
        assert (graph.frames["f"].position, graph.frames["f"].size) == ((230.0, -60.0), (460.0 + push, 210.0))
        assert (graph.frames["g"].position, graph.frames["g"].size) == ((760.0 + push, -60.0), (200.0, 200.0))
        assert graph.nodes["m"].position == (780.0 + push, 0.0)
        assert graph.reroutes["q"].position == (730.0 + push, 0.0)
        assert graph.reroutes["p"].position == (200.0, -40.0)
        assert d.session.undo_stack.count() == steps + 1
        d.undo()
        assert d.state() == before

    def test_tidy_lays_it_around_what_it_holds(self, d: Driver) -> None:
        before, steps = d.state(), d.session.undo_stack.count()
        d.tidy()
        scene = d.canvas.scene
        assert all(scene.frames["f"].rect.contains(scene.nodes[i].rect) for i in ("h", "a"))
        assert not any(scene.notes["n"].rect.intersects(view.rect) for view in scene.nodes.values())
        assert d.session.undo_stack.count() == steps + 1
        d.undo()
        assert d.state() == before


class TestNotes:
    def test_added_written_and_undone_as_one_step(self, d: Driver) -> None:
        before, steps = d.state(), d.session.undo_stack.count()
        d.hover(QPointF(300, 330))
        d.key(Qt.Key.Key_N)
        note_id = only(d)
        field = field_of(d, NoteField)
        assert field.hasFocus()
        QTest.keyClicks(field, "one")
        QTest.keyClick(field, Qt.Key.Key_Return)
        QTest.keyClicks(field, "two")
        QTest.keyClick(field, Qt.Key.Key_Return, CTRL)
        assert graph_of(d).notes[note_id].text == "one\ntwo"
        assert d.canvas.hasFocus()
        assert d.session.undo_stack.count() == steps + 1
        assert d.session.undo_stack.undoText() == "Add note"
        d.undo()
        assert d.state() == before
        d.session.undo_stack.redo()
        assert graph_of(d).notes[note_id].text == "one\ntwo"

    def test_left_at_once_it_was_never_there(self, d: Driver) -> None:
        before, steps = d.state(), d.session.undo_stack.count()
        d.key(Qt.Key.Key_N)
        QTest.keyClicks(field_of(d, NoteField), "no")
        QTest.keyClick(field_of(d, NoteField), Qt.Key.Key_Escape)
        assert (d.state(), d.session.undo_stack.count()) == (before, steps)

    @pytest.mark.parametrize("how", ["double-click", "F2", "Return"])
    def test_edited_in_place(self, d: Driver, how: str) -> None:
        middle = d.canvas.scene.notes["n"].rect.center()
        if how == "double-click":
            QTest.mouseDClick(d.canvas, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, d.pixel(middle))
        else:
            d.click(middle)
            d.key(Qt.Key.Key_F2 if how == "F2" else Qt.Key.Key_Return)
        field = field_of(d, NoteField)
        assert field.toPlainText() == "a $x^2$ b"
        field.selectAll()
        QTest.keyClicks(field, "new")
        d.click(QPointF(300, 420))  # a click elsewhere takes the text
        assert graph_of(d).notes["n"].text == "new"
        d.undo()
        assert graph_of(d).notes["n"].text == "a $x^2$ b"

    def test_escape_leaves_the_text(self, d: Driver) -> None:
        before, steps = d.state(), d.session.undo_stack.count()
        d.session.select({"n"})
        d.key(Qt.Key.Key_F2)
        QTest.keyClicks(field_of(d, NoteField), "other")
        QTest.keyClick(field_of(d, NoteField), Qt.Key.Key_Escape)
        assert (d.state(), d.session.undo_stack.count()) == (before, steps)

    def test_it_grows_with_its_text(self, d: Driver) -> None:
        d.canvas.write_note("n")
        field_of(d, NoteField).setPlainText("line\n" * 12)
        QTest.keyClick(field_of(d, NoteField), Qt.Key.Key_Return, CTRL)
        note = graph_of(d).notes["n"]
        assert note.size[1] >= 12 * 18
        assert pieces(note.text, note.size[0], ink())[1] <= note.size[1] + 1

    def test_moved_and_resized(self, d: Driver) -> None:
        before = d.state()
        middle = d.canvas.scene.notes["n"].rect.center()
        hand(d, middle, middle + QPointF(40, 20))
        assert graph_of(d).notes["n"].position == (40.0, 350.0)
        corner = d.canvas.scene.notes["n"].rect.bottomRight()
        hand(d, corner, corner + QPointF(30, 10))
        assert graph_of(d).notes["n"].size == (210.0, 70.0)
        d.undo()
        d.undo()
        assert d.state() == before

    def test_formulas_are_drawn_beside_the_window_and_bad_ones_stand_as_text(self, d: Driver, qtbot: QtBot) -> None:
        text = r"so $x^2$ and $\frac{\bad{x}$ end"

        def drawn(shown: str = text) -> list[str]:
            return [piece.text.strip() for piece in pieces(shown, 400.0, ink())[0] if piece.drawing is not None]

        assert drawn() == [] or drawn() == ["$x^2$"]
        d.session.apply(d.session.edits.change("n", "Write", text=text))
        qtbot.waitUntil(lambda: drawn() == ["$x^2$"], timeout=20_000)
        words = [piece.text.strip() for piece in pieces(text, 400.0, ink())[0]]
        assert words == ["so", "$x^2$", "and", r"$\frac{\bad{x}$", "end"]
        assert drawn("costs $5 and $6") == []

    def test_a_formula_on_a_line_of_its_own(self) -> None:
        text = "before $$y = 2$$ after"
        for each in needed([text], ink()):
            draw_now(each)
        tops = [piece.rect.top() for piece in pieces(text, 400.0, ink())[0]]
        assert len(tops) == 3
        assert tops[0] < tops[1] < tops[2]


class TestReroutePoints:
    def test_a_double_click_on_a_wire_puts_one_that_can_be_dragged(self, d: Driver) -> None:
        before, steps = d.state(), d.session.undo_stack.count()
        spot = d.on_wire(("m", "x"))
        QTest.mouseDClick(d.canvas, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, d.pixel(spot))
        point_id = only(d)
        point = graph_of(d).reroutes[point_id]
        assert point.wire == ("m", "x")
        assert QPointF(*point.position).toPoint() == QPointF(round(spot.x()), round(spot.y())).toPoint()
        hand(d, d.canvas.scene.place(point_id), QPointF(720, 150))
        assert graph_of(d).reroutes[point_id].position == (720.0, 150.0)
        wire = d.canvas.scene.wires["m", "x"]
        assert min(abs(x - 720) + abs(y - 150) for x, y in wire.points) < 1e-6
        assert d.session.undo_stack.count() == steps + 2
        d.undo()
        d.undo()
        assert d.state() == before

    def test_points_are_passed_in_their_order_along_the_wire(self, d: Driver) -> None:
        key = ("h", "a")
        wire = d.canvas.scene.wires[key]
        d.canvas.add_point(key, QPointF(140, 20))
        d.canvas.add_point(key, QPointF(240, 20))
        points = [p.position for p in graph_of(d).reroutes.values() if p.wire == key]
        assert points == [(140.0, 20.0), (200.0, -40.0), (240.0, 20.0)]
        wire = d.canvas.scene.wires[key]

        def place(spot: tuple[float, float]) -> int:
            ways = [abs(x - spot[0]) + abs(y - spot[1]) for x, y in wire.points]
            return ways.index(min(ways))

        places = [place(spot) for spot in points]
        assert places == sorted(places)

    def test_the_curve_has_no_corner_at_a_point(self, d: Driver) -> None:
        points = d.canvas.scene.wires["h", "a"].points
        ways = [QPointF(b[0] - a[0], b[1] - a[1]) for a, b in pairwise(points)]
        for a, b in pairwise(ways):
            turn = (a.x() * b.x() + a.y() * b.y()) / ((a.manhattanLength() * b.manhattanLength()) or 1)
            assert turn > 0.2

    def test_a_key_adds_one_to_the_selected_wire(self, d: Driver) -> None:
        d.session.select({("a", "x")})
        d.key(Qt.Key.Key_R)
        d.key(Qt.Key.Key_R)
        assert [p.wire for p in graph_of(d).reroutes.values()].count(("a", "x")) == 2

    def test_labels_keep_their_places_on_it(self, d: Driver) -> None:
        d.canvas.grab()
        spots = {what for key, what in d.canvas.picture.labels.places.spots if key == ("h", "a")}
        assert "value" in spots

    def test_it_moves_with_the_nodes_at_both_ends_of_its_wire(self, d: Driver) -> None:
        d.session.select({"x", "h"})
        hand(d, d.header("x"), d.header("x") + QPointF(0, 30))
        assert graph_of(d).reroutes["p"].position == (200.0, -10.0)

    def test_deleted_alone_and_with_its_wire(self, d: Driver) -> None:
        d.click(d.canvas.scene.place("p"))
        assert d.session.selection.ids == {"p"}
        d.key(Qt.Key.Key_Delete)
        assert graph_of(d).reroutes == {}
        assert ("h", "a") in graph_of(d).wires
        d.undo()
        d.session.select({("h", "a")})
        d.key(Qt.Key.Key_Delete)
        assert graph_of(d).reroutes == {}

    def test_a_wire_led_to_another_port_keeps_its_points(self, d: Driver) -> None:
        edit = d.canvas.editing.rewire(("h", "a"), Wire("x", "s", "x"))
        d.session.apply(edit)
        assert graph_of(d).reroutes["p"].wire == ("s", "x")


class TestOff:
    def test_muted_by_a_key_with_all_that_needs_it(self, d: Driver) -> None:
        before = d.state()
        d.session.select({"a"})
        d.key(Qt.Key.Key_X)
        assert graph_of(d).nodes["a"].off == "mute"
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
        assert (graph_of(d).nodes["x"].off, graph_of(d).nodes["a"].off) == ("", "bypass")
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
        d.click(title(d), SHIFT)
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
        hand(d, start - QPointF(0, 40), start + QPointF(0, 40), CTRL)
        assert ("m", "x") not in graph_of(d).wires

    def test_a_rubber_band_takes_what_it_touches_and_what_lies_in_it(self, d: Driver) -> None:
        area = d.canvas.scene.bounds().adjusted(-30, -30, 30, 30)
        d.drag(area.bottomLeft(), area.topRight())
        assert d.session.selection.ids == {record.id for record in graph_of(d).records()}
        note = d.canvas.scene.notes["n"].rect
        d.drag(note.bottomLeft() + QPointF(-15, 30), note.center())
        assert d.session.selection.ids == {"n"}

    def test_select_all_and_delete_empties_the_canvas_and_undo_brings_it_back(self, d: Driver) -> None:
        before = d.state()
        d.key(Qt.Key.Key_A, CTRL)
        d.key(Qt.Key.Key_Delete)
        assert list(graph_of(d).records()) == []
        d.undo()
        assert d.state() == before

    def test_moves_by_keys_in_quick_succession_are_one_step(self, d: Driver) -> None:
        before, steps = d.state(), d.session.undo_stack.count()
        d.session.select({"f", "n"})
        for _ in range(3):
            d.key(Qt.Key.Key_Down, SHIFT)
        d.key(Qt.Key.Key_Right, SHIFT)
        assert graph_of(d).frames["f"].position == (240.0, -30.0)
        assert graph_of(d).nodes["h"].position == (270.0, 30.0)
        assert graph_of(d).notes["n"].position == (10.0, 360.0)
        assert d.session.undo_stack.count() == steps + 1
        d.session.select({"n"})
        d.key(Qt.Key.Key_Left, SHIFT)
        assert d.session.undo_stack.count() == steps + 2
        d.undo()
        d.undo()
        assert d.state() == before

    def test_frames_and_notes_are_resized_by_keys(self, d: Driver) -> None:
        before, steps = d.state(), d.session.undo_stack.count()
        d.session.select({"f", "h"})
        d.key(Qt.Key.Key_Right, CTRL | SHIFT)
        d.key(Qt.Key.Key_Down, CTRL | SHIFT)
        frame = graph_of(d).frames["f"]
        assert (frame.position, frame.size) == ((230.0, -60.0), (470.0, 220.0))
        assert graph_of(d).nodes["h"].position == (260.0, 0.0)
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
        graph = graph_of(d)
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
        assert set(graph_of(d).nodes) == {"x", "w", "m", "s"}
        d.key(Qt.Key.Key_V, CTRL)
        assert set(graph_of(d).nodes) == {"x", "w", "m", "s", "h", "a"}

    def test_duplicates_have_the_same_inputs_by_the_same_way(self, d: Driver) -> None:
        d.session.select({"h"})
        d.key(Qt.Key.Key_D, CTRL)
        assert ("x", "h2", "a") in d.wires()
        assert [p.wire for p in graph_of(d).reroutes.values()] == [("h", "a"), ("h2", "a")]


def test_all_of_it_is_saved_and_opened_again(d: Driver, tmp_path: Path) -> None:
    d.session.select({"a"})
    d.key(Qt.Key.Key_B)
    d.key(Qt.Key.Key_H)
    save(d.session.document, tmp_path / "all.json")
    again = load(tmp_path / "all.json")
    assert to_json(again) == to_json(d.session.document)
    assert [record.id for record in again.graph.records()] == [record.id for record in graph_of(d).records()]


def test_a_column_setting_that_is_no_list_leaves_the_canvas_as_it_is(qtbot: QtBot) -> None:
    d = Driver(qtbot)
    d.session.apply(d.session.edits.add_node(d.canvas.editing.new_node("input", QPointF(0, 400))))
    for wrong in (1, True, {"a": 1}, "a", None):
        d.session.apply(d.session.edits.set_param("x2", "columns", wrong))
        assert len(d.canvas.scene.nodes) == 7
        assert d.canvas.scene.nodes["x2"].face.lines == ("choose columns",)
        d.canvas.add_op("input")
        d.undo()
