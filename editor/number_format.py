"""How numbers of tensors are written, by choice: the same in every window, and remembered."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from compute.numbers_text import MOST_DIGITS, Format, Kind, choose
from editor.settings import Settings

NAMES: tuple[tuple[Kind, str], ...] = (
    ("short", "As short as can be"),
    ("significant", "Significant digits"),
    ("fixed", "Digits after the point"),
    ("scientific", "Scientific"),
    ("full", "All digits"),
)
WORDS = "numbers"


class _Notifier(QObject):
    """``changed``: numbers are written in another format from now on."""

    changed = Signal()


notifier = _Notifier()


def put(format_: Format) -> None:
    """Write numbers in a format from now on, in every window, and at the next start."""
    choose(format_)
    Settings().set_words(WORDS, f"{format_.kind} {format_.digits}")
    notifier.changed.emit()


def restore() -> None:
    """As it was chosen last; without a choice, or with one that cannot be read, as short as can be."""
    kind, _, digits = Settings().words(WORDS).partition(" ")
    known: Kind = next((each for each, _ in NAMES if each == kind), "short")
    choose(Format(known, min(int(digits), MOST_DIGITS) if digits.isdecimal() else 3))
