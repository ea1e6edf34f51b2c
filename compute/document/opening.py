"""How a document opens for others: panels out of sight and controls locked, for what a teacher wants left alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

import msgspec

from compute.document.checking import checked

LOCKS: Mapping[str, str] = {"train": "training", "edit": "editing", "export": "exporting"}
"""What can be locked, with how it is called."""
_MOST, _LONGEST = 100, 100


@dataclass(frozen=True, slots=True)
class Opening:
    """hidden: the ids of panels that are out of sight; locked: of ``LOCKS``. What this version does not know of either
    is kept."""

    hidden: tuple[str, ...] = ()
    locked: tuple[str, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict, compare=False)

    @classmethod
    def read(cls, raw: Mapping[str, Any]) -> Opening | None:
        """The section of a document, None where it says nothing. Errors: GradwireError naming the field."""
        file, extra = checked(OpeningFile, dict(raw), "opening")
        found = cls(tuple(dict.fromkeys(file.hidden)), tuple(dict.fromkeys(file.locked)), extra)
        return found if found.hidden or found.locked or extra else None

    def written(self) -> dict[str, Any]:
        """The section that ``read`` reads back."""
        return {"hidden": list(self.hidden), "locked": list(self.locked), **self.extra}

    def locking(self, what: str, *, locked: bool) -> Opening:
        """With something locked, or no longer."""
        rest = tuple(each for each in self.locked if each != what)
        return Opening(self.hidden, (*rest, what) if locked else rest, self.extra)


_Name = Annotated[str, msgspec.Meta(max_length=_LONGEST)]
_Names = Annotated[list[_Name], msgspec.Meta(max_length=_MOST)]


class OpeningFile(msgspec.Struct):
    hidden: _Names = []
    locked: _Names = []
