"""What the canvas paints at every zoom, of broken graphs, in a walk, and as numbers, view and theme change."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, QRect, QRectF
from PySide6.QtGui import QColor, QImage, QPainter
from pytestqt.qtbot import QtBot

from compute.analysis import Analysis, analyse
from compute.explain import Quantity
from compute.gallery import load_entry
from compute.graph import Node, Port, Wire
from compute.problems import sentence_of
from compute.snapshot import Snapshot
from compute.tensor_view import TensorView
from compute.worker.engine_choice import engine_choice
from editor import theme
from editor.canvas import Canvas
from editor.canvas.camera import Detail
from editor.canvas.cells import body, grids
from editor.canvas.hints import tip
from editor.canvas.live import sample_marks
from editor.canvas.overlay import hints
from editor.canvas.readings import Known
from editor.canvas.scene import Scene
from editor.palettes import DARK, LIGHT
from editor.pieces import at_once
from editor.session import Session
from tests.editor.canvas_driver import Driver, small
from tests.editor.canvas_session import document
from tests.editor.panel_session import opened, shown
from tests.editor.test_canvas import labels


def pixels(d: Driver, color: str) -> int:
    """How many pixels of the picture have a colour."""
    d.canvas.show_minimap(False)
    image = d.canvas.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    wanted = QColor(color).rgb() & 0xFFFFFF
    data = np.frombuffer(image.constBits(), np.uint32) & 0xFFFFFF
    return int((data == wanted).sum())


def test_detail_follows_zoom(qtbot: QtBot) -> None:
    assert [Detail.at(z) for z in (0.05, 0.29, 0.3, 0.49, 0.5, 0.79, 0.8, 4.0)] == [
        Detail.BOXES,
        Detail.BOXES,
        Detail.LINES,
        Detail.LINES,
        Detail.LABELS,
        Detail.LABELS,
        Detail.FULL,
        Detail.FULL,
    ]
    d = Driver(qtbot, load_entry("spiral"))
    t = theme.current()
    seen = {}
    for zoom in (0.25, 0.4, 0.6, 1.0):
        d.canvas.zoom_to(zoom)
        seen[zoom] = pixels(d, t.forward_ground), pixels(d, t.text_dim), pixels(d, t.groups["layer"])
    assert seen[0.25][0] == seen[0.4][0] == 0
    assert seen[0.6][0] > 200
    assert seen[1.0][0] > 200
    assert seen[0.25][2] > 500


def test_nan_is_loud_and_not_computed_is_an_outline_and_never_zero(qtbot: QtBot) -> None:
    graph = document(
        [
            {"id": "c", "op": "constant", "params": {"value": -1.0}, "position": [0, 0]},
            {"id": "l", "op": "log", "position": [260, 0]},
            {"id": "s", "op": "square", "position": [520, 0]},
        ],
        [("c", "l", "x"), ("l", "s", "x")],
    )
    d = Driver(qtbot, graph)
    reading = d.canvas.shown.readings.value("l")
    assert reading is not None
    assert (reading.text, reading.fault) == ("NaN", True)
    assert pixels(d, theme.current().error_ground) > 100
    d.session.snapshot = Snapshot(analysis=d.session.snapshot.analysis)
    d.session.snapshot_changed.emit(d.session.snapshot)
    shown = labels(d)
    assert shown["l", "x", "value"] == ""
    assert shown["s", "x", "value"] == ""
    assert pixels(d, theme.current().forward_ground) == 0


@pytest.mark.parametrize("number", [1e30, 3e38, 1e200, np.inf, np.nan])
def test_numbers_of_any_size_can_be_painted_at_every_zoom(qtbot: QtBot, number: float) -> None:
    d = Driver(qtbot, load_entry("spiral"))
    trace = d.session.snapshot.trace
    kind = np.float32 if number != 1e200 else np.float64

    def huge(arrays: Mapping[Any, Any]) -> dict[Any, Any]:
        return {key: np.full(a.shape, number, kind) * np.where(a < 0, -1, 1).astype(kind) for key, a in arrays.items()}

    bad = replace(trace, values=huge(trace.values), grads=huge(trace.grads), wire_grads=huge(trace.wire_grads))
    d.session.snapshot = replace(d.session.snapshot, trace=bad)
    d.session.snapshot_changed.emit(d.session.snapshot)
    for zoom in (0.25, 0.4, 1.0):
        d.canvas.zoom_to(zoom)
        d.canvas.grab()
    reading = d.canvas.shown.readings.value("h1")
    assert reading is not None
    assert reading.fault is not bool(np.isfinite(number))
    assert "∞" not in reading.text or number == np.inf


def test_an_error_while_painting_leaves_no_painter_behind_and_is_reported(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    d = Driver(qtbot, load_entry("xor"))
    painters: list[QPainter] = []

    def fail(painter: QPainter, *_: object) -> None:
        painters.append(painter)
        raise ZeroDivisionError

    for name, step in (
        ("numbers", d.canvas.redraw),
        ("chrome", d.canvas.redraw),
        ("numbers", lambda: d.canvas.pan_by(5.0, 0.0)),
        ("paint_over", d.canvas.redraw),
    ):
        with qtbot.captureExceptions() as errors, monkeypatch.context() as patch:
            patch.setattr(d.canvas if name == "paint_over" else d.canvas.picture, name, fail)
            try:
                step()
                d.canvas.repaint()
            except ZeroDivisionError:  # a pan paints at once
                continue
        assert [kind for kind, *_ in errors] == [ZeroDivisionError], name
    assert len(painters) == 4
    assert not any(painter.isActive() for painter in painters)
    d.canvas.redraw()
    d.canvas.repaint()


def test_what_the_loss_does_not_depend_on_has_no_gradient_label(qtbot: QtBot) -> None:
    d = Driver(qtbot, load_entry("spiral"))
    d.canvas.zoom_to(1.0)
    d.canvas.center_on(d.canvas.scene.nodes["loss"].rect.center())
    shown = labels(d)
    assert ("loss", "target", "value") in shown
    assert ("loss", "target", "gradient") not in shown


def test_an_unknown_op_is_a_placeholder_with_its_sentence(qtbot: QtBot) -> None:
    graph = document(
        [
            {"id": "c", "op": "constant", "position": [0, 0]},
            {"id": "q", "op": "quantum", "position": [260, 0], "params": {"k": 1}},
            {"id": "t", "op": "tanh", "position": [520, 0]},
        ],
        [("c", "q", "in"), ("q", "t", "x")],
    )
    d = Driver(qtbot, graph)
    view = d.canvas.scene.nodes["q"]
    assert view.face.title == "quantum"
    assert view.face.ports == ("in",)
    assert not view.face.known
    assert sentence_of(view.problem).startswith("Node q: this version does not know the op 'quantum'")
    assert set(d.canvas.scene.wires) == {("q", "in"), ("t", "x")}
    assert pixels(d, theme.current().error_ground) > 1000
    assert d.canvas.shown.readings.value("c") is not None
    assert d.canvas.shown.readings.value("t") is None


def test_the_wires_are_looked_through_once_for_all_nodes_of_unknown_ops(qtbot: QtBot) -> None:
    nodes = [{"id": f"n{i}", "op": "quantum", "position": [0, 40 * i]} for i in range(30)]
    wires = [(f"n{i}", f"n{i + 1}", port) for i in range(29) for port in ("b", "a")]
    found = document(nodes, wires)
    looked = 0

    class Watched(dict[Port, Wire]):
        def __iter__(self) -> Iterator[Port]:
            nonlocal looked
            looked += 1
            return super().__iter__()

    found.graph.wires = Watched(found.graph.wires)
    scene = Scene()
    scene.rebuild(found, Analysis())
    assert scene.nodes["n1"].face.ports == ("b", "a")
    analysis = analyse(found.graph)
    scene.analysed(found, analysis, at_once(scene.facing(found, analysis)))
    assert 2 <= looked <= 10


def test_a_broken_node_says_so_and_upstream_keeps_its_values(qtbot: QtBot) -> None:
    d = Driver(qtbot)
    d.session.apply(d.session.edits.remove({("h", "b")}))
    assert sentence_of(d.canvas.scene.nodes["h"].problem) == "MatMul h: port b is not wired; drag an output to it."
    assert d.canvas.scene.nodes["a"].waits
    readings = d.canvas.shown.readings
    assert readings.value("x") is not None
    assert readings.value("h") is None


def test_numbers_fade_while_they_are_older_than_the_graph(qtbot: QtBot) -> None:
    d = Driver(qtbot)
    seen = [d.canvas.shown.stale]
    d.session.revision += 1
    d.session.document_edited.emit(d.session.edits.set_param("w", "value", 3.0))
    seen.append(d.canvas.shown.stale)
    d.session.compute()
    seen.append(d.canvas.shown.stale)
    assert seen == [False, True, False]
    d.session.apply(d.session.edits.set_training("Longer", epochs=7))
    assert not d.canvas.shown.stale


def test_the_walk_shows_only_what_is_known_and_lights_the_node_at_work(qtbot: QtBot) -> None:
    d = Driver(qtbot, load_entry("z_2x_y"))
    d.session.walk_to(0)
    steps = d.session.walk.steps if d.session.walk else []
    phases = [step.phase for step in steps]
    first_back = phases.index("backward")
    known: list[tuple[int, int]] = []
    for index in (0, first_back - 1, first_back, len(steps) - 1):
        d.session.walk_to(index)
        shown = labels(d)
        known.append(
            (
                sum(bool(text) for key, text in shown.items() if key[2] == "value"),
                sum(bool(text) for key, text in shown.items() if key[2] == "gradient"),
            )
        )
        assert d.canvas.shown.at_work == steps[index].node
    assert known[0][1] == known[1][1] == 0
    assert known[0][0] < known[1][0] == 5
    assert known[-1] == (5, 5)
    d.session.walk_to(len(steps) - 1)
    assert set(d.canvas.shown.passed.values()) == {"backward"}
    d.session.walk = None
    d.session.walk_changed.emit(None)
    assert d.canvas.shown.at_work is None
    assert d.canvas.shown.passed == {}


def test_the_mark_runs_against_the_wire_on_the_way_back(qtbot: QtBot) -> None:
    d = Driver(qtbot, load_entry("z_2x_y"))
    d.canvas.set_reduced_motion(False)
    mark = d.canvas.mark
    mark.run((("f", "a"),), backward=True)
    first = mark.share
    qtbot.waitUntil(lambda: not mark.running, timeout=2000)
    assert first > 0.9
    assert mark.share == 0.0
    mark.run((("f", "a"),), backward=False)
    qtbot.waitUntil(lambda: not mark.running, timeout=2000)
    assert mark.share == 1.0
    d.canvas.set_reduced_motion(True)
    mark.run((("f", "a"),), backward=False)
    assert not mark.running
    assert mark.share == 0.5


def test_known_sorts_the_quantities_of_a_step() -> None:
    known = Known.of([Quantity("value", "a"), Quantity("wire", "b", "x"), Quantity("gradient", "a")])
    assert known == Known(frozenset("a"), frozenset("a"), frozenset({("b", "x")}))


def test_hover_tells_the_full_numbers(qtbot: QtBot) -> None:
    d = Driver(qtbot, load_entry("z_2x_y"))
    text = tip(d.canvas.scene, d.canvas.shown, None, d.canvas.wire_under(d.on_wire(("f", "a"))))
    assert "→ value 6" in text
    assert "∂ gradient 5" in text
    assert "shape a scalar" in text
    assert tip(d.canvas.scene, d.canvas.shown, None, d.canvas.wire_under(QPointF(-900, -900))) == ""
    assert "<b>Add f = g + y</b>" in tip(d.canvas.scene, d.canvas.shown, "f", None)


def test_a_click_on_a_label_selects_its_wire(qtbot: QtBot) -> None:
    d = Driver(qtbot, load_entry("z_2x_y"))
    d.canvas.grab()
    for what in ("value", "gradient"):
        d.session.select()
        spot = d.canvas.picture.labels.places.spots[("L", "b"), what]
        d.click(spot.rect.center())
        assert d.session.selection.wire == ("L", "b")


def test_what_is_selected_is_told_to_screen_readers(qtbot: QtBot) -> None:
    d = Driver(qtbot)
    assert d.canvas.accessibleName() == "Canvas"
    d.session.select({"m"})
    assert d.canvas.accessibleDescription().startswith("Mean m, a scalar, value ")
    d.session.select({("a", "x")})
    assert d.canvas.accessibleDescription().startswith("Wire from h to port x of a, (2, 2), value ")


def test_a_pan_shows_what_a_fresh_picture_shows(qtbot: QtBot) -> None:
    d = Driver(qtbot, small())
    d.canvas.show_minimap(False)
    d.canvas.zoom_to(1.0)
    d.canvas.grab()
    for dx, dy in ((-37, 0), (0, 53), (21, -18), (5000, 0), (-5000, 0)):
        d.canvas.pan_by(dx, dy)
        panned = d.canvas.grab().toImage()
        d.canvas.redraw()
        assert panned == d.canvas.grab().toImage(), (dx, dy)


def test_the_theme_changes_the_picture(qtbot: QtBot) -> None:
    d = Driver(qtbot)
    try:
        theme.set_mode("dark")
        dark = d.canvas.grab().toImage().pixelColor(QPoint(3, 3))
        theme.set_mode("light")
        light = d.canvas.grab().toImage().pixelColor(QPoint(3, 3))
    finally:
        theme.set_mode("dark")
    assert dark.name() == DARK.canvas
    assert light.name() == LIGHT.canvas


def test_a_session_of_the_program_is_followed(qtbot: QtBot) -> None:
    session = Session(engine_choice("reference"))
    canvas = Canvas(session)
    qtbot.addWidget(canvas)
    canvas.resize(900, 600)
    canvas.show()
    try:
        session.open_document(load_entry("z_2x_y"))
        qtbot.waitUntil(lambda: canvas.shown.readings.value("f") is not None, timeout=10_000)
        assert canvas.shown.readings.value("f").text == "2"  # type: ignore[union-attr]
        seen = [canvas.shown.stale]
        session.start_walk()
        assert canvas.shown.at_work == session.document.graph.order()[0][0]
        session.stop_walk()
        node_id = canvas.add_op("square")
        assert node_id in canvas.scene.nodes
        seen.append(canvas.shown.stale)
        assert seen == [False, True]
        qtbot.waitUntil(lambda: not canvas.shown.stale, timeout=10_000)
        session.undo_stack.undo()
        assert node_id not in canvas.scene.nodes
    finally:
        session.close()


def test_new_numbers_in_a_walk_repaint_the_numbers_alone(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    with opened(qtbot, "xor") as session:
        canvas = Canvas(session)
        shown(qtbot, canvas, 1000, 600)
        session.start_walk()
        session.walk_to(3)
        canvas.grab()
        drawn: list[str] = []
        for name in ("chrome", "numbers"):
            paint = getattr(canvas.picture, name)

            def spy(*args: Any, name: str = name, paint: Any = paint) -> None:
                drawn.append(name)
                paint(*args)

            monkeypatch.setattr(canvas.picture, name, spy)
        before = canvas.shown.readings.trace
        for number in range(3):
            trace = session.snapshot.trace
            session.set_weight(next(iter(session.weights())), (0, 0), 1.0 + number)
            qtbot.waitUntil(lambda: session.snapshot.trace is not trace, timeout=10_000)  # noqa: B023
            canvas.grab()
        assert canvas.shown.readings.trace is not before
        assert canvas.shown.readings.trace is session.snapshot.trace
        assert canvas.shown.at_work == (session.walk and session.walk.step.node)
        assert set(drawn) == {"numbers"}
        session.walk_by(1)
        canvas.grab()
        assert "chrome" in drawn


def test_a_canvas_without_nodes_can_be_used(qtbot: QtBot) -> None:
    d = Driver(qtbot, document([], []))
    d.canvas.fit()
    d.canvas.tidy()
    d.canvas.delete_selection()
    d.canvas.grab()
    assert d.canvas.add_op("tanh") == "a"


def test_an_empty_canvas_says_what_to_do_until_there_is_a_node(qtbot: QtBot) -> None:
    d = Driver(qtbot, document([], []))
    assert hints() == ("Press Tab or drag an operation here", "or open an example: Ctrl+G")
    middle = QRect(300, 300, 600, 100)
    ground = QColor(theme.current().canvas), QColor(theme.current().grid)
    seen = [colors(d, middle) > {each.rgb() for each in ground}, d.canvas.minimap.isVisible()]
    d.session.apply(d.session.edits.add_node(Node("c", "constant", {}, (4000.0, 0.0))))
    seen += [colors(d, middle) > {each.rgb() for each in ground}, d.canvas.minimap.isVisible()]
    assert seen == [True, False, False, True]


def colors(d: Driver, part: QRect) -> set[int]:
    """The colours in a part of the picture."""
    image = d.canvas.grab(part).toImage()
    return {image.pixel(x, y) for x in range(image.width()) for y in range(image.height())}


def test_the_view_follows_the_size_of_the_window_until_the_person_chooses_another(qtbot: QtBot) -> None:
    d = Driver(qtbot, load_entry("spiral"))
    d.canvas.resize(600, 300)
    assert d.canvas.visible_area().contains(d.canvas.scene.bounds(d.canvas.scene.nodes))
    d.canvas.zoom_to(1.0)
    camera = (d.canvas.camera.x, d.canvas.camera.y, d.canvas.camera.zoom)
    d.canvas.resize(900, 500)
    assert (d.canvas.camera.x, d.canvas.camera.y, d.canvas.camera.zoom) == camera


def test_the_minimap_gives_way_where_it_would_only_hide_nodes(qtbot: QtBot) -> None:
    two = [{"id": "c", "op": "constant", "position": [0, 0]}, {"id": "d", "op": "constant", "position": [400, -300]}]
    d = Driver(qtbot, document(two, []))
    d.canvas.zoom_to(1.0)
    seen = [d.canvas.minimap.isVisible()]
    spot = d.canvas.camera.to_scene(QPointF(d.canvas.minimap.geometry().center()))
    way = spot - d.canvas.scene.nodes["c"].rect.center()
    d.canvas.pan_by(way.x(), way.y())
    seen.append(d.canvas.minimap.isVisible())
    d.canvas.zoom_to(2.5)
    seen.append(d.canvas.minimap.isVisible())
    assert seen == [True, False, True]


@pytest.mark.parametrize(
    ("shape", "batch", "sample", "rows", "columns"),
    [((4, 3), 0, 2, [2], []), ((4, 2, 2), 0, 2, [4, 5], []), ((3, 4), 1, 2, [], [2]), ((4, 3), None, 2, [], [])],
)
def test_a_heat_map_marks_all_that_belongs_to_the_sample(
    shape: tuple[int, ...], batch: int | None, sample: int, rows: list[int], columns: list[int]
) -> None:
    view = TensorView(shape, batch)
    area = QRectF(0, 0, 10.0 * view.columns, 10.0 * view.rows)
    lines = sample_marks(area, view, sample, (view.rows, view.columns))
    level = [line for line in lines if line.dx()]
    upright = [line for line in lines if line.dy()]
    assert sorted({line.y1() for line in level}) == [10.0 * row + 5 for row in rows]
    assert sorted({line.x1() for line in upright}) == [10.0 * column + 5 for column in columns]


def test_what_a_walk_by_entries_has_not_reached_is_no_number(qtbot: QtBot) -> None:
    """On labels it says how far it is; in a node's body only what is computed has cells or marks."""
    d = Driver(qtbot)
    session = d.session
    session.start_walk("entry")
    assert session.walk is not None
    h = Quantity("value", "h")
    first = next(step.number for step in session.walk.steps if step.told == (h,))
    session._set_walk(session.walk.at(first + 2))
    readings = d.canvas.shown.readings
    reading = readings.value("h")
    assert reading is not None
    assert (reading.text, reading.brief, reading.strip) == ("3 of 4", "3/4", None)
    place = body(d.canvas.scene.nodes["h"])
    partly = d.canvas.grab().toImage()
    session._set_walk(session.walk.at(first + 3))
    whole = d.canvas.grab().toImage()
    (grid,) = grids(d.canvas.scene.nodes["h"], d.canvas.shown.readings)
    assert place.contains(grid.area)

    def ink(image: QImage, entry: tuple[int, int]) -> int:
        """How many colours a cell has: of an empty one its ground and the dashes of its outline."""
        cell = grid.cell(entry)
        assert cell is not None
        area = d.canvas.camera.transform().mapRect(cell.adjusted(4, 4, -4, -4)).toRect()
        points = [(x, y) for x in range(area.left(), area.right()) for y in range(area.top(), area.bottom())]
        return len({image.pixel(*point) for point in points})

    assert ink(partly, (1, 1)) == 1 < ink(whole, (1, 1))
    assert ink(partly, (1, 0)) > 1
    session._set_walk(session.walk.at(first + 4))
    # Of tanh's values the first alone is there, and has a mark on the curve.
    rows = d.canvas.shown.readings.rows("a")
    assert rows is not None
    assert rows.size == 1
