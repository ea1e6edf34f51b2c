"""The panels of one window, made from the list; those that most people seldom look at, when they are first wanted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Protocol, TypeVar, runtime_checkable

from PySide6.QtWidgets import QWidget

from editor.background import Background
from editor.panel_list import PanelSpec
from editor.session import Session

P = TypeVar("P", bound=QWidget)


@runtime_checkable
class Closing(Protocol):
    """A panel in which something may go on."""

    def close_down(self) -> None:
        """The window closes."""


class PanelSet(Mapping[str, QWidget]):
    """By id, in the order of the list. Whoever asks for a panel has it: a late one is made then."""

    def __init__(self, specs: Sequence[PanelSpec], session: Session, background: Background) -> None:
        self.specs = tuple(specs)
        self._given = session, background
        self._made: dict[str, QWidget] = {}
        self._then: defaultdict[str, list[Callable[[Any], object]]] = defaultdict(list)

    def __getitem__(self, id_: str) -> QWidget:
        if id_ not in self._made:
            spec = next((each for each in self.specs if each.id == id_), None)
            if spec is None:
                raise KeyError(id_)
            self._made[id_] = spec.make(*self._given)
            for do in self._then.pop(id_, []):
                do(self._made[id_])
        return self._made[id_]

    def __iter__(self) -> Iterator[str]:
        return (spec.id for spec in self.specs)

    def __len__(self) -> int:
        return len(self.specs)

    @property
    def made(self) -> dict[str, QWidget]:
        """Those that are there by now, in the order of the list."""
        return {id_: self._made[id_] for id_ in self if id_ in self._made}

    def of(self, kind: type[P]) -> P:
        """The panel of a class; there is one of each. Errors: LookupError if there is none."""
        return self._of(self._id(kind), kind)

    def there(self, kind: type[P]) -> P | None:
        """The panel of a class, if it was made."""
        id_ = self._id(kind)
        return self._of(id_, kind) if id_ in self._made else None

    def then(self, kind: type[P], do: Callable[[P], object]) -> None:
        """Do something with a panel as soon as it is made, which may be never."""
        self.when_made(self._id(kind), do)

    def when_made(self, id_: str, do: Callable[[Any], object]) -> None:
        """As ``then``, by id."""
        if id_ in self._made:
            do(self._made[id_])
        else:
            self._then[id_].append(do)

    def close(self) -> None:
        """The window closes: what goes on in panels ends."""
        for panel in self._made.values():
            if isinstance(panel, Closing):
                panel.close_down()

    def _id(self, kind: type[QWidget]) -> str:
        found = (
            spec.id
            for spec in self.specs
            if spec.late is kind or (spec.id in self._made and isinstance(self._made[spec.id], kind))
        )
        id_ = next(found, None)
        if id_ is None:
            raise LookupError(f"no panel is a {kind.__name__}")
        return id_

    def _of(self, id_: str, kind: type[P]) -> P:
        panel = self[id_]
        assert isinstance(panel, kind)
        return panel
