"""Sweeps in their panel: written, trained beside the window, ranked, stopped, opened and copied."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from compute.document import Document
from compute.numbers_text import short
from compute.sweep import Outcome, means, value_text
from editor.panels.sweep.place import SIDE_BY_SIDE, SweepPlace
from editor.session import Session
from tests.editor.panel_session import WAIT, click, shown


@pytest.fixture
def panel(session: Session, qtbot: QtBot) -> Iterator[SweepPlace]:
    """On a small document of the reference engine."""
    panel = SweepPlace(session)
    shown(qtbot, panel, 900, 320)
    yield panel
    panel.close_down()


def write(panel: SweepPlace, at: int, text: str) -> None:
    """Type into a line, as a person does."""
    field = panel.axes.lines[at].values
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, text)


def swept(panel: SweepPlace, qtbot: QtBot) -> None:
    click(panel.go)
    qtbot.waitUntil(lambda: not panel.running and bool(panel.outcomes), timeout=WAIT)


def header(panel: SweepPlace) -> list[str]:
    model = panel.table.trials
    return [model.headerData(at, Qt.Orientation.Horizontal) for at in range(model.columnCount())]


def test_trials_are_ranked_opened_and_copied(panel: SweepPlace, session: Session, qtbot: QtBot) -> None:
    before = session.document.training
    assert not panel.table.isVisible(), "an empty pane says what to do"
    write(panel, 0, "0.01,0.3")
    write(panel, 1, "0..2")
    qtbot.waitUntil(lambda: panel.said.text().startswith("6 trials"), timeout=WAIT)
    swept(panel, qtbot)
    assert panel.said.text().startswith("6 trials in ")
    model = panel.table.trials
    assert model.rowCount() == 6
    assert panel.table.isVisible()
    assert header(panel)[:3] == ["loss", "learning rate", "seed"]
    scores = [outcome.score for outcome in model.outcomes]
    assert scores == sorted(scores)
    assert session.document.training == before, "the window's own document is left alone"

    opened: list[Document] = []
    panel.opened.connect(opened.append)
    best = model.outcomes[0]
    at = panel.table.visualRect(model.index(0, 0)).center()
    QTest.mouseClick(panel.table.viewport(), Qt.MouseButton.LeftButton, pos=at)
    QTest.mouseDClick(panel.table.viewport(), Qt.MouseButton.LeftButton, pos=at)
    qtbot.waitUntil(lambda: len(opened) == 1, timeout=WAIT)
    assert opened[0].training.optimizer["learning_rate"] == best.trial.values["learning_rate"]
    assert opened[0].training.seed == best.trial.values["seed"]
    assert opened[0].progress is not None
    assert opened[0].progress.epochs == best.epochs > 0
    click(panel.open)
    qtbot.waitUntil(lambda: len(opened) == 2, timeout=WAIT)

    click(panel.copy)
    lines = QApplication.clipboard().text().splitlines()
    assert lines[0].startswith("rank,trial,learning_rate,seed,loss")
    assert len(lines) == 7


def test_a_point_is_a_trial(panel: SweepPlace, qtbot: QtBot) -> None:
    write(panel, 0, "0.01,0.1,0.3")
    write(panel, 1, "0")
    swept(panel, qtbot)
    pointed: list[Outcome | None] = []
    panel.scatter.pointed.connect(pointed.append)
    outcome = panel.table.trials.outcomes[0]
    at = panel.scatter.place(panel.scatter.shown[-1]).toPoint()
    QTest.mouseMove(panel.scatter, at)
    qtbot.waitUntil(lambda: bool(pointed), timeout=WAIT)
    assert pointed[-1] is outcome
    assert "learning_rate=" in panel.reading.text()
    QTest.mouseMove(panel.scatter, QPoint(1, 1))


def test_what_is_wrong_is_said_and_nothing_begins(panel: SweepPlace, qtbot: QtBot) -> None:
    write(panel, 0, "much")
    qtbot.waitUntil(lambda: "learning_rate must be a finite number" in panel.said.text(), timeout=WAIT)
    click(panel.go)
    assert not panel.running
    assert not panel.outcomes


def test_settings_come_and_go(panel: SweepPlace, qtbot: QtBot) -> None:
    count = len(panel.axes.lines)
    click(panel.add)
    assert len(panel.axes.lines) == count + 1
    qtbot.waitUntil(lambda: panel.axes.lines[-1].drop.y() >= 0 and panel.axes.lines[-1].y() > 0, timeout=WAIT)
    click(panel.axes.lines[-1].drop)
    assert len(panel.axes.lines) == count
    write(panel, 0, "0.01..0.1")
    qtbot.waitUntil(lambda: "say how many" in panel.said.text(), timeout=WAIT)
    panel.kind.choose("random")
    panel.kind.chosen.emit("random")
    panel.count.selectAll()
    QTest.keyClicks(panel.count, "7")
    qtbot.waitUntil(lambda: panel.said.text().startswith("28 trials"), timeout=WAIT)


def test_stopped_it_keeps_what_was_reached(panel: SweepPlace, qtbot: QtBot) -> None:
    write(panel, 0, "0.01,0.02,0.03")
    write(panel, 1, "0..99")
    click(panel.go)
    qtbot.waitUntil(lambda: any(each.state for each in panel.outcomes), timeout=WAIT)
    assert panel.go.text() == "Stop"
    assert not panel.axes.isEnabled()
    click(panel.go)
    qtbot.waitUntil(lambda: not panel.running, timeout=WAIT)
    assert "stopped after" in panel.said.text()
    assert panel.table.trials.outcomes[0].state is not None
    assert panel.axes.isEnabled()


def test_means_over_seeds_are_a_choice_away(panel: SweepPlace, qtbot: QtBot) -> None:
    write(panel, 0, "0.01,0.3")
    write(panel, 1, "0..2")
    assert panel.lines.isHidden()
    swept(panel, qtbot)
    assert not panel.lines.isHidden()
    click(panel.lines._buttons["means"])
    assert header(panel) == ["mean ± deviation", "learning rate", "trials", "failed"]
    model = panel.table.trials
    assert model.rowCount() == 2
    for row, mean in enumerate(means(panel.sweep, panel.outcomes)):  # type: ignore[arg-type]
        told = [model.data(model.index(row, at)) for at in range(4)]
        scores = [each.score for each in mean.outcomes]
        mean_text = f"{short(float(np.mean(scores)))} ± {short(float(np.std(scores)))}"
        assert told == [mean_text, value_text(mean.values["learning_rate"]), "3", ""]
        assert model.outcomes[row] is mean.outcomes[0]
    assert [each.score for each in panel.scatter.shown] == [mean.score for mean in model.means[::-1]]
    click(panel.lines._buttons["trials"])
    assert model.rowCount() == 6


def test_all_values_stand_side_by_side_and_a_stretch_leaves_some(panel: SweepPlace, qtbot: QtBot) -> None:
    write(panel, 0, "0.01,0.1,0.3")
    write(panel, 1, "0,1")
    swept(panel, qtbot)
    while panel.against.key != SIDE_BY_SIDE:
        QTest.keyClick(panel.against, Qt.Key.Key_Down)
    panel.against.activated.emit(panel.against.currentIndex())
    picture = panel.parallel
    assert picture.isVisible()
    assert len(picture.shown) == 6
    assert picture._lines.shape == (6, 3)
    best = panel.table.trials.outcomes[0]
    assert picture._lines[-1, -1] == 0.0
    pointed: list[Outcome | None] = []
    opened: list[Document] = []
    picture.pointed.connect(pointed.append)
    panel.opened.connect(opened.append)
    at = picture.points(5)[2].toPoint() - QPoint(1, 0)
    QTest.mouseMove(picture, at)
    qtbot.waitUntil(lambda: bool(pointed) and pointed[-1] is best, timeout=WAIT)
    QTest.mouseDClick(picture, Qt.MouseButton.LeftButton, pos=at)
    qtbot.waitUntil(lambda: len(opened) == 1, timeout=WAIT)
    # Where there is no room for both, one of them is shown.
    wide = panel.size()
    panel.resize(520, 320)
    qtbot.waitUntil(lambda: panel.table.isVisible() and not picture.isVisible(), timeout=WAIT)
    click(panel.look._buttons["picture"])
    assert (panel.table.isVisible(), picture.isVisible()) == (False, True)
    panel.resize(wide)
    qtbot.waitUntil(lambda: panel.table.isVisible() and panel.look.isHidden(), timeout=WAIT)
    # A stretch on the axis of the learning rate, from its lower end to the middle, in which 0.01 is.
    area, across = picture._area, picture._across
    ends = [QPoint(round(across[0]), round(area.bottom() - share * area.height())) for share in (0.0, 0.4)]
    QTest.mousePress(picture, Qt.MouseButton.LeftButton, pos=ends[0])
    QTest.mouseMove(picture, ends[1], delay=60)
    QTest.mouseRelease(picture, Qt.MouseButton.LeftButton, pos=ends[1])
    left = [each.values["learning_rate"] for each, is_left in zip(picture.shown, picture.left, strict=True) if is_left]
    assert left == [0.01, 0.01]
    QTest.mousePress(picture, Qt.MouseButton.LeftButton, pos=ends[0])
    QTest.mouseRelease(picture, Qt.MouseButton.LeftButton, pos=ends[0])
    assert picture.left.all()
    # By keys: the best first, then the next, opened by Enter.
    picture.setFocus()
    QTest.keyClick(picture, Qt.Key.Key_Home)
    assert picture._under is best
    QTest.keyClick(picture, Qt.Key.Key_Right)
    assert picture._under is panel.table.trials.outcomes[1]
    QTest.keyClick(picture, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: len(opened) == 2, timeout=WAIT)
