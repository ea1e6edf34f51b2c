"""How a document is trained: each setting is declared once, by a line of ``TrainingSettings``.

From the declarations follow how the document's ``training`` section is read, checked and written, the form in the
window, the options of the command line, and how far an edit of a setting reaches.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal

from compute.errors import GradwireError
from compute.params import Param

MOST = 2**53
"""Epochs, steps or rows at most: beyond this a float no longer counts by ones."""


Redone = Literal["", "data", "graph"]
"""What another value makes anew: nothing, the rows, or the network as if it were another."""


def _setting(kind: Any, default: Any, help: str, *limits: float, redone: Redone = "", quiet: bool = False) -> Any:
    """A field with the declaration of a ``Param`` that is called as it is; limits: minimum and maximum. quiet: as long
    as it is the default it is not written, so that files of those who do not use it stay as they are."""
    declared = (kind, default, help, *limits)
    return field(default_factory=lambda: default, metadata={"declared": declared, "redone": redone, "quiet": quiet})


@dataclass(frozen=True, slots=True)
class TrainingSettings:
    """The settings, with defaults for those that a file does not have; ``extra``: what this version does not know."""

    loss: str = _setting("node", "", "The node to minimise: any whose output is a scalar.", redone="graph")
    optimizer: Mapping[str, Any] = _setting(
        "object", {"name": "adam", "learning_rate": 0.01}, "How a gradient becomes a step."
    )
    batch_size: int = _setting("int", 32, "How many rows go into one update.", 1, MOST)
    epochs: int = _setting("int", 100, "How often training goes through all rows.", 1, MOST)
    seed: int = _setting(
        "int", 0, "The same seed gives the same first weights, split and batches.", 0, 2**64 - 1, redone="graph"
    )
    shuffle: bool = _setting(
        "bool", True, "Draw the batches in a new order in each epoch; off: in the order of the file.", redone="data"
    )
    schedule: Mapping[str, Any] = _setting(
        "object", {"name": "constant"}, "How the learning rate changes from step to step.", quiet=True
    )
    clip_norm: float = _setting(
        "float",
        0.0,
        "The most that the norm of all gradients together may be; beyond it all are scaled down. 0: no limit.",
        0.0,
        quiet=True,
    )
    clip_value: float = _setting(
        "float", 0.0, "The most that each entry of a gradient may be, up or down. 0: no limit.", 0.0, quiet=True
    )
    patience: int = _setting(
        "int",
        0,
        "Stop when the validation loss (without validation rows, that of training) has not fallen for so many epochs, "
        "and put the best weights back. 0: train all epochs and keep the last.",
        0,
        MOST,
        quiet=True,
    )
    min_delta: float = _setting(
        "float", 0.0, "By how much the loss must fall at least to count as better.", 0.0, quiet=True
    )
    extra: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def read(cls, raw: Mapping[str, Any]) -> TrainingSettings:
        """The settings of a document's ``training`` section. Errors: GradwireError naming the setting."""
        known: dict[str, Any] = {}
        for param in SETTINGS.values():
            if param.name in raw:
                try:
                    known[param.name] = param.check(raw[param.name])
                except ValueError as error:
                    given = json.dumps(raw[param.name], ensure_ascii=False)
                    raise GradwireError(f"training.{param.name}: {error}; it is {given}.") from None
        return cls(**known, extra={name: value for name, value in raw.items() if name not in SETTINGS})

    def written(self) -> dict[str, Any]:
        """The section that ``read`` reads back."""
        own = {name: getattr(self, name) for name in SETTINGS}
        return {name: value for name, value in own.items() if name not in _QUIET or value != SETTINGS[name].default} | (
            dict(self.extra)
        )


SETTINGS = {
    each.name: Param(each.name, *each.metadata["declared"]) for each in fields(TrainingSettings) if each.metadata
}
"""The declarations, by name."""
REDONE: dict[str, Redone] = {each.name: each.metadata["redone"] for each in fields(TrainingSettings) if each.metadata}
"""What another value of each makes anew."""
_QUIET = frozenset(each.name for each in fields(TrainingSettings) if each.metadata.get("quiet"))
