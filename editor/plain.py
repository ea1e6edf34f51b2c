"""Text as it is written. Names come from files, and Qt would read ``<b>`` or ``<img src=…>`` in them as markup.

Labels are ``Label``, tips are set by ``set_tip``, and what buttons, menus and the title bar say goes through
``caption`` and ``window_title``; a test holds that nothing in the window goes another way.
"""

from __future__ import annotations

import re
from html import escape
from typing import Protocol

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QLabel, QLineEdit, QWidget

_KEPT = 28
"""Characters of a long word that stay at each of its ends."""
_LONG_WORD = re.compile(rf"\S{{{2 * _KEPT + 2},}}")


class Label(QLabel):
    """A label that shows its text as it stands."""

    def __init__(self, text: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setText(text)


class HasTip(Protocol):
    """A widget, an action or an item of a list."""

    def setToolTip(self, text: str, /) -> None: ...


def set_tip(of: HasTip, text: str) -> None:
    """Give something a tip that shows this text as it stands."""
    of.setToolTip(tip_text(text))


def tip_text(text: str) -> str:
    """What a tip has to be set to so that it shows the text: Qt takes for markup what looks like it."""
    suspicious = "<" in text or "&" in text
    return f'<span style="white-space: pre-wrap">{escape(text)}</span>' if suspicious else text


def caption(text: str) -> str:
    """What a button or a menu entry has to be set to so that it shows the text: one & would underline a key."""
    return text.replace("&", "&&")


def clearable(field: QLineEdit) -> None:
    """Give a text a button that empties it, with a name; Qt gives it none."""
    field.setClearButtonEnabled(True)
    for action in field.findChildren(QAction):
        action.setText("Clear the text")


def shortened(text: str) -> str:
    """A text whose words, names of files among them, fit into a line: of a longer one the middle is left out."""
    return _LONG_WORD.sub(lambda found: f"{found[0][:_KEPT]}…{found[0][-_KEPT:]}", text)


def window_title(text: str) -> str:
    """What a title has to be set to so that it shows the text: ``[*]`` is the place of the mark for changes."""
    return text.replace("[*]", "[*][*]")
