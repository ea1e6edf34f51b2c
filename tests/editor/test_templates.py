"""Networks of a few words, by mouse and keys: in both searches, in New, and on the start page."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from editor.canvas.search import SearchPopup
from editor.main_window import MainWindow
from editor.new_network import NewNetwork
from tests.editor.canvas_driver import Driver
from tests.editor.canvas_session import document
from tests.editor.panel_session import WAIT, settle

LEFT = Qt.MouseButton.LeftButton
COLUMNS = {"a": [0.0, 1.0, 2.0], "b": [1.0, 0.0, 1.0], "t": [0.0, 1.0, 0.0]}


def type_into(d: Driver, text: str) -> SearchPopup:
    d.key(Qt.Key.Key_Tab)
    popup = d.canvas.search
    assert popup is not None
    QTest.keyClicks(popup.field, text)
    return popup


def press(widget: object, at: QPoint) -> None:
    QTest.mousePress(widget, LEFT, Qt.KeyboardModifier.NoModifier, at)  # type: ignore[call-overload]
    QTest.qWait(100)
    QTest.mouseRelease(widget, LEFT, Qt.KeyboardModifier.NoModifier, at)  # type: ignore[call-overload]


def test_sizes_in_the_search_make_a_network_in_one_step(qtbot: QtBot) -> None:
    d = Driver(qtbot, document([], [], data={"source": "inline", "columns": COLUMNS}))
    before = d.state()
    popup = type_into(d, "2-8-4-1 relu")
    first = popup.found()[0]
    assert first.title == "2-8-4-1 relu"
    assert first.help == "dense 2→8 relu → dense 8→4 relu → dense 4→1 → sigmoid cross-entropy, with 65 weights."
    row = popup.rows.visualItemRect(popup.rows.item(0))
    press(popup.rows.viewport(), row.center())
    assert len(d.session.document.graph.nodes) == 8
    assert d.session.document.training.loss == "loss"
    assert d.session.snapshot.problem is None
    assert not d.session.snapshot.analysis.problems
    assert d.session.snapshot.trace.values["loss"].shape == ()
    views = list(d.canvas.scene.nodes.values())
    assert not any(a.rect.intersects(b.rect) for i, a in enumerate(views) for b in views[:i])
    assert d.session.undo_stack.count() == 1
    d.undo()
    assert d.state() == before


def test_it_comes_beside_what_is_there_and_the_loss_stays(qtbot: QtBot) -> None:
    d = Driver(qtbot)
    there = set(d.session.document.graph.nodes)
    popup = type_into(d, "logistic")
    QTest.keyClick(popup.field, Qt.Key.Key_Escape)
    assert set(d.session.document.graph.nodes) == there
    popup = type_into(d, "3-2 tanh")
    QTest.keyClick(popup.field, Qt.Key.Key_Return)
    new = d.session.document.graph.nodes.keys() - there
    assert len(new) == 4 + 1  # tanh is of the output, as there is no hidden layer
    assert d.session.selection.nodes == new
    assert d.session.document.training.loss == "m"
    assert "3 columns for x" in d.session.said[-1]
    rects = {i: view.rect for i, view in d.canvas.scene.nodes.items()}
    assert not any(rects[i].intersects(rects[j]) for i in new for j in there)


def test_what_is_wrong_is_said_and_cannot_be_chosen(qtbot: QtBot) -> None:
    d = Driver(qtbot, document([], []))
    popup = type_into(d, "2-8-1 rellu")
    assert popup.found()[0].help.startswith("“rellu” is not understood; did you mean ")
    QTest.keyClick(popup.field, Qt.Key.Key_Return)
    assert popup.isVisible()
    assert d.session.undo_stack.count() == 0
    for _ in "lu":
        QTest.keyClick(popup.field, Qt.Key.Key_Backspace)
    QTest.keyClick(popup.field, Qt.Key.Key_U)
    QTest.keyClick(popup.field, Qt.Key.Key_Escape)


def test_the_search_of_actions_offers_it(window: MainWindow, qtbot: QtBot) -> None:
    window.files.open_example("iris")
    settle(qtbot, window.session)
    window.tools.open_command_search()
    search = window.tools.search
    assert search is not None
    QTest.keyClicks(search.field, "4-16-3 tanh")
    assert search.list.item(0).text() == "Add 4-16-3 tanh"
    QTest.keyClick(search.field, Qt.Key.Key_Return)
    assert window.session.undo_stack.undoText() == "Add 4-16-3 tanh"
    settle(qtbot, window.session)
    added = [node for node in window.session.document.graph.nodes.values() if node.op == "softmax_cross_entropy"]
    assert len(added) == 2
    assert not window.session.snapshot.analysis.problems


@pytest.fixture
def dialog(window: MainWindow, qtbot: QtBot) -> NewNetwork:
    QTest.keyClick(window.canvas, Qt.Key.Key_N, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier)
    found = window.findChild(NewNetwork)
    assert found is not None
    qtbot.waitUntil(found.isVisible)
    return found


def test_new_from_a_template(window: MainWindow, dialog: NewNetwork, qtbot: QtBot) -> None:
    session = window.session
    dialog.data.setCurrentIndex(dialog.data.findData("builtin:iris"))
    dialog.words.selectAll()
    QTest.keyClicks(dialog.words, "4-8-3 relu")
    qtbot.waitUntil(lambda: dialog.told.text().endswith("67 weights."), timeout=WAIT)
    assert dialog.needs.text() == ""
    press(dialog.create_button, dialog.create_button.rect().center())
    qtbot.waitUntil(lambda: session.document.name == "4-8-3 relu", timeout=WAIT)
    settle(qtbot, session)
    graph = session.document.graph
    assert [node.op for node in graph.nodes.values()][-1] == "softmax_cross_entropy"
    assert session.document.data["name"] == "iris"
    assert not session.snapshot.analysis.problems
    assert session.snapshot.problem is None
    assert not graph.unplaced
    session.step_batch()
    qtbot.waitUntil(lambda: session.snapshot.step == 1, timeout=WAIT)


def test_its_buttons_bear_words_alone(dialog: NewNetwork) -> None:
    assert [each.icon().isNull() for each in dialog.findChildren(QPushButton)] == [True, True]


def test_new_says_what_is_wrong_and_what_is_needed(window: MainWindow, dialog: NewNetwork, qtbot: QtBot) -> None:
    before = window.session.document
    dialog.data.setCurrentIndex(dialog.data.findData("builtin:iris"))
    dialog.words.selectAll()
    QTest.keyClicks(dialog.words, "logistic regression 3")
    qtbot.waitUntil(lambda: "ense 4→3 → softmax cross-entropy" in dialog.told.text(), timeout=WAIT)
    assert dialog.needs.text() == ""
    dialog.words.selectAll()
    QTest.keyClicks(dialog.words, "4-8-2 rel")
    qtbot.waitUntil(lambda: "is not understood" in dialog.needs.text(), timeout=WAIT)
    assert not dialog.create_button.isEnabled()
    QTest.keyClick(dialog.words, Qt.Key.Key_U)
    assert dialog.needs.text() == 'The column "species" has 3 classes: end in 3.'
    assert dialog.create_button.isEnabled()
    QTest.keyClick(dialog.words, Qt.Key.Key_Escape)
    assert window.session.document is before


def test_the_start_page_offers_templates_and_typed_sizes(window: MainWindow, qtbot: QtBot) -> None:
    window.pages.show_start(True)
    start = window.pages.start
    pushes = {b.text(): b for b in start.networks.findChildren(QPushButton)}
    assert {"Layers…", "Logistic regression…", "Autoencoder…", "Two branches…"} <= pushes.keys()
    press(pushes["Autoencoder…"], pushes["Autoencoder…"].rect().center())
    dialog = window.findChild(NewNetwork)
    assert dialog is not None
    assert dialog.words.text() == "autoencoder 8-2-8 tanh"
    QTest.keyClick(dialog.words, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: not any(each.isVisible() for each in window.findChildren(NewNetwork)))
    QTest.keyClicks(start.search, "2-8-1 tanh")
    QTest.keyClick(start.search, Qt.Key.Key_Return)
    texts = [each.words.text() for each in window.findChildren(NewNetwork) if each.isVisible()]
    assert texts == ["2-8-1 tanh"]
    for each in window.findChildren(NewNetwork):
        each.reject()
