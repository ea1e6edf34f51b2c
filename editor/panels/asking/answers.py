"""The ways to answer: a number that is typed, a sign and a size, one of three reasons."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFontMetrics, QKeyEvent
from PySide6.QtWidgets import QButtonGroup, QLineEdit, QPushButton, QSizePolicy, QWidget

from compute.asking import SIGNS, SIZES, Reason, Sign
from editor import theme
from editor.panels.widgets import button, clear, column, label, row
from editor.scale import px

_SIGN_WORDS: dict[Sign, tuple[str, str]] = {"-": ("−", "negative"), "0": ("0", "zero"), "+": ("+", "positive")}


class NumberAnswer(QWidget):
    """A number or arithmetic; Enter in it goes on to the panel, which answers."""

    given = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.line = QLineEdit()
        self.line.setFont(theme.mono_font(10.5))
        self.line.setAccessibleName("Your answer")
        self.line.setPlaceholderText("0.3 * -0.25")
        self.line.setMinimumWidth(QFontMetrics(self.line.font()).horizontalAdvance("0" * 16))
        self.line.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        row(self).addWidget(self.line)

    def begin(self) -> None:
        """A new question."""
        self.line.clear()

    def give(self) -> str:
        """Answer with what stands there; what is still missing, as a sentence."""
        self.given.emit(self.line.text())
        return ""

    def press(self, text: str) -> bool:
        """A key that was pressed elsewhere in the panel; whether it means something here."""
        return False


class SizeAnswer(QWidget):
    """A sign, and between which powers of ten the number lies; keys − 0 + and 1 to 5 choose."""

    given = Signal(str, object)

    def __init__(self) -> None:
        super().__init__()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Sign and size: − 0 + and 1 to 5 choose, Enter answers")
        layout = row(self, spacing=2)
        self._signs, self._sizes = QButtonGroup(self), QButtonGroup(self)
        self.signs: dict[Sign, QPushButton] = {}
        for sign in SIGNS:
            text, words = _SIGN_WORDS[sign]
            self.signs[sign] = self._segment(text, f"Sign: {words}", self._signs)
            layout.addWidget(self.signs[sign])
        layout.addSpacing(px(12))
        self.sizes: list[QPushButton] = []
        for place, text in enumerate(SIZES):
            self.sizes.append(self._segment(text.replace(" to ", " – "), f"Size: {text} ({place + 1})", self._sizes))
            layout.addWidget(self.sizes[-1])
        layout.addStretch(1)

    def _segment(self, text: str, name: str, group: QButtonGroup) -> QPushButton:
        each = button(text, kind="choice", tip=name)
        each.setFont(theme.ui_font(9.5))
        each.setCheckable(True)
        each.setAccessibleName(name)
        group.addButton(each)
        return each

    def begin(self) -> None:
        """A new question: nothing is chosen."""
        for group in (self._signs, self._sizes):
            group.setExclusive(False)
            for each in group.buttons():
                each.setChecked(False)
            group.setExclusive(True)

    def give(self) -> str:
        """Answer with what is chosen, if it is enough; else what is missing, as a sentence."""
        sign = next((sign for sign, each in self.signs.items() if each.isChecked()), None)
        size = next((place for place, each in enumerate(self.sizes) if each.isChecked()), None)
        if sign is not None and (size is not None or sign == "0"):
            self.given.emit(sign, size)
            return ""
        missing = [what for what, chosen in (("a sign", sign), ("a size", size)) if chosen is None]
        return f"Choose {' and '.join(missing)}."

    def press(self, text: str) -> bool:
        """A key that was pressed in the panel; whether it means something here."""
        sign = {"-": "-", "−": "-", "0": "0", "+": "+", "=": "+"}.get(text)
        if sign is not None:
            self.signs[sign].setChecked(True)  # type: ignore[index]
            return True
        if text in ("1", "2", "3", "4", "5"):
            self.sizes[int(text) - 1].setChecked(True)
            return True
        return False


class ReasonAnswer(QWidget):
    """Three reasons; a click or its number chooses one."""

    given = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Why: 1 to 3 choose a reason")
        self._lines = column(self, 0, 0)
        self.buttons: list[QPushButton] = []

    def offer(self, reasons: Sequence[Reason]) -> None:
        """Other reasons."""
        clear(self._lines)
        self.buttons = []
        for place, reason in enumerate(reasons):
            each = button("", kind="flat", tip=f"Choose this reason ({place + 1})")
            each.setAccessibleName(f"{place + 1}: {reason.text}")
            inside = row(each, spacing=8)
            inside.setContentsMargins(8, 1, 8, 1)
            words = label(reason.text, points=9.5)
            words.setWordWrap(True)
            for part in (label(str(place + 1), "accent", 9.5, bold=True), words):
                part.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
                inside.addWidget(part, 1 if part is words else 0)
            each.setMinimumHeight(inside.sizeHint().height())
            each.clicked.connect(partial(self.given.emit, place))
            self._lines.addWidget(each)
            self.buttons.append(each)

    def give(self) -> None:
        """Choose the one that the keyboard is on."""
        for place, each in enumerate(self.buttons):
            if each.hasFocus():
                self.given.emit(place)
                return

    def press(self, text: str) -> bool:
        """A key that was pressed in the panel; whether it means something here."""
        if text.isdigit() and 1 <= int(text) <= len(self.buttons):
            self.given.emit(int(text) - 1)
            return True
        return False


def is_enter(event: QKeyEvent) -> bool:
    """Whether a key is one that answers."""
    return event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
