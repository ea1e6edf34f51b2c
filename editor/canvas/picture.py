"""The picture of a scene, from its layers: ground and frames, wires, nodes, numbers.

The canvas keeps the layers apart, since numbers change thirty times a second and the rest does not; a picture
for a file paints them one after another.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter

from compute.check.audit import Audit
from compute.graph import Port, RecordId
from editor import theme
from editor.canvas.camera import Detail
from editor.canvas.face import HEADER
from editor.canvas.ink import Ink, fonts, ink, pen
from editor.canvas.labels import Label, Labels, paint_labels
from editor.canvas.lit import Lit
from editor.canvas.live import paint_lit, paint_live
from editor.canvas.paint_areas import paint_frame, paint_note, paint_point
from editor.canvas.paint_audit import paint_audit, paint_audit_afar
from editor.canvas.paint_cost import paint_cost, paint_cost_afar
from editor.canvas.paint_held import Held, paint_held, paint_held_afar
from editor.canvas.paint_nodes import (
    DIMMED,
    NAME,
    name_letters,
    paint_box,
    paint_glow,
    paint_knob,
    paint_lock,
    paint_problem,
    paint_ring,
)
from editor.canvas.paint_watch import paint_watches
from editor.canvas.paint_wires import paint_magnitudes, paint_wire
from editor.canvas.readings import Readings
from editor.canvas.scene import Scene
from editor.canvas.standing import NodeView, WireView
from editor.costing import Part
from editor.selection import Selection

GRID = 30.0
_WIRE_WIDTH = 1.8
_TILE = 600.0
_IN_MOTION = 0.75
_SOME = 20
"""Nodes of a piece."""
_LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)


@dataclass
class Shown:
    """What is shown of a scene apart from itself: numbers, what is selected, where the walk is."""

    readings: Readings
    selection: Selection = field(default_factory=Selection)
    lit: Lit | None = None
    """What shows the number in focus."""
    at_work: str | None = None
    phase: str = ""
    passed: Mapping[Port, str] = field(default_factory=dict)
    """Wires that the walk has passed: forward or backward."""
    held: Mapping[str, Held] = field(default_factory=dict)
    """What the walk holds in memory at the nodes, while that is looked at."""
    audit: Audit | None = None
    """What was found of the numbers that are shown."""
    cost: Mapping[str, Part] = field(default_factory=dict)
    """What each node costs, where the canvas is coloured by that."""
    watched: Mapping[RecordId, bool] = field(default_factory=dict)
    """What is watched, and whether that has stopped the training."""
    stale: bool = False
    values: bool = True
    """Without values the picture shows the graph alone: shapes, but no empty outlines for what is not asked for."""

    @property
    def chosen(self) -> frozenset[RecordId]:
        """All that is selected."""
        return self.selection.ids

    @property
    def wire(self) -> Port | None:
        """The selected wire, if nothing else is selected."""
        return self.selection.wire


class Picture:
    """Paints a scene. ``held``: what is in motion, which is left out with its wires and painted on top."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.labels = Labels(scene)
        self.whole: list[Label] = []
        """The labels that were last painted whole, over everything."""
        self._seen: dict[object, tuple[list[NodeView], list[WireView]]] = {}

    # -- what does not change with the numbers --------------------------------------------------------------

    def ground(self, painter: QPainter, area: QRectF, zoom: float) -> None:
        """Background, dots and frames."""
        colors = ink()
        self.background(painter, area)
        spacing = GRID
        while spacing * zoom < 20:
            spacing *= 2
        dot = 2.0 / zoom
        columns = range(math.floor(area.left() / spacing), math.ceil(area.right() / spacing) + 1)
        rows = range(math.floor(area.top() / spacing), math.ceil(area.bottom() / spacing) + 1)
        dots = [QRectF(i * spacing - dot / 2, j * spacing - dot / 2, dot, dot) for j in rows for i in columns]
        painter.save()
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colors.grid)
        painter.drawRects(dots)
        painter.restore()

    def background(self, painter: QPainter, area: QRectF) -> None:
        """The plain ground."""
        painter.fillRect(area, ink().canvas)

    def paint_areas(
        self, painter: QPainter, shown: Shown, held: Set[str] = frozenset(), pixel: float = 1.0, *, text: bool = True
    ) -> None:
        """Frames and notes behind the nodes. ``pixel``: one in the scene; ``text``: whether notes are shown whole."""
        self._areas(painter, shown, [i for i in (*self.scene.frames, *self.scene.notes) if i not in held], pixel, text)

    def _areas(self, painter: QPainter, shown: Shown, ids: Iterable[str], pixel: float, text: bool) -> None:
        colors = ink()
        for record_id in ids:
            if record_id in self.scene.frames:
                paint_frame(painter, self.scene.frames[record_id], colors, record_id in shown.chosen, pixel)
            elif record_id in self.scene.notes:
                afar = 0.0 if text else pixel
                paint_note(painter, self.scene.notes[record_id], colors, record_id in shown.chosen, afar)
            view = self.scene.frames.get(record_id) or self.scene.notes.get(record_id)
            if view is not None and view.record.locked and text:
                paint_lock(painter, view.rect, colors)

    def chrome(self, painter: QPainter, area: QRectF, shown: Shown, held: Set[str] = frozenset()) -> None:
        """Wires and node frames of an area, at a detail that shows labels."""
        nodes, wires = self._in_view(area, held)
        self.wires(painter, wires, shown)
        for view in nodes:
            self.node(painter, view, shown)

    def in_pieces(self, painter: QPainter, area: QRectF, shown: Shown) -> Iterator[None]:
        """All of an area but the ground, at zoom 1, a piece with each turn."""
        self.paint_areas(painter, shown)
        nodes, wires = self._in_view(area, frozenset())
        for wire in wires:
            self.wires(painter, [wire], shown)
            yield
        for view in nodes:
            self.node(painter, view, shown)
            yield
        yield from self.labels.updating(shown.readings, wires, nodes, 1.0)
        for wire in wires:
            self._labels(painter, shown, self.labels.of(shown.readings, [wire], ()))
            yield
        for view in nodes:
            self._labels(painter, shown, self.labels.of(shown.readings, (), [view]))
            self._content(painter, view, shown)
            yield
        if shown.cost:
            for first in range(0, len(nodes), _SOME):
                paint_cost(painter, shown.cost, nodes[first : first + _SOME], ink())
                yield
        self.problems(painter, area, frozenset())

    def wires(self, painter: QPainter, wires: Sequence[WireView], shown: Shown) -> None:
        """Wires in their plain hue, or in that of the direction in which the walk has passed them."""
        colors = ink()
        late: list[WireView] = []
        for wire in wires:
            if wire.key in shown.chosen:
                late.append(wire)
            else:
                paint_wire(painter, wire, self.wire_color(wire.key, shown, colors), _WIRE_WIDTH)
        for wire in late:
            # In a walk the hue tells the direction in which it was passed.
            hue = self.wire_color(wire.key, shown, colors) if shown.at_work is not None else colors.accent
            paint_wire(painter, wire, colors.accent_soft, 9.0)
            paint_wire(painter, wire, hue, 2.6)
        if self.scene.points:
            painted = {wire.key for wire in wires}
            for point in self.scene.points.values():
                if point.record.wire in painted:
                    color = self.wire_color(point.record.wire, shown, colors)
                    paint_point(painter, point, color, colors, point.record.id in shown.chosen)

    def wire_color(self, key: Port, shown: Shown, colors: Ink) -> QColor:
        """The hue of a wire in the walk, and outside it."""
        passed = shown.passed.get(key)
        if passed == "backward":
            return colors.backward
        if passed == "forward":
            return theme.mix(colors.theme.wire, colors.theme.forward, 0.7)
        return colors.wire_dim if shown.at_work is not None or self._carries_nothing(key) else colors.wire

    def _carries_nothing(self, key: Port) -> bool:
        """Whether a wire comes from or leads to a node that is switched off, or to a port that a bypass leaves out."""
        wire = self.scene.wires[key]
        ends = self.scene.nodes[wire.source], self.scene.nodes[key[0]]
        ports = ends[1].face.ports
        return any(end.off for end in ends) or (ends[1].node.off == "bypass" and key[1] not in ports[:1])

    def node(self, painter: QPainter, view: NodeView, shown: Shown) -> None:
        """One node without its numbers."""
        colors = ink()
        if view.id == shown.at_work:
            paint_glow(painter, view.rect, phase_color(shown.phase, colors))
        at = self.scene.at_node.get(view.id, set())
        wired = {port for target, port in at if target == view.id}
        feeds = any(target != view.id for target, _ in at)
        paint_box(painter, view, colors, wired, feeds, name_letters(1.0 / painter.transform().m11()))
        if view.id in shown.chosen:
            paint_ring(painter, view.rect, colors.accent)
        if view.node.locked:
            paint_lock(painter, view.rect, colors)

    # -- what does ------------------------------------------------------------------------------------------

    def numbers(
        self,
        painter: QPainter,
        area: QRectF,
        shown: Shown,
        zoom: float,
        held: Set[str] = frozenset(),
        view: QRectF | None = None,
    ) -> None:
        """Labels and the live content of nodes, then the sentences of nodes at fault.

        ``area`` is what is painted now, ``view`` all that is on the screen (default: the same).
        """
        painter.save()
        if shown.stale:
            painter.setOpacity(0.45)
        # Places are found for whole tiles, so that they neither change nor cost at each step of a pan.
        nodes, wires = self._in_view(_tiles(view or area), held)
        self.labels.update(shown.readings, wires, nodes, zoom)
        nodes, wires = self._in_view(area.adjusted(-140, -40, 20, 40), held)
        self._labels(painter, shown, self.labels.of(shown.readings, wires, nodes))
        for node in self._in_view(area, held)[0]:
            self._content(painter, node, shown)
            if node.id in shown.held:
                paint_held(painter, node, shown.held[node.id], ink())
        if shown.cost:
            paint_cost(painter, shown.cost, self._in_view(area, held)[0], ink())
        if shown.audit is not None:
            paint_audit(painter, shown.audit, self._in_view(area, held)[0], wires, self.labels.places.spots, ink())
        if shown.watched:
            paint_watches(painter, shown.watched, self._in_view(area, held)[0], wires, ink())
        painter.restore()
        self.problems(painter, area, held)

    def _labels(self, painter: QPainter, shown: Shown, labels: list[Label]) -> None:
        if not shown.values:
            labels = [label for label in labels if label.what == "shape"]
        lit = shown.lit
        paint_labels(painter, labels, ink(), self.labels.scale, lit=lit.labels if lit else ())

    def _content(self, painter: QPainter, view: NodeView, shown: Shown) -> None:
        if shown.values or view.face.kind == "function":
            self._live(painter, view, shown)

    def _live(self, painter: QPainter, view: NodeView, shown: Shown) -> None:
        """The live content of a node; dimmed in one that is switched off."""
        opacity = painter.opacity()
        if view.off is not None:
            painter.setOpacity(opacity * DIMMED)
        paint_live(painter, view, shown.readings, ink())
        painter.setOpacity(opacity)
        if shown.lit is not None and view.id in shown.lit.nodes:
            paint_lit(painter, view, shown.readings, shown.lit, ink())

    def problems(self, painter: QPainter, area: QRectF, held: Set[str]) -> None:
        """The sentences of nodes at fault."""
        for view in self._in_view(area.adjusted(-250, -200, 0, 0), held)[0]:
            if view.problem:
                paint_problem(painter, view, ink())

    def lit_wire(self, painter: QPainter, key: Port, shown: Shown) -> None:
        """The wire under the pointer."""
        wire = self.scene.wires.get(key)
        if wire is not None:
            color = theme.mix(self.wire_color(key, shown, ink()).name(), ink().theme.text, 0.4)
            paint_wire(painter, wire, color, 2.8)
            paint_knob(painter, wire.line.p1(), color, color)
            paint_knob(painter, wire.line.p2(), color, ink().node)

    def everything_of(self, painter: QPainter, keys: Iterable[Port | None], shown: Shown) -> None:
        """All labels of some wires: hovered, selected or at work."""
        wires = [self.scene.wires[key] for key in dict.fromkeys(keys) if key in self.scene.wires and key is not None]
        self.whole = self.labels.all_of(shown.readings, wires)
        lit = shown.lit.labels if shown.lit is not None else ()
        paint_labels(painter, self.whole, ink(), self.labels.scale, strong=True, lit=lit)

    def whole_label_at(self, point: QPointF) -> Label | None:
        """The label at a point that is painted over everything."""
        under = (label for label in reversed(self.whole) if label.rect.contains(point))
        return next((label for label in under if self.labels.stands(label.slot)), None)

    def held(self, painter: QPainter, shown: Shown, ids: Set[str], detail: Detail) -> None:
        """What is in motion with its wires and numbers."""
        scene, pixel = self.scene, 1.0 / painter.transform().m11()
        wires = [scene.wires[key] for key in scene.led_by(ids)]
        nodes = [view for node_id, view in scene.nodes.items() if node_id in ids]
        areas = [record_id for record_id in (*scene.frames, *scene.notes) if record_id in ids]
        # What lies below a frame in motion stays in sight.
        painter.setOpacity(_IN_MOTION)
        self._areas(painter, shown, areas, max(pixel, 1.0) if detail < Detail.LABELS else 1.0, detail >= Detail.LABELS)
        painter.setOpacity(1.0)
        if detail < Detail.LABELS:
            self._afar(painter, nodes, wires, shown, detail, pixel)
            return
        self.wires(painter, wires, shown)
        for view in nodes:
            self.node(painter, view, shown)
        ends = {node_id for wire in wires for node_id in (wire.source, wire.key[0])}
        labels = self.labels.moving(shown.readings, wires, [scene.nodes[i] for i in ends])
        paint_labels(painter, labels, ink(), self.labels.scale)
        for view in nodes:
            self._live(painter, view, shown)

    def afar(
        self, painter: QPainter, area: QRectF, shown: Shown, detail: Detail, pixel: float, held: Set[str] = frozenset()
    ) -> None:
        """The whole picture at a detail without labels. ``pixel``: the size of one in the scene."""
        self._afar(painter, *self._in_view(area, held), shown, detail, pixel)

    def _afar(
        self,
        painter: QPainter,
        nodes: list[NodeView],
        wires: list[WireView],
        shown: Shown,
        detail: Detail,
        pixel: float,
    ) -> None:
        colors = ink()
        coarse = detail == Detail.BOXES
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, not coarse or len(wires) < 400)
        paint_magnitudes(painter, wires, shown.readings, colors, pixel, coarse)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        for view in nodes:
            rect = view.rect
            hue = colors.group(view.face.group)
            if view.off is not None or view.node.off:
                hue = theme.mix(colors.theme.canvas, hue.name(), DIMMED)
            if coarse:
                painter.fillRect(rect, hue)
            else:
                painter.fillRect(rect, colors.node)
                painter.fillRect(QRectF(rect.left(), rect.top(), rect.width(), HEADER), hue)
        if shown.cost:
            paint_cost_afar(painter, shown.cost, nodes, colors)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        if not coarse:
            self._far_titles(painter, nodes, colors, pixel)
        for view in nodes:
            if view.id in shown.held:
                paint_held_afar(painter, view, shown.held[view.id], colors, pixel)
            if view.id == shown.at_work:
                paint_glow(painter, view.rect, phase_color(shown.phase, colors))
            elif view.problem:
                paint_ring(painter, view.rect, colors.error, 2 * pixel, 2 * pixel)
        if shown.audit is not None:
            paint_audit_afar(painter, shown.audit, nodes, wires, colors, pixel)
        loud = {record: True for record, stopped in shown.watched.items() if stopped}
        paint_watches(painter, loud, nodes, wires, colors, pixel)
        rings = [view.rect for view in nodes if view.id in shown.chosen]
        led = [self.scene.wires[key] for key in shown.selection.wires & self.scene.wires.keys()]
        if coarse:  # of very many all at once
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(pen(colors.accent, 2.6 * pixel))
            painter.drawLines([line for wire in led for line in wire.lines])
            painter.setPen(pen(colors.accent, 2 * pixel))
            more = 3 * pixel
            painter.drawRects([rect.adjusted(-more, -more, more, more) for rect in rings])
        else:
            for rect in rings:
                paint_ring(painter, rect, colors.accent, 2 * pixel, 3 * pixel)
            for wire in led:
                paint_wire(painter, wire, colors.accent, 2.6 * pixel)

    def _far_titles(self, painter: QPainter, nodes: list[NodeView], colors: Ink, pixel: float) -> None:
        """Titles and names in a size that can still be read, as far as they fit below the header."""
        type_, letters = fonts(), name_letters(pixel)
        bold, plain = type_.sized("title", round(letters)), type_.sized("name", round(letters))
        shrunk, line = NAME / letters, 1.3 * letters
        for view in nodes:
            face = view.face
            room = view.rect.adjusted(4 * pixel, 0 if face.collapsed else HEADER, -2 * pixel, 0)
            painter.setPen(colors.on_header if face.collapsed else colors.text)
            width, both = room.width() * shrunk, bool(face.name) and room.height() >= 2 * line
            if both:
                room.setTop(room.center().y() - line)
                room.setHeight(line)
            painter.setFont(bold)
            painter.drawText(room, _LEFT, type_.cut("title", face.title, width))
            if both:
                painter.setFont(plain)
                painter.drawText(room.translated(0, line), _LEFT, type_.cut("name", face.name, width))

    # -- what is in view ------------------------------------------------------------------------------------

    def _in_view(self, area: QRectF, held: Set[str]) -> tuple[list[NodeView], list[WireView]]:
        """Nodes and wires that an area touches, remembered: most frames show the same part of the same scene."""
        asked = (self.scene.version, area.getRect(), frozenset(held))
        found = self._seen.get(asked)
        if found is None:
            near = area.adjusted(-12, -12, 12, 12)
            nodes = [v for v in self.scene.nodes.values() if v.rect.intersects(near) and v.id not in held]
            left, top, right, bottom = near.left(), near.top(), near.right(), near.bottom()
            wires = []
            led = self.scene.led_by(held) if held else frozenset()
            for wire in self.scene.wires.values():
                x0, y0, x1, y1 = wire.box
                inside = x0 <= right and x1 >= left and y0 <= bottom and y1 >= top
                if inside and wire.key not in led:
                    wires.append(wire)
            if len(self._seen) > 8:
                self._seen.clear()
            found = self._seen[asked] = nodes, wires
        return found


def _tiles(area: QRectF) -> QRectF:
    """An area grown to whole tiles, with some room around it."""
    left, top = math.floor(area.left() / _TILE - 0.5) * _TILE, math.floor(area.top() / _TILE - 0.5) * _TILE
    right, bottom = math.ceil(area.right() / _TILE + 0.5) * _TILE, math.ceil(area.bottom() / _TILE + 0.5) * _TILE
    return QRectF(left, top, right - left, bottom - top)


def phase_color(phase: str, colors: Ink) -> QColor:
    """The hue of a phase of the walk."""
    return {"backward": colors.backward, "loss": colors.error, "update": colors.good}.get(phase, colors.forward)
