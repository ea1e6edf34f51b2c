"""The window: shows what compute knows, and asks compute to change it."""

from __future__ import annotations

import sys
from types import ModuleType

import PySide6.QtCore  # noqa: F401 (brings the part that is taken off below)


def _leave_sources_unread() -> None:
    """PySide reads the source of every module that is imported, a tenth of the window's start, to see whether it may
    switch on other spellings of Qt's names. Nothing here does."""

    def has_no_switches(_: ModuleType) -> bool:
        return True

    spellings = sys.modules.get("shibokensupport.feature")
    if spellings is not None:  # it came in 6.5
        vars(spellings)["_mod_uses_pyside"] = has_no_switches


_leave_sources_unread()
