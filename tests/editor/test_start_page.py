"""The start page: cards of the gallery, search, recent files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from compute.document import Document
from compute.gallery import GALLERY
from editor.start_page import StartPage, paint_graph
from tests.compute.test_job import small
from tests.editor.panel_session import opened, shown


@pytest.fixture
def page(qtbot: QtBot) -> Iterator[StartPage]:
    with opened(qtbot, small()) as session:
        page = StartPage(session)
        shown(qtbot, page, 1100, 800)
        yield page


def test_there_is_a_card_for_every_document_of_the_gallery(page: StartPage) -> None:
    assert [card.entry for card in page.shown()] == GALLERY
    assert all(not card.isHidden() for card in page.cards)
    assert all(card.accessibleName() and card.accessibleDescription() for card in page.cards)
    assert not page.grab().isNull()


def test_the_search_filters_by_all_texts_and_enter_opens_the_first(page: StartPage, qtbot: QtBot) -> None:
    QTest.keyClicks(page.search, "iris")
    assert page.shown()
    assert len(page.shown()) < len(GALLERY)
    hidden = [card for card in page.cards if card not in page.shown()]
    assert all(card.isHidden() for card in hidden)
    with qtbot.waitSignal(page.open_requested) as asked:
        QTest.keyClick(page.search, Qt.Key.Key_Return)
    assert asked.args == [str(page.shown()[0].entry.path)]


def test_a_search_without_answer_says_so(page: StartPage, qtbot: QtBot) -> None:
    QTest.keyClicks(page.search, "zzzz")
    assert page.shown() == []
    assert "zzzz" in page.nothing.text()
    assert not page.nothing.isHidden()


def test_a_card_opens_by_mouse_and_by_keyboard(page: StartPage, qtbot: QtBot) -> None:
    asked: list[str] = []
    page.open_requested.connect(asked.append)
    card = page.cards[1]
    QTest.mouseClick(card, Qt.MouseButton.LeftButton)
    card.setFocus()
    QTest.keyClick(card, Qt.Key.Key_Return)
    QTest.keyClick(card, Qt.Key.Key_Space)
    assert asked == [str(card.entry.path)] * 3


def test_recent_files_open_with_a_click(page: StartPage, qtbot: QtBot, tmp_path: Path) -> None:
    assert page.recent.isHidden()
    paths = [tmp_path / "one.gradwire", tmp_path / "two.json"]
    page.set_recent(paths)
    assert not page.recent.isHidden()
    lines = page.recent.findChildren(QPushButton)
    assert [line.accessibleName() for line in lines] == ["Open one.gradwire", "Open two.json"]
    with qtbot.waitSignal(page.open_requested) as asked:
        QTest.mouseClick(lines[1], Qt.MouseButton.LeftButton)
    assert asked.args == [str(paths[1])]


def test_escape_and_the_cross_go_back(page: StartPage, qtbot: QtBot) -> None:
    with qtbot.waitSignal(page.closed):
        QTest.keyClick(page, Qt.Key.Key_Escape)
    with qtbot.waitSignal(page.closed):
        page.close_button.click()


def test_cards_fill_the_width(page: StartPage, qtbot: QtBot) -> None:
    before = page._columns
    page.resize(620, 800)
    qtbot.waitUntil(lambda: page._columns < before)
    assert page._columns == 2


def test_a_small_picture_shows_every_node(qtbot: QtBot) -> None:
    image = QImage(200, 100, QImage.Format.Format_ARGB32)
    image.fill(0)
    painter = QPainter(image)
    paint_graph(painter, Document(), QRectF(0, 0, 200, 100))
    document = small()
    paint_graph(painter, document, QRectF(0, 0, 200, 100))
    painter.end()
    assert any(image.pixelColor(x, y).alpha() for x in range(0, 200, 4) for y in range(0, 100, 4))
