"""A panel's place at the border of the canvas: it can be hidden, moved, and torn off into a window of its own."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QTimer, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QDockWidget, QWidget

from editor import theme
from editor.panel_list import PanelSpec
from editor.panes import cycle
from editor.title_bar import TitleBar


class Dock(QDockWidget):
    """``asked``: the person wants it shown or hidden. ``wide_asked``: more room for it, or less again. ``empty``: it is
    in sight, and its panel is not made yet.

    A panel that has a ``head`` gives it to the title bar.
    """

    asked = Signal(bool)
    wide_asked = Signal()
    empty = Signal()

    def __init__(self, spec: PanelSpec, parent: QWidget) -> None:
        super().__init__(spec.title, parent)
        self.spec = spec
        self.setObjectName(f"dock {spec.id}")
        self.bar = TitleBar(spec.title, wide=spec.wide)
        self.setTitleBarWidget(self.bar)
        self.visibilityChanged.connect(self._seen)
        self.bar.close_.clicked.connect(self._hide)
        self.bar.float.clicked.connect(self._tear)
        self.bar.wide.clicked.connect(self.wide_asked)
        self.topLevelChanged.connect(self._floats)

    def take(self, panel: QWidget) -> None:
        """Have the panel for which it is the place."""
        head = getattr(panel, "head", None)
        if head is not None:
            self.bar.take(head)
        self.setWidget(panel)

    def _seen(self, seen: bool) -> None:
        if seen:
            # Qt still lays the panels out: it must not begin anew meanwhile, and may yet put this one behind a tab.
            QTimer.singleShot(0, self, self._lack)

    def _lack(self) -> None:
        if self.widget() is None and self.in_sight:
            self.empty.emit()

    @property
    def in_sight(self) -> bool:
        """Whether it is on the screen, and not behind a tab."""
        return not self.visibleRegion().isEmpty()

    def _hide(self) -> None:
        self.asked.emit(False)

    def _tear(self) -> None:
        self.setFloating(not self.isFloating())

    def _floats(self, floating: bool) -> None:
        title = self.spec.title
        edge = int(floating)
        self.setContentsMargins(edge, edge, edge, edge)
        if floating:
            self.bar.float.show_as("put-back", f"Put {title} back")
        else:
            self.bar.float.show_as("tear-off", f"Tear {title} off")
        self.bar.wide.setVisible(self.spec.wide and not floating)

    def show_wide(self, wide: bool) -> None:
        """Say whether it has much room now."""
        title = self.spec.title
        if wide:
            self.bar.wide.show_as("narrow", f"Make {title} narrow")
        else:
            self.bar.wide.show_as("wide", f"Make {title} wide")

    def focusNextPrevChild(self, next_: bool) -> bool:
        # Torn off it is a window of its own.
        return cycle(self, 1 if next_ else -1) if self.isFloating() else super().focusNextPrevChild(next_)

    def paintEvent(self, event: QPaintEvent) -> None:
        if self.isFloating():
            painter = QPainter(self)
            painter.setPen(theme.color(theme.current().line))
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))

    def closeEvent(self, event: QEvent) -> None:
        # By the frame of its own window.
        event.ignore()
        self.asked.emit(False)
