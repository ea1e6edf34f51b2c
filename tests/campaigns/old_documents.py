"""Makes a document with each version of the program that wrote something new into its files, and notes what that
version computed of it: ``python -m tests.campaigns.old_documents FOLDER [NAME …]``. Needs the repository's history.

The documents in ``tests/documents`` were made by it, and ``tests/compute/test_old_documents.py`` opens them.
"""

from __future__ import annotations

import copy
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
OUT = ROOT / "tests" / "documents"
SAMPLES = "0,3,7"
EPOCHS = 3


def base() -> dict[str, Any]:
    """Three kinds of iris by a hidden layer, as the first version could write it."""
    nodes = [
        {"id": "x", "op": "input", "params": {"columns": ["petal length", "petal width"]}, "position": [0, 0]},
        {"id": "h", "op": "dense", "params": {"units": 4}, "position": [200, 0]},
        {"id": "a", "op": "tanh", "position": [400, 0]},
        {"id": "z", "op": "dense", "params": {"units": 3}, "position": [600, 0], "title": "scores"},
        {"id": "y", "op": "target", "params": {"columns": ["species"], "encoding": "one_hot"}, "position": [600, 200]},
        {"id": "loss", "op": "softmax_cross_entropy", "position": [800, 0]},
    ]
    wires = [("x", "h", "x"), ("h", "a", "x"), ("a", "z", "x"), ("z", "loss", "prediction"), ("y", "loss", "target")]
    columns = {
        "petal length": [1.4, 4.7, 6.0, 1.3, 4.5, 5.1, 1.5, 4.9, 5.9, 1.7, 4.0, 5.6],
        "petal width": [0.2, 1.4, 2.5, 0.2, 1.5, 1.9, 0.2, 1.5, 2.1, 0.4, 1.3, 1.8],
        "species": [0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2],
    }
    return {
        "format": "gradwire",
        "version": 1,
        "name": "Twelve irises",
        "graph": {
            "nodes": nodes,
            "wires": [{"from": source, "to": target, "port": port} for source, target, port in wires],
            "frames": [{"title": "hidden layer", "rect": [180, -40, 380, 160]}],
        },
        "data": {"source": "inline", "columns": columns, "validation_fraction": 0.25, "standardize": True},
        "training": {
            "loss": "loss",
            "optimizer": {"name": "adam", "learning_rate": 0.05},
            "batch_size": 4,
            "epochs": 3,
            "seed": 3,
        },
        "of another program": {"kept": True},
    }


def _records(document: dict[str, Any]) -> None:
    graph = document["graph"]
    graph["frames"] = [{"id": "f", "title": "hidden layer", "rect": [180, -40, 380, 160]}]
    graph["notes"] = [{"id": "n", "rect": [0, 200, 160, 60], "text": "$xW + b$", "color": "violet"}]
    graph["reroutes"] = [{"id": "r", "wire": ["loss", "target"], "position": [700, 150]}]
    graph["nodes"][1]["parent"] = graph["nodes"][2]["parent"] = "f"
    graph["nodes"].append({"id": "s", "op": "scale", "params": {"factor": 3.0}, "position": [400, 200], "off": "mute"})
    graph["wires"].append({"from": "h", "to": "s", "port": "x"})


def _locked(document: dict[str, Any]) -> None:
    _records(document)
    document["graph"]["nodes"][3]["locked"] = document["graph"]["frames"][0]["locked"] = True


def _text(document: dict[str, Any]) -> None:
    names = ["setosa", "versicolor", "virginica"]
    columns = document["data"]["columns"]
    columns["species"] = [names[kind] for kind in columns["species"]]


def _lesson(document: dict[str, Any]) -> None:
    steps = [
        {"id": "one", "text": ["The loss is {value loss}.", "Train."], "point": {"record": "loss"}},
        {"id": "two", "text": "Go on.", "do": {"kind": "trained", "steps": 3}, "hint": "F5", "done": "So it is."},
    ]
    document["lesson"] = {"id": "irises", "title": "Irises", "about": "Three kinds.", "steps": steps}


def _exercise(document: dict[str, Any]) -> None:
    asked = [
        {"node": "loss", "quantity": "value"},
        {"node": "z", "weight": "bias", "quantity": "gradient", "entry": [1]},
    ]
    document["exercise"] = {"asked": asked, "drawn": [], "seed": 5, "tolerance": 0.01, "decimals": 3}


def _opening(document: dict[str, Any]) -> None:
    document["opening"] = {"hidden": ["palette"], "locked": ["export"]}


def _missing(document: dict[str, Any]) -> None:
    _text(document)
    document["data"]["columns"]["petal width"][4] = None
    document["data"]["prepare"] = {"petal width": {"missing": "median"}}


def _split(document: dict[str, Any]) -> None:
    document["data"] |= {"split": "stratified", "split_column": "species", "test_fraction": 0.25}


def _schedule(document: dict[str, Any]) -> None:
    document["training"] |= {"schedule": {"name": "cosine", "warmup": 2}, "clip_norm": 1.0, "clip_value": 0.5}


def _watches(document: dict[str, Any]) -> None:
    document["watches"] = [{"node": "h", "weight": "weight", "quantity": "gradient", "kind": "norm", "limit": 1000.0}]


def _runs(document: dict[str, Any]) -> None:
    curve = [[1.0, 1.0], [2.0, 0.9]]
    kept = {
        "number": 1,
        "name": "wider",
        "training": document["training"],
        "trained": {"epochs": 2, "steps": 6, "train": curve, "validation": curve},
        "seconds": 0.5,
    }
    document["runs"] = {"now": {"number": 2, "name": "", "parent": 1, "branched": 3}, "kept": [kept], "last": 2}


def _turns(document: dict[str, Any]) -> None:
    document["trained"] = {"epochs": 1, "steps": 3, "train": [[1.0, 1.1]], "validation": [[1.0, 1.2]], "resumes_at": 3}
    document["trained"] |= {"turns": [[2, 0.67, "learning rate", "0.1", "0.05"]]}


def _best(document: dict[str, Any]) -> None:
    document["training"] |= {"patience": 2, "min_delta": 0.001}


def _weights(document: dict[str, Any]) -> None:
    document["graph"]["nodes"][5]["params"] = {"class_weights": "balanced", "label_smoothing": 0.1}


def _nothing(_document: dict[str, Any]) -> None:
    """As the first version could write it."""


MADE: dict[str, tuple[str, Callable[[dict[str, Any]], None]]] = {
    "first": ("b6b1d64", _nothing),
    "records": ("7e95647", _records),
    "momentum": ("7fad8ca", _nothing),
    "locked": ("df4d699", _locked),
    "fitted": ("aba1fda", _text),
    "lesson": ("fa33509", _lesson),
    "exercise": ("b088c0f", _exercise),
    "opening": ("46a0c10", _opening),
    "missing": ("78ff33e", _missing),
    "split": ("cd81469", _split),
    "schedule": ("fc1a207", _schedule),
    "watches": ("6fe6a49", _watches),
    "runs": ("1b4b8e4", _runs),
    "turns": ("dd17cc1", _turns),
    "best": ("dbd3f66", _best),
    "class_weights": ("a30b71a", _weights),
}
"""By what was new in the files of a version: its commit, and how the document uses that."""


def make(name: str, folder: Path) -> None:
    """The document of one version, as JSON and as an archive, and its numbers."""
    commit, change = MADE[name]
    with tempfile.TemporaryDirectory() as temporary:
        tree, given = Path(temporary) / "tree", Path(temporary) / "given.json"
        subprocess.run(["git", "worktree", "add", "-q", "--detach", str(tree), commit], cwd=ROOT, check=True)
        try:
            document = copy.deepcopy(base())
            change(document)
            given.write_text(json.dumps(document), encoding="utf-8")
            out = {ending: folder / f"{name}{ending}" for ending in (".json", ".gradwire")}
            for path in out.values():
                _run(tree, "train", str(given), "--epochs", str(EPOCHS), "--out", str(path))
            told = _run(tree, "trace", str(out[".json"]), "--samples", SAMPLES, "--json")
            (folder / f"{name}.trace.json").write_text(told, encoding="utf-8")
        finally:
            subprocess.run(["git", "worktree", "remove", "--force", str(tree)], cwd=ROOT, check=True)


def _run(tree: Path, *arguments: str) -> str:
    call = [sys.executable, "main.py", *arguments, "--engine", "reference", "--quiet"]
    environment = {"PYTHONPATH": str(tree), "PATH": "/usr/bin:/bin", "HOME": str(tree)}
    done = subprocess.run(call, cwd=tree, env=environment, capture_output=True, text=True, timeout=120)
    if done.returncode:
        raise RuntimeError(f"{' '.join(arguments)}: {done.stderr}")
    return done.stdout


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else OUT
    folder.mkdir(parents=True, exist_ok=True)
    for name in sys.argv[2:] or MADE:
        make(name, folder)
        print(name, flush=True)


if __name__ == "__main__":
    main()
