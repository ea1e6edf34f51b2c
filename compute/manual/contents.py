"""All pages, in order: how to begin, shortcuts, the library, the command line, the file format, the operations."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from compute.manual.blocks import Block, Code, Page
from compute.manual.operations import operation_pages
from compute.report.blocks import Table, Text

Keys = Sequence[tuple[str, Sequence[tuple[str, str]]]]
"""Menus or areas of the window, each with its actions and their keys."""
LIBRARY = """\
from compute.document import load, save
from compute.engines import open_engine
from compute.fitting import put_into
from compute.training import Trainer
from compute.workspace import open_document

document = load("net.json")
workspace = open_document(document)
engine, why = open_engine("reference")
with_numbers = engine.open(workspace.trained)
trainer = Trainer(workspace.trained, document.training, with_numbers)
while not trainer.finished:
    trainer.train(0.1)
put_into(document, workspace, trainer.mark())
save(document, "trained.gradwire")
print(trainer.history.epochs[-1].loss)
"""
DOCUMENT: dict[str, Any] = {
    "format": "gradwire",
    "version": 1,
    "name": "One neuron",
    "graph": {
        "nodes": [
            {"id": "x", "op": "input", "params": {"columns": ["radius"]}},
            {"id": "z", "op": "dense", "params": {"units": 1}},
            {"id": "t", "op": "target", "params": {"columns": ["malignant"]}},
            {"id": "loss", "op": "sigmoid_cross_entropy"},
        ],
        "wires": [
            {"from": "x", "to": "z", "port": "x"},
            {"from": "z", "to": "loss", "port": "prediction"},
            {"from": "t", "to": "loss", "port": "target"},
        ],
    },
    "data": {"source": "inline", "columns": {"radius": [1.2, 0.4, 2.1, 0.3], "malignant": [1, 0, 1, 0]}},
    "training": {"loss": "loss", "optimizer": {"name": "adam", "learning_rate": 0.1}, "epochs": 20, "seed": 0},
}
"""The document that is shown as an example; it trains."""


FIELDS = {
    "format": "What kind of file it is.",
    "version": "Of the format; a newer one is refused with a sentence.",
    "name": "The title of the document.",
    "graph": "Nodes (id, op, params), wires (from, to, port), frames, notes and points of wires.",
    "data": "Where rows come from, how they are read and prepared, and which are held back.",
    "training": "Loss, optimizer, batch size, epochs, seed, schedule.",
    "weights": "Arrays by name: h.weight is (in, out), h.bias (out,).",
    "initial_weights": "Those that a reset goes back to.",
    "trained": "How far it was trained, with its curves.",
    "optimizer_state": "What the optimizer remembers of each weight.",
    "best_state": "Weights of the epoch with the best validation loss.",
    "lesson": "Steps with text, what they point at, and when they are done.",
    "exercise": "What is asked, hidden and drawn anew.",
    "opening": "Which panels are hidden and what is locked for whoever opens it.",
    "watches": "What stops training: a place, a kind and a limit.",
    "runs": "Kept runs, with their settings and curves.",
}
"""What each field of a document is for."""


def contents(keys: Keys = ()) -> list[Page]:
    """Every page; ``keys``: the shortcuts of the window, from whoever has them."""
    pages = [Page("start", "First steps", "Gradwire", _start())]
    if keys:
        pages.append(Page("shortcuts", "Shortcuts", "Gradwire", list(_shortcuts(keys))))
    pages += [
        Page("library", "As a library", "Gradwire", _library()),
        Page("commands", "Command line", "Gradwire", _commands()),
        Page("format", "File format", "Gradwire", _format()),
    ]
    return [*pages, *operation_pages()]


def _start() -> list[Block]:
    told = (
        "Gradwire opens on an example. On every wire stands the value (→, near its source) and the gradient that comes "
        "back through it (∂, near its target).",
        "Click any number: the inspector says why it is what it is, with the numbers in the formula.",
        "Tab or a double-click on the canvas adds a node; drag from an output to an input to wire it. A refusal says "
        "why in a sentence.",
        "Train with F5, walk through backpropagation with F9: each press of the right arrow key is one calculation.",
        "The gallery (Ctrl+G) holds ready-made networks with lessons. Export (Ctrl+E) takes the trained network away.",
        "Ctrl+Shift+P finds any action by its name; F1 shows every shortcut.",
    )
    return [Text(each) for each in told]


def _shortcuts(keys: Keys) -> list[Block]:
    blocks: list[Block] = []
    for area, actions in keys:
        lines = [each for each in actions if each[1]]
        if lines:
            blocks.append(Table((area, "keys"), lines, 2))
    return blocks


def _library() -> list[Block]:
    return [
        Text(
            "All that computes is in the package compute, which knows no window: documents, operations, engines, "
            "training, explanation and export. This trains a document and saves it:"
        ),
        Code(LIBRARY),
    ]


def _commands() -> list[Block]:
    from compute.cli.arguments import parser
    from compute.cli.completion import calls
    from compute.cli.examples import EXAMPLES

    found = {call.name: call for call in calls(parser()) if call.name}
    blocks: list[Block] = [
        Text("Results go to stdout, messages to stderr. gradwire COMMAND --help tells every option."),
        Table(("command", "does"), [(name, call.help) for name, call in found.items()], 2),
    ]
    for name, call in found.items():
        blocks.append(Text(f"{name}: {call.help}"))
        blocks.append(Code("\n".join(f"{line}\n    # {says}" for line, says in EXAMPLES[name])))
    return blocks


def _format() -> list[Block]:
    from compute.schema import document_schema

    schema = document_schema()
    fields = [(name, _kind(part), FIELDS.get(name, "")) for name, part in schema["properties"].items()]
    needed = " and ".join(schema["required"])
    return [
        Text(
            "A .gradwire file is a zip archive of document.json, weights.safetensors and, where that was asked for, "
            'the data. A .json file is the same document with its weights under "weights", or with none.'
        ),
        Text("A document that trains:"),
        Code(_compact(DOCUMENT)),
        Text(f"Its fields; {needed} must be there. Fields that are not known survive opening and saving."),
        Table(("field", "holds", "meaning"), fields, 3),
        Text("gradwire schema prints the JSON Schema (draft 2020-12) of it all, made from the types."),
    ]


def _compact(document: dict[str, Any]) -> str:
    """JSON with a line for each node, wire and setting, as a person would write it."""

    def line(value: Any) -> str:
        return json.dumps(value, ensure_ascii=False)

    parts = []
    for name, value in document.items():
        if name == "graph":
            lists = [
                f'    "{kind}": [\n' + ",\n".join(f"      {line(each)}" for each in some) + "\n    ]"
                for kind, some in value.items()
            ]
            parts.append('  "graph": {\n' + ",\n".join(lists) + "\n  }")
        elif isinstance(value, dict):
            inside = ",\n".join(f"    {line(key)}: {line(each)}" for key, each in value.items())
            parts.append(f"  {line(name)}: {{\n{inside}\n  }}")
        else:
            parts.append(f"  {line(name)}: {line(value)}")
    return "{\n" + ",\n".join(parts) + "\n}"


def _kind(part: dict[str, Any]) -> str:
    """What a field holds, in a word or two."""
    if "$ref" in part:
        return str(part["$ref"]).rpartition("/")[2]
    if "const" in part:
        return json.dumps(part["const"])
    if "anyOf" in part:
        return " or ".join(dict.fromkeys(_kind(each) for each in part["anyOf"]))
    if part.get("type") == "array":
        return f"list of {_kind(part.get('items', {}))}"
    kind = part.get("type", "anything")
    return "text" if kind == "string" else str(kind)
