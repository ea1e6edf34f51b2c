"""The data: where it comes from, which columns are read, and a table to type in."""

from __future__ import annotations

from editor.action import ActionSpec
from editor.panel_set import PanelSet
from editor.panels.data import DataPlace
from editor.plots.boundary import BoundaryPlot

DATA: tuple[ActionSpec[PanelSet], ...] = (
    ActionSpec(
        "data_set",
        "Data",
        "Choose a data set…",
        lambda panels: panels.of(DataPlace).open_choices(),
        ("Ctrl+Shift+D",),
        "The sets of the program, drawn or gathered, each with who gathered it and its licence.",
        "data",
    ),
    ActionSpec(
        "data_columns",
        "Data",
        "Choose columns",
        lambda panels: panels.of(DataPlace).open("columns"),
        ("Ctrl+Alt+C",),
        "Which columns of the data are inputs and targets, with their types and values.",
    ),
    ActionSpec(
        "data_preview",
        "Data",
        "Preview…",
        lambda panels: panels.of(DataPlace).preview(),
        ("Ctrl+Alt+6",),
        "First rows, how the file is written, types, missing values, and how columns enter the network.",
    ),
    ActionSpec(
        "data_forecast",
        "Data",
        "Forecast…",
        lambda panels: panels.of(DataPlace).ask_forecast(),
        ("Ctrl+Alt+X",),
        "A column is predicted from its own earlier values, and the rows are split in time.",
    ),
    ActionSpec(
        "data_file",
        "Data",
        "Open a data file…",
        lambda panels: panels.of(DataPlace).ask_file(),
        ("Ctrl+Shift+O",),
        "Rows from a CSV or NPZ file.",
        "open",
        separator=True,
    ),
    ActionSpec(
        "data_type",
        "Data",
        "Type a table",
        lambda panels: panels.of(DataPlace).begin_table(),
        ("Ctrl+Alt+T",),
        "A small table of data in the document, to type numbers and classes in.",
        "add",
    ),
    ActionSpec(
        "data_paste",
        "Data",
        "Paste a table",
        lambda panels: panels.of(DataPlace).paste_table(),
        ("Ctrl+Alt+V",),
        "Cells copied from a spreadsheet become the data.",
    ),
    ActionSpec(
        "data_copy",
        "Data",
        "Edit a copy of the data",
        lambda panels: panels.of(DataPlace).take_in(),
        ("Ctrl+Alt+E",),
        "Put the rows into the document, where they can be changed.",
    ),
)

PAINT: tuple[ActionSpec[BoundaryPlot], ...] = (
    ActionSpec(
        "data_paint",
        "Data",
        "Paint points",
        lambda plot: plot.paint_points(),
        ("Ctrl+Alt+R",),
        "Rows are set and erased in the decision boundary: a click, a drag, or arrows and Space.",
        "edit",
    ),
)
