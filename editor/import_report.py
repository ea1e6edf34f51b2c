"""What became of another tool's network that was imported: what is not supported, and what is another way here."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QScrollArea, QWidget

from compute.errors import as_sentence
from compute.importing import Imported
from editor.panels.widgets import column, label
from editor.plain import Label
from editor.questions import button_box
from editor.scale import px
from editor.theme import dress

_WIDTH, _HEIGHT = 560, 420


class ImportReport(QDialog):
    """``lines``: the sentences that it shows, what is not supported first."""

    def __init__(self, parent: QWidget, found: Imported) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dress(self)
        self.setWindowTitle("Imported")
        self.lines = [as_sentence(line) for line in found.told()]
        told = as_sentence(found.sentence)
        self.setAccessibleDescription(" ".join([told, *self.lines]))
        whole = column(self, 20, 14)
        whole.addWidget(_words(told, bold=True))
        listed = QWidget()
        inside = column(listed, 0, 10)
        kinds = len({(each.op, each.reason) for each in found.missing})
        for i, line in enumerate(self.lines):
            inside.addWidget(_words(line))
            if i == kinds - 1:
                remedy = "Put other nodes in their place; until then nothing that follows is computed."
                inside.addWidget(label(remedy, "dim"))
                inside.addSpacing(6)
        inside.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(listed)
        scroll.setAccessibleName("What was imported")
        whole.addWidget(scroll, 1)
        buttons = button_box(QDialogButtonBox.StandardButton.Ok)
        self.ok = buttons.button(QDialogButtonBox.StandardButton.Ok)
        self.ok.setProperty("kind", "primary")
        self.ok.setFocus()
        buttons.accepted.connect(self.accept)
        whole.addWidget(buttons)
        self.resize(px(_WIDTH), min(px(_HEIGHT), px(130) + px(32) * len(self.lines)))


def _words(text: str, *, bold: bool = False) -> Label:
    """A sentence over as many lines as it needs, which can be copied."""
    found = label(text, bold=bold)
    found.setWordWrap(True)
    found.setTextInteractionFlags(
        Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
    )
    return found
