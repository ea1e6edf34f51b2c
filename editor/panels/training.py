"""The training settings: every change is an edit that can be undone, also while it trains."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QFrame, QScrollArea, QWidget

from compute.data import SPLIT, ColumnFacts, Table, find_source, load_table, option_values
from compute.data_edits import look_through, use_data
from compute.document import SETTINGS
from compute.errors import as_sentence
from compute.ops import find, role_of
from compute.optimizers import OPTIMIZERS
from compute.snapshot import Snapshot
from editor import theme
from editor.background import Background, Task
from editor.panels.data_choice import describe, key_of, offers
from editor.panels.device import DeviceChip
from editor.panels.fields import Field
from editor.panels.form import Form
from editor.panels.widgets import Combo, column, label, paragraph
from editor.plain import set_tip, tip_text
from editor.questions import ask_file
from editor.session import Session

RUN = tuple(param for param in SETTINGS.values() if param.kind in ("int", "bool"))
RATE = "learning_rate"
WIDE = 560
"""From this width on, the two sections stand side by side."""


def section(title: str, *widgets: QWidget) -> QWidget:
    """A heading and what belongs under it."""
    box = QWidget()
    layout = column(box, 0, 6)
    layout.addWidget(label(title, bold=True))
    for widget in widgets:
        layout.addWidget(widget)
    layout.addStretch(1)
    return box


class TrainingPanel(QFrame):
    """Optimizer and batches on one side, data and device on the other."""

    def __init__(self, session: Session, background: Background, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self._background = background
        self._wanted: Mapping[str, Any] | None = None
        """The data section that was asked for last."""
        self.setProperty("kind", "panel")
        self.setAccessibleName("Training settings")
        self.loss = Combo(name="Loss")
        self.optimizer = Combo(name="Optimizer")
        self.data = Combo(name="Data")
        self.data.setMaxVisibleItems(16)
        self.summary = paragraph("", "dim", 9.0)
        self.data_problem = paragraph("", "error", 9.0)
        self.data_problem.hide()
        self.device = DeviceChip(session)
        forms = (Form() for _ in range(7))
        self.chosen, self.rate, self.run, self.hyper, self.source, self.options, self.split = forms
        self.chosen.add("loss", self.loss, SETTINGS["loss"].help)
        self.chosen.add("optimizer", self.optimizer, SETTINGS["optimizer"].help)
        self.source.add("data", self.data, "Where the rows come from.")
        self.run.set_params(RUN)
        self.split.set_params(SPLIT)
        where = Form()
        where.add("device", self.device, "Where training runs; the best device that a kernel was built and run on.")
        left = section("Training", self.chosen, self.rate, self.run, self.hyper)
        right = section("Data", self.source, self.data_problem, self.summary, self.options, self.split, where)
        inside = QWidget()
        self._sides = QBoxLayout(QBoxLayout.Direction.LeftToRight, inside)
        self._sides.setContentsMargins(16, 12, 16, 12)
        self._sides.setSpacing(24)
        self._sides.addWidget(left, 1)
        self._sides.addWidget(right, 1)
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setWidget(inside)
        column(self).addWidget(self._scroll)
        self._listen()
        self._refresh()

    def _listen(self) -> None:
        self.loss.activated.connect(self._set_loss)
        self.optimizer.activated.connect(self._set_optimizer)
        self.data.activated.connect(self._set_data)
        for of_optimizer in (self.rate, self.hyper):
            of_optimizer.changed.connect(self._set_hyper)
        self.run.changed.connect(self._set_run)
        self.options.changed.connect(self._set_option)
        self.split.changed.connect(self._set_split)
        self.session.document_edited.connect(self._on_change)
        self.session.document_replaced.connect(self._on_change)
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

    def _on_change(self) -> None:
        # A complaint about a file belongs to the document that it was chosen for, as that was then.
        self.data_problem.hide()
        self._refresh()

    def _refresh(self) -> None:
        document = self.session.document
        training, data = document.training, document.data
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
        self.run.show_values({param.name: getattr(training, param.name) for param in RUN})
        self._offer_losses(self.session.snapshot)
        self._show_data(data)
        self._show_snapshot(self.session.snapshot)

    def _show_data(self, data: Mapping[str, Any]) -> None:
        source, here = find_source(data), key_of(data)
        pairs = [(offer.key, offer.title) for offer in offers().values()]
        if here not in dict(pairs):
            pairs.insert(0, (here, describe(data)))
        self.data.set_pairs(pairs)
        for index, offer in enumerate(offers().values(), start=self.data.count() - len(offers())):
            self.data.setItemData(index, tip_text(offer.help), Qt.ItemDataRole.ToolTipRole)
        self.data.choose(here)
        options = source.options(data) if source else ()
        set_tip(self.data, source.explain(data) if source else "")
        self.options.set_params(options)
        self.options.setVisible(bool(options))
        self.options.show_values(option_values(data))
        self.split.show_values(data)

    def _offer_losses(self, snapshot: Snapshot) -> None:
        graph, analysis = self.session.document.graph, snapshot.analysis
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
        if snapshot.revision == self.session.revision:
            self._offer_losses(snapshot)
        rows = f"{snapshot.rows:,}".replace(",", "\u2009")
        held = f"{snapshot.validation_rows:,}".replace(",", "\u2009")
        text = f"{rows} training · {held} validation rows · {len(snapshot.columns)} columns"
        if not snapshot.columns:
            reads = any((op := find(n.op)) and op.is_data for n in self.session.document.graph.nodes.values())
            nothing = "No data." if reads else "No data nodes read this; one step is an epoch."
            text = nothing if snapshot.revision >= 0 else ""
        if self.summary.text() != text:
            self.summary.setText(text)

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

    def _set_run(self, name: str, value: Any) -> None:
        self._training_edit(name, **{name: value})

    def _set_split(self, name: str, value: Any) -> None:
        data = {**self.session.document.data, name: value}
        self.session.apply(self.session.edits.set_data(f"Change {name.replace('_', ' ')}", data))

    def _set_option(self, name: str, value: Any) -> None:
        before = self.session.document.data
        data = {**before, "options": {**option_values(before), name: value}}
        self.session.apply(self.session.edits.set_data(f"Change {name} of the data", data))

    def _set_data(self) -> None:
        offer = offers().get(self.data.key)
        source = find_source(offer.section) if offer else None
        if offer is None or source is None:
            return  # the data of now was chosen again
        if not source.has_path:
            self.use_data(offer.section)
            return
        kinds = f"{source.title} ({' '.join('*' + ending for ending in source.endings)})"
        self._show_data(self.session.document.data)  # until another file is read
        folder = str(self.session.document.folder or "")
        ask_file(
            self, "Choose data", kinds, folder, None, lambda path: self.use_data({**offer.section, "path": str(path)})
        )

    def use_data(self, source: Mapping[str, Any]) -> None:
        """Another data section, in one undo step, once it is read; what cannot be read is said here and changes
        nothing. Of several that are chosen one after the other, the last counts."""
        document, name = self.session.document, describe(source)
        folder = document.folder
        self._wanted = source
        self.data_problem.hide()

        def is_wanted() -> bool:
            return self._wanted is source and self.session.document is document and not task.is_cancelled

        graph = document.graph.copy()

        def read(task: Task) -> tuple[Table, Sequence[ColumnFacts]]:
            table = load_table(source, folder, lambda share: task.tell(0.9 * share))
            return table, look_through(graph, source, table, lambda share: task.tell(0.9 + 0.1 * share))

        def done(found: tuple[Table, Sequence[ColumnFacts]]) -> None:
            if is_wanted():
                self.session.apply(use_data(document, source, *found, f"Use {name}"))

        def failed(sentence: str) -> None:
            if is_wanted():
                self.session.message.emit(f"{name} was not read")
                self._show_data(document.data)
                self.data_problem.setText(as_sentence(sentence))
                self.data_problem.show()

        task = self._background.run(read, done, failed, name=f"Reading {name}")

    def ask_for(self, what: Literal["loss", "data"]) -> None:
        """Open the list of losses or of data, where a problem asks for another choice."""
        combo = self.loss if what == "loss" else self.data
        self._scroll.ensureWidgetVisible(combo)
        combo.setFocus()
        combo.showPopup()

    def fields(self) -> dict[str, Field]:
        """Every field of the forms by its parameter's name."""
        forms = (self.rate, self.run, self.hyper, self.options, self.split)
        return {name: field for form in forms for name, field in form.fields.items()}
