"""How the canvas and the panels at its borders share the room of the page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QMainWindow, QWidget

from editor.borders import BORDER
from editor.dock import Dock
from editor.scale import px

LOWER = 270
"""How high panels below or above the canvas are where there is room for it."""
BROAD = 340
"""How broad panels from below are when a person puts them to a side."""
CANVAS = 400
"""The height below which the canvas does not go for the sake of the panels below it."""
WIDE = 0.5
"""The part of the page that a wide panel gets."""
MOST_FOR_TEXT = {"left": 0.2, "right": 0.3, "bottom": 0.35}
"""The part of the page that panels take at most because their text is large, by their place in the list."""
MOST = 10_000
"""No screen is larger."""

Area = Qt.DockWidgetArea
AREAS = {"left": Area.LeftDockWidgetArea, "right": Area.RightDockWidgetArea, "bottom": Area.BottomDockWidgetArea}
BELOW = Area.BottomDockWidgetArea
SIDES = (Area.LeftDockWidgetArea, Area.RightDockWidgetArea)
Chosen = tuple[str, bool, int]
"""The extent of a panel that the person has chosen: its id, whether it is a width, and how many pixels."""


class Extents:
    """Each border has the extent that the person chose, or else that of the list of panels.

    In a low window the panels below the canvas give way, and in a walk, whose stepper stands above them, some more,
    even where the person has chosen their height. ``column``: what stands above and below the canvas.
    """

    def __init__(self, page: QMainWindow, docks: Mapping[str, Dock], column: Sequence[QWidget]) -> None:
        self._page, self._docks = page, docks
        self.column = list(column)
        """What stands above and below the canvas."""
        self._chosen: dict[tuple[str, bool], int] = {}
        self.wide: set[str] = set()
        """The panels that get half of the page."""
        self._least: tuple[QSize, ...] = ()
        """What each panel needs at least, where the room is being shared out."""
        self._in_vain: dict[tuple[str, ...], tuple[object, ...]] = {}
        """What some panels were last asked to be, and were not."""

    @property
    def chosen(self) -> list[Chosen]:
        """What the person has chosen."""
        return [(id_, broad, extent) for (id_, broad), extent in self._chosen.items()]

    def choose(self, chosen: Iterable[Chosen] = (), wide: Iterable[str] = ()) -> None:
        """What was remembered, as far as there are such panels; by default nothing."""
        self._chosen = {(id_, broad): pixels for id_, broad, pixels in chosen if 0 < pixels < MOST}
        self.wide = set(wide) & self._docks.keys()

    def at(self, *areas: Area) -> list[Dock]:
        """The panels that are shown at borders of the canvas."""
        return [
            dock
            for dock in self._docks.values()
            if not dock.isHidden() and not dock.isFloating() and self._page.dockWidgetArea(dock) in areas
        ]

    def take_over(self) -> None:
        """The borders are where the person has pulled them."""
        for area in Area.__members__.values():
            for dock in self.at(area):
                if dock.in_sight:
                    self._chosen[dock.spec.id, True] = dock.width()
                    self._chosen[dock.spec.id, False] = dock.height()
                    self.wide.discard(dock.spec.id)

    def share(self, *, walking: bool) -> None:
        """Give each border its extent, as far as the canvas can spare it."""
        self._least = tuple(each.minimumSizeHint() for each in (*self._docks.values(), *self.column))
        for area in SIDES:
            self._give(area, self._extent(area), Qt.Orientation.Horizontal)
        below = self.at(BELOW)
        if below:
            extent, room = self._extent(BELOW), self._page.height() - BORDER - self.beside_canvas()
            room -= self._page.window().height() // 2 if walking else CANVAS
            chosen = any((dock.spec.id, False) in self._chosen for dock in below)
            if walking or not chosen:
                extent = min(extent, max(room, _least(below)))
            self._give(BELOW, extent, Qt.Orientation.Vertical)
            self._share_row(below)

    def is_too_low(self) -> bool:
        """Whether, with the panels below it and the stepper, the canvas would have less than half of the window."""
        return bool(self.at(BELOW)) and self.left() <= self._page.window().height() // 2

    def left(self, *, usual: bool = False) -> int:
        """The height of the canvas where the panels below it are as low as can be, or as high as usual."""
        below = self.at(BELOW)
        taken = (self._extent(BELOW) if usual else _least(below)) + BORDER if below else 0
        return self._page.height() - self.beside_canvas() - taken

    def beside_canvas(self) -> int:
        """The height that what stands above and below the canvas in its column wants."""
        return sum(self.high(panel) for panel in self.column if not panel.isHidden())

    @staticmethod
    def high(panel: QWidget) -> int:
        """The height that a panel in the canvas's column wants."""
        return panel.heightForWidth(panel.width()) if panel.hasHeightForWidth() else panel.sizeHint().height()

    def _extent(self, area: Area) -> int:
        """How broad or high the panels of one border are to be."""
        broad, extent = area in SIDES, 0
        for dock in self.at(area):
            usual = (dock.spec.width if AREAS[dock.spec.where] in SIDES else BROAD) if broad else LOWER
            # Large text gets more room, as far as the page can spare it.
            most = round(MOST_FOR_TEXT[dock.spec.where] * (self._page.width() if broad else self._page.height()))
            usual = max(usual, min(px(usual), most))
            extent = max(extent, self._chosen.get((dock.spec.id, broad), usual))
            if dock.spec.id in self.wide:
                extent = max(extent, round(WIDE * (self._page.width() if broad else self._page.height())))
        return extent

    def _give(self, area: Area, extent: int, along: Qt.Orientation) -> None:
        docks = [dock for dock in self.at(area) if dock.in_sight] or self.at(area)
        if docks:
            now = max(dock.width() if area in SIDES else dock.height() for dock in docks)
            self._resize(docks[:1], [extent], [now], along, 0)

    def _share_row(self, below: Sequence[Dock]) -> None:
        """Give the panels beside each other below the canvas their parts of the width."""
        row = [dock for dock in below if dock.in_sight]
        if len(row) < 2 or len({dock.geometry().bottom() for dock in row}) > 1:
            return  # a person has put them above each other; tabs stand above a panel that shares its place
        wanted = [self._chosen.get((dock.spec.id, True), dock.spec.width or BROAD) for dock in row]
        room = self._page.width() - BORDER * (len(row) - 1)
        widths = [round(width * room / sum(wanted)) for width in wanted]
        self._resize(row, widths, [dock.width() for dock in row], Qt.Orientation.Horizontal, 1)

    def _resize(
        self, docks: Sequence[Dock], wanted: list[int], now: list[int], along: Qt.Orientation, within: int
    ) -> None:
        """Have panels as large as is wanted. What was asked for in vain, since there is no such room, is not asked for
        again: each time Qt would lay everything out, and this would be asked for anew."""
        ids = tuple(dock.spec.id for dock in docks)
        # Where anything needs more or less room than then, it may be given what was asked for.
        asked = along, tuple(wanted), tuple(now), self._least, self._page.size()
        if all(abs(a - b) <= within for a, b in zip(wanted, now, strict=True)):
            self._in_vain.pop(ids, None)
        elif self._in_vain.get(ids) != asked:
            self._in_vain[ids] = asked
            self._page.resizeDocks(docks, wanted, along)


def _least(docks: Sequence[Dock]) -> int:
    """The height without which a row cannot be."""
    return max((dock.minimumSizeHint().height() for dock in docks), default=0)
