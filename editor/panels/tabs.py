"""The tabs of the inspector, each declared once: what it is called, made of, offered for, and kept up with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

from PySide6.QtWidgets import QWidget

from compute.focus import Focus, Subject
from editor.panels.audit_tab import AuditTab
from editor.panels.cost_tab import CostTab
from editor.panels.function_tab import FunctionTab, acts_on_rows, has_plot
from editor.panels.neurons_tab import NeuronsTab, has_neurons
from editor.panels.settings_tab import SettingsTab
from editor.panels.subject import op_of
from editor.panels.tensor_tab import GradientTab, ValuesTab
from editor.panels.weights_tab import WeightsTab
from editor.panels.why import WhyTab
from editor.session import Session

News = Literal["document", "numbers", "sample", "walk"]
"""What can be new for a tab in sight; another focus is news for each of them."""


class Shows(Protocol):
    """What every tab can do."""

    def show_focus(self, focus: Focus) -> None:
        """Show what it has to say about what is in focus, as it is now."""


@dataclass(frozen=True)
class Tab:
    """title: as in the bar; make: the widget, which ``Shows``; offered: whether it has anything to say about a node or
    a wire; follows: the news upon which it shows the focus anew; quick: whether it does so with every snapshot."""

    title: str
    make: Callable[[Session], QWidget]
    offered: Callable[[Session, Subject], bool]
    follows: frozenset[News]
    quick: bool = False


def _always(_session: Session, _subject: Subject) -> bool:
    return True


def _node(_session: Session, subject: Subject) -> bool:
    return subject.kind == "node"


def _weights(session: Session, subject: Subject) -> bool:
    return _node(session, subject) and bool(session.snapshot.analysis.weights_of(subject.node))


def _function(session: Session, subject: Subject) -> bool:
    op = op_of(session, subject.node)
    return _node(session, subject) and (has_plot(op) or acts_on_rows(op))


def _audited(session: Session, _subject: Subject) -> bool:
    return session.auditing.on


_ALL: frozenset[News] = frozenset(("document", "numbers", "sample", "walk"))
TABS = (
    Tab("Why", WhyTab, _always, _ALL),
    Tab("Values", ValuesTab, _always, _ALL),
    Tab("Gradient", GradientTab, _always, _ALL),
    Tab("Weights", WeightsTab, _weights, _ALL),
    Tab("Neurons", NeuronsTab, has_neurons, _ALL, quick=True),
    Tab("Function", FunctionTab, _function, _ALL),
    Tab("Settings", SettingsTab, _node, frozenset(("document", "numbers"))),
    Tab("Cost", CostTab, _node, frozenset()),
    Tab("Audit", AuditTab, _audited, _ALL),
)
