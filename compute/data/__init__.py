"""Data for a graph: where it comes from, and how it becomes the arrays of the data nodes."""

from __future__ import annotations

from compute.data import arff_source, arrow_source, builtin, csv_source, excel_source, inline, lags, npz_source
from compute.data.builtin import BUILTIN
from compute.data.columns import ColumnFacts, facts_of, inputs_for
from compute.data.dataset import ENCODINGS, InputSpec, Prepared, TargetSpec, prepare
from compute.data.fitted import Fitted
from compute.data.source import (
    SOURCES,
    Offer,
    Source,
    file_endings,
    find_source,
    load_table,
    option_values,
    source_of_file,
)
from compute.data.split import PARTS, SPLIT, SPLIT_KINDS, Split
from compute.data.table import Table

__all__ = [
    "BUILTIN",
    "ENCODINGS",
    "PARTS",
    "SOURCES",
    "SPLIT",
    "SPLIT_KINDS",
    "ColumnFacts",
    "Fitted",
    "InputSpec",
    "Offer",
    "Prepared",
    "Source",
    "Split",
    "Table",
    "TargetSpec",
    "arff_source",
    "arrow_source",
    "builtin",
    "csv_source",
    "excel_source",
    "facts_of",
    "file_endings",
    "find_source",
    "inline",
    "inputs_for",
    "lags",
    "load_table",
    "npz_source",
    "option_values",
    "prepare",
    "source_of_file",
]
