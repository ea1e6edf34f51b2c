"""The walk that asks first: nothing shows the number before the answer, and keys alone are enough."""

from __future__ import annotations

import re

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QLineEdit, QTreeWidget, QWidget
from pytestqt.qtbot import QtBot

from compute.asking import Manner, Question, mistakes, question_at, sign_of, sizes_of
from compute.explain import Quantity
from compute.numbers_text import precise, short, tex
from compute.walk_state import WalkState
from editor.canvas import hints
from editor.main_window import MainWindow
from editor.panels.asking import AskPanel
from editor.panels.formula import FormulaView
from editor.panels.inspector import Inspector
from editor.panels.stepper import Stepper
from editor.panels.tensor_tab import ValuesTab
from editor.panels.why import WhyTab
from editor.session import Session
from tests.editor.panel_session import WAIT, click, settle, shown


@pytest.fixture
def mazur(window: MainWindow, qtbot: QtBot) -> MainWindow:
    """Mazur's network, in a walk by wires that asks."""
    window.files.open_example("mazur_2_2_2")
    settle(qtbot, window.session)
    window.canvas.grab()  # its labels have room for their numbers
    window.session.asking.set_on(True)
    window.session.start_walk("wire")
    qtbot.waitUntil(lambda: window.session.walk is not None, timeout=WAIT)
    return window


def panel(window: MainWindow) -> AskPanel:
    return window.stepper.asked


def walk(window: MainWindow) -> WalkState:
    assert window.session.walk is not None
    return window.session.walk


def question(window: MainWindow) -> Question:
    asked = walk(window).question
    assert asked is not None
    return asked


def to(window: MainWindow, phase: str, place: int = 0) -> Question:
    """Go to a step of a phase, counted from the first that is asked."""
    steps = walk(window).steps
    asked = [i for i in steps.phases[phase] if question_at(steps[i]) is not None]  # type: ignore[index]
    window.session.walk_to(asked[place])
    return question(window)


def key(what: Qt.Key | str, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    """A key goes down and up, for whatever has the keyboard."""
    at = QApplication.focusWidget()
    assert at is not None
    if isinstance(what, str):
        QTest.keyClicks(at, what, modifier)
    else:
        QTest.keyClick(at, what, modifier)


def told(window: MainWindow) -> list[str]:
    """Every text that is seen or read out: of widgets, formulas, and of all that stands on the canvas."""
    out = []
    for each in window.findChildren(QWidget):
        if not each.isVisible():
            continue
        out += [each.accessibleName(), each.accessibleDescription(), each.toolTip()]
        if isinstance(each, QLabel | QAbstractButton | QLineEdit):
            out.append(each.text())
        if isinstance(each, FormulaView):
            out += [latex for latex, _ in each.lines]
    scene, shown = window.canvas.scene, window.canvas.shown
    out += [
        text for node in scene.nodes for text in (hints.words(scene, shown, node), hints.tip(scene, shown, node, None))
    ]
    out += [
        text for key in scene.wires for text in (hints.words(scene, shown, key), hints.tip(scene, shown, None, key))
    ]
    labels = window.canvas.picture.labels
    for label in labels.of(shown.readings, scene.wires.values(), scene.nodes.values()):
        out.append(label.text)
    return out


def shows(window: MainWindow, asked: Question) -> list[str]:
    """The texts in which the number asked for stands, in any of the ways in which numbers are written. A new weight in
    three digits is often the old one."""
    writers = (precise, tex) if asked.quantity.kind == "update" else (short, precise, tex)
    ways = {re.escape(write(abs(asked.right))) for write in writers}
    stands = re.compile(rf"(?<![\d.])({'|'.join(ways)})(?!\d)")
    return [text for text in told(window) if stands.search(text)]


def test_nothing_shows_a_number_that_is_asked_for(mazur: MainWindow) -> None:
    session = mazur.session
    session.asking.set_manner(reasons=False)
    assert mazur.settings.manner == Manner(reasons=False)  # as the next window has it
    steps = (("forward", 2), ("loss", 0), ("backward", 2), ("backward", 5), ("update", 0))
    for level, (phase, place) in zip((0, 3, 1, 2, 0), steps, strict=True):
        session.asking.set_manner(level=level)
        asked = to(mazur, phase, place)
        for tab in ("Values", "Gradient", "Why"):
            mazur.inspector.show_tab(tab)
            assert not shows(mazur, asked), (asked.name, asked.right, shows(mazur, asked))
        assert not session.facts.has(asked.quantity) or asked.quantity.kind == "update"
        if phase == "forward":
            assert "asks first" in elsewhere(mazur, "loss")
            assert mazur.transport.figures.loss.number.text() == "?"
        if asked.quantity.kind == "wire":
            assert f"∂ {label_of(mazur, asked)}" == "∂ ?"
        session.asking.answer(f"{asked.right:.9g}")
        assert shows(mazur, asked)
        assert session.facts.has(asked.quantity)
        assert asked.quantity.kind != "wire" or label_of(mazur, asked) != "?"
    session.walk_to(0)
    session.asking.set_on(False)
    assert not elsewhere(mazur, "loss")
    assert mazur.transport.figures.loss.number.text() == short(session.snapshot.trace.loss or 0.0)


def label_of(window: MainWindow, asked: Question) -> str:
    """What the label of a wire's gradient says."""
    at = asked.quantity.node, asked.quantity.name
    wire = window.canvas.scene.wires[at]
    reading = window.canvas.shown.readings.gradient(at, wire.source)
    words = hints.words(window.canvas.scene, window.canvas.shown, at)
    assert reading is not None
    assert reading.wanted == ("gradient asked for" in words)
    labels = window.canvas.picture.labels
    spot = labels.places.spots.get((at, "gradient"))
    whole = next(each for each in labels.all_of(window.canvas.shown.readings, [wire]) if each.what == "gradient")
    assert not reading.wanted or spot is None or whole.rect.contains(spot.rect)  # nothing of a wider label is seen
    return reading.text


def elsewhere(window: MainWindow, node: str) -> str:
    """Why the table of a node's values is empty, if it is; the walk's own number is in focus again afterwards."""
    window.session.select([node])
    window.inspector.show_tab("Values")
    tab = window.inspector.tab(ValuesTab)
    sentence = tab.empty.sentence if tab.empty.isVisible() else ""
    window.session.focus_on(walk(window).focus)
    return sentence


def test_by_keys_alone_from_the_canvas_to_the_next_step(window: MainWindow, qtbot: QtBot) -> None:
    window.canvas.setFocus()
    key(Qt.Key.Key_F9, Qt.KeyboardModifier.ShiftModifier)
    qtbot.waitUntil(lambda: window.session.walk is not None, timeout=WAIT)
    asking, field = window.session.asking, panel(window).number.line
    assert asking.on
    while walk(window).question is None:
        key(Qt.Key.Key_Right)
    here = walk(window).index
    assert field.hasFocus()  # the number can be typed at once
    window.canvas.setFocus()
    key(Qt.Key.Key_Right)  # an answer is due
    assert walk(window).index == here
    assert field.hasFocus()
    assert "Answer first" in panel(window).verdict.text()
    asked = question(window)
    assert field.accessibleDescription() == asked.text
    key(f"{-asked.right:g}")
    key(Qt.Key.Key_Return)
    assert panel(window).verdict.text().startswith("The size is right and the sign is not")
    assert walk(window).hides_number
    field.selectAll()
    key(f"{asked.right:g}")
    key(Qt.Key.Key_Return)
    assert panel(window).verdict.text() == f"Right: {asked.name} = {precise(asked.right)}."
    assert asking.score.records[here].result == "later"
    assert asking.score.records[here].mistakes == ("sign",)
    key(Qt.Key.Key_Return)
    assert walk(window).index == here + 1
    assert field.hasFocus()  # the next question
    key("1")
    key(Qt.Key.Key_Escape)
    assert field.text() == ""
    key(Qt.Key.Key_F4, Qt.KeyboardModifier.ShiftModifier)
    assert asking.score.records[here + 1].result == "skipped"
    assert walk(window).index == here + 2
    key(Qt.Key.Key_F4)
    assert asking.score.records[here + 2].result == "shown"
    assert not walk(window).hides_number
    key(Qt.Key.Key_F9, Qt.KeyboardModifier.ShiftModifier)
    assert not window.session.asking.on
    assert walk(window).question is None
    assert window.session.facts.trace is window.session.snapshot.trace


def test_a_walk_that_asked_and_was_left_begins_again_by_the_same_key(window: MainWindow, qtbot: QtBot) -> None:
    session = window.session
    for _ in range(2):
        window.canvas.setFocus()
        key(Qt.Key.Key_F9, Qt.KeyboardModifier.ShiftModifier)
        qtbot.waitUntil(lambda: session.walk is not None, timeout=WAIT)
        assert session.asking.on
        assert window.actions_.by_id["walk_ask"].isChecked()
        key(Qt.Key.Key_Escape)
        assert session.walk is None


def test_a_mistake_is_named_and_the_end_lists_every_step(mazur: MainWindow) -> None:
    session = mazur.session
    first = to(mazur, "backward", 2)
    place = walk(mazur).index
    wrong = next(m for m in mistakes(first) if m.kind == "upstream")
    panel(mazur).number.line.setFocus()
    key(f"{wrong.value:.4g}")
    key(Qt.Key.Key_Return)
    assert panel(mazur).verdict.text() == wrong.sentence
    click(panel(mazur).give_away)
    session.walk_to(len(walk(mazur).steps) - 1)
    session.asking.answer(f"{question(mazur).right:.9g}")
    assert panel(mazur).next.text() == "How it went"
    click(panel(mazur).next)
    summary = panel(mazur).summary
    assert summary.isVisible()
    assert summary.words.text() == "1 of 2 right at once, 1 shown."
    assert summary.mistakes.text() == "Mistakes: forgot the upstream factor 1 ×."
    assert texts(summary.tree)[0] == [
        str(place + 1),
        first.name,
        "✗  shown after 1 wrong answer: forgot the upstream factor",
    ]
    item = summary.tree.topLevelItem(0)
    assert item is not None
    click(summary.tree.viewport(), summary.tree.visualItemRect(item).center())
    assert walk(mazur).index == place
    assert not walk(mazur).hides_number  # it was shown
    assert not summary.isVisible()
    click(panel(mazur).so_far)
    click(summary.once_more)
    assert walk(mazur).index == 0
    assert panel(mazur).so_far.text() == "Last time 1 of 2 right at once"
    click(panel(mazur).so_far)
    assert summary.title.text() == "How it went last time"
    assert summary.words.text() == "1 of 2 right at once, 1 shown."
    assert texts(summary.tree)[0][1] == first.name
    click(summary.back)
    to(mazur, "backward", 2)
    assert walk(mazur).hides_number


def test_an_answered_walk_is_there_when_one_comes_back(mazur: MainWindow, qtbot: QtBot) -> None:
    session = mazur.session
    to(mazur, "backward", 2)
    session.asking.answer(f"{question(mazur).right:.9g}")
    granularity = walk(mazur).granularity
    session.stop_walk()
    mazur.files.open_example("mazur_2_2_2")
    settle(qtbot, session)
    session.start_walk(granularity)
    qtbot.waitUntil(lambda: session.walk is not None, timeout=WAIT)
    assert not session.asking.score.done.records
    assert panel(mazur).so_far.text() == "Last time 1 of 1 right at once"
    to(mazur, "backward", 2)
    session.asking.show_me()
    click(panel(mazur).so_far)
    assert panel(mazur).summary.words.text() == "0 of 1 right at once, 1 shown. Last time: 1 of 1 right at once."
    session.stop_walk()


def texts(tree: QTreeWidget) -> list[list[str]]:
    items = [item for i in range(tree.topLevelItemCount()) if (item := tree.topLevelItem(i)) is not None]
    return [[item.text(column) for column in range(3)] for item in items]


# -- the stepper alone -----------------------------------------------------------------------------------------


@pytest.fixture
def stepper(session: Session, qtbot: QtBot) -> Stepper:
    """A small network in a walk by wires that asks."""
    stepper = Stepper(session)
    shown(qtbot, stepper, 1000, 240)
    session.asking.set_on(True)
    session.start_walk("wire")
    return stepper


def of(session: Session) -> WalkState:
    assert session.walk is not None
    return session.walk


def asked_at(session: Session, quantity: Quantity) -> Question:
    """Go to the step that calculates something."""
    session.walk_to(next(step.number for step in of(session).steps if quantity in step.told))
    found = of(session).question
    assert found is not None
    return found


TANH = Quantity("wire", "t", "x")


def test_sign_and_size_are_chosen_by_keys(stepper: Stepper, session: Session) -> None:
    session.asking.set_manner(way="size", reasons=False)
    asked = asked_at(session, TANH)
    answer, record = stepper.asked.rough, of(session).index
    answer.setFocus()
    right = sign_of(asked)
    key(Qt.Key.Key_Return)
    assert stepper.asked.verdict.text() == "Choose a sign and a size."
    key("-" if right == "+" else "+")
    click(stepper.asked.answer)
    assert stepper.asked.verdict.text() == "Choose a size."
    assert not session.asking.score.done.records
    answer.setFocus()
    key(str(sizes_of(asked)[0] + 1))
    key(Qt.Key.Key_Return)
    assert stepper.asked.verdict.text() == "The size is right and the sign is not."
    key(right)
    key(Qt.Key.Key_Return)
    assert not of(session).hides_number
    assert session.asking.score.records[record].result == "later"


def test_a_reason_is_asked_for_after_the_number(stepper: Stepper, session: Session) -> None:
    session.asking.set_manner(level=2)
    asked = asked_at(session, TANH)
    assert of(session).sentence == asked.text
    stepper.asked.number.line.setFocus()
    key(f"{asked.right:.5g}")
    key(Qt.Key.Key_Return)
    assert not of(session).hides_number
    assert of(session).hides_reason
    assert of(session).sentence == ""  # as it is read out
    assert stepper.asked.sentence.isHidden()
    given = of(session).asked
    assert given is not None
    wrong = next(i for i, reason in enumerate(given.reasons) if not reason.right)
    key(str(wrong + 1))
    assert "The reason is another: the upstream gradient" in stepper.asked.verdict.text()
    assert session.asking.score.records[of(session).index].reason is False
    assert stepper.asked.sentence.text() == of(session).step.answers[0].sentence


def test_why_fades_with_the_level(inspector: Inspector, session: Session) -> None:
    session.asking.set_on(True)
    session.start_walk("wire")
    asked = asked_at(session, TANH)
    why = inspector.tab(WhyTab)
    parts = [short(part.value) for part in asked.answer.parts if part.value is not None]
    seen = {}
    for level in (0, 1, 2, 3):
        session.asking.set_manner(level=level)
        seen[level] = len(why.formula.lines), [text for text in written(why) if text in ("?", *parts)]
    assert seen == {0: (2, parts), 1: (2, [parts[0], "?"]), 2: (1, ["?", "?"]), 3: (0, [])}
    session.asking.show_me()
    for node in ("z", "h"):
        asked_at(session, Quantity("weight gradient", node, "weight"))
        assert not why.terms.isVisible()
        session.asking.show_me()
        assert why.terms.isVisible()


def written(why: WhyTab) -> list[str]:
    """The texts of what went into a number."""
    lines = [item.widget() for i in range(why._part_lines.count()) if (item := why._part_lines.itemAt(i)) is not None]
    return [each.text() for line in lines if line is not None for each in line.findChildren(QLabel)]


def test_only_backward_steps_where_that_is_chosen_and_play_stops_at_a_question(
    stepper: Stepper, session: Session
) -> None:
    session.asking.set_manner(which="backward")
    phases = of(session).steps.phases
    for phase, steps in phases.items():
        session.walk_to(steps[-1])
        assert (of(session).question is not None) == (phase == "backward")
    session.walk_to(phases["backward"][0] - 1)
    stepper.toggle_play()
    stepper._tick()
    assert of(session).hides_number
    assert not stepper.playing
    before = of(session).index
    for go in (session.finish_phase, session.finish_node, lambda: session.walk_by(1)):
        go()
        assert of(session).index == before


def test_entries_are_asked_one_by_one_and_another_sample_asks_for_its_own(session: Session) -> None:
    session.asking.set_on(True)
    session.start_walk("entry")
    start = next(step.number for step in of(session).steps if step.node == "h")
    session.walk_to(start + 2)
    asked = of(session).question
    assert asked is not None
    assert asked.entry == of(session).step.entry
    assert of(session).reached == (asked.quantity, 2)
    assert not session.facts.has(asked.quantity)
    session.set_granularity("node")
    first = asked_at(session, TANH)
    session.set_sample(2)
    second = of(session).question
    assert second is not None
    assert (first.entry[0], second.entry[0]) == (0, 2)
    assert of(session).hides_number
    session.asking.answer(f"{second.right:.6g}")
    assert session.facts.has(TANH)
    assert not session.facts.has(Quantity("wire", "h", "x"))  # the walk has not come to it


def test_another_pass_has_a_score_of_its_own(stepper: Stepper, session: Session, qtbot: QtBot) -> None:
    asked_at(session, TANH)
    session.asking.skip()
    assert session.asking.score.count("skipped") == 1
    stepper.do.click()
    qtbot.waitUntil(lambda: session.snapshot.step == 1, timeout=WAIT)
    qtbot.waitUntil(lambda: session.walk is not None and session.walk.index == 0, timeout=WAIT)
    assert session.asking.score.count("skipped") == 0
