"""The bar over a panel or a plot: its title, what it puts beside that, and what can be done with it."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QHBoxLayout, QSizePolicy, QWidget

from editor import icons, theme
from editor.plain import set_tip
from editor.scale import px

SIDE = 22
"""Of a button, in pixels."""


class IconButton(QAbstractButton):
    """An icon that paints itself, so that no style sheet is needed for it."""

    def __init__(self, icon: str, name: str) -> None:
        super().__init__()
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.show_as(icon, name)

    def show_as(self, icon: str, name: str) -> None:
        """Another icon and another name, which is the tip too."""
        self._icon = icon
        self.setAccessibleName(name)
        set_tip(self, name)
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(px(SIDE), px(SIDE))

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

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


class Title(QWidget):
    """A title that gives way, with …, where room is scarce."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self._text = text
        self.setFont(theme.ui_font(bold=True))
        self.setAccessibleName(text)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)

    def set_text(self, text: str) -> None:
        """Another title."""
        if text != self._text:
            self._text = text
            self.setAccessibleName(text)
            set_tip(self, text)
            self.updateGeometry()
            self.update()

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

    def __init__(self, title: str, *, wide: bool) -> None:
        super().__init__()
        self.title = Title(title)
        self.wide = IconButton("wide", f"Make {title} wide")
        self.float = IconButton("tear-off", f"Tear {title} off")
        self.close_ = IconButton("close", f"Hide {title}")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(14, 4, 6, 2)
        layout.setSpacing(2)
        layout.addWidget(self.title)
        layout.addStretch(1)
        self._layout = layout
        for each in (self.wide, self.float, self.close_):
            layout.addWidget(each)
        self.wide.setVisible(wide)  # not before it is part of the bar, or it would be a window of its own
        theme.notifier.changed.connect(self.update)

    def take(self, head: QWidget) -> None:
        """Have what a panel puts beside its title."""
        after = self._layout.indexOf(self.title) + 1
        self._layout.takeAt(after)  # what kept the place free
        self._layout.insertSpacing(after, 12)
        self._layout.insertWidget(after + 1, head, 1)
        self._layout.insertSpacing(after + 2, 4)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.color(theme.current().panel))
