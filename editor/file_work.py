"""Work on files that goes on beside the window, or between its events: what is under way, and what waits for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, TypeVar

from PySide6.QtWidgets import QWidget

from editor.background import Background, Task, nothing
from editor.notices import Notices
from editor.pieces import Pieces, Piecewise

T = TypeVar("T")


class FileWork:
    """The status line says what is under way, how far it is, and how it ended.

    waiting: what is done once no file is being written any more.
    """

    def __init__(self, background: Background, notices: Notices, window: QWidget) -> None:
        self._background, self._notices, self._window = background, notices, window
        self._writes = 0
        self._pieces: dict[Literal["open", "draw"], Piecewise] = {}
        self.waiting: list[Callable[[], None]] = []
        background.changed.connect(self._show)

    @property
    def writing(self) -> bool:
        """Whether a file is being written."""
        return self._writes > 0 or "draw" in self._pieces

    @property
    def opening(self) -> bool:
        """Whether a document is on its way to the window."""
        return "open" in self._pieces

    @property
    def busy(self) -> bool:
        """Whether anything is under way."""
        return bool(self._background.tasks or self._pieces)

    def in_pieces(
        self, kind: Literal["open", "draw"], name: str, work: Pieces[T], done: Callable[[T], None], failed: str
    ) -> None:
        """Do something between and beside the window's events; what was under way of its kind is called off."""

        def over(act: Callable[[], None]) -> None:
            if self._pieces.get(kind) is now:
                del self._pieces[kind]
            self._show()
            act()
            self._go_on()

        before = self._pieces.get(kind)
        if before is not None:
            before.cancel()
        now = self._pieces[kind] = Piecewise(
            work,
            self._background,
            lambda result: over(lambda: done(result)),
            lambda sentence: over(lambda: self._notices.complain(sentence, failed)),
            lambda: over(lambda: self._notices.say(f"{name} was called off")),
            name,
            self._window,
        )
        self._show()

    def tell(self, kind: Literal["open", "draw"], text: str) -> None:
        """Say how far what is under way of its kind is."""
        if kind in self._pieces:
            self._pieces[kind].name = text
            self._show()

    def write(self, name: str, work: Callable[[Task], T], done: Callable[[T], None], failed: str) -> None:
        """Write a file beside the window, which neither another document nor closing the window cuts short.

        ``name`` and then ``failed``, if it fails, stand in the status line.
        """

        def over(act: Callable[[], None]) -> None:
            self._writes -= 1
            act()
            self._go_on()

        self._writes += 1
        self._background.run(
            work,
            lambda result: over(lambda: done(result)),
            lambda sentence: over(lambda: self._notices.complain(sentence, failed)),
            name=name,
            progress=lambda share: self._notices.say(f"{name} … {share:.0%}"),
            cancelled=lambda: over(lambda: self._notices.say(f"{name} was called off")),
        )

    def _go_on(self) -> None:
        """Do what waited for the files that were being written."""
        if not self.writing:
            waiting, self.waiting = self.waiting, []
            for go_on in waiting:
                go_on()

    def _show(self) -> None:
        work: list[Task | Piecewise] = [*self._background.tasks, *self._pieces.values()]
        first = work[0] if work else None
        self._notices.show_work(f"{first.name} …" if first else "", first.cancel if first else nothing)
