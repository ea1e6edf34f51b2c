"""Every edit can be taken back and done again, in any number and order."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compute.document import Document, from_json, to_json
from compute.edits import Edit, Editor, Effect
from compute.graph import Node, Wire


def mlp() -> Document:
    return from_json(
        {
            "format": "gradwire",
            "version": 1,
            "name": "Start",
            "graph": {
                "nodes": [
                    {"id": "x", "op": "input", "params": {"columns": ["r"]}},
                    {"id": "h", "op": "dense", "params": {"units": 2}, "title": "hidden"},
                    {"id": "a", "op": "tanh", "mine": 1},
                    {"id": "z", "op": "dense", "params": {"units": 1}},
                ],
                "wires": [
                    {"from": "x", "to": "h", "port": "x"},
                    {"from": "h", "to": "a", "port": "x", "mine": 2},
                    {"from": "a", "to": "z", "port": "x"},
                ],
                "frames": [{"title": "one", "rect": [0, 0, 1, 1]}],
            },
            "data": {"source": "inline", "columns": {"r": [1.0]}},
            "weights": {"h.weight": [[1.0, 2.0]]},
        }
    )


def state(document: Document) -> tuple[Any, list[str], list[Any]]:
    """Everything that a person could tell apart, the order of nodes and wires included."""
    return to_json(document), list(document.graph.nodes), list(document.graph.wires)


def done_and_undone(document: Document, edit: Edit) -> None:
    before = state(document)
    edit.apply(document)
    after = state(document)
    edit.inverse().apply(document)
    assert state(document) == before
    edit.apply(document)
    assert state(document) == after


class TestOneEdit:
    def test_building_an_edit_changes_nothing(self) -> None:
        document = mlp()
        before = state(document)
        Editor(document).remove({"h"})
        Editor(document).rename("other")
        assert state(document) == before

    def test_add_a_node_with_its_wire(self) -> None:
        document = mlp()
        edit = Editor(document).add_node(Node("r", "relu"), (Wire("z", "r", "x"),))
        done_and_undone(document, edit)
        assert document.graph.wires["r", "x"].source == "z"
        assert list(document.graph.wires)[-1] == ("r", "x")
        assert edit.text == "Add r"

    def test_a_new_wire_on_an_occupied_port_replaces_the_old_in_one_step(self) -> None:
        document = mlp()
        edit = Editor(document).connect(Wire("x", "a", "x"))
        done_and_undone(document, edit)
        assert len(edit.changes) == 1
        assert document.graph.wires["a", "x"] == Wire("x", "a", "x")
        edit.inverse().apply(document)
        assert document.graph.wires["a", "x"].extra == {"mine": 2}

    def test_insert_on_a_wire(self) -> None:
        document = mlp()
        edit = Editor(document).insert_on_wire(Node("r", "relu"), "x", document.graph.wires["a", "x"])
        done_and_undone(document, edit)
        assert document.graph.wires["r", "x"].source == "h"
        assert document.graph.wires["a", "x"].source == "r"
        assert list(document.graph.wires) == [("h", "x"), ("a", "x"), ("z", "x"), ("r", "x")]

    def test_removing_a_node_takes_its_wires_and_leaves_the_others(self) -> None:
        document = mlp()
        edit = Editor(document).remove({"a"})
        done_and_undone(document, edit)
        assert list(document.graph.nodes) == ["x", "h", "z"]
        assert list(document.graph.wires) == [("h", "x")]
        assert edit.text == "Delete a"

    def test_texts_of_removals(self) -> None:
        editor = Editor(mlp())
        assert editor.remove({"h", "a"}).text == "Delete 2 nodes"
        assert editor.remove(set(), {("h", "x")}).text == "Delete wire"
        assert editor.remove({"h"}).text == "Delete hidden"
        assert editor.remove(set()).changes == ()

    def test_a_setting_leaves_the_others(self) -> None:
        document = mlp()
        done_and_undone(document, Editor(document).set_param("h", "bias", False))
        assert document.graph.nodes["h"].params == {"units": 2, "bias": False}

    def test_only_what_moved_is_in_a_move(self) -> None:
        document = mlp()
        move = Editor(document).move({"x": (5.0, 6.0), "h": (0.0, 0.0)})
        assert [change.id for change in move.changes if hasattr(change, "id")] == ["x"]
        done_and_undone(document, move)

    def test_how_far_an_edit_reaches(self) -> None:
        editor = Editor(mlp())
        adam = {"name": "adam", "learning_rate": 0.5}
        expected = {
            Effect.LOOKS: [
                editor.move({"x": (5.0, 6.0)}),
                editor.change_node("h", "Rename", title="h₁"),
                editor.rename("other"),
                editor.set_training("The same"),
                Edit("Nothing", ()),
            ],
            Effect.SETTINGS: [
                editor.set_training("Rate", optimizer=adam),
                editor.set_training("Epochs", epochs=7),
                editor.set_training("Batch", batch_size=7),
            ],
            Effect.DATA: [
                editor.set_training("Shuffle", shuffle=False, epochs=7),
                editor.set_data("Data", {"source": "builtin", "name": "xor"}),
            ],
            Effect.GRAPH: [
                editor.set_training("Loss", loss="h"),
                editor.set_training("Seed", seed=3, shuffle=False),
                editor.set_param("h", "units", 3),
                editor.remove({"x"}),
                editor.connect(Wire("x", "a", "x")),
            ],
        }
        for effect, edits in expected.items():
            for edit in edits:
                assert edit.effect == effect, edit.text
                assert edit.inverse().effect == effect, edit.text
        both = Edit("Both", editor.rename("other").changes + editor.set_training("Epochs", epochs=7).changes)
        assert both.effect == Effect.SETTINGS

    def test_weights_are_no_part_of_an_edit(self) -> None:
        document = mlp()
        edit = Editor(document).remove({"h"})
        edit.apply(document)
        document.weights["h.weight"][:] = 7.0
        edit.inverse().apply(document)
        assert document.weights["h.weight"].tolist() == [[7.0, 7.0]]

    def test_training_data_and_name(self) -> None:
        document = mlp()
        editor = Editor(document)
        done_and_undone(document, editor.set_training("Batch size", batch_size=7))
        done_and_undone(document, editor.set_data("Data", {"source": "builtin", "name": "xor"}))
        done_and_undone(document, editor.rename("New"))
        assert (document.training.batch_size, document.data["name"], document.name) == (7, "xor", "New")


IDS = st.sampled_from(["x", "h", "a", "z", "n1", "n2", "n3"])
OPS = st.sampled_from(["tanh", "add", "dense", "hologram"])
PLACE = st.tuples(st.floats(-1e4, 1e4), st.floats(-1e4, 1e4))


def any_edit(data: st.DataObject, document: Document) -> Edit:
    """One of all the edits, on whatever is there."""
    editor, graph = Editor(document), document.graph
    nodes, wires = list(graph.nodes), list(graph.wires.values())
    free = sorted({"n1", "n2", "n3", "x", "h"} - set(nodes))
    kinds = ["rename", "training", "data"]
    kinds += ["add"] if free else []
    kinds += ["connect", "remove", "set", "move", "title", "add_wired"] if nodes else []
    kinds += ["insert", "cut"] if wires and free else []
    node = st.sampled_from(nodes) if nodes else IDS
    match data.draw(st.sampled_from(kinds)):
        case "rename":
            return editor.rename(data.draw(st.text(max_size=3)))
        case "training":
            return editor.set_training("Settings", epochs=data.draw(st.integers(1, 9)))
        case "data":
            return editor.set_data("Data", {"source": "builtin", "name": data.draw(st.sampled_from(["xor", "iris"]))})
        case "add":
            new = data.draw(st.lists(st.sampled_from(free), min_size=1, unique=True))
            made = tuple(Node(i, data.draw(OPS), {}, data.draw(PLACE)) for i in new)
            ends = st.sampled_from([*nodes, *new])
            inside = tuple(
                {
                    w.key: w
                    for w in [Wire(data.draw(ends), data.draw(ends), data.draw(st.sampled_from("xab"))) for _ in "12"]
                }.values()
            )
            return editor.add(made, inside, "Paste")
        case "add_wired" if free:
            new_id = data.draw(st.sampled_from(free))
            return editor.add_node(
                Node(new_id, data.draw(OPS)), (Wire(data.draw(node), new_id, "x"), Wire(new_id, data.draw(node), "a"))
            )
        case "connect":
            return editor.connect(Wire(data.draw(node), data.draw(node), data.draw(st.sampled_from("xab"))))
        case "insert":
            return editor.insert_on_wire(Node(free[0], data.draw(OPS)), "x", data.draw(st.sampled_from(wires)))
        case "cut":
            return editor.remove(set(), {wire.key for wire in data.draw(st.lists(st.sampled_from(wires), min_size=1))})
        case "remove":
            return editor.remove(data.draw(st.sets(node, min_size=1)))
        case "set":
            return editor.set_param(data.draw(node), "units", data.draw(st.integers(1, 9)))
        case "move":
            return editor.move(data.draw(st.dictionaries(node, PLACE)))
        case _:
            return (
                editor.change_node(data.draw(node), "Title", title=data.draw(st.text(max_size=3)))
                if nodes
                else editor.rename("")
            )


@given(st.data())
def test_any_edits_all_undone_give_the_start_and_redone_the_end(data: st.DataObject) -> None:
    document = mlp()
    states, edits = [state(document)], []
    for _ in range(data.draw(st.integers(1, 12))):
        edit = any_edit(data, document)
        edit.apply(document)
        edits.append(edit)
        states.append(state(document))
    for edit, before in zip(reversed(edits), reversed(states[:-1]), strict=True):
        edit.inverse().apply(document)
        assert state(document) == before
    for edit, after in zip(edits, states[1:], strict=True):
        edit.apply(document)
        assert state(document) == after


@pytest.mark.parametrize("gone", [{"x"}, {"x", "z"}, {"h", "a"}, {"x", "h", "a", "z"}])
def test_order_comes_back_with_what_was_removed(gone: set[str]) -> None:
    document = mlp()
    done_and_undone(document, Editor(document).remove(gone))
