"""Which data is looked at before it is used: that of now, a file, or what was copied; one at a time."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget
from shiboken6 import isValid

from compute import table_edits
from compute.data import Table
from compute.data_preview import Preview
from compute.edits import Edit
from compute.errors import GradwireError
from editor.panels.data.preview import PreviewSheet
from editor.panels.data.preview_reading import Given
from editor.session import Session


class Previews(QObject):
    """``opens``: one is about to be shown; ``used``: the Preview of what is about to become the data."""

    opens = Signal()
    used = Signal(object)

    def __init__(self, parent: QWidget, session: Session) -> None:
        super().__init__(parent)
        self._place, self.session = parent, session
        self._sheet: PreviewSheet | None = None
        self._read: Table | None = None
        """What was looked at last, so that its file is not read once more to be computed."""

    @property
    def shown(self) -> PreviewSheet | None:
        """What is looked at by now; None for nothing."""
        there = self._sheet is not None and isValid(self._sheet) and not self._sheet.is_over
        return self._sheet if there else None

    def show_given(self, given: Given) -> None:
        """Look at data that may become that of the document."""
        self.opens.emit()
        if (before := self.shown) is not None:
            before.reject()
        self._sheet = PreviewSheet(self._place.window(), self.session, given)
        self._sheet.used.connect(self._use)
        QTimer.singleShot(0, self._sheet, self._sheet.begin)  # in a turn of its own

    def show_now(self) -> None:
        """Look at the data of now: how it is read, types, missing values, and who reads what."""
        data = self.session.document.data
        if table_edits.is_table(data) and not table_edits.columns_in(data):
            self.session.message.emit("There is no data yet; choose a data set or a file.")
            return
        self.show_given(Given(data, "Prepare the data"))

    def show_copied(self) -> None:
        """Look at what was copied from a spreadsheet."""
        text = QGuiApplication.clipboard().text()
        try:
            table_edits.require_text(text)
        except GradwireError as error:
            self.session.message.emit(str(error))
            return
        self.show_given(Given({"source": "inline"}, "Paste a table", text))

    def stop(self) -> None:
        """The window closes."""
        if (sheet := self.shown) is not None:
            sheet.reject()

    def _use(self, edit: Edit, preview: Preview) -> None:
        self._read = preview.raw
        self.used.emit(preview)
        self.session.apply(edit)
