"""What belongs to a window rather than to its document: theme, device, the command search and the sheet."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QWidget

from compute.worker.engine_choice import engine_choice
from editor.action import Actions, ActionSpec
from editor.background import Background
from editor.canvas.actions import GESTURES
from editor.command_search import CommandSearch, Sheet
from editor.device_menu import DeviceMenu
from editor.manual_keys import keys
from editor.manual_page import ManualPage
from editor.panes import Panes
from editor.preferences import Preferences
from editor.session import Session
from editor.shortcut_page import ShortcutPage
from editor.theme import Mode
from editor.windows import Windows


class Tools:
    """``window``: what they stand before; ``below``: under which the menu of devices opens.

    ``actions``, ``panes`` and ``more``, what the search finds beside actions, are set once the window has them all.
    """

    actions: Actions
    panes: Panes
    more: Callable[[str], Sequence[ActionSpec[Any]]]

    def __init__(self, window: QWidget, session: Session, windows: Windows, below: QWidget) -> None:
        self.windows, self._window, self._session, self._below = windows, window, session, below
        # Of its own: a device that is slow to answer keeps no file waiting.
        self.background = Background(window)
        self.device_menu = DeviceMenu(session, self.background, self.choose_device, window)
        self.search: CommandSearch | None = None
        self.sheet: Sheet | None = None
        self.preferences: Preferences | None = None

    @property
    def theme(self) -> Mode:
        """What was chosen: dark, light, or with the system."""
        return self.windows.settings.theme

    def show_devices(self, below: QWidget | None = None, _checked: bool = False) -> None:
        """The menu of what can compute."""
        place = below or self._below
        self.device_menu.popup(place.mapToGlobal(QPoint(0, place.height() + 2)))

    def choose_device(self, wanted: str) -> None:
        """Compute with that from now on, and after the next start; training pauses."""
        self.windows.remember_device(wanted)
        self._session.set_engine(engine_choice(wanted))

    def toggle_preferences(self) -> None:
        """The sheet of settings."""
        if self.preferences is None:
            self.preferences = Preferences(self._window, self.windows, self.actions)
        self.preferences.toggle()

    def open_command_search(self) -> None:
        """Search an action by typing."""
        if self.search is None:
            self.search = CommandSearch(self._window)
        self.search.open_over(self.actions, self.more)

    def change_shortcuts(self) -> None:
        """The page on which actions get other keys."""
        ShortcutPage(self._window, self.actions, self.windows.keymap).open()

    def open_manual(self) -> None:
        """The manual, beside the work."""
        told = keys(self.actions.specs, self.actions.menus)
        page = self._window.findChild(ManualPage) or ManualPage(self._window, told)
        page.show()
        page.raise_()
        page.activateWindow()

    def forget_sheet(self) -> None:
        """Actions have other keys: the sheet is made anew when it is asked for."""
        if self.sheet is not None:
            self.sheet.close()
            self.sheet.deleteLater()
            self.sheet = None

    def toggle_sheet(self) -> None:
        """The page of all shortcuts."""
        if self.sheet is None:
            self.sheet = Sheet(self._window, self.actions, GESTURES)
        self.sheet.toggle()
