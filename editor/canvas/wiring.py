"""The gesture of a new wire: from an output to an input, from an input back to an output, or off a port."""

from __future__ import annotations

import time

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QPainter

from compute.analysis import Connections
from compute.graph import Port, Wire
from editor.canvas.gestures import Gesture, Stage
from editor.canvas.ink import ink, pen
from editor.canvas.paint_nodes import KNOB
from editor.canvas.scene import HIT
from editor.canvas.wire_path import wire_path

_CLICK = 12.0
"""A shorter way than this many pixels is a click and no drag."""
_SLICE = 0.006
"""Seconds for one round of asking ports whether they would take the wire."""


class NewWire(Gesture):
    """One end is fixed, the other follows the pointer. ``lifted``: the wire that was dragged off its port."""

    cursor = Qt.CursorShape.CrossCursor

    def __init__(
        self,
        canvas: Stage,
        start: QPointF,
        *,
        source: str | None = None,
        target: Port | None = None,
        lifted: Port | None = None,
    ) -> None:
        super().__init__(canvas, start)
        self.source, self.target, self.lifted = source, target, lifted
        self._over: tuple[str, str] | None = None
        self._connections: Connections | None = None
        self.verdicts: dict[tuple[str, str], str] = {}
        """End → why it would refuse, empty if it takes the wire, as far as the ports have been asked."""
        self._ends = self._candidates()
        self._asking = canvas.repeat(self._ask_on)

    # -- which ports would take it --------------------------------------------------------------------------

    def _candidates(self) -> list[tuple[str, str]]:
        """The other ends in view, nearest first: (node, port), with an empty port for outputs."""
        scene, area = self.canvas.scene, self.canvas.visible_area()
        ends: list[tuple[float, tuple[str, str]]] = []
        for node_id, view in scene.nodes.items():
            if not view.rect.intersects(area):
                continue
            if self.source is not None:
                spots = [(view.input(i), (node_id, port)) for i, port in enumerate(view.face.ports)]
            else:
                spots = [(view.output(), (node_id, ""))]
            ends += [((at - self.start).manhattanLength(), end) for at, end in spots]
        return [end for _, end in sorted(ends)]

    def _wire(self, end: tuple[str, str]) -> Wire:
        if self.source is not None:
            return Wire(self.source, *end)
        assert self.target is not None
        return Wire(end[0], *self.target)

    def verdict(self, end: tuple[str, str]) -> str:
        """Why this end would refuse; empty if it takes the wire."""
        if end not in self.verdicts:
            wire = self._wire(end)
            if wire.source == wire.target:
                label = self.canvas.session.document.graph.nodes[wire.source].label
                self.verdicts[end] = f"{label} cannot feed itself: the wire would close a cycle."
            else:
                if self._connections is None:
                    self._connections = self.canvas.editing.connections()
                self.verdicts[end] = self._connections.refusal(wire.source, wire.target, wire.port)
        return self.verdicts[end]

    def _ask_on(self) -> bool:
        """Ask a few more ports, and say whether there are others; the pointer never waits for all of them."""
        until = time.perf_counter() + _SLICE
        end = next((e for e in self._ends if e not in self.verdicts), None)
        while end is not None and time.perf_counter() < until:
            self.verdict(end)
            end = next((e for e in self._ends if e not in self.verdicts), None)
        self.canvas.update()
        return end is not None

    # -- the drag -------------------------------------------------------------------------------------------

    def move(self, point: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        super().move(point, modifiers)
        self._over = self._end_at(point)
        refusal = self.verdict(self._over) if self._over else ""
        self.canvas.show_bubble(refusal)
        self.canvas.update()

    def _end_at(self, point: QPointF) -> tuple[str, str] | None:
        scene, reach = self.canvas.scene, max(HIT, HIT / self.canvas.camera.zoom)
        if self.source is not None:
            found = scene.input_at(point, reach)
            return None if found and found[0] == self.source and found != self.lifted else found
        node_id = scene.node_at(point)
        if node_id is None:
            knob = scene.knob_at(point, reach)
            node_id = knob[0] if knob and not knob[1] else None
        assert self.target is not None
        return (node_id, "") if node_id and node_id != self.target[0] else None

    def release(self) -> None:
        self._finish()
        session = self.canvas.session
        if (self.point - self.start).manhattanLength() * self.canvas.camera.zoom < _CLICK:
            if self.lifted is not None:
                session.select({self.lifted})
            return
        if self._over is not None:
            self._connect(self._over)
            return
        if self.canvas.scene.node_at(self.point) is not None:
            return
        if self.lifted is not None:
            session.apply(session.edits.remove({self.lifted}))
        else:
            self.canvas.open_search_for(self.point, self.source, self.target)

    def _connect(self, end: tuple[str, str]) -> None:
        session, wire, refusal = self.canvas.session, self._wire(end), self.verdict(end)
        if self.lifted == wire.key:
            return
        if refusal:
            session.message.emit(refusal)
        elif self.lifted is not None:
            session.apply(self.canvas.editing.rewire(self.lifted, wire))
        else:
            session.apply(session.edits.connect(wire))

    def cancel(self) -> None:
        self._finish()

    def _finish(self) -> None:
        self._asking.stop()
        self._asking.deleteLater()
        self.canvas.show_bubble("")
        self.canvas.update()

    # -- painting -------------------------------------------------------------------------------------------

    def paint(self, painter: QPainter) -> None:
        colors, scene = ink(), self.canvas.scene
        for end in self._ends:
            view = scene.nodes.get(end[0])
            if view is None:
                continue
            ports = view.face.ports
            at = view.input(ports.index(end[1])) if end[1] in ports else view.output()
            verdict = self.verdicts.get(end)
            if verdict == "":
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(colors.accent_glow)
                painter.drawEllipse(at, 11.0, 11.0)
                painter.setBrush(colors.accent)
                painter.drawEllipse(at, KNOB, KNOB)
            elif verdict:
                painter.setPen(pen(colors.border, 1.5))
                painter.setBrush(colors.canvas)
                painter.drawEllipse(at, KNOB - 1, KNOB - 1)
        self._paint_line(painter)

    def _paint_line(self, painter: QPainter) -> None:
        colors, scene = ink(), self.canvas.scene
        loose = self.point
        refused = bool(self._over and self.verdict(self._over))
        if self._over is not None and not refused:
            view = scene.nodes[self._over[0]]
            loose = scene.input_point(self._over) if self._over[1] else view.output()
        if self.source is not None:
            path = wire_path(scene.nodes[self.source].output(), loose)
        else:
            assert self.target is not None
            path = wire_path(loose, scene.input_point(self.target))
        color = colors.error if refused else colors.accent
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(pen(color, 2.4))
        painter.drawPath(path)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(color)
        painter.drawEllipse(loose, KNOB, KNOB)
