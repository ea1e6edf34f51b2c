"""The plots: loss curves and the decision boundary."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QContextMenuEvent, QFontMetricsF, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QMenu
from pytestqt.qtbot import QtBot

from compute.errors import GradwireError
from compute.series import Points
from compute.snapshot import ALL, Boundary
from compute.turns import Turn
from editor import theme
from editor.palettes import LIGHT
from editor.plots.boundary import BoundaryPlot
from editor.plots.histogram import Histogram
from editor.plots.loss import LossPlot, smoothed, write_csv
from editor.plots.plane import shades
from editor.session import Session
from tests.disk import largest_file
from tests.editor.panel_session import WAIT, shown


@pytest.fixture
def plot(session: Session, qtbot: QtBot) -> LossPlot:
    plot = LossPlot(session)
    shown(qtbot, plot, 640, 260)
    plot._load()
    return plot


Curves = Mapping[str, Points]


def curves(train: Points, validation: Points | None = None, **metrics: Points) -> Curves:
    return {"loss": train, **({"validation loss": validation} if validation else {}), **metrics}


def falling(points: int) -> Curves:
    x = np.linspace(0.0, 50.0, points)
    ends = np.arange(1.0, 51.0)
    return curves(Points(x, np.exp(-x / 10.0)), Points(ends, 1.1 * np.exp(-ends / 10.0)))


def give(session: Session, series: Curves | None = None, **fields: Any) -> None:
    if series is not None:
        fields["progress"] = replace(session.snapshot.progress, series=series)
    session.snapshot = replace(session.snapshot, **fields)
    session.snapshot_changed.emit(session.snapshot)


def drawn(plot: LossPlot) -> tuple[np.ndarray, np.ndarray]:
    x, y = plot.chart._train.getOriginalDataset()
    return x, y


# -- loss ----------------------------------------------------------------------------------------------------------


def test_before_training_it_says_what_to_do(plot: LossPlot) -> None:
    assert plot.empty.isVisible()
    assert "Press Train" in plot.empty.sentence


def test_curves_are_drawn_with_their_own_numbers(plot: LossPlot, session: Session) -> None:
    given = falling(200)
    give(session, given)
    assert plot.chart.isVisible()
    assert np.array_equal(drawn(plot)[0], given["loss"].x)
    assert np.array_equal(drawn(plot)[1], given["loss"].y)
    x, y = plot.chart._validation.getOriginalDataset()
    assert np.array_equal(x, given["validation loss"].x)
    assert np.array_equal(y, given["validation loss"].y)


def test_training_draws_while_it_runs(plot: LossPlot, session: Session, qtbot: QtBot) -> None:
    session.step_epoch()
    qtbot.waitUntil(lambda: len(plot.points("loss").x) > 0, timeout=WAIT)
    assert plot.chart.isVisible()


def test_the_log_axis_leaves_out_what_has_no_logarithm(plot: LossPlot, session: Session, qtbot: QtBot) -> None:
    give(session, curves(Points(np.arange(4.0), np.array([1.0, 0.1, 0.0, 0.01]))))
    QTest.mouseClick(plot.log, Qt.MouseButton.LeftButton)
    _, y = plot.chart._train.getData()
    assert y[np.isfinite(y)].tolist() == pytest.approx([0.0, -1.0, -2.0])
    assert not plot.grab().isNull()


def test_the_view_follows_the_curves_until_a_person_moves_it(plot: LossPlot, session: Session) -> None:
    def right() -> float:
        return float(plot.chart.getPlotItem().getViewBox().viewRange()[0][1])

    give(session, curves(Points(np.arange(11.0), np.ones(11))))
    assert right() == pytest.approx(10.0, rel=0.05)
    give(session, curves(Points(np.arange(21.0), np.ones(21))))
    assert right() == pytest.approx(20.0, rel=0.05)
    plot.chart.getPlotItem().getViewBox().setRange(xRange=(2.0, 5.0), padding=0)
    plot.chart.getPlotItem().getViewBox().sigRangeChangedManually.emit([True, False])
    give(session, curves(Points(np.arange(31.0), np.ones(31))))
    assert right() == pytest.approx(5.0)
    plot.chart.follow()
    assert right() == pytest.approx(30.0, rel=0.05)


def test_limits_are_those_of_what_is_finite() -> None:
    from editor.plots.chart import limits

    curves = [(np.array([1.0, 2.0]), np.array([0.1, np.nan])), (np.array([3.0]), np.array([10.0]))]
    assert limits(curves, log=False) == (0.0, 3.0, 0.1, 10.0)
    assert limits(curves, log=True) == (0.0, 3.0, -1.0, 1.0)
    assert limits([(np.array([1.0]), np.array([np.nan]))], log=True) == (0.0, 1.0, 0.0, 1.0)


def test_a_single_point_can_be_seen(plot: LossPlot, session: Session) -> None:
    give(session, curves(Points(np.array([1.0]), np.array([0.5]))))
    image = plot.chart.grab().toImage()
    colors = {image.pixelColor(x, y).name() for x in range(image.width()) for y in range(image.height())}
    assert theme.current().train in colors


def test_smoothing_is_the_mean_of_the_last_points(plot: LossPlot, session: Session) -> None:
    y = np.array([4.0, 2.0, 0.0, 2.0])
    assert smoothed(y, 1).tolist() == y.tolist()
    assert smoothed(y, 2).tolist() == [4.0, 3.0, 1.0, 1.0]
    give(session, falling(100))
    plot.smooth.setValue(10)
    assert drawn(plot)[1].tolist() == smoothed(plot.points("loss").y, 11).tolist()


def test_the_pointer_reads_the_numbers(plot: LossPlot, session: Session) -> None:
    give(session, falling(51))
    plot.read(20.2)
    assert plot.reading.toolTip() == "epoch 21 · train 0.122 · validation 0.135"
    ends = np.arange(1.0, 51.0)
    give(session, {**falling(51), "validation accuracy": Points(ends, ends / 50.0)})
    plot.read(20.2)
    assert plot.reading.toolTip() == "epoch 21 · train 0.122 · validation 0.135 · accuracy 0.42"
    plot.stop_reading()
    assert plot.reading.text() == ""


def test_what_was_changed_is_marked_and_told_where_one_points(plot: LossPlot, session: Session, tmp_path: Path) -> None:
    turns = (Turn(80, 10.0, "learning rate", "0.1", "0.03"), Turn(80, 10.0, "Put back"), Turn(240, 30.0, "x", "1", "2"))
    progress = replace(session.snapshot.progress, series=falling(200), turns=turns)
    give(session, progress=progress)
    box = plot.chart.getPlotItem().getViewBox()
    picture = plot.chart.grab().toImage()

    def column(epoch: float) -> int:
        return int(box.mapViewToScene(QPointF(epoch, 0.5)).x())

    top = round(box.sceneBoundingRect().top()) + 3
    seen = [picture.pixelColor(column(epoch) + shift, top) for epoch in (10.0, 30.0) for shift in (0, 8)]
    assert seen[0] == seen[2] != seen[1] == seen[3], "a head over each line, and nothing beside it"
    QTest.mouseMove(plot.chart.viewport(), box.mapViewToScene(QPointF(10.1, 0.5)).toPoint())
    assert plot.reading.accessibleName() == "epoch 10.3 · learning rate: 0.1 → 0.03 · Put back"
    assert "Put back" in plot.chart.toolTip()
    QTest.qWait(30)  # pyqtgraph leaves out moves that follow closely
    QTest.mouseMove(plot.chart.viewport(), box.mapViewToScene(QPointF(20.0, 0.5)).toPoint())
    assert plot.reading.accessibleName().startswith("epoch 20.1 · train ")
    assert plot.chart.toolTip() == ""
    path = tmp_path / "curves.csv"
    write_csv(path, progress.series, turns)
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["epoch"]: row["changed"] for row in rows if row["changed"]} == {
        "10.0": "learning rate: 0.1 → 0.03; Put back",
        "30.0": "x: 1 → 2",
    }


def test_of_a_hundred_thousand_points_no_more_are_drawn_than_can_be_seen(plot: LossPlot, session: Session) -> None:
    give(session, falling(100_000))
    plot.grab()
    assert len(drawn(plot)[0]) == 100_000
    x, y = plot.chart._train.getData()
    assert plot.width() / 2 < len(x) < 4 * plot.width()
    assert (y.min(), y.max()) == pytest.approx((np.exp(-5.0), 1.0), abs=1e-3)


def test_the_data_behind_the_plot_is_a_csv(tmp_path: Path) -> None:
    path = tmp_path / "loss.csv"
    series = {"validation accuracy": Points.of([(1.0, 0.9)]), "validation loss": Points.of([(1.0, 0.65)])}
    write_csv(path, {**series, "loss": Points.of([(0.5, 0.7), (1.0, 0.6)])})
    with path.open(newline="", encoding="utf-8") as file:
        assert list(csv.reader(file)) == [
            ["epoch", "train_loss", "validation_loss", "validation_accuracy"],
            ["0.5", "0.7", "", ""],
            ["1.0", "0.6", "0.65", "0.9"],
        ]


def test_its_menu_comes_up_without_holding_the_window_and_puts_itself_away(
    plot: LossPlot, session: Session, qtbot: QtBot
) -> None:
    give(session, falling(100))
    chart = plot.chart
    assert chart is not None
    where = chart.rect().center()
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, where, chart.mapToGlobal(where))
    QApplication.sendEvent(chart.viewport(), event)  # comes back while the menu stands there
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    chart._follows = False
    gone: list[bool] = []
    menu.destroyed.connect(lambda: gone.append(True))
    QTest.mouseClick(menu, Qt.MouseButton.LeftButton, pos=menu.actionGeometry(menu.actions()[0]).center())
    assert chart._follows
    qtbot.waitUntil(lambda: bool(gone), timeout=WAIT)


def test_the_plot_is_saved_as_a_picture(plot: LossPlot, session: Session, tmp_path: Path) -> None:
    give(session, falling(50))
    plot.save_picture(tmp_path / "loss.png")
    image = QImage(str(tmp_path / "loss.png"))
    assert image.width() == 2 * plot.chart.width()
    with pytest.raises(GradwireError, match="there is no folder"):
        plot.save_picture(tmp_path / "nowhere" / "loss.png")


@pytest.mark.parametrize("suffix", [".csv", ".png"])
def test_a_full_disk_leaves_the_old_curves(plot: LossPlot, session: Session, tmp_path: Path, suffix: str) -> None:
    give(session, falling(500))
    path = tmp_path / f"loss{suffix}"
    path.write_bytes(b"good")
    said: list[str] = []
    session.message.connect(said.append)
    (plot.ask_csv if suffix == ".csv" else plot.ask_picture)()
    (dialog,) = plot.findChildren(QFileDialog)
    with largest_file(100):
        dialog.fileSelected.emit(str(path))
    assert said == [f'Cannot write "{path}": File too large; choose another folder.']
    assert path.read_bytes() == b"good"
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]
    dialog.fileSelected.emit(str(path))
    assert said[1:] == [f"Saved {path.name}"]
    assert path.stat().st_size > 1000
    dialog.close()


def test_it_follows_the_theme(plot: LossPlot, session: Session) -> None:
    give(session, falling(50))
    try:
        theme.set_mode("light")
        assert plot.chart.backgroundBrush().color().name() == LIGHT.panel
        assert plot.chart._train.opts["pen"].color().name() == LIGHT.train
    finally:
        theme.set_mode("dark")


# -- decision boundary -----------------------------------------------------------------------------------------------


def boundary(session: Session) -> Boundary:
    points = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
    answer = np.tile(np.linspace(0.0, 1.0, 8), (8, 1))
    rows = np.concatenate([session.snapshot.row_labels[:3], [777]])
    return Boundary(
        ("a", "b"),
        (-0.5, 1.5),
        (-0.5, 1.5),
        answer,
        points,
        np.array([0.0, 1.0, 1.0, 0.0]),
        2,
        np.array([True, True, True, False]),
        rows,
    )


@pytest.fixture
def plane(session: Session, qtbot: QtBot) -> BoundaryPlot:
    plot = BoundaryPlot(session)
    shown(qtbot, plot, 320, 340)
    qtbot.waitUntil(lambda: "boundary" in session.snapshot.parts, timeout=WAIT)
    give(session, boundary=boundary(session))
    return plot


def test_without_two_columns_it_says_what_it_needs(session: Session, qtbot: QtBot) -> None:
    plot = BoundaryPlot(session)
    shown(qtbot, plot, 320, 340)
    session.apply(session.edits.set_param("x", "columns", ["a"]))
    give(session, boundary=None, parts=ALL)
    assert "at least two columns" in plot.empty.sentence
    assert plot.empty.isVisible()


def test_the_picture_has_a_colour_for_each_class(plane: BoundaryPlot) -> None:
    image = plane.plane.grab().toImage()
    area = plane.plane.area()
    left = image.pixelColor(int(area.left()) + 4, int(area.center().y()))
    right = image.pixelColor(int(area.right()) - 4, int(area.center().y()))
    assert left.blue() > left.red()  # class 0 is blue, class 1 orange
    assert right.red() > right.blue()


def test_shades_grow_with_certainty() -> None:
    pixels = shades(np.array([[0.0, 0.5, 1.0]]), 2).astype(int)
    ground = np.array([int(theme.current().card[i : i + 2], 16) for i in (1, 3, 5)])
    away = np.abs(pixels - ground).sum(axis=2)[0]
    assert away[1] < away[0]
    assert away[1] < away[2]
    assert shades(np.full((2, 2, 3), 1 / 3), 3).shape == (2, 2, 3)
    assert shades(np.array([[np.nan, -1.0, 2.0]]), 0).shape == (1, 3, 3)


def test_many_classes_have_the_same_colours_without_being_mixed() -> None:
    few, many = np.eye(3)[None], np.eye(3, 40)[None]
    sure_of_few, sure_of_many = shades(few, 3).astype(int), shades(many, 40).astype(int)
    assert np.abs(sure_of_few - sure_of_many).max() <= 1
    assert len({*map(tuple, sure_of_many[0].tolist())}) == 3
    unknown = shades(np.full((1, 1, 40), np.nan), 40)
    np.testing.assert_array_equal(unknown, shades(np.full((1, 1, 40), 1 / 40), 40))


def test_a_click_on_a_point_chooses_its_sample(plane: BoundaryPlot, session: Session, qtbot: QtBot) -> None:
    place = plane.plane.place(0.0, 1.0).toPoint()
    QTest.mouseClick(plane.plane, Qt.MouseButton.LeftButton, pos=place)
    assert session.sample == 2
    assert plane.plane.chosen == session.snapshot.row_labels[2]


def test_a_point_of_no_batch_says_so(plane: BoundaryPlot, session: Session, qtbot: QtBot) -> None:
    with qtbot.waitSignal(session.message) as said:
        QTest.mouseClick(plane.plane, Qt.MouseButton.LeftButton, pos=plane.plane.place(1.0, 1.0).toPoint())
    assert said.args == ["Row 777 is not in the part of its batch that the wires show."]
    assert session.sample == 0


def test_where_it_is_low_the_plane_stands_alone_and_nothing_over_it(plane: BoundaryPlot, qtbot: QtBot) -> None:
    before = plane.size()
    plane.setMinimumSize(1, 1)  # as in a tile
    for height, there in ((110, False), (320, True)):
        plane.resize(before.width(), height)
        qtbot.waitUntil(lambda there=there: plane.below.isVisible() == there, timeout=WAIT)  # type: ignore[misc]
        plane.grab()
        low = plane.plane.mapTo(plane, plane.plane.rect().bottomLeft()).y()
        assert low <= (plane.below.mapTo(plane, QPoint()).y() if there else plane.height())
    plane.resize(before)


def test_a_click_beside_the_points_chooses_nothing(plane: BoundaryPlot) -> None:
    assert plane.plane.nearest(plane.plane.place(0.5, 0.5)) == -1
    assert plane.plane.nearest(plane.plane.place(1.0, 0.0) + QPointF(3, 3)) == 1


def test_the_chosen_sample_is_followed(plane: BoundaryPlot, session: Session) -> None:
    session.set_sample(1)
    assert plane.plane.chosen == session.snapshot.row_labels[1]


def test_the_pointer_reads_the_answer(plane: BoundaryPlot) -> None:
    QTest.mouseMove(plane.plane, plane.plane.place(1.45, 0.0).toPoint())
    assert plane.reading.toolTip().endswith("→ 1")


def test_two_other_columns_are_asked_for(session: Session, qtbot: QtBot) -> None:
    session.apply(session.edits.set_param("x", "columns", ["a", "b", "c"]))
    plot = BoundaryPlot(session)
    shown(qtbot, plot, 320, 340)
    qtbot.waitUntil(lambda: plot.plane.boundary is not None, timeout=WAIT)
    plot.up.setCurrentIndex(plot.up.findData("c"))
    plot.up.activated.emit(plot.up.currentIndex())
    qtbot.waitUntil(lambda: plot.plane.boundary is not None and plot.plane.boundary.columns == ("a", "c"), timeout=WAIT)


def test_a_real_boundary_arrives_from_the_session(session: Session, qtbot: QtBot) -> None:
    plot = BoundaryPlot(session)
    shown(qtbot, plot, 320, 340)
    qtbot.waitUntil(lambda: session.snapshot.boundary is not None, timeout=WAIT)
    assert plot.plane.boundary is session.snapshot.boundary
    assert (plot.across.currentText(), plot.up.currentText()) == ("a", "b")
    plot.across.setCurrentIndex(plot.across.findData("b"))
    plot.across.activated.emit(plot.across.currentIndex())
    qtbot.waitUntil(lambda: plot.plane.boundary is not None and plot.plane.boundary.columns == ("b", "a"), timeout=WAIT)
    assert (plot.across.currentText(), plot.up.currentText()) == ("b", "a")


def test_a_histogram_counts_finite_numbers(qtbot: QtBot) -> None:
    histogram = Histogram()
    shown(qtbot, histogram, 200, 84)
    histogram.show_numbers(np.array([1.0, 1.0, 1.0, np.nan]), "weights")
    assert histogram.counts.sum() == 3
    assert histogram.accessibleName() == "Histogram: 3 weights from 1 to 1"
    assert not histogram.grab().isNull()


def test_the_axes_stay_while_the_curves_grow_a_little(plot: LossPlot, session: Session) -> None:
    box = plot.chart.getPlotItem().getViewBox()

    def view(epochs: float, top: float = 1.0) -> list[list[float]]:
        give(session, curves(Points(np.linspace(0.0, epochs, 50), np.linspace(top, 0.1, 50))))
        shown: list[list[float]] = [list(side) for side in box.viewRange()]
        assert shown[0][1] >= epochs
        assert shown[1][1] >= top
        return shown

    first = view(100.0)
    assert view(101.0) == first
    assert view(102.0) == first
    assert view(104.0) != first
    # What shrinks is not left small in a corner.
    assert view(50.0)[0][1] < 53.0
    assert view(50.0, 0.5)[1][1] < 0.53


def test_a_plot_that_is_dear_to_draw_leaves_curves_out_but_never_the_last(plot: LossPlot, session: Session) -> None:
    give(session, falling(10), state="running")
    plot.chart.seconds = 1e6
    give(session, falling(20), state="running")
    assert len(drawn(plot)[0]) == 10
    plot.chart.seconds = 0.0
    give(session, falling(30), state="running")
    assert len(drawn(plot)[0]) == 30
    plot.chart.seconds = 1e6
    give(session, falling(40), state="paused")
    assert len(drawn(plot)[0]) == 40


@pytest.mark.parametrize("factor", [1.0, 2.0])
@pytest.mark.parametrize("size", [(640, 260), (300, 130), (200, 115)])
@pytest.mark.parametrize("log", [False, True])
def test_numbers_of_the_axes_stand_apart_at_every_size(
    plot: LossPlot, session: Session, factor: float, size: tuple[int, int], log: bool
) -> None:
    theme.set_scale(factor)
    theme.finish_change()
    plot.resize(*size)
    plot.log.setChecked(log)
    x = np.linspace(0.0, 40000.0, 500)
    give(session, curves(Points(x, 0.615 + 0.1 * np.exp(-x / 9000.0))))
    plot.grab()
    numbers = 0
    for name in ("left", "bottom"):
        axis = plot.chart.getPlotItem().getAxis(name)
        metrics = QFontMetricsF(axis.style["tickFont"])
        places = axis._specs[2]
        areas = [(rect.center(), metrics.size(0, text)) for rect, _, text in places]
        numbers += len(areas)
        for i, (a, size_a) in enumerate(areas):
            for b, size_b in areas[:i]:
                apart_x = abs(a.x() - b.x()) >= 0.95 * (size_a.width() + size_b.width()) / 2
                apart_y = abs(a.y() - b.y()) >= 0.95 * (size_a.height() + size_b.height()) / 2
                assert apart_x or apart_y, (name, places)
    assert numbers >= 1
    theme.set_scale(1.0)
    theme.finish_change()


def test_the_axes_are_worked_out_again_when_view_size_or_theme_change(plot: LossPlot, session: Session) -> None:
    axis = plot.chart.getPlotItem().getAxis("bottom")

    def specs(epochs: int) -> object:
        give(session, curves(Points(np.arange(float(epochs)), np.ones(epochs))))
        plot.grab()
        return axis._specs

    first = specs(50)
    assert specs(50) is first
    assert specs(80) is not first
    second = specs(80)
    plot.resize(700, 300)
    assert specs(80) is not second
    third = specs(80)
    plot.chart.dress()
    assert specs(80) is not third


def test_a_small_part_of_an_epoch_is_written_as_a_number(plot: LossPlot, session: Session) -> None:
    axis = plot.chart.getPlotItem().getAxis("bottom")
    give(session, curves(Points(np.array([0.0, 0.01]), np.ones(2))))
    plot.grab()
    assert (axis.labelText, axis.autoSIPrefix, axis.autoSIPrefixScale) == ("epoch", False, 1.0)
