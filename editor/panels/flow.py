"""A row that goes on in the next line where it is too narrow."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtWidgets import QLayout, QLayoutItem, QWidget


class Flow(QLayout):
    """Widgets from left to right, line by line, each line in the middle of its height.

    What is added after ``push`` stands at the right end of its line. A widget that expands, up to its own limit, takes
    what is left of its line; one that can be narrower than it would like to be is so where that saves a line.
    """

    def __init__(self, parent: QWidget | None = None, spacing: int = 8) -> None:
        super().__init__(parent)
        self._items: list[QLayoutItem] = []
        self._pushed = 0
        self.setContentsMargins(0, 0, 0, 0)
        self.setSpacing(spacing)

    def push(self) -> None:
        """What comes after this stands at the right."""
        self._pushed = len(self._items)

    def invalidate(self) -> None:
        for item in self._items:
            item.invalidate()
        super().invalidate()

    def whole(self) -> int:
        """How wide one line with everything would be, as it is at this moment: parts that have just been hidden or
        shown count, which Qt would find out later."""
        for item in self._items:
            widget = item.widget()
            inside = widget.layout() if widget is not None else None
            if inside is not None:
                inside.activate()
        self.invalidate()
        return self.sizeHint().width()

    def addItem(self, item: QLayoutItem) -> None:
        self._items.append(item)

    def count(self) -> int:
        return len(self._items)

    def itemAt(self, index: int) -> QLayoutItem | None:
        return self._items[index] if 0 <= index < len(self._items) else None

    def takeAt(self, index: int) -> QLayoutItem | None:
        return self._items.pop(index) if 0 <= index < len(self._items) else None

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return self._stack(QRect(0, 0, width, 0), place=False)

    def sizeHint(self) -> QSize:
        """All in one line."""
        hints = [item.sizeHint() for item in self._items if not item.isEmpty()]
        wide = sum(hint.width() for hint in hints) + self.spacing() * max(0, len(hints) - 1)
        return self._framed(QSize(wide, max((hint.height() for hint in hints), default=0)))

    def minimumSize(self) -> QSize:
        """Each in a line of its own would still fit."""
        least = QSize()
        for item in self._items:
            if not item.isEmpty():
                least = least.expandedTo(item.minimumSize())
        return self._framed(least)

    def setGeometry(self, rect: QRect) -> None:
        super().setGeometry(rect)
        self._stack(rect, place=True)

    def _framed(self, size: QSize) -> QSize:
        margins = self.contentsMargins()
        return size + QSize(margins.left() + margins.right(), margins.top() + margins.bottom())

    def _lines(self, width: int) -> list[list[int]]:
        """What stands in each line."""
        lines: list[list[int]] = [[]]
        used = 0
        for i, item in enumerate(self._items):
            if item.isEmpty():
                continue
            wide = min(item.minimumSize().width(), width)
            if lines[-1] and used + self.spacing() + wide > width:
                lines.append([])
                used = 0
            used += wide + (self.spacing() if lines[-1] else 0)
            lines[-1].append(i)
        return lines

    def _stack(self, rect: QRect, *, place: bool) -> int:
        """Put everything into its place; returns the height that it takes."""
        room = rect.marginsRemoved(self.contentsMargins())
        y = room.top()
        for line in self._lines(room.width()):
            high = max((self._items[i].sizeHint().height() for i in line), default=0)
            if place:
                self._put(line, QRect(room.left(), y, room.width(), high))
            y += high + self.spacing() // 2
        below = self.contentsMargins().bottom()
        return y - self.spacing() // 2 + below - rect.top() if self._items else 0

    def _put(self, line: Sequence[int], room: QRect) -> None:
        widths = {i: min(self._items[i].sizeHint().width(), room.width()) for i in line}
        over = room.width() - self.spacing() * (len(line) - 1) - sum(widths.values())
        for i in reversed(line):
            if over < 0:
                given = min(-over, widths[i] - min(self._items[i].minimumSize().width(), widths[i]))
                widths[i], over = widths[i] - given, over + given
        growing = [
            i
            for i in line
            if self._items[i].expandingDirections() & Qt.Orientation.Horizontal
            and self._items[i].maximumSize().width() > widths[i]
        ]
        if growing and over > 0:
            widths[growing[0]], over = widths[growing[0]] + over, 0
        x = room.left()
        for i in line:
            if i >= self._pushed > 0 and over > 0:
                x, over = x + over, 0
            high = min(self._items[i].sizeHint().height(), room.height())
            self._items[i].setGeometry(
                QRect(QPoint(x, room.top() + (room.height() - high) // 2), QSize(widths[i], high))
            )
            x += widths[i] + self.spacing()
