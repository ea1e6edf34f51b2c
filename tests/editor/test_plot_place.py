"""The place of the plots: every kind in both themes, and all that is done with tiles by mouse and keys."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QMenu, QWidget
from pytestqt.qtbot import QtBot

from compute.measure import Measure
from compute.surface import FlatWeights
from editor import theme
from editor.background import Background
from editor.plots import pictures
from editor.plots.arrangement import Spot
from editor.plots.held import HeldForm
from editor.plots.kinds import KINDS, by_group
from editor.plots.landscape import LandscapePlot
from editor.plots.place import NAME, PlotsPlace
from editor.plots.tile import Tile
from editor.session import Session
from editor.settings import Settings
from tests.editor.panel_session import LEFT, PAUSE, WAIT, click, opened, shown, type_into


@pytest.fixture
def place(session: Session, qtbot: QtBot) -> Iterator[PlotsPlace]:
    """An empty place, wide enough for three plots side by side."""
    Settings().set_words(NAME, "[]")
    made = PlotsPlace(session, Background())
    shown(qtbot, made, 1000, 520)
    made.activateWindow()
    qtbot.waitUntil(made.isActiveWindow, timeout=WAIT)
    made.make()
    yield made
    made.close_down()
    Settings()._store.remove(NAME)


def add(place: PlotsPlace, *kinds: str) -> list[Tile]:
    tiles = [tile for kind in kinds if (tile := place.add(kind)) is not None]
    QApplication.processEvents()
    return tiles


def rows(place: PlotsPlace) -> list[list[str]]:
    return [[spot.kind for spot in row.spots] for row in place.arrangement.rows]


def trained(place: PlotsPlace, qtbot: QtBot, steps: int = 3) -> None:
    session = place.session
    for _ in range(steps):
        before = session.snapshot.step
        session.step_batch()
        qtbot.waitUntil(lambda before=before: session.snapshot.step > before, timeout=WAIT)  # type: ignore[misc]
    wanted = session.wanted.parts
    qtbot.waitUntil(lambda: session.snapshot.parts >= wanted, timeout=WAIT)
    qtbot.waitUntil(lambda: not place._turns._waiting, timeout=WAIT)


# -- every kind ------------------------------------------------------------------------------------------------------


def test_every_kind_says_what_it_is() -> None:
    assert sum(map(len, by_group().values())) == len(KINDS)
    for id_, kind in KINDS.items():
        assert id_ == kind.id
        assert kind.title
        assert kind.help.endswith(".")
        assert len({option.key for option in kind.options}) == len(kind.options)


def test_every_kind_is_drawn_in_both_themes_and_gives_its_numbers(qtbot: QtBot) -> None:
    Settings().set_words(NAME, "[]")
    with opened(qtbot, "spiral") as session:
        place = PlotsPlace(session, Background())
        shown(qtbot, place, 1200, 900)
        tiles = add(place, *(kind for kind in KINDS if kind != "fit"))  # which is of numbers
        trained(place, qtbot)
        (surface,) = (tile.plot for tile in tiles if isinstance(tile.plot, LandscapePlot))
        qtbot.waitUntil(lambda: surface.surface is not None and surface._task is None, timeout=WAIT)
        drawn: dict[str, list[QImage]] = {}
        for mode in ("light", "dark"):
            theme.set_mode(mode)
            theme.finish_change()
            for tile in tiles:
                picture = pictures.image(tile.plot, 1.0)
                colors = {picture.pixel(x, y) for x in range(0, picture.width(), 5) for y in range(40, 300, 9)}
                assert len(colors) > 3, tile.plot.id
                drawn.setdefault(tile.plot.id, []).append(picture)
        for tile in tiles:
            plot = tile.plot
            assert plot.missing is None, plot.id
            assert tile.accessibleName() == f"Plot: {plot.caption}"
            assert drawn[plot.id][0] != drawn[plot.id][1]
            assert "<svg" in pictures.svg(plot).decode()
            table = list(csv.reader(io.StringIO(pictures.csv_text(plot))))
            assert len(table) > 1, plot.id
            assert {len(line) for line in table} == {len(table[0])}
        theme.set_mode("dark")
        place.close_down()
    Settings()._store.remove(NAME)


def test_a_plot_says_what_stands_under_the_pointer_and_the_keys_move_it(place: PlotsPlace, qtbot: QtBot) -> None:
    (tile,) = add(place, "norms")
    trained(place, qtbot)
    tile.plot.grab()
    QTest.mouseMove(tile.plot.body, tile.plot.body.rect().center())
    qtbot.waitUntil(lambda: tile.reading.toolTip().startswith("step "), timeout=WAIT)
    tile.setFocus()
    QTest.keyClick(tile, Qt.Key.Key_End)
    last = tile.reading.toolTip()
    course = place.recorded.of(tile.plot.measure)
    assert last.startswith(f"step {course.steps[-1]} · ")
    QTest.keyClick(tile, Qt.Key.Key_Left)
    assert tile.reading.toolTip().startswith(f"step {course.steps[-2]} · ")


def test_only_plots_on_the_screen_are_measured(place: PlotsPlace, qtbot: QtBot) -> None:
    def measured() -> set[str]:
        return {type(part).__name__ for part in place.session.wanted.parts if isinstance(part, Measure)}

    add(place, "norms", "weights")
    assert measured() == {"Norms", "SpreadOf"}
    place.hide()
    assert measured() == set()
    place.show()
    assert measured() == {"Norms", "SpreadOf"}
    place.close_plot(place.arrangement.spots[0])
    assert measured() == {"SpreadOf"}


def test_another_choice_is_measured_and_remembered(place: PlotsPlace, qtbot: QtBot) -> None:
    (tile,) = add(place, "weights")
    trained(place, qtbot)
    box = tile.combos["weight"]
    assert box.isVisible()
    first = tile.plot.measure
    box.setFocus()
    QTest.keyClick(box, Qt.Key.Key_Down)
    assert tile.plot.measure != first
    assert tile.plot.measure in place.session.wanted.parts
    assert f'"weight": "{box.key}"' in Settings().words(NAME)
    assert tile.plot.caption.startswith("Weights · ")


# -- tiles -----------------------------------------------------------------------------------------------------------


def test_plots_are_added_by_the_menu_in_any_number(place: PlotsPlace) -> None:
    for _ in range(2):
        click(place.add_button)
        menu = QApplication.activePopupWidget()
        assert isinstance(menu, QMenu)
        action = next(each for each in menu.actions() if each.text() == "Norms")
        QTest.mouseClick(menu, LEFT, pos=menu.actionGeometry(action).center())
    assert rows(place) == [["norms", "norms"]]
    assert place.focusWidget() is place.tiles[id(place.arrangement.spots[1])]


def drag(place: PlotsPlace, tile: Tile, to: QPoint) -> None:
    """Pull a tile by its bar to a place in the tiling, with a real press, pause and release."""
    bar, tiling = tile.bar, place.tiling
    start = QPoint(bar.width() // 2, bar.height() // 2)
    QTest.mousePress(bar, LEFT, pos=start)
    QTest.qWait(PAUSE)
    for share in (0.3, 1.0):
        way = bar.mapFrom(tiling, to) - start
        QTest.mouseMove(bar, start + QPoint(round(way.x() * share), round(way.y() * share)))
    QTest.mouseRelease(bar, LEFT, pos=bar.mapFrom(tiling, to))


def test_a_tile_is_pulled_beside_another(place: PlotsPlace) -> None:
    norms, weights, rate = add(place, "norms", "weights", "rate")
    assert rows(place) == [["norms", "weights", "rate"]]
    area = norms.geometry()
    drag(place, rate, QPoint(area.left() + 20, area.center().y()))
    assert rows(place) == [["rate", "norms", "weights"]]
    assert rate.x() < norms.x() < weights.x()
    drag(place, rate, QPoint(weights.geometry().center().x(), weights.geometry().bottom() - 5))
    assert rows(place) == [["norms", "weights"], ["rate"]]
    assert rate.width() == place.tiling.width()
    assert place.tiling._mark.isHidden()


def test_esc_leaves_a_tile_that_is_pulled_where_it_was(place: PlotsPlace) -> None:
    norms, weights = add(place, "norms", "weights")
    bar = weights.bar
    QTest.mousePress(bar, LEFT, pos=bar.rect().center())
    QTest.qWait(PAUSE)
    QTest.mouseMove(bar, bar.mapFrom(place.tiling, norms.geometry().center() - QPoint(60, 0)))
    assert place.tiling._mark.isVisible()
    QTest.keyClick(weights, Qt.Key.Key_Escape)
    assert place.tiling._mark.isHidden()
    QTest.mouseRelease(bar, LEFT, pos=bar.mapFrom(place.tiling, norms.geometry().center()))
    assert rows(place) == [["norms", "weights"]]


def test_a_gap_is_pulled(place: PlotsPlace) -> None:
    norms, weights = add(place, "norms", "weights")
    before = norms.width()
    gap = QPoint(norms.geometry().right() + 3, 60)
    QTest.mousePress(place.tiling, LEFT, pos=gap)
    QTest.qWait(PAUSE)
    QTest.mouseMove(place.tiling, gap + QPoint(80, 0))
    QTest.mouseRelease(place.tiling, LEFT, pos=gap + QPoint(80, 0))
    assert norms.width() == pytest.approx(before + 80, abs=3)
    assert norms.width() + weights.width() == pytest.approx(place.tiling.width() - 6, abs=2)
    assert place.arrangement.spots[0].width > place.arrangement.spots[1].width


def test_tiles_are_moved_and_resized_by_keys(place: PlotsPlace) -> None:
    norms, weights = add(place, "norms", "weights")
    alt, ctrl = Qt.KeyboardModifier.AltModifier, Qt.KeyboardModifier.ControlModifier
    QTest.keyClick(weights, Qt.Key.Key_Left, alt)
    assert rows(place) == [["weights", "norms"]]
    assert weights.hasFocus()
    before = weights.width()
    QTest.keyClick(weights, Qt.Key.Key_Right, ctrl)
    assert weights.width() > before
    QTest.keyClick(weights, Qt.Key.Key_Down, alt)
    assert rows(place) == [["norms"], ["weights"]]
    QTest.keyClick(weights, Qt.Key.Key_Return)
    assert weights.size() == place.tiling.size()
    assert norms.isHidden()
    QTest.keyClick(weights, Qt.Key.Key_Return)
    assert norms.isVisible()
    QTest.keyClick(weights, Qt.Key.Key_Delete)
    assert rows(place) == [["norms"]]
    assert norms.hasFocus()
    QTest.keyClick(norms, Qt.Key.Key_Delete)
    assert place.empty.isVisible()


def test_a_plot_is_torn_off_and_put_back_where_it_was(place: PlotsPlace, qtbot: QtBot) -> None:
    norms, weights = add(place, "norms", "weights")
    click(norms.bar.float)
    torn = place.torn[id(norms.spot)]
    assert torn.isVisible()
    assert torn.isWindow()
    assert torn.tile is norms
    assert norms.bar.float.accessibleName() == "Put Norms back"
    assert weights.width() == place.tiling.width()
    place.hide()
    trained(place, qtbot, 1)
    assert norms.plot.missing is None
    place.show()
    click(norms.bar.float)
    assert place.torn == {}
    assert norms.x() < weights.x()
    click(norms.bar.float)
    place.torn[id(norms.spot)].close()
    assert rows(place) == [["weights"]]


def test_a_tile_dropped_beyond_the_place_has_a_window_of_its_own(place: PlotsPlace) -> None:
    norms, _ = add(place, "norms", "weights")
    drag(place, norms, QPoint(200, place.height() + 300))
    assert id(norms.spot) in place.torn


def test_a_narrow_place_has_fewer_side_by_side(place: PlotsPlace) -> None:
    tiles = add(place, "norms", "weights", "rate")
    assert len({tile.y() for tile in tiles}) == 1
    place.resize(360, 520)
    QApplication.processEvents()
    assert len({tile.y() for tile in tiles}) == 3
    assert all(tile.height() >= 150 for tile in tiles)
    assert not tiles[0].combos["of"].isVisible() or tiles[0].width() > 300


def test_what_was_there_is_there_at_the_next_start(place: PlotsPlace, session: Session, qtbot: QtBot) -> None:
    add(place, "norms", "weights")
    place.arrangement.resize(place.arrangement.spots[0], 2.0)
    place._keep()
    again = PlotsPlace(session, Background())
    shown(qtbot, again, 1000, 520)
    qtbot.waitUntil(lambda: len(again.tiles) == 2, timeout=WAIT)
    assert rows(again) == [["norms", "weights"]]
    assert again.arrangement.spots[0].width == 2.0
    again.close_down()


# -- files -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [".png", ".svg", ".csv"])
def test_it_is_saved_as_a_file(place: PlotsPlace, qtbot: QtBot, tmp_path: Path, kind: str) -> None:
    (tile,) = add(place, "norms")
    trained(place, qtbot)
    said: list[str] = []
    place.session.message.connect(said.append)
    tile.menu_at(tile.mapToGlobal(QPoint(5, 5)))
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    action = next(each for each in menu.actions() if kind[1:].upper() in each.text())
    QTest.mouseClick(menu, LEFT, pos=menu.actionGeometry(action).center())
    (dialog,) = tile.plot.findChildren(QFileDialog)
    path = tmp_path / f"norms{kind}"
    dialog.fileSelected.emit(str(path))
    dialog.close()
    qtbot.waitUntil(lambda: said == [f"Saved {path.name}"], timeout=WAIT)
    if kind == ".png":
        size = pictures.size_of(tile.plot)
        assert QImage(str(path)).width() == 2 * round(size.width())
    else:
        text = path.read_text("utf-8")
        assert ("step," if kind == ".csv" else "<svg") in text
        assert ("Norms" in text) == (kind == ".svg")


def test_picture_and_numbers_are_copied(place: PlotsPlace, qtbot: QtBot) -> None:
    (tile,) = add(place, "norms")
    trained(place, qtbot)
    ctrl, shift = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
    QTest.keyClick(tile, Qt.Key.Key_C, ctrl)
    assert QGuiApplication.clipboard().image().width() > 400
    QTest.keyClick(tile, Qt.Key.Key_C, ctrl | shift)
    assert QGuiApplication.clipboard().text().startswith("step,")


def test_everything_in_reach_has_a_name(place: PlotsPlace) -> None:
    add(place, "norms")
    nameless = [
        each
        for each in place.findChildren(QWidget)
        if each.isVisible() and each.focusPolicy() & Qt.FocusPolicy.TabFocus and not each.accessibleName()
    ]
    assert nameless == []
    assert isinstance(place.arrangement.spots[0], Spot)


# -- the decision boundary -------------------------------------------------------------------------------------------


def test_a_boundary_says_at_what_other_inputs_are_held_and_holds_them_elsewhere(qtbot: QtBot) -> None:
    Settings().set_words(NAME, "[]")
    with opened(qtbot, "iris") as session:
        place = PlotsPlace(session, Background())
        shown(qtbot, place, 900, 700)
        one, other = add(place, "boundary", "boundary")
        planes = [tile.plot.inside for tile in (one, other)]  # type: ignore[attr-defined]
        qtbot.waitUntil(lambda: all(each.plane.boundary is not None for each in planes), timeout=WAIT)
        first, second = planes
        held = dict(first.plane.boundary.held)
        table = session.snapshot.table
        assert table is not None
        assert list(held) == list(table.names[2:4])
        rows = np.setdiff1d(np.arange(150), np.flatnonzero(session.snapshot.held))
        for name, number in held.items():
            assert number == pytest.approx(table.columns[name][rows].mean(), rel=1e-6)
        assert first.others.accessibleName().startswith("held at their means: ")
        click(first.others)
        (form,) = first.findChildren(HeldForm)
        name = next(iter(held))
        type_into(form.lines[name], "7")
        before = second.plane.boundary.answer
        qtbot.waitUntil(lambda: first.plane.boundary.held[name] == 7.0, timeout=WAIT)
        assert first.others.accessibleName().startswith(f"held: {name} 7")
        assert np.abs(first.plane.boundary.answer - before).max() > 0.01
        qtbot.waitUntil(lambda: second.plane.boundary.held == held, timeout=WAIT)
        assert np.array_equal(second.plane.boundary.answer, before)
        assert f"{name}" in Settings().words(NAME)
        click(form.means)
        qtbot.waitUntil(lambda: first.plane.boundary.held == held, timeout=WAIT)
        place.close_down()
    Settings()._store.remove(NAME)


# -- the loss surface ------------------------------------------------------------------------------------------------


def test_the_loss_surface_is_worked_out_beside_the_window_and_holds_the_path(place: PlotsPlace, qtbot: QtBot) -> None:
    path, random = (place.add("landscape", {"way": way}) for way in ("path", "random"))
    assert path is not None
    assert random is not None
    assert path.plot.missing is not None or path.plot._task is None  # type: ignore[attr-defined]
    trained(place, qtbot, 6)
    for tile in (path, random):
        plot = tile.plot
        assert isinstance(plot, LandscapePlot)
        # The surface may still be that of the step before.
        qtbot.waitUntil(lambda plot=plot: (plot._of or (0, 0))[1] == place.session.snapshot.step, timeout=WAIT)  # type: ignore[misc]
        qtbot.waitUntil(lambda plot=plot: plot.surface is not None and plot._task is None, timeout=WAIT)  # type: ignore[misc]
        assert plot.surface is not None
        assert plot._path[-1] == pytest.approx([0.0, 0.0], abs=1e-3)
        assert len(plot._path) == len(place.recorded.of(FlatWeights()).steps)
        before = plot.surface
        plot.grab()
        QTest.mouseMove(plot.body, plot.body.rect().center())
        assert ": loss " in tile.reading.toolTip()
        click(plot.body)
        qtbot.waitUntil(lambda plot=plot, before=before: plot.surface is not before, timeout=WAIT)  # type: ignore[misc]


def test_a_plot_says_that_its_numbers_are_coming_and_one_step_is_path_enough(place: PlotsPlace, qtbot: QtBot) -> None:
    tile, scores = place.add("landscape", {"way": "path"}), place.add("scores")
    assert tile is not None
    assert scores is not None
    plot = tile.plot
    assert isinstance(plot, LandscapePlot)
    assert scores.plot.empty.sentence == "The numbers of this plot are being worked out."
    qtbot.waitUntil(lambda: scores.plot.missing is None, timeout=WAIT)
    qtbot.waitUntil(lambda: plot.missing is not None and plot.missing.title == "No path yet", timeout=WAIT)
    trained(place, qtbot, 1)
    qtbot.waitUntil(lambda: plot.surface is not None and plot._task is None, timeout=WAIT)
    assert plot.surface is not None
    assert plot.surface.straight
    assert plot._path.shape == (2, 2)
    assert plot._path[:, 1] == pytest.approx([0.0, 0.0], abs=1e-3), "straight ahead"
    assert plot._path[0, 0] < plot._path[1, 0] == pytest.approx(0.0, abs=1e-3)
