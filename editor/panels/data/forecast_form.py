"""A column that is to be predicted from its own past: how many earlier values, how far ahead."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLineEdit, QWidget

from compute.params import Param
from compute.series_edits import FORECAST, Forecast
from editor.panels.fields import ColumnField
from editor.panels.form import Form
from editor.panels.widgets import column, paragraph
from editor.questions import button_box
from editor.scale import px
from editor.theme import dress

_COLUMN = Param("column", "column", None, "The column that is predicted from its own earlier values.")


class ForecastForm(QDialog):
    """``wanted`` gets what was asked for when the person agrees."""

    def __init__(
        self, parent: QWidget, columns: Sequence[str], chosen: str, wanted: Callable[[Forecast], object]
    ) -> None:
        super().__init__(parent)
        self._wanted = wanted
        self._values: dict[str, Any] = {param.name: param.default for param in FORECAST} | {"column": chosen}
        self.setWindowTitle("Forecast")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setMinimumWidth(px(380))
        self.form = Form(92)
        self.form.set_params((_COLUMN, *FORECAST))
        field = self.form.fields["column"]
        assert isinstance(field, ColumnField)
        field.set_columns(columns)
        self.form.show_values(self._values)
        self.told = paragraph("", "dim", 9.0)
        buttons = button_box(QDialogButtonBox.StandardButton.Ok, QDialogButtonBox.StandardButton.Cancel)
        self.agree = buttons.button(QDialogButtonBox.StandardButton.Ok)
        self.agree.setText("Use as inputs")
        self.agree.setProperty("kind", "primary")
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        whole = column(self, 16, 12)
        whole.addWidget(self.form)
        whole.addWidget(self.told)
        whole.addStretch(1)
        whole.addWidget(buttons)
        self.form.changed.connect(self._set)
        dress(self)
        self._tell()

    @property
    def asked(self) -> Forecast:
        """What is asked for by now."""
        return Forecast(**self._values)

    def _set(self, name: str, value: Any) -> None:
        self._values[name] = value
        self.form.show_values(self._values)
        self._tell()

    def _tell(self) -> None:
        self.told.setText(self.asked.sentence)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        # Enter ends the typing of a number, whose sentence is to be read before anything is done.
        enters = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and isinstance(self.focusWidget(), QLineEdit)
        if not enters:
            super().keyPressEvent(event)

    def accept(self) -> None:
        super().accept()
        self._wanted(self.asked)
