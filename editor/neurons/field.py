"""The field in which a weight is typed where it stands."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLineEdit, QWidget

from editor import theme
from editor.canvas.popups import PoppedUp, put
from editor.panels.fields import number_text
from editor.scale import px


class ValueField(QLineEdit):
    """A number that is typed where it stands: Enter or a click elsewhere takes it, Esc leaves it as it is."""

    def __init__(
        self, view: QWidget, area: QRectF, name: str, value: float, begun: str, take: Callable[[str | None], None]
    ) -> None:
        super().__init__(view)
        self._take_text: Callable[[str | None], None] | None = take
        before = number_text(value)
        self._before = before
        self.setAccessibleName(name)
        self.setFont(theme.mono_font(9.0))
        self.setText(begun or before)
        PoppedUp(self, view, self._take)
        wide, high = px(110), self.sizeHint().height()
        middle = area.center()
        put(self, view, QRectF(middle.x() - wide / 2, middle.y() - high / 2, wide, high).toRect())
        if not begun:
            self.selectAll()
        self.returnPressed.connect(self._take)
        self.show()
        self.setFocus(Qt.FocusReason.OtherFocusReason)

    def _take(self) -> None:
        take, self._take_text = self._take_text, None
        if take is not None:
            take(None if self.text() == self._before else self.text())

    def put_away(self) -> None:
        """It is no longer there."""
        self._take_text = None
        self.close()
        self.deleteLater()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            take, self._take_text = self._take_text, None
            if take is not None:
                take(None)
        else:
            super().keyPressEvent(event)
