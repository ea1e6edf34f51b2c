"""Where plots stand: rows of tiles, each with a part of the width, each row with a part of the height. Plain data."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

LEAST, MOST = 0.05, 20.0
"""Of the part that a tile or a row has, where 1 is as much as any other."""
MOST_TILES = 64
Side = Literal["left", "right", "above", "below"]


@dataclass
class Spot:
    """One plot: its kind, what was chosen of it, and its part of the width of its row."""

    kind: str
    options: dict[str, str] = field(default_factory=dict)
    width: float = 1.0


@dataclass
class Row:
    """Some plots side by side, and their part of the height."""

    spots: list[Spot]
    height: float = 1.0


class Arrangement:
    """The rows, from above. A spot is known by itself; every row has at least one."""

    def __init__(self) -> None:
        self.rows: list[Row] = []

    @property
    def spots(self) -> list[Spot]:
        """All of them, row by row."""
        return [spot for row in self.rows for spot in row.spots]

    def place(self, spot: Spot) -> tuple[int, int]:
        """Which row, and which place in it."""
        return next((i, j) for i, row in enumerate(self.rows) for j, each in enumerate(row.spots) if each is spot)

    def add(self, spot: Spot, most: int) -> None:
        """Put one at the end: into the last row if that has fewer than ``most``, else into a new one."""
        if self.rows and len(self.rows[-1].spots) < most:
            self.rows[-1].spots.append(spot)
        else:
            self.rows.append(Row([spot]))

    def remove(self, spot: Spot) -> None:
        """Take one away; a row that is then empty goes too."""
        i, j = self.place(spot)
        del self.rows[i].spots[j]
        if not self.rows[i].spots:
            del self.rows[i]

    def put(self, spot: Spot, beside: Spot, side: Side) -> None:
        """Move one beside another: into its row, or into a row of its own above or below that."""
        if spot is beside:
            return
        if any(each is spot for each in self.spots):
            self.remove(spot)
        i, j = self.place(beside)
        if side in ("left", "right"):
            spot.width = beside.width
            self.rows[i].spots.insert(j + (side == "right"), spot)
        else:
            self.rows.insert(i + (side == "below"), Row([spot], self.rows[i].height))

    def step(self, spot: Spot, side: Side) -> bool:
        """Move one by a step: past its neighbour, or into the row above or below, or there into a row of its own.
        Returns whether that was possible."""
        i, j = self.place(spot)
        row = self.rows[i]
        if side in ("left", "right"):
            to = j + (1 if side == "right" else -1)
            if not 0 <= to < len(row.spots):
                return False
            row.spots[j], row.spots[to] = row.spots[to], row.spots[j]
            return True
        to = i + (1 if side == "below" else -1)
        alone = len(row.spots) == 1
        if not 0 <= to < len(self.rows):
            if alone:
                return False
            row.spots.remove(spot)
            self.rows.insert(i + (side == "below"), Row([spot], row.height))
            return True
        goal = self.rows[to]
        self.remove(spot)
        goal.spots.insert(min(j, len(goal.spots)), spot)
        return True

    def resize(self, spot: Spot, width: float = 1.0, height: float = 1.0) -> None:
        """Give one so many times the width in its row, and its row so many times the height."""
        row = self.rows[self.place(spot)[0]]
        spot.width = min(max(spot.width * width, LEAST), MOST)
        row.height = min(max(row.height * height, LEAST), MOST)

    # -- remembering ------------------------------------------------------------------------------------------

    def to_text(self) -> str:
        """All of it, for ``from_text``."""
        return json.dumps(
            [
                {"height": row.height, "plots": [[spot.kind, spot.width, spot.options] for spot in row.spots]}
                for row in self.rows
            ]
        )

    @classmethod
    def from_text(cls, text: str, kinds: Mapping[str, object]) -> Arrangement | None:
        """What a text says, as far as there are such kinds; None where it cannot be read."""
        try:
            said = json.loads(text)
            rows = [cls._row(each, kinds) for each in said]
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            return None
        found = cls()
        found.rows = [row for row in rows if row.spots][:MOST_TILES]
        return found

    @staticmethod
    def _row(said: Any, kinds: Mapping[str, object]) -> Row:
        spots = [
            Spot(str(kind), {str(key): str(value) for key, value in options.items()}, _part(width))
            for kind, width, options in said["plots"]
            if kind in kinds
        ]
        return Row(spots[:MOST_TILES], _part(said["height"]))


def _part(said: Any) -> float:
    part = float(said)
    if not part > 0:
        raise ValueError("no part")
    return min(max(part, LEAST), MOST)
