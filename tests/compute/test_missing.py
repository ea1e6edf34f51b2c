"""Missing values and columns made from columns: what stands in is fitted, said, and the same ever after."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from compute.data import InputSpec, Table, TargetSpec, load_table, prepare
from compute.data.derived import DERIVED, derived, sources_of
from compute.data.entering import input_names
from compute.data.missing import WAYS, Treatment, filling, treatments
from compute.document import from_json, load, save
from compute.errors import GradwireError
from compute.predict import predict
from compute.workspace import open_document
from tests.compute.fitted_documents import trained_document

AGES = [20.0, None, 40.0, 60.0, None, 20.0, 30.0, 70.0]
DECKS = ["b", "a", None, "b", "c", "b", "a", None]


def table(**columns: list[Any]) -> Table:
    return load_table(
        {"source": "inline", "columns": columns or {"age": AGES, "deck": DECKS, "y": list(range(8))}}, None
    )


def inputs(found: Table, *names: str, target: str = "y", **prepared: Any) -> Any:
    said = treatments({"prepare": prepared})
    return prepare(found, {"x": InputSpec(names)}, {"y": TargetSpec([target])}, 0.0, False, 0, said=said)


class TestTable:
    def test_what_is_missing_is_known_by_column(self) -> None:
        found = table()
        age, deck = found.missing("age"), found.missing("deck")
        assert age is not None
        assert deck is not None
        assert (np.flatnonzero(age).tolist(), np.flatnonzero(deck).tolist()) == ([1, 4], [2, 7])
        assert found.missing("y") is None
        assert found.categories == {"deck": ("a", "b", "c")}
        assert found.columns["deck"].tolist() == [1, 0, -1, 1, 2, 1, 0, -1]
        assert [found.is_missing("age", row) for row in range(3)] == [False, True, False]


class TestWays:
    @pytest.mark.parametrize(
        ("way", "stands_in"),
        [({"missing": "mean"}, 40.0), ({"missing": "median"}, 35.0), ({}, 35.0), ({"missing": "most frequent"}, 20.0),
         ({"missing": "own value", "value": -1}, -1.0)],
    )  # fmt: skip
    def test_a_number_stands_in_for_a_number(self, way: dict[str, Any], stands_in: float) -> None:
        found = inputs(table(), "age", age=way)
        assert found.values["x"][:, 0].tolist() == [20, stands_in, 40, 60, stands_in, 20, 30, 70]
        assert found.fitted.columns["age"].fill == stands_in
        assert found.train_rows.tolist() == list(range(8))
        (note,) = found.notes
        assert note.startswith('"age": 2 of 8 values are missing; ')
        assert note.endswith("stands in.")

    def test_what_stands_in_is_found_in_the_training_rows_alone(self) -> None:
        rows = table(a=[None, *range(9)], y=[0.0] * 10)
        split = prepare(rows, {"x": InputSpec(["a"])}, {"y": TargetSpec(["y"])}, 0.4, False, 1)
        mine = [row for row in split.train_rows.tolist() if row]
        assert split.fitted.columns["a"].fill == np.median(rows.columns["a"][mine])

    @pytest.mark.parametrize(
        ("way", "number", "classes"),
        [
            ({}, 3, ("a", "b", "c", "missing")),
            ({"missing": "category"}, 3, ("a", "b", "c", "missing")),
            ({"missing": "most frequent"}, 1, ("a", "b", "c")),
            ({"missing": "own value", "value": "c"}, 2, ("a", "b", "c")),
            ({"missing": "own value", "value": "none"}, 3, ("a", "b", "c", "none")),
        ],
    )
    def test_a_class_stands_in_for_a_class(self, way: dict[str, Any], number: int, classes: tuple[str, ...]) -> None:
        found = inputs(table(), "deck", deck=way)
        assert found.values["x"][:, 0].tolist() == [1, 0, number, 1, 2, 1, 0, number]
        assert found.fitted.columns["deck"].classes == classes

    def test_rows_are_left_out_of_training_and_keep_their_numbers(self) -> None:
        found = inputs(table(), "age", age={"missing": "drop rows"})
        assert found.train_rows.tolist() == [0, 2, 3, 5, 6, 7]
        assert found.left_out.tolist() == [1, 4]
        assert found.notes == ('"age": 2 of 8 values are missing; those rows are left out.',)
        assert found.train["x"][:, 0].tolist() == [20, 40, 60, 20, 30, 70]

    def test_no_answer_is_made_up(self) -> None:
        found = inputs(table(), "y", target="age")
        assert found.train["y"][:, 0].tolist() == [20, 40, 60, 20, 30, 70]
        assert found.left_out.tolist() == [1, 4]

    def test_the_table_is_filled_once_for_the_same_values(self) -> None:
        raw = table()
        first, same = (filling(raw, ["age"], [], {}, None).filled([0, 2, 3, 7], None).table for _ in range(2))
        assert first is same
        other = filling(raw, ["age"], [], {"age": Treatment("", "mean")}, None).filled([0, 2, 3, 7], None).table
        assert other.columns["age"][1] != first.columns["age"][1]
        assert raw.missing("age") is not None  # what was read stays as it is

    def test_where_nothing_would_be_left_there_is_a_sentence(self) -> None:
        with pytest.raises(GradwireError, match="something is missing in every row of the data"):
            inputs(table(a=[None, 1.0], y=[1.0, None]), "a", a={"missing": "drop rows"})

    @pytest.mark.parametrize(
        ("said", "says"),
        [
            (3, "data.prepare: must be an object with one object for each column"),
            ({"age": 3}, "data.prepare.age: must be an object"),
            ({"age": {"missing": "medain"}}, 'data.prepare.age.missing: "medain" is not known; did you mean "median"'),
            ({"age": {"type": ["x"]}}, "data.prepare.age.type: .* is not known"),
            ({"age": {"missing": "own value"}}, "data.prepare.age.value: must be there"),
            ({"age": {"value": float("inf")}}, "data.prepare.age.value: must be a finite number or text"),
        ],
    )
    def test_what_a_file_says_wrong_is_named(self, said: Any, says: str) -> None:
        raw = {"format": "gradwire", "version": 1, "graph": {"nodes": [], "wires": []}}
        with pytest.raises(GradwireError, match=says):
            from_json(raw | {"data": {"source": "inline", "columns": {}, "prepare": said}})

    def test_a_way_that_does_not_go_with_the_column_is_named(self) -> None:
        with pytest.raises(GradwireError, match=r'column "deck" holds text, .* cannot be treated by "mean"'):
            inputs(table(), "deck", deck={"missing": "mean"})
        with pytest.raises(GradwireError, match=r'column "age" holds numbers, .* cannot be treated by "category"'):
            inputs(table(), "age", age={"missing": "category"})
        with pytest.raises(GradwireError, match=r"data\.prepare\.age\.value: must be a number"):
            inputs(table(), "age", age={"missing": "own value", "value": "x"})

    def test_every_way_says_what_it_does(self) -> None:
        assert all(name == way.name and way.help.endswith(".") for name, way in WAYS.items())


class TestDerived:
    def test_a_name_says_how_a_column_is_made(self) -> None:
        known = {"deck", "a=b"}
        made = derived("deck=b", known)
        assert made is not None
        assert (made.kind.name, made.source, made.argument) == ("one-hot", "deck", "b")
        assert derived("a=b", known) is None
        nested = derived("a=b=c=d", known)
        assert nested is not None
        assert (nested.source, nested.argument) == ("a=b", "c=d")
        assert derived("what=b", known) is None
        assert sources_of(["deck=b", "deck", "a=b", "deck=a"], known) == ["deck", "a=b"]
        assert all(kind.help.endswith(".") for kind in DERIVED.values())

    def test_one_hot_columns_are_read_like_any_others(self) -> None:
        found = inputs(table(), "deck=a", "age", "deck=missing")
        assert found.values["x"].tolist() == [[float(d == "a"), a if a else 35.0, float(d is None)]
                                              for d, a in zip(DECKS, AGES, strict=True)]  # fmt: skip
        assert found.table.columns["deck=a"].tolist() == [0, 1, 0, 0, 0, 0, 1, 0]
        assert list(found.fitted.columns) == ["deck", "age", "y"]
        assert input_names(table(), "deck") == ["deck=a", "deck=b", "deck=c", "deck=missing"]

    def test_they_are_not_standardised(self) -> None:
        found = prepare(table(), {"x": InputSpec(["deck=b", "age"])}, {}, 0.0, True, 0)
        assert set(found.values["x"][:, 0].tolist()) == {0.0, 1.0}
        assert found.values["x"][:, 1].mean() == pytest.approx(0, abs=1e-12)
        assert (found.means["deck=b"], found.stds["deck=b"]) == (0.0, 1.0)

    def test_a_class_that_is_not_there_is_named(self) -> None:
        with pytest.raises(GradwireError, match='node "x" asks for the column "deck=aa", but the column "deck" has no '
                           'class "aa"; did you mean "a"'):  # fmt: skip
            inputs(table(), "deck=aa")
        with pytest.raises(GradwireError, match='"age" holds numbers and has no class "3"; read "age" itself'):
            inputs(table(), "age=3")


class TestFitted:
    def test_a_trained_document_fills_in_what_it_filled_in(self, tmp_path: Path) -> None:
        trained = trained_document(["age", "deck=a", "deck=b", "deck=missing"], {"age": AGES, "deck": DECKS,
                                   "y": [float(i) for i in range(8)]})  # fmt: skip
        fitted = trained.progress.fitted if trained.progress else None
        assert fitted is not None
        assert (fitted.columns["age"].fill, fitted.columns["deck"].fill) == (35.0, 3.0)
        new = table(age=[None, 10.0], deck=["b", None])
        before = predict(trained, new).values
        assert np.array_equal(before, predict(trained, table(age=[35.0, 10.0], deck=["b", "missing"])).values)
        save(trained, tmp_path / "d.gradwire")
        save(trained, tmp_path / "d.json")
        for again in (load(tmp_path / "d.gradwire"), load(tmp_path / "d.json")):
            assert np.array_equal(predict(again, new).values, before)
        with pytest.raises(GradwireError, match=r'row 0 .* column "deck" is "q", which is none of the classes'):
            predict(trained, table(age=[1.0], deck=["q"]))

    def test_another_way_counts_once_the_network_is_reset(self) -> None:
        trained = trained_document(["age"], {"age": AGES, "y": [float(i) for i in range(8)]})
        assert open_document(trained).changed == ()
        trained.data = {**trained.data, "prepare": {"age": {"missing": "mean"}}}
        found = open_document(trained)
        assert found.changed == ("age",)
        assert found.prepared is not None
        assert found.prepared.notes == (
            '"age": 2 of 8 values are missing; 35 stands in, as it did when the network was trained.',
        )
        trained.progress = None
        anew = open_document(trained)
        assert (anew.changed, anew.prepared and anew.prepared.notes) == (
            (),
            ('"age": 2 of 8 values are missing; the mean, 40 stands in.',),
        )

    def test_without_its_data_it_is_traced_with_a_typical_row(self) -> None:
        trained = trained_document(["deck=b", "age"], {"age": AGES, "deck": DECKS, "y": [float(i) for i in range(8)]})
        trained.data = {"source": "csv", "path": "/nowhere/at/all.csv"}
        found = open_document(trained, strict=False)
        assert found.missing is not None
        assert found.prepared is not None
        assert found.prepared.values["x"].shape == (1, 2)

    def test_no_answer_for_a_row_that_would_be_left_out(self) -> None:
        way = {"age": {"missing": "drop rows"}}
        trained = trained_document(["age"], {"age": AGES, "y": [float(i) for i in range(8)]}, way)
        with pytest.raises(GradwireError, match=r'row 1 .* column "age" is missing, and the document leaves'):
            predict(trained, table(age=[1.0, None]))

    def test_a_class_that_older_documents_took_for_one_is_what_is_missing_now(self) -> None:
        rows: dict[str, list[Any]] = {"deck": ["NA", "b", "NA", "b"], "y": [1.0, 2.0, 1.0, 2.0]}
        trained = trained_document(["deck"], rows)
        new = predict(trained, table(deck=["b", None])).values
        assert np.array_equal(new, predict(trained, table(deck=["b", "NA"])).values)
