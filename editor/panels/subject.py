"""What the inspector is about: a node, or the wire at a port; and where its numbers are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy.typing as npt

from compute.explain import Facts, Quantity
from compute.graph import Node, Wire
from compute.ops import Op, find
from compute.shapes import Shape
from compute.tensor_view import TensorView
from compute.trace import Trace
from editor.session import Session

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Subject:
    """A node, or (with a port) the wire that feeds that port of it."""

    node: str
    port: str = ""

    def there(self, session: Session) -> bool:
        """Whether the document has it."""
        graph = session.document.graph
        return (self.node, self.port) in graph.wires if self.port else self.node in graph.nodes

    def wire(self, session: Session) -> Wire | None:
        """The wire, if it is one."""
        return session.document.graph.wires.get((self.node, self.port)) if self.port else None

    def source(self, session: Session) -> str:
        """The node whose value it carries."""
        wire = self.wire(session)
        return wire.source if wire else self.node

    def value(self, session: Session) -> Quantity:
        """Its value."""
        return Quantity("value", self.source(session))

    def gradient(self) -> Quantity:
        """Its gradient: of a wire, the contribution that comes back through it."""
        return Quantity("wire", self.node, self.port) if self.port else Quantity("gradient", self.node)

    def shape(self, session: Session) -> Shape | None:
        """The shape of its value, None if that is not known."""
        return session.snapshot.analysis.shapes.get(self.source(session))

    def document_node(self, session: Session) -> Node:
        """The node (of a wire: the one that it feeds)."""
        return session.document.graph.nodes[self.node]

    def op(self, session: Session) -> Op | None:
        """The node's op, None if this version does not know it."""
        return find(self.document_node(session).op)


def numbers(trace: Trace, quantity: Quantity) -> Array | None:
    """All numbers of a quantity, None where the pass did not compute it."""
    match quantity.kind:
        case "value":
            return trace.values.get(quantity.node)
        case "gradient":
            return trace.grads.get(quantity.node)
        case "wire":
            return trace.wire_grads.get((quantity.node, quantity.name))
        case "weight":
            return trace.parameters.get(quantity.weight)
        case _:
            return trace.parameter_grads.get(quantity.weight)


def facts(session: Session) -> Facts:
    """What there is to explain, for the chosen sample."""
    snapshot = session.snapshot
    return Facts(
        session.document.graph, snapshot.analysis, session.document.training.loss, snapshot.trace, session.sample
    )


def fresh(session: Session) -> bool:
    """Whether the snapshot belongs to the document as it is now."""
    return session.snapshot.revision == session.revision


def view_of(session: Session, quantity: Quantity, array: Array) -> TensorView:
    """How the numbers of a quantity are laid out; weights belong to no sample."""
    analysis = session.snapshot.analysis
    if quantity.kind in ("value", "gradient"):
        return TensorView.of(array, analysis.shapes.get(quantity.node))
    if quantity.kind == "wire":
        wire = session.document.graph.wires.get((quantity.node, quantity.name))
        return TensorView.of(array, analysis.shapes.get(wire.source) if wire else None)
    return TensorView.of(array)


def column_names(session: Session, node_id: str) -> tuple[str, ...]:
    """The names of the columns that a data node gives, () for other nodes."""
    node = session.document.graph.nodes.get(node_id)
    op = find(node.op) if node else None
    if node is None or op is None or not op.is_data:
        return ()
    settings = session.snapshot.analysis.settings.get(node_id)
    if settings is None:
        return tuple(str(name) for name in node.params.get("columns") or ())
    # Only of one axis do the columns of the data stand above the columns of a table.
    one_axis = len(session.snapshot.analysis.shapes[node_id]) <= 2
    return op.columns(settings, session.snapshot.categories) if one_axis else ()
