"""The strip above the canvas that says what is wrong, or asks what need not be answered at once; never a dialog."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import cast

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QFrame, QHBoxLayout, QSizePolicy, QToolButton, QWidget

from compute.errors import as_sentence
from compute.problems import Kind, Problem, Remedy
from editor import theme
from editor.accessible import announce
from editor.icons import icon
from editor.panels.flow import Flow
from editor.panels.widgets import button, set_kind
from editor.plain import Label, set_tip, shortened
from editor.remedies import offer
from editor.scale import px

MOST = 4
"""Buttons that it has."""
_GAP, _SENTENCE = 10, 240
"""Between its parts; and the width, with text of the usual size, that a sentence has beside buttons."""
Beside, Below = QBoxLayout.Direction.LeftToRight, QBoxLayout.Direction.TopToBottom


@dataclass(frozen=True, eq=False)
class Choice:
    """A question that stays until it is answered or put away.

    answers: what a button says, its tip, and what it does; ``MOST`` at most.
    """

    sentence: str
    answers: tuple[tuple[str, str, Callable[[], None]], ...]


class Banner(QFrame):
    """One sentence: an error that stays until dismissed, or else a question, or else the state's own problem while it
    lasts.

    remedy_asked: the person wants what was offered to mend the state's problem, a ``Remedy``.
    """

    remedy_asked = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("Banner")
        self._error = ""
        self._choices: list[Choice] = []
        self._state: Problem | None = None
        self._put_away = False
        self._sign = Label()
        self.text = Label()
        self.text.setWordWrap(True)
        self.text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        # However long a word of it is, the panels keep their width.
        self.text.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._close = QToolButton()
        self._close.setAutoRaise(True)
        set_tip(self._close, "Dismiss")
        self._close.setAccessibleName("Dismiss the problem")
        self._close.clicked.connect(self._put_down)
        self.answers = [button("") for _ in range(MOST)]
        for i, each in enumerate(self.answers):
            each.clicked.connect(partial(self._answer, i))
        self.offer = self.answers[0]
        """The button of a problem's remedy, and of a question's first answer."""
        self._buttons = QWidget()
        flow = Flow(self._buttons, spacing=_GAP)
        for each in self.answers:
            flow.addWidget(each)
        self._words = QBoxLayout(Beside)
        self._words.setSpacing(_GAP)
        self._words.addWidget(self.text, 1)
        self._words.addWidget(self._buttons)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(16, 8, 8, 8)
        layout.setSpacing(_GAP)
        layout.addWidget(self._sign)
        layout.addLayout(self._words, 1)
        layout.addWidget(self._close)
        theme.notifier.changed.connect(self._restyle)
        self._restyle()
        self._show()

    def show_error(self, sentence: str) -> None:
        """An error of something the person asked for."""
        self._error = sentence
        self._show()

    @property
    def error(self) -> str:
        """The error that is shown; "" for none."""
        return self._error

    def ask(self, choice: Choice) -> None:
        """Ask something; where something is asked already, after that."""
        self._choices.append(choice)
        self._show()

    def withdraw(self, choice: Choice) -> None:
        """What was asked is no longer the question."""
        if choice in self._choices:
            self._choices.remove(choice)
            self._show()

    @property
    def choice(self) -> Choice | None:
        """What is asked now."""
        return self._choices[0] if self._choices and not self._error else None

    def show_state(self, problem: Problem | None) -> None:
        """What is wrong with the document as it is, or with the device; None if nothing is."""
        if problem != self._state:
            self._state, self._put_away = problem, False
            self._show()

    def dismiss(self) -> None:
        """Put away what is wrong; the state's problem comes back when it changes."""
        if self._error:
            self._error = ""
        else:
            self._put_away = True
        self._show()

    def _put_down(self) -> None:
        """Put away what is shown, a question without an answer."""
        if self.choice:
            self.withdraw(self.choice)
        else:
            self.dismiss()

    def dismiss_state(self) -> None:
        """Put away the state's problem, which the person has decided to live with."""
        if not self._put_away:
            self._put_away = True
            self._show()

    @property
    def sentence(self) -> str:
        """What is shown now."""
        if self._error or self.choice:
            return self._error or self._choices[0].sentence
        return "" if self._put_away or self._state is None else self._state.sentence

    @property
    def _remedies(self) -> list[Remedy]:
        """Of the problem that is shown, as many as there are buttons."""
        if self._state is None or self._state.remedy is None or self._error or self.choice:
            return []
        return [self._state.remedy, *self._state.others][: len(self.answers)]

    def _answer(self, number: int, _checked: bool = False) -> None:
        choice = self.choice
        if choice is None:
            self.remedy_asked.emit(self._remedies[number])
        else:
            self.withdraw(choice)
            choice.answers[number][2]()

    def _offered(self) -> list[tuple[str, str]]:
        """What the buttons say, and their tips."""
        if self.choice:
            return [(text, tip) for text, tip, _ in self.choice.answers]
        return [offer(each) for each in self._remedies]

    def _show(self) -> None:
        text = as_sentence(self.sentence)
        what = "Question" if self.choice else "Problem"
        said = f"{what}: {text}" if text else what
        if said != self.text.accessibleName():
            self.text.setAccessibleName(said)
            announce(self.text, text)
        self.text.setText(shortened(text))
        set_tip(self.text, text if self.text.text() != text else "")
        name = "Put the question away" if self.choice else "Dismiss the problem"
        set_tip(self._close, "Not now" if self.choice else "Dismiss")
        self._close.setAccessibleName(name)
        offered = self._offered()
        for each, (text, tip) in zip(self.answers, offered, strict=False):
            each.setText(text)
            set_tip(each, tip)
            each.setAccessibleName(text)
        for i, each in enumerate(self.answers):
            each.setVisible(i < len(offered))
        self._buttons.setVisible(bool(offered))
        self._restyle()
        self.setVisible(bool(self.sentence))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._turn()

    def _turn(self) -> None:
        """The buttons stand beside the sentence, or below it where that would leave it too little room."""
        own = self.contentsMargins().left() + 24 + 2 * _GAP
        room = self.width() - own - self._sign.sizeHint().width() - self._close.sizeHint().width()
        beside = room - _GAP - cast(Flow, self._buttons.layout()).whole()
        wanted = min(self.text.fontMetrics().horizontalAdvance(self.text.text()), px(_SENTENCE))
        low = not self._buttons.isHidden() and beside < wanted
        self._words.setDirection(Below if low else Beside)

    @property
    def is_calm(self) -> bool:
        """Whether what is shown is no mistake: a question, or something that the person has switched off."""
        off = self._state is not None and self._state.kind is Kind.OFF
        return not self._error and (self.choice is not None or off)

    def _restyle(self) -> None:
        calm, t = self.is_calm, theme.current()
        color = t.text_dim if calm else t.error
        set_kind(self, "calm" if calm else "")
        set_kind(self.text, "" if calm else "error")
        self._sign.setPixmap(icon("info" if calm else "warning", color).pixmap(px(18), px(18)))
        self._close.setIcon(icon("close", color))
        self._close.setIconSize(QSize(px(16), px(16)))
        self._turn()
