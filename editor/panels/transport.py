"""The transport strip of the toolbar: reset, train, step, backprop, and where training stands."""

from __future__ import annotations

import math

from PySide6.QtCore import QSize
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QSizePolicy, QWidget

from compute.numbers_text import short
from compute.series import LOSS, VALIDATION_LOSS
from compute.snapshot import Snapshot
from editor import icons
from editor.panels.device import DeviceChip
from editor.panels.widgets import Stable, button, label, of_action, row
from editor.plain import set_tip
from editor.session import Session

NOTHING = "—"
"""Stands for a number that is not known, which is not 0."""


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


class Readings(QWidget):
    """Epoch, losses, speed and time left; their places never move."""

    def __init__(self) -> None:
        super().__init__()
        self.epoch = Stable("00000 / 00000", "epoch")
        self.loss = Stable("−0.00e-00", "training loss", "train")
        self.validation = Stable("−0.00e-00", "validation loss", "validation")
        self.speed = Stable("000.0 M/s", "samples per second")
        self.left = Stable("> 99 h", "time left")
        self.more = QWidget()
        """Speed and time left, which give way where the window is narrow."""
        layout, further = row(self, spacing=6), row(self.more, spacing=6)
        for text, reading, tip in (
            ("epoch", self.epoch, "Epochs done, and the epoch at which training is finished"),
            ("loss", self.loss, "Mean loss over the training rows since the last point of the curve"),
            ("val", self.validation, "Loss on the validation rows, which are never trained on"),
            ("samples", self.speed, "Rows trained per second"),
            ("left", self.left, "Time until the last epoch is done"),
        ):
            name = label(text, "dim", 9.0)
            set_tip(name, tip)
            set_tip(reading, tip)
            place = further if reading in (self.speed, self.left) else layout
            place.addWidget(name)
            place.addWidget(reading)
            if reading is not self.left:
                place.addSpacing(6)
        layout.addWidget(self.more)

    def show_snapshot(self, snapshot: Snapshot, goal: int) -> None:
        """The numbers of now; ``goal``: the last epoch."""
        train, judged = snapshot.series(LOSS).y, snapshot.series(VALIDATION_LOSS).y
        loss = float(train[-1]) if len(train) else snapshot.trace.loss
        validation = float(judged[-1]) if len(judged) else None
        self.epoch.set_text(f"{snapshot.epoch} / {goal}")
        self.loss.set_text(NOTHING if loss is None else short(loss))
        self.validation.set_text(NOTHING if validation is None else short(validation))
        speed = snapshot.samples_per_second
        self.speed.set_text(f"{rate(speed)}/s" if speed else NOTHING)
        left = snapshot.seconds_left if snapshot.state == "running" else None
        self.left.set_text(NOTHING if left is None else duration(left))


class Transport(QFrame):
    """The strip itself; buttons call the session, and follow its state."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.setProperty("kind", "bar")
        self.setAccessibleName("Training controls")
        self.reset = button("Reset", "reset")
        of_action(self.reset, "reset", "Back to the same first weights; the seed is in the settings")
        self.train = button("Train", "play", kind="primary", token="on_accent")
        of_action(self.train, "train", "Train until the epochs are done")
        self.step = of_action(button("Step", "step"), "step_batch", "One update with one batch")
        self.epoch = of_action(button("Epoch", "step-epoch"), "step_epoch", "To the end of the present epoch")
        self.backprop = button("Backprop", "backprop")
        of_action(self.backprop, "walk", "Walk through forward, loss, backward and update, one calculation at a time")
        icons.set_icon(self.backprop, "backprop", "backward")
        self.backprop.setCheckable(True)
        self.readings = Readings()
        self.device = DeviceChip(session)
        layout = row(self, spacing=4)
        layout.setContentsMargins(12, 6, 12, 6)
        for each in (self.reset, self.train, self.step, self.epoch, self.backprop):
            each.setIconSize(QSize(16, 16))
            each.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
            layout.addWidget(each)
        self.train.setFixedWidth(self._widest(self.train, ("Train", "Pause", "Continue")))
        layout.addSpacing(16)
        layout.addWidget(self.readings)
        layout.addSpacing(8)
        layout.addStretch(1)
        layout.addWidget(self.device)
        self.reset.clicked.connect(session.reset)
        self.train.clicked.connect(session.toggle_training)
        self.step.clicked.connect(session.step_batch)
        self.epoch.clicked.connect(session.step_epoch)
        self.backprop.clicked.connect(self._toggle_walk)
        session.snapshot_changed.connect(self._show)
        session.training_changed.connect(self._refresh)
        session.document_edited.connect(self._refresh)
        session.document_replaced.connect(self._refresh)
        session.walk_changed.connect(self._show_walk)
        self._refresh()

    @staticmethod
    def _widest(push: QWidget, texts: tuple[str, ...]) -> int:
        return max(push.fontMetrics().horizontalAdvance(text) for text in texts) + 52

    def minimumSizeHint(self) -> QSize:
        whole = self.sizeHint()
        shown = not self.readings.more.isHidden()
        return QSize(whole.width() - (self.readings.more.sizeHint().width() + 6 if shown else 0), whole.height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        shown = not self.readings.more.isHidden()
        whole = self.sizeHint().width() + (0 if shown else self.readings.more.sizeHint().width() + 6)
        if shown != (self.width() >= whole):
            self.readings.more.setVisible(not shown)

    def _toggle_walk(self) -> None:
        if self.session.walk is None:
            self.session.start_walk()
        else:
            self.session.stop_walk()
        self._show_walk()

    def _show_walk(self) -> None:
        self.backprop.setChecked(self.session.walk is not None)

    def _refresh(self) -> None:
        self._show(self.session.snapshot)

    def _show(self, snapshot: Snapshot) -> None:
        running = self.session.is_training
        begun = snapshot.step > 0 and snapshot.state != "finished"
        text = "Pause" if running else "Continue" if begun else "Train"
        if self.train.text() != text:
            self.train.setText(text)
            self.train.setAccessibleName(text)
            icons.set_icon(self.train, "pause" if running else "play", "on_accent")
        self.readings.show_snapshot(snapshot, snapshot.goal or self.session.document.training.epochs)
