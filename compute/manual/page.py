"""The manual as one HTML file: it needs nothing beside itself and is dark or light as its reader is."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape

from compute.errors import GradwireError
from compute.latex import svg
from compute.manual.blocks import Block, Code, Formula, Page, plain_text
from compute.report.page import block_html, style
from compute.version import version

FORMULA_PIXELS = 19.0


def manual_html(pages: Sequence[Page]) -> str:
    """The file's text."""
    chapters = dict.fromkeys(page.chapter for page in pages)
    index = "".join(
        f"<p>{escape(chapter)}</p><ul>"
        + "".join(f'<li><a href="#{p.id}">{escape(p.title)}</a></li>' for p in pages if p.chapter == chapter)
        + "</ul>"
        for chapter in chapters
    )
    body = "".join(
        f'<section id="{page.id}" data-words="{escape(plain_text(page).lower())}">'
        f"<h2>{escape(page.title)}</h2>{''.join(_block(block) for block in page.blocks)}</section>\n"
        for page in pages
    )
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta name="color-scheme" content="light dark"><title>Gradwire manual</title>'
        f"<style>{style()}{_RULES}</style></head>\n<body><aside><h1>Gradwire</h1>"
        f'<p class="dim">Manual of version {escape(version())}</p>'
        f'<input type="search" placeholder="Search the manual" aria-label="Search the manual">'
        f"<nav>{index}</nav></aside>"
        f'\n<main>{body}<p class="dim" id="nothing" hidden>Nothing in the manual has these words.</p></main>'
        f"<script>{_SCRIPT}</script></body></html>\n"
    )


def _block(block: Block) -> str:
    if isinstance(block, Code):
        return f"<pre>{escape(block.text.rstrip())}</pre>"
    if isinstance(block, Formula):
        of = f"<figcaption>{escape(block.of)}</figcaption>" if block.of else ""
        return f'<figure class="formula">{of}{formula_html(block.latex)}</figure>'
    return block_html(block)


def formula_html(latex: str) -> str:
    """A formula in the colour of the text; its LaTeX where it cannot be drawn."""
    try:
        drawn = svg(latex, "#010203", FORMULA_PIXELS).decode()
    except GradwireError:
        return f"<code>{escape(latex)}</code>"
    drawn = re.sub(r"#010203\b", "currentColor", drawn, flags=re.IGNORECASE)
    return drawn.replace("<svg ", f'<svg role="img" aria-label="{escape(latex)}" ', 1)


_RULES = """
body{max-width:none;padding:0;display:grid;grid-template-columns:17rem minmax(0,1fr)}
aside{position:sticky;top:0;height:100vh;overflow-y:auto;padding:1.5rem 1.2rem;background:var(--card);
border-right:1px solid var(--line)}
aside h1{font-size:1.4rem}aside p{margin:.1rem 0}
aside input{width:100%;margin:.9rem 0 .4rem;padding:.45rem .6rem;font:inherit;color:var(--text);
background:var(--ground);border:1px solid var(--line);border-radius:6px}
aside nav{display:block;border:0;margin:0;padding:0}
aside nav p{margin:1rem 0 .2rem;color:var(--dim);font-size:.8rem;font-weight:600}
aside ul{list-style:none;margin:0;padding:0}
aside nav a{display:block;padding:.12rem 0;color:var(--text)}
main{padding:1rem 2.5rem 4rem;max-width:58rem}
section{margin-top:0;padding:1.6rem 0;border-bottom:1px solid var(--line);scroll-margin-top:.5rem}
figure.formula{display:flex;align-items:center;gap:1.2rem;margin:.55rem 0;overflow-x:auto}
figure.formula figcaption{flex:0 0 9rem}
figure.formula svg{flex:none}
pre{padding:.8rem 1rem;background:var(--card);border:1px solid var(--line);border-radius:8px;overflow-x:auto;
font:13px/1.5 ui-monospace,"SF Mono",Consolas,"DejaVu Sans Mono",monospace}
td{font-variant-numeric:tabular-nums}
[hidden]{display:none!important}
@media(max-width:760px){body{display:block}aside{position:static;height:auto;max-height:45vh}main{padding:1rem 1.2rem}}
@media print{body{display:block}aside{display:none}}
"""
_SCRIPT = """
const field=document.querySelector('input'),pages=[...document.querySelectorAll('section')];
field.addEventListener('input',()=>{const words=field.value.toLowerCase().split(/\\s+/).filter(Boolean);let any=false;
for(const page of pages){const found=words.every(word=>page.dataset.words.includes(word));page.hidden=!found;
any=any||found;
document.querySelector('a[href="#'+page.id+'"]').parentElement.hidden=!found}
for(const list of document.querySelectorAll('aside ul')){const none=![...list.children].some(each=>!each.hidden);
list.hidden=none;list.previousElementSibling.hidden=none}
document.getElementById('nothing').hidden=any});
"""
