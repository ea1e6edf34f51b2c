"""Every document of the gallery as TikZ, compiled by pdflatex, and read again by pdftotext: the numbers of its wires.

    python -m tests.campaigns.compiled [FOLDER]

Needs texlive-latex-base, texlive-latex-recommended, texlive-pictures and poppler-utils.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from compute.gallery import GALLERY, load_entry
from compute.reference import ReferenceRun
from compute.workspace import open_document


def numbers_of(entry_id: str) -> set[str]:
    """What the labels of its wires say of its first batch."""
    from editor.canvas.readings import Readings

    document = load_entry(entry_id)
    workspace = open_document(document, strict=False)
    if workspace.problem:
        return set()
    rows = np.arange(min(workspace.program.rows, document.training.batch_size))
    trace = ReferenceRun(workspace.program).trace(rows)
    readings = Readings(trace, workspace.analysis, loss=document.training.loss)
    found = [readings.value(node) for node in trace.values if workspace.analysis.sources.get(node)]
    found += [readings.gradient(wire.key, wire.source) for wire in document.graph.wires.values()]
    return {each.text for each in found if each is not None and each.strip is None}


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
    return [f"{entry_id}: {number} is not there" for number in sorted(numbers_of(entry_id) - said)]


def main() -> int:
    """Compiles all; 1 where something is wrong."""
    from editor.app import make_application

    app = make_application()
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(tempfile.mkdtemp())
    wrong = [each for entry in GALLERY for each in compiled(entry.id, folder)]
    numbers = sum(len(numbers_of(entry.id)) for entry in GALLERY)
    print("\n".join([*wrong, f"{len(GALLERY)} documents, {numbers} numbers, {len(wrong)} wrong"]))
    del app
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
