"""A whole tensor as a picture in which the number in focus is framed; it can be zoomed, moved and asked."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QFontMetrics,
    QHelpEvent,
    QImage,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from compute.heat import How, Region, largest_of, reduced, regions_of, scale_of
from compute.numbers_text import fitting, short, shown
from editor import theme
from editor.background import Background
from editor.panels.heat_sheet import Sheet, pixels_of
from editor.panels.tensor_table import cell_colors
from editor.plain import tip_text
from editor.scale import px

Array = npt.NDArray[Any]
AT_ONCE = 100_000
"""Of more entries than these the picture is worked out beside the window."""
_LARGEST_CELL = 28
"""The widest that a cell is drawn, in pixels."""
_MOST_ZOOM = 64.0
_MOST_WRITTEN = 400
"""So many cells, at the most, have their numbers in them."""
_MOST_RUNS = 200
"""Of a span that is no rectangle of the table so many of its runs of rows are framed."""
_DRAG = 4
"""A press that moves less than so many pixels is a click."""
Image = tuple[Region, int, int, QImage]
"""A picture of a region, in so many rows and columns of blocks."""


class HeatMap(QWidget):
    """``asked`` sends (row, column) of a cell that was clicked, or of the one under the keys' cursor upon Enter.

    ``told`` sends what stands under the pointer, "" where nothing does. small: without zoom, as one picture of several.
    """

    asked = Signal(int, int)
    told = Signal(str)
    copied = Signal()
    """All numbers are to be copied."""

    def __init__(self, name: str, *, small: bool = False) -> None:
        super().__init__()
        self._name, self._small = name, small
        self.sheet = Sheet()
        self.how: How = "largest"
        self._view = QRectF()
        """The part of the matrix in sight: x, width in columns, y, height in rows."""
        self._image: Image | None = None
        self._drawn: tuple[object, ...] = ()
        """What the image was made from."""
        self._scale = 0.0
        self._busy = False
        self._pressed: QPointF | None = None
        self._dragged = False
        self._cursor: tuple[int, int] | None = None
        self._background = Background(self)
        self.setAccessibleName(name)
        self.setFont(theme.mono_font(7.5))
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus if small else Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        theme.notifier.changed.connect(self._recolour)

    def minimumSizeHint(self) -> QSize:
        return QSize(px(40), px(40))

    def sizeHint(self) -> QSize:
        return QSize(px(90), px(90)) if self._small else QSize(px(240), px(200))

    # -- what is shown --------------------------------------------------------------------------------------

    def show_sheet(self, sheet: Sheet) -> None:
        """Show numbers; where they are laid out as those before, the same part stays in sight."""
        if sheet.laid_out != self.sheet.laid_out:
            self._cursor = None
            self._view = QRectF(0, 0, sheet.laid_out.columns, sheet.laid_out.rows)
            self._image = None
        if sheet.about != self.sheet.about:
            self._image = None
        self.sheet = sheet
        if sheet.scale is not None:
            self._scale = sheet.scale
        if self._cursor is None or sheet.lit is not None:
            self._cursor = sheet.lit
        rows, columns = sheet.laid_out.rows, sheet.laid_out.columns
        self.setAccessibleDescription(f"{rows} rows, {columns} columns")
        self.update()

    def set_how(self, how: How) -> None:
        """What stands for several entries in one pixel."""
        self.how = how
        self.update()

    def fit(self) -> None:
        """All of it in sight."""
        self._see(QRectF(0, 0, self.sheet.laid_out.columns, self.sheet.laid_out.rows))

    @property
    def region(self) -> Region:
        """The cells in sight, those that are so in part included."""
        rows, columns, view = self.sheet.laid_out.rows, self.sheet.laid_out.columns, self._view
        return Region(
            max(0, math.floor(view.top() + 1e-9)),
            max(0, math.floor(view.left() + 1e-9)),
            min(rows, math.ceil(view.bottom() - 1e-9)),
            min(columns, math.ceil(view.right() - 1e-9)),
        )

    @property
    def area(self) -> QRectF:
        """Where the map is: as large as there is room for, and its cells, not zoomed, no larger than in a table."""
        room = QRectF(self.rect()).adjusted(2, 2, -2, -2)
        most = px(_LARGEST_CELL)
        wide = min(room.width(), most * max(1, self.sheet.laid_out.columns))
        high = min(room.height(), most * max(1, self.sheet.laid_out.rows))
        if self._small:
            return QRectF(room.center().x() - wide / 2, room.center().y() - high / 2, wide, high)
        return QRectF(room.left(), room.top(), wide, high)

    def _resolution(self) -> tuple[int, int]:
        """(rows, columns) of pixels that the part in sight has."""
        ratio = self.devicePixelRatioF()
        return max(1, round(self.area.height() * ratio)), max(1, round(self.area.width() * ratio))

    @property
    def block(self) -> tuple[int, int]:
        """How many rows and columns of entries one pixel stands for, at most."""
        region, (height, width) = self.region, self._resolution()
        return math.ceil(region.rows / height), math.ceil(region.columns / width)

    @property
    def legend(self) -> str:
        """What the colours mean."""
        rows, columns = self.block
        if rows * columns <= 1:
            return f"from {short(-self._scale)} to {short(self._scale)}"
        which = "largest" if self.how == "largest" else "mean"
        return f"±{short(self._scale)} · pixel: {which} of {rows}×{columns}"

    # -- the picture ----------------------------------------------------------------------------------------

    def _recolour(self) -> None:
        self._drawn = ()
        self.update()

    def _work(self) -> None:
        """See to it that the picture is of what is in sight."""
        region, resolution = self.region, self._resolution()
        wanted = (self.sheet.matrix, self.sheet.scale, region, resolution, self.how, theme.current().name)
        if self._busy or (
            len(wanted) == len(self._drawn) and wanted[0] is self._drawn[0] and wanted[1:] == self._drawn[1:]
        ):
            return
        matrix, scale, how, about = self.sheet.matrix, self.sheet.scale, self.how, self.sheet.about
        self._drawn = wanted

        def make() -> tuple[Array, float]:
            return reduced(matrix, region, *resolution, how), scale_of(matrix) if scale is None else scale

        if (region.size if scale is not None else matrix.size) <= AT_ONCE:
            self._put(region, *make())
            return
        self._busy = True

        def done(made: tuple[Array, float]) -> None:
            self._busy = False
            if matrix.shape == self.sheet.matrix.shape and about == self.sheet.about:
                self._put(region, *made)
            self.update()

        def failed(_sentence: str) -> None:
            self._busy = False

        self._background.run(lambda _task: make(), done, failed)

    def _put(self, region: Region, blocks: Array, scale: float) -> None:
        self._scale = scale
        pixels = pixels_of(blocks, scale)
        height, width = pixels.shape
        image = QImage(pixels.data, width, height, width * 4, QImage.Format.Format_RGB32).copy()
        self._image = region, height, width, image

    def paintEvent(self, event: QPaintEvent) -> None:
        t, sheet, area = theme.current(), self.sheet, self.area
        painter = QPainter(self)
        if not sheet.matrix.size:
            return
        self._work()
        painter.setClipRect(area.adjusted(-2, -2, 2, 2))
        if self._image is not None:
            region, _, _, image = self._image
            # Rounded outwards, or a line of what lies behind would be seen between cells and frame.
            painter.drawImage(self._place(region).toAlignedRect(), image)
        else:
            painter.fillRect(area, theme.color(t.card))
        self._mark_sample(painter)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(theme.color(t.focus if self.hasFocus() else t.node_border))
        painter.drawRect(area)
        self._cover(painter)
        self._write(painter)
        for span in sheet.spans:
            for place in regions_of(span, sheet.laid_out)[:_MOST_RUNS]:
                self._frame(painter, _at_least(self._place(place), 3.0), 1.2)
        if sheet.lit is not None:
            row, column = sheet.lit
            cell = self._place(Region(row, column, row + 1, column + 1))
            if not self._small:
                self._cross(painter, cell)
            self._frame(painter, _at_least(cell, 5.0), 1.6)
        if self.hasFocus() and self._cursor is not None:
            row, column = self._cursor
            painter.setPen(QPen(theme.color(t.focus), 1.5, Qt.PenStyle.DashLine))
            painter.drawRect(_at_least(self._place(Region(row, column, row + 1, column + 1)), 7.0))

    def _place(self, region: Region) -> QRectF:
        """Where some cells are on the screen."""
        area, view = self.area, self._view
        wide, high = area.width() / view.width(), area.height() / view.height()
        return QRectF(
            area.left() + (region.left - view.left()) * wide,
            area.top() + (region.top - view.top()) * high,
            region.columns * wide,
            region.rows * high,
        )

    def _cover(self, painter: QPainter) -> None:
        """Take away what a walk has not come to."""
        reached, rows, columns = self.sheet.reached, self.sheet.laid_out.rows, self.sheet.laid_out.columns
        if reached is None or reached >= rows * columns:
            return
        row, column = divmod(reached, columns)
        t = theme.current()
        for region in (Region(row, column, row + 1, columns), Region(row + 1, 0, rows, columns)):
            if region.size:
                place = self._place(region)
                painter.fillRect(place, theme.color(t.panel))
                painter.setPen(QPen(theme.color(t.node_border), 1, Qt.PenStyle.DashLine))
                painter.drawRect(place)

    def _write(self, painter: QPainter) -> None:
        """The numbers in the cells, where these have room for them."""
        region, cell = self.region, self._place(Region(0, 0, 1, 1))
        metrics = QFontMetrics(self.font())
        room = int((cell.width() - 3) / metrics.horizontalAdvance("0"))
        if region.size > _MOST_WRITTEN or room < 4 or cell.height() < metrics.height():
            return
        painter.setFont(self.font())
        for row in range(region.top, region.bottom):
            for column in range(region.left, region.right):
                if not self.sheet.has(row, column):
                    return
                number = float(self.sheet.matrix[row, column])
                text = fitting(number, room)
                if len(text) <= room:
                    painter.setPen(cell_colors(number, self._scale)[1])
                    place = self._place(Region(row, column, row + 1, column + 1))
                    painter.drawText(place, Qt.AlignmentFlag.AlignCenter, text)

    def _frame(self, painter: QPainter, place: QRectF, width: float) -> None:
        t = theme.current()
        for color, more in ((t.card, 1.6), (t.text, 0.0)):
            painter.setPen(QPen(theme.color(color), width + more))
            painter.drawRect(place)

    def _cross(self, painter: QPainter, cell: QRectF) -> None:
        """Thin lines along the row and the column of the cell in focus, by which a small cell is found."""
        area = self.area
        painter.setPen(QPen(theme.color(theme.current().text, 0.45), 1, Qt.PenStyle.DotLine))
        x, y = cell.center().x(), cell.center().y()
        painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
        painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))

    def _mark_sample(self, painter: QPainter) -> None:
        sheet, region = self.sheet, self.region
        if sheet.sample < 0:
            return
        painter.setPen(QPen(theme.color(theme.current().text), 2))
        area = self.area
        for row in sheet.laid_out.rows_of(sheet.sample) if sheet.laid_out.rows <= 10_000 else ():
            if region.top <= row < region.bottom:
                y = self._place(Region(row, 0, row + 1, 1)).center().y()
                for x in (area.left(), area.right() - px(5)):
                    painter.drawLine(QPointF(x, y), QPointF(x + px(5), y))
        if sheet.laid_out.sample_of_column(sheet.sample) is not None:
            x = self._place(Region(0, sheet.sample, 1, sheet.sample + 1)).center().x()
            for y in (area.top(), area.bottom() - px(5)):
                painter.drawLine(QPointF(x, y), QPointF(x, y + px(5)))

    # -- what stands where ----------------------------------------------------------------------------------

    def _under(self, point: QPointF) -> Region | None:
        """The entries that the pixel at a point stands for."""
        area, view, region = self.area, self._view, self.region
        if not area.contains(point) or not self.sheet.matrix.size:
            return None
        row = view.top() + (point.y() - area.top()) / area.height() * view.height()
        column = view.left() + (point.x() - area.left()) / area.width() * view.width()
        rows, columns = self.block
        top = min(max(region.top, math.floor(row - (rows - 1) / 2)), region.bottom - 1)
        left = min(max(region.left, math.floor(column - (columns - 1) / 2)), region.right - 1)
        return Region(top, left, min(top + rows, region.bottom), min(left + columns, region.right))

    def cell_at(self, point: QPointF) -> tuple[int, int] | None:
        """The cell that a point shows: of many under one pixel the one that its colour tells."""
        found = self._under(point)
        cell = None if found is None else largest_of(self.sheet.matrix, found)
        return cell if cell is not None and self.sheet.has(*cell) else None

    def say(self, point: QPointF) -> str:
        """What stands under a point: entry and number, and of how many entries that is the largest or the mean."""
        region = self._under(point)
        if region is None:
            return ""
        row, column = largest_of(self.sheet.matrix, region)
        if not self.sheet.has(row, column):
            return ""
        entry = ", ".join(map(str, self.sheet.laid_out.entry(row, column)))
        said = f"[{entry}] = {shown(float(self.sheet.matrix[row, column]))}"
        if region.size == 1:
            return said
        if self.how == "largest":
            return f"{said}, the largest of {region.size} here"
        part = self.sheet.matrix[region.top : region.bottom, region.left : region.right]
        with np.errstate(all="ignore"):
            return f"mean {shown(float(part.mean()))} of {region.size} here; the largest is {said}"

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            said = self.say(QPointF(event.pos()))
            QToolTip.showText(event.globalPos(), tip_text(f"{self._name} {said}") if said else "", self)
            return True
        return super().event(event)

    # -- hands ----------------------------------------------------------------------------------------------

    def _see(self, view: QRectF) -> None:
        """Have another part in sight; none beyond the matrix."""
        rows, columns = float(self.sheet.laid_out.rows), float(self.sheet.laid_out.columns)
        wide = min(columns, max(view.width(), min(columns, columns / _MOST_ZOOM, 4.0)))
        high = min(rows, max(view.height(), min(rows, rows / _MOST_ZOOM, 4.0)))
        left = min(max(0.0, view.left()), columns - wide)
        top = min(max(0.0, view.top()), rows - high)
        wanted = QRectF(left, top, wide, high)
        if wanted != self._view:
            self._view = wanted
            self.told.emit("")
            self.update()

    def zoom(self, factor: float, point: QPointF | None = None) -> None:
        """So many times as large, around a point (or the middle)."""
        area, view = self.area, self._view
        at = point or area.center()
        x = (at.x() - area.left()) / area.width()
        y = (at.y() - area.top()) / area.height()
        wide, high = view.width() / factor, view.height() / factor
        self._see(QRectF(view.left() + x * (view.width() - wide), view.top() + y * (view.height() - high), wide, high))

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self._small or not self.sheet.matrix.size or not event.angleDelta().y():
            event.ignore()
            return
        self.zoom(1.25 ** (event.angleDelta().y() / 120), event.position())
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self.sheet.matrix.size:
            self._pressed, self._dragged = event.position(), False
        else:
            super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        at = event.position()
        if self._pressed is None:
            self.told.emit(self.say(at))
            return
        way = at - self._pressed
        if not self._small and (self._dragged or way.manhattanLength() > _DRAG):
            self._dragged, self._pressed = True, at
            area, view = self.area, self._view
            dx, dy = way.x() / area.width() * view.width(), way.y() / area.height() * view.height()
            self._see(view.translated(-dx, -dy))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        pressed, self._pressed = self._pressed, None
        cell = self.cell_at(event.position()) if pressed is not None and not self._dragged else None
        if cell is not None:
            self._cursor = cell
            self.asked.emit(*cell)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        # The second press of two clicks is no new question; with it everything comes back into sight.
        self._pressed = None
        if not self._small:
            self.fit()

    def leaveEvent(self, event: QEvent) -> None:
        self.told.emit("")
        super().leaveEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, rows, columns = event.key(), self.sheet.laid_out.rows, self.sheet.laid_out.columns
        step = _STEPS.get(key)
        row, column = self._cursor or (0, 0)
        if not rows * columns:
            super().keyPressEvent(event)
        elif event.matches(QKeySequence.StandardKey.Copy):
            self.copied.emit()
        elif step is not None:
            self._cursor = min(max(row + step[0], 0), rows - 1), min(max(column + step[1], 0), columns - 1)
            self._bring(*self._cursor)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.asked.emit(row, column)
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal, Qt.Key.Key_Minus):
            self.zoom(0.8 if key == Qt.Key.Key_Minus else 1.25)
        elif key == Qt.Key.Key_0:
            self.fit()
        else:
            super().keyPressEvent(event)

    def _bring(self, row: int, column: int) -> None:
        """A cell into sight, and say what it is."""
        view = self._view
        left = min(max(view.left(), column + 1 - view.width()), column)
        top = min(max(view.top(), row + 1 - view.height()), row)
        self._see(QRectF(left, top, view.width(), view.height()))
        entry = ", ".join(map(str, self.sheet.laid_out.entry(row, column)))
        said = f"[{entry}] = {shown(float(self.sheet.matrix[row, column]))}"
        self.setAccessibleDescription(said)
        self.told.emit(said)
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.told.emit("")


_STEPS: dict[int, tuple[int, int]] = {
    Qt.Key.Key_Left: (0, -1),
    Qt.Key.Key_Right: (0, 1),
    Qt.Key.Key_Up: (-1, 0),
    Qt.Key.Key_Down: (1, 0),
}


def _at_least(place: QRectF, side: float) -> QRectF:
    """A place, no smaller than can be seen."""
    dx, dy = max(0.0, side - place.width()) / 2, max(0.0, side - place.height()) / 2
    return place.adjusted(-dx, -dy, dx, dy)
