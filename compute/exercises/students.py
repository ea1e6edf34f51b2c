"""The learners for whom an exercise is made: a CSV file in any sane form."""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from compute.document import Learner
from compute.errors import GradwireError
from compute.files import read_regular

MOST = 10_000
"""Learners of one list."""
_LARGEST = 10 * 2**20
_LONGEST = 200
_IDS = (
    "id",
    "student id",
    "student number",
    "number",
    "matriculation",
    "matriculation number",
    "username",
    "user",
    "login",
)
_MAILS = ("email", "e-mail", "mail", "email address", "e-mail address")
_NAMES = ("name", "full name", "student", "student name", "learner")
_FIRST = ("first name", "firstname", "given name", "forename")
_LAST = ("last name", "lastname", "surname", "family name")
_ID = r"[A-Za-z]*\d[\w.-]*"
_DEVICES = {"con", "prn", "aux", "nul", *(f"{d}{i}" for d in ("com", "lpt") for i in range(1, 10))}


@dataclass(frozen=True)
class Students:
    """The learners in the order of the list, each once; repeated: lines that named one again, left out; header: the
    first line, where it was taken for one by what stands below it."""

    learners: tuple[Learner, ...]
    repeated: tuple[int, ...] = ()
    header: str = ""


def read_students(path: Path) -> Students:
    """The learners that a file names: with or without a header, by id, e-mail or name; empty lines count for nothing.

    Without a header the first cell of a line is the id (the cell with an @, if there is one, is better), the next one
    the name. Errors: GradwireError naming the line.
    """
    try:
        data = read_regular(path, _LARGEST + 1)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise GradwireError(f'"{path}" cannot be read ({reason}); check its name and place') from error
    if len(data) > _LARGEST:
        raise GradwireError(f'"{path}" is larger than a list of students should be; check that it is the right file')
    return parse_students(_text(data, path), str(path))


def _text(data: bytes, path: Path) -> str:
    """UTF-8, or what spreadsheets write beside it."""
    for encoding in ("utf-16",) if data[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig", "cp1252"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise GradwireError(f'"{path}" is no text; save the list of students as CSV in UTF-8')


def parse_students(text: str, name: str) -> Students:
    """As ``read_students``, from text. ``name``: of the file, for errors."""
    text = re.sub(r"\Asep=.\r?\n", "", text)
    start = "\n".join(text.splitlines()[:20])
    delimiter = max(",;\t", key=start.count)
    try:
        reader = csv.reader(text.splitlines(keepends=True), delimiter=delimiter, strict=True)
        rows = [(reader.line_num, [_clean(cell) for cell in row]) for row in reader]
    except csv.Error as error:
        raise GradwireError(f'"{name}" is not CSV ({error}); correct its quotation marks') from error
    rows = [(line, cells) for line, cells in rows if any(cells)]
    if not rows:
        raise GradwireError(f'"{name}" names no students; write one on each line')
    header = [cell.casefold() for cell in rows[0][1]]
    known = {*_IDS, *_MAILS, *_NAMES, *_FIRST, *_LAST}
    columns = _columns(header) if known & set(header) else None
    first = rows[0][1]
    guessed = columns is None and _is_foreign_header([cells for _, cells in rows])
    if columns is not None or guessed:
        rows = rows[1:]
        if not rows:
            raise GradwireError(f'"{name}" has a header and no students below it; write one on each line')
    found: dict[str, Learner] = {}
    repeated: list[int] = []
    for line, cells in rows:
        learner = _learner(cells, columns)
        if learner is None:
            raise GradwireError(f'line {line} of "{name}" has neither an id nor a name; write one, or remove the line')
        if max(len(learner.id), len(learner.name)) > _LONGEST:
            raise GradwireError(
                f'line {line} of "{name}" has an id or a name of more than {_LONGEST} letters; shorten it'
            )
        other = found.setdefault(learner.id.casefold(), learner)
        if other is not learner:
            if learner.name and other.name and learner.name.casefold() != other.name.casefold():
                raise GradwireError(
                    f'line {line} of "{name}" gives {learner.name} the id {learner.id}, which {other.name} has; '
                    "give each student an id of their own"
                )
            repeated.append(line)
    if len(found) > MOST:
        raise GradwireError(f'"{name}" names more than {MOST} students; split the list')
    return Students(tuple(found.values()), tuple(repeated), ", ".join(filter(None, first)) if guessed else "")


def _clean(cell: str) -> str:
    """Without marks that no one sees, each letter written in one way, so that an id means the same everywhere."""
    text = unicodedata.normalize("NFC", cell)
    return " ".join("".join(c for c in text if c.isprintable() or c.isspace()).split())


def _is_foreign_header(rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first line is a header in a language that is not known here: words above a column of ids."""
    first, *others = rows
    return any(
        cell and not _is_id(cell) and others and all(i < len(row) and _is_id(row[i]) for row in others)
        for i, cell in enumerate(first)
    )


def _is_id(cell: str) -> bool:
    return "@" in cell or re.fullmatch(_ID, cell) is not None


def _columns(header: Sequence[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for what, names in (("id", _IDS), ("mail", _MAILS), ("name", _NAMES), ("first", _FIRST), ("last", _LAST)):
        places = [i for i, cell in enumerate(header) if cell in names]
        if places:
            found[what] = places[0]
    return found


def _learner(cells: Sequence[str], columns: dict[str, int] | None) -> Learner | None:
    def cell(what: str) -> str:
        at = (columns or {}).get(what, len(cells))
        return cells[at] if at < len(cells) else ""

    if columns is None:
        filled = [each for each in cells if each]
        mail = next((each for each in filled if "@" in each), "")
        first = mail or next((each for each in filled if re.fullmatch(_ID, each)), filled[0])
        name = " ".join(each for each in filled if each != first and "@" not in each)
        return Learner(first, name)
    name = cell("name") or " ".join(filter(None, (cell("first"), cell("last"))))
    own = cell("id") or cell("mail") or name
    return Learner(own, name) if own else None


def file_stem(learner: Learner) -> str:
    """A name for files of theirs that every system takes; it need not be unique."""
    text = unicodedata.normalize("NFKD", learner.id)
    text = "".join(c for c in text if not unicodedata.combining(c))
    text = re.sub(r"[^\w.@-]+", "_", text, flags=re.ASCII).strip("._")[:60]
    if not text:
        text = "student"
    return f"_{text}" if text.split(".")[0].casefold() in _DEVICES else text


def file_stems(learners: Sequence[Learner]) -> dict[Learner, str]:
    """A stem for each, no two the same where large and small letters count as one."""
    found: dict[Learner, str] = {}
    used: set[str] = set()
    for learner in learners:
        stem, count = file_stem(learner), 2
        while stem.casefold() in used:
            stem, count = f"{file_stem(learner)}-{count}", count + 1
        used.add(stem.casefold())
        found[learner] = stem
    return found


def what_was_left_out(students: Students) -> str:
    """What a person should know of lines that name no student, or one again; "" where there are none."""
    said = f"The first line of the list, “{students.header}”, is taken as its header. " if students.header else ""
    if students.repeated:
        first, *others = students.repeated
        more = f", as do {len(others)} more" if others else ""
        said += f"Line {first} of the list names a student again and is left out{more}."
    return said.strip()
