"""Work beside the window: one piece after the other, in order, that can be called off."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import partial

import pytest
from pytestqt.qtbot import QtBot

from compute.errors import GradwireError
from editor.background import Background, Task
from tests.editor.panel_session import WAIT


@pytest.fixture
def background(qtbot: QtBot) -> Iterator[Background]:
    background = Background()
    yield background
    background.close()


def until_idle(qtbot: QtBot, background: Background) -> None:
    qtbot.waitUntil(lambda: not background.tasks, timeout=WAIT)


def test_one_piece_of_work_at_a_time_in_order_and_off_this_thread(background: Background, qtbot: QtBot) -> None:
    running, most, threads = 0, 0, set()
    came: list[int] = []
    gate = threading.Event()

    def work(number: int) -> int:
        nonlocal running, most
        running += 1
        most = max(most, running)
        threads.add(threading.get_ident())
        assert gate.wait(5)
        running -= 1
        return number

    for number in range(5):
        background.run(partial(lambda n, _task: work(n), number), came.append, pytest.fail)
    assert len(background.tasks) == 5
    gate.set()
    until_idle(qtbot, background)
    assert came == [0, 1, 2, 3, 4]
    assert most == 1
    assert threading.get_ident() not in threads
    background.run(lambda _task: 5, came.append, pytest.fail)
    until_idle(qtbot, background)
    assert came[-1] == 5


def test_what_waits_is_called_off_at_once_and_what_runs_when_it_next_tells(
    background: Background, qtbot: QtBot
) -> None:
    begun, heard = threading.Event(), threading.Event()
    said: list[str] = []

    def work(task: Task) -> None:
        begun.set()
        assert heard.wait(5)
        task.tell(0.5)
        said.append("went on")

    def run(name: str) -> Task:
        return background.run(
            work, lambda _: said.append(f"{name} done"), pytest.fail, cancelled=lambda: said.append(f"{name} off")
        )

    first, second = run("first"), run("second")
    assert begun.wait(5)
    first.cancel()
    second.cancel()
    heard.set()
    until_idle(qtbot, background)
    assert said == ["first off", "second off"]


def test_shares_arrive_here_as_other_percents(background: Background, qtbot: QtBot) -> None:
    shares: list[float] = []

    def work(task: Task) -> None:
        for share in (0.0, 0.001, 0.5, 0.5001, 0.51):
            task.tell(share)

    here = threading.get_ident()

    def take(share: float) -> None:
        assert threading.get_ident() == here
        shares.append(share)

    background.run(work, lambda _: None, pytest.fail, progress=take)
    until_idle(qtbot, background)
    assert shares == [0.0, 0.5, 0.51]


def test_work_that_tells_very_often_gives_this_thread_little_to_do(background: Background, qtbot: QtBot) -> None:
    shares: list[float] = []
    waiting: list[int] = []

    def work(task: Task) -> int:
        for i in range(20_000):
            task.tell(i / 20_000)
        return background._results.qsize()

    background._timer.setInterval(60_000)  # nothing is taken meanwhile
    background.run(work, waiting.append, pytest.fail, progress=shares.append)
    qtbot.waitUntil(lambda: background._thread is None, timeout=WAIT)
    background._deliver()
    assert waiting == [100]
    assert len(shares) == 100


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (GradwireError("Not there; look elsewhere."), "Not there; look elsewhere."),
        (KeyError("a"), "This failed (KeyErr"),
    ],
)
def test_what_fails_arrives_as_a_sentence(
    background: Background, qtbot: QtBot, error: Exception, sentence: str
) -> None:
    said: list[str] = []

    def work(_task: Task) -> None:
        raise error

    background.run(work, lambda _: pytest.fail("done"), said.append)
    until_idle(qtbot, background)
    assert said[0].startswith(sentence)


def test_once_closed_nothing_arrives_and_what_waited_is_not_begun(background: Background, qtbot: QtBot) -> None:
    begun, gate = threading.Event(), threading.Event()
    said: list[str] = []

    def first(_task: Task) -> None:
        begun.set()
        assert gate.wait(5)

    background.run(first, lambda _: said.append("first"), said.append)
    background.run(lambda _task: said.append("second ran"), lambda _: said.append("second"), said.append)
    assert begun.wait(5)
    threading.Timer(0.05, gate.set).start()
    background.close()
    qtbot.wait(50)
    assert said == []
