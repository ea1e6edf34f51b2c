"""What an exported Python file does with rows as they stand in a table, and how such a file is run again."""

from __future__ import annotations

import builtins
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from pprint import pformat
from typing import Any

import numpy as np

from compute.data.words import MISSING_WORDS
from compute.errors import GradwireError
from compute.export.format import Array, Network
from compute.export.numpy_parts import PREPARED, REST

Module = dict[str, Any]


def raw_rows(network: Network) -> list[str]:
    """The parts of a file that has a function ``network`` of arrays: from raw rows to answers, and a program."""
    prepared = network.preparation
    if prepared is None:
        return []
    inputs = {node: [rule.plain() for rule in rules] for node, rules in prepared.inputs.items()}
    known = f"INPUTS = {_literal(inputs)}\nNAMES = {_literal(list(prepared.names))}"
    missing = f"MISSING = {_literal(sorted(MISSING_WORDS))}"
    return [f"{known}\n{missing}", PREPARED.strip("\n"), _predict(network), REST.strip("\n")]


def joined(parts: Iterable[str]) -> str:
    """The text of a file of these parts."""
    return "\n\n\n".join(part for part in parts if part) + "\n"


def module_of(path: Path, imported: Callable[..., Any] | None = None) -> Module:
    """The names that a file of Python defines. imported: what ``import`` does there, where that is something else."""
    space: Module = {"__name__": "exported", "__file__": str(path)}
    if imported is not None:
        space["__builtins__"] = {**vars(builtins), "__import__": imported}
    exec(compile(path.read_text(encoding="utf-8"), str(path), "exec"), space)
    return space


def run_module(module: Module, network: Network, data: Mapping[str, Array]) -> dict[str, Array]:
    """The outputs by what a file defines, whose answers for raw rows are compared as well. Errors: GradwireError."""
    with np.errstate(all="ignore"):
        found = module["network"](*(data[node_id] for node_id in network.fed))
        values = dict(zip(network.outputs, map(np.asarray, found), strict=True))
        _compare_rows(module, network, values)
    return values


def _compare_rows(module: Mapping[str, Any], network: Network, values: Mapping[str, Array]) -> None:
    """Errors: GradwireError where rows as they stand in the table have another answer than what is fed."""
    prepared, table = network.preparation, network.raw
    if prepared is None or table is None:
        return
    compared, rows = network.compared, dict[str, list[Any]]()
    count = 1 + int(compared.max(initial=0))
    for rule in (rule for rules in prepared.inputs.values() for rule in rules):
        column = table.columns[rule.source][:count]
        rows[rule.source] = [rule.classes[int(value)] for value in column] if rule.classes else column.tolist()
    found = module["predict"](rows)
    expected = module["answers"](values[prepared.node])
    if not all(np.allclose(np.array(found[name])[compared], expected[name], rtol=1e-6, atol=1e-9, equal_nan=True)
               for name in prepared.names):  # fmt: skip
        raise GradwireError("rows as they stand in the table have other answers in it")


def _literal(value: object) -> str:
    """Plain data as Python writes it."""
    return pformat(value, width=110, sort_dicts=False)


def _predict(network: Network) -> str:
    """The function that answers for rows of a table."""
    prepared = network.preparation
    assert prepared is not None
    shapes = {node: network.needed.shapes[node] for node in network.fed}
    fed = ", ".join(
        f"np.stack([column(rule, rows) for rule in INPUTS[{node!r}]], axis=1)"
        + (f".reshape({(-1, *shapes[node][1:])})" if len(shapes[node]) != 2 else "")
        for node in network.fed
    )
    at = network.outputs.index(prepared.node)
    lines = [
        "def predict(rows):",
        '    """Answers by name, from the columns of a table: lists of numbers or texts."""',
        f"    return answers(network({fed})[{at}])",
        "",
        "",
        "def answers(found):",
        '    """What the output of the network says about each row, by name."""',
        "    found = found.reshape(len(found), -1)",
        *([f"    found = {prepared.activation}(found)"] if prepared.activation else []),
    ]
    if prepared.answers == "yes or no":
        lines.append("    found = np.hstack([1.0 - found, found])")
    lines.append("    named = dict(zip(NAMES, found.T.tolist()))")
    if prepared.answers != "numbers":
        lines.append('    named = {"class": [NAMES[at] for at in found.argmax(axis=1)], **named}')
    lines.append("    return named")
    return "\n".join(lines)
