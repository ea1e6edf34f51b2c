"""The place of the plots: tiles in any number, added, moved, pulled larger, torn off, closed, and remembered."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from PySide6.QtCore import QPoint, QRect, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QShowEvent
from PySide6.QtWidgets import QApplication, QFrame, QMenu, QScrollArea, QStackedWidget, QWidget

from compute.recorded import Recorded
from compute.snapshot import Snapshot
from editor.background import Background
from editor.panels.widgets import Empty, button, column, row, scrolling
from editor.plain import caption, set_tip
from editor.plots.arrangement import MOST_TILES, Arrangement, Spot
from editor.plots.kinds import FIRST, KINDS, by_group
from editor.plots.plot import Given, Plot
from editor.plots.tile import Tile, TornOff
from editor.plots.tiling import LEAST_WIDTH, Tiling
from editor.plots.turns import Turns
from editor.scale import px
from editor.session import Session
from editor.settings import Settings

NAME = "plots"
"""Of what is remembered."""
MOST_IN_ROW = 4
TORN = QSize(640, 440)
LOOK_MILLISECONDS = 20
"""After tiles were moved it is looked which of them are in sight."""


class PlotsPlace(QFrame):
    """``wanted``: it is to be shown, as a plot was added. What is in it is made when it is first seen."""

    wanted = Signal()

    def __init__(self, session: Session, background: Background) -> None:
        super().__init__()
        self.session = session
        self.setProperty("kind", "panel")
        self.setAccessibleName("Plots")
        self.recorded = Recorded()
        self._given = Given(session, self.recorded, background)
        self._turns = Turns(self)
        self._settings = Settings()
        self.tiles: dict[int, Tile] = {}
        """By the identity of the spot."""
        self.torn: dict[int, TornOff] = {}
        self._made = False
        self._analysis = session.snapshot.analysis
        self.add_button = button("Add plot", "add", "Another plot beside those that are here")
        self.add_button.clicked.connect(self.open_menu)
        self.head = QWidget()
        """What stands beside the title of the panel."""
        inside = row(self.head, spacing=6)
        inside.addWidget(self.add_button)
        inside.addStretch(1)
        self.tiling = Tiling(self._standing)
        self.tiling.pulled.connect(self._keep)
        self.empty = Empty(
            "loss", "No plots", "Add one: losses, gradients, weights, predictions … as many as you like."
        )
        self._pages = QStackedWidget()
        self._pages.addWidget(self.empty)
        self._area: QScrollArea = scrolling(self.tiling)
        self._pages.addWidget(self._area)
        self._looker = QTimer(self)
        self._looker.setSingleShot(True)
        self._looker.timeout.connect(self._look)
        self._area.verticalScrollBar().valueChanged.connect(lambda _value: self._looker.start(LOOK_MILLISECONDS))
        layout = column(self, 0, 6)
        layout.setContentsMargins(10, 4, 10, 8)
        layout.addWidget(self.head)
        layout.addWidget(self._pages, 1)
        session.snapshot_changed.connect(self._show)
        session.walk_changed.connect(self._withhold)
        session.document_replaced.connect(self._begin_anew)
        session.document_edited.connect(self._follow)

    def sizeHint(self) -> QSize:
        return QSize(640, 250)

    def minimumSizeHint(self) -> QSize:
        return QSize(px(120), px(110))

    # -- what is there ----------------------------------------------------------------------------------------

    @property
    def arrangement(self) -> Arrangement:
        """Where the plots stand."""
        return self.tiling.arrangement

    @property
    def plots(self) -> list[Plot]:
        """All of them, row by row."""
        return [self.tiles[id(spot)].plot for spot in self.arrangement.spots]

    def _standing(self) -> Mapping[int, Tile]:
        """The tiles that stand here, not in windows of their own."""
        return {key: tile for key, tile in self.tiles.items() if key not in self.torn}

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        # Not before it is known whether it stays: the window shows and hides all panels as it arranges them.
        QTimer.singleShot(0, self, self._make)

    def _make(self) -> None:
        if not self._made and self.isVisible():
            self.make()

    def make(self) -> None:
        """Make the plots as they were left, or at first some to begin with."""
        if self._made:
            return
        self._made = True
        known = Arrangement.from_text(self._settings.words(NAME), KINDS) if self._settings.words(NAME) else None
        if known is not None:
            self.tiling.arrangement = known
        else:
            for kind in FIRST:
                self.arrangement.add(Spot(kind), MOST_IN_ROW)
        for spot in self.arrangement.spots:
            self._make_tile(spot)
        self._settle(keep=False)

    def _make_tile(self, spot: Spot) -> Tile:
        plot = KINDS[spot.kind](self._given, spot.options)
        tile = self.tiles[id(spot)] = Tile(plot, spot)
        tile.setParent(self.tiling)
        tile.asked.connect(lambda what: self._do(spot, what))
        tile.moved.connect(lambda side: self._step(spot, side))
        tile.resized.connect(lambda width, height: self._resize(spot, width, height))
        tile.dragged.connect(lambda at: self.tiling.show_goal(self.tiling.goal(self.tiling.mapFromGlobal(at), spot)))
        tile.dropped.connect(lambda at: self._drop(spot, at))
        tile.left.connect(lambda: self.tiling.show_goal(None))
        tile.changed.connect(self._keep)
        tile.follow()
        return tile

    # -- adding and closing -----------------------------------------------------------------------------------

    def open_menu(self) -> None:
        """Ask which kind."""
        self.wanted.emit()
        menu = self.menu()
        menu.popup(self.add_button.mapToGlobal(self.add_button.rect().bottomLeft()))

    def menu(self) -> QMenu:
        """Every kind of plot, by group."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.setToolTipsVisible(True)
        for group, kinds in by_group().items():
            menu.addSection(caption(group))
            for kind in kinds:
                set_tip(menu.addAction(caption(kind.title), partial(self.add, kind.id)), kind.help)
        return menu

    def add(self, kind: str, options: Mapping[str, str] | None = None) -> Tile | None:
        """Another plot, which gets the keyboard; None where there are as many as can be."""
        self.wanted.emit()
        self.make()
        if len(self.arrangement.spots) >= MOST_TILES:
            self.session.message.emit(f"There are {MOST_TILES} plots, which is as many as can be; close one first.")
            return None
        spot = Spot(kind, dict(options or {}))
        self.tiling.wide = None
        self.arrangement.add(spot, self._most())
        tile = self._make_tile(spot)
        self._settle()
        tile.setFocus(Qt.FocusReason.OtherFocusReason)
        QTimer.singleShot(0, tile, lambda: self._area.ensureWidgetVisible(tile, 0, 8))
        return tile

    def _most(self) -> int:
        return max(1, min(MOST_IN_ROW, self.tiling.width() // px(LEAST_WIDTH + 60)))

    def close_plot(self, spot: Spot) -> None:
        """Take a plot away; the keyboard goes to its neighbour."""
        spots = self.arrangement.spots
        at = next(i for i, each in enumerate(spots) if each is spot)
        tile, torn = self.tiles[id(spot)], self.torn.pop(id(spot), None)
        focus = QApplication.focusWidget()
        had = isinstance(focus, QWidget) and (focus is tile or tile.isAncestorOf(focus))
        tile.hide()
        tile.plot.set_seen(False)
        self.arrangement.remove(spot)
        if self.tiling.wide is spot:
            self.tiling.wide = None
        del self.tiles[id(spot)]
        self._turns.forget(tile.plot)
        for gone in (tile, torn):
            if gone is not None:
                gone.hide()
                gone.deleteLater()
        self._settle()
        self.recorded.keep(part for plot in self.plots for part in plot.wants())
        left = self.arrangement.spots
        if had and left:
            self.tiles[id(left[min(at, len(left) - 1)])].setFocus(Qt.FocusReason.OtherFocusReason)
        elif had:
            self.add_button.setFocus(Qt.FocusReason.OtherFocusReason)

    # -- what can be done with a tile -------------------------------------------------------------------------

    def _do(self, spot: Spot, what: str) -> None:
        if what == "close":
            self.close_plot(spot)
        elif what == "tear" and id(spot) in self.torn:
            self.put_back(spot)
        elif what == "tear":
            self.tear_off(spot)
        else:
            self.tiling.wide = None if self.tiling.wide is spot else spot
            self._settle()

    def tear_off(self, spot: Spot, at: QPoint | None = None) -> TornOff:
        """Give a plot a window of its own, at a place on the screen or where it stands."""
        tile = self.tiles[id(spot)]
        size = QSize(px(TORN.width()), px(TORN.height())).expandedTo(tile.size())
        place = QRect(at or tile.mapToGlobal(QPoint(32, 32)), size)
        if self.tiling.wide is spot:
            self.tiling.wide = None
        torn = self.torn[id(spot)] = TornOff(tile, _topmost(self), place)
        torn.addActions(_topmost(self).actions())  # so that the keys of the window are heard there
        tile.show()
        self._settle()
        torn.show()
        torn.activateWindow()
        tile.setFocus(Qt.FocusReason.OtherFocusReason)
        return torn

    def put_back(self, spot: Spot) -> None:
        """Where it stood before it was torn off."""
        torn, tile = self.torn.pop(id(spot)), self.tiles[id(spot)]
        tile.setParent(self.tiling)
        torn.hide()
        torn.deleteLater()
        self.wanted.emit()
        self._settle()
        tile.setFocus(Qt.FocusReason.OtherFocusReason)

    def _step(self, spot: Spot, side: str) -> None:
        if self.arrangement.step(spot, side):  # type: ignore[arg-type]
            self._settle()
            tile = self.tiles[id(spot)]
            QTimer.singleShot(0, tile, lambda: self._area.ensureWidgetVisible(tile, 0, 8))

    def _resize(self, spot: Spot, width: float, height: float) -> None:
        self.arrangement.resize(spot, width, height)
        self._settle()

    def _drop(self, spot: Spot, at: QPoint) -> None:
        """Let go of a tile: beside another one, or beyond the place, where it gets a window of its own."""
        self.tiling.show_goal(None)
        goal = self.tiling.goal(self.tiling.mapFromGlobal(at), spot)
        if goal is not None:
            self.arrangement.put(spot, *goal)
            self._settle()
        elif not self.rect().contains(self.mapFromGlobal(at)):
            self.tear_off(spot, at)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and any(tile.stop_dragging() for tile in self.tiles.values()):
            return
        super().keyPressEvent(event)

    # -- after a change ---------------------------------------------------------------------------------------

    def _settle(self, *, keep: bool = True) -> None:
        for spot in self.arrangement.spots:
            torn = id(spot) in self.torn
            self.tiles[id(spot)].show_state(wide=self.tiling.wide is spot, torn=torn)
        self._pages.setCurrentIndex(1 if self._standing() else 0)
        self.empty.say(*self._nothing())
        self.tiling.updateGeometry()
        self.tiling.arrange()
        self._looker.start(LOOK_MILLISECONDS)
        if keep:
            self._keep()

    def _look(self) -> None:
        for tile in self.tiles.values():
            tile.look()

    def _nothing(self) -> tuple[str, str]:
        if self.torn:
            return "All plots are in windows of their own", "Put one back by its title bar, or add another."
        return "No plots", "Add one: losses, gradients, weights, predictions … as many as you like."

    def _keep(self) -> None:
        self._settings.set_words(NAME, self.arrangement.to_text())

    def _show(self, snapshot: Snapshot) -> None:
        self.recorded.add(snapshot)
        if snapshot.analysis is not self._analysis:
            self._analysis = snapshot.analysis
            self._follow()
        for tile in self.tiles.values():
            if tile.plot.seen:
                self._turns.wait(tile.plot)

    def _withhold(self, _walk: object) -> None:
        """A walk that asks has come to other numbers, or is left."""
        for tile in self.tiles.values():
            if tile.plot.seen and tile.plot.kept_back() != tile.plot.kept:
                self._turns.wait(tile.plot)

    def _begin_anew(self) -> None:
        self.recorded.clear()
        self._follow()

    def _follow(self, _edit: object = None) -> None:
        for tile in self.tiles.values():
            tile.follow()
            tile.plot.want()
            if tile.plot.seen:
                self._turns.wait(tile.plot)

    def close_down(self) -> None:
        """The window closes, and what is in windows of its own with it."""
        for torn in self.torn.values():
            torn.hide()


def adding(kind: str) -> Callable[[PlotsPlace], object]:
    """What the action of a kind does."""
    return lambda place: place.add(kind)


def _topmost(widget: QWidget) -> QWidget:
    """The window that a widget belongs to in the end, though it may be in one that was torn off."""
    parent = widget.parentWidget()
    return widget if parent is None else _topmost(parent)
