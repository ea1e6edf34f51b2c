"""The loss around the weights of a training, with the path that they took, worked out beside the window."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QImage, QPainter, QPen

from compute.explain.facts import Quantity
from compute.measure import Measure
from compute.numbers_text import count_text, short
from compute.recorded import Course
from compute.snapshot import Snapshot
from compute.surface import MOST_WEIGHTS, FlatWeights, Numbers, Surface, surface, trained_names
from editor import theme
from editor.background import Background, Task
from editor.palettes import mix
from editor.panels.subject import not_shown
from editor.plots.axes import Axes, Scale, stroke
from editor.plots.plot import Given, Missing, Option, Plot, Table
from editor.scale import px

WAY = Option("way", "Directions", lambda _session: (("path", "along the path"), ("random", "random")))
WAIT = Missing("No path yet", "Train some steps while this plot is on the screen, or choose random directions.")


class LandscapePlot(Plot):
    """Worked out again when training pauses elsewhere or the path leaves it, and whenever the plot is clicked;
    meanwhile the path goes on in the surface that is there."""

    id, title, key = "landscape", "Loss surface", "S"
    help = (
        "The loss over a plane through the weights, with the path of training: along the path's two main directions, "
        "or random ones as long as each unit's weights (Li et al. 2018)."
    )
    group = "Training"
    options = (WAY,)

    def __init__(self, given: Given, chosen: Mapping[str, str] | None = None) -> None:
        self.surface: Surface | None = None
        self._of: tuple[int, int, str] | None = None
        """Document, step and directions of the surface, or of the one that is being worked out."""
        self._background = Background()
        self._task: Task | None = None
        self._share = 0.0
        self._why = ""
        self._image: QImage | None = None
        self._axes: Axes | None = None
        self._course = Course()
        self._path = np.zeros((0, 2))
        super().__init__(given, chosen)
        self._background.setParent(self)

    def wants(self) -> Sequence[Measure]:
        analysis, loss = self.session.snapshot.analysis, self.session.document.training.loss
        specs = analysis.parameters
        shapes = [specs[name][1].shape for name in trained_names(analysis, loss)]
        return (FlatWeights(),) if 0 < sum(int(np.prod(shape)) for shape in shapes) <= MOST_WEIGHTS else ()

    def kept_back(self) -> str:
        loss = Quantity("value", self.session.document.training.loss or "")
        return not_shown(self.session, loss) if self.session.hides(loss) else ""

    def prepare(self, snapshot: Snapshot) -> Missing | None:
        if snapshot.trace.loss is None or snapshot.analysis.problems:
            return Missing("Not computed", "It appears as soon as the graph can be computed and has a loss.")
        self._course = self.given.recorded.of(FlatWeights()) if self.wants() else Course()
        now = snapshot.revision, snapshot.step, self.chosen("way")
        other = self._of is None or (self._of[0], self._of[2]) != (now[0], now[2])
        if self.seen and (other or (snapshot.state != "running" and self._of != now)):
            self.work_out()
        if self.surface is None:
            return Missing("Not computed", self._why) if self._why else WAIT if self._task is None else None
        self._project()
        if self._task is None and self.seen and self._has_left():
            self.work_out()
        return None

    def _has_left(self) -> bool:
        """Whether the weights of now lie beyond the surface."""
        found = self.surface
        if found is None or not len(self._path):
            return False
        x, y = self._path[-1].tolist()
        return not (found.x[0] <= x <= found.x[1] and found.y[0] <= y <= found.y[1])

    def _flat_path(self) -> Numbers:
        found = self._course.found
        return np.stack(found).astype(np.float64) if found else np.zeros((0, 0))

    def _project(self) -> None:
        path = self._flat_path()
        if self.surface is not None and len(path) and path.shape[1] == len(self.surface.origin):
            self._path = self.surface.project(path)
        else:
            self._path = np.zeros((0, 2))

    def work_out(self) -> None:
        """Begin anew with the weights of now."""
        snapshot, way = self.session.snapshot, self.chosen("way")
        path = self._flat_path()
        if way == "path" and len(path) < 2:
            self._why = (
                ""
                if self.wants()
                else (
                    f"The path of more than {count_text(MOST_WEIGHTS)} weights is not kept; choose random directions."
                )
            )
            return
        if self._task is not None:
            self._task.cancel()
        self._of, self._share, self._why = (snapshot.revision, snapshot.step, way), 0.0, ""
        analysis, loss = snapshot.analysis, self.session.document.training.loss
        weights, data = snapshot.weights, snapshot.train

        def work(task: Task) -> Surface:
            return surface(analysis, loss, weights, data, path, "path" if way == "path" else "random", task.tell)

        self._task = self._background.run(work, self._done, self._failed, progress=self._tell)

    def _tell(self, share: float) -> None:
        self._share = share
        self.body.update()

    def _done(self, found: Surface) -> None:
        self._task, self.surface, self._image = None, found, None
        self.refresh()

    def _failed(self, sentence: str) -> None:
        self._task, self._why = None, sentence[:1].upper() + sentence[1:]
        self.surface = None
        self.refresh()

    def set_seen(self, seen: bool) -> None:
        super().set_seen(seen)
        if not seen and self._task is not None:
            self._task.cancel()
            self._task, self._of = None, None

    def clicked(self, at: QPointF) -> None:
        if self._task is None:
            self.work_out()
        else:
            self._task.cancel()
            self._task = None
        self.body.update()

    def undress(self) -> None:
        self._image = None

    # -- painting ---------------------------------------------------------------------------------------------

    def _draw(self, losses: Numbers) -> QImage:
        """Brighter where the loss is lower, by rank, so that a steep wall leaves shades for the valley."""
        t = theme.current()
        order = np.argsort(np.argsort(np.where(np.isfinite(losses), losses, np.inf), axis=None))
        shade = 1.0 - order.reshape(losses.shape) / max(1, losses.size - 1)
        colors = np.array([mix(t.panel, t.negative, 0.55 * i / 63).rgb() for i in range(64)], np.uint32)
        pixels = np.ascontiguousarray(colors[(shade * 63).round().astype(np.intp)][::-1])
        height, width = pixels.shape
        return QImage(pixels.data, width, height, 4 * width, QImage.Format.Format_RGB32).copy()

    def paint(self, painter: QPainter, area: QRectF) -> None:
        t, found = theme.current(), self.surface
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(theme.mono_font(8.5))
        line = QFontMetricsF(painter.font()).height()
        painter.setPen(theme.color(t.text_dim))
        says = QRectF(area.left() + px(12), area.top() + px(2), area.width() - px(24), line)
        working = f"working it out: {self._share:.0%} (click to stop)" if self._task is not None else ""
        if found is None:
            painter.drawText(area, Qt.AlignmentFlag.AlignCenter, working)
            return
        said = QFontMetricsF(painter.font()).elidedText(
            working or self._said(found), Qt.TextElideMode.ElideRight, says.width()
        )
        painter.drawText(says, Qt.AlignmentFlag.AlignLeft, said)
        way = "direction" if self.chosen("way") == "random" else "component"
        along, across = ("along the path", "a random direction") if found.straight else (f"1st {way}", f"2nd {way}")
        room = area.adjusted(px(6), line + px(2), -px(6), -px(2))
        axes = self._axes = Axes.within(room, Scale(*found.x, along), Scale(*found.y, across))
        if self._image is None:
            self._image = self._draw(found.losses)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(axes.area, self._image)
        axes.paint(painter, grid=False)
        painter.setClipRect(axes.area)
        for at, (_level, pieces) in enumerate(found.lines):
            painter.setPen(QPen(theme.color(t.text, 0.12 + 0.03 * at), 1))
            x, y = axes.across(pieces[:, :, 0]).tolist(), axes.down(pieces[:, :, 1]).tolist()
            painter.drawLines([QLineF(a, c, b, d) for (a, b), (c, d) in zip(x, y, strict=True)])
        self._paint_path(painter, axes)
        painter.setClipping(False)

    def _paint_path(self, painter: QPainter, axes: Axes) -> None:
        if not len(self._path):
            return
        t = theme.current()
        painter.setPen(QPen(theme.color(t.text), 1.8))
        for part in axes.curve(self._path[:, 0], self._path[:, 1]):
            stroke(painter, part)
        for at, filled in ((0, False), (-1, True)):
            painter.setBrush(theme.color(t.text if filled else t.panel))
            painter.drawEllipse(axes.point(float(self._path[at, 0]), float(self._path[at, 1])), px(4), px(4))
        painter.setBrush(Qt.BrushStyle.NoBrush)

    def _said(self, found: Surface) -> str:
        rows = f"loss over {count_text(found.rows)} rows"
        return rows if np.isnan(found.share) else f"{rows}; the plane holds {found.share:.0%} of the path"

    # -- reading ----------------------------------------------------------------------------------------------

    def reading(self, at: QPointF) -> str:
        found, axes = self.surface, self._axes
        if found is None or axes is None or not axes.area.contains(at):
            return ""
        x, y = axes.numbers_at(at)
        rows, columns = found.losses.shape
        across = (x - found.x[0]) / (found.x[1] - found.x[0]) * (columns - 1)
        up = (y - found.y[0]) / (found.y[1] - found.y[0]) * (rows - 1)
        loss = found.losses[min(max(round(up), 0), rows - 1), min(max(round(across), 0), columns - 1)]
        return f"{short(x)}, {short(y)}: loss {short(float(loss))}"

    def table(self) -> Table:
        found = self.surface
        if found is None:
            return Table(["x", "y", "loss"], [])
        rows, columns = found.losses.shape
        xs, ys = np.linspace(*found.x, columns).tolist(), np.linspace(*found.y, rows).tolist()
        losses = found.losses.tolist()
        return Table(["x", "y", "loss"], [[x, y, losses[i][j]] for i, y in enumerate(ys) for j, x in enumerate(xs)])
