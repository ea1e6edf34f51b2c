"""One window for all tests of a module: after each it is made as new, or else replaced by a new one.

Whether it is as new is not taken on trust: what is seen of every widget, the document, the session and the settings
are compared with what they were when the window was new.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from typing import Any

from PySide6.QtCore import QPoint, QRect, QSettings
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QScrollArea, QScrollBar, QWidget
from pytestqt.qtbot import QtBot
from shiboken6 import isValid

from compute.asking import Manner
from editor import scale, theme
from editor.application import Application
from editor.costing import FIRST
from editor.dock import Dock
from editor.main_window import MainWindow
from editor.palettes import DARK
from editor.panels.form import Form
from editor.panels.widgets import Stable
from editor.settings import Settings
from editor.workbench import Workbench
from tests.editor.panel_session import WAIT, done_with, free, settle

EXAMPLE = "z_2x_y"
AWAY = QPoint(10_000, 0)
LOOK = ("enabled", "text", "checked", "value", "currentIndex", "readOnly", "toolTip", "accessibleName", "kind")


class LastingWindow:
    """``build`` makes a window on the example and takes it away again; ``window`` is there between the two."""

    def __init__(
        self, build: Callable[[], AbstractContextManager[MainWindow]], qtbot: QtBot, example: str = EXAMPLE
    ) -> None:
        self._build, self._qtbot, self._example = build, qtbot, example
        self._open: AbstractContextManager[MainWindow] | None = None
        self._window: MainWindow | None = None
        self._new: dict[str, Any] = {}
        self._settings: dict[str, Any] = {}
        self._places: tuple[object, ...] = ()
        """Where the panels stand."""
        self._rooms: dict[Stable, str] = {}
        """What numbers that change often have room for; they keep the room of the longest that they showed."""
        self.differences: dict[str, Any] = {}
        """What was not as new when it was looked at last."""
        self._at = QPoint()
        """Where it stands on the screen."""
        self._lent = False
        """Whether it may have changed since."""

    @property
    def is_there(self) -> bool:
        """Whether the next test has the same."""
        return self._window is not None

    def window(self) -> MainWindow:
        """As new. For the fixture that comes before all others, since the window outlasts the test."""
        self.lend()
        if self._window is None:
            self._open = self._build()
            self._window = self._open.__enter__()
            # Once round, so that what was computed or laid out late is alike.
            self._window.session.select(["x"])
            self._settings = settings()
            self._rooms = {each: each._widest for each in self._window.findChildren(Stable)}
            for form in self._window.findChildren(Form):
                form._measure()  # as after each change of the size of text
            self._tidy(self._window)
            self._places = places(self._window)
            counted(self._window)
            self._new = seen(self._window)
            self._at = self._window.pos()
        elif isValid(self._window):
            self._take_keys(self._window)
        return self._window

    def lend(self) -> None:
        """A test begins that may change it."""
        self._lent = True

    def put_away(self) -> None:
        """Out of the way until it is asked for again: a module has ended, and the next may show windows of its own."""
        self.put_back()
        if self._window is not None:
            self._at = self._window.pos()
            self._window.move(AWAY)

    def _take_keys(self, window: MainWindow) -> None:
        """It was out of the way, or a test without it had a window of its own."""
        window.move(self._at)
        if QApplication.activeWindow() is not window:
            window.activateWindow()
            window.canvas.setFocus()
            self._qtbot.waitUntil(lambda: QApplication.activeWindow() is window, timeout=WAIT)

    def look_again(self) -> None:
        """What is new is what is seen after another round, where at first some caption is laid out a pixel off."""
        assert self._window is not None
        self._tidy(self._window)
        self._compare(self._window)
        self._new = seen(self._window)

    def put_back(self) -> None:
        """After a test."""
        window = self._window
        if not self._lent:
            return
        self._lent = False
        if window is None or not isValid(window) or not window.isVisible():
            self.close()
            return
        self._tidy(window)
        self._compare(window)
        if self.differences and isValid(window):
            self._tidy(window, anew=True)
            self._compare(window)
        if self.differences:
            self.close()

    def _compare(self, window: MainWindow) -> None:
        settle(self._qtbot, window.session)
        at_work = [window.background, window.tools.background, window.keeper.background]
        self._qtbot.waitUntil(lambda: not any(each.tasks for each in at_work), timeout=WAIT)
        counted(window)
        QApplication.processEvents()
        self.differences = differences(self._new, seen(window))

    def _tidy(self, window: MainWindow, *, anew: bool = False) -> None:
        """``anew``: the panels are arranged, though they seem to be; how the room is shared out may differ."""
        while popup := QApplication.activePopupWidget():
            popup.close()
        program, session = window.windows, window.session
        assert isinstance(program, Application)
        if program.projector:
            program.set_projector(False)
        if program.reduced_motion:
            program.set_reduced_motion(False)
        session.asking.set_on(False)
        session.auditing.set_on(False)
        session.costing.set_on(False, FIRST)
        session.asking.set_manner(**Manner().to_data())
        put_settings(self._settings)
        theme.set_scale(1.0)
        if theme.current() is not DARK:
            theme.set_mode("dark")
        theme.finish_change()
        window.setUpdatesEnabled(False)  # it is painted once, when all is put back
        session.pause()
        session.set_speed(None)
        session.stop_walk()
        session.mark_saved()
        window.setWindowState(window.windowState() & ~(window.windowState().WindowFullScreen))
        window.tools.forget_sheet()
        window.palette_panel.search.clear()
        for each, widest in self._rooms.items():
            each._widest = widest
            each._measure()
        window.canvas.show_minimap(True)
        window.files.open_example(self._example)
        session.select([])
        session._side = "gradient"  # what a click on a node or wire asks about first
        window.resize(1600, 1000)
        if anew or places(window) != self._places:
            window.places.reset()
        window.activateWindow()
        window.canvas.setFocus()
        window.notices.say("")
        QApplication.processEvents()
        for bar in window.findChildren(QScrollBar):
            bar.setValue(bar.minimum())
        window.canvas.fit()
        window.setUpdatesEnabled(True)
        QApplication.processEvents()

    def close(self) -> None:
        """The next test has another."""
        opened, self._open, self._window = self._open, None, None
        if opened is not None:
            opened.__exit__(None, None, None)


class LastingProgram:
    """``build`` makes a program with a window on each of ``examples``, and takes away what is left of it."""

    def __init__(
        self, build: Callable[[], AbstractContextManager[Application]], qtbot: QtBot, examples: Sequence[str]
    ) -> None:
        self._build, self._qtbot, self._examples = build, qtbot, examples
        self._open: AbstractContextManager[Application] | None = None
        self._program: Application | None = None
        self._windows: list[MainWindow] = []
        self._parts: list[LastingWindow] = []

    def program(self) -> Application:
        """As new."""
        if self._program is None:
            self._open = self._build()
            self._program = self._open.__enter__()
            self._windows = list(self._program.windows)
            self._parts = [
                LastingWindow(partial(already_there, window), self._qtbot, example)
                for window, example in zip(self._windows, self._examples, strict=True)
            ]
            for each in self._parts:
                each.window()
                each.look_again()
        for each in self._parts:
            each.lend()
        return self._program

    def put_back(self) -> None:
        """After a test: what it opened is closed; where it closed one of the windows the next has two others."""
        program = self._program
        if program is None or not all(isValid(each) and each in program.windows for each in self._windows):
            self.close()
            return
        for window in [each for each in program.windows if each not in self._windows]:
            done_with(window)
        free()
        for each in self._parts:
            each.put_back()
        if program.windows != self._windows or not all(each.is_there for each in self._parts):
            self.close()

    def close(self) -> None:
        """The next test has another."""
        opened, self._open, self._program = self._open, None, None
        self._windows, self._parts = [], []
        if opened is not None:
            opened.__exit__(None, None, None)


def counted(window: MainWindow) -> None:
    """Wait until it is known what the network costs, where that is shown."""
    until = time.monotonic() + WAIT / 1000
    while window.session.costing.is_behind:
        assert time.monotonic() < until
        QTest.qWait(1)
    QApplication.processEvents()


@contextmanager
def already_there(window: MainWindow) -> Iterator[MainWindow]:
    """For whoever expects to build it."""
    yield window


def places(window: MainWindow) -> tuple[object, ...]:
    """Of each panel where it stands and what shares its place; Qt's own record tells the least width of hidden ones
    too, which changes with what they said last."""
    bench = window.workbench
    state = json.loads(bench.state())
    return (
        state["chosen"],
        state["wide"],
        *(
            (id_, bench.dockWidgetArea(dock), dock.isHidden(), dock.isFloating(), dock.in_sight, tabs(bench, dock))
            for id_, dock in bench.docks.items()
        ),
    )


def tabs(bench: Workbench, dock: Dock) -> list[str]:
    """The names of the panels that share a panel's place."""
    return [each.objectName() for each in bench.tabifiedDockWidgets(dock)]


def seen(window: MainWindow) -> dict[str, Any]:
    """What is seen of a window, and what it is about."""
    session, canvas = window.session, window.canvas
    program = window.windows
    assert isinstance(program, Application)
    widgets = Counter(look(each) for each in shown_in(window) if in_sight(each))
    focused = QApplication.focusWidget()
    return {
        "widgets": widgets,
        "focus": type(focused).__name__,
        "windows": len(program.windows),
        "top": sorted(type(each).__name__ for each in QApplication.topLevelWidgets() if each.isVisible()),
        "actions": {name: (a.text(), a.isEnabled(), a.isChecked()) for name, a in window.actions_.by_id.items()},
        "shortcuts": {name: tuple(k.toString() for k in a.shortcuts()) for name, a in window.actions_.by_id.items()},
        "title": (window.windowTitle(), window.isWindowModified(), window.windowState()),
        "document": (session.document.path, dict(session.document.graph.nodes), session.document.training),
        "session": (session.snapshot.step, session.snapshot.state, session.undo_stack.count(), session.walk),
        "selected": (session.selection, session.focus),
        "camera": (canvas.camera.zoom, canvas.camera.x, canvas.camera.y),
        "theme": (theme.current().name, scale.factor()),
        "busy": (window.files.busy, len(window.background.tasks), len(window.keeper.background.tasks)),
    }


def shown_in(widget: QWidget) -> Iterator[QWidget]:
    """What is shown inside a widget; what is in hidden ones is not looked at, which is most of a window."""
    for each in widget.children():
        if isinstance(each, QWidget) and each.isVisible():
            yield each
            yield from shown_in(each)


def in_sight(widget: QWidget) -> bool:
    """Whether it is shown; what stands behind a tab lies beyond the window. A button that clears a text fades away."""
    window = widget.window()
    return (
        widget.isVisible()
        and widget.metaObject().className() != "QLineEditIconButton"
        and not widget.rect().isEmpty()
        and window.rect().intersects(QRect(widget.mapTo(window, QPoint()), widget.size()))
    )


def look(widget: QWidget) -> tuple[object, ...]:
    """Of one widget: where it is, what it says; of what is scrolled, or reaches beyond the window, as much as there is
    room for."""
    found = [str(widget.property(name)) for name in LOOK]
    window, around = widget.window(), widget.parentWidget()
    at = widget.mapTo(window, QPoint())
    size = window.rect().intersected(QRect(at, widget.size())).size()
    if around is not None and isinstance(around.parentWidget(), QScrollArea):
        size = size.boundedTo(around.size())
    return type(widget).__name__, at.x(), at.y(), size.width(), size.height(), *found


def differences(before: dict[str, Any], now: dict[str, Any]) -> dict[str, Any]:
    """What is no longer so, and what is now."""
    out: dict[str, Any] = {}
    for key in before.keys() | now.keys():
        was, is_ = before.get(key), now.get(key)
        if was == is_:
            continue
        if isinstance(was, Counter) and isinstance(is_, Counter):
            out[key] = [*(was - is_), "→", *(is_ - was)]
        elif isinstance(was, dict) and isinstance(is_, dict):
            out[key] = {k: (was.get(k), is_.get(k)) for k in was.keys() | is_.keys() if was.get(k) != is_.get(k)}
        else:
            out[key] = (was, is_)
    return out


def _store() -> QSettings:
    return Settings()._store


def settings() -> dict[str, Any]:
    """What is remembered for the next start."""
    store = _store()
    return {key: store.value(key) for key in store.allKeys()}


def put_settings(wanted: dict[str, Any]) -> None:
    """Remember that and nothing else."""
    store = _store()
    for key in store.allKeys():
        if key not in wanted:
            store.remove(key)
    for key, value in wanted.items():
        if store.value(key) != value:
            store.setValue(key, value)
