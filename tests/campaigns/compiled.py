"""Every document of the gallery as TikZ, compiled by pdflatex, and read again by pdftotext: the numbers of its
wires are there, and those that an exercise asks for are not.

    python -m tests.campaigns.compiled [FOLDER]

Needs texlive-latex-base, texlive-latex-recommended, texlive-pictures and poppler-utils.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from compute.exercises.origin import still_hidden
from compute.explain import Facts, Quantity
from compute.gallery import GALLERY, load_entry
from compute.reference import ReferenceRun
from compute.workspace import open_document


def numbers_of(entry_id: str) -> tuple[set[str], set[str]]:
    """What the labels of its wires say of its first batch, and what an exercise keeps from them, which stands nowhere
    else in the picture."""
    from editor.canvas.readings import Readings

    document = load_entry(entry_id)
    workspace = open_document(document, strict=False)
    if workspace.problem:
        return set(), set()
    analysis, graph, loss = workspace.analysis, document.graph, document.training.loss
    rows = np.arange(min(workspace.program.rows, document.training.batch_size))
    trace = ReferenceRun(workspace.program).trace(rows)
    readings = Readings(trace, analysis, loss=loss)
    hidden = still_hidden(document.exercise, Facts(graph, analysis, loss, trace))
    told, given, kept = set[str](), set[str](), set[str]()
    for node in trace.values:
        reading = readings.value(node)
        if reading is not None and reading.strip is None:
            if not analysis.sources.get(node):
                given.add(reading.text)
            else:
                (kept if Quantity("value", node) in hidden else told).add(reading.text)
    for wire in graph.wires.values():
        reading = readings.gradient(wire.key, wire.source)
        if reading is not None and reading.strip is None:
            (kept if Quantity("wire", *wire.key) in hidden else told).add(reading.text)
    written = set(re.findall(r"[\w.−]+", " ".join(note.text for note in graph.notes.values())))
    return told, kept - told - given - written


def compiled(entry_id: str, folder: Path) -> list[str]:
    """What is wrong with one."""
    from editor.render import render

    path = folder / f"{entry_id}.tex"
    render(load_entry(entry_id), path, True)
    call = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", f"-output-directory={folder}", str(path)]
    run = subprocess.run(call, capture_output=True, text=True, errors="replace", check=False)
    if run.returncode or "(1 page" not in run.stdout:
        return [f"{entry_id}: {[line for line in run.stdout.splitlines() if line.startswith('!')] or 'not one page'}"]
    text = subprocess.run(["pdftotext", "-layout", str(path.with_suffix(".pdf")), "-"], capture_output=True, check=True)
    said = set(text.stdout.decode().split())
    told, kept = numbers_of(entry_id)
    lacking = [f"{entry_id}: {number} is not there" for number in sorted(told - said)]
    return lacking + [f"{entry_id}: {number} is asked for, and told" for number in sorted(kept & said)]


def main() -> int:
    """Compiles all; 1 where something is wrong."""
    from editor.app import make_application

    app = make_application()
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(tempfile.mkdtemp())
    wrong = [each for entry in GALLERY for each in compiled(entry.id, folder)]
    told, kept = (sum(len(numbers_of(entry.id)[side]) for entry in GALLERY) for side in (0, 1))
    print("\n".join([*wrong, f"{len(GALLERY)} documents, {told} numbers, {kept} kept back, {len(wrong)} wrong"]))
    del app
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
