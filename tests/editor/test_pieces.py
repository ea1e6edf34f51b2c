"""Work on the window's thread in pieces: the window goes on between them, and it can be called off."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from compute.errors import GradwireError
from compute.gallery import load_entry
from editor.background import Background
from editor.main_window import MainWindow
from editor.picture_form import Choice
from editor.pieces import Pieces, Piecewise, at_once
from editor.render import Shot, drawing
from tests.editor.panel_session import WAIT, idle


@pytest.fixture
def parent(qtbot: QtBot) -> Iterator[QObject]:
    parent = QObject()
    yield parent
    parent.deleteLater()


@pytest.fixture
def background(parent: QObject) -> Iterator[Background]:
    background = Background(parent)
    yield background
    background.close()


class Ends:
    """What a piece of work came to."""

    def __init__(self, work: Pieces[object], background: Background, parent: QObject) -> None:
        self.said: list[object] = []
        self.work = Piecewise(
            work, background, self.said.append, self.said.append, lambda: self.said.append("off"), "Work", parent
        )


def endless(turns: list[int]) -> Pieces[object]:
    try:
        while True:
            turns[0] += 1
            yield None
    finally:
        turns.append(-1)


def test_what_a_piece_does_aside_is_on_another_thread_and_its_result_comes_back(
    background: Background, parent: QObject, qtbot: QtBot
) -> None:
    threads: list[int] = []

    def work() -> Pieces[object]:
        threads.append(threading.get_ident())
        found = yield threading.get_ident
        yield None
        threads.append(threading.get_ident())
        return found

    ends = Ends(work(), background, parent)
    qtbot.waitUntil(lambda: bool(ends.said), timeout=WAIT)
    here = threading.get_ident()
    assert threads == [here, here]
    assert ends.said != [here]
    assert at_once(work()) == here


def test_the_window_has_its_turns_between_the_pieces(background: Background, parent: QObject, qtbot: QtBot) -> None:
    turns, beats = [0], 0

    def beat() -> None:
        nonlocal beats
        beats += 1

    ends = Ends(endless(turns), background, parent)
    timer = QTimer()
    timer.timeout.connect(beat)
    timer.start(0)
    qtbot.waitUntil(lambda: beats > 20, timeout=WAIT)
    timer.stop()
    assert turns[0] > 20
    ends.work.cancel()
    assert ends.said == ["off"]
    assert turns[-1] == -1, "it has put away what it used"


@pytest.mark.parametrize(
    ("error", "sentence"), [(GradwireError("Not so."), "Not so."), (ValueError("x"), "This failed (ValueError: x).")]
)
@pytest.mark.parametrize("aside", [True, False])
def test_an_error_here_or_aside_is_a_sentence(
    background: Background, parent: QObject, qtbot: QtBot, error: Exception, sentence: str, aside: bool
) -> None:
    def fail() -> None:
        raise error

    def work() -> Pieces[object]:
        yield None
        if aside:
            yield fail
        else:
            fail()
        return None

    ends = Ends(work(), background, parent)
    qtbot.waitUntil(lambda: bool(ends.said), timeout=WAIT)
    assert ends.said == [sentence]


def test_calling_off_what_is_done_aside_waits_for_it(background: Background, parent: QObject, qtbot: QtBot) -> None:
    begun, gate, went_on = threading.Event(), threading.Event(), []

    def slow() -> None:
        begun.set()
        assert gate.wait(5)

    def work() -> Pieces[object]:
        yield slow
        went_on.append(1)
        return None

    ends = Ends(work(), background, parent)
    qtbot.waitUntil(begun.is_set, timeout=WAIT)
    ends.work.cancel()
    gate.set()
    qtbot.waitUntil(lambda: bool(ends.said), timeout=WAIT)
    assert (ends.said, went_on) == (["off"], [])


@pytest.mark.parametrize("suffix", [".png", ".svg"])
def test_a_picture_in_pieces_is_the_picture_at_once(
    window: MainWindow, qtbot: QtBot, tmp_path: Path, suffix: str
) -> None:
    window.files.open_example("iris")
    qtbot.waitUntil(lambda: window.session.snapshot.revision == window.session.revision, timeout=WAIT)
    document = window.session.current_document()
    at_once(drawing(lambda: document, tmp_path / f"once{suffix}", window.files.publishing.shot(Choice())))
    window.files.publishing.save_picture(tmp_path / f"pieces{suffix}")
    assert window.files.busy
    assert not (tmp_path / f"pieces{suffix}").exists()
    idle(qtbot, window)
    assert window.notices.text == f"Saved pieces{suffix}"
    assert (tmp_path / f"pieces{suffix}").read_bytes() == (tmp_path / f"once{suffix}").read_bytes()


def test_a_picture_is_made_of_many_pieces_and_computed_and_written_aside(qtbot: QtBot, tmp_path: Path) -> None:
    pauses = asides = 0
    work = drawing(lambda: load_entry("digits"), tmp_path / "a.png", Shot())
    given = None
    try:
        while True:
            aside = work.send(given)
            given = aside() if aside is not None else None
            pauses += aside is None
            asides += aside is not None
    except StopIteration:
        pass
    nodes = len(load_entry("digits").graph.nodes)
    assert pauses > 4 * nodes
    assert asides == 3
    assert (tmp_path / "a.png").is_file()


def test_a_picture_that_is_called_off_writes_nothing(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    window.files.publishing.save_picture(tmp_path / "a.png")
    assert window.notices.stop.isVisible()
    window.notices.stop.click()
    idle(qtbot, window)
    assert window.notices.text == "Drawing a.png was called off"
    assert not window.notices.stop.isVisible()
    assert list(tmp_path.iterdir()) == []


def test_of_two_pictures_the_one_asked_for_last_is_drawn(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    window.files.publishing.save_picture(tmp_path / "a.png")
    while not window.background.tasks:
        QApplication.processEvents()  # waiting for it might miss the first of its tasks, and be late
    window.files.publishing.save_picture(tmp_path / "b.png")
    idle(qtbot, window)
    assert [path.name for path in tmp_path.iterdir()] == ["b.png"]
    assert window.notices.text == "Saved b.png"
