"""The errors a person sees: one sentence that names the place and says what to do."""

from __future__ import annotations


class GradwireError(Exception):
    """The document or the call is wrong; the message is one sentence for people (exit code 2)."""

    exit_code = 2


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
