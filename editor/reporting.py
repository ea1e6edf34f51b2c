"""A report as a file: a page or a PDF, between and beside the events of a window, or at once without one."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from compute.document import Document, load
from compute.errors import GradwireError
from compute.files import write_atomic
from compute.reference import ReferenceEngine
from compute.report import Drawn, Findings, comparison, find_out, page, report_of
from compute.report.sections import MOST_DRAWN
from editor import theme
from editor.palettes import DARK, LIGHT
from editor.pieces import Pieces, at_once, within
from editor.render import application, content
from editor.report_paper import printing
from editor.report_pictures import Made, shot_of, staged

SUFFIXES = (".html", ".pdf")
_WIDEST = 2400.0
"""Pixels of the picture of a larger one."""


_BURST, _REST = 0.002, 0.004
"""Finding out works for so many seconds, then lets the window have its turn."""


def reported(present: Callable[[], Document], other: Path | None, device: str) -> Made:
    """The report on a document as a window has it, or on how it differs from another, found out beside the window by
    the reference engine; device: what computes in the window. Errors: GradwireError."""
    last = time.perf_counter()

    def rest(_what: str) -> None:
        nonlocal last
        if time.perf_counter() - last >= _BURST:
            time.sleep(_REST)
            last = time.perf_counter()

    engine = ReferenceEngine()
    documents = [present(), *([load(other)] if other is not None else [])]
    found = [find_out(document, engine, tell=rest) for document in documents]
    found[0] = replace(found[0], device=device)
    now = datetime.now()
    return Made(comparison(found[0], found[1], now) if other is not None else report_of(found[0], now), found)


def write(made: Made, path: Path) -> None:
    """Write a report to a ``.html`` or ``.pdf`` file. Errors: GradwireError."""
    app = application()
    at_once(writing(lambda: made, path))
    del app


def writing(make: Callable[[], Made], path: Path) -> Pieces[None]:
    """The same with a running application, in pieces; ``make`` gives the report, on any thread."""
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise GradwireError(f"{path.name}: a report is a .html or .pdf file; choose one of these endings.")
    made = yield make
    if suffix == ".pdf":
        pdf = yield from printing(made)
        yield lambda: write_atomic(path, pdf)
        return
    pictures = []
    for found in made.found:
        pictures.append((yield from _drawn(found)))
    yield lambda: write_atomic(path, page(made.report, pictures).encode())


def _drawn(found: Findings) -> Pieces[Drawn]:
    """The picture, in light colours and in dark ones."""
    kind = ".png" if len(found.document.graph.nodes) > MOST_DRAWN else ".svg"
    try:
        light, width = yield from within(lambda: theme.lent(LIGHT), _painted(found, kind))
        dark, _ = yield from within(lambda: theme.lent(DARK), _painted(found, kind))
        return Drawn((yield light), (yield dark), kind[1:], round(width))
    except GradwireError as error:
        return Drawn(missing=str(error))


def _painted(found: Findings, kind: str) -> Pieces[tuple[Callable[[], bytes], float]]:
    """What makes the content of the picture's file, and how wide it is."""
    scene = yield from staged(found)
    scale = min(1.0, _WIDEST / max(1.0, scene.area.width()))
    make = yield from content(scene, found.document.name, kind, replace(shot_of(found), scale=scale))
    return make, scene.area.width() * scale
