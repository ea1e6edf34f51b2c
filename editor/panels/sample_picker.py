"""The sample picker: which row of the batch is shown everywhere."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QFontMetrics, QKeyEvent
from PySide6.QtWidgets import QLineEdit, QWidget

from editor import theme
from editor.panels.fields import number
from editor.panels.widgets import label, row, set_kind, tool
from editor.plain import set_tip
from editor.scale import px
from editor.session import Session


class SamplePicker(QWidget):
    """``‹ 17 › of 0 … 31``; counts from 0, as formulas and tables do. Hidden where the graph has no batch."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.back = tool("previous", "Previous sample", token="text_dim")
        self.forth = tool("next", "Next sample", token="text_dim")
        self.line = QLineEdit()
        self.line.setFont(theme.mono_font(9.5))
        self.line.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.line.setAccessibleName("Sample number")
        theme.notifier.changed.connect(self._measure)
        self._measure()
        self.count = label("", "dim", 9.5)
        layout = row(self, spacing=0)
        layout.addWidget(label("sample", "dim", 9.5))
        for each in (self.back, self.line, self.forth):
            layout.addWidget(each)
        layout.addWidget(self.count)
        self.back.clicked.connect(lambda: session.set_sample(session.sample - 1))
        self.forth.clicked.connect(lambda: session.set_sample(session.sample + 1))
        self.line.editingFinished.connect(self._commit)
        session.sample_changed.connect(self._show)
        session.snapshot_changed.connect(self._show)
        session.document_replaced.connect(self._show)
        self._show()

    def _measure(self) -> None:
        self.line.setFixedWidth(QFontMetrics(self.line.font()).horizontalAdvance("0000") + px(20))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self.session.set_sample(self.session.sample + (1 if event.key() == Qt.Key.Key_Up else -1))
        else:
            super().keyPressEvent(event)

    def _commit(self) -> None:
        if not self.line.isModified():
            return
        try:
            index = int(number(self.line.text(), whole=True))
        except ValueError:
            set_kind(self.line, "true", "invalid")
            set_tip(self.line, f"A sample is a whole number from 0 to {self._rows() - 1}.")
            return
        self.session.set_sample(index)
        self.line.setModified(False)
        self._show()

    def _rows(self) -> int:
        return len(self.session.snapshot.trace.rows)

    def _show(self) -> None:
        rows, sample = self._rows(), self.session.sample
        self.setVisible(rows > 1)
        if not self.line.isModified() or not self.line.hasFocus():
            text = str(sample)
            if self.line.text() != text:
                self.line.setText(text)
            set_kind(self.line, "false", "invalid")
        labels = self.session.snapshot.row_labels
        origin = f", row {int(labels[sample])} of the data" if sample < len(labels) else ""
        set_tip(
            self.line, f"The sample shown everywhere: row {sample} of the batch, as in formulas{origin} (↑ ↓ change it)"
        )
        span = f"of 0 … {rows - 1}"
        if self.count.text() != span:
            self.count.setText(span)
        self.back.setEnabled(sample > 0)
        self.forth.setEnabled(sample < rows - 1)
