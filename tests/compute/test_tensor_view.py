"""The one view of a tensor: cells, entries and samples agree for every number of axes and every place of the batch."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from compute.shapes import BATCH, Dim
from compute.tensor_view import TensorView

SIZES = [(), (5,), (2, 3), (4, 2, 3), (2, 3, 2, 4), (1, 1, 1), (3, 1)]
VIEWS = [TensorView(sizes, batch) for sizes in SIZES for batch in (None, *range(len(sizes)))]


@pytest.mark.parametrize("view", VIEWS, ids=str)
def test_each_cell_shows_the_entry_that_it_names(view: TensorView) -> None:
    array = np.arange(np.prod(view.shape, dtype=int)).reshape(view.shape)
    table = view.table(array)
    assert table.shape == (view.rows, view.columns)
    seen = set()
    for row, column in itertools.product(range(view.rows), range(view.columns)):
        entry = view.entry(row, column)
        assert view.has(entry)
        assert array[entry] == table[row, column]
        assert view.cell(entry) == (row, column)
        seen.add(entry)
    assert seen == set(np.ndindex(view.shape))


@pytest.mark.parametrize("view", VIEWS, ids=str)
def test_rows_columns_and_entries_agree_about_the_sample(view: TensorView) -> None:
    array = np.arange(np.prod(view.shape, dtype=int)).reshape(view.shape)
    for row, column in itertools.product(range(view.rows), range(view.columns)):
        sample = view.sample(view.entry(row, column))
        told = {view.sample_of(row), view.sample_of_column(column)} - {None}
        assert told == ({sample} if view.batch is not None else set())
    for sample in range(view.samples):
        entries = [entry for entry in np.ndindex(view.shape) if view.sample(entry) == sample]
        part = view.of_sample(array, sample).ravel()
        assert sorted(part) == sorted(array[entry] for entry in entries)
        assert [array[view.entry_of_sample(sample, place)] for place in range(part.size)] == part.tolist()
        rows = view.rows_of(sample)
        assert rows == [row for row in range(view.rows) if view.sample_of(row) == sample]
        assert all(view.sample(view.with_sample(entry, sample)) == sample for entry in np.ndindex(view.shape))


def test_row_5_of_a_batch_of_matrices_is_row_1_of_sample_2() -> None:
    view = TensorView.of(np.zeros((4, 2, 2)), (BATCH, 2, 2))
    assert (view.rows, view.columns) == (8, 2)
    assert view.sample_of(5) == 2
    assert view.row_name(5) == "2, 1"
    assert view.rows_of(2) == [4, 5]
    assert view.entry(5, 1) == (2, 1, 1)


def test_a_vector_is_a_row_unless_it_counts_samples() -> None:
    numbers = np.arange(3.0)
    row, column = TensorView.of(numbers), TensorView.of(numbers, (BATCH,))
    assert (row.rows, row.columns, row.row_name(0), row.column_name(2)) == (1, 3, "", "2")
    assert (column.rows, column.columns, column.row_name(2), column.column_name(0)) == (3, 1, "2", "")
    assert TensorView.of(np.array(2.0)).entry(0, 0) == ()


def test_a_transposed_batch_has_its_samples_in_columns() -> None:
    view = TensorView.of(np.zeros((2, 3)), (2, BATCH))
    assert view.rows_of(1) == []
    assert view.sample_of(1) is None
    assert view.sample_of_column(1) == 1
    assert view.with_sample((1, 0), 2) == (1, 2)


def test_an_entry_outside_is_none_and_a_sample_beyond_the_batch_is_the_last() -> None:
    view = TensorView.of(np.zeros((3, 2)), (BATCH, 2))
    assert not view.has((3, 0))
    assert not view.has((0, -1))
    assert not view.has((0,))
    assert view.with_sample((0, 1), 9) == (2, 1)
    assert view.rows_of(9) == []
    assert view.of_sample(np.arange(6).reshape(3, 2), 9).tolist() == [4, 5]


@pytest.mark.parametrize(
    ("shape", "names"),
    [
        ((4,), ["entries"]),
        ((BATCH,), ["samples"]),
        ((2, 3), ["rows", "columns"]),
        ((BATCH, 2, 3), ["samples", "rows", "columns"]),
        ((2, BATCH), ["rows", "samples"]),
        ((5, 4, 2, 3), ["blocks of rows", "blocks of rows", "rows", "columns"]),
    ],
)
def test_each_axis_has_a_name(shape: tuple[Dim, ...], names: list[str]) -> None:
    view = TensorView.of_shape(shape, 1)
    assert [view.axis_name(axis) for axis in range(len(shape))] == names


def test_nothing_has_a_table_too() -> None:
    assert TensorView((0, 0)).table(np.zeros((0, 0))).shape == (0, 0)
    empty = TensorView.of(np.zeros((0, 2)), (BATCH, 2))
    assert (empty.rows, empty.columns, empty.samples) == (0, 2, 0)
    assert empty.of_sample(np.zeros((0, 2)), 0).shape == (0, 2)


@pytest.mark.parametrize(
    ("shape", "sizes", "batch"), [((), (), None), ((BATCH, 3), (9, 3), 0), ((2, BATCH), (2, 9), 1), ((4,), (4,), None)]
)
def test_a_shape_has_a_view_before_there_are_numbers(
    shape: tuple[Dim, ...], sizes: tuple[int, ...], batch: int | None
) -> None:
    assert TensorView.of_shape(shape, 9) == TensorView(sizes, batch)
