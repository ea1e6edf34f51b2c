"""A small network on given columns, fitted to them as training does it."""

from __future__ import annotations

from typing import Any

from compute.document import Document, from_json
from compute.state import Progress
from compute.workspace import open_document


def document_of(inputs: list[str], columns: dict[str, list[Any]], said: dict[str, Any] | None = None) -> Document:
    """Inputs → one linear unit → mean squared error against "y"."""
    nodes = [
        {"id": "x", "op": "input", "params": {"columns": inputs}},
        {"id": "z", "op": "dense", "params": {"units": 1}},
        {"id": "y", "op": "target", "params": {"columns": ["y"]}},
        {"id": "loss", "op": "mean_squared_error"},
    ]
    wires = [
        {"from": "x", "to": "z", "port": "x"},
        {"from": "z", "to": "loss", "port": "prediction"},
        {"from": "y", "to": "loss", "port": "target"},
    ]
    data = {"source": "inline", "columns": columns, "standardize": True} | ({"prepare": said} if said else {})
    raw = {"format": "gradwire", "version": 1, "graph": {"nodes": nodes, "wires": wires}}
    return from_json(raw | {"data": data, "training": {"loss": "loss", "epochs": 2, "batch_size": 4}})


def trained_document(inputs: list[str], columns: dict[str, list[Any]], said: dict[str, Any] | None = None) -> Document:
    """The same with what training would keep beside the weights, which are the first ones."""
    document = document_of(inputs, columns, said)
    program = open_document(document).program
    document.weights = dict(program.weights)
    document.progress = Progress(1, 1, fitted=program.fitted)
    return document
