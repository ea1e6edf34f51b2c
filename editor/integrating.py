"""Asks once whether the system shall know the program, by its menu and its files, and sees to it."""

from __future__ import annotations

from datetime import date, timedelta
from functools import partial

from compute.errors import as_sentence
from compute.integration import here, installed
from editor.background import Background, nothing
from editor.banner import Choice
from editor.notices import Notices
from editor.settings import Settings

QUESTION = "Shall Gradwire be in the system's menu, and open .gradwire files by a double-click?"
_NAME, _NO, _YES = "integration", "no", "yes"
_LATER = timedelta(days=7)
"""After so long a question that was put off is asked again."""


class Integrating:
    """What was answered is kept in the settings; "later" is what no answer means, too."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def ask(self, notices: Notices, background: Background) -> None:
        """Ask in a window's banner, where the program was installed, the system does not know it, and it is time."""
        said = self._settings.words(_NAME)
        if not installed() or said in (_NO, _YES) or said > str(date.today() - _LATER):
            return

        def show(known: bool) -> None:
            if not known:
                self._settings.set_words(_NAME, str(date.today()))
                notices.banner.ask(Choice(QUESTION, answers))

        yes, no = partial(self.put, True, notices, background), partial(self._settings.set_words, _NAME, _NO)
        answers = (
            ("Yes", "For you alone; Settings takes it back at any time", yes),
            ("No", "It is not asked again; Settings does it at any time", no),
            ("Later", "It is asked again in a week", nothing),
        )
        background.run(lambda _task: here.is_integrated(), show, nothing)

    def put(self, on: bool, notices: Notices, background: Background) -> None:
        """Have the system know the program, or no longer."""
        self._settings.set_words(_NAME, _YES if on else _NO)
        background.run(
            lambda _task: here.integrate() if on else here.take_out(),
            lambda _told: notices.done(as_sentence(here.WRITTEN if on else here.REMOVED)),
            notices.complain,
            name="Menu entry",
        )
