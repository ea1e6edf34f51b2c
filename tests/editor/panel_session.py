"""A real session on the reference engine, and hands for its panels and plots."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

from PySide6.QtCore import QCoreApplication, QEvent, QModelIndex, QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from compute.document import Document
from compute.gallery import load_entry
from compute.worker.engine_choice import engine_choice
from editor.main_window import MainWindow
from editor.panels.data import DataPlace
from editor.panels.data.preview import PreviewSheet
from editor.panels.fields import Field, RateField, TextField
from editor.panels.number_table import NUMBER
from editor.panels.tensor_table import TensorTable
from editor.session import Session
from editor.theme import dress

WAIT = 10_000
PAUSE = 100
"""Milliseconds between a press and what follows it, as with a hand."""
LEFT = Qt.MouseButton.LeftButton


@contextmanager
def opened(qtbot: QtBot, document: Document | str) -> Iterator[Session]:
    """A session with a document (or one of the gallery), its numbers computed; closed at the end."""
    session = Session(engine_choice("reference"))
    session.open_document(load_entry(document) if isinstance(document, str) else document)
    settle(qtbot, session)
    yield session
    session.close()
    session.deleteLater()


def settle(qtbot: QtBot, session: Session) -> None:
    """Until the snapshot belongs to the document as it is now."""
    qtbot.waitUntil(lambda: session.snapshot.revision == session.revision, timeout=WAIT)


def reach(qtbot: QtBot, session: Session, state: str) -> None:
    """Until training is in this state."""
    qtbot.waitUntil(lambda: session.snapshot.state == state, timeout=WAIT)


def endless(qtbot: QtBot, session: Session) -> None:
    """Train without an end in sight."""
    session.apply(session.edits.set_training("More epochs", epochs=10**6))
    session.train()
    reach(qtbot, session, "running")


def shown(qtbot: QtBot, widget: QWidget, width: int, height: int) -> None:
    """Show a widget as a window of this size, closed at the end of the test."""
    qtbot.addWidget(widget)
    dress(widget)
    widget.resize(width, height)
    widget.show()


def idle(qtbot: QtBot, window: MainWindow) -> None:
    """Until nothing goes on beside the window."""
    qtbot.waitUntil(lambda: not window.files.busy, timeout=WAIT)


def click(widget: QWidget, place: QPoint | None = None) -> None:
    """Press, pause, let go: at a place in the widget, or in its middle."""
    place = place or widget.rect().center()
    QTest.mousePress(widget, LEFT, pos=place)
    QTest.qWait(PAUSE)
    QTest.mouseRelease(widget, LEFT, pos=place)


def click_cell(view: TensorTable, row: int, column: int) -> None:
    click(view.viewport(), view.visualRect(view.model_.index(row, column)).center())


def edit_cell(view: TensorTable, index: QModelIndex, text: str) -> None:
    view.setCurrentIndex(index)
    view.edit(index)
    editor = view.findChild(QLineEdit)
    assert editor is not None
    editor.selectAll()
    QTest.keyClicks(editor, text)
    QTest.keyClick(editor, Qt.Key.Key_Return)


def numbers(view: TensorTable) -> list[list[float]]:
    """Every number of a table."""
    model = view.model_
    return [
        [model.data(model.index(i, j), NUMBER) for j in range(model.columnCount())] for i in range(model.rowCount())
    ]


def type_into(line: QLineEdit, text: str) -> None:
    """Replace what stands in a line, and press Return."""
    line.setFocus()
    line.selectAll()
    QTest.keyClicks(line, text)
    QTest.keyClick(line, Qt.Key.Key_Return)


def line_of(field: Field) -> QLineEdit:
    """Where a setting is typed."""
    assert isinstance(field, TextField | RateField)
    return field.line


def sheet_of(place: DataPlace, qtbot: QtBot) -> PreviewSheet:
    """The preview of data that was chosen, once all of it is read."""

    def is_there() -> bool:
        sheet = place.previews.shown
        return sheet is not None and not sheet.is_busy and (sheet.preview is not None or bool(sheet.problem.text()))

    qtbot.waitUntil(is_there, timeout=WAIT)
    sheet = place.previews.shown
    assert sheet is not None
    return sheet


def use_looked_at(place: DataPlace, qtbot: QtBot) -> None:
    """Agree to what is looked at."""
    sheet = sheet_of(place, qtbot)
    sheet.activateWindow()
    qtbot.waitUntil(sheet.isActiveWindow, timeout=WAIT)
    QTest.keyClick(sheet, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: place.previews.shown is None, timeout=WAIT)


def done_with(window: MainWindow) -> None:
    """Close without a question."""
    window.session.mark_saved()
    window.close()


def free() -> None:
    """What closed windows left to be freed."""
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    gc.collect()
