"""A plot as a file or on the clipboard: PNG, SVG, CSV. Each is made on the window's thread and written beside it."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Mapping
from pathlib import Path

from PySide6.QtCore import QBuffer, QIODevice, QRectF, QSizeF, Qt
from PySide6.QtGui import QFontMetricsF, QImage, QPainter

from compute.errors import as_sentence
from compute.files import write_atomic
from editor import theme
from editor.canvas.layers import painting
from editor.plots.plot import Plot
from editor.png import png
from editor.questions import ask_file
from editor.scale import px

SCALE = 2.0
"""Pixels of a PNG for each of the screen."""
LEAST = QSizeF(480, 300)
"""Of a picture; a plot in a small tile is drawn larger."""
KINDS: Mapping[str, str] = {".png": "PNG picture", ".svg": "SVG drawing", ".csv": "CSV table"}


def size_of(plot: Plot) -> QSizeF:
    """How large its picture is, in pixels of the screen."""
    return QSizeF(plot.body.size()).expandedTo(LEAST)


def draw(plot: Plot, painter: QPainter, size: QSizeF) -> None:
    """The plot with its title above it, on the ground of the theme."""
    t, room = theme.current(), QRectF(0, 0, size.width(), size.height())
    painter.fillRect(room, theme.color(t.panel))
    painter.setFont(theme.ui_font(10.0, bold=True))
    metrics = QFontMetricsF(painter.font())
    line = metrics.height()
    painter.setPen(theme.color(t.text))
    title = metrics.elidedText(plot.caption, Qt.TextElideMode.ElideRight, room.width() - px(24))
    painter.drawText(QRectF(px(12), px(8), room.width() - px(24), line), title)
    pointer, plot.pointer = plot.pointer, None
    try:
        painter.save()
        plot.paint(painter, room.adjusted(px(4), px(12) + line, -px(4), -px(4)))
        painter.restore()
    finally:
        plot.pointer = pointer


def image(plot: Plot, scale: float = SCALE) -> QImage:
    """The picture in pixels."""
    size = size_of(plot)
    out = QImage((size * scale).toSize(), QImage.Format.Format_RGB32)
    out.setDevicePixelRatio(scale)
    with painting(out) as painter:
        draw(plot, painter, size)
    return out


def svg(plot: Plot) -> bytes:
    """The picture as a drawing whose text is text."""
    from PySide6.QtSvg import QSvgGenerator

    size, content = size_of(plot), QBuffer()
    content.open(QIODevice.OpenModeFlag.WriteOnly)
    generator = QSvgGenerator()
    generator.setOutputDevice(content)
    generator.setSize(size.toSize())
    generator.setResolution(96)  # one unit is one pixel
    generator.setViewBox(QRectF(0, 0, size.width(), size.height()))
    generator.setTitle(plot.caption)
    generator.setDescription(plot.help)
    with painting(generator) as painter:
        draw(plot, painter, size)
    return bytes(content.data().data())


def csv_text(plot: Plot) -> str:
    """The numbers as a table with a line of names."""
    table, text = plot.table(), io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(table.columns)
    writer.writerows(table.lines)
    return text.getvalue()


def content(plot: Plot, kind: str) -> Callable[[], bytes]:
    """What is in a file of that ending: the rest of making it can be done on any thread."""
    if kind == ".png":
        picture = image(plot)
        return lambda: png(picture)
    if kind == ".svg":
        drawing = svg(plot)
        return lambda: drawing
    text = csv_text(plot)
    return text.encode


def file_name(plot: Plot) -> str:
    """A name for its files, without an ending."""
    return re.sub(r"[^\w.-]+", "_", plot.caption).strip("_.").lower() or plot.id


def ask_and_save(plot: Plot, kind: str) -> None:
    """Ask for a file of that ending, and write it; where there is nothing to see it is said why."""
    if plot.missing is not None:
        plot.session.message.emit(f"{plot.title} has nothing to save. {plot.missing.sentence}")
        return
    folder = str(plot.session.document.folder or Path.home())
    start = Path(folder) / f"{file_name(plot)}{kind}"
    kinds = f"{KINDS[kind]} (*{kind})"
    ask_file(plot, f"Save {plot.title}", kinds, folder, start, lambda path: save(plot, path, kind), (kind,))


def save(plot: Plot, path: Path, kind: str) -> None:
    """Write a file; the status line says what came of it."""
    say, make = plot.session.message.emit, content(plot, kind)
    plot.given.background.run(
        lambda _task: write_atomic(path, make()),
        lambda _done: say(f"Saved {path.name}"),
        lambda sentence: say(as_sentence(sentence)),
        name=f"Saving {path.name}",
    )
