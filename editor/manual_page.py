"""The manual in a window of its own: a search over all its words, its pages, and the one that is chosen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from PySide6.QtCore import QByteArray, QSize, Qt, QUrl
from PySide6.QtGui import QFontMetricsF, QImage, QPainter, QTextDocument
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QDialog, QLineEdit, QListWidget, QListWidgetItem, QSplitter, QTextBrowser, QWidget

from compute.errors import GradwireError
from compute.latex import svg
from compute.manual import Block, Code, Formula, Keys, Page, contents, plain_text
from compute.report.blocks import Cell, Chart, Facts, Table, Text
from compute.report.chart import chart_svg
from compute.report.page import DARK as CHART_DARK
from compute.report.page import LIGHT as CHART_LIGHT
from editor import theme
from editor.background import Background, Task
from editor.panels.widgets import column
from editor.scale import factor, px

_PAGE = Qt.ItemDataRole.UserRole
_CHART = "chart"
Pictures = dict[str, bytes]
"""SVG files, by the names that the text has for them."""


class ManualPage(QDialog):
    """It stays open beside the work. Pages are made, and formulas drawn, beside the window's thread."""

    def __init__(self, parent: QWidget, keys: Keys) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        theme.dress(self)
        self.setWindowTitle("Manual")
        self._background = Background(self)
        self._pages: Sequence[Page] = ()
        self._shown = ""
        self.search = QLineEdit()
        self.search.setPlaceholderText("Search the manual")
        self.search.setAccessibleName("Search the manual")
        self.search.setClearButtonEnabled(True)
        self.list = QListWidget()
        self.list.setAccessibleName("Pages of the manual")
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.text = QTextBrowser()
        self.text.setAccessibleName("Page of the manual")
        left = QWidget()
        inside = column(left, 0, 8)
        inside.addWidget(self.search)
        inside.addWidget(self.list, 1)
        sides = QSplitter()
        sides.addWidget(left)
        sides.addWidget(self.text)
        sides.setStretchFactor(1, 1)
        column(self, 14, 0).addWidget(sides)
        room = self.screen().availableSize()
        self.resize(min(px(1000), room.width() - 40), min(px(700), room.height() - 80))
        narrow = min(px(260), self.width() // 3)
        sides.setSizes([narrow, self.width() - narrow])
        self.search.textChanged.connect(self._fill)
        self.list.currentItemChanged.connect(self._choose)
        theme.notifier.changed.connect(self._again)
        self._background.run(lambda _task: contents(keys), self._take, self.text.setPlainText)

    @property
    def page(self) -> str:
        """The id of the page that is shown; "" while it is being made."""
        return self._shown

    def _take(self, pages: Sequence[Page]) -> None:
        self._pages = pages
        self._fill()

    def _fill(self, _changed: object = None) -> None:
        """The pages that have all the words, under their chapters."""
        words = self.search.text().lower().split()
        item = self.list.currentItem()
        before = item.data(_PAGE) if item is not None else None
        self.list.clear()
        chapter, chosen, named = "", None, False
        bold = self.list.font()
        bold.setBold(True)
        for page in self._pages:
            if not _has(plain_text(page), words):
                continue
            if page.chapter != chapter:
                chapter = page.chapter
                heading = QListWidgetItem(chapter)
                heading.setFlags(Qt.ItemFlag.NoItemFlags)
                heading.setFont(bold)
                self.list.addItem(heading)
            line = QListWidgetItem(f"   {page.title}")
            line.setData(_PAGE, page)
            self.list.addItem(line)
            if chosen is None or page is before or (words and not named and _has(page.title, words)):
                chosen, named = line, _has(page.title, words)
        if chosen is not None:
            self.list.setCurrentItem(chosen)
        elif self._pages:
            self._shown = ""
            self.text.setPlainText("Nothing in the manual has these words.")

    def _choose(self, item: QListWidgetItem | None, _before: object = None) -> None:
        page: Page | None = item.data(_PAGE) if item is not None else None
        if page is None:
            return
        self._shown = ""
        for task in self._background.tasks:
            task.cancel()
        size = QFontMetricsF(theme.ui_font(12.5)).height() * 0.82
        t = theme.current()
        text, line, dim = t.text, t.line, t.text_dim
        inks = CHART_DARK if theme.color(t.text).lightness() > 127 else CHART_LIGHT

        def work(_task: Task) -> tuple[str, Pictures]:
            pictures: Pictures = {}
            body = "".join(_html(block, pictures, (text, line, dim), inks, size) for block in page.blocks)
            return f"<h2>{escape(page.title)}</h2>{body}", pictures

        self._background.run(work, lambda made: self._show(page.id, *made), self.text.setPlainText)

    def _show(self, id_: str, html: str, pictures: Pictures) -> None:
        document = QTextDocument(self.text)
        document.setDefaultFont(theme.ui_font(10.5))
        for name, source in pictures.items():
            larger = factor() if name.startswith(_CHART) else 1.0  # formulas have the size of the text already
            image = _painted(source, self.devicePixelRatioF(), self.text.viewport().width() - 24, larger)
            document.addResource(QTextDocument.ResourceType.ImageResource, QUrl(name), image)
        document.setHtml(html)
        self.text.setDocument(document)
        self._shown = id_

    def _again(self) -> None:
        theme.in_turn(self._draw_again)

    def _draw_again(self) -> None:
        self._choose(self.list.currentItem())

    def done(self, result: int) -> None:
        self._background.close(0.0)
        super().done(result)


def _has(text: str, words: Sequence[str]) -> bool:
    """Whether all the words are in a text."""
    lower = text.lower()
    return all(word in lower for word in words)


def _painted(source: bytes, ratio: float, room: int, larger: float) -> QImage:
    """An SVG as an image, so many times as large as it asks for, or as wide as there is room, crisp on the screen."""
    drawing = QSvgRenderer(QByteArray(source))
    size = drawing.defaultSize() * larger
    if size.width() > room > 0:
        size = QSize(room, size.height() * room // size.width())
    image = QImage(size * ratio, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.transparent)
    image.setDevicePixelRatio(ratio)
    painter = QPainter(image)
    painter.scale(1 / ratio, 1 / ratio)
    drawing.render(painter, image.rect().toRectF())
    painter.end()
    return image


def _html(block: Block, pictures: Pictures, colors: tuple[str, str, str], inks: Mapping[str, str], size: float) -> str:
    """One block in the HTML that Qt's texts know; colors: of text, of lines, and of what is said beside."""
    text, line, dim = colors
    match block:
        case Text():
            return f"<p>{escape(block.text)}</p>"
        case Code():
            return f"<pre>{escape(block.text)}</pre>"
        case Formula():
            try:
                image = _picture(pictures, svg(block.latex, text, size))
            except GradwireError:
                image = f"<code>{escape(block.latex)}</code>"
            return f"<p style='color:{dim}'>{escape(block.of)}</p><p style='margin:0 0 10px 0'>{image}</p>"
        case Chart():
            return f"<p>{_picture(pictures, chart_svg(block, lambda name: inks[name]).encode(), _CHART)}</p>"
        case Facts():
            return _table([list(pair) for pair in block.pairs], line, heading=False)
        case Table():
            lines = [[cell.text if isinstance(cell, Cell) else cell for cell in each] for each in block.lines]
            return _table([list(block.header), *lines], line, heading=True)


def _picture(pictures: Pictures, source: bytes, kind: str = "formula") -> str:
    name = f"{kind}:{len(pictures)}"
    pictures[name] = source
    return f"<img src='{name}'>"


def _table(lines: Sequence[Sequence[str]], line: str, *, heading: bool) -> str:
    rows = []
    for number, cells in enumerate(lines):
        kind = "th" if heading and number == 0 else "td"
        style = f"<{kind} align='left' style='padding:3px 12px 3px 0'>"
        inside = "".join(f"{style}{escape(each)}</{kind}>" for each in cells)
        rows.append(f"<tr>{inside}</tr>")
    return f"<table style='margin:6px 0;border-color:{line}'>{''.join(rows)}</table>"
