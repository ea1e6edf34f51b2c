"""The canvas as a projection of the document: it follows every edit, every trace and the walk."""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPointF, QRectF
from pytestqt.qtbot import QtBot

from compute.analysis import Analysis
from compute.gallery import GALLERY, Entry, load_entry
from compute.graph import Wire
from compute.numbers_text import brief, fitting, short
from compute.trace import Trace
from editor.canvas.face import HEADER
from editor.canvas.hints import tip
from editor.canvas.ink import fonts
from editor.canvas.paint_nodes import problem_card
from editor.canvas.readings import Readings
from editor.canvas.scene import Scene
from tests.editor.canvas_driver import Driver
from tests.editor.canvas_session import CanvasSession, document


def projection(scene: Scene) -> object:
    """What a scene shows, as values."""
    nodes = {
        i: (v.node, v.face, v.rect.getRect(), v.problem, v.waits, v.off)  # type: ignore[no-untyped-call, unused-ignore]
        for i, v in scene.nodes.items()
    }
    notes = [(v.record, QRectF(v.rect)) for v in scene.notes.values()]
    points = [(v.record, QRectF(v.rect)) for v in scene.points.values()]
    frames = [(v.record, QRectF(v.rect)) for v in scene.frames.values()]
    return nodes, {key: (w.source, w.points, w.through) for key, w in scene.wires.items()}, frames, notes, points


def fresh(session: CanvasSession) -> object:
    scene = Scene()
    scene.rebuild(session.document, session.snapshot.analysis)
    return projection(scene)


def test_after_any_edits_the_canvas_is_what_a_rebuild_gives(qtbot: QtBot) -> None:
    d = Driver(qtbot)
    dice = random.Random(4)
    for _ in range(120):
        graph, edits = d.session.document.graph, d.session.edits
        names = list(graph.nodes)
        placed = [record.id for record in graph.records() if not isinstance(record, Wire)]
        match dice.randrange(10):
            case 0:
                d.canvas.add_op(dice.choice(["dense", "tanh", "add", "log", "mean"]))
            case 1 if names:
                d.session.apply(edits.remove({dice.choice(names)}))
            case 2 if placed:
                way = QPointF(dice.randrange(-90, 90), dice.randrange(-90, 90))
                d.session.apply(d.canvas.arranging.move({dice.choice(placed)}, way))
            case 3 if len(names) > 1:
                source, target = dice.sample(names, 2)
                ports = d.canvas.scene.nodes[target].face.ports
                if ports:
                    d.session.apply(edits.connect(Wire(source, target, dice.choice(ports))))
            case 4:
                d.session.undo_stack.undo()
            case 5:
                d.session.undo_stack.redo()
            case 6 if graph.wires:
                d.session.apply(d.canvas.arranging.reroute(dice.choice(list(graph.wires)))[0])
            case 7 if placed:
                some = set(dice.sample(placed, min(3, len(placed))))
                d.session.apply(d.canvas.arranging.frame(some, QPointF(dice.randrange(300), 0))[0])
            case 8 if names:
                off, collapsed = dice.choice(["", "mute", "bypass"]), dice.random() < 0.5
                d.session.apply(edits.change(dice.choice(names), "Switch", off=off, collapsed=collapsed))
            case 9 if placed:
                d.session.apply(dice.choice([d.canvas.arranging.tidy(), edits.remove({dice.choice(placed)})]))
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
    assert faces["a1"].kind == "function"
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
    assert long.strip() in tip(d.canvas.scene, d.canvas.shown, "t", None)
    card, inside = problem_card(d.canvas.scene.nodes["u"])
    assert card.width() <= 300
    assert inside.height() > 30


def labels(d: Driver) -> dict[tuple[str, str, str], str]:
    """(target, port, what) → text of every label that found a place."""
    d.canvas.grab()
    found = d.canvas.picture.labels
    scene = d.canvas.scene
    return {
        (*key, what): label.text
        for key in scene.wires
        for what in ("value", "gradient", "shape")
        for label in found.of(d.canvas.shown.readings, [scene.wires[key]], [])
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
    reading = d.canvas.shown.readings.value("z")
    assert reading is not None
    assert reading.text == Readings(trace, d.session.snapshot.analysis, 3).value("z").text  # type: ignore[union-attr]
    assert float(reading.text.replace("−", "-")) == pytest.approx(float(trace.values["z"][3, 0]), rel=0.01)
    row = d.canvas.shown.readings.value("h1")
    assert row is not None
    assert row.strip is not None
    np.testing.assert_array_equal(row.strip, trace.values["h1"][3])
    assert row.text == f"{brief(trace.values['h1'][3].mean(), 2)}±{brief(trace.values['h1'][3].std(), 1)}"
    assert d.canvas.shown.readings.gradient(logit, "z") is not None


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
    ("numbers", "text", "short", "shortest"),
    [
        ([-2.2, -0.8], "−1.5±0.7", "−1.5±0.7", "−2±1"),
        ([-0.4, 0.4], "0±0.4", "0±0.4", "0±0.4"),
        ([0.35, 0.35], "0.35±0", "0.35±0", "0.35±0"),
        ([0.0, 0.0], "0±0", "0±0", "0±0"),
        ([-2.31, 3.69], "0.69±3", "1±3", "1±3"),
        ([0.0021 - 0.03, 0.0021 + 0.03], "2.1e-3±0.03", "0±0.03", "0±0.03"),
        ([0.35 - 0.004, 0.35 + 0.004], "0.35±4e-3", "0.35±4e-3", "0.35±…"),
        ([-0.0009, -0.0013], "−1.1e-3±2e-4", "(−11±2)e-4", "−1.1e-3±…"),
        ([0.0013 - 0.0098, 0.0013 + 0.0098], "1.3e-3±1e-2", "0±0.01", "0±0.01"),
        ([0.0013 - 0.0091, 0.0013 + 0.0091], "1.3e-3±9e-3", "(1±9)e-3", "(1±9)e-3"),
        ([83.0, 163.0], "123±40", "120±40", "123±…"),
        ([-1e9, -3e9], "−2.0e9±1e9", "(−2±1)e9", "−2e9±1e9"),
        ([2.5], "2.5", "2.5", "2.5"),
        ([1.0, np.nan], "NaN in 1 of 2", "NaN", "NaN"),
    ],
)
def test_many_numbers_are_told_in_one_way_with_and_without_room(
    numbers: list[float], text: str, short: str, shortest: str
) -> None:
    trace = Trace(values={"c": np.array(numbers)})
    reading = Readings(trace, Analysis((), shapes={"c": (len(numbers),)})).value("c")
    assert reading is not None
    assert (reading.text, reading.brief, reading.least) == (text, short, shortest)


@pytest.mark.parametrize(
    ("name", "texts"),
    [
        ("matrix_vector", {"A": "6 2 3; 1 5 7", "b": "1, 7, 5", "Ab": "35, 71"}),
        ("matrix_matrix", {"A": "6 1; 2 5; 3 7", "B": "0 2; 1 3", "AB": "1 15; 5 19; 7 27"}),
        # What training changes is summed up.
        ("dot_product", {"a": "2±0.8", "b": "5±0.8", "L": "32"}),
    ],
)
def test_of_a_constant_the_entries_are_shown_where_they_fit(qtbot: QtBot, name: str, texts: dict[str, str]) -> None:
    d = Driver(qtbot, load_entry(name))
    readings = d.canvas.shown.readings
    assert {n: reading.text for n in d.session.document.graph.nodes if (reading := readings.value(n))} == texts
    long = document([{"id": "c", "op": "constant", "params": {"value": [[0.125, 0.25, 0.375], [1, 2, 3]]}}], [])
    assert Driver(qtbot, long).canvas.shown.readings.value("c").text == "1.1±1"  # type: ignore[union-attr]


@pytest.mark.parametrize("zoom", [1.0, 0.7, 0.55])
def test_a_label_of_a_tensor_never_looks_like_a_scalar(qtbot: QtBot, zoom: float) -> None:
    d = Driver(qtbot, load_entry("iris"))
    d.canvas.zoom_to(zoom)
    shown = labels(d)
    texts = [text for (target, port, what), text in shown.items() if what != "shape" and port != "target"]
    assert len(texts) >= 3
    assert all("±" in text or text[2:] == "…" for text in texts), texts
    assert zoom != 0.7 or shown["loss", "prediction", "gradient"] == "∂ 0±0.04"


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
    scene, readings = d.canvas.scene, d.canvas.shown.readings
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
    every = {label.what: label.text for label in d.canvas.picture.labels.all_of(d.canvas.shown.readings, [wire])}
    assert every == {"value": "→ 1.5, −2.5", "gradient": "∂ 0.052±0.04", "shape": "2"}
    plain = d.canvas.grab().toImage()
    d.session.select({("t", "x")})
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
        shown = d.canvas.picture.labels.all_of(d.canvas.shown.readings, wires)
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


def test_a_number_on_the_wire_is_better_than_none_beside_it(qtbot: QtBot) -> None:
    d = Driver(qtbot, load_entry("iris"))
    d.canvas.fit()
    labels, readings = d.canvas.picture.labels, d.canvas.shown.readings
    said = {each.slot: each.text for each in labels.of(readings, d.canvas.scene.wires.values(), ())}
    for what in ("value", "gradient"):
        assert said[("loss", "prediction"), what][-1].isdigit()


def test_an_empty_document_is_as_large_as_text(qtbot: QtBot) -> None:
    d = Driver(qtbot, load_entry("spiral"))
    d.canvas.resize(500, 300)
    d.canvas.fit()
    assert d.canvas.camera.zoom < 0.6
    d.session.document = document([], [])
    d.session.compute()
    d.session.document_replaced.emit()
    assert d.canvas.camera.zoom == 1.0
