"""What SIGTERM, SIGHUP and Ctrl+C do to the window: nobody is asked, and nothing is lost."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from compute.document import load
from editor.application import Application
from editor.main_window import MainWindow
from editor.signals import StopSignals
from tests.campaigns.window_kills import Window, kept
from tests.editor.panel_session import WAIT
from tests.editor.test_beside_the_window import Gate

pytestmark = pytest.mark.skipif(os.name != "posix", reason="Windows sends a process no signals but Ctrl+C")


def ended(window: Window, number: int) -> tuple[int, str]:
    """Send a signal to a process and wait for its end; returns its status and what it said."""
    window.process.send_signal(number)
    try:
        status = window.process.wait(timeout=60)
    finally:
        complaints = window.end().splitlines()
    return status, "\n".join(line for line in complaints if not line.startswith("This plugin does not support"))


@pytest.mark.slow
@pytest.mark.parametrize(("name", "status"), [("TERM", 143), ("HUP", 129), ("INT", 130)])
def test_a_signal_keeps_what_is_not_saved_and_ends_the_program(tmp_path: Path, name: str, status: int) -> None:
    window = Window(tmp_path)
    assert window.wait_for("edit") == ""
    edits = len(window.told("edit"))
    said = f"stopped by {'Ctrl+C' if name == 'INT' else f'SIG{name}'}; what was not saved comes back at the next start"
    assert ended(window, getattr(signal, f"SIG{name}")) == (status, said)
    (document,) = kept(tmp_path)
    assert int(document.name) >= edits > 0
    assert document.progress is not None
    if name != "TERM":
        return  # the start after it is the same
    again = Window(tmp_path, "--restore", "--idle")
    assert again.wait_for("restored") == ""
    assert again.told("restored") == [[str(document.progress.steps), document.name]]
    again.end()


@pytest.mark.slow
def test_where_nothing_is_unsaved_nothing_is_left(tmp_path: Path) -> None:
    window = Window(tmp_path, "--idle")
    assert window.wait_for("ready") == ""
    assert ended(window, signal.SIGTERM) == (143, "stopped by SIGTERM; nothing is lost")
    assert kept(tmp_path) == []
    assert [path for path in tmp_path.rglob("*") if "recovery" in path.name and path.is_file()] == []


def test_a_file_that_is_being_written_is_written_to_its_end(
    window: MainWindow, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = Gate(monkeypatch, "editor.saving.save")
    program: Application = window.windows  # type: ignore[assignment]
    window.session.apply(window.session.edits.rename("mine"))
    window.session.document.path = tmp_path / "a.gradwire"
    window.files.save()
    gate.wait(qtbot)
    program.end(signal.SIGTERM)
    qtbot.wait(100)
    assert program.windows == [window]
    gate.let_through()
    qtbot.waitUntil(lambda: not program.windows, timeout=WAIT)
    assert load(tmp_path / "a.gradwire").name == "mine"
    assert program.status == 143
    assert list(tmp_path.iterdir()) == [tmp_path / "a.gradwire"]


def test_a_signal_is_told_at_once_and_the_second_one_does_what_it_did_before(qtbot: QtBot) -> None:
    heard: list[int] = []
    before: list[int] = []
    old = signal.signal(signal.SIGTERM, lambda number, _frame: before.append(number))
    signals = StopSignals()
    signals.asked.connect(lambda n: heard.append(n))
    try:
        os.kill(os.getpid(), signal.SIGTERM)
        qtbot.waitUntil(lambda: bool(heard), timeout=WAIT)
        os.kill(os.getpid(), signal.SIGTERM)
        qtbot.waitUntil(lambda: bool(before), timeout=WAIT)
    finally:
        signals.close()
        signal.signal(signal.SIGTERM, old)
    assert heard == before == [signal.SIGTERM]
