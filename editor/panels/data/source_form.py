"""Where the data comes from: a data set, a file or a table in the document; its options, and how the rows are split."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QProgressBar, QWidget

from compute.data import (
    SOURCES,
    SPLIT,
    SPLIT_KINDS,
    ColumnFacts,
    Table,
    find_source,
    load_table,
    option_values,
    source_of_file,
)
from compute.data_edits import look_through, split_by, use_data
from compute.document import SETTINGS
from compute.edits import Edit
from compute.errors import as_sentence
from editor.background import Background, Task
from editor.panels.data.choice import describe, key_of, offers
from editor.panels.fields import ColumnField, Field
from editor.panels.form import Form
from editor.panels.widgets import Combo, Elided, button, column, paragraph, row
from editor.plain import set_tip, tip_text
from editor.questions import ask_file
from editor.session import Session

_READ, _SEED, _COLUMN = 0.9, "seed", "split_column"
"""The share of the time that reading takes; the rest goes by looking through the columns."""


_SHARES = ("validation_fraction", "test_fraction")


class SourceForm(QWidget):
    """Every choice is one undo step. What is read is read beside the window, and can be called off. ``file_chosen``
    sends the data section of a file that is to be looked at before it is used."""

    file_chosen = Signal(object)

    def __init__(self, session: Session, background: Background) -> None:
        super().__init__()
        self.session = session
        self._background = background
        self._wanted: Mapping[str, Any] | None = None
        """The data section that was asked for last."""
        self._task: Task | None = None
        self._columns: tuple[str, ...] = ()
        self.known: tuple[Table | None, Sequence[ColumnFacts]] = None, ()
        """The table that was read last, and what is known of its columns."""
        self.data = Combo(name="Data")
        self.data.setMaxVisibleItems(24)
        self.about = paragraph("", "dim", 9.0)
        self.problem = paragraph("", "error", 9.0)
        self.problem.hide()
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setRange(0, 100)
        self.progress = Elided("dim", 9.0)
        self.cancel = button("Cancel", "", "Stop reading; the data stays as it was", "flat")
        self.cancel.clicked.connect(self._call_off)
        self.work = QWidget()
        working = column(self.work, 0, 4)
        line = row(spacing=4)
        line.addWidget(self.progress, 1)
        line.addWidget(self.cancel)
        working.addLayout(line)
        working.addWidget(self.bar)
        self.work.hide()
        self.options, self.split = Form(92), Form(92)
        self.split.set_params((*SPLIT, SETTINGS[_SEED]))
        self._layout = column(self, 0, 8)
        for part in (self.data, self.work, self.problem, self.about, self.options, self.split):
            self._layout.addWidget(part)
        self._layout.addStretch(1)
        self.data.activated.connect(self._choose)
        self.options.changed.connect(self._set_option)
        self.split.changed.connect(self._set_split)
        session.document_edited.connect(self._edited)
        session.document_replaced.connect(self._on_change)
        session.snapshot_changed.connect(self._on_snapshot)
        session.reading_changed.connect(self._show_reading)
        self.refresh()

    def add_to_source(self, part: QWidget) -> None:
        """Something that is done with what was chosen, below what is said of it."""
        self._layout.insertWidget(self._layout.indexOf(self.about) + 1, part, 0, Qt.AlignmentFlag.AlignLeft)

    def add_below(self, part: QWidget) -> None:
        """Something that is done with the data, below the form."""
        self._layout.insertWidget(self._layout.count() - 1, part)

    # -- showing --------------------------------------------------------------------------------------------

    def _edited(self, edit: Edit) -> None:
        if not edit.only_teaches:
            self._on_change()

    def _on_change(self) -> None:
        # A complaint about a file belongs to the document that it was chosen for, as that was then.
        self.complain("")
        self.refresh()

    def refresh(self) -> None:
        """The data section as the document has it."""
        data = self.session.document.data
        source, here = find_source(data), key_of(data)
        pairs = [(offer.key, offer.title) for offer in offers().values()]
        if here not in dict(pairs):
            pairs.insert(0, (here, describe(data)))
        self.data.set_pairs(pairs)
        for index, offer in enumerate(offers().values(), start=self.data.count() - len(offers())):
            self.data.setItemData(index, tip_text(offer.help), Qt.ItemDataRole.ToolTipRole)
        self.data.choose(here)
        about = source.explain(data) if source else ""
        set_tip(self.data, about)
        if self.about.text() != about:
            self.about.setText(about)
        self.about.setVisible(bool(about))
        options = source.options(data) if source else ()
        self.options.set_params(options)
        self.options.setVisible(bool(options))
        self.options.show_values(option_values(data))
        self._show_split(data)

    def _show_split(self, data: Mapping[str, Any]) -> None:
        kind = SPLIT_KINDS.get(str(data.get("split", "random")), SPLIT_KINDS["random"])
        hidden = {_COLUMN} if not kind.column else set() if kind.shares else set(_SHARES)
        self.split.show_only(self.split.fields.keys() - hidden)
        field, columns = self.split.fields[_COLUMN], self.session.snapshot.columns
        if isinstance(field, ColumnField):
            field.set_columns(
                columns, {"target": "what is predicted", "rows": "as they stand"}.get(kind.column, "none")
            )
            field.describe(f"The column that says {kind.by}." if kind.by else "")
        self.split.show_values({**data, _SEED: self.session.document.training.seed})

    def _on_snapshot(self) -> None:
        """The columns of the data may be others by now."""
        columns = self.session.snapshot.columns
        if columns is not self._columns:
            self._columns = columns
            self._show_split(self.session.document.data)

    def complain(self, sentence: str) -> None:
        """Say what is wrong with the data that was asked for; "" for nothing."""
        self.problem.setText(as_sentence(sentence) if sentence else "")
        self.problem.setVisible(bool(sentence))

    # -- editing --------------------------------------------------------------------------------------------

    def _set_split(self, name: str, value: Any) -> None:
        session = self.session
        text = f"Change {name.replace('_', ' ')}"
        if name == _SEED:
            session.apply(session.edits.set_training(text, seed=value))
        elif name == "split":
            session.apply(split_by(session.document, value, session.snapshot.table, text))
        else:
            session.apply(session.edits.set_data(text, {**session.document.data, name: value}))

    def _set_option(self, name: str, value: Any) -> None:
        before = self.session.document.data
        data = {**before, "options": {**option_values(before), name: value}}
        self.session.apply(self.session.edits.set_data(f"Change {name} of the data", data))

    def _choose(self) -> None:
        offer = offers().get(self.data.key)
        source = find_source(offer.section) if offer else None
        if offer is None or source is None:
            return  # the data of now was chosen again
        if not source.has_path:
            self.use(offer.section)
            return
        self.refresh()  # until another file is read
        self.ask_file(source.name)

    def ask_file(self, only: str = "") -> None:
        """Ask for a file of one source, or of any that reads files."""
        sources = [each for each in SOURCES.values() if each.has_path and only in ("", each.name)]
        endings = " ".join(f"*{ending}" for each in sources for ending in each.endings)
        kinds = f"{sources[0].title if only else 'Data'} ({endings})"
        folder = str(self.session.document.folder or "")
        ask_file(self, "Choose data", kinds, folder, None, lambda path: self.use_file(str(path), only))

    def use_file(self, path: str, only: str = "") -> None:
        """The data in a file, by its ending; another ending is taken for the first source that reads files."""
        if self._task:
            self._task.cancel()
        self.complain("")
        self.file_chosen.emit({"source": only or source_of_file(path).name, "path": path})

    def use(self, source: Mapping[str, Any]) -> None:
        """Another data section, in one undo step, once it is read; what cannot be read is said here and changes
        nothing. Of several that are chosen one after the other, the last counts."""
        document, name = self.session.document, describe(source)
        folder, graph = document.folder, document.graph.copy()
        if self._task:
            self._task.cancel()
        self._wanted = source
        self.complain("")

        def is_wanted() -> bool:
            return self._wanted is source and self.session.document is document and not task.is_cancelled

        def read(task: Task) -> tuple[Table, Sequence[ColumnFacts]]:
            table = load_table(source, folder, lambda share: task.tell(_READ * share))
            return table, look_through(graph, source, table, lambda share: task.tell(_READ + (1 - _READ) * share))

        def done(found: tuple[Table, Sequence[ColumnFacts]]) -> None:
            self._end(task)
            if is_wanted():
                self.known = found
                self.session.apply(use_data(document, source, *found, f"Use {name}"))

        def failed(sentence: str) -> None:
            self._end(task)
            if is_wanted():
                self.session.message.emit(f"{name} was not read")
                self.refresh()
                self.complain(sentence)

        def cancelled() -> None:
            self._end(task)
            if self._wanted is source:
                self.refresh()

        def progress(share: float) -> None:
            if self._task is task:
                self.bar.setValue(round(100 * share))

        task = self._background.run(read, done, failed, name=f"Reading {name}", progress=progress, cancelled=cancelled)
        self._task = task
        self.bar.setValue(0)
        self.progress.set_text(f"Reading {name} …")
        self.work.show()

    def _end(self, task: Task) -> None:
        if self._task is task:
            self._task = None
            self.work.hide()

    def _call_off(self) -> None:
        if self._task:
            self._task.cancel()
        else:
            self.session.stop_reading()

    def _show_reading(self, share: float | None) -> None:
        """The compute thread reads the data of a document that was opened."""
        if self._task:
            return
        if share is not None:
            self.bar.setValue(round(100 * share))
            self.progress.set_text(f"Reading {describe(self.session.document.data)} …")
        self.work.setVisible(share is not None)

    def fields(self) -> dict[str, Field]:
        """Every field of the forms by its parameter's name."""
        return {name: field for form in (self.options, self.split) for name, field in form.fields.items()}
