"""The text of a lesson: words, formulas and live numbers, set in lines."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from PySide6.QtCore import QByteArray, QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFont, QFontMetricsF, QMouseEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QSizePolicy

from compute.lessons.readout import Readout
from compute.lessons.text import NOTHING, Formula, Live, Words, formulas_in, paragraphs, spoken
from editor import theme
from editor.drawing import Drawer, Needed, picture
from editor.plain import Label
from editor.scale import px

Shown = Callable[[Readout], str | None]
LEADING, BETWEEN = 1.38, 0.62
"""The height of a line, and the room between paragraphs, in heights of letters."""
_LETTERS = 1.2
"""The size of a formula's letters beside the text, as ziamath counts it."""
_ROUND, _SIDE = 4.0, 3.0


@dataclass
class _Box:
    """Something that is set in a line: width, and how far it reaches over the baseline and below; space: before it,
    where it does not begin a line and where alone a line may end."""

    width: float
    over: float
    under: float
    space: float = 0.0
    text: str = ""
    bold: bool = False
    drawing: QSvgRenderer | None = None
    live: Readout | None = None
    alone: bool = False
    at: QPointF | None = None
    """Its left end on the baseline, once it is set."""


@lru_cache(maxsize=256)
def _drawing(source: bytes) -> QSvgRenderer:
    return QSvgRenderer(QByteArray(source))


def _token(asked: Readout | None) -> tuple[str, str]:
    """The tokens of the theme for a live number and its ground: values are blue, and gradients orange."""
    if asked is not None and asked.word in ("value", "weight"):
        return "forward", "forward_ground"
    return ("backward", "backward_ground") if asked is not None and asked.word == "gradient" else ("text", "hover")


class Prose(Label):
    """Shows one text; ``asked``: a live number in it was clicked. Its plain text is what is read aloud."""

    asked = Signal(object)

    def __init__(self, points: float = 10.5, token: str = "text") -> None:
        super().__init__()
        self._points, self._token = points, token
        self._text = ""
        self._numbers: dict[Readout, str] = {}
        self._widest: dict[Readout, float] = {}
        """Numbers change, and what stands behind them does not move for it."""
        self._boxes: list[_Box] = []
        self._heights: dict[int, float] = {}
        """By width, as far as it was asked for: layouts ask again and again."""
        self._drawer = Drawer(self)
        policy = QSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setWordWrap(True)
        self.setMouseTracking(True)
        theme.notifier.changed.connect(self._renew)

    def set_text(self, text: str, shown: Shown) -> None:
        """Another text, with its live numbers as they are now."""
        if text != self._text:
            self._text = text
            self._widest.clear()
        self._numbers = {asked: shown(asked) or NOTHING for asked in self._asked()}
        self.setText(spoken(text, self._numbers.get))
        self._renew()

    def follow(self, shown: Shown) -> None:
        """The same text with the live numbers of now; what is read aloud follows with the next text."""
        numbers = {asked: shown(asked) or NOTHING for asked in self._numbers}
        if numbers != self._numbers:
            grown = any(self._wide(asked, text) > self._widest.get(asked, 0.0) for asked, text in numbers.items())
            self._numbers = numbers
            if grown:
                self._heights.clear()
                self._set()
                self.updateGeometry()
            else:
                for box in self._boxes:
                    if box.live is not None:
                        box.text = numbers[box.live]
            self.update()

    @property
    def whole(self) -> str:
        """The text as it is written."""
        return self._text

    def _asked(self) -> Iterator[Readout]:
        return (piece.asked for line in paragraphs(self._text) for piece in line if isinstance(piece, Live))

    def _renew(self) -> None:
        """Text, theme or size of text is another."""
        self._draw_formulas()
        self._heights.clear()
        self._set()
        self.updateGeometry()
        self.update()

    # -- setting --------------------------------------------------------------------------------------------

    def _font(self, *, bold: bool = False) -> QFont:
        return theme.ui_font(self._points, bold=bold)

    def _needed(self, latex: str) -> Needed:
        letters = round(QFontMetricsF(self._font()).ascent() * _LETTERS, 1)
        return latex, theme.color(getattr(theme.current(), self._token)).name(), letters

    def _draw_formulas(self) -> None:
        """Have the formulas drawn beside the window; until then they stand as they are written."""
        if not self._drawer.busy:
            self._drawer.draw([self._needed(latex) for latex in formulas_in(self._text)], self._renew)

    def _wide(self, asked: Readout, text: str) -> float:
        width = QFontMetricsF(self._font(bold=True)).horizontalAdvance(text) + px(2 * _SIDE)
        return max(width, self._widest.get(asked, 0.0)) if asked in self._widest else width

    def _paragraph(self, line: tuple[Words | Formula | Live, ...]) -> Iterator[_Box]:
        plain, bold = QFontMetricsF(self._font()), QFontMetricsF(self._font(bold=True))
        over, under, space = plain.ascent(), plain.descent(), plain.horizontalAdvance(" ")
        waiting = 0.0
        """The space that stands before whatever comes next."""
        for piece in line:
            if isinstance(piece, Words):
                metrics = bold if piece.bold else plain
                for i, word in enumerate(piece.text.split(" ")):
                    waiting = space if i else waiting
                    if word:
                        width = metrics.horizontalAdvance(word)
                        yield _Box(width, over, under, waiting, word, piece.bold)
                        waiting = 0.0
                continue
            if isinstance(piece, Formula):
                source = picture(self._needed(piece.latex))
                drawing = _drawing(source) if source else None
                if drawing is None:
                    yield _Box(
                        plain.horizontalAdvance(piece.latex), over, under, waiting, piece.latex, alone=piece.alone
                    )
                else:
                    box = drawing.viewBoxF()
                    yield _Box(
                        box.width(), -box.top(), box.bottom(), waiting, piece.latex, drawing=drawing, alone=piece.alone
                    )
            else:
                text = self._numbers.get(piece.asked, NOTHING)
                width = self._widest[piece.asked] = self._wide(piece.asked, text)
                yield _Box(width, over, under, waiting, text, True, live=piece.asked)
            waiting = 0.0

    def _set(self, width: float | None = None) -> float:
        """Set everything in lines of a width (that of the widget); the height."""
        room = max(float(self.width() if width is None else width), px(40))
        metrics = QFontMetricsF(self._font())
        high, boxes, y = metrics.height(), [], 0.0
        for i, line in enumerate(paragraphs(self._text)):
            y += high * BETWEEN if i else 0.0
            row: list[_Box] = []
            for cluster in _clusters(self._paragraph(line)):
                wide = sum(box.width for box in cluster)
                used = sum(box.space + box.width for box in row) - (row[0].space if row else 0.0)
                apart = cluster[0].alone or (bool(row) and row[-1].alone)
                if row and (used + cluster[0].space + wide > room or apart):
                    y = _close(row, y, metrics, room)
                    boxes += row
                    row = []
                row += cluster
            y = _close(row, y, metrics, room)
            boxes += row
        if width is None:
            self._boxes = boxes
        return y

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        if width not in self._heights:
            self._heights[width] = self._set(width)
        return round(self._heights[width] + 1)

    def sizeHint(self) -> QSize:
        width = self.width() if self.width() > 60 else px(240)
        return QSize(width, self.heightForWidth(width))

    def minimumSizeHint(self) -> QSize:
        return QSize(px(60), 0)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._set()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._renew()

    # -- painting -------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        t = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        fonts = {bold: self._font(bold=bold) for bold in (False, True)}
        for box in self._boxes:
            if box.at is None:
                continue
            if box.drawing is not None:
                painter_rect = QRectF(box.at.x(), box.at.y() - box.over, box.width, box.over + box.under)
                box.drawing.render(painter, painter_rect)
                continue
            token = self._token
            at = QPointF(box.at)
            if box.live is not None:
                token, ground = _token(box.live)
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(theme.color(getattr(t, ground)))
                painter.drawRoundedRect(_pill(box), px(_ROUND), px(_ROUND))
                spare = box.width - QFontMetricsF(fonts[True]).horizontalAdvance(box.text)
                at.setX(at.x() + spare / 2)
            painter.setFont(fonts[box.bold])
            painter.setPen(theme.color(getattr(t, token)))
            painter.drawText(at, box.text)

    # -- asking ---------------------------------------------------------------------------------------------

    def _live_at(self, at: QPointF) -> Readout | None:
        return next((box.live for box in self._boxes if box.live and box.at and _pill(box).contains(at)), None)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        live = self._live_at(event.position())
        asks = live is not None and live.word in ("value", "gradient", "weight")
        self.setCursor(Qt.CursorShape.PointingHandCursor if asks else Qt.CursorShape.ArrowCursor)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        live = self._live_at(event.position())
        if live is not None and event.button() == Qt.MouseButton.LeftButton:
            self.asked.emit(live)


def _pill(box: _Box) -> QRectF:
    assert box.at is not None
    return QRectF(box.at.x(), box.at.y() - box.over - 1, box.width, box.over + box.under + 2)


def _clusters(boxes: Iterator[_Box]) -> Iterator[list[_Box]]:
    """What stands together without a space is on one line."""
    cluster: list[_Box] = []
    for box in boxes:
        if cluster and (box.space or box.alone or cluster[-1].alone):
            yield cluster
            cluster = []
        cluster.append(box)
    if cluster:
        yield cluster


def _close(row: list[_Box], y: float, metrics: QFontMetricsF, room: float) -> float:
    """A line is full; returns where the next begins. A formula that is alone stands in the middle, no wider than the
    room."""
    if not row:
        return y
    apart = row[0].alone and row[0].drawing is not None
    for box in row:
        shrink = min(1.0, room / max(box.width, 1.0)) if box.drawing is not None else 1.0
        box.width, box.over, box.under = box.width * shrink, box.over * shrink, box.under * shrink
    over, under = max(box.over for box in row), max(box.under for box in row)
    spare = max(0.0, metrics.height() * LEADING - over - under) + (metrics.height() * 0.5 if apart else 0.0)
    baseline = y + spare / 2 + over
    x = (room - row[0].width) / 2 if apart else 0.0
    for i, box in enumerate(row):
        x += box.space if i else 0.0
        box.at = QPointF(x, baseline)
        x += box.width
    return y + over + under + spare
