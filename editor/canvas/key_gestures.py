"""Gestures that keys lead: what is selected is carried by arrows, and a wire is proposed to one port after another."""

from __future__ import annotations

import time

from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt

from compute.graph import Port
from editor.canvas.gestures import SNAP, Move, Stage
from editor.canvas.navigate import ARROWS, Way, facing
from editor.canvas.wiring import NewWire

_ENTER = frozenset({Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space})
_FAR = 5
"""How many times as far Shift carries."""
_LOOKED_FOR = 0.012
"""Seconds for which a port is looked for that would take the wire; then the nearest one is proposed all the same."""
_LOOKED_AT = 200
"""Of so many ends, the nearest ones."""
End = tuple[str, str]
"""A node and its port, which is empty for the output."""


class Carry(Move):
    """What is selected, taken up by Space: arrows carry it by a step of the grid, with Shift by five, with Ctrl by one.

    Space, Enter or a click puts it down, in one undo step.
    """

    by_keys, kept, pans = True, True, False
    keys = frozenset({Qt.Key.Key_Escape, *_ENTER, *ARROWS})

    def __init__(self, canvas: Stage, grabbed: str) -> None:
        super().__init__(canvas, QPointF(), grabbed)
        self._moving = True
        self._say()

    def key(self, key: int, modifiers: Qt.KeyboardModifier) -> None:
        if key in _ENTER:
            self.canvas.end_gesture()
            return
        exact = bool(modifiers & Qt.KeyboardModifier.ControlModifier)
        step = 1.0 if exact else SNAP * _FAR if modifiers & Qt.KeyboardModifier.ShiftModifier else SNAP
        dx, dy = ARROWS[key]
        free = Qt.KeyboardModifier.AltModifier if exact else Qt.KeyboardModifier.NoModifier
        self.move(self._way + QPointF(dx, dy) * step, free)
        self.canvas.bring_into_view(self._grabbed)
        self._say()

    def release(self) -> None:
        super().release()
        self.canvas.show_bubble("")

    def cancel(self) -> None:
        super().cancel()
        self.canvas.show_bubble("")

    def _say(self) -> None:
        view = self.canvas.scene.find(self._grabbed)
        if view is not None:
            text = "Arrow keys carry it, Space puts it down, Esc puts it back."
            self.canvas.show_bubble(text, view.rect.bottomLeft(), calm=True)


class KeyWire(NewWire):
    """A wire on its way to the nearest free port that takes it: arrows change the port, Enter connects.

    ``C`` turns to the next side of the node, from the output to each input and back.
    """

    by_keys, pans = True, False
    keys = frozenset({Qt.Key.Key_Escape, Qt.Key.Key_C, *_ENTER, *ARROWS})

    def __init__(self, canvas: Stage, node_id: str, side: int = 0, *, lifted: Port | None = None) -> None:
        """``side``: 0 from the output, 1 from the first input, and so on."""
        view = canvas.scene.nodes[node_id]
        self._node, self._side = node_id, side
        self._taken: list[tuple[End, Way]] = []
        """From where arrows led on, and by which."""
        if side:
            super().__init__(canvas, view.input(side - 1), target=(node_id, view.face.ports[side - 1]))
        else:
            super().__init__(canvas, view.output(), source=node_id, lifted=lifted)
        self._spots = self._all_ends()
        self._first = lifted if lifted in self._spots else self._nearest()

    @property
    def fits(self) -> bool:
        """Whether there is an end that takes the wire, as far as was looked for."""
        return self._first is not None and not self.verdict(self._first)

    def begun(self) -> None:
        if self._first is not None:
            self._propose(self._first)

    @property
    def end(self) -> End | None:
        """Where the wire would go now; None where there is no port at all."""
        return self._over

    def _all_ends(self) -> dict[End, QPointF]:
        scene = self.canvas.scene
        others = [(i, view) for i, view in scene.nodes.items() if i != self._node]
        if self._side:
            return {(i, ""): view.output() for i, view in others}
        return {(i, port): view.input(n) for i, view in others for n, port in enumerate(view.face.ports)}

    def _nearest(self) -> End | None:
        """The nearest free end that takes the wire, else the nearest that takes it, else the nearest."""
        wires, spots = self.canvas.session.document.graph.wires, self._spots
        order = sorted(spots, key=lambda end: ((spots[end] - self.start).manhattanLength(), end))
        until = time.perf_counter() + _LOOKED_FOR
        for end in sorted(order[:_LOOKED_AT], key=lambda end: (self._stands(end), end in wires)):
            if not self.verdict(end):
                return end
            if time.perf_counter() > until:
                break
        return order[0] if order else None

    def _stands(self, end: End) -> bool:
        """Whether there is that very wire already."""
        wire = self._wire(end)
        old = self.canvas.session.document.graph.wires.get(wire.key)
        return old is not None and old.source == wire.source

    def _propose(self, end: End) -> None:
        self._over, self.point = end, self._spots[end]
        self.canvas.bring_into_view(end[0])
        at = self.canvas.scene.nodes[end[0]].rect.bottomLeft()
        self.canvas.show_bubble(self._sentence(end), at, calm=not self.verdict(end))
        self.canvas.update()

    def _sentence(self, end: End) -> str:
        refusal = self.verdict(end)
        if refusal:
            return refusal
        nodes, wire = self.canvas.session.document.graph.nodes, self._wire(end)
        old = self.canvas.session.document.graph.wires.get(wire.key)
        way = f"{nodes[wire.source].label} → port {wire.port} of {nodes[wire.target].label}"
        if old is not None and wire.key != self.lifted:
            if old.source == wire.source:
                return f"{way} is wired already: arrow keys choose another port, Esc leaves."
            way += f" instead of {nodes[old.source].label}"
        return f"{way}: Enter connects, arrow keys choose, Esc leaves."

    def key(self, key: int, modifiers: Qt.KeyboardModifier) -> None:
        if key == Qt.Key.Key_C:
            self.canvas.propose_wire(self._node, self._side + 1)
        elif key in ARROWS:
            self._go(ARROWS[key])
        elif self._over is None:
            self.canvas.end_gesture()
        elif refusal := self.verdict(self._over):
            self.canvas.session.message.emit(refusal)
        else:
            self.canvas.end_gesture()

    def _go(self, way: Way) -> None:
        """To the next end by an arrow; the opposite one returns."""
        here = self._over
        if here is None:
            return
        if self._taken and self._taken[-1][1] == (-way[0], -way[1]):
            self._propose(self._taken.pop()[0])
            return
        rects = {end: QRectF(at, QSizeF(0, 0)) for end, at in self._spots.items() if end != here}
        goal = facing(QRectF(self._spots[here], QSizeF(0, 0)), rects, way)
        if goal is not None:
            self._taken.append((here, way))
            self._propose(goal)

    def release(self) -> None:
        self._finish()
        if self._over is not None:
            self._connect(self._over)
