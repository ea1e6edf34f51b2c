"""Which parts of a snapshot somebody sees: only those are computed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Set

from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QDockWidget, QWidget

from compute.snapshot import Part


class Wanted(QObject):
    """``ask`` is told which parts are wanted now, and again whenever that changes; ``always``: wanted in any case."""

    def __init__(self, always: Set[Part], ask: Callable[[frozenset[Part]], object], parent: QObject) -> None:
        super().__init__(parent)
        self._always, self._ask = frozenset(always), ask
        self._views: dict[QObject, frozenset[Part]] = {}
        self.parts = self._always
        """What is wanted now."""
        ask(self.parts)

    def while_visible(self, view: QWidget, *parts: Part) -> None:
        """A view wants parts as long as it is on the screen."""
        while_seen(view, lambda seen: self.set_seen(view, parts, seen))

    def set_seen(self, view: QObject, parts: Iterable[Part], seen: bool) -> None:
        """Somebody begins or ends to want parts; what it wanted before no longer counts."""
        if seen:
            self._views[view] = frozenset(parts)
        else:
            self._views.pop(view, None)
        wanted = self._always.union(*self._views.values())
        if wanted != self.parts:
            self.parts = wanted
            self._ask(wanted)


def while_seen(view: QWidget, tell: Callable[[bool], object]) -> None:
    """``tell`` whether a view is on the screen, now and whenever that changes."""
    _Watch(view, tell)


class _Watch(QObject):
    """Follows a view being shown, hidden and folded away, by itself or with the panel that it is in; goes with it."""

    def __init__(self, view: QWidget, tell: Callable[[bool], object]) -> None:
        super().__init__(view)
        self._told = tell
        view.installEventFilter(self)
        self._view = view
        self._dock: QDockWidget | None = None
        self._tell()

    def _tell(self) -> None:
        # Behind a tab it counts as visible, too.
        seen = self._view.isVisible() and not self._view.visibleRegion().isEmpty()
        self._told(seen)

    def _follow_dock(self) -> None:
        """A panel comes from behind a tab, or goes there, without a word to what is in it."""
        dock = self._view.parentWidget()
        while dock is not None and not isinstance(dock, QDockWidget):
            dock = dock.parentWidget()
        if dock is not None and dock is not self._dock:
            self._dock = dock
            dock.visibilityChanged.connect(self._tell)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Show:
            self._follow_dock()
        if event.type() in (QEvent.Type.Show, QEvent.Type.Hide, QEvent.Type.Resize):
            self._tell()
        return False
