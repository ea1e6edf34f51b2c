"""The place of the exercise: a teacher asks for numbers, a learner answers them, and until then nothing tells them."""

from __future__ import annotations

import re
from dataclasses import replace
from types import SimpleNamespace
from typing import Literal

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu
from pytestqt.qtbot import QtBot

from compute.document import Document, Exercise, Learner, dumps, loads
from compute.explain import Quantity
from compute.numbers_text import precise, short, tex
from editor.main_window import MainWindow
from editor.panels.exercise import ExercisePlace
from editor.plots.boundary import BoundaryPlot
from tests.compute.exercises_made import chain, layers, of_node
from tests.editor.panel_session import PAUSE, WAIT, click, line_of, settle, type_into
from tests.editor.test_asking import told


def place(window: MainWindow) -> ExercisePlace:
    return window.panel(ExercisePlace)


def exercise(window: MainWindow) -> Exercise:
    found = window.session.document.exercise
    assert found is not None
    return found


def known(window: MainWindow, qtbot: QtBot) -> None:
    """Until the exercise is worked out as it is now."""
    settle(qtbot, window.session)
    exercising = window.session.exercising

    def done() -> bool:
        found = exercising.worked
        return exercising.exercise is None or (found is not None and found.sheet.exercise == exercising.exercise)

    qtbot.waitUntil(done, timeout=WAIT)
    QApplication.processEvents()


@pytest.fixture
def learning(window: MainWindow, qtbot: QtBot) -> MainWindow:
    """L = z · (2x + y) with the numbers 3.125, −1.5, 7 as Ann has it."""
    document = chain()
    for name, value in (("x", 3.125), ("y", -1.5), ("z", 7.0)):
        document.graph.nodes[name] = replace(document.graph.nodes[name], params={"value": value})
    assert document.exercise is not None
    document.exercise = replace(document.exercise, learner=Learner("ann", "Ann"))
    window.files.show(document)
    known(window, qtbot)
    return window


def label_at(window: MainWindow, node: str, what: Literal["value", "gradient"] = "value") -> QPoint:
    """The middle of the label that stands at the wire out of a node, in the canvas."""
    canvas = window.canvas
    canvas.grab()
    key = next(key for key, wire in canvas.scene.wires.items() if wire.source == node)
    return canvas.camera.to_screen(canvas.picture.labels.places.spots[key, what].rect.center()).toPoint()


def shows(window: MainWindow, value: float) -> list[str]:
    """The texts in which a number stands."""
    ways = "|".join({re.escape(write(value)) for write in (short, precise, tex)})
    return [text for text in told(window) if re.search(rf"(?<![\d.−-])({ways})(?![\d.])", text)]


# -- a teacher ------------------------------------------------------------------------------------------------


def test_a_number_is_asked_for_from_its_menu_and_by_a_key(window: MainWindow, qtbot: QtBot) -> None:
    canvas = window.canvas
    at = label_at(window, "g")
    QTest.mousePress(canvas, Qt.MouseButton.RightButton, pos=at)
    QTest.qWait(PAUSE)
    QTest.mouseRelease(canvas, Qt.MouseButton.RightButton, pos=at)
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    action = next(each for each in menu.actions() if each.text() == "Ask for this number")
    assert not action.isChecked()
    click(menu, menu.actionGeometry(action).center())
    assert [each.focus for each in exercise(window).asked] == [of_node("g")]
    assert window.workbench.is_shown("exercise")
    click(canvas, label_at(window, "f", "gradient"))
    canvas.setFocus()
    QTest.keyClick(canvas, Qt.Key.Key_Q)
    assert [each.focus for each in exercise(window).asked] == [of_node("g"), of_node("f", "gradient")]
    QTest.keyClick(canvas, Qt.Key.Key_Q)
    assert [each.focus for each in exercise(window).asked] == [of_node("g")]
    window.session.undo_stack.undo()
    assert len(exercise(window).asked) == 2
    for _ in range(3):
        window.session.undo_stack.undo()
    assert window.session.document.exercise is None
    assert place(window).pages.currentWidget() is place(window).empty


def test_what_is_given_is_not_asked_for(window: MainWindow) -> None:
    click(window.canvas, label_at(window, "x"))
    QTest.keyClick(window.canvas, Qt.Key.Key_Q)
    assert window.session.document.exercise is None
    assert window.notices.text == "x is given; ask for a number that has to be worked out."


def test_what_is_drawn_and_how_it_is_marked_is_set_in_the_panel(window: MainWindow, qtbot: QtBot) -> None:
    click(window.canvas, label_at(window, "f"))
    QTest.keyClick(window.canvas, Qt.Key.Key_Q)
    known(window, qtbot)
    page = place(window).setting
    page.more.setCurrentIndex(page.more.findData("x\nvalue"))
    page.more.activated.emit(page.more.currentIndex())
    (drawn,) = exercise(window).drawn
    assert (drawn.node, drawn.name, drawn.choices) == ("x", "value", [-5, -4, -3, -2, -1, 1, 2, 3, 4, 5])
    line = page.draws[0].line
    type_into(line, "nothing")
    assert line.property("invalid") == "true"
    type_into(line, "-1 to 1 by 0,5")
    assert exercise(window).drawn[0].choices == [-1, -0.5, 0.5, 1]
    type_into(line_of(page.form.fields["tolerance"]), "0.02")
    assert exercise(window).tolerance == 0.02
    click(page.form.fields["hints"].switch)  # type: ignore[attr-defined]
    assert not exercise(window).hints
    click(page.gone)
    assert window.session.document.exercise is None


def test_a_preview_opens_a_window_with_the_numbers_of_a_student(
    window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    window.files.show(chain())
    known(window, qtbot)
    opened: list[Document] = []
    other = SimpleNamespace(files=SimpleNamespace(show=opened.append))
    monkeypatch.setattr(window.windows, "open_window", lambda then: then(other))
    page = place(window).setting
    type_into(page.student, "ann")
    qtbot.waitUntil(lambda: bool(opened), timeout=WAIT)
    assert opened[0].exercise is not None
    assert opened[0].exercise.learner == Learner("ann")
    assert opened[0].path is None
    assert page.note.text().startswith("Tidy after")


# -- a learner --------------------------------------------------------------------------------------------------


def test_nothing_tells_what_is_asked_for_until_it_is_handed_in(learning: MainWindow, qtbot: QtBot) -> None:
    session, panel = learning.session, place(learning)
    assert learning.workbench.is_shown("exercise")
    assert panel.pages.currentWidget() is panel.working
    numbers = {"g": 6.25, "f": 4.75, "L": 33.25, "∂L/∂x": 14.0}
    for tab, nodes in (("Why", "gL"), ("Values", "f"), ("Gradient", "x")):
        for node in nodes:
            session.select([node])
            learning.inspector.show_tab(tab)
            for name, value in numbers.items():
                assert not shows(learning, value), (tab, node, name, shows(learning, value))
    assert learning.transport.figures.loss.number.text() == "?"
    session.start_walk()
    assert session.walk is None
    assert "hand in first" in learning.notices.text
    for begin in ("what_if", "what_if_step"):
        learning.notices.say("")
        learning.actions_.by_id[begin].trigger()
        assert not session.what_if.on
        assert "hand in first" in learning.notices.text
    session.what_if.hold(of_node("g"), 1.0)
    assert not session.what_if.holds
    learning.actions_.by_id["predict"].trigger()
    assert learning.notices.text == "Predicting would say what the exercise asks for; hand in first."
    for each, text in zip(panel.working.rows, ("6.25", "4.75", "33.25"), strict=False):
        type_into(each.line, text)
    click(panel.working.hand_in)
    known(learning, qtbot)
    learning.canvas.grab()
    assert shows(learning, 33.25)
    assert learning.transport.figures.loss.number.text() == "33.2"


def test_an_exercise_is_not_trained_or_walked_through_before_it_is_handed_in(
    learning: MainWindow, qtbot: QtBot
) -> None:
    session, panel = learning.session, place(learning).working
    ways = (
        (Qt.Key.Key_F7, Qt.KeyboardModifier.ShiftModifier),
        (Qt.Key.Key_F7, Qt.KeyboardModifier.NoModifier),
        (Qt.Key.Key_F5, Qt.KeyboardModifier.NoModifier),
    )
    for key, modifier in ways:
        learning.notices.say("")
        QTest.keyClick(learning, key, modifier)
        assert learning.notices.text == "Training would say what the exercise asks for; hand in first."
        assert (session.is_training, session.snapshot.step) == (False, 0)
    click(panel.hand_in)
    known(learning, qtbot)
    QTest.keyClick(learning, Qt.Key.Key_F9)
    qtbot.waitUntil(lambda: session.walk is not None, timeout=WAIT)
    session.walk_by(3)
    QTest.keyClick(learning, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)  # takes the hand-in back
    known(learning, qtbot)
    assert not exercise(learning).handed_in
    assert session.walk is None
    assert not shows(learning, 4.75)


def test_what_is_no_number_is_said_before_anything_is_told(learning: MainWindow) -> None:
    first = place(learning).working.rows[0]
    type_into(first.line, "abc")
    assert first.mistake.text() == "“abc” is not known here; type numbers."
    assert not first.verdict.text()
    type_into(first.line, "6*2")  # wrong, which is not told yet
    assert not first.mistake.isVisible()


def test_answers_are_typed_and_saved_and_errors_carried(learning: MainWindow, qtbot: QtBot) -> None:
    panel = place(learning).working
    assert {each.name for each in panel.rows} == {"g", "f", "L", "∂L/∂f", "∂L/∂z", "∂L/∂g", "∂L/∂x", "new x"}
    for each in panel.rows:
        assert each.line.geometry().left() > each.title.geometry().right() >= each.title.geometry().left() + 7
    panel.rows[0].line.setFocus()
    QTest.keyClicks(panel.rows[0].line, "6")
    QTest.keyClick(panel.rows[0].line, Qt.Key.Key_Return)
    assert QApplication.focusWidget() is panel.rows[1].line
    QTest.keyClicks(panel.rows[1].line, "4.5")
    click(panel.hand_in)
    known(learning, qtbot)
    assert [each.verdict.text() for each in panel.rows[:3]] == [
        "✗ it is 6.25",
        "✓ right, for your numbers",
        "not answered",
    ]
    assert panel.result.text() == "1 of 8. The first wrong step is g."
    assert panel.rows[0].line.isReadOnly()
    again = loads(dumps(learning.session.current_document(), archive=True)).exercise
    assert again is not None
    assert [each.answer for each in again.asked][:2] == ["6", "4.5"]
    assert again.handed_in


def test_hints_come_in_stages_in_their_turn_and_are_counted(learning: MainWindow, qtbot: QtBot) -> None:
    f = place(learning).working.rows[1]
    for count in (1, 2):
        click(f.hint)
        known(learning, qtbot)
        assert exercise(learning).find(of_node("f")).hints == count  # type: ignore[union-attr]
    assert not f.hint.isEnabled()
    assert "Answer g first" in f.hint.toolTip()
    type_into(place(learning).working.rows[0].line, "6.25")
    known(learning, qtbot)
    assert f.hint.isEnabled()
    learning.session.focus_on(of_node("f"))
    QTest.keyClick(learning, Qt.Key.Key_H, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier)
    known(learning, qtbot)
    assert [each.text.split(":")[0] for each in f._shown] == ["Add f", "In symbols, f is", "With numbers"]
    assert not shows(learning, 4.75)


def test_a_click_on_a_question_mark_leads_to_its_field(learning: MainWindow) -> None:
    row = next(each for each in place(learning).working.rows if each.name == "∂L/∂f")
    click(learning.canvas, label_at(learning, "f", "gradient"))
    assert QApplication.focusWidget() is row.line


def test_each_right_answer_is_shown_at_once_where_that_is_chosen(learning: MainWindow, qtbot: QtBot) -> None:
    learning.session.exercising.change("tell", tells="each")
    panel = place(learning).working
    type_into(panel.rows[0].line, "6.25")
    known(learning, qtbot)
    assert panel.rows[0].verdict.text() == "✓ right"
    assert learning.session.facts.has(Quantity("value", "g"))
    type_into(panel.rows[1].line, "9")
    known(learning, qtbot)
    assert panel.rows[1].verdict.text() == "✗"
    assert not learning.session.facts.has(Quantity("value", "f"))


def test_a_node_of_a_long_name_leaves_fields_and_hints_in_sight(learning: MainWindow, qtbot: QtBot) -> None:
    session, panel = learning.session, place(learning).working
    title = "the number that comes out of the first of all the nodes"
    session.apply(session.edits.change("g", "Rename g", title=title))
    qtbot.waitUntil(lambda: panel.rows[0].name != "g", timeout=WAIT)
    QApplication.processEvents()
    first = panel.rows[0]
    inside = first.parentWidget()
    assert inside is not None
    area = inside.parentWidget()
    assert area is not None
    assert area.width() >= inside.width()
    for each in (first.hint, first.line, first.title):
        assert area.rect().contains(QRect(each.mapTo(area, QPoint()), each.size()))
    assert first.title.toolTip() == first.name


def test_a_teacher_may_want_nothing_told(learning: MainWindow, qtbot: QtBot) -> None:
    learning.session.exercising.change("tell", tells="never")
    panel = place(learning).working
    click(panel.hand_in)
    known(learning, qtbot)
    assert not any(each.verdict.isVisible() for each in panel.rows)
    assert not shows(learning, 33.25)
    click(panel.back)
    assert not exercise(learning).handed_in


def test_other_numbers_can_be_had_until_one_is_answered(learning: MainWindow, qtbot: QtBot) -> None:
    panel, before = place(learning).working, dict(learning.session.document.graph.nodes)
    click(panel.anew)
    qtbot.waitUntil(lambda: exercise(learning).learner == Learner("ann #2", "Ann"), timeout=WAIT)
    known(learning, qtbot)
    assert learning.session.document.graph.nodes != before
    type_into(panel.rows[0].line, "1")
    assert not panel.anew.isEnabled()


def test_entries_of_a_batch_are_asked_for_and_hidden(window: MainWindow, qtbot: QtBot) -> None:
    document = layers()
    assert document.exercise is not None
    document.exercise = replace(document.exercise, learner=Learner("ann"))
    window.files.show(document)
    known(window, qtbot)
    session = window.session
    hidden = session.exercising.hidden
    assert {q.node for q in hidden if q.kind == "value"} == {"h", "r", "z", "loss"}
    assert not session.facts.has(Quantity("value", "h"))
    assert session.facts.has(Quantity("value", "x"))
    window.canvas.grab()
    reading = window.canvas.shown.readings.value("h")
    assert reading is not None
    assert reading.text == "?"


def test_what_is_asked_for_is_not_told_by_the_answers_over_a_plane(window: MainWindow, qtbot: QtBot) -> None:
    document = layers()
    assert document.exercise is not None
    document.exercise = replace(document.exercise, learner=Learner("ann"))
    window.files.show(document)
    known(window, qtbot)
    boundary = next(each for each in window.findChildren(BoundaryPlot) if each.isVisible())
    qtbot.waitUntil(lambda: boundary.plane.boundary is not None, timeout=WAIT)
    QTest.mouseMove(boundary.plane, boundary.plane.rect().center())
    assert boundary.reading.text().endswith(" → ?")
    click(place(window).working.hand_in)
    known(window, qtbot)
    QTest.mouseMove(boundary.plane, boundary.plane.rect().center() + QPoint(3, 3))
    assert re.search(r" → −?[\d.]+", boundary.reading.text())


def test_an_exercise_that_cannot_be_worked_out_says_why(learning: MainWindow, qtbot: QtBot) -> None:
    learning.session.apply(learning.session.edits.remove({("f", "a")}))
    settle(qtbot, learning.session)
    qtbot.waitUntil(lambda: bool(learning.session.exercising.problem), timeout=WAIT)
    assert "port a is not wired" in place(learning).working.problem.text()


def test_a_field_that_is_left_as_the_sides_change_answers_nothing(learning: MainWindow, qtbot: QtBot) -> None:
    panel = place(learning).working
    panel.rows[0].line.setFocus()
    QTest.keyClicks(panel.rows[0].line, "6")
    learning.actions_.by_id["exercise_set"].trigger()
    exercise = learning.session.exercising.exercise
    assert exercise is not None
    assert exercise.learner is None
    assert not exercise.is_begun
    assert place(learning).setting.isVisible()  # in front, where other panels come back
