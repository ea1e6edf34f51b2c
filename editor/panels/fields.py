"""One editor for each kind of parameter. What cannot be read stays as typed, with a sentence beside it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QComboBox, QLineEdit, QListWidget, QListWidgetItem, QWidget

from compute.document import plain
from compute.initializers import ARGUMENTS
from compute.params import Param
from compute.shapes import Shape
from compute.tensor_view import TensorView
from editor import theme
from editor.panels.typed import number as number
from editor.panels.typed import number_text as number_text
from editor.panels.typed import shape, shape_text, weights, weights_text
from editor.panels.typed import tensor as tensor
from editor.panels.typed import tensor_text as tensor_text
from editor.panels.widgets import Combo, Switch, bring_into_view, column, label, paragraph, row, set_kind
from editor.plain import set_tip
from editor.scale import px

LEARNING_RATES = ("0.0001", "0.0003", "0.001", "0.003", "0.01", "0.03", "0.1", "0.3", "1", "3", "10")


class Field(QWidget):
    """A parameter's editor. ``committed`` sends a checked value (plain data) that differs from the one shown."""

    committed = Signal(object)

    def __init__(self, param: Param) -> None:
        super().__init__()
        self.param = param
        self._value: Any = None
        self.problem = paragraph("", "error", 9.0)
        self.problem.hide()
        self.layout_ = column(self, 0, 2)

    def describe(self, help_text: str) -> None:
        """Another sentence of help, "" for that of the parameter."""
        editor = self.focusProxy()
        if editor is not None:
            set_tip(editor, help_text or self.param.help)
            editor.setAccessibleDescription(help_text or self.param.help)

    def adopt(self, editor: QWidget) -> None:
        """Take the widget in which people edit."""
        set_tip(editor, self.param.help)
        editor.setAccessibleName(self.param.name.replace("_", " "))
        editor.setAccessibleDescription(self.param.help)
        self.setFocusProxy(editor)
        self.layout_.addWidget(editor)
        self.layout_.addWidget(self.problem)
        self.watch(editor)

    def watch(self, editor: QWidget) -> None:
        """Let Esc in a widget give back the value of the document."""
        editor.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        escape = isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape
        if escape and event.type() == QEvent.Type.KeyPress and (self.problem.text() or self.editing()):
            self._show_any(self._value)
            return True
        return super().eventFilter(watched, event)

    def set_value(self, value: Any) -> None:
        """Show a value that came from the document; what is being typed stays if the document did not change."""
        value = plain(value)
        if value == self._value and (self.problem.text() or self.editing()):
            return
        self._value = value
        self._show_any(value)

    def _show_any(self, value: Any) -> None:
        """Show a value of the document. What is none of this parameter is said, and its default stands in its place."""
        self.complain("")
        try:
            self.display(value)
        except (TypeError, ValueError, LookupError, AttributeError, OverflowError):
            try:
                self.display(plain(self.param.check(value)))
            except ValueError as error:
                self.display(self.param.default)
                self.complain(f"{self.param.name.replace('_', ' ')} {error}.")

    def editing(self) -> bool:
        """Whether a person is in the middle of typing."""
        return False

    def display(self, value: Any) -> None:
        """Show a value in the widget, without a signal."""
        raise NotImplementedError

    def offer(self, read: Callable[[], Any]) -> None:
        """Check what ``read`` gives; send it, or say what is wrong with it."""
        try:
            value = plain(self.param.check(read()))
        except ValueError as error:
            self.complain(f"{self.param.name.replace('_', ' ')} {error}.")
            bring_into_view(self)
            return
        self.complain("")
        if value != self._value:
            self._value = value
            self.committed.emit(value)
        self.display(value)

    def complain(self, sentence: str) -> None:
        """Say what is wrong, "" if nothing is."""
        self.problem.setText(sentence)
        self.problem.setVisible(bool(sentence))
        editor = self.focusProxy()
        if editor is not None:
            set_kind(editor, "true" if sentence else "false", "invalid")


class _Line(QLineEdit):
    """A line that knows the arrow keys and selects its text when the keyboard enters it."""

    stepped = Signal(int)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self.stepped.emit(1 if event.key() == Qt.Key.Key_Up else -1)
            return
        super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        if event.reason() in (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason):
            self.selectAll()


class TextField(Field):
    """Free text that is parsed: whole numbers, numbers, tensors. Enter or leaving the field commits; ↑ ↓ step."""

    def __init__(self, param: Param, read: Callable[[str], Any], show: Callable[[Any], str]) -> None:
        super().__init__(param)
        self._read, self._show = read, show
        self.line = _Line()
        self.line.setFont(theme.mono_font(9.5))
        if param.optional:
            self.line.setPlaceholderText(
                {"int": "auto", "shape": "one axis", "text": "any", "float": "any", "weights": "all alike"}.get(
                    param.kind, "all"
                )
            )
        self.adopt(self.line)
        self.line.editingFinished.connect(self._commit)
        self.line.stepped.connect(self._step)

    def editing(self) -> bool:
        return self.line.isModified()

    def display(self, value: Any) -> None:
        text = "" if value is None else self._show(value)
        if text != self.line.text():
            self.line.setText(text)
        self.line.setModified(False)

    def _commit(self) -> None:
        text = self.line.text()
        if self.line.isModified():
            self.offer(lambda: None if self.param.optional and not text.strip() else self._read(text))

    def _step(self, direction: int) -> None:
        if isinstance(self._value, int | float):
            size = 1.0 if self.param.kind == "int" else 10.0 ** math.floor(math.log10(abs(self._value) or 1.0)) / 10
            value = round(self._value + direction * size, 12)
            self.offer(lambda: int(value) if self.param.kind == "int" else value)


class RateField(Field):
    """The learning rate: a 1-3-10 list and free entry."""

    def __init__(self, param: Param) -> None:
        super().__init__(param)
        self.box = Combo((text, text) for text in LEARNING_RATES)
        self.box.setEditable(True)
        self.box.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.box.setFont(theme.mono_font(9.5))
        self.box.setCompleter(None)  # type: ignore[arg-type]
        line = self.box.lineEdit()
        assert line is not None
        self.line = line
        self.adopt(self.box)
        self.watch(line)
        self.box.activated.connect(lambda _index: self.offer(lambda: number(self.box.currentText())))
        line.editingFinished.connect(self._commit)

    def editing(self) -> bool:
        return self.line.isModified()

    def display(self, value: Any) -> None:
        text = number_text(value)
        if text != self.box.currentText():
            self.box.blockSignals(True)
            self.box.setCurrentIndex(self.box.findText(text))
            self.box.setEditText(text)
            self.box.blockSignals(False)
        self.line.setModified(False)

    def _commit(self) -> None:
        if self.line.isModified():
            self.offer(lambda: number(self.line.text()))


class SwitchField(Field):
    """On or off."""

    def __init__(self, param: Param) -> None:
        super().__init__(param)
        self.switch = Switch(param.name)
        self.adopt(self.switch)
        self.switch.toggled.connect(lambda on: self.offer(lambda: on))

    def display(self, value: Any) -> None:
        self.switch.blockSignals(True)
        self.switch.setChecked(bool(value))
        self.switch.blockSignals(False)


class ChoiceField(Field):
    """One of a few."""

    def __init__(self, param: Param, pairs: Iterable[tuple[str, str]], read: Callable[[str], Any]) -> None:
        super().__init__(param)
        self.box = Combo(pairs)
        self.adopt(self.box)
        self.box.activated.connect(lambda _index: self.offer(lambda: read(self.box.key)))

    def display(self, value: Any) -> None:
        key = "" if value is None else str(value)
        if self.box.findData(key) < 0:
            self.box.addItem(key, key)
        self.box.choose(key)


Offered = Callable[[str], Sequence[tuple[str, str]]]
"""What there is to be named, by ``Param.names``: (name, what people call it)."""


class NameField(ChoiceField):
    """The name of something that there is; what is not there any more stays as it is written."""

    def __init__(self, param: Param, offered: Offered) -> None:
        super().__init__(param, (), lambda key: key or None)
        self._offered = offered

    def display(self, value: Any) -> None:
        blank = [("", "any")] if self.param.optional else []
        self.box.set_pairs([*blank, *self._offered(self.param.names)])
        super().display(value)


class ColumnField(ChoiceField):
    """One column of the data, or none where that is allowed."""

    def __init__(self, param: Param) -> None:
        super().__init__(param, (), lambda key: key or None)
        self._none = "none"
        self._columns: tuple[str, ...] = ()

    def set_columns(self, columns: Sequence[str], none: str = "none") -> None:
        """The columns that the data has; none: what is said where none is chosen."""
        if (tuple(columns), none) != (self._columns, self._none) or not self.box.count():
            self._columns, self._none = tuple(columns), none
            nothing = [("", none)] if self.param.optional else []
            self.box.set_pairs([*nothing, *((name, name) for name in columns)])
            self.display(self._value)


class AxisField(ChoiceField):
    """One axis of what goes in, or all of them."""

    def __init__(self, param: Param) -> None:
        super().__init__(param, (), lambda key: int(key) if key else None)
        self.set_shape(None)

    def set_shape(self, shape: Shape | None) -> None:
        """The shape of what goes in; without one, that of a matrix."""
        laid_out = TensorView.of_shape(shape if shape is not None else (1, 1), 1)
        axes = [(str(axis), f"{axis}: over the {laid_out.axis_name(axis)}") for axis in range(len(laid_out.shape))]
        self.box.set_pairs([("", "all axes"), *axes])
        self.display(self._value)


class InitializerField(Field):
    """How weights start: the name of a distribution, and its arguments where it has some."""

    def __init__(self, param: Param) -> None:
        super().__init__(param)
        self.box = Combo((name, name.replace("_", " ")) for name in ARGUMENTS)
        self.adopt(self.box)
        self._lines: dict[str, QLineEdit] = {}
        self._arguments = row(spacing=4)
        self.layout_.insertLayout(1, self._arguments)
        self.box.activated.connect(lambda _index: self.offer(lambda: self.box.key))

    def display(self, value: Any) -> None:
        name, given = (value["name"], value) if isinstance(value, Mapping) else (value, {})
        self.box.choose(str(name))
        wanted = ARGUMENTS.get(str(name), {})
        if list(self._lines) != list(wanted):
            self._rebuild(wanted)
        for key, line in self._lines.items():
            line.setText(number_text(given.get(key, wanted[key])))
            line.setModified(False)

    def editing(self) -> bool:
        return any(line.isModified() for line in self._lines.values())

    def _rebuild(self, wanted: Mapping[str, float]) -> None:
        while (item := self._arguments.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.deleteLater()
        self._lines = {}
        for key in wanted:
            line = QLineEdit()
            line.setFont(theme.mono_font(9.5))
            line.setAccessibleName(f"{self.param.name.replace('_', ' ')}: {key}")
            line.editingFinished.connect(self._commit)
            self.watch(line)
            self._arguments.addWidget(label(key, "dim", 9.0))
            self._arguments.addWidget(line, 1)
            self._lines[key] = line

    def _commit(self) -> None:
        if self.editing():
            self.offer(lambda: {"name": self.box.key} | {key: number(line.text()) for key, line in self._lines.items()})


NO_COLUMNS = "There is no data yet; show the data and choose a set, a file or a table of your own."


class ColumnsField(Field):
    """Which columns of the data: a list to tick, in the data's order."""

    def __init__(self, param: Param) -> None:
        super().__init__(param)
        self.list = QListWidget()
        self.list.setProperty("kind", "box")
        self.list.setFont(theme.ui_font(9.5))
        self.list.setUniformItemSizes(True)
        self._columns: tuple[str, ...] = ()
        self._notes: Mapping[str, str] = {}
        self.adopt(self.list)
        self.list.itemChanged.connect(self._ticked)
        theme.notifier.changed.connect(self._measure)

    def set_columns(self, columns: Sequence[str], notes: Mapping[str, str]) -> None:
        """The columns that the data has, and what a person should know of some before they are ticked."""
        if (tuple(columns), notes) != (self._columns, self._notes):
            self._columns, self._notes = tuple(columns), notes
            self._show_any(self._value or [])

    def display(self, value: Any) -> None:
        chosen = [str(name) for name in value or ()]
        names = [*self._columns, *(name for name in chosen if name not in self._columns)]
        self.list.blockSignals(True)
        self.list.clear()
        for name in names:
            note = self._notes.get(name, "") if name in self._columns else "not in the data"
            item = QListWidgetItem(f"{name} ({note})" if note else name, self.list)
            item.setData(Qt.ItemDataRole.UserRole, name)
            item.setFlags(Qt.ItemFlag.ItemIsUserCheckable | Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable)
            item.setCheckState(Qt.CheckState.Checked if name in chosen else Qt.CheckState.Unchecked)
        self.list.blockSignals(False)
        if not names:
            self.complain(NO_COLUMNS)
        elif self.problem.text() == NO_COLUMNS:
            self.complain("")
        self._measure()

    def _measure(self) -> None:
        """As high as the names, up to seven."""
        count = self.list.count()
        height = self.list.sizeHintForRow(0) if count else px(20)
        self.list.setFixedHeight(min(count or 1, 7) * height + px(10))

    def _ticked(self) -> None:
        items = [self.list.item(i) for i in range(self.list.count())]
        ticked = {
            str(item.data(Qt.ItemDataRole.UserRole)) for item in items if item.checkState() == Qt.CheckState.Checked
        }
        # Columns that were chosen keep their order, which the weights of a trained network depend on.
        chosen = self._value if isinstance(self._value, list) else []
        kept = [name for name in chosen if name in ticked]
        here = self.list.currentRow()
        self.offer(lambda: kept + [name for name in self._columns if name in ticked and name not in kept])
        self.list.setCurrentRow(here)


def field_for(param: Param) -> Field:
    """The editor of one parameter."""
    if param.name == "learning_rate":
        return RateField(param)
    match param.kind:
        case "bool" if param.optional:
            answers = {"": None, "True": True, "False": False}
            pairs = [("", "not set here"), ("True", "yes"), ("False", "no")]
            return ChoiceField(param, pairs, answers.__getitem__)
        case "bool":
            return SwitchField(param)
        case "choice" if param.optional:
            pairs = [("", "any"), *((c, c.replace("_", " ")) for c in param.choices)]
            return ChoiceField(param, pairs, lambda text: text or None)
        case "text":
            return TextField(param, str.strip, str)
        case "choice":
            return ChoiceField(param, [(c, c.replace("_", " ")) for c in param.choices], str)
        case "axis":
            return AxisField(param)
        case "column":
            return ColumnField(param)
        case "columns":
            return ColumnsField(param)
        case "initializer":
            return InitializerField(param)
        case "tensor":
            return TextField(param, tensor, tensor_text)
        case "shape":
            return TextField(param, shape, shape_text)
        case "weights":
            return TextField(param, weights, weights_text)
        case "int":
            return TextField(param, lambda text: number(text, whole=True), number_text)
        case _:
            return TextField(param, number, number_text)
