"""The icons: strokes on a 24 × 24 grid in ``resources/icons``, drawn in the colours of the theme."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from PySide6.QtCore import QByteArray, QObject, QRectF, QSize, Qt
from PySide6.QtGui import QAction, QGuiApplication, QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QAbstractButton

from editor import theme
from editor.scale import px

ICONS = Path(__file__).resolve().parents[1] / "resources" / "icons"
SIDE = 16
"""Of the icon of a button, beside text of the system's size."""
_SIZES = (16, 20, 24, 32)
"""In which icons are shown, on a screen of scale 1."""


def names() -> list[str]:
    """Every icon there is."""
    return sorted(path.stem for path in ICONS.glob("*.svg") if path.stem != "app")


def icon(name: str, color: str | None = None) -> QIcon:
    """One icon in a colour (the theme's text by default), faint where disabled. Errors: KeyError if there is none."""
    t = theme.current()
    scales = {screen.devicePixelRatio() for screen in QGuiApplication.screens()}
    return _icon(name, color or t.text, t.text_faint, frozenset(round(size * s) for size in _SIZES for s in scales))


@lru_cache(maxsize=256)
def _icon(name: str, color: str, faint: str, sizes: frozenset[int]) -> QIcon:
    out = QIcon()
    for mode, ink in ((QIcon.Mode.Normal, color), (QIcon.Mode.Disabled, faint)):
        drawing = _drawing(name, ink)
        for size in sizes:
            out.addPixmap(_painted(drawing, size), mode)
    return out


def app_icon() -> QIcon:
    """The program's own icon, which has colours of its own."""
    out = QIcon()
    for size in (16, 24, 32, 48, 64, 128, 256):
        out.addPixmap(_pixmap("app", "", size))
    return out


def pixmap(name: str, color: str, size: int, ratio: float = 1.0) -> QPixmap:
    """One icon ``size`` logical pixels wide, crisp at the device pixel ratio."""
    out = _pixmap(name, color, round(size * ratio))
    out.setDevicePixelRatio(ratio)
    return out


def _pixmap(name: str, color: str, size: int) -> QPixmap:
    return _painted(_drawing(name, color), size)


def _drawing(name: str, color: str) -> QSvgRenderer:
    return QSvgRenderer(QByteArray(_source(name).replace("currentColor", color).encode()))


def _painted(drawing: QSvgRenderer, size: int) -> QPixmap:
    out = QPixmap(size, size)
    out.fill(Qt.GlobalColor.transparent)
    painter = QPainter(out)
    drawing.render(painter, QRectF(0, 0, size, size))
    painter.end()
    return out


@lru_cache(maxsize=128)
def _source(name: str) -> str:
    path = ICONS / f"{name}.svg"
    if not path.is_file():
        raise KeyError(f"there is no icon {name!r}; the icons are {', '.join(names())}")
    return path.read_text("utf-8")


class _Follower(QObject):
    """Gives its parent an icon again whenever the theme changes; dies with it."""

    def __init__(self, target: QAction | QAbstractButton, name: str, token: str) -> None:
        super().__init__(target)
        self.target, self.name, self.token, self.size = target, name, token, SIDE
        theme.notifier.changed.connect(self._on_theme)
        self.apply()

    def _on_theme(self) -> None:
        theme.in_turn(self.apply)

    def apply(self) -> None:
        if isinstance(self.target, QAbstractButton):
            self.target.setIconSize(QSize(px(self.size), px(self.size)))
        self.target.setIcon(icon(self.name, getattr(theme.current(), self.token)))


def set_icon(target: QAction | QAbstractButton, name: str, token: str = "text") -> None:
    """Show an icon in the colour of a theme token (``text``, ``backward``, …), now and after theme changes."""
    follower = target.findChild(_Follower, options=Qt.FindChildOption.FindDirectChildrenOnly)
    if isinstance(follower, _Follower):
        if (follower.name, follower.token) != (name, token):
            follower.name, follower.token = name, token
            follower.apply()
    else:
        _Follower(target, name, token)


def set_size(target: QAbstractButton, size: int) -> None:
    """Another size for the icon of a button, in pixels beside text of the system's size."""
    follower = target.findChild(_Follower, options=Qt.FindChildOption.FindDirectChildrenOnly)
    if isinstance(follower, _Follower):
        follower.size = size
        follower.apply()
