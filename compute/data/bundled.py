"""The real data sets whose files ship with the program, or inside scikit-learn (BSD licence; the sets are free to use).

Those of scikit-learn are read where it is installed, without importing it: that would take more than a second. What
ships with the program has its source and licence beside it, in ``resources/data/README.md``.
"""

from __future__ import annotations

import csv
import gzip
import importlib.util
from pathlib import Path

import numpy as np

from compute.data.table import Column, Table, classes_of
from compute.errors import GradwireError

_OWN = Path(__file__).parents[2] / "resources" / "data"
_PENGUINS = {
    "bill length": "bill_length_mm",
    "bill depth": "bill_depth_mm",
    "flipper length": "flipper_length_mm",
    "body mass": "body_mass_g",
    "sex": "sex",
    "island": "island",
    "year": "year",
    "species": "species",
}
_IRIS = ("sepal length", "sepal width", "petal length", "petal width")
_WINE = (
    "alcohol", "malic acid", "ash", "alcalinity of ash", "magnesium", "total phenols", "flavanoids",
    "nonflavanoid phenols", "proanthocyanins", "color intensity", "hue", "OD280/OD315", "proline",
)  # fmt: skip
_CELL = (
    "radius", "texture", "perimeter", "area", "smoothness", "compactness", "concavity", "concave points",
    "symmetry", "fractal dimension",
)  # fmt: skip
_CANCER = (
    *(f"mean {name}" for name in _CELL),
    *(f"{name} error" for name in _CELL),
    *(f"worst {name}" for name in _CELL),
)
_DIABETES = (
    "age", "sex", "body mass index", "blood pressure", "total cholesterol", "LDL", "HDL", "cholesterol ratio",
    "log triglycerides", "glucose",
)  # fmt: skip
_DIGITS = tuple(f"pixel {row},{column}" for row in range(8) for column in range(8))


def iris() -> Table:
    """150 flowers, four lengths in cm; "species" 0, 1, 2."""
    values = _read("iris.csv", skip=1)
    return _table(_IRIS, values, "species", values[:, -1], ("setosa", "versicolor", "virginica"))


def wine() -> Table:
    """178 wines, 13 measurements; "cultivar" 0, 1, 2."""
    values = _read("wine_data.csv", skip=1)
    return _table(_WINE, values, "cultivar", values[:, -1], ("cultivar 1", "cultivar 2", "cultivar 3"))


def breast_cancer() -> Table:
    """569 tumours, 30 measurements; "malignant" is 1 for the 212 malignant ones (0 in the file)."""
    values = _read("breast_cancer.csv", skip=1)
    return _table(_CANCER, values, "malignant", 1.0 - values[:, -1], ("benign", "malignant"))


def diabetes() -> Table:
    """442 patients, ten measurements in their own units; "progression" of the disease a year later."""
    values = _read("diabetes_data_raw.csv.gz", delimiter=None)
    return _table(_DIABETES, values, "progression", _read("diabetes_target.csv.gz", delimiter=None)[:, 0])


def digits() -> Table:
    """1797 handwritten digits of 8 × 8 pixels, each 0 … 16, row by row from the upper left; "digit" 0 … 9."""
    values = _read("digits.csv.gz")
    return _table(_DIGITS, values, "digit", values[:, -1], tuple("0123456789"))


def linnerud() -> Table:
    """20 men in a fitness club: how often they do three exercises; "weight" in pounds, "waist" in inches, "pulse"."""
    exercise = _read("linnerud_exercise.csv", skip=1, delimiter=None)
    body = _read("linnerud_physiological.csv", skip=1, delimiter=None)
    names = ("chin-ups", "sit-ups", "jumps", "weight", "waist", "pulse")
    return Table(dict(zip(names, np.hstack([exercise, body]).T, strict=True)))


def penguins() -> Table:
    """344 penguins of three species, measured in mm and g, in places missing; "species"."""
    with (_OWN / "penguins.csv").open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    columns: dict[str, Column] = {}
    categories: dict[str, tuple[str, ...]] = {}
    for name, field in _PENGUINS.items():
        cells = [None if line[field] == "NA" else line[field] for line in lines]
        if field in ("species", "island", "sex"):
            columns[name], categories[name] = classes_of(cells)
        else:
            columns[name] = np.array([np.nan if cell is None else float(cell) for cell in cells])
    return Table(columns, categories)


def mnist() -> Table:
    """5000 handwritten digits of 28 × 28 pixels, each 0 … 255, row by row from the upper left; "digit" 0 … 9."""
    with np.load(_OWN / "mnist_5k.npz", allow_pickle=False) as file:
        pixels, digit = file["pixels"].astype(np.float64), file["digits"].astype(np.float64)
    columns = {f"pixel {at // 28},{at % 28}": np.ascontiguousarray(pixels[:, at]) for at in range(784)}
    return Table({**columns, "digit": digit}, {"digit": tuple("0123456789")})


def _table(names: tuple[str, ...], values: Column, target: str, answer: Column, classes: tuple[str, ...] = ()) -> Table:
    columns = {name: values[:, index] for index, name in enumerate(names)} | {target: answer}
    return Table(columns, {target: classes} if classes else {})


def _read(file_name: str, skip: int = 0, delimiter: str | None = ",") -> Column:
    """The numbers in one of scikit-learn's files, (rows, columns)."""
    spec = importlib.util.find_spec("sklearn")
    folders = spec.submodule_search_locations if spec is not None else None
    path = Path(next(iter(folders or ()), "")) / "datasets" / "data" / file_name
    if not path.is_file():
        raise GradwireError(
            f'this data set needs "{file_name}" of scikit-learn, which is missing; install scikit-learn'
        )
    if path.suffix == ".gz":
        lines = gzip.decompress(path.read_bytes()).decode("ascii").splitlines()
    else:
        lines = path.read_text(encoding="utf-8").splitlines()
    return np.array([line.split(delimiter) for line in lines[skip:]], dtype=np.float64)
