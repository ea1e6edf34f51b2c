"""Text from 100 to 200 %, in every window and at once; a projector has a size and a layout of its own."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

import pytest
from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtWidgets import QAbstractScrollArea, QApplication, QFrame, QLabel, QPushButton, QScrollArea, QWidget
from pytestqt.qtbot import QtBot
from shiboken6 import getCppPointer

from editor import scale, theme
from editor.application import Application
from editor.banner import Choice
from editor.dock import Dock
from editor.main_window import MainWindow
from editor.panels.widgets import Elided
from editor.settings import Settings
from tests.editor.as_new import shown_in
from tests.editor.canvas_driver import CTRL
from tests.editor.panel_session import settle
from tests.editor.test_workbench import key, press

ALT = Qt.KeyboardModifier.AltModifier
NONE = Qt.KeyboardModifier.NoModifier


@pytest.fixture(autouse=True)
def as_the_system(qtbot: QtBot) -> Iterator[None]:
    """Text and memory as at the first start, before and after."""
    store = Settings()._store
    for each in ("text_scale", "projector", "layout"):
        store.remove(each)
    theme.set_scale(1.0)
    yield
    for each in ("text_scale", "projector", "layout"):
        store.remove(each)
    theme.set_scale(1.0)
    theme.finish_change()


def done() -> None:
    theme.finish_change()
    for _ in range(4):
        QApplication.processEvents()


def sizes(window: MainWindow) -> dict[int, float]:
    return {getCppPointer(each)[0]: each.font().pointSizeF() for each in shown_in(window)}


def clipped(window: QWidget) -> list[str]:
    """The texts that do not fit into what they stand in; what scrolls and what is cut with … is left out."""
    out = []
    for each in shown_in(window):
        if not isinstance(each, QLabel | QPushButton) or isinstance(each, Elided):
            continue
        text = each.text()
        if not text or "\n" in text or _behind_a_tab(each):
            continue
        around = each.parentWidget()
        scrolls = False
        while around is not None and not around.isWindow():
            scrolls = scrolls or isinstance(around, QAbstractScrollArea)
            around = around.parentWidget()
        metrics = each.fontMetrics()
        wraps = isinstance(each, QLabel) and each.wordWrap()
        if each.height() < metrics.height() - 2 or (not wraps and each.width() < metrics.horizontalAdvance(text) - 1):
            out.append(f"{type(each).__name__} “{text}” in {each.width()}×{each.height()}")
        elif not scrolls:
            place = QRect(each.mapTo(window, QPoint()), each.size())
            if not window.rect().contains(place):
                out.append(f"{type(each).__name__} “{text}” beyond the window")
    return out


def overlapping(window: MainWindow) -> list[str]:
    """The panels that lie over each other."""
    docks = {name: dock.geometry() for name, dock in window.workbench.docks.items() if not _behind_a_tab(dock.widget())}
    shown = [(name, place) for name, place in docks.items() if window.workbench.docks[name].isVisible()]
    return [f"{a} {b}" for (a, here), (b, there) in combinations(shown, 2) if here.intersects(there)]


def _behind_a_tab(widget: QWidget | None) -> bool:
    while widget is not None and not isinstance(widget, Dock):
        widget = widget.parentWidget()
    return isinstance(widget, Dock) and not widget.in_sight


def test_text_grows_and_shrinks_by_keys_and_is_the_same_again(window: MainWindow) -> None:
    before, app = sizes(window), QApplication.font().pointSizeF()
    key(window, Qt.Key.Key_Equal, CTRL | ALT)
    key(window, Qt.Key.Key_Equal, CTRL | ALT)
    done()
    after = sizes(window)
    assert scale.factor() == 1.25
    assert QApplication.font().pointSizeF() == pytest.approx(1.25 * app)
    assert {round(after[i] / size, 6) for i, size in before.items() if i in after} == {1.25}
    assert Application("reference").text_scale == 1.25
    for _ in range(3):
        key(window, Qt.Key.Key_Minus, CTRL | ALT)
    done()
    assert scale.factor() == 1.0
    assert not window.actions_.by_id["text_smaller"].isEnabled()
    assert {round(size, 6) for size in sizes(window).values()} == {round(size, 6) for size in before.values()}


@pytest.mark.parametrize("factor", [1.0, 1.5, 2.0])
@pytest.mark.parametrize("example", ["spiral", "tumours", "z_2x_y"])
def test_at_every_size_of_text_all_of_it_is_seen_on_a_small_screen(
    window: MainWindow, qtbot: QtBot, factor: float, example: str
) -> None:
    window.resize(1280, 720)
    window.windows.set_text_scale(factor)
    window.files.open_example(example)
    settle(qtbot, window.session)
    done()
    assert window.size() == QSize(1280, 720)
    assert window.minimumSizeHint().height() <= 720
    assert window.minimumSizeHint().width() <= 1264
    assert window.panels["training"].width() > 240
    assert clipped(window) == []
    node = next(iter(window.session.document.graph.nodes))
    window.session.select([node])
    done()
    for i in range(window.inspector.tabs.count()):
        if window.inspector.tabs.isTabVisible(i):
            window.inspector.tabs.setCurrentIndex(i)
            done()
            assert clipped(window) == [], window.inspector.tabs.tabText(i)
            assert overlapping(window) == [], window.inspector.tabs.tabText(i)
    window.workbench.show_panel("plots", True)
    done()
    assert overlapping(window) == []
    window.workbench.show_panel("plots", False)
    window.session.start_walk()
    done()
    assert clipped(window) == []
    assert window.size() == QSize(1280, 720)
    assert window.canvas.height() > {1.0: 360, 1.5: 360, 2.0: 270}[factor]


def test_at_twice_the_size_a_question_and_a_walk_share_a_small_screen(window: MainWindow, qtbot: QtBot) -> None:
    window.resize(1280, 720)
    window.windows.set_text_scale(2.0)
    window.files.open_example("spiral")
    settle(qtbot, window.session)
    banner, stepper, canvas = window.notices.banner, window.stepper, window.canvas
    answers = tuple((text, "", lambda: None) for text in ("Restore", "Restore all 3", "Discard"))
    banner.ask(Choice("Work on “mazur.gradwire” from 12:33 was not saved (and 2 more).", answers))
    key(window, Qt.Key.Key_F9, NONE)
    done()

    def whole() -> bool:
        words = banner.text.height() >= banner.text.heightForWidth(banner.text.width())
        return words and stepper.height() >= stepper.heightForWidth(stepper.width()) and clipped(window) == []

    assert whole()
    assert banner.text.width() > 0.7 * banner.width()  # with the buttons below it
    key(window, Qt.Key.Key_2)  # the inspector goes
    done()
    assert whole()
    press(banner.offer)
    done()
    assert whole()
    assert not banner.isVisible()
    key(window, Qt.Key.Key_3)  # and the loss is called back
    done()
    assert window.panels["loss"].isVisible()
    assert whole()
    assert canvas.height() > 90


def test_gallery_and_sheets_fit_a_small_screen_at_twice_the_size(window: MainWindow) -> None:
    window.resize(1280, 720)
    window.windows.set_text_scale(2.0)
    window.files.pages.show_start(True)
    done()
    inside = window.pages.start._inside
    assert inside.width() <= window.width()
    assert clipped(window.pages.start) == []
    window.files.pages.show_start(False)
    for toggle in (window.tools.toggle_sheet, window.tools.toggle_preferences):
        toggle()
        done()
        sheet = QApplication.activePopupWidget()
        assert isinstance(sheet, QFrame)
        (area,) = sheet.findChildren(QScrollArea)
        (page,) = area.viewport().findChildren(QWidget, options=Qt.FindChildOption.FindDirectChildrenOnly)
        assert page.width() <= area.viewport().width()
        assert sheet.height() <= window.height()
        toggle()


def test_a_window_that_is_opened_later_has_the_same_text(window: MainWindow) -> None:
    window.windows.set_text_scale(1.5)
    done()
    other = Application("reference").new_window()
    assert other.transport.train.font().pointSizeF() == window.transport.train.font().pointSizeF()
    other.close()


def test_what_was_made_wide_by_large_text_is_as_narrow_as_before_without_it(window: MainWindow, qtbot: QtBot) -> None:
    window.resize(1280, 720)
    window.files.open_example("spiral")
    settle(qtbot, window.session)
    narrow = window.inspector.width()
    window.windows.set_text_scale(2.0)
    done()
    window.session.select(["x"])
    done()
    assert window.inspector.width() > narrow
    window.session.select([])  # the page of the node is hidden, and was measured with large text
    window.windows.set_text_scale(1.0)
    done()
    assert window.inspector.width() == narrow


def test_a_theme_chosen_while_text_grows_leaves_no_font_behind(window: MainWindow) -> None:
    before = sizes(window)
    window.windows.set_text_scale(2.0)
    window.windows.set_theme("light")
    done()
    after = sizes(window)
    assert {round(after[i] / size, 6) for i, size in before.items() if i in after} == {2.0}
    window.windows.set_theme("dark")
    done()


def test_the_canvas_is_as_large_as_text_at_100_percent(window: MainWindow) -> None:
    window.windows.set_text_scale(1.5)
    done()
    key(window, Qt.Key.Key_0)
    assert window.canvas.camera.zoom == 1.5
    window.canvas.fit()
    assert window.canvas.camera.zoom <= 1.5


def shown(window: MainWindow) -> set[str]:
    return {id_ for id_ in window.workbench.docks if window.workbench.is_shown(id_)}


def test_with_a_projector_text_is_larger_and_panels_are_out_of_the_way_and_come_when_called(
    window: MainWindow,
) -> None:
    window.actions_.by_id["panel_loss"].trigger()
    everything = shown(window)
    assert everything == {id_ for id_, each in window.workbench.docks.items() if not each.spec.hidden} - {"loss"}
    key(window, Qt.Key.Key_P, CTRL | ALT)
    done()
    assert window.actions_.by_id["projector"].isChecked()
    assert (scale.factor(), shown(window)) == (1.5, set())
    assert window.canvas.width() == window.width()
    key(window, Qt.Key.Key_2)
    assert shown(window) == {"inspector"}
    key(window, Qt.Key.Key_0, CTRL | ALT)
    assert shown(window) == set()
    key(window, Qt.Key.Key_2)
    key(window, Qt.Key.Key_Equal, CTRL | ALT)
    key(window, Qt.Key.Key_P, CTRL | ALT)
    done()
    assert (scale.factor(), shown(window)) == (1.0, everything)
    key(window, Qt.Key.Key_P, CTRL | ALT)
    done()
    assert (scale.factor(), shown(window)) == (1.75, {"inspector"})
    again = Application("reference")
    assert again.projector
    other = again.new_window()
    assert shown(other) == {"inspector"}
    other.close()
    key(window, Qt.Key.Key_P, CTRL | ALT)
    done()


def test_in_a_walk_with_a_projector_the_formula_stays_until_the_inspector_has_it(window: MainWindow) -> None:
    window.resize(1280, 720)
    window.windows.set_projector(True)
    done()
    key(window, Qt.Key.Key_F9, NONE)
    done()
    assert window.stepper.formula.isVisible()
    key(window, Qt.Key.Key_F9, NONE)
    window.windows.set_projector(False)


def test_each_screen_has_its_own_size_of_text(window: MainWindow) -> None:
    application = window.windows
    application.set_text_scale(1.25)
    application.come_to("wall_3840x2160")
    assert application.text_scale == 1.25  # as it was chosen last
    application.set_text_scale(2.0)
    application.set_projector(True)
    application.come_to("desk_1920x1080")
    assert application.projector  # nothing was ever said about that screen
    application.set_projector(False)
    assert application.text_scale == 2.0
    application.set_text_scale(1.1)
    application.come_to("wall_3840x2160")
    assert (application.projector, application.text_scale) == (True, 1.5)
    application.set_projector(False)
    assert application.text_scale == 2.0
    done()


@pytest.mark.parametrize("broken", ["nonsense", "nan", "-3", "inf", "", "0", "1e999"])
def test_a_size_that_cannot_be_read_is_none(broken: str) -> None:
    Settings().set_words("text_scale/desk/last", broken)
    application = Application("reference")
    assert 1.0 <= scale.factor() <= 2.0
    assert application.text_scale >= 1.0
    theme.finish_change()
