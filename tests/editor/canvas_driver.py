"""Drives a canvas with real mouse and key events, in scene coordinates."""

from __future__ import annotations

from typing import TypeVar

from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from compute.document import Document, to_json
from compute.graph import Frame, Graph, Note, Port, Reroute
from editor.canvas import Canvas
from editor.canvas.areas import FRAME_HEADER
from editor.canvas.fields import NoteField, TitleField
from tests.editor.canvas_session import CanvasSession, document

LEFT = Qt.MouseButton.LeftButton
NO_KEY = Qt.KeyboardModifier.NoModifier
PAUSE = 100
"""Milliseconds between a press and what follows it, as with a hand."""
CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


def small() -> Document:
    """x → h → a, and a spare dense d and a mean m that nothing feeds."""
    return document(
        [
            {"id": "x", "op": "constant", "params": {"value": [[1.0, 2.0], [3.0, 4.0]]}, "position": [0, 0]},
            {"id": "h", "op": "matmul", "position": [260, 0]},
            {"id": "w", "op": "parameter", "params": {"value": [[0.5, -1.0], [0.25, 2.0]]}, "position": [0, 160]},
            {"id": "a", "op": "tanh", "position": [520, 0]},
            {"id": "m", "op": "mean", "position": [780, 0]},
            {"id": "s", "op": "square", "position": [520, 200]},
        ],
        [("x", "h", "a"), ("w", "h", "b"), ("h", "a", "x"), ("a", "m", "x")],
        "m",
    )


F = TypeVar("F", NoteField, TitleField)


class Driver:
    """A shown canvas of 1200 × 700 with its session."""

    def __init__(self, qtbot: QtBot, graph: Document | None = None, size: tuple[int, int] = (1200, 700)) -> None:
        self.qtbot = qtbot
        self.session = CanvasSession(graph if graph is not None else small())
        self.canvas = Canvas(self.session)
        self.canvas.set_reduced_motion(True)
        qtbot.addWidget(self.canvas)
        self.canvas.resize(*size)
        self.canvas.show()
        qtbot.waitExposed(self.canvas)
        self.take_focus()
        QApplication.processEvents()

    def tidy(self) -> None:
        """Lay everything out, and wait until the places were found."""
        steps = self.session.undo_stack.count()
        self.canvas.tidy()
        self.qtbot.waitUntil(lambda: self.session.undo_stack.count() > steps)

    def take_focus(self) -> None:
        """Keys go to this canvas from now on."""
        self.canvas.activateWindow()
        self.canvas.setFocus()
        self.qtbot.waitUntil(self.canvas.hasFocus)

    # -- where things are -----------------------------------------------------------------------------------

    def out(self, node_id: str) -> QPointF:
        return self.canvas.scene.nodes[node_id].output()

    def port(self, node_id: str, port: str) -> QPointF:
        return self.canvas.scene.input_point((node_id, port))

    def body(self, node_id: str) -> QPointF:
        rect = self.canvas.scene.nodes[node_id].rect
        return QPointF(rect.center().x() + 20, rect.bottom() - 8)

    def header(self, node_id: str) -> QPointF:
        rect = self.canvas.scene.nodes[node_id].rect
        return QPointF(rect.center().x(), rect.top() + 12)

    def on_wire(self, key: Port, share: float = 0.5) -> QPointF:
        return self.canvas.scene.wires[key].at(share)

    def title(self, frame_id: str = "f") -> QPointF:
        rect = self.canvas.scene.frames[frame_id].rect
        return QPointF(rect.center().x(), rect.top() + FRAME_HEADER / 2)

    def empty(self) -> QPointF:
        """A place in view with nothing on it."""
        bounds = self.canvas.scene.bounds()
        return QPointF(bounds.center().x() + 30, bounds.bottom() + 40)

    def pixel(self, point: QPointF) -> QPoint:
        return self.canvas.camera.to_screen(point).toPoint()

    # -- what a person does ---------------------------------------------------------------------------------

    def press(self, at: QPointF, keys: Qt.KeyboardModifier = NO_KEY, button: Qt.MouseButton = LEFT) -> None:
        self.hover(at)
        QTest.mousePress(self.canvas, button, keys, self.pixel(at))

    def hover(self, at: QPointF) -> None:
        # The pointer may be there already, since the test before; only of a move the canvas hears.
        for pixel in (self.pixel(at) + QPoint(1, 0), self.pixel(at)):
            QTest.mouseMove(self.canvas, pixel)

    def release(self, at: QPointF, keys: Qt.KeyboardModifier = NO_KEY, button: Qt.MouseButton = LEFT) -> None:
        QTest.mouseRelease(self.canvas, button, keys, self.pixel(at))

    def carry(self, start: QPointF, end: QPointF, keys: Qt.KeyboardModifier = NO_KEY) -> None:
        """Press and drag, without letting go."""
        self.press(start, keys)
        for i in range(1, 6):
            self.hover(start + (end - start) * (i / 5))
        QApplication.processEvents()

    def drag(self, start: QPointF, end: QPointF, keys: Qt.KeyboardModifier = NO_KEY) -> None:
        self.carry(start, end, keys)
        self.release(end, keys)
        QApplication.processEvents()

    def hand(self, start: QPointF, end: QPointF, keys: Qt.KeyboardModifier = NO_KEY) -> None:
        """Press, wait, move, wait, let go."""
        self.press(start, keys)
        QTest.qWait(PAUSE)
        for i in range(1, 6):
            self.hover(start + (end - start) * (i / 5))
        QTest.qWait(PAUSE)
        self.release(end, keys)
        QApplication.processEvents()

    def click(self, at: QPointF, keys: Qt.KeyboardModifier = NO_KEY) -> None:
        self.press(at, keys)
        self.release(at, keys)

    def key(self, key: Qt.Key, keys: Qt.KeyboardModifier = NO_KEY) -> None:
        QTest.keyClick(self.canvas, key, keys)

    # -- what came of it ------------------------------------------------------------------------------------

    @property
    def graph(self) -> Graph:
        return self.session.document.graph

    def only(self) -> str:
        """The id of the one thing that is selected."""
        found = self.session.selection.only
        assert isinstance(found, str)
        return found

    def field(self, kind: type[F]) -> F:
        """The field in which something is edited."""
        field = self.canvas.findChild(kind)
        assert field is not None
        return field

    def wires(self) -> set[tuple[str, str, str]]:
        return {(w.source, w.target, w.port) for w in self.session.document.graph.wires.values()}

    def state(self) -> object:
        return to_json(self.session.document)

    def busy(self) -> bool:
        """Whether a gesture is under way."""
        return self.canvas.gesture is not None

    def undo(self) -> None:
        self.session.undo_stack.undo()


def with_records(qtbot: QtBot) -> Driver:
    """x, w → h → a → m and s, with a frame f around h and a, a note n and a point p in the wire from h to a."""
    d = Driver(qtbot)
    edits = d.session.edits
    d.session.apply(
        edits.add(
            (
                Frame("f", (230.0, -60.0), (460.0, 210.0), "hidden", "blue"),
                Note("n", (0.0, 330.0), (180.0, 60.0), "a $x^2$ b"),
                Reroute("p", ("h", "a"), (200.0, -40.0)),
            ),
            "Add",
        )
    )
    d.session.apply(edits.move({}, "Into", {"h": "f", "a": "f"}))
    d.canvas.fit()
    return d
