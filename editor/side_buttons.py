"""The mouse's back and forward buttons, anywhere in a window."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QWidget


class SideButtons(QObject):
    """Hears them before any widget of the window does; the widgets get all other buttons.

    It watches the native windows, which have few events, and not the application, where each event would pass through.
    ``parts``: those of the window's parts that may become windows of their own.
    """

    def __init__(
        self, window: QWidget, parts: Iterable[QWidget], acts: Mapping[Qt.MouseButton, Callable[[], object]]
    ) -> None:
        super().__init__(window)
        self._acts = acts
        for each in (window, *parts):
            each.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(watched, QWidget):
            handle = watched.windowHandle()
            if event.type() == QEvent.Type.Show and handle is not None:
                handle.installEventFilter(self)  # once, however often it is asked for
            return False
        if isinstance(event, QMouseEvent) and event.button() in self._acts:
            if event.type() == QEvent.Type.MouseButtonPress:
                self._acts[event.button()]()
            return True
        return False
