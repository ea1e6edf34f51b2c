"""A tensor as a table, as a picture of all of it, or as both side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QSplitter, QWidget

from compute.check.result import Verdict
from compute.heat import How, scale_of
from compute.numbers_text import short, summary
from compute.shapes import shape_text
from compute.tensor_view import Entry, Span, TensorView
from editor.background import Background
from editor.panels.flow import Flow
from editor.panels.heat_map import HeatMap
from editor.panels.heat_sheet import Sheet
from editor.panels.tensor_table import TensorTable
from editor.panels.widgets import Combo, Elided, Segments, column
from editor.plain import set_tip
from editor.scale import px
from editor.settings import Settings

Array = npt.NDArray[Any]
AT_ONCE = 100_000
"""The numbers about more entries than these are worked out beside the window."""
FEW_ROWS, FEW_COLUMNS = 12, 8
"""A smaller tensor is in its table as a whole, in colours, and needs no picture."""
WIDE = 640
"""From this width on picture and table stand beside each other, else below."""
LOOKS = (("both", "Both"), ("table", "Table"), ("map", "Map"))
HOWS: tuple[tuple[How, str], ...] = (("largest", "largest"), ("mean", "mean"))


def digest(array: Array) -> str:
    """Shape, mean ± spread and range of a tensor, in one line."""
    if array.size == 1:
        return f"{shape_text(array.shape)} · {short(array.item())}"
    return f"{shape_text(array.shape)} · {summary(array)} · {short(float(array.min()))} … {short(float(array.max()))}"


class _Measured(NamedTuple):
    """What is said about an array, and its largest finite magnitude."""

    of: Array
    text: str
    scale: float

    @classmethod
    def by(cls, array: Array) -> _Measured:
        return cls(array, digest(array), scale_of(array))


class TensorPane(QWidget):
    """``asked`` and ``confirmed`` send the cell that was clicked, in either, and the one where Enter was pressed."""

    asked = Signal(int, int)
    confirmed = Signal(int, int)

    def __init__(self, name: str) -> None:
        super().__init__()
        self._measured: _Measured | None = None
        self._array: Array = np.zeros((0, 0))
        self._of: object = None
        """What is shown, and what it is the numbers of."""
        self._spans: tuple[Span, ...] = ()
        self._waiting = False
        """Whether an array is being measured."""
        self._background = Background(self)
        self.about = Elided("dim", 9.0, mono=True)
        self.look = Segments(LOOKS, "Show as")
        self.look.choose(_chosen("look", [key for key, _ in LOOKS]))
        self.how = Combo(HOWS, "In one pixel")
        self.how.setMinimumContentsLength(6)
        set_tip(self.how, "What a pixel shows that stands for many entries: the largest of them, or their mean")
        self.how.choose(_chosen("how", [key for key, _ in HOWS]))
        self.view = TensorTable(f"Table of {name}")
        self.map = HeatMap(f"Map of {name}")
        set_tip(self.view, "Click a cell to ask why; Ctrl+C copies exact numbers.")
        self.readout = Elided("dim", 9.0, mono=True)
        picture = QWidget()
        inside = column(picture, 0, 4)
        inside.addWidget(self.map, 1)
        inside.addWidget(self.readout)
        self._picture = picture
        self.splitter = QSplitter(Qt.Orientation.Vertical)
        self.splitter.setChildrenCollapsible(False)
        self.splitter.setMinimumHeight(40)  # in a low window it is cut rather than that the window grows
        self.splitter.addWidget(picture)
        self.splitter.addWidget(self.view)
        self.splitter.setStretchFactor(0, 1)
        self.splitter.setStretchFactor(1, 1)
        self.choices = QWidget()
        head = Flow(self.choices, spacing=6)
        head.addWidget(self.look)
        head.push()
        head.addWidget(self.how)
        layout = column(self, 0, 6)
        for each in (self.about, self.choices, self.splitter):
            layout.addWidget(each, 1 if each is self.splitter else 0)
        self.look.chosen.connect(self._choose)
        self.how.activated.connect(self._choose)
        self.map.told.connect(self._say)
        for each in (self.view, self.map):
            each.asked.connect(self.asked)
        self.view.confirmed.connect(self.confirmed)
        self.map.copied.connect(lambda: self.view.copy(whole=True))
        self.map.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.map.customContextMenuRequested.connect(self._menu)

    def show_tensor(
        self,
        array: Array,
        laid_out: TensorView,
        *,
        columns: Sequence[str] = (),
        rows: Sequence[str] = (),
        sample: int = -1,
        lit: Entry | None = None,
        of: object = None,
        badges: Mapping[tuple[int, int], Verdict] | None = None,
        spans: Sequence[Span] = (),
    ) -> None:
        """Show a tensor's numbers, as ``TensorModel`` does. of: what they are the numbers of."""
        if of != self._of:
            self._measured = None
        self._array, self._of = array, of
        self._measure()
        scale = self._measured.scale if self._measured is not None else 0.0
        table = self.view.model_
        table.show_tensor(
            array,
            laid_out,
            columns=columns,
            rows=rows,
            sample=sample,
            lit=lit,
            scale=scale,
            badges=badges,
            spans=spans,
        )
        self._spans = tuple(spans)
        large = laid_out.rows > FEW_ROWS or laid_out.columns > FEW_COLUMNS
        self.choices.setVisible(large)
        self._show_parts(large)
        if self._picture.isVisibleTo(self):
            self._draw()

    def show_nothing(self, why: str) -> None:
        """An empty table, and why it is empty."""
        self._measured = self._of = None
        self._array = nothing = np.zeros((0, 0))
        self.view.model_.show_tensor(nothing, TensorView.of(nothing), scale=0.0)
        self.about.set_text(why)
        self.choices.setVisible(False)
        self._show_parts(large=False)

    def _draw(self) -> None:
        model = self.view.model_
        self.map.set_how("mean" if self.how.key == "mean" else "largest")
        scale = model.scale if self._measured is not None else None
        sheet = Sheet(model.matrix, model.laid_out, scale, model.sample, model.lit, self._spans, about=self._of)
        self.map.show_sheet(sheet)
        self._say("")

    def _show_parts(self, large: bool) -> None:
        look = self.look.key if large else "table"
        self._picture.setVisible(look != "table")
        self.view.setVisible(look != "map")

    def _choose(self) -> None:
        _remember("look", self.look.key)
        _remember("how", self.how.key)
        self._show_parts(large=True)
        self._draw()

    def _menu(self, place: QPoint) -> None:
        menu = self.view.menu()
        menu.exec(self.map.mapToGlobal(place))
        menu.deleteLater()

    def _say(self, said: str) -> None:
        self.readout.set_text(said or self.map.legend)
        rows, columns = self.map.block
        self.how.setVisible(rows * columns > 1 and self.look.key != "table")

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        across = self.width() >= px(WIDE)
        self.splitter.setOrientation(Qt.Orientation.Horizontal if across else Qt.Orientation.Vertical)
        self._say("")

    # -- what is said about all of it -----------------------------------------------------------------------

    def _measure(self) -> None:
        """Find scale and summary; of a large tensor beside the window, one after the other."""
        array, of = self._array, self._of
        if self._measured is not None and self._measured.of is array:
            return
        if array.size <= AT_ONCE:
            self._measured = _Measured.by(array)
            self.about.set_text(self._measured.text)
            return
        if self._measured is None or self._measured.of.shape != array.shape:
            self._measured = None
            self.about.set_text(f"{shape_text(array.shape)} · …")
        if not self._waiting:
            self._waiting = True
            self._background.run(
                lambda _task: _Measured.by(array), lambda measured: self._found(measured, of), self.about.set_text
            )

    def _found(self, measured: _Measured, of: object) -> None:
        self._waiting = False
        if of == self._of and measured.of.shape == self._array.shape and measured.of.size:
            self._measured = measured
            self.about.set_text(measured.text)
            self.view.model_.set_scale(measured.scale)
            if self._picture.isVisibleTo(self):
                self._draw()
        elif self._array.size > AT_ONCE:
            self._measure()  # another tensor came meanwhile


def _chosen(name: str, keys: Sequence[str]) -> str:
    """What was chosen last time."""
    found = Settings().words(f"tensors/{name}")
    return found if found in keys else keys[0]


def _remember(name: str, key: str) -> None:
    Settings().set_words(f"tensors/{name}", key)
