"""An exercise on paper: its solution has every number, its handout none that is asked for."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from compute.cli import main
from compute.document import Learner, save
from compute.errors import GradwireError
from compute.exercises import Variant, variant
from compute.exercises.variants import as_it_stands
from compute.gallery import load_entry
from compute.numbers_text import precise, short
from editor.handout import hand_out, handing_out, letters
from editor.main_window import MainWindow
from editor.pieces import at_once
from editor.render import render
from tests.editor.panel_session import WAIT
from tests.editor.test_picture_form import pdf_text, svg_texts

ENTRY = "exercise_z_2x_y"


@pytest.fixture(scope="module")
def ada() -> Variant:
    """Somebody's own numbers."""
    return variant(load_entry(ENTRY), Learner("s1", "Ada"))


def plain(text: str) -> str:
    return re.sub(r"\s", "", text)


def pages(path: Path) -> int:
    return len(re.findall(rb"/Type\s*/Page\b", path.read_bytes()))


def test_the_solution_says_every_number_and_the_handout_none(qtbot: QtBot, ada: Variant, tmp_path: Path) -> None:
    empty, filled = tmp_path / "empty.pdf", tmp_path / "filled.pdf"
    assert hand_out([ada], empty, False, "a4") == pages(empty)
    assert hand_out([ada], filled, True, "letter") == pages(filled)
    asked, answered = plain(pdf_text(empty)), plain(pdf_text(filled))
    assert "Points" in asked
    assert "Solution" in answered
    for step in ada.sheet.steps:
        said = plain(f"{step.label} = {precise(step.value)}")
        assert said in answered, said
        assert said not in asked
        assert plain(f"{step.label} =") in asked
    assert b"/MediaBox [0 0 595.0" in empty.read_bytes()
    assert b"/MediaBox [0 0 612.0" in filled.read_bytes()


def test_the_blanks_of_the_picture_are_filled_with_what_was_asked(qtbot: QtBot, tmp_path: Path) -> None:
    each = variant(load_entry("exercise_two_layers"), Learner("s1"))
    hand_out([each], tmp_path / "filled.pdf", True, "a4")
    hand_out([each], tmp_path / "empty.pdf", False, "a4")
    filled, empty = (plain(pdf_text(tmp_path / f"{name}.pdf")) for name in ("filled", "empty"))
    by_node: dict[str, list[str]] = {}
    for step in each.sheet.steps:
        if step.quantity.kind == "value":
            by_node.setdefault(step.quantity.node, []).append(short(step.value))
    said = "→" + plain("; ".join(by_node["h"]))
    assert len(by_node["h"]) == 2
    assert said in filled
    assert said not in empty
    gradient = next(step for step in each.sheet.steps if (step.quantity.kind, step.quantity.node) == ("gradient", "z"))
    assert f"∂g:{plain(short(gradient.value))}" in filled


def test_the_pages_of_a_class_follow_each_other(qtbot: QtBot, ada: Variant, tmp_path: Path) -> None:
    path = tmp_path / "all.pdf"
    bob = variant(load_entry(ENTRY), Learner("s2", "Bob"))
    assert hand_out([ada, bob], path, False, "a4") == pages(path) == 4


def test_the_page_is_turned_for_a_graph_that_is_wide(qtbot: QtBot, ada: Variant, tmp_path: Path) -> None:
    document = load_entry(ENTRY)
    nodes = document.graph.nodes
    wide = {key: replace(node, position=(3 * node.position[0], node.position[1])) for key, node in nodes.items()}
    nodes.update(wide)
    path = tmp_path / "wide.pdf"
    hand_out([variant(document, Learner("s1", "Ada")), ada], path, True, "a4")
    boxes = re.findall(rb"/MediaBox \[0 0 (\d+)[.\d]* (\d+)", path.read_bytes())
    assert boxes.count((b"842", b"595")) == 1
    assert boxes.count((b"595", b"842")) == pages(path) - 1 > 1


def test_blanks_have_letters() -> None:
    assert letters(28)[:3] == ["a", "b", "c"]
    assert letters(28)[-3:] == ["z", "aa", "ab"]


def test_what_cannot_be_handed_out_is_said(qtbot: QtBot, ada: Variant, tmp_path: Path) -> None:
    with pytest.raises(GradwireError, match=r"a handout is a \.pdf file"):
        at_once(handing_out(lambda: [ada], tmp_path / "a.png"))
    with pytest.raises(GradwireError, match="holds no exercise"):
        as_it_stands(load_entry("xor"))
    empty = load_entry(ENTRY)
    assert empty.exercise is not None
    empty.exercise = replace(empty.exercise, asked=())
    with pytest.raises(GradwireError, match="asks for nothing"):
        as_it_stands(empty)


def test_the_command_line(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    written: list[tuple[str, int, bool, str]] = []

    def draw(variants: object, path: Path, solution: bool, paper: str) -> int:
        assert isinstance(variants, list)
        written.append((path.name, len(variants), solution, paper))
        return 2

    document = load_entry(ENTRY)
    save(document, tmp_path / "task.json")
    (tmp_path / "list.csv").write_text("id,name\ns1,Ada\ns2,Bob\n", encoding="utf-8")
    call = ["exercise", "handout", str(tmp_path / "task.json"), "--quiet", "--out"]
    students = ["--students", str(tmp_path / "list.csv")]
    for out, more in (("a.pdf", []), ("b.pdf", [*students, "--solution"]), ("c", [*students, "--paper", "letter"])):
        assert main([*call, str(tmp_path / out), *more], hand_out=draw) == 0
    assert written[:2] == [("a.pdf", 1, False, "a4"), ("b.pdf", 2, True, "a4")]
    assert [each[1:] for each in written[2:]] == [(1, False, "letter")] * 2
    assert main([*call, str(tmp_path / "d")], hand_out=draw) == 2
    assert "must end in .pdf" in capsys.readouterr().err
    assert document.exercise is not None
    document.exercise = replace(document.exercise, learner=Learner("s1"))
    save(document, tmp_path / "task.json")
    assert main([*call, str(tmp_path / "a.pdf"), "--solution"], hand_out=draw) == 2
    assert "the teacher's has the solution" in capsys.readouterr().err
    assert len(written) == 4


def test_a_picture_of_a_students_document_hides_what_it_asks_for(qtbot: QtBot, ada: Variant, tmp_path: Path) -> None:
    path = tmp_path / "a.svg"
    render(ada.document, path, True)
    asked = {f"→ {precise(step.value)}" for step in ada.sheet.steps if step.quantity.kind == "value"}
    assert not asked & svg_texts(path)
    assert ada.document.exercise is not None
    ada.document.exercise, before = replace(ada.document.exercise, learner=None), ada.document.exercise
    render(ada.document, path, True)
    ada.document.exercise = before
    assert asked & svg_texts(path)


def test_the_window_saves_both(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    actions = window.actions_.by_id
    window.files.open_example(ENTRY)
    qtbot.waitUntil(lambda: window.session.document.name == load_entry(ENTRY).name, timeout=WAIT)
    qtbot.waitUntil(lambda: actions["handout"].isEnabled(), timeout=WAIT)
    assert not actions["handout_solution"].isEnabled()  # a student works on it
    actions["exercise_set"].trigger()
    for name in ("handout", "handout_solution"):
        actions[name].trigger()
        (dialog,) = [each for each in window.findChildren(QFileDialog) if each.isVisible()]
        path = tmp_path / f"{name}.pdf"
        dialog.fileSelected.emit(str(path))
        dialog.close()
        qtbot.waitUntil(lambda: not window.files.busy, timeout=WAIT)
        assert pages(path) == 2
    assert "Solution" in plain(pdf_text(tmp_path / "handout_solution.pdf"))
    students, path = tmp_path / "list.csv", tmp_path / "class.pdf"
    students.write_text("id,name\ns1,Ada\ns2,Bob\ns1,Ada\n", encoding="utf-8")
    actions["handout_class"].trigger()
    for chosen in (students, path):
        (dialog,) = [each for each in window.findChildren(QFileDialog) if each.isVisible()]
        dialog.fileSelected.emit(str(chosen))
        dialog.close()
    qtbot.waitUntil(lambda: not window.files.busy, timeout=WAIT)
    solutions = path.with_stem("class-solutions")
    assert (pages(path), pages(solutions)) == (4, 4)
    for name in ("Ada", "Bob"):
        assert name in plain(pdf_text(path))
        assert name in plain(pdf_text(solutions))
    for who in (Learner("s1", "Ada"), Learner("s2", "Bob")):
        for step in variant(load_entry(ENTRY), who).sheet.steps:
            assert plain(f"{step.label} = {precise(step.value)}") in plain(pdf_text(solutions))
    assert "for 2 students, and class-solutions.pdf. Line 4 of the list names a student again" in window.notices.text
