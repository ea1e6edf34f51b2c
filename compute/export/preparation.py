"""How rows of a table become what a network is fed with, and what its answers mean: what a file says beside weights.

As plain data, so that every format keeps the same thing in the way that it has for such things.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from compute.answers import Activation, Kind, answers
from compute.data import Prepared
from compute.data.derived import DERIVED, derived
from compute.data.missing import CATEGORY, DROP, WAYS, default_way, treatments
from compute.data.table import OWN_CLASS
from compute.document import Document
from compute.engine import Program
from compute.workspace import data_nodes


@dataclass(frozen=True, slots=True)
class ColumnRule:
    """One entry of what a data node gives. source: the column of the table; kind: "" for that itself, else how it is
    made from it, by a name of ``compute.data.derived.DERIVED``, and argument what that says; classes: the texts of the
    source in the order of their numbers, none for numbers; missing: what stands in for a missing value, None where
    there is no answer for such a row; then less mean, divided by std."""

    name: str
    source: str
    kind: str
    argument: str
    classes: tuple[str, ...]
    missing: float | None
    mean: float
    std: float

    @property
    def past(self) -> int:
        """How many rows back it looks; 0 for the row itself."""
        return DERIVED[self.kind].past(self.argument) if self.kind else 0

    def plain(self) -> dict[str, Any]:
        """As JSON has it, without what says nothing."""
        out: dict[str, Any] = {"column": self.name, "mean": self.mean, "std": self.std}
        if self.kind:
            out |= {"source": self.source, "made": self.kind, "argument": self.argument}
        if self.classes:
            out["classes"] = list(self.classes)
        if self.missing is not None:
            out["missing"] = self.classes[int(self.missing)] if self.classes else self.missing
        return out


@dataclass(frozen=True, slots=True)
class Preparation:
    """inputs: by data node that the network needs, the rules of its entries in order; node: what predicts; answers:
    what it predicts; activation: what turns it into probabilities ("" where it is them already, or no such thing);
    names: of the classes, or of the numbers."""

    inputs: dict[str, tuple[ColumnRule, ...]]
    node: str
    answers: Kind
    activation: Activation
    names: tuple[str, ...]

    @property
    def past(self) -> int:
        """How many rows before it a row is answered from."""
        return max((rule.past for rules in self.inputs.values() for rule in rules), default=0)

    def plain(self) -> dict[str, Any]:
        """As JSON has it."""
        return {
            "inputs": {node: [rule.plain() for rule in rules] for node, rules in self.inputs.items()},
            "output": {
                "node": self.node,
                "answers": self.answers,
                "activation": self.activation or None,
                "names": list(self.names),
            },
        }


def preparation(document: Document, program: Program, prepared: Prepared | None, node: str) -> Preparation:
    """What goes before and after the network whose answer ``node`` gives."""
    analysis = program.analysis.leading_to(node)
    specs, _ = data_nodes(document.graph)
    inputs = {
        node_id: tuple(_rule(document, prepared, node_id, name) for name in spec.columns)
        for node_id, spec in specs.items()
        if prepared is not None and node_id in analysis.shapes
    }
    fitted = prepared.fitted if prepared is not None else None
    meant = answers(document, program.analysis, program.loss, fitted, node)
    return Preparation(inputs, node, meant.kind, meant.activation, meant.names)


def _rule(document: Document, prepared: Prepared, node: str, name: str) -> ColumnRule:
    fitted = prepared.fitted.columns
    made = derived(name, fitted)
    source = made.source if made else name
    column = fitted[source]
    standardized = node in prepared.standardized and (made is None or made.kind.is_scaled)
    mean, std = (prepared.means[name], prepared.stds[name]) if standardized else (0.0, 1.0)
    said = treatments(document.data).get(source)
    way = WAYS[(said.missing if said else "") or default_way(bool(column.classes), is_target=False)]
    missing: float | None = column.typical if column.fill is None else column.fill
    # As compute.data.missing has it: a class of its own only where there was one.
    if way.name == DROP or (column.fill is None and way.name == CATEGORY and OWN_CLASS in column.classes):
        missing = None if way.name == DROP else float(column.classes.index(OWN_CLASS))
    if made is not None and made.kind.past(made.argument):
        # What is missing in the past of a row leaves it without an answer.
        missing = None
    kind, argument = (made.kind.name, made.argument) if made else ("", "")
    return ColumnRule(name, source, kind, argument, column.classes, missing, mean, std)
