"""Formulas drawn on a thread: a long sum takes a tenth of a second, and the window goes on at its pace."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject

from compute.errors import GradwireError
from compute.latex import svg
from editor.background import Background, Task

Needed = tuple[str, str, float]
"""LaTeX, colour, and the size of its letters in pixels."""

_MOST_KNOWN = 512
_known: dict[Needed, bytes] = {}
_lock = threading.Lock()


def picture(needed: Needed) -> bytes | None:
    """A formula as SVG; empty where it cannot be drawn, None where that has not been tried yet."""
    return _known.get(needed)


def without_outline(source: bytes) -> bytes:
    """A formula for a PDF: of an outline of no colour Qt makes a black one there, and thick letters."""
    return source.replace(b"<svg ", b'<svg stroke="#000000" stroke-opacity="0" ', 1)


def draw_now(needed: Needed) -> None:
    """Draw a formula on this thread."""
    with _lock:
        if needed in _known:
            return
        if len(_known) >= _MOST_KNOWN:
            _known.clear()
        try:
            _known[needed] = svg(*needed)
        except GradwireError:
            _known[needed] = b""


class Drawer:
    """Draws one formula at a time beside the window, so that what is asked for meanwhile waits for one at most."""

    def __init__(self, parent: QObject) -> None:
        self._background = Background(parent)
        self.busy = False

    def draw(self, batch: Sequence[Needed], then: Callable[[], None]) -> bool:
        """Draw the first of a batch that is missing, then call ``then`` on this thread. Returns False if none is."""
        missing = next((needed for needed in batch if needed not in _known), None)
        if missing is None:
            return False

        def work(_task: Task) -> None:
            draw_now(missing)

        def done(_: object) -> None:
            self.busy = False
            then()

        self.busy = True
        self._background.run(work, done, done)
        return True
