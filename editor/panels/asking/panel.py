"""What stands in the stepper while the walk asks: the question, the answer and what it was worth, the reason."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QToolButton, QWidget

from compute.asking import LEVELS, Asked, Score, shown
from compute.numbers_text import precise
from compute.walk_state import WalkState
from editor.accessible import announce
from editor.own_keys import LEADS
from editor.panels.asking.answers import NumberAnswer, ReasonAnswer, SizeAnswer, is_enter
from editor.panels.asking.manner_menu import MannerMenu
from editor.panels.asking.page import Page, Title
from editor.panels.asking.summary import Summary
from editor.panels.flow import Flow
from editor.panels.formula import FormulaView, one_line
from editor.panels.widgets import Combo, button, column, of_action, paragraph, row, set_kind, tool
from editor.plain import set_tip
from editor.scale import px
from editor.session import Session

_KINDS = {"right": "good", "rough": "warning", "mistake": "error", "unclear": "error", "unread": "warning"}


class AskPanel(QWidget):
    """Enter answers and goes on; the keyboard alone is enough."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session, self.asking = session, session.asking
        self.setAccessibleName("The walk asks")
        self._low = False
        self._about: object = None
        """The step and stage on show."""
        self.title = Title(bold=True, points=10.5)
        self.level = Combo(((str(level), text) for level, text, _ in LEVELS), "How much is shown")
        self.level.setMinimumContentsLength(16)
        set_tip(self.level, "How much of the way to the number is shown while it is asked for")
        self.more = tool("settings", "How it asks", "A number or its sign and size, at which steps, with a reason")
        self.more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.menu = MannerMenu(self.asking, self)
        self.more.setMenu(self.menu)
        self.so_far = button("", tip="Every step that was asked, and how it went", kind="link")
        self.number, self.rough, self.reason = NumberAnswer(), SizeAnswer(), ReasonAnswer()
        self.answer = button("Answer", tip="Answer (Enter)", kind="primary")
        self.give_away = of_action(button("Show me"), "walk_show_me", "Give the number away, with its reason")
        self.skip = of_action(button("Skip"), "walk_skip", "Go on without an answer")
        self.next = button("Next step", "next", "Go on (Enter)", "primary", "on_accent")
        self.verdict = paragraph("", "", 9.5)
        self.verdict.setAccessibleName("What the answer is worth")
        self.sentence = paragraph("", "dim", 9.5)
        self.formula = FormulaView(11.5, lines=4.8)
        self.summary = Summary()
        self._lay_out()
        self._listen()

    def _lay_out(self) -> None:
        head = Flow(spacing=8)
        head.addWidget(self.title)
        head.push()
        head.addWidget(self.so_far)
        head.addWidget(self.level)
        head.addWidget(self.more)
        line = Flow(spacing=6)
        for each in (self.number, self.rough, self.answer, self.next, self.give_away, self.skip):
            line.addWidget(each)
        self.said = QWidget()
        words = column(self.said, 0, 4)
        words.addLayout(line)
        for each_line in (self.verdict, self.reason, self.sentence):
            words.addWidget(each_line)
        words.addStretch(1)
        below = row(spacing=24)
        below.addWidget(self.said, 1)
        below.addWidget(self.formula, 1)
        self.question = QWidget()
        inside = column(self.question, 0, 6)
        inside.addLayout(head)
        inside.addLayout(below)
        # Not a stack, which is as high as the higher of both.
        self.page = Page(self.question)
        whole = column(self)
        whole.addWidget(self.page)
        self.result = Page(self.summary)
        whole.addWidget(self.result)
        self.result.hide()

    def _listen(self) -> None:
        self.session.walk_changed.connect(self._show)
        self.asking.changed.connect(self._changed)
        self.asking.answered.connect(self._answered)
        self.asking.wanted.connect(self._wanted)
        self.number.given.connect(self.asking.answer)
        self.rough.given.connect(self.asking.answer_size)
        self.reason.given.connect(self.asking.choose_reason)
        self.level.activated.connect(lambda: self.asking.set_manner(level=int(self.level.key)))
        self.answer.clicked.connect(self._give)
        self.next.clicked.connect(self._go_on)
        self.give_away.clicked.connect(self.asking.show_me)
        self.skip.clicked.connect(self.asking.skip)
        self.so_far.clicked.connect(self.show_summary)
        self.summary.left.connect(self.leave_summary)
        self.summary.chosen.connect(self._go_to)
        self.summary.again.connect(self._again)

    # -- what stands there ----------------------------------------------------------------------------------

    @property
    def left_out(self) -> int:
        """How much higher it would be with the formula, where that is left out."""
        return max(0, self.formula.heightForWidth(400) - self.sentence.height()) if self.formula.isHidden() else 0

    def _turn(self, *, summary: bool) -> None:
        self.page.setVisible(not summary)
        self.result.setVisible(summary)

    def set_low(self, low: bool) -> None:
        """Leave out the formula, which the inspector has too."""
        self._low = low
        self.formula.setVisible(not low)

    def _changed(self) -> None:
        self._show(self.session.walk)

    def _show(self, walk: WalkState | None) -> None:
        if walk is None or not self.asking.on:
            self._about = None
            self._turn(summary=False)
            return
        asked = walk.asked
        about = (walk.steps, walk.index, asked.stage if asked else "")
        fresh, self._about = about != self._about, about
        if fresh:
            self._turn(summary=False)
        layout = self.question.layout()
        assert layout is not None
        layout.setEnabled(False)  # until all is as it will be, which spares Qt most of the work
        self._show_question(walk, asked, fresh=fresh)
        self._show_formulas(walk, asked)
        layout.setEnabled(True)
        layout.invalidate()
        manner = self.asking.manner
        self.level.choose(str(manner.level))
        # As high from the start as an answer with its reason mostly is, so that the graph above does not move.
        self.said.setMinimumHeight(px(138 if manner.asks_reason else 98))
        score, last = self.asking.score.done, self.asking.last
        self.so_far.setText(_counted(score) if score.records else f"Last time {_counted(last)}")
        self.so_far.setVisible(bool(score.records or last.records))
        if fresh and asked is not None and asked.stage != "done" and self._is_near():
            self.take_keys()

    def _show_question(self, walk: WalkState, asked: Asked | None, *, fresh: bool) -> None:
        stage = asked.stage if asked is not None else "done"
        number = stage == "number"
        way = asked.manner.way_for(asked.question) if asked is not None else "number"
        for widget, on in (
            (self.number, number and way == "number"),
            (self.rough, number and way == "size"),
            (self.answer, number),
            (self.give_away, stage != "done"),
            (self.skip, stage != "done"),
            (self.reason, stage == "reason"),
            (self.next, stage == "done"),
            (self.sentence, stage == "done"),
        ):
            widget.setVisible(on)
        if fresh and number:
            self.number.begin()
            self.rough.begin()
        last = walk.index == len(walk.steps) - 1
        self.next.setText("How it went" if last else "Next step")
        self.next.setAccessibleName(self.next.text())
        self.sentence.setText(walk.step.answers[0].sentence if stage == "done" else "")
        if asked is None:
            self.title.set_text(walk.step.title)
            self._say("", "")
            return
        question = asked.question
        self.title.set_text(question.text, f"{question.text} To {question.tolerance}.")
        for where_due in (self.number.line, self.rough, self.reason):
            where_due.setAccessibleDescription(question.text)
        if fresh and stage == "reason":
            self.reason.offer(asked.reasons)
        self._say(*_told(asked))

    def _say(self, words: str, kind: str) -> None:
        self.verdict.setText(words)
        self.verdict.setVisible(bool(words))
        set_kind(self.verdict, kind)

    def _show_formulas(self, walk: WalkState, asked: Asked | None) -> None:
        if asked is None or asked.stage == "done":
            answer = walk.step.answers[0] if walk.step.answers else None
            rule, numbers = (answer.rule, answer.numbers) if answer is not None else ("", "")
        else:
            left = shown(asked.question, asked.manner.level)
            rule, numbers = left.rule, left.numbers
        self.formula.set_lines([(one_line(rule), "text_dim"), (one_line(numbers), "text")])

    # -- answering ------------------------------------------------------------------------------------------

    def _is_near(self) -> bool:
        """Whether the keyboard is here, or in what the walk is led from."""
        focus, stepper = QApplication.focusWidget(), self.parentWidget()
        if focus is None or focus.property(LEADS):
            return True
        return stepper is not None and (focus is stepper or stepper.isAncestorOf(focus))

    @property
    def _by_size(self) -> bool:
        """Whether sign and size are chosen at the present step."""
        asked = self.asking.now
        return asked is not None and asked.manner.way_for(asked.question) == "size"

    def take_keys(self) -> None:
        """The keyboard comes to the answer that is due, or to what goes on."""
        asked = self.asking.now
        stage = asked.stage if asked is not None else "done"
        due: QWidget = self.next
        if stage == "number":
            due = self.rough if self._by_size else self.number.line
            self.number.line.selectAll()
        elif stage == "reason":
            due = self.reason
        due.setFocus(Qt.FocusReason.OtherFocusReason)
        self.page.ensureWidgetVisible(due)

    def _give(self) -> None:
        missing = (self.rough if self._by_size else self.number).give()
        if missing:
            self._say(missing, "warning")
            announce(self, missing)

    def _answered(self, asked: Asked) -> None:
        """What the answer was worth, seen and said; the keyboard stays where the next is due."""
        walk = self.session.walk
        if walk is None or not self.asking.on:
            return
        self._show(walk)
        if self._is_near():
            self.take_keys()
        words = [_told(asked)[0]]
        if asked.stage == "reason":
            words.append("Why? " + " ".join(f"{i + 1}: {reason.text}." for i, reason in enumerate(asked.reasons)))
        announce(self, " ".join(filter(None, words)))

    def _wanted(self) -> None:
        """Somebody would go on: the answer is due first."""
        asked = self.asking.now
        if asked is None or not self.asking.on:
            return
        self._turn(summary=False)
        due = "Choose the reason first" if asked.stage == "reason" else "Answer first"
        self._say(f"{due}, or skip it: {asked.question.text}", "warning")
        self.take_keys()
        announce(self, self.verdict.text())

    def _go_on(self) -> None:
        walk = self.session.walk
        if walk is not None and walk.index == len(walk.steps) - 1:
            self.show_summary()
        else:
            self.session.walk_by(1)
            self.take_keys()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        asked = self.asking.now
        stage = asked.stage if asked is not None else "done"
        if not self.result.isHidden():
            if event.key() == Qt.Key.Key_Escape:
                self.leave_summary()
            else:
                super().keyPressEvent(event)
        elif event.key() == Qt.Key.Key_Escape and self.number.line.hasFocus():
            # First what was typed is taken back; then the keyboard is the stepper's again.
            stepper = self.parentWidget()
            if not self.number.line.text() and stepper is not None:
                stepper.setFocus()
            self.number.line.clear()
        elif is_enter(event):
            pressed = next((each for each in (self.give_away, self.skip, self.so_far) if each.hasFocus()), None)
            if pressed is not None:
                pressed.click()
            elif stage == "reason":
                self.reason.give()
            elif stage == "done":
                self._go_on()
            else:
                self._give()
        elif stage == "reason" and self.reason.press(event.text()):
            pass
        elif stage != "number" or not self._by_size or not self.rough.press(event.text()):
            super().keyPressEvent(event)

    # -- how it went ----------------------------------------------------------------------------------------

    def show_summary(self) -> None:
        """Every step that was asked, and how it went."""
        self.summary.show_score(self.asking.score, self.asking.last)
        self._turn(summary=True)
        self.summary.tree.setFocus(Qt.FocusReason.OtherFocusReason)
        announce(self, f"{self.summary.title.text()}: {self.summary.words.text()}")

    def leave_summary(self) -> None:
        """Back to the step at which the walk is."""
        self._turn(summary=False)
        self.take_keys()

    def _go_to(self, index: int) -> None:
        self._turn(summary=False)
        self.session.walk_to(index)
        self.take_keys()

    def _again(self) -> None:
        self._turn(summary=False)
        self.asking.start_over()
        self.take_keys()


def _counted(score: Score) -> str:
    return f"{score.count('first')} of {len(score.records)} right at once"


def _told(asked: Asked) -> tuple[str, str]:
    """What is said of an answer, and the kind of label that it stands in."""
    question, verdict = asked.question, asked.verdict
    if asked.stage == "number":
        return (verdict.sentence, _KINDS[verdict.outcome]) if verdict is not None else ("", "")
    right = verdict is not None and verdict.right
    words = f"{'Right: ' if right else ''}{question.name} = {precise(question.right)}."
    kind = "good" if right else ""
    if asked.stage == "reason":
        return f"{words} Why?", kind
    if asked.chosen is not None:
        reason = next(each.text for each in asked.reasons if each.right)
        if asked.reasons[asked.chosen].right:
            return f"{words} And for the right reason.", kind
        return f"{words} The reason is another: {reason[:1].lower()}{reason[1:]}.", "warning"
    return words, kind
