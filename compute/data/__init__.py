"""Data for a graph: where it comes from, and how it becomes the arrays of the data nodes."""

from __future__ import annotations

from compute.data.builtin import BUILTIN, Builtin, Option
from compute.data.dataset import ENCODINGS, InputSpec, Prepared, TargetSpec, prepare
from compute.data.load import SOURCES, load_table
from compute.data.table import Table

__all__ = [
    "BUILTIN",
    "ENCODINGS",
    "SOURCES",
    "Builtin",
    "InputSpec",
    "Option",
    "Prepared",
    "Table",
    "TargetSpec",
    "load_table",
    "prepare",
]
