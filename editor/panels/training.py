"""The training settings: every change is an edit that can be undone, also while it trains."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QFrame, QScrollArea, QSizePolicy, QWidget

from compute.analysis import Analysis
from compute.document import SETTINGS
from compute.edits import Edit
from compute.numbers_text import count_text
from compute.ops import find, role_of
from compute.optimizers import OPTIMIZERS
from compute.snapshot import Snapshot
from editor import theme
from editor.panels.data.choice import describe
from editor.panels.device import DeviceChip
from editor.panels.fields import Field
from editor.panels.form import Form
from editor.panels.schedule import ScheduleForm
from editor.panels.widgets import Combo, button, column, label, paragraph
from editor.plain import caption
from editor.session import Session

LIMITS = tuple(SETTINGS[name] for name in ("clip_norm", "clip_value"))
STOPPING = tuple(SETTINGS[name] for name in ("patience", "min_delta"))
RUN = tuple(param for param in SETTINGS.values() if param.kind in ("int", "bool") and param not in STOPPING)
RATE = "learning_rate"
WIDE = 560
"""From this width on, the two sections stand side by side."""


def section(title: str, *widgets: QWidget) -> QWidget:
    """A heading and what belongs under it."""
    box = QWidget()
    layout = column(box, 0, 6)
    heading = label(title, bold=True)
    heading.setWordWrap(True)
    layout.addWidget(heading)
    for widget in widgets:
        layout.addWidget(widget)
    layout.addStretch(1)
    return box


class TrainingPanel(QFrame):
    """Optimizer and batches on one side, what it trains on on the other."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.setProperty("kind", "panel")
        self.setAccessibleName("Training settings")
        self.loss = Combo(name="Loss")
        self._offered: Analysis | None = None
        """What the losses on offer are of."""
        self.optimizer = Combo(name="Optimizer")
        self.data = button("", "data", "Where the rows come from, and what there is: opens the place of the data.")
        self.data.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.summary = paragraph("", "dim", 9.0)
        self.device = DeviceChip(session)
        self.chosen, self.rate, self.run, self.hyper, where = (Form() for _ in range(5))
        self.schedule, self.limits, self.stopping = ScheduleForm(), Form(), Form()
        self.limits.set_params(LIMITS)
        self.stopping.set_params(STOPPING)
        self.chosen.add("loss", self.loss, SETTINGS["loss"].help)
        self.chosen.add("optimizer", self.optimizer, SETTINGS["optimizer"].help)
        self.run.set_params(RUN)
        where.add("data", self.data, "Where the rows come from.")
        where.add("", self.summary)
        where.add("device", self.device, "Where training runs; the best device that a kernel was built and run on.")
        left = section("Optimizer and batches", self.chosen, self.rate, self.run, self.hyper)
        right = section("Data and device", where)
        for title, part in (
            ("Learning rate over time", self.schedule),
            ("Gradient clipping", self.limits),
            ("Early stopping", self.stopping),
        ):
            box = right.layout()
            assert isinstance(box, QBoxLayout)
            box.insertSpacing(box.count() - 1, 8)
            box.insertWidget(box.count() - 1, section(title, part))
        inside = QWidget()
        self._sides = QBoxLayout(QBoxLayout.Direction.LeftToRight, inside)
        self._sides.setContentsMargins(16, 12, 16, 12)
        self._sides.setSpacing(24)
        self._sides.addWidget(left, 1)
        self._sides.addWidget(right, 1)
        self._scroll = QScrollArea()
        self._scroll.setAccessibleName("Training settings")
        self._scroll.setWidgetResizable(True)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setWidget(inside)
        column(self).addWidget(self._scroll)
        self._listen()
        self._refresh()

    def _listen(self) -> None:
        self.loss.activated.connect(self._set_loss)
        self.optimizer.activated.connect(self._set_optimizer)
        for of_optimizer in (self.rate, self.hyper):
            of_optimizer.changed.connect(self._set_hyper)
        for of_training in (self.run, self.limits, self.stopping):
            of_training.changed.connect(self._set_run)
        self.schedule.changed.connect(self._set_schedule)
        self.session.document_edited.connect(self._edited)
        self.session.document_replaced.connect(self._refresh)
        self.session.snapshot_changed.connect(self._show_snapshot)

    def sizeHint(self) -> QSize:
        return QSize(420, 250)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        wide = self.width() >= WIDE * theme.ui_font().pointSizeF() / 9.0
        direction = QBoxLayout.Direction.LeftToRight if wide else QBoxLayout.Direction.TopToBottom
        if direction != self._sides.direction():
            self._sides.setDirection(direction)

    # -- showing --------------------------------------------------------------------------------------------

    def _refresh(self) -> None:
        document = self.session.document
        training = document.training
        name = str(training.optimizer.get("name", "sgd"))
        optimizer = OPTIMIZERS.get(name)
        pairs = [(key, cls.title) for key, cls in OPTIMIZERS.items()]
        self.optimizer.set_pairs(pairs if optimizer else [*pairs, (name, f"{name} (not known)")])
        self.optimizer.choose(name)
        params = optimizer.params if optimizer else ()
        # What people turn most stands first; what an optimizer brings beside it, last.
        self.rate.set_params([param for param in params if param.name == RATE])
        self.hyper.set_params([param for param in params if param.name != RATE])
        for of_optimizer in (self.rate, self.hyper):
            of_optimizer.show_values(training.optimizer)
        for form, declared in ((self.run, RUN), (self.limits, LIMITS), (self.stopping, STOPPING)):
            form.show_values({param.name: getattr(training, param.name) for param in declared})
        self.schedule.show_settings(training, self.session.snapshot)
        self._offer_losses(self.session.snapshot)
        what = describe(document.data)
        self.data.setText(caption(what))
        self.data.setAccessibleName(f"Data: {what}")
        self._show_snapshot(self.session.snapshot)

    def _edited(self, edit: Edit) -> None:
        if not edit.only_teaches:
            self._refresh()

    def _offer_losses(self, snapshot: Snapshot) -> None:
        graph, analysis = self.session.document.graph, snapshot.analysis
        self._offered = analysis
        scalars = [n for n, shape in analysis.shapes.items() if shape == () and n in graph.nodes]
        scalars.sort(key=lambda n: role_of(graph.nodes[n].op) != "loss")
        chosen = self.session.document.training.loss
        pairs = [(n, graph.nodes[n].label) for n in scalars]
        if chosen not in scalars:
            if chosen not in graph.nodes:
                why = "not in the graph"
            else:
                why = "not a scalar" if chosen in analysis.shapes else "not computed"
            pairs.insert(0, (chosen, f"{chosen} ({why})" if chosen else "not chosen"))
        self.loss.set_pairs(pairs)
        self.loss.choose(chosen)

    def _show_snapshot(self, snapshot: Snapshot) -> None:
        if snapshot.revision == self.session.revision and snapshot.analysis is not self._offered:
            self._offer_losses(snapshot)
        rows, held = count_text(snapshot.rows), count_text(snapshot.validation_rows)
        test = f" · {count_text(snapshot.test_rows)} test" if snapshot.test_rows else ""
        text = f"{rows} training · {held} validation{test} rows · {len(snapshot.columns)} columns"
        if not snapshot.columns:
            ops = {node.op for node in self.session.document.graph.nodes.values()}
            reads = any((op := find(name)) and op.is_data for name in ops)
            nothing = "No data." if reads else "No data nodes read this; one step is an epoch."
            text = nothing if snapshot.revision >= 0 else ""
        if self.summary.text() != text:
            self.summary.setText(text)
        self.schedule.show_place(self.session.document.training, snapshot)

    # -- editing --------------------------------------------------------------------------------------------

    def _training_edit(self, what: str, **fields: Any) -> None:
        self.session.apply(self.session.edits.set_training(f"Change {what.replace('_', ' ')}", **fields))

    def _set_loss(self) -> None:
        if self.loss.key != self.session.document.training.loss:
            self._training_edit("loss", loss=self.loss.key)

    def _set_optimizer(self) -> None:
        before, name = self.session.document.training.optimizer, self.optimizer.key
        if name != before.get("name"):
            kept = {p.name: before[p.name] for p in OPTIMIZERS[name].params if p.name in before}
            self._training_edit("optimizer", optimizer={"name": name, **kept})

    def _set_hyper(self, name: str, value: Any) -> None:
        self._training_edit(name, optimizer={**self.session.document.training.optimizer, name: value})

    def _set_schedule(self, name: str, schedule: Mapping[str, Any]) -> None:
        self._training_edit(name, schedule=schedule)

    def _set_run(self, name: str, value: Any) -> None:
        self._training_edit(name, **{name: value})

    def ask_for_loss(self) -> None:
        """Open the list of losses, where a problem asks for another choice."""
        self._scroll.ensureWidgetVisible(self.loss)
        self.loss.setFocus()
        self.loss.showPopup()

    def fields(self) -> dict[str, Field]:
        """Every field of the forms by its parameter's name."""
        forms = (self.rate, self.run, self.hyper, self.schedule.form, self.limits, self.stopping)
        return {name: field for form in forms for name, field in form.fields.items()}
