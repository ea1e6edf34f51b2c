"""An exercise for a class: a document for each learner, and for the teacher the exercise itself with the key."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from compute.document import ENDINGS, Document, Learner, load, save
from compute.errors import GradwireError
from compute.exercises.students import file_stems
from compute.exercises.variants import Variant, variant
from compute.files import write_atomic

TEACHER = "teacher"
"""The folder in which lies what learners are not to have."""
MASTER, KEY = "exercise.gradwire", "key.csv"


@dataclass(frozen=True)
class Made:
    """One learner's exercise, and the name of the files about it without an ending."""

    learner: Learner
    stem: str
    variant: Variant


def make(
    document: Document, learners: Sequence[Learner], told: Callable[[int], None] = lambda _count: None
) -> list[Made]:
    """Everyone's own numbers; ``told`` hears how many are done. Errors: GradwireError where nothing sound is found."""
    stems, found = file_stems(learners), list[Made]()
    for learner in learners:
        found.append(Made(learner, stems[learner], variant(document, learner)))
        told(len(found))
    return found


def require_nothing_lost(folder: Path, learners: Sequence[Learner]) -> None:
    """Errors: GradwireError where writing to a folder would lose what somebody did.

    That is any answers that lie there, as they are marked by the teacher's exercise, which is written over too; or a
    document that is not the exercise of the learner whose file has its name.
    """
    if not folder.is_dir():
        return
    whose = {f"{stem}.gradwire".casefold(): learner for learner, stem in file_stems(learners).items()}
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() not in ENDINGS or not path.is_file():
            continue
        try:
            exercise = load(path).exercise
        except GradwireError:
            exercise = None
        if exercise is not None and exercise.learner is not None and exercise.is_begun:
            raise GradwireError(f'"{path}" holds answers of {exercise.learner.label}; name another folder to write to')
        learner = whose.get(path.name.casefold())
        if learner is not None and (exercise is None or exercise.learner is None or exercise.learner.id != learner.id):
            raise GradwireError(f'"{path}" is not an exercise of {learner.label}; name another folder to write to')


def write(document: Document, made: Sequence[Made], folder: Path) -> None:
    """A document for each learner in a folder, and in a folder in it the teacher's. Errors: GradwireError.

    A document of a learner holds the numbers drawn, and neither the key nor what would be drawn for others. Nothing
    that somebody did is written over: see ``require_nothing_lost``.
    """
    require_nothing_lost(folder, [each.learner for each in made])
    own = folder / TEACHER
    make_folder(own, folder)
    for each in made:
        handed = each.variant.document.copy()
        assert handed.exercise is not None
        handed.exercise = replace(handed.exercise, drawn=(), seed=0)
        handed.path = document.path  # relative data paths are written anew from where they led
        save(handed, folder / f"{each.stem}.gradwire")
    master = document.copy()
    assert master.exercise is not None
    master.exercise = replace(master.exercise.anew(), learner=None)
    save(master, own / MASTER)
    write_atomic(own / KEY, key(made).encode("utf-8-sig"))


def make_folder(folder: Path, named: Path | None = None) -> None:
    """See that a folder is there. Errors: GradwireError naming it, or what a person has named."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise GradwireError(f'"{named or folder}" cannot be made ({reason}); choose another folder') from error


def key(made: Sequence[Made]) -> str:
    """The right answers, a line for each number of each learner, as CSV."""
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\r\n")
    rows.writerow(("student", "name", "file", "step", "number", "answer", "tidy"))
    for each in made:
        for i, (step, tidy) in enumerate(zip(each.variant.sheet.steps, each.variant.sheet.tidy, strict=True), start=1):
            cells = (each.learner.id, each.learner.name, f"{each.stem}.gradwire")
            rows.writerow((*map(safe, cells), i, step.label, plain_number(step.value), "yes" if tidy else "no"))
    return out.getvalue()


def safe(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell[:1] in ("=", "+", "@", "-", "\t") and len(cell) > 1 else cell


def plain_number(value: float) -> str:
    """A number to the digits that a tidy one has, and else to ten."""
    return f"{value:.10g}"
