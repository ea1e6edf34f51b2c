"""Learns from every lesson of the gallery by mouse and keys: ``python -m tests.campaigns.lessons [ID …]``.

At each step a learner first does something else, upon which it must not count as done, and then what it asks for; then
another one skips everything. How a condition is brought about stands in ``tests.editor.pupil``.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from typing import cast

from tests import homes

if __name__ == "__main__":  # before anything imports Qt
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    homes.move()

from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from compute.gallery import GALLERY
from editor import app as editor_app
from editor.application import Application
from editor.main_window import MainWindow
from tests.editor.lesson_runs import goes_right_and_wrong, skips
from tests.editor.panel_session import settle
from tests.editor.pupil import Pupil


class Patience:
    """As much of a ``QtBot`` as a pupil needs."""

    @staticmethod
    def waitUntil(done: Callable[[], bool], *, timeout: int) -> None:
        """Errors: AssertionError where it does not come about in so many milliseconds."""
        end = time.monotonic() + timeout / 1000
        while not done():
            assert time.monotonic() < end, "it does not come about"
            QTest.qWait(10)


def opened() -> MainWindow:
    """A window on the reference engine."""
    window = Application("reference").new_window()
    window.resize(1600, 1000)
    window.files.open_example("z_2x_y")
    window.show()
    window.activateWindow()
    settle(cast(QtBot, Patience()), window.session)
    return window


def learn(window: MainWindow, entry_id: str) -> str:
    """Go through a lesson in every way; a sentence about it. Errors: AssertionError that names the step."""
    pupil = Pupil(window, cast(QtBot, Patience()))
    start = time.monotonic()
    already = goes_right_and_wrong(pupil, entry_id)
    skips(pupil, entry_id)
    steps = pupil.guide.learner.lesson.steps
    asks = sum(step.do is not None for step in steps)
    held = f", of which {', '.join(already)} were so already" if already else ""
    return f"{entry_id}: {len(steps)} steps, {asks} to be done{held}; {time.monotonic() - start:.1f} s"


def main(given: Sequence[str] | None = None) -> int:
    """The number of lessons that are not as they should be, 1 at most."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument(
        "entries", nargs="*", metavar="ID", help="documents of the gallery; without any all with a lesson"
    )
    wanted = parser.parse_args(given).entries or [entry.id for entry in GALLERY if entry.steps]
    application = editor_app.make_application()
    window, failed = opened(), []
    for entry_id in wanted:
        try:
            print(learn(window, entry_id), flush=True)
        except Exception:
            failed.append(entry_id)
            step = window.teaching.guide.learner.step
            print(f"{entry_id}, at {step.id if step else 'nothing'}: FAILED", flush=True)
            traceback.print_exc()
            window.close_unasked()
            QApplication.processEvents()
            window = opened()
    print(f"{len(wanted) - len(failed)} of {len(wanted)} lessons are as they should be", flush=True)
    sys.stdout.flush()
    del application
    os._exit(bool(failed))


if __name__ == "__main__":
    main()
