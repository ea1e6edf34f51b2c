"""The place of the data: where it comes from, its columns and who reads them, and a table of its rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from PySide6.QtCore import QMimeData, QPoint, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication, QHideEvent, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QFrame, QMenu, QScrollArea, QStackedWidget, QWidget

from compute import table_edits
from compute.data import PARTS, ColumnFacts, Table, facts_of
from compute.data.derived import sources_of
from compute.data.inline import Inline
from compute.data.missing import treatments
from compute.data_edits import columns_by_role, data_nodes_of, look_through, new_data_node, toggle_column, use_data
from compute.data_preview import Preview
from compute.edits import Edit
from compute.errors import GradwireError, as_sentence
from compute.graph import columns_of
from compute.numbers_text import count_text, plural
from compute.ops import role_of
from compute.problems import Kind
from compute.workspace import changed_sentence
from editor import theme
from editor.background import Background
from editor.dropping import data_in
from editor.panels.data import column_menu
from editor.panels.data.choice import describe
from editor.panels.data.columns_table import ColumnsTable, Reader
from editor.panels.data.headers import MARKS
from editor.panels.data.preview_reading import Given
from editor.panels.data.previews import Previews
from editor.panels.data.rows_table import RowsTable
from editor.panels.data.sheet import Sheet, sheet_of
from editor.panels.data.source_form import SourceForm
from editor.panels.widgets import Elided, Empty, Segments, beside, button, column, label, paragraph, row
from editor.session import Session

WIDE, LOW, ROOMY = 480, 360, 400
"""From the first width on, and below this height, source and table stand side by side; from the last on the title
is told in full. In pixels, with text as it is at first."""
ROWS, COLUMNS = "rows", "columns"


class DataPlace(QFrame):
    """What a person chooses here is an edit of the document, one undo step each. ``wanted``: it is to be shown."""

    wanted = Signal()

    def __init__(self, session: Session, background: Background) -> None:
        super().__init__()
        self.session = session
        self.setProperty("kind", "panel")
        self.setAccessibleName("Data")
        self.setAcceptDrops(True)
        # Of its own, so that no file waits for it.
        self._worker = Background(self)
        self._facts: Mapping[str, ColumnFacts] = {}
        self._looked_at: tuple[Table | None, tuple[str, ...]] = None, ()
        """What the facts are about: a table, and what was predicted from it."""
        self.previews = Previews(self, session)
        self._stale = True
        """Whether something changed while nobody saw it."""
        self.sheet = Sheet()
        self.form = SourceForm(session, background)
        self.view = Segments(((ROWS, "Rows"), (COLUMNS, "Columns")), "Shown")
        self.count = Elided("dim", 9.0)
        self.trained = label("", "train", 9.0)
        self.held = label("", "validation", 9.0)
        self.tested = label("", "test", 9.0)
        self.add_row = button("Row", "add", "Add a row at the end", "flat")
        self.add_column = button("Column", "add", "Add a column at the end", "flat")
        self.look = button("Preview…", "search", "First rows, types, missing values, and how columns enter the network")
        self.copy = button("Edit a copy", "matrix", "Put these rows into the document, where they can be changed")
        self.problem = paragraph("", "error", 9.5)
        self.changed = paragraph("", "warning", 9.5)
        self.filled = paragraph("", "dim", 9.5)
        self.anew = button("Reset", "reset", "First weights again, fitted to the data of now")
        self.rows, self.columns = RowsTable(), ColumnsTable()
        self.empty = Empty("data", "No data", "")
        self.open_file = button("Open a file…", "open", "A CSV or NPZ file", "primary", "on_accent")
        self.type_table = button("Type a table", "add", "A small table in the document; Ctrl+V pastes one")
        self._lay_out()
        self._listen()
        self.refresh()

    def _lay_out(self) -> None:
        self.head = QWidget()
        """What stands beside the title of the panel."""
        head = row(self.head, spacing=10)
        head.addWidget(self.view)
        head.addWidget(self.count, 1)
        self._split = beside(self.trained, self.held, self.tested, spacing=10)
        for part in (self._split, self.add_row, self.add_column):
            head.addWidget(part)
        for each in (self.add_row, self.add_column, self.look, self.copy):
            each.setFont(theme.ui_font(9.0))
        self.form.add_to_source(self.look)
        self.form.add_below(self.copy)
        nothing = QWidget()
        around = column(nothing, 0, 4)
        around.addWidget(self.empty, 1)
        ways = row(spacing=8)
        ways.addStretch(1)
        ways.addWidget(self.open_file)
        ways.addWidget(self.type_table)
        ways.addStretch(1)
        around.addLayout(ways)
        around.addStretch(1)
        self._tables = QStackedWidget()
        self._tables.addWidget(self.rows)
        self._tables.addWidget(self.columns)
        filled = QWidget()
        inside = column(filled, 0, 8)
        inside.addWidget(self.problem)
        news = row(spacing=8)
        news.addWidget(self.changed, 1)
        news.addWidget(self.anew)
        inside.addLayout(news)
        inside.addWidget(self.filled)
        inside.addWidget(self._tables, 1)
        self._pages = QStackedWidget()
        self._pages.setMinimumSize(120, 60)  # in a low window the canvas counts for more
        self._pages.addWidget(filled)
        self._pages.addWidget(nothing)
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setWidget(self.form)
        self._scroll.setMinimumHeight(60)
        self._sides = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._sides.setSpacing(16)
        self._sides.addWidget(self._scroll)
        self._sides.addWidget(self._pages, 1)
        whole = column(self, 0, 6)
        whole.setContentsMargins(14, 10, 12, 10)
        whole.addWidget(self.head)
        whole.addLayout(self._sides, 1)
        self._turn()

    def _listen(self) -> None:
        session = self.session
        self.view.chosen.connect(self._show_view)
        self.rows.row_chosen.connect(session.batches.show_row)
        self.rows.said.connect(session.message)
        self.rows.pasted.connect(self._paste)
        self.rows.model_.typed.connect(self._type)
        self.rows.removal_asked.connect(lambda rows: self._try(lambda: table_edits.remove_rows(session.document, rows)))
        self.rows.columns_.reader_clicked.connect(self._select_readers)
        self.rows.columns_.name_edited.connect(self._ask_name)
        self.rows.columns_.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.rows.columns_.customContextMenuRequested.connect(self._column_menu)
        self.columns.toggled.connect(self._toggle)
        self.columns.reader_chosen.connect(lambda reader: session.select([reader.node]))
        self.columns.column_chosen.connect(self.show_column)
        self.add_row.clicked.connect(lambda: self._try(lambda: table_edits.add_rows(session.document)))
        self.add_column.clicked.connect(lambda: self._try(lambda: table_edits.add_column(session.document)))
        self.look.clicked.connect(self.preview)
        self.copy.clicked.connect(self.take_in)
        self.form.file_chosen.connect(lambda of: self.previews.show_given(Given(of, f"Use {describe(of)}")))
        self.previews.opens.connect(self.wanted)
        self.previews.used.connect(self._know)
        self.anew.clicked.connect(session.reset)
        self.open_file.clicked.connect(self.ask_file)
        self.type_table.clicked.connect(self.begin_table)
        session.document_edited.connect(self.refresh)
        session.document_replaced.connect(self.refresh)
        session.snapshot_changed.connect(self._on_snapshot)
        session.sample_changed.connect(self._show_sample)

    def sizeHint(self) -> QSize:
        return QSize(760, 260)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._turn()

    def _turn(self) -> None:
        scale = theme.ui_font().pointSizeF() / 9.0
        # With large text the title's line would else leave no room for the panels beside it.
        roomy = self.width() >= ROOMY * scale
        self._split.setVisible(roomy)
        for each in (self.add_row, self.add_column):
            each.setText(each.accessibleName() if roomy else "")
        wide = self.width() >= WIDE * scale or self.height() < LOW * scale
        self._sides.setDirection(QBoxLayout.Direction.LeftToRight if wide else QBoxLayout.Direction.TopToBottom)
        if wide:
            self._scroll.setFixedWidth(round(min(300, max(214, self.width() // 4 / scale)) * scale))
            self._scroll.setMaximumHeight(16777215)
        else:
            self._scroll.setMinimumWidth(0)
            self._scroll.setMaximumWidth(16777215)
            self._scroll.setMaximumHeight(max(60, self.height() // 3))

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self._stale:
            QTimer.singleShot(0, self, self.refresh)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        for task in self._worker.tasks:
            task.cancel()

    def close_down(self) -> None:
        """The window closes."""
        self.previews.stop()
        self._worker.close(0.0)

    # -- showing --------------------------------------------------------------------------------------------

    def _on_snapshot(self) -> None:
        snapshot, sheet = self.session.snapshot, self.sheet
        # While it trains, the rows are the same and only numbers of the network are new.
        same = snapshot.held is sheet.held and (sheet.editable or snapshot.table is sheet.table)
        same = same and bool(snapshot.changed) == self.changed.isVisible()
        stale = snapshot.revision != self.session.revision
        same &= stale or "\n".join(snapshot.filled) == self.filled.text()
        if not same or [*sheet.batch] != snapshot.row_labels.tolist() or snapshot.problem or self.problem.text():
            self.refresh()

    def refresh(self, _edit: object = None) -> None:
        """The data as the document has it, with what is known of it by now."""
        # Behind a tab it is as good as hidden; it is painted when it comes to the front.
        self._stale = self.visibleRegion().isEmpty()
        if self._stale:
            return
        session, snapshot = self.session, self.session.snapshot
        document = session.document
        self.sheet = sheet_of(document.data, snapshot.table, snapshot.held, snapshot.row_labels, document.graph)
        self.rows.show_sheet(self.sheet)
        self._show_sample()
        self._look_through()
        self._show_columns()
        self._show_head()

    def _show_head(self) -> None:
        sheet, snapshot = self.sheet, self.session.snapshot
        there = bool(sheet.names)
        problem = snapshot.problem if snapshot.revision == self.session.revision else None
        wrong = problem.sentence if problem and problem.kind is Kind.DATA else ""
        self.problem.setText(as_sentence(wrong) if wrong else "")
        self.problem.setVisible(bool(wrong))
        changed = snapshot.changed if snapshot.revision == self.session.revision else ()
        self.changed.setText(changed_sentence(changed) if changed else "")
        for part in (self.changed, self.anew):
            part.setVisible(bool(changed))
        self.filled.setText("\n".join(snapshot.filled) if snapshot.revision == self.session.revision else "")
        self.filled.setVisible(bool(self.filled.text()))
        self._pages.setCurrentIndex(0 if there or wrong else 1)
        self._tables.setVisible(there)
        known = sheet.held if len(sheet.held) == sheet.rows else np.zeros(sheet.rows, np.int8)
        counts = np.bincount(known, minlength=len(MARKS)).tolist()
        rows_, columns_ = plural("row", sheet.rows), plural("column", len(sheet.names))
        self.count.set_text(f"{count_text(sheet.rows)} {rows_} · {count_text(len(sheet.names))} {columns_}")
        for shown in (self.view, self.count):
            shown.setVisible(there)
        for kind, (line, count) in enumerate(zip((self.trained, self.held, self.tested), counts, strict=False)):
            line.setText(f"{MARKS[kind]} {count_text(count)} {PARTS[kind]}")
            line.setVisible(bool(count) and counts[0] < sheet.rows)
        for each in (self.add_row, self.add_column):
            each.setVisible(sheet.editable)
        self.copy.setVisible(self.can_be_taken_in)
        self.look.setVisible(there)
        reads = bool(data_nodes_of(self.session.document.graph))
        self.empty.say(
            "No data",
            "Choose a data set, open a file or drop one here, or type a table of your own."
            + ("" if reads else " No node reads data yet: Input and Target do."),
        )

    def _show_sample(self) -> None:
        labels = self.session.snapshot.row_labels
        sample = self.session.sample
        self.rows.show_sample(int(labels[sample]) if sample < len(labels) and self.sheet.names else -1)

    def _readers(self) -> tuple[Reader, ...]:
        """The nodes that read columns; where there is none of a kind, one that a tick would add."""
        nodes = data_nodes_of(self.session.document.graph)
        found = [
            Reader(node.id, role_of(node.op), node.label, frozenset(sources_of(columns_of(node), self.sheet.names)))
            for node in nodes
        ]
        for op in ("input", "target"):
            if all(reader.op != op for reader in found):
                found.append(Reader("", op, op))
        return tuple(found)

    def _show_columns(self) -> None:
        self.columns.show_columns(self.sheet.names, self._readers(), self._facts)

    def _look_through(self) -> None:
        """Find out what is known of the columns, beside the window."""
        table = self.session.snapshot.table
        targets = tuple(columns_by_role(self.session.document.graph, "target"))
        if self._looked_at == (table, targets):
            return
        if table is not self._looked_at[0]:
            self._facts = {}
        self._looked_at, said = (table, targets), treatments(self.session.document.data)
        for task in self._worker.tasks:
            task.cancel()
        if table is None:
            return
        if self.form.known[0] is table:
            self._facts = {each.name: each for each in self.form.known[1]}
            self.form.known = None, ()
            return

        def done(facts: tuple[ColumnFacts, ...]) -> None:
            if self._looked_at == (table, targets):
                self._facts = {each.name: each for each in facts}
                self._show_columns()

        def gone(_sentence: str = "") -> None:
            if self._looked_at == (table, targets):
                self._looked_at = None, ()  # found out when it is seen again

        self._worker.run(lambda task: facts_of(table, targets, task.tell, said), done, gone, cancelled=gone)

    def _show_view(self, which: str) -> None:
        self._tables.setCurrentWidget(self.rows if which == ROWS else self.columns)

    def open(self, which: str = "") -> None:
        """Show the place, ready for the keyboard: the form, or ``rows`` or ``columns``."""
        self.wanted.emit()
        if which:
            self.show_view(which)
        shown = self.rows if self.view.key == ROWS else self.columns
        (shown if which else self.form.data).setFocus(Qt.FocusReason.ShortcutFocusReason)

    def open_choices(self) -> None:
        """Show the place with the list of data sets, where another is to be chosen."""
        self.open()
        self.form.data.showPopup()

    def ask_file(self) -> None:
        """Show the place, and ask for a file."""
        self.open()
        self.form.ask_file()

    def show_view(self, which: str) -> None:
        """``rows`` or ``columns``."""
        self.view.choose(which)
        self._show_view(which)

    def show_column(self, name: str) -> None:
        """The column in the table of rows."""
        self.show_view(ROWS)
        if name in self.sheet.names and self.sheet.rows:
            row = max(0, self.rows.currentIndex().row())
            self.rows.scrollTo(self.rows.model_.index(min(row, self.sheet.rows - 1), self.sheet.names.index(name)))

    # -- who reads what -------------------------------------------------------------------------------------

    def _select_readers(self, name: str) -> None:
        self.session.select([node.id for node in self.sheet.readers.get(name, ())])

    def _toggle(self, reader: Reader, name: str) -> None:
        session = self.session
        if reader.node:
            session.apply(toggle_column(session.document, reader.node, name, self.sheet.names, session.snapshot.table))
            return
        nodes = session.document.graph.nodes.values()
        left = min((node.position[0] for node in nodes), default=0.0)
        low = max((node.position[1] for node in nodes), default=-140.0)
        edit = new_data_node(session.document, reader.op, [name], (left, low + 140.0))
        session.apply(edit)
        session.select([edit.records[0].id])

    def ask_forecast(self, name: str = "") -> None:
        """Ask how a column is to be predicted from its past; the column: that which is predicted now, unless told."""
        column_menu.ask_forecast(self, self.session, name, self._try)

    # -- a table in the document ----------------------------------------------------------------------------

    def _try(self, make: Callable[[], Edit]) -> None:
        """Do an edit, or say why not."""
        try:
            self.session.apply(make())
        except GradwireError as error:
            self.session.message.emit(str(error))

    def _type(self, row: int, name: str, text: str) -> None:
        self._try(lambda: table_edits.set_cell(self.session.document, row, name, text))

    def begin_table(self) -> None:
        """A table to type in: the one that the document has, or a new one."""
        if not table_edits.columns_in(self.session.document.data):
            self._use(table_edits.first_table(self.session.document), "Type a table")
        self.open(ROWS)
        self.rows.setFocus(Qt.FocusReason.OtherFocusReason)
        self.rows.setCurrentIndex(self.rows.model_.index(0, 0))

    def _use(self, section: Mapping[str, object], text: str) -> None:
        """A small table at once, with the columns of the nodes to match."""
        document = self.session.document
        table = Inline().load(section, None)
        facts = look_through(document.graph, section, table)
        self.session.apply(use_data(document, section, table, facts, text))

    @property
    def can_be_taken_in(self) -> bool:
        """Whether there are rows that are not in the document yet, and few enough."""
        data, table = self.session.document.data, self.session.snapshot.table
        small = table is not None and 0 < table.rows * len(table.names) <= table_edits.MOST_CELLS
        return small and not table_edits.is_table(data)

    def take_in(self) -> None:
        """The rows come into the document, where they can be changed; says why where they cannot."""
        table, data = self.session.snapshot.table, self.session.document.data
        if table_edits.is_table(data) or table is None:
            there = bool(table_edits.columns_in(data))
            self.session.message.emit("The rows stand in the document already." if there else "There is no data yet.")
            return
        self.open()
        text = f"Copy {describe(data)} into the document"
        self._try(lambda: table_edits.take_in(self.session.document, table, text))

    def _paste(self, row: int, name: str) -> None:
        text, document = QGuiApplication.clipboard().text(), self.session.document
        if self.sheet.editable and name:
            self._try(lambda: table_edits.paste(document, row, name, text))
        elif not self.sheet.names:
            self.paste_table()
        else:
            self.session.message.emit("Only a table in the document can be changed; Edit a copy makes it one.")

    def paste_table(self) -> None:
        """What was copied from a spreadsheet becomes the data, once it was looked at."""
        self.previews.show_copied()

    def preview(self) -> None:
        """Look at the data of now: how it is read, types, missing values, and who reads what."""
        self.previews.show_now()

    def _know(self, preview: Preview) -> None:
        self.form.known = preview.table, preview.facts

    def _ask_name(self, name: str) -> None:
        column_menu.ask_name(self, self.session, name, self._try)

    def _column_menu(self, place: QPoint) -> None:
        section = self.rows.columns_.logicalIndexAt(place)
        if 0 <= section < len(self.sheet.names):
            menu = self.menu_of(self.sheet.names[section])
            menu.popup(self.rows.columns_.mapToGlobal(place))

    def menu_of(self, name: str) -> QMenu:
        """What can be done with a column."""
        return column_menu.menu_of(self, self.session, self.sheet, self._readers(), name, self._try, self._toggle)

    # -- files that are dropped here ------------------------------------------------------------------------

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if data_in(event.mimeData()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        if self.take_dropped(event.mimeData()):
            event.acceptProposedAction()

    def take_dropped(self, mime: QMimeData) -> bool:
        """Have a file of data read; says whether there is one."""
        path = data_in(mime)
        if path:
            self.form.use_file(str(path))
        return path is not None
