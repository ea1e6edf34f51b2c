"""The canvas by keys alone: arrows, wires as stops, several things, proposed wires, and what is carried."""

from __future__ import annotations

import random
from itertools import pairwise
from pathlib import Path

import pytest
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from compute.document import Document, load
from compute.graph import RecordId
from compute.workspace import open_document
from editor.canvas.key_gestures import KeyWire
from editor.canvas.navigate import neighbour, turned
from editor.canvas.scene import Scene
from tests.editor.canvas_driver import CTRL, NO_KEY, SHIFT, Driver
from tests.editor.canvas_session import document

GALLERY = sorted((Path(__file__).parents[2] / "resources" / "gallery").glob("*.json"))
LEFT, RIGHT, UP, DOWN = Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Down


@pytest.fixture
def d(qtbot: QtBot) -> Driver:
    return Driver(qtbot)


def way(d: Driver, *keys: Qt.Key, hold: Qt.KeyboardModifier = NO_KEY) -> list[RecordId | None]:
    """Where each key led."""
    found = []
    for key in keys:
        d.key(key, hold)
        found.append(d.session.selection.current)
    return found


# -- arrows ---------------------------------------------------------------------------------------------------


def test_arrows_stop_at_wires_and_the_opposite_arrow_returns(d: Driver) -> None:
    assert way(d, RIGHT, RIGHT, RIGHT, RIGHT, RIGHT) == ["x", ("h", "a"), "h", ("a", "x"), "a"]
    assert way(d, LEFT, LEFT, LEFT, LEFT) == [("a", "x"), "h", ("h", "a"), "x"]
    # Back to the wire that one came by, not to the most level one.
    d.session.select({("h", "b")})
    assert way(d, RIGHT, LEFT) == ["h", ("h", "b")]
    assert d.session.selection.ids == {("h", "b")}


def test_up_and_down_go_between_wires_that_share_an_end(d: Driver) -> None:
    d.session.select({("h", "a")})
    assert way(d, DOWN, UP) == [("h", "b"), ("h", "a")]


def test_ctrl_and_an_arrow_follow_a_wire_at_once(d: Driver) -> None:
    d.session.select({"x"})
    assert way(d, RIGHT, RIGHT, RIGHT, LEFT, LEFT, hold=CTRL) == ["h", "a", "m", "a", "h"]


def test_without_a_wire_the_facing_edges_count(d: Driver) -> None:
    d.session.select({"x"})
    assert way(d, DOWN, UP) == ["w", "x"]
    d.session.select({"s"})
    assert way(d, LEFT, RIGHT) == ["w", "s"]
    # What stands level is nearer than what stands closer, but far aside.
    d.session.apply(d.session.edits.move({"m": (900.0, 210.0)}))
    d.session.select({"s"})
    assert way(d, RIGHT) == ["m"]


def test_an_arrow_that_leads_nowhere_leaves_everything_as_it_is(d: Driver) -> None:
    d.session.select({"m"})
    assert way(d, RIGHT) == ["m"]


def test_what_an_arrow_leads_to_comes_into_view(d: Driver) -> None:
    d.canvas.zoom_to(3.0)
    d.session.select({"x"})
    for key in (RIGHT, RIGHT, RIGHT, RIGHT):
        d.key(key)
        bounds = d.canvas.scene.bounds(d.session.selection.ids)
        assert d.canvas.visible_area().intersects(bounds.adjusted(0, -1, 0, 1))
    assert d.canvas.visible_area().contains(d.canvas.scene.nodes["a"].rect)


def reachable(scene: Scene) -> set[RecordId]:
    """All that arrows lead to from nowhere."""
    found: set[RecordId] = set()
    stack: list[RecordId | None] = [None]
    while stack:
        here = stack.pop()
        goals = {neighbour(scene, here, way) for way in ((-1, 0), (1, 0), (0, -1), (0, 1))} - {None}
        stack += goals - found
        found |= {goal for goal in goals if goal is not None}
    return found


@pytest.mark.parametrize("path", GALLERY, ids=lambda path: path.stem)
def test_arrows_reach_everything_in_each_example(path: Path) -> None:
    example = load(path)
    assert reachable(scene_of(example)) == {record.id for record in example.graph.records()}


def scene_of(opened: Document) -> Scene:
    scene = Scene()
    scene.rebuild(opened, open_document(opened, strict=False).analysis)
    return scene


def test_page_keys_reach_everything_wherever_it_lies() -> None:
    dice = random.Random(5)
    nodes = [
        {"id": f"n{i}", "op": "tanh", "position": [dice.randrange(5) * 90, dice.randrange(5) * 90]} for i in range(40)
    ]
    scene = scene_of(document(nodes, [("n0", "n1", "x"), ("n0", "n2", "x")]))
    here, seen = None, []
    for _ in range(42):
        here = turned(scene, here, 1)
        seen.append(here)
    assert len(set(seen)) == 42
    assert turned(scene, seen[1], -1) == seen[0]
    assert turned(scene, seen[0], -1) == seen[-1]


def test_page_keys_are_keys_of_the_canvas(d: Driver) -> None:
    assert way(d, Qt.Key.Key_PageDown, Qt.Key.Key_PageDown, Qt.Key.Key_PageUp) == ["x", "w", "x"]


# -- several things -------------------------------------------------------------------------------------------


def test_shift_and_arrows_select_several_and_let_go_again(d: Driver) -> None:
    d.session.select({"x"})
    way(d, RIGHT, RIGHT, hold=SHIFT)
    assert d.session.selection.ids == {"x", "h", "a"}
    assert d.session.selection.current == "a"
    way(d, LEFT, hold=SHIFT)
    assert d.session.selection.ids == {"x", "h"}
    way(d, RIGHT)
    assert d.session.selection.ids == {("a", "x")}


def test_shift_at_a_wire_selects_the_wires_beside_it(d: Driver) -> None:
    d.session.select({("h", "a")})
    way(d, DOWN, hold=SHIFT)
    assert d.session.selection.ids == {("h", "a"), ("h", "b")}
    d.key(Qt.Key.Key_Delete)
    assert d.wires() == {("h", "a", "x"), ("a", "m", "x")}


def test_where_nothing_more_lies_ahead_shift_keeps_what_is_selected(d: Driver) -> None:
    d.session.select({"a", "m"}, "m")
    way(d, RIGHT, hold=SHIFT)
    assert d.session.selection.ids == {"a", "m"}


# -- a wire that keys lead ------------------------------------------------------------------------------------


def wire_of(d: Driver) -> KeyWire:
    assert isinstance(d.canvas.gesture, KeyWire)
    return d.canvas.gesture


def test_c_proposes_the_nearest_free_port_and_enter_connects(d: Driver) -> None:
    d.session.select({"w"})
    d.key(Qt.Key.Key_C)
    assert wire_of(d).end == ("s", "x")
    assert d.canvas.bubble == "w → port x of s: Enter connects, arrow keys choose, Esc leaves."
    assert d.session.undo_stack.count() == 0
    d.key(Qt.Key.Key_Return)
    assert ("w", "s", "x") in d.wires()
    assert not d.busy()
    assert d.canvas.bubble == ""
    assert d.session.undo_stack.count() == 1
    assert d.session.selection.ids == {"w"}


def test_arrows_choose_another_port_and_return(d: Driver) -> None:
    d.session.select({"w"})
    d.key(Qt.Key.Key_C)
    ends = [wire_of(d).end]
    for key in (UP, LEFT, RIGHT, DOWN):
        d.key(key)
        ends.append(wire_of(d).end)
    assert ends == [("s", "x"), ("a", "x"), ("h", "a"), ("a", "x"), ("s", "x")]
    d.key(UP)
    assert d.canvas.bubble.startswith("w → port x of a instead of h:")
    d.key(Qt.Key.Key_Space)
    assert ("w", "a", "x") in d.wires()
    assert ("h", "a", "x") not in d.wires()
    assert d.session.undo_stack.count() == 1


def test_a_port_that_refuses_says_why_and_takes_nothing(d: Driver) -> None:
    before = d.state()
    d.session.select({"a"})
    d.key(Qt.Key.Key_C)
    assert wire_of(d).end == ("s", "x")
    d.key(UP)
    d.key(LEFT)
    while wire_of(d).end not in (("h", "a"), ("h", "b")):
        d.key(LEFT)
    assert d.canvas.bubble == "h already leads to a: the wire would close a cycle."
    d.key(Qt.Key.Key_Return)
    assert d.session.said == [d.canvas.bubble]
    assert d.busy()
    d.key(Qt.Key.Key_Escape)
    assert not d.busy()
    assert d.canvas.bubble == ""
    assert d.state() == before
    assert d.session.selection.ids == {"a"}


def test_c_again_turns_to_the_inputs_of_the_node(d: Driver) -> None:
    d.session.select({"s"})
    d.key(Qt.Key.Key_C)
    d.key(Qt.Key.Key_C)
    assert wire_of(d).target == ("s", "x")
    assert wire_of(d).end is not None
    source = (wire_of(d).end or ("", ""))[0]
    d.key(Qt.Key.Key_Return)
    assert (source, "s", "x") in d.wires()
    d.key(Qt.Key.Key_C)
    d.key(Qt.Key.Key_C)
    d.key(Qt.Key.Key_C)
    assert wire_of(d).source == "s"


def test_where_nothing_takes_an_output_an_input_is_proposed(d: Driver) -> None:
    d.session.apply(d.session.edits.remove({"s"}))
    d.session.select({"m"})
    d.key(Qt.Key.Key_C)
    assert wire_of(d).target == ("m", "x")
    # Not the wire that is there already.
    assert wire_of(d).end == ("h", "")
    assert d.canvas.bubble.startswith("h → port x of m instead of a:")
    d.key(RIGHT)
    assert wire_of(d).end == ("a", "")
    assert d.canvas.bubble == "a → port x of m is wired already: arrow keys choose another port, Esc leaves."


def test_c_leads_a_wire_to_another_port(d: Driver) -> None:
    d.session.select({("a", "x")})
    d.key(Qt.Key.Key_C)
    assert wire_of(d).end == ("a", "x")
    d.key(DOWN)
    assert wire_of(d).end == ("s", "x")
    d.key(Qt.Key.Key_Return)
    assert ("h", "s", "x") in d.wires()
    assert ("h", "a", "x") not in d.wires()
    assert d.session.undo_stack.count() == 1


def test_a_click_elsewhere_leaves_a_proposed_wire(d: Driver) -> None:
    before = d.state()
    d.session.select({"w"})
    d.key(Qt.Key.Key_C)
    d.hover(d.body("m"))
    assert wire_of(d).end == ("s", "x")
    QTest.mousePress(d.canvas, Qt.MouseButton.LeftButton, NO_KEY, d.pixel(d.header("m")))
    QTest.qWait(100)
    QTest.mouseRelease(d.canvas, Qt.MouseButton.LeftButton, NO_KEY, d.pixel(d.header("m")))
    assert not d.busy()
    assert d.session.selection.ids == {"m"}
    assert d.state() == before


# -- carrying -------------------------------------------------------------------------------------------------


def test_space_takes_a_node_up_and_arrows_carry_it(d: Driver) -> None:
    d.session.select({"s"})
    d.key(Qt.Key.Key_Space)
    assert d.busy()
    bubbles = [d.canvas.bubble]
    d.key(RIGHT)
    d.key(DOWN, SHIFT)
    d.key(LEFT, CTRL)
    assert d.canvas.scene.nodes["s"].rect.topLeft() == QPointF(529, 250)
    assert d.session.undo_stack.count() == 0
    d.key(Qt.Key.Key_Space)
    assert (d.busy(), d.session.undo_stack.count()) == (False, 1)
    assert d.session.document.graph.nodes["s"].position == (529.0, 250.0)
    assert [*bubbles, d.canvas.bubble] == ["Arrow keys carry it, Space puts it down, Esc puts it back.", ""]


def test_esc_puts_back_what_is_carried_even_from_afar(d: Driver) -> None:
    d.canvas.zoom_to(0.2)
    d.session.select({"s", "m"}, "m")
    d.key(Qt.Key.Key_Space)
    d.key(DOWN)
    assert d.canvas.scene.nodes["s"].rect.topLeft() == QPointF(520, 210)
    d.key(Qt.Key.Key_Escape)
    assert d.canvas.scene.nodes["s"].rect.topLeft() == QPointF(520, 200)
    assert d.session.undo_stack.count() == 0
    assert d.session.selection.ids == {"s", "m"}


def test_what_is_carried_is_put_down_when_the_keys_go_elsewhere(d: Driver) -> None:
    d.session.select({"s"})
    d.key(Qt.Key.Key_Space)
    d.key(DOWN)
    d.canvas.clearFocus()
    assert not d.busy()
    assert d.session.document.graph.nodes["s"].position == (520, 210)


def test_a_held_space_does_not_take_up_and_put_down_again(d: Driver) -> None:
    d.session.select({"s"})
    QTest.keyPress(d.canvas, Qt.Key.Key_Space)
    held = d.busy()
    QTest.keyRelease(d.canvas, Qt.Key.Key_Space)
    assert (held, d.busy()) == (False, True)


# -- a new node beside what is selected -----------------------------------------------------------------------


def add(d: Driver, words: str) -> str:
    """Add a node by keys alone; its id."""
    d.key(Qt.Key.Key_Tab)
    search = d.canvas.search
    assert search is not None
    QTest.keyClicks(search.field, words)
    QTest.keyClick(search.field, Qt.Key.Key_Return)
    (node_id,) = d.session.selection.nodes
    return node_id


def apart(d: Driver) -> bool:
    rects = [view.rect for view in d.canvas.scene.nodes.values()]
    return not any(a.intersects(b) for i, a in enumerate(rects) for b in rects[:i])


def level(d: Driver, source: str, target: str, port: str) -> float:
    return d.canvas.scene.nodes[source].output().y() - d.canvas.scene.input_point((target, port)).y()


def test_nodes_added_after_each_other_are_wired_and_stand_in_a_row(qtbot: QtBot) -> None:
    columns = {"a": [0.0, 1.0], "b": [1.0, 0.0], "t": [1.0, 0.0]}
    d = Driver(qtbot, document([], [], data={"source": "inline", "columns": columns}))
    d.hover(QPointF(300, 200))
    chain = [add(d, words) for words in ("input", "dense", "tanh", "dense", "sigmoid cross")]
    loss = chain[-1]
    units = d.session.edits.change(chain[-2], "Units", params={"units": 1})
    d.session.apply(units)
    truth = add(d, "target")
    assert d.wires() == {
        *((a, b, "x") for a, b in pairwise(chain[:-1])),
        (chain[-2], loss, "prediction"),
        (truth, loss, "target"),
    }
    assert apart(d)
    nodes = d.canvas.scene.nodes
    assert all(nodes[a].rect.right() < nodes[b].rect.left() for a, b, _ in d.wires())
    assert all(level(d, *wire) == 0 for wire in d.wires() if wire[0] != truth)
    assert d.session.undo_stack.count() == 7
    assert d.session.snapshot.trace.values[loss] > 0


def test_a_node_is_wired_to_each_of_several_selected_ones(d: Driver) -> None:
    d.session.select({"x", "w"})
    node_id = add(d, "matrix product")
    assert {("x", node_id, "a"), ("w", node_id, "b")} <= d.wires()
    assert apart(d)
    columns = {"a": [0.0, 1.0], "t": [1.0, 0.0]}
    graph = document(
        [
            {"id": "y", "op": "target", "params": {"columns": ["t"]}, "position": [0, 0]},
            {"id": "x", "op": "input", "params": {"columns": ["a"]}, "position": [0, 200]},
        ],
        [],
        data={"source": "inline", "columns": columns},
    )
    other = Driver(d.qtbot, graph)
    other.session.select({"x", "y"})
    loss = add(other, "mse")
    assert other.wires() == {("x", loss, "prediction"), ("y", loss, "target")}


def test_a_node_is_put_into_a_selected_wire(d: Driver) -> None:
    d.session.select({("m", "x")})
    node_id = add(d, "relu")
    assert {("a", node_id, "x"), (node_id, "m", "x")} <= d.wires()
    assert ("a", "m", "x") not in d.wires()
    assert apart(d)
    assert d.session.undo_stack.count() == 1


def test_what_does_not_fit_stands_beside_and_says_why(d: Driver) -> None:
    d.session.select({"m"})
    before = d.wires()
    node_id = add(d, "dense")
    assert d.wires() == before
    assert apart(d)
    (said,) = d.session.said
    assert said.startswith(f"{node_id} is not wired: ")


def test_a_target_that_does_not_fit_says_why(qtbot: QtBot) -> None:
    d = Driver(qtbot, document([], [], data={"source": "inline", "columns": {"a": [0.0, 1.0], "t": [1.0, 0.0]}}))
    for words in ("input", "dense", "mse", "target"):
        add(d, words)
    (said,) = d.session.said
    assert said.startswith("y is not wired: Mean squared error loss, port target: prediction is (B, 8) and target is")
    assert len(d.wires()) == 2
    assert apart(d)


def test_a_place_that_was_pointed_at_counts_and_not_what_is_selected(d: Driver) -> None:
    d.session.select({"h"})
    before = d.wires()
    at = d.empty()
    d.canvas.add_op("sigmoid", at)
    assert d.wires() == before
    (node_id,) = d.session.selection.nodes
    assert d.canvas.scene.nodes[node_id].rect.contains(at)


def test_without_a_pointer_and_a_selection_nodes_do_not_lie_on_each_other(d: Driver) -> None:
    for _ in range(3):
        d.session.select()
        d.canvas.pointer.over = False
        add(d, "tanh")
    assert apart(d)
    assert QRectF(d.canvas.visible_area()).intersects(d.canvas.scene.bounds(d.session.selection.ids))
