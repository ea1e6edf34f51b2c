"""The marks of a folder of documents that were handed in."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from compute.document import ENDINGS, Asked, Document, Learner, load
from compute.errors import GradwireError
from compute.exercises.making import MASTER, TEACHER, plain_number, safe
from compute.exercises.marking import Marked, marked
from compute.exercises.sheet import Sheet
from compute.exercises.variants import variant

MOST_FILES = 20_000
WORDS = {"right": "right", "carried": "right, carried forward", "wrong": "wrong", "missing": "not answered"}


@dataclass(frozen=True)
class Graded:
    """One file: whose it is and its marks, or why there are none; notes: what a teacher should know of it."""

    file: str
    learner: Learner | None
    marks: Marked | None
    notes: tuple[str, ...] = ()


def master_of(folder: Path) -> Document | None:
    """The teacher's exercise that was made with the folder, if it lies there. Errors: GradwireError."""
    path = folder / TEACHER / MASTER
    return load(path) if path.is_file() else None


def grade(
    folder: Path, master: Document | None, told: Callable[[int, int], None] = lambda _done, _of: None
) -> list[Graded]:
    """The marks of every document in a folder; ``told`` hears how many of how many are done.

    master: the exercise as the teacher has it, from which each learner's numbers are drawn again, so that nothing but
    the answers is taken from what was handed in; None: the documents are marked by their own numbers. Errors:
    GradwireError where there is nothing to mark.
    """
    try:
        paths = sorted(p for p in folder.iterdir() if p.suffix.lower() in ENDINGS and p.is_file())
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise GradwireError(f'"{folder}" cannot be read ({reason}); name the folder of what was handed in') from error
    if not paths:
        raise GradwireError(f'"{folder}" holds no .gradwire or .json document; name the folder of what was handed in')
    if len(paths) > MOST_FILES:
        raise GradwireError(f'"{folder}" holds more than {MOST_FILES} documents; mark them in parts')
    found: list[Graded] = []
    for path in paths:
        try:
            found.append(_graded(path, master))
        except GradwireError as error:
            found.append(Graded(path.name, None, None, (str(error).removeprefix(f"{path.name}: "),)))
        told(len(found), len(paths))
    return _with_twins(found)


def _graded(path: Path, master: Document | None) -> Graded:
    document = load(path)
    handed = document.exercise
    if handed is None:
        raise GradwireError("this document holds no exercise")
    notes: list[str] = []
    learner = handed.learner
    if master is None or learner is None:
        if learner is None:
            notes.append("made for no student; marked by its own numbers")
        sheet = Sheet.of(document)
    else:
        own = variant(master, learner)
        assert own.document.exercise is not None
        if note := _changed(document, own.sheet):
            notes.append(note)
        answers = {each.focus: each for each in handed.asked}
        asked = tuple(_answer(each, answers.get(each.focus)) for each in own.document.exercise.asked)
        own.document.exercise = replace(own.document.exercise, asked=asked)
        own.sheet.exercise = own.document.exercise
        sheet = own.sheet
    if not handed.handed_in:
        notes.append("not handed in; marked as it is")
    return Graded(path.name, learner, marked(sheet), tuple(notes))


def _answer(asked: Asked, given: Asked | None) -> Asked:
    return replace(asked, answer=given.answer, hints=given.hints) if given else asked


def _changed(document: Document, own: Sheet) -> str:
    """What a learner changed of what was handed out, in words; "" where it computes the same."""
    assert document.exercise is not None
    asked = replace(document.exercise, asked=tuple(Asked(step.focus) for step in own.steps))
    try:
        theirs = Sheet.of(replace(document, exercise=asked))
    except GradwireError:
        return "the graph was changed; marked by what was handed out"
    pairs = zip(theirs.steps, own.steps, strict=True)
    same = all(math.isclose(a.value, b.value, rel_tol=1e-6, abs_tol=1e-9) for a, b in pairs)
    return "" if same else "numbers were changed; marked by those that were handed out"


def _with_twins(found: Sequence[Graded]) -> list[Graded]:
    """With a note on files of one learner."""
    files: dict[str, list[str]] = {}
    for each in found:
        if each.learner is not None:
            files.setdefault(each.learner.id, []).append(each.file)
    out: list[Graded] = []
    for each in found:
        others = [name for name in files.get(each.learner.id, []) if name != each.file] if each.learner else []
        out.append(
            replace(each, notes=(*each.notes, f"the same student as {', '.join(others[:3])}")) if others else each
        )
    return out


def marks_csv(found: Sequence[Graded]) -> str:
    """A line for each learner: total, first wrong step, hints; then for each number the answer, what is right for who
    answered so far, the verdict, the mistake and the hints taken."""
    most = max((len(each.marks.steps) for each in found if each.marks), default=0)
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\r\n")
    head = ["file", "student", "name", "total", "of", "first wrong step", "first mistake", "hints", "notes"]
    for i in range(1, most + 1):
        head += [f"step {i}", f"answer {i}", f"expected {i}", f"verdict {i}", f"mark {i}", f"mistake {i}", f"hints {i}"]
    rows.writerow(head)
    for each in found:
        who = [each.file, each.learner.id if each.learner else "", each.learner.name if each.learner else ""]
        cells = [safe(cell) for cell in who]
        if each.marks is None:
            rows.writerow([*cells, "", "", "", "", "", safe("; ".join(each.notes))])
            continue
        marks, first = each.marks, each.marks.first_wrong
        cells += [plain_number(marks.total), str(marks.most), first.step.label if first else ""]
        cells += [first.mistake if first else "", str(sum(s.hints for s in marks.steps)), safe("; ".join(each.notes))]
        for one in marks.steps:
            cells += [one.step.label, _as_answer(one.answer), plain_number(one.expected), WORDS[one.verdict]]
            cells += [plain_number(one.mark), one.mistake, str(one.hints)]
        rows.writerow(cells)
    return out.getvalue()


def _as_answer(answer: str) -> str:
    """As it was typed; a number stays one, anything else is no formula."""
    return answer if answer[:1] == "-" and answer[1:2].isdigit() else safe(answer)
