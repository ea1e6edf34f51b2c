"""The headers of the table of rows: a column with who reads it, a row with what it is for."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QMouseEvent, QPainter
from PySide6.QtWidgets import QHeaderView, QWidget

from compute.ops import role_of
from editor import theme
from editor.panels.data.sheet import Sheet

_MARGIN = 6
MARKS = ("●", "○", "◇", "–")
"""Of training, validation and test rows, and of those that are left out."""


def readers_text(sheet: Sheet, name: str) -> str:
    """Who reads a column, in a few words; "" for nobody."""
    nodes = sheet.readers.get(name, ())
    return ", ".join(f"{'→' if role_of(node.op) == 'input' else '◎'} {node.label}" for node in nodes)


class ColumnHeader(QHeaderView):
    """The name of a column, and below it the nodes that read it. ``reader_clicked``: the name of a column whose readers
    were clicked; ``name_edited``: the column whose name was clicked twice."""

    reader_clicked = Signal(str)
    name_edited = Signal(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.sheet = Sheet()
        self.setSectionsClickable(True)
        self.setHighlightSections(False)
        self.setFont(theme.ui_font(9.0))
        self.setAccessibleName("Columns")

    def sizeHint(self) -> QSize:
        return QSize(super().sizeHint().width(), 2 * QFontMetrics(self.font()).height() + 8)

    def _name(self, section: int) -> str:
        names = self.sheet.names
        return names[section] if 0 <= section < len(names) else ""

    def paintSection(self, painter: QPainter, area: QRect, section: int) -> None:
        t, name = theme.current(), self._name(section)
        painter.save()
        painter.fillRect(area, theme.color(t.card))
        painter.setPen(theme.color(t.line))
        painter.drawLine(area.bottomLeft(), area.bottomRight())
        metrics, room = QFontMetrics(self.font()), area.width() - 2 * _MARGIN
        side = Qt.AlignmentFlag.AlignLeft if name and self.sheet.is_text(name) else Qt.AlignmentFlag.AlignRight
        upper = QRect(area.left() + _MARGIN, area.top() + 3, room, metrics.height())
        painter.setFont(self.font())
        readers = readers_text(self.sheet, name)
        painter.setPen(theme.color(t.text if readers else t.text_dim))
        painter.drawText(upper, int(side), metrics.elidedText(name, Qt.TextElideMode.ElideRight, room))
        painter.setPen(theme.color(t.text_dim))
        lower = upper.translated(0, metrics.height() + 1)
        painter.drawText(lower, int(side), metrics.elidedText(readers or "not read", Qt.TextElideMode.ElideRight, room))
        painter.restore()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        name = self._name(self.logicalIndexAt(event.position().toPoint()))
        lower = event.position().y() > self.height() / 2
        if event.button() == Qt.MouseButton.LeftButton and lower and self.sheet.readers.get(name):
            self.reader_clicked.emit(name)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        name = self._name(self.logicalIndexAt(event.position().toPoint()))
        if self.sheet.editable and name and event.position().y() <= self.height() / 2:
            self.name_edited.emit(name)
        else:
            super().mouseDoubleClickEvent(event)


class RowHeader(QHeaderView):
    """The number of a row, and whether it trains (●), validates (○), tests (◇) or is left out; ▸ marks the sample."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(Qt.Orientation.Vertical, parent)
        self.sheet = Sheet()
        self.sample = -1
        """The row of the chosen sample."""
        self.setHighlightSections(False)
        self.setFont(theme.mono_font(8.5))
        self.setAccessibleName("Rows")

    def sizeHint(self) -> QSize:
        metrics = QFontMetrics(self.font())
        digits = "0" * max(3, len(str(max(0, self.sheet.rows - 1))))
        return QSize(metrics.horizontalAdvance(f"▸ {digits} ●") + 2 * _MARGIN, super().sizeHint().height())

    def paintSection(self, painter: QPainter, area: QRect, section: int) -> None:
        t, sheet = theme.current(), self.sheet
        painter.save()
        painter.fillRect(area, theme.color(t.card))
        painter.setFont(self.font())
        room = area.adjusted(_MARGIN, 0, -_MARGIN, 0)
        middle = Qt.AlignmentFlag.AlignVCenter
        if section >= sheet.rows:
            painter.setPen(theme.color(t.text_dim))
            painter.drawText(room, int(Qt.AlignmentFlag.AlignCenter), "+")
            painter.restore()
            return
        part = sheet.part(section)
        painter.setPen(theme.color((t.train, t.validation, t.test, t.text_dim)[part]))
        mark = MARKS[part] if section < len(sheet.held) else ""  # what a row is for may not be known
        painter.drawText(room, int(Qt.AlignmentFlag.AlignRight | middle), mark)
        width = QFontMetrics(self.font()).horizontalAdvance(" ●")
        chosen = section == self.sample
        painter.setPen(theme.color(t.text if chosen or section in sheet.batch else t.text_dim))
        number = f"▸ {section}" if chosen else str(section)
        painter.drawText(room.adjusted(0, 0, -width, 0), int(Qt.AlignmentFlag.AlignRight | middle), number)
        painter.restore()
