"""A walk through backpropagation as an animated picture: the canvas at each step, with what the step says below it."""

from __future__ import annotations

import io
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtSvg import QSvgRenderer

from compute.analysis import Analysis
from compute.document import Document
from compute.errors import GradwireError
from compute.explain import Facts, Granularity, walking
from compute.files import write_atomic
from compute.schedules import next_optimizer
from compute.snapshot import Snapshot
from compute.state import Progress
from compute.trace import Trace
from compute.walk_state import WalkState
from editor.canvas.ink import fonts, ink
from editor.canvas.lit import lit_by, made_of
from editor.canvas.note_text import needed
from editor.canvas.picture import Picture, Shown
from editor.canvas.readings import Known, Readings
from editor.canvas.scene import Scene
from editor.canvas.showing import passed
from editor.canvas.unplaced import placing
from editor.drawing import Needed, draw_now, picture
from editor.panels.formula import lines_of
from editor.pieces import Beside, Pieces, at_once
from editor.png import png
from editor.render import application, numbers

if TYPE_CHECKING:
    from PIL import Image

SUFFIXES = (".gif", ".png")
MOST_STEPS = 500
_MARGIN, _PADDING = 24.0, 16.0
_LEAST, _LARGEST = 0.5, 2.0
"""Of the zoom: below it nothing can be read, above it nothing is gained."""
_MOST_PIXELS = 16_000_000
_LETTERS, _LINE, _LINES = 15, 21.0, 3
"""Of what is said below the canvas: the height of its letters and lines, and how many lines there are."""
_FORMULA, _FORMULA_LETTERS = 46.0, 16.0
"""Of each of the two formulas below that: the height that it has, and that of its letters."""


@dataclass(frozen=True)
class Pass:
    """The numbers of a walk; progress: how far training was; rows, goal: over how many, and to which epoch."""

    analysis: Analysis
    trace: Trace
    progress: Progress | None = None
    rows: int = 1
    goal: int | None = None
    sample: int = 0

    @classmethod
    def of(cls, document: Document, snapshot: Snapshot, sample: int) -> Pass:
        """The numbers on show."""
        return cls(snapshot.analysis, snapshot.trace, snapshot.progress, snapshot.rows, snapshot.goal, sample)


@dataclass(frozen=True)
class Film:
    """width: in pixels; seconds: that each step is on show; granularity: what counts as a step; known: the numbers
    (None: those of one pass by the reference engine over the first batch)."""

    width: int = 1280
    seconds: float = 2.0
    granularity: Granularity = "node"
    known: Pass | None = None


def granularity(name: str) -> Granularity:
    """What counts as a step, by its name; node for none."""
    return "wire" if name == "wire" else "entry" if name == "entry" else "node"


def record(document: Document, path: Path, film: Film) -> int:
    """``recording`` at once, with an application or without."""
    app = application()
    steps = at_once(recording(lambda: document, path, film))
    del app
    return steps


def recording(
    make: Callable[[], Document], path: Path, film: Film, told: Callable[[int, int], None] = lambda _done, _count: None
) -> Pieces[int]:
    """Writes a ``.gif``, or a ``.png`` that moves, in the theme in force; returns how many steps it has. ``told`` hears
    how many are painted, of how many.

    Errors: GradwireError for another suffix, a walk that has no steps or too many, a document whose exercise it would
    give away, or a file that cannot be written.
    """
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise GradwireError(f"{path.name}: a recording is a .gif or .png file; choose one of these endings.")
    document = yield make
    exercise = document.exercise
    if exercise is not None and exercise.learner is not None and not exercise.handed_in:
        raise GradwireError(f"{document.name}: a walk would say what the exercise asks for; hand in first.")
    known, problem = film.known, ""
    if known is None:
        analysis, trace, problem, rows = yield lambda: numbers(document, True)
        known = Pass(analysis, trace, document.progress, rows)
    loss = document.training.loss
    if problem or known.trace.loss is None:
        raise GradwireError(problem or f"{document.name}: there is nothing to walk through; choose a loss first.")
    optimizer = next_optimizer(document.training, known.progress, known.rows, known.goal)
    remembered = (known.progress or Progress()).optimizer.seen_by(optimizer.name)
    facts = Facts(document.graph, known.analysis, loss, known.trace, known.sample)
    steps = yield from walking(
        document.graph,
        known.analysis,
        loss,
        known.trace,
        optimizer,
        sample=known.sample,
        granularity=film.granularity,
        optimizer_state=remembered.arrays,
        updates_done=remembered.updates,
    )
    if len(steps) > MOST_STEPS:
        raise GradwireError(
            f"{document.name}: the walk has {len(steps):,} steps, and a recording at most {MOST_STEPS}; "
            "record it node by node, or a smaller graph."
        )
    yield from placing(document, known.analysis)
    frames = list[bytes]()
    walks = [WalkState(steps, i, film.granularity) for i in range(len(steps))]
    for painted in _painted(document, known, facts, walks, film):
        if not isinstance(painted, QImage):
            yield painted
        else:
            frames.append((yield _taking_out([painted])))
            del painted
            told(len(frames), len(walks))
    yield lambda: write_atomic(path, _encoded(frames, suffix, film.seconds))
    return len(frames)


def _taking_out(last: list[QImage]) -> Callable[[], bytes]:
    """Writes a frame, which is freed where it is written."""
    return lambda: png(last.pop())


def _painted(
    document: Document, known: Pass, facts: Facts, walks: Sequence[WalkState], film: Film
) -> Generator[QImage | Beside | None, Any, None]:
    """Each step as a picture; in between None, or what is to be done beside the window."""
    scene, loss = Scene(), document.training.loss
    yield from scene.rebuilding(document, known.analysis)
    for each in needed(scene.texts(), ink()):
        draw_now(each)
        yield None
    painted = Picture(scene)
    area = scene.bounds().adjusted(-_MARGIN, -_MARGIN, _MARGIN, _MARGIN)
    zoom = min(max(film.width / area.width(), _LEAST), _LARGEST)
    wide, high = round(area.width() * zoom), round(area.height() * zoom)
    foot = round(2 * _PADDING + (_LINES + 1) * _LINE + 2 * _FORMULA)
    if wide * (high + foot) > _MOST_PIXELS:
        raise GradwireError(f"{document.name}: the graph is too large for a recording; select a smaller one.")
    # Once with all numbers, so that labels have the room that they will need and stay where they are.
    canvas = QImage(1, 1, QImage.Format.Format_RGB32)
    painter = QPainter(canvas)
    painted.numbers(painter, area, Shown(Readings(known.trace, known.analysis, known.sample, loss=loss)), zoom)
    painter.end()
    yield None
    for walk in walks:
        for each in _formulas(walk):
            yield partial(draw_now, each)
        shown = _shown(scene, known, facts, walk, loss)
        frame = QImage(wide, high + foot, QImage.Format.Format_RGB32)
        frame.fill(ink().panel)
        painter = QPainter(frame)
        try:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setClipRect(QRectF(0, 0, wide, high))
            painter.scale(zoom, zoom)
            painter.translate(-area.topLeft())
            painted.ground(painter, area, zoom)
            painted.paint_areas(painter, shown)
            yield None
            painted.chrome(painter, area, shown)
            yield None
            painted.numbers(painter, area, shown, zoom)
            painted.everything_of(painter, walk.step.wires, shown)
            painter.resetTransform()
            painter.setClipping(False)
            _say(painter, walk, QRectF(0, high, wide, foot).adjusted(_PADDING, _PADDING, -_PADDING, -_PADDING))
        finally:
            painter.end()
        yield frame


def _shown(scene: Scene, known: Pass, facts: Facts, walk: WalkState, loss: str) -> Shown:
    """What the canvas shows at a step."""
    so_far = Known.of(walk.shown, walk.reached)
    shown = Shown(Readings(known.trace, known.analysis, known.sample, so_far, loss))
    shown.at_work, shown.phase = walk.step.node, walk.step.phase
    shown.passed = passed(so_far, scene.wires)
    parts, slopes = made_of(walk.focus, facts)
    shown.lit = replace(lit_by(walk.focus, facts, scene), parts=parts, slopes=slopes)
    return shown


def _say(painter: QPainter, walk: WalkState, room: QRectF) -> None:
    """Which step it is, and its explanation, as much as there is room for."""
    type_, colors = fonts(), ink()
    larger = _LETTERS / type_.name.pixelSize()
    left = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
    painter.setPen(colors.text)
    painter.setFont(type_.sized("title", _LETTERS))
    count = f"{walk.index + 1} / {len(walk.steps)}"
    painter.drawText(room, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop), count)
    painter.drawText(room, left, type_.cut("title", walk.step.title, (room.width() - 90) / larger))
    painter.setFont(type_.sized("name", _LETTERS))
    painter.setPen(colors.dim)
    words, line, y = walk.sentence.split(), "", room.top() + _LINE
    lines = list[str]()
    for word in words:
        longer = f"{line} {word}".strip()
        if line and type_.width("name", longer) * larger > room.width():
            lines.append(line)
            longer = word
        line = longer
    lines.append(line)
    if len(lines) > _LINES:
        lines[_LINES - 1 :] = [" ".join(lines[_LINES - 1 :])]
    for each in lines:
        painter.drawText(
            QRectF(room.left(), y, room.width(), _LINE), left, type_.cut("name", each, room.width() / larger)
        )
        y += _LINE
    _write(painter, walk, room)


def _formulas(walk: WalkState) -> list[Needed]:
    """What the stepper would show: the rule and the numbers in it."""
    colors = {"text": ink().text.name(), "text_dim": ink().dim.name()}
    return [(latex, colors[token], _FORMULA_LETTERS) for latex, token in lines_of(walk.step) if latex]


def _write(painter: QPainter, walk: WalkState, room: QRectF) -> None:
    """The formulas, at the foot of the room; a long one smaller."""
    y = room.bottom() - 2 * _FORMULA
    for each in _formulas(walk):
        source = picture(each)
        if source:
            drawing = QSvgRenderer(QByteArray(source))
            size = drawing.viewBoxF().size()
            scale = min(1.0, room.width() / size.width(), (_FORMULA - 4) / size.height())
            drawing.render(painter, QRectF(room.left(), y, size.width() * scale, size.height() * scale))
        y += _FORMULA


@dataclass(frozen=True)
class _Images:
    """Some frames as images, made anew each time that they are gone through: all at once would fill the memory."""

    frames: Sequence[bytes]
    reduced: bool

    def __iter__(self) -> Iterator[Image.Image]:
        from PIL import Image  # not for every start: it takes its time

        for frame in self.frames:
            image = Image.open(io.BytesIO(frame)).convert("RGB")
            yield image.quantize(256, dither=Image.Dither.NONE) if self.reduced else image


def _encoded(frames: Sequence[bytes], suffix: str, seconds: float) -> bytes:
    """The frames as one file, over and over."""
    reduced, out = suffix == ".gif", io.BytesIO()
    first, kind = next(iter(_Images(frames[:1], reduced))), "GIF" if reduced else "PNG"
    rest, pace = _Images(frames[1:], reduced), round(seconds * 1000)
    first.save(out, kind, save_all=True, append_images=rest, duration=pace, loop=0, optimize=False)
    return out.getvalue()
