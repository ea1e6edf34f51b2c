"""Where a window stands on its screen, and its panels in it: remembered for each screen by itself."""

from __future__ import annotations

import re

from PySide6.QtCore import QObject, QPoint, QSize, Qt, QTimer
from PySide6.QtGui import QGuiApplication, QScreen
from PySide6.QtWidgets import QMainWindow, QWidget

from editor.windows import Windows
from editor.workbench import Workbench

BEST = QSize(1600, 1000)
"""Of a window, where the screen has room for it."""
FRAME = QSize(16, 48)
"""What the frame around a window takes at most."""
STEP = QPoint(32, 32)
"""From one window to the next."""
SETTLE_MILLISECONDS = 400
"""A window that is dragged over to another screen stays there so long before its panels follow."""


def screen_key(screen: QScreen) -> str:
    """A name for a screen that is the same at the next start: the system's name for it, and its size."""
    size = screen.geometry().size()
    return re.sub(r"\W+", "_", f"{screen.name()}_{size.width()}x{size.height()}")


class Places(QObject):
    """``window`` on its screen, and its panels, which are ``bench``; with a projector they stand in another way."""

    def __init__(self, window: QMainWindow, bench: Workbench, windows: Windows) -> None:
        super().__init__(window)
        self._window, self._bench, self.windows = window, bench, windows
        self._settings = windows.settings
        self._projector = windows.projector
        self._key = screen_key(QGuiApplication.primaryScreen())
        self._whole = False
        """Whether the screen is too small for the best size."""
        self._watched: QScreen | None = None
        self._arrived = QTimer(self)
        self._arrived.setSingleShot(True)
        self._arrived.setInterval(SETTLE_MILLISECONDS)
        self._arrived.timeout.connect(self._follow)

    # -- remembering ----------------------------------------------------------------------------------------

    def restore(self) -> None:
        """As the person left it on this screen; at first as it fits."""
        geometry = self._settings.layout(f"{self._key}/window")
        if geometry is None or not self._window.restoreGeometry(geometry):
            self._fit(QGuiApplication.primaryScreen())
        self._load()

    def keep(self) -> None:
        """Remember it for the next start, which is the last thing to do."""
        self._arrived.stop()
        self._settings.set_layout(f"{self._key}/window", self._window.saveGeometry())
        self._settings.set_words(self._name, self._bench.state())

    @property
    def _name(self) -> str:
        return f"layout/{self._key}/{'projector' if self._projector else 'panels'}"

    def _load(self) -> None:
        text = self._settings.words(self._name)
        if not (text and self._bench.restore(text)):
            self._bench.arrange(shown=not self._projector)

    def reset(self) -> None:
        """Every panel where the list has it; with a projector out of the way."""
        self._bench.arrange(shown=not self._projector, anew=True)

    def follow_projector(self) -> None:
        """Panels as the person has them with a projector, which is out of the way at first, or without."""
        if self.windows.projector != self._projector:
            self._settings.set_words(self._name, self._bench.state())
            self._projector = self.windows.projector
            self._load()

    # -- the screen -----------------------------------------------------------------------------------------

    def _fit(self, screen: QScreen) -> None:
        """The best size where there is room for it, else the whole screen."""
        window, room = self._window, screen.availableGeometry()
        size = BEST.boundedTo(room.size() - FRAME)
        window.resize(size)
        window.move(room.center() - window.rect().center())
        self._whole = size != BEST

    def show(self) -> None:
        """Show the window for the first time: on the whole screen where it would fill most of it anyway."""
        if self._whole:
            self._window.showMaximized()
        else:
            self._window.show()

    def step_down_from(self, other: QWidget) -> None:
        """A step to the right of another window and below it, as far as its screen has room for this one."""
        room, at = other.screen().availableGeometry(), other.pos() + STEP
        last = room.bottomRight() - QPoint(self._window.width(), self._window.height())
        self._window.move(max(min(at.x(), last.x()), room.left()), max(min(at.y(), last.y()), room.top()))

    def watch(self) -> None:
        """Once the window is on the screen: follow it to others, and follow changes of their size."""
        handle = self._window.windowHandle()
        if handle is not None and self._watched is None:
            handle.screenChanged.connect(self._on_screen)
            self._on_screen(handle.screen())

    def _on_screen(self, screen: QScreen) -> None:
        if self._watched is not None:
            self._watched.geometryChanged.disconnect(self._arrived.start)
        self._watched = screen
        screen.geometryChanged.connect(self._arrived.start)
        self._arrived.start()

    def _follow(self) -> None:
        """The window has come to another screen, or its screen has another size: panels as they were there."""
        screen = self._window.screen()
        key = screen_key(screen)
        if key == self._key:
            return
        self._settings.set_words(self._name, self._bench.state())
        self._key = key
        if self._settings.words(self._name):
            self._load()
        self.windows.come_to(key)
        if not screen.availableGeometry().contains(self._window.geometry()):
            self._fit(screen)

    @property
    def full_screen(self) -> bool:
        """Whether the window fills the whole screen."""
        return self._window.isFullScreen()

    def toggle_full_screen(self) -> None:
        """Fill the screen without a frame, or be a window again, as large as before."""
        self._window.setWindowState(self._window.windowState() ^ Qt.WindowState.WindowFullScreen)
