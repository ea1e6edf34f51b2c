"""What of the canvas goes into a picture, and as what kind of file: a small form whose last choices are remembered."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QDoubleSpinBox,
    QFormLayout,
    QWidget,
)

from editor.panels.widgets import column, label, row
from editor.plain import set_tip
from editor.questions import button_box
from editor.settings import Settings
from editor.theme import dress

WHATS: Mapping[str, str] = {"all": "Everything", "view": "The view as it is", "selection": "The selection"}
KINDS: Mapping[str, str] = {
    ".png": "PNG (pixels)",
    ".svg": "SVG (drawing)",
    ".pdf": "PDF (page)",
    ".tex": "TikZ (LaTeX)",
}
LEAST, MOST = 0.25, 16.0
"""Of the scale."""
_NAME = "picture"


@dataclass(frozen=True, slots=True)
class Choice:
    """what: a key of ``WHATS``; kind: the ending of the file; scale: of a PNG; values: with numbers; alone: TikZ as a
    document, else as a picture to put into one."""

    what: str = "all"
    kind: str = ".png"
    scale: float = 2.0
    values: bool = True
    alone: bool = True


def remembered(settings: Settings) -> Choice:
    """The last choice; what cannot be read is as at first."""
    first = Choice()
    words = (settings.words(_NAME).split() + [""] * 5)[:5]
    try:
        scale = min(max(float(words[2]), LEAST), MOST)
    except ValueError:
        scale = first.scale
    return Choice(
        words[0] if words[0] in WHATS else first.what,
        words[1] if words[1] in KINDS else first.kind,
        scale if scale == scale else first.scale,
        words[3] != "plain",
        words[4] != "part",
    )


def remember(settings: Settings, choice: Choice) -> None:
    """Keep it for the next picture."""
    words: tuple[str, ...] = choice.what, choice.kind, f"{choice.scale:g}", "values" if choice.values else "plain"
    words += ("alone" if choice.alone else "part",)
    settings.set_words(_NAME, " ".join(words))


class PictureForm(QDialog):
    """``chosen`` gets the choice; the window goes on meanwhile."""

    def __init__(self, parent: QWidget, choice: Choice, *, selected: bool, chosen: Callable[[Choice], None]) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dress(self)
        self.setWindowTitle("Save picture")
        self._chosen = chosen
        self.what = QComboBox()
        self.what.setAccessibleName("What")
        for key, text in WHATS.items():
            if selected or key != "selection":
                self.what.addItem(text, key)
        self.what.setCurrentIndex(max(self.what.findData(choice.what), 0))
        self.kind = QComboBox()
        self.kind.setAccessibleName("Kind of file")
        for ending, text in KINDS.items():
            self.kind.addItem(text, ending)
        self.kind.setCurrentIndex(self.kind.findData(choice.kind))
        self.scale = QDoubleSpinBox()
        self.scale.setRange(LEAST, MOST)
        self.scale.setDecimals(2)
        self.scale.setSingleStep(0.5)
        self.scale.setPrefix("× ")
        self.scale.setAccessibleName("Scale")
        self.scale.setValue(choice.scale)
        self.values = QCheckBox("Values and gradients")
        self.values.setChecked(choice.values)
        self.alone = QCheckBox("A document of its own")
        set_tip(self.alone, "Else a picture to \\input into another document.")
        self.alone.setChecked(choice.alone)
        buttons = button_box(QDialogButtonBox.StandardButton.Save, QDialogButtonBox.StandardButton.Cancel)
        self.save = buttons.button(QDialogButtonBox.StandardButton.Save)
        self.save.setText("Choose a file…")
        self.save.setProperty("kind", "primary")
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        self.kind.currentIndexChanged.connect(self._follow)
        self._lay_out(buttons)
        self._follow()

    def _lay_out(self, buttons: QDialogButtonBox) -> None:
        whole = column(self, 20, 14)
        whole.addWidget(label("A picture of the canvas", bold=True, points=12))
        form = QFormLayout()
        form.setHorizontalSpacing(16)
        form.setVerticalSpacing(10)
        form.addRow(label("What"), self.what)
        form.addRow(label("As"), self.kind)
        line = row(spacing=8)
        line.addWidget(self.scale)
        self._hint = label("", "dim", 9)
        line.addWidget(self._hint, 1)
        form.addRow(label("Scale"), line)
        form.addRow(label("With"), self.values)
        form.addRow(label("TikZ"), self.alone)
        whole.addLayout(form)
        whole.addStretch(1)
        whole.addWidget(buttons)

    def _follow(self, _index: int = 0) -> None:
        pixels = self.kind.currentData() == ".png"
        self.scale.setEnabled(pixels)
        self.alone.setEnabled(self.kind.currentData() == ".tex")
        self._hint.setText("pixels for one of the canvas" if pixels else "Text stays text, at any size.")

    @property
    def choice(self) -> Choice:
        """As it stands in the form."""
        what, kind = self.what.currentData(), self.kind.currentData()
        return Choice(what, kind, self.scale.value(), self.values.isChecked(), self.alone.isChecked())

    def accept(self) -> None:
        choice = self.choice
        super().accept()
        self._chosen(choice)
