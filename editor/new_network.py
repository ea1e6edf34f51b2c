"""A new document from a template: its words, its data, and what comes of both, said before it is made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QDialog, QDialogButtonBox, QLineEdit, QListWidget, QListWidgetItem, QWidget

from compute.data import SOURCES, Table, load_table
from compute.data.split import proposed
from compute.data_edits import columns_by_role
from compute.document import Document, TrainingSettings
from compute.errors import GradwireError
from compute.templates import TEMPLATES, Network, Template, given, network
from editor.background import Background
from editor.panels.widgets import column, label, paragraph, row
from editor.plain import caption, set_tip
from editor.questions import button_box
from editor.session import Session
from editor.theme import dress

_TEMPLATE = Qt.ItemDataRole.UserRole
_OWN, _NONE = "own", "none"
_SPLIT = {"validation_fraction": 0.2, "standardize": True}
"""Of data that is chosen here: some rows are kept to judge by, and columns are put on one scale."""


class NewNetwork(QDialog):
    """``made`` gets the document once the person has said so; the window goes on meanwhile."""

    def __init__(self, parent: QWidget, session: Session, made: Callable[[Document], None], text: str = "") -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dress(self)
        self.setWindowTitle("New from a template")
        self._session, self._made = session, made
        self._background = Background(self)
        self._tables: dict[str, Table | GradwireError] = {}
        """What was read of the data sets, by key."""
        self._network: Network | None = None
        self.words = QLineEdit(text)
        self.words.setAccessibleName("Network in words")
        self.words.setPlaceholderText("Sizes and words, such as 30-16-8-1 relu")
        self.list = QListWidget()
        self.list.setAccessibleName("Templates")
        self.data = QComboBox()
        self.data.setAccessibleName("Data")
        self.told = paragraph()
        self.told.setAccessibleName("What it makes")
        self.needs = paragraph(kind="warning")
        buttons = button_box(QDialogButtonBox.StandardButton.Ok, QDialogButtonBox.StandardButton.Cancel)
        self.create_button = buttons.button(QDialogButtonBox.StandardButton.Ok)
        self.create_button.setText("Create")
        self.create_button.setProperty("kind", "primary")
        self._fill()
        self._lay_out(buttons)
        self.words.textChanged.connect(self._show)
        self.list.currentItemChanged.connect(self._take_template)
        self.list.itemDoubleClicked.connect(lambda _item: self.accept())
        self.data.currentIndexChanged.connect(self._show)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        if not text:
            self.list.setCurrentRow(0)
        self._show()
        self.words.setFocus()
        self.words.selectAll()

    def _fill(self) -> None:
        for template in TEMPLATES.values():
            item = QListWidgetItem(f"{template.title[:1].upper()}{template.title[1:]}", self.list)
            item.setData(_TEMPLATE, template)
            item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{template.title}: {template.help}")
            set_tip(item, template.help)
        self.list.setFixedHeight(len(TEMPLATES) * max(self.list.sizeHintForRow(0), 20) + 8)
        if self._session.snapshot.table is not None and self._session.snapshot.columns:
            self.data.addItem("As in this document", _OWN)
        for offer in (offer for source in SOURCES.values() for offer in source.offers()):
            if not offer.key.startswith("ask:"):
                self.data.addItem(caption(offer.title), offer.key)
        self.data.addItem("None yet", _NONE)
        self._offers = {o.key: o.section for source in SOURCES.values() for o in source.offers()}

    def _lay_out(self, buttons: QDialogButtonBox) -> None:
        whole = column(self, 20, 10)
        whole.addWidget(label("A network in a few words", bold=True, points=12))
        hint = (
            "Sizes from the inputs to the outputs, then in any order: an activation for the hidden layers, one for the "
        )
        whole.addWidget(
            paragraph(hint + "output, dropout, a norm, a loss. x and y stand for what the data has.", "dim", 9.5)
        )
        whole.addWidget(self.list)
        whole.addWidget(self.words)
        line = row(spacing=10)
        name = label("Data")
        name.setBuddy(self.data)
        line.addWidget(name)
        line.addWidget(self.data, 1)
        whole.addLayout(line)
        whole.addWidget(self.told)
        whole.addWidget(self.needs)
        whole.addStretch(1)
        whole.addWidget(buttons)
        self.resize(520, 420)

    # -- what is said of it ---------------------------------------------------------------------------------

    def _take_template(self, item: QListWidgetItem | None, _before: object = None) -> None:
        if item is None:
            return
        template: Template = item.data(_TEMPLATE)
        key = self._key_of(template)
        if self.data.currentData() in (_NONE, None) or self.data.findData(_OWN) < 0:
            self.data.setCurrentIndex(max(self.data.findData(key), 0))
        own = self.data.currentData() == _OWN
        self.words.setText(template.fitting or template.text if own else template.text)

    def _key_of(self, template: Template) -> str:
        source = SOURCES.get(str((template.data or {}).get("source")))
        return source.key(template.data) if source is not None else _NONE

    def _section(self) -> Mapping[str, Any]:
        """The data section of the choice."""
        key = self.data.currentData()
        if key == _OWN:
            data, folder = self._session.document.data, self._session.document.folder
            path = data.get("path")
            # The new document has no folder yet that a relative path could start from.
            return {**data, "path": str(folder / path)} if folder is not None and isinstance(path, str) else data
        return {**self._offers[key], **_SPLIT} if key in self._offers else Document().data

    def _table(self) -> Table | GradwireError | None:
        """What was read of the chosen data; None: nothing is chosen, or it is being read."""
        key = self.data.currentData()
        if key == _OWN:
            return self._session.snapshot.table
        if key == _NONE or key in self._tables:
            return self._tables.get(key)
        if not self._background.tasks:
            section = self._section()
            self._background.run(
                lambda _task: load_table(section, None),
                partial(self._came, key),
                lambda sentence: self._came(key, GradwireError(sentence)),
            )
        return None

    def _came(self, key: str, table: Table | GradwireError) -> None:
        self._tables[key] = table
        self._show()

    def _show(self, _changed: object = None) -> None:
        """Say what the words make of the data."""
        table, self._network = self._table(), None
        reading = table is None and self.data.currentData() not in (_OWN, _NONE)
        said, needs = "", ""
        try:
            if isinstance(table, GradwireError):
                raise table
            if not reading:
                like = self._session.document if self.data.currentData() == _OWN else Document(data=self._section())
                self._network = network(self.words.text(), given(like, table))
                said, needs = f"{self._network.sentence}.", self._network.needs
        except GradwireError as error:
            needs = str(error)
        self.told.setText("The data is being read …" if reading else said)
        self.needs.setText(needs)
        self.needs.setVisible(bool(needs))
        self.create_button.setEnabled(self._network is not None)

    # -- doing it -------------------------------------------------------------------------------------------

    def accept(self) -> None:
        """Make the document; its places are found as it is opened."""
        made = self._network
        if made is None:
            return
        base = self._session.document.training
        training = TrainingSettings(loss=made.loss, optimizer=base.optimizer, batch_size=base.batch_size)
        data, table = self._section(), self._table()
        targets = columns_by_role(made.graph, "target")
        if self.data.currentData() != _OWN and isinstance(table, Table) and targets:
            data = {**data, "split": proposed(table, targets[0])}
        document = Document(name=made.name, graph=made.graph, data=data, training=training)
        super().accept()
        self._made(document)

    def done(self, result: int) -> None:
        self._background.close(0.0)
        super().done(result)
