"""A report as one HTML file: it needs nothing beside itself, is dark or light as its reader is, and can be printed."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

from compute.errors import printable
from compute.report.blocks import Block, Cell, Chart, Facts, Picture, Report, Section, Table, Text
from compute.report.chart import HUES, chart_svg

LIGHT: Mapping[str, str] = {
    "ground": "#ffffff",
    "card": "#f5f6f8",
    "text": "#1d2228",
    "dim": "#56606c",
    "line": "#d5dae0",
    "good": "#1d6f3a",
    "error": "#b3261e",
    "fill": "154, 79, 192",
    "strength": "0.75",
    "train": "#3a434d",
    "validation": "#9a7b00",
    "third": "#7a4fd0",
    "fourth": "#2d8f4e",
    "fifth": "#cc3d63",
    "sixth": "#138f80",
}
DARK: Mapping[str, str] = {
    "ground": "#1e2227",
    "card": "#25292f",
    "text": "#e8ebef",
    "dim": "#a9b1bc",
    "line": "#353b44",
    "good": "#7fd694",
    "error": "#ff8d84",
    "fill": "213, 140, 240",
    "strength": "0.5",
    "train": "#cfd6df",
    "validation": "#f0e060",
    "third": "#b48cf7",
    "fourth": "#6fd08c",
    "fifth": "#ff7f9f",
    "sixth": "#56d3c0",
}
"""Colours by name. None of the curves has the hue of values or that of gradients. strength: how much of ``fill`` the
largest cell of a matrix has, so that its number can be read."""


@dataclass(frozen=True)
class Drawn:
    """The picture of a graph: the content of an SVG or PNG file in light colours and in dark ones, how wide it is in
    pixels of the screen; or why there is none."""

    light: bytes = b""
    dark: bytes = b""
    kind: str = "svg"
    width: int = 0
    missing: str = ""


def page(report: Report, pictures: Sequence[Drawn]) -> str:
    """The file's text."""
    title = escape(printable(report.title))
    index = "".join(f'<a href="#{_anchor(section)}">{escape(section.title)}</a>' for section in report.sections)
    sections = "".join(_section(section, pictures) for section in report.sections)
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta name="color-scheme" content="light dark"><meta name="generator" content="Gradwire">'
        f"<title>{title}</title><style>{style()}</style></head>\n<body><header><h1>{title}</h1>"
        f"<p>{escape(report.subtitle)}</p><nav>{index}</nav></header>\n<main>{sections}</main>\n"
        f"<footer>{escape(report.made)}</footer></body></html>\n"
    )


def _anchor(section: Section) -> str:
    return re.sub(r"[^a-z]+", "-", section.title.lower()).strip("-")


def _section(section: Section, pictures: Sequence[Drawn]) -> str:
    inside = "".join(block_html(block, pictures) for block in section.blocks)
    return f'<section id="{_anchor(section)}"><h2>{escape(section.title)}</h2>{inside}</section>\n'


def block_html(block: Block, pictures: Sequence[Drawn] = ()) -> str:
    """One block as HTML."""
    match block:
        case Text():
            return f'<p class="{block.tone}">{escape(block.text)}</p>'
        case Facts():
            pairs = "".join(f"<dt>{escape(name)}</dt><dd>{escape(text)}</dd>" for name, text in block.pairs)
            return f"<dl>{pairs}</dl>"
        case Chart():
            return f'<figure class="chart">{chart_svg(block, lambda name: f"var(--{name})")}</figure>'
        case Picture():
            return _picture(block, pictures[block.document] if block.document < len(pictures) else Drawn())
        case Table():
            return _table(block)


def _picture(block: Picture, drawn: Drawn) -> str:
    if not drawn.light:
        return f'<p class="dim">{escape(drawn.missing or "There is no picture.")}</p>'
    caption = f"<figcaption>{escape(block.caption)}</figcaption>" if block.caption else ""
    kind = "image/svg+xml" if drawn.kind == "svg" else "image/png"
    dark = f'<source media="(prefers-color-scheme: dark)" srcset="{_data(drawn.dark, kind)}">' if drawn.dark else ""
    image = f'<img alt="The graph" src="{_data(drawn.light, kind)}" width="{drawn.width}">'
    return f'<figure class="graph"><picture>{dark}{image}</picture>{caption}</figure>'


def _data(content: bytes, kind: str) -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode('ascii')}"


def _table(table: Table) -> str:
    head = "".join(f'<th class="{_side(table, i)}">{escape(name)}</th>' for i, name in enumerate(table.header))
    lines = []
    for number, line in enumerate(table.lines):
        total = ' class="total"' if table.last and number == len(table.lines) - 1 else ""
        lines.append(f"<tr{total}>{''.join(_cell(table, i, cell) for i, cell in enumerate(line))}</tr>")
    kind = ' class="matrix"' if table.wide else ""
    return (
        f'<div class="table"><table{kind}><thead><tr>{head}</tr></thead><tbody>{"".join(lines)}</tbody></table></div>'
    )


def _side(table: Table, column: int) -> str:
    return "words" if column < table.left else "number"


def _cell(table: Table, column: int, given: str | Cell) -> str:
    cell = Cell(given) if isinstance(given, str) else given
    side, style = _side(table, column), ""
    if cell.share > 0.0 and table.wide:
        style = f' style="background:rgba(var(--fill), calc(var(--strength) * {cell.share:.3f}))"'
    elif cell.share > 0.0:
        share = f"{100 * min(1.0, cell.share):.1f}%"
        style = f' style="background:linear-gradient(to right, rgba(var(--fill), .28) {share}, transparent {share})"'
    tone = f" {cell.tone}" if cell.tone and not table.wide else ""
    inside = _bars(cell.bars) if cell.bars else escape(cell.text)
    return f'<td class="{side}{tone}"{style}>{inside}</td>'


def _bars(bars: Sequence[float]) -> str:
    rects = "".join(
        f'<rect x="{3 * i}" y="{16 - 16 * height:.1f}" width="2.4" height="{16 * height:.1f}"/>'
        for i, height in enumerate(bars)
        if height > 0
    )
    return f'<svg class="bars" viewBox="0 0 {3 * len(bars)} 16" width="{3 * len(bars)}" height="16">{rects}</svg>'


def style() -> str:
    """The style sheet of all blocks, in light colours and in dark ones."""

    def variables(colors: Mapping[str, str]) -> str:
        return "".join(f"--{name}:{value};" for name, value in colors.items())

    assert {*HUES} <= LIGHT.keys() == DARK.keys()
    return (
        f":root{{{variables(LIGHT)}}}@media (prefers-color-scheme: dark){{:root{{{variables(DARK)}}}}}"
        f"@media print{{:root{{{variables(LIGHT)}}}}}{_RULES}"
    )


_RULES = """
*{box-sizing:border-box}
body{margin:0 auto;max-width:66rem;padding:2rem 1.5rem 4rem;background:var(--ground);color:var(--text);
font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",sans-serif}
h1{margin:0 0 .2rem;font-size:1.9rem;line-height:1.2}
header p{margin:0;color:var(--dim)}
nav{display:flex;flex-wrap:wrap;gap:.3rem 1rem;margin-top:1rem;padding:.6rem 0;border-block:1px solid var(--line)}
nav a{color:var(--dim);text-decoration:none}
nav a:hover,nav a:focus{color:var(--text);text-decoration:underline}
section{margin-top:2.2rem}
h2{margin:0 0 .7rem;font-size:1.25rem}
p{margin:.5rem 0;max-width:48rem}
.dim{color:var(--dim)}.good{color:var(--good)}.error{color:var(--error)}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.15rem 1.4rem;margin:.5rem 0}
dt{color:var(--dim)}dd{margin:0;overflow-wrap:anywhere}
figure{margin:.8rem 0}
figure img{max-width:100%;height:auto;border:1px solid var(--line);border-radius:8px}
figcaption,footer{color:var(--dim);font-size:.87rem}
.chart svg{max-width:100%;height:auto}
.table{overflow-x:auto;margin:.6rem 0}
table{border-collapse:collapse;font-size:.87rem}
th{color:var(--dim);font-weight:500;border-bottom:1px solid var(--line);white-space:nowrap}
th,td{padding:.25rem .7rem;vertical-align:top}
td{border-bottom:1px solid var(--line)}
.words{text-align:left}
.number{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
tr.total td{font-weight:600;border-bottom:none}
.matrix td{min-width:3rem}
.bars{fill:var(--dim);vertical-align:middle}
footer{margin-top:3rem;padding-top:.6rem;border-top:1px solid var(--line)}
@media print{body{padding:0;max-width:none;font-size:10.5pt}nav{display:none}section{break-inside:auto}
h2{break-after:avoid}figure,tr{break-inside:avoid}thead{display:table-header-group}.table{overflow:visible}
table{font-size:8pt}th,td{padding:.15rem .35rem}}
"""
