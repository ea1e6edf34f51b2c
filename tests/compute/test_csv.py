"""CSV: however it is written, every number comes back, and every fault is named by its line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from compute.data import InputSpec, Table, csv_source, load_table, prepare
from compute.data.table import NO_CLASS
from compute.errors import GradwireError


def csv_table(folder: Path, text: str | bytes, **reading: Any) -> Table:
    (folder / "d.csv").write_bytes(text.encode() if isinstance(text, str) else text)
    return load_table({"source": "csv", "path": "d.csv", "reading": reading}, folder)


def use(table: Table) -> None:
    """A network reads every column."""
    prepare(table, {"x": InputSpec(table.names)}, {}, 0.0, False, 0)


class TestCsv:
    @pytest.mark.parametrize("delimiter", [",", ";", "\t"])
    @pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
    @pytest.mark.parametrize("ending", ["\n", "\r\n"])
    def test_delimiters_marks_and_endings(self, tmp_path: Path, delimiter: str, mark: bytes, ending: str) -> None:
        lines = ["größe,age,kind", "1.5,40,b", "-2e-3, 50 ,a", ""]
        text = ending.join(lines).replace(",", delimiter)
        table = csv_table(tmp_path, mark + text.encode())
        assert table.names == ("größe", "age", "kind")
        assert table.columns["größe"].tolist() == [1.5, -0.002]
        assert table.columns["age"].tolist() == [40.0, 50.0]
        assert table.columns["kind"].tolist() == [1.0, 0.0]
        assert table.categories == {"kind": ("a", "b")}

    def test_quoted_cells_may_hold_the_delimiter_and_line_breaks(self, tmp_path: Path) -> None:
        table = csv_table(tmp_path, 'name,"a, b"\n"x\ny",1\n\nz,2\n')
        assert table.columns["a, b"].tolist() == [1.0, 2.0]
        assert table.categories["name"] == ("x\ny", "z")

    @pytest.mark.parametrize("mark", ["", "\ufeff"])
    @pytest.mark.parametrize(
        "text", ["sep=;\na;b\n1;2\n", "sep=|\r\na|b\r\n1|2\r\n", "sep=\t\na\tb\n1\t2\n", "sep=,\ra,b\r1,2\r"]
    )
    def test_the_line_that_tells_excel_the_delimiter_is_no_header(self, tmp_path: Path, text: str, mark: str) -> None:
        table = csv_table(tmp_path, mark + text)
        assert {name: values.tolist() for name, values in table.columns.items()} == {"a": [1.0], "b": [2.0]}

    @pytest.mark.parametrize("text", ["a,b,\n1,2,\n3,4,\n", "a,b\n1,2,\n3,4,\n", "a;b;\n1;2\n\n3;4\n"])
    def test_a_delimiter_at_the_end_of_a_line_begins_no_cell(self, tmp_path: Path, text: str) -> None:
        table = csv_table(tmp_path, text)
        assert {name: values.tolist() for name, values in table.columns.items()} == {"a": [1.0, 3.0], "b": [2.0, 4.0]}

    def test_pieces_of_the_file_go_together(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(csv_source, "BLOCK", 40)
        kinds = ["z", "a", "z", "m", "a", "c", "z", "b"] * 40
        text = "n,kind,m\n" + "".join(f"{i},{kind},{i * i}\n" for i, kind in enumerate(kinds))
        shares: list[float] = []
        (tmp_path / "d.csv").write_text(text, encoding="utf-8")
        table = load_table({"source": "csv", "path": "d.csv"}, tmp_path, shares.append)
        assert table.columns["n"].tolist() == list(range(320))
        assert table.columns["m"].tolist() == [i * i for i in range(320)]
        assert table.categories == {"kind": ("a", "b", "c", "m", "z")}
        assert [table.categories["kind"][int(i)] for i in table.columns["kind"]] == kinds
        assert len(shares) > 50

    @pytest.mark.parametrize("wide", [1, 1000])
    def test_words_for_what_is_missing_count_wherever_they_come_first(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wide: int
    ) -> None:
        monkeypatch.setattr(csv_source, "_WIDE", wide)
        text = "a,b,c,d\n" + "1,2,x,5\n" * 3000 + "NA,-999,null,5\n3,4,y,5\n"  # none of them is in the first rows
        table = csv_table(tmp_path, text, missing="-999")
        assert not table.faults
        assert [table.columns[name][-1] for name in "abc"] == [3.0, 4.0, 1.0]
        assert np.isnan([table.columns[name][3000] for name in "ab"]).all()
        assert table.columns["c"][3000] == NO_CLASS

    @pytest.mark.parametrize(
        ("last", "says"),
        [
            ("4,x", r'line 3002 of ".*", column "b": "x" is text among numbers'),
            ("4,5,6", "line 3002 of .* has 3 cells and the header has 2"),
            ("4", "line 3002 of .* has 1 cells and the header has 2"),
        ],
    )
    def test_what_does_not_go_with_the_lines_before_is_named(self, tmp_path: Path, last: str, says: str) -> None:
        with pytest.raises(GradwireError, match=says):
            use(csv_table(tmp_path, "a,b\n" + "1,2\n" * 3000 + last + "\n"))

    def test_who_calls_it_off_ends_it(self, tmp_path: Path) -> None:
        class Off(Exception):
            pass

        def told(_share: float) -> None:
            raise Off

        (tmp_path / "d.csv").write_text("a,b\n1,2\n", encoding="utf-8")
        with pytest.raises(Off):
            load_table({"source": "csv", "path": "d.csv"}, tmp_path, told)

    def test_a_character_that_two_pieces_of_the_file_share_is_text(self, tmp_path: Path) -> None:
        text = "a,b\n" + "x,1\n" * (2**18 - 1) + "zé,2\n"
        assert csv_table(tmp_path, text).categories == {"a": ("x", "zé")}
        with pytest.raises(GradwireError, match=f"line {2**18 + 2} of .* is not in the encoding that it is read in"):
            csv_table(tmp_path, text.encode() + b"\xe9,3\n")
        # What was only letters that all encodings share may go on in another one.
        assert csv_table(tmp_path, b"a,b\n" + b"x,1\n" * 2**18 + b"\xe9,3\n").categories == {"a": ("x", "é")}

    def test_a_single_column_needs_no_delimiter(self, tmp_path: Path) -> None:
        assert csv_table(tmp_path, "a\n1\n2\n").columns["a"].tolist() == [1.0, 2.0]

    @pytest.mark.parametrize(
        ("text", "column", "says"),
        [
            ("a,b\n1,2\n3,x\n4,5", "b", 'line 3 of ".*", column "b": "x" is text among numbers; correct it, or choose'),
            ("a,b\n1,2\n3,1_000\n4,5", "b", 'line 3 of ".*", column "b": "1_000" is text among numbers'),
            ("a,b\n1,2\n3,-inf\n", "b", 'line 3 of ".*", column "b": -inf is not a finite number'),
            ("a,b\n1,1e400\n", "b", 'line 2 of ".*", column "b": 1e400 is not a finite number'),
            ("a,b\n1,2\n1,-1e999\n", "b", 'line 3 of ".*", column "b": -1e999 is not a finite number'),
            ("sep=;\na;b\n1;x\n2;3\n4;5\n", "b", 'line 3 of ".*", column "b": "x" is text among numbers'),
            ('a,b\n"1\n",x\n2,y\n3,"z\n"\nq,1\n', "a", 'line 7 of ".*", column "a": "q" is text among numbers'),
        ],
    )
    def test_a_column_that_is_no_numbers_is_refused_where_it_is_read(
        self, tmp_path: Path, text: str, column: str, says: str
    ) -> None:
        table = csv_table(tmp_path, text)
        assert list(table.faults) == [column]
        assert column in table.categories
        with pytest.raises(GradwireError, match=says):
            use(table)
        others = [name for name in table.names if name != column]
        prepare(table, {"x": InputSpec(others)}, {}, 0.0, False, 0)
        # Whoever says what it is has it as that.
        section = {"source": "csv", "path": "d.csv", "prepare": {column: {"type": "category"}}}
        assert not load_table(section, tmp_path).faults
        section["prepare"] = {column: {"type": "number"}}
        found = load_table(section, tmp_path)
        mask = found.missing(column)
        assert mask is not None
        assert (column in found.categories, int(mask.sum()), not found.faults) == (False, 1, True)

    def test_text_with_numbers_in_it_is_text(self, tmp_path: Path) -> None:
        table = csv_table(tmp_path, "a,b\n1,u\n3,v\n4,5")
        assert table.categories == {"b": ("5", "u", "v")}
        assert not table.faults

    @pytest.mark.parametrize(
        ("text", "says"),
        [
            ("a,b,\n1,2,3\n4,5,6\n7,8\n", r'line 4 of ".*" has 2 cells and the header has 3'),
            ("a,b,c\n1,\n", r'line 2 of ".*" has 2 cells and the header has 3'),
            ("a,b\n1,2\n\n3\n", r'line 4 of ".*" has 1 cells and the header has 2'),
            ("a,b\n1,2,3\n", r'line 2 of ".*" has 3 cells and the header has 2'),
            ("a,b\n", r'".*d\.csv" has a header but no rows'),
            ("", r'".*d\.csv" is empty'),
            ('a,b\n1,"2\n3,4\n', r'line 3 of ".*d\.csv" is not CSV'),
            (b"\xef\xbb\xbf\xc3\xb6,b\n1,2\n\x003,4\n", r'line 3 of ".*d\.csv" is no text, so that it is no CSV file'),
            (b"a,b\n" + b"1,2\n" * 300_000 + b"\0,3\n", r'line 300002 of ".*d\.csv" is no text'),
        ],
    )
    def test_faults_name_file_and_line(self, tmp_path: Path, text: str | bytes, says: str) -> None:
        with pytest.raises(GradwireError, match=says):
            csv_table(tmp_path, text)

    def test_an_encoding_that_somebody_chose_and_that_it_is_not(self, tmp_path: Path) -> None:
        with pytest.raises(GradwireError, match=r'line 3 of ".*d\.csv" is not in the encoding that it is read in'):
            csv_table(tmp_path, b"a,b\n1,2\n3,\xfc\n", encoding="UTF-8")
        assert csv_table(tmp_path, b"a,b\n1,2\n3,\xfc\n", encoding="Latin-1").categories["b"] == ("2", "ü")

    @pytest.mark.parametrize(
        ("reading", "says"),
        [
            (3, r"data\.reading: must be an object"),
            ({"separator": "dot"}, r"data\.reading\.separator: must be one of comma, semicolon"),
            ({"skip": -1}, r"data\.reading\.skip: must be at least 0"),
            ({"header": "no"}, r"data\.reading\.header: must be true or false"),
            ({"missing": [1]}, r'data\.reading\.missing: must be text, such as "-999, none"'),
        ],
    )
    def test_what_a_document_says_wrong_of_it_is_named(self, tmp_path: Path, reading: Any, says: str) -> None:
        (tmp_path / "d.csv").write_text("a\n1\n", encoding="utf-8")
        with pytest.raises(GradwireError, match=says):
            load_table({"source": "csv", "path": "d.csv", "reading": reading}, tmp_path)

    def test_missing_file_is_named(self, tmp_path: Path) -> None:
        with pytest.raises(GradwireError, match=r'the data file ".*none\.csv" cannot be read \(No such file'):
            load_table({"source": "csv", "path": "none.csv"}, tmp_path)

    def test_relative_path_needs_a_saved_document_and_a_whole_path_does_not(self, tmp_path: Path) -> None:
        csv_table(tmp_path, "a\n1\n")
        with pytest.raises(GradwireError, match="which is not saved yet; save the document first"):
            load_table({"source": "csv", "path": "d.csv"}, None)
        assert load_table({"source": "csv", "path": str(tmp_path / "d.csv")}, None).rows == 1

    @pytest.mark.parametrize("section", [{}, {"path": 3}, {"path": ""}, {"path": "a\0b"}])
    def test_path_must_be_text(self, section: dict[str, Any]) -> None:
        with pytest.raises(GradwireError, match=r'data\.path: must be text; the data source "csv" needs this field'):
            load_table({"source": "csv", **section}, None)

    @given(
        st.lists(
            st.tuples(st.floats(allow_nan=False, allow_infinity=False), st.integers(-(10**9), 10**9)),
            min_size=1,
        )
    )
    def test_every_finite_number_comes_back_exactly(
        self, tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[float, int]]
    ) -> None:
        text = "a,b\n" + "".join(f"{a!r},{b}\n" for a, b in rows)
        table = csv_table(tmp_path_factory.mktemp("csv"), text)
        assert table.columns["a"].tolist() == [a for a, _ in rows]
        assert table.columns["b"].tolist() == [b for _, b in rows]
