"""How a walk is recorded: what counts as a step, how large, how long each is shown, and as what kind of file."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QDialog, QDialogButtonBox, QDoubleSpinBox, QFormLayout, QSpinBox, QWidget

from compute.explain import Granularity
from editor.panels.widgets import column, label
from editor.questions import button_box
from editor.theme import dress

KINDS: Mapping[str, str] = {".gif": "GIF", ".png": "Animated PNG (all colours)"}
STEPS: Mapping[Granularity, str] = {"node": "Each node", "wire": "Each wire", "entry": "Each entry of a matrix"}


class RecordingForm(QDialog):
    """``chosen`` gets what counts as a step, the width in pixels, the seconds of a step and the ending of the file."""

    def __init__(
        self, parent: QWidget, granularity: Granularity, chosen: Callable[[Granularity, int, float, str], None]
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dress(self)
        self.setWindowTitle("Record the walk")
        self._chosen = chosen
        self.kind, self.steps = QComboBox(), QComboBox()
        for ending, text in KINDS.items():
            self.kind.addItem(text, ending)
        for key, text in STEPS.items():
            self.steps.addItem(text, key)
        self.steps.setCurrentIndex(self.steps.findData(granularity))
        self.width_ = QSpinBox()
        self.width_.setRange(200, 4000)
        self.width_.setSingleStep(160)
        self.width_.setValue(1280)
        self.width_.setSuffix(" pixels")
        self.seconds = QDoubleSpinBox()
        self.seconds.setRange(0.1, 60.0)
        self.seconds.setDecimals(1)
        self.seconds.setSingleStep(0.5)
        self.seconds.setValue(2.0)
        self.seconds.setSuffix(" seconds")
        buttons = button_box(QDialogButtonBox.StandardButton.Save, QDialogButtonBox.StandardButton.Cancel)
        self.save = buttons.button(QDialogButtonBox.StandardButton.Save)
        self.save.setText("Choose a file…")
        self.save.setProperty("kind", "primary")
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        whole = column(self, 20, 14)
        whole.addWidget(label("The walk as an animated picture", bold=True, points=12))
        form = QFormLayout()
        form.setHorizontalSpacing(16)
        form.setVerticalSpacing(10)
        rows = (("Steps", self.steps), ("As", self.kind), ("Width", self.width_), ("Each step", self.seconds))
        for name, field in rows:
            field.setAccessibleName(name)
            form.addRow(label(name), field)
        whole.addLayout(form)
        whole.addStretch(1)
        whole.addWidget(buttons)

    def accept(self) -> None:
        steps, kind = self.steps.currentData(), self.kind.currentData()
        width, seconds = self.width_.value(), self.seconds.value()
        super().accept()
        self._chosen(steps, width, seconds, kind)
