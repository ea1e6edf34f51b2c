"""The kinds of file that people have, each made small, with what each must give: a table, or the right reason."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from compute.data import InputSpec, load_table, prepare
from compute.data.source import source_of_file
from compute.errors import GradwireError
from tests.compute.data_kinds.workbook import write_xlsx

Columns = dict[str, list[Any]]
NUMBERS: Columns = {"a": [1.5, 3], "b": [2, 4.25]}
KINDS: Columns = {"a": [1.5, 3], "kind": ["x", "y"]}


def text(content: str | bytes) -> Callable[[Path], object]:
    return lambda path: path.write_bytes(content.encode() if isinstance(content, str) else content)


def parquet(path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet

    columns = {"a": [1.5, None], "n": [1, 2], "kind": ["x", None], "ok": [True, False]}
    pyarrow.parquet.write_table(pa.table(columns), str(path))


SHEETS: dict[str, Any] = {
    "Notes": [],
    "First": [["Measured in May"], [], ["a", "kind", "ok"], [1.5, "x", True], [None, "y", False]],
    "Second": [["p"], [3]],
}
LOADED: dict[str, tuple[str, Callable[[Path], object], Columns]] = {
    "comma": ("d.csv", text("a,b\n1.5,2\n3,4.25\n"), NUMBERS),
    "semicolon and decimal comma": ("d.csv", text("a;b\n1,5;2\n3;4,25\n"), NUMBERS),
    "points for thousands": ("d.csv", text("a;b\n1.234,5;1\n12.000;2\n"), {"a": [1234.5, 12000], "b": [1, 2]}),
    "tab": ("d.tsv", text("a\tb\n1.5\t2\n3\t4.25\n"), NUMBERS),
    "bar": ("d.txt", text("a|b\n1.5|2\n3|4.25\n"), NUMBERS),
    "blanks": ("d.dat", text(" a    b\n 1.5  2\n 3    4.25\n"), NUMBERS),
    "commas for thousands": ("d.csv", text('a,b\n"1,234",1\n"12,345.5",2\n'), {"a": [1234, 12345.5], "b": [1, 2]}),
    "money": ("d.csv", text('a,b\n$10,x\n"$1,200.50",y\n'), {"a": [10, 1200.5], "b": ["x", "y"]}),
    "percent": ("d.csv", text("a\n10%\n20.5 %\n"), {"a": [10, 20.5]}),
    "line breaks in quotes": ("d.csv", text('a,kind\n1.5,"x\n""y"""\n3,z\n'), {"a": [1.5, 3], "kind": ['x\n"y"', "z"]}),
    "single quotes": ("d.csv", text("a,kind\n1.5,'x'\n3,'y'\n"), KINDS),
    "comments": ("d.csv", text("# by hand\n# in May\na,b\n1.5,2\n# a pause\n3,4.25\n"), NUMBERS),
    "what numpy.savetxt writes": ("d.txt", text("# a b\n1.5 2\n3 4.25\n"), NUMBERS),
    "units": ("d.csv", text("a,b\ns,m/s\n1.5,2\n3,4.25\n"), NUMBERS),
    "a title": ("d.csv", text("Measured in May\n\na,b,c\n1.5,2,0\n3,4.25,0\n"), {**NUMBERS, "c": [0, 0]}),
    "a report with decimal commas": (
        "d.csv",
        text("Report of 2026\n\nday;a;b;kind\n;s;m;\n1;1.234,5;2,5;x\n2;3,25;4,5;y\n3;4,5;6,5;x\n"),
        {"day": [1, 2, 3], "a": [1234.5, 3.25, 4.5], "b": [2.5, 4.5, 6.5], "kind": ["x", "y", "x"]},
    ),
    "no header": ("d.csv", text("1.5,x\n3,y\n"), {"x1": [1.5, 3], "x2": ["x", "y"]}),
    "years as names": (
        "d.csv",
        text("kind,2019,2020\nx,1.5,2\ny,3,4\n"),
        {"kind": ["x", "y"], "2019": [1.5, 3], "2020": [2, 4]},
    ),
    "index of R": ("d.csv", text('"","a","b"\n"1",1.5,2\n"2",3,4.25\n'), {"row": [1, 2], **NUMBERS}),
    "write.table of R": ("d.txt", text('"a" "b"\n"u" 1.5 2\n"v" 3 4.25\n'), {"row": ["u", "v"], **NUMBERS}),
    "index of pandas": ("d.csv", text(",a,b\n0,1.5,2\n1,3,4.25\n"), {"row": [0, 1], **NUMBERS}),
    "UTF-16": ("d.csv", text("größe,kind\n1.5,ü\n3,é\n".encode("utf-16")), {"größe": [1.5, 3], "kind": ["ü", "é"]}),
    "Latin-1": ("d.csv", text("größe,kind\n1.5,ü\n3,é\n".encode("latin-1")), {"größe": [1.5, 3], "kind": ["ü", "é"]}),
    "byte order mark": ("d.csv", text("\ufeffa,b\n1.5,2\n3,4.25\n"), NUMBERS),
    "gzip": ("d.csv.gz", text(gzip.compress(b"a,b\n1.5,2\n3,4.25\n")), NUMBERS),
    "Windows line ends": ("d.csv", text("a,b\r\n1.5,2\r\n3,4.25\r\n"), NUMBERS),
    "old Mac line ends": ("d.csv", text("a,b\r1.5,2\r3,4.25\r"), NUMBERS),
    "a separator at the end of lines": ("d.csv", text("a,b,\n1.5,2,\n3,4.25,\n"), NUMBERS),
    "sep= of Excel": ("d.csv", text("sep=;\na;b\n1.5;2\n3;4.25\n"), NUMBERS),
    "words for missing values": (
        "d.csv",
        text("a,kind,n\n1.5,NA,0\n,x,1\nn/a,y,2\n-,?,3\nNaN,null,4\n4,x,5\n"),
        {"a": [1.5, None, None, None, None, 4], "kind": [None, "x", "y", None, None, "x"], "n": [0, 1, 2, 3, 4, 5]},
    ),
    "dates": (
        "d.csv",
        text("d,e\n2024-01-05,5.1.2024\n2024-02-05,5.2.2024\n"),
        {"d": ["2024-01-05", "2024-02-05"], "e": ["5.1.2024", "5.2.2024"]},
    ),
    "truth values": ("d.csv", text("a,ok\n1,TRUE\n2,FALSE\n"), {"a": [1, 2], "ok": ["TRUE", "FALSE"]}),
    "names twice": ("d.csv", text("a,a,\n1,2,3\n"), {"a": [1], "a (2)": [2], "column 3": [3]}),
    "empty rows of a spreadsheet": ("d.csv", text("a,b\n1.5,2\n3,4.25\n,\n,\n"), NUMBERS),
    "Excel": (
        "d.xlsx",
        lambda path: write_xlsx(path, SHEETS),
        {"a": [1.5, None], "kind": ["x", "y"], "ok": ["True", "False"]},
    ),
    "Excel of old": (
        "d.xls",
        lambda path: path.write_bytes(Path(__file__).with_name("old.xls").read_bytes()),
        {"a": [1.5, 2], "kind": ["x", "y"]},
    ),
    "Parquet": ("d.parquet", parquet, {"a": [1.5, None], "n": [1, 2], "kind": ["x", None], "ok": ["True", "False"]}),
    "npz": (
        "d.npz",
        lambda path: np.savez(path, a=[1.5, np.nan], kind=["x", "y"]),
        {"a": [1.5, None], "kind": ["x", "y"]},
    ),
    "npy": ("d.npy", lambda path: np.save(path, np.array([[1, 2], [3, 4.5]])), {"x_0": [1, 3], "x_1": [2, 4.5]}),
    "ARFF": (
        "d.arff",
        text("% Weka\n@relation t\n@attribute a numeric\n@attribute 'of kind' {x,'y z'}\n@data\n1.5,x\n?,'y z'\n"),
        {"a": [1.5, None], "of kind": ["x", "y z"]},
    ),
    "JSON lines": ("d.jsonl", text('{"a": 1.5, "kind": "x"}\n{"a": 3, "kind": "y"}\n'), KINDS),
}


@pytest.mark.parametrize("kind", LOADED)
def test_it_is_loaded(tmp_path: Path, kind: str) -> None:
    name, make, expected = LOADED[kind]
    make(tmp_path / name)
    section = {"source": source_of_file(name).name, "path": name}
    table = load_table(section, tmp_path)
    found: Columns = {}
    for column in table.names:
        classes, values = table.categories.get(column), table.columns[column].tolist()
        gone = [table.is_missing(column, row) for row in range(table.rows)]
        cells = [classes[int(value)] if classes and value >= 0 else value for value in values]
        found[column] = [None if is_gone else cell for cell, is_gone in zip(cells, gone, strict=True)]
    assert found == expected
    assert list(found) == list(expected)
    assert not table.faults


REFUSED: dict[str, tuple[str, Callable[[Path], object], str]] = {
    "text among numbers": (
        "d.csv",
        text("a,b\n1,2\n3,x\n4,5\n"),
        'line 3 of ".*", column "b": "x" is text among numbers',
    ),
    "infinite": ("d.csv", text("a,b\n1,2\n3,inf\n"), 'line 3 of ".*", column "b": inf is not a finite number'),
    "rows of other widths": ("d.csv", text("a,b\n1,2\n3\n4,5,6\n"), 'line 3 of ".*" has 1 cells and the header has 2'),
    "nothing": ("d.csv", text(""), '"/.*" is empty; the first line must name'),
    "only names": ("d.csv", text("a,b\n"), "has a header but no rows"),
    "a picture": ("d.csv", text(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(99)), "is no text, so that it is no CSV file"),
    "an open quote": ("d.csv", text('a,b\n1,"2\n3,4\n'), 'line 3 of ".*" is not CSV'),
    "cut off gzip": ("d.csv.gz", text(gzip.compress(b"a,b\n1.5,2\n" * 999)[:-9]), "is packed by gzip and damaged"),
    "no workbook": ("d.xlsx", text("a,b\n1,2\n"), "cannot be read as an Excel file"),
    "an empty workbook": ("d.xlsx", lambda path: write_xlsx(path, {"A": []}), '"/.*" is empty'),
    "text in a sheet": (
        "d.xlsx",
        lambda path: write_xlsx(path, {"A": [["a"], [1], [2], ["x"]]}),
        'row 4 of ".*", column "a": "x" is text',
    ),
    "no Parquet": ("d.parquet", text("a,b\n1,2\n"), "cannot be read as a Parquet file"),
    "no array": ("d.npy", text("a,b\n1,2\n"), "is no .npz archive"),
    "three axes": ("d.npy", lambda path: np.save(path, np.zeros((2, 2, 2))), r"has shape \(2, 2, 2\)"),
    "no ARFF": ("d.arff", text("a,b\n1,2\n"), 'line 1 of ".*" is not of an ARFF header: "a,b"'),
    "text in ARFF": (
        "d.arff",
        text("@attribute a real\n@data\n1\nx\n"),
        'line 4 of ".*", column "a": "x" is no number',
    ),
    "no JSON lines": ("d.jsonl", text("a,b\n1,2\n"), "is not made of lines with a JSON object each"),
}


def read_all(folder: Path, name: str) -> None:
    """A network reads every column of a file."""
    table = load_table({"source": source_of_file(name).name, "path": name}, folder)
    prepare(table, {"x": InputSpec(table.names)}, {}, 0.0, False, 0)


@pytest.mark.parametrize("kind", REFUSED)
def test_it_is_refused_for_the_right_reason(tmp_path: Path, kind: str) -> None:
    name, make, says = REFUSED[kind]
    make(tmp_path / name)
    with pytest.raises(GradwireError, match=says):
        read_all(tmp_path, name)


def test_another_sheet_is_chosen_by_its_name(tmp_path: Path) -> None:
    write_xlsx(tmp_path / "d.xlsx", SHEETS)
    section = {"source": "excel", "path": "d.xlsx", "reading": {"sheet": "Second"}}
    assert load_table(section, tmp_path).columns["p"].tolist() == [3]
    with pytest.raises(GradwireError, match='there is no sheet "Secnd"; did you mean "Second"'):
        load_table({**section, "reading": {"sheet": "Secnd"}}, tmp_path)


def test_what_is_guessed_can_be_said(tmp_path: Path) -> None:
    (tmp_path / "d.csv").write_text("a;b\n1,234;-1\n5,678;2\n", encoding="utf-8")
    section: dict[str, Any] = {"source": "csv", "path": "d.csv"}
    assert load_table(section, tmp_path).columns["a"].tolist() == [1234, 5678]
    said = {**section, "reading": {"decimal": "comma", "missing": "-1"}}
    table = load_table(said, tmp_path)
    assert table.columns["a"].tolist() == [1.234, 5.678]
    assert table.is_missing("b", 0)
    assert load_table({**section, "reading": {"header": False}}, tmp_path).names == ("x1", "x2")
