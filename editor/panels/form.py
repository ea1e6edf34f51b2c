"""A form made from parameters: labels on the left, their editors on the right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QSizePolicy, QWidget

from compute.params import Param
from compute.shapes import Shape
from editor.panels.fields import AxisField, ColumnsField, Field, field_for
from editor.panels.widgets import label
from editor.plain import Label, set_tip


class Form(QWidget):
    """``changed`` sends (name of the parameter, its new value) once for each change that a person makes."""

    changed = Signal(str, object)

    def __init__(self, label_width: int = 112) -> None:
        super().__init__()
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(8)
        self._grid.setVerticalSpacing(6)
        self._grid.setColumnMinimumWidth(0, label_width)
        self._grid.setColumnStretch(1, 1)
        self.fields: dict[str, Field] = {}
        self._params: tuple[Param, ...] = ()

    def set_params(self, params: Sequence[Param]) -> None:
        """Make the form anew, if the parameters are others."""
        if tuple(params) == self._params:
            return
        self._params = tuple(params)
        for gone in self.fields.values():
            gone.blockSignals(True)  # losing the focus would commit what was typed, now to another node
        while (item := self._grid.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.hide()
                old.deleteLater()
        self.fields = {}
        for param in params:
            field = field_for(param)
            self.add(param.name.replace("_", " "), field, param.help)
            self.fields[param.name] = field
            field.committed.connect(self._committed)

    def add(self, text: str, editor: QWidget, tip: str = "") -> Label:
        """A line with an editor of one's own."""
        name = label(text, "dim", 9.5)
        set_tip(name, tip)
        name.setBuddy(editor)
        name.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        first_line = name.fontMetrics().height() + 12
        name.setFixedHeight(min(first_line, (editor.focusProxy() or editor).sizeHint().height()))
        line = self._grid.rowCount()
        self._grid.addWidget(name, line, 0, Qt.AlignmentFlag.AlignTop)
        self._grid.addWidget(editor, line, 1)
        return name

    def _committed(self, value: Any) -> None:
        field = self.sender()
        assert isinstance(field, Field)
        self.changed.emit(field.param.name, value)

    def show_values(self, values: Mapping[str, Any], columns: Sequence[str] = (), shape: Shape | None = None) -> None:
        """The values as the document has them (defaults for the others), the data's columns, and the shape of what goes
        into the node, as far as it is known."""
        for param in self._params:
            field = self.fields[param.name]
            field.set_value(values.get(param.name, param.default))
            if isinstance(field, ColumnsField):
                field.set_columns(columns)
            elif isinstance(field, AxisField):
                field.set_shape(shape)
