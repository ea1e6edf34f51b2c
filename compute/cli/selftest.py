"""``gradwire --selftest``: whether what was installed here works, step by step, without touching what is a person's."""

from __future__ import annotations

import json
import platform
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from compute.cli.streams import flush, write
from compute.document import Document
from compute.errors import GradwireError, one_line
from compute.version import version

EXAMPLE, EPOCHS = "tumours", 20
LEAST_GAIN = 0.5
"""The loss has to fall to this share of what it began with."""

Render = Callable[[Document, Path, bool, float, bool, str], str]
Open = Callable[[Path], str]
"""Opens the window on a file and closes it again, with settings of its own; returns what was seen, in words."""


@dataclass
class _Steps:
    """What was tried so far."""

    failed: list[str] = field(default_factory=list)
    debug: bool = False

    @contextmanager
    def step(self, name: str) -> Iterator[Callable[[str], None]]:
        """One step: said when it is done, with its time and what is told of it; a fault ends this step alone."""
        told: list[str] = []
        start = time.perf_counter()
        try:
            yield told.append
        except Exception as error:  # whatever it is, it is said, and the next step is tried
            self.failed.append(name)
            if self.debug:
                raise
            told = [one_line(str(error)) if isinstance(error, GradwireError) else f"{type(error).__name__}: {error}"]
        mark = "FAILED" if self.failed[-1:] == [name] else "ok"
        write(f"{mark:6}  {name}  {time.perf_counter() - start:.1f} s  {'; '.join(told)}".rstrip())
        flush()


def selftest(render: Render | None, open_window: Open | None, *, debug: bool = False) -> bool:
    """Train an example, save it, open it again, export it in every format, read data of every kind that takes a
    library, draw the example and show it in a window; whether all of it works. debug: the first fault is raised."""
    steps = _Steps(debug=debug)
    write(f"gradwire {version()}, Python {platform.python_version()}, {platform.system()} {platform.machine()}")
    with tempfile.TemporaryDirectory(prefix="gradwire-selftest-") as folder:
        saved = Path(folder) / "trained.gradwire"
        name = "reference"
        with steps.step("device") as tell:
            name = _device(tell)
        with steps.step("train") as tell:
            document = _trained(name, tell)
            _save(document, saved, tell)
        if saved.exists():
            for each in _formats():
                with steps.step(f"export {each}") as tell:
                    _export(document, saved.with_name(f"exported{each}"), tell)
        for name in _TABLES:
            with steps.step(f"read {Path(name).suffix}") as tell:
                _read(Path(folder) / name, tell)
        if saved.exists():
            if render is not None:
                with steps.step("draw") as tell:
                    picture = saved.with_suffix(".png")
                    missing = render(document, picture, True, 1.0, True, "")
                    tell(f"{picture.stat().st_size:,} bytes{f', {missing}' if missing else ''}")
            if open_window is not None:
                with steps.step("open") as tell:
                    tell(open_window(saved))
    failed = steps.failed
    write(f"{', '.join(failed)}: failed; --selftest --debug shows where" if failed else "Everything works.")
    return not failed


def _formats() -> list[str]:
    from compute.export import FORMATS

    return [each.suffixes[0] for each in FORMATS if not each.lacking]


def _device(tell: Callable[[str], None]) -> str:
    """Which engine computes. Errors: GradwireError where none could, whatever devices there were."""
    from compute.opencl.devices import choose, list_devices

    try:
        import pyopencl  # noqa: F401
    except Exception as error:  # whatever it is, no device can be used
        raise GradwireError(f"pyopencl cannot be loaded: {error}") from error

    list_devices(refresh=True)  # what was found once may have been by another state of what is installed
    choice = choose("auto")
    tell(choice.reason if choice.device is not None else f"{choice.fault}; the reference engine computes")
    return "opencl" if choice.device is not None else "reference"


def _trained(name: str, tell: Callable[[str], None]) -> Document:
    from compute.engines import open_engine
    from compute.fitting import put_into
    from compute.gallery import load_entry
    from compute.training import Trainer
    from compute.workspace import open_document

    document = load_entry(EXAMPLE)
    workspace = open_document(document)
    engine, _ = open_engine(name)
    run = engine.open(workspace.trained)
    try:
        trainer = Trainer(workspace.trained, replace(document.training, epochs=EPOCHS), run, None, keep_all=True)
        trainer.finish(seconds=0.2)
        put_into(document, workspace, trainer.mark())
    finally:
        run.close()
        engine.close()
    first, last = trainer.history.steps[0], trainer.history.epochs[-1].loss
    tell(f"{document.name}, {EPOCHS} epochs on {engine.label}: loss {first:.4g} → {last:.4g}")
    if not last < LEAST_GAIN * first:
        raise GradwireError(f"the loss went from {first:.4g} to {last:.4g}, and should be less than half by then")
    return document


def _save(document: Document, path: Path, tell: Callable[[str], None]) -> None:
    from compute.document import load, save

    save(document, path)
    again = load(path)
    for weight, value in document.weights.items():
        if not np.array_equal(again.weights[weight], value):
            raise GradwireError(f"{weight} is another after saving and opening")
    tell("saved and opened again")


def _export(document: Document, path: Path, tell: Callable[[str], None]) -> None:
    from compute.export import export

    tell(export(document, path).sentence)


def _read(path: Path, tell: Callable[[str], None]) -> None:
    """Write a small table as other programs do, and read it."""
    from compute.data import load_table
    from compute.data.source import source_of_file

    _TABLES[path.name](path)
    table = load_table({"source": source_of_file(path.name).name, "path": path.name}, path.parent)
    kinds = [table.categories.get("kind", ())[int(code)] for code in table.columns["kind"]]
    found = list(zip(table.columns["a"].tolist(), kinds, strict=True))
    if found != list(_ROWS):
        raise GradwireError(f"{path.name} should hold {_ROWS}, and {found} was read")
    tell(f"{len(found)} rows")


_ROWS = ((1234.5, "x"), (2.0, "größer"))


def _csv(path: Path) -> None:
    path.write_bytes("a;kind\n1.234,5;x\n2;größer\n".encode("latin-1"))


def _parquet(path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet

    a, kinds = zip(*_ROWS, strict=True)
    pyarrow.parquet.write_table(pa.table({"a": a, "kind": kinds}), str(path))


def _lines(path: Path) -> None:
    path.write_text("".join(json.dumps({"a": a, "kind": kind}) + "\n" for a, kind in _ROWS), encoding="utf-8")


def _excel(path: Path) -> None:
    def text(kind: str) -> str:
        return f'<c t="inlineStr"><is><t>{kind}</t></is></c>'

    kinds = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    package = "http://schemas.openxmlformats.org/package/2006/relationships"
    rows = f"<row>{text('a')}{text('kind')}</row>" + "".join(
        f"<row><c><v>{a}</v></c>{text(kind)}</row>" for a, kind in _ROWS
    )
    parts = {
        "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>',
        "_rels/.rels": f'<Relationships xmlns="{package}"><Relationship Id="r" Type="{kinds}/officeDocument" '
        'Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{kinds}"><sheets><sheet name="A" sheetId="1" r:id="s"/>'
        "</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}"><Relationship Id="s" Type="{kinds}/worksheet" '
        'Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{main}"><sheetData>{rows}</sheetData></worksheet>',
    }
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)


_TABLES: Mapping[str, Callable[[Path], None]] = {
    "table.csv": _csv,
    "table.parquet": _parquet,
    "table.jsonl": _lines,
    "table.xlsx": _excel,
}
"""What writes the same rows as each of these."""
