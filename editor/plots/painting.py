"""Painting points: a class or a value is chosen, a click sets a point, a drag sprays them, the right button erases."""

from __future__ import annotations

import math
from itertools import count

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt, QTimer
from PySide6.QtGui import QColor, QIcon, QKeyEvent, QMouseEvent, QPainter, QPen, QPixmap
from PySide6.QtWidgets import QButtonGroup, QLineEdit, QPushButton, QWidget

from compute.data.pasted import Cell
from compute.data.plane import Extents
from compute.errors import GradwireError
from compute.graph import columns_of
from compute.numbers_text import number_text
from compute.ops import role_of
from compute.painting import Ground, add_points, erase, prepare_ground, rows_near
from compute.table_edits import columns_in
from editor import theme
from editor.canvas.layers import painting
from editor.panels.fields import number
from editor.panels.widgets import button, column, paragraph, row
from editor.plots.plane import RADIUS, Plane
from editor.session import Session

SPACING, SPRAY, ERASES = 13.0, 9.0, 12.0
"""In pixels: how far the pointer goes from one point of a drag to the next, how far a sprayed point may lie from it,
and how far around it points are erased."""
COMMIT_MS = 350
"""So often the points of a long drag become rows: each time training goes on with others, which costs it a little."""
MOST_CHIPS = 9
_STEPS, _FINE = 24, 120
"""The arrow keys cross the plane in so many steps."""
_STROKES = count(1)
_WAYS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, 1),
    Qt.Key.Key_Down: (0, -1),
}


class Painting(QWidget):
    """The bar below a plane, and what the pointer and the keys do there while it is on. Every stroke is one undo step;
    the points of a stroke are seen at once, and become rows when it ends, or a few times a second."""

    def __init__(self, session: Session, plane: Plane) -> None:
        super().__init__()
        self.session, self.plane = session, plane
        # A pencil alone, as the boundary beside it is to fit at any size of text.
        self.switch = button("", "edit", "Paint: set points with the mouse or the keys", "segment")
        self.switch.setAccessibleName("Paint")
        self.switch.setCheckable(True)
        self.switch.setFont(theme.ui_font(9.0))
        self.told = paragraph("", "dim", 9.0)
        self.take_in = button("Put the rows into the document", "matrix", "A table in the document can be painted in")
        self.take_in.setFont(theme.ui_font(9.0))
        self.value = QLineEdit("1")
        self.value.setFont(theme.mono_font(9.5))
        self.value.setAccessibleName("Value of the points")
        self.value.setMaximumWidth(90)
        self.eraser = button("Erase", "", "Take points away; so does the right button, or Alt with the left", "segment")
        self.eraser.setCheckable(True)
        self.eraser.setFont(theme.ui_font(9.0))
        self._chips: list[QPushButton] = []
        self._classes: tuple[Cell, ...] = ()
        self._group = QButtonGroup(self)
        self._group.setExclusive(True)
        whole = column(self, 0, 4)
        self._line = row(spacing=4)
        self._line.addWidget(self.value)
        self._line.addWidget(self.eraser)
        self._line.addStretch(1)
        whole.addLayout(self._line)
        whole.addWidget(self.told)
        whole.addWidget(self.take_in, 0, Qt.AlignmentFlag.AlignLeft)
        self._group.addButton(self.eraser)
        self._stroke, self._erases = "", False
        self._last = QPointF()
        self._new: list[tuple[float, float]] = []
        """Points of the stroke that are no rows yet."""
        self._waiting: list[tuple[int, tuple[tuple[float, float], ...], int]] = []
        """Points that are rows, but not in what is shown yet: since which revision, and of which class."""
        self._cross: tuple[float, float] | None = None
        self._chance = np.random.default_rng(0)
        self._timer = QTimer(self)
        self._timer.setInterval(COMMIT_MS)
        self._timer.timeout.connect(self._commit_in_between)
        self.switch.toggled.connect(self.set_on)
        self.take_in.clicked.connect(self.prepare)
        self.hide()
        theme.notifier.changed.connect(self._dress)

    # -- what there is to paint -----------------------------------------------------------------------------

    @property
    def on(self) -> bool:
        """Whether the pointer paints."""
        return self.switch.isChecked()

    def set_on(self, on: bool) -> None:
        """Begin or end painting."""
        self.switch.setChecked(on)
        self._end_stroke()
        self.plane.tool = self if on else None
        self.plane.setFocusPolicy(Qt.FocusPolicy.StrongFocus if on else Qt.FocusPolicy.NoFocus)
        self.plane.setCursor(Qt.CursorShape.CrossCursor if on else Qt.CursorShape.ArrowCursor)
        self._cross = None
        self.setVisible(on)
        self.refresh()
        self.plane.update()

    def _extents(self) -> Extents:
        boundary = self.plane.boundary
        return {} if boundary is None else {boundary.columns[0]: boundary.x, boundary.columns[1]: boundary.y}

    def ground(self) -> Ground | None:
        """What is painted on; None where there is no plane or no target."""
        boundary, session = self.plane.boundary, self.session
        graph = session.document.graph
        judged = session.snapshot.analysis.judged_by(session.document.training.loss)
        targets = [node for node in graph.nodes.values() if role_of(node.op) == "target" and columns_of(node)]
        if judged is not None and judged[1] in graph.nodes:
            targets = [graph.nodes[judged[1]]]
        if boundary is None or len(targets) != 1:
            return None
        return Ground(*boundary.columns, columns_of(targets[0])[0])

    def refresh(self) -> None:
        """The classes of now, and whether rows can be painted."""
        if not self.on:
            return
        session, ground, boundary = self.session, self.ground(), self.plane.boundary
        self._waiting = [each for each in self._waiting if each[0] > session.snapshot.revision]
        ready = ground is not None and ground.fits(session.document)
        texts = session.snapshot.categories.get(ground.target, ()) if ground else ()
        classes: tuple[Cell, ...] = texts or tuple(range(boundary.classes if boundary else 0))
        if boundary is None or not boundary.classes or len(classes) > MOST_CHIPS:
            classes = ()
        if classes != self._classes:
            self._classes = classes
            self._make_chips()
        for chip in (*self._chips, self.eraser):
            chip.setVisible(ready)
        self.value.setVisible(ready and not classes)
        small = session.snapshot.table is not None
        self.take_in.setVisible(not ready and ground is not None and small)
        if ground is None:
            said = "Points need two input columns and one target."
        elif not ready:
            said = "Points are painted into a table in the document."
        else:
            said = ""
        self.told.setText(said)
        self.told.setVisible(bool(said))

    def _make_chips(self) -> None:
        for chip in self._chips:
            self._group.removeButton(chip)
            chip.hide()
            chip.deleteLater()
        self._chips = []
        for at, each in enumerate(self._classes):
            chip = button(str(each), "", f"Points of {each}  ({at + 1})", "segment")
            chip.setCheckable(True)
            chip.setFont(theme.ui_font(9.0))
            chip.setAccessibleName(f"Paint {each}")
            self._group.addButton(chip)
            self._line.insertWidget(at, chip)
            self._chips.append(chip)
        if self._chips:
            self._chips[0].setChecked(True)
        else:
            self._group.setExclusive(False)
            self.eraser.setChecked(False)
            self._group.setExclusive(True)
        self._dress()

    def _dress(self) -> None:
        for at, chip in enumerate(self._chips):
            dot = QPixmap(24, 24)
            dot.setDevicePixelRatio(2.0)
            dot.fill(Qt.GlobalColor.transparent)
            with painting(dot) as on:
                on.setRenderHint(QPainter.RenderHint.Antialiasing)
                on.setPen(Qt.PenStyle.NoPen)
                on.setBrush(self._hue(at))
                on.drawEllipse(QRectF(2, 2, 8, 8))
            chip.setIcon(QIcon(dot))

    def _hue(self, at: int) -> QColor:
        t = theme.current()
        if self._classes:
            return theme.color(t.classes[at % len(t.classes)])
        return theme.color(t.positive if at >= 0 else t.negative)

    def _chosen(self) -> tuple[Cell, int] | None:
        """What a point is, and by what it is coloured; None where that cannot be read, which is said."""
        for at, chip in enumerate(self._chips):
            if chip.isChecked():
                return self._classes[at], at
        if self._classes:
            return self._classes[0], 0
        try:
            value = number(self.value.text())
        except ValueError as error:
            self.session.message.emit(f"The value {error}.")
            return None
        self.value.setText(number_text(value))
        return value, 0 if value >= 0 else -1

    def prepare(self) -> None:
        """The rows come into the document."""
        table = self.session.snapshot.table
        if table is None:
            return
        try:
            edit = prepare_ground(self.session.document, table, self._extents(), "Put the rows into the document")
        except GradwireError as error:
            self.session.message.emit(str(error))
            return
        self.session.apply(edit)
        self.plane.setFocus(Qt.FocusReason.OtherFocusReason)

    # -- strokes --------------------------------------------------------------------------------------------

    def _is_ready(self) -> bool:
        ground = self.ground()
        if ground is None or not ground.fits(self.session.document):
            self.session.message.emit(self.told.text() or "Points cannot be painted here.")
            return False
        return True

    def press(self, event: QMouseEvent) -> bool:
        """A button goes down on the plane; whether it begins a stroke."""
        left, right = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton
        if event.button() not in (left, right) or not self.plane.area().contains(event.position()):
            return False
        self._end_stroke()
        if self._is_ready():
            alt = bool(event.modifiers() & Qt.KeyboardModifier.AltModifier)
            self._begin(event.button() == right or alt or self.eraser.isChecked())
            self._last = event.position()
            self._touch(event.position())
        return True

    def drag(self, event: QMouseEvent) -> bool:
        """The pointer moves; whether a stroke goes on."""
        if not self._stroke:
            return False
        at, area = event.position(), self.plane.area()
        away = math.hypot(at.x() - self._last.x(), at.y() - self._last.y())
        for step in range(1, int(away / SPACING) + 1):
            share = step * SPACING / away
            here = self._last + (at - self._last) * share
            if not self._erases:
                here += QPointF(*self._chance.uniform(-SPRAY, SPRAY, 2))
            if area.contains(here):
                self._touch(here)
        if away >= SPACING:
            self._last = self._last + (at - self._last) * (int(away / SPACING) * SPACING / away)
        return True

    def release(self, _event: QMouseEvent) -> bool:
        """A button goes up; whether it ends a stroke."""
        was = bool(self._stroke)
        self._end_stroke()
        return was

    def _begin(self, erases: bool) -> None:
        self._stroke, self._erases = f"paint {next(_STROKES)}", erases
        self._timer.start()

    def _touch(self, at: QPointF) -> None:
        x, y = self.plane.data_at(at)
        if self._erases:
            self._erase_at(x, y)
        else:
            self._new.append((x, y))
            self.plane.update()

    def _erase_at(self, x: float, y: float) -> None:
        ground, boundary, area = self.ground(), self.plane.boundary, self.plane.area()
        if ground is None or boundary is None:
            return
        reach = (
            ERASES * (boundary.x[1] - boundary.x[0]) / area.width(),
            ERASES * (boundary.y[1] - boundary.y[0]) / area.height(),
        )
        document = self.session.document
        rows = rows_near(document, ground, (x, y), reach)
        if rows:
            self._waiting.clear()
            self.session.apply(erase(document, rows, self._stroke))

    def _commit_in_between(self) -> None:
        # Another number of rows may need kernels that take seconds to build: then once for each stroke is enough.
        if not (self.session.is_training and self.session.snapshot.on_opencl):
            self._commit()

    def _commit(self) -> None:
        """What was painted becomes rows."""
        ground, points = self.ground(), tuple(self._new)
        self._new = []
        chosen = self._chosen() if points else None
        if not points or chosen is None or ground is None:
            self.plane.update()
            return
        document, extents = self.session.document, self._extents()
        try:
            edit = add_points(document, ground, np.array(points), chosen[0], extents, self._stroke)
        except GradwireError as error:
            self.session.message.emit(str(error))
            self._end_stroke()
            return
        self.session.apply(edit)
        self._waiting.append((self.session.revision, points, chosen[1]))
        self.plane.update()

    def _end_stroke(self) -> None:
        if self._stroke:
            self._commit()
        self._timer.stop()
        self._stroke = ""

    # -- keys -----------------------------------------------------------------------------------------------

    def wants(self, event: QKeyEvent) -> bool:
        """Whether a key that goes down on the plane is for painting, whatever else it means in the window."""
        mine = (*_WAYS, Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Delete, Qt.Key.Key_Backspace)
        digit = 0 <= event.key() - int(Qt.Key.Key_1) < len(self._classes)
        plain = event.modifiers() & ~(Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.KeypadModifier)
        return not plain and (event.key() in mine or digit or event.key() == Qt.Key.Key_Escape)

    def key(self, event: QKeyEvent) -> bool:
        """A key goes down on the plane; whether it did something."""
        boundary, key = self.plane.boundary, event.key()
        if boundary is None or not self.wants(event):
            return False
        (left, right), (low, high) = boundary.x, boundary.y
        x, y = self._cross or ((left + right) / 2, (low + high) / 2)
        if key == Qt.Key.Key_Escape:
            self.set_on(False)
        elif 0 <= key - int(Qt.Key.Key_1) < len(self._classes):
            self._chips[key - int(Qt.Key.Key_1)].setChecked(True)
        elif key in _WAYS:
            steps = _FINE if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else _STEPS
            dx, dy = _WAYS[Qt.Key(key)]
            x = min(right, max(left, x + dx * (right - left) / steps))
            y = min(high, max(low, y + dy * (high - low) / steps))
            self._cross = x, y
            self.plane.point_at(x, y)
        elif self._is_ready():
            self._cross = x, y
            gone = key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace) or self.eraser.isChecked()
            self._begin(gone)
            self._touch(self.plane.place(x, y))
            self._end_stroke()
        self.plane.update()
        return True

    # -- showing --------------------------------------------------------------------------------------------

    def paint(self, painter: QPainter) -> None:
        """What is painted and is no row of what is shown yet, and where the keys are."""
        t, plane = theme.current(), self.plane
        painter.setPen(QPen(theme.color(t.window, 0.85), 1))
        chosen = next((at for at, chip in enumerate(self._chips) if chip.isChecked()), 0)
        for _, points, at in (*self._waiting, (0, tuple(self._new), chosen)):
            painter.setBrush(self._hue(at))
            for x, y in points:
                painter.drawEllipse(plane.place(x, y), RADIUS, RADIUS)
        if self._cross is not None and plane.hasFocus():
            middle = plane.place(*self._cross)
            for color, width in ((t.window, 4.0), (t.focus, 2.0)):
                painter.setPen(QPen(theme.color(color), width))
                painter.drawLine(middle - QPointF(9, 0), middle + QPointF(9, 0))
                painter.drawLine(middle - QPointF(0, 9), middle + QPointF(0, 9))


def is_empty_table(session: Session) -> bool:
    """Whether there is a table in the document that has columns and no rows yet."""
    columns = columns_in(session.document.data)
    return bool(columns) and not any(len(cells) for cells in columns.values())
