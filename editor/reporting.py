"""A report as a file: a page or a PDF, between and beside the events of a window, or at once without one."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from compute.document import Document, load
from compute.errors import GradwireError
from compute.exercises.origin import still_hidden, without
from compute.explain import Facts
from compute.files import write_atomic
from compute.reference import ReferenceEngine
from compute.report import Drawn, Findings, Report, comparison, find_out, page, report_of
from compute.report.sections import MOST_DRAWN
from editor import theme
from editor.canvas.unplaced import placing
from editor.palettes import DARK, LIGHT
from editor.pieces import Pieces, at_once, within
from editor.render import Shot, Stage, application, content, stage

SUFFIXES = (".html", ".pdf")
_WIDEST = 2400.0
"""Pixels of the picture of a larger one."""


@dataclass(frozen=True)
class Made:
    """A report, and what its pictures are of."""

    report: Report
    found: Sequence[Findings]


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
        from editor.report_paper import printing

        pdf = yield from printing(made)
        yield lambda: write_atomic(path, pdf)
        return
    pictures = []
    for found in made.found:
        pictures.append((yield from _drawn(found)))
    yield lambda: write_atomic(path, page(made.report, pictures).encode())


def shot_of(found: Findings) -> Shot:
    """What the picture of a document shows."""
    return Shot(values=bool(found.trace.values) and len(found.document.graph.nodes) <= MOST_DRAWN)


def staged(found: Findings) -> Pieces[Stage]:
    """Its graph, laid out for the theme in force. Errors: GradwireError where there is none, or it is too wide."""
    document, analysis, trace = found.document, found.workspace.analysis, found.trace
    if not document.graph.nodes:
        raise GradwireError("The graph has no nodes.")
    if found.hidden:
        loss = document.training.loss
        trace = without(trace, still_hidden(document.exercise, Facts(document.graph, analysis, loss, trace)), loss)
    # The document may be the window's, whose nodes have their places.
    document = replace(document, graph=document.graph.copy())
    yield from placing(document, analysis)
    return (yield from stage(document, analysis, trace, shot_of(found)))


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
