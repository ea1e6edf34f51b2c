"""Every edit can be taken back and done again, in any number and order."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compute.document import Document, dumps, from_json, loads, to_json
from compute.edits import Edit, Editor, Effect, RecordChange
from compute.graph import Frame, Graph, Node, Note, Record, Reroute, Wire


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
                "frames": [{"id": "f", "title": "one", "rect": [0, 0, 1, 1]}, {"id": "g", "parent": "f", "mine": 3}],
                "notes": [{"id": "n", "text": "$x^2$", "parent": "g"}],
                "reroutes": [
                    {"id": "r", "wire": ["a", "x"], "position": [1, 2]},
                    {"id": "q", "wire": ["h", "x"], "parent": "g"},
                ],
            },
            "data": {"source": "inline", "columns": {"r": [1.0]}},
            "weights": {"h.weight": [[1.0, 2.0]]},
        }
    )


def state(document: Document) -> tuple[Any, list[Any]]:
    """Everything that a person could tell apart, the order of records included."""
    return to_json(document), [record.id for record in document.graph.records()]


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
        assert document.graph.wires["a", "x"] == Wire("x", "a", "x")
        edit.inverse().apply(document)
        assert document.graph.wires["a", "x"].extra == {"mine": 2}
        # The points of the old wire are not those of the new one.
        assert [change.id for change in edit.records] == ["r", ("a", "x")]

    def test_insert_on_a_wire(self) -> None:
        document = mlp()
        edit = Editor(document).insert_on_wire(Node("r", "relu"), "x", document.graph.wires["a", "x"])
        done_and_undone(document, edit)
        assert document.graph.wires["r", "x"].source == "h"
        assert document.graph.wires["a", "x"].source == "r"
        assert list(document.graph.wires) == [("h", "x"), ("a", "x"), ("z", "x"), ("r", "x")]

    def test_a_node_put_into_a_wire_parts_the_points_of_it(self) -> None:
        document = mlp()
        Editor(document).add([Reroute("far", ("a", "x"), (90.0, 0.0))], "Add").apply(document)
        edit = Editor(document).insert_on_wire(Node("n1", "relu", {}, (50.0, 0.0)), "x", document.graph.wires["a", "x"])
        done_and_undone(document, edit)
        assert [(p.id, p.wire) for p in document.graph.reroutes.values()] == [
            ("r", ("n1", "x")),
            ("q", ("h", "x")),
            ("far", ("a", "x")),
        ]

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
        assert editor.remove({("h", "x")}).text == "Delete wire"
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
                editor.change("h", "Rename", title="h₁"),
                editor.change_all(["h", "a"], "Collapse", collapsed=True),
                editor.move({"f": (9.0, 9.0), "n": (1.0, 1.0), "r": (2.0, 2.0)}, parents={"x": "f"}),
                editor.remove({"f", "n", "q"}),
                editor.add((Frame("new"), Note("text"), Reroute("bend", ("z", "x"))), "Add"),
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
                editor.change("h", "Mute", off="mute"),
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


class TestRecords:
    def test_what_a_frame_holds_stays_when_it_goes(self) -> None:
        document = mlp()
        edit = Editor(document).remove({"g"})
        done_and_undone(document, edit)
        graph = document.graph
        assert (list(graph.frames), graph.notes["n"].parent, graph.reroutes["q"].parent) == (["f"], "f", "f")
        Editor(document).remove({"f"}).apply(document)
        assert (graph.frames, graph.notes["n"].parent) == ({}, "")

    def test_nested_frames_that_go_together_leave_what_they_hold_where_the_outer_lay(self) -> None:
        document = mlp()
        edit = Editor(document).remove({"f", "g", "n"})
        done_and_undone(document, edit)
        assert (document.graph.notes, document.graph.reroutes["q"].parent) == ({}, "")
        assert edit.text == "Delete 3 things"

    def test_a_wire_takes_its_points_with_it_and_a_node_those_of_its_wires(self) -> None:
        for gone in ({("a", "x")}, {"h"}):
            document = mlp()
            done_and_undone(document, Editor(document).remove(gone))
            assert "r" not in document.graph.reroutes
        assert document.graph.reroutes == {}

    def test_everything_in_a_frame_is_found(self) -> None:
        graph = mlp().graph
        assert graph.inside({"f"}) == {"g", "n", "q"}
        assert graph.inside({"g", "x"}) == {"n", "q"}

    def test_no_two_records_have_an_id(self) -> None:
        graph = mlp().graph
        assert [graph.free_id(stem) for stem in ("f", "n", "r", "h", "new")] == ["f2", "n2", "r2", "h2", "new"]


class TestLocked:
    def test_what_is_locked_is_neither_moved_nor_removed_nor_put_into_a_frame(self) -> None:
        document = mlp()
        Editor(document).change_all(["h", "g", "n", "r"], "Lock", locked=True).apply(document)
        before = to_json(document)
        edits = Editor(document)
        ids = {"h", "g", "n", "r"}
        edits.move(dict.fromkeys(ids, (5.0, 5.0)), parents={"h": "f"}).apply(document)
        edits.remove(set(ids)).apply(document)
        assert to_json(document) == before
        done_and_undone(document, edits.move({"h": (5.0, 5.0), "a": (7.0, 7.0)}))
        edits.move({"h": (5.0, 5.0), "a": (7.0, 7.0)}).apply(document)
        assert document.graph.nodes["h"].position == (0.0, 0.0)
        assert document.graph.nodes["a"].position == (7.0, 7.0)
        # A wire at a locked node can be cut, and goes with its other end.
        edits.remove({"x"}).apply(document)
        assert ("h", "x") not in document.graph.wires
        assert "h" in document.graph.nodes

    def test_locking_is_a_look_and_is_saved(self) -> None:
        document = mlp()
        edit = Editor(document).change_all(["h", "f", "n", "r"], "Lock", locked=True)
        assert edit.effect is Effect.LOOKS
        done_and_undone(document, edit)
        edit.apply(document)
        again = from_json(to_json(document)).graph
        assert again.locked(["h", "f", "n", "r", "a", ("a", "x")]) == {"h", "f", "n", "r"}


class TestMerging:
    def test_a_drag_is_one_change_of_each_record(self) -> None:
        document = mlp()
        before = state(document)
        merged = Editor(document).move({"x": (1.0, 0.0), "f": (1.0, 0.0)}, stroke="drag")
        merged.apply(document)
        for step in range(2, 6):
            edit = Editor(document).move({"x": (step, 0.0), "f": (step, 0.0), "n": (step, 0.0)}, stroke="drag")
            edit.apply(document)
            merged = merged.merged_with(edit)
        assert [change.id for change in merged.changes if isinstance(change, RecordChange)] == ["x", "f", "n"]
        assert merged.stroke == "drag"
        merged.inverse().apply(document)
        assert state(document) == before

    def test_there_and_back_is_nothing(self) -> None:
        document = mlp()
        edit = Editor(document).change("x", "Rename", title="y")
        assert edit.merged_with(edit.inverse()).changes == ()

    def test_what_is_added_and_then_moved_is_added_there(self) -> None:
        document = mlp()
        edit = Editor(document).add((Note("new"),), "Add note")
        edit.apply(document)
        merged = edit.merged_with(Editor(document).move({"new": (5.0, 5.0)}))
        (change,) = merged.changes
        assert (change.before, change.after) == (None, Note("new", (5.0, 5.0)))


IDS = ["x", "h", "a", "z", "f", "g", "n", "r", "q", "1", "2", "3"]
OPS = st.sampled_from(["tanh", "add", "dense", "hologram"])
PLACE = st.tuples(st.integers(-99, 99), st.integers(-99, 99)).map(lambda at: (float(at[0]), float(at[1])))
TEXT = st.text(max_size=3)


def any_edit(data: st.DataObject, document: Document) -> Edit:
    """One of all the edits, on whatever is there."""
    editor, graph = Editor(document), document.graph
    nodes, wires, frames = list(graph.nodes), list(graph.wires.values()), list(graph.frames)
    everything = [record.id for record in graph.records()]
    placed = [i for i in everything if isinstance(i, str)]
    free = [i for i in IDS if i not in placed]
    kinds = ["rename", "training", "data"]
    kinds += ["add", "add_aside"] if free else []
    kinds += ["remove", "move"] if placed else []
    kinds += ["connect", "set", "node", "add_wired"] if nodes else []
    kinds += ["insert", "cut"] if wires and free else []
    kinds += ["frame"] if frames else []
    kinds += ["note"] if graph.notes else []
    node = st.sampled_from(nodes) if nodes else st.nothing()
    parent = st.sampled_from(["", *frames])
    match data.draw(st.sampled_from(kinds)):
        case "rename":
            return editor.rename(data.draw(TEXT))
        case "training":
            return editor.set_training("Settings", epochs=data.draw(st.integers(1, 9)))
        case "data":
            return editor.set_data("Data", {"source": "builtin", "name": data.draw(st.sampled_from(["xor", "iris"]))})
        case "add":
            new = data.draw(st.lists(st.sampled_from(free), min_size=1, unique=True))
            made = [Node(i, data.draw(OPS), {}, data.draw(PLACE), parent=data.draw(parent)) for i in new]
            ends = st.sampled_from([*nodes, *new])
            some = [Wire(data.draw(ends), data.draw(ends), data.draw(st.sampled_from("xab"))) for _ in "12"]
            return editor.add((*made, *{w.key: w for w in some}.values()), "Paste")
        case "add_aside":
            new_id, lies_in = data.draw(st.sampled_from(free)), data.draw(parent)
            made_aside: list[Record] = [
                Frame(new_id, data.draw(PLACE), (9.0, 9.0), data.draw(TEXT), parent=lies_in),
                Note(new_id, data.draw(PLACE), (9.0, 9.0), data.draw(TEXT), parent=lies_in),
            ]
            made_aside += [Reroute(new_id, w.key, data.draw(PLACE), lies_in) for w in wires]
            return editor.add((data.draw(st.sampled_from(made_aside)),), "Add")
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
            return editor.remove({wire.key for wire in data.draw(st.lists(st.sampled_from(wires), min_size=1))})
        case "remove":
            return editor.remove(set(data.draw(st.lists(st.sampled_from(everything), min_size=1))))
        case "set":
            return editor.set_param(data.draw(node), "units", data.draw(st.integers(1, 9)))
        case "move":
            some_ids = data.draw(st.lists(st.sampled_from(placed), unique=True))
            lies = {i: data.draw(parent) for i in some_ids if i not in frames}
            return editor.move({i: data.draw(PLACE) for i in some_ids}, parents=lies)
        case "node":
            off, collapsed = data.draw(st.sampled_from(["", "mute", "bypass"])), data.draw(st.booleans())
            return editor.change_all({data.draw(node)}, "Switch", off=off, collapsed=collapsed, title=data.draw(TEXT))
        case "frame":
            frame = data.draw(st.sampled_from(frames))
            return editor.change(frame, "Resize", size=data.draw(PLACE), title=data.draw(TEXT), color="blue")
        case "note":
            return editor.change(data.draw(st.sampled_from(list(graph.notes))), "Write", text=data.draw(TEXT))
        case _:
            return editor.rename("")


def reopened(document: Document) -> Document:
    return loads(dumps(document, archive=False))


@given(st.data())
def test_any_edits_all_undone_give_the_start_and_redone_the_end(data: st.DataObject) -> None:
    """And at each stage, saved and opened again, the document is the same."""
    document = mlp()
    states, edits = [state(document)], []
    for _ in range(data.draw(st.integers(1, 12))):
        edit = any_edit(data, document)
        edit.apply(document)
        edits.append(edit)
        states.append(state(document))
        assert state(reopened(document)) == states[-1]
    for edit, before in zip(reversed(edits), reversed(states[:-1]), strict=True):
        edit.inverse().apply(document)
        assert state(document) == before
    for edit, after in zip(edits, states[1:], strict=True):
        edit.apply(document)
        assert state(document) == after


@given(st.data())
def test_merged_edits_do_what_all_of_them_do_in_turn_and_are_taken_back_as_all_of_them_are(
    data: st.DataObject,
) -> None:
    document, other = mlp(), mlp()
    start, merged = state(document), Edit("", ())
    for _ in range(data.draw(st.integers(1, 6))):
        edit = any_edit(data, document)
        edit.apply(document)
        merged = merged.merged_with(edit)
    merged.apply(other)
    assert state(other) == state(document)
    merged.inverse().apply(other)
    assert state(other) == start


@pytest.mark.parametrize("gone", [{"x"}, {"x", "z"}, {"h", "a"}, {"x", "h", "a", "z"}])
def test_order_comes_back_with_what_was_removed(gone: set[str]) -> None:
    document = mlp()
    done_and_undone(document, Editor(document).remove(gone))


def test_very_many_records_are_put_back_at_once() -> None:
    class Counted(dict[str, Node]):
        copied = 0

        def items(self) -> Any:
            Counted.copied += 1
            return super().items()

    made = Graph([Node(f"n{i}", "tanh") for i in range(1000)])
    made.nodes = Counted(made.nodes)
    document = Document(graph=made)
    before = list(made.nodes)
    removed = Editor(document).remove({f"n{i}" for i in range(0, 1000, 2)})
    removed.apply(document)
    assert len(made.nodes) == 500
    Counted.copied = 0
    removed.inverse().apply(document)
    assert list(made.nodes) == before
    assert Counted.copied == 1


def test_ids_for_many_go_on_counting() -> None:
    made = Graph([Node("h", "dense"), Node("h3", "dense")], frames=[Frame("h5")])
    free = made.free_ids()
    assert [free("h") for _ in range(4)] == ["h2", "h4", "h6", "h7"]
    assert [free("z"), free("z")] == ["z", "z2"]
    assert made.free_id("h") == "h2"
