"""Unsaved work is kept beside the window, and brought back once after its process was killed."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMessageBox, QPushButton
from pytestqt.qtbot import QtBot
from shiboken6 import isValid

from compute.document import Document, load
from compute.document.recovery import Recovery, default_folder
from compute.errors import GradwireError
from compute.focus import Focus, Subject
from compute.gallery import load_entry
from editor import recovery
from editor.application import Application
from editor.main_window import MainWindow
from tests.campaigns import window_kills
from tests.compute.moments import assert_same_progress
from tests.editor.panel_session import WAIT, idle, settle
from tests.editor.test_beside_the_window import Gate
from tests.editor.test_main_window import answer

Button = QMessageBox.StandardButton
USUAL_MILLISECONDS = recovery.LOOK_MILLISECONDS


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing that other tests have left is asked about here."""
    for variable in ("XDG_STATE_HOME", "WIN_PD_OVERRIDE_LOCAL_APPDATA", "HOME"):
        monkeypatch.setenv(variable, str(tmp_path / "home"))
    monkeypatch.setattr(recovery, "LOOK_MILLISECONDS", 50)


@pytest.fixture
def window(own_home: None, window: MainWindow, qtbot: QtBot) -> Iterator[MainWindow]:
    """The one that is shared, which keeps its copies there for one test."""
    program, keeper = program_of(window), window.keeper
    usual, number = keeper._recovery, keeper._number
    program.recovery = keeper._recovery = Recovery()
    keeper._number = program.recovery.number()
    keeper._timer.setInterval(recovery.LOOK_MILLISECONDS)
    yield window
    if isValid(window) and window in program.windows:
        window.session.pause()
        window.session.mark_saved()
        keeper._timer.start(USUAL_MILLISECONDS)
        qtbot.waitUntil(lambda: not keeper.background.tasks, timeout=WAIT)
        keeper._recovery.close()
        program.recovery = keeper._recovery = usual
        keeper._number, keeper._kept, keeper._trained = number, None, 0.0


def copies() -> list[Document]:
    """What is kept now."""
    found = []
    for path in sorted(default_folder().glob("*/*.gradwire")):
        if path.stem.isdecimal():
            with suppress(GradwireError):  # it may go while it is looked at
                found.append(load(path))
    return found


def names() -> list[str]:
    return [document.name for document in copies()]


def kept(qtbot: QtBot, *wanted: str) -> None:
    """Until documents of these names are kept and no others."""
    qtbot.waitUntil(lambda: names() == [*wanted], timeout=WAIT)


def step(window: MainWindow, qtbot: QtBot, count: int = 1) -> None:
    session = window.session
    for _ in range(count):
        goal = session.snapshot.step + 1
        session.step_batch()
        qtbot.waitUntil(lambda: session.snapshot.step >= goal, timeout=WAIT)  # noqa: B023


def click(qtbot: QtBot, button: QPushButton) -> None:
    assert button.isVisible()
    QTest.mousePress(button, Qt.MouseButton.LeftButton)
    qtbot.wait(100)
    QTest.mouseRelease(button, Qt.MouseButton.LeftButton)


def key(
    qtbot: QtBot,
    window: MainWindow,
    which: Qt.Key,
    modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier,
) -> None:
    canvas = window.canvas
    canvas.setFocus()
    QTest.keyPress(canvas, which, modifier)
    qtbot.wait(20)
    if isValid(canvas):
        QTest.keyRelease(canvas, which, modifier)


def program_of(window: MainWindow) -> Application:
    assert isinstance(window.windows, Application)
    return window.windows


# -- keeping ---------------------------------------------------------------------------------------------------------


def test_what_is_edited_is_kept_until_it_is_undone_or_saved(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    session = window.session
    assert copies() == []
    nodes = set(session.document.graph.nodes)
    session.select(["z"])
    key(qtbot, window, Qt.Key.Key_Delete)
    assert set(session.document.graph.nodes) == nodes - {"z"}
    kept(qtbot, session.title)
    qtbot.waitUntil(lambda: set(copies()[0].graph.nodes) == nodes - {"z"}, timeout=WAIT)
    session.undoing.undo()
    kept(qtbot)
    session.undoing.redo()
    kept(qtbot, session.title)
    session.apply(session.edits.rename("mine"))
    kept(qtbot, "mine")
    session.document.path = tmp_path / "mine.gradwire"
    window.files.save()
    idle(qtbot, window)
    kept(qtbot)
    assert load(tmp_path / "mine.gradwire").name == "mine"
    session.set_weight("z.weight", (0, 0), 5.0)  # no such weight: nothing to keep
    session.apply(session.edits.rename("yours"))
    kept(qtbot, "yours")
    assert copies()[0].members.keys() == {"recovery.json"}
    assert load(tmp_path / "mine.gradwire").name == "mine"


def test_a_weight_that_was_typed_is_kept(window: MainWindow, qtbot: QtBot) -> None:
    session = window.session
    window.files.open_example("xor")
    settle(qtbot, session)
    session.set_weight("z.bias", (0,), 42.0)
    kept(qtbot, "XOR")
    qtbot.waitUntil(lambda: copies()[0].weights["z.bias"].tolist() == [42.0], timeout=WAIT)
    session.undoing.undo()
    kept(qtbot)


def test_a_window_that_is_closed_leaves_nothing_whatever_the_answer(
    window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    second = program_of(window).new_window()
    second.show()
    for each, name in ((window, "a"), (second, "b")):
        each.session.apply(each.session.edits.rename(name))
    kept(qtbot, "a", "b")
    second.close()
    assert program_of(window).windows == [window, second]
    kept(qtbot, "a", "b")
    answer(second, Button.Discard)
    kept(qtbot, "a")
    window.session.document.path = tmp_path / "a.gradwire"
    program = program_of(window)
    window.close()
    answer(window, Button.Save)
    qtbot.waitUntil(lambda: not program.windows, timeout=WAIT)
    assert copies() == []
    assert list(default_folder().iterdir()) == []


def test_leaving_a_document_leaves_its_copy_behind(window: MainWindow, qtbot: QtBot) -> None:
    window.session.apply(window.session.edits.rename("mine"))
    kept(qtbot, "mine")
    window.files.open_example("xor")
    kept(qtbot)


def test_long_training_is_kept_though_nobody_would_be_asked_about_it(
    window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = window.session
    document = load_entry("iris")
    document.training = replace(document.training, epochs=10**6)
    session.open_document(document)
    settle(qtbot, session)
    step(window, qtbot, 3)
    qtbot.wait(200)
    assert copies() == []
    monkeypatch.setattr(recovery, "TRAINING_SECONDS", 0.3)
    session.train()
    kept(qtbot, session.title)
    first = copies()[0].progress
    assert first is not None
    qtbot.waitUntil(lambda: (copies()[0].progress or first).steps > first.steps, timeout=WAIT)
    session.pause()
    qtbot.waitUntil(lambda: not session.is_training, timeout=WAIT)
    # When it pauses, what was reached is kept without waiting.
    monkeypatch.setattr(recovery, "TRAINING_SECONDS", 0.0)
    qtbot.waitUntil(lambda: (copies()[0].progress or first).steps == session.snapshot.step, timeout=WAIT)
    assert not session.is_modified
    session.reset()
    qtbot.waitUntil(lambda: session.snapshot.step == 0, timeout=WAIT)
    monkeypatch.setattr(recovery, "TRAINING_SECONDS", 10.0)
    kept(qtbot)


def test_a_copy_that_cannot_be_written_is_said_once_and_tried_again(
    window: MainWindow, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "home").write_text("in the way")
    monkeypatch.setattr(recovery, "TRAINING_SECONDS", 0.1)
    window.session.apply(window.session.edits.rename("mine"))
    banner = window.notices.banner
    qtbot.waitUntil(lambda: banner.sentence.startswith("What is not saved cannot be kept"), timeout=WAIT)
    banner.dismiss()
    qtbot.wait(300)
    assert banner.sentence == ""
    (tmp_path / "home").unlink()
    kept(qtbot, "mine")


def test_once_there_is_room_again_the_complaint_goes(
    window: MainWindow, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "home").write_text("in the way")
    monkeypatch.setattr(recovery, "TRAINING_SECONDS", 0.1)
    window.session.apply(window.session.edits.rename("mine"))
    banner = window.notices.banner
    qtbot.waitUntil(lambda: banner.sentence.startswith("What is not saved cannot be kept"), timeout=WAIT)
    (tmp_path / "home").unlink()
    kept(qtbot, "mine")
    qtbot.waitUntil(lambda: banner.sentence == "", timeout=WAIT)


def test_whoever_waits_for_a_copy_hears_of_it_whatever_else_is_done_meanwhile(window: MainWindow, qtbot: QtBot) -> None:
    heard: list[bool] = []
    for name in ("one", "two"):
        window.session.apply(window.session.edits.rename(name))
        window.keeper.background.run(lambda _task: time.sleep(0.1), lambda _: None, lambda _: None)
        window.keeper.keep_now(heard.append)
        qtbot.waitUntil(lambda: len(heard) > 0, timeout=WAIT)
        assert (heard.pop(), names()) == (True, [name])


def test_a_long_export_keeps_no_edit_waiting(
    window: MainWindow, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = Gate(monkeypatch, "compute.export.export")
    window.files.export(tmp_path / "w.npz")
    gate.wait(qtbot)
    window.session.apply(window.session.edits.rename("mine"))
    kept(qtbot, "mine")
    gate.let_through()
    idle(qtbot, window)


def test_a_gallery_example_that_was_only_trained_and_reset_is_left_by_keys_without_a_question(
    window: MainWindow, qtbot: QtBot
) -> None:
    session, program = window.session, program_of(window)
    window.files.open_example("iris")
    settle(qtbot, session)
    for which, done in (
        (Qt.Key.Key_F5, lambda: session.snapshot.step > 0),
        (Qt.Key.Key_F8, lambda: session.snapshot.step == 0),
        (Qt.Key.Key_F7, lambda: session.snapshot.epoch == 1),
    ):
        key(qtbot, window, which)
        qtbot.waitUntil(done, timeout=WAIT)
    assert not window.isWindowModified()
    key(qtbot, window, Qt.Key.Key_W, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: not program.windows, timeout=WAIT)
    assert copies() == []


# -- restoring -------------------------------------------------------------------------------------------------------


def killed(window: MainWindow) -> Recovery:
    """The window's process dies here: the copies are all that is left of it."""
    recovery: Recovery = window.windows.recovery
    recovery.close()
    window.windows.recovery = Recovery()
    for each in program_of(window).windows:
        each.keeper._timer.stop()
    return recovery


@pytest.fixture
def next_start(window: MainWindow, qtbot: QtBot) -> Iterator[MainWindow]:
    """A window of the next start, on the example with which it opens; nothing was asked yet."""
    program = Application("reference")
    opened = program.new_window()
    opened.files.open_example("z_2x_y")
    opened.resize(1600, 1000)
    opened.show()
    settle(qtbot, opened.session)
    yield opened
    for each in list(program.windows):
        each.session.mark_saved()
        each.close()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


def start(window: MainWindow, qtbot: QtBot) -> str:
    """Ask as the program does at its start; returns the question."""
    banner = window.notices.banner
    program_of(window).restoring.ask(window)
    qtbot.waitUntil(lambda: banner.isVisible(), timeout=WAIT)
    return banner.text.text()


def test_document_weights_curves_and_view_come_back_and_it_is_asked_once(
    window: MainWindow, next_start: MainWindow, qtbot: QtBot
) -> None:
    session = window.session
    window.files.open_example("iris")
    settle(qtbot, session)
    step(window, qtbot, 11)
    session.apply(session.edits.rename("my irises"))
    asked = Focus(Subject("node", "z"), "gradient", (3, 1))
    session.focus_on(asked)
    window.canvas.zoom_to(1.5)
    window.canvas.pan_by(40, -20)
    kept(qtbot, "my irises")
    window.keeper.keep_now()
    qtbot.waitUntil(lambda: not window.keeper.background.tasks, timeout=WAIT)
    before, weights, place = session.snapshot.progress, session.weights(), window.canvas.place()
    killed(window)
    now = time.strftime("%H:%M")
    question = start(next_start, qtbot)
    banner = next_start.notices.banner
    assert question in (
        f"Work on “my irises” from {at} was not saved." for at in (now, time.strftime("%H:%M", time.localtime()))
    )
    assert [each.text() for each in banner.answers if each.isVisible()] == ["Restore", "Discard"]
    assert banner.is_calm
    click(qtbot, banner.offer)
    again = next_start.session
    qtbot.waitUntil(lambda: again.title == "my irises", timeout=WAIT)
    settle(qtbot, again)
    assert not banner.isVisible()
    assert_same_progress(again.snapshot.progress, before)
    for name, weight in weights.items():
        np.testing.assert_array_equal(again.weights()[name], weight)
    seen = next_start.canvas.place()
    assert (seen.zoom, seen.selected, seen.fitted) == (place.zoom, ("z",), False)
    assert abs(seen.x - place.x) < 2
    assert abs(seen.y - place.y) < 2
    assert (again.focus, again.sample, again.facts.sample) == (asked, 3, 3)
    assert next_start.isWindowModified()
    assert next_start.notices.text == "Restored my irises; it is not saved yet"
    # It is kept anew before the old copy goes, and no later start asks again.
    kept(qtbot, "my irises")
    qtbot.waitUntil(lambda: len(list(default_folder().iterdir())) == 1, timeout=WAIT)
    assert Recovery().lost() == []
    # Training goes on as if nothing had happened.
    for each in (window, next_start):
        step(each, qtbot, 3)
    for name, weight in session.weights().items():
        np.testing.assert_array_equal(again.weights()[name], weight)
    session.mark_saved()


def test_what_is_discarded_is_gone(window: MainWindow, next_start: MainWindow, qtbot: QtBot) -> None:
    window.session.apply(window.session.edits.rename("mine"))
    kept(qtbot, "mine")
    killed(window)
    window.session.mark_saved()
    start(next_start, qtbot)
    click(qtbot, next_start.notices.banner.answers[1])
    assert next_start.notices.text == "Discarded the work on “mine”"
    assert next_start.session.title != "mine"
    assert list(default_folder().iterdir()) == []


def test_a_question_that_is_put_away_comes_back_at_the_next_start(
    window: MainWindow, next_start: MainWindow, qtbot: QtBot
) -> None:
    window.session.apply(window.session.edits.rename("mine"))
    kept(qtbot, "mine")
    killed(window)
    window.session.mark_saved()
    start(next_start, qtbot)
    banner = next_start.notices.banner
    banner._close.click()
    assert not banner.isVisible()
    kept(qtbot, "mine")
    # As long as this process lives nobody else is asked.
    assert Recovery().lost() == []


def test_several_works_come_back_each_in_a_window_of_its_own(
    window: MainWindow, next_start: MainWindow, qtbot: QtBot
) -> None:
    second = program_of(window).new_window()
    for each, name in ((window, "a"), (second, "b")):
        each.session.apply(each.session.edits.rename(name))
        kept(qtbot, *"ab"[: "ab".index(name) + 1])
    killed(window)
    for each in (window, second):
        each.session.mark_saved()
    second.close()
    assert start(next_start, qtbot).endswith("was not saved (and 1 more).")
    click(qtbot, next_start.notices.banner.answers[1])
    program = program_of(next_start)
    qtbot.waitUntil(lambda: [each.session.title for each in program.windows] == ["a", "b"], timeout=WAIT)
    assert all(each.isVisible() and each.isWindowModified() for each in program.windows)
    kept(qtbot, "a", "b")
    qtbot.waitUntil(lambda: len(list(default_folder().iterdir())) == 1, timeout=WAIT)


def test_restoring_costs_nothing_of_what_is_open(window: MainWindow, next_start: MainWindow, qtbot: QtBot) -> None:
    window.session.apply(window.session.edits.rename("lost"))
    kept(qtbot, "lost")
    killed(window)
    window.session.mark_saved()
    next_start.session.apply(next_start.session.edits.rename("begun since"))
    start(next_start, qtbot)
    click(qtbot, next_start.notices.banner.offer)
    program = program_of(next_start)
    qtbot.waitUntil(lambda: [each.session.title for each in program.windows] == ["begun since", "lost"], timeout=WAIT)


def test_work_on_a_file_goes_back_to_that_file(
    window: MainWindow, next_start: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    session, path = window.session, tmp_path / "a.gradwire"
    session.save(path)
    session.apply(session.edits.rename("changed"))
    kept(qtbot, "changed")
    killed(window)
    session.mark_saved()
    next_start.files.open_path(path)
    idle(qtbot, next_start)
    assert "“a.gradwire”" in start(next_start, qtbot)
    click(qtbot, next_start.notices.banner.offer)
    qtbot.waitUntil(lambda: next_start.session.title == "changed", timeout=WAIT)
    assert load(path).name != "changed"
    next_start.files.save()
    idle(qtbot, next_start)
    assert load(path).name == "changed"
    kept(qtbot)


def test_the_old_copy_stays_until_there_is_a_new_one(
    window: MainWindow, next_start: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    window.session.apply(window.session.edits.rename("mine"))
    kept(qtbot, "mine")
    killed(window)
    window.session.mark_saved()

    def full(*_rest: object) -> None:
        raise GradwireError("the disk is full")

    start(next_start, qtbot)
    with monkeypatch.context() as patched:
        patched.setattr(Recovery, "write", full)
        click(qtbot, next_start.notices.banner.offer)
        qtbot.waitUntil(lambda: "the disk is full" in next_start.notices.banner.sentence, timeout=WAIT)
        assert next_start.session.title == "mine"
        assert names() == ["mine"]


def test_a_copy_that_cannot_be_read_is_said_and_stays(
    window: MainWindow, next_start: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    window.session.apply(window.session.edits.rename("mine"))
    kept(qtbot, "mine")
    killed(window)
    window.session.mark_saved()
    start(next_start, qtbot)
    (path,) = default_folder().glob("*/*.gradwire")
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    click(qtbot, next_start.notices.banner.offer)
    qtbot.waitUntil(lambda: "damaged" in next_start.notices.banner.sentence, timeout=WAIT)
    assert path.exists()


# -- the process -----------------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_killed_windows_lose_no_more_than_two_seconds_of_edits() -> None:
    tally = window_kills.run(kills=2, seed=3)  # short lives
    assert (tally.kills, len(tally.lost), tally.wrong) == (2, 2, [])
    assert all(steps > 0 for steps in tally.steps)
