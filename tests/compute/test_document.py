"""A document survives load and save."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from compute.document import Document, Progress, dumps, from_json, load, loads, plain, save, to_json
from compute.errors import GradwireError
from compute.series import Points
from compute.workspace import open_document

ROOT = Path(__file__).resolve().parents[2]


def small() -> dict[str, Any]:
    """A document with every part and an unknown field at every level."""
    return {
        "format": "gradwire",
        "version": 1,
        "name": "Small",
        "graph": {
            "nodes": [
                {"id": "x", "op": "input", "params": {"columns": ["r"], "mine": 1}, "position": [0.0, 0.0], "glow": 7},
                {
                    "id": "h",
                    "op": "dense",
                    "params": {"units": 2},
                    "position": [240.0, 12.5],
                    "title": "h₁",
                    "parent": "f",
                    "collapsed": True,
                },
                {"id": "s", "op": "sum", "params": {"axis": None}, "position": [480.0, 0.0]},
            ],
            "wires": [
                {"from": "x", "to": "h", "port": "x", "color": "red"},
                {"from": "h", "to": "s", "port": "x"},
            ],
            "frames": [
                {"id": "f", "title": "layer", "rect": [0, 0, 300, 200], "color": "blue", "parent": "g", "tone": 3},
                {"id": "g", "rect": [-10, -10, 400, 300]},
            ],
            "notes": [{"id": "n", "rect": [0, 220, 180, 60], "text": "a $x^2$", "parent": "f", "ink": [1]}],
            "reroutes": [{"id": "r", "wire": ["h", "x"], "position": [120, 40], "parent": "f", "bend": 2}],
            "groups": [{"members": ["x"]}],
        },
        "data": {
            "source": "inline",
            "columns": {"r": [1.0, 2.0]},
            "validation_fraction": 0.0,
            "standardize": False,
            "units": {"r": "mm"},
        },
        "training": {
            "loss": "s",
            "optimizer": {"name": "sgd", "learning_rate": 0.1, "warmup": 5},
            "batch_size": 2,
            "epochs": 3,
            "seed": 4,
            "shuffle": False,
            "early_stopping": {"patience": 3},
        },
        "weights": {"h.weight": [[0.1, 0.2]], "h.bias": [0.0, -0.5]},
        "author": {"name": "Ada"},
    }


def changed(change: Callable[[dict[str, Any]], Any]) -> dict[str, Any]:
    raw = small()
    change(raw)
    return raw


class TestRoundTrip:
    def test_json_keeps_every_field_known_or_not(self) -> None:
        assert to_json(from_json(small())) == small()

    @pytest.mark.parametrize("suffix", [".json", ".gradwire"])
    def test_file_keeps_every_field_known_or_not(self, tmp_path: Path, suffix: str) -> None:
        save(from_json(small()), tmp_path / f"a{suffix}")
        assert to_json(load(tmp_path / f"a{suffix}")) == small()

    def test_unknown_op_is_kept_as_a_placeholder_with_an_error_on_it(self) -> None:
        raw = changed(lambda d: d["graph"]["nodes"][1].update(op="hologram", params={"angle": 45}))
        document = from_json(raw)
        assert to_json(document) == raw
        problems = open_document(document, strict=False).analysis.problems
        assert list(problems) == ["h"]
        assert problems["h"].sentence == "Node h₁: this version does not know the op 'hologram'; replace it."

    def test_weights_keep_their_shape_and_every_bit(self, tmp_path: Path) -> None:
        document = Document()
        arrays: dict[str, npt.NDArray[np.float64]] = {
            "f64": np.array([0.1, 1 / 3, 1e-300]),
            "f32": np.array([[0.1], [3.5]], np.float32).astype(np.float64),
            "scalar": np.array(2.5),
            "transposed": np.arange(6.0).reshape(2, 3).T / 7,
            "large": np.array([1e300]),
        }
        document.weights = dict(arrays)
        for name in ("a.gradwire", "a.json"):
            save(document, tmp_path / name)
            found = load(tmp_path / name).weights
            assert found.keys() == arrays.keys()
            for key, array in arrays.items():
                assert found[key].shape == array.shape
                assert np.array_equal(found[key], array)

    @pytest.mark.parametrize("archive", [True, False])
    def test_nan_and_infinite_weights_survive(self, archive: bool) -> None:
        document = Document()
        document.weights = {"w": np.array([np.nan, np.inf, -np.inf, 0.0])}
        data = dumps(document, archive=archive)
        assert np.array_equal(loads(data).weights["w"], document.weights["w"], equal_nan=True)

    def test_json_spells_what_it_lacks(self) -> None:
        assert plain({"a": np.array([np.nan, np.inf, -np.inf, 1.0])}) == {"a": ["nan", "inf", "-inf", 1.0]}
        assert b"NaN" not in dumps(from_json(changed(lambda d: d["weights"].update(w=["nan"]))), archive=False)

    def test_how_far_it_was_trained_and_where_it_started_are_kept(self, tmp_path: Path) -> None:
        document = from_json(small())
        document.initial = {"h.weight": np.array([[9.0, 8.0]])}
        curves = {"loss": [(1.0, 0.5), (2.0, 0.25)], "validation loss": [(1.0, 0.75)]}
        document.progress = Progress(2, 4, {name: Points.of(pairs) for name, pairs in curves.items()})
        save(document, tmp_path / "a.gradwire")
        found = load(tmp_path / "a.gradwire")
        assert found.progress is not None
        assert (found.progress.epochs, found.progress.steps, found.progress.place) == (2, 4, None)
        assert {name: points.pairs() for name, points in found.progress.series.items()} == curves
        assert found.initial["h.weight"].tolist() == [[9.0, 8.0]]
        assert found.weights["h.weight"].tolist() == [[0.1, 0.2]]

    @pytest.mark.parametrize("name", ["a.json", "a.gradwire"])
    def test_curves_that_are_not_finite_survive(self, tmp_path: Path, name: str) -> None:
        document = from_json(small())
        curves = {"loss": [(0.5, 0.5), (1.0, np.inf)], "validation loss": [(1.0, np.nan), (2.0, -np.inf)]}
        document.progress = Progress(1, 2, {name: Points.of(pairs) for name, pairs in curves.items()})
        save(document, tmp_path / name)
        found = load(tmp_path / name).progress
        assert found is not None
        for series, pairs in curves.items():
            np.testing.assert_array_equal(found.series[series].pairs(), pairs)

    @pytest.mark.parametrize("suffix", [".json", ".gradwire"])
    def test_unknown_fields_of_trained_are_kept(self, tmp_path: Path, suffix: str) -> None:
        raw = changed(lambda d: d.update(trained={"epochs": 1, "steps": 2, "train": [], "validation": [], "by": "Ada"}))
        save(from_json(raw), tmp_path / f"a{suffix}")
        assert to_json(load(tmp_path / f"a{suffix}"))["trained"] == raw["trained"]

    @pytest.mark.parametrize("suffix", [".json", ".gradwire"])
    def test_first_weights_without_any_training_are_kept(self, tmp_path: Path, suffix: str) -> None:
        raw = changed(lambda d: d.update(initial_weights={"h.weight": [[9.0, 8.0]]}))
        save(from_json(raw), tmp_path / f"a{suffix}")
        again = load(tmp_path / f"a{suffix}")
        assert again.initial["h.weight"].tolist() == [[9.0, 8.0]]
        assert again.initial.keys() == {"h.weight"}
        assert to_json(again) == raw

    def test_other_files_in_an_archive_are_kept(self, tmp_path: Path) -> None:
        members = {"data/points.csv": b"r\n1\n", "thumbnail.png": bytes(range(256)), "empty/": b""}
        with zipfile.ZipFile(tmp_path / "a.gradwire", "w") as archive:
            archive.writestr("document.json", json.dumps(small()))
            for name, content in members.items():
                archive.writestr(name, content)
        document = load(tmp_path / "a.gradwire")
        save(document, tmp_path / "b.json")
        save(document, tmp_path / "b.gradwire")
        with zipfile.ZipFile(tmp_path / "b.gradwire") as archive:
            assert {name: archive.read(name) for name in members} == members
            assert len(archive.namelist()) == 5

    def test_numbers_that_json_lacks_stay_words_wherever_they_stand(self) -> None:
        def change(raw: dict[str, Any]) -> None:
            raw["mine"] = [np.nan]
            raw["graph"]["frames"][0]["tone"] = [0, -np.inf, 1, 1]
            raw["graph"]["nodes"][0]["glow"] = {"far": np.inf}
            raw["graph"]["groups"] = np.inf
            raw["graph"]["wires"][0]["color"] = np.nan
            raw["training"]["optimizer"]["warmup"] = np.inf
            raw["training"]["early_stopping"] = np.nan

        data = dumps(from_json(changed(change)), archive=False)
        assert b"null" not in data.replace(b'"axis": null', b"")
        raw = json.loads(data)
        assert raw["mine"] == ["nan"]
        assert raw["graph"]["frames"][0]["tone"] == [0, "-inf", 1, 1]
        assert raw["graph"]["nodes"][0]["glow"] == {"far": "inf"}
        assert (raw["graph"]["groups"], raw["graph"]["wires"][0]["color"]) == ("inf", "nan")
        assert raw["training"]["optimizer"]["warmup"] == "inf"
        assert raw["training"]["early_stopping"] == "nan"

    def test_weights_never_trained_are_where_training_starts(self) -> None:
        document = from_json(small())
        assert document.initial["h.weight"].tolist() == [[0.1, 0.2]]

    def test_defaults_stand_in_for_what_is_not_there(self) -> None:
        document = loads(b'{"format": "gradwire", "version": 1}')
        assert (document.name, document.training.batch_size, document.training.shuffle) == ("Untitled", 32, True)
        assert document.data == {"source": "inline", "columns": {}}

    def test_byte_order_mark_is_no_obstacle(self) -> None:
        assert loads(b"\xef\xbb\xbf" + json.dumps(small()).encode()).name == "Small"

    def test_plan_of_a_copy_is_its_own(self) -> None:
        document = from_json(small())
        twin = document.copy()
        twin.graph.nodes.pop("s")
        twin.weights.clear()
        assert to_json(document) == small()


class TestDataPath:
    @pytest.fixture
    def document(self, tmp_path: Path) -> Document:
        (tmp_path / "one").mkdir()
        (tmp_path / "two").mkdir()
        (tmp_path / "one" / "points.csv").write_text("r\n1.5\n2.5\n")
        raw = changed(lambda d: d.update(data={"source": "csv", "path": "points.csv"}))
        (tmp_path / "one" / "a.json").write_text(json.dumps(raw))
        return load(tmp_path / "one" / "a.json")

    def test_is_relative_to_the_document(self, document: Document) -> None:
        assert open_document(document).program.train["x"].tolist() == [[1.5], [2.5]]

    def test_stays_as_written_in_the_same_folder(self, document: Document, tmp_path: Path) -> None:
        save(document, tmp_path / "one" / "b.gradwire")
        assert load(tmp_path / "one" / "b.gradwire").data["path"] == "points.csv"

    def test_still_leads_to_the_file_from_another_folder(self, document: Document, tmp_path: Path) -> None:
        save(document, tmp_path / "two" / "b.gradwire")
        again = load(tmp_path / "two" / "b.gradwire")
        assert open_document(again).program.train["x"].tolist() == [[1.5], [2.5]]
        assert open_document(document).program.train["x"].tolist() == [[1.5], [2.5]]

    def test_stays_relative_so_that_both_folders_can_move_together(self, document: Document, tmp_path: Path) -> None:
        save(document, tmp_path / "two" / "b.gradwire")
        assert document.data["path"] == "../one/points.csv"

    def test_is_whole_where_no_relative_path_leads(
        self, document: Document, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(*_paths: object) -> str:
            raise ValueError("path is on mount 'D:', start on mount 'C:'")

        monkeypatch.setattr("compute.document.storage.os.path.relpath", fail)
        save(document, tmp_path / "two" / "b.gradwire")
        assert document.data["path"] == str((tmp_path / "one" / "points.csv").resolve())


_SAVES_AND_DIES = """
import os, sys
from compute.document import load, save
document = load(sys.argv[1])
document.name = "changed"
def die(descriptor):
    os._exit(9)
os.fsync = die
save(document, sys.argv[1])
"""


@pytest.mark.parametrize("name", ["a.gradwire", "a.json"])
def test_process_killed_during_a_save_leaves_the_old_document(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    save(from_json(small()), path)
    before = path.read_bytes()
    done = subprocess.run(
        [sys.executable, "-c", _SAVES_AND_DIES, str(path)], env=os.environ | {"PYTHONPATH": str(ROOT)}, check=False
    )
    assert done.returncode == 9
    assert path.read_bytes() == before
    assert to_json(load(path)) == small()


class TestRecordsOfTheCanvas:
    def old(self) -> dict[str, Any]:
        """A document as it was written before frames had ids."""
        raw = small()
        graph = raw["graph"]
        del graph["notes"], graph["reroutes"]
        graph["nodes"][1] = {"id": "frame", "op": "dense", "params": {"units": 2}, "position": [240.0, 12.5]}
        graph["wires"] = []
        graph["frames"] = [
            {"title": "all", "rect": [-50, -50, 400, 300], "tone": 3},
            {"title": "inner", "rect": [200, 0, 100, 100]},
            {"title": "elsewhere", "rect": [0, 500, 10, 10]},
            {"title": "without a place"},
        ]
        return raw

    def test_frames_of_an_older_document_get_ids_and_what_lies_in_them(self) -> None:
        document = from_json(self.old())
        graph = document.graph
        assert list(graph.frames) == ["frame2", "frame3", "frame4", "frame5"]
        assert {node.id: node.parent for node in graph.nodes.values()} == {"x": "frame2", "frame": "frame3", "s": ""}
        assert [frame.parent for frame in graph.frames.values()] == ["", "frame2", "", "frame2"]
        assert graph.frames["frame2"].extra == {"tone": 3}
        written = to_json(document)
        assert written["graph"]["frames"][1] == {
            "id": "frame3",
            "title": "inner",
            "rect": [200, 0, 100, 100],
            "parent": "frame2",
        }
        assert to_json(from_json(written)) == written

    def test_a_frame_with_an_id_takes_nothing_in_by_itself(self) -> None:
        raw = self.old()
        raw["graph"]["frames"] = [{"id": "all", "rect": [-50, -50, 400, 300]}]
        assert {node.parent for node in from_json(raw).graph.nodes.values()} == {""}

    def test_what_has_its_default_is_not_written(self) -> None:
        document = from_json(
            {
                "format": "gradwire",
                "version": 1,
                "graph": {"nodes": [{"id": "x", "op": "constant"}], "frames": [{"id": "f", "rect": [0, 0, 9, 9]}]},
            }
        )
        assert to_json(document)["graph"] == {
            "nodes": [{"id": "x", "op": "constant", "params": {}}],
            "wires": [],
            "frames": [{"id": "f", "rect": [0, 0, 9, 9]}],
        }

    @pytest.mark.parametrize(
        ("change", "sentence"),
        [
            (lambda g: g["notes"][0].update(id="x"), "graph: two things on the canvas have the id x; rename one."),
            (lambda g: g["frames"][1].update(id="f"), "graph: two things on the canvas have the id f; rename one."),
            (
                lambda g: g["notes"][0].update(id=""),
                "graph.notes[0]: the id is empty; give every note an id of its own.",
            ),
            (
                lambda g: g["nodes"][1].update(parent="q"),
                "graph.nodes[1].parent: there is no frame 'q'; name one of the frames.",
            ),
            (
                lambda g: g["reroutes"][0].update(parent="n"),
                "graph.reroutes[0].parent: there is no frame 'n'; name one of the frames.",
            ),
            (
                lambda g: g["frames"][1].update(parent="f"),
                "graph.frames[0].parent: frame f lies in itself; give it another parent.",
            ),
            (
                lambda g: g["reroutes"][0].update(wire=["s", "y"]),
                "graph.reroutes[0].wire: no wire feeds port y of 's'; name a node and a wired port.",
            ),
            (lambda g: g["nodes"][0].update(off="maybe"), "graph.nodes[0].off: invalid enum value 'maybe'."),
            (
                lambda g: g["notes"][0].update(rect=[0, 1e9, 1, 1]),
                "graph.notes[0].rect: note n lies at 0, 1e+09, 1, 1;",
            ),
            (lambda g: g["notes"][0].update(text=4), "graph.notes[0].text: expected `str`, got `int`."),
        ],
    )
    def test_what_is_wrong_is_said_with_its_place(self, change: Callable[[dict[str, Any]], Any], sentence: str) -> None:
        with pytest.raises(GradwireError) as caught:
            from_json(changed(lambda raw: change(raw["graph"])))
        assert str(caught.value).startswith(sentence)
