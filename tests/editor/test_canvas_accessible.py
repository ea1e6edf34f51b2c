"""What screen readers see and hear of the canvas; a stand-in for one listens to what Qt is told."""

from __future__ import annotations

import gc

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QObject, QPoint, Qt
from PySide6.QtGui import QAccessible, QAccessibleEvent, QAccessibleInterface
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from shiboken6 import isValid

from editor import accessible
from editor.canvas import Canvas
from editor.parts import Part
from tests.editor.canvas_driver import CTRL, SHIFT, Driver, small
from tests.editor.canvas_session import CanvasSession

NAME = QAccessible.Text.Name
EVENT = QAccessible.Event


@pytest.fixture(scope="module", autouse=True)
def installed(qapp: QApplication) -> None:
    accessible.install()


@pytest.fixture
def d(qtbot: QtBot) -> Driver:
    return Driver(qtbot)


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> list[tuple[QAccessible.Event, str]]:
    """What Qt is told while something listens: what happened, and to what (or the sentence that is said)."""
    told: list[tuple[QAccessible.Event, str]] = []

    def update(event: QAccessibleEvent) -> None:
        message = getattr(event, "message", None)
        of = event.object()
        assert of is not None
        named = QAccessible.queryAccessibleInterface(of).text(NAME) if message is None else message()
        told.append((event.type(), named))

    monkeypatch.setattr(QAccessible, "isActive", lambda: True)
    monkeypatch.setattr(QAccessible, "updateAccessibility", update)
    return told


def of(what: QObject) -> QAccessibleInterface:
    found = QAccessible.queryAccessibleInterface(what)
    assert found is not None
    return found


def children(parent: QAccessibleInterface) -> list[QAccessibleInterface]:
    return [parent.child(i) for i in range(parent.childCount())]


def names(parent: QAccessibleInterface) -> list[str]:
    return [child.text(NAME) for child in children(parent)]


def test_nodes_wires_ports_and_numbers_are_children_with_their_numbers(d: Driver) -> None:
    canvas = of(d.canvas)
    assert canvas.text(NAME) == "Canvas"
    assert canvas.role() == QAccessible.Role.List
    every = names(canvas)
    assert every[:6] == [
        "Constant x, (2, 2), value 1 2; 3 4, gradient 0.022±0.02.",
        "Parameter w, (2, 2), value 0.44±1, gradient 0.092±0.1.",
        "MatMul h, (2, 2), value 2.9±1, gradient 0.029±0.04.",
        "Tanh a, (2, 2), value 0.94±0.1, gradient 0.25±0.",
        "Square s, no shape yet, value not computed. Square s: port x is not wired; drag an output to it.",
        "Mean m, a scalar, value 0.936, gradient 1.",
    ]
    assert every[6:10] == [name for name in every if name.startswith("Wire from ")]
    assert every[8] == "Wire from h to port x of a, (2, 2), value 2.9±1, gradient 0.029±0.04."
    assert names(canvas.child(2))[:3] == ["Port a of h, fed by x", "Port b of h, fed by w", "Output of h, feeds a"]
    assert names(canvas.child(2))[3:] == ["shape (2, 2)", "value 2.9±1", "gradient 0.029±0.04"]
    assert names(canvas.child(8)) == ["shape (2, 2)", "value 2.9±1", "gradient 0.029±0.04"]


def test_each_child_knows_its_place_its_parent_and_where_it_is(d: Driver) -> None:
    canvas = of(d.canvas)
    screen = canvas.rect()
    for i, child in enumerate(children(canvas)):
        assert canvas.indexOfChild(child) == i
        assert child.isValid()
        assert screen.contains(child.rect().center())
        if not isinstance(child.object(), Part):
            continue
        assert child.parent() is canvas
        for j, part in enumerate(children(child)):
            assert child.indexOfChild(part) == j
            assert part.parent() is child
            assert screen.intersects(part.rect())
    middle = d.canvas.mapToGlobal(d.pixel(d.canvas.scene.nodes["a"].rect.center()))
    assert canvas.childAt(middle.x(), middle.y()).text(NAME).startswith("Tanh a")
    port = d.canvas.mapToGlobal(d.pixel(d.port("a", "x"))) + QPoint(2, 0)
    assert canvas.childAt(middle.x(), middle.y()).childAt(port.x(), port.y()).text(NAME) == "Port x of a, fed by h"
    assert canvas.childAt(screen.right() - 2, screen.top() + 2) is None


def test_what_is_selected_is_selected_and_has_the_focus(d: Driver) -> None:
    canvas = of(d.canvas)
    d.session.select({"h", "a"}, "a")
    chosen = [child.text(NAME).split(",")[0] for child in children(canvas) if child.state().selected]
    assert chosen == ["MatMul h", "Tanh a"]
    assert canvas.focusChild().text(NAME).startswith("Tanh a")
    assert [bool(child.state().focused) for child in children(canvas)[:6]] == [i == 3 for i in range(6)]


def test_a_change_of_the_selection_is_told(d: Driver, heard: list[tuple[QAccessible.Event, str]]) -> None:
    of(d.canvas)
    d.key(Qt.Key.Key_Right)
    d.key(Qt.Key.Key_Right, SHIFT)
    d.key(Qt.Key.Key_Left)
    told = [(event, text.split(",")[0]) for event, text in heard]
    assert told[:2] == [(EVENT.SelectionAdd, "Constant x"), (EVENT.Focus, "Constant x")]
    assert told[2:4] == [(EVENT.SelectionAdd, "MatMul h"), (EVENT.Focus, "MatMul h")]
    assert (EVENT.SelectionRemove, "MatMul h") in told[4:]
    assert told[-1] == (EVENT.Focus, "Wire from x to port a of h")


def test_what_keys_propose_or_take_up_is_said(d: Driver, heard: list[tuple[QAccessible.Event, str]]) -> None:
    d.session.select({"w"})
    d.key(Qt.Key.Key_C)
    d.key(Qt.Key.Key_Escape)
    d.key(Qt.Key.Key_Space)
    said = [text for event, text in heard if event == EVENT.Announcement]
    assert said == [
        "w → port x of s: Enter connects, arrow keys choose, Esc leaves.",
        "Arrow keys carry it, Space puts it down, Esc puts it back.",
    ]


def test_each_step_of_a_walk_is_said(d: Driver, heard: list[tuple[QAccessible.Event, str]]) -> None:
    of(d.canvas)
    d.session.walk_to(2)
    walk = d.session.walk
    assert walk is not None
    assert (EVENT.Announcement, f"{walk.step.title}. {walk.step.sentence}") in heard


def test_edits_are_followed(d: Driver, heard: list[tuple[QAccessible.Event, str]]) -> None:
    canvas = of(d.canvas)
    h = canvas.child(2)
    held = h.object()
    d.session.apply(d.session.edits.remove({"h"}))
    assert not h.isValid()
    assert h.text(NAME) == ""
    QCoreApplication.sendPostedEvents(held, QEvent.Type.DeferredDelete.value)
    assert all("MatMul" not in name for name in names(canvas))
    assert canvas.childCount() == 5 + 1 + 1
    heard.clear()
    d.undo()
    assert names(canvas)[2].startswith("MatMul h")
    created = [text for event, text in heard if event == EVENT.ObjectCreated]
    assert len(created) == 4
    assert created[0].startswith("MatMul h")


def test_new_numbers_of_what_has_the_focus_are_told_unless_it_trains(
    d: Driver, heard: list[tuple[QAccessible.Event, str]]
) -> None:
    of(d.canvas)
    d.session.select({"a"})
    heard.clear()
    d.session.apply(d.session.edits.change("x", "Other numbers", params={"value": [[3.0, 2.0], [3.0, 4.0]]}))
    changed = [text for event, text in heard if event == EVENT.NameChanged]
    assert [text.split(",")[0] for text in changed] == ["Tanh a"]


def test_many_changes_are_told_as_one(d: Driver, heard: list[tuple[QAccessible.Event, str]]) -> None:
    of(d.canvas)
    for _ in range(3):
        d.key(Qt.Key.Key_A, CTRL)
        d.key(Qt.Key.Key_D, CTRL)
    heard.clear()
    d.key(Qt.Key.Key_A, CTRL)
    assert [event for event, _ in heard].count(EVENT.SelectionAdd) == 0
    assert [event for event, _ in heard].count(EVENT.SelectionWithin) == 1


def test_nothing_is_made_before_a_screen_reader_asks(qtbot: QtBot) -> None:
    d = Driver(qtbot)
    d.key(Qt.Key.Key_Right)
    d.session.apply(d.session.edits.remove({"h"}))
    assert not d.canvas.findChildren(Part)
    assert d.canvas._tree is None
    of(d.canvas)
    assert d.canvas._tree is not None


def test_a_canvas_goes_with_all_that_was_asked_for(qtbot: QtBot) -> None:
    gone = Canvas(CanvasSession(small()))
    assert sum(len(names(child)) for child in children(of(gone))) > 30
    gone.deleteLater()
    QCoreApplication.sendPostedEvents(gone, QEvent.Type.DeferredDelete.value)
    assert not isValid(gone)
    gc.collect()
    assert len(names(of(Driver(qtbot).canvas))) == 11
