"""How a command speaks: messages, tables and JSON."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from compute.cli.missing import no_file
from compute.cli.streams import tell, write
from compute.collector import held_back
from compute.document import SETTINGS, Document, load, plain
from compute.engine import Engine
from compute.engines import open_engine
from compute.errors import DeviceError, GradwireError, one_line
from compute.files import check_writable
from compute.numbers_text import precise, summary
from compute.optimizers import LEARNING_RATE
from compute.workspace import Workspace, open_document

if TYPE_CHECKING:
    from rich.progress import Progress

_MOST_SHOWN = 6


def document_of(args: argparse.Namespace) -> Document:
    """The document that a call names, with the settings that the call gives in place of its own. ``--epochs`` is none
    of them: it says how far this call trains. Errors: GradwireError."""
    try:
        with held_back():
            document = load(args.file)
    except GradwireError as error:
        if not isinstance(error.__cause__, FileNotFoundError):
            raise
        raise GradwireError(no_file(args.file, f'there is no document "{args.file}"')) from error
    given = {name: value for name in SETTINGS if (value := getattr(args, name, None)) is not None and name != "epochs"}
    rate = getattr(args, LEARNING_RATE.name, None)
    if rate is not None:
        given["optimizer"] = {**document.training.optimizer, LEARNING_RATE.name: rate}
    document.training = replace(document.training, **given)
    return document


def workspace_of(args: argparse.Namespace, document: Document) -> Workspace:
    """The document made ready to compute; says what in it is not used. Errors: GradwireError."""
    with held_back():  # looking through the many objects of a large document again and again took a quarter of the time
        workspace = open_document(document)
    for note in workspace.notes:
        say(args, note)
    return workspace


def engine_of(args: argparse.Namespace, *, double: bool = False) -> Engine:
    """The engine that a call asks for; says which one it is and why. Errors: DeviceError."""
    try:
        engine, reason = open_engine(args.engine, args.device, double=double)
    except DeviceError as error:
        raise DeviceError(f"{str(error).rstrip('.')}; --engine reference works without a device") from error
    say(args, reason)
    return engine


def check_out(path: Path, suffixes: Sequence[str]) -> None:
    """Refuse a file that cannot be written before there is work that would be lost. Errors: GradwireError."""
    if path.suffix.lower() not in suffixes:
        raise GradwireError(f'"{path}" must end in {" or ".join(suffixes)}; choose another name')
    check_writable(path)


def say(args: argparse.Namespace, message: str) -> None:
    """A message for people, on stderr."""
    if not args.quiet:
        tell(message)


def progress_bar(args: argparse.Namespace, counted: str) -> Progress:
    """A bar on stderr that vanishes when it is done; nothing where that is no terminal, or it shall be quiet.

    counted: what its tasks count, as in "epoch"; what is going on goes into a task's description.
    """
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(file=sys.stderr)
    return Progress(
        TextColumn(f"{counted} {{task.completed:.0f}} of {{task.total:.0f}}"),
        BarColumn(),
        TextColumn("{task.description}", markup=False),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=args.quiet or not console.is_terminal,
    )


def print_json(value: Any) -> None:
    """The result as JSON: NaN and infinities are the strings "nan", "inf" and "-inf"."""
    write(json.dumps(plain(value), allow_nan=False), as_it_is=True)


def print_table(header: Sequence[str], rows: Sequence[Sequence[str]], left: int | None = None) -> None:
    """Columns side by side, each as wide as its widest cell. left: how many of them hold words; the others hold
    numbers, which stand under each other by their ends (None: all hold words)."""
    lines = [[one_line(cell) for cell in row] for row in (header, *rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    words = len(widths) if left is None else left
    for row in lines:
        cells = zip(row, widths, strict=True)
        write("  ".join(c.ljust(n) if i < words else c.rjust(n) for i, (c, n) in enumerate(cells)).rstrip())


def numbers(array: npt.NDArray[Any] | None) -> str:
    """Few numbers as they are, many as mean ± spread, none as a dash."""
    if array is None:
        return "–"
    values = np.asarray(array)
    if values.size > _MOST_SHOWN:
        return summary(values)
    return _nested(values.tolist())


def _nested(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_nested, value))}]"
    return precise(value)
