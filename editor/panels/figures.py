"""The figures of the training in the toolbar, each with what it is above it."""

from __future__ import annotations

import math
from collections.abc import Mapping

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from compute.evaluation import Judged
from compute.numbers_text import short
from compute.snapshot import Snapshot
from editor import theme
from editor.panels.batch_picker import BatchPicker
from editor.panels.widgets import Stable, column, label, row
from editor.plain import Label, set_tip
from editor.session import Session

NOTHING = "—"
"""Stands for a number that is not known, which is not 0."""
_MOST_CAPTION = 12
GAP = 10


def duration(seconds: float) -> str:
    """A time that remains, in at most six letters: ``12 s``, ``3:07``, ``2 h 5``."""
    if not math.isfinite(seconds):
        return NOTHING
    whole = max(0, math.ceil(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60}:{whole % 60:02d}"
    return f"{whole // 3600} h {whole % 3600 // 60}" if whole < 360000 else "> 99 h"


def rate(per_second: float) -> str:
    """Samples per second: ``950``, ``12.3 k``, ``8.1 M``."""
    for size, letter in ((1e9, " G"), (1e6, " M"), (1e3, " k")):
        if per_second >= size:
            return f"{per_second / size:.3g}{letter}"
    return f"{per_second:.3g}"


def metric_text(name: str, value: float) -> str:
    """A metric for people: an accuracy in per cent."""
    return f"{100 * value:.1f} %" if name == "accuracy" else short(value)


def metric_caption(name: str) -> str:
    """Its name, a long one by its initials: ``MAE``."""
    return name if len(name) <= _MOST_CAPTION else "".join(word[0] for word in name.split()).upper()


def first_metric(metrics: Mapping[str, float]) -> tuple[str, float] | None:
    """The metric that fits best; None where there is none."""
    return next(iter(metrics.items()), None)


class Figure(QWidget):
    """A number and, above it, what it is; its place never moves."""

    def __init__(self, caption: str, widest: str, name: str, tip: str, kind: str = "", head: BatchPicker | None = None):
        super().__init__()
        self.caption: Label = head.caption if head else label(caption, "dim", 8.0)
        self.number = Stable(widest, name, kind)
        layout = column(self, 0, 0)
        layout.setAlignment(Qt.AlignmentFlag.AlignVCenter)
        layout.addWidget(head or self.caption)
        layout.addWidget(self.number)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.explain(tip)

    def text(self) -> str:
        """The number as it is shown."""
        return self.number.text()

    def explain(self, tip: str) -> None:
        """What the tip says."""
        if self.number.toolTip() != tip:
            set_tip(self.number, tip)
            set_tip(self.caption, tip)

    def show_number(self, text: str, caption: str = "") -> None:
        """Another number, and another caption if one is given."""
        self.number.set_text(text)
        if caption and caption != self.caption.text():
            self.caption.setText(caption)


class Figures(QWidget):
    """Epoch, the losses, the metric, speed and time left."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.picker = BatchPicker(session)
        self.epoch = Figure(
            "epoch", "00000 / 00000", "epoch", "Epochs done, and the epoch at which training is finished"
        )
        self.loss = Figure("", "−0.00e-00", "loss of the batch on show", "", "", self.picker)
        self.mean = Figure("epoch mean", "−0.00e-00", "training loss", "", "train")
        self.validation = Figure("validation", "−0.00e-00", "validation loss", "", "validation")
        self.score = Figure("accuracy", "−0.00e-00", "metric", "")
        self.test = Figure("test", "−0.00e-00", "test", "", "test")
        self.speed = Figure("samples", "000.0 M/s", "samples per second", "Rows trained per second")
        self.left = Figure("time left", "> 99 h", "time left", "Time until the last epoch is done")
        self._yielding = [self.epoch, self.score, self.test, self.mean, self.validation, self.speed, self.left]
        """Those that give way where the window is narrow, the last first; all that is left is the loss."""
        self._unknown: set[Figure] = {self.test}
        """Those that say nothing here."""
        layout = row(self, spacing=GAP)
        for figure in (self.epoch, self.loss, self.mean, self.validation, self.score, self.test, self.speed, self.left):
            layout.addWidget(figure)
        layout.addStretch(1)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.notifier.changed.connect(self._fit)

    def minimumSizeHint(self) -> QSize:
        return QSize(self.loss.sizeHint().width(), self.sizeHint().height())

    @property
    def usual(self) -> int:
        """How wide it is with the figures that are looked at most."""
        return sum(each.sizeHint().width() + GAP for each in (self.loss, self.mean, self.epoch))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Show as many figures as there is room for."""
        room = self.width() - self.loss.sizeHint().width()
        for figure in self._yielding:
            if figure in self._unknown:
                figure.hide()
                continue
            room -= figure.sizeHint().width() + GAP
            figure.setVisible(room >= 0)

    def show_snapshot(self, snapshot: Snapshot, goal: int, *, hidden: bool = False) -> None:
        """The numbers of now; ``goal``: the last epoch; ``hidden``: a walk asks, and has not come to the loss."""
        if self.epoch.number.reserve(f"{max(goal, snapshot.epoch)} / {goal}"):
            self._fit()
        self.epoch.show_number(f"{snapshot.epoch} / {goal}")
        batch = snapshot.batch
        self.picker.show_batch(batch)
        self.loss.show_number("?" if hidden else _number(snapshot.trace.loss))
        stands = ", which training takes next" if batch.is_next and batch.count > 1 else ""
        self.loss.explain(
            f"The loss of {batch.name}{stands}, with the weights of now; loss node, wires and walk show that batch"
        )
        self.mean.show_number(_number(snapshot.mean_loss), _mean_caption(snapshot))
        self.mean.explain(_mean_tip(snapshot))
        # Of training rows it would say as much as the loss does.
        told = Judged() if hidden and snapshot.judged.on == "training" else snapshot.judged
        self._show_judged(told, snapshot.tested, held_back=snapshot.validation_rows > 0)
        speed = snapshot.samples_per_second
        self.speed.show_number(f"{rate(speed)}/s" if speed else NOTHING)
        left = snapshot.seconds_left if snapshot.state == "running" else None
        self.left.show_number(NOTHING if left is None else duration(left))

    def _show_judged(self, judged: Judged, tested: Judged | None, *, held_back: bool) -> None:
        when = "with the weights of now" if judged.epoch is None else f"after epoch {judged.epoch}"
        self.validation.show_number(_number(judged.validation_loss))
        rows = f"the {judged.rows:,} validation rows, which are never trained on"
        self.validation.explain(
            f"Loss on {rows}, {when}" if judged.validation_loss is not None else "There are no validation rows"
        )
        found = first_metric(judged.metrics)
        there = tested is not None and tested.loss is not None
        known = ((self.score, found), (self.validation, held_back), (self.test, there))
        unknown = {each for each, is_known in known if not is_known}
        if unknown != self._unknown:
            self._unknown = unknown
            self._fit()
        if tested is not None and there:
            name, value = first_metric(tested.metrics) or ("loss", tested.loss or 0.0)
            self.test.show_number(metric_text(name, value), f"test {metric_caption(name)}")
            self.test.explain(tested.sentence)
        if found is not None:
            name, value = found
            self.score.show_number(metric_text(name, value), metric_caption(name))
            self.score.number.setAccessibleName(f"{name} {self.score.number.text()}")
            if judged.on == "training":
                rows = f"{judged.rows:,} training rows, as none are held back"
            others = "".join(f"; {n} {metric_text(n, v)}" for n, v in judged.metrics.items() if n != name)
            self.score.explain(f"{name.capitalize()} on {rows}, {when}{others}")


def _number(value: float | None) -> str:
    return NOTHING if value is None else short(value)


def _mean_caption(snapshot: Snapshot) -> str:
    if snapshot.batch.steps == 1:
        return "last step"
    return "mean so far" if snapshot.progress.place else "epoch mean"


def _mean_tip(snapshot: Snapshot) -> str:
    if snapshot.batch.steps == 1:
        return "The training loss that the last step found, before it changed the weights"
    place = snapshot.progress.place
    if place:
        return (
            f"The mean training loss of {place.done} of {place.order.steps} batches of epoch {snapshot.epoch + 1}, "
            "each before its step"
        )
    return f"The mean training loss over the rows of epoch {snapshot.epoch}, each batch before its step"
