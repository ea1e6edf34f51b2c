"""The focus in the whole window: the way back by keys and side buttons, the stepper, the decision boundary."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from compute.focus import Focus, Subject
from compute.numbers_text import precise
from editor.main_window import MainWindow
from editor.panels.tensor_tab import ValuesTab
from editor.panels.why import WhyTab
from editor.plots.boundary import BoundaryPlot
from tests.editor.panel_session import WAIT, click, settle
from tests.editor.test_focus import part_lines, told

BACK, FORWARD = Qt.MouseButton.BackButton, Qt.MouseButton.ForwardButton
ALT = Qt.KeyboardModifier.AltModifier


@pytest.fixture
def places(window: MainWindow) -> list[Focus]:
    """Three places that were asked about, the last of them in focus."""
    graph = window.session.document.graph
    focuses = [Focus(Subject("node", node), "value", ()) for node in list(graph.nodes)[:2]]
    focuses.append(Focus(Subject("wire", *next(iter(graph.wires))), "gradient", ()))
    for focus in focuses:
        window.session.focus_on(focus)
    return focuses


def now(window: MainWindow) -> Focus | None:
    return window.session.focus


def shows(window: MainWindow, focus: Focus) -> None:
    """Header, Why, selection and canvas are about a focus."""
    session, inspector = window.session, window.inspector
    assert session.focus == focus
    graph, node = session.document.graph, focus.subject.node
    name = graph.nodes[node].label
    if focus.subject.kind == "wire":
        name = f"{graph.nodes[focus.subject.source(graph)].label} → {name}"
        assert session.selection.wire == focus.subject.wire
    else:
        assert session.selection.single == node
    assert inspector.header.name.text() == name
    entry = focus.entry_in(session.facts)
    assert entry is not None
    assert told(inspector) == precise(session.facts.at(focus.asks(graph), entry))
    lit = window.canvas.shown.lit
    assert lit is not None
    assert lit.entry == entry
    assert lit.subject.node == focus.subject.source(graph)


def side_button(window: MainWindow, button: Qt.MouseButton, over: QWidget) -> None:
    """Press a side button of the mouse over a widget, as the window system tells it to the window."""
    place = over.mapTo(over.window(), over.rect().center())
    handle = over.window().windowHandle()
    QTest.mousePress(handle, button, Qt.KeyboardModifier.NoModifier, place)
    QTest.qWait(100)
    QTest.mouseRelease(handle, button, Qt.KeyboardModifier.NoModifier, place)
    QApplication.processEvents()


def test_what_is_followed_three_times_is_lit_on_the_canvas_and_so_is_the_way_back(window: MainWindow) -> None:
    session, why = window.session, window.inspector.tab(WhyTab)
    loss = session.document.training.loss
    start = next(node for node in session.document.graph.nodes if node in session.snapshot.trace.grads and node != loss)
    session.focus_on(Focus(Subject("node", start), "gradient", ()))
    places = [now(window)]
    for _ in range(3):
        click(part_lines(window.inspector)[0])
        focus = now(window)
        assert focus is not None
        assert focus != places[-1]
        shows(window, focus)
        places.append(focus)
    for place in places[-2::-1]:
        click(why.back)
        assert place is not None
        shows(window, place)


def test_keys_go_back_and_forward(window: MainWindow, places: list[Focus]) -> None:
    for place in places[1::-1]:
        QTest.keyClick(window.canvas, Qt.Key.Key_Left, ALT)
        shows(window, place)
    QTest.keyClick(window.canvas, Qt.Key.Key_Left, ALT)
    assert now(window) == places[0]
    for place in places[1:]:
        QTest.keyClick(window.canvas, Qt.Key.Key_Right, ALT)
        shows(window, place)


def test_keys_go_back_from_a_table_too(window: MainWindow, places: list[Focus]) -> None:
    window.inspector.show_tab("Values")
    table = window.inspector.tab(ValuesTab).view
    table.setFocus()
    QTest.keyClick(table, Qt.Key.Key_Left, ALT)
    assert now(window) == places[1]


@pytest.mark.parametrize("where", ["canvas", "inspector", "loss", "transport", "torn off"])
def test_the_side_buttons_go_back_and_forward_anywhere(window: MainWindow, places: list[Focus], where: str) -> None:
    if where == "torn off":
        click(window.workbench.docks["inspector"].bar.float)
        QApplication.processEvents()
    over: QWidget = window.panels["inspector" if where == "torn off" else where]
    assert (over.window() is window) == (where != "torn off")
    side_button(window, BACK, over)
    shows(window, places[1])
    side_button(window, BACK, over)
    shows(window, places[0])
    side_button(window, FORWARD, over)
    shows(window, places[1])
    assert window.canvas.gesture is None


def test_actions_know_whether_there_is_a_way(window: MainWindow, places: list[Focus]) -> None:
    back, forward = (window.actions_.by_id[name] for name in ("focus_back", "focus_forward"))
    assert (back.isEnabled(), forward.isEnabled()) == (True, False)
    back.trigger()
    assert (back.isEnabled(), forward.isEnabled()) == (True, True)
    back.trigger()
    assert (back.isEnabled(), forward.isEnabled()) == (False, True)


def test_a_number_in_the_stepper_is_asked_about(window: MainWindow, qtbot: QtBot) -> None:
    session, stepper = window.session, window.stepper
    session.start_walk()
    assert session.walk is not None
    index = next(i for i, s in enumerate(session.walk.steps) if s.phase == "backward" and len(s.answers) > 1)
    session.walk_to(index)
    walk = session.walk
    qtbot.waitUntil(lambda: stepper.formula.complete and len(stepper.formula.places()) == 2, timeout=WAIT)
    assert walk.step.entries
    for line in (1, 0):
        place = stepper.formula.places()[line]
        click(stepper.formula, QPoint(8, round(place.center().y())))
        focus = Focus.on(walk.step.told[line], walk.step.entries[line])
        assert now(window) == focus
        if line:  # the first is what the step itself has in focus, and tells
            shows(window, focus)
    assert window.inspector.tab(WhyTab).title.text() == walk.step.title
    session.walk_by(1)
    assert now(window) == session.walk.focus
    session.stop_walk()


def test_a_point_of_the_boundary_asks_what_is_in_focus_of_its_sample(window: MainWindow, qtbot: QtBot) -> None:
    window.files.open_example("spiral")
    session, plot = window.session, window.panel(BoundaryPlot)
    settle(qtbot, session)
    qtbot.waitUntil(lambda: session.snapshot.boundary is not None and plot.plane.boundary is not None, timeout=WAIT)
    boundary, labels = session.snapshot.boundary, session.snapshot.row_labels
    assert boundary is not None

    def click_sample(sample: int) -> None:
        point = boundary.points[list(boundary.rows).index(labels[sample])]
        click(plot.plane, plot.plane.place(float(point[0]), float(point[1])).toPoint())

    near = [i for i in range(len(labels)) if labels[i] in boundary.rows]
    chosen = []
    for sample in near:
        point = boundary.points[list(boundary.rows).index(labels[sample])]
        found = plot.plane.nearest(plot.plane.place(float(point[0]), float(point[1])))
        if int(boundary.rows[found]) == labels[sample] and sample:
            chosen.append(sample)
    first, second = chosen[:2]
    click_sample(first)
    prediction = session.snapshot.analysis.judged_by(session.document.training.loss)
    assert prediction is not None
    shows(window, Focus(Subject("node", prediction[0]), "value", (first, 0)))
    assert session.sample == first
    session.focus_on(Focus(Subject("node", "h1"), "value", (first, 3)))
    click_sample(second)
    shows(window, Focus(Subject("node", "h1"), "value", (second, 3)))
    assert plot.plane.chosen == labels[second]
