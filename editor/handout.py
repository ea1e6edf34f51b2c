"""An exercise on paper: the graph with blanks, the questions in the order of the calculation, and room to answer; or
the same as its solution, with the numbers and the way to them. Vectors, and text that is text."""

from __future__ import annotations

import string
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Literal

from PySide6.QtCore import QBuffer, QIODevice, QLineF, QLocale, QMarginsF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPageLayout, QPageSize, QPainter, QPdfWriter

from compute.errors import GradwireError
from compute.exercises import Sheet, Step, Variant
from compute.exercises.origin import by_all_names, without
from compute.exercises.sheet import explained
from compute.exercises.text import given_lines, task_sentence
from compute.explain import Quantity
from compute.files import write_atomic
from compute.numbers_text import plural, precise, short
from editor import theme
from editor.canvas import note_text
from editor.canvas.ink import ink
from editor.canvas.picture import Picture, Shown
from editor.canvas.readings import Readings
from editor.canvas.scene import Scene
from editor.canvas.unplaced import placing
from editor.drawing import draw_now, picture
from editor.outlines import Outlines, Shapes, shapes_of
from editor.palettes import LIGHT
from editor.pieces import Pieces, at_once, within
from editor.render import application

Paper = Literal["a4", "letter"]
PAPERS: Mapping[Paper, QPageSize.PageSizeId] = {"a4": QPageSize.PageSizeId.A4, "letter": QPageSize.PageSizeId.Letter}
PAPER = replace(LIGHT, name="paper", canvas="#ffffff")
"""Colours of what is printed."""
_MARGIN, _FOOT = 54.0, 36.0
"""Points around a page, and below its last line."""
_EDGE = 30.0
"""Around a picture that is wider than the text, so that its numbers can be read."""
_DOTS = 1200
_LARGEST, _TALLEST = 0.72, 0.46
"""Of a picture: points for one unit of the canvas, and its part of a page."""
_TALLEST_ACROSS, _READABLE, _CLEARLY = 0.62, 0.5, 1.15
"""Its part of a page that is turned; a page is turned where that makes what is smaller than readable so much larger."""
_LONGEST_GIVEN = 400
"""Characters of what is given on paper; larger tables are in the document."""
_MOST_FILLED = 3
"""Numbers that are written in one blank of the picture."""
_LINES, _LINE = 2, 24.0
"""The lines to write on, and how far they are apart."""
_FORMULA = 12.0
_PHASES = {"forward": "Forward", "loss": "Loss", "backward": "Backward", "update": "Update"}
_PORTRAIT, _LANDSCAPE = QPageLayout.Orientation.Portrait, QPageLayout.Orientation.Landscape
_INK, _DIM, _RULE, _SHADE = "#1d2228", "#56606c", "#b8bec6", "#f2f4f7"


def letters(count: int) -> list[str]:
    """a, b, … z, aa, ab, …"""
    one = string.ascii_lowercase
    return [(one[i // 26 - 1] if i >= 26 else "") + one[i % 26] for i in range(count)]


def handing_out(
    make: Callable[[], Sequence[Variant]], path: Path, *, solution: bool = False, paper: Paper = "a4"
) -> Pieces[int]:
    """Writes a PDF with the pages of some learners, one after the other; ``make`` draws their numbers, on any thread.

    Returns how many pages there are. Errors: GradwireError where there is nothing to ask, or the file cannot be
    written.
    """
    if path.suffix.lower() != ".pdf":
        raise GradwireError(f"{path.name}: a handout is a .pdf file; choose this ending.")
    variants = yield make
    content = QBuffer()
    content.open(QIODevice.OpenModeFlag.WriteOnly)
    writer = QPdfWriter(content)
    writer.setPageSize(QPageSize(PAPERS[paper]))
    writer.setPageMargins(QMarginsF())
    writer.setResolution(_DOTS)
    writer.setTitle(variants[0].document.name if variants else "")
    writer.setCreator("Gradwire")
    size = QPageSize(PAPERS[paper]).size(QPageSize.Unit.Point)
    pages = 0
    painter = QPainter()
    try:
        for each in variants:
            scene = yield from within(lambda: theme.lent(PAPER), _scene(each))
            page, turned = _turned(scene.bounds(), QRectF(0, 0, size.width(), size.height()))
            # Before a page begins.
            writer.setPageOrientation(_LANDSCAPE if turned else _PORTRAIT)
            if not pages:
                painter.begin(writer)
            else:
                writer.newPage()
            sheet = _Sheet(painter, writer, page, each, scene, solution)
            yield from within(lambda: theme.lent(PAPER), sheet.painting())
            pages += sheet.page
    finally:
        painter.end()
    pdf = bytes(content.data().data())
    yield lambda: write_atomic(path, pdf)
    return pages


def handing_out_to_class(
    make: Callable[[], Sequence[Variant]], path: Path, solutions: Path, paper: Paper
) -> Pieces[int]:
    """The pages of some learners in one file, and their solutions in another. Returns how many learners there are."""
    variants = yield make
    yield from handing_out(lambda: variants, path, paper=paper)
    yield from handing_out(lambda: variants, solutions, solution=True, paper=paper)
    return len(variants)


def _scene(variant: Variant) -> Pieces[Scene]:
    """The graph of a learner's pages, laid out."""
    document, analysis = variant.document, variant.sheet.facts.analysis
    yield from placing(document, analysis)
    scene = Scene()
    yield from scene.rebuilding(document, analysis)
    return scene


def _scale(bounds: QRectF, page: QRectF) -> float:
    """How large a picture with these bounds can be on a page."""
    room = _part(page) * (page.height() - 2 * _MARGIN - _FOOT)
    return min(_LARGEST, (page.width() - 2 * _EDGE) / bounds.width(), room / bounds.height())


def _part(page: QRectF) -> float:
    return _TALLEST if page.height() > page.width() else _TALLEST_ACROSS


def _turned(graph: QRectF, page: QRectF) -> tuple[QRectF, bool]:
    """The page for a graph, and whether it is turned: where that makes small numbers clearly larger."""
    bounds, across = _framed(graph), QRectF(0, 0, page.height(), page.width())
    upright, turned = _scale(bounds, page), _scale(bounds, across)
    return (across, True) if upright < _READABLE and turned > _CLEARLY * upright else (page, False)


def _framed(bounds: QRectF) -> QRectF:
    return bounds.adjusted(-8, -12, 8, 12)


class _Sheet:
    """The pages of one learner."""

    def __init__(
        self,
        painter: QPainter,
        writer: QPdfWriter,
        page: QRectF,
        variant: Variant,
        scene: Scene,
        solution: bool,
    ) -> None:
        self._painter, self._writer, self._solution, self._scene = painter, writer, solution, scene
        self._document, self._sheet = variant.document, variant.sheet
        self._take(page)
        self.page = 1
        self._letters = dict(zip(self._sheet.steps, letters(len(self._sheet.steps)), strict=True))

    def _take(self, page: QRectF) -> None:
        """Begin at the top of a page of this size, in points."""
        self._whole, self._area = page, page.adjusted(_MARGIN, _MARGIN, -_MARGIN, -_MARGIN - _FOOT)
        self._y = self._area.top()

    def painting(self) -> Pieces[None]:
        """All of them."""
        painter, sheet = self._painter, self._sheet
        painter.save()
        painter.scale(_DOTS / 72, _DOTS / 72)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.LosslessImageRendering)
        self._head()
        yield from self._graph()
        self._given()
        if self._whole.width() > self._whole.height():
            # The graph alone wants a page across; questions are written on upright ones.
            self._foot()
            self._writer.setPageOrientation(_PORTRAIT)
            self._writer.newPage()
            self.page += 1
            self._take(QRectF(0, 0, self._whole.height(), self._whole.width()))
        phase = ""
        for step in sheet.steps:
            way = (yield partial(_way, sheet, step)) if self._solution else None
            if step.phase != phase:
                phase = step.phase
                self._section(_PHASES[phase], 96.0)
            yield from self._question(step, way)
            yield None
        self._foot()
        painter.restore()

    # -- parts ------------------------------------------------------------------------------------------------

    def _head(self) -> None:
        count, area = len(self._sheet.steps), self._area
        title = _font(18, bold=True)
        lines = _lines(self._document.name, title, area.width() - (90 if self._solution else 0))
        top = self._y
        for line in lines[:2]:
            self._text(line, title, area.left(), self._y, high=24)
            self._y += 24
        if self._solution:
            self._text("Solution", _font(11, bold=True), area.right() - 80, top, wide=80, high=24, right=True)
        self._y += 8
        exercise = self._document.exercise
        learner = exercise.learner if exercise else None
        points = f"{count} {plural('point', count)}"
        if self._solution:
            self._text(learner.label if learner else "", _font(11), area.left(), self._y, high=18)
            self._text(points, _font(11), area.right() - 120, self._y, wide=120, high=18, right=True)
        else:
            middle = area.left() + area.width() * 0.56
            self._blank("Name", learner.label if learner else "", area.left(), middle - 14)
            self._blank("Date", "", middle, middle + area.width() * 0.2)
            self._blank("Points", "", middle + area.width() * 0.2 + 14, area.right() - 26)
            self._text(f"/ {count}", _font(11), area.right() - 24, self._y, wide=24, high=18, right=True)
        self._y += 30
        self._paragraph(task_sentence(self._sheet), _font(11))
        self._y += 6

    def _blank(self, name: str, filled: str, left: float, right: float) -> None:
        font = _font(11)
        self._text(name, font, left, self._y, high=18, color=_DIM)
        start = left + QFontMetricsF(font).horizontalAdvance(name) + 6
        self._text(filled, font, start + 4, self._y, high=18)
        self._rule(start, right, self._y + 17)

    def _graph(self) -> Pieces[None]:
        """The picture, with blanks or filled."""
        document, sheet, painter = self._document, self._sheet, self._painter
        facts, loss = sheet.facts, document.training.loss
        scene = self._scene
        for needed in note_text.needed(scene.texts(), ink()):
            draw_now(needed)
            yield None
        named: dict[Quantity, list[str]] = {}
        numbers: dict[Quantity, list[str]] = {}
        for step, letter in self._letters.items():
            for q in by_all_names(facts, step.quantity):
                named.setdefault(q, []).append(letter)
                numbers.setdefault(q, []).append(short(step.value))
        trace, wanted = facts.trace, frozenset[Quantity]()
        if not self._solution:
            wanted = frozenset(named)
            trace = without(trace, sheet.blanks, loss)
        said = {q: "–".join((them[0], them[-1])) if len(them) > 2 else ",".join(them) for q, them in named.items()}
        # Of many numbers of a tensor there is no room for each.
        answers = {q: "; ".join(them) for q, them in numbers.items() if len(them) <= _MOST_FILLED}
        shown = Shown(Readings(trace, facts.analysis, loss=loss, wanted=wanted, letters=said, answers=answers))
        area = _framed(scene.bounds())
        scale = _scale(area, self._whole)
        self._need(area.height() * scale)
        painter.save()
        painter.translate((self._whole.width() - area.width() * scale) / 2, self._y)
        painter.scale(scale, scale)
        painter.translate(-area.topLeft())
        yield from Picture(scene).in_pieces(painter, area, shown)
        painter.restore()
        self._y += area.height() * scale + 10

    def _given(self) -> None:
        lines = [line for line in given_lines(self._sheet) if len(line) <= _LONGEST_GIVEN]
        if lines:
            self._section("Given", 60.0)
            self._paragraph(";   ".join(lines), _font(9.5, mono=True), 14.0)
            self._y += 10

    def _question(self, step: Step, way: Sequence[Shapes] | None) -> Pieces[None]:
        """One question with lines to write on, or with its answer and the way to it."""
        area, letter = self._area, self._letters[step]
        bold, plain = _font(11, bold=True), _font(11)
        left = area.left() + 22
        formulas = []
        for shapes in way or ():
            outlines = Outlines(shapes)
            # One that is wider than the page is smaller.
            formulas.append((outlines, min(1.0, (area.right() - left) / max(outlines.size.width(), 1.0))))
            yield None
        high = sum(outlines.size.height() * scale + 7 for outlines, scale in formulas)
        self._need(22 + (high if way is not None else _LINES * _LINE) + 12)
        self._text(f"{letter})", bold, area.left(), self._y, high=18)
        answer = f"{step.label} = {precise(step.value)}" if way is not None else f"{step.label} ="
        self._text(answer, plain if way is None else bold, left, self._y, high=18)
        self._text("1 point", _font(9.5), area.right() - 60, self._y, wide=60, high=18, color=_DIM, right=True)
        if way is None:
            start = left + QFontMetricsF(plain).horizontalAdvance(answer) + 6
            self._rule(start, min(start + 110, area.right() - 64), self._y + 17)
        self._y += 22
        for outlines, scale in formulas:
            outlines.paint(self._painter, QPointF(left, self._y), scale, QColor(_INK))
            self._y += outlines.size.height() * scale + 7
            yield None
        if way is None:
            for _ in range(_LINES):
                self._y += _LINE
                self._rule(left, area.right(), self._y - 4, faint=True)
        self._y += 12

    def _section(self, title: str, least: float) -> None:
        """A heading, with room below it."""
        self._need(24 + least)
        self._painter.fillRect(QRectF(self._area.left(), self._y, self._area.width(), 18), QColor(_SHADE))
        self._text(title, _font(10, bold=True), self._area.left() + 6, self._y, high=18)
        self._y += 26

    def _foot(self) -> None:
        exercise = self._document.exercise
        learner = exercise.learner if exercise else None
        said = " · ".join(filter(None, (self._document.name, learner.label if learner else "")))
        small, y = _font(9), self._whole.height() - _MARGIN
        said = QFontMetricsF(small).elidedText(said, Qt.TextElideMode.ElideRight, self._area.width() - 60)
        self._text(said, small, self._area.left(), y, high=14, color=_DIM)
        self._text(f"{self.page}", small, self._area.right() - 40, y, wide=40, high=14, color=_DIM, right=True)

    # -- on the page ------------------------------------------------------------------------------------------

    def _need(self, high: float) -> None:
        """Another page, unless there is so much room."""
        if self._y + high > self._area.bottom() and self._y > self._area.top():
            self._foot()
            self._writer.newPage()
            self.page += 1
            self._y = self._area.top()

    def _paragraph(self, text: str, font: QFont, line: float = 16.0) -> None:
        for each in _lines(text, font, self._area.width()):
            self._need(line)
            self._text(each, font, self._area.left(), self._y, high=line)
            self._y += line

    def _text(
        self,
        text: str,
        font: QFont,
        x: float,
        y: float,
        *,
        wide: float = 0.0,
        high: float = 0.0,
        color: str = _INK,
        right: bool = False,
    ) -> None:
        self._painter.setFont(font)
        self._painter.setPen(QColor(color))
        side = Qt.AlignmentFlag.AlignRight if right else Qt.AlignmentFlag.AlignLeft
        rect = QRectF(x, y, wide or self._area.right() - x, high)
        flags = (
            int(side | Qt.AlignmentFlag.AlignVCenter) | int(Qt.TextFlag.TextSingleLine) | int(Qt.TextFlag.TextDontClip)
        )
        self._painter.drawText(rect, flags, text)

    def _rule(self, left: float, right: float, y: float, *, faint: bool = False) -> None:
        pen = self._painter.pen()
        pen.setColor(QColor(_RULE if faint else _DIM))
        pen.setWidthF(0.5)
        self._painter.setPen(pen)
        self._painter.drawLine(QLineF(left, y, right, y))


def _way(sheet: Sheet, step: Step) -> list[Shapes]:
    """How a number is found: the rule and the same with numbers, drawn, as far as they can be."""
    answer, found = explained(sheet, sheet.facts, step.quantity, step.entry), list[Shapes]()
    for latex in dict.fromkeys(filter(None, (answer.rule, answer.numbers))):
        draw_now((latex, _INK, _FORMULA))
        source = picture((latex, _INK, _FORMULA))
        if source:
            found.append(shapes_of(source))
    return found


def _font(points: float, *, bold: bool = False, mono: bool = False) -> QFont:
    """In points of the page."""
    font = theme.mono_font(bold=bold) if mono else theme.ui_font(bold=bold)
    font.setPixelSize(round(points))
    return font


def _lines(text: str, font: QFont, wide: float) -> list[str]:
    """A text in lines; a word that is wider is broken."""
    metrics, lines, line = QFontMetricsF(font), list[str](), ""
    for word in text.split(" "):
        if line and metrics.horizontalAdvance(f"{line} {word}") > wide:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}" if line else word
        while metrics.horizontalAdvance(line) > wide and len(line) > 1:
            fits = next((n for n in range(len(line) - 1, 0, -1) if metrics.horizontalAdvance(line[:n]) <= wide), 1)
            lines.append(line[:fits])
            line = line[fits:]
    return [*lines, line] if line else lines


def hand_out(variants: Sequence[Variant], path: Path, solution: bool, paper: str) -> int:
    """The same at once, with an application or without; paper: "a4" or "letter"."""
    app = application()
    pages = at_once(
        handing_out(lambda: variants, path, solution=solution, paper="letter" if paper == "letter" else "a4")
    )
    del app
    return pages


def usual_paper() -> Paper:
    """What is printed on where this machine stands."""
    system = QLocale.system().measurementSystem()
    return "letter" if system == QLocale.MeasurementSystem.ImperialUSSystem else "a4"
