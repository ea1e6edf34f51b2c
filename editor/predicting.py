"""What the network answers for rows that are typed or pasted, beside them, with the weights of now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QAbstractItemView, QDialog, QTableWidget, QTableWidgetItem, QWidget

from compute.data import Table, load_table
from compute.errors import GradwireError, as_sentence
from compute.numbers_text import count_text, plural, shown
from compute.predict import Prediction, asked_of, columns_typed, predict, rows_copied
from compute.snapshot import Snapshot
from editor import theme
from editor.background import Background, Task
from editor.panels.typed_cells import TypedCells
from editor.panels.widgets import button, column, paragraph, row
from editor.plain import caption
from editor.scale import px
from editor.session import Session

MOST_ROWS = 2000
"""More are rather a file."""
MOST_NAMED = 12
"""Of more classes only the one chosen and its probability are shown."""
MOST_FILLED = 3
"""Of so many columns it is said what empty cells were taken for."""
PAUSE_MS = 150
"""After the last change, until the answers are worked out."""
_WIDTH, _HEIGHT = 760, 380
_FITTED = 100
"""More columns are not made as wide as what stands in them."""


class PredictSheet(QDialog):
    """Answers stand before the inputs, so that they are in sight however many there are. ``file_asked``: the rows are
    those of a file."""

    file_asked = Signal()

    def __init__(self, parent: QWidget, session: Session) -> None:
        super().__init__(parent)
        self.session = session
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Predict")
        self._background = Background(self)
        self._asked: dict[str, tuple[str, ...]] = {}
        self._found: Prediction | None = None
        self._task: Task | None = None
        self._again = False
        self._about = ""
        """What the answers are of, in words."""
        self._of: Snapshot | None = None
        """What the answers are of."""
        self._filling = False
        self.table = _Grid()
        self.told = paragraph("", "dim", 9.5)
        self.problem = paragraph("", "error", 9.5)
        self.problem.hide()
        self.paste = button("Paste rows", "add", "Rows from a spreadsheet or a text, in this order or with their names")
        self.copy = button("Copy", "matrix", "All rows with their answers, for a spreadsheet")
        self.file = button("A file…", "open", "Predict for the rows of a file, and write the answers into another")
        self.over = button("Close", "", "", "primary")
        whole = column(self, 16, 10)
        whole.addWidget(self.told)
        whole.addWidget(self.table, 1)
        whole.addWidget(self.problem)
        buttons = row(spacing=8)
        for each in (self.paste, self.file, self.copy):
            each.setAutoDefault(False)
            buttons.addWidget(each)
        self.over.setAutoDefault(False)
        buttons.addStretch(1)
        buttons.addWidget(self.over)
        whole.addLayout(buttons)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(PAUSE_MS)
        self._timer.timeout.connect(self._work)
        self.table.itemChanged.connect(self._typed)
        self.table.pasted.connect(self.take)
        self.table.removed.connect(self._timer.start)
        self.paste.clicked.connect(self.take)
        self.copy.clicked.connect(self._copy)
        self.file.clicked.connect(self.file_asked)
        self.over.clicked.connect(self.reject)
        session.snapshot_changed.connect(self._follow)
        theme.notifier.changed.connect(self._dress_answers)
        theme.dress(self)
        self.resize(px(_WIDTH), px(_HEIGHT))
        self._begin()

    # -- rows ---------------------------------------------------------------------------------------------------

    def rows(self) -> list[list[str]]:
        """The cells of the rows in which something stands, without what is below the last of them."""
        found = [[self._cell(line, at) for at in range(len(self._asked))] for line in range(self.table.rowCount())]
        while found and not any(found[-1]):
            found.pop()
        return found

    def _cell(self, line: int, at: int) -> str:
        item = self.table.item(line, self._answers + at)
        return item.text().strip() if item else ""

    @property
    def _answers(self) -> int:
        """How many columns are answers."""
        return self.table.columnCount() - len(self._asked)

    def _begin(self) -> None:
        """The columns of the network of now, with one row of its data to begin with."""
        self._asked = asked_of(self.session.document, self.session.snapshot.table)
        data = self.session.snapshot.table
        self._found = None
        self._put([_row_of(data, self._asked)] if data is not None and data.rows else [])

    def _put(self, rows: Sequence[Sequence[str]], first: int = 0) -> None:
        """Show these rows from one on, over those that are there, and an empty one below."""
        self._filling = True
        before = self.rows() if first or rows else []
        lines = [*before[:first], *rows, *before[first + len(rows) :]][:MOST_ROWS]
        self.table.setRowCount(0)
        self._head([])
        self.table.setRowCount(len(lines) + (len(lines) < MOST_ROWS))
        for line, cells in enumerate(lines):
            for at, text in enumerate(cells):
                self.table.setItem(line, self._answers + at, _input(text))
        self._name_rows()
        self._filling = False
        self.table.setCurrentCell(max(0, min(first, len(lines) - 1)), self._answers)
        self._timer.start()

    def _head(self, answers: Sequence[str]) -> None:
        """The names of the columns, answers first."""
        names = [*answers, *map(caption, self._asked)]
        while self._answers > len(answers):
            self.table.removeColumn(0)
        while self._answers < len(answers):
            self.table.insertColumn(0)
        if self.table.columnCount() != len(names):
            self.table.setColumnCount(len(names))
        self.table.setHorizontalHeaderLabels(names)

    def _fit(self) -> None:
        if self.table.columnCount() <= _FITTED:
            self.table.resizeColumnsToContents()

    def _name_rows(self) -> None:
        count = self.table.rowCount()
        self.table.setVerticalHeaderLabels([*map(str, range(count - 1)), "+" if count <= MOST_ROWS else str(count - 1)])

    def _typed(self, item: QTableWidgetItem) -> None:
        """A cell was typed; below the last row another begins."""
        if self._filling or item.column() < self._answers:
            return
        if item.row() == self.table.rowCount() - 1 and item.text().strip() and self.table.rowCount() < MOST_ROWS:
            self.table.setRowCount(self.table.rowCount() + 1)
            self._name_rows()
        self._timer.start()

    def take(self) -> None:
        """Put the rows of the clipboard in, from the row on that is chosen."""
        text = QGuiApplication.clipboard().text()
        try:
            rows = rows_copied(self._asked, text)
        except GradwireError as error:
            self._say(str(error))
            return
        first = max(0, self.table.currentRow())
        if first + len(rows) > MOST_ROWS:
            self._say(f"{count_text(len(rows))} rows are too many here; keep them in a file and choose that")
        else:
            self._put(rows, first)

    def _copy(self) -> None:
        names = [self.table.horizontalHeaderItem(at).text() for at in range(self.table.columnCount())]  # type: ignore[union-attr]
        lines = ["\t".join(names)]
        for line in range(len(self.rows())):
            cells = [self.table.item(line, at) for at in range(self.table.columnCount())]
            lines.append("\t".join(cell.data(_EXACT) or cell.text() if cell else "" for cell in cells))
        QGuiApplication.clipboard().setText("\n".join(lines))

    # -- answers ------------------------------------------------------------------------------------------------

    def _follow(self, snapshot: Snapshot) -> None:
        """Other weights answer otherwise, and another network asks for other columns."""
        of = self._of
        same = of is not None and of.revision == snapshot.revision and of.weights is snapshot.weights
        if self.isVisible() and snapshot.state != "running" and not same:
            if {*asked_of(self.session.document, snapshot.table)} != {*self._asked}:
                self._begin()
            self._timer.start()

    def _dress_answers(self) -> None:
        """Answers have the colours of the theme in which they came."""
        if self.isVisible():
            self._timer.start()

    def _work(self) -> None:
        """Work the answers out beside the window."""
        if self._task is not None:
            self._again = True
            return
        rows, asked, present = self.rows(), self._asked, self.session.present(shown=True)
        self._of = self.session.snapshot
        if not rows:
            self._show(None)
            return

        def work(_task: Task) -> Prediction:
            columns = columns_typed(asked, rows)
            return predict(present.document(), load_table({"source": "inline", "columns": columns}, None))

        self._task = self._background.run(work, self._show, self._complain, name="Predicting")

    def _ended(self) -> None:
        self._task = None
        if self._again:
            self._again = False
            self._timer.start()

    def _complain(self, sentence: str) -> None:
        """There are no answers."""
        self.told.setText(self._about)
        self._filling = True
        for line in range(self.table.rowCount()):
            for at in range(self._answers):
                self.table.setItem(line, at, _answer(""))
        self._filling = False
        self._say(sentence)
        self._ended()

    def _say(self, sentence: str) -> None:
        self.problem.setText(as_sentence(sentence))
        self.problem.show()

    def _show(self, found: Prediction | None) -> None:
        """The answers beside their rows."""
        self._found = found
        self.problem.hide()
        if not self._asked:
            self.told.setText("No node reads a column of the data, so there is nothing to predict from; add an Input.")
            self.table.setEnabled(False)
            self.paste.setEnabled(False)
            self._ended()
            return
        step = self.session.snapshot.step
        after = f"after {count_text(step)} {plural('step', step)}" if step else "before any training"
        self._about = f"Type a row, or paste some: the answers are of the weights {after}."
        self.told.setText(" ".join(filter(None, (self._about, _filled_text(found.stands_in if found else {})))))
        if found is not None:
            self._filling = True
            few = found.chosen is None or len(found.names) <= MOST_NAMED
            names = [*([] if found.chosen is None else ["answer"]), *(found.names if few else ["probability"])]
            self._head([caption(name) for name in names])
            for line, values in enumerate(found.values):
                cells = [shown(value) if value == value else "–" for value in (values if few else [max(values)])]
                exact = [repr(float(value)) for value in (values if few else [max(values)])]
                if found.chosen is not None:
                    cells, exact = [found.chosen[line], *cells], [found.chosen[line], *exact]
                for at, (text, whole) in enumerate(zip(cells, exact, strict=True)):
                    self.table.setItem(line, at, _answer(text, whole, bold=at == 0))
            for line in range(len(found.values), self.table.rowCount()):
                for at in range(len(names)):
                    self.table.setItem(line, at, _answer(""))
            self._filling = False
            self._fit()
        self._ended()

    def done(self, result: int) -> None:
        """Nothing more is worked out."""
        self._timer.stop()
        self._background.close()
        super().done(result)


_EXACT = Qt.ItemDataRole.UserRole
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


def _filled_text(stands_in: Mapping[str, str]) -> str:
    """What empty cells were taken for, in the first columns that have some."""
    some = [f"{name} with {value}" for name, value in [*stands_in.items()][:MOST_FILLED]]
    more = len(stands_in) - len(some)
    if more:
        some.append(f"{count_text(more)} more {plural('column', more)}")
    return f"Filled where empty: {', '.join(some)}." if some else ""


def _row_of(table: Table, asked: Mapping[str, tuple[str, ...]]) -> list[str]:
    """The first row of a table, as it is typed."""
    found = []
    for name in asked:
        column_, classes = table.columns.get(name), table.categories.get(name)
        missing = column_ is None or table.is_missing(name, 0)
        value = 0.0 if column_ is None else float(column_[0])
        found.append("" if missing else classes[int(value)] if classes else f"{value:.10g}")
    return found


def _input(text: str) -> QTableWidgetItem:
    item = QTableWidgetItem(text)
    item.setTextAlignment(_RIGHT)
    return item


def _answer(text: str, exact: str = "", *, bold: bool = False) -> QTableWidgetItem:
    """What nobody types."""
    item = QTableWidgetItem(text)
    item.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable)
    item.setData(_EXACT, exact)
    item.setTextAlignment(_RIGHT)
    item.setFont(theme.mono_font(9.5, bold=bold))
    t = theme.current()
    item.setForeground(theme.color(t.text if bold else t.text_dim))
    return item


class _Grid(QTableWidget):
    """Pasting, and taking rows away."""

    pasted = Signal()
    removed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("Rows to predict, with their answers")
        self.setItemDelegate(TypedCells(self))
        self.setFont(theme.mono_font(9.5))
        self.horizontalHeader().setDefaultAlignment(_RIGHT)
        self.setItemPrototype(_input(""))
        self.setEditTriggers(
            QAbstractItemView.EditTrigger.DoubleClicked
            | QAbstractItemView.EditTrigger.EditKeyPressed
            | QAbstractItemView.EditTrigger.AnyKeyPressed
        )

    def event(self, event: QEvent) -> bool:
        # Keys of a table that has the focus, whatever else they mean in the window.
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.ShortcutOverride:
            plain = event.modifiers() in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier)
            if (plain and event.text()) or event.matches(QKeySequence.StandardKey.Paste):
                event.accept()
                return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        editing = self.state() == QAbstractItemView.State.EditingState
        if event.matches(QKeySequence.StandardKey.Paste):
            self.pasted.emit()
        elif event.key() == Qt.Key.Key_Delete and not editing:
            for line in sorted({index.row() for index in self.selectedIndexes()}, reverse=True):
                if line < self.rowCount() - 1:
                    self.removeRow(line)
            self.setVerticalHeaderLabels([*map(str, range(self.rowCount() - 1)), "+"])
            self.removed.emit()
        else:
            super().keyPressEvent(event)
