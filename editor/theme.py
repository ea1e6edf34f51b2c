"""The theme in force: its colours, fonts and sizes, dark or light.

Widgets ask ``current()`` when they paint and listen to ``notifier.changed``; nothing else in the editor names a
colour. Pairs of text and ground keep a contrast of at least 4.5 (checked by a test).
"""

from __future__ import annotations

import time
import weakref
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, Literal

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QFont, QFontDatabase, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication, QLayout, QWidget
from shiboken6 import isValid

from editor import scale
from editor.palettes import DARK, LIGHT, Theme
from editor.palettes import mix as mix
from editor.stylesheet import stylesheet

_TURN_SECONDS = 0.01
Mode = Literal["system", "dark", "light"]
_Calls = dict[weakref.ref[Any], Callable[[], None]]
"""What is to be done, by a reference to the method or widget that it is about."""


class _Notifier(QObject):
    """Tells that the theme changed; one for the whole process."""

    changed = Signal()


notifier = _Notifier()
_current = DARK


def current() -> Theme:
    """The theme in force."""
    return _current


def color(value: str, alpha: float = 1.0) -> QColor:
    """A theme colour with an opacity between 0 and 1."""
    out = QColor(value)
    out.setAlphaF(alpha)
    return out


def chip(group: str) -> QColor:
    """The colour of an op group as a small mark on a panel; for no group, that of a wire."""
    return mix(_current.groups.get(group, _current.wire), _current.on_header, 0.18)


def set_mode(mode: Mode) -> None:
    """Dark, light, or as the system has it; restyles the application and tells everyone."""
    global _current
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    if mode == "system":
        scheme = QGuiApplication.styleHints().colorScheme()
        _current = LIGHT if scheme == Qt.ColorScheme.Light else DARK
    else:
        _current = LIGHT if mode == "light" else DARK
    app.setPalette(_palette(_current))
    _renew()


def set_scale(factor: float) -> None:
    """Another text scale: every font, and all that is measured by text, in every window."""
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    before = scale.factor()
    scale.put(factor)
    ratio = scale.factor() / before
    if ratio == 1.0:
        return
    _wardrobe.enlarge(app.allWidgets(), ratio)
    font = QFont(app.font())
    if font.pointSizeF() > 0:
        font.setPointSizeF(font.pointSizeF() * ratio)
        app.setFont(font)


@contextmanager
def lent(other: Theme) -> Iterator[None]:
    """Other colours for what is painted now; nobody is told, so that what is in the window keeps its own."""
    global _current
    before, _current = _current, other
    try:
        yield
    finally:
        _current = before


def _renew() -> None:
    """Everything is measured and dressed anew."""
    notifier.changed.emit()
    _wardrobe.change()


class _Wardrobe(QObject):
    """Gives the style sheet to the parts of windows, and icons to what has one, one after the other between events.

    A sheet of the whole application would be put on all that there is at once, which holds every window for half a
    second. Until all parts have the new one, nothing is painted, so that nobody sees two themes in one window.
    """

    def __init__(self) -> None:
        super().__init__()
        self._parts: list[weakref.ref[QWidget]] = []
        self._fonts: dict[QWidget, float] = {}
        """The widgets whose fonts are to have another size, in points, before all else."""
        self._enlarging = False
        self._waiting: _Calls = {}
        """What is to be done then; what is asked for once more is done once, and later."""
        self._sheets: _Calls = {}
        """The parts that are to have another sheet after that, each in a turn of its own."""
        self._last: _Calls = {}
        """What is to be done when all has its size."""
        self._still: list[weakref.ref[QWidget]] = []
        """The windows that wait with painting."""
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._turn)

    def add(self, part: QWidget) -> None:
        """A part from now on; it is dressed at once."""
        self._parts = [each for each in self._parts if _alive(each)]
        self._parts.append(weakref.ref(part))
        part.setStyleSheet(stylesheet(_current))

    def leave(self, window: QWidget) -> None:
        """Nothing goes on for the sake of a window that has closed."""
        inside = set(window.findChildren(QWidget))  # also what is in windows of its own, as torn off panels
        self._parts = [each for each in self._parts if (part := _alive(each)) and part not in inside]
        if not self._parts:
            self._enlarging = False
            for each in (self._fonts, self._waiting, self._sheets, self._last, self._still):
                each.clear()
            self._timer.stop()

    def enlarge(self, widgets: Iterable[QWidget], ratio: float) -> None:
        """Give the fonts of widgets another size, each in its turn, and then all another sheet."""
        for widget in widgets:
            # One without a font of its own follows the application's.
            if widget.testAttribute(Qt.WidgetAttribute.WA_SetFont):
                points = self._fonts.get(widget, widget.font().pointSizeF())
                if points > 0:
                    self._fonts[widget] = points * ratio
        self._enlarging = True
        self.hold()

    def wait(self, call: Callable[[], None], *, last: bool = False) -> None:
        """Call a method of a Qt object in its turn, if the object is still there then."""
        method = weakref.WeakMethod(call)

        def do() -> None:
            found = method()
            if found is not None and _lives(method):
                found()

        _put_last(self._last if last else self._waiting, method, do)
        self._timer.start(0)

    def change(self) -> None:
        """Another theme."""
        for each in self._parts:
            if _alive(each):
                _put_last(self._sheets, each, partial(_put_sheet, each))
        for window in {part.window() for each in self._parts if (part := _alive(each)) is not None}:
            whole = weakref.ref(window)
            _put_last(self._last, whole, partial(_lay_out_anew, whole))
        self.hold()

    def hold(self) -> None:
        """Nothing is painted until all that waits is done."""
        for each in self._parts:
            part = _alive(each)
            if part is not None and part.window().updatesEnabled():
                part.window().setUpdatesEnabled(False)
                self._still.append(weakref.ref(part.window()))
        self._timer.start(0)

    def _turn(self) -> None:
        self._forget_dead()
        until = time.perf_counter() + _TURN_SECONDS
        if self._enlarging:
            self._turn_fonts(until)
        elif self._waiting:
            while self._waiting and time.perf_counter() < until:
                _first(self._waiting)()
        elif self._sheets or self._last:
            _first(self._sheets or self._last)()
        elif self._still:
            window = _alive(self._still.pop(0))
            if window is not None:
                window.setUpdatesEnabled(True)
                # Not update(): where one was asked for before painting stopped, Qt takes the next ones for that.
                window.repaint()
        if not (self._enlarging or self._waiting or self._sheets or self._last or self._still):
            self._timer.stop()

    def _forget_dead(self) -> None:
        """Nothing goes on for the sake of what was deleted."""
        self._fonts = {each: points for each, points in self._fonts.items() if isValid(each)}
        self._waiting, self._sheets, self._last = (
            {key: call for key, call in calls.items() if _lives(key)}
            for calls in (self._waiting, self._sheets, self._last)
        )
        self._still = [each for each in self._still if _alive(each)]

    def _turn_fonts(self, until: float) -> None:
        while self._fonts and time.perf_counter() < until:
            widget = next(iter(self._fonts))
            points = self._fonts.pop(widget)
            if isValid(widget):
                font = QFont(widget.font())
                font.setPointSizeF(points)
                widget.setFont(font)
        if not self._fonts:
            self._enlarging = False
            _renew()

    def finish(self) -> None:
        """All that waits, now."""
        while self._timer.isActive():
            self._turn()


def _lives(key: weakref.ref[Any]) -> bool:
    """Whether the Qt object that a call is about is still there."""
    found = key()
    return found is not None and isValid(getattr(found, "__self__", found))


def _put_last(calls: _Calls, key: weakref.ref[Any], call: Callable[[], None]) -> None:
    calls.pop(key, None)
    calls[key] = call


def _first(calls: _Calls) -> Callable[[], None]:
    return calls.pop(next(iter(calls)))


def _alive(part: weakref.ref[QWidget]) -> QWidget | None:
    found = part()
    return found if found is not None and isValid(found) else None


def _put_sheet(part: weakref.ref[QWidget]) -> None:
    found = _alive(part)
    if found is not None:
        found.setStyleSheet(stylesheet(_current))


def _lay_out_anew(whole: weakref.ref[QWidget]) -> None:
    """Have the layouts of a window, innermost first, forget what they measured: Qt tells no hidden page that what is in
    it has another size, and what shows one page of several would leave room for the old sizes of all."""
    window = _alive(whole)
    for layout in reversed(window.findChildren(QLayout) if window is not None else []):
        around = layout.parent()
        if isinstance(around, QWidget) and not around.isVisible():
            layout.invalidate()
            layout.activate()
        elif isinstance(around, QWidget):
            layout.update()


_wardrobe = _Wardrobe()


def dress(*parts: QWidget) -> None:
    """Give parts of a window, with all that is in them, the style of the theme, now and after it changes."""
    for part in parts:
        _wardrobe.add(part)


def dress_when_shown(part: QWidget, soon: int = 0) -> None:
    """As ``dress``, for a part that is hidden and may stay so. ``soon``: if not 0, it is dressed after so many
    milliseconds in any case, since showing it does enough in one turn without that."""
    part.installEventFilter(_awaiting)
    if soon:
        QTimer.singleShot(soon, part, partial(_awaiting.dress, part))


class _Awaiting(QObject):
    """Dresses what it watches as soon as that is shown, before it is laid out and painted."""

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Show and isinstance(watched, QWidget):
            self.dress(watched)
        return False

    def dress(self, part: QWidget) -> None:
        """Dress a part, if that is still to be done."""
        part.removeEventFilter(self)
        if not part.styleSheet():
            dress(part)


_awaiting = _Awaiting()


def undress(window: QWidget) -> None:
    """A window has closed: what still waits for it is not done."""
    _wardrobe.leave(window)


def in_turn(call: Callable[[], None], *, last: bool = False) -> None:
    """For whoever hears that the theme changed: do what takes time later, but before anything is painted.

    ``call`` is a method of a Qt object, which is not kept alive by this. ``last``: when everything has its new size.
    """
    _wardrobe.wait(call, last=last)


def finish_change() -> None:
    """Where the new theme must be on everything at once, as in a picture of the window."""
    _wardrobe.finish()


def _palette(theme: Theme) -> QPalette:
    palette = QPalette()
    roles = {
        QPalette.ColorRole.Window: theme.window,
        QPalette.ColorRole.WindowText: theme.text,
        QPalette.ColorRole.Base: theme.field,
        QPalette.ColorRole.AlternateBase: theme.card,
        QPalette.ColorRole.Text: theme.text,
        QPalette.ColorRole.PlaceholderText: theme.text_dim,
        QPalette.ColorRole.Button: theme.panel,
        QPalette.ColorRole.ButtonText: theme.text,
        QPalette.ColorRole.ToolTipBase: theme.panel,
        QPalette.ColorRole.ToolTipText: theme.text,
        QPalette.ColorRole.Highlight: theme.accent,
        QPalette.ColorRole.HighlightedText: theme.on_accent,
        QPalette.ColorRole.Link: theme.forward,
    }
    for role, value in roles.items():
        palette.setColor(role, QColor(value))
        if role in (QPalette.ColorRole.WindowText, QPalette.ColorRole.Text, QPalette.ColorRole.ButtonText):
            palette.setColor(QPalette.ColorGroup.Disabled, role, QColor(theme.text_faint))
    return palette


def ui_font(points: float = 10.0, *, bold: bool = False) -> QFont:
    """The interface font: the platform's own. 10 points stand for the size that the person has set for the system."""
    return _sized(QGuiApplication.font(), points, bold)


def mono_font(points: float = 9.5, *, bold: bool = False) -> QFont:
    """A font whose digits stand under each other, for numbers; sized as ``ui_font``."""
    return _sized(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont), points, bold)


def _sized(system: QFont, points: float, bold: bool) -> QFont:
    size = QGuiApplication.font().pointSizeF()
    font = QFont(system)
    font.setPointSizeF(points * size / 10.0 if size > 0 else points)
    font.setBold(bold)
    return font
