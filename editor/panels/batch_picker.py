"""The batch picker: which batch of the epoch the wires and the walk show."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QWidget

from compute.shown import ShownBatch
from editor import icons, theme
from editor.panels.widgets import label, of_action, row, tool
from editor.scale import px
from editor.session import Session


class BatchPicker(QWidget):
    """``loss, batch 3 of 13 ‹ ›``; where one batch is an epoch, and without data, there is nothing to choose."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.back = tool("previous", "Previous batch", token="text_dim")
        self.forth = tool("next", "Next batch", token="text_dim")
        of_action(self.back, "previous_batch", "Wires and walk show the batch before")
        of_action(self.forth, "next_batch", "Wires and walk show the batch after it")
        self.caption = label("", "dim", 8.0)
        self.caption.setAccessibleName("Batch on show")
        self.caption.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self._widest = ""
        layout = row(self, spacing=1)
        layout.addWidget(self.caption)
        for each in (self.back, self.forth):
            icons.set_size(each, 10)
            each.setStyleSheet("padding: 0px; border: none;")
            layout.addWidget(each)
        theme.notifier.changed.connect(self._measure)
        self._measure()
        layout.addStretch(1)
        self.back.clicked.connect(lambda: session.batches.show_by(-1))
        self.forth.clicked.connect(lambda: session.batches.show_by(1))

    def _measure(self) -> None:
        for each in (self.back, self.forth):
            each.setFixedSize(px(16), self.caption.sizeHint().height())
        if self._widest:
            self.caption.setFixedWidth(QFontMetrics(self.caption.font()).horizontalAdvance(self._widest) + 2)

    def show_batch(self, batch: ShownBatch) -> None:
        """What is on show now."""
        text = f"loss, {batch.short or 'now'}"
        if text != self.caption.text():
            self.caption.setText(text)
        # As wide as with the largest number, so that nothing moves from batch to batch.
        numbered = batch.data and batch.count > 1 and batch.whole
        widest = f"loss, {batch.numbered(batch.count)}" if numbered else text
        if widest != self._widest:
            self._widest = widest
            self._measure()
        several = batch.count > 1
        for each, on in ((self.back, batch.index > 0), (self.forth, batch.index < batch.count - 1)):
            each.setVisible(several)
            each.setEnabled(on)
