"""The transport strip of the toolbar: reset, train, step, backprop, and where training stands."""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QSizePolicy, QWidget

from compute.snapshot import Snapshot
from compute.worker.pace import SPEEDS
from editor import icons, theme
from editor.panels.device import DeviceChip
from editor.panels.figures import Figures
from editor.panels.widgets import Combo, button, of_action, row
from editor.plain import set_tip
from editor.scale import px
from editor.session import Session


def _key(speed: float | None) -> str:
    return "" if speed is None else f"{speed:g}"


def _short(speed: float | None) -> str:
    return "max" if speed is None else f"{speed:g}/s"


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
        self.speed = Combo([(_key(speed), _short(speed)) for speed in SPEEDS], "Speed of the training")
        set_tip(
            self.speed,
            "How many steps a second training does at most. Up to 5 each step is shown with its own batch.",
        )
        self.figures = Figures(session)
        self.device = DeviceChip(session)
        self._words = {each: each.text() for each in (self.reset, self.train, self.step, self.epoch, self.backprop)}
        self._bare = False
        """Whether the buttons show their icons alone."""
        layout = row(self, spacing=4)
        layout.setContentsMargins(12, 6, 12, 6)
        for each in self._words:
            each.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
            layout.addWidget(each)
        layout.insertWidget(layout.indexOf(self.backprop), self.speed)
        layout.addSpacing(8)
        layout.addWidget(self.figures, 1)
        layout.addSpacing(8)
        layout.addWidget(self.device)
        theme.notifier.changed.connect(self._fit)
        self._fit()
        self.reset.clicked.connect(session.reset)
        self.train.clicked.connect(session.toggle_training)
        self.step.clicked.connect(session.step_batch)
        self.epoch.clicked.connect(session.step_epoch)
        self.backprop.clicked.connect(self._toggle_walk)
        self.speed.activated.connect(lambda: session.set_speed(float(self.speed.key) if self.speed.key else None))
        session.snapshot_changed.connect(self._show)
        session.training_changed.connect(self._refresh)
        session.document_edited.connect(self._refresh)
        session.document_replaced.connect(self._refresh)
        session.walk_changed.connect(self._show_walk)
        session.walk_changed.connect(self._refresh)
        self._refresh()

    def minimumSizeHint(self) -> QSize:
        return QSize(self._width(bare=True), super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Where it is narrow, the buttons show their icons alone."""
        self.speed.setFixedWidth(self.speed.fontMetrics().horizontalAdvance("1000/s") + px(44))
        bare = self._width(bare=False) > self.width()
        if bare != self._bare and self.isVisible():
            self._bare = bare
            for each, text in self._words.items():
                each.setText("" if bare else text)
        # The button that changes its text does not move the others.
        self.train.setFixedWidth((0 if self._bare else self._widest()) + px(52))

    def _widest(self) -> int:
        return max(self.train.fontMetrics().horizontalAdvance(text) for text in ("Train", "Pause", "Continue"))

    def _width(self, *, bare: bool) -> int:
        """How wide it has to be, with or without words on the buttons; with them, some figures count too."""
        words = {each: each.fontMetrics().horizontalAdvance(text) + 4 for each, text in self._words.items()}
        words[self.train] = self._widest()
        change = sum(words.values()) * (int(self._bare) - int(bare))
        buttons = sum(each.sizeHint().width() for each in self._words if each is not self.train) + self.train.width()
        figures = self.figures.minimumSizeHint().width() if bare else self.figures.usual
        others = self.speed.width() + self.device.minimumSizeHint().width() + figures
        gaps = 24 + 2 * 8 + (len(words) + 3) * 4
        return buttons + change + others + gaps

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
        self.speed.choose(_key(self.session.speed))
        begun = snapshot.step > 0 and snapshot.state != "finished"
        text = "Pause" if running else "Continue" if begun else "Train"
        if self._words[self.train] != text:
            self._words[self.train] = text
            self.train.setText("" if self._bare else text)
            self.train.setAccessibleName(text)
            icons.set_icon(self.train, "pause" if running else "play", "on_accent")
        goal = snapshot.goal or self.session.document.training.epochs
        hidden = snapshot.trace.loss is not None and self.session.facts.trace.loss is None
        self.figures.show_snapshot(snapshot, goal, hidden=hidden)
