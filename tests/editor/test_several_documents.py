"""Several documents at once: what opens where, files that are dropped, and what the next start opens again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMessageBox, QWidget
from pytestqt.qtbot import QtBot

from compute.document import save
from compute.focus import Focus, Subject
from compute.gallery import FOLDER
from editor.application import Application
from editor.main_window import MainWindow
from editor.panels.data import DataPlace
from editor.questions import Button
from tests.editor.panel_session import WAIT, done_with, free, idle, settle, use_looked_at
from tests.editor.test_beside_the_window import Gate
from tests.editor.test_main_window import answer, choose

CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


def titles(program: Application) -> list[str]:
    return [window.session.title for window in program.windows]


def press_example(window: MainWindow, name: str) -> None:
    """Click an example on the start page, as a hand does."""
    window.pages.show_start(True)
    window.pages.start.search.setText(name)
    QTest.keyClick(window.pages.start.search, Qt.Key.Key_Return)


def drop(widget: QWidget, *paths: Path) -> bool:
    """Files come in over a widget and are let go; says whether they are wanted."""
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    copy, left, none = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    target: QWidget | None = widget
    while target is not None:  # as Qt does: the first that wants it, from the one under the pointer upwards
        enter = QDragEnterEvent(QPoint(50, 50), copy, mime, left, none)
        enter.ignore()
        QApplication.sendEvent(target, enter)
        if enter.isAccepted():
            QApplication.sendEvent(target, QDropEvent(QPointF(50, 50), copy, mime, left, none))
            return True
        target = target.parentWidget()
    return False


# -- what opens where -----------------------------------------------------------------------------------------------


def test_an_example_takes_the_place_of_one_that_was_not_changed(program: Application, qtbot: QtBot) -> None:
    one, _ = program.windows
    one.session.step_batch()
    qtbot.waitUntil(lambda: one.session.snapshot.step == 1, timeout=WAIT)
    press_example(one, "iris")
    assert titles(program) == ["Iris: three species", "Two spirals"]


def test_one_click_on_an_example_costs_no_work(program: Application, qtbot: QtBot) -> None:
    one, _ = program.windows
    one.canvas.add_op("relu")
    nodes = set(one.session.document.graph.nodes)
    press_example(one, "iris")
    qtbot.waitUntil(lambda: "Iris: three species" in titles(program), timeout=WAIT)
    assert len(program.windows) == 3
    assert program.windows[2].isVisible()
    assert not one.findChildren(QMessageBox)
    assert set(one.session.document.graph.nodes) == nodes
    assert not one.pages.start_is_shown


def test_a_file_keeps_its_window_and_an_empty_one_is_used(
    program: Application,
    qtbot: QtBot,
    tmp_path: Path,
) -> None:
    one, two = program.windows
    one.session.save(tmp_path / "one.gradwire")
    two.session.save(tmp_path / "two.gradwire")
    two.files.new()
    qtbot.waitUntil(lambda: len(program.windows) == 3, timeout=WAIT)
    third = program.windows[2]
    assert not third.session.document.graph.nodes
    done_with(two)
    third.files.open_path(tmp_path / "two.gradwire")
    idle(qtbot, third)
    assert [window.name for window in program.windows] == ["one.gradwire", "two.gradwire"]


@pytest.mark.parametrize("changed", [False, True])
def test_a_file_that_is_dropped_twice_while_it_is_read_has_one_window(
    program: Application, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changed: bool
) -> None:
    one, two = program.windows
    path = tmp_path / "three.gradwire"
    save(two.session.current_document(), path)
    if changed:  # then it opens in a window of its own
        one.canvas.add_op("relu")
    gate = Gate(monkeypatch, "editor.file_commands.load")
    assert drop(one.canvas, path)
    if not changed:
        gate.wait(qtbot)
    assert drop(one.canvas, path)
    if not changed:
        assert one.notices.text == "three.gradwire is being opened already"
    gate.wait(qtbot)
    assert drop(two.canvas, path)
    assert two.notices.text == "three.gradwire is open in another window"
    gate.let_through()
    for window in program.windows:
        idle(qtbot, window)
    assert [window.name for window in program.windows].count("three.gradwire") == 1
    assert len(program.windows) == 2 + changed
    assert gate.calls == 1


def test_a_file_is_opened_anew_in_its_own_window(program: Application, qtbot: QtBot, tmp_path: Path) -> None:
    one, _ = program.windows
    path = tmp_path / "one.gradwire"
    one.session.save(path)
    one.canvas.add_op("relu")
    one.files.open_path(path)
    answer(one, Button.Discard)
    idle(qtbot, one)
    assert len(program.windows) == 2
    assert not any(node.op == "relu" for node in one.session.document.graph.nodes.values())


def test_an_example_by_whatever_path_is_no_file_to_save_over(
    program: Application, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, _ = program.windows
    monkeypatch.chdir(FOLDER.parent)
    one.files.open_path(Path(FOLDER.name, "xor.json"))
    qtbot.waitUntil(lambda: one.session.title.startswith("XOR"), timeout=WAIT)
    assert one.session.document.path is None


def test_ctrl_f6_goes_round_the_windows_and_the_menu_lists_them(program: Application, qtbot: QtBot) -> None:
    one, two = program.windows
    one.activateWindow()
    qtbot.waitUntil(lambda: QApplication.activeWindow() is one, timeout=WAIT)
    QTest.keyClick(one, Qt.Key.Key_F6, CTRL)
    qtbot.waitUntil(lambda: QApplication.activeWindow() is two, timeout=WAIT)
    QTest.keyClick(two, Qt.Key.Key_F6, CTRL)
    qtbot.waitUntil(lambda: QApplication.activeWindow() is one, timeout=WAIT)
    QTest.keyClick(one, Qt.Key.Key_F6, CTRL | SHIFT)
    qtbot.waitUntil(lambda: QApplication.activeWindow() is two, timeout=WAIT)
    menu = two._windows_menu
    menu.aboutToShow.emit()
    entries = [(action.text(), action.isChecked()) for action in menu.actions()]
    assert entries == [("L = z · (2x + y)", False), ("Two spirals", True)]
    menu.actions()[0].trigger()
    qtbot.waitUntil(lambda: QApplication.activeWindow() is one, timeout=WAIT)


def test_the_menu_has_recent_files_beside_open_and_windows_together(program: Application) -> None:
    groups: list[list[str]] = [[]]
    for action in program.windows[0]._menus["File"].actions():
        if action.isSeparator():
            groups.append([])
        else:
            groups[-1].append(action.text())
    assert groups[0] == ["New", "New from template…", "Open…", "Import…", "Import weights…", "Open recent", "Gallery…"]
    windows = ["New window", "Next window", "Previous window", "Open documents", "Close window", "Quit"]
    assert groups[-1] == windows


# -- files that are dropped -----------------------------------------------------------------------------------------


def of_canvas(window: MainWindow) -> QWidget:
    return window.canvas


def of_toolbar(window: MainWindow) -> QWidget:
    return window.transport


@pytest.mark.parametrize("place", [of_canvas, of_toolbar])
def test_documents_that_are_dropped_open_each_in_a_window(
    program: Application,
    qtbot: QtBot,
    tmp_path: Path,
    place: Callable[[MainWindow], QWidget],
) -> None:
    one, two = program.windows
    for name, window in (("a.gradwire", one), ("b.json", two)):
        window.session.save(tmp_path / name)
        window.session.new()
    assert drop(place(one), tmp_path / "a.gradwire", tmp_path / "b.json")
    names = ["a.gradwire", "b.json"]
    qtbot.waitUntil(lambda: sorted(each.name for each in program.windows)[-2:] == names, timeout=WAIT)


def test_a_table_that_is_dropped_on_the_canvas_becomes_the_data(
    program: Application,
    qtbot: QtBot,
    tmp_path: Path,
) -> None:
    _, two = program.windows
    path = tmp_path / "rows.csv"
    path.write_text("a,c\n1,2\n3,4\n", "utf-8")
    assert drop(two.canvas, path)
    use_looked_at(two.panel(DataPlace), qtbot)
    qtbot.waitUntil(lambda: two.session.document.data.get("path") == str(path), timeout=WAIT)


def test_other_files_are_not_taken(program: Application, tmp_path: Path) -> None:
    assert not drop(program.windows[0].canvas, tmp_path / "photo.jpeg")


# -- the next start -------------------------------------------------------------------------------------------------


@pytest.fixture
def files(program: Application, tmp_path: Path) -> list[Path]:
    """The two windows' documents, saved."""
    paths = [tmp_path / "one.gradwire", tmp_path / "two.gradwire"]
    for window, path in zip(program.windows, paths, strict=True):
        window.session.save(path)
    return paths


@pytest.fixture
def again(qtbot: QtBot) -> Iterator[Callable[[], Application]]:
    """Starts the program as it is started without a file."""

    def start() -> Application:
        program = Application("reference")
        started.append(program)
        window = program.new_window()
        if program.reopening.open(window):
            for each in program.windows:
                idle(qtbot, each)
                settle(qtbot, each.session)
        return program

    started: list[Application] = []
    yield start
    for each in started:
        for window in list(each.windows):
            done_with(window)
    free()


def test_what_was_open_is_open_again_as_it_was_looked_at(
    program: Application,
    files: list[Path],
    again: Callable[[], Application],
) -> None:
    one, two = program.windows
    two.canvas.zoom_to(1.5)
    asked = Focus(Subject("wire", "h1", "x"), "gradient", (5, 0))
    two.session.focus_on(asked)
    place = two.canvas.place()
    one.actions_.by_id["quit"].trigger()
    assert not program.windows
    now = again().windows
    assert [window.session.document.path for window in now] == [path.resolve() for path in files]
    assert (now[1].session.selection.wire, now[1].session.focus, now[1].session.sample) == (("h1", "x"), asked, 5)
    assert now[1].canvas.place().zoom == pytest.approx(place.zoom)
    assert not any(window.session.is_modified for window in now)


def test_the_window_that_is_closed_last_is_what_the_next_start_opens(
    program: Application,
    files: list[Path],
    again: Callable[[], Application],
) -> None:
    one, two = program.windows
    one.close()
    two.close()
    assert [window.name for window in again().windows] == ["two.gradwire"]


def test_a_quit_that_is_called_off_counts_for_nothing(
    program: Application,
    files: list[Path],
    again: Callable[[], Application],
) -> None:
    one, two = program.windows
    one.canvas.add_op("relu")
    two.canvas.add_op("relu")
    two.actions_.by_id["quit"].trigger()
    answer(two, Button.Discard)
    answer(one, Button.Cancel)
    assert program.windows == [one, two]
    assert two.session.is_modified
    two.close()
    answer(two, Button.Discard)
    one.close()
    answer(one, Button.Discard)
    assert [window.name for window in again().windows] == ["one.gradwire"]


def test_what_is_first_saved_when_quit_asks_is_open_again_too(
    program: Application,
    files: list[Path],
    again: Callable[[], Application],
    qtbot: QtBot,
    tmp_path: Path,
) -> None:
    one, two = program.windows
    two.session.new()
    two.canvas.add_op("relu")
    one.actions_.by_id["quit"].trigger()
    answer(two, Button.Save)
    choose(two, tmp_path / "three.gradwire")
    qtbot.waitUntil(lambda: not program.windows, timeout=WAIT)
    assert [window.name for window in again().windows] == ["one.gradwire", "three.gradwire"]


def test_files_that_are_gone_are_named_and_the_first_example_comes(
    program: Application,
    files: list[Path],
    again: Callable[[], Application],
) -> None:
    program.windows[0].actions_.by_id["quit"].trigger()
    files[0].unlink()
    (only,) = again().windows
    assert only.name == "two.gradwire"
    assert only.notices.text == "one.gradwire: open at the last end, and not there any more"
    done_with(only)
    files[1].unlink()
    assert not again().windows[0].session.document.graph.nodes


def test_settings_that_make_no_sense_open_nothing(program: Application, again: Callable[[], Application]) -> None:
    program.settings.set_words("open", '[{"path": 3}, {"view"')
    assert not again().windows[0].session.document.graph.nodes
