"""The picture of a whole tensor: it is asked, zoomed and moved, says what is under the pointer, and keeps up."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QGuiApplication, QImage, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from compute.focus import Focus, Subject
from compute.tensor_view import TensorView
from editor import theme
from editor.palettes import DARK, LIGHT
from editor.panels.heat_map import HeatMap
from editor.panels.heat_sheet import Sheet, pixels_of
from editor.panels.inspector import Inspector
from editor.panels.tensor_pane import TensorPane
from editor.panels.tensor_tab import ValuesTab
from editor.panels.tensor_table import cell_colors
from editor.session import Session
from editor.settings import Settings
from tests.editor.panel_session import LEFT, PAUSE, WAIT, click, settle, shown


def sheet(matrix: np.ndarray, **more: object) -> Sheet:
    finite = np.abs(matrix[np.isfinite(matrix)])
    return Sheet(matrix, TensorView.of(matrix), float(finite.max()), **more)  # type: ignore[arg-type]


@pytest.fixture
def heat(qtbot: QtBot) -> Iterator[HeatMap]:
    """8 × 10 cells of 20 × 20 pixels; the entries count up from −40."""
    view = HeatMap("h")
    shown(qtbot, view, 204, 164)
    view.show_sheet(sheet(np.arange(80.0).reshape(8, 10) - 40))
    yield view
    theme.set_mode("dark")


def middle(row: int, column: int) -> QPoint:
    return QPoint(2 + 20 * column + 10, 2 + 20 * row + 10)


def color(view: HeatMap, row: int, column: int) -> str:
    return view.grab().toImage().pixelColor(middle(row, column)).name()


def test_cells_have_the_colours_of_the_table_and_faults_are_loud(heat: HeatMap) -> None:
    for mode, palette in (("light", LIGHT), ("dark", DARK)):
        theme.set_mode(mode)  # type: ignore[arg-type]
        for row, column in ((0, 0), (4, 0), (4, 5), (7, 9)):
            number = float(heat.sheet.matrix[row, column])
            assert color(heat, row, column) == cell_colors(number, 40)[0].name(), number
        assert color(heat, 4, 0) == palette.card
    matrix = heat.sheet.matrix.copy()
    matrix[2, 3], matrix[2, 5] = math.nan, -math.inf
    heat.show_sheet(sheet(matrix))
    assert color(heat, 2, 3) == color(heat, 2, 5) == cell_colors(math.nan, 40)[0].name()
    assert pixels_of(np.zeros((2, 2)), 0.0)[0, 0] == theme.color(DARK.card).rgb()


def test_a_click_asks_and_hovering_tells(heat: HeatMap, qtbot: QtBot) -> None:
    said: list[str] = []
    heat.told.connect(said.append)
    with qtbot.waitSignal(heat.asked) as asked:
        click(heat, middle(5, 7))
    assert asked.args == [5, 7]
    QTest.mouseMove(heat, middle(3, 2))
    assert said[-1] == "[3, 2] = −8"
    assert heat.say(QPointF(-5, 5)) == ""
    assert heat.legend == "from −40 to 40"


def drag(view: HeatMap, start: QPoint, way: QPoint) -> None:
    QTest.mousePress(view, LEFT, pos=start)
    QTest.qWait(PAUSE)
    for share in (0.3, 0.7, 1.0):
        QTest.mouseMove(view, start + QPoint(round(way.x() * share), round(way.y() * share)))
    QTest.mouseRelease(view, LEFT, pos=start + way)


def wheel(view: HeatMap, at: QPoint, notches: int) -> None:
    place = QPointF(at)
    event = QWheelEvent(
        place, view.mapToGlobal(place), QPoint(), QPoint(0, 120 * notches), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(view, event)


def test_it_is_zoomed_at_the_pointer_and_moved_with_the_hand(heat: HeatMap) -> None:
    asked: list[tuple[int, int]] = []
    heat.asked.connect(lambda row, column: asked.append((row, column)))
    before = heat.cell_at(QPointF(middle(6, 8)))
    wheel(heat, middle(6, 8), 4)
    assert heat._view.width() == pytest.approx(10 / 1.25**4)
    assert heat.cell_at(QPointF(middle(6, 8))) == before
    was = heat._view.topLeft()
    drag(heat, QPoint(60, 60), QPoint(80, 40))
    assert heat._view.left() == pytest.approx(was.x() - 80 / 200 * heat._view.width())
    assert heat._view.top() == pytest.approx(was.y() - 40 / 160 * heat._view.height())
    # Never beyond the matrix.
    drag(heat, QPoint(20, 20), QPoint(150, 100))
    drag(heat, QPoint(20, 20), QPoint(150, 100))
    assert heat._view.topLeft() == QPointF(0, 0)
    assert asked == []
    QTest.mouseDClick(heat, LEFT, pos=middle(2, 2))
    assert heat._view == QRectF(0, 0, 10, 8)


def test_keys_go_from_cell_to_cell_and_enter_asks(heat: HeatMap, qtbot: QtBot) -> None:
    said: list[str] = []
    heat.told.connect(said.append)
    heat.setFocus()
    for key in (Qt.Key.Key_Down, Qt.Key.Key_Down, Qt.Key.Key_Right, Qt.Key.Key_Up):
        QTest.keyClick(heat, key)
    assert said[-1] == "[1, 1] = −29"
    with qtbot.waitSignal(heat.asked) as asked:
        QTest.keyClick(heat, Qt.Key.Key_Return)
    assert asked.args == [1, 1]
    QTest.keyClick(heat, Qt.Key.Key_Plus)
    assert heat._view.width() == 8
    for _ in range(9):
        QTest.keyClick(heat, Qt.Key.Key_Right)
    assert heat._view.right() == 10
    QTest.keyClick(heat, Qt.Key.Key_0)
    assert heat._view.width() == 10


def test_the_cell_in_focus_its_row_and_column_and_what_made_it_are_marked(heat: HeatMap) -> None:
    plain = heat.grab().toImage()
    heat.show_sheet(sheet(heat.sheet.matrix, lit=(3, 4), spans=((6, None),)))
    marked = heat.grab().toImage()

    def differs(x: int, y: int) -> bool:
        return plain.pixelColor(x, y) != marked.pixelColor(x, y)

    assert all(differs(x, 2 + 20 * 3) for x in range(84, 100))
    assert any(differs(x, middle(3, 0).y()) for x in range(5, 40))
    assert any(differs(middle(0, 4).x(), y) for y in range(5, 40))
    assert all(differs(x, 2 + 20 * 6) for x in range(5, 75))


def test_cells_that_have_room_have_their_numbers_in_them(heat: HeatMap) -> None:
    def colours(row: int, column: int) -> int:
        area = QRect(middle(row, column) - QPoint(7, 7), middle(row, column) + QPoint(7, 7))
        image = heat.grab(area).toImage()
        return len({image.pixel(x, y) for x in range(image.width()) for y in range(image.height())})

    assert colours(2, 3) == 1
    heat.resize(404, 164)
    area = QRect(150, 65, 20, 10)
    image = heat.grab(area).toImage()
    assert len({image.pixel(x, y) for x in range(image.width()) for y in range(image.height())}) > 1


def test_of_ten_million_entries_each_pixel_tells_the_largest(qtbot: QtBot) -> None:
    """Worked out beside the window; until it is there, what was shown before stays."""
    view = HeatMap("W")
    shown(qtbot, view, 250, 300)
    matrix = np.zeros((10_000, 1000), np.float32)
    matrix[4321, 765] = -3.0
    view.show_sheet(sheet(matrix))
    view.grab()
    qtbot.waitUntil(lambda: view._image is not None, timeout=WAIT)
    assert view.legend == "±3 · pixel: largest of 34×5"
    area = view.area
    at = QPointF(area.left() + 765.5 / 1000 * area.width(), area.top() + 4321.5 / 10_000 * area.height())
    assert view.cell_at(at) == (4321, 765)
    assert view.say(at).startswith("[4321, 765] = −3, the largest of ")
    image = view.grab().toImage()
    ground = image.pixel(5, 5)
    found = {(x, y) for x in range(3, 240) for y in range(3, 290) if image.pixel(x, y) != ground}
    assert 1 <= len(found) <= 4
    assert min(abs(x - at.x()) + abs(y - at.y()) for x, y in found) < 3
    view.set_how("mean")
    assert view.legend == "±3 · pixel: mean of 34×5"
    assert view.say(at).startswith("mean −0.0")
    # Zoomed in, few entries are in sight, and their picture is there at once.
    for _ in range(20):
        view.zoom(1.25, at)
    qtbot.waitUntil(lambda: not view._busy, timeout=WAIT)
    view.grab()
    assert view._image is not None
    assert view._image[0] == view.region
    assert view.block == (1, 1)


def test_a_large_tensor_has_a_picture_beside_its_table_and_both_ask(qtbot: QtBot) -> None:
    pane = TensorPane("values")
    shown(qtbot, pane, 340, 600)
    few = np.ones((4, 4))
    pane.show_tensor(few, TensorView.of(few))
    # Four rows of four are in the table as a whole.
    assert not pane.map.isVisible()
    assert not pane.choices.isVisible()
    large = np.arange(1500.0).reshape(50, 30)
    pane.show_tensor(large, TensorView.of(large), lit=(7, 9))
    assert pane.map.isVisible()
    assert pane.view.isVisible()
    assert pane.map.sheet.lit == pane.view.model_.lit == (7, 9)
    with qtbot.waitSignal(pane.asked) as asked:
        click(pane.map, QPoint(100, 40))
    assert pane.map.cell_at(QPointF(100, 40)) == tuple(asked.args)
    for key, seen in (("map", (True, False)), ("table", (False, True)), ("both", (True, True))):
        click(pane.look._buttons[key])
        assert (pane.map.isVisible(), pane.view.isVisible()) == seen
        assert Settings().words("tensors/look") == key
    pane.map.setFocus()
    QTest.keyClick(pane.map, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    lines = QGuiApplication.clipboard().text().split("\n")
    assert [[float(cell) for cell in line.split("\t")] for line in lines] == large.tolist()
    assert pane.splitter.orientation() == Qt.Orientation.Vertical
    pane.resize(900, 500)
    assert pane.splitter.orientation() == Qt.Orientation.Horizontal


def test_what_is_clicked_in_a_picture_is_asked_about(inspector: Inspector, session: Session, qtbot: QtBot) -> None:
    session.apply(session.edits.set_param("h", "units", 12))
    settle(qtbot, session)
    session.select(["h"])
    inspector.show_tab("Values")
    pane = inspector.tab(ValuesTab).pane
    place = QPointF(100, 20)
    cell = pane.map.cell_at(place)
    assert cell is not None
    click(pane.map, place.toPoint())
    assert session.focus == Focus(Subject("node", "h"), "value", cell)


def test_a_tensor_of_millions_is_summed_up_beside_the_window(qtbot: QtBot) -> None:
    pane = TensorPane("values")
    shown(qtbot, pane, 400, 600)
    matrix = np.full((2000, 500), 0.5)
    matrix[3, 4] = -2.0
    pane.show_tensor(matrix, TensorView.of(matrix))
    assert pane.about.text() == "2000×500 · …"
    qtbot.waitUntil(lambda: pane.view.model_.scale == 2.0, timeout=WAIT)
    assert pane.map.sheet.scale == 2.0
    assert pane.about._whole == "2000×500 · 0.5 ± 2.5e-3 · −2 … 0.5"
    # Another of the same shape is never seen with what was found of the one before.
    gradient = np.full((2000, 500), 0.25)
    pane.show_tensor(matrix, TensorView.of(matrix), of="W")
    pane.show_tensor(gradient, TensorView.of(gradient), of="∂L/∂W")
    assert pane.map._image is None
    assert pane.about._whole == "2000×500 · …"
    qtbot.waitUntil(lambda: pane.about._whole == "2000×500 · 0.25 ± 0 · 0.25 … 0.25", timeout=WAIT)
    pane.map.grab()
    qtbot.waitUntil(lambda: pane.map._image is not None and not pane.map._busy, timeout=WAIT)
    assert pane.map._scale == 0.25
    few = np.ones((2, 2))
    pane.show_tensor(few, TensorView.of(few))
    assert pane.about._whole == "2×2 · 1 ± 0 · 1 … 1"
    assert isinstance(pane.grab().toImage(), QImage)
