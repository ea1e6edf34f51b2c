"""A report on paper: its blocks one under the other on pages, as vectors, and text that is text."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QMarginsF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPageSize, QPainter, QPdfWriter
from PySide6.QtSvg import QSvgRenderer

from compute.errors import GradwireError
from compute.report import Findings
from compute.report.blocks import Block, Cell, Chart, Facts, Picture, Section, Table, Text
from compute.report.chart import HEIGHT, WIDTH, chart_svg
from compute.report.page import LIGHT
from editor import theme
from editor.handout import PAPER, PAPERS, usual_paper
from editor.pieces import Pieces, within
from editor.report_pictures import Made, staged

_DOTS = 1200
_MARGIN, _FOOT = 48.0, 26.0
"""Points around a page, and below its last line."""
_PADDING = 4.0
_LARGEST, _TALLEST = 0.62, 0.5
"""Of a picture: points for one unit of the canvas, and its part of a page."""
_NARROW = 40.0
"""A column of words is not made narrower than that."""
_LINES = 20
"""Of a table between two turns of the window."""
_WORDS = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap)


def printing(made: Made) -> Pieces[bytes]:
    """The content of the PDF file."""
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    writer = QPdfWriter(buffer)
    paper = QPageSize(PAPERS[usual_paper()])
    writer.setPageSize(paper)
    writer.setPageMargins(QMarginsF())
    writer.setResolution(_DOTS)
    writer.setTitle(made.report.title)
    writer.setCreator("Gradwire")
    size = paper.size(QPageSize.Unit.Point)
    painter = QPainter(writer)
    try:
        pages = _Pages(painter, writer, size.width(), size.height(), made)
        yield from within(lambda: theme.lent(PAPER), pages.printing())
    finally:
        painter.end()
    return bytes(buffer.data().data())


def _sized(font: QFont, points: int) -> QFont:
    """The painter's unit is a point, so letters are so many of its pixels high; measured as they are printed."""
    font.setPixelSize(points)
    font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    return font


class _Pages:
    """Where the next thing goes, and how each kind of block is drawn. All lengths are points."""

    def __init__(self, painter: QPainter, writer: QPdfWriter, width: float, height: float, made: Made) -> None:
        self._painter, self._writer, self._made = painter, writer, made
        self._width, self._height = width, height
        self._page, self._y = 1, _MARGIN
        self._dots = _DOTS / 72.0
        painter.scale(self._dots, self._dots)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._text = _sized(theme.ui_font(), 9)
        self._small = _sized(theme.ui_font(), 7)
        self._head = _sized(theme.ui_font(bold=True), 12)
        self._title = _sized(theme.ui_font(bold=True), 18)

    @property
    def _room(self) -> float:
        return self._width - 2 * _MARGIN

    def _ink(self, name: str) -> QColor:
        return QColor(LIGHT[name])

    # -- pages ----------------------------------------------------------------------------------------------

    def printing(self) -> Pieces[None]:
        """Everything."""
        report = self._made.report
        self._paragraph(report.title, self._title, "text")
        self._paragraph(report.subtitle, self._text, "dim")
        for section in report.sections:
            yield from self._section(section)
        self._paragraph(report.made, self._small, "dim")
        self._foot()

    def _section(self, section: Section) -> Pieces[None]:
        self._y += 12.0
        self._need(64.0)
        self._paragraph(section.title, self._head, "text")
        for block, after in zip(section.blocks, [*section.blocks[1:], None], strict=True):
            if isinstance(block, Text) and isinstance(after, Table):
                # A sentence stays with the table that it is of.
                tall = self._tall(block.text, self._text, self._room) + 4.0
                self._need(tall + self._tall_of(after))
            yield from self._block(block)
            yield None

    def _need(self, height: float) -> bool:
        """Go to the next page where so much does not fit any more."""
        if self._y + height <= self._height - _MARGIN - _FOOT or self._y <= _MARGIN:
            return False
        self._foot()
        self._writer.newPage()
        self._page, self._y = self._page + 1, _MARGIN
        return True

    def _foot(self) -> None:
        rect = QRectF(_MARGIN, self._height - _MARGIN - 6.0, self._room, 14.0)
        self._painter.setFont(self._small)
        self._painter.setPen(self._ink("dim"))
        self._painter.drawText(
            rect, int(Qt.AlignmentFlag.AlignLeft), self._cut(self._made.report.title, 0.8 * self._room)
        )
        self._painter.drawText(rect, int(Qt.AlignmentFlag.AlignRight), str(self._page))

    # -- blocks ---------------------------------------------------------------------------------------------

    def _block(self, block: Block) -> Pieces[None]:
        match block:
            case Text():
                self._paragraph(block.text, self._text, block.tone or "text")
            case Facts():
                self._facts(block)
            case Chart():
                self._chart(block)
            case Picture():
                yield from self._picture(self._made.found[block.document], block.caption)
            case Table():
                yield from self._table(block)

    def _paragraph(self, text: str, font: QFont, color: str) -> None:
        if text:
            height = self._tall(text, font, self._room)
            self._need(height)
            self._write(QRectF(_MARGIN, self._y, self._room, height), text, font, color)
            self._y += height + 4.0

    def _tall(self, text: str, font: QFont, width: float) -> float:
        return QFontMetricsF(font).boundingRect(QRectF(0, 0, width, 1e5), _WORDS, text).height()

    def _write(self, rect: QRectF, text: str, font: QFont, color: str, align: int = _WORDS) -> None:
        self._painter.setFont(font)
        self._painter.setPen(self._ink(color))
        self._painter.drawText(rect, align, text)

    def _cut(self, text: str, width: float) -> str:
        return QFontMetricsF(self._small).elidedText(text, Qt.TextElideMode.ElideRight, width)

    def _facts(self, facts: Facts) -> None:
        metrics = QFontMetricsF(self._text)
        names = max((metrics.horizontalAdvance(name) for name, _ in facts.pairs), default=0.0)
        left = min(names, self._room / 2) + 14.0
        for name, text in facts.pairs:
            height = max(self._tall(text, self._text, self._room - left), metrics.height())
            self._need(height)
            self._write(QRectF(_MARGIN, self._y, left, height), name, self._text, "dim")
            self._write(QRectF(_MARGIN + left, self._y, self._room - left, height), text, self._text, "text")
            self._y += height + 2.0
        self._y += 4.0

    def _chart(self, chart: Chart) -> None:
        width = min(self._room, 440.0)
        height = width * HEIGHT / WIDTH
        self._need(height)
        svg = chart_svg(chart, LIGHT.__getitem__, theme.ui_font().family())
        QSvgRenderer(QByteArray(svg.encode())).render(self._painter, QRectF(_MARGIN, self._y, width, height))
        self._y += height + 6.0

    def _picture(self, found: Findings, caption: str) -> Pieces[None]:
        try:
            scene = yield from staged(found)
        except GradwireError as error:
            self._paragraph(str(error), self._text, "dim")
            return
        area = scene.area
        scale = min(_LARGEST, self._room / area.width(), _TALLEST * self._height / area.height())
        self._need(scale * area.height() + 20.0)
        self._paragraph(caption, self._text, "dim")
        self._painter.save()
        self._painter.translate(QPointF(_MARGIN, self._y))
        self._painter.scale(scale, scale)
        self._painter.translate(-area.topLeft())
        self._painter.setRenderHint(QPainter.RenderHint.LosslessImageRendering)
        yield from scene.picture.in_pieces(self._painter, area, scene.shown)
        self._painter.restore()
        self._y += scale * area.height() + 6.0

    # -- tables ---------------------------------------------------------------------------------------------

    def _table(self, table: Table) -> Pieces[None]:
        metrics = QFontMetricsF(self._small)
        widths = yield from self._widths(table, metrics)
        height = self._row
        self._need(self._tall_of(table))
        self._line(table, table.header, widths, height, head=True)
        for number, line in enumerate(table.lines):
            if self._need(height):
                self._line(table, table.header, widths, height, head=True)
            self._line(table, line, widths, height, bold=table.last and number == len(table.lines) - 1)
            if number % _LINES == _LINES - 1:
                yield None
        self._y += 6.0

    @property
    def _row(self) -> float:
        """How tall a line is."""
        return QFontMetricsF(self._small).height() + 3.0

    def _tall_of(self, table: Table) -> float:
        """How much of it has to be on one page: what fits on half a page is not torn apart."""
        whole = (len(table.lines) + 1) * self._row
        return whole if whole < 0.5 * self._height else 3 * self._row

    def _widths(self, table: Table, metrics: QFontMetricsF) -> Pieces[list[float]]:
        """Of the columns: where there is not room for all, the widest of those of words give way, down to the next."""
        wanted = [0.0] * len(table.header)
        bold = QFont(self._small)
        bold.setBold(True)
        of_total = QFontMetricsF(bold)
        for number, line in enumerate((table.header, *table.lines)):
            measure = of_total if table.last and number == len(table.lines) else metrics
            for i, given in enumerate(line):
                cell = Cell(given) if isinstance(given, str) else given
                width = 2.0 * len(cell.bars) or measure.horizontalAdvance(cell.text)
                wanted[i] = max(wanted[i], width + 2 * _PADDING + 1.0)
            if number % (10 * _LINES) == 10 * _LINES - 1:
                yield None
        if table.wide:
            wanted[1:] = [max(wanted[1:], default=0.0)] * (len(wanted) - 1)
        over, words = sum(wanted) - self._room, list(range(table.left))
        while over > 0.5 and words:
            most = max(wanted[i] for i in words)
            widest = [i for i in words if wanted[i] > most - 0.5]
            below = max([_NARROW, *(wanted[i] for i in words if wanted[i] <= most - 0.5)])
            if most <= _NARROW:
                break
            step = min(most - below, over / len(widest))
            for i in widest:
                wanted[i] -= step
            over -= step * len(widest)
        rest = min(1.0, self._room / max(1.0, sum(wanted)))
        return [width * rest for width in wanted]

    def _line(
        self,
        table: Table,
        line: Sequence[str | Cell],
        widths: Sequence[float],
        height: float,
        *,
        head: bool = False,
        bold: bool = False,
    ) -> None:
        x, font = _MARGIN, QFont(self._small)
        font.setBold(bold)
        for i, (given, width) in enumerate(zip(line, widths, strict=True)):
            cell = Cell(given) if isinstance(given, str) else given
            rect = QRectF(x, self._y, width, height)
            self._fill(rect, cell, whole=table.wide)
            inside = rect.adjusted(_PADDING, 1.0, -_PADDING, 0.0)
            if cell.bars:
                self._bars(inside, cell.bars)
            else:
                side = Qt.AlignmentFlag.AlignLeft if i < table.left else Qt.AlignmentFlag.AlignRight
                color = "dim" if head else (cell.tone or "text") if not table.wide else "text"
                text = QFontMetricsF(font).elidedText(cell.text, Qt.TextElideMode.ElideRight, inside.width() + 0.5)
                self._write(inside, text, font, color, int(side | Qt.AlignmentFlag.AlignVCenter))
            x += width
        self._painter.setPen(self._ink("line"))
        self._y += height
        self._painter.drawLine(QPointF(_MARGIN, self._y), QPointF(x, self._y))

    def _fill(self, rect: QRectF, cell: Cell, *, whole: bool) -> None:
        if cell.share <= 0.0:
            return
        color = QColor(*map(int, LIGHT["fill"].split(",")))
        color.setAlphaF(float(LIGHT["strength"]) * min(1.0, cell.share) if whole else 0.25)
        part = rect.adjusted(0.0, 1.0, -rect.width() * (1.0 - min(1.0, cell.share)), 0.0)
        self._painter.fillRect(rect if whole else part, color)

    def _bars(self, rect: QRectF, bars: Sequence[float]) -> None:
        step = min(2.0, rect.width() / len(bars))
        for i, height in enumerate(bars):
            tall = height * (rect.height() - 2.0)
            at = QRectF(rect.left() + i * step, rect.bottom() - tall - 1.0, 0.8 * step, tall)
            self._painter.fillRect(at, self._ink("dim"))
