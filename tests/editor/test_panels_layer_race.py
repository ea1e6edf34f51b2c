"""Timing a layer in its panel: live, cancelled at once, and never beside a training."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence

import pytest
from PySide6.QtCore import QPoint
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from compute.benchmark.layer import WAYS, Size, Taken, Way
from compute.errors import GradwireError
from editor.panels import layer_race
from editor.panels.layer_race import LayerRace
from editor.session import Session
from tests.editor.panel_session import WAIT, click, endless, line_of, shown, type_into


class FakeRace:
    """Gives times made up from the size, and waits before the last of them until it is let go or stopped."""

    made: list[FakeRace] = []
    seconds = {"neurons": 1e-3, "matrix": 1e-5, "device": 2e-6}

    def __init__(self, device: str | None) -> None:
        self.device = device
        self.ways: tuple[Way, ...] = WAYS if device else WAYS[:2]
        self.going, self.stopped = threading.Event(), False
        self.made.append(self)

    def run(self, sizes: Sequence[Size], told: Callable[[Taken], None]) -> None:
        for size in sizes:
            for way in self.ways:
                if size is sizes[-1] and way == self.ways[-1]:
                    self.going.wait(10)
                    if self.stopped:
                        raise GradwireError("the process that measures ended; start again")
                rows = 3 if way == "neurons" and size is sizes[-1] else size.batch
                told(Taken(way, size, self.seconds[way] * size.inputs, rows, 1e-6))

    def stop(self) -> None:
        self.stopped = True
        self.going.set()


def running(panel: LayerRace) -> bool:
    """Asked anew each time, whatever was known before."""
    return panel.running


@pytest.fixture
def panel(session: Session, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> Iterator[LayerRace]:
    FakeRace.made = []
    monkeypatch.setattr(layer_race, "Race", FakeRace)
    panel = LayerRace(session)
    shown(qtbot, panel, 760, 260)
    yield panel
    panel.close_down()


def test_sizes_are_typed_points_come_in_and_the_results_are_said(panel: LayerRace, qtbot: QtBot) -> None:
    for name, text in (("batch", "8"), ("inputs", "4"), ("outputs", "2")):
        type_into(line_of(panel.fields[name]), text)
    assert panel.said.text().startswith("X (8×4) · W (4×2) + b (2): 16 sums of 4 products.")
    assert "there is no kernel; choose a device" in panel.said.text()
    click(panel.go)
    assert running(panel)
    assert (panel.go.text(), panel.go.accessibleName()) == ("Stop", "Stop")
    qtbot.waitUntil(lambda: len(panel.plot.taken) == 5, timeout=WAIT)
    assert panel.progress.isVisible()
    assert (panel.progress.value(), panel.progress.maximum()) == (5, 6)
    assert panel.times["neurons"][0].text() == "4 ms"
    assert panel.times["matrix"][0].text() == "–"
    FakeRace.made[0].going.set()
    qtbot.waitUntil(lambda: not panel.running, timeout=WAIT)
    assert [taken.size.multiply_adds for taken in panel.plot.taken if taken.way == "matrix"] == [8, 16, 64]
    assert [each.text() for each in panel.times["matrix"]] == ["40 µs", "100 ×"]
    assert panel.said.text().startswith(
        "All give the same: the largest difference from sums in float64 is 1e-6. Of the loop 3 of 8 rows were timed."
    )
    assert (panel.go.text(), panel.progress.isVisible()) == ("Time it", False)


def test_a_size_that_cannot_be_is_refused_where_it_is_typed(panel: LayerRace) -> None:
    type_into(line_of(panel.fields["batch"]), "0")
    assert panel.fields["batch"].problem.text() == "batch must be at least 1."
    assert panel.sizes["batch"] == 64


def test_it_is_stopped_at_once_and_begun_again(panel: LayerRace, qtbot: QtBot) -> None:
    click(panel.go)
    qtbot.waitUntil(lambda: len(panel.plot.taken) > 1, timeout=WAIT)
    click(panel.go)
    assert not running(panel)
    assert FakeRace.made[0].stopped
    assert panel.said.text().startswith("Stopped.")
    click(panel.go)
    assert running(panel)
    FakeRace.made[1].going.set()
    qtbot.waitUntil(lambda: not panel.running, timeout=WAIT)
    assert "All give the same" in panel.said.text()


def test_training_comes_first(panel: LayerRace, session: Session, qtbot: QtBot) -> None:
    click(panel.go)
    assert running(panel)
    endless(qtbot, session)
    assert not running(panel)
    assert FakeRace.made[0].stopped
    assert panel.said.text().startswith("Stopped, as training began")
    assert not panel.go.isEnabled()
    assert panel.go.toolTip().startswith("Pause the training first")
    session.pause()
    qtbot.waitUntil(panel.go.isEnabled, timeout=WAIT)


def test_the_point_under_the_pointer_is_read(panel: LayerRace, qtbot: QtBot) -> None:
    click(panel.go)
    FakeRace.made[0].going.set()
    qtbot.waitUntil(lambda: not panel.running, timeout=WAIT)
    last = panel.plot.taken[-2]
    QTest.mouseMove(panel.plot, panel.plot.place(last).toPoint())
    qtbot.waitUntil(lambda: bool(panel.reading._whole), timeout=WAIT)
    assert panel.reading._whole == "neuron by neuron · (64, 256) · (256, 256) · 256 ms (from 3 of 64 rows)"
    QTest.mouseMove(panel.plot, QPoint(2, 2))
    qtbot.waitUntil(lambda: not panel.reading._whole, timeout=WAIT)
