"""A private X server for tests of real windows, and real mouse and keyboard events sent through it."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QApplication, QWidget

SCREEN = "1600x1000x24"


@contextmanager
def virtual_screen(screen: str = SCREEN) -> Iterator[str]:
    """Start Xvfb on a free display and give its name; it ends with the block."""
    read_end, write_end = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(write_end), "-screen", "0", screen, "-nolisten", "tcp", "-noreset"],
        pass_fds=[write_end],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(write_end)
    try:
        with os.fdopen(read_end) as pipe:
            number = pipe.readline().strip()
        assert number, "Xvfb did not start"
        yield f":{number}"
    finally:
        server.terminate()
        server.wait(10)


class Hand:
    """One mouse and one keyboard; every event goes through the X server, as a person's would."""

    def __init__(self, app: QApplication) -> None:
        self.app = app

    def wait(self, milliseconds: int) -> None:
        """Let the program work for a while."""
        end = time.monotonic() + milliseconds / 1000
        while time.monotonic() < end:
            self.app.processEvents()
            time.sleep(0.002)

    def until(self, condition: Callable[[], object], what: str, seconds: float = 20.0) -> None:
        """Let the program work until something holds."""
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, f"waited in vain: {what}"
            self.app.processEvents()
            time.sleep(0.002)

    def _do(self, *arguments: str) -> None:
        subprocess.run(["xdotool", *arguments], check=True, timeout=20)
        self.wait(25)

    def move(self, point: QPoint) -> None:
        """The mouse goes to a point of the screen."""
        self._do("mousemove", str(point.x()), str(point.y()))

    def click(self, point: QPoint, button: int = 1, times: int = 1) -> None:
        """Click at a point of the screen."""
        self.move(point)
        self._do("click", "--repeat", str(times), "--delay", "60", str(button))

    def click_widget(self, widget: QWidget) -> None:
        """Click in the middle of a widget."""
        assert widget.isVisible(), f"{widget.objectName() or widget} is not visible"
        self.click(widget.mapToGlobal(widget.rect().center()))

    def drag(self, start: QPoint, end: QPoint, button: int = 1, steps: int = 12) -> None:
        """Press at one point, move to another, release."""
        self.move(start)
        self._do("mousedown", str(button))
        for i in range(1, steps + 1):
            self.move(start + (end - start) * (i / steps))
        self.wait(60)
        self._do("mouseup", str(button))

    def key(self, *names: str) -> None:
        """Press keys by their X names, such as ctrl+z."""
        for name in names:
            self._do("key", name)

    def type(self, text: str) -> None:
        """Type a text into whatever has the focus."""
        self._do("type", "--delay", "12", text)

    def scroll(self, point: QPoint, notches: int) -> None:
        """Turn the wheel over a point: up is positive."""
        self.move(point)
        self._do("click", "--repeat", str(abs(notches)), "--delay", "20", "4" if notches > 0 else "5")
