"""Networks of a few words on the canvas: what answers what is typed, and the edit that adds one."""

from __future__ import annotations

from dataclasses import dataclass, replace

from PySide6.QtCore import QPointF, QRectF, QSizeF

from compute.document import Document
from compute.edits import Edit
from compute.errors import GradwireError
from compute.graph import Node
from compute.templates import TEMPLATES, Given, Network, given, looks_like_sizes, network
from editor.canvas.copies import Copies
from editor.canvas.editing import Editing
from editor.canvas.search import rank
from editor.canvas.unplaced import placing
from editor.pieces import at_once

_NEAR = 4
"""The ranks of an answer by its title: the beginning of it, of a word in it, or a part of it."""
_PREFIX = "network: "
"""Before the words of a network, where the names of ops are given too."""


@dataclass(frozen=True, slots=True)
class Row:
    """A network that answers what is typed, or what is wrong with the text (then its name is empty)."""

    name: str
    title: str
    help: str
    group: str = "network"


def rows(query: str, data: Given) -> list[Row]:
    """The networks that a text asks for, or could: sizes with their words, and templates by name."""
    text = " ".join(query.lower().split())
    if looks_like_sizes(text):
        return [_row(text, data)]
    found = []
    for template in TEMPLATES.values() if text else ():
        if text.startswith(f"{template.title} "):
            found.append(_row(text, data))
        elif template.name != "layers" and rank(text, Row(template.name, template.title, "")) in range(_NEAR):
            found.append(_row(template.title, data))
    if text in ("layers", "network", "mlp", "template"):
        found.append(Row("", "Type the sizes of the layers", f"Such as {TEMPLATES['layers'].text}."))
    return found


def _row(text: str, data: Given) -> Row:
    try:
        made = network(text, data)
    except GradwireError as error:
        return Row("", text, str(error))
    return Row(_PREFIX + text, made.name, f"{made.sentence}. {made.needs}".strip())


def words_of(name: str) -> str | None:
    """The words of a network, where a name is one's."""
    return name.removeprefix(_PREFIX) if name.startswith(_PREFIX) else None


class Networks:
    """Adds networks to the document on show."""

    def __init__(self, editing: Editing, copies: Copies) -> None:
        self._editing, self._copies = editing, copies

    @property
    def data(self) -> Given:
        """The columns of the document's data."""
        session = self._editing.session
        return given(session.document, session.snapshot.table)

    def make(self, text: str) -> Network:
        """The network of some words, for the document's data. Errors: GradwireError."""
        return network(text, self.data, self._editing.graph.free_ids())

    def edit(self, made: Network, near: QPointF) -> Edit:
        """Add a network, laid out, where there is room near a point; its loss is trained where there was none."""
        session = self._editing.session
        document = Document(graph=made.graph, data=session.document.data)
        at_once(placing(document))
        offset = self._copies.free_offset(document.graph, near)
        nodes = [self._put(node, offset) for node in document.graph.nodes.values()]
        edit = session.edits.add((*nodes, *document.graph.wires.values()), f"Add {made.name}")
        if session.document.training.loss in self._editing.graph.nodes:
            return edit
        return Edit(edit.text, edit.changes + session.edits.set_training("", loss=made.loss).changes)

    def _put(self, node: Node, offset: QPointF) -> Node:
        at = QPointF(*node.position) + offset
        rect = QRectF(at, QSizeF(*self._editing.size(node)))
        return replace(node, position=(round(at.x()), round(at.y())), parent=self._editing.scene.frame_around(rect))
