"""Handouts and solutions of a class, read again by pdftotext: every number is in the solution, none in the handout.

    python -m tests.campaigns.printed [STUDENTS]

Needs poppler-utils.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from pathlib import Path

from compute.document import Learner
from compute.exercises import Variant, variant
from compute.gallery import GALLERY, load_entry
from compute.numbers_text import precise


def words(path: Path) -> str:
    """The text of all pages, without its spaces."""
    text = subprocess.run(["pdftotext", "-layout", str(path), "-"], capture_output=True, check=True).stdout.decode()
    return re.sub(r"\s", "", text)


def wrong(each: Variant, folder: Path, paper: str) -> list[str]:
    """What a learner's pages say that they should not, or do not say."""
    from editor.handout import hand_out

    empty, filled = folder / "empty.pdf", folder / "filled.pdf"
    hand_out([each], empty, False, paper)
    hand_out([each], filled, True, paper)
    asked = words(empty).replace("1point", ";")  # beside each question
    answered, found = words(filled), list[str]()
    for step in each.sheet.steps:
        said = re.sub(r"\s", "", f"{step.label} = {precise(step.value)}")
        if said not in answered:
            found.append(f"the solution lacks {said}")
        if said in asked:
            found.append(f"the handout says {said}")
    return found


def main() -> int:
    """Prints all exercises of the gallery; 1 where something is wrong."""
    from editor.app import make_application

    app, folder = make_application(), Path(tempfile.mkdtemp())
    count, numbers, found = int(sys.argv[1]) if len(sys.argv) > 1 else 20, 0, list[str]()
    entries = [entry for entry in GALLERY if load_entry(entry.id).exercise is not None]
    for entry in entries:
        for i in range(count):
            each = variant(load_entry(entry.id), Learner(f"s{i}"))
            numbers += len(each.sheet.steps)
            found += [f"{entry.id}, s{i}: {said}" for said in wrong(each, folder, ("a4", "letter")[i % 2])]
    print("\n".join([*found, f"{len(entries)} exercises, {count} students, {numbers} numbers, {len(found)} wrong"]))
    del app
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
