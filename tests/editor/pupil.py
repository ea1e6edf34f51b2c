"""A learner made of real events, who knows how to do what each kind of condition asks for.

``DO`` has one way for each kind, ``HOW`` what only thinking finds: the numbers that a riddle of a lesson asks for.
"""

from __future__ import annotations

import json
import math
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtCore import QKeyCombination, QPoint, QPointF, Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from compute.lessons.conditions import KINDS, Understood, holds, understand
from compute.lessons.model import Condition, Point
from compute.lessons.readout import is_readout, readout, setting
from compute.numbers_text import MINUS
from compute.ops import find
from editor.canvas.pointed import slots
from editor.export_form import ExportForm
from editor.guide import Guide
from editor.main_window import MainWindow
from editor.panels.data import DataPlace
from editor.panels.fields import ChoiceField, Field, RateField, SwitchField, TextField, tensor_text
from editor.panels.settings_tab import SettingsTab
from tests.editor.panel_session import WAIT, settle

RATE = "training.optimizer.learning_rate"
HOW: Mapping[tuple[str, str], tuple[tuple[str, str], ...]] = {
    ("log_square", "flat"): (("x.value", "25"),),
    ("z_2x_y", "zero"): (("z.value", "0"),),
    ("xor", "wider"): (("h.units", "3"),),
    ("one_neuron", "bold"): (("key", "F8"), (RATE, "0.1"), ("key", "Shift+F7")),
    ("one_neuron", "too_bold"): (("key", "F8"), (RATE, "0.25"), *[("key", "Shift+F7")] * 3),
    ("gradient_descent", "large"): (("key", "F8"), (RATE, "0.6"), *[("key", "Shift+F7")] * 5),
    ("mazur_2_2_2", "many"): (("training.epochs", "10000"),),
    ("matrices", "mismatch"): (("D.value", "1 2; 3 4; 5 6"),),
    ("matrices", "rule"): (("D.value", "0 2; 1 3"),),
    ("why_matrices", "differ"): (("W.value", "0 2; 5 3"),),
    ("why_matrices", "mend"): (("key", "Ctrl+Z"),),
}
"""(lesson, step) → keys to press and settings to type before anything else, where the condition alone does not say."""
_LONG = 60_000
CTRL = Qt.KeyboardModifier.ControlModifier


class Pupil:
    """Mouse and keys of one person at one window; ``pause``: milliseconds between a press and its release."""

    def __init__(self, window: MainWindow, qtbot: QtBot, pause: int = 20) -> None:
        self.window, self.qtbot, self.pause = window, qtbot, pause

    @property
    def guide(self) -> Guide:
        return self.window.teaching.guide

    # -- mouse and keys -------------------------------------------------------------------------------------

    def key(self, key: Qt.Key, hold: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        if not self.window.isActiveWindow() and QApplication.activePopupWidget() is None:
            # A tip that has closed leaves no window active here, where no window manager sees to that.
            self.window.activateWindow()
            self.until(self.window.isActiveWindow)
        at = QApplication.focusWidget() or self.window
        QTest.keyPress(at, key, hold)
        QTest.qWait(self.pause)
        QTest.keyRelease(QApplication.focusWidget() or at, key, hold)
        self.settle()

    def click(self, widget: QWidget, at: QPoint | None = None) -> None:
        place = at if at is not None else widget.rect().center()
        QTest.mouseMove(widget, place)
        QTest.mousePress(widget, Qt.MouseButton.LeftButton, pos=place)
        QTest.qWait(self.pause)
        QTest.mouseRelease(widget, Qt.MouseButton.LeftButton, pos=place)
        self.settle()

    def settle(self) -> None:
        settle(self.qtbot, self.window.session)
        QTest.qWait(self.pause)

    def canvas_click(self, at: QPointF) -> None:
        canvas = self.window.canvas
        if not canvas.visible_area().contains(at):
            canvas.center_on(at)
        self.click(canvas, canvas.camera.to_screen(at).toPoint())

    def click_node(self, node_id: str) -> None:
        QApplication.processEvents()  # the canvas may be about to have another size
        self.window.canvas.bring_into_view(node_id)
        rect = self.window.canvas.scene.nodes[node_id].rect
        self.canvas_click(QPointF(rect.center().x(), rect.top() + 11))

    def leave_walk(self) -> None:
        if self.window.session.walk is not None:
            self.window.canvas.setFocus()
            self.key(Qt.Key.Key_Escape)

    def until(self, done: Callable[[], bool], waits: int = WAIT) -> None:
        self.qtbot.waitUntil(done, timeout=waits)

    # -- acts -----------------------------------------------------------------------------------------------

    def ask(self, what: str) -> None:
        """Click a number: its label on a wire, else its node and what the inspector has of it."""
        self.leave_walk()
        window, graph = self.window, self.window.session.document.graph
        point = Point("focus", what if is_readout(what) else f"value {what}")
        [aim] = window.teaching.pointing.aims_of(point)
        window.canvas.grab()  # labels have their places once they are painted
        spots = window.canvas.picture.labels.places.spots
        place = next((spots[slot].rect for slot in slots(aim, window.canvas.scene) if slot in spots), None)
        if place is not None:
            self.canvas_click(place.center())
            focus = window.session.focus
            wanted = readout(point.what if isinstance(point.what, str) else "").focus(graph, window.session.sample)
            if wanted is None or wanted.entry is None or (focus is not None and focus.entry == wanted.entry):
                return
            window.session.focus_on(wanted)  # one cell of a table: as a click in the tab Values
        else:
            self.click_node(aim.record if isinstance(aim.record, str) else aim.record[0])
            wanted = readout(str(point.what)).focus(graph, window.session.sample)
            if wanted is not None and window.session.focus != wanted:
                window.session.focus_on(wanted)
        self.settle()

    def fill(self, field: Field, text: str) -> None:
        """Type a value into a field of a form, or choose it."""
        if isinstance(field, TextField | RateField):
            self._type(field.line, text)
        elif isinstance(field, SwitchField):
            if field.switch.isChecked() != (text in ("true", "True")):
                self.click(field.switch)
        elif isinstance(field, ChoiceField):
            box = field.box
            box.setFocus()
            box.setCurrentIndex(box.findData(text))
            box.activated.emit(box.currentIndex())
        self.settle()

    def _type(self, line: QLineEdit, text: str) -> None:
        line.setFocus()
        line.selectAll()
        QTest.keyClicks(line, text)
        QTest.keyClick(line, Qt.Key.Key_Return)

    def set(self, what: str, text: str) -> None:
        """Give a setting a value, where the window has it."""
        self.leave_walk()
        of, _, name = what.rpartition(".")
        window, text = self.window, text.replace(MINUS, "-")
        if of in window.session.document.graph.nodes:
            if name == "off":
                self.click_node(of)
                window.canvas.setFocus()
                self.key({"bypass": Qt.Key.Key_B, "mute": Qt.Key.Key_X}[text])
                return
            self.click_node(of)
            tab = window.inspector.tab(SettingsTab)
            window.inspector.tabs.setCurrentWidget(tab)
            self.fill(tab.form.fields[name], text)
        else:
            panel, split = window.training_panel, window.panel(DataPlace).form.split
            forms = {"training": panel.run, "training.optimizer": panel.hyper, "data": split}
            fields = {**forms[of].fields, **panel.rate.fields}
            self.fill(fields[name], text)

    def train(self, enough: Callable[[], bool]) -> None:
        """Train until it is enough; where it has come to its end without that, from the first weights again."""
        self.leave_walk()
        session = self.window.session
        self.window.canvas.setFocus()
        for _ in range(2):
            if session.snapshot.state == "finished":
                self.key(Qt.Key.Key_F8)
            self.key(Qt.Key.Key_F5)
            self.until(lambda: enough() or session.snapshot.state == "finished", _LONG)
            if enough():
                break
        if session.is_training:
            self.key(Qt.Key.Key_F5)

    def begin_walk(self) -> None:
        if self.window.session.walk is None:
            self.window.canvas.setFocus()
            self.key(Qt.Key.Key_F9)
            self.until(lambda: self.window.session.walk is not None)

    def choose_row(self, row: int) -> None:
        self.leave_walk()
        self.window.canvas.setFocus()
        self.window.panel(DataPlace).open("rows")
        self.settle()
        rows = self.window.panel(DataPlace).rows
        QTest.qWait(100)  # a panel that comes from behind a tab finds its size
        rows.scrollTo(rows.model().index(row, 0))
        if rows.currentIndex().row() == row:  # the same again says nothing
            self.click(rows.viewport(), rows.visualRect(rows.model().index(row - 1 if row else 1, 0)).center())
        self.click(rows.viewport(), rows.visualRect(rows.model().index(row, 0)).center())

    def wire(self, source: str, target: str, port: str) -> None:
        self.leave_walk()
        canvas = self.window.canvas
        start, end = canvas.scene.nodes[source].output(), canvas.scene.input_point((target, port))
        a, b = canvas.camera.to_screen(start).toPoint(), canvas.camera.to_screen(end).toPoint()
        QTest.mouseMove(canvas, a)
        QTest.mousePress(canvas, Qt.MouseButton.LeftButton, pos=a)
        for i in range(1, 6):
            QTest.mouseMove(canvas, a + (b - a) * i / 5)
        QTest.qWait(self.pause)
        QTest.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=b)
        self.settle()

    def add(self, op: str) -> None:
        self.leave_walk()
        self.click(self.window.canvas, QPoint(self.window.canvas.width() - 30, self.window.canvas.height() - 30))
        self.key(Qt.Key.Key_Tab)
        found = find(op)
        field = QApplication.focusWidget()
        assert field is not None
        QTest.keyClicks(field, found.title if found else op)
        self.key(Qt.Key.Key_Return)

    # -- what a step asks for -------------------------------------------------------------------------------

    def do(self, condition: Condition) -> None:
        """Bring a condition about, and have it noticed."""
        lesson, step = self.guide.learner.lesson, self.guide.step
        assert step is not None
        for what, text in HOW.get((lesson.id, step.id), ()):
            if what == "key":
                self.press_keys(text)
            else:
                self.set(what, text)
        QTest.qWait(60)
        if not self.guide.learner.step_done:
            self._do(understand(condition))
        self.until(lambda: self.guide.learner.step_done)

    def press_keys(self, text: str) -> None:
        """Keys as they are written, such as Shift+F7; what they begin is awaited."""
        pressed: QKeyCombination = QKeySequence(text)[0]  # type: ignore[index]
        self.window.canvas.setFocus()
        self.key(pressed.key(), pressed.keyboardModifiers())
        QTest.qWait(80)

    def _do(self, asked: Understood) -> None:
        if not self.holds(asked):
            DO[asked.kind.name](self, asked)

    def holds(self, asked: Understood) -> bool:
        begun = self.guide.learner.begun
        return begun is not None and holds(asked, self.guide.moment(), begun)

    def go_wrong(self) -> None:
        """Something that no step asks for: to the walk and out of it, then another place of the canvas."""
        self.leave_walk()
        self.window.canvas.setFocus()
        self.key(Qt.Key.Key_F)
        self.click(self.window.canvas, QPoint(self.window.canvas.width() - 8, 8))


def _node(pupil: Pupil, asked: Understood) -> None:
    for _ in range(asked.given["count"]):
        if not pupil.holds(asked):
            pupil.add(asked.given["op"])


def _wire(pupil: Pupil, asked: Understood) -> None:
    graph = pupil.window.session.document.graph

    def named(wanted: str) -> str:
        return wanted if wanted in graph.nodes else [i for i, node in graph.nodes.items() if node.op == wanted][-1]

    target = named(asked.given["to"])
    op = find(graph.nodes[target].op)
    free = [port for port in (op.ports if op else ()) if (target, port) not in graph.wires]
    pupil.wire(named(asked.given["from"]), target, asked.given["port"] or (free or list(op.ports if op else ()))[0])


def _setting(pupil: Pupil, asked: Understood) -> None:
    wanted = asked.given["is"]
    pupil.set(asked.given["what"], tensor_text(json.loads(wanted)) if wanted.startswith("[") else wanted)


def _number(pupil: Pupil, asked: Understood) -> None:
    given, what = asked.given, readout(asked.given["what"])
    nodes = pupil.window.session.document.graph.nodes
    name = what.name.removesuffix(".value")
    given_by_hand = what.word in ("value", "weight") and name in nodes and nodes[name].op in ("parameter", "constant")
    if what.word == "setting" or given_by_hand:
        wanted = given["is"]
        if wanted is None:
            low, high = given["above"], given["below"]
            wanted = (low + high) / 2 if None not in (low, high) else math.floor(low + 1) if high is None else high - 1
        if what.word != "setting" and what.entry:
            values = np.array(setting(f"{name}.value", pupil.window.session.document), np.float64)
            values[tuple(int(i) for i in what.entry)] = wanted
            pupil.set(f"{name}.value", tensor_text(values.tolist()))
        else:
            pupil.set(what.name if what.word == "setting" else f"{name}.value", f"{wanted:g}")
    elif not pupil.holds(asked):
        pupil.train(lambda: pupil.holds(asked))


def _changed(pupil: Pupil, asked: Understood) -> None:
    what = readout(asked.given["what"])
    nodes = pupil.window.session.document.graph.nodes
    name = what.name.removesuffix(".value")
    if what.word != "setting" and (name not in nodes or nodes[name].op not in ("parameter", "constant")):
        _trained(pupil, understand(Condition("trained")))
    else:
        pupil.set(what.name if what.word == "setting" else f"{name}.value", "7")


def _trained(pupil: Pupil, asked: Understood) -> None:
    session = pupil.window.session
    steps, wanted = session.snapshot.step, asked.given["steps"]
    if wanted > 3:
        pupil.train(lambda: pupil.holds(asked))
        return
    pupil.leave_walk()
    for i in range(1, wanted + 1):
        pupil.key(Qt.Key.Key_F7, Qt.KeyboardModifier.ShiftModifier)
        pupil.until(lambda i=i: session.snapshot.step >= steps + i)  # type: ignore[misc]


def _focus(pupil: Pupil, asked: Understood) -> None:
    pupil.ask(asked.given["what"])


def _selected(pupil: Pupil, asked: Understood) -> None:
    pupil.leave_walk()
    record = asked.given["record"]
    scene = pupil.window.canvas.scene
    if record in scene.nodes:
        pupil.click_node(record)
    else:
        rect = (scene.frames.get(record) or scene.notes[record]).rect
        pupil.canvas_click(QPointF(rect.center().x(), rect.top() + 8))


def _walk(pupil: Pupil, asked: Understood) -> None:
    pupil.begin_walk()
    pupil.window.canvas.setFocus()
    if asked.given["by"] is not None:
        pupil.click(pupil.window.stepper.granularity._buttons[asked.given["by"]])
    if asked.given["end"]:
        pupil.key(Qt.Key.Key_End)
    for _ in range(300):
        if pupil.holds(asked):
            return
        pupil.key(Qt.Key.Key_Right)


def _shown(pupil: Pupil, asked: Understood) -> None:
    window, panel, tab = pupil.window, asked.given["panel"], asked.given["tab"]
    if panel is not None and not window.workbench.docks[panel].in_sight:
        window.actions_.by_id[f"panel_{panel}"].trigger()
        pupil.settle()
    if tab is not None:
        if not window.inspector.tabs.isVisible():
            pupil.click_node(next(iter(window.session.document.graph.nodes)))
        bar = window.inspector.tabs.tabBar()
        index = next(i for i in range(bar.count()) if bar.tabText(i) == tab)
        pupil.click(bar, bar.tabRect(index).center())


def _sample(pupil: Pupil, asked: Understood) -> None:
    pupil.choose_row(asked.given["row"])


def _batch(pupil: Pupil, asked: Understood) -> None:
    pupil.window.canvas.setFocus()
    for _ in range(asked.given["number"] + 1):
        if not pupil.holds(asked):
            pupil.key(Qt.Key.Key_Down, Qt.KeyboardModifier.AltModifier)
            QTest.qWait(60)


def _sound(pupil: Pupil, asked: Understood) -> None:
    pupil.window.canvas.setFocus()
    for _ in range(20):
        if not pupil.holds(asked):
            pupil.key(Qt.Key.Key_Z, CTRL)


def _exported(pupil: Pupil, asked: Understood) -> None:
    pupil.leave_walk()
    pupil.window.canvas.setFocus()
    pupil.key(Qt.Key.Key_E, CTRL)
    pupil.until(lambda: isinstance(QApplication.activeModalWidget(), ExportForm))
    form = QApplication.activeModalWidget()
    assert isinstance(form, ExportForm)
    form.kind.setCurrentIndex(form.kind.findData(".npz"))
    QTest.keyClick(form, Qt.Key.Key_Return)
    pupil.until(lambda: isinstance(QApplication.activeModalWidget(), QFileDialog))
    dialog = QApplication.activeModalWidget()
    assert dialog is not None
    with tempfile.TemporaryDirectory() as folder:
        line = dialog.findChild(QLineEdit)
        assert line is not None
        line.selectAll()
        QTest.keyClicks(line, str(Path(folder) / "weights.npz"))

        def taken() -> bool:
            # Of a folder that it has not seen before, Qt's own dialog wants to hear twice.
            QTest.keyClick(line, Qt.Key.Key_Return)
            QTest.qWait(200)
            return not isinstance(QApplication.activeModalWidget(), QFileDialog)

        pupil.until(taken)
        pupil.until(lambda: pupil.holds(asked))
    QTest.keyClick(form, Qt.Key.Key_Escape)


def _each(pupil: Pupil, asked: Understood) -> None:
    for part in asked.of:
        pupil._do(part)


def _one(pupil: Pupil, asked: Understood) -> None:
    pupil._do(asked.of[0])


def _undo(pupil: Pupil, asked: Understood) -> None:
    """Take back what holds: a bypass by the same key, everything else by undoing."""
    part = asked.of[0]
    if part.kind.name == "setting" and part.given["what"].endswith(".off"):
        pupil.set(part.given["what"], part.given["is"])
        return
    pupil.window.canvas.setFocus()
    for _ in range(20):
        if pupil.holds(part):
            pupil.key(Qt.Key.Key_Z, CTRL)


def _unused(pupil: Pupil, asked: Understood) -> None:
    raise NotImplementedError(f"no lesson of the gallery asks for “{asked.kind.name}” yet; say here how it is done")


DO: Mapping[str, Callable[[Pupil, Understood], Any]] = {
    "node": _node,
    "wire": _wire,
    "setting": _setting,
    "shape": _unused,
    "no problems": _sound,
    "number": _number,
    "changed": _changed,
    "trained": _trained,
    "focus": _focus,
    "selected": _selected,
    "walk": _walk,
    "answered": _unused,
    "shown": _shown,
    "sample": _sample,
    "batch": _batch,
    "saved": _unused,
    "exported": _exported,
    "all": _each,
    "any": _one,
    "not": _undo,
    "since": _each,
}
assert DO.keys() == KINDS.keys()
