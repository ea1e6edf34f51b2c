"""Row and column that make a number are lit in pictures of both tensors, in the backward pass too."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPoint, QPointF
from pytestqt.qtbot import QtBot

from compute.focus import Focus, Subject
from editor import theme
from editor.panels.factor_maps import FactorMaps
from editor.panels.inspector import Inspector
from editor.panels.why import WhyTab
from editor.session import Session
from tests.editor.panel_session import click


def names(maps: FactorMaps) -> list[str]:
    return [one.name._whole for one in maps.ones if one.isVisible()]


def signs(maps: FactorMaps) -> list[str]:
    return [sign.text() for sign in maps.signs if sign.isVisible()]


def ask(inspector: Inspector, focus: Focus) -> FactorMaps:
    inspector.session.focus_on(focus)
    return inspector.tab(WhyTab).maps


def test_a_product_shows_its_row_its_column_and_its_cell(inspector: Inspector, session: Session) -> None:
    trace = session.snapshot.trace
    maps = ask(inspector, Focus(Subject("node", "h"), "value", (2, 3)))
    assert maps.isVisible()
    assert names(maps) == ["x[2, ·]", "h.weight[·, 3]", "h[2, 3]"]
    assert signs(maps) == ["·", "="]
    x, w, h = (one.map.sheet for one in maps.ones)
    assert (x.spans, w.spans, h.spans) == (((2, None),), ((None, 3),), ())
    assert h.lit == (2, 3)
    for sheet, array in ((x, trace.values["x"]), (w, trace.parameters["h.weight"]), (h, trace.values["h"])):
        np.testing.assert_array_equal(sheet.matrix, array)


def test_the_gradient_of_a_weight_shows_a_column_of_each(inspector: Inspector, session: Session) -> None:
    maps = ask(inspector, Focus(Subject("weight", "h", "weight"), "gradient", (1, 2)))
    assert names(maps) == ["∂L/∂h[·, 2]", "x[·, 1]", "∂L/∂h.weight[1, 2]"]
    assert [one.map.sheet.spans for one in maps.ones] == [((None, 2),), ((None, 1),), ()]
    # The gradient of a bias is the sum of one column.
    ask(inspector, Focus(Subject("weight", "h", "bias"), "gradient", (1,)))
    assert names(maps) == ["∂L/∂h[·, 1]", "∂L/∂h.bias[1]"]
    assert signs(maps) == ["→"]


def test_a_click_in_a_picture_asks_about_that_entry(inspector: Inspector, session: Session, qtbot: QtBot) -> None:
    maps = ask(inspector, Focus(Subject("weight", "h", "weight"), "gradient", (1, 2)))
    picture = maps.ones[1].map
    area = picture.area
    click(picture, QPoint(round(area.left() + area.width() / 4), round(area.top() + area.height() * 0.6)))
    assert session.focus == Focus(Subject("node", "x"), "value", (2, 0))
    assert session.sample == 2


def test_where_nothing_is_added_up_there_are_no_pictures(inspector: Inspector, session: Session) -> None:
    maps = ask(inspector, Focus(Subject("node", "h"), "value", (2, 3)))
    assert maps.isVisible()
    ask(inspector, Focus(Subject("node", "t"), "value", (2, 3)))
    assert not maps.isVisible()
    session.start_walk("entry")
    session.finish_phase()
    assert session.walk is not None
    assert session.walk.step.node == "z"
    assert maps.isVisible()
    assert names(maps)[-1] == "z[3, 0]"
    # What the walk has not come to is no number, and not asked about.
    session.walk_by(-2)
    sheet = maps.ones[-1].map.sheet
    assert (session.walk.step.entry, sheet.reached) == ((1, 0), 2)
    picture, area = maps.ones[-1].map, maps.ones[-1].map.area
    places = [QPointF(area.center().x(), area.top() + share * area.height()) for share in (0.4, 0.6)]
    assert [picture.cell_at(place) for place in places] == [(1, 0), None]
    assert [bool(picture.say(place)) for place in places] == [True, False]
    image = picture.grab().toImage()
    assert image.pixelColor(places[1].toPoint()) == theme.color(theme.current().panel)
