"""The names of what the inspector is about, and whether its numbers are those of now."""

from __future__ import annotations

from typing import Any

import numpy.typing as npt

from compute.explain import Quantity, tell
from compute.focus import Focus
from compute.graph import columns_of
from compute.ops import Op, find
from compute.tensor_view import Span
from editor.session import Session

Array = npt.NDArray[Any]
NOT_REACHED = "The walk asks first, and has not come to it yet."
ASKED = "The exercise asks for this number; type it there."
GIVES_AWAY_ASKED = "It would say what the exercise asks for; hand in first."
GIVES_AWAY = "It follows from a number that the exercise asks for."


def not_shown(session: Session, quantity: Quantity) -> str:
    """Why a number is not shown that the pass has computed."""
    if quantity in session.exercising.wanted:
        return ASKED
    return GIVES_AWAY if quantity in session.exercising.hidden else NOT_REACHED


def answers_not_shown(session: Session) -> str:
    """Why what the network answers is not told; empty where it may be. An answer tells every value before the loss."""
    loss = session.document.training.loss
    if any(q.kind == "value" and q.node != loss for q in session.exercising.hidden):
        return GIVES_AWAY_ASKED
    judged = session.snapshot.analysis.judged_by(loss)
    return NOT_REACHED if judged is not None and session.hides(Quantity("value", judged[0])) else ""


def made_from(session: Session, focus: Focus, quantity: Quantity) -> tuple[Span, ...]:
    """Of a quantity what the number in focus was made from: entries, rows and columns; nothing while that is not to be
    seen."""
    facts = session.facts
    entry, asked = focus.entry_in(facts), focus.asks(facts.graph)
    walk = session.walk
    if entry is None or asked == quantity or session.hides(asked) or (walk is not None and walk.asked is not None):
        return ()
    return tuple(part.entry for part in tell(facts, asked, entry).parts if part.of == quantity)


def op_of(session: Session, node_id: str) -> Op | None:
    """The op of a node of the document, None if this version does not know it."""
    return find(session.document.graph.nodes[node_id].op)


def fresh(session: Session) -> bool:
    """Whether the snapshot belongs to the document as it is now."""
    return session.snapshot.revision == session.revision


def column_names(session: Session, node_id: str) -> tuple[str, ...]:
    """The names of the columns that a data node gives, () for other nodes."""
    node = session.document.graph.nodes.get(node_id)
    op = find(node.op) if node else None
    if node is None or op is None or not op.is_data:
        return ()
    settings = session.snapshot.analysis.settings.get(node_id)
    if settings is None:
        return tuple(columns_of(node))
    # Only of one axis do the columns of the data stand above the columns of a table.
    one_axis = len(session.snapshot.analysis.shapes[node_id]) <= 2
    return op.columns(settings, session.snapshot.categories) if one_axis else ()
