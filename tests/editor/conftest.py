"""What many tests of the window begin with: a session, the inspector, a canvas with records, the whole window."""

from __future__ import annotations

import gc
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from shiboken6 import isValid

from compute.worker.engine_choice import REFERENCE
from editor import theme
from editor.application import Application
from editor.file_events import ReceivingApplication
from editor.main_window import MainWindow
from editor.panels.inspector import Inspector
from editor.panels.training import TrainingPanel
from editor.session import Session
from editor.settings import Settings
from tests.compute.test_job import small
from tests.conftest import FAILED
from tests.editor.as_new import LastingProgram, LastingWindow
from tests.editor.canvas_driver import Driver, with_records
from tests.editor.panel_session import WAIT, done_with, free, opened, settle, shown

TWO = "z_2x_y", "spiral"
"""What the two windows of ``program`` show."""
LASTING = pytest.StashKey[LastingWindow]()
HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The modules that share the window follow each other, so that it is seldom closed between two of them; first comes
    how long acts hold the window, in a process as young as a person's program: after hundreds of windows Qt dresses one
    in twice the time."""
    users = {item.path for item in items if _shares(item)}
    places = [i for i, item in enumerate(items) if HERE in item.path.parents]
    ordered = sorted(
        (items[i] for i in places), key=lambda item: (item.path.stem != "test_heartbeat", item.path not in users)
    )
    for i, item in zip(places, ordered, strict=True):
        items[i] = item


@pytest.fixture(scope="session")
def qapp_cls() -> type[QApplication]:
    """What the tests run in is the program's own application object."""
    return ReceivingApplication


@pytest.fixture(autouse=True, scope="session")
def application(request: pytest.FixtureRequest) -> None:
    """Fonts need a running application, also in tests without a widget, whichever comes first in a process. Not asked
    for by name: those would have their garbage looked for as if they had made widgets."""
    request.getfixturevalue("qapp")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> Generator[None, Any, Any]:
    """The shared window is closed as soon as a test comes that is not of a module that shares it."""
    result = yield
    lasting = item.config.stash.get(LASTING, None)
    if lasting is None or (nextitem is not None and nextitem.path == item.path):
        return result
    users = {each.path for each in item.session.items if _shares(each)}
    if nextitem is not None and nextitem.path in users:
        lasting.put_away()
    else:
        lasting.close()
        gc.collect()
        gc.enable()
    return result


def _shares(item: pytest.Item) -> bool:
    return "outlasting" in getattr(item, "fixturenames", ())


@pytest.fixture
def session(qtbot: QtBot) -> Iterator[Session]:
    """A session with a small document, its numbers computed by the reference engine."""
    with opened(qtbot, small()) as session:
        yield session


@pytest.fixture
def inspector(session: Session, qtbot: QtBot) -> Inspector:
    inspector = Inspector(session)
    shown(qtbot, inspector, 360, 760)
    return inspector


@pytest.fixture
def training(session: Session, qtbot: QtBot) -> TrainingPanel:
    panel = TrainingPanel(session)
    shown(qtbot, panel, 460, 700)
    return panel


@pytest.fixture
def d(qtbot: QtBot) -> Driver:
    """A canvas with records of every kind."""
    return with_records(qtbot)


@pytest.fixture
def window(request: pytest.FixtureRequest, lasting: LastingWindow, outlasting: MainWindow) -> Iterator[MainWindow]:
    """A window of 1600 × 1000 on z(2x + y), its numbers computed by the reference engine.

    The tests of a module share it: it is made as new after each, and where that is not possible the next has another.
    """
    yield outlasting
    if request.node.stash.get(FAILED, False):
        lasting.close()
    else:
        lasting.put_back()


@pytest.fixture
def outlasting(lasting: LastingWindow, qtbot: QtBot) -> MainWindow:
    """The window, which is there before it is noted what the test may leave behind."""
    return lasting.window()


@pytest.fixture(scope="module")
def lasting(request: pytest.FixtureRequest, qapp: QApplication) -> LastingWindow:
    """What keeps the window from one test to the next, also where the next is of another module."""
    gc.disable()  # as long as there is a window, between tests too
    bot = QtBot(request)
    return request.config.stash.setdefault(LASTING, LastingWindow(lambda: whole_window(bot), bot))


@pytest.fixture
def own_window(qtbot: QtBot) -> Iterator[MainWindow]:
    """As ``window``, and for one test alone, made after what the test's other fixtures put in place."""
    with whole_window(qtbot) as window:
        yield window


@contextmanager
def whole_window(qtbot: QtBot) -> Iterator[MainWindow]:
    """Built, shown and settled; then closed, if it still is there."""
    theme.set_mode("dark")
    Settings()._store.remove("layout")  # what another test's window has left
    window = Application("reference").new_window()
    session = window.session
    window.resize(1600, 1000)
    window.files.open_example("z_2x_y")
    window.show()
    window.activateWindow()
    qtbot.waitUntil(lambda: QApplication.activeWindow() is window, timeout=WAIT)
    settle(qtbot, session)
    yield window
    if not isValid(window):
        return  # closed by the test, and freed
    session.undo_stack.setClean()
    window.close()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    theme.finish_change()


@pytest.fixture
def program(
    request: pytest.FixtureRequest, lasting_program: LastingProgram, outlasting_program: Application
) -> Iterator[Application]:
    """Two windows on z(2x + y) and on the spiral, computed by the reference engine.

    The tests of a module share them as they share ``window``, up to one that closes a window.
    """
    yield outlasting_program
    if request.node.stash.get(FAILED, False):
        lasting_program.close()
    else:
        lasting_program.put_back()


@pytest.fixture
def outlasting_program(lasting_program: LastingProgram, qtbot: QtBot) -> Application:
    """The program, which is there before it is noted what the test may leave behind."""
    return lasting_program.program()


@pytest.fixture(scope="module")
def lasting_program(request: pytest.FixtureRequest, qapp: QApplication) -> Iterator[LastingProgram]:
    """What keeps the two windows from one test of a module to the next."""
    gc.disable()
    bot = QtBot(request)
    lasting = LastingProgram(lambda: two_windows(bot), bot, TWO)
    yield lasting
    lasting.close()
    gc.collect()
    gc.enable()


@pytest.fixture
def own_program(qtbot: QtBot) -> Iterator[Application]:
    """As ``program``, and for one test alone, which may see all of a window freed."""
    with two_windows(qtbot) as program:
        yield program


@contextmanager
def two_windows(qtbot: QtBot) -> Iterator[Application]:
    """Built, shown and settled; then those that still are there closed."""
    theme.set_mode("dark")
    program = Application(REFERENCE)
    for example in TWO:
        window = program.new_window()
        window.files.open_example(example)
        window.show()
        settle(qtbot, window.session)
    yield program
    for window in list(program.windows):
        done_with(window)
    theme.finish_change()
    free()
