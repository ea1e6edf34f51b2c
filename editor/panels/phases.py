"""The phases of a walk, and their buttons."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QFontMetrics, QIcon, QPainter, QPixmap
from PySide6.QtWidgets import QPushButton

from compute.explain import Phase
from editor import theme
from editor.plain import set_tip
from editor.scale import px

PHASES: tuple[tuple[Phase, str, str, str], ...] = (
    ("forward", "Forward", "forward", "Values, from the inputs to the loss"),
    ("loss", "Loss", "error", "One number that says how wrong the predictions are"),
    ("backward", "Backward", "backward", "Gradients, from the loss back to the weights"),
    ("update", "Update", "good", "New weights, one step along the negative gradient"),
)


class PhaseButton(QPushButton):
    """The name of a phase with its dot: full while the walk is in it, ticked off after it, hollow before."""

    def __init__(self, text: str, token: str, tip: str) -> None:
        super().__init__(f" {text}")
        self.token, self.state = token, "ahead"
        self.setProperty("kind", "phase")
        self.setFont(theme.ui_font())
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        set_tip(self, f"{tip}. Click to go to its first step.")
        self._text, self._bare = text, False
        self.setAccessibleName(text)
        theme.notifier.changed.connect(self._draw)
        self._draw()

    def set_state(self, state: str) -> None:
        """``ahead``, ``here`` or ``done``."""
        self.setChecked(state == "here")
        if state != self.state:
            self.state = state
            self.setAccessibleDescription({"ahead": "not reached", "here": "in progress", "done": "done"}[state])
            self._draw()

    @property
    def whole(self) -> int:
        """How wide it is with its name: as when that is bold, so that nothing moves."""
        return QFontMetrics(theme.ui_font(bold=True)).horizontalAdvance(self._text) + px(40)

    def set_bare(self, bare: bool) -> None:
        """Where room is scarce, only the phase that it is in has its name."""
        if bare != self._bare:
            self._bare = bare
            self._draw()

    def _draw(self) -> None:
        named = not self._bare or self.state == "here"
        self.setText(f" {self._text}" if named else "")
        self.setIconSize(QSize(px(10), px(10)))
        self.setFixedWidth(self.whole if named else px(34))
        ratio = 6
        picture = QPixmap(10 * ratio, 10 * ratio)
        picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(picture)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.scale(ratio, ratio)
        color = theme.color(getattr(theme.current(), self.token))
        pen = painter.pen()
        pen.setColor(color)
        pen.setWidthF(1.5)
        painter.setPen(pen)
        if self.state != "ahead":
            painter.setBrush(theme.color(color.name(), 1.0 if self.state == "here" else 0.45))
        painter.drawEllipse(1, 1, 8, 8)
        painter.end()
        self.setIcon(QIcon(picture))
