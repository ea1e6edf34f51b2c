"""What backpropagation holds in memory over a walk, beside what a program would hold that lets nothing go."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QBoxLayout, QFrame, QHeaderView, QStackedWidget, QTableView, QWidget

from compute.explain import Stored
from compute.focus import Focus
from compute.numbers_text import plural, size_text
from compute.shapes import shape_text
from compute.walk_state import WalkState
from editor import theme
from editor.panels.widgets import Elided, Empty, button, column, label, row
from editor.plain import set_tip, tip_text
from editor.plots.memory import MemoryPlot
from editor.scale import px
from editor.session import Session
from editor.wanted import while_seen

Index = QModelIndex | QPersistentModelIndex
_GROUPS = {"value": 0, "gradient": 1, "wire": 1, "weight gradient": 1, "weight": 2}
_TOKENS = ("forward", "backward", "text_dim")
_WORDS = ("Values that are still needed", "Gradients that are still needed", "Weights, there in any case")
BESIDE = 560
"""From this width on, the list stands beside the plot."""


class HeldModel(QAbstractTableModel):
    """One line for each array that is held: values, then gradients, then weights, with shape and bytes."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.held: list[Stored] = []

    def show_held(self, held: tuple[Stored, ...]) -> None:
        """These arrays, put in order; where they are there already, nothing moves under the pointer."""
        ordered = sorted(held, key=lambda each: _GROUPS[each.quantity.kind])
        if ordered != self.held:
            self.beginResetModel()
            self.held = ordered
            self.endResetModel()

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.held)

    def columnCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else 3

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        each = self.held[index.row()]
        group, place = _GROUPS[each.quantity.kind], index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return (each.name, shape_text(each.shape), size_text(each.bytes))[place]
        if role == Qt.ItemDataRole.ForegroundRole:
            return theme.color(getattr(theme.current(), _TOKENS[group] if place == 0 else "text_dim"))
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignRight if place else Qt.AlignmentFlag.AlignLeft
            return int(side | Qt.AlignmentFlag.AlignVCenter)
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            said = f"{each.name} {shape_text(each.shape)}, {size_text(each.bytes)}. {_WORDS[group]}."
            return tip_text(said) if role == Qt.ItemDataRole.ToolTipRole else said
        return None


class HeldList(QTableView):
    """``asked`` sends what was clicked, or where Enter was pressed."""

    asked = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.model_ = HeldModel(self)
        self.setModel(self.model_)
        self.setAccessibleName("Arrays held at this step")
        self.setFont(theme.mono_font(8.5))
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.horizontalHeader().hide()
        self.horizontalHeader().setResizeContentsPrecision(0)  # by what is in sight: there may be thousands
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.verticalHeader().hide()
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self._fit_rows()
        theme.notifier.changed.connect(self.viewport().update)
        self.clicked.connect(self._ask)

    def _fit_rows(self) -> None:
        self.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + px(6))

    def changeEvent(self, event: Any) -> None:
        super().changeEvent(event)
        if event.type() == event.Type.FontChange:
            self._fit_rows()

    def minimumSizeHint(self) -> QSize:
        return QSize(px(180), px(60))

    def _ask(self, index: Index) -> None:
        if index.isValid():
            self.asked.emit(self.model_.held[index.row()])

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._ask(self.currentIndex())
        else:
            super().keyPressEvent(event)


class MemoryPanel(QFrame):
    """In sight, it has the canvas mark what is held at the step of the walk."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.setProperty("kind", "panel")
        self.setAccessibleName("Memory of the walk")
        self.plot = MemoryPlot()
        set_tip(self.plot, "Click or drag to go to a step")
        self.list = HeldList()
        self.summary = Elided("dim", 9.0)
        self.head = QWidget()
        """What stands beside the title of the panel."""
        head = row(self.head, spacing=8)
        head.addWidget(label("━ still needed", "good", 9.0))
        head.addWidget(label("╌ if everything were kept", "dim", 9.0))
        head.addSpacing(8)
        self.reading = Elided("text", 9.0, mono=True)
        head.addWidget(self.reading, 1)
        self.head.setMinimumWidth(1)
        self.empty = Empty(
            "memory",
            "No walk yet",
            "Walk through backpropagation: at every step this shows what has to be held in memory, and what need not.",
        )
        self.start = button("Walk through backpropagation", "backprop", kind="primary", token="on_accent")
        nothing = QWidget()
        under = column(nothing, 12, 4)
        under.addWidget(self.empty, 1)
        under.addWidget(self.start, 0, Qt.AlignmentFlag.AlignHCenter)
        inside = QWidget()
        self._sides = QBoxLayout(QBoxLayout.Direction.LeftToRight, inside)
        self._sides.setContentsMargins(14, 4, 12, 10)
        self._sides.setSpacing(12)
        curves, arrays = QWidget(), QWidget()
        column(curves, 0, 4).addWidget(self.plot, 1)
        beside = column(arrays, 0, 4)
        beside.addWidget(self.summary)
        beside.addWidget(self.list, 1)
        self._sides.addWidget(curves, 3)
        self._sides.addWidget(arrays, 2)
        self._pages = QStackedWidget()
        self._pages.addWidget(nothing)
        self._pages.addWidget(inside)
        layout = column(self, 0, 0)
        layout.addWidget(self.head)
        layout.addWidget(self._pages, 1)
        session.walk_changed.connect(self._show)
        session.snapshot_changed.connect(self._follow)
        self.start.clicked.connect(lambda: session.start_walk())
        self.plot.chosen.connect(session.walk_to)
        self.plot.pointed.connect(self._read)
        self.list.asked.connect(lambda each: session.focus_on(Focus.on(each.quantity)))
        while_seen(self, self._seen)
        self._show(session.walk)

    def sizeHint(self) -> QSize:
        return QSize(640, 250)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        beside = self.width() >= px(BESIDE)
        direction = QBoxLayout.Direction.LeftToRight if beside else QBoxLayout.Direction.TopToBottom
        if direction != self._sides.direction():
            self._sides.setDirection(direction)

    def _seen(self, seen: bool) -> None:
        self.session.set_shows_held(seen)
        if seen:
            self._show(self.session.walk)

    def _read(self, pointed: int) -> None:
        """What is held at the step under the pointer, else at that of the walk."""
        self.reading.set_text(self.plot.reading(pointed if pointed >= 0 else self.plot.at))

    def _follow(self) -> None:
        """Another batch may have other shapes."""
        if self.session.snapshot.state != "running":
            self._show(self.session.walk)

    def _show(self, walk: WalkState | None) -> None:
        self._pages.setCurrentIndex(walk is not None)
        if walk is None or not self.session.shows_held:
            return
        memory, step, held = walk.steps.memory, walk.step, walk.step.stored
        self.plot.show_memory(memory, walk.index)
        self._read(-1)
        self.list.model_.show_held(held)
        arrays = f"{len(held)} {plural('array', len(held))}"
        most, last = max(memory.planned), memory.everything[-1]
        self.summary.set_text(
            f"{arrays}, {size_text(step.stored_bytes)} now",
            f"{arrays}, {size_text(step.stored_bytes)} now. At most {size_text(most)} are held at one moment; "
            f"a program that keeps every value and every gradient holds {size_text(last)} in the end.",
        )
