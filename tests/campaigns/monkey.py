"""Uses the window as nobody would, by seeded chance.

``python -m tests.campaigns.monkey [--seed N] [--steps N] [--runs N] [--engine opencl|reference]``: an exception
anywhere, a Qt warning, or a window that shows what its document is not, ends a run, and the last steps are printed.
The same seed takes the same steps as far as the computation is as fast.
"""

from __future__ import annotations

import argparse
import faulthandler
import gc
import os
import random
import sys
import tempfile
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from tests import homes

if __name__ == "__main__":  # before anything imports Qt
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    homes.move()

from PySide6.QtCore import QCoreApplication, QEvent, QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractScrollArea,
    QApplication,
    QDialog,
    QFileDialog,
    QMenu,
    QMenuBar,
    QWidget,
)
from shiboken6 import isValid

from compute.document import load, to_json
from compute.gallery import GALLERY
from compute.graph import Wire
from editor import theme
from editor.application import Application
from editor.canvas.scene import Scene
from editor.main_window import MainWindow
from tests.leaks import qt_warnings

IGNORED = ("This plugin does not support", "Populating font family aliases")
"""What Qt says of a platform without a screen."""
APART = frozenset({"quit", "close", "open", "save_as", "export", "picture", "new_window", "train"})
"""Actions that have a step of their own, or none."""
OPS = ("dense", "tanh", "relu", "add", "mean", "log", "square", "reshape", "softmax", "conv1d", "transpose", "sum")
WORDS = ("0.5", "-3", "1e300", "nan", "x", "", "(B,2,2)", "[[1,2],[3,4]]", "$x^2$", "<b>", "7", "0", "99999999")
_NAMED = "Return Escape Tab Left Right Up Down Home End Delete Backspace F2 F8 F9 Space PageUp PageDown"
KEYS = tuple(_NAMED.split()) + tuple("CNRXBHFM")
LEFT, RIGHT, MIDDLE = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton, Qt.MouseButton.MiddleButton
MODIFIERS = (
    Qt.KeyboardModifier.NoModifier,
    Qt.KeyboardModifier.NoModifier,
    Qt.KeyboardModifier.NoModifier,
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.AltModifier,
)


class Finding(AssertionError):
    """Something that the window must not do."""


@contextmanager
def complaints() -> Iterator[list[str]]:
    """Collect exceptions in slots and threads, and what Qt complains about."""
    found: list[str] = []

    def slot(kind: Any, error: Any, trace: Any) -> None:
        found.append("".join(traceback.format_exception(kind, error, trace)))

    def thread(arguments: Any) -> None:
        slot(arguments.exc_type, arguments.exc_value, arguments.exc_traceback)

    hooks = sys.excepthook, threading.excepthook
    sys.excepthook, threading.excepthook = slot, thread
    try:
        with qt_warnings() as warnings:
            yield found
            found += warnings
    finally:
        sys.excepthook, threading.excepthook = hooks


class Monkey:
    """One program with a few windows, and chance that uses it. ``folder``: where it may write."""

    def __init__(self, seed: int, folder: Path, engine: str = "reference") -> None:
        self.dice, self.folder = random.Random(seed), folder
        self.application = Application(engine)
        self.log: list[str] = []
        self.window = self._new_window()

    # -- one step -------------------------------------------------------------------------------------------

    def step(self) -> None:
        """One thing a person could do, and a moment for the program."""
        ways: tuple[tuple[int, Callable[[], str]], ...] = (
            (26, self._action),
            (22, self._mouse),
            (14, self._key),
            (8, self._widget),
            (4, self._type),
            (5, self._add),
            (5, self._wire),
            (5, self._undo),
            (4, self._train),
            (3, self._weight),
            (2, self._example),
            (2, self._save),
            (1, self._open),
            (1, self._resize),
            (1, self._picture),
            (1, self._other_window),
        )
        step = self.dice.choices([way for _, way in ways], [share for share, _ in ways])[0]
        self.log.append(step.__name__)
        self.log[-1] = f"{step.__name__[1:]} {step()}"
        self._turn()
        self._answer()

    def _turn(self) -> None:
        if self.dice.random() < 0.3:
            QTest.qWait(self.dice.choice((1, 20, 60)))
        QApplication.processEvents()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)

    def _answer(self) -> None:
        """Menus and dialogs do not stay."""
        for _ in range(5):
            popup = QApplication.activePopupWidget()
            if popup is None:
                break
            self.log.append(f"  popup {popup.objectName() or type(popup).__name__}")
            if isinstance(popup, QMenu) and not isinstance(popup.parent(), QMenuBar) and self.dice.random() < 0.6:
                entries = [each for each in popup.actions() if each.isEnabled() and each.menu() is None and each.text()]
                if entries:
                    chosen = self.dice.choice(entries)
                    self.log[-1] += f": {chosen.text()}"
                    popup.setActiveAction(chosen)
                    QTest.keyClick(popup, Qt.Key.Key_Return)
            if isValid(popup) and popup.isVisible():
                popup.close()
            self._turn()
        dialog = QApplication.activeModalWidget()
        if isinstance(dialog, QDialog):
            buttons = [each for each in dialog.findChildren(QAbstractButton) if each.isVisible() and each.isEnabled()]
            self.log.append(f"  dialog {dialog.windowTitle()}")
            if isinstance(dialog, QFileDialog) or not buttons:
                dialog.reject()
            else:
                button = self.dice.choice(buttons)
                self.log[-1] += f": {button.text()}"
                button.click()
            self._turn()
            self._answer()

    # -- the ways -------------------------------------------------------------------------------------------

    def _action(self) -> str:
        spec = self.dice.choice([each for each in self.window.actions_.specs if each.id not in APART])
        self.window.actions_.by_id[spec.id].trigger()
        return spec.id

    def _spot(self) -> QPoint:
        """Somewhere on the canvas, rather where there is something."""
        canvas, scene = self.window.canvas, self.window.canvas.scene
        if self.dice.random() < 0.75 and not scene.is_empty:
            spots: list[QPointF] = []
            rects = [view.rect for view in scene.nodes.values()] + [view.rect for view in scene.frames.values()]
            rects += [view.rect for view in scene.notes.values()] + [view.rect for view in scene.points.values()]
            for rect in rects:
                spots += [rect.center(), QPointF(rect.center().x(), rect.top() + 8), rect.bottomRight()]
                spots += [QPointF(rect.right(), rect.center().y()), QPointF(rect.left(), rect.center().y())]
            spots += [wire.at(self.dice.random()) for wire in scene.wires.values()]
            if spots:
                at = canvas.camera.to_screen(self.dice.choice(spots)).toPoint()
                if canvas.rect().contains(at):
                    return at
        return QPoint(self.dice.randrange(canvas.width()), self.dice.randrange(canvas.height()))

    def _mouse(self) -> str:
        canvas, keys = self.window.canvas, self.dice.choice(MODIFIERS)
        if not canvas.isVisible():
            return "not visible"
        start, kind = self._spot(), self.dice.choice(("click", "click", "double", "right", "drag", "drag", "pan"))
        QTest.mouseMove(canvas, start)
        if kind == "double":
            QTest.mouseDClick(canvas, LEFT, keys, start)
            QTest.mouseRelease(canvas, LEFT, keys, start)
        elif kind == "right":
            QTest.mouseClick(canvas, RIGHT, keys, start)
        else:
            button = MIDDLE if kind == "pan" else LEFT
            QTest.mousePress(canvas, button, keys, start)
            end = start
            if kind != "click":
                end = self._spot()
                for share in (0.1, 0.5, 1.0):
                    QTest.mouseMove(canvas, start + (end - start) * share)
                if self.dice.random() < 0.2:  # something comes between
                    self._key()
            QTest.mouseRelease(canvas, button, keys, end)
        return f"{kind} {start.toTuple()} {keys.name}"

    def _key(self) -> str:
        name, keys = self.dice.choice(KEYS), self.dice.choice(MODIFIERS)
        if name == "F9" and keys == Qt.KeyboardModifier.AltModifier:
            return "none"
        target = QApplication.focusWidget() if self.dice.random() < 0.5 else self.window.canvas
        target = target or self.window.canvas
        QTest.keyClick(target, getattr(Qt.Key, f"Key_{name}"), keys)
        return f"{keys.name} {name} on {type(target).__name__}"

    def _widget(self) -> str:
        """A click somewhere in a panel."""
        found = [
            each
            for each in self.window.findChildren(QWidget)
            if each.isVisible() and each.isEnabled() and not isinstance(each, QMenuBar | QMenu)
        ]
        if not found:
            return "none"
        widget = self.dice.choice(found)
        target = widget.viewport() if isinstance(widget, QAbstractScrollArea) else widget
        at = QPoint(self.dice.randrange(max(1, target.width())), self.dice.randrange(max(1, target.height())))
        name = f"{type(widget).__name__} {widget.objectName() or widget.accessibleName()} {at.toTuple()}"
        (QTest.mouseDClick if self.dice.random() < 0.2 else QTest.mouseClick)(
            target, LEFT, Qt.KeyboardModifier.NoModifier, at
        )
        return name

    def _type(self) -> str:
        target, text = QApplication.focusWidget(), self.dice.choice(WORDS)
        if target is None or target is self.window.canvas:
            return "nowhere"
        for letter in text:
            if isValid(target) and target.isVisible():
                QTest.keyClicks(target, letter)
        if isValid(target) and target.isVisible() and self.dice.random() < 0.7:
            QTest.keyClick(target, Qt.Key.Key_Return)
        return f"{text!r}"

    def _add(self) -> str:
        name = self.dice.choice(OPS)
        self.window.canvas.add_op(name)
        return name

    def _wire(self) -> str:
        scene, session = self.window.canvas.scene, self.window.session
        targets = [(i, port) for i, view in scene.nodes.items() for port in view.face.ports]
        if not targets:
            return "none"
        target, port = self.dice.choice(targets)
        source = self.dice.choice(list(scene.nodes))
        session.apply(session.edits.connect(Wire(source, target, port)))
        return f"{source} → {target}.{port}"

    def _undo(self) -> str:
        times, name = self.dice.randrange(1, 6), self.dice.choice(("undo", "undo", "redo"))
        for _ in range(times):
            self.window.actions_.by_id[name].trigger()
        return f"{name} {times} times"

    def _train(self) -> str:
        session, times = self.window.session, self.dice.randrange(1, 3)
        for _ in range(times):
            session.toggle_training()
            QTest.qWait(self.dice.choice((0, 10, 40)))
        return f"{times} times"

    def _weight(self) -> str:
        session = self.window.session
        weights = {name: array for name, array in session.snapshot.weights.items() if array.size}
        if not weights:
            return "none"
        name = self.dice.choice(sorted(weights))
        entry = tuple(self.dice.randrange(size) for size in weights[name].shape)
        session.set_weight(name, entry, self.dice.uniform(-2, 2))
        return f"{name}{entry}"

    def _example(self) -> str:
        entry = self.dice.choice(GALLERY)
        self.window.files.open_path(entry.path)
        return entry.id

    def _save(self) -> str:
        path = self.folder / f"{self.dice.randrange(3)}{self.dice.choice(('.gradwire', '.json'))}"
        self.window.files._save(path, lambda: None)
        return path.name

    def _open(self) -> str:
        there = sorted(self.folder.glob("*.*"))
        if not there:
            return "none"
        path = self.dice.choice(there)
        self.window.files.open_path(path)
        return path.name

    def _picture(self) -> str:
        ending = self.dice.choice(("png", "svg"))
        self.window.files.publishing.save_picture(self.folder / "pictures" / f"p.{ending}")
        return ending

    def _resize(self) -> str:
        size = self.dice.choice(((1280, 720), (1600, 1000), (700, 500), (2560, 1440)))
        self.window.resize(*size)
        return f"{size}"

    def _new_window(self) -> MainWindow:
        window = self.application.new_window()
        window.show()
        window.activateWindow()
        window.files.open_example("z_2x_y")
        return window

    def _other_window(self) -> str:
        windows = self.application.windows
        if len(windows) < 2:
            self.window = self._new_window()
            return "new"
        if self.dice.random() < 0.3 * (len(windows) - 1):
            self.window.close()
            self._turn()
            self._answer()
        self.window = self.dice.choice(self.application.windows or [self._new_window()])
        self.window.activateWindow()
        return "changed"

    # -- what must hold -------------------------------------------------------------------------------------

    def check(self) -> None:
        """What is shown and asked about is in the document."""
        if self.window not in self.application.windows:
            self.window = self.application.windows[-1] if self.application.windows else self._new_window()
        for window in self.application.windows:
            session, scene = window.session, window.canvas.scene
            graph = session.document.graph
            held(all(graph.find(i) is not None for i in session.selection.ids), "what is selected is not there")
            held(session.focus is None or session.focus.subject.there(graph), f"the focus {session.focus} is not there")
            held(set(scene.nodes) == set(graph.nodes), "the canvas has other nodes than the document")
            held(set(scene.wires) == set(graph.wires), "the canvas has other wires than the document")
            held(set(scene.frames) == set(graph.frames), "the canvas has other frames than the document")
            held(set(scene.notes) == set(graph.notes), "the canvas has other notes than the document")
            held(set(scene.points) == set(graph.reroutes), "the canvas has other points than the document")
            placed = [record for record in graph.records() if not isinstance(record, Wire)]
            held(all(r.parent in graph.frames for r in placed if r.parent), "something lies in a frame that is gone")
            if window.canvas.gesture is None and not window.canvas._glide._timer.isActive():
                new = Scene()
                new.rebuild(session.document, session.snapshot.analysis)
                held(_places(new) == _places(scene), "things do not lie where the document has them")

    def check_file(self) -> None:
        """What is saved is what there was."""
        session = self.window.session
        present = session.present()
        wanted = to_json(present.document())
        present.save(self.folder / "check.json")
        held(to_json(load(self.folder / "check.json")) == wanted, "what was saved reads back as something else")

    def check_undo(self) -> None:
        """All edits undone and redone give the same."""
        stack, session = self.window.session.undo_stack, self.window.session
        now, index = to_json(session.document), stack.index()
        while stack.canUndo():
            stack.undo()
        while stack.index() < index:
            stack.redo()
        held(to_json(session.document) == now, "undoing and redoing everything gives something else")

    def close(self) -> None:
        """Close every window, unasked."""
        self.application._building.finish()
        self.application._building.finish()
        while self.application.windows:
            window = self.application.windows[0]
            window.session.pause()
            for _ in range(1000):
                if not window.files.busy and not window.tools.background.tasks:
                    break
                QTest.qWait(10)
            window._discarding = True
            window.close()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)

    def run(self, steps: int, told: list[str]) -> None:
        """Some steps. Errors: Finding, with the last steps; ``told``: where complaints are collected."""
        for number in range(1, steps + 1):
            try:
                self.step()
                self.check()
                if number % 25 == 0:
                    self.check_file()
                    self.check_undo()
            except Exception as error:
                told.append(traceback.format_exc())
                raise Finding(self.report(told, number)) from error
            told[:] = [each for each in told if not any(part in each for part in IGNORED)]
            if told:
                raise Finding(self.report(told, number))

    def report(self, told: list[str], number: int) -> str:
        """The last steps and what came of them."""
        return "\n".join([f"after {number} steps:", *self.log[-25:], "", *dict.fromkeys(told)])


def _places(scene: Scene) -> object:
    parts = (scene.nodes, scene.frames, scene.notes, scene.points)
    return [{i: view.rect.getRect() for i, view in sorted(part.items())} for part in parts]  # type: ignore[attr-defined]


def held(condition: object, sentence: str) -> None:
    """Errors: Finding."""
    if not condition:
        raise Finding(sentence)


def run(seed: int, steps: int, engine: str = "reference") -> None:
    """One run of a seed. Errors: Finding."""
    with tempfile.TemporaryDirectory() as name, complaints() as told:
        folder = Path(name)
        (folder / "pictures").mkdir()
        monkey = Monkey(seed, folder, engine)
        try:
            monkey.run(steps, told)
        finally:
            with suppress(Exception):
                theme.set_mode("dark")
                theme.set_scale(1.0)
            monkey.close()
            theme.finish_change()
        held(not told, monkey.report(told, steps))


def main() -> int:
    """Seeds one after the other; 1 if any found something."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--steps", type=int, default=500)
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--engine", default="reference")
    chosen = parser.parse_args()
    faulthandler.enable()
    application = QApplication([])
    application.setQuitOnLastWindowClosed(False)
    gc.disable()
    status = 0
    for seed in range(chosen.seed, chosen.seed + chosen.runs):
        faulthandler.dump_traceback_later(120 + chosen.steps, exit=True)
        try:
            run(seed, chosen.steps, chosen.engine)
            print(f"seed {seed}: nothing found in {chosen.steps} steps", flush=True)
        except Finding as finding:
            print(f"seed {seed}: {finding}", flush=True)
            status = 1
        gc.collect()
    return status


if __name__ == "__main__":
    sys.exit(main())
