"""What a walk holds in memory, in its panel and on the canvas."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from compute.explain import Memory, Quantity
from compute.focus import Focus
from compute.numbers_text import plural, size_text
from compute.walk_state import WalkState
from editor.canvas.paint_held import Held
from editor.main_window import MainWindow
from editor.panels.memory import MemoryPanel
from editor.session import Session
from tests.editor.panel_session import WAIT, click, opened, shown


@pytest.fixture
def session(qtbot: QtBot) -> Iterator[Session]:
    with opened(qtbot, "memory") as session:
        yield session


@pytest.fixture
def panel(session: Session, qtbot: QtBot) -> MemoryPanel:
    panel = MemoryPanel(session)
    shown(qtbot, panel, 760, 260)
    return panel


def walked(session: Session, qtbot: QtBot) -> WalkState:
    if session.walk is None:
        session.start_walk()
        qtbot.waitUntil(lambda: session.walk is not None, timeout=WAIT)
    assert session.walk is not None
    return session.walk


def test_without_a_walk_it_offers_one(panel: MemoryPanel, session: Session, qtbot: QtBot) -> None:
    assert panel.start.isVisible()
    assert not panel.plot.isVisible()
    click(panel.start)
    walked(session, qtbot)
    assert panel.plot.isVisible()


def test_a_click_on_the_plot_goes_to_the_step_and_its_arrays_are_listed(
    panel: MemoryPanel, session: Session, qtbot: QtBot
) -> None:
    walk = walked(session, qtbot)
    steps = len(walk.steps)
    for wanted in (20, steps - 1, 0):
        area = panel.plot._area
        click(panel.plot, QPoint(round(area.left() + area.width() * (wanted + 0.5) / steps), round(area.center().y())))
        assert session.walk is not None
        assert session.walk.index == wanted
        assert panel.plot.at == wanted
        step = session.walk.step
        assert {each.name for each in panel.list.model_.held} == {each.name for each in step.stored}
        arrays = f"{len(step.stored)} {plural('array', len(step.stored))}"
        assert panel.summary._whole == f"{arrays}, {size_text(step.stored_bytes)} now"
        everything = size_text(walk.steps.memory.everything[wanted])
        assert panel.reading._whole == (
            f"step {wanted + 1}: {size_text(step.stored_bytes)}, everything kept {everything}"
        )


def test_values_come_before_gradients_and_weights_last(panel: MemoryPanel, session: Session, qtbot: QtBot) -> None:
    walked(session, qtbot)
    session.walk_to(20)
    kinds = [each.quantity.kind for each in panel.list.model_.held]
    order = ["value", "gradient", "weight gradient", "weight"]
    firsts = list(dict.fromkeys("gradient" if kind == "weight gradient" else kind for kind in kinds))
    assert firsts == ["value", "gradient", "weight"]
    assert set(kinds) == set(order)


def test_an_array_of_the_list_is_asked_about_by_click_and_by_enter(
    panel: MemoryPanel, session: Session, qtbot: QtBot
) -> None:
    walked(session, qtbot)
    session.walk_to(20)
    places = {each.quantity: i for i, each in enumerate(panel.list.model_.held)}
    held = Quantity("value", "a1")
    index = panel.list.model_.index(places[held], 0)
    panel.list.scrollTo(index)
    click(panel.list.viewport(), panel.list.visualRect(index).center())
    assert session.focus == Focus.on(held)
    other = Quantity("gradient", "a1")
    panel.list.setCurrentIndex(panel.list.model_.index(places[other], 0))
    QTest.keyPress(panel.list, Qt.Key.Key_Return)
    QTest.keyRelease(panel.list, Qt.Key.Key_Return)
    assert session.focus == Focus.on(other)


def test_a_document_about_memory_opens_with_the_panel_and_the_canvas_marks_what_is_held(
    window: MainWindow, qtbot: QtBot
) -> None:
    session, canvas, bench = window.session, window.canvas, window.workbench
    assert not bench.is_shown("memory")
    window.files.open_example("memory")
    qtbot.waitUntil(lambda: bench.docks["memory"].in_sight, timeout=WAIT)
    qtbot.waitUntil(lambda: session.snapshot.revision == session.revision, timeout=WAIT)
    walked(session, qtbot)
    bench.show_panel("memory", True)
    session.walk_to(19)
    assert session.walk is not None
    assert session.walk.step.title == "Tanh a2: backward to h2"
    held, unit = canvas.shown.held, 4 * 64 * 16
    assert [held[node] for node in ("a1", "a2", "h2")] == [Held(unit), Held(unit, unit), Held(0, unit)]
    assert held["z"] == Held(weights=4 * 17)
    assert "a3" not in held
    click(window.stepper.memory)
    qtbot.waitUntil(lambda: not session.shows_held, timeout=WAIT)
    assert not canvas.shown.held
    click(window.stepper.memory)
    qtbot.waitUntil(lambda: bool(canvas.shown.held), timeout=WAIT)
    session.stop_walk()
    assert not canvas.shown.held


def test_it_stays_in_a_walk_where_other_panels_make_room(window: MainWindow, qtbot: QtBot) -> None:
    window.resize(1280, 620)
    docks = window.workbench.docks
    window.workbench.show_panel("memory", True)
    walked(window.session, qtbot)
    qtbot.waitUntil(lambda: not docks["boundary"].in_sight, timeout=WAIT)
    assert docks["memory"].in_sight
    assert window.session.shows_held
    window.session.stop_walk()
    qtbot.waitUntil(lambda: docks["boundary"].in_sight, timeout=WAIT)


def test_of_more_calculations_than_pixels_the_highest_levels_are_drawn(
    panel: MemoryPanel, session: Session, qtbot: QtBot
) -> None:
    walked(session, qtbot)
    plot = panel.plot
    many = Memory(tuple(range(5000)), tuple(range(5000)), ("forward",) * 5000, range(5001))
    plot.show_memory(many, 2500)
    points = plot._stairs(plot._planned)
    assert len(points) <= 2 * plot.width()
    assert points[-1].y() == pytest.approx(plot._area.bottom() - plot._area.height() * 4999 / 4999)
    assert [point.x() for point in points] == sorted(point.x() for point in points)
    assert plot.at == 2500


def test_the_document_about_matrices_opens_with_its_panel_too(window: MainWindow, qtbot: QtBot) -> None:
    assert not window.workbench.is_shown("matrices")
    window.files.open_example("why_matrices")
    qtbot.waitUntil(lambda: window.workbench.docks["matrices"].in_sight, timeout=WAIT)
    window.files.open_example("z_2x_y")
    assert not window.workbench.is_shown("matrices")
    window.workbench.show_panel("matrices", True)  # by the person
    window.files.open_example("why_matrices")
    window.files.open_example("z_2x_y")
    assert window.workbench.is_shown("matrices")
