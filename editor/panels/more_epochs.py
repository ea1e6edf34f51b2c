"""The strip above the canvas that asks for how many more epochs, where all of them are done."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QFontMetrics, QKeyEvent
from PySide6.QtWidgets import QApplication, QFrame, QLineEdit, QWidget

from compute.document import SETTINGS
from editor import theme
from editor.panels.fields import number
from editor.panels.widgets import button, label, row, set_kind, tool
from editor.plain import set_tip
from editor.session import Session

EPOCHS = SETTINGS["epochs"]


class MoreEpochs(QFrame):
    """In sight from when training is asked for at its end until it is answered: Enter trains on, Esc does not."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.setObjectName("Banner")
        self.setProperty("kind", "calm")
        self.setAccessibleName("More epochs")
        self.text = label("")
        self.line = QLineEdit()
        self.line.setFont(theme.mono_font(9.5))
        self.line.setAccessibleName("How many more epochs")
        self.line.setFixedWidth(QFontMetrics(self.line.font()).horizontalAdvance("000000") + 24)
        self.problem = label("", "error", 9.0)
        self.go = button("Train on", "play", "Train for so many epochs more (Enter)", "primary", "on_accent")
        self.close_ = tool("close", "No more epochs", "No more epochs (Esc)", "text_dim")
        layout = row(self, spacing=8)
        layout.setContentsMargins(16, 6, 8, 6)
        for each in (self.text, self.line, self.go, self.problem):
            layout.addWidget(each)
        layout.addStretch(1)
        layout.addWidget(self.close_)
        self._before: QWidget | None = None
        self.line.returnPressed.connect(self._train)
        self.go.clicked.connect(self._train)
        self.close_.clicked.connect(self._leave)
        session.epochs_done.connect(self._ask)
        session.snapshot_changed.connect(self._follow)
        session.document_replaced.connect(self.hide)
        session.training_changed.connect(self._follow)
        self.hide()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self._leave()
        else:
            super().keyPressEvent(event)

    def _ask(self) -> None:
        if not self.isVisible():
            self._before = QApplication.focusWidget()
            done = self.session.snapshot.epoch
            self.text.setText(
                f"All {done:,} epochs are done. How many more?" if done > 1 else "The epoch is done. How many more?"
            )
            self.line.setText(str(self.session.document.training.epochs))
            self._complain("")
            self.show()
        self.line.setFocus()
        self.line.selectAll()

    def _follow(self, _snapshot: object = None) -> None:
        """Where training is no longer at its end, there is nothing to be asked."""
        if self.isVisible() and (self.session.is_training or self.session.snapshot.state != "finished"):
            self._leave()

    def _train(self) -> None:
        try:
            more = EPOCHS.check(number(self.line.text(), whole=True))
        except ValueError as error:
            self._complain(f"The number of epochs {error}.")
            return
        self._leave()
        self.session.train(more)

    def _complain(self, sentence: str) -> None:
        self.problem.setText(sentence)
        set_kind(self.line, "true" if sentence else "false", "invalid")
        set_tip(self.line, sentence or EPOCHS.help)

    def _leave(self) -> None:
        """Give the keys back to what had them."""
        focus = QApplication.focusWidget()
        within = focus is not None and self.isAncestorOf(focus)
        self.hide()
        if within and self._before is not None and self._before.isVisible():
            self._before.setFocus()
        self._before = None
