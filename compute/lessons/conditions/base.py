"""What a kind of condition declares, once: parameters, when it holds, and the sentence that a teacher reads.

A new one is one class with the decorator ``@register`` in a module of this package: reading, checking, the form in the
window and the tests are made from the registry.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, TypeVar

from compute.document import Document
from compute.lessons.model import Condition
from compute.lessons.moment import Moment, Seen
from compute.lessons.readout import readout, taken
from compute.params import Param

Given = Mapping[str, Any]
Path = tuple[int, ...]
"""Where a condition stands in the one of a step: the places in ``of`` that lead to it."""


@dataclass(frozen=True)
class Begun:
    """What is known of the moment at which a step began, as far as its conditions ask for it.

    seen: what the window showed; steps, right: the updates done and the right answers given then, or the fewest since;
    values: by what each is of, as
    ``readout.taken`` has them; untrue: the conditions that did not hold at some moment since.
    """

    seen: Seen = field(default_factory=Seen)
    steps: int = 0
    right: int = 0
    values: Mapping[str, object] = field(default_factory=dict)
    untrue: frozenset[Path] = frozenset()


class Kind:
    """The declaration of one kind of condition; see the module's docstring."""

    name: ClassVar[str]
    """As a file has it."""
    title: ClassVar[str]
    """In the list from which a teacher chooses."""
    params: ClassVar[tuple[Param, ...]] = ()

    def holds(self, given: Given, now: Moment, begun: Begun) -> bool:
        """Whether it is so now; given: its checked parameters."""
        raise NotImplementedError

    def check(self, given: Given) -> None:
        """Errors: ValueError with a sentence where parameters, each of which is well, do not make sense."""

    def compares(self, given: Given) -> tuple[str, ...]:
        """The live numbers that it compares with what they were when the step began."""
        return ()

    def sentence(self, given: Given) -> str:
        """When it holds, as part of a sentence: ``the loss is below 0.1``."""
        raise NotImplementedError

    def problem(self, given: Given, document: Document) -> str:
        """Why it can never hold in a document, or cannot be understood, as a sentence; "" if it can."""
        return ""


class Group(Kind):
    """A kind that is made of other conditions."""

    single: ClassVar[bool] = False
    """Whether of one alone."""
    anew: ClassVar[bool] = False
    """Whether its parts have to come about while the step is on."""

    def joins(self, held: Sequence[bool]) -> bool:
        """Whether it holds, of whether its parts do."""
        raise NotImplementedError

    def said(self, parts: Sequence[str]) -> str:
        """Its sentence, of those of its parts."""
        raise NotImplementedError


K = TypeVar("K", bound=type[Kind])
KINDS: dict[str, Kind] = {}
"""By name, in the order in which they are declared."""


def register(kind: K) -> K:
    """Put a kind into the registry."""
    KINDS[kind.name] = kind()
    return kind


@dataclass(frozen=True)
class Understood:
    """A condition as this version understands it: kind, checked parameters, and parts."""

    kind: Kind
    given: Given
    of: tuple[Understood, ...] = ()

    def each(self) -> Iterator[Understood]:
        """Itself, and all that it is made of."""
        yield self
        for part in self.of:
            yield from part.each()


def _as_text(value: Any, param: Param) -> Any:
    """A number or a list of them as the text that a form has for it."""
    return json.dumps(value) if param.kind == "text" and isinstance(value, int | float | list) else value


def understand(condition: Condition) -> Understood:
    """The condition with its kind and checked parameters. Errors: ValueError with a sentence that says what is not
    understood."""
    kind = KINDS.get(condition.kind)
    if kind is None:
        raise ValueError(f"This version knows no condition “{condition.kind}”.")
    known = {param.name: param for param in kind.params}
    for name in condition.params:
        if name not in known:
            raise ValueError(f"The condition “{kind.name}” has no “{name}”; it has {', '.join(known) or 'nothing'}.")
    given: dict[str, Any] = {}
    for name, param in known.items():
        try:
            given[name] = param.check(_as_text(condition.params.get(name, param.default), param))
        except ValueError as error:
            raise ValueError(f"The condition “{kind.name}”: {name} {error}.") from None
    kind.check(given)
    if isinstance(kind, Group):
        if not condition.of or (kind.single and len(condition.of) > 1):
            raise ValueError(f"The condition “{kind.name}” needs {'one other' if kind.single else 'others'} in “of”.")
    elif condition.of:
        raise ValueError(f"The condition “{kind.name}” is not made of others.")
    return Understood(kind, given, tuple(map(understand, condition.of)))


def holds(asked: Understood, now: Moment, begun: Begun, path: Path = ()) -> bool:
    """Whether a condition holds now, as seen from when its step began."""
    if not isinstance(asked.kind, Group):
        return asked.kind.holds(asked.given, now, begun)
    held = asked.kind.joins([holds(part, now, begun, (*path, i)) for i, part in enumerate(asked.of)])
    return held and (not asked.kind.anew or path in begun.untrue)


def untrue(asked: Understood, now: Moment, begun: Begun, path: Path = ()) -> frozenset[Path]:
    """The places of those conditions in it that have to come about anew, and do not hold now."""
    if not isinstance(asked.kind, Group):
        return frozenset()
    inside = [untrue(part, now, begun, (*path, i)) for i, part in enumerate(asked.of)]
    own = asked.kind.anew and not all(holds(part, now, begun, (*path, i)) for i, part in enumerate(asked.of))
    return frozenset({path} if own else ()).union(*inside)


def begin(asked: Understood | None, now: Moment) -> Begun:
    """A step begins whose condition this is."""
    names = [] if asked is None else [name for part in asked.each() for name in part.kind.compares(part.given)]
    begun = Begun(now.seen, now.snapshot.step, now.seen.right, {name: taken(readout(name), now) for name in names})
    return begun if asked is None else replace(begun, untrue=untrue(asked, now, begun))


def go_on(asked: Understood, now: Moment, begun: Begun) -> Begun:
    """What is known of the beginning, some time later."""
    more = untrue(asked, now, begun)
    if more <= begun.untrue and now.snapshot.step >= begun.steps and now.seen.right >= begun.right:
        return begun
    steps, right = min(begun.steps, now.snapshot.step), min(begun.right, now.seen.right)
    return replace(begun, untrue=begun.untrue | more, steps=steps, right=right)


def sentence(asked: Understood) -> str:
    """When it holds, as part of a sentence."""
    if isinstance(asked.kind, Group):
        return asked.kind.said([sentence(part) for part in asked.of])
    return asked.kind.sentence(asked.given)


def problems(asked: Understood, document: Document) -> list[str]:
    """Why it can never hold in a document, a sentence each."""
    own = asked.kind.problem(asked.given, document)
    return [*([own] if own else []), *(each for part in asked.of for each in problems(part, document))]
