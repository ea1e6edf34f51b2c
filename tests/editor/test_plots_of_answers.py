"""Plots of what a network answers: their numbers, and the samples that they open."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, QRectF
from PySide6.QtGui import QFontMetricsF
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from compute.document import Asked, Document, Exercise, Learner
from editor import theme
from editor.background import Background
from editor.plots import pictures
from editor.plots.answers import FitPlot, SamplesPlot
from editor.plots.axes import Axes
from editor.plots.judging import ConfusionPlot, PredictedPlot
from editor.plots.place import NAME, PlotsPlace
from editor.settings import Settings
from tests.compute.exercises_made import of_node
from tests.compute.test_job import small
from tests.editor.panel_session import LEFT, PAUSE, WAIT, opened, shown
from tests.editor.test_plot_place import add, trained


@contextmanager
def made(qtbot: QtBot, document: Document) -> Iterator[PlotsPlace]:
    """An empty place on a document."""
    Settings().set_words(NAME, "[]")
    with opened(qtbot, document) as session:
        place = PlotsPlace(session, Background())
        shown(qtbot, place, 900, 520)
        place.make()
        yield place
        place.close_down()
    Settings()._store.remove(NAME)


@pytest.fixture
def place(qtbot: QtBot) -> Iterator[PlotsPlace]:
    """Its loss compares classes."""
    with made(qtbot, small()) as place:
        yield place


@pytest.fixture
def of_numbers(qtbot: QtBot) -> Iterator[PlotsPlace]:
    """Its loss compares numbers."""
    document = small()
    document.graph.nodes["loss"] = replace(document.graph.nodes["loss"], op="mean_squared_error")
    with made(qtbot, document) as place:
        yield place


def only(place: PlotsPlace, qtbot: QtBot, kind: str) -> PredictedPlot:
    (tile,) = add(place, kind)
    trained(place, qtbot)
    assert isinstance(tile.plot, PredictedPlot)
    tile.plot.grab()
    return tile.plot


def click(qtbot: QtBot, plot: PredictedPlot, at: QPointF) -> None:
    where = QPoint(round(at.x()), round(at.y()))
    QTest.mouseMove(plot.body, where)
    QTest.mousePress(plot.body, LEFT, pos=where)
    qtbot.wait(PAUSE)
    QTest.mouseRelease(plot.body, LEFT, pos=where)


def sample(place: PlotsPlace) -> int:
    """The row of the table that is chosen."""
    session = place.session
    return int(session.snapshot.row_labels[session.sample])


def test_a_confusion_matrix_counts_every_row_and_opens_those_of_a_cell_one_by_one(
    place: PlotsPlace, qtbot: QtBot
) -> None:
    plot = only(place, qtbot, "confusion")
    assert isinstance(plot, ConfusionPlot)
    found = plot.found
    assert found is not None
    counts = plot._counts
    assert counts.sum() == 8
    i, j = np.unravel_index(int(counts.argmax()), counts.shape)
    of_cell = found.rows[(found.truth == i) & (found.guess == j)].tolist()
    assert len(of_cell) == counts[i, j] > 1
    area = plot._area
    middle = QPointF(area.left() + (j + 0.5) * area.width() / 2, area.top() + (i + 0.5) * area.height() / 2)
    for row in (*of_cell, of_cell[0]):
        click(qtbot, plot, middle)
        qtbot.waitUntil(lambda row=row: sample(place) == row, timeout=WAIT)  # type: ignore[misc]
    lines = list(csv.reader(io.StringIO(pictures.csv_text(plot))))
    assert [[int(cell) for cell in line[1:]] for line in lines[1:]] == counts.tolist()


def test_a_cell_of_validation_rows_opens_them_on_the_wires_and_they_are_walked_through(qtbot: QtBot) -> None:
    document = small()
    document.data = {**document.data, "validation_fraction": 0.5}
    with made(qtbot, document) as place:
        plot, session = only(place, qtbot, "confusion"), place.session
        assert isinstance(plot, ConfusionPlot)
        found = plot.found
        assert found is not None
        assert (plot.chosen("rows"), len(found.rows)) == ("validation", 4)
        i, j = np.unravel_index(int(plot._counts.argmax()), plot._counts.shape)
        of_cell = found.rows[(found.truth == i) & (found.guess == j)].tolist()
        area = plot._area
        middle = QPointF(area.left() + (j + 0.5) * area.width() / 2, area.top() + (i + 0.5) * area.height() / 2)
        for row in of_cell:
            click(qtbot, plot, middle)
            qtbot.waitUntil(lambda row=row: sample(place) == row, timeout=WAIT)  # type: ignore[misc]
        batch, shown_at = session.snapshot.batch, session.sample
        assert (batch.of, batch.name) == ("validation", "all 4 validation rows")
        # What the plot says of the row is what the wires say of it.
        at = int(np.flatnonzero(found.rows == of_cell[-1])[0])
        logit = float(session.snapshot.trace.values["z"][shown_at, 0])
        assert 1 / (1 + np.exp(-logit)) == pytest.approx(found.answers[at, 1], abs=1e-6)
        session.start_walk()
        qtbot.waitUntil(lambda: session.walk is not None, timeout=WAIT)
        assert session.snapshot.batch.of == "validation"
        session.stop_walk()
        session.batches.show_kept()
        qtbot.waitUntil(lambda: session.snapshot.batch.of == "training", timeout=WAIT)
        assert session.snapshot.batch.is_next


def test_of_numbers_each_point_is_a_row_and_what_is_left_is_in_the_table(of_numbers: PlotsPlace, qtbot: QtBot) -> None:
    plot = only(of_numbers, qtbot, "fit")
    assert isinstance(plot, FitPlot)
    assert plot.missing is None
    assert plot.found is not None
    assert plot._axes is not None
    assert (plot._axes.x.name, plot._axes.y.name) == ("target", "prediction")
    # The upright name has a line of its own beside the numbers.
    bare = Axes.within(QRectF(0, 0, 300, 200), plot._axes.x, replace(plot._axes.y, name=""))
    named = Axes.within(QRectF(0, 0, 300, 200), plot._axes.x, plot._axes.y)
    assert named.area.left() - bare.area.left() > QFontMetricsF(theme.mono_font(8.5)).height()
    x, y = plot._points(plot.found)
    click(qtbot, plot, plot._axes.point(float(x[5, 0]), float(y[5, 0])))
    qtbot.waitUntil(lambda: sample(of_numbers) == 5, timeout=WAIT)
    lines = list(csv.reader(io.StringIO(pictures.csv_text(plot))))
    assert lines[0] == ["row", "c", "c_predicted", "c_left"]
    truth, guess, left = (np.array([float(line[k]) for line in lines[1:]]) for k in (1, 2, 3))
    assert truth.tolist() == [0, 1, 1, 0, 0, 1, 1, 0]
    assert guess == pytest.approx(plot.found.answers[:, 0])
    assert left == pytest.approx(truth - guess)
    assert "<svg" in pictures.svg(plot).decode()


def test_answers_that_an_exercise_asks_for_are_not_plotted(of_numbers: PlotsPlace, qtbot: QtBot) -> None:
    plot = only(of_numbers, qtbot, "fit")
    session, worker = plot.session, Background(of_numbers)
    session.exercising.use(session, worker)
    asks = Exercise(asked=(Asked(of_node("z", "value", 0, 0)),), learner=Learner("ann"))
    session.apply(session.edits.set_exercise("Ask", asks))
    hidden = ("Not shown yet", "It would say what the exercise asks for; hand in first.")
    qtbot.waitUntil(lambda: plot.missing == hidden, timeout=WAIT)
    session.apply(session.edits.set_exercise("Hand in", replace(asks, handed_in=True)))
    qtbot.waitUntil(lambda: plot.missing is None, timeout=WAIT)
    worker.close(1.0)


def test_what_a_walk_asks_for_is_not_plotted_until_it_is_left(of_numbers: PlotsPlace, qtbot: QtBot) -> None:
    fit = only(of_numbers, qtbot, "fit")
    (norms,), (spread,) = add(of_numbers, "norms"), add(of_numbers, "gradients")
    every = [fit, norms.plot, spread.plot]
    qtbot.waitUntil(lambda: not any(each.missing for each in every), timeout=WAIT)
    session = of_numbers.session
    session.asking.set_on(True)
    session.start_walk()
    hidden = ("Not shown yet", "The walk asks first, and has not come to it yet.")
    qtbot.waitUntil(lambda: all(each.missing == hidden for each in every), timeout=WAIT)
    session.walk_to(10**9)  # past the gradients, which are known then
    qtbot.waitUntil(lambda: not any(each.missing for each in every), timeout=WAIT)
    session.walk_to(0)
    qtbot.waitUntil(lambda: all(each.missing == hidden for each in every), timeout=WAIT)
    session.stop_walk()
    qtbot.waitUntil(lambda: not any(each.missing for each in every), timeout=WAIT)
    session.asking.set_on(False)


def test_the_worst_samples_come_first_and_a_click_opens_one(place: PlotsPlace, qtbot: QtBot) -> None:
    plot = only(place, qtbot, "samples")
    assert isinstance(plot, SamplesPlot)
    assert plot.found is not None
    badness = plot.found.badness[plot._shown]
    assert (np.diff(badness) <= 0).all()
    click(qtbot, plot, plot._cells[1].center())
    qtbot.waitUntil(lambda: sample(place) == plot._shown[1], timeout=WAIT)
    table = plot.table()
    assert list(table.columns) == ["row", "is", "taken_for", "probability", "minus_log_p"]
    assert {word for line in table.lines for word in line[1:3]} <= set(plot.found.names), "names, nothing beside them"
    for row, is_, _, _, off in table.lines:
        i = plot.found.rows.tolist().index(row)
        assert np.exp(-float(off)) == pytest.approx(plot.found.answers[i, plot.found.names.index(str(is_))])


def test_a_plot_of_classes_says_so_where_there_are_numbers(of_numbers: PlotsPlace, qtbot: QtBot) -> None:
    plot = only(of_numbers, qtbot, "confusion")
    assert plot.missing is not None
    assert plot.missing.title == "No classes"
    assert plot.found is None
    said: list[str] = []
    of_numbers.session.message.connect(said.append)
    pictures.ask_and_save(plot, ".png")
    assert said == [f"Confusion matrix has nothing to save. {plot.missing.sentence}"]
    worst = only(of_numbers, qtbot, "samples").table()
    assert list(worst.columns) == ["row", "target", "prediction", "off_by"]
    assert all(off == pytest.approx(abs(a - b), rel=1e-6) for _, a, b, off in worst.lines)  # type: ignore[operator]
