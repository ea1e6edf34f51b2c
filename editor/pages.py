"""The two pages of the window: the canvas with its panels, and the start page."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QStackedWidget, QWidget

from editor.settings import Settings
from editor.start_page import StartPage


class Pages(QStackedWidget):
    """``turned``: another page is shown. ``focus`` gets the keyboard with the first page; ``make_start`` makes the
    start page once it is wanted."""

    turned = Signal()

    def __init__(self, work: QWidget, focus: QWidget, make_start: Callable[[], StartPage], settings: Settings) -> None:
        super().__init__()
        self._work, self._focus, self._make_start, self._settings = work, focus, make_start, settings
        self.starts: tuple[StartPage, ...] = ()
        """The start page, once it is made."""
        self.addWidget(work)

    @property
    def start(self) -> StartPage:
        """The start page, which is made now if it was not wanted before."""
        if not self.starts:
            self.starts = (self._make_start(),)
            self.addWidget(self.starts[0])
            self.starts[0].closed.connect(lambda: self.show_start(False))
        return self.starts[0]

    @property
    def start_is_shown(self) -> bool:
        """Whether the gallery stands before the canvas."""
        return self.currentWidget() in self.starts

    def show_start(self, shown: bool) -> None:
        """Show the gallery and the recent files, or the canvas again."""
        if shown:
            self.start.search.clear()
            self.start.set_recent(self._settings.recent)
        self.setCurrentWidget(self.start if shown else self._work)
        (self.start if shown else self._focus).setFocus()
        self.turned.emit()

    def toggle(self) -> None:
        """Gallery or canvas."""
        self.show_start(not self.start_is_shown)
