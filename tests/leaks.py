"""What a test left behind: threads, running timers, windows; each with the place where it was started.

Mouse buttons and modifiers that it left down are let go: to Qt they belong to the whole process, and where a button is
down, panels do not share out their room.
"""

from __future__ import annotations

import functools
import gc
import sys
import sysconfig
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

import pytest
import shiboken6
from PySide6.QtCore import QCoreApplication, QEvent, QObject, Qt, QThread, QTimer, qInstallMessageHandler
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

LIBRARIES = ("<", *(sysconfig.get_path(name) for name in ("stdlib", "purelib", "platlib", "scripts")))
_TURNS = 50
"""What is still going on after so many turns does not come to an end."""
PATIENCE = 1.0
"""Seconds that a thread which was told to stop may take to end."""
LASTS = ("QTipLabel",)
"""Windows that Qt itself keeps for the next time."""
EXCUSED = ("pytest_timeout", "gradwire-device")
"""Names of threads that outlast a test: a device that several tests use has one, which ends with it."""

_started: weakref.WeakKeyDictionary[Any, str] = weakref.WeakKeyDictionary()
_single_shots: list[tuple[float, weakref.ref[QObject] | None, str]] = []


def _place() -> str:
    """The innermost lines of the project (or of the test) that led here."""
    found: list[str] = []
    frame: FrameType | None = sys._getframe()
    while frame is not None and len(found) < 3:
        code = frame.f_code
        if not code.co_filename.startswith((*LIBRARIES, __file__)):
            found.append(f"{code.co_filename}:{frame.f_lineno} {code.co_name}")
        frame = frame.f_back
    return " < ".join(found)


def watch() -> None:
    """Note from now on where threads and timers are started; called once."""
    _note_start(threading.Thread)
    _note_start(QThread)
    _note_start(QTimer)
    single_shot: Callable[..., None] = QTimer.singleShot

    @functools.wraps(single_shot)
    def noted(milliseconds: int, *rest: Any) -> None:
        context = next((weakref.ref(a) for a in rest if isinstance(a, QObject)), None)
        _single_shots.append((time.monotonic() + milliseconds / 1000, context, _place()))
        single_shot(milliseconds, *rest)

    setattr(QTimer, "singleShot", staticmethod(noted))  # noqa: B010 (a method is replaced)


def _note_start(kind: Any) -> None:
    start = kind.start

    @functools.wraps(start)
    def noted(self: Any, *arguments: Any, **options: Any) -> Any:
        _started[self] = _place()
        return start(self, *arguments, **options)

    kind.start = noted


@contextmanager
def none_left(excused: Callable[[], bool]) -> Iterator[None]:
    """Fail when what runs inside leaves a thread, a running timer or a window; not when it failed anyhow."""
    earlier: set[object] = {*threading.enumerate(), *_running(), *_ticking(), *windows()}
    _single_shots.clear()
    yield
    _let_go()
    if excused():
        return
    gc.collect(1)
    _settle()
    left = _left(earlier)
    if left:
        gc.collect()
        _settle()
        left = _left(earlier)
    if left:
        pytest.fail("the test left behind:\n" + "\n".join(left), pytrace=False)


def _left(earlier: set[object]) -> list[str]:
    left = []
    for thread in threading.enumerate():
        if thread not in earlier and not thread.name.startswith(EXCUSED):
            thread.join(PATIENCE)
            if thread.is_alive():
                left.append(f"thread {thread.name!r}, started at {_started.get(thread, 'an unknown place')}")
    for runner in _running():
        if runner not in earlier and not runner.wait(int(PATIENCE * 1000)):
            left.append(f"QThread {runner.objectName()!r}, started at {_started[runner]}")
    for timer in _ticking():
        if timer not in earlier and not _belongs_to(timer, earlier):
            left.append(f"timer of {timer.interval()} ms, started at {_started[timer]}")
    now = time.monotonic()
    for due, context, place in _single_shots:
        if due > now and (context is None or _valid(context())):
            left.append(f"single shot due in {due - now:.1f} s, started at {place}")
    for window in windows():
        if window not in earlier:
            left.append(f"window {type(window).__name__} {window.objectName()!r} {window.windowTitle()!r}")
    return left


def _belongs_to(thing: QObject | None, earlier: set[object]) -> bool:
    """Whether a window that was there before, and so outlasts the test, holds it."""
    while thing is not None and not (isinstance(thing, QWidget) and thing.isWindow() and thing in earlier):
        thing = thing.parent()
    return thing is not None


def _valid(thing: object) -> bool:
    return thing is not None and shiboken6.isValid(thing)


def _running() -> list[QThread]:
    return [o for o in list(_started) if isinstance(o, QThread) and _valid(o) and o.isRunning()]


def _ticking() -> list[QTimer]:
    return [o for o in list(_started) if isinstance(o, QTimer) and _valid(o) and o.isActive()]


def windows() -> list[QWidget]:
    """Those that there are, shown or hidden."""
    if not isinstance(QCoreApplication.instance(), QApplication):
        return []
    return [
        widget
        for widget in QApplication.topLevelWidgets()
        if widget.parent() is None and widget.metaObject().className() not in LASTS and not _measures(widget)
    ]


def _measures(widget: QWidget) -> bool:
    """Whether it is never shown: the layout of a scene has one of its own, by which it asks for a style's measures."""
    return type(widget) is QWidget and not shiboken6.createdByPython(widget) and not widget.isVisible()


class _Table(QWidget):
    """What a hand lets go over; it takes everything."""

    def event(self, _event: QEvent) -> bool:
        return True


def _let_go() -> None:
    """No button and no modifier is down any more."""
    if not isinstance(QCoreApplication.instance(), QApplication):
        return
    buttons, nothing = QApplication.mouseButtons(), Qt.KeyboardModifier.NoModifier
    if buttons == Qt.MouseButton.NoButton and QApplication.keyboardModifiers() == nothing:
        return
    table = _Table()
    for button in Qt.MouseButton:
        if button in buttons or button == Qt.MouseButton.LeftButton:
            QTest.mouseRelease(table, button, nothing)


def _settle() -> None:
    """Let what was asked to be deleted be deleted, and what is done in turns between events come to its end."""
    if QCoreApplication.instance() is not None:
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
        for _ in range(_TURNS):
            QCoreApplication.processEvents()
            if all(timer.interval() for timer in _ticking()):
                break


@contextmanager
def qt_warnings() -> Iterator[list[str]]:
    """Collect what Qt complains about."""
    collected: list[str] = []

    def handle(kind: Any, context: Any, message: str) -> None:
        if kind.name in ("QtWarningMsg", "QtCriticalMsg", "QtFatalMsg"):
            collected.append(message)

    previous = qInstallMessageHandler(handle)
    try:
        yield collected
    finally:
        qInstallMessageHandler(previous)
