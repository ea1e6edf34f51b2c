"""What puts the things on the canvas in order: tidying, aligning, spreading evenly, and locking in place."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QRectF
from PySide6.QtWidgets import QWidget

from compute.graph import Graph, RecordId, Reroute
from editor.background import Background
from editor.canvas import layout
from editor.canvas.aligning import Axis, Side, aligned, spread
from editor.canvas.arranging import Arranging
from editor.canvas.source import Source
from editor.canvas.view import CanvasView
from editor.pieces import Pieces, Piecewise


class CanvasOrder(CanvasView):
    """Shows the graph of a session and puts it in order; each time one undo step of the session's stack."""

    def __init__(self, session: Source, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self.arranging = Arranging(session, self.scene)
        self._layouts = Background(self)
        self._tidying: Piecewise | None = None

    # -- tidying --------------------------------------------------------------------------------------------

    def tidy(self) -> None:
        """Lay everything out in lines that fit the view, in one undo step; the places are found beside the window."""
        if self._tidying is None:
            self._tidying = Piecewise(
                self._tidily(), self._layouts, self._is_tidy, self._not_tidy, lambda: self._not_tidy(""), "Tidy", self
            )

    def _tidily(self) -> Pieces[None]:
        """Find places, make the edit, do it: each in a turn of its own, as each is long in a large graph."""
        document, edit = self.session.document, None
        while edit is None or any(document.graph.find(c.id) is not c.before for c in edit.records):
            # At first, and where something came, went or changed meanwhile.
            graph, sizes, view = document.graph.copy(), self.arranging.sizes(), (self.width(), self.height())
            places = yield partial(layout.tidy, graph, sizes, view)
            edit = self.arranging.tidy(places) if laid_alike(document.graph, graph) else None
            yield None
            if self.session.document is not document:
                return
        before = {i: self.scene.place(i) for i in (*self.scene.nodes, *self.scene.notes, *self.scene.points)}
        self.session.apply(edit)
        self.session.select()
        self.fit()
        self.glide_from(before)

    def _is_tidy(self, _done: None = None) -> None:
        self._tidying = None

    def _not_tidy(self, sentence: str) -> None:
        self._tidying = None
        if sentence:
            self.session.message.emit(sentence)

    # -- aligning -------------------------------------------------------------------------------------------

    def align(self, side: Side) -> None:
        """Give what is selected one side in common: that of what is locked among it, else the outermost."""
        rects = self._chosen_rects()
        if len(rects) < 2:
            self.session.message.emit("Select two things or more to align them.")
            return
        locked = self.session.document.graph.locked(rects)
        area = QRectF()
        for record_id in locked or rects:
            area = area.united(rects[str(record_id)])
        self.session.apply(self.arranging.move_each(aligned(rects, area, side), "Align"))

    def distribute(self, axis: Axis) -> None:
        """Make the gaps between what is selected equal; the first and the last stay."""
        ways = spread(self._chosen_rects(), axis)
        if not ways:
            self.session.message.emit("Select three things or more to spread them evenly.")
            return
        self.session.apply(self.arranging.move_each(ways, "Distribute"))

    def _chosen_rects(self) -> dict[str, QRectF]:
        """The areas of what is selected, without what lies in a selected frame: that goes along with it."""
        graph, chosen = self.session.document.graph, self.session.selection.placed
        inside = graph.inside(set(chosen))
        rects = {}
        for record_id in sorted(chosen - inside):
            view = self.scene.find(record_id)
            if view is not None and not isinstance(view.record, Reroute):
                rects[record_id] = QRectF(view.rect)
        return rects

    # -- locking --------------------------------------------------------------------------------------------

    def lock(self) -> None:
        """Lock what is selected in its place, or unlock it where all of it is: what is locked is neither moved nor
        deleted."""
        graph, chosen = self.session.document.graph, self.session.selection.placed
        every = graph.locked(chosen) == chosen
        verb = "Unlock" if every else "Lock"
        text = self.session.edits.words(verb, chosen)
        self.session.apply(self.session.edits.change_all(sorted(chosen), text, locked=not every))

    def say_locked(self, ids: set[RecordId]) -> None:
        """Say that something stays, as it is locked."""
        if ids:
            self.session.message.emit(locked_sentence(self.session.document.graph, ids))


def locked_sentence(graph: Graph, ids: set[RecordId]) -> str:
    """That things are locked, and what to do."""
    if len(ids) > 1:
        return f"{len(ids)} things are locked and stay; select them and press L to unlock them."
    record = graph.find(next(iter(ids)))
    label = getattr(record, "label", "") or f"The {type(record).__name__.lower()}"
    return f"{label} is locked and stays; select it and press L to unlock it."


def laid_alike(a: Graph, b: Graph) -> bool:
    """Whether two graphs have the same nodes and wires in the same frames."""
    parents = [{r.id: r.parent for t in (g.nodes, g.frames, g.notes) for r in t.values()} for g in (a, b)]
    return a.wires == b.wires and parents[0] == parents[1]
