"""The window opened for a moment, to see whether it works where it was installed."""

from __future__ import annotations

import gc
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

from PySide6.QtCore import QCoreApplication, QEvent, QSettings
from PySide6.QtGui import QGuiApplication

from compute.errors import GradwireError

SECONDS = 30.0
"""How long the window may take to show what is in the file."""
REST = 1.0
"""Seconds in which plots and panels are drawn, too."""
_HOMES = ("XDG_STATE_HOME", "XDG_CONFIG_HOME", "WIN_PD_OVERRIDE_LOCAL_APPDATA")
INI, USER = QSettings.Format.IniFormat, QSettings.Scope.UserScope


def open_for_a_moment(path: Path) -> str:
    """Open the window on a file, wait until its numbers are on the wires, and close it; returns what was seen.

    It remembers nothing, and offers no work that was left. Errors: GradwireError.
    """
    with own_folders():
        return _seen(path)


@contextmanager
def own_folders() -> Iterator[None]:
    """Meanwhile neither a person's settings nor what was left for the next start are touched."""
    before, settings = {name: os.environ.get(name) for name in _HOMES}, _settings_folder()
    with tempfile.TemporaryDirectory(prefix="gradwire-", ignore_cleanup_errors=True) as folder:
        try:
            os.environ.update(dict.fromkeys(_HOMES, folder))
            _keep_settings_in(folder)
            yield
        finally:
            _keep_settings_in(settings)
            for name, value in before.items():
                os.environ.pop(name, None)
                if value is not None:
                    os.environ[name] = value


def _settings_folder() -> str:
    return str(Path(QSettings(INI, USER, "gradwire", "gradwire").fileName()).parents[1])


def _keep_settings_in(folder: str) -> None:
    QSettings.setPath(INI, USER, folder)


def _seen(path: Path) -> str:
    from editor.app import LAST_SECONDS, collect_on_this_thread, make_application
    from editor.application import Application
    from editor.background import wait_for_all

    faults = list[str]()

    def note(kind: type[BaseException], fault: BaseException, _where: TracebackType | None) -> None:
        faults.append(f"{kind.__name__}: {fault}")

    # What fails in answer to an event ends nothing by itself.
    before, sys.excepthook = sys.excepthook, note
    app = make_application()
    collector = collect_on_this_thread(app)
    start = time.perf_counter()
    window = Application("reference").new_window()
    window.files.open_path(path)
    window.places.show()
    try:
        while not (window.session.document.path == path and window.session.facts.trace.values):
            app.processEvents()
            time.sleep(0.005)
            if time.perf_counter() - start > SECONDS:
                raise GradwireError(f"the window showed no numbers within {SECONDS:g} s")
        seconds = time.perf_counter() - start
        while time.perf_counter() - start < seconds + REST:
            app.processEvents()
        if faults:
            raise GradwireError(f"the window opened with a fault: {faults[0]}")
        picture = window.grab()
        if picture.isNull():
            raise GradwireError("nothing of the window can be drawn")
        size = f"{picture.width()} × {picture.height()} pixels on {QGuiApplication.platformName()}"
        wires = len(window.session.document.graph.wires)
        return f"a window of {size}, with values on {wires} wires after {seconds:.1f} s"
    finally:
        window.close_unasked()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
        wait_for_all(LAST_SECONDS)
        collector.stop()
        gc.enable()
        sys.excepthook = before
