"""Exercises for the tests: small documents with what is asked and drawn."""

from __future__ import annotations

from compute.document import Asked, Document, Drawn, Exercise, from_json
from compute.exercises import Sheet
from compute.focus import Focus, Side, Subject
from compute.gallery import load_entry


def of_node(node: str, side: Side = "value", *entry: int) -> Focus:
    """A number of a node."""
    return Focus(Subject("node", node), side, entry)


def of_weight(node: str, name: str, side: Side, *entry: int) -> Focus:
    """A number about a weight."""
    return Focus(Subject("weight", node, name), side, entry)


def chain() -> Document:
    """L = z · (2x + y): forward, backward and the new x are asked for; x, y and z are drawn."""
    document = load_entry("z_2x_y")
    sides: list[tuple[str, Side]] = [("g", "value"), ("f", "value"), ("L", "value")]
    sides += [("z", "gradient"), ("f", "gradient"), ("g", "gradient"), ("x", "gradient")]
    asked = [Asked(of_node(*each)) for each in sides]
    asked.append(Asked(of_weight("x", "value", "update")))
    document.exercise = Exercise(tuple(asked), tuple(Drawn(name, "value") for name in "xyz"))
    return document


def layers() -> Document:
    """Two rows through two layers with relu, mean squared error; the weights and a column are drawn."""
    raw = {
        "format": "gradwire",
        "version": 1,
        "name": "Two layers",
        "graph": {
            "nodes": [
                {"id": "x", "op": "input", "params": {"columns": ["a", "b"]}},
                {"id": "h", "op": "dense", "params": {"units": 2}},
                {"id": "r", "op": "relu"},
                {"id": "z", "op": "dense", "params": {"units": 1}},
                {"id": "y", "op": "target", "params": {"columns": ["t"], "encoding": "value"}},
                {"id": "loss", "op": "mean_squared_error"},
            ],
            "wires": [
                {"from": "x", "to": "h", "port": "x"},
                {"from": "h", "to": "r", "port": "x"},
                {"from": "r", "to": "z", "port": "x"},
                {"from": "z", "to": "loss", "port": "prediction"},
                {"from": "y", "to": "loss", "port": "target"},
            ],
        },
        "data": {"source": "inline", "columns": {"a": [1, 2], "b": [2, -1], "t": [1, 0]}},
        "training": {"loss": "loss", "optimizer": {"name": "sgd", "learning_rate": 0.5}, "batch_size": 2},
        "weights": {"h.weight": [[1, -1], [2, 1]], "h.bias": [0, 1], "z.weight": [[1], [2]], "z.bias": [0]},
    }
    document = from_json(raw)
    asked = [of_node("h", "value", 0, 0), of_node("h", "value", 0, 1), of_node("r", "value", 0, 0)]
    asked += [of_node("z", "value", 0, 0), of_node("loss", "value"), of_node("z", "gradient", 0, 0)]
    asked += [of_weight("z", "weight", "gradient", 0, 0), of_weight("h", "bias", "gradient", 0)]
    asked.append(of_weight("h", "bias", "update", 0))
    drawn = (Drawn("h", "weight", -2, 2), Drawn("z", "weight", -2, 2), Drawn("", "a", -3, 3))
    document.exercise = Exercise(tuple(map(Asked, asked)), drawn)
    return document


def answer_all(document: Document, *answers: str) -> None:
    """Put answers to the steps in the order of the calculation."""
    assert document.exercise is not None
    for step, answer in zip(Sheet.of(document).steps, answers, strict=False):
        document.exercise = document.exercise.answered(step.focus, answer=answer)


def right_answers(document: Document) -> list[str]:
    """The right ones, in the order of the calculation."""
    return [f"{step.value:.6g}" for step in Sheet.of(document).steps]
