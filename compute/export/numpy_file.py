"""A network as a Python script that needs nothing but NumPy, and takes rows as they stand in a table."""

from __future__ import annotations

import runpy
from collections.abc import Mapping
from pathlib import Path
from pprint import pformat
from typing import Any

import numpy as np

from compute.data.words import MISSING_WORDS
from compute.errors import GradwireError
from compute.export.format import Array, Format, Network, register
from compute.export.numpy_parts import HELPERS, PREPARED, REST
from compute.export.source_text import Expressions, Names, array_text, comment
from compute.export.writer import spell
from compute.spelling import IDIOMS

_OWN = (
    "np base64 csv math re sys numbers network predict answers main rows past named INPUTS MISSING NAMES found column"
)
_TAKEN = (*_OWN.split(), *IDIOMS, "erf", "erfc", "conv1d", "number", "made")


_CALLED = ("sigmoid", "gelu", "softplus", "silu", "mish", "softmax", "log_softmax")


class _NumPy(Expressions):
    idioms = tuple(name for name in IDIOMS if name != "linear")
    module = "np"
    templates = {
        "negate": "(-{0})",
        "abs": "np.abs({0})",
        "sqrt": "np.sqrt({0})",
        "exp": "np.exp({0})",
        "log": "np.log({0})",
        "sin": "np.sin({0})",
        "cos": "np.cos({0})",
        "tanh": "np.tanh({0})",
        "erf": "erf({0})",
        "add": "({0} + {1})",
        "subtract": "({0} - {1})",
        "multiply": "({0} * {1})",
        "divide": "({0} / {1})",
        "power": "({0} ** {1})",
        "maximum": "np.maximum({0}, {1})",
        "minimum": "np.minimum({0}, {1})",
        "less": "({0} < {1})",
        "greater": "({0} > {1})",
        "sum": "np.sum({0}, axis={axes}, keepdims={keep})",
        "mean": "np.mean({0}, axis={axes}, keepdims={keep})",
        "max": "np.max({0}, axis={axes}, keepdims={keep})",
        "where": "np.where({0}, {1}, {2})",
        "matmul": "({0} @ {1})",
        "transpose": "np.transpose({0})",
        "reshape": "np.reshape({0}, {shape})",
        "concat": "np.concatenate([{0}, {1}], axis=-1)",
        "conv1d": "conv1d({0}, {1}, {stride}, {before}, {behind})",
        "relu": "np.maximum({0}, 0.0)",
        "leaky_relu": "leaky_relu({0}, {slope})",
        "elu": "elu({0}, {alpha})",
        "batch_norm": "batch_norm({0}, {1}, {2}, {3}, {4}, {epsilon})",
        "layer_norm": "layer_norm({0}, {1}, {2}, {epsilon})",
        **{
            name: f"{name}({{0}})" for name in ("sigmoid", "gelu", "softplus", "silu", "mish", "softmax", "log_softmax")
        },
    }


@register
class NumPyScript(Format):
    suffixes, title = (".py",), "NumPy script"
    holds = "The whole network with its preparation, as a program that needs only NumPy and takes raw rows."

    def write(self, path: Path, network: Network) -> None:
        path.write_text(script(network), encoding="utf-8")

    def run(self, path: Path, network: Network, data: Mapping[str, Array]) -> Mapping[str, Array]:
        module = runpy.run_path(str(path))
        with np.errstate(all="ignore"):
            found = module["network"](*(data[node_id] for node_id in network.fed))
            values = dict(zip(network.outputs, found, strict=True))
            self._compare_rows(module, network, values)
        return values

    @staticmethod
    def _compare_rows(module: Mapping[str, Any], network: Network, values: Mapping[str, Array]) -> None:
        """Errors: GradwireError where rows as they stand in the table have another answer than what is fed."""
        prepared = network.preparation
        if prepared is None or prepared.needs_past or network.prepared is None:
            return
        table, count = network.prepared.table, len(values[prepared.node])
        rows: dict[str, list[Any]] = {}
        for rule in (rule for rules in prepared.inputs.values() for rule in rules):
            column = table.columns[rule.source][:count]
            rows[rule.source] = [rule.classes[int(value)] for value in column] if rule.classes else column.tolist()
        found = module["predict"](rows)
        expected = module["answers"](values[prepared.node])
        if not all(np.allclose(found[name], expected[name], rtol=1e-6, atol=1e-9, equal_nan=True)
                   for name in prepared.names):  # fmt: skip
            raise GradwireError("rows as they stand in the table have other answers in it")


def script(network: Network) -> str:
    """The text of the script."""
    names = Names(_TAKEN)
    speller = _NumPy(names)
    fed = [names.of(node_id) for node_id in network.fed]
    terms = spell(network.needed, network.weights, speller)
    prepared = network.preparation
    used = set(speller.used)
    if prepared is not None and prepared.activation:
        used.add(prepared.activation)
    used |= {"sigmoid"} if "silu" in used else set()
    arrays = {names.of(name): array_text(value) for name, value in speller.arrays.items()}
    used |= {"numbers"} if any(text.startswith("numbers(") for text in arrays.values()) else set()
    helpers = [text for name, text in HELPERS.items() if name in used]
    weights = [f"{name} = {text}" for name, text in arrays.items()]
    returned = "".join(f"{terms[node_id].text}, " for node_id in network.outputs)
    shapes = "; ".join(f"{names.of(node)} {_shape(network.needed.shapes[node])}" for node in network.fed)
    body = [f'"""{comment(shapes) or "It takes nothing."}; a tuple comes back: {_outputs(network)}."""',
            *speller.statements, f"return ({returned.rstrip()})"]  # fmt: skip
    function = [f"def network({', '.join(fed)}):", *(f"    {line}" for line in body)]
    parts = [_head(network), "\n\n".join(text.strip("\n") for text in helpers), "\n".join(weights), "\n".join(function)]
    if prepared is not None:
        inputs = {node: [rule.plain() for rule in rules] for node, rules in prepared.inputs.items()}
        known = f"INPUTS = {_literal(inputs)}\nNAMES = {_literal(list(prepared.names))}"
        missing = f"MISSING = {_literal(sorted(MISSING_WORDS))}"
        parts += [f"{known}\n{missing}", PREPARED.strip("\n"), _predict(network), REST.strip("\n")]
    return "\n\n\n".join(part for part in parts if part) + "\n"


def _literal(value: object) -> str:
    """Plain data as Python writes it."""
    return pformat(value, width=110, sort_dicts=False)


def _shape(shape: tuple[object, ...]) -> str:
    return f"({', '.join('rows' if size == 'B' else str(size) for size in shape)})"


def _outputs(network: Network) -> str:
    return ", ".join(f"{comment(node)} {_shape(network.needed.shapes[node])}" for node in network.outputs)


def _head(network: Network) -> str:
    lines = [
        f"# {comment(network.document.name)}: a network made with Gradwire. It needs Python and NumPy, nothing else."
    ]
    if network.preparation is not None:
        lines += [
            "#",
            "#   python THIS_FILE.py ROWS.csv > ANSWERS.csv",
            "#",
            "# or, with this file as a module: predict({column: [values]}), by the names of its table's columns.",
        ]
    return "\n".join([*lines, "import base64", "import csv", "import math", "import re", "import sys", "",
                      "import numpy as np"])  # fmt: skip


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
