"""Edits of how things lie on the canvas: what goes along and where it lands, frames, notes and reroute points."""

from __future__ import annotations

from collections.abc import Mapping, Set
from itertools import pairwise

from PySide6.QtCore import QLineF, QPointF, QRectF

from compute.edits import Edit, Editor
from compute.graph import Frame, Graph, Note, Port, RecordId, Reroute
from editor.canvas import layout
from editor.canvas.areas import FRAME_HEADER, FRAME_ROOM, NEW_FRAME, NEW_NOTE, SMALLEST
from editor.canvas.scene import Scene
from editor.canvas.source import Source
from editor.canvas.wire_path import nearest_piece

_GAP = 20.0


class Arranging:
    """Builds edits for a session whose document is shown by a scene."""

    def __init__(self, session: Source, scene: Scene) -> None:
        self.session, self.scene = session, scene

    @property
    def graph(self) -> Graph:
        return self.session.document.graph

    # -- moving ---------------------------------------------------------------------------------------------

    def carried(self, ids: Set[str]) -> set[str]:
        """Some things and all that goes along: what lies in the frames among them, and the points of wires that move
        with both ends; but nothing that is locked."""
        found = _carried(self.graph, ids)
        return {i for i in found if (record := self.graph.placed(i)) is not None and not record.locked}

    def move(self, roots: Set[str], way: QPointF, stroke: str = "") -> Edit:
        """Some things moved, with all that goes along; what they come to lie in becomes their parent."""
        carried = self.carried(roots)
        places: dict[str, tuple[float, float]] = {}
        for record_id in carried:
            record = self.graph.placed(record_id)
            if record is not None:
                x, y = record.position
                places[record_id] = (round(x + way.x(), 2), round(y + way.y(), 2))
        parents = self.landing(roots, carried, way)
        return self.session.edits.move(places, self.session.edits.words("Move", roots), parents, stroke)

    def move_each(self, ways: Mapping[str, QPointF], text: str) -> Edit:
        """Things moved, each its own way, with all that goes along."""
        edit = Edit(text, ())
        for record_id, way in ways.items():
            if not way.isNull():
                edit = edit.merged_with(self.move({record_id}, way))
        return Edit(text, edit.changes)

    def landing(self, roots: Set[str], carried: Set[str], way: QPointF) -> dict[str, str]:
        """In which frames things come to lie that are moved by themselves, and not with a frame that they lie in."""
        parents: dict[str, str] = {}
        for record_id in roots:
            record = self.graph.placed(record_id)
            if record is not None and not record.locked and record.parent not in carried:
                parents[record_id] = self.scene.frame_around(self._rect(record_id).translated(way), carried)
        return parents

    def _rect(self, record_id: str) -> QRectF:
        """Where the document has something, whatever a gesture shows."""
        view, record = self.scene.find(record_id), self.graph.placed(record_id)
        assert view is not None
        assert record is not None
        rect = QRectF(view.rect)
        if isinstance(record, Reroute):
            rect.moveCenter(QPointF(*record.position))
        else:
            rect.moveTo(*record.position)
        return rect

    # -- frames, notes and points ---------------------------------------------------------------------------

    def around(self, ids: Set[RecordId]) -> QRectF:
        """A frame's area around some things, with room for its title."""
        area = self.scene.bounds(ids)
        return area.adjusted(-FRAME_ROOM, -FRAME_ROOM - FRAME_HEADER, FRAME_ROOM, FRAME_ROOM)

    def frame(self, ids: Set[str], at: QPointF) -> tuple[Edit, str]:
        """A frame around some things, or an empty one at a point; and its id."""
        roots = [i for i in ids if (record := self.graph.placed(i)) is not None and record.parent not in ids]
        parents = {record.parent for i in roots if (record := self.graph.placed(i)) is not None}
        frame_id = self.graph.free_id("frame")
        rect = self.around(set(roots)) if roots else QRectF(at.x(), at.y(), *NEW_FRAME)
        parent = parents.pop() if len(parents) == 1 else "" if roots else self.scene.frame_around(rect)
        frame = Frame(frame_id, (rect.x(), rect.y()), (rect.width(), rect.height()), "Frame", parent=parent)
        edits = self.session.edits
        inside = edits.move({}, "Frame", dict.fromkeys(roots, frame_id))
        return Edit("Add frame", edits.add((frame,), "").changes + inside.changes), frame_id

    def note(self, at: QPointF, stroke: str = "") -> tuple[Edit, str]:
        """An empty note with its corner at a point; and its id."""
        note_id = self.graph.free_id("note")
        rect = QRectF(at.x(), at.y(), *NEW_NOTE)
        note = Note(note_id, (rect.x(), rect.y()), NEW_NOTE, parent=self.scene.frame_around(rect))
        return Edit("Add note", self.session.edits.add((note,), "").changes, stroke), note_id

    def reroute(self, key: Port, at: QPointF | None = None) -> tuple[Edit, str]:
        """A point through which a wire runs: at a place, or in the middle of the longest part; and its id."""
        wire = self.scene.wires[key]
        ends = [wire.line.p1(), *wire.through, wire.line.p2()]
        if at is None:
            lengths = [QLineF(a, b).length() for a, b in pairwise(ends)]
            piece = lengths.index(max(lengths))
            at = wire.at((piece + 0.5) / len(lengths))
        else:
            piece = nearest_piece(ends, at)
        point_id = self.graph.free_id("point")
        parent = self.scene.frame_around(QRectF(at.x(), at.y(), 0, 0).adjusted(-1, -1, 1, 1))
        point = Reroute(point_id, key, (round(at.x()), round(at.y())), parent)
        return self.session.edits.reroute(point, piece), point_id

    def resize(self, record_id: str, rect: QRectF) -> Edit:
        """Another area of a frame or a note."""
        record = self.graph.placed(record_id)
        what = "frame" if isinstance(record, Frame) else "note"
        position, size = (rect.x(), rect.y()), (rect.width(), rect.height())
        return self.session.edits.change(record_id, f"Resize {what}", position=position, size=size)

    def stretch(self, ids: Set[str], dx: float, dy: float, stroke: str) -> Edit:
        """Frames and notes made so much wider and higher."""
        edit = Edit("Resize", ())
        for record_id in sorted(ids):
            record = self.graph.placed(record_id)
            if isinstance(record, Frame | Note) and not record.locked:
                wide, high = (
                    max(now + more, least)
                    for now, more, least in zip(record.size, (dx, dy), SMALLEST[type(record)], strict=True)
                )
                edit = edit.merged_with(self.resize(record_id, QRectF(*record.position, wide, high)))
        return Edit(edit.text, edit.changes, stroke)

    # -- tidying --------------------------------------------------------------------------------------------

    def sizes(self) -> dict[str, tuple[float, float]]:
        """(width, height) of each node."""
        return {i: (view.face.width, view.face.height) for i, view in self.scene.nodes.items()}

    def tidy(self, found: layout.Layout | None = None) -> Edit:
        """Nodes in layers, frames around what they hold, points of wires and notes beside them kept in place.

        ``found``: the places of all nodes, as ``layout.tidy`` finds them; None: it finds them now.
        """
        graph, sizes = self.graph, self.sizes()
        places = layout.tidy(graph, sizes) if found is None else found
        rects = {i: QRectF(x, y, *sizes[i]) for i, (x, y) in places.corners.items() if i in sizes}
        positions = {i: at for i, at in places.corners.items() if graph.placed(i) is not None}
        positions |= self._bent(rects)
        for record_id in places.corners.keys() - rects.keys():
            record = graph.placed(record_id)
            if isinstance(record, Frame | Note):
                rects[record_id] = QRectF(*places.corners[record_id], *record.size)
        changes = [*self.session.edits.move(positions, "Tidy").changes]
        for frame_id, area in places.frames.items():
            if frame_id in graph.frames:
                rects[frame_id] = QRectF(*area)
                changes += self.resize(frame_id, rects[frame_id]).changes
        moved: dict[str, tuple[float, float]] = {}
        for note in graph.notes.values():
            if not note.parent:
                rects[note.id] = self._free(self._along(note, rects), rects)
                moved[note.id] = (rects[note.id].x(), rects[note.id].y())
        changes += self.session.edits.move(moved, "Tidy").changes
        return Edit("Tidy", tuple(changes))

    def _along(self, note: Note, rects: Mapping[str, QRectF]) -> QRectF:
        """Where a note is once it has gone the way of the node that it was nearest to."""
        here = self._rect(note.id)

        def away(node_id: str) -> float:
            rect = self.scene.nodes[node_id].rect
            dx = max(rect.left() - here.right(), here.left() - rect.right(), 0.0)
            return dx + max(rect.top() - here.bottom(), here.top() - rect.bottom(), 0.0)

        nearest = min((i for i in rects if i in self.scene.nodes), key=away, default=None)
        if nearest is None:
            return here
        return here.translated(rects[nearest].topLeft() - self._rect(nearest).topLeft())

    def _free(self, rect: QRectF, taken: Mapping[str, QRectF]) -> QRectF:
        """An area moved down until it lies on nothing."""
        rect = QRectF(rect)
        while hit := [other for other in taken.values() if other.intersects(rect.adjusted(-9, -9, 9, 9))]:
            rect.moveTop(max(other.bottom() for other in hit) + _GAP)
        return rect

    def _bent(self, rects: Mapping[str, QRectF]) -> dict[str, tuple[float, float]]:
        """The points of wires, each as far along its wire and beside it as it was."""
        found: dict[str, tuple[float, float]] = {}
        for point in self.graph.reroutes.values():
            wire = self.scene.wires.get(point.wire)
            if wire is None:
                continue
            old_start, old_end = wire.line.p1(), wire.line.p2()
            start = old_start + rects[wire.source].topLeft() - self.scene.nodes[wire.source].rect.topLeft()
            end = old_end + rects[point.wire[0]].topLeft() - self.scene.nodes[point.wire[0]].rect.topLeft()
            at = QPointF(*point.position)
            share = (at.x() - old_start.x()) / ((old_end.x() - old_start.x()) or 1.0)
            beside = at.y() - old_start.y() - share * (old_end.y() - old_start.y())
            place = start + (end - start) * share + QPointF(0, beside)
            found[point.id] = (round(place.x()), round(place.y()))
        return found


def _carried(graph: Graph, ids: Set[str]) -> set[str]:
    found = set(ids) | graph.inside(ids)
    points = graph.reroutes.values()
    return found | {p.id for p in points if {graph.wires[p.wire].source, p.wire[0]} <= found}


def pushed(editor: Editor, nodes: Set[str], dx: float) -> Edit:
    """Nodes moved to the right: frames that hold no others go along, those that hold others too become wider."""
    graph = editor.graph
    held = {frame_id: graph.inside({frame_id}) & graph.nodes.keys() for frame_id in graph.frames}
    whole = {frame_id for frame_id, some in held.items() if some and some <= nodes}
    going = _carried(graph, nodes | whole)
    places = [(i, record.position) for i in going if (record := graph.placed(i)) is not None]
    edit = editor.move({i: (x + dx, y) for i, (x, y) in places})
    for frame_id, some in held.items():
        if some & nodes and frame_id not in going:
            wide, high = graph.frames[frame_id].size
            edit = edit.merged_with(editor.change(frame_id, edit.text, size=(wide + dx, high)))
    return edit
