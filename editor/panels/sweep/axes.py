"""What a sweep varies: a line for each setting, with the values that it takes."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLineEdit, QWidget

from compute.document import Document
from compute.errors import GradwireError
from compute.sweep import Axis, Varied, parse_axis, value_text, varied_in
from editor import theme
from editor.panels.widgets import Combo, column, row, tool
from editor.plain import set_tip
from editor.scale import px

START = (("learning_rate", "0.001..0.1:5"), ("seed", "0..3"))
"""What is varied at first, as far as the document has it."""
VALUES_TIP = (
    "Values with commas (0.1, 0.01), from one to another (0..9), or so many of those between (0.001..0.1:5, spread by "
    "the logarithm; :lin spreads them evenly)"
)


class AxisLine(QWidget):
    """One setting. ``changed``: another setting or other values; ``dropped``: it is to go."""

    changed = Signal()
    dropped = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setting = Combo(name="Setting to vary")
        self.values = QLineEdit()
        self.values.setAccessibleName("Its values")
        self.values.setFont(theme.mono_font(9.0))
        set_tip(self.values, VALUES_TIP)
        self.drop = tool("close", "Vary it no longer")
        inside = row(self, 0, 6)
        inside.addWidget(self.setting, 9)
        inside.addWidget(self.values, 8)
        inside.addWidget(self.drop)
        self.setting.setMinimumWidth(px(90))
        self.values.setMinimumWidth(px(90))
        self.setting.activated.connect(lambda _at: self.changed.emit())
        self.values.textEdited.connect(lambda _text: self.changed.emit())
        self.drop.clicked.connect(self.dropped)


class Axes(QWidget):
    """All of them. ``changed``: a person changed something."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[AxisLine] = []
        self._known: dict[str, Varied] = {}
        self._document = Document()
        self._layout = column(self, 0, 4)

    def begin(self, document: Document) -> None:
        """Another document: the usual settings."""
        while self.lines:
            self._drop(self.lines[0], said=False)
        self.follow(document)
        for name, values in START:
            if name in self._known:
                self.add(name, values)

    def follow(self, document: Document) -> None:
        """The document was edited: what can be varied may have changed."""
        self._document = document
        known = varied_in(document)
        if known.keys() == self._known.keys():
            self._known = known
            return
        self._known = known
        for line in self.lines:
            chosen = line.setting.key
            line.setting.set_pairs(self._pairs())
            if chosen in known:
                line.setting.choose(chosen)

    def add(self, name: str = "", values: str = "") -> AxisLine:
        """Another setting: this one, or the first that is not varied yet, with values around its own."""
        used = {line.setting.key for line in self.lines}
        name = name or next((each for each in self._known if each not in used), next(iter(self._known), ""))
        line = AxisLine()
        line.setting.set_pairs(self._pairs())
        line.setting.choose(name)
        line.values.setText(values or self._now(name))
        line.setting.activated.connect(lambda _at: self._own(line))
        line.changed.connect(self.changed)
        line.dropped.connect(lambda: self._drop(line))
        self.lines.append(line)
        self._layout.addWidget(line)
        return line

    def axes(self) -> tuple[Axis, ...]:
        """What is written. Errors: GradwireError naming setting and value."""
        names = [line.setting.key for line in self.lines]
        chosen = [line.values.text() for line in self.lines if line.setting.key == "optimizer"]
        optimizers: Sequence[str] = [each.strip() for text in chosen for each in text.split(",")]
        found = []
        for name, line in zip(names, self.lines, strict=True):
            try:
                found.append(parse_axis(self._document, name, line.values.text(), optimizers))
            except GradwireError as error:
                raise GradwireError(str(error).removeprefix("--set: ")) from error
        return tuple(found)

    def _own(self, line: AxisLine) -> None:
        """Another setting begins with the value that it has."""
        line.values.setText(self._now(line.setting.key))
        self.changed.emit()

    def _now(self, name: str) -> str:
        varied = self._known.get(name)
        return value_text(varied.now(self._document)) if varied else ""

    def _pairs(self) -> list[tuple[str, str]]:
        return [(name, name.replace("_", " ")) for name in self._known]

    def _drop(self, line: AxisLine, *, said: bool = True) -> None:
        self.lines.remove(line)
        self._layout.removeWidget(line)
        line.hide()
        line.deleteLater()
        if said:
            self.changed.emit()
