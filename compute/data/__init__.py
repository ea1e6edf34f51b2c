"""Data for a graph: where it comes from, and how it becomes the arrays of the data nodes."""

from __future__ import annotations

from compute.data import builtin, csv_source, inline, npz_source
from compute.data.builtin import BUILTIN
from compute.data.dataset import ENCODINGS, InputSpec, Prepared, TargetSpec, prepare
from compute.data.source import SOURCES, SPLIT, Offer, Source, find_source, load_table, option_values
from compute.data.table import Table

__all__ = [
    "BUILTIN",
    "ENCODINGS",
    "SOURCES",
    "SPLIT",
    "InputSpec",
    "Offer",
    "Prepared",
    "Source",
    "Table",
    "TargetSpec",
    "builtin",
    "csv_source",
    "find_source",
    "inline",
    "load_table",
    "npz_source",
    "option_values",
    "prepare",
]
