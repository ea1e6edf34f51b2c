"""Data sets whose files ship with the program: what they hold, and that each file has its source and licence."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from compute.data import BUILTIN, load_table

DATA = Path(__file__).parents[2] / "resources" / "data"


def test_each_file_has_its_source_and_licence() -> None:
    told = (DATA / "README.md").read_text("utf-8")
    files = [path.name for path in DATA.iterdir() if path.suffix in (".csv", ".npz")]
    assert sorted(files) == ["mnist_5k.npz", "penguins.csv"]
    assert all(f"`{name}`" in told for name in files)
    assert sum((DATA / name).stat().st_size for name in files) < 1_000_000
    assert BUILTIN["mnist_5k"].origin.endswith("CC BY-SA 3.0.")
    assert BUILTIN["penguins"].origin.endswith("CC0.")


def test_penguins_with_what_is_missing() -> None:
    table = load_table({"source": "builtin", "name": "penguins"}, None)
    assert table.rows == 344
    assert table.categories["species"] == ("Adelie", "Chinstrap", "Gentoo")
    assert np.bincount(table.columns["species"].astype(int)).tolist() == [152, 68, 124]
    assert np.nanmean(table.columns["body mass"]) == pytest.approx(4201.754386)
    missing = {name: 0 if (mask := table.missing(name)) is None else int(mask.sum()) for name in table.names}
    assert missing == {
        "bill length": 2,
        "bill depth": 2,
        "flipper length": 2,
        "body mass": 2,
        "sex": 11,
        "island": 0,
        "year": 0,
        "species": 0,
    }


def test_mnist_has_five_hundred_of_each_digit_in_turns() -> None:
    table = load_table({"source": "builtin", "name": "mnist_5k"}, None)
    assert (table.rows, len(table.names)) == (5000, 785)
    assert table.columns["digit"][:12].tolist() == [*map(float, range(10)), 0.0, 1.0]
    assert np.bincount(table.columns["digit"].astype(int)).tolist() == [500] * 10
    pixels = np.stack([table.columns[f"pixel {at // 28},{at % 28}"] for at in range(784)], axis=1)
    assert (pixels.min(), pixels.max()) == (0.0, 255.0)
    # A one is dark but for a narrow stroke; a zero has a hole in its middle.
    assert pixels[1].mean() < pixels[0].mean()
    assert pixels[0].reshape(28, 28)[14, 14] == 0.0
