"""The commands for a class: an exercise for each student, and the marks of what was handed in."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from compute.cli.output import check_out, document_of, progress_bar, say
from compute.document import Document, load
from compute.errors import GradwireError
from compute.exercises.grading import Graded, grade, marks_csv, master_of
from compute.exercises.making import KEY, MASTER, TEACHER, Made, make, make_folder, require_nothing_lost, write
from compute.exercises.moodle import moodle_xml
from compute.exercises.qti import qti_package
from compute.exercises.students import read_students, what_was_left_out
from compute.exercises.variants import Variant, as_it_stands
from compute.files import write_atomic
from compute.numbers_text import plural

Draw = Callable[[Document, Path, bool, float, bool, str], str]
HandOut = Callable[[Sequence[Variant], Path, bool, str], int]
"""Writes a PDF of some learners' pages, or their solution, on a kind of paper; returns how many pages there are."""
MOODLE, QTI = "moodle.xml", "qti.zip"


def exercise(args: argparse.Namespace, draw: Draw | None, print_: HandOut | None) -> None:
    """What a call asks to be made of an exercise. Errors: GradwireError."""
    if args.act == "handout":
        make_handout(args, print_)
    elif not args.students:
        raise GradwireError("exercise make needs --students LIST.csv, one student a line: id, name, e-mail")
    else:
        make_exercise(args, draw)


def make_handout(args: argparse.Namespace, print_: HandOut | None) -> None:
    """Pages to print, of everyone in one file or each in their own. Errors: GradwireError."""
    out = Path(args.out)
    alone = out.suffix.lower() == ".pdf"
    if alone:
        check_out(out, (".pdf",))
    elif not args.students:
        raise GradwireError(f'"{out}" must end in .pdf; a folder of handouts needs --students LIST.csv')
    elif out.exists() and not out.is_dir():
        raise GradwireError(f'"{out}" is a file; name a folder to write to, or a .pdf')
    if print_ is None:
        raise GradwireError("this installation cannot draw; install Gradwire with its window")
    document = document_of(args)
    students = read_students(Path(args.students)) if args.students else None
    if students is None:
        asked = document.exercise
        if args.solution and asked is not None and asked.learner is not None:
            raise GradwireError(f"{args.file}: this is a student's document; the teacher's has the solution")
        pages = print_([as_it_stands(document)], out, args.solution, args.paper)
        say(args, f"wrote {pages} {plural('page', pages)} to {out}")
        return
    if sentence := what_was_left_out(students):
        say(args, sentence)
    with progress_bar(args, "student") as bar:
        task = bar.add_task("", total=len(students.learners))
        made = make(document, students.learners, lambda done: bar.update(task, completed=done))
    if alone:
        pages = print_([each.variant for each in made], out, args.solution, args.paper)
        say(args, f"wrote {pages} {plural('page', pages)} for {len(made)} {plural('student', len(made))} to {out}")
        return
    make_folder(out)
    for each in made:
        name = f"{each.stem}{'-solution' if args.solution else ''}.pdf"
        print_([each.variant], out / name, args.solution, args.paper)
    say(args, f"wrote {len(made)} {plural('handout', len(made))} to {out}")


def make_exercise(args: argparse.Namespace, draw: Draw | None) -> None:
    """A document for each student, and for the teacher the key. Errors: GradwireError."""
    folder = Path(args.out)
    if folder.exists() and not folder.is_dir():
        raise GradwireError(f'"{folder}" is a file; name a folder to write to')
    students = read_students(Path(args.students))
    if sentence := what_was_left_out(students):
        say(args, sentence)
    require_nothing_lost(folder, students.learners)
    document = document_of(args)
    with progress_bar(args, "student") as bar:
        task = bar.add_task("", total=len(students.learners))
        made = make(document, students.learners, lambda done: bar.update(task, completed=done))
    write(document, made, folder)
    if args.moodle or args.qti:
        picture = _picture(args, document, draw)
        if args.moodle:
            write_atomic(folder / TEACHER / MOODLE, moodle_xml(document.name, made, picture))
        if args.qti:
            write_atomic(folder / TEACHER / QTI, qti_package(document.name, made, picture))
    _say_what_is_not_tidy(args, document, made)
    count = len(made)
    *files, last = [MASTER, KEY, *([MOODLE] if args.moodle else []), *([QTI] if args.qti else [])]
    teachers = f"{folder / TEACHER} has {', '.join(files)} and {last}"
    say(args, f"wrote {count} {plural('exercise', count)} to {folder}; {teachers}")


def _say_what_is_not_tidy(args: argparse.Namespace, document: Document, made: list[Made]) -> None:
    untidy = [each for each in made if each.variant.untidy]
    if untidy:
        assert document.exercise is not None
        names = dict.fromkeys(name for each in untidy for name in each.variant.untidy)
        shown = ", ".join(list(names)[:4]) + (" …" if len(names) > 4 else "")
        decimals = document.exercise.decimals
        say(
            args,
            f"For {len(untidy)} of {len(made)} students not every answer has at most {decimals} decimals ({shown}).",
        )


def _picture(args: argparse.Namespace, document: Document, draw: Draw | None) -> bytes | None:
    """The graph as PNG, without numbers; None where nothing here can draw."""
    if draw is None:
        say(args, "This installation cannot draw; the questions have no picture of the graph.")
        return None
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "graph.png"
        draw(document, path, False, 2.0, True, "")
        return path.read_bytes()


def mark(args: argparse.Namespace) -> None:
    """The marks of every document in a folder. Errors: GradwireError."""
    folder, out = Path(args.folder), Path(args.out)
    check_out(out, (".csv",))
    if not folder.is_dir():
        raise GradwireError(f'there is no folder "{folder}"; name the folder of what was handed in')
    master = load(args.exercise) if args.exercise else master_of(folder)
    with progress_bar(args, "document") as bar:
        task = bar.add_task("", total=None)
        found = grade(folder, master, lambda done, of: bar.update(task, completed=done, total=of))
    write_atomic(out, marks_csv(found).encode("utf-8-sig"))
    if master is None:
        say(args, f"{folder / TEACHER / MASTER} is not there; each document is marked by the numbers that it holds.")
    _say_notes(args, found)
    count = sum(each.marks is not None for each in found)
    say(args, f"wrote the marks of {count} {plural('document', count)} to {out}")


def _say_notes(args: argparse.Namespace, found: list[Graded]) -> None:
    for each in found:
        if each.notes:
            say(args, f"{each.file}: {'; '.join(each.notes)}")
