"""What computes is chosen in the window, remembered, and offered anew where it is gone or fails."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from compute.errors import DeviceError
from compute.gallery import load_entry
from compute.opencl import devices
from compute.problems import Kind, Place, Problem, Remedy
from compute.reference import ReferenceEngine, ReferenceRun
from compute.waiting import waiting_for
from compute.worker.engine_choice import AUTO, REFERENCE, EngineChoice, Opened, engine_choice
from editor import app
from editor.main_window import MainWindow
from editor.panels.device import DeviceChip
from editor.session import Session
from editor.settings import Settings
from tests.compute.test_job import small
from tests.editor.panel_session import WAIT, settle

GONE = "Radeon X (Maker)"
WORKS = devices.DeviceInfo(
    0, "Model X", "Maker", "OpenCL 3.0", "CPU", "1.2", 2, 2**30, works=True, detail="", gflops=50
)
BROKEN = replace(WORKS, index=1, name="Model Y", works=False, detail="it hangs")


@pytest.fixture
def session(qtbot: QtBot) -> Iterator[Session]:
    """Eight rows and endless epochs, on the reference engine."""
    session = Session(engine_choice(REFERENCE))
    document = small()
    document.training = replace(document.training, epochs=10**6)
    session.open_document(document)
    settle(qtbot, session)
    yield session
    session.close()
    session.deleteLater()


def on(name: str, run: type[ReferenceRun] = ReferenceRun) -> EngineChoice:
    """Another device, by a name."""

    class Other(ReferenceEngine):
        label = name

        def open(self, program):  # type: ignore[no-untyped-def]
            return run(program)

    return EngineChoice(lambda: None, lambda: Opened(Other(), "chosen"), name)


def until(qtbot: QtBot, holds: Callable[[], Any]) -> None:
    qtbot.waitUntil(lambda: bool(holds()), timeout=WAIT)


def entries(window: MainWindow) -> dict[str, tuple[bool, bool]]:
    """The menu's entries: text → (enabled, checked)."""
    actions = [action for action in window.tools.device_menu.actions() if not action.isSeparator()]
    return {action.text(): (action.isEnabled(), action.isChecked()) for action in actions}


# -- while it is looked for ---------------------------------------------------------------------------------


class Slow:
    """A device that is found when it is told to be."""

    def __init__(self) -> None:
        self.answers = threading.Event()

    def choice(self, name: str = "slow") -> EngineChoice:
        return replace(on(name), find=self._find)

    def _find(self) -> None:
        with waiting_for("Waiting for Model X to pass its test …"):
            self.answers.wait(60)


def test_what_a_device_waits_for_is_said_and_training_begins_when_it_is_there(
    session: Session, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("compute.waiting.PATIENCE", 0.05)
    chip, slow = DeviceChip(session), Slow()
    qtbot.addWidget(chip)
    session.set_engine(slow.choice())
    until(qtbot, lambda: session.snapshot.busy == "Waiting for Model X to pass its test …")
    assert chip.text() == "Waiting for Model X to pass its test …"
    session.train()
    until(qtbot, lambda: session.snapshot.state == "running")
    assert session.snapshot.step == 0
    # Edits are answered meanwhile.
    session.apply(session.edits.set_param("h", "units", 3))
    until(qtbot, lambda: session.snapshot.revision == session.revision)
    assert session.snapshot.analysis.shapes["h"] == ("B", 3)
    slow.answers.set()
    until(qtbot, lambda: session.snapshot.step > 5)
    assert (session.snapshot.busy, session.snapshot.device) == ("", "slow")


def test_training_that_waits_for_a_device_can_be_paused(session: Session, qtbot: QtBot) -> None:
    slow = Slow()
    session.set_engine(slow.choice())
    session.train()
    until(qtbot, lambda: session.snapshot.state == "running")
    session.pause()
    until(qtbot, lambda: session.snapshot.state == "idle")
    slow.answers.set()
    until(qtbot, lambda: session.snapshot.device == "slow")
    assert (session.snapshot.state, session.snapshot.step) == ("idle", 0)


def test_another_choice_does_not_wait_for_a_device_that_hangs(session: Session, qtbot: QtBot) -> None:
    slow = Slow()
    session.set_engine(slow.choice())
    session.set_engine(engine_choice(REFERENCE))
    until(qtbot, lambda: session.snapshot.device.startswith("reference"))
    session.step_batch()
    until(qtbot, lambda: session.snapshot.step == 1)
    slow.answers.set()


# -- while it trains ------------------------------------------------------------------------------------------


def test_another_engine_pauses_training_and_goes_on_from_the_weights_of_now(session: Session, qtbot: QtBot) -> None:
    session.train()
    until(qtbot, lambda: session.snapshot.step > 20)
    session.set_engine(on("another"))
    assert not session.is_training
    until(qtbot, lambda: session.snapshot.device == "another")
    paused = session.snapshot
    assert (paused.state, paused.problem, paused.device_problem) == ("paused", None, "")
    assert paused.step > 20
    assert paused.series("loss").x[-1] == pytest.approx(paused.step / 2, abs=0.6)
    session.train()
    until(qtbot, lambda: session.snapshot.step > paused.step)
    assert session.snapshot.series("loss").x[0] == paused.series("loss").x[0]


def test_the_weights_are_the_same_on_the_other_engine(session: Session, qtbot: QtBot) -> None:
    for _ in range(3):
        session.step_batch()
    until(qtbot, lambda: session.snapshot.step == 3)
    before = session.weights()
    session.set_engine(on("another"))
    until(qtbot, lambda: session.snapshot.device == "another")
    assert all(np.array_equal(session.weights()[name], before[name]) for name in before)
    session.reset()
    until(qtbot, lambda: session.snapshot.step == 0)


def test_from_a_device_to_the_reference_engine_and_back(qtbot: QtBot) -> None:
    session = Session(engine_choice())
    session.open_document(load_entry("xor"))
    until(qtbot, lambda: session.snapshot.device)
    assert session.snapshot.on_opencl, session.snapshot.device_reason
    device = session.snapshot.device
    seen: list[float] = []
    for wanted, on_opencl in ((REFERENCE, False), (device, True), (AUTO, True)):
        session.set_engine(engine_choice(wanted))
        until(qtbot, lambda: session.snapshot.device and session.snapshot.on_opencl is on_opencl)  # noqa: B023
        session.step_batch()
        until(qtbot, lambda: session.snapshot.step == len(seen) + 1)
        seen.append(session.snapshot.trace.loss or 0.0)
        assert session.snapshot.problem is None
    assert seen[2] < seen[1] < seen[0]
    session.close()


class Silent(ReferenceRun):
    """A run whose device no longer answers."""

    lost = False

    def weights(self):  # type: ignore[no-untyped-def]
        if self.lost:
            raise DeviceError("It does not answer.")
        return super().weights()

    def close(self) -> None:
        raise DeviceError("It does not answer.")


def test_from_a_device_that_no_longer_answers_the_last_weights_are_kept(
    session: Session, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    session.set_engine(on("silent", Silent))
    session.step_batch()
    until(qtbot, lambda: session.snapshot.step == 1)
    before = session.weights()
    monkeypatch.setattr(Silent, "lost", True)
    session.set_engine(on("another"))
    until(qtbot, lambda: session.snapshot.device == "another")
    assert session.snapshot.problem is None
    assert session.snapshot.step == 1
    assert all(np.array_equal(session.weights()[name], before[name]) for name in before)


# -- a device that is gone ------------------------------------------------------------------------------------


def test_a_device_that_is_gone_is_named_with_what_computes_instead(monkeypatch: pytest.MonkeyPatch) -> None:
    opened = engine_choice(GONE).open()
    assert opened.problem == (
        f'no OpenCL device is called "{GONE}", so {opened.engine.label} computes; '
        "the choice is kept for when it is there."
    )
    opened.engine.close()
    monkeypatch.setenv(devices.SWITCHED_OFF, "1")
    opened = engine_choice(GONE).open()
    assert "so the reference engine computes;" in opened.problem
    assert "OpenCL is switched off" in opened.reason


def test_a_device_that_fails_the_test_is_named_with_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "_survey", lambda refresh: ([BROKEN], ""))
    opened = engine_choice(BROKEN.label).open()
    assert opened.problem.startswith(
        "device Model Y (Maker) does not work: it hangs, so the reference engine computes;"
    )


def test_that_there_is_no_device_at_all_is_no_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(devices.SWITCHED_OFF, "1")
    opened = engine_choice().open()
    assert opened.problem == ""
    assert opened.reason.endswith("(OpenCL is switched off by GRADWIRE_NO_OPENCL); the reference engine computes.")


def test_a_device_that_fails_when_it_is_opened_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: object) -> None:
        raise DeviceError("device X gives no context; choose another device")

    monkeypatch.setattr(devices, "_survey", lambda refresh: ([WORKS], ""))
    monkeypatch.setattr("compute.opencl.engine.OpenCLEngine", fail)
    opened = engine_choice().open()
    assert opened.problem == "device X gives no context; choose another device; the reference engine computes."
    assert isinstance(opened.engine, ReferenceEngine)


def test_two_devices_of_one_name_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    other = replace(WORKS, index=1, driver="1.3", namesake=1)
    monkeypatch.setattr(devices, "_survey", lambda refresh: ([WORKS, other], ""))
    assert [WORKS.label, other.label] == ["Model X (Maker)", "Model X (Maker) #2"]
    assert [devices.choose(device.label).device for device in (WORKS, other)] == [WORKS, other]


# -- the window -----------------------------------------------------------------------------------------------


@pytest.fixture
def two_devices(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that works and one that does not, neither of which is there."""
    monkeypatch.setattr(devices, "_survey", lambda refresh: ([WORKS, BROKEN], ""))


@pytest.mark.usefixtures("two_devices")
def test_the_menu_offers_what_works_and_says_why_the_rest_does_not(window: MainWindow, qtbot: QtBot) -> None:
    window.transport.device.click()
    assert entries(window) == {
        "Automatic": (True, False),
        "Looking for devices …": (False, False),
        "Reference engine": (True, True),
    }
    until(qtbot, lambda: WORKS.label in entries(window))
    assert entries(window) == {
        "Automatic": (True, False),
        WORKS.label: (True, False),
        BROKEN.label: (False, False),
        "Reference engine": (True, True),
    }
    tips = {action.text(): action.toolTip() for action in window.tools.device_menu.actions()}
    assert tips[BROKEN.label] == "It does not work: it hangs."
    window.tools.device_menu.hide()
    until(qtbot, lambda: not window.tools.background.tasks)


@pytest.mark.usefixtures("two_devices")
def test_a_choice_is_taken_and_remembered(window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("editor.tools.engine_choice", on)
    window.tools.device_menu._found([WORKS, BROKEN])
    next(action for action in window.tools.device_menu.actions() if action.text() == WORKS.label).trigger()
    until(qtbot, lambda: window.session.snapshot.device == WORKS.label)
    assert Settings().device == WORKS.label
    assert window.transport.device.text() == WORKS.label
    window.tools.choose_device(AUTO)
    assert Settings().device == AUTO


@pytest.mark.parametrize(
    ("asked", "remembered", "wanted"),
    [
        ({}, AUTO, AUTO),
        ({}, GONE, GONE),
        ({}, REFERENCE, REFERENCE),
        ({"device": "1"}, GONE, "1"),
        ({"engine": "reference"}, GONE, REFERENCE),
        ({"engine": "opencl"}, REFERENCE, AUTO),
    ],
)
def test_the_command_line_counts_for_this_time_only(
    qapp: object, monkeypatch: pytest.MonkeyPatch, asked: dict[str, str], remembered: str, wanted: str
) -> None:
    class Stop(Exception):
        pass

    def stop(choice: EngineChoice) -> None:
        assert choice.wanted == wanted
        raise Stop

    Settings().device = remembered
    monkeypatch.setattr(app, "collect_on_this_thread", lambda _: None)
    monkeypatch.setattr("sys.setswitchinterval", lambda _: None)
    monkeypatch.setattr("editor.application.Session", stop)
    with pytest.raises(Stop):
        app.main(**asked)
    assert Settings().device == remembered
    Settings().device = AUTO


@pytest.mark.usefixtures("two_devices")
def test_a_device_that_is_gone_is_said_in_the_window_which_offers_others(window: MainWindow, qtbot: QtBot) -> None:
    window.tools.choose_device(GONE)
    # Nothing that works is really there, so nothing but the reference engine can stand in.
    until(qtbot, lambda: window.notices.banner.sentence)
    assert window.notices.banner.sentence.startswith(f'no OpenCL device is called "{GONE}"')
    assert window.session.snapshot.state != "stopped"
    assert window.notices.banner.offer.isVisible()
    window.notices.banner.offer.click()
    until(qtbot, lambda: f"{GONE} (not there)" in entries(window))
    assert entries(window)[f"{GONE} (not there)"] == (False, False)
    assert entries(window)["Reference engine"] == (True, True)
    window.tools.device_menu.hide()
    assert Settings().device == GONE
    window.tools.choose_device(REFERENCE)
    until(qtbot, lambda: not window.notices.banner.isVisible())
    assert Settings().device == REFERENCE
    Settings().device = AUTO


class Failing(ReferenceRun):
    def start_training(self, batches, optimizer, ends=None, rates=None, *, states=False):  # type: ignore[no-untyped-def]
        raise DeviceError("Device X failed (OUT_OF_RESOURCES); choose another device or the reference engine.")


def test_after_a_device_failed_others_are_offered_until_training_goes_on(window: MainWindow, qtbot: QtBot) -> None:
    document = small()
    document.training = replace(document.training, epochs=10**6)
    window.session.open_document(document)
    settle(qtbot, window.session)
    window.session.set_engine(on("failing", Failing))
    window.session.train()
    until(qtbot, lambda: window.session.snapshot.state == "stopped")
    assert "OUT_OF_RESOURCES" in window.notices.banner.sentence
    assert window.notices.banner.offer.isVisible()
    window.session.train()
    until(qtbot, lambda: window.session.snapshot.state == "running")
    assert not window.notices.banner.isVisible()
    window.session.pause()
    until(qtbot, lambda: window.session.snapshot.state == "paused")
    assert not window.notices.banner.isVisible()
    assert "OUT_OF_RESOURCES" in window.transport.device.toolTip()
    window.session.mark_saved()


def test_a_problem_that_was_put_away_stays_away_while_it_lasts(window: MainWindow) -> None:
    banner = window.notices.banner
    problem = Problem(Kind.DATA, Place(), "a")
    banner.show_state(problem)
    banner.dismiss()
    banner.show_state(problem)
    assert not banner.isVisible()
    banner.show_state(None)
    banner.show_state(replace(problem, kind=Kind.DEVICE, remedy=Remedy("choose device")))
    assert banner.sentence == "a"
    banner.show_error("b")
    assert not banner.offer.isVisible()
    banner.dismiss()
    assert banner.sentence == "a"
    assert banner.offer.isVisible()
