"""What there is to know and to choose of the columns of data that is looked at before it is used."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal

from compute.data.entering import ENTERING
from compute.data.missing import CATEGORY, TYPES, VALUE, WAYS
from compute.data.pasted import number_of
from compute.data_preview import (
    Choices,
    Chosen,
    Place,
    Preview,
    against,
    entering_for,
    entering_now,
    places,
    read_as,
    short_name,
    type_of,
    way_of,
    ways_for,
)
from compute.document import Document
from compute.errors import one_line
from compute.numbers_text import count_text, short
from editor.plain import tip_text

Index = QModelIndex | QPersistentModelIndex
NAME, TYPE, MISSING, FILLED, USED, ENTERS, VALUES = range(7)
HEADINGS = ("Column", "Type", "Missing", "Filled with", "Used as", "Enters as", "Values")
TIPS = {
    TYPE: "What the column holds, as it was found out, or as you say.",
    MISSING: "In how many rows there is nothing.",
    FILLED: "What stands in where something is missing. Means and the like are those of the training rows.",
    USED: "Whether the column is an input, predicted, or not used.",
    ENTERS: "How text becomes numbers.",
}
LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
NOT_USED = "not used"


@dataclass(frozen=True, slots=True)
class Option:
    """One of what can be chosen in a cell."""

    key: str
    text: str
    help: str = ""


class PreviewModel(QAbstractTableModel):
    """``chosen`` sends the choices after one was made, and for which columns; ``said`` what is wrong with what was
    typed."""

    chosen = Signal(object, object)
    said = Signal(str)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.preview: Preview | None = None
        self.document = Document()
        self.places: Sequence[Place] = ()
        self.choices: Choices = {}
        self.names: tuple[str, ...] = ()

    def show_preview(self, preview: Preview | None, document: Document, choices: Choices) -> None:
        """Other columns, or other choices."""
        names = preview.table.names if preview else ()
        same = names == self.names
        if not same:
            self.beginResetModel()
        self.preview, self.document, self.choices, self.names = preview, document, choices, names
        self.places = places(document.graph)
        if not same:
            self.endResetModel()
        elif names:
            self.dataChanged.emit(self.index(0, 0), self.index(len(names) - 1, VALUES))

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.names)

    def columnCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(HEADINGS)

    def one(self, row: int) -> Chosen:
        """What is chosen for the column of a line."""
        return self.choices.get(self.names[row], Chosen())

    def is_input(self, row: int) -> bool:
        """Whether an input reads the column."""
        return any(place.role == "input" and place.id in self.one(row).readers for place in self.places)

    def warning(self, row: int) -> str:
        """What speaks against how the column is read."""
        assert self.preview is not None
        return against(self.document, self.preview, self.names[row], self.one(row))

    def sentence(self, row: int) -> str:
        """What there is to say of a column as a whole, what speaks against it first."""
        assert self.preview is not None
        name, warning = self.names[row], self.warning(row)
        facts = self.preview.by_name[name]
        counts = ", ".join(f"{each} {count_text(count)}" for each, count in facts.counts[:12])
        more = " …" if len(facts.counts) > 12 else ""
        return one_line(
            f"{short_name(name)}: {f'{warning}. ' if warning else ''}{counts + more if counts else facts.values}"
        )

    def options(self, row: int, column: int) -> list[Option]:
        """What can be chosen in a cell; nothing where nothing can."""
        preview, name = self.preview, self.names[row]
        if preview is None:
            return []
        if column == TYPE:
            return [Option(each, each) for each in TYPES]
        if column == FILLED and preview.by_name[name].missing:
            return [Option(way, way_text(way), WAYS[way].help) for way in ways_for(preview, name)]
        if column == USED:
            places = [Option(each.id, each.label, f"{each.label} reads it.") for each in self.places]
            return [*places, Option("", NOT_USED, "No node reads it.")]
        if column == ENTERS and self.is_input(row):
            return [Option(each, each, ENTERING[each].help) for each in entering_for(preview, name, self.one(row))]
        return []

    def now(self, row: int, column: int) -> str:
        """The key of what is chosen in a cell by now, or done by default."""
        preview, name, one = self.preview, self.names[row], self.one(row)
        assert preview is not None
        if column == TYPE:
            return one.type or type_of(preview.by_name[name])
        if column == FILLED:
            return way_of(preview, self.document.graph, name, one)
        if column == USED:
            return one.readers[0] if len(one.readers) == 1 else ""
        return entering_now(preview, name, one)

    def is_said(self, row: int, column: int) -> bool:
        """Whether a person chose it, so that it is no guess."""
        one = self.one(row)
        return {TYPE: bool(one.type), FILLED: bool(one.missing), ENTERS: bool(one.entering)}.get(column, True)

    def choose(self, rows: Sequence[int], column: int, key: str) -> None:
        """Choose the same in some lines, where it can be chosen."""
        rows = [row for row in rows if key in [each.key for each in self.options(row, column)] and key != VALUE]
        names, choices = [self.names[row] for row in rows], dict(self.choices)
        if column == USED and self.preview is not None:
            choices = read_as(self.document, self.preview, self.choices, names, key)
        for row in rows:
            name, one = self.names[row], self.one(row)
            if column == TYPE:
                # A type that is as it was found is nothing that was said.
                choices[name] = replace(one, type="" if key == self._found(row) else key)
            elif column == FILLED:
                choices[name] = replace(one, missing=key, value=None)
            elif column == ENTERS:
                choices[name] = replace(one, entering=key)
        if choices != self.choices:
            self.chosen.emit(choices, names)

    def _found(self, row: int) -> str:
        """The type that was found, where nothing else is said."""
        preview, one = self.preview, self.one(row)
        assert preview is not None
        return "" if one.type else type_of(preview.by_name[self.names[row]])

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row, column = index.row(), index.column()
        if self.preview is None:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(row, column)
        if role == Qt.ItemDataRole.EditRole:
            value = self.one(row).value
            return "" if value is None else short(value) if isinstance(value, float) else value
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return RIGHT if column == MISSING else LEFT
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            said = self._said(row, column)
            return tip_text(said) if role == Qt.ItemDataRole.ToolTipRole else said
        return None

    def _text(self, row: int, column: int) -> str:
        preview, name = self.preview, self.names[row]
        assert preview is not None
        facts, one = preview.by_name[name], self.one(row)
        if column == NAME:
            return one_line(name)
        if column == MISSING:
            return count_text(facts.missing)
        if column == VALUES:
            return facts.values
        if column == USED:
            labels = [place.label for place in self.places if place.id in one.readers]
            return " and ".join(labels) or NOT_USED
        if not self.options(row, column):
            return ""
        now = self.now(row, column)
        if column == FILLED and now == VALUE:
            return f"= {one.value if isinstance(one.value, str) else short(one.value or 0.0)}"
        return way_text(now) if column == FILLED else now

    def _said(self, row: int, column: int) -> str:
        text, heading, warning = self._text(row, column), HEADINGS[column], self.warning(row)
        if column in (NAME, VALUES) and warning:
            return f"{self.names[row]}: {warning}. {text}."
        help_ = next((each.help for each in self.options(row, column) if each.key == self.now(row, column)), "")
        return f"{self.names[row]}, {heading.lower()}: {text or 'nothing to choose'}. {help_}".strip()

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation == Qt.Orientation.Vertical:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return HEADINGS[section]
        if role == Qt.ItemDataRole.ToolTipRole:
            return tip_text(TIPS.get(section, ""))
        return LEFT if role == Qt.ItemDataRole.TextAlignmentRole else None

    def flags(self, index: Index) -> Qt.ItemFlag:
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        return flags | Qt.ItemFlag.ItemIsEditable if index.column() == FILLED else flags

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """A value of one's own, which stands in for what is missing."""
        name, text = self.names[index.row()], str(value).strip()
        assert self.preview is not None
        number = number_of(text)
        if name in self.preview.table.categories:
            own: float | str | None = text or None
        else:
            own = None if number is None else float(number)
        if own is None:
            kind, wanted = ("numbers", "a number") if name not in self.preview.table.categories else ("text", "a class")
            self.said.emit(f'the column "{name}" holds {kind}; type {wanted} to stand in')
            return False
        self.said.emit("")
        self.chosen.emit({**self.choices, name: replace(self.one(index.row()), missing=VALUE, value=own)}, [name])
        return True


def way_text(way: str) -> str:
    return {VALUE: "own value…", CATEGORY: "a class “missing”"}.get(way, way)
