"""From a document to a program: data prepared, weights collected, and what is wrong said in a sentence."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from compute.cli import main
from compute.document import Document, from_json, load, save, to_json
from compute.edits import Editor
from compute.errors import GradwireError
from compute.problems import Kind, sentence_of
from compute.reference import ReferenceRun
from compute.workspace import TableCache, open_document


def raw() -> dict[str, Any]:
    return {
        "format": "gradwire",
        "version": 1,
        "graph": {
            "nodes": [
                {"id": "x", "op": "input", "params": {"columns": ["r", "s"]}},
                {"id": "h", "op": "dense", "params": {"units": 2}},
                {"id": "z", "op": "dense", "params": {"units": 1}},
                {"id": "y", "op": "target", "params": {"columns": ["m"]}},
                {"id": "loss", "op": "sigmoid_cross_entropy"},
            ],
            "wires": [
                {"from": "x", "to": "h", "port": "x"},
                {"from": "h", "to": "z", "port": "x"},
                {"from": "z", "to": "loss", "port": "prediction"},
                {"from": "y", "to": "loss", "port": "target"},
            ],
        },
        "data": {
            "source": "inline",
            "columns": {"r": [1.0, 2.0, 3.0, 4.0], "s": [0.0, 1.0, 0.0, 1.0], "m": [0, 1, 1, 0]},
        },
        "training": {"loss": "loss", "seed": 3},
    }


def document(change: Callable[[dict[str, Any]], Any] = lambda d: None) -> Document:
    made = raw()
    change(made)
    return from_json(made)


def data(**fields: Any) -> Callable[[dict[str, Any]], Any]:
    return lambda d: d["data"].update(fields)


class TestProgram:
    def test_rows_of_every_data_node(self) -> None:
        program = open_document(document()).program
        assert program.rows == 4
        assert program.train["x"].tolist() == [[1.0, 0.0], [2.0, 1.0], [3.0, 0.0], [4.0, 1.0]]
        assert program.train["y"].tolist() == [[0.0], [1.0], [1.0], [0.0]]
        assert program.validation_rows == 0

    def test_validation_rows_are_kept_from_training(self) -> None:
        workspace = open_document(document(data(validation_fraction=0.25)))
        program = workspace.program
        assert (program.rows, program.validation_rows) == (3, 1)
        seen = {row[0] for row in [*program.train["x"].tolist(), *program.validation["x"].tolist()]}
        assert seen == {1.0, 2.0, 3.0, 4.0}
        assert program.train["x"][:, 0].tolist() == [r + 1.0 for r in workspace.order]

    def test_without_shuffling_training_rows_are_in_file_order(self) -> None:
        made = document(data(validation_fraction=0.5))
        made.training = replace(made.training, shuffle=False)
        program = open_document(made).program
        first = program.train["x"][:, 0].tolist()
        assert first == sorted(first)

    def test_inputs_are_standardised_by_the_training_rows(self) -> None:
        program = open_document(document(data(standardize=True, validation_fraction=0.25))).program
        assert program.train["x"].mean(axis=0) == pytest.approx([0.0, 0.0], abs=1e-12)
        assert program.train["x"].std(axis=0) == pytest.approx([1.0, 1.0])
        assert set(program.train["y"].ravel()) <= {0.0, 1.0}

    def test_without_data_nodes_there_is_one_row(self) -> None:
        made = from_json(
            {
                "format": "gradwire",
                "version": 1,
                "graph": {
                    "nodes": [{"id": "p", "op": "parameter", "params": {"value": 3.0}}, {"id": "L", "op": "square"}],
                    "wires": [{"from": "p", "to": "L", "port": "x"}],
                },
                "training": {"loss": "L"},
            }
        )
        program = open_document(made).program
        assert program.rows == 1
        assert ReferenceRun(program).trace(np.arange(1)).loss == 9.0

    def test_classes_come_from_the_data(self) -> None:
        def change(d: dict[str, Any]) -> None:
            d["data"]["columns"]["m"] = ["cat", "dog", "ant", "dog"]
            d["graph"]["nodes"][3]["params"]["encoding"] = "one_hot"
            d["graph"]["nodes"][2]["params"]["units"] = 3
            d["graph"]["nodes"][4]["op"] = "softmax_cross_entropy"

        program = open_document(document(change)).program
        assert program.train["y"].tolist() == [[0, 1, 0], [0, 0, 1], [1, 0, 0], [0, 0, 1]]


class TestWeights:
    def test_come_from_the_seed_where_none_are_given(self) -> None:
        first, again = (open_document(document()).program.weights for _ in range(2))
        other = document()
        other.training = replace(other.training, seed=4)
        assert all(np.array_equal(first[name], again[name]) for name in first)
        assert not np.array_equal(first["h.weight"], open_document(other).program.weights["h.weight"])
        assert first["h.bias"].tolist() == [0.0, 0.0]

    def test_start_the_same_when_a_node_is_added(self) -> None:
        first = open_document(document()).program.weights

        def change(d: dict[str, Any]) -> None:
            d["graph"]["nodes"].insert(1, {"id": "new", "op": "dense", "params": {"units": 5}})
            d["graph"]["wires"].append({"from": "x", "to": "new", "port": "x"})

        more = open_document(document(change)).program.weights
        assert all(np.array_equal(first[name], more[name]) for name in first)

    def test_given_ones_win(self) -> None:
        given = [[1.0, 2.0], [3.0, 4.0]]
        program = open_document(document(lambda d: d.update(weights={"h.weight": given}))).program
        assert program.weights["h.weight"].tolist() == given
        assert program.first_weights()["h.weight"].tolist() == given
        assert program.weights["z.weight"].shape == (2, 1)

    def test_given_ones_win_over_the_value_of_a_parameter(self) -> None:
        made = from_json(
            {
                "format": "gradwire",
                "version": 1,
                "graph": {"nodes": [{"id": "p", "op": "parameter", "params": {"value": 3.0}}]},
                "weights": {"p.value": 5.0},
            }
        )
        assert open_document(made).program.weights["p.value"].item() == 5.0

    def test_a_shape_that_does_not_fit_is_an_error_that_names_it(self) -> None:
        made = document(lambda d: d.update(weights={"h.weight": [[1.0]]}))
        with pytest.raises(
            GradwireError, match=r"Weight h\.weight has the shape \(1, 1\) and the graph needs \(2, 2\)"
        ):
            open_document(made)
        loose = open_document(made, strict=False)
        assert "h.weight" in sentence_of(loose.problem)
        assert loose.program.weights["h.weight"].shape == (2, 2)

    def test_those_of_no_node_are_kept_and_said(self) -> None:
        made = document(lambda d: d.update(weights={"h.wieght": [1.0], "extra.value": 0.0}))
        workspace = open_document(made)
        assert workspace.notes == (
            'The document gives a weight "h.wieght", which no node has; did you mean "h.weight" or '
            '"z.weight"? it is kept and not used.',
            'The document gives a weight "extra.value", which no node has; it is kept and not used.',
        )
        assert to_json(made)["weights"]["h.wieght"] == [1.0]
        assert open_document(document()).notes == ()

    def test_of_very_many_without_a_use_some_are_named_and_the_others_counted(self) -> None:
        made = document(lambda d: d.update(weights={f"w{i}": 1.0 for i in range(3000)}))
        notes = open_document(made).notes
        assert len(notes) == 9
        assert notes[0].startswith('The document gives a weight "w0", which no node has;')
        assert notes[-1] == "The document gives 2,992 more weights that are kept and not used."

    def test_first_ones_that_no_longer_fit_are_kept_and_said(self) -> None:
        def change(d: dict[str, Any]) -> None:
            d["trained"] = {"epochs": 1}
            d["initial_weights"] = {"h.weight": [[1.0, 2.0, 3.0, 4.0]]}

        workspace = open_document(document(change))
        assert workspace.notes == (
            'The first value of the weight "h.weight" does not fit the graph; it is kept and not used.',
        )
        wanted = workspace.program.analysis.parameters["h.weight"][1].shape
        assert workspace.program.initial["h.weight"].shape == wanted

    def test_nan_weights_are_honest(self) -> None:
        made = document(lambda d: d.update(weights={"h.weight": [["nan", 1.0], [2.0, "-inf"]]}))
        found = ReferenceRun(open_document(made).program).trace(np.arange(4))
        assert found.loss != found.loss
        assert np.isnan(found.values["h"][:, 0]).all()
        # x = 0 times −inf is NaN; x = 1 gives −inf.
        assert np.isnan(found.values["h"][0, 1])
        assert found.values["h"][1, 1] == -np.inf


class TestWrongDocuments:
    @pytest.mark.parametrize(
        ("change", "says"),
        [
            (lambda d: d["graph"]["nodes"][0]["params"].update(columns=["r", "S2"]), 'the column "S2"'),
            (lambda d: d["graph"]["nodes"][0]["params"].update(columns=["r", "ss"]), 'did you mean "s"'),
            (lambda d: d["graph"]["nodes"][2]["params"].update(units=2), "prediction is (B, 2) and target is (B, 1)"),
            (lambda d: d["graph"]["wires"].append({"from": "z", "to": "h", "port": "y"}), "h"),
            (lambda d: d["graph"]["wires"][0].update({"from": "z"}), "The wires form a cycle"),
            (lambda d: d["training"].update(loss="z"), "a loss must be a scalar"),
            (lambda d: d["training"].update(loss="los"), "'los' is not a node"),
            (lambda d: d["data"]["columns"].update(m=[0, 1, 2, 0]), "holds 2; a yes/no answer must lie between"),
            (lambda d: d["data"]["columns"].update(r=[1.0]), '"s" has 4 rows and "r" has 1'),
            (lambda d: d["data"]["columns"].update(r=[1.0, "a", 2.0, 3.0]), "row 1 (counting from 0)"),
            (lambda d: d.update(data={"source": "csv", "path": "points.csv"}), "save the document first"),
            (lambda d: d.update(data={"source": "builtin", "name": "irs"}), 'did you mean "iris"'),
            (lambda d: d.update(data={"source": "web"}), 'data.source: "web" is not known'),
            (lambda d: d.update(data={}), "the document has no data"),
        ],
    )
    def test_are_refused_with_a_sentence_and_still_open_for_mending(
        self, change: Callable[[dict[str, Any]], Any], says: str
    ) -> None:
        made = document(change)
        with pytest.raises(GradwireError) as caught:
            open_document(made)
        assert says in str(caught.value)
        loose = open_document(made, strict=False)
        found = ReferenceRun(loose.program).trace(np.arange(loose.program.rows))
        assert set(found.values) == set(loose.analysis.order)

    def test_data_that_is_missing_stops_only_what_hangs_on_it(self) -> None:
        def change(d: dict[str, Any]) -> None:
            d["data"] = {"source": "builtin", "name": "nothing"}
            d["graph"]["nodes"].append({"id": "c", "op": "constant", "params": {"value": 2.0}})
            d["graph"]["nodes"].append({"id": "q", "op": "square"})
            d["graph"]["wires"].append({"from": "c", "to": "q", "port": "x"})

        workspace = open_document(document(change), strict=False)
        assert 'there is no data set "nothing"' in sentence_of(workspace.problem)
        assert set(workspace.analysis.order) == {"c", "q"}
        assert workspace.analysis.waiting["h"] == "x"
        assert ReferenceRun(workspace.program).trace(np.arange(1)).values["q"] == 4.0


class TestTableCache:
    def test_an_edit_of_the_graph_reads_no_file_again(self, tmp_path: Path) -> None:
        made = self._csv(tmp_path)
        cache = TableCache()
        first = open_document(made, cache=cache).table
        (tmp_path / "points.csv").unlink()
        Editor(made).set_param("h", "units", 3).apply(made)
        Editor(made).set_data("Split", {**made.data, "validation_fraction": 0.5}).apply(made)
        assert open_document(made, cache=cache).table is first

    def test_another_file_is_read(self, tmp_path: Path) -> None:
        made = self._csv(tmp_path)
        cache = TableCache()
        open_document(made, cache=cache)
        (tmp_path / "other.csv").write_text("r,s,m\n7,8,1\n")
        Editor(made).set_data("File", {**made.data, "path": "other.csv"}).apply(made)
        assert open_document(made, cache=cache).program.train["x"].tolist() == [[7.0, 8.0]]

    def test_a_failed_read_is_tried_again(self, tmp_path: Path) -> None:
        made = self._csv(tmp_path)
        cache = TableCache()
        text = (tmp_path / "points.csv").read_text()
        (tmp_path / "points.csv").unlink()
        assert "cannot be read" in sentence_of(open_document(made, cache=cache, strict=False).problem)
        (tmp_path / "points.csv").write_text(text)
        assert open_document(made, cache=cache).program.rows == 2

    @staticmethod
    def _csv(folder: Path) -> Document:
        (folder / "points.csv").write_text("r,s,m\n1,2,0\n3,4,1\n")
        made = raw() | {"data": {"source": "csv", "path": "points.csv"}}
        (folder / "a.json").write_text(json.dumps(made))
        return load(folder / "a.json")


class TestTrainsAs:
    @pytest.mark.parametrize(
        ("change", "same"),
        [
            (lambda d: d["graph"]["nodes"].append({"id": "q", "op": "square"}), True),
            (lambda d: d["graph"]["nodes"].insert(0, {"id": "i", "op": "input", "params": {"columns": ["m"]}}), True),
            (lambda d: d["graph"]["nodes"][1].update(title="hidden", position=[5, 5]), True),
            (lambda d: d["training"].update(epochs=7, batch_size=1, optimizer={"name": "sgd"}, shuffle=False), True),
            (lambda d: d["graph"]["nodes"][1]["params"].update(units=3), False),
            (lambda d: d["graph"]["nodes"][0]["params"].update(columns=["s", "r"]), False),
            (lambda d: d["training"].update(seed=4), False),
            (lambda d: d["training"].update(loss=""), False),
            (data(standardize=True), False),
            (data(validation_fraction=0.5), False),
            (data(columns={"r": [1.0], "s": [0.0], "m": [1]}), False),
        ],
    )
    def test_what_leads_to_the_loss_alone_counts(self, change: Callable[[dict[str, Any]], Any], same: bool) -> None:
        cache, made = TableCache(), document()
        before = open_document(made, strict=False, cache=cache)
        after = document(change)
        if after.data == made.data:
            after.data = made.data
        assert open_document(after, strict=False, cache=cache).trains_as(before) is same

    def test_numbers_in_settings_are_compared(self) -> None:
        def made(value: list[float]) -> Document:
            nodes = [
                {"id": "c", "op": "constant", "params": {"value": value}},
                {"id": "p", "op": "parameter", "params": {"value": [1.0, 2.0]}},
                {"id": "m", "op": "multiply"},
                {"id": "s", "op": "sum"},
            ]
            wires = [("c", "m", "a"), ("p", "m", "b"), ("m", "s", "x")]
            return from_json(
                {
                    "format": "gradwire",
                    "version": 1,
                    "graph": {"nodes": nodes, "wires": [{"from": a, "to": b, "port": p} for a, b, p in wires]},
                    "training": {"loss": "s"},
                }
            )

        first, again, other = (open_document(made(value)) for value in ([3.0, 4.0], [3.0, 4.0], [3.0, 5.0]))
        assert first.trains_as(again)
        assert not first.trains_as(other)


class TestMemory:
    """What would need more memory than the budget is refused before anything of it is allocated."""

    @pytest.fixture(autouse=True)
    def _little(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("GRADWIRE_MEMORY", "1 GB")

    @staticmethod
    def opened(made: Document, *, strict: bool) -> tuple[Any, int]:
        """What ``open_document`` gives or raises, and the most bytes that it needed."""
        tracemalloc.start()
        try:
            found: Any = open_document(made, strict=strict)
        except GradwireError as error:
            found = str(error)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found, peak

    @staticmethod
    def wide(d: dict[str, Any]) -> None:
        d["graph"]["nodes"][1]["params"]["units"] = 30_000
        d["graph"]["nodes"][2]["params"]["units"] = 30_000

    def test_weights(self) -> None:
        made = document(self.wide)
        sentence = "Dense z needs 43.2 GB of memory and the limit is 1 GB (set by GRADWIRE_MEMORY); make it smaller."
        assert self.opened(made, strict=True)[0] == sentence
        found, peak = self.opened(made, strict=False)
        assert peak < 10**7
        assert found.analysis.problems["z"].sentence == sentence
        assert found.analysis.problems["z"].kind is Kind.MEMORY
        # What comes before it is computed, and what hangs on it waits.
        assert found.program.weights.keys() == {"h.weight", "h.bias"}
        assert found.analysis.waiting["loss"] == "z"

    def test_the_document_stays_editable(self) -> None:
        made = document(self.wide)
        Editor(made).set_param("z", "units", 1).apply(made)
        assert open_document(made).analysis.problems == {}

    def test_many_nodes_that_are_small_alone(self) -> None:
        def change(d: dict[str, Any]) -> None:
            d["graph"]["nodes"] += [{"id": f"n{i}", "op": "dense", "params": {"units": 3000}} for i in range(9)]
            d["graph"]["wires"] += [{"from": f"n{i - 1}" if i else "x", "to": f"n{i}", "port": "x"} for i in range(9)]

        found, peak = self.opened(document(change), strict=False)
        (node_id,) = found.analysis.problems
        assert node_id == "n3"
        assert found.analysis.problems[node_id].sentence.startswith(
            "Dense n3, with the nodes before it, needs 1.3 GB of memory and the limit is 1 GB"
        )
        assert peak < 10**9

    def test_values_of_a_batch(self) -> None:
        def change(d: dict[str, Any]) -> None:
            d["data"]["columns"] = {name: [0.0] * 20_000 for name in "rsm"}
            d["training"]["batch_size"] = 20_000
            d["graph"]["nodes"][1]["params"]["units"] = 9000

        made = document(change)
        assert "h" in self.opened(made, strict=False)[0].analysis.problems
        made.training = replace(made.training, batch_size=20)
        assert open_document(made).analysis.problems == {}

    def test_a_pass_over_more_rows_than_a_batch(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        def change(d: dict[str, Any]) -> None:
            d["data"]["columns"] = {name: [0.0] * 20_000 for name in "rsm"}
            d["training"]["batch_size"] = 20
            d["graph"]["nodes"][1]["params"]["units"] = 9000

        save(document(change), tmp_path / "a.json")
        call = ["trace", str(tmp_path / "a.json"), "--engine", "reference", "--quiet"]
        assert main(call) == 2
        assert "a pass over 20000 rows needs 5.76 GB" in capsys.readouterr().err
        assert main([*call, "--samples", "0,19999"]) == 0

    def test_classes_in_one_hot_rows(self) -> None:
        def change(d: dict[str, Any]) -> None:
            d["data"]["columns"] = {name: [0] * 1000 for name in "rsm"}
            d["graph"]["nodes"][3]["params"] |= {"encoding": "one_hot", "classes": 10**5}

        found, peak = self.opened(document(change), strict=False)
        assert peak < 10**7
        assert "100000 classes as one-hot rows needs 2.4 GB" in found.problems[0].sentence

    def test_columns_asked_for_again_and_again(self) -> None:
        def change(d: dict[str, Any]) -> None:
            d["data"]["columns"] = {name: [0.0] * 2000 for name in "rsm"}
            d["graph"]["nodes"][0]["params"]["columns"] = ["r"] * 50_000

        found, peak = self.opened(document(change), strict=False)
        assert peak < 10**8
        assert found.problems[0].sentence.startswith("what the data nodes read needs 2.4 GB of memory")


def test_a_document_that_moves_keeps_the_table_that_it_had_read(tmp_path: Path) -> None:
    """Its first file, or one in another folder with the path rewritten, is no other data."""
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    (tmp_path / "a" / "rows.csv").write_text("u,v\n1,2\n3,4\n", encoding="utf-8")
    (tmp_path / "b" / "rows.csv").write_text("u,v\n5,6\n", encoding="utf-8")
    cache = TableCache()
    inline = Document(data={"source": "inline", "columns": {"u": [1.0]}})
    table = cache.get(inline)
    save(inline, tmp_path / "a" / "inline.json")
    assert cache.get(inline) is table
    document = Document(data={"source": "csv", "path": str(tmp_path / "a" / "rows.csv")})
    table = cache.get(document)
    document.path, document.data = tmp_path / "a" / "one.json", {"source": "csv", "path": "rows.csv"}
    assert cache.get(document) is table
    save(document, tmp_path / "b" / "two.json")
    assert document.data["path"] == "../a/rows.csv"
    assert cache.get(document) is table
    document.data = {"source": "csv", "path": "rows.csv"}
    assert cache.get(document).columns["u"].tolist() == [5.0]
