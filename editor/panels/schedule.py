"""How the learning rate changes from step to step: the choice, its settings, and a small curve of all epochs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from compute.document import SETTINGS, TrainingSettings
from compute.errors import GradwireError
from compute.numbers_text import count_text, short
from compute.schedules import SCHEDULES, Course, course_of, optimizer_of
from compute.snapshot import Snapshot
from editor import theme
from editor.panels.form import Form
from editor.panels.widgets import Combo, column
from editor.plain import set_tip
from editor.scale import px

POINTS = 240


class RateCurve(QWidget):
    """The learning rate over the epochs of a training, and the place that it is at."""

    def __init__(self) -> None:
        super().__init__()
        self.epochs: npt.NDArray[np.float64] = np.zeros(0)
        self.rates: npt.NDArray[np.float64] = np.zeros(0)
        self.now: tuple[float, float] | None = None
        self._of: tuple[Any, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFont(theme.mono_font(8.0))
        theme.notifier.changed.connect(self._dress)

    def _dress(self) -> None:
        self.setFont(theme.mono_font(8.0))
        self.updateGeometry()

    def sizeHint(self) -> QSize:
        return QSize(120, px(48) + self.fontMetrics().height() + 2)

    def show_course(self, course: Course | None, step: int) -> None:
        """The rates of a training that has done so many steps of it; hidden where they are all the same."""
        self.setVisible(course is not None and course.varies)
        if course is None or not course.varies:
            return
        of = (course.schedule.name, tuple(course.letters.items()), course.epochs)
        if of != self._of:
            self._of = of
            self.epochs, self.rates = course.drawn(POINTS)
        rate = course.rate(step)
        self.now = step / course.n, rate
        ends = [short(float(y)) for y in (self.rates[0], self.rates.max(), self.rates[-1])]
        told = f"From {ends[0]} over {ends[1]} to {ends[2]} in {count_text(course.epochs)} epochs; next {short(rate)}"
        set_tip(self, told)
        self.setAccessibleName(f"Learning rate: {told}")
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self.epochs.size or self.now is None:
            return
        t, text = theme.current(), self.fontMetrics().height() + 2
        area = QRectF(4, 4, self.width() - 8, self.height() - text - 6)
        wide, top = max(float(self.epochs[-1]), 1e-9), max(float(self.rates.max()), 1e-300)

        def place(x: float, y: float) -> QPointF:
            return QPointF(area.left() + area.width() * min(1.0, x / wide), area.bottom() - area.height() * y / top)

        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme.color(t.line), 1))
        painter.drawLine(area.bottomLeft(), area.bottomRight())
        painter.setPen(QPen(theme.color(t.text), 1.5))
        pairs = zip(self.epochs.tolist(), self.rates.tolist(), strict=True)
        painter.drawPolyline(QPolygonF([place(x, y) for x, y in pairs]))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color(t.accent))
        painter.drawEllipse(place(*self.now), 3.5, 3.5)
        painter.setPen(theme.color(t.text_dim))
        below = QRectF(area.left(), area.bottom() + 2, area.width(), text)
        painter.drawText(below, Qt.AlignmentFlag.AlignLeft, short(float(self.rates[0])))
        painter.drawText(below, Qt.AlignmentFlag.AlignRight, short(float(self.rates[-1])))


class ScheduleForm(QWidget):
    """``changed`` sends what was changed, in words, and the new section of the document."""

    changed = Signal(str, object)

    def __init__(self) -> None:
        super().__init__()
        self.kind = Combo(name="Schedule")
        self.chosen, self.form, self.curve = Form(), Form(), RateCurve()
        self.chosen.add("schedule", self.kind, SETTINGS["schedule"].help)
        layout = column(self, 0, 6)
        for part in (self.chosen, self.form, self.curve):
            layout.addWidget(part)
        self._schedule: Mapping[str, Any] = {}
        self.kind.activated.connect(self._choose)
        self.form.changed.connect(self._set)

    def show_settings(self, training: TrainingSettings, snapshot: Snapshot) -> None:
        """The settings as the document has them, and where its training is."""
        self._schedule = training.schedule
        name = str(training.schedule.get("name", "constant"))
        pairs = [(key, cls.title) for key, cls in SCHEDULES.items()]
        self.kind.set_pairs(pairs if name in SCHEDULES else [*pairs, (name, f"{name} (not known)")])
        self.kind.choose(name)
        if name in SCHEDULES:
            set_tip(self.kind, SCHEDULES[name].help)
        self.form.set_params(SCHEDULES[name].params if name in SCHEDULES else ())
        self.form.show_values(training.schedule)
        self.show_place(training, snapshot)

    def show_place(self, training: TrainingSettings, snapshot: Snapshot) -> None:
        """Where the training is on the curve."""
        place, rows = snapshot.progress.place, max(1, snapshot.rows)
        n = place.order.steps if place else -(-rows // training.batch_size)
        step = snapshot.epoch * n + (place.done if place else 0)
        try:
            course = course_of(training, optimizer_of(training), n, snapshot.goal or training.epochs)
        except GradwireError:
            course = None
        self.curve.show_course(course, step)

    def _choose(self) -> None:
        name = self.kind.key
        if name != self._schedule.get("name", "constant") and name in SCHEDULES:
            kept = {p.name: self._schedule[p.name] for p in SCHEDULES[name].params if p.name in self._schedule}
            self.changed.emit("schedule", {"name": name, **kept})

    def _set(self, name: str, value: Any) -> None:
        self.changed.emit(name, {"name": "constant", **self._schedule, name: value})
