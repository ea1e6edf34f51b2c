"""A form made from parameters: labels on the left, their editors on the right."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from typing import Any

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import QGridLayout, QSizePolicy, QWidget

from compute.params import Param
from compute.shapes import Shape
from editor import theme
from editor.panels.fields import AxisField, ColumnsField, Field, NameField, Offered, field_for
from editor.panels.widgets import label
from editor.plain import Label, set_tip
from editor.scale import px

NARROWEST = 100
"""In pixels at the system's text size."""


QWIDGETSIZE_MAX = (1 << 24) - 1
"""What Qt calls no limit."""


class Form(QWidget):
    """``changed`` sends (name of the parameter, its new value) once for each change that a person makes; ``offered``:
    what a text that is a name may name."""

    changed = Signal(str, object)

    def __init__(self, label_width: int = 112, offered: Offered | None = None) -> None:
        super().__init__()
        self._offered = offered
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(8)
        self._grid.setVerticalSpacing(6)
        self._label_width = label_width
        self._grid.setColumnStretch(1, 1)
        self.fields: dict[str, Field] = {}
        self._params: tuple[Param, ...] = ()
        self._names: list[tuple[Label, QWidget]] = []
        self._lines = 0
        """How many there were, those that are gone included."""
        self._narrow = False
        theme.notifier.changed.connect(self._follow)
        theme.notifier.changed.connect(self._measure_later)
        self._measure()

    def set_params(self, params: Sequence[Param]) -> None:
        """Make the form anew, if the parameters are others."""
        if tuple(params) == self._params:
            return
        self._params = tuple(params)
        self._names.clear()
        for gone in self.fields.values():
            gone.blockSignals(True)  # losing the focus would commit what was typed, now to another node
        while (item := self._grid.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.hide()
                old.deleteLater()
        self.fields = {}
        for param in params:
            named = self._offered is not None and param.names
            field = NameField(param, self._offered) if self._offered is not None and named else field_for(param)
            self.add(param.name.replace("_", " "), field, param.help)
            self.fields[param.name] = field
            field.committed.connect(self._committed)

    def add(self, text: str, editor: QWidget, tip: str = "") -> Label:
        """A line with an editor of one's own."""
        name = label(text, "dim", 9.5)
        set_tip(name, tip)
        name.setBuddy(editor)
        name.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        self._names.append((name, editor))
        self._measure_one(name, editor)
        self._place(self._lines, name, editor)
        self._lines += 1
        return name

    def _place(self, line: int, name: Label, editor: QWidget) -> None:
        """A name at the left of its editor, or over it where that would have little room."""
        name.setWordWrap(self._narrow)
        if self._narrow:
            self._grid.addWidget(name, 2 * line, 0, 1, 2, Qt.AlignmentFlag.AlignTop)
            self._grid.addWidget(editor, 2 * line + 1, 0, 1, 2)
        else:
            self._grid.addWidget(name, 2 * line, 0, Qt.AlignmentFlag.AlignTop)
            self._grid.addWidget(editor, 2 * line, 1)

    def minimumSizeHint(self) -> QSize:
        return QSize(px(NARROWEST), super().minimumSizeHint().height())

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._measure()  # with the style that it has by now

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._follow()

    def _follow(self) -> None:
        narrow = self.width() < px(2 * self._label_width)
        if narrow != self._narrow:
            self._narrow = narrow
            self._measure()
            for line, (name, editor) in enumerate(self._names, self._lines - len(self._names)):
                self._grid.removeWidget(name)
                self._grid.removeWidget(editor)
                self._place(line, name, editor)

    def _measure_one(self, name: Label, editor: QWidget) -> None:
        """A name stands beside the first line of its editor."""
        first_line = min(name.fontMetrics().height() + px(12), (editor.focusProxy() or editor).sizeHint().height())
        name.setMinimumHeight(0 if self._narrow else first_line)
        name.setMaximumHeight(QWIDGETSIZE_MAX if self._narrow else first_line)
        # A field gives way to a name that is a little longer than most.
        name.setMinimumWidth(0 if self._narrow else min(name.sizeHint().width(), px(1.3 * self._label_width)))

    def _measure_later(self) -> None:
        theme.in_turn(self._measure, last=True)  # when it has the style of the new size

    def _measure(self) -> None:
        self._grid.setColumnMinimumWidth(0, 0 if self._narrow else px(self._label_width))
        for name, editor in self._names:
            self._measure_one(name, editor)

    def show_only(self, names: Container[str]) -> None:
        """Which of the lines are in sight."""
        for line, (name, editor) in zip(self.fields, self._names, strict=True):
            for part in (name, editor):
                part.setVisible(line in names)

    def _committed(self, value: Any) -> None:
        field = self.sender()
        assert isinstance(field, Field)
        self.changed.emit(field.param.name, value)

    def show_values(
        self,
        values: Mapping[str, Any],
        columns: Sequence[str] = (),
        shape: Shape | None = None,
        notes: Mapping[str, str] | None = None,
    ) -> None:
        """The values as the document has them (defaults for the others), the data's columns with notes on some of them,
        and the shape of what goes into the node, as far as it is known."""
        for param in self._params:
            field = self.fields[param.name]
            field.set_value(values.get(param.name, param.default))
            if isinstance(field, ColumnsField):
                field.set_columns(columns, notes or {})
            elif isinstance(field, AxisField):
                field.set_shape(shape)
