"""Several numbers predicted at once: documents, training, plots' data and exports."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from compute.boundary import BoundaryPlane
from compute.cli import main
from compute.document import Document, from_json, load, save
from compute.evaluation import evaluate
from compute.reference import ReferenceEngine, ReferenceRun
from compute.training import Trainer
from compute.workspace import open_document

TARGETS = ["weight", "waist", "pulse"]


def fitness() -> Document:
    nodes = [
        {"id": "x", "op": "input", "params": {"columns": ["chin-ups", "sit-ups", "jumps"]}},
        {"id": "z", "op": "dense", "params": {"units": 3}},
        {"id": "y", "op": "target", "params": {"columns": TARGETS}},
        {"id": "loss", "op": "mean_squared_error"},
    ]
    wires = [
        {"from": "x", "to": "z", "port": "x"},
        {"from": "z", "to": "loss", "port": "prediction"},
        {"from": "y", "to": "loss", "port": "target"},
    ]
    return from_json(
        {
            "format": "gradwire",
            "version": 1,
            "graph": {"nodes": nodes, "wires": wires},
            "data": {"source": "builtin", "name": "linnerud", "standardize": True},
            "training": {
                "loss": "loss",
                "epochs": 400,
                "batch_size": 20,
                "optimizer": {"name": "sgd", "learning_rate": 0.5},
            },
        }
    )


def test_training_finds_the_least_squares_of_all_of_them() -> None:
    document = fitness()
    workspace = open_document(document)
    assert workspace.analysis.shapes["y"] == ("B", 3)
    trainer = Trainer(workspace.program, document.training, ReferenceEngine().open(workspace.program))
    while not trainer.finished:
        trainer.step_batch()
    assert workspace.prepared is not None
    x, y = workspace.prepared.values["x"], workspace.prepared.values["y"]
    full = np.hstack([x, np.ones((len(x), 1))])
    best = np.linalg.lstsq(full, y, rcond=None)[0]
    weights = trainer.run.weights()
    assert weights["z.weight"] == pytest.approx(best[:3], rel=1e-6)
    assert weights["z.bias"] == pytest.approx(best[3], rel=1e-6)


def test_the_boundary_shows_the_first_and_says_so() -> None:
    workspace = open_document(fitness())
    plane = BoundaryPlane(workspace, ("chin-ups", "sit-ups"), 5)
    run = ReferenceRun(workspace.program)
    rng = np.random.default_rng(1)
    run.set_weights({"z.weight": rng.standard_normal((3, 3)), "z.bias": np.array([1.0, 2.0, 3.0])})
    found = plane.ask(run)()
    assert (found.answers, found.classes) == ("weight", 0)
    assert found.labels.tolist()[:2] == [191.0, 189.0]
    weights = run.weights()
    assert found.answer.reshape(-1) == pytest.approx(plane.data @ weights["z.weight"][:, 0] + 1.0)


def test_file_evaluation_and_exports(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, out = tmp_path / "fitness.json", tmp_path / "trained.gradwire"
    save(fitness(), path)
    assert main(["train", str(path), "--out", str(out), "--engine", "reference", "--quiet"]) == 0
    trained = load(out)
    workspace = open_document(trained)
    run = ReferenceRun(workspace.program)
    metrics = evaluate(workspace.program, run).metrics
    assert metrics["mean absolute error"] > 0
    for ending in (".safetensors", ".npz"):
        assert main(["export", str(out), "--to", str(tmp_path / f"w{ending}"), "--engine", "reference"]) == 0
    capsys.readouterr()
    assert main(["check", str(out), "--engine", "reference", "--quiet"]) == 0
