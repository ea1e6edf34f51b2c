"""Neurons as circles and lines: pointed at, clicked, typed into, walked through by keys, told to screen readers."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QAccessible, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit
from pytestqt.qtbot import QtBot

from compute.document import Document
from compute.focus import Focus, Subject
from compute.graph import Node, Wire
from compute.neurons import Element
from compute.numbers_text import precise
from editor import accessible
from editor.main_window import MainWindow
from editor.neurons.card import card
from editor.neurons.layout import MOST_CIRCLES, Place
from editor.neurons.lines import MOST_LINES
from editor.panels.inspector import Inspector
from editor.panels.neurons_tab import NeuronsTab
from editor.panels.why import WhyTab
from editor.session import Session
from editor.theme import dress
from tests.compute.test_job import small
from tests.editor.panel_session import LEFT, PAUSE, WAIT, click, endless, opened, settle, shown

CTRL = Qt.KeyboardModifier.ControlModifier
LINE, BIAS, UNIT = Element("weight", 1, 2, 1), Element("bias", 1, 2), Element("unit", 1, 2)


@pytest.fixture(scope="module")
def kept(request: pytest.FixtureRequest, qapp: QApplication) -> Iterator[Inspector]:
    """An inspector for all tests."""
    bot = QtBot(request)
    with opened(bot, small()) as session:
        inspector = Inspector(session)
        dress(inspector)
        inspector.resize(760, 620)
        inspector.show()
        yield inspector
        inspector.close()
        inspector.deleteLater()


@pytest.fixture
def inspector(kept: Inspector, qtbot: QtBot) -> Inspector:
    """The same on another small document, nothing of which is in focus yet."""
    session = kept.session
    session.pause()
    session.asking.set_on(False)
    session.open_document(small())
    settle(qtbot, session)
    return kept


@pytest.fixture
def session(inspector: Inspector) -> Session:
    return inspector.session


@pytest.fixture
def tab(inspector: Inspector, session: Session, qtbot: QtBot) -> NeuronsTab:
    """The layers x 2 → h 4 tanh → z 1."""
    tab = turned(inspector, session, "h")
    tab.view.fit()
    tab.problem.hide()
    return tab


@pytest.fixture
def wide(qtbot: QtBot) -> Iterator[NeuronsTab]:
    """A layer of 300 units between two inputs and one output."""
    document = small()
    document.graph.nodes["h"] = Node("h", "dense", {"units": 300})
    with opened(qtbot, document) as session:
        inspector = Inspector(session)
        shown(qtbot, inspector, 760, 620)
        yield turned(inspector, session, "h")


def turned(inspector: Inspector, session: Session, node: str) -> NeuronsTab:
    session.select([node])
    inspector.show_tab("Neurons")
    tab = inspector.tab(NeuronsTab)
    QApplication.processEvents()
    return tab


def spot(tab: NeuronsTab, element: Element) -> QPoint:
    """Where an element can be pointed at; of a line a place where no other one passes."""
    picture = tab.view.picture
    assert picture is not None
    if element.kind != "weight":
        return picture.area(element).center().toPoint()
    line = picture.line(element)
    places = (line.pointAt(share / 40).toPoint() for share in range(4, 37))
    return next(place for place in places if tab.view.element_at(QPointF(place)) == element)


def place_of(tab: NeuronsTab, column: int) -> Place:
    picture = tab.view.picture
    assert picture is not None
    return picture.places[column]


def double_click(tab: NeuronsTab, place: QPoint) -> None:
    click(tab.view, place)
    QTest.mouseDClick(tab.view, LEFT, pos=place)


def field(tab: NeuronsTab) -> QLineEdit:
    found = tab.view.field
    assert found is not None
    assert found.isVisible()
    return found


# -- pointing, clicking -----------------------------------------------------------------------------------------------


def test_pointing_at_a_line_tells_its_weight_gradient_and_next_step(tab: NeuronsTab, session: Session) -> None:
    QTest.mouseMove(tab.view, QPoint(3, 3))  # the pointer may have been left at the line by another test
    QTest.mouseMove(tab.view, spot(tab, LINE))
    assert tab.view.hovered == LINE
    assert tab.view.numbers is not None
    trace = session.snapshot.trace
    w, slope = trace.parameters["h.weight"][1, 2], trace.parameter_grads["h.weight"][1, 2]
    step = -0.05 * np.sign(slope) * (abs(slope) / (abs(slope) + 1e-8))  # Adam's first
    assert [said.text for said in card(tab.view.numbers, LINE, tab.view.step)] == [
        "b → h 2",
        f"w = {precise(w)}",
        f"∂L/∂w = {precise(slope)}",
        f"next Δw = {precise(step)}",
        f"then w = {precise(w + step)}",
    ]
    before = tab.view.grab().toImage()
    QTest.mouseMove(tab.view, QPoint(3, 3))
    assert tab.view.element_at(QPointF(3, 3)) is None
    assert tab.view.grab().toImage() != before


@pytest.mark.parametrize(
    ("element", "focus"),
    [
        (LINE, Focus(Subject("weight", "h", "weight"), "value", (1, 2))),
        (BIAS, Focus(Subject("weight", "h", "bias"), "value", (2,))),
        (UNIT, Focus(Subject("node", "t"), "value", (3, 2))),
        (Element("unit", 0, 1), Focus(Subject("node", "x"), "value", (3, 1))),
    ],
)
def test_a_click_asks_about_that_very_number_and_the_picture_stays(
    tab: NeuronsTab, inspector: Inspector, session: Session, element: Element, focus: Focus
) -> None:
    session.set_sample(3)
    click(tab.view, spot(tab, element))
    assert session.focus == focus
    assert tab.view.lit == element
    assert inspector.tabs.currentWidget() is tab
    value = session.facts.at(focus.asks(session.document.graph), focus.entry or ())
    assert precise(value) in tab.reading.text()
    click(tab.why)
    assert inspector.tabs.currentWidget() is inspector.tab(WhyTab)
    assert session.focus == focus


def test_what_is_asked_elsewhere_is_lit_here(tab: NeuronsTab, session: Session) -> None:
    for focus, element in (
        (Focus(Subject("weight", "z", "weight"), "gradient", (3, 0)), Element("weight", 2, 0, 3)),
        (Focus(Subject("wire", "t", "x"), "gradient", (1, 0)), None),
        (Focus(Subject("node", "h"), "gradient", (1, 0)), Element("unit", 1, 0)),
    ):
        session.focus_on(focus, explain=False)
        if element is not None:
            assert tab.view.lit == element


# -- typing -----------------------------------------------------------------------------------------------------------


def test_the_number_on_a_line_can_be_read_when_the_line_is_lit(tab: NeuronsTab, session: Session) -> None:
    view = tab.view
    view.grab()
    assert view.picture is not None
    element, (_, area) = next((e, place) for e, place in view.picture.written.items() if e.column == 1)
    before = view.grab(area.toRect()).toImage()
    session.focus_on(Focus(Subject("weight", "h", "weight"), "value", (element.source, element.unit)), explain=False)
    QApplication.processEvents()
    assert view.lit == element
    after = view.grab(area.toRect()).toImage()
    places = [(x, y) for x in range(before.width()) for y in range(before.height())]
    apart = [abs(before.pixelColor(x, y).green() - after.pixelColor(x, y).green()) > 60 for x, y in places]
    assert sum(apart) < len(apart) / 20


def test_a_weight_is_typed_where_it_stands_and_taken_back(tab: NeuronsTab, session: Session, qtbot: QtBot) -> None:
    before = float(session.snapshot.weights["h.weight"][1, 2])
    double_click(tab, spot(tab, LINE))
    line = field(tab)
    assert line.selectedText() == line.text()
    QTest.keyClicks(line, "-0.75")
    QTest.keyClick(line, Qt.Key.Key_Return)
    assert tab.view.field is None
    qtbot.waitUntil(lambda: session.snapshot.weights["h.weight"][1, 2] == -0.75, timeout=WAIT)
    assert session.undoing.undo_text == "change of h.weight[1, 2]"
    assert "w = −0.75" in tab.reading.text()
    session.undoing.undo()
    qtbot.waitUntil(lambda: session.snapshot.weights["h.weight"][1, 2] == before, timeout=WAIT)


def test_what_is_no_number_is_refused_in_a_sentence_and_esc_leaves_all_as_it_is(
    tab: NeuronsTab, session: Session
) -> None:
    for text, key, said in (("two", Qt.Key.Key_Return, True), ("7", Qt.Key.Key_Escape, False)):
        tab.problem.hide()
        double_click(tab, spot(tab, BIAS))
        line = field(tab)
        QTest.keyClicks(line, text)
        QTest.keyClick(line, key)
        assert tab.view.field is None
        assert tab.problem.isVisible() == said
        assert not session.undoing.can_undo
    assert tab.problem.text().startswith("Bias of h 2 must be a number")


# -- keys alone -------------------------------------------------------------------------------------------------------


def test_arrows_go_from_neuron_to_line_to_neuron_and_a_number_is_typed(
    tab: NeuronsTab, session: Session, qtbot: QtBot, inspector: Inspector
) -> None:
    tab.view.setFocus()
    session.focus_on(Focus(Subject("node", "t"), "value", (0, 2)), explain=False)
    strongest = int(np.abs(session.snapshot.weights["h.weight"][:, 2]).argmax())
    went = []
    for key in (Qt.Key.Key_Left, Qt.Key.Key_Down, Qt.Key.Key_Down, Qt.Key.Key_Right, Qt.Key.Key_Right):
        QTest.keyClick(tab.view, key)
        went.append(tab.view.lit)
    assert went[0] == Element("weight", 1, 2, strongest)
    assert went[2:] == [BIAS, UNIT, Element("weight", 2, 0, 2)]
    QTest.keyClick(tab.view, Qt.Key.Key_2)
    QTest.keyClicks(field(tab), ".5")
    QTest.keyClick(field(tab), Qt.Key.Key_Enter)
    qtbot.waitUntil(lambda: session.snapshot.weights["z.weight"][2, 0] == 2.5, timeout=WAIT)
    QTest.keyClick(tab.view, Qt.Key.Key_Return)
    assert field(tab).text() == "2.5"
    QTest.keyClick(field(tab), Qt.Key.Key_Escape)
    QTest.keyClick(tab.view, Qt.Key.Key_Left)
    QTest.keyClick(tab.view, Qt.Key.Key_End)
    assert tab.view.lit == Element("unit", 1, 3)
    QTest.keyClick(tab.view, Qt.Key.Key_Return)
    assert inspector.tabs.currentWidget() is inspector.tab(WhyTab)


# -- nearer and further ----------------------------------------------------------------------------------------------


def test_the_wheel_zooms_at_the_pointer_dragging_moves_and_f_fits(tab: NeuronsTab, session: Session) -> None:
    view = tab.view
    place = spot(tab, UNIT)
    turn = QWheelEvent(
        QPointF(place),
        QPointF(view.mapToGlobal(place)),
        QPoint(),
        QPoint(0, 480),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(view, turn)
    assert view.camera.zoom == pytest.approx(1.25**4)
    assert (spot(tab, UNIT) - place).manhattanLength() <= 2
    focus = session.focus
    QTest.mousePress(view, LEFT, pos=place)
    QTest.qWait(PAUSE)
    QTest.mouseMove(view, place + QPoint(60, 30))
    QTest.mouseRelease(view, LEFT, pos=place + QPoint(60, 30))
    assert (spot(tab, UNIT) - place - QPoint(60, 30)).manhattanLength() <= 3
    assert session.focus == focus  # it was no click
    QTest.keyClick(view, Qt.Key.Key_F)
    tab.grab()
    assert view.camera.zoom == 1.0
    QTest.keyClick(view, Qt.Key.Key_Plus, CTRL)
    assert view.camera.zoom == 1.25


def test_other_numbers_of_a_wide_layer_are_painted_in_a_turn_of_their_own(wide: NeuronsTab, qtbot: QtBot) -> None:
    view = wide.view
    view.repaint()
    qtbot.waitUntil(lambda: view._base is not None, timeout=WAIT)
    before = view._base
    numbers, lit = view.numbers, view.lit
    assert before is not None
    assert numbers is not None
    view.show_numbers(numbers, lit)
    view.repaint()  # with the rest of the window
    assert (view._picture, view._before) == (None, before)
    qtbot.waitUntil(lambda: view._base is not None, timeout=WAIT)
    assert view._picture is not None
    assert not view._late.isActive()


def test_of_a_wide_layer_a_part_is_drawn_and_the_rest_is_told_and_reached(wide: NeuronsTab, qtbot: QtBot) -> None:
    view, session = wide.view, wide.session
    session.focus_on(Focus(Subject("node", "t"), "value", (0, 3)), explain=False)
    wide.view.show_first(1, 0)
    picture = view.picture
    assert picture is not None
    place = picture.places[1]
    assert (place.count, place.more) == (MOST_CIRCLES, 300 - MOST_CIRCLES)
    drawn = picture.lines[0]
    weights = np.abs(session.snapshot.weights["h.weight"][:, place.first : place.first + place.count])
    most = MOST_LINES // 2
    assert len(drawn.weights) == most
    assert sorted(np.abs(drawn.weights).tolist()) == sorted(weights.reshape(-1).tolist())[-most:]
    told = f"the {len(drawn.weights) + len(picture.lines[1].weights)} strongest of 900 lines"
    qtbot.waitUntil(lambda: told in wide.about.text(), timeout=WAIT)
    for first in (MOST_CIRCLES, 300 - MOST_CIRCLES, 0):
        click(view, picture.more_area(1).center().toPoint())
        assert place_of(wide, 1).first == first
    session.focus_on(Focus(Subject("node", "t"), "value", (0, 299)), explain=False)
    place = place_of(wide, 1)
    assert place.first <= 299 < place.first + place.count
    assert view.lit == Element("unit", 1, 299)


# -- maps -------------------------------------------------------------------------------------------------------------


def test_a_chosen_neuron_has_its_own_map_below_and_a_point_there_chooses_its_row(
    tab: NeuronsTab, session: Session, inspector: Inspector, qtbot: QtBot
) -> None:
    assert "neurons" in session.wanted.parts
    qtbot.waitUntil(lambda: session.snapshot.neurons is not None, timeout=WAIT)
    click(tab.view, spot(tab, UNIT))
    maps = session.snapshot.neurons
    assert maps is not None
    assert tab.plane.isVisible()
    assert tab.plane.boundary is not None
    assert np.array_equal(tab.plane.boundary.answer, maps.values["t"][:, :, 2])
    row = int(session.snapshot.row_labels[2])
    x, y = maps.plane.points[maps.plane.rows.tolist().index(row)]
    click(tab.plane, tab.plane.place(float(x), float(y)).toPoint())
    assert session.sample == 2
    assert tab.view.lit == UNIT
    inspector.show_tab("Why")
    assert "neurons" not in session.wanted.parts


def test_what_is_said_fits_again_after_the_panel_was_wide(
    tab: NeuronsTab, session: Session, inspector: Inspector, qtbot: QtBot
) -> None:
    qtbot.waitUntil(lambda: session.snapshot.neurons is not None, timeout=WAIT)
    click(tab.view, spot(tab, UNIT))
    assert tab.plane.geometry().left() > tab.view.geometry().right()  # beside the picture
    size = inspector.size()
    inspector.resize(340, 620)
    QApplication.processEvents()
    across = tab.plane.mapTo(tab, tab.plane.rect().topRight()).x()
    inspector.resize(size)
    assert across < 340


def test_many_inputs_are_one_picture_whose_cells_can_be_asked_about(qtbot: QtBot) -> None:
    columns = {f"p{i}": [0.01 * i, 0.5] for i in range(64)}
    document = small()
    graph = document.graph
    graph.nodes["x"] = Node("x", "input", {"columns": list(columns)})
    data = {"source": "inline", "columns": {**columns, "c": [0, 1]}}
    with opened(qtbot, Document("image", graph, data, document.training)) as session:
        inspector = Inspector(session)
        shown(qtbot, inspector, 760, 620)
        tab = turned(inspector, session, "h")
        assert tab.view.picture is not None
        assert tab.view.picture.places[0].across == 8
        click(tab.view, spot(tab, Element("unit", 0, 19)))
        assert session.focus == Focus(Subject("node", "x"), "value", (0, 19))
        assert tab.reading.text().startswith("p19\n")
        assert tab.view.maps is None


# -- while it trains, and in the window -------------------------------------------------------------------------------


def test_the_picture_follows_the_training_and_stands_still_with_it(
    tab: NeuronsTab, session: Session, qtbot: QtBot
) -> None:
    before = session.snapshot.weights["h.weight"].copy()
    endless(qtbot, session)
    qtbot.waitUntil(lambda: tab.view.numbers is not None and not np.array_equal(tab.view.numbers.weights(1), before))  # type: ignore[arg-type]
    session.pause()
    qtbot.waitUntil(lambda: session.snapshot.state == "paused", timeout=WAIT)
    assert tab.view.numbers is not None
    assert np.array_equal(tab.view.numbers.weights(1), session.snapshot.weights["h.weight"])  # type: ignore[arg-type]
    tab.grab()


def test_a_walk_that_asks_shows_nothing_here_that_it_has_not_come_to(
    tab: NeuronsTab, inspector: Inspector, session: Session, qtbot: QtBot
) -> None:
    qtbot.waitUntil(lambda: session.snapshot.neurons is not None, timeout=WAIT)
    session.asking.set_on(True)
    session.start_walk()
    qtbot.waitUntil(lambda: session.walk is not None, timeout=WAIT)
    inspector.show_tab("Neurons")
    assert tab.view.maps is None
    assert tab.view.numbers is not None
    said = [each.text for each in card(tab.view.numbers, UNIT, "next")]
    assert said == ["h 2", "not shown yet"]
    said = [each.text for each in card(tab.view.numbers, LINE, "next")]
    assert said[2:] == ["∂L/∂w = not shown yet"]
    session.stop_walk()
    assert tab.view.numbers.weight(LINE) is not None
    assert len(card(tab.view.numbers, LINE, "next")) == 5


def test_other_layers_are_laid_out_anew(tab: NeuronsTab, session: Session, qtbot: QtBot) -> None:
    session.apply(session.edits.change("h", "Units", params={"units": 6}))
    settle(qtbot, session)
    assert tab.view.numbers is not None
    assert [column.units for column in tab.view.numbers.chain.columns] == [2, 6, 1]
    assert tab.view.picture is not None
    assert tab.view.picture.places[1].count == 6


def test_screen_readers_are_told_layers_neurons_and_weights_with_their_numbers(
    tab: NeuronsTab, session: Session
) -> None:
    accessible.install()
    view = QAccessible.queryAccessibleInterface(tab.view)
    assert view is not None
    name = QAccessible.Text.Name
    assert [view.child(i).text(name) for i in range(view.childCount())] == [
        "x, 2 inputs",
        "h, 4 neurons, Tanh",
        "z, 1 neuron",
    ]
    neuron = view.child(1).child(2)
    assert neuron.text(name).startswith("h 2: sum h = ")
    assert neuron.childCount() == 3
    weight, bias = neuron.child(1), neuron.child(2)
    assert weight.text(name).startswith(f"b → h 2: w = {precise(session.snapshot.weights['h.weight'][1, 2])}, ∂L/∂w = ")
    assert bias.text(name).startswith("Bias of h 2: b = 0, ")
    assert neuron.indexOfChild(bias) == 2
    assert weight.parent().text(name) == neuron.text(name)
    tab.view.setFocus()
    click(tab.view, spot(tab, LINE))
    assert weight.state().selected
    assert tab.view.rect().contains(tab.view.mapFromGlobal(neuron.rect().center()))


def test_the_neurons_are_opened_by_a_key_in_half_of_the_window(window: MainWindow, qtbot: QtBot) -> None:
    QTest.keyClick(window.canvas, Qt.Key.Key_U, CTRL | Qt.KeyboardModifier.AltModifier)
    assert window.notices.text == "There are no neurons to show: no Dense layer is computed."
    window.files.open_example("xor")
    settle(qtbot, window.session)
    QTest.keyClick(window.canvas, Qt.Key.Key_U, CTRL | Qt.KeyboardModifier.AltModifier)
    tab = window.inspector.tab(NeuronsTab)
    assert window.workbench.is_wide("inspector")
    qtbot.waitUntil(lambda: QApplication.focusWidget() is tab.view, timeout=WAIT)
    assert tab.view.numbers is not None
    assert [column.nodes for column in tab.view.numbers.chain.columns] == [("x",), ("h", "a"), ("z",)]
    window.session.start_walk()  # whose own the arrow keys are elsewhere
    qtbot.waitUntil(lambda: window.session.walk is not None, timeout=WAIT)
    window.inspector.show_tab("Neurons")
    tab.view.setFocus()
    before = tab.view.lit
    QTest.keyClick(tab.view, Qt.Key.Key_Right)
    assert window.session.walk is not None
    assert window.session.walk.index == 0
    assert tab.view.lit != before


def test_of_a_long_chain_the_part_in_focus_is_shown(inspector: Inspector, session: Session, qtbot: QtBot) -> None:
    document = small()
    graph = document.graph
    del graph.wires["h", "x"]
    before = "x"
    for i in range(30):
        graph.nodes[f"d{i}"] = Node(f"d{i}", "dense", {"units": 2})
        graph.wires[f"d{i}", "x"] = Wire(before, f"d{i}", "x")
        before = f"d{i}"
    graph.wires["h", "x"] = Wire(before, "h", "x")
    session.open_document(document)
    settle(qtbot, session)
    tab = turned(inspector, session, "d20")
    picture = tab.view.picture
    assert picture is not None
    assert len(picture.places) == 33
    assert tab.view.camera.zoom >= 0.6
    assert tab.view.rect().contains(picture.center(21, 0).toPoint())
    assert not tab.view.rect().contains(picture.center(0, 0).toPoint())
    tab.grab()
