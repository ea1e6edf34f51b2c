"""Why matrices: one dense layer neuron by neuron, as one matrix product and by an OpenCL kernel, timed live."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from PySide6.QtCore import QPointF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QFrame, QGridLayout, QProgressBar, QWidget

from compute.benchmark.layer import MOST, WAYS, Race, Size, Taken, Way, sizes_up_to
from compute.benchmark.machine import cores
from compute.numbers_text import count_text, plural, seconds_text, short
from compute.params import Param
from editor import icons, theme
from editor.accessible import announce
from editor.background import Background, Task
from editor.panels.device import device_name
from editor.panels.fields import field_for
from editor.panels.widgets import Elided, button, column, label, paragraph, row, scrolling
from editor.plain import Label, set_tip
from editor.plots.race import RacePlot, paint_mark
from editor.scale import px
from editor.session import Session

SIZES = (
    Param("batch", "int", 64, "Rows of X: samples that go through the layer at once.", 1, MOST),
    Param("inputs", "int", 256, "Columns of X and rows of W.", 1, MOST),
    Param("outputs", "int", 256, "Columns of W: neurons of the layer.", 1, MOST),
)
WORDS: Mapping[Way, str] = {
    "neurons": "neuron by neuron",
    "matrix": "one matrix product",
    "device": "OpenCL kernel",
}
TIPS: Mapping[Way, str] = {
    "neurons": "A loop in Python over rows and neurons: the weighted sum of each is a call of NumPy's dot.",
    "matrix": "X · W + b in NumPy, with one core or all of them, whichever is faster.",
    "device": "The engine's kernel for a dense layer; X, W and b are on the device before, as in training.",
}
BESIDE = 560
"""From this width on, the plot stands beside the rest."""


class _Mark(QWidget):
    """The mark of a way's points."""

    def __init__(self, way: Way) -> None:
        super().__init__()
        self._way = way
        theme.notifier.changed.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(px(12), px(12))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        paint_mark(painter, self._way, QPointF(self.width() / 2, self.height() / 2), px(4))


class LayerRace(QFrame):
    """Each way has a process of its own, so that what is timed neither disturbs the window nor is disturbed by it.
    While the network trains nothing is timed: both would share the processor."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.setProperty("kind", "panel")
        self.setAccessibleName("Why matrices")
        # Of its own: no file that is to be saved waits for it.
        self.background = Background(self)
        self._task: Task | None = None
        self._race: Race | None = None
        self._sentence = ""
        """What has become of the last time."""
        self.sizes: dict[str, int] = {param.name: param.default for param in SIZES}
        self.fields = {param.name: field_for(param) for param in SIZES}
        self.go = button("Time it", "play", kind="primary", token="on_accent")
        self.progress = QProgressBar()
        self.progress.setTextVisible(False)
        self.progress.setAccessibleName("How much is timed")
        self.progress.setRange(0, 1)
        self.said = paragraph("", "dim", 9.0)
        self.plot = RacePlot()
        set_tip(self.plot, "Hollow points: only some rows were timed, as all of them would have taken long")
        self.reading = Elided("text", 9.0, mono=True)
        self.head = QWidget()
        """What stands beside the title of the panel."""
        row(self.head).addWidget(self.reading, 1)
        self.head.setMinimumWidth(1)
        self.times: dict[Way, tuple[Label, Label]] = {}
        self.results = QWidget()
        self._lay_out()
        for name, field in self.fields.items():
            field.committed.connect(partial(self._resize, name))
        self.go.clicked.connect(self._toggle)
        self.plot.pointed.connect(self._read)
        session.training_changed.connect(self._follow)
        session.snapshot_changed.connect(self._follow)
        self._follow()

    def _lay_out(self) -> None:
        lines = QGridLayout(self.results)
        lines.setContentsMargins(0, 0, 0, 0)
        lines.setHorizontalSpacing(8)
        lines.setVerticalSpacing(3)
        lines.setColumnStretch(1, 1)
        for i, way in enumerate(WAYS):
            name = label(WORDS[way], points=9.5)
            set_tip(name, TIPS[way])
            time, times = label("", points=9.5, mono=True), label("", "dim", 9.5, mono=True)
            self.times[way] = time, times
            lines.addWidget(_Mark(way), i, 0)
            for j, each in enumerate((name, time, times), 1):
                lines.addWidget(each, i, j, Qt.AlignmentFlag.AlignRight if j > 1 else Qt.AlignmentFlag.AlignLeft)
        self.given = QWidget()
        names = QGridLayout(self.given)
        names.setContentsMargins(0, 0, 0, 0)
        names.setHorizontalSpacing(6)
        names.setVerticalSpacing(2)
        for i, (size, field) in enumerate(self.fields.items()):
            field.set_value(self.sizes[size])
            field.setMinimumWidth(px(48))
            of = label(size, "dim", 9.5)
            of.setBuddy(field)
            names.addWidget(of, 0, i)
            names.addWidget(field, 1, i, Qt.AlignmentFlag.AlignTop)
            names.setColumnStretch(i, 1)
        left = QWidget()
        inside = column(left, 0, 8)
        inside.setContentsMargins(14, 4, 6, 10)
        inside.addWidget(self.given)
        inside.addWidget(self.go)
        inside.addWidget(self.progress)
        inside.addWidget(self.results)
        inside.addWidget(self.said)
        inside.addStretch(1)
        self._sides = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._sides.setContentsMargins(0, 0, 6, 4)
        self._sides.setSpacing(6)
        self._sides.addWidget(scrolling(left), 3)
        self._sides.addWidget(self.plot, 4)
        layout = column(self, 0, 0)
        layout.addWidget(self.head)
        layout.addLayout(self._sides, 1)

    def sizeHint(self) -> QSize:
        return QSize(640, 250)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        wide = self.width() >= px(BESIDE)
        direction = QBoxLayout.Direction.LeftToRight if wide else QBoxLayout.Direction.TopToBottom
        if direction != self._sides.direction():
            self._sides.setDirection(direction)

    # -- timing ---------------------------------------------------------------------------------------------

    @property
    def size_(self) -> Size:
        """The layer that is to be timed."""
        return Size(self.sizes["batch"], self.sizes["inputs"], self.sizes["outputs"])

    @property
    def running(self) -> bool:
        """Whether it is timed at this moment."""
        return self._task is not None

    def _resize(self, name: str, value: object) -> None:
        assert isinstance(value, int)
        self.sizes[name] = value
        self._say("")

    def _toggle(self) -> None:
        if self.running:
            self.stop("Stopped.")
        elif not self.session.is_training:
            self.start()

    def start(self) -> None:
        """Time all sizes up to the one chosen."""
        snapshot = self.session.snapshot
        sizes = sizes_up_to(self.size_)
        race = Race(snapshot.device if snapshot.on_opencl else None)
        count = len(sizes) * len(race.ways)
        self.plot.begin(sizes)
        self._show_times(None)
        self.progress.setRange(0, count)
        self.progress.setValue(0)

        def work(task: Task) -> None:
            done: list[Taken] = []

            def told(taken: Taken) -> None:
                done.append(taken)
                task.hand(taken)
                task.tell(len(done) / count)

            race.run(sizes, told)

        self._race = race
        self._task = self.background.run(
            work,
            lambda _: self._ended(race, ""),
            partial(self._ended, race),
            name="timing a layer",
            part=partial(self._take, race),
        )
        self._follow()

    def _take(self, race: Race, taken: Taken) -> None:
        if race is self._race:
            self.plot.add(taken)
            self.progress.setValue(len(self.plot.taken))
            self._show_times(taken.size)

    def stop(self, why: str = "") -> None:
        """Call it off, at once; what is timed already stays."""
        if self._task is not None and self._race is not None:
            self._task.cancel()
            self._race.stop()
            self._task = self._race = None
            self._say(why)
            self._follow()

    def _ended(self, race: Race, sentence: str) -> None:
        """All is done, or it failed; what was called off has been forgotten before."""
        if race is not self._race:
            return
        self._task = self._race = None
        self._say(sentence)
        self._follow()
        announce(self, self.said.text())

    def _follow(self) -> None:
        """Nothing is timed while the network trains, and that is said."""
        training = self.session.is_training
        if training and self.running:
            self.stop("Stopped, as training began: both would share the processor.")
        text = "Stop" if self.running else "Time it"
        if self.go.text() != text:
            self.go.setText(text)
            self.go.setAccessibleName(text)
            icons.set_icon(self.go, "close" if self.running else "play", "on_accent")
        self.go.setEnabled(not training)
        self.given.setEnabled(not self.running)
        self.progress.setVisible(self.running)
        self._tell()
        set_tip(
            self.go,
            "Pause the training first: both would share the processor"
            if training
            else "Times the layer, and smaller ones, in each way; some seconds",
        )

    # -- what is said ---------------------------------------------------------------------------------------

    def _show_times(self, size: Size | None) -> None:
        """The times of one size, and how many times as fast as the loop each is."""
        found = {taken.way: taken for taken in self.plot.taken if taken.size == size}
        loop = found.get("neurons")
        for way, (time, times) in self.times.items():
            taken = found.get(way)
            time.setText(seconds_text(taken.seconds) if taken else "–")
            faster = f"{short(loop.seconds / taken.seconds)} ×" if taken and loop and taken is not loop else ""
            times.setText(faster)

    def _say(self, sentence: str) -> None:
        """What has become of it, before what is always said."""
        self._sentence = sentence
        self._tell()

    def _tell(self) -> None:
        """What is to be timed, or what came out."""
        sentence = self._sentence
        size, snapshot = self.size_, self.session.snapshot
        done = {taken.way: taken for taken in self.plot.taken if taken.size == size}
        layer = f"X ({size.batch}×{size.inputs}) · W ({size.inputs}×{size.outputs}) + b ({size.outputs})"
        parts = [sentence] if sentence else []
        if "matrix" in done and not self.running:
            off = max(taken.difference for taken in done.values())
            parts.append(f"All give the same: the largest difference from sums in float64 is {short(off)}.")
            part = done["neurons"]
            if part.is_partial:
                parts.append(f"Of the loop {part.rows} of {size.batch} rows were timed.")
        else:
            sums = count_text(size.batch * size.outputs)
            parts.append(f"{layer}: {sums} sums of {count_text(size.inputs)} products.")
        if snapshot.on_opencl:
            parts.append(f"{cores()} {plural('core', cores())}; kernel on {device_name(snapshot.device)}.")
        else:
            parts.append("The reference engine computes, so there is no kernel; choose a device at the top right.")
        self.said.setText(" ".join(parts))

    def _read(self, taken: Taken | None) -> None:
        text = ""
        if taken is not None:
            about = f" (from {taken.rows} of {taken.size.batch} rows)" if taken.is_partial else ""
            text = f"{WORDS[taken.way]} · {taken.size} · {seconds_text(taken.seconds)}{about}"
        self.reading.set_text(text)

    def close_down(self) -> None:
        """The window closes."""
        self.stop()
        self.background.close(0.0)
