"""The panel of runs: a table of those that are kept and of the one that goes on, overlaid, compared, restored."""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Sequence

from PySide6.QtCore import QItemSelectionModel, QSize, Qt, QTimer
from PySide6.QtGui import QGuiApplication, QIcon, QKeyEvent, QPixmap, QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QFrame,
    QHeaderView,
    QStackedWidget,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)

from compute.document import KeptRun
from compute.numbers_text import short
from compute.runs.comparing import Line, differing, line_now, line_of, told
from compute.snapshot import Snapshot
from editor import theme
from editor.panels.flow import Flow
from editor.panels.widgets import Empty, button, column, paragraph
from editor.plain import set_tip
from editor.run_colors import run_color
from editor.run_edits import changed_to
from editor.scale import px
from editor.session import Session

FIXED = ("run", "epochs", "train loss", "validation loss", "best validation", "metric", "seconds")
NUMBER = Qt.ItemDataRole.UserRole
AGAIN = 0.3
"""Seconds between two looks at the run that goes on."""


class _Cell(QTableWidgetItem):
    """Sorted by its number where it has one, those without behind."""

    def __lt__(self, other: QTableWidgetItem) -> bool:
        mine, theirs = self.data(NUMBER), other.data(NUMBER)
        if mine is not None and theirs is not None:
            return bool(mine < theirs)
        if mine is None and theirs is None:
            return self.text().casefold() < other.text().casefold()
        return theirs is None


class RunsPanel(QFrame):
    """A check in the first column draws the curve of a run beside that of now; F2 or a double-click renames it."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.setProperty("kind", "panel")
        self.setAccessibleName("Runs")
        self.lines: dict[int, Line] = {}
        """By the number of the run."""
        self._kept: dict[KeptRun, Line] = {}
        self._dropped: list[KeptRun] = []
        self._names: tuple[str, ...] = ()
        self._looked = 0.0
        self._filling = False
        self.keep = button("Keep", "add", "Keep the run that goes on as it is now; another goes on from here", "flat")
        self.restore = button(
            "Restore", "", "This run goes on again, with its network and settings; the one of now is kept", "flat"
        )
        self.branch = button("Branch", "", "Another run begins where this one ended", "flat")
        self.compare = button("Compare", "", "In what two chosen runs differ, or one and that of now", "flat")
        self.delete = button("Delete", "", "Keep the chosen runs no longer (Del)", "flat")
        self.undo = button("Bring back", "", "Keep the deleted runs again", "flat")
        self.copy = button("Copy table", "", "The table as CSV, into the clipboard", "flat")
        self.tools = QWidget()
        tools = Flow(self.tools, spacing=4)
        for each in (self.keep, self.restore, self.branch, self.compare, self.delete, self.undo, self.copy):
            tools.addWidget(each)
        self.table = QTableWidget()
        self.table.setAccessibleName("Runs")
        self.table.setShowGrid(False)
        self.table.setFont(theme.ui_font(9.0))
        self.table.verticalHeader().hide()
        self.table.horizontalHeader().setHighlightSections(False)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.table.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.table.setSortingEnabled(True)
        self.table.sortByColumn(0, Qt.SortOrder.AscendingOrder)
        self.told = paragraph("", "", 9.0)
        self.told.hide()
        self.empty = Empty(
            "loss", "No runs yet", "Train, then Reset or Keep: runs stay here, to be compared and restored."
        )
        self._pages = QStackedWidget()
        self._pages.addWidget(self.empty)
        self._pages.addWidget(self.table)
        layout = column(self, 0, 4)
        layout.setContentsMargins(10, 4, 10, 8)
        layout.addWidget(self.tools)
        layout.addWidget(self._pages, 1)
        layout.addWidget(self.told)
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.timeout.connect(self._again)
        self.keep.clicked.connect(lambda: session.journey.keep())
        self.restore.clicked.connect(lambda: self._restore(anew=False))
        self.branch.clicked.connect(lambda: self._restore(anew=True))
        self.compare.clicked.connect(self._compare)
        self.delete.clicked.connect(self.drop)
        self.undo.clicked.connect(self._bring_back)
        self.copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(self.csv()))
        self.table.itemChanged.connect(self._changed)
        self.table.itemSelectionChanged.connect(self._follow_selection)
        session.snapshot_changed.connect(self._show)
        session.document_replaced.connect(self._begin_anew)
        theme.notifier.changed.connect(self._dress)
        self._show(session.snapshot)

    def sizeHint(self) -> QSize:
        return QSize(640, 250)

    def minimumSizeHint(self) -> QSize:
        return QSize(px(120), px(110))

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._fill()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Delete and self.delete.isEnabled():
            self.drop()
        else:
            super().keyPressEvent(event)

    # -- what is there --------------------------------------------------------------------------------------

    def _show(self, snapshot: Snapshot) -> None:
        if not self.isVisible():
            return
        if time.monotonic() - self._looked < AGAIN and snapshot.state == "running":
            self._later.start(round(AGAIN * 1000))
        else:
            self._fill()

    def _again(self) -> None:
        if self.isVisible():
            self._fill()

    def _begin_anew(self) -> None:
        self._dropped.clear()
        self._kept.clear()
        self.told.hide()
        self._show(self.session.snapshot)

    def _found(self) -> list[Line]:
        """A line for each run, that of now the last."""
        session, snapshot = self.session, self.session.snapshot
        self._kept = {run: self._kept.get(run) or line_of(run) for run in snapshot.runs.kept}
        document, progress = session.document, snapshot.progress
        origin = snapshot.runs.after(snapshot.run_seconds).now
        shapes = [spec.shape for _, spec in snapshot.analysis.parameters.values()]
        now = line_now(origin, document.graph, document.data, document.training, progress, shapes)
        return [*self._kept.values(), now]

    def _fill(self) -> None:
        """Put in what has changed, unless a name is being typed."""
        focus = QApplication.focusWidget()
        if focus is not None and self.table.viewport().isAncestorOf(focus):
            self._later.start(round(AGAIN * 1000))
            return
        self._looked = time.monotonic()
        found = self._found()
        self.undo.setVisible(bool(self._dropped))
        self._pages.setCurrentWidget(self.table if len(found) > 1 or found[-1].steps else self.empty)
        names = tuple(differing([line.settings for line in found])) if len(found) > 1 else ()
        new = {line.number: line for line in found}
        if names == self._names and new.keys() == self.lines.keys():
            changed = [line for line in found if line != self.lines[line.number]]
        else:
            changed = found
        if not changed:
            return
        self._filling = True
        chosen = self.chosen
        self.table.setSortingEnabled(False)
        if changed is found:
            titles = [*FIXED, *names]
            self.table.setColumnCount(len(titles))
            self.table.setHorizontalHeaderLabels(titles)
            self.table.setRowCount(len(found))
            for row, line in enumerate(found):
                self._put(row, line, names)
        else:
            rows = {self._number(row): row for row in range(self.table.rowCount())}
            for line in changed:
                self._put(rows[line.number], line, names)
        resized = (names, new.keys()) != (self._names, self.lines.keys())
        self.lines, self._names = new, names
        self.table.setSortingEnabled(True)
        if resized:
            self._choose(chosen)
            self.table.resizeColumnsToContents()
            self.table.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.Interactive)
        self._filling = False
        self._follow_selection()

    def _put(self, row: int, line: Line, names: Sequence[str]) -> None:
        numbers: list[tuple[str, float | None]] = [
            (f"{line.epochs:,}", line.epochs),
            *(
                (short(value) if value is not None else "–", value)
                for value in (line.train, line.validation, line.best)
            ),
            (f"{short(line.metric)} {line.metric_name.split()[-1]}" if line.metric is not None else "–", line.metric),
            (f"{line.seconds:.1f}", line.seconds),
        ]
        title = _Cell(line.title if line.kept else f"{line.title}  ·  now")
        title.setData(NUMBER, line.number)
        set_tip(title, _about(line))
        flags = Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsEnabled
        title.setFlags(flags | Qt.ItemFlag.ItemIsEditable | (Qt.ItemFlag.ItemIsUserCheckable if line.kept else flags))
        if line.kept:
            seen = line.number not in self.session.journey.unseen
            title.setCheckState(Qt.CheckState.Checked if seen else Qt.CheckState.Unchecked)
        title.setIcon(_chip(line))
        self.table.setItem(row, 0, title)
        for at, (text, value) in enumerate(numbers, start=1):
            cell = _Cell(text)
            cell.setData(NUMBER, value)
            cell.setFlags(flags)
            cell.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            self.table.setItem(row, at, cell)
        for at, name in enumerate(names, start=1 + len(numbers)):
            text = line.settings.get(name, "–")
            cell = _Cell(text)
            cell.setData(NUMBER, _number(text))
            cell.setFlags(flags)
            self.table.setItem(row, at, cell)

    def _number(self, row: int) -> int:
        """The run in a row."""
        item = self.table.item(row, 0)
        return int(item.data(NUMBER)) if item is not None else 0

    def _dress(self) -> None:
        for row in range(self.table.rowCount()):
            item = self.table.item(row, 0)
            self._filling = True
            if item is not None:
                item.setIcon(_chip(self.lines[item.data(NUMBER)]))
            self._filling = False

    # -- what a person does ---------------------------------------------------------------------------------

    @property
    def chosen(self) -> list[int]:
        """The numbers of the runs that are selected, from above."""
        rows = sorted({index.row() for index in self.table.selectionModel().selectedRows()})
        return [self._number(row) for row in rows]

    def _choose(self, numbers: Sequence[int]) -> None:
        self.table.clearSelection()
        for row in range(self.table.rowCount()):
            if self._number(row) in numbers:
                index = self.table.model().index(row, 0)
                flags = QItemSelectionModel.SelectionFlag.Select | QItemSelectionModel.SelectionFlag.Rows
                self.table.selectionModel().select(index, flags)

    def _follow_selection(self) -> None:
        chosen = [self.lines[number] for number in self.chosen if number in self.lines]
        kept = [line for line in chosen if line.kept]
        one = len(chosen) == 1 and len(kept) == 1 and kept[0].whole
        self.restore.setEnabled(one)
        self.branch.setEnabled(one)
        self.delete.setEnabled(bool(kept))
        self.compare.setEnabled(len(chosen) == 2 or (len(chosen) == 1 and len(kept) == 1))

    def _changed(self, item: QTableWidgetItem) -> None:
        """A name was typed, or a curve is to be seen or not."""
        if self._filling or item.column():
            return
        number, journey = item.data(NUMBER), self.session.journey
        line = self.lines[number]
        seen = item.checkState() == Qt.CheckState.Checked
        if line.kept and seen == (number in journey.unseen):
            journey.set_seen(number, seen)
            return
        name = item.text().removesuffix("  ·  now").strip()[:200]
        if name != line.title:
            journey.rename(number, name)

    def drop(self) -> None:
        """Delete the chosen runs, which can be brought back until another document is opened."""
        runs = [run for run in self.session.snapshot.runs.kept if run.number in self.chosen]
        self._dropped += runs
        for run in runs:
            self.session.journey.drop(run.number)
        if runs:
            what = runs[0].title if len(runs) == 1 else f"{len(runs)} runs"
            self.session.message.emit(f"Deleted {what}; Bring back in the panel takes that back.")

    def _bring_back(self) -> None:
        for run in self._dropped:
            self.session.journey.put(run)
        self._dropped.clear()

    def _restore(self, *, anew: bool) -> None:
        session = self.session
        run = session.snapshot.runs.find(self.chosen[0]) if self.chosen else None
        if run is None or session.locks.refuse("train"):
            return
        edit = changed_to(session.document, run)
        if edit.changes and session.locks.refuse_edit(edit):
            return
        session.journey.set_aside()
        session.apply(edit)
        session.journey.restore(run.number, anew=anew)

    def _compare(self) -> None:
        """Say in what two runs differ; where their networks have the same weights, the numbers of the pass are shown
        with those of both."""
        chosen = self.chosen
        now = self.session.snapshot.runs.now.number
        one, other = (chosen[0], chosen[1]) if len(chosen) == 2 else (chosen[0], now)
        if one == now:
            one, other = other, one
        a, b = self.lines[one], self.lines[other]
        self.told.setText(f"{a.title} → {b.title}: " + " · ".join(told(a, b) or ["no difference"]))
        self.told.show()
        runs = self.session.snapshot.runs
        first, second = runs.find(one), runs.find(other)
        if first is not None and first.weights is not None:
            after = second.weights if second is not None else None
            self.session.what_if.compare_weights(first.weights, after, f"{a.title} and {b.title}")

    def csv(self) -> str:
        """The table as it stands, with all digits."""
        text = io.StringIO(newline="")
        writer = csv.writer(text)
        writer.writerow([*FIXED, *self._names])
        for row in range(self.table.rowCount()):
            items = [self.table.item(row, at) or QTableWidgetItem() for at in range(self.table.columnCount())]
            numbers = [None if not at else item.data(NUMBER) for at, item in enumerate(items)]
            writer.writerow([i.text() if n is None else n for i, n in zip(items, numbers, strict=True)])
        return text.getvalue()


def _about(line: Line) -> str:
    parts = [f"{line.steps:,} steps"]
    if line.parent:
        parts.append(f"branched from run {line.parent} after {line.branched:,} steps")
    if not line.whole:
        parts.append("its weights are no longer kept, so it can be compared and not restored")
    return "; ".join(parts)


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _chip(line: Line) -> QIcon:
    """The hue of its curve."""
    picture = QPixmap(px(10), px(10))
    picture.fill(run_color(line.number) if line.kept else theme.color(theme.current().train))
    return QIcon(picture)
