"""What the program remembers between starts: layout, theme, motion, device, recent files."""

from __future__ import annotations

import json
from pathlib import Path

from PySide6.QtCore import QByteArray, QSettings

from compute.asking import Manner
from compute.worker.engine_choice import AUTO
from editor.theme import Mode

MOST_RECENT = 10
MOST_LESSONS, MOST_WALKS = 200, 20
"""Of so many the last state is kept."""


class Settings:
    """One file of plain text in the person's configuration folder."""

    def __init__(self) -> None:
        self._store = QSettings(QSettings.Format.IniFormat, QSettings.Scope.UserScope, "gradwire", "gradwire")

    @property
    def theme(self) -> Mode:
        value = str(self._store.value("theme", "system"))
        return "dark" if value == "dark" else "light" if value == "light" else "system"

    @theme.setter
    def theme(self, mode: Mode) -> None:
        self._store.setValue("theme", mode)

    @property
    def reduced_motion(self) -> bool | None:
        """Whether less motion was chosen; None: nothing was, so that the system's own choice counts."""
        value = self._store.value("reduced_motion")
        return None if value is None else str(value) == "true"

    @reduced_motion.setter
    def reduced_motion(self, reduced: bool) -> None:
        self._store.setValue("reduced_motion", "true" if reduced else "false")

    def text_scale(self, screen: str, mode: str) -> float | None:
        """How large text was chosen to be on a screen; on one where nothing was, as it was chosen last."""
        for place in (screen, "last"):
            try:
                value = float(self.words(f"text_scale/{mode}/{place}"))
            except ValueError:
                continue
            if value > 0:  # and not NaN
                return value
        return None

    def set_text_scale(self, screen: str, mode: str, factor: float) -> None:
        """Remember how large text is to be."""
        for place in (screen, "last"):
            self.set_words(f"text_scale/{mode}/{place}", f"{factor:g}")

    @property
    def device(self) -> str:
        """What was chosen to compute with, as ``engine_choice`` takes it."""
        return str(self._store.value("device", AUTO))

    @device.setter
    def device(self, wanted: str) -> None:
        self._store.setValue("device", wanted)

    def layout(self, name: str) -> QByteArray | None:
        """The stored geometry of that name."""
        value = self._store.value(f"layout/{name}")
        return value if isinstance(value, QByteArray) else None

    def set_layout(self, name: str, state: QByteArray) -> None:
        """Remember a geometry."""
        self._store.setValue(f"layout/{name}", state)

    def words(self, name: str) -> str:
        """The stored text of that name; "" if there is none."""
        value = self._store.value(name, "")
        return value if isinstance(value, str) else ""

    def set_words(self, name: str, text: str) -> None:
        """Remember a text."""
        self._store.setValue(name, text)

    def lesson(self, key: str) -> str:
        """How far a person is in a lesson, as ``Done`` writes it; "" where they have not begun."""
        return self._noted("lessons").get(key, "")

    def set_lesson(self, key: str, done: str) -> None:
        """Remember that, for the lessons that were open last."""
        self._note("lessons", key, done, MOST_LESSONS)

    def walk(self, key: str) -> str:
        """How a walk that asked went last, as ``Score`` writes it; "" where it was not answered."""
        return self._noted("walks").get(key, "")

    def set_walk(self, key: str, score: str) -> None:
        """Remember that, for the walks that were answered last."""
        self._note("walks", key, score, MOST_WALKS)

    def _note(self, name: str, key: str, text: str, most: int) -> None:
        kept = {other: each for other, each in self._noted(name).items() if other != key} | {key: text}
        self.set_words(name, json.dumps(dict(list(kept.items())[-most:])))

    def _noted(self, name: str) -> dict[str, str]:
        self._store.sync()  # what another window noted meanwhile counts too
        try:
            said = json.loads(self.words(name) or "{}")
        except (ValueError, RecursionError):
            return {}
        return {str(key): str(text) for key, text in said.items()} if isinstance(said, dict) else {}

    @property
    def manner(self) -> Manner:
        """How a walk that asks was chosen to ask."""
        try:
            return Manner.from_data(json.loads(self.words("asking") or "{}"))
        except ValueError:
            return Manner()

    @manner.setter
    def manner(self, manner: Manner) -> None:
        self.set_words("asking", json.dumps(manner.to_data()))

    @property
    def audits(self) -> bool:
        """Whether what the wires show is audited."""
        return self.words("audit") == "on"

    @audits.setter
    def audits(self, on: bool) -> None:
        self.set_words("audit", "on" if on else "")

    @property
    def cost(self) -> str:
        """By what the canvas is coloured, of what nodes cost; "" for nothing."""
        return self.words("cost") or ""

    @cost.setter
    def cost(self, by: str) -> None:
        self.set_words("cost", by)

    @property
    def recent(self) -> list[Path]:
        """The files opened or saved last, newest first, as far as they are still there."""
        self._store.sync()  # what another window added meanwhile counts too
        value = self._store.value("recent", [])
        names = value if isinstance(value, list) else [value]
        return [path for path in map(Path, map(str, names)) if path.is_file()]

    def add_recent(self, path: Path) -> None:
        """Put a file at the front of the recent ones."""
        path = path.resolve()
        others = [other for other in self.recent if other != path]
        self._store.setValue("recent", [str(p) for p in [path, *others][:MOST_RECENT]])
