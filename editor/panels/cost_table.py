"""What a node costs, or all of them: each number with its share of the total, and by what the canvas is coloured."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QGridLayout, QWidget

from compute.cost import MEASURES, Cost, Counts, NodeCost, Shown
from compute.numbers_text import count_text, plural
from editor import theme
from editor.canvas.layers import painting
from editor.panels.widgets import Combo, Elided, column, label, paragraph, row
from editor.plain import set_tip
from editor.scale import px
from editor.session import Session
from editor.wanted import while_seen


class Bar(QWidget):
    """A share, 0 … 1, as a bar."""

    def __init__(self) -> None:
        super().__init__()
        self.share = 0.0

    def sizeHint(self) -> QSize:
        return QSize(40, px(8))  # what room there is belongs to the words

    def show_share(self, share: float) -> None:
        """That much is filled."""
        if share != self.share:
            self.share = share
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        with painting(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            high = float(px(6))
            room = QRectF(0.0, (self.height() - high) / 2, float(self.width()), high)
            painter.setBrush(theme.color(theme.current().line))
            painter.drawRoundedRect(room, high / 2, high / 2)
            if self.share > 0.0:
                room.setWidth(max(high, room.width() * self.share))
                painter.setBrush(theme.color(theme.current().frames[3]))
                painter.drawRoundedRect(room, high / 2, high / 2)


class _Line:
    """A measure's name, number, share and bar."""

    def __init__(self, measure: Shown, grid: QGridLayout, line: int) -> None:
        self.measure = measure
        self.name, self.number = Elided("dim", 9.5), label("", "", 9.5, mono=True)
        self.name.set_text(measure.title)
        self.share, self.bar = label("", "dim", 9.5, mono=True), Bar()
        for each in (self.number, self.share):
            each.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        parts: tuple[QWidget, ...] = self.name, self.number, self.share, self.bar
        for place, part in enumerate(parts):
            grid.addWidget(part, line, place)

    def show(self, on: bool) -> None:
        """Whether it is there."""
        for each in (self.name, self.number, self.share):
            each.setVisible(on)

    def show_number(self, number: float | None, share: float | None, tip: str) -> None:
        """That number, and what part it is of the total, if it is one of a node."""
        self.number.setText("…" if number is None else self.measure.text(number))
        self.share.setText("" if share is None else f"{share:.0%}")
        self.bar.setVisible(share is not None)
        self.bar.show_share(share or 0.0)
        self.name.set_text(self.measure.title, tip)
        set_tip(self.number, tip)


class CostTable(QWidget):
    """In sight, it has the cost worked out, of one node or of all together; ``measures``: and the time of a step."""

    def __init__(self, session: Session, *, measures: bool = False) -> None:
        super().__init__()
        self.session, self._measures = session, measures
        self._node: str | None = None
        layout = column(self, 0, 8)
        self.title = Elided(bold=True)
        self.said = paragraph("", "dim", 9.5)
        grid = QGridLayout()
        grid.setHorizontalSpacing(10)
        grid.setVerticalSpacing(5)
        grid.setColumnStretch(0, 1)
        self.lines = tuple(_Line(measure, grid, line) for line, measure in enumerate(MEASURES))
        self.table = QWidget()
        self.table.setLayout(grid)
        self.table.hide()
        grid.setContentsMargins(0, 0, 0, 0)
        self.colour = Combo(
            [("", "nothing"), *((each.name, each.title) for each in MEASURES)], "By what the canvas is coloured"
        )
        self.how = paragraph("", "dim", 9.0)
        layout.addWidget(self.title)
        layout.addWidget(self.said)
        layout.addWidget(self.table)
        choice, about = row(spacing=8), Elided("dim", 9.5)
        about.set_text("Colour the canvas by")
        choice.addWidget(about, 1)
        choice.addWidget(self.colour, 1)
        layout.addLayout(choice)
        layout.addWidget(self.how)
        session.costing.changed.connect(self._show)
        self.colour.currentIndexChanged.connect(self._choose)
        while_seen(self, self._seen)

    def show_node(self, node: str | None) -> None:
        """Of that node; None: of all."""
        self._node = node
        self._show()

    def _seen(self, seen: bool) -> None:
        self.session.costing.set_seen(self, seen, times=self._measures)
        if seen:
            self._show()

    def _choose(self) -> None:
        by = self.colour.key
        self.session.costing.set_on(bool(by), by or None)

    def _show(self) -> None:
        costing = self.session.costing
        cost, times = costing.cost, costing.times
        self.colour.choose(costing.by if costing.on else "")
        if cost is None and not costing.problem and not self.table.isHidden():
            return  # what was counted last stands there for the moment that counting takes
        found = None if cost is None else cost.total if self._node is None else cost.by_node.get(self._node)
        self.table.setVisible(found is not None)
        self.said.setVisible(found is None)
        if cost is None or found is None:
            self.title.set_text("Cost")
            self.said.setText(costing.problem or ("It is being counted." if cost is None else _LEFT_OUT))
            self.how.hide()
            return
        rows = f"{count_text(cost.rows)} {plural('row', cost.rows)}"
        self.title.set_text(f"A training step over {rows} costs" if cost.trains else f"The values of {rows} cost")
        for line in self.lines:
            number, whole = line.measure.of(found, times), line.measure.of(cost.total, times)
            share = None if self._node is None or number is None or not whole else number / whole
            waits = self._measures and cost.trains and not costing.unmeasured
            line.show(number is not None or waits)
            line.show_number(number, share, _tip(line.measure, found))
        told = [f"Time measured on {times.engine}. {times.how}"] if times is not None and cost.trains else []
        told += [_used(cost)] if self._node is None else []
        self.how.setText(" ".join(told))
        self.how.setVisible(bool(told))


_LEFT_OUT = "No training step computes this node, so it costs nothing."


def _tip(measure: Shown, of: NodeCost) -> str:
    """What a number is, and how the operations divide between the passes."""
    phases = ((name, getattr(of, name)) for name in ("forward", "backward", "update"))
    parts = [f"{name} {count_text(int(getattr(counts, measure.name)))}" for name, counts in phases if _has(measure)]
    return f"{measure.help} {', '.join(parts)}".strip()


def _has(measure: Shown) -> bool:
    return hasattr(Counts(), measure.name)


def _used(cost: Cost) -> str:
    used = cost.used
    return (
        f"Trained, one row costs {count_text(used.multiply_adds)} multiply-adds, {count_text(used.arithmetic)} other × "
        f"and +, {count_text(used.exps)} {plural('exp', used.exps)} and {count_text(used.divisions)} "
        f"{plural('division', used.divisions)}."
    )
