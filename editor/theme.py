"""The theme in force: its colours, fonts and sizes, dark or light.

Widgets ask ``current()`` when they paint and listen to ``notifier.changed``; nothing else in the editor names a
colour. Pairs of text and ground keep a contrast of at least 4.5 (checked by a test).
"""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontDatabase, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication

from editor.palettes import DARK, LIGHT, Theme
from editor.palettes import mix as mix
from editor.stylesheet import stylesheet

Mode = Literal["system", "dark", "light"]


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
    app.setStyleSheet(stylesheet(_current))
    notifier.changed.emit()


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
    return _sized(QFont(QGuiApplication.font()), points, bold)


def mono_font(points: float = 9.5, *, bold: bool = False) -> QFont:
    """A font whose digits stand under each other, for numbers; sized as ``ui_font``."""
    return _sized(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont), points, bold)


def _sized(font: QFont, points: float, bold: bool) -> QFont:
    system = QGuiApplication.font().pointSizeF()
    font.setPointSizeF(points * system / 10.0 if system > 0 else points)
    font.setBold(bold)
    return font
