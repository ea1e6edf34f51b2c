"""The tab Cost: what a node has of a training step."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from compute.focus import Focus
from editor.panels.cost_table import CostTable
from editor.panels.widgets import column, scrolling
from editor.session import Session


class CostTab(QWidget):
    """Its numbers come when they are counted."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.table = CostTable(session, measures=True)
        inside = QWidget()
        whole = column(inside, 12, 10)
        whole.addWidget(self.table)
        whole.addStretch(1)
        column(self).addWidget(scrolling(inside))

    def show_focus(self, focus: Focus) -> None:
        """What the node in focus costs."""
        self.table.show_node(focus.subject.holder.node)
