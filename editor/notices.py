"""What the window says: a sentence in the status line, and what is wrong in the banner above the canvas."""

from __future__ import annotations

from collections.abc import Callable

from editor.accessible import announce
from editor.banner import Banner
from editor.panels.widgets import button
from editor.plain import Label, set_tip
from editor.questions import nothing


class Notices:
    """The two places where sentences stand, which belong together: what is done ends what was wrong."""

    def __init__(self) -> None:
        self.banner = Banner()
        self.line = Label()
        self.line.setContentsMargins(10, 0, 10, 0)
        self.line.setObjectName("StatusText")
        self.line.setAccessibleName("Last message")
        self._cancel: Callable[[], None] = nothing
        self.stop = button("Cancel", "", "Call off what is being done", "flat")
        # The status line stays as high as it is.
        self.stop.setStyleSheet("padding: 0 10px; margin-right: 8px;")
        self.stop.setFixedHeight(self.line.sizeHint().height() + 2)
        self.stop.clicked.connect(lambda: self._cancel())
        self.stop.hide()

    @property
    def text(self) -> str:
        """What the status line says."""
        return self.line.text()

    def say(self, sentence: str) -> None:
        """A sentence in the status line; it stays until the next."""
        self.line.setText(sentence)
        announce(self.line, sentence)
        set_tip(self.line, sentence)

    def show_work(self, sentence: str, cancel: Callable[[], None]) -> None:
        """Something goes on beside the window, which ``cancel`` calls off; an empty sentence: nothing does."""
        self._cancel = cancel
        self.stop.setVisible(bool(sentence))
        if sentence:
            self.say(sentence)

    def complain(self, sentence: str, status: str = "") -> None:
        """An error, above the canvas, until it is dismissed; the status line gives up what it said before."""
        self.banner.show_error(sentence)
        self.say(status)

    def done(self, sentence: str) -> None:
        """What was asked for is done; an error of an earlier try is no longer one."""
        self.banner.show_error("")
        self.say(sentence)
