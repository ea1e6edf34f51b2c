"""Which documents were open when the program ended, and how they were looked at: the next start opens them again."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Protocol

import msgspec
from PySide6.QtCore import QByteArray

from compute.document import Document, load
from compute.document.recovery import View
from editor.main_window import MainWindow
from editor.settings import Settings

_NAME = "open"


class Opened(msgspec.Struct, frozen=True):
    """A document with a file. frame: the window's geometry, as Qt writes it, in hexadecimal digits."""

    path: str
    frame: str = ""
    view: View | None = None


class Program(Protocol):
    """What knows the windows."""

    windows: list[MainWindow]

    def new_window(self) -> MainWindow: ...


class Reopening:
    """Keeps the list of open documents in the settings, each time that it changes."""

    def __init__(self, settings: Settings, program: Program) -> None:
        self._settings, self._program = settings, program
        self._held = False
        self._last: list[Opened] = []

    # -- noting ---------------------------------------------------------------------------------------------

    def note(self, *, views: bool = False) -> None:
        """Remember what is open now; ``views``: also how it is looked at, which is asked for as windows close."""
        if self._held:
            return
        windows = [window for window in self._program.windows if window.session.document.path]
        known = {each.path: each for each in self._last}
        now = [_opened(window) if views else _named(window, known) for window in windows]
        if now != self._last:
            self._last = now
            self._settings.set_words(_NAME, msgspec.json.encode(now).decode())

    def hold(self) -> None:
        """All windows are about to close together: what is open now is what counts."""
        self.note(views=True)
        self._held = True

    # -- opening --------------------------------------------------------------------------------------------

    def open(self, first: MainWindow) -> bool:
        """Open what was open: in ``first``, and each further document in a window of its own; says whether there is
        any that is still there."""
        with suppress(msgspec.MsgspecError):
            self._last = msgspec.json.decode(self._settings.words(_NAME) or "[]", type=list[Opened])
        there = [each for each in self._last if Path(each.path).is_file()]
        gone = [Path(each.path).name for each in self._last if each not in there]
        self._show(first, there, gone)
        return bool(there)

    def _show(self, window: MainWindow, opened: Sequence[Opened], gone: Sequence[str]) -> None:
        for i, each in enumerate(opened):
            target = self._program.new_window() if i else window
            if each.frame:
                target.restoreGeometry(QByteArray.fromHex(each.frame.encode()))
            if i:
                target.places.show()
            path = Path(each.path)
            show = partial(self._is_there, target, each.view, gone if not i else ())
            target.files.read(f"Opening {path.name}", partial(load, path), show, path)

    def _is_there(self, window: MainWindow, view: View | None, gone: Sequence[str], document: Document) -> None:
        window.show_again(document, view, saved=True)
        if gone:
            window.notices.say(f"{', '.join(gone)}: open at the last end, and not there any more")


def _opened(window: MainWindow) -> Opened:
    frame = bytes(window.saveGeometry().toHex().data()).decode()
    return Opened(str(window.session.document.path), frame, window.canvas.place())


def _named(window: MainWindow, known: dict[str, Opened]) -> Opened:
    path = str(window.session.document.path)
    return known.get(path, Opened(path))
