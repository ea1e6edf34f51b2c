"""Export: one dialog that says the format, what goes in, how it is loaded there, and what was compared."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from compute.export import FORMATS
from compute.gallery import load_entry
from editor.export_form import ExportForm
from editor.main_window import MainWindow
from tests.editor.panel_session import WAIT

LEFT, NO_KEY = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


def form_of(window: MainWindow) -> ExportForm:
    window.actions_.by_id["export"].trigger()
    (form,) = [each for each in window.findChildren(ExportForm) if each.isVisible()]
    return form


def press(button: QPushButton) -> None:
    QTest.mousePress(button, LEFT, NO_KEY, button.rect().center())
    QTest.qWait(100)
    QTest.mouseRelease(button, LEFT, NO_KEY, button.rect().center())


def test_every_format_says_what_goes_in_and_how_it_is_loaded(window: MainWindow) -> None:
    form = form_of(window)
    for number, known in enumerate(FORMATS):
        form.kind.setCurrentIndex(number)
        assert form.holds.text() == known.holds
        assert "net" in form.lines.toPlainText()
        assert set(form.options.fields) == {param.name for param in known.params}
        assert form.options.isHidden() == (not known.params)
        assert form.compared.isHidden() == (not known.lacking)
        assert form.save.isEnabled() == (not known.lacking)


def test_what_was_compared_stays_in_sight_with_the_lines_for_that_file(
    window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    window.files.show(load_entry("spiral"))
    form = form_of(window)
    form.kind.setCurrentIndex(form.kind.findData(".py"))
    press(form.save)
    (dialog,) = [each for each in window.findChildren(QFileDialog) if each.isVisible()]
    dialog.fileSelected.emit(str(tmp_path / "mine.py"))
    dialog.close()
    qtbot.waitUntil(lambda: not form.compared.isHidden(), timeout=WAIT)
    assert form.compared.text().startswith("Wrote mine.py. Read back and run: largest difference on 100 rows: ")
    press(form.copy)
    assert 'python "mine.py" ROWS.csv > ANSWERS.csv' in QGuiApplication.clipboard().text()
    QTest.keyClick(form, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: not window.findChildren(ExportForm), timeout=WAIT)
    # The format is proposed the next time.
    assert form_of(window).format.suffixes == (".py",)


def test_what_is_chosen_of_a_format_is_written_so(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    import onnx

    window.files.show(load_entry("spiral"))
    form = form_of(window)
    form.kind.setCurrentIndex(form.kind.findData(".onnx"))
    form.options.changed.emit("opset", 13)
    press(form.save)
    (dialog,) = [each for each in window.findChildren(QFileDialog) if each.isVisible()]
    dialog.fileSelected.emit(str(tmp_path / "net.onnx"))
    dialog.close()
    qtbot.waitUntil(lambda: not form.compared.isHidden(), timeout=WAIT)
    assert onnx.load_model(tmp_path / "net.onnx").opset_import[0].version == 13


def test_return_asks_for_a_file_wherever_the_keyboard_came_by(window: MainWindow, qtbot: QtBot) -> None:
    form = form_of(window)
    qtbot.waitUntil(form.kind.hasFocus, timeout=WAIT)
    passed: list[QWidget] = []
    while not passed or not form.kind.hasFocus():
        at = form.focusWidget()
        passed.append(at)
        QTest.keyClick(at, Qt.Key.Key_Tab)
    assert "Close" in [each.text() for each in passed if isinstance(each, QPushButton)]
    QTest.keyClick(form.kind, Qt.Key.Key_Return)
    (dialog,) = [each for each in window.findChildren(QFileDialog) if each.isVisible()]
    dialog.close()
    assert form.isVisible()
