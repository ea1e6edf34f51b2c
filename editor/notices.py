"""What the window says: a sentence in the status line, and what is wrong in the banner above the canvas."""

from __future__ import annotations

from PySide6.QtWidgets import QLabel

from editor.banner import Banner


class Notices:
    """The two places where sentences stand, which belong together: what is done ends what was wrong."""

    def __init__(self) -> None:
        self.banner = Banner()
        self.line = QLabel()
        self.line.setContentsMargins(10, 0, 10, 0)
        self.line.setObjectName("StatusText")
        self.line.setAccessibleName("Last message")

    @property
    def text(self) -> str:
        """What the status line says."""
        return self.line.text()

    def say(self, sentence: str) -> None:
        """A sentence in the status line; it stays until the next."""
        self.line.setText(sentence)
        self.line.setToolTip(sentence)

    def complain(self, sentence: str, status: str = "") -> None:
        """An error, above the canvas, until it is dismissed; the status line gives up what it said before."""
        self.banner.show_error(sentence)
        self.say(status)

    def done(self, sentence: str) -> None:
        """What was asked for is done; an error of an earlier try is no longer one."""
        self.banner.show_error("")
        self.say(sentence)
