"""A panel's place at the border of the canvas: it can be hidden, moved, and torn off into a window of its own."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QDockWidget, QHBoxLayout, QSizePolicy, QWidget

from editor import icons, theme
from editor.panel_list import PanelSpec
from editor.panes import cycle
from editor.plain import set_tip
from editor.scale import px

SIDE = 22
"""Of a button, in pixels."""


class _Button(QAbstractButton):
    """An icon that paints itself, so that no style sheet is needed for it."""

    def __init__(self, icon: str, name: str) -> None:
        super().__init__()
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.show_as(icon, name)

    def show_as(self, icon: str, name: str) -> None:
        """Another icon and another name, which is the tip too."""
        self._icon = icon
        self.setAccessibleName(name)
        set_tip(self, name)
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(px(SIDE), px(SIDE))

    def paintEvent(self, event: QPaintEvent) -> None:
        t = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        body = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        lively = self.underMouse() or self.hasFocus()
        if lively:
            painter.setPen(theme.color(t.focus) if self.hasFocus() else Qt.PenStyle.NoPen)
            painter.setBrush(theme.color(t.line if self.isDown() else t.hover))
            painter.drawRoundedRect(body, 5, 5)
        side = round(self.width() * 14 / SIDE)
        picture = icons.pixmap(self._icon, t.text if lively else t.text_dim, side, self.devicePixelRatioF())
        painter.drawPixmap((self.width() - side) // 2, (self.height() - side) // 2, picture)


class _Title(QWidget):
    """A title that gives way, with …, where room is scarce."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self._text = text
        self.setFont(theme.ui_font(bold=True))
        self.setAccessibleName(text)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        metrics = self.fontMetrics()
        return QSize(metrics.horizontalAdvance(self._text) + 2, metrics.height())

    def minimumSizeHint(self) -> QSize:
        return QSize(12, self.fontMetrics().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setPen(theme.color(theme.current().text))
        text = self.fontMetrics().elidedText(self._text, Qt.TextElideMode.ElideRight, self.width())
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, text)


class TitleBar(QWidget):
    """The title, what the panel puts beside it, and what can be done with the panel. Dragged, it moves the panel."""

    def __init__(self, title: str, head: QWidget | None, *, wide: bool) -> None:
        super().__init__()
        self.title = _Title(title)
        self.wide = _Button("wide", f"Make {title} wide")
        self.float = _Button("tear-off", f"Tear {title} off")
        self.close_ = _Button("close", f"Hide {title}")
        self.wide.setVisible(wide)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(14, 4, 6, 2)
        layout.setSpacing(2)
        layout.addWidget(self.title)
        if head is not None:
            layout.addSpacing(12)
            layout.addWidget(head, 1)
            layout.addSpacing(4)
        else:
            layout.addStretch(1)
        for each in (self.wide, self.float, self.close_):
            layout.addWidget(each)
        theme.notifier.changed.connect(self.update)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.color(theme.current().panel))


class Dock(QDockWidget):
    """``asked``: the person wants it shown or hidden. ``wide_asked``: more room for it, or less again.

    A panel that has a ``head`` gives it to the title bar.
    """

    asked = Signal(bool)
    wide_asked = Signal()

    def __init__(self, spec: PanelSpec, panel: QWidget, parent: QWidget) -> None:
        super().__init__(spec.title, parent)
        self.spec, self.panel = spec, panel
        self.setObjectName(f"dock {spec.id}")
        self.bar = TitleBar(spec.title, getattr(panel, "head", None), wide=spec.wide)
        self.setTitleBarWidget(self.bar)
        self.setWidget(panel)
        self.bar.close_.clicked.connect(self._hide)
        self.bar.float.clicked.connect(self._tear)
        self.bar.wide.clicked.connect(self.wide_asked)
        self.topLevelChanged.connect(self._floats)

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
