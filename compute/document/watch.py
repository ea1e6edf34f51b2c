"""A watch as a document holds it: on which number, for what, with which limit. ``compute.watches`` judges."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

import msgspec

from compute.document.checking import checked
from compute.errors import GradwireError
from compute.focus import Subject
from compute.graph import Graph
from compute.trace import Quantity
from compute.watches.kinds import KINDS, Kind

MOST = 100
"""Watches of a document at most."""
WatchedSide = Literal["value", "gradient"]


@dataclass(frozen=True, slots=True)
class Watch:
    """subject, side: all numbers there; kind: by its name in ``KINDS``, or one that this version does not know; limit:
    None where there is none, or the kind's own is meant."""

    subject: Subject
    side: WatchedSide
    kind: str
    limit: float | None = None
    extra: Mapping[str, Any] = field(default_factory=dict, compare=False)

    @property
    def known(self) -> Kind | None:
        """Its kind; None where this version does not know it."""
        return KINDS.get(self.kind)

    @property
    def bound(self) -> float:
        """The limit in force."""
        kind = self.known
        if self.limit is None:
            return float(kind.limit.default) if kind is not None and kind.limit is not None else 0.0
        return self.limit

    @property
    def place(self) -> tuple[Subject, WatchedSide, str]:
        """What it is about: there is one watch of each."""
        return self.subject, self.side, self.kind

    def asks(self, graph: Graph) -> Quantity:
        """The quantity that it is on."""
        return self.subject.asks(graph, self.side)

    @classmethod
    def read(cls, raw: Any, where: str) -> Watch:
        """One of a document's. Errors: GradwireError naming the field that is wrong."""
        file, extra = checked(WatchFile, raw, where)
        if file.port:
            subject = Subject("wire", file.node, file.port)
        else:
            subject = Subject("weight", file.node, file.weight) if file.weight else Subject("node", file.node)
        found = cls(subject, file.quantity, file.kind, file.limit, extra)
        refused = found.refused()
        if refused:
            raise GradwireError(f"{where}: {refused}.")
        return found

    def refused(self) -> str:
        """Why there can be no such watch, as the end of a sentence; "" where there can."""
        kind = self.known
        if kind is None:
            return ""
        if kind.limit is None and self.limit is not None:
            return f'a watch for "{kind.title}" has no limit; remove it'
        if kind.limit is not None and self.limit is not None:
            try:
                kind.limit.check(self.limit)
            except ValueError as error:
                return f'the limit of a watch for "{kind.title}" {error}; it is {self.limit:g}'
        # Whatever the graph is, what is asked at a wire's value is a value.
        what = self.asks(Graph())
        if what.kind not in kind.on:
            return f'"{kind.title}" is nothing to watch for at a {what.kind}'
        return ""

    def written(self) -> dict[str, Any]:
        """What ``read`` reads back."""
        out: dict[str, Any] = {"node": self.subject.node}
        if self.subject.kind != "node":
            out["port" if self.subject.kind == "wire" else "weight"] = self.subject.name
        out |= {"quantity": self.side, "kind": self.kind}
        return out | ({} if self.limit is None else {"limit": self.limit}) | dict(self.extra)


def watches_from_json(raw: Sequence[Any]) -> tuple[Watch, ...]:
    """The section of a document. Errors: GradwireError naming what is wrong."""
    if len(raw) > MOST:
        raise GradwireError(f"watches: there are {len(raw)}; {MOST} are the most, so remove some.")
    found = tuple(Watch.read(each, f"watches[{i}]") for i, each in enumerate(raw))
    if len({each.place for each in found}) < len(found):
        raise GradwireError("watches: two are for the same at the same number; remove one of them.")
    return found


_Name = Annotated[str, msgspec.Meta(max_length=200)]


class WatchFile(msgspec.Struct):
    node: str
    kind: _Name
    port: _Name = ""
    weight: _Name = ""
    quantity: WatchedSide = "value"
    limit: float | None = None
