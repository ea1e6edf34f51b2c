"""The keyboard on the canvas: search, clipboard, arrows, renaming, and the actions of the main window."""

from __future__ import annotations

import json
import random

import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from compute.graph import Frame, Note, Reroute
from compute.ops import REGISTRY
from editor.canvas.layout import tidy
from editor.canvas.menu import make_menu
from editor.canvas.search import SearchPopup, rank
from tests.editor.canvas_driver import CTRL, Driver
from tests.editor.canvas_session import document


def popup(d: Driver) -> SearchPopup:
    assert d.canvas.search is not None
    return d.canvas.search


@pytest.mark.parametrize("key", ["tab", "double click"])
def test_search_adds_the_chosen_node_at_the_pointer(qtbot: QtBot, key: str) -> None:
    d = Driver(qtbot)
    at = d.empty()
    d.hover(at)
    if key == "tab":
        d.key(Qt.Key.Key_Tab)
    else:
        QTest.mouseDClick(d.canvas, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, d.pixel(at))
    assert popup(d).field.hasFocus()
    QTest.keyClicks(popup(d).field, "relu")
    QTest.keyClick(popup(d).field, Qt.Key.Key_Return)
    rect = d.canvas.scene.nodes["a2"].rect
    assert d.session.document.graph.nodes["a2"].op == "relu"
    assert rect.contains(at)
    assert d.session.selection.nodes == {"a2"}
    assert d.canvas.hasFocus()


def test_arrow_keys_choose_among_the_found_and_esc_closes(qtbot: QtBot) -> None:
    d = Driver(qtbot)
    before = d.state()
    d.canvas.open_search()
    found = popup(d).found()
    assert [op.name for op in found[:5]] == ["input", "target", "parameter", "constant", "dense"]
    assert len(found) == len(REGISTRY)
    QTest.keyClick(popup(d).field, Qt.Key.Key_Down)
    QTest.keyClick(popup(d).field, Qt.Key.Key_Down)
    assert popup(d).rows.currentRow() == 2
    QTest.keyClick(popup(d).field, Qt.Key.Key_Escape)
    assert d.state() == before


def test_the_search_ranks_beginnings_before_words_before_letters() -> None:
    def order(query: str) -> list[str]:
        ranked = [
            (score, i, op.name) for i, op in enumerate(REGISTRY.values()) if (score := rank(query, op)) is not None
        ]
        return [name for _, _, name in sorted(ranked)]

    assert order("sig")[:2] == ["sigmoid", "sigmoid_cross_entropy"]
    assert order("log")[0] == "log"
    assert order("entropy")[0].endswith("entropy")
    assert order("mse")[0] == "mean_squared_error"
    assert order("zzz") == []
    assert rank("", REGISTRY["tanh"]) == 0


def test_copy_and_paste_keep_inner_wires_and_give_new_ids(qtbot: QtBot) -> None:
    d = Driver(qtbot)
    d.session.select({"h", "a"})
    d.key(Qt.Key.Key_C, CTRL)
    raw = json.loads(QGuiApplication.clipboard().text())
    assert raw["format"] == "gradwire"
    assert [node["id"] for node in raw["graph"]["nodes"]] == ["h", "a"]
    at = d.empty()
    d.hover(at)
    d.key(Qt.Key.Key_V, CTRL)
    graph = d.session.document.graph
    assert graph.nodes["h2"].op == "matmul"
    assert graph.nodes["a2"].op == "tanh"
    assert d.wires() >= {("h2", "a2", "x")}
    assert ("x", "h2", "a") not in d.wires()
    assert d.session.selection.nodes == {"h2", "a2"}
    assert graph.nodes["a2"].position[0] - graph.nodes["h2"].position[0] == 260
    assert abs(graph.nodes["h2"].position[0] - at.x()) < 2
    assert d.session.undo_stack.count() == 1


def test_cut_and_paste_move_nodes_between_documents(qtbot: QtBot) -> None:
    one, two = Driver(qtbot), Driver(qtbot, document([], []))
    one.take_focus()
    one.session.select({"x", "w", "h"})
    one.key(Qt.Key.Key_X, CTRL)
    assert set(one.session.document.graph.nodes) == {"a", "m", "s"}
    two.canvas.paste()
    assert two.wires() == {("x", "h", "a"), ("w", "h", "b")}
    value = two.session.document.graph.nodes["x"].params["value"]
    assert value == [[1.0, 2.0], [3.0, 4.0]]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "The clipboard holds no nodes; copy some first."),
        ("hello", "The clipboard holds no nodes; copy some first."),
        ('{"format": "else"}', "The clipboard holds no nodes; copy some first."),
        ('{"format": "gradwire", "version": 1}', "The clipboard holds no nodes; copy some first."),
        (
            '{"format": "gradwire", "version": 1, "graph": {"nodes": [{"id": 3, "op": "add"}]}}',
            "The clipboard: graph.nodes[0].id: expected `str`, got `int`",
        ),
    ],
)
def test_a_wrong_clipboard_is_refused_with_its_place(qtbot: QtBot, text: str, sentence: str) -> None:
    d = Driver(qtbot)
    before = d.state()
    QGuiApplication.clipboard().setText(text)
    d.key(Qt.Key.Key_V, CTRL)
    assert len(d.session.said) == 1
    assert d.session.said[0].startswith(sentence)
    assert d.state() == before


def overlaps(d: Driver) -> list[tuple[str, str]]:
    """The pairs of nodes that lie on each other."""
    rects = [(i, v.rect) for i, v in d.canvas.scene.nodes.items()]
    return [(i, j) for k, (i, one) in enumerate(rects) for j, other in rects[:k] if one.intersects(other)]


@pytest.mark.parametrize("over", [True, False])
def test_what_is_pasted_lies_on_no_node_and_a_bit_further_each_time(qtbot: QtBot, over: bool) -> None:
    d = Driver(qtbot)
    d.canvas.zoom_to(0.4)
    d.session.select({"h", "a"})
    d.canvas.copy()
    d.hover(d.header("h"))
    d.canvas.pointer.over = over
    corners = []
    for _ in range(3):
        d.canvas.paste()
        assert overlaps(d) == []
        corners.append(d.canvas.scene.bounds(d.session.selection.nodes).left())
    assert [round(corner - corners[0]) for corner in corners] == [0, 20, 40]
    assert all(d.canvas.visible_area().contains(d.canvas.scene.nodes[i].rect) for i in d.session.selection.nodes)


def test_a_duplicate_lies_on_no_node(qtbot: QtBot) -> None:
    d = Driver(qtbot)
    for _ in range(3):
        d.session.select({"x", "a"})
        d.key(Qt.Key.Key_D, CTRL)
        assert overlaps(d) == []


def test_duplicate_keeps_the_inputs(qtbot: QtBot) -> None:
    d = Driver(qtbot)
    d.session.select({"h", "a"})
    d.key(Qt.Key.Key_D, CTRL)
    assert d.wires() >= {("x", "h2", "a"), ("w", "h2", "b"), ("h2", "a2", "x")}
    assert ("a2", "m", "x") not in d.wires()
    assert d.session.undo_stack.count() == 1


def test_select_all_and_esc(qtbot: QtBot) -> None:
    d = Driver(qtbot)
    d.key(Qt.Key.Key_A, CTRL)
    assert d.session.selection.nodes == set(d.session.document.graph.nodes)
    d.key(Qt.Key.Key_Escape)
    assert d.session.selection.nodes == frozenset()


def test_c_connects_two_selected_nodes_from_left_to_right(qtbot: QtBot) -> None:
    d = Driver(qtbot)
    d.session.select({"s", "h"})
    d.key(Qt.Key.Key_C)
    assert ("h", "s", "x") in d.wires()
    d.key(Qt.Key.Key_C)
    d.session.select({"s", "h", "a"})
    d.key(Qt.Key.Key_C)
    assert d.session.said == [
        "s has no free port; remove a wire first.",
        "Select a node to wire it to another, or two: the left one feeds the right one.",
    ]
    assert d.session.undo_stack.count() == 1


def test_f2_renames_in_the_header(qtbot: QtBot) -> None:
    d = Driver(qtbot)
    d.session.select({"a"})
    d.key(Qt.Key.Key_F2)
    field = d.canvas.findChild(QLineEdit)
    assert field is not None
    assert field.selectedText() == "a"
    QTest.keyClicks(field, "squash")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert d.session.document.graph.nodes["a"].title == "squash"
    assert d.canvas.scene.nodes["a"].face.name == "squash"
    assert d.session.undo_stack.count() == 1


def test_the_field_of_a_title_stays_on_its_header(qtbot: QtBot) -> None:
    d = Driver(qtbot, size=(700, 600))
    d.canvas.zoom_to(0.8)
    d.canvas.rename_record("a")
    field = d.canvas.findChild(QLineEdit)
    assert field is not None
    for dx, zoom in ((-70, 1.0), (30, 1.7), (0, 0.6)):
        d.canvas.pan_by(dx, 30)
        d.canvas.zoom_to(zoom)
        corner = d.canvas.camera.to_screen(d.canvas.scene.nodes["a"].rect.topLeft())
        place = d.canvas.mapFromGlobal(field.pos())
        assert abs(place.x() - corner.x()) + abs(place.y() - corner.y()) <= 2


@pytest.mark.parametrize("key", [Qt.Key.Key_Return, Qt.Key.Key_Escape])
def test_a_click_elsewhere_keeps_the_focus_and_a_key_gives_it_back(qtbot: QtBot, key: Qt.Key) -> None:
    d = Driver(qtbot)
    other = QLineEdit(d.canvas)
    other.show()
    d.canvas.rename_record("a")
    field = next(each for each in d.canvas.findChildren(QLineEdit) if each is not other)
    QTest.keyClicks(field, "b")
    other.setFocus(Qt.FocusReason.MouseFocusReason)
    assert other.hasFocus()
    assert d.session.document.graph.nodes["a"].title == "b"
    d.canvas.rename_record("a")
    field = next(each for each in d.canvas.findChildren(QLineEdit) if each.isVisible() and each is not other)
    QTest.keyClick(field, key)
    assert d.canvas.hasFocus()


def test_a_double_click_renames_in_the_header_and_opens_below_it(qtbot: QtBot) -> None:
    d = Driver(qtbot)
    left, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    QTest.mouseDClick(d.canvas, left, none, d.pixel(d.header("a")))
    field = d.canvas.findChild(QLineEdit)
    assert field is not None
    QTest.keyClicks(field, "x")
    QTest.keyClick(field, Qt.Key.Key_Escape)
    assert d.session.undo_stack.count() == 0
    with qtbot.waitSignal(d.canvas.node_activated, timeout=500) as opened:
        QTest.mouseDClick(d.canvas, left, none, d.pixel(d.body("a")))
    assert opened.args == ["a"]


def test_an_added_op_stands_right_of_the_selected_node_without_overlap_and_is_wired_to_it(qtbot: QtBot) -> None:
    d = Driver(qtbot)
    d.session.select({"h"})
    before = d.wires()
    node_id = d.canvas.add_op("sigmoid")
    rect = d.canvas.scene.nodes[node_id].rect
    assert rect.left() > d.canvas.scene.nodes["h"].rect.right()
    others = [v.rect for i, v in d.canvas.scene.nodes.items() if i != node_id]
    assert not any(rect.intersects(other) for other in others)
    assert d.wires() - before == {("h", node_id, "x")}
    assert d.session.undo_stack.count() == 1


def test_the_first_loss_becomes_the_one_that_is_trained(qtbot: QtBot) -> None:
    d = Driver(qtbot, document([{"id": "c", "op": "constant"}], []))
    d.canvas.add_op("mean_squared_error")
    assert d.session.document.training.loss == "loss"
    d.undo()
    assert d.session.document.training.loss == ""
    assert "loss" not in d.session.document.graph.nodes


def test_data_nodes_start_with_the_columns_that_are_free(qtbot: QtBot) -> None:
    columns = {"a": [1.0], "b": [2.0], "t": [1.0]}
    d = Driver(qtbot, document([], [], data={"source": "inline", "columns": columns}))
    target, inputs = d.canvas.add_op("target"), d.canvas.add_op("input")
    nodes = d.session.document.graph.nodes
    assert nodes[target].params["columns"] == ["t"]
    assert nodes[inputs].params["columns"] == ["a", "b"]


def test_tidy_puts_every_wire_from_left_to_right_without_overlap_in_one_step(qtbot: QtBot) -> None:
    d = Driver(qtbot)
    scattered = {i: (37.0 * k % 90, 11.0 * k % 70) for k, i in enumerate(d.session.document.graph.nodes)}
    d.session.apply(d.session.edits.move(scattered))
    before = d.state()
    d.tidy()
    nodes = d.canvas.scene.nodes
    for source, target, _ in d.wires():
        assert nodes[source].rect.right() < nodes[target].rect.left()
    rects = [v.rect for v in nodes.values()]
    assert not any(a.intersects(b) for i, a in enumerate(rects) for b in rects[:i])
    assert d.session.undo_stack.count() == 2
    d.undo()
    assert d.state() == before


def test_what_goes_while_the_places_are_found_is_not_laid_out(qtbot: QtBot) -> None:
    d = Driver(qtbot)
    d.canvas.tidy()
    d.session.apply(d.session.edits.remove({"s"}))
    qtbot.waitUntil(lambda: d.session.undo_stack.count() == 2)
    assert d.session.undo_stack.undoText() == "Tidy"
    nodes = d.canvas.scene.nodes
    assert "s" not in nodes
    for source, target, _ in d.wires():
        assert nodes[source].rect.right() < nodes[target].rect.left()


def test_tidy_of_a_cycle_and_of_nothing_still_gives_places() -> None:
    graph = document([{"id": "a", "op": "tanh"}, {"id": "b", "op": "tanh"}], [("a", "b", "x"), ("b", "a", "x")]).graph
    places = tidy(graph, {"a": (120, 80), "b": (120, 80)}).corners
    assert set(places) == {"a", "b"}
    assert places["a"] != places["b"]
    assert tidy(document([], []).graph, {}).corners == {}


def test_tidy_of_a_wire_from_a_node_to_itself_and_of_many_cycles_ends() -> None:
    names, dice = [f"n{i}" for i in range(11)], random.Random(3)
    sizes = dict.fromkeys(names, (100.0, 50.0))
    for _ in range(300):
        nodes = [{"id": i, "op": "add"} for i in names]
        wires = [(dice.choice(names), dice.choice(names), f"p{j}") for j in range(22)]
        places = tidy(document(nodes, [("n0", "n0", "a"), *wires]).graph, sizes).corners
        assert len(set(places.values())) == len(names)


def test_the_view_zooms_at_the_pointer_within_its_limits(qtbot: QtBot) -> None:
    d = Driver(qtbot)
    at = QPointF(300, 200)
    under = d.canvas.camera.to_scene(at)
    d.canvas.zoom_to(2.5, at)
    moved = d.canvas.camera.to_scene(at) - under
    assert abs(moved.x()) < 1
    assert abs(moved.y()) < 1
    d.canvas.zoom_to(100)
    assert d.canvas.camera.zoom == 4.0
    d.canvas.zoom_to(0.001)
    assert d.canvas.camera.zoom == 0.05
    d.canvas.zoom_reset()
    assert d.canvas.camera.zoom == 1.0
    d.canvas.zoom_in()
    d.canvas.zoom_out()
    assert d.canvas.camera.zoom == 1.0


def test_fit_shows_everything_or_the_selection(qtbot: QtBot) -> None:
    d = Driver(qtbot, size=(700, 400))
    d.canvas.zoom_to(4.0)
    d.key(Qt.Key.Key_F)
    assert d.canvas.visible_area().contains(d.canvas.scene.bounds())
    whole = d.canvas.camera.zoom
    d.session.select({"m"})
    d.key(Qt.Key.Key_F)
    assert d.canvas.camera.zoom > whole
    middle = d.canvas.visible_area().center() - d.canvas.scene.nodes["m"].rect.center()
    assert abs(middle.x()) < 2
    assert abs(middle.y()) < 2


def test_the_minimap_leads_there_and_can_be_hidden(qtbot: QtBot) -> None:
    d = Driver(qtbot)
    d.canvas.zoom_to(3.0)
    minimap = d.canvas.minimap
    d.canvas.center_on(d.canvas.scene.nodes["x"].rect.center())
    before = d.canvas.visible_area().center().x()
    QTest.mouseClick(minimap, Qt.MouseButton.LeftButton, pos=minimap.rect().center() + minimap.rect().center() * 0.5)
    assert d.canvas.visible_area().center().x() > before + 100
    d.canvas.show_minimap(False)
    assert not minimap.isVisible()


def test_the_context_menu_offers_what_the_selection_allows(qtbot: QtBot) -> None:
    d = Driver(qtbot)

    def texts() -> list[str]:
        menu = make_menu(d.canvas, d.canvas.action_set, d.session.selection, d.session.document.graph)
        return [action.text() for action in menu.actions() if action.text()]

    copying = ["Cut", "Copy", "Duplicate", "Delete", "Lock", "Zoom to selection", "Fit"]
    several = [*copying[:4], "Align", *copying[4:]]
    switching = ["Mute", "Bypass", "Collapse"]
    assert texts() == ["Add a node…", "Frame", "Add a note", "Paste", "Select all", "Tidy", "Fit"]
    d.session.select({"a"})
    assert texts() == [
        "Open",
        "Why this number?",
        "Ask for this number",
        "Watch this…",
        "Rename",
        "Connect",
        "Frame",
        *switching,
        *copying,
    ]
    d.session.select({"h", "s"})
    assert texts() == ["Connect", "Frame", *switching, *several]
    d.session.apply(d.session.edits.add((Frame("f"), Note("n"), Reroute("r", ("a", "x"))), "Add"))
    d.session.select({"f"})
    assert texts() == ["Rename", "Frame", "Colour", *copying]
    d.session.select({"f", "n", "h"})
    assert texts() == ["Frame", *switching, "Colour", *several]
    d.session.select({"r"})
    assert texts() == ["Add a reroute point", "Delete", "Lock"]
    d.session.select({("a", "x")})
    assert texts() == [
        "Open",
        "Why this number?",
        "Ask for this number",
        "Watch this…",
        "Connect",
        "Add a reroute point",
        "Delete",
    ]
    menu = make_menu(d.canvas, d.canvas.action_set, d.session.selection, d.session.document.graph)
    menu.actions()[-1].trigger()
    assert ("h", "a", "x") not in d.wires()
