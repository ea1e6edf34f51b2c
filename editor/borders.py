"""How the borders between panels look: hairlines, in the accent under the pointer."""

from __future__ import annotations

from PySide6.QtCore import QRect
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QProxyStyle, QStyle, QStyleOption, QWidget

from editor import theme

BORDER = 5
"""Between two panels, in pixels, so that it can be taken hold of; the line in its middle is one."""


class Borders(QProxyStyle):
    """The style of the widget that has the borders, and of nothing in it."""

    def pixelMetric(
        self, metric: QStyle.PixelMetric, option: QStyleOption | None = None, widget: QWidget | None = None
    ) -> int:
        if metric == QStyle.PixelMetric.PM_DockWidgetSeparatorExtent:
            return BORDER
        return super().pixelMetric(metric, option, widget)

    def drawPrimitive(
        self,
        element: QStyle.PrimitiveElement,
        option: QStyleOption,
        painter: QPainter,
        widget: QWidget | None = None,
    ) -> None:
        if element != QStyle.PrimitiveElement.PE_IndicatorDockWidgetResizeHandle:
            super().drawPrimitive(element, option, painter, widget)
            return
        t, area = theme.current(), QRect(option.rect)
        lively = bool(option.state & QStyle.StateFlag.State_MouseOver)
        painter.fillRect(area, theme.color(t.panel))
        if area.height() > area.width():
            line = QRect(area.center().x(), area.top(), 1, area.height())
        else:
            line = QRect(area.left(), area.center().y(), area.width(), 1)
        painter.fillRect(line, theme.color(t.focus if lively else t.line))
