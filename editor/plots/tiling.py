"""The rows of tiles on the screen: where each stands by its part of the room, and the gaps that can be pulled."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QWidget

from editor import theme
from editor.plots.arrangement import Arrangement, Row, Side, Spot
from editor.plots.tile import Tile
from editor.scale import px

GAP = 6
LEAST_WIDTH, LEAST_HEIGHT = 200, 150
"""Pixels that a tile has at least; a row that is too broad for that goes on in another line."""


@dataclass(frozen=True)
class _Grip:
    """A gap that can be pulled. before, after: the spots at its sides, or the rows above and below it."""

    area: QRect
    before: Spot | Row
    after: Spot | Row

    @property
    def upright(self) -> bool:
        return isinstance(self.before, Spot)


class _Mark(QWidget):
    """Where a tile that is pulled would go."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, t = QPainter(self), theme.current()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme.color(t.focus), 2))
        painter.setBrush(theme.color(t.focus, 0.15))
        painter.drawRoundedRect(self.rect().adjusted(1, 1, -2, -2), 8, 8)


class Tiling(QWidget):
    """``tiles``: the tile of each spot that stands here. ``pulled``: a person has given a tile another size."""

    pulled = Signal()

    def __init__(self, tiles: Callable[[], Mapping[int, Tile]]) -> None:
        super().__init__()
        self.arrangement = Arrangement()
        self._tiles = tiles
        self.wide: Spot | None = None
        """The one that has all of the room."""
        self._grips: list[_Grip] = []
        self._grip: _Grip | None = None
        self._from = QPoint()
        self._sizes = (0, 0)
        self._mark = _Mark(self)
        self.setMouseTracking(True)
        theme.notifier.changed.connect(self._measure)

    # -- where tiles stand ------------------------------------------------------------------------------------

    def tile(self, spot: Spot) -> Tile | None:
        """The tile of a spot, None where it has a window of its own."""
        return self._tiles().get(id(spot))

    def _lines(self) -> list[tuple[Row, list[tuple[Spot, Tile]]]]:
        """What stands side by side: the rows, those that are too broad in several lines."""
        most = max(1, (self.width() + GAP) // (px(LEAST_WIDTH) + GAP))
        lines: list[tuple[Row, list[tuple[Spot, Tile]]]] = []
        for row in self.arrangement.rows:
            there = [(spot, tile) for spot in row.spots if (tile := self.tile(spot)) is not None]
            count = -(-len(there) // most)  # in lines of about the same length
            for i in range(count):
                part = there[i * len(there) // count : (i + 1) * len(there) // count]
                lines.append((row, part))
        return lines

    def _heights(self, lines: Sequence[tuple[Row, object]], room: int) -> list[int]:
        total = sum(row.height for row, _ in lines) or 1.0
        free = room - GAP * (len(lines) - 1)
        return [max(px(LEAST_HEIGHT), int(free * row.height / total)) for row, _ in lines]

    def sizeHint(self) -> QSize:
        return QSize(px(400), px(LEAST_HEIGHT))

    def minimumSizeHint(self) -> QSize:
        lines = self._lines()
        if not lines or self.wide is not None:
            return QSize(px(80), px(60))
        return QSize(px(80), sum(self._heights(lines, 0)) + GAP * (len(lines) - 1))

    def _measure(self) -> None:
        self.updateGeometry()
        self.arrange()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self.updateGeometry()
        self.arrange()

    def arrange(self) -> None:
        """Give each tile its place."""
        self._grips.clear()
        if self.wide is not None:
            for _row, line in self._lines():
                for spot, tile in line:
                    if spot is self.wide:
                        tile.setGeometry(self.rect())
                    tile.setVisible(spot is self.wide)
            return
        lines, top = self._lines(), 0
        for (row, line), high in zip(lines, self._heights(lines, self.height()), strict=True):
            if top:
                above = lines[lines.index((row, line)) - 1][0]
                if above is not row:
                    self._grips.append(_Grip(QRect(0, top - GAP, self.width(), GAP), above, row))
            total = sum(spot.width for spot, _ in line)
            free, left = self.width() - GAP * (len(line) - 1), 0.0
            for i, (spot, tile) in enumerate(line):
                broad = free * spot.width / total
                edge = round(left)
                tile.setGeometry(edge, top, round(left + broad) - edge, high)
                tile.show()
                if i:
                    self._grips.append(_Grip(QRect(edge - GAP, top, GAP, high), line[i - 1][0], spot))
                left += broad + GAP
            top += high + GAP

    # -- pulling a gap ----------------------------------------------------------------------------------------

    def _grip_at(self, at: QPoint) -> _Grip | None:
        return next((grip for grip in self._grips if grip.area.adjusted(-1, -1, 1, 1).contains(at)), None)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._grip, self._from = self._grip_at(event.position().toPoint()), event.position().toPoint()
        if self._grip is not None:
            self._sizes = self._extent(self._grip.before), self._extent(self._grip.after)

    def _extent(self, of: Spot | Row) -> int:
        if isinstance(of, Spot):
            tile = self.tile(of)
            return tile.width() if tile is not None else 1
        return max((tile.height() for spot in of.spots if (tile := self.tile(spot)) is not None), default=1)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        at = event.position().toPoint()
        grip = self._grip
        if grip is None:
            over = self._grip_at(at)
            shape = Qt.CursorShape.SplitHCursor if over and over.upright else Qt.CursorShape.SplitVCursor
            self.setCursor(shape if over else Qt.CursorShape.ArrowCursor)
            return
        by = at.x() - self._from.x() if grip.upright else at.y() - self._from.y()
        least = px(LEAST_WIDTH if grip.upright else LEAST_HEIGHT) // 2
        both = sum(self._sizes)
        first = min(max(self._sizes[0] + by, min(least, both // 2)), both - min(least, both // 2))
        if isinstance(grip.before, Spot) and isinstance(grip.after, Spot):
            parts = grip.before.width + grip.after.width
            grip.before.width, grip.after.width = parts * first / both, parts * (both - first) / both
        elif isinstance(grip.before, Row) and isinstance(grip.after, Row):
            parts = grip.before.height + grip.after.height
            grip.before.height, grip.after.height = parts * first / both, parts * (both - first) / both
        self._measure()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._grip is not None:
            self._grip = None
            self.pulled.emit()

    def leaveEvent(self, event: QEvent) -> None:
        self.unsetCursor()

    # -- where a tile that is pulled would go -------------------------------------------------------------------

    def goal(self, at: QPoint, moving: Spot) -> tuple[Spot, Side] | None:
        """Beside which spot a place means, and on which side; None beyond all."""
        if self.wide is not None or not self.rect().contains(at):
            return None
        for _row, line in self._lines():
            for spot, tile in line:
                area = tile.geometry()
                if area.adjusted(-GAP, -GAP, GAP, GAP).contains(at):
                    if spot is moving:
                        return None
                    return spot, _side(area, at)
        return None

    def show_goal(self, goal: tuple[Spot, Side] | None) -> None:
        """Mark where it would go."""
        tile = self.tile(goal[0]) if goal is not None else None
        if goal is None or tile is None:
            self._mark.hide()
            return
        area, side = tile.geometry(), goal[1]
        half = QRect(area)
        if side == "left":
            half.setWidth(area.width() // 2)
        elif side == "right":
            half.setLeft(area.center().x())
        elif side == "above":
            half.setHeight(area.height() // 3)
        else:
            half.setTop(area.bottom() - area.height() // 3)
        if side in ("above", "below"):
            half.setLeft(0)
            half.setRight(self.width() - 1)
        self._mark.setGeometry(half)
        self._mark.raise_()
        self._mark.show()


def _side(area: QRect, at: QPoint) -> Side:
    """The side of a tile to which a place is nearest; the upper and lower quarters mean a row of its own."""
    up = (at.y() - area.top()) / max(1, area.height())
    if up < 0.25:
        return "above"
    if up > 0.75:
        return "below"
    return "left" if at.x() < area.center().x() else "right"
