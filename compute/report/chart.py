"""Charts of a report as SVG: few lines, axes with round numbers, no script."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from html import escape

from compute.numbers_text import short
from compute.report.blocks import Chart, Curve

WIDTH, HEIGHT = 640.0, 260.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 62.0, 12.0, 26.0, 36.0
_LEGEND = 15.0
"""Between two lines of names."""
MOST_POINTS = 600
"""Of one curve; of more those are left out that nobody could see."""
HUES = ("train", "validation", "third", "fourth", "fifth", "sixth")
"""The names of the curves' colours."""
Ink = Callable[[str], str]
"""The colour of that name: ``text``, ``dim``, ``line``, or one of ``HUES``."""


def chart_svg(chart: Chart, ink: Ink, font: str = "sans-serif") -> str:
    """The chart as an ``svg`` element of its own."""
    names, at, line = list[tuple[float, float]](), _LEFT + 7.5 * len(chart.title) + 22, 0
    for curve in chart.curves:
        wide = 36 + 6.4 * len(curve.name)
        if at + wide > WIDTH - _RIGHT and names:
            at, line = _LEFT, line + 1
        names.append((at, 15 + _LEGEND * line))
        at += wide
    top = _TOP + _LEGEND * line
    xs = [x for curve in chart.curves for x in curve.x]
    ys = [y for curve in chart.curves for y in curve.y]
    x_of = _scale(min(xs), max(xs), _LEFT, WIDTH - _RIGHT)
    low, high = _bounds(ys, chart.logarithmic)
    y_of = _scale(low, high, HEIGHT - _BOTTOM, top)
    heights = (lambda y: y_of(math.log10(y))) if chart.logarithmic else y_of
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH:g} {HEIGHT:g}" width="{WIDTH:g}" '
        f'height="{HEIGHT:g}" role="img" font-family="{font}" font-size="11">',
        f"<title>{escape(chart.title)}</title>",
    ]
    for y, text in _ticks(low, high, chart.logarithmic):
        at = y_of(y)
        parts.append(_line(_LEFT, at, WIDTH - _RIGHT, at, ink("line")))
        parts.append(_text(_LEFT - 6, at + 4, text, ink("dim"), "end"))
    for x, text in _ticks(min(xs), max(xs), False):
        parts.append(_text(x_of(x), HEIGHT - _BOTTOM + 16, text, ink("dim"), "middle"))
    parts.append(_text((_LEFT + WIDTH - _RIGHT) / 2, HEIGHT - 5, chart.across, ink("dim"), "middle"))
    parts.append(f'<g font-weight="bold">{_text(_LEFT, 15, chart.title, ink("text"), "start")}</g>')
    for curve, (left, down) in zip(chart.curves, names, strict=True):
        color = ink(HUES[curve.hue % len(HUES)])
        points = " ".join(f"{x_of(x):.1f},{heights(y):.1f}" for x, y in _thinned(curve))
        dash = ' stroke-dasharray="6 4"' if curve.dashed else ""
        parts.append(f'<polyline points="{points}" fill="none" stroke="{color}" stroke-width="1.8"{dash}/>')
        mark = f'x1="{left:.0f}" y1="{down - 4:.0f}" x2="{left + 16:.0f}" y2="{down - 4:.0f}"'
        parts.append(f'<line {mark} stroke="{color}" stroke-width="2.5"{dash}/>')
        parts.append(_text(left + 21, down, curve.name, ink("text"), "start"))
    return "".join([*parts, "</svg>"])


def _scale(low: float, high: float, first: float, last: float) -> Callable[[float], float]:
    span = (high - low) or 1.0
    return lambda value: first + (value - low) / span * (last - first)


def _bounds(ys: Sequence[float], logarithmic: bool) -> tuple[float, float]:
    if logarithmic:
        return math.log10(min(ys)), math.log10(max(ys))
    low, high = min(ys), max(ys)
    if low >= 0.0 and low < 0.5 * high:
        low = 0.0
    room = 0.04 * ((high - low) or 1.0)
    return (low if low == 0.0 else low - room), high + room


def _ticks(low: float, high: float, logarithmic: bool) -> list[tuple[float, str]]:
    if logarithmic:
        apart = max(1, math.ceil((high - low) / 6))
        marks = [float(each) for each in range(math.ceil(low), math.floor(high) + 1, apart)]
        if len(marks) < 2:
            marks = [low, high]
        return [(each, short(10**each)) for each in marks]
    span = (high - low) or 1.0
    size = 10.0 ** math.floor(math.log10(span / 5))
    step = next(size * factor for factor in (1, 2, 5, 10) if span / (size * factor) <= 6)
    first = math.ceil(low / step - 1e-9)
    marks = [(first + i) * step for i in range(8) if (first + i) * step <= high + 1e-9 * span]
    return [(mark, short(round(mark / step) * step)) for mark in marks]


def _thinned(curve: Curve) -> list[tuple[float, float]]:
    """The least and the most of as many parts as can be seen."""
    pairs = list(zip(curve.x, curve.y, strict=True))
    if len(pairs) <= MOST_POINTS:
        return pairs
    size = -(-len(pairs) // (MOST_POINTS // 2))
    out: list[tuple[float, float]] = []
    for start in range(0, len(pairs), size):
        part = pairs[start : start + size]
        ends = {min(part, key=lambda pair: pair[1]), max(part, key=lambda pair: pair[1])}
        out += sorted(ends)
    return [pairs[0], *out, pairs[-1]]


def _line(x1: float, y1: float, x2: float, y2: float, color: str) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{color}" stroke-width="1"/>'


def _text(x: float, y: float, text: str, color: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" fill="{color}" text-anchor="{anchor}">{escape(text)}</text>'
