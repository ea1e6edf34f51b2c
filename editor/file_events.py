"""Files that the system hands to the running program: on macOS a double-click is an event, not an argument."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QEvent
from PySide6.QtGui import QFileOpenEvent
from PySide6.QtWidgets import QApplication


class ReceivingApplication(QApplication):
    """The application object, which has each such file opened by ``take``.

    It hears of them by events of its own; a filter of the application would be asked about every event of every widget.
    """

    take: Callable[[Path], object] | None = None

    def event(self, event: QEvent) -> bool:
        if self.take and event.type() == QEvent.Type.FileOpen and isinstance(event, QFileOpenEvent) and event.file():
            self.take(Path(event.file()))
            return True
        return super().event(event)
