"""The decision boundary: what the network answers over the plane of two inputs, with the points of the data."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from PySide6.QtCore import QPoint, QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QStackedWidget, QWidget

from compute.boundary import PlaneOf
from compute.data.plane import plane_of
from compute.edits import Edit
from compute.focus import Focus, Subject
from compute.graph import columns_of
from compute.ops import role_of
from compute.painting import classes_of
from compute.snapshot import Boundary, Part, Snapshot
from editor.panels.subject import answers_not_shown
from editor.panels.widgets import Combo, Elided, Empty, column, label, row
from editor.plain import set_tip
from editor.plots.held import HeldForm, Others
from editor.plots.painting import Painting, is_empty_table
from editor.plots.plane import Plane
from editor.scale import px
from editor.session import Session
from editor.wanted import while_seen

LEAST_PLANE = 72
"""So high is the plane at least, in pixels, where anything stands below it."""
WIDEST = 220
"""Of the fields that choose its columns."""
_BLANK = (-3.0, 3.0)


class BoundaryPlot(QFrame):
    """The plane with the two columns that it spans, and a sentence where there can be none. ``wanted``: it is to be
    shown. ``chosen``: other columns, or other numbers at which inputs are held.

    The plot of the window spans the columns of the session; one that has its ``own``, as there may be several, says so.
    """

    wanted = Signal()
    chosen = Signal()

    def __init__(self, session: Session, parent: QWidget | None = None, *, own: bool = False) -> None:
        super().__init__(parent)
        self.session = session
        self._own, self._seen = own, False
        self.columns: tuple[str, ...] = ()
        """Those that were chosen here."""
        self.held: dict[str, float] = {}
        """At what inputs are held that are not at their means."""
        self.setProperty("kind", "panel")
        self.setAccessibleName("Decision boundary")
        self.plane = Plane()
        self.across, self.up = Combo(name="Horizontal column"), Combo(name="Vertical column")
        for box in (self.across, self.up):
            box.setMinimumContentsLength(2)
        self.reading = Elided("dim", 9.0, mono=True)
        self.answers = label("", "dim", 9.0)
        self.empty = Empty("gallery", "No decision boundary", "")
        self._pages = QStackedWidget()
        self.reading.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.head: QWidget = self.reading
        """What stands beside the title of the panel."""
        self.below = QWidget()
        """What is chosen about the plane, as far as there is room for it and the plane."""
        choice = row(spacing=4)
        for arrow, box in (("→", self.across), ("↑", self.up)):
            choice.addWidget(label(arrow, "dim"))
            box.setMaximumWidth(px(WIDEST))
            choice.addWidget(box, 1)
        choice.addStretch()
        choice.addWidget(self.answers)
        self.painting = Painting(session, self.plane)
        choice.addWidget(self.painting.switch)
        shown = QWidget()
        inside = column(shown, 0, 6)
        inside.addWidget(self.plane, 1)
        under = column(self.below, 0, 6)
        under.addLayout(choice)
        self.others = Others()
        self.others.clicked.connect(self.ask_held)
        under.addWidget(self.others)
        inside.addWidget(self.below)
        inside.addWidget(self.painting)
        self._pages.addWidget(self.empty)
        self._pages.addWidget(shown)
        layout = column(self, 0, 6)
        layout.setContentsMargins(16, 10, 16, 8)
        layout.addWidget(self.head)
        layout.addWidget(self._pages, 1)
        self.plane.picked.connect(self._pick)
        self.plane.pointed.connect(self._read)
        self.across.activated.connect(self._choose)
        self.up.activated.connect(self._choose)
        session.snapshot_changed.connect(self._show)
        session.document_replaced.connect(self._refresh)
        session.document_edited.connect(self._edited)
        session.sample_changed.connect(self._refresh)
        while_seen(self, self._want)
        self._refresh()

    @property
    def part(self) -> Part:
        """What it needs of a snapshot."""
        return PlaneOf(self.columns, tuple(sorted(self.held.items()))) if self._own or self.held else "boundary"

    def _want(self, seen: bool) -> None:
        self._seen = seen
        self.session.wanted.set_seen(self, (self.part,), seen)

    def hold(self, held: dict[str, float]) -> None:
        """Hold inputs at these numbers, and all others at their means."""
        self.held = held
        self._want(self._seen)
        self.chosen.emit()

    def ask_held(self) -> None:
        """Ask at what the other inputs are to be held."""
        boundary = self.plane.boundary
        if boundary is not None and boundary.held:
            HeldForm(self, boundary.held, self.held, self.hold).open()

    def sizeHint(self) -> QSize:
        return QSize(320, 250)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """In a low tile the plane stands alone; its columns are in the title."""
        wanted = self.below.sizeHint().height() + LEAST_PLANE + self.plane.mapTo(self, QPoint()).y() + px(16)
        self.below.setVisible(self.height() >= wanted or self.painting.on)

    def _edited(self, edit: Edit) -> None:
        if not edit.only_teaches:
            self._refresh()

    def _refresh(self) -> None:
        self._show(self.session.snapshot)

    def _show(self, snapshot: Snapshot) -> None:
        part = self.part
        if snapshot.revision >= 0 and part not in snapshot.parts:
            return  # it was not asked for, or is still to come
        found = snapshot.measured.get(part) if isinstance(part, PlaneOf) else snapshot.boundary
        boundary = found if isinstance(found, Boundary) else self._blank()
        self._pages.setCurrentIndex(0 if boundary is None else 1)
        if boundary is None:
            title, sentence = self._why_not(snapshot)
            self.empty.say(title, sentence)
            return
        columns = self.input_columns()
        for box, name in ((self.across, boundary.columns[0]), (self.up, boundary.columns[1])):
            box.set_pairs([(each, each) for each in columns])
            box.choose(name)
            set_tip(box, name)
        self.answers.setText(f"shows {boundary.answers}" if boundary.answers else "")
        self.answers.setVisible(bool(boundary.answers))
        self.others.show_held(boundary.held, self.held)
        self._fit()
        labels, sample = snapshot.row_labels, self.session.sample
        if not len(boundary.points) and not self.painting.on:
            self.painting.set_on(True)
        self.plane.show_boundary(boundary, int(labels[sample]) if sample < len(labels) else -1)
        self.painting.refresh()
        set_tip(
            self.plane,
            f"{boundary.columns[0]} to the right, {boundary.columns[1]} up. Filled: training rows; hollow: others. "
            "Click a point to ask what is in focus of it, and to follow it everywhere.",
        )

    def _read(self, words: str) -> None:
        """What the pointer is over; an answer that is asked for is only coloured."""
        place, arrow, _answer = words.partition(" → ")
        self.reading.set_text(f"{place}{arrow}?" if arrow and answers_not_shown(self.session) else words)

    def paint_points(self) -> None:
        """Begin to paint, ready for the keyboard, or end it."""
        self.wanted.emit()
        self.painting.set_on(not self.painting.on)
        self._fit()
        if self.painting.on:
            self.plane.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _blank(self) -> Boundary | None:
        """Of a table without rows there is nothing to compute, and a plane to paint on."""
        columns, document = self.input_columns(), self.session.document
        if len(columns) < 2 or not is_empty_table(self.session):
            return None
        extents = plane_of(document.data)
        x, y = (extents.get(name, _BLANK) for name in columns[:2])
        nothing = np.zeros(0)
        blank = Boundary(
            (columns[0], columns[1]),
            x,
            y,
            np.zeros((2, 2)),
            np.zeros((0, 2)),
            nothing,
            classes_of(document.graph, document.training.loss),
            nothing.astype(np.bool_),
            nothing.astype(np.intp),
            neuron=True,
        )
        shown = self.plane.boundary
        same = (
            shown is not None and not len(shown.points) and (shown.columns, shown.x, shown.y) == (blank.columns, x, y)
        )
        return shown if same else blank

    def input_columns(self) -> list[str]:
        """The columns of the only input."""
        nodes = [node for node in self.session.document.graph.nodes.values() if role_of(node.op) == "input"]
        return columns_of(nodes[0]) if len(nodes) == 1 else []

    def _why_not(self, snapshot: Snapshot) -> tuple[str, str]:
        nodes = [node for node in self.session.document.graph.nodes.values() if role_of(node.op) == "input"]
        if len(nodes) != 1 or len(self.input_columns()) < 2:
            return (
                "No decision boundary",
                "It needs one input node with at least two columns, and a loss that compares with a target.",
            )
        if snapshot.analysis.problems or snapshot.problem:
            return "Not computed", "It appears as soon as the graph can be computed."
        return "No decision boundary", "It needs a loss that compares a prediction for each row with a target."

    def _choose(self) -> None:
        """Two other columns; choosing the one that the other axis has exchanges them."""
        boundary = self.plane.boundary
        across, up = self.across.key, self.up.key
        if boundary is not None and across == up:
            across, up = boundary.columns[1], boundary.columns[0]
        if boundary is None or (across, up) != boundary.columns:
            self.columns = (across, up)
            if not self._own:
                self.session.set_boundary_columns(across, up)
            self._want(self._seen)
            self.chosen.emit()

    def _pick(self, table_row: int) -> None:
        """Follow a point: what is in focus is asked of its sample; where that has no samples, or nothing is in focus,
        the answer that the network gives there is asked about."""
        session = self.session
        session.batches.show_row(table_row)
        if session.snapshot.place_of(table_row) < 0:
            return
        view = session.focus.view(session.facts) if session.focus is not None else None
        judged = session.snapshot.analysis.judged_by(session.document.training.loss)
        if judged is not None and (view is None or view.batch is None):
            answer = Focus(Subject("node", judged[0]), "value")
            session.focus_on(replace(answer, entry=answer.entry_in(session.facts)))
