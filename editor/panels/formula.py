"""Formulas as pictures: LaTeX → SVG → crisp at every scale, in the colours of the theme."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QByteArray, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetricsF, QMouseEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QSizePolicy, QWidget

from compute.explain import Step
from editor import theme
from editor.drawing import Drawer, Needed, picture
from editor.plain import set_tip

GAP = 10
SMALLEST = 0.55
"""A formula that is too wide is drawn smaller, down to this share."""


BUSY_MILLISECONDS = 120
"""While it trains, formulas and tables follow this often; drawing them at every snapshot would slow training."""

AHEAD = 4
"""So many steps of a walk are drawn before a person gets there."""


def one_line(latex: str) -> str:
    """The last equation of an aligned formula on one line, which is the one that gives the result."""
    body = latex.removeprefix(r"\begin{aligned}").removesuffix(r"\end{aligned}")
    equation = ""
    for line in body.split(r" \\ "):
        left, mark, right = line.partition("&")
        right = right.removeprefix(r"\quad")
        equation = f"{left}{right}" if left.strip() or not mark else f"{equation} {right}"
    return equation


def _answered(step: Step) -> list[tuple[int, str, str]]:
    """What is calculated, on two lines: the rule and the numbers of one answer, or the numbers of two; each with the
    place of its answer."""
    lines = [(i, one_line(answer.numbers or answer.rule), "text") for i, answer in enumerate(step.answers[:2])]
    return lines if len(lines) > 1 else [(0, one_line(step.answers[0].rule), "text_dim"), *lines]


def lines_of(step: Step) -> list[tuple[str, str]]:
    """The formulas that a step of the walk is told with, each with the theme token of its colour."""
    return [(latex, token) for _, latex, token in _answered(step)]


def answers_of(step: Step) -> list[int]:
    """The answer that each formula on show belongs to."""
    return [answer for answer, latex, _ in _answered(step) if latex]


@dataclass
class _Drawn:
    """One formula: its picture and its size in logical pixels, or the LaTeX itself where it cannot be drawn."""

    latex: str
    token: str
    picture: QSvgRenderer | None
    width: float
    height: float


Lines = Sequence[tuple[str, str]]
"""LaTeX, each with the theme token of its colour."""


class FormulaView(QWidget):
    """Formulas under each other, each as large as the width allows; with ``lines`` within the height of so many.

    Each appears as soon as it is drawn, with ``lines`` all together, since they share the height. ``idle`` tells that
    nothing is left to draw.
    """

    idle = Signal()
    clicked = Signal(int)
    """A formula was clicked, by its place among those shown; only where ``offer_clicks`` was called."""

    def __init__(self, points: float = 12.5, lines: float = 0.0) -> None:
        super().__init__()
        self._points = points
        self._least = lines
        self._lines: Lines = ()
        self._drawn: list[_Drawn] = []
        self._pending = False
        self._clicks = False
        self._pressed: int | None = None
        self._ahead: list[Lines] = []
        self._drawer = Drawer(self)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        theme.notifier.changed.connect(self._again)

    @property
    def _room(self) -> int:
        """The height that is kept free; 0 where it follows from the formulas."""
        return round(self._least * QFontMetricsF(theme.ui_font()).height())

    def set_lines(self, lines: Lines) -> None:
        """Show formulas; empty ones are left out."""
        wanted = tuple((latex, token) for latex, token in lines if latex)
        if wanted != self._lines:
            self._lines = wanted
            self.setAccessibleName("Formula: " + "; ".join(latex for latex, _ in wanted))
            self._again()

    def offer_clicks(self, tip: str) -> None:
        """Let formulas be clicked."""
        self._clicks = True
        set_tip(self, tip)
        self.setMouseTracking(True)

    @property
    def lines(self) -> Lines:
        """What is shown, or will be once it is drawn."""
        return self._lines

    @property
    def complete(self) -> bool:
        """Whether what is asked for is in sight."""
        return not self._pending

    def draw_ahead(self, formulas: Iterable[Lines]) -> None:
        """Have formulas ready that are likely to be shown next, the likeliest first."""
        self._ahead = list(formulas)
        self._work()

    def _again(self) -> None:
        self._pending = True
        self._drawn = []
        self._work()
        self.update()

    def _needed(self, lines: Lines) -> list[Needed]:
        t = theme.current()
        size = round(QFontMetricsF(theme.ui_font(self._points)).height() * 0.82, 2)
        return [(latex, getattr(t, token), size) for latex, token in lines if latex]

    def _work(self) -> None:
        """What is to be shown first, then what may be; one formula at a time."""
        if self._drawer.busy:
            return
        if self._pending:
            self._pending = self._drawer.draw(self._needed(self._lines), self._work)
            if not self._pending or not self._room:
                self._show_drawn()
            if self._pending:
                return
        while self._ahead:
            if self._drawer.draw(self._needed(self._ahead[0]), self._work):
                return
            self._ahead.pop(0)
        self.idle.emit()

    def _show_drawn(self) -> None:
        """All formulas, or those before the first that is not drawn yet."""
        self._drawn = []
        for (latex, token), needed in zip(self._lines, self._needed(self._lines), strict=True):
            source = picture(needed)
            if source is None:
                break
            if source:
                drawing = QSvgRenderer(QByteArray(source))
                box = drawing.viewBoxF()
                self._drawn.append(_Drawn(latex, token, drawing, box.width(), box.height()))
            else:
                self._drawn.append(_Drawn(latex, token, None, 0.0, QFontMetricsF(self.font()).height()))
        needs = self.heightForWidth(self.width())
        # What stands below does not move up and down again while formulas are missing.
        self.setFixedHeight(max(needs, self.height()) if self._pending else needs)
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if not self._pending:
            self.setFixedHeight(self.heightForWidth(self.width()))

    def _scale(self, each: _Drawn, width: int) -> float:
        if not each.width:
            return 1.0
        fitting = width / each.width
        if self._room:
            whole = sum(line.height for line in self._drawn) + GAP * (len(self._drawn) - 1)
            fitting = min(fitting, self._room / whole)
        return max(SMALLEST, min(1.0, fitting))

    def heightForWidth(self, width: int) -> int:
        if self._room:
            return self._room
        if not self._drawn:
            return 0
        heights = [each.height * self._scale(each, width) for each in self._drawn]
        return round(sum(heights) + GAP * (len(heights) - 1)) + 2

    def sizeHint(self) -> QSize:
        return QSize(240, self.heightForWidth(max(240, self.width())))

    def places(self) -> list[QRectF]:
        """Where each formula stands."""
        sizes = [(each.width * s, each.height * s) for each in self._drawn for s in [self._scale(each, self.width())]]
        used = sum(height for _, height in sizes) + GAP * (len(sizes) - 1)
        y = max(0.0, (self._room - used) / 2) if self._room else 1.0
        out = []
        for width, height in sizes:
            out.append(QRectF(0, y, width or self.width(), height))
            y += height + GAP
        return out

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for each, place in zip(self._drawn, self.places(), strict=True):
            if each.picture is not None:
                each.picture.render(painter, place)
            else:
                painter.setPen(theme.color(getattr(theme.current(), each.token)))
                painter.drawText(place, Qt.AlignmentFlag.AlignVCenter, each.latex)

    # -- clicks ---------------------------------------------------------------------------------------------

    def _at(self, event: QMouseEvent) -> int | None:
        if not self._clicks:
            return None
        return next((i for i, place in enumerate(self.places()) if place.contains(event.position())), None)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        left = event.button() == Qt.MouseButton.LeftButton
        self._pressed = self._at(event) if left else None
        if self._pressed is None:
            super().mousePressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        pressed, self._pressed = self._pressed, None
        if pressed is not None and pressed == self._at(event):
            self.clicked.emit(pressed)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        over = self._at(event) is not None
        self.setCursor(Qt.CursorShape.PointingHandCursor if over else Qt.CursorShape.ArrowCursor)
