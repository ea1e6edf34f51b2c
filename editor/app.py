"""Starts the window: application object, theme, cycle collector, and the first document."""

from __future__ import annotations

import gc
import os
import sys
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QEvent, QTimer
from PySide6.QtWidgets import QApplication

from compute.integration.windows import name_process
from compute.worker.engine_choice import AUTO, REFERENCE
from editor import accessible, theme
from editor.application import Application
from editor.background import wait_for_all
from editor.file_events import ReceivingApplication
from editor.fonts import bring_font, settle_fonts
from editor.settings import Settings
from editor.signals import StopSignals

FIRST_EXAMPLE = "spiral"
COLLECT_MILLISECONDS = 1000
LAST_SECONDS = 5.0
"""How long the end waits for what is under way beside windows that are gone."""
# Python lets a thread run this long before another gets its turn; at the usual 5 ms each painting of the window
# would hold up the thread that trains, and the other way round.
SWITCH_SECONDS = 0.0001


def make_application() -> QApplication:
    """The application object, with name, style and theme."""
    name_process()
    settle_fonts()
    existing = QApplication.instance()
    app = existing if isinstance(existing, QApplication) else ReceivingApplication(sys.argv[:1])
    bring_font()
    app.setApplicationName("gradwire")
    app.setApplicationDisplayName("Gradwire")
    app.setDesktopFileName("gradwire")
    app.setStyle("Fusion")
    from editor.icons import icon

    app.setWindowIcon(icon("app"))
    theme.set_mode(Settings().theme)
    accessible.install()
    return app


def collect_on_this_thread(app: QApplication) -> QTimer:
    """Run Python's cycle collector on the window's thread only.

    A collection on another thread would destroy Qt objects there, which crashes the process.
    """
    gc.disable()
    timer = QTimer(app)
    timer.setInterval(COLLECT_MILLISECONDS)
    timer.timeout.connect(lambda: gc.collect(1))
    timer.start()
    return timer


def main(path: str | None = None, *, engine: str | None = None, device: str | None = None) -> int:
    """Open the window on a file, or on the first example; returns the exit status.

    engine, device: as on the command line, for this time; None: as it was chosen in the window.
    """
    sys.setswitchinterval(SWITCH_SECONDS)
    app = make_application()
    collector = collect_on_this_thread(app)
    program = Application(REFERENCE if engine == "reference" else device or (AUTO if engine else None))
    if isinstance(app, ReceivingApplication):
        app.take = program.open_file
    window = program.new_window()
    if path is not None:
        window.files.open_path(Path(path))
    elif not program.reopening.open(window):
        window.files.open_example(FIRST_EXAMPLE)
    window.places.show()
    signals = StopSignals()
    signals.asked.connect(program.end)
    program.restoring.ask(window)
    program.integrating.ask(window.notices, window.tools.background)
    # For the check that the window comes up at all: close it again after so many milliseconds.
    limit = os.environ.get("GRADWIRE_CLOSE_AFTER_MS")
    if limit:
        QTimer.singleShot(int(limit), window.close)
    status = app.exec()
    # What was asked to be deleted with the last window goes while Python is whole.
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    signals.close()
    wait_for_all(LAST_SECONDS)
    collector.stop()
    gc.enable()
    return program.status or status
