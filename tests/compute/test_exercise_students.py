"""Lists of students in any sane form, and names of files for them."""

from __future__ import annotations

from pathlib import Path

import pytest

from compute.document import Learner
from compute.errors import GradwireError
from compute.exercises.students import file_stems, parse_students, read_students, what_was_left_out


def pairs(text: str) -> list[tuple[str, str]]:
    return [(each.id, each.name) for each in parse_students(text, "list.csv").learners]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Ann Lee\nBo\n", [("Ann Lee", ""), ("Bo", "")]),
        ("name\nAnn Lee\n\n ,\nBo", [("Ann Lee", "Ann Lee"), ("Bo", "Bo")]),
        ("id,name\n7,Ann\n8,Bo\n", [("7", "Ann"), ("8", "Bo")]),
        ("Name;E-Mail\r\nÄnne;a@x.org\r\n", [("a@x.org", "Änne")]),
        ("First name\tLast name\tStudent ID\nAnn\tLee\ts7\n", [("s7", "Ann Lee")]),
        ("s7,Ann Lee,ann@x.org\n", [("ann@x.org", "s7 Ann Lee")]),
        ("Ann Lee,s7\n", [("s7", "Ann Lee")]),
        ("sep=;\nid;name\n1;Ann\n", [("1", "Ann")]),
        ('"Lee, Ann",7\n', [("7", "Lee, Ann")]),
        ("id,name\n7\n", [("7", "")]),
        ("  A\u0308nne\u200b \n", [("Änne", "")]),
        ("Nachname;Vorname;Matrikel\nMüller;Anna;12\nSchmidt;Bo;s13\n", [("12", "Müller Anna"), ("s13", "Schmidt Bo")]),
        ("Prénom,Courriel\nAnne,a@x.org\n", [("a@x.org", "Anne")]),
        ("Ann\nBo,7\n", [("Ann", ""), ("7", "Bo")]),
        ("=1+1\n../../x\n", [("=1+1", ""), ("../../x", "")]),
    ],
)
def test_a_list_in_any_sane_form(text: str, found: list[tuple[str, str]]) -> None:
    assert pairs(text) == found


def test_a_student_who_comes_again_counts_once_and_is_told() -> None:
    students = parse_students("id,name\n7,Ann\n8,Bo\n7,Ann\nAB,\nab,\n", "list.csv")
    assert [each.id for each in students.learners] == ["7", "8", "AB"]
    assert students.repeated == (4, 6)
    assert what_was_left_out(students).startswith("Line 4")
    assert not what_was_left_out(parse_students("Ann", "list.csv"))
    foreign = parse_students("Matrikel;Vorname\n7;Ann\n8;Bo\n8;Bo\n", "list.csv")
    assert [each.id for each in foreign.learners] == ["7", "8"]
    assert what_was_left_out(foreign) == (
        "The first line of the list, “Matrikel, Vorname”, is taken as its header. "
        "Line 4 of the list names a student again and is left out."
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "names no students"),
        ("\n ,\n", "names no students"),
        ("id,name\n", "no students below"),
        ("id,name,room\n7,Ann,1\n,,4\n", "line 3"),
        ("id,name\n7,Ann\n7,Bo\n", "line 3 .* gives Bo the id 7, which Ann has"),
        ('id,name\n7,"Ann\n', "not CSV"),
        (f"id\n{'x' * 201}\n", "more than 200 letters"),
        ("\n".join(map(str, range(10_002))), "more than 10000"),
    ],
)
def test_what_is_no_list_is_one_sentence(text: str, words: str) -> None:
    with pytest.raises(GradwireError, match=words):
        parse_students(text, "list.csv")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_files_of_any_spreadsheet_are_read(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes("id,name\n7,Änne Weiß\n".encode(encoding))
    assert read_students(path).learners == (Learner("7", "Änne Weiß"),)


def test_what_is_no_text_or_not_there_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    with pytest.raises(GradwireError, match="cannot be read"):
        read_students(path)
    path.write_bytes(b"PK\0\0\0")
    with pytest.raises(GradwireError, match="is no text"):
        read_students(path)


def test_files_have_names_that_every_system_takes_and_no_two_are_the_same() -> None:
    names = ["../../etc", "Ann", "ann", "Änne", "CON", "con.x", "你好", "", "a/b", "a?b", "x" * 300, ".", "-"]
    stems = file_stems([Learner(name) for name in names])
    assert len({stem.casefold() for stem in stems.values()}) == len(names)
    for stem in stems.values():
        assert stem.isascii()
        assert not set(stem) & set('/\\:*?"<>| ')
        assert not stem.startswith(".")
        assert stem.split(".")[0].casefold() not in ("con", "nul", "")
        assert len(stem) < 80
