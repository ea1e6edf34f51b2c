"""From pane to pane by F6, and through a pane by Tab: in the order of its layout, whenever its parts were made."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QDockWidget, QLayout, QLineEdit, QTabBar, QWidget
from shiboken6 import isValid


class Panes:
    """``panes`` gives them in their order; those that are hidden, or hold nothing that takes keys, are left out."""

    def __init__(self, panes: Callable[[], Iterable[QWidget]]) -> None:
        self._panes = panes
        self._left: dict[QWidget, QWidget] = {}
        """What had the keyboard when a pane was left."""

    def go(self, by: int) -> None:
        """To the next pane (1) or the one before (−1), all around; each gets the keyboard back where it was left."""
        panes = [pane for pane in self._panes() if in_sight(pane) and in_reach(pane)]
        focus = QApplication.focusWidget()
        here = next((i for i, pane in enumerate(panes) if _holds(pane, focus)), None)
        if here is not None and focus is not None:
            self._left[panes[here]] = focus
        if panes:
            goal = panes[((here if here is not None else -max(by, 0)) + by) % len(panes)]
            left = self._left.get(goal)
            kept = left is not None and isValid(left) and _holds(goal, left) and takes_keys(left)
            _give(left if kept and left is not None else _first(goal), by)

    def tab(self, by: int) -> bool:
        """To the next control (1) or the one before (−1), and at the end of a pane to another; whether there is one."""
        panes, focus = [pane for pane in self._panes() if in_sight(pane)], QApplication.focusWidget()
        pane = next((pane for pane in panes if _holds(pane, focus)), None)
        within = in_reach(pane) if pane is not None else []
        if focus in within[:-1] if by > 0 else focus in within[1:]:
            return _step(within, by)  # the other panes are not gone through
        order = [each for pane in panes for each in in_reach(pane)]
        if focus is not None and focus not in order and pane is not None:
            # What had the keyboard was hidden or switched off: its neighbour gets it.
            order = _neighbours(pane, focus) or order
        return _step(order, by)


def _first(pane: QWidget) -> QWidget:
    """What gets the keyboard when it comes to a pane for the first time: no field whose text the next key would
    replace."""
    every = in_reach(pane)
    return next((each for each in every if not (isinstance(each, QLineEdit) and each.text())), every[0])


def _neighbours(pane: QWidget, focus: QWidget) -> list[QWidget]:
    """What the keyboard can come to in a pane: what comes after something that it cannot come to, then what is before,
    the nearest first."""
    every = in_reach(panel_of(pane), hidden=True)
    here = every.index(focus) if focus in every else 0
    return [each for each in (*every[here + 1 :], *reversed(every[:here])) if takes_keys(each)]


def cycle(pane: QWidget, by: int) -> bool:
    """To the next control of a pane, or the one before, all around; whether there is one."""
    return _step(in_reach(pane), by)


def _step(order: list[QWidget], by: int) -> bool:
    focus = QApplication.focusWidget()
    if not order:
        return False
    here = next((i for i, each in enumerate(order) if each is focus), None)
    _give(order[(here + by) % len(order)] if here is not None else order[0], by)
    return True


def _give(widget: QWidget, by: int) -> None:
    if widget.window() is not QApplication.activeWindow():
        widget.window().activateWindow()  # a pane that was torn off
    widget.setFocus(Qt.FocusReason.TabFocusReason if by > 0 else Qt.FocusReason.BacktabFocusReason)


def _holds(pane: QWidget, widget: QWidget | None) -> bool:
    return widget is not None and (pane is widget or pane.isAncestorOf(widget))


def panel_of(pane: QWidget) -> QWidget:
    """What is in a dock, without its title bar; anything else itself."""
    return pane.widget() if isinstance(pane, QDockWidget) else pane


def in_sight(pane: QWidget) -> bool:
    """Whether a pane is on the screen, and not behind a tab."""
    return pane.isVisible() and not pane.visibleRegion().isEmpty()


def takes_keys(widget: QWidget) -> bool:
    """Whether the keyboard can come to a widget by Tab."""
    reachable = bool(widget.focusPolicy() & Qt.FocusPolicy.TabFocus) and widget.focusProxy() is None
    return reachable and widget.isVisible() and widget.isEnabled()


def in_reach(pane: QWidget, *, hidden: bool = False) -> list[QWidget]:
    """All in a pane that the keyboard can come to, in the order of its layout; what is done with a dock comes last.

    ``hidden``: and what it could come to if it were shown and switched on.
    """
    if isinstance(pane, QDockWidget):
        parts = [each for each in (pane.widget(), pane.titleBarWidget()) if each is not None]
        return [found for part in parts for found in reached(part, hidden)]
    return list(reached(pane, hidden))


def reached(widget: QWidget, hidden: bool = False) -> Iterator[QWidget]:
    """The same of a widget that is no dock, one after the other: whoever wants the first asks for no more."""
    if not (hidden or widget.isVisible()):
        return
    if takes_keys(widget) or (hidden and widget.focusPolicy() & Qt.FocusPolicy.TabFocus):
        yield widget
    laid_out = list(_items(widget.layout(), widget))
    others = [each for each in widget.children() if isinstance(each, QWidget) and each not in laid_out]
    # The bar of tabs stands over what it turns.
    for child in [*laid_out, *sorted(others, key=lambda each: not isinstance(each, QTabBar))]:
        if not child.isWindow():
            yield from reached(child, hidden)


def _items(layout: QLayout | None, within: QWidget) -> Iterator[QWidget]:
    """The widgets of a layout of a widget, and of the layouts in it, in order.

    No item is asked for: once its layout is gone, the binding takes what comes to its place in memory for that item.
    """
    if layout is None:
        return
    parts = [each for each in (*within.children(), *layout.children()) if isinstance(each, QWidget | QLayout)]
    placed = [(place, each) for each in parts if (place := layout.indexOf(each)) >= 0]
    for _, each in sorted(placed, key=lambda one: one[0]):
        if isinstance(each, QWidget):
            yield each
        else:
            yield from _items(each, within)
