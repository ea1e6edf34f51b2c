"""Preparation: splits, standardising and encodings are exact and repeatable, and faults name their place."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from compute.data import InputSpec, Table, TargetSpec, load_table, prepare
from compute.errors import GradwireError

TEN = Table({"a": np.arange(10.0), "b": np.arange(10.0) * 2 + 1, "c": np.arange(10.0) % 3, "k": np.full(10, 0.1)})


class TestPrepare:
    def test_without_a_split_rows_stay_in_file_order(self) -> None:
        done = prepare(TEN, {"x": InputSpec(["b", "a"])}, {"y": TargetSpec(["c"])}, 0.0, False, 7)
        assert done.train_rows.tolist() == list(range(10))
        assert done.validation_rows.tolist() == []
        assert done.train["x"].shape == (10, 2)
        assert done.train["x"][3].tolist() == [7.0, 3.0]
        assert done.train["y"].shape == (10, 1)
        assert done.validation["x"].shape == (0, 2)
        assert done.means == {"b": 0.0, "a": 0.0}
        assert done.stds == {"b": 1.0, "a": 1.0}

    def test_the_split_is_a_permutation_drawn_from_the_seed(self) -> None:
        done = prepare(TEN, {"x": InputSpec(["a"])}, {}, 0.3, False, 7)
        order = np.random.Generator(np.random.PCG64(7)).permutation(10).tolist()
        assert done.validation_rows.tolist() == order[:3]
        assert done.train_rows.tolist() == order[3:]
        assert done.train["x"][:, 0].tolist() == [float(row) for row in order[3:]]
        assert done.validation["x"][:, 0].tolist() == [float(row) for row in order[:3]]
        other = prepare(TEN, {"x": InputSpec(["a"])}, {}, 0.3, False, 8)
        assert other.train_rows.tolist() != done.train_rows.tolist()

    @given(rows=st.integers(2, 60), fraction=st.floats(0.0, 0.49), seed=st.integers(0, 2**32))
    def test_every_row_is_in_exactly_one_part(self, rows: int, fraction: float, seed: int) -> None:
        done = prepare(Table({"a": np.arange(float(rows))}), {"x": InputSpec(["a"])}, {}, fraction, False, seed)
        assert sorted([*done.train_rows, *done.validation_rows]) == list(range(rows))
        assert len(done.validation_rows) == round(rows * fraction)

    @pytest.mark.parametrize("values", [[1.7e308, 1.7e308, 2.0], [1.7e308, -1.7e308, 1.7e308]])
    def test_numbers_too_large_to_standardise_are_refused(self, values: list[float]) -> None:
        table = Table({"a": np.array(values)})
        with pytest.raises(
            GradwireError, match='the numbers of the column "a" are too large to standardise; make them'
        ):
            prepare(table, {"x": InputSpec(["a"])}, {}, 0.0, True, 0)
        assert prepare(table, {"x": InputSpec(["a"])}, {}, 0.0, False, 0).values["x"][:, 0].tolist() == values

    def test_a_validation_row_far_from_the_training_rows_is_infinite_without_a_warning(self) -> None:
        first = prepare(TEN, {"x": InputSpec(["a"])}, {}, 0.1, False, 7).validation_rows[0]
        column = np.arange(10.0) * 1e-10
        column[first] = 1.7e308
        found = prepare(Table({"a": column}), {"x": InputSpec(["a"])}, {}, 0.1, True, 7)
        assert found.validation["x"].tolist() == [[np.inf]]

    def test_standardising_uses_the_training_rows_alone(self) -> None:
        done = prepare(TEN, {"x": InputSpec(["a", "k"])}, {"y": TargetSpec(["a"])}, 0.3, True, 7)
        raw = TEN.columns["a"][done.train_rows]
        assert done.means["a"] == pytest.approx(raw.mean())
        assert done.stds["a"] == pytest.approx(raw.std())
        assert done.means["a"] != pytest.approx(4.5)
        assert done.train["x"][:, 0].mean() == pytest.approx(0.0, abs=1e-12)
        assert done.train["x"][:, 0].std() == pytest.approx(1.0)
        held = TEN.columns["a"][done.validation_rows]
        assert done.validation["x"][:, 0] == pytest.approx((held - raw.mean()) / raw.std())
        assert done.train["y"][:, 0].tolist() == raw.tolist()

    def test_a_constant_column_becomes_exactly_0(self) -> None:
        done = prepare(TEN, {"x": InputSpec(["k"])}, {}, 0.0, True, 0)
        assert (done.means["k"], done.stds["k"]) == (0.1, 1.0)
        assert done.train["x"].tolist() == [[0.0]] * 10

    def test_classes_by_index_and_one_hot(self) -> None:
        targets = {"i": TargetSpec(["c"], "index"), "h": TargetSpec(["c"], "one_hot", 4)}
        done = prepare(TEN, {}, targets, 0.0, False, 0)
        assert done.train["i"].shape == (10,)
        assert done.train["i"].dtype == np.float64
        assert done.train["i"][:4].tolist() == [0.0, 1.0, 2.0, 0.0]
        assert done.train["h"].shape == (10, 4)
        assert done.train["h"][2].tolist() == [0.0, 0.0, 1.0, 0.0]
        assert done.train["h"].sum() == 10.0
        assert done.classes == {"i": 3, "h": 4}

    def test_classes_come_from_the_names_of_a_text_column(self) -> None:
        done = prepare(
            load_table({"source": "builtin", "name": "iris"}, None),
            {},
            {"y": TargetSpec(["species"], "one_hot")},
            0.0,
            False,
            0,
        )
        assert done.classes == {"y": 3}
        assert done.train["y"].sum(axis=0).tolist() == [50.0, 50.0, 50.0]

    def test_take_gives_any_rows_of_the_table(self) -> None:
        done = prepare(TEN, {"x": InputSpec(["a"])}, {"y": TargetSpec(["c"], "index")}, 0.3, False, 7)
        some = done.take([9, 0, 9])
        assert some["x"].tolist() == [[9.0], [0.0], [9.0]]
        assert some["y"].tolist() == [0.0, 0.0, 0.0]
        for row in (10, -1):
            with pytest.raises(GradwireError, match=f"there is no row {row}; the rows are 0 to 9"):
                done.take([0, row])

    def test_without_data_nodes_there_is_one_row(self) -> None:
        done = prepare(load_table({}, None), {}, {}, 0.2, True, 0)
        assert done.train_rows.tolist() == [0]
        assert done.validation_rows.tolist() == []
        assert done.train == {}
        assert done.take([0]) == {}

    @pytest.mark.parametrize(
        ("inputs", "targets", "fraction", "says"),
        [
            (
                {"x": InputSpec(["a", "bb"])},
                {},
                0.0,
                r'node "x" asks for the column "bb".*did you mean "b"\? the columns are "a", "b", "c", "k"',
            ),
            ({}, {"y": TargetSpec(["q"])}, 0.0, 'the node "y" asks for the column "q"'),
            ({"x": InputSpec([])}, {}, 0.0, 'the node "x" names no column'),
            ({"x": InputSpec(["a"])}, {}, 1.0, "validation_fraction is 1.0; give a number from 0 to below 1"),
            ({"x": InputSpec(["a"])}, {}, -0.1, "validation_fraction is -0.1"),
            ({"x": InputSpec(["a"])}, {}, float("nan"), "validation_fraction is nan"),
            ({"x": InputSpec(["a"])}, {}, 0.96, "validation_fraction 0.96 leaves none of the 10 rows for training"),
            (
                {},
                {"y": TargetSpec(["k"], "index")},
                0.0,
                r'row 0 \(counting from 0\) of the column "k" \(node "y"\) is 0.1, which is no class number',
            ),
            (
                {},
                {"y": TargetSpec(["a"], "one_hot", 9)},
                0.0,
                r'row 9 .* column "a" \(node "y"\) is 9, but the 9 classes are 0 to 8',
            ),
            ({}, {"y": TargetSpec(["a"], "index", 0)}, 0.0, 'the node "y" has 0 classes'),
            (
                {},
                {"y": TargetSpec(["a", "c"], "index")},
                0.0,
                'the node "y" has 2 columns with the encoding "index"',
            ),
            (
                {},
                {"y": TargetSpec(["a"], "one_hot", 10**8)},
                0.0,
                'the node "y" with its 100000000 classes as one-hot rows needs',
            ),
            (
                {},
                {"y": TargetSpec(["a"], "onehot")},
                0.0,
                'has the encoding "onehot"; the encodings are "value"',
            ),
        ],
    )
    def test_faults_name_node_column_and_row(
        self, inputs: dict[str, InputSpec], targets: dict[str, TargetSpec], fraction: float, says: str
    ) -> None:
        with pytest.raises(GradwireError, match=says):
            prepare(TEN, inputs, targets, fraction, False, 0)

    def test_negative_class_is_refused(self) -> None:
        table = Table({"y": np.array([0.0, -1.0])})
        with pytest.raises(GradwireError, match=r'row 1 .* of the column "y" .* is -1, which is no class number'):
            prepare(table, {}, {"y": TargetSpec(["y"], "index")}, 0.0, False, 0)

    def test_negative_seed_is_refused(self) -> None:
        with pytest.raises(GradwireError, match="the seed is -1; give a whole number from 0 on"):
            prepare(TEN, {"x": InputSpec(["a"])}, {}, 0.5, False, -1)

    def test_no_data_and_no_rows_are_told_apart(self) -> None:
        with pytest.raises(GradwireError, match='the node "x" asks for the column "a", but the document has no data'):
            prepare(load_table({}, None), {"x": InputSpec(["a"])}, {}, 0.0, False, 0)
        with pytest.raises(GradwireError, match='the data of the node "x" has columns but no rows'):
            prepare(load_table({"columns": {"a": []}}, None), {"x": InputSpec(["a"])}, {}, 0.0, False, 0)

    def test_long_lists_of_columns_are_cut(self) -> None:
        with pytest.raises(GradwireError, match=r'"pixel 1,3" and 53 more$'):
            prepare(
                load_table({"source": "builtin", "name": "digits"}, None),
                {"x": InputSpec(["nothing like it"])},
                {},
                0.0,
                False,
                0,
            )
