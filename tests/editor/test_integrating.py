"""Whether the system knows the program is asked once, in the banner; and files that the system hands over open."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtGui import QFileOpenEvent
from pytestqt.qtbot import QtBot

from compute.errors import GradwireError
from compute.integration import here
from editor import integrating
from editor.application import Application
from editor.file_events import ReceivingApplication
from editor.integrating import QUESTION, Integrating
from editor.main_window import MainWindow
from editor.preferences import System
from editor.settings import Settings
from tests.editor.panel_session import WAIT
from tests.editor.test_workbench import key, press

NAME = "integration"


class Desktop:
    """A system that knows the program, or does not."""

    def __init__(self) -> None:
        self.known, self.fault, self.asked = False, "", 0

    def is_integrated(self) -> bool:
        self.asked += 1
        return self.known

    def integrate(self) -> list[str]:
        if self.fault:
            raise GradwireError(self.fault)
        self.known = True
        return ["entry"]

    def take_out(self) -> list[str]:
        self.known = False
        return ["entry"]


@pytest.fixture
def desktop(monkeypatch: pytest.MonkeyPatch) -> Iterator[Desktop]:
    found = Desktop()
    for name in ("is_integrated", "integrate", "take_out"):
        monkeypatch.setattr(here, name, getattr(found, name))
    monkeypatch.setattr(integrating, "installed", lambda: True)
    yield found
    Settings()._store.remove(NAME)


def idle(window: MainWindow, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: not window.tools.background.tasks, timeout=WAIT)


def start(window: MainWindow, qtbot: QtBot) -> list[str]:
    """What a start asks: the texts of the answers, in order."""
    Integrating(Settings()).ask(window.notices, window.tools.background)
    idle(window, qtbot)
    banner = window.notices.banner
    if banner.choice is None:
        return []
    assert (banner.sentence, banner.is_calm) == (QUESTION, True)
    return [text for text, _, _ in banner.choice.answers]


def answer(window: MainWindow, qtbot: QtBot, number: int) -> None:
    press(window.notices.banner.answers[number])
    idle(window, qtbot)


def test_yes_puts_it_there_and_is_an_answer_for_good(window: MainWindow, qtbot: QtBot, desktop: Desktop) -> None:
    desktop.fault = 'powershell did not make "Gradwire.lnk"'
    assert start(window, qtbot) == ["Yes", "No", "Later"]
    answer(window, qtbot, 0)
    assert window.notices.banner.error == desktop.fault
    assert Settings().words(NAME) == "yes"
    desktop.fault = ""
    window.notices.banner.dismiss()
    Settings()._store.remove(NAME)
    start(window, qtbot)
    answer(window, qtbot, 0)
    assert desktop.known
    assert window.notices.text == here.WRITTEN
    assert window.notices.banner.isHidden()
    desktop.known = False  # taken back by a command
    assert start(window, qtbot) == []


def test_no_is_an_answer_and_later_lasts_a_week(
    window: MainWindow, qtbot: QtBot, desktop: Desktop, monkeypatch: pytest.MonkeyPatch
) -> None:
    desktop.known = True
    assert start(window, qtbot) == []
    desktop.known = False
    with monkeypatch.context() as patch:
        patch.setattr(integrating, "installed", lambda: False)  # it runs from its sources
        assert start(window, qtbot) == []
    start(window, qtbot)
    press(window.notices.banner._close)  # as "Later"
    assert window.notices.banner.isHidden()
    assert start(window, qtbot) == []
    for days, asked in ((6, []), (8, ["Yes", "No", "Later"])):
        Settings().set_words(NAME, str(date.today() - timedelta(days=days)))
        assert start(window, qtbot) == asked
    answer(window, qtbot, 2)
    assert Settings().words(NAME) == str(date.today())
    Settings()._store.remove(NAME)
    start(window, qtbot)
    answer(window, qtbot, 1)
    asked_before = desktop.asked
    assert start(window, qtbot) == []
    assert (Settings().words(NAME), desktop.known, desktop.asked) == ("no", False, asked_before)


def test_settings_do_it_and_take_it_back(window: MainWindow, qtbot: QtBot, desktop: Desktop) -> None:
    for on in (True, False):
        key(window, Qt.Key.Key_Comma)
        sheet = window.tools.preferences
        assert sheet is not None
        system = sheet.sections["System"]
        assert isinstance(system, System)
        assert system.menu.isChecked() is not on
        press(system.menu)
        idle(window, qtbot)
        assert (desktop.known, Settings().words(NAME)) == (on, "yes" if on else "no")
        assert window.notices.text == (here.WRITTEN if on else here.REMOVED)
        sheet.close()


def test_a_file_that_the_system_hands_over_opens(window: MainWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = list[Path]()
    monkeypatch.setattr(window.files, "open_path", opened.append)
    program, app = window.windows, QCoreApplication.instance()
    assert isinstance(program, Application)
    assert isinstance(app, ReceivingApplication)
    monkeypatch.setattr(app, "take", program.open_file)
    for name in ("net.gradwire", ""):  # macOS also says so of addresses, which are no files
        QCoreApplication.sendEvent(app, QFileOpenEvent(name))
    assert opened == [Path("net.gradwire")]
