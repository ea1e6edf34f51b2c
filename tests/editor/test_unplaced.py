"""Documents that give no places, or not all, open laid out; what has a place keeps it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QRectF
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from compute.document import from_json, load, save, to_json
from editor.canvas.scene import Scene
from editor.canvas.unplaced import placing
from editor.main_window import MainWindow
from editor.pieces import at_once
from editor.render import render
from tests.editor.canvas_driver import Driver, small
from tests.editor.panel_session import WAIT, settle


def raw(**places: list[float]) -> dict[str, Any]:
    """x → h → a → z → loss ← y as JSON, with a place for those that are named."""
    nodes: list[dict[str, Any]] = [
        {"id": "x", "op": "input", "params": {"columns": ["a", "b"]}},
        {"id": "h", "op": "dense", "params": {"units": 8}},
        {"id": "a", "op": "tanh"},
        {"id": "z", "op": "dense", "params": {"units": 1}},
        {"id": "y", "op": "target", "params": {"columns": ["t"]}},
        {"id": "loss", "op": "sigmoid_cross_entropy"},
    ]
    for node in nodes:
        if node["id"] in places:
            node["position"] = places[node["id"]]
    wires = [("x", "h", "x"), ("h", "a", "x"), ("a", "z", "x"), ("z", "loss", "prediction"), ("y", "loss", "target")]
    return {
        "format": "gradwire",
        "version": 1,
        "graph": {"nodes": nodes, "wires": [{"from": a, "to": b, "port": p} for a, b, p in wires]},
        "data": {"source": "inline", "columns": {"a": [0.0, 1.0], "b": [1.0, 0.0], "t": [0, 1]}},
        "training": {"loss": "loss"},
    }


def rects(document: Any) -> dict[str, QRectF]:
    from compute.workspace import open_document

    scene = Scene()
    scene.rebuild(document, open_document(document, strict=False).analysis)
    return {i: view.rect for i, view in scene.nodes.items()}


def overlap(found: dict[str, QRectF]) -> bool:
    areas = list(found.values())
    return any(a.intersects(b) for i, a in enumerate(areas) for b in areas[:i])


def test_a_file_without_places_opens_laid_out_and_unchanged(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    path = tmp_path / "bare.json"
    path.write_text(json.dumps(raw()))
    window.files.open_path(path)
    qtbot.waitUntil(lambda: window.session.document.path == path.resolve(), timeout=WAIT)
    settle(qtbot, window.session)
    nodes = window.canvas.scene.nodes
    assert not overlap({i: view.rect for i, view in nodes.items()})
    for wire in window.session.document.graph.wires.values():
        assert nodes[wire.source].rect.right() < nodes[wire.target].rect.left()
    assert window.notices.text == "Opened bare.json"
    assert not window.session.is_modified
    assert not window.session.undo_stack.canUndo()
    assert window.canvas.visible_area().contains(window.canvas.scene.extent)


def test_it_is_the_same_each_time_and_other_places_are_kept(qapp: QGuiApplication) -> None:
    first, second = from_json(raw()), from_json(raw())
    at_once(placing(first))
    at_once(placing(second))
    assert to_json(first) == to_json(second)
    assert all("position" in node for node in to_json(first)["graph"]["nodes"])
    placed = from_json(to_json(first))
    at_once(placing(placed))
    assert to_json(placed) == to_json(first)


def test_what_was_never_laid_out_is_saved_without_places(tmp_path: Path) -> None:
    save(from_json(raw(x=[0, 0])), tmp_path / "bare.json")
    nodes = {n["id"]: n for n in json.loads((tmp_path / "bare.json").read_text())["graph"]["nodes"]}
    assert nodes["x"]["position"] == [0, 0]
    assert "position" not in nodes["h"]
    assert load(tmp_path / "bare.json").graph.unplaced == {"h", "a", "z", "y", "loss"}


def test_single_nodes_without_a_place_stand_beside_their_neighbours(qapp: QGuiApplication) -> None:
    places = {"x": [0.0, 0.0], "h": [300.0, 0.0], "z": [900.0, 40.0], "loss": [1200.0, 40.0]}
    document = from_json(raw(**places))
    at_once(placing(document))
    found = rects(document)
    for node_id, at in places.items():
        assert [found[node_id].x(), found[node_id].y()] == at
    assert found["h"].right() < found["a"].left()
    assert found["a"].top() == 0.0
    assert found["y"].right() < found["loss"].left()
    assert not overlap(found)


@pytest.mark.parametrize("given", [{"n7": (4000.0, 300.0)}, {"n7": (4000.0, 300.0), "n40": (4180.0, 350.0)}])
def test_where_few_have_a_place_the_whole_is_laid_out_around_them(
    given: dict[str, tuple[float, float]], qapp: QGuiApplication
) -> None:
    nodes: list[dict[str, Any]] = [{"id": "n0", "op": "input"}, *({"id": f"n{i}", "op": "tanh"} for i in range(1, 60))]
    for node in nodes:
        if node["id"] in given:
            node["position"] = given[node["id"]]
    wires = [{"from": f"n{i - 1}", "to": f"n{i}", "port": "x"} for i in range(1, 60)]
    document = from_json({"format": "gradwire", "version": 1, "graph": {"nodes": nodes, "wires": wires}})
    at_once(placing(document))
    found = rects(document)
    assert all((found[i].x(), found[i].y()) == at for i, at in given.items())
    assert not overlap(found)
    around = QRectF()
    for rect in found.values():
        around = around.united(rect)
    # Folded into lines of the shape of a view, not one strip.
    assert around.width() < 3 * around.height()


def test_neither_foreign_frames_nor_notes_take_them_in(qapp: QGuiApplication) -> None:
    given = raw(x=[0.0, 0.0], z=[900.0, 0.0])
    given["graph"]["frames"] = [
        {"id": "own", "rect": [-40, -80, 300, 260]},
        {"id": "other", "rect": [300, -100, 500, 300]},
    ]
    given["graph"]["notes"] = [{"id": "n", "rect": [1000, 180, 300, 80], "text": "here"}]
    given["graph"]["nodes"][0]["parent"] = given["graph"]["nodes"][1]["parent"] = "own"
    document = from_json(given)
    at_once(placing(document))
    found, frames = rects(document), document.graph.frames
    other = QRectF(*frames["other"].position, *frames["other"].size)
    own = QRectF(*frames["own"].position, *frames["own"].size)
    assert (other.x(), other.width()) == (300, 500)
    assert not any(rect.intersects(other) for rect in found.values())
    assert own.contains(found["x"])
    assert own.contains(found["h"])
    assert not any(rect.intersects(own) for i, rect in found.items() if i not in ("x", "h"))
    assert not any(rect.intersects(QRectF(1000, 180, 300, 80)) for rect in found.values())


def test_frames_and_notes_without_an_area_get_one(qapp: QGuiApplication) -> None:
    given = raw()
    given["graph"]["frames"] = [{"id": "f", "title": "hidden"}]
    given["graph"]["notes"] = [{"id": "n", "text": "here"}]
    for node in given["graph"]["nodes"][1:3]:
        node["parent"] = "f"
    document = from_json(given)
    at_once(placing(document))
    found, frame, note = rects(document), document.graph.frames["f"], document.graph.notes["n"]
    area = QRectF(*frame.position, *frame.size)
    assert {i for i, rect in found.items() if rect.intersects(area)} == {"h", "a"}
    assert all(area.contains(found[i]) for i in ("h", "a"))
    assert not any(QRectF(*note.position, *note.size).intersects(rect) for rect in found.values())


@pytest.mark.parametrize("ending", ["png", "svg"])
def test_the_picture_of_a_file_without_places_is_laid_out(qapp: QGuiApplication, tmp_path: Path, ending: str) -> None:
    document = from_json(raw())
    render(document, tmp_path / f"p.{ending}", values=False)
    assert not overlap(rects(document))


def test_what_is_pasted_without_places_is_laid_out(qtbot: QtBot) -> None:
    d = Driver(qtbot, small())
    part = {key: value for key, value in raw().items() if key in ("format", "version", "graph")}
    QGuiApplication.clipboard().setText(json.dumps(part))
    d.canvas.paste()
    assert len(d.session.selection.nodes) == 6
    assert not overlap({i: view.rect for i, view in d.canvas.scene.nodes.items()})
