"""Save picture: what of the canvas, as what, at which scale; remembered, and with text that is text."""

from __future__ import annotations

import re
import zlib
from pathlib import Path
from xml.etree import ElementTree

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from compute.gallery import load_entry
from editor.main_window import MainWindow
from editor.picture_form import Choice, PictureForm, remember, remembered
from editor.render import render
from tests.editor.panel_session import WAIT

LEFT = Qt.MouseButton.LeftButton
CTRL_SHIFT = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier


def form_of(window: MainWindow) -> PictureForm:
    window.actions_.by_id["picture"].trigger()
    (form,) = [each for each in window.findChildren(PictureForm) if each.isVisible()]
    return form


def save_as(window: MainWindow, qtbot: QtBot, form: PictureForm, path: Path) -> None:
    """Press the button of the form and give the name of a file."""
    middle = form.save.rect().center()
    QTest.mousePress(form.save, LEFT, Qt.KeyboardModifier.NoModifier, middle)
    QTest.qWait(100)
    QTest.mouseRelease(form.save, LEFT, Qt.KeyboardModifier.NoModifier, middle)
    (dialog,) = [each for each in window.findChildren(QFileDialog) if each.isVisible()]
    dialog.fileSelected.emit(str(path))
    dialog.close()
    qtbot.waitUntil(lambda: not window.files.busy, timeout=WAIT)


def svg_texts(path: Path) -> set[str]:
    return {"".join(n.itertext()).strip() for n in ElementTree.parse(path).iter("{http://www.w3.org/2000/svg}text")}


def pdf_text(path: Path) -> str:
    """The text of a PDF of one page: what its fonts say that the glyphs stand for."""
    raw = path.read_bytes()
    streams = [
        zlib.decompress(s) if s[:1] == b"x" else s for s in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", raw, re.S)
    ]
    pages = [s.decode("latin-1").lower() for s in streams if b" Tf" in s]
    glyphs = [glyph for page in pages for glyph in re.findall(r"<([0-9a-f]+)> tj", page)]
    # What is in one font follows each other, so that each font's map reads its own words.
    maps = [dict(_glyphs(s.decode("latin-1").lower())) for s in streams if b"begincmap" in s]
    return "\n".join("".join(known.get(glyph, "") for glyph in glyphs) for known in maps)


def _glyphs(text: str) -> list[tuple[str, str]]:
    """Glyph and letter of a ToUnicode map."""
    found = []
    for first, last, start in re.findall(r"<(\w+)> <(\w+)> <(\w+)>", text):
        for i in range(int(last, 16) - int(first, 16) + 1):
            found.append((f"{int(first, 16) + i:04x}", chr(int(start, 16) + i)))
    for first, _last, letters in re.findall(r"<(\w+)> <(\w+)> \[([^\]]*)\]", text):
        for i, letter in enumerate(re.findall(r"<(\w+)>", letters)):
            found.append((f"{int(first, 16) + i:04x}", chr(int(letter[:4], 16))))
    return found


def test_the_selection_alone_as_svg(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    graph = window.session.document.graph
    chosen = [node.id for node in graph.nodes.values() if node.op in ("add", "multiply")]
    window.session.select(chosen)
    form = form_of(window)
    form.what.setCurrentIndex(form.what.findData("selection"))
    form.kind.setCurrentIndex(form.kind.findData(".svg"))
    assert not form.scale.isEnabled()
    save_as(window, qtbot, form, tmp_path / "part.svg")
    assert window.notices.text == "Saved part.svg"
    found = svg_texts(tmp_path / "part.svg")
    assert {"Add", "Multiply"} <= found
    assert any(text.startswith("→") for text in found)
    assert "Scale" not in found


def test_the_view_as_png_at_a_scale(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    canvas = window.canvas
    canvas.zoom_to(1.5)
    QTest.keyClick(canvas, Qt.Key.Key_E, CTRL_SHIFT)
    (form,) = window.findChildren(PictureForm)
    assert form.what.findData("selection") < 0
    form.what.setCurrentIndex(form.what.findData("view"))
    form.kind.setCurrentIndex(form.kind.findData(".png"))
    form.scale.setValue(3.0)
    save_as(window, qtbot, form, tmp_path / "view.png")
    image = QImage(str(tmp_path / "view.png"))
    assert abs(image.width() - 3 * canvas.width()) <= 5
    assert abs(image.height() - 3 * canvas.height()) <= 5


def test_all_as_pdf_with_text_that_can_be_found(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    form = form_of(window)
    form.kind.setCurrentIndex(form.kind.findData(".pdf"))
    save_as(window, qtbot, form, tmp_path / "all.pdf")
    assert (tmp_path / "all.pdf").read_bytes().startswith(b"%PDF")
    found = pdf_text(tmp_path / "all.pdf")
    for name in ("Multiply", "Scale", "Add", "Parameter"):
        assert name in found


def test_the_last_choices_come_back(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    form = form_of(window)
    form.what.setCurrentIndex(form.what.findData("view"))
    form.kind.setCurrentIndex(form.kind.findData(".png"))
    form.scale.setValue(0.5)
    form.values.setChecked(False)
    save_as(window, qtbot, form, tmp_path / "a.png")
    form = form_of(window)
    assert form.choice == Choice("view", ".png", 0.5, False)
    QTest.keyClick(form, Qt.Key.Key_Escape)
    remember(window.settings, Choice())


@pytest.mark.parametrize("words", ["", "everywhere .gif much", "selection .pdf nan plain", "all .png 1e9 values"])
def test_what_was_remembered_and_cannot_be_read_is_as_at_first(window: MainWindow, words: str) -> None:
    window.settings.set_words("picture", words)
    choice = remembered(window.settings)
    assert choice.what in ("all", "selection")
    assert choice.kind in (".png", ".pdf")
    assert 0.25 <= choice.scale <= 16.0
    remember(window.settings, Choice())


def test_on_show_are_the_numbers_of_the_window(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    session = window.session
    name = next(iter(session.snapshot.weights))
    session.set_weight(name, (), 123.0)
    qtbot.waitUntil(lambda: float(session.snapshot.weights[name]) == 123.0, timeout=WAIT)
    form = form_of(window)
    form.kind.setCurrentIndex(form.kind.findData(".svg"))
    save_as(window, qtbot, form, tmp_path / "now.svg")
    assert "→ 123" in svg_texts(tmp_path / "now.svg")
    session.undoing.undo()


def test_a_pdf_of_a_document_and_a_png_at_another_scale(qtbot: QtBot, tmp_path: Path) -> None:
    render(load_entry("iris"), tmp_path / "iris.pdf", True)
    assert "Softmax" in pdf_text(tmp_path / "iris.pdf")
    for scale in (0.5, 2.0):
        render(load_entry("xor"), tmp_path / f"{scale}.png", False, scale)
    small, large = (QImage(str(tmp_path / f"{scale}.png")) for scale in (0.5, 2.0))
    assert abs(large.width() - 4 * small.width()) <= 8
