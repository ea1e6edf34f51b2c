"""The loss curves: training and validation over epochs, with a reading under the pointer."""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import QFrame, QSlider, QStackedWidget, QWidget

from compute.document import KeptRun
from compute.errors import GradwireError, as_sentence
from compute.files import write_atomic
from compute.history import Mark
from compute.numbers_text import short
from compute.series import LOSS, VALIDATION_LOSS, Points
from compute.snapshot import Snapshot
from compute.turns import Turn
from editor import theme
from editor.panels.widgets import Elided, Empty, beside, button, column, label, row
from editor.plain import set_tip
from editor.png import png
from editor.questions import ask_file
from editor.run_colors import run_color
from editor.scale import px
from editor.session import Session

Array = npt.NDArray[Any]
TITLES = {LOSS: "train", VALIDATION_LOSS: "validation"}
PART = 6.0
"""A picture is drawn after so many times what the last one cost: the window's thread has other things to do."""


def smoothed(y: Array, width: int) -> Array:
    """The mean of the last ``width`` points at every point (fewer at the start); the same length."""
    if width <= 1 or len(y) < 2:
        return y
    sums = np.concatenate([[0.0], np.cumsum(y)])
    ends = np.arange(1, len(y) + 1)
    starts = np.maximum(ends - width, 0)
    return np.asarray((sums[ends] - sums[starts]) / (ends - starts))


def write_csv(path: Path, series: Mapping[str, Points], turns: Sequence[Turn] = ()) -> None:
    """Write all series of the training, a column each, and what was changed on the way: one line for each epoch at
    which one of them has a point.

    Errors: GradwireError where the file cannot be written whole; the old one is then still there.
    """
    titles, lines = columns_of(series, turns)
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerows([titles, *lines])
    write_atomic(path, text.getvalue().encode())


def columns_of(series: Mapping[str, Points], turns: Sequence[Turn] = ()) -> tuple[list[str], list[list[float | str]]]:
    """The titles of all series and of what was changed, and a line for each epoch at which one of them has a point."""
    columns = {name: dict(series[name].pairs()) for name in _ordered(series)}
    titles = [{LOSS: "train_loss"}.get(name, name.replace(" ", "_")) for name in columns]
    changed: dict[float, str] = {}
    for turn in turns:
        changed[turn.epoch] = "; ".join(filter(None, (changed.get(turn.epoch), turn.sentence)))
    lines: list[list[float | str]] = [
        [x, *(points.get(x, "") for points in columns.values()), *([changed.get(x, "")] if turns else [])]
        for x in sorted({x for points in columns.values() for x in points} | changed.keys())
    ]
    return ["epoch", *titles, *(["changed"] if turns else [])], lines


def _ordered(series: Mapping[str, Points]) -> list[str]:
    """The losses, then what else there is."""
    return [
        *(name for name in (LOSS, VALIDATION_LOSS) if name in series),
        *sorted(series.keys() - {LOSS, VALIDATION_LOSS}),
    ]


class LossPlot(QFrame):
    """The drawing library is loaded when the widget is first shown, so that the window opens without it."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.setProperty("kind", "panel")
        self.setAccessibleName("Loss plot")
        self.series: Mapping[str, Points] = {}
        self.turns: tuple[Turn, ...] = ()
        self._shown: tuple[Mark | None, int] = None, 0
        """Where an earlier step is shown: the end of the run, and that step."""
        self._others: tuple[KeptRun, ...] = ()
        self._drawn = 0.0
        self.chart: Any = None
        self.log = button("Log", tip="Logarithmic loss axis", kind="segment")
        self.log.setCheckable(True)
        self.smooth = QSlider(Qt.Orientation.Horizontal)
        self.smooth.setRange(0, 20)
        self.smooth.setMinimumWidth(60)
        self.smooth.setMaximumWidth(88)
        self.smooth.setAccessibleName("Smoothing")
        set_tip(self.smooth, "Smoothing: the mean over a part of the curve, from none to a fifth of it")
        self.reading = Elided("text", 9.0, mono=True)
        self.reading.setAccessibleName("Reading under the pointer")
        self.empty = Empty("loss", "No curve yet", "Press Train, or step a batch: the loss is drawn as it falls.")
        self._pages = QStackedWidget()
        self._pages.addWidget(self.empty)
        self.head = QWidget()
        """What stands beside the title of the panel."""
        head = row(self.head, spacing=8)
        for text, kind, stroke in (("train", "train", "─"), ("validation", "validation", "━")):
            head.addWidget(label(f"{stroke} {text}", kind, 9.0))
        head.addSpacing(8)
        head.addWidget(self.reading, 1)
        self._smoothing = beside(label("smooth", "dim", 9.0), self.smooth)
        head.addWidget(self._smoothing)
        head.addWidget(self.log)
        self.head.setMinimumWidth(1)  # the slider gives way where there is little room
        layout = column(self, 0, 0)
        layout.addWidget(self.head)
        layout.addWidget(self._pages, 1)
        self._loader = QTimer(self)
        self._loader.setSingleShot(True)
        self._loader.timeout.connect(self._warm_up)
        self.log.toggled.connect(self._draw)
        self.smooth.valueChanged.connect(self._draw)
        session.snapshot_changed.connect(self._show)
        session.journey.seen_changed.connect(lambda: self._show(session.snapshot))
        session.document_replaced.connect(self._clear)
        theme.notifier.changed.connect(self._dress)
        self._show(session.snapshot)

    def sizeHint(self) -> QSize:
        return QSize(640, 250)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._smoothing.setVisible(self.width() >= px(420))

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self.chart is None:
            self._loader.start(0)

    def _warm_up(self) -> None:
        """What draws curves is there before there is one."""
        import editor.plots.chart  # noqa: F401

        self._draw()  # there may be one already

    def _load(self) -> None:
        if self.chart is None:
            from editor.plots.chart import LossChart

            self.chart = LossChart()
            self.chart.pointed.connect(self.read)
            self.chart.left.connect(self.stop_reading)
            self.chart.dragged.connect(self.session.journey.go_to_epoch)
            self.chart.keyed.connect(self._go_by_key)
            self.chart.csv_asked.connect(self.ask_csv)
            self.chart.picture_asked.connect(self.ask_picture)
            self._pages.addWidget(self.chart)
            self._draw()

    def _dress(self) -> None:
        if self.chart is not None:
            self.chart.dress()
            self._draw()

    def points(self, name: str) -> Points:
        """A series of those that are shown."""
        return self.series.get(name) or Points()

    def _clear(self) -> None:
        self.series, self.turns, self._shown, self._others = {}, (), (None, 0), ()
        if self.chart is not None:
            self.chart.follow()
        self._draw()

    def _show(self, snapshot: Snapshot) -> None:
        earlier = snapshot.earlier.end if snapshot.earlier else None
        others = self.session.journey.seen
        same = (earlier, snapshot.step if earlier else 0) == self._shown and others == self._others
        if snapshot.progress.series is self.series and snapshot.progress.turns == self.turns and same:
            return
        now = time.perf_counter()
        cost = self.chart.seconds if self.chart is not None else 0.0
        # While it trains the next curve comes soon; the last one is always drawn.
        if snapshot.state == "running" and now - self._drawn < PART * cost:
            return
        self._drawn = now
        self.series, self.turns = snapshot.progress.series, snapshot.progress.turns
        self._shown, self._others = (earlier, snapshot.step if earlier else 0), others
        self._draw()

    def _draw(self) -> None:
        train = self.points(LOSS)
        others = self._overlays()
        has_points = len(train.x) > 0 or bool(others)
        if has_points and self.chart is None and self.isVisible():
            self._load()
            return
        if self.chart is not None:
            self._pages.setCurrentWidget(self.chart if has_points else self.empty)
            if has_points:
                width = 1 + round(len(train.y) * self.smooth.value() / 100)
                smooth = replace(train, y=smoothed(train.y, width))
                self.chart.overlay(others, log=self.log.isChecked())
                self.chart.draw(smooth, self.points(VALIDATION_LOSS), log=self.log.isChecked())
                self.chart.mark([turn.epoch for turn in self.turns])
                self.chart.show_at(self.session.snapshot.position if self._shown[0] else None)

    def _overlays(self) -> list[Any]:
        """The curves of the runs that are kept, and of what came after an earlier step that is shown."""
        if not self._others and self._shown[0] is None:
            return []
        from editor.plots.chart import Overlay

        found = [(run_color(run.number), run.progress.series, run.title) for run in self._others]
        if self._shown[0] is not None:
            found.append((theme.color(theme.current().train, 0.35), self._shown[0].progress.series, ""))
        return [Overlay(color, s.get(LOSS) or Points(), s.get(VALIDATION_LOSS) or Points(), n) for color, s, n in found]

    def _go_by_key(self, key: int, wide: bool) -> None:
        """Another step: one, an epoch or a tenth of the run further on; its start or its end."""
        journey, reach = self.session.journey, self.session.journey.reach
        sign = -1 if key in (Qt.Key.Key_Left, Qt.Key.Key_PageUp) else 1
        if key in (Qt.Key.Key_End, Qt.Key.Key_Escape):
            journey.to_end()
        elif key == Qt.Key.Key_Home:
            journey.go_to(0)
        elif key in (Qt.Key.Key_PageUp, Qt.Key.Key_PageDown):
            journey.go_by(sign * max(1, (reach.last - reach.first) // 10 if reach else 1))
        elif wide:
            journey.go_by_epochs(sign)
        else:
            journey.go_by(sign)

    def read(self, x: float) -> None:
        """Say the losses and metrics at an epoch."""
        parts: list[str] = []
        for name in _ordered(self.series):
            points = self.points(name)
            at = int(np.clip(np.searchsorted(points.x, x), 0, len(points.x) - 1))
            if not parts:
                parts.append(f"epoch {points.x[at]:.4g}")
            # A metric follows the validation loss, so it need not say that it is one of validation.
            title = TITLES.get(name) or name.removeprefix("validation ")
            parts.append(f"{title} {short(float(points.y[at]))}")
        # What was changed there is what one points at.
        changed = [turn.sentence for turn in self.turns if self.chart.near(x, turn.epoch)]
        self.reading.set_text(" · ".join(parts if not changed else [parts[0], *changed]))
        set_tip(self.chart, "\n".join(changed))

    def stop_reading(self) -> None:
        """The pointer has left the plot."""
        self.reading.set_text("")

    # -- the context menu ------------------------------------------------------------------------------------

    def ask_csv(self) -> None:
        """Choose a file for the data behind the plot."""
        self._ask("Save the curves", "CSV table (*.csv)", "loss.csv", self._write_csv)

    def _write_csv(self, path: Path) -> None:
        write_csv(path, self.series, self.turns)

    def ask_picture(self) -> None:
        """Choose a file for a picture of the plot."""
        self._ask("Save the plot", "PNG picture (*.png)", "loss.png", self.save_picture)

    def save_picture(self, path: Path) -> None:
        """The plot as a PNG file at twice its size on the screen. Errors: GradwireError, as for ``write_csv``."""
        write_atomic(path, png(self.chart.picture(2.0)))

    def _ask(self, title: str, kinds: str, name: str, write: Callable[[Path], None]) -> None:
        folder = str(self.session.document.folder or Path.home())
        chosen = partial(self._write, write)
        ask_file(self, title, kinds, folder, Path(folder) / name, chosen, (Path(name).suffix,))

    def _write(self, write: Callable[[Path], None], path: Path) -> None:
        try:
            write(path)
        except GradwireError as error:
            self.session.message.emit(as_sentence(str(error)))
        else:
            self.session.message.emit(f"Saved {path.name}")
