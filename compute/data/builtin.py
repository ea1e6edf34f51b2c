"""The data sets that come with the program, as a registry from which menus and forms are made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from compute.data import bundled, generated
from compute.data.table import Table
from compute.data.words import did_you_mean, listed
from compute.errors import GradwireError


@dataclass(frozen=True)
class Option:
    """A number that shapes a generated set: its default and both limits; whole where the default is."""

    name: str
    default: int | float
    low: int | float
    high: int | float
    help: str

    @property
    def is_integer(self) -> bool:
        return isinstance(self.default, int)


@dataclass(frozen=True)
class Builtin:
    """One data set: `title` and `help` for a menu, the column to predict, and how it is made."""

    name: str
    title: str
    help: str
    target: str
    make: Callable[..., Table]
    options: tuple[Option, ...] = ()

    def table(self, options: Mapping[str, Any]) -> Table:
        """The table for these options, defaults for the others; GradwireError for one that does not fit."""
        by_name = {option.name: option for option in self.options}
        for name in options:
            if name not in by_name:
                known = f"its options are {listed(by_name)}" if by_name else "it has no options"
                raise GradwireError(
                    f'the data set "{self.name}" has no option "{name}"; {did_you_mean(name, by_name)}{known}'
                )
        values = {option.name: option.default for option in self.options}
        values |= {name: _checked(self.name, by_name[name], value) for name, value in options.items()}
        return self.make(**values)


def load_builtin(name: str, options: Mapping[str, Any]) -> Table:
    """The data set of this name; GradwireError with the names there are when there is none."""
    if name not in BUILTIN:
        raise GradwireError(
            f'there is no data set "{name}"; {did_you_mean(name, BUILTIN)}the data sets are {listed(BUILTIN)}'
        )
    return BUILTIN[name].table(options)


def _checked(owner: str, option: Option, value: object) -> int | float:
    kinds = (int,) if option.is_integer else (int, float)
    kind = "whole number" if option.is_integer else "number"
    # A comparison with NaN is false, so NaN is refused here too.
    if isinstance(value, bool) or not isinstance(value, kinds) or not option.low <= value <= option.high:
        raise GradwireError(
            f'the option "{option.name}" of the data set "{owner}" is {value!r:.40}; give a {kind} from '
            f"{option.low} to {option.high}"
        )
    return value


_POINTS = Option("points", 250, 2, 100_000, "points in each class")
_SEED = Option("seed", 0, 0, 2**32 - 1, "the same seed draws the same points")


def _noise(default: float) -> Option:
    return Option("noise", default, 0.0, 2.0, "standard deviation of each point around its place")


_ALL = (
    Builtin(
        "spiral",
        "Two spirals",
        "Two arms wound around each other, which no straight line can part.",
        "label",
        generated.spiral,
        (_POINTS, _noise(0.05), Option("turns", 1.5, 0.25, 4.0, "how often each arm goes round"), _SEED),
    ),
    Builtin(
        "circles",
        "Ring around a ring",
        "One class on a circle inside the other.",
        "label",
        generated.circles,
        (_POINTS, _noise(0.2), _SEED),
    ),
    Builtin(
        "moons",
        "Two half moons",
        "Two half circles that reach into one another.",
        "label",
        generated.moons,
        (_POINTS, _noise(0.1), _SEED),
    ),
    Builtin("xor", "Exclusive or", "The four rows of exclusive or.", "y", generated.xor),
    Builtin(
        "xor_noisy",
        "Exclusive or, four clouds",
        "Points in four quadrants, where opposite quadrants share a class.",
        "y",
        generated.xor_noisy,
        (_POINTS, _noise(0.35), _SEED),
    ),
    Builtin(
        "iris",
        "Iris flowers",
        "150 flowers of three species, told apart by four lengths of their leaves.",
        "species",
        bundled.iris,
    ),
    Builtin(
        "breast_cancer",
        "Breast tumours",
        "569 tumours with 30 measurements of their cell nuclei, malignant or benign.",
        "malignant",
        bundled.breast_cancer,
    ),
    Builtin(
        "wine",
        "Wines",
        "178 wines of three cultivars, told apart by 13 chemical measurements.",
        "cultivar",
        bundled.wine,
    ),
    Builtin(
        "digits",
        "Handwritten digits",
        "1797 handwritten digits in pictures of 8 × 8 grey values.",
        "digit",
        bundled.digits,
    ),
    Builtin(
        "diabetes",
        "Diabetes progression",
        "442 patients with ten measurements and the progression of the disease a year later, a number.",
        "progression",
        bundled.diabetes,
    ),
)

BUILTIN: dict[str, Builtin] = {builtin.name: builtin for builtin in _ALL}
