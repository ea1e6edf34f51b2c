"""The main job, done as a person would in a real window; run by test_main_job.py under its own X server.

usage: python -m tests.editor.main_job OUT    writes screenshots and facts.json into the folder OUT
"""

from __future__ import annotations

import json
import os
import sys
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtCore import QPoint, QPointF
from PySide6.QtWidgets import QApplication, QFileDialog

from compute.document import to_json
from compute.export.npz_file import ABOUT
from editor import app as editor_app
from editor.application import Application
from editor.export_form import ExportForm
from editor.main_window import MainWindow
from tests.editor.xserver import Hand

# The training goes to the end of the example's epochs; a busy machine is slow.
TRAINING_SECONDS = 90.0


class MainJob:
    """One run through the paragraph that the product promises; each method is one of its clauses."""

    def __init__(self, out: Path) -> None:
        self.out = out
        self.facts: dict[str, Any] = {}
        self.app: QApplication = editor_app.make_application()
        self.hand = Hand(self.app)
        self.program = Application()
        self.program.set_theme("dark")
        self.take(self.program.new_window())
        self.window.files.open_example(editor_app.FIRST_EXAMPLE)
        self.window.show()

    def take(self, window: MainWindow) -> None:
        """Go on in that window."""
        self.window, self.session, self.canvas = window, window.session, window.canvas
        window.resize(1600, 1000)
        window.move(0, 0)

    def run(self) -> None:
        for clause in (
            self.opens_on_a_working_example,
            self.adds_a_layer_and_an_activation_and_wires_them,
            self.is_told_why_a_wire_does_not_fit,
            self.undoes_and_redoes_everything,
            self.trains_and_pauses,
            self.walks_through_backpropagation,
            self.saves_closes_reopens,
            self.exports,
            self.changes_to_light,
            self.does_the_same_on_real_data,
        ):
            clause()
            self.facts.setdefault("done", []).append(clause.__name__)
        self.window.setWindowModified(False)
        self.session.undo_stack.setClean()

    # -- clauses --------------------------------------------------------------------------------------------

    def opens_on_a_working_example(self) -> None:
        self.hand.until(self.numbers_are_here, "numbers on the wires")
        self.hand.until(lambda: self.session.snapshot.device, "the choice of a device")
        trace = self.session.snapshot.trace
        assert trace.loss is not None
        assert set(trace.wire_grads) == {key for key in self.session.document.graph.wires if key[1] != "target"}
        self.facts["device"] = self.session.snapshot.device
        self.window.activateWindow()
        self.hand.wait(300)
        self.shoot("start")

    def adds_a_layer_and_an_activation_and_wires_them(self) -> None:
        before = self.session.undo_stack.count()
        graph = self.session.document.graph
        old = set(graph.nodes)

        # Make room: a rubber band around the last three nodes, and a drag to the right.
        self.hand.scroll(self.canvas.mapToGlobal(self.canvas.rect().center()), -2)
        self.hand.drag(self.at("z", -14, -24), self.at("loss", 190, 290))
        self.hand.until(lambda: self.session.selection.nodes == {"z", "y", "loss"}, "the selection")
        place = graph.nodes["z"].position
        self.hand.drag(self.at("z", 12, 12), self.at("z", 512, 12))
        self.hand.until(lambda: graph.nodes["z"].position == (place[0] + 500, place[1]), "the move")
        self.hand.click(self.at("x", -30, -30))
        self.hand.key("f")
        self.hand.wait(200)

        self.hand.click(self.on_screen(QPointF(place[0] + 20, place[1] - 40)))
        self.hand.key("Tab")
        self.hand.type("dense")
        self.hand.key("Return")
        self.hand.until(lambda: len(graph.nodes) == len(old) + 1, "a dense node")
        (self.layer,) = set(graph.nodes) - old
        assert graph.nodes[self.layer].op == "dense"
        self.put(self.layer, QPointF(place[0], place[1]))

        self.hand.click_widget(self.window.palette_panel.search)
        self.hand.type("tanh")
        self.hand.key("Return")
        self.hand.until(lambda: len(graph.nodes) == len(old) + 2, "a tanh node")
        (self.activation,) = set(graph.nodes) - old - {self.layer}
        self.put(self.activation, QPointF(place[0] + 250, place[1]))

        self.hand.drag(self.output("a2"), self.input(self.layer, 0))
        self.hand.until(lambda: (self.layer, "x") in graph.wires, "the wire into the new layer")
        self.hand.until(self.numbers_are_here, "numbers behind the new wire")
        assert self.session.snapshot.analysis.shapes[self.layer] == ("B", 8)
        assert self.session.snapshot.trace.values[self.layer].shape == (32, 8)
        self.hand.drag(self.output(self.layer), self.input(self.activation, 0))
        self.hand.drag(self.output(self.activation), self.input("z", 0))
        self.hand.until(lambda: graph.wires["z", "x"].source == self.activation, "the wire out of the new activation")
        self.hand.until(self.numbers_are_here, "numbers behind it")
        grads = self.session.snapshot.trace.wire_grads
        assert grads[self.layer, "x"].shape == (32, 8)
        assert grads["z", "x"].shape == (32, 8)
        assert self.session.undo_stack.count() - before == 8
        self.hand.click(self.at("x", -30, -30))
        self.hand.click_widget(self.window.palette_panel.search)
        self.hand.key("ctrl+a", "BackSpace")
        self.hand.click(self.at("x", -30, -30))
        self.hand.key("f")
        self.hand.wait(200)
        self.shoot("wired")

    def is_told_why_a_wire_does_not_fit(self) -> None:
        said: list[str] = []
        self.session.message.connect(said.append)
        wires = dict(self.session.document.graph.wires)
        start, end = self.output("loss"), self.input("h1", 0)
        self.hand.move(start)
        self.hand._do("mousedown", "1")
        for share in (0.3, 0.7, 0.95, 1.0):
            self.hand.move(start + (end - start) * share)
        self.hand.wait(150)
        self.shoot("refused")
        self.hand._do("mouseup", "1")
        self.hand.wait(100)
        assert self.session.document.graph.wires == wires
        assert any("cycle" in sentence for sentence in said), said
        self.session.message.disconnect(said.append)

    def undoes_and_redoes_everything(self) -> None:
        stack = self.session.undo_stack
        end = to_json(self.session.document)
        steps = stack.index()
        self.hand.key(*["ctrl+z"] * steps)
        self.hand.until(lambda: stack.index() == 0, "everything undone")
        assert self.layer not in self.session.document.graph.nodes
        self.hand.key(*["ctrl+shift+z"] * steps)
        self.hand.until(lambda: stack.index() == steps, "everything redone")
        assert to_json(self.session.document) == end
        self.hand.until(self.numbers_are_here, "the numbers again")

    def trains_and_pauses(self) -> None:
        # Slowly and for long, so that there is something to see; the example's own epochs are over in a second.
        slowly = {"name": "adam", "learning_rate": 1e-5}
        self.session.apply(self.session.edits.set_training("Train slowly", optimizer=slowly, epochs=99_999))
        self.hand.until(self.numbers_are_here, "the new settings")
        first = self.session.snapshot
        self.hand.click_widget(self.window.transport.train)
        self.hand.until(lambda: self.session.snapshot.epoch >= 5, "five epochs")
        early = self.session.snapshot
        self.hand.until(lambda: self.session.snapshot.epoch >= early.epoch + 40, "forty more epochs", TRAINING_SECONDS)
        self.hand.click_widget(self.window.transport.train)
        self.hand.until(lambda: self.session.snapshot.state in ("paused", "finished"), "the pause")
        later = self.session.snapshot
        # Not the number of points: a long curve is thinned.
        assert later.series("loss").x[-1] > early.series("loss").x[-1] + 39
        assert later.series("validation loss").x[-1] > early.series("validation loss").x[-1] + 39
        assert later.trace.loss is not None
        assert first.trace.loss is not None
        assert later.trace.loss < first.trace.loss
        assert not np.array_equal(later.trace.wire_grads["z", "x"], early.trace.wire_grads["z", "x"])
        assert later.boundary is not None
        self.facts["on_opencl"] = later.on_opencl
        self.hand.wait(100)
        assert self.session.snapshot.step == later.step, "it trains on while it is paused"
        self.session.select([self.layer])
        self.hand.wait(300)
        self.shoot("trained")

    def walks_through_backpropagation(self) -> None:
        self.session.select()
        self.hand.click_widget(self.window.transport.backprop)
        self.hand.until(lambda: self.session.walk is not None, "the walk")
        assert self.session.walk is not None
        seen = [self.session.walk.step.phase]
        for _ in range(len(self.session.walk.steps) - 1):
            index = self.session.walk.index
            self.hand.key("Right")
            self.hand.until(partial(self.walk_is_at, index + 1), "the next calculation")
            step = self.session.walk.step
            assert step.rule
            assert step.numbers
            if step.phase == "backward" and step.node == self.activation:
                self.hand.wait(1200)
                self.shoot("walk")
            seen.append(step.phase)
        assert list(dict.fromkeys(seen)) == ["forward", "loss", "backward", "update"]
        last = self.session.walk.index
        self.hand.key("Left", "Left")
        self.hand.until(lambda: self.walk_is_at(last - 2), "two steps back")
        self.hand.key("Home")
        self.hand.until(lambda: self.walk_is_at(0), "the first step")
        self.facts["walk_steps"] = last + 1
        self.hand.click_widget(self.window.transport.backprop)
        self.hand.until(lambda: self.session.walk is None, "the end of the walk")

    def saves_closes_reopens(self) -> None:
        path = self.out / "my spiral.gradwire"
        seen = self.session.snapshot
        self.hand.key("ctrl+s")
        self.answer_dialog(path)
        self.hand.until(lambda: path.is_file() and not self.session.is_modified, "the saved file")
        before = self.session.document
        self.hand.key("ctrl+o")
        self.answer_dialog(path)
        self.hand.until(lambda: self.session.document is not before, "the reopened document")
        assert self.layer in self.session.document.graph.nodes
        self.hand.until(self.numbers_are_here, "its numbers")
        again = self.session.snapshot
        assert (again.epoch, again.step) == (seen.epoch, seen.step)
        for name, value in seen.trace.parameters.items():
            assert np.array_equal(again.trace.parameters[name], value), name
        # Seen in float32 on the device before, in float64 by the reference engine now.
        for node_id, value in seen.trace.values.items():
            assert np.allclose(again.trace.values[node_id], value, rtol=1e-4, atol=1e-5), node_id
        assert np.array_equal(again.series("loss").y, seen.series("loss").y)

    def exports(self) -> None:
        from safetensors.numpy import load_file

        weights = self.session.weights()
        for name, read in (("weights.safetensors", load_file), ("weights.npz", np.load)):
            path = self.out / name
            self.hand.key("ctrl+e")
            self.hand.until(lambda: isinstance(QApplication.activeModalWidget(), ExportForm), "the form")
            form = QApplication.activeModalWidget()
            assert isinstance(form, ExportForm)
            self.hand.wait(200)
            self.hand.key("Home")
            if name.endswith(".npz"):
                self.hand.key("Down")
            self.hand.key("Return")
            self.answer_dialog(path)
            self.hand.until(lambda: "largest difference" in self.window.notices.text, "the verdict of the export")
            self.hand.until(partial(form.compared.text), "what the form says of it")
            self.hand.key("Escape")
            self.hand.until(lambda: QApplication.activeModalWidget() is None, "the form to go")
            self.window.activateWindow()
            self.hand.wait(200)
            self.facts[name] = self.window.notices.text
            read_back = read(path)
            assert sorted({*read_back} - {ABOUT}) == sorted(weights)
            assert all(np.array_equal(read_back[key], weights[key]) for key in weights)
            self.window.notices.say("")

    def changes_to_light(self) -> None:
        self.window.windows.set_theme("light")
        self.session.select({("z", "x")})
        self.hand.wait(400)
        self.shoot("light")
        self.window.windows.set_theme("dark")
        self.session.select()

    def does_the_same_on_real_data(self) -> None:
        for search, epochs in (("tumours", 0), ("iris", 0)):
            self.hand.key("ctrl+g")
            self.hand.until(lambda: self.window.pages.start_is_shown, "the gallery")
            self.hand.wait(300)
            if search == "tumours":
                self.shoot("gallery")
            self.hand.click_widget(self.window.pages.start.search)
            self.hand.type(search)
            self.hand.wait(200)
            self.hand.key("Return")
            # The file that is open keeps its window.
            self.hand.until(lambda: len(self.program.windows) == 2, f"{search} from the gallery")
            assert not self.window.pages.start_is_shown
            self.window.close()
            self.take(self.program.windows[0])
            self.window.activateWindow()  # as a window manager would do; there is none here
            self.hand.until(lambda: QApplication.activeWindow() is self.window, f"the window of {search}")
            self.hand.until(self.numbers_are_here, "its numbers")
            assert self.session.snapshot.rows > 100
            self.hand.key("F5")
            self.hand.until(lambda: self.session.snapshot.state == "finished", "its training", TRAINING_SECONDS)
            assert self.session.snapshot.epoch > epochs
            reached = {name: float(points.y[-1]) for name, points in self.session.snapshot.progress.series.items()}
            self.facts[search] = {"accuracy": reached["validation accuracy"]}
            self.hand.wait(300)
            self.shoot(search)
            self.session.save(self.out / f"{search}.gradwire")

    # -- helpers --------------------------------------------------------------------------------------------

    def numbers_are_here(self) -> bool:
        snapshot = self.session.snapshot
        return snapshot.revision == self.session.revision and snapshot.trace.loss is not None

    def walk_is_at(self, index: int) -> bool:
        return self.session.walk is not None and self.session.walk.index == index

    def shoot(self, name: str) -> None:
        screen = self.window.screen()
        screen.grabWindow(0, 0, 0, self.window.width(), self.window.height()).save(str(self.out / f"{name}.png"))

    def on_screen(self, point: QPointF) -> QPoint:
        return self.canvas.mapToGlobal(self.canvas.camera.to_screen(point).toPoint())

    def output(self, node_id: str) -> QPoint:
        return self.on_screen(self.canvas.scene.nodes[node_id].output())

    def at(self, node_id: str, dx: float, dy: float) -> QPoint:
        """A point beside the upper left corner of a node."""
        return self.on_screen(QPointF(*self.session.document.graph.nodes[node_id].position) + QPointF(dx, dy))

    def put(self, node_id: str, place: QPointF) -> None:
        """Drag a node to a place; it snaps to the grid there."""
        self.hand.drag(self.at(node_id, 12, 12), self.on_screen(place + QPointF(12, 12)))
        wanted = (place.x(), place.y())
        self.hand.until(
            lambda: self.session.document.graph.nodes[node_id].position == wanted, f"{node_id} in its place"
        )

    def input(self, node_id: str, index: int) -> QPoint:
        return self.on_screen(self.canvas.scene.nodes[node_id].input(index))

    def answer_dialog(self, path: Path) -> None:
        """Type a path into the file dialog that is open, and press Enter."""
        self.hand.until(lambda: isinstance(QApplication.activeModalWidget(), QFileDialog), "the file dialog")
        self.hand.wait(200)
        self.hand.key("ctrl+a")
        self.hand.type(str(path))
        self.hand.key("Return")
        self.hand.until(
            lambda: not isinstance(QApplication.activeModalWidget(), QFileDialog), "the end of the file dialog"
        )
        # A window manager would give the window its focus back; there is none here.
        (QApplication.activeModalWidget() or self.window).activateWindow()
        self.hand.wait(200)


def main() -> int:
    out = Path(sys.argv[1])
    job = MainJob(out)
    try:
        job.run()
    except BaseException:
        job.shoot("failed")
        raise
    finally:
        (out / "facts.json").write_text(json.dumps(job.facts), encoding="utf-8")
        job.session.mark_saved()
        job.window.close()
        job.hand.wait(100)
    return 0


if __name__ == "__main__":
    # Where nothing may be left behind by a failed run, the process ends here, whatever Qt still holds.
    status = main()
    sys.stdout.flush()
    os._exit(status)
