"""The canvas as a projection of the document: it follows every edit, every trace and the walk."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, QRect, QRectF
from PySide6.QtGui import QColor, QImage, QPainter
from pytestqt.qtbot import QtBot

from compute.analysis import Analysis
from compute.explain import Quantity
from compute.gallery import GALLERY, Entry, load_entry
from compute.graph import Node, Wire
from compute.numbers_text import short
from compute.snapshot import Snapshot
from compute.trace import Trace
from editor import theme
from editor.canvas import Canvas
from editor.canvas.camera import Detail
from editor.canvas.face import HEADER
from editor.canvas.hints import tip
from editor.canvas.ink import fonts
from editor.canvas.labels import in_short
from editor.canvas.live import fitting
from editor.canvas.overlay import hints
from editor.canvas.paint_nodes import problem_card
from editor.canvas.readings import Known, Readings, brief
from editor.canvas.scene import Scene
from editor.session import Session
from tests.editor.canvas_driver import Driver, small
from tests.editor.canvas_session import CanvasSession, document
from tests.editor.panel_session import opened, shown


def projection(scene: Scene) -> object:
    """What a scene shows, as values."""
    nodes = {
        i: (v.node, v.face, v.rect.getRect(), v.problem, v.waits)  # type: ignore[no-untyped-call, unused-ignore]
        for i, v in scene.nodes.items()
    }
    return nodes, {key: (w.source, w.points) for key, w in scene.wires.items()}


def fresh(session: CanvasSession) -> object:
    scene = Scene()
    scene.rebuild(session.document, session.snapshot.analysis)
    return projection(scene)


def test_after_any_edits_the_canvas_is_what_a_rebuild_gives(qtbot: QtBot) -> None:
    d = Driver(qtbot)
    dice = random.Random(4)
    for _ in range(60):
        graph, edits = d.session.document.graph, d.session.edits
        names = list(graph.nodes)
        match dice.randrange(6):
            case 0:
                d.canvas.add_op(dice.choice(["dense", "tanh", "add", "log", "mean"]))
            case 1 if names:
                d.session.apply(edits.remove({dice.choice(names)}))
            case 2 if names:
                d.session.apply(edits.move({dice.choice(names): (dice.randrange(900), dice.randrange(500))}))
            case 3 if len(names) > 1:
                source, target = dice.sample(names, 2)
                ports = d.canvas.scene.nodes[target].face.ports
                if ports:
                    d.session.apply(edits.connect(Wire(source, target, dice.choice(ports))))
            case 4:
                d.session.undo_stack.undo()
            case 5:
                d.session.undo_stack.redo()
        assert projection(d.canvas.scene) == fresh(d.session)
    while d.session.undo_stack.canUndo():
        d.undo()
    assert d.state() == Driver(qtbot).state()
    assert projection(d.canvas.scene) == fresh(d.session)


def test_another_document_replaces_everything(qtbot: QtBot) -> None:
    d = Driver(qtbot)
    d.session.document = load_entry("spiral")
    d.session.compute()
    d.session.document_replaced.emit()
    assert set(d.canvas.scene.nodes) == set(d.session.document.graph.nodes)
    assert projection(d.canvas.scene) == fresh(d.session)


def test_faces_come_from_the_declarations(qtbot: QtBot) -> None:
    d = Driver(qtbot, load_entry("spiral"))
    faces = {i: v.face for i, v in d.canvas.scene.nodes.items()}
    assert (faces["x"].title, faces["x"].name, faces["x"].corner, faces["x"].lines) == (
        "Input",
        "x",
        "B×2",
        ("x1, x2",),
    )
    assert faces["h1"].lines == ("W 2×8  b 8", "24 weights")
    assert faces["h1"].corner == "2→8"
    assert faces["a1"].kind == "curve"
    assert faces["loss"].name == ""
    assert faces["loss"].ports == ("prediction", "target")
    assert faces["loss"].kind == "number"


def test_long_titles_are_cut_and_the_tip_has_them_whole(qtbot: QtBot) -> None:
    long = "a long story " * 25
    graph = document(
        [
            {"id": "t", "op": "tanh", "title": long, "position": [0, 0]},
            {"id": "s", "op": "sigmoid_cross_entropy", "title": long, "position": [600, 0]},
            {"id": "u", "op": "q" * 300, "position": [0, 300]},
        ],
        [],
    )
    d = Driver(qtbot, graph)
    faces = {i: v.face for i, v in d.canvas.scene.nodes.items()}
    assert all(face.width <= 300 for face in faces.values())
    assert faces["t"].name.startswith("a long story a long")
    assert faces["s"].name.startswith("a long")
    assert all(text.endswith("…") for text in (faces["t"].name, faces["s"].name, faces["u"].title))
    assert long.strip() in tip(d.canvas.scene, d.canvas.look, "t", None)
    card, inside = problem_card(d.canvas.scene.nodes["u"])
    assert card.width() <= 300
    assert inside.height() > 100


def labels(d: Driver) -> dict[tuple[str, str, str], str]:
    """(target, port, what) → text of every label that found a place."""
    d.canvas.grab()
    found = d.canvas.picture.labels
    scene = d.canvas.scene
    return {
        (*key, what): label.text
        for key in scene.wires
        for what in ("value", "gradient", "shape")
        for label in found.of(d.canvas.look.readings, [scene.wires[key]], [])
        if label.what == what
    }


def test_a_small_layer_shows_each_weight_and_a_large_one_their_distribution(qtbot: QtBot) -> None:
    views = Driver(qtbot, load_entry("two_layers")).canvas.scene.nodes
    assert views["h"].face.kind == "entries"
    assert views["h"].face.lines == ("W 2×4  b 4",)
    assert Driver(qtbot, load_entry("spiral")).canvas.scene.nodes["h2"].face.kind == "weights"


def test_every_wire_of_the_lecture_example_shows_value_and_gradient(qtbot: QtBot) -> None:
    d = Driver(qtbot, load_entry("z_2x_y"))
    shown = labels(d)
    values = {key: text for key, text in shown.items() if key[2] == "value"}
    gradients = {key: text for key, text in shown.items() if key[2] == "gradient"}
    assert set(values.values()) == {"→ 3", "→ 6", "→ −4", "→ 2", "→ 5"}
    assert sorted(gradients.values()) == ["∂ 10", "∂ 2", "∂ 5", "∂ 5", "∂ 5"]


def test_a_tensor_shows_the_selected_sample_and_follows_it(qtbot: QtBot) -> None:
    d = Driver(qtbot, load_entry("spiral"))
    trace = d.session.snapshot.trace
    logit = ("loss", "prediction")
    d.session.set_sample(3)
    reading = d.canvas.look.readings.value("z")
    assert reading is not None
    assert reading.text == Readings(trace, d.session.snapshot.analysis, 3).value("z").text  # type: ignore[union-attr]
    assert float(reading.text.replace("−", "-")) == pytest.approx(float(trace.values["z"][3, 0]), rel=0.01)
    row = d.canvas.look.readings.value("h1")
    assert row is not None
    assert row.strip is not None
    np.testing.assert_array_equal(row.strip, trace.values["h1"][3])
    assert row.text == f"{brief(trace.values['h1'][3].mean(), 2)} ±{brief(trace.values['h1'][3].std(), 1)}"
    assert d.canvas.look.readings.gradient(logit, "z") is not None


@pytest.mark.parametrize(
    ("number", "digits", "text"),
    [
        (0.0, 2, "0"),
        (float("inf"), 2, "∞"),
        (float("-inf"), 1, "−∞"),
        (float("nan"), 2, "NaN"),
        (0.4149, 2, "0.41"),
        (-1.52, 2, "−1.5"),
        (18.2, 1, "18"),
        (0.00912, 1, "9e-3"),
        (1.5e9, 2, "1.5e9"),
    ],
)
def test_short_numbers(number: float, digits: int, text: str) -> None:
    assert brief(number, digits) == text


@pytest.mark.parametrize(
    ("numbers", "forms"),
    [
        ([-2.2, -0.8], ("μ −1.5", "±0.7")),
        ([-0.4, 0.4], ("±0.4", "±0.4")),
        ([0.35, 0.35], ("μ 0.35", "μ 0.35")),
        ([0.0, 0.0], ("μ 0", "μ 0")),
        ([2.5], ("2.5",)),
        ([1.0, np.nan], ("NaN",)),
    ],
)
def test_the_short_form_of_many_numbers_is_not_that_of_one(numbers: list[float], forms: tuple[str, ...]) -> None:
    trace = Trace(values={"c": np.array(numbers)})
    reading = Readings(trace, Analysis(("c",), shapes={"c": (len(numbers),)})).value("c")
    assert reading is not None
    assert in_short(reading) == forms


@pytest.mark.parametrize("zoom", [1.0, 0.7, 0.55])
def test_a_label_of_a_tensor_never_looks_like_a_scalar(qtbot: QtBot, zoom: float) -> None:
    d = Driver(qtbot, load_entry("iris"))
    d.canvas.zoom_to(zoom)
    shown = labels(d)
    texts = [text for (target, port, what), text in shown.items() if what != "shape" and port != "target"]
    assert len(texts) >= 3
    assert all("μ" in text or "±" in text for text in texts), texts
    assert shown["loss", "prediction", "gradient"].endswith("±0.04")


def test_labels_hit_neither_nodes_nor_each_other(qtbot: QtBot) -> None:
    for name in ("spiral", "mazur_2_2_2", "xor", "three_layers", "shape_mismatch"):
        d = Driver(qtbot, load_entry(name))
        d.canvas.zoom_to(1.0)
        d.canvas.grab()
        rects = [(slot, spot.rect) for slot, spot in d.canvas.picture.labels.places.spots.items()]
        assert rects
        for i, (slot, rect) in enumerate(rects):
            assert not any(rect.intersects(view.rect) for view in d.canvas.scene.nodes.values()), (name, slot)
            assert not any(rect.intersects(other) for _, other in rects[:i]), (name, slot)


@pytest.mark.parametrize("entry", GALLERY, ids=lambda entry: entry.id)
def test_a_document_of_the_gallery_has_room_for_its_nodes_and_every_number(qtbot: QtBot, entry: Entry) -> None:
    d = Driver(qtbot, load_entry(entry.id), (1800, 1000))
    d.canvas.zoom_to(1.0)
    d.canvas.center_on(d.canvas.scene.bounds().center())
    d.canvas.grab()
    scene, readings = d.canvas.scene, d.canvas.look.readings
    views = list(scene.nodes.values())
    for i, view in enumerate(views):
        assert not any(view.rect.adjusted(-18, -18, 18, 18).intersects(other.rect) for other in views[:i]), view.id
    for wire in scene.wires.values():
        across = [v.id for v in views if v.id not in (wire.source, wire.key[0]) and v.rect.intersects(wire.bounds)]
        assert not any(scene.nodes[i].rect.contains(QPointF(*p)) for i in across for p in wire.points), wire.key
    spots = d.canvas.picture.labels.places.spots
    told = {scene.wires[key].source for key, what in spots if what == "value" and key[1]}
    assert told == {wire.source for wire in scene.wires.values()}
    expected = {key for key, wire in scene.wires.items() if readings.expects_gradient(key, wire.source)}
    assert expected <= {key for key, what in spots if what == "gradient"}


@pytest.mark.parametrize("name", ["iris", "two_layers", "matrix_vector", "matrix_matrix", "batch_matrix"])
def test_numbers_in_a_node_stand_apart(qtbot: QtBot, name: str) -> None:
    d = Driver(qtbot, load_entry(name))
    digit = fonts().digit
    for view in d.canvas.scene.nodes.values():
        if view.face.kind not in ("table", "entries"):
            continue
        weights = d.session.snapshot.analysis.weights_of(view.id).values()
        trace = d.session.snapshot.trace
        arrays = [trace.parameters[name] for name in weights] or [trace.values[view.id]]
        columns = arrays[0].shape[-1]
        room = view.face.body[2] / columns
        longest = max(len(short(x)) for array in arrays for x in array.ravel().tolist())
        assert longest * digit + 8 <= room, view.id


@pytest.mark.parametrize(
    ("number", "text"),
    [(-0.0369, "−0.0369"), (-1.234e-5, "−1.2e-5"), (-1.234e-12, "−1e-12"), (12345.0, "12345"), (np.inf, "∞")],
)
def test_a_number_in_a_node_takes_no_more_room_than_it_has(number: float, text: str) -> None:
    assert fitting(number, 7) == text


def test_what_gives_way_is_shown_in_full_when_the_wire_is_selected(qtbot: QtBot) -> None:
    close = document(
        [
            {"id": "c", "op": "constant", "params": {"value": [1.5, -2.5]}, "position": [0, 0]},
            {"id": "t", "op": "tanh", "position": [160, 0]},
            {"id": "m", "op": "mean", "position": [320, 0]},
        ],
        [("c", "t", "x"), ("t", "m", "x")],
        "m",
    )
    d = Driver(qtbot, close)
    d.canvas.zoom_to(1.0)
    assert ("t", "x", "value") not in labels(d)
    wire = d.canvas.scene.wires["t", "x"]
    every = {label.what: label.text for label in d.canvas.picture.labels.all_of(d.canvas.look.readings, [wire])}
    assert every == {"value": "→ −0.5 ±2", "gradient": "∂ 0.052 ±0.04", "shape": "2"}
    plain = d.canvas.grab().toImage()
    d.session.select((), ("t", "x"))
    assert d.canvas.grab().toImage() != plain


@pytest.mark.parametrize("name", ["mazur_2_2_2", "iris", "two_layers", "spiral"])
def test_the_labels_of_the_wires_at_work_hide_neither_headers_nor_each_other(qtbot: QtBot, name: str) -> None:
    d = Driver(qtbot, load_entry(name), (1400, 900))
    d.session.walk_to(0)
    assert d.session.walk is not None
    for index, step in enumerate(d.session.walk.steps):
        d.session.walk_to(index)
        d.canvas.grab()
        scene = d.canvas.scene
        wires = [scene.wires[key] for key in step.wires]
        shown = d.canvas.picture.labels.all_of(d.canvas.look.readings, wires)
        rects = [label.rect for label in shown if label.what != "shape"]
        for i, rect in enumerate(rects):
            assert not any(hides(rect, other) for other in rects[:i]), step.title
            for view in scene.nodes.values():
                title = QRectF(view.rect.left() + 12, view.rect.top(), view.rect.width() - 24, HEADER)
                assert not hides(rect, title), (step.title, view.id)


def hides(label: QRectF, other: QRectF) -> bool:
    """Whether a label lies on more than the edge of something."""
    return label.adjusted(2, 2, -2, -2).intersects(other)


def test_a_label_does_not_jump_when_its_number_changes(qtbot: QtBot) -> None:
    d = Driver(qtbot, load_entry("z_2x_y"))
    d.canvas.grab()
    slot = (("f", "a"), "value")
    before = d.canvas.picture.labels.places.spots[slot]  # type: ignore[index]
    trace = d.session.snapshot.trace
    for number in (7.0, 0.0, 3.0):
        d.session.snapshot = replace(
            d.session.snapshot, trace=replace(trace, values={**trace.values, "g": np.array(number)})
        )
        d.session.snapshot_changed.emit(d.session.snapshot)
        d.canvas.grab()
        assert d.canvas.picture.labels.places.spots[slot] == before  # type: ignore[index]


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
    reading = d.canvas.look.readings.value("l")
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
    reading = d.canvas.look.readings.value("h1")
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
    assert view.problem.startswith("Node q: this version does not know the op 'quantum'")
    assert set(d.canvas.scene.wires) == {("q", "in"), ("t", "x")}
    assert pixels(d, theme.current().error_ground) > 1000
    assert d.canvas.look.readings.value("c") is not None
    assert d.canvas.look.readings.value("t") is None


def test_a_broken_node_says_so_and_upstream_keeps_its_values(qtbot: QtBot) -> None:
    d = Driver(qtbot)
    d.session.apply(d.session.edits.remove(set(), {("h", "b")}))
    assert d.canvas.scene.nodes["h"].problem == "MatMul h: port b is not wired; drag an output to it."
    assert d.canvas.scene.nodes["a"].waits
    readings = d.canvas.look.readings
    assert readings.value("x") is not None
    assert readings.value("h") is None


def test_numbers_fade_while_they_are_older_than_the_graph(qtbot: QtBot) -> None:
    d = Driver(qtbot)
    seen = [d.canvas.look.stale]
    d.session.revision += 1
    d.session.document_edited.emit(d.session.edits.set_param("w", "value", 3.0))
    seen.append(d.canvas.look.stale)
    d.session.compute()
    seen.append(d.canvas.look.stale)
    assert seen == [False, True, False]


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
        assert d.canvas.look.at_work == steps[index].node
    assert known[0][1] == known[1][1] == 0
    assert known[0][0] < known[1][0] == 5
    assert known[-1] == (5, 5)
    d.session.walk_to(len(steps) - 1)
    assert set(d.canvas.look.passed.values()) == {"backward"}
    d.session.walk = None
    d.session.walk_changed.emit(None)
    assert d.canvas.look.at_work is None
    assert d.canvas.look.passed == {}


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
    text = tip(d.canvas.scene, d.canvas.look, None, d.canvas.wire_under(d.on_wire(("f", "a"))))
    assert "→ value 6" in text
    assert "∂ gradient 5" in text
    assert "shape a scalar" in text
    assert tip(d.canvas.scene, d.canvas.look, None, d.canvas.wire_under(QPointF(-900, -900))) == ""
    assert "<b>Add f = g + y</b>" in tip(d.canvas.scene, d.canvas.look, "f", None)


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
    d.session.select((), ("a", "x"))
    assert d.canvas.accessibleDescription() == "Wire from h to port x of a"


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
    assert dark.name() == theme.DARK.canvas
    assert light.name() == theme.LIGHT.canvas


def test_a_session_of_the_program_is_followed(qtbot: QtBot) -> None:
    session = Session()
    canvas = Canvas(session)
    qtbot.addWidget(canvas)
    canvas.resize(900, 600)
    canvas.show()
    try:
        session.open_document(load_entry("z_2x_y"))
        qtbot.waitUntil(lambda: canvas.look.readings.value("f") is not None, timeout=10_000)
        assert canvas.look.readings.value("f").text == "2"  # type: ignore[union-attr]
        seen = [canvas.look.stale]
        session.start_walk()
        assert canvas.look.at_work == session.document.graph.order()[0][0]
        session.stop_walk()
        node_id = canvas.add_op("square")
        assert node_id in canvas.scene.nodes
        seen.append(canvas.look.stale)
        assert seen == [False, True]
        qtbot.waitUntil(lambda: not canvas.look.stale, timeout=10_000)
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
        before = canvas.look.readings.trace
        for _ in range(3):
            step = session.snapshot.step
            session.step_batch()
            qtbot.waitUntil(lambda: session.snapshot.step == step + 1, timeout=10_000)  # noqa: B023
            canvas.grab()
        assert canvas.look.readings.trace is not before
        assert canvas.look.readings.trace is session.snapshot.trace
        assert canvas.look.at_work == (session.walk and session.walk.step.node)
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
