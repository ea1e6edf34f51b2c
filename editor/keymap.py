"""The keys that a person has given to actions, instead of those that the list of actions has; remembered."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QKeySequence

from editor.action import ActionSpec, native
from editor.settings import Settings

_NAME = "keys"
_PORTABLE = QKeySequence.SequenceFormat.PortableText
_MODIFIERS = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.MetaModifier
_MOST = 4
"""Keys of one action."""


class Keymap(QObject):
    """``changed``: some action has other keys. The lists of actions stay as they are; this says what differs."""

    changed = Signal()

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self._settings = settings
        self._own: dict[str, tuple[str, ...]] = _read(settings.words(_NAME))

    def of(self, spec: ActionSpec[Any]) -> ActionSpec[Any]:
        """An action with the keys that it has now."""
        own = self._own.get(spec.id)
        if own is None:
            return spec
        # What only the canvas answered to stays so: elsewhere such keys belong to texts and tables.
        if spec.canvas_shortcuts:
            canvas = tuple(key for key in own if not (key in spec.shortcuts or _is_for_window(key, spec)))
            return replace(spec, canvas_shortcuts=canvas, shortcuts=tuple(key for key in own if key not in canvas))
        return replace(spec, shortcuts=own)

    def is_own(self, spec: ActionSpec[Any]) -> bool:
        """Whether a person has given it other keys."""
        return spec.id in self._own

    def set_keys(self, specs: Sequence[ActionSpec[Any]], spec: ActionSpec[Any], keys: Iterable[str]) -> None:
        """Give an action of a list its keys; others that had one of them lose it."""
        wanted = tuple(dict.fromkeys(keys))[:_MOST]
        for other in specs:
            had = self.of(other).keys
            if other.id != spec.id and set(had) & set(wanted):
                self._put(other, tuple(key for key in had if key not in wanted))
        self._put(spec, wanted)
        self._keep()

    def reset(self, spec: ActionSpec[Any] | None = None) -> None:
        """The keys of the list again, of one action or of all."""
        if spec is None:
            self._own.clear()
        else:
            self._own.pop(spec.id, None)
        self._keep()

    def _put(self, spec: ActionSpec[Any], keys: tuple[str, ...]) -> None:
        if keys == spec.keys:
            self._own.pop(spec.id, None)
        else:
            self._own[spec.id] = keys

    def _keep(self) -> None:
        self._settings.set_words(_NAME, json.dumps(self._own, sort_keys=True) if self._own else "")
        self.changed.emit()

    def holder(self, specs: Sequence[ActionSpec[Any]], spec: ActionSpec[Any], key: str) -> ActionSpec[Any] | None:
        """The other action of a list that has a key."""
        return next((other for other in specs if other.id != spec.id and key in self.of(other).keys), None)


def _is_for_window(key: str, spec: ActionSpec[Any]) -> bool:
    """Whether a new key of an action that has keys of both kinds can be one of the whole window."""
    return bool(spec.shortcuts) and (_needs_no_text(key))


def _needs_no_text(key: str) -> bool:
    """Whether a key writes nothing into a text: it is held with Ctrl, Alt or Meta, or is a function key."""
    chord = QKeySequence(key)[0]  # type: ignore[index]
    return bool(chord.keyboardModifiers() & _MODIFIERS) or Qt.Key.Key_F1 <= chord.key() <= Qt.Key.Key_F35


def refusal(spec: ActionSpec[Any], key: str) -> str:
    """Why a key cannot be that of an action, "" if it can."""
    if not key:
        return "Press a key for it first."
    if QKeySequence(key)[0].key() in (Qt.Key.Key_Escape, Qt.Key.Key_Return, Qt.Key.Key_Enter):  # type: ignore[index]
        if key not in spec.keys:
            return f"{native(key)} ends and takes everywhere, so it stays as it is; press another key."
    elif not spec.canvas_shortcuts and key not in spec.shortcuts and not _needs_no_text(key):
        return f"{native(key)} would be written into texts; hold Ctrl or Alt with it, or take a function key."
    return ""


def text_of(sequence: QKeySequence) -> str:
    """A shortcut as it is remembered: its first chord, by the same names on every system."""
    return QKeySequence(sequence[0]).toString(_PORTABLE) if sequence.count() else ""  # type: ignore[index]


def _read(text: str) -> dict[str, tuple[str, ...]]:
    """What was remembered, as far as it can be read."""
    try:
        raw = json.loads(text) if text else {}
    except ValueError:
        return {}
    if not isinstance(raw, Mapping):
        return {}
    return {
        str(name): tuple(key for key in keys[:_MOST] if isinstance(key, str) and QKeySequence(key).count())
        for name, keys in raw.items()
        if isinstance(keys, list)
    }
