"""The strip above the canvas while an earlier step of the run is shown: which, another one typed, and the ways on."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QFontMetrics, QKeyEvent
from PySide6.QtWidgets import QApplication, QFrame, QLineEdit, QSizePolicy, QWidget

from editor import theme
from editor.panels.fields import number
from editor.panels.flow import Flow
from editor.panels.widgets import Elided, button, label, set_kind, tool
from editor.plain import set_tip
from editor.scale import px
from editor.session import Session

HELP = "Show another step of this run: type its number"


class RewindStrip(QFrame):
    """In sight while an earlier step is shown, or a step is asked for. Esc goes back to the end."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.setObjectName("Banner")
        self.setProperty("kind", "calm")
        self.setAccessibleName("An earlier step")
        self.title = label("Step", bold=True)
        self.line = QLineEdit()
        self.line.setFont(theme.mono_font(9.5))
        self.line.setAccessibleName("Step")
        self.line.setFixedWidth(QFontMetrics(self.line.font()).horizontalAdvance("0000000000") + 24)
        set_tip(self.line, HELP)
        self.earlier = tool("previous", "The step before", "The step before (Ctrl+Shift+PgUp)")
        self.later = tool("next", "The step after", "The step after (Ctrl+Shift+PgDown)")
        self.said = Elided()
        self.said.setMinimumWidth(px(220))
        self.said.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.go_on = button(
            "Go on from here", "play", "Train from this step; the run as it was is kept", "primary", "on_accent"
        )
        self.back = button("Back to the end", "", "Show the newest step again (Esc)")
        self.close_ = tool("close", "Back to the end", "Show the newest step again (Esc)", "text_dim")
        layout = Flow(self, spacing=8)
        layout.setContentsMargins(16, 6, 8, 6)
        for each in (self.title, self.earlier, self.line, self.later, self.said, self.go_on, self.back):
            layout.addWidget(each)
        layout.push()
        layout.addWidget(self.close_)
        self._asking = False
        self._before: QWidget | None = None
        journey = session.journey
        self.line.returnPressed.connect(self._type)
        self.earlier.clicked.connect(lambda: journey.go_by(-1))
        self.later.clicked.connect(lambda: journey.go_by(1))
        self.go_on.clicked.connect(lambda: session.train())
        for each in (self.back, self.close_):
            each.clicked.connect(self._leave)
        journey.asked.connect(self.ask)
        session.snapshot_changed.connect(self._follow)
        session.document_replaced.connect(self._end)
        session.training_changed.connect(self._follow)
        self.hide()

    def ask(self) -> None:
        """A step is to be typed."""
        if self.session.journey.reach is None:
            self.session.journey.go_to(0)  # which says why there is none
            return
        self._before = QApplication.focusWidget()
        self._asking = True
        self._follow()
        self.line.setFocus()
        self.line.selectAll()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self._leave()
        else:
            super().keyPressEvent(event)

    def _type(self) -> None:
        try:
            step = int(number(self.line.text(), whole=True))
        except ValueError as error:
            self._complain(f"The step {error}.")
            return
        self._complain("")
        self.line.setModified(False)
        self.session.journey.go_to(step)
        self.line.selectAll()

    def _complain(self, sentence: str) -> None:
        set_kind(self.line, "true" if sentence else "false", "invalid")
        set_tip(self.line, sentence or HELP)
        if sentence:
            self.said.set_text(sentence)

    def _follow(self, _snapshot: object = None) -> None:
        """Which step is shown, of how many."""
        session, snapshot = self.session, self.session.snapshot
        journey, reach = session.journey, session.journey.reach
        if session.is_training:
            self._asking = False
        if reach is None or not (journey.is_back or self._asking):
            self._end()
            return
        wanted = journey.step
        if not self.line.isModified() and self.line.text() != str(wanted):
            self.line.setText(str(wanted))
        of = f"of {reach.last:,} · epoch {reach.epoch_at(wanted):.4g}"
        if journey.is_back and snapshot.step != wanted:
            of += f" · computed again from step {snapshot.step:,} …"
        elif reach.first:
            of += f" · steps before {reach.first:,} were done before this"
        self.said.set_text(of)
        set_tip(self.said, of)
        self.earlier.setEnabled(wanted > reach.first)
        self.later.setEnabled(wanted < reach.last)
        self.go_on.setEnabled(journey.is_back)
        self.show()

    def _leave(self) -> None:
        self._asking = False
        self.session.journey.to_end()
        self._follow()

    def _end(self) -> None:
        """Give the keys back to what had them."""
        self._asking = False
        focus = QApplication.focusWidget()
        within = self.isVisible() and focus is not None and self.isAncestorOf(focus)
        self.hide()
        if within and self._before is not None and self._before.isVisible():
            self._before.setFocus()
        self._before = None
