"""The start page: recent files, and the gallery as cards that show each graph in small."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPainterPath, QPaintEvent, QPen, QPixmap, QResizeEvent
from PySide6.QtWidgets import QAbstractButton, QFrame, QGridLayout, QLineEdit, QScrollArea, QSizePolicy, QWidget

from compute.document import Document, load
from compute.errors import GradwireError
from compute.gallery import GALLERY, Entry
from compute.numbers_text import plural
from compute.ops import find
from compute.templates import TEMPLATES, looks_like_sizes
from editor import icons, theme
from editor.panels.flow import Flow
from editor.panels.widgets import button, clear, column, label, paragraph, row, tool
from editor.plain import clearable, set_tip
from editor.scale import px
from editor.session import Session

CARD_WIDTH, PICTURE_HEIGHT, GAP = 236, 104, 12
NODE_WIDTH, NODE_HEIGHT = 150.0, 84.0
"""The size of a node on the canvas, near enough for a small picture."""


def paint_graph(painter: QPainter, document: Document, area: QRectF) -> None:
    """The nodes as boxes in the colour of their group and the wires as lines, fitted into an area."""
    nodes = document.graph.nodes
    if not nodes:
        return
    t = theme.current()
    xs, ys = [n.position[0] for n in nodes.values()], [n.position[1] for n in nodes.values()]
    wide, high = max(xs) - min(xs) + NODE_WIDTH, max(ys) - min(ys) + NODE_HEIGHT
    scale = min(area.width() / wide, area.height() / high, 0.42)
    left = area.center().x() - wide * scale / 2 - min(xs) * scale
    top = area.center().y() - high * scale / 2 - min(ys) * scale
    boxes = {
        node.id: QRectF(
            left + node.position[0] * scale, top + node.position[1] * scale, NODE_WIDTH * scale, NODE_HEIGHT * scale
        )
        for node in nodes.values()
    }
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(theme.color(t.wire), 1.25))
    for wire in document.graph.wires.values():
        a, b = boxes[wire.source], boxes[wire.target]
        path = QPainterPath()
        path.moveTo(a.right(), a.center().y())
        bend = max(6.0, abs(b.left() - a.right()) / 2)
        path.cubicTo(a.right() + bend, a.center().y(), b.left() - bend, b.center().y(), b.left(), b.center().y())
        painter.drawPath(path)
    painter.setPen(Qt.PenStyle.NoPen)
    for node_id, box in boxes.items():
        op = find(nodes[node_id].op)
        painter.setBrush(theme.chip(op.group if op else ""))
        painter.drawRoundedRect(box, 2.5, 2.5)


class Card(QAbstractButton):
    """One document of the gallery: its graph in small, title and sentence."""

    def __init__(self, entry: Entry, parent: QWidget) -> None:
        super().__init__(parent)
        self.entry = entry
        self._document: Document | None = None
        self.setText(entry.title)
        self.setAccessibleName(entry.title)
        steps = f" Lesson with {entry.steps} {plural('step', entry.steps)}." if entry.steps else ""
        self.setAccessibleDescription(f"{entry.sentence}{steps}")
        set_tip(self, entry.sentence)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFont(theme.ui_font(9))
        theme.notifier.changed.connect(self.update)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def sizeHint(self) -> QSize:
        return QSize(px(CARD_WIDTH), PICTURE_HEIGHT + 5 * self.fontMetrics().lineSpacing() + 36)

    def _graph(self) -> Document:
        if self._document is None:
            try:
                self._document = load(self.entry.path)
            except GradwireError:
                self._document = Document()
        return self._document

    def paintEvent(self, event: QPaintEvent) -> None:
        t = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        whole = QRectF(self.rect()).adjusted(0.75, 0.75, -0.75, -0.75)
        over = self.underMouse() or self.hasFocus()
        painter.setPen(QPen(theme.color(t.focus if self.hasFocus() else t.line), 1.5 if self.hasFocus() else 1))
        painter.setBrush(theme.color(t.hover if over else t.panel))
        painter.drawRoundedRect(whole, 10, 10)
        picture = QRectF(whole.left() + 8, whole.top() + 8, whole.width() - 16, PICTURE_HEIGHT)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color(t.canvas))
        painter.drawRoundedRect(picture, 6, 6)
        paint_graph(painter, self._graph(), picture.adjusted(12, 12, -12, -12))
        text = QRectF(picture.left() + 4, picture.bottom() + 10, picture.width() - 8, px(100))
        painter.setFont(theme.ui_font(10, bold=True))
        painter.setPen(theme.color(t.text))
        line = painter.fontMetrics().lineSpacing()
        title = painter.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, int(text.width()))
        painter.drawText(text, Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft, title)
        painter.setFont(self.font())
        painter.setPen(theme.color(t.text_dim))
        below = QRectF(text.left(), whole.bottom() - line - 6, text.width(), line)
        if self.entry.steps:
            painter.drawText(below, f"Lesson · {self.entry.steps} {plural('step', self.entry.steps)}")
        text = QRectF(text.left(), text.top() + line + 2, text.width(), below.top() - text.top() - line - 4)
        painter.setClipRect(text)
        painter.drawText(text, int(Qt.AlignmentFlag.AlignTop) | int(Qt.TextFlag.TextWordWrap), self.entry.sentence)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        else:
            super().keyPressEvent(event)


def answers(entry: Entry, query: str) -> bool:
    """Whether every word of a search is in a card's texts."""
    text = f"{entry.title} {entry.sentence} {entry.category}".lower()
    return all(word in text for word in query.lower().split())


class StartPage(QFrame):
    """``open_requested`` sends the path of a document; ``network_requested`` the words of a network to begin with;
    ``closed`` that the person goes back to the canvas."""

    open_requested = Signal(str)
    network_requested = Signal(str)
    closed = Signal()

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.setProperty("kind", "window")
        self.setAccessibleName("Start page")
        self._recent: tuple[Path, ...] = ()
        self._columns = 0
        self.search = QLineEdit()
        self.search.setFont(theme.ui_font())
        self.search.setPlaceholderText("Search the gallery")
        self.search.setAccessibleName("Search the gallery")
        clearable(self.search)
        self.search.setMaximumWidth(640)
        glass = self.search.addAction(icons.icon("search"), QLineEdit.ActionPosition.LeadingPosition)
        icons.set_icon(glass, "search", "text_dim")
        glass.setText("Search")
        self.close_button = tool("close", "Back to the canvas", "Back to the canvas (Esc)", "text_dim")
        self.nothing = label("", "dim", 10)
        self.networks = QWidget()
        self._network_line = Flow(self.networks, spacing=8)
        self.recent = QWidget()
        self._recent_lines = column(self.recent, 0, 2)
        self._inside = QWidget()
        self._grid = QGridLayout()
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(GAP)
        self._headings: list[QWidget] = []
        self._lay_out()
        self.cards = [Card(entry, self._inside) for entry in GALLERY]
        self.search.textChanged.connect(self._arrange)
        self.search.returnPressed.connect(self._open_first)
        self.close_button.clicked.connect(self.closed)
        for card in self.cards:
            card.clicked.connect(self._opener(card.entry.path))
        theme.notifier.changed.connect(self._follow)
        self.set_recent(())

    def _lay_out(self) -> None:
        picture = label()
        picture.setPixmap(_app_picture(40, self.devicePixelRatioF()))
        words = column(None, 0, 2)
        words.addWidget(label("Gradwire", bold=True, points=16))
        words.addWidget(
            paragraph("Wire a network, see every value and gradient, walk through backpropagation, train it.", "dim")
        )
        head = row(spacing=16)
        head.addWidget(picture)
        head.addLayout(words, 3)
        head.addWidget(self.search, 2)
        head.addSpacing(8)
        head.addWidget(self.close_button)
        layout = column(self._inside, 0, 20)
        layout.setContentsMargins(32, 24, 32, 32)
        layout.addLayout(head)
        layout.addWidget(self.networks)
        layout.addWidget(self.recent)
        layout.addWidget(self.nothing)
        layout.addLayout(self._grid)
        layout.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setWidget(self._inside)
        column(self).addWidget(scroll)
        self.setFocusProxy(self.search)

    def _opener(self, path: Path) -> Callable[[], None]:
        return lambda: self.open_requested.emit(str(path))

    def set_recent(self, paths: Sequence[Path]) -> None:
        """The files that were open lately, the last one first."""
        self._recent = tuple(paths)
        clear(self._recent_lines)
        self.recent.setVisible(bool(self._recent))
        if self._recent:
            self._recent_lines.addWidget(label("Recent files", "dim", 10, bold=True))
        for path in self._recent[:6]:
            line = button("", "", str(path), "flat")
            line.setAccessibleName(f"Open {path.name}")
            inside = row(line)
            inside.setContentsMargins(8, 5, 8, 5)
            name, folder = label(path.name), label(str(path.parent), "dim", 9)
            for each in (name, folder):
                each.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
                inside.addWidget(each)
            inside.addStretch(1)
            line.setMinimumHeight(inside.sizeHint().height())
            line.clicked.connect(self._opener(path))
            self._recent_lines.addWidget(line)

    def _offer_networks(self) -> None:
        """A button for each template that answers the search, and for sizes of layers that are typed in it."""
        clear(self._network_line)
        query = " ".join(self.search.text().lower().split())
        offers = [(t.title, t.text, t.help) for t in TEMPLATES.values() if all(w in t.title for w in query.split())]
        if looks_like_sizes(query):
            offers = [(query, query, "A network of these layers, as a new document.")]
        self.networks.setVisible(bool(offers))
        if offers:
            self._network_line.addWidget(label("New from a template", "dim", 10, bold=True))
        for title, text, tip in offers:
            push = button(f"{title[:1].upper()}{title[1:]}…", "", f"{tip} Such as {text}.")
            push.setAccessibleName(f"New network: {title}")
            push.clicked.connect(partial(self._ask_network, text))
            self._network_line.addWidget(push)

    def _ask_network(self, text: str, _checked: bool = False) -> None:
        self.network_requested.emit(text)

    def shown(self) -> list[Card]:
        """The cards that answer the search, in order."""
        return [card for card in self.cards if answers(card.entry, self.search.text())]

    def _arrange(self) -> None:
        """Cards in as many columns as fit, under the headings of their categories."""
        columns = self._room()
        for card in self.cards:
            self._grid.removeWidget(card)
            card.hide()
        for heading in self._headings:
            self._grid.removeWidget(heading)
            heading.deleteLater()
        for i in range(self._columns):
            self._grid.setColumnStretch(i, 0)
        self._headings, self._columns = [], columns
        for i in range(columns):
            self._grid.setColumnStretch(i, 1)
        line, place, category = 0, 0, None
        for card in self.shown():
            if card.entry.category != category:
                category = card.entry.category
                heading = label(category, "dim", 10, bold=True)
                line += 1 if line else 0
                heading.setContentsMargins(0, 12 if line else 0, 0, 0)
                self._grid.addWidget(heading, line, 0, 1, columns)
                self._headings.append(heading)
                line, place = line + 1, 0
            elif place == columns:
                line, place = line + 1, 0
            self._grid.addWidget(card, line, place)
            card.show()
            place += 1
        self._offer_networks()
        found = bool(self.shown())
        self.nothing.setVisible(not found and self.networks.isHidden())
        self.nothing.setText(f"No document answers “{self.search.text()}”. Clear the search to see them all.")

    def _open_first(self) -> None:
        shown, text = self.shown(), self.search.text().strip()
        if looks_like_sizes(text):
            self.network_requested.emit(text)
        elif shown:
            shown[0].click()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._follow()

    def _room(self) -> int:
        """How many cards stand beside each other."""
        return max(1, (self.width() - 64 + GAP) // (px(CARD_WIDTH) + GAP))

    def _follow(self) -> None:
        if self._room() != self._columns:
            self._arrange()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.closed.emit()
        else:
            super().keyPressEvent(event)


def _app_picture(size: int, ratio: float) -> QPixmap:
    return icons.app_icon().pixmap(QSize(size, size), ratio)
