"""A real session on the reference engine, for tests of panels and plots."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from compute.document import Document
from compute.gallery import load_entry
from compute.worker.engine_choice import engine_choice
from editor.main_window import MainWindow
from editor.session import Session
from editor.theme import dress

WAIT = 10_000


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


def shown(qtbot: QtBot, widget: QWidget, width: int, height: int) -> None:
    """Show a widget as a window of this size, closed at the end of the test."""
    qtbot.addWidget(widget)
    dress(widget)
    widget.resize(width, height)
    widget.show()


def idle(qtbot: QtBot, window: MainWindow) -> None:
    """Until nothing goes on beside the window."""
    qtbot.waitUntil(lambda: not window.files.busy, timeout=WAIT)
