"""How a window shares out its room: every example, and a walk, in a small window and a large one."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from compute.gallery import GALLERY, Entry
from editor.actions.backprop import toggle_walk
from editor.canvas.labels import CUT
from editor.main_window import MainWindow
from tests.editor.canvas_driver import CTRL
from tests.editor.panel_session import WAIT, settle


@pytest.fixture
def window(outlasting: MainWindow) -> MainWindow:
    """The same for all without being made as new, as each opens a document and gives it a size."""
    return outlasting


def gone_to(window: MainWindow, qtbot: QtBot, width: int, height: int, example: str) -> None:
    """The window at a size with an example and its numbers."""
    window.resize(width, height)
    window.files.open_example(example)
    settle(qtbot, window.session)
    QApplication.processEvents()


def said_nowhere(window: MainWindow) -> list[str]:
    """The labels that have no room for a number."""
    canvas = window.canvas
    canvas.grab()
    scene = canvas.scene
    labels = canvas.picture.labels.of(canvas.shown.readings, scene.wires.values(), scene.nodes.values())
    return [f"{label.slot}" for label in labels if label.text.endswith(f" {CUT}")]


@pytest.mark.parametrize("entry", GALLERY, ids=lambda entry: entry.id)
def test_every_example_opens_with_its_numbers_in_a_small_window(window: MainWindow, qtbot: QtBot, entry: Entry) -> None:
    gone_to(window, qtbot, 1280, 720, entry.id)
    canvas = window.canvas
    assert canvas.camera.zoom >= 0.5
    assert canvas.visible_area().contains(canvas.scene.bounds())
    assert said_nowhere(window) == []


def test_tidied_there_is_room_for_every_number(window: MainWindow, qtbot: QtBot) -> None:
    gone_to(window, qtbot, 1280, 720, "mazur_2_2_2")
    window.canvas.set_reduced_motion(True)
    window.activateWindow()
    window.canvas.setFocus()
    before = window.session.document.graph.nodes["loss"].position
    QTest.keyClick(window.canvas, Qt.Key.Key_L, CTRL)
    QTest.keyClick(window.canvas, Qt.Key.Key_F)
    qtbot.waitUntil(lambda: window.session.document.graph.nodes["loss"].position != before, timeout=WAIT)
    assert said_nowhere(window) == []
    window.canvas.set_reduced_motion(False)


@pytest.mark.parametrize(("width", "height"), [(1280, 720), (1600, 1000)])
@pytest.mark.parametrize("example", ["mazur_2_2_2", "spiral"])
def test_a_walk_keeps_the_numbers_readable_and_its_node_in_view(
    window: MainWindow, qtbot: QtBot, width: int, height: int, example: str
) -> None:
    gone_to(window, qtbot, width, height, example)
    session, canvas = window.session, window.canvas
    before = canvas.camera.zoom, canvas.size(), canvas.minimap.isVisible()
    toggle_walk(session)
    QApplication.processEvents()
    assert session.walk is not None
    assert canvas.height() > 290
    for index, step in enumerate(session.walk.steps):
        session.walk_to(index)
        assert canvas.camera.zoom >= min(before[0], 0.8)
        node = canvas.scene.nodes[step.node].rect
        assert canvas.visible_area().contains(node), step.title
        hidden = canvas.minimap.isVisible() and canvas.minimap.geometry().intersects(
            canvas.camera.transform().mapRect(node).toRect()
        )
        assert not hidden, step.title
    toggle_walk(session)
    QApplication.processEvents()
    assert (canvas.camera.zoom, canvas.size(), canvas.minimap.isVisible()) == before
