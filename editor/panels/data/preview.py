"""Data before it is used: its first rows, how it is written, what its columns hold, and what becomes of them.

What is chosen here changes nothing until it is accepted, which is one edit. All is read beside the window.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from PySide6.QtCore import QItemSelection, QItemSelectionModel, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence, QResizeEvent, QShortcut
from PySide6.QtWidgets import (
    QBoxLayout,
    QDialog,
    QDialogButtonBox,
    QLineEdit,
    QProgressBar,
    QSizePolicy,
    QSplitter,
    QWidget,
)

from compute.data import Table
from compute.data.source import First
from compute.data_preview import (
    Choices,
    Chosen,
    Preview,
    choices_at_first,
    edit_of,
    is_other,
    places,
    summary,
    tidied,
    with_inputs,
)
from compute.edits import Edit
from compute.errors import as_sentence
from compute.numbers_text import count_text, plural
from editor import theme
from editor.panels.data.preview_columns import PreviewColumns
from editor.panels.data.preview_reading import Given, Reading
from editor.panels.data.rows_table import RowsTable
from editor.panels.data.sheet import Sheet
from editor.panels.form import Form
from editor.panels.widgets import Elided, beside, button, column, label, paragraph, row, scrolling
from editor.questions import button_box
from editor.scale import px
from editor.session import Session

NARROW = 640
"""Below this width, in pixels with text as it is at first, what can be said of the file stands above the columns."""


class PreviewSheet(QDialog):
    """``used`` sends the edit and what was read, when the person agrees."""

    used = Signal(object, object)

    def __init__(self, parent: QWidget, session: Session, given: Given) -> None:
        super().__init__(parent)
        self.session, self.given = session, given
        self._document = session.document
        self.reading: dict[str, Any] = dict(given.section.get("reading") or {})
        """What is said of how it is written; the rest is guessed."""
        self._touched: dict[str, Chosen] = {}
        """What a person chose, by column, which outlasts another way of reading."""
        self.is_over = False
        """Whether the person has closed it."""
        self.preview: Preview | None = None
        self.choices: Choices = {}
        self._reading = Reading(self)
        self._targets: frozenset[str] = frozenset()
        self._proposed: frozenset[str] = frozenset()
        """What is predicted by now, and that for which inputs were proposed."""
        self.setWindowTitle("Preview of the data")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._build()
        self._lay_out()
        theme.dress(self)
        self._listen()
        room = self.screen().availableSize()
        self.resize(min(px(1040), room.width() - 40), min(px(660), room.height() - 60))

    def begin(self) -> None:
        """Show it, and read once it is painted."""
        if not self.is_over:
            self.show()
            QTimer.singleShot(0, self, self.look)

    @property
    def is_busy(self) -> bool:
        """Whether something is being read."""
        return self._reading.is_busy

    def _build(self) -> None:
        self.name = Elided("", 12.0, bold=True)
        self.name.set_text(self.given.title)
        self.size_ = label("", "dim", 9.5)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setRange(0, 100)
        self.bar.setFixedWidth(px(120))
        self.bar.setAccessibleName("Reading")
        self.stop = button("Stop", "", "Stop reading", "flat")
        self.work = beside(self.bar, self.stop, spacing=6)
        self.work.hide()
        self.form = Form(84)
        self.guess = button("Guess again", "reset", "Forget what was said of how it is written", "flat")
        self.columns = PreviewColumns()
        self.rows = RowsTable()
        self.rows.setAccessibleName("First rows")
        self.rows.setTabKeyNavigation(False)
        self.told = Elided("dim", 9.5)
        self.problem = paragraph("", "error", 9.5)
        self.summary = paragraph("", "dim", 9.5)
        self.trained = paragraph("", "warning", 9.5)
        for each in (self.problem, self.trained):
            each.hide()
        self.buttons = button_box(QDialogButtonBox.StandardButton.Ok, QDialogButtonBox.StandardButton.Cancel)
        self.agree = self.buttons.button(QDialogButtonBox.StandardButton.Ok)
        self.agree.setText("Use this data")
        self.agree.setProperty("kind", "primary")
        self.agree.setEnabled(False)

    def _lay_out(self) -> None:
        head = row(spacing=10)
        head.addWidget(self.name, 1)
        head.addWidget(self.size_)
        head.addWidget(self.work)
        self.name.setMinimumHeight(self.stop.sizeHint().height())
        side = QWidget()
        inside = column(side, 0, 8)
        inside.addWidget(label("How it is written", "dim", 9.5, bold=True))
        inside.addWidget(self.form)
        inside.addWidget(self.guess, 0, Qt.AlignmentFlag.AlignLeft)
        inside.addStretch(1)
        self.side = scrolling(side)
        self.side.hide()
        self.parts = QSplitter(Qt.Orientation.Vertical)
        self.parts.setChildrenCollapsible(False)
        for parts in ((self.columns, self.told), (label("First rows", "dim", 9.5, bold=True), self.rows)):
            whole = QWidget()
            lines = column(whole, 0, 4)
            for part in parts:
                lines.addWidget(part, int(part in (self.columns, self.rows)))
            self.parts.addWidget(whole)
        self.parts.setStretchFactor(0, 3)
        self.parts.setStretchFactor(1, 2)
        self.sides = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self.sides.setSpacing(16)
        self.sides.addWidget(self.side)
        self.sides.addWidget(self.parts, 1)
        end = row(spacing=12)
        end.addWidget(self.summary, 1)
        end.addWidget(self.buttons, 0, Qt.AlignmentFlag.AlignBottom)
        whole_ = column(self, 16, 10)
        whole_.addLayout(head)
        whole_.addLayout(self.sides, 1)
        for each in (self.problem, self.trained):
            whole_.addWidget(each)
        whole_.addLayout(end)
        for table in (self.columns, self.rows):
            table.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
            table.setMinimumHeight(px(72))

    def _listen(self) -> None:
        self.form.changed.connect(self._say)
        self.guess.clicked.connect(self._guess_again)
        self.stop.clicked.connect(self._reading.stop)
        self._reading.began.connect(self._begins)
        self._reading.first.connect(self._show_first)
        self._reading.found.connect(self._found)
        self._reading.lost.connect(self._lost)
        self._reading.share.connect(lambda share: self.bar.setValue(round(100 * share)))
        self.columns.model_.chosen.connect(self._choose)
        self.columns.model_.said.connect(self.complain)
        self.columns.column_reached.connect(self._show_column)
        self.rows.columns_.sectionClicked.connect(self._show_line)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        for keys in ("Ctrl+Return", "Ctrl+Enter"):
            QShortcut(QKeySequence(keys), self, self.accept)
        self.session.document_replaced.connect(self.reject)
        self.session.document_edited.connect(self._document_changed)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        narrow = self.width() < px(NARROW)
        self.sides.setDirection(QBoxLayout.Direction.TopToBottom if narrow else QBoxLayout.Direction.LeftToRight)
        self.side.setMaximumSize(16777215 if narrow else px(230), self.height() // 3 if narrow else 16777215)
        self.side.setMinimumWidth(0 if narrow else px(210))
        self.side.setMinimumHeight(px(60))

    # -- reading --------------------------------------------------------------------------------------------

    def look(self) -> None:
        """Read it, in the way that is said by now."""
        self._reading.look(self.given, self.reading, self._document)

    def _look_again(self) -> None:
        if self.preview is not None:
            self._reading.look_again(self.preview, self._document.graph, self.choices)

    def _begins(self) -> None:
        self.bar.setValue(0)
        self.agree.setEnabled(False)
        # What is read in a moment needs no word of it.
        QTimer.singleShot(200, self, lambda: self.work.setVisible(self.is_busy))

    def _lost(self, sentence: str) -> None:
        """It could not be read."""
        self.work.hide()
        self.preview, self.choices = None, {}
        self.columns.model_.show_preview(None, self._document, {})
        self.size_.setText("")
        self.summary.setText("")
        self.complain(sentence)

    def complain(self, sentence: str) -> None:
        """Say what is wrong; "" for nothing."""
        self.problem.setText(as_sentence(sentence) if sentence else "")
        self.problem.setVisible(bool(sentence))

    def _show_first(self, first: First | None) -> None:
        self.side.setVisible(first is not None and bool(first.fields))
        if first is None:
            self._show_rows(Table({}))
            return
        fields = tuple(replace(each, optional=True) if each.kind == "text" else each for each in first.fields)
        known = bool(first.reading)
        if known or not self.form.fields:
            self.form.set_params(fields)
            self.form.show_values({**first.reading, "missing": first.reading.get("missing") or None})
        self.guess.setEnabled(bool(self.reading))
        if first.names or not known:
            self._show_rows(first.table)

    def _show_rows(self, table: Table) -> None:
        graph = self._document.graph
        read = {
            name: tuple(graph.nodes[each] for each in one.readers if each in graph.nodes)
            for name, one in self.choices.items()
        }
        self.rows.show_sheet(Sheet({}, table, readers=read, gone="missing"))

    def _found(self, preview: Preview, anew: bool) -> None:
        self.work.hide()
        other = False
        if anew:
            at_first = choices_at_first(self._document, preview)
            self.choices = at_first | {name: one for name, one in self._touched.items() if name in at_first}
            other = any(one.type != at_first[name].type for name, one in self.choices.items())
            self._proposed = self._predicted(at_first)
            other |= self._predicted(self.choices) != self._proposed
        self.preview = preview
        self.choices = tidied(self.choices, preview)
        self._targets = self._predicted(self.choices)
        if not anew and self._targets != self._proposed:
            self._proposed = self._targets
            self.choices = with_inputs(self._document, preview, self.choices, self._touched)
        table = preview.table
        self.size_.setText(
            f"{count_text(table.rows)} {plural('row', table.rows)} · "
            f"{count_text(len(table.names))} {plural('column', len(table.names))}"
        )
        self._show()
        if not self.columns.currentIndex().isValid() and table.names:
            self.columns.setCurrentIndex(self.columns.model_.index(0, 0))
        if other:
            self._look_again()

    def _show(self) -> None:
        preview, document = self.preview, self._document
        if preview is None:
            return
        self.columns.model_.show_preview(preview, document, self.choices)
        self._show_rows(preview.few)
        self.summary.setText(summary(document, preview, self.choices))
        faults = preview.table.faults
        self.complain(next((faults[name] for name, one in self.choices.items() if one.readers and name in faults), ""))
        self._show_trained(preview)
        self._tell()
        self.agree.setEnabled(not self.is_busy)

    def _show_trained(self, preview: Preview) -> None:
        begins = self.session.snapshot.step > 0 and is_other(self._document, preview, self.choices)
        self.trained.setText(
            "The network is trained. With these columns it begins anew, fitted to the data of now; Undo brings it back."
        )
        self.trained.setVisible(begins)

    # -- choosing -------------------------------------------------------------------------------------------

    def _say(self, name: str, value: Any) -> None:
        """Something is said of how it is written."""
        if value is None:
            self.reading.pop(name, None)
        else:
            self.reading[name] = value
        self.look()

    def _guess_again(self) -> None:
        self.reading = {}
        self.look()

    def _choose(self, choices: Choices, names: Sequence[str]) -> None:
        types = any(one.type != self.choices[name].type for name, one in choices.items())
        self._touched |= {name: choices[name] for name in names}
        self.choices = choices
        self._show()
        if types or self._predicted(choices) != self._targets:
            self._look_again()

    def _predicted(self, choices: Choices) -> frozenset[str]:
        targets = {place.id for place in places(self._document.graph) if place.role == "target"}
        return frozenset(name for name, one in choices.items() if not targets.isdisjoint(one.readers))

    def _document_changed(self) -> None:
        """Nodes that read columns may have come or gone."""
        there = {place.id for place in places(self._document.graph)}
        self.choices = {
            name: replace(one, readers=tuple(each for each in one.readers if each in there))
            for name, one in self.choices.items()
        }
        self._show()

    def _show_column(self, name: str) -> None:
        """The column of the line in the first rows, and what speaks against it."""
        self._tell()
        names = self.rows.model_.sheet.names
        if name in names and self.rows.model_.rowCount():
            at = names.index(name)
            first, last = self.rows.model_.index(0, at), self.rows.model_.index(self.rows.model_.rowCount() - 1, at)
            self.rows.scrollTo(first)
            flag = QItemSelectionModel.SelectionFlag.ClearAndSelect
            self.rows.selectionModel().select(QItemSelection(first, last), flag)

    def _tell(self) -> None:
        row, model = self.columns.currentIndex().row(), self.columns.model_
        there = 0 <= row < model.rowCount()
        self.told.set_text(model.sentence(row) if there else "")

    def _show_line(self, section: int) -> None:
        if section < self.columns.model_.rowCount():
            self.columns.setCurrentIndex(self.columns.model_.index(section, self.columns.currentIndex().column()))

    # -- the end --------------------------------------------------------------------------------------------

    def edit(self) -> Edit | None:
        """The edit that accepting makes; None as long as nothing can be accepted."""
        if self.preview is None or self.is_busy:
            return None
        return edit_of(self._document, self.preview, self.choices, self.given.edit)

    def accept(self) -> None:
        edit, preview = self.edit(), self.preview
        if edit is None or preview is None:
            return
        unread = self.session.snapshot.table is None
        is_new = unread or is_other(self._document, preview, self.choices)
        super().accept()
        if is_new:
            self.used.emit(edit, preview)

    def done(self, result: int) -> None:
        self.is_over = True
        self._reading.close()
        super().done(result)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        # Enter ends the typing in a field, whose rows are to be seen before anything is used.
        enters = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and isinstance(self.focusWidget(), QLineEdit)
        if not enters:
            super().keyPressEvent(event)
