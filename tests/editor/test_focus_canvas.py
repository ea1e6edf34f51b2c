"""The focus set on the canvas: labels, heat strips, tables and heat maps in nodes; and what is lit there."""

from __future__ import annotations

from typing import Literal

import pytest
from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from compute.explain import Quantity
from compute.focus import Focus, Subject
from compute.gallery import load_entry
from compute.graph import Port
from compute.numbers_text import precise
from editor.canvas import Canvas
from editor.canvas.cells import grids
from editor.canvas.ink import ink
from editor.canvas.labels import Label, strip_area
from editor.canvas.placement import What
from editor.panels.inspector import Inspector
from editor.panels.why import WhyTab
from tests.editor.canvas_driver import PAUSE, Driver
from tests.editor.canvas_session import CanvasSession, document
from tests.editor.panel_session import opened, shown
from tests.editor.test_focus import told


def label(d: Driver, key: Port, side: What) -> Label:
    """A label as it is on the screen now."""
    QApplication.processEvents()
    d.canvas.grab()
    whole = [each for each in d.canvas.picture.whole if each.slot == (key, side)]
    if whole:
        return whole[0]
    spot = d.canvas.picture.labels.places.spots[key, side]
    found = d.canvas.picture.labels.at(spot.rect.center(), d.canvas.shown.readings)
    assert found is not None
    return found


def click(d: Driver, at: QPointF) -> None:
    """Press, pause, let go; without having been there before."""
    d.press(at)
    QTest.qWait(PAUSE)
    d.release(at)
    QApplication.processEvents()


def cell(d: Driver, node_id: str, entry: tuple[int, ...], weight: str = "") -> QPointF:
    """Where an entry stands in the body of a node."""
    subject = Subject("weight", node_id, weight) if weight else Subject("node", node_id)
    for grid in grids(d.canvas.scene.nodes[node_id], d.canvas.shown.readings):
        if grid.subject == subject:
            rect = grid.cell(entry)
            assert rect is not None
            return rect.center()
    raise AssertionError(f"no cell {entry} of {subject}")


def now(session: CanvasSession) -> Focus | None:
    return session.focus


SCALARS = "z_2x_y"
"""z(2x + y), where every label is one number."""


@pytest.mark.parametrize("side", ["value", "gradient"])
def test_a_label_is_asked_for_its_own_side(qtbot: QtBot, side: Literal["value", "gradient"]) -> None:
    d = Driver(qtbot, load_entry(SCALARS))
    asked: list[Focus] = []
    d.session.asked.connect(asked.append)
    key = next(key for key in d.canvas.scene.wires if key in d.session.snapshot.trace.wire_grads)
    click(d, label(d, key, side).rect.center())
    focus = Focus(Subject("wire", *key), side, ())
    assert now(d.session) == focus
    assert asked == [focus]
    assert d.session.selection.wire == key
    assert d.session.trail.behind is None  # a click is one step
    assert d.canvas.shown.lit is not None
    assert d.canvas.shown.lit.labels == {(key, side)}


def test_the_orange_label_of_a_selected_wire_is_hit_where_it_is_shown_whole(qtbot: QtBot) -> None:
    d = Driver(qtbot, load_entry(SCALARS))
    key = next(key for key in d.canvas.scene.wires if key in d.session.snapshot.trace.wire_grads)
    d.session.select({key})
    sides: tuple[Literal["value", "gradient"], ...] = ("value", "gradient", "value")
    for side in sides:
        click(d, label(d, key, side).rect.center())
        assert now(d.session) == Focus(Subject("wire", *key), side, ())


def test_a_pointing_hand_is_over_numbers_alone(qtbot: QtBot) -> None:
    d = Driver(qtbot, load_entry(SCALARS))
    key = next(key for key in d.canvas.scene.wires if key in d.session.snapshot.trace.wire_grads)
    d.hover(label(d, key, "gradient").rect.center())
    assert d.canvas.cursor().shape() == Qt.CursorShape.PointingHandCursor
    d.hover(d.header(key[0]))
    assert d.canvas.cursor().shape() == Qt.CursorShape.ArrowCursor
    d.hover(d.empty())
    assert d.canvas.cursor().shape() == Qt.CursorShape.ArrowCursor


def test_a_label_at_an_output_that_feeds_nothing_is_asked_about(qtbot: QtBot) -> None:
    d = batch_driver(qtbot)
    click(d, label(d, ("r", ""), "value").rect.center())
    assert now(d.session) == Focus(Subject("node", "r"), "value")
    assert d.session.selection.nodes == {"r"}


def test_a_label_of_a_wire_that_is_gone_is_none(qtbot: QtBot) -> None:
    d = Driver(qtbot, load_entry(SCALARS))
    key = next(key for key in d.canvas.scene.wires if key in d.session.snapshot.trace.wire_grads)
    hit, whole = label(d, key, "gradient").rect.center(), label(d, key, "value").rect.center()
    d.session.select({key})
    d.canvas.grab()
    d.session.apply(d.session.edits.remove({key}))  # and nothing has been painted since
    for point in (hit, whole):
        found = d.canvas.number_at(point)
        assert found is None or found.subject.wire != key
    d.session.focus_on(Focus(Subject("wire", *key), "gradient"))
    assert now(d.session) is None
    assert d.session.said[-1] == f"The wire into port {key[1]} of {key[0]} is no longer in the graph."


def test_a_drag_from_a_label_asks_nothing_and_does_what_it_did(qtbot: QtBot) -> None:
    d = Driver(qtbot, load_entry(SCALARS))
    asked: list[Focus] = []
    d.session.asked.connect(asked.append)
    key = next(key for key in d.canvas.scene.wires if key in d.session.snapshot.trace.wire_grads)
    d.drag(label(d, key, "gradient").rect.center(), d.empty())
    assert asked == []
    assert key not in d.session.document.graph.wires  # the wire came off its port
    d.session.undo_stack.undo()
    assert key in d.session.document.graph.wires


def test_a_click_that_trembles_is_a_click(qtbot: QtBot) -> None:
    d = Driver(qtbot, load_entry(SCALARS))
    key = next(key for key in d.canvas.scene.wires if key in d.session.snapshot.trace.wire_grads)
    at = label(d, key, "gradient").rect.center()
    d.press(at)
    d.hover(at + QPointF(2, 1))
    d.release(at + QPointF(2, 1))
    assert now(d.session) == Focus(Subject("wire", *key), "gradient", ())


def batch() -> CanvasSession:
    """Four rows x through a 2 → 4 layer h, and its values as a batch of 2 × 2 matrices r."""
    return CanvasSession(
        document(
            [
                {"id": "x", "op": "input", "params": {"columns": ["a", "b"]}, "position": [0, 0]},
                {"id": "h", "op": "dense", "params": {"units": 4}, "position": [260, 0]},
                {"id": "r", "op": "reshape", "params": {"shape": [-1, 2, 2]}, "position": [540, 0]},
                {"id": "p", "op": "softmax", "position": [540, 220]},
                {"id": "n", "op": "dense", "params": {"units": 2}, "position": [820, 0]},
                {"id": "q", "op": "square", "position": [820, 220]},
                {"id": "m", "op": "mean", "position": [1080, 220]},
            ],
            [("x", "h", "x"), ("h", "r", "x"), ("h", "p", "x"), ("x", "n", "x"), ("p", "q", "x"), ("q", "m", "x")],
            "m",
            data={"source": "inline", "columns": {"a": [0.0, 1.0, 2.0, 3.0], "b": [1.0, -1.0, 0.5, 2.0]}},
            weights={"h.weight": [[0.1, -0.2, 0.3, 0.4], [0.5, 0.6, -0.7, 0.8]], "h.bias": [0.0, 0.1, 0.2, 0.3]},
        )
    )


def batch_driver(qtbot: QtBot) -> Driver:
    return Driver(qtbot, batch().document)


@pytest.mark.parametrize(("entry", "sample"), [((2, 1, 0), 2), ((0, 0, 1), 0), ((3, 1, 1), 3)])
def test_a_cell_of_a_heat_map_is_asked_about(qtbot: QtBot, entry: tuple[int, ...], sample: int) -> None:
    d = batch_driver(qtbot)
    assert d.canvas.scene.nodes["r"].face.kind == "map"
    click(d, cell(d, "r", entry))
    assert now(d.session) == Focus(Subject("node", "r"), "value", entry)
    assert d.session.sample == sample
    assert d.canvas.shown.lit is not None
    assert (d.canvas.shown.lit.subject, d.canvas.shown.lit.entry) == (Subject("node", "r"), entry)


def test_a_bar_of_a_softmax_is_asked_about(qtbot: QtBot) -> None:
    d = batch_driver(qtbot)
    d.session.set_sample(2)
    click(d, cell(d, "p", (2, 3)))
    assert now(d.session) == Focus(Subject("node", "p"), "value", (2, 3))


def test_numbers_in_tables_of_weights_and_of_nodes_are_asked_about(qtbot: QtBot) -> None:
    d = batch_driver(qtbot)
    assert d.canvas.scene.nodes["n"].face.kind == "entries"
    click(d, cell(d, "n", (1, 0), "weight"))
    assert now(d.session) == Focus(Subject("weight", "n", "weight"), "value", (1, 0))
    assert d.session.selection.single == "n"
    click(d, cell(d, "n", (1,), "bias"))
    assert now(d.session) == Focus(Subject("weight", "n", "bias"), "value", (1,))
    small = Driver(qtbot)
    click(small, cell(small, "x", (1, 0)))
    assert now(small.session) == Focus(Subject("node", "x"), "value", (1, 0))
    click(small, cell(small, "m", ()))
    assert now(small.session) == Focus(Subject("node", "m"), "value", ())


def test_a_cell_of_a_heat_strip_is_asked_about(qtbot: QtBot) -> None:
    d = batch_driver(qtbot)
    d.session.set_sample(1)
    d.canvas.zoom_to(1.0)
    found = label(d, ("p", "x"), "value")
    assert found.reading is not None
    assert found.reading.strip is not None
    strip = strip_area(found.rect)
    click(d, QPointF(strip.left() + strip.width() * 2.5 / 4, strip.center().y()))
    assert now(d.session) == Focus(Subject("wire", "p", "x"), "value", (1, 2))
    found = label(d, ("p", "x"), "value")
    click(d, QPointF(found.rect.center().x(), found.rect.top() + 4))
    assert now(d.session) == Focus(Subject("wire", "p", "x"), "value")


def test_a_node_is_dragged_by_its_numbers_without_being_asked(qtbot: QtBot) -> None:
    d = batch_driver(qtbot)
    asked: list[Focus] = []
    d.session.asked.connect(asked.append)
    at = cell(d, "r", (1, 0, 0))
    d.drag(at, at + QPointF(60, 40))
    assert d.session.document.graph.nodes["r"].position != (540, 0)
    assert asked == []
    assert d.session.selection.nodes == {"r"}


def test_what_is_asked_elsewhere_is_lit_here(qtbot: QtBot) -> None:
    d = batch_driver(qtbot)
    wire = Subject("wire", "p", "x")
    d.session.focus_on(Focus(wire, "gradient", (2, 1)))
    lit = d.canvas.shown.lit
    assert lit is not None
    assert (lit.subject, lit.entry) == (Subject("node", "h"), (2, 1))
    assert lit.labels == {(("p", "x"), "gradient")}
    assert d.session.selection.wire == ("p", "x")
    d.session.focus_on(Focus(Subject("node", "h"), "value", (0, 3)))
    lit = d.canvas.shown.lit
    assert lit is not None
    assert lit.labels == {(("p", "x"), "value"), (("r", "x"), "value"), (("h", ""), "value")}
    d.session.focus_on(Focus(Subject("weight", "n", "bias"), "gradient", (0,)))
    lit = d.canvas.shown.lit
    assert lit is not None
    assert (lit.subject, lit.labels) == (Subject("weight", "n", "bias"), frozenset())
    d.session.select()
    assert d.canvas.shown.lit is None


def test_the_number_in_focus_is_said_to_those_who_do_not_see_it(qtbot: QtBot) -> None:
    d = batch_driver(qtbot)
    d.session.focus_on(Focus(Subject("wire", "p", "x"), "gradient", (2, 1)))
    number = precise(float(d.session.snapshot.trace.wire_grads["p", "x"][2, 1]))
    said = d.canvas.accessibleDescription()
    assert said.startswith("Wire from h to port x of p")
    assert said.endswith(f". In focus: the gradient of h[2, 1], {number}.")
    d.session.focus_on(Focus(Subject("weight", "n", "bias"), "value", (1,)))
    assert d.canvas.accessibleDescription().endswith("In focus: the value of n.bias[1], 0.")


def test_the_row_and_the_column_that_made_a_number_are_lit(qtbot: QtBot) -> None:
    d = batch_driver(qtbot)
    d.session.focus_on(Focus(Subject("node", "h"), "value", (2, 3)))
    lit = d.canvas.shown.lit
    assert lit is not None
    assert dict(lit.parts) == {
        Subject("node", "x"): (2, None),
        Subject("weight", "h", "weight"): (None, 3),
        Subject("weight", "h", "bias"): (3,),
    }
    table, bias = grids(d.canvas.scene.nodes["h"], d.canvas.shown.readings)
    column, cell = table.reach((None, 3)), bias.reach((3,))
    assert column is not None
    assert cell is not None
    assert column == (table.cell((0, 3)) or QRectF()).united(table.cell((1, 3)) or QRectF())
    image, accent = d.canvas.grab().toImage(), ink().accent
    for rect in (column, cell):  # thin lines are smoothed
        seen = image.pixelColor(d.pixel(QPointF(rect.left(), rect.center().y())))
        assert abs(seen.blue() - accent.blue()) < 50
        assert abs(seen.red() - accent.red()) < 50


def test_the_gradients_that_made_a_number_are_lit_in_their_hue(qtbot: QtBot) -> None:
    """∂L/∂W[1, 3] = Σ x[·, 1] · ∂L/∂h[·, 3]: a column of each."""
    d = batch_driver(qtbot)
    d.session.focus_on(Focus(Subject("weight", "h", "weight"), "gradient", (1, 3)))
    lit = d.canvas.shown.lit
    assert lit is not None
    assert dict(lit.parts) == {Subject("node", "x"): (None, 1)}
    assert dict(lit.slopes) == {Subject("node", "h"): (None, 3)}
    d.session.focus_on(Focus(Subject("wire", "p", "x"), "gradient", (2, 1)))
    lit = d.canvas.shown.lit
    assert lit is not None
    assert dict(lit.slopes)[Subject("node", "p")] == (2, None)
    image, hue = d.canvas.grab().toImage(), ink().backward
    (grid,) = grids(d.canvas.scene.nodes["p"], d.canvas.shown.readings)
    row = grid.reach((2, None))
    assert row is not None
    place = d.pixel(QPointF(row.left(), row.center().y()))
    near = [image.pixelColor(place + QPoint(step, 0)) for step in (-1, 0, 1)]  # a thin line is smoothed
    assert max(seen.red() - seen.blue() for seen in near) > 0.5 * (hue.red() - hue.blue())


def test_of_what_a_convolution_sees_its_window_is_lit(qtbot: QtBot) -> None:
    steps = [[[float(t), float(-t)] for t in range(4)]]
    d = Driver(
        qtbot,
        document(
            [
                {"id": "x", "op": "constant", "params": {"value": steps}, "position": [0, 0]},
                {"id": "c", "op": "conv1d", "params": {"filters": 1, "size": 2}, "position": [300, 0]},
                {"id": "m", "op": "mean", "position": [600, 0]},
            ],
            [("x", "c", "x"), ("c", "m", "x")],
            "m",
        ),
    )
    d.session.focus_on(Focus(Subject("node", "c"), "value", (0, 1, 0)))
    lit = d.canvas.shown.lit
    assert lit is not None
    assert dict(lit.parts)[Subject("node", "x")] == (0, range(1, 3), None)
    (grid,) = grids(d.canvas.scene.nodes["x"], d.canvas.shown.readings)
    window = grid.reach((0, range(1, 3), None))
    cells = [grid.cell((0, t, c)) or QRectF() for t in (1, 2) for c in (0, 1)]
    assert window == cells[0].united(cells[-1])
    assert window != grid.reach((0, None, None))


def test_the_cell_in_focus_is_framed(qtbot: QtBot) -> None:
    d = batch_driver(qtbot)
    pictures = []
    for entry in ((0, 0, 0), (3, 1, 1)):
        d.session.focus_on(Focus(Subject("node", "r"), "value", entry))
        grid = grids(d.canvas.scene.nodes["r"], d.canvas.shown.readings)[0]
        frame = grid.cell(entry)
        assert frame is not None
        image = d.canvas.grab().toImage()
        edge = d.pixel(QPointF(frame.center().x(), frame.top()))
        pictures.append((edge, image.pixelColor(edge).name()))
    accent = ink().accent.name()
    assert [name for _, name in pictures] == [accent, accent]
    (first, _), (_, _) = pictures
    assert d.canvas.grab().toImage().pixelColor(first).name() != accent


def test_the_inspector_answers_for_the_label_that_was_clicked(qtbot: QtBot) -> None:
    with opened(qtbot, SCALARS) as session:
        canvas, inspector = Canvas(session), Inspector(session)
        canvas.set_reduced_motion(True)
        shown(qtbot, canvas, 1200, 700)
        shown(qtbot, inspector, 360, 800)
        QApplication.processEvents()
        key = next(key for key in canvas.scene.wires if key in session.snapshot.trace.wire_grads)
        source = session.document.graph.wires[key].source
        for side, number in (
            ("gradient", session.snapshot.trace.wire_grads[key]),
            ("value", session.snapshot.trace.values[source]),
            ("gradient", session.snapshot.trace.wire_grads[key]),
        ):
            inspector.show_tab("Values")
            canvas.grab()
            whole = [each.rect for each in canvas.picture.whole if each.slot == (key, side)]
            rect = whole[0] if whole else canvas.picture.labels.places.spots[key, side].rect  # type: ignore[index]
            place = canvas.camera.to_screen(rect.center()).toPoint()
            QTest.mouseMove(canvas, place)
            QTest.mousePress(canvas, Qt.MouseButton.LeftButton, pos=place)
            QTest.qWait(PAUSE)
            QTest.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=place)
            assert inspector.tabs.currentWidget() is inspector.tab(WhyTab)
            assert inspector.header.kind.text() == "Wire"
            assert inspector.tab(WhyTab).title.text().startswith(f"Why is this {side} ")
            assert told(inspector) == precise(float(number))
            assert session.focus is not None
            kind = Quantity("value", source) if side == "value" else Quantity("wire", *key)
            assert session.focus.asks(session.document.graph) == kind
