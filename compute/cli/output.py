"""How a command speaks: messages, tables and JSON."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from compute.document import Document, load, plain
from compute.engine import Engine
from compute.engines import open_engine
from compute.errors import GradwireError
from compute.numbers_text import precise, summary

_MOST_SHOWN = 6


def document_of(args: argparse.Namespace) -> Document:
    """The document that a call names, with the call's seed. Errors: GradwireError."""
    if not Path(args.file).exists():
        from compute.cli import no_file

        raise GradwireError(no_file(args.file, f'there is no document "{args.file}"'))
    document = load(args.file)
    if args.seed is not None:
        document.training = replace(document.training, seed=args.seed)
    return document


def engine_of(args: argparse.Namespace) -> Engine:
    """The engine that a call asks for; says which one it is and why. Errors: DeviceError."""
    engine, reason = open_engine(args.engine, args.device)
    say(args, reason)
    return engine


def check_out(path: Path, suffixes: Sequence[str]) -> None:
    """Refuse a file that cannot be written before there is work that would be lost. Errors: GradwireError."""
    if path.suffix.lower() not in suffixes:
        raise GradwireError(f'"{path}" must end in {" or ".join(suffixes)}; choose another name')
    if not path.parent.is_dir():
        raise GradwireError(f'cannot write "{path}": there is no folder "{path.parent}"; choose another folder')


def say(args: argparse.Namespace, message: str) -> None:
    """A message for people, on stderr."""
    if not args.quiet:
        print(message, file=sys.stderr)


def print_json(value: Any) -> None:
    """The result as JSON: NaN and infinities are the strings "nan", "inf" and "-inf"."""
    print(json.dumps(plain(value), allow_nan=False))


def print_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Columns side by side, each as wide as its widest cell."""
    widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]
    for row in (header, *rows):
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


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
