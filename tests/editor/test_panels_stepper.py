"""The stepper and the transport strip."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from compute.batches import Rows
from compute.engine import Program, Ready
from compute.focus import Focus, Subject
from compute.numbers_text import size_text
from compute.optimizers import Optimizer
from compute.reference import ReferenceEngine, ReferenceRun
from compute.state import Progress
from compute.worker.engine_choice import EngineChoice, Opened
from editor.panels.device import DeviceChip, device_name
from editor.panels.figures import NOTHING, duration, rate
from editor.panels.formula import one_line
from editor.panels.stepper import Stepper
from editor.panels.transport import Transport
from editor.session import Session
from tests.compute.test_job import small
from tests.editor.panel_session import WAIT, click, shown


@pytest.fixture
def stepper(session: Session, qtbot: QtBot) -> Stepper:
    stepper = Stepper(session)
    shown(qtbot, stepper, 1000, 180)
    session.start_walk()
    return stepper


def index(session: Session) -> int:
    assert session.walk is not None
    return session.walk.index


def last(session: Session) -> int:
    assert session.walk is not None
    return len(session.walk.steps) - 1


def test_it_is_in_sight_during_a_walk_alone(session: Session, qtbot: QtBot) -> None:
    stepper = Stepper(session)
    qtbot.addWidget(stepper)
    assert stepper.isHidden()
    session.start_walk()
    assert not stepper.isHidden()
    session.stop_walk()
    assert stepper.isHidden()


def test_buttons_move_the_walk(stepper: Stepper, session: Session) -> None:
    stepper.forth.click()
    stepper.forth.click()
    assert index(session) == 2
    stepper.back.click()
    assert index(session) == 1
    stepper.last.click()
    assert index(session) == last(session)
    assert not stepper.forth.isEnabled()
    stepper.first.click()
    assert index(session) == 0
    assert not stepper.back.isEnabled()


def test_the_slider_moves_the_walk_and_follows_it(stepper: Stepper, session: Session, qtbot: QtBot) -> None:
    assert stepper.slider.maximum() == last(session)
    stepper.slider.setValue(4)
    assert index(session) == 4
    assert stepper.count.text() == f"step 5 of {last(session) + 1}"
    session.walk_to(7)
    assert stepper.slider.value() == 7
    QTest.keyClick(stepper.slider, Qt.Key.Key_Right)
    assert index(session) == 8


def test_keys_move_the_walk(stepper: Stepper, session: Session, qtbot: QtBot) -> None:
    QTest.keyClick(stepper, Qt.Key.Key_Right)
    assert index(session) == 1
    QTest.keyClick(stepper, Qt.Key.Key_End)
    assert index(session) == last(session)
    QTest.keyClick(stepper, Qt.Key.Key_Left)
    assert index(session) == last(session) - 1
    QTest.keyClick(stepper, Qt.Key.Key_Home)
    assert index(session) == 0
    QTest.keyClick(stepper, Qt.Key.Key_Escape)
    assert session.walk is None


def test_phases_show_where_the_walk_is_and_lead_to_their_first_step(stepper: Stepper, session: Session) -> None:
    assert [p.state for p in stepper.phases.values()] == ["here", "ahead", "ahead", "ahead"]
    stepper.phases["backward"].click()
    assert session.walk is not None
    assert session.walk.step.phase == "backward"
    assert session.walk.steps[index(session) - 1].phase == "loss"
    assert [p.state for p in stepper.phases.values()] == ["done", "done", "here", "ahead"]


def test_a_phase_is_finished_with_one_press(stepper: Stepper, session: Session) -> None:
    stepper.phase.click()
    assert session.walk is not None
    assert session.walk.step.phase == "forward"
    assert session.walk.steps[index(session) + 1].phase == "loss"


def test_it_says_what_is_calculated_and_what_is_stored(stepper: Stepper, session: Session, qtbot: QtBot) -> None:
    stepper.phases["backward"].click()
    assert session.walk is not None
    step = session.walk.step
    assert stepper.title._whole == step.title
    assert stepper.sentence._whole == step.sentence
    assert stepper.formula.lines
    stored = f"Stored now: {len(step.stored)} arrays, {size_text(step.stored_bytes)}"
    qtbot.waitUntil(lambda: stepper.memory.text() == stored)
    with qtbot.waitSignal(stepper.memory_asked):
        click(stepper.memory)


def test_granularity_is_nodes_or_wires(stepper: Stepper, session: Session) -> None:
    nodes = last(session)
    stepper.granularity._buttons["wire"].click()
    assert last(session) > nodes
    assert session.walk is not None
    assert session.walk.granularity == "wire"


def test_it_plays_to_the_end_and_stops(stepper: Stepper, session: Session, qtbot: QtBot) -> None:
    stepper.speed.choose("8")
    session.walk_to(last(session) - 2)
    stepper.play.click()
    assert stepper.playing
    qtbot.waitUntil(lambda: index(session) == last(session), timeout=WAIT)
    assert not stepper.playing


def test_playing_stops_when_it_is_left_or_hidden(stepper: Stepper, session: Session, qtbot: QtBot) -> None:
    playing = []
    for stop in (stepper.leave.click, stepper.hide):
        session.start_walk()
        QTest.keyClick(stepper, Qt.Key.Key_Space)
        playing.append(stepper.playing)
        stop()
        playing.append(stepper.playing)
    assert playing == [True, False, True, False]


@pytest.mark.parametrize(
    ("count", "text"), [(1, "1 byte"), (512, "512 bytes"), (1536, "1.54 kB"), (2_250_000, "2.25 MB"), (0, "0 bytes")]
)
def test_bytes_are_written_as_people_read_them(count: int, text: str) -> None:
    assert size_text(count) == text


# -- transport -----------------------------------------------------------------------------------------------------


def test_while_it_trains_the_formula_follows_now_and_then_with_its_numbers(
    stepper: Stepper, session: Session, qtbot: QtBot
) -> None:
    session.apply(session.edits.set_training("Longer", epochs=10**6))
    session.start_walk()
    qtbot.waitUntil(lambda: session.walk is not None, timeout=WAIT)
    session.walk_to(3)
    session.train()
    qtbot.waitUntil(lambda: session.snapshot.state == "running", timeout=WAIT)
    for _ in range(2):
        lines, sentence = stepper.formula.lines, stepper.sentence.accessibleName()
        for _ in range(20):
            session.snapshot_changed.emit(session.snapshot)
        assert (stepper.formula.lines, stepper.sentence.accessibleName()) == (lines, sentence)
        qtbot.waitUntil(lambda: stepper.sentence.accessibleName() != sentence, timeout=WAIT)  # noqa: B023
        assert stepper.formula.lines != lines
        assert stepper.formula.complete
    session.pause()
    qtbot.waitUntil(lambda: session.snapshot.state == "paused", timeout=WAIT)
    assert session.walk is not None
    assert stepper.sentence.accessibleName() == session.walk.step.sentence
    numbers = session.walk.step.answers[0].numbers
    assert stepper.formula.lines[-1][0] == one_line(numbers)


class BuildingRun(ReferenceRun):
    """Steps with batches of a size that is new wait until they are built."""

    def __init__(self, program: Program, engine: BuildingEngine) -> None:
        super().__init__(program)
        self.engine, self.sizes = engine, set[int]()

    def start_training(
        self,
        batches: Sequence[Rows],
        optimizer: Optimizer,
        ends: npt.NDArray[np.int32] | None = None,
        rates: npt.NDArray[np.float64] | None = None,
        *,
        states: bool = False,
    ) -> Ready[npt.NDArray[np.float64]]:
        for size in {len(rows) for rows in batches} - self.sizes:
            self.engine.building()
            self.engine.built.wait(10)
            self.sizes.add(size)
        return super().start_training(batches, optimizer)


class BuildingEngine(ReferenceEngine):
    label = "a device"

    def __init__(self) -> None:
        self.built = threading.Event()
        self.building: Callable[[], None] = lambda: None

    def watch(self, building: Callable[[], None]) -> None:
        self.building = building

    def open(self, program: Program) -> ReferenceRun:
        return BuildingRun(program, self)


@pytest.fixture
def transport(session: Session, qtbot: QtBot) -> Transport:
    transport = Transport(session)
    shown(qtbot, transport, 1300, 40)
    return transport


def test_train_becomes_pause_and_then_continue(transport: Transport, session: Session, qtbot: QtBot) -> None:
    session.apply(session.edits.set_training("Longer", epochs=100_000))
    transport.train.click()
    assert transport.train.text() == "Pause"
    qtbot.waitUntil(lambda: session.snapshot.step > 0, timeout=WAIT)
    transport.train.click()
    qtbot.waitUntil(lambda: transport.train.text() == "Continue", timeout=WAIT)
    transport.reset.click()
    qtbot.waitUntil(lambda: transport.train.text() == "Train", timeout=WAIT)


def test_steps_of_a_batch_and_an_epoch(transport: Transport, session: Session, qtbot: QtBot) -> None:
    transport.step.click()
    qtbot.waitUntil(lambda: session.snapshot.step == 1, timeout=WAIT)
    transport.epoch.click()
    qtbot.waitUntil(lambda: session.snapshot.epoch == 1, timeout=WAIT)
    assert transport.figures.epoch.text() == "1 / 5"


def test_the_goal_is_that_of_the_training(transport: Transport, session: Session, qtbot: QtBot) -> None:
    assert transport.figures.epoch.text() == "0 / 5"
    for done in (5, 8):
        session.train(more=3 * (done > 5))
        qtbot.waitUntil(lambda: session.snapshot.epoch == done, timeout=WAIT)  # noqa: B023
        qtbot.waitUntil(lambda: session.snapshot.state == "finished", timeout=WAIT)
        assert transport.figures.epoch.text() == f"{done} / {done}"
    session.apply(session.edits.set_training("Fewer", epochs=2))
    qtbot.waitUntil(lambda: session.snapshot.goal == 8, timeout=WAIT)
    assert transport.figures.epoch.text() == "8 / 8"
    assert session.snapshot.state == "finished"
    session.apply(session.edits.set_training("More", epochs=20))
    qtbot.waitUntil(lambda: session.snapshot.goal == 20, timeout=WAIT)
    assert transport.figures.epoch.text() == "8 / 20"


def test_while_kernels_are_built_the_chip_says_so_and_pause_is_accepted_at_once(qtbot: QtBot) -> None:
    engine = BuildingEngine()
    session = Session(EngineChoice(lambda: None, lambda: Opened(engine, "chosen")))
    document = small()
    document.training = replace(document.training, epochs=10**6)
    session.open_document(document)
    transport = Transport(session)
    shown(qtbot, transport, 1200, 48)
    qtbot.waitUntil(lambda: session.snapshot.device != "", timeout=WAIT)
    try:
        transport.train.click()
        qtbot.waitUntil(lambda: transport.device.text() == "Building kernels …", timeout=WAIT)
        assert session.snapshot.state == "running"
        assert "Building kernels …" in transport.device.toolTip()
        assert transport.train.text() == "Pause"
        engine.built.set()
        qtbot.waitUntil(lambda: session.snapshot.step > 10, timeout=WAIT)
        assert transport.device.text() == engine.label
        engine.built.clear()
        session.apply(session.edits.set_training("Smaller batches", batch_size=3))
        qtbot.waitUntil(lambda: transport.device.text() == "Building kernels …", timeout=WAIT)
        assert session.snapshot.revision == session.revision
        assert session.snapshot.trace.values["h"].shape == (3, 4)
        step = session.snapshot.step
        transport.train.click()
        assert transport.train.text() == "Continue"
        assert not session.is_training
    finally:
        engine.built.set()
    qtbot.waitUntil(lambda: session.snapshot.state == "paused", timeout=WAIT)
    assert session.snapshot.busy == ""
    assert session.snapshot.step > step
    assert transport.train.text() == "Continue"
    session.close()


def test_backprop_starts_and_leaves_the_walk(transport: Transport, session: Session) -> None:
    transport.backprop.click()
    assert session.walk is not None
    assert transport.backprop.isChecked()
    session.stop_walk()
    assert not transport.backprop.isChecked()


def test_what_is_not_known_is_a_dash_and_no_zero(transport: Transport) -> None:
    readings = transport.figures
    assert readings.validation.text() == NOTHING
    assert readings.left.text() == NOTHING


def test_nothing_moves_when_numbers_change(transport: Transport, session: Session, qtbot: QtBot) -> None:
    def places() -> list[tuple[int, int]]:
        readings = transport.figures
        return [
            (w.x(), w.width())
            for w in (readings.epoch, readings.loss, readings.validation, readings.speed, transport.train)
        ]

    before = places()
    large = replace(session.snapshot, progress=Progress(99999), samples_per_second=123.4e6)
    transport.figures.show_snapshot(large, 99999)
    transport.train.setText("Continue")
    qtbot.wait(10)
    assert places() == before


def test_speed_and_time_give_way_where_the_window_is_narrow(session: Session, qtbot: QtBot) -> None:
    window, transport = QWidget(), Transport(session)
    QVBoxLayout(window).addWidget(transport)
    shown(qtbot, window, 1400, 60)
    figures = transport.figures
    assert figures.left.isVisible()
    assert figures.speed.isVisible()
    assert figures.validation.isHidden()  # there are no such rows
    order = [figures.epoch, figures.score, figures.mean, figures.speed, figures.left]
    for width in range(1400, 700, -30):
        window.resize(width, 60)
        qtbot.wait(1)
        seen = [each.isVisible() for each in order]
        assert seen == sorted(seen, reverse=True)  # the last gives way first
        assert figures.loss.isVisible()
    window.resize(window.minimumSizeHint())
    qtbot.waitUntil(lambda: figures.mean.isHidden())
    assert figures.loss.isVisible()
    window.resize(1400, 60)
    qtbot.waitUntil(lambda: not figures.left.isHidden())


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.2, "1 s"), (59.0, "59 s"), (187.0, "3:07"), (7500.0, "2 h 5"), (1e9, "> 99 h"), (float("inf"), NOTHING)],
)
def test_time_left_is_short(seconds: float, text: str) -> None:
    assert duration(seconds) == text


@pytest.mark.parametrize(("speed", "text"), [(950.0, "950"), (12_300.0, "12.3 k"), (8.1e6, "8.1 M"), (2e9, "2 G")])
def test_speed_is_short(speed: float, text: str) -> None:
    assert rate(speed) == text


def test_the_chip_says_where_training_runs_and_why(session: Session, qtbot: QtBot) -> None:
    chip = DeviceChip(session)
    qtbot.addWidget(chip)
    qtbot.waitUntil(lambda: "eference" in chip.text(), timeout=WAIT)
    assert session.snapshot.device_reason
    assert session.snapshot.device_reason in chip.toolTip()
    assert session.snapshot.device in chip.accessibleName()


def test_a_device_name_loses_its_noise() -> None:
    assert device_name("Intel(R) Core(TM) i7-1165G7 CPU @ 2.80GHz") == "Intel Core i7-1165G7 @ 2.80GHz"


# -- entry by entry ------------------------------------------------------------------------------------------------


def test_the_walk_goes_from_entry_to_entry_and_the_focus_goes_along(
    stepper: Stepper, session: Session, qtbot: QtBot
) -> None:
    session.set_sample(2)
    session.walk_to(2)
    assert session.walk is not None
    assert session.walk.step.node == "h"
    before = session.focus
    click(stepper.granularity._buttons["entry"])
    assert (session.walk.granularity, session.focus, session.sample) == ("entry", before, 2)
    entry = session.walk.step.entry
    assert entry is not None
    for _ in range(4):
        QTest.keyClick(stepper, Qt.Key.Key_Right)
    assert session.walk.step.entry == (3, entry[1])
    assert session.focus == Focus(Subject("node", "h"), "value", (3, entry[1]))
    assert session.sample == 3
    QTest.keyClick(stepper, Qt.Key.Key_Right, Qt.KeyboardModifier.ControlModifier)
    assert session.walk.step.entry == (3, 3)
    click(stepper.node)
    assert (session.walk.step.node, session.walk.step.entry) == ("t", (3, 3))
    assert stepper.count.text() == f"step {index(session) + 1} of {last(session) + 1}"
    assert stepper.slider.maximum() == last(session)
