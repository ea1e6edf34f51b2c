"""The page on which people work: the canvas, and at its borders the panels of the list, as each person places them."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from zlib import crc32

from PySide6.QtCore import QByteArray, QChildEvent, QEvent, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QMouseEvent, QResizeEvent
from PySide6.QtWidgets import QMainWindow, QTabBar, QTabWidget, QVBoxLayout, QWidget
from shiboken6 import isValid

from editor import theme
from editor.borders import Borders
from editor.dock import Dock
from editor.extents import AREAS, BELOW, SIDES, Area, Extents
from editor.panel_list import PanelSpec
from editor.panel_set import PanelSet
from editor.panels.stepper import Stepper

LATER_MILLISECONDS = 50
"""While a mouse button is down, whether it still is is looked at so often."""
LEAST = 160
"""The height of the canvas in a walk for which the stepper leaves out what nothing else says."""
VERSION = 1
"""Of the stored state; another one is not read."""


class Workbench(QMainWindow):
    """The canvas with its panels around it. ``changed``: another panel is shown, hidden or wide."""

    changed = Signal()

    def __init__(self, panels: PanelSet, banner: QWidget) -> None:
        super().__init__()
        self._panels, specs = panels, panels.specs
        self.setWindowFlags(Qt.WindowType.Widget)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)
        # Of its own: beside a style of its own, one that its tab bars have from a sheet keeps the program's from it.
        self.setFont(theme.ui_font())
        self._borders = Borders("Fusion")
        self.setStyle(self._borders)
        self.setAnimated(False)
        self.setDockNestingEnabled(True)
        self.setTabPosition(Area.AllDockWidgetAreas, QTabWidget.TabPosition.North)
        for corner in (Qt.Corner.BottomLeftCorner, Qt.Corner.BottomRightCorner):
            self.setCorner(corner, BELOW)
        self.top = [panels[spec.id] for spec in specs if spec.where == "top"]
        """What stands over the pages."""
        middle, self._column = _stack()
        self._column.addWidget(banner)
        self.setCentralWidget(middle)
        self.docks = {spec.id: Dock(spec, self) for spec in specs if spec.docks}
        self._extents = Extents(self, self.docks, [banner])
        for spec in specs:
            if spec.where == "middle":
                panels.when_made(spec.id, partial(self._stand, spec))
            elif spec.docks:
                panels.when_made(spec.id, self.docks[spec.id].take)
                self.docks[spec.id].empty.connect(partial(panels.__getitem__, spec.id))
        self._aside: dict[str, bool] = {}
        """The panels that make room for a walk, and whether each was in front; they come back as they were."""
        self._unwanted: tuple[str, ...] = ()
        self._withheld: dict[str, bool] = {}
        """The panels that the document wants hidden; and those of them that were shown, and whether each was in front:
        a person's layout has them."""
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.setInterval(LATER_MILLISECONDS)
        self._later.timeout.connect(self._share)
        self._sweeper = QTimer(self)
        self._sweeper.setSingleShot(True)
        self._sweeper.setInterval(0)
        self._sweeper.timeout.connect(self._sweep)
        self._tabs: list[QTabBar] = []
        self._front = ""
        """The panel that was wanted last while nothing was on the screen."""
        self._walking = self._pulling = self._insists = self._as_listed = self._putting = False
        for id_, dock in self.docks.items():
            dock.asked.connect(lambda shown, id_=id_: self.show_panel(id_, shown))
            dock.wide_asked.connect(lambda id_=id_: self.set_wide(id_, not self.is_wide(id_)))
            for moved in (dock.topLevelChanged, dock.dockLocationChanged):
                moved.connect(self._on_moved)
        self.arrange()

    @property
    def panes(self) -> list[QWidget]:
        """The parts of the window that there are, in the order of the list."""
        parts = {**self._panels.made, **self.docks}
        return [parts[id_] for id_ in self._panels if id_ in parts]

    @property
    def _stepper(self) -> Stepper:
        return self._panels.of(Stepper)

    def _stand(self, spec: PanelSpec, panel: QWidget) -> None:
        """Put a panel into the canvas's column, where the list has it."""
        ids = list(self._panels)
        before = [each for id_, each in self._panels.made.items() if ids.index(id_) < ids.index(spec.id)]
        # The banner stands over all of them.
        self._column.insertWidget(1 + sum(self._column.indexOf(each) >= 0 for each in before), panel, spec.stretches)
        if not spec.stretches:
            self._extents.column.append(panel)

    # -- which panels there are -----------------------------------------------------------------------------

    def arrange(self, *, shown: bool = True, anew: bool = False) -> None:
        """Every panel where the list has it, shown or hidden. ``anew``: also where none was moved since, so that Qt
        shares out the room as at first."""
        self._extents.choose()
        self._aside.clear()
        self._withheld.clear()
        if anew or not self._as_listed:
            with self._put_together():
                for dock in self.docks.values():
                    self._put(dock)
            self._as_listed = True
        for dock in self.docks.values():
            dock.setVisible(shown and not dock.spec.hidden)
        for dock in self.docks.values():
            if dock.spec.tab_of in self.docks:
                self.docks[dock.spec.tab_of].raise_()
        self._settle()

    @contextmanager
    def _put_together(self) -> Iterator[None]:
        """Many panels are put elsewhere, and the room is shared out after the last one."""
        self._putting = True
        try:
            yield
        finally:
            self._putting = False

    def _on_moved(self) -> None:
        """A panel was moved, torn off or put back."""
        if not self._putting:
            self._as_listed = False
            self._share()

    def _put(self, dock: Dock) -> None:
        """A panel where the list has it."""
        first, area = self.docks.get(dock.spec.tab_of), AREAS[dock.spec.where]
        dock.setFloating(False)
        self.removeDockWidget(dock)
        self.addDockWidget(area, dock, Qt.Orientation.Vertical if area in SIDES else Qt.Orientation.Horizontal)
        if first is not None:
            self.tabifyDockWidget(first, dock)

    def is_shown(self, id_: str) -> bool:
        """Whether the person wants to see a panel."""
        return not self.docks[id_].isHidden()

    def show_panel(self, id_: str, shown: bool) -> None:
        """Show a panel where it was last, or hide it."""
        self._aside.pop(id_, None)
        self._withheld.pop(id_, None)
        self._insists = self._walking and shown
        dock = self.docks[id_]
        if shown:
            self._panels[id_]  # made before Qt lays it out
        dock.setVisible(shown)
        if shown:
            dock.raise_()
            self._front = "" if self.isVisible() else id_
        self._settle()

    def withhold(self, ids: Iterable[str]) -> None:
        """Hide these panels for as long as the document wants it; those that it hid before come back."""
        wanted = tuple(id_ for id_ in ids if id_ in self.docks)
        if wanted != self._unwanted:
            self._bring_back(self._withheld)
            self._unwanted = wanted
            self._hold_back()
            self._settle()

    def _hold_back(self) -> None:
        self._withheld = {id_: self.docks[id_].in_sight for id_ in self._unwanted if self.is_shown(id_)}
        for id_ in self._withheld:
            self.docks[id_].hide()

    def toggle(self, id_: str) -> None:
        """Show or hide a panel; one that is behind a tab comes to the front."""
        behind = self.is_shown(id_) and self.isVisible() and not self.docks[id_].in_sight
        self.show_panel(id_, behind or not self.is_shown(id_))

    def is_wide(self, id_: str) -> bool:
        """Whether a panel has half of the page."""
        return id_ in self._extents.wide

    def set_wide(self, id_: str, wide: bool) -> None:
        """Give a panel half of the page, or the room that it had; it is shown in any case."""
        if wide:
            self._extents.wide.add(id_)
        else:
            self._extents.wide.discard(id_)
        self.show_panel(id_, True)

    def _settle(self) -> None:
        """After panels came, went, or became wide."""
        for id_, dock in self.docks.items():
            dock.show_wide(self.is_wide(id_))
        self._share()
        self.changed.emit()

    # -- how the room is shared out -------------------------------------------------------------------------

    def set_walking(self, walking: bool) -> None:
        """A walk has begun, or is over. In it the canvas has half of the window; the panels below it make room."""
        if walking != self._walking:
            self._walking, self._insists = walking, False
            self._stepper.set_low(False)  # whatever the walk before had room for
            self._stepper.setVisible(walking)
            if not walking:
                self._come_back()
            self._share()

    def _step_aside(self) -> None:
        below = [dock for dock in self._extents.at(BELOW) if not (dock.spec.of_walk and dock.in_sight)]
        self._aside |= {dock.spec.id: dock.in_sight for dock in below}
        for dock in below:
            dock.hide()
        if below:
            self.changed.emit()

    def _make_low(self) -> None:
        """Where the canvas has less than half of the window all the same, the stepper is shorter, as long as the
        inspector says what it leaves out, or as there is no room for it."""
        half, told, stepper = self.window().height() // 2, self.docks["inspector"].in_sight, self._stepper
        # A panel that was called back is to be of use.
        left = self._extents.left(usual=told and self._insists) - stepper.left_out
        stepper.set_low(left <= (half if told else LEAST))

    def _come_back(self) -> None:
        if self._aside:
            self._bring_back(self._aside)
            self.changed.emit()

    def _bring_back(self, panels: dict[str, bool]) -> None:
        """Show panels that made room, as they were."""
        for id_ in panels:
            self.docks[id_].show()
        # Of those that share a place, the last one shown is in front until the one that was there is raised.
        for id_, front in panels.items():
            if front:
                self.docks[id_].raise_()
        panels.clear()

    def _share(self) -> None:
        if not self.isVisible():
            return
        if QGuiApplication.mouseButtons() != Qt.MouseButton.NoButton:
            # A panel may be in the hand, and what Qt does with the others meanwhile is not to be disturbed.
            self._later.start()
            return
        if not self._pulling:
            if self._walking and not self._insists and self._extents.is_too_low():
                self._step_aside()
            if self._walking:
                self._make_low()
            self._extents.share(walking=self._walking)
            for dock in self.docks.values():
                # Its tab says the title.
                dock.bar.title.setVisible(dock.isFloating() or not self._in_group(dock))
            self._sweeper.start()

    def _in_group(self, dock: Dock) -> bool:
        """Whether a panel shares its place with others that are shown, as a tab."""
        return any(not each.isHidden() for each in self.tabifiedDockWidgets(dock))

    def _sweep(self) -> None:
        """Hide tab bars that Qt has left behind: those that stand over no panel of a group."""
        used = []
        self._tabs = [bar for bar in self._tabs if isValid(bar)]
        for dock in self.docks.values():
            if dock.in_sight and not dock.isFloating() and self._in_group(dock):
                edge = dock.x(), dock.y(), dock.width()
                over = [bar for bar in self._tabs if (bar.x(), bar.geometry().bottom() + 1, bar.width()) == edge]
                used += over[-1:]
        for bar in self._tabs:
            # Qt shows what it has put beside the page again at each layout, so to hide that would have no end.
            if bar.isHidden() == (bar in used) and self.rect().intersects(bar.geometry()):
                bar.setVisible(bar in used)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._share()

    def event(self, event: QEvent) -> bool:
        kind = event.type()
        if kind == QEvent.Type.MouseButtonPress and isinstance(event, QMouseEvent):
            self._pulling = self.isSeparator(event.position().toPoint())
        done = super().event(event)
        if kind == QEvent.Type.Show and self._front:
            # Before there is a window Qt has no tabs that one of them could be brought to the front of.
            dock, self._front = self.docks[self._front], ""
            QTimer.singleShot(0, dock, dock.raise_)
        if kind == QEvent.Type.MouseButtonRelease and self._pulling:
            self._pulling = False
            self._extents.take_over()
            self._settle()
        elif kind == QEvent.Type.Hide:
            self._later.stop()
            self._sweeper.stop()
        elif kind in (QEvent.Type.LayoutRequest, QEvent.Type.Show):
            # What the panels need at least has changed, as when the stepper came or went.
            self._share()
        return done

    def childEvent(self, event: QChildEvent) -> None:
        super().childEvent(event)
        child = event.child()
        # When it is added it is no tab bar yet.
        if event.polished() and isinstance(child, QTabBar):
            self._tabs.append(child)  # or Python would forget what Qt has made
            child.tabMoved.connect(self._on_moved)
            child.setFont(theme.ui_font(9.5))
            theme.dress(child)

    # -- remembering ----------------------------------------------------------------------------------------

    def state(self) -> str:
        """Where the panels are and how large, as a text that ``restore`` reads."""
        self._come_back()
        self._bring_back(self._withheld)
        docks = self.saveState(VERSION).data()
        self._hold_back()
        said = {
            "docks": b64encode(docks).decode(),
            "panels": sorted(self.docks),
            "sum": crc32(docks),
            "chosen": self._extents.chosen,
            "wide": sorted(self._extents.wide),
        }
        return json.dumps(said)

    def restore(self, text: str) -> bool:
        """Put the panels where they were. A text that cannot be read is not believed: then they stand where the list
        has them, and the answer is False."""
        try:
            said = json.loads(text)
            if said.get("panels") != sorted(self.docks):
                self.arrange()  # where they stand of which an older version could not tell
            docks = b64decode(said["docks"], validate=True)
            wide = set(map(str, said["wide"]))
            chosen = [(str(id_), bool(broad), int(extent)) for id_, broad, extent in said["chosen"]]
            self._aside.clear()
            self._withheld.clear()
            self._as_listed = False
            # Qt reads what it wrote; bytes that others have changed may mean anything to it.
            with self._put_together():
                sound = crc32(docks) == said["sum"] and self.restoreState(QByteArray(docks), VERSION)
        except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError):
            sound = False
        if not sound:
            self.arrange()
            return False
        self._extents.choose(chosen, wide)
        self._hold_back()
        self._settle()
        return True


def _stack() -> tuple[QWidget, QVBoxLayout]:
    """A widget whose parts stand above each other without a gap."""
    widget = QWidget()
    column = QVBoxLayout(widget)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(0)
    return widget, column


def stacked(*widgets: QWidget) -> QWidget:
    """Widgets above each other, of which the last takes what room is left."""
    whole, column = _stack()
    for widget in widgets:
        column.addWidget(widget, int(widget is widgets[-1]))
    return whole
