"""A window fits its screen at the first start, and comes back as it was left there; broken settings do no harm."""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QByteArray, QCoreApplication, QEvent, QPoint, QRect
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QTabBar
from pytestqt.qtbot import QtBot

from editor import main_window
from editor.application import Application
from editor.main_window import MainWindow
from editor.panel_list import PANELS, PanelSpec
from editor.places import screen_key
from editor.settings import Settings
from tests.editor.panel_session import WAIT
from tests.editor.test_layout import Counter
from tests.editor.test_workbench import key, press


def opened(example: str = "") -> MainWindow:
    """With a document of the gallery, as one that is named at the start."""
    window = Application("reference").new_window()
    if example:
        window.files.open_example(example)
    window.show()
    QApplication.processEvents()
    return window


def closed(window: MainWindow) -> None:
    window.close()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


@pytest.fixture
def name(qtbot: QtBot) -> Iterator[str]:
    """Where the panels are remembered, which is empty."""
    store = Settings()._store
    store.remove("layout")
    yield f"layout/{screen_key(QGuiApplication.primaryScreen())}/panels"
    store.remove("layout")


def hidden(window: MainWindow) -> set[str]:
    """Of the panels that are shown at first, those that are not."""
    bench = window.workbench
    return {id_ for id_, dock in bench.docks.items() if not dock.spec.hidden and not bench.is_shown(id_)}


def test_at_the_first_start_the_window_lies_on_the_screen(name: str) -> None:
    window = opened()
    room = QGuiApplication.primaryScreen().availableGeometry()
    assert room.contains(window.pos())
    assert room.height() - 60 <= window.height() <= room.height()
    closed(window)


def test_the_next_window_is_a_step_aside_where_the_screen_has_room_for_it_and_never_off_the_screen(name: str) -> None:
    room = QGuiApplication.primaryScreen().availableGeometry()
    program = Application("reference")
    windows = [program.new_window() for _ in range(4)]
    for one, next_ in itertools.pairwise(windows):
        assert room.contains(next_.geometry())
        one.resize(400, 300)
    small = program.new_window()
    small.resize(400, 300)
    small.places.step_down_from(windows[0])
    assert small.pos() == windows[0].pos() + QPoint(32, 32)
    for window in (*windows, small):
        closed(window)


def test_panels_come_back_as_they_were_left(name: str) -> None:
    first = opened()
    first.resize(1500, 900)
    press(first.workbench.docks["loss"].bar.close_)
    press(first.workbench.docks["boundary"].bar.float)
    press(first.workbench.docks["inspector"].bar.wide)
    width = first.workbench.docks["inspector"].width()
    first.files.pages.toggle()  # with the gallery before the canvas, the panels are what they were
    closed(first)
    second = opened()
    second.resize(1500, 900)
    QApplication.processEvents()
    assert hidden(second) == {"loss"}
    assert second.workbench.docks["boundary"].isFloating()
    assert second.workbench.docks["inspector"].width() == width == 750
    second.actions_.by_id["reset_layout"].trigger()
    QApplication.processEvents()
    assert hidden(second) == set()
    assert not second.workbench.docks["boundary"].isFloating()
    assert second.workbench.docks["inspector"].width() == 340
    closed(second)


def test_a_walk_that_the_window_closes_in_hides_nothing_at_the_next_start(name: str) -> None:
    first = opened()
    first.resize(1280, 720)
    first.files.open_example("z_2x_y")
    first.session.start_walk()
    QApplication.processEvents()
    assert hidden(first) == {"loss", "data", "boundary", "training"}
    closed(first)
    second = opened()
    assert hidden(second) == set()
    closed(second)


def test_each_screen_has_a_memory_of_its_own(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    first = opened()
    press(first.workbench.docks["palette"].bar.close_)
    closed(first)
    monkeypatch.setattr("editor.places.screen_key", lambda _screen: "beamer_1280x720")
    second = opened()
    assert hidden(second) == set()
    press(second.workbench.docks["training"].bar.close_)
    # The window is carried over to the first screen, and back.
    monkeypatch.undo()
    second.places._follow()
    assert hidden(second) == {"palette"}
    monkeypatch.setattr("editor.places.screen_key", lambda _screen: "beamer_1280x720")
    second.places._follow()
    assert hidden(second) == {"training"}
    closed(second)


def test_another_size_of_a_screen_is_another_screen() -> None:
    class Screen:
        def __init__(self, name: str, width: int, height: int) -> None:
            self._name, self._area = name, QRect(0, 0, width, height)

        def name(self) -> str:
            return self._name

        def geometry(self) -> QRect:
            return self._area

    some = [Screen("eDP-1", 1920, 1080), Screen("eDP-1", 1280, 720), Screen("HDMI 1/2", 1280, 720)]
    keys = [screen_key(each) for each in some]  # type: ignore[arg-type]
    assert keys == ["eDP_1_1920x1080", "eDP_1_1280x720", "HDMI_1_2_1280x720"]


def test_a_panel_that_an_older_version_did_not_have_stands_where_the_list_has_it(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = opened()
    press(first.workbench.docks["palette"].bar.close_)
    closed(first)
    notes = PanelSpec("notes", "Notes", lambda s, _: Counter(s), "right", 120)
    monkeypatch.setattr(main_window, "PANELS", (*PANELS, notes))
    second = opened()
    assert hidden(second) == {"palette"}
    assert second.panels["notes"].isVisible()
    closed(second)
    monkeypatch.undo()
    third = opened()  # and one that there is no longer is not missed
    assert hidden(third) == {"palette"}
    closed(third)


BROKEN = [
    "nonsense",
    "{}",
    "[]",
    "null",
    '{"docks": 3, "sum": 0, "chosen": [], "wide": []}',
    '{"docks": "AAAA", "sum": 0, "chosen": [], "wide": []}',
    '{"docks": "", "sum": 0, "chosen": [], "wide": []}',
    '{"docks": "", "sum": 0, "chosen": [["loss", true, 1e999]], "wide": []}',
    "[" * 100_000,
]


def test_settings_that_cannot_be_read_give_the_first_layout(name: str) -> None:
    Settings().set_words(name, BROKEN[0])
    Settings().set_layout(name.replace("panels", "window"), QByteArray(b"\x01\xd9\xd0\xcb broken"))
    window = opened()
    most = QGuiApplication.primaryScreen().availableGeometry().height()
    assert hidden(window) == set()
    assert window.height() <= most
    for broken in BROKEN[1:]:
        press(window.workbench.docks["loss"].bar.close_)
        assert hidden(window) == {"loss"}
        Settings().set_words(name, broken)
        window.places.restore()  # as at the start
        assert hidden(window) == set(), broken[:80]
        assert window.height() <= most
    closed(window)


def test_no_change_of_the_settings_by_chance_breaks_the_window(name: str) -> None:
    window = opened()
    chance = random.Random(1)
    press(window.workbench.docks["loss"].bar.close_)
    whole = window.workbench.state()
    for _ in range(60):
        letters = list(whole)
        for _ in range(chance.choice((1, 3, 20))):
            letters[chance.randrange(len(letters))] = chr(chance.randrange(32, 127))
        window.workbench.restore("".join(letters[: chance.choice((len(letters), chance.randrange(len(letters))))]))
        assert window.canvas.isVisible()
    said = json.loads(whole)
    said["chosen"] = [["palette", True, 9000], ["inspector", True, 9000], ["gone", True, 5], ["training", False, -3]]
    assert window.workbench.restore(json.dumps(said))
    QApplication.processEvents()
    assert window.canvas.width() > 0
    closed(window)


def test_f11_fills_the_screen_and_gives_it_back(name: str) -> None:
    from PySide6.QtCore import Qt

    window = opened()
    window.resize(700, 600)
    before = window.size()
    key(window, Qt.Key.Key_F11, Qt.KeyboardModifier.NoModifier)
    assert window.isFullScreen()
    assert window.actions_.by_id["full_screen"].isChecked()
    key(window, Qt.Key.Key_F11, Qt.KeyboardModifier.NoModifier)
    assert not window.isFullScreen()
    assert not window.actions_.by_id["full_screen"].isChecked()
    assert window.size() == before
    closed(window)


def test_a_group_of_panels_has_one_row_of_tabs_whatever_was_put_back(name: str) -> None:
    window = opened()
    window.resize(1500, 900)

    def rows() -> list[list[str]]:
        for _ in range(4):
            QApplication.processEvents()
        page = window.workbench
        bars = [bar for bar in page.children() if isinstance(bar, QTabBar) and bar.isVisible()]
        bars = [bar for bar in bars if page.rect().intersects(bar.geometry())]
        return [[bar.tabText(i) for i in range(bar.count())] for bar in bars]

    assert rows() == [["Loss", "Data"]]
    window.actions_.by_id["reset_layout"].trigger()
    assert rows() == [["Loss", "Data"]]
    state = window.workbench.state()
    window.workbench.restore(state)
    window.workbench.restore(state)
    assert rows() == [["Loss", "Data"]]
    press(window.workbench.docks["loss"].bar.close_)
    assert rows() == []
    window.actions_.by_id["panel_loss"].trigger()
    assert rows() == [["Loss", "Data"]]
    closed(window)


def test_what_a_document_is_about_is_in_front_where_it_is_opened_before_the_window(name: str, qtbot: QtBot) -> None:
    window = opened("why_matrices")

    def in_front() -> list[str]:
        return [id_ for id_ in ("loss", "matrices") if window.workbench.docks[id_].in_sight]

    qtbot.waitUntil(lambda: in_front() == ["matrices"], timeout=WAIT)
    window.workbench.show_panel("loss", True)
    window.hide()
    window.show()
    for _ in range(4):
        QApplication.processEvents()
    assert in_front() == ["loss"]  # as it was left
    closed(window)
    window = opened()
    assert not window.workbench.is_shown("matrices")  # another document may be opened next
    closed(window)
