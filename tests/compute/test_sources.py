"""Sources of data are declared once: loading, refusing, saving and the form go by the registry."""

from __future__ import annotations

import os
import sys
import threading
import tracemalloc
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from compute import budget
from compute.data import SOURCES, SPLIT, Table, find_source, load_table
from compute.data.source import Data, FileSource, Source, Told, register
from compute.document import Document, load, save
from compute.errors import GradwireError
from compute.params import Param
from compute.workspace import open_document
from tests.compute.data_kinds.workbook import write_xlsx

MEGABYTE = 2**20


def _npz(path: Path) -> None:
    np.savez(path, a=np.array([1.0, 2.0]), b=np.array(["u", "v"]))


def _parquet(path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet

    pyarrow.parquet.write_table(pa.table({"a": [1, 2], "b": ["u", "v"]}), str(path))


FILES: Mapping[str, Callable[[Path], object]] = {
    "csv": lambda path: path.write_text("a,b\n1,u\n2,v\n", encoding="utf-8"),
    "npz": _npz,
    "arff": lambda path: path.write_text("@attribute a real\n@attribute b {u,v}\n@data\n1,u\n2,v\n", encoding="utf-8"),
    "jsonl": lambda path: path.write_text('{"a": 1, "b": "u"}\n{"a": 2, "b": "v"}\n', encoding="utf-8"),
    "excel": lambda path: write_xlsx(path, {"A": [["a", "b"], [1, "u"], [2, "v"]]}),
    "parquet": _parquet,
}
"""For each source of files, how a file of the table (a: 1, 2; b: u, v) is written."""
SECTIONS: Mapping[str, dict[str, Any]] = {
    "inline": {"source": "inline", "columns": {"a": [1, 2], "b": ["u", "v"]}},
    "builtin": {"source": "builtin", "name": "spiral", "options": {"points": 3}},
    **{name: {"source": name, "path": f"data{SOURCES[name].endings[0]}"} for name in FILES},
}


@pytest.fixture(params=SOURCES)
def source(request: pytest.FixtureRequest, tmp_path: Path) -> Source:
    found = SOURCES[request.param]
    if found.has_path:
        FILES[found.name](tmp_path / SECTIONS[found.name]["path"])
    return found


class TestEverySource:
    def test_says_what_it_is(self, source: Source) -> None:
        assert SOURCES[source.name] is source
        assert source.title[0].isupper()
        assert source.help.endswith(".")
        for param in (*source.fields, *source.options(SECTIONS[source.name]), *SPLIT):
            assert param.help.endswith(".")
            if param.default is not None:
                assert param.check(param.default) == param.default

    def test_loads_its_section_and_describes_it(self, source: Source, tmp_path: Path) -> None:
        section = SECTIONS[source.name]
        table = load_table(section, tmp_path)
        assert find_source(section) is source
        assert table.rows >= 2
        assert set(source.targets(section, table)) <= set(table.names)
        assert source.targets(section, table)
        assert source.describe(section)
        if source.has_path:
            assert table.columns["a"].tolist() == [1.0, 2.0]
            assert table.categories == {"b": ("u", "v")}
            assert source.describe(section) == section["path"]

    def test_what_it_offers_loads_once_the_path_is_known(self, source: Source, tmp_path: Path) -> None:
        for offer in source.offers():
            assert offer.section["source"] == source.name
            assert offer.title
            assert offer.help.endswith(".")
            path = {"path": SECTIONS[source.name]["path"]} if source.has_path else {}
            section = {**offer.section, **path}
            table = load_table(section, tmp_path)
            targets = source.targets(section, table)
            assert targets == table.names[-len(targets) :]
            assert source.has_path or source.key(section) == offer.key

    def test_a_wrong_field_is_refused_by_its_path(self, source: Source) -> None:
        for field in (*source.fields, *([] if source.name != "inline" else [Param("columns", "text", None, "")])):
            section = {"source": source.name, field.name: 3}
            with pytest.raises(GradwireError, match=rf"^data\.{field.name}: must be"):
                load_table(section, None)
            # What cannot be loaded can still be described, as the form has to.
            assert isinstance(source.describe(section), str)
            assert isinstance(source.explain(section), str)
            assert isinstance(source.key(section), str)
            assert source.options(section) == ()

    def test_its_path_follows_the_document_to_another_folder(self, source: Source, tmp_path: Path) -> None:
        section = SECTIONS[source.name]
        document = Document(data=section)
        (tmp_path / "there").mkdir()
        save(document, tmp_path / "a.json")
        save(document, tmp_path / "there" / "a.json")
        moved = load(tmp_path / "there" / "a.json")
        expected = {**section, "path": f"../{section['path']}"} if source.has_path else section
        assert moved.data == expected
        assert load_table(moved.data, moved.folder).rows >= 2


def test_a_new_source_is_one_class(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("compute.data.source.SOURCES", dict(SOURCES))

    @register
    class Lines(FileSource):
        name, title, help, endings = "lines", "Text file", "One number in each line.", (".numbers",)

        def read(self, path: Path, told: Told, data: Data) -> Table:
            return Table({"n": np.array(path.read_text(encoding="utf-8").split(), dtype=float)})

    (tmp_path / "one.numbers").write_text("1\n2\n", encoding="utf-8")
    table = load_table({"source": "lines", "path": "one.numbers"}, tmp_path)
    assert table.columns["n"].tolist() == [1.0, 2.0]
    with pytest.raises(GradwireError, match=r'the sources are .*"inline", "npz", "lines"'):
        load_table({"source": "words"}, tmp_path)


def test_options_that_are_no_object_are_a_problem_of_the_document_and_not_an_error_of_the_program() -> None:
    document = Document(data={"source": "builtin", "name": "spiral", "options": "x"})
    problem = open_document(document, strict=False).problem
    assert problem is not None
    assert problem.sentence == "data.options: must be an object of names and values"


@pytest.mark.parametrize("name", FILES)
class TestFilesThatAreNone:
    def test_a_folder(self, tmp_path: Path, name: str) -> None:
        with pytest.raises(GradwireError, match=r'the data file ".*" is a folder; choose a file'):
            load_table({"source": name, "path": str(tmp_path)}, None)

    def test_a_device(self, name: str) -> None:
        if not Path(os.devnull).exists():
            pytest.skip("the system has no device that is a file")
        endless = "/dev/zero" if Path("/dev/zero").exists() else os.devnull
        with pytest.raises(GradwireError, match=r"is no regular file; choose a file|cannot be read"):
            load_table({"source": name, "path": endless}, None)

    @pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pipes among its files")
    def test_a_pipe(self, tmp_path: Path, name: str) -> None:
        pipe = tmp_path / "pipe"
        os.mkfifo(pipe)
        said: list[str] = []

        def read() -> None:
            with pytest.raises(GradwireError) as caught:
                load_table({"source": name, "path": "pipe"}, tmp_path)
            said.append(str(caught.value))

        # On a thread, as opening a pipe would wait for somebody to write into it.
        reader = threading.Thread(target=read, daemon=True)
        reader.start()
        reader.join(10.0)
        assert said == [f'the data file "{pipe}" is no regular file; choose a file']


def _refused(data: dict[str, Any], base: Path) -> tuple[str, float]:
    """What is said against the data, and how many megabytes it took to say it."""
    tracemalloc.start()
    try:
        with pytest.raises(GradwireError) as caught:
            load_table(data, base)
        return str(caught.value), tracemalloc.get_traced_memory()[1] / MEGABYTE
    finally:
        tracemalloc.stop()


def _archive(path: Path, members: Mapping[str, tuple[str, str, int]]) -> None:
    """Arrays by name: type, shape, and how many zero bytes really follow."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, (kind, shape, size) in members.items():
            text = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}".ljust(117).encode() + b"\n"
            content = b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text + bytes(size)
            archive.writestr(f"{name}.npy", content)


class TestNoFileAsksForTheMachine:
    @pytest.fixture(autouse=True)
    def _limit(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv(budget.VARIABLE, "100 MB")

    @pytest.mark.parametrize(
        "members",
        [
            {"X": ("<f8", "(40000000, 1)", 320 * 10**6)},
            {f"x{i}": ("<f8", "(1000000,)", 8 * 10**6) for i in range(20)},
            {"X": ("<f8", "(4000000000,)", 0)},
            {"t": ("<U100000", "(1000,)", 0)},
            {"X": ("|b1", "(2, 1000000)", 0)},
        ],
        ids=["one that unpacks", "many together", "a claim", "text", "columns"],
    )
    def test_an_archive(self, tmp_path: Path, members: Mapping[str, tuple[str, str, int]]) -> None:
        _archive(tmp_path / "d.npz", members)
        said, took = _refused({"source": "npz", "path": "d.npz"}, tmp_path)
        assert "of memory and the limit is 100 MB (set by GRADWIRE_MEMORY)" in said
        assert took < 10

    def test_an_archive_of_a_claimed_size_within_the_limit_takes_no_more_than_comes(self, tmp_path: Path) -> None:
        _archive(tmp_path / "d.npz", {"X": ("<f8", "(100000, 3)", 2_400_000)})
        tracemalloc.start()
        assert load_table({"source": "npz", "path": "d.npz"}, tmp_path).rows == 100_000
        peak = tracemalloc.get_traced_memory()[1] / MEGABYTE
        tracemalloc.stop()
        assert peak < 12

    def test_very_many_arrays(self, tmp_path: Path) -> None:
        with zipfile.ZipFile(tmp_path / "d.npz", "w") as archive:
            for number in range(10_001):
                archive.writestr(f"{number}.npy", b"")
        assert "holds more than 10,000 arrays" in _refused({"source": "npz", "path": "d.npz"}, tmp_path)[0]

    @pytest.mark.parametrize(
        "text", ["a\n" + "1\n" * 7_000_000, "a,b\n" + "dog,1\n" * 4_000_000], ids=["numbers", "classes"]
    )
    def test_a_csv_file_is_refused_by_its_first_rows(self, tmp_path: Path, text: str) -> None:
        (tmp_path / "d.csv").write_text(text, encoding="utf-8")
        said, took = _refused({"source": "csv", "path": "d.csv"}, tmp_path)
        assert 'd.csv": a table of about ' in said
        assert "of memory and the limit is 100 MB (set by GRADWIRE_MEMORY); take fewer rows or columns" in said
        assert took < 30

    def test_a_csv_file_whose_first_rows_are_short_is_not_refused_for_them(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv(budget.VARIABLE, "10 MB")
        short, long = 2**17 + 5, 2000
        (tmp_path / "d.csv").write_text("a\n" + "1\n" * short + ("0." + "0" * 5000 + "1\n") * long, encoding="utf-8")
        assert load_table({"source": "csv", "path": "d.csv"}, tmp_path).rows == short + long

    def test_a_csv_file_of_ever_new_names(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv(budget.VARIABLE, "15 MB")
        # Few bytes for each row, and much memory for each name: the first rows do not tell.
        rows = "1\n" * 2**17 + "".join(f"a{number}\n" for number in range(2**17))
        (tmp_path / "d.csv").write_text("a,b\n" + rows.replace("\n", ",x\n").replace("1,x", "b,x"), encoding="utf-8")
        with pytest.raises(GradwireError, match="of memory and the limit is 15 MB"):
            load_table({"source": "csv", "path": "d.csv"}, tmp_path)

    def test_a_csv_row_without_an_end(self, tmp_path: Path) -> None:
        (tmp_path / "d.csv").write_text("a\n" + "1," * 10_000_000, encoding="utf-8")
        said, took = _refused({"source": "csv", "path": "d.csv"}, tmp_path)
        assert 'line 2 of "' in said
        assert "belongs to a row of more than 8 million characters" in said
        assert took < 100

    def test_one_hot_rows(self) -> None:
        graph = {"nodes": [{"id": "y", "op": "target", "params": {"columns": ["k"], "encoding": "one_hot"}}]}
        data = {"columns": {"k": list(range(3000))}}
        from compute.document import from_json

        document = from_json({"format": "gradwire", "version": 1, "graph": graph, "data": data})
        with pytest.raises(GradwireError, match=r'node "y" .* needs .* of memory and the limit is 100 MB'):
            open_document(document)


def test_twenty_thousand_columns_are_read_in_one_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Counted by comparisons of names, not by the clock: each header name is hashed, none is looked up in a list."""
    compared = 0

    class Name(str):
        __slots__ = ()

        def __eq__(self, other: object) -> bool:
            nonlocal compared
            compared += 1
            return str.__eq__(self, other)

        __hash__ = str.__hash__

    from compute.data import text_rows

    text_rows.named([Name(f"c{i}") for i in range(2000)])
    assert compared < 100
    names = ",".join(f"c{i}" for i in range(20_000))
    (tmp_path / "d.csv").write_text(f"{names}\n{','.join('1' * 20_000)}\n", encoding="utf-8")
    assert len(load_table({"source": "csv", "path": "d.csv"}, tmp_path).names) == 20_000


def test_a_whole_path_into_the_documents_folder_becomes_a_relative_one(tmp_path: Path) -> None:
    (tmp_path / "below").mkdir()
    for place, expected in ((tmp_path / "below", "below/a.csv"), (tmp_path.parent, str(tmp_path.parent / "a.csv"))):
        document = Document(data={"source": "csv", "path": str(place / "a.csv")})
        save(document, tmp_path / "a.json")
        assert document.data["path"] == expected
        assert load(tmp_path / "a.json").data["path"] == expected
