"""An exercise for a class by the command line: files for students, key, marks, Moodle XML and QTI."""

from __future__ import annotations

import csv
import io
import json
import re
import xml.etree.ElementTree as ET
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from compute.cli import main
from compute.document import Document, Drawn, load, save
from compute.exercises import Sheet
from compute.exercises.making import safe
from tests.compute.exercises_made import answer_all, chain, layers, right_answers

STUDENTS = "id,name\n1,Ann\n2,Änne & <b>]]>\n../3,{~=}\n"


def draw(_document: Document, path: Path, _values: bool, _scale: float, _alone: bool, _cost: str) -> str:
    """Stands in for whoever can draw."""
    path.write_bytes(b"\x89PNG picture")
    return ""


def rows_of(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig"))))


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """A folder with the exercises of a class."""
    save(chain(), tmp_path / "task.json")
    (tmp_path / "list.csv").write_text(STUDENTS, encoding="utf-8")
    call = ["exercise", "make", str(tmp_path / "task.json"), "--students", str(tmp_path / "list.csv")]
    assert main([*call, "--out", str(tmp_path / "out"), "--moodle", "--qti", "--quiet"], render=draw) == 0
    return tmp_path / "out"


def hand_in(path: Path, *answers: str) -> None:
    document = load(path)
    answer_all(document, *answers)
    assert document.exercise is not None
    document.exercise = replace(document.exercise, handed_in=True)
    save(document, path)


def test_everyone_gets_numbers_of_their_own_and_no_key(made: Path) -> None:
    assert sorted(p.name for p in made.iterdir()) == ["1.gradwire", "2.gradwire", "3.gradwire", "teacher"]
    key = rows_of(made / "teacher" / "key.csv")
    assert len(key) == 3 * 8
    for path in made.glob("*.gradwire"):
        document = load(path)
        assert document.exercise is not None
        assert document.exercise.learner is not None
        assert not document.exercise.drawn
        own = [row for row in key if row["file"] == path.name]
        assert [float(row["answer"]) for row in own] == [step.value for step in Sheet.of(document).steps]
        with zipfile.ZipFile(path) as archive:
            section = json.loads(archive.read("document.json"))["exercise"]
        assert all(each.keys() <= {"node", "quantity", "weight", "entry"} for each in section["asked"])
    master = load(made / "teacher" / "exercise.gradwire").exercise
    assert master is not None
    assert (master.learner, len(master.drawn)) == (None, 3)


def test_a_folder_with_answers_or_another_document_is_not_written_over(
    made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call = ["exercise", "make", str(tmp_path / "task.json"), "--students", str(tmp_path / "list.csv"), "--out"]
    assert main([*call, str(made), "--quiet"]) == 0  # nobody has begun
    hand_in(made / "2.gradwire", "7")
    before = {path: path.read_bytes() for path in made.rglob("*.*")}
    (tmp_path / "list.csv").write_text("id,name\n4,Dan\n", encoding="utf-8")
    assert main([*call, str(made), "--quiet"]) == 2  # by what would lie there then, answers would be marked
    assert "holds answers of Änne" in capsys.readouterr().err
    assert {path: path.read_bytes() for path in made.rglob("*.*")} == before
    (tmp_path / "other").mkdir()
    save(chain(), tmp_path / "other" / "4.gradwire")
    own = (tmp_path / "other" / "4.gradwire").read_bytes()
    assert main([*call, str(tmp_path / "other"), "--quiet"]) == 2
    assert '4.gradwire" is not an exercise of Dan; name another folder to write to' in capsys.readouterr().err
    assert (tmp_path / "other" / "4.gradwire").read_bytes() == own
    assert not (tmp_path / "other" / "teacher").exists()


def test_marks_credit_what_was_carried_and_name_the_first_wrong_step(
    made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("1", "2"):
        path = made / f"{name}.gradwire"
        hand_in(path, *right_answers(load(path)))
    one = load(made / "1.gradwire")
    values = {step.label: step.value for step in Sheet.of(one).steps}
    given = {label: float(f"{value:.6g}") for label, value in values.items()}
    y, z = values["f"] - values["g"], values["∂L/∂f"]
    given |= {"g": values["g"] + 2, "f": values["g"] + 2 + y, "L": z * (values["g"] + 2 + y)}
    given["∂L/∂z"] = given["f"]
    hand_in(made / "1.gradwire", *(str(given[step.label]) for step in Sheet.of(one).steps))
    assert main(["mark", str(made), "--out", str(tmp_path / "marks.csv")]) == 0
    first, second, third = rows_of(tmp_path / "marks.csv")
    assert (first["student"], first["total"], first["of"], first["first wrong step"]) == ("1", "7", "8", "g")
    assert [first[f"verdict {i}"] for i in (1, 2, 3)] == ["wrong", "right, carried forward", "right, carried forward"]
    assert (second["total"], second["first wrong step"], second["notes"]) == ("8", "", "")
    assert (third["total"], third["notes"]) == ("0", "not handed in; marked as it is")
    assert {third[f"verdict {i}"] for i in range(1, 9)} == {"not answered"}
    assert "3.gradwire: not handed in" in capsys.readouterr().err


def test_marks_are_by_what_was_handed_out_whatever_became_of_it(made: Path, tmp_path: Path) -> None:
    path = made / "1.gradwire"
    document = load(path)
    document.graph.nodes["x"] = replace(document.graph.nodes["x"], params={"value": 1.0})
    save(document, path)
    hand_in(path, *right_answers(load(path)))
    broken = load(made / "2.gradwire")
    del broken.graph.wires["f", "a"]
    save(broken, made / "2.gradwire")
    (made / "notes.json").write_text("{}")
    save(load(made / "3.gradwire"), made / "copy.gradwire")
    assert main(["mark", str(made), "--out", str(tmp_path / "marks.csv"), "--quiet"]) == 0
    by_file = {row["file"]: row for row in rows_of(tmp_path / "marks.csv")}
    assert by_file["1.gradwire"]["notes"].startswith("numbers were changed")
    assert float(by_file["1.gradwire"]["total"]) < 8
    assert by_file["2.gradwire"]["notes"].startswith("the graph was changed")
    assert by_file["notes.json"]["notes"].startswith("This is no Gradwire document")
    assert by_file["copy.gradwire"]["notes"].endswith("the same student as 3.gradwire")


def test_marks_without_the_teachers_exercise_are_by_each_documents_own_numbers(made: Path, tmp_path: Path) -> None:
    (made / "teacher" / "exercise.gradwire").rename(tmp_path / "mine.gradwire")
    hand_in(made / "1.gradwire", *right_answers(load(made / "1.gradwire")))
    for more in ([], ["--exercise", str(tmp_path / "mine.gradwire")]):
        assert main(["mark", str(made), "--out", str(tmp_path / "marks.csv"), "--quiet", *more]) == 0
        assert rows_of(tmp_path / "marks.csv")[0]["total"] == "8"


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (["exercise", "make", "plain.json", "--students", "list.csv", "--out", "out"], "holds no exercise"),
        (["exercise", "make", "task.json", "--students", "none.csv", "--out", "out"], "cannot be read"),
        (["exercise", "make", "task.json", "--students", "list.csv", "--out", "task.json"], "is a file"),
        (["exercise", "make", "task.json", "--students", "list.csv"], "--out"),
        (["exercise", "mend", "task.json", "--students", "list.csv", "--out", "out"], "make"),
        (["mark", "nowhere", "--out", "marks.csv"], "there is no folder"),
        (["mark", "empty", "--out", "marks.csv"], "holds no .gradwire or .json document"),
        (["mark", "empty", "--out", "marks.txt"], "must end in .csv"),
    ],
)
def test_what_is_wrong_with_a_call_is_one_sentence(
    call: list[str], words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    (tmp_path / "list.csv").write_text("Ann\n")
    save(chain(), tmp_path / "task.json")
    plain = chain()
    plain.exercise = None
    save(plain, tmp_path / "plain.json")
    assert main(call) == 2
    said = capsys.readouterr().err
    assert said.startswith("error: ")
    assert words in said
    assert said.count("\n") == 1


def test_what_is_not_tidy_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document = layers()
    assert document.exercise is not None
    thirds = (Drawn("", "a", -3.1, 3.1, 6.2),)
    document.exercise = replace(document.exercise, decimals=0, drawn=thirds)
    save(document, tmp_path / "task.json")
    (tmp_path / "list.csv").write_text("Ann\nBo\n")
    call = ["exercise", "make", str(tmp_path / "task.json"), "--students", str(tmp_path / "list.csv")]
    assert main([*call, "--out", str(tmp_path / "out")]) == 0
    assert re.search(r"For 2 of 2 students not every answer has at most 0 decimals", capsys.readouterr().err)


def test_moodle_has_a_question_with_a_gap_for_each_number(made: Path) -> None:
    quiz = ET.fromstring((made / "teacher" / "moodle.xml").read_bytes())
    category, *questions = quiz
    assert category.attrib == {"type": "category"}
    assert [each.attrib["type"] for each in questions] == ["cloze"] * 3
    assert [each.findtext("name/text") for each in questions][1].endswith("Änne & <b>]]>")  # type: ignore[union-attr]
    key = rows_of(made / "teacher" / "key.csv")
    for each, stem in zip(questions, ("1", "2", "3"), strict=True):
        html = each.findtext("questiontext/text") or ""
        gaps = re.findall(r"\{1:NUMERICAL:=(-?[\d.]+):([\d.]+)\}", html)
        assert [answer for answer, _ in gaps] == [row["answer"] for row in key if row["file"] == f"{stem}.gradwire"]
        assert [float(off) for _, off in gaps] == pytest.approx([0.005 * abs(float(a)) for a, _ in gaps], rel=1e-2)
        assert html.count("{") == len(gaps) == 8
        picture = each.find("questiontext/file")
        assert picture is not None
        assert picture.attrib == {"name": "graph.png", "path": "/", "encoding": "base64"}
        assert f"@@PLUGINFILE@@/{picture.attrib['name']}" in html


def test_qti_has_an_item_with_a_response_for_each_number(made: Path) -> None:
    space = "{http://www.imsglobal.org/xsd/imsqti_v2p1}"
    with zipfile.ZipFile(made / "teacher" / "qti.zip") as package:
        names = set(package.namelist())
        manifest = ET.fromstring(package.read("imsmanifest.xml"))
        items = {name: ET.fromstring(package.read(name)) for name in sorted(names) if name.startswith("items/")}
    within = "{http://www.imsglobal.org/xsd/imscp_v1p1}"
    listed = {file.attrib["href"] for file in manifest.iter(f"{within}file")}
    assert listed == names - {"imsmanifest.xml"}
    assert {each.attrib["type"] for each in manifest.iter(f"{within}resource")} == {"imsqti_item_xmlv2p1"}
    assert len(items) == 3
    key = rows_of(made / "teacher" / "key.csv")
    for i, item in enumerate(items.values()):
        declared = [each.attrib["identifier"] for each in item.iter(f"{space}responseDeclaration")]
        asked = [each.attrib["responseIdentifier"] for each in item.iter(f"{space}textEntryInteraction")]
        judged = [each.attrib["identifier"] for each in item.findall(f".//{space}gte/{space}variable")]
        assert declared == asked == judged == [f"R{n}" for n in range(1, 9)]
        right = [each.text for each in item.iter(f"{space}value")][:8]
        assert right == [row["answer"] for row in key[8 * i : 8 * i + 8]]
        bounds = [
            [float(each.text or "") for each in item.findall(f".//{space}{side}/{space}baseValue")]
            for side in ("gte", "lte")
        ]
        for low, answer, high in zip(bounds[0], map(float, right), bounds[1], strict=True):  # type: ignore[arg-type]
            assert low < answer < high
            assert (high - low) / 2 == pytest.approx(0.005 * abs(answer), rel=1e-6) or answer == float(right[-1] or 0)


def test_no_cell_is_a_formula() -> None:
    assert [safe(cell) for cell in ("=1+1", "@x", "+4", "-4", "a", "-", "")] == [
        "'=1+1",
        "'@x",
        "'+4",
        "'-4",
        "a",
        "-",
        "",
    ]
