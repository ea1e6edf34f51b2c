"""Colours, pens and fonts of the canvas, made once per theme."""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPen

from editor import theme
from editor.palettes import Theme


def _sized(font: QFont, pixels: float) -> QFont:
    # Geometry is in scene units, so text is too: points would differ between platforms.
    font.setPixelSize(round(pixels))
    return font


_LONGEST = 400
"""More letters than any width shows: nothing is measured beyond them."""


class Fonts:
    """The fonts of the canvas, in scene units, with their metrics."""

    def __init__(self) -> None:
        self.title = _sized(theme.ui_font(bold=True), 13)
        self.name = _sized(theme.ui_font(), 13)
        self.text = _sized(theme.ui_font(), 12)
        self.small = _sized(theme.ui_font(), 11)
        self.mono = _sized(theme.mono_font(), 11)
        self.big = _sized(theme.mono_font(), 20)
        self.hint = _sized(theme.ui_font(), 16)
        self.small_metrics = QFontMetricsF(self.small)
        self._other_sizes: dict[tuple[str, int], QFont] = {}
        self._metrics = {name: QFontMetricsF(font) for name, font in vars(self).items() if isinstance(font, QFont)}
        self._widths = {name: lru_cache(4096)(each.horizontalAdvance) for name, each in self._metrics.items()}
        mono = QFontMetricsF(self.mono)
        self.mono_rise = mono.capHeight() / 2
        """From the middle of a line of digits down to its baseline."""
        name = self._metrics["name"]
        self.name_rise = (name.ascent() - name.descent()) / 2
        """From the middle of a line of text down to its baseline."""
        self.digit = self.width("mono", "0")

    def width(self, font: str, text: str) -> float:
        """How wide a text is in the font of that name; remembered, since Qt shapes it anew each time."""
        return self._widths[font](text)

    def sized(self, font: str, pixels: int) -> QFont:
        """The font of that name in another size, remembered."""
        found = self._other_sizes.get((font, pixels))
        if found is None:
            found = self._other_sizes[font, pixels] = _sized(QFont(getattr(self, font)), pixels)
        return found

    def cut(self, font: str, text: str, width: float) -> str:
        """As much of a text as a width holds, with … for the rest."""
        if self.width(font, text[:_LONGEST]) <= width and len(text) <= _LONGEST:
            return text
        return self._metrics[font].elidedText(text[:_LONGEST], Qt.TextElideMode.ElideRight, width)


@lru_cache(maxsize=1)
def fonts() -> Fonts:
    """The canvas fonts; they need a running application."""
    return Fonts()


HUES = ("blue", "orange", "green", "violet", "yellow", "red")
"""The names of colours for frames and notes, in the order of the hues that a theme has for classes."""


class Ink:
    """A theme's colours as the painters need them."""

    def __init__(self, source: Theme) -> None:
        self.theme = source
        self.canvas = QColor(source.canvas)
        self.grid = QColor(source.grid)
        self.wire = QColor(source.wire)
        self.wire_dim = theme.mix(source.canvas, source.wire, 0.45)
        self.node = QColor(source.node)
        self.border = QColor(source.node_border)
        self.text = QColor(source.text)
        self.dim = QColor(source.text_dim)
        self.faint = QColor(source.text_faint)
        self.on_header = QColor(source.on_header)
        self.on_header_dim = theme.color(source.on_header, 0.82)
        self.forward = QColor(source.forward)
        self.forward_ground = QColor(source.forward_ground)
        self.backward = QColor(source.backward)
        self.backward_ground = QColor(source.backward_ground)
        self.error = QColor(source.error)
        self.error_ground = QColor(source.error_ground)
        self.warning = QColor(source.warning)
        self.warning_ground = theme.mix(source.canvas, source.warning, 0.14)
        self.good = QColor(source.good)
        self.accent = theme.mix(source.accent, source.text, 0.18)
        self.accent_soft = theme.color(source.accent, 0.18)
        self.accent_glow = theme.color(source.accent, 0.4)
        self.card = QColor(source.card)
        self.panel = QColor(source.panel)
        self.line = QColor(source.line)
        self.unknown = min(self.faint, self.dim, key=QColor.lightness)
        """The header of an op that is not known; the darker of two greys, for the light text on it."""
        self.groups = {group: QColor(value) for group, value in source.groups.items()}
        self.hues = {name: QColor(hue) for name, hue in zip(HUES, source.frames, strict=False)}
        self.cost = self.hues["violet"]
        self.axis = theme.mix(source.node, source.node_border, 0.8)
        self.diverging = tuple(QColor(c).rgb() for c in (source.negative, source.node, source.positive))
        """Pixels of the most negative, of zero and of the most positive entry."""
        self.function = QColor(source.good)
        self.bars = theme.mix(source.node, source.forward, 0.62)

    def hue(self, name: str) -> QColor:
        """The hue of a frame or note that has been given one by name; a grey for none and for what is not known."""
        return self.hues.get(name, self.dim)

    def group(self, name: str) -> QColor:
        """The header hue of an op group; a grey for what is not known."""
        return self.groups.get(name, self.unknown)


@lru_cache(maxsize=4)
def _ink(source_name: str, canvas: str) -> Ink:
    return Ink(theme.current())


def ink() -> Ink:
    """The colours of the theme in force."""
    current = theme.current()
    return _ink(current.name, current.canvas)


def pen(color: QColor, width: float, style: Qt.PenStyle = Qt.PenStyle.SolidLine) -> QPen:
    """A round pen."""
    return QPen(color, width, style, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin)
