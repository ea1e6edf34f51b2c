"""The picture of a document's canvas as a file: PNG, SVG, PDF or TikZ. Needs no window and no display."""

from __future__ import annotations

import math
import os
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

import numpy as np

from compute.analysis import Analysis
from compute.document import Document
from compute.errors import GradwireError, printable
from compute.exercises.origin import still_hidden, without
from compute.explain import Facts
from compute.files import write_atomic
from compute.graph import Frame, Node, Note, Wire
from compute.reference import ReferenceRun
from compute.ripple import Pair
from compute.trace import Trace
from compute.workspace import open_document
from editor import theme
from editor.canvas.unplaced import placing
from editor.palettes import LIGHT
from editor.pieces import Pieces, at_once, within

if TYPE_CHECKING:
    from PySide6.QtCore import QRectF
    from PySide6.QtGui import QGuiApplication, QPainter

    from editor.canvas.picture import Picture as CanvasPicture
    from editor.canvas.picture import Shown
    from editor.costing import Part

_FAMILY = re.compile(rb'font-family="([^"]*)"')
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
SCALE = 2.0
SUFFIXES = (".png", ".svg", ".pdf", ".tex")
_MARGIN = 32.0
_MOST_PIXELS = 16_000
_STRIP = 64
_PDF_DOTS = 1200
"""To the inch, so that nothing is rounded that can be seen."""
_LARGEST_PAGE = 14_000.0
"""Points, of 14,400 that readers take."""
_WIDEST = 1e6
"""Of a graph on the canvas: beyond this a node is less than three pixels wide in the largest picture."""


@dataclass(frozen=True)
class Shot:
    """What of a canvas goes into a picture. ids: those things alone, with what lies in frames among them and the
    wires between them (None: everything); area: that part of the scene, as left, top, width and height (None:
    around all); scale: pixels of a PNG for each unit of the scene; values: with numbers, else shapes alone; known:
    the numbers that are on show (None: those of one pass by the reference engine over the first batch); pair: two
    passes to be seen beside each other, of which these are the second; cost: of nodes, where they are coloured by
    that; alone: of TikZ, whether it is a document, else a picture to put into one."""

    ids: frozenset[str] | None = None
    area: tuple[float, float, float, float] | None = None
    scale: float = SCALE
    values: bool = True
    known: tuple[Analysis, Trace] | None = None
    pair: Pair | None = None
    cost: Mapping[str, Part] = field(default_factory=dict)
    alone: bool = True


def render(
    document: Document, path: Path, values: bool, scale: float = SCALE, alone: bool = True, cost: str = ""
) -> str:
    """Write the picture that the canvas shows, in the theme in force, to a ``.png``, ``.svg`` or ``.pdf`` file, or in
    light colours to a ``.tex`` file.

    values: with the numbers of one pass by the reference engine over the first batch; else shapes alone; alone: see
    ``Shot``; cost: the name of a measure by which nodes are coloured, "" for none. Returns the sentence that says why
    there are no numbers, where there are none. Errors: GradwireError for another suffix, an empty graph, one that is
    too wide for a picture, or a file that cannot be written.
    """
    app = application()
    shot = Shot(values=values, scale=scale, alone=alone, cost=_costs(document, cost) if cost else {})
    missing = at_once(drawing(lambda: document, path, shot))
    del app
    return missing


def _costs(document: Document, by: str) -> Mapping[str, Part]:
    from editor.costing import counted

    workspace = open_document(document, strict=False)
    return counted(document, workspace.analysis, workspace.program.rows, by)


def drawing(make: Callable[[], Document], path: Path, shot: Shot) -> Pieces[str]:
    """The same as ``render`` with a running application, in pieces; ``make`` gives the document, on any thread."""
    document = yield make
    if path.suffix.lower() not in SUFFIXES:
        raise GradwireError(f"{path.name}: a picture is a .png, .svg, .pdf or .tex file; choose one of these endings.")
    if not document.graph.nodes:
        raise GradwireError(f"{document.name}: the graph has no nodes, so there is nothing to draw; add some.")
    if shot.known is None:
        analysis, trace, missing, _ = yield lambda: numbers(document, shot.values)
    else:
        (analysis, trace), missing = shot.known, ""
    yield from placing(document, analysis)
    if shot.ids is not None:
        document = replace(document, graph=document.graph.part(shot.ids))
        if not (document.graph.nodes or document.graph.frames or document.graph.notes):
            raise GradwireError("Nothing is selected that could be drawn; select some nodes.")
    suffix = path.suffix.lower()

    def painting() -> Pieces[Callable[[], bytes]]:
        staged = yield from stage(document, analysis, trace, shot)
        return (yield from content(staged, document.name, suffix, shot))

    # What is printed with a text is dark on light, whatever the screen is.
    drawn = yield from within(lambda: theme.lent(LIGHT), painting()) if suffix == ".tex" else painting()
    # Taken out there, a large image is freed there too, which takes a while.
    last = [drawn]
    del drawn
    yield lambda: write_atomic(path, last.pop()())
    return str(missing)


def application() -> QGuiApplication:
    """The running application, or one that needs no display."""
    from PySide6.QtWidgets import QApplication

    from editor.fonts import bring_font, settle_fonts

    running = QApplication.instance()
    if isinstance(running, QApplication):
        return running
    if sys.platform.startswith("linux") and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    settle_fonts()
    app = QApplication(sys.argv[:1])
    bring_font()
    return app


def numbers(document: Document, values: bool) -> tuple[Analysis, Trace, str, int]:
    """The analysis, and the numbers of one pass over the first batch (none without ``values``); why there are none, and
    nothing of what the document's exercise still asks a learner for; and over how many rows training goes."""
    workspace = open_document(document, strict=False)
    count = workspace.program.rows
    if not values:
        return workspace.analysis, Trace(), "", count
    if workspace.problem:
        return workspace.analysis, Trace(), workspace.problem.sentence, count
    rows = np.arange(min(workspace.program.rows, document.training.batch_size))
    trace, loss = ReferenceRun(workspace.program).trace(rows), document.training.loss
    hidden = still_hidden(document.exercise, Facts(document.graph, workspace.analysis, loss, trace))
    return workspace.analysis, without(trace, hidden, loss) if hidden else trace, "", count


def _farthest(document: Document) -> str:
    """What lies farthest from the middle of the nodes."""
    graph = document.graph
    x, y = (median(node.position[axis] for node in graph.nodes.values()) for axis in (0, 1))
    placed = [record for record in graph.records() if not isinstance(record, Wire)]
    farthest = max(placed, key=lambda record: math.hypot(record.position[0] - x, record.position[1] - y))
    if isinstance(farthest, Node | Frame):
        return f"{'node' if isinstance(farthest, Node) else 'frame'} {farthest.label}"
    return f"{'note' if isinstance(farthest, Note) else 'reroute point'} {farthest.id}"


@dataclass(frozen=True)
class Stage:
    """A graph that is laid out and ready to be painted. area: what of the scene is painted."""

    picture: CanvasPicture
    shown: Shown
    area: QRectF

    def paint(self, painter: QPainter, scale: float) -> Pieces[None]:
        """All of it, from the painter's corner; ends the painter."""
        from PySide6.QtGui import QPainter

        try:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.scale(scale, scale)
            painter.translate(-self.area.topLeft())
            yield from self.picture.in_pieces(painter, self.area, self.shown)
        finally:
            painter.end()


def stage(document: Document, analysis: Analysis, trace: Trace, shot: Shot) -> Pieces[Stage]:
    """Lay a graph out for a picture in the theme in force. Errors: GradwireError for one that is too wide."""
    from PySide6.QtCore import QRectF

    from editor.canvas import note_text
    from editor.canvas.ink import ink
    from editor.canvas.paint_nodes import problem_card
    from editor.canvas.picture import Picture, Shown
    from editor.canvas.readings import Readings
    from editor.canvas.scene import Scene
    from editor.drawing import draw_now

    scene = Scene()
    yield from scene.rebuilding(document, analysis)
    picture = Picture(scene)
    for needed in note_text.needed(scene.texts(), ink()):
        draw_now(needed)
        yield None
    readings = Readings(trace, analysis, loss=document.training.loss, pair=shot.pair)
    shown = Shown(readings, values=shot.values, cost=shot.cost)
    area = scene.bounds()
    for view in scene.nodes.values():
        if view.problem:
            area = area.united(problem_card(view)[0])
    if max(area.width(), area.height()) > _WIDEST:
        raise GradwireError(
            f"{document.name}: {_farthest(document)} lies too far off for a picture; move it closer to the others."
        )
    area = QRectF(*shot.area) if shot.area is not None else area.adjusted(-_MARGIN, -_MARGIN, _MARGIN, _MARGIN)
    return Stage(picture, shown, area)


def content(staged: Stage, name: str, suffix: str, shot: Shot) -> Pieces[Callable[[], bytes]]:
    """Paints, and returns what makes the content of the picture's file, on any thread."""
    from PySide6.QtCore import QBuffer, QIODevice, QMarginsF, QRectF, QSize, QSizeF
    from PySide6.QtGui import QImage, QPageSize, QPainter, QPdfWriter
    from PySide6.QtSvg import QSvgGenerator

    from editor.canvas import note_text
    from editor.canvas.ink import fonts, ink
    from editor.png import png
    from editor.tikz import Style, tikz

    size = QSize(round(staged.area.width()), round(staged.area.height()))
    paint = staged.paint
    if suffix in (".svg", ".tex"):
        # Into the memory, as the generator does not say that a disk is full.
        content = QBuffer()
        content.open(QIODevice.OpenModeFlag.WriteOnly)
        generator = QSvgGenerator() if suffix == ".svg" else note_text.Unformed()
        generator.setOutputDevice(content)
        generator.setSize(size)
        generator.setResolution(96)  # one unit is one pixel, as everywhere else
        generator.setViewBox(QRectF(0, 0, size.width(), size.height()))
        generator.setTitle(name)
        generator.setDescription("A computation graph drawn by Gradwire")
        painter = QPainter(generator)
        painter.fillRect(QRectF(0, 0, size.width(), size.height()), ink().canvas)
        yield from paint(painter, 1.0)
        svg, mono = content.data(), fonts().mono  # no copy yet
        if suffix == ".tex":
            style = Style(_names(), mono.family(), fonts().digit / mono.pixelSize(), shot.alone)
            return lambda: tikz(_well_formed(bytes(svg.data())).decode(), name, style).encode()
        return lambda: _FAMILY.sub(partial(_and_generic, mono.family()), _well_formed(bytes(svg.data())))
    if suffix == ".pdf":
        content = QBuffer()
        content.open(QIODevice.OpenModeFlag.WriteOnly)
        writer = QPdfWriter(content)
        # One unit is a pixel of 1/96 inch, as long as the page is not larger than readers take.
        unit = min(72 / 96, _LARGEST_PAGE / max(size.width(), size.height()))
        writer.setPageSize(
            QPageSize(QSizeF(size) * unit, QPageSize.Unit.Point, "", QPageSize.SizeMatchPolicy.ExactMatch)
        )
        writer.setPageMargins(QMarginsF())
        writer.setResolution(_PDF_DOTS)
        writer.setTitle(name)
        writer.setCreator("Gradwire")
        dots = unit * _PDF_DOTS / 72
        painter = QPainter(writer)
        painter.setRenderHint(QPainter.RenderHint.LosslessImageRendering)  # heat maps have sharp cells
        painter.fillRect(QRectF(0, 0, (size.width() + 2) * dots, (size.height() + 2) * dots), ink().canvas)
        yield from paint(painter, dots)
        pdf = bytes(content.data().data())
        return lambda: pdf
    scale = min(shot.scale, _MOST_PIXELS / max(size.width(), size.height()))
    image = QImage(size * scale, QImage.Format.Format_RGB32)
    painter = QPainter(image)
    for top in range(0, image.height(), _STRIP):  # a large one at once would take as long as all else
        painter.fillRect(0, top, image.width(), _STRIP, ink().canvas)
        yield None
    yield from paint(painter, scale)
    return lambda: png(image)


def _names() -> Mapping[str, str]:
    """What colours are called in TikZ, each by the first of its names."""
    from PySide6.QtGui import QColor

    from editor.canvas.ink import ink

    colors = ink()
    named = [(f"gw-{group}", color) for group, color in colors.groups.items()]
    named += [("gw-" + name.replace("_", "-"), color) for name, color in vars(colors).items()]
    return {color.name(): name for name, color in reversed(named) if isinstance(color, QColor)}


def _well_formed(svg: bytes) -> bytes:
    """The picture without the characters that XML forbids, which a name may hold: ␛ stands for escape."""
    lines = svg.decode("utf-8", "replace").splitlines(keepends=True)
    # Line by line, or other threads would wait for the whole.
    return "".join(_FORBIDDEN.sub(_instead, line) for line in lines).encode()


def _and_generic(mono: str, found: re.Match[bytes]) -> bytes:
    """A family that another machine may not have, with one of its kind that every reader has."""
    kind = b"monospace" if found[1] == mono.encode() else b"sans-serif"
    return b'font-family="' + found[1] + b", " + kind + b'"'


def _instead(found: re.Match[str]) -> str:
    return "\ufffd" if found[0] >= "\ufffe" else printable(found[0])
