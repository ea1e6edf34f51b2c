"""The focus, set from everywhere that a number stands, and followed by header, tables, explanation and canvas."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QPushButton
from pytestqt.qtbot import QtBot

from compute.explain import Quantity
from compute.focus import Focus, Subject
from compute.graph import Node
from compute.numbers_text import precise
from editor.panels.inspector import Inspector
from editor.panels.tensor_tab import GradientTab, ValuesTab
from editor.panels.weights_tab import WeightsTab
from editor.panels.why import WhyTab
from editor.session import Session
from tests.editor.panel_session import PAUSE, click, click_cell, settle

H, T = Subject("node", "h"), Subject("node", "t")
WEIGHT = Subject("weight", "h", "weight")


def told(inspector: Inspector) -> str:
    """The number that Why answers for, as it is written there."""
    title = inspector.tab(WhyTab).title.text()
    assert title.startswith("Why is this ")
    return title.removesuffix("?").split()[-1]


def part_lines(inspector: Inspector) -> list[QPushButton]:
    QTest.qWait(1)  # the lines of the answer before are deleted when the event loop is back
    lines = inspector.tab(WhyTab).parts.findChildren(QPushButton)
    return [line for line in lines if line.isEnabled()]


def now(session: Session) -> Focus | None:
    return session.focus


def asks(session: Session) -> Quantity:
    assert session.focus is not None
    return session.focus.asks(session.document.graph)


# -- tables --------------------------------------------------------------------------------------------------------


def test_a_cell_of_the_values(inspector: Inspector, session: Session) -> None:
    session.select(["h"])
    inspector.show_tab("Values")
    click_cell(inspector.tab(ValuesTab).view, 2, 1)
    assert now(session) == Focus(H, "value", (2, 1))
    assert session.sample == 2
    assert inspector.header.name.text() == "h"
    assert told(inspector) == precise(session.snapshot.trace.values["h"][2, 1])
    inspector.show_tab("Values")
    assert inspector.tab(ValuesTab).view.model_.lit == (2, 1)


def test_the_cell_in_focus_is_brought_into_sight(inspector: Inspector, session: Session, qtbot: QtBot) -> None:
    session.apply(session.edits.add_node(Node("c", "constant", {"value": np.arange(4000.0).reshape(400, 10).tolist()})))
    settle(qtbot, session)
    session.select(["c"])
    inspector.show_tab("Values")
    view = inspector.tab(ValuesTab).view
    QTest.qWait(PAUSE)  # until the table has its scroll bars
    for entry in ((399, 9), (0, 0)):
        session.focus_on(Focus(Subject("node", "c"), "value", entry), explain=False)
        place = view.visualRect(view.model_.index(*entry))
        assert view.viewport().rect().contains(place)


def test_a_cell_of_the_gradient_of_a_node_and_of_a_wire(inspector: Inspector, session: Session) -> None:
    session.select(["h"])
    inspector.show_tab("Gradient")
    click_cell(inspector.tab(GradientTab).view, 1, 3)
    assert now(session) == Focus(H, "gradient", (1, 3))
    assert told(inspector) == precise(session.snapshot.trace.grads["h"][1, 3])
    session.select({("loss", "prediction")})
    inspector.show_tab("Gradient")
    click_cell(inspector.tab(GradientTab).view, 3, 0)
    assert now(session) == Focus(Subject("wire", "loss", "prediction"), "gradient", (3, 0))
    assert (inspector.header.name.text(), inspector.header.kind.text()) == ("z → loss", "Wire")
    assert told(inspector) == precise(session.snapshot.trace.wire_grads["loss", "prediction"][3, 0])
    inspector.show_tab("Values")
    assert inspector.tab(ValuesTab).view.model_.lit is None


def test_a_weight_stays_in_sight_to_be_edited_and_its_why_is_a_click_away(
    inspector: Inspector, session: Session
) -> None:
    session.select(["h"])
    inspector.show_tab("Weights")
    tab = inspector.tab(WeightsTab)
    click_cell(tab.view, 1, 2)
    assert now(session) == Focus(WEIGHT, "value", (1, 2))
    assert session.selection.single == "h"
    assert inspector.tabs.currentWidget() is tab
    assert tab.view.model_.lit == (1, 2)
    assert inspector.header.where._whole == "h.weight 2×4"
    click(tab.why)
    assert inspector.tabs.currentWidget() is inspector.tab(WhyTab)
    assert told(inspector) == precise(session.snapshot.trace.parameters["h.weight"][1, 2])


def test_enter_on_a_weight_asks_about_that_one(inspector: Inspector, session: Session) -> None:
    session.select(["h"])
    inspector.show_tab("Weights")
    view = inspector.tab(WeightsTab).view
    click_cell(view, 1, 2)
    QTest.keyClick(view, Qt.Key.Key_Left)
    QTest.keyClick(view, Qt.Key.Key_Return)
    assert now(session) == Focus(WEIGHT, "value", (1, 1))
    assert told(inspector) == precise(session.snapshot.trace.parameters["h.weight"][1, 1])


def test_a_gradient_of_a_weight(inspector: Inspector, session: Session) -> None:
    session.select(["h"])
    inspector.show_tab("Weights")
    tab = inspector.tab(WeightsTab)
    click(tab.side._buttons["gradient"])
    click_cell(tab.view, 0, 3)
    assert now(session) == Focus(WEIGHT, "gradient", (0, 3))
    assert inspector.header.name.text() == "h"
    assert told(inspector) == precise(session.snapshot.trace.parameter_grads["h.weight"][0, 3])


def test_the_table_of_weights_follows_a_focus_that_was_set_elsewhere(inspector: Inspector, session: Session) -> None:
    session.select(["h"])
    inspector.show_tab("Weights")
    session.focus_on(Focus(Subject("weight", "h", "bias"), "gradient", (2,)), explain=False)
    tab = inspector.tab(WeightsTab)
    assert (tab.which.key, tab.side.key) == ("bias", "gradient")
    assert tab.view.model_.lit == (0, 2)


# -- why -----------------------------------------------------------------------------------------------------------


def test_what_is_followed_three_times_takes_everything_along_and_comes_back(
    inspector: Inspector, session: Session
) -> None:
    session.focus_on(Focus(T, "gradient", (1, 2)))
    places, titles, headers = [session.focus], [inspector.tab(WhyTab).title.text()], [inspector.header.name.text()]
    for _ in range(3):
        click(part_lines(inspector)[0])
        assert session.focus is not None
        assert session.focus != places[-1]
        places.append(session.focus)
        titles.append(inspector.tab(WhyTab).title.text())
        headers.append(inspector.header.name.text())
        holder = session.focus.subject.holder
        assert (session.selection.wire, session.selection.single) == (
            holder.wire, None if holder.wire else holder.node
        )  # fmt: skip
        assert session.focus.entry is not None
        assert told(inspector) == precise(session.facts.at(asks(session), session.focus.entry))
    assert len(set(headers)) > 1
    why = inspector.tab(WhyTab)
    assert not why.forth.isEnabled()
    for place, title, header in zip(places[-2::-1], titles[-2::-1], headers[-2::-1], strict=True):
        click(why.back)
        assert (session.focus, why.title.text(), inspector.header.name.text()) == (place, title, header)
    assert not why.back.isEnabled()
    for place in places[1:]:
        click(why.forth)
        assert now(session) == place


def test_parts_of_a_mean_are_those_of_the_chosen_sample(inspector: Inspector, session: Session) -> None:
    session.set_sample(3)
    session.focus_on(Focus(Subject("node", "loss"), "value", ()))
    click(next(line for line in part_lines(inspector) if line.accessibleName().startswith("z[3, 0]")))
    assert now(session) == Focus(Subject("node", "z"), "value", (3, 0))
    assert told(inspector) == precise(session.snapshot.trace.values["z"][3, 0])


def test_a_number_of_another_sample_chooses_that_sample(inspector: Inspector, session: Session) -> None:
    session.set_sample(3)
    session.focus_on(Focus(H, "value", (1, 2)))
    assert session.sample == 1
    assert told(inspector) == precise(session.snapshot.trace.values["h"][1, 2])


def test_of_a_whole_row_or_column_the_steepest_entry_is_asked_about(inspector: Inspector, session: Session) -> None:
    session.set_sample(2)
    session.focus_on(Focus(H, "value", (2, 1)))
    click(next(line for line in part_lines(inspector) if line.accessibleName().startswith("h.weight[·, 1]")))
    assert session.focus is not None
    assert session.focus.subject == WEIGHT
    assert session.focus.entry is not None
    assert session.focus.entry[1] == 1


def test_the_other_side_is_that_of_the_same_number(inspector: Inspector, session: Session) -> None:
    session.focus_on(Focus(H, "value", (3, 1)))
    click(inspector.tab(WhyTab).side._buttons["gradient"])
    assert now(session) == Focus(H, "gradient", (3, 1))
    assert told(inspector) == precise(session.snapshot.trace.grads["h"][3, 1])


# -- selection, sample, document -----------------------------------------------------------------------------------


def test_what_is_selected_is_asked_about_on_the_side_last_asked(inspector: Inspector, session: Session) -> None:
    session.select(["h"])
    assert now(session) == Focus(H, "gradient")
    session.focus_on(Focus(H, "value", (0, 0)))
    session.select(["t"])
    assert now(session) == Focus(T, "value")
    session.focus_on(Focus(T, "gradient"))
    session.select(["y"])  # which the loss has no gradient for
    assert now(session) == Focus(Subject("node", "y"), "value")
    session.select({("z", "x")})
    assert now(session) == Focus(Subject("wire", "z", "x"), "gradient")
    session.select(["h", "t"])
    assert now(session) is None
    assert inspector.overview.isVisible()
    session.back()
    assert now(session) == Focus(Subject("wire", "z", "x"), "gradient")
    assert session.selection.wire == ("z", "x")


def test_a_focus_follows_the_sample(inspector: Inspector, session: Session) -> None:
    session.focus_on(Focus(H, "value", (0, 2)))
    session.set_sample(3)
    assert now(session) == Focus(H, "value", (3, 2))
    assert told(inspector) == precise(session.snapshot.trace.values["h"][3, 2])
    session.focus_on(Focus(WEIGHT, "value", (0, 2)))
    session.set_sample(1)
    assert now(session) == Focus(WEIGHT, "value", (0, 2))
    session.back()
    assert (session.focus, session.sample) == (Focus(H, "value", (3, 2)), 3)


def test_what_is_deleted_is_neither_in_focus_nor_on_the_way_back(inspector: Inspector, session: Session) -> None:
    session.focus_on(Focus(H, "value", (0, 0)))
    session.focus_on(Focus(Subject("wire", "t", "x"), "gradient", (0, 0)))
    session.focus_on(Focus(T, "value", (0, 0)))
    session.apply(session.edits.remove({"t"}))
    assert now(session) is None
    assert inspector.overview.isVisible()
    session.back()
    assert now(session) == Focus(H, "value", (0, 0))
    session.back()
    session.forward()
    assert now(session) == Focus(H, "value", (0, 0))
    session.new()
    assert (session.focus, session.trail.behind, session.trail.ahead) == (None, None, None)


# -- the walk ------------------------------------------------------------------------------------------------------


def test_each_step_of_a_walk_is_in_focus_and_what_is_asked_meanwhile_until_the_next(
    inspector: Inspector, session: Session
) -> None:
    session.select(["x"])
    session.start_walk()
    assert session.walk is not None
    for index in range(len(session.walk.steps)):
        session.walk_to(index)
        step = session.walk.step
        assert now(session) == Focus.on(step.told[0], step.entries[0])
        assert inspector.subject is not None
        assert inspector.subject.node == step.node
        assert inspector.tab(WhyTab).title.text() == step.title
    session.walk_to(2)
    at = session.focus
    session.focus_on(Focus(WEIGHT, "value", (0, 0)))
    assert told(inspector) == precise(session.snapshot.trace.parameters["h.weight"][0, 0])
    session.back()
    assert now(session) == at
    assert inspector.tab(WhyTab).title.text() == session.walk.step.title
    session.forward()
    session.walk_by(1)
    assert now(session) == session.walk.focus
    session.stop_walk()
    assert (session.focus, session.selection.single) == (Focus(Subject("node", "x"), "gradient"), "x")


def test_the_sample_of_a_walk_is_followed(session: Session) -> None:
    session.start_walk()
    session.walk_to(1)
    session.set_sample(3)
    assert session.walk is not None
    assert now(session) == session.walk.focus
    assert session.walk.focus.entry is not None
    assert session.walk.focus.entry[0] == 3


def test_what_was_asked_in_a_walk_stays_after_it(session: Session) -> None:
    session.select(["x"])
    session.start_walk()
    session.focus_on(Focus(H, "value", (1, 1)))
    session.stop_walk()
    assert now(session) == Focus(H, "value", (1, 1))


def test_every_button_of_the_way_has_a_name(inspector: Inspector) -> None:
    why = inspector.tab(WhyTab)
    buttons: list[QAbstractButton] = [why.back, why.forth]
    assert all(each.accessibleName() and each.toolTip() for each in buttons)
    assert np.all([each.focusPolicy() == Qt.FocusPolicy.TabFocus for each in buttons])
