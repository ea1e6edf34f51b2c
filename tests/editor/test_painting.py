"""Points painted in the decision boundary, by mouse and keys, also while it trains."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from compute.gallery import load_entry
from compute.state import Progress
from editor import theme
from editor.plots.boundary import BoundaryPlot
from editor.session import Session
from tests.editor.panel_session import PAUSE, WAIT, click, opened, settle, shown

LEFT, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton


@pytest.fixture
def session(qtbot: QtBot) -> Iterator[Session]:
    document = load_entry("spiral")
    document.data = {**document.data, "options": {"points": 30}}
    document.training = document.training.__class__("loss", batch_size=16, epochs=10_000_000)
    document.weights, document.progress = {}, None
    with opened(qtbot, document) as session:
        yield session


@pytest.fixture
def plot(session: Session, qtbot: QtBot) -> BoundaryPlot:
    theme.set_mode("dark")
    plot = BoundaryPlot(session)
    shown(qtbot, plot, 380, 420)
    qtbot.waitUntil(lambda: plot.plane.boundary is not None, timeout=WAIT)
    return plot


def cells(session: Session, name: str) -> list[float]:
    return list(session.document.data["columns"][name])


def at(plot: BoundaryPlot, x: float, y: float) -> QPoint:
    return plot.plane.place(x, y).toPoint()


def rows_shown(plot: BoundaryPlot, session: Session, qtbot: QtBot, rows: int) -> None:
    settle(qtbot, session)
    qtbot.waitUntil(lambda: len(plot.plane.boundary.points) == rows, timeout=WAIT)  # type: ignore[union-attr]


def begin(plot: BoundaryPlot, session: Session, qtbot: QtBot) -> None:
    """Turn painting on, and take the rows in."""
    click(plot.painting.switch)
    assert plot.painting.take_in.isVisible()
    click(plot.painting.take_in)
    settle(qtbot, session)
    assert plot.painting.on
    qtbot.waitUntil(lambda: not plot.painting.take_in.isVisible(), timeout=WAIT)


def test_rows_come_into_the_document_before_the_first_stroke(
    plot: BoundaryPlot, session: Session, qtbot: QtBot
) -> None:
    said: list[str] = []
    session.message.connect(said.append)
    click(plot.painting.switch)
    click(plot.plane, at(plot, 0.0, 0.0))
    assert said == ["Points are painted into a table in the document."]
    assert session.document.data["source"] == "builtin"
    click(plot.painting.take_in)
    settle(qtbot, session)
    assert len(cells(session, "x1")) == 60
    assert session.undo_stack.undoText() == "Put the rows into the document"


def test_a_click_sets_a_point_of_the_class_that_is_chosen(plot: BoundaryPlot, session: Session, qtbot: QtBot) -> None:
    begin(plot, session, qtbot)
    before, boundary = session.undo_stack.count(), plot.plane.boundary
    assert boundary is not None
    click(plot.painting._chips[1])
    click(plot.plane, at(plot, 1.0, -2.0))
    assert session.undo_stack.count() == before + 1
    assert cells(session, "x1")[-1] == pytest.approx(1.0, abs=0.02)
    assert cells(session, "x2")[-1] == pytest.approx(-2.0, abs=0.02)
    assert cells(session, "label")[-1] == 1
    rows_shown(plot, session, qtbot, 61)
    now = plot.plane.boundary
    assert now is not None
    assert (now.x, now.y) == (boundary.x, boundary.y)
    assert not plot.painting._waiting
    assert session.sample == 0  # no point was asked about


def test_a_drag_sprays_points_and_the_right_button_takes_them_away(
    plot: BoundaryPlot, session: Session, qtbot: QtBot
) -> None:
    begin(plot, session, qtbot)
    before = session.undo_stack.count()
    start, end = at(plot, -2.9, 2.9), at(plot, 0.9, 2.9)
    QTest.mousePress(plot.plane, LEFT, Qt.KeyboardModifier.NoModifier, start)
    QTest.qWait(PAUSE)
    for step in range(1, 9):
        QTest.mouseMove(plot.plane, start + (end - start) * step / 8)
    QTest.mouseRelease(plot.plane, LEFT, Qt.KeyboardModifier.NoModifier, end)
    new = len(cells(session, "x1")) - 60
    assert new >= 8
    assert session.undo_stack.count() == before + 1
    assert session.undo_stack.undoText() == "Paint points"
    rows_shown(plot, session, qtbot, 60 + new)
    QTest.mousePress(plot.plane, RIGHT, Qt.KeyboardModifier.NoModifier, start)
    QTest.qWait(PAUSE)
    for step in range(1, 17):
        QTest.mouseMove(plot.plane, start + (end - start) * step / 16)
    QTest.mouseRelease(plot.plane, RIGHT, Qt.KeyboardModifier.NoModifier, end)
    left = len(cells(session, "x1")) - 60
    assert left < new / 2
    assert session.undo_stack.count() == before + 2
    session.undo_stack.undo()
    assert len(cells(session, "x1")) == 60 + new
    session.undo_stack.undo()
    assert len(cells(session, "x1")) == 60


def test_by_keys_alone(plot: BoundaryPlot, session: Session, qtbot: QtBot) -> None:
    begin(plot, session, qtbot)
    assert plot.plane.hasFocus()
    for key in (Qt.Key.Key_2, *[Qt.Key.Key_Left] * 3, Qt.Key.Key_Up, Qt.Key.Key_Space):
        QTest.keyPress(plot.plane, key)
        QTest.keyRelease(plot.plane, key)
    boundary = plot.plane.boundary
    assert boundary is not None
    (left, right), (low, high) = boundary.x, boundary.y
    assert cells(session, "x1")[60:] == [pytest.approx((left + right) / 2 - 3 * (right - left) / 24, abs=0.02)]
    assert cells(session, "x2")[60:] == [pytest.approx((low + high) / 2 + (high - low) / 24, abs=0.02)]
    assert cells(session, "label")[60:] == [1]
    QTest.keyClick(plot.plane, Qt.Key.Key_Delete)
    assert len(cells(session, "x1")) <= 60
    QTest.keyClick(plot.plane, Qt.Key.Key_Escape)
    assert not plot.painting.on


def test_training_goes_on_with_what_is_painted(plot: BoundaryPlot, session: Session, qtbot: QtBot) -> None:
    begin(plot, session, qtbot)
    session.train()
    qtbot.waitUntil(lambda: session.snapshot.step > 50, timeout=WAIT)
    before: Progress = session.snapshot.progress
    click(plot.plane, at(plot, 2.0, 2.0))
    qtbot.waitUntil(lambda: session.snapshot.revision == session.revision, timeout=WAIT)
    qtbot.waitUntil(lambda: session.snapshot.step > before.steps + 50, timeout=WAIT)
    assert session.snapshot.state == "running"
    assert session.snapshot.rows + session.snapshot.validation_rows == 61
    assert session.snapshot.epoch >= before.epochs
    session.pause()
    assert [turn.what for turn in session.snapshot.progress.turns] == ["The rows of the table changed"]


def test_an_empty_table_is_a_plane_to_begin_on(plot: BoundaryPlot, session: Session, qtbot: QtBot) -> None:
    data = {"source": "inline", "columns": {"x1": [], "x2": [], "label": []}, "plane": {"x1": [-3, 3], "x2": [-3, 3]}}
    session.apply(session.edits.set_data("Begin", data))
    settle(qtbot, session)
    qtbot.waitUntil(lambda: plot.painting.on, timeout=WAIT)
    for key, x in ((Qt.Key.Key_1, -1.5), (Qt.Key.Key_2, 1.5)):
        QTest.keyClick(plot.plane, key)
        click(plot.plane, at(plot, x, 0.0))
        rows_shown(plot, session, qtbot, len(cells(session, "x1")))
    assert cells(session, "label") == [0, 1]
    boundary = plot.plane.boundary
    assert boundary is not None
    assert (boundary.x, boundary.y) == ((-3.0, 3.0), (-3.0, 3.0))
    assert boundary.answer.shape == (64, 64)


def test_a_number_is_painted_with_the_value_that_is_typed(plot: BoundaryPlot, session: Session, qtbot: QtBot) -> None:
    def painted(text: str) -> None:
        plot.painting.value.setText(text)
        click(plot.plane, at(plot, 0.5, 0.5))

    graph = session.document.graph
    apply, edits = session.apply, session.edits
    apply(edits.set_data("Numbers", {"source": "builtin", "name": "plane", "options": {"points": 20}}))
    apply(edits.change("loss", "Numbers", op="mean_squared_error"))
    target = next(node.id for node in graph.nodes.values() if node.op == "target")
    apply(edits.change(target, "Numbers", params={"columns": ["y"]}))
    settle(qtbot, session)
    qtbot.waitUntil(lambda: plot.plane.boundary.classes == 0, timeout=WAIT)  # type: ignore[union-attr]
    begin(plot, session, qtbot)
    assert plot.painting.value.isVisible()
    assert not plot.painting._chips
    painted("-0.5")
    assert cells(session, "y")[-1] == -0.5
    said: list[str] = []
    session.message.connect(said.append)
    rows = len(cells(session, "y"))
    painted("much")
    assert said[0].startswith("The value must be a number")
    assert len(cells(session, "y")) == rows
