"""Asks once what becomes of work that was not saved before the program ended, and brings it back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from compute.document import Document
from compute.document.recovery import Lost, Recovery
from editor.background import nothing
from editor.banner import Choice
from editor.main_window import MainWindow
from editor.times import said


class Restoring:
    """``room_for``: the window for another state of a file (None: of none), the given one if it is free for it."""

    def __init__(self, recovery: Recovery, room_for: Callable[[Path | None, MainWindow], MainWindow]) -> None:
        self._recovery, self._room_for = recovery, room_for

    def ask(self, window: MainWindow) -> None:
        """Look for such work beside the window, and ask in its banner."""
        # Work that cannot be looked for is looked for at the next start.
        window.keeper.background.run(lambda _task: self._recovery.lost(), partial(self._ask, window), nothing)

    def _ask(self, window: MainWindow, lost: Sequence[Lost]) -> None:
        """One work after the other."""
        if not lost:
            return
        first, rest = lost[0], lost[1:]

        def restore_first() -> None:
            self._restore(self._room_for(first.about.file, window), first)

        def restore() -> None:
            restore_first()
            self._ask(window, rest)

        def discard() -> None:
            first.remove()
            window.notices.say(f"Discarded the work on {_named(first)}")
            self._ask(window, rest)

        def restore_all() -> None:
            restore_first()
            for each in rest:
                self._restore(self._room_for(each.about.file, window), each)

        others = f" (and {len(rest)} more)" if rest else ""
        answers = [
            ("Restore", "Open it as it was, with weights, curves and view; it is not saved then", restore),
            ("Discard", "It is gone then", discard),
        ]
        if rest:
            tip = "Open each as it was, in a window of its own"
            answers.insert(1, (f"Restore all {len(lost)}", tip, restore_all))
        sentence = f"Work on {_named(first)} from {said(first.about.at)} was not saved{others}."
        window.notices.banner.ask(Choice(sentence, tuple(answers)))

    def _restore(self, window: MainWindow, lost: Lost) -> None:
        """Read it beside a window and show it there."""

        def kept(done: bool) -> None:
            if done:
                lost.remove()

        def show(document: Document) -> None:
            window.show_again(document, lost.about.view, saved=False)
            window.notices.say(f"Restored {window.session.title}; it is not saved yet")
            # Only once it is kept anew does the old copy go.
            window.keeper.keep_now(kept)

        if not window.isVisible():
            window.places.show()
        window.files.read(f"Restoring {_named(lost)}", lost.document, show, lost.about.file)


def _named(lost: Lost) -> str:
    return f"“{lost.about.file.name if lost.about.file else lost.about.title}”"
