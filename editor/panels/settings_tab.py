"""The tab Settings: what the op does, and a form made from its parameters."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QScrollArea, QWidget

from compute.data_edits import columns_by_role
from compute.focus import Focus
from compute.numbers_text import tex
from compute.ops import Op
from editor.panels.form import Form
from editor.panels.formula import FormulaView
from editor.panels.subject import op_of
from editor.panels.widgets import button, column, frame, paragraph
from editor.session import Session


class SettingsTab(QScrollArea):
    """Every change is one undo step; the form follows undo. ``data_requested``: the data is to be shown."""

    data_requested = Signal()

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self._node = ""
        self.help = paragraph("", "dim", 9.5)
        self.formula = FormulaView(11.5)
        self.form = Form(88)
        self.none = paragraph("This operation has no settings.", "dim", 9.5)
        card = frame("card")
        column(card, 12, 8).addWidget(self.formula)
        inside = QWidget()
        layout = column(inside, 12, 10)
        self.data = button("Show the data", "data", "Where it comes from, and its columns with types and values")
        self.data.clicked.connect(self.data_requested)
        for each in (self.help, card, self.form, self.data, self.none):
            layout.addWidget(each)
        layout.addStretch(1)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setWidget(inside)
        self.form.changed.connect(self._change)

    def show_focus(self, focus: Focus) -> None:
        """The settings of the node in focus, as the document has them."""
        if focus.subject.node != self._node:
            self.form.set_params(())  # what was typed for one node must not go to another
        self._node = focus.subject.node
        op, node = op_of(self.session, self._node), self.session.document.graph.nodes[self._node]
        params = op.params if op else ()
        self.help.setText(op.help if op else f"This version does not know the operation {node.op!r}; replace the node.")
        known = self.session.snapshot.analysis.settings.get(self._node)
        self.formula.set_lines([(_written(op, known or _taken(op, node.params)), "text")] if op else [])
        self.form.set_params(params)
        self.form.setVisible(bool(params))
        self.data.setVisible(op is not None and op.is_data)
        self.none.setVisible(op is not None and not params)
        analysis = self.session.snapshot.analysis
        inputs = [analysis.shapes.get(source) for source in analysis.sources.get(self._node, ())]
        columns, graph = self.session.snapshot.columns, self.session.document.graph
        # What is to be predicted should not be given to the network unthought.
        targets = columns_by_role(graph, "target") if op is not None and op.role == "input" else ()
        notes = dict.fromkeys(targets, "target")
        self.form.show_values(node.params, columns, inputs[0] if inputs else None, notes)

    def _change(self, name: str, value: Any) -> None:
        if self._node in self.session.document.graph.nodes:
            self.session.apply(self.session.edits.set_param(self._node, name, value))


def _taken(op: Op, given: Mapping[str, Any]) -> Mapping[str, Any]:
    """Those of the settings of a node that its op takes, as it reads them."""
    taken: dict[str, Any] = {}
    for param in op.params:
        with suppress(ValueError):
            taken[param.name] = param.check(given.get(param.name, param.default))
    return taken


def _written(op: Op, settings: Mapping[str, Any]) -> str:
    """The formula of an op with these settings; one whose name is long is a number in it."""

    def number(found: re.Match[str]) -> str:
        value = settings.get(found[1])
        return tex(value) if "_" in found[1] and isinstance(value, int | float) else found[0]

    return re.sub(r"\\mathit\{(\w+)\}", number, op.written(settings)[0])
