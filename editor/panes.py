"""From pane to pane by keys: each gets the keyboard back where it was left."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QDockWidget, QWidget
from shiboken6 import isValid


class Panes:
    """``panes`` gives them in their order; those that are hidden, or hold nothing that takes keys, are left out."""

    def __init__(self, panes: Callable[[], Iterable[QWidget]]) -> None:
        self._panes = panes
        self._left: dict[QWidget, QWidget] = {}
        """What had the keyboard when a pane was left."""

    def go(self, by: int) -> None:
        """To the next pane (1) or the one before (−1), all around."""
        panes = [pane for pane in self._panes() if in_sight(pane) and self._entry(pane) is not None]
        focus = QApplication.focusWidget()
        here = next((i for i, pane in enumerate(panes) if focus is not None and _holds(pane, focus)), None)
        if here is not None and focus is not None:
            self._left[panes[here]] = focus
        if panes:
            goal = panes[((here if here is not None else -max(by, 0)) + by) % len(panes)]
            entry = self._entry(goal)
            assert entry is not None
            if entry.window() is not QApplication.activeWindow():
                entry.window().activateWindow()  # a pane that was torn off
            entry.setFocus(Qt.FocusReason.TabFocusReason if by > 0 else Qt.FocusReason.BacktabFocusReason)

    def _entry(self, pane: QWidget) -> QWidget | None:
        """Where the keyboard goes in a pane: where it was, else to the first that takes it."""
        left = self._left.get(pane)
        if left is not None and isValid(left) and _holds(pane, left) and takes_keys(left):
            return left
        panel = pane.widget() if isinstance(pane, QDockWidget) else pane
        # What can be done with the pane itself comes after what is in it.
        return min(in_reach(pane), key=lambda each: not _holds(panel, each), default=None)


def in_sight(pane: QWidget) -> bool:
    """Whether a pane is on the screen, and not behind a tab."""
    return pane.isVisible() and not pane.visibleRegion().isEmpty()


def _holds(pane: QWidget, widget: QWidget) -> bool:
    return pane is widget or pane.isAncestorOf(widget)


def takes_keys(widget: QWidget) -> bool:
    """Whether the keyboard can come to a widget by Tab."""
    reachable = bool(widget.focusPolicy() & Qt.FocusPolicy.TabFocus) and widget.focusProxy() is None
    return reachable and widget.isVisible() and widget.isEnabled()


def in_reach(pane: QWidget) -> list[QWidget]:
    """All in a pane that the keyboard can come to, in the order of Tab."""
    found: list[QWidget] = []
    each: QWidget | None = pane
    while each is not None:
        if _holds(pane, each) and takes_keys(each):
            found.append(each)
        each = each.nextInFocusChain()
        if each is pane:
            break
    return found
