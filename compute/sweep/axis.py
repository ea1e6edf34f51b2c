"""One direction of a sweep: a setting with the values that it takes, listed or between two limits."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from compute.document import Document
from compute.errors import GradwireError
from compute.given import value_of
from compute.numbers_text import number_text
from compute.sweep.varied import Varied, find_varied

MOST_POINTS = 10_000
"""Values of one axis."""
DECADE = 10.0
"""From one limit to the other this many times as much: then a number with a point is spread by its logarithm."""

_RANGE = re.compile(r"(?P<low>[^:]+?)\.\.(?P<high>[^:]+)(?P<rest>(?::[^:]*)*)")


@dataclass(frozen=True)
class Axis:
    """A setting and its values: either ``values``, or everything from ``low`` to ``high``, of which a grid takes
    ``count`` (0: every whole number there is). log: as many between 1 and 10 as between 10 and 100."""

    varied: Varied
    values: tuple[Any, ...] = ()
    low: float = 0.0
    high: float = 0.0
    log: bool = False
    count: int = 0

    @property
    def name(self) -> str:
        """The setting's name."""
        return self.varied.name

    @property
    def is_range(self) -> bool:
        """Whether it has limits, and not a list of values."""
        return not self.values

    @property
    def is_log(self) -> bool:
        """Whether its values are seen best on a scale of powers of ten."""
        numbers = [v for v in self.points() if isinstance(v, int | float)] if self.values else [self.low, self.high]
        return self.log or (len(numbers) > 1 and min(numbers) > 0 and max(numbers) >= DECADE * min(numbers))

    def points(self) -> tuple[Any, ...]:
        """The values that a grid takes. Errors: GradwireError where it is not said how many."""
        if self.values:
            return self.values
        whole = self.varied.param.kind == "int"
        count = self.count
        if not count and whole and self.high - self.low < MOST_POINTS:
            count = int(self.high - self.low) + 1
        if not count:
            written = f"{number_text(self.low)}..{number_text(self.high)}"
            raise GradwireError(
                f"{self.name}: a grid takes some of {written}; say how many, such as {self.name}={written}:5, or draw "
                "trials at random"
            )
        spread = np.geomspace if self.log else np.linspace
        found = [self._fitting(x) for x in spread(self.low, self.high, count).tolist()]
        return tuple(dict.fromkeys(found))

    def drawn(self, random: np.random.Generator) -> Any:
        """One value at random; between limits each is as likely, or of the logarithm."""
        if self.values:
            return self.values[int(random.integers(len(self.values)))]
        if self.varied.param.kind == "int" and not self.log:
            return int(random.integers(int(self.low), int(self.high), endpoint=True))
        low, high = (math.log(self.low), math.log(self.high)) if self.log else (self.low, self.high)
        x = float(random.uniform(low, high))
        return self._fitting(math.exp(x) if self.log else x)

    def _fitting(self, x: float) -> Any:
        """A number within the limits, of the setting's kind, with at most six digits."""
        if self.varied.param.kind == "int":
            return int(min(max(round(x), math.ceil(self.low)), math.floor(self.high)))
        return min(max(float(f"{x:.6g}"), self.low), self.high)


def parse_axis(document: Document, name: str, text: str, optimizers: Sequence[str] = ()) -> Axis:
    """The axis that is written ``name=text``: ``lr=0.1,0.01``, ``seed=0..9``, ``lr=0.001..0.1:5``,
    ``lr=0..1:lin``. ``optimizers``: see ``find_varied``. Errors: GradwireError naming setting and value."""
    varied = find_varied(document, name.strip(), optimizers)
    if found := _RANGE.fullmatch(text.strip()):
        return _range(varied, found)
    parts = [part.strip() for part in text.split(",")]
    if not any(parts):
        raise GradwireError(f"--set: {varied.name} has no value; write some, such as {varied.name}={_example(varied)}")
    return Axis(varied, tuple(dict.fromkeys(_value(varied, part) for part in parts)))


def _range(varied: Varied, found: re.Match[str]) -> Axis:
    if varied.param.kind not in ("int", "float"):
        raise GradwireError(f"--set: {varied.name} is no number, so it has no limits; list its values")
    low, high = _value(varied, found["low"].strip()), _value(varied, found["high"].strip())
    if not low < high:
        raise GradwireError(f"--set: {varied.name} goes from {low} to {high}; write the smaller one first")
    log: bool | None = None
    count = 0
    for word in found["rest"].split(":")[1:]:
        if word in ("log", "lin"):
            log = word == "log"
        elif word.isdecimal() and 2 <= int(word) <= MOST_POINTS:
            count = int(word)
        else:
            raise GradwireError(
                f'--set: "{word}" after the limits of {varied.name} is neither log nor lin nor a number of values from '
                f"2 to {MOST_POINTS}"
            )
    if log and low <= 0:
        raise GradwireError(f"--set: {varied.name} from {low} on has no logarithm; begin above 0, or write lin")
    if log is None:
        log = varied.param.kind == "float" and low > 0 and high >= DECADE * low
    return Axis(varied, (), low, high, log, count)


def _value(varied: Varied, text: str) -> Any:
    try:
        value = value_of(varied.param, text)
    except ValueError as error:
        raise GradwireError(f'--set: {varied.name} {error}; it is "{text}"') from None
    if isinstance(value, dict | list):
        raise GradwireError(f'--set: {varied.name} takes one number or name at a time; it is "{text}"')
    return value


def _example(varied: Varied) -> str:
    match varied.param.kind:
        case "int":
            return "4,8,16"
        case "float":
            return "0.1,0.01"
        case "bool":
            return "true,false"
        case _:
            return ",".join(varied.param.choices[:2]) or "zeros,ones"
