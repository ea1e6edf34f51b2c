"""Every control of the window has a name for screen readers, whatever is shown; combo boxes by their label."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QApplication,
    QComboBox,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QScrollBar,
    QTabBar,
    QWidget,
)
from pytestqt.qtbot import QtBot

from editor import accessible
from editor.main_window import MainWindow
from editor.panels.tabs import TABS
from editor.panels.widgets import Combo

CONTROLS = (QAbstractButton, QComboBox, QLineEdit, QPlainTextEdit, QAbstractSlider, QAbstractItemView, QTabBar)
NAME, VALUE = QAccessible.Text.Name, QAccessible.Text.Value


@pytest.fixture(scope="module", autouse=True)
def installed(qapp: QApplication) -> None:
    accessible.install()


def said(widget: QWidget, what: QAccessible.Text = NAME) -> str:
    return QAccessible.queryAccessibleInterface(widget).text(what)


def nameless(window: MainWindow) -> list[str]:
    """The controls in sight without a name; a corner of a table and what only scrolls are none."""
    return [
        f"{type(each).__name__} in {type(each.parent()).__name__} in {type(each.window()).__name__}"
        for each in window.findChildren(QWidget)
        if isinstance(each, CONTROLS)
        and each.isVisible()
        and not isinstance(each, QScrollBar)
        and not isinstance(each.parent(), QAbstractItemView)
        and not said(each)
    ]


def test_what_is_made_while_a_screen_reader_listens_is_named_too(qtbot: QtBot) -> None:
    QAccessible.setActive(True)
    try:
        combo = Combo([("adam", "Adam"), ("sgd", "SGD")], name="Optimizer")
    finally:
        QAccessible.setActive(False)
    qtbot.addWidget(combo)
    assert (said(combo), said(combo, VALUE)) == ("Optimizer", "Adam")


@pytest.mark.parametrize("example", ["z_2x_y", "xor"])
def test_every_control_in_sight_has_a_name(window: MainWindow, qtbot: QtBot, example: str) -> None:
    window.files.open_example(example)
    session = window.session
    qtbot.waitUntil(lambda: session.snapshot.revision == session.revision)
    assert nameless(window) == []
    for node_id in session.document.graph.nodes:
        session.select([node_id])
        for index in (i for i in range(len(TABS)) if window.inspector.tabs.isTabVisible(i)):
            window.inspector.tabs.setCurrentIndex(index)
            assert nameless(window) == []
    session.select([next(iter(session.document.graph.wires))])
    assert nameless(window) == []
    session.start_walk()
    for panel in ("memory", "matrices"):
        window.workbench.show_panel(panel, True)
        assert nameless(window) == []
    qtbot.waitUntil(window.stepper.isVisible)
    assert nameless(window) == []
    window.notices.complain("Something is wrong.")
    assert nameless(window) == []
    window.pages.show_start(True)
    assert nameless(window) == []


def test_combo_boxes_are_named_by_their_label_and_tell_what_is_chosen(window: MainWindow, qtbot: QtBot) -> None:
    labels = {label.buddy(): label.text() for label in window.findChildren(QLabel) if label.buddy() is not None}
    boxes = list(window.training_panel.findChildren(QComboBox))
    assert len(boxes) >= 3
    for box in boxes:
        (label,) = (labels[each] for each in (box, box.parentWidget()) if each in labels)
        assert said(box).lower() == label
        assert said(box, VALUE) == box.currentText()
    optimizer = QAccessible.queryAccessibleInterface(window.training_panel.optimizer)
    assert optimizer.role() == QAccessible.Role.ComboBox
    rows = optimizer.child(0)
    assert [rows.child(i).text(NAME) for i in range(2)] == ["SGD", "RMSprop"]
    actions = optimizer.actionInterface()
    assert actions.showMenuAction() in actions.actionNames()
    actions.doAction(actions.showMenuAction())
    assert optimizer.state().expanded
    actions.doAction(actions.pressAction())
    qtbot.waitUntil(lambda: not optimizer.state().expanded)


def test_an_editable_combo_box_has_one_name(window: MainWindow) -> None:
    boxes = [box for box in window.findChildren(QComboBox) if box.isEditable()]
    assert boxes
    for box in boxes:
        line = box.lineEdit()
        assert line is not None
        assert said(line) == said(box) == "learning rate"
