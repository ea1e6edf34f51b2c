"""Another tool's network is opened by the menu, by Open or by dropping it, and what became of it is told."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PySide6.QtCore import QMimeData, Qt, QUrl
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot
from safetensors.numpy import save_file

from compute.document import Document
from compute.export import export
from compute.gallery import load_entry
from compute.graph import Graph, Node, Wire
from compute.workspace import open_document
from editor.import_report import ImportReport
from editor.main_window import MainWindow
from tests.compute.importing.test_foreign import FOREIGN
from tests.editor.panel_session import WAIT


def foreign(name: str) -> Path:
    return next(path for path in FOREIGN if path.stem == name)


def reported(qtbot: QtBot, window: MainWindow) -> ImportReport:
    """The report, once it is there."""
    qtbot.waitUntil(lambda: bool(window.findChildren(ImportReport)), timeout=WAIT)
    (report,) = window.findChildren(ImportReport)
    return report


def test_the_menu_asks_for_a_file_and_what_is_missing_is_told(window: MainWindow, qtbot: QtBot) -> None:
    QTest.keyClick(window.canvas, Qt.Key.Key_I, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    qtbot.waitUntil(lambda: bool(window.findChildren(QFileDialog)), timeout=WAIT)
    (dialog,) = window.findChildren(QFileDialog)
    assert "*.onnx" in dialog.nameFilters()[0]
    dialog.fileSelected.emit(str(foreign("hand_unknown")))
    dialog.reject()
    report = reported(qtbot, window)
    assert report.lines[:3] == [
        "The node tan stands for Tan: there is no such operation here.",
        "The node reducemax stands for ReduceMax: there is no such operation here.",
        "The node y stands for Floor: there is no such operation here.",
    ]
    graph = window.session.document.graph
    assert graph.nodes["tan"].op == "onnx.Tan"
    assert not graph.unplaced
    assert len({node.position for node in graph.nodes.values()}) == len(graph.nodes)
    assert window.session.is_modified
    QTest.keyClick(report.ok, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: not window.findChildren(ImportReport), timeout=WAIT)


def test_a_network_that_is_dropped_shows_its_numbers(window: MainWindow, qtbot: QtBot) -> None:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(foreign("torch_dynamo_branches")))])
    assert window.files.take_dropped(mime)
    report = reported(qtbot, window)
    assert window.files.notices.text.startswith("torch_dynamo_branches: 8 nodes; largest difference on 16 rows: ")
    qtbot.waitUntil(lambda: window.session.snapshot.trace is not None, timeout=WAIT)
    QTest.mousePress(report.ok, Qt.MouseButton.LeftButton)
    qtbot.wait(100)
    QTest.mouseRelease(report.ok, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not window.findChildren(ImportReport), timeout=WAIT)
    assert {"left", "right", "head"} <= window.session.snapshot.analysis.shapes.keys()


def test_what_is_no_network_is_refused_above_the_canvas(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    path, before = tmp_path / "words.onnx", window.session.document.name
    path.write_bytes(b"These are words.")
    window.files.open_path(path)
    qtbot.waitUntil(lambda: "this is no ONNX model" in window.notices.banner.sentence, timeout=WAIT)
    assert window.session.document.name == before


def test_weights_that_could_lie_either_way_are_asked_about(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    path, square = tmp_path / "square.safetensors", np.array([[1.0, 2.0], [3.0, 4.0]], np.float32)
    save_file({"a.weight": square}, path)
    window.files.open_path(path)
    banner = window.notices.banner
    qtbot.waitUntil(lambda: "How the weights in square.safetensors lie cannot be told" in banner.sentence, timeout=WAIT)
    assert [each.text() for each in banner.answers[:2]] == ["y = x·W", "y = x·Wᵀ"]
    (node,) = (node.id for node in window.session.document.graph.nodes.values() if node.op == "dense")
    np.testing.assert_array_equal(window.session.document.weights[f"{node}.weight"], square.T)
    QTest.mousePress(banner.offer, Qt.MouseButton.LeftButton)
    qtbot.wait(100)
    QTest.mouseRelease(banner.offer, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: banner.choice is None and not window.files.busy, timeout=WAIT)
    np.testing.assert_array_equal(window.session.document.weights[f"{node}.weight"], square)


def test_weights_go_into_the_graph_that_is_open_as_one_step(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    document, session = load_entry("xor"), window.session
    own = open_document(document).program.weights
    export(document, tmp_path / "net.keras", {name: value + 0.5 for name, value in own.items()})
    window.files.open_example("xor")
    qtbot.waitUntil(lambda: session.snapshot.trace is not None, timeout=WAIT)
    window.actions_.by_id["import_weights"].trigger()
    qtbot.waitUntil(lambda: bool(window.findChildren(QFileDialog)), timeout=WAIT)
    (dialog,) = window.findChildren(QFileDialog)
    assert "*.keras" in dialog.nameFilters()[0]
    dialog.fileSelected.emit(str(tmp_path / "net.keras"))
    dialog.reject()
    qtbot.waitUntil(lambda: session.undoing.can_undo, timeout=WAIT)
    assert session.undoing.undo_text == "import of weights from net.keras"
    assert window.notices.text == "net.keras: 9 weights of 2 layers taken. Its layers were matched by name."
    for name, value in session.weights().items():
        np.testing.assert_allclose(value, own[name] + 0.5, atol=1e-6)
    window.activateWindow()  # which the dialog was
    qtbot.waitUntil(window.isActiveWindow, timeout=WAIT)
    QTest.keyClick(window.canvas, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert session.undoing.undo_text == ""
    for name, value in session.weights().items():
        np.testing.assert_allclose(value, own[name], atol=1e-6)


def test_weights_that_do_not_fit_leave_the_graph_as_it_is(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    export(load_entry("spiral"), tmp_path / "net.safetensors")
    window.files.open_example("xor")
    window.files.take_weights(tmp_path / "net.safetensors")
    banner = window.notices.banner
    qtbot.waitUntil(lambda: "it has 3 layers with weights" in banner.sentence, timeout=WAIT)
    assert not window.session.undoing.can_undo
    # What fits ends the complaint; how it lies is asked where that cannot be told.
    path = tmp_path / "square.safetensors"
    save_file({"a.weight": np.tri(2, dtype=np.float32), "a.bias": np.ones(2, np.float32)}, path)
    graph = Graph(
        [Node("x", "input", {"columns": ["a", "b"]}), Node("h", "dense", {"units": 2})], [Wire("x", "h", "x")]
    )
    window.files.show(Document("two", graph, {"source": "inline", "columns": {"a": [1.0], "b": [2.0]}}), saved=False)
    qtbot.waitUntil(lambda: "h" in window.session.snapshot.analysis.shapes and not window.files.busy, timeout=WAIT)
    window.files.take_weights(path)
    qtbot.waitUntil(lambda: banner.choice is not None or bool(banner.error), timeout=WAIT)
    assert banner.choice is not None, banner.error
    assert "lie cannot be told; which way is it?" in banner.choice.sentence
    assert window.notices.text == "No weights were taken yet."
    banner.show_error("It did not fit.")
    window.files.take_weights(path, "in-out")
    qtbot.waitUntil(lambda: window.session.undoing.can_undo, timeout=WAIT)
    assert window.notices.text.startswith("square.safetensors: 6 weights of 1 layer taken.")
    assert banner.error == ""


def test_square_weights_are_asked_about_before_they_are_taken(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    square = np.array([[1.0, 2.0], [3.0, 4.0]], np.float32)
    save_file({"W1.weight": square}, tmp_path / "net.safetensors")
    window.files.open_example("mazur_2_2_2")
    qtbot.waitUntil(lambda: window.session.snapshot.trace is not None, timeout=WAIT)
    window.files.take_weights(tmp_path / "net.safetensors")
    banner = window.notices.banner
    qtbot.waitUntil(lambda: "How the weights in net.safetensors lie cannot be told" in banner.sentence, timeout=WAIT)
    assert not window.session.undoing.can_undo
    QTest.mousePress(banner.offer, Qt.MouseButton.LeftButton)
    qtbot.wait(100)
    QTest.mouseRelease(banner.offer, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.session.undoing.can_undo, timeout=WAIT)
    np.testing.assert_array_equal(window.session.weights()["W1.weight"], square)
