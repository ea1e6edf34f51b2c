"""Notes and reroute points on the canvas, by mouse and by keyboard."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from compute.graph import Wire
from editor.canvas.fields import NoteField
from editor.canvas.ink import ink
from editor.canvas.note_text import first_line, needed, pieces
from editor.drawing import draw_now
from tests.editor.canvas_driver import CTRL, Driver


class TestNotes:
    def test_added_written_and_undone_as_one_step(self, d: Driver) -> None:
        before, steps = d.state(), d.session.undo_stack.count()
        d.hover(QPointF(300, 330))
        d.key(Qt.Key.Key_N)
        note_id = d.only()
        field = d.field(NoteField)
        assert field.hasFocus()
        QTest.keyClicks(field, "one")
        QTest.keyClick(field, Qt.Key.Key_Return)
        QTest.keyClicks(field, "two")
        QTest.keyClick(field, Qt.Key.Key_Return, CTRL)
        assert d.graph.notes[note_id].text == "one\ntwo"
        assert d.canvas.hasFocus()
        assert d.session.undo_stack.count() == steps + 1
        assert d.session.undo_stack.undoText() == "Add note"
        d.undo()
        assert d.state() == before
        d.session.undo_stack.redo()
        assert d.graph.notes[note_id].text == "one\ntwo"

    def test_left_at_once_it_was_never_there(self, d: Driver) -> None:
        before, steps = d.state(), d.session.undo_stack.count()
        d.key(Qt.Key.Key_N)
        QTest.keyClicks(d.field(NoteField), "no")
        QTest.keyClick(d.field(NoteField), Qt.Key.Key_Escape)
        assert (d.state(), d.session.undo_stack.count()) == (before, steps)

    @pytest.mark.parametrize(
        ("text", "first"),
        [("", ""), (" \n ", ""), ("\n one\ntwo", "one"), ("a $x^2$ b", "a x^2 b"), ("$$\\frac12$$ is", "\\frac12 is")],
    )
    def test_the_first_line_says_something(self, text: str, first: str) -> None:
        assert first_line(text) == first

    @pytest.mark.parametrize("zoom", [0.7, 0.49, 0.3, 0.2])
    def test_one_that_is_seen_from_afar_is_no_empty_box(self, d: Driver, zoom: float) -> None:
        def dark(text: str) -> int:
            """How many pixels inside the note are not of its own ground."""
            d.session.apply(d.session.edits.change("n", "Write", text=text))
            d.canvas.zoom_to(zoom)
            d.canvas.center_on(d.canvas.scene.notes["n"].rect.center())
            picture = d.canvas.grab().toImage()
            note = d.canvas.camera.transform().mapRect(d.canvas.scene.notes["n"].rect)
            inside = note.toRect().adjusted(3, 2, -int(12 * zoom), -2)
            across, down = range(inside.left(), inside.right()), range(inside.top(), inside.bottom())
            colors = Counter(picture.pixel(x, y) for x in across for y in down)
            return colors.total() - colors.most_common(1)[0][1]

        assert dark("") == 0
        assert dark("words that say something") > 5

    @pytest.mark.parametrize("how", ["double-click", "F2", "Return"])
    def test_edited_in_place(self, d: Driver, how: str) -> None:
        middle = d.canvas.scene.notes["n"].rect.center()
        if how == "double-click":
            QTest.mouseDClick(d.canvas, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, d.pixel(middle))
        else:
            d.click(middle)
            d.key(Qt.Key.Key_F2 if how == "F2" else Qt.Key.Key_Return)
        field = d.field(NoteField)
        assert field.toPlainText() == "a $x^2$ b"
        field.selectAll()
        QTest.keyClicks(field, "new")
        d.click(QPointF(300, 420))  # a click elsewhere takes the text
        assert d.graph.notes["n"].text == "new"
        d.undo()
        assert d.graph.notes["n"].text == "a $x^2$ b"

    def test_escape_leaves_the_text(self, d: Driver) -> None:
        before, steps = d.state(), d.session.undo_stack.count()
        d.session.select({"n"})
        d.key(Qt.Key.Key_F2)
        QTest.keyClicks(d.field(NoteField), "other")
        QTest.keyClick(d.field(NoteField), Qt.Key.Key_Escape)
        assert (d.state(), d.session.undo_stack.count()) == (before, steps)

    def test_it_grows_with_its_text(self, d: Driver) -> None:
        d.canvas.write_note("n")
        d.field(NoteField).setPlainText("line\n" * 12)
        QTest.keyClick(d.field(NoteField), Qt.Key.Key_Return, CTRL)
        note = d.graph.notes["n"]
        assert note.size[1] >= 12 * 18
        assert pieces(note.text, note.size[0], ink())[1] <= note.size[1] + 1

    def test_moved_and_resized(self, d: Driver) -> None:
        before = d.state()
        middle = d.canvas.scene.notes["n"].rect.center()
        d.hand(middle, middle + QPointF(40, 20))
        assert d.graph.notes["n"].position == (40.0, 350.0)
        corner = d.canvas.scene.notes["n"].rect.bottomRight()
        d.hand(corner, corner + QPointF(30, 10))
        assert d.graph.notes["n"].size == (210.0, 70.0)
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
        point_id = d.only()
        point = d.graph.reroutes[point_id]
        assert point.wire == ("m", "x")
        assert QPointF(*point.position).toPoint() == QPointF(round(spot.x()), round(spot.y())).toPoint()
        d.hand(d.canvas.scene.place(point_id), QPointF(720, 150))
        assert d.graph.reroutes[point_id].position == (720.0, 150.0)
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
        points = [p.position for p in d.graph.reroutes.values() if p.wire == key]
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
        assert [p.wire for p in d.graph.reroutes.values()].count(("a", "x")) == 2

    def test_labels_keep_their_places_on_it(self, d: Driver) -> None:
        d.canvas.grab()
        spots = {what for key, what in d.canvas.picture.labels.places.spots if key == ("h", "a")}
        assert "value" in spots

    def test_it_moves_with_the_nodes_at_both_ends_of_its_wire(self, d: Driver) -> None:
        d.session.select({"x", "h"})
        d.hand(d.header("x"), d.header("x") + QPointF(0, 30))
        assert d.graph.reroutes["p"].position == (200.0, -10.0)

    def test_deleted_alone_and_with_its_wire(self, d: Driver) -> None:
        d.click(d.canvas.scene.place("p"))
        assert d.session.selection.ids == {"p"}
        d.key(Qt.Key.Key_Delete)
        assert d.graph.reroutes == {}
        assert ("h", "a") in d.graph.wires
        d.undo()
        d.session.select({("h", "a")})
        d.key(Qt.Key.Key_Delete)
        assert d.graph.reroutes == {}

    def test_a_wire_led_to_another_port_keeps_its_points(self, d: Driver) -> None:
        edit = d.canvas.editing.rewire(("h", "a"), Wire("x", "s", "x"))
        d.session.apply(edit)
        assert d.graph.reroutes["p"].wire == ("s", "x")
