"""The errors a person sees: one sentence that names the place and says what to do.

Names in a sentence come from files, and a file may call a node anything. So every sentence goes through ``one_line``.
"""

from __future__ import annotations

import re

LONGEST = 300
"""Characters of a sentence at most."""
_LOOKED_AT = 10**6
"""Characters that are looked at in a longer one: a file may hold a name of any length."""
_LONG_NAME = 60
"""Where a sentence is too long, a word of it is shortened to so many characters."""
_ENDING = 100
"""Where that is not enough, so many characters are kept of its end, which says what to do."""
# Control characters, marks that turn the direction of writing, separators of lines, and halves of characters.
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")

_BREAKS = re.compile("[ \t\r\n\f\v\x85\u2028\u2029]+")


def printable(text: str) -> str:
    """The text with characters that a terminal would obey replaced by ones that show them: ␛ for escape."""
    return _UNPRINTABLE.sub(_picture, text)


def _picture(match: re.Match[str]) -> str:
    code = ord(match[0])
    return chr(0x2400 + code) if code < 32 else "␡" if code == 127 else "\ufffd"


def one_line(text: str) -> str:
    """The text on one line, printable, of at most ``LONGEST`` characters: long names and then the middle are cut."""
    if len(text) <= LONGEST and text.isprintable() and "  " not in text and text == text.strip():
        return text  # as nearly all are
    text = _cut(text, _LOOKED_AT, _LOOKED_AT // 2)
    line = printable(_BREAKS.sub(" ", text.strip()))
    if len(line) > LONGEST:
        line = " ".join(_cut(word, _LONG_NAME, _LONG_NAME // 4) for word in line.split(" "))
    return _cut(line, LONGEST, _ENDING)


def _cut(text: str, most: int, ending: int) -> str:
    return text if len(text) <= most else f"{text[: most - ending - 1]}…{text[-ending:]}"


class GradwireError(Exception):
    """The document or the call is wrong; the message is one sentence for people (exit code 2)."""

    exit_code = 2

    def __init__(self, sentence: str) -> None:
        super().__init__(one_line(sentence))


class DeviceError(GradwireError):
    """No usable device, or the device failed while it worked (exit code 3)."""

    exit_code = 3


def as_sentence(message: str) -> str:
    """A message as it stands alone on the screen: with a capital and a full stop.

    A first word that is a name or a path (``h1``, ``training.loss``, ``data.csv``) stays as it is written.
    """
    text = message.strip()
    first = text.split(" ", 1)[0]
    if first.isalpha() and first.islower() and len(first) > 1:
        text = text[0].upper() + text[1:]
    return text if not text or text[-1] in ".!?…" else text + "."
