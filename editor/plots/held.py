"""At what the inputs are held over which a plane is not drawn: said in a line, and given other numbers in a form."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import partial

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QDialog, QGridLayout, QLineEdit, QPushButton, QSizePolicy, QWidget

from compute.numbers_text import short
from editor import theme
from editor.panels.widgets import button, column, label, row, scrolling, set_kind
from editor.plain import caption, set_tip
from editor.scale import px
from editor.theme import dress

MOST = 200
"""So many inputs have a line in the form."""


def held_text(held: Mapping[str, float], own: Mapping[str, float]) -> str:
    """``held: age 41.2, radius 3 (others at their means)``: those of one's own first."""
    if not held:
        return ""
    at = {**{name: held[name] for name in own if name in held}, **held}
    names = [f"{name} {short(number)}" for name, number in at.items()]
    how = "held" if own else "held at their means"
    return f"{how}: {', '.join(names)}"


_NAME, _TIP = "What the other inputs are held at", "Hold the other inputs at other numbers"


class Others(QPushButton):
    """The line, which is pressed for the form; as long as there is nothing to say it is away."""

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("kind", "link")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setFont(theme.ui_font(9.0))
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(_NAME)
        set_tip(self, _TIP)
        self._said = ""
        self.hide()

    def minimumSizeHint(self) -> QSize:
        return QSize(px(20), super().minimumSizeHint().height())

    def show_held(self, held: Mapping[str, float], own: Mapping[str, float]) -> None:
        """Say at what inputs are held."""
        said = held_text(held, own)
        if said != self._said:
            self._said = said
            self.setVisible(bool(said))
            self.setAccessibleName(said or _NAME)
            set_tip(self, f"{said}. Click to hold them at other numbers." if said else _TIP)
            self._cut()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._cut()

    def _cut(self) -> None:
        text = self.fontMetrics().elidedText(self._said, Qt.TextElideMode.ElideRight, max(self.width(), 20))
        self.setText(caption(text))


class HeldForm(QDialog):
    """A line for each input; ``chosen`` hears those that have a number of their own, whenever one changes."""

    def __init__(
        self,
        parent: QWidget,
        held: Mapping[str, float],
        own: Mapping[str, float],
        chosen: Callable[[dict[str, float]], object],
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dress(self)
        self.setWindowTitle("Inputs that are held")
        self._own, self._chosen = dict(own), chosen
        self.lines: dict[str, QLineEdit] = {}
        inside = QWidget()
        grid = QGridLayout(inside)
        grid.setHorizontalSpacing(px(16))
        for i, (name, number) in enumerate(list(held.items())[:MOST]):
            line = self.lines[name] = QLineEdit(f"{number:.6g}")
            line.setFont(theme.mono_font())
            line.setAccessibleName(f"Hold {name} at")
            line.setMinimumWidth(px(120))
            line.editingFinished.connect(partial(self._take, name))
            words = label(name)
            words.setBuddy(line)
            grid.addWidget(words, i, 0)
            grid.addWidget(line, i, 1)
        grid.setRowStretch(len(self.lines), 1)
        whole = column(self, 20, 12)
        whole.addWidget(label("Inputs that the plane does not span", bold=True, points=12))
        whole.addWidget(label("At first each is held at its mean over the training rows.", "dim", 9.5))
        whole.addWidget(scrolling(inside), 1)
        below = row(spacing=8)
        self.means = button("Means", tip="Hold all of them at their means again")
        self.means.clicked.connect(self._to_means)
        self.done_ = button("Done", kind="primary")
        self.done_.clicked.connect(self.accept)
        for each in (self.means, self.done_):
            each.setAutoDefault(False)  # Enter takes what was typed, and nothing else
        below.addWidget(self.means)
        below.addStretch(1)
        below.addWidget(self.done_)
        whole.addLayout(below)
        self.resize(px(360), min(px(150 + 36 * len(self.lines)), px(560)))

    def _take(self, name: str) -> None:
        line = self.lines[name]
        try:
            number = float(line.text().strip().replace(",", "."))
        except ValueError:
            number = math.nan
        right = math.isfinite(number)
        set_kind(line, "" if right else "true", "invalid")
        if right and line.isModified():
            line.setModified(False)
            self._own[name] = number
            self._chosen(dict(self._own))

    def _to_means(self) -> None:
        self._own.clear()
        self._chosen({})
        self.accept()
