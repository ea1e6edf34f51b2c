"""A plot, as all plots are: declared once by a class, listed in ``editor.plots.kinds``, shown in a tile.

Another plot is another subclass of ``Plot`` and its name in that list; menu, search, tiles, exports and tests follow.

It declares ``id``, ``title``, ``help``, ``group``, ``key`` and its ``options`` (each a choice among keys, which may
depend on the document); ``chosen(key)`` is what was chosen. ``wants()`` says what it needs of a snapshot by its
options: usually one ``compute.measure.Measure``, which the compute thread works out as long as the plot is on the
screen. ``prepare(snapshot)`` takes the numbers (``snapshot.measured[measure]``, or over time
``self.given.recorded.of(measure)``) and returns None, or the ``Missing`` that stands in its place; it is called at most
as often as the window can afford. ``paint(painter, area)`` draws what was prepared, into the tile or a picture of any
size, in the theme in force; ``table()`` gives the same numbers for CSV; ``reading(at)`` says in words what is under the
pointer, ``point(by)`` moves that by the keyboard, and ``clicked(at)`` hears of a click. Sizes in pixels go through
``px``; text is drawn, so that it stays text in SVG. ``editor.plots.axes`` has axes, ``editor.plots.curves`` a base for
curves over steps.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, NamedTuple

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QStackedWidget, QWidget

from compute.measure import Measure, Unmeasured
from compute.recorded import Recorded
from compute.snapshot import Part, Snapshot
from editor import theme
from editor.background import Background
from editor.panels.widgets import Empty, column
from editor.scale import px
from editor.session import Session

Group = Literal["Training", "Weights and gradients", "Predictions", "Data"]
Cell = str | int | float


@dataclass(frozen=True)
class Option:
    """One thing that can be chosen about a plot. choices: pairs of a key and what a person reads, for a session; the
    first is chosen at first, and where what was chosen is there no more."""

    key: str
    title: str
    choices: Callable[[Session], Sequence[tuple[str, str]]]


class Missing(NamedTuple):
    """What stands in a plot's place where it has no numbers: a title, and what to do."""

    title: str
    sentence: str


COMING = Missing("On their way", "The numbers of this plot are being worked out.")


@dataclass(frozen=True)
class Table:
    """The numbers behind a plot: a name for each column, and the lines."""

    columns: Sequence[str]
    lines: Sequence[Sequence[Cell]]


@dataclass(frozen=True)
class Given:
    """What plots are made with: the session, what was measured over time, and on what they may work beside the
    window."""

    session: Session
    recorded: Recorded
    background: Background


@dataclass
class _Cost:
    """Seconds of the window's thread that the last picture took."""

    preparing: float = 0.0
    painting: float = 0.0


class Sheet(QWidget):
    """Where a plot that paints itself is painted."""

    def __init__(self, plot: Plot) -> None:
        super().__init__()
        self._plot = plot
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(plot.title)

    def sizeHint(self) -> QSize:
        return QSize(px(320), px(200))

    def minimumSizeHint(self) -> QSize:
        return QSize(px(80), px(50))

    def paintEvent(self, event: QPaintEvent) -> None:
        start = time.perf_counter()
        painter = QPainter(self)
        self._plot.paint(painter, QRectF(self.rect()))
        painter.end()
        self._plot.cost.painting = time.perf_counter() - start

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._plot.point_at(event.position())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._plot.clicked(event.position())
        event.ignore()  # the tile takes the keyboard

    def leaveEvent(self, event: object) -> None:
        self._plot.point_at(None)


class Plot(QWidget):
    """``read`` sends what is under the pointer, in words; ``options_changed`` that something else was chosen."""

    id: ClassVar[str]
    title: ClassVar[str]
    help: ClassVar[str]
    """One sentence: what it shows, and of what."""
    group: ClassVar[Group]
    key: ClassVar[str]
    """Of the action that adds one: Ctrl+Alt+Shift and this letter."""
    icon: ClassVar[str] = "loss"
    options: ClassVar[tuple[Option, ...]] = ()

    read = Signal(str)
    options_changed = Signal()

    def __init__(self, given: Given, chosen: Mapping[str, str] | None = None) -> None:
        super().__init__()
        self.given, self.session = given, given.session
        self._chosen = {option.key: (chosen or {}).get(option.key, "") for option in self.options}
        self.cost = _Cost()
        self.seen = False
        self._asked: frozenset[Part] = frozenset()
        self.missing: Missing | None = COMING
        self.kept = ""
        """Why its numbers were not told when it was shown last."""
        self.pointer: QPointF | None = None
        """Where the pointer is, or where the keys have put it."""
        self.empty = Empty(self.icon, *self.missing)
        self._pages = QStackedWidget()
        self._pages.addWidget(self.empty)
        self.body = self.make_body()
        self._pages.addWidget(self.body)
        column(self).addWidget(self._pages, 1)
        theme.notifier.changed.connect(self._restyle)

    # -- what a kind of plot says -----------------------------------------------------------------------------

    def make_body(self) -> QWidget:
        """The widget that shows it; by default one that it paints by ``paint``."""
        return Sheet(self)

    def wants(self) -> Iterable[Part]:
        """What it needs of a snapshot, by its options."""
        return ()

    def kept_back(self) -> str:
        """Why its numbers are not told though they are there, as a sentence: they would say what a walk or an exercise
        asks for."""
        return ""

    def prepare(self, snapshot: Snapshot) -> Missing | None:
        """Take the numbers of a snapshot."""
        raise NotImplementedError

    def paint(self, painter: QPainter, area: QRectF) -> None:
        """Draw what was prepared."""
        raise NotImplementedError

    def table(self) -> Table:
        """The numbers that it shows."""
        raise NotImplementedError

    def reading(self, at: QPointF) -> str:
        """What stands at a place of the last painting, in words."""
        return ""

    def point(self, by: int) -> None:
        """Read the next thing (1), the one before (−1), the first (−2) or the last (2) by the keyboard."""

    def clicked(self, at: QPointF) -> None:
        """A person clicked at a place of the last painting."""

    def undress(self) -> None:
        """Forget what has the colours of another theme."""

    # -- what all have ----------------------------------------------------------------------------------------

    @property
    def measure(self) -> Measure:
        """The one measure that it wants."""
        return next(part for part in self.wants() if isinstance(part, Measure))

    def choices(self, option: Option) -> Sequence[tuple[str, str]]:
        """What can be chosen now."""
        return option.choices(self.session)

    def chosen(self, key: str) -> str:
        """The key that counts for an option; "" where there is nothing to choose."""
        option = next(each for each in self.options if each.key == key)
        keys = [each for each, _ in self.choices(option)]
        return self._chosen[key] if self._chosen[key] in keys else keys[0] if keys else ""

    @property
    def chosen_options(self) -> dict[str, str]:
        """What a person chose, to be remembered, as far as they did."""
        return {key: value for key, value in self._chosen.items() if value}

    def choose(self, key: str, value: str) -> None:
        """Choose something else."""
        if value != self._chosen[key]:
            self._chosen[key] = value
            self.want()
            self.refresh()
            self.options_changed.emit()

    @property
    def caption(self) -> str:
        """The title, with what the first option says, and others where it is not what they say at first."""
        said = []
        for i, option in enumerate(self.options):
            pairs, key = self.choices(option), self.chosen(option.key)
            if pairs and (i == 0 or key != pairs[0][0]):
                said += [text for each, text in pairs if each == key]
        return " · ".join([self.title, *said])

    def want(self) -> None:
        """Have measured what it is about, as long as it is seen."""
        self._asked = frozenset(self.wants()) if self.seen else frozenset()
        self.session.wanted.set_seen(self, self._asked, self.seen)

    def set_seen(self, seen: bool) -> None:
        """It came onto the screen, or left it."""
        if seen != self.seen:
            self.seen = seen
            self.want()
            if seen:
                self.refresh()

    def refresh(self) -> None:
        """Show the numbers of now, if they were measured."""
        start, snapshot = time.perf_counter(), self.session.snapshot
        wanted = frozenset(self.wants())
        if self.seen and wanted != self._asked:
            self.want()  # what can be chosen is another with the graph
        if snapshot.revision >= 0 and not wanted <= snapshot.parts:
            return  # still to come; the last picture stands
        unmeasured = next((found for part in wanted if isinstance(found := self._found(part), Unmeasured)), None)
        if snapshot.revision < 0:
            self.missing = COMING
        elif unmeasured is not None:
            self.missing = Missing("Not computed", unmeasured.sentence)
        else:
            missing, self.kept = self.prepare(snapshot), self.kept_back()
            self.missing = Missing("Not shown yet", self.kept) if self.kept else missing
        if self.missing is not None:
            self.empty.say(*self.missing)
        self._pages.setCurrentIndex(0 if self.missing else 1)
        self.body.update()
        if self.pointer is not None and not self.missing:
            self.read.emit(self.reading(self.pointer))
        self.cost.preparing = time.perf_counter() - start

    def _found(self, part: Part) -> Any:
        return self.session.snapshot.measured.get(part) if isinstance(part, Measure) else None

    def point_at(self, at: QPointF | None) -> None:
        """The pointer is at a place of the last painting, or gone."""
        self.pointer = at
        self.read.emit(self.reading(at) if at is not None and not self.missing else "")
        self.body.update()

    def _restyle(self) -> None:
        theme.in_turn(self._dress_again)

    def _dress_again(self) -> None:
        self.undress()
        if self.seen:
            self.refresh()
