"""The strip above the canvas that says what is wrong, in words; never a dialog."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QToolButton, QWidget

from compute.errors import as_sentence
from compute.problems import Act, Kind, Problem, Remedy
from editor import theme
from editor.icons import icon
from editor.panels.widgets import button, set_kind
from editor.plain import Label, set_tip

OFFERS: dict[Act, tuple[str, str]] = {
    "choose device": ("Choose a device…", "Another device, or the reference engine"),
    "choose loss": ("Choose a loss…", "Which node training makes small, in the training settings"),
    "choose data": ("Choose data…", "Where the rows come from, in the training settings"),
    "switch on": ("Switch it on", "Neither muted nor bypassed any more; it can be undone"),
}
"""The remedies that the banner offers: what the button says, and its tip."""


class Banner(QFrame):
    """One sentence: an error that stays until dismissed, or else the state's own problem while it lasts.

    remedy_asked: the person wants what was offered to mend the state's problem, a ``Remedy``.
    """

    remedy_asked = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("Banner")
        self._error = ""
        self._state: Problem | None = None
        self._put_away = False
        self._sign = Label()
        self.text = Label()
        self.text.setWordWrap(True)
        self.text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.text.setAccessibleName("Problem")
        self._close = QToolButton()
        self._close.setAutoRaise(True)
        set_tip(self._close, "Dismiss")
        self._close.setAccessibleName("Dismiss the problem")
        self._close.clicked.connect(self.dismiss)
        self.offer = button("")
        self.offer.clicked.connect(self._ask)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(16, 8, 8, 8)
        layout.setSpacing(10)
        layout.addWidget(self._sign)
        layout.addWidget(self.text, 1)
        layout.addWidget(self.offer)
        layout.addWidget(self._close)
        theme.notifier.changed.connect(self._restyle)
        self._restyle()
        self._show()

    def show_error(self, sentence: str) -> None:
        """An error of something the person asked for."""
        self._error = sentence
        self._show()

    def show_state(self, problem: Problem | None) -> None:
        """What is wrong with the document as it is, or with the device; None if nothing is."""
        if problem != self._state:
            self._state, self._put_away = problem, False
            self._show()

    def dismiss(self) -> None:
        """Put away what is shown; the state's problem comes back when it changes."""
        if self._error:
            self._error = ""
        else:
            self._put_away = True
        self._show()

    def dismiss_state(self) -> None:
        """Put away the state's problem, which the person has decided to live with."""
        if not self._put_away:
            self._put_away = True
            self._show()

    @property
    def sentence(self) -> str:
        """What is shown now."""
        return self._error or ("" if self._put_away or self._state is None else self._state.sentence)

    @property
    def _remedy(self) -> Remedy | None:
        return self._state.remedy if self._state else None

    def _ask(self) -> None:
        self.remedy_asked.emit(self._remedy)

    def _show(self) -> None:
        self.text.setText(as_sentence(self.sentence))
        offered = OFFERS.get(self._remedy.act) if self._remedy and not self._error else None
        if offered:
            self.offer.setText(offered[0])
            set_tip(self.offer, offered[1])
            self.offer.setAccessibleName(offered[0])
        self.offer.setVisible(offered is not None)
        self._restyle()
        self.setVisible(bool(self.sentence))

    @property
    def is_calm(self) -> bool:
        """Whether what is shown is no mistake: something that the person has switched off."""
        return not self._error and self._state is not None and self._state.kind is Kind.OFF

    def _restyle(self) -> None:
        calm, t = self.is_calm, theme.current()
        color = t.text_dim if calm else t.error
        set_kind(self, "calm" if calm else "")
        set_kind(self.text, "" if calm else "error")
        self._sign.setPixmap(icon("info" if calm else "warning", color).pixmap(18, 18))
        self._close.setIcon(icon("close", color))
