"""The stepper: the walk through backpropagation, one calculation at a time."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QSizePolicy, QSlider, QWidget

from compute.explain import Phase, Step
from compute.numbers_text import count_text, plural, size_text
from compute.walk_state import WalkState
from editor import icons
from editor.panels.asking import AskPanel
from editor.panels.flow import Flow
from editor.panels.formula import AHEAD, BUSY_MILLISECONDS, FormulaView, answers_of, lines_of
from editor.panels.phases import PHASES, PhaseButton
from editor.panels.widgets import (
    Combo,
    Elided,
    Segments,
    Stable,
    beside,
    button,
    column,
    label,
    of_action,
    row,
    tool,
)
from editor.plain import set_tip
from editor.scale import px
from editor.session import Session

SPEEDS = (("0.5", "0.5×"), ("1", "1×"), ("2", "2×"), ("4", "4×"), ("8", "8×"))
STEP_MILLISECONDS = 1000
_GAP = 6
"""Between its lines."""


class Stepper(QFrame):
    """In sight during a walk alone. Calls the session's ``walk_…`` methods; plays by a timer of its own.
    ``memory_asked``: what is stored is to be listed, or no longer. ``made``: there is another part of it."""

    memory_asked = Signal()
    made = Signal(object)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.setProperty("kind", "dock")
        self.setAccessibleName("Walk through backpropagation")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        self.phases: dict[Phase, PhaseButton] = {}
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setProperty("kind", "walk")
        self.slider.setAccessibleName("Step of the walk")
        set_tip(self.slider, "Drag to any calculation")
        self.slider.setPageStep(1)
        self.count = Stable("step 000 of 000", "step")
        self.count.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.granularity = Segments((("node", "Nodes"), ("wire", "Wires"), ("entry", "Entries")), "One step is all of")
        set_tip(
            self.granularity,
            "Nodes: all that a node sends back is one step. Wires: each contribution is one. "
            "Entries: every number of a matrix is one.",
        )
        self.ask = of_action(tool("ask", "Ask first"), "walk_ask", "Ask for each number before it is shown")
        self.ask.setCheckable(True)
        self._low = False
        self.speed = Combo(SPEEDS, "Speed")
        self.speed.setMinimumContentsLength(4)
        set_tip(self.speed, "Steps per second while it plays")
        self.speed.choose("1")
        self.first = of_action(tool("first", "First step"), "walk_first", "First step")
        self.back = of_action(tool("previous", "Step back"), "walk_back", "Step back")
        self.play = tool("play", "Play", "Play or stop (Space)", "focus")
        self.forth = of_action(tool("next", "Step forward"), "walk_next", "Step forward")
        self.node = of_action(tool("skip-node", "Finish the node"), "walk_node", "Finish the node")
        self.phase = of_action(tool("skip-phase", "Finish the phase"), "walk_phase", "Finish the phase")
        self.last = of_action(tool("last", "Last step"), "walk_last", "Last step")
        self.batch = label("", "dim", 9.0)
        self.batch.setAccessibleName("Batch of the walk")
        self.do = button("Do this step", "step", kind="primary", token="on_accent")
        self.leave = of_action(tool("close", "Leave the walk", token="text_dim"), "walk_leave", "Leave the walk")
        self.title = Elided(bold=True, points=10.5)
        self.sentence = Elided("dim", 9.5)
        self.formula = FormulaView(11.5, lines=4.8)
        self.formula.offer_clicks("Click a number to ask about it")
        self.memory = button(
            "", "memory", "What backpropagation holds in memory at this moment; click to list it", "link", "text_dim"
        )
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._tick)
        self._busy = QTimer(self)
        self._busy.setSingleShot(True)
        self._busy.setInterval(BUSY_MILLISECONDS)
        # After the step itself is on the screen: in a large graph that takes long enough.
        self._rest_wanted = QTimer(self)
        self._rest_wanted.setSingleShot(True)
        self._rest_wanted.setInterval(0)
        self._waiting: Step | None = None
        """While it trains: the step whose formulas are being drawn."""
        self._lay_out()
        self._listen()
        self._show_details()
        self.hide()
        if session.walk is not None:
            self._tell(session.walk)

    def _lay_out(self) -> None:
        top = Flow(spacing=4)
        for phase, text, token, tip in PHASES:
            self.phases[phase] = PhaseButton(text, token, tip)
            self.phases[phase].clicked.connect(self._jumper(phase))
            top.addWidget(self.phases[phase])
        top.push()
        place = QWidget()
        ends = row(place, spacing=4)
        ends.addWidget(self.count)
        ends.addWidget(self.leave)
        for each_widget in (self.granularity, place):
            top.addWidget(each_widget)
        middle = Flow(spacing=8)
        middle.addWidget(beside(*self._ways(), spacing=2))
        middle.addWidget(self.slider)
        middle.addWidget(self.speed)
        middle.push()
        middle.addWidget(beside(self.ask, self.batch, self.do))
        words = column(None, 0, 4)
        words.addWidget(self.title)
        words.addWidget(self.sentence)
        memory = row(spacing=0)
        memory.addWidget(self.memory)
        memory.addStretch(1)
        words.addLayout(memory)
        words.addStretch(1)
        self.details = QWidget()
        below = row(self.details, spacing=24)
        below.addLayout(words, 1)
        below.addWidget(self.formula, 2)
        layout = column(self, 0, _GAP)
        layout.setContentsMargins(16, 8, 12, 10)
        layout.addLayout(top)
        layout.addLayout(middle)
        layout.addWidget(self.details)

    @cached_property
    def asked(self) -> AskPanel:
        """What asks in a walk; most walks do not."""
        panel = AskPanel(self.session)
        panel.hide()
        layout = self.layout()
        assert layout is not None
        layout.addWidget(panel)
        panel.set_low(self._low)
        self.made.emit(panel)
        return panel

    def _ways(self) -> tuple[QWidget, ...]:
        return self.first, self.back, self.play, self.forth, self.node, self.phase, self.last

    def set_low(self, low: bool) -> None:
        """Leave out the words and the formula of the step, which the inspector has too."""
        self._low = low
        self._show_details()

    @property
    def left_out(self) -> int:
        """How much higher it would be with what is left out."""
        if self.session.asking.on:
            return self.asked.left_out
        return self.details.sizeHint().height() + _GAP if self.details.isHidden() else 0

    def _show_details(self) -> None:
        """Words and formula of the step; in a walk that asks, what asks stands in their place."""
        asks = self.session.asking.on
        self.ask.setChecked(asks)
        self.details.setVisible(not self._low and not asks)
        if asks or "asked" in vars(self):
            self.asked.set_low(self._low)
            self.asked.setVisible(asks)
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Where room is scarce, what can be done without gives way, more of it where something is asked."""
        room = self.contentsRect().width() - px(40)
        bare = sum(each.whole for each in self.phases.values()) > room
        for phase in self.phases.values():
            phase.set_bare(bare)
        for end in (self.first, self.last):
            end.setVisible(not bare)
        for extra in (self.speed, self.batch, self.granularity):
            extra.setVisible(not (bare and self.session.asking.on))

    def _listen(self) -> None:
        session = self.session
        session.walk_changed.connect(self._show)
        session.snapshot_changed.connect(self._follow)
        session.asking.changed.connect(self._show_details)
        self.ask.clicked.connect(session.asking.set_on)
        self.do.clicked.connect(self._do)
        self._busy.timeout.connect(self._draw_numbers)
        self._rest_wanted.timeout.connect(self._show_rest)
        self.formula.idle.connect(self._drawn)
        self.formula.clicked.connect(self._ask)
        self.slider.valueChanged.connect(session.walk_to)
        self.first.clicked.connect(lambda: session.walk_to(0))
        self.last.clicked.connect(lambda: session.walk_to(len(session.walk.steps) - 1 if session.walk else 0))
        self.back.clicked.connect(lambda: session.walk_by(-1))
        self.forth.clicked.connect(lambda: session.walk_by(1))
        self.node.clicked.connect(session.finish_node)
        self.phase.clicked.connect(session.finish_phase)
        self.leave.clicked.connect(session.stop_walk)
        self.play.clicked.connect(self.toggle_play)
        self.speed.activated.connect(self._set_pace)
        self.granularity.chosen.connect(session.set_granularity)
        self.memory.clicked.connect(self.memory_asked)

    def _ask(self, line: int) -> None:
        walk = self.session.walk
        if walk is not None:
            self.session.focus_on(walk.focus_of(answers_of(walk.step)[line]))

    def _jumper(self, phase: Phase) -> Callable[[], None]:
        return lambda: self._go_to(phase)

    def _go_to(self, phase: Phase) -> None:
        walk = self.session.walk
        if walk is not None:
            self.session.walk_to(walk.steps.phases.get(phase, range(walk.index, walk.index + 1)).start)
            self._show_phases(self.session.walk)

    # -- playing --------------------------------------------------------------------------------------------

    @property
    def playing(self) -> bool:
        """Whether it goes on by itself."""
        return self._timer.isActive()

    def toggle_play(self) -> None:
        """Play from here (from the start if it is at the end), or stop."""
        walk = self.session.walk
        if self.playing or walk is None:
            self._stop()
            return
        if walk.index == len(walk.steps) - 1:
            self.session.walk_to(0)
        self._set_pace()
        self._timer.start()
        self._show_play()

    def _set_pace(self) -> None:
        self._timer.setInterval(round(STEP_MILLISECONDS / float(self.speed.key)))

    def _tick(self) -> None:
        self.session.walk_by(1)
        walk = self.session.walk
        if walk is None or walk.index == len(walk.steps) - 1 or self.session.asking.is_open:
            self._stop()

    def _stop(self) -> None:
        self._timer.stop()
        self._show_play()

    def _show_play(self) -> None:
        icons.set_icon(self.play, "pause" if self.playing else "play", "focus")
        self.play.setAccessibleName("Stop" if self.playing else "Play")

    def close_down(self) -> None:
        """The window closes."""
        self._stop()

    def hideEvent(self, event: QHideEvent) -> None:
        self._stop()
        super().hideEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        session, key = self.session, event.key()
        if key == Qt.Key.Key_Space:
            self.toggle_play()
        elif key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            if event.modifiers() & Qt.KeyboardModifier.ShiftModifier and key == Qt.Key.Key_Right:
                session.finish_phase()
            elif event.modifiers() & Qt.KeyboardModifier.ControlModifier and key == Qt.Key.Key_Right:
                session.finish_node()
            else:
                session.walk_by(1 if key == Qt.Key.Key_Right else -1)
        elif key in (Qt.Key.Key_Home, Qt.Key.Key_End) and session.walk is not None:
            session.walk_to(0 if key == Qt.Key.Key_Home else len(session.walk.steps) - 1)
        elif key == Qt.Key.Key_F:
            session.finish_phase()
        elif key == Qt.Key.Key_Escape:
            session.stop_walk()
        else:
            super().keyPressEvent(event)

    # -- showing --------------------------------------------------------------------------------------------

    def _show(self, walk: WalkState | None) -> None:
        if walk is None:
            self._busy.stop()
            self._waiting = None
            self._stop()
            self.hide()
        else:
            self._tell(walk)
            self.show()

    def _tell(self, walk: WalkState) -> None:
        self._busy.stop()
        self._waiting = None
        step, last = walk.step, len(walk.steps) - 1
        self.slider.blockSignals(True)
        self.slider.setRange(0, last)
        self.slider.setValue(walk.index)
        self.slider.blockSignals(False)
        self.count.set_text(f"step {count_text(walk.index + 1)} of {count_text(last + 1)}")
        for each, on in ((self.first, walk.index > 0), (self.back, walk.index > 0)):
            each.setEnabled(on)
        for each in (self.forth, self.node, self.phase, self.last):
            each.setEnabled(walk.index < last)
        self.granularity.choose(walk.granularity)
        self._show_phases(walk)
        self._show_batch(walk)
        self._show_numbers(step)
        self._rest_wanted.start()

    def _show_batch(self, walk: WalkState) -> None:
        """Which batch is walked through, and what its step would do."""
        batch, updates = self.session.snapshot.batch, "update" in walk.steps.phases
        self.batch.setText(batch.short)
        stands = "which training takes next" if batch.is_next else f"while training takes {batch.following_name} next"
        set_tip(self.batch, f"The walk is through {batch.name}, {stands}")
        text = "Do this step" if batch.is_next else f"Go to batch {batch.following[1] + 1}"
        if text != self.do.text():
            self.do.setText(text)
            self.do.setAccessibleName(text)
        self.do.setEnabled(updates)
        if not updates:
            tip = "Nothing in this walk is trained, so there is no step to do"
        elif batch.is_next:
            part = "" if batch.whole else f" The step takes all {batch.rows:,} rows, of which the walk shows a part."
            tip = f"Change the weights as the update says, and go on with the next batch.{part}"
        else:
            tip = "A step takes the batches in their order: go to the one that is next"
        set_tip(self.do, tip)

    def _do(self) -> None:
        """Do the step that the walk is about, or go to the batch that is next."""
        if self.session.snapshot.batch.is_next:
            self.session.step_batch()
        else:
            self.session.batches.show_next()

    def _show_numbers(self, step: Step) -> None:
        walk = self.session.walk
        told = walk is None or not walk.hides_reason
        self.title.set_text(step.title)
        self.sentence.set_text(step.sentence if told else "")
        self.formula.set_lines(lines_of(step) if told else ())

    def _follow(self) -> None:
        """The numbers of a new snapshot; now and then while it trains, and then with their formulas drawn before."""
        if self.session.walk is None:
            return
        if self.session.snapshot.state != "running":
            self._show(self.session.walk)
        elif not self._busy.isActive() and self._waiting is None:
            self._busy.start()

    def _draw_numbers(self) -> None:
        if self.session.walk is not None:
            self._waiting = self.session.walk.step
            self.formula.draw_ahead([lines_of(self._waiting)])

    def _drawn(self) -> None:
        step, self._waiting = self._waiting, None
        if step is not None:
            self._show_numbers(step)

    def _show_phases(self, walk: WalkState | None) -> None:
        if walk is None:
            return
        order = [phase for phase, *_ in PHASES]
        here = order.index(walk.step.phase)
        for i, phase in enumerate(order):
            self.phases[phase].set_state("done" if i < here else "here" if i == here else "ahead")
            self.phases[phase].setEnabled(phase in walk.steps.phases)

    def _show_rest(self) -> None:
        """What is stored, and the formulas of the steps that come next, to be there at once."""
        walk = self.session.walk
        if walk is not None and self.session.snapshot.state != "running":
            self.formula.draw_ahead(lines_of(each) for each in walk.steps[walk.index + 1 : walk.index + 1 + AHEAD])
        self._show_memory()

    def _show_memory(self) -> None:
        if self.session.walk is not None:
            step = self.session.walk.step
            arrays = f"{len(step.stored)} {plural('array', len(step.stored))}"
            self.memory.setText(f"Stored now: {arrays}, {size_text(step.stored_bytes)}")
            self.memory.setAccessibleName(self.memory.text())
