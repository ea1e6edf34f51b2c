"""The two pages of the window: the canvas with its panels, and the start page."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QStackedWidget, QWidget

from editor.settings import Settings
from editor.start_page import StartPage


class Pages(QStackedWidget):
    """``turned``: another page is shown. ``focus`` gets the keyboard with the first page."""

    turned = Signal()

    def __init__(self, work: QWidget, focus: QWidget, start: StartPage, settings: Settings) -> None:
        super().__init__()
        self._work, self._focus, self.start, self._settings = work, focus, start, settings
        self.addWidget(work)
        self.addWidget(start)
        start.closed.connect(lambda: self.show_start(False))

    @property
    def start_is_shown(self) -> bool:
        """Whether the gallery stands before the canvas."""
        return self.currentWidget() is self.start

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
