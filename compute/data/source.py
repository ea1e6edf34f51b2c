"""What a source of data declares, once: its name, fields and files, how it is checked, loaded and offered.

A new source is one class with the decorator ``@register`` and no other change: loading, saving, the data form and the
tests are made from the registry.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, TypeVar
from weakref import WeakValueDictionary

from compute.data.missing import retyped, treatments
from compute.data.table import Table, classes_of
from compute.data.text_rows import ROW_NAMES
from compute.data.words import did_you_mean, listed
from compute.errors import GradwireError
from compute.params import Param

Data = Mapping[str, Any]
"""The data section of a document."""
Told = Callable[[float], None]
"""Gets the share that is done, 0 … 1, again and again; what it raises ends the work."""


def untold(_share: float) -> None:
    """For whoever need not know how far it is."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A data section to start from, as a menu offers it; that of a source of files lacks the path, to be asked for."""

    key: str
    title: str
    help: str
    section: Data


class Source:
    """The declaration of one source; see the module's docstring."""

    name: ClassVar[str]
    title: ClassVar[str]
    help: ClassVar[str]
    fields: ClassVar[tuple[Param, ...]] = ()
    """What its data section holds, beside ``SPLIT`` and the options."""
    endings: ClassVar[tuple[str, ...]] = ()
    """The endings of the files that it reads; such a source has a field ``path``, relative to the document."""

    reading: ClassVar[tuple[Param, ...]] = ()
    """What ``data.reading`` may say of how such a file is written."""

    @property
    def has_path(self) -> bool:
        """Whether a file beside the document is read."""
        return bool(self.endings)

    def options(self, data: Data) -> tuple[Param, ...]:
        """The settings that ``data.options`` may hold."""
        return ()

    def check(self, data: Data) -> dict[str, Any]:
        """The fields and options in their Python types, by name, with defaults filled in.

        Errors: GradwireError naming the field by its path in the document.
        """
        out: dict[str, Any] = {}
        for field in self.fields:
            try:
                out[field.name] = field.check(data.get(field.name, field.default))
            except ValueError as error:
                raise GradwireError(
                    f'data.{field.name}: {error}; the data source "{self.name}" needs this field'
                ) from None
        return out

    def first(self, data: Data, base: Path | None) -> First | None:
        """What its first rows are, where that can be found quickly. Errors: GradwireError."""
        return None

    def load(self, data: Data, base: Path | None, told: Told = untold) -> Table:
        """The table; base: the folder of the document, None for one never saved. Errors: GradwireError."""
        raise NotImplementedError

    def offers(self) -> tuple[Offer, ...]:
        """What a menu offers of it."""
        return ()

    def key(self, data: Data) -> str:
        """What tells a data section from others in a menu: the key of an offer where it is one."""
        return self.name

    def describe(self, data: Data) -> str:
        """Where the data comes from, in a few words."""
        return self.title

    def explain(self, data: Data) -> str:
        """The same in a sentence, or the whole path."""
        return self.help

    def targets(self, data: Data, table: Table) -> tuple[str, ...]:
        """The columns that are most likely to be predicted: the last one of classes, else the last; none of none.
        Names of rows, text that tells them apart and what is mostly missing are no classes."""
        most = max(_FEW, table.rows // 2)
        classes = [
            name
            for name, texts in table.categories.items()
            if len(texts) <= most and name != ROW_NAMES and _is_known(table, name)
        ]
        others = [name for name in table.names if name != ROW_NAMES] or [*table.names]
        return tuple([*others[-1:], *classes][-1:])


def _is_known(table: Table, name: str) -> bool:
    """Whether a column has a value in most rows."""
    gone = table.missing(name)
    return gone is None or 2 * int(gone.sum()) <= table.rows


def option_values(data: Data) -> Data:
    """What ``data.options`` says, as far as it is an object of names and values."""
    options = data.get("options")
    return options if isinstance(options, Mapping) else {}


@dataclass(frozen=True)
class First:
    """The first rows of a file, found before all of it is read. rows: cells as they are written; fields: what may be
    said of how the file is written; reading: how it is by now, guessed where nobody said it."""

    names: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    fields: tuple[Param, ...]
    reading: Data

    MOST_ROWS: ClassVar[int] = 100

    @cached_property
    def table(self) -> Table:
        """The cells as text."""
        cells = [[row[at] or None if at < len(row) else None for row in self.rows] for at in range(len(self.names))]
        found = {name: classes_of(each) for name, each in zip(self.names, cells, strict=True)}
        return Table(
            {name: values for name, (values, _) in found.items()}, {name: texts for name, (_, texts) in found.items()}
        )


class FileSource(Source):
    """A source that reads one file."""

    fields = (Param("path", "text", None, "The file; a relative path starts at the document's folder."),)

    def read(self, path: Path, told: Told, data: Data) -> Table:
        """The table in the file; of ``data`` only ``reading`` counts. Errors: GradwireError naming the file and the
        place in it; OSError."""
        raise NotImplementedError

    def begin(self, path: Path, data: Data) -> First | None:
        """The first rows of the file, quickly; None where there is no quick way. Errors: as ``read``."""
        return None

    def first(self, data: Data, base: Path | None) -> First | None:
        with _opened(self.check(data)["path"], base) as (path, _):
            return self.begin(path, data)

    def load(self, data: Data, base: Path | None, told: Told = untold) -> Table:
        with _opened(self.check(data)["path"], base) as (path, found):
            how = repr(data.get("reading"))
            key = self.name, str(path.absolute()), found.st_mtime_ns, found.st_size, found.st_ino, how
            table = _READ.get(key)
            if table is None:
                table = _READ[key] = self.read(path, told, data)
            return table

    def offers(self) -> tuple[Offer, ...]:
        return (Offer(f"ask:{self.name}", f"{self.title} …", self.help, {"source": self.name}),)

    def describe(self, data: Data) -> str:
        return Path(str(data.get("path"))).name

    def explain(self, data: Data) -> str:
        return str(data.get("path", ""))


@contextmanager
def _opened(written: str, base: Path | None) -> Iterator[tuple[Path, os.stat_result]]:
    """Where a file is and what it is. Errors, also while it is read: GradwireError naming it."""
    path = Path(written)
    if not path.is_absolute():
        if base is None:
            raise GradwireError(
                f'the data file "{written}" is looked for beside the document, which is not saved yet; save '
                "the document first or give the whole path"
            )
        path = base / path
    try:
        # A device or a pipe may never end.
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):
            kind = "a folder" if path.is_dir() else "no regular file"
            raise GradwireError(f'the data file "{path}" is {kind}; choose a file')
        yield path, found
    except OSError as error:
        reason = error.strerror or str(error)
        raise GradwireError(f'the data file "{path}" cannot be read ({reason}); check its name and place') from error


_FEW = 20
"""Text of so many kinds may be classes, however few rows there are."""

_READ: WeakValueDictionary[tuple[Any, ...], Table] = WeakValueDictionary()
"""Tables of files, as long as anybody holds them: what was read to be looked at is not read again to be computed."""

SOURCES: dict[str, Source] = {}
_S = TypeVar("_S", bound=type[Source])


def register(cls: _S) -> _S:
    """Make one instance of the source known under its name."""
    SOURCES[cls.name] = cls()
    return cls


def find_source(data: Data) -> Source | None:
    """The source that a data section names; None for one that is not known."""
    name = data.get("source", "inline")
    return SOURCES.get(name) if isinstance(name, str) else None


def file_endings() -> tuple[str, ...]:
    """The endings of all files that can be data."""
    return tuple(ending for source in SOURCES.values() for ending in source.endings)


def source_of_file(path: str | Path) -> Source:
    """The source that reads a file with such a name: by its ending, else the first that there is."""
    files = [source for source in SOURCES.values() if source.has_path]
    return next((source for source in files if Path(path).name.lower().endswith(source.endings)), files[0])


def load_table(data: Data, base: Path | None, told: Told = untold) -> Table:
    """The table that a document's data section describes; an empty section gives a table without columns.

    base: the folder of the document, to which a path in it is relative; None for a document never saved. ``told`` hears
    how much of a file is read.
    Errors: GradwireError naming the field, file, line, row or column.
    """
    return retyped(source_of(data).load(data, base, told), treatments(data))


def source_of(data: Data) -> Source:
    """The source that a data section names. Errors: GradwireError for one that is not known."""
    source = find_source(data)
    if source is None:
        name = str(data.get("source"))
        raise GradwireError(
            f'data.source: "{name}" is not known; {did_you_mean(name, SOURCES)}the sources are {listed(SOURCES)}'
        )
    return source
