"""Names come from files. Whatever they look like, they are shown as they stand: no markup, no pictures, no keys."""

from __future__ import annotations

import ast
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction, QHelpEvent, QTextDocumentFragment
from PySide6.QtGui import Qt as GuiQt
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QMenu, QMessageBox, QToolTip, QWidget
from pytestqt.qtbot import QtBot

from compute.document import from_json
from editor import plain
from editor.background import nothing
from editor.banner import Banner
from editor.canvas import hints
from editor.main_window import MainWindow
from editor.panels.overview import Overview
from editor.panels.widgets import Elided, Sentence, button, label, paragraph
from editor.questions import Button, ask
from tests.editor.panel_session import WAIT, settle

ROOT = Path(__file__).parents[2]
PICTURE = '<img src="file:///etc/hostname">'
HOSTILE = f"<b>a</b> & {PICTURE}"


def shown(tip: str) -> str:
    """What a person reads in a tip."""
    return QTextDocumentFragment.fromHtml(tip).toPlainText() if GuiQt.mightBeRichText(tip) else tip


def calls(*names: str) -> Iterator[str]:
    """Where the window's code calls one of these, as file and line."""
    for file in sorted((ROOT / "editor").rglob("*.py")):
        text = file.read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(text)) if any(name in text for name in names) else ():
            if isinstance(node, ast.Call):
                called = node.func
                name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
                if name in names:
                    yield f"{file.relative_to(ROOT).as_posix()}:{name}"


def test_labels_tips_and_questions_are_made_in_one_place_each() -> None:
    assert set(calls("setToolTip")) == {"editor/plain.py:setToolTip"}
    assert set(calls("QLabel", "QMessageBox", "setHtml", "QTextBrowser", "QGraphicsTextItem", "QStaticText")) == {
        "editor/questions.py:QMessageBox",
        # The manual is text of the program's own, of which each piece is escaped.
        "editor/manual_page.py:QTextBrowser",
        "editor/manual_page.py:setHtml",
    }
    # The canvas makes its tips of escaped names, and the picture of a tensor takes a tip's text.
    assert set(calls("showText")) == {"editor/canvas/view.py:showText", "editor/panels/heat_map.py:showText"}


@pytest.mark.parametrize(
    "text",
    [HOSTILE, PICTURE, "a < b", "a & b", "&lt;b&gt;", "two  blanks\nand a line <b>", "<?xml?>", "plain", "", '"<i>"'],
)
def test_a_tip_shows_its_text_as_it_stands(text: str, qtbot: QtBot) -> None:
    tip = plain.tip_text(text)
    # Qt shows a line separator for a line break in preformatted text.
    assert shown(tip).replace("\u2028", "\n") == text
    widget = QWidget()
    qtbot.addWidget(widget)
    plain.set_tip(widget, text)
    assert widget.toolTip() == tip


def test_captions_and_titles_keep_their_signs(qtbot: QtBot) -> None:
    assert plain.caption("a & b && c") == "a && b &&&& c"
    widget = QWidget()
    qtbot.addWidget(widget)
    widget.setWindowTitle(f"{plain.window_title('a[*] <b>&')}[*]")
    assert widget.windowTitle() == "a[*][*] <b>&[*]"
    for made in (button("a &b"), Sentence("a &b <i>", "error", HOSTILE)):
        qtbot.addWidget(made)
        assert made.shortcut().isEmpty()
    assert button("a &b").text() == "a &&b"


@pytest.mark.parametrize("make", [label, paragraph, plain.Label])
def test_every_kind_of_label_is_plain(qtbot: QtBot, make: type[QLabel]) -> None:
    made = make(HOSTILE)
    qtbot.addWidget(made)
    assert made.textFormat() == Qt.TextFormat.PlainText
    assert made.text() == HOSTILE


def test_a_label_that_is_cut_has_the_whole_in_its_tip(qtbot: QtBot) -> None:
    made = Elided()
    qtbot.addWidget(made)
    made.set_text(HOSTILE)
    assert shown(made.toolTip()) == HOSTILE


def test_the_banner_says_what_it_is_given(qtbot: QtBot) -> None:
    banner = Banner()
    qtbot.addWidget(banner)
    banner.show_error(f"There is no {HOSTILE}.")
    assert banner.text.textFormat() == Qt.TextFormat.PlainText
    assert banner.text.text() == f"There is no {HOSTILE}."


def test_a_long_name_in_the_banner_is_short_there_and_whole_for_a_reader(qtbot: QtBot) -> None:
    banner, name = Banner(), f"/{200 * 'x'}.csv"
    qtbot.addWidget(banner)
    banner.show_error(f"There is no {name}")
    assert banner.text.text() == f"There is no /{27 * 'x'}…{23 * 'x'}.csv."
    assert banner.text.accessibleName() == f"Problem: There is no {name}."
    assert name in banner.text.toolTip()
    assert banner.minimumSizeHint().width() < 200
    banner.show_error("It is gone")
    assert (banner.text.text(), banner.text.toolTip()) == ("It is gone.", "")


def test_a_question_shows_names_as_they_stand(window: MainWindow) -> None:
    ask(window, "Replace the file?", f"“{HOSTILE}” is there already.", ((Button.No, "", nothing),), Button.No)
    (box,) = [each for each in window.findChildren(QMessageBox) if each.isVisible()]
    assert box.textFormat() == Qt.TextFormat.PlainText
    (text,) = [each for each in box.findChildren(QLabel) if HOSTILE in each.text()]
    assert text.textFormat() == Qt.TextFormat.PlainText
    box.button(Button.No).click()


def hostile_document() -> dict[str, object]:
    column, other = HOSTILE, f"{HOSTILE}2"
    return {
        "format": "gradwire",
        "version": 1,
        "name": HOSTILE,
        "graph": {
            "nodes": [
                {"id": "x", "op": "input", "params": {"columns": [column, other]}, "title": HOSTILE},
                {"id": HOSTILE, "op": "dense", "params": {"units": 1}, "position": [300, 0]},
                {"id": "t", "op": "target", "params": {"columns": ["y"]}, "position": [300, 200]},
                {"id": "loss", "op": "mean_squared_error", "position": [600, 0], "title": HOSTILE},
                {"id": "q", "op": PICTURE, "position": [0, 300], "title": HOSTILE},
            ],
            "wires": [
                {"from": "x", "to": HOSTILE, "port": "x"},
                {"from": HOSTILE, "to": "loss", "port": "prediction"},
                {"from": "t", "to": "loss", "port": "target"},
            ],
        },
        "data": {"source": "inline", "columns": {column: [1, 2, 3], other: [3, 2, 1], "y": [1, 0, 1]}},
        "training": {"loss": "loss"},
    }


def _of_a_menu(widget: QWidget) -> bool:
    """Whether a widget lies in a menu: the plots' library has labels there, with texts of its own."""
    parent = widget.parentWidget()
    return parent is not None and (isinstance(parent, QMenu) or _of_a_menu(parent))


def rich(window: QWidget) -> list[str]:
    """What of the window Qt would read as markup."""
    widgets = window.findChildren(QWidget)
    tipped: list[QWidget | QAction] = [*widgets]
    tipped += [action for widget in widgets for action in widget.actions()]
    found = [
        f"label {each.text()!r}"
        for each in window.findChildren(QLabel)
        if each.textFormat() != Qt.TextFormat.PlainText and not _of_a_menu(each)
    ]
    found += [
        f"tip {each.toolTip()!r} of {each!r}" for each in tipped if "<b>" in each.toolTip() or "<img" in each.toolTip()
    ]
    return found + [
        f"key of {each.text()!r}" for each in window.findChildren(QAbstractButton) if not each.shortcut().isEmpty()
    ]


def test_nothing_in_the_window_is_read_as_markup(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    session = window.session
    session.open_document(from_json(hostile_document()))
    settle(qtbot, session)
    assert rich(window) == []
    (overview,) = window.findChildren(Overview)
    said = [each.accessibleName() for each in overview.findChildren(Sentence)]
    assert said == [f"Node {HOSTILE}: this version does not know the op '{PICTURE}'; replace it."]
    for node in session.document.graph.nodes:
        session.select([node])
        for place in range(window.inspector.tabs.count()):
            window.inspector.tabs.setCurrentIndex(place)
            QApplication.processEvents()
            assert rich(window) == []
    session.select({(HOSTILE, "x")})
    QApplication.processEvents()
    assert rich(window) == []
    session.apply(session.edits.change("x", f"Change {HOSTILE}", title="x"))
    assert window.actions_.by_id["undo"].text() == f"Undo Change {plain.caption(HOSTILE)}"
    session.select([])
    session.apply(session.edits.remove({"q"}))
    settle(qtbot, session)
    session.start_walk()
    qtbot.waitUntil(lambda: session.walk is not None, timeout=WAIT)
    assert rich(window) == []


def test_a_tip_on_the_canvas_names_a_node_as_it_is_written(window: MainWindow, qtbot: QtBot) -> None:
    session = window.session
    session.open_document(from_json(hostile_document()))
    settle(qtbot, session)
    canvas = window.canvas
    for node, key in (("x", None), ("q", None), (None, (HOSTILE, "x"))):
        tip = hints.tip(canvas.scene, canvas.shown, node, key)
        assert PICTURE not in tip
        assert HOSTILE in shown(tip)


def test_a_tip_that_pops_up_holds_no_picture(qtbot: QtBot) -> None:
    widget = label("x")
    qtbot.addWidget(widget)
    widget.resize(100, 40)
    widget.show()
    plain.set_tip(widget, HOSTILE)
    at = QPoint(10, 10)
    QApplication.sendEvent(widget, QHelpEvent(QHelpEvent.Type.ToolTip, at, widget.mapToGlobal(at)))
    assert shown(QToolTip.text()) == HOSTILE
    QToolTip.hideText()


def test_recent_files_keep_the_signs_of_their_names(window: MainWindow, tmp_path: Path) -> None:
    path = tmp_path / "a & b.json"
    path.write_text("{}", encoding="utf-8")
    window.settings.add_recent(path)
    menu = QMenu()
    window.files.fill_recent(menu)
    assert menu.actions()[0].text() == "a && b.json"
    assert shown(menu.actions()[0].toolTip()) == str(path)


def test_a_file_name_stands_in_the_title_and_the_status_line_as_it_is(
    window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    # Windows allows no angle brackets in names of files.
    name = "a & b[*].json" if os.name == "nt" else "a & b[*] <b><img src=x>.json"
    window.session.save(tmp_path / name)
    window._update()
    assert window.windowTitle() == f"{plain.window_title(name)}[*]"
    assert not window.isWindowModified()
    window.notices.say(f"Saved {name}")
    assert window.notices.line.text() == f"Saved {name}"
    assert window.notices.line.textFormat() == Qt.TextFormat.PlainText
    assert shown(window.notices.line.toolTip()) == f"Saved {name}"
    assert rich(window) == []
