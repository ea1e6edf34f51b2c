"""Frames on the canvas: made, carried, resized, titled, by mouse and by keyboard."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest

from compute.graph import Frame, Reroute
from editor.canvas.areas import FRAME_HEADER
from editor.canvas.fields import TitleField
from editor.canvas.placing import insert
from tests.editor.canvas_driver import CTRL, SHIFT, Driver


class TestFrames:
    def test_dragged_by_its_title_it_carries_what_lies_in_it_in_one_step(self, d: Driver) -> None:
        before, steps = d.state(), d.session.undo_stack.count()
        other = d.graph.nodes["s"].position
        d.hand(d.title(), d.title() + QPointF(50, 100))
        graph = d.graph
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
        d.carry(d.title(), d.title() + QPointF(70, 70))
        assert d.canvas.scene.place("h") != places["h"]
        assert d.canvas.held() == {"f", "h", "a"}
        d.key(Qt.Key.Key_Escape)
        assert {i: d.canvas.scene.place(i) for i in places} == places
        assert (d.state(), d.session.undo_stack.count()) == (before, steps)

    def test_a_frame_in_a_frame_goes_along(self, d: Driver) -> None:
        d.session.apply(d.session.edits.add((Frame("g", (200.0, -120.0), (520.0, 300.0)),), "Add"))
        d.session.apply(d.session.edits.move({}, "Into", {"f": "g"}))
        d.hand(d.title("g"), d.title("g") + QPointF(0, 60))
        assert d.graph.frames["f"].position == (230.0, 0.0)
        assert d.graph.nodes["h"].position == (260.0, 60.0)

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
        d.hand(start, start + way)
        frame = d.graph.frames["f"]
        assert (*frame.position, *frame.size) == rect
        assert d.graph.nodes["h"].position == (260.0, 0.0)
        assert d.session.undo_stack.count() == steps + 1
        d.undo()
        assert d.state() == before

    def test_a_right_edge_moves_alone_and_the_pointer_says_so(self, d: Driver) -> None:
        rect = d.canvas.scene.frames["f"].rect
        edge = QPointF(rect.right(), rect.center().y() + 70)
        d.hover(edge)
        assert d.canvas.cursor().shape() == Qt.CursorShape.SizeHorCursor
        d.hand(edge, edge + QPointF(30, 80))
        frame = d.graph.frames["f"]
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
        d.hand(d.header("s"), QPointF(600, 70))
        assert d.graph.nodes["s"].parent == "f"
        d.hand(d.header("s"), QPointF(600, 400))
        assert d.graph.nodes["s"].parent == ""
        assert d.session.undo_stack.count() == steps + 2
        d.undo()
        assert d.graph.nodes["s"].parent == "f"
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
        frame_id = d.only()
        frame = d.graph.frames[frame_id]
        area = d.canvas.scene.frames[frame_id].rect
        assert all(area.contains(d.canvas.scene.nodes[i].rect) for i in ("s", "a"))
        assert area.top() <= min(d.canvas.scene.nodes[i].rect.top() for i in ("s", "a")) - FRAME_HEADER
        # a lay in the frame f and s in none, so the new one lies in none.
        assert (frame.parent, d.graph.nodes["a"].parent, d.graph.nodes["s"].parent) == ("", frame_id, frame_id)
        assert d.session.undo_stack.count() == steps + 1
        field = d.field(TitleField)
        assert field.hasFocus()
        QTest.keyClicks(field, "Two of them")
        QTest.keyClick(field, Qt.Key.Key_Return)
        assert d.graph.frames[frame_id].title == "Two of them"
        d.undo()
        d.undo()
        assert d.state() == before

    def test_of_what_lies_in_one_frame_the_new_frame_lies_in_it_too(self, d: Driver) -> None:
        d.session.select({"h"})
        frame_id = d.canvas.frame_selection()
        assert d.graph.frames[frame_id].parent == "f"

    def test_renamed_by_a_double_click_on_its_title(self, d: Driver) -> None:
        QTest.mouseDClick(d.canvas, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, d.pixel(d.title()))
        field = d.field(TitleField)
        assert field.text() == "hidden"
        QTest.keyClicks(field, "Layer")
        QTest.keyClick(field, Qt.Key.Key_Return)
        assert d.graph.frames["f"].title == "Layer"

    def test_coloured_and_uncoloured(self, d: Driver) -> None:
        d.session.select({"f", "n", "h"})
        d.canvas.action_set.by_id["color_green"].trigger()
        assert (d.graph.frames["f"].color, d.graph.notes["n"].color) == ("green", "green")
        assert d.canvas.action_set.by_id["color_green"].isChecked()
        d.canvas.action_set.by_id["color_none"].trigger()
        assert d.graph.frames["f"].color == ""

    def test_deleted_it_leaves_its_nodes(self, d: Driver) -> None:
        before = d.state()
        d.click(d.title())
        d.key(Qt.Key.Key_Delete)
        assert d.graph.frames == {}
        assert d.graph.nodes["h"].parent == ""
        d.undo()
        assert d.state() == before

    def test_a_new_node_in_it_is_its_own(self, d: Driver) -> None:
        node_id = d.canvas.add_op("relu", QPointF(450, 110))
        assert d.graph.nodes[node_id].parent == "f"

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
        node_id = insert(d.canvas.editing, "sigmoid", QPointF(420, 0), ("a", "x"), "x")
        graph = d.graph
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
