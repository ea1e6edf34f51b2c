"""The palette: groups, search, keyboard, drag."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from compute.ops import REGISTRY
from editor.panels.palette import MIME, Palette, rank
from tests.compute.test_job import small
from tests.editor.panel_session import opened, shown


@pytest.fixture
def palette(qtbot: QtBot) -> Iterator[Palette]:
    with opened(qtbot, small()) as session:
        palette = Palette(session)
        shown(qtbot, palette, 200, 700)
        yield palette


def row_of(palette: Palette, text: str) -> int:
    return next(i for i in range(palette.model.rowCount()) if palette.model.item(i).text() == text)


def test_it_offers_every_op_of_the_registry_under_its_group(palette: Palette) -> None:
    assert set(palette.shown()) == set(REGISTRY)
    assert row_of(palette, "Layers") < row_of(palette, "Dense") < row_of(palette, "Activations")
    assert [palette.model.item(row_of(palette, "Matrix") + i).text() for i in (1, 2, 5, 6)] == [
        "MatMul",
        "Transpose",
        "Concat",
        "Reshape",
    ]


def test_typing_filters_and_marks_the_best(palette: Palette, qtbot: QtBot) -> None:
    QTest.keyClicks(palette.search, "softm")
    assert list(palette.shown())[:1] == ["softmax"]
    assert set(palette.shown()) == {"softmax", "log_softmax", "softmax_cross_entropy"}
    assert palette.view.currentIndex().data() == "Softmax"


def test_enter_adds_the_marked_op(palette: Palette, qtbot: QtBot) -> None:
    QTest.keyClicks(palette.search, "tan")
    with qtbot.waitSignal(palette.add_requested) as added:
        QTest.keyClick(palette.search, Qt.Key.Key_Return)
    assert added.args == ["tanh"]


def test_the_arrows_walk_over_ops_and_skip_headings(palette: Palette, qtbot: QtBot) -> None:
    QTest.keyClick(palette.search, Qt.Key.Key_Down)
    assert palette.view.currentIndex().data() == "Input"
    for _ in range(5):
        QTest.keyClick(palette.view, Qt.Key.Key_Down)
    assert palette.view.currentIndex().data() == "Dense"
    with qtbot.waitSignal(palette.add_requested) as added:
        QTest.keyClick(palette.view, Qt.Key.Key_Return)
    assert added.args == ["dense"]


def test_letters_typed_in_the_list_go_to_the_search(palette: Palette, qtbot: QtBot) -> None:
    QTest.keyClicks(palette.view, "re")
    assert palette.search.text() == "re"


def test_escape_clears_the_search(palette: Palette, qtbot: QtBot) -> None:
    QTest.keyClicks(palette.search, "zzz")
    assert list(palette.shown()) == []
    assert "zzz" in palette.nothing.text()
    QTest.keyClick(palette.search, Qt.Key.Key_Escape)
    assert set(palette.shown()) == set(REGISTRY)
    assert not palette.nothing.isVisible()


def test_a_click_asks_for_the_op_and_a_heading_for_nothing(palette: Palette, qtbot: QtBot) -> None:
    added: list[str] = []
    palette.add_requested.connect(added.append)
    for text in ("Layers", "Dense"):
        place = palette.view.visualRect(palette.model.index(row_of(palette, text), 0)).center()
        QTest.mouseClick(palette.view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert added == ["dense"]


def test_a_dragged_op_carries_its_name(palette: Palette) -> None:
    data = palette.model.mimeData([palette.model.index(row_of(palette, "ReLU"), 0)])
    assert bytes(data.data(MIME).data()) == b"relu"
    assert palette.view.dragEnabled()


def test_every_op_says_what_it_does(palette: Palette) -> None:
    tips = {palette.model.item(i).toolTip() for i in range(palette.model.rowCount())}
    assert {op.help for op in REGISTRY.values()} <= tips


def test_beginnings_come_before_middles_and_those_before_help_texts() -> None:
    assert rank(REGISTRY["dense"], "den") == 0
    assert rank(REGISTRY["relu"], "lu") == 1
    assert rank(REGISTRY["dense"], "neurons") == 2
    assert rank(REGISTRY["dense"], "softmax") is None
    assert rank(REGISTRY["softmax_cross_entropy"], "cross ent") == 1
