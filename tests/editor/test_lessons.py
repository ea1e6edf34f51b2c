"""A lesson in the window: offered, gone through by real events, pointed at, remembered; and written."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QRectF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from compute.document import load
from compute.gallery import GALLERY, load_entry
from compute.lessons.model import Condition, Point
from compute.lessons.problems import flaws
from editor.actions import ACTIONS
from editor.canvas.pointed import Aim
from editor.main_window import MainWindow
from editor.panel_list import PANELS
from editor.panels.lesson.condition import ConditionForm
from editor.panels.lesson.panel import LessonPanel
from editor.panels.lesson.writing import Writing
from editor.panels.tabs import TABS
from tests.editor.lesson_runs import goes_right_and_wrong, skips
from tests.editor.panel_session import WAIT, click, settle, type_into
from tests.editor.pupil import Pupil

CTRL, SHIFT, ALT = (
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.AltModifier,
)


@pytest.fixture
def pupil(window: MainWindow, qtbot: QtBot) -> Iterator[Pupil]:
    window.canvas.set_reduced_motion(True)
    yield Pupil(window, qtbot)
    window.teaching.panel.set_writing(False)
    window.workbench.show_panel("lesson", False)


def panel(pupil: Pupil) -> LessonPanel:
    return pupil.window.teaching.panel


def begin(pupil: Pupil, index: int = 0) -> LessonPanel:
    pupil.window.canvas.setFocus()
    pupil.key(Qt.Key.Key_J, CTRL)
    pupil.guide.restart()
    pupil.guide.go(index)
    pupil.settle()
    return panel(pupil)


class TestLearning:
    @pytest.mark.parametrize("entry_id", ["z_2x_y"])
    def test_a_learner_goes_right_and_wrong_through_a_lesson(self, pupil: Pupil, entry_id: str) -> None:
        assert goes_right_and_wrong(pupil, entry_id) == []

    def test_a_learner_who_skips_everything_has_done_nothing(self, pupil: Pupil) -> None:
        skips(pupil, "z_2x_y")

    def test_it_is_offered_quietly_and_begins_with_a_click(self, pupil: Pupil) -> None:
        offer = pupil.window.teaching.offer
        assert offer.isVisible()
        assert not pupil.window.workbench.is_shown("lesson")
        texts = [each.text() for each in offer.findChildren(QLabel)]
        assert texts == ["Three steps back", "Lesson · 10 steps"]
        assert offer.title.geometry().right() < offer.steps.x()
        assert offer.steps.geometry().right() < offer.start.x()
        pupil.key(Qt.Key.Key_F9)
        pupil.settle()
        assert not offer.isVisible()
        pupil.key(Qt.Key.Key_F9)
        pupil.settle()
        assert offer.isVisible()
        pupil.click(offer.start)
        assert panel(pupil).isVisible()
        assert not offer.isVisible()
        pupil.window.canvas.setFocus()
        pupil.key(Qt.Key.Key_J, CTRL)
        assert offer.isVisible()
        pupil.click(offer.close_)
        assert not offer.isVisible()

    def test_a_card_of_the_gallery_says_that_there_is_a_lesson(self, pupil: Pupil) -> None:
        cards = {card.entry.id: card for card in pupil.window.pages.start.cards}
        assert cards["z_2x_y"].entry.steps == 10
        assert cards["z_2x_y"].accessibleDescription().endswith(" Lesson with 10 steps.")
        assert {entry.id for entry in GALLERY if entry.steps} >= {"log_square", "z_2x_y", "xor"}

    def test_a_step_is_done_however_it_was_done(self, pupil: Pupil) -> None:
        shown = begin(pupil, 2)
        assert (shown.state.text(), shown.next.text()) == ("Your turn", "Skip")
        pupil.ask("gradient z")
        assert shown.state.text() == "Your turn"
        pupil.click_node("f")  # and not the number that it points at; the same side of it is asked about
        assert (shown.state.text(), shown.next.text()) == ("Done", "Next")
        assert shown.done.isVisible()
        assert shown.done.text() == "∂L/∂f is 5, and z is 5. A product hands back the other factor."
        pupil.window.canvas.setFocus()
        pupil.key(Qt.Key.Key_F3)
        assert shown.state.text() == "Your turn"
        pupil.key(Qt.Key.Key_F3, SHIFT)
        assert shown.state.text() == "Done"

    def test_a_screen_reader_is_told_of_a_new_step_and_of_what_is_done(
        self, pupil: Pupil, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        told: list[str] = []
        monkeypatch.setattr("editor.panels.lesson.panel.announce", lambda _at, sentence: told.append(sentence))
        shown = begin(pupil, 1)
        pupil.guide.go(2)
        pupil.ask("gradient f")
        assert told[-2].startswith("Step 3 of 10. L = z · f. If f grows by a little")
        assert told[-1] == "Done. ∂L/∂f is 5, and z is 5. A product hands back the other factor."
        assert shown.count.accessibleName() == "Step 3 of 10"
        assert shown.prose.text().startswith("L = z")

    def test_live_numbers_follow_the_document(self, pupil: Pupil) -> None:
        shown = begin(pupil)
        assert "x is 3, y is −4 and z is 5" in shown.prose.text()
        pupil.set("x.value", "6")
        assert shown.prose._numbers[next(a for a in shown.prose._numbers if a.name == "x")] == "6"
        before = pupil.window.session.focus
        box = next(box for box in shown.prose._boxes if box.live is not None and box.live.name == "z")
        assert box.at is not None
        pupil.click(shown.prose, QPoint(round(box.at.x() + box.width / 2), round(box.at.y() - 4)))
        focus = pupil.window.session.focus
        assert focus is not None
        assert (focus != before, focus.subject.node, focus.quantity) == (True, "z", "value")

    def test_what_it_points_at_is_lit_and_follows_the_step(self, pupil: Pupil) -> None:
        begin(pupil)
        window, canvas = pupil.window, pupil.window.canvas
        assert canvas._aims == (Aim("L"),)
        pupil.guide.go(2)
        assert canvas._aims == (Aim(("L", "b"), "gradient"),)
        pupil.guide.go(8)
        assert not list(canvas._aims)
        [outline] = window.teaching.pointing.outlines
        assert outline.around is window.transport.step
        assert outline.isVisible()
        assert outline.geometry().contains(window.transport.step.geometry())
        window.resize(1400, 900)
        QApplication.processEvents()
        assert outline.geometry().contains(window.transport.step.geometry())
        window.workbench.show_panel("lesson", False)
        assert window.teaching.pointing.outlines == []

    def test_show_me_where_brings_it_into_view(self, pupil: Pupil) -> None:
        begin(pupil)
        canvas = pupil.window.canvas
        canvas.pan_by(-4000, 0)
        assert not canvas.visible_area().intersects(canvas.scene.nodes["L"].rect)
        pupil.key(Qt.Key.Key_F3, CTRL)
        assert canvas.visible_area().contains(canvas.scene.nodes["L"].rect)
        assert canvas._stress == 1.0  # with reduced motion it stands out at once, and stays so

    def test_a_panel_that_is_hidden_is_called_by_show_me_where(self, pupil: Pupil) -> None:
        pupil.window.files.open_example("xor")
        pupil.settle()
        begin(pupil)
        pupil.window.workbench.show_panel("boundary", False)
        pupil.window.canvas.setFocus()
        pupil.key(Qt.Key.Key_F3, CTRL)
        assert pupil.window.workbench.docks["boundary"].in_sight
        [outline] = pupil.window.teaching.pointing.outlines
        assert outline.isVisible()

    def test_out_of_sight_it_is_not_read_and_then_it_is_that_of_the_document(
        self, window: MainWindow, qtbot: QtBot
    ) -> None:
        panel = window.panel(LessonPanel)
        window.workbench.show_panel("lesson", True)
        before = panel.prose.text()
        window.workbench.show_panel("lesson", False)
        window.files.open_example("xor")
        settle(qtbot, window.session)
        assert panel.prose.text() == before
        window.workbench.show_panel("lesson", True)
        assert panel.title.text() == panel.guide.learner.lesson.title
        assert panel.prose.text() != before

    def test_who_leaves_comes_back_to_the_same_step(self, pupil: Pupil) -> None:
        begin(pupil, 2)
        pupil.ask("gradient f")
        pupil.window.canvas.setFocus()
        pupil.key(Qt.Key.Key_F3)
        pupil.window.files.open_example("log_square")
        pupil.settle()
        assert pupil.guide.learner.index == 0
        pupil.window.files.open_example("z_2x_y")
        pupil.settle()
        assert (pupil.guide.learner.index, "f" in pupil.guide.learner.done_steps) == (3, True)
        pupil.window.files.open_example("spiral" if not load_entry("spiral").lesson else "transpose")
        pupil.settle()
        if pupil.guide.lesson is None:
            assert not pupil.window.workbench.is_shown("lesson")

    def test_dots_lead_to_their_steps(self, pupil: Pupil) -> None:
        shown = begin(pupil)
        assert shown.dots.accessibleName() == "Step 1 of 10, 0 done"
        pupil.click(shown.dots, shown.dots.middle(5).toPoint())
        assert pupil.guide.learner.index == 5
        shown.dots.setFocus()
        pupil.key(Qt.Key.Key_Left)
        assert pupil.guide.learner.index == 4

    def test_a_hint_is_shown_when_asked_for(self, pupil: Pupil) -> None:
        shown = begin(pupil, 2)
        assert shown.hint.isHidden()
        pupil.click(shown.hint_button)
        assert shown.hint.isVisible()
        pupil.guide.go(3)
        assert shown.hint.isHidden()

    def test_it_leaves_the_canvas_the_most_room(self, pupil: Pupil) -> None:
        pupil.window.resize(1280, 720)
        shown = begin(pupil)
        QApplication.processEvents()
        assert pupil.window.canvas.width() >= 1280 / 2
        assert shown.width() <= 300

    def test_every_panel_and_action_that_a_lesson_points_at_is_there(self) -> None:
        actions, panels = {spec.id for spec in ACTIONS}, {spec.id for spec in PANELS}
        for entry in GALLERY:
            lesson = load_entry(entry.id).lesson
            for point in (point for step in (lesson.steps if lesson else ()) for point in step.points):
                assert point.kind != "action" or point.what in actions, (entry.id, point)
                assert point.kind != "panel" or point.what in panels, (entry.id, point)
            asked = [each for step in (lesson.steps if lesson else ()) if step.do for each in step.do.each()]
            for condition in asked:
                shown = condition.params if condition.kind == "shown" else {}
                assert {shown.get("panel")} <= {None, *panels}, (entry.id, condition)
                assert {shown.get("tab")} <= {None, *(tab.title for tab in TABS)}, (entry.id, condition)


def write(pupil: Pupil, index: int = 0) -> Writing:
    begin(pupil, index)
    pupil.window.canvas.setFocus()
    pupil.key(Qt.Key.Key_J, CTRL | SHIFT)
    assert panel(pupil).writing.isVisible()
    return panel(pupil).writing


class TestWriting:
    def test_a_text_is_one_step_to_take_back_and_shown_as_it_is_written(self, pupil: Pupil) -> None:
        writing, session = write(pupil, 1), pupil.window.session
        count, before = session.undo_stack.count(), session.document.lesson
        assert before is not None
        field = writing.texts["text"]
        field.setFocus()
        field.selectAll()
        QTest.keyClicks(field, "x is {value x}")
        field.send()
        QTest.keyClicks(field, ", and **y** {value y}.")
        field.send()
        assert session.undo_stack.count() == count + 1
        assert writing.preview.text() == "x is 3, and y −4."
        assert session.document.lesson is not None
        assert session.document.lesson.steps[1].text == "x is {value x}, and **y** {value y}."
        pupil.window.canvas.setFocus()
        pupil.key(Qt.Key.Key_Z, CTRL)
        assert session.document.lesson == before
        assert field.toPlainText() == before.steps[1].text

    def test_steps_are_added_moved_and_removed(self, pupil: Pupil) -> None:
        writing, session = write(pupil), pupil.window.session
        assert session.document.lesson is not None
        ids = [step.id for step in session.document.lesson.steps]

        def now() -> list[str]:
            assert session.document.lesson is not None
            return [step.id for step in session.document.lesson.steps]

        writing.steps.setFocus()
        pupil.key(Qt.Key.Key_Down, CTRL)
        assert now() == [ids[1], ids[0], *ids[2:]]
        assert writing.steps.currentRow() == 1
        pupil.click(writing.add)
        assert now() == [ids[1], ids[0], "step1", *ids[2:]]
        assert "The step has no text." in writing.flaws.text()
        writing.steps.setFocus()
        pupil.key(Qt.Key.Key_Delete)
        assert now() == [ids[1], ids[0], *ids[2:]]
        model = writing.steps.model()
        model.moveRow(model.index(0, 0).parent(), 0, model.index(0, 0).parent(), 3)  # as a drop does
        pupil.settle()
        assert now() == [ids[0], ids[2], ids[1], *ids[3:]]

    def test_what_is_typed_last_stays_with_its_step(self, pupil: Pupil) -> None:
        """Also where a button, which takes no keys, is pressed at once."""
        writing, session = write(pupil), pupil.window.session

        def texts() -> list[str]:
            assert session.document.lesson is not None
            return [step.text for step in session.document.lesson.steps[:3]]

        for text, leave in (
            ("First.", writing.add.click),
            ("Second.", writing.add.click),
            ("Third.", lambda: pupil.window.teaching.guide.look_at(0)),  # as the header and F3 do
        ):
            writing.texts["text"].setFocus()
            writing.texts["text"].selectAll()
            QTest.keyClicks(writing.texts["text"], text)
            leave()
        pupil.settle()
        assert texts() == ["First.", "Second.", "Third."]
        assert writing.texts["text"].toPlainText() == "First."
        QTest.keyClicks(writing.texts["text"], "!")
        pupil.click(writing.remove)
        pupil.window.session.undo_stack.undo()
        assert "First." in texts()[0]
        assert "!" in texts()[0]

    def test_what_is_in_focus_or_selected_is_pointed_at(self, pupil: Pupil) -> None:
        writing, session = write(pupil, 1), pupil.window.session
        pupil.click(writing.at_nothing)
        pupil.ask("gradient L.b")
        pupil.click(writing.at_focus)
        pupil.click_node("x")
        pupil.click(writing.at_selected)
        writing.at_other.setCurrentIndex(writing.at_other.findData("panel loss"))
        writing.at_other.activated.emit(writing.at_other.currentIndex())
        assert session.document.lesson is not None
        assert session.document.lesson.steps[1].points == (
            Point("focus", "gradient L.b"),
            Point("record", "x"),
            Point("panel", "loss"),
        )
        assert pupil.window.canvas._aims == (Aim(("L", "b"), "gradient"), Aim("x"))
        assert writing.points.text() == "gradient L.b; node x; Loss"
        pupil.window.session.select([("L", "b")])
        pupil.click(writing.at_selected)
        assert writing.points.text().endswith("; the wire into L = z · f, port b")

    def test_what_is_to_be_done_is_chosen_in_a_form_and_tried(self, pupil: Pupil) -> None:
        writing, session = write(pupil), pupil.window.session
        pupil.ask("value f")
        choose(writing.do, "number")
        assert writing.do.condition == Condition("number", {"what": "value L.b"})
        line = writing.do.form.fields["above"].line  # type: ignore[attr-defined]
        type_into(line, "10")
        assert writing.do.sentence.text() == "Done when the value of L.b is above 10."
        choose(writing.do, "all")
        pupil.click(writing.do.more)
        type_into(writing.do.parts[1].form.fields["steps"].line, "2")  # type: ignore[attr-defined]
        wanted = Condition("all", {}, (Condition("number", {"what": "value L.b", "above": 10.0}),))
        second = Condition("trained", {"steps": 2})
        assert session.document.lesson is not None
        assert session.document.lesson.steps[0].do == Condition("all", {}, (*wanted.of, second))
        pupil.click(writing.do.parts[1].remove)
        assert session.document.lesson.steps[0].do == wanted
        pupil.click(writing.test)
        shown = panel(pupil)
        assert (writing.isVisible(), shown.state.text()) == (False, "Your turn")
        pupil.set("x.value", "9")
        assert shown.state.text() == "Done"

    def test_names_in_a_condition_are_chosen_from_those_that_there_are(self, pupil: Pupil) -> None:
        writing, graph = write(pupil), pupil.window.session.document.graph
        ends = {"x", "f", "g", "L", "relu", "dense"}
        for kind, name, known, chosen in (
            ("node", "op", {"dense", "conv1d", "softmax"}, "relu"),
            ("wire", "to", ends & {*graph.nodes, "relu", "dense"}, "L"),
            ("wire", "port", {"a", "b"}, "a"),
            ("shown", "panel", {"inspector", "data", "lesson"} - {"lesson"}, "data"),
            ("shown", "tab", {"Why", "Neurons"}, "Why"),
            ("selected", "record", set(graph.nodes), "x"),
        ):
            choose(writing.do, kind)
            box = writing.do.form.fields[name].box  # type: ignore[attr-defined]
            assert known <= {box.itemData(i) for i in range(box.count())}, (kind, name)
            box.setCurrentIndex(box.findData(chosen))
            box.activated.emit(box.currentIndex())
            assert writing.do.condition is not None
            assert writing.do.condition.params[name] == chosen
            assert not writing.flaws.isVisible()

    def test_any_document_gets_a_lesson_that_is_saved(self, pupil: Pupil, tmp_path: Path) -> None:
        window, session = pupil.window, pupil.window.session
        window.files.open_example("transpose")
        pupil.settle()
        session.document.lesson = None
        window.canvas.setFocus()
        pupil.key(Qt.Key.Key_J, CTRL | SHIFT)
        writing = panel(pupil).writing
        assert writing.isVisible()
        assert writing.steps.count() == 1
        type_into(writing.title, "Mine")
        writing.texts["text"].setPlainText("Look.")
        writing.texts["text"].send()
        assert flaws(session.document) == []
        session.save(tmp_path / "a.json")
        lesson = load(tmp_path / "a.json").lesson
        assert lesson is not None
        assert (lesson.title, [step.text for step in lesson.steps], bool(lesson.id)) == ("Mine", ["Look."], True)
        pupil.click(writing.drop)
        assert session.document.lesson is None
        assert not window.workbench.is_shown("lesson")

    def test_nothing_counts_as_done_while_it_is_written(self, pupil: Pupil) -> None:
        write(pupil, 2)
        pupil.click_node("f")
        assert "f" not in pupil.guide.learner.done_steps
        settle(pupil.qtbot, pupil.window.session)


def choose(form: ConditionForm, kind: str) -> None:
    form.kind.setCurrentIndex(form.kind.findData(kind))
    form.kind.activated.emit(form.kind.currentIndex())


def test_where_everything_is_shown_no_node_lies_under_the_offer_of_a_lesson(window: MainWindow, qtbot: QtBot) -> None:
    window.resize(1280, 720)
    canvas, offer = window.canvas, window.teaching.offer

    def covered() -> list[str]:
        stands = QRectF(offer.geometry().translated(-canvas.pos()))
        seen = canvas.camera.transform()
        return [n for n, view in canvas.scene.nodes.items() if seen.mapRect(view.rect).intersects(stands)]

    window.files.open_example("mazur_2_2_2")
    settle(qtbot, window.session)
    qtbot.waitUntil(offer.isVisible, timeout=WAIT)
    assert covered() == []
    canvas.zoom_to(2 * canvas.camera.zoom)
    QTest.keyClick(canvas, Qt.Key.Key_F)
    assert covered() == []
    small = canvas.camera.zoom
    click(offer.close_)
    assert not offer.isVisible()
    assert canvas.camera.zoom >= small
    assert covered() != []  # there is its room again
