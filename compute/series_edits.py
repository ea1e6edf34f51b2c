"""A column that is predicted from its own past: lags and windows as inputs, in one undo step."""

from __future__ import annotations

from dataclasses import dataclass

from compute.data import Table
from compute.data.lags import MOST, lag_name, window_name
from compute.data.split import Split
from compute.data_edits import data_nodes_of
from compute.document import Document
from compute.edits import Change, Edit, Editor
from compute.errors import GradwireError
from compute.numbers_text import count_text
from compute.ops import role_of
from compute.params import Param

FORECAST = (
    Param("values", "int", 8, "How many earlier values are inputs.", 1, 1000),
    Param("ahead", "int", 1, "How many rows ahead is predicted.", 1, MOST // 2),
    Param("window", "bool", False, "Their mean, the least and the most are inputs too."),
)
"""What is asked of a forecast."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """column: what is predicted, from so many earlier ``values``, so many rows ``ahead``."""

    column: str
    values: int = 8
    ahead: int = 1
    window: bool = False

    @property
    def inputs(self) -> list[str]:
        """The columns that are inputs, the oldest first."""
        first, last = self.ahead + self.values - 1, self.ahead
        lags = [lag_name(self.column, back) for back in range(first, last - 1, -1)]
        return lags + [window_name(self.column, of, first, last) for of in ("mean", "min", "max") if self.window]

    @property
    def sentence(self) -> str:
        """What it does, and with which rows."""
        lost = self.ahead + self.values - 1
        ahead = "one row" if self.ahead == 1 else f"{count_text(self.ahead)} rows"
        return (
            f"{self.column} is predicted {ahead} ahead, from {self.inputs[0]} to {lag_name(self.column, self.ahead)}. "
            f"{'The first row has' if lost == 1 else f'The first {count_text(lost)} rows have'} no such past and "
            f"{'is' if lost == 1 else 'are'} left out; the last rows validate."
        )


def forecast(document: Document, table: Table, asked: Forecast) -> Edit:
    """The only input node reads the earlier values, in place of the column itself, the only target node the column;
    rows are split in time. Errors: GradwireError where the graph or the column does not suit."""
    nodes = data_nodes_of(document.graph)
    inputs = [node for node in nodes if role_of(node.op) == "input"]
    targets = [node for node in nodes if role_of(node.op) == "target"]
    if len(inputs) != 1 or len(targets) != 1:
        raise GradwireError("A series needs one input node and one target node; add or remove one.")
    if asked.column in table.categories:
        raise GradwireError(f'"{asked.column}" holds text; a series is of numbers.')
    needed = asked.ahead + asked.values
    if table.rows <= needed:
        raise GradwireError(
            f"The data has {count_text(table.rows)} rows, and {count_text(needed)} are before the first that can be "
            "predicted; take fewer values."
        )
    text, editor = f"Predict {asked.column} from its past", Editor(document)
    params = {key: value for key, value in inputs[0].params.items() if key != "shape"}
    changes: list[Change] = list(editor.change(inputs[0].id, text, params={**params, "columns": asked.inputs}).changes)
    kept = {key: value for key, value in targets[0].params.items() if key not in ("classes", "encoding")}
    changes += editor.change(targets[0].id, text, params={**kept, "columns": [asked.column]}).changes
    split = Split.read(document.data)
    data = {**document.data, "split": "chronological"}
    if split.kind != "chronological":
        data.pop("split_column", None)
    data["validation_fraction"] = split.validation or 0.2
    changes += editor.set_data(text, data).changes
    return Edit(text, tuple(changes))
