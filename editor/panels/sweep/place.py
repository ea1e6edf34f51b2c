"""The panel of sweeps: what is varied, how many trials that makes, and the trials as they come in."""

from __future__ import annotations

import time
from functools import partial

from PySide6.QtCore import QSize, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QResizeEvent
from PySide6.QtWidgets import QFrame, QLineEdit, QProgressBar, QSplitter, QStackedWidget, QWidget

from compute.benchmark.machine import cores
from compute.document import Document
from compute.edits import Edit
from compute.engines import open_engine
from compute.errors import GradwireError
from compute.numbers_text import plural, seconds_text, short
from compute.sweep import Outcome, Reached, Runner, Sweep, document_of, means, values_text
from compute.sweep.estimate import seconds_of
from compute.sweep.table import csv_of
from editor import icons
from editor.accessible import announce
from editor.background import Background, Task
from editor.panels.sweep.axes import Axes
from editor.panels.sweep.trials import TrialsTable
from editor.panels.widgets import (
    Combo,
    Elided,
    Empty,
    Segments,
    beside,
    button,
    column,
    label,
    paragraph,
    row,
    scrolling,
)
from editor.plain import set_tip
from editor.plots.parallel import Parallel
from editor.plots.scatter import Scatter
from editor.plots.trials_picture import shown_of
from editor.scale import px
from editor.session import Session

SIDE_BY_SIDE = " all"
"""What is chosen where all values are drawn; no setting is called so."""
FORM, BESIDE = 306, 740
"""The width of what is varied, and from which width of the panel on the plot stands beside the table."""
EMPTY = "Say what to vary, and press Sweep: each trial is trained from its first weights, and the best comes first."
SHOWN_SECONDS = 0.25
"""Between two moments at which the table follows."""
SETTLE_MILLISECONDS = 250
"""After the last change of what is varied, it is found how many trials there are and how long they will take."""


class SweepPlace(QFrame):
    """Trials are trained on a thread of their own, with an engine of their own; the document of the window is left
    alone. ``opened`` sends the document of a trial that is to have a window."""

    opened = Signal(object)

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.setProperty("kind", "panel")
        self.setAccessibleName("Sweep")
        self.background = Background(self)
        self._asking = Background(self)
        self._task: Task | None = None
        self.sweep: Sweep | None = None
        """The one whose trials are shown."""
        self.outcomes: tuple[Outcome, ...] = ()
        self._stale = True
        self.axes = Axes()
        self.add = button("Vary another", "add", "Another setting of the training, of a node or of the data")
        self.kind = Segments((("grid", "Grid"), ("random", "Random")), "Trials")
        set_tip(self.kind, "Grid: every combination. Random: so many drawn by the seed, each with every seed varied")
        self.count = QLineEdit("50")
        self.count.setAccessibleName("How many to draw")
        self.count.setMaximumWidth(px(70))
        self.go = button("Sweep", "play", kind="primary", token="on_accent")
        self.progress = QProgressBar()
        self.progress.setTextVisible(False)
        self.progress.setRange(0, 1000)
        self.progress.setAccessibleName("How much is trained")
        self.said = paragraph("", "dim", 9.0)
        self.table = TrialsTable()
        self.lines = Segments((("trials", "Trials"), ("means", "Means over seeds")), "Lines of the table")
        set_tip(self.lines, "Each trial by itself, or together those that differ in their seed alone")
        self.scatter, self.parallel = Scatter(), Parallel()
        self.pictures = QStackedWidget()
        self.look = Segments((("table", "Table"), ("picture", "Picture")), "Show")
        """Which of both, where there is no room for both."""
        self.against = Combo(name="Value across")
        self.reading = Elided("text", 9.0, mono=True)
        self.copy = button("Copy as CSV", "export", "All trials, the best first")
        self.open = button("Open trial", "open", "The selected trial as a document of its own, in another window")
        self._behind = ""
        """What has happened to the document since the settings to vary were looked for."""
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.setInterval(SETTLE_MILLISECONDS)
        self._settle.timeout.connect(self._estimate)
        self._lay_out()
        self.axes.changed.connect(self._change)
        self.kind.chosen.connect(lambda _key: self._change())
        self.count.textEdited.connect(lambda _text: self._change())
        self.add.clicked.connect(self._add)
        self.go.clicked.connect(self._toggle)
        self.copy.clicked.connect(self._copy)
        self.open.clicked.connect(self._open_chosen)
        self.against.activated.connect(lambda _at: self._draw())
        self.table.opened.connect(self._open)
        self.table.selectionModel().currentRowChanged.connect(lambda *_: self._enable())
        self.lines.chosen.connect(lambda _key: self._choose_lines())
        self.look.chosen.connect(lambda _key: self._show_parts())
        for picture in (self.scatter, self.parallel):
            self.pictures.addWidget(picture)
            picture.opened.connect(self._open)
            picture.pointed.connect(self._read)
        session.document_replaced.connect(self._begin)
        session.document_edited.connect(self._follow)
        self._begin()

    def _lay_out(self) -> None:
        left = QWidget()
        inside = column(left, 0, 6)
        inside.setContentsMargins(14, 4, 6, 10)
        inside.addWidget(self.axes)
        inside.addWidget(self.add)
        self.drawn = beside(label("draw", "dim", 9.5), self.count)
        how = QWidget()
        across = row(how, 0, 6)
        across.addWidget(self.kind)
        across.addWidget(self.drawn)
        across.addStretch(1)
        inside.addWidget(how)
        inside.addWidget(self.go)
        inside.addWidget(self.progress)
        inside.addWidget(self.said)
        inside.addStretch(1)
        middle = QWidget()
        rows = column(middle, 0, 4)
        rows.addWidget(self.lines)
        self.middle = middle
        rows.addWidget(self.table, 1)
        under = QWidget()
        ends = row(under, 0, 6)
        ends.addWidget(self.open)
        ends.addWidget(self.copy)
        ends.addStretch(1)
        rows.addWidget(under)
        right = QWidget()
        plot = column(right, 0, 2)
        plot.addWidget(self.against)
        plot.addWidget(self.pictures, 1)
        plot.addWidget(self.reading)
        self.parts = QSplitter()
        self.parts.setChildrenCollapsible(False)
        form = scrolling(left)
        form.setMinimumWidth(px(FORM))
        self.plot = right
        what = QWidget()
        above = column(what, 0, 4)
        above.addWidget(self.look)
        both = QSplitter()
        both.setChildrenCollapsible(False)
        self.found = QStackedWidget()
        self.found.addWidget(Empty("loss", "No trials yet", EMPTY))
        self.found.addWidget(both)
        above.addWidget(self.found, 1)
        for part, stretch in ((middle, 6), (right, 4)):
            both.addWidget(part)
            both.setStretchFactor(both.count() - 1, stretch)
        both.setSizes([px(420), px(260)])
        for part, stretch in ((form, 3), (what, 10)):
            self.parts.addWidget(part)
            self.parts.setStretchFactor(self.parts.count() - 1, stretch)
        self.parts.setSizes([px(FORM), px(680)])
        layout = column(self, 0, 0)
        layout.setContentsMargins(0, 0, 8, 6)
        layout.addWidget(self.parts, 1)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._show_parts()

    def _show_parts(self) -> None:
        """Table and picture beside each other, or one of them."""
        narrow = self.width() < px(BESIDE)
        self.look.setVisible(narrow and self.found.currentIndex() > 0)
        self.plot.setVisible(not narrow or self.look.key == "picture")
        self.middle.setVisible(not narrow or self.look.key == "table")

    def sizeHint(self) -> QSize:
        return QSize(px(640), px(250))

    def minimumSizeHint(self) -> QSize:
        return QSize(px(160), px(110))

    # -- what is varied -------------------------------------------------------------------------------------

    def _begin(self) -> None:
        """Another document."""
        self.stop()
        self.sweep, self.outcomes = None, ()
        self._behind = "another"
        self._catch_up()
        self._draw(anew=True)
        self._change()

    def _follow(self, edit: Edit) -> None:
        if edit.only_teaches:
            return
        self._behind = self._behind or "edited"
        self._catch_up()
        self._change()

    def _catch_up(self, *, unseen: bool = False) -> None:
        """What can be varied in the document, as soon as somebody sees it: of a large graph that takes a while."""
        behind = self._behind
        if not behind or not (unseen or self.isVisible()):
            return
        self._behind = ""
        if behind == "another":
            self.axes.begin(self.session.document)
        else:
            self.axes.follow(self.session.document)

    def _add(self) -> None:
        self._catch_up(unseen=True)
        self.axes.add().values.setFocus()
        self._change()

    def _change(self) -> None:
        self.drawn.setVisible(self.kind.key == "random")
        self._stale = True
        self._settle.start()
        self._enable()

    def showEvent(self, event: object) -> None:
        super().showEvent(event)  # type: ignore[arg-type]
        self._catch_up()
        if self._stale:
            self._settle.start()

    def written(self) -> Sweep:
        """The sweep that is asked for. Errors: GradwireError naming what is wrong."""
        random = 0
        if self.kind.key == "random":
            text = self.count.text().strip()
            if not text.isdecimal() or not 1 <= int(text) <= 100_000:
                raise GradwireError(f'"{text}" is no number of trials from 1 to 100,000')
            random = int(text)
        self._catch_up(unseen=True)
        return Sweep(self.session.document.copy(), self.axes.axes(), random)

    def _estimate(self) -> None:
        """Say how many trials there are, and how long they will take."""
        if self.running or not self.isVisible():
            return
        self._stale = False
        try:
            sweep = self.written()
        except GradwireError as error:
            self.said.setText(str(error))
            return
        trials = f"{len(sweep.trials):,} {plural('trial', len(sweep.trials))}"
        self.said.setText(f"{trials}.")
        if not self.session.snapshot.on_opencl:
            self.said.setText(f"{trials}, one after the other on the reference engine, which takes long.")
            return

        def told(seconds: float) -> None:
            if not self.running:
                self.said.setText(f"{trials}, about {seconds_text(max(1.0, round(seconds)))}.")

        def wrong(sentence: str) -> None:
            if not self.running:
                self.said.setText(sentence)

        self._asking.run(lambda _task: seconds_of(sweep, cores()), told, wrong, name="estimating")

    # -- training -------------------------------------------------------------------------------------------

    @property
    def running(self) -> bool:
        """Whether trials are trained at this moment."""
        return self._task is not None

    def _toggle(self) -> None:
        if self.running:
            self.stop()
        elif not self.session.locks.refuse("train"):
            self.start()

    def start(self) -> None:
        """Train all trials."""
        try:
            sweep = self.written()
        except GradwireError as error:
            self.said.setText(str(error))
            announce(self, str(error))
            return
        snapshot = self.session.snapshot
        kind, device = ("opencl", snapshot.device) if snapshot.on_opencl else ("reference", "auto")

        def work(task: Task) -> Reached:
            engine, _ = open_engine(kind, device)
            try:
                runner, shown = Runner(sweep, engine), 0.0

                def told(reached: Reached) -> bool:
                    nonlocal shown
                    if time.monotonic() - shown >= SHOWN_SECONDS:
                        task.hand(reached)
                        shown = time.monotonic()
                    return task.is_cancelled

                runner.run(told)
                return runner.reached
            finally:
                engine.close()

        self.sweep, self.outcomes = sweep, ()
        self.progress.setValue(0)
        self.said.setText("Kernels are built …")
        self._draw(anew=True)
        self._task = self.background.run(
            work,
            partial(self._ended, sweep),
            partial(self._failed, sweep),
            name="sweeping",
            part=partial(self._take, sweep),
            cancelled=lambda: self._failed(sweep, "Stopped."),
        )
        self._enable()

    def stop(self) -> None:
        """Call it off; what was reached stays."""
        if self._task is not None:
            self._task.cancel()
            self.said.setText("Stopping …")

    def _take(self, sweep: Sweep, reached: Reached) -> None:
        if sweep is not self.sweep:
            return
        self.outcomes = reached.outcomes
        self.progress.setValue(round(1000 * reached.share))
        if self._task is not None and not self._task.is_cancelled:
            left = f", about {seconds_text(max(1.0, round(reached.left)))} left" if reached.left else ""
            both = " The network trains too, so both take longer." if self.session.is_training else ""
            self.said.setText(f"{len(reached.outcomes):,} trials, {reached.share:.0%} done{left}.{both}")
        self._draw()

    def _ended(self, sweep: Sweep, reached: Reached) -> None:
        self._task = None
        if sweep is self.sweep:
            self._take(sweep, reached)
            failed = sum(bool(each.fault) for each in reached.outcomes)
            also = f"; {failed} failed" if failed else ""
            done = "" if reached.share >= 1 else f", stopped after {reached.share:.0%} of the steps"
            count = f"{len(reached.outcomes):,} {plural('trial', len(reached.outcomes))}"
            self.said.setText(f"{count} in {seconds_text(reached.seconds)}{done}{also}.")
            announce(self, self.said.text())
        self._enable()

    def _failed(self, sweep: Sweep, sentence: str) -> None:
        self._task = None
        if sweep is self.sweep:
            self.said.setText(sentence)
            announce(self, sentence)
        self._enable()

    def _enable(self) -> None:
        text = "Stop" if self.running else "Sweep"
        if self.go.text() != text:
            self.go.setText(text)
            self.go.setAccessibleName(text)
            icons.set_icon(self.go, "close" if self.running else "play", "on_accent")
        set_tip(self.go, "What was reached stays" if self.running else "Trains every trial from its first weights")
        for part in (self.axes, self.add, self.kind, self.drawn):
            part.setEnabled(not self.running)
        self.progress.setVisible(self.running)
        chosen = self.table.chosen
        self.open.setEnabled(chosen is not None and chosen.state is not None)
        self.copy.setEnabled(bool(self.outcomes))

    # -- what came out --------------------------------------------------------------------------------------

    def _draw(self, *, anew: bool = False) -> None:
        sweep = self.sweep
        over_seeds = sweep is not None and sweep.repeats and self.lines.key == "means"
        axes = [axis for axis in sweep.axes if not (over_seeds and axis.varied.is_seed)] if sweep else []
        if anew:
            names = [axis.name for axis in axes]
            several = [(SIDE_BY_SIDE, "all values side by side")] if len(names) > 1 else []
            before = self.against.key
            self.against.set_pairs([*((name, f"against {name.replace('_', ' ')}") for name in names), *several])
            if names:
                self.against.choose(before if before in (*names, *(key for key, _ in several)) else names[0])
            self.against.setVisible(len(names) > 1)
            self.lines.setVisible(sweep is not None and sweep.repeats)
        self.found.setCurrentIndex(1 if sweep is not None else 0)
        self._show_parts()
        self.table.trials.show_trials(sweep if self.outcomes else None, self.outcomes, over_seeds=over_seeds)
        shown = shown_of(self.outcomes, means(sweep, self.outcomes) if sweep and over_seeds else ())
        self.pictures.setCurrentIndex(1 if self.against.key == SIDE_BY_SIDE and len(axes) > 1 else 0)
        if self.pictures.currentWidget() is self.parallel:
            self.parallel.show_trials(axes, shown)
        else:
            self.scatter.show_trials(next((each for each in axes if each.name == self.against.key), None), shown)
        self._enable()

    def _choose_lines(self) -> None:
        self._draw(anew=True)

    def _read(self, outcome: Outcome | None) -> None:
        self.reading.set_text(f"{short(outcome.score)} · {values_text(outcome.trial)}" if outcome else "")

    def _copy(self) -> None:
        if self.sweep is not None:
            QGuiApplication.clipboard().setText(csv_of(self.sweep, self.outcomes))
            self.session.message.emit(f"Copied {len(self.outcomes):,} trials")

    def _open_chosen(self) -> None:
        if self.table.chosen is not None:
            self._open(self.table.chosen)

    def _open(self, outcome: Outcome) -> None:
        """Make the trial's document beside the window, and have it shown."""
        sweep = self.sweep
        if sweep is None or outcome.state is None:
            return

        def made(_task: Task) -> Document:
            return document_of(sweep, outcome)

        self._asking.run(made, self.opened.emit, self.said.setText, name="opening a trial")

    def close_down(self) -> None:
        """The window closes."""
        self.stop()
        self.background.close(1.0)
        self._asking.close(0.0)
