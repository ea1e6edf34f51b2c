"""What the window says: a sentence in the status line, and what is wrong in the banner above the canvas."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QPushButton, QSizePolicy

from editor import theme
from editor.accessible import announce
from editor.background import nothing
from editor.banner import Banner
from editor.plain import Label, set_tip


class _Stop(QPushButton):
    """Calls off what is being done. The status line stays as high as it is beside it."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setFont(theme.ui_font())
        self.setProperty("kind", "flat")
        set_tip(self, "Call off what is being done")
        self.setAccessibleName(text)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(super().sizeHint().width(), self.fontMetrics().height() + 2)


class Notices:
    """The two places where sentences stand, which belong together: what is done ends what was wrong."""

    def __init__(self) -> None:
        self.banner = Banner()
        self.line = Label()
        self.line.setContentsMargins(10, 0, 10, 0)
        self.line.setObjectName("StatusText")
        self.line.setAccessibleName("Last message")
        self._cancel: Callable[[], None] = nothing
        self.stop = _Stop("Cancel")
        self.stop.setStyleSheet("padding: 0 10px; margin-right: 8px;")
        self.stop.clicked.connect(lambda: self._cancel())
        self.stop.hide()

    @property
    def text(self) -> str:
        """What the status line says."""
        return self.line.text()

    def say(self, sentence: str) -> None:
        """A sentence in the status line; it stays until the next."""
        self.line.setText(sentence)
        self.line.setAccessibleName(f"Last message: {sentence}" if sentence else "Last message")
        announce(self.line, sentence)
        set_tip(self.line, sentence)

    def show_work(self, sentence: str, cancel: Callable[[], None]) -> None:
        """Something goes on beside the window, which ``cancel`` calls off; an empty sentence: nothing does."""
        self._cancel = cancel
        self.stop.setVisible(bool(sentence))
        if sentence and sentence != self.text:
            self.say(sentence)

    def complain(self, sentence: str, status: str = "") -> None:
        """An error, above the canvas, until it is dismissed; the status line gives up what it said before."""
        self.banner.show_error(sentence)
        self.say(status)

    def take_back(self, sentence: str) -> None:
        """A complaint that no longer holds, if it still stands there."""
        if self.banner.error == sentence:
            self.banner.show_error("")

    def done(self, sentence: str) -> None:
        """What was asked for is done; an error of an earlier try is no longer one."""
        self.banner.show_error("")
        self.say(sentence)
