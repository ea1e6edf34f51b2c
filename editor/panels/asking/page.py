"""What stands in a low place: a title that keeps its words, and a page that scrolls only where there is no room."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QSize, Qt
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QFrame, QScrollArea, QSizePolicy, QWidget

from editor.panels.widgets import Elided
from editor.scale import px


class Title(Elided):
    """As wide as its text, as far as there is room; in a row that goes on it takes a line before it is cut."""

    def __init__(self, *, bold: bool, points: float) -> None:
        super().__init__(bold=bold, points=points)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        wide = QFontMetrics(self.font()).horizontalAdvance(self._whole) + px(4)
        return QSize(wide, super().sizeHint().height())

    def minimumSizeHint(self) -> QSize:
        return QSize(min(self.sizeHint().width(), px(320)), super().minimumSizeHint().height())

    def set_text(self, text: str, tip: str = "") -> None:
        super().set_text(text, tip)
        self.updateGeometry()


class Page(QScrollArea):
    """As high as what is in it wants to be; where there is less room it scrolls."""

    def __init__(self, inside: QWidget) -> None:
        super().__init__()
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.inside = inside
        self.setWidget(inside)
        inside.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.LayoutRequest:
            self.updateGeometry()
        return super().eventFilter(watched, event)

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        layout = self.inside.layout()
        if layout is not None and layout.hasHeightForWidth():
            return layout.totalHeightForWidth(width)
        return self.inside.sizeHint().height()

    def sizeHint(self) -> QSize:
        return QSize(self.inside.sizeHint().width(), self.heightForWidth(max(self.width(), px(300))))

    def minimumSizeHint(self) -> QSize:
        return QSize(px(200), px(36))
