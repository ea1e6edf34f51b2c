"""A drawing of Qt's as TikZ: the same lines and places, text as text of TeX's, colours by name.

What Qt writes as SVG are groups of a few kinds of shapes, each with its colours, which are written here as paths and
nodes. The fonts are TeX's own, in sizes at which digits are as wide as they are on the canvas.
"""

from __future__ import annotations

import base64
import re
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from xml.etree import ElementTree

from editor.canvas.note_text import FORMULA
from editor.tikz_text import formula, text_of

_SVG, _LINK = "{http://www.w3.org/2000/svg}", "{http://www.w3.org/1999/xlink}href"
_LARGEST = 14_000.0
"""Points; TeX has no longer lengths than 16,383."""
_TYPEWRITER, _SANS = 0.525, 1.16
"""How wide a character of TeX's typewriter is, for one of its size; and how much larger its sans serif has to be to be
as wide as those of screens."""
_LETTER = 0.56
"""How wide a small letter on the screen is about, for one of its size."""
_SMALL, _SHORT = 11.5, 16
"""Letters and texts that are smaller and shorter stand in the middle of their room, so that theirs is kept."""


@dataclass(frozen=True)
class Style:
    """names: what a colour (#rrggbb) is called; mono: the family of fixed width; digit: how wide a character of it
    is, for one of its size;
    alone: whether a document is made, else a picture for one."""

    names: Mapping[str, str]
    mono: str
    digit: float
    alone: bool = True


def tikz(svg: str, title: str, style: Style) -> str:
    """The drawing as the text of a ``.tex`` file."""
    root = ElementTree.fromstring(svg)
    width, height = (float(x) for x in root.attrib["viewBox"].split()[2:])
    unit = min(0.75, _LARGEST / max(width, height))
    drawn = _Drawn(style, unit)
    lines = [line for group in root.iter(f"{_SVG}g") if "transform" in group.attrib for line in drawn.group(group)]
    picture = [
        rf"\begin{{tikzpicture}}[x={unit:.5g}bp, y=-{unit:.5g}bp, line cap=round, line join=round,",
        r"  gw text/.style={inner sep=0pt, outer sep=0pt, anchor=base west}]",
        *(rf"\definecolor{{{name}}}{{HTML}}{{{value}}}" for name, value in sorted(drawn.colors.items())),
        rf"\useasboundingbox (0,0) rectangle ({_n(width)},{_n(height)});",
        *lines,
        r"\end{tikzpicture}%",
    ]
    said = " ".join(title.split())
    if not style.alone:
        about = r"% \input this where the picture shall stand; the preamble needs \usepackage{amsmath,tikz,fix-cm}"
        return "\n".join([f"% {said}", about, *picture, ""])
    page = f"paperwidth={width * unit:.2f}bp, paperheight={height * unit + 1:.2f}bp, margin=0bp"
    return "\n".join(
        [
            f"% {said}",
            r"\documentclass{article}",
            r"\usepackage{fix-cm}",
            rf"\usepackage[{page}]{{geometry}}",
            r"\usepackage{amsmath,tikz}",
            r"\pagestyle{empty}\parindent=0pt\topskip=0pt",
            r"\begin{document}",
            *picture,
            r"\end{document}",
            "",
        ]
    )


class _Drawn:
    """Writes groups, and knows which colours they have."""

    def __init__(self, style: Style, unit: float) -> None:
        self._style, self._unit = style, unit
        self.colors: dict[str, str] = {}

    def group(self, group: ElementTree.Element) -> Iterator[str]:
        """A line for each shape."""
        paint, at = self._options(group), _Moved(group.attrib["transform"])
        for shape in group:
            kind, get = shape.tag.removeprefix(_SVG), shape.attrib
            if kind == "text":
                yield from self._text(shape, at)
            elif kind == "image":
                yield from self._image(shape, at)
            elif not paint:
                continue
            elif kind == "path":
                yield rf"\path[{paint}] {_path(get['d'], at)};"
            elif kind == "polyline":
                points = [tuple(map(float, each.split(","))) for each in get["points"].split()]
                line = " -- ".join(at(x, y) for x, y in points)
                yield rf"\path[{_no_fill(paint)}] {line};"
            elif kind == "rect":
                x, y, w, h = (float(get[name]) for name in ("x", "y", "width", "height"))
                yield rf"\path[{paint}] {at(x, y)} rectangle {at(x + w, y + h)};"
            elif kind in ("circle", "ellipse"):
                rx, ry = (float(get.get("r", get.get(name, 0))) * at.scale for name in ("rx", "ry"))
                middle = at(float(get["cx"]), float(get["cy"]))
                yield rf"\path[{paint}] {middle} ellipse [x radius={_n(rx)}, y radius={_n(ry)}];"

    def color(self, value: str) -> str:
        """Its name; one without is called by its number."""
        value = {"black": "#000000", "white": "#ffffff"}.get(value, value).lower()
        name = self._style.names.get(value, "gw" + value[1:].upper())
        self.colors[name] = value[1:].upper()
        return name

    def _options(self, group: ElementTree.Element) -> str:
        get, found = group.attrib, list[str]()
        if get.get("fill", "none") != "none":
            found.append(f"fill={self.color(get['fill'])}")
            found += _opacity("fill opacity", get.get("fill-opacity"))
        if get.get("stroke", "none") != "none":
            found.append(f"draw={self.color(get['stroke'])}")
            width = float(get.get("stroke-width", 1)) * _Moved(get["transform"]).scale * self._unit
            found.append(f"line width={width:.3g}bp")
            found += _opacity("draw opacity", get.get("stroke-opacity"))
            if dashes := get.get("stroke-dasharray"):
                steps = [float(each) * self._unit for each in dashes.split(",")]
                pattern = " ".join(f"{('on', 'off')[i % 2]} {x:.3g}bp" for i, x in enumerate(steps))
                found.append(f"dash pattern={pattern}")
        if "opacity" in get:
            found += _opacity("opacity", get["opacity"])
        return ", ".join(found)

    def _text(self, shape: ElementTree.Element, at: _Moved) -> Iterator[str]:
        text, get = "".join(shape.itertext()), shape.attrib
        if not text.strip():
            return
        x, y, color = float(get["x"]), float(get["y"]), self.color(get["fill"])
        size = float(get["font-size"]) * at.scale
        faint = "".join(f", {each}" for each in _opacity("text opacity", get.get("fill-opacity")))
        if get["font-family"] == FORMULA:
            font, anchor, body = rf"\fontsize{{{_n(size * self._unit)}bp}}{{0pt}}\selectfont", ", anchor=west", ""
            body = formula(text)
        elif get["font-family"] == self._style.mono:
            tall = size * self._style.digit / _TYPEWRITER
            font, anchor = rf"\ttfamily\fontsize{{{_n(tall * self._unit)}bp}}{{0pt}}\selectfont", ""
            body = text_of(text, _TYPEWRITER)
        else:
            bold = r"\bfseries" if int(get.get("font-weight", 400)) > 500 else ""
            font, anchor = rf"\sffamily{bold}\fontsize{{{_n(_SANS * size * self._unit)}bp}}{{0pt}}\selectfont", ""
            body = text_of(text)
            if size < _SMALL and len(text) < _SHORT:
                x, anchor = x + len(text) * _LETTER * size / at.scale / 2, ", anchor=base"
        yield rf"\node[gw text, text={color}{faint}{anchor}, font={font}] at {at(x, y)} {{{body}}};"

    def _image(self, shape: ElementTree.Element, at: _Moved) -> Iterator[str]:
        """Its cells, those beside each other that are alike as one."""
        get = shape.attrib
        rows = _pixels(base64.b64decode(get[_LINK].partition(",")[2]))
        x, y, w, h = (float(get[name]) for name in ("x", "y", "width", "height"))
        wide, high = w / len(rows[0]), h / len(rows)
        for i, row in enumerate(rows):
            start = 0
            for j in range(1, len(row) + 1):
                if j == len(row) or row[j] != row[start]:
                    red, green, blue = row[start]
                    corner, other = at(x + start * wide, y + i * high), at(x + j * wide, y + (i + 1) * high)
                    yield rf"\fill[fill={{rgb,255:red,{red};green,{green};blue,{blue}}}] {corner} rectangle {other};"
                    start = j


class _Moved:
    """Where a point of a group lies: ``(12,3.5)``."""

    def __init__(self, transform: str) -> None:
        a, _, _, _, self.dx, self.dy = map(float, transform.removeprefix("matrix(").rstrip(")").split(","))
        self.scale = a

    def __call__(self, x: float, y: float) -> str:
        return f"({_n(x * self.scale + self.dx)},{_n(y * self.scale + self.dy)})"


def _n(x: float) -> str:
    return f"{x:.3f}".rstrip("0").rstrip(".") if abs(x) >= 0.0005 else "0"


def _opacity(name: str, value: str | None) -> list[str]:
    share = float(value or 1)
    return [f"{name}={share:.3g}"] if share < 0.999 else []


def _no_fill(paint: str) -> str:
    return ", ".join(each for each in paint.split(", ") if not each.startswith("fill"))


def _path(data: str, at: _Moved) -> str:
    out = list[str]()
    for step in re.findall(r"([MLCZ])([^MLCZ]*)", data):
        points = [at(*map(float, each.split(","))) for each in step[1].split()]
        if step[0] == "M":
            out.append(points[-1])
        elif step[0] == "L":
            out += [f"-- {each}" for each in points]
        elif step[0] == "C":
            threes = zip(points[::3], points[1::3], points[2::3], strict=True)
            out += [f".. controls {a} and {b} .. {c}" for a, b, c in threes]
        else:
            out.append("-- cycle")
    return " ".join(out)


def _pixels(png: bytes) -> list[list[tuple[int, ...]]]:
    """The rows of a small PNG as Qt writes it: 8 bits each of red, green and blue (and opacity, which is left out)."""
    at, data, width, depth = 8, b"", 0, 3
    while at < len(png):
        size, kind = int.from_bytes(png[at : at + 4], "big"), png[at + 4 : at + 8]
        body = png[at + 8 : at + 8 + size]
        if kind == b"IHDR":
            width, depth = int.from_bytes(body[:4], "big"), {0: 1, 2: 3, 6: 4}[body[9]]
        data += body if kind == b"IDAT" else b""
        at += size + 12
    raw, line = zlib.decompress(data), width * depth
    before, rows = bytes(line), list[list[tuple[int, ...]]]()
    for start in range(0, len(raw), line + 1):
        now = bytearray(raw[start + 1 : start + 1 + line])
        for i in range(line):
            left, corner = (now[i - depth], before[i - depth]) if i >= depth else (0, 0)
            now[i] = (now[i] + _guess(raw[start], left, before[i], corner)) % 256
        before = bytes(now)
        rows.append([tuple(now[i : i + 3]) if depth > 1 else (now[i],) * 3 for i in range(0, line, depth)])
    return rows


def _guess(kind: int, left: int, above: int, corner: int) -> int:
    """What a byte was foretold to be by those around it."""
    if kind == 4:
        near = left + above - corner
        return min((left, above, corner), key=lambda each: abs(near - each))
    return (0, left, above, (left + above) // 2)[kind]
