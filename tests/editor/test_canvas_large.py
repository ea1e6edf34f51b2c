"""A graph so large that the canvas finds its faces in several turns: what happens between them is shown right."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from PySide6.QtCore import QPointF
from pytestqt.qtbot import QtBot

from compute.analysis import Analysis
from compute.document import Document, load, save
from compute.graph import Node
from editor.canvas.canvas import Canvas
from editor.canvas.scene import Scene
from editor.main_window import MainWindow
from editor.pieces import at_once
from editor.session import Session
from tests.benchmarks.gaps import many
from tests.editor.panel_session import WAIT, settle

NODES = 300


def all_of(scene: Scene) -> object:
    """Everything that is seen of a scene."""
    nodes = {i: (v.node, v.face, v.rect.getRect(), v.problem, v.waits, v.off) for i, v in scene.nodes.items()}
    wires = {key: (w.source, w.start.toTuple(), w.end.toTuple(), w.box) for key, w in scene.wires.items()}
    at_node = {node_id: keys for node_id, keys in scene.at_node.items() if keys}
    return nodes, wires, at_node


def prepared(canvas: Canvas) -> tuple[Document, Scene]:
    """What was prepared to be opened."""
    assert canvas._prepared is not None
    return canvas._prepared


def is_right(canvas: Canvas) -> bool:
    """Whether the canvas shows the document as it would if it were built anew from the start."""
    fresh = Scene()
    fresh.rebuild(canvas.session.document, canvas.scene.analysis)
    return all_of(canvas.scene) == all_of(fresh)


@pytest.fixture
def part(window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> MainWindow:
    """A window that has the shapes of a large document, and whose canvas has found some of the faces."""
    monkeypatch.setattr("editor.pieces.SECONDS", 0.0)
    session, canvas, came = window.session, window.canvas, list[object]()
    session.open_document(many(NODES))
    canvas._measuring._timer.blockSignals(True)
    session.snapshot_changed.connect(came.append)  # behind the canvas
    qtbot.waitUntil(lambda: bool(came), timeout=WAIT)
    session.snapshot_changed.disconnect(came.append)
    assert canvas._measuring.subject is session.snapshot.analysis
    assert canvas.scene.analysis == Analysis()
    assert canvas.shown.stale
    return window


def caught_up(window: MainWindow, qtbot: QtBot) -> None:
    """Let the turns come, and wait for the last."""
    canvas, session = window.canvas, window.session
    canvas._measuring._timer.blockSignals(False)
    settle(qtbot, session)
    qtbot.waitUntil(lambda: canvas.scene.analysis is session.snapshot.analysis, timeout=WAIT)


def delete(w: MainWindow) -> None:
    w.session.apply(w.session.edits.remove({"n100", "n101"}))


def add(w: MainWindow) -> None:
    w.session.apply(w.session.edits.add_node(Node("new", "tanh", {}, (5.0, 5.0))))


def move(w: MainWindow) -> None:
    w.session.apply(w.canvas.arranging.move({"n7", "n150"}, QPointF(33, 44)))


def collapse(w: MainWindow) -> None:
    w.session.select({"n3"})
    w.canvas.collapse()


@pytest.mark.parametrize("edit", [delete, add, move, collapse])
def test_an_edit_before_all_faces_are_found_and_taken_back(
    part: MainWindow, qtbot: QtBot, edit: Callable[[MainWindow], None]
) -> None:
    edit(part)
    assert part.canvas.scene.analysis is part.session.snapshot.analysis != Analysis()
    assert is_right(part.canvas)
    part.session.undo_stack.undo()
    assert is_right(part.canvas)
    caught_up(part, qtbot)
    assert is_right(part.canvas)


def test_the_faces_that_are_left_are_found_between_events(part: MainWindow, qtbot: QtBot) -> None:
    caught_up(part, qtbot)
    canvas = part.canvas
    assert canvas.shown.readings.trace is part.session.snapshot.trace
    assert not canvas.shown.stale
    assert is_right(canvas)
    assert canvas.scene.nodes["n5"].face.kind == "table"
    assert canvas.scene.nodes["n0"].face.corner == "2×2"


@pytest.mark.parametrize("act", [lambda w: w.session.select({"n3"}), lambda w: w.session.start_walk()])
def test_numbers_are_shown_with_the_faces_that_belong_to_them(
    part: MainWindow, qtbot: QtBot, act: Callable[[MainWindow], None]
) -> None:
    act(part)
    assert part.canvas.scene.analysis is part.canvas.shown.readings.analysis
    assert is_right(part.canvas)
    caught_up(part, qtbot)
    qtbot.waitUntil(lambda: part.session.walk is not None or bool(part.session.selection.nodes), timeout=WAIT)
    part.session.stop_walk()


def test_another_document_forgets_the_faces_of_the_one_before(part: MainWindow, qtbot: QtBot) -> None:
    part.session.open_document(many(60))
    assert part.canvas._measuring.subject is None
    assert len(part.canvas.scene.nodes) == 60
    assert is_right(part.canvas)
    caught_up(part, qtbot)


def test_a_prepared_scene_is_taken_by_its_own_document_alone(window: MainWindow, qtbot: QtBot) -> None:
    session, canvas, first, second = window.session, window.canvas, many(80), many(90)
    at_once(canvas.preparing(first))
    assert len(canvas.scene.nodes) < 80  # what is open stays
    session.open_document(second)
    assert len(canvas.scene.nodes) == 90
    at_once(canvas.preparing(first))
    nodes = prepared(canvas)[1].nodes
    session.open_document(first)
    assert canvas.scene.nodes is nodes
    assert is_right(canvas)
    caught_up(window, qtbot)
    assert is_right(window.canvas)


def test_a_file_is_shown_whole_and_edited_as_soon_as_it_is_open(
    window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    path, document, session, canvas = tmp_path / "many.gradwire", many(NODES), window.session, window.canvas
    save(document, path)
    right: list[bool] = []

    def edit() -> None:
        right.append(len(canvas.scene.nodes) == NODES and is_right(canvas))
        session.apply(session.edits.remove({"n100"}))
        right.append(is_right(canvas))

    session.document_replaced.connect(edit)
    window.files.open_path(path)
    qtbot.waitUntil(lambda: bool(right) and not window.files.busy, timeout=WAIT)
    session.document_replaced.disconnect(edit)
    settle(qtbot, session)
    qtbot.waitUntil(lambda: canvas.scene.analysis is session.snapshot.analysis, timeout=WAIT)
    assert right == [True, True]
    assert is_right(canvas)
    session.undo_stack.undo()
    settle(qtbot, session)
    qtbot.waitUntil(lambda: canvas.scene.analysis is session.snapshot.analysis, timeout=WAIT)
    assert is_right(canvas)


def test_opening_another_file_calls_off_the_one_before(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    first, second = tmp_path / "first.gradwire", tmp_path / "second.gradwire"
    for path, count in ((first, NODES), (second, 60)):
        save(many(count), path)
    shown: list[Path | None] = []
    window.session.document_replaced.connect(lambda: shown.append(window.session.document.path))
    for path in (first, second):
        window.files.read(f"Opening {path.name}", partial(load, path), window.files.show)
    qtbot.waitUntil(lambda: bool(shown) and not window.files.busy, timeout=WAIT)
    assert shown == [second.resolve()]
    settle(qtbot, window.session)


def begun(session: Session) -> bool:
    """Whether there is a walk."""
    return session.walk is not None


def begins(session: Session) -> bool:
    """Whether the steps of one are being found."""
    return session._outlining.subject is not None


def test_a_walk_through_a_large_graph_begins_between_events_with_the_numbers_of_then(
    window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = window.session
    session.open_document(many(NODES))
    caught_up(window, qtbot)
    monkeypatch.setattr("editor.pieces.SECONDS", 0.0)
    session.start_walk()
    assert not begun(session)
    session.set_weight("n0.value", (0, 0), 0.75)  # numbers come that are others than those it began with
    qtbot.waitUntil(lambda: session.walk is not None, timeout=WAIT)
    settle(qtbot, session)
    walk = session.walk
    assert walk is not None
    assert walk.index == 0
    assert len(walk.steps) == 2 * NODES + 1  # forward; back, of which the loss has two and n0 none; one update
    assert "mean 0.33 " in walk.step.result  # 0.26 before
    session.stop_walk()
    session.mark_saved()


@pytest.mark.parametrize(
    "act",
    [
        lambda w: w.session.stop_walk(),
        lambda w: w.session.open_document(many(60)),
        lambda w: w.session.apply(w.session.edits.remove({"n100"})),
    ],
)
def test_a_walk_that_has_not_begun_is_called_off(
    window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, act: Callable[[MainWindow], None]
) -> None:
    session = window.session
    session.open_document(many(NODES))
    caught_up(window, qtbot)
    monkeypatch.setattr("editor.pieces.SECONDS", 0.0)
    session.start_walk()
    assert begins(session)
    act(window)
    assert not begins(session)
    caught_up(window, qtbot)
    assert not begun(session)
