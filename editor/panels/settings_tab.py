"""The tab Settings: what the op does, and a form made from its parameters."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QScrollArea, QWidget

from editor.panels.form import Form
from editor.panels.formula import FormulaView
from editor.panels.subject import Subject
from editor.panels.widgets import column, frame, paragraph
from editor.session import Session


class SettingsTab(QScrollArea):
    """Every change is one undo step; the form follows undo."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.subject: Subject | None = None
        self.help = paragraph("", "dim", 9.5)
        self.formula = FormulaView(11.5)
        self.form = Form(88)
        self.none = paragraph("This operation has no settings.", "dim", 9.5)
        card = frame("card")
        column(card, 12, 8).addWidget(self.formula)
        inside = QWidget()
        layout = column(inside, 12, 10)
        for each in (self.help, card, self.form, self.none):
            layout.addWidget(each)
        layout.addStretch(1)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setWidget(inside)
        self.form.changed.connect(self._change)

    def show_subject(self, subject: Subject) -> None:
        """The settings of a node as the document has them."""
        if subject.node != (self.subject.node if self.subject else None):
            self.form.set_params(())  # what was typed for one node must not go to another
        self.subject = subject
        op = subject.op(self.session)
        node = subject.document_node(self.session)
        params = op.params if op else ()
        self.help.setText(op.help if op else f"This version does not know the operation {node.op!r}; replace the node.")
        self.formula.set_lines([(op.formula, "text")] if op else [])
        self.form.set_params(params)
        self.form.setVisible(bool(params))
        self.none.setVisible(op is not None and not params)
        self.form.show_values(node.params, self.session.snapshot.columns)

    def _change(self, name: str, value: Any) -> None:
        if self.subject is not None and self.subject.there(self.session):
            self.session.apply(self.session.edits.set_param(self.subject.node, name, value))
