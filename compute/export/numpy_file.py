"""A network as a Python script that needs nothing but NumPy, and takes rows as they stand in a table."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from compute.export.format import Array, Format, Network, register
from compute.export.numpy_parts import HELPERS
from compute.export.raw_rows import joined, module_of, raw_rows, run_module
from compute.export.source_text import Expressions, Names, array_text, comment
from compute.export.writer import spell
from compute.spelling import IDIOMS

_OWN = (
    "np base64 csv math re sys numbers network predict answers main rows past named INPUTS MISSING NAMES found column"
)
_TAKEN = (*_OWN.split(), *IDIOMS, "erf", "erfc", "conv1d", "number", "made")


_CALLED = ("sigmoid", "gelu", "softplus", "silu", "mish", "softmax", "log_softmax")


class _NumPy(Expressions):
    idioms = tuple(name for name in IDIOMS if name not in ("linear", "dropout"))
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

    def loading(self, name: str) -> str:
        return (
            f'# in a shell\npython "{name}" ROWS.csv > ANSWERS.csv\n\n# or in Python\nimport runpy\n\n'
            f'net = runpy.run_path({name!r})\noutputs = net["network"](rows)'
        )

    def write(self, path: Path, network: Network) -> None:
        path.write_text(script(network), encoding="utf-8")

    def run(self, path: Path, network: Network, data: Mapping[str, Array]) -> Mapping[str, Array]:
        return run_module(module_of(path), network, data)


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
    return joined([*parts, *raw_rows(network)])


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
