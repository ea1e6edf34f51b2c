"""The network for other tools: in which format, what goes in, how it is loaded there, and what was compared."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QFontMetricsF, QGuiApplication
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QFormLayout, QPlainTextEdit, QVBoxLayout, QWidget

from compute.errors import as_sentence
from compute.export import FORMATS, Format
from compute.export.verify import Report
from editor import theme
from editor.panels.form import Form
from editor.panels.widgets import Combo, button, column, label, paragraph, row
from editor.questions import button_box
from editor.scale import px
from editor.settings import Settings
from editor.theme import dress

_NAME = "export"
LABELS = 112
_WIDTH = 600
_LINES = 8
"""Of the text that is copied, in sight at once."""


class ExportForm(QDialog):
    """``chosen`` gets a format and what was chosen of it, to ask for a file; the form stays, to show what became of it.

    ``settings`` keeps the format for the next time.
    """

    def __init__(
        self, parent: QWidget, settings: Settings, chosen: Callable[[Format, Mapping[str, Any]], object]
    ) -> None:
        super().__init__(parent)
        # The form and what waits for its report may end in either order.
        self.finished.connect(self.deleteLater)
        dress(self)
        self.setWindowTitle("Export")
        self._settings, self._chosen = settings, chosen
        self._options: dict[str, Any] = {}
        self.kind = Combo()
        self.kind.setAccessibleName("Format")
        for known in FORMATS:
            self.kind.addItem(f"{known.title} ({known.suffixes[0]})", known.suffixes[0])
        self.kind.setCurrentIndex(max(self.kind.findData(settings.words(_NAME)), 0))
        self.holds = paragraph("")
        self.options = Form(LABELS)
        self.options.changed.connect(self._change)
        self.compared = paragraph("")
        self.lines = QPlainTextEdit()
        self.lines.setReadOnly(True)
        self.lines.setTabChangesFocus(True)
        self.lines.setAccessibleName("Lines that load it")
        self.copy = button("Copy", tip="These lines")
        self.copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(self.lines.toPlainText()))
        buttons = button_box(QDialogButtonBox.StandardButton.Save, QDialogButtonBox.StandardButton.Close)
        self.save = buttons.button(QDialogButtonBox.StandardButton.Save)
        self.save.setText("Choose a file…")
        self.save.setProperty("kind", "primary")
        self.copy.setAutoDefault(False)
        self.save.clicked.connect(self._ask)
        buttons.rejected.connect(self.reject)
        self.kind.currentIndexChanged.connect(self._follow)
        self._lay_out(buttons)
        self.save.setDefault(True)
        self._follow()
        self.kind.setFocus()

    @property
    def format(self) -> Format:
        """The one that is chosen."""
        return FORMATS[self.kind.currentIndex()]

    def show_report(self, report: Report) -> None:
        """What was compared when the file was written, and how that file is loaded."""
        files = report.path.name + (f" and {report.beside.name}" if report.beside else "")
        said = f"Wrote {files}. Read back and run: {report.sentence}."
        self.compared.setText("\n".join([said, *map(as_sentence, report.notes)]))
        self.compared.setVisible(True)
        self.lines.setPlainText(self.format.loading(report.path.name))
        self._fit()

    def _lay_out(self, buttons: QDialogButtonBox) -> None:
        whole: QVBoxLayout = column(self, 20, 14)
        whole.addWidget(label("The network for other tools", bold=True, points=12))
        form = QFormLayout()
        # In line with the options.
        form.setHorizontalSpacing(8)
        form.setVerticalSpacing(10)
        form.setLabelAlignment(Qt.AlignmentFlag.AlignTop)
        for text, editor in (("format", self.kind), ("what goes in", self.holds)):
            name = label(text, "dim", 9.5)
            name.setMinimumWidth(px(LABELS))
            form.addRow(name, editor)
        whole.addLayout(form)
        whole.addWidget(self.options)
        line = row(spacing=8)
        line.addWidget(label("how it is loaded there", "dim", 9.5), 1)
        line.addWidget(self.copy)
        whole.addLayout(line)
        self.lines.setFont(theme.mono_font())
        self.lines.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        height = QFontMetricsF(self.lines.font()).lineSpacing()
        self.lines.setFixedHeight(round(height * _LINES) + px(16))
        whole.addWidget(self.lines)
        whole.addWidget(self.compared)
        whole.addStretch(1)
        whole.addWidget(buttons)

    def _follow(self, _index: int = 0) -> None:
        chosen = self.format
        self._options = chosen.settings({})
        self.holds.setText(chosen.holds)
        self.options.set_params(chosen.params)
        self.options.show_values(self._options)
        self.options.setVisible(bool(chosen.params))
        self.lines.setPlainText(chosen.loading(f"net{chosen.suffixes[0]}"))
        self.compared.setText(as_sentence(chosen.lacking) if chosen.lacking else "")
        self.compared.setVisible(bool(chosen.lacking))
        self.save.setEnabled(not chosen.lacking)
        self._fit()

    def _fit(self) -> None:
        """As high as what is said needs, at the width that it has."""
        width = max(self.width() if self.isVisible() else px(_WIDTH), self.minimumSizeHint().width())
        layout = self.layout()
        assert layout is not None
        layout.activate()
        self.resize(width, layout.totalHeightForWidth(width))

    def _change(self, name: str, value: Any) -> None:
        self._options = {**self._options, name: value}
        self.options.show_values(self._options)

    def _ask(self) -> None:
        self._settings.set_words(_NAME, self.format.suffixes[0])
        self._chosen(self.format, self._options)
