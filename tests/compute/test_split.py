"""Splits: every row in one part, shares as asked for, nothing torn, nothing from later than what is held back."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from compute.data import SPLIT_KINDS, InputSpec, Table, TargetSpec, prepare
from compute.data.dates import times_of
from compute.data.split import Split, column_for, proposed
from compute.data.table import classes_of
from compute.errors import GradwireError

SHARES = st.tuples(st.floats(0, 0.45), st.floats(0, 0.45))
SEEDS = st.integers(0, 2**64 - 1)
X = {"x": InputSpec(["a"])}


def table(column: Any = None, rows: int = 0) -> Table:
    """Row numbers in ``a``, and in ``c`` the numbers or texts given."""
    if column is None:
        return Table({"a": np.arange(float(rows))})
    if isinstance(column[0], str):
        values, names = classes_of(column)
        return Table({"a": np.arange(float(len(values))), "c": values}, {"c": names})
    return Table({"a": np.arange(float(len(column))), "c": np.array(column, dtype=np.float64)})


def parts_of(split: Split, of: Table, seed: int, target: str = "") -> tuple[Any, Any, Any]:
    """The three parts; each row is in one of them, and the same seed gives the same."""
    found = split.divide(of, seed, target)
    assert sorted(np.concatenate(found).tolist()) == list(range(of.rows))
    assert len(found[0])
    again = split.divide(of, seed, target)
    assert all(np.array_equal(a, b) for a, b in zip(found, again, strict=True))
    return found


@given(rows=st.integers(5, 200), shares=SHARES, seed=SEEDS)
def test_drawn_rows_have_the_shares_and_a_test_leaves_validation_as_it_was(
    rows: int, shares: tuple[float, float], seed: int
) -> None:
    train, validation, test = parts_of(Split("random", *shares), table(rows=rows), seed)
    assert (len(validation), len(test)) == (round(rows * shares[0]), round(rows * shares[1]))
    # Without test rows it is the split of earlier versions, to the last bit.
    before = parts_of(Split("random", shares[0]), table(rows=rows), seed)
    order = np.random.Generator(np.random.PCG64(seed)).permutation(rows)
    if len(before[1]):
        assert before[1].tolist() == order[: len(before[1])].tolist()
        assert before[0].tolist() == order[len(before[1]) :].tolist()
        assert validation.tolist() == before[1].tolist()
        assert [row for row in before[0].tolist() if row not in set(test)] == train.tolist()
    # How many rows validate does not change which ones test.
    assert parts_of(Split("random", 0.0, shares[1]), table(rows=rows), seed)[2].tolist() == test.tolist()


@given(classes=st.lists(st.integers(0, 4), min_size=12, max_size=150), shares=SHARES, seed=SEEDS)
def test_stratified_parts_have_the_classes_in_equal_shares(
    classes: list[int], shares: tuple[float, float], seed: int
) -> None:
    of = table([f"class {each}" for each in classes])
    count = np.bincount(of.columns["c"].astype(int))
    if count.max() == 1:
        return
    train, validation, test = parts_of(Split("stratified", *shares), of, seed, "c")
    for rows, share in ((validation, shares[0]), (test, shares[1])):
        wanted = round(len(classes) * share)
        given_ = np.bincount(of.columns["c"][rows].astype(int), minlength=len(count))
        assert given_.sum() <= wanted
        exact = count * wanted / len(classes)
        assert (given_ <= np.floor(exact) + 1).all()
        assert (given_ >= np.floor(exact))[count >= 40].all()
    # Every class is trained.
    assert (np.bincount(of.columns["c"][train].astype(int), minlength=len(count)) >= 1).all()


def test_150_irises_are_split_evenly_and_a_number_by_its_size() -> None:
    of = table(np.repeat([0.0, 1.0, 2.0], 50))
    for rows, each in zip(parts_of(Split("stratified", 0.2, 0.1), of, 3, "c"), (35, 10, 5), strict=True):
        assert np.bincount(of.columns["c"][rows].astype(int)).tolist() == [each] * 3
    of = table(np.random.default_rng(0).normal(size=500).tolist())
    _, validation, _ = parts_of(Split("stratified", 0.2), of, 0, "c")
    bands = np.searchsorted(np.quantile(of.columns["c"], np.arange(0.1, 0.95, 0.1)), of.columns["c"][validation])
    assert np.bincount(bands).tolist() == [10] * 10


@given(groups=st.lists(st.integers(0, 12), min_size=12, max_size=120), share=st.floats(0.1, 0.4), seed=SEEDS)
def test_groups_are_never_torn(groups: list[int], share: float, seed: int) -> None:
    of, most = table(groups), max(np.bincount(groups))
    split = Split("groups", share, share, "c")
    try:
        found = parts_of(split, of, seed)
    except GradwireError as error:
        assert "are too few or too large" in str(error)  # noqa: PT017
        return
    held = [{*of.columns["c"][rows].tolist()} for rows in found]
    assert sum(map(len, held)) == len({*groups})
    for rows in found[1:]:
        assert len(rows) <= round(len(groups) * share) + most / 2


@given(times=st.lists(st.integers(-30, 30), min_size=10, max_size=120), shares=SHARES, seed=SEEDS)
def test_in_time_nothing_is_trained_on_that_is_as_late_as_what_is_held_back(
    times: list[int], shares: tuple[float, float], seed: int
) -> None:
    of = table(times)
    try:
        train, validation, test = parts_of(Split("chronological", *shares, "c"), of, seed)
    except GradwireError as error:
        assert "too few moments" in str(error)  # noqa: PT017
        return
    when = [of.columns["c"][rows] for rows in (train, validation, test) if len(rows)]
    assert all(a.max() < b.min() for a, b in pairwise(when))
    # Without a column the table is in the order of time.
    train, validation, test = parts_of(Split("chronological", *shares), of, seed)
    assert [*sorted(train), *sorted(validation), *sorted(test)] == list(range(len(times)))
    assert (len(validation), len(test)) == tuple(round(len(times) * share) for share in shares)


def test_rows_in_which_something_is_missing_are_in_no_part() -> None:
    of = Table({"a": np.arange(12.0), "c": np.array([*range(11), np.nan])})
    usable = np.array([0, 2, 4, 6, 8, 10, 11])
    found = Split("random", 0.3, 0.3).divide(of, 1, "", usable)
    assert sorted(np.concatenate(found).tolist()) == usable.tolist()
    found = Split("chronological", 0.3, 0.3, "c").divide(of, 1, "", usable[:-1])
    assert [sorted(rows) for rows in found] == [[0, 2], [4, 6], [8, 10]]
    with pytest.raises(GradwireError, match=r'row 11 .* of the column "c", by which rows are split, is missing'):
        Split("chronological", 0.3, 0.3, "c").divide(of, 1, "", usable)
    dated = Table({"c": np.array([0.0, -1.0, 1.0])}, {"c": ("2026-01-01", "2026-01-02")})
    assert np.diff(times_of(dated, "c")[[0, 2]]).tolist() == [86400.0]
    assert np.isnan(times_of(dated, "c")[1])


def test_a_column_says_the_part_in_words_or_numbers() -> None:
    words = ["train", "Test", "valid", "train ", "TRAINING", "test"]
    for of in (table(words), table([0, 2, 1, 0, 0, 2])):
        train, validation, test = parts_of(Split("by column", 0.5, 0.4, "c"), of, 1)
        assert [sorted(rows) for rows in (train, validation, test)] == [[0, 3, 4], [2], [1, 5]]
    assert parts_of(Split("by column", column="c"), table(["train"] * 4), 0)[0].tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("texts", "order"),
    [
        (["2026-03-01", "2025-12-31", "2026-02-28T23:59"], [1, 2, 0]),
        (["01.03.2026", "31.12.2025", "28.02.2026"], [1, 2, 0]),
        (["3/1/2026", "12/31/2025", "2/28/26"], [1, 2, 0]),
        (["01/03/2026", "31/12/2025", "28/02/2026"], [1, 2, 0]),
        (["2026-03-01T10:00+02:00", "2026-03-01T09:30+00:00", "2026-03-01T07:00Z"], [2, 0, 1]),
    ],
)
def test_dates_are_put_in_the_order_of_time(texts: list[str], order: list[int]) -> None:
    assert np.argsort(times_of(table(texts), "c")).tolist() == order


@pytest.mark.parametrize(
    ("split", "column", "says"),
    [
        (Split("groups", 0.5), [0, 1], r'the split "groups" goes by a column \(the group\); choose one for it'),
        (Split("groups", 0.5, 0, "cc"), [0, 1], 'column "cc", which the data does not have; did you mean "c"'),
        (Split("groups", 0.2, 0, "c"), ["one"] * 10, "the groups of the column .* are too few"),
        (Split("by column", 0, 0, "c"), ["train", "later"], 'row 1 .* column "c" is "later", which says no part'),
        (Split("by column", 0, 0, "c"), [1.0, 2.0], 'the column "c" leaves no row for training'),
        (Split("chronological", 0.2, 0, "c"), ["2026-01-01"] * 9, 'the column "c" has too few moments'),
        (Split("chronological", 0.2, 0, "c"), [*["2026-01-01"] * 9, "soon"], 'row 9 .* is "soon", which is no date'),
        (Split("stratified", 0.2, 0, "c"), list("abcdefghij"), "each of its classes has one row alone"),
        (Split("random", 0.6, 0.5), [1.0] * 10, "test_fraction 0.5 leaves none of the 10 rows for training"),
    ],
)
def test_what_cannot_be_split_says_why(split: Split, column: list[Any], says: str) -> None:
    with pytest.raises(GradwireError, match=says):
        split.divide(table(column), 0)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ({"split": "stratifed"}, 'data.split: "stratifed" is not known; did you mean "stratified"'),
        ({"split": 3}, "data.split: 3 is not known"),
        ({"split_column": ["c"]}, "data.split_column: must be the name of a column"),
        ({"test_fraction": "0.2"}, "data.test_fraction: must be a number from 0"),
        ({"test_fraction": True}, "data.test_fraction: must be a number from 0"),
        ({"validation_fraction": 0.5, "test_fraction": 0.5}, "must be less than 1 together"),
    ],
)
def test_a_file_that_is_wrong_is_one_sentence(data: dict[str, Any], says: str) -> None:
    with pytest.raises(GradwireError, match=says):
        Split.read(data)


def test_test_rows_are_in_no_other_part_and_nothing_is_fitted_to_them() -> None:
    of = table(np.arange(40.0) ** 2)
    done = prepare(of, X, {"y": TargetSpec(["c"])}, Split("random", 0.25, 0.25), True, 5)
    assert [len(done.train["x"]), len(done.validation["x"]), len(done.test["x"])] == [20, 10, 10]
    trained = of.columns["a"][done.train_rows]
    assert (done.means["a"], done.stds["a"]) == (trained.mean(), trained.std())
    assert done.test["y"][:, 0].tolist() == of.columns["c"][done.test_rows].tolist()
    assert done.take([39])["y"].tolist() == [[39.0**2]]
    # What is fitted is found again for every split, and by the column that it goes by.
    other = prepare(of, X, {"y": TargetSpec(["c"])}, Split("chronological", 0.25, 0.25), True, 5)
    assert other.means["a"] == np.arange(20.0).mean()


def test_what_is_proposed_suits_the_data() -> None:
    assert proposed(table(["a", "b"] * 10), "c") == "stratified"
    assert proposed(table([0.0, 1.0] * 10), "c") == "stratified"
    assert proposed(table(np.linspace(0, 1, 20)), "c") == "random"
    assert proposed(table(["a", "b"]), "c") == "random"
    assert proposed(table(rows=9), "c") == "random"
    marked = Table({"a": np.arange(4.0), "part": np.array([0, 1, 0, 1])}, {"part": ("test", "train")})
    assert column_for("by column", marked) == "part"
    assert column_for("groups", marked, ("a",)) == "part"
    assert column_for("chronological", marked) is None
    assert all(kind.help.endswith(".") and (not kind.column) == (not kind.by) for kind in SPLIT_KINDS.values())
