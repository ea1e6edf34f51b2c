"""Networks that answer a row from rows before it leave with a function that takes rows as the table has them."""

from __future__ import annotations

import runpy
from pathlib import Path

import numpy as np
import pytest

from compute.data import Table
from compute.document import Document, TrainingSettings
from compute.errors import GradwireError
from compute.export import c_compiler, c_rows, export
from compute.graph import Graph, Node, Wire
from compute.predict import predict

needs_compiler = pytest.mark.skipif(c_compiler.compiler() is None, reason="there is no C compiler")
INPUTS = ["a[t-2]", "b", "a[mean t-3..t-2]", "a[min t-3..t-1]", "b[max t-2..t-1]", "place=here"]


def series() -> Document:
    """Of 30 rows, the numbers far from 0; in the sixth one is missing."""
    random = np.random.default_rng(4)
    a, b = (random.normal(size=30) * 7.0 + 40.0).tolist(), random.normal(size=30).tolist()
    a[5] = None
    columns = {"a": a, "b": b, "place": ["here", "there"] * 15}
    graph = Graph(
        [
            Node("x", "input", {"columns": INPUTS}),
            Node("z", "dense", {"units": 1}),
            Node("y", "target", {"columns": ["b"]}),
            Node("loss", "mean_squared_error"),
        ],
        [Wire("x", "z", "x"), Wire("z", "loss", "prediction"), Wire("y", "loss", "target")],
    )
    data = {"source": "inline", "columns": columns, "standardize": True}
    return Document("series", graph, data, TrainingSettings("loss", seed=1))


def table() -> Table:
    columns = series().data["columns"]
    places = np.array([["here", "there"].index(place) for place in columns["place"]], np.float64)
    numbers = {name: np.array(columns[name], np.float64) for name in ("a", "b")}
    return Table({**numbers, "place": places}, {"place": ("here", "there")})


def test_a_script_answers_as_the_program_does_and_not_where_the_past_is_missing(tmp_path: Path) -> None:
    report = export(series(), tmp_path / "net.py")
    # The first three have no past, and three are answered from the row that lacks one.
    assert report.rows == 30 - 3 - 3
    columns = series().data["columns"]
    found = runpy.run_path(str(tmp_path / "net.py"))["predict"](columns)["b"]
    expected = predict(series(), table()).values[:, 0]
    assert np.isnan(found).tolist() == [row < 3 or 6 <= row <= 8 for row in range(30)]
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-6)


@needs_compiler
def test_c_answers_from_the_rows_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    report = export(series(), tmp_path / "net.c")
    assert report.rows == 24
    assert report.largest_difference < 1e-5
    header = (tmp_path / "net.h").read_text(encoding="utf-8")
    assert "#define NET_ROWS 4\n" in header
    assert "int net_predict(const float *rows, float *answers);" in header
    raw = np.stack([table().columns[name] for name in ("a", "b", "place")], axis=1).astype(np.float32)
    given = np.stack([raw[row - 3 : row + 1].ravel() for row in range(3, 30)])
    found = c_compiler.run_rows(tmp_path / "net.c", "net_predict", given, [12], [1])
    expected = predict(series(), table()).values[3:]
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)
    # What looks at the wrong rows is found out before there is a file.
    value = c_rows._value
    monkeypatch.setattr(c_rows, "_value", lambda *asked: value(*asked).replace("rows[", "rows[1 + "))
    with pytest.raises(GradwireError, match="rows as they stand in the table have other answers"):
        export(series(), tmp_path / "other.c")
    assert not (tmp_path / "other.c").exists()
