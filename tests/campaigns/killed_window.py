"""The window that ``window_kills`` kills: the program as it is, in which somebody edits and trains without a pause.

``python -m tests.campaigns.killed_window`` tells on stdout, a line each: ``ready``; ``restored STEP NAME`` for work
that was asked about at the start; ``edit NUMBER TIME`` for each edit, which also makes that number the document's
name, with the time on the clock that all processes share.

With ``--restore`` it waits for that question and answers it; with ``--idle`` nothing is edited.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from dataclasses import replace

os.environ["QT_QPA_PLATFORM"] = "offscreen"

from PySide6.QtCore import QObject, QPointF, Qt, QTimer
from PySide6.QtTest import QTest

from editor import app
from editor.main_window import MainWindow
from editor.restoring import Restoring

EDIT_MILLISECONDS = 60
PATIENCE_SECONDS = 60.0


def tell(*words: object) -> None:
    sys.stdout.write(" ".join(map(str, words)) + "\n")  # at once, as the kill may come in between
    sys.stdout.flush()


class Hand(QObject):
    """Restores what is asked about, trains, and edits until the process is killed."""

    def __init__(self, window: MainWindow, *, restores: bool) -> None:
        super().__init__(window)
        self._window, self._random = window, random.Random(time.monotonic_ns())
        self._restores, self._done, self._since = restores, 0, time.monotonic()
        self._timer = QTimer(self)
        self._timer.setInterval(EDIT_MILLISECONDS)
        self._timer.timeout.connect(self._turn)
        self._timer.start()

    def _turn(self) -> None:
        window, session = self._window, self._window.session
        if session.snapshot.revision != session.revision:
            return
        if self._restores:
            self._restore()
        elif "--idle" in sys.argv:
            self._timer.stop()
            tell("ready")
        elif not session.is_training and not session.walk:
            many = replace(session.document.training, epochs=10**9)
            session.apply(session.edits.set_training("Many epochs", epochs=many.epochs))
            session.train()
            tell("ready")
        else:
            self._done += 1
            if self._done % 7 == 0:
                window.canvas.add_op("relu", QPointF(self._random.uniform(0, 900), 500.0))
            number = (int(session.title) if session.title.isdecimal() else 0) + 1
            session.apply(session.edits.rename(str(number)))
            tell("edit", number, time.monotonic())

    def _restore(self) -> None:
        """Press the button that stands there, and wait for what it brings."""
        window, session = self._window, self._window.session
        banner = window.notices.banner
        if banner.choice is not None:
            QTest.mouseClick(banner.offer, Qt.MouseButton.LeftButton)
        elif "Restored" in window.notices.text:
            self._restores = False
            tell("restored", session.snapshot.step, session.title)
        elif time.monotonic() > self._since + PATIENCE_SECONDS:
            sys.exit("nothing was asked about")


def main() -> int:
    ask, restores = Restoring.ask, "--restore" in sys.argv

    def ask_and_begin(self: Restoring, window: MainWindow) -> None:
        ask(self, window)
        Hand(window, restores=restores)

    Restoring.ask = ask_and_begin  # type: ignore[method-assign]
    signal.signal(signal.SIGINT, signal.default_int_handler)  # what a shell starts in the background ignores Ctrl+C
    return app.main(engine="reference")


if __name__ == "__main__":
    sys.exit(main())
